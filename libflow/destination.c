#include "destination.h"

#include "balance.h"
#include "columns.h"
#include "split.h"
#include "state.h"

#include <math.h>
#include <string.h>

static double link_speed(const flow_model *m, int32_t link)
{
    const double own = m->s->speed_km_d[link];
    return own > 0.0 ? own : m->s->set.destination.speed;
}

/// Days of travel on a link now; INFINITY: closed.
static double link_cost(const flow_model *m, int32_t link)
{
    const double *passable = flow_model_quantity(m, FLOW_Q_PASSABLE);
    const double *factor = flow_model_quantity(m, FLOW_Q_SPEED_FACTOR);
    const double speed = link_speed(m, link) * (factor != NULL ? factor[link] : 1.0);
    const bool open = m->closed[link] == 0 && (passable == NULL || passable[link] > 0.0);
    return open && speed > 0.0 ? m->s->length_km[link] / speed : (double)INFINITY;
}

static const flow_people_axis *origin_axis(const flow_groups *groups)
{
    for (int32_t a = 0; a < groups->n_axis; a++) {
        if (groups->axis[a].kind == FLOW_AXIS_ORIGIN) { return &groups->axis[a]; }
    }
    return NULL;
}

static flow_row_rule make_rule(const flow_settings *set, int32_t cause)
{
    static const int32_t kind[] = {
        [FLOW_TO_UTILITY] = FLOW_ROW_UTILITY,     [FLOW_TO_GRAVITY] = FLOW_ROW_GRAVITY,
        [FLOW_TO_BALANCED] = FLOW_ROW_GRAVITY,    [FLOW_TO_COMPETING] = FLOW_ROW_COMPETING,
        [FLOW_TO_RADIATION] = FLOW_ROW_RADIATION, [FLOW_TO_STOUFFER] = FLOW_ROW_STOUFFER};
    const flow_settings_destination *to = &set->destination;
    flow_row_rule rule = flow_row_rule_init(kind[to->kind]);
    memcpy(rule.coefficient, set->choice[cause].coefficient, sizeof rule.coefficient);
    rule.fallback = FLOW_FALLBACK_NONE;
    rule.soften = to->soften;
    rule.stay = set->choice[cause].stay;
    rule.competition = to->competition;
    rule.opportunity_power = to->opportunity_power;
    rule.count_here = to->count_here;
    rule.count_there = to->count_there;
    return rule;
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
    for (int32_t l = 0; l < s->n_link; l++) { d->cost[l] = link_cost(m, l); }
    const int64_t most = s->set.destination.most;
    const flow_routes_options options = {.most = (int32_t)most,
                                         .radius = s->set.destination.radius,
                                         .through = d->marker,
                                         .tie_first = s->tie_first,
                                         .tie = s->tie_place,
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
    int64_t *count = flow_realloc(room->count, size, sizeof *count);
    if (count != NULL) { room->count = count; }
    if (value == NULL || order == NULL || count == NULL) { return false; }
    room->size = size;
    return true;
}

/// Accessibility of every place to the others it can reach (competing destinations).
static void find_access(flow_model *m, flow_destination *d, const flow_row_rule *rule)
{
    for (int32_t p = 0; p < m->s->n_place; p++) {
        int32_t n;
        const flow_route *way = flow_routes_from(d->routes, p, &n);
        double *km = d->room[0].value, sum = 0.0;
        flow_routes_sum(d->routes, p, d->km, km);
        for (int32_t i = 1; i < n; i++) {
            if (!way[i].target) { continue; }
            sum += exp(rule->coefficient[FLOW_TERM_POPULATION] * log(d->size[way[i].place]) +
                       rule->coefficient[FLOW_TERM_DISTANCE] * log(km[i] + rule->soften));
        }
        d->access[p] = sum;
    }
}

/// Factors that make arrivals proportional to population, people leaving likewise.
static flow_err find_balance(flow_model *m, flow_destination *d, const flow_row_rule *rule)
{
    const int32_t n_place = m->s->n_place;
    int64_t n_pair = 0;
    for (int32_t p = 0; p < n_place; p++) {
        int32_t n;
        (void)flow_routes_from(d->routes, p, &n);
        n_pair += n;
    }
    int64_t *first = flow_calloc(n_place + 1, sizeof *first);
    int32_t *target = flow_calloc(n_pair, sizeof *target);
    double *weight = flow_calloc(n_pair, sizeof *weight);
    double *leave = flow_calloc(n_place, sizeof *leave);
    flow_err err = FLOW_OK;
    if (first == NULL || target == NULL || weight == NULL || leave == NULL) {
        err =
            flow_fail(FLOW_ENOMEM, "no memory to balance %lld pairs of places", (long long)n_pair);
    }
    int64_t k = 0;
    for (int32_t p = 0; p < n_place && err == FLOW_OK; p++) {
        int32_t n;
        const flow_route *way = flow_routes_from(d->routes, p, &n);
        double *km = d->room[0].value;
        flow_routes_sum(d->routes, p, d->km, km);
        for (int32_t i = 1; i < n; i++) {
            if (!way[i].target) { continue; }
            target[k] = way[i].place;
            weight[k++] = rule->coefficient[FLOW_TERM_POPULATION] * log(d->size[way[i].place]) +
                          rule->coefficient[FLOW_TERM_DISTANCE] * log(km[i] + rule->soften);
        }
        first[p + 1] = k;
    }
    if (err == FLOW_OK) {
        const flow_balance_input input = {.n_origin = n_place,
                                          .n_target = n_place,
                                          .first = first,
                                          .target = target,
                                          .log_weight = weight,
                                          .leave = d->size,
                                          .arrive = d->size,
                                          .tolerance = 1e-6,
                                          .most_rounds = 10000};
        err = flow_balance(&input, leave, d->balance, NULL);
    }
    flow_dealloc(first);
    flow_dealloc(target);
    flow_dealloc(weight);
    flow_dealloc(leave);
    return err;
}

flow_err flow_destination_create(flow_model *m)
{
    flow_destination *d = flow_calloc(1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for destinations"); }
    m->to = d;
    d->km = m->s->length_km;
    d->row = flow_calloc((int64_t)m->s->n_place * FLOW_N_CAUSE, sizeof *d->row);
    d->room = flow_calloc(m->threads, sizeof *d->room);
    flow_err err = flow_state_allocate(m, FLOW_OF_DESTINATION) && d->row != NULL && d->room != NULL
                       ? make_routes(m, d)
                       : flow_fail(FLOW_ENOMEM, "no memory for destinations");
    for (int32_t c = 0; c < FLOW_N_CAUSE; c++) {
        d->rule[c] = make_rule(&m->s->set, c);
        d->kin =
            d->kin || (d->rule[c].kind == FLOW_ROW_UTILITY && origin_axis(&m->groups) != NULL &&
                       d->rule[c].coefficient[FLOW_TERM_DIASPORA] != 0.0);
    }
    int32_t most = 0;
    for (int32_t p = 0; p < m->s->n_place && err == FLOW_OK; p++) {
        int32_t n;
        (void)flow_routes_from(d->routes, p, &n);
        most = n > most ? n : most;
    }
    if (err == FLOW_OK && !flow_row_reserve(&d->room[0], most + 1)) {
        err = flow_fail(FLOW_ENOMEM, "no memory for destinations");
    }
    const int32_t kind = m->s->set.destination.kind;
    if (err == FLOW_OK && kind == FLOW_TO_COMPETING) {
        find_access(m, d, &d->rule[FLOW_CAUSE_OTHER]);
    }
    if (err == FLOW_OK && kind == FLOW_TO_BALANCED) {
        err = find_balance(m, d, &d->rule[FLOW_CAUSE_OTHER]);
    }
    return err; // what there is of it goes with the model
}

void flow_destination_free(flow_model *m)
{
    flow_destination *d = m->to;
    if (d == NULL) { return; }
    for (int32_t t = 0; t < m->threads && d->room != NULL; t++) {
        flow_dealloc(d->room[t].value);
        flow_dealloc(d->room[t].order);
        flow_dealloc(d->room[t].count);
        flow_search_free(d->room[t].search);
    }
    flow_routes_free(d->routes);
    flow_dealloc(d->kin_origin);
    flow_dealloc(d->kin_n);
    flow_state_release(m, FLOW_OF_DESTINATION);
    flow_dealloc(d->row);
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
    }
    for (int64_t p = 0; p < n_place; p++) { d->worth[p] = 0.0; }
    memset(d->by_cause, 0, (size_t)(n_place * FLOW_N_CAUSE) * sizeof *d->by_cause);
    const size_t causes = FLOW_N_CAUSE_CLASS * sizeof *d->entered_by_cause;
    memset(d->entered_by_cause, 0, (size_t)m->s->n_link * causes);
    memset(d->arrived_by_cause, 0, (size_t)m->s->n_place * causes);
    flow_destination_renew(m);
}

void flow_destination_renew(flow_model *m)
{
    m->to->version++;
    m->to->roads = m->to->seen = UINT64_MAX;
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
    static const int32_t read[] = {FLOW_Q_PASSABLE, FLOW_Q_SPEED_FACTOR};
    const uint64_t now = versions(m, read, 2) + m->version;
    if (now == d->roads) { return FLOW_OK; }
    d->roads = now;
    bool changed = false;
    for (int32_t l = 0; l < m->s->n_link; l++) {
        const double cost = link_cost(m, l);
        if (cost == d->cost[l]) { continue; }
        d->cost[l] = cost;
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
    for (int32_t c = 0; c < FLOW_N_CAUSE && fee != NULL; c++) {
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

/// Who is where, by origin: rows see the beginning of the step, whoever decides first.
static flow_err count_kin(flow_model *m)
{
    flow_destination *d = m->to;
    if (!d->kin) { return FLOW_OK; }
    int64_t n = 0;
    for (int32_t p = 0; p < m->s->n_place; p++) { n += m->here[p].n; }
    if (n > d->kin_size) {
        int64_t size = d->kin_size > 0 ? d->kin_size : 1024;
        while (size < n) { size *= 2; }
        int32_t *origin = flow_realloc(d->kin_origin, size, sizeof *origin);
        if (origin != NULL) { d->kin_origin = origin; }
        double *persons = flow_realloc(d->kin_n, size, sizeof *persons);
        if (persons != NULL) { d->kin_n = persons; }
        if (origin == NULL || persons == NULL) {
            return flow_fail(FLOW_ENOMEM, "no memory for people by origin");
        }
        d->kin_size = size;
    }
    const flow_people_axis *axis = origin_axis(&m->groups);
    n = 0;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        d->kin_first[p] = n;
        for (int32_t i = 0; i < m->here[p].n; i++) {
            const flow_cell *cell = &m->here[p].row[i];
            d->kin_origin[n] = flow_group_class(axis, cell->key.group);
            d->kin_n[n++] = (double)flow_persons(m, cell->key.group, cell->n);
        }
    }
    d->kin_first[m->s->n_place] = n;
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
                                   FLOW_Q_FEE + FLOW_CHANNEL_REGULAR,
                                   FLOW_Q_FEE_FACTOR + FLOW_CHANNEL_REGULAR};
    uint64_t now = versions(m, read, (int32_t)(sizeof read / sizeof *read)) + m->version;
    for (int32_t i = FLOW_Q_POLICY; i <= FLOW_Q_POLICY_LAST; i++) { now += versions(m, &i, 1); }
    const bool room = update_room(m);
    if (now == d->seen && !room) { return; }
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
    FLOW_TRY(count_kin(m));
    update_places(m);
    return flow_destination_stay(m);
}

// Rows --------------------------------------------------------------------------------------------

/// People whose origin is `origin`, at a place, at the beginning of the step.
static double compatriots(const flow_destination *d, int32_t place, int32_t origin)
{
    double n = 0.0;
    for (int64_t i = d->kin_first[place]; i < d->kin_first[place + 1]; i++) {
        if (d->kin_origin[i] == origin) { n += d->kin_n[i]; }
    }
    return n;
}

/// People of `origin` who lived at a place before the first day, by the table of the diaspora.
static double settled(const flow_scenario *s, int32_t origin, int32_t place)
{
    if (s->tie_first == NULL) { return 0.0; }
    int64_t low = s->tie_first[origin], high = s->tie_first[origin + 1];
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (s->tie_place[middle] < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const bool found = low < s->tie_first[origin + 1] && s->tie_place[low] == place;
    return found ? s->tie_people[low] : 0.0;
}

/// What a wage buys, 1 where nothing is known.
static double real_wage(const flow_model *m, int32_t place)
{
    const double *wage = flow_model_quantity(m, FLOW_Q_WAGE);
    const double *price = flow_model_quantity(m, FLOW_Q_PRICE_INDEX);
    return (wage != NULL ? wage[place] : 1.0) / (price != NULL ? price[place] : 1.0);
}

/// Fees of regular crossings along the way to the candidates, over the traveller's wealth.
static void fill_fees(const flow_model *m, int32_t place, const flow_going *row,
                      flow_row_room *room, double *out)
{
    const flow_destination *d = m->to;
    const double wealth = m->s->set.destination.wealth * real_wage(m, place);
    double *sum = room->value + (int64_t)(FLOW_N_TERM + 2) * room->size;
    int32_t n, k = 0;
    const flow_route *way = flow_routes_from(d->routes, place, &n);
    flow_routes_sum(d->routes, place, d->fee, sum);
    if (k < row->n && row->place[k] == place) { out[k++] = 0.0; }
    for (int32_t i = 1; i < n; i++) {
        if (way[i].target) { out[k++] = sum[i] / wealth; }
    }
}

/// Values of the terms for the candidates of a row, and the input that points at them.
static void fill_terms(const flow_model *m, int32_t place, int32_t cause, const flow_going *row,
                       flow_row_room *room, flow_row_input *in)
{
    const flow_destination *d = m->to;
    const bool wages = flow_model_quantity(m, FLOW_Q_WAGE) != NULL;
    const double *employment = flow_model_quantity(m, FLOW_Q_EMPLOYMENT);
    const int32_t status = cause == FLOW_CAUSE_ECONOMIC ? FLOW_LEGAL_LABOUR : FLOW_LEGAL_REFUGEE;
    const double *policy = flow_model_quantity(m, FLOW_Q_POLICY + status);
    const bool kin = d->kin && d->rule[cause].coefficient[FLOW_TERM_DIASPORA] != 0.0;
    const bool ties = kin || m->s->tie_first != NULL;
    const int32_t *country = m->s->world.place_country;
    double *v[FLOW_N_TERM] = {0};
    for (int32_t t = 0; t < FLOW_N_TERM; t++) { v[t] = room->value + (int64_t)t * room->size; }
    double *extra = room->value + (int64_t)(FLOW_N_TERM + 1) * room->size;
    for (int32_t k = 0; k < row->n; k++) {
        const int32_t j = row->place[k];
        v[FLOW_TERM_POPULATION][k] = d->size[j];
        if (wages) { v[FLOW_TERM_WAGE][k] = real_wage(m, j) / real_wage(m, place); }
        if (employment != NULL) { v[FLOW_TERM_UNEMPLOYMENT][k] = 1.0 - employment[j]; }
        v[FLOW_TERM_SAFETY][k] = d->safe[j];
        v[FLOW_TERM_CAMP][k] = m->camp[j] ? 1.0 : 0.0;
        v[FLOW_TERM_ROOM][k] = m->multiplier[j];
        v[FLOW_TERM_REGION][k] =
            strcmp(m->s->place_region[j], m->s->place_region[place]) == 0 ? 1.0 : 0.0;
        if (ties) {
            v[FLOW_TERM_DIASPORA][k] =
                settled(m->s, place, j) + (kin ? compatriots(d, j, place) : 0.0);
        }
        if (policy != NULL) {
            v[FLOW_TERM_POLICY][k] = country[j] != country[place] ? policy[country[j]] : 0.0;
        }
        extra[k] = d->appeal[j];
    }
    if (cause == FLOW_CAUSE_ECONOMIC && in->stay == 0) { extra[0] += d->worth[place]; }
    if (d->fees) { fill_fees(m, place, row, room, v[FLOW_TERM_FEE]); }
    static const int32_t always[] = {FLOW_TERM_POPULATION, FLOW_TERM_SAFETY, FLOW_TERM_CAMP,
                                     FLOW_TERM_ROOM, FLOW_TERM_REGION};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        in->term[always[i]] = v[always[i]];
    }
    in->term[FLOW_TERM_WAGE] = wages ? v[FLOW_TERM_WAGE] : NULL;
    in->term[FLOW_TERM_UNEMPLOYMENT] = employment != NULL ? v[FLOW_TERM_UNEMPLOYMENT] : NULL;
    in->term[FLOW_TERM_DIASPORA] = ties ? v[FLOW_TERM_DIASPORA] : NULL;
    in->term[FLOW_TERM_FEE] = d->fees ? v[FLOW_TERM_FEE] : NULL;
    in->term[FLOW_TERM_POLICY] = policy != NULL ? v[FLOW_TERM_POLICY] : NULL;
    in->utility = extra;
}

/// Room for n candidates. Rows that grow, because roads open, take twice as much and leave what
/// they had in the arena.
static bool reserve_row(flow_arena *arena, flow_going *row, int32_t n)
{
    if (n <= row->size) { return true; }
    const int32_t size = n > 2 * (int64_t)row->size ? n : 2 * row->size;
    double *weight = flow_arena_take(arena, 2 * (int64_t)size + 1, sizeof *weight);
    int32_t *place = flow_arena_take(arena, size, sizeof *place);
    if (place == NULL || weight == NULL) { return false; }
    row->weight = weight;
    row->tail = weight + size;
    row->place = place;
    row->size = size;
    return true;
}

/// Candidates: places within reach, and the place itself where staying competes.
static void list_candidates(const flow_model *m, int32_t place, int32_t cause, flow_going *row,
                            flow_row_room *room, flow_row_input *in)
{
    const flow_destination *d = m->to;
    int32_t n;
    const flow_route *way = flow_routes_from(d->routes, place, &n);
    double *km = room->value + (int64_t)FLOW_N_TERM * room->size;
    double *all = room->value + (int64_t)(FLOW_N_TERM + 2) * room->size;
    flow_routes_sum(d->routes, place, d->km, all);
    row->n = 0;
    in->stay = -1;
    if (m->s->set.choice[cause].may_stay) {
        in->stay = 0;
        row->place[0] = place;
        km[row->n++] = 0.0;
    }
    for (int32_t i = 1; i < n; i++) {
        if (!way[i].target) { continue; }
        row->place[row->n] = way[i].place;
        km[row->n++] = all[i];
    }
    in->n = row->n;
    in->distance = km;
}

const flow_going *flow_destination_row(flow_model *m, flow_work *w, int32_t place, int32_t cause)
{
    flow_destination *d = m->to;
    flow_going *row = &d->row[(int64_t)place * FLOW_N_CAUSE + cause];
    const flow_row_rule *rule = &d->rule[cause];
    const bool kin = d->kin && rule->coefficient[FLOW_TERM_DIASPORA] != 0.0;
    if (row->version == d->version && !kin) { return row; }
    int32_t n;
    (void)flow_routes_from(d->routes, place, &n);
    flow_row_room *room = &d->room[w - m->work];
    if (!reserve_row(&w->rows, row, n + 1) || !flow_row_reserve(room, n + 1)) {
        w->failed = true;
        return NULL;
    }
    flow_row_input in = {.population = d->size[place]};
    list_candidates(m, place, cause, row, room, &in);
    fill_terms(m, place, cause, row, room, &in);
    if (rule->kind == FLOW_ROW_COMPETING || m->s->set.destination.kind == FLOW_TO_BALANCED) {
        double *part = room->value + (int64_t)FLOW_TERM_CONSTANT * room->size;
        const bool balanced = m->s->set.destination.kind == FLOW_TO_BALANCED;
        for (int32_t k = 0; k < row->n; k++) {
            part[k] = balanced ? d->balance[row->place[k]] : d->access[row->place[k]];
        }
        in.balance = balanced ? part : NULL;
        in.access = balanced ? NULL : part;
    }
    const flow_err err = flow_row_fill(rule, &in, room->order, row->weight, NULL);
    if (err != FLOW_OK) {
        w->error = err;
        w->failed = true;
        return NULL;
    }
    flow_split_prepare(row->n, row->weight, row->tail);
    row->version = d->version;
    return row;
}
