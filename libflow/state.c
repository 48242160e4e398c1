#include "state.h"

#include "observables.h"

#include <math.h>
#include <string.h>

static int32_t most_classes(const flow_groups *groups)
{
    int32_t most = 1;
    for (int32_t a = 0; a < groups->n_axis; a++) {
        if (groups->axis[a].n_class > most) { most = groups->axis[a].n_class; }
    }
    return most;
}

// What a scenario can lead to ---------------------------------------------------------------------
// A forged state must not make more work than its scenario and its own size do.

static double largest(const double *value, int64_t n)
{
    double most = 0.0;
    for (int64_t i = 0; i < n; i++) { most = fmax(most, value[i]); }
    return most;
}

static double most_conflict(const flow_scenario *s)
{
    double most = largest(s->conflict0, s->n_place);
    for (int64_t i = 0; i < s->n_event; i++) {
        if (s->event[i].kind == FLOW_EVENT_CONFLICT) { most = fmax(most, s->event[i].value); }
    }
    return most;
}

/// People who wait to enter: at most all who ever registered.
static double most_waiting(const flow_scenario *s)
{
    if (s->set.spawn.mode != FLOW_SPAWN_REGISTRATIONS) { return 0.0; }
    double sum = (double)s->total_day0_raw;
    int64_t before = 0;
    for (int32_t day = 0; day < s->n_step; day++) {
        const int64_t now = flow_observed_total(s, day);
        sum += now > before ? (double)(now - before) : 0.0;
        before = now;
    }
    return sum;
}

/// Persons owed to a place: what the draws of whole households came to, 8 standard deviations wide.
static double most_owed(const flow_model *m)
{
    const flow_groups *groups = &m->groups;
    if (groups->household < 0) { return 0.0; }
    double size = 1.0;
    for (int32_t c = 0; c < groups->axis[groups->household].n_class; c++) {
        size = fmax(size, groups->size[c]);
    }
    return size * (2.0 + 8.0 * sqrt((double)m->units_entered + 1.0));
}

// Tables -----------------------------------------------------------------------------------------

#define ELEMENT_OF(value)                                                                          \
    _Generic((value), bool                                                                         \
             : FLOW_ELEMENT_BOOL, int32_t                                                          \
             : FLOW_ELEMENT_INT32, uint32_t                                                        \
             : FLOW_ELEMENT_UINT32, int64_t                                                        \
             : FLOW_ELEMENT_INT64, double                                                          \
             : FLOW_ELEMENT_DOUBLE, default                                                        \
             : FLOW_ELEMENT_OTHER)

#define BLOCK(whose, type, base, member, count, what, least, most)                                 \
    out[n++] = (flow_block)                                                                        \
    {                                                                                              \
        .name = #member, .owner = (whose), .offset = offsetof(type, member), .n = (count),         \
        .size = sizeof *(base)->member, .role = (what), .element = ELEMENT_OF(*(base)->member),    \
        .min = (least), .max = (most)                                                              \
    }

