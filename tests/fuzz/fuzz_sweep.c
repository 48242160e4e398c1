// libFuzzer: plans of studies and their tables get any bytes. What is accepted makes a table that
// reads back as the same points.
#include "../../libflow/sweep.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const flow_sweep *s)
{
    if (s->n_point < 1 || s->n_row < s->n_point || s->n_task < s->n_point || s->n_batch < 1) {
        abort();
    }
    for (int32_t i = 0; i < s->n_row; i++) {
        if (s->row_point[i] < 0 || s->row_point[i] >= s->n_point) { abort(); }
    }
    int64_t runs = 0;
    for (int32_t i = 0; i < s->n_task; i++) { runs += s->task[i].n; }
    if (runs != (int64_t)s->n_point * s->n_member) { abort(); }
    if (flow_sweep_first_task(s, s->n_batch) != s->n_task) { abort(); }
}

static void try_plan(const char *text, int64_t size)
{
    flow_problems problems = {0};
    flow_plan plan;
    if (flow_plan_parse("fuzz.yaml", text, size, &problems, &plan) != FLOW_OK) {
        flow_problems_clear(&problems);
        return;
    }
    int32_t *count = flow_calloc(plan.n_factor, sizeof *count);
    int64_t n_row = 0;
    char *table = NULL;
    int64_t n = 0;
    const bool good = problems.n_error == 0 && plan.n_factor > 0 && count != NULL;
    if (good) {
        const flow_design_options o = flow_plan_design(&plan, count);
        const bool small = flow_design_rows(&o, &n_row) == FLOW_OK &&
                           n_row * plan.n_factor < 2000 && plan.top.replicates < 1000;
        if (small && n_row > 0 && flow_sweep_text(&plan, text, "", &table, &n) != FLOW_OK) {
            abort();
        }
    }
    flow_sweep sweep;
    // Values and keys may hold what a table cannot, such as a comma within quotes of YAML.
    if (table != NULL && flow_sweep_parse("fuzz.csv", table, n, &sweep) == FLOW_OK) {
        check(&sweep);
        flow_sweep_clear(&sweep);
    }
    flow_dealloc(table);
    flow_dealloc(count);
    flow_plan_clear(&plan);
    flow_problems_clear(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = flow_strndup((const char *)data, size);
    if (text == NULL) { return 0; }
    const int64_t n = (int64_t)strlen(text);
    flow_sweep sweep;
    if (flow_sweep_parse("fuzz.csv", text, n, &sweep) == FLOW_OK) {
        check(&sweep);
        flow_sweep_clear(&sweep);
    }
    try_plan(text, n);
    flow_dealloc(text);
    return 0;
}
