#define _POSIX_C_SOURCE 200809L
#include "../libflow/distance.h"
#include "../libflow/output.h"
#include "../libflow/people.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// A scenario made by hand: a chain of places, the first at war, the last a camp with counts.

typedef struct toy {
    flow_scenario s;
    flow_groups groups;
    flow_rule_class rule[1];
    char (*name)[32];
    flow_observed observed[1];
    flow_input_file input[2];
    flow_problem warning[1];
} toy;

static void *zeros(int64_t n, size_t size)
{
    void *memory = flow_calloc(n, size);
    cr_assert_not_null(memory);
    return memory;
}

static void toy_links(flow_scenario *s)
{
    int32_t k = 0;
    for (int32_t p = 0; p < s->n_place; p++) {
        s->first_link[p] = k;
        for (int32_t step = -1; step <= 1; step += 2) {
            if (p + step < 0 || p + step >= s->n_place) { continue; }
            s->link_from[k] = p;
            s->link_to[k] = p + step;
            s->length_km[k] = 31.7 + (step > 0 ? p : p - 1);
            s->walk_probability[k] = 0.0;
            k++;
        }
    }
    s->first_link[s->n_place] = k;
}

static void toy_columns(toy *t)
{
    flow_scenario *s = &t->s;
    const int32_t n = s->n_place;
    s->n_link = 2 * (n - 1);
    s->place_name = zeros(n, sizeof(char *));
    s->place_region = zeros(n, sizeof(char *));
    s->place_country = zeros(n, sizeof(char *));
    s->place_kind = zeros(n, sizeof(int32_t));
    s->country = zeros(n, sizeof(int32_t));
    s->foreign = zeros(n, sizeof(bool));
    s->latitude = zeros(n, sizeof(double));
    s->longitude = zeros(n, sizeof(double));
    s->population = zeros(n, sizeof(double));
    s->capacity = zeros(n, sizeof(double));
    s->conflict0 = zeros(n, sizeof(double));
    s->sink = zeros(n, sizeof(double));
    s->initial_idps = zeros(n, sizeof(int64_t));
    s->link_from = zeros(s->n_link, sizeof(int32_t));
    s->link_to = zeros(s->n_link, sizeof(int32_t));
    s->first_link = zeros(n + 1, sizeof(int32_t));
    s->length_km = zeros(s->n_link, sizeof(double));
    s->speed_km_d = zeros(s->n_link, sizeof(double));
    s->walk_probability = zeros(s->n_link, sizeof(double));
    s->link_row = zeros(s->n_link, sizeof(int32_t));
}

static void toy_texts(toy *t)
{
    static char country[] = "Land", region[] = "Nord-Kivu", path[] = "toy", title[] = "Spielzeug é";
    static char name_a[] = "scenario.yaml", text_a[] = "libflow: 1\n# ünïcode\n";
    static char name_b[] = "places.csv", text_b[] = "";
    flow_scenario *s = &t->s;
    t->name = zeros(s->n_place, sizeof *t->name);
    for (int32_t p = 0; p < s->n_place; p++) {
        snprintf(t->name[p], sizeof t->name[p], p == 1 ? "Mbéra %d" : "place %d", (int)p);
        s->place_name[p] = t->name[p];
        s->place_country[p] = country;
        s->place_region[p] = region;
    }
    s->path = path;
    s->set.top.title = title;
    t->input[0] = (flow_input_file){name_a, text_a, (int64_t)strlen(text_a)};
    t->input[1] = (flow_input_file){name_b, text_b, 0};
    t->warning[0] = (flow_problem){"places.csv", 3, 14, true, "population is 0"};
    s->n_input = 2;
    s->input = t->input;
    s->warnings = (flow_problems){.row = t->warning, .n = 1};
}

static void toy_rules(flow_settings *set)
{
    cr_assert_eq(flow_fields_default(flow_settings_sections, flow_settings_n_section, set), FLOW_OK,
                 "%s", flow_error_text());
    flow_dealloc(set->top.title);
    set->spawn.mode = FLOW_SPAWN_REGISTRATIONS;
    set->spawn.total_from_camps = true;
    set->spawn.take_from_population = false;
}

