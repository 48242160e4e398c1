/// @file scenario.h
/// Layer 3: a folder, checked and completed into constant columns.
#ifndef FLOW_SCENARIO_H
#define FLOW_SCENARIO_H

#include "registry.h"
#include "settings.h"

/// What carries people along a link: "road", "rail", "boat", "foot", "air".
typedef enum flow_link_mode {
    FLOW_LINK_ROAD,
    FLOW_LINK_RAIL,
    FLOW_LINK_BOAT,
    FLOW_LINK_FOOT,
    FLOW_LINK_AIR,
    FLOW_N_LINK_MODE
} flow_link_mode;
extern const char *const flow_link_mode_name[FLOW_N_LINK_MODE];

/// "town", "conflict", "camp", "idp_camp", "forward", "marker", "flood_zone".
extern const char *const flow_place_kind_name[FLOW_N_PLACE_KIND];

typedef enum flow_event_kind {
    FLOW_EVENT_CONFLICT, ///< place, value: intensity; 0 ends it
    FLOW_EVENT_CLOSE,    ///< index: link
    FLOW_EVENT_OPEN,     ///< index: link
    FLOW_EVENT_KIND      ///< index: place; value: flow_place_kind it becomes
} flow_event_kind;

typedef struct flow_event {
    int32_t day;   ///< step at whose beginning it happens, 0-based
    int32_t kind;  ///< flow_event_kind
    int32_t index; ///< place or link
    double value;
} flow_event;

/// Numbers of a hazard for each day of some places.
typedef struct flow_daily {
    int32_t n;     ///< rows; 0: no place has any
    int32_t *row;  ///< [n_place] -1: never; places of one region share a row
    double *value; ///< [n][n_step]
} flow_daily;

/// One attribute of people (age, gender, ethnicity, ...), drawn when they enter.
typedef struct flow_attribute {
    char *name;
    int32_t n_value;
    char **value;
    flow_mark *at;  ///< [n_value] where each value stands first
    double *weight; ///< [n_place][n_value], each row sums to 1
} flow_attribute;

/// Shares of people that go to each destination (shares.h).
typedef struct flow_shares flow_shares;
/// What people are told apart by (people.h).
typedef struct flow_groups flow_groups;

/// Daily observed people of one place.
typedef struct flow_observed {
    int32_t place;       ///< -1: the total
    int64_t *people;     ///< [n_step], interpolated, corrected, truncated
    int64_t day0;        ///< people on day 0, also where empty_camps_on_day0 subtracts them
    int64_t first_count; ///< first published count above 0 (0: none)
} flow_observed;

/// An input file as it was read (for provenance).
typedef struct flow_input_file {
    char *name;
    char *text;
    int64_t size;
} flow_input_file;

/// Codes a place may carry, as humanitarian data have them.
enum {
    FLOW_CODE_COUNTRY, ///< ISO 3166-1, three letters
    FLOW_CODE_ADMIN1,  ///< P-code of the division
    FLOW_CODE_ADMIN2,  ///< P-code of the division of that
    FLOW_N_CODE
};
/// "iso3", "admin1_code", "admin2_code": columns of places.csv, variables of results.
extern const char *const flow_code_name[FLOW_N_CODE];

/// A module in use, with its parameters and what it read.
typedef struct flow_use {
    const flow_module *module;
    char *name;  ///< in results: "flood", "flood_2", "flood_north"
    char *key;   ///< of its parameters: "flood", "flood.2", "flood.north"; NULL: a forcing
    void *block; ///< parameters: flow_module_common, at FLOW_MODULE_PARAM the module's own
    const void *data;
    int64_t n_state; ///< numbers of state in each model
    uint64_t stream; ///< names its random draws
    int32_t n_write, n_read;
    int32_t *write, *read; ///< ids of quantities
    int32_t item;          ///< place in the list of the section, -1: no list
    int32_t account;       ///< where its money is booked, -1: it cannot spend
    int32_t budget;        ///< in use, out of which it spends; -1: none
} flow_use;

struct flow_scenario {
    flow_settings set;
    char *path; ///< as the user gave it
    bool is_flee;
    int32_t start;  ///< days since 1970-01-01
    int32_t n_step; ///< steps of the period: days when a step is a day
    double dt;      ///< days of a step

