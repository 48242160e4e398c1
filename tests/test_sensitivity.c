// Sobol indices and elementary effects: functions whose answers are known.
#include "../libflow/rng.h"
#include "../libflow/sensitivity.h"
#include "../libflow/sweep_study.h"

#include <criterion/criterion.h>
#include <criterion/theories.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

/// A function at the rows of a design, each row a point of its own.
typedef struct sample {
    int64_t n_row;
    double *unit;
    double *value; ///< [n_row][n_member]
    int32_t *point;
    flow_rows_input in;
} sample;

static double noise_of(int64_t row, int32_t member)
{
    const uint64_t bits = flow_mix(flow_mix((uint64_t)row + 77) + (uint64_t)member);
    return gsl_cdf_ugaussian_Pinv(((double)(int64_t)(bits >> 11) + 0.5) * 0x1p-53);
}

static sample make(const flow_design_options *o, int32_t n_member, double noise,
                   double (*f)(const double *x, int32_t n))
{
    sample s = {0};
    cr_assert_eq(flow_design_rows(o, &s.n_row), FLOW_OK);
    s.unit = flow_calloc(s.n_row * o->n_factor, sizeof *s.unit);
    s.value = flow_calloc(s.n_row * n_member, sizeof *s.value);
    s.point = flow_calloc(s.n_row, sizeof *s.point);
    cr_assert_eq(flow_design_fill(o, s.unit), FLOW_OK);
    for (int64_t row = 0; row < s.n_row; row++) {
        s.point[row] = (int32_t)row;
        const double y = f(s.unit + row * o->n_factor, o->n_factor);
        for (int32_t m = 0; m < n_member; m++) {
            s.value[row * n_member + m] = y + noise * noise_of(row, m);
        }
    }
    s.in = (flow_rows_input){.n_key = o->n_factor,
                             .n = o->n,
                             .n_member = n_member,
                             .point = s.point,
                             .value = s.value,
                             .n_sample = 200};
    return s;
}

static void drop(sample *s)
{
    flow_dealloc(s->unit);
    flow_dealloc(s->value);
    flow_dealloc(s->point);
}

static double ishigami(const double *unit, int32_t n)
{
    double x[3], y = 0.0;
    for (int i = 0; i < 3; i++) { x[i] = PI * (2.0 * unit[i] - 1.0); }
    cr_assert_eq(flow_test_function("ishigami", x, n, &y), FLOW_OK);
    return y;
}

static double sobol_g(const double *unit, int32_t n)
{
    double y = 0.0;
    cr_assert_eq(flow_test_function("sobol_g", unit, n, &y), FLOW_OK);
    return y;
}

static void near(double got, double wanted, double width, const char *what)
{
    cr_expect(fabs(got - wanted) <= width, "%s is %.4f, not %.4f within %.4f", what, got, wanted,
              width);
}

// Known answer, Ishigami and Homma 1990 with a = 7, b = 0.1: V = a^2/8 + b pi^4/5 + b^2 pi^8/18 +
// 1/2, V1 = (1 + b pi^4/5)^2 / 2, V2 = a^2/8, V13 = 8 b^2 pi^8 / 225.
Test(sensitivity, ishigami_has_its_known_indices)
{
    const double v1 = 0.5 * pow(1.0 + 0.1 * pow(PI, 4) / 5.0, 2.0), v2 = 49.0 / 8.0;
    const double v13 = 8.0 * 0.01 * pow(PI, 8) / 225.0, v = v1 + v2 + v13;
    const flow_design_options o = {.design = FLOW_DESIGN_SALTELLI, .n_factor = 3, .n = 8192};
    sample s = make(&o, 1, 0.0, ishigami);
    flow_sobol r;
    cr_assert_eq(flow_sensitivity_sobol(&s.in, &r), FLOW_OK, "%s", flow_error_text());
    near(r.mean, 3.5, 0.02, "mean");
    near(r.variance, v, 0.15, "variance");
    near(r.first[0].value, v1 / v, 0.01, "S1");
    near(r.first[1].value, v2 / v, 0.01, "S2");
    near(r.first[2].value, 0.0, 0.01, "S3");
    near(r.total[0].value, (v1 + v13) / v, 0.01, "T1");
    near(r.total[1].value, v2 / v, 0.01, "T2");
    near(r.total[2].value, v13 / v, 0.01, "T3");
    cr_expect(isnan(r.noise.value), "one member says nothing of luck");
    for (int i = 0; i < 3; i++) {
        cr_expect(r.total[i].low < r.total[i].value && r.total[i].value < r.total[i].high);
        cr_expect(r.total[i].high - r.total[i].low < 0.08);
    }
    flow_sobol_clear(&r);
    drop(&s);
}

