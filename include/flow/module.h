/// @file module.h
/// libflow for authors of modules: drivers, responses and processes. docs/modules.md is the guide.
///
/// A module is one constant row, flow_module. It declares the quantities it writes and writes only
/// its own column of each; the model combines the columns of all modules. Modules do not know each
/// other.
#ifndef FLOW_MODULE_H
#define FLOW_MODULE_H

#include "flow/flow.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
/// The compiler checks arguments against the format.
#define FLOW_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define FLOW_PRINTF(fmt, args)
#endif

// Described rows ---------------------------------------------------------------------------------

/// A short list of numbers, owned by its struct.
typedef struct flow_list {
    double *value; ///< [n]
    int32_t n;     ///< numbers
} flow_list;

/// One parameter, or one column of a table. Parsing, checks, `describe`, JSON Schema, HDF5
/// attributes and the manual are made from these rows.
///
/// Evidence tags of a default (printed beside its source): 'V' read in the source, 'D' derived from
/// data, 'R' recalled, 'A' assumption, '-' no claim (a switch).
typedef struct flow_field {
    const char
        *key;       ///< last part of the dotted key; tables: names of the column, "date,event_date"
    size_t offset;  ///< of the member in the struct of parameters; tables: 0
    flow_type type; ///< of the member or cells
    const char *unit;     ///< UDUNITS text, "1" for none, "" for switches and texts
    const char *fallback; ///< default as it would be written in YAML ("10", "true", "[1, 0.5]",
                          ///< ""); tables: value of an empty cell or absent column, "": read as
                          ///< NAN; NULL: must be given
    double min;           ///< least number; ignored for other types
    double max;           ///< largest number
    const char *choices;  ///< FLOW_CHOICE: "hop|destination"
    char tag;             ///< evidence of the default
    const char *source;   ///< where the default comes from
    const char *help;     ///< one sentence
} flow_field;

/// Last row of a table of fields.
#define FLOW_FIELD_END                                                                             \
    {                                                                                              \
        0                                                                                          \
    }

/// A CSV table a module reads from the scenario folder.
typedef struct flow_module_table {
    const char *key;          ///< FLOW_TEXT parameter that holds the name of the file
    bool needed;              ///< the scenario cannot run without it
    const char *other;        ///< columns that real files have and nobody reads, "notes,tags"
    const flow_field *column; ///< ends with FLOW_FIELD_END
    const char *help;         ///< one sentence
} flow_module_table;

// What a module sees -----------------------------------------------------------------------------

/// Kinds of places.
typedef enum flow_place_kind {
    FLOW_TOWN,          ///< people pass through or stay for a while
    FLOW_CONFLICT_ZONE, ///< the file calls it a conflict zone; it acts as one while conflict > 0
    FLOW_CAMP,          ///< people are safe and rarely leave
    FLOW_IDP_CAMP,      ///< a camp for internally displaced people, left more often
    FLOW_FORWARD,       ///< forwarding hub: everybody moves on
    FLOW_MARKER,        ///< a point on the road: passed through, never a destination
    FLOW_FLOOD_ZONE,    ///< left like a town; floods make it less attractive
    FLOW_N_PLACE_KIND   ///< number of kinds
} flow_place_kind;

/// Legal and protection status of people.
typedef enum flow_status {
    FLOW_STATUS_RESIDENT,   ///< at home
    FLOW_STATUS_IDP,        ///< displaced within the own country
    FLOW_STATUS_REFUGEE,    ///< recognised, or by the group they belong to
    FLOW_STATUS_ASYLUM,     ///< asylum seeker
    FLOW_STATUS_LABOUR,     ///< regular labour migrant
    FLOW_STATUS_IRREGULAR,  ///< without regular status
    FLOW_STATUS_TRAFFICKED, ///< victim of trafficking
    FLOW_STATUS_RETURNEE,   ///< came back, not yet at home again
    FLOW_STATUS_RESETTLED,  ///< taken in by a third country
    FLOW_STATUS_INTEGRATED, ///< at home in another place for good
    FLOW_N_STATUS           ///< number of statuses
} flow_status;

/// Sectors of assistance.
typedef enum flow_sector {
    FLOW_SECTOR_SHELTER,   ///< covered space
    FLOW_SECTOR_FOOD,      ///< rations
    FLOW_SECTOR_WATER,     ///< drinking water, washing
    FLOW_SECTOR_HEALTH,    ///< consultations
    FLOW_SECTOR_EDUCATION, ///< places at school
    FLOW_SECTOR_LEGAL,     ///< legal aid
    FLOW_N_SECTOR          ///< number of sectors
} flow_sector;

