/// @file flow.h
/// libflow: displacement flows under conflict, disaster and hardship.
///
/// Public interface for users of the library. Every object belongs to its caller, nothing is global
/// except the text of the last error, which is kept per thread.
///
/// What holds for all functions, unless one says otherwise:
/// - What can fail returns a #flow_err; results leave through the last parameters, which hold a
/// safe
///   value (NULL, 0) on failure. flow_error_text() then says what, where and what was expected.
/// - Pointers must not be NULL. Texts are UTF-8 and end in 0.
/// - Arrays belong to the caller, are flat and row-major, and come with their number of values.
/// - A scenario never changes, and any number of threads may use it at once. A model belongs to one
///   thread at a time; functions that take a `const flow_model *` may run in several threads as
///   long as no step or reset is under way.
/// - The library prints nothing, ends no process and changes no global state. GSL's error handler
/// is
///   left as it is: nothing is given to GSL that it would refuse.
///
/// Licence: GPL-3.0-or-later.
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && !defined(_WIN32)
/// Seen by users of the shared library.
#define FLOW_API __attribute__((visibility("default")))
#else
#define FLOW_API
#endif
#if defined(__GNUC__)
/// The compiler warns when the result is ignored.
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
    /// Called before each step, for each model; models of one scenario may run in parallel. `step`
    /// counts from 0; `value` has n numbers, one per place, link or country, and holds what the
    /// step before left there, at first the neutral value of the quantity. Anything but FLOW_OK
    /// ends the step with this error.
    flow_err (*fill)(void *context, uint32_t member, int32_t step, double *value, int64_t n);
    void *context; ///< given to fill
} flow_forcing;

/// What a function that fills rows is asked: with what weights people who leave a place choose
/// among `n` others. Arrays are borrowed for the time of the call.
typedef struct flow_question {
    uint32_t member;      ///< realisation
    int32_t step;         ///< from 0
    int32_t place;        ///< where people leave
    int32_t n;            ///< candidates
    int32_t stay;         ///< candidate that is the place itself, where staying competes; -1: none
    const int32_t *to;    ///< [n] places
    const double *km;     ///< [n] length of the way, by roads as they are now
    const double *days;   ///< [n] days of travel
    const double *people; ///< [n] people who live there, or whom a camp takes in
} flow_question;

/// A function that says how people with one cause choose their destination.
typedef struct flow_filler {
    const char *cause; ///< such as "flood", whose key destination_flood.kind must be callback
    /// Give every candidate a weight, finite and >= 0; shares are their parts of the sum. Nobody
    /// leaves where all weights are 0. Anything but FLOW_OK ends the step with this error.
    ///
    /// Called at most once in a step for each place of each model, from several threads at once.
    /// Runs can be repeated, and are the same for any number of threads, when the weights are a
    /// function of the question and of what does not change during a step.
    flow_err (*fill)(void *context, const flow_question *question, double *weight);
    void *context; ///< given to fill
} flow_filler;