// Known answer, Saltelli and Sobol 1995: V_i = 1 / (3 (1 + a_i)^2), V = product of (1 + V_i) - 1,
// total V_i times the product of the others' (1 + V_k).
Test(sensitivity, sobol_g_has_its_known_indices)
{
    const double a[] = {0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0};
    double vi[8], v = 1.0;
    for (int i = 0; i < 8; i++) {
        vi[i] = 1.0 / (3.0 * (1.0 + a[i]) * (1.0 + a[i]));
        v *= 1.0 + vi[i];
    }
    v -= 1.0;
    const flow_design_options o = {.design = FLOW_DESIGN_SALTELLI, .n_factor = 8, .n = 8192};
    sample s = make(&o, 1, 0.0, sobol_g);
    flow_sobol r;
    cr_assert_eq(flow_sensitivity_sobol(&s.in, &r), FLOW_OK);
    near(r.mean, 1.0, 0.01, "mean");
    for (int i = 0; i < 8; i++) {
        near(r.first[i].value, vi[i] / v, 0.01, "first");
        near(r.total[i].value, vi[i] * (v + 1.0) / (1.0 + vi[i]) / v, 0.01, "total");
    }
    flow_sobol_clear(&r);
    drop(&s);
}

// Known answer: noise of variance s^2 is a factor that adds s^2 to the variance and takes part in
// nothing else. Few replicates must not look like effects.
TheoryDataPoints(sensitivity, luck_is_a_factor_of_its_own) = {DataPoints(int, 2, 5),
                                                              DataPoints(double, 1.0, 4.0)};
Theory((int members, double sd), sensitivity, luck_is_a_factor_of_its_own)
{
    const double v = 13.8445, whole = v + sd * sd;
    const flow_design_options o = {.design = FLOW_DESIGN_SALTELLI, .n_factor = 3, .n = 8192};
    sample s = make(&o, members, sd, ishigami);
    flow_sobol r;
    cr_assert_eq(flow_sensitivity_sobol(&s.in, &r), FLOW_OK);
    // Standard errors at this n stay below 0.01, also with much noise.
    near(r.noise.value, sd * sd / whole, 0.02, "luck");
    near(r.first[0].value, 0.3139 * v / whole, 0.05, "S1");
    near(r.first[2].value, 0.0, 0.05, "S3");
    near(r.total[0].value, 0.5576 * v / whole, 0.03, "T1");
    near(r.total[1].value, 0.4424 * v / whole, 0.03, "T2");
    near(r.total[2].value, 0.2437 * v / whole, 0.03, "T3");
    flow_sobol_clear(&r);
    drop(&s);
}

// Property: where two rows of a design are one point they share their luck, which is no effect.
Test(sensitivity, rows_of_one_point_share_their_luck)
{
    const flow_design_options o = {.design = FLOW_DESIGN_SALTELLI, .n_factor = 1, .n = 4096};
    sample s = make(&o, 3, 0.0, sobol_g);
    // With one factor, A with the factor of B is B itself.
    for (int64_t i = 0; i < o.n; i++) {
        s.point[3 * i + 2] = s.point[3 * i + 1];
        for (int32_t m = 0; m < 3; m++) {
            s.value[9 * i + m] += 2.0 * noise_of(3 * i, m);
            s.value[9 * i + 3 + m] += 2.0 * noise_of(3 * i + 1, m);
        }
    }
    const double share = 1.0 / 3.0 / (1.0 / 3.0 + 4.0);
    flow_sobol r;
    cr_assert_eq(flow_sensitivity_sobol(&s.in, &r), FLOW_OK);
    near(r.first[0].value, share, 0.05, "first");
    near(r.total[0].value, share, 0.05, "total");
    near(r.noise.value, 1.0 - share, 0.02, "luck");
    flow_sobol_clear(&r);
    drop(&s);
}