/// People of a place who are alike, as a module sees them.
typedef struct flow_people {
    int32_t place;   ///< where they are
    int32_t home;    ///< place where they entered; -1: the scenario does not tell
    int32_t status;  ///< flow_status
    uint32_t group;  ///< names their group within a run
    int64_t persons; ///< how many
} flow_people;

/// What never changes. All borrowed from the scenario.
typedef struct flow_world {
    int32_t n_place;   ///< places
    int32_t n_link;    ///< directed links
    int32_t n_country; ///< countries
    int32_t n_step;    ///< steps of the period
    int32_t start;     ///< first day, days since 1970-01-01
    double dt;         ///< days of a step

    const char *const *place_name;   ///< [n_place]
    const char *const *place_region; ///< [n_place] "": not given
    const char *const *country_name; ///< [n_country]
    const int32_t *place_kind;       ///< [n_place] flow_place_kind in the file
    const int32_t *place_country;    ///< [n_place] index of the country
    const double *latitude;          ///< [n_place] degrees; NAN when unknown
    const double *longitude;         ///< [n_place] degrees; NAN when unknown
    const double *population;        ///< [n_place] persons before anybody left
    const double *capacity;          ///< [n_place] persons; below 1: unlimited

    const int32_t *link_from;  ///< [n_link] place where it starts
    const int32_t *link_to;    ///< [n_link] place where it ends
    const int32_t *first_link; ///< [n_place + 1] links by `from`
    const double *length_km;   ///< [n_link]
} flow_world;

/// A table as it was read: numbers by column and row.
typedef struct flow_rows {
    int64_t n;                      ///< rows
    const bool *given;              ///< [column] the file has it
    const double *const *value;     ///< [column][row] number, index of the place, country or
                                    ///< choice, days since the first day; NAN: empty
    const char *const *const *text; ///< [column][row] of FLOW_TEXT columns, NULL for others
} flow_rows;

/// Rows of a table by place and date; see flow_setup_series().
typedef struct flow_place_series flow_place_series;

/// A module while the scenario is loaded.
typedef struct flow_setup {
    const flow_world *world; ///< places, links, countries
    const void *param;       ///< the struct of parameters
    const flow_rows *rows;   ///< [table]; n = 0 for an absent file
    const void *data;        ///< set it: what step needs of the tables, shared by all models
    int64_t n_state;         ///< set it: numbers of a model's state
    void *inside;            ///< private
} flow_setup;

/// A module while a model starts or does a step. It reads what the model has combined so far (a
/// response sees the drivers of this step, a driver the end of the step before) and writes its own
/// columns, which keep their values from step to step.
typedef struct flow_turn {
    const flow_world *world;   ///< places, links, countries
    const void *param;         ///< the struct of parameters
    const void *data;          ///< of the setup
    int32_t step;              ///< steps done before this one
    int32_t threads;           ///< OpenMP threads the model may use
    double day;                ///< days from the start to the beginning of this step
    const double *const *read; ///< [quantity of `reads`] combined values
    double *const *own;        ///< [quantity of `writes`] own column; begins with neutral values
    double *state;             ///< [n_state] own memory, 0 at first; saved in checkpoints
    const int64_t *people;     ///< [n_place] people at the places now
    const int64_t *by_status;  ///< [FLOW_N_STATUS][n_place] the same by status; NULL: not asked for
    const flow_people *crowd;  ///< [n_crowd] the same by home and status, in order of places; NULL:
                               ///< not asked for
    int64_t n_crowd;           ///< rows of it
    bool unchanged;            ///< set it when no own column changed: saves combining them
    uint64_t seed;             ///< private
    uint64_t stream;           ///< private
    uint32_t member;           ///< private
    void *inside;              ///< private
} flow_turn;

// The module -------------------------------------------------------------------------------------

/// When a module has its turn in a step.
typedef enum flow_module_kind {
    FLOW_DRIVER,       ///< what happens to places, links and countries; first in a step
    FLOW_RESPONSE,     ///< what somebody does about it; after the drivers, before anybody moves
    FLOW_PROCESS,      ///< what happens to people; after they moved
    FLOW_N_MODULE_KIND ///< number of kinds
} flow_module_kind;

/// Version of these declarations, so that a module built for others is refused.
#define FLOW_MODULE_VERSION 1

