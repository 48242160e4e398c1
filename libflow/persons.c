// Answers about people who are followed one by one.
#include "persons.h"

#include "destination.h"

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

/// Class of a note, -1: people have no such axis.
static int32_t class_of(uint32_t noted)
{
    return noted == FLOW_NO_CLASS ? -1 : (int32_t)noted;
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
    const flow_note entry = flow_note_of(&m->groups, batch->group, 0, 0, batch->place);
    out->cause = class_of(entry.cause);
    out->status = class_of(entry.status);
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

int32_t flow_person_value(const flow_model *m, const flow_batch *batch, int64_t person,
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
        *out = m->s->attribute[i].value[flow_person_value(m, &m->follow.batch[b], person, i)];
        return FLOW_OK;
    }
    char quoted[64];
    return flow_fail(FLOW_EKEY, "the scenario gives its people no attribute '%s'",
                     flow_quote(name, quoted));
}

// Where they are --------------------------------------------------------------------------------

int64_t flow_persons_of(const flow_model *m, uint32_t unit, int32_t *n)
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
            const int64_t first = flow_persons_of(m, ids->id[i], &n);
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
        if (m->to != NULL) { locate_set(m, &m->to->gate[l], m->s->link_from[l], where); }
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
            (void)flow_persons_of(m, log->row[i].id, &size);
            n += size;
        }
    }
    return n;
}

flow_moment flow_moment_of(int64_t person, flow_note note)
{
    return (flow_moment){.person = person,
                         .day = (int32_t)note.day,
                         .where = note.where,
                         .cause = class_of(note.cause),
                         .status = class_of(note.status)};
}

flow_err flow_model_moments(const flow_model *m, flow_moment *out, int64_t n)
{
    const int64_t wanted = flow_model_n_moment(m);
    if (n != wanted) {
        return flow_fail(FLOW_ERANGE, "%lld moments are kept, room was given for %lld",
                         (long long)wanted, (long long)n);
    }
    flow_notes notes;
    flow_err err = flow_notes_begin(m, FLOW_NOTES_AT_ONCE, &notes);
    bool more = false;
    while (err == FLOW_OK && (err = flow_notes_next(&notes, &more)) == FLOW_OK && more) {
        for (uint32_t i = 0; i < notes.n; i++) {
            int32_t size;
            const int64_t first = flow_persons_of(m, notes.first + i, &size);
            for (int32_t k = 0; k < size; k++) {
                for (int64_t j = notes.begin[i]; j < notes.begin[i + 1]; j++) {
                    *out++ = flow_moment_of(first + k, notes.note[j]);
                }
            }
        }
    }
    flow_notes_clear(&notes);
    return err;
}

// Notes are kept as they come, by thread and time. They are wanted by unit: a few units at once are
// looked for in all of them, so that the memory has a limit.

enum { block = 4096 }; // units, of whom notes are counted together

flow_err flow_notes_begin(const flow_model *m, int64_t at_once, flow_notes *out)
{
    *out = (flow_notes){.m = m, .at_once = at_once};
    out->n_block = ((int64_t)m->follow.n + block - 1) / block;
    out->in_block = flow_calloc(out->n_block, sizeof *out->in_block);
    if (out->in_block == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for histories"); }
    for (int32_t t = 0; t < m->threads; t++) {
        const flow_log *log = &m->work[t].log;
        for (int64_t i = 0; i < log->n; i++) { out->in_block[log->row[i].id / block]++; }
    }
    return FLOW_OK;
}

static bool reserve(flow_notes *notes, int64_t n_unit, int64_t n_note)
{
    if (n_unit >= notes->size_unit) {
        int64_t *begin = flow_realloc(notes->begin, n_unit + 1, sizeof *begin);
        if (begin == NULL) { return false; }
        notes->begin = begin;
        notes->size_unit = n_unit + 1;
    }
    if (n_note > notes->size_note) {
        flow_note *note = flow_realloc(notes->note, n_note, sizeof *note);
        if (note == NULL) { return false; }
        notes->note = note;
        notes->size_note = n_note;
    }
    return true;
}

static bool is_before(const flow_note *a, const flow_note *b)
{
    return a->day != b->day ? a->day < b->day : a->order < b->order;
}

/// Notes of one unit by time; those of a thread are in order, so few change their place.
static void put_in_order(flow_note *note, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        const flow_note late = note[i];
        int64_t k = i;
        for (; k > 0 && is_before(&late, &note[k - 1]); k--) { note[k] = note[k - 1]; }
        note[k] = late;
    }
}

/// Each unit's notes follow each other: begin[i] is where those of the next unit i stand so far.
static void sort_out(flow_notes *notes)
{
    const flow_model *m = notes->m;
    int64_t *begin = notes->begin;
    memset(begin, 0, ((size_t)notes->n + 1) * sizeof *begin);
    for (int32_t t = 0; t < m->threads; t++) {
        const flow_log *log = &m->work[t].log;
        for (int64_t i = 0; i < log->n; i++) {
            const uint32_t at = log->row[i].id - notes->first; // below `first`: very large
            if (at < notes->n) { begin[at + 1]++; }
        }
    }
    for (uint32_t i = 0; i < notes->n; i++) { begin[i + 1] += begin[i]; }
    for (int32_t t = 0; t < m->threads; t++) {
        const flow_log *log = &m->work[t].log;
        for (int64_t i = 0; i < log->n; i++) {
            const uint32_t at = log->row[i].id - notes->first;
            if (at < notes->n) { notes->note[begin[at]++] = log->row[i]; }
        }
    }
    memmove(begin + 1, begin, notes->n * sizeof *begin);
    begin[0] = 0;
    for (uint32_t i = 0; i < notes->n; i++) {
        put_in_order(notes->note + begin[i], begin[i + 1] - begin[i]);
    }
}

flow_err flow_notes_next(flow_notes *notes, bool *more)
{
    notes->first += notes->n;
    notes->n = 0;
    *more = notes->first < notes->m->follow.n;
    if (!*more) { return FLOW_OK; }
    int64_t b = notes->first / block, n_note = 0;
    while (b < notes->n_block && notes->n < FLOW_UNITS_AT_ONCE &&
           (notes->n == 0 || n_note + notes->in_block[b] <= notes->at_once)) {
        n_note += notes->in_block[b++];
        notes->n += block;
    }
    const uint32_t rest = notes->m->follow.n - notes->first;
    if (notes->n > rest) { notes->n = rest; }
    if (!reserve(notes, notes->n, n_note)) {
        return flow_fail(FLOW_ENOMEM, "no memory for histories");
    }
    sort_out(notes);
    return FLOW_OK;
}

void flow_notes_clear(flow_notes *notes)
{
    flow_dealloc(notes->in_block);
    flow_dealloc(notes->begin);
    flow_dealloc(notes->note);
    *notes = (flow_notes){0};
}
