#include "model.h"
#include "split.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum {
    parallel_from = 256, // places from which a parallel loop pays
    most_batches = 32,
    most_waves = 4096 // links entered by one person in one day (bounds chains of very short links)
};

/// Route of people who were sent back to a place from which their way does not go on: they stay
/// once, then they look for another.
static const uint32_t no_way = UINT32_MAX;

static uint64_t stream(uint64_t where, uint32_t phase, const flow_key *key)
{
    return flow_key_hash(key) + flow_mix(where << 32 | phase);
}

static flow_work *own_work(flow_model *m)
{
    return &m->work[omp_get_thread_num()];
}

static void rekey(const flow_model *m, flow_work *w, flow_draw purpose, uint64_t cell)
{
    flow_rng_key(w->rng, m->seed, m->member, m->day, purpose, cell);
}

static void put(flow_work *w, flow_cells *cells, const flow_key *key, int64_t n)
{
    if (!flow_cells_add(cells, key, n)) { w->failed = true; }
}

static bool any_failed(const flow_model *m)
{
    bool failed = false;
    for (int32_t t = 0; t < m->threads; t++) { failed = failed || m->work[t].failed; }
    return failed;
}

// Decisions -------------------------------------------------------------------------------------

/// The final destination is a camp so full that people give the way up for today (FLEE: C < 0.5).
static bool refused(const flow_model *m, int32_t end)
{
    return m->camp[end] && m->multiplier[end] < 0.5;
}

static void stay(flow_model *m, flow_work *w, int32_t place, const flow_cell *cell, int64_t n)
{
    put(w, &m->here[place], &cell->key, n);
}

/// n people of a cell enter the first link of a path.
static void set_out(flow_model *m, flow_work *w, int32_t place, const flow_cell *cell, int64_t n,
                    const flow_path *path, flow_cells *into)
{
    if (n <= 0) { return; }
    flow_key key = cell->key;
    key.route = (uint32_t)path->rest;
    put(w, &into[path->first], &key, n);
    m->count[place] -= n;
    m->departures[place] += n;
    m->link_count[path->first] += n;
    m->link_entered[path->first] += n;
}

/// People who still have a route go on along it, or drop it and stay.
static void follow_route(flow_model *m, flow_work *w, int32_t place, const flow_cell *cell,
                         flow_cells *into)
{
    if (cell->key.route != no_way) {
        const flow_path *path = &m->paths.tree[place].node[cell->key.route];
        if (m->closed[path->first] == 0 && !refused(m, path->end)) {
            set_out(m, w, place, cell, cell->n, path, into);
            return;
        }
    }
    flow_cell dropped = *cell;
    dropped.key.route = 0;
    stay(m, w, place, &dropped, cell->n);
}

/// Today's weights of a choice row in w->weight and w->tail.
static void weigh(const flow_model *m, flow_work *w, int32_t place, const flow_choice *choice)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const flow_tree *tree = &m->paths.tree[place];
    double most = 0.0;
    for (int32_t k = 0; k < choice->n; k++) {
        const double pull = hop->fixed_routes ? 1.0 : m->pull[tree->node[choice->node[k]].end];
        w->weight[k] = choice->weight[k] * pull;
        most = fmax(most, w->weight[k]);
    }
    if (hop->pruning_threshold > 1.001 && !hop->fixed_routes) {
        for (int32_t k = 0; k < choice->n; k++) {
            if (w->weight[k] < most / hop->pruning_threshold) { w->weight[k] = 0.0; }
        }
    }
    if (!(most > 0.0)) { // nothing attracts: everything is equally good
        for (int32_t k = 0; k < choice->n; k++) { w->weight[k] = 1.0; }
    }
    flow_split_prepare(choice->n, w->weight, w->tail);
}