/// A module. Constant; members that are not needed stay 0.
struct flow_module {
    int32_t version;                ///< FLOW_MODULE_VERSION
    flow_module_kind kind;          ///< driver, response or process
    const char *name;               ///< section of scenario.yaml that switches it on: "drought"
    const char *help;               ///< one sentence
    const char *source;             ///< where its formulas come from
    bool many;                      ///< the section may be a list of several
    bool crowd;                     ///< it wants to see people by home and status
    const flow_field *field;        ///< parameters, ends with FLOW_FIELD_END; NULL: none
    size_t param_size;              ///< bytes of their struct
    const flow_module_table *table; ///< [n_table] CSV tables it reads; NULL: none
    int32_t n_table;                ///< tables
    const char *writes;             ///< quantities, "hazard_drought,food_insecurity"
    const char *reads;              ///< quantities
    /// Check parameters and tables, make `data`. Problems are reported with flow_setup_error() and
    /// its like, all of them; the result is for lack of memory only. NULL: nothing to do.
    flow_err (*load)(flow_setup *setup);
    /// Beginning of a run: first values of state and columns. NULL: they are 0 and neutral.
    flow_err (*start)(flow_turn *turn);
    /// One step. Allocates nothing. NULL: the columns stay as `start` left them.
    flow_err (*step)(flow_turn *turn);
};

// Loading ----------------------------------------------------------------------------------------

/// Memory for what `load` makes of the tables.
/// @param setup of the call of `load`.
/// @param n     elements, >= 0.
/// @param size  bytes of one.
/// @return n zeroed elements that live as long as the scenario, which owns them; NULL when out of
/// memory.
FLOW_API void *flow_setup_keep(flow_setup *setup, int64_t n, size_t size);
/// Report what is wrong with a cell of a table. The message gets file, line and column.
/// @param setup  of the call of `load`.
/// @param table  index of the table.
/// @param row    of the table; -1: the header.
/// @param column index of the column.
/// @param format of printf(), what was found and what was expected.
FLOW_API void flow_setup_error(flow_setup *setup, int32_t table, int64_t row, int32_t column,
                               const char *format, ...) FLOW_PRINTF(5, 6);
/// Report what is wrong with a parameter. The message gets file, line and column.
/// @param setup  of the call of `load`.
/// @param key    of the parameter.
/// @param format of printf(), what was found and what was expected.
FLOW_API void flow_setup_error_key(flow_setup *setup, const char *key, const char *format, ...)
    FLOW_PRINTF(3, 4);
/// Place that a FLOW_TEXT parameter names.
/// @param setup of the call of `load`.
/// @param key   of the parameter.
/// @return index of the place; -1, with a problem reported, when there is none.
FLOW_API int32_t flow_setup_place(flow_setup *setup, const char *key);
/// Index of the country that a parameter of type FLOW_TEXT names.
/// @param setup  of the module being loaded.
/// @param key    of the parameter.
/// @return the index, -1 with a problem reported when there is no such country. Threads: none.
FLOW_API int32_t flow_setup_country(flow_setup *setup, const char *key);
/// Order the rows of a table by place and date. Two rows of one place and date are a problem.
/// @param setup    of the call of `load`.
/// @param table    index of the table.
/// @param place    index of its FLOW_PLACE column.
/// @param date     index of its FLOW_DATE column.
/// @param[out] out lives as long as the scenario, which owns it.
/// @return FLOW_OK or FLOW_ENOMEM.
FLOW_API FLOW_CHECKED flow_err flow_setup_series(flow_setup *setup, int32_t table, int32_t place,
                                                 int32_t date, const flow_place_series **out);
/// The last row of a place that is not after a day, in O(log rows). Safe from several threads.
/// @param series of flow_setup_series().
/// @param place  index of the place.
/// @param day    days since the first day.
/// @return row of the table, -1 before the first one of the place.
FLOW_API int64_t flow_place_series_row(const flow_place_series *series, int32_t place, double day);
/// When the next row of a place begins, in O(log rows): until then that of flow_place_series_row()
/// holds. Safe from several threads.
/// @param series of flow_setup_series().
/// @param place  index of the place.
/// @param day    days since the first day.
/// @return days since the first day; INFINITY when no row follows.
FLOW_API double flow_place_series_next(const flow_place_series *series, int32_t place, double day);

// Steps ------------------------------------------------------------------------------------------

