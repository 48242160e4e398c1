// A plain program that uses every parallel loop, for ThreadSanitizer (Criterion does not start
// under it). Exit status 1 when numbers depend on threads; races are the sanitizer's to report.
//   OMP_TOOL_LIBRARIES=libarcher.so TSAN_OPTIONS=ignore_noninstrumented_modules=1 race_main
#define _XOPEN_SOURCE 700
#include "flow/flow.h"

#include "../libflow/sweep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIDE = 20, DAYS = 8, MOST_TEXT = 1 << 16 };

/// A scenario of a grid of places, more than a parallel loop needs.
static flow_scenario *grid(const char *rules, int camp_capacity)
{
    static char places[MOST_TEXT], links[MOST_TEXT], yaml[2048];
    size_t p = 0, l = 0;
    p += (size_t)snprintf(places, sizeof places,
                          "name,region,country,latitude,longitude,kind,population,capacity\n");
    l += (size_t)snprintf(links, sizeof links, "from,to,length_km\n");
    for (int i = 0; i < SIDE * SIDE; i++) {
        const bool camp = i % 9 == 4, war = i % 7 == 1;
        char capacity[16] = "";
        if (camp && camp_capacity > 0) {
            (void)snprintf(capacity, sizeof capacity, "%d", camp_capacity);
        }
        p += (size_t)snprintf(places + p, sizeof places - p, "P%d,R,C%d,%d,%d,%s,%d,%s\n", i, i % 3,
                              i % SIDE, i / SIDE,
                              camp  ? "camp"
                              : war ? "conflict"
                                    : "town",
                              camp ? 0 : 500, capacity);
        const int next[2] = {i % SIDE + 1 < SIDE ? i + 1 : -1,
                             i + SIDE < SIDE * SIDE ? i + SIDE : -1};
        for (int k = 0; k < 2; k++) {
            if (next[k] < 0) { continue; }
            l += (size_t)snprintf(links + l, sizeof links - l, "P%d,P%d,%d\n", i, next[k],
                                  20 + (i * 7 + k) % 60);
        }
    }
    (void)snprintf(yaml, sizeof yaml, "libflow: 1\nperiod: {start: 2024-01-01, days: %d}\n%s", DAYS,
                   rules);
    static const char conflict[] = "place,start,end,intensity\nP1,2024-01-01,,1\nP8,2024-01-01,,1\n"
                                   "P15,2024-01-02,,0.5\nP22,2024-01-03,,1\n";
    const char *const name[] = {"scenario.yaml", "places.csv", "links.csv", "conflict.csv"};
    const char *const text[] = {yaml, places, links, conflict};
    flow_file files[4];
    for (int i = 0; i < 4; i++) {
        files[i] = (flow_file){name[i], text[i], (int64_t)strlen(text[i])};
    }
    flow_scenario *s = NULL;
    if (flow_scenario_load_memory(files, 4, NULL, &s) != FLOW_OK) {
        (void)fprintf(stderr, "race: %s\n", flow_error_text());
    }
    return s;
}

static flow_err give(flow_model *m, const char *quantity, int64_t n, double some, double other)
{
    static double value[4 * SIDE * SIDE];
    for (int64_t i = 0; i < n; i++) { value[i] = i % 5 == 0 ? some : other; }
    return flow_model_assign(m, quantity, value, n);
}

/// Checksums of a run; 0: it failed.
static uint64_t run(const flow_scenario *s, int32_t threads, flow_individuals who,
                    bool destinations)
{
    flow_model *m = NULL;
    const flow_model_options o = {.seed = 3,
                                  .threads = threads,
                                  .individuals = who,
                                  .sample_share = 0.3,
                                  .history = who != FLOW_INDIVIDUALS_NONE};
    flow_err err = flow_model_create(s, &o, &m);
    if (err == FLOW_OK && destinations) {
        const int32_t n_place = flow_scenario_n_place(s), n_link = flow_scenario_n_link(s);
        err = give(m, "hazard_conflict", n_place, 0.2, 0.01);
        if (err == FLOW_OK) { err = give(m, "return_hazard", n_place, 0.1, 0.0); }
        if (err == FLOW_OK) { err = give(m, "crossings", n_link, 9.5, 1e12); }
    }
    for (int day = 0; day < DAYS && err == FLOW_OK; day++) { err = flow_model_step(m); }
    if (err != FLOW_OK) {
        (void)fprintf(stderr, "race: %s\n", flow_error_text());
        flow_model_free(m);
        return 0;
    }
    const uint64_t sum =
        flow_model_checksum(m) ^ (flow_model_identity_checksum(m) * UINT64_C(0x9e3779b97f4a7c15));
    flow_model_free(m);
    return sum;
}

