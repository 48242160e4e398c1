#include "model.h"
#include "split.h"

#include <math.h>
#include <omp.h>

enum {
    most_turns = 256, // of one day
    most_waves = 4096 // links entered by one person in one day (bounds chains of very short links)
};

/// Small networks have no parallel loops: whoever goes on travels at once.
static bool at_once(const flow_model *m)
{
    return m->s->n_place < FLOW_PARALLEL_FROM;
}

// Links -----------------------------------------------------------------------------------------

static double walk_share(const flow_model *m, int32_t link, const flow_key *key)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    return hop->start_on_foot && key->first ? 1.0 : m->s->walk_probability[link];
}

double flow_model_km_before(const flow_model *m, int32_t link, const flow_key *key)
{
    return key->fast * m->speed[link] + key->slow * m->s->set.hop.max_walk_speed -
           key->deficit * m->bin_km;
}

/// x bins as a whole number that fits the key, rounded without bias; two parts of the people.
static void round_bins(flow_work *w, double x, int64_t n, uint16_t bin[static 2],
                       int64_t part[static 2])
{
    x = x > 0.0 ? x < 60000.0 ? x : 60000.0 : 0.0;
    flow_split_round(w->rng, n, x, part);
    bin[0] = (uint16_t)floor(x);
    bin[1] = (uint16_t)(bin[0] + 1);
}

uint32_t flow_model_order(const flow_model *m, const flow_work *w)
{
    // Whoever travels at once can arrive twice in a phase; then one thread does everything in
    // order.
    return m->to == NULL && at_once(m) ? (uint32_t)w->log.n : m->phase;
}

void flow_model_note(const flow_model *m, flow_work *w, uint32_t group, const flow_ids *ids,
                     int32_t where)
{
    if (!m->follow.history || ids->n == 0) { return; }
    const uint32_t order = flow_model_order(m, w);
    if (!flow_log_add(&w->log, ids, flow_note_of(&m->groups, group, m->day, order, where))) {
        w->failed = true;
    }
}

/// What is left of the day for those who reach the end of a link.
typedef enum rest_of_day {
    REST,       ///< none: they stay where they are
    GO_ON,      ///< some: they are asked again whether to move
    SHORT_STINT ///< some, and they moved so little lately that they leave a town at once
} rest_of_day;

/// Decided by today's distance before it is rounded to bins.
static rest_of_day rest_of_the_day(const flow_model *m, uint16_t recent, double today, double v)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    if (!hop->onward || today * m->bin_km >= v) { return REST; }
    return hop->avoid_short_stints && recent + today < (double)m->bins ? SHORT_STINT : GO_ON;
}

/// People who reached the end of a link, or were sent back to its start, at `place`.
static void land(flow_model *m, flow_work *w, int32_t place, flow_party *party, uint16_t recent,
                 uint16_t today, rest_of_day left)
{
    flow_key *key = &party->key;
    flow_key_arrive(key, recent, today, left == SHORT_STINT);
    if (m->groups.status >= 0) {
        key->group =
            flow_group_change(&m->groups.axis[m->groups.status], key->group,
                              m->s->foreign[place] ? FLOW_STATUS_REFUGEE : FLOW_STATUS_IDP);
    }
    const int64_t persons = flow_persons(m, key->group, party->n);
    m->count[place] += persons;
    m->arrivals[place] += persons;
    flow_model_note(m, w, key->group, &party->ids, place);
    flow_put(w, left == REST ? &m->here[place] : &m->active[place], party);
}

/// The rest of a route when its people are sent back to the start of `link`: the same places from
/// there when a link leads to the first of them, else FLOW_NO_WAY.
static uint32_t route_back(const flow_model *m, int32_t link, uint32_t route)
{
    const int32_t start = m->s->link_from[link], end = m->s->link_to[link];
    const flow_tree *tree = &m->paths.tree[end];
    int32_t step[64];
    int32_t n = 0;
    for (int32_t i = (int32_t)route; i > 0 && n < 64; i = tree->node[i].parent) {
        step[n++] = tree->node[i].link;
    }
    if (n == 0) { return 0; }
    const int32_t next = m->s->link_to[step[n - 1]];
    for (int32_t l = m->s->first_link[start]; l < m->s->first_link[start + 1]; l++) {
        if (m->s->link_to[l] != next) { continue; }
        int32_t node = flow_paths_child(&m->paths, start, 0, l);
        for (int32_t i = n - 1; i-- > 0 && node > 0;) {
            node = flow_paths_child(&m->paths, start, node, step[i]);
        }
        if (node > 0) { return (uint32_t)node; }
    }
    return FLOW_NO_WAY;
}

