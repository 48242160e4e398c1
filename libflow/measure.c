// What all measures have in common: when, where, for whom, how much, and what it costs.
#include "flow/module.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <string.h>

/// Days of short steps are sums of fractions.
static const double sliver = 1e-6;

// State: a few numbers, then arrays by place.
enum { FACTOR, GIVEN, LOOKED, HEAD };
enum { LOOK, SERVED, STOCK, SCRATCH, N_ARRAY };

static double *array(const flow_turn *turn, int32_t which)
{
    return turn->state + HEAD + (int64_t)which * turn->world->n_place;
}

int64_t flow_measure_n_state(const flow_world *world)
{
    return HEAD + (int64_t)N_ARRAY * world->n_place;
}

// Loading ----------------------------------------------------------------------------------------

/// Index of a country; -1: any, or none with a problem reported.
static int32_t country_of(flow_setup *setup, const char *name)
{
    const flow_world *w = setup->world;
    for (int32_t c = 0; name != NULL && c < w->n_country; c++) {
        if (strcmp(w->country_name[c], name) == 0) { return c; }
    }
    if (name != NULL) {
        flow_setup_error_key(setup, "country", "'%s' is no country of the list of places", name);
    }
    return -1;
}

flow_err flow_measure_load(flow_setup *setup, const flow_measure *m, flow_scope *out)
{
    const flow_world *w = setup->world;
    *out = (flow_scope){.in = flow_setup_keep(setup, w->n_place, sizeof *out->in)};
    if (out->in == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the places of a measure"); }
    if (m->end != 0 && m->end <= m->start) {
        flow_setup_error_key(setup, "end", "the measure ends before it is decided");
    }
    const int32_t country = country_of(setup, m->country);
    const int32_t place = m->place != NULL ? flow_setup_place(setup, "place") : -1;
    for (int32_t i = 0; i < w->n_place; i++) {
        out->in[i] = (country < 0 || w->place_country[i] == country) && (place < 0 || place == i) &&
                     (m->kind == 0 || w->place_kind[i] == m->kind - 1);
        out->n += out->in[i];
    }
    const bool lost = (m->place != NULL && place < 0) || (m->country != NULL && country < 0);
    if (out->n == 0 && !lost) {
        const char *key = m->kind != 0 ? "kind" : m->place != NULL ? "place" : "country";
        flow_setup_error_key(setup, key, "no place is left for the measure");
    }
    return FLOW_OK;
}

// Time and money ---------------------------------------------------------------------------------

/// Share of the step that lies between two days.
static double share_of_step(const flow_turn *turn, double from, double to)
{
    const double dt = turn->world->dt;
    const double first = fmax(from, turn->day), last = fmin(to, turn->day + dt);
    const double share = (last - first) / dt;
    return share > 1.0 - sliver ? 1.0 : share > sliver ? share : 0.0;
}

/// Factor on costs with mean 1.
static double draw_factor(const flow_turn *turn, double cv)
{
    if (!(cv > 0.0)) { return 1.0; }
    const double variance = log1p(cv * cv);
    return exp(sqrt(variance) * flow_turn_normal(turn, -1, 0) - 0.5 * variance);
}

double flow_measure_begin(flow_turn *turn, const flow_measure *m, const flow_scope *scope)
{
    const flow_world *w = turn->world;
    if (turn->step == 0) { turn->state[FACTOR] = draw_factor(turn, m->cost_cv); }
    const double decided = m->start != 0 ? (double)m->start - w->start : 0.0;
    const double end = m->end != 0 ? (double)m->end - w->start : (double)INFINITY;
    const double works = share_of_step(turn, decided + m->lead_days, end);
    const double usd = m->fixed * w->dt * share_of_step(turn, decided, end);
    if (!(usd > 0.0) || scope->n == 0) { return works; }
    double granted = 0.0;
    for (int32_t i = 0; i < w->n_place; i++) {
        if (scope->in[i]) { granted += flow_measure_pay(turn, i, usd / scope->n) / scope->n; }
    }
    return works * fmin(granted, 1.0);
}

double flow_measure_pay(flow_turn *turn, int32_t place, double usd)
{
    return flow_turn_spend(turn, place, fmin(turn->state[FACTOR] * usd, 1e12));
}

// People and needs -------------------------------------------------------------------------------

static double sum_status(const flow_turn *turn, int32_t place,
                         const double weight[static FLOW_N_STATUS])
{
    double sum = 0.0;
    for (int32_t s = 0; s < FLOW_N_STATUS; s++) {
        sum += weight[s] * (double)turn->by_status[(int64_t)s * turn->world->n_place + place];
    }
    return sum;
}

double flow_measure_people(const flow_turn *turn, int32_t who, int32_t place)
{
    // resident, idp, refugee, asylum, labour, irregular, trafficked, returnee, resettled,
    // integrated
    static const double meant[3][FLOW_N_STATUS] = {{0, 1, 1, 1, 0, 1, 1, 1, 0, 0},
                                                   {0, 1, 1, 1, 1, 1, 1, 1, 1, 0},
                                                   {1, 0, 0, 0, 0, 0, 0, 0, 0, 0}};
    if (turn->by_status == NULL || who == FLOW_MEANT_ALL) { return (double)turn->people[place]; }
    return sum_status(turn, place, meant[who]);
}

double flow_measure_vulnerable(const flow_turn *turn, int32_t place)
{
    // [A] libflow: in the same order
    static const double weight[FLOW_N_STATUS] = {0, 1, 1, 1.5, 0.25, 2, 4, 1, 0.5, 0};
    if (turn->by_status == NULL) { return (double)turn->people[place]; }
    return sum_status(turn, place, weight);
}

/// Look at needs where it is time to. What is seen is the need that others leave open, with an
/// error: lognormal with mean 1, drawn anew at each look.
static void look(flow_turn *turn, const flow_service *s)
{
    double *seen = array(turn, LOOK);
    const double *served = array(turn, SERVED);
    const double *need = turn->read[FLOW_READ_NEED], *reached = turn->read[FLOW_READ_REACHED];
    const double cv = turn->read[FLOW_READ_ERROR][0], age = turn->read[FLOW_READ_AGE][0];
    // The day is kept plus 1: 0 says that nobody has looked yet.
    const double last = turn->state[LOOKED];
    if (turn->step == 0) { return; } // needs are known at the end of a step
    if (last > 0.0 && turn->day + 1.0 < last + age - sliver) { return; }
    turn->state[LOOKED] = turn->day + 1.0;
    const double variance = log1p(cv * cv);
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        const double open = fmax(need[i] - reached[i], 0.0) + served[i];
        const double truth = s->scope->in[i] ? fmin(open, need[i]) : 0.0;
        const double z = cv > 0.0 && truth > 0.0 ? flow_turn_normal(turn, i, 1) : 0.0;
        seen[i] = truth * exp(sqrt(variance) * z - (cv > 0.0 ? 0.5 * variance : 0.0));
    }
}

