// People followed one by one: counts never depend on it, everybody is somewhere, choices of who
// goes are fair, households stay together.
#include "flow/flow.h"

#include "../libflow/population.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const households_yaml =
    "libflow: 1\ntitle: households\nperiod: {start: 2024-01-01, days: 40}\n"
    "spawn: {mode: conflict, rate_kind: poisson, rate: 300}\n"
    "people: {axes: 'origin, status, cause, gender'}\n"
    "hop: {max_move_speed: 100, avoid_short_stints: true, default_movechance: 0.4}\n";
static const char *const places_csv =
    "name,region,country,latitude,longitude,kind,population,capacity\n"
    "Alm,R,A,1,1,conflict,100000,\nBor,R,A,1,2,town,5000,\nCol,R,A,2,2,town,7000,\n"
    "Dun,R,B,2,3,camp,0,4000\nEls,R,B,3,3,camp,0,\n";
static const char *const links_csv = "from,to,length_km\nAlm,Bor,60\nAlm,Col,140\nBor,Dun,90\n"
                                     "Col,Dun,40\nCol,Els,170\nDun,Els,230\n";
static const char *const conflict_csv = "place,start,end,intensity\nAlm,2024-01-01,,1\n";
static const char *const attributes_csv =
    "attribute,value,place,weight\ngender,f,,53\ngender,m,,47\nage,7,,40\nage,33,,50\nage,71,,10\n"
    "household_size,1,,1\nhousehold_size,3,,2\nhousehold_size,6,,1\n";
static const char *const plain_attributes_csv =
    "attribute,value,place,weight\ngender,f,,53\ngender,m,,47\nage,7,,40\nage,33,,50\nage,71,,10\n";

static flow_scenario *load(const char *attributes)
{
    const char *const name[] = {"scenario.yaml", "places.csv", "links.csv", "conflict.csv",
                                "attributes.csv"};
    const char *const text[] = {households_yaml, places_csv, links_csv, conflict_csv, attributes};
    flow_file files[5];
    for (int i = 0; i < 5; i++) {
        files[i] = (flow_file){name[i], text[i], (int64_t)strlen(text[i])};
    }
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(files, 5, NULL, &s), FLOW_OK, "%s", flow_error_text());
    return s;
}

static flow_model *create(const flow_scenario *s, flow_individuals individuals, double share,
                          int32_t threads)
{
    flow_model *m = NULL;
    const flow_model_options o = {.seed = 11,
                                  .threads = threads,
                                  .individuals = individuals,
                                  .sample_share = share,
                                  .history = individuals != FLOW_INDIVIDUALS_NONE};
    cr_assert_eq(flow_model_create(s, &o, &m), FLOW_OK, "%s", flow_error_text());
    return m;
}

static void steps(flow_model *m, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
    }
}

// Property: counts and checksum are the same, bit for bit, whoever is followed.
static void compare_modes(const flow_scenario *s, int32_t n_step)
{
    flow_model *m[4] = {
        create(s, FLOW_INDIVIDUALS_NONE, 0, 1), create(s, FLOW_INDIVIDUALS_SAMPLE, 0.17, 1),
        create(s, FLOW_INDIVIDUALS_ALL, 0, 1), create(s, FLOW_INDIVIDUALS_ALL, 0, 3)};
    for (int32_t day = 0; day < n_step; day++) {
        for (int i = 0; i < 4; i++) {
            cr_assert_eq(flow_model_step(m[i]), FLOW_OK, "%s", flow_error_text());
            cr_assert_eq(flow_model_checksum(m[i]), flow_model_checksum(m[0]), "day %d, model %d",
                         (int)day, i);
        }
        cr_assert_eq(flow_model_identity_checksum(m[2]), flow_model_identity_checksum(m[3]));
    }
    cr_assert_gt(flow_model_persons(m[0]), 0);
    cr_assert_eq(flow_model_n_person(m[2]), flow_model_entered(m[2]));
    for (int i = 0; i < 4; i++) { flow_model_free(m[i]); }
}

Test(individuals, counts_do_not_depend_on_who_is_followed)
{
    flow_scenario *s = load(attributes_csv);
    compare_modes(s, 40);
    flow_scenario_free(s);
    s = load(plain_attributes_csv);
    compare_modes(s, 40);
    flow_scenario_free(s);
}

