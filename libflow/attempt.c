// People at links with channels: they choose a way or wait, they try, and something comes of it.
#include "channel.h"
#include "split.h"

#include <math.h>

/// What a stream is for, besides where and who.
enum { OF_ENTRY = 1, OF_RECRUITMENT, OF_CHOICE, OF_WAITING, OF_ATTEMPT, OF_SEATS };

/// Every party draws from a stream of its own, named by where it is, who it is and what for: what
/// happens to others changes nothing.
static void open_stream(const flow_model *m, flow_work *w, int32_t place, const flow_key *key,
                        uint64_t what)
{
    const uint64_t where = (uint64_t)place << 32 | (uint64_t)(uint32_t)m->to->wave;
    flow_rng_key(w->rng, m->seed, m->member, m->day, FLOW_DRAW_CHANNEL,
                 flow_mix(flow_mix(where) ^ flow_mix(flow_key_hash(key) + what)));
}

static int32_t cause_of(const flow_model *m, uint32_t group)
{
    return flow_group_class(&m->groups.axis[m->groups.cause], group);
}

static bool in_debt(const flow_model *m, uint32_t group)
{
    const int32_t debt = m->groups.debt;
    return debt >= 0 && flow_group_class(&m->groups.axis[debt], group) != 0;
}

static flow_traveller describe(const flow_model *m, int32_t place, uint32_t group)
{
    const flow_groups *groups = &m->groups;
    const double *aware = flow_model_quantity(m, FLOW_Q_AWARENESS);
    flow_traveller who = {.wealth = flow_channel_wealth(m, place, group),
                          .aware = aware != NULL ? aware[place] : 0.0,
                          .cause = cause_of(m, group),
                          .debt = in_debt(m, group)};
    if (groups->awareness >= 0) {
        const int32_t c = flow_group_class(&groups->axis[groups->awareness], group);
        who.aware = flow_share_any(who.aware, groups->knows[c]);
    }
    return who;
}

// Waiting -----------------------------------------------------------------------------------------

/// A party stays at the place and may try again.
static void wait_here(flow_model *m, flow_work *w, int32_t place, flow_party *party)
{
    flow_key *key = &party->key;
    key->today = 0;
    key->due = 0;
    if (party->n > 0 && (key->deficit & FLOW_PLAN_WAITED) == 0) { flow_tell(m, w, party, place); }
    key->deficit |= FLOW_PLAN_WAITED;
    flow_put(w, &m->here[place], party);
}

/// A party stays where it is: at home, if it never got away.
static void give_up(flow_model *m, flow_work *w, int32_t place, flow_party *party)
{
    const flow_groups *groups = &m->groups;
    const uint32_t group = party->key.group;
    const bool home = flow_group_class(flow_groups_origin(groups), group) == place;
    const bool left =
        flow_group_class(&groups->axis[groups->status], group) != FLOW_STATUS_RESIDENT;
    if (!home || left) {
        flow_settle(m, w, place, party);
        return;
    }
    party->key.group = flow_group_change(&groups->axis[groups->cause], group, FLOW_CAUSE_INITIAL);
    party->key.route = 0;
    party->key.deficit = 0;
    flow_tell(m, w, party, place);
    flow_put(w, &m->here[place], party);
}

void flow_wait_on(flow_model *m, flow_work *w, int32_t place, flow_party *party)
{
    const flow_settings_passage *set = &m->s->set.passage;
    const double dt = m->s->world.dt, all = (set->retry + set->give_up) * dt;
    if (!(all > 0.0)) { return; }
    open_stream(m, w, place, &party->key, OF_WAITING);
    const int64_t n = flow_binomial(w->rng, party->n, -expm1(-all));
    const int64_t again = flow_binomial(w->rng, n, set->retry * dt / all);
    flow_party part;
    if (again > 0) {
        flow_part(m, w, party, again, &part);
        flow_set_out(m, w, place, &part, 0, m->queue);
    }
    if (n > again) {
        flow_part(m, w, party, n - again, &part);
        give_up(m, w, place, &part);
    }
}

