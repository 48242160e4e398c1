// Claims for asylum are decided, refugees are resettled: what countries have capacity for. Places
// get their shares first, by counts that all ranks know, then the people of each.
#include "split.h"
#include "status.h"

#include <math.h>
#include <string.h>

/// Whole persons or households of a capacity; a part of one is carried to the next step.
static int64_t whole_of(double capacity, double *carry)
{
    const double whole = floor(capacity + *carry);
    *carry = capacity + *carry - whole;
    return (int64_t)whole;
}

/// What is drawn for a place as a whole.
static void open_place(const flow_model *m, flow_work *w, int32_t place, int32_t what)
{
    static const flow_key everybody = {.group = UINT32_MAX};
    flow_status_open(m, w, (flow_spot){.place = place, .link = -1, .key = &everybody}, what);
}

/// Units of a status in a set.
static int64_t count_set(const flow_model *m, const flow_cells *cells, int32_t status,
                         int64_t *persons)
{
    int64_t n = 0;
    for (int32_t i = 0; i < cells->n; i++) {
        const uint32_t group = cells->row[i].key.group;
        if (flow_status_of(m, group) != status) { continue; }
        n += cells->row[i].n;
        *persons += flow_persons(m, group, cells->row[i].n);
    }
    return n;
}

/// Units of a status at a place, those who wait at its gates with them.
static int64_t count_place(const flow_model *m, int32_t place, int32_t status, int64_t *persons)
{
    int64_t n = count_set(m, &m->here[place], status, persons);
    for (int32_t l = m->s->first_link[place]; l < m->s->first_link[place + 1]; l++) {
        n += count_set(m, &m->to->gate[l], status, persons);
    }
    return n;
}

// Claims ------------------------------------------------------------------------------------------

/// Chance that a claim is recognised: odds of those who are from there, times those of the country.
static double recognised(const flow_model *m, uint32_t group, int32_t country)
{
    const double *share = flow_model_quantity(m, FLOW_Q_RECOGNITION);
    const double *odds = flow_model_quantity(m, FLOW_Q_RECOGNITION_ODDS);
    const flow_people_axis *origin = flow_groups_origin(&m->groups);
    if (share == NULL || origin == NULL) { return 0.0; }
    const double r = share[flow_group_class(origin, group)];
    const double good = r * (odds != NULL ? odds[country] : 1.0);
    return good > 0.0 ? good / (good + 1.0 - r) : 0.0;
}

/// n units have another status now and wait for their place in the set.
static void become(flow_model *m, flow_work *w, flow_party *party, int64_t n, int32_t status,
                   int32_t place)
{
    if (n == 0) { return; }
    flow_party some;
    flow_part(m, w, party, n, &some);
    some.key.group = flow_group_change(&m->groups.axis[m->groups.status], some.key.group, status);
    flow_status_note(m, w, &some, place);
    flow_put(w, &w->pending, &some);
}

/// Of the claims of one row some are decided: `given` of those of this row and of `all` in rows
/// still to come. Returns how many.
static int64_t decide_row(flow_model *m, flow_cells *cells, int32_t row, flow_spot spot,
                          int64_t given, int64_t all)
{
    flow_destination *d = m->to;
    flow_work *w = &m->work[0];
    const int32_t country = m->s->world.place_country[spot.place];
    flow_status_open(m, w, spot, FLOW_OF_DECISION);
    const int64_t decided = flow_hypergeometric(w->rng, cells->row[row].n, all, given);
    if (decided == 0) { return 0; }
    flow_status_open(m, w, spot, FLOW_OF_RECOGNITION);
    const double chance = recognised(m, spot.key->group, country);
    const int64_t good = flow_binomial(w->rng, decided, chance);
    flow_status_open(m, w, spot, FLOW_OF_APPEAL);
    const double *appeals = flow_model_quantity(m, FLOW_Q_APPEALS);
    const double again = appeals != NULL ? appeals[country] : 0.0;
    const int64_t rejected = decided - good - flow_binomial(w->rng, decided - good, again);
    const int32_t size = flow_group_size(&m->groups, spot.key->group);
    d->claims_decided[country] += decided * size;
    d->claims_recognised[country] += good * size;
    flow_party party = flow_cells_lift(cells, row);
    become(m, w, &party, good, FLOW_STATUS_REFUGEE, spot.place);
    become(m, w, &party, rejected, FLOW_STATUS_IRREGULAR, spot.place);
    cells->row[row].n = party.n;
    if (cells->ids != NULL) { cells->ids[row] = party.ids; }
    return decided;
}

