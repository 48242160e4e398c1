// libflow report: reads a result file, writes one page that needs no network.
#define _POSIX_C_SOURCE 200809L
#include "page.h"

#include "output_compare_read.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/// Where the data and the core go. The template has each once.
static const char data_mark[] = "@libflow-data@", core_mark[] = "@libflow-core@";
/// Sizes above which a page is not to be tried out: values of a run, bytes of the scenario.
static const double most_live_values = 2e6, most_live_bytes = 2e6;

/// Ends of the names of files, and what is written into them.
static const struct {
    const char *end, *what;
} formats[APP_N_FORMAT] = {{".html", "Report"}, {".csv", "Table"},  {".geojson", "Map"},
                           {".svg", "Figure"},  {".png", "Figure"}, {".pdf", "Figure"}};

/// "name.html" from "dir/name.nc"; NULL: no memory.
static char *default_name(const char *path, const char *end)
{
    const char *base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    const char *dot = strrchr(base, '.');
    const size_t n = dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base);
    const size_t size = n + strlen(end) + 1;
    char *name = flow_calloc((int64_t)size, 1);
    if (name != NULL) { (void)snprintf(name, size, "%.*s%s", (int)n, base, end); }
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

/// Bytes of the core; 0 where it was not built.
static size_t core_size(void)
{
    return (size_t)(app_page_core_end - app_page_core);
}

/// The core, deflated and as base64; the caller owns it.
static char *pack_core(void)
{
    const uLong n = (uLong)core_size();
    uLongf size = compressBound(n);
    unsigned char *small = flow_calloc((int64_t)size, 1);
    char *text = NULL;
    if (small != NULL &&
        compress2(small, &size, (const Bytef *)app_page_core, n, Z_BEST_COMPRESSION) == Z_OK) {
        text = app_base64(small, (size_t)size);
    }
    flow_dealloc(small);
    return text;
}

/// What is put into the template.
typedef struct filling {
    const char *json, *core;
} filling;

/// Write the template up to a mark, from *at on, which is moved behind the mark.
static bool write_until(FILE *file, const char *mark, size_t *at)
{
    const size_t size = (size_t)(app_page_template_end - app_page_template), n = strlen(mark);
    const size_t begin = *at;
    while (*at + n < size && memcmp(app_page_template + *at, mark, n) != 0) { (*at)++; }
    const size_t length = *at - begin;
    *at += n;
    return fwrite(app_page_template + begin, 1, length, file) == length;
}

/// @param data  a filling.
static int write_page(FILE *file, const void *data)
{
    const filling *f = data;
    const size_t size = (size_t)(app_page_template_end - app_page_template);
    size_t at = 0;
    const bool good = write_until(file, data_mark, &at) && write_json(f->json, file) == 0 &&
                      write_until(file, core_mark, &at) && fputs(f->core, file) != EOF &&
                      fwrite(app_page_template + at, 1, size - at, file) == size - at;
    return good ? 0 : EOF;
}

/// Write under a temporary name and rename.
static app_exit save(const char *path, int (*write)(FILE *, const void *), const void *data)
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
    const bool written = write(file, data) == 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if ((fclose(file) != 0) | !written) {
        app_say("report", "cannot write '%s': %s", part,
                errno != 0 ? strerror(errno) : "no memory");
        status = APP_IO;
    } else if (rename(part, path) != 0) {
        app_say("report", "cannot name '%s': %s", path, strerror(errno));
        status = APP_IO;
    }
    if (status != APP_OK) { (void)remove(part); }
    flow_dealloc(part);
    return status;
}

static app_exit save_page(const char *path, app_page *page)
{
    json_t *data = page->comparison != NULL
                       ? app_page_comparison(page->comparison, page->right_to_left)
                       : app_page_data(page);
    char *json = data != NULL ? json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(7)) : NULL;
    json_decref(data);
    char *core = page->live ? pack_core() : NULL;
    app_exit status = APP_INTERNAL;
    if (json == NULL || (page->live && core == NULL)) {
        app_say("report", "no memory for the page");
    } else {
        const filling all = {.json = json, .core = core != NULL ? core : ""};
        status = save(path, write_page, &all);
    }
    flow_dealloc(core);
    free(json);
    return status;
}

