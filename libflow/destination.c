#include "destination.h"

#include "channel.h"
#include "columns.h"
#include "observables.h"
#include "shares.h"
#include "state.h"

#include <math.h>
#include <string.h>

static double link_speed(const flow_model *m, int32_t link)
{
    const flow_settings_destination *set = &m->s->set.destination;
    const double own = m->s->speed_km_d[link];
    if (own > 0.0) { return own; }
    switch (m->s->link_mode[link]) {
    case FLOW_LINK_RAIL: return set->rail_speed;
    case FLOW_LINK_BOAT: return set->boat_speed;
    case FLOW_LINK_FOOT: return set->foot_speed;
    case FLOW_LINK_AIR: return set->air_speed;
    default: return set->speed;
    }
}

/// Whether a link has ways that a closed border does not close.
static bool has_other_way(const flow_model *m, int32_t link)
{
    bool any = false;
    for (int32_t c = FLOW_CHANNEL_REGULAR + 1; c < FLOW_N_CHANNEL && m->to->channels; c++) {
        const double *offered = flow_model_quantity(m, FLOW_Q_OFFERED + c);
        any = any || (offered != NULL && offered[link] > 0.0);
    }
    return any;
}

double flow_link_gate(const flow_model *m, int32_t link)
{
    const double *crossings = flow_model_quantity(m, FLOW_Q_CROSSINGS);
    const double *seats = flow_model_quantity(m, FLOW_Q_SEATS);
    const double *passable = flow_model_quantity(m, FLOW_Q_PASSABLE);
    const double gate = crossings != NULL ? crossings[link] : 1e12;
    if (seats == NULL || !(seats[link] > 0.0)) { return gate; }
    if (passable != NULL && !(passable[link] > 0.0)) { return seats[link]; }
    return fmin(gate + seats[link], 1e12);
}

bool flow_link_passable(const flow_model *m, int32_t link)
{
    const double *passable = flow_model_quantity(m, FLOW_Q_PASSABLE);
    const double *seats = flow_model_quantity(m, FLOW_Q_SEATS);
    return passable == NULL || passable[link] > 0.0 || (seats != NULL && seats[link] > 0.0);
}

/// Days of travel on a link now; INFINITY: closed.
static double link_cost(const flow_model *m, int32_t link)
{
    const double *factor = flow_model_quantity(m, FLOW_Q_SPEED_FACTOR);
    const double speed = link_speed(m, link) * (factor != NULL ? factor[link] : 1.0);
    const bool open =
        m->closed[link] == 0 && (flow_link_passable(m, link) || has_other_way(m, link));
    return open && speed > 0.0 ? m->s->length_km[link] / speed : (double)INFINITY;
}

/// Days of travel, and the same in steps: whole numbers, so that equals stay equal.
static void set_cost(flow_model *m, int32_t link, double days)
{
    const double ticks = days / m->s->world.dt * 65536.0;
    m->to->cost[link] = days;
    m->to->ticks[link] = (int64_t)fmin(fmax(floor(ticks + 0.5), 1.0), 65536.0 * 1e9);
}

static flow_err make_routes(flow_model *m, flow_destination *d)
{
    const flow_scenario *s = m->s;
    d->network = (flow_network){.n_place = s->n_place,
                                .n_link = s->n_link,
                                .first_link = s->first_link,
                                .link_from = s->link_from,
                                .link_to = s->link_to};
    for (int32_t p = 0; p < s->n_place; p++) {
        d->marker[p] = s->place_kind[p] == FLOW_MARKER;
        const bool limited = s->capacity[p] >= 1.0;
        d->size[p] = fmax(fmax(s->population[p], limited ? s->capacity[p] : 0.0), 1.0);
    }
    for (int32_t l = 0; l < s->n_link; l++) { set_cost(m, l, link_cost(m, l)); }
    if (s->shares != NULL) {
        FLOW_TRY(flow_shares_ties(s->shares, s->n_place, s->tie_first, s->tie_place, &d->tie_first,
                                  &d->tie));
    }
    const int64_t most = s->set.destination.most;
    const flow_routes_options options = {.most = (int32_t)most,
                                         .radius = s->set.destination.radius,
                                         .through = d->marker,
                                         .tie_first =
                                             d->tie_first != NULL ? d->tie_first : s->tie_first,
                                         .tie = d->tie_first != NULL ? d->tie : s->tie_place,
                                         .threads = m->threads};
    FLOW_TRY(flow_routes_create(&d->network, d->cost, &options, &d->routes));
    for (int32_t t = 0; t < m->threads; t++) {
        FLOW_TRY(flow_search_create(d->routes, &d->room[t].search));
    }
    return FLOW_OK;
}

