// libflow describe: the rows of the tables of keys, modules, quantities and observables, and the
// kinds of places.
#include "describe.h"

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
    {FLOW_MARKER, "A point on the road: passed through, never a destination."},
    {FLOW_FLOOD_ZONE, "A town that floods: less attractive while it is flooded."}};
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

const char *app_type_text(const flow_field *field)
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
    case FLOW_KEYS: return "table of keys";
    }
    return "";
}

bool app_has_range(const flow_field *field)
{
    return field->type == FLOW_INT || field->type == FLOW_DOUBLE || field->type == FLOW_LIST;
}

void app_range_text(const flow_field *field, char *out, size_t size)
{
    if (field->type == FLOW_CHOICE) {
        // "a|b|c" is shown as "a, b, c".
        size_t n = (size_t)snprintf(out, size, "%s ", app_type_text(field));
        for (const char *p = field->choices; *p != '\0' && n + 3 < size; p++) {
            out[n++] = *p == '|' ? ',' : *p;
            if (*p == '|') { out[n++] = ' '; }
        }
        out[n] = '\0';
    } else if (!app_has_range(field)) {
        (void)snprintf(out, size, "%s", app_type_text(field));
    } else if (field->max >= 1e300) {
        (void)snprintf(out, size, "%s, at least %.15g", app_type_text(field), field->min);
    } else {
        (void)snprintf(out, size, "%s in [%.15g, %.15g]", app_type_text(field), field->min,
                       field->max);
    }
}

static bool same_source(const flow_field *a, const flow_field *b)
{
    return a->tag == b->tag && strcmp(a->source, b->source) == 0;
}

/// Number of a source among all, from 1; 0: the row has none.
static int32_t source_number(const app_sections *all, const flow_field *field)
{
    if (*field->source == '\0') { return 0; }
    for (int32_t i = 0; i < all->n_source; i++) {
        if (same_source(all->source[i], field)) { return i + 1; }
    }
    return 0;
}

/// @param full the source in words instead of its number.
static void print_field(const app_sections *all, const flow_section *section,
                        const flow_field *field, bool full)
{
    char key[128], range[256], source[512] = "";
    dotted(section, field, key, sizeof key);
    app_range_text(field, range, sizeof range);
    (void)printf("  %s", key);
    if (*field->fallback != '\0') { (void)printf(" = %s", field->fallback); }
    if (*field->unit != '\0' && strcmp(field->unit, "1") != 0) { (void)printf(" %s", field->unit); }
    const int32_t number = full ? 0 : source_number(all, field);
    if (number > 0) { (void)printf(" [%d]", (int)number); }
    (void)printf("\n");
    if (full && *field->source != '\0') {
        (void)snprintf(source, sizeof source, " Default from: %s%s%s.", field->source,
                       *tag_text(field->tag) != '\0' ? "; " : "", tag_text(field->tag));
    }
    char text[1024];
    (void)snprintf(text, sizeof text, "%s (%s)%s", field->help, range, source);
    app_print_wrapped(text, INDENT, RIGHT);
}

/// @param goes_on the section before has the same name.
static void print_section(const app_sections *all, const flow_section *section, bool goes_on)
{
    if (!goes_on) {
        (void)printf("%s%s", section->name, *section->name != '\0' ? ": " : "");
        app_print_wrapped(section->help, 0, RIGHT);
    }
    for (const flow_field *f = section->field; f->key != NULL; f++) {
        print_field(all, section, f, false);
    }
}

/// True when a field of a section (NULL: of any) has this source.
static bool is_used(const app_sections *all, const char *only, const flow_field *source)
{
    for (int32_t i = 0; i < all->n; i++) {
        if (only != NULL && strcmp(all->section[i].name, only) != 0) { continue; }
        for (const flow_field *f = all->section[i].field; f->key != NULL; f++) {
            if (same_source(f, source)) { return true; }
        }
    }
    return false;
}

/// What the numbers in brackets mean.
static void print_sources(const app_sections *all, const char *only)
{
    bool first = true;
    for (int32_t i = 0; i < all->n_source; i++) {
        const flow_field *f = all->source[i];
        if (!is_used(all, only, f)) { continue; }
        if (first) { (void)printf("\nDefaults come from:\n"); }
        first = false;
        char text[512];
        (void)snprintf(text, sizeof text, "[%d] %s%s%s", (int)i + 1, f->source,
                       *tag_text(f->tag) != '\0' ? "; " : "", tag_text(f->tag));
        app_print_wrapped(text, 2, RIGHT);
    }
}

