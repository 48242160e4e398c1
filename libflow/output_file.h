/// @file output_file.h
/// Layer 5: what the writer and the reader of result files share of HDF5.
#ifndef FLOW_OUTPUT_FILE_H
#define FLOW_OUTPUT_FILE_H

#include "base.h"

#include <hdf5.h>

/// HDF5 prints its errors unless told otherwise; silenced between begin and end, for this thread.
typedef struct flow_hush {
    H5E_auto2_t function;
    void *data;
} flow_hush;

void flow_hush_begin(flow_hush *hush);
void flow_hush_end(const flow_hush *hush);

/// State of the disk under a file being written.
typedef struct flow_disk {
    int error;   ///< errno of the first call that failed, 0: none
    bool opened; ///< the file exists and is ours to remove
    bool busy;   ///< another process is writing it
} flow_disk;

/// Let the file access list use our disk driver. After a failed write it drops what follows, so
/// that HDF5 can close the file; the caller looks at disk->error. `disk` outlives the file.
/// @return id of the driver, to be given to flow_disk_forget() after the file was closed; < 0:
/// failed.
hid_t flow_disk_use(hid_t access, flow_disk *disk);
void flow_disk_forget(hid_t driver);

/// An open file.
typedef struct flow_hdf {
    const char *path; ///< for messages, borrowed
    const char *verb; ///< "read" or "write"
    hid_t file;
    hid_t text; ///< type of texts: variable length, UTF-8
    flow_disk disk;
} flow_hdf;

/// A result file under way. Must not move while it is open: the disk driver points into it.
typedef struct flow_partial {
    flow_hdf hdf;
    hid_t driver;
    char *path;   ///< name of the complete file
    char *name;   ///< "<path>.part"
    char *folder; ///< it lies in
    bool replace; ///< an existing file
} flow_partial;

/// Make "<path>.part". On failure, too, flow_part_clear() must follow.
/// @param replace false: an existing `path` is an error (FLOW_EFILE).
flow_err flow_part_open(const char *path, bool replace, flow_partial *part);
/// Close the file (all that was opened in it is closed before), bring it to the disk and give it
/// its name.
flow_err flow_part_finish(flow_partial *part);
/// Release everything; a file that did not get its name is removed.
void flow_part_clear(flow_partial *part);

/// Copy of a text with '?' for bytes that are not UTF-8 (command lines may hold anything), which
/// readers of netCDF refuse; owned by the caller; NULL: no memory.
char *flow_utf8(const char *text);

/// FLOW_EFILE "cannot <verb> '<path>': <reason>"; the reason is the disk's or that of the HDF5 call
/// that failed last. `what` names the variable or attribute, NULL: the file.
flow_err flow_hdf_fail(const flow_hdf *hdf, const char *what);
/// Close any id; ignores negative ones.
void flow_hdf_close(hid_t id);

/// A dimension: the variable that holds its coordinates.
typedef struct flow_axis {
    hid_t scale;
    hsize_t n;     ///< 0 with `grows`
    hsize_t chunk; ///< length of a chunk along it
    bool grows;    ///< unlimited
} flow_axis;

enum { FLOW_MAX_RANK = 4 };

/// A variable to be made. Members left out are not written.
typedef struct flow_variable {
    const char *name, *unit, *long_name;
    hid_t type;
    const flow_axis *axis[FLOW_MAX_RANK]; ///< in order; NULL: fewer dimensions
    const char *standard_name, *coordinates, *cell_methods;
} flow_variable;

flow_err flow_hdf_group(const flow_hdf *hdf, const char *name, hid_t *out);
/// Make a variable; `out` is to be closed by the caller.
flow_err flow_hdf_variable(const flow_hdf *hdf, hid_t group, const flow_variable *variable,
                           hid_t *out);
/// Make the coordinate variable of an axis (its n, chunk and grows are set); sets axis->scale.
flow_err flow_hdf_axis(const flow_hdf *hdf, hid_t group, const flow_variable *variable,
                       flow_axis *axis);
/// Make a dimension without coordinates (axis->n is set); sets axis->scale.
flow_err flow_hdf_dimension(const flow_hdf *hdf, hid_t group, const char *name, flow_axis *axis);
/// Write all values of a variable.
flow_err flow_hdf_write(const flow_hdf *hdf, hid_t variable, hid_t type, const void *value);
/// flow_hdf_variable() and flow_hdf_write() in one.
flow_err flow_hdf_put(const flow_hdf *hdf, hid_t group, const flow_variable *variable,
                      const void *value);

/// flow_hdf_put() for texts (the type is set here), NULL counts as "".
flow_err flow_hdf_texts(const flow_hdf *hdf, hid_t group, const flow_variable *variable,
                        const char *const *text, int64_t n);
/// Write texts into a variable made before.
flow_err flow_hdf_write_texts(const flow_hdf *hdf, hid_t variable, const char *const *text,
                              int64_t n);

/// Read all n texts of a variable, each its own copy; out[n] is NULL before. FLOW_EFILE when they
/// are damaged, or do not lie as flow_hdf_texts() writes them.
flow_err flow_hdf_read_texts(const flow_hdf *hdf, hid_t variable, const char *name, int32_t n,
                             char **out);

/// An attribute; NULL writes none.
flow_err flow_hdf_text(const flow_hdf *hdf, hid_t object, const char *name, const char *text);
flow_err flow_hdf_integer(const flow_hdf *hdf, hid_t object, const char *name, int64_t value);
/// An attribute of any other type, n values.
flow_err flow_hdf_attribute(const flow_hdf *hdf, hid_t object, const char *name, hid_t type,
                            hsize_t n, const void *value);

#endif
