#define _POSIX_C_SOURCE 200809L
#include "output.h"

#include "output_static.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// Shape of a chunk: about 64 KiB, at least 16 steps, at most 4096 values of a step.
enum { CHUNK_VALUES = 8192, CHUNK_STEPS_MIN = 16, CHUNK_STEPS_MAX = 1024, CHUNK_WIDTH_MAX = 4096 };

/// Where the values of a column come from.
typedef enum origin { FROM_TIME, FROM_MODEL, FROM_OBSERVED, FROM_TOTAL } origin;

/// A variable that grows with time, and its steps that are not in the file yet.
typedef struct column {
    origin origin;
    const flow_observable *observable; ///< FROM_MODEL
    hid_t data;
    hsize_t n;      ///< values of a step
    hsize_t steps;  ///< of a chunk
    bool scalar;    ///< no second dimension
    int64_t *whole; ///< [steps][n] one of the two
    double *real;
} column;

struct flow_output {
    const flow_scenario *s; ///< borrowed
    char *path, *part, *folder;
    bool replace;
    flow_hdf hdf;
    hid_t driver;
    flow_axes axes;
    int32_t day; ///< steps received
    int32_t n_column;
    column *column;
    double *value; ///< scratch: one step of the widest observable
};

// Creating

static flow_err check_target(const char *path, bool replace)
{
    struct stat now;
    if (path[0] == '\0') { return flow_fail(FLOW_EFILE, "the result file has an empty name"); }
    if (stat(path, &now) != 0) { return FLOW_OK; } // whether it can be made shows when it is made
    if (S_ISDIR(now.st_mode)) {
        return flow_fail(FLOW_EFILE, "cannot write '%s': it is a directory", path);
    }
    if (!S_ISREG(now.st_mode)) {
        return flow_fail(FLOW_EFILE, "cannot write '%s': it is no regular file", path);
    }
    if (!replace) {
        return flow_fail(FLOW_EFILE,
                         "cannot write '%s': it exists, and replacing it was not asked for", path);
    }
    return FLOW_OK;
}

// netCDF needs the order of creation; V18 to V110 is what every reader of netCDF-4 understands.
static flow_err open_file(flow_output *o)
{
    flow_err err = FLOW_OK;
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    const hid_t how = H5Pcreate(H5P_FILE_CREATE);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (how < 0 || access < 0 || H5Pset_link_creation_order(how, order) < 0 ||
        H5Pset_attr_creation_order(how, order) < 0 ||
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110) < 0 ||
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 ||
        (o->driver = flow_disk_use(access, &o->hdf.disk)) < 0 ||
        (o->hdf.file = H5Fcreate(o->part, H5F_ACC_TRUNC, how, access)) < 0 ||
        (o->hdf.text = H5Tcopy(H5T_C_S1)) < 0 || H5Tset_size(o->hdf.text, H5T_VARIABLE) < 0 ||
        H5Tset_cset(o->hdf.text, H5T_CSET_UTF8) < 0) {
        err = flow_hdf_fail(&o->hdf, NULL);
    }
    flow_hdf_close(access);
    flow_hdf_close(how);
    return err;
}

static hsize_t smaller(hsize_t a, hsize_t b)
{
    return a < b ? a : b;
}

static hsize_t chunk_steps(hsize_t n, int32_t n_day)
{
    hsize_t steps = CHUNK_VALUES / (n > 0 ? n : 1);
    if (steps < CHUNK_STEPS_MIN) { steps = CHUNK_STEPS_MIN; }
    steps = smaller(steps, CHUNK_STEPS_MAX);
    steps = smaller(steps, (hsize_t)n_day);
    return steps > 0 ? steps : 1;
}

