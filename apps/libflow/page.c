// libflow report: reads a result file, writes one page that needs no network.
#define _POSIX_C_SOURCE 200809L
#include "page.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// The page without its data, see apps/report; its length is that up to the end mark.
extern const char app_page_template[], app_page_template_end[];

/// Where the data go. The template has it once.
static const char marker[] = "@libflow-data@";

/// "dir/name.html" from "dir/name.nc"; NULL: no memory.
static char *default_name(const char *path)
{
    const char *base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    const char *dot = strrchr(base, '.');
    const size_t n = dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base);
    char *name = flow_calloc((int64_t)n + 6, 1);
    if (name != NULL) { (void)snprintf(name, n + 6, "%.*s.html", (int)n, base); }
    return name;
}

/// JSON within a page: nothing in it may end the element that holds it.
static int write_json(const char *text, FILE *file)
{
    for (const char *c = text; *c != '\0'; c++) {
        const char *safe = *c == '<'   ? "\\u003c"
                           : *c == '>' ? "\\u003e"
                           : *c == '&' ? "\\u0026"
                                       : NULL;
        if ((safe != NULL ? fputs(safe, file) : fputc(*c, file)) == EOF) { return EOF; }
    }
    return 0;
}

static int write_page(const char *json, FILE *file)
{
    const size_t size = (size_t)(app_page_template_end - app_page_template);
    size_t at = 0;
    while (at + sizeof marker <= size &&
           memcmp(app_page_template + at, marker, sizeof marker - 1) != 0) {
        at++;
    }
    const size_t after = at + sizeof marker - 1;
    if (fwrite(app_page_template, 1, at, file) != at || write_json(json, file) != 0 ||
        fwrite(app_page_template + after, 1, size - after, file) != size - after) {
        return EOF;
    }
    return fflush(file) == 0 && fsync(fileno(file)) == 0 ? 0 : EOF;
}

/// Write under a temporary name and rename.
static app_exit save(const char *path, const char *json)
{
    const size_t size = strlen(path) + sizeof ".part";
    char *part = flow_calloc((int64_t)size, 1);
    if (part == NULL) {
        app_say("report", "no memory");
        return APP_INTERNAL;
    }
    (void)snprintf(part, size, "%s.part", path);
    app_exit status = APP_OK;
    FILE *file = fopen(part, "wb");
    if (file == NULL) {
        app_say("report", "cannot create '%s': %s", part, strerror(errno));
        flow_dealloc(part);
        return APP_CREATE;
    }
    errno = 0;
    const bool written = write_page(json, file) == 0;
    if ((fclose(file) != 0) | !written) {
        app_say("report", "cannot write '%s': %s", part, strerror(errno));
        status = APP_IO;
    } else if (rename(part, path) != 0) {
        app_say("report", "cannot name '%s': %s", path, strerror(errno));
        status = APP_IO;
    }
    if (status != APP_OK) { (void)remove(part); }
    flow_dealloc(part);
    return status;
}

static app_exit write_report(const app_arguments *a, app_page *page)
{
    char *own = a->output == NULL ? default_name(a->operand[0]) : NULL;
    const char *path = a->output != NULL ? a->output : own;
    struct stat there;
    app_exit status = APP_INTERNAL;
    if (path == NULL) {
        app_say("report", "no memory");
    } else if (!a->force && stat(path, &there) == 0) {
        app_say("report", "'%s' exists; --force replaces it", path);
        status = APP_CREATE;
    } else {
        json_t *data = app_page_data(page);
        char *json = data != NULL ? json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(7)) : NULL;
        json_decref(data);
        if (json == NULL) {
            app_say("report", "no memory for the page");
        } else {
            status = save(path, json);
        }
        free(json);
        if (status == APP_OK && !a->quiet) { (void)printf("Report: %s\n", path); }
    }
    flow_dealloc(own);
    return status;
}

/// Borders of the user's own, as GeoJSON.
static app_exit read_borders(const char *path, json_t **out)
{
    json_error_t error;
    *out = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (*out == NULL && error.line < 0) {
        app_say("report", "%s", error.text);
        return APP_INPUT;
    }
    const char *type = json_string_value(json_object_get(*out, "type"));
    if (*out == NULL) {
        app_say("report", "%s:%d:%d: %s", path, error.line, error.column, error.text);
    } else if (type == NULL ||
               (strcmp(type, "FeatureCollection") != 0 && strcmp(type, "Feature") != 0 &&
                strcmp(type, "GeometryCollection") != 0)) {
        app_say("report",
                "%s: \"type\" is %s%s%s, and \"FeatureCollection\", \"Feature\" or "
                "\"GeometryCollection\" was expected: borders are GeoJSON",
                path, type != NULL ? "\"" : "", type != NULL ? type : "missing",
                type != NULL ? "\"" : "");
    } else {
        return APP_OK;
    }
    json_decref(*out);
    *out = NULL;
    return APP_INPUT;
}

static app_exit report(const app_arguments *a)
{
    flow_picture *picture = NULL;
    flow_score *score = NULL;
    json_t *borders = NULL;
    app_exit status = a->borders != NULL ? read_borders(a->borders, &borders) : APP_OK;
    if (status != APP_OK) { return status; }
    flow_err err = flow_picture_load(a->operand[0], &picture);
    if (err == FLOW_OK && picture->result->n_observed > 0) {
        err = flow_score_result(picture->result, &score);
        if (err == FLOW_ESTATE) { err = FLOW_OK; } // small counts are hidden: shown without a score
    }
    if (err != FLOW_OK) {
        status = app_fail("report", err);
    } else {
        app_page page = {.picture = picture,
                         .score = score,
                         .borders = borders,
                         .suppress = a->suppress,
                         .right_to_left = a->right_to_left};
        status = write_report(a, &page);
    }
    flow_score_free(score);
    flow_picture_free(picture);
    json_decref(borders);
    return status;
}

#define AT(member) offsetof(app_arguments, member)
static const app_option options[] = {
    {'o', "output", "REPORT.html", APP_TEXT, AT(output), 0, 0,
     "The page; default: the name of the result with .html, in the current folder."},
    {'f', "force", NULL, APP_FLAG, AT(force), 0, 0, "Replace an existing page."},
    {0, "suppress", "N", APP_INTEGER, AT(suppress), 0, 1000000,
     "Do not show counts of people from 1 to N - 1; 10 is usual where people are at risk."},
    {0, "borders", "FILE.geojson", APP_TEXT, AT(borders), 0, 0,
     "Draw these borders in place of those of Natural Earth."},
    {0, "right-to-left", NULL, APP_FLAG, AT(right_to_left), 0, 0,
     "Lay the page out from right to left."},
    {'q', "quiet", NULL, APP_FLAG, AT(quiet), 0, 0, "Do not say where the page is."},
    {0, NULL, NULL, APP_FLAG, 0, 0, 0, NULL}};

const app_command app_report_command = {
    "report",
    "OUT.nc",
    1,
    1,
    "Write a page to look at: map, series, scores, assumptions.",
    "The page is one HTML file that works without a network: a map with the people at each place "
    "day by day and the ways they take, series beside observations, with bands of many members, "
    "who left because of what, scores beside trivial models, every parameter with the evidence "
    "for it, and how the result was made.",
    options,
    report};