/// Arrays of the destination rule.
static int32_t list_destination(const flow_model *m, int32_t n, flow_block *out)
{
    const int64_t n_place = m->s->n_place, n_link = m->s->n_link;
    const int64_t n_country = m->s->world.n_country;
#define ROW(member, count, role, least, most)                                                      \
    BLOCK(FLOW_OF_DESTINATION, flow_destination, m->to, member, count, role, least, most)
    ROW(cost, n_link, FLOW_DERIVED, 0, 0);
    ROW(ticks, n_link, FLOW_DERIVED, 0, 0);
    ROW(marker, n_place, FLOW_FIXED, 0, 0);
    ROW(size, n_place, FLOW_FIXED, 0, 0);
    ROW(safe, n_place, FLOW_DERIVED, 0, 0);
    ROW(appeal, n_place, FLOW_DERIVED, 0, 0);
    const flow_settings *set = &m->s->set;
    const int64_t n_row = n_place * FLOW_N_CAUSE;
    ROW(access, flow_choice_any(set, FLOW_TO_COMPETING) ? n_row : 0, FLOW_FIXED, 0, 0);
    ROW(balance, flow_choice_any(set, FLOW_TO_BALANCED) ? n_row : 0, FLOW_FIXED, 0, 0);
    ROW(fee, n_link, FLOW_DERIVED, 0, 0);
    ROW(worth, n_place, FLOW_KEPT, -1e6, 1e6);
    ROW(kin_first, n_place + 1, FLOW_SCRATCH, 0, 0);
    ROW(kin_end, n_place, FLOW_SCRATCH, 0, 0);
    ROW(by_cause, n_place * FLOW_N_CAUSE, FLOW_KEPT, 0, FLOW_STATE_MOST);
    ROW(trapped, n_place, FLOW_KEPT, 0, FLOW_STATE_MOST);
    ROW(deaths, n_place, FLOW_KEPT, 0, FLOW_STATE_MOST);
    ROW(redisplaced, n_place, FLOW_KEPT, 0, FLOW_STATE_MOST);
    ROW(claims_pending, n_country, FLOW_KEPT, 0, FLOW_STATE_MOST);
    ROW(claims_decided, n_country, FLOW_KEPT, 0, FLOW_STATE_MOST);
    ROW(claims_recognised, n_country, FLOW_KEPT, 0, FLOW_STATE_MOST);
    ROW(resettled, n_country, FLOW_KEPT, 0, FLOW_STATE_MOST);
    ROW(claim_carry, n_country, FLOW_KEPT, 0, 1);
    ROW(resettle_carry, n_country, FLOW_KEPT, 0, 1e6);
    ROW(share, n_place, FLOW_SCRATCH, 0, 0);
    ROW(wants, n_place, FLOW_SCRATCH, 0, 0);
    ROW(entered_by_cause, n_link * FLOW_N_CAUSE_CLASS, FLOW_KEPT, 0, FLOW_STATE_MOST);
    ROW(arrived_by_cause, n_place * FLOW_N_CAUSE_CLASS, FLOW_KEPT, 0, FLOW_STATE_MOST);
    ROW(pass, n_link, FLOW_SCRATCH, 0, 0);
    ROW(waits, n_link, FLOW_SCRATCH, 0, 0);
    ROW(pass_carry, n_link, FLOW_KEPT, -1e3, 1);
    ROW(quota_carry, n_country, FLOW_KEPT, -1e9, 1);
    ROW(admit, n_country, FLOW_SCRATCH, 0, 0);
    ROW(permit_carry, n_country, FLOW_KEPT, 0, 1);
    ROW(permit, n_country, FLOW_SCRATCH, 0, 0);
    ROW(asked, n_country, FLOW_SCRATCH, 0, 0);
    const int64_t n_way = flow_scenario_channels(m->s) ? n_link * FLOW_N_CHANNEL : 0;
    ROW(chosen, n_way > 0 ? n_link : 0, FLOW_DERIVED, 0, 0);
    ROW(passage, n_way, FLOW_DERIVED, 0, 0);
    ROW(inclusive, n_way > 0 ? n_link * FLOW_N_ENTRY : 0, FLOW_DERIVED, 0, 0);
    ROW(outcome, n_way * FLOW_N_OUTCOME, FLOW_KEPT, 0, FLOW_STATE_MOST);
    ROW(paid, n_way, FLOW_KEPT, 0, 1e300);
    ROW(places_left, n_way, FLOW_SCRATCH, 0, 0);
    ROW(places_carry, n_way, FLOW_KEPT, -1e9, 1);
#undef ROW
    return n;
}

