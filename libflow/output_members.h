/// @file output_members.h
/// Layer 5: the result file of an ensemble, that is of many members of one seed.
#ifndef FLOW_OUTPUT_MEMBERS_H
#define FLOW_OUTPUT_MEMBERS_H

#include "output.h"

/// Some days of some values of one observable. All members of a tile are put in order at once, and
/// the tile is a chunk of the file.
typedef struct flow_tile {
    int32_t observable;  ///< row of flow_tiles.observable
    int32_t day, n_step; ///< first day, days
    int32_t first, n;    ///< first value of a day (place or link, and class), values
} flow_tile;

/// All tiles of a run, in the order in which their last day is reached.
typedef struct flow_tiles {
    flow_observable *observable; ///< [n_observable] of the scenario
    int32_t n_observable;
    flow_tile *tile; ///< [n]
    int32_t n;
    int32_t people; ///< row of the observable "people", which is written of each member
    int64_t most;   ///< values of the largest tile
} flow_tiles;

/// Cut a run into tiles of at most 8192 values, fewer when there are many members: all members of
/// a tile take at most 16 MiB (or 128 bytes per member).
flow_err flow_tiles_create(const flow_scenario *scenario, int32_t n_member, flow_tiles *out);
void flow_tiles_clear(flow_tiles *tiles);

/// What is said of each member and of all of them, borrowed.
typedef struct flow_members_summary {
    const flow_run_report *member;           ///< [n_member]
    uint64_t checksum;                       ///< of all members
    int64_t person_steps;                    ///< of all members
    const double *measure[FLOW_N_MEASURE];   ///< [n_member] each; NULL without counts, as all below
    double median[FLOW_N_MEASURE];           ///< measures of the median of the members
    double mean[FLOW_N_MEASURE];             ///< measures of the mean of the members
    const double *crps;                      ///< [n_step][n_observed] persons
    const double *coverage[FLOW_N_COVERAGE]; ///< [n_observed] share of the days
    const bool *has;                         ///< [FLOW_N_GAUGE] indicators of the scenario
    const double *indicator;                 ///< [n_member][FLOW_N_GAUGE]
} flow_members_summary;

typedef struct flow_output_members flow_output_members;

/// Begin the file and write what is known before the members have run.
flow_err flow_output_members_create(const char *path, bool replace, const flow_scenario *scenario,
                                    const flow_provenance *provenance, flow_output_members **out);
/// Make the variables that change with time.
/// @param tiles borrowed, must outlive the output
/// @param wide some member has more than 2^31 - 1 people at a place
flow_err flow_output_members_define(flow_output_members *output, const flow_tiles *tiles,
                                    bool wide);
/// Write one tile. Counts that output.suppress_below hides are overwritten.
/// @param quantile [FLOW_N_QUANTILE][n_step][n] of the tile
/// @param mean     [n_step][n]
/// @param people   [n_member][n_step][n] of the observable "people", else NULL
flow_err flow_output_members_tile(flow_output_members *output, const flow_tile *tile,
                                  double *quantile, double *mean, int64_t *people);
/// Write the rest, close, sync and rename; frees the output, also on failure (nothing is left
/// then).
flow_err flow_output_members_finish(flow_output_members *output,
                                    const flow_members_summary *summary);
/// Give up: close and remove the .part file; accepts NULL.
void flow_output_members_abandon(flow_output_members *output);

#endif
