#include "sweep_study.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/// Numbers of a run that are no observables.
static const struct {
    const char *name, *unit, *long_name;
} total_row[] = {{"persons", "1", "people in the simulation at the end"},
                 {"entered", "1", "people who entered, those of day 0 included"},
                 {"left", "1", "people who left"}};
enum { N_TOTAL = sizeof total_row / sizeof *total_row };

/// Series of a study have at most so many numbers: 250 MiB of accumulators a thread.
enum { MOST_CELLS_OF_STUDY = 1 << 15, MOST_CELLS = 1 << 26 };

// Files -----------------------------------------------------------------------------------------

/// "<folder>/<name>" unless the name is absolute; NULL: no memory.
static char *beside(const char *folder, const char *name)
{
    if (*name == '/' || *folder == '\0') { return flow_strdup(name); }
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = flow_calloc((int64_t)size, 1);
    if (path != NULL) { (void)snprintf(path, size, "%s/%s", folder, name); }
    return path;
}

static flow_err find_paths(flow_study *st, const flow_sweep_options *o)
{
    const flow_plan_top *top = &st->sweep->plan.top;
    const bool own = o->scenario != NULL;
    const char *scenario = own ? o->scenario : top->scenario;
    const char *settings = o->settings != NULL ? o->settings : own ? NULL : top->settings;
    st->is_test = !own && top->test != NULL && *top->test != '\0';
    if (st->is_test) { return FLOW_OK; }
    if (scenario == NULL || *scenario == '\0') {
        return flow_fail(FLOW_EINPUT, "the plan names no scenario: give one with --scenario");
    }
    st->path = own ? flow_strdup(scenario) : beside(st->sweep->folder, scenario);
    if (settings != NULL && *settings != '\0') {
        st->settings =
            o->settings != NULL ? flow_strdup(settings) : beside(st->sweep->folder, settings);
    }
    if (st->path == NULL || (settings != NULL && *settings != '\0' && st->settings == NULL)) {
        return flow_fail(FLOW_ENOMEM, "no memory for a path");
    }
    return FLOW_OK;
}

