// Journeys of the destination rule: links, gates, arrivals.
#include "channel.h"
#include "split.h"
#include "status.h"

#include <math.h>
#include <string.h>

/// Persons who may still enter a link in this step.
static int64_t may_pass(const flow_destination *d, int32_t link)
{
    return d->gated ? d->pass[link] : INT64_MAX;
}

// What a household takes beyond is kept back from the next steps; else one larger than a step's
// allowance would wait for ever, and everybody behind it.
int64_t flow_units_of(int64_t may, int32_t size)
{
    return may <= 0 ? 0 : (may - 1) / size + 1;
}

/// Households of `size` persons that may still enter a link in this step.
static int64_t units_may_pass(const flow_destination *d, int32_t link, int32_t size)
{
    return flow_units_of(may_pass(d, link), size);
}

/// Cause for which the people of a group travel.
static int32_t cause_of(const flow_model *m, uint32_t group)
{
    return flow_group_class(&m->groups.axis[m->groups.cause], group);
}

void flow_tell(const flow_model *m, flow_work *w, const flow_party *party, int32_t where)
{
    if (!m->follow.history || party->ids.n == 0) { return; }
    const flow_note what = flow_note_of(&m->groups, party->key.group, m->day, m->phase, where);
    if (!flow_log_add(&w->log, &party->ids, what)) { w->failed = true; }
}

void flow_enter_link(flow_model *m, flow_work *w, int32_t link, flow_party *party, uint16_t moment,
                     flow_cells *into)
{
    if (party->n == 0) { return; }
    const int32_t place = m->s->link_from[link];
    const int64_t persons = flow_persons(m, party->key.group, party->n);
    const int64_t at = moment + m->to->ticks[link];
    party->key.due = m->day + (int32_t)(at >> 16);
    party->key.today = (uint16_t)(at & 65535);
    party->key.first = 0;
    m->count[place] -= persons;
    m->departures[place] += persons;
    m->to->entered_by_cause[(int64_t)link * FLOW_N_CAUSE_CLASS + cause_of(m, party->key.group)] +=
        persons;
    m->link_entered[link] += persons; // link_count belongs to whoever reads the end of the link
    if (party->key.due > m->day) { flow_tell(m, w, party, FLOW_ON_LINK - link); }
    flow_put(w, &into[link], party);
    w->wrote = true;
}

/// A party has passed the gate of a link.
static void through(flow_model *m, flow_work *w, int32_t link, flow_party *party, uint16_t moment,
                    flow_cells *into)
{
    if (!flow_channel_chosen(m, link)) {
        flow_enter_link(m, w, link, party, moment, into);
        return;
    }
    party->key.today = moment;
    flow_attempt(m, w, link, FLOW_CHANNEL_REGULAR, party, into);
}

void flow_pass_gate(flow_model *m, flow_work *w, int32_t link, flow_party *party, uint16_t moment,
                    flow_cells *into)
{
    flow_destination *d = m->to;
    const int32_t place = m->s->link_from[link];
    const int32_t size = flow_group_size(&m->groups, party->key.group);
    const int64_t room = d->gate[link].n > 0 ? 0 : units_may_pass(d, link, size);
    if (room < party->n) { // the others wait
        flow_party now = {.key = party->key};
        if (room > 0) { flow_part(m, w, party, room, &now); }
        party->key.due = m->day;
        party->key.today = 0;
        if (w->purpose == FLOW_DRAW_LEAVE) {
            flow_tell(m, w, party, place);
        } // they have a new cause
        flow_put(w, &d->gate[link], party);
        *party = now;
    }
    if (d->gated) { d->pass[link] -= party->n * size; }
    through(m, w, link, party, moment, into);
}

void flow_set_out(flow_model *m, flow_work *w, int32_t place, flow_party *party, uint16_t moment,
                  flow_cells *into)
{
    flow_destination *d = m->to;
    const int32_t to = (int32_t)party->key.route - 1;
    int32_t link = -1;
    (void)flow_routes_next(d->routes, d->room[w - m->work].search, place, to, &link, NULL);
    if (link < 0) { // no way from here any more: look for another place in the next step
        party->key.route = 0;
        party->key.today = 0;
        party->key.due = 0;
        party->key.deficit = 0;
        party->key.first = 1;
        if (w->purpose == FLOW_DRAW_LEAVE) {
            flow_tell(m, w, party, place);
        } // they have a new cause
        flow_put(w, &m->here[place], party);
        return;
    }
    if (flow_channel_chosen(m, link)) {
        party->key.today = moment;
        party->key.due = 0;
        flow_put(w, &d->ready[place], party);
        return;
    }
    flow_pass_gate(m, w, link, party, moment, into);
}