Test(individuals, counts_of_a_real_conflict_do_not_depend_on_who_is_followed)
{
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load("scenarios/south-sudan-2013", NULL, &s), FLOW_OK);
    compare_modes(s, 60);
    flow_scenario_free(s);
}

// Property: every person is at exactly one place, and places hold as many persons as counted.
Test(individuals, everybody_is_where_the_counts_say)
{
    flow_scenario *s = load(attributes_csv);
    flow_model *m = create(s, FLOW_INDIVIDUALS_ALL, 0, 2);
    for (int day = 0; day < 40; day++) {
        steps(m, 1);
        const int64_t n = flow_model_n_person(m);
        int32_t *where = calloc((size_t)n + 1, sizeof *where);
        cr_assert_eq(flow_model_locate(m, where, n), FLOW_OK, "%s", flow_error_text());
        double people[5], links[12], found[5] = {0};
        cr_assert_eq(flow_model_observe(m, "people", people, 5), FLOW_OK);
        cr_assert_eq(flow_model_observe(m, "link_people", links, 12), FLOW_OK);
        double on_link[12] = {0};
        for (int64_t i = 0; i < n; i++) {
            cr_assert_neq(where[i], FLOW_LEFT);
            if (where[i] >= 0) { found[where[i]]++; }
            if (where[i] < 0) { on_link[FLOW_ON_LINK - where[i]]++; }
        }
        for (int p = 0; p < 5; p++) {
            cr_expect_eq(found[p], people[p], "day %d place %d", day, p);
        }
        for (int l = 0; l < 12; l++) { cr_expect_eq(on_link[l], links[l], "link %d", l); }
        free(where);
    }
    flow_model_free(m);
    flow_scenario_free(s);
}

// Property: the last moment of everybody who moved says where he or she is.
Test(individuals, history_ends_where_people_are)
{
    flow_scenario *s = load(attributes_csv);
    flow_model *m = create(s, FLOW_INDIVIDUALS_SAMPLE, 0.5, 1);
    steps(m, 40);
    const int64_t n = flow_model_n_person(m), n_moment = flow_model_n_moment(m);
    cr_assert_gt(n_moment, n / 2);
    int32_t *where = calloc((size_t)n, sizeof *where), *last = calloc((size_t)n, sizeof *last);
    flow_moment *moment = calloc((size_t)n_moment, sizeof *moment);
    cr_assert_eq(flow_model_locate(m, where, n), FLOW_OK);
    cr_assert_eq(flow_model_moments(m, moment, n_moment), FLOW_OK, "%s", flow_error_text());
    for (int64_t i = 0; i < n; i++) {
        flow_person person;
        cr_assert_eq(flow_model_person(m, i, &person), FLOW_OK);
        cr_assert_eq(person.origin, 0, "only Alm is in conflict");
        last[i] = person.origin;
    }
    for (int64_t i = 0; i < n_moment; i++) {
        last[moment[i].person] = moment[i].where;
        if (i == 0 || moment[i].person != moment[i - 1].person) { continue; }
        cr_assert_geq(moment[i].day, moment[i - 1].day);
    }
    for (int64_t i = 0; i < n; i++) { cr_assert_eq(where[i], last[i], "person %d", (int)i); }
    free(where);
    free(last);
    free(moment);
    flow_model_free(m);
    flow_scenario_free(s);
}

// Property: households stay together, and their sizes come with the chances given.
Test(individuals, households_move_together)
{
    flow_scenario *s = load(attributes_csv);
    flow_model *m = create(s, FLOW_INDIVIDUALS_ALL, 0, 1);
    steps(m, 40);
    const int64_t n = flow_model_n_person(m);
    int32_t *where = calloc((size_t)n, sizeof *where);
    cr_assert_eq(flow_model_locate(m, where, n), FLOW_OK);
    int64_t count[7] = {0}, households = 0, last = -1;
    int32_t last_where = 0, last_size = 0, met = 0;
    for (int64_t i = 0; i < n; i++) {
        flow_person person;
        cr_assert_eq(flow_model_person(m, i, &person), FLOW_OK);
        if (person.household != last) {
            cr_assert_eq(met, last_size, "a household has as many persons as its size");
            last = person.household;
            last_where = where[i];
            last_size = person.household_size;
            met = 0;
            count[person.household_size]++;
            households++;
        }
        met++;
        cr_assert_eq(where[i], last_where, "person %d", (int)i);
    }
    cr_assert_eq(households, flow_model_households(m));
    cr_assert_eq(count[1] + 3 * count[3] + 6 * count[6], flow_model_persons(m));
    const double share[7] = {0, 0.25, 0, 0.5, 0, 0, 0.25};
    for (int size = 1; size <= 6; size++) {
        const double expected = share[size] * (double)households;
        const double error = sqrt(expected * (1.0 - share[size]));
        cr_expect_leq(fabs((double)count[size] - expected), 5.0 * error,
                      "size %d: %d households, expected %.0f, standard error %.1f", size,
                      (int)count[size], expected, error);
    }
    // 40 days of Poisson(300) persons; whole households owe at most a few persons.
    cr_expect_leq(fabs((double)n - 12000.0), 5.0 * sqrt(12000.0) + 6.0, "%d persons", (int)n);
    free(where);
    flow_model_free(m);
    flow_scenario_free(s);
}

