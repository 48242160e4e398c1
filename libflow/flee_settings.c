// FLEE's simsetting.yml: each of its keys is bound, accepted because it changes no result, or
// refused.
#include "load.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef enum rule {
    BIND,   ///< to our key
    ACCEPT, ///< changes no result here
    REFUSE, ///< not supported yet, unless it has the value that switches it off
    SPECIAL ///< read in code below
} rule;

typedef struct key {
    const char *flee;
    rule rule;
    const char *ours; ///< BIND, SPECIAL: dotted key; REFUSE: the value that means off
} key;

/// Every key that FLEE's settings reader knows.
static const key keys[] = {
    {"number_of_steps", ACCEPT, ""},
    {"conflict_input_file", ACCEPT, ""},
    {"flood_level_input_file", ACCEPT, ""},
    {"default_conflict_intensity", REFUSE, "1"},
    {"log_levels", ACCEPT, ""},
    {"log_levels.agent", ACCEPT, ""},
    {"log_levels.link", ACCEPT, ""},
    {"log_levels.camp", ACCEPT, ""},
    {"log_levels.conflict", ACCEPT, ""},
    {"log_levels.Flood", ACCEPT, ""},
    {"log_levels.init", ACCEPT, ""},
    {"log_levels.idp_totals", ACCEPT, ""},
    {"log_levels.granularity", ACCEPT, ""},
    {"spawn_rules", ACCEPT, ""},
    {"spawn_rules.take_from_population", BIND, "spawn.take_from_population"},
    {"spawn_rules.insert_day0", BIND, "spawn.insert_day0"},
    {"spawn_rules.empty_camps_on_day0", BIND, "spawn.empty_camps_on_day0"},
    {"spawn_rules.sum_from_camps", BIND, "spawn.total_from_camps"},
    {"spawn_rules.conflict_spawn_decay", BIND, "conflict.decay"},
    {"spawn_rules.conflict_spawn_decay_interval", BIND, "conflict.decay_interval"},
    {"spawn_rules.camps_are_sinks", BIND, "hop.camps_are_sinks"},
    {"spawn_rules.camps_are_sicks", SPECIAL, ""},
    {"spawn_rules.conflict_zone_spawning_only", BIND, "spawn.food_in_conflict"},
    {"spawn_rules.flood_zone_spawning_only", SPECIAL, ""},
    {"spawn_rules.read_from_agents_csv_file", REFUSE, "false"},
    {"spawn_rules.starvation_driven_spawning", BIND, "spawn.food"},
    {"spawn_rules.average_social_connectivity", ACCEPT, ""},
    {"spawn_rules.conflict_driven_spawning", SPECIAL, ""},
    {"spawn_rules.conflict_driven_spawning.spawn_mode", SPECIAL, ""},
    {"spawn_rules.conflict_driven_spawning.displaced_per_conflict_day", SPECIAL, "spawn.rate"},
    {"spawn_rules.flood_driven_spawning", SPECIAL, ""},
    {"spawn_rules.flood_driven_spawn_mode", SPECIAL, ""},
    {"spawn_rules.flood_driven_spawn_mode.spawn_mode", SPECIAL, ""},
    {"spawn_rules.flood_driven_spawn_mode.flood_spawn_mode", SPECIAL, ""},
    {"spawn_rules.flood_driven_spawn_mode.displaced_per_flood_day", SPECIAL, "spawn.flood_rate"},
    {"move_rules", ACCEPT, ""},
    {"move_rules.max_move_speed", BIND, "hop.max_move_speed"},
    {"move_rules.max_walk_speed", BIND, "hop.max_walk_speed"},
    {"move_rules.max_crossing_speed", ACCEPT, ""},
    {"move_rules.foreign_weight", BIND, "hop.foreign_weight"},
    {"move_rules.camp_weight", BIND, "hop.camp_weight"},
    {"move_rules.conflict_weight", BIND, "hop.conflict_weight"},
    {"move_rules.conflict_movechance", BIND, "hop.conflict_movechance"},
    {"move_rules.camp_movechance", BIND, "hop.camp_movechance"},
    {"move_rules.idpcamp_movechance", BIND, "hop.idpcamp_movechance"},
    {"move_rules.default_movechance", BIND, "hop.default_movechance"},
    {"move_rules.movechance_pop_base", BIND, "hop.movechance_pop_base"},
    {"move_rules.movechance_pop_scale_factor", BIND, "hop.movechance_pop_scale_factor"},
    {"move_rules.awareness_level", BIND, "hop.awareness_level"},
    {"move_rules.capacity_buffer", BIND, "hop.capacity_buffer"},
    {"move_rules.capacity_scaling", BIND, "hop.capacity_scaling"},
    {"move_rules.avoid_short_stints", BIND, "hop.avoid_short_stints"},
    {"move_rules.start_on_foot", BIND, "hop.start_on_foot"},
    {"move_rules.softening", BIND, "hop.softening"},
    {"move_rules.weight_softening", BIND, "hop.weight_softening"},
    {"move_rules.weight_power", BIND, "hop.weight_power"},
    {"move_rules.distance_power", BIND, "hop.distance_power"},
    {"move_rules.stay_close_to_home", BIND, "hop.stay_close_to_home"},
    {"move_rules.home_distance_power", BIND, "hop.home_distance_power"},
    {"move_rules.use_pop_for_loc_weight", BIND, "hop.use_pop_for_loc_weight"},
    {"move_rules.pop_power_for_loc_weight", BIND, "hop.pop_power_for_loc_weight"},
    {"move_rules.pruning_threshold", BIND, "hop.pruning_threshold"},
    {"move_rules.fixed_routes", BIND, "hop.fixed_routes"},
    {"move_rules.WomenAvoidHazards", BIND, "hop.women_avoid_hazards"},
    {"move_rules.ChildrenAvoidHazards", BIND, "hop.children_avoid_hazards"},
    {"move_rules.ElderlyAvoidHazards", BIND, "hop.elderly_avoid_hazards"},
    {"move_rules.BoysTakeRisk", BIND, "hop.boys_take_risk"},
    {"move_rules.MatchCampReligion", BIND, "hop.match_camp_religion"},
    {"move_rules.MatchCampEthnicity", BIND, "hop.match_camp_ethnicity"},
    {"move_rules.MatchTownEthnicity", BIND, "hop.match_town_ethnicity"},
    {"move_rules.MatchConflictEthnicity", BIND, "hop.match_conflict_ethnicity"},
    {"move_rules.avg_religion_fraction", BIND, "hop.avg_religion_fraction"},
    {"move_rules.use_v1_rules", SPECIAL, ""},
    {"move_rules.use_economic_pull", BIND, "hop.economic_pull"},
    {"move_rules.two_system_decision_making", SPECIAL, ""},
    {"move_rules.flee_when_starving", BIND, "hop.flee_when_starving"},
    {"move_rules.avoid_food_deprived_locations", BIND, "hop.avoid_food_deprived"},
    {"move_rules.harvest_months", BIND, "hop.harvest_months"},
    {"move_rules.max_flood_level", BIND, "hop.flood_most"},
    {"move_rules.flood_rules", ACCEPT, ""},
    {"move_rules.flood_rules.max_flood_level", BIND, "hop.flood_most"},
    {"move_rules.flood_rules.flood_movechances", BIND, "hop.flood_movechance"},
    {"move_rules.flood_rules.flood_loc_weights", BIND, "hop.flood_weight"},
    {"move_rules.flood_rules.flood_link_weights", SPECIAL, ""},
    {"move_rules.flood_rules.flood_forecaster", BIND, "hop.flood_forecast"},
    {"move_rules.flood_rules.flood_forecaster_timescale", BIND, "hop.forecast_days"},
    {"move_rules.flood_rules.flood_forecaster_end_time", BIND, "hop.forecast_end"},
    {"move_rules.flood_rules.flood_forecaster_weights", BIND, "hop.forecast_weight"},
    {"move_rules.flood_rules.flood_awareness_weights", BIND, "hop.awareness_weight"},
    {"optimisations", ACCEPT, ""},
    {"optimisations.hasten", SPECIAL, ""},
};
enum { n_keys = sizeof keys / sizeof *keys };

