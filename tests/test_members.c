// Ensembles: members, quantiles, scores, threads, memory, refusals.
#define _POSIX_C_SOURCE 200809L
#include "../libflow/members.h"
#include "../libflow/members_score.h"
#include "../libflow/rng.h"

#include <criterion/criterion.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <hdf5.h>
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A folder for the files of a test -------------------------------------------------------------

static char folder[] = "/tmp/flow_membersXXXXXX";

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(members, .init = make_folder, .fini = remove_folder);

static const char *in_folder(const char *name, char path[static 128])
{
    (void)snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static bool folder_is_empty(void)
{
    return rmdir(folder) == 0 && mkdir(folder, 0700) == 0;
}

// A chain of places: war in the first one, a camp with counts at the end and one half-way -------

typedef struct text {
    char *at;
    size_t n, size;
} text;

static void add(text *t, const char *format, ...) FLOW_PRINTF(2, 3);
static void add(text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(t->at + t->n, t->size - t->n, format, args);
    va_end(args);
    cr_assert(n > 0 && t->n + (size_t)n < t->size);
    t->n += (size_t)n;
}

static flow_scenario *chain(int32_t n_place, int32_t n_step)
{
    enum { n_table = 5 };
    text table[n_table];
    for (int i = 0; i < n_table; i++) {
        table[i] = (text){calloc(1, 1 << 20), 0, 1 << 20};
        cr_assert_not_null(table[i].at);
    }
    const int last = n_place - 1, middle = n_place / 2;
    add(&table[0],
        "libflow: 1\nperiod:\n  start: 2020-02-27\n  days: %d\nhop:\n  default_movechance: 0.4\n",
        (int)n_step);
    add(&table[1], "name,kind,country,region,latitude,longitude,population,capacity\n");
    add(&table[2], "from,to,length_km\n");
    for (int p = 0; p < n_place; p++) {
        if (p == last || p == middle) {
            add(&table[1], "P%d,camp,Aland,,,,,%d\n", p, 700 + p);
        } else {
            add(&table[1], "P%d,town,Aland,,,,%d,\n", p, 1000 * (n_place - p));
        }
        if (p < last) { add(&table[2], "P%d,P%d,%d\n", p, p + 1, 31 + p % 60); }
    }
    add(&table[3], "place,start,end,intensity\nP0,0,,1\n");
    add(&table[4],
        "date,place,people\n2020-02-27,P%d,10\n2020-04-01,P%d,700\n"
        "2020-02-27,P%d,3\n2020-04-01,P%d,900\n",
        middle, middle, last, last);
    const char *const name[n_table] = {"scenario.yaml", "places.csv", "links.csv", "conflict.csv",
                                       "observations.csv"};
    flow_file file[n_table];
    for (int i = 0; i < n_table; i++) {
        file[i] = (flow_file){name[i], table[i].at, (int64_t)table[i].n};
    }
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(file, n_table, NULL, &s), FLOW_OK, "%s",
                 flow_error_text());
    for (int i = 0; i < n_table; i++) { free(table[i].at); }
    return s;
}

static flow_scenario *two_towns(const char *const *set, int32_t n_set)
{
    const flow_load_options options = {.set = set, .n_set = n_set};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load("scenarios/two-towns", &options, &s), FLOW_OK, "%s",
                 flow_error_text());
    return s;
}

/// What every member observed on every day: value[member][day][n].
static double *observe_alone(const flow_scenario *s, const flow_run_options *o, int32_t n_member,
                             const char *name, int64_t n)
{
    double *value = flow_calloc(n_member * (int64_t)s->n_step * n, sizeof *value);
    cr_assert_not_null(value);
    for (int32_t m = 0; m < n_member; m++) {
        flow_model_options own = o->model;
        own.member += (uint32_t)m;
        own.threads = 1;
        flow_model *model = NULL;
        cr_assert_eq(flow_model_create(s, &own, &model), FLOW_OK);
        for (int32_t day = 0; day < s->n_step; day++) {
            cr_assert_eq(flow_model_step(model), FLOW_OK);
            double *row = value + (m * (int64_t)s->n_step + day) * n;
            cr_assert_eq(flow_model_observe(model, name, row, n), FLOW_OK);
        }
        flow_model_free(model);
    }
    return value;
}

// Reading files ---------------------------------------------------------------------------------

