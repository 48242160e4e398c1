// Status: the rates at which it changes, and what countries make of people who come and claim.
#include "flow/module.h"

#include <math.h>

/// Own columns, in the order of `writes`.
enum {
    CLAIM,
    NATURALISE,
    SETTLE,
    REMAIN,
    REINTEGRATE,
    OVERSTAY,
    REGULARISE,
    ESTABLISH,
    EXPLOIT,
    FORCE_LABOUR,
    IDENTIFY,
    N_RATE,
    REDISPLACEMENT = N_RATE,
    RECOGNITION,
    PRIMA_FACIE,
    CLAIM_SHARE,
    APPEALS,
    DECISIONS,
    RECOGNITION_ODDS,
    RESETTLEMENT_PLACES,
    WORK_RIGHT, // first of the ten statuses
    N_OWN = WORK_RIGHT + FLOW_N_STATUS
};

/// What a country decides, in the order of the columns of policies.csv and of `writes`.
enum { COUNTRY, DATE, POLICY, N_POLICY = N_OWN - PRIMA_FACIE };
enum { HOME, HOME_DATE, HOME_RECOGNITION }; // columns of origins.csv

typedef struct param {
    char *policies, *origins;
    double rate[N_RATE + 1]; ///< 1/yr
    double recognition;
    double policy[N_POLICY];
} param;

#define AT(member) offsetof(param, member)
#define RATE(name, WHICH, value, tag, source, help)                                                \
    {                                                                                              \
        name, AT(rate[WHICH]), FLOW_DOUBLE, "year-1", value, 0, 1000, NULL, tag, source, help      \
    }
#define POLICY_OF(name, WHICH, unit, value, most, tag, source, help)                               \
    {                                                                                              \
        name, AT(policy[(WHICH)-PRIMA_FACIE]), FLOW_DOUBLE, unit, value, 0, most, NULL, tag,       \
            source, help " Countries differ by policies."                                          \
    }
