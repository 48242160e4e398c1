#define _POSIX_C_SOURCE 200809L
#include "output_static.h"

#include "distance.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *flow_output_coordinates(const flow_scenario *s)
{
    for (int32_t p = 0; p < s->n_place; p++) {
        if (!isnan(s->latitude[p])) { return "latitude longitude"; }
    }
    return NULL;
}

flow_variable flow_output_time(const flow_scenario *s, char unit[static 64])
{
    char day[16];
    flow_date_text(s->start, day);
    (void)snprintf(unit, 64, "days since %s 00:00:00", day);
    return (flow_variable){.name = "time",
                           .standard_name = "time",
                           .unit = unit,
                           .long_name = "day; values describe its end, or the whole of it, and "
                                        "compare with observations of this date",
                           .type = H5T_NATIVE_DOUBLE};
}

flow_err flow_output_time_explain(const flow_hdf *hdf, hid_t time)
{
    FLOW_TRY(flow_hdf_text(hdf, time, "calendar", "proleptic_gregorian"));
    return flow_hdf_text(hdf, time, "axis", "T");
}

flow_variable flow_output_observable(const flow_scenario *s, const flow_observable *row)
{
    flow_variable v = {.name = row->name,
                       .unit = row->unit,
                       .long_name = row->long_name,
                       .cell_methods = row->cell_methods,
                       .type = row->integer ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE};
    if (row->shape == FLOW_PER_PLACE) { v.coordinates = flow_output_coordinates(s); }
    return v;
}

double flow_output_least(const flow_scenario *s, const flow_observable *row)
{
    return row->counts ? (double)s->set.output.suppress_below : 0.0;
}

// netCDF readers show the fill value as a gap; xarray makes float64 of such a variable.
flow_err flow_output_suppressed(const flow_hdf *hdf, const flow_scenario *s,
                                const flow_observable *row, hid_t data)
{
    if (!(flow_output_least(s, row) > 0.0)) { return FLOW_OK; }
    const int64_t gap = FLOW_SUPPRESSED;
    return flow_hdf_attribute(hdf, data, "_FillValue", H5T_NATIVE_INT64, 1, &gap);
}

flow_variable flow_output_observed(void)
{
    return (flow_variable){.name = "observed",
                           .unit = "1",
                           .long_name =
                               "people counted at the observed place, between counts interpolated",
                           .cell_methods = "time: point",
                           .type = H5T_NATIVE_INT64};
}

flow_variable flow_output_observed_total(void)
{
    return (flow_variable){.name = "observed_total",
                           .unit = "1",
                           .long_name = "people counted in total, between counts interpolated",
                           .cell_methods = "time: point",
                           .type = H5T_NATIVE_INT64};
}

static void utc_now(char out[static 32])
{
    const time_t now = time(NULL);
    struct tm utc;
    if (now == (time_t)-1 || gmtime_r(&now, &utc) == NULL ||
        strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) {
        (void)snprintf(out, 32, "unknown time");
    }
}