static hid_t open_result(const char *path)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert_geq(file, 0);
    return file;
}

/// All values of a variable as doubles, n of them.
static double *read_values(hid_t file, const char *name, int64_t *n)
{
    const hid_t data = H5Dopen2(file, name, H5P_DEFAULT);
    cr_assert_geq(data, 0, "%s", name);
    const hid_t space = H5Dget_space(data);
    *n = H5Sget_simple_extent_npoints(space);
    double *value = flow_calloc(*n, sizeof *value);
    cr_assert_not_null(value);
    cr_assert_geq(H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value), 0);
    H5Sclose(space);
    H5Dclose(data);
    return value;
}

static bool is_number(hid_t file, const char *name)
{
    H5O_info_t about;
    cr_assert_geq(H5Oget_info_by_name(file, name, &about, H5P_DEFAULT), 0);
    if (about.type != H5O_TYPE_DATASET) { return false; }
    const hid_t data = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(data);
    const bool number = H5Tget_class(type) != H5T_STRING;
    H5Tclose(type);
    H5Dclose(data);
    return number;
}

typedef struct pair {
    hid_t other;
    int n;
} pair;

static herr_t compare(hid_t file, const char *name, const H5L_info_t *info, void *context)
{
    (void)info;
    pair *p = context;
    if (!is_number(file, name)) { return 0; }
    int64_t n = 0, n_other = 0;
    double *a = read_values(file, name, &n), *b = read_values(p->other, name, &n_other);
    cr_assert_eq(n, n_other, "%s", name);
    cr_expect_eq(memcmp(a, b, (size_t)n * sizeof *a), 0, "%s differs", name);
    flow_dealloc(a);
    flow_dealloc(b);
    p->n++;
    return 0;
}

/// All numbers of two files are the same; how many variables they have.
static int same_numbers(const char *one, const char *two)
{
    const hid_t a = open_result(one);
    pair p = {.other = open_result(two)};
    cr_assert_geq(H5Literate(a, H5_INDEX_NAME, H5_ITER_INC, NULL, compare, &p), 0);
    H5Fclose(a);
    H5Fclose(p.other);
    return p.n;
}

static void run_members(const flow_scenario *s, const flow_run_options *o, int32_t n_member,
                        flow_run_report *report, flow_run_report *each)
{
    cr_assert_eq(flow_run_members(s, o, n_member, report, each), FLOW_OK, "%s", flow_error_text());
}

// Members ---------------------------------------------------------------------------------------

Test(members, a_member_equals_the_single_run_with_its_number)
{
    flow_scenario *s = chain(9, 25);
    const flow_run_options o = {.model = {.seed = 5, .threads = 2}};
    flow_run_report each[6], all;
    run_members(s, &o, 6, &all, each);
    int64_t persons = 0, person_steps = 0;
    uint64_t checksum = 0;
    for (uint32_t m = 0; m < 6; m++) {
        flow_run_report alone;
        flow_run_options own = o;
        own.model.member = m;
        cr_assert_eq(flow_run(s, &own, &alone), FLOW_OK);
        cr_expect_eq(each[m].checksum, alone.checksum, "member %u", m);
        cr_expect_eq(each[m].persons, alone.persons);
        cr_expect_eq(each[m].entered, alone.entered);
        cr_expect_eq(each[m].left, alone.left);
        cr_expect_eq(each[m].person_steps, alone.person_steps);
        cr_expect_eq(each[m].days, 25);
        persons += alone.persons;
        person_steps += alone.person_steps;
        checksum = flow_mix(checksum + alone.checksum);
        for (uint32_t k = 0; k < m; k++) { cr_expect_neq(each[m].checksum, each[k].checksum); }
    }
    cr_expect_eq(all.persons, persons);
    cr_expect_eq(all.person_steps, person_steps);
    cr_expect_eq(all.checksum, checksum);
    cr_expect_eq(all.days, 25);
    cr_expect_eq(all.threads, 2);
    // The same members under other numbers.
    flow_run_options later = o;
    later.model.member = 4;
    flow_run_report more[2];
    run_members(s, &later, 2, NULL, more);
    cr_expect_eq(more[0].checksum, each[4].checksum);
    cr_expect_eq(more[1].checksum, each[5].checksum);
    flow_scenario_free(s);
}