    int32_t n_place;
    char **place_name, **place_region, **place_country; ///< [n_place]
    char **place_code[FLOW_N_CODE]; ///< [n_place] codes of the country and of its divisions
    int32_t *place_kind;            ///< [n_place] flow_place_kind in the file
    int32_t *country; ///< [n_place] index of the country name, in order of first appearance
    bool *foreign;    ///< [n_place] country differs from that of the first place
    double *latitude, *longitude; ///< [n_place] degrees; NAN when unknown
    double *population;           ///< [n_place] persons; 0 for camps
    double *capacity;             ///< [n_place] persons; < 1: unlimited
    double *conflict0;            ///< [n_place] intensity before the first event, 0: none
    double *sink; ///< [n_place] deactivation probability per day (camps_are_sinks), 0: none
    int64_t *initial_idps; ///< [n_place] extra people of day 0

    int32_t n_link; ///< directed; sorted by `from`, then file order
    int32_t *link_from, *link_to;
    int32_t *first_link;      ///< [n_place + 1] CSR
    double *length_km;        ///< [n_link] > 0
    double *speed_km_d;       ///< [n_link] own speed, 0: the rule's
    double *walk_probability; ///< [n_link] chance per day to go on foot
    int32_t *link_mode;       ///< [n_link] flow_link_mode
    int32_t *link_row;        ///< [n_link] row of the file (two directed links share one)

    int64_t n_event;
    flow_event *event; ///< sorted by day, stable

    flow_daily flood;                         ///< level
    flow_daily food;                          ///< percent of the people who lack food
    double *trade_volume, *human_development; ///< [n_place], NULL: unknown

    int32_t n_attribute;
    flow_attribute *attribute;
    flow_groups *groups;

    int32_t n_observed; ///< places only, in file order
    flow_observed *observed;
    flow_observed total;    ///< people == NULL: no total series
    int64_t total_day0_raw; ///< day-0 value of the total row (quirk day0_total_row)

    flow_shares *shares;              ///< NULL: no cause uses a table
    flow_filler filler[FLOW_N_CAUSE]; ///< functions of the program; fill NULL: none

    int32_t n_major_route;
    int32_t **major_route; ///< each: places in order, ended by -1

    int64_t *tie_first; ///< [n_place + 1] people of a place elsewhere; NULL: nothing known
    int32_t *tie_place; ///< [tie_first[n_place]] where, ascending
    double *tie_people; ///< [tie_first[n_place]] how many

    int32_t n_country;
    char **country_name; ///< [n_country]
    int32_t n_use;
    flow_use *use;    ///< in the order of modules.def, then other modules, then forcings
    flow_world world; ///< what modules see

    int32_t n_account, n_budget;
    int32_t *account; ///< [n_account] in use, who can spend
    int32_t *budget;  ///< [n_budget] in use
    int32_t n_month;  ///< calendar months that the period touches

    int32_t n_option;
    flow_option *option;         ///< as they stand in scenario.yaml
    const flow_option *in_force; ///< laid over the scenario; NULL: none
    const flow_option *baseline; ///< the others are compared with it; NULL: there are no options

    int32_t n_input;
    flow_input_file *input;
    flow_problems warnings;
    void *memory; ///< private: allocations owned by the scenario
};

/// Number of a hazard at a place; 0 where and when there is none.
static inline double flow_daily_at(const flow_scenario *s, const flow_daily *daily, int32_t place,
                                   int32_t day)
{
    if (daily->n == 0 || daily->row[place] < 0 || day < 0 || day >= s->n_step) { return 0.0; }
    return daily->value[(int64_t)daily->row[place] * s->n_step + day];
}

/// True for a town or zone of conflict that people leave on the first day with a chance below
/// 0.005: a camp with the quirk low_movechance_is_camp.
bool flow_place_is_low(const flow_scenario *scenario, int32_t place);

/// Hash of the texts of the input files, wherever they lie, and hash of the period, the settings
/// and the modules in use. Two scenarios with the same two hashes behave alike (modules of your own
/// count by name). FLOW_OK or FLOW_ENOMEM.
flow_err flow_scenario_hash(const flow_scenario *scenario, uint64_t *files, uint64_t *settings);

#endif