/// How to load a scenario. Zero-initialise; every member may stay empty. Modules, forcings and what
/// fillers point to must outlive the scenario.
typedef struct flow_load_options {
    const char *settings;   ///< FLEE folders only: path of simsetting.yml; NULL: FLEE's defaults
    const char *const *set; ///< overrides "dotted.key=value", highest priority
    int32_t n_set;          ///< number of overrides
    int32_t days;           ///< > 0: run this many days of the scenario's, not more than it has
    const flow_module *const *module; ///< modules of your own, beside those of the library
    int32_t n_module;                 ///< number of modules
    const flow_forcing *forcing;      ///< columns you fill
    int32_t n_forcing;                ///< number of forcings
    const flow_filler *filler;        ///< how people choose where destination.kind is callback
    int32_t n_filler;                 ///< number of fillers
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

/// Text of the last failure on this thread.
/// @return one or more lines without the last line end, UTF-8; never NULL, empty when nothing
/// failed yet. Borrowed: valid until the next call that fails on this thread.
FLOW_API const char *flow_error_text(void);

/// Load and check a scenario folder (libflow's own or FLEE's).
///
/// All problems are collected; with errors the result is FLOW_EINPUT and flow_error_text() lists
/// all, one a line. Warnings do not fail: see flow_scenario_n_warning(). Safe from several threads.
/// @param path     folder, or the scenario.yaml inside it.
/// @param options  may be NULL; its texts are copied.
/// @param[out] out the scenario, owned by the caller: flow_scenario_free(); NULL on failure.
/// @return FLOW_OK, FLOW_EINPUT, FLOW_EFILE, FLOW_ERANGE (an option) or FLOW_ENOMEM.
FLOW_API FLOW_CHECKED flow_err flow_scenario_load(const char *path,
                                                  const flow_load_options *options,
                                                  flow_scenario **out);

/// Like flow_scenario_load(), from files in memory (scenario.yaml and its tables).
/// @param files    [n_file], needed during the call only.
/// @param n_file   number of files.
/// @param options  may be NULL; its texts are copied.
/// @param[out] out the scenario, owned by the caller: flow_scenario_free(); NULL on failure.
/// @return FLOW_OK, FLOW_EINPUT, FLOW_EFILE (scenario.yaml is missing), FLOW_ERANGE (an option, or
/// files that are none) or FLOW_ENOMEM.
FLOW_API FLOW_CHECKED flow_err flow_scenario_load_memory(const flow_file *files, int32_t n_file,
                                                         const flow_load_options *options,
                                                         flow_scenario **out);

/// Free a scenario. No model may still use it.
/// @param scenario may be NULL.
FLOW_API void flow_scenario_free(flow_scenario *scenario);

/// Number of warnings found while loading.
/// @param scenario read only.
/// @return number, >= 0.
FLOW_API int64_t flow_scenario_n_warning(const flow_scenario *scenario);
/// One warning.
/// @param scenario read only.
/// @param index    in [0, flow_scenario_n_warning()).
/// @return the warning, its texts borrowed from the scenario; empty when there is no such index.
FLOW_API flow_problem flow_scenario_warning(const flow_scenario *scenario, int64_t index);
/// An option of a scenario: a named set of changes (docs/formats.md). It is in force when the
/// scenario is loaded with the override "option=NAME".
typedef struct flow_option_info {
    const char *name;        ///< "anticipatory_cash"
    const char *title;       ///< for tables and pictures; the name where there is none
    const char *description; ///< may be empty
    bool baseline;           ///< the others are compared with it
    bool in_force;           ///< the scenario was loaded with it
} flow_option_info;

/// Number of options.
/// @param scenario read only.
/// @return number, >= 0.
FLOW_API int32_t flow_scenario_n_option(const flow_scenario *scenario);
/// One option, in the order of scenario.yaml.
/// @param scenario read only.
/// @param index    in [0, flow_scenario_n_option()).
/// @param[out] out its texts are borrowed from the scenario; all 0 on failure.
/// @return FLOW_OK or FLOW_ERANGE (no such index).
FLOW_API FLOW_CHECKED flow_err flow_scenario_option(const flow_scenario *scenario, int32_t index,
                                                    flow_option_info *out);

/// Number of places.
/// @param scenario read only.
/// @return number, >= 1.
FLOW_API int32_t flow_scenario_n_place(const flow_scenario *scenario);
/// Number of directed links.
/// @param scenario read only.
/// @return number, >= 0; a road in both directions counts twice.
FLOW_API int32_t flow_scenario_n_link(const flow_scenario *scenario);
/// Number of steps of the period.
/// @param scenario read only.
/// @return number, >= 1.
FLOW_API int32_t flow_scenario_n_step(const flow_scenario *scenario);
/// Name of a place.
/// @param scenario read only.
/// @param place    in [0, flow_scenario_n_place()).
/// @return the name, borrowed from the scenario; NULL when there is no such place.
FLOW_API const char *flow_scenario_place_name(const flow_scenario *scenario, int32_t place);
/// Index of the place with this name.
/// @param scenario read only.
/// @param name     as in places.csv, letter case included.
/// @return index in [0, flow_scenario_n_place()), -1 when there is none.
FLOW_API int32_t flow_scenario_place(const flow_scenario *scenario, const char *name);

/// Make a model at day 0 (people of day 0 are in place, no step done).
/// @param scenario borrowed; must outlive the model.
/// @param options  may be NULL (seed 0, member 0, all threads, nobody followed).
/// @param[out] out the model, owned by the caller: flow_model_free(); NULL on failure.
/// @return FLOW_OK, FLOW_ENOMEM, FLOW_ERANGE (an option), FLOW_EINPUT (a rule in use needs an
/// attribute that the scenario does not have).
FLOW_API FLOW_CHECKED flow_err flow_model_create(const flow_scenario *scenario,
                                                 const flow_model_options *options,
                                                 flow_model **out);
/// Free a model.
/// @param model may be NULL.
FLOW_API void flow_model_free(flow_model *model);
/// Back to day 0 with another seed and member, in the memory the model has. Afterwards the model is
/// the same, bit for bit, as a new one.
/// @param model  also one whose step failed.
/// @param seed   any number.
/// @param member realisation of the seed.
/// @return FLOW_OK, FLOW_ENOMEM or what a module returns; then only another reset helps.
FLOW_API FLOW_CHECKED flow_err flow_model_reset(flow_model *model, uint64_t seed, uint32_t member);
/// Do one step. Uses the threads of flow_model_options; allocates nothing in steady state.
/// @param model after a failure of this call only flow_model_reset() and flow_model_free() help.
/// @return FLOW_OK, FLOW_ESTATE (the period is over, or an earlier step failed), FLOW_ENOMEM, or
/// what a module or forcing returns.
FLOW_API FLOW_CHECKED flow_err flow_model_step(flow_model *model);
/// Steps done so far.
/// @param model read only.
/// @return number in [0, flow_scenario_n_step()].
FLOW_API int32_t flow_model_day(const flow_model *model);
/// People in the model: at places and on links.
/// @param model read only.
/// @return persons.
FLOW_API int64_t flow_model_persons(const flow_model *model);
/// Sum over the steps done of the people present: the unit of work of an agent-based model.
/// @param model read only.
/// @return persons times steps.
FLOW_API int64_t flow_model_person_steps(const flow_model *model);
/// People who entered so far, those of day 0 included. entered = persons + left + dead + missing,
/// always.
/// @param model read only.
/// @return persons.
FLOW_API int64_t flow_model_entered(const flow_model *model);
/// People who left the model so far (sinks).
/// @param model read only.
/// @return persons.
FLOW_API int64_t flow_model_left(const flow_model *model);
/// People who died so far.
/// @param model read only.
/// @return persons.
FLOW_API int64_t flow_model_dead(const flow_model *model);
/// People who went missing on the way so far.
/// @param model read only.
/// @return persons.
FLOW_API int64_t flow_model_missing(const flow_model *model);
/// Households in the model where the scenario gives household sizes, else the same as
/// flow_model_persons().
/// @param model read only.
/// @return households, at places and on links.
FLOW_API int64_t flow_model_households(const flow_model *model);
/// Hash of who is where, beside flow_model_checksum(), which is the same whether people are
/// followed or not.
/// @param model read only.
/// @return hash, equal for any number of threads; 0 when nobody is followed.
FLOW_API uint64_t flow_model_identity_checksum(const flow_model *model);
/// Hash of the complete state.
/// @param model read only.
/// @return hash; equal for the same scenario, seed, member and steps, for any number of threads.
FLOW_API uint64_t flow_model_checksum(const flow_model *model);
/// Copy an observable (see flow_describe_observable()) of the last step done, or of day 0.
/// @param model   read only.
/// @param name    such as "people", "arrivals", "departures_by_cause"; of modules in use
/// "hazard_flood" and
///                "hazard_flood__drought".
/// @param[out] out one value per place, link or country, or one, in the observable's unit; for
/// those
///                with a second dimension, for each place or link all classes; owned by the caller.
/// @param n       number of values, must be that of the observable.
/// @return FLOW_OK, FLOW_EKEY (no such observable), FLOW_ERANGE (n differs) or FLOW_ENOMEM.
FLOW_API FLOW_CHECKED flow_err flow_model_observe(const flow_model *model, const char *name,
                                                  double *out, int64_t n);

/// Give a quantity (see flow_describe_quantity()) values from outside, for coupling with other
/// models. They are one more column, combined with those of the modules, from now until the next
/// call or reset. The first call for a quantity allocates memory.
/// @param model    must not be in a step.
/// @param quantity such as "hazard_flood".
/// @param value    one per place, link or country, in the quantity's unit and range; copied.
/// @param n        number of values, must be that of the quantity.
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
    int32_t cause;          ///< class of flow_describe_class("cause") on entering; -1: no such axis
    int32_t status;         ///< the same of "status"
} flow_person;