/// What is still to be decided at a place, and who has not been asked yet.
typedef struct docket {
    int64_t given, all;
} docket;

static void decide_set(flow_model *m, flow_cells *cells, int32_t place, int32_t link,
                       docket *pending)
{
    for (int32_t i = 0; i < cells->n && pending->given > 0; i++) {
        const flow_key key = cells->row[i].key;
        if (flow_status_of(m, key.group) != FLOW_STATUS_ASYLUM) { continue; }
        const flow_spot spot = {.place = place, .link = link, .key = &key};
        pending->all -= cells->row[i].n;
        pending->given -= decide_row(m, cells, i, spot, pending->given, pending->all);
    }
    flow_status_return(&m->work[0], cells);
}

/// Claims at all places; what countries decide of them in this step, in d->permit, of d->asked.
static bool count_decisions(flow_model *m)
{
    flow_destination *d = m->to;
    const double *decisions = flow_model_quantity(m, FLOW_Q_DECISIONS);
    const int32_t n_country = m->s->world.n_country;
    memset(d->asked, 0, (size_t)n_country * sizeof *d->asked);
    for (int32_t p = 0; p < m->s->n_place; p++) {
        int64_t persons = 0;
        d->share[p] = count_place(m, p, FLOW_STATUS_ASYLUM, &persons);
    }
    flow_gather(m, FLOW_OWNED_PLACE, d->share, sizeof *d->share, true);
    for (int32_t p = 0; p < m->s->n_place; p++) {
        d->asked[m->s->world.place_country[p]] += d->share[p];
    }
    bool any = false;
    for (int32_t c = 0; c < n_country; c++) {
        const int64_t n = whole_of(decisions[c] * m->s->world.dt, &d->claim_carry[c]);
        d->permit[c] = n < d->asked[c] ? n : d->asked[c];
        any = any || d->permit[c] > 0;
    }
    return any;
}

/// Decisions of its country that fall to the claims of a place: a uniform choice among all.
static int64_t share_of_place(flow_model *m, int32_t place)
{
    flow_destination *d = m->to;
    flow_work *w = &m->work[0];
    const int32_t c = m->s->world.place_country[place];
    d->asked[c] -= d->share[place];
    if (d->permit[c] == 0 || d->share[place] == 0) { return 0; }
    open_place(m, w, place, FLOW_OF_DECISION);
    const int64_t n = flow_hypergeometric(w->rng, d->share[place], d->asked[c], d->permit[c]);
    d->permit[c] -= n;
    return n;
}

static void decide_claims(flow_model *m)
{
    flow_destination *d = m->to;
    m->phase++;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        docket pending = {.given = share_of_place(m, p), .all = d->share[p]};
        if (pending.given == 0 || !flow_is_mine(m, p)) { continue; }
        flow_open(m, &m->work[0], FLOW_DRAW_STATUS, p);
        decide_set(m, &m->here[p], p, -1, &pending);
        for (int32_t l = m->s->first_link[p]; l < m->s->first_link[p + 1]; l++) {
            decide_set(m, &d->gate[l], p, l, &pending);
        }
    }
    flow_sum_ranks(m, d->claims_decided, m->s->world.n_country);
    flow_sum_ranks(m, d->claims_recognised, m->s->world.n_country);
}

