/// @file split_math.h
/// Layer 0: what the samplers of split share: probabilities of counts without cancellation, and
/// proposals from a bell that nearly is the one wanted.
#ifndef FLOW_SPLIT_MATH_H
#define FLOW_SPLIT_MATH_H

#include "rng.h"

#include <math.h>

// ln x! = x ln x - x + ln(2 pi x) / 2 + stirling(x). Of the large terms only their differences from
// the mean matter, and those are taken as one function: errors stay near 1e-15 even for counts of
// 2^62. Source of both: Loader 2000, "Fast and accurate computation of binomial probabilities".

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

/// The largest whole number <= x.
static inline int64_t flow_floor(double x)
{
    const int64_t whole = (int64_t)x;
    return whole - (x < (double)whole);
}

/// A distribution of whole numbers of the shape of a bell: a binomial or hypergeometric one.
typedef struct flow_bell {
    int64_t mode;  ///< a count near the most likely one; others are told by their distance from it
    double shift;  ///< mean - mode
    double spread; ///< standard deviation, at least 3
    double skew;   ///< third central moment / (6 variance): (1 - 2 p) / 6 of a binomial
} flow_bell;

typedef struct flow_proposal {
    int64_t jump;  ///< the count minus the mode
    double height; ///< accept when at most the chance of the count over that of the mode; 0: surely
} flow_proposal;

