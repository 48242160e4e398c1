/// @file observables.h
/// Layer 3: what can be observed of the models of a scenario, and what of it result files hold.
/// observe.h reads the values.
#ifndef FLOW_OBSERVABLES_H
#define FLOW_OBSERVABLES_H

#include "people.h"

typedef struct flow_observable {
    const char *name;         ///< "people"
    flow_shape shape;         ///< what the first dimension is
    bool integer;             ///< whole numbers: written as int64
    bool counts;              ///< persons or households: small numbers may have to be suppressed
    const char *unit;         ///< UDUNITS
    const char *long_name;    ///< "people at the place at the end of the day"
    const char *cell_methods; ///< CF: "time: point" or "time: sum"
    const char *by;           ///< name of the second dimension, NULL: there is none
    flow_by terms;            ///< whose classes it has; FLOW_BY_NOTHING: see axis
    int32_t axis;             ///< of people, whose classes it has; -1: none, or no scenario
    int32_t row;              ///< in the table, -1: people by the classes of an axis, or a quantity
    int32_t quantity;         ///< its id, -1: none
    int32_t use;              ///< whose column of it; -1: what all columns come to
} flow_observable;

/// Rows of observables.def.
typedef enum flow_observable_id {
#define FLOW_OBSERVABLE(name, ...) FLOW_OBSERVABLE_##name,
#define FLOW_OBSERVABLE_BY(name, ...) FLOW_OBSERVABLE_##name,
#include "observables.def"
    FLOW_N_OBSERVABLE
} flow_observable_id;

/// Shape of the observables of quantities.
extern const flow_shape flow_over_shape[FLOW_N_OVER];

/// The table, in the order of the output file.
extern const flow_observable flow_observables[FLOW_N_OBSERVABLE];
/// The first rows of the table, which every scenario has.
extern const int32_t flow_n_observable;

/// Those of the table that the scenario has, then people by the classes of each axis that results
/// show ("people_by_gender"), then for each quantity that a module in use writes "hazard_flood" and
/// each module's column of it, "hazard_flood__drought".
/// @param[out] out one block with the texts in it, freed by the caller with flow_dealloc().
flow_err flow_observables_list(const flow_scenario *scenario, flow_observable **out, int32_t *n);
/// Number of rows of flow_observables_list().
int32_t flow_observables_count(const flow_scenario *scenario);
/// Bytes of the texts of one row.
enum { FLOW_OBSERVABLE_TEXT = 560 };
/// Row `index` of flow_observables_list(); its texts may lie in `text`. Without a scenario (NULL):
/// of the table.
flow_observable flow_observable_at(const flow_scenario *scenario, int32_t index,
                                   char text[static FLOW_OBSERVABLE_TEXT]);
/// The observable of a quantity, without its names; use as in flow_observable.
flow_observable flow_observable_of_quantity(int32_t quantity, int32_t use);

/// Whether a module in use offers channels on links (offered_CHANNEL).
bool flow_use_offers(const flow_use *use);
/// Whether any does: then some links are passed by choice.
bool flow_scenario_channels(const flow_scenario *scenario);

/// Which scenarios have a row of the table: "" for all, else "under the destination rule", ...
const char *flow_observable_when(int32_t row);

/// Values along the first dimension: n_place, n_link, n_country or 1.
int64_t flow_observable_length(const flow_scenario *scenario, const flow_observable *observable);
/// Classes of the second dimension; 1 where there is none.
int32_t flow_observable_classes(const flow_scenario *scenario, const flow_observable *observable);
/// Values of one observable: the product of both.
int64_t flow_observable_n(const flow_scenario *scenario, const flow_observable *observable);

/// Bytes of the name of a dimension.
enum { FLOW_DIMENSION_NAME = 64 };
/// Name of the dimension whose classes are those of an axis: "gender". Nothing else in a result
/// file is called so. Returns out.
const char *flow_axis_dimension(const flow_scenario *scenario, const flow_people_axis *axis,
                                char out[static FLOW_DIMENSION_NAME]);

/// Results show the axes that people.axes names, and causes where people choose by them.
bool flow_axis_is_shown(const flow_scenario *scenario, const flow_people_axis *axis);

/// Name of the variable of an attribute of people among those of the trajectories. Returns out.
const char *flow_attribute_name(const flow_scenario *scenario, int32_t attribute,
                                char out[static FLOW_DIMENSION_NAME]);

/// Whether result files hold the observable: output.only, output.also, output.without.
bool flow_observable_written(const flow_scenario *scenario, const flow_observable *observable);
/// What output.only, output.also and output.without name must be there; else a problem of the
/// loader. FLOW_OK or FLOW_ENOMEM.
flow_err flow_observables_check(struct flow_loader *loader);

#endif
