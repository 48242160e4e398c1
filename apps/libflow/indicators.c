// What a run comes to: its indicators as a small table and as JSON.
#include "app.h"

#include <math.h>
#include <string.h>

enum { MOST_ROWS = 12, MEANING_WIDTH = 54 };

app_text app_amount(double value)
{
    app_text out;
    const double size = fabs(value);
    if (isnan(value)) {
        (void)snprintf(out.text, sizeof out.text, "-");
    } else if (size == 0.0) {
        (void)snprintf(out.text, sizeof out.text, "0");
    } else if (size >= 1e7) {
        const double big = size >= 1e9 ? 1e9 : 1e6;
        (void)snprintf(out.text, sizeof out.text, "%.*f %s", size / big < 100.0 ? 1 : 0,
                       value / big, size >= 1e9 ? "bn" : "M");
    } else if (size >= 100.0) {
        out = app_people(value);
    } else {
        (void)snprintf(out.text, sizeof out.text, "%.3g", value);
    }
    return out;
}

const char *app_unit(const char *unit)
{
    static const struct {
        const char *unit, *shown;
    } name[] = {{"1", ""}, {"d", "days"}, {"USD d-1", "USD/day"}};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        if (strcmp(name[i].unit, unit) == 0) { return name[i].shown; }
    }
    return unit;
}

void app_print_indicators(const flow_result *r)
{
    int32_t n = 0, more = 0;
    for (int32_t i = 0; i < r->n_indicator; i++) {
        const flow_result_indicator *x = &r->indicator[i];
        if (!(x->value > 0.0)) { continue; }
        const bool harm = strcmp(x->theme, "harm") == 0;
        if (n >= MOST_ROWS && !harm) { // harm is always shown
            more++;
            continue;
        }
        if (n++ == 0) { (void)printf("What it comes to%s:\n", r->members ? " (median)" : ""); }
        (void)printf("  ");
        app_print_padded(x->meaning, MEANING_WIDTH);
        (void)printf(" %12s %s\n", app_amount(x->value).text, app_unit(x->unit));
    }
    if (more > 0) { (void)printf("  and %d more in the result file and with --json\n", (int)more); }
}

json_t *app_json_indicators(const flow_result *r)
{
    json_t *all = json_object();
    for (int32_t i = 0; all != NULL && i < r->n_indicator; i++) {
        const flow_result_indicator *x = &r->indicator[i];
        json_t *one =
            json_pack("{s:o, s:s, s:s, s:s, s:s}", "value", app_json_number(x->value), "unit",
                      x->unit, "meaning", x->meaning, "theme", x->theme, "better", x->better);
        json_t *rank = one != NULL && r->members != NULL ? json_object() : NULL;
        for (int32_t q = 0; rank != NULL && q < FLOW_N_QUANTILE; q++) {
            char key[16];
            (void)snprintf(key, sizeof key, "%g", flow_member_quantile[q]);
            if (json_object_set_new(rank, key, app_json_number(x->quantile[q])) != 0) { break; }
        }
        if (one == NULL || (rank != NULL && json_object_set_new(one, "quantiles", rank) != 0) ||
            json_object_set_new(all, x->name, one) != 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}
