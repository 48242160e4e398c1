// Warning: people leave before a hazard strikes, as they trust the warning and see others leave.
#include "flow/module.h"

#include <math.h>

enum { CAUSE_FLOOD, CAUSE_CYCLONE, CAUSE_OTHER };
enum { LEVEL_NONE, LEVEL_ADVICE, LEVEL_ORDER };
enum { PLACE, DATE, LEVEL, MOBILE }; // columns
enum { SAFETY = CAUSE_OTHER + 1 };   // own column behind the hazards by cause
enum { DAMAGE = CAUSE_OTHER + 1 };   // what it reads behind onsets by cause
enum { LEVEL_NOW, SINCE, BEFORE, GONE, SEEN, HIT, ALARMS, LAST, N }; // state of a place

typedef struct param {
    char *series;
    int32_t cause;
    double base, order, trust_effect, seen, mobile, alarm; ///< logits
    double trust, trust_loss;                              ///< 1
    double half;                                           ///< h
    double power;                                          ///< 1
    double advice_threat, order_threat;                    ///< 1
    double hit;                                            ///< 1
} param;

#define AT(member) offsetof(param, member)
#define HUANG                                                                                      \
    "Direction: Huang, Lindell and Prater 2016, doi:10.1177/0013916515578485; level: more than "   \
    "half of a mandatory zone left before Katrina, 30 % before Sandy (Gladwin)"
#define LOGIT(key, value, tag, source, help)                                                       \
    {                                                                                              \
#key, AT(key), FLOW_DOUBLE, "1", value, -100, 100, NULL, tag, source, help                 \
    }
static const flow_field fields[] = {
    {"series", AT(series), FLOW_TEXT, "", "warnings.csv", 0, 0, NULL, '-', "",
     "Table of warnings by place and date."},
    {"cause", AT(cause), FLOW_CHOICE, "", "cyclone", 0, 0, "flood|cyclone|other", '-', "",
     "What is warned of: the cause of the departures."},
    LOGIT(base, "-2.5", 'A', HUANG, "Logit of leaving on advice, without trust."),
    LOGIT(order, "2", 'A', HUANG, "Added by an order to leave."),
    LOGIT(trust_effect, "1", 'A', HUANG, "Added by full trust in the warning."),
    LOGIT(seen, "0.5", 'A', HUANG, "Added when all others have left."),
    LOGIT(mobile, "1", 'A', HUANG, "Added for people in mobile or weak homes."),
    LOGIT(alarm, "0.2", 'A', "Direction: Huang, Lindell and Prater 2016",
          "Taken away by each false alarm before."),
    {"trust", AT(trust), FLOW_DOUBLE, "1", "0.7", 0, 1, NULL, 'A', "libflow",
     "Trust in warnings at the beginning."},
    {"trust_loss", AT(trust_loss), FLOW_DOUBLE, "1", "0.1", 0, 1, NULL, 'A', "libflow",
     "Share of the trust that a false alarm takes away."},
    {"half", AT(half), FLOW_DOUBLE, "h", "12", 0.01, 10000, NULL, 'A', "libflow",
     "Hours from the warning until half of those who go have left."},
    {"power", AT(power), FLOW_DOUBLE, "1", "2", 0.1, 20, NULL, 'R',
     "Rayleigh curve of departures, Tweedie and others 1986",
     "Shape of the curve of departures, 1: exponential, 2: Rayleigh."},
    {"advice_threat", AT(advice_threat), FLOW_DOUBLE, "1", "0.5", 0, 1, NULL, 'A', "libflow",
     "Threat seen in a place under advice: nobody goes home at 1, and few choose the place."},
    {"order_threat", AT(order_threat), FLOW_DOUBLE, "1", "1", 0, 1, NULL, 'A', "libflow",
     "The same under an order."},
    {"hit", AT(hit), FLOW_DOUBLE, "1", "0.001", 0, 1, NULL, 'A', "libflow",
     "Share of people driven out, or of homes damaged, from which the warning was no false alarm."},
    FLOW_FIELD_END};

static const flow_field columns[] = {
    {"place", 0, FLOW_PLACE, "", NULL, 0, 0, NULL, '-', "", "Name of a place."},
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "",
     "When it is given; it holds until the next row of the place."},
    {"level", 0, FLOW_CHOICE, "", NULL, 0, 0, "none|advice|order", '-', "",
     "Advice to leave, an order to leave, or none: the warning is over."},
    {"mobile", 0, FLOW_DOUBLE, "1", "0", 0, 1, NULL, '-', "",
     "Share of the people in mobile or weak homes."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"series", true, NULL, columns, "it tells who is warned and when"}};

typedef struct data {
    const flow_rows *rows;
    const flow_place_series *series;
} data;

