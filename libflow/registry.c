#include "registry.h"

#include <stdio.h>
#include <string.h>

#define FLOW_MODULE(name) extern const flow_module flow_module_##name;
#include "modules.def"
#undef FLOW_MODULE

const flow_module *const flow_modules[] = {
#define FLOW_MODULE(name) &flow_module_##name,
#include "modules.def"
#undef FLOW_MODULE
};
const int32_t flow_n_module = (int32_t)(sizeof flow_modules / sizeof *flow_modules);

const char *const flow_module_kind_name[FLOW_N_MODULE_KIND] = {"driver", "response", "process"};

static const flow_field no_rows[] = {FLOW_FIELD_END};

#define ON                                                                                         \
    {                                                                                              \
        "on", offsetof(flow_module_common, on), FLOW_BOOL, "", "true", 0, 0, NULL, '-', "",        \
            "False: as if the section were not there."                                             \
    }
static const flow_field single_rows[] = {ON, FLOW_FIELD_END};
static const flow_field many_rows[] = {
    ON,
    {"name", offsetof(flow_module_common, name), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Name among several of its kind, for keys and results; without one it is numbered from 1."},
    FLOW_FIELD_END};

void flow_module_sections(const flow_module *module, flow_section out[static FLOW_MODULE_N_SECTION])
{
    out[0] = (flow_section){module->name, module->help, module->many ? many_rows : single_rows, 0,
                            module->many};
    out[1] =
        (flow_section){module->name, module->help, module->field != NULL ? module->field : no_rows,
                       FLOW_MODULE_PARAM, module->many};
}

int64_t flow_module_block_size(const flow_module *module)
{
    return (int64_t)(FLOW_MODULE_PARAM + module->param_size);
}

bool flow_module_quantities(const char *list, int32_t id[static FLOW_MODULE_MOST_QUANTITIES],
                            int32_t *n)
{
    *n = 0;
    for (const char *at = list != NULL ? list : ""; *at != '\0';) {
        char name[FLOW_QUANTITY_NAME];
        at += strspn(at, " ");
        const size_t width = strcspn(at, ", ");
        if (width >= sizeof name || *n == FLOW_MODULE_MOST_QUANTITIES) { return false; }
        memcpy(name, at, width);
        name[width] = '\0';
        id[*n] = flow_quantity_find(name);
        if (id[*n] < 0) { return false; }
        for (int32_t k = 0; k < *n; k++) {
            if (id[k] == id[*n]) { return false; }
        }
        (*n)++;
        at += width;
        at += strspn(at, " ");
        if (*at == ',') { at++; }
    }
    return true;
}

bool flow_module_is_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    if (text == NULL || *text == '\0' || strchr(letters, *text) == NULL) { return false; }
    const size_t n = strlen(text);
    return n <= FLOW_MODULE_NAME_MOST && strspn(text, all) == n;
}

// Checks -----------------------------------------------------------------------------------------

static bool row_is_complete(const flow_field *f)
{
    return f->unit != NULL && f->source != NULL && f->help != NULL && f->tag != '\0' &&
           strchr("VDRA-", f->tag) != NULL && (f->type != FLOW_CHOICE || f->choices != NULL);
}

static const flow_field *row_of(const flow_field *rows, const char *key)
{
    for (const flow_field *f = rows; f->key != NULL; f++) {
        if (strcmp(f->key, key) == 0) { return f; }
    }
    return NULL;
}

