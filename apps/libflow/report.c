// The report of a result: tables of places and scores, lines over time, and the same as JSON.
#include "app.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 18, SPARK = 60, MOST_PLACES = 20 };

static const char *const trivial_help[FLOW_N_TRIVIAL] = {
    "equal shares",       "by capacity",          "by distance to conflict", "by its square",
    "first day's shares", "first counts' shares", "day 30's shares"};

/// What one observed place shows over the period.
typedef struct summary {
    int32_t index;                ///< among the observed places
    double last_s, last_d;        ///< people on the last day
    double mean_s, mean_d, error; ///< means over days that end; error: of |simulated - observed|
} summary;

static int64_t simulated(const flow_result *r, int32_t day, int32_t i)
{
    return r->people[(int64_t)day * r->n_place + r->observed_place[i]];
}

static int64_t observed(const flow_result *r, int32_t day, int32_t i)
{
    return r->observed[(int64_t)day * r->n_observed + i];
}

static summary summarise(const flow_result *r, int32_t i)
{
    summary row = {.index = i};
    int32_t n = 0;
    for (int32_t step = 0; step < r->n_step; step++) {
        row.last_s = (double)simulated(r, step, i);
        row.last_d = (double)observed(r, step, i);
        if (!flow_score_compares(r->dt, step)) { continue; }
        row.mean_s += row.last_s;
        row.mean_d += row.last_d;
        row.error += fabs(row.last_s - row.last_d);
        n++;
    }
    if (n == 0) { return row; }
    row.mean_s /= n;
    row.mean_d /= n;
    row.error /= n;
    return row;
}

static int by_observed(const void *a, const void *b)
{
    const summary *x = a, *y = b;
    if (x->mean_d < y->mean_d) { return 1; }
    if (x->mean_d > y->mean_d) { return -1; }
    return (x->index > y->index) - (x->index < y->index);
}

static void print_row(const char *name, const summary *row)
{
    app_print_padded(name, NAME);
    (void)printf(" %9s %9s %9s", app_people(row->last_s).text, app_people(row->last_d).text,
                 app_difference(row->last_s - row->last_d).text);
    (void)printf("  %9s %9s %8s\n", app_people(row->mean_s).text, app_people(row->mean_d).text,
                 app_people(row->error).text);
}

void app_print_spark_of_places(const flow_result *r)
{
    double *s = flow_calloc(2 * (int64_t)r->n_step, sizeof *s);
    if (s == NULL) { return; }
    double *d = s + r->n_step;
    double top = 0.0;
    for (int32_t day = 0; day < r->n_step; day++) {
        for (int32_t i = 0; i < r->n_observed; i++) {
            s[day] += (double)simulated(r, day, i);
            d[day] += (double)observed(r, day, i);
        }
        top = fmax(top, fmax(s[day], d[day]));
    }
    char first[16];
    flow_date_text(r->start, first);
    (void)printf("\nPeople in camps from %s to %s, bars up to %s:\n", first, app_last_day(r).text,
                 app_people(top).text);
    (void)printf("  simulated ");
    app_print_spark(s, r->n_step, top, SPARK);
    (void)printf("\n  observed  ");
    app_print_spark(d, r->n_step, top, SPARK);
    (void)putchar('\n');
    flow_dealloc(s);
}

void app_print_places(const flow_result *r)
{
    if (r->n_step < 1 || r->n_observed < 1) { return; }
    summary *row = flow_calloc(r->n_observed, sizeof *row);
    if (row == NULL) { return; }
    summary total = {0};
    for (int32_t i = 0; i < r->n_observed; i++) {
        row[i] = summarise(r, i);
        total.last_s += row[i].last_s;
        total.last_d += row[i].last_d;
        total.mean_s += row[i].mean_s;
        total.mean_d += row[i].mean_d;
        total.error += row[i].error;
    }
    qsort(row, (size_t)r->n_observed, sizeof *row, by_observed);
    app_print_padded("", NAME);
    (void)printf("    at the end of %s     mean over days\n", app_last_day(r).text);
    app_print_padded("camp", NAME);
    (void)printf(" %9s %9s %9s  %9s %9s %8s\n", "simulated", "observed", "error", "simulated",
                 "observed", "|error|");
    const int32_t n = r->n_observed < MOST_PLACES ? r->n_observed : MOST_PLACES;
    for (int32_t i = 0; i < n; i++) {
        print_row(r->place_name[r->observed_place[row[i].index]], &row[i]);
    }
    if (r->n_observed > n) { (void)printf("and %d more\n", (int)(r->n_observed - n)); }
    if (r->n_observed > 1) { print_row("all", &total); }
    flow_dealloc(row);
    app_print_spark_of_places(r);
}

int32_t *app_places_by_count(const flow_result *r)
{
    summary *row = flow_calloc(r->n_observed, sizeof *row);
    int32_t *order = flow_calloc(r->n_observed, sizeof *order);
    if (row != NULL && order != NULL) {
        for (int32_t i = 0; i < r->n_observed; i++) { row[i] = summarise(r, i); }
        qsort(row, (size_t)r->n_observed, sizeof *row, by_observed);
        for (int32_t k = 0; k < r->n_observed; k++) { order[k] = row[k].index; }
        flow_dealloc(row);
        return order;
    }
    flow_dealloc(order);
    flow_dealloc(row);
    return NULL;
}

