// Checkpoints as files: the last two are kept, whatever happens while one is written; what is
// damaged is refused; a run that was stopped or killed ends as the unbroken one.
#define _XOPEN_SOURCE 700
#include "../libflow/checkpoint.h"
#include "../libflow/output.h"
#include "stories.h"

#include <criterion/criterion.h>
#include <criterion/theories.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/flow-checkpoint-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static const char *in_folder(const char *name, char out[static 128])
{
    snprintf(out, 128, "%s/%s", folder, name);
    return out;
}

static bool exists(const char *name)
{
    char path[128];
    return access(in_folder(name, path), F_OK) == 0;
}

/// Names of the files in the folder, sorted, parted by blanks.
static const char *files(char out[static 256])
{
    struct dirent **entry = NULL;
    const int n = scandir(folder, &entry, NULL, alphasort);
    out[0] = '\0';
    for (int i = 0; i < n; i++) {
        const char *name = entry[i]->d_name;
        if (name[0] != '.') {
            const size_t used = strlen(out);
            snprintf(out + used, 256 - used, "%s%s", used > 0 ? " " : "", name);
        }
        free(entry[i]);
    }
    free(entry);
    return out;
}

static void remove_files(void)
{
    char list[256], path[128];
    (void)files(list);
    for (char *rest = NULL, *name = strtok_r(list, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        remove(in_folder(name, path));
    }
}

static void remove_folder(void)
{
    remove_files();
    cr_assert_eq(rmdir(folder), 0);
}

TestSuite(checkpoint, .init = make_folder, .fini = remove_folder);

static int64_t read_bytes(const char *path, char **out)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fseek(file, 0, SEEK_END), 0);
    const int64_t n = ftell(file);
    rewind(file);
    *out = malloc((size_t)n + 1);
    cr_assert_eq(fread(*out, 1, (size_t)n, file), (size_t)n);
    (void)fclose(file);
    return n;
}

static void write_bytes(const char *path, const char *bytes, int64_t n)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite(bytes, 1, (size_t)n, file), (size_t)n);
    cr_assert_eq(fclose(file), 0);
}

static void expect_text(const char *part)
{
    cr_expect(strstr(flow_error_text(), part) != NULL, "'%s' has no '%s'", flow_error_text(), part);
}

// Files ------------------------------------------------------------------------------------------

Test(checkpoint, the_last_two_are_kept)
{
    flow_scenario *s = story_load(STORY_CROWD, NULL);
    flow_model *m = story_model(s, 11, FLOW_INDIVIDUALS_ALL, 1);
    flow_model *other = story_model(s, 4, FLOW_INDIVIDUALS_ALL, 3);
    char path[128], older[128], list[256];
    in_folder("c", path);
    in_folder("c.1", older);
    uint64_t sum[6];
    for (int i = 0; i < 6; i++) {
        story_step(STORY_CROWD, m);
        sum[i] = flow_model_checksum(m);
        cr_assert_eq(flow_model_save(m, path), FLOW_OK, "%s", flow_error_text());
        cr_expect_str_eq(files(list), i == 0 ? "c" : "c c.1");
        cr_assert_eq(flow_model_load(other, path), FLOW_OK, "%s", flow_error_text());
        cr_expect_eq(flow_model_checksum(other), sum[i]);
        cr_expect(same_state(m, other));
        if (i == 0) { continue; }
        cr_assert_eq(flow_model_load(other, older), FLOW_OK, "%s", flow_error_text());
        cr_expect_eq(flow_model_checksum(other), sum[i - 1]);
    }
    flow_model_free(m);
    flow_model_free(other);
    flow_scenario_free(s);
}

/// A saved model, and what is expected of it when something refuses.
typedef struct kept {
    flow_scenario *s;
    flow_model *m;
    char path[128];
    char *byte;
    int64_t n;
    uint64_t sum;
} kept;