static app_exit write_report(const app_arguments *a, app_page *page)
{
    char *own = a->output == NULL ? default_name(a->operand[0], formats[page->format].end) : NULL;
    const char *path = a->output != NULL ? a->output : own;
    const char *problem = page->figure != APP_FIGURE_NONE ? app_figure_problem(page) : NULL;
    struct stat there;
    app_exit status = APP_INTERNAL;
    if (path == NULL) {
        app_say("report", "no memory");
    } else if (problem != NULL) {
        app_say("report", "%s", problem);
        status = APP_INPUT;
    } else if (!a->force && stat(path, &there) == 0) {
        app_say("report", "'%s' exists; --force replaces it", path);
        status = APP_CREATE;
    } else {
        status = page->figure != APP_FIGURE_NONE ? save(path, app_figure_write, page)
                 : page->table != APP_TABLE_NONE ? save(path, app_table_write, page)
                                                 : save_page(path, page);
        if (status == APP_OK && !a->quiet) {
            (void)printf("%s: %s\n", formats[page->format].what, path);
        }
    }
    flow_dealloc(own);
    return status;
}

/// Index of a word; -1, after saying so: none of them.
static int choose(const char *option, const char *word, const char *const *words, int n)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(word, words[i]) == 0) { return i; }
    }
    app_say("report", "--%s '%s' is not %s or %s", option, word, words[0], words[1]);
    return -1;
}

/// What is asked for: a page, a table or a figure, and in which format by the name of the file.
static app_exit read_wish(const app_arguments *a, app_page *page)
{
    static const char *const tables[] = {"people", "flows"}, *const figures[] = {"map", "places"};
    if (a->table != NULL && a->figure != NULL) {
        app_say("report", "--table and --figure make two files: ask for one after the other");
        return APP_USAGE;
    }
    int which = 0;
    if (a->table != NULL) {
        which = choose("table", a->table, tables, 2);
        page->table = (app_table)(which + 1);
        page->format = APP_FORMAT_CSV;
    } else if (a->figure != NULL) {
        which = choose("figure", a->figure, figures, 2);
        page->figure = (app_figure)(which + 1);
        page->format = APP_FORMAT_SVG;
    }
    if (which < 0) { return APP_USAGE; }
    const char *end = a->output != NULL ? strrchr(a->output, '.') : NULL;
    const int32_t first = a->table != NULL    ? APP_FORMAT_CSV
                          : a->figure != NULL ? APP_FORMAT_SVG
                                              : APP_FORMAT_HTML;
    const int32_t last = a->table != NULL    ? APP_FORMAT_GEOJSON
                         : a->figure != NULL ? APP_FORMAT_PDF
                                             : APP_FORMAT_HTML;
    bool known = a->output == NULL || first == last; // a page may have any name
    for (int32_t f = first; f <= last; f++) {
        if (end == NULL || strcmp(end, formats[f].end) != 0) { continue; }
        page->format = (app_format)f;
        known = true;
    }
    if (known) { return APP_OK; }
    app_say("report", "'%s' does not end in %s", a->output,
            a->table != NULL ? ".csv or .geojson" : ".svg, .png or .pdf");
    return APP_USAGE;
}

