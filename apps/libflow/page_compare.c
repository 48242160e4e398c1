// What the page of a comparison shows, as one JSON object.
#include "output_compare_read.h"
#include "page.h"

#include <string.h>

/// The row of an indicator; NULL: another version's.
static const flow_gauge *gauge_of(const char *name)
{
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        if (strcmp(flow_gauges[g].name, name) == 0) { return &flow_gauges[g]; }
    }
    return NULL;
}

static json_t *quantiles(const flow_compared_file *f, const double *value, int32_t option,
                         int32_t indicator)
{
    json_t *list = json_array();
    for (int64_t q = 0; q < FLOW_N_QUANTILE; q++) {
        const int64_t at = (option * (int64_t)FLOW_N_QUANTILE + q) * f->n_indicator + indicator;
        (void)json_array_append_new(list, app_json_number(value[at]));
    }
    return list;
}

static json_t *of_option(const flow_compared_file *f, int32_t option, int32_t indicator)
{
    const int64_t at = (int64_t)option * f->n_indicator + indicator;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "level",
                     quantiles(f, f->level, option, indicator), "difference",
                     quantiles(f, f->change, option, indicator), "mean",
                     app_json_number(f->number[FLOW_COMPARED_MEAN][at]), "change",
                     app_json_number(f->number[FLOW_COMPARED_CHANGE][at]), "better",
                     app_json_number(f->number[FLOW_COMPARED_BETTER][at]), "equal",
                     app_json_number(f->number[FLOW_COMPARED_EQUAL][at]), "cost",
                     app_json_number(f->number[FLOW_COMPARED_COST][at]));
}

static json_t *indicators(const flow_compared_file *f)
{
    json_t *list = json_array();
    for (int32_t g = 0; g < f->n_indicator; g++) {
        const flow_gauge *row = gauge_of(f->indicator[g]);
        json_t *options = json_array();
        for (int32_t i = 0; i < f->n_option; i++) {
            (void)json_array_append_new(options, of_option(f, i, g));
        }
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "name", f->indicator[g], "unit",
                            f->unit[g], "meaning", f->meaning[g], "theme",
                            row != NULL ? flow_theme_name[row->theme] : "", "better",
                            row != NULL ? flow_better_name[row->better] : "", "options", options));
    }
    return list;
}

/// Parts that are better or worse off in nine of ten members.
static json_t *parts(const flow_compared_file *f)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < f->n_option; i++) {
        for (int32_t k = 0; k < f->n_part; k++) {
            const int64_t at = (int64_t)i * f->n_part + k;
            const double better = f->part_better[at], change = f->part_change[at];
            if (!(better >= 0.9 || better <= 0.1) || change == 0.0) { continue; }
            (void)json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:s, s:f, s:f}", "option",
                                                        (int)i, "name", f->part[k], "kind",
                                                        f->part_kind[k], "indicator", f->part_of[k],
                                                        "change", change, "better", better));
        }
    }
    return list;
}

static json_t *texts(char *const *text, int32_t n)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < n; i++) { (void)json_array_append_new(list, json_string(text[i])); }
    return list;
}

static json_t *assumptions(const flow_compared_file *f)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < f->n_assumption; i++) {
        json_t *values = json_array();
        for (int32_t k = 0; k < f->n_option; k++) {
            const int64_t at = (int64_t)k * f->n_assumption + i;
            (void)json_array_append_new(values, json_string(f->assumption_value[at]));
        }
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "key", f->assumption[i],
                                                    "unit", f->assumption_unit[i], "source",
                                                    f->assumption_source[i], "values", values));
    }
    return list;
}

json_t *app_page_comparison(const struct flow_compared_file *f, bool right_to_left)
{
    int32_t baseline = 0;
    for (int32_t i = 0; i < f->n_option; i++) {
        if (strcmp(f->option[i], f->baseline) == 0) { baseline = i; }
    }
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:o, s:o, s:o, "
        "s:o, "
        "s:o, s:o, s:s}",
        "schema", "libflow.report.comparison.1", "title", f->title, "summary", f->summary, "source",
        f->source, "command", f->command_line, "scenario", f->scenario, "seed", f->seed, "checksum",
        f->checksum, "use", f->use, "start", f->first_day, "member", (json_int_t)f->member,
        "members", (json_int_t)f->n_member, "steps", (json_int_t)f->n_step, "baseline",
        (int)baseline, "options", texts(f->option, f->n_option), "titles",
        texts(f->option_title, f->n_option), "about", texts(f->option_about, f->n_option),
        "indicators", indicators(f), "parts", parts(f), "assumptions", assumptions(f), "direction",
        right_to_left ? "rtl" : "ltr");
}
