// Reading a state. All of it is checked before anything is changed: numbers against the ranges of
// their rows, people against the counts, so that not even a forged state breaks a later step.
#include "state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Bytes that are read one block after the other.
typedef struct source {
    const char *byte;
    int64_t n, at;
} source;

/// What a state says of one row of sets.
typedef struct cells_view {
    const flow_state_set *set; ///< [n_set]
    int64_t n_set;
    const flow_cell *row;
    int64_t n_row;
    const uint32_t *count; ///< [n_row] ids of each row; NULL: nobody is followed
    const uint32_t *mixed; ///< [n_row] those of them in random order
    const uint32_t *id;
    int64_t n_id;
} cells_view;

/// A state where it lies: kept arrays of `model` point into it, all else is that of the model it is
/// for.
typedef struct view {
    flow_model model;
    flow_destination to; ///< of the model, if it has one
    flow_state_name name;
    cells_view cells[FLOW_MOST_SETS];
    const flow_batch *batch;
    const int64_t *person; ///< NULL: people move alone
    const flow_note *note;
    int64_t n_note;
    const int32_t *assigned; ///< quantities with a column from outside
    int32_t n_assigned;
    const double *number; ///< of modules
    int64_t n_number;
    uint32_t n_group; ///< of people, as the scenario divides them
} view;

static flow_err damaged(const char *what)
{
    return flow_fail(FLOW_EINPUT, "the saved state is damaged: %s", what);
}

// Blocks -----------------------------------------------------------------------------------------

/// The next block; *n: bytes, a multiple of `size`.
static flow_err take(source *in, const char *name, const char *part, size_t size, const void **out,
                     int64_t *n)
{
    flow_state_head head;
    const int64_t left = in->n - in->at;
    if (left < (int64_t)sizeof head) { return damaged("it ends too early"); }
    memcpy(&head, in->byte + in->at, sizeof head);
    if (head.name != flow_state_hash(name, part)) {
        return flow_fail(FLOW_EINPUT, "the saved state has something else where '%s%s%s' should be",
                         name, *part != '\0' ? ", " : "", part);
    }
    const int64_t rest = left - (int64_t)sizeof head;
    if (head.n < 0 || head.n > rest || (head.n + (-head.n & 7)) > rest ||
        head.n % (int64_t)size != 0) {
        return flow_fail(FLOW_EINPUT, "the saved state is damaged: '%s' has %lld bytes", name,
                         (long long)head.n);
    }
    *out = in->byte + in->at + sizeof head;
    *n = head.n / (int64_t)size;
    in->at += (int64_t)sizeof head + head.n + (-head.n & 7);
    return FLOW_OK;
}

/// The next block, which must have n elements.
static flow_err take_n(source *in, const char *name, const char *part, int64_t n, size_t size,
                       const void **out)
{
    int64_t found = 0;
    FLOW_TRY(take(in, name, part, size, out, &found));
    if (found == n) { return FLOW_OK; }
    return flow_fail(FLOW_EINPUT, "the saved state has %lld elements of '%s%s%s', %lld expected",
                     (long long)found, name, *part != '\0' ? ", " : "", part, (long long)n);
}

static const char *mode_name(int32_t mode)
{
    static const char *const name[] = {"none", "sample", "all"};
    return mode >= FLOW_INDIVIDUALS_NONE && mode <= FLOW_INDIVIDUALS_ALL ? name[mode] : "unknown";
}

