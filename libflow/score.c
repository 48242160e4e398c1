#include "score.h"

#include <math.h>
#include <string.h>

const char *const flow_trivial_name[FLOW_N_TRIVIAL] = {"equal", "cap",   "dist1", "dist2",
                                                       "first", "real1", "day30"};

enum { day_carried = 30 };               // of day30 and MASE
static const double softening_km = 10.0; // of dist1 and dist2

typedef flow_score_input input;

static double observed(const input *in, int64_t day, int32_t place)
{
    return (double)in->observed[day * in->n_place + place];
}

static double observed_total(const input *in, int64_t day)
{
    double sum = 0.0;
    for (int32_t c = 0; c < in->n_place; c++) { sum += observed(in, day, c); }
    return sum;
}

// Dates ------------------------------------------------------------------------------------------

/// The last day that has ended, or is under way, at the end of a step.
static int64_t last_day(double dt, int64_t step)
{
    return (int64_t)ceil((double)(step + 1) * dt - 1e-6) - 1;
}

bool flow_score_compares(double dt, int64_t step)
{
    return floor((double)(step + 1) * dt + 1e-6) > floor((double)step * dt + 1e-6);
}

static double days_of_step(const input *in)
{
    return in->dt > 0.0 ? in->dt : 1.0;
}

static bool compares(const input *in, int64_t step)
{
    return flow_score_compares(days_of_step(in), step);
}

static int64_t n_compared(const input *in)
{
    int64_t n = 0;
    for (int64_t step = 0; step < in->n_step; step++) { n += compares(in, step); }
    return n;
}

/// The step that is compared with the observations of day 30, or those of the first day after it.
static int64_t step_of_day30(const input *in)
{
    int64_t step = 0;
    while (last_day(days_of_step(in), step) < day_carried || !compares(in, step)) { step++; }
    return step;
}

// Measures --------------------------------------------------------------------------------------

/// Terms of one of n_day days for every place.
static void add_day(const input *in, int64_t day, int64_t n_day, const double *s,
                    flow_measures *out)
{
    const double total = observed_total(in, day);
    double sum = 0.0;
    for (int32_t c = 0; c < in->n_place; c++) { sum += s[c]; }
    const double scale = sum > 0.0 ? total / sum : 0.0;
    const double weight = 1.0 / (fmax(total, 1.0) * (double)n_day);
    for (int32_t c = 0; c < in->n_place; c++) {
        const double d = observed(in, day, c);
        out->place_error[c] += fabs(s[c] - d) * weight;
        out->place_ard[c] += fabs(s[c] * scale - d) * weight;
        out->place_rmse[c] += (s[c] - d) * (s[c] - d);
    }
}

/// MASE of one place beside day 30 carried forward; NAN without later days or when that is perfect.
static double place_mase(const input *in, const double *s, int32_t place)
{
    double own = 0.0, naive = 0.0;
    const int64_t day30 = step_of_day30(in);
    for (int64_t day = day30 + 1; day < in->n_step; day++) {
        if (!compares(in, day)) { continue; }
        const double d = observed(in, day, place);
        own += fabs(s[day * in->n_place + place] - d);
        naive += fabs(observed(in, day30, place) - d);
    }
    return naive > 0.0 ? own / naive : (double)NAN;
}

static double total_mase(const input *in, const double *mase)
{
    double sum = 0.0, weights = 0.0;
    for (int32_t c = 0; c < in->n_place; c++) {
        if (isnan(mase[c])) { continue; }
        double weight = 0.0;
        for (int64_t day = 0; day < in->n_step; day++) {
            if (compares(in, day)) { weight += observed(in, day, c); }
        }
        sum += weight * mase[c];
        weights += weight;
    }
    return weights > 0.0 ? sum / weights : (double)NAN;
}

void flow_score_measure(const input *in, const double *s, flow_measures *out)
{
    const int32_t n = in->n_place;
    const int64_t n_day = n_compared(in);
    out->error = out->ard = out->mase = out->rmse = 0.0;
    for (int32_t c = 0; c < n; c++) {
        out->place_error[c] = out->place_ard[c] = out->place_mase[c] = out->place_rmse[c] = 0.0;
    }
    for (int64_t day = 0; day < in->n_step; day++) {
        if (compares(in, day)) { add_day(in, day, n_day, s + day * n, out); }
    }
    for (int32_t c = 0; c < n; c++) {
        out->error += out->place_error[c];
        out->ard += out->place_ard[c];
        out->rmse += out->place_rmse[c];
        out->place_rmse[c] = sqrt(out->place_rmse[c] / (double)n_day);
        out->place_mase[c] = place_mase(in, s, c);
    }
    out->rmse = sqrt(out->rmse / ((double)n_day * n));
    out->mase = total_mase(in, out->place_mase);
}