/// A study of the scenario two-towns, each file of its folder hashed; 0: it failed.
static uint64_t study(const char *folder, int threads)
{
    static const char table[] = "hop.max_move_speed,members\n100,3\n200,3\n250,3\n300,3\n";
    char csv[96], results[96], name[128];
    (void)snprintf(csv, sizeof csv, "%s/plan-%d.csv", folder, threads);
    (void)snprintf(results, sizeof results, "%s/results-%d", folder, threads);
    FILE *file = fopen(csv, "wb");
    if (file == NULL || fputs(table, file) < 0 || fclose(file) != 0) { return 0; }
    const flow_sweep_options o = {.scenario = "scenarios/two-towns", .threads = threads};
    flow_sweep_report report;
    if (flow_sweep_run(csv, results, &o, &report) != FLOW_OK) {
        (void)fprintf(stderr, "race: %s\n", flow_error_text());
        return 0;
    }
    uint64_t sum = 0;
    for (int i = 0; i < 4; i++) {
        const flow_files files = {.folder = results};
        char *text = NULL;
        int64_t n = 0;
        (void)snprintf(name, sizeof name, "%08d.runs", i);
        if (flow_file_read(&files, name, 1 << 20, &text, &n) != FLOW_OK) { return 0; }
        sum = flow_hash(sum, text, (size_t)n);
        flow_dealloc(text);
        (void)snprintf(name, sizeof name, "%s/%08d.runs", results, i);
        (void)remove(name);
    }
    (void)snprintf(name, sizeof name, "%s/plan.csv", results);
    (void)remove(name);
    (void)rmdir(results);
    (void)remove(csv);
    return sum;
}

/// Runs of a study side by side give what they give one after the other.
static bool study_holds(void)
{
    char folder[] = "/tmp/flow-race-XXXXXX";
    if (mkdtemp(folder) == NULL) { return false; }
    const uint64_t one = study(folder, 1), four = study(folder, 4);
    (void)rmdir(folder);
    if (one != 0 && one == four) { return true; }
    (void)fprintf(stderr, "race: a study: %016" PRIx64 " and %016" PRIx64 "\n", one, four);
    return false;
}

int main(void)
{
    static const struct {
        const char *name, *rules;
        int capacity;
        bool destinations;
    } mode[] = {
        {"queues, turns", "spawn: {mode: conflict, rate: 4000}\nhop: {avoid_short_stints: true}\n",
         300, false},
        {"direct", "spawn: {mode: conflict, rate: 4000}\nhop: {onward: false}\n", 0, false},
        {"groups", "spawn: {mode: conflict, rate: 4000}\npeople: {axes: 'origin, status'}\n", 300,
         false},
        {"destinations", "movement: {rule: destination}\npeople: {axes: 'origin, status'}\n", 300,
         true},
    };
    int status = study_holds() ? 0 : 1;
    for (size_t i = 0; i < sizeof mode / sizeof *mode; i++) {
        flow_scenario *s = grid(mode[i].rules, mode[i].capacity);
        if (s == NULL) { return 1; }
        for (int who = FLOW_INDIVIDUALS_NONE; who <= FLOW_INDIVIDUALS_ALL; who++) {
            const uint64_t one = run(s, 1, (flow_individuals)who, mode[i].destinations);
            const uint64_t four = run(s, 4, (flow_individuals)who, mode[i].destinations);
            if (one == 0 || one != four) {
                (void)fprintf(stderr,
                              "race: %s, individuals %d: %016" PRIx64 " and %016" PRIx64 "\n",
                              mode[i].name, who, one, four);
                status = 1;
            }
        }
        flow_run_report report;
        if (flow_run_members(s, &(flow_run_options){.model.threads = 4}, 6, &report, NULL) !=
            FLOW_OK) {
            (void)fprintf(stderr, "race: members of %s: %s\n", mode[i].name, flow_error_text());
            status = 1;
        }
        flow_scenario_free(s);
    }
    if (status == 0) { (void)puts("race: the same numbers on 1 and 4 threads in every mode"); }
    return status;
}
