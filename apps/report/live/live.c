// The core within a page: a scenario from memory is loaded, run, and its people are read. Built for
// WebAssembly by tools/wasm; the page calls it from a worker (apps/report/web/src/live.js).
#include "flow/flow.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name)))

/// Of the GSL, which has it in a file with all its generators.
unsigned long gsl_rng_default_seed = 0;

enum { MOST_FILES = 256, MOST_SET = 1024 };

static flow_file file[MOST_FILES];
static int32_t n_file;
static flow_scenario *scenario;
static flow_model *model;

/// Room for n bytes of the page's; it stays until live_forget() or the end.
EXPORT(live_room) void *live_room(int32_t n)
{
    return malloc((size_t)n);
}

EXPORT(live_forget) void live_forget(void *room)
{
    free(room);
}

/// A file of the scenario; name and text stay the page's.
EXPORT(live_file) int32_t live_file(const char *name, const char *text, int32_t size)
{
    if (n_file == MOST_FILES) { return FLOW_ERANGE; }
    file[n_file++] = (flow_file){name, text, size};
    return FLOW_OK;
}

EXPORT(live_error) const char *live_error(void)
{
    return flow_error_text();
}

/// Load the files with overrides "key=value", one a line (cut in place), and make a model.
EXPORT(live_load) int32_t live_load(char *overrides, int32_t days)
{
    const char *set[MOST_SET];
    int32_t n = 0;
    for (char *line = strtok(overrides, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (n == MOST_SET) { return FLOW_ERANGE; }
        set[n++] = line;
    }
    flow_model_free(model);
    model = NULL;
    flow_scenario_free(scenario);
    scenario = NULL;
    const flow_load_options options = {.set = set, .n_set = n, .days = days};
    const flow_err err = flow_scenario_load_memory(file, n_file, &options, &scenario);
    return err == FLOW_OK ? flow_model_create(scenario, NULL, &model) : err;
}

EXPORT(live_places) int32_t live_places(void)
{
    return flow_scenario_n_place(scenario);
}
EXPORT(live_steps) int32_t live_steps(void)
{
    return flow_scenario_n_step(scenario);
}
EXPORT(live_options) int32_t live_options(void)
{
    return flow_scenario_n_option(scenario);
}
/// Name of an option, or its title.
EXPORT(live_option) const char *live_option(int32_t index, int32_t title)
{
    flow_option_info info;
    if (flow_scenario_option(scenario, index, &info) != FLOW_OK) { return ""; }
    return title && *info.title != '\0' ? info.title : info.name;
}

/// One realisation: people at places after every step, shape [steps][places].
EXPORT(live_run)
int32_t live_run(uint32_t seed, uint32_t seed_high, uint32_t member, double *people)
{
    flow_err err = flow_model_reset(model, (uint64_t)seed_high << 32 | seed, member);
    const int32_t n_place = flow_scenario_n_place(scenario);
    const int32_t n_step = flow_scenario_n_step(scenario);
    for (int32_t t = 0; t < n_step && err == FLOW_OK; t++) {
        err = flow_model_step(model);
        if (err != FLOW_OK) { break; }
        err = flow_model_observe(model, "people", people + (ptrdiff_t)t * n_place, n_place);
    }
    return err;
}

/// Checksum of the last run, as of a native run of the same seed and member.
EXPORT(live_checksum) uint64_t live_checksum(void)
{
    return flow_model_checksum(model);
}