/// Remember the files that a scenario was made from, so that points need no disk.
static flow_err keep_files(flow_study *st, const flow_scenario *s)
{
    for (int32_t i = 0; i < s->n_input; i++) {
        const flow_input_file *in = &s->input[i];
        int32_t k = 0;
        while (k < st->n_file && strcmp(st->file[k].name, in->name) != 0) { k++; }
        if (k < st->n_file) { continue; }
        flow_file *longer = flow_realloc(st->file, (int64_t)st->n_file + 1, sizeof *longer);
        if (longer == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the scenario"); }
        st->file = longer;
        const char *name = flow_strdup(in->name);
        const char *text = flow_strndup(in->text, (size_t)in->size);
        st->file[st->n_file++] = (flow_file){.name = name, .text = text, .size = in->size};
        if (name == NULL || text == NULL) {
            return flow_fail(FLOW_ENOMEM, "no memory for the scenario");
        }
    }
    return FLOW_OK;
}

/// Load from the disk with the plan's settings and one more.
static flow_err load_with(flow_study *st, const char *more, flow_scenario **out)
{
    const flow_plan *plan = &st->sweep->plan;
    const char **set = flow_calloc((int64_t)plan->n_set + 1, sizeof *set);
    if (set == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the settings"); }
    int32_t n = 0;
    for (; n < plan->n_set; n++) { set[n] = plan->set[n]; }
    if (more != NULL) { set[n++] = more; }
    const flow_load_options o = {
        .settings = st->settings, .set = set, .n_set = n, .days = (int32_t)plan->top.days};
    const flow_err err = flow_scenario_load(st->path, &o, out);
    flow_dealloc(set);
    return err;
}

// Keys ------------------------------------------------------------------------------------------

static flow_mark key_mark(const flow_study *st, int32_t k)
{
    const flow_plan *plan = &st->sweep->plan;
    for (int32_t f = 0; f < plan->n_factor; f++) {
        if (strcmp(plan->factor[f].key, st->sweep->key[k]) == 0) { return plan->factor[f].at; }
    }
    return (flow_mark){.file = plan->config.file != NULL ? plan->config.file : "the table"};
}

/// Try a value of a key. A scenario that cannot be loaded with it is a problem of the plan.
static flow_err try_value(flow_study *st, int32_t k, const char *value, flow_problems *problems)
{
    const char *key = st->sweep->key[k];
    const size_t size = strlen(key) + strlen(value) + 2;
    char *set = flow_calloc((int64_t)size, 1);
    if (set == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the settings"); }
    (void)snprintf(set, size, "%s=%s", key, value);
    flow_scenario *s = NULL;
    flow_err err = load_with(st, set, &s);
    if (err == FLOW_EINPUT) {
        const char *text = flow_error_text();
        const size_t line = strcspn(text, "\n");
        const char *set_mark = "--set: ";
        const size_t skip = strncmp(text, set_mark, strlen(set_mark)) == 0 ? strlen(set_mark) : 0;
        flow_problem_error(problems, key_mark(st, k), "%s: %.*s", set, (int)(line - skip),
                           text + skip);
        err = FLOW_OK;
    } else if (err == FLOW_OK) {
        err = keep_files(st, s);
    }
    flow_scenario_free(s);
    flow_dealloc(set);
    return err;
}

/// Ranges are intervals, so the least and the largest number of a key show whether all are good;
/// texts are tried one by one.
static flow_err check_key(flow_study *st, int32_t k, flow_problems *problems)
{
    const flow_sweep *sweep = st->sweep;
    const char *least = NULL, *largest = NULL;
    double low = 0.0, high = 0.0, number = 0.0;
    for (int32_t p = 0; p < sweep->n_point; p++) {
        const char *value = sweep->value[(int64_t)p * sweep->n_key + k];
        if (!flow_number_parse(value, &number)) {
            st->key_numeric[k] = false;
            continue;
        }
        if (least == NULL || number < low) {
            low = number;
            least = value;
        }
        if (largest == NULL || number > high) {
            high = number;
            largest = value;
        }
    }
    if (st->is_test) {
        if (!st->key_numeric[k]) {
            flow_problem_error(problems, key_mark(st, k), "%s: a test function takes numbers",
                               sweep->key[k]);
        }
        return FLOW_OK;
    }
    if (least != NULL) { FLOW_TRY(try_value(st, k, least, problems)); }
    if (least != largest) { FLOW_TRY(try_value(st, k, largest, problems)); }
    const char *before[64]; // texts already tried; choices and files are few
    int32_t n = 0;
    for (int32_t p = 0; p < sweep->n_point && !st->key_numeric[k]; p++) {
        const char *value = sweep->value[(int64_t)p * sweep->n_key + k];
        if (flow_number_parse(value, &number)) { continue; }
        int32_t i = 0;
        while (i < n && strcmp(before[i], value) != 0) { i++; }
        if (i < n) { continue; }
        if (n == 64) {
            flow_problem_error(problems, key_mark(st, k), "%s has more than 64 texts as values",
                               sweep->key[k]);
            return FLOW_OK;
        }
        before[n++] = value;
        FLOW_TRY(try_value(st, k, value, problems));
    }
    return FLOW_OK;
}

static flow_err describe_key(flow_study *st, int32_t k)
{
    flow_key_info info;
    const int32_t index = flow_describe_find_key(st->sweep->key[k]);
    const bool known = !st->is_test && index >= 0 && flow_describe_key(index, &info) == FLOW_OK;
    st->key_unit[k] = flow_strdup(known ? info.unit : st->is_test ? "1" : "");
    st->key_help[k] = flow_strdup(known ? info.help : "");
    if (st->key_unit[k] != NULL && st->key_help[k] != NULL) { return FLOW_OK; }
    return flow_fail(FLOW_ENOMEM, "no memory for the keys");
}

static flow_err check_keys(flow_study *st, flow_problems *problems)
{
    const int32_t n = st->sweep->n_key;
    st->key_unit = flow_calloc(n, sizeof *st->key_unit);
    st->key_help = flow_calloc(n, sizeof *st->key_help);
    st->key_numeric = flow_calloc(n, sizeof *st->key_numeric);
    if (st->key_unit == NULL || st->key_help == NULL || st->key_numeric == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for the keys");
    }
    for (int32_t k = 0; k < n; k++) {
        st->key_numeric[k] = true;
        FLOW_TRY(describe_key(st, k));
        FLOW_TRY(check_key(st, k, problems));
    }
    return FLOW_OK;
}

// Indicators and series -------------------------------------------------------------------------

/// Number of a read, made when it is new; -1 after saying that there is no such observable.
static int32_t read_of(flow_study *st, const flow_observable *list, int32_t n, const char *name,
                       flow_mark at, flow_problems *problems)
{
    for (int32_t i = 0; i < st->n_read; i++) {
        if (strcmp(st->read[i].name, name) == 0) { return i; }
    }
    int32_t row = 0;
    while (row < n && strcmp(list[row].name, name) != 0) { row++; }
    if (row == n) {
        const char **names = flow_calloc((int64_t)n, sizeof *names);
        for (int32_t i = 0; names != NULL && i < n; i++) { names[i] = list[i].name; }
        const char *near = names != NULL ? flow_nearest(name, names, n) : NULL;
        char shown[64];
        flow_problem_error(problems, at, "no observable '%s'%s%s%s", flow_quote(name, shown),
                           near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                           near != NULL ? "'?" : "; 'libflow describe observables' lists them");
        flow_dealloc(names);
        return -1;
    }
    flow_study_read *longer = flow_realloc(st->read, (int64_t)st->n_read + 1, sizeof *longer);
    if (longer == NULL) {
        problems->no_memory = true;
        return -1;
    }
    st->read = longer;
    flow_study_read *r = &st->read[st->n_read++];
    *r = (flow_study_read){.name = flow_strdup(name),
                           .unit = flow_strdup(list[row].unit),
                           .long_name = flow_strdup(list[row].long_name),
                           .shape = list[row].shape,
                           .integer = list[row].integer,
                           .n = flow_observable_n(st->base, &list[row]),
                           .n_class = flow_observable_classes(st->base, &list[row]),
                           .due = flow_calloc(st->n_step, sizeof *r->due),
                           .first_cell = -1};
    if (r->name && r->unit && r->long_name && r->due) { return st->n_read - 1; }
    problems->no_memory = true;
    return -1;
}

static int32_t find_name(const char *name, const char *const *names, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0) { return i; }
    }
    return -1;
}

/// Measures and totals; -1: it is neither.
static int32_t find_number(const char *of, int32_t *kind)
{
    int32_t index = find_name(of, flow_measure_name, FLOW_N_MEASURE);
    *kind = FLOW_FROM_MEASURE;
    if (index >= 0) { return index; }
    *kind = FLOW_FROM_TOTAL;
    for (index = 0; index < N_TOTAL; index++) {
        if (strcmp(total_row[index].name, of) == 0) { return index; }
    }
    return -1;
}

/// What an indicator means, as a sentence; NULL: no memory.
static char *explain(const flow_study *st, const flow_study_indicator *in, const char *long_name)
{
    static const char *const over[] = {"at the end", "mean over the steps", "sum over the steps",
                                       "largest of the steps"};
    char text[512], when[64];
    (void)snprintf(when, sizeof when, "%s", over[in->time]);
    if (in->step >= 0) { (void)snprintf(when, sizeof when, "after step %d", (int)in->step + 1); }
    (void)snprintf(text, sizeof text, "%s, %s%s, %s", long_name,
                   in->place >= 0 ? "at " : "sum over all",
                   in->place >= 0 ? st->base->place_name[in->place] : "", when);
    return flow_strdup(text);
}

static void resolve_observable(flow_study *st, const flow_observable *list, int32_t n,
                               const flow_indicator *want, const char *of, flow_study_indicator *in,
                               flow_problems *problems)
{
    char shown[64];
    in->kind = FLOW_FROM_OBSERVABLE;
    in->index = read_of(st, list, n, of, want->at, problems);
    if (in->index < 0) { return; }
    flow_study_read *r = &st->read[in->index];
    if (want->place != NULL && *want->place != '\0') {
        in->place = flow_scenario_place(st->base, want->place);
        if (r->shape != FLOW_PER_PLACE) {
            flow_problem_error(problems, want->at, "%s has no place", of);
        } else if (in->place < 0) {
            flow_problem_error(problems, want->at, "there is no place '%s'",
                               flow_quote(want->place, shown));
        }
        if (in->place < 0) { return; }
    }
    if (want->day > st->n_step) {
        flow_problem_error(problems, want->at, "day = %lld is after the last one, %d",
                           (long long)want->day, (int)st->n_step);
        return;
    }
    in->step = (int32_t)want->day - 1;
    for (int32_t day = 0; day < st->n_step; day++) {
        r->due[day] = r->due[day] || (in->step >= 0                ? day == in->step
                                      : in->time == FLOW_TIME_LAST ? day == st->n_step - 1
                                                                   : true);
    }
    in->unit = flow_strdup(r->unit);
    in->long_name = explain(st, in, r->long_name);
}

static void resolve(flow_study *st, const flow_observable *list, int32_t n,
                    const flow_indicator *want, flow_study_indicator *in, flow_problems *problems)
{
    const char *of = want->of != NULL && *want->of != '\0' ? want->of : want->name;
    *in = (flow_study_indicator){.name = want->name, .place = -1, .time = want->time, .step = -1};
    in->index = find_number(of, &in->kind);
    if (in->index < 0) {
        resolve_observable(st, list, n, want, of, in, problems);
    } else if (in->kind == FLOW_FROM_MEASURE) {
        if (st->base->n_observed == 0) {
            flow_problem_error(problems, want->at, "%s: the scenario has no observations", of);
        }
        st->measures = true;
        in->unit = flow_strdup("1");
        in->long_name = flow_strdup("measure against the observations, see docs/scores.md");
    } else {
        in->unit = flow_strdup(total_row[in->index].unit);
        in->long_name = flow_strdup(total_row[in->index].long_name);
    }
    if (problems->n_error == 0 && (in->unit == NULL || in->long_name == NULL)) {
        problems->no_memory = true;
    }
}

/// Without a list of indicators: the error where it is known, and how many people there are.
static flow_err resolve_all(flow_study *st, const flow_observable *list, int32_t n,
                            flow_problems *problems)
{
    static char error[] = "error", persons[] = "persons";
    const flow_indicator usual[] = {{.name = persons}, {.name = error}};
    const flow_plan *plan = &st->sweep->plan;
    const bool own = plan->n_indicator > 0;
    st->n_indicator = own ? plan->n_indicator : st->base->n_observed > 0 ? 2 : 1;
    st->indicator = flow_calloc(st->n_indicator, sizeof *st->indicator);
    if (st->indicator == NULL) {
        st->n_indicator = 0;
        return flow_fail(FLOW_ENOMEM, "no memory for the indicators");
    }
    for (int32_t i = 0; i < st->n_indicator; i++) {
        resolve(st, list, n, own ? &plan->indicator[i] : &usual[i], &st->indicator[i], problems);
    }
    return FLOW_OK;
}

static flow_err resolve_series(flow_study *st, const flow_observable *list, int32_t n,
                               flow_problems *problems)
{
    const flow_plan_series *series = &st->sweep->plan.series;
    if (series->of == NULL || *series->of == '\0') { return FLOW_OK; }
    const flow_node *node = flow_config_find(&st->sweep->plan.config, "series.of");
    const flow_mark at = node != NULL ? node->at : (flow_mark){.file = "the table"};
    st->step = flow_calloc(st->n_step, sizeof *st->step);
    if (st->step == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the series"); }
    for (int32_t day = 0; day < st->n_step; day++) {
        if ((day + 1) % series->every == 0 || day == st->n_step - 1) {
            st->step[st->n_time++] = day;
        }
    }
    for (const char *c = series->of; *c != '\0';) {
        char name[128];
        size_t width = strcspn(c, ",");
        const char *next = c[width] == ',' ? c + width + 1 : c + width;
        while (width > 0 && *c == ' ') {
            c++;
            width--;
        }
        while (width > 0 && c[width - 1] == ' ') { width--; }
        (void)snprintf(name, sizeof name, "%.*s", (int)width, c);
        c = next;
        const int32_t i = read_of(st, list, n, name, at, problems);
        if (i < 0 || st->read[i].first_cell >= 0) { continue; }
        if (st->read[i].n_class > 1) {
            flow_problem_error(problems, at,
                               "%s is told by classes, which series do not keep; an indicator "
                               "takes their sum",
                               name);
            continue;
        }
        st->read[i].first_cell = st->n_cell;
        for (int32_t t = 0; t < st->n_time; t++) { st->read[i].due[st->step[t]] = true; }
        st->n_cell += st->read[i].n * st->n_time;
    }
    const int64_t most = series->keep == FLOW_KEEP_STUDY ? MOST_CELLS_OF_STUDY : MOST_CELLS;
    if (st->n_cell > most) {
        flow_problem_error(problems, at,
                           "the series have %lld numbers, at most %lld are accepted; name fewer "
                           "observables, or keep them less often with series.every",
                           (long long)st->n_cell, (long long)most);
    }
    return FLOW_OK;
}

static flow_err make_test(flow_study *st, flow_problems *problems)
{
    st->n_indicator = 1;
    st->indicator = flow_calloc(1, sizeof *st->indicator);
    if (st->indicator == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the indicators"); }
    st->indicator[0] = (flow_study_indicator){.name = "y",
                                              .kind = FLOW_FROM_TEST,
                                              .place = -1,
                                              .step = -1,
                                              .unit = flow_strdup("1"),
                                              .long_name = flow_strdup("value of the function")};
    if (st->sweep->plan.n_indicator > 0) {
        flow_problem_error(problems, st->sweep->plan.indicator[0].at,
                           "a test function has one indicator, y, by itself");
    }
    const bool good = st->indicator[0].unit != NULL && st->indicator[0].long_name != NULL;
    return good ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory for the indicators");
}

static flow_err make_scenario(flow_study *st, flow_problems *problems)
{
    flow_observable *list = NULL;
    int32_t n = 0;
    FLOW_TRY(load_with(st, NULL, &st->base));
    FLOW_TRY(keep_files(st, st->base));
    st->n_step = st->base->n_step;
    FLOW_TRY(flow_observables_list(st->base, &list, &n));
    flow_err err = resolve_all(st, list, n, problems);
    if (err == FLOW_OK) { err = resolve_series(st, list, n, problems); }
    flow_dealloc(list);
    return err;
}

static flow_err create(flow_study *st, const flow_sweep_options *o, flow_problems *problems)
{
    const int32_t luck = st->sweep->plan.top.luck;
    st->common = luck == FLOW_LUCK_COMMON ||
                 (luck == FLOW_LUCK_AUTO && st->sweep->plan.top.design != FLOW_DESIGN_SALTELLI);
    FLOW_TRY(find_paths(st, o));
    FLOW_TRY(st->is_test ? make_test(st, problems) : make_scenario(st, problems));
    FLOW_TRY(check_keys(st, problems));
    FLOW_TRY(flow_problems_result(problems));
    uint64_t hash[3] = {st->sweep->hash};
    if (!st->is_test) { FLOW_TRY(flow_scenario_hash(st->base, &hash[1], &hash[2])); }
    st->hash = flow_hash(0, hash, sizeof hash);
    return FLOW_OK;
}

flow_err flow_study_create(const flow_sweep *sweep, const flow_sweep_options *options,
                           flow_study *out)
{
    *out = (flow_study){.sweep = sweep};
    flow_problems problems = {0};
    const flow_err err = create(out, options, &problems);
    flow_problems_clear(&problems);
    if (err != FLOW_OK) { flow_study_clear(out); }
    return err;
}

void flow_study_clear(flow_study *st)
{
    for (int32_t i = 0; i < st->n_file; i++) {
        // texts of flow_file are const for its users; these are our own copies
        flow_dealloc((void *)(uintptr_t)st->file[i].name);
        flow_dealloc((void *)(uintptr_t)st->file[i].text);
    }
    for (int32_t i = 0; i < st->n_indicator; i++) {
        flow_dealloc(st->indicator[i].unit);
        flow_dealloc(st->indicator[i].long_name);
    }
    for (int32_t i = 0; i < st->n_read; i++) {
        flow_dealloc(st->read[i].name);
        flow_dealloc(st->read[i].unit);
        flow_dealloc(st->read[i].long_name);
        flow_dealloc(st->read[i].due);
    }
    for (int32_t k = 0; st->sweep != NULL && k < st->sweep->n_key; k++) {
        if (st->key_unit != NULL) { flow_dealloc(st->key_unit[k]); }
        if (st->key_help != NULL) { flow_dealloc(st->key_help[k]); }
    }
    flow_dealloc(st->key_unit);
    flow_dealloc(st->key_help);
    flow_dealloc(st->key_numeric);
    flow_dealloc(st->file);
    flow_dealloc(st->path);
    flow_dealloc(st->settings);
    flow_dealloc(st->indicator);
    flow_dealloc(st->read);
    flow_dealloc(st->step);
    flow_scenario_free(st->base);
    *st = (flow_study){0};
}
