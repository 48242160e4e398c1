// Anticipatory cash: people get money when a hazard is forecast, before it strikes.
#include "flow/module.h"

#include <math.h>

enum { PLACE, DATE, PROBABILITY };                   // columns of the table
enum { COST, INCOME, HAZARD_FLOOD, HAZARD_CYCLONE }; // own columns
enum { ONSET_FLOOD, ONSET_CYCLONE, DAMAGE };         // what it reads
enum { PAID, UNTIL, HIT, ALARMS, LAST, DONE, N };    // state of a place

typedef struct param {
    flow_measure plan;
    char *series;
    int32_t cause;
    double trigger;
    double transfer, overhead, persons; ///< USD a household, 1, persons
    double spend, wait, window;         ///< d
    double leave, trust_loss, hit;      ///< 1
} param;

#define AT(member) offsetof(param, member)
#define WFP                                                                                        \
    "World Food Programme, floods on the Jamuna, July 2020: 4,500 taka, about 53 USD, to 22,434 "  \
    "households days before the peak (trial registered as AEARCTR-6576)"
static const flow_field fields[] = {
    FLOW_MEASURE_TIME(param, plan, "0"),
    FLOW_MEASURE_PLACES(param, plan, "persons paid", "all"),
    {"series", AT(series), FLOW_TEXT, "", "forecasts.csv", 0, 0, NULL, '-', "",
     "Table of forecasts by place and date."},
    {"cause", AT(cause), FLOW_CHOICE, "", "flood", 0, 0, "flood|cyclone", '-', "",
     "What is forecast."},
    {"trigger", AT(trigger), FLOW_DOUBLE, "1", "0.5", 0, 1, NULL, 'V',
     "Framework for floods of the Jamuna, OCHA 2021: ready when the chance of a flood of one in 5 "
     "years is above one half",
     "Forecast probability from which money is paid."},
    {"transfer", AT(transfer), FLOW_DOUBLE, "USD", "53", 0, 1e5, NULL, 'V', WFP,
     "Money that a household gets, once for an event."},
    {"household", AT(persons), FLOW_DOUBLE, "1", "4.5", 1, 100, NULL, 'A', "libflow",
     "Persons of a household."},
    {"overhead", AT(overhead), FLOW_DOUBLE, "1", "0.15", 0, 10, NULL, 'A', "libflow",
     "Cost of delivery as a share of the transfer."},
    {"spend_days", AT(spend), FLOW_DOUBLE, "d", "30", 0.1, 1000, NULL, 'A', "libflow",
     "Days over which the money is spent."},
    {"pause", AT(wait), FLOW_DOUBLE, "d", "30", 0, 1000, NULL, 'A', "libflow",
     "Days after a payment in which no other one is made."},
    {"window", AT(window), FLOW_DOUBLE, "d", "15", 0, 1000, NULL, 'V',
     "Framework for floods of the Jamuna, OCHA 2021: forecasts look 15 days ahead",
     "Days after a payment in which the hazard must strike; else the alarm was false."},
    {"leave", AT(leave), FLOW_DOUBLE, "1", "0.2", 0, 1, NULL, 'A', "libflow",
     "Share of the people paid who leave before the hazard strikes, at full trust."},
    {"trust_loss", AT(trust_loss), FLOW_DOUBLE, "1", "0.1", 0, 1, NULL, 'A', "libflow",
     "Share of the trust that a false alarm takes away."},
    {"hit", AT(hit), FLOW_DOUBLE, "1", "0.001", 0, 1, NULL, 'A', "libflow",
     "Share of people driven out, or of homes damaged, from which the alarm was right."},
    FLOW_FIELD_END};

static const flow_field columns[] = {
    {"place", 0, FLOW_PLACE, "", NULL, 0, 0, NULL, '-', "", "Name of a place."},
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "",
     "When the forecast is made; it holds until the next row of the place."},
    {"probability", 0, FLOW_DOUBLE, "1", NULL, 0, 1, NULL, '-', "",
     "Chance that the hazard strikes there."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"series", true, "source,model,lead_days", columns, "it tells what is forecast, and when"}};

typedef struct data {
    const flow_rows *rows;
    const flow_place_series *series;
    flow_scope scope;
} data;

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    const flow_world *w = setup->world;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for anticipatory_cash"); }
    d->rows = &setup->rows[0];
    setup->data = d;
    setup->n_state = flow_measure_n_state(w) + (int64_t)(N + 1) * w->n_place;
    const flow_err err = flow_measure_load(setup, &p->plan, &d->scope);
    return err != FLOW_OK ? err : flow_setup_series(setup, 0, PLACE, DATE, &d->series);
}

