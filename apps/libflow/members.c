// The report of an ensemble: medians and bands of all members beside the counts, and as JSON.
#include "app.h"
#include "members_rank.h"

#include <math.h>
#include <stdlib.h>

enum { NAME = 18, RANGE = 17, MOST_PLACES = 20, RIGHT = 79 };

/// What n numbers say.
typedef struct spread {
    double quantile[FLOW_N_QUANTILE];
    double mean;
} spread;

static const spread nothing = {{(double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN},
                               (double)NAN};

/// Undefined when there is no memory, or when a number is.
static spread spread_of(const double *value, int32_t n)
{
    flow_ranks ranks;
    spread s = nothing;
    for (int32_t i = 0; i < n; i++) {
        if (!isfinite(value[i])) { return s; }
    }
    if (flow_ranks_create(n, &ranks) != FLOW_OK) { return s; }
    flow_ranks_fill(&ranks, false, (const flow_value *)value, 1);
    flow_ranks_quantiles(&ranks, s.quantile);
    s.mean = flow_ranks_mean(&ranks);
    flow_ranks_clear(&ranks);
    return s;
}

static spread spread_of_counts(const int64_t *count, int32_t n)
{
    double *value = flow_calloc(n, sizeof *value);
    if (value == NULL) { return nothing; }
    for (int32_t i = 0; i < n; i++) { value[i] = (double)count[i]; }
    const spread s = spread_of(value, n);
    flow_dealloc(value);
    return s;
}

int64_t app_median(const int64_t *count, int32_t n)
{
    const double median = spread_of_counts(count, n).quantile[FLOW_MEDIAN];
    return isfinite(median) ? llround(median) : 0;
}

/// People of one place at the end, over the members.
static spread last_of(const flow_result *r, int32_t place)
{
    spread s;
    const int64_t values = (int64_t)r->n_step * r->n_place;
    const int64_t at = values - r->n_place + place;
    for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) {
        s.quantile[q] = r->members->people[q * values + at];
    }
    s.mean = r->members->mean[at];
    return s;
}

/// CRPS of one observed place in people, mean over days.
static double place_crps(const flow_result *r, int32_t i)
{
    double sum = 0.0;
    int64_t n = 0;
    for (int64_t step = 0; step < r->n_step; step++) {
        if (!flow_score_compares(r->dt, step)) { continue; }
        sum += r->members->crps[step * r->n_observed + i];
        n++;
    }
    return n > 0 ? sum / (double)n : (double)NAN;
}

/// CRPS as the error is: summed over the places, as a share of the observed people, mean over days.
static double total_crps(const flow_result *r)
{
    double sum = 0.0;
    int64_t n = 0;
    for (int64_t day = 0; day < r->n_step; day++) {
        if (!flow_score_compares(r->dt, day)) { continue; }
        double crps = 0.0, people = 0.0;
        for (int64_t i = day * r->n_observed; i < (day + 1) * r->n_observed; i++) {
            crps += r->members->crps[i];
            people += (double)r->observed[i];
        }
        sum += crps / fmax(people, 1.0);
        n++;
    }
    return n > 0 ? sum / (double)n : (double)NAN;
}

static double mean_of(const double *value, int32_t n)
{
    double sum = 0.0;
    for (int32_t i = 0; i < n; i++) { sum += value[i]; }
    return sum / n;
}

// Text ------------------------------------------------------------------------------------------

/// "89,991 (89,950 to 90,040)", one number when all members have the same.
static void spread_text(const spread *s, char *out, size_t size)
{
    const double low = s->quantile[0], high = s->quantile[FLOW_N_QUANTILE - 1];
    if (low == high) {
        (void)snprintf(out, size, "%s", app_people(low).text);
        return;
    }
    (void)snprintf(out, size, "%s (%s to %s)", app_people(s->quantile[FLOW_MEDIAN]).text,
                   app_people(low).text, app_people(high).text);
}

