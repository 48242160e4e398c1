// Integration: newcomers find work at a pace, up to a share; waiting for a decision costs.
#include "flow/module.h"

#include <math.h>

enum { CEILING, PACE, HOURS, EMPLOYMENT, WORK_RIGHT }; // what it reads; the last one by status
enum { WORKING, EMPLOYED };                            // own columns; the last one by status
enum { PERSONS, WORK, WAITED, TAUGHT, N_SUM };         // sums over the people of a status and place

typedef struct param {
    double ceiling, pace; ///< pace: 1/d
    double wait_cost;     ///< per year
    double right[FLOW_N_STATUS];
    double informal, start_labour, working_age;
    double language_ceiling, language_pace, language_most;
} param;

#define AT(member) offsetof(param, member)
#define RIGHT(name, STATUS)                                                                        \
    {                                                                                              \
        "work_right_" name, AT(right[FLOW_STATUS_##STATUS]), FLOW_DOUBLE, "1", "0", 0, 1, NULL,    \
            '-', "",                                                                               \
            "Share of people of status " name " who may work at least, whatever policies say."     \
    }

/// Who may work where nobody tells rights: the process status is off.
static const double usual_right[FLOW_N_STATUS] = {
    [FLOW_STATUS_IDP] = 1.0,      [FLOW_STATUS_REFUGEE] = 1.0,   [FLOW_STATUS_LABOUR] = 1.0,
    [FLOW_STATUS_RETURNEE] = 1.0, [FLOW_STATUS_RESETTLED] = 1.0, [FLOW_STATUS_INTEGRATED] = 1.0};

static const flow_field fields[] = {
    {"ceiling", AT(ceiling), FLOW_DOUBLE, "1", "0.75", 0, 1, NULL, 'A',
     "With pace it gives 50 % after five years, as of refugees who came to Germany from 2013 to "
     "2016 (IAB-BAMF-SOEP survey, recalled)",
     "Share of newcomers of working age who work in the long run."},
    {"pace", AT(pace), FLOW_DOUBLE, "d-1", "6e-4", 0, 10, NULL, 'A', "See ceiling",
     "Pace at which newcomers find work: share of what is missing, per day."},
    {"wait_cost", AT(wait_cost), FLOW_DOUBLE, "1", "0.045", 0, 1, NULL, 'V',
     "Hainmueller, Hangartner and Lawrence 2016, doi:10.1126/sciadv.1600432: 4 to 5 points per "
     "year",
     "By how much employment is lower for each year waited for a decision on asylum."},
    RIGHT("idp", IDP),
    RIGHT("refugee", REFUGEE),
    RIGHT("asylum", ASYLUM),
    RIGHT("labour", LABOUR),
    RIGHT("irregular", IRREGULAR),
    RIGHT("trafficked", TRAFFICKED),
    RIGHT("returnee", RETURNEE),
    RIGHT("resettled", RESETTLED),
    RIGHT("integrated", INTEGRATED),
    {"informal", AT(informal), FLOW_DOUBLE, "1", "0.3", 0, 1, NULL, 'A', "libflow",
     "Employment of those who may not work, in that of those who may."},
    {"start_labour", AT(start_labour), FLOW_DOUBLE, "1", "0.9", 0, 1, NULL, 'A',
     "libflow: a permit is for a job", "Share of labour migrants who have work when they come."},
    {"working_age", AT(working_age), FLOW_DOUBLE, "1", "0.52", 0, 1, NULL, 'D',
     "UNHCR demographics 2025: 43 % of refugees are under 18, 5 % are 60 or more",
     "Share of newcomers who are of working age."},
    {"language_ceiling", AT(language_ceiling), FLOW_DOUBLE, "1", "0.1", 0, 10, NULL, 'A',
     "Lochmann, Rapoport and Speciale 2019, doi:10.1016/j.euroecorev.2018.12.006, find a rise; "
     "size "
     "below what they report",
     "Relative rise of the ceiling by 100 hours of language courses."},
    {"language_pace", AT(language_pace), FLOW_DOUBLE, "1", "0.1", 0, 10, NULL, 'A', "libflow",
     "Relative rise of the pace by 100 hours of language courses."},
    {"language_most", AT(language_most), FLOW_DOUBLE, "h", "600", 0, 1e5, NULL, 'R',
     "Hours of the integration course in Germany", "Hours beyond which courses help no more."},
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup)
{
    setup->n_state = (int64_t)N_SUM * FLOW_N_STATUS * setup->world->n_place;
    return FLOW_OK;
}

/// Sums over the people of a status at a place.
static double *sums(const flow_turn *turn, int32_t status, int32_t place)
{
    return turn->state + ((int64_t)status * turn->world->n_place + place) * N_SUM;
}

static double persons_now(const flow_turn *turn, int32_t status, int32_t place)
{
    return (double)turn->by_status[(int64_t)status * turn->world->n_place + place];
}

/// Hours of courses per person that count, in hundreds.
static double lessons(const param *p, const double *sum)
{
    return sum[PERSONS] > 0.0 ? fmin(sum[TAUGHT] / sum[PERSONS], p->language_most) / 100.0 : 0.0;
}

/// Share of the people of a status who may work in a country. Whoever tells all rights, such as the
/// process `status`, tells those of residents, too.
static double right_of(const flow_turn *turn, int32_t status, int32_t country)
{
    const param *p = turn->param;
    const double told = turn->read[WORK_RIGHT + status][country];
    const bool all = turn->read[WORK_RIGHT + FLOW_STATUS_RESIDENT][country] > 0.0;
    return fmax(p->right[status], all ? told : fmax(usual_right[status], told));
}

/// Share of the people of a status who would work in the long run.
static double ceiling_of(const flow_turn *turn, int32_t status, int32_t place, double taught)
{
    const param *p = turn->param;
    const double right = right_of(turn, status, turn->world->place_country[place]);
    const double share = p->ceiling * turn->read[CEILING][place] * turn->read[EMPLOYMENT][place] *
                         (right + (1.0 - right) * p->informal) *
                         (1.0 + p->language_ceiling * taught);
    return fmin(share, 1.0);
}

/// A step of those who were there before: dE/dt = pace (ceiling - E), exactly.
static void live(const flow_turn *turn, int32_t status, int32_t place, double *sum)
{
    const param *p = turn->param;
    const double dt = turn->world->dt, taught = lessons(p, sum);
    const double pace = p->pace * turn->read[PACE][place] * (1.0 + p->language_pace * taught);
    const double limit = ceiling_of(turn, status, place, taught) * sum[PERSONS];
    sum[WORK] += (limit - sum[WORK]) * -expm1(-pace * dt);
    sum[TAUGHT] += turn->read[HOURS][place] * dt * sum[PERSONS];
    if (status == FLOW_STATUS_ASYLUM) { sum[WAITED] += dt / 365.25 * sum[PERSONS]; }
}

/// Whether people of a status may be the same who had another one here before.
static bool may_change(int32_t status)
{
    return status != FLOW_STATUS_RESIDENT && status != FLOW_STATUS_RETURNEE;
}

/// People leave a status at a place, as they are on average; those who may have another status here
/// now are counted in `pool`.
static void leave(double *sum, double now, bool changes, double pool[static N_SUM])
{
    const double share = (sum[PERSONS] - now) / sum[PERSONS];
    for (int32_t k = 0; k < N_SUM; k++) {
        if (changes) { pool[k] += share * sum[k]; }
        sum[k] -= share * sum[k];
    }
    sum[PERSONS] = now;
}

/// People come into a status at a place: a part of them out of the pool, the others are new.
static void come(const param *p, int32_t status, double *sum, double now, double part,
                 const double pool[static N_SUM])
{
    const double rise = now - sum[PERSONS];
    const double known = may_change(status) ? part * rise : 0.0;
    for (int32_t k = WORK; k < N_SUM; k++) {
        if (known > 0.0) { sum[k] += known * pool[k] / pool[PERSONS]; }
    }
    if (status == FLOW_STATUS_LABOUR) { sum[WORK] += (rise - known) * p->start_labour; }
    sum[PERSONS] = now;
}

/// Who came, left, and changed status at a place. Who is who is not known: the most people who can
/// have changed status here did.
static void move(const flow_turn *turn, int32_t place)
{
    double pool[N_SUM] = {0}, rise = 0.0;
    for (int32_t s = FLOW_STATUS_RESIDENT + 1; s < FLOW_N_STATUS; s++) {
        double *sum = sums(turn, s, place);
        const double now = persons_now(turn, s, place);
        if (now < sum[PERSONS]) { leave(sum, now, may_change(s), pool); }
        if (now > sum[PERSONS] && may_change(s)) { rise += now - sum[PERSONS]; }
    }
    const double part = rise > 0.0 ? fmin(pool[PERSONS] / rise, 1.0) : 0.0;
    for (int32_t s = FLOW_STATUS_RESIDENT + 1; s < FLOW_N_STATUS; s++) {
        double *sum = sums(turn, s, place);
        const double now = persons_now(turn, s, place);
        if (now > sum[PERSONS]) { come(turn->param, s, sum, now, part, pool); }
    }
}

/// Own columns of a place from its sums.
static void tell(flow_turn *turn, int32_t place)
{
    const param *p = turn->param;
    double working = 0.0;
    for (int32_t s = FLOW_STATUS_RESIDENT + 1; s < FLOW_N_STATUS; s++) {
        const double *sum = sums(turn, s, place);
        double share = 0.0;
        if (sum[PERSONS] > 0.0) { share = (sum[WORK] - p->wait_cost * sum[WAITED]) / sum[PERSONS]; }
        share = fmin(fmax(share, 0.0), 1.0);
        turn->own[EMPLOYED + s - 1][place] = share;
        working += share * sum[PERSONS] * p->working_age;
    }
    turn->own[WORKING][place] = working;
}

static flow_err start(flow_turn *turn)
{
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        move(turn, i);
        tell(turn, i);
    }
    return FLOW_OK;
}

static flow_err step(flow_turn *turn)
{
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        for (int32_t s = FLOW_STATUS_RESIDENT + 1; s < FLOW_N_STATUS; s++) {
            live(turn, s, i, sums(turn, s, i));
        }
        move(turn, i);
        tell(turn, i);
    }
    return FLOW_OK;
}

const flow_module flow_module_integration = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_PROCESS,
    .name = "integration",
    .help = "Newcomers find work at a pace, as rights, courses and placement let them.",
    .source = "E(t) = ceiling (1 - exp(-pace t)) - wait_cost years waited; mean of the people of a "
              "status at a place, newcomers at 0 (libflow)",
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "working,employed_idp,employed_refugee,employed_asylum,employed_labour,"
              "employed_irregular,employed_trafficked,employed_returnee,employed_resettled,"
              "employed_integrated",
    .reads = "employment_ceiling,employment_pace,language_hours,employment,work_right_resident,"
             "work_right_idp,work_right_refugee,work_right_asylum,work_right_labour,"
             "work_right_irregular,work_right_trafficked,work_right_returnee,work_right_resettled,"
             "work_right_integrated",
    .load = load,
    .start = start,
    .step = step};