void flow_settle(flow_model *m, flow_work *w, int32_t place, flow_party *party)
{
    bool home;
    flow_key *key = &party->key;
    key->route = 0;
    key->today = 0;
    key->due = 0;
    key->deficit = 0;
    key->group = flow_status_settled(m, place, key->group, &home);
    flow_tell(m, w, party, place);
    const double limit = m->capacity[place] * m->s->set.hop.capacity_scaling;
    const int32_t size = flow_group_size(&m->groups, key->group);
    const double over = (double)m->count[place] - limit; // they are counted already
    if (limit >= 1.0 && over > 0.0 && m->s->set.destination.overflow && !home) {
        const int64_t excess = (int64_t)fmin(ceil(over / size), (double)party->n);
        flow_party rest;
        flow_part(m, w, party, excess, &rest);
        rest.key.first = 1;
        flow_put(w, &m->here[place], &rest);
    }
    flow_put(w, &m->here[place], party);
}

/// A party is at a place: it stays, or goes on to where it wants to be.
static void stay_or_go(flow_model *m, flow_work *w, int32_t place, flow_party *party,
                       uint16_t moment, flow_cells *into)
{
    if ((int32_t)party->key.route - 1 == place) {
        flow_settle(m, w, place, party);
        return;
    }
    flow_tell(m, w, party, place);
    flow_set_out(m, w, place, party, moment, into);
}

static bool is_border(const flow_model *m, int32_t link)
{
    const int32_t *country = m->s->world.place_country;
    return country[m->s->link_from[link]] != country[m->s->link_to[link]];
}

/// A party reaches the end of a link.
static void arrive(flow_model *m, flow_work *w, int32_t link, flow_party *party, flow_cells *into)
{
    const int32_t place = m->s->link_to[link];
    const int64_t persons = flow_persons(m, party->key.group, party->n);
    const uint16_t moment = party->key.today;
    m->count[place] += persons;
    m->arrivals[place] += persons;
    m->to->arrived_by_cause[(int64_t)place * FLOW_N_CAUSE_CLASS + cause_of(m, party->key.group)] +=
        persons;
    if (!is_border(m, link) || !flow_status_rules(m)) {
        stay_or_go(m, w, place, party, moment, into);
        return;
    }
    flow_party part[FLOW_MOST_PARTS];
    const int32_t n = flow_status_cross(m, w, link, party, part);
    for (int32_t i = 0; i < n; i++) { stay_or_go(m, w, place, &part[i], moment, into); }
}

/// Everybody who reaches a place in this wave; `from`: who entered its links in the wave before.
static void pull(flow_model *m, flow_work *w, int32_t place, flow_cells *from, flow_cells *into,
                 bool first)
{
    flow_open(m, w, FLOW_DRAW_TRAVEL, place);
    for (int32_t i = m->first_in[place]; i < m->first_in[place + 1]; i++) {
        const int32_t link = m->in_link[i];
        flow_cells *road = &m->road[link];
        if (first && m->road_due[link] <= m->day) {
            m->road_due[link] = INT32_MAX;
            for (int32_t c = 0; c < road->n; c++) {
                const int32_t due = road->row[c].key.due;
                if (due <= m->day) {
                    flow_party party = flow_cells_lift(road, c);
                    m->link_count[link] -= flow_persons(m, party.key.group, party.n);
                    arrive(m, w, link, &party, into);
                } else if (due < m->road_due[link]) {
                    m->road_due[link] = due;
                }
            }
            flow_cells_compact(road);
        }
        for (int32_t c = 0; c < from[link].n; c++) {
            flow_party party = flow_cells_lift(&from[link], c);
            if (party.key.due <= m->day) {
                arrive(m, w, link, &party, into);
                continue;
            }
            if (party.key.due < m->road_due[link]) { m->road_due[link] = party.key.due; }
            m->link_count[link] += flow_persons(m, party.key.group, party.n);
            flow_put(w, road, &party);
        }
        flow_cells_empty(&from[link]);
    }
    flow_channels_pass(m, w, place, into);
}

// Gates -------------------------------------------------------------------------------------------

/// The country that an open link leads into from another one; -1: none.
static int32_t enters(const flow_model *m, int32_t link)
{
    const int32_t *country = m->s->world.place_country;
    const int32_t to = country[m->s->link_to[link]];
    const bool border = country[m->s->link_from[link]] != to;
    return border && flow_channel_regular(m, link) ? to : -1;
}

