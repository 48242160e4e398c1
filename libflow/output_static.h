/// @file output_static.h
/// Layer 5: the part of a result file that does not change from step to step.
#ifndef FLOW_OUTPUT_STATIC_H
#define FLOW_OUTPUT_STATIC_H

#include "output.h"
#include "output_file.h"

/// The dimensions of a result file. `link` and `observed` have n = 0 and no scale where a scenario
/// has none: netCDF knows no empty dimension. `country` is there when a module writes of countries.
typedef struct flow_axes {
    flow_axis time, place, link, observed, country;
} flow_axes;

/// Write global attributes, places, links, observed places; sets all axes but `time`.
flow_err flow_output_world(const flow_hdf *hdf, const flow_scenario *scenario,
                           const flow_provenance *provenance, flow_axes *axes);
/// Write the group "provenance": input files, parameters, warnings, build.
flow_err flow_output_provenance(const flow_hdf *hdf, const flow_scenario *scenario);

/// The variables that grow with time, without axes; what they say is said once, here.
/// @param unit room for the unit of time, must live as long as the variable
flow_variable flow_output_time(const flow_scenario *scenario, char unit[static 64]);
/// Attributes of "time" that no other variable has.
flow_err flow_output_time_explain(const flow_hdf *hdf, hid_t time);
flow_variable flow_output_observable(const flow_scenario *scenario, const flow_observable *row);
flow_variable flow_output_observed(void);
flow_variable flow_output_observed_total(void);

/// "latitude longitude" when any place has coordinates, else NULL.
const char *flow_output_coordinates(const flow_scenario *scenario);

#endif