// Trying ------------------------------------------------------------------------------------------

/// Class of people who have passed a border.
static uint32_t after(const flow_model *m, int32_t link, int32_t channel, uint32_t group,
                      bool trafficked)
{
    const flow_groups *groups = &m->groups;
    const flow_people_axis *status = &groups->axis[groups->status];
    if (trafficked) { return flow_group_change(status, group, FLOW_STATUS_TRAFFICKED); }
    const int32_t *country = m->s->world.place_country;
    const int32_t from = country[m->s->link_from[link]], to = country[m->s->link_to[link]];
    const int32_t home = country[flow_group_class(flow_groups_origin(groups), group)];
    const bool same = flow_group_class(status, group) == FLOW_STATUS_TRAFFICKED;
    if (from == to || to == home || same) { return group; }
    if (channel != FLOW_CHANNEL_REGULAR) {
        return flow_group_change(status, group, FLOW_STATUS_IRREGULAR);
    }
    return cause_of(m, group) == FLOW_CAUSE_ECONOMIC
               ? flow_group_change(status, group, FLOW_STATUS_LABOUR)
               : group;
}

/// Fee of a party for a way, USD per person.
static double fee_of(const flow_model *m, int32_t link, int32_t channel, const flow_key *key)
{
    const double fee = m->to->passage[(int64_t)link * FLOW_N_CHANNEL + channel].fee;
    const bool recruited =
        channel == FLOW_CHANNEL_REGULAR && (key->deficit & FLOW_PLAN_CHARGED) != 0;
    return recruited ? fee + flow_channel_recruitment(m, link) : fee;
}

/// A party pays; who has to borrow is in debt.
static void pay(flow_model *m, int32_t link, int32_t channel, double fee, flow_party *party)
{
    const flow_groups *groups = &m->groups;
    const int64_t persons = flow_persons(m, party->key.group, party->n);
    m->to->paid[(int64_t)link * FLOW_N_CHANNEL + channel] += fee * (double)persons;
    if (groups->debt >= 0 &&
        fee > flow_channel_wealth(m, m->s->link_from[link], party->key.group)) {
        party->key.group = flow_group_change(&groups->axis[groups->debt], party->key.group, 1);
    }
}

/// Those of an attempt with one outcome go where it takes them.
static void end_attempt(flow_model *m, flow_work *w, int32_t link, int32_t channel, int32_t outcome,
                        flow_party *party, flow_cells *into)
{
    const int32_t place = m->s->link_from[link];
    const uint16_t moment = party->key.today;
    switch (outcome) {
    case FLOW_END_PASSED:
    case FLOW_END_TRAFFICKED:
        party->key.group =
            after(m, link, channel, party->key.group, outcome == FLOW_END_TRAFFICKED);
        party->key.deficit &= (uint16_t)~FLOW_PLAN_OF_LINK;
        flow_enter_link(m, w, link, party, moment, into);
        break;
    case FLOW_END_DIED:
    case FLOW_END_MISSING:
        m->count[place] -= flow_persons(m, party->key.group, party->n);
        flow_model_remove(m, w, party,
                          outcome == FLOW_END_DIED ? FLOW_FATE_DEAD : FLOW_FATE_MISSING);
        break;
    default: wait_here(m, w, place, party);
    }
}

