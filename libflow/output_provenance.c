#include "output_static.h"

#include <gsl/gsl_version.h>
#include <stdio.h>
#include <string.h>

#ifndef FLOW_BUILD_FLAGS
#define FLOW_BUILD_FLAGS "not recorded"
#endif

/// Columns of the table of parameters.
enum { COLUMN_KEY, COLUMN_VALUE, COLUMN_UNIT, COLUMN_TAG, COLUMN_SOURCE, N_COLUMN };

/// The parameters used, column by column: text[column * n + row].
typedef struct parameters {
    char **text;
    int64_t n;
} parameters;

static void parameters_clear(parameters *p)
{
    for (int64_t i = 0; p->text != NULL && i < N_COLUMN * p->n; i++) { flow_dealloc(p->text[i]); }
    flow_dealloc(p->text);
    *p = (parameters){0};
}

/// "section.key"; "key" at the top.
static char *dotted(const char *section, const char *key)
{
    const size_t size = strlen(section) + strlen(key) + 2;
    char *text = flow_calloc((int64_t)size, 1);
    if (text != NULL) {
        (void)snprintf(text, size, "%s%s%s", section, section[0] != '\0' ? "." : "", key);
    }
    return text;
}

/// One row for each parameter of a section.
static void fill_section(parameters *p, int64_t *row, const char *key, const flow_section *section,
                         const void *settings)
{
    const void *part = (const char *)settings + section->offset;
    for (const flow_field *field = section->field; field->key != NULL; field++, (*row)++) {
        const char tag[2] = {field->tag, '\0'};
        p->text[COLUMN_KEY * p->n + *row] = dotted(key, field->key);
        p->text[COLUMN_VALUE * p->n + *row] = flow_field_text(field, part);
        p->text[COLUMN_UNIT * p->n + *row] = flow_strdup(field->unit);
        p->text[COLUMN_TAG * p->n + *row] = flow_strdup(tag);
        p->text[COLUMN_SOURCE * p->n + *row] =
            flow_strdup(field->source != NULL ? field->source : "");
    }
}

/// Visit the settings and the parameters of all modules in use; only count without `p->text`.
static void each_section(parameters *p, const flow_scenario *s)
{
    int64_t row = 0;
    for (int32_t i = 0; i < flow_settings_n_section; i++) {
        const flow_section *section = &flow_settings_sections[i];
        if (p->text != NULL) { fill_section(p, &row, section->name, section, &s->set); }
        for (const flow_field *f = section->field; p->text == NULL && f->key != NULL; f++) {
            p->n++;
        }
    }
    for (int32_t i = 0; i < s->n_use; i++) {
        const flow_use *use = &s->use[i];
        flow_section section[FLOW_MODULE_N_SECTION];
        flow_module_sections(use->module, section);
        for (int32_t k = 0; k < FLOW_MODULE_N_SECTION && use->key != NULL; k++) {
            if (p->text != NULL) { fill_section(p, &row, use->key, &section[k], use->block); }
            for (const flow_field *f = section[k].field; p->text == NULL && f->key != NULL; f++) {
                p->n++;
            }
        }
    }
}

static flow_err parameters_create(const flow_scenario *s, parameters *p)
{
    *p = (parameters){0};
    each_section(p, s);
    p->text = flow_calloc(N_COLUMN * p->n, sizeof *p->text);
    bool full = p->text != NULL;
    if (full) { each_section(p, s); }
    for (int64_t i = 0; full && i < N_COLUMN * p->n; i++) { full = p->text[i] != NULL; }
    if (full) { return FLOW_OK; }
    parameters_clear(p);
    return flow_fail(FLOW_ENOMEM, "no memory for the table of parameters");
}

/// A table of texts: the first variable is the coordinate of its axis.
static flow_err write_table(const flow_hdf *hdf, hid_t group, const flow_variable *column,
                            int32_t n_column, const char *const *text, int64_t n)
{
    flow_axis axis = {.scale = H5I_INVALID_HID, .n = (hsize_t)n};
    flow_variable v = column[0];
    v.type = hdf->text;
    FLOW_TRY(flow_hdf_axis(hdf, group, &v, &axis));
    flow_err err = flow_hdf_write_texts(hdf, axis.scale, text, n);
    for (int32_t i = 1; i < n_column && err == FLOW_OK; i++) {
        v = column[i];
        v.axis[0] = &axis;
        err = flow_hdf_texts(hdf, group, &v, text + i * n, n);
    }
    flow_hdf_close(axis.scale);
    return err;
}

