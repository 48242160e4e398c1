// libflow describe: the rows of the tables of keys and observables, and the kinds of places.
#include "app.h"
#include "observe.h"
#include "settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INDENT = 6, RIGHT = 79 };

typedef struct kind {
    flow_place_kind kind;
    const char *help;
} kind;

static const kind kinds[] = {
    {FLOW_TOWN, "People pass through or stay for a while; they leave with the default chance."},
    {FLOW_CONFLICT_ZONE,
     "A town that conflict.csv puts in conflict at some time; people leave it while it is."},
    {FLOW_CAMP, "People are safe and rarely leave; it may have a capacity and observations."},
    {FLOW_IDP_CAMP, "A camp for internally displaced people, left more often than a camp."},
    {FLOW_FORWARD, "A hub: everybody who arrives moves on."},
    {FLOW_MARKER, "A point on the road: passed through, never a destination."}};
enum { N_KIND = sizeof kinds / sizeof *kinds };

static const char *tag_text(char tag)
{
    switch (tag) {
    case 'V': return "read in the source";
    case 'D': return "derived from data";
    case 'R': return "recalled";
    case 'A': return "assumption";
    default: return "";
    }
}

/// "hop.camp_weight".
static void dotted(const flow_section *section, const flow_field *field, char *out, size_t size)
{
    (void)snprintf(out, size, "%s%s%s", section->name, *section->name != '\0' ? "." : "",
                   field->key);
}

static const char *type_text(const flow_field *field)
{
    switch (field->type) {
    case FLOW_BOOL: return "true or false";
    case FLOW_INT: return "whole number";
    case FLOW_DOUBLE: return "number";
    case FLOW_CHOICE: return "one of";
    case FLOW_TEXT: return "text";
    case FLOW_DATE: return "date YYYY-MM-DD";
    case FLOW_LIST: return "list of numbers";
    case FLOW_PLACE: return "name of a place";
    case FLOW_COUNTRY: return "name of a country";
    }
    return "";
}

static bool has_range(const flow_field *field)
{
    return field->type == FLOW_INT || field->type == FLOW_DOUBLE || field->type == FLOW_LIST;
}

static void range_text(const flow_field *field, char *out, size_t size)
{
    if (field->type == FLOW_CHOICE) {
        // "a|b|c" is shown as "a, b, c".
        size_t n = (size_t)snprintf(out, size, "%s ", type_text(field));
        for (const char *p = field->choices; *p != '\0' && n + 3 < size; p++) {
            out[n++] = *p == '|' ? ',' : *p;
            if (*p == '|') { out[n++] = ' '; }
        }
        out[n] = '\0';
    } else if (!has_range(field)) {
        (void)snprintf(out, size, "%s", type_text(field));
    } else if (field->max >= 1e300) {
        (void)snprintf(out, size, "%s, at least %.15g", type_text(field), field->min);
    } else {
        (void)snprintf(out, size, "%s in [%.15g, %.15g]", type_text(field), field->min, field->max);
    }
}

/// Number of a source among all, from 1; 0: the row has none.
static int32_t source_number(const flow_field *field)
{
    int32_t n = 0;
    if (*field->source == '\0') { return 0; }
    for (int32_t i = 0; i < flow_settings_n_section; i++) {
        for (const flow_field *f = flow_settings_sections[i].field; f->key != NULL; f++) {
            bool seen = *f->source == '\0';
            for (int32_t k = 0; k <= i && !seen; k++) {
                for (const flow_field *e = flow_settings_sections[k].field;
                     e->key != NULL && e != f; e++) {
                    seen = seen || (strcmp(e->source, f->source) == 0 && e->tag == f->tag);
                }
            }
            n += !seen;
            if (strcmp(f->source, field->source) == 0 && f->tag == field->tag) { return n; }
        }
    }
    return 0;
}

