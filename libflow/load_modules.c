// Modules of a scenario: which are in use, their parameters, what they read.
#include "load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// What stands behind flow_setup.inside.
typedef struct inside {
    flow_loader *l;
    const flow_use *use;
    flow_table **table; ///< [n_table]
} inside;

static flow_err no_memory(void)
{
    return flow_fail(FLOW_ENOMEM, "no memory for modules");
}

// The modules there are --------------------------------------------------------------------------

static flow_err add_module(flow_loader *l, const flow_module *module)
{
    for (int32_t i = 0; i < l->n_section; i++) {
        bool taken = strcmp(l->section[i].name, module->name) == 0;
        for (const flow_field *f = l->section[i].field; f->key != NULL; f++) {
            taken |= *l->section[i].name == '\0' && strcmp(f->key, module->name) == 0;
        }
        if (taken) {
            return flow_fail(FLOW_ERANGE, "module '%s': the name is taken", module->name);
        }
    }
    flow_module_sections(module, &l->section[l->n_section]);
    l->n_section += FLOW_MODULE_N_SECTION;
    l->module[l->n_module++] = module;
    return FLOW_OK;
}

flow_err flow_load_registry(flow_loader *l)
{
    const int32_t n = flow_n_module + l->options->n_module;
    l->section = flow_calloc((int64_t)flow_settings_n_section + (int64_t)FLOW_MODULE_N_SECTION * n,
                             sizeof *l->section);
    l->module = flow_calloc(n, sizeof *l->module);
    if (l->section == NULL || l->module == NULL) { return no_memory(); }
    for (int32_t i = 0; i < flow_settings_n_section; i++) {
        l->section[l->n_section++] = flow_settings_sections[i];
    }
    for (int32_t i = 0; i < flow_n_module; i++) { FLOW_TRY(add_module(l, flow_modules[i])); }
    for (int32_t i = 0; i < l->options->n_module; i++) {
        FLOW_TRY(flow_module_check(l->options->module[i]));
        FLOW_TRY(add_module(l, l->options->module[i]));
    }
    return FLOW_OK;
}

char *flow_load_other_names(const flow_loader *l)
{
    static const char options[] = "options";
    char *text = flow_calloc(
        (int64_t)l->n_module * (FLOW_MODULE_NAME_MOST + 1) + (int64_t)sizeof options, 1);
    if (text == NULL) { return NULL; }
    memcpy(text, options, sizeof options - 1);
    size_t n = sizeof options - 1;
    for (int32_t i = 0; i < l->n_module; i++) {
        const size_t width = strlen(l->module[i]->name);
        text[n++] = ',';
        memcpy(text + n, l->module[i]->name, width);
        n += width;
    }
    return text;
}

/// Module whose name is the first n bytes of a text, NULL when there is none.
static const flow_module *module_of(const flow_loader *l, const char *text, size_t n)
{
    for (int32_t i = 0; i < l->n_module; i++) {
        const char *name = l->module[i]->name;
        if (strncmp(name, text, n) == 0 && name[n] == '\0') { return l->module[i]; }
    }
    return NULL;
}

// Taking into use --------------------------------------------------------------------------------

static void clear_use(flow_use *use)
{
    flow_section sections[FLOW_MODULE_N_SECTION];
    flow_module_sections(use->module, sections);
    flow_fields_clear(sections, FLOW_MODULE_N_SECTION, use->block);
}

void flow_uses_clear(flow_scenario *s)
{
    for (int32_t i = 0; i < s->n_use; i++) { clear_use(&s->use[i]); }
    flow_dealloc(s->use);
    s->use = NULL;
    s->n_use = 0;
}

/// One more in use, with its defaults; NULL: no memory.
static flow_use *add_use(flow_loader *l, const flow_module *module, int32_t item)
{
    flow_scenario *s = l->s;
    flow_use *longer = flow_realloc(s->use, (int64_t)s->n_use + 1, sizeof *longer);
    if (longer == NULL) { return NULL; }
    s->use = longer;
    flow_use *use = &s->use[s->n_use];
    *use = (flow_use){.module = module, .item = item};
    use->block = flow_keep(s, flow_module_block_size(module), 1);
    if (use->block == NULL) { return NULL; }
    s->n_use++; // from here on the scenario frees it
    flow_section sections[FLOW_MODULE_N_SECTION];
    flow_module_sections(module, sections);
    return flow_fields_default(sections, FLOW_MODULE_N_SECTION, use->block) == FLOW_OK ? use : NULL;
}

