// bench_conflicts: whole runs of published conflicts, all people, beside FLEE's speed.
#define _POSIX_C_SOURCE 200809L
#include "flow/flow.h"

#include "bench.h"

#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { most_folders = 64, most_path = 1024, most_rounds = 25 };

// FLEE 3 (commit 02cd2cbd, Python 3.11) does 0.33 million person-steps per CPU second on mali2012
// with all people, on one core of a shared x86-64 machine like the one of README.md.
static const double flee_rate = 0.33e6;

typedef struct options {
    int32_t rounds, threads;
    flow_individuals individuals;
    const char *settings;
    bool json;
} options;

/// What one run of a folder took. CPU seconds.
typedef struct sample {
    double load_s, step_s;
    int64_t person_steps, persons, memory;
    int32_t days, places, links;
    uint64_t checksum;
    char error[1024];
} sample;

/// One run, for bench_child().
typedef struct job {
    const char *folder;
    const options *options;
    uint64_t seed;
} job;

typedef struct row {
    const char *name; ///< of the folder, without those above
    sample first;     ///< of the first round
    bench_stat step, load;
    double rate; ///< person-steps per CPU second of steps
} row;

static bool exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

/// simsetting.yml in the folder, or beside it; NULL: the reader looks itself.
static const char *find_settings(const job *j, char path[static most_path])
{
    if (j->options->settings != NULL) { return j->options->settings; }
    (void)snprintf(path, most_path, "%s/../simsetting.yml", j->folder);
    return exists(path) ? path : NULL;
}

static flow_err run_steps(flow_model *m, int32_t days)
{
    for (int32_t day = 0; day < days; day++) {
        const flow_err err = flow_model_step(m);
        if (err != FLOW_OK) { return err; }
    }
    return FLOW_OK;
}

static void run(const void *context, void *result)
{
    const job *j = context;
    sample *out = result;
    *out = (sample){0};
    char path[most_path];
    const int64_t before = bench_memory();
    const flow_load_options load = {.settings = find_settings(j, path)};
    const flow_model_options model = {
        .seed = j->seed, .threads = j->options->threads, .individuals = j->options->individuals};
    flow_scenario *s = NULL;
    flow_model *m = NULL;
    double begin = bench_cpu_s();
    flow_err err = flow_scenario_load(j->folder, &load, &s);
    out->load_s = bench_cpu_s() - begin;
    if (err == FLOW_OK) {
        out->days = flow_scenario_n_step(s);
        out->places = flow_scenario_n_place(s);
        out->links = flow_scenario_n_link(s);
        begin = bench_cpu_s();
        err = flow_model_create(s, &model, &m);
        if (err == FLOW_OK) { err = run_steps(m, out->days); }
        out->step_s = bench_cpu_s() - begin;
    }
    if (err != FLOW_OK) {
        (void)snprintf(out->error, sizeof out->error, "%s", flow_error_text());
    } else {
        out->person_steps = flow_model_person_steps(m);
        out->persons = flow_model_persons(m);
        out->checksum = flow_model_checksum(m);
    }
    out->memory = bench_memory_peak() - before;
    flow_model_free(m);
    flow_scenario_free(s);
}

static void measure(const char *folder, const options *o, row *r)
{
    const char *slash = strrchr(folder, '/');
    *r = (row){.name = slash != NULL && slash[1] != '\0' ? slash + 1 : folder};
    double step_s[most_rounds], load_s[most_rounds];
    for (int32_t round = 0; round < o->rounds; round++) {
        const job j = {.folder = folder, .options = o, .seed = 1};
        sample s;
        if (!bench_child(run, &j, &s, sizeof s)) { bench_die("%s did not end well", folder); }
        if (s.error[0] != '\0') { bench_die("%s: %s", folder, s.error); }
        if (round == 0) { r->first = s; }
        if (s.checksum != r->first.checksum) { bench_die("%s: two runs differ", folder); }
        step_s[round] = s.step_s;
        load_s[round] = s.load_s;
    }
    r->step = bench_summary(step_s, o->rounds);
    r->load = bench_summary(load_s, o->rounds);
    r->rate = (double)r->first.person_steps / r->step.median;
}

static void print_table(const row *rows, int32_t n, double total_s)
{
    (void)printf("\n%-18s %6s %6s %5s %9s %9s  %-24s %8s %10s %8s\n", "conflict", "places", "links",
                 "days", "people", "million", "CPU s of all steps", "CPU ms", "million", "times");
    (void)printf("%-18s %6s %6s %5s %9s %9s  %-24s %8s %10s %8s\n", "", "", "", "", "at end",
                 "pers.-st.", "median (range)", "loading", "p.-st./s", "FLEE");
    for (int32_t i = 0; i < n; i++) {
        const row *r = &rows[i];
        char range[32];
        (void)snprintf(range, sizeof range, "(%.3g - %.3g)", r->step.low, r->step.high);
        (void)printf("%-18s %6d %6d %5d %9lld %9.1f  %-7.3g %-16s %8.2f %10.1f %8.0f\n", r->name,
                     (int)r->first.places, (int)r->first.links, (int)r->first.days,
                     (long long)r->first.persons, (double)r->first.person_steps * 1e-6,
                     r->step.median, range, 1e3 * r->load.median, r->rate * 1e-6,
                     r->rate / flee_rate);
    }
    (void)printf("%-18s %6s %6s %5s %9s %9s  %.3g\n", "all", "", "", "", "", "", total_s);
    (void)printf("\nFLEE: %.2f million person-steps per CPU second on mali2012; the last column is "
                 "meant for it.\n",
                 flee_rate * 1e-6);
}

