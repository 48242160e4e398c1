// Tables of flows: columns by name, features as expressions of columns.
#include "calibrate_od.h"
#include "table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t most_rows = 20000000;

/// A feature: a column and what is done to it.
typedef struct expression {
    int32_t column;
    int32_t transform; ///< 0: none, 1: ln, 2: ln1p
} expression;

/// Columns of a table, -1: absent.
typedef struct columns {
    int32_t origin, target, flow, year, distance, population, origin_population;
    expression *feature; ///< [n_feature]
} columns;

/// A row before it is sorted.
typedef struct key {
    int32_t year, origin, target;
    int64_t row; ///< of the table
} key;

static int by_key(const void *a, const void *b)
{
    const key *x = a, *y = b;
    if (x->year != y->year) { return x->year < y->year ? -1 : 1; }
    if (x->origin != y->origin) { return x->origin < y->origin ? -1 : 1; }
    if (x->target != y->target) { return x->target < y->target ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

static int32_t optional(const flow_table *table, const char *name, flow_problems *problems)
{
    return name != NULL ? flow_table_need(table, name, problems) : -1;
}

/// "NAME=ln(COL)" to name and expression; false: no memory.
static bool read_feature(const flow_table *table, const char *text, flow_problems *problems,
                         expression *out, char **name)
{
    static const char *const prefix[] = {"", "ln(", "ln1p("};
    const char *equal = strchr(text, '=');
    const char *body = equal != NULL ? equal + 1 : text;
    *name = equal != NULL ? flow_strndup(text, (size_t)(equal - text)) : flow_strdup(text);
    out->transform = 0;
    size_t begin = 0, length = strlen(body);
    for (int32_t i = 1; i < 3; i++) {
        const size_t n = strlen(prefix[i]);
        if (strncmp(body, prefix[i], n) == 0 && body[length - 1] == ')') {
            out->transform = i;
            begin = n;
        }
    }
    char *column = flow_strndup(body + begin, length - begin - (begin > 0 ? 1 : 0));
    if (column == NULL || *name == NULL) {
        flow_dealloc(column);
        return false;
    }
    out->column = flow_table_need(table, column, problems);
    flow_dealloc(column);
    return true;
}

static bool find_columns(const flow_table *table, const flow_od_columns *want,
                         flow_problems *problems, columns *out, char **name)
{
    out->origin =
        flow_table_need(table, want->origin != NULL ? want->origin : "origin,orig,from", problems);
    out->target = flow_table_need(
        table, want->target != NULL ? want->target : "destination,dest,to", problems);
    out->flow = flow_table_need(
        table, want->flow != NULL ? want->flow : "flow,people,persons,count", problems);
    out->year = want->year != NULL ? flow_table_need(table, want->year, problems)
                                   : flow_table_find(table, "year");
    out->distance = optional(table, want->distance, problems);
    out->population = optional(table, want->population, problems);
    out->origin_population = optional(table, want->origin_population, problems);
    for (int32_t f = 0; f < want->n_feature; f++) {
        if (!read_feature(table, want->feature[f], problems, &out->feature[f], &name[f])) {
            return false;
        }
    }
    return true;
}

static bool is_word(const char *text, const char *word)
{
    while (*text != '\0' && tolower((unsigned char)*text) == *word) {
        text++;
        word++;
    }
    return *text == '\0' && *word == '\0';
}

/// Number, true or false of a cell, transformed.
static double feature_value(const flow_table *table, int64_t row, const expression *e,
                            const char *name, flow_problems *problems)
{
    const char *text = flow_table_text(table, row, e->column);
    double value = 0.0;
    if (is_word(text, "true")) {
        value = 1.0;
    } else if (!is_word(text, "false") &&
               !flow_table_number(table, row, e->column, name, "", -1e300, 1e300, (double)NAN,
                                  problems, &value)) {
        return 0.0;
    }
    if (e->transform == 0) { return value; }
    const double least = e->transform == 1 ? 0.0 : -1.0;
    if (!(value > least)) {
        flow_problem_error(problems, flow_table_mark(table, row, e->column),
                           "%s of %g is no number; more than %g is expected", name, value, least);
        return 0.0;
    }
    return e->transform == 1 ? log(value) : log1p(value);
}

/// Places by name: a sorted list of the distinct texts of two columns.
static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static flow_err name_places(const flow_table *table, const columns *c, flow_od *od)
{
    const int64_t n = flow_table_n_row(table);
    const char **text = flow_calloc(2 * n, sizeof *text);
    if (text == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %lld flows", (long long)n); }
    for (int64_t r = 0; r < n; r++) {
        text[2 * r] = flow_table_text(table, r, c->origin);
        text[2 * r + 1] = flow_table_text(table, r, c->target);
    }
    qsort(text, (size_t)(2 * n), sizeof *text, by_text);
    int64_t n_place = 0;
    for (int64_t i = 0; i < 2 * n; i++) {
        if (i == 0 || strcmp(text[i], text[n_place - 1]) != 0) { text[n_place++] = text[i]; }
    }
    bool good = true;
    od->place = flow_calloc(n_place, sizeof *od->place);
    for (int64_t i = 0; i < n_place && od->place != NULL; i++) {
        od->place[i] = flow_strdup(text[i]);
        good = good && od->place[i] != NULL;
    }
    od->n_place = (int32_t)n_place;
    flow_dealloc(text);
    return good && od->place != NULL ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory for places");
}

static int32_t place_of(const flow_od *od, const char *text)
{
    char **found = bsearch(&text, od->place, (size_t)od->n_place, sizeof *od->place, by_text);
    return (int32_t)(found - od->place);
}

/// Keys of all rows between different places, sorted.
static flow_err sort_rows(const flow_table *table, const columns *c, flow_problems *problems,
                          flow_od *od, key *keys)
{
    for (int64_t r = 0; r < flow_table_n_row(table); r++) {
        int64_t year = 0;
        const char *from = flow_table_text(table, r, c->origin);
        const char *to = flow_table_text(table, r, c->target);
        if (*from == '\0' || *to == '\0') {
            flow_problem_error(problems,
                               flow_table_mark(table, r, *from == '\0' ? c->origin : c->target),
                               "a flow needs the names of two places");
        }
        if (c->year >= 0) {
            (void)flow_table_integer(table, r, c->year, "year", "", -100000, 100000, (double)NAN,
                                     problems, &year);
        }
        if (strcmp(from, to) == 0) {
            od->n_own++;
            continue;
        }
        keys[od->n_row++] = (key){(int32_t)year, place_of(od, from), place_of(od, to), r};
    }
    qsort(keys, (size_t)od->n_row, sizeof *keys, by_key);
    for (int64_t i = 1; i < od->n_row; i++) {
        if (keys[i].year == keys[i - 1].year && keys[i].origin == keys[i - 1].origin &&
            keys[i].target == keys[i - 1].target) {
            flow_problem_error(problems, flow_table_mark(table, keys[i].row, c->target),
                               "a second flow from '%s' to '%s' in one year; the first stands in "
                               "line %d",
                               od->place[keys[i].origin], od->place[keys[i].target],
                               (int)flow_table_mark(table, keys[i - 1].row, c->target).line);
        }
    }
    return FLOW_OK;
}

static bool allocate(const columns *c, flow_od *od)
{
    const int64_t n = od->n_row;
    od->origin = flow_calloc(n, sizeof *od->origin);
    od->target = flow_calloc(n, sizeof *od->target);
    od->year = flow_calloc(n, sizeof *od->year);
    od->flow = flow_calloc(n, sizeof *od->flow);
    od->x = flow_calloc(n * od->n_feature, sizeof *od->x);
    od->first = flow_calloc(n + 1, sizeof *od->first);
    if (c->distance >= 0) { od->distance = flow_calloc(n, sizeof(double)); }
    if (c->population >= 0) { od->population = flow_calloc(n, sizeof(double)); }
    if (c->origin_population >= 0) { od->origin_population = flow_calloc(n, sizeof(double)); }
    return od->origin != NULL && od->target != NULL && od->year != NULL && od->flow != NULL &&
           od->x != NULL && od->first != NULL && (c->distance < 0 || od->distance != NULL) &&
           (c->population < 0 || od->population != NULL) &&
           (c->origin_population < 0 || od->origin_population != NULL);
}

static void fill(const flow_table *table, const columns *c, const key *keys,
                 flow_problems *problems, flow_od *od)
{
    for (int64_t i = 0; i < od->n_row; i++) {
        const int64_t r = keys[i].row;
        od->origin[i] = keys[i].origin;
        od->target[i] = keys[i].target;
        od->year[i] = keys[i].year;
        (void)flow_table_number(table, r, c->flow, "flow", "people", 0.0, 1e12, (double)NAN,
                                problems, &od->flow[i]);
        if (od->distance != NULL) {
            (void)flow_table_number(table, r, c->distance, "distance", "km", 1e-9, 1e9, (double)NAN,
                                    problems, &od->distance[i]);
        }
        if (od->population != NULL) {
            (void)flow_table_number(table, r, c->population, "population", "", 1e-12, 1e12,
                                    (double)NAN, problems, &od->population[i]);
        }
        if (od->origin_population != NULL) {
            (void)flow_table_number(table, r, c->origin_population, "population of the origin", "",
                                    1e-12, 1e12, (double)NAN, problems, &od->origin_population[i]);
        }
        for (int32_t f = 0; f < od->n_feature; f++) {
            od->x[i * od->n_feature + f] =
                feature_value(table, r, &c->feature[f], od->feature[f], problems);
        }
        const bool begins =
            i == 0 || keys[i].year != keys[i - 1].year || keys[i].origin != keys[i - 1].origin;
        if (begins) { od->first[od->n_situation++] = i; }
    }
    od->first[od->n_situation] = od->n_row;
}

static flow_err read_rows(const flow_table *table, const flow_od_columns *want,
                          flow_problems *problems, columns *c, flow_od *od)
{
    c->feature = flow_calloc(want->n_feature, sizeof *c->feature);
    od->feature = flow_calloc(want->n_feature, sizeof *od->feature);
    od->n_feature = want->n_feature;
    if (c->feature == NULL || od->feature == NULL ||
        !find_columns(table, want, problems, c, od->feature)) {
        return flow_fail(FLOW_ENOMEM, "no memory for %d features", (int)want->n_feature);
    }
    const int64_t n = flow_table_n_row(table);
    if (n > most_rows) {
        flow_problem_error(problems, flow_table_mark(table, most_rows, 0), "more than %lld flows",
                           (long long)most_rows);
    }
    if (problems->n_error > 0) { return FLOW_OK; }
    FLOW_TRY(name_places(table, c, od));
    key *keys = flow_calloc(n, sizeof *keys);
    if (keys == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %lld flows", (long long)n); }
    flow_err err = sort_rows(table, c, problems, od, keys);
    if (err == FLOW_OK && !allocate(c, od)) {
        err = flow_fail(FLOW_ENOMEM, "no memory for %lld flows", (long long)od->n_row);
    }
    if (err == FLOW_OK) { fill(table, c, keys, problems, od); }
    flow_dealloc(keys);
    return err;
}

flow_err flow_od_parse(const char *name, const char *text, int64_t size,
                       const flow_od_columns *want, flow_problems *problems, flow_od **out)
{
    *out = NULL;
    flow_table *table = NULL;
    const flow_table_options plain = {0};
    FLOW_TRY(flow_table_parse(name, text, size, &plain, problems, &table));
    columns c = {.feature = NULL};
    flow_od *od = flow_calloc(1, sizeof *od);
    flow_err err = od == NULL ? flow_fail(FLOW_ENOMEM, "no memory for flows") : FLOW_OK;
    if (err == FLOW_OK && problems->n_error == 0) {
        err = read_rows(table, want, problems, &c, od);
    }
    flow_dealloc(c.feature);
    flow_table_free(table);
    if (err == FLOW_OK && problems->n_error == 0) {
        *out = od;
    } else {
        flow_od_free(od);
    }
    return err;
}

void flow_od_free(flow_od *od)
{
    if (od == NULL) { return; }
    for (int32_t i = 0; od->place != NULL && i < od->n_place; i++) { flow_dealloc(od->place[i]); }
    for (int32_t f = 0; od->feature != NULL && f < od->n_feature; f++) {
        flow_dealloc(od->feature[f]);
    }
    flow_dealloc(od->place);
    flow_dealloc(od->feature);
    flow_dealloc(od->origin);
    flow_dealloc(od->target);
    flow_dealloc(od->year);
    flow_dealloc(od->flow);
    flow_dealloc(od->x);
    flow_dealloc(od->distance);
    flow_dealloc(od->population);
    flow_dealloc(od->origin_population);
    flow_dealloc(od->first);
    flow_dealloc(od);
}
