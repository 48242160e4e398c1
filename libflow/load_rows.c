// Tables of modules: from described columns to numbers.
#include "load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct flow_place_series {
    const int64_t *first; ///< [n_place + 1]
    const int64_t *row;   ///< [n_row] rows of the table by place, then by date
    const double *day;    ///< [n_row] their dates
};

/// First of the names of a column.
static const char *short_name(const flow_field *f, char out[static 64])
{
    size_t n = strcspn(f->key, ",");
    if (n > 63) { n = 63; }
    memcpy(out, f->key, n);
    out[n] = '\0';
    return out;
}

/// "05 March 2021", as ACLED's downloads write it.
static bool long_date(const char *text, int32_t *day)
{
    static const char *const month[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    char *end;
    if (*text < '0' || *text > '9') { return false; }
    const long d = strtol(text, &end, 10);
    if (d < 1 || d > 31 || *end != ' ') { return false; }
    for (int m = 0; m < 12; m++) {
        const size_t n = strlen(month[m]);
        if (strncasecmp(end + 1, month[m], n) != 0 || end[1 + n] != ' ') { continue; }
        const char *year = end + 2 + n;
        if (strlen(year) != 4 || strspn(year, "0123456789") != 4) { return false; }
        const int tens = m + 1;
        const char iso[] = {year[0],
                            year[1],
                            year[2],
                            year[3],
                            '-',
                            (char)('0' + tens / 10),
                            (char)('0' + tens % 10),
                            '-',
                            (char)('0' + d / 10),
                            (char)('0' + d % 10),
                            '\0'};
        return flow_date_parse(iso, day);
    }
    return false;
}

/// "2005-08-28T15:30", any time of a day as a fraction of it.
static bool date_and_time(const char *text, double *day)
{
    char date[11] = "";
    int32_t number = 0;
    if (strlen(text) != 16 || (text[10] != 'T' && text[10] != ' ') || text[13] != ':') {
        return false;
    }
    memcpy(date, text, 10);
    for (int i = 11; i < 16; i++) {
        if (i != 13 && (text[i] < '0' || text[i] > '9')) { return false; }
    }
    const int hour = 10 * (text[11] - '0') + text[12] - '0';
    const int minute = 10 * (text[14] - '0') + text[15] - '0';
    if (hour > 24 || minute > 59 || (hour == 24 && minute > 0)) { return false; }
    if (!flow_date_parse(date, &number)) { return false; }
    *day = number + (hour * 60 + minute) / 1440.0;
    return true;
}

static bool choice(flow_loader *l, const flow_table *t, int64_t row, int32_t c, const flow_field *f,
                   const char *what, double *out)
{
    const char *text = flow_table_text(t, row, c);
    const size_t n = strlen(text);
    int32_t index = 0;
    for (const char *at = f->choices; *at != '\0'; index++) {
        const size_t width = strcspn(at, "|");
        if (width == n && strncasecmp(at, text, n) == 0) {
            *out = index;
            return true;
        }
        at += width + (at[width] == '|');
    }
    char shown[64];
    flow_problem_error(&l->problems, flow_table_mark(t, row, c), "%s '%s' is none of %s", what,
                       flow_quote(text, shown), f->choices);
    return false;
}

/// Index of a country by its name, -1 after a problem.
static int32_t country(flow_loader *l, const flow_table *t, int64_t row, int32_t c,
                       const char *what)
{
    const flow_scenario *s = l->s;
    const char *text = flow_table_text(t, row, c);
    for (int32_t i = 0; i < s->n_country; i++) {
        if (strcmp(s->country_name[i], text) == 0) { return i; }
    }
    char shown[64];
    const char *near = flow_nearest(text, (const char *const *)s->country_name, s->n_country);
    flow_problem_error(&l->problems, flow_table_mark(t, row, c),
                       "%s '%s' is no country of the list of places%s%s%s", what,
                       flow_quote(text, shown), near ? "; did you mean '" : "", near ? near : "",
                       near ? "'?" : "");
    return -1;
}

/// The number of a cell that is not empty; left alone after a problem.
static void cell(flow_loader *l, const flow_table *t, int64_t row, int32_t c, const flow_field *f,
                 double *out)
{
    char what[64];
    const double none = (double)NAN;
    const char *unit = strcmp(f->unit, "1") == 0 ? "" : f->unit;
    const char *text = flow_table_text(t, row, c);
    int64_t whole = 0;
    int32_t number = 0;
    (void)short_name(f, what);
    switch (f->type) {
    case FLOW_DOUBLE:
        (void)flow_table_number(t, row, c, what, unit, f->min, f->max, none, &l->problems, out);
        break;
    case FLOW_INT:
        if (flow_table_integer(t, row, c, what, unit, (int64_t)f->min, (int64_t)f->max, none,
                               &l->problems, &whole)) {
            *out = (double)whole;
        }
        break;
    case FLOW_BOOL:
        if (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0) {
            *out = (text[0] | 0x20) == 't';
        } else {
            char shown[64];
            flow_problem_error(&l->problems, flow_table_mark(t, row, c),
                               "%s '%s' is not true or false", what, flow_quote(text, shown));
        }
        break;
    case FLOW_CHOICE: (void)choice(l, t, row, c, f, what, out); break;
    case FLOW_DATE:
        if (date_and_time(text, out)) {
            *out -= l->s->start;
        } else if (long_date(text, &number)) {
            *out = number - l->s->start;
        } else if (flow_load_day(l, t, row, c, what, INT32_MIN, &number)) {
            *out = number;
        }
        break;
    case FLOW_PLACE: *out = flow_load_need(l, text, what, flow_table_mark(t, row, c)); break;
    case FLOW_COUNTRY: *out = country(l, t, row, c, what); break;
    case FLOW_TEXT:
    case FLOW_KEYS:
    case FLOW_LIST: break; // texts are kept as they are, lists have no place in a table
    }
}

/// All rows of one column.
static flow_err column(flow_loader *l, const flow_table *t, int32_t c, const flow_field *f,
                       double *value, const char **text)
{
    double fallback = (double)NAN;
    if (f->fallback != NULL) { (void)flow_number_parse(f->fallback, &fallback); }
    for (int64_t row = 0; row < flow_table_n_row(t); row++) {
        const char *found = c < 0 ? "" : flow_table_text(t, row, c);
        value[row] = fallback;
        if (text != NULL) {
            text[row] =
                *found == '\0' && f->fallback != NULL ? f->fallback : flow_keep_text(l->s, found);
            if (text[row] == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a table"); }
        }
        if (*found == '\0') {
            char what[64];
            if (f->fallback == NULL) {
                flow_problem_error(&l->problems, flow_table_mark(t, row, c), "%s is empty",
                                   short_name(f, what));
            }
            continue;
        }
        cell(l, t, row, c, f, &value[row]);
    }
    return FLOW_OK;
}

static int32_t count_columns(const flow_module_table *table)
{
    int32_t n = 0;
    while (table->column[n].key != NULL) { n++; }
    return n;
}

/// A warning for each column of the file that is neither read nor known.
static flow_err other_columns(flow_loader *l, const flow_module_table *table, const flow_table *t)
{
    size_t size = (table->other != NULL ? strlen(table->other) : 0) + 1;
    for (const flow_field *f = table->column; f->key != NULL; f++) { size += strlen(f->key) + 1; }
    char *known = flow_calloc((int64_t)size, 1);
    if (known == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a table"); }
    size_t n = 0;
    for (const flow_field *f = table->column; f->key != NULL; f++) {
        const size_t width = strlen(f->key);
        memcpy(known + n, f->key, width);
        n += width;
        known[n++] = ',';
    }
    if (table->other != NULL) { memcpy(known + n, table->other, strlen(table->other)); }
    flow_load_other_columns(l, t, known);
    flow_dealloc(known);
    return FLOW_OK;
}

const char *flow_load_file_of(const flow_use *use, const flow_module_table *table)
{
    const flow_field *f = use->module->field;
    while (strcmp(f->key, table->key) != 0) { f++; } // flow_module_check() saw it
    char *name;
    memcpy(&name, (const char *)use->block + FLOW_MODULE_PARAM + f->offset, sizeof name);
    return name != NULL ? name : "";
}

flow_err flow_load_idle(flow_loader *l, const char *name)
{
    const char *text, *shown;
    int64_t size;
    if (*name == '\0' || !flow_file_exists(&l->files, name)) { return FLOW_OK; }
    return flow_load_text(l, name, NULL, &text, &size, &shown);
}

/// Dates that are far older than the period are taken for a mistake: days.
enum { LONG_AGO = 366 };

/// A warning where a table can have no effect: no rows, or none near the period.
static void idle_table(flow_loader *l, const flow_module_table *table, const flow_rows *rows,
                       const flow_table *t, const int32_t *found)
{
    if (rows->n == 0) {
        flow_problem_warning(&l->problems, flow_table_mark(t, -1, -1),
                             "the table has no rows, so it has no effect");
        return;
    }
    const double days = l->s->n_step * l->s->dt;
    for (int32_t c = 0; table->column[c].key != NULL; c++) {
        if (table->column[c].type != FLOW_DATE || found[c] < 0) { continue; }
        int64_t first = -1, last = -1;
        for (int64_t i = 0; i < rows->n; i++) {
            const double day = rows->value[c][i];
            if (!isfinite(day)) { return; } // an open end, or an error that was told
            if (first < 0 || day < rows->value[c][first]) { first = i; }
            if (last < 0 || day > rows->value[c][last]) { last = i; }
        }
        if (rows->value[c][first] >= days) {
            flow_problem_warning(&l->problems, flow_table_mark(t, first, found[c]),
                                 "the first date is after the period, so the table has no effect "
                                 "or is held back to all of it");
        } else if (rows->value[c][last] < -LONG_AGO) {
            flow_problem_warning(&l->problems, flow_table_mark(t, last, found[c]),
                                 "the last date is more than a year before the period");
        }
    }
}

flow_err flow_load_rows(flow_loader *l, const flow_use *use, const flow_module_table *table,
                        flow_rows *out, flow_table **t)
{
    const int32_t n_column = count_columns(table);
    bool *given = flow_keep(l->s, n_column, sizeof *given);
    double **value = flow_keep(l->s, n_column, sizeof *value);
    const char ***text = flow_keep(l->s, n_column, sizeof *text);
    if (given == NULL || value == NULL || text == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for a table");
    }
    *out = (flow_rows){.given = given,
                       .value = (const double *const *)value,
                       .text = (const char *const *const *)text};
    const char *name = flow_load_file_of(use, table);
    const char *needed = table->needed ? table->help : NULL;
    if (*name == '\0') {
        if (table->needed) {
            flow_problem_error(&l->problems, flow_load_mark(l, use, table->key),
                               "%s.%s: the name of a file was expected; %s", use->key, table->key,
                               table->help);
        }
        return FLOW_OK;
    }
    FLOW_TRY(flow_load_table(l, name, needed, NULL, t));
    if (*t == NULL) { return FLOW_OK; }
    int32_t found[FLOW_MODULE_MOST_COLUMNS];
    const int64_t before = l->problems.n_error;
    for (int32_t i = 0; i < n_column; i++) {
        const flow_field *f = &table->column[i];
        found[i] = f->fallback == NULL ? flow_table_need(*t, f->key, &l->problems)
                                       : flow_table_find(*t, f->key);
        given[i] = found[i] >= 0;
    }
    FLOW_TRY(other_columns(l, table, *t));
    if (l->problems.n_error > before) { return FLOW_OK; } // without its columns no row makes sense
    const int64_t n = flow_table_n_row(*t);
    for (int32_t i = 0; i < n_column; i++) {
        const flow_field *f = &table->column[i];
        value[i] = flow_keep(l->s, n, sizeof **value);
        if (f->type == FLOW_TEXT) { text[i] = flow_keep(l->s, n, sizeof **text); }
        if (value[i] == NULL || (f->type == FLOW_TEXT && text[i] == NULL)) {
            return flow_fail(FLOW_ENOMEM, "no memory for a table");
        }
        FLOW_TRY(column(l, *t, found[i], f, value[i], text[i]));
    }
    out->n = n;
    if (l->problems.n_error == before) { idle_table(l, table, out, *t, found); }
    return FLOW_OK;
}

// Series -----------------------------------------------------------------------------------------

typedef struct dated {
    int32_t place;
    double day;
    int64_t row;
} dated;

static int by_place_and_day(const void *a, const void *b)
{
    const dated *x = a;
    const dated *y = b;
    if (x->place != y->place) { return x->place < y->place ? -1 : 1; }
    if (x->day < y->day || x->day > y->day) { return x->day < y->day ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

flow_err flow_setup_series(flow_setup *setup, int32_t table, int32_t place, int32_t date,
                           const flow_place_series **out)
{
    const flow_rows *rows = &setup->rows[table];
    const int32_t n_place = setup->world->n_place;
    *out = NULL;
    flow_place_series *series = flow_setup_keep(setup, 1, sizeof *series);
    int64_t *first = flow_setup_keep(setup, (int64_t)n_place + 1, sizeof *first);
    int64_t *row = flow_setup_keep(setup, rows->n, sizeof *row);
    double *day = flow_setup_keep(setup, rows->n, sizeof *day);
    dated *list = flow_calloc(rows->n, sizeof *list);
    if (series == NULL || first == NULL || row == NULL || day == NULL || list == NULL) {
        flow_dealloc(list);
        return flow_fail(FLOW_ENOMEM, "no memory for a series");
    }
    for (int64_t i = 0; i < rows->n; i++) {
        list[i] = (dated){(int32_t)rows->value[place][i], rows->value[date][i], i};
    }
    if (rows->n > 0) { qsort(list, (size_t)rows->n, sizeof *list, by_place_and_day); }
    for (int64_t i = 0; i < rows->n; i++) {
        const dated *one = &list[i];
        first[one->place + 1] = i + 1;
        row[i] = one->row;
        day[i] = one->day;
        if (i > 0 && one[-1].place == one->place && !(one[-1].day < one->day)) {
            char shown[64];
            flow_setup_error(setup, table, one->row, date,
                             "'%s' has a row of this day already, row %lld of the data",
                             flow_quote(setup->world->place_name[one->place], shown),
                             (long long)one[-1].row + 1);
        }
    }
    for (int32_t p = 0; p < n_place; p++) {
        if (first[p + 1] < first[p]) { first[p + 1] = first[p]; }
    }
    flow_dealloc(list);
    *series = (flow_place_series){first, row, day};
    *out = series;
    return FLOW_OK;
}

/// Number of the first row of a place that begins after a day.
static int64_t first_after(const flow_place_series *series, int32_t place, double day)
{
    int64_t low = series->first[place], high = series->first[place + 1];
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (series->day[middle] > day + 1e-6) { // days of short steps are sums of fractions
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

int64_t flow_place_series_row(const flow_place_series *series, int32_t place, double day)
{
    const int64_t next = first_after(series, place, day);
    return next > series->first[place] ? series->row[next - 1] : -1;
}

double flow_place_series_next(const flow_place_series *series, int32_t place, double day)
{
    const int64_t next = first_after(series, place, day);
    return next < series->first[place + 1] ? series->day[next] : (double)INFINITY;
}