static json_t *field_json(const flow_section *section, const flow_field *field)
{
    char key[128];
    const char tag[2] = {field->tag, '\0'};
    dotted(section, field, key, sizeof key);
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "key", key, "type",
                          field->type == FLOW_CHOICE ? "choice" : app_type_text(field), "unit",
                          field->unit, "default", field->fallback, "tag", tag, "source",
                          field->source, "help", field->help);
    if (o != NULL && app_has_range(field) &&
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

static const char *const shape_text[FLOW_N_SHAPE] = {"per place", "per link", "in all",
                                                     "per country"};

static app_exit keys(const app_arguments *arguments, const app_sections *all, const char *only)
{
    json_t *list = arguments->json ? json_array() : NULL;
    const char *before = NULL;
    for (int32_t i = 0; i < all->n; i++) {
        const flow_section *section = &all->section[i];
        if (only != NULL && strcmp(section->name, only) != 0) { continue; }
        for (const flow_field *f = section->field; list != NULL && f->key != NULL; f++) {
            if (json_array_append_new(list, field_json(section, f)) != 0) {
                json_decref(list);
                return app_print_json(NULL);
            }
        }
        if (arguments->json) { continue; }
        const bool goes_on = before != NULL && strcmp(before, section->name) == 0;
        if (before != NULL && !goes_on) { (void)putchar('\n'); }
        print_section(all, section, goes_on);
        before = section->name;
    }
    const flow_module *module = only != NULL ? app_module(only) : NULL;
    if (arguments->json) {
        json_t *object = json_pack("{s:s, s:o}", "schema", "libflow.describe.1", "keys", list);
        if (module != NULL && object != NULL &&
            json_object_set_new(object, "module", app_json_module(module)) != 0) {
            json_decref(object);
            object = NULL;
        }
        return app_print_json(object);
    }
    if (module != NULL) { app_print_module(module); }
    print_sources(all, only);
    return APP_OK;
}

static json_t *observable_json(const flow_observable *o)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s}", "name", o->name, "shape",
                     shape_text[o->shape], "by", o->by != NULL ? o->by : "", "unit", o->unit,
                     "integer", (int)o->integer, "long_name", o->long_name, "cell_methods",
                     o->cell_methods, "when", flow_observable_when(o->row));
}

static void print_observable(const flow_observable *o)
{
    const char *when = flow_observable_when(o->row);
    const bool plain = strcmp(o->unit, "1") == 0;
    char text[512];
    (void)printf("  %s (%s%s%s%s%s)\n", o->name, shape_text[o->shape], o->by != NULL ? " and " : "",
                 o->by != NULL ? o->by : "", plain ? "" : ", ", plain ? "" : o->unit);
    (void)snprintf(text, sizeof text, "%s%s%s", o->long_name, *when != '\0' ? "; " : "", when);
    app_print_wrapped(text, INDENT, RIGHT);
}

