// The six published FLEE situations that tests compare with, and runs of them kept in memory.
#ifndef SITUATION_H
#define SITUATION_H

#include "../libflow/output.h"

enum { n_situation = 6 };
extern const char *const situation_name[n_situation];

/// Folder of the large public data: $LIBFLOW_DATA, or ../shared/data beside the checkout. Skips the
/// running test, and says so, where it is absent.
const char *situation_data(void);

/// Load one situation with its settings; asserts success.
flow_scenario *situation_load(const char *name, int32_t days, const char *const *set,
                              int32_t n_set);

/// What a run in memory is asked for, and what it answers.
typedef struct situation_run {
    uint64_t seed;
    int32_t threads;
    uint64_t checksum;    ///< out
    int64_t person_steps; ///< out
    double cpu_s;         ///< out: CPU seconds inside steps, all threads
} situation_run;

/// Run a scenario and keep what a result file would hold of it, for flow_score_result(). Asserts
/// each step that nobody is created or lost. Freed by flow_result_free().
flow_result *situation_simulate(const flow_scenario *scenario, situation_run *run);

#endif
