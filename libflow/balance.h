/// @file balance.h
/// Layer 4: flows with given totals of departures and of arrivals (doubly constrained gravity).
#ifndef FLOW_BALANCE_H
#define FLOW_BALANCE_H

#include "base.h"

/// Pairs that can have flows, by origin (CSR), and the totals. Arrays are borrowed.
typedef struct flow_balance_input {
    int32_t n_origin, n_target;
    const int64_t *first;     ///< [n_origin + 1]
    const int32_t *target;    ///< [first[n_origin]] target of each pair
    const double *log_weight; ///< [first[n_origin]] such as b ln population + c ln distance;
                              ///< -INFINITY: no flow
    const double *leave;      ///< [n_origin] people who leave
    const double *arrive;     ///< [n_target] people who arrive
    double tolerance;         ///< largest relative error of a total, such as 1e-10; > 0
    int32_t most_rounds;      ///< >= 1
} flow_balance_input;

/// Logarithms of the factors that balance the weights: flow of a pair = exp(log_leave[origin] +
/// log_arrive[target] + log_weight), whose sums are the given totals.
///
/// Iterative proportional fitting on logarithms. Source: Furness 1965, Traffic Eng. Control
/// 7:458-460; Wilson 1971, Environ. Plan. 3:1-32, eq. 9-11, doi:10.1068/a030001 (log_leave = ln A
/// O, log_arrive = ln B D).
/// @param[out] log_leave   [n_origin]; -INFINITY where nobody leaves.
/// @param[out] log_arrive  [n_target]; -INFINITY where nobody arrives; scaled so that the largest
/// is 0.
/// @param[out] rounds  rounds it took; may be NULL.
/// @return FLOW_ENOMEM, or FLOW_ERANGE: a total that is negative or not finite, totals that differ
/// by more than 1e-9 of their size, people with nowhere to go or to come from, or no convergence in
/// most_rounds (with the largest error left).
flow_err flow_balance(const flow_balance_input *input, double *log_leave, double *log_arrive,
                      int32_t *rounds);

#endif
