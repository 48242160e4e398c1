/// @file output_static.h
/// Layer 5: the part of a result file that does not change from step to step.
#ifndef FLOW_OUTPUT_STATIC_H
#define FLOW_OUTPUT_STATIC_H

#include "output.h"
#include "output_file.h"

/// The dimensions of a result file. `link` and `observed` have n = 0 and no scale where a scenario
/// has none: netCDF knows no empty dimension.
typedef struct flow_axes {
    flow_axis time, place, link, observed;
} flow_axes;

/// Write global attributes, places, links, observed places; sets all axes but `time`.
flow_err flow_output_world(const flow_hdf *hdf, const flow_scenario *scenario,
                           const flow_provenance *provenance, flow_axes *axes);
/// Write the group "provenance": input files, parameters, warnings, build.
flow_err flow_output_provenance(const flow_hdf *hdf, const flow_scenario *scenario);

/// "latitude longitude" when any place has coordinates, else NULL.
const char *flow_output_coordinates(const flow_scenario *scenario);

#endif
