/// @file ledger.h
/// libflow: what responses cost. flow.h includes it.
///
/// Licence: GPL-3.0-or-later.
#ifndef FLOW_PUBLIC_LEDGER_H
#define FLOW_PUBLIC_LEDGER_H

#include "flow/flow.h"

#ifdef __cplusplus
extern "C" {
#endif

/// @name What responses cost
/// Every response in use that can spend has an account. Money is counted in whole cents, by
/// account, calendar month and place, and, where the response names one, out of a budget.
/// @{

/// Number of accounts: responses in use that can spend.
/// @param scenario read only.
/// @return accounts.
FLOW_API int32_t flow_scenario_n_account(const flow_scenario *scenario);
/// Whose account it is.
/// @param scenario read only.
/// @param account  in [0, flow_scenario_n_account()).
/// @return name of the response in results, such as "food_aid" or "cash_camps", borrowed; NULL when
/// there is no such account.
FLOW_API const char *flow_scenario_account(const flow_scenario *scenario, int32_t account);
/// Calendar months that the period touches.
/// @param scenario read only.
/// @return months; the first one is that of the first day.
FLOW_API int32_t flow_scenario_n_month(const flow_scenario *scenario);
/// What an account has spent since the beginning.
/// @param model   read only.
/// @param account in [0, flow_scenario_n_account()).
/// @param[out] usd USD, each a whole number of cents, shape [months][places]; owned by the caller.
/// @param n       must be months times places.
/// @return FLOW_OK or FLOW_ERANGE (no such account, or n differs).
FLOW_API FLOW_CHECKED flow_err flow_model_ledger(const flow_model *model, int32_t account,
                                                 double *usd, int64_t n);

/// Sums of an account since the beginning.
typedef struct flow_account {
    int64_t asked; ///< cents that the response asked for
    int64_t spent; ///< cents that it got and spent
} flow_account;
/// Sums of an account, or of all.
/// @param model   read only.
/// @param account in [0, flow_scenario_n_account()); -1: all.
/// @param[out] out owned by the caller.
/// @return FLOW_OK or FLOW_ERANGE (no such account).
FLOW_API FLOW_CHECKED flow_err flow_model_account(const flow_model *model, int32_t account,
                                                  flow_account *out);

/// Money of a budget since the beginning: given = spent + left, to the cent.
typedef struct flow_budget {
    const char *name; ///< in results, "budget_main", borrowed from the scenario
    int64_t given;    ///< cents
    int64_t spent;    ///< cents, by all responses that name the budget
    int64_t left;     ///< cents
} flow_budget;
/// Number of budgets in use.
/// @param scenario read only.
/// @return budgets.
FLOW_API int32_t flow_scenario_n_budget(const flow_scenario *scenario);
/// Money of a budget.
/// @param model   read only.
/// @param budget  in [0, flow_scenario_n_budget()).
/// @param[out] out owned by the caller.
/// @return FLOW_OK or FLOW_ERANGE (no such budget).
FLOW_API FLOW_CHECKED flow_err flow_model_budget(const flow_model *model, int32_t budget,
                                                 flow_budget *out);
/// @}

#ifdef __cplusplus
}
#endif

#endif
