// Links and events: from the order of the files to the order of the scenario.
#include "load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

flow_err flow_load_add_link(flow_loader *l, flow_load_link link)
{
    if (l->n_link == l->size_link) {
        const int64_t size = l->size_link == 0 ? 256 : 2 * l->size_link;
        flow_load_link *longer = flow_realloc(l->link, size, sizeof *longer);
        if (longer == NULL || size > INT32_MAX) { return flow_fail(FLOW_ENOMEM, "too many links"); }
        l->link = longer;
        l->size_link = size;
    }
    l->link[l->n_link++] = link;
    return FLOW_OK;
}

/// Counting sort by origin: the order of the file stays within a place.
flow_err flow_load_links(flow_loader *l)
{
    flow_scenario *s = l->s;
    const int32_t n = (int32_t)l->n_link;
    s->n_link = n;
    s->link_from = flow_keep(s, n, sizeof *s->link_from);
    s->link_to = flow_keep(s, n, sizeof *s->link_to);
    s->link_row = flow_keep(s, n, sizeof *s->link_row);
    s->link_mode = flow_keep(s, n, sizeof *s->link_mode);
    s->length_km = flow_keep(s, n, sizeof *s->length_km);
    s->speed_km_d = flow_keep(s, n, sizeof *s->speed_km_d);
    s->walk_probability = flow_keep(s, n, sizeof *s->walk_probability);
    s->first_link = flow_keep(s, (int64_t)s->n_place + 1, sizeof *s->first_link);
    int32_t *next = flow_calloc((int64_t)s->n_place + 1, sizeof *next);
    if (!(s->link_from && s->link_to && s->link_row && s->link_mode && s->length_km &&
          s->speed_km_d && s->walk_probability && s->first_link && next)) {
        flow_dealloc(next);
        return flow_fail(FLOW_ENOMEM, "no memory for %d links", (int)n);
    }
    for (int32_t i = 0; i < n; i++) { s->first_link[l->link[i].from + 1]++; }
    for (int32_t p = 0; p < s->n_place; p++) {
        s->first_link[p + 1] += s->first_link[p];
        next[p] = s->first_link[p];
    }
    for (int32_t i = 0; i < n; i++) {
        const flow_load_link *link = &l->link[i];
        const int32_t k = next[link->from]++;
        s->link_from[k] = link->from;
        s->link_to[k] = link->to;
        s->link_row[k] = link->row;
        s->link_mode[k] = link->mode;
        s->length_km[k] = link->length_km;
        s->speed_km_d[k] = link->speed_km_d;
        s->walk_probability[k] = link->walk_probability;
    }
    flow_dealloc(next);
    return FLOW_OK;
}

/// Parallel links are two choices of the hop rule, so they draw twice the people: worth a warning.
static void parallel_links(flow_loader *l, const flow_table *t, int32_t column)
{
    const flow_scenario *s = l->s;
    if (s->set.movement.rule == FLOW_MOVE_DESTINATION) { return; } // the faster one is taken
    int32_t *seen = flow_calloc(s->n_place, sizeof *seen);         // last link to a place, plus 1
    if (seen == NULL) {
        l->problems.no_memory = true;
        return;
    }
    for (int32_t p = 0; p < s->n_place; p++) {
        for (int32_t i = s->first_link[p]; i < s->first_link[p + 1]; i++) {
            const int32_t to = s->link_to[i];
            const int32_t before = seen[to] - 1;
            seen[to] = i + 1;
            if (before < s->first_link[p] || s->link_row[before] == s->link_row[i] || to < p) {
                continue;
            }
            char a[64];
            char b[64];
            flow_problem_warning(&l->problems, flow_table_mark(t, s->link_row[i], column),
                                 "'%s' and '%s' are linked already in line %d; each of the links "
                                 "draws people",
                                 flow_quote(s->place_name[p], a), flow_quote(s->place_name[to], b),
                                 (int)flow_table_mark(t, s->link_row[before], 0).line);
        }
    }
    flow_dealloc(seen);
}

