/// @file ledger.h
/// Layer 4: what responses have spent, by response, month and place, and out of which budget.
#ifndef FLOW_LEDGER_H
#define FLOW_LEDGER_H

#include "scenario.h"

/// The money of one model, in cents. Its arrays are rows of state.c.
typedef struct flow_ledger {
    const flow_scenario *s; ///< borrowed
    int64_t *spent;         ///< [n_account][n_month][n_place]
    int64_t *asked;         ///< [n_account] since the beginning
    int64_t *paid;          ///< [n_use] since the beginning, out of this budget; 0 for others
    double *carry;          ///< [n_account] asked for, and no whole cent yet; [0, 1)
} flow_ledger;

/// What a module asks of the ledger in its turn.
typedef struct flow_spending {
    flow_ledger *ledger;
    const flow_use *use;  ///< who spends
    double *cost;         ///< [n_place] own column of `cost`, USD/d
    const double *money;  ///< of its budget: USD given so far; NULL: no budget
    const double *payout; ///< of its budget: above 0 while it pays
    double funding;       ///< share of what is asked for that is there
    double dt;            ///< days of the step
    int32_t month;        ///< flow_ledger_month()
    flow_err err;         ///< of the first call that failed
    char text[256];       ///< of that error
} flow_spending;

/// Nothing is spent.
void flow_ledger_reset(flow_ledger *ledger);
/// Month of a moment, counted from that of the first day.
int32_t flow_ledger_month(const flow_scenario *scenario, double day);
/// Ask for money for a place. @return share that is granted, in [0, 1].
double flow_ledger_ask(flow_spending *spending, int32_t place, double usd);
/// Whole cents of the money that a budget was given so far, USD.
int64_t flow_ledger_given(double money);
/// Cents spent by an account, or by all (-1), and asked for.
int64_t flow_ledger_spent(const flow_ledger *ledger, int32_t account);
int64_t flow_ledger_asked(const flow_ledger *ledger, int32_t account);

#endif
