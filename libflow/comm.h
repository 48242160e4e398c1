/// @file comm.h
/// Layer 4: one model divided over several processes, called ranks.
///
/// Every rank has the whole scenario and all arrays of numbers; only people are divided. A place
/// belongs to one rank, and with it the people who live there, who set out from there and who wait
/// at its gates; whoever is on a link belongs with the place at its end. What follows from the
/// scenario and from sums is computed by every rank for itself: chance is a function of names, so
/// all come to the same. Cells go from rank to rank where a link does, in the order of their rows,
/// so that the result is that of one process, bit for bit, however the places are divided.
///
/// Arrays by place or link are right where their owner is; elsewhere they hold anything until they
/// are shared. All ranks must call these functions in the same order; in a model that is not
/// divided they cost nothing. After a failure they do nothing, and the step fails.
#ifndef FLOW_COMM_H
#define FLOW_COMM_H

#include "population.h"

typedef struct flow_model flow_model;

/// The ranks, as functions of whoever started them. Sizes in bytes are multiples of 8.
typedef struct flow_team {
    int32_t rank, size;
    void *context;
    /// Sums over all ranks, in place; they may wrap around.
    void (*sum)(void *context, int64_t *value, int64_t n);
    /// send[r] goes to rank r, and receive[r] is what rank r sends; [size].
    void (*sizes)(void *context, const int64_t *send, int64_t *receive);
    /// The same with n_send[r] bytes to each, one after the other.
    void (*swap)(void *context, const char *send, const int64_t *n_send, char *receive,
                 const int64_t *n_receive);
    /// n bytes of every rank, in order of ranks, at the rank `root`; -1: at all.
    void (*gather)(void *context, const char *send, int64_t n, char *receive,
                   const int64_t *n_receive, int32_t root);
} flow_team;

/// Whose value of an array is right.
typedef enum flow_owned {
    FLOW_OWNED_PLACE, ///< [n_place] the owner of the place
    FLOW_OWNED_START, ///< [n_link] the owner of the place where the link begins
    FLOW_OWNED_END,   ///< [n_link] the owner of the place where it ends
    FLOW_N_OWNED
} flow_owned;

/// Room that grows.
typedef struct flow_comm_room {
    char *byte;
    int64_t n, size;
} flow_comm_room;

/// How a model is divided.
typedef struct flow_division {
    const flow_team *ranks;           ///< borrowed
    int32_t *owner;                   ///< [n_place]
    bool *mine;                       ///< [n_place]
    int32_t *list[FLOW_N_OWNED];      ///< places or links, in order of their owners
    int64_t *first[FLOW_N_OWNED];     ///< [size + 1] where those of each owner begin
    int64_t *n_send, *n_receive, *at; ///< [size]
    flow_comm_room send, receive, merged;
    int64_t bytes;   ///< sent to other ranks so far
    uint64_t others; ///< sum of the hashes of their cells, once shared
    bool failed;     ///< out of memory
} flow_division;

/// Divide a model that has done no step and follows nobody; `owner`, shape [n_place]: the rank that
/// each place belongs to. The model then goes on by itself, and stays divided when it is reset.
/// FLOW_OK, FLOW_ESTATE (it has begun, or follows people) or FLOW_ENOMEM.
flow_err flow_model_divide(flow_model *m, const flow_team *ranks, const int32_t *owner);
/// Accepts NULL.
void flow_division_free(flow_division *d);
/// Forget the people of other ranks.
void flow_division_keep_own(flow_model *m);
/// FLOW_OK, or FLOW_ENOMEM: something that other ranks sent was lost.
flow_err flow_division_failure(const flow_model *m);
/// Links that begin and end on different ranks.
int64_t flow_division_n_cut(const flow_model *m);

/// Owners of n_place places in the order of their numbers, each rank about the same weight: one
/// for a place and one for each of its links.
void flow_divide_in_order(const int32_t *first_link, int32_t n_place, int32_t n_rank,
                          int32_t *owner);

// Shared by the phases of a step. Each does nothing where m->part is NULL ------------------------

/// Whether something is so on any rank.
bool flow_any_rank(const flow_model *m, bool here);
/// Sums over all ranks, in place.
void flow_sum_ranks(const flow_model *m, int64_t *value, int64_t n);
/// Values of an array of `size` bytes for each place or link, from their owners to rank 0, or to
/// all.
void flow_gather(const flow_model *m, flow_owned by, void *array, size_t size, bool all);
/// People at the places that have a capacity, to all ranks.
void flow_share_limited(const flow_model *m);
/// People at all places, to all ranks, where modules are in use.
void flow_share_people(const flow_model *m);
/// Rows that this rank wrote, in the order of their places, to all ranks in the order of all
/// places: *n rows of `size` bytes, a multiple of 8, that begin with the place as int32_t. They lie
/// at the returned address until the next call, or at `row` where there is one rank.
const void *flow_share_rows(const flow_model *m, const void *row, size_t size, int64_t *n);

/// People who entered links whose end another rank owns go there.
void flow_send_on(const flow_model *m, flow_cells *sets);
/// People who were sent back go to the beginning of their link.
void flow_send_back(const flow_model *m);
/// Single people without memories go to the rank of their place: travel_direct.c.
void flow_send_alone(const flow_model *m);
/// All ranks get to know the cells of all ranks in these sets.
void flow_share_cells(const flow_model *m, flow_owned by, flow_cells *sets);
/// The checksum of the model as it is now is known to all ranks until the next step.
void flow_share_checksum(const flow_model *m);

// For comm.c and comm_cells.c --------------------------------------------------------------------

/// The model is divided and nothing has failed.
bool flow_comm_able(const flow_model *m);
/// Room for n bytes; false: no memory, and the model has failed.
bool flow_comm_reserve(const flow_model *m, flow_comm_room *room, int64_t n);
/// What each rank has in `send` goes to all, in order of ranks, into `receive`.
bool flow_comm_to_all(const flow_model *m);

#endif