/// @param full the source in words instead of its number.
static void print_field(const flow_section *section, const flow_field *field, bool full)
{
    char key[128], range[256], source[512] = "";
    dotted(section, field, key, sizeof key);
    range_text(field, range, sizeof range);
    (void)printf("  %s", key);
    if (*field->fallback != '\0') { (void)printf(" = %s", field->fallback); }
    if (*field->unit != '\0' && strcmp(field->unit, "1") != 0) { (void)printf(" %s", field->unit); }
    if (!full && source_number(field) > 0) { (void)printf(" [%d]", (int)source_number(field)); }
    (void)printf("\n");
    if (full && *field->source != '\0') {
        (void)snprintf(source, sizeof source, " Default from: %s%s%s.", field->source,
                       *tag_text(field->tag) != '\0' ? "; " : "", tag_text(field->tag));
    }
    char text[1024];
    (void)snprintf(text, sizeof text, "%s (%s)%s", field->help, range, source);
    app_print_wrapped(text, INDENT, RIGHT);
}

static void print_section(const flow_section *section)
{
    (void)printf("%s%s", section->name, *section->name != '\0' ? ": " : "");
    app_print_wrapped(section->help, 0, RIGHT);
    for (const flow_field *f = section->field; f->key != NULL; f++) {
        print_field(section, f, false);
    }
}

/// What the numbers in brackets mean.
static void print_sources(const char *only)
{
    int32_t shown = 0;
    for (int32_t i = 0; i < flow_settings_n_section; i++) {
        const flow_section *section = &flow_settings_sections[i];
        if (only != NULL && strcmp(section->name, only) != 0) { continue; }
        for (const flow_field *f = section->field; f->key != NULL; f++) {
            const int32_t n = source_number(f);
            if (n <= shown) { continue; }
            if (shown == 0) { (void)printf("\nDefaults come from:\n"); }
            char text[512];
            (void)snprintf(text, sizeof text, "[%d] %s%s%s", (int)n, f->source,
                           *tag_text(f->tag) != '\0' ? "; " : "", tag_text(f->tag));
            app_print_wrapped(text, 2, RIGHT);
            shown = n;
        }
    }
}

static json_t *field_json(const flow_section *section, const flow_field *field)
{
    char key[128];
    const char tag[2] = {field->tag, '\0'};
    dotted(section, field, key, sizeof key);
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "key", key, "type",
                          field->type == FLOW_CHOICE ? "choice" : type_text(field), "unit",
                          field->unit, "default", field->fallback, "tag", tag, "source",
                          field->source, "help", field->help);
    if (o != NULL && has_range(field) &&
        (json_object_set_new(o, "min", app_json_number(field->min)) != 0 ||
         json_object_set_new(o, "max", app_json_number(field->max)) != 0)) {
        json_decref(o);
        return NULL;
    }
    if (o != NULL && field->type == FLOW_CHOICE &&
        json_object_set_new(o, "choices", json_string(field->choices)) != 0) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static const char *const shape_text[FLOW_N_SHAPE] = {"per place", "per link", "in all"};

static app_exit keys(const app_arguments *arguments, const char *only)
{
    json_t *list = arguments->json ? json_array() : NULL;
    bool first = true;
    for (int32_t i = 0; i < flow_settings_n_section; i++) {
        const flow_section *section = &flow_settings_sections[i];
        if (only != NULL && strcmp(section->name, only) != 0) { continue; }
        for (const flow_field *f = section->field; list != NULL && f->key != NULL; f++) {
            if (json_array_append_new(list, field_json(section, f)) != 0) {
                json_decref(list);
                return app_print_json(NULL);
            }
        }
        if (arguments->json) { continue; }
        if (!first) { (void)putchar('\n'); }
        print_section(section);
        first = false;
    }
    if (arguments->json) {
        return app_print_json(
            json_pack("{s:s, s:o}", "schema", "libflow.describe.1", "keys", list));
    }
    print_sources(only);
    return APP_OK;
}

static app_exit observables(const app_arguments *arguments)
{
    json_t *list = arguments->json ? json_array() : NULL;
    for (int32_t i = 0; i < flow_n_observable; i++) {
        const flow_observable *o = &flow_observables[i];
        if (!arguments->json) {
            (void)printf("  %s (%s%s%s)\n", o->name, shape_text[o->shape],
                         strcmp(o->unit, "1") != 0 ? ", " : "",
                         strcmp(o->unit, "1") != 0 ? o->unit : "");
            app_print_wrapped(o->long_name, INDENT, RIGHT);
        } else if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b, s:s, s:s}", "name",
                                                         o->name, "shape", shape_text[o->shape],
                                                         "unit", o->unit, "integer",
                                                         (int)o->integer, "long_name", o->long_name,
                                                         "cell_methods", o->cell_methods)) != 0) {
            json_decref(list);
            return app_print_json(NULL);
        }
    }
    return arguments->json ? app_print_json(json_pack("{s:s, s:o}", "schema", "libflow.describe.1",
                                                      "observables", list))
                           : APP_OK;
}

