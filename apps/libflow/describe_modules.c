// libflow describe: modules and quantities.
#include "describe.h"

#include <string.h>

enum { INDENT = 6, RIGHT = 79 };

const flow_module *app_module(const char *name)
{
    for (int32_t i = 0; i < flow_n_module; i++) {
        if (strcmp(flow_modules[i]->name, name) == 0) { return flow_modules[i]; }
    }
    return NULL;
}

// Modules ----------------------------------------------------------------------------------------

/// Names of quantities as a JSON list; NULL: no memory.
static json_t *names_json(const char *quantities)
{
    int32_t id[FLOW_MODULE_MOST_QUANTITIES], n = 0;
    char name[FLOW_QUANTITY_NAME];
    json_t *list = json_array();
    (void)flow_module_quantities(quantities, id, &n);
    for (int32_t i = 0; i < n && list != NULL; i++) {
        if (json_array_append_new(list, json_string(flow_quantity_name(id[i], name))) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *column_json(const flow_field *f)
{
    char range[256];
    app_range_text(f, range, sizeof range);
    return json_pack("{s:s, s:s, s:s, s:b, s:s}", "names", f->key, "allowed", range, "unit",
                     f->unit, "needed", (int)(f->fallback == NULL), "help", f->help);
}

static json_t *tables_json(const flow_module *module)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < module->n_table && list != NULL; i++) {
        const flow_module_table *t = &module->table[i];
        json_t *columns = json_array();
        bool good = columns != NULL;
        for (const flow_field *f = t->column; f->key != NULL && good; f++) {
            good = json_array_append_new(columns, column_json(f)) == 0;
        }
        if (json_array_append_new(list, json_pack("{s:s, s:b, s:o}", "key", t->key, "needed",
                                                  (int)t->needed, "columns", columns)) != 0 ||
            !good) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *app_json_module(const flow_module *m)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "name", m->name, "kind",
                     flow_module_kind_name[m->kind], "help", m->help, "source", m->source,
                     "several", (int)m->many, "writes", names_json(m->writes), "reads",
                     names_json(m->reads), "tables", tables_json(m));
}

/// "Writes hazard_drought, food_insecurity.", broken into lines.
static void print_quantities(const char *verb, const char *quantities)
{
    int32_t id[FLOW_MODULE_MOST_QUANTITIES], n = 0;
    char text[FLOW_MODULE_MOST_QUANTITIES * FLOW_QUANTITY_NAME];
    char name[FLOW_QUANTITY_NAME];
    (void)flow_module_quantities(quantities, id, &n);
    if (n == 0) { return; }
    size_t used = (size_t)snprintf(text, sizeof text, "%s ", verb);
    for (int32_t i = 0; i < n && used < sizeof text; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
                                 flow_quantity_name(id[i], name), i + 1 < n ? ", " : ".");
    }
    app_print_wrapped(text, 2, RIGHT);
}

void app_print_module(const flow_module *module)
{
    char text[512];
    (void)printf("\n");
    (void)snprintf(text, sizeof text, "A %s%s. Source: %s.", flow_module_kind_name[module->kind],
                   module->many ? ", several may be given as a list" : "", module->source);
    app_print_wrapped(text, 2, RIGHT);
    print_quantities("Writes", module->writes);
    print_quantities("Reads", module->reads);
    for (int32_t i = 0; i < module->n_table; i++) {
        const flow_module_table *t = &module->table[i];
        (void)printf("\n  Table named by %s.%s%s, with the columns\n", module->name, t->key,
                     t->needed ? "" : ", may be absent");
        for (const flow_field *f = t->column; f->key != NULL; f++) {
            char range[256];
            (void)printf("  %s%s%s%s%s\n", f->key, *f->unit != '\0' ? " (" : "", f->unit,
                         *f->unit != '\0' ? ")" : "", f->fallback == NULL ? "" : ", may be absent");
            app_range_text(f, range, sizeof range);
            (void)snprintf(text, sizeof text, "%s (%s)", f->help, range);
            app_print_wrapped(text, INDENT, RIGHT);
        }
    }
}

