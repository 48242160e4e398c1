#include "lanes.h"
#include "model.h"
#include "split.h"

#include <math.h>
#include <string.h>

// Where telling people one by one is cheaper than drawing counts: figures of bench_step.
enum { always_singly = FLOW_LANES_PEOPLE, most_singly = 128 };
static const double leave_singly = 2.0; // expected movers

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
        w->queued = true;
        flow_put(w, &into[path->first], party);
    }
}

/// The same where the model is divided and nobody is followed: they wait on the first of the links
/// that lead there. Not NULL, and nothing to be filled in.
static uint32_t *send_cell(flow_model *m, flow_work *w, int32_t place, flow_cell who,
                           const flow_path *path)
{
    int32_t link = m->s->first_link[place];
    while (m->s->link_to[link] != m->s->link_to[path->first]) { link++; }
    flow_party party = {.key = who.key, .n = who.n};
    party.key.route = (uint32_t)path->rest;
    party.key.first = 0;
    flow_put(w, &m->entry[link], &party);
    const int64_t persons = flow_persons(m, who.key.group, who.n);
    m->count[place] -= persons;
    m->departures[place] += persons;
    m->link_entered[path->first] += persons;
    return w->head;
}

/// Room for n units who leave for good to the end of a link that takes less than a day, with the
/// ids of k of them, which the caller fills in; NULL: no memory.
static uint32_t *send_parcel(flow_model *m, flow_work *w, int32_t place, flow_cell who, uint32_t k,
                             const flow_path *path)
{
    const int32_t to = m->s->link_to[path->first];
    if (m->part != NULL) { return send_cell(m, w, place, who, path); }
    flow_parcel *parcel = flow_box_add(&w->box[flow_range_of(m, to)], k);
    if (parcel == NULL) {
        w->failed = true;
        return NULL;
    }
    parcel->key = who.key;
    parcel->key.route = (uint32_t)path->rest;
    parcel->key.first = 0;
    parcel->n = who.n;
    parcel->to = to;
    parcel->n_ids = k;
    const int64_t persons = flow_persons(m, who.key.group, who.n);
    m->count[place] -= persons;
    m->departures[place] += persons;
    m->link_entered[path->first] += persons;
    return flow_parcel_ids(parcel);
}

