// Coordination of responses and rounds of monitoring: what all responses have from them.
#include "flow/module.h"

#include <math.h>

typedef struct param {
    flow_measure plan;
    double overlap, reduction;         ///< 1
    double coverage, coverage_after;   ///< 1
    double error, error_before;        ///< 1
    double every, every_before, round; ///< d, d, USD
} param;

typedef struct data {
    flow_scope scope;
} data;

enum { COST, FIRST, SECOND }; // own columns

#define AT(member) offsetof(param, member)
#define SHARE(key, member, value, help)                                                            \
    {                                                                                              \
        key, AT(member), FLOW_DOUBLE, "1", value, 0, 1, NULL, 'A', "libflow", help                 \
    }
static const flow_field coordination_rows[] = {
    FLOW_MEASURE_TIME(param, plan, "60"),
    SHARE("overlap", overlap, "0.15",
          "Share of what responses give that goes to people who have it already, without "
          "coordination."),
    SHARE("reduction", reduction, "0.5", "Share of that which coordination takes away."),
    {"coverage", AT(coverage), FLOW_DOUBLE, "1", "1", 0, 1, NULL, 'V',
     "Of appeals for 56.7 billion USD in 2023 some 20 were given, a third (OCHA, Global "
     "Humanitarian Overview); 1: budgets alone say what there is",
     "Share of all money asked for that is there before it works."},
    {"coverage_after", AT(coverage_after), FLOW_DOUBLE, "1", "1", 0, 1, NULL, 'A', "libflow",
     "The same while it works: a pooled fund draws money."},
    FLOW_FIELD_END};

static const flow_field monitoring_rows[] = {
    FLOW_MEASURE_TIME(param, plan, "30"),
    {"error", AT(error), FLOW_DOUBLE, "1", "0.15", 0, 10, NULL, 'A', "libflow",
     "Relative standard error of needs as responses see them after a round."},
    {"every", AT(every), FLOW_DOUBLE, "d", "14", 0, 1e5, NULL, 'D',
     "IOM Displacement Tracking Matrix: rounds every two weeks in Iraq",
     "Days between two rounds."},
    {"error_before", AT(error_before), FLOW_DOUBLE, "1", "0.5", 0, 10, NULL, 'A', "libflow",
     "The error while there are no rounds."},
    {"every_before", AT(every_before), FLOW_DOUBLE, "d", "30", 0, 1e5, NULL, 'A', "libflow",
     "Days between two looks at needs while there are no rounds."},
    {"cost_round", AT(round), FLOW_DOUBLE, "USD", "40000", 0, 1e9, NULL, 'A', "libflow",
     "Cost of a round."},
    FLOW_FIELD_END};

/// Where the costs of all are booked: the most populous place.
static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    const flow_world *w = setup->world;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for coordination"); }
    setup->data = d;
    setup->n_state = flow_measure_n_state(w);
    const flow_err err = flow_measure_load(setup, &p->plan, &d->scope);
    int32_t seat = 0;
    for (int32_t i = 0; i < w->n_place; i++) {
        if (w->population[i] > w->population[seat]) { seat = i; }
    }
    for (int32_t i = 0; i < w->n_place; i++) { d->scope.in[i] = i == seat; }
    d->scope.n = 1;
    return err;
}

static double between(double before, double after, double share)
{
    return before + (after - before) * share;
}

static flow_err coordinate(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    turn->own[FIRST][0] = p->overlap * (1.0 - p->reduction * works);
    turn->own[SECOND][0] = between(p->coverage, p->coverage_after, works);
    return FLOW_OK;
}

static flow_err monitor(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    double works = flow_measure_begin(turn, &p->plan, &d->scope);
    if (works > 0.0 && p->round > 0.0) {
        const double rounds = turn->world->dt * works / fmax(p->every, turn->world->dt);
        for (int32_t i = 0; i < turn->world->n_place; i++) {
            if (d->scope.in[i]) { works *= flow_measure_pay(turn, i, p->round * rounds); }
        }
    }
    turn->own[FIRST][0] = between(p->error_before, p->error, works);
    turn->own[SECOND][0] = between(p->every_before, p->every, works);
    return FLOW_OK;
}

const flow_module flow_module_coordination = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE,
    .name = "coordination",
    .help = "Coordination and pooled funds: less is given twice, more money is there.",
    .source = "libflow: overlap * (1 - reduction) while it works",
    .field = coordination_rows,
    .param_size = sizeof(param),
    .writes = "cost,overlap,funding",
    .load = load,
    .step = coordinate};

const flow_module flow_module_monitoring = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE,
    .name = "monitoring",
    .help = "Rounds of displacement tracking: responses see needs with less error, and fresher.",
    .source = "libflow: error and age of the needs that measures see",
    .field = monitoring_rows,
    .param_size = sizeof(param),
    .writes = "cost,need_error,need_age",
    .load = load,
    .step = monitor};
