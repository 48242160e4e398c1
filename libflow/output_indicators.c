#include "output_indicators.h"

#include "output.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <string.h>

double flow_indicator_shown(int32_t gauge, double value, double least)
{
    const flow_gauge *row = &flow_gauges[gauge];
    const bool people = strcmp(row->unit, "1") == 0 && row->over_time != FLOW_OVER_RATIO;
    return people && value > 0.0 && value < least ? (double)NAN : value;
}

void flow_indicator_quantiles(double *value, int64_t n, const double *level, int32_t n_level,
                              double *out)
{
    bool defined = n > 0;
    for (int64_t i = 0; i < n; i++) { defined = defined && !isnan(value[i]); }
    if (defined) { gsl_sort(value, 1, (size_t)n); }
    for (int32_t q = 0; q < n_level; q++) {
        out[q] = defined ? gsl_stats_quantile_from_sorted_data(value, 1, (size_t)n, level[q])
                         : (double)NAN;
    }
}

/// A text of each indicator.
static flow_err put_texts(const flow_hdf *hdf, const char *name, const char *long_name,
                          const flow_axis *axis, const char *const *text)
{
    const flow_variable v = {.name = name, .long_name = long_name, .axis = {axis}};
    return flow_hdf_texts(hdf, hdf->file, &v, text, (int64_t)axis->n);
}

flow_err flow_output_indicator_axis(const flow_hdf *hdf, const bool has[static FLOW_N_GAUGE],
                                    flow_axis *axis)
{
    const char *name[FLOW_N_GAUGE], *meaning[FLOW_N_GAUGE], *unit[FLOW_N_GAUGE],
        *better[FLOW_N_GAUGE], *theme[FLOW_N_GAUGE];
    int64_t n = 0;
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        if (!has[g]) { continue; }
        name[n] = flow_gauges[g].name;
        meaning[n] = flow_gauges[g].long_name;
        unit[n] = flow_gauges[g].unit;
        better[n] = flow_better_name[flow_gauges[g].better];
        theme[n++] = flow_theme_name[flow_gauges[g].theme];
    }
    *axis = (flow_axis){.scale = H5I_INVALID_HID, .n = (hsize_t)n};
    if (n == 0) { return FLOW_OK; }
    const flow_variable v = {
        .name = "indicator", .long_name = "what the run comes to", .type = hdf->text};
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, axis));
    FLOW_TRY(flow_hdf_write_texts(hdf, axis->scale, name, n));
    FLOW_TRY(put_texts(hdf, "indicator_meaning", "what the indicator says", axis, meaning));
    FLOW_TRY(put_texts(hdf, "indicator_unit", "unit of the indicator", axis, unit));
    FLOW_TRY(put_texts(hdf, "indicator_theme", "what the indicator is about", axis, theme));
    return put_texts(hdf, "indicator_better",
                     "of two options the better one has more or less of it, or neither", axis,
                     better);
}

/// Values of the members of one indicator, as they may be shown.
static void take(const flow_indicators_table *t, int32_t g, double *out)
{
    for (int64_t m = 0; m < t->n_member; m++) {
        out[m] = flow_indicator_shown(g, t->value[m * FLOW_N_GAUGE + g], t->least);
    }
}

static flow_err put_single(const flow_hdf *hdf, const flow_indicators_table *t,
                           const flow_axis *axis)
{
    double value[FLOW_N_GAUGE];
    int64_t n = 0;
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        if (t->has[g]) { take(t, g, &value[n++]); }
    }
    const flow_variable v = {.name = "indicator_value",
                             .long_name = "value of the indicator, in its indicator_unit",
                             .type = H5T_NATIVE_DOUBLE,
                             .axis = {axis}};
    return flow_hdf_put(hdf, hdf->file, &v, value);
}

static flow_err put_members(const flow_hdf *hdf, const flow_indicators_table *t,
                            const flow_axis *axis, const flow_axis *member,
                            const flow_axis *quantile)
{
    const int64_t n = (int64_t)axis->n;
    double *each = flow_calloc(n * t->n_member, sizeof *each);
    double *sorted = flow_calloc(t->n_member, sizeof *sorted);
    flow_err err = flow_fail(FLOW_ENOMEM, "no memory for indicators");
    double rank[FLOW_N_QUANTILE * FLOW_N_GAUGE], one[FLOW_N_QUANTILE];
    if (each != NULL && sorted != NULL) {
        for (int32_t g = 0, k = 0; g < FLOW_N_GAUGE; g++) {
            if (!t->has[g]) { continue; }
            take(t, g, sorted);
            for (int64_t m = 0; m < t->n_member; m++) { each[m * n + k] = sorted[m]; }
            flow_indicator_quantiles(sorted, t->n_member, flow_member_quantile, FLOW_N_QUANTILE,
                                     one);
            for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) { rank[q * n + k] = one[q]; }
            k++;
        }
        const flow_variable v = {.name = "member_indicator",
                                 .long_name = "value of the indicator, in its indicator_unit",
                                 .type = H5T_NATIVE_DOUBLE,
                                 .axis = {member, axis}};
        err = flow_hdf_put(hdf, hdf->file, &v, each);
    }
    if (err == FLOW_OK) {
        const flow_variable v = {.name = "indicator_quantile",
                                 .long_name = "quantile over members of the indicator, in its "
                                              "indicator_unit",
                                 .type = H5T_NATIVE_DOUBLE,
                                 .axis = {quantile, axis}};
        err = flow_hdf_put(hdf, hdf->file, &v, rank);
    }
    flow_dealloc(each);
    flow_dealloc(sorted);
    return err;
}

flow_err flow_output_indicators(const flow_hdf *hdf, const flow_indicators_table *t,
                                const flow_axis *member, const flow_axis *quantile)
{
    flow_axis axis;
    flow_err err = flow_output_indicator_axis(hdf, t->has, &axis);
    if (err == FLOW_OK && axis.n > 0) {
        err = member != NULL ? put_members(hdf, t, &axis, member, quantile)
                             : put_single(hdf, t, &axis);
    }
    flow_hdf_close(axis.scale);
    return err;
}
