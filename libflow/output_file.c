#define _POSIX_C_SOURCE 200809L
#include "output_file.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <string.h>

/// Level 2 takes 40 % less time than level 4, where zlib begins to search lazily, for a file 7 %
/// larger.
enum { DEFLATE_LEVEL = 2, REASON_MAX = 256 };

void flow_hush_begin(flow_hush *hush)
{
    *hush = (flow_hush){0};
    (void)H5Eget_auto2(H5E_DEFAULT, &hush->function, &hush->data);
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void flow_hush_end(const flow_hush *hush)
{
    (void)H5Eset_auto2(H5E_DEFAULT, hush->function, hush->data);
}

// The innermost error says what really happened. Of a failed system call only its message is of use
// to a reader; HDF5 wraps it into addresses and times.
static herr_t first_reason(unsigned n, const H5E_error2_t *error, void *out)
{
    if (n > 0 || error->desc == NULL) { return 0; }
    char *reason = out;
    const char *from = error->desc;
    size_t length = strlen(from);
    const char *message = strstr(from, "error message = '");
    if (message != NULL) {
        from = message + strlen("error message = '");
        length = strcspn(from, "'");
    }
    if (length >= REASON_MAX) { length = REASON_MAX - 1; }
    memcpy(reason, from, length);
    reason[length] = '\0';
    return 0;
}

/// Bytes of the UTF-8 character at `text`, 0 when it is none.
static size_t utf8_length(const unsigned char *text)
{
    const unsigned char c = text[0];
    if (c < 0x80) { return 1; }
    const size_t n = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (c < 0xc2 || n == 0) { return 0; }
    for (size_t i = 1; i < n; i++) {
        if ((text[i] & 0xc0) != 0x80) { return 0; }
    }
    // Overlong forms, surrogates, beyond U+10FFFF.
    const bool bad = (c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] >= 0xa0) ||
                     (c == 0xf0 && text[1] < 0x90) || (c == 0xf4 && text[1] >= 0x90);
    return bad ? 0 : n;
}

char *flow_utf8(const char *text)
{
    char *copy = flow_strdup(text);
    if (copy == NULL) { return NULL; }
    for (size_t i = 0; copy[i] != '\0';) {
        const size_t n = utf8_length((const unsigned char *)copy + i);
        if (n == 0) { copy[i] = '?'; }
        i += n == 0 ? 1 : n;
    }
    return copy;
}

flow_err flow_hdf_fail(const flow_hdf *hdf, const char *what)
{
    char reason[REASON_MAX] = "";
    if (hdf->disk.busy) {
        (void)snprintf(reason, sizeof reason, "another process is writing it");
        what = NULL;
    } else if (hdf->disk.error != 0) {
        if (strerror_r(hdf->disk.error, reason, sizeof reason) != 0) {
            (void)snprintf(reason, sizeof reason, "error %d", hdf->disk.error);
        }
        what = NULL; // where it happened to be does not matter to a full disk
    } else {
        (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first_reason, reason);
    }
    if (reason[0] == '\0') { (void)snprintf(reason, sizeof reason, "HDF5 gives no reason"); }
    if (what == NULL) {
        return flow_fail(FLOW_EFILE, "cannot %s '%s': %s", hdf->verb, hdf->path, reason);
    }
    return flow_fail(FLOW_EFILE, "cannot %s '%s' of '%s': %s", hdf->verb, what, hdf->path, reason);
}

void flow_hdf_close(hid_t id)
{
    if (id >= 0) { (void)H5Idec_ref(id); }
}

// netCDF needs the order of creation of links and attributes.
flow_err flow_hdf_group(const flow_hdf *hdf, const char *name, hid_t *out)
{
    *out = H5I_INVALID_HID;
    flow_err err = FLOW_OK;
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    const hid_t how = H5Pcreate(H5P_GROUP_CREATE);
    if (how < 0 || H5Pset_link_creation_order(how, order) < 0 ||
        H5Pset_attr_creation_order(how, order) < 0 || H5Pset_obj_track_times(how, false) < 0 ||
        (*out = H5Gcreate2(hdf->file, name, H5P_DEFAULT, how, H5P_DEFAULT)) < 0) {
        err = flow_hdf_fail(hdf, name);
    }
    flow_hdf_close(how);
    return err;
}

