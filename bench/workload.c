#include "workload.h"

#include "bench.h"
#include "rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    camps = 15,
    zones = 100, // places in conflict
    shortest_km = 20,
    longest_km = 340
};
// A day's travel is longer than any link: who enters one arrives on the same day.
static const double day_km = 360.0;
static const double softening_km = 10.0, conflict_weight = 0.25;
// Share of people who move in a step of the mix, in the long run.
static const double wanted_movers = 0.052;

/// A number in [0, n), a pure function of its name.
static int32_t draw(uint32_t name, int32_t n)
{
    const uint32_t counter[4] = {name, 0, 0, 0}, key[2] = {20240101, 7};
    uint32_t word[4];
    flow_philox(counter, key, word);
    return (int32_t)((uint64_t)word[0] * (uint32_t)n >> 32);
}

/// A ring of all places, so that the graph hangs together, and chords at random.
static void make_links(bench_workload *w)
{
    static bool linked[bench_places][bench_places];
    memset(linked, 0, sizeof linked);
    for (int32_t p = 0; p < bench_places; p++) {
        // A stride without common divisor with the number of places mixes the kinds.
        const int32_t q = (p + 387) % bench_places;
        linked[p][q] = linked[q][p] = true;
    }
    uint32_t name = 0;
    for (int32_t n = 2 * bench_places; n < bench_links;) {
        const int32_t p = draw(name++, bench_places), q = draw(name++, bench_places);
        if (p == q || linked[p][q]) { continue; }
        linked[p][q] = linked[q][p] = true;
        n += 2;
    }
    int32_t link = 0;
    for (int32_t p = 0; p < bench_places; p++) {
        w->first[p] = link;
        for (int32_t q = 0; q < bench_places; q++) {
            if (!linked[p][q]) { continue; }
            w->to[link] = q;
            const int32_t low = p < q ? p : q, high = p < q ? q : p;
            const uint32_t pair = 0x80000000u | (uint32_t)(low * bench_places + high);
            w->length_km[link++] = shortest_km + draw(pair, longest_km - shortest_km + 1);
        }
    }
    w->first[bench_places] = link;
}

static int kind(const bench_workload *w, int32_t p)
{
    if (p < w->n_camp) { return 0; }
    return p < w->n_camp + w->n_zone ? 1 : 2;
}

/// Chances and shares for a weight of camps.
///
/// The weight of a link is score / (softening + length), lengths are the same both ways, so the
/// chain of moves is reversible: the share of people is score * (sum of weights) / chance.
static void make_chances(bench_workload *w, double camp_weight)
{
    const double score[3] = {camp_weight, conflict_weight, 1.0};
    w->camp_weight = camp_weight;
    double people = 0.0, movers = 0.0;
    for (int32_t p = 0; p < bench_places; p++) {
        double sum = 0.0;
        for (int32_t l = w->first[p]; l < w->first[p + 1]; l++) {
            w->weight[l] = score[kind(w, w->to[l])] / (softening_km + w->length_km[l]);
            sum += w->weight[l];
        }
        for (int32_t l = w->first[p]; l < w->first[p + 1]; l++) { w->weight[l] /= sum; }
        w->chance[p] = w->kind_chance[kind(w, p)];
        w->share[p] = score[kind(w, p)] * sum / w->chance[p];
        people += w->share[p];
        movers += score[kind(w, p)] * sum;
    }
    for (int32_t p = 0; p < bench_places; p++) { w->share[p] /= people; }
    w->movers = movers / people;
}

static void make_alias(bench_workload *w)
{
    for (int32_t p = 0; p < bench_places; p++) {
        const int32_t first = w->first[p], n = w->first[p + 1] - first;
        double left[64]; // n times what is left of each weight
        if (n > 64) { bench_die("a place has %d links", (int)n); }
        bool done[64] = {false};
        for (int32_t i = 0; i < n; i++) { left[i] = w->weight[first + i] * n; }
        for (int32_t round = 0; round < n; round++) {
            int32_t low = -1, high = -1;
            for (int32_t i = 0; i < n; i++) {
                if (done[i]) { continue; }
                if (low < 0 || left[i] < left[low]) { low = i; }
                if (high < 0 || left[i] > left[high]) { high = i; }
            }
            done[low] = true;
            const double keep = fmin(left[low], 1.0);
            w->keep[first + low] = (uint32_t)fmin(keep * 0x1p32, 0x1p32 - 1.0);
            w->other[first + low] = (uint16_t)w->to[first + high];
            left[high] -= 1.0 - keep;
        }
    }
}