void flow_attempt(flow_model *m, flow_work *w, int32_t link, int32_t channel, flow_party *party,
                  flow_cells *into)
{
    if (party->n == 0) { return; }
    flow_destination *d = m->to;
    const int64_t at = (int64_t)link * FLOW_N_CHANNEL + channel;
    const double fee = fee_of(m, link, channel, &party->key);
    const bool on_arrival = m->s->set.passage.pay_on_arrival;
    const flow_rng_state before = *(const flow_rng_state *)w->rng->state; // of whoever releases
    open_stream(m, w, m->s->link_from[link], &party->key, (uint64_t)at << 8 | OF_ATTEMPT);
    if (!on_arrival) { pay(m, link, channel, fee, party); }
    const bool borrows = fee > flow_channel_wealth(m, m->s->link_from[link], party->key.group);
    double chance[FLOW_N_OUTCOME], tail[FLOW_N_OUTCOME + 1];
    int64_t n[FLOW_N_OUTCOME];
    flow_channel_chances(m, &d->passage[at], in_debt(m, party->key.group) || borrows, chance);
    flow_split(w->rng, party->n, FLOW_N_OUTCOME, chance, tail, n);
    for (int32_t k = 0; k < FLOW_N_OUTCOME; k++) {
        if (n[k] == 0) { continue; }
        flow_party part;
        flow_part(m, w, party, n[k], &part);
        d->outcome[at * FLOW_N_OUTCOME + k] += flow_persons(m, part.key.group, part.n);
        const bool passed = k == FLOW_END_PASSED || k == FLOW_END_TRAFFICKED;
        if (on_arrival && passed) { pay(m, link, channel, fee, &part); }
        end_attempt(m, w, link, channel, k, &part, into);
    }
    *(flow_rng_state *)w->rng->state = before;
}

// Seats -------------------------------------------------------------------------------------------

/// Whether the way of a cell at a place begins with a link.
static bool is_bound_for(const flow_model *m, flow_work *w, int32_t place, const flow_key *key,
                         int32_t link)
{
    int32_t next = -1;
    if (key->route == 0) { return false; }
    (void)flow_routes_next(m->to->routes, m->to->room[w - m->work].search, place,
                           (int32_t)key->route - 1, &next, NULL);
    return next == link;
}

/// A party travels on seats: no fee, no risk, and nobody asks who may enter.
static void sit_down(flow_model *m, flow_work *w, int32_t link, flow_party *party, flow_cells *into)
{
    const int64_t at = (int64_t)link * FLOW_N_CHANNEL + FLOW_CHANNEL_REGULAR;
    m->to->outcome[at * FLOW_N_OUTCOME + FLOW_END_PASSED] +=
        flow_persons(m, party->key.group, party->n);
    end_attempt(m, w, link, FLOW_CHANNEL_REGULAR, FLOW_END_PASSED, party, into);
}

/// The seats of one link go to a uniform choice of those who wait for it.
static void board_link(flow_model *m, flow_work *w, int32_t link, flow_cells *cells,
                       flow_cells *into)
{
    const int32_t place = m->s->link_from[link];
    int64_t *seats = &m->to->places_left[(int64_t)link * FLOW_N_CHANNEL + FLOW_CHANNEL_REGULAR];
    int64_t n = 0;
    for (int32_t i = 0; i < cells->n; i++) {
        if (is_bound_for(m, w, place, &cells->row[i].key, link)) { n += cells->row[i].n; }
    }
    for (int32_t i = 0; i < cells->n && n > 0 && *seats > 0; i++) {
        const flow_key key = cells->row[i].key;
        if (!is_bound_for(m, w, place, &key, link)) { continue; }
        const int32_t size = flow_group_size(&m->groups, key.group);
        const int64_t room = flow_units_of(*seats, size), here = cells->row[i].n;
        open_stream(m, w, place, &key, (uint64_t)link << 8 | OF_SEATS);
        const int64_t go = flow_hypergeometric(w->rng, here, n - here, room < n ? room : n);
        n -= here;
        if (go == 0) { continue; }
        flow_party party = flow_cells_lift(cells, i), some;
        flow_part(m, w, &party, go, &some);
        cells->row[i].n = party.n;
        if (cells->ids != NULL) { cells->ids[i] = party.ids; }
        *seats -= go * size;
        sit_down(m, w, link, &some, into);
    }
}

void flow_board(flow_model *m, flow_work *w, int32_t place, flow_cells *cells, flow_cells *into)
{
    const flow_destination *d = m->to;
    if (!d->channels || cells->n == 0 || flow_model_quantity(m, FLOW_Q_SEATS) == NULL) { return; }
    for (int32_t l = m->s->first_link[place]; l < m->s->first_link[place + 1]; l++) {
        const int64_t at = (int64_t)l * FLOW_N_CHANNEL + FLOW_CHANNEL_REGULAR;
        if (d->places_left[at] > 0) { board_link(m, w, l, cells, into); }
    }
    flow_cells_compact(cells);
}

