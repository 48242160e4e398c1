// libflow compare: options of a scenario beside each other, with the same luck.
#define _XOPEN_SOURCE 700
#include "compare.h"

#include "compare_show.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_MEMBERS = 100 };

/// The signal that asked to stop, 0: none. A handler can reach nothing else.
static volatile sig_atomic_t stop_signal = 0;

static void stop(int signal)
{
    stop_signal = signal;
}

static void watch(int signal)
{
    struct sigaction old, action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(signal, NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
        (void)sigaction(signal, &action, NULL);
    }
}

static double seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) { return 0.0; }
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

typedef struct progress {
    bool wanted, shown;
    double last;
} progress;

static bool go_on(void *context, int32_t done, int32_t n)
{
    progress *p = context;
    const double now = p->wanted ? seconds() : 0.0;
    if (p->wanted && now - p->last > 0.2) {
        (void)fprintf(stderr, "\r  run %d of %d", (int)done, (int)n);
        p->last = now;
        p->shown = true;
    }
    return stop_signal == 0;
}

// Options -----------------------------------------------------------------------------------------

typedef struct job {
    const app_arguments *arguments;
    flow_scenario *base;
    char **name; ///< [n]
    int32_t n, baseline;
    flow_scenario **scenario; ///< [n]
    flow_comparison *comparison;
    double wall_s;
} job;

/// Index of the option in the scenario, or -1 after saying that there is none of this name.
static int32_t find_option(const flow_scenario *s, const char *name)
{
    const int32_t n = flow_scenario_n_option(s);
    const char **known = flow_calloc(n, sizeof *known);
    char quoted[64];
    flow_option_info o;
    int32_t found = -1;
    for (int32_t i = 0; known != NULL && i < n; i++) {
        if (flow_scenario_option(s, i, &o) != FLOW_OK) { break; }
        known[i] = o.name;
        if (strcmp(o.name, name) == 0) { found = i; }
    }
    if (found < 0) {
        const char *near = known != NULL ? flow_nearest(name, known, n) : NULL;
        app_say("compare", "there is no option '%s'%s%s%s", flow_quote(name, quoted),
                near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                near != NULL ? "'?" : "");
    }
    flow_dealloc(known);
    return found;
}

static bool add_name(job *j, const char *name, size_t n)
{
    char **longer = flow_realloc(j->name, (int64_t)j->n + 1, sizeof *longer);
    if (longer == NULL) { return false; }
    j->name = longer;
    j->name[j->n] = flow_strndup(name, n);
    return j->name[j->n++] != NULL;
}

/// The options of --options, or all; the baseline is always among them.
static app_exit choose(job *j)
{
    const flow_scenario *s = j->base;
    const int32_t n = flow_scenario_n_option(s);
    flow_option_info o;
    if (n == 0) {
        app_say("compare", "%s has no options; docs/compare.md shows how to name some",
                j->arguments->operand[0]);
        return APP_INPUT;
    }
    bool good = true;
    const char *base = NULL;
    for (int32_t i = 0; i < n; i++) {
        if (flow_scenario_option(s, i, &o) != FLOW_OK) { return APP_INTERNAL; }
        if (o.baseline) { base = o.name; }
        if (j->arguments->option == NULL) { good = good && add_name(j, o.name, strlen(o.name)); }
    }
    for (const char *at = j->arguments->option; at != NULL && *at != '\0' && good;) {
        const size_t width = strcspn(at, ",");
        good = add_name(j, at, width);
        if (good && find_option(s, j->name[j->n - 1]) < 0) { return APP_INPUT; }
        for (int32_t i = 0; good && i + 1 < j->n; i++) {
            if (strcmp(j->name[i], j->name[j->n - 1]) != 0) { continue; }
            app_say("compare", "option '%s' is named twice", j->name[i]);
            return APP_USAGE;
        }
        at += width + (at[width] == ',');
    }
    j->baseline = -1;
    for (int32_t i = 0; good && i < j->n; i++) {
        if (strcmp(j->name[i], base) == 0) { j->baseline = i; }
    }
    if (good && j->baseline < 0) {
        j->baseline = j->n;
        good = add_name(j, base, strlen(base));
    }
    if (!good) {
        app_say("compare", "no memory");
        return APP_INTERNAL;
    }
    if (j->n < 2) {
        app_say("compare", "only the baseline is named; at least one other option is needed");
        return APP_USAGE;
    }
    return APP_OK;
}

static app_exit load(job *j)
{
    j->scenario = flow_calloc(j->n, sizeof *j->scenario);
    if (j->scenario == NULL) {
        app_say("compare", "no memory");
        return APP_INTERNAL;
    }
    for (int32_t i = 0; i < j->n; i++) {
        const flow_err err = app_load_option(j->arguments, j->name[i], &j->scenario[i]);
        if (err != FLOW_OK) {
            app_say("compare", "option %s:", j->name[i]);
            return app_fail("compare", err);
        }
    }
    return APP_OK;
}

// Running -----------------------------------------------------------------------------------------