/// Bind all keys below a path to a module in use.
static flow_err bind_below(flow_loader *l, const flow_use *use, const char *path)
{
    flow_section sections[FLOW_MODULE_N_SECTION];
    flow_module_sections(use->module, sections);
    const size_t n = strlen(path);
    for (int64_t i = 0; i < l->config.n; i++) {
        const flow_node *node = &l->config.node[i];
        if (strncmp(node->path, path, n) != 0 || node->path[n] != '.') { continue; }
        const char *rest = node->path + n + 1;
        if (strpbrk(rest, ".[") != NULL) { continue; } // told of, or bound, with what holds it
        char key[512];
        (void)snprintf(key, sizeof key, "%s.%s", use->module->name, rest);
        if (flow_fields_find(sections, FLOW_MODULE_N_SECTION, key, NULL) == NULL) {
            flow_fields_unknown(sections, FLOW_MODULE_N_SECTION, key, node->key_at, &l->problems);
            continue;
        }
        FLOW_TRY(flow_fields_bind_node(sections, FLOW_MODULE_N_SECTION, &l->config, node, key,
                                       &l->problems, use->block));
    }
    return FLOW_OK;
}

static flow_err use_list(flow_loader *l, const flow_module *module, const flow_node *list)
{
    if (!module->many) {
        flow_problem_error(&l->problems, list->at,
                           "%s: a list was found, a table of keys was expected; there is one at "
                           "most",
                           module->name);
        return FLOW_OK;
    }
    if (list->n_item == 0) {
        flow_problem_error(&l->problems, list->at, "%s: the list is empty", module->name);
    }
    for (int32_t i = 0; i < list->n_item; i++) {
        char path[FLOW_MODULE_NAME_MOST + 24];
        (void)snprintf(path, sizeof path, "%s[%d]", module->name, (int)i);
        const flow_node *node = flow_config_find(&l->config, path);
        if (node == NULL || (node->kind != FLOW_NODE_MAP && node->kind != FLOW_NODE_NULL)) {
            flow_problem_error(&l->problems, node != NULL ? node->at : list->at,
                               "%s: a table of keys was expected here", path);
            continue;
        }
        const flow_use *use = add_use(l, module, i);
        if (use == NULL) { return no_memory(); }
        FLOW_TRY(bind_below(l, use, path));
    }
    return FLOW_OK;
}

flow_err flow_load_uses(flow_loader *l)
{
    for (int32_t i = 0; i < l->n_module; i++) {
        const flow_module *module = l->module[i];
        const flow_node *node = flow_config_find(&l->config, module->name);
        if (node == NULL) { continue; }
        if (node->kind == FLOW_NODE_LIST) {
            FLOW_TRY(use_list(l, module, node));
        } else if (node->kind == FLOW_NODE_SCALAR) {
            flow_problem_error(&l->problems, node->at, "%s: a table of keys was expected here",
                               module->name);
        } else {
            const flow_use *use = add_use(l, module, -1);
            if (use == NULL) { return no_memory(); }
            FLOW_TRY(bind_below(l, use, module->name));
        }
    }
    return FLOW_OK;
}

static const flow_module_common *common_of(const flow_use *use)
{
    return use->block;
}

/// The one of a list that a key means by a name or a number; NULL after a problem.
static flow_use *item_of(flow_loader *l, const flow_module *module, const char *text, size_t n,
                         flow_mark at)
{
    char number[24];
    int32_t count = 0;
    for (int32_t i = 0; i < l->s->n_use; i++) {
        flow_use *use = &l->s->use[i];
        if (use->module != module) { continue; }
        const char *name = common_of(use)->name;
        (void)snprintf(number, sizeof number, "%d", (int)use->item + 1);
        if ((name != NULL && strncmp(name, text, n) == 0 && name[n] == '\0') ||
            (strncmp(number, text, n) == 0 && number[n] == '\0')) {
            return use;
        }
        count++;
    }
    char shown[64], cut[64];
    (void)snprintf(cut, sizeof cut, "%.*s", n < sizeof cut ? (int)n : (int)sizeof cut - 1, text);
    flow_problem_error(&l->problems, at,
                       "'%s': there are %d of %s; name one by its number or name, such as %s.1.on",
                       flow_quote(cut, shown), (int)count, module->name, module->name);
    return NULL;
}

