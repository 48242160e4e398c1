// The options of scenario.yaml: named changes, the one in force laid over the scenario.
#include "load.h"

#include <stdio.h>
#include <string.h>

static flow_err no_memory(void)
{
    return flow_fail(FLOW_ENOMEM, "no memory for options");
}

/// What follows "options[K]." in the path of a node; NULL: it lies elsewhere.
static const char *below(const flow_node *node, int32_t index)
{
    char path[32];
    const int n = snprintf(path, sizeof path, "options[%d].", (int)index);
    return strncmp(node->path, path, (size_t)n) == 0 ? node->path + n : NULL;
}

/// Name, title and description of an option.
static flow_err bind_option(flow_loader *l, int32_t index)
{
    flow_option *out = &l->s->option[index];
    const int64_t before = l->problems.n_error;
    for (int64_t i = 0; i < l->config.n; i++) {
        const flow_node *node = &l->config.node[i];
        const char *rest = below(node, index);
        if (rest == NULL || strpbrk(rest, ".[") != NULL) { continue; }
        char key[512];
        (void)snprintf(key, sizeof key, "%s.%s", flow_option_section.name, rest);
        if (flow_fields_find(&flow_option_section, 1, key, NULL) == NULL) {
            flow_fields_unknown(&flow_option_section, 1, key, node->key_at, &l->problems);
        } else if (strcmp(rest, "set") != 0) {
            FLOW_TRY(flow_fields_bind_node(&flow_option_section, 1, &l->config, node, key,
                                           &l->problems, out));
        } else if (node->kind != FLOW_NODE_MAP && node->kind != FLOW_NODE_NULL) {
            flow_problem_error(&l->problems, node->at, "%s: a table of keys was expected here",
                               node->path);
        }
    }
    if (out->name == NULL && l->problems.n_error == before) {
        flow_problem_error(&l->problems, out->at, "the option has no name");
    }
    return FLOW_OK;
}

/// Files that options name are kept with the scenario, whichever is in force.
static flow_err keep_files(flow_loader *l)
{
    static const char end[] = ".csv";
    for (int64_t i = 0; i < l->config.n; i++) {
        const flow_node *node = &l->config.node[i];
        const size_t n = strlen(node->text);
        if (strncmp(node->path, "options[", 8) != 0 || n < sizeof end) { continue; }
        if (strcmp(node->text + n - (sizeof end - 1), end) != 0) { continue; }
        FLOW_TRY(flow_load_idle(l, node->text));
    }
    return FLOW_OK;
}

static void check_name(flow_loader *l, int32_t index)
{
    const flow_option *list = l->s->option;
    const char *name = list[index].name;
    char shown[64];
    if (name == NULL) { return; }
    if (!flow_module_is_name(name)) {
        flow_problem_error(&l->problems, list[index].at,
                           "options.name: '%s' is no name: a letter, then letters, digits and '_', "
                           "at most %d",
                           flow_quote(name, shown), FLOW_MODULE_NAME_MOST);
    }
    for (int32_t i = 0; i < index; i++) {
        if (list[i].name == NULL || strcmp(list[i].name, name) != 0) { continue; }
        flow_problem_error(&l->problems, list[index].at, "option '%s' is listed twice",
                           flow_quote(name, shown));
        return;
    }
}

static flow_err read_options(flow_loader *l, const flow_node *list)
{
    flow_scenario *s = l->s;
    if (list->kind == FLOW_NODE_NULL) { return FLOW_OK; }
    if (list->kind != FLOW_NODE_LIST || list->n_item == 0) {
        flow_problem_error(&l->problems, list->at,
                           "options: a list of options was expected, each with name and set");
        return FLOW_OK;
    }
    s->option = flow_keep(s, list->n_item, sizeof *s->option);
    if (s->option == NULL) { return no_memory(); }
    for (int32_t i = 0; i < list->n_item; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "options[%d]", (int)i);
        const flow_node *node = flow_config_find(&l->config, path);
        s->option[i].at = node != NULL ? node->at : list->at;
        s->n_option = i + 1;
        if (node == NULL || node->kind != FLOW_NODE_MAP) {
            flow_problem_error(&l->problems, s->option[i].at,
                               "%s: a table with name and set was expected here", path);
            continue;
        }
        FLOW_TRY(bind_option(l, i));
        check_name(l, i);
    }
    return keep_files(l);
}