/// What stands in the way of a result file is told before the work, not after it.
static bool may_write(const app_arguments *a)
{
    struct stat about;
    if (a->output == NULL) { return true; }
    if (!a->force && stat(a->output, &about) == 0) {
        app_say("compare", "'%s' exists already; -f replaces it, -o writes to another file",
                a->output);
        return false;
    }
    const char *slash = strrchr(a->output, '/');
    char *folder =
        slash == NULL
            ? flow_strdup(".")
            : flow_strndup(a->output, slash == a->output ? 1 : (size_t)(slash - a->output));
    const bool good = folder != NULL && access(folder, W_OK | X_OK) == 0;
    if (!good) {
        app_say("compare", "no file can be written in '%s'", folder != NULL ? folder : "");
    }
    flow_dealloc(folder);
    return good;
}

static app_exit simulate(job *j)
{
    const app_arguments *a = j->arguments;
    if (!may_write(a)) { return APP_CREATE; }
    const char *term = getenv("TERM");
    progress p = {.wanted = !a->quiet && isatty(STDERR_FILENO) && term != NULL &&
                            strcmp(term, "dumb") != 0};
    const flow_compare_options options = {.seed = (uint64_t)a->seed,
                                          .member = (uint32_t)a->member,
                                          .n_member = a->members > 0 ? (int32_t)a->members
                                                                     : DEFAULT_MEMBERS,
                                          .threads = (int32_t)a->threads,
                                          .baseline = j->baseline,
                                          .go_on = go_on,
                                          .context = &p};
    const double begin = seconds();
    flow_err err =
        flow_compare((const flow_scenario *const *)j->scenario, j->n, &options, &j->comparison);
    if (p.shown) { (void)fprintf(stderr, "\r%40s\r", ""); }
    if (err == FLOW_ESTATE && stop_signal != 0) {
        (void)app_fail("compare", err);
        return (app_exit)(APP_SIGNAL + stop_signal);
    }
    if (err != FLOW_OK) { return app_fail("compare", err); }
    if (a->output != NULL) {
        err = flow_output_compare(a->output, a->force, a->command_line, j->comparison);
        if (err != FLOW_OK) {
            (void)app_fail("compare", err);
            return APP_IO;
        }
    }
    j->wall_s = seconds() - begin;
    return APP_OK;
}

static app_exit run(job *j)
{
    flow_err err = app_load_option(j->arguments, NULL, &j->base);
    if (err != FLOW_OK) { return app_fail("compare", err); }
    app_exit status = choose(j);
    if (status == APP_OK) { status = load(j); }
    if (status == APP_OK) { status = simulate(j); }
    return status;
}

static app_exit compare(const app_arguments *arguments)
{
    watch(SIGINT);
    watch(SIGTERM);
    watch(SIGHUP);
    job j = {.arguments = arguments};
    app_exit status = run(&j);
    if (status == APP_OK) {
        const app_comparison a = {j.comparison, arguments->operand[0], arguments->output, j.wall_s};
        if (arguments->json) {
            status = app_print_json(app_json_comparison(&a));
        } else if (!arguments->quiet) {
            app_print_comparison(&a);
        }
    }
    flow_comparison_free(j.comparison);
    for (int32_t i = 0; j.scenario != NULL && i < j.n; i++) { flow_scenario_free(j.scenario[i]); }
    for (int32_t i = 0; i < j.n; i++) { flow_dealloc(j.name[i]); }
    flow_dealloc(j.scenario);
    flow_dealloc(j.name);
    flow_scenario_free(j.base);
    return status;
}

#define AT(member) offsetof(app_arguments, member)
static const app_option options[] = {
    {'o', "output", "OUT.nc", APP_TEXT, AT(output), 0, 0,
     "Result file with every number of every member; default: none."},
    {'f', "force", NULL, APP_FLAG, AT(force), 0, 0, "Replace an existing result file."},
    {0, "options", "A,B,...", APP_TEXT, AT(option), 0, 0,
     "Options to compare, and the baseline; default: all of the scenario."},
    {'m', "members", "M", APP_INTEGER, AT(members), 2, 1000000,
     "Realisations of each option; default 100."},
    {'s', "seed", "N", APP_INTEGER, AT(seed), 0, INT64_MAX,
     "Seed of all random numbers; default 0."},
    {0, "member", "K", APP_INTEGER, AT(member), 0, UINT32_MAX,
     "Number of the first realisation; default 0."},
    {0, "set", "KEY=VALUE", APP_LIST, AT(set), 0, 0,
     "Another value for a key, under all options; may be repeated."},
    {'d', "days", "D", APP_INTEGER, AT(days), 1, INT32_MAX, "Run D days of the period."},
    {'t', "threads", "T", APP_INTEGER, AT(threads), 1, 1024, "Threads; default: all."},
    {0, "json", NULL, APP_FLAG, AT(json), 0, 0, "Print one JSON object instead of the tables."},
    {'q', "quiet", NULL, APP_FLAG, AT(quiet), 0, 0, "No tables and no progress."},
    {0, NULL, NULL, APP_FLAG, 0, 0, 0, NULL}};

const app_command app_compare_command = {
    "compare",
    "SCENARIO",
    1,
    1,
    "Compare the options of a scenario.",
    "Every option is run with the same luck, member by member, so a difference shows what the "
    "option does and not chance. For each indicator: the median level, the difference to the "
    "baseline with the bands of 50 and 90 % of the members, and the share of the members that are "
    "better. Then who gains and who loses, and cost per outcome with the assumptions it rests on. "
    "docs/compare.md tells how to read it.",
    options,
    compare};
