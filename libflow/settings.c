// Every dotted key of a scenario: one row each. docs/formats.md and docs/model.md explain them at
// length.
#include "settings.h"

#include <stddef.h>

#define FLEE "FLEE 3 (Suleimenova, Bell, Groen 2017), default of its settings reader"
#define OWN "libflow"
#define NO_LIMIT 1e308
#define MOST_PEOPLE 1e10

#define TOP(member) offsetof(flow_settings_top, member)
static const flow_field top_rows[] = {
    {"libflow", TOP(format), FLOW_INT, "1", "1", 1, 1, NULL, '-', "",
     "Version of the folder format."},
    {"title", TOP(title), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Name of the scenario in results and pictures."},
    {"description", TOP(description), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "What the scenario is about, and its sources."},
    {"option", TOP(option), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Name of the option in force, one of `options`; empty: "
     "the scenario as it stands."},
    {"baseline", TOP(baseline), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Name of the option that the others are compared with; "
     "empty: the first one."},
    FLOW_FIELD_END};

#define OPTION(member) offsetof(flow_option, member)
static const flow_field option_rows[] = {
    {"name", OPTION(name), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Name of the option: a letter, then letters, digits and '_'. Must be given."},
    {"title", OPTION(title), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "What the option is called in tables and pictures."},
    {"description", OPTION(description), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "What is done under the option, and what it rests on."},
    {"set", 0, FLOW_KEYS, "", "{}", 0, 0, NULL, '-', "",
     "Other values for keys of the scenario, dotted or nested, that hold under the option."},
    FLOW_FIELD_END};
const flow_section flow_option_section = {"options",
                                          "What planners compare: a list of named changes to the "
                                          "scenario.",
                                          option_rows, 0, true};

#define PERIOD(member) offsetof(flow_settings_period, member)
static const flow_field period_rows[] = {
    {"start", PERIOD(start), FLOW_DATE, "", "", 0, 0, NULL, '-', "", "First day. Must be given."},
    {"days", PERIOD(days), FLOW_INT, "d", "1", 1, 100000, NULL, '-', "",
     "Number of days. Must be given."},
    {"step", PERIOD(step), FLOW_CHOICE, "", "day", 0, 0, "1h|2h|3h|6h|12h|day|week|month", '-', "",
     "Length of a step; a month has 365.25/12 days. The hop rule knows days only."},
    FLOW_FIELD_END};
const double flow_step_days[FLOW_N_STEP] = {1.0 / 24, 1.0 / 12, 0.125, 0.25,
                                            0.5,      1.0,      7.0,   365.25 / 12};

static const flow_field movement_rows[] = {
    {"rule", offsetof(flow_settings_movement, rule), FLOW_CHOICE, "", "hop", 0, 0,
     "hop|destination|none", '-', "",
     "How people move: hop from place to place, choose a destination and travel there, or not at "
     "all, to look at what the modules of a scenario do."},
    FLOW_FIELD_END};

#define SPAWN(member) offsetof(flow_settings_spawn, member)
static const flow_field spawn_rows[] = {
    {"mode", SPAWN(mode), FLOW_CHOICE, "", "registrations", 0, 0, "registrations|conflict|none",
     'V', FLEE,
     "Who leaves home each day: as many as newly registered, as conflict drives out, or nobody "
     "after day 0."},
    {"rate_kind", SPAWN(rate_kind), FLOW_CHOICE, "", "constant", 0, 0, "constant|poisson|pop_ratio",
     'V', FLEE,
     "For mode conflict: a fixed number, a Poisson number, or a share of the population."},
    {"rate", SPAWN(rate), FLOW_DOUBLE, "d-1", "500", 0, MOST_PEOPLE, NULL, 'V', FLEE,
     "For mode conflict: people (constant, poisson) or share of the population (pop_ratio) per day "
     "and unit of intensity."},
    {"take_from_population", SPAWN(take_from_population), FLOW_BOOL, "", "false", 0, 0, NULL, 'V',
     FLEE, "Those who leave are taken from the population of their place."},
    {"insert_day0", SPAWN(insert_day0), FLOW_BOOL, "", "true", 0, 0, NULL, 'V', FLEE,
     "People registered on the first day start in their camps."},
    {"empty_camps_on_day0", SPAWN(empty_camps_on_day0), FLOW_BOOL, "", "false", 0, 0, NULL, 'V',
     FLEE,
     "Camps start empty and the counts of the first day are subtracted from the observations."},
    {"total_from_camps", SPAWN(total_from_camps), FLOW_BOOL, "", "true", 0, 0, NULL, 'V', FLEE,
     "The daily total is the sum of the observed places; false: the series named total."},
    {"floods", SPAWN(floods), FLOW_BOOL, "", "false", 0, 0, NULL, 'V', FLEE,
     "Floods drive people out, beside what `mode` says."},
    {"flood_rate_kind", SPAWN(flood_rate_kind), FLOW_CHOICE, "", "pop_ratio", 0, 0,
     "constant|poisson|pop_ratio", 'V', FLEE,
     "For floods: a fixed number, a Poisson number, or a share of the population."},
    {"flood_rate", SPAWN(flood_rate), FLOW_LIST, "d-1", "[0, 0.1, 0.2, 0.5, 0.9]", 0, MOST_PEOPLE,
     NULL, 'V', FLEE,
     "People (constant, poisson) or share of the population (pop_ratio) whom floods drive out per "
     "day, by flood level from 0 on; its authors call the shares educated guesses."},
    {"food", SPAWN(food), FLOW_BOOL, "", "false", 0, 0, NULL, 'V', FLEE,
     "For mode registrations: people also come from where food is short."},
    {"food_in_conflict", SPAWN(food_in_conflict), FLOW_BOOL, "", "true", 0, 0, NULL, 'V', FLEE,
     "That is so in places in conflict only."},
    FLOW_FIELD_END};

#define PEOPLE(member) offsetof(flow_settings_people, member)
static const flow_field people_rows[] = {
    {"axes", PEOPLE(axes), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "What people are told apart by in results, parted by commas: origin, status, cause, or "
     "attributes of the scenario such as gender."},
    {"leave", PEOPLE(leave), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "File of factors by class of people on hazards and on shares that must leave; empty: none."},
    {"choose", PEOPLE(choose), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "File of what classes of people add to coefficients of destinations; empty: none."},
    FLOW_FIELD_END};

#define OUTPUT(member) offsetof(flow_settings_output, member)
static const flow_field output_rows[] = {
    {"only", OUTPUT(only), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Variables that change with time to write besides people and conflict, parted by commas; a * "
     "at the end of a name stands for any ending. Empty: all but link_entered_by_cause."},
    {"also", OUTPUT(also), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Variables to write besides those."},
    {"without", OUTPUT(without), FLOW_TEXT, "", "", 0, 0, NULL, '-', "", "Variables not to write."},
    {"suppress_below", OUTPUT(suppress_below), FLOW_INT, "1", "0", 0, 1000000, NULL, '-', "",
     "Counts of people or households above 0 and below this number are written as -1; 0: all are "
     "written."},
    FLOW_FIELD_END};

#define CONFLICT(member) offsetof(flow_settings_conflict, member)
static const flow_field conflict_rows[] = {
    {"decay", CONFLICT(decay), FLOW_LIST, "1", "[]", 0, 1000, NULL, 'V', FLEE,
     "Factor on the push of a conflict for each interval since it began; the last one stays. "
     "Empty: always 1."},
    {"decay_interval", CONFLICT(decay_interval), FLOW_INT, "d", "30", 1, 100000, NULL, 'V', FLEE,
     "Length of one interval of decay."},
    FLOW_FIELD_END};

#define HOP(member) offsetof(flow_settings_hop, member)
#define SWITCH(key, help)                                                                          \
    {                                                                                              \
#key, HOP(key), FLOW_BOOL, "", "false", 0, 0, NULL, 'V', FLEE, help                        \
    }
static const flow_field hop_rows[] = {
    {"max_move_speed", HOP(max_move_speed), FLOW_DOUBLE, "km d-1", "360", 0.001, 100000, NULL, 'V',
     FLEE, "Distance that a person covers in a day by vehicle."},
    {"max_walk_speed", HOP(max_walk_speed), FLOW_DOUBLE, "km d-1", "35", 0.001, 100000, NULL, 'V',
     FLEE, "Distance that a person covers in a day on foot."},
    {"foreign_weight", HOP(foreign_weight), FLOW_DOUBLE, "1", "1", 0, 1e6, NULL, 'V', FLEE,
     "Attraction of places outside the country of the first place."},
    {"camp_weight", HOP(camp_weight), FLOW_DOUBLE, "1", "1", 0, 1e6, NULL, 'V', FLEE,
     "Attraction of camps."},
    {"conflict_weight", HOP(conflict_weight), FLOW_DOUBLE, "1", "0.31622776601683794", 0, 1e6, NULL,
     'V', FLEE,
     "Attraction of a place in conflict of intensity 1; raised to the intensity. Default: 0.1 to "
     "the power 0.5."},
    {"conflict_movechance", HOP(conflict_movechance), FLOW_DOUBLE, "d-1", "1", 0, 1, NULL, 'V',
     FLEE, "Chance per day to leave a place in conflict."},
    {"camp_movechance", HOP(camp_movechance), FLOW_DOUBLE, "d-1", "0.001", 0, 1, NULL, 'V', FLEE,
     "Chance per day to leave a camp."},
    {"idpcamp_movechance", HOP(idpcamp_movechance), FLOW_DOUBLE, "d-1", "0.1", 0, 1, NULL, 'V',
     FLEE, "Chance per day to leave a camp for internally displaced people."},
    {"default_movechance", HOP(default_movechance), FLOW_DOUBLE, "d-1", "0.3", 0, 1, NULL, 'V',
     FLEE, "Chance per day to leave any other place."},
    {"movechance_pop_base", HOP(movechance_pop_base), FLOW_DOUBLE, "1", "10000", 0.001, MOST_PEOPLE,
     NULL, 'V', FLEE, "Population at which the move chance is not scaled."},
    {"movechance_pop_scale_factor", HOP(movechance_pop_scale_factor), FLOW_DOUBLE, "1", "0", -10,
     10, NULL, 'V', FLEE, "Exponent of population / base on the move chance; 0: none."},
    {"awareness_level", HOP(awareness_level), FLOW_INT, "1", "1", -1, 6, NULL, 'V', FLEE,
     "Number of links that people look ahead; 0: nobody moves, -1: as 1."},
    {"capacity_buffer", HOP(capacity_buffer), FLOW_DOUBLE, "1", "0.9", 0, 1, NULL, 'V', FLEE,
     "Occupancy from which a camp becomes less attractive."},
    {"capacity_scaling", HOP(capacity_scaling), FLOW_DOUBLE, "1", "1", 0, 1e6, NULL, 'V', FLEE,
     "Factor on all capacities."},
    {"onward", HOP(onward), FLOW_BOOL, "", "true", 0, 0, NULL, 'V', FLEE,
     "Who arrives with part of the day left may go on the same day; false: rests until the next."},
    SWITCH(avoid_short_stints,
           "Who moved little lately and arrives at a town with day left moves on the same day."),
    SWITCH(start_on_foot, "People walk until their first stop."),
    {"softening", HOP(softening), FLOW_DOUBLE, "km", "10", 0, 1e6, NULL, 'V', FLEE,
     "Added to the length of each route, so that very near places do not draw everybody."},
    {"weight_softening", HOP(weight_softening), FLOW_DOUBLE, "1", "0", 0, 1e6, NULL, 'V', FLEE,
     "Added to the attraction of each destination."},
    {"weight_power", HOP(weight_power), FLOW_DOUBLE, "1", "1", 0, 100, NULL, 'V', FLEE,
     "Exponent of the whole weight: above 1, choices are sharper."},
    {"distance_power", HOP(distance_power), FLOW_DOUBLE, "1", "1", 0, 100, NULL, 'V', FLEE,
     "Exponent of distance."},
    SWITCH(stay_close_to_home, "Far destinations are less attractive."),
    {"home_distance_power", HOP(home_distance_power), FLOW_DOUBLE, "1", "0.5", 0, 100, NULL, 'V',
     FLEE, "Exponent of that distance in km."},
    SWITCH(use_pop_for_loc_weight, "Populous places other than camps are more attractive."),
    {"pop_power_for_loc_weight", HOP(pop_power_for_loc_weight), FLOW_DOUBLE, "1", "0.1", -10, 10,
     NULL, 'V', FLEE, "Exponent of that population."},
    {"pruning_threshold", HOP(pruning_threshold), FLOW_DOUBLE, "1", "1", 0, NO_LIMIT, NULL, 'V',
     FLEE, "Drop routes whose weight is below the best weight divided by this; up to 1.001: none."},
    SWITCH(fixed_routes,
           "One best route to each destination, and the major routes of the scenario."),
    SWITCH(
        camps_are_sinks,
        "People leave the model in camps, with the daily chance in the column sink of the places."),
    {"harvest_months", HOP(harvest_months), FLOW_LIST, "1", "[]", 1, 12, NULL, 'V', FLEE,
     "Months, 1 to 12, in which people stay where they are; who is on a road finishes it."},
    {"flood_movechance", HOP(flood_movechance), FLOW_LIST, "d-1", "[]", 0, 1, NULL, 'V', FLEE,
     "Chance per day to leave a flooded place, by flood level from 0 on; empty: as if dry."},
    {"flood_weight", HOP(flood_weight), FLOW_LIST, "1", "[]", 0, 1e6, NULL, 'V', FLEE,
     "Attraction of a flooded place, by flood level from 0 on; empty: as if dry."},
    {"flood_most", HOP(flood_most), FLOW_INT, "1", "-1", -1, 1000, NULL, 'V', FLEE,
     "Highest flood level that is accepted; -1: as high as the lists go."},
    SWITCH(flood_forecast, "People know of floods ahead."),
    {"forecast_days", HOP(forecast_days), FLOW_INT, "d", "0", 0, 1000, NULL, 'V', FLEE,
     "Days that a flood forecast looks ahead."},
    {"forecast_end", HOP(forecast_end), FLOW_INT, "d", "0", 0, 100000, NULL, 'V', FLEE,
     "First day that is not forecast."},
    {"forecast_weight", HOP(forecast_weight), FLOW_LIST, "1", "[]", 0, 1e6, NULL, 'V', FLEE,
     "Weight of each day of a flood forecast, tomorrow first."},
    {"awareness_weight", HOP(awareness_weight), FLOW_LIST, "1", "[]", 0, 1e6, NULL, 'V', FLEE,
     "Weight of flood forecasts for people, by their attribute flood_awareness from 0 on; empty: 1 "
     "for all."},
    SWITCH(flee_when_starving, "People leave places where food is short."),
    SWITCH(avoid_food_deprived,
           "Places where food is short attract less (within the country of the first place)."),
    SWITCH(economic_pull, "Trade and human development make places abroad more attractive."),
    SWITCH(women_avoid_hazards, "Attraction is squared for women and girls (attribute gender)."),
    SWITCH(children_avoid_hazards,
           "Attraction is squared for people under 19 years (attribute age)."),
    SWITCH(elderly_avoid_hazards,
           "Attraction is squared for people over 59 years (attribute age)."),
    SWITCH(boys_take_risk,
           "Hazards do not matter to boys of 15 to 18 years (attributes age, gender)."),
    SWITCH(match_camp_religion, "Camps attract people of the religion of those who live there."),
    SWITCH(match_camp_ethnicity, "Camps attract people of the ethnicity of those who live there."),
    SWITCH(match_town_ethnicity, "Towns attract people of the ethnicity of those who live there."),
    SWITCH(match_conflict_ethnicity,
           "Places in conflict repel less who shares the ethnicity of those who live there."),
    {"avg_religion_fraction", HOP(avg_religion_fraction), FLOW_DOUBLE, "1", "0.25", 1e-9, 1, NULL,
     'V', FLEE, "Share of a religion at which it neither attracts nor repels."},
    {"memory_bins", HOP(memory_bins), FLOW_INT, "1", "16", 1, 4096, NULL, 'A', OWN,
     "Bins of a day's travel in which people with nearly the same distance behind them are counted "
     "together; past days are rounded at random without bias, today to the nearest."},
    {"capacity_batch", HOP(capacity_batch), FLOW_DOUBLE, "1", "0.25", 0.001, 1, NULL, 'A', OWN,
     "Largest change of a camp's attraction while people who leave on the same day choose."},
    FLOW_FIELD_END};

#define QUIRK(key, help)                                                                           \
    {                                                                                              \
#key, offsetof(flow_settings_quirks, key), FLOW_BOOL, "", "false", 0, 0, NULL, '-', "",    \
            help                                                                                   \
    }
static const flow_field quirks_rows[] = {
    QUIRK(ignore_link_closures, "Closures of kind link do nothing."),
    QUIRK(closures_do_not_stack, "The first re-opening opens a link that was closed twice."),
    QUIRK(closed_links_turn_back,
          "Who was on a link when it closed turns back at its end even if it is open again."),
    QUIRK(frozen_conflict_intensity, "A change between two intensities above 0 is ignored."),
    QUIRK(conflict_ends_as_town,
          "A place whose conflict ends has the move chance of a town, also a camp or a hub."),
    QUIRK(day0_reduces_capacity,
          "People of day 0 are subtracted from capacities and also count as occupants."),
    QUIRK(initial_idps_in_camps_only, "initial_idps of places that are no camps are left out."),
    QUIRK(camps_are_no_sinks, "camps_are_sinks does nothing: FLEE misspells the key it reads."),
    QUIRK(home_is_present_place,
          "stay_close_to_home measures from where people are, not from their home."),
    QUIRK(swapped_coordinates, "Distances take longitudes as latitudes."),
    QUIRK(fixed_routes_stale_scores,
          "Fixed routes see yesterday's attraction of places that stand later in the file."),
    QUIRK(day0_total_row,
          "Without insert_day0 the people of the first day also hold the series total."),
    QUIRK(boys_include_men, "boys_take_risk has no upper age."),
    QUIRK(boys_need_children_rule, "boys_take_risk acts only beside children_avoid_hazards."),
    QUIRK(overdrawn_population, "A place whose population is used up still sends people."),
    QUIRK(full_speed_per_link,
          "Who goes on the same day has the whole day's distance again for each link."),
    QUIRK(low_movechance_is_camp, "A place with a move chance below 0.005 counts as a camp."),
    QUIRK(population_floor_1e8,
          "The match rules divide by 100 million where a place has no population."),
    QUIRK(one_cause, "Beside floods conflicts.csv is not read; beside spawning by conflict floods "
                     "drive nobody out."),
    QUIRK(whole_flood_levels, "Flood levels are cut to whole numbers."),
    QUIRK(flood_weight_twice, "The flood weight of a place of kind flood_zone counts twice."),
    QUIRK(forecast_of_today,
          "Flood forecasts of destinations take today's level for that of every flooded day."),
    QUIRK(forecast_squared, "Flood forecasts of destinations count twice."),
    QUIRK(dry_forecast_stops,
          "A place without a flood ahead is left by nobody and attracts nobody (flood_forecast)."),
    QUIRK(no_hunger_on_day0, "Food changes neither attraction nor origins on the first day."),
    QUIRK(harvest_counts_at_home,
          "In harvest months all people at places are counted where they are from."),
    FLOW_FIELD_END};

const flow_section flow_settings_sections[] = {
    {"", "The scenario.", top_rows, offsetof(flow_settings, top), false},
    {"period", "When it happens.", period_rows, offsetof(flow_settings, period), false},
    {"movement", "How people move.", movement_rows, offsetof(flow_settings, movement), false},
    {"spawn", "Who leaves home.", spawn_rows, offsetof(flow_settings, spawn), false},
    {"people", "What people are told apart by.", people_rows, offsetof(flow_settings, people),
     false},
    {"output", "What result files hold.", output_rows, offsetof(flow_settings, output), false},
    {"conflict", "How conflict acts over time.", conflict_rows, offsetof(flow_settings, conflict),
     false},
    {"hop", "The movement rule.", hop_rows, offsetof(flow_settings, hop), false},
    {"destination", "The destination rule: what all causes have in common.", flow_destination_rows,
     offsetof(flow_settings, destination), false},
    {"destination_conflict",
     "The destination rule: coefficients of those who leave because of conflict.",
     flow_choice_conflict_rows, offsetof(flow_settings, choice[FLOW_CAUSE_CONFLICT]), false},
    {"destination_flood", "The destination rule: coefficients of those who leave because of flood.",
     flow_choice_flood_rows, offsetof(flow_settings, choice[FLOW_CAUSE_FLOOD]), false},
    {"destination_cyclone",
     "The destination rule: coefficients of those who leave because of cyclone.",
     flow_choice_cyclone_rows, offsetof(flow_settings, choice[FLOW_CAUSE_CYCLONE]), false},
    {"destination_earthquake",
     "The destination rule: coefficients of those who leave because of earthquake.",
     flow_choice_earthquake_rows, offsetof(flow_settings, choice[FLOW_CAUSE_EARTHQUAKE]), false},
    {"destination_drought",
     "The destination rule: coefficients of those who leave because of drought.",
     flow_choice_drought_rows, offsetof(flow_settings, choice[FLOW_CAUSE_DROUGHT]), false},
    {"destination_economic",
     "The destination rule: coefficients of those who leave because of economic hardship.",
     flow_choice_economic_rows, offsetof(flow_settings, choice[FLOW_CAUSE_ECONOMIC]), false},
    {"destination_onward",
     "The destination rule: coefficients of those who leave because of onward movement.",
     flow_choice_onward_rows, offsetof(flow_settings, choice[FLOW_CAUSE_ONWARD]), false},
    {"destination_other",
     "The destination rule: coefficients of those who leave because of another cause.",
     flow_choice_other_rows, offsetof(flow_settings, choice[FLOW_CAUSE_OTHER]), false},
    {"passage", "How people pass links with channels.", flow_passage_rows,
     offsetof(flow_settings, passage), false},
    {"quirks", "What FLEE does although its documentation says otherwise: true in FLEE folders.",
     quirks_rows, offsetof(flow_settings, quirks), false},
};
const int32_t flow_settings_n_section =
    (int32_t)(sizeof flow_settings_sections / sizeof *flow_settings_sections);
