// Programmes for people: so many take part, and what it does grows with their share.
#include "flow/module.h"

#include <math.h>

enum { MOST = 5 }; // effects of one programme

typedef struct param {
    flow_measure plan;
    double cost; ///< USD per person and day, or by what `priced` says
    double effect[MOST];
} param;

/// How an effect is written.
enum {
    SHARE,   // at places: from neutral to the parameter as all take part
    PERSONS, // at places: the parameter for each who takes part
    BY_LAND, // in countries: as SHARE, of all in the country
    BY_LINK  // on links: as SHARE, at the place where they start
};

typedef struct effect {
    int32_t how;
    double neutral;
} effect;

/// What is alike in all programmes but for a table.
typedef struct kind {
    int32_t n;
    effect effect[MOST]; ///< [n] the parameters in their order, and own columns behind cost
    bool priced;         ///< cost is for a unit of the first effect, not for a day
} kind;

typedef struct data {
    const kind *kind;
    flow_scope scope;
} data;

#define AT(member) offsetof(param, member)
#define PROGRAMME(lead, meant)                                                                     \
    FLOW_MEASURE_TIME(param, plan, lead),                                                          \
        FLOW_MEASURE_PLACES(param, plan, "persons at a time (most_total: person-days)", meant)
#define COST(key, unit, value, most, tag, source, help)                                            \
    {                                                                                              \
        key, AT(cost), FLOW_DOUBLE, unit, value, 0, most, NULL, tag, source, help                  \
    }
#define EFFECT(k, key, unit, value, most, tag, source, help)                                       \
    {                                                                                              \
        key, AT(effect[k]), FLOW_DOUBLE, unit, value, 0, most, NULL, tag, source, help             \
    }

static const flow_field information_rows[] = {
    PROGRAMME("30", "all"),
    COST("cost_person_day", "USD d-1", "0.02", 1e4, 'A', "libflow: 7 USD a year",
         "Cost of keeping a person informed for a day."),
    EFFECT(0, "awareness", "1", "1", 1, 'A', "libflow",
           "Share of those reached who know routes, risks and services."),
    EFFECT(1, "risk_awareness", "1", "1", 1, 'A',
           "Direction: a randomised trial found more awareness of risks and fewer plans to leave "
           "irregularly after three months (Tjaden and Dunsch 2021)",
           "Share of those reached who then know the true risks of irregular ways."),
    FLOW_FIELD_END};
static const kind information = {2, {{SHARE, 0.0}, {BY_LINK, 0.0}}, false};

static const flow_field host_rows[] = {
    PROGRAMME("60", "residents"),
    COST("cost_person_day", "USD d-1", "0.03", 1e4, 'A', "libflow: 11 USD a year",
         "Cost per resident who takes part and day."),
    EFFECT(0, "relief", "1", "0.5", 1, 'A', "libflow",
           "Share of the strain of newcomers that is taken from hosts when all take part."),
    EFFECT(1, "consultations", "d-1", "0.0005", 1, 'A', "libflow: one in 5 years",
           "Health consultations per day for each who takes part, for guests too."),
    EFFECT(2, "school_places", "1", "0.01", 1, 'A', "libflow",
           "Places at school for each who takes part, for guests too."),
    FLOW_FIELD_END};
static const kind host = {3, {{SHARE, 0.0}, {PERSONS, 0.0}, {PERSONS, 0.0}}, false};

static const flow_field remittance_rows[] = {
    PROGRAMME("180", "newcomers"),
    COST("cost_person_day", "USD d-1", "0", 1e4, 'A', "libflow: a rule, not a service",
         "Cost per newcomer and day."),
    EFFECT(0, "fee_factor", "1", "0.4854", 1, 'V',
           "From 6.18 % (Remittance Prices Worldwide 47, World Bank, Q3 2023) to the 3 % of "
           "Sustainable Development Goal 10.c",
           "Factor on the fees of remittances from where all take part."),
    FLOW_FIELD_END};
static const kind remittance = {1, {{SHARE, 1.0}}, false};

static const flow_field integration_rows[] = {
    PROGRAMME("60", "displaced"),
    COST("cost_hour", "USD h-1", "6.6", 1e4, 'V',
         "4.58 EUR for a lesson of 45 minutes in Germany, 3,504 EUR for a course of 700 lessons "
         "(BAMF 2025)",
         "Cost of an hour of a course for one person."),
    EFFECT(0, "hours", "h d-1", "1.5", 24, 'D', "525 hours of a general course over a year",
           "Hours of language and orientation courses a day for those who take part."),
    EFFECT(1, "matching", "1", "1.2", 10, 'A',
           "Direction: 40 to 70 % more are employed where placement follows data (Bansak and "
           "others 2018, recalled); counselling does less",
           "Factor on the pace at which newcomers find work when all take part."),
    EFFECT(2, "chances", "1", "1", 10, 'A', "libflow",
           "Factor on the share of newcomers who find work in the long run when all take part."),
    EFFECT(3, "work_asylum", "1", "0", 1, '-', "",
           "Share of asylum seekers who take part that may work at once."),
    FLOW_FIELD_END};