// Distribution: attributes that change nothing have the chances of their table, and stay.
Test(individuals, passengers_have_the_chances_of_their_table)
{
    flow_scenario *s = load(plain_attributes_csv);
    flow_model *m = create(s, FLOW_INDIVIDUALS_ALL, 0, 1);
    steps(m, 20);
    const int64_t n = flow_model_n_person(m);
    int64_t young = 0, old = 0, women = 0, young_women = 0;
    for (int64_t i = 0; i < n; i++) {
        const char *age = NULL, *gender = NULL;
        cr_assert_eq(flow_model_person_attribute(m, i, "age", &age), FLOW_OK);
        cr_assert_eq(flow_model_person_attribute(m, i, "gender", &gender), FLOW_OK);
        young += strcmp(age, "7") == 0;
        old += strcmp(age, "71") == 0;
        women += strcmp(gender, "f") == 0;
        young_women += strcmp(age, "7") == 0 && strcmp(gender, "f") == 0;
    }
    const double share[4] = {0.4, 0.1, 0.53, 0.4 * 0.53};
    const int64_t number[4] = {young, old, women, young_women};
    for (int i = 0; i < 4; i++) {
        const double expected = share[i] * (double)n, error = sqrt(expected * (1.0 - share[i]));
        cr_expect_leq(fabs((double)number[i] - expected), 5.0 * error, "%d: %d of %d", i,
                      (int)number[i], (int)n);
    }
    flow_model_free(m);
    flow_scenario_free(s);
}

// Distribution: the axis gender and the gender of persons agree, place by place.
Test(individuals, whoever_goes_is_chosen_fairly)
{
    static const char *const yaml = "libflow: 1\nperiod: {start: 2024-01-01, days: 30}\n"
                                    "spawn: {mode: none, insert_day0: true}\n"
                                    "hop: {default_movechance: 0.07, camp_movechance: 0.05, "
                                    "max_move_speed: 100, onward: false}\n";
    static const char *const places =
        "name,region,country,latitude,longitude,kind,population,capacity\n"
        "Ash,R,A,1,1,camp,0,\nBirch,R,A,1,2,camp,0,\n";
    static const char *const links = "from,to,length_km\nAsh,Birch,60\n";
    static const char *const observations = "place,date,people\nAsh,2024-01-01,2000\n"
                                            "Birch,2024-01-01,500\n";
    const char *const name[] = {"scenario.yaml", "places.csv", "links.csv", "observations.csv"};
    const char *const text[] = {yaml, places, links, observations};
    flow_file files[4];
    for (int i = 0; i < 4; i++) {
        files[i] = (flow_file){name[i], text[i], (int64_t)strlen(text[i])};
    }
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(files, 4, NULL, &s), FLOW_OK, "%s", flow_error_text());
    enum { seeds = 200, part = 10 };
    // Moves of each tenth of those who began in Ash: a fair choice gives every tenth the same.
    double moved[part] = {0};
    for (uint64_t seed = 0; seed < seeds; seed++) {
        flow_model *m = NULL;
        const flow_model_options o = {
            .seed = seed, .threads = 1, .individuals = FLOW_INDIVIDUALS_ALL, .history = true};
        cr_assert_eq(flow_model_create(s, &o, &m), FLOW_OK, "%s", flow_error_text());
        steps(m, 30);
        const int64_t n = flow_model_n_moment(m);
        flow_moment *moment = calloc((size_t)n, sizeof *moment);
        cr_assert_eq(flow_model_moments(m, moment, n), FLOW_OK);
        for (int64_t i = 0; i < n; i++) {
            if (moment[i].person < 2000) { moved[moment[i].person / (2000 / part)]++; }
        }
        free(moment);
        flow_model_free(m);
    }
    double mean = 0.0, chi2 = 0.0;
    for (int i = 0; i < part; i++) { mean += moved[i] / part; }
    for (int i = 0; i < part; i++) { chi2 += (moved[i] - mean) * (moved[i] - mean) / mean; }
    // Moves of one person are less scattered than Poisson (at most one a day, chance 0.05), so the
    // 1e-6 quantile of chi-square with 9 degrees of freedom, 45.1, is on the safe side; a list
    // taken from its end instead of fairly gives thousands.
    cr_expect_lt(chi2, 45.1, "chi-square %.1f", chi2);
    flow_scenario_free(s);
}