flow_err flow_load_aim_at(flow_loader *l, const char *key, flow_mark at, bool take,
                          flow_load_aim *out)
{
    const size_t n = strcspn(key, ".=");
    *out = (flow_load_aim){.module = module_of(l, key, n), .rest = key + n + (key[n] == '.')};
    if (out->module == NULL) { return FLOW_OK; }
    for (int32_t i = 0; i < l->s->n_use && out->use == NULL; i++) {
        if (l->s->use[i].module == out->module) { out->use = &l->s->use[i]; }
    }
    if (out->use == NULL && take) {
        out->use = add_use(l, out->module, -1);
        if (out->use == NULL) { return no_memory(); }
    }
    if (out->use == NULL || out->use->item < 0) { return FLOW_OK; }
    const size_t width = strcspn(out->rest, ".=");
    out->use = item_of(l, out->module, out->rest, width, at);
    out->lost = out->use == NULL;
    out->rest += width + (out->rest[width] == '.');
    return FLOW_OK;
}

flow_err flow_load_set_use(flow_loader *l, const char *assignment, bool *taken)
{
    const size_t n = strcspn(assignment, ".=");
    *taken = module_of(l, assignment, n) != NULL && assignment[n] == '.';
    if (!*taken) { return FLOW_OK; }
    flow_load_aim aim;
    FLOW_TRY(flow_load_aim_at(l, assignment, (flow_mark){.file = "--set"}, true, &aim));
    if (aim.lost) { return FLOW_OK; }
    const size_t size = n + strlen(aim.rest) + 2;
    char *plain = flow_calloc((int64_t)size, 1); // "flood.severity=3", whichever of the floods
    if (plain == NULL) { return no_memory(); }
    (void)snprintf(plain, size, "%s.%s", aim.module->name, aim.rest);
    flow_section sections[FLOW_MODULE_N_SECTION];
    flow_module_sections(aim.module, sections);
    const flow_err err =
        flow_fields_set(sections, FLOW_MODULE_N_SECTION, plain, &l->problems, aim.use->block);
    flow_dealloc(plain);
    return err;
}

// Forcings ---------------------------------------------------------------------------------------

static flow_err fill_forcing(flow_turn *turn)
{
    const flow_forcing *f = turn->data;
    const flow_quantity *row = flow_quantity_row(flow_quantity_find(f->quantity));
    return f->fill(f->context, turn->member, turn->step, turn->own[0],
                   flow_over_n(row->over, turn->world));
}

static flow_err add_forcing(flow_loader *l, const flow_forcing *f)
{
    char shown[64];
    if (f->fill == NULL || !flow_module_is_name(f->name)) {
        return flow_fail(FLOW_ERANGE, "forcing '%s' has no function or no name",
                         flow_quote(f->name != NULL ? f->name : "", shown));
    }
    const char *quantity = f->quantity != NULL ? f->quantity : "";
    if (flow_quantity_find(quantity) < 0) {
        char near[FLOW_QUANTITY_NAME];
        const bool found = flow_quantity_nearest(quantity, near) != NULL;
        return flow_fail(FLOW_EKEY, "forcing '%s': no quantity '%s'%s%s%s", f->name,
                         flow_quote(quantity, shown), found ? "; did you mean '" : "",
                         found ? near : "", found ? "'?" : "");
    }
    flow_module *module = flow_keep(l->s, 1, sizeof *module);
    flow_forcing *copy = flow_keep(l->s, 1, sizeof *copy);
    if (module == NULL || copy == NULL) { return no_memory(); }
    *copy = *f;
    *module = (flow_module){.version = FLOW_MODULE_VERSION,
                            .name = flow_keep_text(l->s, f->name),
                            .help = "Column filled by the program that runs the scenario.",
                            .source = "",
                            .writes = flow_keep_text(l->s, quantity),
                            .step = fill_forcing};
    copy->name = module->name;
    copy->quantity = module->writes;
    if (module->name == NULL || module->writes == NULL) { return no_memory(); }
    flow_use *use = add_use(l, module, -1);
    if (use == NULL) { return no_memory(); }
    use->data = copy;
    return FLOW_OK;
}

