// bench_split: the cost of chance, of binomial and hypergeometric counts and of rows, beside GSL's;
// and of each way to draw them near the bounds where split.c passes from one to the next.
// Usage: bench_split [--rounds N] [--json]
#define _POSIX_C_SOURCE 200809L
// The ways are static functions: this program holds its own copy of them.
#include "../libflow/split.c"

#include "bench.h"

#include <getopt.h>
#include <gsl/gsl_randist.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { most_outcomes = 1000, most_rows = 256, most_ways = 5, n_size = 8192 };

/// What is drawn again and again. Sizes vary by a tenth, as no processor guesses.
typedef struct job {
    gsl_rng *rng;
    int64_t n, size[n_size];
    double p;
    int32_t k;
    double weight[most_outcomes], tail[most_outcomes + 1];
    int64_t out[most_outcomes];
    unsigned int out_int[most_outcomes];
    int64_t n1, n2;
    gsl_ran_discrete_t *discrete;
} job;

typedef int64_t (*draw)(job *j, int64_t n);

/// One line: a job and what each way costs, in nanoseconds per call.
typedef struct row {
    const char *table;
    int64_t n;
    double p;
    int32_t k, n_way;
    const char *name[most_ways];
    double ns[most_ways]; ///< best of all rounds
} row;

typedef struct report {
    row row[most_rows];
    int32_t n_row, rounds;
    job *job;
} report;

static int64_t sink; // what is drawn must not look unused

// Ways ------------------------------------------------------------------------------------------

static int64_t nothing(job *j, int64_t n)
{
    (void)j;
    return n;
}
static int64_t word(job *j, int64_t n)
{
    return n + flow_word(j->rng);
}
static int64_t uniform(job *j, int64_t n)
{
    return n + (flow_uniform(j->rng) < 0.5);
}
static int64_t own_binomial(job *j, int64_t n)
{
    return flow_binomial(j->rng, n, j->p);
}
static int64_t gsl_binomial(job *j, int64_t n)
{
    return gsl_ran_binomial(j->rng, j->p, (unsigned int)n);
}
static int64_t digits(job *j, int64_t n)
{
    return by_digits(j->rng->state, n, j->p);
}
static int64_t inversion(job *j, int64_t n)
{
    return by_inversion(j->rng->state, n, j->p, 1.0 - j->p, false);
}
static int64_t rejection(job *j, int64_t n)
{
    return by_rejection(j->rng->state, n, j->p, 1.0 - j->p, false);
}
static int64_t own_row(job *j, int64_t n)
{
    flow_split_row(j->rng, n, j->k, j->weight, j->tail, j->out);
    return j->out[0];
}
static int64_t groups(job *j, int64_t n)
{
    memset(j->out, 0, (size_t)j->k * sizeof *j->out);
    split_groups(j->rng->state, n, 0, j->k, j->weight, j->tail, j->out);
    return j->out[0];
}
static int64_t binomials(job *j, int64_t n) // no way but conditional binomials
{
    int64_t left = n;
    for (int32_t i = 0; i < j->k && left > 0; i++) {
        j->out[i] = i + 1 < j->k ? flow_binomial(j->rng, left, j->weight[i] / j->tail[i]) : left;
        left -= j->out[i];
    }
    return j->out[0];
}
static int64_t persons(job *j, int64_t n)
{
    memset(j->out, 0, (size_t)j->k * sizeof *j->out);
    compare(j->rng->state, n, j->k, j->tail, j->out);
    return j->out[0];
}
static int64_t halving(job *j, int64_t n)
{
    memset(j->out, 0, (size_t)j->k * sizeof *j->out);
    look_up(j->rng->state, n, 0, j->k, j->tail, j->out);
    return j->out[0];
}
static int64_t gsl_chain(job *j, int64_t n)
{
    int64_t left = n;
    for (int32_t i = 0; i < j->k && left > 0; i++) {
        const double p = j->weight[i] / j->tail[i];
        j->out[i] = i + 1 < j->k ? gsl_ran_binomial(j->rng, p, (unsigned int)left) : left;
        left -= j->out[i];
    }
    return j->out[0];
}
static int64_t gsl_multinomial(job *j, int64_t n)
{
    gsl_ran_multinomial(j->rng, (size_t)j->k, (unsigned int)n, j->weight, j->out_int);
    return j->out_int[0];
}
static int64_t gsl_discrete(job *j, int64_t n) // the alias table is made beforehand
{
    memset(j->out, 0, (size_t)j->k * sizeof *j->out);
    for (int64_t i = 0; i < n; i++) { j->out[gsl_ran_discrete(j->rng, j->discrete)]++; }
    return j->out[0];
}
static int64_t own_hypergeometric(job *j, int64_t n)
{
    return flow_hypergeometric(j->rng, j->n1, j->n2, n);
}
static int64_t gsl_hypergeometric(job *j, int64_t n)
{
    return gsl_ran_hypergeometric(j->rng, (unsigned int)j->n1, (unsigned int)j->n2,
                                  (unsigned int)n);
}

