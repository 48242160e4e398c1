/// @file split_math.h
/// Layer 0: probabilities of counts without cancellation, for the samplers of split.
///
/// ln x! = x ln x - x + ln(2 pi x) / 2 + stirling(x). Of the large terms only their differences
/// from the mean matter, and those are taken as one function: errors stay near 1e-15 even for
/// counts of 2^62. Source of both: Loader 2000, "Fast and accurate computation of binomial
/// probabilities".
#ifndef FLOW_SPLIT_MATH_H
#define FLOW_SPLIT_MATH_H

#include <math.h>

/// ln x! - (x + 1/2) ln x + x - ln(2 pi) / 2 for a whole number x >= 1. Source: the series is
/// Abramowitz and Stegun 6.1.41 (error below 2e-16 from 16 on), the table was made with 60 digits.
static inline double flow_stirling(double x)
{
    static const double small[16] = {
        0.0,
        0.08106146679532726,
        0.0413406959554093,
        0.02767792568499834,
        0.020790672103765093,
        0.016644691189821193,
        0.013876128823070748,
        0.01189670994589177,
        0.010411265261972096,
        0.009255462182712733,
        0.00833056343336287,
        0.007573675487951841,
        0.00694284010720953,
        0.006408994188004207,
        0.0059513701127588475,
        0.005554733551962801,
    };
    if (x < 16.0) { return small[(int)x]; }
    const double r = 1.0 / x;
    const double s = r * r;
    return r * (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680 - s / 1188))));
}

/// x ln(x / mean) - (x - mean), given x >= 0, mean > 0 and d = x - mean; never negative.
static inline double flow_deviance(double x, double mean, double d)
{
    if (fabs(d) >= 0.1 * mean) { return x > 0.0 ? x * log(x / mean) - d : -d; }
    // ln(x / mean) = 2 atanh(v); v^2 <= 0.0028, so the series is complete to the last bit.
    const double v = d / (x + mean);
    const double s = v * v;
    const double rest =
        s * (1.0 / 3 + s * (1.0 / 5 + s * (1.0 / 7 + s * (1.0 / 9 + s * (1.0 / 11 + s / 13)))));
    return v * (d + 2.0 * x * rest);
}

#endif
