/// @file flow.h
/// libflow: displacement flows under conflict, disaster and hardship.
///
/// Public interface for users of the library. Every object belongs to its caller, nothing is global
/// except the text of the last error, which is kept per thread.
/// Licence: GPL-3.0-or-later.
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define FLOW_API
#elif defined(__GNUC__)
#define FLOW_API __attribute__((visibility("default")))
#else
#define FLOW_API
#endif
#if defined(__GNUC__)
#define FLOW_CHECKED __attribute__((warn_unused_result))
#else
#define FLOW_CHECKED
#endif

/// The version of the library these declarations belong to.
#define FLOW_VERSION "0.1.0"

/// Kinds of failure. flow_error_text() says what, where and what was expected.
typedef enum flow_err {
    FLOW_OK = 0,     ///< success
    FLOW_ENOMEM = 1, ///< no memory
    FLOW_EFILE = 2,  ///< a file cannot be opened, read or written
    FLOW_EINPUT = 3, ///< the scenario or a data file has problems (all of them are in the text)
    FLOW_EKEY = 4,   ///< unknown name of a key, observable or place
    FLOW_ERANGE = 5, ///< an argument is outside its range
    FLOW_ESTATE = 6  ///< the call does not fit the state of the object
} flow_err;

/// A checked, completed, constant description of what to simulate. Safe to share between threads.
typedef struct flow_scenario flow_scenario;
/// One realisation of a scenario. One thread at a time.
typedef struct flow_model flow_model;
/// A driver, response or process; flow/module.h is for those who write one.
typedef struct flow_module flow_module;

/// A file given in memory instead of on disk.
typedef struct flow_file {
    const char *name; ///< name inside the scenario folder, such as "places.csv"
    const char *text; ///< its content, borrowed; need not end in 0
    int64_t size;     ///< bytes
} flow_file;

/// One problem found in the input.
typedef struct flow_problem {
    const char *file; ///< file name as the user knows it
    int32_t line;     ///< 1-based; 0: the whole file
    int32_t column;   ///< 1-based; 0: the whole line
    bool warning;     ///< true: the scenario can run; false: it cannot
    const char *text; ///< what is wrong and what was expected, without file and line
} flow_problem;

/// A column of a quantity (see `libflow describe quantities`) that the caller fills in each step.
/// It is combined with those of the modules.
typedef struct flow_forcing {
    const char *name;     ///< of the column in results, such as "weather"; unlike all modules
    const char *quantity; ///< such as "hazard_flood"
    /// Called before each step, for each model; models of one scenario may run in parallel.
    /// `value` holds what the step before left there, at first the neutral value of the quantity.
    flow_err (*fill)(void *context, uint32_t member, int32_t step, double *value, int64_t n);
    void *context; ///< given to fill
} flow_forcing;

/// How to load a scenario. Zero-initialise; every member may stay empty. Modules and forcings must
/// outlive the scenario.
typedef struct flow_load_options {
    const char *settings;   ///< FLEE folders only: path of simsetting.yml; NULL: FLEE's defaults
    const char *const *set; ///< overrides "dotted.key=value", highest priority
    int32_t n_set;          ///< number of overrides
    int32_t days;           ///< > 0: run this many days instead of the scenario's
    const flow_module *const *module; ///< modules of your own, beside those of the library
    int32_t n_module;
    const flow_forcing *forcing; ///< columns you fill
    int32_t n_forcing;
} flow_load_options;

/// Who is followed one by one. Counts are the same, bit for bit, in all three.
typedef enum flow_individuals {
    FLOW_INDIVIDUALS_NONE,   ///< nobody: only counts
    FLOW_INDIVIDUALS_SAMPLE, ///< everybody with the same chance, flow_model_options.sample_share
    FLOW_INDIVIDUALS_ALL     ///< everybody
} flow_individuals;

/// How to make a model. Zero-initialise for defaults.
typedef struct flow_model_options {
    uint64_t seed;                ///< any number; part of every random draw
    uint32_t member;              ///< realisation number; members of one seed are independent
    int32_t threads;              ///< OpenMP threads of a step; 0: all that OpenMP gives
    flow_individuals individuals; ///< who is followed one by one
    double sample_share;          ///< chance to be followed, (0, 1]; FLOW_INDIVIDUALS_SAMPLE only
    bool history; ///< keep what happens to those who are followed (16 bytes per event)
} flow_model_options;

/// Text of the last failure on this thread; never NULL, empty when nothing failed yet.
FLOW_API const char *flow_error_text(void);