// Sharing ----------------------------------------------------------------------------------------

void flow_share_capped(int32_t n, double amount, const double *weight, const double *cap,
                       double *out)
{
    // Raise all in proportion; whoever reaches his cap leaves. A negative number marks the others.
    double weights = 0.0, rest = amount;
    for (int32_t i = 0; i < n; i++) {
        const bool takes = weight[i] > 0.0 && cap[i] > 0.0;
        weights += takes ? weight[i] : 0.0;
        out[i] = takes ? -cap[i] : 0.0;
    }
    bool again = true;
    while (again && weights > 0.0 && rest > 0.0) {
        again = false;
        const double level = rest / weights;
        for (int32_t i = 0; i < n; i++) {
            if (!(out[i] < 0.0) || weight[i] * level < -out[i]) { continue; }
            out[i] = -out[i];
            rest -= out[i];
            weights -= weight[i];
            again = true;
        }
    }
    const double level = weights > 0.0 && rest > 0.0 ? rest / weights : 0.0;
    for (int32_t i = 0; i < n; i++) {
        if (out[i] < 0.0) { out[i] = fmin(weight[i] * level, -out[i]); }
    }
}

void flow_share_largest(int32_t n, double amount, double *cap, double *out)
{
    gsl_sort(cap, 1, (size_t)n);
    int32_t k = n - 1;
    double rest = amount;
    while (k >= 0 && cap[k] <= rest) { rest -= cap[k--]; }
    const double partly = k >= 0 ? cap[k] : 0.0; // as large as this: in order, as far as it goes
    double level = 0.0;                          // of those, how many are served in full already
    for (int32_t i = k + 1; i < n; i++) { level += cap[i] > partly ? 0.0 : cap[i]; }
    rest += level;
    for (int32_t i = 0; i < n; i++) {
        if (out[i] > partly) { continue; }
        const double given = out[i] < partly ? 0.0 : fmin(out[i], rest);
        rest -= given;
        out[i] = given;
    }
}