/// Quantiles and means of a file are those that GSL gives for single runs.
static void quantiles_equal_those_of_single_runs(int32_t n_place, int32_t n_step, int32_t n_member,
                                                 int64_t memory)
{
    flow_scenario *s = chain(n_place, n_step);
    char path[128];
    const flow_run_options o = {.model = {.seed = 11, .member = 2, .threads = 2},
                                .output = in_folder("q.nc", path)};
    cr_assert_eq(flow_run_members_within(s, &o, n_member, memory, NULL, NULL), FLOW_OK, "%s",
                 flow_error_text());
    const hid_t file = open_result(path);
    double *sorted = flow_calloc(n_member, sizeof *sorted);
    int64_t spread = 0;
    flow_observable *observable = NULL;
    int32_t n_observable = 0;
    cr_assert_eq(flow_observables_list(s, &observable, &n_observable), FLOW_OK);
    for (int32_t k = 0; k < n_observable; k++) {
        const flow_observable *row = &observable[k];
        const int64_t n = flow_observable_n(s, row), n_value = n * s->n_step;
        double *value = observe_alone(s, &o, n_member, row->name, n);
        char name[64];
        int64_t n_q = 0, n_mean = 0, n_all = 0;
        (void)snprintf(name, sizeof name, "%s_quantile", row->name);
        double *quantile = read_values(file, name, &n_q);
        (void)snprintf(name, sizeof name, "%s_mean", row->name);
        double *mean = read_values(file, name, &n_mean);
        cr_assert_eq(n_q, FLOW_N_QUANTILE * n_value);
        cr_assert_eq(n_mean, n_value);
        for (int64_t i = 0; i < n_value; i++) {
            for (int32_t m = 0; m < n_member; m++) { sorted[m] = value[m * n_value + i]; }
            const double average = gsl_stats_mean(sorted, 1, (size_t)n_member);
            gsl_sort(sorted, 1, (size_t)n_member);
            spread += sorted[0] < sorted[n_member - 1];
            cr_assert_float_eq(mean[i], average, 1e-9 * fmax(1.0, fabs(average)), "%s", name);
            for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) {
                const double expected = gsl_stats_quantile_from_sorted_data(
                    sorted, 1, (size_t)n_member, flow_member_quantile[q]);
                cr_assert_float_eq(quantile[q * n_value + i], expected,
                                   1e-12 * fmax(1.0, fabs(expected)), "%s %ld: %g, not %g", name,
                                   (long)i, quantile[q * n_value + i], expected);
            }
        }
        if (strcmp(row->name, "people") == 0) {
            double *people = read_values(file, "people", &n_all);
            cr_assert_eq(n_all, n_member * n_value);
            cr_expect_eq(memcmp(people, value, (size_t)n_all * sizeof *people), 0,
                         "people of the members differ");
            flow_dealloc(people);
        }
        flow_dealloc(mean);
        flow_dealloc(quantile);
        flow_dealloc(value);
    }
    if (n_member > 1) { cr_expect_gt(spread, 100, "hardly anything differs between members"); }
    H5Fclose(file);
    cr_assert_eq(unlink(path), 0);
    cr_expect(folder_is_empty(), "a scratch file is left");
    flow_dealloc(observable);
    flow_dealloc(sorted);
    flow_scenario_free(s);
}

Test(members, quantiles_equal_those_of_gsl_over_single_runs)
{
    quantiles_equal_those_of_single_runs(9, 30, 7, FLOW_STORE_MEMORY);
}

Test(members, one_member_is_its_own_median)
{
    quantiles_equal_those_of_single_runs(9, 60, 1, FLOW_STORE_MEMORY);
}

// 600 places are two tiles across, 35 days three tiles in time; 60 members are sorted by digits.
Test(members, quantiles_of_many_tiles_equal_those_of_gsl)
{
    quantiles_equal_those_of_single_runs(600, 35, 3, FLOW_STORE_MEMORY);
    quantiles_equal_those_of_single_runs(7, 20, 60, FLOW_STORE_MEMORY);
}

// Nothing, one record and some records fit into memory.
Test(members, quantiles_do_not_depend_on_the_scratch_file)
{
    quantiles_equal_those_of_single_runs(9, 30, 7, 0);
    quantiles_equal_those_of_single_runs(9, 30, 7, 4000);
    quantiles_equal_those_of_single_runs(600, 35, 3, 300000);
}

