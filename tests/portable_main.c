// The code for processors without SSE2 gives the same bits. This program is built from its own copy
// of the sources, with FLOW_PORTABLE defined.
#include "../libflow/lanes.h"
#include "split_bits.h"

#include <stdio.h>

int main(void)
{
    gsl_rng *rng = gsl_rng_alloc(flow_rng_philox);
    if (rng == NULL || flow_lanes_widest() != FLOW_NARROW) { return 1; }
    const uint64_t bits = split_bits(rng);
    gsl_rng_free(rng);
    if (bits == SPLIT_BITS) { return 0; }
    (void)fprintf(stderr, "portable: the bits are %016llx, not %016llx\n", (unsigned long long)bits,
                  (unsigned long long)SPLIT_BITS);
    return 1;
}