/// Load and check a scenario folder (libflow's own or FLEE's).
///
/// All problems are collected; with errors the result is FLOW_EINPUT and flow_error_text() lists
/// all.
/// @param path     folder, or the scenario.yaml inside it.
/// @param options  may be NULL.
/// @param[out] out the scenario, owned by the caller; NULL on failure.
/// @return FLOW_OK, FLOW_EINPUT, FLOW_EFILE or FLOW_ENOMEM. Thread-safe.
FLOW_API FLOW_CHECKED flow_err flow_scenario_load(const char *path,
                                                  const flow_load_options *options,
                                                  flow_scenario **out);

/// Like flow_scenario_load(), from files in memory (scenario.yaml and its tables).
FLOW_API FLOW_CHECKED flow_err flow_scenario_load_memory(const flow_file *files, int32_t n_file,
                                                         const flow_load_options *options,
                                                         flow_scenario **out);

/// Free a scenario; accepts NULL. No model may still use it.
FLOW_API void flow_scenario_free(flow_scenario *scenario);

/// Number of warnings found while loading.
FLOW_API int64_t flow_scenario_n_warning(const flow_scenario *scenario);
/// One warning, borrowed from the scenario; index in [0, flow_scenario_n_warning()).
FLOW_API flow_problem flow_scenario_warning(const flow_scenario *scenario, int64_t index);
/// Number of places.
FLOW_API int32_t flow_scenario_n_place(const flow_scenario *scenario);
/// Number of directed links.
FLOW_API int32_t flow_scenario_n_link(const flow_scenario *scenario);
/// Number of steps (days) of the period.
FLOW_API int32_t flow_scenario_n_day(const flow_scenario *scenario);
/// Name of a place, borrowed; NULL when the index is out of range.
FLOW_API const char *flow_scenario_place_name(const flow_scenario *scenario, int32_t place);
/// Index of the place with this name, -1 when there is none.
FLOW_API int32_t flow_scenario_place(const flow_scenario *scenario, const char *name);

/// Make a model at day 0 (people of day 0 are in place, no step done).
/// @param scenario borrowed; must outlive the model.
/// @param options  may be NULL (seed 0, member 0, all threads).
/// @return FLOW_OK, FLOW_ENOMEM, FLOW_ERANGE.
FLOW_API FLOW_CHECKED flow_err flow_model_create(const flow_scenario *scenario,
                                                 const flow_model_options *options,
                                                 flow_model **out);
/// Free a model; accepts NULL.
FLOW_API void flow_model_free(flow_model *model);
/// Back to day 0 with another seed and member, without allocating anew.
FLOW_API FLOW_CHECKED flow_err flow_model_reset(flow_model *model, uint64_t seed, uint32_t member);
/// Do one step (one day). FLOW_ESTATE after the last day of the period.
FLOW_API FLOW_CHECKED flow_err flow_model_step(flow_model *model);
/// Steps done so far.
FLOW_API int32_t flow_model_day(const flow_model *model);
/// People in the model: at places and on links.
FLOW_API int64_t flow_model_persons(const flow_model *model);
/// Sum over the steps done of the people present: the unit of work of an agent-based model.
FLOW_API int64_t flow_model_person_steps(const flow_model *model);
/// People who entered so far, those of day 0 included. entered = persons + left, always.
FLOW_API int64_t flow_model_entered(const flow_model *model);
/// People who left the model so far (sinks).
FLOW_API int64_t flow_model_left(const flow_model *model);
/// Households in the model where the scenario gives household sizes, else the same as
/// flow_model_persons().
FLOW_API int64_t flow_model_households(const flow_model *model);
/// Hash of who is where; equal for any number of threads; 0 when nobody is followed. Beside
/// flow_model_checksum(), which is the same whether people are followed or not.
FLOW_API uint64_t flow_model_identity_checksum(const flow_model *model);
/// Hash of the complete state; equal for any number of threads.
FLOW_API uint64_t flow_model_checksum(const flow_model *model);
/// Copy an observable (see `libflow describe observables`) into out.
/// @param name    such as "people", "arrivals", "link_people".
/// @param[out] out one value per place, per link, or one, as the observable's shape says; owned by
/// caller.
/// @param n       must equal the number of values.
/// @return FLOW_OK, FLOW_EKEY (no such observable) or FLOW_ERANGE (n differs).
FLOW_API FLOW_CHECKED flow_err flow_model_observe(const flow_model *model, const char *name,
                                                  double *out, int64_t n);

/// Give a quantity (see `libflow describe quantities`) values from outside, for coupling with other
/// models. They are one more column, combined with those of the modules, from now until the next
/// call or reset. The first call for a quantity allocates memory.
/// @param quantity such as "hazard_flood".
/// @param value    one per place, link or country; copied.
/// @return FLOW_OK, FLOW_EKEY, FLOW_ERANGE (n or a value) or FLOW_ENOMEM.
FLOW_API FLOW_CHECKED flow_err flow_model_assign(flow_model *model, const char *quantity,
                                                 const double *value, int64_t n);