static toy *toy_create(int32_t n_place, int32_t n_step)
{
    toy *t = zeros(1, sizeof *t);
    flow_scenario *s = &t->s;
    toy_rules(&s->set);
    s->n_place = n_place;
    s->n_step = n_step;
    s->dt = 1.0;
    s->set.period.days = n_step;
    s->start = 15399; // 2012-02-29
    toy_columns(t);
    toy_texts(t);
    toy_links(s);
    for (int32_t p = 0; p < n_place; p++) {
        s->place_kind[p] = p == 0 ? FLOW_CONFLICT_ZONE : p == n_place - 1 ? FLOW_CAMP : FLOW_TOWN;
        s->latitude[p] = 12.3 + 0.1 * p;
        s->longitude[p] = p == 1 ? (double)NAN : -3.9;
        s->population[p] = 1000.5 + p;
        s->capacity[p] = p == n_place - 1 ? 317.0 : -1.0;
    }
    s->conflict0[0] = 0.75;
    t->rule[0] = (flow_rule_class){.religion = -1, .ethnicity = -1, .home = -1};
    t->groups =
        (flow_groups){.status = -1, .cause = -1, .household = -1, .n_rule = 1, .rule = t->rule};
    s->groups = &t->groups;
    s->n_observed = 1;
    s->observed = t->observed;
    t->observed[0] = (flow_observed){.place = n_place - 1, .first_count = 7};
    t->observed[0].people = zeros(n_step, sizeof(int64_t));
    for (int32_t d = 0; d < n_step; d++) { t->observed[0].people[d] = 17 * d; }
    s->total = (flow_observed){.place = -1, .people = t->observed[0].people};
    return t;
}

static void toy_free(toy *t)
{
    flow_scenario *s = &t->s;
    void *const block[] = {s->place_name,
                           s->place_region,
                           s->place_country,
                           s->place_kind,
                           s->country,
                           s->foreign,
                           s->latitude,
                           s->longitude,
                           s->population,
                           s->capacity,
                           s->conflict0,
                           s->sink,
                           s->initial_idps,
                           s->link_from,
                           s->link_to,
                           s->first_link,
                           s->length_km,
                           s->speed_km_d,
                           s->walk_probability,
                           s->link_row,
                           t->observed[0].people,
                           t->name};
    for (size_t i = 0; i < sizeof block / sizeof *block; i++) { flow_dealloc(block[i]); }
    s->set.top.title = NULL;
    flow_fields_clear(flow_settings_sections, flow_settings_n_section, &s->set);
    flow_dealloc(t);
}

// A folder for each test, removed with what the test knows it left in it.

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/flow-output-XXXXXX");
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

static void remove_folder(void)
{
    static const char *const name[] = {"run.nc", "run.nc.part", "other.nc", "copy.nc"};
    char path[128];
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) { remove(in_folder(name[i], path)); }
    cr_assert_eq(rmdir(folder), 0, "the test left a file it does not know of");
}

TestSuite(output, .init = make_folder, .fini = remove_folder);

static flow_err run(const toy *t, const char *path, bool replace, flow_run_report *report)
{
    const flow_run_options options = {.model = {.seed = UINT64_MAX, .member = 3, .threads = 1},
                                      .output = path,
                                      .replace = replace,
                                      .command_line = "libflow run toy -o \xff.nc"};
    return flow_run(&t->s, &options, report);
}

static void refuse(flow_err found, const char *part)
{
    cr_expect_eq(found, FLOW_EFILE, "expected a refusal with '%s'", part);
    cr_expect_not_null(strstr(flow_error_text(), part), "'%s' lacks '%s'", flow_error_text(), part);
}

// What is written comes back.

