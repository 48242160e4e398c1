/// @file members_store.h
/// Layer 6: what the members of an ensemble observed, kept until all have run.
///
/// The values of a member are encoded tile by tile as differences from day to day, about one byte
/// where they change and none where they do not, and appended to a log. Tiles that are the same in
/// the record that was first are left out. The log lies in memory up to a limit and goes on in a
/// scratch file without a name.
#ifndef FLOW_MEMBERS_STORE_H
#define FLOW_MEMBERS_STORE_H

#include "members_rank.h"
#include "output_members.h"

/// Bytes of the log in memory: 256 MiB.
#define FLOW_STORE_MEMORY ((int64_t)256 << 20)

/// Bytes that grow by doubling. Zero-initialise; flow_dealloc(byte) at the end.
typedef struct flow_bytes {
    uint8_t *byte;
    int64_t n, size;
} flow_bytes;

/// What one member has observed so far. Used by one thread, for one member after the other.
typedef struct flow_recorder {
    const flow_scenario *s;  ///< borrowed
    const flow_tiles *tiles; ///< borrowed
    double **block;          ///< [n_observable] days of the block under way; NULL: no values
    int32_t *n_step;         ///< [n_observable] days of a block
    int32_t tile;            ///< tiles done
    int32_t day;             ///< days done
    int64_t *end;            ///< [tiles] bytes up to the end of each tile
    flow_bytes code;
    const double *people; ///< [n_place] of the last day, points into its block
    int64_t most_people;  ///< largest value of "people" seen in any member
} flow_recorder;

flow_err flow_recorder_create(const flow_scenario *scenario, const flow_tiles *tiles,
                              flow_recorder *out);
void flow_recorder_clear(flow_recorder *recorder);
/// Forget what was recorded: a new member begins.
void flow_recorder_begin(flow_recorder *recorder);
/// Record the step just done.
flow_err flow_recorder_step(flow_recorder *recorder, const flow_model *model);

/// The log of all members.
typedef struct flow_store {
    const flow_tiles *tiles; ///< borrowed
    int32_t n_member;
    int64_t *at;              ///< [n_member] where the record of the member begins
    int64_t *first_end, *end; ///< [tiles] of the first record; of the one being appended
    flow_bytes first;         ///< tiles of the first record
    int64_t n;                ///< bytes of the log
    flow_bytes memory;
    int64_t limit; ///< of memory
    char *path;    ///< of the scratch file
    int fd;        ///< of the scratch file, < 0: not needed yet
} flow_store;

/// @param path of the result file; the scratch file lies beside it
/// @param limit bytes in memory, FLOW_STORE_MEMORY unless a test wants less
flow_err flow_store_create(const flow_tiles *tiles, int32_t n_member, const char *path,
                           int64_t limit, flow_store *out);
void flow_store_clear(flow_store *store);
/// Append the record of a member. One thread at a time.
flow_err flow_store_append(flow_store *store, int32_t member, const flow_recorder *recorder);
/// Decode one tile of one member. Several threads may read at once.
/// @param scratch   of the calling thread
/// @param[out] out  [n_step][n] of the tile
flow_err flow_store_read(const flow_store *store, int32_t member, int32_t tile, flow_bytes *scratch,
                         flow_value *out);

#endif
