#include "model.h"
#include "split.h"

#include <gsl/gsl_randist.h>
#include <math.h>

double flow_model_decay(const flow_model *m, int32_t place)
{
    const flow_settings_conflict *set = &m->s->set.conflict;
    if (set->decay.n == 0) { return 1.0; }
    int64_t i = (m->day - m->conflict_since[place]) / set->decay_interval;
    if (i < 0) { i = 0; }
    if (i >= set->decay.n) { i = set->decay.n - 1; }
    return set->decay.value[i];
}

static void set_kind(flow_model *m, int32_t place, int32_t kind)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    m->kind[place] = kind == FLOW_CONFLICT_ZONE ? FLOW_TOWN : kind;
    m->camp[place] = kind == FLOW_CAMP || kind == FLOW_IDP_CAMP;
    m->idp_camp[place] = kind == FLOW_IDP_CAMP;
    m->town[place] = kind == FLOW_TOWN;
    switch (kind) {
    case FLOW_CAMP: m->move_chance[place] = hop->camp_movechance; break;
    case FLOW_IDP_CAMP: m->move_chance[place] = hop->idpcamp_movechance; break;
    case FLOW_CONFLICT_ZONE: m->move_chance[place] = hop->conflict_movechance; break;
    case FLOW_FORWARD:
    case FLOW_MARKER: m->move_chance[place] = 1.0; break;
    default: m->move_chance[place] = hop->default_movechance; break;
    }
}

static void set_conflict(flow_model *m, int32_t place, double intensity)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    if (intensity > 0.0) {
        // With frozen intensities every event here is one with which the file begins a conflict.
        const bool begins =
            !(m->conflict[place] > 0.0) || m->s->set.quirks.frozen_conflict_intensity;
        if (begins) { m->conflict_since[place] = m->day; }
        m->move_chance[place] = hop->conflict_movechance;
        m->town[place] = false;
    } else if (m->s->set.quirks.conflict_ends_as_town) { // a camp remains a camp besides
        m->move_chance[place] = hop->default_movechance;
        m->town[place] = true;
    } else {
        set_kind(m, place, m->kind[place]);
    }
    m->conflict[place] = intensity;
}

static void close_link(flow_model *m, int32_t link, bool close)
{
    if (close && m->closed[link] == 0) { m->closed_on[link] = m->day; }
    if (m->s->set.quirks.closures_do_not_stack) {
        m->closed[link] = close;
    } else if (close) {
        m->closed[link]++;
    } else if (m->closed[link] > 0) {
        m->closed[link]--;
    }
}

static void happen(flow_model *m, const flow_event *event)
{
    switch (event->kind) {
    case FLOW_EVENT_CONFLICT: set_conflict(m, event->index, event->value); break;
    case FLOW_EVENT_CLOSE: close_link(m, event->index, true); break;
    case FLOW_EVENT_OPEN: close_link(m, event->index, false); break;
    default:
        set_kind(m, event->index, (int32_t)event->value);
        if ((int32_t)event->value == FLOW_CONFLICT_ZONE) {
            set_conflict(m, event->index, 1.0);
        } else {
            m->conflict[event->index] = 0.0;
        }
        break;
    }
}

flow_err flow_model_events(flow_model *m)
{
    const flow_scenario *s = m->s;
    while (m->event < s->n_event && s->event[m->event].day <= m->day) {
        happen(m, &s->event[m->event++]);
        m->version++;
    }
    if (flow_hazards_change(m)) { m->version++; }
    return FLOW_OK;
}

/// The destination rule moves everybody who lives somewhere.
static flow_err enter_residents(flow_model *m)
{
    for (int32_t p = 0; p < m->s->n_place; p++) {
        int64_t entered = 0;
        FLOW_TRY(flow_model_enter(m, p, (int64_t)floor(m->s->population[p] + 0.5), FLOW_DRAW_DAY0,
                                  FLOW_CAUSE_INITIAL, &entered));
    }
    return FLOW_OK;
}

