// The engine against tests/oracle.c, which draws every person: the distributions of people at
// places and on links, of arrivals, of households and of people waiting agree on every day of whole
// scenarios.
//
// Each value of each day (people at Mill on day 3) is a comparison of n_run runs of the engine with
// n_run of the oracle: of the means, and by a two-sample chi-square test over up to 8 classes with
// at least 5 expected runs of each side. A scenario fails when one of its K probabilities is below
// false_alarm / K (Bonferroni: they depend on each other). Small differences everywhere are found
// by two sums over all comparisons, of the chi-squares and of the squared differences of means in
// standard errors: where engine and oracle agree any division of all runs into halves is as likely
// as the true one, so a sum fails when it is larger than those of all n_shuffle random divisions,
// that is with chance false_alarm. A scenario thus fails by bad luck less than once in 300 changes
// of the random streams.
//
// Travel is remembered in bins and capacities are looked at between turns; the scenarios set both
// so fine that nothing of it can be seen. The last test says how much can be seen at the defaults.
#include "../libflow/model.h"
#include "oracle.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { n_run = 300, n_shuffle = 999, most_files = 9, most_classes = 8 };
static const double false_alarm = 0.001;

typedef struct folder {
    const char *name;
    flow_file file[most_files];
} folder;

#define TEXT(name, text)                                                                           \
    {                                                                                              \
        name, text, sizeof(text) - 1                                                               \
    }

// Two camps fill up within days, at first by people who pass the towns on the same day.
#define GATES                                                                                      \
    TEXT("places.csv", "name,kind,country,region,latitude,longitude,population,capacity,"          \
                       "initial_idps,sink,conflict_intensity\n"                                    \
                       "Front,conflict,Here,,,,20000,,0,,1.1\n"                                    \
                       "Mill,town,Here,,,,,,30,,\n"                                                \
                       "Ford,town,Here,,,,,,0,,\n"                                                 \
                       "North,camp,There,,,,,250,40,,\n"                                           \
                       "South,camp,There,,,,,110,0,,\n"                                            \
                       "Far,idp_camp,Here,,,,,,0,,\n"),                                            \
        TEXT("links.csv", "from,to,length_km,direction\n"                                          \
                          "Front,Mill,60,both\n"                                                   \
                          "Front,Ford,90,both\n"                                                   \
                          "Mill,North,50,both\n"                                                   \
                          "Mill,Ford,40,both\n"                                                    \
                          "Ford,South,30,both\n"                                                   \
                          "Ford,Far,310,both\n")

#define GATES_YAML                                                                                 \
    "libflow: 1\n"                                                                                 \
    "hop: {max_move_speed: 200, default_movechance: 0.6, camp_movechance: 0.03,\n"                 \
    "      idpcamp_movechance: 0.15, camp_weight: 2, capacity_buffer: 0.6, awareness_level: 2,\n"  \
    "      memory_bins: 20, capacity_batch: 0.001}\n"                                              \
    "spawn: {mode: conflict, rate_kind: poisson, rate: "

static const folder gates = {
    "gates",
    {TEXT("scenario.yaml", GATES_YAML "45}\nperiod: {start: 2020-01-01, days: 20}\n"), GATES}};

static const folder rush = {
    "rush",
    {TEXT("scenario.yaml", GATES_YAML "300}\nperiod: {start: 2020-01-01, days: 7}\n"), GATES}};

