// Deaths and changes of status of the people at places.
#include "status.h"

#include "channel.h"
#include "split.h"

#include <math.h>
#include <string.h>

/// Hazards at a place, integrated over the step; the last one is that of dying.
typedef struct perils {
    double risk[FLOW_N_CHANGE + 1];
    bool any;
} perils;

void flow_status_open(const flow_model *m, flow_work *w, flow_spot spot, int32_t what)
{
    uint64_t part = (uint64_t)what << 33 | (uint64_t)spot.key->group << 1 | (spot.key->first != 0);
    // People of a group may have come to a link at several times, or wait for several ways on.
    if (spot.link >= 0 || spot.key->route != 0) {
        part = flow_mix(part ^ flow_key_hash(spot.key)) + (uint64_t)spot.link;
    }
    flow_rng_key(w->rng, m->seed, m->member, m->day, FLOW_DRAW_STATUS,
                 flow_mix(flow_mix((uint64_t)spot.place) ^ part));
}

void flow_status_note(const flow_model *m, flow_work *w, const flow_party *party, int32_t place)
{
    if (!m->follow.history || party->ids.n == 0) { return; }
    const flow_note what = flow_note_of(&m->groups, party->key.group, m->day, m->phase, place);
    if (!flow_log_add(&w->log, &party->ids, what)) { w->failed = true; }
}

static void find_perils(const flow_model *m, int32_t place, perils *out)
{
    const double dt = m->s->world.dt;
    memset(out, 0, sizeof *out);
    for (int32_t c = 0; c < FLOW_N_CHANGE && m->groups.status >= 0; c++) {
        const double *hazard = flow_model_quantity(m, FLOW_Q_CHANGE + c);
        const double *factor = flow_model_quantity(m, FLOW_Q_CHANGE_FACTOR + c);
        if (hazard == NULL) { continue; }
        out->risk[c] = hazard[place] * (factor != NULL ? factor[place] : 1.0) * dt;
        out->any = out->any || out->risk[c] > 0.0;
    }
    const double *death = flow_model_quantity(m, FLOW_Q_DEATH_HAZARD);
    if (death != NULL) { out->risk[FLOW_OF_DEATH] = death[place] * dt; }
    out->any = out->any || out->risk[FLOW_OF_DEATH] > 0.0;
}

/// Risks of one group; returns their sum.
static double risks_of(const flow_model *m, const perils *all, uint32_t group,
                       double risk[static FLOW_N_CHANGE + 1])
{
    const int32_t status = flow_status_of(m, group);
    double sum = 0.0;
    for (int32_t c = 0; c < FLOW_N_CHANGE; c++) {
        risk[c] = (int32_t)flow_change_of[c].from == status
                      ? all->risk[c] * flow_debt_factor(m, group, c)
                      : 0.0;
        sum += risk[c];
    }
    risk[FLOW_OF_DEATH] =
        all->risk[FLOW_OF_DEATH] * flow_leave_factor(&m->groups, group, FLOW_LEAVE_DEATH);
    return sum + risk[FLOW_OF_DEATH];
}

/// What happens to n units: p = 1 - exp(-sum), in proportion to the risks, one after the other;
/// death first, so that changes move its draws as little as can be.
static void compete(const flow_model *m, flow_work *w, flow_spot spot, int64_t n,
                    const double *risk, double all, int64_t hit[static FLOW_N_CHANGE + 1])
{
    const double each = -expm1(-all) / all;
    double rest = 1.0;
    for (int32_t k = FLOW_N_CHANGE; k >= 0 && n > 0; k--) {
        if (!(risk[k] > 0.0)) { continue; }
        const double q = each * risk[k];
        flow_status_open(m, w, spot, k);
        hit[k] = flow_binomial(w->rng, n, q < rest ? q / rest : 1.0);
        n -= hit[k];
        rest -= q;
    }
}

static void die(flow_model *m, flow_work *w, int32_t place, flow_party *party)
{
    const int64_t persons = flow_persons(m, party->key.group, party->n);
    m->to->deaths[place] += persons;
    m->count[place] -= persons;
    flow_model_remove(m, w, party, FLOW_FATE_DEAD);
}

/// The people of one row of a set; those who change go to w->pending.
static void change_row(flow_model *m, flow_work *w, const perils *all, flow_cells *cells,
                       int32_t row, flow_spot spot)
{
    double risk[FLOW_N_CHANGE + 1];
    int64_t hit[FLOW_N_CHANGE + 1] = {0};
    const double sum = risks_of(m, all, spot.key->group, risk);
    if (!(sum > 0.0)) { return; }
    compete(m, w, spot, cells->row[row].n, risk, sum, hit);
    flow_party party = flow_cells_lift(cells, row);
    for (int32_t k = FLOW_N_CHANGE; k >= 0; k--) {
        if (hit[k] == 0) { continue; }
        flow_party some;
        flow_part(m, w, &party, hit[k], &some);
        if (k == FLOW_OF_DEATH) {
            die(m, w, spot.place, &some);
            continue;
        }
        const int32_t to = (int32_t)flow_change_of[k].to;
        const flow_people_axis *axis = &m->groups.axis[m->groups.status];
        some.key.group = spot.link < 0 ? flow_status_become(m, some.key.group, to)
                                       : flow_group_change(axis, some.key.group, to);
        flow_status_note(m, w, &some, spot.place);
        flow_put(w, &w->pending, &some);
    }
    cells->row[row].n = party.n;
    if (cells->ids != NULL) { cells->ids[row] = party.ids; }
}

void flow_status_return(flow_work *w, flow_cells *cells)
{
    flow_cells_compact(cells);
    for (int32_t i = 0; i < w->pending.n; i++) {
        flow_party party = flow_cells_lift(&w->pending, i);
        flow_put(w, cells, &party);
    }
    flow_cells_empty(&w->pending);
}

static void change_set(flow_model *m, flow_work *w, const perils *all, flow_cells *cells,
                       int32_t place, int32_t link)
{
    for (int32_t i = 0; i < cells->n && !w->failed; i++) {
        const flow_key key = cells->row[i].key;
        const flow_spot spot = {.place = place, .link = link, .key = &key};
        change_row(m, w, all, cells, i, spot);
    }
    flow_status_return(w, cells);
}

static void change_place(flow_model *m, flow_work *w, int32_t place)
{
    perils all;
    find_perils(m, place, &all);
    if (!all.any) { return; }
    flow_open(m, w, FLOW_DRAW_STATUS, place);
    change_set(m, w, &all, &m->here[place], place, -1);
    for (int32_t l = m->s->first_link[place]; l < m->s->first_link[place + 1]; l++) {
        change_set(m, w, &all, &m->to->gate[l], place, l);
    }
}

flow_err flow_model_status(flow_model *m)
{
    flow_destination *d = m->to;
    memset(d->deaths, 0, (size_t)m->s->n_place * sizeof *d->deaths);
    m->phase++;
    FLOW_FOR_PLACES(m, change_place(m, w, p));
    flow_model_count_gone(m);
    if (m->groups.status >= 0) {
        flow_status_decide(m);
        flow_status_resettle(m);
    }
    return flow_any_failed(m)
               ? flow_fail(FLOW_ENOMEM, "no memory for the people of step %d", (int)m->day)
               : FLOW_OK;
}