int64_t flow_allowance(double whole, double *carry)
{
    const double n = fmax(0.0, floor(whole));
    *carry = fmin(whole - n, 1.0);
    return (int64_t)n;
}

/// How many may pass each link in this step.
static void open_gates(flow_model *m)
{
    flow_destination *d = m->to;
    d->gated = flow_model_quantity(m, FLOW_Q_CROSSINGS) != NULL ||
               flow_model_quantity(m, FLOW_Q_QUOTA) != NULL ||
               flow_model_quantity(m, FLOW_Q_SEATS) != NULL;
    for (int32_t l = 0; l < m->s->n_link && d->gated; l++) {
        const double gate = flow_link_gate(m, l);
        if (gate >= 1e12) { // no gate
            d->pass[l] = INT64_MAX / 2;
            continue;
        }
        const double whole = gate * m->s->world.dt + d->pass_carry[l];
        d->pass[l] = flow_allowance(whole, &d->pass_carry[l]);
    }
}

/// What households took beyond what a gate or a country lets in is kept back later.
static void keep_back(flow_model *m)
{
    flow_destination *d = m->to;
    const double *quota = flow_model_quantity(m, FLOW_Q_QUOTA);
    if (quota != NULL) { flow_gather(m, FLOW_OWNED_START, d->pass, sizeof *d->pass, true); }
    for (int32_t l = 0; l < m->s->n_link && d->gated; l++) {
        if (d->pass[l] >= 0) { continue; }
        const int32_t c = enters(m, l);
        if (flow_link_gate(m, l) < 1e12) { d->pass_carry[l] += (double)d->pass[l]; }
        if (quota != NULL && c >= 0 && quota[c] < 1e12) { d->quota_carry[c] += (double)d->pass[l]; }
    }
}

/// People who wait at a link.
static int64_t waiting(const flow_model *m, int32_t link)
{
    const flow_cells *gate = &m->to->gate[link];
    int64_t n = 0;
    for (int32_t i = 0; i < gate->n; i++) {
        n += flow_persons(m, gate->row[i].key.group, gate->row[i].n);
    }
    return n;
}

/// The whole part of n shares out of `all`, so that the parts of all shares add up to n.
static int64_t part_of(int64_t n, int64_t begin, int64_t end, int64_t all)
{
    const double each = (double)n / (double)all;
    const int64_t low = begin == 0 ? 0 : (int64_t)(each * (double)begin);
    return (end == all ? n : (int64_t)(each * (double)end)) - low;
}

/// What a country admits in a step is divided over its borders: those who wait come first, in
/// proportion where they are too many; what is left is shared evenly. Nothing is kept for later but
/// a part of a person, or less than nothing (see units_may_pass()).
static void share_quotas(flow_model *m)
{
    flow_destination *d = m->to;
    const double *quota = flow_model_quantity(m, FLOW_Q_QUOTA);
    const int32_t n = m->s->world.n_country;
    if (quota == NULL) { return; }
    memset(d->admit, 0, (size_t)n * sizeof *d->admit);
    for (int32_t c = 0; c < n; c++) {
        d->admit[c].limited = quota[c] < 1e12;
        if (!d->admit[c].limited) { continue; }
        const double whole = quota[c] * m->s->world.dt + d->quota_carry[c];
        d->admit[c].n = flow_allowance(whole, &d->quota_carry[c]);
    }
    for (int32_t l = 0; l < m->s->n_link; l++) {
        d->waits[l] = enters(m, l) >= 0 ? waiting(m, l) : 0;
    }
    flow_gather(m, FLOW_OWNED_START, d->waits, sizeof *d->waits, true);
    for (int32_t l = 0; l < m->s->n_link; l++) {
        const int32_t c = enters(m, l);
        if (c < 0) { continue; }
        d->admit[c].n_link++;
        d->admit[c].waiting += d->waits[l];
    }
    for (int32_t l = 0; l < m->s->n_link; l++) {
        const int32_t c = enters(m, l);
        if (c < 0 || !d->admit[c].limited) { continue; }
        flow_admission *a = &d->admit[c];
        const int64_t here = d->waits[l], rest = a->n - a->waiting;
        int64_t may = here;
        if (rest < 0) {
            may = part_of(a->n, a->counted, a->counted + here, a->waiting);
        } else {
            may += part_of(rest, a->link, a->link + 1, a->n_link);
        }
        a->counted += here;
        a->link++;
        if (may < d->pass[l]) { d->pass[l] = may; }
    }
}

