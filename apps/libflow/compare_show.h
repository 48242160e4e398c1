/// @file compare_show.h
/// The command `libflow compare`: what its files share.
#ifndef APP_COMPARE_SHOW_H
#define APP_COMPARE_SHOW_H

#include "app.h"
#include "output_compare.h"

/// What is shown of a comparison. All borrowed.
typedef struct app_comparison {
    const flow_comparison *c;
    const char *path;   ///< of the scenario
    const char *output; ///< result file; NULL: none was written
    double wall_s;
} app_comparison;

/// Tables for planners, at most 100 columns wide.
void app_print_comparison(const app_comparison *comparison);
/// One object with all of it; NULL: no memory.
json_t *app_json_comparison(const app_comparison *comparison);
/// Title of an option, or its name.
const char *app_option_title(const flow_comparison *comparison, int32_t option);
/// Indicators of harm that no option of the scenario tells of; returns how many.
int32_t app_untold_harm(const flow_comparison *comparison, int32_t out[static FLOW_N_GAUGE]);

#endif