static double *state_of(const flow_turn *turn, int32_t place)
{
    return turn->state + flow_measure_n_state(turn->world) + (int64_t)N * place;
}

/// Largest probability forecast for a place that holds within the step.
static double forecast(const flow_turn *turn, int32_t place)
{
    const data *d = turn->data;
    const double end = turn->day + turn->world->dt;
    double most = 0.0;
    for (double from = turn->day; from < end;) {
        const int64_t row = flow_place_series_row(d->series, place, from);
        if (row >= 0) { most = fmax(most, d->rows->value[PROBABILITY][row]); }
        from = flow_place_series_next(d->series, place, from);
    }
    return most;
}

/// What became of the last payment: the hazard struck, or the time for it is over.
static void judge(const flow_turn *turn, int32_t place, double *state)
{
    const param *p = turn->param;
    const double damage = turn->read[DAMAGE][place];
    const double onset = turn->read[p->cause][place];
    const bool waits = state[UNTIL] > 0.0 && !(state[DONE] > 0.0);
    if (onset > p->hit || damage > state[LAST] + p->hit) { state[HIT] = 1.0; }
    if (waits && turn->day + 1.0 > state[UNTIL] - 1e-9) {
        if (!(state[HIT] > 0.0)) { state[ALARMS] += 1.0; }
        state[DONE] = 1.0;
    }
    state[LAST] = damage;
}

/// Persons to be paid in this step, per day: all at a place whose forecast passes the trigger.
static void find(const flow_turn *turn, double *wanted)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const double dt = turn->world->dt;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        double *state = state_of(turn, i);
        judge(turn, i, state);
        wanted[i] = 0.0;
        // Days are kept plus 1: 0 says that nothing was paid yet.
        const bool paused = state[PAID] > 0.0 && turn->day + 1.0 < state[PAID] + p->wait - 1e-9;
        if (!d->scope.in[i] || paused || forecast(turn, i) < p->trigger) { continue; }
        wanted[i] = flow_measure_people(turn, p->plan.who, i) / dt;
    }
}

/// A place is paid: its people spend the money over days, and some leave before the hazard.
static void act(flow_turn *turn, int32_t place, double persons)
{
    const param *p = turn->param;
    double *state = state_of(turn, place);
    double *income = turn->own[INCOME];
    const double dt = turn->world->dt;
    income[place] *= exp(-dt / p->spend);
    turn->own[HAZARD_FLOOD + p->cause][place] = 0.0;
    if (!(persons > 0.0)) { return; }
    state[PAID] = turn->day + 1.0;
    state[UNTIL] = state[PAID] + p->window;
    state[HIT] = turn->read[p->cause][place] > p->hit ? 1.0 : 0.0;
    state[DONE] = 0.0;
    income[place] += p->transfer / p->persons * persons / p->spend;
    const double all = flow_measure_people(turn, p->plan.who, place);
    const double trust = pow(1.0 - p->trust_loss, state[ALARMS]);
    const double gone = fmin(p->leave * trust * persons / all, 1.0 - 1e-9);
    turn->own[HAZARD_FLOOD + p->cause][place] = fmin(-log1p(-gone) / dt, 1000.0);
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const flow_world *w = turn->world;
    double *wanted = state_of(turn, w->n_place);
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    find(turn, wanted);
    const flow_service service = {.plan = &p->plan,
                                  .scope = &d->scope,
                                  .person_day = p->transfer / p->persons * (1.0 + p->overhead),
                                  .cap = wanted};
    const double *served = flow_measure_serve(turn, &service, works);
    for (int32_t i = 0; i < w->n_place; i++) { act(turn, i, served[i] * w->dt); }
    return FLOW_OK;
}

const flow_module flow_module_anticipatory_cash = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE,
    .name = "anticipatory_cash",
    .help = "Anticipatory cash: households are paid on a forecast, before the hazard strikes.",
    .source = "libflow: paid once where probability >= trigger; income = transfer / spend_days, "
              "falling by exp(-t / spend_days); leave * (1 - trust_loss)^false alarms go at once",
    .many = true,
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 1,
    .writes = "cost,income,hazard_flood,hazard_cyclone",
    .reads = "onset_flood,onset_cyclone,housing_damage",
    .load = load,
    .step = step};
