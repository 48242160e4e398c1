// Budgets: the money that responses share, as it is given.
#include "flow/module.h"

#include <math.h>

enum { MONEY, PAYOUT }; // own columns
enum { DATE, AMOUNT };  // columns of the table

typedef struct param {
    double amount, coverage;
    int32_t start, end; ///< days since 1970-01-01; 0: none
    bool spread;
    char *pledges;
} param;

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    {"amount", AT(amount), FLOW_DOUBLE, "USD", "0", 0, 1e12, NULL, '-', "",
     "Money asked for, of which a share is given."},
    {"coverage", AT(coverage), FLOW_DOUBLE, "1", "1", 0, 1, NULL, 'V',
     "Of appeals for 56.7 billion USD in 2023 some 20 were given, a third (OCHA, Global "
     "Humanitarian "
     "Overview); 1 is a plan that is paid in full",
     "Share of the amount, and of all pledges, that is given."},
    {"start", AT(start), FLOW_DATE, "", "", 0, 0, NULL, '-', "",
     "Day on which the amount is given; empty: the first day."},
    {"end", AT(end), FLOW_DATE, "", "", 0, 0, NULL, '-', "",
     "First day on which nothing is paid any more; empty: never."},
    {"spread", AT(spread), FLOW_BOOL, "", "false", 0, 0, NULL, '-', "",
     "The amount comes evenly from start to end, not at once."},
    {"pledges", AT(pledges), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Table of what is given by date, beside the amount; empty: none."},
    FLOW_FIELD_END};

static const flow_field columns[] = {
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "", "Day on which the money is given."},
    {"amount", 0, FLOW_DOUBLE, "USD", NULL, 0, 1e12, NULL, '-', "", "How much was pledged."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"pledges", false, NULL, columns, "it tells what is given to the budget by date"}};

typedef struct data {
    const flow_rows *rows;
    double first, last; ///< days since the first day
} data;

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    const flow_world *w = setup->world;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for budget"); }
    d->rows = &setup->rows[0];
    d->first = p->start != 0 ? p->start - w->start : 0.0;
    d->last = p->end != 0 ? p->end - w->start : w->n_step * w->dt;
    if (!(d->last > d->first)) {
        flow_setup_error_key(setup, p->end != 0 ? "end" : "start",
                             "the budget ends before it starts");
    }
    setup->data = d;
    return FLOW_OK;
}

/// Share of the amount that has been given by the beginning of a step.
static double share(const param *p, const data *d, double day, double dt)
{
    if (day < d->first - 1e-9) { return 0.0; }
    if (!p->spread) { return 1.0; }
    return fmin((day + dt - d->first) / (d->last - d->first), 1.0);
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const double day = turn->day;
    double money = p->amount * share(p, d, day, turn->world->dt);
    for (int64_t i = 0; i < d->rows->n; i++) {
        if (d->rows->value[DATE][i] <= day + 1e-9) { money += d->rows->value[AMOUNT][i]; }
    }
    turn->own[MONEY][0] = p->coverage * money;
    turn->own[PAYOUT][0] = day >= d->first - 1e-9 && day < d->last - 1e-9 ? 1.0 : 0.0;
    return FLOW_OK;
}

const flow_module flow_module_budget = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_DRIVER,
    .name = "budget",
    .help = "A budget: money that responses which name it share, first come, first served.",
    .source = "libflow: money = coverage * (amount, at once or evenly, + pledges by date)",
    .many = true,
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 1,
    .writes = "money,payout",
    .load = load,
    .step = step};
