#include "output_study.h"

#include "output_static.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/// Values of a chunk: 256 KiB.
enum { CHUNK_VALUES = 32768 };
/// What is said of a series of the study.
enum { N_MOMENT = 4 };

typedef struct column {
    hid_t mean, quantile;
} column;

struct flow_output_study {
    const flow_study_about *about;
    flow_partial part;
    flow_axis point, member, row, key, value, quantile, time;
    flow_axis place, link, country;
    column *column; ///< [n_series]
};

// Axes ------------------------------------------------------------------------------------------

/// An axis whose coordinates are 0, 1, 2, ...
static flow_err count_axis(const flow_hdf *hdf, const char *name, const char *long_name, int64_t n,
                           flow_axis *axis)
{
    const flow_variable v = {
        .name = name, .unit = "1", .long_name = long_name, .type = H5T_NATIVE_INT64};
    axis->n = (hsize_t)n;
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, axis));
    int64_t *number = flow_calloc(n, sizeof *number);
    if (number == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for '%s'", name); }
    for (int64_t i = 0; i < n; i++) { number[i] = i; }
    const flow_err err = flow_hdf_write(hdf, axis->scale, H5T_NATIVE_INT64, number);
    flow_dealloc(number);
    return err;
}

static flow_err text_axis(const flow_hdf *hdf, const char *name, const char *long_name,
                          const char *const *text, int64_t n, flow_axis *axis)
{
    const flow_variable v = {.name = name, .long_name = long_name, .type = hdf->text};
    axis->n = (hsize_t)n;
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, axis));
    return flow_hdf_write_texts(hdf, axis->scale, text, n);
}

static flow_err write_points(flow_output_study *o)
{
    typedef char room[17];
    const flow_study_about *a = o->about;
    room *id = flow_calloc(a->n_point, sizeof *id);
    const char **text = flow_calloc(a->n_point, sizeof *text);
    flow_err err = FLOW_OK;
    if (id == NULL || text == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory for %lld points", (long long)a->n_point);
    } else {
        for (int64_t p = 0; p < a->n_point; p++) {
            (void)snprintf(id[p], sizeof id[p], "%016" PRIx64, a->id[p]);
            text[p] = id[p];
        }
        err = text_axis(&o->part.hdf, "point", "name of the point, a hash of its values", text,
                        a->n_point, &o->point);
    }
    flow_dealloc(text);
    flow_dealloc(id);
    return err;
}