/// Index of a name that a key gives, -1 after a problem, or when the key gives none.
static int32_t find_option(flow_loader *l, const char *key, const char *name)
{
    const flow_scenario *s = l->s;
    if (name == NULL) { return -1; }
    for (int32_t i = 0; i < s->n_option; i++) {
        if (s->option[i].name != NULL && strcmp(s->option[i].name, name) == 0) { return i; }
    }
    const char *known;
    const flow_mark at = flow_load_key(l, key, &known);
    char shown[64];
    const char **names = flow_calloc(s->n_option, sizeof *names);
    int32_t n = 0;
    for (int32_t i = 0; names != NULL && i < s->n_option; i++) {
        if (s->option[i].name != NULL) { names[n++] = s->option[i].name; }
    }
    const char *near = names != NULL ? flow_nearest(name, names, n) : NULL;
    flow_problem_error(&l->problems, at, "%s: there is no option '%s'%s%s%s", key,
                       flow_quote(name, shown), near != NULL ? "; did you mean '" : "",
                       near != NULL ? near : "",
                       near != NULL       ? "'?"
                       : s->n_option == 0 ? ", the scenario has no options"
                                          : "");
    flow_dealloc(names);
    return -1;
}

// What an option sets ---------------------------------------------------------------------------

/// Where the values of an option go: into the scenario, or nowhere, only to be looked at.
typedef struct target {
    flow_loader *l;
    bool look; ///< nowhere
    flow_settings scratch;
} target;

static bool has_children(const flow_loader *l, const flow_node *node)
{
    const size_t n = strlen(node->path);
    for (int64_t i = 0; i < l->config.n; i++) {
        const char *path = l->config.node[i].path;
        if (strncmp(path, node->path, n) == 0 && path[n] == '.') { return true; }
    }
    return false;
}

/// Bind a node to a parameter of a module.
static flow_err set_parameter(target *t, const flow_node *node, const flow_load_aim *aim)
{
    flow_loader *l = t->l;
    char key[512];
    (void)snprintf(key, sizeof key, "%s.%s", aim->module->name, aim->rest);
    flow_section sections[FLOW_MODULE_N_SECTION];
    flow_module_sections(aim->module, sections);
    if (flow_fields_find(sections, FLOW_MODULE_N_SECTION, key, NULL) == NULL) {
        flow_fields_unknown(sections, FLOW_MODULE_N_SECTION, key, node->key_at, &l->problems);
        return FLOW_OK;
    }
    if (!t->look) {
        return flow_fields_bind_node(sections, FLOW_MODULE_N_SECTION, &l->config, node, key,
                                     &l->problems, aim->use->block);
    }
    void *block = flow_calloc(1, (size_t)flow_module_block_size(aim->module));
    if (block == NULL) { return no_memory(); }
    flow_err err = flow_fields_default(sections, FLOW_MODULE_N_SECTION, block);
    if (err == FLOW_OK) {
        err = flow_fields_bind_node(sections, FLOW_MODULE_N_SECTION, &l->config, node, key,
                                    &l->problems, block);
    }
    flow_fields_clear(sections, FLOW_MODULE_N_SECTION, block);
    flow_dealloc(block);
    return err;
}

/// Bind a node to the setting of a dotted key.
static flow_err set_setting(target *t, const flow_node *node, const char *key)
{
    flow_loader *l = t->l;
    static const char *const fixed[] = {"libflow", "option", "baseline"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (strcmp(key, fixed[i]) != 0) { continue; }
        flow_problem_error(&l->problems, node->key_at, "%s: no option can set '%s'", node->path,
                           key);
        return FLOW_OK;
    }
    if (flow_fields_find(l->section, flow_settings_n_section, key, NULL) == NULL) {
        flow_fields_unknown(l->section, l->n_section, key, node->key_at, &l->problems);
        return FLOW_OK;
    }
    return flow_fields_bind_node(l->section, flow_settings_n_section, &l->config, node, key,
                                 &l->problems, t->look ? &t->scratch : &l->s->set);
}

/// A table whose members are looked at one by one: of the settings, of a module, of one of a list.
static bool is_table(const flow_loader *l, const char *key, const flow_load_aim *aim)
{
    if (aim->module != NULL) { return *aim->rest == '\0'; }
    for (int32_t i = 0; i < l->n_section; i++) {
        if (strcmp(l->section[i].name, key) == 0) { return true; }
    }
    return false;
}

