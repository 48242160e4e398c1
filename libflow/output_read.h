/// @file output_read.h
/// Layer 5: parts of the reader of result files.
#ifndef FLOW_OUTPUT_READ_H
#define FLOW_OUTPUT_READ_H

#include "output.h"
#include "output_file.h"

/// Indicators, where the file has any.
flow_err flow_result_read_indicators(const flow_hdf *hdf, flow_result *result);
void flow_result_free_indicators(flow_result *result);

#endif
