/// @file observe.h
/// Layer 5: the table of observables. Output, `describe` and flow_model_observe() are made from it.
#ifndef FLOW_OBSERVE_H
#define FLOW_OBSERVE_H

#include "scenario.h"

typedef enum flow_shape { FLOW_PER_PLACE, FLOW_PER_LINK, FLOW_PER_STEP, FLOW_N_SHAPE } flow_shape;

typedef struct flow_observable {
    const char *name; ///< "people"
    flow_shape shape;
    bool integer;             ///< counts of persons: written as int64
    const char *unit;         ///< UDUNITS
    const char *long_name;    ///< "people at the place at the end of the day"
    const char *cell_methods; ///< CF: "time: point" or "time: sum"
    void (*read)(const flow_model *model, double *out); ///< fills one value per place, link, or 1
} flow_observable;

/// All observables, in the order of the output file.
extern const flow_observable flow_observables[];
extern const int32_t flow_n_observable;

/// Values of one observable: n_place, n_link or 1.
int64_t flow_observable_n(const flow_scenario *scenario, const flow_observable *observable);

#endif
