#include "output_read.h"

#include "output_get.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static flow_err read_source(const flow_hdf *hdf, flow_result *r)
{
    static const char us[] = "libflow ";
    char *source = NULL;
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "source", true, &source));
    flow_err err = FLOW_OK;
    if (strncmp(source, us, strlen(us)) != 0) {
        err = flow_fail(FLOW_EFILE,
                        "'%s' was not written by libflow: its attribute 'source' does "
                        "not begin with \"libflow \"",
                        hdf->path);
    } else if (H5Aexists(hdf->file, "design") > 0) {
        err = flow_fail(FLOW_EFILE,
                        "'%s' is a study of many runs, not the result of one ('libflow "
                        "sensitivity' reads it)",
                        hdf->path);
    } else if ((r->version = flow_strdup(source + strlen(us))) == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory for the version");
    }
    flow_dealloc(source);
    return err;
}

static flow_err read_seed(const flow_hdf *hdf, flow_result *r)
{
    char *seed = NULL;
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "seed", false, &seed));
    const size_t digits = strspn(seed, "0123456789");
    const bool good = digits > 0 && digits <= 20 && seed[digits] == '\0';
    r->seed = good ? strtoull(seed, NULL, 10) : 0;
    flow_dealloc(seed);
    return good ? FLOW_OK : flow_hdf_not_ours(hdf, "seed", "is no whole number");
}

static flow_err read_start(const flow_hdf *hdf, flow_result *r)
{
    static const char since[] = "days since ";
    char *unit = NULL;
    FLOW_TRY(flow_hdf_read_text(hdf, "time", "units", false, &unit));
    bool good = strncmp(unit, since, strlen(since)) == 0 && strlen(unit) >= strlen(since) + 10;
    if (good) {
        char day[11] = "";
        memcpy(day, unit + strlen(since), 10);
        good = flow_date_parse(day, &r->start);
    }
    flow_dealloc(unit);
    return good ? FLOW_OK
                : flow_hdf_not_ours(hdf, "time", "has units other than days since a date");
}

static flow_err read_about(const flow_hdf *hdf, flow_result *r)
{
    FLOW_TRY(read_source(hdf, r));
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "checksum", false, &r->checksum));
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "title", true, &r->title));
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "command_line", true, &r->command_line));
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "date_created", true, &r->created));
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "scenario", true, &r->scenario_path));
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "option", true, &r->option));
    FLOW_TRY(flow_hdf_read_integer(hdf, "member", &r->member));
    return read_seed(hdf, r);
}

static flow_err read_observed(const flow_hdf *hdf, flow_result *r)
{
    const htri_t there = H5Lexists(hdf->file, "observed_place", H5P_DEFAULT);
    if (there < 0) { return flow_hdf_fail(hdf, "observed_place"); }
    if (there > 0) { FLOW_TRY(flow_hdf_length(hdf, "observed_place", &r->n_observed)); }
    const int32_t n = r->n_observed;
    if (n == 0) { // arrays of no values, so that a reader needs no special case
        r->observed_place = flow_calloc(0, sizeof *r->observed_place);
        r->observed = flow_calloc(0, sizeof *r->observed);
        r->first_count = flow_calloc(0, sizeof *r->first_count);
        r->network_km = flow_calloc(0, sizeof *r->network_km);
        const bool full = r->observed_place != NULL && r->observed != NULL &&
                          r->first_count != NULL && r->network_km != NULL;
        return full ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory to read '%s'", hdf->path);
    }
    const int64_t counts[] = {r->n_step, n}, ways[] = {n, r->n_place};
    FLOW_TRY(
        flow_hdf_numbers(hdf, "observed_index", H5T_NATIVE_INT32, 1, ways, &r->observed_place));
    for (int32_t i = 0; i < n; i++) {
        if (r->observed_place[i] < 0 || r->observed_place[i] >= r->n_place) {
            return flow_hdf_not_ours(hdf, "observed_index", "names a place that does not exist");
        }
    }
    FLOW_TRY(flow_hdf_numbers(hdf, "observed", H5T_NATIVE_INT64, 2, counts, &r->observed));
    FLOW_TRY(flow_hdf_numbers(hdf, "first_count", H5T_NATIVE_INT64, 1, ways, &r->first_count));
    return flow_hdf_numbers(hdf, "network_km", H5T_NATIVE_DOUBLE, 2, ways, &r->network_km);
}

