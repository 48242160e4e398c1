#include "output_members.h"

#include "output_indicators.h"
#include "output_static.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const double flow_member_quantile[FLOW_N_QUANTILE] = {0.05, 0.25, 0.5, 0.75, 0.95};
const char *const flow_measure_name[FLOW_N_MEASURE] = {"error", "ard", "mase", "rmse"};
const int32_t flow_coverage_percent[FLOW_N_COVERAGE] = {50, 90};

/// A tile has at most TILE_VALUES values and, with all members, TILE_BYTES bytes, but at least
/// TILE_LEAST values. It spans TILE_DAYS days or more where there are so many.
enum { TILE_VALUES = 8192, TILE_LEAST = 16, TILE_DAYS = 16, TILE_BYTES = 16 << 20 };
/// Values of a chunk of all members: 64 KiB of int32.
enum { CHUNK_VALUES = 16384 };

/// The variables of one observable.
typedef struct column {
    hid_t quantile, mean;
} column;

struct flow_output_members {
    const flow_scenario *s; ///< borrowed
    flow_partial part;
    flow_axes axes;
    flow_axis member, quantile;
    hid_t people;
    const flow_tiles *tiles; ///< borrowed, once defined
    column *column;          ///< [tiles->n_observable]
};

// Tiles -----------------------------------------------------------------------------------------

static int32_t smaller(int64_t a, int64_t b)
{
    return (int32_t)(a < b ? a : b);
}

/// Values of a day that are written of an observable.
static int64_t width_of(const flow_scenario *s, const flow_observable *o)
{
    return flow_observable_written(s, o) ? flow_observable_n(s, o) : 0;
}

/// Days and width of the tiles of an observable with n values a day, so many for each place or link
/// as there are classes; a tile has all classes of some places.
static flow_tile tile_shape(int64_t n, int32_t classes, int32_t n_step, int32_t n_member)
{
    int64_t values = TILE_BYTES / (8 * (int64_t)n_member);
    if (values > TILE_VALUES) { values = TILE_VALUES; }
    if (values < TILE_LEAST) { values = TILE_LEAST; }
    const int64_t places = values / TILE_DAYS / classes;
    flow_tile shape = {.n = smaller(n, places > 0 ? places * classes : classes)};
    shape.n_step = smaller(n_step, values / shape.n > 0 ? values / shape.n : 1);
    return shape;
}

static flow_tile shape_of(const flow_scenario *s, const flow_observable *o, int32_t n_member)
{
    return tile_shape(width_of(s, o), flow_observable_classes(s, o), s->n_step, n_member);
}

flow_err flow_tiles_create(const flow_scenario *s, int32_t n_member, flow_tiles *out)
{
    *out = (flow_tiles){0};
    FLOW_TRY(flow_observables_list(s, &out->observable, &out->n_observable));
    int64_t size = 0;
    for (int32_t i = 0; i < out->n_observable; i++) {
        const int64_t n = width_of(s, &out->observable[i]);
        if (n == 0) { continue; }
        if (n > INT32_MAX) {
            return flow_fail(FLOW_ERANGE,
                             "'%s' has more than %d values a step, too many for an ensemble; leave "
                             "it out (output.without)",
                             out->observable[i].name, INT32_MAX);
        }
        const flow_tile shape = shape_of(s, &out->observable[i], n_member);
        size += ((s->n_step - 1) / shape.n_step + 1) * ((n - 1) / shape.n + 1);
    }
    if (size > INT32_MAX) {
        return flow_fail(FLOW_ERANGE, "%d members of this scenario are too many for one file",
                         (int)n_member);
    }
    out->tile = flow_calloc(size, sizeof *out->tile);
    if (out->tile == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for %lld tiles", (long long)size);
    }
    while (strcmp(out->observable[out->people].name, "people") != 0) { out->people++; }
    for (int32_t day = 0; day < s->n_step; day++) {
        for (int32_t i = 0; i < out->n_observable; i++) {
            const int32_t n = (int32_t)width_of(s, &out->observable[i]);
            if (n == 0) { continue; }
            flow_tile t = shape_of(s, &out->observable[i], n_member);
            const int32_t width = t.n;
            if ((day + 1) % t.n_step != 0 && day + 1 < s->n_step) { continue; }
            t.observable = i;
            t.day = day / t.n_step * t.n_step;
            t.n_step = day + 1 - t.day;
            for (t.first = 0; t.first < n; t.first += width) {
                t.n = smaller(width, n - t.first);
                out->tile[out->n++] = t;
                const int64_t values = (int64_t)t.n * t.n_step;
                if (values > out->most) { out->most = values; }
            }
        }
    }
    return FLOW_OK;
}

