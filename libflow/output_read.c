#define _POSIX_C_SOURCE 200809L
#include "output.h"
#include "output_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/// Largest number of values of one variable that is read: 2^31, 16 GiB.
static const hsize_t values_max = (hsize_t)1 << 31;

static flow_err not_ours(const flow_hdf *hdf, const char *name, const char *found)
{
    return flow_fail(FLOW_EFILE, "'%s' is no complete libflow result: '%s' %s", hdf->path, name,
                     found);
}

/// Open a variable and tell its size; `rank` dimensions are expected.
static flow_err open_variable(const flow_hdf *hdf, const char *name, int rank, hid_t *data,
                              hsize_t size[static 2])
{
    *data = H5I_INVALID_HID;
    size[0] = size[1] = 1;
    const htri_t there = H5Lexists(hdf->file, name, H5P_DEFAULT);
    if (there < 0) { return flow_hdf_fail(hdf, name); }
    if (there == 0) { return not_ours(hdf, name, "is missing"); }
    const hid_t found = H5Dopen2(hdf->file, name, H5P_DEFAULT);
    if (found < 0) { return flow_hdf_fail(hdf, name); }
    flow_err err = FLOW_OK;
    const hid_t space = H5Dget_space(found);
    if (space < 0) {
        err = flow_hdf_fail(hdf, name);
    } else if (H5Sget_simple_extent_ndims(space) != rank) {
        err = not_ours(hdf, name, "has another number of dimensions");
    } else if (H5Sget_simple_extent_dims(space, size, NULL) < 0) {
        err = flow_hdf_fail(hdf, name);
    } else if (size[0] > values_max || size[1] > values_max || size[0] * size[1] > values_max) {
        err = not_ours(hdf, name, "is larger than any result can be");
    }
    flow_hdf_close(space);
    if (err == FLOW_OK) {
        *data = found;
    } else {
        flow_hdf_close(found);
    }
    return err;
}

/// Length of a one-dimensional variable.
static flow_err read_length(const flow_hdf *hdf, const char *name, int32_t *out)
{
    hid_t data = H5I_INVALID_HID;
    hsize_t size[2];
    FLOW_TRY(open_variable(hdf, name, 1, &data, size));
    flow_hdf_close(data);
    if (size[0] > INT32_MAX) { return not_ours(hdf, name, "is larger than any result can be"); }
    *out = (int32_t)size[0];
    return FLOW_OK;
}

/// Read numbers of shape [rows][across] (across < 0: one dimension) into a new array of `type`.
static flow_err read_numbers(const flow_hdf *hdf, const char *name, hid_t type, int64_t rows,
                             int64_t across, void **out)
{
    *out = NULL;
    hid_t data = H5I_INVALID_HID;
    hsize_t size[2];
    FLOW_TRY(open_variable(hdf, name, across < 0 ? 1 : 2, &data, size));
    flow_err err = FLOW_OK;
    const int64_t n = rows * (across < 0 ? 1 : across);
    void *value = NULL;
    if ((int64_t)size[0] != rows || (across >= 0 && (int64_t)size[1] != across)) {
        err = not_ours(hdf, name, "has another size than its dimensions");
    } else if ((value = flow_calloc(n, H5Tget_size(type))) == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory to read '%s' of '%s'", name, hdf->path);
    } else if (H5Dread(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0) {
        err = flow_hdf_fail(hdf, name);
    }
    flow_hdf_close(data);
    if (err != FLOW_OK) {
        flow_dealloc(value);
        return err;
    }
    *out = value;
    return FLOW_OK;
}

static flow_err read_whole(const flow_hdf *hdf, const char *name, int64_t rows, int64_t across,
                           int64_t **out)
{
    void *value = NULL;
    const flow_err err = read_numbers(hdf, name, H5T_NATIVE_INT64, rows, across, &value);
    *out = value;
    return err;
}

static flow_err read_real(const flow_hdf *hdf, const char *name, int64_t rows, int64_t across,
                          double **out)
{
    void *value = NULL;
    const flow_err err = read_numbers(hdf, name, H5T_NATIVE_DOUBLE, rows, across, &value);
    *out = value;
    return err;
}

/// Read n texts, each its own copy.
static flow_err read_names(const flow_hdf *hdf, const char *name, int32_t n, char **out)
{
    hid_t data = H5I_INVALID_HID;
    hsize_t size[2];
    FLOW_TRY(open_variable(hdf, name, 1, &data, size));
    const flow_err err = size[0] == (hsize_t)n
                             ? flow_hdf_read_texts(hdf, data, name, n, out)
                             : not_ours(hdf, name, "has another size than its dimensions");
    flow_hdf_close(data);
    return err;
}

/// A text attribute, fixed or variable, of an open attribute.
static flow_err read_text_value(const flow_hdf *hdf, hid_t attribute, const char *name, char **out)
{
    flow_err err = FLOW_OK;
    char *fixed = NULL, *variable = NULL;
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    if (type < 0 || space < 0) {
        err = flow_hdf_fail(hdf, name);
    } else if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1) {
        err = not_ours(hdf, name, "is no text");
    } else if (H5Tis_variable_str(type) > 0) {
        if (H5Aread(attribute, type, &variable) < 0) { err = flow_hdf_fail(hdf, name); }
    } else if ((fixed = flow_calloc((int64_t)H5Tget_size(type) + 1, 1)) == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory to read '%s' of '%s'", name, hdf->path);
    } else if (H5Aread(attribute, type, fixed) < 0) {
        err = flow_hdf_fail(hdf, name);
    }
    if (err == FLOW_OK) {
        const char *text = fixed != NULL ? fixed : variable;
        *out = flow_strdup(text != NULL ? text : "");
        if (*out == NULL) { err = flow_fail(FLOW_ENOMEM, "no memory for '%s'", name); }
    }
    if (variable != NULL) { (void)H5free_memory(variable); }
    flow_dealloc(fixed);
    flow_hdf_close(space);
    flow_hdf_close(type);
    return err;
}

