/// @file sweep_design.h
/// Layer 6: designs: points in the unit cube, and what they are as values.
#ifndef FLOW_SWEEP_DESIGN_H
#define FLOW_SWEEP_DESIGN_H

#include "sweep_plan.h"

/// What makes a design, beside the values of the factors.
typedef struct flow_design_options {
    int32_t design; ///< flow_design
    int32_t n_factor;
    int64_t n; ///< points, base rows (saltelli) or trajectories (morris)
    int64_t levels;
    uint64_t seed;
    const int32_t *count; ///< [n_factor] values of each factor, for grid and list
} flow_design_options;

/// Number of rows: n; of saltelli n * (n_factor + 2): for each i its point of A, its point of B,
/// then A with factor 0 from B, with factor 1 from B, ...; of morris n * (n_factor + 1).
/// @return FLOW_OK or FLOW_ERANGE (too many rows or factors, the text says which).
flow_err flow_design_rows(const flow_design_options *options, int64_t *n_row);
/// The rows, in [0, 1]. Sobol and Halton sequences are scrambled by the seed: binary digits of
/// Sobol points are shifted (the net stays one), Halton points are shifted on the circle.
///
/// Source: Sobol 1967, doi:10.1016/0041-5553(67)90144-9; Halton 1960, doi:10.1007/BF01386213;
/// McKay, Beckman, Conover 1979, doi:10.1080/00401706.1979.10489755; Morris 1991,
/// doi:10.1080/00401706.1991.10484804; Saltelli and others 2010, doi:10.1016/j.cpc.2009.09.018.
/// @param[out] unit [n_row][n_factor]
flow_err flow_design_fill(const flow_design_options *options, double *unit);
/// Length of a step of morris.
double flow_morris_step(int64_t levels);

/// Room for a value as text.
enum { FLOW_VALUE_TEXT = 32 };
/// The value of a factor at `unit`, the share of its distribution below it: borrowed from the
/// factor or written to `room`.
const char *flow_factor_value(const flow_factor *factor, double unit,
                              char room[static FLOW_VALUE_TEXT]);
/// Shortest decimal text that reads back as the same number.
const char *flow_value_text(double value, char room[static FLOW_VALUE_TEXT]);
/// The options that a plan asks for; `count` [n_factor] is filled and borrowed.
flow_design_options flow_plan_design(const flow_plan *plan, int32_t *count);

#endif