// Choosing ----------------------------------------------------------------------------------------

/// Part of a party for which something is decided: a share of it, chosen at random.
static void decide(flow_model *m, flow_work *w, int32_t place, flow_party *party, uint64_t what,
                   double share, flow_party *chosen)
{
    *chosen = (flow_party){.key = party->key};
    int64_t n = party->n;
    if (share < 1.0) {
        open_stream(m, w, place, &party->key, what);
        n = flow_binomial(w->rng, n, share);
    }
    if (n > 0) { flow_part(m, w, party, n, chosen); }
}

/// Share of a party that may pass the next link regularly.
static double entry_of(const flow_model *m, int32_t link, const flow_key *key)
{
    const int32_t *country = m->s->world.place_country;
    const int32_t to = (int32_t)key->route - 1;
    const bool last = country[m->s->link_to[link]] == country[to];
    if (last && (key->deficit & FLOW_PLAN_NO_PERMIT) != 0) { return 0.0; }
    return flow_channel_entry(m, link, flow_entry_of(cause_of(m, key->group)));
}

/// Share of those who work abroad who pay nothing for being recruited.
static double free_of(const flow_model *m, int32_t link, const flow_key *key)
{
    const int32_t *country = m->s->world.place_country;
    const int32_t to = country[m->s->link_to[link]];
    if (cause_of(m, key->group) != FLOW_CAUSE_ECONOMIC || country[m->s->link_from[link]] == to) {
        return 1.0;
    }
    const double *ethical = flow_model_quantity(m, FLOW_Q_ETHICAL_RECRUITMENT);
    return ethical != NULL ? ethical[to] : 0.0;
}

enum { MOST_PARTS = 3 };

/// A party comes to a link: who may pass regularly, and for what fee. Parts, all of whom weigh the
/// same; their number.
static int32_t sort_out(flow_model *m, flow_work *w, int32_t link, flow_party *party,
                        flow_party part[static MOST_PARTS])
{
    const int32_t place = m->s->link_from[link];
    if ((party->key.deficit & (FLOW_PLAN_REFUSED | FLOW_PLAN_LET_IN)) != 0) {
        part[0] = *party;
        return 1;
    }
    decide(m, w, place, party, OF_ENTRY, entry_of(m, link, &party->key), &part[0]);
    decide(m, w, place, &part[0], OF_RECRUITMENT, free_of(m, link, &party->key), &part[1]);
    part[2] = *party;
    part[0].key.deficit |= FLOW_PLAN_LET_IN | FLOW_PLAN_CHARGED;
    part[1].key.deficit |= FLOW_PLAN_LET_IN | FLOW_PLAN_FREE;
    part[2].key.deficit |= FLOW_PLAN_REFUSED;
    return MOST_PARTS;
}

/// A way that people weigh.
typedef struct option {
    int32_t link, channel;
    double detour; ///< days
} option;

/// The links from a place that lead a party on, as ways of each channel; [n] in room->order as
/// link * FLOW_N_CHANNEL + channel, days in room->value. `link`: of the shortest way.
static int32_t list_ways(const flow_model *m, flow_work *w, int32_t place, int32_t to, int32_t link,
                         double days)
{
    flow_destination *d = m->to;
    flow_row_room *room = &d->room[w - m->work];
    const int32_t *country = m->s->world.place_country;
    int32_t n = 0;
    for (int32_t l = m->s->first_link[place]; l < m->s->first_link[place + 1]; l++) {
        if (!d->chosen[l] || !isfinite(d->cost[l])) { continue; }
        const int32_t end = m->s->link_to[l];
        double rest = 0.0;
        if (end != to) {
            int32_t next;
            (void)flow_routes_next(d->routes, room->search, end, to, &next, &rest);
        }
        if (l != link && !(rest < days)) { continue; } // it leads back
        const bool other = country[end] != country[m->s->link_to[link]];
        for (int32_t c = 0; c < FLOW_N_CHANNEL; c++) {
            if (c == FLOW_CHANNEL_REGULAR && other) { continue; } // nobody has asked there
            room->order[n] = l * FLOW_N_CHANNEL + c;
            room->value[n++] = fmax(d->cost[l] + rest - days, 0.0);
        }
    }
    return n;
}