/// Everybody in `from` at a place decides: stays there, or enters a link of `into`.
static void decide(flow_model *m, flow_work *w, int32_t place, flow_cells *from, flow_cells *into,
                   bool onward)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const flow_tree *tree = &m->paths.tree[place];
    const flow_choice *choice = NULL;
    uint32_t group = 0;
    for (int32_t i = 0; i < from->n; i++) {
        const flow_cell cell = from->row[i];
        if (cell.key.route != 0) {
            follow_route(m, w, place, &cell, into);
            continue;
        }
        double chance = m->leave[place];
        const int64_t moved = (int64_t)cell.key.recent + cell.key.today;
        if (onward && hop->avoid_short_stints && m->town[place] && moved < m->bins) {
            chance = 1.0;
        }
        rekey(m, w, FLOW_DRAW_LEAVE, stream((uint64_t)place, m->phase, &cell.key));
        int64_t movers = flow_binomial(w->rng, cell.n, chance);
        if (movers > 0 && (choice == NULL || group != cell.key.group)) {
            group = cell.key.group;
            choice = flow_model_choice(m, place, (int32_t)group);
            if (choice == NULL) {
                w->failed = true;
                return;
            }
            weigh(m, w, place, choice);
        }
        if (movers > 0 && choice->n == 0) { movers = 0; }
        int64_t stayed = cell.n - movers;
        if (movers > 0) {
            flow_split_row(w->rng, movers, choice->n, w->weight, w->tail, w->count);
            for (int32_t k = 0; k < choice->n; k++) {
                const flow_path *path = &tree->node[choice->node[k]];
                if (refused(m, path->end)) {
                    stayed += w->count[k];
                } else {
                    set_out(m, w, place, &cell, w->count[k], path, into);
                }
            }
        }
        stay(m, w, place, &cell, stayed);
    }
}

// Links -----------------------------------------------------------------------------------------

static double walk_share(const flow_model *m, int32_t link, const flow_key *key)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    return hop->start_on_foot && key->first ? 1.0 : m->s->walk_probability[link];
}

/// Kilometres on the link before today.
static double km_before(const flow_model *m, int32_t link, const flow_key *key)
{
    return key->fast * m->speed[link] + key->slow * m->s->set.hop.max_walk_speed -
           key->deficit * m->bin_km;
}

/// x bins as a whole number that fits the key, rounded without bias; two parts of the people.
static void round_bins(flow_model *m, flow_work *w, double x, int64_t n, uint64_t cell,
                       flow_draw purpose, uint16_t bin[static 2], int64_t part[static 2])
{
    const double top = 60000.0;
    x = fmin(fmax(x, 0.0), top);
    if (x > floor(x)) { rekey(m, w, purpose, cell); }
    flow_split_round(w->rng, n, x, part);
    bin[0] = (uint16_t)floor(x);
    bin[1] = (uint16_t)(bin[0] + 1);
}

/// People who reached the end of a link (or found it closed) at `place`.
static void land(flow_model *m, flow_work *w, int32_t place, flow_key key, int64_t n, double v)
{
    key.first = 0;
    key.fast = key.slow = key.deficit = 0;
    key.due = 0;
    const bool goes_on = key.today * m->bin_km < v;
    put(w, goes_on ? &m->active[place] : &m->here[place], &key, n);
    m->count[place] += n;
    m->arrivals[place] += n;
}

/// The rest of a route when its people are sent back to the start of `link`: the same places from
/// there when a link leads to the first of them, else no_way.
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
    return no_way;
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

