// bench_step: the cost of a step of workload W1 for libflow, beside loops over all persons.
// README.md says what is measured and how each program is checked.
#define _POSIX_C_SOURCE 200809L
#include "step.h"

#include "bench.h"
#include "dense.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_sizes = 8, most_threads = 4, most_rounds = 25, most_programs = 12 };

typedef struct options {
    int64_t size[most_sizes], threads[most_threads];
    int32_t n_size, n_threads, rounds, steps;
    int64_t seed;
    bool mix, low, json, avx2, check;
    const char *only;
} options;

/// One line of the result: a program with a number of people and of threads, all rounds.
typedef struct row {
    const bench_program *program;
    int64_t n;
    int32_t threads;
    double cpu_ns[most_rounds], wall_ns[most_rounds]; ///< per person and step
    bench_stat cpu, wall;
    int32_t rounds;
    double bytes;          ///< per person
    bench_verdict verdict; ///< the worst of the rounds
    bool same_bits;        ///< as its family
} row;

// The measurements ------------------------------------------------------------------------------

static bool wanted(const options *o, const char *name)
{
    if (o->only == NULL) { return true; }
    const size_t n = strlen(name);
    for (const char *at = o->only; (at = strstr(at, name)) != NULL; at += n) {
        const bool begins = at == o->only || at[-1] == ',';
        if (begins && (at[n] == ',' || at[n] == '\0')) { return true; }
    }
    return false;
}

static void worst_of(bench_verdict *all, const bench_verdict *one, bool first)
{
    if (first) {
        *all = *one;
        return;
    }
    if (fabs(one->movers) > fabs(all->movers)) { all->movers = one->movers; }
    all->worst = fmax(all->worst, one->worst);
    if (fabs(one->dispersion - 1.0) > fabs(all->dispersion - 1.0)) {
        all->dispersion = one->dispersion;
    }
    all->same_process = all->same_process && one->same_process;
}

/// One measurement of one row, in a process of its own. `twin` holds the first ends of each family.
static void measure(const bench_workload *w, const bench_expectation *e, const options *o, row *r,
                    int64_t twin[][bench_places], bool *has_twin)
{
    const bench_job job = {.w = w,
                           .program = r->program,
                           .n = r->n,
                           .threads = r->threads,
                           .steps = o->steps,
                           .seed = (uint64_t)(o->seed + r->rounds),
                           .shortest_s = o->check ? 0.0 : 0.25};
    bench_sample sample = {0};
    if (!bench_child(bench_job_run, &job, &sample, sizeof sample)) {
        bench_die("%s with %lld people did not end well", r->program->name, (long long)r->n);
    }
    if (sample.error[0] != '\0') { bench_die("%s: %s", r->program->name, sample.error); }
    const double ns = 1e9 / ((double)r->n * (double)sample.steps);
    r->cpu_ns[r->rounds] = sample.cpu_s * ns;
    r->wall_ns[r->rounds] = sample.wall_s * ns;
    const double bytes = (double)sample.memory / (double)r->n;
    r->bytes = r->rounds == 0 ? bytes : fmax(r->bytes, bytes);
    const bench_verdict verdict = bench_verify(e, sample.start, sample.end, sample.moves);
    worst_of(&r->verdict, &verdict, r->rounds == 0);
    const int family = r->program->family;
    if (!has_twin[family]) {
        memcpy(twin[family], sample.end, sizeof sample.end);
        has_twin[family] = true;
    }
    const bool same = memcmp(twin[family], sample.end, sizeof sample.end) == 0;
    r->same_bits = same && (r->rounds == 0 || r->same_bits);
    r->rounds++;
}

static int32_t rounds_of(const options *o, int64_t n)
{
    return n > 20000000 && o->rounds > 3 ? 3 : o->rounds;
}