// Everything that roads can do: long ways, markers, walking, parallel links, speeds, short stints,
// closures of every kind, conflicts that come, change and go, registrations that rise and fall,
// homes that run empty.
#define ROADS                                                                                      \
    TEXT("places.csv", "name,kind,country,region,latitude,longitude,population,capacity,"          \
                       "initial_idps,sink,conflict_intensity\n"                                    \
                       "Front,conflict,Here,,,,3000,,20,,\n"                                       \
                       "Edge,conflict,Here,,,,160,,0,,\n"                                          \
                       "Hub,forward,Here,,,,,,0,,\n"                                               \
                       "Bend,marker,Here,,,,,,0,,\n"                                               \
                       "Mill,town,Here,,,,900,,60,,\n"                                             \
                       "Ford,town,There,,,,400,,0,,\n"                                             \
                       "Camp,camp,There,,,,,,0,,\n"                                                \
                       "Tents,idp_camp,Here,,,,,,25,,\n"),                                         \
        TEXT("links.csv", "from,to,length_km,direction,speed_km_d,walk_probability\n"              \
                          "Front,Hub,70,both,,\n"                                                  \
                          "Front,Bend,50,both,,0.2\n"                                              \
                          "Bend,Mill,81,both,,\n"                                                  \
                          "Hub,Mill,120,both,,0.3\n"                                               \
                          "Hub,Mill,100,both,64,\n"                                                \
                          "Mill,Ford,260,both,150,0.1\n"                                           \
                          "Ford,Camp,44,both,,\n"                                                  \
                          "Edge,Mill,36,both,,\n"                                                  \
                          "Edge,Tents,505,both,,\n"                                                \
                          "Tents,Mill,93,both,,0.4\n"                                              \
                          "Bend,Camp,330,one_way,,\n"),                                            \
        TEXT("conflict.csv", "place,start,end,intensity\n"                                         \
                             "Front,0,13,1\n"                                                      \
                             "Edge,3,8,0.7\n"                                                      \
                             "Edge,8,,1.6\n"                                                       \
                             "Mill,13,,0.2\n"                                                      \
                             "Hub,9,11,0.5\n"                                                      \
                             "Tents,6,10,1.2\n"),                                                  \
        TEXT("closures.csv", "kind,from,to,start,end\n"                                            \
                             "link,Hub,Mill,4,8\n"                                                 \
                             "link,Hub,Mill,6,7\n"                                                 \
                             "country,Here,There,8,11\n"                                           \
                             "place,Tents,,4,6\n"                                                  \
                             "camp,Camp,,13,16\n"),                                                \
        TEXT("observations.csv", "date,place,people\n"                                             \
                                 "2020-01-01,Camp,90\n"                                            \
                                 "2020-01-06,Camp,260\n"                                           \
                                 "2020-01-08,Camp,230\n"                                           \
                                 "2020-01-20,Camp,980\n"                                           \
                                 "2020-01-01,Tents,40\n"                                           \
                                 "2020-01-20,Tents,400\n")

#define ROADS_YAML                                                                                 \
    "libflow: 1\n"                                                                                 \
    "period: {start: 2020-01-01, days: 20}\n"                                                      \
    "spawn: {mode: registrations, take_from_population: true}\n"                                   \
    "conflict: {decay: [1, 0.8, 0.3], decay_interval: 4}\n"                                        \
    "hop: {max_move_speed: 200, max_walk_speed: 33, default_movechance: 0.55,\n"                   \
    "      camp_movechance: 0.04, idpcamp_movechance: 0.15, conflict_movechance: 0.9,\n"           \
    "      camp_weight: 1.7, foreign_weight: 1.3, conflict_weight: 0.25, awareness_level: 3,\n"    \
    "      avoid_short_stints: true, pruning_threshold: 30, softening: 13,\n"                      \
    "      distance_power: 1.2, weight_softening: 0.07, weight_power: 0.9,\n"

static const folder roads = {
    "roads", {TEXT("scenario.yaml", ROADS_YAML "      memory_bins: 4096}\n"), ROADS}};

static const folder roads_on_foot = {
    "roads on foot",
    {TEXT("scenario.yaml",
          ROADS_YAML "      start_on_foot: true, memory_bins: 4096}\n"
                     "quirks: {full_speed_per_link: true, closed_links_turn_back: true,\n"
                     "         closures_do_not_stack: true, conflict_ends_as_town: true}\n"),
     ROADS}};