static void compare_people(const toy *t, const flow_result *r)
{
    const flow_model_options options = {.seed = UINT64_MAX, .member = 3, .threads = 2};
    flow_model *m = NULL;
    double people[16], conflict[16];
    cr_assert_eq(flow_model_create(&t->s, &options, &m), FLOW_OK, "%s", flow_error_text());
    for (int32_t day = 0; day < r->n_step; day++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK);
        cr_assert_eq(flow_model_observe(m, "people", people, r->n_place), FLOW_OK);
        cr_assert_eq(flow_model_observe(m, "conflict", conflict, r->n_place), FLOW_OK);
        for (int32_t p = 0; p < r->n_place; p++) {
            cr_expect_eq(r->people[day * r->n_place + p], (int64_t)people[p], "day %d place %d",
                         (int)day, (int)p);
            cr_expect_eq(r->conflict[day * r->n_place + p], conflict[p]);
        }
    }
    flow_model_free(m);
}

// 1 day, less than a chunk, exactly a chunk of one value a step (1024), more than one of each kind.
static void round_trip(int32_t n_step)
{
    toy *t = toy_create(5, n_step);
    char path[128];
    flow_run_report report;
    cr_assert_eq(run(t, in_folder("run.nc", path), false, &report), FLOW_OK, "%s",
                 flow_error_text());
    cr_expect_eq(report.days, n_step);
    cr_expect_eq(report.entered, report.persons + report.left);
    cr_expect_geq(report.wall_s, report.step_s);
    cr_expect_not(exists("run.nc.part"));
    flow_result *r = NULL;
    cr_assert_eq(flow_result_load(path, &r), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(r->n_step, n_step);
    cr_assert_eq(r->n_place, 5);
    cr_assert_eq(r->n_observed, 1);
    compare_people(t, r);
    for (int32_t d = 0; d < n_step; d++) { cr_expect_eq(r->observed[d], 17 * d); }
    flow_result_free(r);
    toy_free(t);
}

Test(output, a_run_of_one_day_comes_back)
{
    round_trip(1);
}
Test(output, a_run_within_one_chunk_comes_back)
{
    round_trip(37);
}
Test(output, a_run_of_exactly_one_chunk_comes_back)
{
    round_trip(1024);
}
Test(output, a_run_over_several_chunks_comes_back)
{
    round_trip(2100);
}

Test(output, what_is_told_about_the_run_comes_back)
{
    toy *t = toy_create(5, 20);
    char path[128], sum[32];
    flow_run_report report;
    cr_assert_eq(run(t, in_folder("run.nc", path), false, &report), FLOW_OK, "%s",
                 flow_error_text());
    flow_result *r = NULL;
    cr_assert_eq(flow_result_load(path, &r), FLOW_OK, "%s", flow_error_text());
    snprintf(sum, sizeof sum, "%016llx", (unsigned long long)report.checksum);
    cr_expect_str_eq(r->checksum, sum);
    cr_expect_str_eq(r->title, "Spielzeug é");
    cr_expect_str_eq(r->version, FLOW_VERSION);
    cr_expect_str_eq(r->scenario_path, "toy");
    cr_expect_str_eq(r->command_line, "libflow run toy -o ?.nc", "bytes that are no UTF-8 go");
    cr_expect_eq(strlen(r->created), strlen("2012-02-29T00:00:00Z"));
    cr_expect_eq(r->seed, UINT64_MAX, "a seed needs all of its 64 bits");
    cr_expect_eq(r->start, 15399);
    cr_expect_str_eq(r->place_name[1], "Mbéra 1");
    cr_expect_eq(r->observed_place[0], 4);
    cr_expect_eq(r->first_count[0], 7);
    cr_expect_eq(r->capacity[4], 317.0);
    cr_expect_eq(r->population[2], 1002.5);
    // 31.7 + 32.7 + 33.7 + 34.7 from the far end of the chain
    cr_expect_float_eq(r->network_km[0], 132.8, 1e-9);
    cr_expect_eq(r->network_km[4], 0.0);
    flow_result_free(r);
    toy_free(t);
}

Test(output, a_scenario_without_links_and_counts_is_written_and_read)
{
    toy *t = toy_create(2, 20);
    t->s.n_link = 0;
    t->s.first_link[1] = t->s.first_link[2] = 0;
    t->s.n_observed = 0;
    t->s.total.people = NULL;
    t->s.set.spawn.mode = FLOW_SPAWN_NONE;
    char path[128];
    cr_assert_eq(run(t, in_folder("run.nc", path), false, NULL), FLOW_OK, "%s", flow_error_text());
    flow_result *r = NULL;
    cr_assert_eq(flow_result_load(path, &r), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(r->n_observed, 0);
    cr_expect_eq(r->n_step, 20);
    cr_expect_not_null(r->observed);
    flow_result_free(r);
    toy_free(t);
}

Test(output, a_run_without_a_file_reports_the_same_people)
{
    toy *t = toy_create(5, 60);
    char path[128];
    flow_run_report with, without;
    cr_assert_eq(run(t, in_folder("run.nc", path), false, &with), FLOW_OK);
    cr_assert_eq(run(t, NULL, false, &without), FLOW_OK);
    cr_expect_eq(with.checksum, without.checksum);
    cr_expect_eq(with.persons, without.persons);
    cr_expect_eq(with.person_steps, without.person_steps);
    cr_expect_gt(with.persons, 0);
    toy_free(t);
}

// Distances.

Test(output, distances_follow_the_direction_of_links)
{
    // 0 -> 1 -> 2 and 0 -> 2 the long way; nothing leads away from 2.
    int32_t from[] = {0, 0, 1}, to[] = {1, 2, 2}, first[] = {0, 2, 3, 3};
    double km[] = {3.17, 90.5, 4.25}, out[3];
    flow_scenario s = {.n_place = 3,
                       .n_link = 3,
                       .link_from = from,
                       .link_to = to,
                       .first_link = first,
                       .length_km = km};
    cr_assert_eq(flow_shortest_km(&s, 2, out), FLOW_OK);
    cr_expect_float_eq(out[0], 7.42, 1e-12);
    cr_expect_float_eq(out[1], 4.25, 1e-12);
    cr_expect_eq(out[2], 0.0);
    cr_assert_eq(flow_shortest_km(&s, 0, out), FLOW_OK);
    cr_expect(isinf(out[1]) && isinf(out[2]));
    cr_expect_eq(flow_shortest_km(&s, 3, out), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "place 3 is outside [0, 3)");
}

// Property: against the slow and obvious way (Bellman 1958), on random networks.
Test(output, distances_equal_those_of_repeated_relaxation)
{
    enum { N = 23, K = 70 };
    unsigned state = 12345;
    for (int round = 0; round < 50; round++) {
        int32_t from[K], to[K];
        double km[K], fast[N], slow[N];
        for (int k = 0; k < K; k++) {
            state = state * 1103515245u + 12345u;
            from[k] = (int32_t)(state >> 8) % N;
            state = state * 1103515245u + 12345u;
            to[k] = (int32_t)(state >> 8) % N;
            km[k] = 1.0 + (double)(state >> 20);
        }
        const flow_scenario s = {
            .n_place = N, .n_link = K, .link_from = from, .link_to = to, .length_km = km};
        for (int p = 0; p < N; p++) { slow[p] = p == 7 ? 0.0 : (double)INFINITY; }
        for (int pass = 0; pass < N; pass++) {
            for (int k = 0; k < K; k++) {
                const double way = slow[to[k]] + km[k];
                if (way < slow[from[k]]) { slow[from[k]] = way; }
            }
        }
        cr_assert_eq(flow_shortest_km(&s, 7, fast), FLOW_OK);
        for (int p = 0; p < N; p++) { cr_expect_eq(fast[p], slow[p], "round %d", round); }
    }
}

// Refusals of the writer: clear texts, nothing left behind.

Test(output, an_existing_file_is_kept_unless_replacing_is_asked_for)
{
    toy *t = toy_create(3, 5);
    char path[128];
    FILE *old = fopen(in_folder("run.nc", path), "w");
    cr_assert_not_null(old);
    fputs("old", old);
    fclose(old);
    refuse(run(t, path, false, NULL), "it exists, and replacing it was not asked for");
    struct stat now;
    cr_assert_eq(stat(path, &now), 0);
    cr_expect_eq(now.st_size, 3, "the old file is as it was");
    cr_expect_eq(run(t, path, true, NULL), FLOW_OK, "%s", flow_error_text());
    flow_result *r = NULL;
    cr_expect_eq(flow_result_load(path, &r), FLOW_OK, "%s", flow_error_text());
    flow_result_free(r);
    toy_free(t);
}

Test(output, names_that_cannot_be_files_are_refused)
{
    toy *t = toy_create(3, 5);
    char path[128];
    refuse(run(t, "", false, NULL), "empty name");
    refuse(run(t, folder, true, NULL), "it is a directory");
    refuse(run(t, "/dev/null", true, NULL), "it is no regular file");
    refuse(run(t, in_folder("none/run.nc", path), false, NULL),
           "none/run.nc.part': No such file or directory");
    cr_assert_eq(mkdir(in_folder("run.nc.part", path), 0700), 0);
    refuse(run(t, in_folder("run.nc", path), false, NULL), "run.nc.part': Is a directory");
    cr_assert_eq(rmdir(in_folder("run.nc.part", path)), 0, "the folder is not ours to remove");
    FILE *plain = fopen(in_folder("other.nc", path), "w");
    cr_assert_not_null(plain);
    fclose(plain);
    refuse(run(t, in_folder("other.nc/run.nc", path), false, NULL), "Not a directory");
    toy_free(t);
}

Test(output, a_folder_without_permission_is_refused)
{
    // Root may write everywhere, so it becomes nobody; each test is a process of its own.
    const uid_t nobody = 65534;
    toy *t = toy_create(3, 5);
    char path[128];
    if (geteuid() == 0) {
        cr_assert_eq(chown(folder, nobody, (gid_t)-1), 0);
        cr_assert_eq(seteuid(nobody), 0);
    }
    cr_assert_eq(chmod(folder, 0500), 0);
    refuse(run(t, in_folder("run.nc", path), false, NULL), "Permission denied");
    cr_assert_eq(chmod(folder, 0700), 0);
    toy_free(t);
}

Test(output, a_part_file_of_another_process_is_left_alone)
{
    toy *t = toy_create(3, 5);
    char path[128], go;
    int up[2], down[2];
    cr_assert_eq(pipe(up) | pipe(down), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        const int fd = open(in_folder("run.nc.part", path), O_RDWR | O_CREAT, 0600);
        const bool ready = fd >= 0 && fcntl(fd, F_SETLK, &whole) == 0 && write(fd, "busy", 4) == 4;
        const bool told = write(up[1], ready ? "y" : "n", 1) == 1;
        _exit(told && read(down[0], &go, 1) == 1 ? 0 : 1);
    }
    (void)close(up[1]); // so that the end of the child is seen
    (void)close(down[0]);
    cr_assert(read(up[0], &go, 1) == 1 && go == 'y');
    refuse(run(t, in_folder("run.nc", path), false, NULL), "another process is writing it");
    struct stat now;
    cr_assert_eq(stat(in_folder("run.nc.part", path), &now), 0, "it was removed");
    cr_expect_eq(now.st_size, 4, "it was changed");
    cr_assert_eq(write(down[1], "y", 1), 1);
    int status = 1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
    // What a process that is gone has left is replaced.
    cr_expect_eq(run(t, in_folder("run.nc", path), false, NULL), FLOW_OK, "%s", flow_error_text());
    cr_expect_not(exists("run.nc.part"));
    toy_free(t);
}

/// Open HDF5 things of this process.
static long n_open(void)
{
    return (long)H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL);
}

// Property: wherever the disk becomes full, the run fails with a reason, removes its file, leaves
// nothing open, and the process can go on and end (HDF5's own driver crashes here).
Test(output, a_full_disk_is_an_error_wherever_it_happens)
{
    toy *t = toy_create(5, 300);
    char path[128], other[128];
    cr_assert_eq(run(t, in_folder("other.nc", other), true, NULL), FLOW_OK);
    struct stat whole;
    cr_assert_eq(stat(other, &whole), 0);
    cr_assert_gt(whole.st_size, 20000);
    signal(SIGXFSZ, SIG_IGN); // then a write beyond the limit fails with EFBIG
    struct rlimit old, limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    in_folder("run.nc", path);
    for (rlim_t size = 0; size < (rlim_t)whole.st_size; size += 1777) {
        limit = (struct rlimit){.rlim_cur = size, .rlim_max = old.rlim_max};
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        const flow_err err = run(t, path, false, NULL);
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
        refuse(err, "run.nc.part': File too large");
        cr_assert_not(exists("run.nc"), "limit %ld", (long)size);
        cr_assert_not(exists("run.nc.part"), "limit %ld", (long)size);
        cr_assert_eq(n_open(), 0, "limit %ld", (long)size);
    }
    cr_expect_eq(run(t, path, false, NULL), FLOW_OK, "%s", flow_error_text());
    toy_free(t);
}

Test(output, a_killed_run_leaves_only_its_part_file)
{
    toy *t = toy_create(5, 40);
    char path[128];
    in_folder("run.nc", path);
    const pid_t child = fork();
    if (child == 0) {
        const flow_provenance about = {.threads = 1};
        flow_output *o = NULL;
        flow_model *m = NULL;
        const flow_model_options one = {.threads = 1};
        if (flow_model_create(&t->s, &one, &m) != FLOW_OK ||
            flow_output_create(path, false, &t->s, &about, &o) != FLOW_OK ||
            flow_model_step(m) != FLOW_OK || flow_output_step(o, m) != FLOW_OK) {
            _exit(1);
        }
        raise(SIGKILL);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    cr_expect_not(exists("run.nc"));
    cr_expect(exists("run.nc.part"));
    char part[128];
    flow_result *r = NULL;
    refuse(flow_result_load(in_folder("run.nc.part", part), &r), "is no complete libflow result");
    cr_expect_null(r);
    toy_free(t);
}

Test(output, more_steps_than_days_are_refused_and_abandoning_removes_the_file)
{
    toy *t = toy_create(3, 1);
    char path[128];
    const flow_provenance about = {.threads = 1};
    flow_output *o = NULL;
    flow_model *m = NULL;
    cr_assert_eq(flow_model_create(&t->s, NULL, &m), FLOW_OK);
    cr_assert_eq(flow_model_step(m), FLOW_OK);
    cr_assert_eq(flow_output_create(in_folder("run.nc", path), false, &t->s, &about, &o), FLOW_OK);
    cr_expect(exists("run.nc.part"));
    cr_assert_eq(flow_output_step(o, m), FLOW_OK);
    cr_expect_eq(flow_output_step(o, m), FLOW_ESTATE);
    cr_expect_str_eq(flow_error_text(), "the result file has all 1 steps");
    flow_output_abandon(o);
    flow_output_abandon(NULL);
    cr_expect_not(exists("run.nc.part"));
    cr_expect_not(exists("run.nc"));
    flow_model_free(m);
    toy_free(t);
}

Test(output, every_failed_allocation_is_an_error_and_leaves_nothing)
{
    toy *t = toy_create(3, 3);
    char path[128];
    in_folder("run.nc", path);
    flow_err err = FLOW_ENOMEM;
    int64_t n = 0;
    while (err == FLOW_ENOMEM || err == FLOW_EFILE) {
        flow_alloc_fail_at(++n);
        err = run(t, path, false, NULL);
        flow_alloc_fail_at(0);
        if (err == FLOW_OK) { break; }
        cr_assert(err == FLOW_ENOMEM || strstr(flow_error_text(), "allocate memory") != NULL,
                  "allocation %ld: %s", (long)n, flow_error_text());
        cr_assert_not(exists("run.nc.part"), "allocation %ld", (long)n);
        cr_assert_not(exists("run.nc"), "allocation %ld", (long)n);
        cr_assert_eq(n_open(), 0, "allocation %ld", (long)n);
    }
    cr_expect_eq(err, FLOW_OK, "%s", flow_error_text());
    cr_expect_gt(n, 50);
    flow_result *r = NULL;
    err = FLOW_ENOMEM;
    for (n = 1; err == FLOW_ENOMEM; n++) {
        flow_alloc_fail_at(n);
        err = flow_result_load(path, &r);
        flow_alloc_fail_at(0);
        cr_assert_eq(n_open(), 0);
    }
    cr_expect_eq(err, FLOW_OK, "%s", flow_error_text());
    cr_expect_gt(n, 15);
    flow_result_free(r);
    toy_free(t);
}

// Refusals of the reader.

static void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, n, file), n);
    cr_assert_eq(fclose(file), 0);
}