static json_t *stat_json(bench_stat s)
{
    return json_pack("{s:f, s:f, s:f}", "median", s.median, "low", s.low, "high", s.high);
}

static json_t *row_json(const row *r)
{
    char checksum[32];
    (void)snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)r->first.checksum);
    json_t *o = json_pack("{s:s, s:i, s:i, s:i, s:I, s:I, s:I, s:o, s:o, s:f, s:f, s:s}", "name",
                          r->name, "places", (int)r->first.places, "links", (int)r->first.links,
                          "days", (int)r->first.days, "persons", (json_int_t)r->first.persons,
                          "person_steps", (json_int_t)r->first.person_steps, "memory",
                          (json_int_t)r->first.memory, "step_cpu_s", stat_json(r->step),
                          "load_cpu_s", stat_json(r->load), "person_steps_per_cpu_s", r->rate,
                          "times_flee", r->rate / flee_rate, "checksum", checksum);
    if (o == NULL) { bench_die("no memory"); }
    return o;
}

/// All folders of conflicts under $LIBFLOW_DATA or beside the checkout; returns how many.
static int32_t find_folders(char folder[][most_path])
{
    const char *root = getenv("LIBFLOW_DATA");
    char path[most_path];
    (void)snprintf(path, sizeof path, "%s/conflicts",
                   root != NULL ? root : FLOW_BENCH_DIR "/../../shared/data");
    struct dirent **entry = NULL;
    const int n = scandir(path, &entry, NULL, alphasort);
    if (n < 0) { bench_die("'%s' cannot be read; give folders, or set LIBFLOW_DATA", path); }
    int32_t found = 0;
    for (int i = 0; i < n; i++) {
        char inside[most_path + 300];
        (void)snprintf(inside, sizeof inside, "%s/%s", path, entry[i]->d_name);
        char input[most_path + 320];
        (void)snprintf(input, sizeof input, "%s/input_csv", inside);
        if (entry[i]->d_name[0] != '.' && exists(input) && found < most_folders &&
            strlen(inside) < most_path) {
            memcpy(folder[found++], inside, strlen(inside) + 1);
        }
        free(entry[i]);
    }
    free(entry);
    return found;
}

static const char *const usage =
    "Usage: bench_conflicts [--rounds N] [--threads N] [--all] [--settings FILE] [--json] "
    "[FOLDER]...\n"
    "Times whole runs of scenario folders; without folders, of all under conflicts/ in\n"
    "$LIBFLOW_DATA (or ../shared/data beside the checkout).\n"
    "  --rounds N       runs of each folder (5)\n"
    "  --threads N      threads (1)\n"
    "  --all            follow every person\n"
    "  --settings FILE  simsetting.yml of FLEE folders (in the folder, or beside it)";

static void parse(int argc, char **argv, options *o)
{
    static const struct option longs[] = {{"rounds", required_argument, NULL, 'r'},
                                          {"threads", required_argument, NULL, 't'},
                                          {"settings", required_argument, NULL, 's'},
                                          {"all", no_argument, NULL, 'a'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int64_t number = 0;
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 'r':
            (void)bench_parse_list("--rounds", optarg, 1, most_rounds, &number, 1);
            o->rounds = (int32_t)number;
            break;
        case 't':
            (void)bench_parse_list("--threads", optarg, 1, 256, &number, 1);
            o->threads = (int32_t)number;
            break;
        case 's': o->settings = optarg; break;
        case 'a': o->individuals = FLOW_INDIVIDUALS_ALL; break;
        case 'j': o->json = true; break;
        case 'h': (void)printf("%s\n", usage); exit(EXIT_SUCCESS);
        default: (void)fprintf(stderr, "%s\n", usage); exit(EXIT_FAILURE);
        }
    }
}

int main(int argc, char **argv)
{
    bench_begin(argv);
    options o = {.rounds = 5, .threads = 1};
    parse(argc, argv, &o);
    char(*found)[most_path] = bench_alloc(most_folders, sizeof *found);
    const char *folder[most_folders];
    int32_t n = argc - optind;
    if (n > most_folders) { bench_die("more than %d folders", (int)most_folders); }
    for (int32_t i = 0; i < n; i++) { folder[i] = argv[optind + i]; }
    if (n == 0) {
        n = find_folders(found);
        for (int32_t i = 0; i < n; i++) { folder[i] = found[i]; }
    }
    if (n == 0) { bench_die("no folders of conflicts"); }
    json_t *machine = bench_machine();
    json_t *list = json_array();
    row *rows = bench_alloc(n, sizeof *rows);
    double total_s = 0.0;
    if (!o.json) { bench_print_machine(machine); }
    for (int32_t i = 0; i < n; i++) {
        measure(folder[i], &o, &rows[i]);
        total_s += rows[i].step.median;
        if (json_array_append_new(list, row_json(&rows[i])) != 0) { bench_die("no memory"); }
    }
    if (!o.json) { print_table(rows, n, total_s); }
    json_t *all = json_pack(
        "{s:s, s:o, s:i, s:i, s:b, s:f, s:f, s:o}", "schema", "libflow.bench.conflicts.1",
        "machine", machine, "rounds", (int)o.rounds, "threads", (int)o.threads, "all_followed",
        (int)(o.individuals == FLOW_INDIVIDUALS_ALL), "flee_person_steps_per_cpu_s", flee_rate,
        "step_cpu_s", total_s, "conflicts", list);
    if (all == NULL) { bench_die("no memory"); }
    if (o.json) {
        if (json_dumpf(all, stdout, JSON_INDENT(1)) != 0) { bench_die("cannot write"); }
        (void)printf("\n");
    }
    json_decref(all);
    free(rows);
    free(found);
    return EXIT_SUCCESS;
}