Test(members, more_people_than_32_bits_hold_are_counted)
{
    const char *const set[] = {"period.days=3"};
    const char yaml[] =
        "libflow: 1\nperiod:\n  start: 2024-01-01\n  days: 3\nspawn:\n  mode: none\n"
        "hop:\n  default_movechance: 0.3\n";
    const char places[] = "name,kind,country,region,latitude,longitude,population,capacity,"
                          "initial_idps\nAsh,town,,,,,,,9000000000\nBirch,camp,,,,,,,0\n";
    const char links[] = "from,to,length_km\nAsh,Birch,100\n";
    const flow_file file[] = {{"scenario.yaml", yaml, sizeof yaml - 1},
                              {"places.csv", places, sizeof places - 1},
                              {"links.csv", links, sizeof links - 1}};
    const flow_load_options options = {.set = set, .n_set = 1};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(file, 3, &options, &s), FLOW_OK, "%s",
                 flow_error_text());
    char path[128];
    const flow_run_options o = {.output = in_folder("wide.nc", path)};
    run_members(s, &o, 4, NULL, NULL);
    double *alone = observe_alone(s, &o, 4, "people", 2);
    const hid_t result = open_result(path);
    int64_t n = 0;
    double *people = read_values(result, "people", &n);
    cr_assert_eq(n, 4 * 3 * 2);
    cr_expect_gt(alone[0], (double)INT32_MAX);
    for (int64_t i = 0; i < n; i++) { cr_expect_eq(people[i], alone[i], "value %ld", (long)i); }
    const hid_t data = H5Dopen2(result, "people", H5P_DEFAULT), type = H5Dget_type(data);
    cr_expect_eq(H5Tget_size(type), 8);
    H5Tclose(type);
    H5Dclose(data);
    H5Fclose(result);
    flow_dealloc(people);
    flow_dealloc(alone);
    flow_scenario_free(s);
}

// Known answer: steps of six hours lie a quarter of a day apart.
Test(members, steps_are_dated_in_days)
{
    const char *const set[] = {"movement.rule=none", "period.step=6h", "period.days=3"};
    flow_scenario *s = two_towns(set, 3);
    char path[128];
    const flow_run_options o = {.output = in_folder("hours.nc", path)};
    run_members(s, &o, 2, NULL, NULL);
    const hid_t file = open_result(path);
    int64_t n = 0;
    double *time = read_values(file, "time", &n);
    cr_assert_eq(n, 12);
    for (int64_t i = 0; i < n; i++) { cr_expect_eq(time[i], 0.25 * (double)i); }
    H5Fclose(file);
    flow_dealloc(time);
    flow_scenario_free(s);
}

Test(members, threads_change_nothing)
{
    flow_scenario *s = chain(40, 30);
    char path[3][128];
    uint64_t sum[3];
    for (int i = 0; i < 3; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "t%d.nc", 1 << i);
        const flow_run_options o = {.model = {.seed = 3, .threads = 1 << i},
                                    .output = in_folder(name, path[i])};
        flow_run_report report;
        run_members(s, &o, 9, &report, NULL);
        sum[i] = report.checksum;
        cr_expect_eq(report.threads, 1 << i);
    }
    for (int i = 1; i < 3; i++) {
        cr_expect_eq(sum[i], sum[0]);
        cr_expect_gt(same_numbers(path[0], path[i]), 50);
    }
    // No more threads than members; the seed counts.
    const flow_run_options o = {.model = {.seed = 4, .threads = 8}};
    flow_run_report report;
    run_members(s, &o, 2, &report, NULL);
    cr_expect_eq(report.threads, 2);
    cr_expect_neq(report.checksum, sum[0]);
    flow_scenario_free(s);
}

/// Allocations of a run of some members with one thread.
static int64_t allocations(const flow_scenario *s, const char *output, int32_t n_member)
{
    const flow_run_options o = {
        .model = {.seed = 2, .threads = 1}, .output = output, .replace = true};
    const int64_t before = flow_alloc_count();
    run_members(s, &o, n_member, NULL, NULL);
    return flow_alloc_count() - before;
}

