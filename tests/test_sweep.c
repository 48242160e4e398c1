// Designs, values, plans, tables, tallies and files of batches.
#define _POSIX_C_SOURCE 200809L
#include "../libflow/sweep_folder.h"

#include <criterion/criterion.h>
#include <criterion/theories.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static double *fill(const flow_design_options *o, int64_t *n_row)
{
    cr_assert_eq(flow_design_rows(o, n_row), FLOW_OK, "%s", flow_error_text());
    double *unit = flow_calloc(*n_row * o->n_factor, sizeof *unit);
    cr_assert_not_null(unit);
    cr_assert_eq(flow_design_fill(o, unit), FLOW_OK, "%s", flow_error_text());
    for (int64_t i = 0; i < *n_row * o->n_factor; i++) {
        cr_assert(unit[i] >= 0.0 && unit[i] <= 1.0, "number %d is %g", (int)i, unit[i]);
    }
    return unit;
}

// Designs ---------------------------------------------------------------------------------------

// Property: each of n equal parts of each factor holds exactly one point.
Test(sweep, latin_hypercube_has_one_point_in_each_part)
{
    enum { n = 37, k = 5 };
    int64_t n_row = 0;
    const flow_design_options o = {.design = FLOW_DESIGN_LATIN, .n_factor = k, .n = n, .seed = 7};
    double *unit = fill(&o, &n_row);
    cr_assert_eq(n_row, n);
    for (int f = 0; f < k; f++) {
        int seen[n] = {0};
        for (int i = 0; i < n; i++) { seen[(int)(unit[i * k + f] * n)]++; }
        for (int i = 0; i < n; i++) { cr_expect_eq(seen[i], 1, "factor %d, part %d", f, i); }
    }
    // Factors are ordered independently: no two columns are the same.
    for (int f = 1; f < k; f++) {
        int same = 0;
        for (int i = 0; i < n; i++) {
            same += (int)(unit[i * k] * n) == (int)(unit[i * k + f] * n);
        }
        cr_expect(same < n / 2, "factor %d follows the first one at %d points", f, same);
    }
    flow_dealloc(unit);
}

// Property of a (0, m, 2)-net in base 2, whatever the scrambling: every box of area 2^-m whose
// sides are powers of two holds exactly one of the first 2^m points.
TheoryDataPoints(sweep, sobol_points_are_a_net) = {DataPoints(int, 4, 6, 9),
                                                   DataPoints(int, 0, 1, 12345)};
Theory((int m, int seed), sweep, sobol_points_are_a_net)
{
    int64_t n_row = 0;
    const int n = 1 << m;
    const flow_design_options o = {
        .design = FLOW_DESIGN_SOBOL, .n_factor = 2, .n = n, .seed = (uint64_t)seed};
    double *unit = fill(&o, &n_row);
    int *seen = flow_calloc(n, sizeof *seen);
    for (int a = 0; a <= m; a++) {
        memset(seen, 0, (size_t)n * sizeof *seen);
        for (int i = 0; i < n; i++) {
            const int x = (int)(unit[2 * i] * (1 << a));
            const int y = (int)(unit[2 * i + 1] * (1 << (m - a)));
            seen[x * (1 << (m - a)) + y]++;
        }
        for (int i = 0; i < n; i++) { cr_assert_eq(seen[i], 1, "m %d, a %d, box %d", m, a, i); }
    }
    flow_dealloc(seen);
    flow_dealloc(unit);
}

// Property: in base 2 and 3 the shifted points stay apart by whole parts: each of 2^5 (3^3) parts
// of the circle that begins at any point holds as many.
Test(sweep, halton_points_fill_each_axis_evenly)
{
    enum { n = 288 }; // 2^5 * 3^2
    int64_t n_row = 0;
    const flow_design_options o = {.design = FLOW_DESIGN_HALTON, .n_factor = 2, .n = n, .seed = 3};
    double *unit = fill(&o, &n_row);
    const int part[] = {32, 9};
    for (int f = 0; f < 2; f++) {
        int seen[32] = {0};
        for (int i = 0; i < n; i++) { seen[(int)(unit[2 * i + f] * part[f])]++; }
        for (int i = 0; i < part[f]; i++) {
            cr_expect(abs(seen[i] - n / part[f]) <= 2, "factor %d, part %d holds %d", f, i,
                      seen[i]);
        }
    }
    flow_dealloc(unit);
}

