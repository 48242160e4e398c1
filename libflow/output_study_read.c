#define _POSIX_C_SOURCE 200809L
#include "output_get.h"
#include "output_study.h"

#include <stdio.h>
#include <string.h>

static flow_err read_luck(const flow_hdf *hdf, flow_study_result *r)
{
    char *luck = NULL;
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "luck", false, &luck));
    r->common_luck = strcmp(luck, "common") == 0;
    flow_dealloc(luck);
    return FLOW_OK;
}

static flow_err read_about(const flow_hdf *hdf, flow_study_result *r)
{
    char *source = NULL;
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "source", true, &source));
    const bool ours = strncmp(source, "libflow ", 8) == 0;
    flow_dealloc(source);
    if (!ours || H5Aexists(hdf->file, "design") <= 0) {
        return flow_fail(FLOW_EFILE,
                         "'%s' is no study of libflow ('libflow sweep collect' makes "
                         "one)",
                         hdf->path);
    }
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "design", false, &r->design));
    FLOW_TRY(flow_hdf_read_integer(hdf, "design_n", &r->n));
    FLOW_TRY(flow_hdf_read_integer(hdf, "design_levels", &r->levels));
    FLOW_TRY(flow_hdf_read_integer(hdf, "seed", &r->seed));
    FLOW_TRY(read_luck(hdf, r));
    FLOW_TRY(flow_hdf_length(hdf, "row", &r->n_row));
    FLOW_TRY(flow_hdf_length(hdf, "point", &r->n_point));
    FLOW_TRY(flow_hdf_length(hdf, "member", &r->n_member));
    FLOW_TRY(flow_hdf_length(hdf, "key", &r->n_key));
    return flow_hdf_length(hdf, "indicator", &r->n_value);
}

static flow_err read_values(const flow_hdf *hdf, flow_study_result *r)
{
    const int64_t row[] = {r->n_row}, run[] = {r->n_point, r->n_member};
    r->key = flow_calloc(r->n_key, sizeof *r->key);
    r->name = flow_calloc(r->n_value, sizeof *r->name);
    r->value = flow_calloc(r->n_value, sizeof *r->value);
    if (r->key == NULL || r->name == NULL || r->value == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory to read '%s'", hdf->path);
    }
    FLOW_TRY(flow_hdf_numbers(hdf, "row_point", H5T_NATIVE_INT32, 1, row, &r->row_point));
    for (int32_t i = 0; i < r->n_row; i++) {
        if (r->row_point[i] < 0 || r->row_point[i] >= r->n_point) {
            return flow_hdf_not_ours(hdf, "row_point", "names a point that does not exist");
        }
    }
    FLOW_TRY(flow_hdf_names(hdf, "key", r->n_key, r->key));
    FLOW_TRY(flow_hdf_names(hdf, "indicator", r->n_value, r->name));
    for (int32_t i = 0; i < r->n_value; i++) {
        FLOW_TRY(flow_hdf_numbers(hdf, r->name[i], H5T_NATIVE_DOUBLE, 2, run, &r->value[i]));
    }
    return FLOW_OK;
}

static flow_err read_file(flow_hdf *hdf, flow_study_result *r)
{
    FILE *there = fopen(hdf->path, "rb"); // HDF5 does not say why a file cannot be opened
    if (there == NULL) { return flow_fail(FLOW_EFILE, "cannot read '%s'", hdf->path); }
    (void)fclose(there);
    hdf->file = H5Fopen(hdf->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (hdf->file < 0) { return flow_fail(FLOW_EFILE, "'%s' is no HDF5 file", hdf->path); }
    FLOW_TRY(read_about(hdf, r));
    return read_values(hdf, r);
}

flow_err flow_study_result_load(const char *path, flow_study_result **out)
{
    *out = NULL;
    flow_study_result *r = flow_calloc(1, sizeof *r);
    if (r == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to read '%s'", path); }
    flow_hdf hdf = {.path = path, .verb = "read", .file = H5I_INVALID_HID};
    hdf.text = H5I_INVALID_HID;
    flow_hush hush;
    flow_hush_begin(&hush);
    const flow_err err = read_file(&hdf, r);
    if (hdf.file >= 0) { (void)H5Fclose(hdf.file); } // read only: nothing can be lost
    flow_hush_end(&hush);
    if (err != FLOW_OK) {
        flow_study_result_free(r);
        return err;
    }
    *out = r;
    return FLOW_OK;
}

void flow_study_result_free(flow_study_result *r)
{
    if (r == NULL) { return; }
    for (int32_t k = 0; r->key != NULL && k < r->n_key; k++) { flow_dealloc(r->key[k]); }
    for (int32_t i = 0; i < r->n_value; i++) {
        if (r->name != NULL) { flow_dealloc(r->name[i]); }
        if (r->value != NULL) { flow_dealloc(r->value[i]); }
    }
    flow_dealloc(r->key);
    flow_dealloc(r->name);
    flow_dealloc(r->value);
    flow_dealloc(r->row_point);
    flow_dealloc(r->design);
    flow_dealloc(r);
}