/// The whole days that begin in this step: first <= day < end. With hourly steps most have none.
/// @param turn       of the call of `step`.
/// @param[out] first days since the first day.
/// @param[out] end   days since the first day, excluded.
FLOW_API void flow_turn_days(const flow_turn *turn, int32_t *first, int32_t *end);
/// A random number: a pure function of seed, member, step, module and (cell, draw). Safe from
/// several threads.
/// @param turn of the call of `start` or `step`.
/// @param cell any number, such as the place.
/// @param draw number of the draw within the cell.
/// @return uniform in [0, 1).
FLOW_API double flow_turn_uniform(const flow_turn *turn, int64_t cell, int32_t draw);
/// A normal random number, made from the uniform one of the same cell and draw. Safe from several
/// threads.
/// @param turn of the call of `start` or `step`.
/// @param cell any number, such as the place.
/// @param draw number of the draw within the cell.
/// @return mean 0, standard deviation 1.
FLOW_API double flow_turn_normal(const flow_turn *turn, int64_t cell, int32_t draw);
/// Ask for money to do something for a place in this step. What is granted is booked, in whole
/// cents, for the module, the place and the month, taken from the budget that the module's
/// parameter `budget` names, and added to the module's column of `cost`, which the module declares
/// among what it writes but leaves alone: it is set to 0 before each turn. Less is granted where
/// the budget has not as much left, or where `funding` is below 1; without a budget there is no
/// limit. Parts of a cent are kept for the next call. One thread at a time.
/// @param turn  of the call of `step`.
/// @param place index of the place.
/// @param usd   USD in this step, [0, 1e12].
/// @return share that is granted, in [0, 1]. After a wrong call 0, and the step fails.
FLOW_API double flow_turn_spend(flow_turn *turn, int32_t place, double usd);
/// Distance on the sphere with radius 6371.0088 km, the Earth's mean radius.
/// @param latitude_a  degrees north.
/// @param longitude_a degrees east.
/// @param latitude_b  degrees north.
/// @param longitude_b degrees east.
/// @return km; NAN when a coordinate is.
FLOW_API double flow_great_circle_km(double latitude_a, double longitude_a, double latitude_b,
                                     double longitude_b);
// Sudden hazards ---------------------------------------------------------------------------------

/// What a sudden hazard (flood, storm, earthquake) has done to a place. Plain numbers, all 0 at
/// first, so that it can lie in the state of a module: FLOW_IMPACT_N numbers for each place.
///
/// An event drives a share of the people out and makes a share of the homes uninhabitable. While it
/// lasts only what is newly reached counts: a second wave as high as the first one drives nobody
/// out. Homes are repaired at a rate afterwards.
typedef struct flow_impact {
    double reached; ///< share of the people whom the present event has driven out
    double ruined;  ///< share of the homes that it has made uninhabitable
    double damage;  ///< share of the homes that cannot be lived in, after all events and repairs
    double quiet;   ///< day on which the event ended; another one begins after a pause
    double since;   ///< day up to which homes are repaired
} flow_impact;

/// Numbers of a flow_impact.
#define FLOW_IMPACT_N 5

/// The impact of a place in the state of a module that keeps nothing else.
/// @param state of the turn.
/// @param place index of the place.
/// @return its impact.
FLOW_API flow_impact *flow_impact_at(double *state, int32_t place);
/// The hazard acts on a place for a while.
/// @param impact of the place; do repairs until `from` before.
/// @param from   day on which it begins to act.
/// @param to     day on which it ends, >= from.
/// @param pause  days without the hazard after which it is another event.
/// @param share  of the people who must leave in this event, in [0, 1].
/// @param ruin   share of the homes that cannot be lived in afterwards, in [0, 1].
/// @return share of the people who are there now that must leave: what is newly reached.
FLOW_API double flow_impact_strike(flow_impact *impact, double from, double to, double pause,
                                   double share, double ruin);
/// Homes are repaired: damage falls by exp(-rate * days).
/// @param impact of the place.
/// @param day    until when; earlier than before: nothing happens.
/// @param rate   per day.
/// @return integral of the damage over that time, in days.
FLOW_API double flow_impact_repair(flow_impact *impact, double day, double rate);
/// Two shares of independent things: 1 - (1 - a) (1 - b).
/// @param a in [0, 1].
/// @param b in [0, 1].
/// @return share of what is hit by either.
FLOW_API double flow_share_any(double a, double b);

/// Set the text of flow_error_text() for this thread.
/// @param err    kind of the failure.
/// @param format of printf(), what was found and what was expected.
/// @return err.
FLOW_API flow_err flow_fail(flow_err err, const char *format, ...) FLOW_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif

#include "flow/measure.h"

#endif