static flow_err set_node(target *t, const flow_node *node, const char *key)
{
    const bool table = node->kind == FLOW_NODE_MAP;
    if (table && has_children(t->l, node)) { return FLOW_OK; } // they say what is meant
    flow_load_aim aim;
    FLOW_TRY(flow_load_aim_at(t->l, key, node->key_at, !t->look, &aim));
    if (aim.lost) { return FLOW_OK; }
    if ((table || node->kind == FLOW_NODE_NULL) && is_table(t->l, key, &aim)) { return FLOW_OK; }
    if (aim.module != NULL && *aim.rest != '\0') { return set_parameter(t, node, &aim); }
    if (aim.module == NULL) { return set_setting(t, node, key); }
    flow_problem_error(&t->l->problems, node->at, "%s: a table of keys was expected here",
                       node->path);
    return FLOW_OK;
}

static flow_err set_all(target *t, int32_t index)
{
    const flow_config *config = &t->l->config;
    static const char set[] = "set.";
    for (int64_t i = 0; i < config->n; i++) {
        const char *rest = below(&config->node[i], index);
        if (rest == NULL || strncmp(rest, set, sizeof set - 1) != 0) { continue; }
        const char *key = rest + sizeof set - 1;
        if (strchr(key, '[') != NULL) { continue; } // bound with its list
        FLOW_TRY(set_node(t, &config->node[i], key));
    }
    return FLOW_OK;
}

/// Keys and values of an option that is not in force are right, too.
static flow_err try_option(flow_loader *l, int32_t index)
{
    target t = {.l = l, .look = true};
    flow_err err = flow_fields_default(flow_settings_sections, flow_settings_n_section, &t.scratch);
    if (err == FLOW_OK) { err = set_all(&t, index); }
    flow_fields_clear(flow_settings_sections, flow_settings_n_section, &t.scratch);
    return err;
}

/// The option in force may be named on the command line, too.
static flow_err choose(flow_loader *l)
{
    static const char key[] = "option=";
    for (int32_t i = 0; i < l->options->n_set; i++) {
        if (strncmp(l->options->set[i], key, sizeof key - 1) != 0) { continue; }
        FLOW_TRY(flow_fields_set(l->section, l->n_section, l->options->set[i], &l->problems,
                                 &l->s->set));
    }
    const int32_t index = find_option(l, "option", l->s->set.top.option);
    if (index >= 0) { l->s->in_force = &l->s->option[index]; }
    return FLOW_OK;
}

flow_err flow_load_scenario_options(flow_loader *l)
{
    flow_scenario *s = l->s;
    const flow_node *list = flow_config_find(&l->config, "options");
    if (list != NULL) { FLOW_TRY(read_options(l, list)); }
    FLOW_TRY(choose(l));
    for (int32_t i = 0; i < s->n_option; i++) {
        target t = {.l = l};
        FLOW_TRY(&s->option[i] == s->in_force ? set_all(&t, i) : try_option(l, i));
    }
    const int32_t index = find_option(l, "baseline", s->set.top.baseline);
    if (s->n_option > 0) { s->baseline = &s->option[index >= 0 ? index : 0]; }
    return FLOW_OK;
}

void flow_load_check_option(flow_loader *l)
{
    const char *name = l->s->set.top.option;
    if (!l->s->is_flee || name == NULL) { return; }
    char shown[64];
    flow_problem_error(&l->problems, (flow_mark){.file = "--set"},
                       "there is no option '%s': a FLEE folder has no options",
                       flow_quote(name, shown));
}

// Access -----------------------------------------------------------------------------------------

int32_t flow_scenario_n_option(const flow_scenario *s)
{
    return s->n_option;
}

flow_err flow_scenario_option(const flow_scenario *s, int32_t index, flow_option_info *out)
{
    *out = (flow_option_info){0};
    if (index < 0 || index >= s->n_option) {
        return flow_fail(FLOW_ERANGE, "option %d is outside [0, %d)", (int)index, (int)s->n_option);
    }
    const flow_option *o = &s->option[index];
    *out = (flow_option_info){.name = o->name,
                              .title = o->title != NULL ? o->title : o->name,
                              .description = o->description != NULL ? o->description : "",
                              .baseline = o == s->baseline,
                              .in_force = o == s->in_force};
    return FLOW_OK;
}
