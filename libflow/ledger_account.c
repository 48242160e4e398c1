// What programs may ask of the ledger.
#include "model.h"

#include <string.h>

int32_t flow_scenario_n_account(const flow_scenario *s)
{
    return s->n_account;
}

const char *flow_scenario_account(const flow_scenario *s, int32_t account)
{
    return account >= 0 && account < s->n_account ? s->use[s->account[account]].name : NULL;
}

int32_t flow_scenario_n_month(const flow_scenario *s)
{
    return s->n_month;
}

int32_t flow_scenario_n_budget(const flow_scenario *s)
{
    return s->n_budget;
}

static flow_err no_account(const flow_scenario *s, int32_t account)
{
    return flow_fail(FLOW_ERANGE, "account %d is outside [0, %d)", (int)account, (int)s->n_account);
}

flow_err flow_model_ledger(const flow_model *m, int32_t account, double *usd, int64_t n)
{
    const flow_scenario *s = m->s;
    const int64_t size = (int64_t)s->n_month * s->n_place;
    if (account < 0 || account >= s->n_account) { return no_account(s, account); }
    if (n != size) {
        return flow_fail(FLOW_ERANGE,
                         "the ledger has %lld values for each account, %lld were given",
                         (long long)size, (long long)n);
    }
    const int64_t *cents = m->ledger.spent + account * size;
    for (int64_t i = 0; i < n; i++) { usd[i] = 0.01 * (double)cents[i]; }
    return FLOW_OK;
}

flow_err flow_model_account(const flow_model *m, int32_t account, flow_account *out)
{
    *out = (flow_account){0};
    if (account < -1 || account >= m->s->n_account) { return no_account(m->s, account); }
    *out = (flow_account){.asked = flow_ledger_asked(&m->ledger, account),
                          .spent = flow_ledger_spent(&m->ledger, account)};
    return FLOW_OK;
}

flow_err flow_model_budget(const flow_model *m, int32_t budget, flow_budget *out)
{
    *out = (flow_budget){0};
    if (budget < 0 || budget >= m->s->n_budget) {
        return flow_fail(FLOW_ERANGE, "budget %d is outside [0, %d)", (int)budget,
                         (int)m->s->n_budget);
    }
    const int32_t use = m->s->budget[budget];
    *out =
        (flow_budget){.name = m->s->use[use].name,
                      .given = flow_ledger_given(*flow_columns_own(m->columns, use, FLOW_Q_MONEY)),
                      .spent = m->ledger.paid[use]};
    out->left = out->given - out->spent;
    return FLOW_OK;
}