/// Recent travel after the days on the road that ended before today, in bins.
static double recent_on_road(const flow_model *m, const flow_key *key, double v)
{
    const int32_t days = key->fast + key->slow;
    double recent = key->recent;
    double today = key->today + v / m->bin_km - key->deficit;
    for (int32_t d = 0; d < days && d < 64; d++) { // older days weigh less than 2^-64
        recent = (recent + today) / 2.0;
        today = v / m->bin_km;
    }
    return recent;
}

/// Who comes to the end of a link finds it closed when it is, in FLEE also when it was closed since
/// he entered.
static bool found_closed(const flow_model *m, int32_t link, const flow_key *key)
{
    const int32_t entered = m->day - key->fast - key->slow;
    return m->closed[link] > 0 ||
           (m->s->set.quirks.closed_links_turn_back && m->closed_on[link] > entered);
}

/// The bins of a distance, to the nearest: links have fixed lengths, so nothing is gained by
/// chance.
static uint16_t nearest_bin(double x)
{
    return (uint16_t)(x > 0.0 ? x < 60000.0 ? x + 0.5 : 60000.0 : 0.0);
}

/// People reach the end of a link today; `before`: km on it before today.
static void reach_end(flow_model *m, flow_work *w, int32_t link, flow_party *party, double before,
                      bool walks, bool steady)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const double v = walks ? hop->max_walk_speed : m->speed[link];
    flow_key *key = &party->key;
    const bool enters = key->fast + key->slow == 0;
    const bool closed = found_closed(m, link, key);
    m->link_count[link] -= flow_persons(m, key->group, party->n);
    double today = 0.0;
    if (m->remembers) {
        today = (enters ? key->today : 0) + (m->s->length_km[link] - before) / m->bin_km;
    }
    uint16_t memory[2] = {key->recent, key->recent};
    int64_t share[2] = {party->n, 0};
    if (!enters && steady && hop->avoid_short_stints) {
        round_bins(w, recent_on_road(m, key, v), party->n, memory, share);
    }
    const uint16_t bin = nearest_bin(today);
    for (int i = 0; i < 2; i++) {
        if (share[i] == 0) { continue; }
        flow_party part, *some = party;
        if (share[i] < party->n) {
            flow_part(m, w, party, share[i], &part);
            some = &part;
        }
        if (closed) {
            some->key.recent = memory[i];
            some->key.today = bin;
            flow_put(w, &m->back[link], some);
        } else {
            land(m, w, m->s->link_to[link], some, memory[i], bin,
                 rest_of_the_day(m, memory[i], today, v));
        }
    }
}

/// A party spends the night on a link.
static void stay_on_road(flow_model *m, flow_work *w, int32_t link, flow_party *party)
{
    if (party->key.due < m->road_due[link]) { m->road_due[link] = party->key.due; }
    flow_put(w, &m->road[link], party);
}

/// People at the same pace today: they arrive, or stay on the road.
static void advance(flow_model *m, flow_work *w, int32_t link, flow_party *party, bool walks,
                    bool steady)
{
    if (party->n <= 0) { return; }
    const flow_settings *set = &m->s->set;
    const double v = walks ? set->hop.max_walk_speed : m->speed[link];
    flow_key *key = &party->key;
    const bool enters = key->fast + key->slow == 0;
    const double before = flow_model_km_before(m, link, key);
    double km = v;
    if (enters && !set->quirks.full_speed_per_link) {
        km = v - key->today * m->bin_km;
        if (km < 0.0) { km = 0.0; } // a slower pace than today's: nothing is left
    }
    if (before + km > m->s->length_km[link]) {
        reach_end(m, w, link, party, before, walks, steady);
        return;
    }
    if (enters) { flow_model_note(m, w, party->key.group, &party->ids, FLOW_ON_LINK - link); }
    const bool begun = km > 0.0; // else the link begins tomorrow
    if (enters && begun && !set->quirks.full_speed_per_link) { key->deficit = key->today; }
    if (steady && begun) { // nothing more to draw until they arrive
        double days = floor((m->s->length_km[link] - before - km) / v) + 1.0;
        // Rounding can miss the end on the day foreseen: then one more day, and days add up.
        days = fmax(1.0, fmin(days, 60000.0 - key->fast - key->slow));
        if (walks) {
            key->slow = (uint16_t)(key->slow + days);
        } else {
            key->fast = (uint16_t)(key->fast + days);
        }
        key->due = m->day + (int32_t)days;
        stay_on_road(m, w, link, party);
        return;
    }
    key->fast = (uint16_t)(key->fast + (begun && !walks));
    key->slow = (uint16_t)(key->slow + (begun && walks));
    key->due = m->day + 1;
    const double moved = (enters ? key->today : 0) + km / m->bin_km;
    key->today = 0;
    if (!set->hop.avoid_short_stints) {
        stay_on_road(m, w, link, party);
        return;
    }
    uint16_t bin[2];
    int64_t part[2];
    round_bins(w, (key->recent + moved) / 2.0, party->n, bin, part);
    for (int j = 0; j < 2; j++) {
        if (part[j] == 0) { continue; }
        flow_party some;
        flow_part(m, w, party, part[j], &some);
        some.key.recent = bin[j];
        stay_on_road(m, w, link, &some);
    }
}

