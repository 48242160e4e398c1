// libflow run: a scenario from its first to its last day, a result file and a report.
#define _XOPEN_SOURCE 700
#include "app.h"
#include "divide.h"
#include "members.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_WARNINGS = 5, MOST_PLACES = 15, NAME_WIDTH = 22, RIGHT = 79 };

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
    // Whoever starts us with a signal ignored (nohup, a background job) wants it ignored.
    if (sigaction(signal, NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
        (void)sigaction(signal, &action, NULL);
    }
}

/// The first signal stops the run cleanly, the second one at once. Schedulers announce the end of
/// a job with SIGUSR1, which is of use only when there is a checkpoint to write.
static void watch_signals(bool checkpoint)
{
    watch(SIGINT);
    watch(SIGTERM);
    watch(SIGHUP);
    if (checkpoint) { watch(SIGUSR1); }
}

static double seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) { return 0.0; }
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

typedef struct progress {
    bool shown; ///< a line stands on the terminal
    bool wanted;
    const char *what; ///< is counted
    double begin, last;
} progress;

static bool go_on(void *context, int32_t done, int32_t n)
{
    progress *p = context;
    const double now = p->wanted ? seconds() : 0.0;
    if (p->wanted && now - p->begin > 0.5 && now - p->last > 0.1) {
        (void)fprintf(stderr, "\r  %s %d of %d", p->what, (int)done, (int)n);
        p->last = now;
        p->shown = true;
    }
    return stop_signal == 0;
}

static bool on_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

/// Name of the scenario's folder; NULL: no memory.
static char *scenario_name(const char *scenario)
{
    char *real = realpath(scenario, NULL);
    char *path = flow_strdup(real != NULL ? real : scenario);
    free(real);
    if (path == NULL) { return NULL; }
    char *slash = strrchr(path, '/');
    if (slash != NULL && strcmp(slash + 1, "scenario.yaml") == 0) {
        *slash = '\0';
        slash = strrchr(path, '/');
    }
    const char *last = slash != NULL ? slash + 1 : path;
    char *name = flow_strdup(*last != '\0' ? last : "result");
    flow_dealloc(path);
    return name;
}

/// The default result file; NULL: no memory.
static char *default_output(const char *name)
{
    const size_t size = strlen(name) + sizeof ".nc";
    char *output = flow_calloc((int64_t)size, 1);
    if (output != NULL) { (void)snprintf(output, size, "%s.nc", name); }
    return output;
}

/// Why a result file failed: it could not be created, or not be written.
static app_exit output_status(const char *path, bool force)
{
    struct stat about;
    if (stat(path, &about) == 0 && (!force || S_ISDIR(about.st_mode))) { return APP_CREATE; }
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? flow_strdup(".")
                                 : flow_strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (folder == NULL) { return APP_IO; }
    const bool good = access(folder, W_OK | X_OK) == 0;
    flow_dealloc(folder);
    return good ? APP_IO : APP_CREATE;
}

static void say_warnings(const flow_scenario *scenario, const char *path)
{
    const int64_t n = flow_scenario_n_warning(scenario);
    app_print_warnings(scenario, MOST_WARNINGS, stderr);
    if (n > MOST_WARNINGS) {
        (void)fprintf(stderr, "%" PRId64 " more warnings: libflow check %s\n", n - MOST_WARNINGS,
                      path);
    }
}