/// Text as YAML 1.1 booleans and Python's writing of them read: yes, On, True, 1 ...
static const char *plain_bool(const char *text)
{
    static const char *const yes[] = {"yes", "Yes", "YES", "on", "On", "ON", "1"};
    static const char *const no[] = {"no", "No", "NO", "off", "Off", "OFF", "0"};
    for (int i = 0; i < 7; i++) {
        if (strcmp(text, yes[i]) == 0) { return "true"; }
        if (strcmp(text, no[i]) == 0) { return "false"; }
    }
    return text;
}

static const key *find_key(const char *path)
{
    for (int i = 0; i < n_keys; i++) {
        if (strcmp(keys[i].flee, path) == 0) { return &keys[i]; }
    }
    return NULL;
}

const char *flow_load_flee_key(const flow_config *config, const char *dotted)
{
    const char *first = NULL;
    for (int i = 0; i < n_keys; i++) {
        const bool bound = keys[i].rule == BIND || keys[i].rule == SPECIAL;
        if (!bound || strcmp(keys[i].ours, dotted) != 0) { continue; }
        if (flow_config_find(config, keys[i].flee) != NULL) { return keys[i].flee; }
        if (first == NULL) { first = keys[i].flee; }
    }
    return first;
}

static void unknown(flow_loader *l, const flow_node *node)
{
    const char *names[n_keys];
    const char *dot = strrchr(node->path, '.');
    const size_t n_table = dot == NULL ? 0 : (size_t)(dot - node->path) + 1;
    int64_t n = 0;
    for (int i = 0; i < n_keys; i++) {
        const bool same = strncmp(keys[i].flee, node->path, n_table) == 0 &&
                          strchr(keys[i].flee + n_table, '.') == NULL;
        if (same) { names[n++] = keys[i].flee + n_table; }
    }
    if (n == 0) {
        for (int i = 0; i < n_keys; i++) { names[n++] = keys[i].flee; }
    }
    char shown[64];
    const char *near = flow_nearest(node->path + n_table, names, n);
    flow_problem_error(&l->problems, node->key_at, "unknown key '%s' of FLEE's settings%s%s%s",
                       flow_quote(node->path, shown), near ? "; did you mean '" : "",
                       near ? near : "", near ? "'?" : "");
}