// Attraction that differs by age, gender, religion and ethnicity; people who leave for good.
static const folder kinds = {
    "kinds of people",
    {TEXT("scenario.yaml",
          "libflow: 1\n"
          "period: {start: 2020-01-01, days: 20}\n"
          "spawn: {mode: conflict, rate_kind: pop_ratio, rate: 0.02, take_from_population: true}\n"
          "hop: {max_move_speed: 150, default_movechance: 0.4, camp_movechance: 0.1,\n"
          "      conflict_weight: 0.3, camp_weight: 2.5, awareness_level: 2,\n"
          "      children_avoid_hazards: true, boys_take_risk: true,\n"
          "      elderly_avoid_hazards: true, women_avoid_hazards: true,\n"
          "      match_camp_religion: true, match_town_ethnicity: true,\n"
          "      match_conflict_ethnicity: true, match_camp_ethnicity: true,\n"
          "      use_pop_for_loc_weight: true, stay_close_to_home: true,\n"
          "      movechance_pop_scale_factor: 0.2, movechance_pop_base: 1000,\n"
          "      camps_are_sinks: true, weight_softening: 0.02, memory_bins: 4096}\n"),
     TEXT("places.csv", "name,kind,country,region,latitude,longitude,population,capacity,"
                        "initial_idps,sink,conflict_intensity\n"
                        "Front,conflict,Here,,10.1,20.2,2500,,150,,1\n"
                        "Edge,conflict,Here,,10.4,21.0,1100,,60,,0.6\n"
                        "Mill,town,Here,,11.3,20.5,700,,80,,\n"
                        "Ford,town,There,,11.9,21.3,,,40,,\n"
                        "Camp,camp,There,,12.3,20.9,,,90,0.02,\n"
                        "Tents,idp_camp,Here,,10.9,21.9,,,50,0.05,\n"),
     TEXT("links.csv", "from,to,length_km,direction\n"
                       "Front,Edge,90,both\n"
                       "Front,Mill,140,both\n"
                       "Edge,Mill,110,both\n"
                       "Edge,Tents,120,both\n"
                       "Mill,Ford,104,both\n"
                       "Mill,Camp,95,both\n"
                       "Ford,Camp,60,both\n"
                       "Ford,Tents,190,both\n"),
     TEXT("attributes.csv", "attribute,value,place,weight\n"
                            "age,9,,3\n"
                            "age,17,,2\n"
                            "age,35,,4\n"
                            "age,71,,1\n"
                            "age,71,Edge,4\n"
                            "gender,m,,0.48\n"
                            "gender,Female,,0.52\n"
                            "religion,old,,0.7\n"
                            "religion,new,,0.3\n"
                            "religion,new,Front,0.9\n"
                            "ethnicity,Ash,,1\n"
                            "ethnicity,Birch,,2\n"
                            "ethnicity,Birch,Edge,0.2\n"
                            "language,one,,1\n")}};

// Households of one to eight persons move together, fill a camp, and leave homes that run empty.
static const folder families = {
    "families",
    {TEXT("scenario.yaml",
          "libflow: 1\n"
          "period: {start: 2020-01-01, days: 20}\n"
          "spawn: {mode: registrations, take_from_population: true}\n"
          "people: {axes: 'origin, status, cause, gender'}\n"
          "hop: {max_move_speed: 160, default_movechance: 0.5, camp_movechance: 0.05,\n"
          "      idpcamp_movechance: 0.2, camp_weight: 2, awareness_level: 2,\n"
          "      capacity_buffer: 0.5, women_avoid_hazards: true, avoid_short_stints: true,\n"
          "      match_town_ethnicity: true, weight_softening: 0.05, memory_bins: 4096,\n"
          "      capacity_batch: 0.001}\n"),
     TEXT("places.csv", "name,kind,country,region,latitude,longitude,population,capacity,"
                        "initial_idps,sink,conflict_intensity\n"
                        "Front,conflict,Here,,,,2600,,70,,1\n"
                        "Edge,conflict,Here,,,,340,,40,,0.8\n"
                        "Mill,town,Here,,,,700,,80,,\n"
                        "Ford,town,There,,,,,,45,,\n"
                        "Camp,camp,There,,,,,420,30,,\n"
                        "Tents,idp_camp,Here,,,,,,0,,\n"),
     TEXT("links.csv", "from,to,length_km,direction,speed_km_d,walk_probability\n"
                       "Front,Mill,70,both,,\n"
                       "Edge,Mill,110,both,,\n"
                       "Edge,Tents,130,both,,0.3\n"
                       "Mill,Ford,50,both,,\n"
                       "Ford,Camp,30,both,,\n"
                       "Mill,Tents,190,both,90,\n"),
     TEXT("attributes.csv", "attribute,value,place,weight\n"
                            "household_size,1,,2\n"
                            "household_size,3,,3\n"
                            "household_size,8,,1\n"
                            "household_size,5,Edge,6\n"
                            "gender,male,,0.4\n"
                            "gender,female,,0.6\n"
                            "ethnicity,Ash,,1\n"
                            "ethnicity,Birch,,2\n"),
     TEXT("observations.csv", "date,place,people\n"
                              "2020-01-01,Camp,60\n"
                              "2020-01-05,Camp,400\n"
                              "2020-01-07,Camp,370\n"
                              "2020-01-20,Camp,1900\n")}};