Test(sweep, random_points_are_uniform)
{
    enum { n = 20000, k = 3 };
    int64_t n_row = 0;
    const flow_design_options o = {.design = FLOW_DESIGN_RANDOM, .n_factor = k, .n = n, .seed = 5};
    double *unit = fill(&o, &n_row);
    for (int f = 0; f < k; f++) {
        double sum = 0.0, square = 0.0, cross = 0.0;
        for (int i = 0; i < n; i++) {
            const double u = unit[i * k + f] - 0.5;
            sum += u;
            square += u * u;
            cross += u * (unit[i * k + (f + 1) % k] - 0.5);
        }
        // A uniform number has variance 1/12, its square 1/180, a product of two 1/144.
        cr_expect(fabs(sum / n) < 5.0 * sqrt(1.0 / 12 / n), "mean %g", sum / n);
        cr_expect(fabs(square / n - 1.0 / 12) < 5.0 * sqrt(1.0 / 180 / n), "%g", square / n);
        cr_expect(fabs(cross / n) < 5.0 * sqrt(1.0 / 144 / n), "covariance %g", cross / n);
    }
    flow_dealloc(unit);
}

// Property: A, B, then A with one factor of B each.
Test(sweep, saltelli_rows_mix_two_samples)
{
    enum { n = 16, k = 3 };
    int64_t n_row = 0;
    const flow_design_options o = {
        .design = FLOW_DESIGN_SALTELLI, .n_factor = k, .n = n, .seed = 1};
    double *unit = fill(&o, &n_row);
    cr_assert_eq(n_row, n * (k + 2));
    for (int i = 0; i < n; i++) {
        const double *a = unit + i * (k + 2) * k, *b = a + k;
        for (int f = 0; f < k; f++) {
            cr_expect_neq(a[f], b[f]);
            for (int g = 0; g < k; g++) {
                cr_expect_eq(a[(2 + f) * k + g], g == f ? b[g] : a[g], "base row %d", i);
            }
        }
    }
    flow_dealloc(unit);
}

// Property: a trajectory stays on the levels and changes every factor once, by one step.
Test(sweep, morris_trajectories_change_each_factor_once)
{
    enum { n = 50, k = 6, levels = 8 };
    int64_t n_row = 0;
    const flow_design_options o = {
        .design = FLOW_DESIGN_MORRIS, .n_factor = k, .n = n, .levels = levels, .seed = 2};
    double *unit = fill(&o, &n_row);
    cr_assert_eq(n_row, n * (k + 1));
    const double step = 4.0 / 7.0; // levels / (2 (levels - 1))
    cr_expect_float_eq(flow_morris_step(levels), step, 1e-15);
    int up = 0, first[k] = {0};
    for (int t = 0; t < n; t++) {
        int times[k] = {0};
        for (int s = 0; s < k; s++) {
            const double *x = unit + (t * (k + 1) + s) * k;
            int changed = 0;
            for (int f = 0; f < k; f++) {
                const double level = x[f] * (levels - 1);
                cr_expect(fabs(level - round(level)) < 1e-9, "level %g", level);
                if (x[f] == x[k + f]) { continue; }
                changed++;
                times[f]++;
                first[f] += s == 0;
                up += x[k + f] > x[f];
                cr_expect(fabs(fabs(x[k + f] - x[f]) - step) < 1e-12);
            }
            cr_expect_eq(changed, 1, "trajectory %d, step %d", t, s);
        }
        for (int f = 0; f < k; f++) { cr_expect_eq(times[f], 1); }
    }
    // Up and down, and every factor first, are equally likely: 5 standard errors.
    cr_expect(fabs(up - n * k / 2.0) < 5.0 * sqrt(n * k / 4.0), "%d of %d go up", up, n * k);
    for (int f = 0; f < k; f++) {
        cr_expect(fabs(first[f] - n / (double)k) < 5.0 * sqrt(n * 5.0 / 36.0), "factor %d", f);
    }
    flow_dealloc(unit);
}

