/// @file output_target.h
/// Layer 5: files that are written under a temporary name, brought to the disk, then named.
#ifndef FLOW_OUTPUT_TARGET_H
#define FLOW_OUTPUT_TARGET_H

#include "base.h"

/// Can a file of this name be written? FLOW_EFILE: it is empty, a folder, no regular file, or
/// exists and `replace` is false.
flow_err flow_target_check(const char *path, bool replace);
/// "<path><ending>", owned by the caller; NULL: no memory.
char *flow_target_name(const char *path, const char *ending);
/// Folder in which a file lies, owned by the caller; NULL: no memory.
char *flow_target_folder(const char *path);

/// Open for writing, made when it does not exist, not emptied: errno, or -1: another process is
/// writing it. The lock goes with the file descriptor. Where locks do not work there is none.
int flow_target_open(const char *name, int *fd);
/// Write n bytes at an offset: errno.
int flow_target_write(int fd, const void *bytes, int64_t n, int64_t at);
/// Read n bytes at an offset; *got may be less at the end of the file: errno.
int flow_target_read(int fd, void *bytes, int64_t n, int64_t at, int64_t *got);
/// Bring a file or folder to the disk: errno.
int flow_target_sync(const char *name);
/// The new name of a file survives a power cut only when its folder is on the disk, too: errno.
int flow_target_sync_folder(const char *folder);
/// FLOW_EFILE "cannot <verb> '<path>': <reason>" of an errno, or of -1 as flow_target_open() gives
/// it.
flow_err flow_target_fail(const char *verb, const char *path, int error);

#endif