Test(output, files_that_are_no_results_are_refused)
{
    flow_result *r = NULL;
    char path[128];
    refuse(flow_result_load(in_folder("run.nc", path), &r), "no such file");
    refuse(flow_result_load(folder, &r), "it is a directory");
    refuse(flow_result_load("/dev/null", &r), "it is no regular file");
    write_bytes(path, "", 0);
    refuse(flow_result_load(path, &r), "is no HDF5 file");
    write_bytes(path, "name,population\nA,3\n", 19);
    refuse(flow_result_load(path, &r), "is no HDF5 file");
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    cr_assert_geq(H5Fclose(file), 0);
    refuse(flow_result_load(path, &r), "was not written by libflow");
    cr_expect_null(r);
}

static size_t read_bytes(const char *path, char **out)
{
    struct stat now;
    cr_assert_eq(stat(path, &now), 0);
    *out = zeros(now.st_size, 1);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    const size_t n = fread(*out, 1, (size_t)now.st_size, file);
    fclose(file);
    cr_assert_eq(n, (size_t)now.st_size);
    return n;
}

Test(output, a_file_cut_anywhere_is_refused)
{
    toy *t = toy_create(5, 30);
    char path[128], copy[128], *bytes = NULL;
    cr_assert_eq(run(t, in_folder("run.nc", path), false, NULL), FLOW_OK);
    const size_t n = read_bytes(path, &bytes);
    in_folder("copy.nc", copy);
    for (size_t cut = 0; cut < n; cut += 997) {
        write_bytes(copy, bytes, cut);
        flow_result *r = NULL;
        cr_expect_eq(flow_result_load(copy, &r), FLOW_EFILE, "cut at %zu", cut);
        cr_expect_null(r);
        cr_assert_eq(n_open(), 0);
    }
    flow_dealloc(bytes);
    toy_free(t);
}

