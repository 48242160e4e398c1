// FLEE folders: flood_level.csv and region_attributes_IPC.csv.
#include "load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// Days are counted by lines: too few are an error, other numbers a warning.
void flow_load_flee_days(flow_loader *l, const flow_table *t)
{
    const int64_t n_row = flow_table_n_row(t);
    if (n_row < l->s->n_step) {
        flow_problem_error(&l->problems, (flow_mark){.file = flow_table_head_mark(t, 0).file},
                           "the table has %lld days, the period needs %d", (long long)n_row,
                           (int)l->s->n_step);
    }
    for (int64_t row = 0; row < n_row; row++) {
        double day = 0.0;
        const char *text = flow_table_text(t, row, 0);
        if (flow_number_parse(text, &day) && day == (double)row) { continue; }
        char shown[64];
        flow_problem_warning(&l->problems, flow_table_mark(t, row, 0),
                             "day '%s' stands where day %lld was expected; days are counted by "
                             "lines",
                             flow_quote(text, shown), (long long)row);
        return;
    }
}

int32_t flow_load_flee_column(flow_loader *l, const flow_table *t, int32_t column)
{
    const char *name = flow_table_name(t, column);
    if (*name == '\0') { return -1; }
    const int32_t place = flow_load_find(l, name);
    if (place >= 0) { return place; }
    char shown[64];
    const char *near = flow_load_nearest(l, name);
    flow_problem_warning(&l->problems, flow_table_head_mark(t, column),
                         "column '%s' is no place and is left out%s%s%s", flow_quote(name, shown),
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return -1;
}

// flood_level.csv --------------------------------------------------------------------------------

static void flood_column(flow_loader *l, const flow_table *t, int32_t c, double *out)
{
    const flow_scenario *s = l->s;
    const int64_t n_row = flow_table_n_row(t) < s->n_step ? flow_table_n_row(t) : s->n_step;
    for (int64_t day = 0; day < n_row; day++) {
        double level = 0.0;
        if (!flow_table_number(t, day, c, "flood level", "", 0.0, FLOW_MOST_FLOOD, (double)NAN,
                               &l->problems, &level)) {
            return; // one message a column is enough
        }
        out[day] = s->set.quirks.whole_flood_levels ? floor(level) : level;
    }
}

static flow_err read_floods(flow_loader *l, const flow_table *t)
{
    flow_scenario *s = l->s;
    flow_load_flee_days(l, t);
    FLOW_TRY(flow_load_daily(l, flow_table_n_column(t), &s->flood));
    int32_t n = 0;
    for (int32_t c = 1; c < flow_table_n_column(t); c++) {
        const int32_t place = flow_load_flee_column(l, t, c);
        if (place < 0) { continue; }
        flood_column(l, t, c, &s->flood.value[(int64_t)n * s->n_step]);
        s->flood.row[place] = n++;
    }
    s->flood.n = n;
    return FLOW_OK;
}

// region_attributes_IPC.csv ----------------------------------------------------------------------

/// Days of the lines, which must rise and hold the whole period; false after a problem.
static bool food_days(flow_loader *l, const flow_table *t, int32_t *day)
{
    const int64_t n = flow_table_n_row(t);
    for (int64_t row = 0; row < n; row++) {
        int64_t number = 0;
        if (!flow_table_integer(t, row, 0, "day", "days", -1000000, 1000000, (double)NAN,
                                &l->problems, &number)) {
            return false;
        }
        day[row] = (int32_t)number;
        if (row == 0 || day[row] > day[row - 1]) { continue; }
        flow_problem_error(&l->problems, flow_table_mark(t, row, 0),
                           "day %d is not after the one before it", (int)day[row]);
        return false;
    }
    if (n > 0 && day[0] <= 0 && day[n - 1] >= l->s->n_step - 1) { return true; }
    flow_problem_error(&l->problems, (flow_mark){.file = flow_table_head_mark(t, 0).file},
                       "the table must hold days 0 to %d, from the first to the last one",
                       (int)l->s->n_step - 1);
    return false;
}

/// Percent of a region, linear between lines.
static void food_column(flow_loader *l, const flow_table *t, int32_t c, const int32_t *day,
                        double *out)
{
    const int32_t n_step = l->s->n_step;
    double before = 0.0;
    for (int64_t row = 0; row < flow_table_n_row(t); row++) {
        double percent = 0.0;
        if (!flow_table_number(t, row, c, "people without food", "%", 0.0, 100.0, (double)NAN,
                               &l->problems, &percent)) {
            return;
        }
        const int32_t from = row > 0 ? day[row - 1] : day[row];
        for (int32_t d = from < 0 ? 0 : from; d <= day[row] && d < n_step; d++) {
            const double share = row > 0 ? (double)(d - from) / (day[row] - from) : 1.0;
            out[d] = before + share * (percent - before);
        }
        before = percent;
    }
}

static flow_err read_food(flow_loader *l, const flow_table *t, int32_t *day)
{
    flow_scenario *s = l->s;
    FLOW_TRY(flow_load_daily(l, flow_table_n_column(t), &s->food));
    if (!food_days(l, t, day)) { return FLOW_OK; }
    for (int32_t c = 1; c < flow_table_n_column(t); c++) {
        if (*flow_table_name(t, c) == '\0') { continue; }
        food_column(l, t, c, day, &s->food.value[(int64_t)c * s->n_step]);
    }
    for (int32_t p = 0; p < s->n_place; p++) {
        for (int32_t c = 1; c < flow_table_n_column(t); c++) {
            if (strcmp(flow_table_name(t, c), s->place_region[p]) == 0) { s->food.row[p] = c; }
        }
        if (s->food.row[p] >= 0) { continue; }
        char place[64], region[64];
        flow_problem_error(&l->problems, (flow_mark){.file = flow_table_head_mark(t, 0).file},
                           "region '%s' of place '%s' has no column",
                           flow_quote(s->place_region[p], region),
                           flow_quote(s->place_name[p], place));
    }
    return FLOW_OK;
}

// ------------------------------------------------------------------------------------------------

flow_err flow_load_flee_hazards(flow_loader *l, const char *input)
{
    char name[64];
    flow_table *t = NULL;
    flow_err err = FLOW_OK;
    if (l->s->n_place == 0) { return FLOW_OK; }
    (void)snprintf(name, sizeof name, "%sflood_level.csv", input);
    if (flow_load_asks_floods(l->s)) {
        FLOW_TRY(flow_load_table(l, name, "it gives the level of the flood at places on each day",
                                 NULL, &t));
        if (t != NULL) { err = read_floods(l, t); }
        flow_table_free(t);
        FLOW_TRY(err);
    } else if (flow_file_exists(&l->files, name)) {
        flow_problem_warning(&l->problems, (flow_mark){.file = name},
                             "the file is not used: no rule for floods is on");
    }
    (void)snprintf(name, sizeof name, "%sregion_attributes_IPC.csv", input);
    if (!flow_load_asks_food(l->s)) {
        if (flow_file_exists(&l->files, name)) {
            flow_problem_warning(&l->problems, (flow_mark){.file = name},
                                 "the file is not used: no rule for food is on");
        }
        return FLOW_OK;
    }
    FLOW_TRY(flow_load_table(l, name, "it gives the percent of people without food by region", NULL,
                             &t));
    if (t == NULL) { return FLOW_OK; }
    int32_t *day = flow_calloc(flow_table_n_row(t), sizeof *day);
    err = day == NULL ? flow_fail(FLOW_ENOMEM, "no memory for days of food") : read_food(l, t, day);
    flow_dealloc(day);
    flow_table_free(t);
    return err;
}
