// Departures of the destination rule: competing risks, destinations, permits.
#include "channel.h"
#include "split.h"
#include "status.h"

#include <math.h>
#include <string.h>

/// What may drive people from one place in this step.
typedef struct push {
    double hazard[FLOW_N_CAUSE]; ///< rate times the length of the step
    double share[FLOW_N_CAUSE];  ///< that must leave
    double risk[FLOW_N_CAUSE];   ///< integrated hazard over the step, of people with factor 1
} push;

/// Integrated hazard over a step: rate times its length, and what a sudden share comes to; a share
/// of 1 is larger than any rate. MODEL: p = 1 - exp(-sum), cause in proportion.
static double risk_of(double hazard, double share)
{
    return hazard + (share < 1.0 ? -log1p(-share) : 1e6);
}

static void find_push(const flow_model *m, int32_t place, push *out)
{
    for (int32_t c = 0; c < FLOW_N_CAUSE; c++) {
        const double *hazard = flow_model_quantity(m, FLOW_Q_HAZARD + c);
        const double *onset = flow_model_quantity(m, FLOW_Q_ONSET + c);
        const double *factor = flow_model_quantity(m, FLOW_Q_HAZARD_FACTOR + c);
        out->hazard[c] = hazard != NULL ? hazard[place] * m->s->world.dt : 0.0;
        if (factor != NULL) { out->hazard[c] *= factor[place]; }
        out->share[c] = onset != NULL ? onset[place] : 0.0;
        out->risk[c] = risk_of(out->hazard[c], out->share[c]);
    }
}

/// Hazard that people of a group, displaced by a cause, go home, integrated over the step.
static double homesick(const flow_model *m, int32_t place, uint32_t group, int32_t cause)
{
    const double *back = flow_model_quantity(m, FLOW_Q_RETURN_HAZARD);
    const double *factor = flow_model_quantity(m, FLOW_Q_RETURN_FACTOR + cause);
    const flow_people_axis *origin = flow_groups_origin(&m->groups);
    if (back == NULL || origin == NULL) { return 0.0; }
    const int32_t home = flow_group_class(origin, group);
    if (home == place) { return 0.0; }
    const double own = flow_leave_factor(&m->groups, group, FLOW_CAUSE_RETURN);
    const double *here = flow_model_quantity(m, FLOW_Q_HOMEWARD_FACTOR);
    return back[home] * (factor != NULL ? factor[home] : 1.0) * own *
           (here != NULL ? here[place] : 1.0) * m->s->world.dt;
}

/// Whether a destination asks for a labour permit.
static bool needs_permit(const flow_model *m, int32_t place, int32_t cause, int32_t to)
{
    const int32_t *country = m->s->world.place_country;
    return cause == FLOW_CAUSE_ECONOMIC && country[to] != country[place] &&
           flow_model_quantity(m, FLOW_Q_LABOUR_PERMITS) != NULL;
}

/// Share of those who want to cross into the country of a place that may. Who goes home may.
static double admitted(const flow_model *m, int32_t place, int32_t cause, int32_t to)
{
    const int32_t *country = m->s->world.place_country;
    if (country[to] == country[place] || cause == FLOW_CAUSE_RETURN) { return 1.0; }
    const int32_t status = cause == FLOW_CAUSE_ECONOMIC ? FLOW_STATUS_LABOUR : FLOW_STATUS_REFUGEE;
    const double *entry = flow_model_quantity(m, FLOW_Q_ENTRY + status);
    return entry != NULL ? entry[country[to]] : 1.0;
}

/// The group of n units who leave a place for a cause.
static uint32_t leaving(flow_model *m, int32_t place, int32_t cause, uint32_t group, int64_t n)
{
    const uint32_t out = flow_status_leaves(m, group, cause);
    if (out != group) { m->to->redisplaced[place] += flow_persons(m, group, n); }
    return flow_group_change(&m->groups.axis[m->groups.cause], out, cause);
}

