// The tables of libflow's own folder that may be absent: conflict, closures, observations,
// corrections, attributes, major routes.
#include "load.h"
#include "shares.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PEOPLE 10000000000

bool flow_load_day(flow_loader *l, const flow_table *t, int64_t row, int32_t column,
                   const char *what, int32_t empty, int32_t *out)
{
    const char *text = flow_table_text(t, row, column);
    int64_t number = 0;
    int32_t date = 0;
    if (*text == '\0' && empty != INT32_MIN) {
        *out = empty;
        return true;
    }
    if (flow_integer_parse(text, &number) && number >= -1000000 && number <= 1000000) {
        *out = (int32_t)number;
        return true;
    }
    if (flow_date_parse(text, &date)) {
        *out = date - l->s->start;
        return true;
    }
    char shown[64];
    flow_problem_error(&l->problems, flow_table_mark(t, row, column),
                       "%s '%s' is neither a date YYYY-MM-DD nor a day number", what,
                       flow_quote(text, shown));
    return false;
}

/// First and last column of a period; false after a problem.
static bool period_of(flow_loader *l, const flow_table *t, int64_t row, int32_t c_start,
                      int32_t c_end, int32_t *start, int32_t *end)
{
    bool good = flow_load_day(l, t, row, c_start, "start", INT32_MIN, start);
    good &= flow_load_day(l, t, row, c_end, "end", INT32_MAX, end);
    if (good && *end <= *start) {
        flow_problem_error(&l->problems, flow_table_mark(t, row, c_end),
                           "end '%s' is not after start '%s'", flow_table_text(t, row, c_end),
                           flow_table_text(t, row, c_start));
        return false;
    }
    return good;
}

// conflict.csv -----------------------------------------------------------------------------------

typedef struct spell {
    int32_t place, start, end;
    double intensity;
    int64_t row;
} spell;

