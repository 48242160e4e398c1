#include "routes.h"

#include "heap.h"

#include <math.h>
#include <omp.h>
#include <string.h>

typedef struct tree {
    flow_route *row;
    int32_t *place; ///< [size] of each row: what is looked for lies close together
    int32_t *first; ///< [size] first link of the way to each row, -1: row 0
    int32_t n, size;
    double limit; ///< a way that costs more cannot change the tree
} tree;

/// What is known of a place during a search.
typedef struct label {
    double cost;
    int64_t round; ///< of the search that wrote it; 0: none
    int32_t link;  ///< last link of the best way so far
    int32_t row;   ///< in the tree; -1: not settled; -2: settled on the way to a tie
} label;

struct flow_search {
    label *label;   ///< [n_place]
    int32_t *stack; ///< [n_place]
    int64_t *tied;  ///< [n_place] round of the last search that was after it as a tie; 0: none
    flow_heap heap; ///< rows: [n_link + 1]
    int64_t round;
};

struct flow_routes {
    flow_network net;
    flow_routes_options o;
    double *cost;         ///< [n_link] of the trees
    double *wish;         ///< [n_link] from the next update on
    int32_t *changed;     ///< [n_changed] links whose wish was set
    bool *is_changed;     ///< [n_link]
    bool *dearer;         ///< [n_link] scratch of an update
    bool *begins_cheaper; ///< [n_place] scratch: a link from here became cheaper
    int32_t *stale;       ///< [n_place] scratch: places to compute anew
    int32_t n_changed;
    tree *tree;           ///< [n_place]
    flow_search **search; ///< [o.threads]
};

// Costs -------------------------------------------------------------------------------------------

static double cost_of(const flow_link_input *in, int32_t link, int32_t mode)
{
    double speed = in->speed_km_d[mode];
    if (in->limit_km_d != NULL && in->limit_km_d[link] > 0.0) {
        speed = fmin(speed, in->limit_km_d[link]);
    }
    return speed > 0.0 ? in->length_km[link] / speed : (double)INFINITY;
}

flow_err flow_link_costs(const flow_link_input *in, double *cost, int32_t *mode)
{
    if (in->n_mode < 1 || in->n_mode > 32) {
        return flow_fail(FLOW_ERANGE, "%d modes of travel, not 1 to 32", (int)in->n_mode);
    }
    for (int32_t k = 0; k < in->n_link; k++) {
        if (!(in->length_km[k] > 0.0)) {
            return flow_fail(FLOW_ERANGE, "link %d: length %g km is not above 0", (int)k,
                             in->length_km[k]);
        }
        int32_t best = -1;
        double days = (double)INFINITY;
        for (int32_t m = 0; m < in->n_mode; m++) {
            const bool may = (in->open == NULL || in->open[k]) &&
                             (in->mode == NULL || (in->mode[k] >> m & 1U) != 0);
            if (may && cost_of(in, k, m) < days) {
                best = m;
                days = cost_of(in, k, m);
            }
        }
        cost[k] = best >= 0 && in->by_km ? in->length_km[k] : days;
        if (mode != NULL) { mode[k] = best; }
    }
    return FLOW_OK;
}

// Search ------------------------------------------------------------------------------------------

flow_err flow_search_create(const flow_routes *routes, flow_search **out)
{
    *out = NULL;
    flow_search *s = flow_calloc(1, sizeof *s);
    if (s != NULL) {
        s->label = flow_calloc(routes->net.n_place, sizeof *s->label);
        s->stack = flow_calloc(routes->net.n_place, sizeof *s->stack);
        s->tied = flow_calloc(routes->net.n_place, sizeof *s->tied);
        s->heap.row = flow_calloc((int64_t)routes->net.n_link + 1, sizeof *s->heap.row);
    }
    if (s == NULL || s->label == NULL || s->stack == NULL || s->tied == NULL ||
        s->heap.row == NULL) {
        flow_search_free(s);
        return flow_fail(FLOW_ENOMEM, "no memory for a search over %d links",
                         (int)routes->net.n_link);
    }
    *out = s;
    return FLOW_OK;
}