// Arenas and the log grow by doubling: far fewer allocations than members.
Test(members, members_are_run_without_allocations)
{
    flow_scenario *s = two_towns(NULL, 0);
    char path[128];
    in_folder("a.nc", path);
    cr_expect_eq(allocations(s, NULL, 210), allocations(s, NULL, 10));
    const int64_t few = allocations(s, path, 10), many = allocations(s, path, 210);
    cr_expect_leq(many - few, 12, "%ld more allocations for 200 more members", (long)(many - few));
    flow_scenario_free(s);
    s = chain(9, 25);
    const int64_t some = allocations(s, path, 40), more = allocations(s, path, 240);
    cr_expect_leq(more - some, 40, "%ld more allocations for 200 more members",
                  (long)(more - some));
    flow_scenario_free(s);
}

// Scores ----------------------------------------------------------------------------------------

Test(members, scores_of_members_are_those_of_single_runs)
{
    flow_scenario *s = chain(9, 34);
    char path[128];
    const flow_run_options o = {.model = {.seed = 7, .threads = 2},
                                .output = in_folder("s.nc", path)};
    enum { n_member = 5 };
    run_members(s, &o, n_member, NULL, NULL);
    flow_result *all = NULL;
    cr_assert_eq(flow_result_load(path, &all), FLOW_OK, "%s", flow_error_text());
    cr_assert_not_null(all->members);
    cr_expect_eq(all->members->n, n_member);
    cr_expect_eq(all->n_observed, 2);
    for (uint32_t m = 0; m < n_member; m++) {
        char single[128];
        flow_run_options own = o;
        own.model.member = m;
        own.output = in_folder("one.nc", single);
        own.replace = true;
        flow_run_report report;
        cr_assert_eq(flow_run(s, &own, &report), FLOW_OK);
        flow_result *r = NULL;
        flow_score *score = NULL;
        cr_assert_eq(flow_result_load(single, &r), FLOW_OK);
        cr_expect_null(r->members);
        cr_expect_eq(r->member, m);
        cr_assert_eq(flow_score_result(r, &score), FLOW_OK);
        cr_expect_eq(all->members->measure[0][m], score->model.error);
        cr_expect_eq(all->members->measure[1][m], score->model.ard);
        cr_expect_eq(all->members->measure[2][m], score->model.mase);
        cr_expect_eq(all->members->measure[3][m], score->model.rmse);
        cr_expect_eq(all->members->persons[m], report.persons);
        cr_expect_eq(all->members->entered[m], report.entered);
        cr_expect_eq(all->members->left[m], report.left);
        flow_score_free(score);
        flow_result_free(r);
    }
    // The score of the result is that of the median, as it stands in the file.
    flow_score *score = NULL;
    cr_assert_eq(flow_score_result(all, &score), FLOW_OK);
    const hid_t file = open_result(path);
    const char *const name[] = {"median_error", "median_ard", "median_mase", "median_rmse"};
    const double own[] = {score->model.error, score->model.ard, score->model.mase,
                          score->model.rmse};
    for (int i = 0; i < FLOW_N_MEASURE; i++) {
        int64_t n = 0;
        double *value = read_values(file, name[i], &n);
        cr_assert_eq(n, 1);
        cr_expect_float_eq(value[0], own[i], 1e-12, "%s", name[i]);
        flow_dealloc(value);
    }
    H5Fclose(file);
    flow_score_free(score);
    flow_result_free(all);
    flow_scenario_free(s);
}

/// CRPS after its definition, without order.
static double plain_crps(const double *x, int32_t n, double y)
{
    double away = 0.0, apart = 0.0;
    for (int32_t i = 0; i < n; i++) {
        away += fabs(x[i] - y) / n;
        for (int32_t k = 0; k < n; k++) { apart += fabs(x[i] - x[k]) / ((double)n * n); }
    }
    return away - apart / 2.0;
}

