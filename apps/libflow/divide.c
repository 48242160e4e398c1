// Places of a scenario divided over processes, which run it together.
#define _POSIX_C_SOURCE 200809L
#include "divide.h"

#ifdef FLOW_MPI
#include "sweep_comm.h"

#include <time.h>
#endif
#ifdef FLOW_METIS
#include <metis.h>
#endif

#ifdef FLOW_METIS
/// The network as METIS wants it: places, and between which of them links are, whatever their
/// direction.
typedef struct graph {
    idx_t *first, *to; ///< [n_place + 1], [first[n_place]]
    idx_t *links;      ///< [first[n_place]] between two places
    idx_t *weight;     ///< [n_place]
    idx_t *part;       ///< [n_place]
} graph;

static void clear(graph *g)
{
    flow_dealloc(g->first);
    flow_dealloc(g->to);
    flow_dealloc(g->links);
    flow_dealloc(g->weight);
    flow_dealloc(g->part);
}

static bool allocate(const flow_scenario *s, graph *g)
{
    g->first = flow_calloc((int64_t)s->n_place + 2, sizeof *g->first);
    g->to = flow_calloc(2 * (int64_t)s->n_link, sizeof *g->to);
    g->links = flow_calloc(2 * (int64_t)s->n_link, sizeof *g->links);
    g->weight = flow_calloc(s->n_place, sizeof *g->weight);
    g->part = flow_calloc(s->n_place, sizeof *g->part);
    return g->first != NULL && g->to != NULL && g->links != NULL && g->weight != NULL &&
           g->part != NULL;
}

/// Both ends of every link know of each other, maybe more than once.
static void list_neighbours(const flow_scenario *s, graph *g)
{
    for (int32_t l = 0; l < s->n_link; l++) {
        if (s->link_from[l] == s->link_to[l]) { continue; }
        g->first[s->link_from[l] + 2]++;
        g->first[s->link_to[l] + 2]++;
    }
    for (int32_t p = 0; p < s->n_place; p++) { g->first[p + 2] += g->first[p + 1]; }
    for (int32_t l = 0; l < s->n_link; l++) {
        const int32_t a = s->link_from[l], b = s->link_to[l];
        if (a == b) { continue; }
        g->to[g->first[a + 1]++] = b; // the beginnings of the places move on to their ends
        g->to[g->first[b + 1]++] = a;
    }
}

/// Each neighbour once, with the number of links. `last`, all -1: where it stands.
static void merge_neighbours(const flow_scenario *s, graph *g, idx_t *last)
{
    idx_t n = 0, begin = 0;
    for (int32_t p = 0; p < s->n_place; p++) {
        const idx_t own = n, end = g->first[p + 1];
        for (idx_t i = begin; i < end; i++) {
            const idx_t to = g->to[i];
            if (last[to] < own) {
                last[to] = n;
                g->to[n] = to;
                g->links[n++] = 0;
            }
            g->links[last[to]]++;
        }
        begin = end;
        g->first[p + 1] = n;
        g->weight[p] = 1 + s->first_link[p + 1] - s->first_link[p];
    }
}

/// False: METIS cannot.
static bool ask_metis(const flow_scenario *s, idx_t n_part, graph *g)
{
    idx_t n = s->n_place, constraints = 1, cut = 0, options[METIS_NOPTIONS];
    (void)METIS_SetDefaultOptions(options);
    options[METIS_OPTION_SEED] = 1;
    return METIS_PartGraphKway(&n, &constraints, g->first, g->to, g->weight, NULL, g->links,
                               &n_part, NULL, NULL, options, &cut, g->part) == METIS_OK;
}

/// False: out of memory, or METIS cannot.
static bool by_metis(const flow_scenario *s, int32_t n, int32_t *owner)
{
    graph g = {0};
    idx_t *last = flow_calloc(s->n_place, sizeof *last);
    bool good = allocate(s, &g) && last != NULL;
    if (good) {
        for (int32_t p = 0; p < s->n_place; p++) { last[p] = -1; }
        list_neighbours(s, &g);
        merge_neighbours(s, &g, last);
        good = ask_metis(s, n, &g);
    }
    for (int32_t p = 0; p < s->n_place && good; p++) { owner[p] = (int32_t)g.part[p]; }
    flow_dealloc(last);
    clear(&g);
    return good;
}
#endif