/// All programs with one number of people, round by round, so that all see the same weather.
static int32_t measure_size(const bench_workload *w, const bench_expectation *e, const options *o,
                            int64_t n, const bench_program *programs, row *rows)
{
    int32_t n_row = 0;
    for (const bench_program *p = programs; p->name != NULL; p++) {
        if (!wanted(o, p->name) || n > p->most_persons) { continue; }
        for (int32_t t = 0; t < o->n_threads; t++) {
            if (o->threads[t] > p->most_threads) { continue; }
            rows[n_row++] = (row){.program = p, .n = n, .threads = (int32_t)o->threads[t]};
        }
    }
    int64_t(*twin)[bench_places] = bench_alloc(bench_families, sizeof *twin);
    for (int32_t round = 0; round < rounds_of(o, n); round++) {
        bool has_twin[bench_families] = {false};
        for (int32_t i = 0; i < n_row; i++) { measure(w, e, o, &rows[i], twin, has_twin); }
    }
    free(twin);
    for (int32_t i = 0; i < n_row; i++) {
        rows[i].cpu = bench_summary(rows[i].cpu_ns, rows[i].rounds);
        rows[i].wall = bench_summary(rows[i].wall_ns, rows[i].rounds);
    }
    return n_row;
}

// The results -----------------------------------------------------------------------------------

/// CPU time of a baseline over that of a row, with the same people and threads; 0: not measured.
static double times(const row *rows, int32_t n_row, const row *r, const char *baseline)
{
    for (int32_t i = 0; i < n_row; i++) {
        if (strcmp(rows[i].program->name, baseline) != 0 || rows[i].n != r->n) { continue; }
        if (rows[i].threads == r->threads) { return rows[i].cpu.median / r->cpu.median; }
    }
    return 0.0;
}

static const char *const baselines[] = {"scalar", "vector", "bytes", "numpy"};
enum { n_baseline = sizeof baselines / sizeof *baselines };

static void print_ratio(double ratio)
{
    if (ratio <= 0.0) {
        (void)printf(" %7s", "-");
    } else {
        (void)printf(" %7.*f", ratio < 10.0 ? 2 : ratio < 100.0 ? 1 : 0, ratio);
    }
}

static void print_heading(const bench_workload *w)
{
    (void)printf("\nworkload %s: %s\n%d places, %d directed links, %d camps, %d zones of conflict; "
                 "%.2f %% of people move per step\n\n",
                 w->name, w->what, bench_places, bench_links, (int)w->n_camp, (int)w->n_zone,
                 100.0 * w->movers);
    (void)printf("%9s  %-8s %2s  %-26s %8s %9s %9s %7s  %s\n", "", "", "", "CPU ns per person-step",
                 "per", "per place", "wall per", "bytes/", "CPU of a baseline / own CPU");
    (void)printf("%9s  %-8s %2s  %-26s %8s %9s %9s %7s ", "people", "program", "th",
                 "median (range)", "mover", "and step", "pers.-st.", "person");
    for (int b = 0; b < n_baseline; b++) { (void)printf(" %7s", baselines[b]); }
    (void)printf("  moves   worst  disp. bits\n");
}

static void print_row(const bench_workload *w, const row *rows, int32_t n_row, const row *r)
{
    char range[32];
    (void)snprintf(range, sizeof range, "(%.3g - %.3g)", r->cpu.low, r->cpu.high);
    (void)printf("%9lld  %-8s %2d  %-8.3g %-17s %8.3g %9.4g %9.3g %7.3g ", (long long)r->n,
                 r->program->name, (int)r->threads, r->cpu.median, range, r->cpu.median / w->movers,
                 r->cpu.median * (double)r->n / bench_places, r->wall.median, r->bytes);
    for (int b = 0; b < n_baseline; b++) { print_ratio(times(rows, n_row, r, baselines[b])); }
    (void)printf("  %+5.1f %7.1f %6.2f %s%s\n", r->verdict.movers, r->verdict.worst,
                 r->verdict.dispersion, r->same_bits ? "same" : "OTHER",
                 r->verdict.same_process ? "" : "  NOT THE SAME PROCESS");
}

static json_t *stat_json(bench_stat s)
{
    return json_pack("{s:f, s:f, s:f}", "median", s.median, "low", s.low, "high", s.high);
}