static flow_err check_parameters(const flow_module *module, const flow_section *sections)
{
    for (const flow_field *f = sections[1].field; f->key != NULL; f++) {
        if (!row_is_complete(f) || f->fallback == NULL || !flow_module_is_name(f->key) ||
            f->type == FLOW_PLACE || f->type == FLOW_COUNTRY || f->type == FLOW_KEYS ||
            f->offset >= module->param_size) {
            return flow_fail(FLOW_ERANGE, "module '%s': the row of parameter '%s' is not complete",
                             module->name, f->key);
        }
        if (row_of(sections[0].field, f->key) != NULL || row_of(sections[1].field, f->key) != f) {
            return flow_fail(FLOW_ERANGE, "module '%s': parameter '%s' is there already",
                             module->name, f->key);
        }
    }
    void *block = flow_calloc(flow_module_block_size(module), 1);
    if (block == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for '%s'", module->name); }
    flow_err err = flow_fields_default(sections, FLOW_MODULE_N_SECTION, block);
    if (err == FLOW_EINPUT) {
        char text[256];
        (void)snprintf(text, sizeof text, "%s", flow_error_text());
        err = flow_fail(FLOW_ERANGE, "module '%s': %s", module->name, text);
    }
    flow_fields_clear(sections, FLOW_MODULE_N_SECTION, block);
    flow_dealloc(block);
    return err;
}

static flow_err check_table(const flow_module *module, const flow_section *sections,
                            const flow_module_table *t)
{
    const flow_field *file = t->key != NULL ? row_of(sections[1].field, t->key) : NULL;
    if (file == NULL || file->type != FLOW_TEXT || t->column == NULL || t->help == NULL) {
        return flow_fail(FLOW_ERANGE,
                         "module '%s': a table needs columns and a text parameter for its file",
                         module->name);
    }
    // The reader of tables looks for names in a text of 1024 bytes.
    size_t width = t->other != NULL ? strlen(t->other) : 0;
    int32_t n = 0;
    for (const flow_field *f = t->column; f->key != NULL; f++, n++) {
        width += strlen(f->key) + 1;
        const bool huge = f->type == FLOW_INT && (f->min < -1e15 || f->max > 1e15);
        if (!row_is_complete(f) || f->type == FLOW_LIST || f->offset != 0 || huge) {
            return flow_fail(FLOW_ERANGE, "module '%s': the row of column '%s' is not complete",
                             module->name, f->key);
        }
    }
    if (width >= 1000 || n > FLOW_MODULE_MOST_COLUMNS) {
        return flow_fail(FLOW_ERANGE, "module '%s': too many names of columns", module->name);
    }
    return FLOW_OK;
}

flow_err flow_module_check(const flow_module *module)
{
    if (module == NULL || module->version != FLOW_MODULE_VERSION) {
        return flow_fail(FLOW_ERANGE, "a module has version %d, this library knows version %d",
                         module != NULL ? (int)module->version : 0, FLOW_MODULE_VERSION);
    }
    char shown[64];
    if (!flow_module_is_name(module->name)) {
        return flow_fail(FLOW_ERANGE,
                         "module '%s': a name has a letter and then letters, digits and '_', at "
                         "most %d",
                         flow_quote(module->name != NULL ? module->name : "", shown),
                         FLOW_MODULE_NAME_MOST);
    }
    if (module->kind < FLOW_DRIVER || module->kind >= FLOW_N_MODULE_KIND || module->help == NULL ||
        module->source == NULL || module->n_table < 0 ||
        (module->n_table > 0 && module->table == NULL)) {
        return flow_fail(FLOW_ERANGE, "module '%s': kind, help, source or tables are missing",
                         module->name);
    }
    int32_t id[FLOW_MODULE_MOST_QUANTITIES], n = 0;
    if (!flow_module_quantities(module->writes, id, &n) || n == 0) {
        return flow_fail(FLOW_ERANGE, "module '%s': '%s' is no list of quantities", module->name,
                         module->writes != NULL ? module->writes : "");
    }
    if (!flow_module_quantities(module->reads, id, &n)) {
        return flow_fail(FLOW_ERANGE, "module '%s': '%s' is no list of quantities", module->name,
                         module->reads);
    }
    flow_section sections[FLOW_MODULE_N_SECTION];
    flow_module_sections(module, sections);
    FLOW_TRY(check_parameters(module, sections));
    for (int32_t i = 0; i < module->n_table; i++) {
        FLOW_TRY(check_table(module, sections, &module->table[i]));
    }
    return FLOW_OK;
}
