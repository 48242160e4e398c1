/// @file observe.h
/// Layer 5: the table of observables. Output, `describe` and flow_model_observe() are made from it.
#ifndef FLOW_OBSERVE_H
#define FLOW_OBSERVE_H

#include "scenario.h"

typedef struct flow_observable {
    const char *name; ///< "people"
    flow_shape shape;
    bool integer;             ///< counts of persons: written as int64
    const char *unit;         ///< UDUNITS
    const char *long_name;    ///< "people at the place at the end of the day"
    const char *cell_methods; ///< CF: "time: point" or "time: sum"
    void (*read)(const flow_model *model, double *out); ///< NULL: a quantity
    int32_t quantity;                                   ///< its id
    int32_t use; ///< whose column; -1: what all columns come to
} flow_observable;

/// Shape of the observables of quantities.
extern const flow_shape flow_over_shape[FLOW_N_OVER];

/// Observables of every scenario, in the order of the output file.
extern const flow_observable flow_observables[];
extern const int32_t flow_n_observable;

/// Those of every scenario, then for each quantity that a module in use writes "hazard_flood" and
/// each module's column of it, "hazard_flood__drought".
/// @param[out] out one block with the texts in it, freed by the caller with flow_dealloc().
flow_err flow_observables_list(const flow_scenario *scenario, flow_observable **out, int32_t *n);
/// Number of rows of flow_observables_list().
int32_t flow_observables_count(const flow_scenario *scenario);
/// Bytes of the texts of one row.
enum { FLOW_OBSERVABLE_TEXT = 432 };
/// Row `index` of flow_observables_list(); its texts may lie in `text`.
flow_observable flow_observable_at(const flow_scenario *scenario, int32_t index,
                                   char text[static FLOW_OBSERVABLE_TEXT]);
/// Values of one observable: n_place, n_link, n_country or 1.
int64_t flow_observable_n(const flow_scenario *scenario, const flow_observable *observable);
/// Fill the values of one observable.
void flow_observable_read(const flow_observable *observable, const flow_model *model, double *out);

#endif