// Names ------------------------------------------------------------------------------------------

/// Key and name of what is in use: "flood", or "flood.2" and "flood_2".
static flow_err name_use(flow_loader *l, flow_use *use)
{
    const char *module = use->module->name;
    const char *own = common_of(use)->name;
    char number[24];
    (void)snprintf(number, sizeof number, "%d", (int)use->item + 1);
    if (own == NULL && use->item >= 0) { own = number; }
    if (own != NULL && own != number && !flow_module_is_name(own)) {
        char shown[64];
        flow_problem_error(&l->problems, (flow_mark){.file = l->s->path},
                           "%s.name: '%s' is no name: a letter, then letters, digits and '_', at "
                           "most %d",
                           module, flow_quote(own, shown), FLOW_MODULE_NAME_MOST);
        own = NULL;
    }
    const size_t size = strlen(module) + (own != NULL ? strlen(own) : 0) + 2;
    use->name = flow_keep(l->s, (int64_t)size, 1);
    char *key = flow_keep(l->s, (int64_t)size, 1);
    if (use->name == NULL || key == NULL) { return no_memory(); }
    (void)snprintf(use->name, size, "%s%s%s", module, own != NULL ? "_" : "",
                   own != NULL ? own : "");
    (void)snprintf(key, size, "%s%s%s", module, own != NULL ? "." : "", own != NULL ? own : "");
    if (use->module->step != fill_forcing) { use->key = key; }
    use->stream = flow_hash(0, use->name, strlen(use->name));
    return FLOW_OK;
}

static flow_err list_quantities(flow_scenario *s, flow_use *use)
{
    int32_t id[FLOW_MODULE_MOST_QUANTITIES];
    (void)flow_module_quantities(use->module->writes, id, &use->n_write);
    use->write = flow_keep(s, use->n_write, sizeof *id);
    if (use->write == NULL) { return no_memory(); }
    memcpy(use->write, id, (size_t)use->n_write * sizeof *id);
    (void)flow_module_quantities(use->module->reads, id, &use->n_read);
    use->read = flow_keep(s, use->n_read, sizeof *id);
    if (use->read == NULL) { return no_memory(); }
    memcpy(use->read, id, (size_t)use->n_read * sizeof *id);
    return FLOW_OK;
}

/// Tables of modules that are off belong to the scenario: its options may read them.
static flow_err keep_idle_tables(flow_loader *l)
{
    for (int32_t k = 0; k < l->s->n_use; k++) {
        const flow_use *use = &l->s->use[k];
        for (int32_t i = 0; i < use->module->n_table && !common_of(use)->on; i++) {
            FLOW_TRY(flow_load_idle(l, flow_load_file_of(use, &use->module->table[i])));
        }
    }
    return FLOW_OK;
}

/// Drop what is switched off, put the rest in the order of the modules.
static flow_err order_uses(flow_loader *l)
{
    flow_scenario *s = l->s;
    if (s->n_use == 0) { return FLOW_OK; }
    FLOW_TRY(keep_idle_tables(l));
    int32_t n = 0;
    flow_use *sorted = flow_calloc(s->n_use, sizeof *sorted);
    if (sorted == NULL) { return no_memory(); }
    for (int32_t i = 0; i < l->n_module; i++) {
        for (int32_t k = 0; k < s->n_use; k++) {
            flow_use *use = &s->use[k];
            if (use->module != l->module[i]) { continue; }
            // Options must tell the same people apart, whether they switch a module on or not.
            l->crowd = l->crowd || use->module->crowd;
            if (common_of(use)->on) {
                sorted[n++] = *use;
            } else {
                clear_use(use);
            }
        }
    }
    flow_dealloc(s->use);
    s->use = sorted;
    s->n_use = n;
    return FLOW_OK;
}

