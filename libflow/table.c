#define _POSIX_C_SOURCE 200809L
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct cell {
    int64_t text; ///< offset in the buffer, 0-terminated there
    int32_t line, column;
} cell;

struct flow_table {
    char *name;
    char *buffer; ///< unquoted texts of all cells
    cell *cell;
    int64_t n_cell, size_cell;
    int64_t *row; ///< [n_row + 1] first cell of each row
    int64_t n_row, size_row;
    cell *head;
    int32_t n_column;
    int64_t n_head; ///< cells of the header line, empty ones at its end too
    bool has_head;
};

/// Reading position.
typedef struct reader {
    const char *text;
    int64_t size, at;
    int32_t line;
    int64_t line_start;
    int64_t used; ///< bytes written to the buffer
    flow_table *table;
    flow_problems *problems;
    bool unclosed; ///< a quote was never closed: the rest of the text is no table
    bool no_memory;
} reader;

static const int32_t most_columns = 100000;

static flow_mark mark(const reader *r, int32_t line, int64_t column)
{
    return (flow_mark){r->table->name, line, (int32_t)column};
}

static void end_line(reader *r)
{
    if (r->text[r->at] == '\r' && r->at + 1 < r->size && r->text[r->at + 1] == '\n') { r->at++; }
    r->at++;
    r->line++;
    r->line_start = r->at;
}

static bool at_end_of_line(const reader *r)
{
    return r->at >= r->size || r->text[r->at] == '\n' || r->text[r->at] == '\r';
}

static void push_cell(reader *r, int64_t text, int32_t line, int64_t column)
{
    flow_table *t = r->table;
    if (t->n_cell == t->size_cell) {
        const int64_t size = t->size_cell > 0 ? 2 * t->size_cell : 64;
        cell *grown = flow_realloc(t->cell, size, sizeof *grown);
        if (grown == NULL) {
            r->no_memory = true;
            return;
        }
        t->cell = grown;
        t->size_cell = size;
    }
    t->cell[t->n_cell++] = (cell){text, line, (int32_t)column};
}

static void push_row(reader *r, int64_t first)
{
    flow_table *t = r->table;
    if (t->n_row + 2 > t->size_row) {
        const int64_t size = t->size_row > 0 ? 2 * t->size_row : 64;
        int64_t *grown = flow_realloc(t->row, size, sizeof *grown);
        if (grown == NULL) {
            r->no_memory = true;
            return;
        }
        t->row = grown;
        t->size_row = size;
    }
    t->row[t->n_row++] = first;
    t->row[t->n_row] = t->n_cell;
}

/// Inside quotes: up to the closing quote. The buffer is never longer than the text.
static void read_quoted(reader *r)
{
    const int32_t line = r->line;
    const int64_t column = r->at - r->line_start + 1;
    r->at++;
    while (r->at < r->size) {
        const char c = r->text[r->at];
        if (c == '"') {
            if (r->at + 1 < r->size && r->text[r->at + 1] == '"') {
                r->table->buffer[r->used++] = '"';
                r->at += 2;
                continue;
            }
            r->at++;
            return;
        }
        r->table->buffer[r->used++] = c;
        if (c == '\n' || c == '\r') {
            end_line(r);
        } else {
            r->at++;
        }
    }
    flow_problem_error(r->problems, mark(r, line, column),
                       "a quote is opened here and never closed");
    r->unclosed = true;
}

static void read_cell(reader *r)
{
    while (r->at < r->size && (r->text[r->at] == ' ' || r->text[r->at] == '\t')) { r->at++; }
    const int64_t start = r->used;
    const int32_t line = r->line;
    const int64_t column = r->at - r->line_start + 1;
    char *buffer = r->table->buffer;
    // A leading '#' may stand before the quote of a header cell.
    if (r->at + 1 < r->size && r->text[r->at] == '#' && r->text[r->at + 1] == '"') {
        buffer[r->used++] = '#';
        r->at++;
    }
    if (r->at < r->size && r->text[r->at] == '"') { read_quoted(r); }
    while (r->at < r->size && r->text[r->at] != ',' && !at_end_of_line(r)) {
        buffer[r->used++] = r->text[r->at++];
    }
    while (r->used > start && (buffer[r->used - 1] == ' ' || buffer[r->used - 1] == '\t')) {
        r->used--;
    }
    buffer[r->used++] = '\0';
    push_cell(r, start, line, column);
}

