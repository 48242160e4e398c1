// Protection: incidents against displaced people, more where shelter and school are missing and
// places are crowded, and families that are apart.
#include "flow/module.h"

#include <math.h>
#include <string.h>

enum { CONFLICT, EXTRA, FACTOR, NEED_SHELTER, GOT_SHELTER, NEED_SCHOOL, GOT_SCHOOL };
enum { INCIDENTS, SEPARATED }; // own columns

typedef struct param {
    double rate; ///< 1/d
    double children, women, unaccompanied;
    double weight_child, weight_alone, weight_woman;
    double shelter, school, crowding, conflict;
    double school_age, apart;
} param;

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    {"rate", AT(rate), FLOW_DOUBLE, "d-1", "2.7379e-5", 0, 1000, NULL, 'A',
     "libflow: one a year for 100 men",
     "Incidents per day of a displaced man where all needs are met, each of weight 1."},
    {"children", AT(children), FLOW_DOUBLE, "1", "0.43", 0, 1, NULL, 'D',
     "UNHCR demographics 2025: refugees under 18; displaced within their country 42 %, asylum "
     "seekers 31 %",
     "Share of the displaced who are under 18."},
    {"women", AT(women), FLOW_DOUBLE, "1", "0.5", 0, 1, NULL, 'D',
     "UNHCR demographics 2025: refugees; displaced within their country 53 %, asylum seekers 44 %",
     "Share of the grown-up who are women."},
    {"unaccompanied", AT(unaccompanied), FLOW_DOUBLE, "1", "0.02", 0, 1, NULL, 'A', "libflow",
     "Share of the children who are without their families."},
    {"weight_child", AT(weight_child), FLOW_DOUBLE, "1", "1.5", 0, 1000, NULL, 'A', "libflow",
     "Incidents of a child by number and gravity, in those of a man."},
    {"weight_alone", AT(weight_alone), FLOW_DOUBLE, "1", "6", 0, 1000, NULL, 'A', "libflow",
     "Incidents of a child without family by number and gravity, in those of a man."},
    {"weight_woman", AT(weight_woman), FLOW_DOUBLE, "1", "2", 0, 1000, NULL, 'A', "libflow",
     "Incidents of a woman by number and gravity, in those of a man."},
    {"shelter", AT(shelter), FLOW_DOUBLE, "1", "1", 0, 1000, NULL, 'A', "libflow",
     "How many more incidents where nobody who needs shelter has it: 1, twice as many."},
    {"school", AT(school), FLOW_DOUBLE, "1", "0.5", 0, 1000, NULL, 'A', "libflow",
     "How many more incidents of children where none of them is at school."},
    {"crowding", AT(crowding), FLOW_DOUBLE, "1", "0.5", 0, 1000, NULL, 'A', "libflow",
     "How many more incidents where there are twice as many people as the capacity."},
    {"conflict", AT(conflict), FLOW_DOUBLE, "1", "2", 0, 1000, NULL, 'A', "libflow",
     "How many more incidents at conflict level 1."},
    {"school_age", AT(school_age), FLOW_DOUBLE, "1", "0.29", 1e-6, 1, NULL, 'D',
     "43 % under 18, of these 12 of 18 years from 6 to 17",
     "Share of the displaced of school age."},
    {"apart", AT(apart), FLOW_DOUBLE, "1", "0.1", 0, 1, NULL, 'A', "libflow",
     "Chance that a person and another one of the same home, who is elsewhere, are of one family "
     "that is apart."},
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup)
{
    setup->n_state = 2 * (int64_t)setup->world->n_place; // people by home, everywhere and here
    return FLOW_OK;
}

/// Share in [0, 1] of `all` who are in need and not reached.
static double unmet(double need, double reached, double all)
{
    return all > 0.0 ? fmin(fmax(need - reached, 0.0) / all, 1.0) : 0.0;
}