static void undefined(int32_t n_place, flow_measures *out)
{
    out->error = out->ard = out->mase = out->rmse = (double)NAN;
    for (int32_t c = 0; c < n_place; c++) {
        out->place_error[c] = out->place_ard[c] = (double)NAN;
        out->place_mase[c] = out->place_rmse[c] = (double)NAN;
    }
}

static double arrived(const input *in, const double *s)
{
    double sum = 0.0;
    int32_t n = 0;
    for (int64_t day = 0; day < in->n_step; day++) {
        const double total = observed_total(in, day);
        if (!(total > 0.0) || !compares(in, day)) { continue; }
        double here = 0.0;
        for (int32_t c = 0; c < in->n_place; c++) { here += s[day * in->n_place + c]; }
        sum += here / total;
        n++;
    }
    return n > 0 ? sum / n : (double)NAN;
}

// Trivial models --------------------------------------------------------------------------------

/// Make n weights into shares; false when they have no sum.
static bool normalise(int32_t n, double *share)
{
    double sum = 0.0;
    for (int32_t c = 0; c < n; c++) { sum += share[c]; }
    if (!(sum > 0.0)) { return false; }
    for (int32_t c = 0; c < n; c++) { share[c] /= sum; }
    return true;
}

static bool equal_shares(const input *in, double *share)
{
    for (int32_t c = 0; c < in->n_place; c++) { share[c] = 1.0; }
    return normalise(in->n_place, share);
}

static bool capacity_shares(const input *in, double *share)
{
    for (int32_t c = 0; c < in->n_place; c++) {
        if (in->capacity[c] < 1.0) { return false; } // unlimited: no share of the whole
        share[c] = in->capacity[c];
    }
    return normalise(in->n_place, share);
}

static bool count_shares(const input *in, double *share)
{
    for (int32_t c = 0; c < in->n_place; c++) { share[c] = (double)in->first_count[c]; }
    return normalise(in->n_place, share);
}

/// Shares of a day; false when it is not there or nobody was.
static bool day_shares(const input *in, int64_t day, double *share)
{
    if (day >= in->n_step) { return false; }
    for (int32_t c = 0; c < in->n_place; c++) { share[c] = observed(in, day, c); }
    return normalise(in->n_place, share);
}

static bool first_shares(const input *in, double *share)
{
    int64_t day = 0;
    while (day < in->n_step && !day_shares(in, day, share)) { day++; }
    return day < in->n_step;
}

/// Pull of a place on the people of a zone.
static double nearness(const input *in, int32_t place, int32_t zone, int power)
{
    const double reach = in->network_km[(int64_t)place * in->n_source + zone] + softening_km;
    return power == 1 ? 1.0 / reach : 1.0 / (reach * reach); // 0 at an infinite distance
}

/// Each zone's people split by inverse distance; zones without a way to any place do not count.
/// False when there are no others.
static bool distance_shares(const input *in, int64_t day, int power, double *share)
{
    for (int32_t c = 0; c < in->n_place; c++) { share[c] = 0.0; }
    for (int32_t z = 0; z < in->n_source; z++) {
        const double weight = in->source_weight[day * in->n_source + z];
        if (!(weight > 0.0)) { continue; }
        double sum = 0.0;
        for (int32_t c = 0; c < in->n_place; c++) { sum += nearness(in, c, z, power); }
        if (!(sum > 0.0)) { continue; }
        for (int32_t c = 0; c < in->n_place; c++) {
            share[c] += weight * nearness(in, c, z, power) / sum;
        }
    }
    return normalise(in->n_place, share);
}

/// The observed totals split by the same shares on all days.
static bool fixed(const input *in, bool (*shares)(const input *in, double *share), double *share,
                  double *s)
{
    if (!shares(in, share)) { return false; }
    for (int64_t day = 0; day < in->n_step; day++) {
        const double total = observed_total(in, day);
        for (int32_t c = 0; c < in->n_place; c++) { s[day * in->n_place + c] = total * share[c]; }
    }
    return true;
}

/// The observed totals split by distance. A day without conflict keeps the shares of the day
/// before; before the first one all places have the same.
static bool by_distance(const input *in, int power, double *share, double *s)
{
    const size_t size = (size_t)in->n_source * sizeof *in->source_weight;
    bool defined = false;
    (void)equal_shares(in, share);
    for (int64_t day = 0; day < in->n_step; day++) {
        double *row = s + day * in->n_place;
        const double *weight = in->source_weight + day * in->n_source;
        const bool same = day > 0 && memcmp(weight, weight - in->n_source, size) == 0;
        if (!same && distance_shares(in, day, power, row)) {
            memcpy(share, row, (size_t)in->n_place * sizeof *share);
            defined = true;
        }
        const double total = observed_total(in, day);
        for (int32_t c = 0; c < in->n_place; c++) { row[c] = total * share[c]; }
    }
    return defined;
}