/// n people of a cell at the same pace today: they arrive, or stay on the road.
static void advance(flow_model *m, flow_work *w, int32_t link, const flow_cell *cell, int64_t n,
                    bool walks, bool steady)
{
    if (n <= 0) { return; }
    const flow_settings *set = &m->s->set;
    const double v = walks ? set->hop.max_walk_speed : m->speed[link];
    flow_key key = cell->key;
    const bool enters = key.fast + key.slow == 0;
    const double before = km_before(m, link, &key);
    double km = v;
    if (enters && !set->quirks.full_speed_per_link) {
        km = fmax(v - key.today * m->bin_km, 0.0); // a slower pace than today's: nothing is left
    }
    const uint64_t name = stream((uint64_t)link << 1 | walks, m->phase, &cell->key);
    uint16_t bin[2];
    int64_t part[2];
    if (before + km > m->s->length_km[link]) {
        m->link_count[link] -= n;
        const double today =
            (enters ? key.today : 0) + (m->s->length_km[link] - before) / m->bin_km;
        uint16_t memory[2] = {key.recent, key.recent};
        int64_t share[2] = {n, 0};
        if (!enters && steady && set->hop.avoid_short_stints) {
            round_bins(m, w, recent_on_road(m, &key, v), n, name, FLOW_DRAW_MEMORY, memory, share);
        }
        for (int i = 0; i < 2; i++) {
            key.recent = memory[i];
            round_bins(m, w, today, share[i], name + (uint64_t)i, FLOW_DRAW_TODAY, bin, part);
            for (int j = 0; j < 2; j++) {
                if (part[j] == 0) { continue; }
                key.today = bin[j];
                if (m->closed[link] == 0) {
                    land(m, w, m->s->link_to[link], key, part[j], v);
                } else {
                    flow_key back = key; // whoever takes them in must know their pace
                    back.slow = walks;
                    put(w, &m->back[link], &back, part[j]);
                }
            }
        }
        return;
    }
    const bool begun = km > 0.0; // else the link begins tomorrow
    if (enters && begun && !set->quirks.full_speed_per_link) { key.deficit = key.today; }
    if (steady && begun) { // nothing more to draw until they arrive
        double days = floor((m->s->length_km[link] - before - km) / v) + 1.0;
        days = fmin(days, 60000.0);
        if (walks) {
            key.slow = (uint16_t)days;
        } else {
            key.fast = (uint16_t)days;
        }
        key.due = m->day + (int32_t)days;
        if (key.due < m->road_due[link]) { m->road_due[link] = key.due; }
        put(w, &m->road[link], &key, n);
        return;
    }
    key.fast = (uint16_t)(key.fast + (begun && !walks));
    key.slow = (uint16_t)(key.slow + (begun && walks));
    key.due = m->day + 1;
    if (key.due < m->road_due[link]) { m->road_due[link] = key.due; }
    const double moved = (enters ? key.today : 0) + km / m->bin_km;
    key.today = 0;
    if (!set->hop.avoid_short_stints) {
        put(w, &m->road[link], &key, n);
        return;
    }
    round_bins(m, w, (key.recent + moved) / 2.0, n, name, FLOW_DRAW_MEMORY, bin, part);
    for (int j = 0; j < 2; j++) {
        key.recent = bin[j];
        put(w, &m->road[link], &key, part[j]);
    }
}

static void travel_cell(flow_model *m, flow_work *w, int32_t link, const flow_cell *cell)
{
    const double on_foot = walk_share(m, link, &cell->key);
    if (on_foot <= 0.0 || on_foot >= 1.0) {
        advance(m, w, link, cell, cell->n, on_foot >= 1.0, true);
        return;
    }
    rekey(m, w, FLOW_DRAW_WALK, stream((uint64_t)link, m->phase, &cell->key));
    const int64_t walkers = flow_binomial(w->rng, cell->n, on_foot);
    advance(m, w, link, cell, walkers, true, false);
    advance(m, w, link, cell, cell->n - walkers, false, false);
}

/// The share of a waiting cell whose turn it is: an even cut, the remainder drawn.
static int64_t turn(flow_model *m, flow_work *w, int32_t link, const flow_cell *cell,
                    int32_t batches_left)
{
    if (batches_left <= 1) { return cell->n; }
    const double share = (double)cell->n / batches_left;
    int64_t part[2];
    rekey(m, w, FLOW_DRAW_BATCH, stream((uint64_t)link, m->phase, &cell->key));
    flow_split_round(w->rng, 1, share, part);
    const int64_t n = (int64_t)floor(share) + part[1];
    return n < cell->n ? n : cell->n;
}