flow_err flow_hdf_attribute(const flow_hdf *hdf, hid_t object, const char *name, hid_t type,
                            hsize_t n, const void *value)
{
    flow_err err = FLOW_OK;
    hid_t attribute = H5I_INVALID_HID;
    const hid_t space = n == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, NULL);
    if (space < 0 ||
        (attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT)) < 0 ||
        H5Awrite(attribute, type, value) < 0) {
        err = flow_hdf_fail(hdf, name);
    }
    flow_hdf_close(attribute);
    flow_hdf_close(space);
    return err;
}

flow_err flow_hdf_integer(const flow_hdf *hdf, hid_t object, const char *name, int64_t value)
{
    return flow_hdf_attribute(hdf, object, name, H5T_NATIVE_INT64, 1, &value);
}

// Fixed length: what netCDF itself writes for character attributes.
flow_err flow_hdf_text(const flow_hdf *hdf, hid_t object, const char *name, const char *text)
{
    if (text == NULL) { return FLOW_OK; }
    flow_err err = FLOW_OK;
    char *clean = flow_utf8(text);
    if (clean == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for attribute '%s'", name); }
    const size_t n = strlen(clean);
    const hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0 || H5Tset_size(type, n > 0 ? n : 1) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0) {
        err = flow_hdf_fail(hdf, name);
    } else {
        err = flow_hdf_attribute(hdf, object, name, type, 1, clean);
    }
    flow_hdf_close(type);
    flow_dealloc(clean);
    return err;
}

static flow_err attach(const flow_hdf *hdf, hid_t data, const flow_variable *v)
{
    for (unsigned i = 0; i < FLOW_MAX_RANK && v->axis[i] != NULL; i++) {
        if (v->axis[i]->scale >= 0 && H5DSattach_scale(data, v->axis[i]->scale, i) < 0) {
            return flow_hdf_fail(hdf, v->name);
        }
    }
    return FLOW_OK;
}

static flow_err explain(const flow_hdf *hdf, hid_t data, const flow_variable *v)
{
    FLOW_TRY(flow_hdf_text(hdf, data, "standard_name", v->standard_name));
    FLOW_TRY(flow_hdf_text(hdf, data, "long_name", v->long_name));
    FLOW_TRY(flow_hdf_text(hdf, data, "units", v->unit));
    FLOW_TRY(flow_hdf_text(hdf, data, "cell_methods", v->cell_methods));
    return flow_hdf_text(hdf, data, "coordinates", v->coordinates);
}

// Chunks only where they help: growing variables need them, texts gain nothing from deflate.
static herr_t set_storage(hid_t how, int rank, const flow_variable *v)
{
    hsize_t chunk[FLOW_MAX_RANK];
    hsize_t values = 1;
    bool grows = false;
    for (int i = 0; i < rank; i++) {
        const flow_axis *axis = v->axis[i];
        chunk[i] = axis->chunk > 0 ? axis->chunk : axis->n;
        values *= axis->grows ? chunk[i] : axis->n;
        grows = grows || axis->grows;
    }
    const bool text = H5Tget_class(v->type) == H5T_STRING;
    if (!grows && (text || values < 1024)) { return 0; }
    if (H5Pset_chunk(how, rank, chunk) < 0) { return -1; }
    if (text) { return 0; }
    return H5Pset_shuffle(how) < 0 || H5Pset_deflate(how, DEFLATE_LEVEL) < 0 ? -1 : 0;
}

flow_err flow_hdf_variable(const flow_hdf *hdf, hid_t group, const flow_variable *v, hid_t *out)
{
    *out = H5I_INVALID_HID;
    int rank = 0;
    hsize_t size[FLOW_MAX_RANK], most[FLOW_MAX_RANK];
    for (; rank < FLOW_MAX_RANK && v->axis[rank] != NULL; rank++) {
        size[rank] = v->axis[rank]->n;
        most[rank] = v->axis[rank]->grows ? H5S_UNLIMITED : size[rank];
    }
    flow_err err = FLOW_OK;
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, size, most);
    if (how < 0 || space < 0 || H5Pset_attr_creation_order(how, order) < 0 ||
        H5Pset_obj_track_times(how, false) < 0 || set_storage(how, rank, v) < 0 ||
        (*out = H5Dcreate2(group, v->name, v->type, space, H5P_DEFAULT, how, H5P_DEFAULT)) < 0) {
        err = flow_hdf_fail(hdf, v->name);
    }
    if (err == FLOW_OK) { err = attach(hdf, *out, v); }
    if (err == FLOW_OK) { err = explain(hdf, *out, v); }
    if (err != FLOW_OK) {
        flow_hdf_close(*out);
        *out = H5I_INVALID_HID;
    }
    flow_hdf_close(space);
    flow_hdf_close(how);
    return err;
}

