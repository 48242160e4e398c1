// Remittances: those who work elsewhere send a share of what they earn home; a part of it is lost
// to fees, the rest makes staying at home worth more and journeys from there easier to pay.
#include "flow/module.h"

#include <math.h>
#include <string.h>

enum { FEE, WAGE, PRICE, EMPLOYED };              // what it reads; the last one by status
enum { REMITTED, COST, RECEIVED, WORTH, WEALTH }; // own columns

typedef struct param {
    double share, fee;
    double earnings_usd; ///< 1/d
    double working_age, worth, worth_usd, wealth;
} param;

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    {"share", AT(share), FLOW_DOUBLE, "1", "0.15", 0, 1, NULL, 'V',
     "IFAD 2017, Sending Money Home: 85 % of earnings stay where they are earned",
     "Share of their earnings that people send home."},
    {"fee", AT(fee), FLOW_DOUBLE, "1", "0.0618", 0, 1, NULL, 'V',
     "World Bank, Remittance Prices Worldwide 47 (2023): mean of the world; 0.0739 to Sub-Saharan "
     "Africa; the Sustainable Development Goals ask for 0.03",
     "Share of a remittance that the transfer costs."},
    {"earnings_usd", AT(earnings_usd), FLOW_DOUBLE, "USD d-1", "10", 0, 1e6, NULL, 'A', "libflow",
     "What a person who works earns per day at wage 1."},
    {"working_age", AT(working_age), FLOW_DOUBLE, "1", "0.52", 0, 1, NULL, 'D',
     "UNHCR demographics 2025: 43 % of refugees are under 18, 5 % are 60 or more",
     "Share of those away who are of working age."},
    {"worth", AT(worth), FLOW_DOUBLE, "1", "0.1", -100, 100, NULL, 'A', "libflow",
     "Utility of staying that remittances add, b in b ln(1 + remittances per head / worth_usd)."},
    {"worth_usd", AT(worth_usd), FLOW_DOUBLE, "USD d-1", "1", 1e-9, 1e6, NULL, 'A', "libflow",
     "Remittances per head and day, at prices 1, that add b ln 2."},
    {"wealth", AT(wealth), FLOW_DOUBLE, "1", "1", 0, 1000, NULL, 'A', "libflow",
     "How much more money people have for a journey where remittances per head are as large as "
     "what "
     "one of them earns: 1, twice as much."},
    FLOW_FIELD_END};

/// What a row of people sends home per day.
static double sent_by(const flow_turn *turn, const flow_people *row)
{
    const param *p = turn->param;
    const int32_t place = row->place;
    if (row->home < 0 || row->home == place || turn->people[row->home] == 0) { return 0.0; }
    const double works = p->working_age * turn->read[EMPLOYED + row->status][place];
    return (double)row->persons * works * p->earnings_usd * turn->read[WAGE][place] * p->share;
}

static void transfer(flow_turn *turn)
{
    const param *p = turn->param;
    const size_t size = (size_t)turn->world->n_place * sizeof(double);
    for (int32_t c = REMITTED; c <= RECEIVED; c++) { memset(turn->own[c], 0, size); }
    for (int64_t k = 0; k < turn->n_crowd; k++) {
        const flow_people *row = &turn->crowd[k];
        const double usd = sent_by(turn, row);
        if (!(usd > 0.0)) { continue; }
        const double fee = usd * p->fee * turn->read[FEE][row->place];
        turn->own[REMITTED][row->place] += usd;
        turn->own[COST][row->place] += fee;
        turn->own[RECEIVED][row->home] += usd - fee;
    }
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    transfer(turn);
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        const double n = (double)turn->people[i];
        const double head = n > 0.0 ? turn->own[RECEIVED][i] / n : 0.0;
        const double earned = p->earnings_usd * turn->read[WAGE][i];
        const double worth = p->worth * log1p(head / turn->read[PRICE][i] / p->worth_usd);
        turn->own[WORTH][i] = fmin(fmax(worth, -100.0), 100.0);
        turn->own[WEALTH][i] = earned > 0.0 ? fmin(1.0 + p->wealth * head / earned, 1e6) : 1.0;
    }
    return FLOW_OK;
}

const flow_module flow_module_remittances = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_PROCESS,
    .name = "remittances",
    .help = "Those who work elsewhere send money home, less fees; it helps to stay and to travel.",
    .source = "libflow: sent = workers earnings share; received = sent (1 - fee); the New "
              "Economics of Labour Migration (Stark and Bloom 1985): utility of staying + b ln(1 + "
              "received per head)",
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "remitted,remittance_cost,remittances,worth,wealth_factor",
    .reads = "remittance_fee,wage,price_index,employed_resident,employed_idp,employed_refugee,"
             "employed_asylum,employed_labour,employed_irregular,employed_trafficked,"
             "employed_returnee,employed_resettled,employed_integrated",
    .step = step};