bool flow_row_reserve(flow_row_room *room, int32_t n)
{
    if (n <= room->size) { return true; }
    int32_t size = room->size > 0 ? room->size : 64;
    while (size < n) { size *= 2; }
    double *value = flow_realloc(room->value, (int64_t)size * (FLOW_N_TERM + 3), sizeof *value);
    if (value != NULL) { room->value = value; }
    int32_t *order = flow_realloc(room->order, size, sizeof *order);
    if (order != NULL) { room->order = order; }
    int32_t *way = flow_realloc(room->way, size, sizeof *way);
    if (way != NULL) { room->way = way; }
    int64_t *count = flow_realloc(room->count, size, sizeof *count);
    if (count != NULL) { room->count = count; }
    if (value == NULL || order == NULL || way == NULL || count == NULL) { return false; }
    room->size = size;
    return true;
}

flow_err flow_destination_create(flow_model *m)
{
    flow_destination *d = flow_calloc(1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for destinations"); }
    m->to = d;
    d->km = m->s->length_km;
    d->channels = flow_scenario_channels(m->s);
    const int64_t n_rule = (int64_t)m->groups.n_chooser * FLOW_N_CAUSE;
    d->row = flow_calloc(m->s->n_place * n_rule, sizeof *d->row);
    d->rule = flow_calloc(n_rule, sizeof *d->rule);
    d->missing = flow_calloc(n_rule, sizeof *d->missing);
    d->room = flow_calloc(m->threads, sizeof *d->room);
    const bool have = d->row != NULL && d->rule != NULL && d->missing != NULL && d->room != NULL;
    flow_err err = flow_state_allocate(m, FLOW_OF_DESTINATION) && have
                       ? make_routes(m, d)
                       : flow_fail(FLOW_ENOMEM, "no memory for destinations");
    if (err == FLOW_OK) { flow_destination_make_rules(m); }
    int32_t most = 0;
    for (int32_t p = 0; p < m->s->n_place && err == FLOW_OK; p++) {
        int32_t n;
        (void)flow_routes_from(d->routes, p, &n);
        most = n > most ? n : most;
    }
    if (err == FLOW_OK && !flow_row_reserve(&d->room[0], most + 1)) {
        err = flow_fail(FLOW_ENOMEM, "no memory for destinations");
    }
    return err == FLOW_OK ? flow_destination_weigh_network(m) : err; // it goes with the model
}

void flow_destination_free(flow_model *m)
{
    flow_destination *d = m->to;
    if (d == NULL) { return; }
    for (int32_t t = 0; t < m->threads && d->room != NULL; t++) {
        flow_dealloc(d->room[t].value);
        flow_dealloc(d->room[t].order);
        flow_dealloc(d->room[t].way);
        flow_dealloc(d->room[t].count);
        flow_search_free(d->room[t].search);
    }
    flow_routes_free(d->routes);
    flow_dealloc(d->tie_first);
    flow_dealloc(d->tie);
    flow_dealloc(d->kin_place);
    flow_dealloc(d->kin_n);
    flow_dealloc(d->kin_row);
    flow_state_release(m, FLOW_OF_DESTINATION);
    flow_dealloc(d->row);
    flow_dealloc(d->rule);
    flow_dealloc(d->missing);
    flow_dealloc(d->room);
    m->to = NULL;
    flow_dealloc(d);
}

void flow_destination_reset(flow_model *m)
{
    flow_destination *d = m->to;
    const int64_t n_place = m->s->n_place;
    for (int32_t l = 0; l < m->s->n_link; l++) { d->pass_carry[l] = 0.0; }
    for (int32_t c = 0; c < m->s->world.n_country; c++) {
        d->quota_carry[c] = d->permit_carry[c] = 0.0;
        d->claim_carry[c] = d->resettle_carry[c] = 0.0;
        d->claims_pending[c] = d->claims_decided[c] = d->claims_recognised[c] = 0;
        d->resettled[c] = 0;
    }
    for (int64_t p = 0; p < n_place; p++) { d->worth[p] = 0.0; }
    memset(d->by_cause, 0, (size_t)(n_place * FLOW_N_CAUSE) * sizeof *d->by_cause);
    memset(d->trapped, 0, (size_t)n_place * sizeof *d->trapped);
    memset(d->deaths, 0, (size_t)n_place * sizeof *d->deaths);
    memset(d->redisplaced, 0, (size_t)n_place * sizeof *d->redisplaced);
    if (d->channels) { flow_channels_reset(m); }
    const size_t causes = FLOW_N_CAUSE_CLASS * sizeof *d->entered_by_cause;
    memset(d->entered_by_cause, 0, (size_t)m->s->n_link * causes);
    memset(d->arrived_by_cause, 0, (size_t)m->s->n_place * causes);
    flow_destination_renew(m);
}

void flow_destination_renew(flow_model *m)
{
    m->to->version++;
    m->to->roads = m->to->seen = m->to->offers = UINT64_MAX;
}

// What rows are made from -------------------------------------------------------------------------

/// Sum of the versions of quantities: changes whenever one of them does.
static uint64_t versions(const flow_model *m, const int32_t *quantity, int32_t n)
{
    uint64_t sum = 0;
    for (int32_t i = 0; i < n; i++) { sum += flow_columns_version(m->columns, quantity[i]); }
    return sum;
}

static flow_err update_costs(flow_model *m)
{
    flow_destination *d = m->to;
    static const int32_t read[] = {FLOW_Q_PASSABLE, FLOW_Q_SPEED_FACTOR, FLOW_Q_SEATS,
                                   FLOW_Q_OFFERED + FLOW_CHANNEL_IRREGULAR,
                                   FLOW_Q_OFFERED + FLOW_CHANNEL_SMUGGLED};
    const uint64_t now = versions(m, read, (int32_t)(sizeof read / sizeof *read)) + m->version;
    if (now == d->roads) { return FLOW_OK; }
    d->roads = now;
    bool changed = false;
    for (int32_t l = 0; l < m->s->n_link; l++) {
        const double cost = link_cost(m, l);
        if (cost == d->cost[l]) { continue; }
        set_cost(m, l, cost);
        FLOW_TRY(flow_routes_set(d->routes, l, cost));
        changed = true;
    }
    if (!changed) { return FLOW_OK; }
    d->version++;
    return flow_routes_update(d->routes, NULL);
}

/// Fees of regular crossings in force, where somebody minds them.
static void update_fees(flow_model *m)
{
    flow_destination *d = m->to;
    const double *fee = flow_model_quantity(m, FLOW_Q_FEE + FLOW_CHANNEL_REGULAR);
    const double *factor = flow_model_quantity(m, FLOW_Q_FEE_FACTOR + FLOW_CHANNEL_REGULAR);
    d->fees = false;
    for (int32_t c = 0; c < m->groups.n_chooser * FLOW_N_CAUSE && fee != NULL; c++) {
        d->fees = d->fees || d->rule[c].coefficient[FLOW_TERM_FEE] != 0.0;
    }
    for (int32_t l = 0; l < m->s->n_link && d->fees; l++) {
        d->fee[l] = fee[l] * (factor != NULL ? factor[l] : 1.0);
    }
}

/// Capacities with what responses add; 1 where rows must be made anew.
static bool update_room(flow_model *m)
{
    const double *extra = flow_model_quantity(m, FLOW_Q_EXTRA_CAPACITY);
    bool changed = false;
    flow_share_limited(m);
    for (int32_t i = 0; i < m->n_limited; i++) {
        const int32_t p = m->limited[i];
        const double before = m->multiplier[p];
        m->capacity[p] = fmax(m->s->capacity[p] + (extra != NULL ? extra[p] : 0.0), 1.0);
        const double room = m->capacity[p] * m->s->set.hop.capacity_scaling;
        m->multiplier[p] = (double)m->count[p] < room ? 1.0 - (double)m->count[p] / room : 0.0;
        changed = changed || m->multiplier[p] != before;
    }
    return changed;
}

static double safety(const flow_model *m, int32_t place)
{
    const double *own = flow_model_quantity(m, FLOW_Q_SAFETY);
    const double *conflict = flow_model_quantity(m, FLOW_Q_CONFLICT_LEVEL);
    const double *damage = flow_model_quantity(m, FLOW_Q_HOUSING_DAMAGE);
    double safe = own != NULL ? own[place] : 1.0;
    if (conflict != NULL) { safe *= 1.0 - conflict[place]; }
    if (damage != NULL) { safe *= 1.0 - damage[place]; }
    return safe * (1.0 - fmin(m->conflict[place], 1.0));
}

static bool reserve_kin(flow_destination *d, int64_t n)
{
    if (n <= d->kin_size) { return true; }
    int64_t size = d->kin_size > 0 ? d->kin_size : 1024;
    while (size < n) { size *= 2; }
    int32_t *place = flow_realloc(d->kin_place, size, sizeof *place);
    if (place != NULL) { d->kin_place = place; }
    double *persons = flow_realloc(d->kin_n, size, sizeof *persons);
    if (persons != NULL) { d->kin_n = persons; }
    flow_kin *row = flow_realloc(d->kin_row, size, sizeof *row);
    if (row != NULL) { d->kin_row = row; }
    if (place == NULL || persons == NULL || row == NULL) { return false; }
    d->kin_size = size;
    return true;
}

/// Who is where, place by place, in d->kin_row; *n: rows. False when out of memory.
static bool list_kin(flow_model *m, int64_t *n)
{
    flow_destination *d = m->to;
    const flow_people_axis *axis = flow_groups_origin(&m->groups);
    *n = 0;
    for (int32_t p = 0; p < m->s->n_place; p++) { *n += m->here[p].n; }
    if (!reserve_kin(d, *n)) { return false; }
    flow_kin *row = d->kin_row;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        for (int32_t i = 0; i < m->here[p].n; i++) {
            const flow_cell *cell = &m->here[p].row[i];
            *row++ = (flow_kin){.place = p,
                                .origin = flow_group_class(axis, cell->key.group),
                                .n = (double)flow_persons(m, cell->key.group, cell->n)};
        }
    }
    const flow_kin *all = flow_share_rows(m, d->kin_row, sizeof *all, n);
    if (all == d->kin_row) { return true; }
    if (!reserve_kin(d, *n)) { return false; }
    if (*n > 0) { memcpy(d->kin_row, all, (size_t)*n * sizeof *all); }
    return true;
}

