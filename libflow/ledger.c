#include "ledger.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// Cents of an amount of money: what a double holds exactly.
static const double most_cents = 9e15;

static int64_t size_of(const flow_scenario *s)
{
    return (int64_t)s->n_month * s->n_place;
}

void flow_ledger_reset(flow_ledger *ledger)
{
    const flow_scenario *s = ledger->s;
    const size_t n = (size_t)s->n_account;
    memset(ledger->spent, 0, n * (size_t)size_of(s) * sizeof *ledger->spent);
    memset(ledger->asked, 0, n * sizeof *ledger->asked);
    memset(ledger->paid, 0, (size_t)s->n_use * sizeof *ledger->paid);
    for (int32_t i = 0; i < s->n_account; i++) { ledger->carry[i] = 0.0; }
}

int32_t flow_ledger_month(const flow_scenario *s, double day)
{
    return flow_month(s->start + (int32_t)floor(day)) - flow_month(s->start);
}

// Spending ---------------------------------------------------------------------------------------

static double refuse(flow_spending *sp, flow_err err, const char *why, double usd)
{
    if (sp->err == FLOW_OK) {
        sp->err = err;
        (void)snprintf(sp->text, sizeof sp->text, "%s: it asks for %g USD, %s", sp->use->name, usd,
                       why);
    }
    return 0.0;
}

int64_t flow_ledger_given(double money)
{
    // A cent that is given in parts is there once its parts are, whatever they were rounded to.
    return (int64_t)fmin(floor(100.0 * money + 1e-6), most_cents);
}

/// Cents that are left of its budget; those without one have no limit.
static int64_t left_of(const flow_spending *sp)
{
    if (sp->money == NULL) { return INT64_MAX; }
    if (!(*sp->payout > 0.0)) { return 0; }
    const int64_t left = flow_ledger_given(*sp->money) - sp->ledger->paid[sp->use->budget];
    return left > 0 ? left : 0;
}

/// Cents to ask for; what is no whole cent is kept for the next time.
static int64_t whole_cents(double *carry, double usd)
{
    const double all = 100.0 * usd + *carry;
    const double whole = floor(all + 1e-6); // 3.6 USD are 360 cents, however they are rounded
    *carry = fmax(all - whole, 0.0);
    return (int64_t)whole;
}

double flow_ledger_ask(flow_spending *sp, int32_t place, double usd)
{
    flow_ledger *ledger = sp->ledger;
    if (ledger == NULL || sp->cost == NULL) {
        return refuse(sp, FLOW_ESTATE, "but a module that spends writes the quantity cost", usd);
    }
    const flow_scenario *s = ledger->s;
    if (place < 0 || place >= s->n_place || !(usd >= 0.0 && usd <= 1e12)) {
        return refuse(sp, FLOW_ERANGE, "a place and an amount from 0 to 1e12 were expected", usd);
    }
    const int32_t account = sp->use->account;
    const int64_t wanted = whole_cents(&ledger->carry[account], usd);
    const int64_t left = left_of(sp);
    const double funding = fmin(fmax(sp->funding, 0.0), 1.0);
    if (wanted == 0) { return left > 0 || !(usd > 0.0) ? funding : 0.0; }
    const int64_t there = (int64_t)floor((double)wanted * funding + 0.5);
    const int64_t granted = there < left ? there : left;
    ledger->asked[account] += wanted;
    ledger->spent[account * size_of(s) + (int64_t)sp->month * s->n_place + place] += granted;
    if (sp->use->budget >= 0) { ledger->paid[sp->use->budget] += granted; }
    sp->cost[place] += 0.01 * (double)granted / sp->dt;
    return (double)granted / (double)wanted;
}

// Access -----------------------------------------------------------------------------------------

int64_t flow_ledger_spent(const flow_ledger *ledger, int32_t account)
{
    const int64_t n = size_of(ledger->s);
    const int64_t first = account < 0 ? 0 : account * n;
    const int64_t end = account < 0 ? ledger->s->n_account * n : first + n;
    int64_t sum = 0;
    for (int64_t i = first; i < end; i++) { sum += ledger->spent[i]; }
    return sum;
}

int64_t flow_ledger_asked(const flow_ledger *ledger, int32_t account)
{
    if (account >= 0) { return ledger->asked[account]; }
    int64_t sum = 0;
    for (int32_t i = 0; i < ledger->s->n_account; i++) { sum += ledger->asked[i]; }
    return sum;
}
