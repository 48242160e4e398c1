#include "model.h"
#include "split.h"

#include <math.h>
#include <string.h>

// Formulas of this file: docs/model.md, "The hop rule"; the published rule set is FLEE 3
// (Groen et al.), with the location score S, the end point score E and the capacity multiplier C.

static double place_score(const flow_model *m, int32_t p)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    double score = 1.0;
    if (m->s->foreign[p]) {
        if (hop->economic_pull) {
            const double development = m->s->human_development[p];
            score += m->s->trade_volume[p] + development * development;
        }
        score *= hop->foreign_weight;
    } else if (hop->avoid_food_deprived) {
        const double hunger = flow_hunger(m, p) / 100.0;
        score *= 1.0 - hunger * hunger;
    }
    if (m->camp[p]) { score *= hop->camp_weight; }
    if (m->conflict[p] > 0.0) {
        score *= pow(hop->conflict_weight, flow_model_decay(m, p) * m->conflict[p]);
    }
    return score * flow_flood_score(m, p);
}

void flow_model_scores(flow_model *m)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const bool stale = hop->fixed_routes && m->s->set.quirks.fixed_routes_stale_scores;
    // Without decay a score changes only with what the version counts.
    if (m->scored == m->version && m->s->set.conflict.decay.n == 0 && !stale) {
        memcpy(m->score_before, m->score, (size_t)m->s->n_place * sizeof *m->score);
        return;
    }
    bool changed = stale;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        m->score_before[p] = m->score[p];
        m->score[p] = place_score(m, p);
        changed = changed || m->score[p] != m->score_before[p];
        m->leave[p] = m->move_chance[p];
        if (hop->movechance_pop_scale_factor != 0.0) {
            const double size = fmax(m->population[p], m->capacity[p]);
            m->leave[p] *=
                pow(fmax(size, 0.0) / hop->movechance_pop_base, hop->movechance_pop_scale_factor);
        }
    }
    flow_model_hazards(m);
    if (changed) { m->version++; }
    m->scored = m->version;
}

void flow_model_multipliers(flow_model *m)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const double b = hop->capacity_buffer;
    flow_share_limited(m);
    for (int32_t i = 0; i < m->n_limited; i++) {
        const int32_t p = m->limited[i];
        const double cap = m->capacity[p] * hop->capacity_scaling;
        if (cap < 1.0) { continue; } // no limit any more: stays 1
        const double n = (double)m->count[p];
        double c = 1.0;
        if (n >= cap) {
            c = 0.0;
        } else if (n > b * cap) {
            c = 1.0 - (n - b * cap) / (cap * (1.0 - b));
        }
        if (c == m->multiplier[p]) { continue; }
        m->multiplier[p] = c;
        m->pull[p] = hop->weight_power == 1.0 ? c : pow(c, hop->weight_power);
    }
}

flow_err flow_model_attributes(flow_model *m)
{
    const flow_groups *groups = &m->groups;
    if (groups->n_religion + groups->n_ethnicity == 0) { return FLOW_OK; }
    const int32_t n_place = m->s->n_place;
    flow_gather(m, FLOW_OWNED_PLACE, m->count, sizeof *m->count, true);
    memset(m->same_religion, 0, (size_t)(n_place * (int64_t)groups->n_religion) * sizeof(double));
    memset(m->same_ethnicity, 0, (size_t)(n_place * (int64_t)groups->n_ethnicity) * sizeof(double));
    for (int32_t p = 0; p < n_place; p++) {
        m->dawn[p] = m->count[p];
        for (int32_t i = 0; i < m->here[p].n; i++) {
            const flow_cell *cell = &m->here[p].row[i];
            const flow_rule_class *group = &groups->rule[flow_group_rule(groups, cell->key.group)];
            const double people = (double)flow_persons(m, cell->key.group, cell->n);
            if (group->religion >= 0) {
                m->same_religion[(int64_t)p * groups->n_religion + group->religion] += people;
            }
            if (group->ethnicity >= 0) {
                m->same_ethnicity[(int64_t)p * groups->n_ethnicity + group->ethnicity] += people;
            }
        }
    }
    const size_t religions = (size_t)groups->n_religion * sizeof(double),
                 ethnicities = (size_t)groups->n_ethnicity * sizeof(double);
    flow_gather(m, FLOW_OWNED_PLACE, m->same_religion, religions, true);
    flow_gather(m, FLOW_OWNED_PLACE, m->same_ethnicity, ethnicities, true);
    m->version++;
    return FLOW_OK;
}