/// Who is followed one by one, and whether options go together; false after saying what is wrong.
static bool check_options(const app_arguments *a, flow_model_options *out)
{
    static const char *const name[] = {"none", "sample", "all"};
    char quoted[64];
    int32_t mode = a->sample != NULL ? FLOW_INDIVIDUALS_SAMPLE : FLOW_INDIVIDUALS_NONE;
    if (a->individuals != NULL) {
        for (mode = 0; mode < 3 && strcmp(name[mode], a->individuals) != 0;) { mode++; }
        if (mode == 3) {
            app_say("run", "--individuals '%s' is none of none, sample, all",
                    flow_quote(a->individuals, quoted));
            return false;
        }
    }
    if ((mode == FLOW_INDIVIDUALS_SAMPLE) != (a->sample != NULL)) {
        app_say("run", "--individuals sample and --sample SHARE belong together");
        return false;
    }
    if (a->sample != NULL && (!flow_number_parse(a->sample, &out->sample_share) ||
                              !(out->sample_share > 0.0 && out->sample_share <= 1.0))) {
        app_say("run", "--sample '%s' is no number above 0, at most 1",
                flow_quote(a->sample, quoted));
        return false;
    }
    if (a->history && mode == FLOW_INDIVIDUALS_NONE) {
        app_say("run", "--history needs --individuals all or --sample SHARE");
        return false;
    }
    out->individuals = (flow_individuals)mode;
    out->history = a->history;
    if (a->members > 0 && (mode != FLOW_INDIVIDUALS_NONE || a->checkpoint || a->resume)) {
        app_say("run", "--members goes with neither --individuals nor checkpoints");
        return false;
    }
    if (a->divide && (a->members > 0 || mode != FLOW_INDIVIDUALS_NONE || a->checkpoint != NULL ||
                      a->resume != NULL)) {
        app_say("run", "--divide goes with none of --members, --individuals and checkpoints");
        return false;
    }
    if (a->every > 0 && a->checkpoint == NULL) {
        app_say("run", "--every needs --checkpoint FILE");
        return false;
    }
    return true;
}

typedef struct job {
    const app_arguments *arguments;
    const char *output;
    const char *name; ///< of the scenario's folder
    flow_model_options model;
    flow_scenario *scenario;
    flow_run_report report;
    flow_result *result;
    flow_score *score; ///< NULL: no observations
    double load_s, wall_s;
    app_team team; ///< of a divided run
} job;

static bool is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

/// No checkpoint was written yet, and none is resumed.
static bool new_checkpoint(const job *j)
{
    const app_arguments *a = j->arguments;
    return a->checkpoint != NULL && a->resume == NULL && j->report.n_checkpoint == 0;
}

/// What to do about a file that is there.
static void say_way_out(const job *j)
{
    const app_arguments *a = j->arguments;
    if (a->force) { return; }
    if (is_file(j->output)) {
        app_say("run", "-f replaces it, -o writes to another file");
    } else if (new_checkpoint(j) && is_file(a->checkpoint)) {
        app_say("run", "--resume %s goes on from it, -f begins anew", a->checkpoint);
    }
}

/// Why a file failed: the result's or the checkpoint's.
static app_exit file_status(const job *j)
{
    const app_arguments *a = j->arguments;
    const app_exit status = output_status(j->output, a->force);
    if (status != APP_IO || a->checkpoint == NULL || j->report.n_checkpoint > 0) { return status; }
    return output_status(a->checkpoint, a->force || a->resume != NULL);
}

static double person_steps_per_s(const job *j)
{
    const double steps = (double)(j->report.person_steps - j->report.person_steps_before);
    return j->report.step_s > 0.0 ? steps / j->report.step_s : 0.0;
}

typedef struct row {
    int32_t place;
    int64_t people;
} row;

static int by_people(const void *a, const void *b)
{
    const row *x = a, *y = b;
    return (x->people < y->people) - (x->people > y->people);
}

/// Without observations: the places where most people are on the last day.
static void print_fullest(const flow_result *r)
{
    if (r->n_step < 1 || r->n_place < 1) { return; }
    row *list = flow_calloc(r->n_place, sizeof *list);
    if (list == NULL) { return; }
    const int64_t *last = r->people + (int64_t)(r->n_step - 1) * r->n_place;
    for (int32_t p = 0; p < r->n_place; p++) { list[p] = (row){p, last[p]}; }
    qsort(list, (size_t)r->n_place, sizeof *list, by_people);
    (void)printf("There are no observations. Most people are, at the end of %s, in:\n\n",
                 app_last_day(r).text);
    app_print_padded("place", NAME_WIDTH);
    (void)printf(" %12s\n", "people");
    const int32_t n = r->n_place < MOST_PLACES ? r->n_place : MOST_PLACES;
    for (int32_t i = 0; i < n; i++) {
        app_print_padded(r->place_name[list[i].place], NAME_WIDTH);
        (void)printf(" %12s\n", app_people((double)list[i].people).text);
    }
    if (r->n_place > n) { (void)printf("and %d more places\n", (int)(r->n_place - n)); }
    flow_dealloc(list);
}