flow_err flow_hdf_axis(const flow_hdf *hdf, hid_t group, const flow_variable *v, flow_axis *axis)
{
    axis->scale = H5I_INVALID_HID;
    flow_variable own = *v;
    own.axis[0] = axis;
    own.axis[1] = NULL;
    hid_t data = H5I_INVALID_HID;
    FLOW_TRY(flow_hdf_variable(hdf, group, &own, &data));
    if (H5DSset_scale(data, v->name) < 0) {
        const flow_err err = flow_hdf_fail(hdf, v->name);
        flow_hdf_close(data);
        return err;
    }
    axis->scale = data;
    return FLOW_OK;
}

// netCDF knows a dimension without a variable by this name of its scale, whose data set has no
// values. Source: NetCDF-4 format, "The netCDF-4 dimensions without variables".
flow_err flow_hdf_dimension(const flow_hdf *hdf, hid_t group, const char *name, flow_axis *axis)
{
    axis->scale = H5I_INVALID_HID;
    char scale[96];
    (void)snprintf(scale, sizeof scale,
                   "This is a netCDF dimension but not a netCDF variable.%10llu",
                   (unsigned long long)axis->n);
    const flow_variable v = {.name = name, .type = H5T_IEEE_F32BE, .axis = {axis}};
    hid_t data = H5I_INVALID_HID;
    FLOW_TRY(flow_hdf_variable(hdf, group, &v, &data));
    if (H5DSset_scale(data, scale) < 0) {
        const flow_err err = flow_hdf_fail(hdf, name);
        flow_hdf_close(data);
        return err;
    }
    axis->scale = data;
    return FLOW_OK;
}

flow_err flow_hdf_write(const flow_hdf *hdf, hid_t variable, hid_t type, const void *value)
{
    if (H5Dwrite(variable, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0) {
        return flow_hdf_fail(hdf, NULL);
    }
    return FLOW_OK;
}

flow_err flow_hdf_put(const flow_hdf *hdf, hid_t group, const flow_variable *v, const void *value)
{
    hid_t data = H5I_INVALID_HID;
    FLOW_TRY(flow_hdf_variable(hdf, group, v, &data));
    const flow_err err = flow_hdf_write(hdf, data, v->type, value);
    flow_hdf_close(data);
    return err;
}

flow_err flow_hdf_write_texts(const flow_hdf *hdf, hid_t variable, const char *const *text,
                              int64_t n)
{
    flow_err err = FLOW_OK;
    char **clean = flow_calloc(n, sizeof *clean);
    bool full = clean != NULL;
    for (int64_t i = 0; full && i < n; i++) {
        clean[i] = flow_utf8(text[i] != NULL ? text[i] : "");
        full = clean[i] != NULL;
    }
    if (full) {
        err = flow_hdf_write(hdf, variable, hdf->text, clean);
    } else {
        err = flow_fail(FLOW_ENOMEM, "no memory for %lld texts", (long long)n);
    }
    for (int64_t i = 0; clean != NULL && i < n; i++) { flow_dealloc(clean[i]); }
    flow_dealloc(clean);
    return err;
}

flow_err flow_hdf_texts(const flow_hdf *hdf, hid_t group, const flow_variable *variable,
                        const char *const *text, int64_t n)
{
    flow_variable own = *variable;
    own.type = hdf->text;
    hid_t data = H5I_INVALID_HID;
    FLOW_TRY(flow_hdf_variable(hdf, group, &own, &data));
    const flow_err err = flow_hdf_write_texts(hdf, data, text, n);
    flow_hdf_close(data);
    return err;
}