// Measuring -------------------------------------------------------------------------------------

/// CPU nanoseconds per call of a way, over about 100 microseconds.
static double pass(job *j, draw way, int64_t calls, bool key)
{
    const double begin = bench_cpu_s();
    static int64_t at; // so that no pass repeats the sizes of the one before
    at += calls;
    for (int64_t i = at; i < at + calls; i++) {
        if (key) { flow_rng_key(j->rng, 31, 0, 7, FLOW_DRAW_LEAVE, (uint64_t)i); }
        sink += way(j, j->size[i % n_size]);
    }
    return (bench_cpu_s() - begin) * 1e9 / (double)calls;
}

static void set_size(job *j, int64_t n)
{
    j->n = n;
    flow_rng_key(j->rng, 5, 0, 0, FLOW_DRAW_LEAVE, (uint64_t)n);
    for (int i = 0; i < n_size; i++) {
        j->size[i] = n < 10 ? n : (int64_t)((double)n * (0.9 + 0.2 * flow_uniform(j->rng)));
    }
}

static void set_row(job *j, int32_t k)
{
    j->k = k;
    for (int32_t i = 0; i < k; i++) { j->weight[i] = 1.0 + i % 7 * 0.37; } // none is special
    flow_split_prepare(k, j->weight, j->tail);
    if (j->discrete != NULL) { gsl_ran_discrete_free(j->discrete); }
    j->discrete = gsl_ran_discrete_preproc((size_t)k, j->weight);
}

/// Measure a line: in each round all ways one after the other, the best round of each counts.
static void measure(report *r, const char *table, bool key, int32_t n_way, const char *const *name,
                    const draw *way)
{
    if (r->n_row == most_rows) { bench_die("more than %d lines", (int)most_rows); }
    row *line = &r->row[r->n_row++];
    *line = (row){.table = table, .n = r->job->n, .p = r->job->p, .k = r->job->k, .n_way = n_way};
    for (int32_t w = 0; w < n_way; w++) {
        line->name[w] = name[w];
        line->ns[w] = HUGE_VAL;
        if (way[w] == NULL) { continue; }
        const double guess = pass(r->job, way[w], 20, key);
        const int64_t calls = guess < 5e3 ? (int64_t)(1e5 / (guess + 5.0)) : 20;
        for (int32_t round = 0; round < r->rounds; round++) {
            line->ns[w] = fmin(line->ns[w], pass(r->job, way[w], calls, key));
        }
    }
}

static void measure_all(report *r)
{
    job *j = r->job;
    static const char *const chance_name[] = {"key", "key, word", "key, double"};
    static const draw chance_way[] = {nothing, word, uniform};
    set_size(j, 1);
    measure(r, "chance, keyed", true, 3, chance_name, chance_way);
    static const char *const next_name[] = {"", "word", "double"};
    measure(r, "chance, going on", false, 3, next_name, chance_way);

    static const double chance[] = {0.001, 0.03, 0.3, 0.5};
    static const int64_t sizes[] = {1, 10, 30, 100, 300, 1000, 10000, 1000000, 100000000};
    static const char *const two[] = {"libflow", "GSL"};
    static const draw binomial_way[] = {own_binomial, gsl_binomial};
    for (size_t a = 0; a < sizeof chance / sizeof *chance; a++) {
        for (size_t b = 0; b < sizeof sizes / sizeof *sizes; b++) {
            j->p = chance[a];
            set_size(j, sizes[b]);
            measure(r, "binomial", true, 2, two, binomial_way);
        }
    }
    static const char *const way_name[] = {"digits", "inversion", "rejection"};
    static const int64_t near_n[] = {4, 8, 16, 32, 48, 64};
    static const double near_p[] = {0.005, 0.02, 0.05, 0.2};
    for (size_t a = 0; a < sizeof near_p / sizeof *near_p; a++) {
        for (size_t b = 0; b < sizeof near_n / sizeof *near_n; b++) {
            j->p = near_p[a];
            set_size(j, near_n[b]);
            static const draw way[] = {digits, inversion};
            measure(r, "few people", true, 2, way_name, way);
        }
    }
    static const double near_mean[] = {9.5, 11.0, 13.0, 16.0};
    for (size_t a = 0; a < sizeof near_mean / sizeof *near_mean; a++) {
        j->p = 0.03;
        set_size(j, (int64_t)(near_mean[a] / j->p));
        static const draw way[] = {NULL, inversion, rejection};
        measure(r, "few hits", true, 3, way_name, way);
    }
    static const int32_t outcomes[] = {2, 3, 6, 10, 30, 100, 1000};
    static const int64_t people[] = {1, 3, 10, 30, 100, 300, 1000, 10000, 100000, 100000000};
    static const char *const row_name[] = {"libflow", "GSL binomials", "gsl_ran_multinomial",
                                           "gsl_ran_discrete"};
    for (size_t a = 0; a < sizeof outcomes / sizeof *outcomes; a++) {
        for (size_t b = 0; b < sizeof people / sizeof *people; b++) {
            set_row(j, outcomes[a]);
            set_size(j, people[b]);
            const draw way[] = {own_row, gsl_chain, gsl_multinomial,
                                people[b] <= 1000 ? gsl_discrete : NULL};
            measure(r, "row", true, 4, row_name, way);
        }
    }
    static const char *const near_name[] = {"compared", "binomials", "halving", "groups"};
    static const int64_t near_people[] = {2, 3, 4, 6, 10, 30, 100, 200, 300, 400, 1000, 100000};
    for (size_t a = 1; a < sizeof outcomes / sizeof *outcomes; a++) {
        for (size_t b = 0; b < sizeof near_people / sizeof *near_people; b++) {
            set_row(j, outcomes[a]);
            set_size(j, near_people[b]);
            const draw way[] = {j->k <= most_together ? persons : NULL, binomials, halving,
                                j->k > most_together ? groups : NULL};
            measure(r, "few people of a row", true, 4, near_name, way);
        }
    }
    static const int64_t taken[] = {3, 6, 9, 13, 100, 1000, 100000};
    static const draw hyper_way[] = {own_hypergeometric, gsl_hypergeometric};
    j->n1 = 300000;
    j->n2 = 700000;
    for (size_t a = 0; a < sizeof taken / sizeof *taken; a++) {
        set_size(j, taken[a]);
        measure(r, "of 300,000 and 700,000 take", true, 2, two, hyper_way);
    }
}