/// Great-circle distance in km (haversine, mean Earth radius 6371.0088 km, Moritz 2000, J. Geodesy
/// 74:128-133).
static double great_circle(double lat_a, double lon_a, double lat_b, double lon_b)
{
    const double rad = 3.14159265358979323846 / 180.0;
    const double u = sin((lat_b - lat_a) * rad / 2.0), v = sin((lon_b - lon_a) * rad / 2.0);
    const double h = u * u + cos(lat_a * rad) * cos(lat_b * rad) * v * v;
    return 2.0 * 6371.0088 * asin(sqrt(fmin(h, 1.0)));
}

/// Far from home is less attractive; in FLEE, far from where people are.
static double home_factor(const flow_model *m, int32_t home, int32_t end)
{
    const flow_scenario *s = m->s;
    const double *lat = s->set.quirks.swapped_coordinates ? s->longitude : s->latitude;
    const double *lon = s->set.quirks.swapped_coordinates ? s->latitude : s->longitude;
    const double d = great_circle(lat[home], lon[home], lat[end], lon[end]);
    return 1.0 / pow(fmax(1.0, d), s->set.hop.home_distance_power);
}

static double hazards(const flow_model *m, const flow_rule_class *group, double score)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const flow_settings_quirks *quirks = &m->s->set.quirks;
    double e = score;
    bool squared = false;
    if (hop->children_avoid_hazards && group->child) {
        e = e * e;
        squared = true;
    }
    const bool boys =
        hop->boys_take_risk && (hop->children_avoid_hazards || !quirks->boys_need_children_rule);
    const bool young = quirks->boys_include_men || group->child;
    if (boys && group->male && group->over_14 && young) { e = 1.0; }
    if (hop->elderly_avoid_hazards && group->elderly) {
        e = e * e;
        squared = true;
    }
    if (hop->women_avoid_hazards && group->female && !squared) { e = e * e; }
    return e;
}

static double matches(const flow_model *m, const flow_rule_class *group, int32_t end)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const flow_groups *groups = &m->groups;
    if (groups->n_religion + groups->n_ethnicity == 0) { return 1.0; }
    double pop = m->population[end];
    if (pop < 1.0) {
        // People at the place are the only population a camp has.
        pop = m->s->set.quirks.population_floor_1e8 ? 1e8 : fmax((double)m->dawn[end], 1.0);
    }
    double factor = 1.0;
    const bool ethnic = m->camp[end]           ? hop->match_camp_ethnicity
                        : m->conflict[end] > 0 ? hop->match_conflict_ethnicity
                                               : hop->match_town_ethnicity;
    if (ethnic && group->ethnicity >= 0) {
        factor *=
            10.0 * m->same_ethnicity[(int64_t)end * groups->n_ethnicity + group->ethnicity] / pop;
    }
    if (m->camp[end] && hop->match_camp_religion && group->religion >= 0) {
        factor *= m->same_religion[(int64_t)end * groups->n_religion + group->religion] / pop /
                  hop->avg_religion_fraction;
    }
    return factor;
}

/// End point score E of `end` for a group that stands at `place`.
static double end_score(const flow_model *m, int32_t place, int32_t end,
                        const flow_rule_class *group)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    double e = hazards(m, group, m->score[end]);
    if (hop->stay_close_to_home) {
        e *= home_factor(m, group->home >= 0 ? group->home : place, end);
    }
    e *= m->flood_pull[end];
    if (m->aware) { e *= group->awareness; }
    e *= matches(m, group, end);
    if (hop->use_pop_for_loc_weight && !m->camp[end]) {
        e *= pow(fmax(1.0, m->population[end]), hop->pop_power_for_loc_weight);
    }
    return e;
}

static double path_weight(const flow_settings_hop *hop, double score, double length_km)
{
    const double reach = hop->softening + length_km;
    const double d = hop->distance_power == 1.0 ? reach : pow(reach, hop->distance_power);
    const double w = (hop->weight_softening + score) / d;
    return hop->weight_power == 1.0 ? w : pow(w, hop->weight_power);
}

static bool path_open(const flow_model *m, const flow_tree *tree, int32_t node)
{
    for (; node > 0; node = tree->node[node].parent) {
        if (m->closed[tree->node[node].link] > 0) { return false; }
    }
    return true;
}

