#define _POSIX_C_SOURCE 200809L
#include "output_get.h"

#include <string.h>
#include <sys/stat.h>

/// Largest number of values of one variable that is read: 2^31, 16 GiB.
static const hsize_t values_max = (hsize_t)1 << 31;

flow_err flow_hdf_not_ours(const flow_hdf *hdf, const char *name, const char *found)
{
    return flow_fail(FLOW_EFILE, "'%s' is no complete libflow result: '%s' %s", hdf->path, name,
                     found);
}

flow_err flow_hdf_open(flow_hdf *hdf)
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

static bool too_large(const hsize_t size[static FLOW_MAX_RANK])
{
    hsize_t n = 1;
    for (int i = 0; i < FLOW_MAX_RANK; i++) {
        if (size[i] > values_max) { return true; }
        n *= size[i];
        if (n > values_max) { return true; }
    }
    return false;
}

/// Open a variable and tell its size; `rank` dimensions are expected.
static flow_err open_variable(const flow_hdf *hdf, const char *name, int rank, hid_t *data,
                              hsize_t size[static FLOW_MAX_RANK])
{
    *data = H5I_INVALID_HID;
    for (int i = 0; i < FLOW_MAX_RANK; i++) { size[i] = 1; }
    const htri_t there = H5Lexists(hdf->file, name, H5P_DEFAULT);
    if (there < 0) { return flow_hdf_fail(hdf, name); }
    if (there == 0) { return flow_hdf_not_ours(hdf, name, "is missing"); }
    const hid_t found = H5Dopen2(hdf->file, name, H5P_DEFAULT);
    if (found < 0) { return flow_hdf_fail(hdf, name); }
    flow_err err = FLOW_OK;
    const hid_t space = H5Dget_space(found);
    if (space < 0) {
        err = flow_hdf_fail(hdf, name);
    } else if (H5Sget_simple_extent_ndims(space) != rank) {
        err = flow_hdf_not_ours(hdf, name, "has another number of dimensions");
    } else if (H5Sget_simple_extent_dims(space, size, NULL) < 0) {
        err = flow_hdf_fail(hdf, name);
    } else if (too_large(size)) {
        err = flow_hdf_not_ours(hdf, name, "is larger than any result can be");
    }
    flow_hdf_close(space);
    if (err == FLOW_OK) {
        *data = found;
    } else {
        flow_hdf_close(found);
    }
    return err;
}

flow_err flow_hdf_size(const flow_hdf *hdf, const char *name, int *rank,
                       int64_t size[static FLOW_MAX_RANK])
{
    *rank = -1;
    const htri_t there = H5Lexists(hdf->file, name, H5P_DEFAULT);
    if (there < 0) { return flow_hdf_fail(hdf, name); }
    if (there == 0) { return FLOW_OK; }
    const hid_t data = H5Dopen2(hdf->file, name, H5P_DEFAULT);
    if (data < 0) { return flow_hdf_fail(hdf, name); }
    flow_err err = FLOW_OK;
    hsize_t found[FLOW_MAX_RANK];
    for (int i = 0; i < FLOW_MAX_RANK; i++) { found[i] = 1; }
    const hid_t space = H5Dget_space(data);
    const int n = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    if (n < 0) {
        err = flow_hdf_fail(hdf, name);
    } else if (n > FLOW_MAX_RANK) {
        err = flow_hdf_not_ours(hdf, name, "has more dimensions than any variable");
    } else if (H5Sget_simple_extent_dims(space, found, NULL) < 0) {
        err = flow_hdf_fail(hdf, name);
    } else if (too_large(found)) {
        err = flow_hdf_not_ours(hdf, name, "is larger than any result can be");
    }
    flow_hdf_close(space);
    flow_hdf_close(data);
    if (err != FLOW_OK) { return err; }
    *rank = n;
    for (int i = 0; i < FLOW_MAX_RANK; i++) { size[i] = (int64_t)found[i]; }
    return FLOW_OK;
}

flow_err flow_hdf_length(const flow_hdf *hdf, const char *name, int32_t *out)
{
    hid_t data = H5I_INVALID_HID;
    hsize_t size[FLOW_MAX_RANK];
    FLOW_TRY(open_variable(hdf, name, 1, &data, size));
    flow_hdf_close(data);
    if (size[0] > INT32_MAX) {
        return flow_hdf_not_ours(hdf, name, "is larger than any result can be");
    }
    *out = (int32_t)size[0];
    return FLOW_OK;
}