static flow_err write_keys(flow_output_study *o)
{
    const flow_study_about *a = o->about;
    const flow_hdf *hdf = &o->part.hdf;
    const char **name = flow_calloc(a->n_key, sizeof *name);
    if (name == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the keys"); }
    for (int32_t k = 0; k < a->n_key; k++) { name[k] = a->key[k].name; }
    flow_err err =
        text_axis(hdf, "key", "what varies, each a variable of this name", name, a->n_key, &o->key);
    flow_dealloc(name);
    for (int32_t k = 0; k < a->n_key && err == FLOW_OK; k++) {
        const flow_study_key *key = &a->key[k];
        flow_variable v = {.name = key->name,
                           .unit = *key->unit != '\0' ? key->unit : NULL,
                           .long_name = *key->long_name != '\0' ? key->long_name : key->name,
                           .type = H5T_NATIVE_DOUBLE,
                           .axis = {&o->point}};
        err = key->number != NULL ? flow_hdf_put(hdf, hdf->file, &v, key->number)
                                  : flow_hdf_texts(hdf, hdf->file, &v, key->text, a->n_point);
    }
    return err;
}

static flow_err write_rows(flow_output_study *o)
{
    const flow_study_about *a = o->about;
    const flow_hdf *hdf = &o->part.hdf;
    FLOW_TRY(count_axis(hdf, "row", "row of the design", a->n_row, &o->row));
    const flow_variable v = {.name = "row_point",
                             .unit = "1",
                             .long_name = "number of the point of a row, from 0",
                             .type = H5T_NATIVE_INT32,
                             .axis = {&o->row}};
    return flow_hdf_put(hdf, hdf->file, &v, a->row_point);
}

// Values ----------------------------------------------------------------------------------------

/// Mean and standard deviation of the members of a point.
static void moments(const double *value, int64_t n, double *mean, double *sd)
{
    double sum = 0.0, square = 0.0;
    for (int64_t m = 0; m < n; m++) { sum += value[m]; }
    *mean = sum / (double)n;
    for (int64_t m = 0; m < n; m++) { square += (value[m] - *mean) * (value[m] - *mean); }
    *sd = n > 1 ? sqrt(square / (double)(n - 1)) : (double)NAN;
}

static flow_err write_value(flow_output_study *o, const flow_study_value *value)
{
    const flow_study_about *a = o->about;
    const flow_hdf *hdf = &o->part.hdf;
    double *both = flow_calloc(2 * a->n_point, sizeof *both);
    if (both == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for '%s'", value->name); }
    for (int64_t p = 0; p < a->n_point; p++) {
        moments(value->value + p * a->n_member, a->n_member, &both[p], &both[a->n_point + p]);
    }
    flow_axis point = o->point;
    const int64_t rows = CHUNK_VALUES / a->n_member > 0 ? CHUNK_VALUES / a->n_member : 1;
    point.chunk = (hsize_t)(rows < a->n_point ? rows : a->n_point);
    char name[512], long_name[768];
    flow_variable v = {.name = value->name,
                       .unit = value->unit,
                       .long_name = value->long_name,
                       .type = H5T_NATIVE_DOUBLE,
                       .axis = {&point, &o->member}};
    flow_err err = flow_hdf_put(hdf, hdf->file, &v, value->value);
    v.axis[0] = &o->point;
    v.axis[1] = NULL;
    v.name = name;
    v.long_name = long_name;
    for (int i = 0; i < 2 && err == FLOW_OK; i++) {
        (void)snprintf(name, sizeof name, "%s_%s", value->name, i == 0 ? "mean" : "sd");
        (void)snprintf(long_name, sizeof long_name, "%s over members: %s",
                       i == 0 ? "mean" : "standard deviation", value->long_name);
        err = flow_hdf_put(hdf, hdf->file, &v, both + i * a->n_point);
    }
    flow_dealloc(both);
    return err;
}

static flow_err write_values(flow_output_study *o)
{
    const flow_study_about *a = o->about;
    const char **name = flow_calloc(a->n_value, sizeof *name);
    if (name == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the indicators"); }
    for (int32_t i = 0; i < a->n_value; i++) { name[i] = a->value[i].name; }
    flow_err err = text_axis(&o->part.hdf, "indicator",
                             "what is kept of each run, each a variable of this name", name,
                             a->n_value, &o->value);
    flow_dealloc(name);
    for (int32_t i = 0; i < a->n_value && err == FLOW_OK; i++) {
        err = write_value(o, &a->value[i]);
    }
    return err;
}

// Series ----------------------------------------------------------------------------------------

static flow_err write_time(flow_output_study *o)
{
    const flow_study_about *a = o->about;
    const flow_hdf *hdf = &o->part.hdf;
    char unit[64];
    flow_variable v = flow_output_time(a->scenario, unit);
    o->time.n = (hsize_t)a->n_time;
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, &o->time));
    FLOW_TRY(flow_output_time_explain(hdf, o->time.scale));
    double *day = flow_calloc(a->n_time, sizeof *day);
    if (day == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the days"); }
    for (int32_t t = 0; t < a->n_time; t++) { day[t] = a->step[t] * a->scenario->dt; }
    const flow_err err = flow_hdf_write(hdf, o->time.scale, H5T_NATIVE_DOUBLE, day);
    flow_dealloc(day);
    return err;
}

static flow_err write_places(flow_output_study *o)
{
    const flow_scenario *s = o->about->scenario;
    const flow_hdf *hdf = &o->part.hdf;
    FLOW_TRY(text_axis(hdf, "place", "name of the place", (const char *const *)s->place_name,
                       s->n_place, &o->place));
    flow_variable v = {.name = "latitude",
                       .standard_name = "latitude",
                       .unit = "degrees_north",
                       .long_name = "latitude of the place, NaN where unknown",
                       .type = H5T_NATIVE_DOUBLE,
                       .axis = {&o->place}};
    FLOW_TRY(flow_hdf_put(hdf, hdf->file, &v, s->latitude));
    v.name = v.standard_name = "longitude";
    v.unit = "degrees_east";
    v.long_name = "longitude of the place, NaN where unknown";
    return flow_hdf_put(hdf, hdf->file, &v, s->longitude);
}

/// The axis of the values of a step, made when the first series needs it; NULL: one value.
static flow_err axis_of(flow_output_study *o, flow_shape shape, flow_axis **out)
{
    const flow_scenario *s = o->about->scenario;
    const flow_hdf *hdf = &o->part.hdf;
    *out = NULL;
    if (shape == FLOW_PER_PLACE) { *out = &o->place; }
    if (shape == FLOW_PER_LINK) {
        *out = &o->link;
        if (o->link.scale >= 0) { return FLOW_OK; }
        FLOW_TRY(count_axis(hdf, "link", "number of the directed link", s->n_link, &o->link));
        flow_variable v = {.name = "link_from",
                           .unit = "1",
                           .long_name = "number of the place where it starts, from 0",
                           .type = H5T_NATIVE_INT32,
                           .axis = {&o->link}};
        FLOW_TRY(flow_hdf_put(hdf, hdf->file, &v, s->link_from));
        v.name = "link_to";
        v.long_name = "number of the place where it ends, from 0";
        return flow_hdf_put(hdf, hdf->file, &v, s->link_to);
    }
    if (shape == FLOW_PER_COUNTRY) {
        *out = &o->country;
        if (o->country.scale >= 0) { return FLOW_OK; }
        return text_axis(hdf, "country", "name of the country",
                         (const char *const *)s->country_name, s->n_country, &o->country);
    }
    return FLOW_OK;
}

/// A variable "<name>_<suffix>" over up to four axes.
static flow_err define(flow_output_study *o, const flow_study_series *series, const char *suffix,
                       const char *meaning, const flow_axis *const axis[FLOW_MAX_RANK], hid_t *out)
{
    char name[256], long_name[512];
    (void)snprintf(name, sizeof name, "%s_%s", series->name, suffix);
    (void)snprintf(long_name, sizeof long_name, "%s: %s", meaning, series->long_name);
    flow_variable v = {
        .name = name, .unit = series->unit, .long_name = long_name, .type = H5T_NATIVE_DOUBLE};
    if (series->shape == FLOW_PER_PLACE) {
        v.coordinates = flow_output_coordinates(o->about->scenario);
    }
    for (int i = 0, k = 0; i < FLOW_MAX_RANK; i++) {
        if (axis[i] != NULL) { v.axis[k++] = axis[i]; }
    }
    return flow_hdf_variable(&o->part.hdf, o->part.hdf.file, &v, out);
}

static flow_err define_points(flow_output_study *o, int32_t i)
{
    const flow_study_series *series = &o->about->series[i];
    flow_axis *across = NULL;
    FLOW_TRY(axis_of(o, series->shape, &across));
    flow_axis point = o->point, quantile = o->quantile;
    const int64_t values = o->about->n_time * series->n;
    int64_t rows = values > 0 ? CHUNK_VALUES / values : 1;
    rows = rows < 1 ? 1 : rows > o->about->n_point ? o->about->n_point : rows;
    point.chunk = (hsize_t)rows;
    quantile.chunk = 1;
    const flow_axis *const one[FLOW_MAX_RANK] = {&point, &o->time, across};
    const flow_axis *const all[FLOW_MAX_RANK] = {&point, &quantile, &o->time, across};
    FLOW_TRY(define(o, series, "mean", "mean over members", one, &o->column[i].mean));
    return define(o, series, "quantile", "quantile over members", all, &o->column[i].quantile);
}

static flow_err write_series(flow_output_study *o)
{
    const flow_study_about *a = o->about;
    const flow_hdf *hdf = &o->part.hdf;
    if (a->n_series == 0) { return FLOW_OK; }
    FLOW_TRY(write_time(o));
    const flow_variable v = {.name = "quantile",
                             .unit = "1",
                             .long_name = "share of the runs that are not above the value",
                             .type = H5T_NATIVE_DOUBLE};
    o->quantile.n = FLOW_N_QUANTILE;
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, &o->quantile));
    FLOW_TRY(flow_hdf_write(hdf, o->quantile.scale, H5T_NATIVE_DOUBLE, flow_member_quantile));
    for (int32_t i = 0; i < a->n_series && a->series_of_points; i++) {
        if (a->series[i].n > 0) { FLOW_TRY(define_points(o, i)); }
    }
    return FLOW_OK;
}