static app_exit observables(const app_arguments *arguments)
{
    json_t *list = arguments->json ? json_array() : NULL;
    for (int32_t i = 0; i < FLOW_N_OBSERVABLE; i++) {
        if (!arguments->json) {
            print_observable(&flow_observables[i]);
        } else if (json_array_append_new(list, observable_json(&flow_observables[i])) != 0) {
            json_decref(list);
            return app_print_json(NULL);
        }
    }
    if (arguments->json) {
        return app_print_json(
            json_pack("{s:s, s:o}", "schema", "libflow.describe.1", "observables", list));
    }
    (void)printf("  people_by_AXIS (per place and class)\n");
    app_print_wrapped("people at the place at the end of the day, by the classes of each axis that "
                      "people.axes names; by cause also under the destination rule",
                      INDENT, RIGHT);
    (void)printf("  QUANTITY, QUANTITY__MODULE (as the quantity)\n");
    app_print_wrapped("each quantity that a module in use writes, and the column of each such "
                      "module; 'libflow describe quantities' lists them",
                      INDENT, RIGHT);
    return APP_OK;
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

static app_exit schema(const app_sections *all)
{
    char *text = flow_fields_schema(all->section, all->n, "libflow scenario");
    if (text == NULL) {
        app_say("describe", "no memory for the schema");
        return APP_INTERNAL;
    }
    (void)puts(text);
    flow_dealloc(text);
    return APP_OK;
}

/// Every name that may be described: the tables, the sections, the quantities and the dotted keys.
static app_exit unknown(const app_sections *all, const char *what)
{
    static const char *const table[] = {"keys", "modules", "quantities", "observables", "places"};
    enum { n_table = sizeof table / sizeof *table };
    int64_t most = n_table + FLOW_N_QUANTITY;
    for (int32_t i = 0; i < all->n; i++) {
        most++;
        for (const flow_field *f = all->section[i].field; f->key != NULL; f++) { most++; }
    }
    char(*key)[96] = flow_calloc(most, sizeof *key);
    const char **name = flow_calloc(most, sizeof *name);
    int64_t n = 0;
    for (int32_t i = 0; name != NULL && i < n_table; i++) { name[n++] = table[i]; }
    for (int32_t i = 0; key != NULL && name != NULL && i < all->n; i++) {
        const flow_section *section = &all->section[i];
        if (*section->name != '\0') { name[n++] = section->name; }
        for (const flow_field *f = section->field; f->key != NULL; f++, n++) {
            dotted(section, f, key[n], sizeof *key);
            name[n] = key[n];
        }
    }
    for (int32_t id = 0; key != NULL && name != NULL && id < FLOW_N_QUANTITY; id++, n++) {
        name[n] = flow_quantity_name(id, key[n]);
    }
    char quoted[64];
    const char *near = flow_nearest(what, name, n);
    app_say("describe", "nothing is called '%s'%s%s%s", flow_quote(what, quoted),
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
            near != NULL ? "'?" : "");
    (void)fprintf(stderr, "See: libflow describe --help\n");
    flow_dealloc(name);
    flow_dealloc(key);
    return APP_USAGE;
}

static app_exit describe_what(const app_arguments *arguments, const app_sections *all)
{
    if (arguments->schema) { return schema(all); }
    const char *what = arguments->n_operand > 0 ? arguments->operand[0] : "keys";
    if (strcmp(what, "keys") == 0) { return keys(arguments, all, NULL); }
    if (strcmp(what, "modules") == 0) { return app_describe_modules(arguments); }
    if (strcmp(what, "quantities") == 0) { return app_describe_quantities(arguments, -1); }
    if (strcmp(what, "observables") == 0) { return observables(arguments); }
    if (strcmp(what, "places") == 0) { return places(arguments); }
    for (int32_t i = 0; i < all->n; i++) {
        const char *name = all->section[i].name;
        if (*name != '\0' && strcmp(name, what) == 0) { return keys(arguments, all, what); }
    }
    int32_t section = 0;
    const flow_field *field = flow_fields_find(all->section, all->n, what, &section);
    if (field == NULL) {
        const int32_t id = flow_quantity_find(what);
        return id >= 0 ? app_describe_quantities(arguments, id) : unknown(all, what);
    }
    if (arguments->json) {
        return app_print_json(json_pack("{s:s, s:[o]}", "schema", "libflow.describe.1", "keys",
                                        field_json(&all->section[section], field)));
    }
    print_field(all, &all->section[section], field, true);
    return APP_OK;
}

/// List sections and sources; false: no memory.
static bool list_sections(app_sections *all)
{
    all->section = flow_calloc((int64_t)flow_settings_n_section + 1 +
                                   (int64_t)FLOW_MODULE_N_SECTION * flow_n_module,
                               sizeof *all->section);
    if (all->section == NULL) { return false; }
    for (int32_t i = 0; i < flow_settings_n_section; i++) {
        all->section[all->n++] = flow_settings_sections[i];
        if (i == 0) { all->section[all->n++] = flow_option_section; }
    }
    for (int32_t i = 0; i < flow_n_module; i++, all->n += FLOW_MODULE_N_SECTION) {
        flow_module_sections(flow_modules[i], &all->section[all->n]);
    }
    int64_t most = 0;
    for (int32_t i = 0; i < all->n; i++) {
        for (const flow_field *f = all->section[i].field; f->key != NULL; f++) { most++; }
    }
    all->source = flow_calloc(most, sizeof *all->source);
    for (int32_t i = 0; i < all->n && all->source != NULL; i++) {
        for (const flow_field *f = all->section[i].field; f->key != NULL; f++) {
            if (*f->source == '\0' || source_number(all, f) > 0) { continue; }
            all->source[all->n_source++] = f;
        }
    }
    return all->source != NULL;
}

static app_exit describe(const app_arguments *arguments)
{
    app_sections all = {0};
    app_exit status = APP_INTERNAL;
    if (list_sections(&all)) {
        status = describe_what(arguments, &all);
    } else {
        app_say("describe", "no memory");
    }
    flow_dealloc(all.section);
    flow_dealloc(all.source);
    return status;
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
    "Explain keys, modules, quantities, observables and kinds of places.",
    "WHAT is 'keys' (the default: every key of scenario.yaml with unit, default, range and "
    "source), 'modules' (drivers, responses, processes), 'quantities' (what modules write and how "
    "their columns are combined), 'observables' (what a result file holds), 'places' (kinds of "
    "places), a section such as 'hop' or 'drought', one key such as 'hop.camp_weight', or one "
    "quantity such as 'hazard_flood'.",
    options,
    describe};
