/// @file describe.h
/// libflow: what can be set and observed. flow.h includes it.
///
/// Licence: GPL-3.0-or-later.
#ifndef FLOW_DESCRIBE_H
#define FLOW_DESCRIBE_H

#include "flow/flow.h"

#ifdef __cplusplus
extern "C" {
#endif

/// @name What can be set and observed
/// The tables of keys, observables and quantities, row by row: for bindings, editors and help.
/// Texts are constant and live as long as the library, those in arrays are copies. Safe from any
/// thread.
/// @{

/// Type of a parameter or of a column of a table.
typedef enum flow_type {
    FLOW_BOOL,    ///< bool: true | false
    FLOW_INT,     ///< int64_t
    FLOW_DOUBLE,  ///< double
    FLOW_CHOICE,  ///< int32_t: index in `choices` ("a|b|c")
    FLOW_TEXT,    ///< char *, owned by the struct; NULL when the default is ""
    FLOW_DATE,    ///< int32_t: days since 1970-01-01; in tables: days since the first day
    FLOW_LIST,    ///< flow_list: doubles, each in [min, max]; not in tables
    FLOW_PLACE,   ///< tables only: name of a place, read as its index
    FLOW_COUNTRY, ///< tables only: name of a country, read as its index
    FLOW_KEYS     ///< in options only: a table of dotted keys and their values
} flow_type;

/// How many values an observable or quantity has.
typedef enum flow_shape {
    FLOW_PER_PLACE,   ///< one per place
    FLOW_PER_LINK,    ///< one per directed link
    FLOW_PER_STEP,    ///< one in all
    FLOW_PER_COUNTRY, ///< one per country
    FLOW_N_SHAPE      ///< number of shapes
} flow_shape;

/// A key of scenario.yaml, of the command line's --set and of flow_load_options.set.
typedef struct flow_key_info {
    char name[112];       ///< dotted: "hop.camp_weight"
    flow_type type;       ///< of its value
    const char *unit;     ///< UDUNITS text, "1" for none, "" for switches and texts
    const char *fallback; ///< default as it would be written in YAML
    double min;           ///< least number; 0 for other types
    double max;           ///< largest number; 0 for other types
    const char *choices;  ///< FLOW_CHOICE: "a|b|c", else NULL
    char tag;             ///< evidence of the default: V read in the source, D derived from data, R
                          ///< recalled, A assumption, - no claim
    const char *source;   ///< where the default comes from, may be empty
    const char *help;     ///< what it means, one sentence
} flow_key_info;

/// Something that flow_model_observe() reads and result files hold.
typedef struct flow_observable_info {
    char name[112];           ///< "people"
    char long_name[320];      ///< "people at the place at the end of the day"
    const char *unit;         ///< UDUNITS text, "1" for none
    const char *cell_methods; ///< CF: "time: point" at the end of the day, "time: sum" over it
    flow_shape shape;         ///< what its values belong to
    bool integer;             ///< only whole numbers
    char by[64];     ///< second dimension, the last one of an array: "cause", or an axis of people;
                     ///< "" where there is none. flow_describe_class() has the names along it
    int32_t n_class; ///< values along it; 1 where there is none, 0 without a scenario
    int64_t n;       ///< number of all values in the scenario; 0 without a scenario
} flow_observable_info;

/// A quantity that modules write, and flow_model_assign() and flow_forcing.
typedef struct flow_quantity_info {
    char name[64];       ///< "hazard_flood"
    char long_name[256]; ///< what it means
    const char *unit;    ///< UDUNITS text (and USD), "1" for none
    const char *rule;    ///< how columns combine: "sum", "product", "largest", ...
    flow_shape shape;    ///< what its values belong to
    double neutral;      ///< value that changes nothing
    double min;          ///< least value of one column
    double max;          ///< largest value of one column
} flow_quantity_info;

/// Number of keys: those of every scenario, then those of the library's modules.
/// @return number of rows of flow_describe_key().
FLOW_API int32_t flow_describe_n_key(void);
/// One key.
/// @param index    in [0, flow_describe_n_key()).
/// @param[out] out the row, owned by the caller; all 0 on failure.
/// @return FLOW_OK or FLOW_ERANGE (no such index).
FLOW_API FLOW_CHECKED flow_err flow_describe_key(int32_t index, flow_key_info *out);
/// Index of the key with this name.
/// @param name dotted, such as "hop.camp_weight".
/// @return index for flow_describe_key(), -1 when there is none.
FLOW_API int32_t flow_describe_find_key(const char *name);

/// Number of observables.
/// @param scenario NULL: the table; else the rows of the table that the scenario has, people by
/// each axis that its results show, and quantities of the modules it uses.
/// @return number of rows of flow_describe_observable().
FLOW_API int32_t flow_describe_n_observable(const flow_scenario *scenario);
/// One observable, in the order of the result file.
/// @param scenario may be NULL, as in flow_describe_n_observable().
/// @param index    in [0, flow_describe_n_observable(scenario)).
/// @param[out] out the row, owned by the caller; its unit lives as long as the library; all 0 on
///                 failure.
/// @return FLOW_OK or FLOW_ERANGE (no such index).
FLOW_API FLOW_CHECKED flow_err flow_describe_observable(const flow_scenario *scenario,
                                                        int32_t index, flow_observable_info *out);

/// Name of a class of people along the second dimension of an observable, such as "flood".
/// @param scenario read only.
/// @param by       flow_observable_info.by.
/// @param index    in [0, flow_observable_info.n_class).
/// @return the name, as it stands in result files, borrowed from the scenario; NULL when there is
/// no such dimension or index.
FLOW_API const char *flow_describe_class(const flow_scenario *scenario, const char *by,
                                         int32_t index);

/// Number of quantities.
/// @return number of rows of flow_describe_quantity().
FLOW_API int32_t flow_describe_n_quantity(void);
/// One quantity.
/// @param index    in [0, flow_describe_n_quantity()).
/// @param[out] out the row, owned by the caller; all 0 on failure.
/// @return FLOW_OK or FLOW_ERANGE (no such index).
FLOW_API FLOW_CHECKED flow_err flow_describe_quantity(int32_t index, flow_quantity_info *out);
/// @}

#ifdef __cplusplus
}
#endif

#endif
