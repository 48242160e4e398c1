#include "judge.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double false_alarm = 1e-7;

void tally_add(tally *t, double expected, double observed)
{
    t->expected += expected;
    t->observed += observed;
    if (t->expected < 10.0) { return; }
    const double off = t->observed - t->expected;
    t->chi_square += off * off / t->expected;
    t->expected = t->observed = 0.0;
    t->cells++;
}

/// The answer. What is left at the end is judged as a Poisson number when it cannot join a cell.
double tally_answer(const tally *t)
{
    double p = 1.0;
    if (t->cells >= 2) { p = gsl_cdf_chisq_Q(t->chi_square, t->cells - 1); }
    if (t->observed > 0.0) {
        const double tail = gsl_cdf_poisson_Q((unsigned int)t->observed - 1, t->expected);
        p = fmin(p, tail);
    }
    return fmin(1.0, 2.0 * p);
}

double normal_answer(double z)
{
    return 2.0 * gsl_cdf_ugaussian_Q(fabs(z));
}

static int compare_counts(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

double judge(int64_t *draw, int n, int64_t low, int64_t high, double mean, double sd,
             chance_of chance, const void *context)
{
    qsort(draw, (size_t)n, sizeof *draw, compare_counts);
    if (draw[0] < low || draw[n - 1] > high) { return 0.0; }
    // All values within 12 standard deviations; beyond them nothing is ever drawn.
    const double reach = 12.0 * sd + 30.0;
    const int64_t from = (double)low > mean - reach ? low : (int64_t)(mean - reach);
    const int64_t to = (double)high < mean + reach ? high : (int64_t)(mean + reach);
    if (draw[0] < from || draw[n - 1] > to) { return 0.0; }
    tally t = {0};
    int at = 0;
    for (int64_t value = from; value <= to; value++) {
        double observed = 0.0;
        for (; at < n && draw[at] == value; at++) { observed += 1.0; }
        tally_add(&t, n * chance(value, context), observed);
    }
    return tally_answer(&t);
}

typedef struct trials {
    int64_t n;
    double p;
} trials;

static double binomial_chance(int64_t value, const void *context)
{
    const trials *b = context;
    return gsl_ran_binomial_pdf((unsigned int)value, b->p, (unsigned int)b->n);
}

double judge_binomial(int64_t *draw, int n_draw, int64_t n, double p)
{
    const trials b = {n, p};
    return judge(draw, n_draw, 0, n, (double)n * p, sqrt((double)n * p * (1.0 - p)),
                 binomial_chance, &b);
}

static double poisson_chance(int64_t value, const void *context)
{
    double mean;
    memcpy(&mean, context, sizeof mean);
    return gsl_ran_poisson_pdf((unsigned int)value, mean);
}

double judge_poisson(int64_t *draw, int n_draw, double mean)
{
    return judge(draw, n_draw, 0, INT64_MAX, mean, sqrt(mean), poisson_chance, &mean);
}

double judge_bell(const double *z, int n, double skew)
{
    double count[20] = {0};
    for (int i = 0; i < n; i++) {
        const double straight = z[i] - skew * (z[i] * z[i] - 1.0) / 6.0;
        count[(int)fmin(19.0, 20.0 * gsl_cdf_ugaussian_P(straight))] += 1.0;
    }
    tally t = {0};
    for (int i = 0; i < 20; i++) { tally_add(&t, n / 20.0, count[i]); }
    return tally_answer(&t);
}

void verdict_add(verdict *v, double p, const char *what, double a, double b)
{
    v->n++;
    if (v->n == 1 || p < v->least) {
        v->least = p;
        (void)snprintf(v->where, sizeof v->where, "%s %.17g, %.17g", what, a, b);
    }
}

void verdict_conclude(const verdict *v, int at_least)
{
    cr_expect_geq(v->n, at_least, "only %d questions", v->n);
    cr_expect_geq(v->least, false_alarm / v->n, "%s: %g, the least of %d", v->where, v->least,
                  v->n);
}
