/// @file load.h
/// Layer 3, private: what the readers of libflow's own folders and of FLEE folders share.
#ifndef FLOW_LOAD_H
#define FLOW_LOAD_H

#include "scenario.h"
#include "table.h"

/// A directed link as it is read, before links are sorted.
typedef struct flow_load_link {
    int32_t from, to;
    int32_t row;  ///< of the file
    int32_t mode; ///< flow_link_mode
    double length_km, speed_km_d, walk_probability;
} flow_load_link;

/// One published count.
typedef struct flow_count {
    int32_t day; ///< relative to the start; may be negative
    double people;
    flow_mark at;
} flow_count;

/// A series of published counts. Zero-initialise; flow_series_clear().
typedef struct flow_series {
    flow_count *row;
    int64_t n, size;
} flow_series;

/// Everything while a scenario is being read.
typedef struct flow_loader {
    flow_scenario *s;
    flow_files files;
    const flow_load_options *options;
    flow_problems problems;
    flow_config config;    ///< scenario.yaml, of a FLEE folder its settings
    flow_section *section; ///< of the settings and of all modules
    int32_t n_section;
    const flow_module **module; ///< that may be used
    int32_t n_module;
    flow_load_link *link;
    int64_t n_link, size_link;
    int64_t size_event;
    int32_t *slot; ///< hash index of place names
    int64_t n_slot;
    bool crowd;      ///< some module, on or off, asks for people by home and status
    bool attributes; ///< what people are like has been read, without a fault
} flow_loader;

/// Zeroed memory that lives as long as the scenario; NULL when out of memory.
void *flow_keep(flow_scenario *s, int64_t n, size_t size);
/// Copy of a text that lives as long as the scenario.
char *flow_keep_text(flow_scenario *s, const char *text);

/// Read an input file and remember it for the provenance; its text is borrowed from the scenario.
/// A file that is absent gives *text = NULL, and an error too when it is `needed` (the text says
/// why).
/// @param[out] shown the name for messages, borrowed from the scenario.
flow_err flow_load_text(flow_loader *l, const char *name, const char *needed, const char **text,
                        int64_t *size, const char **shown);
/// Read a CSV table; *out = NULL when the file is absent. Tables live until the caller frees them.
flow_err flow_load_table(flow_loader *l, const char *name, const char *needed,
                         const flow_table_options *options, flow_table **out);
/// A warning for each column that nobody reads. `known` are comma-separated names.
void flow_load_other_columns(flow_loader *l, const flow_table *t, const char *known);

/// Make room for n_place places.
flow_err flow_load_places(flow_loader *l, int64_t n_place);
/// Name a place; an error when the name is taken or empty.
flow_err flow_load_name(flow_loader *l, int32_t place, const char *name, flow_mark at);
/// Index of the place of that name, -1 when there is none.
int32_t flow_load_find(const flow_loader *l, const char *name);
/// The place nearest to a wrong name, NULL when none is near or when looking would take too long.
const char *flow_load_nearest(const flow_loader *l, const char *name);
/// Like flow_load_find(); absence is an error that names the nearest place. `what` says what names
/// it.
int32_t flow_load_need(flow_loader *l, const char *name, const char *what, flow_mark at);
/// Country indices and `foreign`, once all places have their country.
flow_err flow_load_countries(flow_loader *l);

/// Add a directed link.
flow_err flow_load_add_link(flow_loader *l, flow_load_link link);
/// Sort links into the scenario.
flow_err flow_load_links(flow_loader *l);

/// Warnings for places without a link and for links that join the same two places; `column` is
/// where the first place stands in the table of links.
void flow_load_check_links(flow_loader *l, const flow_table *t, int32_t column);

/// An error for each pair of neighbours on a major route (ended by -1) that no link joins.
void flow_load_check_route(flow_loader *l, const int32_t *stop, flow_mark at);

/// Add an event. Days before the start happen at its beginning, days after the end are dropped.
flow_err flow_load_add_event(flow_loader *l, flow_event event);
/// Close all links that a closure names from `start` on, open them on `end` (INT32_MAX: never).
/// @param kind "country", "place", "link", "camp" or "idp_camp"; from and to as in the file.
flow_err flow_load_close(flow_loader *l, const char *kind, const char *from, const char *to,
                         int32_t start, int32_t end, flow_mark at);
/// Sort events by day; within a day conflicts come first, then the order in which they were added.
flow_err flow_load_events(flow_loader *l);

/// Add one count to a series.
flow_err flow_series_add(flow_series *series, flow_count count);
void flow_series_clear(flow_series *series);
/// Registration correction: every count before the row of that day is scaled by the jump of that
/// row. False, with a text in flow_error_text(), when there is no such row or the count before it
/// is 0.
bool flow_series_correct(flow_series *series, int32_t day);
/// Fill an observation from a series: linear between neighbouring rows in their order, the first
/// value before, the last after, truncated to whole people.
flow_err flow_load_observed(flow_loader *l, const flow_series *series, int32_t place,
                            flow_observed *out);

enum { FLOW_MOST_FLOOD = 1000 }; ///< highest flood level