void flow_search_free(flow_search *s)
{
    if (s == NULL) { return; }
    flow_dealloc(s->heap.row);
    flow_dealloc(s->tied);
    flow_dealloc(s->stack);
    flow_dealloc(s->label);
    flow_dealloc(s);
}

static void begin(flow_search *s, int32_t place)
{
    s->round++;
    s->heap.n = 0;
    s->label[place] = (label){.cost = 0.0, .round = s->round, .link = -1, .row = -1};
    flow_heap_push(&s->heap, 0.0, place);
}

/// The next place to settle, -1: none is left.
static int32_t pop(flow_search *s)
{
    while (s->heap.n > 0) {
        const flow_heap_row top = flow_heap_pop(&s->heap);
        const label *at = &s->label[top.place];
        if (at->row == -1 && top.cost == at->cost) { return top.place; }
    }
    return -1;
}

/// Offer all places behind a settled one a way that costs at most `radius`.
static void relax(const flow_routes *r, flow_search *s, int32_t place, double radius)
{
    const double so_far = s->label[place].cost;
    for (int32_t k = r->net.first_link[place]; k < r->net.first_link[place + 1]; k++) {
        const double cost = so_far + r->cost[k];
        if (!(cost <= radius) || cost == (double)INFINITY) { continue; }
        label *to = &s->label[r->net.link_to[k]];
        if (to->round != s->round) {
            *to = (label){.cost = (double)INFINITY, .round = s->round, .link = -1, .row = -1};
        }
        // A settled place cannot be improved, but rounding can make an equal offer.
        if (to->row != -1 || cost > to->cost || (cost == to->cost && k > to->link)) { continue; }
        if (cost < to->cost) { flow_heap_push(&s->heap, cost, r->net.link_to[k]); }
        to->cost = cost;
        to->link = k;
    }
}

// Trees -------------------------------------------------------------------------------------------

static bool add_row(tree *t, flow_route row, int32_t most)
{
    if (t->n == t->size) {
        const int32_t size = t->size > 0 ? 2 * t->size : most > 0 && most < 256 ? most + 1 : 16;
        flow_route *grown = flow_realloc(t->row, size, sizeof *grown);
        if (grown == NULL) { return false; }
        t->row = grown;
        int32_t *place = flow_realloc(t->place, size, sizeof *place);
        if (place != NULL) { t->place = place; }
        int32_t *first = flow_realloc(t->first, size, sizeof *first);
        if (first != NULL) { t->first = first; }
        if (place == NULL || first == NULL) { return false; }
        t->size = size;
    }
    t->place[t->n] = row.place;
    t->first[t->n] = row.parent > 0 ? t->first[row.parent] : row.link;
    t->row[t->n++] = row;
    return true;
}

/// Put a settled place into the tree.
static bool keep(const flow_routes *r, flow_search *s, tree *t, int32_t place, bool target)
{
    label *at = &s->label[place];
    const int32_t before = at->link >= 0 ? r->net.link_from[at->link] : -1;
    const flow_route row = {.cost = at->cost,
                            .place = place,
                            .parent = before >= 0 ? s->label[before].row : -1,
                            .link = at->link,
                            .target = target};
    at->row = t->n;
    return add_row(t, row, r->o.most);
}

/// Settle places until all ties of the source are reached; then keep the ways to them.
static bool add_ties(const flow_routes *r, flow_search *s, tree *t, int32_t source)
{
    const int64_t first = r->o.tie_first[source], end = r->o.tie_first[source + 1];
    int64_t wanted = 0;
    for (int64_t i = first; i < end; i++) {
        const label *at = &s->label[r->o.tie[i]];
        if (s->tied[r->o.tie[i]] == s->round || (at->round == s->round && at->row != -1)) {
            continue;
        }
        s->tied[r->o.tie[i]] = s->round;
        wanted++;
    }
    while (wanted > 0) {
        const int32_t place = pop(s);
        if (place < 0) { break; }
        s->label[place].row = -2;
        wanted -= s->tied[place] == s->round;
        relax(r, s, place, (double)INFINITY);
    }
    for (int64_t i = first; i < end; i++) {
        int32_t n = 0;
        int32_t place = r->o.tie[i];
        if (s->label[place].round != s->round || s->label[place].row == -1) { continue; }
        while (s->label[place].row == -2) {
            s->stack[n++] = place;
            place = r->net.link_from[s->label[place].link];
        }
        while (n > 0) {
            if (!keep(r, s, t, s->stack[--n], false)) { return false; }
        }
        flow_route *row = &t->row[s->label[r->o.tie[i]].row];
        if (row->place != source) { row->target = true; }
    }
    return true;
}

