#include "destination.h"
#include "state.h"
#include "status.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static bool allocate(flow_model *m)
{
    if (!flow_state_allocate(m, FLOW_OF_MODEL)) { return false; }
    m->choice = flow_calloc((int64_t)m->s->n_place * m->groups.n_rule, sizeof *m->choice);
    m->work = flow_calloc(m->threads, sizeof *m->work);
    if (m->choice == NULL || m->work == NULL) { return false; }
    for (int32_t t = 0; t < m->threads; t++) {
        flow_pool_init(&m->work[t].pool, &m->follow.shared);
    }
    for (int32_t t = 0; t < m->threads; t++) {
        flow_work *w = &m->work[t];
        w->rng = gsl_rng_alloc(flow_rng_philox);
        w->who = gsl_rng_alloc(flow_rng_philox);
        w->weight = flow_calloc(m->paths.most + 1, sizeof *w->weight);
        w->tail = flow_calloc(m->paths.most + 1, sizeof *w->tail);
        w->count = flow_calloc(m->paths.most + 1, sizeof *w->count);
        w->inflow = flow_calloc(m->s->n_place, sizeof *w->inflow);
        if (w->inflow == NULL || w->rng == NULL || w->who == NULL || w->weight == NULL ||
            w->tail == NULL || w->count == NULL) {
            return false;
        }
    }
    return true;
}

/// Whether some module asks who is where.
static bool asks_who(const flow_scenario *s)
{
    bool any = false;
    for (int32_t u = 0; u < s->n_use; u++) { any = any || s->use[u].module->crowd; }
    return any;
}

static void index_arrivals(flow_model *m)
{
    const flow_scenario *s = m->s;
    for (int32_t l = 0; l < s->n_link; l++) { m->first_in[s->link_to[l] + 1]++; }
    for (int32_t p = 0; p < s->n_place; p++) { m->first_in[p + 1] += m->first_in[p]; }
    // place_number serves as the fill position of each place.
    for (int32_t p = 0; p < s->n_place; p++) { m->place_number[p] = m->first_in[p]; }
    for (int32_t l = 0; l < s->n_link; l++) {
        m->in_link[m->place_number[s->link_to[l]]++] = l;
        m->speed[l] = s->speed_km_d[l] > 0.0 ? s->speed_km_d[l] : s->set.hop.max_move_speed;
    }
}

/// Which links take less than a day, and which places have a limit: so much goes faster without.
static void find_shortcuts(flow_model *m)
{
    const flow_scenario *s = m->s;
    const flow_settings_hop *hop = &s->set.hop;
    m->n_limited = 0;
    for (int32_t p = 0; p < s->n_place; p++) {
        if (s->capacity[p] * hop->capacity_scaling >= 1.0) { m->limited[m->n_limited++] = p; }
    }
    const bool rests = !hop->onward && !hop->avoid_short_stints && !hop->start_on_foot;
    m->direct = false;
    for (int32_t l = 0; l < s->n_link; l++) {
        m->through[l] = rests && m->n_limited == 0 && !(s->walk_probability[l] > 0.0) &&
                        m->speed[l] > s->length_km[l];
        m->direct = m->direct || m->through[l];
    }
    m->alone = m->direct && m->groups.n_axis == 0;
}

static int32_t awareness(const flow_settings_hop *hop)
{
    return hop->awareness_level < 0 ? 1 : (int32_t)hop->awareness_level;
}