/// Make the variable and the buffer of a column; `across` NULL: one value a step.
static flow_err column_create(flow_output *o, column *c, flow_variable *v, const flow_axis *across)
{
    c->scalar = across == NULL;
    c->n = across == NULL ? 1 : across->n;
    c->steps = chunk_steps(c->n, o->s->n_day);
    flow_axis time = o->axes.time;
    flow_axis width = across == NULL ? (flow_axis){0} : *across;
    time.chunk = c->steps;
    width.chunk = smaller(c->n, CHUNK_WIDTH_MAX);
    v->axis[0] = &time;
    v->axis[1] = across == NULL ? NULL : &width;
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
    if (c->origin != FROM_TIME) { return flow_hdf_variable(&o->hdf, o->hdf.file, v, &c->data); }
    FLOW_TRY(flow_hdf_axis(&o->hdf, o->hdf.file, v, &time));
    o->axes.time.scale = c->data = time.scale;
    return FLOW_OK;
}

static flow_err add_time(flow_output *o)
{
    char day[16], unit[64];
    flow_date_text(o->s->start, day);
    (void)snprintf(unit, sizeof unit, "days since %s 00:00:00", day);
    o->axes.time = (flow_axis){.scale = H5I_INVALID_HID, .grows = true};
    column *c = &o->column[o->n_column++];
    c->origin = FROM_TIME;
    flow_variable v = {.name = "time",
                       .standard_name = "time",
                       .unit = unit,
                       .long_name = "day; values describe its end, or the whole of it, and compare "
                                    "with observations of this date",
                       .type = H5T_NATIVE_DOUBLE};
    FLOW_TRY(column_create(o, c, &v, NULL));
    FLOW_TRY(flow_hdf_text(&o->hdf, c->data, "calendar", "proleptic_gregorian"));
    return flow_hdf_text(&o->hdf, c->data, "axis", "T");
}

static flow_err add_observable(flow_output *o, const flow_observable *row)
{
    const flow_axis *across = row->shape == FLOW_PER_PLACE  ? &o->axes.place
                              : row->shape == FLOW_PER_LINK ? &o->axes.link
                                                            : NULL;
    if (across != NULL && across->n == 0) { return FLOW_OK; } // no links: nothing to say of them
    column *c = &o->column[o->n_column++];
    c->origin = FROM_MODEL;
    c->observable = row;
    flow_variable v = {.name = row->name,
                       .unit = row->unit,
                       .long_name = row->long_name,
                       .cell_methods = row->cell_methods,
                       .type = row->integer ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE};
    if (row->shape == FLOW_PER_PLACE) { v.coordinates = flow_output_coordinates(o->s); }
    return column_create(o, c, &v, across);
}

static flow_err add_observed(flow_output *o)
{
    if (o->s->n_observed > 0) {
        column *c = &o->column[o->n_column++];
        c->origin = FROM_OBSERVED;
        flow_variable v = {.name = "observed",
                           .unit = "1",
                           .long_name = "people counted at the observed place, between counts "
                                        "interpolated",
                           .cell_methods = "time: point",
                           .type = H5T_NATIVE_INT64};
        FLOW_TRY(column_create(o, c, &v, &o->axes.observed));
    }
    if (o->s->total.people == NULL) { return FLOW_OK; }
    column *c = &o->column[o->n_column++];
    c->origin = FROM_TOTAL;
    flow_variable v = {.name = "observed_total",
                       .unit = "1",
                       .long_name = "people counted in total, between counts interpolated",
                       .cell_methods = "time: point",
                       .type = H5T_NATIVE_INT64};
    return column_create(o, c, &v, NULL);
}

static flow_err fill_file(flow_output *o, const flow_provenance *provenance)
{
    FLOW_TRY(open_file(o));
    FLOW_TRY(add_time(o));
    FLOW_TRY(flow_output_world(&o->hdf, o->s, provenance, &o->axes));
    for (int32_t i = 0; i < flow_n_observable; i++) {
        FLOW_TRY(add_observable(o, &flow_observables[i]));
    }
    FLOW_TRY(add_observed(o));
    FLOW_TRY(flow_output_provenance(&o->hdf, o->s));
    if (H5Fflush(o->hdf.file, H5F_SCOPE_LOCAL) < 0 || o->hdf.disk.error != 0) {
        return flow_hdf_fail(&o->hdf, NULL);
    }
    return FLOW_OK;
}

