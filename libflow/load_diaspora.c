// diaspora.csv: people of an origin who live elsewhere already, and whom newcomers follow.
#include "load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PEOPLE 1e10

/// People of a place, or of one of a country's places, at another one.
typedef struct tie {
    int32_t origin, place;
    double people;
    int64_t row;
} tie;

typedef struct ties {
    tie *row;
    int64_t n, size;
} ties;

static int by_origin_and_place(const void *a, const void *b)
{
    const tie *x = a;
    const tie *y = b;
    if (x->origin != y->origin) { return x->origin < y->origin ? -1 : 1; }
    if (x->place != y->place) { return x->place < y->place ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

static flow_err no_memory(void)
{
    return flow_fail(FLOW_ENOMEM, "no memory for the diaspora");
}

static flow_err add(ties *list, tie one)
{
    if (one.origin == one.place) { return FLOW_OK; } // at home
    if (list->n == list->size) {
        const int64_t size = list->size > 0 ? 2 * list->size : 64;
        tie *longer = flow_realloc(list->row, size, sizeof *longer);
        if (longer == NULL) { return no_memory(); }
        list->row = longer;
        list->size = size;
    }
    list->row[list->n++] = one;
    return FLOW_OK;
}

/// A row of the table; the origin is a place, or a country and then each of its places.
static flow_err add_row(flow_loader *l, const flow_table *t, int64_t row, int32_t c_origin, tie one,
                        ties *list)
{
    const flow_scenario *s = l->s;
    const char *origin = flow_table_text(t, row, c_origin);
    one.row = row;
    one.origin = flow_load_find(l, origin);
    if (one.origin >= 0) { return add(list, one); }
    bool found = false;
    for (int32_t p = 0; p < s->n_place; p++) {
        if (strcmp(s->place_country[p], origin) != 0 || *origin == '\0') { continue; }
        found = true;
        one.origin = p;
        FLOW_TRY(add(list, one));
    }
    if (found) { return FLOW_OK; }
    char shown[64];
    const char *near = flow_load_nearest(l, origin);
    flow_problem_error(&l->problems, flow_table_mark(t, row, c_origin),
                       "origin '%s' is neither a place nor a country%s%s%s",
                       flow_quote(origin, shown), near != NULL ? "; did you mean '" : "",
                       near != NULL ? near : "", near != NULL ? "'?" : "");
    return FLOW_OK;
}

/// Sorted by origin, then place; what is said twice adds up.
static flow_err keep(flow_scenario *s, ties *list)
{
    s->tie_first = flow_keep(s, (int64_t)s->n_place + 1, sizeof *s->tie_first);
    s->tie_place = flow_keep(s, list->n, sizeof *s->tie_place);
    s->tie_people = flow_keep(s, list->n, sizeof *s->tie_people);
    if (s->tie_first == NULL || s->tie_place == NULL || s->tie_people == NULL) {
        return no_memory();
    }
    if (list->n > 0) { qsort(list->row, (size_t)list->n, sizeof *list->row, by_origin_and_place); }
    int64_t n = 0, i = 0;
    for (int32_t p = 0; p < s->n_place; p++) {
        s->tie_first[p] = n;
        for (; i < list->n && list->row[i].origin == p; i++) {
            if (n == s->tie_first[p] || s->tie_place[n - 1] != list->row[i].place) {
                s->tie_place[n++] = list->row[i].place;
            }
            s->tie_people[n - 1] += list->row[i].people;
        }
    }
    s->tie_first[s->n_place] = n;
    return FLOW_OK;
}

flow_err flow_load_diaspora(flow_loader *l, flow_table *t)
{
    const int64_t before = l->problems.n_error;
    const int32_t origin = flow_table_need(t, "origin", &l->problems);
    const int32_t place = flow_table_need(t, "place", &l->problems);
    const int32_t people = flow_table_need(t, "people", &l->problems);
    flow_load_other_columns(l, t, "origin,place,people");
    if (l->problems.n_error > before) { return FLOW_OK; }
    ties list = {0};
    flow_err err = FLOW_OK;
    for (int64_t row = 0; row < flow_table_n_row(t) && err == FLOW_OK; row++) {
        tie one = {.place = flow_load_need(l, flow_table_text(t, row, place), "place",
                                           flow_table_mark(t, row, place))};
        const bool good = flow_table_number(t, row, people, "people", "", 0.0, MOST_PEOPLE,
                                            (double)NAN, &l->problems, &one.people);
        if (one.place >= 0 && l->s->place_kind[one.place] == FLOW_MARKER) {
            flow_problem_error(&l->problems, flow_table_mark(t, row, place),
                               "a marker is only a point on the road: nobody lives there");
        }
        if (one.place >= 0 && good) { err = add_row(l, t, row, origin, one, &list); }
    }
    if (err == FLOW_OK && l->problems.n_error == before) { err = keep(l->s, &list); }
    flow_dealloc(list.row);
    return err;
}
