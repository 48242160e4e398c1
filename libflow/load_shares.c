// The table of shares (an origin-destination table), and functions of the program in its place.
#include "load.h"
#include "shares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SHARE 1e15

/// A row of the file.
typedef struct share_row {
    int32_t origin, destination, cause, day;
    double share;
    int64_t row;
} share_row;

typedef struct share_columns {
    int32_t origin, destination, share, cause, date;
} share_columns;

static int by_block(const void *a, const void *b)
{
    const share_row *x = a;
    const share_row *y = b;
    if (x->origin != y->origin) { return x->origin < y->origin ? -1 : 1; }
    if (x->cause != y->cause) { return x->cause < y->cause ? -1 : 1; }
    if (x->day != y->day) { return x->day < y->day ? -1 : 1; }
    if (x->destination != y->destination) { return x->destination < y->destination ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

static int by_number(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static flow_err no_memory(void)
{
    return flow_fail(FLOW_ENOMEM, "no memory for the table of shares");
}

// Questions --------------------------------------------------------------------------------------

const flow_share_block *flow_shares_find(const flow_shares *shares, int32_t origin, int32_t cause,
                                         int32_t step)
{
    const flow_share_block *own = NULL, *common = NULL;
    for (int64_t i = shares->of[origin]; i < shares->of[origin + 1]; i++) {
        const flow_share_block *block = &shares->block[i];
        if (block->step > step) { continue; } // later ones stand behind
        if (block->cause == cause) { own = block; }
        if (block->cause < 0) { common = block; }
    }
    return own != NULL ? own : common;
}

double flow_shares_of(const flow_shares *shares, const flow_share_block *block, int32_t place)
{
    int64_t low = block->first, high = block->first + block->n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (shares->place[middle] < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < block->first + block->n && shares->place[low] == place ? shares->share[low] : 0.0;
}

int32_t flow_shares_epoch(const flow_shares *shares, int32_t step)
{
    int32_t low = 0, high = shares->n_step;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (shares->step[middle] <= step) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

flow_err flow_shares_ties(const flow_shares *shares, int32_t n_place, const int64_t *other_first,
                          const int32_t *other, int64_t **first, int32_t **place)
{
    int64_t most = other_first != NULL ? other_first[n_place] : 0;
    for (int32_t b = 0; b < shares->n_block; b++) { most += shares->block[b].n; }
    *first = flow_calloc((int64_t)n_place + 1, sizeof **first);
    *place = flow_calloc(most, sizeof **place);
    if (*first == NULL || *place == NULL) { return no_memory(); }
    int64_t n = 0;
    for (int32_t p = 0; p < n_place; p++) {
        const int64_t begin = n;
        for (int64_t b = shares->of[p]; b < shares->of[p + 1]; b++) {
            const flow_share_block *block = &shares->block[b];
            for (int64_t i = block->first; i < block->first + block->n; i++) {
                if (shares->place[i] != p) { (*place)[n++] = shares->place[i]; }
            }
        }
        for (int64_t i = other_first != NULL ? other_first[p] : 0;
             other_first != NULL && i < other_first[p + 1]; i++) {
            (*place)[n++] = other[i];
        }
        int32_t *list = *place + begin;
        if (n - begin > 1) { qsort(list, (size_t)(n - begin), sizeof *list, by_number); }
        int64_t kept = begin; // each once
        for (int64_t i = begin; i < n; i++) {
            if (i == begin || (*place)[i] != (*place)[i - 1]) { (*place)[kept++] = (*place)[i]; }
        }
        n = kept;
        (*first)[p + 1] = n;
    }
    return FLOW_OK;
}

// Reading ----------------------------------------------------------------------------------------

static const char *cause_name(int32_t cause)
{
    int32_t n;
    return flow_by_terms(FLOW_BY_CAUSE, &n)[cause].name;
}

/// Cause of a cell, -1: all; false after a problem.
static bool cause_of(flow_loader *l, const flow_table *t, int64_t row, int32_t column, int32_t *out)
{
    const char *text = column < 0 ? "" : flow_table_text(t, row, column);
    *out = -1;
    if (*text == '\0') { return true; }
    const char *known[FLOW_N_CAUSE];
    for (int32_t c = 0; c < FLOW_N_CAUSE; c++) {
        known[c] = cause_name(c);
        if (strcmp(text, known[c]) == 0) { *out = c; }
    }
    char shown[64];
    if (*out < 0) {
        const char *near = flow_nearest(text, known, FLOW_N_CAUSE);
        flow_problem_error(&l->problems, flow_table_mark(t, row, column),
                           "'%s' is no cause of leaving%s%s%s", flow_quote(text, shown),
                           near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                           near != NULL ? "'?" : "");
        return false;
    }
    if (*out == FLOW_CAUSE_RETURN || flow_choice_kind(&l->s->set, *out) != FLOW_TO_TABLE) {
        flow_problem_error(&l->problems, flow_table_mark(t, row, column),
                           "shares are given for %s, but %s", text,
                           *out == FLOW_CAUSE_RETURN ? "those who return go home"
                                                     : "its kind of destination is not table");
        return false;
    }
    return true;
}

/// A destination at home is for those who may stay.
static bool may_stay(const flow_settings *set, int32_t cause)
{
    bool all = true;
    for (int32_t c = 0; c < FLOW_N_CAUSE; c++) {
        const bool counts = c != FLOW_CAUSE_RETURN && (cause < 0 || cause == c) &&
                            flow_choice_kind(set, c) == FLOW_TO_TABLE;
        all = all && (!counts || set->choice[c].may_stay);
    }
    return all;
}

static bool place_of(flow_loader *l, const flow_table *t, int64_t row, int32_t column,
                     const char *what, int32_t *out)
{
    *out =
        flow_load_need(l, flow_table_text(t, row, column), what, flow_table_mark(t, row, column));
    if (*out < 0) { return false; }
    if (l->s->place_kind[*out] != FLOW_MARKER) { return true; }
    flow_problem_error(&l->problems, flow_table_mark(t, row, column),
                       "a marker is only a point on the road: nobody leaves it or goes there");
    return false;
}

/// One row; false after a problem.
static bool read_row(flow_loader *l, const flow_table *t, int64_t row, const share_columns *c,
                     share_row *out)
{
    *out = (share_row){.row = row, .day = INT32_MIN};
    bool good = place_of(l, t, row, c->origin, "origin", &out->origin);
    good &= place_of(l, t, row, c->destination, "destination", &out->destination);
    good &= cause_of(l, t, row, c->cause, &out->cause);
    good &= flow_table_number(t, row, c->share, "share", "", 0.0,
                              l->s->set.destination.scale ? MOST_SHARE : 1.0, (double)NAN,
                              &l->problems, &out->share);
    if (c->date >= 0 && *flow_table_text(t, row, c->date) != '\0') {
        good &= flow_load_day(l, t, row, c->date, "date", INT32_MIN, &out->day);
    }
    if (good && out->origin == out->destination && !may_stay(&l->s->set, out->cause)) {
        flow_problem_error(&l->problems, flow_table_mark(t, row, c->destination),
                           "the destination is the origin, but staying is no choice (may_stay of "
                           "the cause)");
        good = false;
    }
    return good;
}

/// The rows of one block, in order; n of them.
static flow_err add_block(flow_loader *l, const flow_table *t, const share_row *row, int32_t n,
                          int64_t first, flow_shares *out)
{
    double sum = 0.0;
    for (int32_t i = 0; i < n; i++) {
        sum += row[i].share;
        if (i > 0 && row[i].destination == row[i - 1].destination) {
            flow_problem_error(&l->problems, flow_table_mark(t, row[i].row, 0),
                               "this destination has a share already in line %d",
                               (int)flow_table_mark(t, row[i - 1].row, 0).line);
            return FLOW_OK;
        }
    }
    const char *origin = l->s->place_name[row[0].origin];
    char shown[64];
    const bool scale = l->s->set.destination.scale;
    if (!(sum > 0.0) || (!scale && fabs(sum - 1.0) > 1e-6)) {
        flow_problem_error(&l->problems, flow_table_mark(t, row[0].row, 0),
                           "the shares of '%s' add up to %.7g%s", flow_quote(origin, shown), sum,
                           scale ? "" : ", not to 1 (destination.scale divides them by their sum)");
        return FLOW_OK;
    }
    const double step = row[0].day == INT32_MIN ? INT32_MIN : floor(row[0].day / l->s->dt + 1e-6);
    out->block[out->n_block++] = (flow_share_block){.origin = row[0].origin,
                                                    .cause = row[0].cause,
                                                    .step = (int32_t)fmax(step, (double)INT32_MIN),
                                                    .n = n,
                                                    .first = first};
    for (int32_t i = 0; i < n; i++) {
        out->place[first + i] = row[i].destination;
        out->share[first + i] = row[i].share / sum;
    }
    return FLOW_OK;
}

static flow_err fill(flow_loader *l, const flow_table *t, const share_row *row, int64_t n,
                     flow_shares *out)
{
    flow_scenario *s = l->s;
    out->block = flow_keep(s, n, sizeof *out->block);
    out->of = flow_keep(s, (int64_t)s->n_place + 1, sizeof *out->of);
    out->place = flow_keep(s, n, sizeof *out->place);
    out->share = flow_keep(s, n, sizeof *out->share);
    out->step = flow_keep(s, n, sizeof *out->step);
    if (out->block == NULL || out->of == NULL || out->place == NULL || out->share == NULL ||
        out->step == NULL) {
        return no_memory();
    }
    for (int64_t first = 0, end = 0; first < n; first = end) {
        const share_row *at = &row[first];
        while (end < n && row[end].origin == at->origin && row[end].cause == at->cause &&
               row[end].day == at->day) {
            end++;
        }
        FLOW_TRY(add_block(l, t, at, (int32_t)(end - first), first, out));
    }
    for (int32_t b = 0; b < out->n_block; b++) {
        out->of[out->block[b].origin + 1] = b + 1;
        out->step[b] = out->block[b].step;
    }
    for (int32_t p = 0; p < s->n_place; p++) {
        if (out->of[p + 1] < out->of[p]) { out->of[p + 1] = out->of[p]; }
    }
    if (out->n_block > 1) { qsort(out->step, (size_t)out->n_block, sizeof *out->step, by_number); }
    for (int32_t b = 0; b < out->n_block; b++) {
        if (b == 0 || out->step[b] != out->step[b - 1]) { out->step[out->n_step++] = out->step[b]; }
    }
    return FLOW_OK;
}

/// Every origin has shares for every cause from the first step on, where they must be there.
static void check_whole(flow_loader *l, const flow_shares *shares, flow_mark at)
{
    const flow_scenario *s = l->s;
    if (s->set.destination.missing != FLOW_MISSING_REFUSE) { return; }
    for (int32_t c = 0; c < FLOW_N_CAUSE; c++) {
        if (c == FLOW_CAUSE_RETURN || flow_choice_kind(&s->set, c) != FLOW_TO_TABLE) { continue; }
        for (int32_t p = 0; p < s->n_place; p++) {
            if (s->place_kind[p] == FLOW_MARKER || flow_shares_find(shares, p, c, 0) != NULL) {
                continue;
            }
            char shown[64];
            flow_problem_error(&l->problems, at,
                               "'%s' has no shares for %s on the first day; give them, or let "
                               "destination.missing say what people do",
                               flow_quote(s->place_name[p], shown), cause_name(c));
        }
    }
}

static flow_err read_shares(flow_loader *l, const flow_table *t)
{
    const int64_t before = l->problems.n_error;
    const share_columns c = {.origin = flow_table_need(t, "origin", &l->problems),
                             .destination = flow_table_need(t, "destination", &l->problems),
                             .share = flow_table_need(t, "share", &l->problems),
                             .cause = flow_table_find(t, "cause"),
                             .date = flow_table_find(t, "date")};
    flow_load_other_columns(l, t, "origin,destination,share,cause,date");
    if (l->problems.n_error > before) { return FLOW_OK; }
    const int64_t n_row = flow_table_n_row(t);
    share_row *row = flow_calloc(n_row, sizeof *row);
    flow_shares *shares = flow_keep(l->s, 1, sizeof *shares);
    if (row == NULL || shares == NULL) {
        flow_dealloc(row);
        return no_memory();
    }
    int64_t n = 0;
    for (int64_t i = 0; i < n_row; i++) { n += read_row(l, t, i, &c, &row[n]); }
    if (n > 0) { qsort(row, (size_t)n, sizeof *row, by_block); }
    const flow_err err = fill(l, t, row, n, shares);
    flow_dealloc(row);
    l->s->shares = shares;
    if (err == FLOW_OK && l->problems.n_error == before) {
        check_whole(l, shares, flow_table_head_mark(t, c.origin));
    }
    return err;
}

flow_err flow_load_shares(flow_loader *l)
{
    const flow_settings *set = &l->s->set;
    if (set->movement.rule != FLOW_MOVE_DESTINATION || !flow_choice_any(set, FLOW_TO_TABLE)) {
        return FLOW_OK;
    }
    flow_table *t = NULL;
    const char *name = set->destination.table != NULL ? set->destination.table : "shares.csv";
    FLOW_TRY(flow_load_table(
        l, name, "destination.kind is table (destination.table names the file)", NULL, &t));
    if (t == NULL) { return FLOW_OK; }
    const flow_err err = read_shares(l, t);
    flow_table_free(t);
    return err;
}

// Functions of the program -----------------------------------------------------------------------

static flow_err add_filler(flow_loader *l, const flow_filler *filler)
{
    const char *name = filler->cause != NULL ? filler->cause : "";
    char shown[64];
    for (int32_t c = 0; c < FLOW_N_CAUSE; c++) {
        if (c == FLOW_CAUSE_RETURN || strcmp(cause_name(c), name) != 0) { continue; }
        if (filler->fill == NULL || l->s->filler[c].fill != NULL) {
            return flow_fail(FLOW_ERANGE, "filler for %s: %s", name,
                             filler->fill == NULL ? "it has no function" : "there is one already");
        }
        const flow_settings *set = &l->s->set;
        if (set->movement.rule != FLOW_MOVE_DESTINATION ||
            flow_choice_kind(set, c) != FLOW_TO_CALLBACK) {
            return flow_fail(FLOW_ERANGE,
                             "filler for %s: destination_%s.kind is not callback, or movement.rule "
                             "is not destination",
                             name, name);
        }
        l->s->filler[c] = *filler;
        l->s->filler[c].cause = cause_name(c);
        return FLOW_OK;
    }
    return flow_fail(FLOW_EKEY, "filler for '%s': that is no cause with a choice of destinations",
                     flow_quote(name, shown));
}

flow_err flow_load_fillers(flow_loader *l)
{
    const flow_settings *set = &l->s->set;
    for (int32_t i = 0; i < l->options->n_filler; i++) {
        FLOW_TRY(add_filler(l, &l->options->filler[i]));
    }
    for (int32_t c = 0; c < FLOW_N_CAUSE && set->movement.rule == FLOW_MOVE_DESTINATION; c++) {
        if (c == FLOW_CAUSE_RETURN || flow_choice_kind(set, c) != FLOW_TO_CALLBACK ||
            l->s->filler[c].fill != NULL) {
            continue;
        }
        flow_problem_error(&l->problems, (flow_mark){.file = l->s->path},
                           "destination_%s.kind is callback, but the program that runs the "
                           "scenario gives no function for it",
                           cause_name(c));
    }
    return FLOW_OK;
}