void flow_status_decide(flow_model *m)
{
    flow_destination *d = m->to;
    const int32_t n_country = m->s->world.n_country;
    const size_t size = (size_t)n_country * sizeof *d->claims_decided;
    memset(d->claims_decided, 0, size);
    memset(d->claims_recognised, 0, size);
    memset(d->claims_pending, 0, size);
    if (flow_model_quantity(m, FLOW_Q_DECISIONS) == NULL) { return; }
    if (count_decisions(m)) { decide_claims(m); }
    for (int32_t p = 0; p < m->s->n_place; p++) {
        const int32_t c = m->s->world.place_country[p];
        (void)count_place(m, p, FLOW_STATUS_ASYLUM, &d->claims_pending[c]);
    }
    flow_sum_ranks(m, d->claims_pending, n_country);
}

// Resettlement ------------------------------------------------------------------------------------

/// One country takes refugees in.
typedef struct intake {
    int32_t country;
    int32_t to; ///< place where they live from now on; -1: none, they leave the model
    int32_t round;
} intake;

/// The largest place of a country where somebody can live and where there is room; -1: none.
static int32_t place_in(const flow_model *m, int32_t country)
{
    int32_t best = -1;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        const double limit = m->capacity[p] * m->s->set.hop.capacity_scaling;
        const bool full = limit >= 1.0 && (double)m->count[p] >= limit;
        if (m->s->world.place_country[p] != country || m->to->marker[p] || full) { continue; }
        if (best < 0 || m->to->size[p] > m->to->size[best]) { best = p; }
    }
    return best;
}

/// Weight of the people of a row, 0: they are no refugees.
static double weight_of(const flow_model *m, const flow_cell *cell)
{
    if (flow_status_of(m, cell->key.group) != FLOW_STATUS_REFUGEE) { return 0.0; }
    const double factor = flow_leave_factor(&m->groups, cell->key.group, FLOW_LEAVE_RESETTLEMENT);
    return factor * (double)flow_persons(m, cell->key.group, cell->n);
}

/// Weights of the refugees of all places outside a country; returns their sum.
static double weigh_places(flow_model *m, int32_t country)
{
    double *wants = m->to->wants, sum = 0.0;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        wants[p] = 0.0;
        if (m->s->world.place_country[p] == country) { continue; }
        for (int32_t i = 0; i < m->here[p].n; i++) { wants[p] += weight_of(m, &m->here[p].row[i]); }
    }
    flow_gather(m, FLOW_OWNED_PLACE, wants, sizeof *wants, true);
    for (int32_t p = 0; p < m->s->n_place; p++) { sum += wants[p]; }
    return sum;
}

/// Of n things that fall in proportion to weights, those of `own`, where `all` holds it, too. Up to
/// rounding, the last one has them all.
static int64_t in_proportion(flow_work *w, int64_t n, double own, double all)
{
    const double share = own / all;
    return flow_binomial(w->rng, n, share > 1.0 - 1e-9 ? 1.0 : share);
}

static void move_in(flow_model *m, flow_work *w, const intake *in, flow_party *party, int32_t from)
{
    const int64_t persons = flow_persons(m, party->key.group, party->n);
    m->to->resettled[in->country] += persons;
    m->count[from] -= persons;
    party->key.group = flow_status_become(m, party->key.group, FLOW_STATUS_RESETTLED);
    if (in->to < 0) {
        flow_model_remove(m, w, party, FLOW_FATE_LEFT);
        return;
    }
    // They may have waited to go somewhere else; nothing of that is left.
    party->key = (flow_key){.group = party->key.group, .route = (uint32_t)in->to + 1};
    flow_put(w, &m->active[from], party);
}