/// A text attribute of the file or of one of its variables. Absent: an error, or "" if `optional`.
static flow_err read_text(const flow_hdf *hdf, const char *object, const char *name, bool optional,
                          char **out)
{
    *out = NULL;
    const htri_t there = H5Aexists_by_name(hdf->file, object, name, H5P_DEFAULT);
    if (there < 0) { return flow_hdf_fail(hdf, name); }
    if (there == 0 && !optional) { return not_ours(hdf, name, "is missing"); }
    if (there == 0) {
        *out = flow_strdup("");
        return *out != NULL ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory for '%s'", name);
    }
    const hid_t attribute = H5Aopen_by_name(hdf->file, object, name, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0) { return flow_hdf_fail(hdf, name); }
    const flow_err err = read_text_value(hdf, attribute, name, out);
    flow_hdf_close(attribute);
    return err;
}

static flow_err read_source(const flow_hdf *hdf, flow_result *r)
{
    static const char us[] = "libflow ";
    char *source = NULL;
    FLOW_TRY(read_text(hdf, ".", "source", true, &source));
    flow_err err = FLOW_OK;
    if (strncmp(source, us, strlen(us)) != 0) {
        err = flow_fail(FLOW_EFILE,
                        "'%s' was not written by libflow: its attribute 'source' does "
                        "not begin with \"libflow \"",
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
    FLOW_TRY(read_text(hdf, ".", "seed", false, &seed));
    const size_t digits = strspn(seed, "0123456789");
    const bool good = digits > 0 && digits <= 20 && seed[digits] == '\0';
    r->seed = good ? strtoull(seed, NULL, 10) : 0;
    flow_dealloc(seed);
    return good ? FLOW_OK : not_ours(hdf, "seed", "is no whole number");
}

static flow_err read_start(const flow_hdf *hdf, flow_result *r)
{
    static const char since[] = "days since ";
    char *unit = NULL;
    FLOW_TRY(read_text(hdf, "time", "units", false, &unit));
    bool good = strncmp(unit, since, strlen(since)) == 0 && strlen(unit) >= strlen(since) + 10;
    if (good) {
        char day[11] = "";
        memcpy(day, unit + strlen(since), 10);
        good = flow_date_parse(day, &r->start);
    }
    flow_dealloc(unit);
    return good ? FLOW_OK : not_ours(hdf, "time", "has units other than days since a date");
}

static flow_err read_about(const flow_hdf *hdf, flow_result *r)
{
    FLOW_TRY(read_source(hdf, r));
    FLOW_TRY(read_text(hdf, ".", "checksum", false, &r->checksum));
    FLOW_TRY(read_text(hdf, ".", "title", true, &r->title));
    FLOW_TRY(read_text(hdf, ".", "command_line", true, &r->command_line));
    FLOW_TRY(read_text(hdf, ".", "date_created", true, &r->created));
    FLOW_TRY(read_text(hdf, ".", "scenario", true, &r->scenario_path));
    return read_seed(hdf, r);
}

static flow_err read_observed(const flow_hdf *hdf, flow_result *r)
{
    const htri_t there = H5Lexists(hdf->file, "observed_place", H5P_DEFAULT);
    if (there < 0) { return flow_hdf_fail(hdf, "observed_place"); }
    if (there > 0) { FLOW_TRY(read_length(hdf, "observed_place", &r->n_observed)); }
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
    void *place = NULL;
    FLOW_TRY(read_numbers(hdf, "observed_index", H5T_NATIVE_INT32, n, -1, &place));
    r->observed_place = place;
    for (int32_t i = 0; i < n; i++) {
        if (r->observed_place[i] < 0 || r->observed_place[i] >= r->n_place) {
            return not_ours(hdf, "observed_index", "names a place that does not exist");
        }
    }
    FLOW_TRY(read_whole(hdf, "observed", r->n_day, n, &r->observed));
    FLOW_TRY(read_whole(hdf, "first_count", n, -1, &r->first_count));
    return read_real(hdf, "network_km", n, r->n_place, &r->network_km);
}

static flow_err read_all(const flow_hdf *hdf, flow_result *r)
{
    FLOW_TRY(read_about(hdf, r));
    FLOW_TRY(read_length(hdf, "time", &r->n_day));
    FLOW_TRY(read_start(hdf, r));
    FLOW_TRY(read_length(hdf, "place", &r->n_place));
    r->place_name = flow_calloc(r->n_place, sizeof *r->place_name);
    if (r->place_name == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for names"); }
    FLOW_TRY(read_names(hdf, "place", r->n_place, r->place_name));
    FLOW_TRY(read_real(hdf, "capacity", r->n_place, -1, &r->capacity));
    FLOW_TRY(read_real(hdf, "population", r->n_place, -1, &r->population));
    FLOW_TRY(read_whole(hdf, "people", r->n_day, r->n_place, &r->people));
    FLOW_TRY(read_real(hdf, "conflict", r->n_day, r->n_place, &r->conflict));
    return read_observed(hdf, r);
}

static flow_err open_result(flow_hdf *hdf)
{
    struct stat now;
    if (stat(hdf->path, &now) != 0) {
        return flow_fail(FLOW_EFILE, "cannot read '%s': no such file, or it may not be looked at",
                         hdf->path);
    }
    if (S_ISDIR(now.st_mode)) {
        return flow_fail(FLOW_EFILE, "cannot read '%s': it is a directory", hdf->path);
    }
    if (!S_ISREG(now.st_mode)) {
        return flow_fail(FLOW_EFILE, "cannot read '%s': it is no regular file", hdf->path);
    }
    const htri_t known = H5Fis_hdf5(hdf->path);
    if (known == 0) {
        return flow_fail(FLOW_EFILE, "'%s' is no HDF5 file, so no libflow result", hdf->path);
    }
    const hid_t access = known < 0 ? H5I_INVALID_HID : H5Pcreate(H5P_FILE_ACCESS);
    flow_err err = FLOW_OK;
    if (access < 0 || H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 ||
        (hdf->file = H5Fopen(hdf->path, H5F_ACC_RDONLY, access)) < 0) {
        err = flow_hdf_fail(hdf, NULL);
    }
    flow_hdf_close(access);
    return err;
}

flow_err flow_result_load(const char *path, flow_result **out)
{
    *out = NULL;
    flow_result *r = flow_calloc(1, sizeof *r);
    if (r == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to read '%s'", path); }
    flow_hdf hdf = {.path = path, .verb = "read", .file = H5I_INVALID_HID, .text = H5I_INVALID_HID};
    flow_hush hush;
    flow_hush_begin(&hush);
    flow_err err = open_result(&hdf);
    if (err == FLOW_OK) { err = read_all(&hdf, r); }
    if (hdf.file >= 0) { (void)H5Fclose(hdf.file); } // read only: nothing can be lost
    flow_hush_end(&hush);
    if (err != FLOW_OK) {
        flow_result_free(r);
        return err;
    }
    *out = r;
    return FLOW_OK;
}

void flow_result_free(flow_result *r)
{
    if (r == NULL) { return; }
    for (int32_t p = 0; r->place_name != NULL && p < r->n_place; p++) {
        flow_dealloc(r->place_name[p]);
    }
    flow_dealloc(r->place_name);
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
    flow_dealloc(r->created);
    flow_dealloc(r->scenario_path);
    flow_dealloc(r);
}