static void refuse(flow_loader *l, const flow_node *node, const key *row)
{
    if (node->kind == FLOW_NODE_NULL) { return; }
    if (node->kind == FLOW_NODE_LIST && node->n_item == 0 && strcmp(row->ours, "[]") == 0) {
        return;
    }
    double off = 0.0;
    double given = 1.0;
    if (node->kind == FLOW_NODE_SCALAR && !node->quoted && *row->ours != '\0') {
        const char *text = plain_bool(node->text);
        if (strcmp(text, row->ours) == 0 ||
            (strcmp(row->ours, "false") == 0 && strcmp(text, "False") == 0)) {
            return;
        }
        if (flow_number_parse(row->ours, &off) && flow_number_parse(node->text, &given) &&
            off == given) {
            return;
        }
    }
    flow_problem_error(&l->problems, node->key_at, "%s is not supported yet%s%s%s", node->path,
                       *row->ours ? " (only " : "", row->ours, *row->ours ? " is)" : "");
}

/// Bind a node whose text may be a Python or YAML 1.1 boolean.
static flow_err bind(flow_loader *l, flow_config *config, const flow_node *node, const char *ours)
{
    flow_node copy = *node;
    const flow_field *field =
        flow_fields_find(flow_settings_sections, flow_settings_n_section, ours, NULL);
    if (field != NULL && field->type == FLOW_BOOL && !node->quoted) {
        copy.text = plain_bool(node->text);
    }
    const bool none = strcmp(node->text, "None") == 0 || strcmp(node->text, "none") == 0;
    if (field != NULL && field->type == FLOW_LIST && node->kind == FLOW_NODE_SCALAR && none) {
        return FLOW_OK;
    }
    return flow_fields_bind_node(flow_settings_sections, flow_settings_n_section, config, &copy,
                                 ours, &l->problems, &l->s->set);
}