static json_t *row_json(const bench_workload *w, const row *rows, int32_t n_row, const row *r)
{
    json_t *ratio = json_object();
    for (int b = 0; b < n_baseline; b++) {
        const double x = times(rows, n_row, r, baselines[b]);
        if (x > 0.0 && json_object_set_new(ratio, baselines[b], json_real(x)) != 0) {
            bench_die("no memory");
        }
    }
    json_t *o = json_pack(
        "{s:s, s:s, s:s, s:I, s:i, s:i, s:o, s:o, s:f, s:f, s:f, s:o, s:f, s:f, s:f, s:b, s:b}",
        "workload", w->name, "program", r->program->name, "what", r->program->what, "persons",
        (json_int_t)r->n, "threads", (int)r->threads, "rounds", (int)r->rounds,
        "cpu_ns_per_person_step", stat_json(r->cpu), "wall_ns_per_person_step", stat_json(r->wall),
        "cpu_ns_per_mover", r->cpu.median / w->movers, "cpu_ns_per_place_step",
        r->cpu.median * (double)r->n / bench_places, "bytes_per_person", r->bytes, "times", ratio,
        "moves_z", r->verdict.movers, "worst_place_z", r->verdict.worst, "dispersion",
        r->verdict.dispersion, "same_process", (int)r->verdict.same_process, "same_bits",
        (int)r->same_bits);
    if (o == NULL) { bench_die("no memory"); }
    return o;
}

/// Growth of the cost of a step from a million people to a hundred million: 1 is flat.
static void print_flatness(const row *rows, int32_t n_row)
{
    for (int32_t i = 0; i < n_row; i++) {
        for (int32_t k = 0; k < n_row; k++) {
            if (rows[i].program != rows[k].program || rows[i].threads != rows[k].threads ||
                rows[i].n != 1000000 || rows[k].n != 100000000) {
                continue;
            }
            (void)printf("time for 10^8 people / time for 10^6: %-8s %d thread(s): %.2f\n",
                         rows[i].program->name, (int)rows[i].threads,
                         100.0 * rows[k].cpu.median / rows[i].cpu.median);
        }
    }
}

/// True when every program simulated the same process, with the same bits as its family.
static bool run_workload(bool low, const options *o, const bench_program *programs, json_t *out)
{
    bench_workload *w = bench_alloc(1, sizeof *w);
    bench_workload_init(low, w);
    bench_expectation e;
    bench_expectation_init(w, o->steps, &e);
    row *rows = bench_alloc(most_sizes * most_threads * most_programs, sizeof *rows);
    int32_t n_row = 0;
    bool good = true;
    if (!o->json) { print_heading(w); }
    for (int32_t i = 0; i < o->n_size; i++) {
        const int32_t first = n_row;
        n_row += measure_size(w, &e, o, o->size[i], programs, rows + n_row);
        for (int32_t k = first; k < n_row; k++) {
            good = good && rows[k].same_bits && rows[k].verdict.same_process;
            if (!o->json) { print_row(w, rows, n_row, &rows[k]); }
        }
        (void)fflush(stdout);
    }
    if (!o->json) {
        (void)printf("\n");
        print_flatness(rows, n_row);
    }
    for (int32_t k = 0; k < n_row; k++) {
        if (json_array_append_new(out, row_json(w, rows, n_row, &rows[k])) != 0) {
            bench_die("no memory");
        }
    }
    bench_expectation_clear(&e);
    free(rows);
    free(w);
    return good;
}

static void measure_memory(const void *threads, void *result)
{
    // Four times the last-level cache of large machines.
    bench_measure_bandwidth((int64_t)128 << 20, *(const int32_t *)threads, result);
}

static json_t *bandwidth(const options *o)
{
    json_t *all = json_array();
    for (int32_t t = 0; t < o->n_threads; t++) {
        const int32_t threads = (int32_t)o->threads[t];
        bench_bandwidth b = {0};
        if (!bench_child(measure_memory, &threads, &b, sizeof b)) {
            bench_die("the bandwidth of memory could not be measured");
        }
        if (!o->json) {
            (void)printf("memory, %d thread(s): reading %.1f GB/s, copying %.1f GB/s, triad %.1f "
                         "GB/s\n",
                         (int)threads, b.read * 1e-9, b.copy * 1e-9, b.triad * 1e-9);
        }
        json_t *o1 =
            json_pack("{s:i, s:f, s:f, s:f}", "threads", (int)threads, "read_gb_s", b.read * 1e-9,
                      "copy_gb_s", b.copy * 1e-9, "triad_gb_s", b.triad * 1e-9);
        if (o1 == NULL || json_array_append_new(all, o1) != 0) { bench_die("no memory"); }
    }
    return all;
}

// The command -----------------------------------------------------------------------------------

