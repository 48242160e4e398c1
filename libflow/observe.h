/// @file observe.h
/// Layer 5: the values of observables. Output, `describe` and flow_model_observe() are made from
/// their table.
#ifndef FLOW_OBSERVE_H
#define FLOW_OBSERVE_H

#include "observables.h"

/// Fill the values of one observable: [places, links, countries or 1][classes]. Where the model is
/// divided all ranks must ask in the same order, and rank 0 is told.
void flow_observable_read(const flow_observable *observable, const flow_model *model, double *out);

#endif