/// The section conflict_driven_spawning: its presence is the switch.
static flow_err conflict_spawning(flow_loader *l, flow_config *config)
{
    static const char *const section = "spawn_rules.conflict_driven_spawning";
    flow_settings_spawn *spawn = &l->s->set.spawn;
    const flow_node *node = flow_config_find(config, section);
    if (node == NULL || node->kind == FLOW_NODE_NULL) { return FLOW_OK; }
    if (node->kind != FLOW_NODE_MAP) {
        flow_problem_error(&l->problems, node->at, "%s: a table of keys was expected here",
                           section);
        return FLOW_OK;
    }
    spawn->mode = FLOW_SPAWN_CONFLICT;
    const flow_node *mode =
        flow_config_find(config, "spawn_rules.conflict_driven_spawning.spawn_mode");
    if (mode != NULL) {
        flow_node small = *mode; // FLEE takes this one word in any letter case
        if (strcasecmp(mode->text, "poisson") == 0) { small.text = "poisson"; }
        FLOW_TRY(bind(l, config, &small, "spawn.rate_kind"));
    }
    spawn->rate = spawn->rate_kind == FLOW_RATE_POP_RATIO ? 0.01 : 500.0;
    const flow_node *rate =
        flow_config_find(config, "spawn_rules.conflict_driven_spawning.displaced_per_conflict_day");
    return rate == NULL ? FLOW_OK : bind(l, config, rate, "spawn.rate");
}

/// Whether a switch is on; one that is absent or empty has its default.
static bool is_on(flow_loader *l, const flow_config *config, const char *path, bool by_default)
{
    const flow_node *node = flow_config_find(config, path);
    if (node == NULL || node->kind == FLOW_NODE_NULL) { return by_default; }
    const char *text = node->kind == FLOW_NODE_SCALAR ? plain_bool(node->text) : "";
    if (!node->quoted && strcasecmp(text, "true") == 0) { return true; }
    if (node->quoted || strcasecmp(text, "false") != 0) {
        char shown[64];
        flow_problem_error(&l->problems, node->at, "%s: '%s' is not true or false", path,
                           node->kind == FLOW_NODE_SCALAR ? flow_quote(node->text, shown) : "...");
    }
    return false;
}

/// Who is driven out by floods, once the section is known to act.
static flow_err flood_numbers(flow_loader *l, flow_config *config)
{
    flow_settings_spawn *spawn = &l->s->set.spawn;
    static const char *const read = "spawn_rules.flood_driven_spawn_mode.spawn_mode";
    const flow_node *mode = flow_config_find(config, read);
    if (mode != NULL) {
        flow_node small = *mode;
        if (strcasecmp(mode->text, "poisson") == 0) { small.text = "poisson"; }
        FLOW_TRY(bind(l, config, &small, "spawn.flood_rate_kind"));
    }
    const flow_node *unread =
        flow_config_find(config, "spawn_rules.flood_driven_spawn_mode.flood_spawn_mode");
    static const char *const kind[] = {"constant", "poisson", "pop_ratio"};
    if (unread != NULL && strcasecmp(unread->text, kind[spawn->flood_rate_kind]) != 0) {
        flow_problem_warning(&l->problems, unread->at,
                             "flood_spawn_mode is not read, as in FLEE, which looks for "
                             "spawn_mode: %s acts",
                             kind[spawn->flood_rate_kind]);
    }
    const flow_node *rate =
        flow_config_find(config, "spawn_rules.flood_driven_spawn_mode.displaced_per_flood_day");
    if (rate != NULL) { return bind(l, config, rate, "spawn.flood_rate"); }
    if (spawn->flood_rate_kind == FLOW_RATE_POP_RATIO) { return FLOW_OK; }
    for (int64_t i = 0; i < spawn->flood_rate.n; i++) { // persons where no list is given
        static const double persons[] = {0.0, 100.0, 200.0, 300.0, 500.0};
        spawn->flood_rate.value[i] = persons[i];
    }
    return FLOW_OK;
}

