/// @file sensitivity.h
/// Layer 6: which of the varied keys matter: Sobol indices and Morris' elementary effects.
#ifndef FLOW_SENSITIVITY_H
#define FLOW_SENSITIVITY_H

#include "output_study.h"

/// An estimate and the bounds of the 95 % interval from resampling.
typedef struct flow_estimate {
    double value, low, high;
} flow_estimate;

/// An indicator at the rows of a design.
typedef struct flow_rows_input {
    int32_t n_key;
    int64_t n; ///< base rows or trajectories
    int32_t n_member;
    const int32_t *point; ///< [n_row] rows of one point are equal
    const double *value;  ///< [n_point][n_member]
    int32_t n_sample;     ///< of the bootstrap
    uint64_t seed;        ///< of the bootstrap
} flow_rows_input;

/// Shares of the variance of single runs. Luck is a factor of its own: `noise` is the share of all
/// effects it takes part in.
typedef struct flow_sobol {
    int32_t n_key;
    double mean, variance;        ///< of a single run
    flow_estimate *first, *total; ///< [n_key]
    flow_estimate noise;          ///< NAN with one member
} flow_sobol;

/// First-order and total indices from a Saltelli design with independent luck.
///
/// Source: first order Saltelli and others 2010, table 2 (b), doi:10.1016/j.cpc.2009.09.018; total
/// Jansen 1999, doi:10.1016/S0010-4655(98)00154-4. The variance that replicates leave in the mean
/// of a point is subtracted where it would count as an effect.
/// @param[out] out flow_sobol_clear()
/// @return FLOW_OK, FLOW_ENOMEM, FLOW_ERANGE (too few rows).
flow_err flow_sensitivity_sobol(const flow_rows_input *input, flow_sobol *out);
void flow_sobol_clear(flow_sobol *sobol);

/// Effects of a step of one factor over its whole range, linearly.
typedef struct flow_morris {
    int32_t n_key;
    double *mu, *sigma;     ///< [n_key] mean and standard deviation of the effects
    flow_estimate *mu_star; ///< [n_key] mean of their absolute values
    double *noise;          ///< [n_key] mu_star of luck alone, NAN with one member
} flow_morris;

/// Source: Morris 1991, doi:10.1080/00401706.1991.10484804; mu_star Campolongo, Cariboni, Saltelli
/// 2007, doi:10.1016/j.envsoft.2006.10.004.
/// @param unit [n_row][n_key] of flow_design_fill()
flow_err flow_sensitivity_morris(const flow_rows_input *input, const double *unit,
                                 flow_morris *out);
void flow_morris_clear(flow_morris *morris);

/// Sensitivity of one indicator of a study, by its design: one of the two is filled.
/// @param indicator in [0, n_value)
/// @return also FLOW_ESTATE: the design has no indices, or some runs have no value.
flow_err flow_sensitivity_study(const flow_study_result *study, int32_t indicator, int32_t n_sample,
                                uint64_t seed, flow_sobol *sobol, flow_morris *morris);

#endif