Test(sweep, designs_refuse_what_they_cannot_do)
{
    int64_t n_row = 1;
    const int32_t many[] = {100000, 100000};
    const flow_design_options grid = {.design = FLOW_DESIGN_GRID, .n_factor = 2, .count = many};
    cr_expect_eq(flow_design_rows(&grid, &n_row), FLOW_ERANGE);
    cr_expect_eq(n_row, 0);
    const flow_design_options wide = {.design = FLOW_DESIGN_SALTELLI, .n_factor = 21, .n = 4};
    cr_expect_eq(flow_design_rows(&wide, &n_row), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "design saltelli takes at most 20 factors, there are 21");
}

// Values ----------------------------------------------------------------------------------------

static double value(const flow_factor *f, double unit)
{
    char room[FLOW_VALUE_TEXT];
    double out = 0.0;
    cr_assert(flow_number_parse(flow_factor_value(f, unit, room), &out));
    return out;
}

// Known answers: quantiles of the distributions, from their distribution functions.
Test(sweep, values_are_quantiles_of_their_distribution)
{
    const flow_factor uniform = {.min = -2, .max = 6, .has_min = true, .has_max = true};
    cr_expect_float_eq(value(&uniform, 0.25), 0.0, 1e-12);
    const flow_factor log = {.spread = FLOW_SPREAD_LOGUNIFORM,
                             .min = 0.01,
                             .max = 100,
                             .has_min = true,
                             .has_max = true};
    cr_expect_float_eq(value(&log, 0.5), 1.0, 1e-12);
    cr_expect_float_eq(value(&log, 0.75), 10.0, 1e-11);
    const flow_factor triangle = {.spread = FLOW_SPREAD_TRIANGULAR,
                                  .min = 0,
                                  .max = 4,
                                  .mode = 1,
                                  .has_min = true,
                                  .has_max = true};
    cr_expect_float_eq(value(&triangle, 0.25), 1.0, 1e-12); // (mode - min) / (max - min)
    cr_expect_float_eq(value(&triangle, 0.0625), 0.5, 1e-12);
    cr_expect_float_eq(value(&triangle, 1.0), 4.0, 1e-12);
    const flow_factor normal = {.spread = FLOW_SPREAD_NORMAL, .mean = 3, .sd = 2};
    cr_expect_float_eq(value(&normal, 0.975), 3.0 + 2.0 * 1.959963984540054, 1e-9);
    const flow_factor cut = {.spread = FLOW_SPREAD_NORMAL,
                             .mean = 0,
                             .sd = 1,
                             .min = 0,
                             .max = 9,
                             .has_min = true,
                             .has_max = true};
    // Half a normal distribution: its median is the upper quartile of the whole one.
    cr_expect_float_eq(value(&cut, 0.5), gsl_cdf_ugaussian_Pinv(0.75), 1e-9);
    const flow_factor lognormal = {.spread = FLOW_SPREAD_LOGNORMAL, .mean = 1, .sd = 0.5};
    cr_expect_float_eq(value(&lognormal, 0.5), exp(1.0), 1e-12);
}

Test(sweep, whole_numbers_have_equal_shares_and_both_ends)
{
    const flow_factor f = {.min = 1, .max = 4, .has_min = true, .has_max = true, .whole = true};
    int seen[6] = {0};
    for (int i = 0; i < 400; i++) { seen[(int)value(&f, (i + 0.5) / 400)]++; }
    for (int i = 1; i <= 4; i++) { cr_expect_eq(seen[i], 100, "%d: %d", i, seen[i]); }
    cr_expect_eq(value(&f, 0.0), 1.0);
    cr_expect_eq(value(&f, 1.0), 4.0);
}

