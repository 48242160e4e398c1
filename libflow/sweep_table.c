#define _POSIX_C_SOURCE 200809L
// The table of a study: written from a plan, read back, or made by somebody else.
#include "sweep.h"
#include "table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PLAN_MARK "#| " ///< before each line of the plan
#define FOLDER_MARK "#@ "

// Names of points -------------------------------------------------------------------------------

uint64_t flow_point_id(const char *const *key, const char *const *value, int32_t n,
                       char *const *set, int32_t n_set)
{
    uint64_t sum = 0;
    for (int32_t i = 0; i < n; i++) { // a sum of hashes knows no order
        uint64_t hash = flow_hash(0, key[i], strlen(key[i]));
        hash = flow_hash(hash, "=", 1);
        sum += flow_hash(hash, value[i], strlen(value[i]));
    }
    for (int32_t i = 0; i < n_set; i++) {
        const size_t name = strcspn(set[i], "=");
        uint64_t hash = flow_hash(0, set[i], name);
        hash = flow_hash(hash, "=", 1);
        sum += flow_hash(hash, set[i] + name + 1, strlen(set[i] + name + 1));
    }
    return flow_hash(0, &sum, sizeof sum);
}

// Writing ---------------------------------------------------------------------------------------

typedef struct writer {
    char *text;
    int64_t n, size;
    bool no_memory;
} writer;

static void put(writer *w, const char *text, size_t n)
{
    if (w->no_memory) { return; }
    if (w->n + (int64_t)n + 1 > w->size) {
        const int64_t size = 2 * (w->n + (int64_t)n) + 4096;
        char *more = flow_realloc(w->text, size, 1);
        if (more == NULL) {
            w->no_memory = true;
            return;
        }
        w->text = more;
        w->size = size;
    }
    memcpy(w->text + w->n, text, n);
    w->n += (int64_t)n;
    w->text[w->n] = '\0';
}

static void put_text(writer *w, const char *text)
{
    put(w, text, strlen(text));
}

static void put_cell(writer *w, const char *text)
{
    const bool quote = strpbrk(text, ", #") != NULL || *text == '\0';
    put(w, ",", 1);
    if (quote) { put(w, "\"", 1); }
    put_text(w, text);
    if (quote) { put(w, "\"", 1); }
}

static void put_head(writer *w, const flow_plan *plan, const char *plan_text, const char *folder)
{
    put_text(w, "row,id,first_member,members");
    for (int32_t f = 0; f < plan->n_factor; f++) { put_cell(w, plan->factor[f].key); }
    put_text(w, "\n" FOLDER_MARK);
    put_text(w, folder);
    put_text(w, "\n");
    for (const char *line = plan_text; *line != '\0';) {
        size_t n = strcspn(line, "\r\n");
        put_text(w, PLAN_MARK);
        put(w, line, n);
        put_text(w, "\n");
        if (line[n] == '\r') { n++; }
        if (line[n] == '\n') { n++; }
        line += n;
    }
}

static void put_row(writer *w, const flow_plan *plan, int64_t row, const char *const *key,
                    const char *const *value)
{
    const uint64_t id = flow_point_id(key, value, plan->n_factor, plan->set, plan->n_set);
    const int64_t all = plan->top.replicates;
    const int64_t block = plan->top.block > 0 ? plan->top.block : all;
    for (int64_t first = 0; first < all; first += block) {
        char text[96];
        const int64_t n = all - first < block ? all - first : block;
        (void)snprintf(text, sizeof text, "%" PRId64 ",%016" PRIx64 ",%" PRId64 ",%" PRId64, row,
                       id, first, n);
        put_text(w, text);
        for (int32_t f = 0; f < plan->n_factor; f++) { put_cell(w, value[f]); }
        put_text(w, "\n");
    }
}

