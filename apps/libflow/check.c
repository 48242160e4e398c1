// libflow check: all problems of a scenario at once. Loading and problems for other commands.
#include "app.h"

#include <inttypes.h>
#include <string.h>

flow_err app_load_option(const app_arguments *arguments, const char *option, flow_scenario **out)
{
    *out = NULL;
    const size_t size = strlen("option=") + (option != NULL ? strlen(option) : 0) + 1;
    char *choice = flow_calloc((int64_t)size, 1);
    const char **set = flow_calloc((int64_t)arguments->n_set + 1, sizeof *set);
    flow_err err = FLOW_ENOMEM;
    if (choice != NULL && set != NULL) {
        int32_t n = 0;
        for (; n < arguments->n_set; n++) { set[n] = arguments->set[n]; }
        if (option != NULL) {
            (void)snprintf(choice, size, "option=%s", option);
            set[n++] = choice;
        }
        const flow_load_options options = {.settings = arguments->settings,
                                           .set = set,
                                           .n_set = n,
                                           .days = (int32_t)arguments->days};
        err = flow_scenario_load(arguments->operand[0], &options, out);
    } else {
        err = flow_fail(FLOW_ENOMEM, "no memory for the settings");
    }
    flow_dealloc(set);
    flow_dealloc(choice);
    return err;
}

flow_err app_load(const app_arguments *arguments, flow_scenario **out)
{
    return app_load_option(arguments, arguments->option, out);
}

/// Take ":NUMBER" from the end of [text, end); 0 when there is none.
static int64_t take_number(const char *text, const char **end)
{
    const char *p = *end;
    int64_t value = 0, digit = 1;
    while (p > text && p[-1] >= '0' && p[-1] <= '9' && *end - p < 10) {
        p--;
        value += digit * (*p - '0');
        digit *= 10;
    }
    if (p == *end || p == text || p[-1] != ':') { return 0; }
    *end = p - 1;
    return value;
}

/// One line "file:line:column: text" of the library.
static json_t *problem(const char *line, size_t n)
{
    const char *colon = line;
    while (colon != NULL && (colon = memchr(colon, ':', n - (size_t)(colon - line))) != NULL) {
        if (colon + 1 < line + n && colon[1] == ' ') { break; }
        colon++;
    }
    if (colon == NULL) {
        return json_pack("{s:n, s:i, s:i, s:s%}", "file", "line", 0, "column", 0, "text", line, n);
    }
    const char *end = colon;
    const int64_t last = take_number(line, &end);
    const int64_t before = take_number(line, &end);
    return json_pack("{s:s%, s:I, s:I, s:s%}", "file", line, (size_t)(end - line), "line",
                     (json_int_t)(before > 0 ? before : last), "column",
                     (json_int_t)(before > 0 ? last : 0), "text", colon + 2,
                     n - (size_t)(colon + 2 - line));
}

json_t *app_json_problems(const char *text)
{
    json_t *list = json_array();
    while (list != NULL && *text != '\0') {
        const size_t n = strcspn(text, "\n");
        if (json_array_append_new(list, problem(text, n)) != 0) {
            json_decref(list);
            return NULL;
        }
        text += n + (text[n] == '\n');
    }
    return list;
}

