/// @file output_static.h
/// Layer 5: the part of a result file that does not change from step to step.
#ifndef FLOW_OUTPUT_STATIC_H
#define FLOW_OUTPUT_STATIC_H

#include "output.h"
#include "output_file.h"

/// The dimensions of a result file. `link` and `observed` have n = 0 and no scale where a scenario
/// has none: netCDF knows no empty dimension. `country` is there when a module writes of countries,
/// `channel` when links are passed by channels.
typedef struct flow_axes {
    flow_axis time, place, link, observed, country, channel;
    int32_t n_class;
    flow_axis
        *class_of; ///< [n_class] of each axis of people; without a scale where nothing needs it
} flow_axes;

/// No axes yet.
flow_axes flow_axes_none(void);
/// Close what is open and free the memory; may be called again.
void flow_axes_clear(flow_axes *axes);
/// Make the dimensions of the classes that observables have which are written.
flow_err flow_output_classes(const flow_hdf *hdf, const flow_scenario *scenario,
                             const flow_observable *observable, int32_t n, flow_axes *axes);
/// Axes of an observable behind time; NULL where it has none.
void flow_output_across(const flow_axes *axes, const flow_observable *observable,
                        const flow_axis *across[static 2]);

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
/// Counts above 0 and below this are not shown; 0: all are.
double flow_output_least(const flow_scenario *scenario, const flow_observable *row);
/// Say so in the attributes of a variable of whole numbers, where they are.
flow_err flow_output_suppressed(const flow_hdf *hdf, const flow_scenario *scenario,
                                const flow_observable *row, hid_t data);
flow_variable flow_output_observed(void);
flow_variable flow_output_observed_total(void);

/// "latitude longitude" when any place has coordinates, else NULL.
const char *flow_output_coordinates(const flow_scenario *scenario);

#endif
