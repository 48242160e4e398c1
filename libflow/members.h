/// @file members.h
/// Layer 6: an ensemble, that is many members of one seed, run over threads into one result file.
#ifndef FLOW_MEMBERS_H
#define FLOW_MEMBERS_H

#include "members_store.h"

/// Most members of one ensemble.
enum { FLOW_MOST_MEMBERS = 1000000 };

/// flow_run_members() with another limit of the log in memory (for tests).
flow_err flow_run_members_within(const flow_scenario *scenario, const flow_run_options *options,
                                 int32_t n_member, int64_t memory, flow_run_report *report,
                                 flow_run_report *member);

#endif