/// Arrays of a row, made once: it never has more choices than its place has paths.
static bool make_row(flow_arena *arena, int32_t size, flow_choice *choice)
{
    if (choice->node != NULL) { return true; }
    double *weight = flow_arena_take(arena, 2 * (int64_t)size + 1, sizeof *weight);
    int32_t *node = flow_arena_take(arena, size, sizeof *node);
    if (weight == NULL || node == NULL) { return false; }
    choice->weight = weight;
    choice->tail = weight + size;
    choice->node = node;
    return true;
}

static void fill_search(const flow_model *m, int32_t place, const flow_rule_class *group,
                        flow_choice *choice)
{
    const flow_tree *tree = &m->paths.tree[place];
    choice->n = 0;
    for (int32_t i = 1; i < tree->n; i++) {
        const flow_path *path = &tree->node[i];
        if (!path->candidate || path->major || !path_open(m, tree, i)) { continue; }
        const double e = end_score(m, place, path->end, group);
        choice->node[choice->n] = i;
        choice->weight[choice->n++] = path_weight(&m->s->set.hop, e, path->length_km);
    }
}

/// Add the best open path to each destination, by the plain score: the major routes, or all others.
/// Destinations that `choice` holds already keep their path.
static void add_best(const flow_model *m, int32_t place, bool major, flow_choice *choice)
{
    const flow_tree *tree = &m->paths.tree[place];
    const bool stale = m->s->set.quirks.fixed_routes_stale_scores;
    const int32_t n_before = choice->n;
    for (int32_t i = 1; i < tree->n; i++) {
        const flow_path *path = &tree->node[i];
        if (!path->candidate || path->major != major || !path_open(m, tree, i)) { continue; }
        const double *of = stale && path->end > place ? m->score_before : m->score;
        const double score = of[path->end] * m->flood_pull[path->end];
        const double length = major ? path->length_km / 4.0 : path->length_km;
        const double weight = path_weight(&m->s->set.hop, score, length);
        int32_t k = 0;
        while (k < choice->n && tree->node[choice->node[k]].end != path->end) { k++; }
        const bool better = k == choice->n ? weight > 0.0 : weight > choice->weight[k];
        if (k < n_before || !better) { continue; }
        choice->node[k] = i;
        choice->weight[k] = weight;
        if (k == choice->n) { choice->n++; }
    }
}

/// Fixed routes: the best path per destination, its weight times the end point score.
static void fill_fixed(const flow_model *m, int32_t place, const flow_rule_class *group,
                       flow_choice *choice)
{
    const flow_tree *tree = &m->paths.tree[place];
    choice->n = 0;
    add_best(m, place, false, choice);
    add_best(m, place, true, choice);
    for (int32_t k = 0; k < choice->n; k++) {
        choice->weight[k] *= end_score(m, place, tree->node[choice->node[k]].end, group);
    }
}

void flow_model_finish_weights(const flow_model *m, int32_t n, double most, double *weight,
                               double *tail)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    if (hop->pruning_threshold > 1.001 && !hop->fixed_routes) {
        for (int32_t k = 0; k < n; k++) {
            if (weight[k] < most / hop->pruning_threshold) { weight[k] = 0.0; }
        }
    }
    if (!(most > 0.0)) { // nothing attracts: everything is equally good
        for (int32_t k = 0; k < n; k++) { weight[k] = 1.0; }
    }
    flow_split_prepare(n, weight, tail);
}

flow_choice *flow_model_choice(flow_model *m, flow_work *w, int32_t place, int32_t rule)
{
    flow_choice *choice = &m->choice[(int64_t)place * m->groups.n_rule + rule];
    if (choice->version == m->version) { return choice; }
    if (!make_row(&w->rows, m->paths.tree[place].n, choice)) { return NULL; }
    const flow_rule_class *who = &m->groups.rule[rule];
    if (m->s->set.hop.fixed_routes) {
        fill_fixed(m, place, who, choice);
    } else {
        fill_search(m, place, who, choice);
    }
    if (m->n_limited == 0) {
        double most = 0.0;
        for (int32_t k = 0; k < choice->n; k++) { most = fmax(most, choice->weight[k]); }
        flow_model_finish_weights(m, choice->n, most, choice->weight, choice->tail);
    }
    choice->version = m->version;
    return choice;
}
