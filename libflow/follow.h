/// @file follow.h
/// Layer 4: people who are followed one by one: ids, what is known of them, what happened to them.
///
/// Units are numbered in the order in which they enter, so a batch of units that enter together has
/// consecutive ids, and what they share is kept once. Attributes that change no probability are a
/// pure function of seed, member and id. So an id costs 4 to 8 bytes (in its cell) and 16 bytes per
/// batch (24 with households), and nothing else at rest.
#ifndef FLOW_FOLLOW_H
#define FLOW_FOLLOW_H

#include "people.h"
#include "population.h"

/// Followed units that entered together.
typedef struct flow_batch {
    uint32_t first; ///< id of the first one
    int32_t day;    ///< step at which they entered, -1: before the first step
    int32_t place;
    uint32_t group; ///< as they entered
} flow_batch;

/// Class of a note where people have no axis of cause or status.
enum { FLOW_NO_CLASS = 15 };

/// Something that happened to a followed unit: 16 bytes.
typedef struct flow_note {
    uint32_t id;
    uint32_t day : 24;   ///< step: a period has at most 100,000 days of 24 steps
    uint32_t cause : 4;  ///< class of their group from now on, or FLOW_NO_CLASS
    uint32_t status : 4; ///< the same
    uint32_t order;      ///< within the day
    int32_t where;       ///< place >= 0; -1: left the model; -2 - link: spends a night on a link
} flow_note;
_Static_assert(sizeof(flow_note) == 16, "what happens to people is kept in 16 bytes");
_Static_assert((int)FLOW_N_CAUSE_CLASS <= (int)FLOW_NO_CLASS &&
                   (int)FLOW_N_STATUS <= (int)FLOW_NO_CLASS,
               "classes fit");
_Static_assert((int)FLOW_MOMENT_DEAD == (int)FLOW_N_STATUS &&
                   (int)FLOW_MOMENT_MISSING < (int)FLOW_NO_CLASS,
               "the dead and the missing are told from those with a status");

/// Something that happens to people of a group; the id is set by flow_log_add().
static inline flow_note flow_note_of(const flow_groups *groups, uint32_t group, int32_t day,
                                     uint32_t order, int32_t where)
{
    flow_note note = {.cause = FLOW_NO_CLASS, .status = FLOW_NO_CLASS};
    note.day = (uint32_t)day & 0xffffff;
    note.order = order;
    note.where = where;
    if (groups->cause >= 0) {
        note.cause = (uint32_t)flow_group_class(&groups->axis[groups->cause], group) & 15;
    }
    if (groups->status >= 0) {
        note.status = (uint32_t)flow_group_class(&groups->axis[groups->status], group) & 15;
    }
    return note;
}

/// Moments of one thread.
typedef struct flow_log {
    flow_note *row;
    int64_t n, size;
} flow_log;

typedef struct flow_follow {
    int32_t mode;      ///< flow_individuals
    double share;      ///< of the units that are followed
    bool history;      ///< keep moments
    uint32_t n;        ///< followed units so far
    flow_batch *batch; ///< [n_batch]
    int64_t *person;   ///< [n_batch] id of the first person, only with households
    int64_t n_batch, size;
    int64_t n_person; ///< followed persons so far
    flow_pool shared; ///< memory of ids given back by threads
} flow_follow;

/// Note the same for all ids; false when out of memory.
bool flow_log_add(flow_log *log, const flow_ids *ids, flow_note note);

/// Give ids to those of n entering units who are followed. `rng` stands at their own stream.
/// FLOW_ERANGE past 2^32 - 1 ids.
flow_err flow_follow_batch(flow_follow *follow, gsl_rng *rng, flow_pool *pool, int64_t n,
                           int32_t household, flow_batch about, flow_ids *out);
/// Index of the batch of a unit.
int64_t flow_follow_find(const flow_follow *follow, uint32_t id);
/// Take over n batches of a saved state, with the first persons of their households (NULL: people
/// move alone); the numbers are set by the caller. False when out of memory.
bool flow_follow_fill(flow_follow *follow, const flow_batch *batch, const int64_t *person,
                      int64_t n);
/// Fill an empty log. False when out of memory.
bool flow_log_fill(flow_log *log, const flow_note *note, int64_t n);
void flow_follow_reset(flow_follow *follow);
void flow_follow_clear(flow_follow *follow);

#endif