/// "1 day", "31 days".
static void print_count(int64_t n, const char *what)
{
    (void)printf("%s %s%s", app_people((double)n).text, what, n == 1 ? "" : "s");
}

static void print_where(const job *j)
{
    const flow_result *r = j->result;
    if (r->n_step < 1) { return; }
    const int64_t *last = r->people + (int64_t)(r->n_step - 1) * r->n_place;
    int64_t at_places = 0, in_camps = 0;
    for (int32_t p = 0; p < r->n_place; p++) { at_places += last[p]; }
    for (int32_t i = 0; i < r->n_observed; i++) { in_camps += last[r->observed_place[i]]; }
    const int64_t on_links = j->report.persons - at_places;
    char left[64] = "", camps[64] = "", text[512];
    if (j->report.left > 0) {
        (void)snprintf(left, sizeof left, " and %s left", app_people((double)j->report.left).text);
    }
    if (r->n_observed > 0) {
        (void)snprintf(camps, sizeof camps, "%s are in the camps below, ",
                       app_people((double)in_camps).text);
    }
    (void)snprintf(text, sizeof text,
                   "%s people entered%s. At the end %s%s at %splaces, %s on the road.",
                   app_people((double)j->report.entered).text, left, camps,
                   app_people((double)(at_places - in_camps)).text,
                   r->n_observed > 0 ? "other " : "", app_people((double)on_links).text);
    app_print_wrapped(text, 0, RIGHT);
    (void)putchar('\n');
}

static void print_members(const flow_result *r)
{
    app_print_ensemble(r);
    if (r->n_observed > 0) {
        app_print_member_places(r);
    } else {
        app_print_member_fullest(r);
    }
}

/// The file hides small counts, so sums and scores of what it shows would be wrong.
static void print_hidden(const job *j)
{
    char left[64] = "", text[512];
    if (j->report.left > 0) {
        (void)snprintf(left, sizeof left, ", %s left", app_people((double)j->report.left).text);
    }
    (void)snprintf(text, sizeof text,
                   "%s people entered%s, and %s are there at the end. The result hides counts "
                   "below %s (output.suppress_below), so it is not shown here by place, and has no "
                   "score.",
                   app_people((double)j->report.entered).text, left,
                   app_people((double)j->report.persons).text,
                   app_people((double)j->result->suppress_below).text);
    app_print_wrapped(text, 0, RIGHT);
}

/// Over how many processes, and what they told each other.
static void print_division(const job *j)
{
    const app_division *d = &j->team.division;
    char places[80], text[400];
    (void)snprintf(places, sizeof places, d->least == d->most ? "%s" : "%s to %s",
                   app_people(d->least).text, app_people(d->most).text);
    (void)snprintf(
        text, sizeof text,
        "Divided over %d processes %s: %s places each, %s of %s links from one to "
        "another; %s bytes sent in each step",
        (int)j->team.size, d->by, places, app_people((double)d->cut).text,
        app_people((double)flow_scenario_n_link(j->scenario)).text,
        app_people((double)j->team.bytes / (j->report.days > 0 ? j->report.days : 1)).text);
    app_print_wrapped(text, 0, RIGHT);
    (void)putchar('\n');
}