json_t *app_json_warnings(const flow_scenario *scenario)
{
    json_t *list = json_array();
    const int64_t n = flow_scenario_n_warning(scenario);
    for (int64_t i = 0; list != NULL && i < n; i++) {
        const flow_problem w = flow_scenario_warning(scenario, i);
        if (json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:s}", "file", w.file, "line",
                                                  (int)w.line, "column", (int)w.column, "text",
                                                  w.text)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

void app_print_warnings(const flow_scenario *scenario, int64_t most, FILE *file)
{
    const int64_t n = flow_scenario_n_warning(scenario);
    for (int64_t i = 0; i < n && i < most; i++) {
        const flow_problem w = flow_scenario_warning(scenario, i);
        (void)fprintf(file, "%s", w.file);
        if (w.line > 0) { (void)fprintf(file, ":%d", (int)w.line); }
        if (w.line > 0 && w.column > 0) { (void)fprintf(file, ":%d", (int)w.column); }
        (void)fprintf(file, "%swarning: %s\n", *w.file != '\0' ? ": " : "", w.text);
    }
}

static json_t *json_options(const flow_scenario *s)
{
    json_t *list = json_array();
    flow_option_info o;
    for (int32_t i = 0; list != NULL && flow_scenario_n_option(s) > i; i++) {
        if (flow_scenario_option(s, i, &o) != FLOW_OK ||
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b}", "name", o.name, "title",
                                                  o.title, "description", o.description, "baseline",
                                                  (int)o.baseline)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static void print_options(const flow_scenario *s)
{
    enum { RIGHT = 79 };
    flow_option_info o;
    const int32_t n = flow_scenario_n_option(s);
    if (n > 0) { (void)printf("Options:\n"); }
    for (int32_t i = 0; i < n && flow_scenario_option(s, i, &o) == FLOW_OK; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "%s%s: %s", o.name, o.baseline ? " (baseline)" : "",
                       o.title);
        app_print_wrapped(text, 2, RIGHT);
    }
}

static app_exit print_good(const app_arguments *arguments, const flow_scenario *s)
{
    char first[16];
    flow_date_text(s->start, first);
    const int64_t n_warning = flow_scenario_n_warning(s);
    if (arguments->json) {
        return app_print_json(json_pack(
            "{s:s, s:s, s:b, s:i, s:i, s:i, s:i, s:s, s:o, s:o, s:o}", "schema", "libflow.check.1",
            "scenario", arguments->operand[0], "good", 1, "places", (int)s->n_place, "links",
            (int)s->n_link, "days", (int)app_days(s->n_step, s->dt), "observed", (int)s->n_observed,
            "start", first, "options", json_options(s), "problems", json_array(), "warnings",
            app_json_warnings(s)));
    }
    app_print_warnings(s, n_warning, stdout);
    (void)printf("%s can run: %d places, %d directed links, %s from %s, %d observed places, "
                 "%" PRId64 " warning%s.\n",
                 arguments->operand[0], (int)s->n_place, (int)s->n_link,
                 app_steps(s->n_step, s->dt).text, first, (int)s->n_observed, n_warning,
                 n_warning == 1 ? "" : "s");
    print_options(s);
    return APP_OK;
}

static app_exit print_bad(const app_arguments *arguments, const char *text)
{
    if (arguments->json) {
        const app_exit status =
            app_print_json(json_pack("{s:s, s:s, s:b, s:o, s:o}", "schema", "libflow.check.1",
                                     "scenario", arguments->operand[0], "good", 0, "problems",
                                     app_json_problems(text), "warnings", json_array()));
        return status == APP_OK ? APP_INPUT : status;
    }
    int64_t n = 1;
    for (const char *p = text; *p != '\0'; p++) { n += *p == '\n'; }
    (void)printf("%s\n%s cannot run: %" PRId64 " problem%s.\n", text, arguments->operand[0], n,
                 n == 1 ? "" : "s");
    return APP_INPUT;
}

/// Add each line of a text to a list of lines, naming the option; false: no memory.
static bool add_problems(char **list, const char *text, const char *option)
{
    while (*text != '\0') {
        const size_t n = strcspn(text, "\n");
        const size_t used = *list != NULL ? strlen(*list) : 0;
        const size_t more = n + strlen(option) + 32;
        char *longer = flow_realloc(*list, (int64_t)(used + more), 1);
        if (longer == NULL) { return false; }
        *list = longer;
        (void)snprintf(longer + used, more, "%s%.*s (option %s)", used > 0 ? "\n" : "", (int)n,
                       text, option);
        text += n + (text[n] == '\n');
    }
    return true;
}

/// Load the scenario with each of its options; *problems: what is wrong with them, NULL: nothing.
static flow_err check_options(const app_arguments *arguments, const flow_scenario *scenario,
                              char **problems)
{
    *problems = NULL;
    const int32_t n = arguments->option == NULL ? flow_scenario_n_option(scenario) : 0;
    for (int32_t i = 0; i < n; i++) {
        flow_option_info option;
        flow_scenario *s = NULL;
        flow_err err = flow_scenario_option(scenario, i, &option);
        if (err == FLOW_OK) { err = app_load_option(arguments, option.name, &s); }
        flow_scenario_free(s);
        if (err == FLOW_EINPUT && add_problems(problems, flow_error_text(), option.name)) {
            continue;
        }
        if (err != FLOW_OK) { return err; }
    }
    return FLOW_OK;
}

static app_exit check(const app_arguments *arguments)
{
    flow_scenario *scenario = NULL;
    char *problems = NULL;
    flow_err err = app_load(arguments, &scenario);
    if (err == FLOW_OK) { err = check_options(arguments, scenario, &problems); }
    app_exit status;
    if (problems != NULL) {
        status = print_bad(arguments, problems);
    } else if (err == FLOW_OK) {
        status = print_good(arguments, scenario);
    } else if (err == FLOW_EINPUT || (arguments->json && err == FLOW_EFILE)) {
        status = print_bad(arguments, flow_error_text());
    } else {
        status = app_fail("check", err);
    }
    flow_dealloc(problems);
    flow_scenario_free(scenario);
    return status;
}

#define AT(member) offsetof(app_arguments, member)
static const app_option options[] = {
    {0, "settings", "FILE", APP_TEXT, AT(settings), 0, 0, "The simsetting.yml of a FLEE folder."},
    {0, "set", "KEY=VALUE", APP_LIST, AT(set), 0, 0,
     "Another value for a key of the scenario; may be repeated."},
    {0, "option", "NAME", APP_TEXT, AT(option), 0, 0,
     "Check this option of the scenario only; default: the scenario and all its options."},
    {'d', "days", "D", APP_INTEGER, AT(days), 1, 100000, "Check for D days of the period."},
    {0, "json", NULL, APP_FLAG, AT(json), 0, 0, "Print one JSON object."},
    {0, NULL, NULL, APP_FLAG, 0, 0, 0, NULL}};

const app_command app_check_command = {
    "check",
    "SCENARIO",
    1,
    1,
    "Show all problems of a scenario at once.",
    "Each problem is one line: file, line, column, what was found and what was expected. "
    "Exit status 0: the scenario can run, with or without warnings; 1: it cannot.",
    options,
    check};
