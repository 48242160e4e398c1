/// @file distance.h
/// Layer 3: shortest distances over the links of a scenario.
#ifndef FLOW_DISTANCE_H
#define FLOW_DISTANCE_H

#include "scenario.h"

/// Shortest distance from every place to one, over the directed links as given (closures ignored).
///
/// Source: Dijkstra 1959, Numer. Math. 1:269-271, doi:10.1007/BF01386390, with a binary heap.
/// @param target  place to arrive at.
/// @param[out] out km, shape [n_place]; 0 at the target, INFINITY where no way leads there.
/// @return FLOW_OK, FLOW_ENOMEM or FLOW_ERANGE (no such place). Thread-safe.
flow_err flow_shortest_km(const flow_scenario *scenario, int32_t target, double *out);

#endif
