// Published counts: corrections, days between them, the columns of the scenario.
#include "load.h"

#include <math.h>

flow_err flow_series_add(flow_series *series, flow_count count)
{
    if (series->n == series->size) {
        const int64_t size = series->size == 0 ? 32 : 2 * series->size;
        flow_count *longer = flow_realloc(series->row, size, sizeof *longer);
        if (longer == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for observations"); }
        series->row = longer;
        series->size = size;
    }
    series->row[series->n++] = count;
    return FLOW_OK;
}

void flow_series_clear(flow_series *series)
{
    flow_dealloc(series->row);
    *series = (flow_series){0};
}

bool flow_series_correct(flow_series *series, int32_t day)
{
    for (int64_t i = 1; i < series->n; i++) {
        if (series->row[i].day != day) { continue; }
        if (!(series->row[i - 1].people > 0.0)) {
            (void)flow_fail(FLOW_EINPUT, "the count before the correction is 0");
            return false;
        }
        const double ratio = series->row[i].people / series->row[i - 1].people;
        if (ratio > 1e6) {
            (void)flow_fail(FLOW_EINPUT, "the count rises more than a million times that day");
            return false;
        }
        for (int64_t k = 0; k < i; k++) {
            series->row[k].people = fmin(series->row[k].people * ratio, 1e12);
        }
        return true;
    }
    (void)flow_fail(FLOW_EINPUT, "there is no count on that day with another one before it");
    return false;
}

/// Value on a day. *from is the first row on or after the last day asked for; days only grow.
static int64_t value_at(const flow_series *series, int32_t day, int64_t *from)
{
    const flow_count *row = series->row;
    if (series->n == 0) { return 0; }
    while (*from < series->n && row[*from].day < day) { (*from)++; }
    const int64_t i = *from;
    if (i == series->n) { return (int64_t)row[series->n - 1].people; }
    if (i == 0) { return (int64_t)row[0].people; }
    const double x0 = row[i - 1].day;
    const double y0 = row[i - 1].people;
    const double x1 = row[i].day;
    const double y1 = row[i].people;
    return (int64_t)(y0 + (y1 - y0) * ((double)day - x0) / (x1 - x0));
}

flow_err flow_load_observed(flow_loader *l, const flow_series *series, int32_t place,
                            flow_observed *out)
{
    flow_scenario *s = l->s;
    out->place = place;
    out->people = flow_keep(s, s->n_step, sizeof *out->people);
    if (out->people == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for observations"); }
    int64_t from = 0;
    for (int32_t t = 0; t < s->n_step; t++) { // what is there at the end of a step: its last day
        const int32_t day = (int32_t)ceil((t + 1) * s->dt - 1e-6) - 1;
        out->people[t] = value_at(series, day, &from);
    }
    out->day0 = out->people[0];
    if (s->set.spawn.empty_camps_on_day0) {
        for (int32_t t = 0; t < s->n_step; t++) { out->people[t] -= out->day0; }
    }
    for (int64_t i = 0; i < series->n && out->first_count == 0; i++) {
        out->first_count = (int64_t)series->row[i].people;
    }
    return FLOW_OK;
}
