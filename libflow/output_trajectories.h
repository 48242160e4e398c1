/// @file output_trajectories.h
/// Layer 5: people who were followed one by one, in the result file.
#ifndef FLOW_OUTPUT_TRAJECTORIES_H
#define FLOW_OUTPUT_TRAJECTORIES_H

#include "output_file.h"

/// Write the group "trajectories" where the model keeps histories and somebody is followed. Takes
/// memory that does not grow with the number of people.
flow_err flow_output_trajectories(const flow_hdf *hdf, const flow_model *model);

#endif