static flow_err read_member_scores(const flow_hdf *hdf, const flow_result *r,
                                   flow_result_members *m)
{
    if (r->n_observed == 0) { return FLOW_OK; }
    char name[32];
    const int64_t n = m->n, size[] = {r->n_step, r->n_observed};
    for (int32_t i = 0; i < FLOW_N_MEASURE; i++) {
        (void)snprintf(name, sizeof name, "member_%s", flow_measure_name[i]);
        FLOW_TRY(flow_hdf_numbers(hdf, name, H5T_NATIVE_DOUBLE, 1, &n, &m->measure[i]));
        double *mean = NULL;
        (void)snprintf(name, sizeof name, "mean_%s", flow_measure_name[i]);
        FLOW_TRY(flow_hdf_numbers(hdf, name, H5T_NATIVE_DOUBLE, 0, NULL, &mean));
        m->of_mean[i] = *mean;
        flow_dealloc(mean);
    }
    for (int32_t i = 0; i < FLOW_N_COVERAGE; i++) {
        (void)snprintf(name, sizeof name, "coverage_%d", (int)flow_coverage_percent[i]);
        FLOW_TRY(flow_hdf_numbers(hdf, name, H5T_NATIVE_DOUBLE, 1, size + 1, &m->coverage[i]));
    }
    return flow_hdf_numbers(hdf, "crps", H5T_NATIVE_DOUBLE, 2, size, &m->crps);
}

/// Counts that the file hides are read as 0.
static flow_err read_hidden(const flow_hdf *hdf, flow_result *r)
{
    const htri_t there = H5Aexists(hdf->file, "suppress_below");
    if (there < 0) { return flow_hdf_fail(hdf, "suppress_below"); }
    if (there == 0) { return FLOW_OK; }
    FLOW_TRY(flow_hdf_read_integer(hdf, "suppress_below", &r->suppress_below));
    return r->suppress_below > 0 ? FLOW_OK
                                 : flow_hdf_not_ours(hdf, "suppress_below", "is not above 0");
}

static void show_hidden(const flow_result *r, double *value, int64_t n)
{
    for (int64_t i = 0; i < n && r->suppress_below > 0; i++) {
        if (isnan(value[i])) { value[i] = 0.0; }
    }
}