static void print_report(const job *j)
{
    const flow_scenario *s = j->scenario;
    char first[16];
    flow_date_text(s->start, first);
    const char *title = s->set.top.title;
    (void)printf("%s\n", title != NULL && *title != '\0' ? title : j->name);
    print_count(flow_scenario_n_place(s), "place");
    (void)printf(", ");
    print_count(flow_scenario_n_link(s), "directed link");
    (void)printf(", ");
    (void)printf("%s from %s\n", app_steps(j->report.days, s->dt).text, first);
    if (j->result->suppress_below > 0) {
        print_hidden(j);
    } else if (j->result->members != NULL) {
        print_members(j->result);
    } else {
        print_where(j);
        if (j->result->n_observed > 0) {
            app_print_places(j->result);
        } else {
            print_fullest(j->result);
        }
    }
    if (j->score != NULL) {
        (void)putchar('\n');
        app_print_score(j->result, j->score, true);
    }
    if (j->result->suppress_below == 0) {
        (void)putchar('\n');
        app_print_indicators(j->result);
    }
    (void)printf("\nResult file: %s (libflow info shows how it was made)\n", j->output);
    if (j->team.size > 0) { print_division(j); }
    (void)printf("%.2f s, %.3f s in steps on ", j->wall_s, j->report.step_s);
    print_count(j->report.threads, "thread");
    (void)printf(": %s person-steps per second\n", app_rate(person_steps_per_s(j)).text);
}

static json_t *to_json(const job *j)
{
    char first[16];
    char checksum[32];
    flow_date_text(j->scenario->start, first);
    (void)snprintf(checksum, sizeof checksum, "%016" PRIx64, j->report.checksum);
    json_t *o = json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, "
        "s:i, "
        "s:I, s:s, s:s, s:o, s:o, s:o}",
        "schema", "libflow.run.1", "version", flow_version(), "scenario", j->arguments->operand[0],
        "start", first, "days", (int)app_days(j->report.days, j->scenario->dt), "steps",
        (int)j->report.days, "places", (int)flow_scenario_n_place(j->scenario), "links",
        (int)flow_scenario_n_link(j->scenario), "members",
        j->result->members != NULL ? (int)j->result->members->n : 1, "persons",
        (json_int_t)j->report.persons, "entered", (json_int_t)j->report.entered, "left",
        (json_int_t)j->report.left, "person_steps", (json_int_t)j->report.person_steps, "load_s",
        j->load_s, "wall_s", j->wall_s, "step_s", j->report.step_s, "person_steps_per_s",
        person_steps_per_s(j), "threads", (int)j->report.threads, "seed",
        (json_int_t)j->arguments->seed, "checksum", checksum, "output", j->output, "warnings",
        app_json_warnings(j->scenario), "observed",
        j->result->suppress_below > 0 ? json_array() : app_json_places(j->result, j->score),
        "indicators", app_json_indicators(j->result));
    if (o != NULL && j->result->members != NULL && j->result->suppress_below == 0 &&
        json_object_set_new(o, "ensemble", app_json_ensemble(j->result, j->score)) != 0) {
        json_decref(o);
        return NULL;
    }
    if (o != NULL && j->team.size > 0 &&
        json_object_set_new(
            o, "divided",
            json_pack("{s:i, s:s, s:i, s:i, s:I, s:I}", "processes", (int)j->team.size, "by",
                      j->team.division.by, "least_places", (int)j->team.division.least,
                      "most_places", (int)j->team.division.most, "cut_links",
                      (json_int_t)j->team.division.cut, "bytes", (json_int_t)j->team.bytes)) != 0) {
        json_decref(o);
        return NULL;
    }
    if (o == NULL || j->score == NULL) { return o; }
    json_t *score = json_object();
    if (score == NULL || !app_json_score(score, j->score) ||
        json_object_set_new_nocheck(o, "score", score) != 0) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/// Sums over the members are no numbers of people: the median says more.
static void take_medians(job *j)
{
    const flow_result_members *m = j->result->members;
    j->report.persons = app_median(m->persons, m->n);
    j->report.entered = app_median(m->entered, m->n);
    j->report.left = app_median(m->left, m->n);
}

