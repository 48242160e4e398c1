#include "../libflow/routes.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { N = 40, MOST_LINKS = 400 };
static const double inf = (double)INFINITY;

/// A network with its own arrays, and its costs.
typedef struct graph {
    flow_network net;
    int32_t first[N + 1], from[MOST_LINKS], to[MOST_LINKS];
    double cost[MOST_LINKS];
} graph;

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

/// Random directed links, parallel ones and loops among them. Whole costs make many equal ways and
/// exact sums.
static void make(uint32_t seed, bool whole, graph *g)
{
    uint32_t x = seed;
    g->net = (flow_network){N, 0, g->first, g->from, g->to};
    for (int32_t p = 0; p < N; p++) {
        g->first[p] = g->net.n_link;
        const int n = (int)(next_random(&x) % 6);
        for (int i = 0; i < n; i++) {
            const int32_t k = g->net.n_link++;
            g->from[k] = p;
            g->to[k] = (int32_t)(next_random(&x) % N);
            g->cost[k] = whole ? 1.0 + next_random(&x) % 5 : 0.1 + next_random(&x) / 3.17e6;
            if (next_random(&x) % 10 == 0) { g->cost[k] = inf; }
        }
    }
    g->first[N] = g->net.n_link;
}

static flow_routes *create(const graph *g, const flow_routes_options *o)
{
    flow_routes *r = NULL;
    cr_assert_eq(flow_routes_create(&g->net, g->cost, o, &r), FLOW_OK, "%s", flow_error_text());
    return r;
}

/// Costs of all pairs the long way round. Floyd 1962, doi:10.1145/367766.368168.
static void floyd(const graph *g, double d[N][N])
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) { d[i][j] = i == j ? 0.0 : inf; }
    }
    for (int32_t k = 0; k < g->net.n_link; k++) {
        d[g->from[k]][g->to[k]] = fmin(d[g->from[k]][g->to[k]], g->cost[k]);
    }
    for (int i = 0; i < N; i++) { d[i][i] = 0.0; }
    for (int k = 0; k < N; k++) {
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) { d[i][j] = fmin(d[i][j], d[i][k] + d[k][j]); }
        }
    }
}

static void expect_tree(const graph *g, const flow_routes *r, int32_t place)
{
    int32_t n = 0;
    const flow_route *row = flow_routes_from(r, place, &n);
    cr_assert_geq(n, 1);
    cr_expect(row[0].place == place && row[0].cost == 0.0 && row[0].parent == -1 && !row[0].target);
    for (int32_t i = 1; i < n; i++) {
        cr_assert(row[i].parent >= 0 && row[i].parent < i);
        const int32_t k = row[i].link;
        cr_expect_eq(g->from[k], row[row[i].parent].place);
        cr_expect_eq(g->to[k], row[i].place);
        cr_expect_eq(row[i].cost, row[row[i].parent].cost + g->cost[k]);
    }
}

Test(routes, costs_are_those_of_all_pairs)
{
    static graph g;
    static double d[N][N];
    for (uint32_t seed = 1; seed <= 20; seed++) {
        make(seed, seed % 2 == 0, &g);
        floyd(&g, d);
        flow_routes *r = create(&g, &(flow_routes_options){.threads = 1});
        for (int32_t p = 0; p < N; p++) {
            expect_tree(&g, r, p);
            int32_t n = 0, n_reach = 0;
            const flow_route *row = flow_routes_from(r, p, &n);
            for (int32_t q = 0; q < N; q++) { n_reach += isfinite(d[p][q]); }
            cr_expect_eq(n, n_reach, "seed %u, place %d: %d rows, not %d", seed, p, n, n_reach);
            for (int32_t i = 0; i < n; i++) {
                const double expected = d[p][row[i].place];
                cr_expect_leq(fabs(row[i].cost - expected), 1e-12 * expected);
                cr_expect(i == 0 || row[i - 1].cost <= row[i].cost);
            }
        }
        flow_routes_free(r);
    }
}