static char *part_name(const char *path)
{
    const size_t size = strlen(path) + sizeof ".part";
    char *part = flow_calloc((int64_t)size, 1);
    if (part != NULL) { (void)snprintf(part, size, "%s.part", path); }
    return part;
}

static char *folder_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) { return flow_strdup("."); }
    return flow_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static flow_err allocate(flow_output *o, const char *path)
{
    int64_t most = 1;
    for (int32_t i = 0; i < flow_n_observable; i++) {
        const int64_t n = flow_observable_n(o->s, &flow_observables[i]);
        most = n > most ? n : most;
    }
    o->path = flow_strdup(path);
    o->part = part_name(path);
    o->folder = folder_name(path);
    o->value = flow_calloc(most, sizeof *o->value);
    o->column = flow_calloc((int64_t)flow_n_observable + 3, sizeof *o->column);
    if (o->path == NULL || o->part == NULL || o->folder == NULL || o->value == NULL ||
        o->column == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory to write '%s'", path);
    }
    for (int32_t i = 0; i < flow_n_observable + 3; i++) { o->column[i].data = H5I_INVALID_HID; }
    o->hdf.path = o->part;
    return FLOW_OK;
}

// Closing

static void close_id(hid_t *id)
{
    flow_hdf_close(*id);
    *id = H5I_INVALID_HID;
}

/// Close the file and all in it; may be called again.
static herr_t close_file(flow_output *o)
{
    for (int32_t i = 0; o->column != NULL && i < o->n_column; i++) { close_id(&o->column[i].data); }
    close_id(&o->axes.place.scale);
    close_id(&o->axes.link.scale);
    close_id(&o->axes.observed.scale);
    close_id(&o->hdf.text);
    const hid_t file = o->hdf.file;
    o->hdf.file = H5I_INVALID_HID;
    return file >= 0 ? H5Fclose(file) : 0;
}

static void release(flow_output *o)
{
    flow_disk_forget(o->driver);
    for (int32_t i = 0; o->column != NULL && i < o->n_column; i++) {
        flow_dealloc(o->column[i].whole);
        flow_dealloc(o->column[i].real);
    }
    flow_dealloc(o->column);
    flow_dealloc(o->value);
    flow_dealloc(o->folder);
    flow_dealloc(o->part);
    flow_dealloc(o->path);
    flow_dealloc(o);
}

void flow_output_abandon(flow_output *o)
{
    if (o == NULL) { return; }
    flow_hush hush;
    flow_hush_begin(&hush);
    (void)close_file(o); // the file goes away, whatever its state
    if (o->hdf.disk.opened) { (void)unlink(o->part); }
    release(o);
    flow_hush_end(&hush);
}

