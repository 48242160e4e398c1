// Every key that FLEE's settings reader knows is bound to one of ours, accepted because it changes
// no result here, or refused with words that say it is not supported yet; none is ignored.
// Keys, defaults and their meaning: docs/formats.md, "simsetting.yml".
#include "toy.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Load a small FLEE folder with the text of simsetting.yml.
static flow_err load(const char *settings, flow_scenario **s)
{
    const char *const pair[][2] = {
        {"simsetting.yml", settings},
        {"input_csv/sim_period.csv", "StartDate,2020-01-01\nLength,3\n"},
        {"input_csv/locations.csv", "#name,region,country,gps_x,gps_y,type,conflict_date,pop\n"
                                    "A,North,Here,1,1,conflict_zone,0,900\n"
                                    "B,North,Here,1,2,camp,,900\n"},
        {"input_csv/flood_level.csv", "#Day,A\n0,1\n1,1\n2,1\n"},
        {"input_csv/region_attributes_IPC.csv", "#Day,North\n0,1\n2,1\n"},
        {"input_csv/demographics_flood_awareness.csv", "flood_awareness,Default\n1,1\n"},
        {"input_csv/routes.csv", "#name1,name2,distance\nA,B,90\n"},
        {"input_csv/conflicts.csv", "#Day,A\n0,1\n1,1\n2,1\n"},
        {"input_csv/closures.csv", "#type,name1,name2,start,end\n"},
        {"input_csv/demographics_age.csv", "age,Default\n33,1\n"},
        {"input_csv/demographics_gender.csv", "gender,Default\nf,1\n"},
        {"input_csv/demographics_religion.csv", "religion,Default\nx,1\n"},
        {"input_csv/demographics_ethnicity.csv", "ethnicity,Default\ny,1\n"},
        {"source_data/data_layout.csv", "total,b.csv\nB,b.csv\n"},
        {"source_data/b.csv", "2020-01-01,10\n"}};
    enum { n_file = sizeof pair / sizeof *pair };
    flow_file file[n_file];
    for (int i = 0; i < n_file; i++) {
        file[i] = (flow_file){pair[i][0], pair[i][1], (int64_t)strlen(pair[i][1])};
    }
    return flow_scenario_load_memory(file, n_file, NULL, s);
}

/// All settings of a scenario as "key=value" lines; freed by the caller.
static char *all_values(const flow_scenario *s)
{
    char *text = calloc(1, 1 << 16), *end = text;
    cr_assert_not_null(text);
    for (int32_t i = 0; i < flow_settings_n_section; i++) {
        const flow_section *section = &flow_settings_sections[i];
        for (const flow_field *f = section->field; f->key != NULL; f++) {
            const char *base = (const char *)&s->set;
            char *value = flow_field_text(f, base + section->offset);
            cr_assert_not_null(value);
            end += snprintf(end, 512, "%s.%s=%s\n", section->name, f->key, value);
            flow_dealloc(value);
        }
    }
    return text;
}

/// Lines of `a` that are not the same in `b`, joined; both have the same keys in the same order.
static void difference(const char *a, const char *b, char out[static 512])
{
    *out = '\0';
    while (*a != '\0' && *b != '\0') {
        const size_t n_a = strcspn(a, "\n"), n_b = strcspn(b, "\n");
        if (n_a != n_b || strncmp(a, b, n_a) != 0) {
            const size_t used = strlen(out);
            (void)snprintf(out + used, 512 - used, "%s%.*s", used > 0 ? " " : "", (int)n_a, a);
        }
        a += n_a + 1;
        b += n_b + 1;
    }
}

/// One key in its table: "table: {key: value}", or at the top when the table is "".
static void write_key(const char *table, const char *key, const char *value, char out[static 256])
{
    if (*table == '\0') {
        (void)snprintf(out, 256, "%s: %s\n", key, value);
    } else {
        (void)snprintf(out, 256, "%s: {%s: %s}\n", table, key, value);
    }
}

