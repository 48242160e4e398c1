// Without capacities nobody's choice depends on who came first: all decide in one loop, and those
// whose link takes less than a day are at its end before the others travel.
#include "model.h"

enum { ahead = 4 }; // places between asking for memory and using it

static void decide(flow_model *m, flow_work *w, int32_t place)
{
    if (m->here[place].n > 0) { flow_model_decide(m, w, place, &m->here[place], m->queue, false); }
}

/// Those who may be drawn from a long list next, and the last ones, who fill the gap.
static void fetch_last(const flow_ids *ids)
{
    for (uint32_t i = 0; i < 128; i += 16) { // 16 ids are a cache line
        FLOW_SOON(ids->id + (ids->mixed > i ? ids->mixed - i : 0));
        FLOW_SOON(ids->id + (ids->n > i ? ids->n - i : 0));
    }
}

/// Bring what the decision at a place reads nearer; without it the processor waits at every place.
static void fetch(const flow_model *m, int32_t place)
{
    const flow_cells *here = &m->here[place];
    const flow_choice *choice = &m->choice[(int64_t)place * m->groups.n_rule];
    FLOW_SOON(here->row);
    if (here->ids != NULL && here->n > 0) {
        FLOW_SOON(here->ids->id);
        FLOW_SOON(here->ids->id + 16);
        if (here->ids->mixed > 0) { fetch_last(here->ids); }
    }
    const char *few = (const char *)choice->few[m->leave[place] >= 1.0];
    if (few != NULL) {
        FLOW_SOON(few);
        FLOW_SOON(few + 64);
        FLOW_SOON(few + 128);
    }
    FLOW_SOON(&m->link_entered[m->s->first_link[place]]);
}

/// Begin the streams of some places at a time, where that is cheaper.
static void begin_streams(const flow_model *m, flow_work *w, int32_t place, int32_t end)
{
    if (w->head_place >= 0 && place - w->head_place < FLOW_LANES_HEADS) { return; }
    w->head_place = -1;
    if (end - place < FLOW_LANES_HEADS / 2) { return; }
    flow_open(m, w, FLOW_DRAW_LEAVE, place);
    if (flow_lanes_heads(flow_lanes_widest(), (flow_rng_state *)w->rng->state, w->head)) {
        w->head_place = place;
    }
}

/// Everybody decides, places one after the other; parcels are written in the order of places.
static void decide_chunk(flow_model *m, flow_work *w, int32_t chunk)
{
    const int64_t n = m->s->n_place;
    const int32_t end = (int32_t)(n * (chunk + 1) / m->n_chunk);
    w->box = &m->box[(int64_t)chunk * m->n_range];
    w->trail = m->alone ? &m->trail[chunk] : NULL;
    for (int32_t p = (int32_t)(n * chunk / m->n_chunk); p < end; p++) {
        if (p + ahead < end) { fetch(m, p + ahead); }
        if (!flow_is_mine(m, p)) { continue; }
        if (w->trail != NULL) { begin_streams(m, w, p, end); }
        if (w->trail == NULL || !flow_model_decide_few(m, w, p)) { decide(m, w, p); }
    }
    w->head_place = -1;
    w->box = NULL;
    w->trail = NULL;
}

/// n units of a key are at a place for good.
static void land(flow_model *m, int32_t place, flow_key *key, int64_t n)
{
    if (m->groups.status >= 0) {
        key->group =
            flow_group_change(&m->groups.axis[m->groups.status], key->group,
                              m->s->foreign[place] ? FLOW_STATUS_REFUGEE : FLOW_STATUS_IDP);
    }
    const int64_t persons = flow_persons(m, key->group, n);
    m->count[place] += persons;
    m->arrivals[place] += persons;
}

/// Parcels for one range of places arrive, in the order of the places they come from.
static void deliver(flow_model *m, flow_work *w, int32_t range)
{
    for (int32_t chunk = 0; chunk < m->n_chunk; chunk++) {
        flow_box *box = &m->box[(int64_t)chunk * m->n_range + range];
        for (int64_t at = 0; at < box->n;) {
            flow_parcel *parcel = flow_box_next(box, &at);
            const int32_t to = parcel->to;
            land(m, to, &parcel->key, parcel->n);
            if (parcel->n_ids > 0) {
                const flow_ids ids = {.id = flow_parcel_ids(parcel), .n = parcel->n_ids};
                flow_model_note(m, w, parcel->key.group, &ids, to);
            }
            if (!flow_cells_append(&w->pool, &m->here[to], &parcel->key, parcel->n,
                                   flow_parcel_ids(parcel), parcel->n_ids)) {
                w->failed = true;
            }
        }
        box->n = 0;
    }
}