/// Where somebody is: a place (>= 0), FLOW_LEFT, or FLOW_ON_LINK - link.
enum { FLOW_LEFT = -1, FLOW_ON_LINK = -2 };

/// What flow_moment.status says of those who are at no place and on no link any more because they
/// died or went missing.
enum { FLOW_MOMENT_DEAD = 10, FLOW_MOMENT_MISSING = 11 };

/// Something that happened to a person: arrival at a place, a first night on a link, leaving; under
/// the destination rule also the beginning of waiting at a gate, where the person already is.
typedef struct flow_moment {
    int64_t person; ///< number of the person
    int32_t day;    ///< step, 0-based
    int32_t where;  ///< see FLOW_ON_LINK
    int32_t cause;  ///< class of flow_describe_class("cause") from now on; -1: no such axis
    int32_t status; ///< the same of "status", or FLOW_MOMENT_DEAD or FLOW_MOMENT_MISSING
} flow_moment;

/// Number of persons followed so far, those who left included.
/// @param model read only.
/// @return persons; 0 when nobody is followed.
FLOW_API int64_t flow_model_n_person(const flow_model *model);
/// What is known of a person.
/// @param model    read only.
/// @param person   in [0, flow_model_n_person()).
/// @param[out] out owned by the caller.
/// @return FLOW_OK or FLOW_ERANGE (no such person).
FLOW_API FLOW_CHECKED flow_err flow_model_person(const flow_model *model, int64_t person,
                                                 flow_person *out);
