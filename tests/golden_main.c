// A plain program that prints the checksums of the golden scenarios in the form of golden.def, each
// with a hash of the whole states, numbers included: tools/same_bits compares what different
// compilers make of it. Exit status 1 when they are not those of golden.def. Runs in the root of
// the checkout.
#include "golden.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/// Checksums of a whole period; returns the hash of all its states.
static uint64_t run(int i, const flow_scenario *s, flow_individuals who, golden *sum)
{
    static saved state;
    uint64_t hash = 0;
    flow_model *m = story_model(s, 11, who, 1);
    while (flow_model_day(m) < s->n_step) {
        golden_step(i, m, sum);
        save(m, &state);
        hash = flow_hash(hash, state.byte, (size_t)state.n);
    }
    flow_model_free(m);
    return hash;
}

int main(void)
{
    int status = 0;
    for (int i = 0; i < n_golden; i++) {
        flow_scenario *s = golden_load(i);
        golden sum[3] = {{0}}, row = {0};
        uint64_t state = 0;
        for (int who = 0; who < 3; who++) {
            state = flow_mix(state + run(i, s, (flow_individuals)who, &sum[who]));
        }
        (void)printf("GOLDEN(\"%s\", 0x%016" PRIx64 ", 0x%016" PRIx64 ", 0x%016" PRIx64
                     ") // %016" PRIx64 "\n",
                     golden_cases[i].name, sum[0].counts, sum[1].who[1], sum[2].who[2], state);
        const bool known = golden_row(i, &row) && row.counts == sum[0].counts &&
                           row.counts == sum[1].counts && row.counts == sum[2].counts &&
                           row.who[1] == sum[1].who[1] && row.who[2] == sum[2].who[2];
        if (!known) { status = 1; }
        flow_scenario_free(s);
    }
    if (status != 0) {
        (void)fprintf(stderr, "golden: the results of a step have changed; when that is intended: "
                              "tools/same_bits --renew\n");
    }
    return status;
}
