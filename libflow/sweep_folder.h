/// @file sweep_folder.h
/// Layer 6: the folder in which a study lies while it is run.
#ifndef FLOW_SWEEP_FOLDER_H
#define FLOW_SWEEP_FOLDER_H

#include "sweep_batch.h"

/// Write a text under a name of this process, bring it to the disk, name it.
flow_err flow_text_save(const char *path, const char *text, int64_t size);
/// Make the folder unless it is there, and put a copy of the table into it. FLOW_EINPUT when
/// another table lies there.
flow_err flow_folder_begin(const char *folder, const char *text, int64_t size);
/// Which batches are complete; removes what killed processes left of them.
/// @param[out] complete [n_batch]
flow_err flow_folder_look(const char *folder, int32_t n_batch, bool *complete);
/// "<folder>/plan.csv", owned by the caller; NULL: no memory.
char *flow_folder_table(const char *folder);

#endif
