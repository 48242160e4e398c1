#include "model.h"
#include "split.h"

#include <math.h>

/// The final destination is a camp so full that people give the way up for today (FLEE: C < 0.5).
static bool refused(const flow_model *m, int32_t end)
{
    return m->camp[end] && m->multiplier[end] < 0.5;
}

/// A party enters the first link of a path.
static void set_out(flow_model *m, flow_work *w, int32_t place, flow_party *party,
                    const flow_path *path, flow_cells *into)
{
    const int64_t persons = flow_persons(m, party->key.group, party->n);
    party->key.route = (uint32_t)path->rest;
    party->key.due = 0;
    m->count[place] -= persons;
    m->departures[place] += persons;
    m->link_count[path->first] += persons;
    m->link_entered[path->first] += persons;
    if (into == NULL) {
        flow_model_enter_link(m, w, path->first, party);
    } else {
        flow_put(w, &into[path->first], party);
    }
}

/// n units of a party leave for good to the end of a link that takes less than a day.
static void send_off(flow_model *m, flow_work *w, int32_t place, flow_party *all, int64_t n,
                     const flow_path *path)
{
    const int32_t to = m->s->link_to[path->first];
    uint32_t k = 0;
    if (all->ids.n > 0) {
        flow_open_who(m, w);
        k = (uint32_t)flow_party_followed(w->who, all, n);
    }
    flow_parcel *parcel = flow_box_add(&w->box[flow_range_of(m, to)], k);
    if (parcel == NULL) {
        w->failed = true;
        return;
    }
    parcel->key = all->key;
    parcel->key.route = (uint32_t)path->rest;
    parcel->key.first = 0;
    parcel->n = n;
    parcel->to = to;
    parcel->n_ids = k;
    if (all->ids.n > 0) {
        flow_party_take(w->who, &w->pool, all, n, k, flow_parcel_ids(parcel));
    } else {
        all->n -= n;
    }
    const int64_t persons = flow_persons(m, all->key.group, n);
    m->count[place] -= persons;
    m->departures[place] += persons;
    m->link_entered[path->first] += persons;
}

/// People who still have a route go on along it, or drop it and stay.
static void follow_route(flow_model *m, flow_work *w, int32_t place, flow_party *party,
                         flow_cells *into)
{
    if (party->key.route != FLOW_NO_WAY) {
        const flow_path *path = &m->paths.tree[place].node[party->key.route];
        if (m->closed[path->first] == 0 && !refused(m, path->end)) {
            if (w->box != NULL && m->through[path->first]) {
                send_off(m, w, place, party, party->n, path);
                return;
            }
            set_out(m, w, place, party, path, into);
            return;
        }
    }
    party->key.route = 0;
    party->key.due = 0;
    flow_put(w, &w->pending, party);
}

void flow_model_weigh(const flow_model *m, flow_work *w, int32_t place, const flow_choice *choice)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const flow_tree *tree = &m->paths.tree[place];
    double most = 0.0;
    for (int32_t k = 0; k < choice->n; k++) {
        const double pull = hop->fixed_routes ? 1.0 : m->pull[tree->node[choice->node[k]].end];
        w->weight[k] = choice->weight[k] * pull;
        most = fmax(most, w->weight[k]);
    }
    flow_model_finish_weights(m, choice->n, most, w->weight, w->tail);
}

/// Chance that a unit of a cell sets out now.
static double chance_to_leave(const flow_model *m, int32_t place, const flow_key *key, bool onward)
{
    const bool short_stint = onward && key->due != 0;
    if (short_stint && m->town[place]) { return 1.0; }
    if (!m->aware) { return m->leave[place]; }
    return m->leave[place] * m->groups.rule[flow_group_rule(&m->groups, key->group)].awareness;
}

/// The movers of a row, already divided over the choices in w->count, set out.
static void part_movers(flow_model *m, flow_work *w, int32_t place, flow_cells *from, int32_t row,
                        const flow_choice *choice, flow_cells *into)
{
    const flow_tree *tree = &m->paths.tree[place];
    flow_party all = flow_cells_lift(from, row);
    for (int32_t k = 0; k < choice->n; k++) {
        if (w->count[k] == 0) { continue; }
        const flow_path *path = &tree->node[choice->node[k]];
        if (refused(m, path->end)) { continue; }
        if (w->box != NULL && m->through[path->first]) {
            send_off(m, w, place, &all, w->count[k], path);
            continue;
        }
        flow_party part;
        flow_part(m, w, &all, w->count[k], &part);
        set_out(m, w, place, &part, path, into);
    }
    from->row[row].n = all.n;
    if (from->ids != NULL) { from->ids[row] = all.ids; }
}

/// Those of `from` who stay are residents from now on.
static void rest(flow_model *m, flow_work *w, int32_t place, flow_cells *from)
{
    flow_cells *here = &m->here[place];
    if (from == here) {
        flow_cells_compact(here);
    } else {
        for (int32_t i = 0; i < from->n; i++) {
            flow_party party = flow_cells_lift(from, i);
            party.key.due = 0;
            flow_put(w, here, &party);
        }
        flow_cells_empty(from);
    }
    for (int32_t i = 0; i < w->pending.n; i++) {
        flow_party party = flow_cells_lift(&w->pending, i);
        flow_put(w, here, &party);
    }
    flow_cells_empty(&w->pending);
}

void flow_model_decide(flow_model *m, flow_work *w, int32_t place, flow_cells *from,
                       flow_cells *into, bool onward)
{
    const flow_choice *choice = NULL;
    int32_t rule = -1;
    flow_open(m, w, FLOW_DRAW_LEAVE, place);
    for (int32_t i = 0; i < from->n; i++) {
        const flow_key *key = &from->row[i].key;
        if (key->route != 0) {
            flow_party party = flow_cells_lift(from, i);
            follow_route(m, w, place, &party, into);
            continue;
        }
        const int64_t movers =
            flow_binomial(w->rng, from->row[i].n, chance_to_leave(m, place, key, onward));
        if (movers == 0) { continue; }
        const int32_t wanted = flow_group_rule(&m->groups, key->group);
        if (wanted != rule) {
            rule = wanted;
            choice = flow_model_choice(m, w, place, rule);
            if (choice == NULL) {
                w->failed = true;
                return;
            }
            if (m->n_limited > 0) { flow_model_weigh(m, w, place, choice); }
        }
        if (choice->n == 0) { continue; }
        const double *weight = m->n_limited > 0 ? w->weight : choice->weight;
        const double *tail = m->n_limited > 0 ? w->tail : choice->tail;
        flow_split_row(w->rng, movers, choice->n, weight, tail, w->count);
        part_movers(m, w, place, from, i, choice, into);
    }
    rest(m, w, place, from);
}