// Damaged data and attributes, by HDF5's own means.
static void damage(const char *path, void (*how)(hid_t file))
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    cr_assert_geq(file, 0);
    how(file);
    cr_assert_geq(H5Fclose(file), 0);
}

static void lose_checksum(hid_t file)
{
    cr_assert_geq(H5Adelete(file, "checksum"), 0);
}
static void lose_people(hid_t file)
{
    cr_assert_geq(H5Ldelete(file, "people", H5P_DEFAULT), 0);
}
static void turn_people(hid_t file)
{
    cr_assert_geq(H5Ldelete(file, "people", H5P_DEFAULT), 0);
    const hsize_t size[2] = {3, 30};
    const hid_t space = H5Screate_simple(2, size, NULL);
    H5Dclose(
        H5Dcreate2(file, "people", H5T_NATIVE_INT64, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
}
static void wild_index(hid_t file)
{
    const int32_t index = 5;
    const hid_t data = H5Dopen2(file, "observed_index", H5P_DEFAULT);
    cr_assert_geq(H5Dwrite(data, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, &index), 0);
    H5Dclose(data);
}
static void huge_time(hid_t file)
{
    const hsize_t size = (hsize_t)1 << 40;
    const hid_t data = H5Dopen2(file, "time", H5P_DEFAULT);
    cr_assert_geq(H5Dset_extent(data, &size), 0);
    H5Dclose(data);
}

Test(output, damaged_results_are_refused_with_the_damaged_part)
{
    static const struct {
        void (*how)(hid_t file);
        const char *part;
    } row[] = {
        {lose_checksum, "'checksum' is missing"},
        {lose_people, "'people' is missing"},
        {turn_people, "'people' has another size than its dimensions"},
        {wild_index, "'observed_index' names a place that does not exist"},
        {huge_time, "'time' is larger than any result can be"},
    };
    toy *t = toy_create(5, 30);
    char path[128];
    in_folder("run.nc", path);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        cr_assert_eq(run(t, path, true, NULL), FLOW_OK);
        damage(path, row[i].how);
        flow_result *r = NULL;
        refuse(flow_result_load(path, &r), row[i].part);
        cr_expect_null(r);
        cr_assert_eq(n_open(), 0);
    }
    toy_free(t);
}

/// Load the file with one byte changed; true when something was wrong with the answer.
static bool load_with(const char *copy, char *bytes, size_t n, size_t at, char change)
{
    bytes[at] = (char)(bytes[at] ^ change);
    write_bytes(copy, bytes, n);
    bytes[at] = (char)(bytes[at] ^ change);
    flow_result *r = NULL;
    const flow_err err = flow_result_load(copy, &r);
    const bool told = err != FLOW_OK && r == NULL && flow_error_text()[0] != '\0';
    const bool wrong = (err == FLOW_OK ? r == NULL : !told) || n_open() != 0;
    flow_result_free(r);
    return wrong;
}

/// 300 bytes anywhere, and the heads of the first heaps of texts: their sizes lead HDF5 1.10 itself
/// beyond its memory. How often something was wrong with the answer.
static int load_changed(const char *copy, char *bytes, size_t n)
{
    int wrong = 0, heaps = 0;
    uint64_t state = 88172645463325252u;
    for (int round = 0; round < 300; round++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        wrong += load_with(copy, bytes, n, (size_t)(state >> 16) % n, (char)(1 + state % 255));
    }
    for (size_t at = 0; at + 64 < n && heaps < 8; at++) {
        if (memcmp(bytes + at, "GCOL", 4) != 0) { continue; }
        heaps++;
        for (size_t i = 0; i < 56; i++) {
            wrong += load_with(copy, bytes, n, at + i, (char)(i % 2 == 0 ? 1 : 0x7f));
        }
    }
    return heaps > 0 ? wrong : -1;
}

// Bytes changed at random never crash the reader (they may go unnoticed: data has no checksum).
// In a process that ends without clean-up: HDF5 1.10 itself loses memory over some of them.
Test(output, changed_bytes_do_not_crash_the_reader)
{
    toy *t = toy_create(5, 30);
    char path[128], copy[128], *bytes = NULL;
    cr_assert_eq(run(t, in_folder("run.nc", path), false, NULL), FLOW_OK);
    const size_t n = read_bytes(path, &bytes);
    in_folder("copy.nc", copy);
    const pid_t child = fork();
    if (child == 0) { _exit(load_changed(copy, bytes, n) == 0 ? 0 : 1); }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status), "signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    cr_expect_eq(WEXITSTATUS(status), 0);
    flow_dealloc(bytes);
    toy_free(t);
}