// Floods that rise and fall, forecast to those who listen, beside a conflict and hunger; homes run
// empty, a camp fills, a flood reaches it.
#define WATER                                                                                      \
    TEXT("places.csv", "name,kind,country,region,latitude,longitude,population,capacity,"          \
                       "initial_idps,sink,conflict_intensity,trade_volume,hdi\n"                   \
                       "Delta,flood_zone,Here,,,,900,,60,,,,\n"                                    \
                       "Bank,flood_zone,Here,,,,500,,30,,,,\n"                                     \
                       "Front,conflict,Here,,,,1200,,20,,0.7,,\n"                                  \
                       "Mill,town,Here,,,,600,,40,,,,\n"                                           \
                       "Port,town,There,,,,,,10,,,0.8,0.7\n"                                       \
                       "Camp,camp,Here,,,,,900,20,,,,\n"                                           \
                       "Tents,idp_camp,Here,,,,,,15,,,,\n"),                                       \
        TEXT("links.csv", "from,to,length_km,direction\n"                                          \
                          "Delta,Bank,45,both\n"                                                   \
                          "Delta,Mill,80,both\n"                                                   \
                          "Bank,Mill,60,both\n"                                                    \
                          "Front,Mill,110,both\n"                                                  \
                          "Front,Tents,150,both\n"                                                 \
                          "Mill,Camp,70,both\n"                                                    \
                          "Mill,Port,190,both\n"                                                   \
                          "Camp,Tents,90,both\n"),                                                 \
        TEXT("floods.csv", "place,start,level\n"                                                   \
                           "Delta,2,1\nDelta,4,3\nDelta,7,1.6\nDelta,11,0\nDelta,15,2\n"           \
                           "Bank,3,2.5\nBank,9,0\n"                                                \
                           "Mill,6,1\nMill,8,0\n"                                                  \
                           "Camp,12,1.2\nCamp,14,0\n"                                              \
                           "Port,9,2\nPort,10,0\n"),                                               \
        TEXT("food.csv", "place,start,percent\n"                                                   \
                         "Front,0,20\nMill,5,35\nMill,12,10\nTents,3,15\n"),                       \
        TEXT("attributes.csv", "attribute,value,place,weight\n"                                    \
                               "flood_awareness,0,,1\n"                                            \
                               "flood_awareness,1,,2\n"                                            \
                               "flood_awareness,2,Delta,3\n"),                                     \
        TEXT("observations.csv", "date,place,people\n"                                             \
                                 "2020-01-01,Camp,20\n"                                            \
                                 "2020-01-12,Camp,420\n"                                           \
                                 "2020-01-20,Camp,700\n")

#define WATER_YAML                                                                                 \
    "libflow: 1\n"                                                                                 \
    "period: {start: 2020-01-01, days: 20}\n"                                                      \
    "people: {axes: cause}\n"                                                                      \
    "hop: {max_move_speed: 173, default_movechance: 0.45, camp_movechance: 0.06,\n"                \
    "      idpcamp_movechance: 0.15, conflict_movechance: 0.8, conflict_weight: 0.3,\n"            \
    "      camp_weight: 2, foreign_weight: 0.6, awareness_level: 2, capacity_buffer: 0.2,\n"       \
    "      flood_movechance: [0.2, 0.5, 0.75, 1], flood_weight: [1, 0.6, 0.25, 0],\n"              \
    "      flee_when_starving: true, avoid_food_deprived: true, economic_pull: true,\n"            \
    "      weight_softening: 0.02, memory_bins: 4096, capacity_batch: 0.001"

static const folder floods = {
    "floods",
    {TEXT("scenario.yaml",
          WATER_YAML ", capacity_scaling: 9}\n" // no rush on the camp
                     "spawn: {take_from_population: true, floods: true, food: true,\n"
                     "        food_in_conflict: false, flood_rate: [0, 0.03, 0.11, 0.2]}\n"),
     WATER}};

static const folder forecasts = {
    "flood forecasts",
    {TEXT("scenario.yaml",
          WATER_YAML ",\n"
                     "      flood_forecast: true, forecast_days: 3, forecast_end: 14,\n"
                     "      forecast_weight: [1.5, 1.1, 0.8], awareness_weight: [0.3, 0.7, 1]}\n"
                     "spawn: {mode: conflict, rate: 13, floods: true, flood_rate_kind: poisson,\n"
                     "        flood_rate: [0, 7.3, 14.6, 21.5]}\n"),
     WATER}};

static const folder forecasts_of_flee = {
    "flood forecasts of FLEE",
    {TEXT("scenario.yaml", WATER_YAML
          ",\n"
          "      flood_forecast: true, forecast_days: 3, forecast_end: 17,\n"
          "      forecast_weight: [1.5, 1.1, 0.8], awareness_weight: [0.3, 0.7, 1]}\n"
          "spawn: {mode: none, floods: true, flood_rate_kind: constant,\n"
          "        take_from_population: true, flood_rate: [0, 17.3, 24.6, 41.5]}\n"
          "quirks: {whole_flood_levels: true, flood_weight_twice: true, forecast_of_today: true,\n"
          "         forecast_squared: true, dry_forecast_stops: true, no_hunger_on_day0: true,\n"
          "         overdrawn_population: true}\n"),
     WATER}};