/// Every use has a name of its own, which is also that of its columns.
static void check_names(flow_loader *l)
{
    const flow_scenario *s = l->s;
    for (int32_t i = 0; i < s->n_use; i++) {
        bool taken = strcmp(s->use[i].name, FLOW_OUTSIDE) == 0;
        for (int32_t k = 0; k < i; k++) { taken |= strcmp(s->use[k].name, s->use[i].name) == 0; }
        if (!taken) { continue; }
        flow_problem_error(&l->problems, (flow_mark){.file = s->path},
                           "two modules would be named '%s' in results; give them other names",
                           s->use[i].name);
    }
}

static flow_err finish_uses(flow_loader *l)
{
    FLOW_TRY(order_uses(l));
    for (int32_t i = 0; i < l->options->n_forcing; i++) {
        FLOW_TRY(add_forcing(l, &l->options->forcing[i]));
    }
    for (int32_t i = 0; i < l->s->n_use; i++) {
        FLOW_TRY(name_use(l, &l->s->use[i]));
        FLOW_TRY(list_quantities(l->s, &l->s->use[i]));
    }
    check_names(l);
    return flow_load_accounts(l);
}

// What modules see and read ----------------------------------------------------------------------

static void fill_world(flow_scenario *s)
{
    s->world = (flow_world){.n_place = s->n_place,
                            .n_link = s->n_link,
                            .n_country = s->n_country,
                            .n_step = s->n_step,
                            .start = s->start,
                            .dt = s->dt,
                            .place_name = (const char *const *)s->place_name,
                            .place_region = (const char *const *)s->place_region,
                            .country_name = (const char *const *)s->country_name,
                            .place_kind = s->place_kind,
                            .place_country = s->country,
                            .latitude = s->latitude,
                            .longitude = s->longitude,
                            .population = s->population,
                            .capacity = s->capacity,
                            .link_from = s->link_from,
                            .link_to = s->link_to,
                            .first_link = s->first_link,
                            .length_km = s->length_km};
}

/// Read the tables of a module, then let it look at them; it is not asked when they have problems.
static flow_err load_use(flow_loader *l, flow_use *use)
{
    const flow_module *module = use->module;
    const int64_t before = l->problems.n_error;
    flow_rows *rows = flow_keep(l->s, module->n_table, sizeof *rows);
    flow_table **table = flow_calloc(module->n_table, sizeof(flow_table *));
    flow_err err = rows != NULL && table != NULL ? FLOW_OK : no_memory();
    for (int32_t i = 0; i < module->n_table && err == FLOW_OK; i++) {
        err = flow_load_rows(l, use, &module->table[i], &rows[i], &table[i]);
    }
    if (err == FLOW_OK && module->load != NULL && l->problems.n_error == before) {
        inside in = {l, use, table};
        flow_setup setup = {.world = &l->s->world,
                            .param = (const char *)use->block + FLOW_MODULE_PARAM,
                            .rows = rows,
                            .inside = &in};
        err = module->load(&setup);
        use->data = setup.data;
        use->n_state = setup.n_state;
        if (err == FLOW_OK && setup.n_state < 0) {
            err = flow_fail(FLOW_ERANGE, "module '%s' asks for %lld numbers of state", module->name,
                            (long long)setup.n_state);
        }
    }
    for (int32_t i = 0; table != NULL && i < module->n_table; i++) { flow_table_free(table[i]); }
    flow_dealloc(table);
    return err;
}

flow_err flow_load_modules(flow_loader *l)
{
    fill_world(l->s);
    FLOW_TRY(finish_uses(l));
    if (l->s->n_place == 0) { return FLOW_OK; } // told already
    for (int32_t i = 0; i < l->s->n_use; i++) { FLOW_TRY(load_use(l, &l->s->use[i])); }
    return l->problems.no_memory ? no_memory() : FLOW_OK;
}

// What modules may call --------------------------------------------------------------------------

void *flow_setup_keep(flow_setup *setup, int64_t n, size_t size)
{
    const inside *in = setup->inside;
    return flow_keep(in->l->s, n, size);
}

