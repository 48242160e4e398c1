/// @file members_score.h
/// Layer 6: scores of an ensemble: measures of each member, of median and mean, CRPS and coverage.
/// Without observations all of it is empty and does nothing.
#ifndef FLOW_MEMBERS_SCORE_H
#define FLOW_MEMBERS_SCORE_H

#include "members_rank.h"
#include "output_members.h"
#include "score.h"

/// Scores of all members.
typedef struct flow_score_summary {
    const flow_scenario *s;            ///< borrowed
    int64_t *observed;                 ///< [n_step][n_observed]
    flow_score_input input;            ///< of the measures; borrows `observed`
    double *measure[FLOW_N_MEASURE];   ///< [n_member]
    double *median, *mean, *crps;      ///< [n_step][n_observed]
    bool *inside[FLOW_N_COVERAGE];     ///< [n_step][n_observed] the count lies in the band
    double *coverage[FLOW_N_COVERAGE]; ///< [n_observed]
} flow_score_summary;

flow_err flow_score_summary_create(const flow_scenario *scenario, int32_t n_member,
                                   flow_score_summary *out);
void flow_score_summary_clear(flow_score_summary *summary);
/// Take in the people of all members at one place on one day. Several threads may do so at once,
/// for different places or days.
void flow_score_summary_place(flow_score_summary *summary, int32_t day, int32_t place,
                              const flow_ranks *ranks,
                              const double quantile[static FLOW_N_QUANTILE], double mean);
/// Scores of median and mean, coverage; sets the members of `out` that depend on observations. The
/// summary must outlive them.
flow_err flow_score_summary_finish(flow_score_summary *summary, flow_members_summary *out);

/// Scratch of one thread for the measures of one member after the other.
typedef struct flow_member_scores {
    double *people; ///< [n_step][n_observed]
    flow_measures measures;
} flow_member_scores;

flow_err flow_member_scores_create(const flow_score_summary *summary, flow_member_scores *out);
void flow_member_scores_clear(flow_member_scores *scores);
/// Take in a day of the member.
/// @param people [n_place]
void flow_member_scores_day(flow_member_scores *scores, const flow_score_summary *summary,
                            int32_t day, const double *people);
/// Measure the member. Several threads may do so at once, for different members.
void flow_member_scores_save(flow_member_scores *scores, flow_score_summary *summary,
                             int32_t member);

#endif