static kept keep(int story)
{
    kept k = {.s = story_load(story, NULL)};
    k.m = story_model(k.s, 11, FLOW_INDIVIDUALS_SAMPLE, 1);
    for (int i = 0; i < 5; i++) { story_step(story, k.m); }
    in_folder("c", k.path);
    cr_assert_eq(flow_model_save(k.m, k.path), FLOW_OK, "%s", flow_error_text());
    k.n = read_bytes(k.path, &k.byte);
    story_step(story, k.m); // it is somewhere else than the checkpoint
    k.sum = flow_model_checksum(k.m);
    return k;
}

static void end(kept *k)
{
    flow_model_free(k->m);
    flow_scenario_free(k->s);
    free(k->byte);
}

/// The present file is refused and the model goes on as it was.
static void expect_refusal(kept *k, const char *text)
{
    const flow_err err = flow_model_load(k->m, k->path);
    cr_assert(err == FLOW_EINPUT || err == FLOW_EFILE, "%d: %s", (int)err, flow_error_text());
    expect_text(text);
    cr_assert_eq(flow_model_checksum(k->m), k->sum, "it is not as it was");
}

Test(checkpoint, a_file_cut_anywhere_is_refused)
{
    kept k = keep(STORY_ROUTE);
    for (int64_t n = 0; n < k.n; n += 1 + n / 31) {
        write_bytes(k.path, k.byte, n);
        expect_refusal(&k, n < 56 ? "is damaged: it is too short to be one" : "is damaged: ");
    }
    char *longer = calloc(1, (size_t)k.n + 8);
    memcpy(longer, k.byte, (size_t)k.n);
    write_bytes(k.path, longer, k.n + 8);
    expect_refusal(&k, "bytes follow its head, not");
    free(longer);
    end(&k);
}

Test(checkpoint, a_byte_changed_anywhere_is_refused)
{
    kept k = keep(STORY_ROUTE);
    char copy[128];
    write_bytes(in_folder("c.1", copy), k.byte, k.n);
    for (int64_t at = 0; at < k.n; at += at < 64 ? 1 : 53) {
        const char before = k.byte[at];
        k.byte[at] = (char)(before ^ (1 << at % 8));
        write_bytes(k.path, k.byte, k.n);
        k.byte[at] = before;
        expect_refusal(&k, at < 16 ? "is no checkpoint of libflow" : "checkpoint '");
        if (at >= 48) { expect_text("c' is damaged: "); }
        if (at >= 48) { expect_text("; the one before it is '"); }
    }
    write_bytes(k.path, k.byte, k.n);
    cr_expect_eq(flow_model_load(k.m, k.path), FLOW_OK, "%s", flow_error_text());
    end(&k);
}

Test(checkpoint, other_files_are_refused)
{
    kept k = keep(STORY_ROUTE);
    memcpy(k.byte + 24, "0.0.9", 6);
    write_bytes(k.path, k.byte, k.n);
    expect_refusal(&k, "was written by libflow 0.0.9, format 3; this is " FLOW_VERSION ", 3");
    write_bytes(k.path, "libflow: 1\n", 11);
    expect_refusal(&k, "is damaged: it is too short to be one");
    char text[200];
    memset(text, 'x', sizeof text);
    write_bytes(k.path, text, sizeof text);
    expect_refusal(&k, "is no checkpoint of libflow");
    remove(k.path);
    expect_refusal(&k, "cannot read '");
    expect_text("No such file or directory");
    cr_assert_eq(mkdir(k.path, 0700), 0);
    expect_refusal(&k, "it is no regular file");
    cr_assert_eq(rmdir(k.path), 0);
    cr_assert_eq(mkfifo(k.path, 0600), 0);
    expect_refusal(&k, "it is no regular file");
    end(&k);
}

