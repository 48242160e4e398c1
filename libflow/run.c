#define _POSIX_C_SOURCE 200809L
#include "run.h"

#include "checkpoint.h"
#include "indicators.h"
#include "model.h"
#include "observe.h"
#include "output.h"
#include "output_target.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/// A run under way.
typedef struct job {
    const flow_scenario *s;
    const flow_run_options *o;
    flow_model *model;
    flow_output *output;  ///< NULL: none is wanted
    flow_steps *steps;    ///< beside the checkpoint; NULL: no checkpoint, or no output
    flow_steps_mark mark; ///< what the checkpoint to resume from says of them
    bool same;            ///< goes on with the checkpoint it resumes from, or with the one after it
    bool keep;            ///< the present checkpoint becomes the older one
    flow_divided *over;   ///< the ranks of the run; NULL: it is not divided
    flow_observable *observable; ///< [n_observable] what rank 0 writes, at other ranks
    int32_t n_observable;
    double *value;           ///< room for one of them
    flow_gauges_run *gauges; ///< what rank 0 sums up, at other ranks
    bool stopped;            ///< by go_on
    flow_run_report done;
} job;

/// Seconds of a clock that only goes forward.
static double seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) { return 0.0; }
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Checkpoints ------------------------------------------------------------------------------------

static flow_err write_checkpoint(job *j)
{
    flow_steps_mark mark = {0};
    if (j->steps != NULL) {
        FLOW_TRY(flow_steps_sync(j->steps));
        mark = flow_steps_so_far(j->steps);
    }
    FLOW_TRY(flow_checkpoint_write(j->model, j->o->checkpoint, j->keep, &mark));
    j->keep = true;
    j->done.n_checkpoint++;
    return FLOW_OK;
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/// Does the run write the checkpoint that it resumes from, or the one after it?
static flow_err compare_names(job *j)
{
    const flow_run_options *o = j->o;
    if (o->checkpoint == NULL || o->resume == NULL) { return FLOW_OK; }
    char *older = flow_target_name(o->checkpoint, ".1");
    if (older == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to write checkpoints"); }
    j->keep = same_file(o->checkpoint, o->resume);
    j->same = j->keep || same_file(older, o->resume);
    flow_dealloc(older);
    return FLOW_OK;
}

static flow_err load_checkpoint(job *j)
{
    const flow_run_options *o = j->o;
    if (o->resume == NULL) { return FLOW_OK; }
    const flow_err err = flow_checkpoint_read(j->model, o->resume, &j->mark);
    if (err != FLOW_OK) { return err == FLOW_EFILE ? FLOW_EINPUT : err; }
    j->done.person_steps_before = flow_model_person_steps(j->model);
    if (j->model->seed == o->model.seed && j->model->member == o->model.member) { return FLOW_OK; }
    return flow_fail(FLOW_EINPUT,
                     "checkpoint '%s' is of seed %llu and member %u, this run of seed %llu and "
                     "member %u",
                     o->resume, (unsigned long long)j->model->seed, (unsigned)j->model->member,
                     (unsigned long long)o->model.seed, (unsigned)o->model.member);
}

/// Checkpoints of another run make room.
static flow_err clear_way(const job *j)
{
    const flow_run_options *o = j->o;
    if (o->checkpoint == NULL || j->same) { return FLOW_OK; }
    char *older = flow_target_name(o->checkpoint, ".1");
    if (older == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to write checkpoints"); }
    flow_err err = FLOW_OK;
    const char *const name[] = {o->checkpoint, older};
    for (int i = 0; i < 2 && err == FLOW_OK; i++) {
        if (unlink(name[i]) != 0 && errno != ENOENT) {
            err = flow_target_fail("replace", name[i], errno);
        }
    }
    flow_dealloc(older);
    return err;
}

// The result so far ------------------------------------------------------------------------------

/// Write the steps before the checkpoint into the result, and into the new file of steps if there
/// is one.
static flow_err repeat_steps(job *j, flow_steps *from, flow_steps *also)
{
    const int32_t n = flow_model_day(j->model);
    char *row = flow_calloc(j->mark.row, 1);
    if (row == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a step of the result"); }
    flow_err err = FLOW_OK;
    for (int32_t i = 0; i < n && err == FLOW_OK; i++) {
        err = flow_steps_read(from, row);
        if (err == FLOW_OK) { err = flow_output_repeat(j->output, row); }
        if (err == FLOW_OK && also != NULL) { err = flow_steps_add(also, row); }
    }
    flow_dealloc(row);
    if (err != FLOW_OK) { return err; }
    const flow_steps_mark found = flow_steps_so_far(from);
    if (found.n != j->mark.n || found.hash != j->mark.hash) {
        return flow_fail(FLOW_EINPUT,
                         "the steps of the result beside checkpoint '%s' are damaged "
                         "or of another run",
                         j->o->resume);
    }
    return FLOW_OK;
}

/// Open the steps of the checkpoint to resume from; NULL when there are none and none are needed.
static flow_err open_old_steps(const job *j, flow_steps **out)
{
    *out = NULL;
    if (j->o->resume == NULL || j->output == NULL) { return FLOW_OK; }
    if (j->mark.row == 0 && flow_model_day(j->model) == 0) { return FLOW_OK; }
    if (j->mark.row == 0) {
        return flow_fail(FLOW_EINPUT,
                         "checkpoint '%s' was written without a result file, so the result of the "
                         "%d steps before it is missing",
                         j->o->resume, (int)flow_model_day(j->model));
    }
    char *name = flow_steps_name(j->o->resume);
    if (name == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to resume"); }
    const flow_err err = flow_steps_open(name, flow_output_row_size(j->output), j->same, out);
    flow_dealloc(name);
    return err;
}

/// Begin a new file of steps beside the checkpoint.
static flow_err create_steps(const job *j, flow_steps **out)
{
    *out = NULL;
    if (j->o->checkpoint == NULL || j->output == NULL) { return FLOW_OK; }
    char *name = flow_steps_name(j->o->checkpoint);
    if (name == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to write checkpoints"); }
    const flow_err err =
        flow_steps_create(name, flow_output_row_size(j->output), j->o->replace || j->same, out);
    flow_dealloc(name);
    return err;
}

static flow_err begin_steps(job *j)
{
    flow_steps *old = NULL;
    const bool replace = j->o->replace || j->same;
    if (j->o->checkpoint != NULL) { FLOW_TRY(flow_target_check(j->o->checkpoint, replace)); }
    FLOW_TRY(open_old_steps(j, &old));
    if (old != NULL && j->same) { // it is read, cut, and goes on
        j->steps = old;
        FLOW_TRY(repeat_steps(j, old, NULL));
        return flow_steps_cut(old);
    }
    flow_err err = clear_way(j);
    if (err == FLOW_OK) { err = create_steps(j, &j->steps); }
    if (err == FLOW_OK && old != NULL) { err = repeat_steps(j, old, j->steps); }
    flow_steps_free(old);
    return err;
}

// The run ----------------------------------------------------------------------------------------

// Ranks ------------------------------------------------------------------------------------------

static bool is_first(const job *j)
{
    return j->over == NULL || j->over->team->rank == 0;
}

static flow_err divide(const job *j)
{
    const flow_run_options *o = j->o;
    if (o->checkpoint != NULL || o->resume != NULL) {
        return flow_fail(FLOW_ERANGE, "a divided run has no checkpoints");
    }
    if (o->model.individuals != FLOW_INDIVIDUALS_NONE) {
        return flow_fail(FLOW_ERANGE, "a divided run follows nobody one by one");
    }
    return flow_model_divide(j->model, j->over->team, j->over->owner);
}

/// All ranks begin, or none.
static flow_err agree(const job *j, flow_err err)
{
    if (j->over == NULL) { return err; }
    const flow_team *team = j->over->team;
    int64_t n = err != FLOW_OK;
    team->sum(team->context, &n, 1);
    j->over->other = err == FLOW_OK && n > 0;
    return err == FLOW_OK && n > 0
               ? flow_fail(FLOW_ESTATE, "%lld other ranks could not begin", (long long)n)
               : err;
}

/// What rank 0 will write, for the ranks that tell it.
static flow_err list_observables(job *j)
{
    FLOW_TRY(flow_observables_list(j->s, &j->observable, &j->n_observable));
    int64_t most = 1;
    for (int32_t i = 0; i < j->n_observable; i++) {
        const int64_t n = flow_observable_n(j->s, &j->observable[i]);
        most = n > most ? n : most;
    }
    bool has[FLOW_N_GAUGE];
    FLOW_TRY(flow_gauges_of(j->s, has));
    FLOW_TRY(flow_gauges_create(j->s, has, false, &j->gauges));
    j->value = flow_calloc(most, sizeof *j->value);
    return j->value != NULL ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory to observe");
}

/// Rank 0 is told what it writes.
static flow_err tell(job *j)
{
    for (int32_t i = 0; i < j->n_observable; i++) {
        const flow_observable *row = &j->observable[i];
        if (!flow_observable_written(j->s, row) || flow_observable_n(j->s, row) == 0) { continue; }
        flow_observable_read(row, j->model, j->value);
    }
    if (j->gauges != NULL) { flow_gauges_step(j->gauges, j->model); }
    return flow_division_failure(j->model);
}

/// Begin the result file; j->output stays NULL when none is wanted, and at other ranks than the
/// first.
static flow_err begin_output(job *j)
{
    const flow_run_options *o = j->o;
    if (o->output == NULL) { return FLOW_OK; }
    if (!is_first(j)) { return list_observables(j); }
    if (o->model.history && j->s->set.output.suppress_below > 0) {
        return flow_fail(FLOW_ERANGE, "output.suppress_below hides small counts, but histories of "
                                      "people would be written; choose one of them");
    }
    const flow_provenance provenance = {.command_line = o->command_line,
                                        .seed = o->model.seed,
                                        .member = o->model.member,
                                        .threads = j->model->threads};
    return flow_output_create(o->output, o->replace, j->s, &provenance, &j->output);
}

static flow_err begin(job *j)
{
    const flow_run_options *o = j->o;
    if (o->every < 0 || (o->every > 0 && o->checkpoint == NULL)) {
        return flow_fail(FLOW_ERANGE, "every = %d %s", (int)o->every,
                         o->every < 0 ? "is below 0" : "needs a checkpoint");
    }
    FLOW_TRY(flow_model_create(j->s, &o->model, &j->model));
    if (j->over != NULL) { FLOW_TRY(divide(j)); }
    FLOW_TRY(load_checkpoint(j));
    FLOW_TRY(compare_names(j));
    FLOW_TRY(begin_output(j));
    return begin_steps(j);
}

/// The step just done goes into the result and into the steps.
static flow_err keep_step(job *j, char *row)
{
    if (j->output == NULL) { return tell(j); }
    FLOW_TRY(flow_output_step(j->output, j->model));
    FLOW_TRY(flow_division_failure(j->model));
    if (j->steps == NULL) { return FLOW_OK; }
    flow_output_row(j->output, row);
    return flow_steps_add(j->steps, row);
}

static flow_err stop(job *j, int32_t day)
{
    j->stopped = true;
    if (j->o->checkpoint == NULL) {
        return flow_fail(FLOW_ESTATE, "the run was stopped after %d of %d steps", (int)day,
                         (int)j->s->n_step);
    }
    FLOW_TRY(write_checkpoint(j));
    return flow_fail(FLOW_ESTATE,
                     "the run was stopped after %d of %d steps; it can be resumed from '%s'",
                     (int)day, (int)j->s->n_step, j->o->checkpoint);
}

static flow_err run_days(job *j, char *row)
{
    const flow_run_options *o = j->o;
    const int32_t n_step = j->s->n_step;
    for (int32_t day = flow_model_day(j->model); day < n_step; day++) {
        const bool stops = o->go_on != NULL && !o->go_on(o->context, day, n_step);
        if (o->go_on != NULL && flow_any_rank(j->model, stops)) { return stop(j, day); }
        const double before = seconds();
        FLOW_TRY(flow_model_step(j->model));
        j->done.step_s += seconds() - before;
        FLOW_TRY(keep_step(j, row));
        const bool due = o->every > 0 && (day + 1) % o->every == 0 && day + 1 < n_step;
        if (due) { FLOW_TRY(write_checkpoint(j)); }
    }
    return FLOW_OK;
}

static flow_err run(job *j)
{
    FLOW_TRY(agree(j, begin(j)));
    char *row = flow_calloc(j->steps != NULL ? flow_output_row_size(j->output) : 0, 1);
    if (row == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a step of the result"); }
    flow_err err = run_days(j, row);
    flow_dealloc(row);
    if (err == FLOW_OK) { flow_share_checksum(j->model); }
    if (err == FLOW_OK && j->output != NULL) {
        flow_output *output = j->output;
        j->output = NULL;
        err = flow_output_finish(output, j->model);
    }
    if (j->over != NULL) { j->over->alone = err != FLOW_OK && !j->stopped; }
    return err;
}

static void report_model(const flow_model *model, flow_run_report *report)
{
    report->days = flow_model_day(model);
    report->threads = model->threads;
    report->persons = flow_model_persons(model);
    report->entered = flow_model_entered(model);
    report->left = flow_model_left(model);
    report->person_steps = flow_model_person_steps(model);
    report->checksum = flow_model_checksum(model);
}

static flow_err run_over(const flow_scenario *scenario, const flow_run_options *options,
                         flow_divided *over, flow_run_report *report)
{
    const flow_run_options defaults = {0};
    if (options == NULL) { options = &defaults; }
    job j = {.s = scenario, .o = options, .over = over};
    const double start = seconds();
    const flow_err err = run(&j);
    flow_output_abandon(j.output);
    // Without a checkpoint the steps are of no use.
    if (j.done.n_checkpoint == 0 && !j.same) { flow_steps_remove(j.steps); }
    flow_steps_free(j.steps);
    const bool stopped = err == FLOW_ESTATE && j.done.n_checkpoint > 0;
    if (err == FLOW_OK || stopped) { report_model(j.model, &j.done); }
    if (over != NULL && j.model != NULL && j.model->part != NULL) {
        over->bytes = j.model->part->bytes;
    }
    flow_gauges_free(j.gauges);
    flow_dealloc(j.observable);
    flow_dealloc(j.value);
    flow_model_free(j.model);
    j.done.wall_s = seconds() - start;
    const flow_run_report nothing = {.n_checkpoint = j.done.n_checkpoint};
    if (report != NULL) { *report = err == FLOW_OK || stopped ? j.done : nothing; }
    return err;
}

flow_err flow_run(const flow_scenario *scenario, const flow_run_options *options,
                  flow_run_report *report)
{
    return run_over(scenario, options, NULL, report);
}

flow_err flow_run_divided(const flow_scenario *scenario, const flow_run_options *options,
                          flow_divided *over, flow_run_report *report)
{
    over->bytes = 0;
    over->alone = over->other = false;
    return run_over(scenario, options, over, report);
}