flow_err flow_hdf_numbers(const flow_hdf *hdf, const char *name, hid_t type, int rank,
                          const int64_t *size, void *out)
{
    hid_t data = H5I_INVALID_HID;
    hsize_t found[FLOW_MAX_RANK];
    FLOW_TRY(open_variable(hdf, name, rank, &data, found));
    flow_err err = FLOW_OK;
    int64_t n = 1;
    bool same = true;
    for (int i = 0; i < rank; i++) {
        n *= size[i];
        same = same && (int64_t)found[i] == size[i];
    }
    void *value = NULL;
    if (!same) {
        err = flow_hdf_not_ours(hdf, name, "has another size than its dimensions");
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
    memcpy(out, &value, sizeof value);
    return FLOW_OK;
}

flow_err flow_hdf_names(const flow_hdf *hdf, const char *name, int32_t n, char **out)
{
    hid_t data = H5I_INVALID_HID;
    hsize_t size[FLOW_MAX_RANK];
    FLOW_TRY(open_variable(hdf, name, 1, &data, size));
    const flow_err err = size[0] == (hsize_t)n
                             ? flow_hdf_read_texts(hdf, data, name, n, out)
                             : flow_hdf_not_ours(hdf, name, "has another size than its dimensions");
    flow_hdf_close(data);
    return err;
}

flow_err flow_hdf_names_table(const flow_hdf *hdf, const char *name, int32_t n_row, int32_t n,
                              char **out)
{
    hid_t data = H5I_INVALID_HID;
    hsize_t size[FLOW_MAX_RANK];
    FLOW_TRY(open_variable(hdf, name, 2, &data, size));
    const bool same = size[0] == (hsize_t)n_row && size[1] == (hsize_t)n;
    const flow_err err = same
                             ? flow_hdf_read_texts(hdf, data, name, n_row * n, out)
                             : flow_hdf_not_ours(hdf, name, "has another size than its dimensions");
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
        err = flow_hdf_not_ours(hdf, name, "is no text");
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

flow_err flow_hdf_read_text(const flow_hdf *hdf, const char *object, const char *name,
                            bool optional, char **out)
{
    *out = NULL;
    const htri_t there = H5Aexists_by_name(hdf->file, object, name, H5P_DEFAULT);
    if (there < 0) { return flow_hdf_fail(hdf, name); }
    if (there == 0 && !optional) { return flow_hdf_not_ours(hdf, name, "is missing"); }
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

/// One number among the attributes of the file, of one of two types of memory.
static flow_err read_number(const flow_hdf *hdf, const char *name, bool whole, void *out)
{
    const htri_t there = H5Aexists(hdf->file, name);
    if (there < 0) { return flow_hdf_fail(hdf, name); }
    if (there == 0) { return flow_hdf_not_ours(hdf, name, "is missing"); }
    const hid_t attribute = H5Aopen(hdf->file, name, H5P_DEFAULT);
    if (attribute < 0) { return flow_hdf_fail(hdf, name); }
    flow_err err = FLOW_OK;
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    if (type < 0 || space < 0) {
        err = flow_hdf_fail(hdf, name);
    } else if (H5Tget_class(type) != (whole ? H5T_INTEGER : H5T_FLOAT) ||
               H5Sget_simple_extent_npoints(space) != 1) {
        err = flow_hdf_not_ours(hdf, name, whole ? "is no whole number" : "is no number");
    } else if (H5Aread(attribute, whole ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE, out) < 0) {
        err = flow_hdf_fail(hdf, name);
    }
    flow_hdf_close(space);
    flow_hdf_close(type);
    flow_hdf_close(attribute);
    return err;
}

flow_err flow_hdf_read_integer(const flow_hdf *hdf, const char *name, int64_t *out)
{
    *out = 0;
    return read_number(hdf, name, true, out);
}

flow_err flow_hdf_read_real(const flow_hdf *hdf, const char *name, double *out)
{
    *out = 0.0;
    return read_number(hdf, name, false, out);
}