static bool day30_shares(const input *in, double *share)
{
    return day_shares(in, step_of_day30(in), share);
}

/// Counts of a trivial model in s[n_step][n_place]; false when the data do not define it.
static bool predict(const input *in, int32_t which, double *share, double *s)
{
    switch (which) {
    case 0: return fixed(in, equal_shares, share, s);
    case 1: return fixed(in, capacity_shares, share, s);
    case 2: return by_distance(in, 1, share, s);
    case 3: return by_distance(in, 2, share, s);
    case 4: return fixed(in, first_shares, share, s);
    case 5: return fixed(in, count_shares, share, s);
    default: return fixed(in, day30_shares, share, s);
    }
}

// The score -------------------------------------------------------------------------------------

static flow_err check_counts(const input *in)
{
    for (int64_t i = 0; i < (int64_t)in->n_step * in->n_place; i++) {
        const bool seen = in->observed[i] < 0;
        if (!seen && in->simulated[i] >= 0) { continue; }
        return flow_fail(FLOW_ERANGE, "%s[%lld][%lld] = %lld is no number of people",
                         seen ? "observed" : "simulated", (long long)(i / in->n_place),
                         (long long)(i % in->n_place),
                         (long long)(seen ? in->observed[i] : in->simulated[i]));
    }
    for (int32_t c = 0; c < in->n_place; c++) {
        if (in->first_count[c] < 0) {
            return flow_fail(FLOW_ERANGE, "first_count[%d] = %lld is no number of people", (int)c,
                             (long long)in->first_count[c]);
        }
        if (isnan(in->capacity[c]) || isinf(in->capacity[c])) {
            return flow_fail(FLOW_ERANGE, "capacity[%d] = %g is no number of people", (int)c,
                             in->capacity[c]);
        }
    }
    return FLOW_OK;
}

static flow_err check(const input *in)
{
    if (in->n_step < 1 || in->n_place < 1) {
        return flow_fail(FLOW_ERANGE, "a score needs steps and places, got %d and %d",
                         (int)in->n_step, (int)in->n_place);
    }
    if (in->n_source < 0) {
        return flow_fail(FLOW_ERANGE, "n_source = %d is no number of places", (int)in->n_source);
    }
    if (n_compared(in) < 1) {
        return flow_fail(FLOW_ERANGE,
                         "a score compares whole days, but the %d steps do not fill one",
                         (int)in->n_step);
    }
    FLOW_TRY(check_counts(in));
    for (int64_t i = 0; i < (int64_t)in->n_place * in->n_source; i++) {
        if (in->network_km[i] >= 0.0) { continue; }
        return flow_fail(FLOW_ERANGE, "network_km[%lld][%lld] = %g is no distance",
                         (long long)(i / in->n_source), (long long)(i % in->n_source),
                         in->network_km[i]);
    }
    for (int64_t i = 0; i < (int64_t)in->n_step * in->n_source; i++) {
        if (in->source_weight[i] >= 0.0 && !isinf(in->source_weight[i])) { continue; }
        return flow_fail(FLOW_ERANGE, "source_weight[%lld][%lld] = %g is no weight",
                         (long long)(i / in->n_source), (long long)(i % in->n_source),
                         in->source_weight[i]);
    }
    return FLOW_OK;
}

flow_err flow_measures_create(int32_t n_place, flow_measures *m)
{
    *m = (flow_measures){0};
    m->place_error = flow_calloc(n_place, sizeof *m->place_error);
    m->place_ard = flow_calloc(n_place, sizeof *m->place_ard);
    m->place_mase = flow_calloc(n_place, sizeof *m->place_mase);
    m->place_rmse = flow_calloc(n_place, sizeof *m->place_rmse);
    if (m->place_error != NULL && m->place_ard != NULL && m->place_mase != NULL &&
        m->place_rmse != NULL) {
        return FLOW_OK;
    }
    flow_measures_clear(m);
    return flow_fail(FLOW_ENOMEM, "no memory for the measures of %d places", (int)n_place);
}

void flow_measures_clear(flow_measures *m)
{
    flow_dealloc(m->place_error);
    flow_dealloc(m->place_ard);
    flow_dealloc(m->place_mase);
    flow_dealloc(m->place_rmse);
    *m = (flow_measures){0};
}