Test(routes, the_nearest_places_within_the_radius_are_kept)
{
    static graph g;
    static double d[N][N];
    static bool through[N];
    for (uint32_t seed = 100; seed < 120; seed++) {
        make(seed, true, &g);
        floyd(&g, d);
        for (int p = 0; p < N; p++) { through[p] = p % 5 == 3; }
        const flow_routes_options o = {.most = 7, .radius = 9.0, .through = through, .threads = 1};
        flow_routes *r = create(&g, &o);
        for (int32_t p = 0; p < N; p++) {
            expect_tree(&g, r, p);
            int32_t n = 0, n_target = 0, n_expected = 0;
            const flow_route *row = flow_routes_from(r, p, &n);
            for (int32_t i = 0; i < n; i++) { n_target += row[i].target; }
            for (int32_t q = 0; q < N; q++) {
                if (q == p || through[q] || d[p][q] > 9.0) { continue; }
                int32_t before = 0; // by (cost, place)
                for (int32_t z = 0; z < N; z++) {
                    before += z != p && !through[z] &&
                              (d[p][z] < d[p][q] || (d[p][z] == d[p][q] && z < q));
                }
                const int32_t at = flow_routes_row(r, p, q);
                cr_expect_eq(at >= 0 && row[at].target, before < 7, "seed %u: %d to %d", seed, p,
                             q);
                n_expected += before < 7;
            }
            cr_expect_eq(n_target, n_expected);
        }
        flow_routes_free(r);
    }
}

/// Walk by next links; the sum of their costs, INFINITY when it ends elsewhere.
static double walk(const graph *g, const flow_routes *r, flow_search *s, int32_t from, int32_t to,
                   int *n_search)
{
    double sum = 0.0;
    for (int steps = 0; from != to; steps++) {
        int32_t link = -1;
        *n_search += flow_routes_next(r, s, from, to, &link, NULL);
        if (link < 0 || steps > N) { return inf; }
        cr_assert_eq(g->from[link], from);
        sum += g->cost[link];
        from = g->to[link];
    }
    return sum;
}

Test(routes, next_links_lead_everywhere_by_the_shortest_way)
{
    static graph g;
    static double d[N][N];
    int n_search = 0;
    for (uint32_t seed = 200; seed < 210; seed++) {
        make(seed, seed % 2 == 0, &g);
        floyd(&g, d);
        flow_routes *r = create(&g, &(flow_routes_options){.most = 4, .threads = 1});
        flow_search *s = NULL;
        cr_assert_eq(flow_search_create(r, &s), FLOW_OK);
        for (int32_t p = 0; p < N; p++) {
            for (int32_t q = 0; q < N; q++) {
                int32_t link = -2;
                double cost = -1.0;
                (void)flow_routes_next(r, s, p, q, &link, &cost);
                cr_expect_eq(isfinite(d[p][q]) && p != q, link >= 0);
                const double sum = walk(&g, r, s, p, q, &n_search);
                if (isfinite(d[p][q])) {
                    cr_expect_leq(fabs(sum - d[p][q]), 1e-12 * d[p][q], "%d to %d", p, q);
                    cr_expect_leq(fabs(cost - d[p][q]), 1e-12 * d[p][q]);
                } else {
                    cr_expect(sum == inf && cost == inf);
                }
            }
        }
        flow_search_free(s);
        flow_routes_free(r);
    }
    cr_expect_gt(n_search, 0);
}

static void expect_same(const flow_routes *a, const flow_routes *b, const char *what)
{
    for (int32_t p = 0; p < N; p++) {
        int32_t n_a = 0, n_b = 0;
        const flow_route *x = flow_routes_from(a, p, &n_a), *y = flow_routes_from(b, p, &n_b);
        cr_assert_eq(n_a, n_b, "%s: place %d has %d rows, not %d", what, p, n_a, n_b);
        for (int32_t i = 0; i < n_a; i++) {
            cr_expect(x[i].cost == y[i].cost && x[i].place == y[i].place &&
                          x[i].parent == y[i].parent && x[i].link == y[i].link &&
                          x[i].target == y[i].target,
                      "%s: place %d, row %d differs", what, p, i);
        }
    }
}