/// n households, or single people, of a place are resettled; returns persons. Who has nobody left
/// gives nothing back: another round follows.
static int64_t resettle_place(flow_model *m, const intake *in, int32_t place, int64_t n)
{
    flow_work *w = &m->work[0];
    flow_cells *here = &m->here[place];
    double all = m->to->wants[place];
    int64_t taken = 0;
    flow_open(m, w, FLOW_DRAW_STATUS, place);
    for (int32_t i = 0; i < here->n && n > 0; i++) {
        const double own = weight_of(m, &here->row[i]);
        if (!(own > 0.0)) { continue; }
        const flow_key key = here->row[i].key;
        const flow_spot spot = {.place = place, .link = -1, .key = &key};
        flow_status_open(m, w, spot, FLOW_OF_RESETTLEMENT + in->country + (in->round << 16));
        const int64_t wanted = in_proportion(w, n, own, all);
        const int64_t go = wanted < here->row[i].n ? wanted : here->row[i].n;
        all -= own;
        n -= wanted;
        if (go == 0) { continue; }
        flow_party party = flow_cells_lift(here, i), gone;
        flow_part(m, w, &party, go, &gone);
        taken += flow_persons(m, key.group, go);
        move_in(m, w, in, &gone, place);
        here->row[i].n = party.n;
        if (here->ids != NULL) { here->ids[i] = party.ids; }
    }
    flow_cells_compact(here);
    return taken;
}

/// One round: n households go to places in proportion to weights; returns persons.
static int64_t give_places(flow_model *m, const intake *in, int64_t n)
{
    double all = weigh_places(m, in->country);
    int64_t taken = 0;
    m->phase++;
    for (int32_t p = 0; p < m->s->n_place && n > 0; p++) {
        const double own = m->to->wants[p];
        if (!(own > 0.0)) { continue; }
        open_place(m, &m->work[0], p, FLOW_OF_RESETTLEMENT + in->country + (in->round << 16));
        const int64_t given = in_proportion(&m->work[0], n, own, all);
        all -= own;
        n -= given;
        if (given > 0 && flow_is_mine(m, p)) { taken += resettle_place(m, in, p, given); }
    }
    flow_sum_ranks(m, &taken, 1);
    return taken;
}

/// Those who were taken in are where they live from now on.
static void arrive(flow_model *m)
{
    flow_work *w = &m->work[0];
    flow_share_cells(m, FLOW_OWNED_PLACE, m->active);
    m->phase++;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        for (int32_t i = 0; i < m->active[p].n; i++) {
            flow_party party = flow_cells_lift(&m->active[p], i);
            const int32_t to = (int32_t)party.key.route - 1;
            if (!flow_is_mine(m, to)) { continue; } // a divided model follows nobody
            party.key.route = 0;
            m->count[to] += flow_persons(m, party.key.group, party.n);
            flow_status_note(m, w, &party, to);
            flow_put(w, &m->here[to], &party);
        }
        flow_cells_empty(&m->active[p]);
    }
}

static int32_t largest_household(const flow_groups *groups)
{
    int32_t most = 1;
    const int32_t n = groups->household < 0 ? 0 : groups->axis[groups->household].n_class;
    for (int32_t c = 0; c < n; c++) { most = groups->size[c] > most ? groups->size[c] : most; }
    return most;
}

/// A country gives its places of this step, in rounds while somebody takes one. In each as many
/// households are asked as there are places for the largest, so that none is split and no place is
/// given twice.
static void take_in(flow_model *m, int32_t country, double places)
{
    double *carry = &m->to->resettle_carry[country];
    int64_t n = whole_of(places, carry);
    const int64_t most = largest_household(&m->groups);
    intake in = {.country = country, .to = place_in(m, country)};
    for (bool more = n >= most; more; in.round++) {
        const int64_t taken = give_places(m, &in, n / most);
        n -= taken;
        more = taken > 0 && n >= most;
    }
    // Kept for the next household; what nobody takes lapses.
    *carry += (double)(n < most ? n : most - 1);
}

void flow_status_resettle(flow_model *m)
{
    flow_destination *d = m->to;
    const int32_t n_country = m->s->world.n_country;
    const double *places = flow_model_quantity(m, FLOW_Q_RESETTLEMENT_PLACES);
    memset(d->resettled, 0, (size_t)n_country * sizeof *d->resettled);
    if (places == NULL) { return; }
    for (int32_t c = 0; c < n_country; c++) {
        flow_share_limited(m); // who was taken in before has made room
        take_in(m, c, places[c] * m->s->world.dt);
    }
    arrive(m);
    flow_sum_ranks(m, d->resettled, n_country);
    flow_model_count_gone(m);
}
