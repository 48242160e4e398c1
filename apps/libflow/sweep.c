// libflow sweep: many runs of a scenario, planned, done and put together.
#define _XOPEN_SOURCE 700
#include "sweep.h"

#include "app.h"
#ifdef FLOW_MPI
#include "sweep_comm.h"
#endif

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/// The signal that asked to stop, 0: none. A handler can reach nothing else.
static volatile sig_atomic_t stop_signal = 0;

static void note(int signal)
{
    stop_signal = signal;
}

/// The first signal stops after the runs are saved, the second one at once.
static void watch_signals(void)
{
    static const int list[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct sigaction old, action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
        (void)sigemptyset(&action.sa_mask);
        // Whoever starts us with a signal ignored (nohup, a background job) wants it ignored.
        if (sigaction(list[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            (void)sigaction(list[i], &action, NULL);
        }
    }
}

static double seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) { return 0.0; }
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Progress --------------------------------------------------------------------------------------

typedef struct progress {
    bool wanted, terminal;
    bool shown; ///< a line stands on the terminal
    bool late;  ///< the time limit is reached
    double begin, last, limit;
    double rate; ///< runs per second, smoothed
    int64_t last_done;
#ifdef FLOW_MPI
    flow_comm *comm;
    double told;       ///< when the others were
    int64_t told_runs; ///< of this process
    int64_t of_all;    ///< runs of all processes
#endif
} progress;

/// "1 h 05 min", "3 min 20 s", "12 s".
static void time_text(double s, char out[static 32])
{
    const int64_t whole = s < 1e9 ? (int64_t)s : 1000000000;
    if (whole >= 3600) {
        (void)snprintf(out, 32, "%" PRId64 " h %02" PRId64 " min", whole / 3600, whole / 60 % 60);
    } else if (whole >= 60) {
        (void)snprintf(out, 32, "%" PRId64 " min %02" PRId64 " s", whole / 60, whole % 60);
    } else {
        (void)snprintf(out, 32, "%" PRId64 " s", whole);
    }
}

static void say_progress(progress *p, double now, int64_t done, int64_t n)
{
    char left[32] = "unknown time";
    const double span = now - p->last;
    const double fresh = span > 0.0 ? (double)(done - p->last_done) / span : 0.0;
    // a moving mean over about ten seconds
    const double weight = p->rate > 0.0 ? 1.0 - exp(-span / 10.0) : 1.0;
    p->rate += weight * (fresh - p->rate);
    if (p->rate > 0.0) { time_text((double)(n - done) / p->rate, left); }
    (void)fprintf(stderr, "%s%" PRId64 " of %" PRId64 " runs, %.3g per second, %s left%s",
                  p->terminal ? "\r\033[K  " : "libflow sweep: ", done, n, p->rate, left,
                  p->terminal ? "" : "\n");
    (void)fflush(stderr);
    p->shown = true;
    p->last = now;
    p->last_done = done;
}

#ifdef FLOW_MPI
/// Runs of all processes: each tells its own once a second, whatever the study found done.
static int64_t done_by_all(progress *p, double now, int64_t done, int64_t found)
{
    const int64_t own = done - found;
    if (now - p->told >= 1.0) {
        p->of_all = flow_comm_add(p->comm, own - p->told_runs);
        p->told = now;
        p->told_runs = own;
    }
    return found + p->of_all;
}
#endif

static bool go_on(void *context, int64_t done, int64_t found, int64_t n)
{
    progress *p = context;
    const double now = seconds();
#ifdef FLOW_MPI
    done = done_by_all(p, now, done, found);
#endif
    if (p->last <= 0.0) {
        p->last = now;
        p->last_done = done;
    }
    const int64_t before = p->last_done < found ? found : p->last_done;
    p->last_done = before; // what was found done says nothing about the rate
    const double every = p->terminal ? 0.5 : 60.0;
    if (p->wanted && now - p->last >= every) { say_progress(p, now, done, n); }
    p->late = p->limit > 0.0 && now - p->begin >= p->limit;
    return stop_signal == 0 && !p->late;
}

static bool on_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

// Shards ----------------------------------------------------------------------------------------

static bool number(const char *text, int64_t *out)
{
    return text != NULL && flow_integer_parse(text, out);
}

/// "3/10", or the place of this task in a Slurm array.
static bool parse_shard(const char *text, flow_sweep_options *o)
{
    char quoted[64], first[24] = "";
    int64_t i = 0, n = 0;
    const char *slash = strchr(text, '/');
    const size_t width = slash != NULL ? (size_t)(slash - text) : 0;
    if (width > 0 && width < sizeof first) { memcpy(first, text, width); }
    if (!number(first, &i) || !number(slash + 1, &n) || n < 1 || n > INT32_MAX || i < 1 || i > n) {
        app_say("sweep", "--shard '%s' is not I/N with I from 1 to N", flow_quote(text, quoted));
        return false;
    }
    o->shard = (int32_t)i - 1;
    o->n_shard = (int32_t)n;
    return true;
}

/// Tasks of an array that is a part of another (a task sent again) run as one shard each: what is
/// done already is found.
static void slurm_shard(flow_sweep_options *o)
{
    int64_t id = 0, count = 0, least = 0, step = 1;
    if (!number(getenv("SLURM_ARRAY_TASK_ID"), &id) ||
        !number(getenv("SLURM_ARRAY_TASK_COUNT"), &count) ||
        !number(getenv("SLURM_ARRAY_TASK_MIN"), &least)) {
        return;
    }
    if (!number(getenv("SLURM_ARRAY_TASK_STEP"), &step) || step < 1) { step = 1; }
    const int64_t index = (id - least) / step;
    if (count < 1 || count > INT32_MAX || index < 0 || index >= count) { return; }
    o->shard = (int32_t)index;
    o->n_shard = (int32_t)count;
}

// Plan, run, collect ----------------------------------------------------------------------------

/// Why a file failed: it could not be created, or not be written.
static app_exit file_status(const char *path)
{
    struct stat about;
    const bool there = stat(path, &about) == 0;
    const bool folder_there = there && S_ISDIR(about.st_mode);
    if (there && !folder_there) { return APP_CREATE; }
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? flow_strdup(".")
                                 : flow_strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (folder == NULL) { return APP_IO; }
    const bool good = access(folder_there ? path : folder, W_OK | X_OK) == 0;
    flow_dealloc(folder);
    return good ? APP_IO : APP_CREATE;
}

static app_exit plan(const app_arguments *a)
{
    if (a->output == NULL) {
        app_say("sweep", "-o PLAN.csv is missing");
        return APP_USAGE;
    }
    flow_sweep sweep;
    const flow_err err = flow_sweep_plan(a->operand[1], a->output, a->force, &sweep);
    if (err != FLOW_OK) {
        const app_exit status = app_fail("sweep", err);
        return err == FLOW_EFILE && access(a->operand[1], R_OK) == 0 ? file_status(a->output)
                                                                     : status;
    }
    const int64_t n_run = (int64_t)sweep.n_point * sweep.n_member;
    app_exit status = APP_OK;
    if (a->json) {
        status = app_print_json(json_pack(
            "{s:s, s:s, s:i, s:i, s:i, s:i, s:I}", "schema", "libflow.sweep_plan.1", "plan",
            a->output, "keys", (int)sweep.n_key, "rows", (int)sweep.n_row, "points",
            (int)sweep.n_point, "members", (int)sweep.n_member, "runs", (json_int_t)n_run));
    } else if (!a->quiet) {
        (void)printf("%s: ", a->output);
        (void)printf("%s rows of design %s, ", app_people((double)sweep.n_row).text,
                     flow_design_name[sweep.plan.top.design]);
        (void)printf("%s different points, ", app_people((double)sweep.n_point).text);
        (void)printf("%s runs\n", app_people((double)n_run).text);
    }
    flow_sweep_clear(&sweep);
    return status;
}

static app_exit print_report(const app_arguments *a, const flow_sweep_report *r)
{
    const double rate = r->wall_s > 0.0 ? (double)r->runs / r->wall_s : 0.0;
    if (a->json) {
        return app_print_json(json_pack(
            "{s:s, s:s, s:I, s:I, s:I, s:i, s:f, s:f, s:I}", "schema", "libflow.sweep_run.1",
            "folder", a->output, "runs", (json_int_t)r->runs, "found_done", (json_int_t)r->found,
            "runs_of_study", (json_int_t)r->n_run, "threads", (int)r->threads, "wall_s", r->wall_s,
            "runs_per_s", rate, "person_steps", (json_int_t)r->person_steps));
    }
    if (a->quiet) { return APP_OK; }
    char took[32];
    time_text(r->wall_s, took);
    (void)printf("%s runs done in %s", app_people((double)r->runs).text, took);
    (void)printf(" on %d thread%s (%.3g per second)", (int)r->threads, r->threads == 1 ? "" : "s",
                 rate);
    (void)printf(", %s found done", app_people((double)r->found).text);
    (void)printf(", of %s in the study\n", app_people((double)r->n_run).text);
    return APP_OK;
}

/// Run what is missing; says why it failed.
static app_exit run_here(const app_arguments *a, const flow_sweep_options *o, const progress *p,
                         flow_sweep_report *report)
{
    const flow_err err = flow_sweep_run(a->operand[1], a->output, o, report);
    if (p->shown && p->terminal) { (void)fprintf(stderr, "\r\033[K"); }
    if (err == FLOW_OK) { return APP_OK; }
    const app_exit status = app_fail("sweep", err);
    if (err == FLOW_ESTATE && (stop_signal != 0 || p->late)) { return APP_AGAIN; }
    return err == FLOW_EFILE && access(a->operand[1], R_OK) == 0 ? file_status(a->output) : status;
}

#ifdef FLOW_MPI
/// The same with all processes of MPI, which take batches from one counter. The first one reports.
static app_exit run_together(const app_arguments *a, flow_sweep_options *o, progress *p)
{
    const flow_err err = flow_comm_begin(&p->comm);
    if (err != FLOW_OK) { return app_fail("sweep", err); }
    const bool first = flow_comm_rank(p->comm) == 0;
    p->wanted = p->wanted && first;
    o->shard = o->n_shard = 0;
    o->next = flow_comm_next;
    o->counter = p->comm;
    flow_sweep_report report;
    app_exit status = run_here(a, o, p, &report);
    int64_t sum[] = {report.runs, report.person_steps, report.threads};
    flow_comm_sum(p->comm, sum, 3);
    status = (app_exit)flow_comm_largest(p->comm, (int32_t)status);
    report.runs = sum[0];
    report.person_steps = sum[1];
    report.threads = (int32_t)sum[2];
    report.found = report.n_run - report.runs;
    if (status == APP_OK && first) { status = print_report(a, &report); }
    flow_comm_end(p->comm);
    return status;
}
#endif

static app_exit run(const app_arguments *a)
{
    if (a->output == NULL) {
        app_say("sweep", "-o FOLDER is missing");
        return APP_USAGE;
    }
    watch_signals();
    progress p = {.wanted = !a->quiet, .terminal = on_terminal(), .begin = seconds()};
    p.limit = (double)a->time_limit;
    flow_sweep_options o = {.scenario = a->scenario,
                            .settings = a->settings,
                            .threads = (int32_t)a->threads,
                            .save_every_s = (int32_t)a->every,
                            .go_on = go_on,
                            .context = &p};
    if (a->shard != NULL) {
        if (!parse_shard(a->shard, &o)) { return APP_USAGE; }
    } else {
        slurm_shard(&o);
    }
#ifdef FLOW_MPI
    return run_together(a, &o, &p);
#else
    flow_sweep_report report;
    const app_exit status = run_here(a, &o, &p, &report);
    return status == APP_OK ? print_report(a, &report) : status;
#endif
}

static app_exit collect(const app_arguments *a)
{
    if (a->output == NULL) {
        app_say("sweep", "-o STUDY.nc is missing");
        return APP_USAGE;
    }
    const flow_sweep_options o = {.scenario = a->scenario, .settings = a->settings};
    const flow_err err = flow_sweep_collect(a->operand[1], a->output, a->force, &o);
    if (err == FLOW_OK) {
        if (!a->quiet) { (void)printf("Study: %s\n", a->output); }
        return APP_OK;
    }
    const app_exit status = app_fail("sweep", err);
    if (err == FLOW_ESTATE) { return APP_AGAIN; } // runs are missing
    return err == FLOW_EFILE && access(a->operand[1], R_OK) == 0 ? file_status(a->output) : status;
}

static app_exit sweep(const app_arguments *a)
{
    static const struct {
        const char *name;
        app_exit (*run)(const app_arguments *a);
    } part[] = {{"plan", plan}, {"run", run}, {"collect", collect}};
    char quoted[64];
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        if (strcmp(a->operand[0], part[i].name) == 0) { return part[i].run(a); }
    }
    app_say("sweep", "'%s' is none of plan, run, collect", flow_quote(a->operand[0], quoted));
    return APP_USAGE;
}