/// Room for n rows of a hazard by day; no place has one of them yet.
flow_err flow_load_daily(flow_loader *l, int32_t n, flow_daily *out);
/// Read floods.csv and food.csv.
flow_err flow_load_own_hazards(flow_loader *l);
/// Read flood_level.csv and region_attributes_IPC.csv where rules ask for them.
flow_err flow_load_flee_hazards(flow_loader *l, const char *input_csv);
/// Trade and human development of a place, from the row of that number; absent ones stay NAN.
flow_err flow_load_economy(flow_loader *l, const flow_table *t, int32_t place);
bool flow_load_asks_floods(const flow_scenario *s);
bool flow_load_asks_food(const flow_scenario *s);
/// What rules for floods, food and economic pull ask of the scenario.
void flow_load_check_hazards(flow_loader *l);
/// A FLEE table with a line for each day: days are counted by lines.
void flow_load_flee_days(flow_loader *l, const flow_table *t);
/// Place that a column of such a table names, -1, with a warning, when there is none.
int32_t flow_load_flee_column(flow_loader *l, const flow_table *t, int32_t column);

/// Read the two kinds of folders. Problems go to l->problems.
flow_err flow_load_own(flow_loader *l);
flow_err flow_load_flee(flow_loader *l);
/// Take the functions that fill rows from the options, and look for those that are missing.
flow_err flow_load_fillers(flow_loader *l);
/// Read the tables of an own folder that may be absent.
flow_err flow_load_own_tables(flow_loader *l);
/// diaspora.csv: who lives elsewhere already.
flow_err flow_load_diaspora(flow_loader *l, flow_table *t);
/// Bind the settings of a FLEE folder.
flow_err flow_load_flee_settings(flow_loader *l);
/// Read the observations, demographics and major routes of a FLEE folder.
flow_err flow_load_flee_source(flow_loader *l, const char *input_csv, const char *source_data);
/// Apply the overrides of the options.
flow_err flow_load_overrides(flow_loader *l);
/// First day, steps and their length, once settings and overrides are bound; `given`: the scenario
/// says how many days it has, and no more may be asked for.
void flow_load_period(flow_loader *l, bool given);
/// Warn of what a scenario of the destination rule cannot mean.
void flow_load_check_destination(flow_loader *l);
/// Names at the top of scenario.yaml that are no settings, for flow_fields_bind(); NULL: no memory.
char *flow_load_other_names(const flow_loader *l);
/// List the modules there are and check those of the options.
flow_err flow_load_registry(flow_loader *l);
/// Take the sections of modules from scenario.yaml into use.
flow_err flow_load_uses(flow_loader *l);
/// What a dotted key of a module means.
typedef struct flow_load_aim {
    const flow_module *module; ///< NULL: the key begins with the name of no module
    flow_use *use;             ///< NULL: none is in use
    const char *rest;          ///< of the key: what is meant of the module; "" for itself
    bool lost;                 ///< the key means one of a list that is not there: told
} flow_load_aim;
/// Find it; `take` takes a module into use that is not yet.
flow_err flow_load_aim_at(flow_loader *l, const char *key, flow_mark at, bool take,
                          flow_load_aim *out);
/// Read the options of scenario.yaml, check them, and lay the one in force over the settings and
/// modules.
flow_err flow_load_scenario_options(flow_loader *l);
/// FLEE folders have no options, so none can be asked for.
void flow_load_check_option(flow_loader *l);
/// Apply an override that names a module; *taken false: it names none.
flow_err flow_load_set_use(flow_loader *l, const char *assignment, bool *taken);
/// Name what is in use, read its tables and let it check them.
flow_err flow_load_modules(flow_loader *l);
void flow_uses_clear(flow_scenario *s);
/// Which modules in use can spend, and out of which budget.
flow_err flow_load_accounts(flow_loader *l);
/// Where a parameter of a module stands; the file alone when it stands nowhere.
flow_mark flow_load_mark(const flow_loader *l, const flow_use *use, const char *key);
/// Name of the file of a table: the value of its text parameter.
const char *flow_load_file_of(const flow_use *use, const flow_module_table *table);
/// Keep a file that nothing reads now, if it is there: results hold the whole scenario.
flow_err flow_load_idle(flow_loader *l, const char *name);
/// Read a table of a module into memory of the scenario; *t stays NULL when there is none.
flow_err flow_load_rows(flow_loader *l, const flow_use *use, const flow_module_table *table,
                        flow_rows *out, flow_table **t);
/// Day of a cell that holds a date or the number of a day, counted from the first day; an empty one
/// gives `empty` (INT32_MIN: a problem).
bool flow_load_day(flow_loader *l, const flow_table *t, int64_t row, int32_t column,
                   const char *what, int32_t empty, int32_t *out);

/// True when an override names this dotted key.
bool flow_load_is_set(const flow_loader *l, const char *dotted);
/// Where the value of a key stands, the folder when nowhere; *name: what its file calls it.
flow_mark flow_load_key(const flow_loader *l, const char *dotted, const char **name);
/// Name of a key of ours in FLEE's settings, the one that is given where there are two; NULL when
/// they have none.
const char *flow_load_flee_key(const flow_config *config, const char *dotted);

#endif
