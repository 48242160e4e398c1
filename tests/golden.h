/// @file golden.h
/// Small scenarios whose checksums are constants (golden.def), for the tests and for
/// tools/same_bits. No Criterion: a function that does not succeed ends the program with a text.
#ifndef GOLDEN_H
#define GOLDEN_H

#include "stories.h"

enum { n_golden = 17 };

/// A story, or a scenario of the checkout.
typedef struct golden_case {
    const char *name;
    const char *folder; ///< NULL: a story
    int story;
    const char *set[6]; ///< overrides
} golden_case;

extern const golden_case golden_cases[n_golden];

/// What is known of a case: chained over its steps, the checksum of counts, and that of identities
/// when a sample or all are followed.
typedef struct golden {
    uint64_t counts;
    uint64_t who[3]; ///< by flow_individuals; 0 for none
} golden;

/// The row of golden.def; false: there is none.
bool golden_row(int i, golden *out);
/// Load a case; `seed` and followed people are those of story_model().
flow_scenario *golden_load(int i);
/// Do one step, and add its checksums to `sum`.
void golden_step(int i, flow_model *m, golden *sum);

#endif