/// Incidents per day at a place with n displaced people.
static double incidents_of(const flow_turn *turn, int32_t place, double n)
{
    const param *p = turn->param;
    const double limit = turn->world->capacity[place] + turn->read[EXTRA][place];
    const bool limited = turn->world->capacity[place] >= 1.0 && limit >= 1.0;
    const double over = limited ? fmax((double)turn->people[place] / limit - 1.0, 0.0) : 0.0;
    const double roof = unmet(turn->read[NEED_SHELTER][place], turn->read[GOT_SHELTER][place], n);
    const double school =
        unmet(turn->read[NEED_SCHOOL][place], turn->read[GOT_SCHOOL][place], n * p->school_age);
    const double child =
        p->children *
        (p->unaccompanied * p->weight_alone + (1.0 - p->unaccompanied) * p->weight_child) *
        (1.0 + p->school * school);
    const double adult = (1.0 - p->children) * (p->women * p->weight_woman + 1.0 - p->women);
    return n * p->rate * (child + adult) *
           (1.0 + p->shelter * roof + p->crowding * over +
            p->conflict * turn->read[CONFLICT][place]) *
           turn->read[FACTOR][place];
}

/// Displaced people: all but those at home, for good or for work.
static double displaced_at(const flow_turn *turn, int32_t place)
{
    static const int32_t away[] = {FLOW_STATUS_IDP,        FLOW_STATUS_REFUGEE,
                                   FLOW_STATUS_ASYLUM,     FLOW_STATUS_IRREGULAR,
                                   FLOW_STATUS_TRAFFICKED, FLOW_STATUS_RETURNEE};
    int64_t n = 0;
    for (size_t k = 0; k < sizeof away / sizeof *away; k++) {
        n += turn->by_status[(int64_t)away[k] * turn->world->n_place + place];
    }
    return (double)n;
}

/// Persons with family elsewhere: two people of a home are at different places with a chance that
/// grows as the people of that home are scattered.
static void separate(flow_turn *turn)
{
    const param *p = turn->param;
    const int32_t n_place = turn->world->n_place;
    double *of_home = turn->state, *here = turn->state + n_place, *out = turn->own[SEPARATED];
    memset(of_home, 0, 2 * (size_t)n_place * sizeof *of_home);
    memset(out, 0, (size_t)n_place * sizeof *out);
    for (int64_t k = 0; k < turn->n_crowd; k++) {
        const flow_people *row = &turn->crowd[k];
        if (row->home >= 0) { of_home[row->home] += (double)row->persons; }
    }
    for (int64_t k = 0; k < turn->n_crowd;) { // rows of one place stand together
        const int32_t place = turn->crowd[k].place;
        const int64_t first = k;
        for (; k < turn->n_crowd && turn->crowd[k].place == place; k++) {
            const flow_people *row = &turn->crowd[k];
            if (row->home >= 0) { here[row->home] += (double)row->persons; }
        }
        for (int64_t i = first; i < k; i++) {
            const int32_t home = turn->crowd[i].home;
            if (home < 0) { continue; }
            const double n = here[home]; // 0: counted with an earlier row
            if (home != place && n > 0.0) {
                out[place] += n * p->apart * (1.0 - n / of_home[home]);
            }
            here[home] = 0.0;
        }
    }
}

static flow_err step(flow_turn *turn)
{
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->own[INCIDENTS][i] = incidents_of(turn, i, displaced_at(turn, i));
    }
    separate(turn);
    return FLOW_OK;
}

const flow_module flow_module_protection = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_PROCESS,
    .name = "protection",
    .help = "Incidents against displaced people rise with unmet needs, crowding and conflict.",
    .source = "libflow: incidents = displaced rate (children and grown-up by weight) (1 + shelter "
              "u_shelter + crowding over + conflict C), those of children (1 + school u_education)",
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "incidents,separated",
    .reads = "conflict_level,extra_capacity,incident_factor,in_need_shelter,reached_shelter,"
             "in_need_education,reached_education",
    .load = load,
    .step = step};