#define AT(member) offsetof(app_arguments, member)
static const app_option options[] = {
    {'o', "output", "PATH", APP_TEXT, AT(output), 0, 0,
     "plan: the table PLAN.csv; run: the folder of results; collect: the file STUDY.nc."},
    {'f', "force", NULL, APP_FLAG, AT(force), 0, 0, "plan, collect: replace an existing file."},
    {0, "shard", "I/N", APP_TEXT, AT(shard), 0, 0,
     "run: the part I, from 1, of N. In a Slurm array it is that of the task."},
    {0, "time-limit", "S", APP_INTEGER, AT(time_limit), 1, INT32_MAX,
     "run: stop after S seconds with all finished runs saved, and exit with 75. SIGTERM, SIGUSR1, "
     "SIGINT and SIGHUP do the same."},
    {0, "every", "S", APP_INTEGER, AT(every), 1, INT32_MAX,
     "run: save what is under way every S seconds; default 60."},
    {0, "scenario", "DIR", APP_TEXT, AT(scenario), 0, 0,
     "run, collect: the scenario, where it is no longer that of the plan or there is none."},
    {0, "settings", "FILE", APP_TEXT, AT(settings), 0, 0, "The simsetting.yml of a FLEE folder."},
    {'t', "threads", "T", APP_INTEGER, AT(threads), 1, 1024, "run: threads; default: all."},
    {0, "json", NULL, APP_FLAG, AT(json), 0, 0, "plan, run: print one JSON object."},
    {'q', "quiet", NULL, APP_FLAG, AT(quiet), 0, 0, "No report or progress."},
    {0, NULL, NULL, APP_FLAG, 0, 0, 0, NULL}};

const app_command app_sweep_command = {
    "sweep",
    "plan|run|collect FILE",
    2,
    2,
    "Run a scenario many times with other values, on one machine or many.",
    "'sweep plan PLAN.yaml -o PLAN.csv' makes a table of points. 'sweep run PLAN.csv -o FOLDER' "
    "runs what is missing in the folder; any number of processes may do so at once, each with its "
    "own --shard, and a process that was stopped or killed is started again the same way. 'sweep "
    "collect FOLDER -o STUDY.nc' makes one netCDF-4 file of it, the same byte for byte whoever ran "
    "what. docs/sweeps.md describes plans, docs/clusters.md shows job scripts.",
    options,
    sweep};