static app_exit places(const app_arguments *arguments)
{
    json_t *list = arguments->json ? json_array() : NULL;
    for (int32_t i = 0; i < N_KIND; i++) {
        const char *name = flow_place_kind_name[kinds[i].kind];
        if (!arguments->json) {
            (void)printf("  %s\n", name);
            app_print_wrapped(kinds[i].help, INDENT, RIGHT);
        } else if (json_array_append_new(
                       list, json_pack("{s:s, s:s}", "kind", name, "help", kinds[i].help)) != 0) {
            json_decref(list);
            return app_print_json(NULL);
        }
    }
    return arguments->json ? app_print_json(json_pack("{s:s, s:o}", "schema", "libflow.describe.1",
                                                      "places", list))
                           : APP_OK;
}

static app_exit schema(void)
{
    char *text =
        flow_fields_schema(flow_settings_sections, flow_settings_n_section, "libflow scenario");
    if (text == NULL) {
        app_say("describe", "no memory for the schema");
        return APP_INTERNAL;
    }
    (void)puts(text);
    flow_dealloc(text);
    return APP_OK;
}

/// Every name that may be described: the tables, the sections and the dotted keys.
static app_exit unknown(const char *what)
{
    const char *name[512] = {"keys", "observables", "places"};
    static const int32_t most = sizeof name / sizeof *name;
    char(*key)[96] = flow_calloc(most, sizeof *key);
    int32_t n = 3;
    for (int32_t i = 0; key != NULL && i < flow_settings_n_section; i++) {
        const flow_section *section = &flow_settings_sections[i];
        if (n < most && *section->name != '\0') { name[n++] = section->name; }
        for (const flow_field *f = section->field; f->key != NULL && n < most; f++) {
            dotted(section, f, key[n], sizeof *key);
            name[n] = key[n];
            n++;
        }
    }
    char quoted[64];
    const char *near = flow_nearest(what, name, n);
    app_say("describe", "nothing is called '%s'%s%s%s", flow_quote(what, quoted),
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?" : "");
    (void)fprintf(stderr, "See: libflow describe --help\n");
    flow_dealloc(key);
    return APP_USAGE;
}

static app_exit describe(const app_arguments *arguments)
{
    if (arguments->schema) { return schema(); }
    const char *what = arguments->n_operand > 0 ? arguments->operand[0] : "keys";
    if (strcmp(what, "keys") == 0) { return keys(arguments, NULL); }
    if (strcmp(what, "observables") == 0) { return observables(arguments); }
    if (strcmp(what, "places") == 0) { return places(arguments); }
    for (int32_t i = 0; i < flow_settings_n_section; i++) {
        const char *name = flow_settings_sections[i].name;
        if (*name != '\0' && strcmp(name, what) == 0) { return keys(arguments, what); }
    }
    int32_t section = 0;
    const flow_field *field =
        flow_fields_find(flow_settings_sections, flow_settings_n_section, what, &section);
    if (field == NULL) { return unknown(what); }
    if (arguments->json) {
        return app_print_json(json_pack("{s:s, s:[o]}", "schema", "libflow.describe.1", "keys",
                                        field_json(&flow_settings_sections[section], field)));
    }
    print_field(&flow_settings_sections[section], field, true);
    return APP_OK;
}

#define AT(member) offsetof(app_arguments, member)
static const app_option options[] = {
    {0, "schema", NULL, APP_FLAG, AT(schema), 0, 0,
     "Print the JSON Schema of scenario.yaml, for editors."},
    {0, "json", NULL, APP_FLAG, AT(json), 0, 0, "Print one JSON object."},
    {0, NULL, NULL, APP_FLAG, 0, 0, 0, NULL}};

const app_command app_describe_command = {
    "describe",
    "[WHAT]",
    0,
    1,
    "Explain keys, observables and kinds of places.",
    "WHAT is 'keys' (the default: every key of scenario.yaml with unit, default, range and "
    "source), 'observables' (what a result file holds), 'places' (kinds of places), a section "
    "such as 'hop', or one key such as 'hop.camp_weight'.",
    options,
    describe};