/// Is it a state of this very scenario, with the same people followed?
static flow_err check_name(const flow_model *m, const flow_state_name *found)
{
    flow_state_name own;
    FLOW_TRY(flow_state_describe(m, &own));
    if (found->n_place != own.n_place || found->n_link != own.n_link) {
        return flow_fail(
            FLOW_EINPUT, "it is of another scenario: %d places and %d links, not %d and %d",
            (int)found->n_place, (int)found->n_link, (int)own.n_place, (int)own.n_link);
    }
    if (found->files != own.files) {
        return flow_fail(FLOW_EINPUT,
                         "it is of another scenario: the texts of the input files differ");
    }
    if (found->settings != own.settings || found->n_use != own.n_use) {
        return flow_fail(FLOW_EINPUT, "it is of other settings of this scenario (days, options, "
                                      "overrides, settings file or modules)");
    }
    if (found->mode != own.mode) {
        return flow_fail(FLOW_EINPUT,
                         "people followed one by one: '%s' when it was saved, '%s' now",
                         mode_name(found->mode), mode_name(own.mode));
    }
    if (found->share != own.share) {
        return flow_fail(FLOW_EINPUT,
                         "share of people followed one by one: %g when it was saved, %g now",
                         found->share, own.share);
    }
    if (found->history != own.history) {
        return flow_fail(FLOW_EINPUT, "histories of people: %s when it was saved, %s now",
                         found->history != 0 ? "kept" : "not kept",
                         own.history != 0 ? "kept" : "not kept");
    }
    return FLOW_OK;
}

// Numbers ----------------------------------------------------------------------------------------

static bool in_range(const flow_block *row, double value)
{
    return row->min == -(double)INFINITY || (value >= row->min && value <= row->max);
}

/// The first element out of range, -1: none.
static int64_t first_bad(const flow_block *row, const void *array)
{
    for (int64_t i = 0; i < row->n; i++) {
        double value = 0.0;
        switch (row->element) {
        case FLOW_ELEMENT_BOOL: value = ((const unsigned char *)array)[i]; break;
        case FLOW_ELEMENT_INT32: value = ((const int32_t *)array)[i]; break;
        case FLOW_ELEMENT_UINT32: value = ((const uint32_t *)array)[i]; break;
        case FLOW_ELEMENT_INT64: value = (double)((const int64_t *)array)[i]; break;
        default: value = ((const double *)array)[i]; break;
        }
        if (!in_range(row, value)) { return i; }
    }
    return -1;
}

static void set_number(flow_model *m, const flow_block *row, int64_t value)
{
    void *at = flow_state_at(m, row->owner, row->offset);
    const int32_t small = (int32_t)value;
    const uint32_t natural = (uint32_t)value;
    switch (row->element) {
    case FLOW_ELEMENT_INT32: memcpy(at, &small, sizeof small); break;
    case FLOW_ELEMENT_UINT32: memcpy(at, &natural, sizeof natural); break;
    default: memcpy(at, &value, sizeof value); break;
    }
}

static flow_err read_numbers(source *in, view *v)
{
    flow_block rows[FLOW_MOST_NUMBERS];
    const int32_t n = flow_state_numbers(&v->model, rows);
    const void *bytes = NULL;
    FLOW_TRY(take_n(in, "numbers", "", n, sizeof(int64_t), &bytes));
    const int64_t *value = bytes;
    for (int32_t i = 0; i < n; i++) {
        if (!in_range(&rows[i], (double)value[i])) {
            return flow_fail(FLOW_EINPUT, "the saved state is damaged: '%s' is %lld", rows[i].name,
                             (long long)value[i]);
        }
        set_number(&v->model, &rows[i], value[i]);
    }
    const flow_model *m = &v->model;
    const int64_t gone = m->left + m->dead + m->missing;
    const int64_t units_gone = m->units_left + m->units_dead + m->units_missing;
    if (m->entered != m->persons + gone || m->units_entered != m->units + units_gone) {
        return damaged("people are not conserved");
    }
    if ((double)m->person_steps > (double)m->day * (double)m->entered) {
        return damaged("there are too many person-steps");
    }
    const flow_follow *f = &m->follow;
    const bool all = v->name.mode == FLOW_INDIVIDUALS_ALL;
    if ((int64_t)f->n > m->units_entered || f->n_person > m->entered ||
        (all && ((int64_t)f->n != m->units_entered || f->n_person != m->entered))) {
        return damaged("not as many people are followed as entered");
    }
    return FLOW_OK;
}