int32_t flow_state_blocks(const flow_model *m, flow_block out[static FLOW_MOST_BLOCKS])
{
    const int64_t n_place = m->s->n_place, n_link = m->s->n_link;
    const double n_step = m->s->n_step;
    int32_t n = 0;
#define ROW(member, count, role, least, most)                                                      \
    BLOCK(FLOW_OF_MODEL, flow_model, m, member, count, role, least, most)
#define KEPT(member, count, least, most) ROW(member, count, FLOW_KEPT, least, most)
#define FIXED(member, count) ROW(member, count, FLOW_FIXED, 0, 0)
#define SCRATCH(member, count) ROW(member, count, FLOW_SCRATCH, 0, 0)
    KEPT(kind, n_place, 0, FLOW_N_PLACE_KIND - 1);
    KEPT(camp, n_place, 0, 1);
    KEPT(idp_camp, n_place, 0, 1);
    KEPT(town, n_place, 0, 1);
    KEPT(move_chance, n_place, 0, 1);
    KEPT(leave, n_place, -(double)INFINITY,
         (double)INFINITY); // with a power of the population: anything
    KEPT(conflict, n_place, 0, most_conflict(m->s));
    KEPT(conflict_since, n_place, 0, n_step);
    KEPT(capacity, n_place, -FLOW_STATE_MOST, FLOW_STATE_MOST);
    KEPT(population, n_place, 0, largest(m->s->population, n_place));
    KEPT(score, n_place, 0, 1e300); // of yesterday, for fixed routes
    KEPT(score_before, n_place, 0, 1e300);
    ROW(flood_pull, n_place, FLOW_DERIVED, 0, 0);
    KEPT(multiplier, n_place, 0, 1);
    KEPT(pull, n_place, 0, 1);
    KEPT(count, n_place, 0, FLOW_STATE_MOST);
    KEPT(owed, n_place, -most_owed(m), most_owed(m)); // after the number of units
    SCRATCH(dawn, n_place);
    SCRATCH(coming, n_place);
    SCRATCH(by_status, m->crowded ? n_place * FLOW_N_STATUS : 0);
    SCRATCH(asking, n_place);
    SCRATCH(asking_most, n_place);
    SCRATCH(asking_rule, n_place);
    KEPT(arrivals, n_place, 0, FLOW_STATE_MOST);
    KEPT(departures, n_place, 0, FLOW_STATE_MOST);
    KEPT(spawned, n_place, 0, FLOW_STATE_MOST);
    SCRATCH(same_religion, n_place * m->groups.n_religion);
    SCRATCH(same_ethnicity, n_place * m->groups.n_ethnicity);
    KEPT(closed, n_link, 0, (double)m->s->n_event);
    KEPT(closed_on, n_link, -1, n_step);
    FIXED(first_in, n_place + 1);
    FIXED(in_link, n_link);
    FIXED(speed, n_link);
    KEPT(link_count, n_link, 0, FLOW_STATE_MOST);
    KEPT(link_entered, n_link, 0, FLOW_STATE_MOST);
    KEPT(road_due, n_link, 0, INT32_MAX);
    FIXED(through, n_link);
    FIXED(limited, n_place);
    const int64_t n_account = m->s->n_account;
    KEPT(ledger.spent, n_account * m->s->n_month * n_place, 0, FLOW_STATE_MOST);
    KEPT(ledger.asked, n_account, 0, FLOW_STATE_MOST);
    KEPT(ledger.paid, m->s->n_use, 0, FLOW_STATE_MOST);
    KEPT(ledger.carry, n_account, 0, 1);
    SCRATCH(box, (int64_t)m->n_chunk * m->n_range);
    SCRATCH(trail, m->n_chunk);
    SCRATCH(cursor, n_place);
    SCRATCH(place_weight, n_place + 1);
    SCRATCH(place_tail, n_place + 1);
    SCRATCH(place_number, n_place + 1);
    SCRATCH(class_tail, most_classes(&m->groups) + 1);
    SCRATCH(class_number, most_classes(&m->groups));
#undef ROW
#undef KEPT
#undef FIXED
#undef SCRATCH
    return m->to != NULL ? list_destination(m, n, out) : n;
}