void bench_workload_init(bool low, bench_workload *w)
{
    *w = (bench_workload){.name = low ? "low" : "mix",
                          .what =
                              low ? "chance to move 0.001 everywhere"
                                  : "chance to move 0.001 at camps, 0.3 in transit, 1 in conflict",
                          .n_camp = camps,
                          .n_zone = zones,
                          .kind_chance = {0.001, low ? 0.001 : 1.0, low ? 0.001 : 0.3}};
    make_links(w);
    // The more attractive camps are, the fewer people move. The second workload has the same
    // weights.
    bench_workload *mix = bench_alloc(1, sizeof *mix);
    *mix = *w;
    mix->kind_chance[1] = 1.0;
    mix->kind_chance[2] = 0.3;
    double least = 0.01, most = 100.0;
    for (int i = 0; i < 60; i++) {
        const double middle = sqrt(least * most);
        make_chances(mix, middle);
        *(mix->movers > wanted_movers ? &least : &most) = middle;
    }
    free(mix);
    make_chances(w, least);
    make_alias(w);
}

void bench_workload_start(const bench_workload *w, int64_t n, int64_t count[static bench_places])
{
    // Rounding the running sum, not each share, makes the counts add up to n.
    double sum = 0.0;
    int64_t given = 0;
    for (int32_t p = 0; p < bench_places; p++) {
        sum += w->share[p];
        const int64_t upto = p + 1 == bench_places ? n : (int64_t)llround(sum * (double)n);
        count[p] = upto - given;
        given = upto;
    }
}

const char *const bench_scenario_name[3] = {"scenario.yaml", "places.csv", "links.csv"};

/// A stream that writes to memory would need a system's extension: room for the longest line each.
static void begin_text(bench_scenario *s, int i, int32_t lines)
{
    s->text[i] = bench_alloc((int64_t)(lines + 1) * 128, 1);
    s->size[i] = 0;
}

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static void
add_line(bench_scenario *s, int i, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(s->text[i] + s->size[i], 128, format, arguments);
    va_end(arguments);
    if (n < 0 || n >= 128) { bench_die("a line of %s is too long", bench_scenario_name[i]); }
    s->size[i] += n;
}

void bench_workload_scenario(const bench_workload *w, int64_t n, int32_t days, bench_scenario *out)
{
    int64_t start[bench_places];
    bench_workload_start(w, n, start);
    begin_text(out, 0, 32);
    add_line(out, 0, "libflow: 1\nperiod: {start: 2024-01-01, days: %d}\n", (int)days);
    add_line(out, 0, "spawn: {mode: none}\nhop:\n");
    add_line(out, 0, "  onward: false\n"); // one move a step
    add_line(out, 0, "  max_move_speed: %.17g\n", day_km);
    add_line(out, 0, "  camp_movechance: %.17g\n", w->kind_chance[0]);
    add_line(out, 0, "  conflict_movechance: %.17g\n", w->kind_chance[1]);
    add_line(out, 0, "  default_movechance: %.17g\n", w->kind_chance[2]);
    add_line(out, 0, "  softening: %.17g\n", softening_km);
    add_line(out, 0, "  camp_weight: %.17g\n", w->camp_weight);
    add_line(out, 0, "  conflict_weight: %.17g\n", conflict_weight);
    static const char *const word[3] = {"camp", "conflict", "town"};
    begin_text(out, 1, bench_places + 1);
    add_line(out, 1,
             "name,kind,country,region,latitude,longitude,population,capacity,initial_idps,"
             "conflict_intensity\n");
    for (int32_t p = 0; p < bench_places; p++) {
        add_line(out, 1, "p%d,%s,A,,,,,,%lld,%d\n", (int)p, word[kind(w, p)], (long long)start[p],
                 kind(w, p) == 1);
    }
    begin_text(out, 2, bench_links + 1);
    add_line(out, 2, "from,to,length_km,direction\n");
    for (int32_t p = 0; p < bench_places; p++) {
        for (int32_t l = w->first[p]; l < w->first[p + 1]; l++) {
            add_line(out, 2, "p%d,p%d,%.17g,one_way\n", (int)p, (int)w->to[l], w->length_km[l]);
        }
    }
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0) { bench_die("no memory"); }
}