flow_err flow_model_day0(flow_model *m)
{
    const flow_scenario *s = m->s;
    const flow_settings_spawn *set = &s->set.spawn;
    int64_t entered = 0;
    for (int32_t p = 0; p < s->n_place; p++) {
        set_kind(m, p, s->place_kind[p] == FLOW_CONFLICT_ZONE ? FLOW_TOWN : s->place_kind[p]);
        m->conflict_since[p] = 0;
        if (s->conflict0[p] > 0.0) { set_conflict(m, p, s->conflict0[p]); }
        if (s->set.quirks.low_movechance_is_camp && flow_place_is_low(s, p)) {
            m->camp[p] = true;
            m->town[p] = false;
        }
        m->capacity[p] = s->capacity[p];
        m->population[p] = s->population[p];
        if (m->camp[p] && set->empty_camps_on_day0) { continue; }
        FLOW_TRY(flow_model_enter(m, p, s->initial_idps[p], FLOW_DRAW_INITIAL, FLOW_CAUSE_INITIAL,
                                  &entered));
    }
    if (m->to != NULL) { return enter_residents(m); }
    if (!set->insert_day0 || set->empty_camps_on_day0) { return FLOW_OK; }
    for (int32_t i = 0; i < s->n_observed; i++) {
        const int32_t p = s->observed[i].place;
        if (!m->camp[p]) { continue; }
        FLOW_TRY(flow_model_enter(m, p, s->observed[i].people[0], FLOW_DRAW_DAY0,
                                  FLOW_CAUSE_INITIAL, &entered));
    }
    return FLOW_OK;
}

int64_t flow_observed_total(const flow_scenario *s, int32_t day)
{
    if (!s->set.spawn.total_from_camps && s->total.people != NULL) { return s->total.people[day]; }
    int64_t sum = 0;
    for (int32_t i = 0; i < s->n_observed; i++) { sum += s->observed[i].people[day]; }
    return sum;
}

/// People who must enter today by the registrations; negative changes become debt.
static int64_t registrations(flow_model *m)
{
    const flow_scenario *s = m->s;
    const flow_settings_spawn *set = &s->set.spawn;
    int64_t change = 0;
    if (m->day > 0) {
        change = flow_observed_total(s, m->day) - flow_observed_total(s, m->day - 1) - m->debt;
    } else if (!set->insert_day0) {
        change = flow_observed_total(s, 0) - m->debt;
        const bool twice = s->set.quirks.day0_total_row && set->total_from_camps;
        if (twice) { change += s->total_day0_raw; }
    } else if (s->set.quirks.day0_reduces_capacity) {
        for (int32_t i = 0; i < s->n_observed; i++) {
            m->capacity[s->observed[i].place] -= (double)s->observed[i].day0;
        }
    }
    m->debt = change < 0 ? -change : 0;
    return change > 0 ? change : 0;
}

/// Weight of each place as an origin; returns the sum.
static double origin_weights(flow_model *m)
{
    double sum = 0.0;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        const double conflict = m->conflict[p];
        m->place_weight[p] =
            conflict > 0.0 ? fmax(m->population[p], 0.0) * conflict * flow_model_decay(m, p) : 0.0;
        m->place_weight[p] += flow_model_food_weight(m, p);
        sum += m->place_weight[p];
    }
    return sum;
}

/// Nobody is left where people have reason to leave because they have left already.
static bool used_up(const flow_model *m)
{
    const flow_settings *set = &m->s->set;
    bool any = false;
    for (int32_t p = 0; p < m->s->n_place && !any; p++) {
        const bool reason = m->conflict[p] > 0.0 || (set->spawn.food && flow_hunger(m, p) > 0.0);
        any = reason && m->s->population[p] > 0.0;
    }
    return any && set->spawn.take_from_population && !set->quirks.overdrawn_population;
}

flow_err flow_model_bound(const flow_model *m, int32_t place, double amount, const char *why)
{
    if (amount + (double)m->target <= FLOW_MOST_PEOPLE) { return FLOW_OK; }
    return flow_fail(FLOW_ERANGE,
                     "day %d: %g people leave '%s' by %s, %lld elsewhere; at most %g can enter a "
                     "model",
                     (int)m->day, amount, m->s->place_name[place], why, (long long)m->target,
                     FLOW_MOST_PEOPLE);
}

