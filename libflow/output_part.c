#define _POSIX_C_SOURCE 200809L
// A result file from its first byte to its name: written as "<path>.part", closed, brought to the
// disk, renamed.

#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
static flow_err open_file(flow_part *p)
{
    flow_err err = FLOW_OK;
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    const hid_t how = H5Pcreate(H5P_FILE_CREATE);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (how < 0 || access < 0 || H5Pset_link_creation_order(how, order) < 0 ||
        H5Pset_attr_creation_order(how, order) < 0 ||
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

flow_err flow_part_open(const char *path, bool replace, flow_part *p)
{
    *p = (flow_part){.replace = replace, .driver = H5I_INVALID_HID};
    p->hdf = (flow_hdf){.verb = "write", .file = H5I_INVALID_HID, .text = H5I_INVALID_HID};
    FLOW_TRY(check_target(path, replace));
    p->path = flow_strdup(path);
    p->name = part_name(path);
    p->folder = folder_name(path);
    if (p->path == NULL || p->name == NULL || p->folder == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory to write '%s'", path);
    }
    p->hdf.path = p->name;
    return open_file(p);
}

static herr_t close_file(flow_part *p)
{
    flow_hdf_close(p->hdf.text);
    p->hdf.text = H5I_INVALID_HID;
    const hid_t file = p->hdf.file;
    p->hdf.file = H5I_INVALID_HID;
    return file >= 0 ? H5Fclose(file) : 0;
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

flow_err flow_part_finish(flow_part *p)
{
    if (close_file(p) < 0 || p->hdf.disk.error != 0) { return flow_hdf_fail(&p->hdf, NULL); }
    FLOW_TRY(check_target(p->path, p->replace)); // the run took its time
    p->hdf.disk.error = sync_name(p->name);
    if (p->hdf.disk.error == 0 && rename(p->name, p->path) != 0) { p->hdf.disk.error = errno; }
    if (p->hdf.disk.error != 0) { return flow_hdf_fail(&p->hdf, NULL); }
    p->hdf.disk.opened = false; // nothing left to remove
    p->hdf.path = p->path;
    p->hdf.disk.error = sync_folder(p->folder);
    return p->hdf.disk.error != 0 ? flow_hdf_fail(&p->hdf, NULL) : FLOW_OK;
}

void flow_part_clear(flow_part *p)
{
    (void)close_file(p); // a file that still is open goes away, whatever its state
    if (p->hdf.disk.opened) { (void)unlink(p->name); }
    flow_disk_forget(p->driver);
    flow_dealloc(p->folder);
    flow_dealloc(p->name);
    flow_dealloc(p->path);
    *p = (flow_part){.driver = H5I_INVALID_HID};
    p->hdf.file = p->hdf.text = H5I_INVALID_HID;
}
