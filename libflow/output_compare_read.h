/// @file output_compare_read.h
/// Layer 5: a comparison read back from its file, for pages.
#ifndef FLOW_OUTPUT_COMPARE_READ_H
#define FLOW_OUTPUT_COMPARE_READ_H

#include "indicators.h"
#include "output.h"

/// Numbers of each option and indicator, or part, in the file.
enum {
    FLOW_COMPARED_MEAN,
    FLOW_COMPARED_CHANGE,
    FLOW_COMPARED_BETTER,
    FLOW_COMPARED_EQUAL,
    FLOW_COMPARED_COST,
    FLOW_N_COMPARED
};

/// What a comparison's file holds. Texts and arrays are its own.
typedef struct flow_compared_file {
    char *title, *summary, *source, *command_line, *scenario, *baseline, *seed, *checksum, *use;
    char *first_day;
    int64_t member, n_member, n_step;
    int32_t n_option;
    char **option, **option_title, **option_about; ///< [n_option]
    int32_t n_indicator;
    char **indicator, **unit, **meaning; ///< [n_indicator]
    double *level, *change;              ///< [n_option][FLOW_N_QUANTILE][n_indicator]
    double *number[FLOW_N_COMPARED];     ///< [n_option][n_indicator]
    int32_t n_part;                      ///< places, links, countries, classes of people
    char **part, **part_kind, **part_of; ///< [n_part]
    double *part_level;                  ///< [n_option][n_part]
    double *part_change, *part_better;   ///< [n_option][n_part]
    int32_t n_assumption;
    char **assumption, **assumption_unit, **assumption_source; ///< [n_assumption]
    char **assumption_value;                                   ///< [n_option][n_assumption]
} flow_compared_file;

/// Whether a file says that it is a comparison; false for all else, readable or not.
bool flow_compared_file_is(const char *path);
/// Errors as flow_result_load().
flow_err flow_compared_file_load(const char *path, flow_compared_file **out);
/// Accepts NULL.
void flow_compared_file_free(flow_compared_file *file);

#endif