flow_err flow_sweep_text(const flow_plan *plan, const char *plan_text, const char *folder,
                         char **text, int64_t *size)
{
    *text = NULL;
    *size = 0;
    typedef char room[FLOW_VALUE_TEXT];
    const int32_t k = plan->n_factor;
    int64_t n_row = 0;
    int32_t *count = flow_calloc(k, sizeof *count);
    room *each = flow_calloc(k, sizeof *each);
    const char **key = flow_calloc(2 * (int64_t)k, sizeof *key);
    double *unit = NULL;
    flow_err err = FLOW_OK;
    if (count == NULL || each == NULL || key == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory for a plan");
    } else {
        const flow_design_options o = flow_plan_design(plan, count);
        err = flow_design_rows(&o, &n_row);
        if (err == FLOW_OK) {
            unit = flow_calloc(n_row * k, sizeof *unit);
            err = unit == NULL
                      ? flow_fail(FLOW_ENOMEM, "no memory for %lld points", (long long)n_row)
                      : flow_design_fill(&o, unit);
        }
    }
    writer w = {0};
    if (err == FLOW_OK) {
        const char **value = key + k;
        for (int32_t f = 0; f < k; f++) { key[f] = plan->factor[f].key; }
        put_head(&w, plan, plan_text, folder);
        for (int64_t row = 0; row < n_row; row++) {
            for (int32_t f = 0; f < k; f++) {
                value[f] = flow_factor_value(&plan->factor[f], unit[row * k + f], each[f]);
            }
            put_row(&w, plan, row, key, value);
        }
        if (w.no_memory) { err = flow_fail(FLOW_ENOMEM, "no memory for a table of points"); }
    }
    flow_dealloc(unit);
    flow_dealloc(key);
    flow_dealloc(each);
    flow_dealloc(count);
    if (err != FLOW_OK) {
        flow_dealloc(w.text);
        return err;
    }
    *text = w.text;
    *size = w.n;
    return FLOW_OK;
}

// Reading ---------------------------------------------------------------------------------------

/// The plan and folder in the lines after the header; *text NULL: there is none.
static flow_err split_plan(const char *table, char **plan, char **folder)
{
    writer w = {0};
    *plan = *folder = NULL;
    for (const char *line = table; line != NULL && *line != '\0';) {
        const size_t n = strcspn(line, "\r\n");
        if (strncmp(line, PLAN_MARK, strlen(PLAN_MARK)) == 0) {
            put(&w, line + strlen(PLAN_MARK), n - strlen(PLAN_MARK));
            put_text(&w, "\n");
        } else if (strncmp(line, FOLDER_MARK, strlen(FOLDER_MARK)) == 0 && *folder == NULL) {
            *folder = flow_strndup(line + strlen(FOLDER_MARK), n - strlen(FOLDER_MARK));
            w.no_memory = w.no_memory || *folder == NULL;
        }
        line = strchr(line + n, '\n');
        if (line != NULL) { line++; }
    }
    if (*folder == NULL) { *folder = flow_strdup(""); }
    if (w.no_memory || *folder == NULL) {
        flow_dealloc(w.text);
        return flow_fail(FLOW_ENOMEM, "no memory for a plan");
    }
    *plan = w.text;
    return FLOW_OK;
}

typedef struct reader {
    flow_sweep *sweep;
    const flow_table *t;
    flow_problems problems;
    int32_t row, id, first, members; ///< columns, -1: absent
    int32_t *column;                 ///< [n_key]
    int32_t *slot;                   ///< [n_slot] point + 1 by id
    int64_t n_slot;
    int32_t *members_of; ///< [n_point] seen so far
    int64_t *row_of;     ///< [n_point] number of the first row of the design with it
    int64_t last;        ///< number of the row of the design before
} reader;

static flow_err find_columns(reader *r)
{
    flow_sweep *s = r->sweep;
    const int32_t n = flow_table_n_column(r->t);
    r->row = flow_table_find(r->t, "row");
    r->id = flow_table_find(r->t, "id");
    r->first = flow_table_find(r->t, "first_member");
    r->members = flow_table_find(r->t, "members");
    s->key = flow_calloc(n, sizeof *s->key);
    r->column = flow_calloc(n, sizeof *r->column);
    if (s->key == NULL || r->column == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for a table of points");
    }
    for (int32_t c = 0; c < n; c++) {
        if (c == r->row || c == r->id || c == r->first || c == r->members) { continue; }
        r->column[s->n_key] = c;
        s->key[s->n_key++] = flow_table_name(r->t, c);
    }
    for (int32_t f = 0; f < s->plan.n_factor; f++) {
        int32_t k = 0;
        while (k < s->n_key && strcmp(s->key[k], s->plan.factor[f].key) != 0) { k++; }
        if (k == s->n_key) {
            flow_problem_error(&r->problems, flow_table_head_mark(r->t, 0),
                               "the column %s is missing, which the plan varies",
                               s->plan.factor[f].key);
        }
    }
    if (s->n_key == 0) {
        flow_problem_error(&r->problems, flow_table_head_mark(r->t, 0),
                           "no column is the key of something that varies");
    }
    return FLOW_OK;
}