/// @name People who are followed one by one
/// Only in models with flow_model_options.individuals other than FLOW_INDIVIDUALS_NONE. Persons are
/// numbered from 0 in the order in which they enter. Where the scenario gives household sizes,
/// people of a household have consecutive numbers and move together.
/// @{

/// What is known of a person from the moment he or she entered.
typedef struct flow_person {
    int64_t household;      ///< number of the household; without sizes the person's own number
    int32_t household_size; ///< persons; 1 without sizes
    int32_t origin;         ///< place where the person entered
    int32_t day;            ///< step at which the person entered; -1: there before the first step
} flow_person;

/// Where somebody is: a place (>= 0), FLOW_LEFT, or FLOW_ON_LINK - link.
enum { FLOW_LEFT = -1, FLOW_ON_LINK = -2 };

/// Something that happened to a person: arrival at a place, a first night on a link, leaving.
typedef struct flow_moment {
    int64_t person; ///< number of the person
    int32_t day;    ///< step, 0-based
    int32_t where;  ///< see FLOW_ON_LINK
} flow_moment;

/// Number of persons followed so far, those who left included.
FLOW_API int64_t flow_model_n_person(const flow_model *model);
/// What is known of a person. Safe from several threads between steps.
/// @param person in [0, flow_model_n_person()).
/// @return FLOW_OK or FLOW_ERANGE (no such person).
FLOW_API FLOW_CHECKED flow_err flow_model_person(const flow_model *model, int64_t person,
                                                 flow_person *out);
/// Value of an attribute (a name of attributes.csv, such as "age") of a person. Attributes that
/// change no probability are drawn here, as a pure function of seed, member and person: each person
/// independently from the table of the place of origin, given the class that the person is in.
/// @param[out] out text as in the table, borrowed from the scenario; NULL on failure.
/// @return FLOW_OK, FLOW_ERANGE (no such person), FLOW_EKEY (no such attribute).
FLOW_API FLOW_CHECKED flow_err flow_model_person_attribute(const flow_model *model, int64_t person,
                                                           const char *name, const char **out);
/// Where every followed person is now (see FLOW_ON_LINK).
/// @param[out] where shape [n], n = flow_model_n_person(); owned by the caller.
/// @return FLOW_OK or FLOW_ERANGE (n differs).
FLOW_API FLOW_CHECKED flow_err flow_model_locate(const flow_model *model, int32_t *where,
                                                 int64_t n);
/// Number of moments kept so far (flow_model_options.history), one for each person and event.
FLOW_API int64_t flow_model_n_moment(const flow_model *model);
/// All moments, sorted by person and time.
/// @param[out] out shape [n], n = flow_model_n_moment(); owned by the caller.
/// @return FLOW_OK, FLOW_ERANGE (n differs) or FLOW_ENOMEM.
FLOW_API FLOW_CHECKED flow_err flow_model_moments(const flow_model *model, flow_moment *out,
                                                  int64_t n);
/// @}

/// What to do in a whole run. Zero-initialise for defaults.
typedef struct flow_run_options {
    flow_model_options model; ///< seed, member, threads
    const char *output;       ///< result file (.nc); NULL: none is written
    bool replace;             ///< replace an existing result file
    const char *command_line; ///< for the provenance; may be NULL
    /// Called before each step with the steps done; false stops the run (FLOW_ESTATE, no file is
    /// left). NULL: never called.
    bool (*go_on)(void *context, int32_t day, int32_t n_day);
    void *context; ///< given to go_on
} flow_run_options;

/// What a run did.
typedef struct flow_run_report {
    int32_t days;         ///< steps done
    int32_t threads;      ///< OpenMP threads used
    int64_t persons;      ///< people in the model at the end
    int64_t entered;      ///< people who entered, day 0 included
    int64_t left;         ///< people who left the model
    int64_t person_steps; ///< see flow_model_person_steps()
    double wall_s;        ///< seconds, all
    double step_s;        ///< seconds inside steps
    uint64_t checksum;    ///< see flow_model_checksum()
} flow_run_report;

/// Run a scenario from its first to its last day and write the result file.
/// @param options  may be NULL: seed 0, no file.
/// @param[out] report may be NULL.
/// @return FLOW_OK, FLOW_EFILE (nothing half-written is left), FLOW_ENOMEM, FLOW_ESTATE (stopped).
FLOW_API FLOW_CHECKED flow_err flow_run(const flow_scenario *scenario,
                                        const flow_run_options *options, flow_run_report *report);

/// Run many members of one seed, options->model.member being the first, and write one result file.
FLOW_API FLOW_CHECKED flow_err flow_run_members(const flow_scenario *scenario,
                                                const flow_run_options *options, int32_t n_member,
                                                flow_run_report *report, flow_run_report *member);

/// Version of the library in use, "major.minor.patch".
FLOW_API const char *flow_version(void);

#ifdef __cplusplus
}
#endif

#endif