static flow_scenario *load(const folder *f, const char *const *set, int32_t n_set)
{
    flow_scenario *s = NULL;
    int32_t n = 0;
    while (n < most_files && f->file[n].name != NULL) { n++; }
    const flow_load_options options = {.set = set, .n_set = n_set};
    const flow_err err = flow_scenario_load_memory(f->file, n, &options, &s);
    cr_assert_eq(err, FLOW_OK, "%s", flow_error_text());
    return s;
}

// Runs ------------------------------------------------------------------------------------------

/// Values of many runs, first those of the engine, then those of the oracle.
typedef struct sample {
    const flow_scenario *s;
    int32_t width;   ///< values of one day
    int32_t n_value; ///< of one run: days x width
    double *value;   ///< [2 * n_run][n_value]
} sample;

static void observe(const flow_model *m, const char *name, double *out, int32_t n)
{
    cr_assert_eq(flow_model_observe(m, name, out, n), FLOW_OK, "%s", flow_error_text());
}

/// Class of a group as the oracle numbers it: only two of the statuses occur.
static int32_t class_of(const flow_people_axis *axis, uint32_t group)
{
    const int32_t class = flow_group_class(axis, group);
    if (axis->kind != FLOW_AXIS_STATUS) { return class; }
    cr_assert(class == FLOW_STATUS_IDP || class == FLOW_STATUS_REFUGEE);
    return class == FLOW_STATUS_REFUGEE;
}

/// Persons at places by class of the axes switched on, as oracle_width() lists them.
static void observe_axes(const flow_model *m, double *out, int32_t n)
{
    const int32_t n_place = m->s->n_place;
    const double *end = out + n;
    memset(out, 0, (size_t)n * sizeof *out);
    for (int32_t a = 0; out < end; a++) { // axes that only rules need come after them
        const flow_people_axis *axis = &m->groups.axis[a];
        const bool two = axis->kind == FLOW_AXIS_STATUS;
        for (int32_t p = 0; p < n_place; p++) {
            for (int32_t i = 0; i < m->here[p].n; i++) {
                const flow_cell *cell = &m->here[p].row[i];
                out[class_of(axis, cell->key.group) * n_place + p] +=
                    (double)flow_persons(m, cell->key.group, cell->n);
            }
        }
        out += (two ? 2 : axis->n_class) * n_place;
    }
}

static void run_engine(flow_model *m, uint64_t seed, int32_t width, double *out)
{
    const int32_t n_place = m->s->n_place, n_link = m->s->n_link;
    cr_assert_eq(flow_model_reset(m, seed, 0), FLOW_OK, "%s", flow_error_text());
    for (int32_t day = 0; day < m->s->n_step; day++, out += width) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        observe(m, "people", out, n_place);
        observe(m, "arrivals", out + n_place, n_place);
        for (int32_t p = 0; p < n_place; p++) {
            out[2 * n_place + p] = (double)flow_cells_total(&m->here[p]);
        }
        const int32_t fixed = 3 * n_place + n_link + 1;
        observe(m, "link_people", out + 3 * n_place, n_link);
        observe(m, "waiting", out + fixed - 1, 1);
        observe_axes(m, out + fixed, width - fixed);
    }
}

/// Runs of the engine over the first half of a sample.
static void draw_engine(const sample *all, const flow_scenario *s)
{
    flow_model *m = NULL;
    const flow_model_options options = {.threads = 1};
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    for (int i = 0; i < n_run; i++) {
        run_engine(m, (uint64_t)i, all->width, &all->value[(size_t)i * (size_t)all->n_value]);
    }
    flow_model_free(m);
}

static sample draw(const flow_scenario *s)
{
    oracle *o = oracle_create(s, ORACLE_RANDOM);
    sample all = {.s = s, .width = oracle_width(o), .n_value = s->n_step * oracle_width(o)};
    all.value = malloc(2 * (size_t)n_run * (size_t)all.n_value * sizeof *all.value);
    cr_assert_not_null(all.value);
    draw_engine(&all, s);
    for (int i = n_run; i < 2 * n_run; i++) {
        oracle_run(o, (uint64_t)i, &all.value[(size_t)i * (size_t)all.n_value]);
    }
    oracle_free(o);
    return all;
}