static const kind integration = {
    4, {{SHARE, 0.0}, {SHARE, 1.0}, {SHARE, 1.0}, {BY_LAND, 0.0}}, true};

static const flow_field livelihood_rows[] = {
    PROGRAMME("90", "residents"),
    COST("cost_person_day", "USD d-1", "0.3", 1e4, 'A', "libflow: 110 USD a year",
         "Cost per person who takes part and day."),
    EFFECT(0, "wage_factor", "1", "1.1", 100, 'A', "libflow",
           "Factor on wages where all take part."),
    EFFECT(1, "worth", "1", "0.2", 100, 'A', "libflow",
           "Utility added to staying where all take part: services are there again."),
    FLOW_FIELD_END};
static const kind livelihood = {2, {{SHARE, 1.0}, {SHARE, 0.0}}, false};

static const flow_field safe_rows[] = {
    PROGRAMME("30", "displaced"),
    COST("cost_person_day", "USD d-1", "0.05", 1e4, 'A', "libflow: 18 USD a year",
         "Cost per person who is covered and day."),
    EFFECT(0, "incident_factor", "1", "0.7", 1, 'A', "libflow",
           "Factor on protection incidents where all are covered."),
    FLOW_FIELD_END};
static const kind safe = {1, {{SHARE, 1.0}}, false};

static flow_err load(flow_setup *setup, const kind *k)
{
    const param *p = setup->param;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a programme"); }
    d->kind = k;
    setup->data = d;
    setup->n_state = flow_measure_n_state(setup->world);
    return flow_measure_load(setup, &p->plan, &d->scope);
}

/// Share of the people meant at a place who take part.
static double share_at(const flow_turn *turn, const double *served, int32_t place)
{
    const param *p = turn->param;
    const double all = flow_measure_people(turn, p->plan.who, place);
    return all > 0.0 ? fmin(served[place] / all, 1.0) : 0.0;
}

static double share_in(const flow_turn *turn, const double *served, int32_t country)
{
    const param *p = turn->param;
    double all = 0.0, part = 0.0;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        if (turn->world->place_country[i] != country) { continue; }
        all += flow_measure_people(turn, p->plan.who, i);
        part += served[i];
    }
    return all > 0.0 ? fmin(part / all, 1.0) : 0.0;
}

static void write(flow_turn *turn, const double *served, int32_t k)
{
    const param *p = turn->param;
    const effect *e = &((const data *)turn->data)->kind->effect[k];
    const flow_world *w = turn->world;
    double *own = turn->own[1 + k];
    const double full = p->effect[k] - e->neutral;
    switch (e->how) {
    case SHARE:
        for (int32_t i = 0; i < w->n_place; i++) {
            own[i] = e->neutral + full * share_at(turn, served, i);
        }
        break;
    case PERSONS:
        for (int32_t i = 0; i < w->n_place; i++) { own[i] = p->effect[k] * served[i]; }
        break;
    case BY_LAND:
        for (int32_t c = 0; c < w->n_country; c++) {
            own[c] = e->neutral + full * share_in(turn, served, c);
        }
        break;
    default:
        for (int32_t l = 0; l < w->n_link; l++) {
            own[l] = e->neutral + full * share_at(turn, served, w->link_from[l]);
        }
        break;
    }
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    const flow_service service = {.plan = &p->plan,
                                  .scope = &d->scope,
                                  .person_day = p->cost * (d->kind->priced ? p->effect[0] : 1.0)};
    const double *served = flow_measure_serve(turn, &service, works);
    for (int32_t k = 0; k < d->kind->n; k++) { write(turn, served, k); }
    return FLOW_OK;
}

#define MODULE(id, table, text, formula, list)                                                     \
    static flow_err load_##id(flow_setup *setup)                                                   \
    {                                                                                              \
        return load(setup, &table);                                                                \
    }                                                                                              \
    const flow_module flow_module_##id = {.version = FLOW_MODULE_VERSION,                          \
                                          .kind = FLOW_RESPONSE,                                   \
                                          .name = #id,                                             \
                                          .help = text,                                            \
                                          .source = formula,                                       \
                                          .many = true,                                            \
                                          .crowd = true,                                           \
                                          .field = table##_rows,                                   \
                                          .param_size = sizeof(param),                             \
                                          .writes = "cost," list,                                  \
                                          .load = load_##id,                                       \
                                          .step = step};

#define FORMULA "libflow: effect = neutral + (value - neutral) * share of the people who take part"
MODULE(information_campaign, information,
       "Information on routes, risks and services, by app, radio or talk.", FORMULA,
       "awareness,risk_awareness")
MODULE(host_programme, host, "Support of the people who host: less strain, more services.", FORMULA,
       "host_support,health_consultations,school_places")
MODULE(remittance_fees, remittance, "Lower fees for sending money home.", FORMULA, "remittance_fee")
MODULE(integration_programme, integration,
       "Language courses, orientation, help to find work, an early right to work.", FORMULA,
       "language_hours,employment_pace,employment_ceiling,work_right_asylum")
MODULE(livelihoods, livelihood, "Jobs and services where people come from.", FORMULA, "wage,worth")
MODULE(safe_spaces, safe, "Safe spaces and child protection: fewer incidents.", FORMULA,
       "incident_factor")
