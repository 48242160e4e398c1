#include "sweep_comm.h"

#include <mpi.h>
#include <omp.h>

enum { NEXT, SUM, N_COUNTER };

struct flow_comm {
    int rank, size;
    MPI_Win window; ///< of the counters, which lie with rank 0
    int64_t *counter;
    omp_lock_t lock; ///< one thread at a time speaks MPI
};

static flow_err begin(flow_comm *c)
{
    int given = 0, started = 0;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &given) != MPI_SUCCESS ||
        MPI_Initialized(&started) != MPI_SUCCESS || !started) {
        return flow_fail(FLOW_ESTATE, "MPI does not start");
    }
    if (given < MPI_THREAD_SERIALIZED) {
        (void)MPI_Finalize();
        return flow_fail(FLOW_ESTATE, "this MPI cannot be used by programs with threads");
    }
    (void)MPI_Comm_rank(MPI_COMM_WORLD, &c->rank);
    (void)MPI_Comm_size(MPI_COMM_WORLD, &c->size);
    const MPI_Aint size = c->rank == 0 ? N_COUNTER * (MPI_Aint)sizeof *c->counter : 0;
    if (MPI_Win_allocate(size, (int)sizeof *c->counter, MPI_INFO_NULL, MPI_COMM_WORLD, &c->counter,
                         &c->window) != MPI_SUCCESS) {
        (void)MPI_Finalize();
        return flow_fail(FLOW_ESTATE, "MPI gives no memory that processes share");
    }
    if (c->rank == 0) { c->counter[NEXT] = c->counter[SUM] = 0; }
    (void)MPI_Barrier(MPI_COMM_WORLD);
    (void)MPI_Win_lock_all(0, c->window);
    omp_init_lock(&c->lock);
    return FLOW_OK;
}

flow_err flow_comm_begin(flow_comm **out)
{
    *out = NULL;
    flow_comm *c = flow_calloc(1, sizeof *c);
    if (c == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for MPI"); }
    const flow_err err = begin(c);
    if (err != FLOW_OK) {
        flow_dealloc(c);
        return err;
    }
    *out = c;
    return FLOW_OK;
}

void flow_comm_end(flow_comm *c)
{
    if (c == NULL) { return; }
    omp_destroy_lock(&c->lock);
    (void)MPI_Win_unlock_all(c->window);
    (void)MPI_Win_free(&c->window);
    (void)MPI_Finalize();
    flow_dealloc(c);
}

int32_t flow_comm_rank(const flow_comm *c)
{
    return c->rank;
}

int32_t flow_comm_size(const flow_comm *c)
{
    return c->size;
}

/// Add to a counter; what it was before.
static int64_t fetch(flow_comm *c, MPI_Aint counter, int64_t n)
{
    int64_t before = 0;
    omp_set_lock(&c->lock);
    (void)MPI_Fetch_and_op(&n, &before, MPI_INT64_T, 0, counter, MPI_SUM, c->window);
    (void)MPI_Win_flush(0, c->window);
    omp_unset_lock(&c->lock);
    return before;
}

int64_t flow_comm_next(void *comm)
{
    return fetch(comm, NEXT, 1);
}

int64_t flow_comm_add(flow_comm *c, int64_t n)
{
    return fetch(c, SUM, n) + n;
}

void flow_comm_sum(flow_comm *c, int64_t *value, int32_t n)
{
    (void)c;
    (void)MPI_Allreduce(MPI_IN_PLACE, value, n, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
}

int32_t flow_comm_largest(flow_comm *c, int32_t value)
{
    (void)c;
    (void)MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT32_T, MPI_MAX, MPI_COMM_WORLD);
    return value;
}