/// The oldest of those who wait at a link, in units and as the step since when; 0: nobody waits.
static int64_t oldest(const flow_cells *gate, int32_t *since)
{
    int64_t n = 0;
    *since = INT32_MAX;
    for (int32_t i = 0; i < gate->n; i++) {
        const flow_cell *cell = &gate->row[i];
        if (cell->n == 0 || cell->key.due > *since) { continue; }
        if (cell->key.due < *since) { n = 0; }
        *since = cell->key.due;
        n += cell->n;
    }
    return n;
}

/// Those who wait at a link pass, the ones who came first before the others; of those who came in
/// the same step a uniform choice.
static void release(flow_model *m, flow_work *w, int32_t link)
{
    flow_destination *d = m->to;
    flow_cells *gate = &d->gate[link];
    if (gate->n == 0) { return; }
    if (!flow_channel_regular(m, link)) { // closed: they look for another way
        for (int32_t i = 0; i < gate->n; i++) {
            flow_party party = flow_cells_lift(gate, i);
            flow_set_out(m, w, m->s->link_from[link], &party, 0, m->queue);
        }
        flow_cells_empty(gate);
        return;
    }
    int32_t since;
    for (int64_t n = oldest(gate, &since); n > 0 && may_pass(d, link) > 0;
         n = oldest(gate, &since)) {
        int64_t passed = 0;
        for (int32_t i = 0; i < gate->n; i++) {
            if (gate->row[i].n == 0 || gate->row[i].key.due != since) { continue; }
            flow_party party = flow_cells_lift(gate, i);
            const int32_t size = flow_group_size(&m->groups, party.key.group);
            const int64_t room = units_may_pass(d, link, size);
            const int64_t take = room < n ? room : n;
            const int64_t go = flow_hypergeometric(w->rng, party.n, n - party.n, take);
            n -= party.n;
            flow_party gone = {.key = party.key};
            if (go > 0) { flow_part(m, w, &party, go, &gone); }
            gate->row[i].n = party.n;
            if (gate->ids != NULL) { gate->ids[i] = party.ids; }
            if (d->gated) { d->pass[link] -= go * size; }
            passed += go;
            through(m, w, link, &gone, 0, m->queue);
        }
        if (passed == 0) { break; }
    }
    flow_cells_compact(gate);
}

static void release_place(flow_model *m, flow_work *w, int32_t place)
{
    flow_open(m, w, FLOW_DRAW_GATE, place);
    for (int32_t l = m->s->first_link[place]; l < m->s->first_link[place + 1]; l++) {
        release(m, w, l);
    }
}

// The step ----------------------------------------------------------------------------------------

static bool somebody_travels(flow_model *m)
{
    bool any = false;
    for (int32_t t = 0; t < m->threads; t++) {
        any = any || m->work[t].wrote;
        m->work[t].wrote = false;
    }
    return any;
}

static flow_err failure(const flow_model *m)
{
    for (int32_t t = 0; t < m->threads; t++) {
        if (m->work[t].error != FLOW_OK) {
            return flow_fail(m->work[t].error, "%s", m->work[t].text);
        }
    }
    return flow_any_failed(m)
               ? flow_fail(FLOW_ENOMEM, "no memory for the people of step %d", (int)m->day)
               : FLOW_OK;
}

flow_err flow_model_journey(flow_model *m)
{
    flow_destination *d = m->to;
    const size_t causes = FLOW_N_CAUSE_CLASS * sizeof *d->entered_by_cause;
    memset(d->entered_by_cause, 0, (size_t)m->s->n_link * causes);
    memset(d->arrived_by_cause, 0, (size_t)m->s->n_place * causes);
    m->phase = 0;
    flow_repay(m);
    FLOW_TRY(flow_destination_update(m));
    flow_channels_open(m);
    open_gates(m);
    share_quotas(m);
    FLOW_FOR_PLACES(m, release_place(m, w, p));
    m->phase++;
    d->wave = 1;
    FLOW_TRY(flow_model_depart(m));
    d->wave = 2;
    flow_cells *from = m->queue, *into = m->entry;
    bool first = true;
    while ((flow_any_rank(m, somebody_travels(m)) || first) && !flow_any_failed(m)) {
        m->phase++;
        d->wave++;
        flow_send_on(m, from);
        FLOW_FOR_PLACES(m, pull(m, w, p, from, into, first));
        flow_cells *other = from;
        from = into;
        into = other;
        first = false;
    }
    keep_back(m);
    flow_channels_close(m);
    flow_model_count_gone(m);
    return failure(m);
}
