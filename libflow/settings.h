/// @file settings.h
/// Layer 3: every dotted key of a scenario, as a struct and as described rows (settings.c).
#ifndef FLOW_SETTINGS_H
#define FLOW_SETTINGS_H

#include "field.h"
#include "quantities.h"

typedef enum flow_spawn_mode {
    FLOW_SPAWN_REGISTRATIONS, ///< from the daily change of the observed total
    FLOW_SPAWN_CONFLICT,      ///< from conflict intensity
    FLOW_SPAWN_NONE           ///< only the people of day 0
} flow_spawn_mode;

typedef enum flow_spawn_rate {
    FLOW_RATE_CONSTANT, ///< int(rate x intensity) persons a day
    FLOW_RATE_POISSON,  ///< Poisson(rate x intensity)
    FLOW_RATE_POP_RATIO ///< int(rate x population x intensity)
} flow_spawn_rate;

typedef struct flow_settings_top {
    int64_t format; ///< key "libflow"
    char *title, *description;
    char *option, *baseline; ///< names of options; NULL: none, the first one
} flow_settings_top;

/// A named set of changes to a scenario.
typedef struct flow_option {
    char *name, *title, *description; ///< title and description may be NULL
    flow_mark at;                     ///< of the option
} flow_option;
/// The rows of one option, over a flow_option.
extern const flow_section flow_option_section;

/// Lengths of a step, flow_step_days[].
typedef enum flow_step {
    FLOW_STEP_1H,
    FLOW_STEP_2H,
    FLOW_STEP_3H,
    FLOW_STEP_6H,
    FLOW_STEP_12H,
    FLOW_STEP_DAY,
    FLOW_STEP_WEEK,
    FLOW_STEP_MONTH,
    FLOW_N_STEP
} flow_step;
/// Days of a step; a month is the twelfth part of 365.25 days.
extern const double flow_step_days[FLOW_N_STEP];

typedef struct flow_settings_period {
    int32_t start; ///< days since 1970-01-01
    int64_t days;
    int32_t step; ///< flow_step
} flow_settings_period;

/// How people move.
typedef enum flow_movement_rule {
    FLOW_MOVE_HOP,         ///< from place to neighbouring place (FLEE); steps of a day only
    FLOW_MOVE_DESTINATION, ///< to a place chosen once, along the shortest way
    FLOW_MOVE_NONE         ///< nobody enters or moves: what modules do is seen alone
} flow_movement_rule;

typedef struct flow_settings_movement {
    int32_t rule; ///< flow_movement_rule
} flow_settings_movement;

typedef struct flow_settings_spawn {
    int32_t mode, rate_kind;
    double rate; ///< persons per day and intensity, or share of the population per day
    bool take_from_population;
    bool insert_day0;         ///< people registered on day 0 start in their camps
    bool empty_camps_on_day0; ///< camps start empty and day-0 counts are subtracted from the data
    bool total_from_camps;    ///< daily total = sum of the camps; false: the "total" series
    bool floods;              ///< floods drive people out, too
    int32_t flood_rate_kind;  ///< flow_spawn_rate
    flow_list flood_rate;     ///< by level: persons, or share of the population, per day
    bool food;                ///< where food is short people leave, too (registrations)
    bool food_in_conflict;    ///< only from places in conflict
} flow_settings_spawn;

/// Groups of people. docs/model.md, "People".
typedef struct flow_settings_people {
    char *axes;   ///< names parted by commas
    char *leave;  ///< file of how classes differ in leaving
    char *choose; ///< file of how classes differ in where they go
} flow_settings_people;

/// What result files hold. docs/output.md, "What is written".
typedef struct flow_settings_output {
    char *only, *also, *without; ///< names parted by commas
    int64_t suppress_below;      ///< smaller counts are not shown; 0: all are
} flow_settings_output;

typedef struct flow_settings_conflict {
    flow_list decay;        ///< factor per interval since the conflict began; empty: 1
    int64_t decay_interval; ///< days
} flow_settings_conflict;