void app_print_ensemble(const flow_result *r)
{
    const flow_result_members *m = r->members;
    const spread entered = spread_of_counts(m->entered, m->n);
    const spread left = spread_of_counts(m->left, m->n);
    const spread persons = spread_of_counts(m->persons, m->n);
    char in[128], out[128], here[128], text[768];
    spread_text(&entered, in, sizeof in);
    spread_text(&left, out, sizeof out);
    spread_text(&persons, here, sizeof here);
    (void)snprintf(text, sizeof text,
                   "%s members, from number %u. In the median (5 %% to 95 %% of the members) %s "
                   "people entered, %s left, and %s are there at the end.",
                   app_people(m->n).text, (unsigned)r->member, in, out, here);
    app_print_wrapped(text, 0, RIGHT);
    (void)putchar('\n');
}

static void print_range(const spread *s)
{
    char range[64];
    (void)snprintf(range, sizeof range, "%s-%s", app_people(s->quantile[0]).text,
                   app_people(s->quantile[FLOW_N_QUANTILE - 1]).text);
    (void)printf(" %9s %*s", app_people(s->quantile[FLOW_MEDIAN]).text, (int)RANGE, range);
}

static void print_last_day(const flow_result *r)
{
    app_print_padded("", NAME);
    (void)printf("     at the end of %s", app_last_day(r).text);
}

void app_print_member_places(const flow_result *r)
{
    const flow_result_members *m = r->members;
    int32_t *order = app_places_by_count(r);
    if (order == NULL) { return; }
    print_last_day(r);
    (void)printf("               over all days\n");
    app_print_padded("camp", NAME);
    (void)printf(" %9s %*s %9s %9s %5s %5s\n", "median", (int)RANGE, "5 % to 95 %", "observed",
                 "CRPS", "50 %", "90 %");
    const int32_t n = r->n_observed < MOST_PLACES ? r->n_observed : MOST_PLACES;
    for (int32_t k = 0; k < n; k++) {
        const int32_t i = order[k], place = r->observed_place[i];
        const spread s = last_of(r, place);
        const int64_t count = r->observed[(int64_t)(r->n_step - 1) * r->n_observed + i];
        app_print_padded(r->place_name[place], NAME);
        print_range(&s);
        (void)printf(" %9s %9s %5.2f %5.2f\n", app_people((double)count).text,
                     app_people(place_crps(r, i)).text, m->coverage[0][i], m->coverage[1][i]);
    }
    if (r->n_observed > n) { (void)printf("and %d more\n", (int)(r->n_observed - n)); }
    flow_dealloc(order);
    app_print_wrapped(
        "CRPS: how far the members are from the count, in people. 50 %, 90 %: share of "
        "the days on which the count lies in the band of that many members.",
        0, RIGHT);
    app_print_spark_of_places(r);
}

typedef struct row {
    int32_t place;
    double people;
} row;

static int by_people(const void *a, const void *b)
{
    const row *x = a, *y = b;
    if (x->people != y->people) { return x->people < y->people ? 1 : -1; }
    return (x->place > y->place) - (x->place < y->place);
}

void app_print_member_fullest(const flow_result *r)
{
    row *list = flow_calloc(r->n_place, sizeof *list);
    if (list == NULL) { return; }
    for (int32_t p = 0; p < r->n_place; p++) {
        list[p] = (row){p, last_of(r, p).quantile[FLOW_MEDIAN]};
    }
    qsort(list, (size_t)r->n_place, sizeof *list, by_people);
    (void)printf("There are no observations. Most people are in:\n\n");
    print_last_day(r);
    (void)putchar('\n');
    app_print_padded("place", NAME);
    (void)printf(" %9s %*s\n", "median", (int)RANGE, "5 % to 95 %");
    const int32_t n = r->n_place < MOST_PLACES ? r->n_place : MOST_PLACES;
    for (int32_t k = 0; k < n; k++) {
        const spread s = last_of(r, list[k].place);
        app_print_padded(r->place_name[list[k].place], NAME);
        print_range(&s);
        (void)putchar('\n');
    }
    if (r->n_place > n) { (void)printf("and %d more places\n", (int)(r->n_place - n)); }
    flow_dealloc(list);
}