/// Measures of everything, with scratch for one model's counts and shares.
static void fill(const input *in, double *s, double *share, flow_score *out)
{
    for (int64_t i = 0; i < (int64_t)in->n_step * in->n_place; i++) {
        s[i] = in->expected != NULL ? in->expected[i] : (double)in->simulated[i];
    }
    flow_score_measure(in, s, &out->model);
    out->arrived = arrived(in, s);
    for (int32_t i = 0; i < FLOW_N_TRIVIAL; i++) {
        if (predict(in, i, share, s)) {
            flow_score_measure(in, s, &out->trivial[i]);
        } else {
            undefined(in->n_place, &out->trivial[i]);
        }
        // "equal" comes first and is always defined.
        if (out->trivial[i].error < out->trivial[out->best].error) { out->best = i; }
    }
    const double best = out->trivial[out->best].error;
    out->skill = best > 0.0 ? 1.0 - out->model.error / best : (double)NAN;
}

flow_err flow_score_compute(const flow_score_input *in, flow_score **out)
{
    *out = NULL;
    FLOW_TRY(check(in));
    flow_score *score = flow_calloc(1, sizeof *score);
    double *s = flow_calloc((int64_t)in->n_step * in->n_place, sizeof *s);
    double *share = flow_calloc(in->n_place, sizeof *share);
    bool good = score != NULL && s != NULL && share != NULL;
    good = good && flow_measures_create(in->n_place, &score->model) == FLOW_OK;
    for (int32_t i = 0; i < FLOW_N_TRIVIAL && good; i++) {
        good = flow_measures_create(in->n_place, &score->trivial[i]) == FLOW_OK;
    }
    if (good) { fill(in, s, share, score); }
    flow_dealloc(share);
    flow_dealloc(s);
    if (!good) {
        flow_score_free(score);
        return flow_fail(FLOW_ENOMEM, "no memory for the score of %d steps and %d places",
                         (int)in->n_step, (int)in->n_place);
    }
    *out = score;
    return FLOW_OK;
}

flow_err flow_score_result(const flow_result *r, flow_score **out)
{
    *out = NULL;
    if (r->n_observed < 1) {
        return flow_fail(FLOW_ESTATE, "the result holds no observations to compare with");
    }
    if (r->suppress_below > 0) {
        return flow_fail(FLOW_ESTATE,
                         "the result hides counts below %lld (output.suppress_below), so it has no "
                         "score",
                         (long long)r->suppress_below);
    }
    int64_t *simulated = flow_calloc((int64_t)r->n_step * r->n_observed, sizeof *simulated);
    double *capacity = flow_calloc(r->n_observed, sizeof *capacity);
    double *weight = flow_calloc((int64_t)r->n_step * r->n_place, sizeof *weight);
    double *expected = flow_calloc((int64_t)r->n_step * r->n_observed, sizeof *expected);
    flow_err err = FLOW_OK;
    if (simulated == NULL || capacity == NULL || weight == NULL || expected == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory for the score of %d steps and %d places",
                        (int)r->n_step, (int)r->n_place);
    } else {
        const double *median = NULL;
        if (r->members != NULL) {
            median = r->members->people + (int64_t)FLOW_MEDIAN * r->n_step * r->n_place;
        }
        for (int32_t i = 0; i < r->n_observed; i++) {
            const int32_t place = r->observed_place[i];
            capacity[i] = r->capacity[place];
            for (int64_t day = 0; day < r->n_step; day++) {
                const int64_t at = day * r->n_observed + i, from = day * r->n_place + place;
                simulated[at] = r->people[from];
                expected[at] = median != NULL ? median[from] : (double)simulated[at];
            }
        }
        for (int64_t day = 0; day < r->n_step; day++) {
            for (int32_t p = 0; p < r->n_place; p++) {
                const int64_t i = day * r->n_place + p;
                weight[i] = r->conflict[i] > 0.0 ? r->population[p] : 0.0;
            }
        }
        const flow_score_input in = {.n_step = r->n_step,
                                     .dt = r->dt,
                                     .n_place = r->n_observed,
                                     .simulated = simulated,
                                     .expected = expected,
                                     .observed = r->observed,
                                     .capacity = capacity,
                                     .first_count = r->first_count,
                                     .n_source = r->n_place,
                                     .network_km = r->network_km,
                                     .source_weight = weight};
        err = flow_score_compute(&in, out);
    }
    flow_dealloc(expected);
    flow_dealloc(weight);
    flow_dealloc(capacity);
    flow_dealloc(simulated);
    return err;
}

void flow_score_free(flow_score *score)
{
    if (score == NULL) { return; }
    flow_measures_clear(&score->model);
    for (int32_t i = 0; i < FLOW_N_TRIVIAL; i++) { flow_measures_clear(&score->trivial[i]); }
    flow_dealloc(score);
}