app_exit app_describe_modules(const app_arguments *arguments)
{
    json_t *list = arguments->json ? json_array() : NULL;
    for (int32_t i = 0; i < flow_n_module; i++) {
        const flow_module *m = flow_modules[i];
        if (!arguments->json) {
            (void)printf("  %s (%s)\n", m->name, flow_module_kind_name[m->kind]);
            app_print_wrapped(m->help, INDENT, RIGHT);
        } else if (json_array_append_new(list, app_json_module(m)) != 0) {
            json_decref(list);
            return app_print_json(NULL);
        }
    }
    return arguments->json ? app_print_json(json_pack("{s:s, s:o}", "schema", "libflow.describe.1",
                                                      "modules", list))
                           : APP_OK;
}

// Quantities -------------------------------------------------------------------------------------

static json_t *quantity_json(int32_t id)
{
    char name[FLOW_QUANTITY_NAME], sentence[256];
    const flow_quantity *row = flow_quantity_row(id);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:s, s:s}", "name",
                     flow_quantity_name(id, name), "kind", row->name, "by", flow_by_name[row->by],
                     "over", flow_over_name[row->over], "rule", flow_rule_name[row->rule], "unit",
                     row->unit, "neutral", row->neutral, "min", row->min, "max", row->max,
                     "long_name", flow_quantity_long_name(id, sentence), "kind_long_name",
                     row->long_name);
}

/// Causes, channels and statuses; NULL: no memory.
static json_t *terms_json(void)
{
    json_t *object = json_object();
    for (int32_t by = FLOW_BY_CAUSE; by < FLOW_N_BY && object != NULL; by++) {
        int32_t n = 0;
        const flow_term *term = flow_by_terms((flow_by)by, &n);
        json_t *list = json_array();
        bool good = list != NULL;
        for (int32_t i = 0; i < n && good; i++) {
            good = json_array_append_new(list, json_pack("{s:s, s:s}", "name", term[i].name,
                                                         "long_name", term[i].long_name)) == 0;
        }
        if (json_object_set_new(object, flow_by_name[by], list) != 0 || !good) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/// @param name of the quantity, or of all of its kind: "hazard_CAUSE".
static void print_quantity(const flow_quantity *row, const char *name, const char *long_name)
{
    char text[512];
    const bool bare = strcmp(row->unit, "1") == 0;
    (void)printf("  %s (per %s%s%s)\n", name, flow_over_name[row->over], bare ? "" : ", ",
                 bare ? "" : row->unit);
    (void)snprintf(text, sizeof text,
                   "%s; combined as %s, %g where nobody writes, a column in "
                   "[%g, %g]",
                   long_name, flow_rule_name[row->rule], row->neutral, row->min, row->max);
    app_print_wrapped(text, INDENT, RIGHT);
}

static void print_terms(flow_by by, const char *what)
{
    int32_t n = 0;
    const flow_term *term = flow_by_terms(by, &n);
    (void)printf("\n%s is one of\n", what);
    for (int32_t i = 0; i < n; i++) {
        (void)printf("  %s\n", term[i].name);
        app_print_wrapped(term[i].long_name, INDENT, RIGHT);
    }
}

app_exit app_describe_quantities(const app_arguments *arguments, int32_t id)
{
    static const char *const by[] = {"", "_CAUSE", "_CHANNEL", "_STATUS", "_SECTOR", "_CHANGE"};
    char name[FLOW_QUANTITY_NAME], sentence[256];
    if (arguments->json) {
        json_t *list = json_array();
        for (int32_t i = 0; i < FLOW_N_QUANTITY; i++) {
            if (id >= 0 && i != id) { continue; }
            if (json_array_append_new(list, quantity_json(i)) != 0) {
                json_decref(list);
                return app_print_json(NULL);
            }
        }
        return app_print_json(json_pack("{s:s, s:o, s:o}", "schema", "libflow.describe.1",
                                        "quantities", list, "terms", terms_json()));
    }
    if (id >= 0) {
        print_quantity(flow_quantity_row(id), flow_quantity_name(id, name),
                       flow_quantity_long_name(id, sentence));
        return APP_OK;
    }
    for (int32_t i = 0; i < flow_n_quantity_row; i++) {
        const flow_quantity *row = &flow_quantities[i];
        (void)snprintf(name, sizeof name, "%s%s", row->name, by[row->by]);
        print_quantity(row, name, row->long_name);
    }
    print_terms(FLOW_BY_CAUSE, "CAUSE");
    print_terms(FLOW_BY_CHANNEL, "CHANNEL");
    print_terms(FLOW_BY_STATUS, "STATUS");
    print_terms(FLOW_BY_SECTOR, "SECTOR");
    print_terms(FLOW_BY_CHANGE, "CHANGE");
    return APP_OK;
}