static const char *const usage =
    "Usage: bench_step [--n LIST] [--threads LIST] [--rounds N] [--steps N] [--workload "
    "mix|low|both]\n"
    "                  [--only LIST] [--avx2] [--seed N] [--check] [--json]\n"
    "Times a step of a thousand places for libflow and for loops over all persons.\n"
    "  --n LIST        people (1e5,1e6,1e7,1e8)\n"
    "  --threads LIST  threads (1,2)\n"
    "  --rounds N      measurements of each row (5; 3 above 20 million people)\n"
    "  --steps N       steps of one measurement (100)\n"
    "  --check         only check that the programs simulate the same; the times are no use\n"
    "  --only LIST     these programs:";

static void parse(int argc, char **argv, const bench_program *programs, options *o)
{
    static const struct option longs[] = {
        {"n", required_argument, NULL, 'n'},      {"threads", required_argument, NULL, 't'},
        {"rounds", required_argument, NULL, 'r'}, {"steps", required_argument, NULL, 's'},
        {"only", required_argument, NULL, 'o'},   {"workload", required_argument, NULL, 'w'},
        {"seed", required_argument, NULL, 'e'},   {"json", no_argument, NULL, 'j'},
        {"check", no_argument, NULL, 'c'},        {"avx2", no_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    int64_t number = 0;
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 'n':
            o->n_size = bench_parse_list("--n", optarg, 1000, 4000000000, o->size, most_sizes);
            break;
        case 't':
            o->n_threads = bench_parse_list("--threads", optarg, 1, 256, o->threads, most_threads);
            break;
        case 'r':
            (void)bench_parse_list("--rounds", optarg, 1, most_rounds, &number, 1);
            o->rounds = (int32_t)number;
            break;
        case 's':
            (void)bench_parse_list("--steps", optarg, 1, 10000, &number, 1);
            o->steps = (int32_t)number;
            break;
        case 'e': (void)bench_parse_list("--seed", optarg, 0, 1000000000, &o->seed, 1); break;
        case 'w':
            o->mix = strcmp(optarg, "low") != 0;
            o->low = strcmp(optarg, "mix") != 0;
            if (o->mix && o->low && strcmp(optarg, "both") != 0) {
                bench_die("--workload %s: expected mix, low or both", optarg);
            }
            break;
        case 'o': o->only = optarg; break;
        case 'j': o->json = true; break;
        case 'c': o->check = true; break;
        case 'a': o->avx2 = true; break;
        default:
            (void)fputs(usage, c == 'h' ? stdout : stderr);
            for (; programs->name != NULL; programs++) {
                (void)fprintf(c == 'h' ? stdout : stderr, " %s", programs->name);
            }
            (void)fputs("\n", c == 'h' ? stdout : stderr);
            exit(c == 'h' ? EXIT_SUCCESS : EXIT_FAILURE);
        }
    }
    if (optind < argc) { bench_die("'%s' is no option; see --help", argv[optind]); }
}

int main(int argc, char **argv)
{
    bench_begin(argv);
    options o = {.size = {100000, 1000000, 10000000, 100000000},
                 .n_size = 4,
                 .threads = {1, 2},
                 .n_threads = 2,
                 .rounds = 5,
                 .steps = 100,
                 .seed = 1,
                 .mix = true,
                 .low = true};
    bench_program programs[most_programs] = {0};
    bench_programs(false, most_programs, programs);
    parse(argc, argv, programs, &o);
    if (o.avx2) { bench_programs(true, most_programs, programs); }
    json_t *machine = bench_machine();
    if (!o.json) {
        bench_print_machine(machine);
        for (const bench_program *p = programs; p->name != NULL; p++) {
            (void)printf("%-8s %s\n", p->name, p->what);
        }
    }
    json_t *memory = o.check ? json_array() : bandwidth(&o);
    json_t *rows = json_array();
    bool good = true;
    if (o.mix) { good = run_workload(false, &o, programs, rows); }
    if (o.low) { good = run_workload(true, &o, programs, rows) && good; }
    json_t *all = json_pack("{s:s, s:o, s:i, s:o, s:o, s:b}", "schema", "libflow.bench.step.1",
                            "machine", machine, "steps", (int)o.steps, "memory", memory, "rows",
                            rows, "good", (int)good);
    if (all == NULL) { bench_die("no memory"); }
    if (o.json) {
        if (json_dumpf(all, stdout, JSON_INDENT(1)) != 0) { bench_die("cannot write"); }
        (void)printf("\n");
    }
    json_decref(all);
    if (!good) { bench_die("not every program simulated the same process"); }
    return EXIT_SUCCESS;
}
