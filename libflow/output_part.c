#define _POSIX_C_SOURCE 200809L
// A result file from its first byte to its name: written as "<path>.part", closed, brought to the
// disk, renamed.

#include "output_file.h"
#include "output_target.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

// netCDF needs the order of creation; V18 to V110 is what every reader of netCDF-4 understands.
static flow_err open_file(flow_partial *p)
{
    flow_err err = FLOW_OK;
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    const hid_t how = H5Pcreate(H5P_FILE_CREATE);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (how < 0 || access < 0 || H5Pset_link_creation_order(how, order) < 0 ||
        H5Pset_attr_creation_order(how, order) < 0 || H5Pset_obj_track_times(how, false) < 0 ||
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110) < 0 ||
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 ||
        (p->driver = flow_disk_use(access, &p->hdf.disk)) < 0 ||
        (p->hdf.file = H5Fcreate(p->name, H5F_ACC_TRUNC, how, access)) < 0 ||
        (p->hdf.text = H5Tcopy(H5T_C_S1)) < 0 || H5Tset_size(p->hdf.text, H5T_VARIABLE) < 0 ||
        H5Tset_cset(p->hdf.text, H5T_CSET_UTF8) < 0) {
        err = flow_hdf_fail(&p->hdf, NULL);
    }
    flow_hdf_close(access);
    flow_hdf_close(how);
    return err;
}

flow_err flow_part_open(const char *path, bool replace, flow_partial *p)
{
    *p = (flow_partial){.replace = replace, .driver = H5I_INVALID_HID};
    p->hdf = (flow_hdf){.verb = "write", .file = H5I_INVALID_HID, .text = H5I_INVALID_HID};
    FLOW_TRY(flow_target_check(path, replace));
    p->path = flow_strdup(path);
    p->name = flow_target_name(path, ".part");
    p->folder = flow_target_folder(path);
    if (p->path == NULL || p->name == NULL || p->folder == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory to write '%s'", path);
    }
    p->hdf.path = p->name;
    return open_file(p);
}

static herr_t close_file(flow_partial *p)
{
    flow_hdf_close(p->hdf.text);
    p->hdf.text = H5I_INVALID_HID;
    const hid_t file = p->hdf.file;
    p->hdf.file = H5I_INVALID_HID;
    return file >= 0 ? H5Fclose(file) : 0;
}

flow_err flow_part_finish(flow_partial *p)
{
    if (close_file(p) < 0 || p->hdf.disk.error != 0) { return flow_hdf_fail(&p->hdf, NULL); }
    FLOW_TRY(flow_target_check(p->path, p->replace)); // the run took its time
    p->hdf.disk.error = flow_target_sync(p->name);
    if (p->hdf.disk.error == 0 && rename(p->name, p->path) != 0) { p->hdf.disk.error = errno; }
    if (p->hdf.disk.error != 0) { return flow_hdf_fail(&p->hdf, NULL); }
    p->hdf.disk.opened = false; // nothing left to remove
    p->hdf.path = p->path;
    p->hdf.disk.error = flow_target_sync_folder(p->folder);
    return p->hdf.disk.error != 0 ? flow_hdf_fail(&p->hdf, NULL) : FLOW_OK;
}

void flow_part_clear(flow_partial *p)
{
    (void)close_file(p); // a file that still is open goes away, whatever its state
    if (p->hdf.disk.opened) { (void)unlink(p->name); }
    flow_disk_forget(p->driver);
    flow_dealloc(p->folder);
    flow_dealloc(p->name);
    flow_dealloc(p->path);
    *p = (flow_partial){.driver = H5I_INVALID_HID};
    p->hdf.file = p->hdf.text = H5I_INVALID_HID;
}
