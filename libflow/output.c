#include "output.h"

#include "output_indicators.h"
#include "output_ledger.h"
#include "output_static.h"
#include "output_trajectories.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/// Shape of a chunk: about 64 KiB, at most 4096 values of a step, and at least 16 steps where they
/// take less than 32 MiB.
enum { CHUNK_VALUES = 8192, CHUNK_STEPS_MIN = 16, CHUNK_STEPS_MAX = 1024, CHUNK_WIDTH_MAX = 4096 };
enum { BUFFER_VALUES = 1 << 22 };

/// Where the values of a column come from.
typedef enum origin { FROM_TIME, FROM_MODEL, FROM_OBSERVED, FROM_TOTAL } origin;

/// A variable that grows with time, and its steps that are not in the file yet.
typedef struct column {
    origin origin;
    const flow_observable *observable; ///< FROM_MODEL
    hid_t data;
    hsize_t n;         ///< values of a step
    hsize_t steps;     ///< of a chunk
    int rank;          ///< dimensions, time among them
    hsize_t across[2]; ///< lengths of the others
    int64_t *whole;    ///< [steps][n] one of the two
    double *real;
} column;

struct flow_output {
    const flow_scenario *s; ///< borrowed
    flow_partial part;
    flow_axes axes;
    int32_t day; ///< steps received
    int32_t n_observable;
    flow_observable *observable;
    int32_t n_column;
    column *column;
    double *value; ///< scratch: one step of the widest observable
    bool has[FLOW_N_GAUGE];
    flow_gauges_run *gauges; ///< what the run comes to
};

// Creating

static hsize_t smaller(hsize_t a, hsize_t b)
{
    return a < b ? a : b;
}

static hsize_t chunk_steps(hsize_t n, int32_t n_step)
{
    hsize_t steps = CHUNK_VALUES / (n > 0 ? n : 1);
    const hsize_t room = BUFFER_VALUES / (n > 0 ? n : 1);
    if (steps < CHUNK_STEPS_MIN) { steps = smaller(CHUNK_STEPS_MIN, room); }
    steps = smaller(steps, CHUNK_STEPS_MAX);
    steps = smaller(steps, (hsize_t)n_step);
    return steps > 0 ? steps : 1;
}

/// Make the variable and the buffer of a column; `across`: its dimensions behind time.
static flow_err column_create(flow_output *o, column *c, flow_variable *v,
                              const flow_axis *const across[static 2])
{
    flow_axis axis[3] = {o->axes.time};
    c->rank = 1;
    c->n = 1;
    for (int i = 0; i < 2 && across[i] != NULL; i++, c->rank++) {
        axis[c->rank] = *across[i];
        c->across[i] = across[i]->n;
        c->n *= across[i]->n;
    }
    c->steps = axis[0].chunk = chunk_steps(c->n, o->s->n_step);
    hsize_t room = CHUNK_WIDTH_MAX;
    for (int i = c->rank - 1; i >= 0; i--) {
        v->axis[i] = &axis[i];
        if (i == 0) { break; }
        axis[i].chunk = smaller(axis[i].n, room > 0 ? room : 1);
        room /= axis[i].chunk;
    }
    const bool whole = H5Tequal(v->type, H5T_NATIVE_INT64) > 0;
    const int64_t n = (int64_t)(c->steps * c->n);
    if (whole) {
        c->whole = flow_calloc(n, sizeof *c->whole);
    } else {
        c->real = flow_calloc(n, sizeof *c->real);
    }
    if (c->whole == NULL && c->real == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory to buffer '%s'", v->name);
    }
    if (c->origin != FROM_TIME) {
        return flow_hdf_variable(&o->part.hdf, o->part.hdf.file, v, &c->data);
    }
    FLOW_TRY(flow_hdf_axis(&o->part.hdf, o->part.hdf.file, v, &axis[0]));
    o->axes.time.scale = c->data = axis[0].scale;
    return FLOW_OK;
}

static const flow_axis *const nothing[2] = {NULL, NULL};

static flow_err add_time(flow_output *o)
{
    char unit[64];
    flow_variable v = flow_output_time(o->s, unit);
    o->axes.time = (flow_axis){.scale = H5I_INVALID_HID, .grows = true};
    column *c = &o->column[o->n_column++];
    c->origin = FROM_TIME;
    FLOW_TRY(column_create(o, c, &v, nothing));
    return flow_output_time_explain(&o->part.hdf, c->data);
}