/// A place without a link keeps its people for ever.
static void lonely_places(flow_loader *l)
{
    const flow_scenario *s = l->s;
    bool *linked = flow_calloc(s->n_place, sizeof *linked);
    if (linked == NULL) {
        l->problems.no_memory = true;
        return;
    }
    for (int32_t i = 0; i < s->n_link; i++) {
        linked[s->link_from[i]] = linked[s->link_to[i]] = true;
    }
    for (int32_t p = 0; p < s->n_place && s->n_place > 1; p++) {
        char shown[64];
        if (linked[p]) { continue; }
        flow_problem_warning(&l->problems, (flow_mark){.file = s->path},
                             "place '%s' has no link: nobody comes or goes",
                             flow_quote(s->place_name[p], shown));
    }
    flow_dealloc(linked);
}

void flow_load_check_links(flow_loader *l, const flow_table *t, int32_t column)
{
    parallel_links(l, t, column);
    if (l->problems.n_error == 0) { lonely_places(l); }
}

static bool are_linked(const flow_scenario *s, int32_t a, int32_t b)
{
    for (int32_t i = s->first_link[a]; i < s->first_link[a + 1]; i++) {
        if (s->link_to[i] == b) { return true; }
    }
    return false;
}

void flow_load_check_route(flow_loader *l, const int32_t *stop, flow_mark at)
{
    for (int32_t i = 0; stop[i] >= 0 && stop[i + 1] >= 0; i++) {
        if (are_linked(l->s, stop[i], stop[i + 1])) { continue; }
        char a[64];
        char b[64];
        flow_problem_error(&l->problems, at, "no link goes from '%s' to '%s'",
                           flow_quote(l->s->place_name[stop[i]], a),
                           flow_quote(l->s->place_name[stop[i + 1]], b));
    }
}

