#include "members_score.h"

/// The bands are those between the quantiles LOWER[i] and UPPER[i].
static const int32_t lower[FLOW_N_COVERAGE] = {1, 0}, upper[FLOW_N_COVERAGE] = {3, 4};

static double *reals(int64_t n, bool *good)
{
    double *value = flow_calloc(n, sizeof *value);
    *good = *good && value != NULL;
    return value;
}

static bool allocate(flow_score_summary *sum, int32_t n_member)
{
    const int64_t n = (int64_t)sum->s->n_step * sum->s->n_observed;
    bool good = true;
    sum->observed = flow_calloc(n, sizeof *sum->observed);
    good = good && sum->observed != NULL;
    for (int32_t i = 0; i < FLOW_N_MEASURE; i++) { sum->measure[i] = reals(n_member, &good); }
    sum->median = reals(n, &good);
    sum->mean = reals(n, &good);
    sum->crps = reals(n, &good);
    for (int32_t i = 0; i < FLOW_N_COVERAGE; i++) {
        sum->inside[i] = flow_calloc(n, sizeof **sum->inside);
        good = good && sum->inside[i] != NULL;
        sum->coverage[i] = reals(sum->s->n_observed, &good);
    }
    return good;
}

flow_err flow_score_summary_create(const flow_scenario *s, int32_t n_member,
                                   flow_score_summary *out)
{
    *out = (flow_score_summary){.s = s};
    if (s->n_observed == 0) { return FLOW_OK; }
    if (!allocate(out, n_member)) {
        flow_score_summary_clear(out);
        return flow_fail(FLOW_ENOMEM, "no memory for the scores of %d members", (int)n_member);
    }
    for (int64_t day = 0; day < s->n_step; day++) {
        for (int32_t i = 0; i < s->n_observed; i++) {
            out->observed[day * s->n_observed + i] = s->observed[i].people[day];
        }
    }
    out->input = (flow_score_input){
        .n_step = s->n_step, .dt = s->dt, .n_place = s->n_observed, .observed = out->observed};
    return FLOW_OK;
}

void flow_score_summary_clear(flow_score_summary *sum)
{
    for (int32_t i = 0; i < FLOW_N_MEASURE; i++) { flow_dealloc(sum->measure[i]); }
    for (int32_t i = 0; i < FLOW_N_COVERAGE; i++) {
        flow_dealloc(sum->inside[i]);
        flow_dealloc(sum->coverage[i]);
    }
    flow_dealloc(sum->median);
    flow_dealloc(sum->mean);
    flow_dealloc(sum->crps);
    flow_dealloc(sum->observed);
    *sum = (flow_score_summary){0};
}

void flow_score_summary_place(flow_score_summary *sum, int32_t day, int32_t place,
                              const flow_ranks *ranks,
                              const double quantile[static FLOW_N_QUANTILE], double mean)
{
    for (int32_t i = 0; i < sum->s->n_observed; i++) {
        if (sum->s->observed[i].place != place) { continue; }
        const int64_t at = (int64_t)day * sum->s->n_observed + i;
        const double count = (double)sum->observed[at];
        sum->median[at] = quantile[FLOW_MEDIAN];
        sum->mean[at] = mean;
        sum->crps[at] = flow_ranks_crps(ranks, count);
        for (int32_t k = 0; k < FLOW_N_COVERAGE; k++) {
            sum->inside[k][at] = quantile[lower[k]] <= count && count <= quantile[upper[k]];
        }
    }
}

static void four(const flow_measures *m, double out[static FLOW_N_MEASURE])
{
    out[0] = m->error;
    out[1] = m->ard;
    out[2] = m->mase;
    out[3] = m->rmse;
}

flow_err flow_score_summary_finish(flow_score_summary *sum, flow_members_summary *out)
{
    const int32_t n = sum->s != NULL ? sum->s->n_observed : 0;
    if (n == 0) { return FLOW_OK; }
    for (int32_t k = 0; k < FLOW_N_COVERAGE; k++) {
        int32_t n_day = 0;
        for (int64_t step = 0; step < sum->s->n_step; step++) {
            if (!flow_score_compares(sum->s->dt, step)) { continue; }
            for (int32_t i = 0; i < n; i++) { sum->coverage[k][i] += sum->inside[k][step * n + i]; }
            n_day++;
        }
        for (int32_t i = 0; i < n && n_day > 0; i++) { sum->coverage[k][i] /= n_day; }
        out->coverage[k] = sum->coverage[k];
    }
    flow_measures m;
    FLOW_TRY(flow_measures_create(n, &m));
    flow_score_measure(&sum->input, sum->median, &m);
    four(&m, out->median);
    flow_score_measure(&sum->input, sum->mean, &m);
    four(&m, out->mean);
    flow_measures_clear(&m);
    for (int32_t i = 0; i < FLOW_N_MEASURE; i++) { out->measure[i] = sum->measure[i]; }
    out->crps = sum->crps;
    return FLOW_OK;
}

flow_err flow_member_scores_create(const flow_score_summary *sum, flow_member_scores *out)
{
    *out = (flow_member_scores){0};
    const int32_t n = sum->s->n_observed;
    if (n == 0) { return FLOW_OK; }
    out->people = flow_calloc((int64_t)sum->s->n_step * n, sizeof *out->people);
    if (out->people == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a member's scores"); }
    return flow_measures_create(n, &out->measures);
}

void flow_member_scores_clear(flow_member_scores *scores)
{
    flow_measures_clear(&scores->measures);
    flow_dealloc(scores->people);
    *scores = (flow_member_scores){0};
}

void flow_member_scores_day(flow_member_scores *scores, const flow_score_summary *sum, int32_t day,
                            const double *people)
{
    const int32_t n = sum->s->n_observed;
    for (int32_t i = 0; i < n; i++) {
        scores->people[(int64_t)day * n + i] = people[sum->s->observed[i].place];
    }
}

void flow_member_scores_save(flow_member_scores *scores, flow_score_summary *sum, int32_t member)
{
    if (sum->s->n_observed == 0) { return; }
    double value[FLOW_N_MEASURE];
    flow_score_measure(&sum->input, scores->people, &scores->measures);
    four(&scores->measures, value);
    for (int32_t i = 0; i < FLOW_N_MEASURE; i++) { sum->measure[i][member] = value[i]; }
}
