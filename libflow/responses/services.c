// Services to people, day by day: food, water, health care, legal aid.
#include "flow/module.h"

#include <math.h>

typedef struct param {
    flow_measure plan;
    double units; ///< for one person, in a day or in a year
    double cost;  ///< USD
    double odds;  ///< legal aid: on recognition, when all are helped
} param;

/// What is alike in all of them but for a number.
typedef struct kind {
    double days; ///< for which `units` are given
    bool helps;  ///< it has the odds of claims as its last column
} kind;

typedef struct data {
    const kind *kind;
    flow_scope scope;
} data;

enum { SUPPLY, COST, ODDS }; // own columns

#define AT(member) offsetof(param, member)
#define SERVICE(lead, unit, what, days, amount, amount_tag, amount_source, price, tag, source)     \
    FLOW_MEASURE_TIME(param, plan, lead),                                                          \
        FLOW_MEASURE_PLACES(param, plan, "persons served (most_total: person-days)", "displaced"), \
        FLOW_MEASURE_TARGET(param, plan, "need"),                                                  \
        {"units",                                                                                  \
         AT(units),                                                                                \
         FLOW_DOUBLE,                                                                              \
         unit,                                                                                     \
         amount,                                                                                   \
         0.001,                                                                                    \
         1e6,                                                                                      \
         NULL,                                                                                     \
         amount_tag,                                                                               \
         amount_source,                                                                            \
         what " for one person in a " days "."},                                                   \
    {                                                                                              \
        "cost_unit", AT(cost), FLOW_DOUBLE, "USD", price, 0, 1e6, NULL, tag, source,               \
            "Cost of one of them, delivery included."                                              \
    }

static const flow_field food_rows[] = {
    SERVICE("14", "1", "Rations of 2,100 kcal", "day", "1", 'V', "Sphere Handbook, as in InaSAFE",
            "0.61", 'V', "World Food Programme 2020: 15 billion rations a year at 0.61 USD each"),
    FLOW_FIELD_END};

static const flow_field water_rows[] = {
    SERVICE("14", "l", "Litres of water", "day", "15", 'V',
            "Sphere Handbook, as in InaSAFE; 7.5 l to survive", "0.0075", 'V',
            "7 to 8 USD/m3 by truck in settlements in Uganda; from wells less than 1 USD/m3; 7 to "
            "12 USD a person and year in camps (IRC and UNHCR 2015)"),
    FLOW_FIELD_END};

static const flow_field health_rows[] = {
    SERVICE("30", "1", "Consultations", "year", "2", 'R',
            "Sphere Handbook: 2 to 4 new consultations per person and year", "20", 'A', "libflow"),
    FLOW_FIELD_END};

static const flow_field legal_rows[] = {
    SERVICE("60", "1", "Cases", "year", "2.03", 'A', "libflow: a case takes 180 days", "950", 'V',
            "610 GBP a case of first advice to asylum seekers in England and Wales 2009; in other "
            "countries much less"),
    {"odds", AT(odds), FLOW_DOUBLE, "1", "1.5", 1, 100, NULL, 'A', "libflow",
     "Factor on the odds that a claim is recognised where everybody who claims is helped."},
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup, const kind *k)
{
    const param *p = setup->param;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a service"); }
    d->kind = k;
    setup->data = d;
    setup->n_state = flow_measure_n_state(setup->world);
    return flow_measure_load(setup, &p->plan, &d->scope);
}

/// Odds of claims in each country: all those who claim there, and those of them who are helped.
static void raise_odds(flow_turn *turn, const double *served)
{
    const param *p = turn->param;
    const flow_world *w = turn->world;
    for (int32_t c = 0; c < w->n_country; c++) {
        double claims = 0.0, helped = 0.0;
        for (int32_t i = 0; i < w->n_place; i++) {
            if (w->place_country[i] != c) { continue; }
            const double n = (double)turn->by_status[(int64_t)FLOW_STATUS_ASYLUM * w->n_place + i];
            const double need = fmax(turn->read[FLOW_READ_NEED][i], n);
            claims += n;
            helped += n > 0.0 ? n * fmin(served[i] / need, 1.0) : 0.0;
        }
        turn->own[ODDS][c] = 1.0 + (p->odds - 1.0) * (claims > 0.0 ? helped / claims : 0.0);
    }
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    const double unit = p->units / d->kind->days; // a day and person
    const flow_service service = {
        .plan = &p->plan, .scope = &d->scope, .person_day = unit * p->cost, .sector = true};
    const double *served = flow_measure_serve(turn, &service, works);
    for (int32_t i = 0; i < turn->world->n_place; i++) { turn->own[SUPPLY][i] = unit * served[i]; }
    if (d->kind->helps) { raise_odds(turn, served); }
    return FLOW_OK;
}

#define MODULE(id, rows, days, helps, text, formula, sector, supply)                               \
    static flow_err load_##id(flow_setup *setup)                                                   \
    {                                                                                              \
        static const kind k = {days, helps};                                                       \
        return load(setup, &k);                                                                    \
    }                                                                                              \
    const flow_module flow_module_##id = {.version = FLOW_MODULE_VERSION,                          \
                                          .kind = FLOW_RESPONSE,                                   \
                                          .name = #id,                                             \
                                          .help = text,                                            \
                                          .source = formula,                                       \
                                          .many = true,                                            \
                                          .crowd = true,                                           \
                                          .field = rows,                                           \
                                          .param_size = sizeof(param),                             \
                                          .writes = supply,                                        \
                                          .reads = FLOW_MEASURE_READS(sector),                     \
                                          .load = load_##id,                                       \
                                          .step = step};

MODULE(food_aid, food_rows, 1.0, false, "Food assistance in kind: rations where food is needed.",
       "libflow: rations = units * persons served; cost = rations * cost_unit", "food",
       "food_rations,cost")
MODULE(water_supply, water_rows, 1.0, false, "Water by truck or well, with sanitation.",
       "libflow: litres = units * persons served; cost = litres * cost_unit", "water", "water,cost")
MODULE(health_care, health_rows, 365.25, false, "Health care: consultations where they are needed.",
       "libflow: consultations = units / 365.25 * persons served", "health",
       "health_consultations,cost")
MODULE(legal_aid, legal_rows, 365.25, true, "Legal aid: cases taken on, claims better founded.",
       "libflow: cases = units / 365.25 * persons served; odds of claims = 1 + (odds - 1) * share "
       "helped",
       "legal", "legal_cases,cost,recognition_odds")