/// The section flood_driven_spawn_mode: FLEE wants some more settings beside it.
static flow_err flood_spawning(flow_loader *l, flow_config *config)
{
    static const char *const section = "spawn_rules.flood_driven_spawn_mode";
    const flow_node *node = flow_config_find(config, section);
    const bool given = node != NULL && node->kind != FLOW_NODE_NULL;
    const bool zones = is_on(l, config, "spawn_rules.flood_zone_spawning_only", false);
    const bool named = is_on(l, config, "spawn_rules.flood_driven_spawning", zones);
    if (!given && !zones && !named) { return FLOW_OK; }
    if (given && node->kind != FLOW_NODE_MAP) {
        flow_problem_error(&l->problems, node->at, "%s: a table of keys was expected here",
                           section);
        return FLOW_OK;
    }
    const bool whole = given && zones &&
                       !is_on(l, config, "spawn_rules.conflict_zone_spawning_only", true) &&
                       l->s->set.spawn.take_from_population;
    const flow_node *at = flow_config_find(config, "spawn_rules");
    if (!whole) {
        flow_problem_error(&l->problems, given ? node->key_at : at->key_at,
                           "floods drive people out when spawn_rules holds the section "
                           "flood_driven_spawn_mode, flood_zone_spawning_only: true, "
                           "conflict_zone_spawning_only: false and take_from_population: true; "
                           "some of them are missing");
        return FLOW_OK;
    }
    if (!named) {
        const flow_node *off = flow_config_find(config, "spawn_rules.flood_driven_spawning");
        flow_problem_warning(&l->problems, off->at,
                             "flood_driven_spawning: false changes nothing, as in FLEE, which "
                             "looks for flood_zone_spawning_only");
    }
    l->s->set.spawn.floods = true;
    if (l->s->set.spawn.mode != FLOW_SPAWN_CONFLICT) { l->s->set.spawn.mode = FLOW_SPAWN_NONE; }
    return flood_numbers(l, config);
}