Test(checkpoint, what_cannot_be_written_is_told_and_changes_nothing)
{
    kept k = keep(STORY_ROUTE);
    char other[128], list[256];
    cr_expect_eq(flow_model_save(k.m, ""), FLOW_EFILE);
    expect_text("has an empty name");
    cr_expect_eq(flow_model_save(k.m, in_folder("none/c", other)), FLOW_EFILE);
    expect_text("none/c': No such file or directory");
    cr_expect_eq(flow_model_save(k.m, folder), FLOW_EFILE);
    expect_text("it is a directory");
    cr_assert_eq(mkdir(in_folder("c.part", other), 0700), 0);
    cr_expect_eq(flow_model_save(k.m, k.path), FLOW_EFILE);
    expect_text("it is a directory");
    cr_assert_eq(rmdir(other), 0);
    cr_expect_str_eq(files(list), "c");
    if (geteuid() != 0) { // root may write everywhere
        cr_assert_eq(chmod(folder, 0500), 0);
        cr_expect_eq(flow_model_save(k.m, k.path), FLOW_EFILE);
        expect_text("Permission denied");
        cr_assert_eq(chmod(folder, 0700), 0);
    }
    cr_assert_eq(flow_model_load(k.m, k.path), FLOW_OK, "%s", flow_error_text());
    end(&k);
}

// Property: wherever the disk becomes full, the two checkpoints stay and nothing else is left.
Test(checkpoint, a_full_disk_leaves_the_older_ones)
{
    kept k = keep(STORY_CROWD);
    char list[256], older[128];
    in_folder("c.1", older);
    cr_assert_eq(flow_model_save(k.m, k.path), FLOW_OK);
    char *before = NULL, *after = NULL;
    const int64_t n = read_bytes(k.path, &before);
    signal(SIGXFSZ, SIG_IGN); // then a write beyond the limit fails with EFBIG
    struct rlimit old, limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    for (rlim_t size = 0; size < (rlim_t)n; size += 3571) {
        limit = (struct rlimit){.rlim_cur = size, .rlim_max = old.rlim_max};
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        const flow_err err = flow_model_save(k.m, k.path);
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
        cr_assert_eq(err, FLOW_EFILE, "limit %ld", (long)size);
        expect_text("/c': File too large");
        cr_assert_str_eq(files(list), "c c.1");
    }
    cr_assert_eq(read_bytes(k.path, &after), n);
    cr_expect_eq(memcmp(before, after, (size_t)n), 0);
    free(after);
    cr_assert_eq(read_bytes(older, &after), k.n);
    cr_expect_eq(memcmp(k.byte, after, (size_t)k.n), 0);
    free(before);
    free(after);
    end(&k);
}

Test(checkpoint, two_processes_do_not_mix)
{
    kept k = keep(STORY_ROUTE);
    char part[128], go;
    int up[2], down[2];
    cr_assert_eq(pipe(up) | pipe(down), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        const int fd = open(in_folder("c.part", part), O_RDWR | O_CREAT, 0600);
        const bool ready = fd >= 0 && fcntl(fd, F_SETLK, &whole) == 0 && write(fd, "busy", 4) == 4;
        const bool told = write(up[1], ready ? "y" : "n", 1) == 1;
        _exit(told && read(down[0], &go, 1) == 1 ? 0 : 1);
    }
    (void)close(up[1]);
    (void)close(down[0]);
    cr_assert(read(up[0], &go, 1) == 1 && go == 'y');
    cr_expect_eq(flow_model_save(k.m, k.path), FLOW_EFILE);
    expect_text("another process is writing it");
    struct stat now;
    cr_assert_eq(stat(in_folder("c.part", part), &now), 0, "it was removed");
    cr_expect_eq(now.st_size, 4, "it was changed");
    cr_assert_eq(write(down[1], "y", 1), 1);
    int status = 1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
    cr_expect_eq(flow_model_save(k.m, k.path), FLOW_OK, "%s", flow_error_text());
    cr_expect_not(exists("c.part"));
    end(&k);
}