/// Those who went alone are counted at places [begin, end), and room is made for their ids.
static void count_alone(flow_model *m, flow_work *w, int32_t begin, int32_t end)
{
    const flow_key key = {0};
    for (int32_t p = begin; p < end; p++) {
        if (p + ahead < end && m->here[p + ahead].row != NULL) {
            FLOW_SOON(m->here[p + ahead].row);
            FLOW_SOON(m->here[p + ahead].ids);
        }
        int64_t n = 0;
        for (int32_t t = 0; t < m->threads; t++) {
            n += m->work[t].inflow[p];
            m->work[t].inflow[p] = 0;
        }
        if (n == 0) { continue; }
        m->count[p] += n;
        m->arrivals[p] += n;
        // Nobody is added to the ids: the row is made, and room for all who may be followed.
        if (!flow_cells_append(&w->pool, &m->here[p], &key, n, NULL, 0)) { w->failed = true; }
        if (m->follow.mode == FLOW_INDIVIDUALS_NONE || w->failed) { continue; }
        m->cursor[p] = flow_cells_expect(&w->pool, &m->here[p], &key, (uint32_t)n);
        if (m->cursor[p] == NULL) { w->failed = true; }
        FLOW_SOON(m->cursor[p]);
    }
}

/// Those of a trail who are followed and came to places [begin, end) join the ids there.
static void append_alone(flow_model *m, flow_work *w, const flow_trail *trail, int32_t begin,
                         int32_t end)
{
    const uint32_t n_place = (uint32_t)(end - begin);
    for (int64_t i = 0; i < trail->n; i++) {
        const int32_t to = trail->to[i];
        if ((uint32_t)(to - begin) >= n_place) { continue; }
        *m->cursor[to]++ = trail->id[i];
        if (m->follow.history) {
            uint32_t id = trail->id[i];
            const flow_ids ids = {.id = &id, .n = 1};
            flow_model_note(m, w, 0, &ids, to);
        }
    }
}

/// Those who went alone arrive in one range of places: first how many, then who.
static void deliver_alone(flow_model *m, flow_work *w, int32_t range)
{
    const int64_t n_place = m->s->n_place;
    const int32_t begin = (int32_t)((range * n_place + m->n_range - 1) / m->n_range);
    const int32_t end = (int32_t)(((range + 1) * n_place + m->n_range - 1) / m->n_range);
    count_alone(m, w, begin, end);
    if (m->follow.mode == FLOW_INDIVIDUALS_NONE || w->failed) { return; }
    for (int32_t chunk = 0; chunk < m->n_chunk; chunk++) {
        append_alone(m, w, &m->trail[chunk], begin, end);
    }
    for (int32_t p = begin; p < end; p++) {
        if (m->cursor[p] == NULL) { continue; }
        flow_cells_settle(&w->pool, &m->here[p], m->cursor[p]);
        m->cursor[p] = NULL;
    }
}

static void deliver_range(flow_model *m, flow_work *w, int32_t range)
{
    deliver(m, w, range);
    if (m->alone) { deliver_alone(m, w, range); }
}

/// Where the model is divided, those who leave for good wait on links: the order of places, again.
static void deliver_cells(flow_model *m, flow_work *w, int32_t place)
{
    for (int32_t i = m->first_in[place]; i < m->first_in[place + 1]; i++) {
        flow_cells *cells = &m->entry[m->in_link[i]];
        for (int32_t c = 0; c < cells->n; c++) {
            flow_party party = flow_cells_lift(cells, c);
            land(m, place, &party.key, party.n);
            if (!flow_cells_append(&w->pool, &m->here[place], &party.key, party.n, NULL, 0)) {
                w->failed = true;
            }
        }
        flow_cells_empty(cells);
    }
    if (m->alone) { count_alone(m, w, place, place + 1); }
}

static void decide_divided(flow_model *m)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(m->threads) if (m->n_range > 1)
    for (int32_t chunk = 0; chunk < m->n_chunk; chunk++) {
        decide_chunk(m, flow_own_work(m), chunk);
    }
    for (int32_t chunk = 0; chunk < m->n_chunk; chunk++) { m->trail[chunk].n = 0; }
    m->phase++;
    flow_send_on(m, m->entry);
    if (m->alone) { flow_send_alone(m); }
    FLOW_FOR_PLACES(m, deliver_cells(m, w, p));
}

void flow_model_decide_at_once(flow_model *m)
{
    if (m->part != NULL) {
        decide_divided(m);
        return;
    }
    if (m->n_range == 1) {
        decide_chunk(m, &m->work[0], 0);
        m->phase++;
        deliver_range(m, &m->work[0], 0);
        m->trail[0].n = 0;
        return;
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(m->threads)
    for (int32_t chunk = 0; chunk < m->n_chunk; chunk++) {
        decide_chunk(m, flow_own_work(m), chunk);
    }
    m->phase++;
#pragma omp parallel for schedule(static, 1) num_threads(m->threads)
    for (int32_t range = 0; range < m->n_range; range++) {
        deliver_range(m, flow_own_work(m), range);
    }
    for (int32_t chunk = 0; chunk < m->n_chunk; chunk++) { m->trail[chunk].n = 0; }
}