static flow_err add_observable(flow_output *o, const flow_observable *row)
{
    const flow_axis *across[2];
    flow_output_across(&o->axes, row, across);
    if (across[0] != NULL && across[0]->n == 0) { return FLOW_OK; } // nothing to say of them
    column *c = &o->column[o->n_column++];
    c->origin = FROM_MODEL;
    c->observable = row;
    flow_variable v = flow_output_observable(o->s, row);
    FLOW_TRY(column_create(o, c, &v, across));
    return flow_output_suppressed(&o->part.hdf, o->s, row, c->data);
}

static flow_err add_observed(flow_output *o)
{
    if (o->s->n_observed > 0) {
        column *c = &o->column[o->n_column++];
        c->origin = FROM_OBSERVED;
        flow_variable v = flow_output_observed();
        const flow_axis *const across[2] = {&o->axes.observed, NULL};
        FLOW_TRY(column_create(o, c, &v, across));
    }
    if (o->s->total.people == NULL) { return FLOW_OK; }
    column *c = &o->column[o->n_column++];
    c->origin = FROM_TOTAL;
    flow_variable v = flow_output_observed_total();
    return column_create(o, c, &v, nothing);
}

static flow_err fill_file(flow_output *o, const flow_provenance *provenance)
{
    FLOW_TRY(add_time(o));
    FLOW_TRY(flow_output_world(&o->part.hdf, o->s, provenance, &o->axes));
    FLOW_TRY(flow_output_classes(&o->part.hdf, o->s, o->observable, o->n_observable, &o->axes));
    for (int32_t i = 0; i < o->n_observable; i++) {
        if (!flow_observable_written(o->s, &o->observable[i])) { continue; }
        FLOW_TRY(add_observable(o, &o->observable[i]));
    }
    FLOW_TRY(add_observed(o));
    FLOW_TRY(flow_output_provenance(&o->part.hdf, o->s));
    if (H5Fflush(o->part.hdf.file, H5F_SCOPE_LOCAL) < 0 || o->part.hdf.disk.error != 0) {
        return flow_hdf_fail(&o->part.hdf, NULL);
    }
    return FLOW_OK;
}

static flow_err allocate(flow_output *o, const char *path)
{
    int64_t most = 1;
    FLOW_TRY(flow_observables_list(o->s, &o->observable, &o->n_observable));
    for (int32_t i = 0; i < o->n_observable; i++) {
        if (!flow_observable_written(o->s, &o->observable[i])) { continue; }
        const int64_t n = flow_observable_n(o->s, &o->observable[i]);
        most = n > most ? n : most;
    }
    o->value = flow_calloc(most, sizeof *o->value);
    o->column = flow_calloc((int64_t)o->n_observable + 3, sizeof *o->column);
    if (o->value == NULL || o->column == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory to write '%s'", path);
    }
    for (int32_t i = 0; i < o->n_observable + 3; i++) { o->column[i].data = H5I_INVALID_HID; }
    FLOW_TRY(flow_gauges_of(o->s, o->has));
    return flow_gauges_create(o->s, o->has, false, &o->gauges);
}

// Closing

static void close_id(hid_t *id)
{
    flow_hdf_close(*id);
    *id = H5I_INVALID_HID;
}

/// Close all that was opened in the file; may be called again.
static void close_all(flow_output *o)
{
    for (int32_t i = 0; o->column != NULL && i < o->n_column; i++) { close_id(&o->column[i].data); }
    flow_axes_clear(&o->axes);
}

void flow_output_abandon(flow_output *o)
{
    if (o == NULL) { return; }
    flow_hush hush;
    flow_hush_begin(&hush);
    close_all(o);
    flow_part_clear(&o->part);
    flow_hush_end(&hush);
    for (int32_t i = 0; o->column != NULL && i < o->n_column; i++) {
        flow_dealloc(o->column[i].whole);
        flow_dealloc(o->column[i].real);
    }
    flow_dealloc(o->column);
    flow_dealloc(o->observable);
    flow_gauges_free(o->gauges);
    flow_dealloc(o->value);
    flow_dealloc(o);
}