// Property: killed at any moment, a process that writes checkpoints leaves a whole one.
Test(checkpoint, a_killed_writer_leaves_a_whole_one)
{
    kept k = keep(STORY_CROWD);
    for (int i = 0; i < 40; i++) {
        const pid_t child = fork();
        if (child == 0) {
            while (flow_model_save(k.m, k.path) == FLOW_OK) {}
            _exit(1);
        }
        const struct timespec some = {.tv_nsec = 300000 + 617000 * (i % 13)};
        (void)nanosleep(&some, NULL);
        cr_assert_eq(kill(child, SIGKILL), 0);
        int status = 0;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFSIGNALED(status));
        cr_assert_eq(flow_model_load(k.m, k.path), FLOW_OK, "%s", flow_error_text());
    }
    end(&k);
}

// Runs -------------------------------------------------------------------------------------------

/// What stops a run.
typedef struct stopper {
    int32_t day;
} stopper;

static bool go_on(void *context, int32_t day, int32_t n_step)
{
    (void)n_step;
    return day != ((const stopper *)context)->day;
}

static char result[128], point[128];

/// Options of a run that writes the result and checkpoints; it stops after `stop` days.
static flow_run_options to_files(stopper *stop)
{
    in_folder("r.nc", result);
    in_folder("c", point);
    return (flow_run_options){.model = {.seed = 11, .member = 3, .threads = 1},
                              .output = result,
                              .replace = true,
                              .command_line = "libflow run story",
                              .go_on = go_on,
                              .context = stop,
                              .checkpoint = point};
}

/// The unbroken run, into s.nc.
static flow_run_report straight(const flow_scenario *s)
{
    char path[128];
    stopper never = {-1};
    flow_run_options o = to_files(&never);
    o.output = in_folder("s.nc", path);
    o.checkpoint = NULL;
    flow_run_report report;
    cr_assert_eq(flow_run(s, &o, &report), FLOW_OK, "%s", flow_error_text());
    return report;
}

/// The result is that of the unbroken run, byte for byte but for the times it was made at.
static void expect_same_result(const flow_run_report *a, const flow_run_report *b)
{
    char path[128], *x = NULL, *y = NULL;
    cr_expect_eq(a->checksum, b->checksum);
    cr_expect_eq(a->person_steps, b->person_steps);
    const int64_t n = read_bytes(in_folder("s.nc", path), &x);
    cr_assert_eq(read_bytes(result, &y), n);
    int64_t differ = 0;
    for (int64_t i = 0; i < n; i++) { differ += x[i] != y[i]; }
    cr_expect_leq(differ, 60, "%lld of %lld bytes differ", (long long)differ, (long long)n);
    free(x);
    free(y);
}

TheoryDataPoints(checkpoint, a_stopped_run_ends_as_the_unbroken_one) = {
    DataPoints(int, STORY_CROWD, STORY_MODULES, STORY_JOURNEY, STORY_RELIEF, STORY_STATUS),
    DataPoints(int, 0, 1, 17, 39)};
Theory((int story, int day), checkpoint, a_stopped_run_ends_as_the_unbroken_one)
{
    remove_files(); // of the parameters before
    flow_scenario *s = story_load(story, NULL);
    const flow_run_report whole = straight(s);
    stopper stop = {day};
    char list[256];
    flow_run_report report;
    flow_run_options o = to_files(&stop);
    cr_assert_eq(flow_run(s, &o, &report), FLOW_ESTATE);
    expect_text("the run was stopped after ");
    expect_text("it can be resumed from '");
    cr_expect_eq(report.n_checkpoint, 1);
    cr_expect_eq(report.days, day);
    cr_expect_str_eq(files(list), "c c.steps s.nc");
    stop.day = day + 5; // stopped once more
    o.resume = point;
    cr_assert_eq(flow_run(s, &o, &report), day + 5 < s->n_step ? FLOW_ESTATE : FLOW_OK, "%s",
                 flow_error_text());
    stop.day = -1;
    o.model.threads = 2;
    if (day + 5 < s->n_step) {
        cr_expect_str_eq(files(list), "c c.1 c.steps s.nc");
        const int64_t before = report.person_steps;
        cr_assert_eq(flow_run(s, &o, &report), FLOW_OK, "%s", flow_error_text());
        cr_expect_eq(report.person_steps_before, before);
        cr_expect_eq(report.n_checkpoint, 0);
    }
    expect_same_result(&whole, &report);
    flow_scenario_free(s);
}

