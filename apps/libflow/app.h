/// @file app.h
/// The command `libflow`: what its sub-commands share.
#ifndef APP_H
#define APP_H

#include "output.h"
#include "score.h"

#include <jansson.h>
#include <stdio.h>

/// Exit statuses, after sysexits. Stopped by a signal: 128 + signal.
typedef enum app_exit {
    APP_OK = 0,
    APP_INPUT = 1,     ///< the scenario or a file to read has problems or is missing
    APP_USAGE = 64,    ///< unknown command, option or value
    APP_INTERNAL = 70, ///< no memory, or a mistake of ours
    APP_CREATE = 73,   ///< a result file cannot be created
    APP_IO = 74,       ///< writing failed
    APP_AGAIN = 75,    ///< stopped after writing a checkpoint: --resume goes on from it
    APP_SIGNAL = 128
} app_exit;

/// What the options and operands of all sub-commands bind to.
typedef struct app_arguments {
    bool help, version, json, quiet, force, schema;
    bool divide; ///< by all processes of MPI together
    const char *output, *settings;
    const char *option; ///< of the scenario, to be in force
    const char **set;   ///< [n_set] the list of a command, such as --set; borrowed from argv
    int32_t n_set;
    int64_t seed, days, threads, samples;
    int64_t member;  ///< number of the realisation, the first one of several
    int64_t members; ///< 0: a single run
    const char *checkpoint, *resume, *individuals, *sample;
    int64_t every;
    bool history;
    const char *origin, *destination, *flow, *year, *distance, *population, *origin_population;
    const char *test;
    const char *scenario, *shard, *indicator; ///< of sweep and sensitivity
    int64_t time_limit;                       ///< seconds, 0: none
    bool leave_out_origins, poisson;
    const char *borders, *table, *figure;
    bool hxl;
    int64_t suppress;
    bool right_to_left, still;
    char **operand; ///< [n_operand], borrowed from argv
    int32_t n_operand;
    const char *command_line;
} app_arguments;

typedef enum app_type { APP_FLAG, APP_TEXT, APP_LIST, APP_INTEGER } app_type;

/// One option. Parsing, range checks and help are made from these rows.
typedef struct app_option {
    char letter;       ///< 0: none
    const char *name;  ///< NULL ends a table
    const char *value; ///< name of the value in the help; NULL: a flag
    app_type type;
    size_t offset; ///< of the member of app_arguments
    int64_t min, max;
    const char *help;
} app_option;

/// One sub-command.
typedef struct app_command {
    const char *name;
    const char *operands; ///< as in the usage line
    int32_t min_operand, max_operand;
    const char *summary; ///< one sentence for the list of commands
    const char *detail;  ///< paragraphs of the help, NULL: none
    const app_option *option;
    app_exit (*run)(const app_arguments *arguments);
} app_command;

extern const app_command app_run_command, app_check_command, app_describe_command,
    app_score_command, app_info_command, app_calibrate_command, app_sweep_command,
    app_sensitivity_command, app_report_command, app_compare_command;

/// Bind argv (without the name of the sub-command) to arguments; false after saying why not.
bool app_parse(const app_command *command, int argc, char **argv, app_arguments *arguments);
/// Usage, summary and options of one sub-command.
void app_print_help(const app_command *command);

/// Room for a number as text.
typedef struct app_text {
    char text[32];
} app_text;
/// "12,345".
app_text app_people(double people);
/// "+1,234", "-5".
app_text app_difference(double people);
/// Three digits after the point, "-" when undefined.
app_text app_measure(double value);
/// "1.2 million", "340 thousand".
app_text app_rate(double value);
/// "31 days", "48 steps of 1 hour": n steps of dt days.
app_text app_steps(int32_t n, double dt);
/// Days that n steps of dt days take; one that is begun counts.
int32_t app_days(int32_t n, double dt);
/// Date of the last day of a result.
app_text app_last_day(const flow_result *result);
/// Columns of UTF-8 text on a terminal.
int32_t app_width(const char *text);
/// Print text padded or cut to a width.
void app_print_padded(const char *text, int32_t width);
/// Print text broken into lines of at most `right` columns, each indented by `left`.
void app_print_wrapped(const char *text, int32_t left, int32_t right);
/// Print a line of bars, at most `width` wide, of values in [0, top].
void app_print_spark(const double *value, int32_t n, double top, int32_t width);

/// Print one JSON object on standard output and drop the reference; NULL is a failure.
app_exit app_print_json(json_t *object);
/// A number, or null when it is not finite.
json_t *app_json_number(double value);
/// Flush standard output: APP_IO when it cannot be written.
app_exit app_finish(app_exit status);
/// Say the text of the last library error, each line as it is; exit status of its kind.
app_exit app_fail(const char *command, flow_err err);
/// Say a message of the command itself on standard error.
void app_say(const char *command, const char *format, ...) FLOW_PRINTF(2, 3);

/// Load a scenario with the arguments' settings, overrides, days and option.
flow_err app_load(const app_arguments *arguments, flow_scenario **out);
/// The same with another option; NULL: none.
flow_err app_load_option(const app_arguments *arguments, const char *option, flow_scenario **out);
/// Print the first warnings of a scenario, one a line.
void app_print_warnings(const flow_scenario *scenario, int64_t most, FILE *file);
/// Problems of an error text as a JSON list of {file, line, column, text}.
json_t *app_json_problems(const char *text);
/// Warnings of a scenario in the same form.
json_t *app_json_warnings(const flow_scenario *scenario);

/// Observed places on the last day and in the mean, with lines over time.
void app_print_places(const flow_result *result);
/// Measures of a result beside the trivial models; `per_place`: also of each place.
void app_print_score(const flow_result *result, const flow_score *score, bool per_place);
/// Indices of the observed places, most people first; owned by the caller; NULL: no memory.
int32_t *app_places_by_count(const flow_result *result);
/// People in all observed places over time, simulated and observed.
void app_print_spark_of_places(const flow_result *result);
/// A row of the table of scores, without the end of the line.
void app_print_measures(const char *name, const double value[static FLOW_N_MEASURE]);

// Indicators (indicators.c)
/// "1,234", "12.3 M", "0.123", "-" when undefined.
app_text app_amount(double value);
/// A unit as people read it: "days"; "" for plain numbers.
const char *app_unit(const char *unit);
/// The indicators of a result that are above 0, harm always.
void app_print_indicators(const flow_result *result);
/// All indicators by name; NULL: no memory.
json_t *app_json_indicators(const flow_result *result);

// Of ensembles (members.c)
/// Median of counts in whole people.
int64_t app_median(const int64_t *count, int32_t n);
/// How many members there are, and how many people they have.
void app_print_ensemble(const flow_result *result);
/// Observed places: median, band and count on the last day, CRPS and coverage.
void app_print_member_places(const flow_result *result);
/// Without observations: the places where most people are on the last day.
void app_print_member_fullest(const flow_result *result);
/// Rows of the table of scores: of members, of their mean; CRPS and coverage.
void app_print_member_scores(const flow_result *result, const flow_score *score);
/// Add what only an ensemble has to an observed place; false: no memory.
bool app_json_member_place(json_t *object, const flow_result *result, int32_t observed);
/// What only an ensemble has; `score` NULL: no observations.
json_t *app_json_ensemble(const flow_result *result, const flow_score *score);

/// The observed places and their people.
json_t *app_json_places(const flow_result *result, const flow_score *score);
/// Add error, ard, mase, rmse, skill, trivial models to an object; false: no memory.
bool app_json_score(json_t *object, const flow_score *score);

#endif