/// Value of an attribute (a name of attributes.csv, such as "age") of a person. Attributes that
/// change no probability are drawn here, as a pure function of seed, member and person: each person
/// independently from the table of the place of origin, given the class that the person is in.
/// @param model    read only.
/// @param person   in [0, flow_model_n_person()).
/// @param name     of the attribute.
/// @param[out] out text as in the table, borrowed from the scenario; NULL on failure.
/// @return FLOW_OK, FLOW_ERANGE (no such person), FLOW_EKEY (no such attribute).
FLOW_API FLOW_CHECKED flow_err flow_model_person_attribute(const flow_model *model, int64_t person,
                                                           const char *name, const char **out);
/// Where every followed person is now (see FLOW_ON_LINK).
/// @param model read only.
/// @param[out] where [n], owned by the caller.
/// @param n     must be flow_model_n_person().
/// @return FLOW_OK or FLOW_ERANGE (n differs).
FLOW_API FLOW_CHECKED flow_err flow_model_locate(const flow_model *model, int32_t *where,
                                                 int64_t n);
/// Number of moments kept so far (flow_model_options.history), one for each person and event.
/// @param model read only.
/// @return moments.
FLOW_API int64_t flow_model_n_moment(const flow_model *model);
/// All moments, sorted by person and time.
/// @param model read only.
/// @param[out] out [n], owned by the caller.
/// @param n     must be flow_model_n_moment().
/// @return FLOW_OK, FLOW_ERANGE (n differs) or FLOW_ENOMEM.
FLOW_API FLOW_CHECKED flow_err flow_model_moments(const flow_model *model, flow_moment *out,
                                                  int64_t n);
/// @}

/// @name Checkpoints
/// The complete state of a model in a file. Whoever goes on from it does, bit for bit, what the
/// model would have done, on any number of threads. docs/output.md describes the file.
/// @{

/// Save the state of a model between two steps.
///
/// The file is written as "<path>.part", brought to the disk and then named, so that at no moment
/// a half-written file has the name. What had it before becomes "<path>.1", so the last two are
/// kept. Memory that does not depend on the size of the model is used.
/// @param model read only; one thread at a time.
/// @param path  file to write; its folder must exist.
/// @return FLOW_OK; FLOW_EFILE (the file cannot be written; what was there stays); FLOW_ENOMEM;
/// FLOW_ESTATE (a step of the model failed before).
FLOW_API FLOW_CHECKED flow_err flow_model_save(const flow_model *model, const char *path);
/// Load a state that flow_model_save() or flow_run() wrote. The model goes on from there: its day,
/// seed and member are those of the file, columns assigned from outside included.
///
/// The model must be made from the same scenario: the same texts of the input files, wherever they
/// lie, the same settings, days and modules; by the same version of the library; with the same
/// people followed one by one (individuals, sample_share, history). Threads may differ. What the
/// context of a forcing knows is its owner's to save.
/// @param model any state that it had is replaced.
/// @param path  file that flow_model_save() or flow_run() wrote.
/// @return FLOW_OK; FLOW_EFILE (the file cannot be read) or FLOW_EINPUT (it is damaged, no
/// checkpoint, or does not fit the model; the text says why), and the model is as it was;
/// FLOW_ENOMEM, after which the model may have to be reset before the next step, which says so.
FLOW_API FLOW_CHECKED flow_err flow_model_load(flow_model *model, const char *path);
/// @}