// Property: after any changes the trees are those made from the start, equal ways and all.
Test(routes, an_update_gives_the_trees_of_a_new_start)
{
    static graph g;
    static int64_t tie_first[N + 1];
    static int32_t tie[2 * N];
    int64_t n_renewed = 0, n_all = 0;
    for (uint32_t seed = 300; seed < 330; seed++) {
        uint32_t x = seed;
        make(seed, seed % 3 != 0, &g);
        for (int p = 0; p <= N; p++) { tie_first[p] = p / 4; }
        for (int i = 0; i < N / 4; i++) { tie[i] = (int32_t)(next_random(&x) % N); }
        flow_routes_options o = {.most = (int32_t)(seed % 4) * 5,
                                 .threads = seed % 10 == 0 ? 2 : 1};
        if (seed % 5 == 0) { o.radius = 6.0; }
        if (seed % 2 == 0) {
            o.tie_first = tie_first;
            o.tie = tie;
        }
        flow_routes *r = create(&g, &o);
        for (int round = 0; round < 12; round++) {
            for (int i = 0; i < 3; i++) {
                const int32_t k = (int32_t)(next_random(&x) % (uint32_t)g.net.n_link);
                const uint32_t what = next_random(&x) % 3;
                g.cost[k] = what == 0       ? inf
                            : seed % 3 != 0 ? 1.0 + next_random(&x) % 5
                                            : 0.1 + next_random(&x) / 3.17e6;
                cr_assert_eq(flow_routes_set(r, k, g.cost[k]), FLOW_OK);
            }
            int32_t n = 0;
            cr_assert_eq(flow_routes_update(r, &n), FLOW_OK);
            n_renewed += n;
            n_all += N;
            flow_routes *fresh = create(&g, &o);
            expect_same(r, fresh, "after an update");
            flow_routes_free(fresh);
        }
        flow_routes_free(r);
    }
    cr_expect_gt(n_renewed, 0);
    cr_expect_lt(n_renewed, n_all / 2, "%lld of %lld", (long long)n_renewed, (long long)n_all);
}

Test(routes, any_number_of_threads_gives_the_same_trees)
{
    static graph g;
    make(77, true, &g);
    flow_routes *one = create(&g, &(flow_routes_options){.most = 9, .threads = 1});
    for (int32_t threads = 2; threads <= 8; threads += 3) {
        flow_routes *more = create(&g, &(flow_routes_options){.most = 9, .threads = threads});
        expect_same(one, more, "threads");
        flow_routes_free(more);
    }
    flow_routes_free(one);
}

Test(routes, ties_are_kept_however_far)
{
    static graph g;
    static double d[N][N];
    static int64_t tie_first[N + 1];
    static int32_t tie[N];
    int n_far = 0;
    for (uint32_t seed = 400; seed < 420; seed++) {
        make(seed, true, &g);
        floyd(&g, d);
        for (int32_t p = 0; p < N; p++) {
            tie_first[p] = p;
            tie[p] = (p * 7 + (int32_t)seed) % N; // sometimes the place itself
        }
        tie_first[N] = N;
        const flow_routes_options o = {
            .most = 3, .radius = 4.0, .tie_first = tie_first, .tie = tie, .threads = 1};
        flow_routes *r = create(&g, &o);
        for (int32_t p = 0; p < N; p++) {
            expect_tree(&g, r, p);
            int32_t n = 0, n_target = 0;
            const flow_route *row = flow_routes_from(r, p, &n);
            const int32_t at = flow_routes_row(r, p, tie[p]);
            cr_expect_eq(at >= 0, isfinite(d[p][tie[p]]), "%d to %d", p, tie[p]);
            if (at >= 0) {
                cr_expect_eq(row[at].cost, d[p][tie[p]]);
                cr_expect_eq(row[at].target, tie[p] != p);
                n_far += row[at].cost > 4.0;
            }
            for (int32_t i = 0; i < n; i++) { n_target += row[i].target; }
            cr_expect_leq(n_target, 4, "places on the way to a tie are no targets");
        }
        flow_routes_free(r);
    }
    cr_expect_gt(n_far, 0);
}

