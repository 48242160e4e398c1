/// @file output_ledger.h
/// Layer 5: the group "ledger" of a result file: what responses spent, by month and place.
#ifndef FLOW_OUTPUT_LEDGER_H
#define FLOW_OUTPUT_LEDGER_H

#include "model.h"
#include "output_file.h"

/// Write the group; nothing where no response can spend. `place`: axis of places, open.
flow_err flow_output_ledger(const flow_hdf *hdf, const flow_model *model, const flow_axis *place);

#endif