flow_err flow_output_create(const char *path, bool replace, const flow_scenario *scenario,
                            const flow_provenance *provenance, flow_output **out)
{
    *out = NULL;
    flow_output *o = flow_calloc(1, sizeof *o);
    if (o == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to write '%s'", path); }
    o->s = scenario;
    o->axes = flow_axes_none();
    flow_hush hush;
    flow_hush_begin(&hush);
    flow_err err = flow_part_open(path, replace, &o->part);
    if (err == FLOW_OK) { err = allocate(o, path); }
    if (err == FLOW_OK) { err = fill_file(o, provenance); }
    flow_hush_end(&hush);
    if (err != FLOW_OK) {
        flow_output_abandon(o);
        return err;
    }
    *out = o;
    return FLOW_OK;
}

// Steps

/// Where a step of a column is kept until it is written.
static char *step_of(const column *c, int32_t day)
{
    const hsize_t at = (hsize_t)day % c->steps * c->n;
    return c->whole != NULL ? (char *)(c->whole + at) : (char *)(c->real + at);
}

static void receive(flow_output *o, column *c, const flow_model *model)
{
    const hsize_t at = (hsize_t)o->day % c->steps * c->n;
    if (c->real != NULL) {
        flow_observable_read(c->observable, model, c->real + at);
        return;
    }
    flow_observable_read(c->observable, model, o->value);
    const double least = flow_output_least(o->s, c->observable);
    for (hsize_t i = 0; i < c->n; i++) {
        const double value = o->value[i];
        c->whole[at + i] = value > 0.0 && value < least ? FLOW_SUPPRESSED : (int64_t)value;
    }
}

/// What a step adds that does not come from the model.
static void add_known(flow_output *o, column *c)
{
    const hsize_t at = (hsize_t)o->day % c->steps * c->n;
    switch (c->origin) {
    case FROM_TIME: c->real[at] = o->day * o->s->dt; break;
    case FROM_TOTAL: c->whole[at] = o->s->total.people[o->day]; break;
    case FROM_OBSERVED:
        for (hsize_t i = 0; i < c->n; i++) { c->whole[at + i] = o->s->observed[i].people[o->day]; }
        break;
    case FROM_MODEL: break;
    }
}

/// Append the last `steps` received steps of a column to the file.
static flow_err append(const flow_output *o, const column *c, hsize_t steps)
{
    const hsize_t end = (hsize_t)o->day;
    const hsize_t size[3] = {end, c->across[0], c->across[1]}, start[3] = {end - steps, 0, 0},
                  count[3] = {steps, c->across[0], c->across[1]};
    const hid_t type = c->whole != NULL ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE;
    const void *value = c->whole != NULL ? (const void *)c->whole : (const void *)c->real;
    flow_err err = FLOW_OK;
    hid_t file = H5I_INVALID_HID;
    const hid_t memory = H5Screate_simple(c->rank, count, NULL);
    if (memory < 0 || H5Dset_extent(c->data, size) < 0 || (file = H5Dget_space(c->data)) < 0 ||
        H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Dwrite(c->data, type, memory, file, H5P_DEFAULT, value) < 0) {
        err = flow_hdf_fail(&o->part.hdf, NULL);
    }
    flow_hdf_close(file);
    flow_hdf_close(memory);
    return err;
}

/// Write the columns whose chunk is full (`rest`: also those begun). A chunk is written once.
static flow_err write_columns(flow_output *o, bool rest)
{
    bool wrote = false;
    for (int32_t i = 0; i < o->n_column; i++) {
        const column *c = &o->column[i];
        const hsize_t begun = (hsize_t)o->day % c->steps;
        if (rest ? begun == 0 : begun != 0) { continue; }
        FLOW_TRY(append(o, c, rest ? begun : c->steps));
        wrote = true;
    }
    if (o->part.hdf.disk.error != 0 || (wrote && H5Fflush(o->part.hdf.file, H5F_SCOPE_LOCAL) < 0) ||
        o->part.hdf.disk.error != 0) {
        return flow_hdf_fail(&o->part.hdf, NULL);
    }
    return FLOW_OK;
}

/// The columns have one more step.
static flow_err step_done(flow_output *o)
{
    for (int32_t i = 0; i < o->n_column; i++) { add_known(o, &o->column[i]); }
    o->day++;
    flow_hush hush;
    flow_hush_begin(&hush);
    const flow_err err = write_columns(o, false);
    flow_hush_end(&hush);
    return err;
}

static flow_err check_step(const flow_output *o)
{
    if (o->day < o->s->n_step) { return FLOW_OK; }
    return flow_fail(FLOW_ESTATE, "the result file has all %d steps", (int)o->s->n_step);
}

flow_err flow_output_step(flow_output *o, const flow_model *model)
{
    FLOW_TRY(check_step(o));
    for (int32_t i = 0; i < o->n_column; i++) {
        if (o->column[i].origin == FROM_MODEL) { receive(o, &o->column[i], model); }
    }
    flow_gauges_step(o->gauges, model);
    return step_done(o);
}

// Values of whole numbers and others have the same size.
_Static_assert(sizeof(int64_t) == sizeof(double), "rows are of one kind of bytes");

int64_t flow_output_row_size(const flow_output *o)
{
    hsize_t n = 0;
    for (int32_t i = 0; i < o->n_column; i++) {
        if (o->column[i].origin == FROM_MODEL) { n += o->column[i].n; }
    }
    int64_t n_sum;
    (void)flow_gauges_state(o->gauges, &n_sum);
    return ((int64_t)n + n_sum) * (int64_t)sizeof(double);
}

void flow_output_row(const flow_output *o, void *row)
{
    char *to = row;
    for (int32_t i = 0; i < o->n_column; i++) {
        const column *c = &o->column[i];
        if (c->origin != FROM_MODEL) { continue; }
        memcpy(to, step_of(c, o->day - 1), c->n * sizeof(double));
        to += c->n * sizeof(double);
    }
    int64_t n_sum;
    const double *sum = flow_gauges_state(o->gauges, &n_sum);
    memcpy(to, sum, (size_t)n_sum * sizeof *sum);
}

flow_err flow_output_repeat(flow_output *o, const void *row)
{
    FLOW_TRY(check_step(o));
    const char *from = row;
    for (int32_t i = 0; i < o->n_column; i++) {
        column *c = &o->column[i];
        if (c->origin != FROM_MODEL) { continue; }
        memcpy(step_of(c, o->day), from, c->n * sizeof(double));
        from += c->n * sizeof(double);
    }
    int64_t n_sum;
    double *sum = flow_gauges_state(o->gauges, &n_sum);
    memcpy(sum, from, (size_t)n_sum * sizeof *sum);
    flow_gauges_set_step(o->gauges, o->day + 1);
    return step_done(o);
}

// Finishing

static flow_err write_sums(const flow_hdf *hdf, const flow_model *model)
{
    char checksum[32];
    (void)snprintf(checksum, sizeof checksum, "%016" PRIx64, flow_model_checksum(model));
    FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "days", flow_model_day(model)));
    FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "persons", flow_model_persons(model)));
    FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "entered", flow_model_entered(model)));
    FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "left", flow_model_left(model)));
    FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "person_steps", flow_model_person_steps(model)));
    return flow_hdf_text(hdf, hdf->file, "checksum", checksum);
}

static flow_err write_indicators(const flow_output *o)
{
    double value[FLOW_N_GAUGE];
    flow_gauges_whole(o->gauges, value);
    const flow_indicators_table table = {.has = o->has,
                                         .value = value,
                                         .n_member = 1,
                                         .least = (double)o->s->set.output.suppress_below};
    return flow_output_indicators(&o->part.hdf, &table, NULL, NULL);
}

static flow_err close_whole(flow_output *o, const flow_model *model)
{
    FLOW_TRY(write_columns(o, true));
    FLOW_TRY(write_indicators(o));
    FLOW_TRY(flow_output_trajectories(&o->part.hdf, model));
    FLOW_TRY(flow_output_ledger(&o->part.hdf, model, &o->axes.place));
    FLOW_TRY(write_sums(&o->part.hdf, model));
    close_all(o);
    return flow_part_finish(&o->part);
}

flow_err flow_output_finish(flow_output *o, const flow_model *model)
{
    flow_hush hush;
    flow_hush_begin(&hush);
    const flow_err err = close_whole(o, model);
    flow_output_abandon(o);
    flow_hush_end(&hush);
    return err;
}