/// Propose a count that deviates from the mean like a normal number z after the first correction of
/// Cornish and Fisher 1937: spread z + skew (z^2 - 1).
///
/// The normal number comes from 127 strips of equal area and an exponential tail (after Ahrens
/// 1995, "A one-table method", Computing 54:127-146). The chance of a count exceeds that of its
/// proposal by a factor of at most 1 + 0.35 / spread for |z| < 8.3, beyond which a number of 53
/// bits does not reach, and is no less than 1 - (|z| / 2 + z^2 / 4 + 0.1) / spread of it
/// (test_split checks both). So most proposals are accepted unseen: all but 0.02 + 1.3 / spread of
/// them.
static inline flow_proposal flow_bell_propose(flow_rng_state *state, const flow_bell *bell)
{
    enum { n_strip = 128 };
    static const double edge[n_strip] = {0.0,
                                         0.009931118849128465,
                                         0.019862727449165667,
                                         0.02979580554347128,
                                         0.03973133374531267,
                                         0.04967029421592943,
                                         0.05961367134520172,
                                         0.06956245243614696,
                                         0.07951762839448162,
                                         0.08948019442450202,
                                         0.09945115073255914,
                                         0.10943150323942809,
                                         0.11942226430290308,
                                         0.12942445345198378,
                                         0.13943909813405916,
                                         0.14946723447653945,
                                         0.15950990806443838,
                                         0.16956817473546315,
                                         0.179643101394233,
                                         0.18973576684731533,
                                         0.1998472626608441,
                                         0.20997869404256875,
                                         0.22013118075027188,
                                         0.2303058580285934,
                                         0.24050387757640684,
                                         0.2507264085470111,
                                         0.26097463858352965,
                                         0.2712497748920467,
                                         0.2815530453551646,
                                         0.29188569968882727,
                                         0.302249010645437,
                                         0.31264427526648464,
                                         0.32307281618812433,
                                         0.3335359830033554,
                                         0.34403515368472143,
                                         0.3545717360717118,
                                         0.36514716942734254,
                                         0.37576292606872097,
                                         0.3864205130767438,
                                         0.3971214740904662,
                                         0.407867391192095,
                                         0.41865988688901334,
                                         0.4295006261997475,
                                         0.44039131885132504,
                                         0.4513337215960758,
                                         0.4623296406565772,
                                         0.47338093430816236,
                                         0.4844895156091977,
                                         0.4956573552901986,
                                         0.506886484813804,
                                         0.518178999618676,
                                         0.5295370625615449,
                                         0.5409629075728938,
                                         0.5524588435431832,
                                         0.5640272584580701,
                                         0.5756706238028056,
                                         0.5873914992579011,
                                         0.59919253771028,
                                         0.6110764906064948,
                                         0.6230462136772152,
                                         0.6351046730651347,
                                         0.6472549518917118,
                                         0.659500257301839,
                                         0.671843928029634,
                                         0.6842894425331671,
                                         0.6968404277511226,
                                         0.7095006685402354,
                                         0.7222741178589395,
                                         0.7351649077701153,
                                         0.7481773613442705,
                                         0.7613160055540663,
                                         0.7745855852620083,
                                         0.7879910784155336,
                                         0.8015377125779236,
                                         0.8152309829397083,
                                         0.8290766719738747,
                                         0.8430808709196317,
                                         0.8572500033042116,
                                         0.8715908507407841,
                                         0.8861105812737048,
                                         0.9008167805808661,
                                         0.9157174863878563,
                                         0.9308212265012016,
                                         0.9461370609296377,
                                         0.9616746286349632,
                                         0.9774441995397836,
                                         0.9934567325211202,
                                         1.0097239402398295,
                                         1.0262583618002732,
                                         1.0430734444080039,
                                         1.0601836354019878,
                                         1.077604486290489,
                                         1.095352770726798,
                                         1.1134466187360998,
                                         1.1319056699654169,
                                         1.150751249297304,
                                         1.1700065688742458,
                                         1.1896969614631199,
                                         1.209850151198665,
                                         1.2304965691496277,
                                         1.251669722942576,
                                         1.2734066319802244,
                                         1.2957483427732863,
                                         1.3187405428022876,
                                         1.3424342964670204,
                                         1.366886933531518,
                                         1.3921631296982162,
                                         1.4183362315148758,
                                         1.4454898951596538,
                                         1.4737201329017753,
                                         1.5031378954553758,
                                         1.5338723680889819,
                                         1.5660752312335813,
                                         1.5999262454259673,
                                         1.6356406872810447,
                                         1.673479424585061,
                                         1.7137628392550188,
                                         1.7568905046604288,
                                         1.8033697217336153,
                                         1.8538581578351399,
                                         1.9092298327580786,
                                         1.9706815894219407,
                                         2.03991379194653,
                                         2.1194567544567033,
                                         2.2133089927412954,
                                         2.3283215704787756,
                                         2.4776598123853106,
                                         2.6914664872617466};
    const double widen = 0.25, above = 0.35, below = 0.1;
    const uint64_t bits = flow_rng_bits(state);
    const uint32_t word = flow_rng_word(state);
    const uint32_t strip = (uint32_t)bits & (n_strip - 1);
    const double u = (double)(int64_t)(bits >> 11) * 0x1p-53;
    const double from = edge[strip];
    const bool tail = strip == n_strip - 1;
    const double far = tail ? -log(1.0 - u) : 0.0;
    const double size = tail ? from + far / from : from + u * (edge[strip + 1] - from);
    const double z = (bits & n_strip) != 0 ? -size : size;
    const double width = bell->spread + widen;
    flow_proposal out;
    out.jump = flow_floor(width * z + (bell->skew * (z * z - 1.0) + (bell->shift + 0.5)));
    const double v_most = ((double)word + 1.0) * 0x1p-32;
    const double loss = 0.5 * (size - from) * (size + from);
    const double unsure = above + below + size * (0.5 + 0.25 * size);
    if (!tail && bell->spread * (1.0 - loss - v_most) >= unsure) {
        out.height = 0.0;
        return out;
    }
    const double v = ((double)word + flow_rng_uniform(state)) * 0x1p-32;
    const double slope = 1.0 + 2.0 * bell->skew * z / width;
    const double hat = exp(-0.5 * from * from - far) * (1.0 + above / bell->spread);
    out.height = slope > 0.0 ? v * hat / slope : HUGE_VAL;
    return out;
}

#endif