/// Say why a run failed; its exit status.
static app_exit failed_status(const job *j, flow_err err)
{
    const app_exit status = app_fail("run", err);
    if (stop_signal != 0 && err == FLOW_ESTATE) {
        return j->report.n_checkpoint > 0 ? APP_AGAIN : (app_exit)(APP_SIGNAL + stop_signal);
    }
    if (err != FLOW_EFILE) { return status; }
    say_way_out(j);
    return file_status(j);
}

/// Load, run, and read the result back.
static app_exit simulate(job *j)
{
    const app_arguments *a = j->arguments;
    const double begin = seconds();
    flow_err err = app_load(a, &j->scenario);
    j->load_s = seconds() - begin;
    bool failed;
    if (app_team_says(&j->team, err != FLOW_OK, &failed)) { return app_fail("run", err); }
    if (failed) { return APP_INPUT; }
    const bool first = app_team_first(&j->team);
    if (!a->quiet && first) { say_warnings(j->scenario, a->operand[0]); }
    progress p = {.wanted = !a->quiet && first && on_terminal(),
                  .what = a->members > 0 ? "member" : "step",
                  .begin = seconds()};
    const flow_run_options options = {.model = j->model,
                                      .output = j->output,
                                      .replace = a->force,
                                      .command_line = a->command_line,
                                      .go_on = go_on,
                                      .context = &p,
                                      .checkpoint = a->checkpoint,
                                      .every = (int32_t)a->every,
                                      .resume = a->resume};
    err = a->members > 0
              ? flow_run_members(j->scenario, &options, (int32_t)a->members, &j->report, NULL)
          : j->team.size > 0 ? app_team_run(&j->team, j->scenario, &options, &j->report)
                             : flow_run(j->scenario, &options, &j->report);
    j->wall_s = seconds() - begin;
    if (p.shown) { (void)fprintf(stderr, "\r%40s\r", ""); }
    if (err != FLOW_OK && !app_team_tells(&j->team)) { return APP_INTERNAL; }
    if (err != FLOW_OK) {
        const app_exit status = failed_status(j, err);
        app_team_stop(&j->team, status);
        return status;
    }
    if ((a->quiet && !a->json) || !first) { return APP_OK; }
    err = flow_result_load(j->output, &j->result);
    if (err == FLOW_OK && j->result->members != NULL) { take_medians(j); }
    if (err == FLOW_OK && j->result->n_observed > 0 && j->result->suppress_below == 0) {
        err = flow_score_result(j->result, &j->score);
    }
    return err == FLOW_OK ? APP_OK : app_fail("run", err);
}

static app_exit run(const app_arguments *arguments)
{
    watch_signals(arguments->checkpoint != NULL);
    char *name = scenario_name(arguments->operand[0]);
    char *output = name != NULL ? default_output(name) : NULL;
    job j = {.arguments = arguments,
             .output = arguments->output,
             .name = name,
             .model = {.seed = (uint64_t)arguments->seed,
                       .member = (uint32_t)arguments->member,
                       .threads = (int32_t)arguments->threads}};
    if (j.output == NULL) { j.output = output; }
    app_exit status = APP_INTERNAL;
    if (output == NULL) {
        app_say("run", "no memory");
    } else if (!check_options(arguments, &j.model)) {
        status = APP_USAGE;
    } else if (arguments->divide && app_team_begin(&j.team) != FLOW_OK) {
        app_say("run", "%s", flow_error_text());
        status = APP_USAGE;
    } else {
        status = simulate(&j);
    }
    if (!app_team_first(&j.team)) {
        // the first process reports
    } else if (status == APP_OK && arguments->json) {
        status = app_print_json(to_json(&j));
    } else if (status == APP_OK && !arguments->quiet) {
        print_report(&j);
    }
    flow_score_free(j.score);
    flow_result_free(j.result);
    flow_scenario_free(j.scenario);
    flow_dealloc(output);
    flow_dealloc(name);
    if (j.team.size > 0) { app_team_end(&j.team); }
    return status;
}