/// What to do in a whole run. Zero-initialise for defaults.
typedef struct flow_run_options {
    flow_model_options model; ///< seed, member, threads; flow_run_members(): the first member
    const char *output;       ///< result file (.nc, see docs/output.md); NULL: none is written
    bool replace;             ///< replace an existing result file
    const char *command_line; ///< for the provenance; may be NULL
    /// Called in the thread that called, before each step, with the steps done and those of the
    /// period. False stops the run (FLOW_ESTATE): no result file is left, but a checkpoint where
    /// one is wanted. With flow_run_members(): the members done and wanted, at least before each
    /// step of the members this thread runs and before anything is written. NULL: never called.
    bool (*go_on)(void *context, int32_t done, int32_t n);
    void *context; ///< given to go_on
    /// File of checkpoints; NULL: none. "<checkpoint>.1" is the one before, and
    /// "<checkpoint>.steps" holds the result up to them. They stay when the run is over.
    const char *checkpoint;
    int32_t every;      ///< steps between checkpoints; 0: only when the run is stopped
    const char *resume; ///< go on from this checkpoint, of the same seed and member; NULL: begin
} flow_run_options;

/// What a run did.
typedef struct flow_run_report {
    int32_t days;                ///< steps done
    int32_t threads;             ///< OpenMP threads used
    int64_t persons;             ///< people in the model at the end
    int64_t entered;             ///< people who entered, day 0 included
    int64_t left;                ///< people who left the model
    int64_t person_steps;        ///< see flow_model_person_steps()
    double wall_s;               ///< seconds, all
    double step_s;               ///< seconds inside steps
    uint64_t checksum;           ///< see flow_model_checksum()
    int64_t person_steps_before; ///< of person_steps, those before the run was resumed
    int32_t n_checkpoint;        ///< checkpoints written
} flow_run_report;

/// Run a scenario from its first to its last day and write the result file.
///
/// A run that is resumed from a checkpoint, after having been stopped or killed, writes the same
/// result as the unbroken run: all values and the checksum; only what tells of the run itself
/// (times, command line, threads) is its own. An existing checkpoint is replaced only when
/// `replace` says so, or when the run is resumed from it.
/// Result files are HDF5: runs with files in several threads at once need a thread-safe HDF5.
/// @param scenario read only.
/// @param options  may be NULL: seed 0, no file.
/// @param[out] report may be NULL; on failure zero but for n_checkpoint, except that a stopped run
/// with a checkpoint fills it.
/// @return FLOW_OK; FLOW_EFILE (a file cannot be written; nothing half-written is left, checkpoints
/// stay); FLOW_EINPUT (the checkpoint to resume from cannot be read or does not fit); FLOW_ENOMEM;
/// FLOW_ERANGE (an option is outside its range); FLOW_ESTATE (stopped).
FLOW_API FLOW_CHECKED flow_err flow_run(const flow_scenario *scenario,
                                        const flow_run_options *options, flow_run_report *report);

/// Run many members of one seed and write one result file with all of them, quantiles and scores.
///
/// Members run side by side, each in one thread; every thread makes one model and resets it for
/// each member. A member is the same, bit for bit, as flow_run() with its number, and numbers and
/// file are the same for any number of threads. The first member that fails stops all. Nobody is
/// followed one by one, and there are no checkpoints (FLOW_ERANGE when the options name one).
/// Memory: a model and about 20 MiB for each thread, and up to 256 MiB for what the members
/// observe; what goes beyond lies in a scratch file beside the result.
/// @param scenario read only.
/// @param options  may be NULL: members 0, 1, ... of seed 0, no file.
/// @param n_member members to run, [1, 1000000]; options->model.member + n_member <= 2^32.
/// @param[out] report may be NULL. Sums over all members: persons, entered, left, person_steps,
///                 step_s. checksum: of the members' checksums in their order.
/// @param[out] member may be NULL, else [n_member]: what each one did; owned by the caller. On
///                 failure it is not touched.
/// @return FLOW_OK, FLOW_EFILE (nothing half-written is left), FLOW_ENOMEM, FLOW_ERANGE (n_member
/// or an option), FLOW_ESTATE (stopped), or what flow_model_create() and flow_model_step() return.
/// The text of an error within a member begins with "member K: ".
FLOW_API FLOW_CHECKED flow_err flow_run_members(const flow_scenario *scenario,
                                                const flow_run_options *options, int32_t n_member,
                                                flow_run_report *report, flow_run_report *member);

/// Version of the library in use.
/// @return "major.minor.patch"; FLOW_VERSION is that of the header.
FLOW_API const char *flow_version(void);

#ifdef __cplusplus
}
#endif

#include "flow/describe.h"
#include "flow/ledger.h"

#endif
