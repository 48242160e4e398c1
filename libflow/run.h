/// @file run.h
/// Layer 5: one run over several ranks; flow_run() is in flow.h.
#ifndef FLOW_RUN_H
#define FLOW_RUN_H

#include "comm.h"

/// Over which ranks, and what came of it.
typedef struct flow_divided {
    const flow_team *team; ///< borrowed
    const int32_t *owner;  ///< [n_place] borrowed: the rank that each place belongs to
    int64_t bytes;         ///< out: sent by this rank to others
    bool other;            ///< out: the failure is that other ranks could not begin
    bool alone;            ///< out: a failure that other ranks do not know of and wait for this one
} flow_divided;

/// As flow_run(), by all ranks together; numbers and result file are those of flow_run(), which
/// rank 0 writes. Nobody is followed and there are no checkpoints.
/// @return as flow_run(); FLOW_ERANGE for what a divided run does not have; FLOW_ESTATE also when
/// another rank could not begin, or was stopped.
FLOW_CHECKED flow_err flow_run_divided(const flow_scenario *scenario,
                                       const flow_run_options *options, flow_divided *over,
                                       flow_run_report *report);

#endif