static flow_err write_block(const flow_hdf *hdf, hid_t data, int rank, const hsize_t *start,
                            const hsize_t *count, const double *value)
{
    flow_err err = FLOW_OK;
    const hid_t memory = H5Screate_simple(rank, count, NULL);
    const hid_t file = H5Dget_space(data);
    if (memory < 0 || file < 0 ||
        H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Dwrite(data, H5T_NATIVE_DOUBLE, memory, file, H5P_DEFAULT, value) < 0 ||
        hdf->disk.error != 0) {
        err = flow_hdf_fail(hdf, NULL);
    }
    flow_hdf_close(file);
    flow_hdf_close(memory);
    return err;
}

flow_err flow_output_study_points(flow_output_study *o, int32_t i, int64_t first, int64_t n,
                                  const double *mean, const double *quantile)
{
    const flow_study_series *series = &o->about->series[i];
    if (series->n == 0) { return FLOW_OK; }
    const bool scalar = series->shape == FLOW_PER_STEP;
    const hsize_t start[4] = {(hsize_t)first, 0, 0, 0};
    const hsize_t one[3] = {(hsize_t)n, (hsize_t)o->about->n_time, (hsize_t)series->n};
    const hsize_t all[4] = {(hsize_t)n, FLOW_N_QUANTILE, one[1], one[2]};
    flow_hush hush;
    flow_hush_begin(&hush);
    const flow_hdf *hdf = &o->part.hdf;
    flow_err err = write_block(hdf, o->column[i].mean, scalar ? 2 : 3, start, one, mean);
    if (err == FLOW_OK) {
        err = write_block(hdf, o->column[i].quantile, scalar ? 3 : 4, start, all, quantile);
    }
    flow_hush_end(&hush);
    return err;
}