static bool row_is_empty(const reader *r, int64_t first)
{
    for (int64_t i = first; i < r->table->n_cell; i++) {
        if (r->table->buffer[r->table->cell[i].text] != '\0') { return false; }
    }
    return true;
}

/// One record into cells; false at the end of the text.
static bool read_record(reader *r)
{
    if (r->at >= r->size) { return false; }
    for (;;) {
        read_cell(r);
        if (r->no_memory) { return false; }
        if (r->at < r->size && r->text[r->at] == ',') {
            r->at++;
            continue;
        }
        break;
    }
    if (r->at < r->size) { end_line(r); }
    return true;
}

static bool looks_like_head(const flow_table_options *o, const char *first)
{
    if (o->no_header) { return false; }
    if (!o->header_optional || first[0] == '#') { return true; }
    const char *word = o->header_word;
    while (word != NULL && *word != '\0') {
        const size_t n = strcspn(word, ",");
        if (strlen(first) == n && strncasecmp(first, word, n) == 0) { return true; }
        word += n + (word[n] == ',');
    }
    return false;
}

static void strip_hash(flow_table *t, cell *c)
{
    while (t->buffer[c->text] == '#' || t->buffer[c->text] == ' ') { c->text++; }
}

static bool take_head(reader *r, int64_t first)
{
    flow_table *t = r->table;
    int64_t n = t->n_cell - first;
    t->n_head = n;
    while (n > 0 && t->buffer[t->cell[first + n - 1].text] == '\0') { n--; } // trailing commas
    if (n > most_columns) {
        flow_problem_error(r->problems, mark(r, t->cell[first].line, 1),
                           "%lld columns, at most %d are accepted", (long long)n,
                           (int)most_columns);
        n = most_columns;
    }
    t->head = flow_calloc(n, sizeof *t->head);
    if (t->head == NULL) {
        r->no_memory = true;
        return false;
    }
    for (int64_t i = 0; i < n; i++) {
        t->head[i] = t->cell[first + i];
        strip_hash(t, &t->head[i]);
    }
    t->n_column = (int32_t)n;
    t->has_head = true;
    t->n_cell = first;
    for (int32_t i = 0; i < t->n_column && t->n_column <= 2000; i++) {
        for (int32_t k = 0; k < i; k++) {
            if (strcasecmp(flow_table_name(t, i), flow_table_name(t, k)) == 0 &&
                *flow_table_name(t, i) != '\0') {
                char q[64];
                flow_problem_error(r->problems, flow_table_head_mark(t, i),
                                   "column '%s' appears twice",
                                   flow_quote(flow_table_name(t, i), q));
                break;
            }
        }
    }
    return true;
}

/// A row of HXL tags: every cell that is not empty is a '#' and a letter.
static bool is_hxl(const flow_table *t, int64_t first)
{
    int64_t tags = 0;
    for (int64_t i = first; i < t->n_cell; i++) {
        const char *text = t->buffer + t->cell[i].text;
        if (*text == '\0') { continue; }
        if (text[0] != '#' || text[1] < 'a' || text[1] > 'z') { return false; }
        tags++;
    }
    return tags > 1;
}

static void check_width(reader *r, const flow_table_options *o, int64_t first)
{
    flow_table *t = r->table;
    if (!t->has_head || o->ragged) { return; }
    int64_t n = t->n_cell - first;
    // Empty cells at the end may be there if the header has them: more of them come from a number
    // written as 12,000.
    while (n > t->n_column && t->n_cell - first <= t->n_head &&
           t->buffer[t->cell[first + n - 1].text] == '\0') {
        n--;
    }
    if (n == t->n_column) { return; }
    flow_problem_error(r->problems, mark(r, t->cell[first].line, 1),
                       "the row has %lld cells, the header has %d%s", (long long)n,
                       (int)t->n_column,
                       n > t->n_column ? " (a comma inside a name needs quotes, and none may stand "
                                         "inside a number)"
                                       : "");
}