static flow_err write_history(const flow_hdf *hdf, const char *command)
{
    char now[32];
    utc_now(now);
    if (command == NULL) { command = "libflow"; }
    const size_t size = strlen(now) + strlen(command) + 2;
    char *history = flow_calloc((int64_t)size, 1);
    if (history == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the history"); }
    (void)snprintf(history, size, "%s %s", now, command);
    flow_err err = flow_hdf_text(hdf, hdf->file, "history", history);
    if (err == FLOW_OK) { err = flow_hdf_text(hdf, hdf->file, "date_created", now); }
    flow_dealloc(history);
    return err;
}

static flow_err write_global(const flow_hdf *hdf, const flow_scenario *s, const flow_provenance *v)
{
    char seed[32];
    (void)snprintf(seed, sizeof seed, "%" PRIu64, v->seed);
    const char *title = s->set.top.title;
    if (title == NULL || title[0] == '\0') { title = s->path; }
    const hid_t f = hdf->file;
    FLOW_TRY(flow_hdf_text(hdf, f, "Conventions", "CF-1.11"));
    FLOW_TRY(flow_hdf_text(hdf, f, "title", title));
    FLOW_TRY(flow_hdf_text(hdf, f, "summary", s->set.top.description));
    FLOW_TRY(flow_hdf_text(hdf, f, "source", "libflow " FLOW_VERSION));
    FLOW_TRY(write_history(hdf, v->command_line));
    FLOW_TRY(flow_hdf_text(hdf, f, "command_line", v->command_line));
    FLOW_TRY(flow_hdf_text(hdf, f, "scenario", s->path));
    if (s->in_force != NULL) {
        const flow_option *o = s->in_force;
        FLOW_TRY(flow_hdf_text(hdf, f, "option", o->name));
        FLOW_TRY(flow_hdf_text(hdf, f, "option_title", o->title));
        FLOW_TRY(flow_hdf_text(hdf, f, "option_description", o->description));
    }
    FLOW_TRY(flow_hdf_text(hdf, f, "scenario_format", s->is_flee ? "flee" : "libflow"));
    FLOW_TRY(flow_hdf_text(hdf, f, "seed", seed));
    FLOW_TRY(flow_hdf_integer(hdf, f, "member", v->member));
    if (v->n_member > 0) { FLOW_TRY(flow_hdf_integer(hdf, f, "members", v->n_member)); }
    FLOW_TRY(flow_hdf_integer(hdf, f, "threads", v->threads));
    FLOW_TRY(flow_hdf_integer(hdf, f, "period_days", s->set.period.days));
    if (s->set.output.suppress_below > 0) {
        FLOW_TRY(flow_hdf_integer(hdf, f, "suppress_below", s->set.output.suppress_below));
    }
    return flow_hdf_attribute(hdf, f, "step_days", H5T_NATIVE_DOUBLE, 1, &s->dt);
}

static flow_err write_kinds(const flow_hdf *hdf, const flow_scenario *s, const flow_axis *place)
{
    int8_t flag[FLOW_N_PLACE_KIND];
    char meaning[128] = "";
    for (int8_t k = 0; k < FLOW_N_PLACE_KIND; k++) {
        flag[k] = k;
        const size_t used = strlen(meaning);
        (void)snprintf(meaning + used, sizeof meaning - used, "%s%s", k > 0 ? " " : "",
                       flow_place_kind_name[k]);
    }
    int8_t *kind = flow_calloc(s->n_place, sizeof *kind);
    if (kind == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %d places", s->n_place); }
    for (int32_t p = 0; p < s->n_place; p++) { kind[p] = (int8_t)s->place_kind[p]; }
    const flow_variable v = {.name = "place_kind",
                             .long_name = "kind of the place at the beginning",
                             .type = H5T_NATIVE_INT8,
                             .axis = {place}};
    hid_t data = H5I_INVALID_HID;
    flow_err err = flow_hdf_variable(hdf, hdf->file, &v, &data);
    if (err == FLOW_OK) {
        err =
            flow_hdf_attribute(hdf, data, "flag_values", H5T_NATIVE_INT8, FLOW_N_PLACE_KIND, flag);
    }
    if (err == FLOW_OK) { err = flow_hdf_text(hdf, data, "flag_meanings", meaning); }
    if (err == FLOW_OK) { err = flow_hdf_write(hdf, data, H5T_NATIVE_INT8, kind); }
    flow_hdf_close(data);
    flow_dealloc(kind);
    return err;
}

/// Codes that some place has.
static flow_err write_codes(const flow_hdf *hdf, const flow_scenario *s, const flow_axis *place)
{
    static const char *const meaning[FLOW_N_CODE] = {
        "country of the place, code of ISO 3166-1 with three letters",
        "P-code of the first administrative division of the place",
        "P-code of the second administrative division of the place"};
    for (int32_t c = 0; c < FLOW_N_CODE; c++) {
        bool any = false;
        for (int32_t p = 0; p < s->n_place && s->place_code[c] != NULL; p++) {
            any = any || (s->place_code[c][p] != NULL && *s->place_code[c][p] != '\0');
        }
        if (!any) { continue; }
        const flow_variable v = {
            .name = flow_code_name[c], .long_name = meaning[c], .axis = {place}};
        FLOW_TRY(
            flow_hdf_texts(hdf, hdf->file, &v, (const char *const *)s->place_code[c], s->n_place));
    }
    return FLOW_OK;
}

static flow_err write_places(const flow_hdf *hdf, const flow_scenario *s, flow_axis *place)
{
    const int32_t n = s->n_place;
    *place = (flow_axis){.scale = H5I_INVALID_HID, .n = (hsize_t)n};
    flow_variable v = {.name = "place", .long_name = "name of the place", .type = hdf->text};
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, place));
    FLOW_TRY(flow_hdf_write_texts(hdf, place->scale, (const char *const *)s->place_name, n));
    FLOW_TRY(write_kinds(hdf, s, place));

    v = (flow_variable){.name = "country", .long_name = "country of the place", .axis = {place}};
    FLOW_TRY(flow_hdf_texts(hdf, hdf->file, &v, (const char *const *)s->place_country, n));
    v = (flow_variable){.name = "region", .long_name = "region of the place", .axis = {place}};
    FLOW_TRY(flow_hdf_texts(hdf, hdf->file, &v, (const char *const *)s->place_region, n));

    FLOW_TRY(write_codes(hdf, s, place));

    const flow_variable number[] = {
        {.name = "latitude",
         .standard_name = "latitude",
         .unit = "degrees_north",
         .long_name = "latitude of the place, NaN where unknown"},
        {.name = "longitude",
         .standard_name = "longitude",
         .unit = "degrees_east",
         .long_name = "longitude of the place, NaN where unknown"},
        {.name = "population", .unit = "1", .long_name = "inhabitants as the scenario gives them"},
        {.name = "capacity",
         .unit = "1",
         .long_name = "people the place takes in as the scenario gives it, below 1 for unlimited"},
    };
    const double *const value[] = {s->latitude, s->longitude, s->population, s->capacity};
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        v = number[i];
        v.type = H5T_NATIVE_DOUBLE;
        v.axis[0] = place;
        if (i >= 2) { v.coordinates = flow_output_coordinates(s); }
        FLOW_TRY(flow_hdf_put(hdf, hdf->file, &v, value[i]));
    }
    return FLOW_OK;
}