/// The hop rule (FLEE rule set 2). Sources and formulas: docs/model.md.
typedef struct flow_settings_hop {
    double max_move_speed, max_walk_speed; ///< km/d
    double foreign_weight, camp_weight, conflict_weight;
    double conflict_movechance, camp_movechance, idpcamp_movechance, default_movechance; ///< 1/d
    double movechance_pop_base, movechance_pop_scale_factor;
    int64_t awareness_level;
    double capacity_buffer, capacity_scaling;
    bool onward; ///< people who arrive with day left may go on the same day
    bool avoid_short_stints, start_on_foot;
    double softening; ///< km
    double weight_softening, weight_power, distance_power;
    bool stay_close_to_home;
    double home_distance_power;
    bool use_pop_for_loc_weight;
    double pop_power_for_loc_weight;
    double pruning_threshold;
    bool fixed_routes;
    bool camps_are_sinks;
    flow_list flood_movechance, flood_weight; ///< by level
    int64_t flood_most;                       ///< highest level, -1: any
    bool flood_forecast;
    int64_t forecast_days, forecast_end;
    flow_list forecast_weight;  ///< by day ahead
    flow_list awareness_weight; ///< by the attribute flood_awareness
    bool flee_when_starving, avoid_food_deprived, economic_pull;
    bool women_avoid_hazards, children_avoid_hazards, elderly_avoid_hazards, boys_take_risk;
    bool match_camp_religion, match_camp_ethnicity, match_town_ethnicity, match_conflict_ethnicity;
    double avg_religion_fraction;
    flow_list harvest_months; ///< 1 to 12, in which nobody sets out
    int64_t memory_bins;   ///< bins per unit of the two continuous memories (DESIGN: exact lumping)
    double capacity_batch; ///< largest change of a capacity multiplier within one batch
} flow_settings_hop;

/// Terms of the utility of a place to go to; rows of terms.def.
typedef enum flow_term_id {
#define FLOW_TERM(name, ...) FLOW_TERM_##name,
#include "terms.def"
#undef FLOW_TERM
    FLOW_N_TERM
} flow_term_id;

/// The destination rule: what is the same for all causes. docs/model.md, "The destination rule".
typedef struct flow_settings_destination {
    int32_t kind;    ///< flow_destination_kind, of causes that have none of their own
    char *table;     ///< file of shares
    int32_t missing; ///< flow_missing
    bool scale;      ///< shares are amounts, of any sum
    double speed;    ///< km/d by road, where the link has none of its own
    double rail_speed, boat_speed, foot_speed, air_speed; ///< km/d
    int64_t most;             ///< nearest places that people choose from
    double radius;            ///< days of travel to the farthest of them; 0: none
    double soften;            ///< km
    double competition;       ///< competing destinations: power of the accessibility
    double opportunity_power; ///< Stouffer
    bool count_here, count_there;
    double wealth; ///< USD of a traveller at real wage 1
    bool overflow; ///< who finds a place full goes on
} flow_settings_destination;

typedef enum flow_destination_kind {
    FLOW_TO_UTILITY,
    FLOW_TO_GRAVITY,
    FLOW_TO_BALANCED, ///< gravity with arrivals in proportion to population (doubly constrained)
    FLOW_TO_COMPETING,
    FLOW_TO_RADIATION,
    FLOW_TO_STOUFFER,
    FLOW_TO_TABLE,   ///< shares of a file
    FLOW_TO_CALLBACK ///< a function of the program (flow_filler)
} flow_destination_kind;

/// What people do whose origin the table of shares lacks.
typedef enum flow_missing {
    FLOW_MISSING_REFUSE, ///< the scenario is refused
    FLOW_MISSING_STAY,
    FLOW_MISSING_UTILITY,
    FLOW_MISSING_GRAVITY,
    FLOW_MISSING_RADIATION
} flow_missing;

/// The destination rule: how people with one cause choose.
typedef struct flow_settings_choice {
    int32_t kind;  ///< 0: that of all; else flow_destination_kind + 1
    double radius; ///< days of travel to the farthest place; 0: that of all
    double coefficient[FLOW_N_TERM];
    bool may_stay;      ///< staying competes with the destinations
    double stay;        ///< utility of staying
    double annual_rate; ///< economic: share that leaves per year at first, sets `stay`; 0: not
} flow_settings_choice;

