/// @file output_get.h
/// Layer 5: variables and attributes of a file of ours, read with checks of presence and size.
#ifndef FLOW_OUTPUT_GET_H
#define FLOW_OUTPUT_GET_H

#include "output_file.h"

/// Open the file of `path` to read it; hdf->file is closed by the caller.
flow_err flow_hdf_open(flow_hdf *hdf);
/// FLOW_EFILE "'<path>' is no complete libflow result: '<name>' <found>".
flow_err flow_hdf_not_ours(const flow_hdf *hdf, const char *name, const char *found);
/// Length of a one-dimensional variable.
flow_err flow_hdf_length(const flow_hdf *hdf, const char *name, int32_t *out);
/// Dimensions of a variable and their lengths; rank -1: there is no such variable.
flow_err flow_hdf_size(const flow_hdf *hdf, const char *name, int *rank,
                       int64_t size[static FLOW_MAX_RANK]);
/// Read all numbers of a variable of `rank` dimensions of the given sizes.
/// @param[out] out address of a pointer, set to a new array of `type` owned by the caller
flow_err flow_hdf_numbers(const flow_hdf *hdf, const char *name, hid_t type, int rank,
                          const int64_t *size, void *out);
/// Read n texts, each its own copy.
flow_err flow_hdf_names(const flow_hdf *hdf, const char *name, int32_t n, char **out);
/// The same of a table with two dimensions, row by row.
flow_err flow_hdf_names_table(const flow_hdf *hdf, const char *name, int32_t n_row, int32_t n,
                              char **out);
/// A text attribute of the file (object ".") or of one of its variables. Absent: an error, or "" if
/// `optional`.
flow_err flow_hdf_read_text(const flow_hdf *hdf, const char *object, const char *name,
                            bool optional, char **out);

/// A whole number, and a number, among the attributes of the file.
flow_err flow_hdf_read_integer(const flow_hdf *hdf, const char *name, int64_t *out);
flow_err flow_hdf_read_real(const flow_hdf *hdf, const char *name, double *out);

#endif
