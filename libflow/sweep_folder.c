#define _XOPEN_SOURCE 700
#include "sweep_folder.h"

#include "output_target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

flow_err flow_text_save(const char *path, const char *text, int64_t size)
{
    char ending[FLOW_OWN_ENDING];
    char *name = flow_target_name(path, flow_own_ending(ending));
    if (name == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to write '%s'", path); }
    flow_err err = FLOW_OK;
    const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int error = fd < 0 ? errno : flow_target_write(fd, text, size, 0);
    if (fd >= 0 && error == 0 && fsync(fd) != 0) { error = errno; }
    if (fd >= 0 && close(fd) != 0 && error == 0) { error = errno; }
    if (error == 0 && rename(name, path) != 0) { error = errno; }
    if (error != 0) {
        if (fd >= 0) { (void)unlink(name); }
        err = flow_target_fail("write", path, error);
    }
    flow_dealloc(name);
    return err;
}

char *flow_folder_table(const char *folder)
{
    return flow_target_name(folder, "/plan.csv");
}

/// Whether the table in the folder is this one. *there false: there is none.
static flow_err compare_table(const char *path, const char *text, int64_t size, bool *there)
{
    const flow_files files = {.folder = ""};
    char *old = NULL;
    int64_t n = 0;
    *there = access(path, F_OK) == 0;
    if (!*there) { return FLOW_OK; }
    FLOW_TRY(flow_file_read(&files, path, INT64_MAX / 2, &old, &n));
    const bool same = n == size && memcmp(old, text, (size_t)size) == 0;
    flow_dealloc(old);
    if (same) { return FLOW_OK; }
    return flow_fail(FLOW_EINPUT, "%s: another plan is run in this folder; take another one", path);
}

flow_err flow_folder_begin(const char *folder, const char *text, int64_t size)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return flow_target_fail("make the folder", folder, errno);
    }
    char *path = flow_folder_table(folder);
    if (path == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a path"); }
    bool there = false;
    flow_err err = compare_table(path, text, size, &there);
    if (err == FLOW_OK && !there) {
        err = flow_text_save(path, text, size);
        // Another process may have been faster, and have tidied up.
        if (err != FLOW_OK && access(path, F_OK) == 0) {
            err = compare_table(path, text, size, &there);
        }
    }
    flow_dealloc(path);
    return err;
}

/// Batch of a file name such as "00000012.runs"; *rest: from the point on. -1: no such name.
static int64_t batch_of(const char *name, const char **rest)
{
    int64_t index = 0;
    int digits = 0;
    for (; name[digits] >= '0' && name[digits] <= '9' && digits < 12; digits++) {
        index = 10 * index + (name[digits] - '0');
    }
    *rest = name + digits;
    return digits >= 8 && **rest == '.' ? index : -1;
}

/// What a process that was killed left of a batch that is complete by now.
static void remove_left(const char *folder, const char *name)
{
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = flow_calloc((int64_t)size, 1);
    if (path == NULL) { return; } // it only takes room
    (void)snprintf(path, size, "%s/%s", folder, name);
    (void)unlink(path);
    flow_dealloc(path);
}

flow_err flow_folder_look(const char *folder, int32_t n_batch, bool *complete)
{
    for (int pass = 0; pass < 2; pass++) {
        DIR *d = opendir(folder);
        if (d == NULL) { return flow_target_fail("read the folder", folder, errno); }
        for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
            const char *rest = "";
            const char *unnamed = "plan.csv.tmp-";
            if (strncmp(e->d_name, unnamed, strlen(unnamed)) == 0) {
                remove_left(folder, e->d_name);
            }
            const int64_t index = batch_of(e->d_name, &rest);
            if (index < 0 || index >= n_batch) { continue; }
            const bool whole = strcmp(rest, ".runs") == 0;
            if (pass == 0 && whole) { complete[index] = true; }
            if (pass == 1 && !whole && complete[index]) { remove_left(folder, e->d_name); }
        }
        (void)closedir(d);
    }
    return FLOW_OK;
}

// Making a table --------------------------------------------------------------------------------

/// Folder of a plan from the root of the disk, so that the table may lie anywhere; owned by the
/// caller.
static flow_err folder_of(const char *path, char **out)
{
    char *folder = flow_target_folder(path);
    char *real = folder != NULL ? realpath(folder, NULL) : NULL;
    *out = real != NULL ? flow_strdup(real) : NULL;
    free(real);
    flow_dealloc(folder);
    if (*out == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a path"); }
    if (strpbrk(*out, "\r\n") != NULL) {
        flow_dealloc(*out);
        *out = NULL;
        return flow_fail(FLOW_EINPUT, "the folder of the plan has a line end in its name");
    }
    return FLOW_OK;
}

/// Whole numbers of the scenario stay whole.
static void note_whole(flow_plan *plan)
{
    const bool test = plan->top.test != NULL && *plan->top.test != '\0';
    for (int32_t f = 0; f < plan->n_factor && !test; f++) {
        flow_key_info info;
        const int32_t index = flow_describe_find_key(plan->factor[f].key);
        if (index < 0 || flow_describe_key(index, &info) != FLOW_OK) { continue; }
        plan->factor[f].whole = plan->factor[f].whole || info.type == FLOW_INT;
    }
}

static flow_err make_text(const char *path, flow_plan *plan, const char *text, char **table,
                          int64_t *n)
{
    char *folder = NULL;
    FLOW_TRY(folder_of(path, &folder));
    note_whole(plan);
    const flow_err err = flow_sweep_text(plan, text, folder, table, n);
    flow_dealloc(folder);
    return err;
}

/// Read the table back, as runs will, and try it on the scenario. The plan keeps its lines in it,
/// so problems are those of the plan's file.
static flow_err try_table(const char *path, const char *table, int64_t n, flow_sweep *sweep)
{
    const flow_sweep_options o = {.scenario = NULL};
    flow_study study;
    FLOW_TRY(flow_sweep_parse(path, table, n, sweep));
    FLOW_TRY(flow_study_create(sweep, &o, &study));
    flow_study_clear(&study);
    return FLOW_OK;
}

flow_err flow_sweep_plan(const char *path, const char *out, bool replace, flow_sweep *sweep)
{
    *sweep = (flow_sweep){0};
    if (out != NULL) { FLOW_TRY(flow_target_check(out, replace)); }
    const flow_files files = {.folder = ""};
    char *text = NULL, *table = NULL;
    int64_t size = 0, n = 0;
    flow_problems problems = {0};
    flow_plan plan = {.factor = NULL};
    flow_err err = flow_file_read(&files, path, (int64_t)4 << 20, &text, &size);
    if (err == FLOW_OK) { err = flow_plan_parse(path, text, size, &problems, &plan); }
    if (err == FLOW_OK) { err = flow_problems_result(&problems); }
    if (err == FLOW_OK) { err = make_text(path, &plan, text, &table, &n); }
    if (err == FLOW_OK) { err = try_table(path, table, n, sweep); }
    if (err == FLOW_OK && out != NULL) { err = flow_text_save(out, table, n); }
    flow_problems_clear(&problems);
    flow_plan_clear(&plan);
    flow_dealloc(text);
    flow_dealloc(table);
    if (err != FLOW_OK) { flow_sweep_clear(sweep); }
    return err;
}