/// How people pass links with channels: what they weigh, what they can pay, what happens to those
/// who fail. docs/model.md, "Channels".
typedef struct flow_settings_passage {
    double fee, success, risk, detour, queue; ///< coefficients; the last two per day
    double regular, irregular, smuggled;      ///< utility of each channel as such
    double wait;                              ///< utility of not trying in this step
    flow_list awareness;                      ///< by the attribute awareness from 0 on
    double credit;                            ///< USD
    bool pay_on_arrival;
    double retry, give_up; ///< 1/d
    double missing_share;  ///< of those who die or go missing
    double fee_elasticity;
    double debt_trafficking, debt_exploitation; ///< factors for those in debt
    double repay;                               ///< 1/d
    double recruitment_months;
    double month_wage; ///< USD at wage 1
} flow_settings_passage;

/// What FLEE really does where its documentation says something else. All true in FLEE folders, all
/// false in our own; each can be set.
typedef struct flow_settings_quirks {
    bool ignore_link_closures;      ///< closures of type `link` read from a file do nothing
    bool closures_do_not_stack;     ///< the first re-opening opens a link closed twice
    bool closed_links_turn_back;    ///< who was on a link that closed turns back, also if it opened
    bool frozen_conflict_intensity; ///< a change between two positive intensities is ignored
    bool conflict_ends_as_town;     ///< any place is left like a town once its conflict has ended
    bool
        day0_reduces_capacity; ///< day-0 people are subtracted from capacity and count as occupants
    bool initial_idps_in_camps_only; ///< initial_idps of other places are left out
    bool camps_are_no_sinks;         ///< camps_are_sinks does nothing
    bool home_is_present_place;      ///< stay_close_to_home measures from the present place
    bool swapped_coordinates;        ///< distances take y as latitude although x holds it
    bool fixed_routes_stale_scores;  ///< a route search sees yesterday's scores of later places
    bool day0_total_row;          ///< without insert_day0 the first batch also holds the total row
    bool boys_include_men;        ///< BoysTakeRisk has no upper age
    bool boys_need_children_rule; ///< BoysTakeRisk acts only beside ChildrenAvoidHazards
    bool overdrawn_population;    ///< a place whose population is used up still sends people
    bool full_speed_per_link;     ///< each link of one day is entered with the full day's distance
    bool low_movechance_is_camp;  ///< a place with a move chance below 0.005 becomes a camp
    bool population_floor_1e8;    ///< Match rules divide by 1e8 where the population is below 1
    bool one_cause;               ///< floods put conflicts aside, spawning by conflict floods
    bool whole_flood_levels;      ///< flood levels are cut to whole numbers
    bool flood_weight_twice;      ///< the flood weight of a flood zone counts in S and in E
    bool forecast_of_today;       ///< the end point score takes today's level for the forecast
    bool forecast_squared;        ///< the end point score counts the forecast twice
    bool dry_forecast_stops;      ///< without a flood ahead nobody leaves and nobody comes
    bool no_hunger_on_day0;       ///< food does not matter on the first day
    bool harvest_counts_at_home;  ///< in harvest months everybody counts as being at home
} flow_settings_quirks;

typedef struct flow_settings {
    flow_settings_top top;
    flow_settings_period period;
    flow_settings_movement movement;
    flow_settings_spawn spawn;
    flow_settings_people people;
    flow_settings_output output;
    flow_settings_conflict conflict;
    flow_settings_hop hop;
    flow_settings_destination destination;
    flow_settings_choice choice[FLOW_N_CAUSE];
    flow_settings_passage passage;
    flow_settings_quirks quirks;
} flow_settings;

/// The rule by which people with a cause choose, flow_destination_kind.
int32_t flow_choice_kind(const flow_settings *set, int32_t cause);
/// Whether people with some cause choose by a rule.
bool flow_choice_any(const flow_settings *set, int32_t kind);

/// Rows of the section passage (settings_passage.c).
extern const flow_field flow_passage_rows[];
/// Rows of the sections of the destination rule (settings_destination.c).
extern const flow_field flow_destination_rows[];
extern const flow_field flow_choice_conflict_rows[], flow_choice_flood_rows[],
    flow_choice_cyclone_rows[], flow_choice_earthquake_rows[], flow_choice_drought_rows[],
    flow_choice_economic_rows[], flow_choice_onward_rows[], flow_choice_other_rows[];

/// The sections of a scenario file, in the order they are printed.
extern const flow_section flow_settings_sections[];
extern const int32_t flow_settings_n_section;

#endif