int64_t flow_model_poisson(flow_model *m, flow_draw purpose, int32_t place, double mean)
{
    flow_rng_key(m->work[0].rng, m->seed, m->member, m->day, purpose, (uint64_t)place);
    // GSL's Poisson counts in int: a sum of Poissons is Poisson.
    int64_t number = 0;
    for (; mean > 1e8; mean -= 1e8) { number += gsl_ran_poisson(m->work[0].rng, 1e8); }
    return number + gsl_ran_poisson(m->work[0].rng, mean);
}

/// People who leave a place by its intensity of conflict.
static flow_err by_conflict(flow_model *m, int32_t place, int64_t *out)
{
    const flow_settings_spawn *set = &m->s->set.spawn;
    double amount = set->rate * m->conflict[place];
    if (set->rate_kind == FLOW_RATE_POP_RATIO) { amount *= m->population[place]; }
    FLOW_TRY(flow_model_bound(m, place, amount, "spawn.rate and the intensity of its conflict"));
    *out = set->rate_kind == FLOW_RATE_POISSON
               ? flow_model_poisson(m, FLOW_DRAW_SPAWN_COUNT, place, amount)
               : (int64_t)floor(amount);
    return FLOW_OK;
}

/// How many enter at each place, in m->place_number.
static flow_err numbers(flow_model *m)
{
    const flow_scenario *s = m->s;
    const int32_t n = s->n_place;
    for (int32_t p = 0; p < n; p++) { m->place_number[p] = 0; }
    m->target = 0;
    if (s->set.spawn.mode == FLOW_SPAWN_NONE) { return FLOW_OK; }
    if (s->set.spawn.mode == FLOW_SPAWN_CONFLICT) {
        for (int32_t p = 0; p < n; p++) {
            if (!(m->conflict[p] > 0.0)) { continue; }
            FLOW_TRY(by_conflict(m, p, &m->place_number[p]));
            m->target += m->place_number[p];
        }
        return FLOW_OK;
    }
    m->target = registrations(m) + m->waiting;
    m->waiting = 0;
    if (m->target == 0) { return FLOW_OK; }
    if (!(origin_weights(m) > 0.0)) {
        if (used_up(m)) {
            m->waiting = m->target;
            return FLOW_OK;
        }
        return flow_fail(FLOW_EINPUT,
                         "day %d: %lld people must leave (registrations rose) but no place with "
                         "people is in conflict; give a conflict that has begun by then",
                         (int)m->day, (long long)m->target);
    }
    flow_rng_key(m->work[0].rng, m->seed, m->member, m->day, FLOW_DRAW_SPAWN_PLACE, 0);
    flow_split(m->work[0].rng, m->target, n, m->place_weight, m->place_tail, m->place_number);
    return FLOW_OK;
}

flow_err flow_model_leave_home(flow_model *m, int32_t place, int64_t n, flow_draw purpose,
                               int32_t cause)
{
    const flow_settings *set = &m->s->set;
    const bool taken = set->spawn.take_from_population;
    if (n == 0) { return FLOW_OK; }
    if (taken && !set->quirks.overdrawn_population && (double)n > m->population[place]) {
        const int64_t able = (int64_t)fmax(m->population[place], 0.0);
        const bool waits = purpose != FLOW_DRAW_FLOOD_GROUP;
        if (waits && set->spawn.mode == FLOW_SPAWN_REGISTRATIONS) { m->waiting += n - able; }
        n = able;
    }
    int64_t entered = 0;
    FLOW_TRY(flow_model_enter(m, place, n, purpose, cause, &entered));
    if (!taken) { return FLOW_OK; }
    m->population[place] = fmax(m->population[place] - (double)entered, 0.0);
    m->version++;
    return FLOW_OK;
}

flow_err flow_model_spawn(flow_model *m)
{
    FLOW_TRY(numbers(m));
    const bool food = m->s->set.spawn.food && m->s->set.spawn.mode == FLOW_SPAWN_REGISTRATIONS;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        int64_t n = m->place_number[p];
        if (food) { FLOW_TRY(flow_model_hungry(m, p, m->place_weight[p], &n)); }
        FLOW_TRY(flow_model_leave_home(m, p, n, FLOW_DRAW_SPAWN_GROUP, FLOW_CAUSE_CONFLICT));
    }
    return flow_model_floods(m);
}
