// bench_destination: what a step of the destination rule costs, beside a loop over all persons.
// Usage: bench_destination [PLACES [STEPS]]   default: 1,000 places, 30 steps
#define _POSIX_C_SOURCE 200809L
#include "destination.h"

#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { n_cause = 3, most_way = 64, seed = 5 };
static const int32_t cause[n_cause] = {FLOW_CAUSE_CONFLICT, FLOW_CAUSE_FLOOD, FLOW_CAUSE_DROUGHT};
static const char *const quantity[n_cause] = {"hazard_conflict", "hazard_flood", "hazard_drought"};
static const double hazard[n_cause] = {0.02, 0.01, 0.005};

static double seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0) { return 0.0; }
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void need(bool good)
{
    if (good) { return; }
    (void)fprintf(stderr, "bench_destination: %s\n", flow_error_text());
    exit(1);
}

static void *room(int64_t n, size_t size)
{
    void *memory = flow_calloc(n, size);
    if (memory == NULL) {
        (void)fprintf(stderr, "bench_destination: no memory\n");
        exit(1);
    }
    return memory;
}

/// Towns on a grid, roads to six neighbours, all ways shorter than a day.
static flow_scenario *make(int32_t n_place, int64_t n)
{
    const int32_t width = (int32_t)ceil(sqrt(n_place));
    char *places = room(48 * (int64_t)n_place + 128, 1),
         *links = room(96 * (int64_t)n_place + 64, 1);
    int p = sprintf(places, "name,kind,country,region,latitude,longitude,population,capacity\n");
    int l = sprintf(links, "from,to,length_km\n");
    for (int32_t i = 0; i < n_place; i++) {
        p += sprintf(places + p, "%d,town,,,,,%lld,\n", (int)i,
                     (long long)((i + 1) * n / n_place - i * n / n_place));
        const int32_t x = i % width, next[3] = {x + 1 < width ? i + 1 : n_place, i + width,
                                                x + 1 < width ? i + width + 1 : n_place};
        for (int k = 0; k < 3; k++) {
            if (next[k] < n_place) {
                l +=
                    sprintf(links + l, "%d,%d,%d\n", (int)i, (int)next[k], (int)(5 + (i + k) % 11));
            }
        }
    }
    static const char yaml[] = "libflow: 1\nperiod: {start: 2020-01-01, days: 1000}\n"
                               "movement: {rule: destination}\n"
                               "destination: {most: 30, speed: 100000}\n";
    const flow_file file[] = {{"scenario.yaml", yaml, sizeof yaml - 1},
                              {"places.csv", places, p},
                              {"links.csv", links, l}};
    flow_scenario *s = NULL;
    need(flow_scenario_load_memory(file, 3, NULL, &s) == FLOW_OK);
    flow_dealloc(places);
    flow_dealloc(links);
    return s;
}

/// What a program gave.
typedef struct result {
    double s; ///< CPU seconds of the steps
    int64_t moved[n_cause];
} result;

static flow_model *start(const flow_scenario *s)
{
    flow_model *m = NULL;
    const flow_model_options o = {.seed = seed, .threads = 1};
    need(flow_model_create(s, &o, &m) == FLOW_OK);
    double *all = room(s->n_place, sizeof *all);
    for (int c = 0; c < n_cause; c++) {
        for (int32_t p = 0; p < s->n_place; p++) { all[p] = hazard[c]; }
        need(flow_model_assign(m, quantity[c], all, s->n_place) == FLOW_OK);
    }
    flow_dealloc(all);
    need(flow_model_step(m) == FLOW_OK); // rows are made
    return m;
}

static result run_libflow(const flow_scenario *s, int32_t n_step)
{
    flow_model *m = start(s);
    result out = {0};
    const double begin = seconds();
    for (int32_t step = 0; step < n_step; step++) {
        need(flow_model_step(m) == FLOW_OK);
        for (int c = 0; c < n_cause; c++) {
            for (int32_t p = 0; p < s->n_place; p++) {
                out.moved[c] += m->to->by_cause[(int64_t)cause[c] * s->n_place + p];
            }
        }
    }
    out.s = seconds() - begin;
    flow_model_free(m);
    return out;
}

