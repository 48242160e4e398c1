// The floods of 2015 in Mozambique and of 2022 in Nigeria, as FLEE's folders give them: the error
// of FLEE's rules, the same from a plain loop over its agents, and rules of our own that were
// fitted to other days or to the other country. docs/validation.md shows what this prints.
#include "../libflow/score.h"
#include "oracle.h"
#include "situation.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOZAMBIQUE, NIGERIA, N_FLOOD };
static const char *const folder[N_FLOOD] = {"mozambique2015", "nigeria2022"};
/// First day of the second half: that of a published count near the middle.
static const int32_t half[N_FLOOD] = {102, 20};
enum { n_seed = 5, most_text = 96 };

static flow_scenario *load_days(int which, int32_t days, const char *const *set, int32_t n_set)
{
    const char *root = getenv("LIBFLOW_DATA");
    if (root == NULL) { root = "../shared/data"; }
    char path[512], settings[544];
    struct stat about;
    (void)snprintf(path, sizeof path, "%s/floods/%s", root, folder[which]);
    (void)snprintf(settings, sizeof settings, "%s/simsetting.yml", path);
    if (stat(settings, &about) != 0) {
        (void)fprintf(stderr, "skipped: %s is not there, set LIBFLOW_DATA to compare\n", settings);
        cr_skip_test("%s is not there", settings);
    }
    const flow_load_options options = {
        .settings = settings, .set = set, .n_set = n_set, .days = days};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load(path, &options, &s), FLOW_OK, "%s", flow_error_text());
    return s;
}

static flow_scenario *load(int which, const char *const *set, int32_t n_set)
{
    return load_days(which, 0, set, n_set);
}

/// What the folders' `hasten: 100` does in FLEE: one agent is a hundred people, and populations,
/// capacities and counts are cut to whole agents. A capacity below 100 people thus becomes none.
static void count_in_hundreds(flow_scenario *s)
{
    for (int32_t p = 0; p < s->n_place; p++) {
        s->population[p] = floor(s->population[p] / 100.0);
        if (s->capacity[p] > 0.0) { s->capacity[p] = floor(s->capacity[p] / 100.0); }
    }
    for (int32_t i = 0; i < s->n_observed; i++) {
        for (int32_t day = 0; day < s->n_step; day++) { s->observed[i].people[day] /= 100; }
        s->observed[i].day0 /= 100;
        s->observed[i].first_count /= 100;
    }
}

// Measures --------------------------------------------------------------------------------------

/// Scores of people[day][place] on some days.
static flow_score *score_days(const flow_scenario *s, const int64_t *people, int32_t from,
                              int32_t to)
{
    const int32_t n = s->n_observed, days = to - from;
    int64_t *seen = flow_calloc((int64_t)days * n, sizeof *seen);
    int64_t *ours = flow_calloc((int64_t)days * n, sizeof *ours);
    int64_t *first = flow_calloc(n, sizeof *first);
    double *capacity = flow_calloc(n, sizeof *capacity);
    cr_assert(seen && ours && first && capacity);
    for (int32_t i = 0; i < n; i++) {
        const flow_observed *row = &s->observed[i];
        first[i] = row->first_count;
        capacity[i] = s->capacity[row->place];
        for (int32_t day = 0; day < days; day++) {
            seen[day * n + i] = row->people[from + day];
            ours[day * n + i] = people[(int64_t)(from + day) * s->n_place + row->place];
        }
    }
    const flow_score_input input = {.n_step = days,
                                    .n_place = n,
                                    .simulated = ours,
                                    .observed = seen,
                                    .capacity = capacity,
                                    .first_count = first};
    flow_score *score = NULL;
    cr_assert_eq(flow_score_compute(&input, &score), FLOW_OK, "%s", flow_error_text());
    flow_dealloc(seen);
    flow_dealloc(ours);
    flow_dealloc(first);
    flow_dealloc(capacity);
    return score;
}

/// Means over runs, with their spread.
typedef struct spread {
    double sum[3], square[3]; // error, ARD, people in camps over those observed
    int n;
} spread;