// Property: whoever was there before the first step is dated -1, the others with their step.
Test(individuals, everybody_knows_when_he_entered)
{
    static const char *const first =
        "name,region,country,latitude,longitude,kind,population,capacity,initial_idps\n"
        "Alm,R,A,1,1,conflict,100000,,0\nBor,R,A,1,2,town,5000,,230\nCol,R,A,2,2,town,7000,,0\n"
        "Dun,R,B,2,3,camp,0,4000,0\nEls,R,B,3,3,camp,0,,90\n";
    const char *const name[] = {"scenario.yaml", "places.csv", "links.csv", "conflict.csv",
                                "attributes.csv"};
    const char *const text[] = {households_yaml, first, links_csv, conflict_csv, attributes_csv};
    flow_file files[5];
    for (int i = 0; i < 5; i++) {
        files[i] = (flow_file){name[i], text[i], (int64_t)strlen(text[i])};
    }
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(files, 5, NULL, &s), FLOW_OK, "%s", flow_error_text());
    flow_model *m = create(s, FLOW_INDIVIDUALS_ALL, 0, 1);
    int64_t wanted[41] = {flow_model_entered(m)}, found[41] = {0}; // from day -1 on
    for (int day = 0; day < 40; day++) {
        const int64_t before = flow_model_entered(m);
        steps(m, 1);
        wanted[day + 1] = flow_model_entered(m) - before;
    }
    for (int64_t i = 0; i < flow_model_n_person(m); i++) {
        flow_person person;
        cr_assert_eq(flow_model_person(m, i, &person), FLOW_OK);
        cr_assert(person.day >= -1 && person.day < 40);
        cr_assert_eq(person.origin == 0, person.day >= 0, "only Alm is in conflict");
        found[person.day + 1]++;
    }
    cr_expect_geq(wanted[0], 310, "230 and 90 in whole households");
    for (int day = -1; day < 40; day++) {
        cr_expect_eq(found[day + 1], wanted[day + 1], "%d", day);
    }
    flow_model_free(m);
    flow_scenario_free(s);
}