/// Chances of n ways and, last, of waiting, for people who do or do not know the risks, added with
/// a weight; false: no way is open to them.
static bool add_chances(const flow_model *m, const flow_row_room *room, int32_t n,
                        const flow_key *key, const flow_traveller *who, bool knows, double weight,
                        double *scratch, double *chance)
{
    const flow_settings_passage *set = &m->s->set.passage;
    double most = set->wait;
    bool any = false;
    for (int32_t i = 0; i < n; i++) {
        const int32_t link = room->order[i] / FLOW_N_CHANNEL;
        const int32_t channel = room->order[i] % FLOW_N_CHANNEL;
        const bool refused =
            channel == FLOW_CHANNEL_REGULAR && (key->deficit & FLOW_PLAN_REFUSED) != 0;
        const double v = refused ? -(double)INFINITY
                                 : flow_channel_utility(m, link, channel, who,
                                                        fee_of(m, link, channel, key), knows);
        scratch[i] = v - set->detour * room->value[i];
        any = any || isfinite(v);
        most = fmax(most, scratch[i]);
    }
    scratch[n] = set->wait;
    double sum = 0.0;
    for (int32_t i = 0; i <= n; i++) {
        scratch[i] = exp(scratch[i] - most);
        sum += scratch[i];
    }
    for (int32_t i = 0; i <= n; i++) { chance[i] += weight * scratch[i] / sum; }
    return any;
}

/// A party tries a way, as far as there is room on it.
static void try_way(flow_model *m, flow_work *w, int32_t way, flow_party *party, flow_cells *into)
{
    flow_destination *d = m->to;
    const int32_t link = way / FLOW_N_CHANNEL, channel = way % FLOW_N_CHANNEL;
    if (channel == FLOW_CHANNEL_REGULAR) {
        flow_pass_gate(m, w, link, party, party->key.today, into);
        return;
    }
    const int32_t size = flow_group_size(&m->groups, party->key.group);
    const int64_t room = flow_units_of(d->places_left[way], size);
    flow_party rest = {.key = party->key};
    if (room < party->n) { flow_part(m, w, party, party->n - room, &rest); }
    if (d->places_left[way] < INT64_MAX / 4) { d->places_left[way] -= party->n * size; }
    flow_attempt(m, w, link, channel, party, into);
    if (rest.n > 0) { wait_here(m, w, m->s->link_from[link], &rest); }
}

/// People who are alike in all that matters choose among n ways.
static void choose_way(flow_model *m, flow_work *w, int32_t place, int32_t n, flow_party *party,
                       flow_cells *into)
{
    flow_row_room *room = &m->to->room[w - m->work];
    double *scratch = room->value + room->size, *chance = scratch + room->size;
    double *tail = chance + room->size;
    flow_traveller who = describe(m, place, party->key.group);
    const double *risk = flow_model_quantity(m, FLOW_Q_RISK_AWARENESS);
    double most = 0.0;
    for (int32_t i = 0; i < n && risk != NULL; i++) {
        most = fmax(most, risk[room->order[i] / FLOW_N_CHANNEL]);
    }
    who.aware = flow_share_any(who.aware, most);
    for (int32_t i = 0; i <= n; i++) { chance[i] = 0.0; }
    const bool any = add_chances(m, room, n, &party->key, &who, true, who.aware, scratch, chance);
    (void)add_chances(m, room, n, &party->key, &who, false, 1.0 - who.aware, scratch, chance);
    if (!any) { m->to->trapped[place] += flow_persons(m, party->key.group, party->n); }
    open_stream(m, w, place, &party->key, OF_CHOICE);
    flow_split(w->rng, party->n, n + 1, chance, tail, room->count);
    for (int32_t i = 0; i < n; i++) {
        if (room->count[i] == 0) { continue; }
        flow_party part;
        flow_part(m, w, party, room->count[i], &part);
        try_way(m, w, room->order[i], &part, into);
    }
    if (party->n > 0) { wait_here(m, w, place, party); }
}