Test(sweep, numbers_read_back_as_they_were)
{
    const double list[] = {0.1, 1.0 / 3.0, 400, 1e-300, -2.5, 12345678.9};
    char room[FLOW_VALUE_TEXT];
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        double back = 0.0;
        cr_expect(flow_number_parse(flow_value_text(list[i], room), &back), "%s", room);
        cr_expect_eq(back, list[i]);
    }
    cr_expect_str_eq(flow_value_text(0.1, room), "0.1");
    cr_expect_str_eq(flow_value_text(400, room), "400");
}

// Names of points -------------------------------------------------------------------------------

Test(sweep, ids_depend_on_content_only)
{
    const char *key[] = {"a.x", "b.y"}, *value_of[] = {"1", "two"};
    const char *other_key[] = {"b.y", "a.x"}, *other_value[] = {"two", "1"};
    char set_text[] = "b.y=two";
    char *set[] = {set_text};
    const uint64_t id = flow_point_id(key, value_of, 2, NULL, 0);
    cr_expect_eq(flow_point_id(other_key, other_value, 2, NULL, 0), id, "the order counts");
    cr_expect_eq(flow_point_id(key, value_of, 1, set, 1), id, "fixed or varied counts");
    cr_expect_neq(flow_point_id(key, other_value, 2, NULL, 0), id);
    cr_expect_neq(flow_point_id(key, value_of, 1, NULL, 0), id);
}

// Plans and tables ------------------------------------------------------------------------------

static void plan_refused(const char *text, const char *expected)
{
    flow_problems problems = {0};
    flow_plan plan;
    cr_assert_eq(flow_plan_parse("p.yaml", text, (int64_t)strlen(text), &problems, &plan), FLOW_OK);
    cr_expect_eq(flow_problems_result(&problems), FLOW_EINPUT, "accepted: %s", text);
    cr_expect(strstr(flow_error_text(), expected) != NULL, "'%s' lacks '%s'", flow_error_text(),
              expected);
    flow_problems_clear(&problems);
    flow_plan_clear(&plan);
}

Test(sweep, plans_are_refused_with_all_their_lines)
{
    plan_refused("desing: grid\n", "p.yaml:1:1: unknown key 'desing'; did you mean 'design'?");
    plan_refused("design: sobol\nvary: [{key: a, min: 1, max: 2}]\n", "n is missing");
    plan_refused("n: 3\n", "nothing varies");
    plan_refused("vary:\n  - {key: a}\n", "a: min and max, or values, are missing");
    plan_refused("design: random\nn: 2\nvary:\n  - {key: a, min: 2, max: 1}\n",
                 "p.yaml:4:5: a: min = 2 is not below max = 1");
    plan_refused("vary:\n  - {key: a, values: [1, 2]}\n  - {key: b, values: [1]}\n",
                 "b has 1 values, a has 2");
    plan_refused("vary: [{key: a, values: [1]}, {key: a, values: [1]}]\n", "a varies twice");
    plan_refused("set: [a=1]\nvary: [{key: a, values: [1]}]\n", "also in set");
    plan_refused("design: grid\nvary: [{key: a, min: 1, max: 2}]\n", "a grid needs values");
    plan_refused("design: morris\nlevels: 5\nn: 2\nvary: [{key: a, min: 1, max: 2}]\n",
                 "levels = 5 is odd");
    plan_refused("vary: [{kye: a, values: [1]}]\n", "did you mean 'key'?");
    plan_refused("vary: [{key: period.days, values: [1]}]\n", "period.days cannot vary");
    plan_refused("test: fermat\nvary: [{key: a, values: [1]}]\n", "is none of ishigami, sobol_g");
    plan_refused("replicates: 4\nblock: 2\nseries: {of: people}\nvary: [{key: a, values: [1]}]\n",
                 "needs all replicates of a point in one block");
    // Two problems, both told.
    const char *two = "vary:\n  - {key: a, min: 2, max: 1}\n  - {key: b}\n";
    plan_refused(two, "a: min = 2");
    plan_refused(two, "b: min and max");
}

static const char ishigami[] = "test: ishigami\ndesign: latin_hypercube\nn: 10\nreplicates: 5\n"
                               "block: 2\nnoise: 1\nseed: 4\nfiles: 7\nvary:\n"
                               "  - {key: x1, min: -3, max: 3}\n  - {key: x2, min: -3, max: 3}\n"
                               "  - {key: x3, min: -3, max: 3}\n";