#define AT(member) offsetof(app_arguments, member)
static const app_option options[] = {
    {'o', "output", "OUT.nc", APP_TEXT, AT(output), 0, 0,
     "Result file; default: the name of the scenario with .nc, in the current folder."},
    {'f', "force", NULL, APP_FLAG, AT(force), 0, 0,
     "Replace an existing result file, and existing checkpoints."},
    {0, "settings", "FILE", APP_TEXT, AT(settings), 0, 0, "The simsetting.yml of a FLEE folder."},
    {0, "set", "KEY=VALUE", APP_LIST, AT(set), 0, 0,
     "Another value for a key of the scenario; may be repeated. 'libflow describe keys' lists "
     "the keys."},
    {0, "option", "NAME", APP_TEXT, AT(option), 0, 0,
     "Run the scenario under this one of its options."},
    {'s', "seed", "N", APP_INTEGER, AT(seed), 0, INT64_MAX,
     "Seed of all random numbers; default 0. The same seed gives the same result on any number "
     "of threads."},
    {0, "member", "K", APP_INTEGER, AT(member), 0, UINT32_MAX,
     "Number of the realisation of the seed, the first one with --members; default 0."},
    {'m', "members", "M", APP_INTEGER, AT(members), 1, FLOW_MOST_MEMBERS,
     "Run M realisations over the threads and write all of them and their quantiles."},
    {'d', "days", "D", APP_INTEGER, AT(days), 1, 100000, "Run D days of the period."},
    {0, "individuals", "WHO", APP_TEXT, AT(individuals), 0, 0,
     "Who is followed one by one: none (default), sample (with --sample) or all. Counts are the "
     "same in all three."},
    {0, "sample", "SHARE", APP_TEXT, AT(sample), 0, 0,
     "Follow each person with this chance, above 0, at most 1."},
    {0, "history", NULL, APP_FLAG, AT(history), 0, 0,
     "Keep what happens to those who are followed, and write it: the group trajectories of the "
     "result."},
    {0, "checkpoint", "FILE", APP_TEXT, AT(checkpoint), 0, 0,
     "Write a checkpoint to FILE when the run is stopped by SIGTERM, SIGUSR1, SIGINT or SIGHUP, "
     "then exit with 75. FILE.1 is the one before, FILE.steps holds the result so far; they may "
     "be removed when the run is over."},
    {0, "every", "N", APP_INTEGER, AT(every), 1, INT32_MAX,
     "Write a checkpoint every N steps, too."},
    {0, "resume", "FILE", APP_TEXT, AT(resume), 0, 0,
     "Go on from checkpoint FILE, with the same scenario and options; the result is that of the "
     "unbroken run. With --checkpoint FILE more checkpoints follow."},
    {'t', "threads", "T", APP_INTEGER, AT(threads), 1, 1024, "Threads; default: all."},
    {0, "divide", NULL, APP_FLAG, AT(divide), 0, 0,
     "Divide the network over all processes: mpirun -n N libflow-mpi run SCENARIO --divide. The "
     "result is the same."},
    {0, "json", NULL, APP_FLAG, AT(json), 0, 0, "Print one JSON object instead of the report."},
    {'q', "quiet", NULL, APP_FLAG, AT(quiet), 0, 0, "No report, warnings or progress."},
    {0, NULL, NULL, APP_FLAG, 0, 0, 0, NULL}};

const app_command app_run_command = {
    "run",
    "SCENARIO",
    1,
    1,
    "Run a scenario, write the result file and show a report.",
    "SCENARIO is a folder of libflow (scenario.yaml, places.csv, links.csv) or of FLEE "
    "(input_csv and source_data). The result is a netCDF-4 file that xarray, ncdump, R and "
    "Panoply open. Where the scenario has observations, the report compares with them. With "
    "--members, the report shows the median and the 5 % to 95 % band of many realisations.",
    options,
    run};