/// "day 3, people at Mill"
static const char *describe(const sample *all, int32_t value)
{
    static char text[200];
    const flow_scenario *s = all->s;
    const int32_t day = value / all->width, n_place = s->n_place;
    int32_t i = value % all->width;
    const char *const what[] = {"people at", "arrivals at", "households at"};
    if (i < 3 * n_place) {
        (void)snprintf(text, sizeof text, "day %d, %s %s", (int)day, what[i / n_place],
                       s->place_name[i % n_place]);
        return text;
    }
    i -= 3 * n_place;
    if (i < s->n_link) {
        (void)snprintf(text, sizeof text, "day %d, people on the way from %s to %s", (int)day,
                       s->place_name[s->link_from[i]], s->place_name[s->link_to[i]]);
        return text;
    }
    i -= s->n_link + 1;
    if (i < 0) {
        (void)snprintf(text, sizeof text, "day %d, people waiting", (int)day);
    } else {
        (void)snprintf(text, sizeof text, "day %d, class %d of the axes at %s", (int)day,
                       (int)(i / n_place), s->place_name[i % n_place]);
    }
    return text;
}

// Comparison ------------------------------------------------------------------------------------

/// One value in all runs.
typedef struct column {
    double mean[2], sd;                  ///< of engine and oracle; sd of all runs together
    int32_t n_class, size[most_classes]; ///< classes of values, runs in each
    unsigned char class_of[2 * n_run];
} column;

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/// Classes of about equally many runs, at least 10; equal values stay together.
static void classify(column *c, const double v[static 2 * n_run])
{
    const int least = 10, wanted = 2 * n_run / most_classes;
    double sorted[2 * n_run], end[most_classes];
    memcpy(sorted, v, sizeof sorted);
    qsort(sorted, 2 * n_run, sizeof *sorted, ascending);
    c->n_class = 0;
    for (int i = 0, begun = 0; i < 2 * n_run; i++) {
        const bool last = i + 1 == 2 * n_run;
        const int size = i + 1 - begun;
        const bool goes_on =
            !last && (sorted[i + 1] == sorted[i] || size < wanted || 2 * n_run - (i + 1) < least);
        if (goes_on) { continue; }
        if (size < least && c->n_class > 0) { // a long run of equal values came before
            c->size[c->n_class - 1] += size;
            end[c->n_class - 1] = sorted[i];
            continue;
        }
        end[c->n_class] = sorted[i];
        c->size[c->n_class++] = size;
        begun = i + 1;
    }
    for (int i = 0; i < 2 * n_run; i++) {
        c->class_of[i] = 0;
        while (v[i] > end[c->class_of[i]]) { c->class_of[i]++; }
    }
}

static column *columns(const sample *all)
{
    column *list = calloc((size_t)all->n_value, sizeof *list);
    cr_assert_not_null(list);
    for (int32_t k = 0; k < all->n_value; k++) {
        column *c = &list[k];
        double v[2 * n_run], square = 0.0;
        for (int i = 0; i < 2 * n_run; i++) {
            v[i] = all->value[(size_t)i * (size_t)all->n_value + (size_t)k];
            c->mean[i / n_run] += v[i] / n_run;
        }
        const double mean = (c->mean[0] + c->mean[1]) / 2.0;
        for (int i = 0; i < 2 * n_run; i++) { square += (v[i] - mean) * (v[i] - mean); }
        c->sd = sqrt(square / (2 * n_run - 1));
        classify(c, v);
    }
    return list;
}

/// Two samples of n_run; `half` lists the runs of one of them.
static double chi_square(const column *c, const int half[static n_run])
{
    int count[most_classes] = {0};
    for (int i = 0; i < n_run; i++) { count[c->class_of[half[i]]]++; }
    double sum = 0.0;
    for (int k = 0; k < c->n_class; k++) {
        const double off = count[k] - c->size[k] / 2.0;
        sum += 4.0 * off * off / c->size[k];
    }
    return sum;
}

/// Sums over all columns of chi-squares, and of squared differences of the means.
static void add_up(const sample *all, const column *c, const int half[static n_run], double out[2])
{
    double *sum = calloc((size_t)all->n_value, sizeof *sum);
    cr_assert_not_null(sum);
    for (int i = 0; i < n_run; i++) {
        const double *run = &all->value[(size_t)half[i] * (size_t)all->n_value];
        for (int32_t k = 0; k < all->n_value; k++) { sum[k] += run[k]; }
    }
    out[0] = out[1] = 0.0;
    for (int32_t k = 0; k < all->n_value; k++) {
        if (!(c[k].sd > 0.0)) { continue; }
        const double off = sum[k] / n_run - (c[k].mean[0] + c[k].mean[1]) / 2.0;
        out[1] += 2.0 * n_run * off * off / (c[k].sd * c[k].sd);
        if (c[k].n_class > 1) { out[0] += chi_square(&c[k], half); }
    }
    free(sum);
}