static bool grow(const flow_routes *r, flow_search *s, int32_t source)
{
    tree *t = &r->tree[source];
    const bool ties = r->o.tie_first != NULL && r->o.tie_first[source + 1] > r->o.tie_first[source];
    const double radius = r->o.radius > 0.0 ? r->o.radius : (double)INFINITY;
    int32_t n_target = 0;
    t->n = 0;
    t->limit = radius;
    begin(s, source);
    for (int32_t place = pop(s); place >= 0; place = pop(s)) {
        const double cost = s->label[place].cost;
        if (cost > radius) { // only offered because there are ties
            flow_heap_push(&s->heap, cost, place);
            break;
        }
        const bool target = place != source && (r->o.through == NULL || !r->o.through[place]);
        if (!keep(r, s, t, place, target)) { return false; }
        n_target += target;
        const bool full = target && n_target == r->o.most;
        if (!full || ties) { relax(r, s, place, ties ? (double)INFINITY : radius); }
        if (full) {
            t->limit = cost;
            break;
        }
    }
    return !ties || add_ties(r, s, t, source);
}

/// Compute the trees of some places, on all threads.
static flow_err grow_trees(flow_routes *r, const int32_t *place, int32_t n)
{
    bool good = true;
#pragma omp parallel for schedule(dynamic, 8) num_threads(r->o.threads) if (n > 8) default(none)   \
    shared(r, place, n) reduction(&& : good)
    for (int32_t i = 0; i < n; i++) {
        good = grow(r, r->search[omp_get_thread_num()], place[i]) && good;
    }
    return good ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory for the ways from %d places", (int)n);
}

// Object ------------------------------------------------------------------------------------------

static flow_err check(const flow_network *net, const double *cost, const flow_routes_options *o)
{
    if (o->most < 0 || !(o->radius >= 0.0) || o->threads < 0 || o->threads > 1024) {
        return flow_fail(FLOW_ERANGE, "most = %d, radius = %g, threads = %d: none may be below 0",
                         (int)o->most, o->radius, (int)o->threads);
    }
    for (int32_t k = 0; k < net->n_link; k++) {
        if (!(cost[k] > 0.0)) {
            return flow_fail(FLOW_ERANGE, "link %d: cost %g is not above 0", (int)k, cost[k]);
        }
    }
    const int64_t n_tie = o->tie_first != NULL ? o->tie_first[net->n_place] : 0;
    for (int64_t i = 0; i < n_tie; i++) {
        if (o->tie[i] < 0 || o->tie[i] >= net->n_place) {
            return flow_fail(FLOW_ERANGE, "tie to place %d is outside [0, %d)", (int)o->tie[i],
                             (int)net->n_place);
        }
    }
    return FLOW_OK;
}

static bool allocate(flow_routes *r)
{
    const int32_t n_place = r->net.n_place, n_link = r->net.n_link;
    r->cost = flow_calloc(n_link, sizeof *r->cost);
    r->wish = flow_calloc(n_link, sizeof *r->wish);
    r->changed = flow_calloc(n_link, sizeof *r->changed);
    r->is_changed = flow_calloc(n_link, sizeof *r->is_changed);
    r->dearer = flow_calloc(n_link, sizeof *r->dearer);
    r->begins_cheaper = flow_calloc(n_place, sizeof *r->begins_cheaper);
    r->stale = flow_calloc(n_place, sizeof *r->stale);
    r->tree = flow_calloc(n_place, sizeof *r->tree);
    r->search = flow_calloc(r->o.threads, sizeof *r->search);
    bool good = r->cost != NULL && r->wish != NULL && r->changed != NULL && r->is_changed != NULL &&
                r->dearer != NULL && r->begins_cheaper != NULL && r->stale != NULL &&
                r->tree != NULL && r->search != NULL;
    for (int32_t i = 0; i < r->o.threads && good; i++) {
        good = flow_search_create(r, &r->search[i]) == FLOW_OK;
    }
    return good;
}

