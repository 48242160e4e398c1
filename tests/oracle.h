// The hop rule as a plain loop over persons (households where the scenario gives sizes), against
// which the engine is measured. It shares with the engine the loaded scenario and nothing else:
// scores, routes, choice, travel and chance are written anew, distances are doubles, and everybody
// sees the capacities as the one before left them. Not covered: hop.fixed_routes and
// quirks.low_movechance_is_camp.
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "../libflow/scenario.h"

typedef enum oracle_order {
    ORACLE_RANDOM,  ///< residents of camps, other residents, people on links; each in random order
    ORACLE_CREATION ///< residents, people on links; each in the order in which they entered (FLEE)
} oracle_order;

typedef struct oracle oracle;

/// Criterion assertions replace results: a test that lacks memory has failed.
/// @param scenario borrowed; must outlive the oracle.
oracle *oracle_create(const flow_scenario *scenario, oracle_order order);
void oracle_free(oracle *o);
/// Values of one day: persons, arrivals and units (households or persons) per place; persons per
/// link; persons waiting; for each class of each axis in people.axes, persons per place.
int32_t oracle_width(const oracle *o);
/// One realisation of the whole period.
/// @param[out] out shape [n_step][oracle_width]
void oracle_run(oracle *o, uint64_t seed, double *out);

#endif