/// Settings that do nothing in FLEE, nor here.
static void without_effect(flow_loader *l, const flow_config *config)
{
    static const struct {
        const char *path, *why;
    } row[] = {{"move_rules.two_system_decision_making",
                "the settings file makes a number of it where FLEE looks for true"},
               {"move_rules.flood_rules.flood_link_weights", "no rule of FLEE reads it"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const flow_node *node = flow_config_find(config, row[i].path);
        if (node == NULL || node->kind == FLOW_NODE_NULL) { continue; }
        if (i == 0 && !is_on(l, config, row[i].path, false)) { continue; }
        flow_problem_warning(&l->problems, node->at, "%s changes nothing, as in FLEE: %s",
                             row[i].path, row[i].why);
    }
}

/// The key that FLEE reads where its manual says camps_are_sinks.
static flow_err sinks(flow_loader *l, flow_config *config)
{
    const flow_node *node = flow_config_find(config, "spawn_rules.camps_are_sicks");
    if (node == NULL || node->kind == FLOW_NODE_NULL) { return FLOW_OK; }
    l->s->set.quirks.camps_are_no_sinks = false;
    return bind(l, config, node, "hop.camps_are_sinks");
}

/// The rules of FLEE 1, which overrule what stands beside them.
static void version_1(flow_loader *l, const flow_config *config)
{
    const flow_node *node = flow_config_find(config, "move_rules.use_v1_rules");
    if (node == NULL || node->kind == FLOW_NODE_NULL) { return; }
    const char *text = plain_bool(node->text);
    if (strcmp(text, "true") == 0 || strcmp(text, "True") == 0) {
        flow_settings_hop *hop = &l->s->set.hop;
        hop->max_move_speed = 200.0;
        hop->camp_weight = 2.0;
        hop->conflict_weight = 0.25;
        hop->start_on_foot = false;
        hop->avoid_short_stints = false;
    } else if (strcmp(text, "false") != 0 && strcmp(text, "False") != 0) {
        char shown[64];
        flow_problem_error(&l->problems, node->at, "%s: '%s' is not true or false", node->path,
                           flow_quote(node->text, shown));
    }
}

static void hasten(flow_loader *l, const flow_config *config)
{
    const flow_node *node = flow_config_find(config, "optimisations.hasten");
    double value = 1.0;
    if (node == NULL || node->kind == FLOW_NODE_NULL) { return; }
    if (!flow_number_parse(node->text, &value) || value < 1.0) {
        char shown[64];
        flow_problem_error(&l->problems, node->at, "%s: '%s' is not a number of at least 1",
                           node->path, flow_quote(node->text, shown));
    } else if (value != 1.0) {
        flow_problem_warning(&l->problems, node->at,
                             "%s: %s is not needed here: all people are simulated, none is scaled "
                             "down",
                             node->path, node->text);
    }
}

static bool ends_in(const char *text, const char *end)
{
    const size_t n = strlen(text), k = strlen(end);
    return n >= k && strcmp(text + n - k, end) == 0;
}

static bool lies_below(const char *path, const char *table)
{
    const size_t n = strlen(table);
    return strncmp(path, table, n) == 0 && (path[n] == '.' || path[n] == '[');
}

static flow_err bind_all(flow_loader *l, flow_config *config)
{
    const char *silent = NULL; // what lies below a refused or unknown table is not reported again
    for (int64_t i = 0; i < config->n; i++) {
        const flow_node *node = &config->node[i];
        if (strchr(node->path, '[') != NULL) { continue; } // items go with their list
        if (silent != NULL && lies_below(node->path, silent)) { continue; }
        const key *row = find_key(node->path);
        if (row == NULL) {
            unknown(l, node);
            silent = node->path;
            continue;
        }
        const bool is_table = row->rule == ACCEPT && (ends_in(row->flee, "_rules") ||
                                                      strcmp(row->flee, "log_levels") == 0 ||
                                                      strcmp(row->flee, "optimisations") == 0);
        if (is_table && node->kind != FLOW_NODE_MAP && node->kind != FLOW_NODE_NULL) {
            flow_problem_error(&l->problems, node->at, "%s: a table of keys was expected here",
                               node->path);
        }
        if (row->rule == BIND) { FLOW_TRY(bind(l, config, node, row->ours)); }
        if (row->rule == REFUSE) {
            refuse(l, node, row);
            silent = node->path;
        }
    }
    FLOW_TRY(sinks(l, config));
    FLOW_TRY(conflict_spawning(l, config));
    FLOW_TRY(flood_spawning(l, config));
    without_effect(l, config);
    version_1(l, config);
    hasten(l, config);
    return FLOW_OK;
}

/// FLEE's own behaviour is what its folders were made for.
static void all_quirks(flow_settings_quirks *quirks)
{
    *quirks = (flow_settings_quirks){.ignore_link_closures = true,
                                     .closures_do_not_stack = true,
                                     .closed_links_turn_back = true,
                                     .frozen_conflict_intensity = true,
                                     .conflict_ends_as_town = true,
                                     .day0_reduces_capacity = true,
                                     .initial_idps_in_camps_only = true,
                                     .camps_are_no_sinks = true,
                                     .home_is_present_place = true,
                                     .swapped_coordinates = true,
                                     .fixed_routes_stale_scores = true,
                                     .day0_total_row = true,
                                     .boys_include_men = true,
                                     .boys_need_children_rule = true,
                                     .overdrawn_population = true,
                                     .full_speed_per_link = true,
                                     .low_movechance_is_camp = true,
                                     .population_floor_1e8 = true,
                                     .one_cause = true,
                                     .whole_flood_levels = true,
                                     .flood_weight_twice = true,
                                     .forecast_of_today = true,
                                     .forecast_squared = true,
                                     .dry_forecast_stops = true,
                                     .no_hunger_on_day0 = true,
                                     .harvest_counts_at_home = true};
}

/// Text of the settings file, wherever it lies; NULL when there is none.
static flow_err find_text(flow_loader *l, const char **text, int64_t *size, const char **shown)
{
    static const char *const usual[] = {"simsetting.yml", "input_csv/simsetting.yml",
                                        "simsetting.yaml", "input_csv/simsetting.yaml"};
    if (l->options->settings != NULL) {
        if (flow_file_exists(&l->files, l->options->settings) && l->files.folder == NULL) {
            return flow_load_text(l, l->options->settings, "", text, size, shown);
        }
        const flow_files folder = l->files;
        l->files = (flow_files){.folder = ""};
        const flow_err err =
            flow_load_text(l, l->options->settings, "it was named as the settings of a FLEE folder",
                           text, size, shown);
        l->files = folder;
        return err;
    }
    for (int i = 0; i < 4; i++) {
        if (flow_file_exists(&l->files, usual[i])) {
            return flow_load_text(l, usual[i], "", text, size, shown);
        }
    }
    flow_problem_warning(&l->problems, (flow_mark){.file = l->s->path},
                         "there is no simsetting.yml: FLEE's defaults are used");
    return FLOW_OK;
}

flow_err flow_load_flee_settings(flow_loader *l)
{
    all_quirks(&l->s->set.quirks);
    const char *text = NULL;
    const char *shown = NULL;
    int64_t size = 0;
    FLOW_TRY(find_text(l, &text, &size, &shown));
    if (text == NULL) { return FLOW_OK; }
    const int64_t before = l->problems.n_error;
    FLOW_TRY(flow_config_parse(shown, text, size, &l->problems, &l->config));
    return l->problems.n_error == before ? bind_all(l, &l->config) : FLOW_OK;
}
