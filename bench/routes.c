// bench_routes: the nearest places of each of 100,000 places along roads, changes of roads,
// journeys link by link, and the rows of chances over those places. Usage: bench_routes [NEAREST
// [THREADS]]   default: 32 nearest places, all threads
#define _POSIX_C_SOURCE 200809L
#include "routes.h"

#include "row.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { width = 400, height = 250, n_place = width * height, n_closed = 100, n_journey = 100000 };

static double seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) { return 0.0; }
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void need(bool good)
{
    if (good) { return; }
    (void)fprintf(stderr, "bench_routes: %s\n", flow_error_text());
    exit(1);
}

static void *room(int64_t n, size_t size)
{
    void *memory = flow_calloc(n, size);
    if (memory == NULL) {
        (void)fprintf(stderr, "bench_routes: no memory\n");
        exit(1);
    }
    return memory;
}

static uint64_t state = 31;

static double uniform(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(state >> 11) * 0x1p-53;
}

/// Places on a grid, roads of 5 to 15 km to the four neighbours, and a fast road of 30 km from one
/// place in twenty to another one at random: 2 x 5 % links more.
static void make_network(flow_network *net, double **km)
{
    int32_t *first = room(n_place + 1, sizeof *first);
    int32_t *from = room(5 * (int64_t)n_place, sizeof *from);
    int32_t *to = room(5 * (int64_t)n_place, sizeof *to);
    *km = room(5 * (int64_t)n_place, sizeof **km);
    int32_t n = 0;
    for (int32_t p = 0; p < n_place; p++) {
        const int32_t x = p % width, y = p / width;
        const int32_t next[4] = {x > 0 ? p - 1 : -1, x + 1 < width ? p + 1 : -1,
                                 y > 0 ? p - width : -1, y + 1 < height ? p + width : -1};
        first[p] = n;
        for (int i = 0; i < 4; i++) {
            if (next[i] < 0) { continue; }
            from[n] = p;
            to[n] = next[i];
            (*km)[n++] = 5.0 + 10.0 * uniform();
        }
        if (uniform() < 0.05) {
            from[n] = p;
            to[n] = (int32_t)(uniform() * n_place);
            (*km)[n++] = 30.0;
        }
    }
    first[n_place] = n;
    *net = (flow_network){n_place, n, first, from, to};
}

static void report(const char *what, double wall_s, double each_us, const char *more)
{
    (void)printf("%-34s %9.3f s %9.3f us each  %s\n", what, wall_s, each_us, more);
}

static double change(flow_routes *r, const flow_network *net, const double *km, bool close,
                     int32_t *renewed)
{
    state = 317;
    for (int i = 0; i < n_closed; i++) {
        const int32_t link = (int32_t)(uniform() * net->n_link);
        need(flow_routes_set(r, link, close ? (double)INFINITY : km[link]) == FLOW_OK);
    }
    const double begin = seconds();
    need(flow_routes_update(r, renewed) == FLOW_OK);
    return seconds() - begin;
}

/// Journeys to a random place of the tree, asking at every place for the next link.
static void travel(const flow_routes *r, const flow_network *net)
{
    flow_search *search = NULL;
    need(flow_search_create(r, &search) == FLOW_OK);
    int64_t n_link = 0, n_search = 0;
    const double begin = seconds();
    for (int32_t i = 0; i < n_journey; i++) {
        int32_t place = (int32_t)(uniform() * n_place), n = 0;
        const flow_route *row = flow_routes_from(r, place, &n);
        const int32_t to = row[(int32_t)(uniform() * n)].place;
        while (place != to) {
            int32_t link = -1;
            n_search += flow_routes_next(r, search, place, to, &link, NULL);
            n_link++;
            place = net->link_to[link];
        }
    }
    const double wall_s = seconds() - begin;
    char more[80];
    (void)snprintf(more, sizeof more, "%.1f links a journey, %.2f %% by search",
                   (double)n_link / n_journey, 100.0 * (double)n_search / (double)n_link);
    report("next link of 100,000 journeys", wall_s, 1e6 * wall_s / (double)n_link, more);
    flow_search_free(search);
}

/// Logit rows by distance, population and diaspora over the places of every tree, on one thread.
static void fill_rows(const flow_routes *r, const double *km)
{
    double *people = room(n_place, sizeof *people), *value[4];
    for (int i = 0; i < 4; i++) { value[i] = room(n_place, sizeof *value[i]); }
    for (int32_t p = 0; p < n_place; p++) { people[p] = 100.0 + 1e5 * uniform(); }
    const flow_row_rule rule = flow_row_rule_init(FLOW_ROW_UTILITY);
    int64_t n_cell = 0;
    double sum = 0.0;
    const double begin = seconds();
    for (int32_t p = 0; p < n_place; p++) {
        int32_t n = 0;
        const flow_route *row = flow_routes_from(r, p, &n);
        flow_routes_sum(r, p, km, value[0]);
        for (int32_t i = 1; i < n; i++) {
            value[1][i] = people[row[i].place];
            value[2][i] = row[i].place % 97;
        }
        flow_row_input in = {.n = n - 1, .stay = -1, .distance = value[0] + 1};
        in.term[FLOW_TERM_POPULATION] = value[1] + 1;
        in.term[FLOW_TERM_DIASPORA] = value[2] + 1;
        need(flow_row_fill(&rule, &in, NULL, value[3], NULL) == FLOW_OK);
        n_cell += n - 1;
        sum += value[3][0];
    }
    const double wall_s = seconds() - begin;
    char more[80];
    (void)snprintf(more, sizeof more, "%.0f ns a candidate; 1 thread (check %.6f)",
                   1e9 * wall_s / (double)n_cell, sum / n_place);
    report("logit rows of all places", wall_s, 1e6 * wall_s / n_place, more);
    for (int i = 0; i < 4; i++) { flow_dealloc(value[i]); }
    flow_dealloc(people);
}

int main(int argc, char **argv)
{
    const int nearest = argc > 1 ? atoi(argv[1]) : 32;
    const int threads = argc > 2 ? atoi(argv[2]) : omp_get_max_threads();
    flow_network net;
    double *km = NULL;
    make_network(&net, &km);
    const flow_routes_options o = {.most = nearest, .threads = threads};
    (void)printf("%d places, %d links, %d nearest places each, %d threads\n\n", n_place,
                 (int)net.n_link, nearest, threads);
    flow_routes *r = NULL;
    double begin = seconds();
    need(flow_routes_create(&net, km, &o, &r) == FLOW_OK);
    double wall_s = seconds() - begin;
    const double bytes = (double)flow_routes_bytes(r);
    char more[80];
    (void)snprintf(more, sizeof more, "%.0f MB, %.0f bytes a place", bytes / 1e6, bytes / n_place);
    report("trees of all places", wall_s, 1e6 * wall_s / n_place, more);
    for (int close = 1; close >= 0; close--) {
        int32_t renewed = 0;
        wall_s = change(r, &net, km, close == 1, &renewed);
        (void)snprintf(more, sizeof more, "%d places renewed", (int)renewed);
        report(close ? "update: 100 links closed" : "update: the same opened", wall_s,
               1e6 * wall_s / (renewed > 0 ? renewed : 1), more);
    }
    travel(r, &net);
    fill_rows(r, km);
    flow_routes_free(r);
    return 0;
}