/// A party sets out for its destination because of a cause.
static void leave_for(flow_model *m, flow_work *w, int32_t place, int32_t cause, flow_party *party)
{
    party->key.group = leaving(m, place, cause, party->key.group, party->n);
    m->to->by_cause[(int64_t)cause * m->s->n_place + place] +=
        flow_persons(m, party->key.group, party->n);
    flow_set_out(m, w, place, party, 0, m->queue);
}

/// n units of a party leave for a place, if they are let in.
static void go(flow_model *m, flow_work *w, int32_t place, int32_t cause, flow_party *from,
               int64_t n, int32_t to)
{
    const bool chosen = flow_channel_leads(m, place, to); // who may enter is decided there
    const double share = chosen ? 1.0 : admitted(m, place, cause, to);
    if (share < 1.0) { n = flow_binomial(w->rng, n, share); }
    if (n == 0) { return; }
    flow_party party;
    flow_part(m, w, from, n, &party);
    const bool permit = needs_permit(m, place, cause, to);
    party.key.route = (uint32_t)to + 1;
    party.key.first = 0;
    party.key.deficit = 0;
    if (permit) { // decided once all have asked; until then they are of the group they were
        flow_put(w, &m->active[place], &party);
        return;
    }
    leave_for(m, w, place, cause, &party);
}

/// Whether there is an open way from a place to another one.
static bool leads_to(const flow_model *m, const flow_work *w, int32_t place, int32_t to)
{
    int32_t link = -1;
    (void)flow_routes_next(m->to->routes, m->to->room[w - m->work].search, place, to, &link, NULL);
    return link >= 0;
}

/// n units of a group want to leave a place, and no open way leads anywhere they would go.
static void stay_trapped(flow_model *m, int32_t place, uint32_t group, int64_t n)
{
    m->to->trapped[place] += flow_persons(m, group, n);
}

/// Leavers of a party with one cause choose.
static void choose(flow_model *m, flow_work *w, int32_t place, int32_t cause, flow_party *from,
                   int64_t n)
{
    if (n == 0) { return; }
    if (cause == FLOW_CAUSE_RETURN) {
        const flow_people_axis *origin = flow_groups_origin(&m->groups);
        const int32_t home = flow_group_class(origin, from->key.group);
        if (leads_to(m, w, place, home)) {
            go(m, w, place, cause, from, n, home);
        } else {
            stay_trapped(m, place, from->key.group, n);
        }
        return;
    }
    const int32_t chooser = flow_group_chooser(&m->groups, from->key.group);
    const flow_going *row = flow_destination_row(m, w, place, cause, chooser);
    if (row == NULL) { return; } // failed
    const flow_people_axis *origin = flow_groups_origin(&m->groups);
    flow_row_room *room = &m->to->room[w - m->work];
    flow_own_row own;
    if (!flow_row_reserve(room, row->n) || // the row may be another thread's work
        !flow_destination_own_row(m, w, row, &m->to->rule[chooser * FLOW_N_CAUSE + cause],
                                  origin != NULL ? flow_group_class(origin, from->key.group) : -1,
                                  flow_leave_reach(&m->groups, from->key.group, cause), &own)) {
        w->failed = true;
        return;
    }
    if (row->n == 0 || !(own.tail[0] > 0.0)) {
        stay_trapped(m, place, from->key.group, n);
        return;
    }
    int64_t *count = room->count;
    flow_split_row(w->rng, n, row->n, own.weight, own.tail, count);
    // `count` is the thread's own and `go` draws from it no more.
    for (int32_t k = 0; k < row->n; k++) {
        if (count[k] > 0 && row->place[k] != place) {
            go(m, w, place, cause, from, count[k], row->place[k]);
        }
    }
}