/// n units of a party leave for good to the end of a link that takes less than a day.
static void send_off(flow_model *m, flow_work *w, int32_t place, flow_party *all, int64_t n,
                     const flow_path *path)
{
    uint32_t k = 0;
    if (all->ids.n > 0) {
        flow_open_who(m, w);
        k = (uint32_t)flow_party_followed(w->who, all, n);
    }
    uint32_t *id = send_parcel(m, w, place, (flow_cell){.key = all->key, .n = n}, k, path);
    if (id == NULL) { return; }
    if (all->ids.n > 0) {
        flow_party_take(w->who, &w->pool, all, n, k, id);
    } else {
        all->n -= n;
    }
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

/// Chance that a unit of a rule class sets out now, when nothing drives it on.
static double chance_to_leave(const flow_model *m, int32_t place, int32_t rule)
{
    return m->aware ? m->leave[place] * m->groups.rule[rule].awareness : m->leave[place];
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

// Small cells -----------------------------------------------------------------------------------

/// The rows of one rule class at a place, while they decide.
typedef struct scene {
    int32_t place;
    flow_cells *from, *into;
    const flow_tree *tree;
    flow_choice *choice;
    double leave; ///< chance to leave
    bool weighed; ///< w->weight and w->tail are those of the choice, today
    bool made[2]; ///< so is w->few, for those who may leave and for those who do
} scene;

/// Whether people of a cell are told one by one, the cheaper way where they are few.
static bool told_singly(const flow_choice *choice, int64_t n, double chance)
{
    if (n > most_singly || choice->n > FLOW_MOST_CUTS) { return false; }
    return n <= always_singly || (double)n * chance >= leave_singly;
}

static void weigh(const flow_model *m, flow_work *w, scene *s)
{
    if (s->weighed || m->n_limited == 0) { return; }
    flow_model_weigh(m, w, s->place, s->choice);
    s->weighed = true;
}

/// Cuts for n ways, whole groups of them.
static int32_t cuts_of(int32_t n)
{
    return (n + FLOW_CUTS_STEP - 1) / FLOW_CUTS_STEP * FLOW_CUTS_STEP;
}

/// Memory for the chances of n ways, in one piece: small cells cost little more than reading it.
static flow_few *need_few(flow_work *w, flow_few **few, int32_t n)
{
    if (*few != NULL) { return *few; }
    const int64_t cut = (n * (int64_t)sizeof(int16_t) + 7) / 8 * 8;
    const int64_t ends = (int64_t)sizeof(flow_few) + cut, part = ends + 8 * (int64_t)n;
    char *byte = flow_arena_take(&w->rows, part + n * (int64_t)sizeof(double), 1);
    if (byte == NULL) {
        w->failed = true;
        return NULL;
    }
    *few = (flow_few *)(void *)byte;
    (*few)->cuts.cut = (int16_t *)(void *)(byte + sizeof(flow_few));
    (*few)->to = (int32_t *)(void *)(byte + ends);
    (*few)->link = (*few)->to + n;
    (*few)->cuts.part = (double *)(void *)(byte + part);
    return *few;
}

static void make_few(const flow_model *m, const scene *s, const double *tail, double leave,
                     flow_few *few)
{
    few->version = s->choice->version;
    few->leave = leave;
    const int32_t n = s->choice->n;
    few->cuts.n = cuts_of(n);
    flow_cuts_make(n, tail, leave, &few->cuts);
    few->plain = true;
    for (int32_t k = 0; k < few->cuts.n; k++) {
        const flow_path *path = &s->tree->node[s->choice->node[k % n]];
        few->link[k] = path->first;
        few->to[k] = m->s->link_to[path->first];
        few->plain = few->plain && m->through[path->first] && path->rest == 0;
    }
}

/// Chances of those who may leave (0) or do (1); NULL: no memory.
static const flow_few *chances(flow_model *m, flow_work *w, scene *s, int sure)
{
    const double leave = sure != 0 ? 1.0 : s->leave;
    if (m->n_limited > 0) {
        flow_few *few = need_few(w, &w->few[sure], FLOW_MOST_CUTS);
        if (s->made[sure] || few == NULL) { return few; }
        weigh(m, w, s);
        make_few(m, s, w->tail, leave, few);
        s->made[sure] = true;
        return few;
    }
    // A row never has more ways than its place has paths: node 0 is none.
    const int32_t most = s->tree->n <= FLOW_MOST_CUTS ? cuts_of(s->tree->n - 1) : FLOW_MOST_CUTS;
    flow_few *few = need_few(w, &s->choice->few[sure], most);
    if (few != NULL && (few->version != s->choice->version || few->leave != leave)) {
        make_few(m, s, s->choice->tail, leave, few);
    }
    return few;
}

/// Nothing tells the people of a key apart from those who have just entered.
static bool blank(const flow_key *key)
{
    const flow_key none = {0};
    return memcmp(key, &none, sizeof none) == 0;
}

/// The people of one cell leave one by one: no parcels, only counts and who goes where.
static void scatter(flow_model *m, flow_work *w, int32_t place, int32_t row, const flow_few *few,
                    const int32_t *above, const uint8_t *outcome)
{
    flow_cells *here = &m->here[place];
    const int32_t movers = above[0];
    if (movers == 0) { return; }
    here->row[row].n -= movers;
    m->count[place] -= movers;
    m->departures[place] += movers;
    for (int32_t first = 0; first < few->cuts.n; first += FLOW_CUTS_STEP) {
        for (int32_t j = first; j < first + FLOW_CUTS_STEP; j++) {
            const int32_t n = above[j] - above[j + 1];
            m->link_entered[few->link[j]] += n;
            w->inflow[few->to[j]] += n;
        }
    }
    flow_ids *ids = here->ids != NULL ? &here->ids[row] : NULL;
    if (ids == NULL || ids->n == 0) { return; }
    flow_trail *trail = w->trail;
    if (!flow_trail_reserve(trail, ids->n)) {
        w->failed = true;
        return;
    }
    const flow_parting who = {.outcome = outcome,
                              .where = few->to,
                              .n_where = few->cuts.n,
                              .id = ids->id,
                              .gone = trail->id + trail->n,
                              .to = trail->to + trail->n};
    const uint32_t gone = flow_lanes_part(flow_lanes_widest(), ids->n, &who);
    trail->n += gone;
    ids->n -= gone;
    ids->mixed = 0;
    if (ids->n == 0) { flow_ids_drop(&w->pool, ids); }
}

/// Of the ids of a party, those of an outcome.
static void pick_told(const flow_ids *ids, const uint8_t *outcome, int wanted, uint32_t *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < ids->n; i++) {
        if (outcome[i] == wanted) { out[n++] = ids->id[i]; }
    }
}

/// n people of a cell who were told the same way set out; `followed`: ids among them.
static void leave_told(flow_model *m, flow_work *w, const scene *s, flow_party *all, int64_t n,
                       const flow_path *path, const uint8_t *outcome, int told, uint32_t followed)
{
    all->n -= n;
    if (w->box != NULL && m->through[path->first]) {
        const flow_cell who = {.key = all->key, .n = n};
        uint32_t *id = send_parcel(m, w, s->place, who, followed, path);
        if (id != NULL && followed > 0) { pick_told(&all->ids, outcome, told, id); }
        return;
    }
    flow_party part = {.key = all->key, .n = n};
    if (followed > 0) {
        if (!flow_ids_reserve(&w->pool, &part.ids, followed)) {
            w->failed = true;
            return;
        }
        pick_told(&all->ids, outcome, told, part.ids.id);
        part.ids.n = followed;
    }
    set_out(m, w, s->place, &part, path, s->into);
}

/// The people of one cell who were told to leave set out.
static void part_told(flow_model *m, flow_work *w, const scene *s, int32_t row, uint8_t *outcome)
{
    int32_t count[FLOW_MOST_CUTS + 1] = {0}, followed[FLOW_MOST_CUTS + 1] = {0};
    const int32_t n = (int32_t)s->from->row[row].n;
    for (int32_t i = 0; i < n; i++) { count[outcome[i]]++; }
    if (count[0] == n) { return; }
    flow_party all = flow_cells_lift(s->from, row);
    // Units are alike: the followed ones may as well be the first.
    for (uint32_t i = 0; i < all.ids.n; i++) { followed[outcome[i]]++; }
    uint32_t stay = 1; // bit of each outcome
    for (int32_t k = 0; k < s->choice->n; k++) {
        const int told = k + 1;
        if (count[told] == 0) { continue; }
        const flow_path *path = &s->tree->node[s->choice->node[k]];
        if (refused(m, path->end)) {
            stay |= UINT32_C(1) << told;
            continue;
        }
        leave_told(m, w, s, &all, count[told], path, outcome, told, (uint32_t)followed[told]);
    }
    uint32_t rest = 0;
    for (uint32_t i = 0; i < all.ids.n; i++) {
        if ((stay >> outcome[i] & 1) != 0) { all.ids.id[rest++] = all.ids.id[i]; }
    }
    all.ids.n = rest;
    all.ids.mixed = 0;
    if (rest == 0) { flow_ids_drop(&w->pool, &all.ids); }
    s->from->row[row].n = all.n;
    if (s->from->ids != NULL) { s->from->ids[row] = all.ids; }
}

/// The crowd is told; 0: of those who may leave, 1: of those who do.
static void tell(flow_model *m, flow_work *w, scene *s, int sure)
{
    flow_crowd *crowd = &w->crowd[sure];
    if (crowd->n_row == 0) { return; }
    const flow_few *few = chances(m, w, s, sure);
    if (few != NULL) {
        int32_t above[FLOW_MOST_CUTS + 1];
        flow_split_each(w->rng, crowd->n, &few->cuts, above, crowd->outcome);
        if (w->trail != NULL && few->plain && crowd->n_row == 1 &&
            blank(&s->from->row[crowd->row[0]].key)) {
            scatter(m, w, s->place, crowd->row[0], few, above, crowd->outcome);
        } else {
            uint8_t *outcome = crowd->outcome;
            for (int32_t i = 0; i < crowd->n_row; i++) {
                const int64_t n = s->from->row[crowd->row[i]].n;
                part_told(m, w, s, crowd->row[i], outcome);
                outcome += n;
            }
        }
    }
    crowd->n_row = crowd->n = 0;
}

static void join(flow_model *m, flow_work *w, scene *s, int32_t row, int sure)
{
    flow_crowd *crowd = &w->crowd[sure];
    const int32_t n = (int32_t)s->from->row[row].n;
    if (crowd->n_row == FLOW_MOST_ROWS || crowd->n + n > FLOW_MOST_EACH) { tell(m, w, s, sure); }
    crowd->row[crowd->n_row++] = row;
    crowd->n += n;
}

/// Where everybody is followed, those who leave are drawn at once, so that the memory of many ids
/// is asked for before the first is read; then each way gets its share of them. False: no memory.
static bool part_drawn(flow_model *m, flow_work *w, const scene *s, flow_party *all)
{
    int64_t n = 0;
    for (int32_t k = 0; k < s->choice->n; k++) {
        if (refused(m, s->tree->node[s->choice->node[k]].end)) { w->count[k] = 0; }
        n += w->count[k];
    }
    if (n > w->drawn_size) {
        int64_t size = w->drawn_size > 0 ? 2 * w->drawn_size : 1024;
        while (size < n) { size *= 2; }
        uint32_t *drawn = flow_realloc(w->drawn, size, sizeof *drawn);
        if (drawn == NULL) { return false; }
        w->drawn = drawn;
        w->drawn_size = size;
    }
    flow_open_who(m, w);
    flow_party_draw(w->who, &w->pool, all, (uint32_t)n, w->drawn);
    const uint32_t *id = w->drawn;
    for (int32_t k = 0; k < s->choice->n; k++) {
        const uint32_t share = (uint32_t)w->count[k];
        if (share == 0) { continue; }
        const flow_path *path = &s->tree->node[s->choice->node[k]];
        if (m->through[path->first]) {
            const flow_cell who = {.key = all->key, .n = share};
            uint32_t *to = send_parcel(m, w, s->place, who, share, path);
            if (to != NULL) { memcpy(to, id, share * sizeof *id); }
        } else {
            flow_party part = {.key = all->key, .n = share};
            if (!flow_ids_reserve(&w->pool, &part.ids, share)) { return false; }
            memcpy(part.ids.id, id, share * sizeof *id);
            part.ids.n = share;
            set_out(m, w, s->place, &part, path, s->into);
        }
        id += share;
    }
    return true;
}

/// The movers of a row, already divided over the choices in w->count, set out.
static void part_movers(flow_model *m, flow_work *w, const scene *s, int32_t row)
{
    flow_party all = flow_cells_lift(s->from, row);
    const bool drawn = w->box != NULL && all.ids.n > 0 && all.ids.n == all.n;
    if (drawn && !part_drawn(m, w, s, &all)) { w->failed = true; }
    for (int32_t k = 0; k < s->choice->n && !drawn; k++) {
        if (w->count[k] == 0) { continue; }
        const flow_path *path = &s->tree->node[s->choice->node[k]];
        if (refused(m, path->end)) { continue; }
        if (w->box != NULL && m->through[path->first]) {
            send_off(m, w, s->place, &all, w->count[k], path);
            continue;
        }
        flow_party part;
        flow_part(m, w, &all, w->count[k], &part);
        set_out(m, w, s->place, &part, path, s->into);
    }
    s->from->row[row].n = all.n;
    if (s->from->ids != NULL) { s->from->ids[row] = all.ids; }
}

/// The people of a large cell decide.
static void decide_large(flow_model *m, flow_work *w, scene *s, int32_t row, double chance)
{
    const int64_t movers = flow_binomial(w->rng, s->from->row[row].n, chance);
    if (movers == 0) { return; }
    weigh(m, w, s);
    const flow_choice *choice = s->choice;
    const double *weight = m->n_limited > 0 ? w->weight : choice->weight;
    const double *tail = m->n_limited > 0 ? w->tail : choice->tail;
    flow_split_row(w->rng, movers, choice->n, weight, tail, w->count);
    part_movers(m, w, s, row);
}

void flow_model_decide(flow_model *m, flow_work *w, int32_t place, flow_cells *from,
                       flow_cells *into, bool onward)
{
    scene s = {.place = place, .from = from, .into = into, .tree = &m->paths.tree[place]};
    int32_t rule = -1;
    if (w->trail != NULL) {
        flow_open_begun(m, w, place);
    } else {
        flow_open(m, w, FLOW_DRAW_LEAVE, place);
    }
    for (int32_t i = 0; i < from->n; i++) {
        const flow_key *key = &from->row[i].key;
        if (key->route != 0) {
            flow_party party = flow_cells_lift(from, i);
            follow_route(m, w, place, &party, into);
            continue;
        }
        const int32_t wanted = flow_group_rule(&m->groups, key->group);
        if (wanted != rule) {
            tell(m, w, &s, 0);
            tell(m, w, &s, 1);
            rule = wanted;
            s.choice = flow_model_choice(m, w, place, rule);
            s.leave = chance_to_leave(m, place, rule);
            s.weighed = s.made[0] = s.made[1] = false;
            if (s.choice == NULL) {
                w->failed = true;
                return;
            }
        }
        const bool driven = onward && key->due != 0 && m->town[place]; // a short stint
        const double chance = driven ? 1.0 : s.leave;
        if (!(chance > 0.0)) { continue; }
        if (s.choice->n == 0) { continue; }
        if (told_singly(s.choice, from->row[i].n, chance)) {
            join(m, w, &s, i, chance >= 1.0);
        } else {
            decide_large(m, w, &s, i, chance);
        }
    }
    tell(m, w, &s, 0);
    tell(m, w, &s, 1);
    rest(m, w, place, from);
}

bool flow_model_decide_few(flow_model *m, flow_work *w, int32_t place)
{
    const flow_cells *here = &m->here[place];
    const flow_choice *choice = &m->choice[place]; // of the only rule class
    if (m->aware || here->n != 1 || choice->version != m->version ||
        here->row[0].n > always_singly) {
        return false;
    }
    const double leave = m->leave[place];
    const flow_few *few = choice->few[leave >= 1.0];
    if (few == NULL || few->version != choice->version || !few->plain || !(leave > 0.0) ||
        few->leave != fmin(leave, 1.0) || !blank(&here->row[0].key)) {
        return false;
    }
    int32_t above[FLOW_MOST_CUTS + 1];
    uint8_t outcome[FLOW_LANES_PEOPLE];
    flow_open_begun(m, w, place);
    flow_split_each(w->rng, (int32_t)here->row[0].n, &few->cuts, above, outcome);
    scatter(m, w, place, 0, few, above, outcome);
    rest(m, w, place, &m->here[place]);
    return true;
}
