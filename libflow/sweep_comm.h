/// @file sweep_comm.h
/// Layer 6: many processes at one study or one model, over MPI. Only libflow-mpi is linked with it.
///
/// No process is a master: the number of the next batch is a counter that all take from.
#ifndef FLOW_SWEEP_COMM_H
#define FLOW_SWEEP_COMM_H

#include "comm.h"

typedef struct flow_comm flow_comm;

/// Begin MPI. Once in a process. FLOW_ESTATE when MPI cannot start or knows no threads.
flow_err flow_comm_begin(flow_comm **out);
/// End MPI; waits for all processes. Accepts NULL.
void flow_comm_end(flow_comm *comm);
/// Number of this process, from 0.
int32_t flow_comm_rank(const flow_comm *comm);
/// Processes.
int32_t flow_comm_size(const flow_comm *comm);
/// The next number of the common counter, 0 first. For flow_sweep_options.next; any thread.
int64_t flow_comm_next(void *comm);
/// Add to a common sum and tell it as it is now. Any thread.
int64_t flow_comm_add(flow_comm *comm, int64_t n);
/// The processes as ranks of a divided model; for one thread. Lives as long as `comm`.
const flow_team *flow_comm_team(const flow_comm *comm);
/// End all processes at once, with a status: one of them failed, and the others wait for it.
void flow_comm_stop(flow_comm *comm, int32_t status);
/// Sums over all processes, in place; all must call it.
void flow_comm_sum(flow_comm *comm, int64_t *value, int32_t n);
/// Largest number of all processes; all must call it.
int32_t flow_comm_largest(flow_comm *comm, int32_t value);

#endif