static void read_all(reader *r, const flow_table_options *o)
{
    flow_table *t = r->table;
    bool first_record = true;
    bool may_be_hxl = false;
    while (r->at < r->size && !r->no_memory) {
        const bool comment = r->text[r->at] == '#' && (!first_record || o->no_header);
        if (comment && !may_be_hxl) {
            while (!at_end_of_line(r)) { r->at++; }
            if (r->at < r->size) { end_line(r); }
            continue;
        }
        const int64_t first = t->n_cell;
        if (!read_record(r)) { break; }
        if (r->unclosed || row_is_empty(r, first)) {
            t->n_cell = first;
            continue;
        }
        if (first_record) {
            first_record = false;
            may_be_hxl = true;
            if (looks_like_head(o, t->buffer + t->cell[first].text)) {
                if (!take_head(r, first)) { return; }
                continue;
            }
        }
        if (may_be_hxl && is_hxl(t, first)) {
            may_be_hxl = false;
            t->n_cell = first;
            continue;
        }
        const bool remark = may_be_hxl && t->buffer[t->cell[first].text] == '#';
        may_be_hxl = false;
        if (remark) {
            t->n_cell = first;
            continue;
        }
        check_width(r, o, first);
        push_row(r, first);
        const int64_t width = t->n_cell - first;
        if (!t->has_head && width > t->n_column) {
            t->n_column = (int32_t)(width < most_columns ? width : most_columns);
        }
    }
}

/// Bytes that no text file holds: NUL, and sequences that are not UTF-8.
static void check_text(reader *r)
{
    const unsigned char *text = (const unsigned char *)r->text;
    int32_t line = 1;
    int64_t start = 0;
    for (int64_t i = 0; i < r->size;) {
        const unsigned char c = text[i];
        if (c == '\n') {
            line++;
            start = i + 1;
        }
        const int n = c == 0      ? 0
                      : c < 0x80  ? 1
                      : c < 0xc2  ? 0
                      : c < 0xe0  ? 2
                      : c < 0xf0  ? 3
                      : c <= 0xf4 ? 4
                                  : 0;
        bool good = n > 0 && i + n <= r->size;
        for (int k = 1; good && k < n; k++) { good = (text[i + k] & 0xc0) == 0x80; }
        if (!good) {
            flow_problem_error(r->problems, mark(r, line, i - start + 1),
                               c == 0 ? "a zero byte: this is no text file"
                                      : "byte 0x%02x is no UTF-8: save the file as UTF-8",
                               (unsigned int)c);
            return;
        }
        i += n;
    }
}

