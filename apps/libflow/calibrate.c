// libflow calibrate: where people go, fitted to a table of flows and tried on what it has not seen.
#include "app.h"
#include "calibrate_od.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { NAME = 26, MOST_FEATURES = 64 };

/// What a model is, for the table of the report.
static const char *const model_help[FLOW_N_OD_MODEL] = {
    "this fit", "logit by distance and population", "no coefficient to fit",
    "flows of the year before"};

/// "2017" or "2016-2017".
static bool parse_years(const char *text, flow_od_options *o)
{
    char first[16] = "";
    const char *dash = strchr(text + 1, '-');
    const size_t length = dash != NULL ? (size_t)(dash - text) : strlen(text);
    int64_t from = 0, to = 0;
    if (length >= sizeof first) { return false; }
    memcpy(first, text, length);
    if (!flow_integer_parse(first, &from)) { return false; }
    if (!flow_integer_parse(dash != NULL ? dash + 1 : first, &to)) { return false; }
    if (from < INT32_MIN || to > INT32_MAX || from > to) { return false; }
    o->test = FLOW_TEST_YEARS;
    o->first_year = (int32_t)from;
    o->last_year = (int32_t)to;
    return true;
}

static app_exit make_options(const app_arguments *a, flow_od_options *o)
{
    char quoted[64];
    *o = (flow_od_options){.poisson = a->poisson,
                           .n_sample = a->poisson ? 0 : (int32_t)a->samples,
                           .seed = (uint64_t)a->seed};
    if (a->n_set == 0) {
        app_say("calibrate", "--feature is missing; such as --feature 'ln(distance)'");
        return APP_USAGE;
    }
    if (a->test != NULL && a->leave_out_origins) {
        app_say("calibrate", "--test and --leave-out-origins exclude each other");
        return APP_USAGE;
    }
    if (a->poisson && a->leave_out_origins) {
        app_say("calibrate", "--poisson and --leave-out-origins exclude each other");
        return APP_USAGE;
    }
    if (a->test != NULL && !parse_years(a->test, o)) {
        app_say("calibrate", "--test '%s' is not a year or FIRST-LAST",
                flow_quote(a->test, quoted));
        return APP_USAGE;
    }
    if (a->leave_out_origins) { o->test = FLOW_TEST_ORIGINS; }
    return APP_OK;
}

static flow_err load(const app_arguments *a, flow_od **od)
{
    *od = NULL;
    const flow_files files = {.folder = ""}; // the operand is the whole path
    const flow_od_columns columns = {.origin = a->origin,
                                     .target = a->destination,
                                     .flow = a->flow,
                                     .year = a->year,
                                     .distance = a->distance,
                                     .population = a->population,
                                     .origin_population = a->origin_population,
                                     .feature = a->set,
                                     .n_feature = a->n_set};
    char *text = NULL;
    int64_t size = 0;
    flow_problems problems = {0};
    flow_err err = flow_file_read(&files, a->operand[0], FLOW_FILE_MAX, &text, &size);
    if (err == FLOW_OK) {
        err = flow_od_parse(a->operand[0], text, size, &columns, &problems, od);
        if (err == FLOW_OK) { err = flow_problems_result(&problems); }
    }
    flow_problems_clear(&problems);
    flow_dealloc(text);
    return err;
}

static void print_coefficients(const flow_od *od, const flow_od_result *r)
{
    app_print_padded("feature", NAME);
    (void)printf(" %11s %10s%s\n", "coefficient", "std error",
                 r->low != NULL ? "   90 % of resampled origins" : "");
    for (int32_t f = 0; f < od->n_feature; f++) {
        app_print_padded(od->feature[f], NAME);
        (void)printf(" %11.4f %10.4f", r->fit.b[f], r->fit.se[f]);
        if (r->low != NULL) { (void)printf("   %9.4f to %9.4f", r->low[f], r->high[f]); }
        (void)putchar('\n');
    }
    if (r->n_bad > 0) {
        (void)printf("%d of %d samples had no maximum and count as the fit itself.\n",
                     (int)r->n_bad, (int)r->n_sample);
    }
}

static void print_report(const app_arguments *a, const flow_od *od, const flow_od_options *o,
                         const flow_od_result *r)
{
    (void)printf("%s: %s people between %s pairs of places", a->operand[0],
                 app_people(r->people_fit).text, app_people((double)r->n_fit).text);
    if (o->test == FLOW_TEST_YEARS) {
        (void)printf(", %s between %s held out", app_people(r->people_test).text,
                     app_people((double)r->n_test).text);
    }
    if (od->n_own > 0) {
        (void)printf("; %" PRId64 " rows from a place to itself are left out", od->n_own);
    }
    (void)printf(".\n\n");
    print_coefficients(od, r);
    if (o->poisson) { (void)printf("constant %.4f\n", r->constant); }
    (void)printf("\n");
    app_print_padded("common part of commuters", NAME);
    (void)printf(" %11s %10s\n", "fitted", o->test != FLOW_TEST_NONE ? "held out" : "");
    for (int32_t m = 0; m < FLOW_N_OD_MODEL; m++) {
        if (isnan(r->cpc_fit[m]) && isnan(r->cpc_test[m])) { continue; }
        app_print_padded(flow_od_model_name[m], NAME);
        (void)printf(" %11s %10s   %s\n", app_measure(r->cpc_fit[m]).text,
                     o->test != FLOW_TEST_NONE ? app_measure(r->cpc_test[m]).text : "",
                     model_help[m]);
    }
    if (o->test == FLOW_TEST_YEARS && !o->poisson) {
        (void)printf("\nHeld-out years: as many people leave each origin as in the last year "
                     "fitted.\n");
    }
    if (o->test == FLOW_TEST_ORIGINS) {
        (void)printf("\nHeld out: each origin predicted from a fit to the others.\n");
    }
}