void app_print_member_scores(const flow_result *r, const flow_score *score)
{
    static const int32_t shown[] = {0, FLOW_MEDIAN, FLOW_N_QUANTILE - 1};
    static const char *const name[] = {"each member,   5 %", "          median",
                                       "            95 %"};
    const flow_result_members *m = r->members;
    spread s[FLOW_N_MEASURE];
    for (int32_t i = 0; i < FLOW_N_MEASURE; i++) { s[i] = spread_of(m->measure[i], m->n); }
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
        double value[FLOW_N_MEASURE];
        for (int32_t i = 0; i < FLOW_N_MEASURE; i++) { value[i] = s[i].quantile[shown[k]]; }
        app_print_measures(name[k], value);
        (void)putchar('\n');
    }
    app_print_measures("mean of members", m->of_mean);
    const double crps = total_crps(r), best = score->trivial[score->best].error;
    (void)printf("\nCRPS              %8s  the error of the whole ensemble\n",
                 app_measure(crps).text);
    if (best > 0.0) {
        (void)printf("CRPS skill        %8s  1 - CRPS / error of the best trivial model (*)\n",
                     app_measure(1.0 - crps / best).text);
    }
    for (int32_t k = 0; k < FLOW_N_COVERAGE; k++) {
        (void)printf("within %d %% band  %8s  share of all counts; %.1f is right\n",
                     (int)flow_coverage_percent[k],
                     app_measure(mean_of(m->coverage[k], r->n_observed)).text,
                     flow_coverage_percent[k] / 100.0);
    }
}

// JSON ------------------------------------------------------------------------------------------

static json_t *spread_json(const spread *s)
{
    json_t *o = json_pack("{s:o}", "mean", app_json_number(s->mean));
    for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) {
        char name[16];
        (void)snprintf(name, sizeof name, "q%02.0f", 100.0 * flow_member_quantile[q]);
        if (json_object_set_new(o, name, app_json_number(s->quantile[q])) != 0) {
            json_decref(o);
            return NULL;
        }
    }
    return o;
}

static json_t *counts_json(const int64_t *count, int32_t n)
{
    const spread s = spread_of_counts(count, n);
    return spread_json(&s);
}

bool app_json_member_place(json_t *object, const flow_result *r, int32_t i)
{
    const flow_result_members *m = r->members;
    const spread s = last_of(r, r->observed_place[i]);
    json_t *more = json_pack("{s:o, s:o, s:o, s:o}", "simulated_last_spread", spread_json(&s),
                             "crps", app_json_number(place_crps(r, i)), "coverage_50",
                             app_json_number(m->coverage[0][i]), "coverage_90",
                             app_json_number(m->coverage[1][i]));
    const bool good = more != NULL && json_object_update(object, more) == 0;
    json_decref(more);
    return good;
}

static bool add_scores(json_t *object, const flow_result *r, const flow_score *score)
{
    const flow_result_members *m = r->members;
    json_t *members = json_object(), *mean = json_object();
    bool good = members != NULL && mean != NULL;
    for (int32_t i = 0; i < FLOW_N_MEASURE && good; i++) {
        const spread s = spread_of(m->measure[i], m->n);
        const char *name = flow_measure_name[i];
        good = json_object_set_new(members, name, spread_json(&s)) == 0 &&
               json_object_set_new(mean, name, app_json_number(m->of_mean[i])) == 0;
    }
    const double crps = total_crps(r), best = score->trivial[score->best].error;
    json_t *more =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "of_members", members, "of_mean", mean, "crps",
                  app_json_number(crps), "crps_skill",
                  app_json_number(best > 0.0 ? 1.0 - crps / best : (double)NAN), "coverage_50",
                  app_json_number(mean_of(m->coverage[0], r->n_observed)), "coverage_90",
                  app_json_number(mean_of(m->coverage[1], r->n_observed)));
    good = good && more != NULL && json_object_update(object, more) == 0;
    json_decref(more);
    return good;
}

json_t *app_json_ensemble(const flow_result *r, const flow_score *score)
{
    const flow_result_members *m = r->members;
    json_t *o =
        json_pack("{s:i, s:I, s:o, s:o, s:o}", "members", (int)m->n, "first_member",
                  (json_int_t)r->member, "persons", counts_json(m->persons, m->n), "entered",
                  counts_json(m->entered, m->n), "left", counts_json(m->left, m->n));
    if (o != NULL && score != NULL && !add_scores(o, r, score)) {
        json_decref(o);
        return NULL;
    }
    return o;
}