/// Where people of each origin are: choices see the beginning of the step, whoever decides first.
static flow_err count_kin(flow_model *m)
{
    flow_destination *d = m->to;
    if (!d->kin) { return FLOW_OK; }
    int64_t n;
    if (!list_kin(m, &n)) { return flow_fail(FLOW_ENOMEM, "no memory for people by origin"); }
    const int32_t n_place = m->s->n_place;
    for (int32_t o = 0; o <= n_place; o++) { d->kin_first[o] = 0; }
    for (int64_t i = 0; i < n; i++) { d->kin_first[d->kin_row[i].origin + 1]++; }
    for (int32_t o = 0; o < n_place; o++) {
        d->kin_first[o + 1] += d->kin_first[o];
        d->kin_end[o] = d->kin_first[o];
    }
    for (int64_t i = 0; i < n; i++) {
        const flow_kin *row = &d->kin_row[i];
        int64_t *end = &d->kin_end[row->origin];
        if (*end == d->kin_first[row->origin] || d->kin_place[*end - 1] != row->place) {
            d->kin_place[*end] = row->place;
            d->kin_n[(*end)++] = 0.0;
        }
        d->kin_n[*end - 1] += row->n;
    }
    return FLOW_OK;
}

/// What rows of all places are made from.
static void update_places(flow_model *m)
{
    flow_destination *d = m->to;
    static const int32_t read[] = {FLOW_Q_SAFETY,
                                   FLOW_Q_CONFLICT_LEVEL,
                                   FLOW_Q_HOUSING_DAMAGE,
                                   FLOW_Q_WAGE,
                                   FLOW_Q_EMPLOYMENT,
                                   FLOW_Q_APPEAL,
                                   FLOW_Q_HOST_ACCEPTANCE,
                                   FLOW_Q_PRICE_INDEX,
                                   FLOW_Q_WORTH,
                                   FLOW_Q_WEALTH_FACTOR,
                                   FLOW_Q_FEE + FLOW_CHANNEL_REGULAR,
                                   FLOW_Q_FEE_FACTOR + FLOW_CHANNEL_REGULAR};
    uint64_t now = versions(m, read, (int32_t)(sizeof read / sizeof *read)) + m->version;
    for (int32_t i = FLOW_Q_POLICY; i <= FLOW_Q_POLICY_LAST; i++) { now += versions(m, &i, 1); }
    const int32_t epoch = m->s->shares != NULL ? flow_shares_epoch(m->s->shares, m->day) : 0;
    const bool room = update_room(m);
    if (now == d->seen && !room && epoch == d->epoch) { return; }
    d->epoch = epoch;
    d->seen = now;
    d->version++;
    update_fees(m);
    const double *appeal = flow_model_quantity(m, FLOW_Q_APPEAL);
    const double *welcome = flow_model_quantity(m, FLOW_Q_HOST_ACCEPTANCE);
    for (int32_t p = 0; p < m->s->n_place; p++) {
        d->safe[p] = safety(m, p);
        d->appeal[p] = log(appeal != NULL ? appeal[p] : 1.0);
        if (welcome != NULL) { d->appeal[p] += log(welcome[p]); }
    }
}

flow_err flow_destination_update(flow_model *m)
{
    FLOW_TRY(update_costs(m));
    FLOW_TRY(flow_channels_update(m));
    FLOW_TRY(count_kin(m));
    update_places(m);
    return flow_destination_stay(m);
}