static flow_err read_blocks(source *in, view *v)
{
    flow_block rows[FLOW_MOST_BLOCKS];
    const int32_t n = flow_state_blocks(&v->model, rows);
    for (int32_t i = 0; i < n; i++) {
        if (rows[i].role != FLOW_KEPT) { continue; }
        const void *array = NULL;
        FLOW_TRY(take_n(in, rows[i].name, "", rows[i].n, rows[i].size, &array));
        const int64_t bad = first_bad(&rows[i], array);
        if (bad >= 0) {
            return flow_fail(FLOW_EINPUT, "the saved state is damaged: '%s' of %lld cannot be",
                             rows[i].name, (long long)bad);
        }
        memcpy(flow_state_at(&v->model, rows[i].owner, rows[i].offset), &array, sizeof array);
    }
    return FLOW_OK;
}

// People -----------------------------------------------------------------------------------------

static flow_err read_cells(source *in, const flow_sets *sets, const view *v, cells_view *out)
{
    const void *set = NULL, *row = NULL, *count = NULL, *mixed = NULL, *id = NULL;
    int64_t n_count = 0, n_mixed = 0;
    FLOW_TRY(take(in, sets->name, "sets", sizeof *out->set, &set, &out->n_set));
    FLOW_TRY(take(in, sets->name, "rows", sizeof *out->row, &row, &out->n_row));
    FLOW_TRY(take(in, sets->name, "ids of rows", sizeof *out->count, &count, &n_count));
    FLOW_TRY(take(in, sets->name, "ids in random order", sizeof *out->mixed, &mixed, &n_mixed));
    FLOW_TRY(take(in, sets->name, "ids", sizeof *out->id, &id, &out->n_id));
    const bool followed = v->name.mode != FLOW_INDIVIDUALS_NONE;
    if (n_count != (followed ? out->n_row : 0) || n_mixed != n_count) {
        return damaged("ids and rows differ in number");
    }
    out->set = set;
    out->row = row;
    out->count = followed ? count : NULL;
    out->mixed = followed ? mixed : NULL;
    out->id = id;
    return FLOW_OK;
}

/// Can people be at the index of a row of sets with this route?
static bool is_route(const flow_model *m, const flow_sets *sets, int32_t index, uint32_t route)
{
    if (m->to != NULL) { // the destination, which only those who stay have none of
        const bool stays = sets->offset == offsetof(flow_model, here) &&
                           sets->owner == FLOW_OF_MODEL && route == 0;
        return stays || (route >= 1 && (int64_t)route <= m->s->n_place);
    }
    // A node of the tree of the place, or of the place at the end of the link.
    const int32_t place = sets->where == FLOW_AT_PLACE ? index : m->s->link_to[index];
    return route == FLOW_NO_WAY || (int64_t)route < m->paths.tree[place].n;
}

/// A cell can be where it is, with so many ids.
static bool is_cell(const view *v, const flow_sets *sets, int32_t index, const flow_cell *cell,
                    int64_t n_ids)
{
    const bool all = v->name.mode == FLOW_INDIVIDUALS_ALL;
    return cell->n > 0 && (double)cell->n <= FLOW_STATE_MOST && cell->key.group < v->n_group &&
           is_route(&v->model, sets, index, cell->key.route) &&
           (all ? n_ids == cell->n : n_ids <= cell->n);
}

/// Check all cells of a row of sets and add their people to those of places and then links,
/// [n_place + n_link].
static flow_err check_cells(const view *v, const flow_sets *sets, const cells_view *in,
                            int64_t *persons, int64_t *units)
{
    const flow_model *m = &v->model;
    int64_t row = 0, id = 0, before = -1;
    for (int64_t k = 0; k < in->n_set; k++) {
        const flow_state_set *set = &in->set[k];
        if (set->index <= before || set->index >= sets->n || set->n <= 0 ||
            set->n > in->n_row - row) {
            return damaged("a set of people is not where it can be");
        }
        before = set->index;
        int64_t *there = &persons[sets->where == FLOW_ON_THE_LINK ? m->s->n_place + set->index
                                  : sets->where == FLOW_AT_PLACE  ? set->index
                                                                  : m->s->link_from[set->index]];
        for (int64_t end = row + set->n; row < end; row++) {
            const flow_cell *cell = &in->row[row];
            const int64_t n_ids = in->count != NULL ? in->count[row] : 0;
            if (n_ids > in->n_id - id || !is_cell(v, sets, set->index, cell, n_ids)) {
                return damaged("a group of people cannot be");
            }
            if (n_ids > 0 && in->mixed[row] > n_ids) {
                return damaged("more people are in random order than are followed");
            }
            id += n_ids;
            *there += flow_persons(m, cell->key.group, cell->n);
            *units += cell->n;
            if ((double)*there > FLOW_STATE_MOST || (double)*units > FLOW_STATE_MOST) {
                return damaged("there are too many people");
            }
        }
    }
    if (row != in->n_row || id != in->n_id) { return damaged("people are in no set"); }
    return FLOW_OK;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(flow_key));
}

