#include "sweep_comm.h"

#include <limits.h>
#include <mpi.h>
#include <omp.h>

enum { NEXT, SUM, N_COUNTER };

struct flow_comm {
    int rank, size;
    MPI_Win window; ///< of the counters, which lie with rank 0
    int64_t *counter;
    omp_lock_t lock; ///< one thread at a time speaks MPI
    flow_team team;
    int *number; ///< [4][size] counts and beginnings in words of 8 bytes
};

// Ranks of a model -------------------------------------------------------------------------------

/// Bytes as words; MPI counts in int, and nobody sends 16 GiB in a step.
static int words(int64_t bytes)
{
    if (bytes / 8 > INT_MAX) { (void)MPI_Abort(MPI_COMM_WORLD, 70); }
    return (int)(bytes / 8);
}

/// Counts of all ranks and where each begins, from sizes in bytes.
static void lay_out(const flow_comm *c, const int64_t *bytes, int *count, int *begin)
{
    int64_t at = 0;
    for (int r = 0; r < c->size; r++) {
        count[r] = words(bytes[r]);
        begin[r] = words(at);
        at += bytes[r];
    }
}

static void sum_all(void *context, int64_t *value, int64_t n)
{
    (void)context;
    for (int64_t at = 0; at < n; at += INT_MAX) { // as bits, so that hashes wrap around
        const int64_t rest = n - at;
        (void)MPI_Allreduce(MPI_IN_PLACE, value + at, (int)(rest < INT_MAX ? rest : INT_MAX),
                            MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
    }
}

static void tell_sizes(void *context, const int64_t *send, int64_t *receive)
{
    (void)context;
    (void)MPI_Alltoall(send, 1, MPI_INT64_T, receive, 1, MPI_INT64_T, MPI_COMM_WORLD);
}

static void swap_all(void *context, const char *send, const int64_t *n_send, char *receive,
                     const int64_t *n_receive)
{
    const flow_comm *c = context;
    int *out = c->number, *out_at = out + c->size, *in = out_at + c->size, *in_at = in + c->size;
    lay_out(c, n_send, out, out_at);
    lay_out(c, n_receive, in, in_at);
    (void)MPI_Alltoallv(send, out, out_at, MPI_INT64_T, receive, in, in_at, MPI_INT64_T,
                        MPI_COMM_WORLD);
}

static void gather_all(void *context, const char *send, int64_t n, char *receive,
                       const int64_t *n_receive, int32_t root)
{
    const flow_comm *c = context;
    int *in = c->number, *in_at = in + c->size;
    lay_out(c, n_receive, in, in_at);
    if (root < 0) {
        (void)MPI_Allgatherv(send, words(n), MPI_INT64_T, receive, in, in_at, MPI_INT64_T,
                             MPI_COMM_WORLD);
    } else {
        (void)MPI_Gatherv(send, words(n), MPI_INT64_T, receive, in, in_at, MPI_INT64_T, root,
                          MPI_COMM_WORLD);
    }
}

const flow_team *flow_comm_team(const flow_comm *c)
{
    return &c->team;
}

void flow_comm_stop(flow_comm *c, int32_t status)
{
    (void)c;
    (void)MPI_Abort(MPI_COMM_WORLD, status);
}

// The study --------------------------------------------------------------------------------------

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
    c->number = flow_calloc(4 * (int64_t)c->size, sizeof *c->number);
    if (c->number == NULL) {
        (void)MPI_Finalize();
        return flow_fail(FLOW_ENOMEM, "no memory for MPI");
    }
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
    c->team = (flow_team){.rank = c->rank,
                          .size = c->size,
                          .context = c,
                          .sum = sum_all,
                          .sizes = tell_sizes,
                          .swap = swap_all,
                          .gather = gather_all};
    return FLOW_OK;
}

flow_err flow_comm_begin(flow_comm **out)
{
    *out = NULL;
    flow_comm *c = flow_calloc(1, sizeof *c);
    if (c == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for MPI"); }
    const flow_err err = begin(c);
    if (err != FLOW_OK) {
        flow_dealloc(c->number);
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
    flow_dealloc(c->number);
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