void flow_tiles_clear(flow_tiles *tiles)
{
    flow_dealloc(tiles->observable);
    flow_dealloc(tiles->tile);
    *tiles = (flow_tiles){0};
}

// What is known at the beginning ----------------------------------------------------------------

static flow_err write_time(flow_output_members *o)
{
    char unit[64];
    flow_variable v = flow_output_time(o->s, unit);
    o->axes.time = (flow_axis){.n = (hsize_t)o->s->n_step};
    FLOW_TRY(flow_hdf_axis(&o->part.hdf, o->part.hdf.file, &v, &o->axes.time));
    FLOW_TRY(flow_output_time_explain(&o->part.hdf, o->axes.time.scale));
    double *day = flow_calloc(o->s->n_step, sizeof *day);
    if (day == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %d steps", (int)o->s->n_step); }
    for (int32_t d = 0; d < o->s->n_step; d++) { day[d] = d * o->s->dt; }
    const flow_err err = flow_hdf_write(&o->part.hdf, o->axes.time.scale, H5T_NATIVE_DOUBLE, day);
    flow_dealloc(day);
    return err;
}

static flow_err write_axes(flow_output_members *o, const flow_provenance *provenance)
{
    const flow_hdf *hdf = &o->part.hdf;
    flow_variable v = {.name = "member",
                       .unit = "1",
                       .long_name = "number of the member, that is of one realisation of the seed",
                       .type = H5T_NATIVE_INT64};
    o->member = (flow_axis){.n = (hsize_t)provenance->n_member};
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, &o->member));
    int64_t *number = flow_calloc(provenance->n_member, sizeof *number);
    if (number == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the members"); }
    for (int64_t i = 0; i < provenance->n_member; i++) { number[i] = provenance->member + i; }
    const flow_err err = flow_hdf_write(hdf, o->member.scale, H5T_NATIVE_INT64, number);
    flow_dealloc(number);
    FLOW_TRY(err);
    v = (flow_variable){.name = "quantile",
                        .unit = "1",
                        .long_name = "share of the members that are not above the value",
                        .type = H5T_NATIVE_DOUBLE};
    o->quantile = (flow_axis){.n = FLOW_N_QUANTILE};
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, &o->quantile));
    return flow_hdf_write(hdf, o->quantile.scale, H5T_NATIVE_DOUBLE, flow_member_quantile);
}

