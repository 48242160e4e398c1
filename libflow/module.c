// What modules may call while they do a step.
#include "rng.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/// Half a unit of the last place of a date: 49 steps of an hour are no whole number of doubles.
static const double sliver = 1e-6;

void flow_turn_days(const flow_turn *turn, int32_t *first, int32_t *end)
{
    *first = (int32_t)ceil(turn->day - sliver);
    *end = (int32_t)ceil(turn->day + turn->world->dt - sliver);
}

double flow_turn_uniform(const flow_turn *turn, int64_t cell, int32_t draw)
{
    // The key holds who draws, the counter what for.
    const uint64_t who = flow_mix(
        flow_mix(turn->seed + UINT64_C(0x9e3779b97f4a7c15) * (turn->member + 1)) ^ turn->stream);
    const uint32_t key[2] = {(uint32_t)who, (uint32_t)(who >> 32)};
    const uint64_t where = (uint64_t)cell;
    const uint32_t counter[4] = {(uint32_t)draw, (uint32_t)turn->step, (uint32_t)where,
                                 (uint32_t)(where >> 32)};
    uint32_t word[4];
    flow_philox(counter, key, word);
    return (double)(((uint64_t)word[0] << 32 | word[1]) >> 11) * 0x1p-53;
}

double flow_turn_normal(const flow_turn *turn, int64_t cell, int32_t draw)
{
    return gsl_cdf_ugaussian_Pinv(fmax(flow_turn_uniform(turn, cell, draw), 0x1p-54));
}

double flow_great_circle_km(double latitude_a, double longitude_a, double latitude_b,
                            double longitude_b)
{
    const double degree = 3.14159265358979323846 / 180.0;
    const double earth_km = 6371.0088; // mean radius, Moritz 2000, J. Geod. 74:128-133
    const double a = sin(0.5 * degree * (latitude_b - latitude_a));
    const double b = sin(0.5 * degree * (longitude_b - longitude_a));
    const double h = a * a + cos(degree * latitude_a) * cos(degree * latitude_b) * b * b;
    return 2.0 * earth_km * asin(h > 1.0 ? 1.0 : sqrt(h));
}
