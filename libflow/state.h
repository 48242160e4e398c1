/// @file state.h
/// Layer 4: the memory of a model as tables, and its complete state as bytes.
///
/// Every array, number and set of cells that a model has is a row here, with what it holds between
/// two steps. Allocation, release, saving, checking and loading go over the same rows.
#ifndef FLOW_STATE_H
#define FLOW_STATE_H

#include "destination.h"

/// Whose members they are.
typedef enum flow_owner {
    FLOW_OF_MODEL,      ///< flow_model
    FLOW_OF_DESTINATION ///< flow_destination; no rows without one
} flow_owner;

/// What memory holds between two steps.
typedef enum flow_role {
    FLOW_FIXED,   ///< made with the model, never changed
    FLOW_KEPT,    ///< state: saved and loaded
    FLOW_DERIVED, ///< follows from the state; made anew when it was loaded
    FLOW_SCRATCH  ///< nothing that a later step reads
} flow_role;

/// Type of the elements of a block.
typedef enum flow_element {
    FLOW_ELEMENT_BOOL,
    FLOW_ELEMENT_INT32,
    FLOW_ELEMENT_UINT32,
    FLOW_ELEMENT_INT64,
    FLOW_ELEMENT_DOUBLE,
    FLOW_ELEMENT_OTHER ///< not for FLOW_KEPT
} flow_element;

/// An array of a model, or one number.
typedef struct flow_block {
    const char *name;
    flow_owner owner;
    size_t offset; ///< in the owner, of the pointer to the array, or of the number
    int64_t n;     ///< elements
    size_t size;   ///< bytes of one
    flow_role role;
    flow_element element;
    double min, max; ///< range of the values of FLOW_KEPT; -INFINITY: anything, NAN too
} flow_block;

/// Where the people of a set are counted.
typedef enum flow_where {
    FLOW_AT_PLACE,
    FLOW_ON_THE_LINK,
    FLOW_BEFORE_LINK ///< at the place where it begins
} flow_where;

/// Sets of cells, one for each place or each link.
typedef struct flow_sets {
    const char *name;
    flow_owner owner;
    size_t offset; ///< in the owner, of the pointer to the sets
    int64_t n;     ///< sets
    flow_where where;
} flow_sets;

enum { FLOW_MOST_BLOCKS = 96, FLOW_MOST_NUMBERS = 32, FLOW_MOST_SETS = 8 };

/// People that a saved state may hold: whole numbers that a double holds.
#define FLOW_STATE_MOST 9007199254740992.0

/// All arrays of a model; their number. Needs the scenario, the groups and the sizes of boxes only.
int32_t flow_state_blocks(const flow_model *m, flow_block out[static FLOW_MOST_BLOCKS]);
/// All single numbers that change with time.
int32_t flow_state_numbers(const flow_model *m, flow_block out[static FLOW_MOST_NUMBERS]);
/// All sets of cells; their number.
int32_t flow_state_sets(const flow_model *m, flow_sets out[static FLOW_MOST_SETS]);

/// Make all arrays and sets of an owner, zeroed; false when out of memory.
bool flow_state_allocate(flow_model *m, flow_owner owner);
/// Free them, as far as they were made.
void flow_state_release(flow_model *m, flow_owner owner);

/// The pointer or number at an offset of an owner.
void *flow_state_at(flow_model *m, flow_owner owner, size_t offset);
/// First element of an array.
const void *flow_state_array(const flow_model *m, const flow_block *block);
/// The sets of a row.
const flow_cells *flow_state_cells(const flow_model *m, const flow_sets *sets);

/// Forget all people, whoever is followed and what happened to them; allocates nothing.
void flow_state_clear(flow_model *m);

/// Where the bytes of a state go. Zero-initialise err and n.
typedef struct flow_sink {
    flow_err (*write)(void *context, const void *bytes, int64_t n);
    void *context;
    flow_err err; ///< of the first write that failed; what follows is left out
    int64_t n;    ///< bytes so far
} flow_sink;

/// Append bytes to a sink.
void flow_sink_put(flow_sink *sink, const void *bytes, int64_t n);

/// Write the state. FLOW_ESTATE when a step failed, FLOW_ENOMEM, or what the sink says.
flow_err flow_state_save(const flow_model *m, flow_sink *sink);

/// Load the n bytes that flow_state_save() wrote; they begin at a multiple of 8. The model must be
/// made from the same scenario with the same people followed; seed and member come with the state.
/// @return FLOW_OK; FLOW_EINPUT: it does not fit, or is damaged, and nothing was changed;
/// FLOW_ENOMEM: the model may have to be reset before it is used.
flow_err flow_state_load(flow_model *m, const char *bytes, int64_t n);

// Shared by saving and loading -------------------------------------------------------------------

/// What a state belongs to; its first block.
typedef struct flow_state_name {
    uint64_t files, settings; ///< of the scenario
    uint64_t seed;
    double share; ///< of the units that are followed
    uint32_t member;
    int32_t mode;    ///< flow_individuals
    int32_t history; ///< 0 or 1
    int32_t n_place, n_link;
    int32_t n_use; ///< modules
} flow_state_name;

/// Head of a block; its bytes follow, filled up to a multiple of 8.
typedef struct flow_state_head {
    uint64_t name;
    int64_t n; ///< bytes
} flow_state_head;

/// Cells of one set, in order.
typedef struct flow_state_set {
    int32_t index; ///< place or link
    int32_t n;     ///< rows
} flow_state_set;

/// FLOW_OK or FLOW_ENOMEM.
flow_err flow_state_describe(const flow_model *m, flow_state_name *out);
/// Name of a block: "here", "rows" for the rows of the sets `here`.
uint64_t flow_state_hash(const char *name, const char *part);

#endif