void app_print_measures(const char *name, const double value[static FLOW_N_MEASURE])
{
    app_print_padded(name, NAME);
    (void)printf(" %7s %7s %7s %10s", app_measure(value[0]).text, app_measure(value[1]).text,
                 app_measure(value[2]).text, isfinite(value[3]) ? app_people(value[3]).text : "-");
}

static void print_measures(const char *name, double error, double ard, double mase, double rmse)
{
    const double value[FLOW_N_MEASURE] = {error, ard, mase, rmse};
    app_print_measures(name, value);
}

static void print_place_measures(const flow_result *r, const flow_measures *m)
{
    int32_t *order = app_places_by_count(r);
    if (order == NULL) { return; }
    const int32_t n = r->n_observed < MOST_PLACES ? r->n_observed : MOST_PLACES;
    for (int32_t k = 0; k < n; k++) {
        const int32_t i = order[k];
        print_measures(r->place_name[r->observed_place[i]], m->place_error[i], m->place_ard[i],
                       m->place_mase[i], m->place_rmse[i]);
        (void)putchar('\n');
    }
    if (r->n_observed > n) { (void)printf("and %d more\n", (int)(r->n_observed - n)); }
    flow_dealloc(order);
}

void app_print_score(const flow_result *r, const flow_score *score, bool per_place)
{
    const flow_measures *m = &score->model;
    app_print_padded("scores", NAME);
    (void)printf(" %7s %7s %7s %10s\n", "error", "ARD", "MASE", "RMSE");
    if (per_place) { print_place_measures(r, m); }
    print_measures(r->members != NULL ? "median of members" : "libflow, all", m->error, m->ard,
                   m->mase, m->rmse);
    (void)putchar('\n');
    if (r->members != NULL) { app_print_member_scores(r, score); }
    (void)printf("\ntrivial models\n");
    for (int32_t i = 0; i < FLOW_N_TRIVIAL; i++) {
        const flow_measures *t = &score->trivial[i];
        char name[64];
        (void)snprintf(name, sizeof name, "  %s", flow_trivial_name[i]);
        print_measures(name, t->error, t->ard, t->mase, t->rmse);
        (void)printf("  %s%s\n", trivial_help[i], i == score->best ? " *" : "");
    }
    if (isfinite(score->skill)) {
        (void)printf("\nSkill %s (1 - error / error of *): %s.\n", app_measure(score->skill).text,
                     score->skill > 0.0 ? "nearer than all trivial models"
                                        : "a trivial model is nearer");
    } else {
        (void)printf("\nNo skill: the best trivial model (*) has no error.\n");
    }
    if (isfinite(score->arrived)) {
        (void)printf("Simulated over observed people in camps: %s (mean over days).\n",
                     app_measure(score->arrived).text);
    }
}

json_t *app_json_places(const flow_result *r, const flow_score *score)
{
    json_t *list = json_array();
    for (int32_t i = 0; list != NULL && i < r->n_observed; i++) {
        const summary row = summarise(r, i);
        json_t *o = json_pack(
            "{s:s, s:I, s:I, s:o, s:o, s:o}", "place", r->place_name[r->observed_place[i]],
            "simulated_last", (json_int_t)row.last_s, "observed_last", (json_int_t)row.last_d,
            "simulated_mean", app_json_number(row.mean_s), "observed_mean",
            app_json_number(row.mean_d), "absolute_error_mean", app_json_number(row.error));
        if (o != NULL && score != NULL) {
            const flow_measures *m = &score->model;
            json_t *measures = json_pack(
                "{s:o, s:o, s:o, s:o}", "error", app_json_number(m->place_error[i]), "ard",
                app_json_number(m->place_ard[i]), "mase", app_json_number(m->place_mase[i]), "rmse",
                app_json_number(m->place_rmse[i]));
            if (measures == NULL || json_object_update_new(o, measures) != 0) {
                json_decref(o);
                o = NULL;
            }
        }
        if (o != NULL && r->members != NULL && !app_json_member_place(o, r, i)) {
            json_decref(o);
            o = NULL;
        }
        if (json_array_append_new(list, o) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *measures_json(const flow_measures *m)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "error", app_json_number(m->error), "ard",
                     app_json_number(m->ard), "mase", app_json_number(m->mase), "rmse",
                     app_json_number(m->rmse));
}

bool app_json_score(json_t *object, const flow_score *score)
{
    json_t *trivial = json_object();
    for (int32_t i = 0; i < FLOW_N_TRIVIAL; i++) {
        if (json_object_set_new(trivial, flow_trivial_name[i], measures_json(&score->trivial[i])) !=
            0) {
            json_decref(trivial);
            return false;
        }
    }
    json_t *own = measures_json(&score->model);
    json_t *more = json_pack("{s:o, s:s, s:o, s:o}", "skill", app_json_number(score->skill),
                             "best_trivial", flow_trivial_name[score->best], "arrived",
                             app_json_number(score->arrived), "trivial", trivial);
    const bool good = own != NULL && more != NULL && json_object_update(object, own) == 0 &&
                      json_object_update(object, more) == 0;
    json_decref(own);
    json_decref(more);
    return good;
}