int32_t flow_state_numbers(const flow_model *m, flow_block out[static FLOW_MOST_NUMBERS])
{
    int32_t n = 0;
#define NUMBER(member, least, most)                                                                \
    out[n++] = (flow_block){.name = #member,                                                       \
                            .owner = FLOW_OF_MODEL,                                                \
                            .offset = offsetof(flow_model, member),                                \
                            .n = 1,                                                                \
                            .size = sizeof m->member,                                              \
                            .role = FLOW_KEPT,                                                     \
                            .element = ELEMENT_OF(m->member),                                      \
                            .min = (least),                                                        \
                            .max = (most)}
    NUMBER(day, 0, m->s->n_step);
    NUMBER(event, 0, (double)m->s->n_event);
    NUMBER(phase, 0, UINT32_MAX); // of the last step: names the streams of those who enter
    NUMBER(persons, 0, FLOW_STATE_MOST);
    NUMBER(entered, 0, FLOW_STATE_MOST);
    NUMBER(left, 0, FLOW_STATE_MOST);
    NUMBER(person_steps, 0, (double)(INT64_MAX / 2));
    NUMBER(units, 0, FLOW_STATE_MOST);
    NUMBER(units_entered, 0, FLOW_STATE_MOST);
    NUMBER(units_left, 0, FLOW_STATE_MOST);
    NUMBER(dead, 0, FLOW_STATE_MOST);
    NUMBER(missing, 0, FLOW_STATE_MOST);
    NUMBER(units_dead, 0, FLOW_STATE_MOST);
    NUMBER(units_missing, 0, FLOW_STATE_MOST);
    NUMBER(target, 0, FLOW_STATE_MOST);
    NUMBER(debt, 0, FLOW_STATE_MOST);
    NUMBER(waiting, 0, most_waiting(m->s));
    NUMBER(follow.n, 0, UINT32_MAX);
    NUMBER(follow.n_batch, 0, UINT32_MAX);
    NUMBER(follow.n_person, 0, FLOW_STATE_MOST);
#undef NUMBER
    return n;
}