/// A party is about to choose.
static void pass(flow_model *m, flow_work *w, int32_t place, flow_party *party, flow_cells *into)
{
    flow_destination *d = m->to;
    flow_row_room *room = &d->room[w - m->work];
    const int32_t to = (int32_t)party->key.route - 1;
    const int32_t degree = m->s->first_link[place + 1] - m->s->first_link[place];
    if (!flow_row_reserve(room, degree * FLOW_N_CHANNEL + 2)) {
        w->failed = true;
        return;
    }
    int32_t link;
    double days;
    (void)flow_routes_next(d->routes, room->search, place, to, &link, &days);
    flow_party part[MOST_PARTS];
    const int32_t n_part = sort_out(m, w, link, party, part);
    const int32_t n = list_ways(m, w, place, to, link, days);
    for (int32_t i = 0; i < n_part; i++) {
        if (part[i].n > 0) { choose_way(m, w, place, n, &part[i], into); }
    }
}

void flow_channels_pass(flow_model *m, flow_work *w, int32_t place, flow_cells *into)
{
    if (!m->to->channels) { return; }
    flow_cells *ready = &m->to->ready[place];
    flow_board(m, w, place, ready, into);
    for (int32_t i = 0; i < ready->n && !w->failed; i++) {
        flow_party party = flow_cells_lift(ready, i);
        pass(m, w, place, &party, into);
    }
    flow_cells_empty(ready);
}

bool flow_channel_keeps(const flow_model *m, int32_t place, uint32_t group)
{
    if (!m->to->channels) { return false; }
    const int32_t *country = m->s->world.place_country;
    const int32_t home = flow_group_class(flow_groups_origin(&m->groups), group);
    const int32_t status = flow_group_class(&m->groups.axis[m->groups.status], group);
    return country[home] != country[place] &&
           (status == FLOW_STATUS_IRREGULAR || status == FLOW_STATUS_TRAFFICKED ||
            status == FLOW_STATUS_LABOUR);
}

// Debt --------------------------------------------------------------------------------------------

static void repay(flow_model *m, flow_work *w, int32_t place, double share)
{
    const flow_people_axis *axis = &m->groups.axis[m->groups.debt];
    flow_cells *here = &m->here[place];
    const int32_t n_row = here->n;
    flow_open(m, w, FLOW_DRAW_DEBT, place);
    for (int32_t i = 0; i < n_row && !w->failed; i++) {
        if (!in_debt(m, here->row[i].key.group)) { continue; }
        flow_party party = flow_cells_lift(here, i);
        flow_rng_key(w->rng, m->seed, m->member, m->day, FLOW_DRAW_DEBT,
                     flow_mix(flow_mix(w->name) ^ flow_key_hash(&party.key)));
        const int64_t n = flow_binomial(w->rng, party.n, share);
        if (n > 0) {
            flow_party freed;
            flow_part(m, w, &party, n, &freed);
            freed.key.group = flow_group_change(axis, freed.key.group, 0);
            flow_put(w, here, &freed);
        }
        here->row[i].n = party.n;
        if (here->ids != NULL) { here->ids[i] = party.ids; }
    }
    flow_cells_compact(here);
}

void flow_repay(flow_model *m)
{
    const double share = -expm1(-m->s->set.passage.repay * m->s->world.dt);
    if (m->groups.debt < 0 || !(share > 0.0)) { return; }
    FLOW_FOR_PLACES(m, repay(m, w, p, share));
}

double flow_debt_factor(const flow_model *m, uint32_t group, int32_t change)
{
    const bool harm = change == FLOW_CHANGE_EXPLOIT || change == FLOW_CHANGE_FORCE_LABOUR;
    return harm && in_debt(m, group) ? m->s->set.passage.debt_exploitation : 1.0;
}