/// Risks of one group at a place, displaced by `cause` or at home; returns their sum.
static double find_risk(const flow_model *m, int32_t place, const push *p, const flow_key *key,
                        int32_t cause, double risk[static FLOW_N_CAUSE])
{
    const bool displaced = cause != FLOW_CAUSE_INITIAL;
    memcpy(risk, p->risk, sizeof p->risk);
    for (int32_t c = 0; c < FLOW_N_CAUSE && m->groups.leaves; c++) {
        if (!(p->risk[c] > 0.0)) { continue; }
        const double factor = flow_leave_factor(&m->groups, key->group, c);
        risk[c] = risk_of(factor * p->hazard[c], fmin(factor * p->share[c], 1.0));
    }
    if (!displaced) { risk[FLOW_CAUSE_ONWARD] = 0.0; }
    risk[FLOW_CAUSE_OTHER] += flow_status_redisplaced(m, place, key->group) *
                              flow_leave_factor(&m->groups, key->group, FLOW_CAUSE_OTHER) *
                              m->s->world.dt;
    risk[FLOW_CAUSE_RETURN] = displaced ? homesick(m, place, key->group, cause) : 0.0;
    double all = 0.0;
    for (int32_t c = 0; c < FLOW_N_CAUSE; c++) { all += risk[c]; }
    return all;
}

/// Each cause of each cell draws from a stream of its own, so that with the same seed a cause that
/// is switched off changes the draws of the others as little as can be.
static void open_cause(const flow_model *m, flow_work *w, const flow_key *key, int32_t cause)
{
    const uint64_t part = (uint64_t)cause << 33 | (uint64_t)key->group << 1 | (key->first != 0);
    flow_rng_key(w->rng, m->seed, m->member, m->day, FLOW_DRAW_LEAVE,
                 flow_mix(flow_mix(w->name) ^ part));
}

static void open_choice(const flow_model *m, flow_work *w, const flow_key *key, int32_t cause)
{
    open_cause(m, w, key, FLOW_N_CAUSE + cause);
}

/// Leavers of n people by cause, one cause after the other: given that the causes before did not
/// move them, those of c leave with chance q_c / (1 - sum of q before), q_c = (1 - exp(-all)) x
/// risk_c / all.
static void compete(const flow_model *m, flow_work *w, const flow_key *key, int64_t n,
                    const double *risk, double all, int64_t *by_cause)
{
    const double each = all > 0.0 ? -expm1(-all) / all : 0.0;
    double rest = 1.0;
    for (int32_t c = 0; c < FLOW_N_CAUSE && n > 0; c++) {
        if (!(risk[c] > 0.0)) { continue; }
        const double q = each * risk[c];
        open_cause(m, w, key, c);
        by_cause[c] = flow_binomial(w->rng, n, q < rest ? q / rest : 1.0);
        n -= by_cause[c];
        rest -= q;
    }
}

/// Everybody at a place is at risk for one step.
static void leave(flow_model *m, flow_work *w, int32_t place)
{
    flow_cells *here = &m->here[place];
    if (here->n == 0) { return; }
    push p;
    find_push(m, place, &p);
    const flow_people_axis *axis = &m->groups.axis[m->groups.cause];
    flow_open(m, w, FLOW_DRAW_LEAVE, place);
    flow_board(m, w, place, here, m->queue);
    const int32_t n_row = here->n;
    for (int32_t i = 0; i < n_row && !w->failed; i++) {
        const flow_key key = here->row[i].key;
        const int32_t cause = flow_group_class(axis, key.group);
        const bool displaced = cause != FLOW_CAUSE_INITIAL;
        int64_t by_cause[FLOW_N_CAUSE] = {0};
        if (key.route != 0) {
            // they wait to pass a link
        } else if (key.first) { // found the place full
            const bool known = displaced && cause != FLOW_CAUSE_RETURN;
            by_cause[known ? cause : FLOW_CAUSE_OTHER] = here->row[i].n;
        } else {
            double risk[FLOW_N_CAUSE];
            const double all = find_risk(m, place, &p, &key, cause, risk);
            compete(m, w, &key, here->row[i].n, risk, all, by_cause);
        }
        flow_party party = flow_cells_lift(here, i);
        if (key.route != 0) { // they wait to pass a link
            flow_wait_on(m, w, place, &party);
            here->row[i].n = party.n;
            if (here->ids != NULL) { here->ids[i] = party.ids; }
            continue;
        }
        party.key.first = 0;
        for (int32_t c = 0; c < FLOW_N_CAUSE; c++) {
            if (by_cause[c] == 0) { continue; }
            open_choice(m, w, &key, c);
            choose(m, w, place, c, &party, by_cause[c]);
        }
        here->row[i].n = party.n;
        if (here->ids != NULL) { here->ids[i] = party.ids; }
    }
    flow_cells_compact(here);
}