/// "A->B" of every link, one block of texts; NULL: no memory.
static char **link_names(const flow_scenario *s)
{
    char **name = flow_calloc(s->n_link, sizeof *name);
    for (int32_t k = 0; name != NULL && k < s->n_link; k++) {
        const char *from = s->place_name[s->link_from[k]];
        const char *to = s->place_name[s->link_to[k]];
        const size_t size = strlen(from) + strlen(to) + sizeof "->";
        name[k] = flow_calloc((int64_t)size, 1);
        if (name[k] == NULL) {
            for (int32_t i = 0; i < k; i++) { flow_dealloc(name[i]); }
            flow_dealloc(name);
            return NULL;
        }
        (void)snprintf(name[k], size, "%s->%s", from, to);
    }
    return name;
}

static flow_err write_links(const flow_hdf *hdf, const flow_scenario *s, flow_axis *link)
{
    *link = (flow_axis){.scale = H5I_INVALID_HID, .n = (hsize_t)s->n_link};
    if (s->n_link == 0) { return FLOW_OK; }
    char **name = link_names(s);
    if (name == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %d links", (int)s->n_link); }
    flow_variable v = {
        .name = "link", .long_name = "link, from its start to its end", .type = hdf->text};
    flow_err err = flow_hdf_axis(hdf, hdf->file, &v, link);
    if (err == FLOW_OK) {
        err = flow_hdf_write_texts(hdf, link->scale, (const char *const *)name, s->n_link);
    }
    for (int32_t k = 0; k < s->n_link; k++) { flow_dealloc(name[k]); }
    flow_dealloc(name);
    if (err != FLOW_OK) { return err; }

    v = (flow_variable){.name = "link_from",
                        .unit = "1",
                        .type = H5T_NATIVE_INT32,
                        .long_name = "index of the place where the link starts, from 0",
                        .axis = {link}};
    FLOW_TRY(flow_hdf_put(hdf, hdf->file, &v, s->link_from));
    v.name = "link_to";
    v.long_name = "index of the place where the link ends, from 0";
    FLOW_TRY(flow_hdf_put(hdf, hdf->file, &v, s->link_to));
    v = (flow_variable){.name = "length_km",
                        .unit = "km",
                        .type = H5T_NATIVE_DOUBLE,
                        .long_name = "length of the link",
                        .axis = {link}};
    return flow_hdf_put(hdf, hdf->file, &v, s->length_km);
}

static flow_err write_distances(const flow_hdf *hdf, const flow_scenario *s, const flow_axes *axes)
{
    double *km = flow_calloc((int64_t)s->n_observed * s->n_place, sizeof *km);
    if (km == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for distances"); }
    flow_err err = FLOW_OK;
    for (int32_t i = 0; i < s->n_observed && err == FLOW_OK; i++) {
        err = flow_shortest_km(s, s->observed[i].place, km + (int64_t)i * s->n_place);
    }
    const flow_variable v = {
        .name = "network_km",
        .unit = "km",
        .type = H5T_NATIVE_DOUBLE,
        .long_name = "shortest way over the links from the place to the observed place, "
                     "infinite where there is none",
        .axis = {&axes->observed, &axes->place}};
    if (err == FLOW_OK) { err = flow_hdf_put(hdf, hdf->file, &v, km); }
    flow_dealloc(km);
    return err;
}

static flow_err write_observed(const flow_hdf *hdf, const flow_scenario *s, flow_axes *axes)
{
    const int32_t n = s->n_observed;
    axes->observed = (flow_axis){.scale = H5I_INVALID_HID, .n = (hsize_t)n};
    if (n == 0) { return FLOW_OK; }
    const char **name = flow_calloc(n, sizeof *name);
    int32_t *place = flow_calloc(n, sizeof *place);
    int64_t *first = flow_calloc(n, sizeof *first);
    if (name == NULL || place == NULL || first == NULL) {
        flow_dealloc(first);
        flow_dealloc(place);
        flow_dealloc(name);
        return flow_fail(FLOW_ENOMEM, "no memory for %d observed places", (int)n);
    }
    for (int32_t i = 0; i < n; i++) {
        place[i] = s->observed[i].place;
        first[i] = s->observed[i].first_count;
        name[i] = s->place_name[place[i]];
    }
    const flow_axis *observed = &axes->observed;
    const flow_variable names = {
        .name = "observed_place", .long_name = "name of the observed place", .type = hdf->text};
    const flow_variable index = {.name = "observed_index",
                                 .unit = "1",
                                 .type = H5T_NATIVE_INT32,
                                 .long_name =
                                     "index of the observed place among all places, from 0",
                                 .axis = {observed}};
    const flow_variable count = {.name = "first_count",
                                 .unit = "1",
                                 .type = H5T_NATIVE_INT64,
                                 .long_name =
                                     "first published count above 0, 0 where there is none",
                                 .axis = {observed}};
    flow_err err = flow_hdf_axis(hdf, hdf->file, &names, &axes->observed);
    if (err == FLOW_OK) { err = flow_hdf_write_texts(hdf, axes->observed.scale, name, n); }
    if (err == FLOW_OK) { err = flow_hdf_put(hdf, hdf->file, &index, place); }
    if (err == FLOW_OK) { err = flow_hdf_put(hdf, hdf->file, &count, first); }
    if (err == FLOW_OK) { err = write_distances(hdf, s, axes); }
    flow_dealloc(first);
    flow_dealloc(place);
    flow_dealloc(name);
    return err;
}

/// Countries have an axis when a module in use writes a quantity of theirs.
static flow_err write_countries(const flow_hdf *hdf, const flow_scenario *s, flow_axis *country)
{
    bool wanted = false;
    for (int32_t i = 0; i < s->n_use; i++) {
        for (int32_t k = 0; k < s->use[i].n_write; k++) {
            wanted |= flow_quantity_row(s->use[i].write[k])->over == FLOW_OVER_COUNTRY;
        }
    }
    if (!wanted) { return FLOW_OK; }
    *country = (flow_axis){.scale = H5I_INVALID_HID, .n = (hsize_t)s->n_country};
    const flow_variable v = {
        .name = "country_name", .long_name = "name of the country", .type = hdf->text};
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, country));
    return flow_hdf_write_texts(hdf, country->scale, (const char *const *)s->country_name,
                                s->n_country);
}

flow_err flow_output_world(const flow_hdf *hdf, const flow_scenario *s, const flow_provenance *v,
                           flow_axes *axes)
{
    FLOW_TRY(write_global(hdf, s, v));
    FLOW_TRY(write_places(hdf, s, &axes->place));
    FLOW_TRY(write_links(hdf, s, &axes->link));
    FLOW_TRY(write_countries(hdf, s, &axes->country));
    return write_observed(hdf, s, axes);
}