static flow_err load(flow_setup *setup)
{
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for warning"); }
    d->rows = &setup->rows[0];
    setup->data = d;
    setup->n_state = (int64_t)N * setup->world->n_place;
    return flow_setup_series(setup, 0, PLACE, DATE, &d->series);
}

// Formulas ---------------------------------------------------------------------------------------

static double logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

/// Share of the people who go at last, if all stays as it is.
static double willing(const param *p, const double *state, bool order, double mobile)
{
    const double trust = p->trust * pow(1.0 - p->trust_loss, state[ALARMS]);
    const double x = p->base + (order ? p->order : 0.0) + p->trust_effect * trust +
                     p->seen * state[SEEN] - p->alarm * state[ALARMS];
    return (1.0 - mobile) * logistic(x) + mobile * logistic(x + p->mobile);
}

/// Of those who go, the share that has left days after the warning.
static double departed(const param *p, double days)
{
    return -expm1(-0.69314718055994530942 * pow(24.0 * days / p->half, p->power));
}

// Steps ------------------------------------------------------------------------------------------

/// A warning holds at a place. People see every hour how many others have left, so that the length
/// of a step does not matter. Returns the hazard, integrated.
static double hold(const param *p, double *state, int64_t row, const flow_rows *rows, double from,
                   double to)
{
    const bool order = (int32_t)rows->value[LEVEL][row] == LEVEL_ORDER;
    double hazard = 0.0;
    while (from < to) {
        const double hours = floor(24.0 * (from - state[SINCE]) + 1e-4);
        const bool full = 24.0 * (from - state[SINCE]) - hours < 1e-4;
        const double next = fmin(state[SINCE] + (hours + 1.0) / 24.0, to);
        if (full) { state[SEEN] = state[GONE]; }
        const double all = willing(p, state, order, rows->value[MOBILE][row]);
        const double more = (all - state[BEFORE]) * departed(p, next - state[SINCE]);
        const double gone = fmin(state[BEFORE] + more, 1.0 - 1e-9);
        if (gone > state[GONE]) {
            hazard += log1p(-state[GONE]) - log1p(-gone);
            state[GONE] = gone;
        }
        from = next;
    }
    return hazard;
}

/// One row of the table, or none, from one moment of a step to another.
static double warn(const flow_turn *turn, int32_t place, double from, double to, bool hit)
{
    const param *p = turn->param;
    const data *d = turn->data;
    double *state = turn->state + (int64_t)N * place;
    const int64_t row = flow_place_series_row(d->series, place, from);
    const int32_t level = row >= 0 ? (int32_t)d->rows->value[LEVEL][row] : LEVEL_NONE;
    if (level == LEVEL_NONE) {
        if (state[LEVEL_NOW] > 0.0 && !(state[HIT] > 0.0)) { state[ALARMS] += 1.0; }
        state[LEVEL_NOW] = 0.0;
        return 0.0;
    }
    if (!(state[LEVEL_NOW] > 0.0)) { state[GONE] = state[HIT] = 0.0; }
    if (fabs(level - state[LEVEL_NOW]) > 0.5) { // whoever hears of it now needs time to go
        state[LEVEL_NOW] = level;
        state[SINCE] = from;
        state[BEFORE] = state[GONE];
    }
    if (hit) { state[HIT] = 1.0; }
    const double threat = level == LEVEL_ORDER ? p->order_threat : p->advice_threat;
    turn->own[SAFETY][place] -= threat * (to - from) / turn->world->dt;
    return hold(p, state, row, d->rows, from, to);
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const double dt = turn->world->dt;
    const double end = turn->day + dt;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        double *state = turn->state + (int64_t)N * i;
        const double damage = turn->read[DAMAGE][i];
        const bool hit = turn->read[p->cause][i] > p->hit || damage > state[LAST] + p->hit;
        double hazard = 0.0;
        turn->own[SAFETY][i] = 1.0;
        for (double from = turn->day; from < end;) {
            const double next = fmin(flow_place_series_next(d->series, i, from), end);
            hazard += warn(turn, i, from, next, hit);
            from = next;
        }
        turn->own[SAFETY][i] = fmax(turn->own[SAFETY][i], 0.0);
        turn->own[p->cause][i] = fmin(hazard / dt, 1000.0);
        state[LAST] = damage;
    }
    return FLOW_OK;
}

const flow_module flow_module_warning = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE,
    .name = "warning",
    .help =
        "Warnings and orders to leave: people go before the hazard strikes, as they trust them.",
    .source = "libflow: share who go = logit^-1(base + order + trust_effect * trust + seen * share "
              "gone + mobile - alarm * false alarms), by hours since the level as 1 - 2^-((hours / "
              "half)^power)",
    .many = true,
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 1,
    .writes = "hazard_flood,hazard_cyclone,hazard_other,safety",
    .reads = "onset_flood,onset_cyclone,onset_other,housing_damage",
    .load = load,
    .step = step};