Test(members, crps_and_coverage_in_the_file_follow_their_definitions)
{
    flow_scenario *s = chain(9, 40);
    char path[128];
    const flow_run_options o = {.model = {.seed = 7}, .output = in_folder("c.nc", path)};
    enum { n_member = 12 };
    run_members(s, &o, n_member, NULL, NULL);
    double *people = observe_alone(s, &o, n_member, "people", s->n_place);
    flow_result *r = NULL;
    cr_assert_eq(flow_result_load(path, &r), FLOW_OK, "%s", flow_error_text());
    int32_t inside = 0;
    for (int32_t i = 0; i < 2; i++) {
        double covered[FLOW_N_COVERAGE] = {0};
        for (int32_t day = 0; day < s->n_step; day++) {
            double x[n_member];
            const double y = (double)s->observed[i].people[day];
            for (int32_t m = 0; m < n_member; m++) {
                x[m] = people[((int64_t)m * s->n_step + day) * s->n_place + s->observed[i].place];
            }
            const double crps = plain_crps(x, n_member, y);
            cr_expect_float_eq(r->members->crps[day * 2 + i], crps, 1e-9 * fmax(1.0, crps));
            gsl_sort(x, 1, n_member);
            const double low[] = {gsl_stats_quantile_from_sorted_data(x, 1, n_member, 0.25),
                                  gsl_stats_quantile_from_sorted_data(x, 1, n_member, 0.05)};
            const double high[] = {gsl_stats_quantile_from_sorted_data(x, 1, n_member, 0.75),
                                   gsl_stats_quantile_from_sorted_data(x, 1, n_member, 0.95)};
            for (int k = 0; k < FLOW_N_COVERAGE; k++) {
                covered[k] += low[k] <= y && y <= high[k] ? 1.0 / s->n_step : 0.0;
            }
        }
        for (int k = 0; k < FLOW_N_COVERAGE; k++) {
            cr_expect_float_eq(r->members->coverage[k][i], covered[k], 1e-12);
            inside += covered[k] > 0.0 && covered[k] < 1.0;
        }
    }
    cr_expect_gt(inside, 0, "the bands hold all counts or none: a poor test");
    flow_dealloc(people);
    flow_result_free(r);
    flow_scenario_free(s);
}

Test(members, crps_of_known_ensembles)
{
    const struct {
        double x[4];
        int32_t n;
        double y, crps;
    } row[] = {
        {{3.17}, 1, 5.17, 2.0},               // one member: the distance
        {{0.0, 1.0}, 2, 0.5, 0.25},           // 1/2 - 1/4
        {{0.0, 1.0}, 2, 2.0, 1.25},           // 3/2 - 1/4
        {{7.0, 7.0, 7.0}, 3, 4.5, 2.5},       // no spread
        {{4.0, 1.0, 3.0, 2.0}, 4, 2.5, 0.375} // 1 - 20 / 32
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        flow_ranks ranks;
        cr_assert_eq(flow_ranks_create(row[i].n, &ranks), FLOW_OK);
        flow_ranks_fill(&ranks, false, (const flow_value *)row[i].x, 1);
        cr_expect_float_eq(flow_ranks_crps(&ranks, row[i].y), row[i].crps, 1e-15, "row %zu", i);
        flow_ranks_clear(&ranks);
    }
}