/// Whoever knows single runs only sees the median, in whole persons.
static flow_err read_members(const flow_hdf *hdf, flow_result *r)
{
    flow_result_members *m = r->members = flow_calloc(1, sizeof *r->members);
    if (m == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the members"); }
    FLOW_TRY(flow_hdf_length(hdf, "member", &m->n));
    const int64_t size[] = {FLOW_N_QUANTILE, r->n_step, r->n_place}, n = m->n;
    const int64_t values = (int64_t)r->n_step * r->n_place;
    FLOW_TRY(flow_hdf_numbers(hdf, "people_quantile", H5T_NATIVE_DOUBLE, 3, size, &m->people));
    FLOW_TRY(flow_hdf_numbers(hdf, "people_mean", H5T_NATIVE_DOUBLE, 2, size + 1, &m->mean));
    FLOW_TRY(flow_hdf_numbers(hdf, "conflict_mean", H5T_NATIVE_DOUBLE, 2, size + 1, &r->conflict));
    FLOW_TRY(flow_hdf_numbers(hdf, "member_persons", H5T_NATIVE_INT64, 1, &n, &m->persons));
    FLOW_TRY(flow_hdf_numbers(hdf, "member_entered", H5T_NATIVE_INT64, 1, &n, &m->entered));
    FLOW_TRY(flow_hdf_numbers(hdf, "member_left", H5T_NATIVE_INT64, 1, &n, &m->left));
    show_hidden(r, m->people, FLOW_N_QUANTILE * values);
    show_hidden(r, m->mean, values);
    r->people = flow_calloc(values, sizeof *r->people);
    if (r->people == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the people"); }
    for (int64_t i = 0; i < values; i++) {
        const double median = m->people[FLOW_MEDIAN * values + i];
        if (!(median >= 0.0 && median < 9e15)) {
            return flow_hdf_not_ours(hdf, "people_quantile", "holds no number of people");
        }
        r->people[i] = llround(median);
    }
    FLOW_TRY(read_observed(hdf, r));
    return read_member_scores(hdf, r, m);
}

static flow_err read_all(const flow_hdf *hdf, flow_result *r)
{
    FLOW_TRY(read_about(hdf, r));
    FLOW_TRY(read_hidden(hdf, r));
    FLOW_TRY(flow_hdf_length(hdf, "time", &r->n_step));
    FLOW_TRY(read_start(hdf, r));
    FLOW_TRY(flow_hdf_read_real(hdf, "step_days", &r->dt));
    if (!(r->dt >= 1e-3 && r->dt <= 1e3)) {
        return flow_hdf_not_ours(hdf, "step_days", "is no length of a step");
    }
    FLOW_TRY(flow_hdf_length(hdf, "place", &r->n_place));
    r->place_name = flow_calloc(r->n_place, sizeof *r->place_name);
    if (r->place_name == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for names"); }
    FLOW_TRY(flow_hdf_names(hdf, "place", r->n_place, r->place_name));
    const int64_t size[] = {r->n_step, r->n_place};
    FLOW_TRY(flow_hdf_numbers(hdf, "capacity", H5T_NATIVE_DOUBLE, 1, size + 1, &r->capacity));
    FLOW_TRY(flow_hdf_numbers(hdf, "population", H5T_NATIVE_DOUBLE, 1, size + 1, &r->population));
    const htri_t members = H5Lexists(hdf->file, "member", H5P_DEFAULT);
    if (members < 0) { return flow_hdf_fail(hdf, "member"); }
    if (members > 0) { return read_members(hdf, r); }
    FLOW_TRY(flow_hdf_numbers(hdf, "people", H5T_NATIVE_INT64, 2, size, &r->people));
    for (int64_t i = 0; i < size[0] * size[1] && r->suppress_below > 0; i++) {
        if (r->people[i] == FLOW_SUPPRESSED) { r->people[i] = 0; }
    }
    FLOW_TRY(flow_hdf_numbers(hdf, "conflict", H5T_NATIVE_DOUBLE, 2, size, &r->conflict));
    return read_observed(hdf, r);
}

flow_err flow_result_load(const char *path, flow_result **out)
{
    *out = NULL;
    flow_result *r = flow_calloc(1, sizeof *r);
    if (r == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to read '%s'", path); }
    flow_hdf hdf = {.path = path, .verb = "read", .file = H5I_INVALID_HID, .text = H5I_INVALID_HID};
    flow_hush hush;
    flow_hush_begin(&hush);
    flow_err err = flow_hdf_open(&hdf);
    if (err == FLOW_OK) { err = read_all(&hdf, r); }
    if (err == FLOW_OK) { err = flow_result_read_indicators(&hdf, r); }
    if (hdf.file >= 0) { (void)H5Fclose(hdf.file); } // read only: nothing can be lost
    flow_hush_end(&hush);
    if (err != FLOW_OK) {
        flow_result_free(r);
        return err;
    }
    *out = r;
    return FLOW_OK;
}

static void free_members(flow_result_members *m)
{
    if (m == NULL) { return; }
    for (int32_t i = 0; i < FLOW_N_MEASURE; i++) { flow_dealloc(m->measure[i]); }
    for (int32_t i = 0; i < FLOW_N_COVERAGE; i++) { flow_dealloc(m->coverage[i]); }
    flow_dealloc(m->people);
    flow_dealloc(m->mean);
    flow_dealloc(m->persons);
    flow_dealloc(m->entered);
    flow_dealloc(m->left);
    flow_dealloc(m->crps);
    flow_dealloc(m);
}

void flow_result_free(flow_result *r)
{
    if (r == NULL) { return; }
    for (int32_t p = 0; r->place_name != NULL && p < r->n_place; p++) {
        flow_dealloc(r->place_name[p]);
    }
    flow_dealloc(r->place_name);
    free_members(r->members);
    flow_result_free_indicators(r);
    flow_dealloc(r->people);
    flow_dealloc(r->observed_place);
    flow_dealloc(r->observed);
    flow_dealloc(r->network_km);
    flow_dealloc(r->capacity);
    flow_dealloc(r->population);
    flow_dealloc(r->conflict);
    flow_dealloc(r->first_count);
    flow_dealloc(r->title);
    flow_dealloc(r->version);
    flow_dealloc(r->checksum);
    flow_dealloc(r->command_line);
    flow_dealloc(r->option);
    flow_dealloc(r->created);
    flow_dealloc(r->scenario_path);
    flow_dealloc(r);
}