// Result ----------------------------------------------------------------------------------------

static void print(const report *r)
{
    const char *table = "";
    for (int32_t i = 0; i < r->n_row; i++) {
        const row *line = &r->row[i];
        if (strcmp(table, line->table) != 0) {
            table = line->table;
            printf("\n%s, ns per call (best of %d)\n", table, (int)r->rounds);
            printf("%12s %7s %9s", "people", "chance", "outcomes");
            for (int32_t w = 0; w < line->n_way; w++) { printf(" %19s", line->name[w]); }
            printf("\n");
        }
        printf("%12lld %7g %9d", (long long)line->n, line->p, (int)line->k);
        for (int32_t w = 0; w < line->n_way; w++) {
            if (line->ns[w] < HUGE_VAL) {
                printf(" %19.1f", line->ns[w]);
            } else {
                printf(" %19s", "-");
            }
        }
        printf("\n");
    }
}

static void print_json(const report *r)
{
    json_t *all = json_object(), *lines = json_array();
    json_object_set_new(all, "schema", json_string("libflow/bench-split/1"));
    json_object_set_new(all, "machine", bench_machine());
    json_object_set_new(all, "rounds", json_integer(r->rounds));
    for (int32_t i = 0; i < r->n_row; i++) {
        const row *line = &r->row[i];
        json_t *one = json_pack("{s:s, s:I, s:f, s:i}", "table", line->table, "people",
                                (json_int_t)line->n, "chance", line->p, "outcomes", (int)line->k);
        json_t *ns = json_object();
        for (int32_t w = 0; w < line->n_way; w++) {
            if (line->ns[w] < HUGE_VAL) {
                json_object_set_new(ns, line->name[w], json_real(line->ns[w]));
            }
        }
        json_object_set_new(one, "ns", ns);
        json_array_append_new(lines, one);
    }
    json_object_set_new(all, "lines", lines);
    if (json_dumpf(all, stdout, JSON_INDENT(1)) != 0) { bench_die("cannot write the result"); }
    printf("\n");
    json_decref(all);
}

int main(int argc, char **argv)
{
    report *r = bench_alloc(1, sizeof *r);
    r->rounds = 51;
    r->job = bench_alloc(1, sizeof *r->job);
    bool json = false;
    static const struct option options[] = {
        {"rounds", required_argument, NULL, 'r'}, {"json", no_argument, NULL, 'j'}, {0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int64_t rounds;
        switch (c) {
        case 'r':
            (void)bench_parse_list("--rounds", optarg, 1, 10000, &rounds, 1);
            r->rounds = (int32_t)rounds;
            break;
        case 'j': json = true; break;
        default: bench_die("usage: bench_split [--rounds N] [--json]");
        }
    }
    r->job->rng = gsl_rng_alloc(flow_rng_philox);
    if (r->job->rng == NULL) { bench_die("no memory"); }
    if (!json) {
        json_t *machine = bench_machine();
        bench_print_machine(machine);
        json_decref(machine);
    }
    measure_all(r);
    if (json) {
        print_json(r);
    } else {
        print(r);
    }
    if (sink == 0) { bench_die("nothing was drawn"); }
    gsl_ran_discrete_free(r->job->discrete);
    gsl_rng_free(r->job->rng);
    free(r->job);
    free(r);
    return 0;
}