static flow_err allocate(reader *r)
{
    flow_sweep *s = r->sweep;
    const int64_t n = flow_table_n_row(r->t);
    if (n > FLOW_MOST_ROWS) {
        return flow_fail(FLOW_ERANGE, "the table has more than %lld rows",
                         (long long)FLOW_MOST_ROWS);
    }
    for (r->n_slot = 64; r->n_slot < 2 * n;) { r->n_slot *= 2; }
    s->row_point = flow_calloc(n, sizeof *s->row_point);
    s->id = flow_calloc(n, sizeof *s->id);
    s->value = flow_calloc(n * s->n_key, sizeof *s->value);
    s->task = flow_calloc(n, sizeof *s->task);
    r->slot = flow_calloc(r->n_slot, sizeof *r->slot);
    r->members_of = flow_calloc(n, sizeof *r->members_of);
    r->row_of = flow_calloc(n, sizeof *r->row_of);
    if (s->row_point && s->id && s->value && s->task && r->slot && r->members_of && r->row_of) {
        return FLOW_OK;
    }
    return flow_fail(FLOW_ENOMEM, "no memory for a table of points");
}

/// The point of a row; it is new when *fresh.
static int32_t point_of(reader *r, int64_t row, uint64_t id, const char *const *value, bool *fresh)
{
    flow_sweep *s = r->sweep;
    int64_t at = (int64_t)(id % (uint64_t)r->n_slot);
    for (; r->slot[at] != 0; at = (at + 1) % r->n_slot) {
        const int32_t p = r->slot[at] - 1;
        if (s->id[p] != id) { continue; }
        for (int32_t k = 0; k < s->n_key; k++) {
            if (strcmp(s->value[(int64_t)p * s->n_key + k], value[k]) != 0) {
                flow_problem_error(&r->problems, flow_table_mark(r->t, row, 0),
                                   "another point has the same id; give one of them another "
                                   "value in a digit that does not matter");
                break;
            }
        }
        *fresh = false;
        return p;
    }
    const int32_t p = s->n_point++;
    r->slot[at] = p + 1;
    s->id[p] = id;
    memcpy(s->value + (int64_t)p * s->n_key, value, (size_t)s->n_key * sizeof *value);
    *fresh = true;
    return p;
}

static bool number_in(reader *r, int64_t row, int32_t column, const char *what, int64_t most,
                      int64_t other, int64_t *out)
{
    *out = other;
    if (column < 0) { return true; }
    return flow_table_integer(r->t, row, column, what, "", 0, most, (double)NAN, &r->problems, out);
}

static void check_id(reader *r, int64_t row, uint64_t id)
{
    char text[17], shown[64];
    if (r->id < 0) { return; }
    (void)snprintf(text, sizeof text, "%016" PRIx64, id);
    const char *given = flow_table_text(r->t, row, r->id);
    if (strcmp(given, text) != 0) {
        flow_problem_error(&r->problems, flow_table_mark(r->t, row, r->id),
                           "id '%s' is not that of the values in this row, which is %s; leave the "
                           "column id out when values are changed by hand",
                           flow_quote(given, shown), text);
    }
}

/// Take a row in: a row of the design when its number is new, a task unless the point has it.
static void take_row(reader *r, int64_t row, const char **value)
{
    flow_sweep *s = r->sweep;
    int64_t number = 0, first = 0, n = 0;
    for (int32_t k = 0; k < s->n_key; k++) { value[k] = flow_table_text(r->t, row, r->column[k]); }
    if (!number_in(r, row, r->row, "row", FLOW_MOST_ROWS, row, &number) ||
        !number_in(r, row, r->first, "first_member", UINT32_MAX, 0, &first) ||
        !number_in(r, row, r->members, "members", 1000000, s->plan.top.replicates, &n)) {
        return;
    }
    const flow_mark at = flow_table_mark(r->t, row, 0);
    if (n < 1) {
        flow_problem_error(&r->problems, at, "members = 0, at least 1 was expected");
        return;
    }
    const uint64_t id = flow_point_id(s->key, value, s->n_key, s->plan.set, s->plan.n_set);
    check_id(r, row, id);
    bool fresh = false;
    const int32_t p = point_of(r, row, id, value, &fresh);
    if (number != r->last) { // else one more block of the same row
        if (number != s->n_row) {
            flow_problem_error(&r->problems, at, "row %lld follows row %lld; rows count from 0",
                               (long long)number, (long long)r->last);
            return;
        }
        s->row_point[s->n_row++] = p;
        r->last = number;
    } else if (s->row_point[number] != p) {
        flow_problem_error(&r->problems, at, "row %lld has two points", (long long)number);
        return;
    }
    if (fresh) { r->row_of[p] = number; }
    if (r->row_of[p] != number) { return; } // a point of an earlier row: it has run already
    if (first != r->members_of[p]) {
        flow_problem_error(&r->problems, at, "first_member = %lld, %d was expected",
                           (long long)first, (int)r->members_of[p]);
        return;
    }
    s->task[s->n_task++] = (flow_task){.point = p, .first = (int32_t)first, .n = (int32_t)n};
    r->members_of[p] += (int32_t)n;
}

