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

/// ln x! - (x + 1/2) ln x + x - ln(2 pi) / 2 for x >= 1. Source: Abramowitz and Stegun 6.1.41; from
/// 16 on its error is below 2e-16, and smaller numbers are led there by (x + 1)! = (x + 1) x!.
static inline double flow_stirling(double x)
{
    double sum = 0.0;
    for (; x < 16.0; x += 1.0) { sum += (x + 0.5) * log1p(1.0 / x) - 1.0; }
    const double r = 1.0 / x;
    const double s = r * r;
    return sum + r * (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680 - s / 1188))));
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

/// ln x! - x ln(mean) + mean: minus the logarithm of the Poisson chance of x = mean + d. A binomial
/// or hypergeometric chance is a product of such chances and of a constant.
static inline double flow_unlikely(double x, double mean, double d)
{
    const double half = x > 0.0 ? 0.5 * log(6.283185307179586 * x) + flow_stirling(x) : 0.0; // 2 pi
    return flow_deviance(x, mean, d) + half;
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
    bool mirror;   ///< the same draw gives much where it would give little
} flow_bell;

typedef struct flow_proposal {
    int64_t jump;  ///< the count minus the mode
    double height; ///< accept when at most the chance of the count over that of the mode; 0: surely
} flow_proposal;

// Proposals are a little wider than the bell. Relative to the chance of the mode, the chance of a
// count is at most 1 + above / spread times that of its proposal by a normal number |z| < 8.3, and
// at least 1 - (|z| / 2 + z^2 / 4 + below) / spread of this bound (test_split goes through all z).
static const double flow_bell_widen = 0.25, flow_bell_above = 0.35, flow_bell_below = 0.45;

/// Strips under exp(-z^2 / 2), 127 from z to z of the same area and a tail of this area: the edges,
/// made with 50 digits. Source: Ahrens 1995, "A one-table method", Computing 54:127-146.
enum { flow_bell_strips = 128 };
static const double flow_bell_edge[flow_bell_strips] = {
    0.000000000000000000, 0.009931118849128464, 0.019862727449165666, 0.029795805543471279,
    0.039731333745312674, 0.049670294215929429, 0.059613671345201723, 0.069562452436146967,
    0.079517628394481622, 0.089480194424502013, 0.099451150732559134, 0.109431503239428091,
    0.119422264302903079, 0.129424453451983792, 0.139439098134059165, 0.149467234476539459,
    0.159509908064438373, 0.169568174735463140, 0.179643101394233011, 0.189735766847315332,
    0.199847262660844089, 0.209978694042568739, 0.220131180750271882, 0.230305858028593414,
    0.240503877576406839, 0.250726408547011136, 0.260974638583529634, 0.271249774892046714,
    0.281553045355164613, 0.291885699688827256, 0.302249010645436998, 0.312644275266484625,
    0.323072816188124357, 0.333535983003355388, 0.344035153684721450, 0.354571736071711746,
    0.365147169427342548, 0.375762926068720996, 0.386420513076743784, 0.397121474090466233,
    0.407867391192094954, 0.418659886889013345, 0.429500626199747500, 0.440391318851325033,
    0.451333721596075839, 0.462329640656577218, 0.473380934308162364, 0.484489515609197689,
    0.495657355290198636, 0.506886484813804078, 0.518178999618676002, 0.529537062561544815,
    0.540962907572893820, 0.552458843543183194, 0.564027258458070115, 0.575670623802805650,
    0.587391499257901081, 0.599192537710280049, 0.611076490606494777, 0.623046213677215280,
    0.635104673065134707, 0.647254951891711821, 0.659500257301838997, 0.671843928029634016,
    0.684289442533167189, 0.696840427751122635, 0.709500668540235408, 0.722274117858939449,
    0.735164907770115378, 0.748177361344270479, 0.761316005554066289, 0.774585585262008219,
    0.787991078415533615, 0.801537712577923623, 0.815230982939708253, 0.829076671973874686,
    0.843080870919631690, 0.857250003304211634, 0.871590850740784086, 0.886110581273704837,
    0.900816780580866163, 0.915717486387856360, 0.930821226501201533, 0.946137060929637619,
    0.961674628634963222, 0.977444199539783589, 0.993456732521120249, 1.009723940239829416,
    1.026258361800273225, 1.043073444408003953, 1.060183635401987760, 1.077604486290489091,
    1.095352770726798138, 1.113446618736099768, 1.131905669965416808, 1.150751249297304063,
    1.170006568874245823, 1.189696961463119956, 1.209850151198665085, 1.230496569149627599,
    1.251669722942575938, 1.273406631980224356, 1.295748342773286269, 1.318740542802287501,
    1.342434296467020400, 1.366886933531518007, 1.392163129698216183, 1.418336231514875833,
    1.445489895159653671, 1.473720132901775273, 1.503137895455375694, 1.533872368088981855,
    1.566075231233581368, 1.599926245425967222, 1.635640687281044678, 1.673479424585061073,
    1.713762839255018920, 1.756890504660428887, 1.803369721733615321, 1.853858157835139946,
    1.909229832758078483, 1.970681589421940654, 2.039913791946529838, 2.119456754456703271,
    2.213308992741295304, 2.328321570478775557, 2.477659812385310608, 2.691466487261746653,
};

/// Propose a count that deviates from the mean like a normal number z after the first correction of
/// Cornish and Fisher 1937: spread z + skew (z^2 - 1).
///
/// All but 0.02 + 1.3 / spread of the proposals are accepted unseen. Numbers beyond 8.3 would need
/// more than 53 bits.
static inline flow_proposal flow_bell_propose(flow_rng_state *state, const flow_bell *bell)
{
    const uint64_t bits = flow_rng_bits(state);
    const uint32_t word = flow_rng_word(state);
    const uint32_t strip = (uint32_t)bits & (flow_bell_strips - 1);
    const double u = (double)(int64_t)(bits >> 11) * 0x1p-53;
    const double from = flow_bell_edge[strip];
    const bool tail = strip == flow_bell_strips - 1;
    const double far = tail ? -log(1.0 - u) : 0.0;
    const double size = tail ? from + far / from : from + u * (flow_bell_edge[strip + 1] - from);
    const double z = ((bits & flow_bell_strips) != 0) != bell->mirror ? -size : size;
    const double width = bell->spread + flow_bell_widen;
    flow_proposal out;
    out.jump = flow_floor(width * z + (bell->skew * (z * z - 1.0) + (bell->shift + 0.5)));
    const double v_most = ((double)word + 1.0) * 0x1p-32;
    const double loss = 0.5 * (size - from) * (size + from);
    const double unsure = flow_bell_below + size * (0.5 + 0.25 * size);
    if (!tail && bell->spread * (1.0 - loss - v_most) >= unsure) {
        out.height = 0.0;
        return out;
    }
    const double v = ((double)word + flow_rng_uniform(state)) * 0x1p-32;
    const double slope = 1.0 + 2.0 * bell->skew * z / width;
    const double hat = exp(-0.5 * from * from - far) * (1.0 + flow_bell_above / bell->spread);
    out.height = slope > 0.0 ? v * hat / slope : HUGE_VAL;
    return out;
}

#endif