static uint64_t state = 88172645463325252;

static double uniform(void) // xorshift64 (Marsaglia 2003): cheaper than what libflow draws
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) * 0x1p-53;
}

/// The same people one by one: who leaves, why, and where to, by the rows that libflow made.
static result run_persons(const flow_scenario *s, int64_t n, int32_t n_step)
{
    flow_model *m = start(s);
    float *sum = room((int64_t)s->n_place * n_cause * most_way, sizeof *sum);
    int32_t *to = room((int64_t)s->n_place * n_cause * most_way, sizeof *to);
    int32_t *place = room(n, sizeof *place);
    for (int32_t p = 0; p < s->n_place; p++) {
        for (int c = 0; c < n_cause; c++) {
            const flow_going *row = flow_destination_row(m, &m->work[0], p, cause[c], 0);
            need(row != NULL && row->n < most_way);
            const int64_t at = ((int64_t)p * n_cause + c) * most_way;
            double up_to = 0.0;
            for (int32_t k = 0; k < row->n; k++) {
                up_to += row->weight[k];
                sum[at + k] = k + 1 < row->n ? (float)up_to : 2.0F;
                to[at + k] = row->place[k];
            }
        }
    }
    flow_model_free(m);
    for (int64_t i = 0; i < n; i++) { place[i] = (int32_t)(i * s->n_place / n); }
    double all = 0.0;
    for (int c = 0; c < n_cause; c++) { all += hazard[c]; }
    const double leave = -expm1(-all);
    result out = {0};
    const double begin = seconds();
    for (int32_t step = 0; step < n_step; step++) {
        for (int64_t i = 0; i < n; i++) {
            if (uniform() >= leave) { continue; }
            double u = uniform() * all;
            int c = 0;
            while (c + 1 < n_cause && u >= hazard[c]) { u -= hazard[c++]; }
            const int64_t at = ((int64_t)place[i] * n_cause + c) * most_way;
            const float v = (float)uniform();
            int32_t k = 0;
            while (v >= sum[at + k]) { k++; }
            place[i] = to[at + k];
            out.moved[c]++;
        }
    }
    out.s = seconds() - begin;
    flow_dealloc(place);
    flow_dealloc(to);
    flow_dealloc(sum);
    return out;
}

static bool agree(const result *r, double n, int32_t n_step)
{
    double all = 0.0;
    for (int c = 0; c < n_cause; c++) { all += hazard[c]; }
    bool good = true;
    for (int c = 0; c < n_cause; c++) {
        const double p = -expm1(-all) * hazard[c] / all, mean = n * n_step * p;
        good = good && fabs((double)r->moved[c] - mean) <= 5.0 * sqrt(mean * (1.0 - p));
    }
    return good;
}

int main(int argc, char **argv)
{
    const int32_t n_place = argc > 1 ? atoi(argv[1]) : 1000, n_step = argc > 2 ? atoi(argv[2]) : 30;
    static const int64_t n_person[] = {10000, 1000000, 10000000, 1000000000};
    (void)printf("%d places, %d causes, 30 destinations each, %d steps, 1 thread, CPU time\n\n",
                 (int)n_place, n_cause, (int)n_step);
    (void)printf("%14s %10s %22s %18s %8s\n", "people", "program", "million person-steps/s",
                 "ns/(place x cause)", "checked");
    bool good = true;
    for (size_t i = 0; i < sizeof n_person / sizeof *n_person; i++) {
        const int64_t n = n_person[i];
        flow_scenario *s = make(n_place, n);
        for (int program = 0; program < (n <= 10000000 ? 2 : 1); program++) {
            const result r = program == 0 ? run_libflow(s, n_step) : run_persons(s, n, n_step);
            const bool same = agree(&r, (double)n, n_step);
            good = good && same;
            (void)printf("%14lld %10s %22.1f %18.0f %8s\n", (long long)n,
                         program == 0 ? "libflow" : "persons", 1e-6 * (double)n * n_step / r.s,
                         1e9 * r.s / ((double)n_place * n_cause * n_step), same ? "yes" : "NO");
        }
        flow_scenario_free(s);
    }
    return good ? 0 : 1;
}
