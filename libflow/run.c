#define _POSIX_C_SOURCE 200809L
#include "model.h"
#include "output.h"

#include <time.h>

/// Seconds of a clock that only goes forward.
static double seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) { return 0.0; }
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static flow_err run_days(flow_model *model, flow_output *output, int32_t n_day,
                         const flow_run_options *options, double *step_s)
{
    for (int32_t day = 0; day < n_day; day++) {
        if (options->go_on != NULL && !options->go_on(options->context, day, n_day)) {
            return flow_fail(FLOW_ESTATE, "the run was stopped after %d of %d days", (int)day,
                             (int)n_day);
        }
        const double before = seconds();
        FLOW_TRY(flow_model_step(model));
        *step_s += seconds() - before;
        if (output != NULL) { FLOW_TRY(flow_output_step(output, model)); }
    }
    return FLOW_OK;
}

/// Begin the result file of a model; *out stays NULL when none is wanted.
static flow_err begin_output(const flow_scenario *scenario, const flow_run_options *options,
                             const flow_model *model, flow_output **out)
{
    *out = NULL;
    if (options->output == NULL) { return FLOW_OK; }
    const flow_provenance provenance = {.command_line = options->command_line,
                                        .seed = options->model.seed,
                                        .member = options->model.member,
                                        .threads = model->threads};
    return flow_output_create(options->output, options->replace, scenario, &provenance, out);
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

flow_err flow_run(const flow_scenario *scenario, const flow_run_options *options,
                  flow_run_report *report)
{
    const flow_run_options defaults = {0};
    if (options == NULL) { options = &defaults; }
    flow_run_report done = {0};
    if (report != NULL) { *report = done; }
    const double begin = seconds();
    flow_model *model = NULL;
    flow_output *output = NULL;
    FLOW_TRY(flow_model_create(scenario, &options->model, &model));
    flow_err err = begin_output(scenario, options, model, &output);
    if (err == FLOW_OK) { err = run_days(model, output, scenario->n_day, options, &done.step_s); }
    if (err != FLOW_OK) {
        flow_output_abandon(output);
    } else if (output != NULL) {
        err = flow_output_finish(output, model);
    }
    if (err == FLOW_OK) { report_model(model, &done); }
    flow_model_free(model);
    done.wall_s = seconds() - begin;
    if (err == FLOW_OK && report != NULL) { *report = done; }
    return err;
}
