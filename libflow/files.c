#define _POSIX_C_SOURCE 200809L
#include "base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const flow_file *find(const flow_files *files, const char *name)
{
    for (int32_t i = 0; i < files->n_memory; i++) {
        if (strcmp(files->memory[i].name, name) == 0) { return &files->memory[i]; }
    }
    return NULL;
}

/// "folder/name", owned by the caller.
static char *join(const char *folder, const char *name)
{
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = flow_calloc((int64_t)size, 1);
    if (path != NULL) { (void)snprintf(path, size, "%s%s%s", folder, *folder ? "/" : "", name); }
    return path;
}

static flow_err from_memory(const flow_files *files, const char *name, int64_t max, char **text,
                            int64_t *size)
{
    const flow_file *file = find(files, name);
    if (file == NULL) { return flow_fail(FLOW_EFILE, "%s is missing", name); }
    if (file->size > max) {
        return flow_fail(FLOW_EFILE, "%s has %lld bytes, at most %lld are accepted", name,
                         (long long)file->size, (long long)max);
    }
    *text = flow_strndup(file->text, (size_t)file->size);
    if (*text == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %s", name); }
    *size = file->size;
    return FLOW_OK;
}

/// Read an open regular file of `n` bytes.
static flow_err slurp(int file, const char *name, int64_t n, char **text, int64_t *size)
{
    char *buffer = flow_calloc(n + 1, 1);
    if (buffer == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %s", name); }
    int64_t got = 0;
    while (got < n) {
        const ssize_t more = read(file, buffer + got, (size_t)(n - got));
        if (more < 0 && errno == EINTR) { continue; }
        if (more < 0) {
            flow_dealloc(buffer);
            return flow_fail(FLOW_EFILE, "%s cannot be read: %s", name, strerror(errno));
        }
        if (more == 0) { break; } // it was cut while we read
        got += more;
    }
    buffer[got] = '\0';
    *text = buffer;
    *size = got;
    return FLOW_OK;
}

static flow_err from_disk(const char *path, const char *name, int64_t max, char **text,
                          int64_t *size)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        if (errno == ENOENT) { return flow_fail(FLOW_EFILE, "%s is missing", name); }
        return flow_fail(FLOW_EFILE, "%s cannot be opened: %s", name, strerror(errno));
    }
    struct stat about;
    flow_err err = FLOW_OK;
    if (fstat(file, &about) != 0) {
        err = flow_fail(FLOW_EFILE, "%s cannot be read: %s", name, strerror(errno));
    } else if (S_ISDIR(about.st_mode)) {
        err = flow_fail(FLOW_EFILE, "%s is a folder, a file was expected", name);
    } else if (!S_ISREG(about.st_mode)) {
        err = flow_fail(FLOW_EFILE, "%s is no regular file", name);
    } else if ((int64_t)about.st_size > max) {
        err = flow_fail(FLOW_EFILE, "%s has %lld bytes, at most %lld are accepted", name,
                        (long long)about.st_size, (long long)max);
    } else {
        err = slurp(file, name, (int64_t)about.st_size, text, size);
    }
    (void)close(file);
    return err;
}