flow_err flow_table_parse(const char *name, const char *text, int64_t size,
                          const flow_table_options *options, flow_problems *problems,
                          flow_table **out)
{
    *out = NULL;
    const flow_table_options plain = {0};
    flow_table *t = flow_calloc(1, sizeof *t);
    if (t == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for table %s", name); }
    t->name = flow_strdup(name);
    t->buffer = flow_calloc(2 * size + 2, 1); // every cell may need its own ending zero
    t->row = flow_calloc(2, sizeof *t->row);
    t->size_row = 2;
    reader r = {.text = text, .size = size, .line = 1, .table = t, .problems = problems};
    r.no_memory = t->name == NULL || t->buffer == NULL || t->row == NULL;
    if (!r.no_memory) {
        if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { r.at = r.line_start = 3; }
        const int64_t before = problems->n_error;
        check_text(&r);
        if (problems->n_error == before) { read_all(&r, options != NULL ? options : &plain); }
    }
    if (r.no_memory) {
        flow_table_free(t);
        return flow_fail(FLOW_ENOMEM, "no memory for table %s", name);
    }
    *out = t;
    return FLOW_OK;
}

void flow_table_free(flow_table *t)
{
    if (t == NULL) { return; }
    flow_dealloc(t->name);
    flow_dealloc(t->buffer);
    flow_dealloc(t->cell);
    flow_dealloc(t->row);
    flow_dealloc(t->head);
    flow_dealloc(t);
}

int64_t flow_table_n_row(const flow_table *t)
{
    return t->n_row;
}
int32_t flow_table_n_column(const flow_table *t)
{
    return t->n_column;
}

int32_t flow_table_n_cell(const flow_table *t, int64_t row)
{
    return (int32_t)(t->row[row + 1] - t->row[row]);
}

const char *flow_table_name(const flow_table *t, int32_t column)
{
    return t->has_head && column >= 0 && column < t->n_column ? t->buffer + t->head[column].text
                                                              : "";
}

const char *flow_table_text(const flow_table *t, int64_t row, int32_t column)
{
    if (column < 0 || column >= flow_table_n_cell(t, row)) { return ""; }
    return t->buffer + t->cell[t->row[row] + column].text;
}

flow_mark flow_table_mark(const flow_table *t, int64_t row, int32_t column)
{
    if (row < 0 || row >= t->n_row) { return (flow_mark){t->name, 0, 0}; }
    const int32_t n = flow_table_n_cell(t, row);
    const bool there = column >= 0 && column < n;
    const cell *c = &t->cell[t->row[row] + (there ? column : 0)];
    return (flow_mark){t->name, c->line, there ? c->column : 0};
}

flow_mark flow_table_head_mark(const flow_table *t, int32_t column)
{
    if (!t->has_head || column < 0 || column >= t->n_column) {
        return (flow_mark){t->name, t->has_head && t->n_column > 0 ? t->head[0].line : 1, 0};
    }
    return (flow_mark){t->name, t->head[column].line, t->head[column].column};
}

int32_t flow_table_find(const flow_table *t, const char *aliases)
{
    for (const char *word = aliases; *word != '\0';) {
        const size_t n = strcspn(word, ",");
        for (int32_t i = 0; i < t->n_column; i++) {
            const char *name = flow_table_name(t, i);
            if (strlen(name) == n && strncasecmp(name, word, n) == 0) { return i; }
        }
        word += n + (word[n] == ',');
    }
    return -1;
}

int32_t flow_table_need(const flow_table *t, const char *aliases, flow_problems *problems)
{
    const int32_t found = flow_table_find(t, aliases);
    if (found >= 0) { return found; }
    char first[64], q[64];
    (void)snprintf(first, sizeof first, "%.*s", (int)strcspn(aliases, ","), aliases);
    const char *near = NULL;
    for (int32_t i = 0; i < t->n_column && near == NULL; i++) {
        const char *name = flow_table_name(t, i);
        if (flow_nearest(name, (const char *const[]){first}, 1) != NULL) { near = name; }
    }
    flow_problem_error(problems, flow_table_head_mark(t, -1),
                       "column '%s' is missing (accepted names: %s)%s%s%s", first, aliases,
                       near != NULL ? "; is it '" : "", near != NULL ? flow_quote(near, q) : "",
                       near != NULL ? "'?" : "");
    return -1;
}

bool flow_table_number(const flow_table *t, int64_t row, int32_t column, const char *what,
                       const char *unit, double min, double max, double empty,
                       flow_problems *problems, double *out)
{
    const char *text = flow_table_text(t, row, column);
    char q[64];
    if (*text == '\0' && !isnan(empty)) {
        *out = empty;
        return true;
    }
    if (*text == '\0') {
        flow_problem_error(problems, flow_table_mark(t, row, column),
                           "%s is empty, a number was expected (%g to %g%s%s)", what, min, max,
                           *unit ? " " : "", unit);
        return false;
    }
    if (!flow_number_parse(text, out)) {
        flow_problem_error(problems, flow_table_mark(t, row, column),
                           "%s '%s' is not a number (expected %g to %g%s%s)", what,
                           flow_quote(text, q), min, max, *unit ? " " : "", unit);
        return false;
    }
    if (*out < min || *out > max) {
        flow_problem_error(problems, flow_table_mark(t, row, column),
                           "%s = %g is outside [%g, %g]%s%s", what, *out, min, max,
                           *unit ? " " : "", unit);
        return false;
    }
    return true;
}

bool flow_table_integer(const flow_table *t, int64_t row, int32_t column, const char *what,
                        const char *unit, int64_t min, int64_t max, double empty,
                        flow_problems *problems, int64_t *out)
{
    double value;
    if (!flow_table_number(t, row, column, what, unit, (double)min, (double)max, empty, problems,
                           &value)) {
        return false;
    }
    if (value != floor(value)) {
        flow_problem_error(problems, flow_table_mark(t, row, column),
                           "%s = %.15g is no whole number%s%s", what, value, *unit ? " of " : "",
                           unit);
        return false;
    }
    *out = (int64_t)value;
    return true;
}

bool flow_table_date(const flow_table *t, int64_t row, int32_t column, const char *what,
                     flow_problems *problems, int32_t *out)
{
    const char *text = flow_table_text(t, row, column);
    if (flow_date_parse(text, out)) { return true; }
    char q[64];
    flow_problem_error(problems, flow_table_mark(t, row, column),
                       "%s '%s' is no date (expected YYYY-MM-DD)", what, flow_quote(text, q));
    return false;
}