void flow_model_enter_link(flow_model *m, flow_work *w, int32_t link, flow_party *party)
{
    const double on_foot = walk_share(m, link, &party->key);
    if (on_foot <= 0.0 || on_foot >= 1.0) {
        advance(m, w, link, party, on_foot >= 1.0, true);
        return;
    }
    flow_party walkers;
    flow_part(m, w, party, flow_binomial(w->rng, party->n, on_foot), &walkers);
    advance(m, w, link, &walkers, true, false);
    advance(m, w, link, party, false, false);
}

/// The part of a waiting cell whose turn it is: an even cut, the remainder drawn.
static flow_party turn(flow_model *m, flow_work *w, int32_t link, int32_t row, double share)
{
    flow_cells *queue = &m->queue[link];
    flow_party all = flow_cells_lift(queue, row);
    if (share >= 1.0 || all.n == 0) { return all; }
    int64_t part[2];
    flow_split_round(w->rng, 1, share * (double)all.n, part);
    const int64_t n = (int64_t)floor(share * (double)all.n) + part[1];
    flow_party now;
    flow_part(m, w, &all, n < all.n ? n : all.n, &now);
    queue->row[row].n = all.n;
    if (queue->ids != NULL) { queue->ids[row] = all.ids; }
    return now;
}

/// Everybody who travels to `place` in this wave.
static void pull(flow_model *m, flow_work *w, int32_t place, bool first_wave, double share)
{
    flow_open(m, w, FLOW_DRAW_TRAVEL, place);
    for (int32_t i = m->first_in[place]; i < m->first_in[place + 1]; i++) {
        const int32_t link = m->in_link[i];
        if (!first_wave) {
            for (int32_t c = 0; c < m->entry[link].n; c++) {
                flow_party party = flow_cells_lift(&m->entry[link], c);
                flow_model_enter_link(m, w, link, &party);
            }
            flow_cells_empty(&m->entry[link]);
            continue;
        }
        for (int32_t c = 0; c < m->queue[link].n; c++) {
            flow_party party = turn(m, w, link, c, share);
            if (party.n > 0) { flow_model_enter_link(m, w, link, &party); }
        }
        if (share >= 1.0) { flow_cells_empty(&m->queue[link]); }
    }
}

/// People whose link was closed meanwhile return to its start.
static void take_back(flow_model *m, flow_work *w, int32_t place)
{
    for (int32_t link = m->s->first_link[place]; link < m->s->first_link[place + 1]; link++) {
        for (int32_t c = 0; c < m->back[link].n; c++) {
            flow_party party = flow_cells_lift(&m->back[link], c);
            party.key.route = route_back(m, link, party.key.route);
            land(m, w, place, &party, party.key.recent, party.key.today, REST);
        }
        flow_cells_empty(&m->back[link]);
    }
}

// The phases of a day ---------------------------------------------------------------------------

/// Residents decide, camps first: their people are, as a rule, the ones who came first.
static void first_decision(flow_model *m, flow_work *w, int32_t place)
{
    if (m->here[place].n > 0) { flow_model_decide(m, w, place, &m->here[place], m->queue, false); }
}