static void leave_place(flow_model *m, flow_work *w, int32_t place)
{
    const bool alone = m->here[place].n == 0; // then nobody has opened its stream
    leave(m, w, place);
    if (alone && m->to->channels) { flow_open(m, w, FLOW_DRAW_LEAVE, place); }
    flow_channels_pass(m, w, place, m->queue);
}

// Permits -----------------------------------------------------------------------------------------

/// Permits of this step, and how many persons or households ask for them: one permit lets a
/// household go.
static void count_permits(flow_model *m)
{
    flow_destination *d = m->to;
    const double *permits = flow_model_quantity(m, FLOW_Q_LABOUR_PERMITS);
    for (int32_t c = 0; c < m->s->world.n_country; c++) {
        const double whole = permits[c] * m->s->world.dt + d->permit_carry[c];
        d->permit[c] = (int64_t)whole;
        d->permit_carry[c] = fmin(whole - floor(whole), 1.0);
        d->asked[c] = 0;
    }
    for (int32_t p = 0; p < m->s->n_place; p++) {
        for (int32_t i = 0; i < m->active[p].n; i++) {
            const flow_cell *cell = &m->active[p].row[i];
            const int32_t to = (int32_t)cell->key.route - 1;
            d->asked[m->s->world.place_country[to]] += cell->n;
        }
    }
}

/// Permits go to a uniform choice of those who asked; the others stay at home.
static void grant_permits(flow_model *m)
{
    flow_destination *d = m->to;
    flow_work *w = &m->work[0];
    flow_share_cells(m, FLOW_OWNED_PLACE, m->active); // every rank grants all permits
    count_permits(m);
    m->phase++;
    d->wave++;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        if (m->active[p].n == 0) { continue; }
        flow_open(m, w, FLOW_DRAW_LEAVE, p);
        for (int32_t i = 0; i < m->active[p].n; i++) {
            flow_party party = flow_cells_lift(&m->active[p], i);
            const int32_t to = (int32_t)party.key.route - 1;
            const int32_t country = m->s->world.place_country[to];
            const int64_t rest = d->asked[country] - party.n;
            const int64_t given =
                d->permit[country] < d->asked[country] ? d->permit[country] : d->asked[country];
            const int64_t n = flow_hypergeometric(w->rng, party.n, rest, given);
            d->asked[country] = rest;
            d->permit[country] -= n;
            if (!flow_is_mine(m, p)) { continue; }
            const bool chosen = flow_channel_leads(m, p, to);
            if (n > 0) {
                flow_party gone;
                flow_part(m, w, &party, n, &gone);
                if (chosen) { // they are labour migrants once they are through
                    gone.key.deficit = FLOW_PLAN_PERMIT;
                } else {
                    gone.key.group = flow_status_permitted(m, gone.key.group);
                }
                leave_for(m, w, p, FLOW_CAUSE_ECONOMIC, &gone);
            }
            if (party.n > 0 && chosen) { // there are other ways
                party.key.deficit = FLOW_PLAN_NO_PERMIT;
                leave_for(m, w, p, FLOW_CAUSE_ECONOMIC, &party);
            }
            party.key.route = 0;
            flow_put(w, &m->here[p], &party);
        }
        flow_cells_empty(&m->active[p]);
        flow_channels_pass(m, w, p, m->queue);
    }
}

flow_err flow_model_depart(flow_model *m)
{
    flow_destination *d = m->to;
    memset(d->by_cause, 0, (size_t)m->s->n_place * FLOW_N_CAUSE * sizeof *d->by_cause);
    memset(d->trapped, 0, (size_t)m->s->n_place * sizeof *d->trapped);
    memset(d->redisplaced, 0, (size_t)m->s->n_place * sizeof *d->redisplaced);
    FLOW_FOR_PLACES(m, leave_place(m, w, p));
    if (flow_model_quantity(m, FLOW_Q_LABOUR_PERMITS) != NULL) { grant_permits(m); }
    return FLOW_OK;
}