/// Everybody who travels to `place` in this wave.
static void pull(flow_model *m, flow_work *w, int32_t place, bool first_wave, int32_t batches_left)
{
    for (int32_t i = m->first_in[place]; i < m->first_in[place + 1]; i++) {
        const int32_t link = m->in_link[i];
        if (!first_wave) {
            for (int32_t c = 0; c < m->entry[link].n; c++) {
                travel_cell(m, w, link, &m->entry[link].row[c]);
            }
            flow_cells_empty(&m->entry[link]);
            continue;
        }
        flow_cells *queue = &m->queue[link];
        for (int32_t c = 0; c < queue->n; c++) {
            flow_cell cell = queue->row[c];
            cell.n = turn(m, w, link, &queue->row[c], batches_left);
            queue->row[c].n -= cell.n;
            if (cell.n > 0) { travel_cell(m, w, link, &cell); }
        }
        if (batches_left <= 1) { flow_cells_empty(queue); }
    }
}

/// People whose link was closed meanwhile return to its start.
static void take_back(flow_model *m, flow_work *w, int32_t place)
{
    for (int32_t link = m->s->first_link[place]; link < m->s->first_link[place + 1]; link++) {
        for (int32_t c = 0; c < m->back[link].n; c++) {
            const flow_cell *cell = &m->back[link].row[c];
            const double v = cell->key.slow ? m->s->set.hop.max_walk_speed : m->speed[link];
            flow_key key = cell->key;
            key.route = route_back(m, link, key.route);
            land(m, w, place, key, cell->n, v);
        }
        flow_cells_empty(&m->back[link]);
    }
}

// The phases of a day ---------------------------------------------------------------------------

#define FOR_PLACES(m, body)                                                                        \
    do {                                                                                           \
        const int32_t n_place_ = (m)->s->n_place;                                                  \
        if ((m)->threads > 1 && n_place_ >= parallel_from) {                                       \
            _Pragma("omp parallel for schedule(dynamic, 16) num_threads((m)->threads)") for (      \
                int32_t p = 0; p < n_place_; p++)                                                  \
            {                                                                                      \
                flow_work *w = own_work(m);                                                        \
                body;                                                                              \
            }                                                                                      \
        } else {                                                                                   \
            flow_work *w = &(m)->work[0];                                                          \
            for (int32_t p = 0; p < n_place_; p++) { body; }                                       \
        }                                                                                          \
    } while (0)

/// Residents decide, camps first: their people are, as a rule, the ones who came first.
static void first_decision(flow_model *m, flow_work *w, int32_t place)
{
    if (m->here[place].n == 0) { return; }
    flow_cells_swap(&m->here[place], &w->cells);
    decide(m, w, place, &w->cells, m->queue, false);
    flow_cells_empty(&w->cells);
}

/// Those on the road whose day has come join the queue of their link.
static void wake(flow_model *m, flow_work *w, int32_t link)
{
    if (m->road_due[link] > m->day) { return; }
    flow_cells *road = &m->road[link];
    flow_cells_swap(road, &w->cells);
    m->road_due[link] = INT32_MAX;
    for (int32_t c = 0; c < w->cells.n; c++) {
        const flow_cell *cell = &w->cells.row[c];
        if (cell->key.due <= m->day) {
            put(w, &m->queue[link], &cell->key, cell->n);
            continue;
        }
        if (cell->key.due < m->road_due[link]) { m->road_due[link] = cell->key.due; }
        put(w, road, &cell->key, cell->n);
    }
    flow_cells_empty(&w->cells);
}

/// Batches needed so that no capacity multiplier changes by more than hop.capacity_batch in one.
static int32_t batches(const flow_model *m)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    double need = 1.0;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        const double cap = m->capacity[p] * hop->capacity_scaling;
        if (cap < 1.0 || (double)m->count[p] >= cap) { continue; }
        int64_t coming = 0;
        for (int32_t i = m->first_in[p]; i < m->first_in[p + 1]; i++) {
            coming += flow_cells_total(&m->queue[m->in_link[i]]);
        }
        const double soft = cap * (1.0 - hop->capacity_buffer);
        if ((double)(m->count[p] + coming) <= cap * hop->capacity_buffer) { continue; }
        need = fmax(need, ceil((double)coming / fmax(soft * hop->capacity_batch, 1.0)));
    }
    return (int32_t)fmin(need, most_batches);
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