static char *table_of(const char *text)
{
    flow_problems problems = {0};
    flow_plan plan;
    char *table = NULL;
    int64_t size = 0;
    cr_assert_eq(flow_plan_parse("p.yaml", text, (int64_t)strlen(text), &problems, &plan), FLOW_OK);
    cr_assert_eq(flow_problems_result(&problems), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_sweep_text(&plan, text, "", &table, &size), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq((size_t)size, strlen(table));
    flow_problems_clear(&problems);
    flow_plan_clear(&plan);
    return table;
}

static flow_sweep sweep_of(const char *table)
{
    flow_sweep sweep;
    cr_assert_eq(flow_sweep_parse("t.csv", table, (int64_t)strlen(table), &sweep), FLOW_OK, "%s",
                 flow_error_text());
    return sweep;
}

Test(sweep, tables_come_back_as_they_were_planned)
{
    char *table = table_of(ishigami);
    flow_sweep s = sweep_of(table);
    cr_expect_eq(s.n_row, 10);
    cr_expect_eq(s.n_point, 10);
    cr_expect_eq(s.n_member, 5);
    cr_expect_eq(s.n_task, 30, "blocks of 2, 2 and 1");
    cr_expect_eq(s.n_batch, 7);
    cr_expect_eq(s.n_key, 3);
    cr_expect_eq(s.plan.top.replicates, 5);
    int32_t next = 0;
    for (int32_t b = 0; b < s.n_batch; b++) {
        cr_expect_eq(flow_sweep_first_task(&s, b), next);
        next = flow_sweep_first_task(&s, b + 1);
        cr_expect_gt(next, flow_sweep_first_task(&s, b));
    }
    cr_expect_eq(next, s.n_task);
    flow_sweep_clear(&s);
    flow_dealloc(table);
}

static void table_refused(const char *table, const char *expected)
{
    flow_sweep sweep;
    cr_expect_eq(flow_sweep_parse("t.csv", table, (int64_t)strlen(table), &sweep), FLOW_EINPUT,
                 "accepted: %s", table);
    cr_expect(strstr(flow_error_text(), expected) != NULL, "'%s' lacks '%s'", flow_error_text(),
              expected);
}

Test(sweep, tables_made_elsewhere_are_read_and_checked)
{
    flow_sweep s = sweep_of("hop.camp_weight,hop.softening\n1,2\n3,4\n1,2\n");
    cr_expect_eq(s.n_row, 3);
    cr_expect_eq(s.n_point, 2, "a point that comes twice runs once");
    cr_expect_eq(s.n_task, 2);
    cr_expect_eq(s.row_point[2], 0);
    flow_sweep_clear(&s);
    table_refused("id,a\n0123456789abcdef,1\n", "t.csv:2:1: id '0123456789abcdef' is not that of");
    table_refused("row,a\n0,1\n2,2\n", "t.csv:3:1: row 2 follows row 0");
    table_refused("row,first_member,members,a\n0,0,2,1\n0,3,2,1\n", "first_member = 3, 2 was");
    table_refused("row,first_member,members,a\n0,0,2,1\n1,0,3,2\n", "has 2 members");
    table_refused("row,a\n0,1\n0,2\n", "row 0 has two points");
    table_refused("members,a\n0,1\n", "at least 1 was expected");
    table_refused("row,members\n0,1\n", "no column is the key");
    table_refused("a\n", "there is no point");
}

// Tallies ---------------------------------------------------------------------------------------

// Property: quantiles are within 1/32 of those of the sorted values, and a tally of all is the sum
// of tallies of parts.
Test(sweep, tallies_keep_quantiles_and_add_up)
{
    enum { n = 4001 };
    static double sorted[n];
    flow_tally all, part[3];
    cr_assert_eq(flow_tally_create(2, &all), FLOW_OK);
    for (int i = 0; i < 3; i++) { cr_assert_eq(flow_tally_create(2, &part[i]), FLOW_OK); }
    for (int i = 0; i < n; i++) {
        const double u = (i + 0.5) / n;
        sorted[i] = exp(8.0 * u - 2.0);
        const double value_of[2] = {sorted[i], -sorted[i]};
        flow_tally_add(&all, value_of);
        flow_tally_add(&part[i % 3], value_of);
    }
    flow_tally sum;
    cr_assert_eq(flow_tally_create(2, &sum), FLOW_OK);
    for (int i = 0; i < 3; i++) { flow_tally_merge(&sum, &part[i]); }
    cr_expect_eq(sum.n, n);
    cr_expect_arr_eq(sum.count, all.count, 2 * FLOW_TALLY_CLASSES * sizeof *sum.count);
    cr_expect_eq(sum.least[0], sorted[0]);
    cr_expect_eq(sum.largest[0], sorted[n - 1]);
    for (double q = 0.0; q <= 1.0; q += 0.05) {
        const double exact = sorted[(int)(q * (n - 1))];
        const double got = flow_tally_quantile(&sum, 0, q);
        cr_expect(fabs(got - exact) <= exact / 32.0 + 0.01, "%g: %g, not %g", q, got, exact);
        const double below = flow_tally_quantile(&sum, 1, 1.0 - q);
        cr_expect(fabs(below + exact) <= exact / 32.0 + 0.01, "-%g: %g, not %g", q, below, -exact);
    }
    flow_tally_clear(&all);
    flow_tally_clear(&sum);
    for (int i = 0; i < 3; i++) { flow_tally_clear(&part[i]); }
}

Test(sweep, tallies_take_any_number)
{
    flow_tally t;
    const double list[] = {0.0, (double)INFINITY, -(double)INFINITY, (double)NAN, 1e300, -1e-300};
    cr_assert_eq(flow_tally_create(1, &t), FLOW_OK);
    cr_expect(isnan(flow_tally_quantile(&t, 0, 0.5)), "no run, no quantile");
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) { flow_tally_add(&t, &list[i]); }
    cr_expect_eq(t.n, 6);
    flow_tally_clear(&t);
}