/// The text of a problem; NULL after a failed allocation, which is noted.
FLOW_PRINTF(2, 0) static char *problem_text(flow_loader *l, const char *format, va_list list)
{
    va_list again;
    va_copy(again, list);
    const int n = vsnprintf(NULL, 0, format, list);
    char *text = flow_calloc((int64_t)(n < 0 ? 0 : n) + 1, 1);
    if (text != NULL) { (void)vsnprintf(text, (size_t)(n < 0 ? 0 : n) + 1, format, again); }
    va_end(again);
    l->problems.no_memory |= text == NULL;
    return text;
}

void flow_setup_error(flow_setup *setup, int32_t table, int64_t row, int32_t column,
                      const char *format, ...)
{
    const inside *in = setup->inside;
    va_list list;
    va_start(list, format);
    char *text = problem_text(in->l, format, list);
    va_end(list);
    if (text == NULL) { return; }
    const flow_module_table *t = &in->use->module->table[table];
    const flow_table *file = in->table[table];
    flow_mark at = {.file = in->l->s->path};
    if (file != NULL) {
        const int32_t c = flow_table_find(file, t->column[column].key);
        at = row < 0 ? flow_table_head_mark(file, c < 0 ? 0 : c)
                     : flow_table_mark(file, row, c < 0 ? 0 : c);
    }
    flow_problem_error(&in->l->problems, at, "%s", text);
    flow_dealloc(text);
}

flow_mark flow_load_mark(const flow_loader *l, const flow_use *use, const char *key)
{
    char path[2 * FLOW_MODULE_NAME_MOST + 32];
    if (use->item >= 0) {
        (void)snprintf(path, sizeof path, "%s[%d].%s", use->module->name, (int)use->item, key);
    } else {
        (void)snprintf(path, sizeof path, "%s.%s", use->module->name, key);
    }
    const flow_node *node = flow_config_find(&l->config, path);
    if (node == NULL) { // the key is not given: where the module is
        path[strlen(path) - strlen(key) - 1] = '\0';
        node = flow_config_find(&l->config, path);
    }
    return node != NULL ? node->at : (flow_mark){.file = l->s->path};
}

void flow_setup_error_key(flow_setup *setup, const char *key, const char *format, ...)
{
    const inside *in = setup->inside;
    va_list list;
    va_start(list, format);
    char *text = problem_text(in->l, format, list);
    va_end(list);
    if (text == NULL) { return; }
    flow_problem_error(&in->l->problems, flow_load_mark(in->l, in->use, key), "%s.%s: %s",
                       in->use->key, key, text);
    flow_dealloc(text);
}

/// The text of a parameter; NULL: it has no such one.
static const char *text_of(const flow_setup *setup, const char *key)
{
    const inside *in = setup->inside;
    const flow_field *f = in->use->module->field;
    while (f->key != NULL && (f->type != FLOW_TEXT || strcmp(f->key, key) != 0)) { f++; }
    if (f->key == NULL) { return NULL; }
    char *name;
    memcpy(&name, (const char *)setup->param + f->offset, sizeof name);
    return name != NULL ? name : "";
}

int32_t flow_setup_place(flow_setup *setup, const char *key)
{
    const inside *in = setup->inside;
    const char *name = text_of(setup, key);
    if (name == NULL) { return -1; }
    return flow_load_need(in->l, name, key, flow_load_mark(in->l, in->use, key));
}

int32_t flow_setup_country(flow_setup *setup, const char *key)
{
    const inside *in = setup->inside;
    const flow_world *w = setup->world;
    const char *name = text_of(setup, key);
    if (name == NULL) { return -1; }
    for (int32_t c = 0; c < w->n_country; c++) {
        if (strcmp(w->country_name[c], name) == 0) { return c; }
    }
    char shown[64];
    const char *near = flow_nearest(name, w->country_name, w->n_country);
    flow_problem_error(&in->l->problems, flow_load_mark(in->l, in->use, key),
                       "%s.%s: '%s' is no country of the list of places%s%s%s", in->use->key, key,
                       flow_quote(name, shown), near != NULL ? "; did you mean '" : "",
                       near != NULL ? near : "", near != NULL ? "'?" : "");
    return -1;
}