static int by_place_and_start(const void *a, const void *b)
{
    const spell *x = a;
    const spell *y = b;
    if (x->place != y->place) { return x->place < y->place ? -1 : 1; }
    if (x->start != y->start) { return x->start < y->start ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

/// Spells of one place follow each other; where one begins as another ends there is no peace
/// between.
static flow_err add_spells(flow_loader *l, const flow_table *t, const spell *s, int64_t n)
{
    const bool frozen = l->s->set.quirks.frozen_conflict_intensity;
    for (int64_t i = 0; i < n; i++) {
        const bool follows = i > 0 && s[i - 1].place == s[i].place;
        if (follows && s[i - 1].end > s[i].start) {
            flow_problem_error(&l->problems, flow_table_mark(t, s[i].row, 0),
                               "this conflict overlaps with the one of the same place in line %d",
                               (int)flow_table_mark(t, s[i - 1].row, 0).line);
            continue;
        }
        const bool goes_on = follows && s[i - 1].end == s[i].start;
        if (s[i].end > 0 && !(goes_on && frozen)) {
            FLOW_TRY(flow_load_add_event(l, (flow_event){.day = s[i].start,
                                                         .kind = FLOW_EVENT_CONFLICT,
                                                         .index = s[i].place,
                                                         .value = s[i].intensity}));
        }
        const bool is_followed =
            i + 1 < n && s[i + 1].place == s[i].place && s[i + 1].start == s[i].end;
        if (s[i].end > 0 && s[i].end != INT32_MAX && !is_followed) {
            FLOW_TRY(flow_load_add_event(
                l,
                (flow_event){.day = s[i].end, .kind = FLOW_EVENT_CONFLICT, .index = s[i].place}));
        }
    }
    return FLOW_OK;
}

static flow_err read_conflicts(flow_loader *l, flow_table *t)
{
    const int64_t before = l->problems.n_error;
    const int32_t place = flow_table_need(t, "place", &l->problems);
    const int32_t start = flow_table_need(t, "start", &l->problems);
    const int32_t end = flow_table_need(t, "end", &l->problems);
    const int32_t intensity = flow_table_need(t, "intensity", &l->problems);
    flow_load_other_columns(l, t, "place,start,end,intensity");
    if (l->problems.n_error > before) { return FLOW_OK; }
    const int64_t n_row = flow_table_n_row(t);
    spell *list = flow_calloc(n_row, sizeof *list);
    if (list == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for conflicts"); }
    int64_t n = 0;
    for (int64_t row = 0; row < n_row; row++) {
        spell one = {.row = row};
        one.place = flow_load_need(l, flow_table_text(t, row, place), "place",
                                   flow_table_mark(t, row, place));
        bool good = period_of(l, t, row, start, end, &one.start, &one.end);
        good &= flow_table_number(t, row, intensity, "intensity", "", 1e-6, 1e6, 1.0, &l->problems,
                                  &one.intensity);
        if (good && one.place >= 0 && l->s->place_kind[one.place] == FLOW_MARKER) {
            flow_problem_error(&l->problems, flow_table_mark(t, row, place),
                               "a marker is only a point on the road and cannot be in conflict");
            good = false;
        }
        if (good && one.place >= 0) { list[n++] = one; }
    }
    qsort(list, (size_t)n, sizeof *list, by_place_and_start);
    const flow_err err = add_spells(l, t, list, n);
    flow_dealloc(list);
    return err;
}

// closures.csv -----------------------------------------------------------------------------------

static flow_err read_closures(flow_loader *l, flow_table *t)
{
    const int64_t before = l->problems.n_error;
    const int32_t kind = flow_table_need(t, "kind", &l->problems);
    const int32_t from = flow_table_need(t, "from", &l->problems);
    const int32_t to = flow_table_need(t, "to", &l->problems);
    const int32_t c_start = flow_table_need(t, "start", &l->problems);
    const int32_t c_end = flow_table_need(t, "end", &l->problems);
    flow_load_other_columns(l, t, "kind,from,to,start,end");
    if (l->problems.n_error > before) { return FLOW_OK; }
    static const char *const known[] = {"country", "place", "link", "camp", "idp_camp"};
    for (int64_t row = 0; row < flow_table_n_row(t); row++) {
        const char *text = flow_table_text(t, row, kind);
        const char *to_text = flow_table_text(t, row, to);
        int32_t start = 0;
        int32_t end = 0;
        const bool good = period_of(l, t, row, c_start, c_end, &start, &end);
        bool is_known = false;
        for (int i = 0; i < 5; i++) { is_known |= strcmp(text, known[i]) == 0; }
        char shown[64];
        if (!is_known) {
            const char *near = flow_nearest(text, known, 5);
            flow_problem_error(&l->problems, flow_table_mark(t, row, kind),
                               "kind '%s' is none of country, place, link, camp, idp_camp%s%s%s",
                               flow_quote(text, shown), near ? "; did you mean '" : "",
                               near ? near : "", near ? "'?" : "");
            continue;
        }
        const bool has_to = strcmp(text, "country") == 0 || strcmp(text, "link") == 0;
        if (!has_to && *to_text != '\0') {
            flow_problem_error(&l->problems, flow_table_mark(t, row, to),
                               "a closure of kind %s has no other end, but '%s' is given; leave it "
                               "empty",
                               text, flow_quote(to_text, shown));
            continue;
        }
        if (!good) { continue; }
        FLOW_TRY(flow_load_close(l, text, flow_table_text(t, row, from), to_text, start, end,
                                 flow_table_mark(t, row, from)));
    }
    return FLOW_OK;
}

// observations.csv and corrections.csv -----------------------------------------------------------

/// Series by place; the last one is the total.
typedef struct book {
    flow_series *series;
    int32_t *order; ///< observed places, in the order of the file
    int32_t n_order;
} ledger;

static int by_day(const void *a, const void *b)
{
    const flow_count *x = a;
    const flow_count *y = b;
    if (x->day != y->day) { return x->day < y->day ? -1 : 1; }
    return (x->at.line > y->at.line) - (x->at.line < y->at.line);
}

static flow_err read_counts(flow_loader *l, flow_table *t, ledger *book)
{
    const int64_t before = l->problems.n_error;
    const int32_t date = flow_table_need(t, "date", &l->problems);
    const int32_t place = flow_table_need(t, "place", &l->problems);
    const int32_t people = flow_table_need(t, "people", &l->problems);
    flow_load_other_columns(l, t, "date,place,people");
    if (l->problems.n_error > before) { return FLOW_OK; }
    const int32_t n_place = l->s->n_place;
    for (int64_t row = 0; row < flow_table_n_row(t); row++) {
        const char *name = flow_table_text(t, row, place);
        const bool total = strcmp(name, "total") == 0;
        const int32_t p =
            total ? n_place : flow_load_need(l, name, "place", flow_table_mark(t, row, place));
        int32_t day = 0;
        int64_t count = 0;
        bool good = flow_table_date(t, row, date, "date", &l->problems, &day);
        good &= flow_table_integer(t, row, people, "people", "", 0, MOST_PEOPLE, (double)NAN,
                                   &l->problems, &count);
        if (!good || p < 0) { continue; }
        if (book->series[p].n == 0 && !total) { book->order[book->n_order++] = p; }
        FLOW_TRY(
            flow_series_add(&book->series[p], (flow_count){.day = day - l->s->start,
                                                           .people = (double)count,
                                                           .at = flow_table_mark(t, row, date)}));
    }
    for (int32_t p = 0; p <= n_place; p++) {
        flow_series *series = &book->series[p];
        if (series->n < 2) { continue; }
        qsort(series->row, (size_t)series->n, sizeof *series->row, by_day);
        for (int64_t i = 1; i < series->n; i++) {
            if (series->row[i].day != series->row[i - 1].day) { continue; }
            char shown[64];
            flow_problem_error(&l->problems, series->row[i].at,
                               "'%s' has a count of this day already in line %d",
                               flow_quote(p < n_place ? l->s->place_name[p] : "total", shown),
                               (int)series->row[i - 1].at.line);
        }
    }
    return FLOW_OK;
}

static flow_err read_corrections(flow_loader *l, flow_table *t, ledger *book)
{
    const int64_t before = l->problems.n_error;
    const int32_t place = flow_table_need(t, "place", &l->problems);
    const int32_t date = flow_table_need(t, "date", &l->problems);
    flow_load_other_columns(l, t, "place,date");
    if (l->problems.n_error > before) { return FLOW_OK; }
    for (int64_t row = 0; row < flow_table_n_row(t); row++) {
        const char *name = flow_table_text(t, row, place);
        const int32_t p = flow_load_need(l, name, "place", flow_table_mark(t, row, place));
        int32_t day = 0;
        if (!flow_table_date(t, row, date, "date", &l->problems, &day) || p < 0) { continue; }
        if (!flow_series_correct(&book->series[p], day - l->s->start)) {
            char shown[64];
            flow_problem_error(&l->problems, flow_table_mark(t, row, date),
                               "'%s' cannot be corrected on %s: %s", flow_quote(name, shown),
                               flow_table_text(t, row, date), flow_error_text());
        }
    }
    return FLOW_OK;
}

static flow_err fill_observed(flow_loader *l, const ledger *book)
{
    flow_scenario *s = l->s;
    s->observed = flow_keep(s, book->n_order, sizeof *s->observed);
    if (s->observed == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for observations"); }
    for (int32_t i = 0; i < book->n_order; i++) {
        const int32_t p = book->order[i];
        FLOW_TRY(flow_load_observed(l, &book->series[p], p, &s->observed[i]));
        s->n_observed = i + 1;
    }
    s->total.place = -1;
    if (book->series[s->n_place].n > 0) {
        FLOW_TRY(flow_load_observed(l, &book->series[s->n_place], -1, &s->total));
        s->total_day0_raw = s->total.people[0];
    }
    return FLOW_OK;
}

static flow_err observations(flow_loader *l)
{
    const int32_t n_place = l->s->n_place;
    flow_table *counts = NULL;
    flow_table *corrections = NULL;
    ledger book = {.series = flow_calloc((int64_t)n_place + 1, sizeof *book.series),
                   .order = flow_calloc(n_place, sizeof *book.order)};
    flow_err err = book.series != NULL && book.order != NULL
                       ? FLOW_OK
                       : flow_fail(FLOW_ENOMEM, "no memory for observations");
    if (err == FLOW_OK) { err = flow_load_table(l, "observations.csv", NULL, NULL, &counts); }
    if (err == FLOW_OK && counts != NULL) { err = read_counts(l, counts, &book); }
    if (err == FLOW_OK) { err = flow_load_table(l, "corrections.csv", NULL, NULL, &corrections); }
    if (err == FLOW_OK && corrections != NULL) { err = read_corrections(l, corrections, &book); }
    if (err == FLOW_OK && l->problems.n_error == 0) { err = fill_observed(l, &book); }
    for (int32_t p = 0; p <= n_place && book.series != NULL; p++) {
        flow_series_clear(&book.series[p]);
    }
    flow_dealloc(book.series);
    flow_dealloc(book.order);
    flow_table_free(counts);
    flow_table_free(corrections);
    return err;
}

// attributes.csv ---------------------------------------------------------------------------------

enum { most_attributes = 64, most_values = 10000 };

/// Index of a name in a list, added when it is new; -1: out of memory, -2: more than `most`.
/// @param last the index found before: rows of places repeat their values in one order.
static int32_t index_of(flow_scenario *s, char ***list, int32_t *n, int32_t most, const char *name,
                        int32_t last)
{
    for (int32_t i = last; i >= 0 && i < *n && i <= last + 1; i++) {
        if (strcmp((*list)[i], name) == 0) { return i; }
    }
    for (int32_t i = 0; i < *n; i++) {
        if (strcmp((*list)[i], name) == 0) { return i; }
    }
    if (*n >= most) { return -2; }
    if ((*n & (*n - 1)) == 0) { // 0 or a power of two: full
        char **longer = flow_keep(s, *n == 0 ? 1 : 2 * (int64_t)*n, sizeof *longer);
        if (longer == NULL) { return -1; }
        if (*n > 0) { memcpy(longer, *list, (size_t)*n * sizeof *longer); }
        *list = longer;
    }
    (*list)[*n] = flow_keep_text(s, name);
    return (*list)[*n] == NULL ? -1 : (*n)++;
}

typedef struct weights_row {
    int32_t attribute, value, place; ///< place -1: everywhere
    double weight;
} weights_row;

/// Remember where each value stands first.
static flow_err mark_values(flow_loader *l, const flow_table *t, const weights_row *list,
                            int32_t column, int32_t index)
{
    flow_attribute *a = &l->s->attribute[index];
    const char *file = flow_keep_text(l->s, flow_table_head_mark(t, column).file);
    a->at = flow_keep(l->s, a->n_value, sizeof *a->at);
    if (file == NULL || a->at == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for attributes");
    }
    for (int64_t row = flow_table_n_row(t); row-- > 0;) {
        if (list[row].attribute != index) { continue; }
        flow_mark *at = &a->at[list[row].value];
        *at = flow_table_mark(t, row, column);
        at->file = file; // the table goes before the scenario
    }
    return FLOW_OK;
}

static flow_err fill_attribute(flow_loader *l, const flow_table *t, const weights_row *list,
                               int64_t n, int32_t index)
{
    flow_scenario *s = l->s;
    flow_attribute *a = &s->attribute[index];
    const int32_t n_value = a->n_value;
    if ((int64_t)n_value * s->n_place > 1000000000) {
        return flow_fail(FLOW_ENOMEM, "attribute '%s' has too many values", a->name);
    }
    a->weight = flow_keep(s, (int64_t)s->n_place * n_value, sizeof *a->weight);
    if (a->weight == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for attributes"); }
    for (int64_t i = 0; i < n; i++) { // everywhere first, single places over it
        if (list[i].attribute != index || list[i].place >= 0) { continue; }
        for (int32_t p = 0; p < s->n_place; p++) {
            a->weight[(int64_t)p * n_value + list[i].value] = list[i].weight;
        }
    }
    for (int64_t i = 0; i < n; i++) {
        if (list[i].attribute != index || list[i].place < 0) { continue; }
        a->weight[(int64_t)list[i].place * n_value + list[i].value] = list[i].weight;
    }
    for (int32_t p = 0; p < s->n_place; p++) {
        double *row = &a->weight[(int64_t)p * n_value];
        double sum = 0.0;
        for (int32_t v = 0; v < n_value; v++) { sum += row[v]; }
        if (!(sum > 0.0)) {
            char shown[64];
            flow_problem_error(&l->problems, flow_table_head_mark(t, 0),
                               "the weights of attribute '%s' sum to 0 at place '%s'", a->name,
                               flow_quote(s->place_name[p], shown));
            return FLOW_OK; // one place is enough to find the fault
        }
        for (int32_t v = 0; v < n_value; v++) { row[v] /= sum; }
    }
    return FLOW_OK;
}

static flow_err read_attributes(flow_loader *l, flow_table *t)
{
    flow_scenario *s = l->s;
    const int64_t before = l->problems.n_error;
    const int32_t attribute = flow_table_need(t, "attribute", &l->problems);
    const int32_t value = flow_table_need(t, "value", &l->problems);
    const int32_t place = flow_table_need(t, "place", &l->problems);
    const int32_t weight = flow_table_need(t, "weight", &l->problems);
    flow_load_other_columns(l, t, "attribute,value,place,weight");
    if (l->problems.n_error > before) { return FLOW_OK; }
    const int64_t n = flow_table_n_row(t);
    weights_row *list = flow_calloc(n, sizeof *list);
    if (list == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for attributes"); }
    char **name = NULL;
    int32_t n_name = 0;
    flow_err err = FLOW_OK;
    s->attribute = flow_keep(s, n, sizeof *s->attribute); // at most one attribute a row
    if (s->attribute == NULL) { err = flow_fail(FLOW_ENOMEM, "no memory for attributes"); }
    for (int64_t row = 0; row < n && err == FLOW_OK; row++) {
        weights_row *one = &list[row];
        const char *where = flow_table_text(t, row, place);
        one->place =
            *where == '\0' ? -1 : flow_load_need(l, where, "place", flow_table_mark(t, row, place));
        (void)flow_table_number(t, row, weight, "weight", "", 0.0, 1e12, (double)NAN, &l->problems,
                                &one->weight);
        const char *text[2] = {flow_table_text(t, row, attribute), flow_table_text(t, row, value)};
        for (int i = 0; i < 2; i++) {
            if (*text[i] != '\0') { continue; }
            flow_problem_error(&l->problems, flow_table_mark(t, row, i == 0 ? attribute : value),
                               "the %s is empty", i == 0 ? "attribute" : "value");
        }
        const weights_row before_it = row > 0 ? list[row - 1] : (weights_row){0};
        one->attribute = index_of(s, &name, &n_name, most_attributes, text[0], before_it.attribute);
        if (one->attribute >= 0) {
            flow_attribute *a = &s->attribute[one->attribute];
            a->name = name[one->attribute];
            one->value = index_of(s, &a->value, &a->n_value, most_values, text[1], before_it.value);
        }
        if (one->attribute == -1 || one->value == -1) {
            err = flow_fail(FLOW_ENOMEM, "no memory for attributes");
        } else if (one->attribute == -2 || one->value == -2) {
            flow_problem_error(&l->problems, flow_table_mark(t, row, attribute),
                               "more than %d attributes, or more than %d values of one",
                               most_attributes, most_values);
            break;
        }
    }
    s->n_attribute = n_name;
    const bool good = l->problems.n_error == before;
    for (int32_t i = 0; i < n_name && err == FLOW_OK && good; i++) {
        err = fill_attribute(l, t, list, n, i);
        if (err == FLOW_OK) { err = mark_values(l, t, list, value, i); }
    }
    flow_dealloc(list);
    return err;
}

// major_routes.csv -------------------------------------------------------------------------------

typedef struct stop {
    int64_t route, order;
    int32_t place;
    int64_t row;
} stop;

static int by_route_and_order(const void *a, const void *b)
{
    const stop *x = a;
    const stop *y = b;
    if (x->route != y->route) { return x->route < y->route ? -1 : 1; }
    if (x->order != y->order) { return x->order < y->order ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

static flow_err one_route(flow_loader *l, const flow_table *t, int32_t column, const stop *list,
                          int64_t n)
{
    flow_scenario *s = l->s;
    const flow_mark at = flow_table_mark(t, list[0].row, column);
    if (n < 2) {
        flow_problem_error(&l->problems, at, "a major route of one place, at least two expected");
        return FLOW_OK;
    }
    int32_t *places = flow_keep(s, n + 1, sizeof *places);
    if (places == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for major routes"); }
    for (int64_t i = 0; i < n; i++) {
        places[i] = list[i].place;
        if (i > 0 && list[i].order == list[i - 1].order) {
            flow_problem_error(&l->problems, flow_table_mark(t, list[i].row, column),
                               "order %lld stands already in line %d", (long long)list[i].order,
                               (int)flow_table_mark(t, list[i - 1].row, 0).line);
        }
    }
    places[n] = -1;
    flow_load_check_route(l, places, at);
    s->major_route[s->n_major_route++] = places;
    return FLOW_OK;
}

static flow_err read_routes(flow_loader *l, flow_table *t)
{
    flow_scenario *s = l->s;
    const int64_t before = l->problems.n_error;
    const int32_t route = flow_table_need(t, "route", &l->problems);
    const int32_t order = flow_table_need(t, "order", &l->problems);
    const int32_t place = flow_table_need(t, "place", &l->problems);
    flow_load_other_columns(l, t, "route,order,place");
    if (l->problems.n_error > before) { return FLOW_OK; }
    const int64_t n = flow_table_n_row(t);
    stop *list = flow_calloc(n, sizeof *list);
    s->major_route = flow_keep(s, n, sizeof *s->major_route);
    flow_err err = list != NULL && s->major_route != NULL
                       ? FLOW_OK
                       : flow_fail(FLOW_ENOMEM, "no memory for major routes");
    for (int64_t row = 0; row < n && err == FLOW_OK; row++) {
        list[row].row = row;
        list[row].place = flow_load_need(l, flow_table_text(t, row, place), "place",
                                         flow_table_mark(t, row, place));
        (void)flow_table_integer(t, row, route, "route", "", 0, INT32_MAX, (double)NAN,
                                 &l->problems, &list[row].route);
        (void)flow_table_integer(t, row, order, "order", "", 0, INT32_MAX, (double)NAN,
                                 &l->problems, &list[row].order);
    }
    if (err == FLOW_OK && l->problems.n_error == before) {
        qsort(list, (size_t)n, sizeof *list, by_route_and_order);
        for (int64_t i = 0, k = 0; i < n && err == FLOW_OK; i = k) {
            while (k < n && list[k].route == list[i].route) { k++; }
            err = one_route(l, t, place, &list[i], k - i);
        }
    }
    flow_dealloc(list);
    return err;
}

flow_err flow_load_own_tables(flow_loader *l)
{
    static const struct {
        const char *name;
        flow_err (*read)(flow_loader *l, flow_table *t);
    } tables[] = {{"conflict.csv", read_conflicts},
                  {"closures.csv", read_closures},
                  {"attributes.csv", read_attributes},
                  {"major_routes.csv", read_routes},
                  {"diaspora.csv", flow_load_diaspora}};
    if (l->s->n_place == 0) { return FLOW_OK; } // said already; nothing below can be judged
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const int64_t before = l->problems.n_error;
        flow_table *t = NULL;
        FLOW_TRY(flow_load_table(l, tables[i].name, NULL, NULL, &t));
        const flow_err err = t != NULL ? tables[i].read(l, t) : FLOW_OK;
        flow_table_free(t);
        FLOW_TRY(err);
        if (tables[i].read == read_attributes) { l->attributes = l->problems.n_error == before; }
    }
    FLOW_TRY(flow_load_own_hazards(l));
    FLOW_TRY(flow_load_shares(l));
    FLOW_TRY(observations(l));
    return flow_load_events(l);
}