/// Those on the road whose day has come join the queue of their link.
static void wake(flow_model *m, flow_work *w, int32_t link)
{
    if (m->road_due[link] > m->day) { return; }
    flow_cells *road = &m->road[link];
    m->road_due[link] = INT32_MAX;
    for (int32_t c = 0; c < road->n; c++) {
        const int32_t due = road->row[c].key.due;
        if (due <= m->day) {
            flow_party party = flow_cells_lift(road, c);
            flow_put(w, &m->queue[link], &party);
        } else if (due < m->road_due[link]) {
            m->road_due[link] = due;
        }
    }
    flow_cells_compact(road);
}

/// Whether somebody on the road may join the queue of his link today.
static bool somebody_due(const flow_model *m)
{
    int32_t least = INT32_MAX;
    const int32_t n_link = m->s->n_link, *due = m->road_due;
#pragma omp simd reduction(min : least)
    for (int32_t link = 0; link < n_link; link++) { least = due[link] < least ? due[link] : least; }
    return least <= m->day;
}

/// Whether somebody has joined a queue since the last call.
static bool take_queued(flow_model *m)
{
    bool queued = false;
    for (int32_t t = 0; t < m->threads; t++) {
        queued = queued || m->work[t].queued;
        m->work[t].queued = false;
    }
    return queued;
}

static bool on_the_way(const flow_model *m)
{
    for (int32_t p = 0; p < m->s->n_place; p++) {
        if (m->active[p].n > 0) { return true; }
    }
    return false;
}

static bool sent_back(const flow_model *m)
{
    for (int32_t l = 0; l < m->s->n_link; l++) {
        if (m->back[l].n > 0) { return true; }
    }
    return false;
}

bool flow_model_harvests(const flow_model *m, int32_t day)
{
    const flow_list *months = &m->s->set.hop.harvest_months;
    if (months->n == 0 || day < 0) { return false; }
    const int32_t month = flow_month(m->s->start + day) % 12 + 1;
    bool any = false;
    for (int32_t i = 0; i < months->n; i++) { any = any || (int32_t)months->value[i] == month; }
    return any;
}

static void go_on(flow_model *m, flow_work *w, int32_t place)
{
    if (m->active[place].n == 0) { return; }
    if (!flow_cells_move(&m->active[place], &w->cells)) {
        w->failed = true;
        return;
    }
    flow_model_decide(m, w, place, &w->cells, at_once(m) ? NULL : m->entry, true);
}

/// Whoever is still on the way after the last wave rests where he is.
static void rest(flow_model *m, flow_work *w, int32_t place)
{
    for (int32_t c = 0; c < m->active[place].n; c++) {
        flow_party party = flow_cells_lift(&m->active[place], c);
        party.key.due = 0;
        flow_put(w, &m->here[place], &party);
    }
    flow_cells_empty(&m->active[place]);
}

/// Everybody who travels in this wave, and those who were sent back.
static void travel(flow_model *m, bool first_wave, double share)
{
    if (!first_wave) { flow_send_on(m, m->entry); }
    FLOW_FOR_PLACES(m, pull(m, w, p, first_wave, share));
    if (at_once(m) && m->part != NULL) { // who goes on at once, here or there, is known to all
        flow_share_cells(m, FLOW_OWNED_PLACE, m->active);
        flow_share_cells(m, FLOW_OWNED_END, m->back);
        m->mine = NULL;
    }
}

/// People return who were sent back on any rank.
static void return_them(flow_model *m, bool surely)
{
    const bool alone = m->mine == NULL; // all ranks do the same
    if (!surely && !(alone ? sent_back(m) : flow_any_rank(m, sent_back(m)))) { return; }
    if (!alone) { flow_send_back(m); }
    FLOW_FOR_PLACES(m, take_back(m, w, p));
}

/// Waves of people who go on, after the first.
static void take_waves(flow_model *m, double share)
{
    for (int wave = 0; wave < most_waves; wave++) {
        m->phase++;
        if (wave == 0 || !at_once(m)) { travel(m, wave == 0, share); }
        return_them(m, false);
        if (!(m->mine == NULL ? on_the_way(m) : flow_any_rank(m, on_the_way(m)))) { return; }
        if (flow_model_harvests(m, m->day)) { break; } // who arrives rests
        flow_model_multipliers(m);
        m->phase++;
        FLOW_FOR_PLACES(m, go_on(m, w, p));
    }
    if (!at_once(m)) { travel(m, false, 1.0); }
    return_them(m, true);
    FLOW_FOR_PLACES(m, rest(m, w, p));
}

