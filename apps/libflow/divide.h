/// @file divide.h
/// The command `libflow`: one run by several processes of MPI.
#ifndef DIVIDE_H
#define DIVIDE_H

#include "app.h"
#include "run.h"

/// How the places of a scenario are divided.
typedef struct app_division {
    const char *by;      ///< "METIS", or what stands for it
    int32_t *owner;      ///< [n_place] process of each place
    int32_t least, most; ///< places of one process
    int64_t cut;         ///< links that begin and end with different processes
} app_division;

/// The processes of a run.
typedef struct app_team {
    int32_t rank, size; ///< 0 and 0: the run is not divided
    void *comm;
    flow_divided over;
    app_division division;
    int64_t bytes; ///< that processes sent to each other
} app_team;

/// Begin MPI. FLOW_OK or FLOW_ESTATE: it does not start, or this program is not libflow-mpi.
flow_err app_team_begin(app_team *out);
/// Whether this process writes and prints; true where the run is not divided.
bool app_team_first(const app_team *team);
/// Whether this process says what is wrong, when it failed or not and all are asked: the first one
/// for all, others where the first one has nothing to say. *any: some process failed.
bool app_team_says(app_team *team, bool failed, bool *any);
/// Divide the scenario and run it with all processes.
flow_err app_team_run(app_team *team, const flow_scenario *scenario,
                      const flow_run_options *options, flow_run_report *report);
/// Whether this process, which failed in app_team_run(), says why. Others may wait for it in the
/// middle of a step, and may fail in the same way: the first one speaks first.
bool app_team_tells(app_team *team);
/// It has said so: where others wait, they are ended with it.
void app_team_stop(app_team *team, app_exit status);
/// End MPI, once all processes have come so far.
void app_team_end(app_team *team);

#endif
