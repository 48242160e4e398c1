// libflow score and libflow info: what a result file says.
#include "app.h"

#include <inttypes.h>

static const char *text_or(const char *text, const char *other)
{
    return text != NULL && *text != '\0' ? text : other;
}

static app_exit print_scores(const char *path, const flow_result *r, const flow_score *score,
                             bool json)
{
    if (!json) {
        app_print_score(r, score, true);
        return APP_OK;
    }
    json_t *o =
        json_pack("{s:s, s:s, s:i, s:o}", "schema", "libflow.score.1", "result", path, "days",
                  (int)app_days(r->n_step, r->dt), "observed", app_json_places(r, score));
    bool good = o != NULL && app_json_score(o, score);
    if (good && r->members != NULL) {
        good = json_object_set_new(o, "ensemble", app_json_ensemble(r, score)) == 0;
    }
    if (!good) {
        json_decref(o);
        o = NULL;
    }
    return app_print_json(o);
}

static app_exit score(const app_arguments *arguments)
{
    const char *path = arguments->operand[0];
    flow_result *result = NULL;
    flow_score *s = NULL;
    flow_err err = flow_result_load(path, &result);
    if (err != FLOW_OK) { return app_fail("score", err); }
    app_exit status;
    if (result->n_observed == 0) {
        app_say("score", "'%s' holds no observations to compare with", path);
        status = APP_INPUT;
    } else if ((err = flow_score_result(result, &s)) != FLOW_OK) {
        status = app_fail("score", err);
    } else {
        status = print_scores(path, result, s, arguments->json);
    }
    flow_score_free(s);
    flow_result_free(result);
    return status;
}

static app_exit print_info(const char *path, const flow_result *r, bool json)
{
    char first[16];
    flow_date_text(r->start, first);
    if (json) {
        return app_print_json(json_pack(
            "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:i, s:s, s:i, s:i, s:f, s:i, s:i, "
            "s:s?}",
            "schema", "libflow.info.1", "result", path, "title", text_or(r->title, ""), "scenario",
            text_or(r->scenario_path, ""), "version", text_or(r->version, ""), "created",
            text_or(r->created, ""), "command_line", text_or(r->command_line, ""), "checksum",
            text_or(r->checksum, ""), "seed", (json_int_t)r->seed, "member", (json_int_t)r->member,
            "members", r->members != NULL ? (int)r->members->n : 1, "start", first, "days",
            (int)app_days(r->n_step, r->dt), "steps", (int)r->n_step, "step_days", r->dt, "places",
            (int)r->n_place, "observed", (int)r->n_observed, "option",
            r->option != NULL && *r->option != '\0' ? r->option : NULL));
    }
    (void)printf("%s\n\n", text_or(r->title, path));
    (void)printf("  scenario      %s\n", text_or(r->scenario_path, "(from memory)"));
    if (*text_or(r->option, "") != '\0') { (void)printf("  option        %s\n", r->option); }
    (void)printf("  period        %s from %s to %s\n", app_steps(r->n_step, r->dt).text, first,
                 app_last_day(r).text);
    (void)printf("  places        %d, %d of them observed\n", (int)r->n_place, (int)r->n_observed);
    (void)printf("  made          %s by libflow %s\n", text_or(r->created, "(unknown time)"),
                 text_or(r->version, "(unknown version)"));
    (void)printf("  command       %s\n", text_or(r->command_line, "(none)"));
    (void)printf("  seed          %" PRIu64 "\n", r->seed);
    if (r->members != NULL) {
        (void)printf("  members       %d, from number %" PRId64 "\n", (int)r->members->n,
                     r->member);
    } else {
        (void)printf("  member        %" PRId64 "\n", r->member);
    }
    (void)printf("  checksum      %s\n", text_or(r->checksum, "(none)"));
    return APP_OK;
}

static app_exit info(const app_arguments *arguments)
{
    flow_result *result = NULL;
    const flow_err err = flow_result_load(arguments->operand[0], &result);
    if (err != FLOW_OK) { return app_fail("info", err); }
    const app_exit status = print_info(arguments->operand[0], result, arguments->json);
    flow_result_free(result);
    return status;
}

#define AT(member) offsetof(app_arguments, member)
static const app_option options[] = {
    {0, "json", NULL, APP_FLAG, AT(json), 0, 0, "Print one JSON object."},
    {0, NULL, NULL, APP_FLAG, 0, 0, 0, NULL}};

const app_command app_score_command = {
    "score",
    "OUT.nc",
    1,
    1,
    "Compare a result with its observations and with trivial models.",
    "error: mean over days of the summed absolute differences, as a share of the observed "
    "total. ard: the same after scaling each day to the observed total. mase: mean absolute "
    "difference beside that of day 30 carried forward. rmse: in people. skill: 1 - error / error "
    "of the best trivial model; above 0 is better than any of them. Of many members the scores of "
    "their median and mean are shown, and those of each; CRPS: the error of all members together; "
    "band: the share of the counts that lie within the band of 50 or 90 % of the members.",
    options,
    score};

const app_command app_info_command = {"info", "OUT.nc", 1,   1, "Show how a result file was made.",
                                      NULL,   options,  info};