// CRPS of a normal distribution: s [z (2 F(z) - 1) + 2 f(z) - 1 / sqrt(pi)], z = (y - m) / s
// (Gneiting, Raftery 2007, eq. 21 ff.). Quantiles of it in equal steps stand for draws.
Test(members, crps_of_a_normal_ensemble_is_its_closed_form)
{
    enum { n = 20001 };
    static const double pi = 3.14159265358979323846, y[] = {-3.0, 0.0, 0.7, 2.31};
    flow_value *x = flow_calloc(n, sizeof *x);
    flow_ranks ranks;
    cr_assert_eq(flow_ranks_create(n, &ranks), FLOW_OK);
    for (int32_t i = 0; i < n; i++) { // Box and Muller's quantiles would do as well; bisection
        double low = -9.0, high = 9.0;
        while (high - low > 1e-12) {
            const double middle = (low + high) / 2.0;
            *(erfc(-middle / sqrt(2.0)) / 2.0 < (i + 0.5) / n ? &low : &high) = middle;
        }
        x[i].real = 5.0 + 2.0 * low;
    }
    flow_ranks_fill(&ranks, false, x, 1);
    for (size_t k = 0; k < sizeof y / sizeof *y; k++) {
        const double z = y[k];
        const double density = exp(-z * z / 2.0) / sqrt(2.0 * pi);
        const double exact = 2.0 * (z * erf(z / sqrt(2.0)) + 2.0 * density - 1.0 / sqrt(pi));
        cr_expect_float_eq(flow_ranks_crps(&ranks, 5.0 + 2.0 * z), exact, 1e-3, "z = %g", z);
    }
    flow_ranks_clear(&ranks);
    flow_dealloc(x);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Property: order is that of the numbers, however many, near or far from each other, of any sign.
Test(members, values_are_put_in_order)
{
    static const int32_t size[] = {1, 2, 47, 48, 49, 1000};
    uint64_t random = 42;
    for (int kind = 0; kind < 6; kind++) {
        for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
            const int32_t n = size[k];
            flow_ranks ranks;
            flow_value *value = flow_calloc(3 * (int64_t)n, sizeof *value);
            double *expected = flow_calloc(n, sizeof *expected);
            cr_assert_eq(flow_ranks_create(n, &ranks), FLOW_OK);
            for (int32_t i = 0; i < n; i++) {
                random = flow_mix(random + 1);
                const int64_t wide = (int64_t)(random >> 12) - ((int64_t)1 << 51);
                const double scale = kind == 3 ? 1e-300 : 1e6;
                switch (kind) {
                case 0: value[3 * i].whole = wide; break;
                case 1: value[3 * i].whole = 70000 + wide % 300; break;
                case 2: value[3 * i].whole = 5; break;
                default: value[3 * i].real = (double)wide * scale; break;
                }
                if (kind == 4) { value[3 * i].real = i % 3 == 0 ? (double)INFINITY : -0.0; }
                if (kind == 5) { value[3 * i].real = (double)(wide % 4) / 4.0; }
                expected[i] = kind < 3 ? (double)value[3 * i].whole : value[3 * i].real;
            }
            qsort(expected, (size_t)n, sizeof *expected, by_value);
            flow_ranks_fill(&ranks, kind < 3, value, 3);
            for (int32_t i = 0; i < n; i++) {
                cr_assert_eq(ranks.sorted[i], expected[i], "kind %d, %d of %d", kind, i, n);
            }
            flow_ranks_clear(&ranks);
            flow_dealloc(expected);
            flow_dealloc(value);
        }
    }
}

// Stopping and refusing -------------------------------------------------------------------------

typedef struct listener {
    int32_t stop_at; ///< calls
    int32_t n, last, thread;
} listener;

static bool listen(void *context, int32_t done, int32_t n_member)
{
    listener *l = context;
    cr_assert_geq(done, l->last);
    cr_assert_leq(done, n_member);
    cr_assert_eq(n_member, 6);
    l->last = done;
    l->thread += omp_get_thread_num();
    return ++l->n != l->stop_at;
}

Test(members, a_run_can_be_stopped_at_any_time)
{
    flow_scenario *s = chain(9, 20);
    char path[128];
    listener whole = {0};
    flow_run_options o = {.model = {.threads = 2},
                          .output = in_folder("stop.nc", path),
                          .go_on = listen,
                          .context = &whole};
    run_members(s, &o, 6, NULL, NULL);
    cr_expect_geq(whole.n, 2);
    cr_expect_eq(whole.last, 6, "it is not asked before the file is written");
    cr_expect_eq(whole.thread, 0, "another thread asks");
    cr_assert_eq(unlink(path), 0);
    o.model.threads = 1; // then the calls are the same ones each time
    whole = (listener){0};
    run_members(s, &o, 6, NULL, NULL);
    cr_expect_gt(whole.n, 6 * 20 + 10, "it is not asked while the file is written");
    cr_assert_eq(unlink(path), 0);
    for (int32_t k = 1; k <= whole.n; k += k < 10 ? 1 : 7) {
        listener l = {.stop_at = k};
        o.context = &l;
        flow_run_report report;
        cr_assert_eq(flow_run_members(s, &o, 6, &report, NULL), FLOW_ESTATE, "call %d", k);
        cr_expect_not_null(strstr(flow_error_text(), "the run was stopped after "));
        cr_expect_not_null(strstr(flow_error_text(), " of 6 members"));
        cr_expect_eq(report.persons, 0);
        cr_assert(folder_is_empty(), "a file is left");
    }
    flow_scenario_free(s);
}