static flow_err write_parameters(const flow_hdf *hdf, hid_t group, const flow_scenario *s)
{
    static const flow_variable column[N_COLUMN] = {
        {.name = "parameter", .long_name = "dotted key of the parameter"},
        {.name = "parameter_value", .long_name = "value used, as YAML"},
        {.name = "parameter_unit", .long_name = "unit of the value"},
        {.name = "parameter_tag",
         .long_name = "evidence of the default: V read in the source, D derived from data, "
                      "R recalled, A assumption, - no claim"},
        {.name = "parameter_source", .long_name = "where the default comes from"},
    };
    parameters p;
    FLOW_TRY(parameters_create(s, &p));
    const flow_err err =
        write_table(hdf, group, column, N_COLUMN, (const char *const *)p.text, p.n);
    parameters_clear(&p);
    return err;
}

static flow_err write_inputs(const flow_hdf *hdf, hid_t group, const flow_scenario *s)
{
    static const flow_variable column[2] = {
        {.name = "input", .long_name = "name of the input file"},
        {.name = "input_text", .long_name = "complete text of the input file"},
    };
    const int64_t n = s->n_input;
    if (n == 0) { return FLOW_OK; }
    const char **text = flow_calloc(2 * n, sizeof *text);
    if (text == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %d inputs", (int)n); }
    for (int64_t i = 0; i < n; i++) {
        text[i] = s->input[i].name;
        text[n + i] = s->input[i].text;
    }
    const flow_err err = write_table(hdf, group, column, 2, text, n);
    flow_dealloc(text);
    return err;
}

/// "file:line:column: text", as far as they are known; NULL: no memory.
static char *problem_text(const flow_problem *problem)
{
    char place[32] = "";
    if (problem->line > 0 && problem->column > 0) {
        (void)snprintf(place, sizeof place, ":%d:%d", (int)problem->line, (int)problem->column);
    } else if (problem->line > 0) {
        (void)snprintf(place, sizeof place, ":%d", (int)problem->line);
    }
    const char *file = problem->file != NULL ? problem->file : "";
    const size_t size = strlen(file) + strlen(place) + strlen(problem->text) + 3;
    char *text = flow_calloc((int64_t)size, 1);
    if (text != NULL) { (void)snprintf(text, size, "%s%s: %s", file, place, problem->text); }
    return text;
}

static flow_err write_warnings(const flow_hdf *hdf, hid_t group, const flow_problems *warnings)
{
    static const flow_variable column = {.name = "warning",
                                         .long_name = "warning of the loader, with file and line"};
    const int64_t n = warnings->n;
    if (n == 0) { return FLOW_OK; }
    char **text = flow_calloc(n, sizeof *text);
    bool full = text != NULL;
    for (int64_t i = 0; full && i < n; i++) {
        text[i] = problem_text(&warnings->row[i]);
        full = text[i] != NULL;
    }
    const flow_err err = full ? write_table(hdf, group, &column, 1, (const char *const *)text, n)
                              : flow_fail(FLOW_ENOMEM, "no memory for %lld warnings", (long long)n);
    for (int64_t i = 0; text != NULL && i < n; i++) { flow_dealloc(text[i]); }
    flow_dealloc(text);
    return err;
}

static flow_err write_build(const flow_hdf *hdf, hid_t group)
{
    unsigned major = 0, minor = 0, release = 0;
    char version[32];
    if (H5get_libversion(&major, &minor, &release) < 0) { return flow_hdf_fail(hdf, "hdf5"); }
    (void)snprintf(version, sizeof version, "%u.%u.%u", major, minor, release);
    FLOW_TRY(flow_hdf_text(hdf, group, "libflow", flow_version()));
#if defined(__clang__)
    FLOW_TRY(flow_hdf_text(hdf, group, "compiler", __VERSION__));
#elif defined(__GNUC__)
    FLOW_TRY(flow_hdf_text(hdf, group, "compiler", "gcc " __VERSION__));
#else
    FLOW_TRY(flow_hdf_text(hdf, group, "compiler", "unknown"));
#endif
    FLOW_TRY(flow_hdf_text(hdf, group, "build_flags", FLOW_BUILD_FLAGS));
    FLOW_TRY(flow_hdf_text(hdf, group, "gsl", gsl_version));
    return flow_hdf_text(hdf, group, "hdf5", version);
}

flow_err flow_output_provenance(const flow_hdf *hdf, const flow_scenario *s)
{
    hid_t group = H5I_INVALID_HID;
    FLOW_TRY(flow_hdf_group(hdf, "provenance", &group));
    flow_err err = write_build(hdf, group);
    if (err == FLOW_OK) { err = write_parameters(hdf, group, s); }
    if (err == FLOW_OK) { err = write_inputs(hdf, group, s); }
    if (err == FLOW_OK) { err = write_warnings(hdf, group, &s->warnings); }
    flow_hdf_close(group);
    return err;
}