flow_err flow_model_create(const flow_scenario *scenario, const flow_model_options *options,
                           flow_model **out)
{
    *out = NULL;
    const flow_model_options empty = {0};
    const flow_model_options *o = options != NULL ? options : &empty;
    if (o->threads < 0 || o->threads > 1024) {
        return flow_fail(FLOW_ERANGE, "threads = %d is outside [0, 1024]", (int)o->threads);
    }
    if (o->individuals < FLOW_INDIVIDUALS_NONE || o->individuals > FLOW_INDIVIDUALS_ALL) {
        return flow_fail(FLOW_ERANGE, "individuals = %d is not one of flow_individuals",
                         (int)o->individuals);
    }
    const bool sample = o->individuals == FLOW_INDIVIDUALS_SAMPLE;
    if (sample && !(o->sample_share > 0.0 && o->sample_share <= 1.0)) {
        return flow_fail(FLOW_ERANGE, "sample_share = %g is outside (0, 1]", o->sample_share);
    }
    flow_model *m = flow_calloc(1, sizeof *m);
    if (m == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a model"); }
    m->s = m->ledger.s = scenario;
    m->crowded = asks_who(scenario);
    m->threads = o->threads > 0 ? o->threads : omp_get_max_threads();
    flow_pool_init(&m->follow.shared, NULL);
    m->follow.mode = (int32_t)o->individuals;
    m->follow.share = sample ? o->sample_share : 1.0;
    m->follow.history = o->history && o->individuals != FLOW_INDIVIDUALS_NONE;
    const bool parallel = m->threads > 1 && scenario->n_place >= FLOW_PARALLEL_FROM;
    m->n_range = parallel ? m->threads : 1;
    m->n_chunk = parallel ? FLOW_CHUNKS * m->threads : 1;
    const flow_settings_hop *hop = &scenario->set.hop;
    m->groups = *scenario->groups;
    const bool hops = scenario->set.movement.rule == FLOW_MOVE_HOP; // others need no paths
    flow_err err =
        flow_paths_create(scenario, hops ? awareness(hop) : 0, hop->fixed_routes, &m->paths);
    const bool destination = scenario->set.movement.rule == FLOW_MOVE_DESTINATION;
    if (err == FLOW_OK) { err = flow_columns_create(scenario, m->threads, &m->columns); }
    if (err == FLOW_OK && !allocate(m)) {
        err = flow_fail(FLOW_ENOMEM, "no memory for a model of %d places and %d links",
                        (int)scenario->n_place, (int)scenario->n_link);
    }
    if (err == FLOW_OK) {
        flow_columns_book(m->columns, &m->ledger);
        index_arrivals(m);
        find_shortcuts(m);
        if (destination) { err = flow_destination_create(m); }
    }
    if (err == FLOW_OK) {
        m->bins = hop->memory_bins;
        m->bin_km = hop->max_move_speed / (double)m->bins;
        m->aware = hop->flood_forecast && hop->awareness_weight.n > 0;
        m->remembers =
            hop->onward || hop->avoid_short_stints || !scenario->set.quirks.full_speed_per_link;
        err = flow_model_reset(m, o->seed, o->member);
    }
    if (err != FLOW_OK) {
        flow_model_free(m);
        return err;
    }
    *out = m;
    return FLOW_OK;
}

void flow_model_free(flow_model *m)
{
    if (m == NULL) { return; }
    for (int64_t i = 0; i < (int64_t)m->n_chunk * m->n_range && m->box != NULL; i++) {
        flow_dealloc(m->box[i].byte);
    }
    for (int32_t i = 0; i < m->n_chunk && m->trail != NULL; i++) {
        flow_dealloc(m->trail[i].to);
        flow_dealloc(m->trail[i].id);
    }
    for (int32_t t = 0; t < m->threads && m->work != NULL; t++) {
        if (m->work[t].rng != NULL) { gsl_rng_free(m->work[t].rng); }
        if (m->work[t].who != NULL) { gsl_rng_free(m->work[t].who); }
        flow_dealloc(m->work[t].weight);
        flow_dealloc(m->work[t].tail);
        flow_dealloc(m->work[t].count);
        flow_dealloc(m->work[t].inflow);
        flow_dealloc(m->work[t].drawn);
        flow_cells_clear(&m->work[t].cells);
        flow_cells_clear(&m->work[t].pending);
        flow_pool_clear(&m->work[t].pool);
        flow_arena_clear(&m->work[t].rows);
        flow_dealloc(m->work[t].log.row);
    }
    for (int i = 0; i < 2; i++) {
        flow_dealloc(m->entering[i].group);
        flow_dealloc(m->entering[i].n);
    }
    flow_state_release(m, FLOW_OF_MODEL);
    flow_destination_free(m);
    flow_follow_clear(&m->follow);
    flow_dealloc(m->choice);
    flow_dealloc(m->work);
    flow_paths_clear(&m->paths);
    flow_columns_free(m->columns);
    flow_division_free(m->part);
    flow_dealloc(m->crowd);
    flow_dealloc(m);
}

flow_err flow_model_reset(flow_model *m, uint64_t seed, uint32_t member)
{
    const flow_scenario *s = m->s;
    m->seed = seed;
    m->member = member;
    m->day = 0;
    m->broken = true; // until the end of a reset that succeeds
    m->event = 0;
    m->phase = 0;
    m->persons = m->entered = m->left = m->person_steps = 0;
    m->dead = m->missing = m->units_dead = m->units_missing = 0;
    m->units = m->units_entered = m->units_left = 0;
    m->target = m->debt = m->waiting = 0;
    m->version++;
    m->scored = 0;
    flow_state_clear(m);
    for (int32_t p = 0; p < s->n_place; p++) {
        m->conflict[p] = 0.0;
        m->score[p] = m->score_before[p] = 1.0;
        m->multiplier[p] = m->pull[p] = m->flood_pull[p] = 1.0;
        m->count[p] = m->arrivals[p] = m->departures[p] = m->spawned[p] = 0;
        m->owed[p] = 0.0;
    }
    for (int32_t l = 0; l < s->n_link; l++) {
        m->closed[l] = 0;
        m->closed_on[l] = -1;
        m->link_count[l] = m->link_entered[l] = 0;
        m->road_due[l] = INT32_MAX;
    }
    flow_ledger_reset(&m->ledger);
    if (m->to != NULL) { flow_destination_reset(m); }
    FLOW_TRY(flow_model_day0(m));
    m->day = -1;
    flow_model_scores(m); // those of the day before the first one
    m->day = 0;
    flow_presence now;
    FLOW_TRY(flow_model_presence(m, &now));
    FLOW_TRY(flow_columns_reset(m->columns, seed, member, &now));
    flow_division_keep_own(m);
    m->broken = false;
    return FLOW_OK;
}

static flow_err step(flow_model *m)
{
    const size_t places = (size_t)m->s->n_place * sizeof *m->arrivals;
    memset(m->arrivals, 0, places);
    memset(m->departures, 0, places);
    if (m->day > 0) { memset(m->spawned, 0, places); } // day 0 also shows those there before
    memset(m->link_entered, 0, (size_t)m->s->n_link * sizeof *m->link_entered);
    FLOW_TRY(flow_model_events(m));
    flow_presence now;
    FLOW_TRY(flow_model_presence(m, &now));
    FLOW_TRY(flow_columns_phase(m->columns, FLOW_DRIVER, m->day, &now));
    FLOW_TRY(flow_columns_phase(m->columns, FLOW_RESPONSE, m->day, &now));
    const bool hops = m->s->set.movement.rule == FLOW_MOVE_HOP;
    if (hops) { FLOW_TRY(flow_model_spawn(m)); }
    m->person_steps += m->persons;
    if (hops) {
        flow_model_scores(m);
        FLOW_TRY(flow_model_attributes(m));
        FLOW_TRY(flow_model_travel(m));
    } else if (m->to != NULL) {
        FLOW_TRY(flow_model_journey(m));
    }
    FLOW_TRY(flow_model_presence(m, &now));
    FLOW_TRY(flow_columns_phase(m->columns, FLOW_PROCESS, m->day, &now));
    if (m->to != NULL) { FLOW_TRY(flow_model_status(m)); }
    m->day++;
    return flow_division_failure(m);
}

flow_err flow_model_step(flow_model *m)
{
    if (m->broken) {
        return flow_fail(FLOW_ESTATE, "the model failed in an earlier step or reset");
    }
    if (m->day >= m->s->n_step) {
        return flow_fail(FLOW_ESTATE, "the period of %d steps is over", (int)m->s->n_step);
    }
    const flow_err err = step(m);
    m->broken = err != FLOW_OK;
    return err;
}

flow_err flow_model_assign(flow_model *m, const char *quantity, const double *value, int64_t n)
{
    return flow_columns_assign(m->columns, quantity, value, n);
}

const double *flow_model_quantity(const flow_model *m, int32_t quantity)
{
    return flow_columns_value(m->columns, quantity);
}

int32_t flow_model_day(const flow_model *m)
{
    return m->day;
}
int64_t flow_model_persons(const flow_model *m)
{
    return m->persons;
}
int64_t flow_model_entered(const flow_model *m)
{
    return m->entered;
}
int64_t flow_model_left(const flow_model *m)
{
    return m->left;
}
int64_t flow_model_dead(const flow_model *m)
{
    return m->dead;
}
int64_t flow_model_missing(const flow_model *m)
{
    return m->missing;
}
int64_t flow_model_households(const flow_model *m)
{
    return m->units;
}
int64_t flow_model_person_steps(const flow_model *m)
{
    return m->person_steps;
}

uint64_t flow_model_cells_hash(const flow_model *m)
{
    uint64_t sum = 0;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        sum += flow_cells_hash(&m->here[p], (uint64_t)p);
    }
    for (int32_t l = 0; l < m->s->n_link; l++) {
        sum += flow_cells_hash(&m->road[l], (uint64_t)l | UINT64_C(1) << 40);
        if (m->to != NULL) { // who waits at its beginning
            sum += flow_cells_hash(&m->to->gate[l], (uint64_t)l | UINT64_C(1) << 41);
        }
    }
    return sum;
}

uint64_t flow_model_checksum(const flow_model *m)
{
    uint64_t sum = flow_mix((uint64_t)m->day + 1) + flow_model_cells_hash(m);
    if (m->part != NULL) { sum += m->part->others; }
    const int64_t totals[] = {m->persons, m->entered, m->left, m->debt, m->waiting};
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
        sum = flow_mix(sum + (uint64_t)totals[i]);
    }
    if (m->dead > 0 || m->missing > 0) { // nothing else tells them from those who left
        sum = flow_mix(flow_mix(sum + (uint64_t)m->dead) + (uint64_t)m->missing);
    }
    if (m->s->n_use > 0) { sum = flow_mix(sum + flow_columns_hash(m->columns)); }
    return sum;
}