Test(members, numbers_outside_their_range_are_refused)
{
    flow_scenario *s = two_towns(NULL, 0);
    flow_run_options o = {.model = {.threads = 1}};
    cr_expect_eq(flow_run_members(s, &o, 0, NULL, NULL), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "members = 0 is outside [1, 1000000]");
    cr_expect_eq(flow_run_members(s, &o, 1000001, NULL, NULL), FLOW_ERANGE);
    o.model.member = UINT32_MAX;
    cr_expect_eq(flow_run_members(s, &o, 2, NULL, NULL), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(),
                     "members 4294967295 to 4294967295 + 1 go beyond 4294967295");
    cr_expect_eq(flow_run_members(s, &o, 1, NULL, NULL), FLOW_OK);
    o.model.threads = 1025;
    cr_expect_eq(flow_run_members(s, &o, 1, NULL, NULL), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "threads = 1025 is outside [0, 1024]");
    cr_expect_eq(flow_run_members(s, NULL, 1, NULL, NULL), FLOW_OK);
    flow_scenario_free(s);
}

Test(members, existing_and_impossible_files_are_refused_before_anything_runs)
{
    flow_scenario *s = two_towns(NULL, 0);
    char path[128];
    listener l = {.stop_at = 1};
    flow_run_options o = {.output = in_folder("none/a.nc", path), .go_on = listen, .context = &l};
    cr_expect_eq(flow_run_members(s, &o, 6, NULL, NULL), FLOW_EFILE);
    cr_expect_not_null(strstr(flow_error_text(), "No such file or directory"));
    o.output = in_folder("a.nc", path);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fclose(file), 0);
    cr_expect_eq(flow_run_members(s, &o, 6, NULL, NULL), FLOW_EFILE);
    cr_expect_not_null(strstr(flow_error_text(), "it exists"));
    cr_expect_eq(l.n, 0);
    flow_scenario_free(s);
}

Test(members, every_failed_allocation_is_an_error_and_leaves_nothing)
{
    flow_scenario *s = chain(3, 2);
    char path[128];
    in_folder("run.nc", path);
    int64_t of_members = 0;
    for (int32_t threads = 1; threads <= 2; threads++) {
        const flow_run_options o = {.model = {.threads = threads}, .output = path};
        flow_err err = FLOW_ENOMEM;
        int64_t n = 0;
        // Most allocations are those of every result file, which its own test lets fail one by one.
        // With two threads their order differs from run to run: none may crash.
        while (err != FLOW_OK) {
            n += threads == 1 ? 3 : 29;
            flow_alloc_fail_at(n);
            err = flow_run_members_within(s, &o, 2, 100, NULL, NULL);
            flow_alloc_fail_at(0);
            if (err == FLOW_OK) { break; }
            const char *why = flow_error_text();
            cr_assert(err == FLOW_ENOMEM || strstr(why, "allocate memory") != NULL,
                      "allocation %ld: %s", (long)n, why);
            of_members += strncmp(why, "member ", 7) == 0;
            cr_assert(folder_is_empty(), "allocation %ld leaves a file", (long)n);
        }
        cr_expect_gt(n, 200);
        cr_assert_eq(unlink(path), 0);
    }
    cr_expect_gt(of_members, 0, "no member failed");
    flow_scenario_free(s);
}

// Whoever changes the scratch file or the numbers in it is found out.
Test(members, a_damaged_ensemble_is_refused)
{
    flow_scenario *s = chain(5, 4);
    char path[128];
    const flow_run_options o = {.output = in_folder("d.nc", path), .replace = true};
    static const char *const name[] = {"people_quantile", "people_mean",    "conflict_mean",
                                       "member_persons",  "member_entered", "member_left",
                                       "member_error",    "mean_rmse",      "crps",
                                       "coverage_50",     "coverage_90",    "quantile"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        run_members(s, &o, 3, NULL, NULL);
        const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        cr_assert_geq(file, 0);
        cr_assert_geq(H5Ldelete(file, name[i], H5P_DEFAULT), 0, "%s", name[i]);
        H5Fclose(file);
        flow_result *r = NULL;
        const flow_err err = flow_result_load(path, &r);
        if (strcmp(name[i], "quantile") == 0) { // its length is known
            cr_expect_eq(err, FLOW_OK);
            flow_result_free(r);
            continue;
        }
        cr_assert_eq(err, FLOW_EFILE, "without %s", name[i]);
        cr_expect_not_null(strstr(flow_error_text(), name[i]), "%s", flow_error_text());
    }
    flow_scenario_free(s);
}