/// Each cell of a set has a key of its own: equals would be looked for one after the other.
static flow_err check_keys(const cells_view *in)
{
    flow_cell *sorted = flow_calloc(in->n_row, sizeof *sorted);
    if (sorted == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to check a saved state"); }
    const flow_cell *row = in->row;
    bool equal = false;
    for (int64_t k = 0; k < in->n_set; k++) {
        const int32_t n = in->set[k].n;
        memcpy(sorted, row, (size_t)n * sizeof *sorted);
        qsort(sorted, (size_t)n, sizeof *sorted, by_key);
        for (int32_t i = 1; i < n; i++) {
            equal = equal || by_key(&sorted[i - 1], &sorted[i]) == 0;
        }
        row += n;
    }
    flow_dealloc(sorted);
    return equal ? damaged("two groups of people are one") : FLOW_OK;
}

/// Everybody who is followed is in one place, or has left.
static flow_err check_ids(const view *v)
{
    const flow_model *m = &v->model;
    const int64_t n = m->follow.n;
    uint64_t *seen = flow_calloc(n / 64 + 1, sizeof *seen); // pages nobody is on cost nothing
    if (seen == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to check a saved state"); }
    flow_sets sets[FLOW_MOST_SETS];
    int64_t gone = n;
    flow_err err = FLOW_OK;
    for (int32_t k = 0, n_sets = flow_state_sets(m, sets); k < n_sets; k++) {
        const cells_view *in = &v->cells[k];
        gone -= in->n_id;
        for (int64_t i = 0; i < in->n_id && err == FLOW_OK; i++) {
            const uint64_t bit = UINT64_C(1) << in->id[i] % 64;
            if (in->id[i] >= n) {
                err = damaged("somebody is followed who never entered");
            } else if ((seen[in->id[i] / 64] & bit) != 0) {
                err = damaged("somebody is in two places");
            } else {
                seen[in->id[i] / 64] |= bit;
            }
        }
    }
    flow_dealloc(seen);
    if (err != FLOW_OK) { return err; }
    int64_t left = 0;
    for (int64_t i = 0; i < v->n_note; i++) { left += v->note[i].where == FLOW_LEFT; }
    if (gone > m->units_entered - m->units || (m->follow.history && gone != left)) {
        return damaged("somebody who is followed is nowhere");
    }
    return FLOW_OK;
}

/// Everybody is where the counts say.
static flow_err check_people(const view *v)
{
    const flow_model *m = &v->model;
    const int64_t n_place = m->s->n_place, n_link = m->s->n_link;
    int64_t *there = flow_calloc(n_place + n_link, sizeof *there);
    if (there == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to check a saved state"); }
    flow_sets sets[FLOW_MOST_SETS];
    const int32_t n = flow_state_sets(m, sets);
    int64_t units = 0, persons = 0;
    flow_err err = FLOW_OK;
    for (int32_t i = 0; i < n && err == FLOW_OK; i++) {
        err = check_cells(v, &sets[i], &v->cells[i], there, &units);
        if (err == FLOW_OK) { err = check_keys(&v->cells[i]); }
    }
    for (int64_t i = 0; i < n_place + n_link && err == FLOW_OK; i++) {
        const int64_t count = i < n_place ? m->count[i] : m->link_count[i - n_place];
        persons += there[i];
        if (there[i] != count || (double)persons > FLOW_STATE_MOST) {
            err = damaged("people are not where the counts say");
        }
    }
    if (err == FLOW_OK && (persons != m->persons || units != m->units)) {
        err = damaged("people are not as many as the counts say");
    }
    flow_dealloc(there);
    return err == FLOW_OK ? check_ids(v) : err;
}

/// Ids of batches follow each other, and so do the persons of their households.
static flow_err check_batches(const view *v)
{
    const flow_model *m = &v->model;
    const flow_follow *f = &m->follow;
    int64_t person = 0;
    for (int64_t b = 0; b < f->n_batch; b++) {
        const flow_batch *batch = &v->batch[b];
        const uint32_t end = b + 1 < f->n_batch ? v->batch[b + 1].first : f->n;
        if ((b == 0 && batch->first != 0) || end <= batch->first || batch->day < -1 ||
            batch->day >= m->s->n_step || batch->place < 0 || batch->place >= m->s->n_place ||
            batch->group >= v->n_group || (v->person != NULL && v->person[b] != person)) {
            return damaged("a batch of people cannot be");
        }
        person += flow_persons(m, batch->group, (int64_t)end - batch->first);
    }
    if (person != f->n_person || (f->n_batch == 0 && f->n > 0)) {
        return damaged("people are in no batch");
    }
    return FLOW_OK;
}

static bool is_class(uint32_t class_index, int32_t n)
{
    return class_index < (uint32_t)n || class_index == FLOW_NO_CLASS;
}

static flow_err check_notes(const view *v)
{
    const flow_model *m = &v->model;
    if (v->n_note > 0 && !m->follow.history) { return damaged("it has histories"); }
    for (int64_t i = 0; i < v->n_note; i++) {
        const flow_note *note = &v->note[i];
        const bool gone = note->where == FLOW_LEFT;
        const int32_t n_status = gone ? FLOW_MOMENT_MISSING + 1 : FLOW_N_STATUS;
        if (note->id >= m->follow.n || (int32_t)note->day >= m->s->n_step ||
            !is_class(note->cause, FLOW_N_CAUSE_CLASS) || !is_class(note->status, n_status) ||
            note->where >= m->s->n_place || note->where <= FLOW_ON_LINK - m->s->n_link) {
            return damaged("something happened to somebody that cannot be");
        }
    }
    return FLOW_OK;
}

static flow_err read_followed(source *in, view *v)
{
    const flow_follow *f = &v->model.follow;
    const bool followed = v->name.mode != FLOW_INDIVIDUALS_NONE;
    const bool households = v->model.groups.household >= 0;
    if (!followed && (f->n > 0 || f->n_batch > 0)) { return damaged("somebody is followed"); }
    const void *batch = NULL, *person = NULL, *note = NULL;
    const int64_t n_person = households ? f->n_batch : 0;
    FLOW_TRY(take_n(in, "batches", "", f->n_batch, sizeof *v->batch, &batch));
    FLOW_TRY(take_n(in, "batches", "persons", n_person, sizeof *v->person, &person));
    FLOW_TRY(take(in, "notes", "", sizeof *v->note, &note, &v->n_note));
    v->batch = batch;
    v->person = households ? person : NULL;
    v->note = note;
    FLOW_TRY(check_batches(v));
    return check_notes(v);
}

static flow_err read_columns(source *in, view *v)
{
    const void *assigned = NULL, *number = NULL;
    int64_t n_assigned = 0;
    FLOW_TRY(take(in, "columns", "assigned", sizeof *v->assigned, &assigned, &n_assigned));
    FLOW_TRY(take(in, "columns", "", sizeof *v->number, &number, &v->n_number));
    if (n_assigned > FLOW_N_QUANTITY) { return damaged("it has too many quantities"); }
    v->assigned = assigned;
    v->n_assigned = (int32_t)n_assigned;
    v->number = number;
    return flow_columns_check(v->model.columns, v->assigned, v->n_assigned, v->number, v->n_number);
}

/// Groups there can be.
static uint32_t n_groups(const flow_groups *groups)
{
    uint64_t most = 1;
    for (int32_t a = 0; a < groups->n_axis; a++) {
        const uint64_t n = (uint64_t)groups->axis[a].stride * (uint64_t)groups->axis[a].n_class;
        if (n > most) { most = n; }
    }
    return most > UINT32_MAX ? UINT32_MAX : (uint32_t)most;
}

/// Look at a whole state; changes nothing but the view.
static flow_err read_all(const flow_model *m, source *in, view *v)
{
    const void *name = NULL;
    v->model = *m;
    if (m->to != NULL) {
        v->to = *m->to;
        v->model.to = &v->to;
    }
    v->n_group = n_groups(&m->groups);
    FLOW_TRY(take_n(in, "libflow state", "", 1, sizeof v->name, &name));
    memcpy(&v->name, name, sizeof v->name);
    FLOW_TRY(check_name(m, &v->name));
    FLOW_TRY(read_numbers(in, v));
    FLOW_TRY(read_blocks(in, v));
    flow_sets sets[FLOW_MOST_SETS];
    for (int32_t i = 0, n = flow_state_sets(m, sets); i < n; i++) {
        FLOW_TRY(read_cells(in, &sets[i], v, &v->cells[i]));
    }
    FLOW_TRY(read_followed(in, v));
    FLOW_TRY(read_columns(in, v));
    if (in->at != in->n) { return damaged("something follows it"); }
    return check_people(v);
}

// Loading ----------------------------------------------------------------------------------------

static bool fill_sets(flow_model *m, const flow_sets *sets, const cells_view *in)
{
    flow_cells *cells;
    memcpy(&cells, flow_state_at(m, sets->owner, sets->offset), sizeof cells);
    const flow_cell *row = in->row;
    const uint32_t *count = in->count, *mixed = in->mixed, *id = in->id;
    for (int64_t k = 0; k < in->n_set; k++) {
        const flow_state_set *set = &in->set[k];
        if (!flow_cells_fill(&m->work[0].pool, &cells[set->index], row, set->n, count, mixed, id)) {
            return false;
        }
        for (int32_t i = 0; i < set->n && count != NULL; i++) { id += count[i]; }
        row += set->n;
        if (count != NULL) {
            count += set->n;
            mixed += set->n;
        }
    }
    return true;
}

static bool fill(flow_model *m, const view *v)
{
    flow_block rows[FLOW_MOST_BLOCKS];
    const int32_t n_block = flow_state_blocks(m, rows);
    for (int32_t i = 0; i < n_block; i++) {
        if (rows[i].role != FLOW_KEPT) { continue; }
        void *to;
        memcpy(&to, flow_state_at(m, rows[i].owner, rows[i].offset), sizeof to);
        memcpy(to, flow_state_array(&v->model, &rows[i]), (size_t)rows[i].n * rows[i].size);
    }
    flow_sets sets[FLOW_MOST_SETS];
    const int32_t n_set = flow_state_sets(m, sets);
    bool good = true;
    for (int32_t i = 0; i < n_set && good; i++) { good = fill_sets(m, &sets[i], &v->cells[i]); }
    const flow_follow *f = &v->model.follow;
    good = good && flow_follow_fill(&m->follow, v->batch, v->person, f->n_batch) &&
           flow_log_fill(&m->work[0].log, v->note, v->n_note);
    const int32_t n_number = flow_state_numbers(m, rows);
    for (int32_t i = 0; i < n_number && good; i++) { // after those of whom they are numbers
        memcpy(flow_state_at(m, FLOW_OF_MODEL, rows[i].offset),
               (const char *)&v->model + rows[i].offset, rows[i].size);
    }
    return good;
}

flow_err flow_state_load(flow_model *m, const char *bytes, int64_t n)
{
    source in = {.byte = bytes, .n = n};
    view v = {0};
    FLOW_TRY(read_all(m, &in, &v));
    m->broken = true; // until all of it is there
    flow_state_clear(m);
    if (!fill(m, &v)) {
        return flow_fail(FLOW_ENOMEM, "no memory for the people of a saved state; reset the model");
    }
    m->seed = v.name.seed;
    m->member = v.name.member;
    FLOW_TRY(flow_columns_load(m->columns, m->seed, m->member, v.assigned, v.n_assigned, v.number,
                               v.n_number));
    m->version++;  // no row of choices is of this world
    m->scored = 0; // scores are made anew, so nothing hangs on those of the file
    if (m->to != NULL) { flow_destination_renew(m); }
    m->broken = false;
    return FLOW_OK;
}