#define WORK(name, STATUS, value, tag, source)                                                     \
    {                                                                                              \
        "work_" name, AT(policy[WORK_RIGHT - PRIMA_FACIE + FLOW_STATUS_##STATUS]), FLOW_DOUBLE,    \
            "1", value, 0, 1, NULL, tag, source,                                                   \
            "Share of people of status " name " who may work. Countries differ by policies."       \
    }
#define OURS "libflow"

static const flow_field fields[] = {
    {"policies", AT(policies), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Table of what countries decide, by country and date; empty: all do as the parameters say."},
    {"origins", AT(origins), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Table of shares of claims that are recognised, by country of origin and date."},
    RATE("claim", CLAIM, "0.1", 'A', OURS, "Rate at which people without status claim asylum."),
    RATE("naturalise", NATURALISE, "0.0061", 'D',
         "UNHCR refugee statistics: naturalised refugees over the stock of countries that report",
         "Rate at which refugees are naturalised."),
    RATE("settle", SETTLE, "0.2", 'A', OURS ": five years",
         "Rate at which resettled people are naturalised."),
    RATE("remain", REMAIN, "0.02", 'A', OURS,
         "Rate at which internally displaced people settle for good where they are."),
    RATE("reintegrate", REINTEGRATE, "0.5", 'A', OURS ": two years",
         "Rate at which returnees are at home again."),
    RATE("overstay", OVERSTAY, "0.05", 'A', OURS,
         "Rate at which permits of labour migrants end who stay."),
    RATE("regularise", REGULARISE, "0.02", 'A', OURS,
         "Rate at which people without status get a permit."),
    RATE("establish", ESTABLISH, "0.03", 'A', OURS,
         "Rate at which labour migrants may stay for good."),
    RATE("exploit", EXPLOIT, "0.002", 'A',
         OURS
         ": with identify, in the long run 10 in 1,000; ILO, Walk Free and IOM 2022 have 14 in "
         "1,000 adult migrants in forced labour",
         "Rate at which people without status are trafficked."),
    RATE("force_labour", FORCE_LABOUR, "0.001", 'A', OURS,
         "Rate at which labour migrants are trafficked."),
    RATE("identify", IDENTIFY, "0.2", 'A', OURS ": five years",
         "Rate at which victims of trafficking are identified without a programme for it; they are "
         "without status then."),
    RATE("redisplaced", REDISPLACEMENT, "0.1", 'A', OURS ": 0.05 to 0.2",
         "Rate at which returnees leave again, beside all other causes."),
    {"recognition", AT(recognition), FLOW_DOUBLE, "1", "0.59", 0, 1, NULL, 'D',
     "UNHCR refugee statistics, 2023: refugee and other protection over substantive decisions, "
     "worldwide",
     "Share of decided claims that are recognised, of people of any origin."},
    POLICY_OF("prima_facie", PRIMA_FACIE, "1", "0", 1, 'A', OURS,
              "Share of the people driven into a country who are refugees on arrival."),
    POLICY_OF("claim_share", CLAIM_SHARE, "1", "0.5", 1, 'A', OURS,
              "Share of the others driven into a country who claim asylum on arrival."),
    POLICY_OF("appeals", APPEALS, "1", "0.3", 1, 'A', OURS,
              "Share of rejected claims that are decided once more."),
    POLICY_OF("decisions", DECISIONS, "d-1", "0", 1e10, '-', "nobody decides unless it is said",
              "Claims decided per day; 1e10: all."),
    POLICY_OF("recognition_odds", RECOGNITION_ODDS, "1", "1", 1e6, '-', "as elsewhere",
              "Factor on the odds that a claim is recognised."),
    POLICY_OF("resettlement_places", RESETTLEMENT_PLACES, "d-1", "0", 1e10, '-',
              "nobody is taken in unless it is said",
              "Refugees in other countries taken in per day."),
    WORK("resident", RESIDENT, "1", '-', "by definition"),
    WORK("idp", IDP, "1", '-', "citizens"),
    WORK("refugee", REFUGEE, "1", 'A',
         "Convention relating to the Status of Refugees 1951, "
         "articles 17 to 19; many states have reservations"),
    WORK("asylum", ASYLUM, "0", 'A', OURS),
    WORK("labour", LABOUR, "1", '-', "by definition"),
    WORK("irregular", IRREGULAR, "0", '-', "by definition"),
    WORK("trafficked", TRAFFICKED, "0", 'A', OURS),
    WORK("returnee", RETURNEE, "1", '-', "citizens"),
    WORK("resettled", RESETTLED, "1", 'A', OURS),
    WORK("integrated", INTEGRATED, "1", '-', "by definition"),
    FLOW_FIELD_END};

#define CELL(name, unit, most, help)                                                               \
    {                                                                                              \
        name, 0, FLOW_DOUBLE, unit, "", 0, most, NULL, '-', "", help                               \
    }
#define CELL_WORK(name)                                                                            \
    CELL("work_" name, "1", 1, "Share of people of status " name " who may work.")

static const flow_field policy_columns[] = {
    {"country", 0, FLOW_COUNTRY, "", NULL, 0, 0, NULL, '-', "", "Country that decides."},
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "",
     "Day from which the row holds, until the next one of the country; an empty cell and the time "
     "before the first row: as the parameter of the same name says."},
    CELL("prima_facie", "1", 1, "Share of the people driven in who are refugees on arrival."),
    CELL("claim_share", "1", 1, "Share of the others who claim asylum on arrival."),
    CELL("appeals", "1", 1, "Share of rejected claims that are decided once more."),
    CELL("decisions", "d-1", 1e10, "Claims decided per day."),
    CELL("recognition_odds", "1", 1e6, "Factor on the odds that a claim is recognised."),
    CELL("resettlement_places", "d-1", 1e10, "Refugees in other countries taken in per day."),
    CELL_WORK("resident"),
    CELL_WORK("idp"),
    CELL_WORK("refugee"),
    CELL_WORK("asylum"),
    CELL_WORK("labour"),
    CELL_WORK("irregular"),
    CELL_WORK("trafficked"),
    CELL_WORK("returnee"),
    CELL_WORK("resettled"),
    CELL_WORK("integrated"),
    FLOW_FIELD_END};

static const flow_field origin_columns[] = {
    {"country", 0, FLOW_COUNTRY, "", NULL, 0, 0, NULL, '-', "", "Country where people come from."},
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "",
     "Day from which the row holds, until the next one of the country."},
    {"recognition", 0, FLOW_DOUBLE, "1", NULL, 0, 1, NULL, '-', "",
     "Share of decided claims that are recognised, of people from there."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"policies", false, NULL, policy_columns, "it lists what countries decide"},
    {"origins", false, NULL, origin_columns, "it lists how claims are decided"}};

static bool equal(double a, double b)
{
    return a >= b && a <= b;
}

static void check_days(flow_setup *setup, int32_t table)
{
    const flow_rows *rows = &setup->rows[table];
    for (int64_t i = 0; i < rows->n; i++) {
        for (int64_t k = 0; k < i; k++) {
            if (!equal(rows->value[COUNTRY][i], rows->value[COUNTRY][k]) ||
                !equal(rows->value[DATE][i], rows->value[DATE][k])) {
                continue;
            }
            flow_setup_error(setup, table, i, DATE, "the country has a row of this day already");
            break;
        }
    }
}

static flow_err load(flow_setup *setup)
{
    check_days(setup, 0);
    check_days(setup, 1);
    setup->data = setup->rows;
    return FLOW_OK;
}

/// The last row of a country that is not after a day, -1: none.
static int64_t row_of(const flow_rows *rows, int32_t country, double day)
{
    int64_t found = -1;
    for (int64_t i = 0; i < rows->n; i++) {
        const double date = rows->value[DATE][i];
        if ((int32_t)rows->value[COUNTRY][i] != country || date > day) { continue; }
        if (found < 0 || date > rows->value[DATE][found]) { found = i; }
    }
    return found;
}

static void set(double *at, double value, bool *same)
{
    *same = *same && equal(*at, value);
    *at = value;
}

/// What countries decide in this step, and how claims are decided.
static bool set_policies(flow_turn *turn)
{
    const param *p = turn->param;
    const flow_world *w = turn->world;
    const flow_rows *policies = turn->data, *origins = policies + 1;
    bool same = true;
    for (int32_t c = 0; c < w->n_country; c++) {
        const int64_t row = row_of(policies, c, turn->day);
        for (int32_t k = 0; k < N_POLICY; k++) {
            const double cell = row >= 0 ? policies->value[POLICY + k][row] : (double)NAN;
            set(&turn->own[PRIMA_FACIE + k][c], isnan(cell) ? p->policy[k] : cell, &same);
        }
    }
    for (int32_t i = 0; i < w->n_place; i++) {
        const int64_t row = row_of(origins, w->place_country[i], turn->day);
        set(&turn->own[RECOGNITION][i],
            row >= 0 ? origins->value[HOME_RECOGNITION][row] : p->recognition, &same);
    }
    return same;
}

/// People who cross borders in the first step find policies in force.
static flow_err start(flow_turn *turn)
{
    const param *p = turn->param;
    for (int32_t c = 0; c <= N_RATE; c++) {
        for (int32_t i = 0; i < turn->world->n_place; i++) {
            turn->own[c][i] = p->rate[c] / 365.2425;
        }
    }
    (void)set_policies(turn);
    return FLOW_OK;
}

static flow_err step(flow_turn *turn)
{
    turn->unchanged = set_policies(turn);
    return FLOW_OK;
}

const flow_module flow_module_status = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_PROCESS,
    .name = "status",
    .help = "Rules and rates of status: claims, decisions, resettlement, settling, rights to work.",
    .source = "libflow",
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 2,
    .writes = "change_claim,change_naturalise,change_settle,change_remain,change_reintegrate,"
              "change_overstay,change_regularise,change_establish,change_exploit,"
              "change_force_labour,change_identify,redisplacement,recognition,prima_facie,"
              "claim_share,appeals,decisions,recognition_odds,resettlement_places,"
              "work_right_resident,work_right_idp,work_right_refugee,work_right_asylum,"
              "work_right_labour,work_right_irregular,work_right_trafficked,work_right_returnee,"
              "work_right_resettled,work_right_integrated",
    .load = load,
    .start = start,
    .step = step};