flow_err flow_routes_create(const flow_network *network, const double *cost,
                            const flow_routes_options *options, flow_routes **out)
{
    *out = NULL;
    FLOW_TRY(check(network, cost, options));
    flow_routes *r = flow_calloc(1, sizeof *r);
    if (r == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for routes"); }
    r->net = *network;
    r->o = *options;
    if (r->o.threads == 0) { r->o.threads = omp_get_max_threads(); }
    flow_err err = FLOW_OK;
    if (!allocate(r)) {
        err = flow_fail(FLOW_ENOMEM, "no memory for routes over %d links", (int)network->n_link);
    } else {
        memcpy(r->cost, cost, (size_t)network->n_link * sizeof *cost);
        memcpy(r->wish, cost, (size_t)network->n_link * sizeof *cost);
        for (int32_t p = 0; p < network->n_place; p++) { r->stale[p] = p; }
        err = grow_trees(r, r->stale, network->n_place);
    }
    if (err != FLOW_OK) {
        flow_routes_free(r);
        return err;
    }
    *out = r;
    return FLOW_OK;
}

void flow_routes_free(flow_routes *r)
{
    if (r == NULL) { return; }
    for (int32_t i = 0; r->search != NULL && i < r->o.threads; i++) {
        flow_search_free(r->search[i]);
    }
    for (int32_t p = 0; r->tree != NULL && p < r->net.n_place; p++) {
        flow_dealloc(r->tree[p].row);
        flow_dealloc(r->tree[p].place);
        flow_dealloc(r->tree[p].first);
    }
    flow_dealloc(r->search);
    flow_dealloc(r->tree);
    flow_dealloc(r->stale);
    flow_dealloc(r->begins_cheaper);
    flow_dealloc(r->dearer);
    flow_dealloc(r->is_changed);
    flow_dealloc(r->changed);
    flow_dealloc(r->wish);
    flow_dealloc(r->cost);
    flow_dealloc(r);
}

const flow_route *flow_routes_from(const flow_routes *r, int32_t place, int32_t *n)
{
    *n = r->tree[place].n;
    return r->tree[place].row;
}

int32_t flow_routes_row(const flow_routes *r, int32_t from, int32_t to)
{
    const tree *t = &r->tree[from];
    for (int32_t i = 0; i < t->n; i++) {
        if (t->place[i] == to) { return i; }
    }
    return -1;
}

int32_t flow_routes_first(const flow_routes *r, int32_t from, int32_t row)
{
    return r->tree[from].first[row];
}

void flow_routes_sum(const flow_routes *r, int32_t from, const double *value, double *out)
{
    const tree *t = &r->tree[from];
    out[0] = 0.0;
    for (int32_t i = 1; i < t->n; i++) { out[i] = out[t->row[i].parent] + value[t->row[i].link]; }
}

int64_t flow_routes_bytes(const flow_routes *r)
{
    const int64_t n_place = r->net.n_place, n_link = r->net.n_link;
    int64_t bytes = (int64_t)sizeof *r;
    bytes += n_link * (int64_t)(2 * sizeof *r->cost + sizeof *r->changed + sizeof *r->is_changed +
                                sizeof *r->dearer);
    bytes += n_place * (int64_t)(sizeof *r->begins_cheaper + sizeof *r->stale + sizeof *r->tree);
    bytes += r->o.threads * (n_place * (int64_t)(sizeof(label) + sizeof(int32_t)) +
                             (n_link + 1) * (int64_t)sizeof(flow_heap_row));
    for (int32_t p = 0; p < n_place; p++) {
        const tree *t = &r->tree[p];
        bytes += t->size * (int64_t)(sizeof *t->row + sizeof *t->place + sizeof *t->first);
    }
    return bytes;
}

// Changes -----------------------------------------------------------------------------------------

flow_err flow_routes_set(flow_routes *r, int32_t link, double cost)
{
    if (link < 0 || link >= r->net.n_link) {
        return flow_fail(FLOW_ERANGE, "link %d is outside [0, %d)", (int)link, (int)r->net.n_link);
    }
    if (!(cost > 0.0)) {
        return flow_fail(FLOW_ERANGE, "link %d: cost %g is not above 0", (int)link, cost);
    }
    r->wish[link] = cost;
    if (!r->is_changed[link]) {
        r->is_changed[link] = true;
        r->changed[r->n_changed++] = link;
    }
    return FLOW_OK;
}

/// Whether a link from the place of a row that became cheaper can change the tree. When several
/// did, the first of them on a better way stands behind an old way, so it is found.
static bool can_use_cheaper(const flow_routes *r, const tree *t, const flow_route *row)
{
    for (int32_t k = r->net.first_link[row->place]; k < r->net.first_link[row->place + 1]; k++) {
        if (!(r->wish[k] < r->cost[k])) { continue; }
        const double cost = row->cost + r->wish[k];
        double best = t->limit;
        for (int32_t i = 0; i < t->n; i++) {
            if (t->row[i].place == r->net.link_to[k]) { best = t->row[i].cost; }
        }
        if (cost <= best) { return true; } // an equal way may be the one to take
    }
    return false;
}

static bool is_stale(const flow_routes *r, int32_t place, bool any_cheaper)
{
    const tree *t = &r->tree[place];
    const bool ties = r->o.tie_first != NULL && r->o.tie_first[place + 1] > r->o.tie_first[place];
    if (ties && any_cheaper) { return true; }
    for (int32_t i = 0; i < t->n; i++) {
        const flow_route *row = &t->row[i];
        if (row->link >= 0 && r->dearer[row->link]) { return true; }
        if (r->begins_cheaper[row->place] && can_use_cheaper(r, t, row)) { return true; }
    }
    return false;
}

/// Sort out what became of the changed links; true: some became cheaper.
static bool mark(flow_routes *r, bool on)
{
    bool any_cheaper = false;
    for (int32_t i = 0; i < r->n_changed; i++) {
        const int32_t k = r->changed[i];
        const bool cheaper = r->wish[k] < r->cost[k];
        if (r->wish[k] > r->cost[k]) { r->dearer[k] = on; }
        if (cheaper) { r->begins_cheaper[r->net.link_from[k]] = on; }
        any_cheaper = any_cheaper || cheaper;
    }
    return any_cheaper;
}

flow_err flow_routes_update(flow_routes *r, int32_t *n)
{
    if (n != NULL) { *n = 0; }
    const bool any_cheaper = mark(r, true);
    const int32_t n_place = r->net.n_place;
    int32_t *stale = r->stale;
#pragma omp parallel for schedule(static)                                                          \
    num_threads(r->o.threads) if (n_place > 1000) default(none)                                    \
        shared(r, stale, n_place, any_cheaper)
    for (int32_t p = 0; p < n_place; p++) { stale[p] = is_stale(r, p, any_cheaper); }
    (void)mark(r, false);
    int32_t n_stale = 0;
    for (int32_t p = 0; p < n_place; p++) {
        if (stale[p] != 0) { stale[n_stale++] = p; }
    }
    for (int32_t i = 0; i < r->n_changed; i++) {
        r->cost[r->changed[i]] = r->wish[r->changed[i]];
        r->is_changed[r->changed[i]] = false;
    }
    r->n_changed = 0;
    if (n != NULL) { *n = n_stale; }
    return grow_trees(r, stale, n_stale);
}

bool flow_routes_next(const flow_routes *r, flow_search *s, int32_t from, int32_t to, int32_t *link,
                      double *cost)
{
    const int32_t row = flow_routes_row(r, from, to);
    *link = row >= 0 ? flow_routes_first(r, from, row) : -1;
    if (cost != NULL) { *cost = row >= 0 ? r->tree[from].row[row].cost : (double)INFINITY; }
    if (row >= 0) { return false; }
    begin(s, from);
    int32_t place = pop(s);
    for (; place >= 0 && place != to; place = pop(s)) {
        s->label[place].row = 0;
        relax(r, s, place, (double)INFINITY);
    }
    if (place < 0) { return true; }
    if (cost != NULL) { *cost = s->label[to].cost; }
    while (place != from) {
        *link = s->label[place].link;
        place = r->net.link_from[*link];
    }
    return true;
}