static void check_members(reader *r)
{
    flow_sweep *s = r->sweep;
    s->n_member = s->n_point > 0 ? r->members_of[0] : 0;
    for (int32_t p = 1; p < s->n_point; p++) {
        if (r->members_of[p] != s->n_member) {
            flow_problem_error(&r->problems, flow_table_head_mark(r->t, 0),
                               "the first point has %d members, point %016" PRIx64 " has %d",
                               (int)s->n_member, s->id[p], (int)r->members_of[p]);
            return;
        }
    }
    if (s->n_point == 0) {
        flow_problem_error(&r->problems, flow_table_head_mark(r->t, 0), "there is no point");
    }
}

/// So many batches that files stay few, whoever runs them.
static void cut_batches(flow_sweep *s)
{
    s->n_batch = s->n_task < s->plan.top.files ? s->n_task : (int32_t)s->plan.top.files;
}

int32_t flow_sweep_first_task(const flow_sweep *s, int32_t batch)
{
    return (int32_t)((int64_t)s->n_task * batch / s->n_batch);
}

static flow_err read_rows(reader *r)
{
    const int64_t n = flow_table_n_row(r->t);
    const char **value = flow_calloc(r->sweep->n_key, sizeof *value);
    if (value == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a table of points"); }
    for (int64_t row = 0; row < n; row++) { take_row(r, row, value); }
    flow_dealloc(value);
    if (r->problems.n_error == 0) { check_members(r); }
    return FLOW_OK;
}

/// What decides about results: points, members, luck, what is kept; not where files lie.
static uint64_t hash_sweep(const flow_sweep *s, const char *plan_text)
{
    uint64_t hash = flow_hash(0, plan_text, strlen(plan_text));
    hash = flow_hash(hash, s->id, (size_t)s->n_point * sizeof *s->id);
    hash = flow_hash(hash, s->row_point, (size_t)s->n_row * sizeof *s->row_point);
    return flow_hash(hash, s->task, (size_t)s->n_task * sizeof *s->task);
}

static flow_err parse(reader *r, const char *path, const char *text, int64_t size)
{
    flow_sweep *s = r->sweep;
    char *plan = NULL;
    flow_table *table = NULL;
    FLOW_TRY(split_plan(text, &plan, &s->folder));
    s->plan_text = plan != NULL ? plan : flow_strdup("");
    if (s->plan_text == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a plan"); }
    flow_err err = FLOW_OK;
    if (plan != NULL) {
        err = flow_plan_parse(path, plan, (int64_t)strlen(plan), &r->problems, &s->plan);
    } else {
        err = flow_fields_default(flow_plan_sections, FLOW_PLAN_N_SECTION, &s->plan);
    }
    if (err == FLOW_OK) { err = flow_table_parse(path, text, size, NULL, &r->problems, &table); }
    s->table = table;
    r->t = table;
    if (err == FLOW_OK && r->problems.n_error == 0) { err = find_columns(r); }
    if (err == FLOW_OK && r->problems.n_error == 0) { err = allocate(r); }
    if (err == FLOW_OK && r->problems.n_error == 0) { err = read_rows(r); }
    if (err == FLOW_OK) { err = flow_problems_result(&r->problems); }
    if (err == FLOW_OK) {
        cut_batches(s);
        s->hash = hash_sweep(s, s->plan_text);
    }
    return err;
}

flow_err flow_sweep_parse(const char *path, const char *text, int64_t size, flow_sweep *sweep)
{
    *sweep = (flow_sweep){0};
    reader r = {.sweep = sweep, .last = -1};
    const flow_err err = parse(&r, path, text, size);
    flow_problems_clear(&r.problems);
    flow_dealloc(r.column);
    flow_dealloc(r.slot);
    flow_dealloc(r.members_of);
    flow_dealloc(r.row_of);
    if (err != FLOW_OK) { flow_sweep_clear(sweep); }
    return err;
}

flow_err flow_sweep_load(const char *path, flow_sweep *sweep)
{
    *sweep = (flow_sweep){0};
    const flow_files files = {.folder = ""};
    char *text = NULL;
    int64_t size = 0;
    FLOW_TRY(flow_file_read(&files, path, (int64_t)4 << 30, &text, &size));
    const flow_err err = flow_sweep_parse(path, text, size, sweep);
    flow_dealloc(text);
    return err;
}

void flow_sweep_clear(flow_sweep *s)
{
    flow_dealloc(s->key);
    flow_dealloc(s->row_point);
    flow_dealloc(s->id);
    flow_dealloc(s->value);
    flow_dealloc(s->task);
    flow_dealloc(s->folder);
    flow_dealloc(s->plan_text);
    flow_table_free(s->table);
    flow_plan_clear(&s->plan);
    *s = (flow_sweep){0};
}
