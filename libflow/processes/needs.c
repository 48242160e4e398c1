// Needs: who needs assistance, by place and sector, and who gets it.
#include "flow/module.h"

#include <math.h>

enum {
    DAMAGE,
    FOOD,
    ACCEPTANCE,
    INCOME,
    REMITTANCES,
    PRICE,
    REGISTERED,
    REPORTED,
    SUPPLY,                           // first of the six services
    EMPLOYED = SUPPLY + FLOW_N_SECTOR // first of the ten statuses
};
enum { IN_NEED, REACHED = IN_NEED + FLOW_N_SECTOR }; // own columns, by sector

typedef struct param {
    double counts[FLOW_N_STATUS]; ///< share who count as displaced
    double legal[FLOW_N_STATUS];  ///< share who need legal aid
    double own[FLOW_N_SECTOR];    ///< share who have it without assistance, outside camps
    double spend[FLOW_N_SECTOR];  ///< share of cash that goes there
    double price_usd[FLOW_N_SECTOR];
    double camps; ///< part of `own` that holds in camps, too
    double host_room, working_age, provides, school_age;
    double water_l, consultations, case_days;
    bool camp_shelter, by_register;
} param;

#define AT(member) offsetof(param, member)
#define COUNTS(name, STATUS, value, tag, source)                                                   \
    {                                                                                              \
        "counts_" name, AT(counts[FLOW_STATUS_##STATUS]), FLOW_DOUBLE, "1", value, 0, 1, NULL,     \
            tag, source,                                                                           \
            "Share of people of status " name " who are displaced and may need assistance."        \
    }
#define LEGAL(name, STATUS, value)                                                                 \
    {                                                                                              \
        "legal_" name, AT(legal[FLOW_STATUS_##STATUS]), FLOW_DOUBLE, "1", value, 0, 1, NULL, 'A',  \
            "libflow", "Share of people of status " name " who need legal aid."                    \
    }
#define OWN(name, SECTOR, value, help)                                                             \
    {                                                                                              \
        "own_" name, AT(own[FLOW_SECTOR_##SECTOR]), FLOW_DOUBLE, "1", value, 0, 1, NULL, 'A',      \
            "libflow; differs much from country to country", help                                  \
    }
#define CASH(name, SECTOR, share, price, what)                                                     \
    {"cash_" name,                                                                                 \
     AT(spend[FLOW_SECTOR_##SECTOR]),                                                              \
     FLOW_DOUBLE,                                                                                  \
     "1",                                                                                          \
     share,                                                                                        \
     0,                                                                                            \
     1,                                                                                            \
     NULL,                                                                                         \
     'A',                                                                                          \
     "libflow",                                                                                    \
     "Share of cash assistance (income) and remittances that is spent on " what "."},              \
    {                                                                                              \
        "price_" name, AT(price_usd[FLOW_SECTOR_##SECTOR]), FLOW_DOUBLE, "USD d-1", price, 1e-6,   \
            1e6, NULL, 'A', "libflow", "What " what " for one person costs per day at prices 1."   \
    }

static const flow_field fields[] = {
    COUNTS("idp", IDP, "1", '-', "by definition"),
    COUNTS("refugee", REFUGEE, "1", '-', "by definition"),
    COUNTS("asylum", ASYLUM, "1", '-', "by definition"),
    COUNTS("labour", LABOUR, "0", 'A', "libflow: they came for work"),
    COUNTS("irregular", IRREGULAR, "1", 'A', "libflow"),
    COUNTS("trafficked", TRAFFICKED, "1", 'A', "libflow"),
    COUNTS("returnee", RETURNEE, "1", 'A', "libflow: until they are at home again"),
    COUNTS("resettled", RESETTLED, "0", 'A', "libflow: the country provides for them"),
    COUNTS("integrated", INTEGRATED, "0", '-', "by definition"),
    LEGAL("idp", IDP, "0.1"),
    LEGAL("refugee", REFUGEE, "0.1"),
    LEGAL("asylum", ASYLUM, "1"),
    LEGAL("labour", LABOUR, "0"),
    LEGAL("irregular", IRREGULAR, "1"),
    LEGAL("trafficked", TRAFFICKED, "1"),
    LEGAL("returnee", RETURNEE, "0.1"),
    OWN("shelter", SHELTER, "0.5",
        "Share of the displaced outside camps who live with families or rent, as long as there is "
        "room with hosts."),
    OWN("food", FOOD, "0.5", "Share of the displaced outside camps who need no food assistance."),
    OWN("water", WATER, "0.8", "Share of the displaced outside camps who have water like hosts."),
    OWN("health", HEALTH, "0.5",
        "Share of the displaced outside camps whom the health services of the place treat."),
    OWN("education", EDUCATION, "0.5",
        "Share of the displaced children outside camps whom the schools of the place take."),
    {"camps", AT(camps), FLOW_DOUBLE, "1", "0", 0, 1, NULL, 'A',
     "libflow: camps depend on assistance; 1 for places of kind camp that are regions or towns",
     "Part of these own shares that holds in camps, too; there no hosts limit it."},
    {"host_room", AT(host_room), FLOW_DOUBLE, "1", "0.2", 0, 100, NULL, 'A',
     "libflow: one guest in a household of five",
     "Guests for whom one resident with a home has room at host acceptance 1."},
    {"working_age", AT(working_age), FLOW_DOUBLE, "1", "0.52", 0, 1, NULL, 'D',
     "UNHCR demographics 2025: 43 % of refugees are under 18, 5 % are 60 or more",
     "Share of the displaced who are of working age."},
    {"provides", AT(provides), FLOW_DOUBLE, "1", "2", 0, 100, NULL, 'A', "libflow",
     "Persons for whom one who works provides shelter, food and water, himself among them."},
    {"school_age", AT(school_age), FLOW_DOUBLE, "1", "0.29", 0, 1, NULL, 'D',
     "UNHCR demographics 2025: 43 % of refugees are under 18; of these 12 of 18 years are from 6 "
     "to 17",
     "Share of people who are of school age."},
    {"water_l", AT(water_l), FLOW_DOUBLE, "l d-1", "15", 1, 1000, NULL, 'V',
     "Sphere Handbook, as in InaSAFE; 7.5 l to survive", "Water for one person."},
    {"consultations", AT(consultations), FLOW_DOUBLE, "1", "2", 0.01, 100, NULL, 'R',
     "Sphere Handbook: 2 to 4 new consultations per person and year",
     "Health consultations one person needs per year."},
    {"case_days", AT(case_days), FLOW_DOUBLE, "d", "180", 0.01, 10000, NULL, 'A', "libflow",
     "How long a case of legal aid takes: so many people are helped at a time."},
    {"camp_shelter", AT(camp_shelter), FLOW_BOOL, "", "true", 0, 0, NULL, 'A', "libflow",
     "The capacity of a camp in the list of places is shelter."},
    {"by_register", AT(by_register), FLOW_BOOL, "", "false", 0, 0, NULL, 'A', "libflow",
     "Shelter and food go by the registers of the process registration: the unregistered get none, "
     "double and old entries take their part."},
    CASH("shelter", SHELTER, "0.3", "0.5", "shelter"),
    CASH("food", FOOD, "0.5", "0.5", "food"),
    CASH("water", WATER, "0.05", "0.05", "water"),
    CASH("health", HEALTH, "0.05", "0.05", "health care"),
    CASH("education", EDUCATION, "0.05", "0.3", "school"),
    FLOW_FIELD_END};

/// Spending is at most all there is.
static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    double sum = 0.0;
    for (int32_t k = 0; k < FLOW_N_SECTOR; k++) { sum += p->spend[k]; }
    if (sum > 1.0 + 1e-12) {
        flow_setup_error_key(setup, "cash_food",
                             "the shares of cash for all sectors come to %g, at most 1 was "
                             "expected",
                             sum);
    }
    return FLOW_OK;
}

/// People of a place as needs see them.
typedef struct people {
    double displaced;  ///< who count as displaced
    double unprovided; ///< of those, for whom nobody who works provides
    double legal;      ///< who need legal aid
    double resident;   ///< at home
    double affected;   ///< at home, which cannot be lived in
} people;

static people people_of(const flow_turn *turn, int32_t place)
{
    const param *p = turn->param;
    const int32_t n_place = turn->world->n_place;
    people out = {.resident = (double)turn->by_status[place]};
    for (int32_t s = FLOW_STATUS_RESIDENT + 1; s < FLOW_N_STATUS; s++) {
        const double n = (double)turn->by_status[(int64_t)s * n_place + place];
        const double works = p->working_age * turn->read[EMPLOYED + s][place];
        out.displaced += p->counts[s] * n;
        out.unprovided += p->counts[s] * n * (1.0 - fmin(works * p->provides, 1.0));
        out.legal += p->legal[s] * n;
    }
    out.affected = out.resident * turn->read[DAMAGE][place];
    return out;
}

/// Persons in need, by sector.
static void needs_of(const flow_turn *turn, int32_t place, double need[static FLOW_N_SECTOR])
{
    const param *p = turn->param;
    const int32_t kind = turn->world->place_kind[place];
    const bool camp = kind == FLOW_CAMP || kind == FLOW_IDP_CAMP;
    const people n = people_of(turn, place);
    double own[FLOW_N_SECTOR] = {0};
    for (int32_t k = 0; k < FLOW_N_SECTOR; k++) { own[k] = p->own[k] * (camp ? p->camps : 1.0); }
    const double without = n.unprovided + n.affected, all = n.displaced + n.affected;
    const double room =
        camp ? without : p->host_room * (n.resident - n.affected) * turn->read[ACCEPTANCE][place];
    const double hungry = fmin(turn->read[FOOD][place], 1.0);
    const double hit = turn->read[DAMAGE][place] * (1.0 - own[FLOW_SECTOR_FOOD]);
    need[FLOW_SECTOR_SHELTER] = without - fmin(own[FLOW_SECTOR_SHELTER] * without, room);
    need[FLOW_SECTOR_FOOD] =
        n.unprovided * (1.0 - own[FLOW_SECTOR_FOOD]) + n.resident * flow_share_any(hit, hungry);
    need[FLOW_SECTOR_WATER] = without * (1.0 - own[FLOW_SECTOR_WATER]);
    need[FLOW_SECTOR_HEALTH] = all * (1.0 - own[FLOW_SECTOR_HEALTH]);
    need[FLOW_SECTOR_EDUCATION] = all * p->school_age * (1.0 - own[FLOW_SECTOR_EDUCATION]);
    need[FLOW_SECTOR_LEGAL] = n.legal;
}

/// Persons who can be served, by sector. Remittances come to those in need as to the others.
static void served_at(const flow_turn *turn, int32_t place, const double need[static FLOW_N_SECTOR],
                      double served[static FLOW_N_SECTOR])
{
    const param *p = turn->param;
    const flow_world *w = turn->world;
    const double one[FLOW_N_SECTOR] = {[FLOW_SECTOR_SHELTER] = 1.0,
                                       [FLOW_SECTOR_FOOD] = 1.0,
                                       [FLOW_SECTOR_WATER] = 1.0 / p->water_l,
                                       [FLOW_SECTOR_HEALTH] = 365.25 / p->consultations,
                                       [FLOW_SECTOR_EDUCATION] = 1.0,
                                       [FLOW_SECTOR_LEGAL] = p->case_days};
    const double all = fmax((double)turn->people[place], 1.0);
    for (int32_t k = 0; k < FLOW_N_SECTOR; k++) {
        served[k] = fmax(turn->read[SUPPLY + k][place], 0.0) * one[k];
        if (!(p->spend[k] > 0.0)) { continue; }
        const double usd =
            turn->read[INCOME][place] + turn->read[REMITTANCES][place] * fmin(need[k] / all, 1.0);
        served[k] += usd * p->spend[k] / p->price_usd[k] / turn->read[PRICE][place];
    }
    const bool camp = w->place_kind[place] == FLOW_CAMP || w->place_kind[place] == FLOW_IDP_CAMP;
    if (p->camp_shelter && camp && w->capacity[place] >= 1.0) {
        served[FLOW_SECTOR_SHELTER] += w->capacity[place];
    }
}

/// People who may be registered.
static double on_registers(const flow_turn *turn, int32_t place)
{
    const int64_t *n = turn->by_status + place;
    const int64_t n_place = turn->world->n_place;
    return (double)(n[FLOW_STATUS_IDP * n_place] + n[FLOW_STATUS_REFUGEE * n_place] +
                    n[FLOW_STATUS_ASYLUM * n_place] + n[FLOW_STATUS_RETURNEE * n_place]);
}

/// What goes by the registers: entries of nobody take their part, the unregistered get none.
static void by_register(const flow_turn *turn, int32_t place, double need, double *served)
{
    const double share = turn->read[REGISTERED][place], entries = turn->read[REPORTED][place];
    const double persons = share * on_registers(turn, place);
    if (entries > persons) { *served *= persons / entries; }
    *served = fmin(*served, share * need);
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        double need[FLOW_N_SECTOR], served[FLOW_N_SECTOR];
        needs_of(turn, i, need);
        served_at(turn, i, need, served);
        if (p->by_register) {
            by_register(turn, i, need[FLOW_SECTOR_SHELTER], &served[FLOW_SECTOR_SHELTER]);
            by_register(turn, i, need[FLOW_SECTOR_FOOD], &served[FLOW_SECTOR_FOOD]);
        }
        for (int32_t k = 0; k < FLOW_N_SECTOR; k++) {
            turn->own[IN_NEED + k][i] = fmax(need[k], 0.0);
            turn->own[REACHED + k][i] = fmin(turn->own[IN_NEED + k][i], served[k]);
        }
    }
    return FLOW_OK;
}

const flow_module flow_module_needs = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_PROCESS,
    .name = "needs",
    .help = "Who needs shelter, food, water, health care, school and legal aid, and who gets it.",
    .source = "libflow: displaced people, and residents whose homes are damaged or whose food is "
              "short, less those who provide for themselves or live with hosts; reached = "
              "min(in need, served)",
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "in_need_shelter,in_need_food,in_need_water,in_need_health,in_need_education,"
              "in_need_legal,reached_shelter,reached_food,reached_water,reached_health,"
              "reached_education,reached_legal",
    .reads = "housing_damage,food_insecurity,host_acceptance,income,remittances,price_index,"
             "registered_share,reported,shelter_places,"
             "food_rations,water,health_consultations,school_places,legal_cases,"
             "employed_resident,employed_idp,employed_refugee,employed_asylum,employed_labour,"
             "employed_irregular,employed_trafficked,employed_returnee,employed_resettled,"
             "employed_integrated",
    .load = load,
    .step = step};