static flow_err put_whole(flow_output_study *o, int32_t i, const double *moment,
                          const double *quantile)
{
    static const char *const suffix[N_MOMENT] = {"mean", "sd", "min", "max"};
    static const char *const meaning[N_MOMENT] = {
        "mean over all runs of the study", "standard deviation over all runs of the study",
        "least of all runs of the study", "largest of all runs of the study"};
    const flow_study_series *series = &o->about->series[i];
    const int64_t values = o->about->n_time * series->n;
    flow_axis *across = NULL;
    FLOW_TRY(axis_of(o, series->shape, &across));
    const flow_axis *const one[FLOW_MAX_RANK] = {&o->time, across};
    const flow_axis *const all[FLOW_MAX_RANK] = {&o->quantile, &o->time, across};
    flow_err err = FLOW_OK;
    for (int k = 0; k <= N_MOMENT && err == FLOW_OK; k++) {
        hid_t data = H5I_INVALID_HID;
        const bool last = k == N_MOMENT;
        err = define(o, series, last ? "quantile" : suffix[k],
                     last ? "quantile over all runs of the study, within 1/32 of its value"
                          : meaning[k],
                     last ? all : one, &data);
        if (err == FLOW_OK) {
            err = flow_hdf_write(&o->part.hdf, data, H5T_NATIVE_DOUBLE,
                                 last ? quantile : moment + k * values);
        }
        flow_hdf_close(data);
    }
    return err;
}

flow_err flow_output_study_whole(flow_output_study *o, int32_t i, const double *moment,
                                 const double *quantile)
{
    if (o->about->series[i].n == 0) { return FLOW_OK; }
    flow_hush hush;
    flow_hush_begin(&hush);
    const flow_err err = put_whole(o, i, moment, quantile);
    flow_hush_end(&hush);
    return err;
}

// The file --------------------------------------------------------------------------------------

