// FLEE folders: published counts, demographics and major routes.
#include "load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_PEOPLE 10000000000

static flow_err name_of(flow_scenario *s, const char *folder, const char *file, char **out)
{
    const size_t size = strlen(folder) + strlen(file) + 1;
    *out = flow_keep(s, (int64_t)size, 1);
    if (*out == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for file names"); }
    (void)snprintf(*out, size, "%s%s", folder, file);
    return FLOW_OK;
}

// Counts -----------------------------------------------------------------------------------------

/// Read the file of one place: date, count. Marks stay valid only until the table is freed.
static flow_err read_counts(flow_loader *l, const char *folder, const char *file,
                            flow_series *series)
{
    char *name = NULL;
    flow_table *t = NULL;
    const flow_table_options options = {
        .header_optional = true, .header_word = "Date,DateTime", .ragged = true};
    FLOW_TRY(name_of(l->s, folder, file, &name));
    FLOW_TRY(flow_load_table(l, name, "data_layout.csv names it", &options, &t));
    if (t == NULL) { return FLOW_OK; }
    flow_err err = FLOW_OK;
    bool backwards = false;
    for (int64_t row = 0; row < flow_table_n_row(t) && err == FLOW_OK; row++) {
        int32_t date = 0;
        int64_t people = 0;
        if (*flow_table_text(t, row, 1) == '\0') { continue; } // no count on that date
        bool good = flow_table_date(t, row, 0, "date", &l->problems, &date);
        good &= flow_table_integer(t, row, 1, "count", "people", 0, MOST_PEOPLE, (double)NAN,
                                   &l->problems, &people);
        if (!good) { continue; }
        const int32_t day = date - l->s->start;
        if (series->n > 0 && day <= series->row[series->n - 1].day && !backwards) {
            backwards = true;
            flow_problem_warning(&l->problems, flow_table_mark(t, row, 0),
                                 "date '%s' is not after the one before it; days between are taken "
                                 "in the order of the file",
                                 flow_table_text(t, row, 0));
        }
        err = flow_series_add(series, (flow_count){.day = day, .people = (double)people});
    }
    if (err == FLOW_OK && series->n == 0) {
        flow_problem_error(&l->problems, (flow_mark){.file = flow_table_mark(t, 0, 0).file},
                           "the file has no count, lines such as 2013-12-15,2500 were expected");
    }
    flow_table_free(t);
    return err;
}

/// Add the counts of a second file to those of a first, as FLEE does: on the days of either one,
/// until the second one ends.
static flow_err merge(const flow_series *a, const flow_series *b, flow_series *out)
{
    double before = 0.0; // of b
    int64_t i = 0;
    for (int64_t k = 0; k < b->n; k++) {
        for (; i < a->n && a->row[i].day < b->row[k].day; i++) {
            FLOW_TRY(flow_series_add(
                out, (flow_count){.day = a->row[i].day, .people = a->row[i].people + before}));
        }
        const double beside = i < a->n   ? a->row[i].people
                              : a->n > 0 ? a->row[a->n - 1].people
                                         : 0.0;
        FLOW_TRY(flow_series_add(
            out, (flow_count){.day = b->row[k].day, .people = b->row[k].people + beside}));
        if (i < a->n && a->row[i].day == b->row[k].day) { i++; }
        before = b->row[k].people;
    }
    return FLOW_OK;
}

/// All files of one line of data_layout.csv.
static flow_err read_line(flow_loader *l, const char *folder, const flow_table *t, int64_t row,
                          flow_series *series)
{
    int32_t n_file = 0;
    for (int32_t c = 1; c < flow_table_n_cell(t, row); c++) {
        const char *file = flow_table_text(t, row, c);
        if (*file == '\0') { continue; }
        if (n_file++ == 0) {
            FLOW_TRY(read_counts(l, folder, file, series));
            continue;
        }
        flow_series next = {0};
        flow_series sum = {0};
        flow_err err = read_counts(l, folder, file, &next);
        if (err == FLOW_OK) { err = merge(series, &next, &sum); }
        flow_series_clear(&next);
        flow_series_clear(series);
        *series = sum;
        FLOW_TRY(err);
    }
    if (n_file == 0) {
        flow_problem_error(&l->problems, flow_table_mark(t, row, 0),
                           "the line names no file with counts");
    }
    return FLOW_OK;
}

/// Corrections of one place, in the order of the file.
static flow_err correct(flow_loader *l, const flow_table *t, const char *place, flow_series *series)
{
    for (int64_t row = 0; t != NULL && row < flow_table_n_row(t); row++) {
        int32_t date = 0;
        if (strcmp(flow_table_text(t, row, 0), place) != 0 || series->n == 0) { continue; }
        if (!flow_table_date(t, row, 1, "date", &l->problems, &date)) { continue; }
        if (date < l->s->start || flow_series_correct(series, date - l->s->start)) { continue; }
        char shown[64];
        flow_problem_error(&l->problems, flow_table_mark(t, row, 1),
                           "'%s' cannot be corrected on %s: %s", flow_quote(place, shown),
                           flow_table_text(t, row, 1), flow_error_text());
    }
    return FLOW_OK;
}

/// One observed place of data_layout.csv.
static flow_err observe(flow_loader *l, const char *source, const flow_table *t, int64_t row,
                        const flow_table *corrections)
{
    flow_scenario *s = l->s;
    const char *name = flow_table_text(t, row, 0);
    const bool registrations = s->set.spawn.mode == FLOW_SPAWN_REGISTRATIONS;
    const bool total = row == 0 && (registrations || strcmp(name, "total") == 0);
    int32_t place = -1;
    char shown[64];
    if (total && strcmp(name, "total") != 0) {
        flow_problem_error(&l->problems, flow_table_mark(t, row, 0),
                           "the first line must be 'total', '%s' was found",
                           flow_quote(name, shown));
        return FLOW_OK;
    }
    if (!total && !registrations && flow_load_find(l, name) < 0) {
        flow_problem_warning(&l->problems, flow_table_mark(t, row, 0),
                             "'%s' is no place: its counts are left out, which changes nobody's "
                             "movement because registrations drive nobody out",
                             flow_quote(name, shown));
        return FLOW_OK;
    }
    if (!total) {
        place = flow_load_need(l, name, "place", flow_table_mark(t, row, 0));
        if (place < 0) { return FLOW_OK; }
        for (int32_t i = 0; i < s->n_observed; i++) {
            if (s->observed[i].place != place) { continue; }
            flow_problem_error(&l->problems, flow_table_mark(t, row, 0),
                               "place '%s' is listed twice", flow_quote(name, shown));
            return FLOW_OK;
        }
    }
    flow_series series = {0};
    flow_err err = read_line(l, source, t, row, &series);
    if (err == FLOW_OK && !total) { err = correct(l, corrections, name, &series); }
    if (err == FLOW_OK && series.n > 0 && s->n_step > 0) {
        err =
            flow_load_observed(l, &series, place, total ? &s->total : &s->observed[s->n_observed]);
        if (!total) {
            s->n_observed++;
        } else if (err == FLOW_OK) {
            s->total_day0_raw = s->total.people[0];
        }
    }
    flow_series_clear(&series);
    return err;
}

/// Corrections of a name that has no counts do nothing.
static void check_corrections(flow_loader *l, const flow_table *t, const flow_table *layout)
{
    for (int64_t row = 0; row < flow_table_n_row(t); row++) {
        const char *name = flow_table_text(t, row, 0);
        bool known = false;
        for (int64_t k = 1; k < flow_table_n_row(layout) && !known; k++) {
            known = strcmp(flow_table_text(layout, k, 0), name) == 0;
        }
        char shown[64];
        if (known) { continue; }
        flow_problem_warning(&l->problems, flow_table_mark(t, row, 0),
                             "'%s' has no counts in data_layout.csv: its correction is left out",
                             flow_quote(name, shown));
    }
}

static flow_err counts(flow_loader *l, const char *input, const char *source)
{
    flow_scenario *s = l->s;
    char *layout_name = NULL;
    char *corrections_name = NULL;
    flow_table *layout = NULL;
    flow_table *corrections = NULL;
    const flow_table_options options = {
        .header_optional = true, .header_word = "name", .ragged = true};
    const flow_table_options no_header = {.no_header = true, .ragged = true};
    FLOW_TRY(name_of(s, source, "data_layout.csv", &layout_name));
    FLOW_TRY(name_of(s, input, "registration_corrections.csv", &corrections_name));
    FLOW_TRY(flow_load_table(l, layout_name, "it lists the files with published counts", &options,
                             &layout));
    if (layout == NULL) { return FLOW_OK; }
    flow_err err = flow_load_table(l, corrections_name, NULL, &no_header, &corrections);
    if (err == FLOW_OK) {
        s->observed = flow_keep(s, flow_table_n_row(layout), sizeof *s->observed);
        if (s->observed == NULL) { err = flow_fail(FLOW_ENOMEM, "no memory for observations"); }
    }
    s->total.place = -1;
    for (int64_t row = 0; row < flow_table_n_row(layout) && err == FLOW_OK; row++) {
        err = observe(l, source, layout, row, corrections);
    }
    if (err == FLOW_OK && corrections != NULL) { check_corrections(l, corrections, layout); }
    flow_table_free(layout);
    flow_table_free(corrections);
    return err;
}

// Demographics -----------------------------------------------------------------------------------

/// Weights of one column: everywhere, or at one place.
static void fill(flow_loader *l, const flow_table *t, int32_t column, int32_t place,
                 flow_attribute *a)
{
    const int32_t n = a->n_value;
    for (int32_t v = 0; v < n; v++) {
        double weight = 0.0;
        if (!flow_table_number(t, v, column, "weight", "", 0.0, 1e12, (double)NAN, &l->problems,
                               &weight)) {
            continue;
        }
        const int32_t first = place < 0 ? 0 : place;
        const int32_t end = place < 0 ? l->s->n_place : place + 1;
        for (int32_t p = first; p < end; p++) { a->weight[(int64_t)p * n + v] = weight; }
    }
}

static void normalise(flow_loader *l, const flow_table *t, flow_attribute *a)
{
    for (int32_t p = 0; p < l->s->n_place; p++) {
        double *row = &a->weight[(int64_t)p * a->n_value];
        double sum = 0.0;
        for (int32_t v = 0; v < a->n_value; v++) { sum += row[v]; }
        if (!(sum > 0.0)) {
            char shown[64];
            flow_problem_error(&l->problems, flow_table_head_mark(t, 0),
                               "the weights of attribute '%s' sum to 0 at place '%s'", a->name,
                               flow_quote(l->s->place_name[p], shown));
            return;
        }
        for (int32_t v = 0; v < a->n_value; v++) { row[v] /= sum; }
    }
}

static flow_err attribute(flow_loader *l, const flow_table *t, flow_attribute *a)
{
    flow_scenario *s = l->s;
    const int64_t n = flow_table_n_row(t);
    const int32_t everywhere = flow_table_need(t, "default", &l->problems);
    if (n == 0 || n > 10000) {
        flow_problem_error(&l->problems, flow_table_head_mark(t, 0),
                           "an attribute with %lld values, 1 to 10000 were expected", (long long)n);
        return FLOW_OK;
    }
    a->name = flow_keep_text(s, flow_table_name(t, 0));
    a->n_value = (int32_t)n;
    a->value = flow_keep(s, n, sizeof *a->value);
    a->at = flow_keep(s, n, sizeof *a->at);
    a->weight = flow_keep(s, n * s->n_place, sizeof *a->weight);
    const char *file = flow_keep_text(s, flow_table_head_mark(t, 0).file);
    if (a->name == NULL || a->value == NULL || a->at == NULL || a->weight == NULL || file == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for demographics");
    }
    for (int32_t v = 0; v < a->n_value; v++) {
        a->value[v] = flow_keep_text(s, flow_table_text(t, v, 0));
        if (a->value[v] == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for demographics"); }
        a->at[v] = flow_table_mark(t, v, 0);
        a->at[v].file = file; // the table goes before the scenario
    }
    const int64_t before = l->problems.n_error;
    if (everywhere >= 0) { fill(l, t, everywhere, -1, a); }
    for (int32_t c = 1; c < flow_table_n_column(t); c++) {
        const char *name = flow_table_name(t, c);
        if (c == everywhere || *name == '\0') { continue; }
        const int32_t place = flow_load_find(l, name);
        if (place >= 0) {
            fill(l, t, c, place, a);
            continue;
        }
        char shown[64];
        flow_problem_warning(&l->problems, flow_table_head_mark(t, c),
                             "column '%s' is no place and is left out", flow_quote(name, shown));
    }
    if (l->problems.n_error == before && everywhere >= 0) { normalise(l, t, a); }
    return FLOW_OK;
}

static flow_err demographics(flow_loader *l, const char *input)
{
    flow_scenario *s = l->s;
    char **file = NULL;
    int32_t n = 0;
    const char *folder = *input == '\0' ? "" : "input_csv";
    const int64_t before = l->problems.n_error;
    FLOW_TRY(flow_file_list(&l->files, folder, "demographics_", ".csv", &file, &n));
    s->attribute = flow_keep(s, n, sizeof *s->attribute);
    flow_err err =
        s->attribute == NULL ? flow_fail(FLOW_ENOMEM, "no memory for demographics") : FLOW_OK;
    for (int32_t i = 0; i < n && err == FLOW_OK; i++) {
        char *name = NULL;
        flow_table *t = NULL;
        err = name_of(s, input, file[i], &name);
        if (err == FLOW_OK) { err = flow_load_table(l, name, NULL, NULL, &t); }
        if (t == NULL) { continue; }
        if (err == FLOW_OK) { err = attribute(l, t, &s->attribute[s->n_attribute++]); }
        flow_table_free(t);
    }
    l->attributes = l->problems.n_error == before;
    flow_dealloc(file);
    return err;
}

// Major routes -----------------------------------------------------------------------------------

static flow_err major_routes(flow_loader *l, const char *input)
{
    flow_scenario *s = l->s;
    char *name = NULL;
    flow_table *t = NULL;
    const flow_table_options options = {.no_header = true, .ragged = true};
    FLOW_TRY(name_of(s, input, "major_routes.csv", &name));
    FLOW_TRY(flow_load_table(l, name, NULL, &options, &t));
    if (t == NULL) { return FLOW_OK; }
    s->major_route = flow_keep(s, flow_table_n_row(t), sizeof *s->major_route);
    flow_err err =
        s->major_route == NULL ? flow_fail(FLOW_ENOMEM, "no memory for major routes") : FLOW_OK;
    for (int64_t row = 0; row < flow_table_n_row(t) && err == FLOW_OK; row++) {
        const int32_t n = flow_table_n_cell(t, row);
        int32_t *stop = flow_keep(s, (int64_t)n + 1, sizeof *stop);
        if (stop == NULL) {
            err = flow_fail(FLOW_ENOMEM, "no memory for major routes");
            break;
        }
        int32_t n_stop = 0;
        bool good = true;
        for (int32_t c = 0; c < n; c++) {
            const char *text = flow_table_text(t, row, c);
            if (*text == '\0') { continue; }
            const int32_t place = flow_load_need(l, text, "place", flow_table_mark(t, row, c));
            good &= place >= 0;
            if (place >= 0) { stop[n_stop++] = place; }
        }
        if (!good) { continue; }
        if (n_stop < 2) {
            flow_problem_error(&l->problems, flow_table_mark(t, row, 0),
                               "a major route of one place, at least two were expected");
            continue;
        }
        stop[n_stop] = -1;
        flow_load_check_route(l, stop, flow_table_mark(t, row, 0));
        s->major_route[s->n_major_route++] = stop;
    }
    flow_table_free(t);
    return err;
}

flow_err flow_load_flee_source(flow_loader *l, const char *input, const char *source)
{
    if (l->s->n_place == 0) { return FLOW_OK; } // said already; nothing below can be judged
    FLOW_TRY(demographics(l, input));
    FLOW_TRY(major_routes(l, input));
    return counts(l, input, source);
}