static json_t *coefficients_json(const flow_od *od, const flow_od_result *r)
{
    json_t *list = json_array();
    for (int32_t f = 0; f < od->n_feature; f++) {
        json_t *o = json_pack("{s:s, s:o, s:o}", "feature", od->feature[f], "coefficient",
                              app_json_number(r->fit.b[f]), "standard_error",
                              app_json_number(r->fit.se[f]));
        if (o != NULL && r->low != NULL) {
            (void)json_object_set_new(o, "low", app_json_number(r->low[f]));
            (void)json_object_set_new(o, "high", app_json_number(r->high[f]));
        }
        if (json_array_append_new(list, o) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *measures_json(const double *cpc)
{
    json_t *o = json_object();
    for (int32_t m = 0; m < FLOW_N_OD_MODEL; m++) {
        if (json_object_set_new(o, flow_od_model_name[m], app_json_number(cpc[m])) != 0) {
            json_decref(o);
            return NULL;
        }
    }
    return o;
}

static json_t *to_json(const app_arguments *a, const flow_od *od, const flow_od_options *o,
                       const flow_od_result *r)
{
    static const char *const test[] = {"none", "years", "origins"};
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:i, s:i, s:o, s:o}",
        "schema", "libflow.calibrate.1", "flows", a->operand[0], "model",
        o->poisson ? "poisson" : "logit", "test", test[o->test], "coefficients",
        coefficients_json(od, r), "constant",
        o->poisson ? app_json_number(r->constant) : json_null(), "pairs", (json_int_t)r->n_fit,
        "pairs_held_out", (json_int_t)r->n_test, "people", app_json_number(r->people_fit),
        "people_held_out", app_json_number(r->people_test), "log_likelihood",
        app_json_number(r->fit.log_likelihood), "log_likelihood_0",
        app_json_number(r->fit.log_likelihood_0), "samples", (int)r->n_sample,
        "samples_without_maximum", (int)r->n_bad, "cpc", measures_json(r->cpc_fit), "cpc_held_out",
        measures_json(r->cpc_test));
}

static app_exit calibrate(const app_arguments *arguments)
{
    app_arguments a = *arguments;
    flow_od_options options;
    app_exit status = make_options(&a, &options);
    if (status != APP_OK) { return status; }
    flow_od *od = NULL;
    flow_od_result result = {.low = NULL};
    flow_err err = load(&a, &od);
    if (err == FLOW_OK) { err = flow_od_calibrate(od, &options, &result); }
    if (err != FLOW_OK) {
        status = app_fail("calibrate", err);
    } else if (a.json) {
        status = app_print_json(to_json(&a, od, &options, &result));
    } else {
        print_report(&a, od, &options, &result);
    }
    flow_od_result_clear(&result);
    flow_od_free(od);
    return status;
}

#define AT(member) offsetof(app_arguments, member)
static const app_option options[] = {
    {0, "feature", "EXPR", APP_LIST, AT(set), 0, 0,
     "What draws people: COL, ln(COL) or ln1p(COL) of a column of numbers, true or false; "
     "NAME=EXPR names it; repeat for more."},
    {0, "origin", "COL", APP_TEXT, AT(origin), 0, 0,
     "Column of the place people leave; default: origin, orig or from."},
    {0, "destination", "COL", APP_TEXT, AT(destination), 0, 0,
     "Column of the place they go to; default: destination, dest or to."},
    {0, "flow", "COL", APP_TEXT, AT(flow), 0, 0,
     "Column of their number; default: flow, people, persons or count."},
    {0, "year", "COL", APP_TEXT, AT(year), 0, 0, "Column of the year; default: year, if any."},
    {0, "test", "YEARS", APP_TEXT, AT(test), 0, 0,
     "Hold out a year, or FIRST-LAST, and predict it from the others."},
    {0, "leave-out-origins", NULL, APP_FLAG, AT(leave_out_origins), 0, 0,
     "Predict each origin from a fit to the others."},
    {0, "poisson", NULL, APP_FLAG, AT(poisson), 0, 0,
     "Predict totals, too: one constant instead of the people who leave each origin."},
    {0, "distance", "COL", APP_TEXT, AT(distance), 0, 0,
     "Column of distances, for gravity and radiation beside the fit."},
    {0, "population", "COL", APP_TEXT, AT(population), 0, 0,
     "Column of the destinations' populations, for the same."},
    {0, "origin-population", "COL", APP_TEXT, AT(origin_population), 0, 0,
     "Column of the origins' populations, for radiation."},
    {0, "samples", "N", APP_INTEGER, AT(samples), 0, 100000,
     "Fits to resampled origins, for intervals; default 0."},
    {'s', "seed", "N", APP_INTEGER, AT(seed), 0, INT64_MAX, "Seed of the samples; default 0."},
    {0, "json", NULL, APP_FLAG, AT(json), 0, 0, "Print one JSON object."},
    {0, NULL, NULL, APP_FLAG, 0, 0, 0, NULL}};

const app_command app_calibrate_command = {
    "calibrate",
    "FLOWS.csv",
    1,
    1,
    "Fit where people go to a table of flows.",
    "FLOWS.csv has a row for each pair of places (and year): from where, to where, how many "
    "people, and columns that may draw them. The fit is a conditional logit: the chance of a "
    "place is in proportion to exp(sum of coefficient x feature). The choices of an origin are the "
    "places in its rows, so pairs without people need rows, too. The common part of commuters "
    "compares flows: 1 is equal, 0 nothing in common; a fit is of use where it beats gravity, "
    "radiation and, with several years, the flows of the year before.",
    options,
    calibrate};