int32_t flow_state_sets(const flow_model *m, flow_sets out[static FLOW_MOST_SETS])
{
    const int64_t n_place = m->s->n_place, n_link = m->s->n_link;
    int32_t n = 0;
#define SETS(owner, type, member, count, where)                                                    \
    out[n++] = (flow_sets){#member, (owner), offsetof(type, member), (count), (where)}
    SETS(FLOW_OF_MODEL, flow_model, here, n_place, FLOW_AT_PLACE);
    SETS(FLOW_OF_MODEL, flow_model, active, n_place, FLOW_AT_PLACE);
    SETS(FLOW_OF_MODEL, flow_model, queue, n_link, FLOW_ON_THE_LINK);
    SETS(FLOW_OF_MODEL, flow_model, entry, n_link, FLOW_ON_THE_LINK);
    SETS(FLOW_OF_MODEL, flow_model, road, n_link, FLOW_ON_THE_LINK);
    SETS(FLOW_OF_MODEL, flow_model, back, n_link, FLOW_ON_THE_LINK);
    if (m->to == NULL) { return n; }
    SETS(FLOW_OF_DESTINATION, flow_destination, gate, n_link, FLOW_BEFORE_LINK);
    SETS(FLOW_OF_DESTINATION, flow_destination, ready, flow_scenario_channels(m->s) ? n_place : 0,
         FLOW_AT_PLACE);
#undef SETS
    return n;
}

static const char *owner_of(const flow_model *m, flow_owner owner)
{
    return owner == FLOW_OF_MODEL ? (const char *)m : (const char *)m->to;
}

void *flow_state_at(flow_model *m, flow_owner owner, size_t offset)
{
    return (owner == FLOW_OF_MODEL ? (char *)m : (char *)m->to) + offset;
}

const void *flow_state_array(const flow_model *m, const flow_block *block)
{
    void *memory;
    memcpy(&memory, owner_of(m, block->owner) + block->offset, sizeof memory);
    return memory;
}

const flow_cells *flow_state_cells(const flow_model *m, const flow_sets *sets)
{
    flow_cells *cells;
    memcpy(&cells, owner_of(m, sets->owner) + sets->offset, sizeof cells);
    return cells;
}

bool flow_state_allocate(flow_model *m, flow_owner owner)
{
    flow_block blocks[FLOW_MOST_BLOCKS];
    flow_sets sets[FLOW_MOST_SETS];
    for (int32_t i = 0, n = flow_state_blocks(m, blocks); i < n; i++) {
        if (blocks[i].owner != owner) { continue; }
        void *memory = flow_calloc(blocks[i].n, blocks[i].size);
        if (memory == NULL) { return false; }
        memcpy(flow_state_at(m, owner, blocks[i].offset), &memory, sizeof memory);
    }
    for (int32_t i = 0, n = flow_state_sets(m, sets); i < n; i++) {
        if (sets[i].owner != owner) { continue; }
        flow_cells *cells = flow_calloc(sets[i].n, sizeof *cells);
        if (cells == NULL) { return false; }
        memcpy(flow_state_at(m, owner, sets[i].offset), &cells, sizeof cells);
    }
    return true;
}

/// The sets of a row, to be changed.
static flow_cells *cells_of(flow_model *m, const flow_sets *sets)
{
    flow_cells *cells;
    memcpy(&cells, flow_state_at(m, sets->owner, sets->offset), sizeof cells);
    return cells;
}

void flow_state_release(flow_model *m, flow_owner owner)
{
    flow_block blocks[FLOW_MOST_BLOCKS];
    flow_sets sets[FLOW_MOST_SETS];
    for (int32_t i = 0, n = flow_state_blocks(m, blocks); i < n; i++) {
        if (blocks[i].owner != owner) { continue; }
        void *memory;
        memcpy(&memory, flow_state_at(m, owner, blocks[i].offset), sizeof memory);
        flow_dealloc(memory);
    }
    for (int32_t i = 0, n = flow_state_sets(m, sets); i < n; i++) {
        if (sets[i].owner != owner) { continue; }
        flow_cells *cells = cells_of(m, &sets[i]);
        for (int64_t k = 0; k < sets[i].n && cells != NULL; k++) { flow_cells_clear(&cells[k]); }
        flow_dealloc(cells);
    }
}

void flow_state_clear(flow_model *m)
{
    for (int64_t i = 0; i < (int64_t)m->n_chunk * m->n_range; i++) { m->box[i].n = 0; }
    for (int32_t i = 0; i < m->n_chunk; i++) { m->trail[i].n = 0; }
    flow_sets sets[FLOW_MOST_SETS];
    for (int32_t i = 0, n = flow_state_sets(m, sets); i < n; i++) {
        flow_cells *cells = cells_of(m, &sets[i]);
        for (int64_t k = 0; k < sets[i].n; k++) { flow_cells_drop(&m->work[0].pool, &cells[k]); }
    }
    flow_follow_reset(&m->follow);
    for (int32_t t = 0; t < m->threads; t++) {
        flow_work *w = &m->work[t];
        w->failed = w->wrote = false;
        w->error = FLOW_OK;
        w->box = NULL;
        w->trail = NULL;
        memset(w->inflow, 0, (size_t)m->s->n_place * sizeof *w->inflow);
        w->crowd[0].n_row = w->crowd[1].n_row = w->crowd[0].n = w->crowd[1].n = 0;
        w->queued = false;
        w->head_place = -1;
        memset(w->gone, 0, sizeof w->gone);
        memset(w->units_gone, 0, sizeof w->units_gone);
        w->log.n = 0;
        flow_cells_drop(&w->pool, &w->cells);
        flow_cells_drop(&w->pool, &w->pending);
    }
}

// Writing ----------------------------------------------------------------------------------------

uint64_t flow_state_hash(const char *name, const char *part)
{
    return flow_hash(flow_hash(0, name, strlen(name)), part, strlen(part));
}

flow_err flow_state_describe(const flow_model *m, flow_state_name *out)
{
    *out = (flow_state_name){.seed = m->seed,
                             .share = m->follow.share,
                             .member = m->member,
                             .mode = m->follow.mode,
                             .history = m->follow.history,
                             .n_place = m->s->n_place,
                             .n_link = m->s->n_link,
                             .n_use = m->s->n_use};
    return flow_scenario_hash(m->s, &out->files, &out->settings);
}

void flow_sink_put(flow_sink *sink, const void *bytes, int64_t n)
{
    if (sink->err != FLOW_OK || n == 0) { return; }
    sink->err = sink->write(sink->context, bytes, n);
    sink->n += n;
}

/// Begin a block of n bytes, which the caller puts.
static void begin(flow_sink *sink, const char *name, const char *part, int64_t n)
{
    const flow_state_head head = {.name = flow_state_hash(name, part), .n = n};
    flow_sink_put(sink, &head, (int64_t)sizeof head);
}

/// Fill a block of n bytes up.
static void end(flow_sink *sink, int64_t n)
{
    static const char zero[8] = "";
    flow_sink_put(sink, zero, -n & 7);
}

static void put(flow_sink *sink, const char *name, const char *part, const void *bytes, int64_t n)
{
    begin(sink, name, part, n);
    flow_sink_put(sink, bytes, n);
    end(sink, n);
}

static int64_t number_of(const flow_model *m, const flow_block *block)
{
    const char *at = (const char *)m + block->offset;
    int32_t small = 0;
    uint32_t natural = 0;
    int64_t whole = 0;
    switch (block->element) {
    case FLOW_ELEMENT_INT32: memcpy(&small, at, sizeof small); return small;
    case FLOW_ELEMENT_UINT32: memcpy(&natural, at, sizeof natural); return natural;
    default: memcpy(&whole, at, sizeof whole); return whole;
    }
}

/// Single numbers.
static void put_numbers(const flow_model *m, flow_sink *sink)
{
    flow_block rows[FLOW_MOST_NUMBERS];
    int64_t value[FLOW_MOST_NUMBERS];
    const int32_t n = flow_state_numbers(m, rows);
    for (int32_t i = 0; i < n; i++) { value[i] = number_of(m, &rows[i]); }
    put(sink, "numbers", "", value, n * (int64_t)sizeof *value);
}

static void put_blocks(const flow_model *m, flow_sink *sink)
{
    flow_block rows[FLOW_MOST_BLOCKS];
    const int32_t n = flow_state_blocks(m, rows);
    for (int32_t i = 0; i < n; i++) {
        if (rows[i].role != FLOW_KEPT) { continue; }
        const void *array = flow_state_array(m, &rows[i]);
        put(sink, rows[i].name, "", array, rows[i].n * (int64_t)rows[i].size);
    }
}

/// Rows in their order and ids in theirs: both decide what the next draws mean.
static void put_sets(const flow_model *m, const flow_sets *sets, flow_sink *sink)
{
    const flow_cells *cells = flow_state_cells(m, sets);
    int64_t n_set = 0, n_row = 0, n_id = 0;
    for (int64_t k = 0; k < sets->n; k++) {
        n_set += cells[k].n > 0;
        n_row += cells[k].n;
        for (int32_t i = 0; i < cells[k].n && cells[k].ids != NULL; i++) {
            n_id += cells[k].ids[i].n;
        }
    }
    const int64_t word = (int64_t)sizeof(uint32_t);
    begin(sink, sets->name, "sets", n_set * (int64_t)sizeof(flow_state_set));
    for (int64_t k = 0; k < sets->n; k++) {
        const flow_state_set set = {.index = (int32_t)k, .n = cells[k].n};
        if (set.n > 0) { flow_sink_put(sink, &set, (int64_t)sizeof set); }
    }
    begin(sink, sets->name, "rows", n_row * (int64_t)sizeof(flow_cell));
    for (int64_t k = 0; k < sets->n; k++) {
        flow_sink_put(sink, cells[k].row, cells[k].n * (int64_t)sizeof(flow_cell));
    }
    const int64_t n_counts = m->follow.mode == FLOW_INDIVIDUALS_NONE ? 0 : n_row * word;
    begin(sink, sets->name, "ids of rows", n_counts);
    for (int64_t k = 0; k < sets->n && n_counts > 0; k++) {
        for (int32_t i = 0; i < cells[k].n; i++) {
            const uint32_t n = cells[k].ids != NULL ? cells[k].ids[i].n : 0;
            flow_sink_put(sink, &n, word);
        }
    }
    end(sink, n_counts);
    begin(sink, sets->name, "ids in random order", n_counts);
    for (int64_t k = 0; k < sets->n && n_counts > 0; k++) {
        for (int32_t i = 0; i < cells[k].n; i++) {
            const uint32_t n = cells[k].ids != NULL ? cells[k].ids[i].mixed : 0;
            flow_sink_put(sink, &n, word);
        }
    }
    end(sink, n_counts);
    begin(sink, sets->name, "ids", n_id * word);
    for (int64_t k = 0; k < sets->n && n_id > 0; k++) {
        for (int32_t i = 0; i < cells[k].n && cells[k].ids != NULL; i++) {
            flow_sink_put(sink, cells[k].ids[i].id, cells[k].ids[i].n * word);
        }
    }
    end(sink, n_id * word);
}

static void put_followed(const flow_model *m, flow_sink *sink)
{
    const flow_follow *f = &m->follow;
    put(sink, "batches", "", f->batch, f->n_batch * (int64_t)sizeof *f->batch);
    const int64_t n_person = f->person != NULL ? f->n_batch : 0;
    put(sink, "batches", "persons", f->person, n_person * (int64_t)sizeof *f->person);
    int64_t n_note = 0;
    for (int32_t t = 0; t < m->threads; t++) { n_note += m->work[t].log.n; }
    begin(sink, "notes", "", n_note * (int64_t)sizeof(flow_note));
    for (int32_t t = 0; t < m->threads; t++) {
        const flow_log *log = &m->work[t].log;
        flow_sink_put(sink, log->row, log->n * (int64_t)sizeof *log->row);
    }
}

static flow_err put_columns(const flow_model *m, flow_sink *sink)
{
    int32_t id[FLOW_N_QUANTITY];
    const int32_t n_id = flow_columns_assigned(m->columns, id);
    put(sink, "columns", "assigned", id, n_id * (int64_t)sizeof *id);
    const int64_t n = flow_columns_n_saved(m->columns);
    double *value = flow_calloc(n, sizeof *value);
    if (value == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for %lld numbers", (long long)n);
    }
    flow_columns_save(m->columns, value);
    put(sink, "columns", "", value, n * (int64_t)sizeof *value);
    flow_dealloc(value);
    return FLOW_OK;
}

flow_err flow_state_save(const flow_model *m, flow_sink *sink)
{
    if (m->broken) { return flow_fail(FLOW_ESTATE, "the model failed earlier; it must be reset"); }
    if (m->part != NULL) { return flow_fail(FLOW_ESTATE, "a divided model cannot be saved"); }
    flow_state_name name;
    FLOW_TRY(flow_state_describe(m, &name));
    put(sink, "libflow state", "", &name, (int64_t)sizeof name);
    put_numbers(m, sink);
    put_blocks(m, sink);
    flow_sets sets[FLOW_MOST_SETS];
    for (int32_t i = 0, n = flow_state_sets(m, sets); i < n; i++) { put_sets(m, &sets[i], sink); }
    put_followed(m, sink);
    FLOW_TRY(put_columns(m, sink));
    return sink->err;
}