static flow_err write_observed(flow_output_members *o)
{
    const flow_scenario *s = o->s;
    const flow_hdf *hdf = &o->part.hdf;
    if (s->n_observed > 0) {
        int64_t *count = flow_calloc((int64_t)s->n_step * s->n_observed, sizeof *count);
        if (count == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the counts"); }
        for (int64_t day = 0; day < s->n_step; day++) {
            for (int32_t i = 0; i < s->n_observed; i++) {
                count[day * s->n_observed + i] = s->observed[i].people[day];
            }
        }
        flow_variable v = flow_output_observed();
        v.axis[0] = &o->axes.time;
        v.axis[1] = &o->axes.observed;
        const flow_err err = flow_hdf_put(hdf, hdf->file, &v, count);
        flow_dealloc(count);
        FLOW_TRY(err);
    }
    if (s->total.people == NULL) { return FLOW_OK; }
    flow_variable v = flow_output_observed_total();
    v.axis[0] = &o->axes.time;
    return flow_hdf_put(hdf, hdf->file, &v, s->total.people);
}

static flow_err write_classes(flow_output_members *o)
{
    flow_observable *list = NULL;
    int32_t n = 0;
    FLOW_TRY(flow_observables_list(o->s, &list, &n));
    const flow_err err = flow_output_classes(&o->part.hdf, o->s, list, n, &o->axes);
    flow_dealloc(list);
    return err;
}

static flow_err fill_file(flow_output_members *o, const flow_provenance *provenance)
{
    const flow_hdf *hdf = &o->part.hdf;
    FLOW_TRY(write_time(o));
    FLOW_TRY(flow_output_world(hdf, o->s, provenance, &o->axes));
    FLOW_TRY(write_axes(o, provenance));
    FLOW_TRY(write_classes(o));
    FLOW_TRY(write_observed(o));
    FLOW_TRY(flow_output_provenance(hdf, o->s));
    if (H5Fflush(hdf->file, H5F_SCOPE_LOCAL) < 0 || hdf->disk.error != 0) {
        return flow_hdf_fail(hdf, NULL);
    }
    return FLOW_OK;
}

static void close_id(hid_t *id)
{
    flow_hdf_close(*id);
    *id = H5I_INVALID_HID;
}

static void close_all(flow_output_members *o)
{
    for (int32_t i = 0; o->column != NULL && i < o->tiles->n_observable; i++) {
        close_id(&o->column[i].quantile);
        close_id(&o->column[i].mean);
    }
    close_id(&o->people);
    close_id(&o->axes.time.scale);
    close_id(&o->member.scale);
    close_id(&o->quantile.scale);
    flow_axes_clear(&o->axes);
}

void flow_output_members_abandon(flow_output_members *o)
{
    if (o == NULL) { return; }
    flow_hush hush;
    flow_hush_begin(&hush);
    close_all(o);
    flow_part_clear(&o->part);
    flow_hush_end(&hush);
    flow_dealloc(o->column);
    flow_dealloc(o);
}

flow_err flow_output_members_create(const char *path, bool replace, const flow_scenario *scenario,
                                    const flow_provenance *provenance, flow_output_members **out)
{
    *out = NULL;
    flow_output_members *o = flow_calloc(1, sizeof *o);
    if (o == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to write '%s'", path); }
    const flow_axis none = {.scale = H5I_INVALID_HID};
    o->s = scenario;
    o->axes = flow_axes_none();
    o->member = o->quantile = none;
    o->people = H5I_INVALID_HID;
    flow_hush hush;
    flow_hush_begin(&hush);
    flow_err err = flow_part_open(path, replace, &o->part);
    if (err == FLOW_OK) { err = fill_file(o, provenance); }
    flow_hush_end(&hush);
    if (err != FLOW_OK) {
        flow_output_members_abandon(o);
        return err;
    }
    *out = o;
    return FLOW_OK;
}

// What changes with time ------------------------------------------------------------------------

/// One variable of an observable: its name and long name get a suffix.
static flow_err define(const flow_output_members *o, const flow_variable *like, const char *suffix,
                       const char *meaning, const char *methods, hid_t *out)
{
    char name[416], long_name[448], cell_methods[64];
    (void)snprintf(name, sizeof name, "%s%s", like->name, suffix);
    (void)snprintf(long_name, sizeof long_name, "%s%s", meaning, like->long_name);
    (void)snprintf(cell_methods, sizeof cell_methods, "%s%s", like->cell_methods, methods);
    flow_variable v = *like;
    v.name = name;
    v.long_name = long_name;
    v.cell_methods = cell_methods;
    return flow_hdf_variable(&o->part.hdf, o->part.hdf.file, &v, out);
}

/// Gaps in the people of each member are as those in the file of a single run.
static flow_err explain_gaps(const flow_output_members *o, const flow_observable *row, hid_t type,
                             hid_t data)
{
    if (!(flow_output_least(o->s, row) > 0.0)) { return FLOW_OK; }
    const int64_t wide = FLOW_SUPPRESSED;
    const int32_t narrow = FLOW_SUPPRESSED;
    const bool is_wide = H5Tequal(type, H5T_NATIVE_INT64) > 0;
    return flow_hdf_attribute(&o->part.hdf, data, "_FillValue", type, 1,
                              is_wide ? (const void *)&wide : (const void *)&narrow);
}

static flow_err define_observable(flow_output_members *o, int32_t i, bool wide)
{
    const flow_tiles *tiles = o->tiles;
    const flow_observable *row = &tiles->observable[i];
    const flow_tile *tile = tiles->tile;
    while (tile < tiles->tile + tiles->n && tile->observable != i) { tile++; }
    if (tile == tiles->tile + tiles->n) { return FLOW_OK; } // no links: nothing to say of them
    flow_axis member = o->member, quantile = o->quantile, time = o->axes.time;
    const flow_axis *across[2];
    flow_output_across(&o->axes, row, across);
    flow_axis width = across[0] != NULL ? *across[0] : (flow_axis){0};
    flow_axis classes = across[1] != NULL ? *across[1] : (flow_axis){0};
    if (across[0] != NULL) { across[0] = &width; }
    if (across[1] != NULL) { across[1] = &classes; }
    const int64_t values = (int64_t)tile->n_step * tile->n;
    member.chunk = (hsize_t)(CHUNK_VALUES / values > 0 ? CHUNK_VALUES / values : 1);
    if (member.chunk > member.n) { member.chunk = member.n; }
    quantile.chunk = 1;
    time.chunk = (hsize_t)tile->n_step;
    classes.chunk = classes.n;
    width.chunk = (hsize_t)(tile->n / flow_observable_classes(o->s, row));
    flow_variable v = flow_output_observable(o->s, row);
    if (i == tiles->people) {
        v.type = wide ? H5T_NATIVE_INT64 : H5T_NATIVE_INT32;
        v.axis[0] = &member;
        v.axis[1] = &time;
        v.axis[2] = across[0];
        FLOW_TRY(define(o, &v, "", "", "", &o->people));
        FLOW_TRY(explain_gaps(o, row, v.type, o->people));
    }
    v.type = H5T_NATIVE_DOUBLE;
    v.axis[0] = &quantile;
    v.axis[1] = &time;
    v.axis[2] = across[0];
    v.axis[3] = across[1];
    FLOW_TRY(define(o, &v, "_quantile", "quantile over members: ", "", &o->column[i].quantile));
    v.axis[0] = &time;
    v.axis[1] = across[0];
    v.axis[2] = across[1];
    v.axis[3] = NULL;
    return define(o, &v, "_mean", "mean over members: ", " member: mean", &o->column[i].mean);
}

flow_err flow_output_members_define(flow_output_members *o, const flow_tiles *tiles, bool wide)
{
    o->column = flow_calloc(tiles->n_observable, sizeof *o->column);
    if (o->column == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the observables"); }
    o->tiles = tiles;
    for (int32_t i = 0; i < tiles->n_observable; i++) {
        o->column[i] = (column){H5I_INVALID_HID, H5I_INVALID_HID};
    }
    flow_hush hush;
    flow_hush_begin(&hush);
    flow_err err = FLOW_OK;
    for (int32_t i = 0; i < tiles->n_observable && err == FLOW_OK; i++) {
        err = define_observable(o, i, wide);
    }
    flow_hush_end(&hush);
    return err;
}

/// Write a block of a variable of `rank` dimensions.
static flow_err write_block(const flow_hdf *hdf, hid_t data, int rank, const hsize_t *start,
                            const hsize_t *count, hid_t type, const void *value)
{
    flow_err err = FLOW_OK;
    const hid_t memory = H5Screate_simple(rank, count, NULL);
    const hid_t file = H5Dget_space(data);
    if (memory < 0 || file < 0 ||
        H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Dwrite(data, type, memory, file, H5P_DEFAULT, value) < 0 || hdf->disk.error != 0) {
        err = flow_hdf_fail(hdf, NULL);
    }
    flow_hdf_close(file);
    flow_hdf_close(memory);
    return err;
}

/// Numbers of people above 0 and below the least that may be shown.
static void hide(double *value, int64_t n, double least)
{
    for (int64_t i = 0; i < n; i++) {
        if (value[i] > 0.0 && value[i] < least) { value[i] = (double)NAN; }
    }
}

flow_err flow_output_members_tile(flow_output_members *o, const flow_tile *tile, double *quantile,
                                  double *mean, int64_t *people)
{
    const flow_hdf *hdf = &o->part.hdf;
    const flow_observable *row = &o->tiles->observable[tile->observable];
    const column *c = &o->column[tile->observable];
    const hsize_t classes = (hsize_t)flow_observable_classes(o->s, row);
    const hsize_t start[4] = {0, (hsize_t)tile->day, (hsize_t)tile->first / classes, 0};
    hsize_t count[4] = {FLOW_N_QUANTILE, (hsize_t)tile->n_step, (hsize_t)tile->n / classes,
                        classes};
    const int rank = row->shape == FLOW_PER_STEP ? 2 : row->by == NULL ? 3 : 4;
    const int64_t values = (int64_t)tile->n_step * tile->n;
    const double least = flow_output_least(o->s, row);
    hide(quantile, FLOW_N_QUANTILE * values, least);
    hide(mean, values, least);
    for (int64_t i = 0; people != NULL && i < (int64_t)o->member.n * values; i++) {
        if (people[i] > 0 && (double)people[i] < least) { people[i] = FLOW_SUPPRESSED; }
    }
    flow_hush hush;
    flow_hush_begin(&hush);
    flow_err err = write_block(hdf, c->quantile, rank, start, count, H5T_NATIVE_DOUBLE, quantile);
    if (err == FLOW_OK) {
        err = write_block(hdf, c->mean, rank - 1, start + 1, count + 1, H5T_NATIVE_DOUBLE, mean);
    }
    if (err == FLOW_OK && people != NULL) {
        count[0] = o->member.n;
        err = write_block(hdf, o->people, rank, start, count, H5T_NATIVE_INT64, people);
    }
    flow_hush_end(&hush);
    return err;
}

// What is said at the end -----------------------------------------------------------------------

static flow_err put_member_numbers(const flow_output_members *o, const flow_members_summary *sum)
{
    static const struct {
        const char *name, *unit, *long_name;
        size_t offset;
    } row[] = {
        {"member_persons", "1", "people in the simulation at the end",
         offsetof(flow_run_report, persons)},
        {"member_entered", "1", "people who entered, those of day 0 included",
         offsetof(flow_run_report, entered)},
        {"member_left", "1", "people who left", offsetof(flow_run_report, left)},
        {"member_person_steps", "1", "sum over the days of the people present",
         offsetof(flow_run_report, person_steps)},
    };
    const flow_hdf *hdf = &o->part.hdf;
    int64_t *value = flow_calloc((int64_t)o->member.n, sizeof *value);
    if (value == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the members"); }
    flow_err err = FLOW_OK;
    for (size_t i = 0; i < sizeof row / sizeof *row && err == FLOW_OK; i++) {
        for (hsize_t m = 0; m < o->member.n; m++) {
            memcpy(&value[m], (const char *)&sum->member[m] + row[i].offset, sizeof *value);
        }
        const flow_variable v = {.name = row[i].name,
                                 .unit = row[i].unit,
                                 .long_name = row[i].long_name,
                                 .type = H5T_NATIVE_INT64,
                                 .axis = {&o->member}};
        err = flow_hdf_put(hdf, hdf->file, &v, value);
    }
    flow_dealloc(value);
    return err;
}

static flow_err put_checksums(const flow_output_members *o, const flow_members_summary *sum)
{
    typedef char text[17];
    const int64_t n = (int64_t)o->member.n;
    text *room = flow_calloc(n, sizeof *room);
    const char **each = flow_calloc(n, sizeof *each);
    flow_err err = FLOW_OK;
    if (room == NULL || each == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory for the members");
    } else {
        for (int64_t m = 0; m < n; m++) {
            (void)snprintf(room[m], sizeof room[m], "%016" PRIx64, sum->member[m].checksum);
            each[m] = room[m];
        }
        const flow_variable v = {
            .name = "member_checksum",
            .long_name = "hash of the final state, that of a single run with this member",
            .type = o->part.hdf.text,
            .axis = {&o->member}};
        err = flow_hdf_put(&o->part.hdf, o->part.hdf.file, &v, each);
    }
    flow_dealloc(each);
    flow_dealloc(room);
    return err;
}

/// One measure: of each member, of their median, of their mean.
static flow_err put_measure(const flow_output_members *o, const flow_members_summary *sum,
                            int32_t i)
{
    static const char *const meaning[FLOW_N_MEASURE] = {
        "mean over days of the summed absolute differences, as a share of the observed total",
        "error after scaling each day to the observed total",
        "mean absolute difference beside that of day 30 carried forward",
        "root of the mean squared difference over places and days, in people"};
    static const char *const of[] = {"member", "median", "mean"};
    static const char *const of_what[] = {"of the member", "of the median of the members",
                                          "of the mean of the members"};
    const double *const value[] = {sum->measure[i], &sum->median[i], &sum->mean[i]};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        char name[32], long_name[160];
        (void)snprintf(name, sizeof name, "%s_%s", of[k], flow_measure_name[i]);
        (void)snprintf(long_name, sizeof long_name, "%s: %s", of_what[k], meaning[i]);
        const flow_variable v = {.name = name,
                                 .unit = "1",
                                 .long_name = long_name,
                                 .type = H5T_NATIVE_DOUBLE,
                                 .axis = {k == 0 ? &o->member : NULL}};
        FLOW_TRY(flow_hdf_put(&o->part.hdf, o->part.hdf.file, &v, value[k]));
    }
    return FLOW_OK;
}

static flow_err put_scores(const flow_output_members *o, const flow_members_summary *sum)
{
    if (sum->crps == NULL) { return FLOW_OK; }
    const flow_hdf *hdf = &o->part.hdf;
    for (int32_t i = 0; i < FLOW_N_MEASURE; i++) { FLOW_TRY(put_measure(o, sum, i)); }
    flow_variable v = {.name = "crps",
                       .unit = "1",
                       .long_name = "continuous ranked probability score of the members, in people",
                       .cell_methods = "time: point",
                       .type = H5T_NATIVE_DOUBLE,
                       .axis = {&o->axes.time, &o->axes.observed}};
    FLOW_TRY(flow_hdf_put(hdf, hdf->file, &v, sum->crps));
    for (int32_t i = 0; i < FLOW_N_COVERAGE; i++) {
        char name[32], long_name[96];
        const int percent = (int)flow_coverage_percent[i];
        (void)snprintf(name, sizeof name, "coverage_%d", percent);
        (void)snprintf(long_name, sizeof long_name,
                       "share of the days on which the count lies within the %d %% band", percent);
        v = (flow_variable){.name = name,
                            .unit = "1",
                            .long_name = long_name,
                            .type = H5T_NATIVE_DOUBLE,
                            .axis = {&o->axes.observed}};
        FLOW_TRY(flow_hdf_put(hdf, hdf->file, &v, sum->coverage[i]));
    }
    return FLOW_OK;
}

static flow_err close_whole(flow_output_members *o, const flow_members_summary *sum)
{
    const flow_hdf *hdf = &o->part.hdf;
    char checksum[32];
    (void)snprintf(checksum, sizeof checksum, "%016" PRIx64, sum->checksum);
    FLOW_TRY(put_member_numbers(o, sum));
    FLOW_TRY(put_checksums(o, sum));
    FLOW_TRY(put_scores(o, sum));
    const flow_indicators_table table = {.has = sum->has,
                                         .value = sum->indicator,
                                         .n_member = (int64_t)o->member.n,
                                         .least = (double)o->s->set.output.suppress_below};
    FLOW_TRY(flow_output_indicators(hdf, &table, &o->member, &o->quantile));
    FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "days", o->s->n_step));
    FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "person_steps", sum->person_steps));
    FLOW_TRY(flow_hdf_text(hdf, hdf->file, "checksum", checksum));
    close_all(o);
    return flow_part_finish(&o->part);
}

flow_err flow_output_members_finish(flow_output_members *o, const flow_members_summary *summary)
{
    flow_hush hush;
    flow_hush_begin(&hush);
    const flow_err err = close_whole(o, summary);
    flow_output_members_abandon(o);
    flow_hush_end(&hush);
    return err;
}