flow_err flow_output_create(const char *path, bool replace, const flow_scenario *scenario,
                            const flow_provenance *provenance, flow_output **out)
{
    *out = NULL;
    FLOW_TRY(check_target(path, replace));
    flow_output *o = flow_calloc(1, sizeof *o);
    if (o == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to write '%s'", path); }
    const flow_axis none = {.scale = H5I_INVALID_HID};
    o->s = scenario;
    o->replace = replace;
    o->axes = (flow_axes){none, none, none, none};
    o->driver = H5I_INVALID_HID;
    o->hdf = (flow_hdf){.verb = "write", .file = H5I_INVALID_HID, .text = H5I_INVALID_HID};
    flow_err err = allocate(o, path);
    if (err == FLOW_OK) {
        flow_hush hush;
        flow_hush_begin(&hush);
        err = fill_file(o, provenance);
        flow_hush_end(&hush);
    }
    if (err != FLOW_OK) {
        flow_output_abandon(o);
        return err;
    }
    *out = o;
    return FLOW_OK;
}

// Steps

static void receive(flow_output *o, column *c, const flow_model *model)
{
    const hsize_t at = (hsize_t)o->day % c->steps * c->n;
    switch (c->origin) {
    case FROM_TIME: c->real[at] = o->day; break;
    case FROM_TOTAL: c->whole[at] = o->s->total.people[o->day]; break;
    case FROM_OBSERVED:
        for (hsize_t i = 0; i < c->n; i++) { c->whole[at + i] = o->s->observed[i].people[o->day]; }
        break;
    case FROM_MODEL:
        if (c->real != NULL) {
            c->observable->read(model, c->real + at);
            break;
        }
        c->observable->read(model, o->value);
        for (hsize_t i = 0; i < c->n; i++) { c->whole[at + i] = (int64_t)o->value[i]; }
        break;
    }
}

/// Append the last `steps` received steps of a column to the file.
static flow_err append(const flow_output *o, const column *c, hsize_t steps)
{
    const hsize_t end = (hsize_t)o->day;
    const hsize_t size[2] = {end, c->n}, start[2] = {end - steps, 0}, count[2] = {steps, c->n};
    const hid_t type = c->whole != NULL ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE;
    const void *value = c->whole != NULL ? (const void *)c->whole : (const void *)c->real;
    flow_err err = FLOW_OK;
    hid_t file = H5I_INVALID_HID;
    const hid_t memory = H5Screate_simple(c->scalar ? 1 : 2, count, NULL);
    if (memory < 0 || H5Dset_extent(c->data, size) < 0 || (file = H5Dget_space(c->data)) < 0 ||
        H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Dwrite(c->data, type, memory, file, H5P_DEFAULT, value) < 0) {
        err = flow_hdf_fail(&o->hdf, NULL);
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
    if (o->hdf.disk.error != 0 || (wrote && H5Fflush(o->hdf.file, H5F_SCOPE_LOCAL) < 0) ||
        o->hdf.disk.error != 0) {
        return flow_hdf_fail(&o->hdf, NULL);
    }
    return FLOW_OK;
}

flow_err flow_output_step(flow_output *o, const flow_model *model)
{
    if (o->day >= o->s->n_day) {
        return flow_fail(FLOW_ESTATE, "the result file has all %d days", (int)o->s->n_day);
    }
    for (int32_t i = 0; i < o->n_column; i++) { receive(o, &o->column[i], model); }
    o->day++;
    flow_hush hush;
    flow_hush_begin(&hush);
    const flow_err err = write_columns(o, false);
    flow_hush_end(&hush);
    return err;
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

static flow_err close_whole(flow_output *o, const flow_model *model)
{
    FLOW_TRY(write_columns(o, true));
    FLOW_TRY(write_sums(&o->hdf, model));
    if (close_file(o) < 0 || o->hdf.disk.error != 0) { return flow_hdf_fail(&o->hdf, NULL); }
    return FLOW_OK;
}

/// fsync of a file or folder.
static int sync_name(const char *name)
{
    const int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return errno; }
    int error = fsync(fd) == 0 ? 0 : errno;
    if (close(fd) != 0 && error == 0) { error = errno; }
    return error;
}

/// The new name survives a power cut only when its folder is on the disk too. File systems that
/// cannot sync folders say EINVAL, folders that may not be read EACCES; the result is whole even
/// so.
static int sync_folder(const char *folder)
{
    const int error = sync_name(folder);
    return error == EINVAL || error == EACCES ? 0 : error;
}

static flow_err give_name(flow_output *o)
{
    FLOW_TRY(check_target(o->path, o->replace)); // the run took its time
    o->hdf.disk.error = sync_name(o->part);
    if (o->hdf.disk.error == 0 && rename(o->part, o->path) != 0) { o->hdf.disk.error = errno; }
    if (o->hdf.disk.error != 0) { return flow_hdf_fail(&o->hdf, NULL); }
    o->hdf.disk.opened = false; // nothing left to remove
    o->hdf.path = o->path;
    o->hdf.disk.error = sync_folder(o->folder);
    return o->hdf.disk.error != 0 ? flow_hdf_fail(&o->hdf, NULL) : FLOW_OK;
}

flow_err flow_output_finish(flow_output *o, const flow_model *model)
{
    flow_hush hush;
    flow_hush_begin(&hush);
    flow_err err = close_whole(o, model);
    if (err == FLOW_OK) { err = give_name(o); }
    flow_output_abandon(o);
    flow_hush_end(&hush);
    return err;
}