static int noise;
static herr_t make_noise(hid_t stack, void *data)
{
    (void)stack, (void)data;
    noise++;
    return 0;
}

Test(output, the_error_handler_of_the_caller_is_neither_called_nor_lost)
{
    toy *t = toy_create(3, 5);
    char path[128];
    flow_result *r = NULL;
    cr_assert_geq(H5Eset_auto2(H5E_DEFAULT, make_noise, NULL), 0);
    cr_assert_eq(run(t, in_folder("run.nc", path), false, NULL), FLOW_OK);
    refuse(run(t, in_folder("none/run.nc", path), false, NULL), "No such file");
    refuse(flow_result_load(path, &r), "no such file");
    cr_expect_eq(noise, 0);
    cr_expect_lt(H5Dclose(H5I_INVALID_HID), 0);
    cr_expect_eq(noise, 1, "the handler is not in force again");
    toy_free(t);
}

// Property: same seed, same file, but for the times it was made at.
Test(output, the_same_run_writes_the_same_bytes)
{
    toy *t = toy_create(5, 100);
    char path[128], other[128], *a = NULL, *b = NULL;
    cr_assert_eq(run(t, in_folder("run.nc", path), false, NULL), FLOW_OK);
    cr_assert_eq(run(t, in_folder("other.nc", other), false, NULL), FLOW_OK);
    const size_t n = read_bytes(path, &a);
    cr_assert_eq(read_bytes(other, &b), n);
    size_t differ = 0;
    for (size_t i = 0; i < n; i++) { differ += a[i] != b[i]; }
    cr_expect_leq(differ, 60, "%zu of %zu bytes differ", differ, n); // two times and checksums
    flow_dealloc(a);
    flow_dealloc(b);
    toy_free(t);
}