static double plane(const double *x, int32_t n)
{
    double y = 0.0;
    for (int32_t i = 0; i < n; i++) { y += (i - 1) * 3.17 * x[i]; }
    return y;
}

static double bent(const double *x, int32_t n)
{
    return plane(x, n) + 8.0 * x[0] * x[n - 1];
}

// Known answer: on a plane every effect is the slope, and nothing varies.
Test(sensitivity, effects_on_a_plane_are_its_slopes)
{
    const flow_design_options o = {
        .design = FLOW_DESIGN_MORRIS, .n_factor = 4, .n = 10, .levels = 4, .seed = 9};
    sample s = make(&o, 1, 0.0, plane);
    flow_morris r;
    cr_assert_eq(flow_sensitivity_morris(&s.in, s.unit, &r), FLOW_OK);
    for (int i = 0; i < 4; i++) {
        near(r.mu[i], (i - 1) * 3.17, 1e-12, "mu");
        near(r.mu_star[i].value, abs(i - 1) * 3.17, 1e-12, "mu*");
        near(r.sigma[i], 0.0, 1e-12, "sigma");
        cr_expect(isnan(r.noise[i]));
    }
    flow_morris_clear(&r);
    drop(&s);
}

// Known answer: with a product of two factors each has slope 8 times the other's level, which is
// uniform on 0, 1/3, 2/3, 1: mean 1/2, variance 5/36. Luck alone has its own size.
Test(sensitivity, effects_show_interaction_and_luck)
{
    const flow_design_options o = {
        .design = FLOW_DESIGN_MORRIS, .n_factor = 3, .n = 4000, .levels = 4, .seed = 9};
    sample s = make(&o, 2, 0.5, bent);
    flow_morris r;
    cr_assert_eq(flow_sensitivity_morris(&s.in, s.unit, &r), FLOW_OK);
    const double step = 2.0 / 3.0, luck = 0.5 * 0.5 * 2.0 / 2.0; // variance of a difference
    const double width = 5.0 * sqrt((64.0 * 5.0 / 36.0 + luck / step / step) / 4000.0);
    near(r.mu[0], -3.17 + 4.0, width, "mu of the first");
    near(r.mu[2], 3.17 + 4.0, width, "mu of the last");
    near(r.mu[1], 0.0, width, "mu of the middle");
    near(r.sigma[0], sqrt(64.0 * 5.0 / 36.0 + luck / step / step), 0.15, "sigma");
    near(r.noise[1], sqrt(2.0 * luck / PI) / step, 0.12, "luck alone");
    near(r.mu_star[1].value, sqrt(2.0 * luck / PI) / step, 0.05, "mu* of what does nothing");
    flow_morris_clear(&r);
    drop(&s);
}

Test(sensitivity, studies_without_indices_are_refused)
{
    char grid[] = "grid", saltelli[] = "saltelli", name[] = "y";
    char *names[] = {name};
    double value[] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, (double)NAN};
    double *values[] = {value};
    int32_t point[] = {0, 1, 2};
    flow_study_result s = {.design = grid,
                           .n = 1,
                           .n_row = 3,
                           .n_point = 4,
                           .n_member = 2,
                           .n_key = 1,
                           .n_value = 1,
                           .row_point = point,
                           .name = names,
                           .value = values};
    flow_sobol sobol;
    flow_morris morris;
    cr_expect_eq(flow_sensitivity_study(&s, 0, 10, 0, &sobol, &morris), FLOW_ESTATE);
    cr_expect(strstr(flow_error_text(), "design grid has no indices") != NULL);
    s.design = saltelli;
    cr_expect_eq(flow_sensitivity_study(&s, 0, 10, 0, &sobol, &morris), FLOW_ESTATE);
    cr_expect_str_eq(flow_error_text(), "y has no value in 1 of 8 runs");
    s.common_luck = true;
    cr_expect_eq(flow_sensitivity_study(&s, 0, 10, 0, &sobol, &morris), FLOW_ESTATE);
    cr_expect(strstr(flow_error_text(), "share their luck") != NULL);
    s.n_row = 2;
    cr_expect_eq(flow_sensitivity_study(&s, 0, 10, 0, &sobol, &morris), FLOW_ESTATE);
    cr_expect_str_eq(flow_error_text(), "the study has 2 rows, its design 3");
}
