#define _POSIX_C_SOURCE 200809L
// HDF5 cannot close a file whose disk is full: H5Fclose() fails, the file stays open for ever and
// the library crashes when the process ends. This driver keeps the first error to itself and drops
// every later write, so the file closes like any other; the writer asks for the error and removes
// the file.

#include "output_file.h"
#include "output_target.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef struct disk_file {
    H5FD_t head; ///< HDF5's part, must be first
    flow_disk *disk;
    int fd;
    haddr_t eoa;  ///< end of what HDF5 has allocated
    haddr_t size; ///< of the file
} disk_file;

/// What a file access list carries.
typedef struct disk_choice {
    flow_disk *disk;
} disk_choice;

static void keep_error(flow_disk *disk, int error)
{
    if (disk->error == 0) { disk->error = error != 0 ? error : EIO; }
}

// Only ever asked to make a new file.
static H5FD_t *disk_open(const char *name, unsigned flags, hid_t access, haddr_t max)
{
    (void)flags, (void)max;
    const disk_choice *choice = H5Pget_driver_info(access);
    if (choice == NULL) { return NULL; }
    disk_file *file = flow_calloc(1, sizeof *file);
    if (file == NULL) {
        keep_error(choice->disk, ENOMEM);
        return NULL;
    }
    file->disk = choice->disk;
    // Two runs with one output name would mix their files.
    int error = flow_target_open(name, &file->fd);
    if (error == 0 && ftruncate(file->fd, 0) != 0) { error = errno; }
    if (error != 0) {
        choice->disk->busy = error < 0;
        keep_error(choice->disk, error);
        if (file->fd >= 0) { (void)close(file->fd); } // the error that counts is kept already
        flow_dealloc(file);
        return NULL;
    }
    choice->disk->opened = true;
    return &file->head;
}

static herr_t disk_close(H5FD_t *head)
{
    disk_file *file = (disk_file *)head;
    if (close(file->fd) != 0) { keep_error(file->disk, errno); }
    flow_dealloc(file);
    return 0;
}

static herr_t disk_query(const H5FD_t *head, unsigned long *flags)
{
    (void)head;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t disk_eoa(const H5FD_t *head, H5FD_mem_t type)
{
    (void)type;
    return ((const disk_file *)head)->eoa;
}

static herr_t disk_set_eoa(H5FD_t *head, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((disk_file *)head)->eoa = address;
    return 0;
}

static haddr_t disk_size(const H5FD_t *head, H5FD_mem_t type)
{
    (void)type;
    return ((const disk_file *)head)->size;
}

// What lies behind the end of the file reads as zeros, as HDF5 expects.
static herr_t disk_read(H5FD_t *head, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                        void *out)
{
    (void)type, (void)transfer;
    disk_file *file = (disk_file *)head;
    char *to = out;
    while (size > 0) {
        const ssize_t n = pread(file->fd, to, size, (off_t)address);
        if (n < 0 && errno == EINTR) { continue; }
        if (n < 0) { keep_error(file->disk, errno); }
        if (n <= 0) { break; }
        to += n;
        size -= (size_t)n;
        address += (haddr_t)n;
    }
    memset(to, 0, size);
    return 0;
}

static herr_t disk_write(H5FD_t *head, H5FD_mem_t type, hid_t transfer, haddr_t address,
                         size_t size, const void *data)
{
    (void)type, (void)transfer;
    disk_file *file = (disk_file *)head;
    const char *from = data;
    while (size > 0 && file->disk->error == 0) {
        const ssize_t n = pwrite(file->fd, from, size, (off_t)address);
        if (n < 0 && errno == EINTR) { continue; }
        if (n <= 0) {
            keep_error(file->disk, n < 0 ? errno : ENOSPC);
            break;
        }
        from += n;
        size -= (size_t)n;
        address += (haddr_t)n;
    }
    if (address > file->size) { file->size = address; }
    return 0;
}

static herr_t disk_truncate(H5FD_t *head, hid_t transfer, hbool_t closing)
{
    (void)transfer, (void)closing;
    disk_file *file = (disk_file *)head;
    if (file->eoa == file->size) { return 0; }
    if (file->disk->error == 0 && ftruncate(file->fd, (off_t)file->eoa) != 0) {
        keep_error(file->disk, errno);
    }
    file->size = file->eoa;
    return 0;
}

static const H5FD_class_t disk_class = {
#ifdef H5FD_CLASS_VERSION
    .version = H5FD_CLASS_VERSION,
    .value = 0x1f10,
#endif
    .name = "libflow",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(disk_choice),
    .open = disk_open,
    .close = disk_close,
    .query = disk_query,
    .get_eoa = disk_eoa,
    .set_eoa = disk_set_eoa,
    .get_eof = disk_size,
    .read = disk_read,
    .write = disk_write,
    .truncate = disk_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t flow_disk_use(hid_t access, flow_disk *disk)
{
    const hid_t driver = H5FDregister(&disk_class);
    if (driver < 0) { return driver; }
    const disk_choice choice = {.disk = disk};
    if (H5Pset_driver(access, driver, &choice) < 0) {
        flow_disk_forget(driver);
        return H5I_INVALID_HID;
    }
    return driver;
}

void flow_disk_forget(hid_t driver)
{
    if (driver >= 0) { (void)H5FDunregister(driver); }
}