static void go_on(flow_model *m, flow_work *w, int32_t place)
{
    if (m->active[place].n == 0) { return; }
    flow_cells_swap(&m->active[place], &w->cells);
    decide(m, w, place, &w->cells, m->entry, true);
    flow_cells_empty(&w->cells);
}

/// Whoever is still on the way after the last wave rests where he is.
static void rest(flow_model *m, flow_work *w, int32_t place)
{
    for (int32_t c = 0; c < m->active[place].n; c++) {
        put(w, &m->here[place], &m->active[place].row[c].key, m->active[place].row[c].n);
    }
    flow_cells_empty(&m->active[place]);
}

static void one_batch(flow_model *m, int32_t batches_left)
{
    for (int wave = 0; wave < most_waves; wave++) {
        m->phase++;
        FOR_PLACES(m, pull(m, w, p, wave == 0, batches_left));
        if (sent_back(m)) { FOR_PLACES(m, take_back(m, w, p)); }
        if (!on_the_way(m)) { return; }
        flow_model_multipliers(m);
        m->phase++;
        FOR_PLACES(m, go_on(m, w, p));
    }
    FOR_PLACES(m, pull(m, w, p, false, 1));
    FOR_PLACES(m, take_back(m, w, p));
    FOR_PLACES(m, rest(m, w, p));
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
    const double sink = hop->camps_are_sinks && m->camp[place] ? m->s->sink[place] : 0.0;
    if (!changes && !(sink > 0.0)) { return; }
    flow_cells_swap(here, &w->cells);
    for (int32_t c = 0; c < w->cells.n; c++) {
        flow_cell cell = w->cells.row[c];
        const uint64_t name = stream((uint64_t)place, m->phase, &cell.key);
        if (sink > 0.0) {
            rekey(m, w, FLOW_DRAW_SINK, name);
            const int64_t gone = flow_binomial(w->rng, cell.n, sink);
            cell.n -= gone;
            m->count[place] -= gone;
            w->left += gone;
        }
        uint16_t bin[2] = {0, 0};
        int64_t part[2] = {cell.n, 0};
        if (hop->avoid_short_stints) {
            const double recent = (cell.key.recent + cell.key.today) / 2.0;
            round_bins(m, w, recent, cell.n, name, FLOW_DRAW_MEMORY, bin, part);
        }
        cell.key.today = 0;
        for (int j = 0; j < 2; j++) {
            cell.key.recent = bin[j];
            put(w, here, &cell.key, part[j]);
        }
    }
    flow_cells_empty(&w->cells);
}

flow_err flow_model_travel(flow_model *m)
{
    m->phase = 0;
    flow_model_multipliers(m);
    FOR_PLACES(
        m, if (m->camp[p]) { first_decision(m, w, p); });
    flow_model_multipliers(m);
    FOR_PLACES(
        m, if (!m->camp[p]) { first_decision(m, w, p); });
    for (int32_t link = 0; link < m->s->n_link; link++) { wake(m, &m->work[0], link); }
    flow_model_multipliers(m);
    const int32_t n_batch = batches(m);
    for (int32_t b = 0; b < n_batch && !any_failed(m); b++) { one_batch(m, n_batch - b); }
    m->phase++;
    FOR_PLACES(m, settle(m, w, p));
    for (int32_t t = 0; t < m->threads; t++) {
        m->left += m->work[t].left;
        m->persons -= m->work[t].left;
        m->work[t].left = 0;
    }
    return any_failed(m) ? flow_fail(FLOW_ENOMEM, "no memory for the people of day %d", (int)m->day)
                         : FLOW_OK;
}