/// How many are to be served at a place, if there is enough.
static double most_at(const flow_turn *turn, const flow_service *s, int32_t place)
{
    const flow_measure *m = s->plan;
    const bool by_need = m->target == FLOW_TARGET_NEED || m->target == FLOW_TARGET_COST;
    if (s->cap != NULL) { return m->coverage * s->cap[place]; }
    if (s->amount > 0.0) { return s->amount / s->scope->n; }
    if (s->sector && by_need) { return m->coverage * array(turn, LOOK)[place]; }
    const double heads = s->heads > 0.0 ? s->heads : 1.0;
    return m->coverage * heads * flow_measure_people(turn, m->who, place);
}

/// How many are to be served at each place, in `out`: at most `most` beyond what is there.
static void wish(flow_turn *turn, const flow_service *s, double most, const double *there,
                 double *out)
{
    const flow_measure *m = s->plan;
    const int32_t n = turn->world->n_place;
    double *scratch = array(turn, SCRATCH);
    double sum = 0.0;
    for (int32_t i = 0; i < n; i++) {
        const double cap = s->scope->in[i] ? most_at(turn, s, i) : 0.0;
        out[i] = fmax(cap - (there != NULL ? there[i] : 0.0), 0.0);
        sum += out[i];
    }
    if (m->target == FLOW_TARGET_VULNERABILITY) {
        for (int32_t i = 0; i < n; i++) { scratch[i] = flow_measure_vulnerable(turn, i); }
        flow_share_capped(n, most, scratch, out, out);
    } else if (sum > most && m->target == FLOW_TARGET_COST) {
        memcpy(scratch, out, (size_t)n * sizeof *out);
        flow_share_largest(n, most, scratch, out);
    } else if (sum > most) {
        for (int32_t i = 0; i < n; i++) { out[i] *= most / sum; }
    }
}

// Serving and building ---------------------------------------------------------------------------

/// What does not go to people who have it already.
static double useful(const flow_turn *turn, const flow_service *s)
{
    return s->sector ? 1.0 - turn->read[FLOW_READ_OVERLAP][0] : 1.0;
}

const double *flow_measure_serve(flow_turn *turn, const flow_service *s, double works)
{
    const flow_measure *m = s->plan;
    const double dt = turn->world->dt;
    double *served = array(turn, SERVED);
    if (s->sector) { look(turn, s); }
    const double room = fmax(m->most_total - turn->state[GIVEN], 0.0);
    wish(turn, s, works > 0.0 ? fmin(m->most_per_day, room / (dt * works)) : 0.0, NULL, served);
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        double given = served[i] * works;
        if (!(given > 0.0)) {
            served[i] = 0.0;
            continue;
        }
        given *= flow_measure_pay(turn, i, dt * (s->person_day * given + m->site * works));
        turn->state[GIVEN] += given * dt;
        served[i] = given * useful(turn, s);
    }
    return served;
}

/// Pay for places that are kept; those without money stand idle.
static void keep(flow_turn *turn, const flow_service *s, double works)
{
    const double dt = turn->world->dt;
    const double *stock = array(turn, STOCK);
    double *served = array(turn, SERVED);
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        served[i] = stock[i] * (works > 0.0 ? 1.0 : 0.0);
        if (!(served[i] > 0.0)) { continue; }
        const double usd = dt * works * (s->person_day * served[i] + s->plan->site);
        served[i] *= flow_measure_pay(turn, i, usd) * useful(turn, s);
    }
}

const double *flow_measure_build(flow_turn *turn, const flow_service *s, double works)
{
    const flow_measure *m = s->plan;
    const double dt = turn->world->dt;
    double *stock = array(turn, STOCK), *more = array(turn, SERVED);
    if (s->sector) { look(turn, s); }
    for (int32_t i = 0; i < turn->world->n_place && s->life > 0.0; i++) {
        stock[i] *= exp(-dt / s->life);
    }
    if (works > 0.0) {
        const double room = fmax(m->most_total - turn->state[GIVEN], 0.0);
        wish(turn, s, fmin(m->most_per_day * works * dt, room), stock, more);
        for (int32_t i = 0; i < turn->world->n_place; i++) {
            if (!(more[i] > 0.0)) { continue; }
            more[i] *= flow_measure_pay(turn, i, s->place * more[i]);
            stock[i] += more[i];
            turn->state[GIVEN] += more[i];
        }
    }
    keep(turn, s, works);
    return array(turn, SERVED);
}