flow_err flow_file_read(const flow_files *files, const char *name, int64_t max, char **text,
                        int64_t *size)
{
    *text = NULL;
    *size = 0;
    if (files->folder == NULL) { return from_memory(files, name, max, text, size); }
    char *path = join(files->folder, name);
    if (path == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %s", name); }
    const flow_err err = from_disk(path, name, max, text, size);
    flow_dealloc(path);
    return err;
}

bool flow_file_exists(const flow_files *files, const char *name)
{
    if (files->folder == NULL) { return find(files, name) != NULL; }
    char *path = join(files->folder, name);
    if (path == NULL) { return false; }
    struct stat about;
    const bool exists = stat(path, &about) == 0 || (errno != ENOENT && errno != ENOTDIR);
    flow_dealloc(path);
    return exists;
}

/// Names while a folder is being listed: texts one after the other, and where each begins.
typedef struct name_list {
    char *text;
    int64_t n_text;
    int64_t *first;
    int32_t n;
} name_list;

static bool add_name(name_list *list, const char *name)
{
    const int64_t size = (int64_t)strlen(name) + 1;
    char *text = flow_realloc(list->text, list->n_text + size, 1);
    if (text != NULL) { list->text = text; }
    int64_t *first = flow_realloc(list->first, (int64_t)list->n + 1, sizeof *first);
    if (first != NULL) { list->first = first; }
    if (text == NULL || first == NULL) { return false; }
    memcpy(text + list->n_text, name, (size_t)size);
    first[list->n++] = list->n_text;
    list->n_text += size;
    return true;
}

static bool fits(const char *name, const char *prefix, const char *suffix)
{
    const size_t n = strlen(name);
    const size_t n_prefix = strlen(prefix);
    const size_t n_suffix = strlen(suffix);
    return n >= n_prefix + n_suffix && memcmp(name, prefix, n_prefix) == 0 &&
           memcmp(name + n - n_suffix, suffix, n_suffix) == 0;
}

static flow_err list_memory(const flow_files *files, const char *folder, const char *prefix,
                            const char *suffix, name_list *list)
{
    const size_t n = strlen(folder);
    for (int32_t i = 0; i < files->n_memory; i++) {
        const char *name = files->memory[i].name;
        if (n > 0 && (strncmp(name, folder, n) != 0 || name[n] != '/')) { continue; }
        name += n > 0 ? n + 1 : 0;
        if (strchr(name, '/') != NULL || !fits(name, prefix, suffix)) { continue; }
        if (!add_name(list, name)) { return flow_fail(FLOW_ENOMEM, "no memory for file names"); }
    }
    return FLOW_OK;
}

static flow_err list_disk(const flow_files *files, const char *folder, const char *prefix,
                          const char *suffix, name_list *list)
{
    char *path = join(files->folder, folder);
    if (path == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for file names"); }
    DIR *open_folder = opendir(*path == '\0' ? "." : path);
    flow_err err = FLOW_OK;
    if (open_folder == NULL && errno != ENOENT) {
        err = flow_fail(FLOW_EFILE, "%s cannot be listed: %s", path, strerror(errno));
    }
    while (err == FLOW_OK && open_folder != NULL) {
        const struct dirent *entry = readdir(open_folder);
        if (entry == NULL) { break; }
        if (fits(entry->d_name, prefix, suffix) && !add_name(list, entry->d_name)) {
            err = flow_fail(FLOW_ENOMEM, "no memory for file names");
        }
    }
    if (open_folder != NULL) { (void)closedir(open_folder); }
    flow_dealloc(path);
    return err;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

flow_err flow_file_list(const flow_files *files, const char *folder, const char *prefix,
                        const char *suffix, char ***names, int32_t *n)
{
    *names = NULL;
    *n = 0;
    name_list list = {0};
    flow_err err = files->folder == NULL ? list_memory(files, folder, prefix, suffix, &list)
                                         : list_disk(files, folder, prefix, suffix, &list);
    if (err == FLOW_OK) {
        const int64_t head = (int64_t)sizeof(char *) * list.n;
        char *block = flow_calloc(head + list.n_text, 1);
        if (block == NULL) {
            err = flow_fail(FLOW_ENOMEM, "no memory for file names");
        } else {
            char **name = (char **)(void *)block;
            if (list.n > 0) { memcpy(block + head, list.text, (size_t)list.n_text); }
            for (int32_t i = 0; i < list.n; i++) { name[i] = block + head + list.first[i]; }
            qsort(name, (size_t)list.n, sizeof *name, by_name);
            *names = name;
            *n = list.n;
        }
    }
    flow_dealloc(list.text);
    flow_dealloc(list.first);
    return err;
}
