// How many of those who travel today go before the room of places is looked at again.
#include "model.h"

#include <math.h>

/// Persons who change the multiplier of a place by hop.capacity_batch where it falls.
static double step(const flow_model *m, int32_t place)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const double cap = m->capacity[place] * hop->capacity_scaling;
    return fmax(cap * (1.0 - hop->capacity_buffer) * hop->capacity_batch, 1.0);
}

/// Persons until the multiplier of a place has changed by hop.capacity_batch, or a camp refuses
/// people; INFINITY: neither happens.
static double room(const flow_model *m, int32_t place)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const double cap = m->capacity[place] * hop->capacity_scaling;
    const double n = (double)m->count[place];
    if (cap < 1.0 || n >= cap) { return (double)INFINITY; }
    const double soft = cap * (1.0 - hop->capacity_buffer);
    const double change = fmax(cap - soft - n, 0.0) + step(m, place);
    const double refusal = cap - soft / 2.0 - n; // persons until the multiplier is 0.5
    if (!m->camp[place] || refusal < 0.0) { return change; }
    return fmin(change, fmax(refusal + 1.0, step(m, place) / 4.0));
}

/// Could anybody's choice today depend on who came before?
static bool matters(const flow_model *m)
{
    if (!m->s->set.hop.onward) { return false; }
    double least = (double)INFINITY;
    for (int32_t k = 0; k < m->n_limited; k++) { least = fmin(least, room(m, m->limited[k])); }
    if (!(least < (double)INFINITY)) { return false; }
    int64_t all = 0;
    for (int32_t link = 0; link < m->s->n_link; link++) {
        const flow_cells *queue = &m->queue[link];
        for (int32_t c = 0; c < queue->n; c++) {
            all += flow_persons(m, queue->row[c].key.group, queue->row[c].n);
        }
    }
    flow_sum_ranks(m, &all, 1);
    return (double)all > least;
}

/// Where the people of a cell arrive today, and whether they go on from there by a known route, or
/// look for a way (`asking`).
static void expect_cell(flow_model *m, int32_t link, const flow_cell *cell)
{
    const flow_key *key = &cell->key;
    const bool on_foot = m->s->set.hop.start_on_foot && key->first;
    const double v = on_foot ? m->s->set.hop.max_walk_speed : m->speed[link];
    const bool enters = key->fast + key->slow == 0;
    const bool whole_day = !enters || m->s->set.quirks.full_speed_per_link;
    const double before = flow_model_km_before(m, link, key);
    const double today = enters ? key->today * m->bin_km : 0.0;
    const double left = m->s->length_km[link] - before;
    if (left >= (whole_day ? v : v - today) || m->closed[link] > 0) { return; }
    const int32_t end = m->s->link_to[link];
    const int64_t persons = flow_persons(m, key->group, cell->n);
    m->coming[end] += (double)persons;
    if (today + left >= v || key->route == FLOW_NO_WAY) { return; }
    if (key->route != 0) {
        m->coming[m->paths.tree[end].node[key->route].end] += (double)persons;
        return;
    }
    m->asking[end] += persons;
    if (cell->n >= m->asking_most[end]) { // an estimate: the largest cell speaks for all
        m->asking_most[end] = cell->n;
        m->asking_rule[end] = flow_group_rule(&m->groups, key->group);
    }
}

/// Those who look for a way, by the chances of now. False: no memory.
static bool expect_choices(flow_model *m, int32_t place)
{
    flow_work *w = &m->work[0];
    const flow_choice *choice = flow_model_choice(m, w, place, m->asking_rule[place]);
    if (choice == NULL) { return false; }
    flow_model_weigh(m, w, place, choice);
    const bool short_stints = m->s->set.hop.avoid_short_stints && m->town[place];
    const double movers =
        (double)m->asking[place] * (short_stints ? 1.0 : fmin(m->leave[place], 1.0));
    for (int32_t k = 0; k < choice->n; k++) {
        const int32_t end = m->paths.tree[place].node[choice->node[k]].end;
        m->coming[end] += movers * w->weight[k] / w->tail[0];
    }
    return true;
}

/// Places where somebody looks for a way, and how many come to those with a capacity, from all
/// ranks.
static void share_estimates(flow_model *m)
{
    flow_gather(m, FLOW_OWNED_PLACE, m->asking, sizeof *m->asking, true);
    flow_gather(m, FLOW_OWNED_PLACE, m->asking_rule, sizeof *m->asking_rule, true);
    for (int32_t k = 0; k < m->n_limited; k++) { // whole numbers so far
        m->place_number[k] = (int64_t)m->coming[m->limited[k]];
    }
    flow_sum_ranks(m, m->place_number, m->n_limited);
    for (int32_t k = 0; k < m->n_limited; k++) {
        m->coming[m->limited[k]] = (double)m->place_number[k];
    }
}

flow_err flow_model_turn(flow_model *m, double *share)
{
    *share = 1.0;
    if (!matters(m)) { return FLOW_OK; }
    const int32_t n_place = m->s->n_place;
    for (int32_t p = 0; p < n_place; p++) {
        m->coming[p] = 0.0;
        m->asking[p] = m->asking_most[p] = 0;
    }
    for (int32_t link = 0; link < m->s->n_link; link++) {
        const flow_cells *queue = &m->queue[link];
        for (int32_t c = 0; c < queue->n; c++) { expect_cell(m, link, &queue->row[c]); }
    }
    if (m->part != NULL) { share_estimates(m); }
    for (int32_t p = 0; p < n_place; p++) {
        if (m->asking[p] > 0 && !expect_choices(m, p)) {
            return flow_fail(FLOW_ENOMEM, "no memory for choices");
        }
    }
    for (int32_t k = 0; k < m->n_limited; k++) {
        const int32_t p = m->limited[k];
        const double most = room(m, p);
        // Nobody waits for less than half a step: all this is an estimate.
        if (m->coming[p] > most + step(m, p) / 2.0) { *share = fmin(*share, most / m->coming[p]); }
    }
    return FLOW_OK;
}