static void add(spread *all, const flow_score *score)
{
    const double value[] = {score->model.error, score->model.ard, score->arrived};
    for (int i = 0; i < 3; i++) {
        all->sum[i] += value[i];
        all->square[i] += value[i] * value[i];
    }
    all->n++;
}

static double mean(const spread *all, int i)
{
    return all->sum[i] / all->n;
}

static double deviation(const spread *all, int i)
{
    const double variance = all->square[i] / all->n - mean(all, i) * mean(all, i);
    return all->n > 1 ? sqrt(fmax(variance, 0.0) * all->n / (all->n - 1)) : 0.0;
}

static void print(int which, const char *what, const spread *all)
{
    (void)fprintf(stderr,
                  "%-14s %-44s %2d runs: error %8.3f +- %6.3f, ARD %.3f +- %.3f, arrived "
                  "%8.2f\n",
                  folder[which], what, all->n, mean(all, 0), deviation(all, 0), mean(all, 1),
                  deviation(all, 1), mean(all, 2));
}

/// Runs of the engine, scored on some days.
static spread run(const flow_scenario *s, int seeds, int32_t from, int32_t to)
{
    spread all = {.n = 0};
    for (int seed = 1; seed <= seeds; seed++) {
        situation_run how = {.seed = (uint64_t)seed, .threads = 1};
        flow_result *result = situation_simulate(s, &how);
        flow_score *score = score_days(s, result->people, from, to);
        add(&all, score);
        flow_score_free(score);
        flow_result_free(result);
    }
    return all;
}

static spread run_oracle(const flow_scenario *s, int seeds)
{
    spread all = {.n = 0};
    oracle *o = oracle_create(s, ORACLE_CREATION);
    const int32_t width = oracle_width(o);
    double *value = malloc((size_t)s->n_step * (size_t)width * sizeof *value);
    int64_t *people = malloc((size_t)s->n_step * (size_t)s->n_place * sizeof *people);
    cr_assert(value != NULL && people != NULL);
    for (int seed = 1; seed <= seeds; seed++) {
        oracle_run(o, (uint64_t)seed, value);
        for (int32_t day = 0; day < s->n_step; day++) {
            for (int32_t p = 0; p < s->n_place; p++) {
                people[day * s->n_place + p] = (int64_t)value[day * width + p];
            }
        }
        flow_score *score = score_days(s, people, 0, s->n_step);
        add(&all, score);
        flow_score_free(score);
    }
    free(value);
    free(people);
    oracle_free(o);
    return all;
}

Test(validation_floods, folders_run_unchanged_on_any_number_of_threads)
{
    for (int which = 0; which < N_FLOOD; which++) {
        flow_scenario *s = load_days(which, 12, NULL, 0);
        uint64_t sum[3];
        for (int k = 0; k < 3; k++) {
            situation_run how = {.seed = 7, .threads = 1 << k};
            flow_result_free(situation_simulate(s, &how)); // nobody is lost on the way
            sum[k] = how.checksum;
        }
        cr_expect(sum[1] == sum[0] && sum[2] == sum[0], "%s: threads change it", folder[which]);
        flow_scenario_free(s);
    }
}

/// People whom the first days drive out.
static int64_t driven_out(const char *const *set, int32_t n_set)
{
    flow_scenario *s = load_days(MOZAMBIQUE, 5, set, n_set);
    flow_model *m = NULL;
    cr_assert_eq(flow_model_create(s, NULL, &m), FLOW_OK, "%s", flow_error_text());
    for (int day = 0; day < 5; day++) { cr_assert_eq(flow_model_step(m), FLOW_OK); }
    const int64_t n = flow_model_entered(m);
    flow_model_free(m);
    flow_scenario_free(s);
    return n;
}

