#include "sweep_plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LARGE 1e308
#define OWN "libflow"

const char *const flow_design_name[FLOW_N_DESIGN] = {
    "grid", "list", "latin_hypercube", "sobol", "halton", "morris", "saltelli", "random"};

#define TOP(member) offsetof(flow_plan_top, member)
static const flow_field top_rows[] = {
    {"libflow_sweep", TOP(format), FLOW_INT, "1", "1", 1, 1, NULL, '-', "",
     "Version of the form of the plan."},
    {"scenario", TOP(scenario), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Folder of the scenario, from the folder of the plan."},
    {"settings", TOP(settings), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "The simsetting.yml of a FLEE folder, from the folder of the plan."},
    {"test", TOP(test), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "A function with known indices instead of a scenario: ishigami or sobol_g."},
    {"noise", TOP(noise), FLOW_DOUBLE, "1", "0", 0, 1e6, NULL, '-', "",
     "With test: standard deviation of the noise of a run."},
    {"days", TOP(days), FLOW_INT, "d", "0", 0, 100000, NULL, '-', "",
     "Run this many days; 0 for the whole period."},
    {"design", TOP(design), FLOW_CHOICE, "", "list", 0, 0,
     "grid|list|latin_hypercube|sobol|halton|morris|saltelli|random", '-', "",
     "How the points are chosen."},
    {"n", TOP(n), FLOW_INT, "1", "0", 0, 10000000, NULL, '-', "",
     "Points; of saltelli the size of a sample, of morris the number of trajectories."},
    {"seed", TOP(seed), FLOW_INT, "1", "0", 0, 9e18, NULL, '-', "",
     "Seed of the design and of all runs."},
    {"replicates", TOP(replicates), FLOW_INT, "1", "1", 1, 1000000, NULL, '-', "",
     "Runs of each point, members 0, 1, ..."},
    {"block", TOP(block), FLOW_INT, "1", "0", 0, 1000000, NULL, '-', "",
     "Replicates that are run in one go; 0 for all of a point."},
    {"levels", TOP(levels), FLOW_INT, "1", "4", 2, 1000, NULL, 'R',
     "Morris 1991, doi:10.1080/00401706.1991.10484804", "Levels of morris, an even number."},
    {"files", TOP(files), FLOW_INT, "1", "1024", 1, 1000000, NULL, 'A', OWN,
     "Most files of results while the study runs."},
    {"luck", TOP(luck), FLOW_CHOICE, "", "auto", 0, 0, "auto|common|independent", '-', "",
     "Whether a member has the same random numbers at every point; auto is independent for "
     "saltelli, else common."},
    FLOW_FIELD_END};

#define SERIES(member) offsetof(flow_plan_series, member)
static const flow_field series_rows[] = {
    {"of", SERIES(of), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Observables that are kept over time, names parted by commas."},
    {"every", SERIES(every), FLOW_INT, "d", "1", 1, 100000, NULL, '-', "",
     "Keep every so many steps, the last one always."},
    {"keep", SERIES(keep), FLOW_CHOICE, "", "points", 0, 0, "points|study", '-', "",
     "Mean and quantiles over the members of each point, or over all runs of the study."},
    FLOW_FIELD_END};

const flow_section flow_plan_sections[FLOW_PLAN_N_SECTION] = {
    {"", "The plan.", top_rows, offsetof(flow_plan, top), false},
    {"series", "What is kept over time.", series_rows, offsetof(flow_plan, series), false}};

#define VARY(member) offsetof(flow_factor, member)
static const flow_field vary_rows[] = {
    {"key", VARY(key), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Dotted key of the scenario that varies."},
    {"min", VARY(min), FLOW_DOUBLE, "", "0", -LARGE, LARGE, NULL, '-', "", "Least value."},
    {"max", VARY(max), FLOW_DOUBLE, "", "0", -LARGE, LARGE, NULL, '-', "", "Largest value."},
    {"distribution", VARY(spread), FLOW_CHOICE, "", "uniform", 0, 0,
     "uniform|loguniform|normal|lognormal|triangular", '-', "",
     "Distribution of the values; normal and lognormal are cut at min and max where given."},
    {"mean", VARY(mean), FLOW_DOUBLE, "", "0", -LARGE, LARGE, NULL, '-', "",
     "Mean of normal, of lognormal that of the logarithm."},
    {"sd", VARY(sd), FLOW_DOUBLE, "", "0", 0, LARGE, NULL, '-', "",
     "Standard deviation of normal, of lognormal that of the logarithm."},
    {"mode", VARY(mode), FLOW_DOUBLE, "", "0", -LARGE, LARGE, NULL, '-', "",
     "Most likely value of triangular."},
    {"levels", VARY(levels), FLOW_INT, "1", "0", 0, 1000000, NULL, '-', "",
     "With a grid: so many values from min to max."},
    {"whole", VARY(whole), FLOW_BOOL, "", "false", 0, 0, NULL, '-', "",
     "Whole numbers only; keys that are whole numbers are so by themselves."},
    FLOW_FIELD_END};
const flow_section flow_plan_vary_section = {"", "What varies.", vary_rows, 0, true};

#define INDICATOR(member) offsetof(flow_indicator, member)
static const flow_field indicator_rows[] = {
    {"name", INDICATOR(name), FLOW_TEXT, "", "", 0, 0, NULL, '-', "", "Name in the study."},
    {"of", INDICATOR(of), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Observable, or one of error, ard, mase, rmse, persons, entered, left; default: its name."},
    {"place", INDICATOR(place), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Name of the place; default: the sum over all places or links."},
    {"time", INDICATOR(time), FLOW_CHOICE, "", "last", 0, 0, "last|mean|sum|largest", '-', "",
     "What becomes of the steps."},
    {"day", INDICATOR(day), FLOW_INT, "1", "0", 0, 100000, NULL, '-', "",
     "Take this step of the period instead, 1 for the first."},
    FLOW_FIELD_END};
const flow_section flow_plan_indicator_section = {"", "What is kept.", indicator_rows, 0, true};

// Lists -----------------------------------------------------------------------------------------

/// Items of a list of a node as texts, owned by the caller; *n = 0 for an empty one.
static flow_err copy_items(flow_config *config, flow_node *node, flow_problems *problems,
                           char ***out, int32_t *n)
{
    node->used = true;
    if (node->kind != FLOW_NODE_LIST) {
        flow_problem_error(problems, node->at, "%s: a list was expected, such as [1, 2]",
                           node->path);
        return FLOW_OK;
    }
    // A key given twice is a problem already told; the last one counts.
    for (int32_t i = 0; i < *n; i++) { flow_dealloc((*out)[i]); }
    flow_dealloc(*out);
    *n = 0;
    *out = flow_calloc(node->n_item, sizeof **out);
    if (*out == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a plan"); }
    for (int64_t i = 0; i < node->n_item; i++) {
        flow_node *item = &config->node[node->first_item + i];
        item->used = true;
        (*out)[i] = flow_strdup(item->text);
        if ((*out)[i] == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a plan"); }
        *n = (int32_t)i + 1;
    }
    return FLOW_OK;
}

/// Number of the list item that a path such as "vary[3].key" names, -1 for other paths; *key: what
/// follows, "" for the item itself.
static int32_t item_of(const char *path, const char *list, const char **key)
{
    const size_t n = strlen(list);
    if (strncmp(path, list, n) != 0 || path[n] != '[') { return -1; }
    int32_t index = 0;
    const char *p = path + n + 1;
    for (; *p >= '0' && *p <= '9' && index < 1000000; p++) { index = 10 * index + (*p - '0'); }
    if (*p != ']') { return -1; }
    *key = p[1] == '.' ? p + 2 : p + 1;
    return index;
}

static int32_t count_items(const flow_config *config, const char *list)
{
    int32_t n = 0;
    for (int64_t i = 0; i < config->n; i++) {
        const char *key = "";
        const int32_t item = item_of(config->node[i].path, list, &key);
        if (item >= n) { n = item + 1; }
    }
    return n;
}

/// Which numbers were given: some have no default that makes sense.
static void note_given(flow_factor *f, const char *key)
{
    f->has_min = f->has_min || strcmp(key, "min") == 0;
    f->has_max = f->has_max || strcmp(key, "max") == 0;
    f->has_mean = f->has_mean || strcmp(key, "mean") == 0;
    f->has_sd = f->has_sd || strcmp(key, "sd") == 0;
    f->has_mode = f->has_mode || strcmp(key, "mode") == 0;
}

static flow_err bind_item(flow_plan *plan, const flow_section *section, flow_node *node,
                          const char *key, flow_mark *at, flow_problems *problems, void *item)
{
    node->used = true;
    if (*key == '\0' || strchr(key, '[') != NULL) { // the item itself, or of a list in it
        if (*key == '\0') {
            *at = node->at;
            if (node->kind != FLOW_NODE_MAP) {
                flow_problem_error(problems, node->at, "%s: a table of keys was expected here",
                                   node->path);
            }
        }
        return FLOW_OK;
    }
    if (at->line == 0) { *at = node->key_at; }
    int32_t unused = 0;
    if (flow_fields_find(section, 1, key, &unused) == NULL) {
        flow_fields_unknown(section, 1, key, node->key_at, problems);
        return FLOW_OK;
    }
    return flow_fields_bind_node(section, 1, &plan->config, node, key, problems, item);
}

static flow_err bind_vary(flow_plan *plan, flow_node *node, int32_t index, const char *key,
                          flow_problems *problems)
{
    flow_factor *f = &plan->factor[index];
    if (strcmp(key, "values") == 0) {
        if (f->at.line == 0) { f->at = node->key_at; }
        f->value_at = node->at;
        return copy_items(&plan->config, node, problems, &f->value, &f->n_value);
    }
    note_given(f, key);
    return bind_item(plan, &flow_plan_vary_section, node, key, &f->at, problems, f);
}

static flow_err bind_lists(flow_plan *plan, flow_problems *problems)
{
    plan->n_factor = count_items(&plan->config, "vary");
    plan->n_indicator = count_items(&plan->config, "indicators");
    if (plan->n_factor > FLOW_MOST_FACTORS || plan->n_indicator > FLOW_MOST_INDICATORS) {
        flow_problem_error(problems, (flow_mark){.file = plan->config.file},
                           "%d factors and %d indicators, at most %d and %d are accepted",
                           (int)plan->n_factor, (int)plan->n_indicator, (int)FLOW_MOST_FACTORS,
                           (int)FLOW_MOST_INDICATORS);
        plan->n_factor = plan->n_indicator = 0;
        return FLOW_OK;
    }
    plan->factor = flow_calloc(plan->n_factor, sizeof *plan->factor);
    plan->indicator = flow_calloc(plan->n_indicator, sizeof *plan->indicator);
    if (plan->factor == NULL || plan->indicator == NULL) {
        plan->n_factor = plan->n_indicator = 0;
        return flow_fail(FLOW_ENOMEM, "no memory for a plan");
    }
    for (int32_t i = 0; i < plan->n_factor; i++) {
        FLOW_TRY(flow_fields_default(&flow_plan_vary_section, 1, &plan->factor[i]));
    }
    for (int32_t i = 0; i < plan->n_indicator; i++) {
        FLOW_TRY(flow_fields_default(&flow_plan_indicator_section, 1, &plan->indicator[i]));
    }
    for (int64_t i = 0; i < plan->config.n; i++) {
        flow_node *node = &plan->config.node[i];
        const char *key = "";
        int32_t item = item_of(node->path, "vary", &key);
        if (item >= 0) {
            FLOW_TRY(bind_vary(plan, node, item, key, problems));
            continue;
        }
        item = item_of(node->path, "indicators", &key);
        if (item < 0) { continue; }
        flow_indicator *own = &plan->indicator[item];
        FLOW_TRY(bind_item(plan, &flow_plan_indicator_section, node, key, &own->at, problems, own));
    }
    return FLOW_OK;
}

static flow_err bind_set(flow_plan *plan, flow_problems *problems)
{
    flow_node *node = flow_config_find(&plan->config, "set");
    if (node == NULL || node->kind == FLOW_NODE_NULL) { return FLOW_OK; }
    plan->set_at = node->at;
    FLOW_TRY(copy_items(&plan->config, node, problems, &plan->set, &plan->n_set));
    for (int32_t i = 0; i < plan->n_set; i++) {
        const char *equal = strchr(plan->set[i], '=');
        if (equal == NULL || equal == plan->set[i]) {
            char shown[64];
            flow_problem_error(problems, plan->config.node[node->first_item + i].at,
                               "'%s': key=value was expected, such as hop.camp_weight=2",
                               flow_quote(plan->set[i], shown));
        }
    }
    return FLOW_OK;
}

// Sense -----------------------------------------------------------------------------------------

static void check_spread(const flow_factor *f, flow_problems *problems)
{
    const bool bell = f->spread == FLOW_SPREAD_NORMAL || f->spread == FLOW_SPREAD_LOGNORMAL;
    if (bell && (!f->has_mean || !f->has_sd || !(f->sd > 0.0))) {
        flow_problem_error(problems, f->at, "%s: normal and lognormal need mean and sd above 0",
                           f->key);
    }
    if (!bell && (!f->has_min || !f->has_max)) {
        flow_problem_error(problems, f->at, "%s: min and max, or values, are missing", f->key);
    } else if (f->has_min && f->has_max && !(f->min < f->max)) {
        flow_problem_error(problems, f->at, "%s: min = %g is not below max = %g", f->key, f->min,
                           f->max);
    }
    if ((f->spread == FLOW_SPREAD_LOGUNIFORM || f->spread == FLOW_SPREAD_LOGNORMAL) && f->has_min &&
        !(f->min > 0.0)) {
        flow_problem_error(problems, f->at, "%s: min = %g is not above 0, as logarithms need",
                           f->key, f->min);
    }
    if (f->spread == FLOW_SPREAD_TRIANGULAR &&
        (!f->has_mode || !(f->mode >= f->min && f->mode <= f->max))) {
        flow_problem_error(problems, f->at, "%s: triangular needs a mode between min and max",
                           f->key);
    }
}

static void check_factor(const flow_plan *plan, int32_t index, flow_problems *problems)
{
    const flow_factor *f = &plan->factor[index];
    if (f->key == NULL || *f->key == '\0') {
        flow_problem_error(problems, f->at, "vary[%d]: the key is missing", (int)index);
        return;
    }
    for (const char *c = f->key; *c != '\0'; c++) {
        if (strchr(",=\"\n\r#", *c) != NULL) {
            char shown[64];
            flow_problem_error(problems, f->at, "'%s' is no key", flow_quote(f->key, shown));
            return;
        }
    }
    for (int32_t i = 0; i < index; i++) {
        if (plan->factor[i].key != NULL && strcmp(plan->factor[i].key, f->key) == 0) {
            flow_problem_error(problems, f->at, "%s varies twice", f->key);
        }
    }
    for (int32_t i = 0; i < plan->n_set; i++) {
        const size_t n = strlen(f->key);
        if (strncmp(plan->set[i], f->key, n) == 0 && plan->set[i][n] == '=') {
            flow_problem_error(problems, f->at, "%s varies and is also in set", f->key);
        }
    }
    if (strncmp(f->key, "period.", 7) == 0) {
        flow_problem_error(problems, f->at, "%s cannot vary: all points have the same days",
                           f->key);
    }
    const bool range = f->has_min || f->has_max || f->has_mean || f->has_sd || f->has_mode;
    if (f->n_value > 0 && range) {
        flow_problem_error(problems, f->at, "%s has both values and a distribution", f->key);
    } else if (f->value != NULL && f->n_value == 0) {
        flow_problem_error(problems, f->value_at, "%s: the list of values is empty", f->key);
    } else if (f->n_value == 0) {
        check_spread(f, problems);
    }
    for (int32_t i = 0; i < f->n_value; i++) {
        if (strpbrk(f->value[i], "\"\n\r") != NULL) {
            flow_problem_error(problems, f->value_at, "%s: a value holds a quote or a line end",
                               f->key);
        }
    }
}

static void check_design_factor(const flow_plan *plan, int32_t index, flow_problems *problems)
{
    const flow_factor *f = &plan->factor[index];
    const bool bell = f->spread == FLOW_SPREAD_NORMAL || f->spread == FLOW_SPREAD_LOGNORMAL;
    if (f->levels > 0 && (plan->top.design != FLOW_DESIGN_GRID || f->n_value > 0)) {
        flow_problem_error(problems, f->at, "%s: levels is for a range in a grid", f->key);
    }
    switch (plan->top.design) {
    case FLOW_DESIGN_GRID:
        if (f->n_value == 0 && (f->levels < 2 || bell)) {
            flow_problem_error(problems, f->at,
                               "%s: a grid needs values, or min, max and levels of at least 2",
                               f->key);
        }
        break;
    case FLOW_DESIGN_LIST:
        if (f->n_value == 0) {
            flow_problem_error(problems, f->at, "%s: a list needs values", f->key);
        } else if (f->n_value != plan->factor[0].n_value) {
            flow_problem_error(problems, f->value_at, "%s has %d values, %s has %d", f->key,
                               (int)f->n_value, plan->factor[0].key, (int)plan->factor[0].n_value);
        }
        break;
    case FLOW_DESIGN_MORRIS:
        if (f->n_value == 0 && bell && (!f->has_min || !f->has_max)) {
            flow_problem_error(problems, f->at, "%s: morris needs min and max", f->key);
        }
        break;
    default: break;
    }
}

static void check_top(const flow_plan *plan, flow_problems *problems)
{
    const flow_plan_top *top = &plan->top;
    const flow_mark at = {.file = plan->config.file};
    const bool counted = top->design != FLOW_DESIGN_GRID && top->design != FLOW_DESIGN_LIST;
    if (counted && top->n < 1) {
        flow_problem_error(problems, at, "n is missing: how many points of design %s?",
                           flow_design_name[top->design]);
    }
    if (plan->n_factor == 0) {
        flow_problem_error(problems, at, "nothing varies: a list 'vary' of keys was expected");
    }
    if (top->design == FLOW_DESIGN_MORRIS && top->levels % 2 != 0) {
        flow_problem_error(problems, at, "levels = %lld is odd, morris needs an even number",
                           (long long)top->levels);
    }
    const bool test = top->test != NULL && *top->test != '\0';
    if (test && strcmp(top->test, "ishigami") != 0 && strcmp(top->test, "sobol_g") != 0) {
        char shown[64];
        flow_problem_error(problems, at, "test: '%s' is none of ishigami, sobol_g",
                           flow_quote(top->test, shown));
    }
    if (test && top->scenario != NULL && *top->scenario != '\0') {
        flow_problem_error(problems, plan->scenario_at, "scenario and test exclude each other");
    }
    if (test && plan->series.of != NULL && *plan->series.of != '\0') {
        flow_problem_error(problems, at, "a test function has no series");
    }
    if (top->block > 0 && top->block < top->replicates && plan->series.of != NULL &&
        *plan->series.of != '\0' && plan->series.keep == FLOW_KEEP_POINTS) {
        flow_problem_error(problems, at,
                           "series.keep points needs all replicates of a point in one block; "
                           "leave block out, or choose series.keep study");
    }
}

static void check_indicators(const flow_plan *plan, flow_problems *problems)
{
    for (int32_t i = 0; i < plan->n_indicator; i++) {
        const flow_indicator *own = &plan->indicator[i];
        const char *name = own->name;
        if (name == NULL || *name == '\0' || strpbrk(name, "/ ") != NULL) {
            flow_problem_error(problems, own->at,
                               "indicators[%d]: a name without blanks and '/' is missing", (int)i);
            continue;
        }
        for (int32_t k = 0; k < i; k++) {
            if (plan->indicator[k].name != NULL && strcmp(plan->indicator[k].name, name) == 0) {
                flow_problem_error(problems, own->at, "there are two indicators '%s'", name);
            }
        }
    }
}

flow_err flow_plan_parse(const char *file, const char *text, int64_t size, flow_problems *problems,
                         flow_plan *out)
{
    *out = (flow_plan){0};
    const int64_t before = problems->n_error;
    FLOW_TRY(flow_fields_default(flow_plan_sections, FLOW_PLAN_N_SECTION, out));
    flow_err err = flow_config_parse(file, text, size, problems, &out->config);
    if (err == FLOW_OK) {
        err = flow_fields_bind(flow_plan_sections, FLOW_PLAN_N_SECTION, &out->config,
                               "vary,indicators,set", problems, out);
    }
    if (err == FLOW_OK) { err = bind_lists(out, problems); }
    if (err == FLOW_OK) { err = bind_set(out, problems); }
    if (err != FLOW_OK) {
        flow_plan_clear(out);
        return err;
    }
    const flow_node *node = flow_config_find(&out->config, "scenario");
    out->scenario_at = node != NULL ? node->at : (flow_mark){.file = out->config.file};
    if (problems->n_error > before) { return FLOW_OK; } // the rest would mislead
    for (int32_t i = 0; i < out->n_factor; i++) { check_factor(out, i, problems); }
    if (problems->n_error == before) {
        for (int32_t i = 0; i < out->n_factor; i++) { check_design_factor(out, i, problems); }
    }
    check_top(out, problems);
    check_indicators(out, problems);
    return FLOW_OK;
}

void flow_plan_clear(flow_plan *plan)
{
    for (int32_t i = 0; plan->factor != NULL && i < plan->n_factor; i++) {
        flow_factor *f = &plan->factor[i];
        for (int32_t k = 0; k < f->n_value; k++) { flow_dealloc(f->value[k]); }
        flow_dealloc(f->value);
        flow_fields_clear(&flow_plan_vary_section, 1, f);
    }
    for (int32_t i = 0; plan->indicator != NULL && i < plan->n_indicator; i++) {
        flow_fields_clear(&flow_plan_indicator_section, 1, &plan->indicator[i]);
    }
    for (int32_t i = 0; i < plan->n_set; i++) { flow_dealloc(plan->set[i]); }
    flow_fields_clear(flow_plan_sections, FLOW_PLAN_N_SECTION, plan);
    flow_dealloc(plan->factor);
    flow_dealloc(plan->indicator);
    flow_dealloc(plan->set);
    flow_config_clear(&plan->config);
    *plan = (flow_plan){0};
}
