/// @file output_indicators.h
/// Layer 5: the indicators of a run or of an ensemble in its result file.
#ifndef FLOW_OUTPUT_INDICATORS_H
#define FLOW_OUTPUT_INDICATORS_H

#include "indicators.h"
#include "output_file.h"

/// A table of indicators to be written.
typedef struct flow_indicators_table {
    const bool *has;     ///< [FLOW_N_GAUGE] those that are written
    const double *value; ///< [n_member][FLOW_N_GAUGE]
    int64_t n_member;    ///< 1 without axes
    double least;        ///< counts of people above 0 and below it are not shown
} flow_indicators_table;

/// Names, units and what is better, along the new axis "indicator".
flow_err flow_output_indicator_axis(const flow_hdf *hdf, const bool has[static FLOW_N_GAUGE],
                                    flow_axis *axis);
/// Write a table; `member` and `quantile` are the axes of an ensemble, else NULL.
flow_err flow_output_indicators(const flow_hdf *hdf, const flow_indicators_table *table,
                                const flow_axis *member, const flow_axis *quantile);
/// The same number, or NAN where it tells of fewer people than `least`.
double flow_indicator_shown(int32_t gauge, double value, double least);
/// Quantiles of n numbers, which are put in order; NAN where a number is undefined.
void flow_indicator_quantiles(double *value, int64_t n, const double *level, int32_t n_level,
                              double *out);

#endif