json_t *bench_workload_json(const bench_workload *w)
{
    json_t *chance = json_array(), *share = json_array(), *first = json_array();
    json_t *to = json_array(), *keep = json_array(), *other = json_array();
    for (int32_t p = 0; p < bench_places; p++) {
        append(chance, json_real(w->chance[p]));
        append(share, json_real(w->share[p]));
        append(first, json_integer(w->first[p]));
    }
    append(first, json_integer(w->first[bench_places]));
    for (int32_t l = 0; l < bench_links; l++) {
        append(to, json_integer(w->to[l]));
        append(keep, json_integer(w->keep[l]));
        append(other, json_integer(w->other[l]));
    }
    json_t *all = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "chance", chance, "share", share,
                            "first", first, "to", to, "keep", keep, "other", other);
    if (all == NULL) { bench_die("no memory"); }
    return all;
}

/// One step of the chances of a person who starts at one place.
static void spread(const bench_workload *w, const double *now, double *next)
{
    for (int32_t p = 0; p < bench_places; p++) { next[p] = now[p] * (1.0 - w->chance[p]); }
    for (int32_t p = 0; p < bench_places; p++) {
        const double leaves = now[p] * w->chance[p];
        if (leaves <= 0.0) { continue; }
        for (int32_t l = w->first[p]; l < w->first[p + 1]; l++) {
            next[w->to[l]] += leaves * w->weight[l];
        }
    }
}

void bench_expectation_init(const bench_workload *w, int32_t steps, bench_expectation *e)
{
    e->steps = steps;
    e->reach = bench_alloc((int64_t)bench_places * bench_places, sizeof *e->reach);
    for (int32_t p = 0; p < bench_places; p++) {
        double a[bench_places] = {0}, b[bench_places];
        a[p] = 1.0;
        for (int32_t t = 0; t < steps; t++) {
            spread(w, a, b);
            memcpy(a, b, sizeof a);
        }
        for (int32_t q = 0; q < bench_places; q++) { e->reach[p * bench_places + q] = (float)a[q]; }
    }
    // Moves in the steps that are left, backwards: a move adds 1 to what follows.
    double mean[bench_places] = {0}, square[bench_places] = {0};
    for (int32_t t = 0; t < steps; t++) {
        for (int32_t p = 0; p < bench_places; p++) {
            double m = 0.0, s = 0.0;
            for (int32_t l = w->first[p]; l < w->first[p + 1]; l++) {
                const int32_t q = w->to[l];
                m += w->weight[l] * (1.0 + mean[q]);
                s += w->weight[l] * (1.0 + 2.0 * mean[q] + square[q]);
            }
            e->mean[p] = w->chance[p] * m + (1.0 - w->chance[p]) * mean[p];
            e->square[p] = w->chance[p] * s + (1.0 - w->chance[p]) * square[p];
        }
        memcpy(mean, e->mean, sizeof mean);
        memcpy(square, e->square, sizeof square);
    }
}

void bench_expectation_clear(bench_expectation *e)
{
    free(e->reach);
    e->reach = NULL;
}

bench_verdict bench_verify(const bench_expectation *e, const int64_t start[static bench_places],
                           const int64_t end[static bench_places], int64_t moves)
{
    double expected[bench_places] = {0}, variance[bench_places] = {0};
    double moves_expected = 0.0, moves_variance = 0.0;
    for (int32_t p = 0; p < bench_places; p++) {
        const double n = (double)start[p];
        const float *reach = &e->reach[p * bench_places];
        for (int32_t q = 0; q < bench_places; q++) {
            expected[q] += n * (double)reach[q];
            variance[q] += n * (double)reach[q] * (1.0 - (double)reach[q]);
        }
        moves_expected += n * e->mean[p];
        moves_variance += n * (e->square[p] - e->mean[p] * e->mean[p]);
    }
    bench_verdict v = {0};
    v.movers = ((double)moves - moves_expected) / sqrt(moves_variance);
    double square = 0.0, square_variance = 0.0;
    for (int32_t p = 0; p < bench_places; p++) {
        const double difference = (double)end[p] - expected[p];
        // Bennett's inequality (Bennett 1962, doi 10.1080/01621459.1962.10482149): a difference d
        // is passed with a chance of at most 2 exp(-variance h(d / variance)), also for small
        // counts.
        const double u = fabs(difference) / variance[p];
        const double h = (1.0 + u) * log1p(u) - u;
        v.worst = fmax(v.worst, sqrt(2.0 * variance[p] * h));
        square += difference * difference / variance[p];
        square_variance += 2.0 + 1.0 / variance[p]; // of a Poisson number with that variance
    }
    v.dispersion = square / bench_places;
    v.dispersion_error = sqrt(square_variance) / bench_places;
    v.same_process = fabs(v.movers) <= 5.0 && v.worst <= 6.5 &&
                     fabs(v.dispersion - 1.0) <= 5.0 * v.dispersion_error;
    return v;
}