// Households as the only thing that people are told apart by.
Test(individuals, households_need_no_other_axis)
{
    static const char *const yaml = "libflow: 1\nperiod: {start: 2024-01-01, days: 20}\n"
                                    "spawn: {mode: conflict, rate_kind: constant, rate: 301}\n";
    static const char *const sizes = "attribute,value,place,weight\nhousehold_size,2,,1\n"
                                     "household_size,7,,3\n";
    const char *const name[] = {"scenario.yaml", "places.csv", "links.csv", "conflict.csv",
                                "attributes.csv"};
    const char *const text[] = {yaml, places_csv, links_csv, conflict_csv, sizes};
    flow_file files[5];
    for (int i = 0; i < 5; i++) {
        files[i] = (flow_file){name[i], text[i], (int64_t)strlen(text[i])};
    }
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(files, 5, NULL, &s), FLOW_OK, "%s", flow_error_text());
    flow_model *m = create(s, FLOW_INDIVIDUALS_ALL, 0, 1);
    steps(m, 20);
    const double persons = (double)flow_model_persons(m);
    const double households = (double)flow_model_households(m);
    // What is owed at the end: the scatter of one day's sizes, and a part of a household.
    const double error = sqrt(301.0 / 5.75 * 6.25 * 3.0 / 4.0);
    cr_expect_leq(fabs(persons - 20 * 301), 5.0 * error + 7.0, "%g persons", persons);
    const double scatter = sqrt(persons / 5.75 * 6.25 * 3.0 / 4.0) / 5.75;
    cr_expect_leq(fabs(households - persons / 5.75), 5.0 * scatter, "%g households of %g persons",
                  households, persons);
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(individuals, questions_out_of_range_are_refused)
{
    flow_scenario *s = load(plain_attributes_csv);
    flow_model *m = create(s, FLOW_INDIVIDUALS_ALL, 0, 1);
    steps(m, 3);
    flow_person person;
    const char *text = "";
    int32_t where = 0;
    const int64_t n = flow_model_n_person(m);
    cr_expect_eq(flow_model_person(m, n, &person), FLOW_ERANGE);
    cr_expect(strstr(flow_error_text(), "is outside [0,") != NULL, "%s", flow_error_text());
    cr_expect_eq(flow_model_person(m, -1, &person), FLOW_ERANGE);
    cr_expect_eq(flow_model_person_attribute(m, 0, "zeal", &text), FLOW_EKEY);
    cr_expect_null(text);
    cr_expect_eq(flow_model_locate(m, &where, 1), FLOW_ERANGE);
    flow_model_free(m);
    const flow_model_options bad[] = {
        {.individuals = (flow_individuals)7},
        {.individuals = FLOW_INDIVIDUALS_SAMPLE},
        {.individuals = FLOW_INDIVIDUALS_SAMPLE, .sample_share = 1.5}};
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(flow_model_create(s, &bad[i], &m), FLOW_ERANGE, "%d", (int)i);
        cr_expect_null(m);
    }
    flow_scenario_free(s);
}

// Property: of a long list, which is kept in random order, everybody is drawn equally often, and at
// every place among the drawn, whether he came lately or not. 5 standard errors.
Test(individuals, of_long_lists_everybody_is_drawn_alike)
{
    enum { n = 3 * FLOW_IDS_MIXED_FROM / 2, k = 290, rounds = 3000 };
    static uint32_t out[k];
    static int32_t drawn[n], seen[n], came[n];
    flow_pool pool;
    flow_pool_init(&pool, NULL);
    gsl_rng *rng = gsl_rng_alloc(flow_rng_philox);
    flow_party party = {.n = n};
    cr_assert(flow_ids_reserve(&pool, &party.ids, n));
    for (uint32_t i = 0; i < n; i++) { party.ids.id[party.ids.n++] = i; }
    flow_rng_key(rng, 5, 0, 0, FLOW_DRAW_SAMPLE, 1);
    flow_ids_mix(rng, &party.ids);
    double late = 0.0, place = 0.0;
    for (int32_t round = 1; round <= rounds; round++) {
        flow_rng_key(rng, 5, 0, round, FLOW_DRAW_WHO, 1);
        flow_party_draw(rng, &pool, &party, k, out);
        cr_assert_eq(party.ids.n, n - k);
        cr_assert_leq(party.ids.mixed, party.ids.n);
        for (int i = 0; i < k; i++) {
            cr_assert_neq(seen[out[i]], round, "%u was drawn twice", (unsigned)out[i]);
            seen[out[i]] = round;
            drawn[out[i]]++;
            if (came[out[i]] > 0 && round - came[out[i]] <= 3) {
                late++;
                place += (i + 0.5) / k - 0.5;
            }
        }
        for (int i = 0; i < k; i++) { // they come back
            came[out[i]] = round;
            party.ids.id[party.ids.n++] = out[i];
        }
        party.n += k;
    }
    double chi = 0.0;
    const double share = (double)k / n, mean = rounds * share;
    for (int i = 0; i < n; i++) { chi += (drawn[i] - mean) * (drawn[i] - mean); }
    chi /= mean * (1.0 - share);
    cr_expect_float_eq(chi, n, 5.0 * sqrt(2.0 * n), "chi-square %g of %d", chi, (int)n);
    // Whoever was drawn in one of three rounds is drawn in the next with the same chance.
    const double expected = rounds * share * n * (1.0 - pow(1.0 - share, 3.0));
    cr_expect_float_eq(late, expected, 5.0 * sqrt(expected) + 4 * k, "%g drawn, not %g", late,
                       expected);
    cr_expect_float_eq(place / late, 0.0, 5.0 / sqrt(12.0 * late), "at %g", place / late);
    gsl_rng_free(rng);
    flow_pool_clear(&pool);
}