/// Whether a page can carry its scenario and the core: small, whole, and of libflow's own format.
static bool can_be_live(const flow_picture *p)
{
    double bytes = 0.0;
    bool own = false;
    for (int32_t i = 0; i < p->n_input; i++) {
        bytes += (double)strlen(p->input[1][i]);
        own = own || strcmp(p->input[0][i], "scenario.yaml") == 0;
    }
    const double values = (double)p->result->n_step * p->result->n_place;
    return own && bytes <= most_live_bytes && values <= most_live_values &&
           p->result->suppress_below == 0 && core_size() > 0;
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

/// The page of a comparison of options.
static app_exit report_comparison(const app_arguments *a, app_page *page)
{
    if (page->table != APP_TABLE_NONE || page->figure != APP_FIGURE_NONE) {
        app_say("report", "'%s' is a comparison of options: it has a page, and no table or figure",
                a->operand[0]);
        return APP_INPUT;
    }
    flow_compared_file *file = NULL;
    const flow_err err = flow_compared_file_load(a->operand[0], &file);
    page->comparison = file;
    const app_exit status = err == FLOW_OK ? write_report(a, page) : app_fail("report", err);
    flow_compared_file_free(file);
    return status;
}

static app_exit report(const app_arguments *a)
{
    flow_picture *picture = NULL;
    flow_score *score = NULL;
    json_t *borders = NULL;
    app_page page = {.suppress = a->suppress,
                     .right_to_left = a->right_to_left,
                     .every = a->every > 0 ? a->every : 1,
                     .hxl = a->hxl};
    app_exit status = read_wish(a, &page);
    if (status == APP_OK && flow_compared_file_is(a->operand[0])) {
        return report_comparison(a, &page);
    }
    if (status == APP_OK && a->borders != NULL) { status = read_borders(a->borders, &borders); }
    if (status != APP_OK) { return status; }
    flow_err err = flow_picture_load(a->operand[0], &picture);
    if (err == FLOW_OK && picture->result->n_observed > 0) {
        err = flow_score_result(picture->result, &score);
        if (err == FLOW_ESTATE) { err = FLOW_OK; } // small counts are hidden: shown without a score
    }
    if (err != FLOW_OK) {
        status = app_fail("report", err);
    } else {
        page.picture = picture;
        page.score = score;
        page.borders = borders;
        page.live = !a->still && a->suppress == 0 && can_be_live(picture);
        status = write_report(a, &page);
    }
    flow_score_free(score);
    flow_picture_free(picture);
    json_decref(borders);
    return status;
}

#define AT(member) offsetof(app_arguments, member)
static const app_option options[] = {
    {'o', "output", "FILE", APP_TEXT, AT(output), 0, 0,
     "What is written; default: the name of the result with .html, .csv or .svg, in the current "
     "folder."},
    {'f', "force", NULL, APP_FLAG, AT(force), 0, 0, "Replace an existing file."},
    {0, "table", "people|flows", APP_TEXT, AT(table), 0, 0,
     "Write a table instead of the page: people at places by date, or people on links by period; "
     "FILE ends in .csv, or in .geojson for a map of both."},
    {0, "every", "N", APP_INTEGER, AT(every), 1, 1000000,
     "Table: rows for every N-th step (people), or sums of N steps (flows); default: 1."},
    {0, "hxl", NULL, APP_FLAG, AT(hxl), 0, 0, "Table: a row of HXL tags under the header."},
    {0, "figure", "map|places", APP_TEXT, AT(figure), 0, 0,
     "Draw a figure for a paper instead of the page: a map, or series of places; FILE ends in "
     ".svg, .png or .pdf."},
    {0, "suppress", "N", APP_INTEGER, AT(suppress), 0, 1000000,
     "Do not show counts of people from 1 to N - 1; 10 is usual where people are at risk."},
    {0, "borders", "FILE.geojson", APP_TEXT, AT(borders), 0, 0,
     "Draw these borders in place of those of Natural Earth."},
    {0, "still", NULL, APP_FLAG, AT(still), 0, 0,
     "Leave out the scenario and the core, with which readers of a small one can try changes."},
    {0, "right-to-left", NULL, APP_FLAG, AT(right_to_left), 0, 0,
     "Lay the page out from right to left."},
    {'q', "quiet", NULL, APP_FLAG, AT(quiet), 0, 0, "Do not say where the page is."},
    {0, NULL, NULL, APP_FLAG, 0, 0, 0, NULL}};

const app_command app_report_command = {
    "report",
    "OUT.nc",
    1,
    1,
    "Write a page to look at, a figure or a table.",
    "The page is one HTML file that works without a network: a map with the people at each place "
    "day by day and the ways they take, series beside observations, with bands of many members, "
    "who left because of what, scores beside trivial models, every parameter with the evidence "
    "for it, and how the result was made. The page of a small scenario also carries the scenario "
    "and the core of libflow: numbers can be moved in it, and what changes is seen.",
    options,
    report};