#ifdef FLOW_MPI
/// Count what the owners of places come to.
static flow_err count(const flow_scenario *s, int32_t n, app_division *d)
{
    int32_t *places = flow_calloc(n, sizeof *places);
    if (places == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to divide places"); }
    for (int32_t p = 0; p < s->n_place; p++) { places[d->owner[p]]++; }
    d->least = d->most = places[0];
    for (int32_t r = 1; r < n; r++) {
        if (places[r] < d->least) { d->least = places[r]; }
        if (places[r] > d->most) { d->most = places[r]; }
    }
    flow_dealloc(places);
    for (int32_t l = 0; l < s->n_link; l++) {
        d->cut += d->owner[s->link_from[l]] != d->owner[s->link_to[l]];
    }
    return FLOW_OK;
}

/// Each process gets about the same number of places and links, and few links are cut.
static void choose_owners(const flow_scenario *s, int32_t n, app_division *d)
{
    d->by = "in their order";
    flow_divide_in_order(s->first_link, s->n_place, n, d->owner);
#ifdef FLOW_METIS
    // METIS is made for parts of many places.
    const bool many = n > 1 && s->n_place >= 4 * (int64_t)n;
    if (many && by_metis(s, n, d->owner)) { d->by = "by METIS"; }
#endif
}

/// The first process decides, whatever METIS the others have.
static flow_err divide(app_team *t, const flow_scenario *s)
{
    app_division *d = &t->division;
    d->owner = flow_calloc(s->n_place, sizeof *d->owner);
    int64_t *told = flow_calloc(s->n_place, sizeof *told);
    bool any = false;
    (void)app_team_says(t, d->owner == NULL || told == NULL, &any);
    if (any) {
        flow_dealloc(told);
        return flow_fail(FLOW_ENOMEM, "no memory to divide places");
    }
    if (t->rank == 0) {
        choose_owners(s, t->size, d);
        for (int32_t p = 0; p < s->n_place; p++) { told[p] = d->owner[p]; }
    }
    t->over.team->sum(t->over.team->context, told, s->n_place);
    for (int32_t p = 0; p < s->n_place; p++) { d->owner[p] = (int32_t)told[p]; }
    flow_dealloc(told);
    t->over.owner = d->owner;
    return count(s, t->size, d);
}
#endif

flow_err app_team_begin(app_team *t)
{
    *t = (app_team){0};
#ifdef FLOW_MPI
    flow_comm *comm;
    FLOW_TRY(flow_comm_begin(&comm));
    t->comm = comm;
    t->over.team = flow_comm_team(comm);
    t->rank = t->over.team->rank;
    t->size = t->over.team->size;
    return FLOW_OK;
#else
    return flow_fail(FLOW_ESTATE, "only libflow-mpi divides a run: mpirun -n N libflow-mpi run "
                                  "SCENARIO --divide");
#endif
}

bool app_team_first(const app_team *t)
{
    return t->rank == 0;
}

bool app_team_says(app_team *t, bool failed, bool *any)
{
    int64_t n[2] = {failed, failed && t->rank == 0};
    if (t->size > 0) { t->over.team->sum(t->over.team->context, n, 2); }
    *any = n[0] > 0;
    return failed && (t->rank == 0 || n[1] == 0);
}

flow_err app_team_run(app_team *t, const flow_scenario *s, const flow_run_options *o,
                      flow_run_report *report)
{
#ifdef FLOW_MPI
    FLOW_TRY(divide(t, s));
    FLOW_TRY(flow_run_divided(s, o, &t->over, report));
    t->bytes = t->over.bytes;
    t->over.team->sum(t->over.team->context, &t->bytes, 1);
    return FLOW_OK;
#else
    (void)t;
    return flow_run(s, o, report);
#endif
}

bool app_team_tells(app_team *t)
{
    bool any;
    if (!t->over.alone) { return t->size == 0 || app_team_says(t, !t->over.other, &any); }
#ifdef FLOW_MPI
    const struct timespec while_first = {.tv_sec = 1};
    if (t->rank > 0) { (void)nanosleep(&while_first, NULL); }
#endif
    return true;
}

void app_team_stop(app_team *t, app_exit status)
{
#ifdef FLOW_MPI
    if (t->over.alone) { flow_comm_stop(t->comm, (int32_t)status); }
#else
    (void)t;
    (void)status;
#endif
}

void app_team_end(app_team *t)
{
#ifdef FLOW_MPI
    flow_comm_end(t->comm);
#endif
    flow_dealloc(t->division.owner);
    *t = (app_team){0};
}