// Batches ---------------------------------------------------------------------------------------

typedef struct place_of_study {
    char folder[64];
    flow_sweep sweep;
    flow_study study;
} place_of_study;

static void begin(place_of_study *p)
{
    char *table = table_of(ishigami);
    const flow_sweep_options o = {.scenario = NULL};
    (void)snprintf(p->folder, sizeof p->folder, "%s", "/tmp/flow-sweep-XXXXXX");
    cr_assert_not_null(mkdtemp(p->folder));
    p->sweep = sweep_of(table);
    cr_assert_eq(flow_study_create(&p->sweep, &o, &p->study), FLOW_OK, "%s", flow_error_text());
    flow_dealloc(table);
}

static void end(place_of_study *p)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", p->folder);
    cr_expect_eq(system(command), 0);
    flow_study_clear(&p->study);
    flow_sweep_clear(&p->sweep);
}

Test(sweep, batches_come_back_whole_or_half_done)
{
    place_of_study p;
    flow_batch b, back;
    bool found = true;
    begin(&p);
    cr_assert_eq(flow_batch_create(&p.study, &b), FLOW_OK);
    cr_assert_eq(flow_batch_create(&p.study, &back), FLOW_OK);
    cr_assert_eq(flow_batch_load(&back, p.folder, 2, true, &found), FLOW_OK);
    cr_expect_not(found);
    cr_assert_eq(flow_batch_begin(&b, 2), FLOW_OK);
    flow_task task;
    int32_t member = 0;
    for (int i = 0; flow_batch_next(&b, &task, &member); i++) {
        const double y = 3.17 * i;
        flow_batch_add(&b, &y, NULL, (uint64_t)i);
        cr_assert_eq(flow_batch_save(&b, p.folder), FLOW_OK, "%s", flow_error_text());
        const bool whole = b.done == b.n_run;
        cr_assert_eq(flow_batch_load(&back, p.folder, 2, whole, &found), FLOW_OK, "%s",
                     flow_error_text());
        cr_assert(found);
        cr_expect_eq(back.done, i + 1);
        cr_expect_eq(back.value[i], y);
        cr_expect_eq(back.checksum[i], (uint64_t)i);
    }
    char *part = flow_batch_path(p.folder, 2, false);
    cr_expect_neq(access(part, F_OK), 0, "the half-done file stays");
    flow_dealloc(part);
    flow_batch_clear(&b);
    flow_batch_clear(&back);
    end(&p);
}

