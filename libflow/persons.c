// Answers about people who are followed one by one.
#include "destination.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

int64_t flow_model_n_person(const flow_model *m)
{
    return m->follow.n_person;
}

/// The batch of a person; -1 when there is no such person.
static int64_t find_batch(const flow_follow *follow, int64_t person)
{
    if (person < 0 || person >= follow->n_person) { return -1; }
    if (follow->person == NULL) { return flow_follow_find(follow, (uint32_t)person); }
    int64_t low = 0, high = follow->n_batch;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (follow->person[middle] <= person) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static flow_err no_person(const flow_model *m, int64_t person)
{
    return flow_fail(FLOW_ERANGE, "person %lld is outside [0, %lld)", (long long)person,
                     (long long)m->follow.n_person);
}

flow_err flow_model_person(const flow_model *m, int64_t person, flow_person *out)
{
    *out = (flow_person){0};
    const int64_t b = find_batch(&m->follow, person);
    if (b < 0) { return no_person(m, person); }
    const flow_batch *batch = &m->follow.batch[b];
    out->origin = batch->place;
    out->day = batch->day;
    out->household_size = flow_group_size(&m->groups, batch->group);
    out->household = person;
    if (m->follow.person != NULL) {
        out->household = batch->first + (person - m->follow.person[b]) / out->household_size;
    }
    return FLOW_OK;
}

static const flow_people_axis *axis_of(const flow_groups *groups, const flow_attribute *attribute)
{
    for (int32_t a = 0; a < groups->n_axis; a++) {
        if (groups->axis[a].attribute == attribute) { return &groups->axis[a]; }
    }
    return NULL;
}

/// Index of the value drawn for a person among those of its class.
static int32_t draw_value(const flow_model *m, const flow_batch *batch, int64_t person,
                          int32_t index)
{
    const flow_attribute *attribute = &m->s->attribute[index];
    const double *weight = &attribute->weight[(int64_t)batch->place * attribute->n_value];
    const flow_people_axis *axis = axis_of(&m->groups, attribute);
    const int32_t wanted = axis != NULL ? flow_group_class(axis, batch->group) : 0;
    double sum = 0.0;
    for (int32_t v = 0; v < attribute->n_value; v++) {
        if (axis == NULL || axis->class_of[v] == wanted) { sum += weight[v]; }
    }
    // Counter: person and attribute; the step plays no part.
    const uint64_t key =
        flow_mix(m->seed + UINT64_C(0x9e3779b97f4a7c15) * ((uint64_t)m->member + 1));
    const uint32_t words[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
    const uint32_t counter[4] = {(uint32_t)person, (uint32_t)((uint64_t)person >> 32),
                                 (uint32_t)index, FLOW_DRAW_PASSENGER};
    uint32_t block[4];
    flow_philox(counter, words, block);
    const double u = (double)(((uint64_t)block[0] << 32 | block[1]) >> 11) * 0x1p-53 * sum;
    double below = 0.0;
    int32_t last = 0;
    for (int32_t v = 0; v < attribute->n_value; v++) {
        if ((axis != NULL && axis->class_of[v] != wanted) || !(weight[v] > 0.0)) { continue; }
        below += weight[v];
        last = v;
        if (u < below) { break; }
    }
    return last;
}

flow_err flow_model_person_attribute(const flow_model *m, int64_t person, const char *name,
                                     const char **out)
{
    *out = NULL;
    const int64_t b = find_batch(&m->follow, person);
    if (b < 0) { return no_person(m, person); }
    for (int32_t i = 0; i < m->s->n_attribute; i++) {
        if (strcasecmp(m->s->attribute[i].name, name) != 0) { continue; }
        *out = m->s->attribute[i].value[draw_value(m, &m->follow.batch[b], person, i)];
        return FLOW_OK;
    }
    char quoted[64];
    return flow_fail(FLOW_EKEY, "the scenario gives its people no attribute '%s'",
                     flow_quote(name, quoted));
}

// Where they are --------------------------------------------------------------------------------

/// First person and number of persons of a unit.
static int64_t persons_of_unit(const flow_model *m, uint32_t unit, int32_t *n)
{
    if (m->follow.person == NULL) {
        *n = 1;
        return unit;
    }
    const int64_t b = flow_follow_find(&m->follow, unit);
    const flow_batch *batch = &m->follow.batch[b];
    *n = flow_group_size(&m->groups, batch->group);
    return m->follow.person[b] + (int64_t)(unit - batch->first) * *n;
}

static void locate_set(const flow_model *m, const flow_cells *cells, int32_t where, int32_t *out)
{
    for (int32_t row = 0; row < cells->n && cells->ids != NULL; row++) {
        const flow_ids *ids = &cells->ids[row];
        for (uint32_t i = 0; i < ids->n; i++) {
            int32_t n;
            const int64_t first = persons_of_unit(m, ids->id[i], &n);
            for (int32_t k = 0; k < n; k++) { out[first + k] = where; }
        }
    }
}

flow_err flow_model_locate(const flow_model *m, int32_t *where, int64_t n)
{
    if (n != m->follow.n_person) {
        return flow_fail(FLOW_ERANGE, "%lld persons are followed, room was given for %lld",
                         (long long)m->follow.n_person, (long long)n);
    }
    for (int64_t i = 0; i < n; i++) { where[i] = FLOW_LEFT; }
    for (int32_t p = 0; p < m->s->n_place; p++) { locate_set(m, &m->here[p], p, where); }
    for (int32_t l = 0; l < m->s->n_link; l++) {
        locate_set(m, &m->road[l], FLOW_ON_LINK - l, where);
    }
    return FLOW_OK;
}

static uint64_t hash_set(const flow_cells *cells, uint64_t where)
{
    uint64_t sum = 0;
    for (int32_t row = 0; row < cells->n && cells->ids != NULL; row++) {
        const uint64_t cell = flow_mix(flow_key_hash(&cells->row[row].key) ^ flow_mix(where));
        for (uint32_t i = 0; i < cells->ids[row].n; i++) {
            sum += flow_mix(cell + cells->ids[row].id[i]);
        }
    }
    return sum;
}

uint64_t flow_model_identity_checksum(const flow_model *m)
{
    if (m->follow.mode == FLOW_INDIVIDUALS_NONE) { return 0; }
    uint64_t sum = flow_mix((uint64_t)m->day + 1) + m->follow.n;
    for (int32_t p = 0; p < m->s->n_place; p++) { sum += hash_set(&m->here[p], (uint64_t)p); }
    for (int32_t l = 0; l < m->s->n_link; l++) {
        sum += hash_set(&m->road[l], (uint64_t)l | UINT64_C(1) << 40);
        if (m->to != NULL) { sum += hash_set(&m->to->gate[l], (uint64_t)l | UINT64_C(1) << 41); }
    }
    return flow_mix(sum);
}

// What happened to them -------------------------------------------------------------------------

int64_t flow_model_n_moment(const flow_model *m)
{
    int64_t n = 0;
    for (int32_t t = 0; t < m->threads; t++) {
        const flow_log *log = &m->work[t].log;
        if (m->follow.person == NULL) {
            n += log->n;
            continue;
        }
        for (int64_t i = 0; i < log->n; i++) {
            int32_t size;
            (void)persons_of_unit(m, log->row[i].id, &size);
            n += size;
        }
    }
    return n;
}

static int by_unit_and_time(const void *a, const void *b)
{
    const flow_note *x = a, *y = b;
    if (x->id != y->id) { return x->id < y->id ? -1 : 1; }
    if (x->day != y->day) { return x->day < y->day ? -1 : 1; }
    if (x->order != y->order) { return x->order < y->order ? -1 : 1; }
    return 0;
}

/// Moments of the persons of one unit whose n notes are given.
static int64_t write_unit(const flow_model *m, const flow_note *note, int64_t n, flow_moment *out)
{
    int32_t size;
    const int64_t first = persons_of_unit(m, note->id, &size);
    for (int32_t k = 0; k < size; k++) {
        for (int64_t i = 0; i < n; i++) {
            *out++ = (flow_moment){.person = first + k, .day = note[i].day, .where = note[i].where};
        }
    }
    return size * n;
}

flow_err flow_model_moments(const flow_model *m, flow_moment *out, int64_t n)
{
    const int64_t wanted = flow_model_n_moment(m);
    if (n != wanted) {
        return flow_fail(FLOW_ERANGE, "%lld moments are kept, room was given for %lld",
                         (long long)wanted, (long long)n);
    }
    int64_t n_note = 0;
    for (int32_t t = 0; t < m->threads; t++) { n_note += m->work[t].log.n; }
    flow_note *all = flow_calloc(n_note, sizeof *all);
    if (all == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %lld moments", (long long)n); }
    int64_t done = 0;
    for (int32_t t = 0; t < m->threads; t++) {
        const flow_log *log = &m->work[t].log;
        if (log->n > 0) { memcpy(all + done, log->row, (size_t)log->n * sizeof *all); }
        done += log->n;
    }
    qsort(all, (size_t)n_note, sizeof *all, by_unit_and_time);
    int64_t written = 0;
    for (int64_t i = 0; i < n_note;) {
        int64_t end = i + 1;
        while (end < n_note && all[end].id == all[i].id) { end++; }
        written += write_unit(m, all + i, end - i, out + written);
        i = end;
    }
    flow_dealloc(all);
    return FLOW_OK;
}