/// Both sums, their means over random halves, and the share of halves whose sum is as large.
static void judge_sums(const sample *all, const column *c, double found[2], double usual[2],
                       double share[2])
{
    int half[2 * n_run];
    for (int i = 0; i < 2 * n_run; i++) { half[i] = i; }
    add_up(all, c, half, found);
    int above[2] = {0, 0};
    usual[0] = usual[1] = 0.0;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    cr_assert_not_null(rng);
    for (int i = 0; i < n_shuffle; i++) {
        double other[2];
        gsl_ran_shuffle(rng, half, 2 * n_run, sizeof *half);
        add_up(all, c, half, other);
        for (int k = 0; k < 2; k++) {
            above[k] += other[k] >= found[k];
            usual[k] += other[k] / n_shuffle;
        }
    }
    gsl_rng_free(rng);
    for (int k = 0; k < 2; k++) { share[k] = (above[k] + 1.0) / (n_shuffle + 1.0); }
}

static void agree(const sample *all, const char *name)
{
    column *c = columns(all);
    int half[n_run];
    for (int i = 0; i < n_run; i++) { half[i] = i; }
    int n_test = 0;
    for (int32_t k = 0; k < all->n_value; k++) { n_test += (c[k].sd > 0.0) + (c[k].n_class > 1); }
    double least = 1.0;
    for (int32_t k = 0; k < all->n_value; k++) {
        if (!(c[k].sd > 0.0)) { continue; }
        const double z = (c[k].mean[0] - c[k].mean[1]) / (c[k].sd * sqrt(2.0 / n_run));
        const double x = chi_square(&c[k], half);
        const double p_mean = 2.0 * gsl_cdf_ugaussian_Q(fabs(z));
        const double p_chi = c[k].n_class > 1 ? gsl_cdf_chisq_Q(x, c[k].n_class - 1) : 1.0;
        least = fmin(least, fmin(p_mean, p_chi));
        cr_expect_geq(fmin(p_mean, p_chi), false_alarm / n_test,
                      "%s, %s: engine %.3f, oracle %.3f (%.2f standard errors), "
                      "chi-square %.1f with %d degrees of freedom",
                      name, describe(all, k), c[k].mean[0], c[k].mean[1], z, x,
                      (int)c[k].n_class - 1);
    }
    double found[2], usual[2], share[2];
    judge_sums(all, c, found, usual, share);
    (void)fprintf(stderr,
                  "%-24s %4d comparisons, least p x number %8.2g; chi-squares %.0f (usual %.0f, p "
                  "%.3f), means %.0f (usual %.0f, p %.3f)\n",
                  name, n_test, least * n_test, found[0], usual[0], share[0], found[1], usual[1],
                  share[1]);
    cr_expect_gt(share[0], false_alarm, "%s: the chi-squares add up to %.0f, %.0f is usual", name,
                 found[0], usual[0]);
    cr_expect_gt(share[1], false_alarm, "%s: squared differences add up to %.0f, %.0f is usual",
                 name, found[1], usual[1]);
    free(c);
}

/// Share of the people whom the engine has at another place or link than the oracle, mean of all
/// days; `noise`: what two samples of the same law would show.
static double misplaced(const sample *all, double *noise)
{
    column *c = columns(all);
    double share = 0.0;
    *noise = 0.0;
    for (int32_t day = 0; day < all->s->n_step; day++) {
        double people = 0.0, off = 0.0, chance = 0.0;
        for (int32_t i = 0; i < 3 * all->s->n_place + all->s->n_link; i++) {
            if (i >= all->s->n_place && i < 3 * all->s->n_place) { continue; }
            const column *one = &c[day * all->width + i];
            people += one->mean[1];
            off += fabs(one->mean[0] - one->mean[1]) / 2.0;
            // The mean of |z| of a normal z is sqrt(2 / pi).
            chance += one->sd * sqrt(2.0 / n_run) * sqrt(2.0 / 3.14159265358979) / 2.0;
        }
        share += off / people / all->s->n_step;
        *noise += chance / people / all->s->n_step;
    }
    free(c);
    return share;
}

/// The engine with other settings of its approximations against the oracle's runs that are there
/// already: at most `most` of the people elsewhere, noise taken off.
static void nearly_agree(const sample *all, const folder *f, const char *bins, const char *batch,
                         double most)
{
    const char *const set[] = {bins, batch};
    flow_scenario *s = load(f, set, 2);
    draw_engine(all, s);
    flow_scenario_free(s);
    double noise = 0.0;
    const double share = misplaced(all, &noise);
    (void)fprintf(stderr, "%-24s %.2f %% of the people elsewhere (noise %.2f) with %s, %s\n",
                  f->name, 100.0 * share, 100.0 * noise, bins, batch);
    cr_expect_leq(share - noise, most, "%s: %.4f of the people are elsewhere, %.4f is noise",
                  f->name, share, noise);
}