// A square 0-1-3, 0-2-3 with a long way round: closing a road sends travellers another way, also
// from the middle of theirs; opening it brings back the first.
Test(routes, a_closure_is_planned_around)
{
    static const int32_t first[] = {0, 2, 3, 4, 4}, from[] = {0, 0, 1, 2}, to[] = {1, 2, 3, 3};
    const double cost[] = {1.0, 2.0, 1.0, 2.5};
    const flow_network net = {4, 4, first, from, to};
    flow_routes *r = NULL;
    flow_search *s = NULL;
    int32_t link = -1, n = -1;
    double left = 0.0;
    cr_assert_eq(flow_routes_create(&net, cost, &(flow_routes_options){.threads = 1}, &r), FLOW_OK);
    cr_assert_eq(flow_search_create(r, &s), FLOW_OK);
    (void)flow_routes_next(r, s, 0, 3, &link, &left);
    cr_expect(link == 0 && left == 2.0);
    const double km[] = {31.0, 40.0, 17.0, 25.0};
    double way[4];
    flow_routes_sum(r, 0, km, way);
    cr_expect_eq(way[flow_routes_row(r, 0, 3)], 48.0);
    cr_assert_eq(flow_routes_set(r, 2, inf), FLOW_OK);
    (void)flow_routes_next(r, s, 0, 3, &link, NULL);
    cr_expect_eq(link, 0, "before the update nothing changes");
    cr_assert_eq(flow_routes_update(r, &n), FLOW_OK);
    cr_expect_eq(n, 2, "places 0 and 1 used the road, not %d", n);
    (void)flow_routes_next(r, s, 0, 3, &link, &left);
    cr_expect(link == 1 && left == 4.5);
    (void)flow_routes_next(r, s, 1, 3, &link, &left);
    cr_expect(link == -1 && left == inf, "who was on the closed side is stuck");
    cr_assert_eq(flow_routes_set(r, 2, 1.0), FLOW_OK);
    cr_assert_eq(flow_routes_update(r, &n), FLOW_OK);
    cr_expect_eq(n, 2);
    (void)flow_routes_next(r, s, 0, 3, &link, &left);
    cr_expect(link == 0 && left == 2.0);
    cr_assert_eq(flow_routes_update(r, &n), FLOW_OK);
    cr_expect_eq(n, 0, "no change, no work");
    flow_search_free(s);
    flow_routes_free(r);
}

Test(routes, closing_and_opening_allocates_nothing_once_grown)
{
    static graph g;
    make(5, false, &g);
    flow_routes *r = create(&g, &(flow_routes_options){.most = 8, .threads = 1});
    int64_t before = 0;
    for (int round = 0; round < 4; round++) {
        if (round == 2) { before = flow_alloc_count(); }
        for (int open = 0; open < 2; open++) {
            for (int32_t k = 0; k < g.net.n_link; k += 3) {
                cr_assert_eq(flow_routes_set(r, k, open ? g.cost[k] : inf), FLOW_OK);
            }
            cr_assert_eq(flow_routes_update(r, NULL), FLOW_OK);
        }
    }
    cr_expect_eq(flow_alloc_count(), before);
    cr_expect_gt(flow_routes_bytes(r), 0);
    flow_routes_free(r);
}