// Every byte changed, and every length: an error that says what, never a wrong number.
Test(sweep, damaged_batches_are_refused)
{
    place_of_study p;
    flow_batch b;
    bool found = false;
    begin(&p);
    cr_assert_eq(flow_batch_create(&p.study, &b), FLOW_OK);
    cr_assert_eq(flow_batch_begin(&b, 0), FLOW_OK);
    while (b.done < b.n_run) {
        const double y = 1.5;
        flow_batch_add(&b, &y, NULL, 7);
    }
    cr_assert_eq(flow_batch_save(&b, p.folder), FLOW_OK);
    char *path = flow_batch_path(p.folder, 0, true), *good = NULL;
    const flow_files files = {.folder = ""};
    int64_t size = 0;
    cr_assert_eq(flow_file_read(&files, path, 1 << 20, &good, &size), FLOW_OK);
    for (int64_t i = 0; i < 2 * size; i++) {
        const bool cut = i >= size;
        const int64_t n = cut ? i - size : size;
        char *bad = flow_strndup(good, (size_t)size);
        cr_assert_not_null(bad);
        memcpy(bad, good, (size_t)size);
        if (!cut) { bad[i] = (char)(bad[i] ^ 0x10); }
        cr_assert_eq(flow_text_save(path, bad, n), FLOW_OK);
        cr_expect_eq(flow_batch_load(&b, p.folder, 0, true, &found), FLOW_EINPUT, "%d of %d",
                     (int)i, (int)size);
        cr_expect_not(found);
        flow_dealloc(bad);
    }
    flow_dealloc(good);
    flow_dealloc(path);
    flow_batch_clear(&b);
    end(&p);
}

// The manual ------------------------------------------------------------------------------------

static void allowed(const flow_field *f, char out[static 128])
{
    const bool number = f->type == FLOW_INT || f->type == FLOW_DOUBLE;
    (void)snprintf(out, 128, "%s", f->type == FLOW_BOOL ? "true, false" : "text");
    if (number && f->min <= -1e300) {
        (void)snprintf(out, 128, "any");
    } else if (number && f->max >= 1e300) {
        (void)snprintf(out, 128, "%.10g or more", f->min);
    } else if (number) {
        (void)snprintf(out, 128, "%.10g to %.10g", f->min, f->max);
    } else if (f->type == FLOW_CHOICE) {
        size_t n = 0;
        for (const char *c = f->choices; *c != '\0' && n < 120; c++) {
            if (*c == '|') { out[n++] = ','; }
            out[n++] = *c == '|' ? ' ' : *c;
        }
        out[n] = '\0';
    }
}

Test(sweep, every_key_of_a_plan_is_in_the_manual_as_its_row_says)
{
    static const char *const path = "docs/sweeps.md";
    const flow_files files = {.folder = ""};
    const flow_section *const list[] = {&flow_plan_sections[0], &flow_plan_sections[1],
                                        &flow_plan_vary_section, &flow_plan_indicator_section};
    char *text = NULL;
    int64_t size = 0;
    int n = 0;
    cr_assert_eq(flow_file_read(&files, path, 1 << 20, &text, &size), FLOW_OK);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        for (const flow_field *f = list[i]->field; f->key != NULL; f++, n++) {
            char row[1024], values[128];
            allowed(f, values);
            (void)snprintf(row, sizeof row, "| %s%s%s | %s | %s | %s | %s |\n", list[i]->name,
                           *list[i]->name != '\0' ? "." : "", f->key, f->fallback, values, f->unit,
                           f->help);
            cr_expect(strstr(text, row) != NULL, "%s lacks the line\n%s", path, row);
        }
    }
    cr_expect_gt(n, 25);
    flow_dealloc(text);
}
