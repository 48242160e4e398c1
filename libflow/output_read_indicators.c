#include "output_get.h"
#include "output_read.h"

#include <string.h>

static flow_err read_texts(const flow_hdf *hdf, flow_result *r, const char *name, size_t offset)
{
    const int32_t n = r->n_indicator;
    char **text = flow_calloc(n, sizeof *text);
    if (text == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for '%s'", name); }
    const flow_err err = flow_hdf_names(hdf, name, n, text);
    for (int32_t i = 0; i < n; i++) { // what was read is freed with the result, also on failure
        char *to = (char *)&r->indicator[i] + offset;
        memcpy(to, &text[i], sizeof text[i]);
    }
    flow_dealloc(text);
    return err;
}

flow_err flow_result_read_indicators(const flow_hdf *hdf, flow_result *r)
{
    const htri_t there = H5Lexists(hdf->file, "indicator", H5P_DEFAULT);
    if (there < 0) { return flow_hdf_fail(hdf, "indicator"); }
    if (there == 0) { return FLOW_OK; }
    int32_t n = 0;
    FLOW_TRY(flow_hdf_length(hdf, "indicator", &n));
    r->indicator = flow_calloc(n, sizeof *r->indicator);
    if (r->indicator == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for indicators"); }
    r->n_indicator = n;
    FLOW_TRY(read_texts(hdf, r, "indicator", offsetof(flow_result_indicator, name)));
    FLOW_TRY(read_texts(hdf, r, "indicator_meaning", offsetof(flow_result_indicator, meaning)));
    FLOW_TRY(read_texts(hdf, r, "indicator_unit", offsetof(flow_result_indicator, unit)));
    FLOW_TRY(read_texts(hdf, r, "indicator_theme", offsetof(flow_result_indicator, theme)));
    FLOW_TRY(read_texts(hdf, r, "indicator_better", offsetof(flow_result_indicator, better)));
    const int64_t size[] = {FLOW_N_QUANTILE, n};
    const bool many = r->members != NULL;
    double *value = NULL;
    FLOW_TRY(flow_hdf_numbers(hdf, many ? "indicator_quantile" : "indicator_value",
                              H5T_NATIVE_DOUBLE, many ? 2 : 1, many ? size : size + 1, &value));
    for (int32_t i = 0; i < n; i++) {
        r->indicator[i].value = many ? value[FLOW_MEDIAN * n + i] : value[i];
        for (int32_t q = 0; q < FLOW_N_QUANTILE && many; q++) {
            r->indicator[i].quantile[q] = value[q * n + i];
        }
    }
    flow_dealloc(value);
    return FLOW_OK;
}

void flow_result_free_indicators(flow_result *r)
{
    for (int32_t i = 0; i < r->n_indicator; i++) {
        flow_dealloc(r->indicator[i].name);
        flow_dealloc(r->indicator[i].meaning);
        flow_dealloc(r->indicator[i].unit);
        flow_dealloc(r->indicator[i].theme);
        flow_dealloc(r->indicator[i].better);
    }
    flow_dealloc(r->indicator);
}
