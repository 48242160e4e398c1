#include "output_ledger.h"

#include <stdio.h>
#include <string.h>

/// The group, and its dimensions.
typedef struct writer {
    const flow_hdf *hdf;
    const flow_model *m;
    hid_t group;
    flow_axis response, month, budget;
} writer;

static flow_err add_axis(const writer *w, const char *name, const char *meaning,
                         const char *const *text, flow_axis *axis)
{
    const flow_variable v = {.name = name, .long_name = meaning, .type = w->hdf->text};
    FLOW_TRY(flow_hdf_axis(w->hdf, w->group, &v, axis));
    return flow_hdf_write_texts(w->hdf, axis->scale, text, (int64_t)axis->n);
}

static flow_err add_responses(writer *w)
{
    const flow_scenario *s = w->m->s;
    const char **name = flow_calloc(s->n_account, sizeof *name);
    if (name == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the ledger"); }
    for (int32_t i = 0; i < s->n_account; i++) { name[i] = flow_scenario_account(s, i); }
    w->response.n = (hsize_t)s->n_account;
    const flow_err err =
        add_axis(w, "response", "response whose account it is", name, &w->response);
    flow_dealloc(name);
    return err;
}

/// "2014-03" of a number of months since that of the first day.
static void month_text(const flow_scenario *s, int32_t month, char out[static 16])
{
    const int32_t all = flow_month(s->start) + month;
    (void)snprintf(out, 16, "%04d-%02d", (int)(all / 12), (int)(all % 12 + 1));
}

static flow_err put_months(writer *w, const char **name, char (*text)[16])
{
    const flow_scenario *s = w->m->s;
    for (int32_t i = 0; i < s->n_month; i++) {
        month_text(s, i, text[i]);
        name[i] = text[i];
    }
    w->month.n = (hsize_t)s->n_month;
    return add_axis(w, "month", "calendar month", name, &w->month);
}

static flow_err add_months(writer *w)
{
    const int32_t n = w->m->s->n_month;
    const char **name = flow_calloc(n, sizeof *name);
    char(*text)[16] = flow_calloc(n, sizeof *text);
    const flow_err err = name != NULL && text != NULL
                             ? put_months(w, name, text)
                             : flow_fail(FLOW_ENOMEM, "no memory for the ledger");
    flow_dealloc(text);
    flow_dealloc(name);
    return err;
}

static flow_err put_spent(const writer *w, const flow_axis *place, double *usd, double *asked)
{
    const flow_scenario *s = w->m->s;
    const int64_t size = (int64_t)s->n_month * s->n_place;
    for (int32_t i = 0; i < s->n_account; i++) {
        FLOW_TRY(flow_model_ledger(w->m, i, usd + i * size, size));
        asked[i] = 0.01 * (double)flow_ledger_asked(&w->m->ledger, i);
    }
    const flow_variable spent = {.name = "spent",
                                 .unit = "USD",
                                 .long_name = "money spent by the response in the month for the "
                                              "place, whole cents",
                                 .type = H5T_NATIVE_DOUBLE,
                                 .axis = {&w->response, &w->month, place}};
    const flow_variable wanted = {.name = "asked",
                                  .unit = "USD",
                                  .long_name = "money that the response asked for, granted or not",
                                  .type = H5T_NATIVE_DOUBLE,
                                  .axis = {&w->response}};
    FLOW_TRY(flow_hdf_put(w->hdf, w->group, &spent, usd));
    return flow_hdf_put(w->hdf, w->group, &wanted, asked);
}

static flow_err add_spent(const writer *w, const flow_axis *place)
{
    const flow_scenario *s = w->m->s;
    double *usd = flow_calloc((int64_t)s->n_account * s->n_month * s->n_place, sizeof *usd);
    double *asked = flow_calloc(s->n_account, sizeof *asked);
    const flow_err err = usd != NULL && asked != NULL
                             ? put_spent(w, place, usd, asked)
                             : flow_fail(FLOW_ENOMEM, "no memory for the ledger");
    flow_dealloc(asked);
    flow_dealloc(usd);
    return err;
}

/// One row for what a budget was given, one for what was spent of it.
static flow_err put_budgets(writer *w, const char **name, double *given, double *spent)
{
    const flow_scenario *s = w->m->s;
    for (int32_t i = 0; i < s->n_budget; i++) {
        flow_budget b;
        FLOW_TRY(flow_model_budget(w->m, i, &b));
        name[i] = b.name;
        given[i] = 0.01 * (double)b.given;
        spent[i] = 0.01 * (double)b.spent;
    }
    w->budget.n = (hsize_t)s->n_budget;
    FLOW_TRY(add_axis(w, "budget", "budget", name, &w->budget));
    flow_variable v = {.name = "budget_given",
                       .unit = "USD",
                       .long_name = "money given to the budget by the end",
                       .type = H5T_NATIVE_DOUBLE,
                       .axis = {&w->budget}};
    FLOW_TRY(flow_hdf_put(w->hdf, w->group, &v, given));
    v.name = "budget_spent";
    v.long_name = "money spent of the budget by the end";
    return flow_hdf_put(w->hdf, w->group, &v, spent);
}

static flow_err add_budgets(writer *w)
{
    const int32_t n = w->m->s->n_budget;
    if (n == 0) { return FLOW_OK; } // netCDF knows no empty dimension
    const char **name = flow_calloc(n, sizeof *name);
    double *value = flow_calloc(2 * (int64_t)n, sizeof *value);
    const flow_err err = name != NULL && value != NULL
                             ? put_budgets(w, name, value, value + n)
                             : flow_fail(FLOW_ENOMEM, "no memory for the ledger");
    flow_dealloc(value);
    flow_dealloc(name);
    return err;
}

static flow_err write_group(writer *w, const flow_axis *place)
{
    FLOW_TRY(flow_hdf_group(w->hdf, "ledger", &w->group));
    FLOW_TRY(add_responses(w));
    FLOW_TRY(add_months(w));
    FLOW_TRY(add_spent(w, place));
    return add_budgets(w);
}

flow_err flow_output_ledger(const flow_hdf *hdf, const flow_model *m, const flow_axis *place)
{
    if (m->s->n_account == 0) { return FLOW_OK; }
    writer w = {.hdf = hdf, .m = m, .group = H5I_INVALID_HID};
    w.response.scale = w.month.scale = w.budget.scale = H5I_INVALID_HID;
    const flow_err err = write_group(&w, place);
    flow_hdf_close(w.response.scale);
    flow_hdf_close(w.month.scale);
    flow_hdf_close(w.budget.scale);
    flow_hdf_close(w.group);
    return err;
}
