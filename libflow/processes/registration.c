// Registration: who is in the registers, how many entries these hold, and how many are wrong.
#include "flow/module.h"

#include <math.h>

enum { CAPACITY, DUPLICATES };                 // what it reads
enum { SHARE, REPORTED };                      // own columns
enum { DISPLACED, REGISTERED, OLD, N_NUMBER }; // state of a place: persons, of those, entries

typedef struct param {
    double rate, twice, clean; ///< rates: 1/d
} param;

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    {"rate", AT(rate), FLOW_DOUBLE, "d-1", "0.01", 0, 1000, NULL, 'A', "libflow",
     "Rate at which displaced people are registered without a programme; responses add capacity."},
    {"twice", AT(twice), FLOW_DOUBLE, "1", "0.05", 0, 10, NULL, 'A', "libflow",
     "Second entries per registered person, without checks such as biometrics."},
    {"clean", AT(clean), FLOW_DOUBLE, "d-1", "0.0055", 0, 1000, NULL, 'A',
     "libflow: registers are verified twice a year",
     "Rate at which entries of people who have left are deleted."},
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup)
{
    setup->n_state = (int64_t)N_NUMBER * setup->world->n_place;
    return FLOW_OK;
}

/// People who may be registered: those without regular status keep away.
static double displaced_at(const flow_turn *turn, int32_t place)
{
    static const int32_t status[] = {FLOW_STATUS_IDP, FLOW_STATUS_REFUGEE, FLOW_STATUS_ASYLUM,
                                     FLOW_STATUS_RETURNEE};
    int64_t n = 0;
    for (size_t k = 0; k < sizeof status / sizeof *status; k++) {
        n += turn->by_status[(int64_t)status[k] * turn->world->n_place + place];
    }
    return (double)n;
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const double dt = turn->world->dt;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        double *at = turn->state + (int64_t)i * N_NUMBER;
        const double now = displaced_at(turn, i);
        at[OLD] *= exp(-p->clean * dt);
        if (now < at[DISPLACED]) { // who leaves is not deleted at once
            const double left = at[REGISTERED] * (1.0 - now / at[DISPLACED]);
            at[REGISTERED] -= left;
            at[OLD] += left;
        }
        at[DISPLACED] = now;
        const double without = fmax(now - at[REGISTERED], 0.0);
        at[REGISTERED] +=
            fmin(without, without * -expm1(-p->rate * dt) + turn->read[CAPACITY][i] * dt);
        at[REGISTERED] = fmin(at[REGISTERED], now);
        turn->own[SHARE][i] = now > 0.0 ? fmin(at[REGISTERED] / now, 1.0) : 0.0;
        turn->own[REPORTED][i] =
            at[REGISTERED] * (1.0 + p->twice * turn->read[DUPLICATES][i]) + at[OLD];
    }
    return FLOW_OK;
}

const flow_module flow_module_registration = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_PROCESS,
    .name = "registration",
    .help = "Displaced people are registered; registers hold double and old entries, too.",
    .source = "libflow: reported = registered (1 + twice duplicate_factor) + entries of people who "
              "left",
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "registered_share,reported",
    .reads = "registrations,duplicate_factor",
    .load = load,
    .step = step};