// Mozambique's folder has a file of conflicts, too: FLEE leaves it out, we may take it. On each of
// the five days three zones of intensity 1 send a thousand people more.
Test(validation_floods, conflicts_beside_floods_drive_people_out)
{
    static const char *const set[] = {"spawn.flood_rate=[0, 0, 0, 0]", "quirks.one_cause=false",
                                      "spawn.mode=conflict", "spawn.rate=1000"};
    static const char *const both[] = {"quirks.one_cause=false", "spawn.mode=conflict",
                                       "spawn.rate=1000"};
    cr_expect_eq(driven_out(set, 1), 0);
    cr_expect_eq(driven_out(set, 4), 15000);
    const int64_t floods = driven_out(NULL, 0), all = driven_out(both, 3);
    // Whom conflict has driven out before, floods cannot.
    cr_expect(all > floods && all < floods + 15000, "%lld with conflicts, %lld without",
              (long long)all, (long long)floods);
}

Test(validation_floods, errors_of_flees_rules)
{
#ifdef FLOW_SANITIZED
    cr_skip_test("sanitizers make it slow");
#endif
    static const char *const set[] = {"quirks.low_movechance_is_camp=false"}; // no such place here
    for (int which = 0; which < N_FLOOD; which++) {
        flow_scenario *s = load(which, set, 1);
        const spread whole = run(s, n_seed, 0, s->n_step);
        print(which, "FLEE's rules, all people", &whole);
        count_in_hundreds(s);
        const spread agents = run(s, n_seed, 0, s->n_step);
        print(which, "FLEE's rules, agents of 100 people", &agents);
        const spread plain = run_oracle(s, n_seed);
        print(which, "the same, agent by agent as FLEE asks them", &plain);
        for (int i = 0; i < 3; i++) {
            const double error =
                sqrt((pow(deviation(&agents, i), 2.0) + pow(deviation(&plain, i), 2.0)) / n_seed);
            const double allowed = 5.0 * error + 0.002 * mean(&plain, i);
            cr_expect_leq(fabs(mean(&agents, i) - mean(&plain, i)), allowed,
                          "%s, measure %d: %.4f, agent by agent %.4f +- %.4f", folder[which], i,
                          mean(&agents, i), mean(&plain, i), error);
        }
        flow_scenario_free(s);
    }
}

// Rules of our own ------------------------------------------------------------------------------

/// What is fitted: how many leave, and how they choose.
typedef struct rules {
    double rate;            ///< factor on FLEE's shares by level
    double buffer, scaling; ///< of capacity: FLEE's, or room that shrinks from the first arrival
    double distance, sharpness; ///< powers
} rules;

static const double rates[] = {0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001};
enum { n_rate = sizeof rates / sizeof *rates, n_shape = 8, n_rules = n_rate * n_shape };

static rules rules_of(int i)
{
    const int shape = i % n_shape;
    return (rules){.rate = rates[i / n_shape],
                   .buffer = shape & 1 ? 0.0 : 0.9,
                   .scaling = shape & 1 ? 2.0 : 1.0,
                   .distance = shape & 2 ? 0.0 : 1.0,
                   .sharpness = shape & 4 ? 4.0 : 1.0};
}

static flow_scenario *load_rules(int which, const rules *r)
{
    char text[5][most_text];
    (void)snprintf(text[0], most_text, "spawn.flood_rate=[0, %.9g, %.9g, %.9g, %.9g]",
                   0.1 * r->rate, 0.2 * r->rate, 0.5 * r->rate, 0.9 * r->rate);
    (void)snprintf(text[1], most_text, "hop.capacity_buffer=%g", r->buffer);
    (void)snprintf(text[2], most_text, "hop.capacity_scaling=%g", r->scaling);
    (void)snprintf(text[3], most_text, "hop.distance_power=%g", r->distance);
    (void)snprintf(text[4], most_text, "hop.weight_power=%g", r->sharpness);
    const char *const set[] = {text[0], text[1], text[2], text[3], text[4]};
    return load(which, set, 5);
}

/// Error and ARD of one run of each rules on the days before the last count that may be known, and
/// on all days; day 0 has nobody observed in Mozambique.
typedef struct fits {
    double early[n_rules][2], all[n_rules][2];
} fits;