Test(checkpoint, checkpoints_come_every_so_many_days)
{
    flow_scenario *s = story_load(STORY_CROWD, NULL);
    const flow_run_report whole = straight(s);
    stopper never = {-1};
    char list[256];
    flow_run_report report;
    flow_run_options o = to_files(&never);
    o.every = 7;
    cr_assert_eq(flow_run(s, &o, &report), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(report.n_checkpoint, 5, "after 7, 14, 21, 28 and 35 of 40 days");
    cr_expect_str_eq(files(list), "c c.1 c.steps r.nc s.nc");
    expect_same_result(&whole, &report);
    // From both of them, with other checkpoints, with none, and with the same.
    char older[128], copy[128];
    in_folder("c.1", older);
    o.every = 0;
    o.checkpoint = NULL;
    o.resume = older;
    cr_assert_eq(flow_run(s, &o, &report), FLOW_OK, "%s", flow_error_text());
    expect_same_result(&whole, &report);
    o.checkpoint = in_folder("d", copy);
    o.every = 3;
    o.resume = older;
    cr_assert_eq(flow_run(s, &o, &report), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(report.n_checkpoint, 4, "after 30, 33, 36 and 39");
    cr_expect_str_eq(files(list), "c c.1 c.steps d d.1 d.steps r.nc s.nc");
    expect_same_result(&whole, &report);
    o.resume = copy;
    o.checkpoint = NULL;
    o.every = 0;
    cr_assert_eq(flow_run(s, &o, &report), FLOW_OK, "%s", flow_error_text());
    expect_same_result(&whole, &report);
    // A damaged one: the one before it goes on under the same name and is kept until the next.
    char *byte = NULL;
    const int64_t n = read_bytes(older, &byte);
    write_bytes(point, "damaged", 7);
    o.checkpoint = point;
    o.resume = point;
    cr_expect_eq(flow_run(s, &o, &report), FLOW_EINPUT);
    expect_text("; the one before it is '");
    o.resume = older;
    o.replace = true;
    never.day = 31;
    cr_assert_eq(flow_run(s, &o, &report), FLOW_ESTATE);
    char *still = NULL;
    cr_assert_eq(read_bytes(older, &still), n);
    cr_expect_eq(memcmp(byte, still, (size_t)n), 0, "the older one was lost to a damaged one");
    never.day = -1;
    o.resume = point;
    cr_assert_eq(flow_run(s, &o, &report), FLOW_OK, "%s", flow_error_text());
    expect_same_result(&whole, &report);
    free(byte);
    free(still);
    flow_scenario_free(s);
}

Test(checkpoint, a_run_without_need_of_one_leaves_none)
{
    flow_scenario *s = story_load(STORY_ROUTE, NULL);
    stopper never = {-1};
    char list[256];
    flow_run_report report;
    flow_run_options o = to_files(&never);
    cr_assert_eq(flow_run(s, &o, &report), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(report.n_checkpoint, 0);
    cr_expect_str_eq(files(list), "r.nc");
    o.every = -1;
    cr_expect_eq(flow_run(s, &o, &report), FLOW_ERANGE);
    o.every = 3;
    o.checkpoint = NULL;
    cr_expect_eq(flow_run(s, &o, &report), FLOW_ERANGE);
    expect_text("every = 3 needs a checkpoint");
    o.every = 0;
    o.checkpoint = point;
    cr_expect_eq(flow_run_members(s, &o, 2, NULL, NULL), FLOW_ERANGE);
    expect_text("checkpoints are for single runs");
    cr_expect_str_eq(files(list), "r.nc");
    flow_scenario_free(s);
}

Test(checkpoint, an_existing_one_is_kept_unless_replacing_is_asked_for)
{
    flow_scenario *s = story_load(STORY_ROUTE, NULL);
    stopper stop = {9};
    char list[256];
    flow_run_options o = to_files(&stop);
    o.replace = false;
    cr_assert_eq(flow_run(s, &o, NULL), FLOW_ESTATE);
    char *before = NULL, *after = NULL;
    const int64_t n = read_bytes(point, &before);
    cr_expect_eq(flow_run(s, &o, NULL), FLOW_EFILE);
    expect_text("/c': it exists, and replacing it was not asked for");
    cr_assert_eq(read_bytes(point, &after), n);
    cr_expect_eq(memcmp(before, after, (size_t)n), 0);
    cr_expect_str_eq(files(list), "c c.steps");
    // Replacing removes what belongs to the other run.
    write_bytes(in_folder("c.1", list), "old", 3);
    o.replace = true;
    stop.day = 4;
    cr_assert_eq(flow_run(s, &o, NULL), FLOW_ESTATE);
    cr_expect_str_eq(files(list), "c c.steps");
    free(before);
    free(after);
    flow_scenario_free(s);
}

/// A resumed run is refused.
static void refuse(const flow_scenario *s, const flow_run_options *o, const char *text)
{
    cr_expect_eq(flow_run(s, o, NULL), FLOW_EINPUT, "'%s' was expected: %s", text,
                 flow_error_text());
    expect_text(text);
    cr_expect_not(exists("r.nc"));
    cr_expect_not(exists("r.nc.part"));
}

Test(checkpoint, a_run_that_does_not_fit_is_refused)
{
    flow_scenario *s = story_load(STORY_ROUTE, NULL);
    stopper stop = {9};
    flow_run_options o = to_files(&stop);
    cr_assert_eq(flow_run(s, &o, NULL), FLOW_ESTATE);
    stop.day = -1;
    o.resume = point;
    flow_run_options other = o;
    other.model.seed = 12;
    refuse(s, &other, "is of seed 11 and member 3, this run of seed 12 and member 3");
    other = o;
    other.model.member = 0;
    refuse(s, &other, "is of seed 11 and member 3, this run of seed 11 and member 0");
    other = o;
    other.model.individuals = FLOW_INDIVIDUALS_ALL;
    refuse(s, &other, "'none' when it was saved, 'all' now");
    other = o;
    other.resume = "nowhere";
    refuse(s, &other, "cannot read 'nowhere': No such file or directory");

    // The steps: missing, cut, changed, of another kind.
    char steps[128], away[128], *byte = NULL;
    in_folder("c.steps", steps);
    in_folder("away", away);
    const int64_t n = read_bytes(steps, &byte);
    cr_assert_eq(rename(steps, away), 0);
    refuse(s, &o, "c.steps' is missing: it holds the result up to the checkpoint");
    write_bytes(steps, byte, n - 1);
    refuse(s, &o, "c.steps' is damaged: it ends after 8 steps");
    write_bytes(steps, byte, 11);
    refuse(s, &o, "c.steps' is damaged, or no file of steps");
    byte[n - 50] ^= 1;
    write_bytes(steps, byte, n);
    refuse(s, &o, "are damaged or of another run");
    byte[n - 50] ^= 1;
    byte[16] ^= 8;
    write_bytes(steps, byte, n);
    refuse(s, &o, "c.steps' has steps of ");
    byte[16] ^= 8;
    write_bytes(steps, byte, n);
    cr_expect_eq(flow_run(s, &o, NULL), FLOW_OK, "%s", flow_error_text());
    free(byte);
    flow_scenario_free(s);
}

Test(checkpoint, a_state_saved_by_hand_resumes_only_where_no_result_is_missing)
{
    flow_scenario *s = story_load(STORY_ROUTE, NULL);
    const flow_run_report whole = straight(s);
    stopper never = {-1};
    flow_run_options o = to_files(&never);
    flow_model *m = story_model(s, 11, FLOW_INDIVIDUALS_NONE, 1);
    cr_assert_eq(flow_model_save(m, point), FLOW_OK);
    o.resume = point;
    flow_run_report report;
    cr_assert_eq(flow_run(s, &o, &report), FLOW_OK, "from day 0: %s", flow_error_text());
    expect_same_result(&whole, &report);
    cr_assert_eq(remove(result), 0);
    story_step(STORY_ROUTE, m);
    cr_assert_eq(flow_model_save(m, point), FLOW_OK);
    refuse(s, &o, "was written without a result file, so the result of the 1 steps before it");
    o.output = NULL;
    cr_assert_eq(flow_run(s, &o, &report), FLOW_OK, "without a result: %s", flow_error_text());
    cr_expect_eq(report.checksum, whole.checksum);
    flow_model_free(m);
    flow_scenario_free(s);
}

// Property: wherever the disk becomes full, the run can be resumed from what is left.
Test(checkpoint, a_full_disk_leaves_a_run_that_can_be_resumed)
{
    flow_scenario *s = story_load(STORY_ROUTE, (const char *const[]){"period.days=400", NULL});
    const flow_run_report whole = straight(s);
    stopper never = {-1};
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    int resumed = 0;
    for (rlim_t size = 5000; size < 300000; size += 17003) {
        flow_run_options o = to_files(&never);
        o.every = 30;
        limit = (struct rlimit){.rlim_cur = size, .rlim_max = old.rlim_max};
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        flow_run_report report;
        flow_err err = flow_run(s, &o, &report);
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
        if (err == FLOW_OK) { break; }
        cr_assert_eq(err, FLOW_EFILE);
        expect_text("File too large");
        cr_assert_not(exists("r.nc.part"));
        cr_assert_not(exists("c.part"));
        cr_assert_eq(exists("c"), report.n_checkpoint > 0);
        cr_assert_eq(exists("c.steps"), report.n_checkpoint > 0);
        if (report.n_checkpoint == 0) { continue; }
        o.resume = point;
        cr_assert_eq(flow_run(s, &o, &report), FLOW_OK, "%s", flow_error_text());
        expect_same_result(&whole, &report);
        resumed++;
    }
    cr_expect_gt(resumed, 1);
    flow_scenario_free(s);
}

// Property: killed again and again at any moment, the run ends as the unbroken one.
Test(checkpoint, a_run_killed_many_times_ends_as_the_unbroken_one)
{
    flow_scenario *s = story_load(STORY_CROWD, (const char *const[]){"period.days=300", NULL});
    const flow_run_report whole = straight(s);
    stopper never = {-1};
    flow_run_options o = to_files(&never);
    o.every = 1;
    int n_kill = 0;
    for (int round = 0; round < 400; round++) {
        // The child has no threads: OpenMP does not survive fork().
        const pid_t child = fork();
        if (child == 0) {
            o.resume = exists("c") ? point : NULL;
            _exit(flow_run(s, &o, NULL) == FLOW_OK ? 0 : 1);
        }
        // Later rounds get more time, for they have more to read.
        const struct timespec some = {.tv_nsec = 2000000 + 3100000 * (round % 29) + 700000 * round};
        (void)nanosleep(&some, NULL);
        (void)kill(child, SIGKILL);
        int status = 0;
        cr_assert_eq(waitpid(child, &status, 0), child);
        if (WIFSIGNALED(status)) {
            n_kill++;
            continue;
        }
        cr_assert_eq(WEXITSTATUS(status), 0, "a resumed run fails");
        break;
    }
    cr_assert(exists("r.nc"), "never done in %d rounds", n_kill);
    cr_expect_gt(n_kill, 2, "killed only %d times", n_kill);
    flow_result *r = NULL;
    cr_assert_eq(flow_result_load(result, &r), FLOW_OK, "%s", flow_error_text());
    char sum[32];
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)whole.checksum);
    cr_expect_str_eq(r->checksum, sum);
    flow_result_free(r);
    expect_same_result(&whole, &whole);
    flow_scenario_free(s);
}