Test(routes, the_fastest_mode_that_may_use_a_link_is_taken)
{
    const double length[] = {72.0, 72.0, 72.0, 72.0, 72.0}, speed[] = {36.0, 360.0, 0.0};
    const double limit[] = {0.0, 0.0, 0.0, 144.0, 18.0};
    const bool open[] = {true, true, false, true, true};
    const uint32_t may[] = {3, 1, 3, 3, 4};
    double cost[5];
    int32_t mode[5];
    flow_link_input in = {5, 3, length, speed, limit, open, may, false};
    cr_assert_eq(flow_link_costs(&in, cost, mode), FLOW_OK, "%s", flow_error_text());
    const double days[] = {0.2, 2.0, inf, 0.5, inf};
    const int32_t taken[] = {1, 0, -1, 1, -1};
    for (int k = 0; k < 5; k++) {
        cr_expect(cost[k] == days[k] && mode[k] == taken[k], "link %d: %g d", k, cost[k]);
    }
    in.by_km = true;
    cr_assert_eq(flow_link_costs(&in, cost, NULL), FLOW_OK);
    const double km[] = {72.0, 72.0, inf, 72.0, inf};
    for (int k = 0; k < 5; k++) { cr_expect_eq(cost[k], km[k]); }
    flow_link_input plain = {5, 2, length, speed, NULL, NULL, NULL, false};
    cr_assert_eq(flow_link_costs(&plain, cost, mode), FLOW_OK);
    for (int k = 0; k < 5; k++) { cr_expect(cost[k] == 0.2 && mode[k] == 1); }
    plain.n_mode = 33;
    cr_expect_eq(flow_link_costs(&plain, cost, mode), FLOW_ERANGE);
    const double none[] = {72.0, 0.0, 72.0, 72.0, 72.0};
    in.length_km = none;
    cr_expect_eq(flow_link_costs(&in, cost, mode), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "link 1: length 0 km is not above 0");
}

static void expect_refusal(const graph *g, const flow_routes_options *o, const char *text)
{
    flow_routes *r = NULL;
    cr_expect_eq(flow_routes_create(&g->net, g->cost, o, &r), FLOW_ERANGE, "'%s' expected", text);
    cr_expect_null(r);
    cr_expect_not_null(strstr(flow_error_text(), text), "'%s', not '%s'", flow_error_text(), text);
}

Test(routes, what_cannot_be_is_refused)
{
    static graph g;
    make(9, true, &g);
    expect_refusal(&g, &(flow_routes_options){.most = -1}, "most = -1");
    expect_refusal(&g, &(flow_routes_options){.radius = (double)NAN}, "radius = nan");
    expect_refusal(&g, &(flow_routes_options){.threads = 1025}, "threads = 1025");
    static int64_t tie_first[N + 1];
    static const int32_t tie[] = {N};
    tie_first[N] = 1;
    expect_refusal(&g, &(flow_routes_options){.tie_first = tie_first, .tie = tie},
                   "tie to place 40");
    flow_routes *r = create(&g, &(flow_routes_options){.threads = 1});
    cr_expect_eq(flow_routes_set(r, -1, 1.0), FLOW_ERANGE);
    cr_expect_eq(flow_routes_set(r, g.net.n_link, 1.0), FLOW_ERANGE);
    cr_expect_eq(flow_routes_set(r, 0, 0.0), FLOW_ERANGE);
    cr_expect_eq(flow_routes_set(r, 0, (double)NAN), FLOW_ERANGE);
    flow_routes_free(r);
    g.cost[3] = -1.0;
    expect_refusal(&g, &(flow_routes_options){.threads = 1}, "link 3: cost -1 is not above 0");
}

Test(routes, lack_of_memory_is_an_error_at_every_allocation)
{
    static graph g;
    make(11, true, &g);
    bool done = false;
    for (int64_t n = 1; !done && n < 1000; n++) {
        flow_routes *r = NULL;
        flow_alloc_fail_at(n);
        const flow_err err =
            flow_routes_create(&g.net, g.cost, &(flow_routes_options){.threads = 1}, &r);
        flow_alloc_fail_at(0);
        done = err == FLOW_OK;
        cr_expect(done || err == FLOW_ENOMEM, "allocation %lld", (long long)n);
        cr_expect_eq(r == NULL, !done);
        flow_routes_free(r);
    }
    cr_expect(done);
}