/// The scenario as it stands, then with the defaults of 16 bins and a quarter of a multiplier.
static void check(const folder *f, double most)
{
    flow_scenario *s = load(f, NULL, 0);
    sample all = draw(s);
    agree(&all, f->name);
    nearly_agree(&all, f, "hop.memory_bins=16", "hop.capacity_batch=0.25", most);
    free(all.value);
    flow_scenario_free(s);
}

Test(oracle, camps_that_fill)
{
    check(&gates, 0.013);
}

// So many people come that single persons show where a turn ends: no test of distributions.
Test(oracle, a_rush_on_camps)
{
    flow_scenario *s = load(&rush, NULL, 0);
    sample all = draw(s);
    nearly_agree(&all, &rush, "hop.memory_bins=20", "hop.capacity_batch=0.001", 0.002);
    nearly_agree(&all, &rush, "hop.memory_bins=20", "hop.capacity_batch=0.25", 0.02);
    free(all.value);
    flow_scenario_free(s);
}

Test(oracle, long_ways_and_changing_roads)
{
    check(&roads, 0.019);
}

Test(oracle, walking_and_full_speed_on_every_link)
{
    check(&roads_on_foot, 0.008);
}

Test(oracle, kinds_of_people)
{
    check(&kinds, 0.003);
}

Test(oracle, families_stay_together)
{
    check(&families, 0.01);
}

Test(oracle, floods_drive_people_out_and_keep_them_away)
{
    check(&floods, 0.01);
}

Test(oracle, flood_forecasts)
{
    check(&forecasts, 0.01);
}

Test(oracle, flood_forecasts_as_in_flee)
{
    check(&forecasts_of_flee, 0.01);
}

// Rounding --------------------------------------------------------------------------------------

// One person on each of many roads; where the length is a multiple of the speed that the computer
// cannot write exactly, either day is right, but not never.
Test(oracle, everybody_arrives_when_due)
{
    enum { n_road = 240, n_step = 70 };
    char *places = malloc(64 * (2 * n_road + 1)), *links = malloc(64 * (n_road + 1));
    cr_assert(places != NULL && links != NULL);
    char *p = places, *l = links;
    double length[n_road], speed[n_road];
    p += sprintf(p,
                 "name,kind,country,region,latitude,longitude,population,capacity,initial_idps\n");
    l += sprintf(l, "from,to,length_km,direction,speed_km_d\n");
    for (int i = 0; i < n_road; i++) {
        speed[i] = (i % 40 + 1) / 10.0;
        length[i] = speed[i] * (2 + i % 59) + (i % 4 == 3 ? 0.033 : 0.0);
        p += sprintf(p, "a%d,town,X,,,,,,1\nb%d,camp,X,,,,,,0\n", i, i);
        l += sprintf(l, "a%d,b%d,%.10g,one_way,%.10g\n", i, i, length[i], speed[i]);
    }
    static const char yaml[] = "libflow: 1\nperiod: {start: 2020-01-01, days: 70}\n"
                               "spawn: {mode: none}\nhop: {default_movechance: 1}\n";
    const flow_file files[] = {{"scenario.yaml", yaml, sizeof yaml - 1},
                               {"places.csv", places, p - places},
                               {"links.csv", links, l - links}};
    flow_scenario *s = NULL;
    flow_model *m = NULL;
    cr_assert_eq(flow_scenario_load_memory(files, 3, NULL, &s), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_model_create(s, NULL, &m), FLOW_OK, "%s", flow_error_text());
    int arrived[n_road];
    for (int i = 0; i < n_road; i++) { arrived[i] = -1; }
    for (int day = 0; day < n_step; day++) {
        double arrivals[2 * n_road];
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        observe(m, "arrivals", arrivals, 2 * n_road);
        for (int i = 0; i < n_road; i++) {
            if (arrivals[2 * i + 1] > 0.0) { arrived[i] = day; }
        }
    }
    for (int i = 0; i < n_road; i++) {
        const double days = length[i] / speed[i];
        const int first = (int)ceil(days - 1e-9) - 1, last = (int)floor(days + 1e-9);
        cr_expect(arrived[i] >= first && arrived[i] <= last,
                  "%g km at %g km/d: arrived on day %d, expected %d to %d", length[i], speed[i],
                  arrived[i], first, last);
    }
    flow_model_free(m);
    flow_scenario_free(s);
    free(places);
    free(links);
}