static void expect_change(const char *table, const char *key, const char *value,
                          const char *expected)
{
    char text[256], found[512];
    flow_scenario *plain = NULL, *changed = NULL;
    write_key(table, key, value, text);
    cr_assert_eq(load("", &plain), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(load(text, &changed), FLOW_OK, "%s: %s", text, flow_error_text());
    char *before = all_values(plain), *after = all_values(changed);
    difference(after, before, found);
    cr_expect_str_eq(found, expected, "%s changes '%s', '%s' was expected", text, found, expected);
    free(before);
    free(after);
    flow_scenario_free(plain);
    flow_scenario_free(changed);
}

static void expect_refusal(const char *text, const char *expected)
{
    flow_scenario *s = NULL;
    cr_expect_eq(load(text, &s), FLOW_EINPUT, "%s is accepted", text);
    cr_expect_not_null(strstr(flow_error_text(), expected), "%s: '%s', '%s' was expected", text,
                       flow_error_text(), expected);
    flow_scenario_free(s);
}

static const char spawn[] = "spawn_rules", move[] = "move_rules";

Test(flee_settings, keys_change_what_they_name_and_nothing_else)
{
    static const struct {
        const char *table, *key, *value, *changes;
    } row[] = {
        {spawn, "take_from_population", "True", "spawn.take_from_population=true"},
        {spawn, "insert_day0", "False", "spawn.insert_day0=false"},
        {spawn, "empty_camps_on_day0", "yes", "spawn.empty_camps_on_day0=true"},
        {spawn, "sum_from_camps", "False", "spawn.total_from_camps=false"},
        {spawn, "conflict_spawn_decay", "[1.0, 0.5]", "conflict.decay=[1, 0.5]"},
        {spawn, "conflict_spawn_decay_interval", "17", "conflict.decay_interval=17"},
        {spawn, "camps_are_sinks", "True", "hop.camps_are_sinks=true"},
        {spawn, "camps_are_sicks", "True",
         "hop.camps_are_sinks=true quirks.camps_are_no_sinks=false"},
        {spawn, "conflict_driven_spawning", "{spawn_mode: constant}", "spawn.mode=conflict"},
        {spawn, "conflict_driven_spawning", "{spawn_mode: pop_ratio}",
         "spawn.mode=conflict spawn.rate_kind=pop_ratio spawn.rate=0.01"},
        {spawn, "conflict_driven_spawning",
         "{spawn_mode: Poisson, displaced_per_conflict_day: 31.7}",
         "spawn.mode=conflict spawn.rate_kind=poisson spawn.rate=31.7"},
        {move, "max_move_speed", "217.5", "hop.max_move_speed=217.5"},
        {move, "max_walk_speed", "31", "hop.max_walk_speed=31"},
        {move, "foreign_weight", "1.7", "hop.foreign_weight=1.7"},
        {move, "camp_weight", "2.3", "hop.camp_weight=2.3"},
        {move, "conflict_weight", "0.21", "hop.conflict_weight=0.21"},
        {move, "conflict_movechance", "0.83", "hop.conflict_movechance=0.83"},
        {move, "camp_movechance", "0.013", "hop.camp_movechance=0.013"},
        {move, "idpcamp_movechance", "0.17", "hop.idpcamp_movechance=0.17"},
        {move, "default_movechance", "0.37", "hop.default_movechance=0.37"},
        {move, "movechance_pop_base", "7000", "hop.movechance_pop_base=7000"},
        {move, "movechance_pop_scale_factor", "0.3", "hop.movechance_pop_scale_factor=0.3"},
        {move, "awareness_level", "3", "hop.awareness_level=3"},
        {move, "awareness_level", "2.0", "hop.awareness_level=2"},
        {move, "capacity_buffer", "0.7", "hop.capacity_buffer=0.7"},
        {move, "capacity_scaling", "1.25", "hop.capacity_scaling=1.25"},
        {move, "avoid_short_stints", "True", "hop.avoid_short_stints=true"},
        {move, "start_on_foot", "On", "hop.start_on_foot=true"},
        {move, "softening", "50.5", "hop.softening=50.5"},
        {move, "weight_softening", "0.4", "hop.weight_softening=0.4"},
        {move, "weight_power", "1.5", "hop.weight_power=1.5"},
        {move, "distance_power", "0.75", "hop.distance_power=0.75"},
        {move, "stay_close_to_home", "True", "hop.stay_close_to_home=true"},
        {move, "home_distance_power", "0.6", "hop.home_distance_power=0.6"},
        {move, "use_pop_for_loc_weight", "True", "hop.use_pop_for_loc_weight=true"},
        {move, "pop_power_for_loc_weight", "0.2", "hop.pop_power_for_loc_weight=0.2"},
        {move, "pruning_threshold", "2.5", "hop.pruning_threshold=2.5"},
        {move, "pruning_threshold", "1e+30", "hop.pruning_threshold=1.0e+30"},
        {move, "fixed_routes", "True", "hop.fixed_routes=true"},
        {move, "WomenAvoidHazards", "True", "hop.women_avoid_hazards=true"},
        {move, "ChildrenAvoidHazards", "True", "hop.children_avoid_hazards=true"},
        {move, "ElderlyAvoidHazards", "True", "hop.elderly_avoid_hazards=true"},
        {move, "BoysTakeRisk", "True", "hop.boys_take_risk=true"},
        {move, "MatchCampReligion", "True", "hop.match_camp_religion=true"},
        {move, "MatchCampEthnicity", "True", "hop.match_camp_ethnicity=true"},
        {move, "MatchTownEthnicity", "True", "hop.match_town_ethnicity=true"},
        {move, "MatchConflictEthnicity", "True", "hop.match_conflict_ethnicity=true"},
        {move, "avg_religion_fraction", "0.35", "hop.avg_religion_fraction=0.35"},
        {move, "use_economic_pull", "True", "hop.economic_pull=true"},
        {move, "flee_when_starving", "True", "hop.flee_when_starving=true"},
        {move, "avoid_food_deprived_locations", "True", "hop.avoid_food_deprived=true"},
        {spawn, "starvation_driven_spawning", "True", "spawn.food=true"},
        {spawn, "conflict_zone_spawning_only", "False", "spawn.food_in_conflict=false"},
        {move, "max_flood_level", "4", "hop.flood_most=4"},
        {move, "flood_rules", "{max_flood_level: 3}", "hop.flood_most=3"},
        {move, "flood_rules", "{flood_movechances: [0.3, 0.41]}",
         "hop.flood_movechance=[0.3, 0.41]"},
        {move, "flood_rules", "{flood_loc_weights: [1.0, 0.51]}", "hop.flood_weight=[1, 0.51]"},
        {move, "flood_rules", "{flood_forecaster_timescale: 5}", "hop.forecast_days=5"},
        {move, "flood_rules", "{flood_forecaster_end_time: 7}", "hop.forecast_end=7"},
        {move, "flood_rules", "{flood_forecaster_weights: [1, 0.6]}",
         "hop.forecast_weight=[1, 0.6]"},
        {move, "flood_rules", "{flood_awareness_weights: [0.7, 1]}",
         "hop.awareness_weight=[0.7, 1]"},
        {move, "flood_rules",
         "{flood_forecaster: True, flood_forecaster_timescale: 1, flood_loc_weights: [1, 0.5], "
         "flood_forecaster_weights: [1]}",
         "hop.flood_weight=[1, 0.5] hop.flood_forecast=true hop.forecast_days=1 "
         "hop.forecast_weight=[1]"},
#define FLOODS                                                                                     \
    "True, conflict_zone_spawning_only: False, take_from_population: True, "                       \
    "flood_driven_spawn_mode: "
#define CHANGES "spawn.mode=none spawn.take_from_population=true spawn.floods=true "
        {spawn, "flood_zone_spawning_only", FLOODS "{flood_spawn_mode: constant}",
         CHANGES "spawn.food_in_conflict=false"},
        {spawn, "flood_zone_spawning_only", FLOODS "{spawn_mode: constant}",
         CHANGES "spawn.flood_rate_kind=constant spawn.flood_rate=[0, 100, 200, 300, 500] "
                 "spawn.food_in_conflict=false"},
        {spawn, "flood_zone_spawning_only",
         FLOODS "{spawn_mode: Poisson, displaced_per_flood_day: [0, 7.5]}",
         CHANGES "spawn.flood_rate_kind=poisson spawn.flood_rate=[0, 7.5] "
                 "spawn.food_in_conflict=false"},
        {spawn, "flood_driven_spawning", "False, flood_zone_spawning_only: False", ""},
        {move, "use_v1_rules", "True",
         "hop.max_move_speed=200 hop.camp_weight=2 hop.conflict_weight=0.25"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        expect_change(row[i].table, row[i].key, row[i].value, row[i].changes);
    }
}

Test(flee_settings, version_1_overrules_what_stands_beside_it)
{
    flow_scenario *s = NULL;
    cr_assert_eq(load("move_rules:\n  use_v1_rules: True\n  start_on_foot: True\n"
                      "  avoid_short_stints: True\n  camp_weight: 9.0\n",
                      &s),
                 FLOW_OK, "%s", flow_error_text());
    cr_expect_not(s->set.hop.start_on_foot);
    cr_expect_not(s->set.hop.avoid_short_stints);
    cr_expect_eq(s->set.hop.camp_weight, 2.0);
    flow_scenario_free(s);
}

Test(flee_settings, keys_that_change_no_result_are_accepted)
{
    static const char *const row[][3] = {
        {"", "number_of_steps", "300"},
        {"", "conflict_input_file", "conflicts.csv"},
        {"", "flood_level_input_file", "\"\""},
        {"", "default_conflict_intensity", "1"},
        {"log_levels", "agent", "1"},
        {"log_levels", "link", "2"},
        {"log_levels", "camp", "1"},
        {"log_levels", "init", "1"},
        {"log_levels", "conflict", "1"},
        {"log_levels", "idp_totals", "1"},
        {"log_levels", "granularity", "region"},
        {"log_levels", "Flood", "1"},
        {spawn, "conflict_zone_spawning_only", "True"},
        {move, "two_system_decision_making", "True"},
        {move, "flood_rules", "{flood_link_weights: [1, 0]}"},
        {spawn, "average_social_connectivity", "3.0"},
        {spawn, "conflict_spawn_decay", "None"},
        {move, "max_crossing_speed", "20"},
        {"optimisations", "hasten", "1"},
        {"optimisations", "hasten", "40"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        expect_change(row[i][0], row[i][1], row[i][2], "");
    }
}

Test(flee_settings, keys_that_are_not_supported_yet_are_refused_unless_off)
{
    static const char *const row[][4] = {
        // table, key, value, the value that switches it off
        {"", "default_conflict_intensity", "2", "1"},
        {spawn, "read_from_agents_csv_file", "True", "False"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[256], expected[128];
        write_key(row[i][0], row[i][1], row[i][2], text);
        (void)snprintf(expected, sizeof expected, "%s%s%s is not supported yet", row[i][0],
                       *row[i][0] == '\0' ? "" : ".", row[i][1]);
        expect_refusal(text, expected);
        if (row[i][3] != NULL) { expect_change(row[i][0], row[i][1], row[i][3], ""); }
        expect_change(row[i][0], row[i][1], "", ""); // without a value
    }
}

Test(flee_settings, what_flee_would_take_for_something_else_is_refused)
{
    expect_refusal("move_rules: {max_mov_speed: 200}\n",
                   "unknown key 'move_rules.max_mov_speed' of FLEE's settings; did you mean "
                   "'max_move_speed'?");
    expect_refusal("mov_rules: {max_move_speed: 200}\n", "unknown key 'mov_rules'");
    expect_refusal("move_rules: {default_movechance: 7.0}\n",
                   "move_rules.default_movechance: 7.0 is outside its range");
    expect_refusal("move_rules: {start_on_foot: 'False'}\n", "move_rules.start_on_foot");
    expect_refusal("move_rules: {max_move_speed: fast}\n", "move_rules.max_move_speed");
    expect_refusal("move_rules: {use_v1_rules: perhaps}\n", "'perhaps' is not true or false");
    expect_refusal("optimisations: {hasten: 0}\n", "'0' is not a number of at least 1");
    expect_refusal("move_rules: 3\n", "move_rules: a table of keys was expected here");
    expect_refusal("spawn_rules: {conflict_driven_spawning: {spawn_mode: constnt}}\n",
                   "did you mean 'constant'?");
    expect_refusal("move_rules: {flood_rules: 5}\n",
                   "move_rules.flood_rules: a table of keys was expected here");
    expect_refusal("move_rules: {flood_rules: {flood_loc_weight: [1]}}\n",
                   "did you mean 'flood_loc_weights'?");
    expect_refusal("spawn_rules: {flood_driven_spawn_mode: 5}\n",
                   "spawn_rules.flood_driven_spawn_mode: a table of keys was expected here");
    static const char *const half[] = {
        "{flood_zone_spawning_only: True}", "{flood_driven_spawning: True}",
        "{flood_driven_spawn_mode: {spawn_mode: constant}}",
        "{flood_zone_spawning_only: True, take_from_population: True, "
        "flood_driven_spawn_mode: {spawn_mode: constant}}",
        "{flood_zone_spawning_only: True, conflict_zone_spawning_only: False, "
        "flood_driven_spawn_mode: {spawn_mode: constant}}"};
    for (int i = 0; i < 5; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "spawn_rules: %s\n", half[i]);
        expect_refusal(text, "floods drive people out when spawn_rules holds the section");
    }
    expect_refusal("spawn_rules: {flood_zone_spawning_only: perhaps}\n",
                   "'perhaps' is not true or false");
    expect_refusal("spawn_rules: {conflict_driven_spawning: 5}\n",
                   "spawn_rules.conflict_driven_spawning: a table of keys was expected here");
}

Test(flee_settings, defaults_are_those_of_flee)
{
    flow_scenario *s = NULL;
    cr_assert_eq(load("", &s), FLOW_OK, "%s", flow_error_text());
    const flow_settings_hop *hop = &s->set.hop;
    cr_expect_eq(hop->max_move_speed, 360.0);
    cr_expect_eq(hop->max_walk_speed, 35.0);
    cr_expect_eq(hop->softening, 10.0);
    cr_expect_float_eq(hop->conflict_weight * hop->conflict_weight, 0.1, 1e-15);
    cr_expect_eq(hop->awareness_level, 1);
    cr_expect_eq(hop->capacity_buffer, 0.9);
    cr_expect_eq(hop->capacity_scaling, 1.0);
    cr_expect_eq(hop->pruning_threshold, 1.0);
    cr_expect(s->set.spawn.insert_day0);
    cr_expect(s->set.spawn.total_from_camps);
    cr_expect_eq(s->set.conflict.decay.n, 0);
    cr_expect_eq(s->set.conflict.decay_interval, 30);
    flow_scenario_free(s);
}

// A quirk that FLEE folders do not have would be none; one that own folders have would surprise.
Test(flee_settings, all_quirks_are_on_in_flee_folders_and_off_in_our_own)
{
    flow_scenario *flee = NULL;
    cr_assert_eq(load("", &flee), FLOW_OK, "%s", flow_error_text());
    const toy what = {
        .place = "A,town,7; B,town;", .link = "A,B,9;", .yaml = "spawn: {mode: none}"};
    flow_scenario *own = toy_scenario(&what);
    const flow_scenario *const both[] = {flee, own};
    int32_t section = 0;
    const flow_field *f = flow_fields_find(flow_settings_sections, flow_settings_n_section,
                                           "quirks.ignore_link_closures", &section);
    cr_assert_not_null(f);
    for (f = flow_settings_sections[section].field; f->key != NULL; f++) {
        for (int i = 0; i < 2; i++) {
            const char *base = (const char *)&both[i]->set;
            char *value = flow_field_text(f, base + flow_settings_sections[section].offset);
            cr_expect_str_eq(value, i == 0 ? "true" : "false", "%s = %s in %s", f->key, value,
                             i == 0 ? "a FLEE folder" : "our own");
            flow_dealloc(value);
        }
    }
    flow_scenario_free(flee);
    flow_scenario_free(own);
}
