/// @file checkpoint.h
/// Layer 5: the state of a model in a file of its own, and beside it what a run had written of its
/// result. docs/output.md, "Checkpoints", says how they look.
#ifndef FLOW_CHECKPOINT_H
#define FLOW_CHECKPOINT_H

#include "model.h"

/// Steps of a result that lie in a file beside the checkpoint.
typedef struct flow_steps_mark {
    int64_t n;     ///< steps
    int64_t row;   ///< bytes of one; 0: the run writes no result
    uint64_t hash; ///< of all of them
} flow_steps_mark;

/// Write a checkpoint: under a temporary name, to the disk, then under its own.
/// @param keep what has this name now becomes "<path>.1"; else it is replaced.
/// @return FLOW_OK, FLOW_EFILE, FLOW_ENOMEM or FLOW_ESTATE (the model failed before).
flow_err flow_checkpoint_write(const flow_model *model, const char *path, bool keep,
                               const flow_steps_mark *mark);
/// Read a checkpoint into a model; see flow_model_load().
flow_err flow_checkpoint_read(flow_model *model, const char *path, flow_steps_mark *mark);

/// Steps of a result as they come, so that a result can be written again up to a checkpoint.
typedef struct flow_steps flow_steps;

/// "<checkpoint>.steps", also for "<checkpoint>.1"; owned by the caller; NULL: no memory.
char *flow_steps_name(const char *checkpoint);
/// Begin a file of steps of `row` bytes.
/// @param replace false: an existing file is an error.
/// @return FLOW_OK, FLOW_EFILE or FLOW_ENOMEM.
flow_err flow_steps_create(const char *path, int64_t row, bool replace, flow_steps **out);
/// Open a file of steps of `row` bytes to read it from the beginning.
/// @param append more steps will be added later; no other process may write it meanwhile.
/// @return FLOW_OK, FLOW_EINPUT (missing, damaged, or of other steps), FLOW_EFILE (it cannot be
/// written) or FLOW_ENOMEM.
flow_err flow_steps_open(const char *path, int64_t row, bool append, flow_steps **out);
/// Read the next step. FLOW_OK or FLOW_EINPUT.
flow_err flow_steps_read(flow_steps *steps, void *row);
/// Forget what lies behind the steps that were read. FLOW_OK or FLOW_EFILE.
flow_err flow_steps_cut(flow_steps *steps);
/// Add a step. FLOW_OK or FLOW_EFILE.
flow_err flow_steps_add(flow_steps *steps, const void *row);
/// What has been read and added so far.
flow_steps_mark flow_steps_so_far(const flow_steps *steps);
/// Bring all steps to the disk. FLOW_OK or FLOW_EFILE.
flow_err flow_steps_sync(flow_steps *steps);
/// Remove the file; accepts NULL.
void flow_steps_remove(flow_steps *steps);
/// Close; accepts NULL.
void flow_steps_free(flow_steps *steps);

#endif