static void try_all(int which, fits *out)
{
    for (int i = 0; i < n_rules; i++) {
        const rules r = rules_of(i);
        flow_scenario *s = load_rules(which, &r);
        situation_run how = {.seed = 100, .threads = 1};
        flow_result *result = situation_simulate(s, &how);
        flow_score *early = score_days(s, result->people, 1, half[which]);
        flow_score *all = score_days(s, result->people, 1, s->n_step);
        out->early[i][0] = early->model.error;
        out->early[i][1] = early->model.ard;
        out->all[i][0] = all->model.error;
        out->all[i][1] = all->model.ard;
        flow_score_free(early);
        flow_score_free(all);
        flow_result_free(result);
        flow_scenario_free(s);
    }
}

static rules best(double (*value)[2], int by)
{
    int least = 0;
    for (int i = 1; i < n_rules; i++) {
        if (value[i][by] < value[least][by]) { least = i; }
    }
    return rules_of(least);
}

/// Rules that were fitted elsewhere, on days they have not seen.
static spread try_rules(int which, const rules *r, const char *about, int32_t from)
{
    char what[128];
    flow_scenario *s = load_rules(which, r);
    const spread all = run(s, n_seed, from, s->n_step);
    (void)snprintf(what, sizeof what, "%s: rate %g, buffer %g, distance %g, power %g", about,
                   r->rate, r->buffer, r->distance, r->sharpness);
    print(which, what, &all);
    flow_scenario_free(s);
    return all;
}

/// FLEE's rules and two trivial models on the same days.
static spread try_flee(int which, int32_t from)
{
    flow_scenario *s = load(which, NULL, 0);
    const spread all = run(s, n_seed, from, s->n_step);
    print(which, "FLEE's rules", &all);
    situation_run how = {.seed = 1, .threads = 1};
    flow_result *result = situation_simulate(s, &how);
    flow_score *score = score_days(s, result->people, from, s->n_step);
    for (int k = 0; k < FLOW_N_TRIVIAL; k++) {
        const bool shown = strcmp(flow_trivial_name[k], "equal") == 0 ||
                           strcmp(flow_trivial_name[k], "cap") == 0 ||
                           (from > 1 && strcmp(flow_trivial_name[k], "first") == 0);
        if (!shown) { continue; }
        (void)fprintf(stderr, "%-14s trivial model %-8s error and ARD %.3f\n", folder[which],
                      flow_trivial_name[k], score->trivial[k].error);
    }
    flow_score_free(score);
    flow_result_free(result);
    flow_scenario_free(s);
    return all;
}

Test(validation_floods, rules_of_our_own_on_days_and_in_a_country_they_have_not_seen)
{
#ifdef FLOW_SANITIZED
    cr_skip_test("sanitizers make it slow");
#endif
    static const char *const criterion[] = {"by error", "by ARD"};
    static fits fit[N_FLOOD];
    for (int which = 0; which < N_FLOOD; which++) { try_all(which, &fit[which]); }
    (void)fprintf(stderr, "Fitted to the days before the last count that is known, later days:\n");
    for (int which = 0; which < N_FLOOD; which++) {
        const spread flee = try_flee(which, half[which]);
        for (int by = 0; by < 2; by++) {
            const rules r = best(fit[which].early, by);
            const spread own = try_rules(which, &r, criterion[by], half[which]);
            cr_expect_lt(mean(&own, 0), mean(&flee, 0), "%s: error", folder[which]);
            cr_expect_lt(mean(&own, 1), mean(&flee, 1), "%s: ARD", folder[which]);
        }
    }
    (void)fprintf(stderr, "Fitted to the other country, all days but the first:\n");
    for (int which = 0; which < N_FLOOD; which++) {
        const spread flee = try_flee(which, 1);
        for (int by = 0; by < 2; by++) {
            const rules r = best(fit[1 - which].all, by);
            const spread own = try_rules(which, &r, criterion[by], 1);
            cr_expect_lt(mean(&own, 0), mean(&flee, 0), "%s: error", folder[which]);
        }
    }
}