flow_err flow_load_add_event(flow_loader *l, flow_event event)
{
    flow_scenario *s = l->s;
    event.day = (int32_t)floor(event.day / s->dt + 1e-6); // from days to steps
    if (event.day >= s->n_step) { return FLOW_OK; }
    if (event.day < 0) { event.day = 0; }
    if (s->n_event == l->size_event) {
        const int64_t size = l->size_event == 0 ? 64 : 2 * l->size_event;
        flow_event *longer = flow_realloc(s->event, size, sizeof *longer);
        if (longer == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for events"); }
        s->event = longer;
        l->size_event = size;
    }
    s->event[s->n_event++] = event;
    return FLOW_OK;
}

/// Close and open one link, or change the kind of one place.
static flow_err both(flow_loader *l, int32_t index, int32_t start, int32_t end, flow_event at_start,
                     flow_event at_end)
{
    if (end <= 0 && start < end) { return FLOW_OK; } // over before the first day
    at_start.day = start;
    at_start.index = at_end.index = index;
    at_end.day = end;
    FLOW_TRY(flow_load_add_event(l, at_start));
    return end == INT32_MAX ? FLOW_OK : flow_load_add_event(l, at_end);
}

/// Country index of a name, -1 (with an error) when no place has it.
static int32_t need_country(flow_loader *l, const char *name, flow_mark at)
{
    const flow_scenario *s = l->s;
    for (int32_t p = 0; p < s->n_place; p++) {
        if (strcmp(s->place_country[p], name) == 0) { return s->country[p]; }
    }
    char shown[64];
    const char *near = flow_nearest(name, (const char *const *)s->place_country, s->n_place);
    flow_problem_error(&l->problems, at, "country '%s' has no place%s%s%s", flow_quote(name, shown),
                       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return -1;
}

static flow_err close_countries(flow_loader *l, const char *from, const char *to, int32_t start,
                                int32_t end, flow_mark at)
{
    const int32_t a = need_country(l, from, at);
    const int32_t b = need_country(l, to, at);
    const flow_scenario *s = l->s;
    int64_t n = 0;
    for (int32_t i = 0; i < s->n_link && a >= 0 && b >= 0; i++) {
        const int32_t x = s->country[s->link_from[i]];
        const int32_t y = s->country[s->link_to[i]];
        if (!((x == a && y == b) || (x == b && y == a))) { continue; }
        n++;
        FLOW_TRY(both(l, i, start, end, (flow_event){.kind = FLOW_EVENT_CLOSE},
                      (flow_event){.kind = FLOW_EVENT_OPEN}));
    }
    if (n == 0 && a >= 0 && b >= 0) {
        char x[64];
        char y[64];
        flow_problem_warning(&l->problems, at, "no link joins '%s' and '%s': nothing is closed",
                             flow_quote(from, x), flow_quote(to, y));
    }
    return FLOW_OK;
}

static flow_err close_place(flow_loader *l, const char *from, int32_t start, int32_t end,
                            flow_mark at)
{
    const int32_t place = flow_load_need(l, from, "place", at);
    const flow_scenario *s = l->s;
    for (int32_t i = 0; i < s->n_link && place >= 0; i++) {
        if (s->link_from[i] != place && s->link_to[i] != place) { continue; }
        FLOW_TRY(both(l, i, start, end, (flow_event){.kind = FLOW_EVENT_CLOSE},
                      (flow_event){.kind = FLOW_EVENT_OPEN}));
    }
    return FLOW_OK;
}

static flow_err close_link(flow_loader *l, const char *from, const char *to, int32_t start,
                           int32_t end, flow_mark at)
{
    const int32_t a = flow_load_need(l, from, "place", at);
    const int32_t b = flow_load_need(l, to, "place", at);
    const flow_scenario *s = l->s;
    if (a < 0 || b < 0) { return FLOW_OK; }
    if (s->set.quirks.ignore_link_closures) {
        flow_problem_warning(&l->problems, at,
                             "a closure of kind link does nothing in FLEE; it is left out "
                             "(quirks.ignore_link_closures=false lets it act)");
        return FLOW_OK;
    }
    int64_t n = 0;
    for (int32_t i = 0; i < s->n_link; i++) {
        const int32_t x = s->link_from[i];
        const int32_t y = s->link_to[i];
        if (!((x == a && y == b) || (x == b && y == a))) { continue; }
        n++;
        FLOW_TRY(both(l, i, start, end, (flow_event){.kind = FLOW_EVENT_CLOSE},
                      (flow_event){.kind = FLOW_EVENT_OPEN}));
    }
    if (n == 0) {
        char x[64];
        char y[64];
        flow_problem_error(&l->problems, at, "there is no link between '%s' and '%s'",
                           flow_quote(from, x), flow_quote(to, y));
    }
    return FLOW_OK;
}

flow_err flow_load_close(flow_loader *l, const char *kind, const char *from, const char *to,
                         int32_t start, int32_t end, flow_mark at)
{
    if (strcmp(kind, "country") == 0) { return close_countries(l, from, to, start, end, at); }
    if (strcmp(kind, "place") == 0) { return close_place(l, from, start, end, at); }
    if (strcmp(kind, "link") == 0) { return close_link(l, from, to, start, end, at); }
    const int32_t place = flow_load_need(l, from, "camp", at);
    if (place < 0) { return FLOW_OK; }
    const int32_t camp = strcmp(kind, "idp_camp") == 0 ? FLOW_IDP_CAMP : FLOW_CAMP;
    return both(l, place, start, end,
                (flow_event){.kind = FLOW_EVENT_KIND, .value = (double)FLOW_TOWN},
                (flow_event){.kind = FLOW_EVENT_KIND, .value = (double)camp});
}

static int compare_events(const void *a, const void *b)
{
    const flow_event *x = a;
    const flow_event *y = b;
    if (x->day != y->day) { return x->day < y->day ? -1 : 1; }
    const int later_x = x->kind != FLOW_EVENT_CONFLICT;
    const int later_y = y->kind != FLOW_EVENT_CONFLICT;
    return later_x - later_y;
}

flow_err flow_load_events(flow_loader *l)
{
    // A stable merge sort, bottom up: qsort() may exchange equal events.
    flow_scenario *s = l->s;
    const int64_t n = s->n_event;
    flow_event *other = flow_calloc(n, sizeof *other);
    if (other == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for events"); }
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t first = 0; first < n; first += 2 * width) {
            const int64_t middle = first + width < n ? first + width : n;
            const int64_t end = first + 2 * width < n ? first + 2 * width : n;
            int64_t a = first;
            int64_t b = middle;
            for (int64_t k = first; k < end; k++) {
                const bool left =
                    a < middle && (b >= end || compare_events(&s->event[a], &s->event[b]) <= 0);
                other[k] = s->event[left ? a++ : b++];
            }
        }
        if (n > 0) { memcpy(s->event, other, (size_t)n * sizeof *other); }
    }
    flow_dealloc(other);
    return FLOW_OK;
}
