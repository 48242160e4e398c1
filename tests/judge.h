/// @file judge.h
/// How likely draws are when they have the distribution that they should have.
///
/// A test asks many questions, each answered by a probability: how likely a right program is so far
/// off or farther. A test fails when one of its m answers is below 1e-7 / m. So right code fails a
/// test with a chance below 1e-7; seeds are fixed.
#ifndef JUDGE_H
#define JUDGE_H

#include <stdint.h>

/// Counts of values beside their expected numbers; few expected ones are taken together. Begin with
/// zeros.
typedef struct tally {
    double chi_square, expected, observed;
    int cells;
} tally;

void tally_add(tally *t, double expected, double observed);
double tally_answer(const tally *t);

/// Two-sided answer to a number of standard errors.
double normal_answer(double z);

typedef double (*chance_of)(int64_t value, const void *context);

/// Draws of values within [low, high], which it sorts, against their chances.
double judge(int64_t *draw, int n, int64_t low, int64_t high, double mean, double sd,
             chance_of chance, const void *context);
/// Draws of how many of n do what each does with chance p, n below 2^32.
double judge_binomial(int64_t *draw, int n_draw, int64_t n, double p);
/// Draws of a Poisson number.
double judge_poisson(int64_t *draw, int n_draw, double mean);
/// Large counts, standardised: they fall evenly between 20 quantiles of the normal distribution,
/// after the first correction of Cornish and Fisher 1937; what remains is below 1 / variance.
double judge_bell(const double *z, int n, double skew);

/// The least of many answers. Begin with zeros.
typedef struct verdict {
    double least;
    int n;
    char where[128];
} verdict;

/// Add an answer; the words and numbers say which one it was.
void verdict_add(verdict *v, double p, const char *what, double a, double b);
/// Fail the test when the least answer is too small, or fewer than `at_least` were given.
void verdict_conclude(const verdict *v, int at_least);

#endif