static flow_err write_about(flow_output_study *o)
{
    const flow_study_about *a = o->about;
    const flow_hdf *hdf = &o->part.hdf;
    const hid_t f = hdf->file;
    char checksum[32];
    (void)snprintf(checksum, sizeof checksum, "%016" PRIx64, a->checksum);
    FLOW_TRY(flow_hdf_text(hdf, f, "Conventions", "CF-1.11"));
    FLOW_TRY(flow_hdf_text(hdf, f, "title", a->title));
    FLOW_TRY(flow_hdf_text(hdf, f, "source", "libflow " FLOW_VERSION));
    FLOW_TRY(flow_hdf_text(hdf, f, "design", a->design));
    FLOW_TRY(flow_hdf_integer(hdf, f, "design_n", a->n));
    FLOW_TRY(flow_hdf_integer(hdf, f, "design_levels", a->levels));
    FLOW_TRY(flow_hdf_integer(hdf, f, "seed", a->seed));
    FLOW_TRY(flow_hdf_text(hdf, f, "luck", a->common_luck ? "common" : "independent"));
    FLOW_TRY(flow_hdf_text(hdf, f, "checksum", checksum));
    return flow_hdf_text(hdf, f, "plan", a->plan);
}

static flow_err fill(flow_output_study *o)
{
    const flow_study_about *a = o->about;
    const flow_hdf *hdf = &o->part.hdf;
    FLOW_TRY(write_about(o));
    FLOW_TRY(write_points(o));
    FLOW_TRY(count_axis(hdf, "member", "number of the realisation", a->n_member, &o->member));
    if (a->scenario != NULL) { FLOW_TRY(write_places(o)); }
    FLOW_TRY(write_keys(o));
    FLOW_TRY(write_rows(o));
    FLOW_TRY(write_values(o));
    FLOW_TRY(write_series(o));
    return a->scenario != NULL ? flow_output_provenance(hdf, a->scenario) : FLOW_OK;
}

/// Ids must be closed before the file gets its name.
static void close_ids(flow_output_study *o)
{
    for (int32_t i = 0; o->column != NULL && i < o->about->n_series; i++) {
        flow_hdf_close(o->column[i].mean);
        flow_hdf_close(o->column[i].quantile);
        o->column[i] = (column){H5I_INVALID_HID, H5I_INVALID_HID};
    }
    flow_axis *const axis[] = {&o->point, &o->member, &o->row,  &o->key,     &o->value,
                               &o->time,  &o->place,  &o->link, &o->country, &o->quantile};
    for (size_t i = 0; i < sizeof axis / sizeof *axis; i++) {
        flow_hdf_close(axis[i]->scale);
        axis[i]->scale = H5I_INVALID_HID;
    }
}

void flow_output_study_abandon(flow_output_study *o)
{
    if (o == NULL) { return; }
    flow_hush hush;
    flow_hush_begin(&hush);
    close_ids(o);
    flow_part_clear(&o->part);
    flow_hush_end(&hush);
    flow_dealloc(o->column);
    flow_dealloc(o);
}

flow_err flow_output_study_create(const char *path, bool replace, const flow_study_about *about,
                                  flow_output_study **out)
{
    *out = NULL;
    flow_output_study *o = flow_calloc(1, sizeof *o);
    if (o == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to write '%s'", path); }
    const flow_axis none = {.scale = H5I_INVALID_HID};
    o->about = about;
    o->point = o->member = o->row = o->key = o->value = o->quantile = o->time = none;
    o->place = o->link = o->country = none;
    o->column = flow_calloc(about->n_series, sizeof *o->column);
    for (int32_t i = 0; o->column != NULL && i < about->n_series; i++) {
        o->column[i] = (column){H5I_INVALID_HID, H5I_INVALID_HID};
    }
    flow_hush hush;
    flow_hush_begin(&hush);
    flow_err err = flow_part_open(path, replace, &o->part);
    if (err == FLOW_OK && o->column == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory to write '%s'", path);
    }
    if (err == FLOW_OK) { err = fill(o); }
    flow_hush_end(&hush);
    if (err != FLOW_OK) {
        flow_output_study_abandon(o);
        return err;
    }
    *out = o;
    return FLOW_OK;
}

flow_err flow_output_study_finish(flow_output_study *o)
{
    flow_hush hush;
    flow_hush_begin(&hush);
    close_ids(o);
    const flow_err err = flow_part_finish(&o->part);
    flow_hush_end(&hush);
    flow_output_study_abandon(o);
    return err;
}