/// A share of those who wait travel, until the day is over for all of them.
static void take_turn(flow_model *m, double share)
{
    const bool *mine = m->mine;
    take_waves(m, share);
    if (m->mine != mine) { flow_division_keep_own(m); }
    m->mine = mine;
}

/// Each of a party leaves the model with a chance.
static void leave_model(flow_model *m, flow_work *w, int32_t place, flow_party *party,
                        double chance)
{
    flow_party gone;
    flow_part(m, w, party, flow_binomial(w->rng, party->n, chance), &gone);
    m->count[place] -= flow_persons(m, gone.key.group, gone.n);
    flow_model_remove(m, w, &gone, FLOW_FATE_LEFT);
}

/// The day ends at a place: memories, sinks.
static void settle(flow_model *m, flow_work *w, int32_t place)
{
    flow_cells *here = &m->here[place];
    const flow_settings_hop *hop = &m->s->set.hop;
    bool changes = false;
    for (int32_t c = 0; c < here->n && !changes; c++) {
        changes = here->row[c].key.recent > 0 || here->row[c].key.today > 0;
    }
    const bool sinks = hop->camps_are_sinks && !m->s->set.quirks.camps_are_no_sinks;
    const double sink = sinks && m->camp[place] ? m->s->sink[place] : 0.0;
    if (!changes && !(sink > 0.0)) { return; }
    flow_open(m, w, FLOW_DRAW_SETTLE, place);
    if (!flow_cells_move(here, &w->cells)) {
        w->failed = true;
        return;
    }
    for (int32_t c = 0; c < w->cells.n; c++) {
        flow_party party = flow_cells_lift(&w->cells, c);
        if (sink > 0.0) { leave_model(m, w, place, &party, sink); }
        uint16_t bin[2] = {0, 0};
        int64_t part[2] = {party.n, 0};
        if (hop->avoid_short_stints) {
            const double recent = (party.key.recent + party.key.today) / 2.0;
            round_bins(w, recent, party.n, bin, part);
        }
        party.key.today = 0;
        for (int j = 0; j < 2; j++) {
            if (part[j] == 0) { continue; }
            flow_party some;
            flow_part(m, w, &party, part[j], &some);
            some.key.recent = bin[j];
            flow_put(w, here, &some);
        }
    }
    flow_cells_empty(&w->cells);
}

/// Everybody decides in two loops: camps, then the others, who see the camps without those who
/// left.
static void decide_in_turn(flow_model *m)
{
    flow_model_multipliers(m);
    FLOW_FOR_PLACES(
        m, if (m->camp[p]) { first_decision(m, w, p); });
    flow_model_multipliers(m);
    FLOW_FOR_PLACES(
        m, if (!m->camp[p]) { first_decision(m, w, p); });
}

/// Where the model is divided, whoever left does not count who is on a link: only the end does.
static void count_roads(flow_model *m)
{
    for (int32_t l = 0; l < m->s->n_link; l++) {
        m->link_count[l] = 0;
        for (int32_t i = 0; i < m->road[l].n; i++) {
            const flow_cell *cell = &m->road[l].row[i];
            m->link_count[l] += flow_persons(m, cell->key.group, cell->n);
        }
    }
}

flow_err flow_model_travel(flow_model *m)
{
    m->phase = 0;
    if (flow_model_harvests(m, m->day)) {
        // people stay
    } else if (m->direct) {
        flow_model_decide_at_once(m);
    } else {
        decide_in_turn(m);
    }
    flow_send_on(m, m->queue);
    bool travels = flow_any_rank(m, take_queued(m) || somebody_due(m));
    if (somebody_due(m)) {
        for (int32_t link = 0; link < m->s->n_link; link++) { wake(m, &m->work[0], link); }
    }
    for (double waiting = travels ? 1.0 : 0.0; waiting > 0.0 && !flow_any_failed(m);) {
        double share = 1.0;
        flow_model_multipliers(m);
        FLOW_TRY(flow_model_turn(m, &share));
        share = fmax(share, 1.0 / (most_turns * waiting));
        take_turn(m, share);
        waiting *= 1.0 - fmin(share, 1.0);
    }
    m->phase++;
    FLOW_FOR_PLACES(m, settle(m, w, p));
    flow_model_count_gone(m);
    if (m->part != NULL) { count_roads(m); }
    return flow_any_failed(m)
               ? flow_fail(FLOW_ENOMEM, "no memory for the people of day %d", (int)m->day)
               : FLOW_OK;
}
