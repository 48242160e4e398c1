#include "field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// A value as it stands in the file or on the command line, before it is bound.
typedef struct source {
    const char *text;
    bool quoted;
    bool is_list;
    const char **item; ///< texts of a list
    const bool *item_quoted;
    const flow_mark *item_at;
    int64_t n_item;
    flow_mark at;
} source;

static void *member(const flow_section *section, const flow_field *field, void *settings)
{
    return (char *)settings + section->offset + field->offset;
}

static int64_t count_fields(const flow_section *section)
{
    int64_t n = 0;
    while (section->field[n].key != NULL) { n++; }
    return n;
}

/// "hop.camp_weight", or "title" for the section without a name.
static void dotted(const flow_section *section, const flow_field *field, char out[static 128])
{
    (void)snprintf(out, 128, "%s%s%s", section->name, *section->name ? "." : "", field->key);
}

// ---- values
// --------------------------------------------------------------------------------------

/// Index of `text` in "a|b|c", -1 when it is not there.
static int32_t choice_index(const char *choices, const char *text)
{
    const size_t n = strlen(text);
    int32_t index = 0;
    for (const char *at = choices; *at != '\0'; index++) {
        const size_t width = strcspn(at, "|");
        if (width == n && memcmp(at, text, n) == 0) { return index; }
        at += width;
        if (*at == '|') { at++; }
    }
    return -1;
}

static bool parse_bool(const char *text, bool *out)
{
    static const char *const yes[] = {"true", "True", "TRUE"};
    static const char *const no[] = {"false", "False", "FALSE"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, yes[i]) == 0) {
            *out = true;
            return true;
        }
        if (strcmp(text, no[i]) == 0) {
            *out = false;
            return true;
        }
    }
    return false;
}

/// "at least 0 km", "from 0 to 1", "" when everything is allowed.
static void range_text(const flow_field *field, char *out, size_t size)
{
    const bool bare = *field->unit == '\0' || strcmp(field->unit, "1") == 0;
    const char *gap = bare ? "" : " ";
    const char *unit = bare ? "" : field->unit;
    const bool low = field->min > -1e300;
    const bool high = field->max < 1e300;
    if (low && high) {
        (void)snprintf(out, size, "from %.15g to %.15g%s%s", field->min, field->max, gap, unit);
    } else if (low) {
        (void)snprintf(out, size, "at least %.15g%s%s", field->min, gap, unit);
    } else if (high) {
        (void)snprintf(out, size, "at most %.15g%s%s", field->max, gap, unit);
    } else {
        (void)snprintf(out, size, "any%s%s", gap, unit);
    }
}

/// One number of a field, checked; false after adding a problem.
static bool bind_number(const flow_field *field, const char *key, const char *text, bool quoted,
                        flow_mark at, flow_problems *problems, double *out)
{
    char shown[64];
    char range[160];
    range_text(field, range, sizeof range);
    const bool whole = field->type == FLOW_INT;
    const char *what = whole ? "a whole number" : "a number";
    if (quoted) {
        flow_problem_error(problems, at, "%s: '%s' is a text in quotes, %s was expected (%s)", key,
                           flow_quote(text, shown), what, range);
        return false;
    }
    int64_t integer = 0;
    if (whole) {
        double real = 0.0;
        if (!flow_integer_parse(text, &integer) && flow_number_parse(text, &real) &&
            fabs(real) < 1e15 && real == floor(real)) {
            integer = (int64_t)real; // 10.0
        } else if (!flow_integer_parse(text, &integer)) {
            flow_problem_error(problems, at, "%s: '%s' is not a whole number, expected %s", key,
                               flow_quote(text, shown), range);
            return false;
        }
        *out = (double)integer;
    } else if (!flow_number_parse(text, out)) {
        flow_problem_error(problems, at, "%s: '%s' is not a number, expected %s", key,
                           flow_quote(text, shown), range);
        return false;
    }
    if (*out < field->min || *out > field->max) {
        flow_problem_error(problems, at, "%s: %s is outside its range, expected %s", key,
                           flow_quote(text, shown), range);
        return false;
    }
    return true;
}

static void bind_list(const flow_field *field, const char *key, const source *from,
                      flow_problems *problems, flow_list *out)
{
    if (!from->is_list) {
        char shown[64];
        flow_problem_error(problems, from->at, "%s: '%s' is not a list of numbers such as [1, 0.5]",
                           key, flow_quote(from->text, shown));
        return;
    }
    double *value = flow_calloc(from->n_item, sizeof *value);
    if (value == NULL) {
        problems->no_memory = true;
        return;
    }
    bool good = true;
    for (int64_t i = 0; i < from->n_item; i++) {
        good &= bind_number(field, key, from->item[i], from->item_quoted[i], from->item_at[i],
                            problems, &value[i]);
    }
    if (from->n_item > INT32_MAX) {
        flow_problem_error(problems, from->at, "%s: the list is too long", key);
        good = false;
    }
    if (!good) {
        flow_dealloc(value);
        return;
    }
    flow_dealloc(out->value);
    out->value = value;
    out->n = (int32_t)from->n_item;
}

static void bind_text(const source *from, flow_problems *problems, char **out)
{
    char *copy = *from->text == '\0' ? NULL : flow_strdup(from->text);
    if (copy == NULL && *from->text != '\0') {
        problems->no_memory = true;
        return;
    }
    flow_dealloc(*out);
    *out = copy;
}

static void bind_choice(const flow_field *field, const char *key, const source *from,
                        flow_problems *problems, int32_t *out)
{
    const int32_t index = choice_index(field->choices, from->text);
    if (index >= 0) {
        *out = index;
        return;
    }
    char shown[64];
    char list[256] = "";
    const char *name[16];
    char copy[256];
    int64_t n = 0;
    (void)snprintf(copy, sizeof copy, "%s", field->choices);
    for (char *at = copy; *at != '\0' && n < 16;) {
        name[n++] = at;
        at += strcspn(at, "|");
        if (*at == '|') { *at++ = '\0'; }
    }
    for (int64_t i = 0; i < n; i++) {
        const size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", name[i]);
    }
    const char *near = flow_nearest(from->text, name, n);
    flow_problem_error(problems, from->at, "%s: '%s' is none of %s%s%s%s", key,
                       flow_quote(from->text, shown), list, near ? "; did you mean '" : "",
                       near ? near : "", near ? "'?" : "");
}

/// Bind one value to its member.
static void bind_value(const flow_field *field, const char *key, const source *from,
                       flow_problems *problems, void *out)
{
    char shown[64];
    double number = 0.0;
    if (from->is_list && field->type != FLOW_LIST) {
        flow_problem_error(problems, from->at, "%s: a list was found, one value was expected", key);
        return;
    }
    switch (field->type) {
    case FLOW_BOOL:
        if (from->quoted || !parse_bool(from->text, out)) {
            flow_problem_error(problems, from->at, "%s: '%s' is not true or false", key,
                               flow_quote(from->text, shown));
        }
        break;
    case FLOW_INT:
        if (bind_number(field, key, from->text, from->quoted, from->at, problems, &number)) {
            *(int64_t *)out = (int64_t)number;
        }
        break;
    case FLOW_DOUBLE:
        if (bind_number(field, key, from->text, from->quoted, from->at, problems, &number)) {
            *(double *)out = number;
        }
        break;
    case FLOW_CHOICE: bind_choice(field, key, from, problems, out); break;
    case FLOW_TEXT: bind_text(from, problems, out); break;
    case FLOW_DATE:
        if (!flow_date_parse(from->text, out)) {
            flow_problem_error(problems, from->at, "%s: '%s' is not a date YYYY-MM-DD", key,
                               flow_quote(from->text, shown));
        }
        break;
    case FLOW_LIST: bind_list(field, key, from, problems, out); break;
    case FLOW_PLACE:
    case FLOW_COUNTRY:     // columns of tables only, flow_module_check() sees to it
    case FLOW_KEYS: break; // of options, which know how to read it
    }
}

/// Bind "[1, 0.5]" or a plain text that stands on the command line or in a default.
static void bind_plain(const flow_field *field, const char *key, const char *text, flow_mark at,
                       flow_problems *problems, void *out)
{
    source from = {.text = text, .at = at};
    const size_t n = strlen(text);
    if (field->type != FLOW_LIST || n < 2 || text[0] != '[' || text[n - 1] != ']') {
        bind_value(field, key, &from, problems, out);
        return;
    }
    char *copy = flow_strndup(text + 1, n - 2);
    const char **item = flow_calloc((int64_t)n, sizeof *item);
    bool *quoted = flow_calloc((int64_t)n, sizeof *quoted);
    flow_mark *marks = flow_calloc((int64_t)n, sizeof *marks);
    if (copy == NULL || item == NULL || quoted == NULL || marks == NULL) {
        problems->no_memory = true;
    } else {
        from.is_list = true;
        if (copy[strspn(copy, " ")] != '\0') {
            for (char *next = copy; next != NULL;) {
                item[from.n_item] = next;
                marks[from.n_item] = at;
                from.n_item++;
                next = strchr(next, ',');
                if (next != NULL) { *next++ = '\0'; }
            }
        }
        from.item = item;
        from.item_quoted = quoted;
        from.item_at = marks;
        bind_value(field, key, &from, problems, out);
    }
    flow_dealloc(copy);
    flow_dealloc(item);
    flow_dealloc(quoted);
    flow_dealloc(marks);
}

// ---- the sections
// --------------------------------------------------------------------------------

flow_err flow_fields_default(const flow_section *sections, int32_t n_section, void *settings)
{
    flow_problems problems = {0};
    const flow_mark at = {.file = "defaults"};
    for (int32_t s = 0; s < n_section; s++) {
        for (const flow_field *f = sections[s].field; f->key != NULL; f++) {
            if (f->type == FLOW_DATE && *f->fallback == '\0') { continue; } // no date yet: 0
            bind_plain(f, f->key, f->fallback, at, &problems, member(&sections[s], f, settings));
        }
    }
    const flow_err err = flow_problems_result(&problems);
    flow_problems_clear(&problems);
    return err;
}

void flow_fields_clear(const flow_section *sections, int32_t n_section, void *settings)
{
    for (int32_t s = 0; s < n_section; s++) {
        for (const flow_field *f = sections[s].field; f->key != NULL; f++) {
            void *at = member(&sections[s], f, settings);
            if (f->type == FLOW_TEXT) {
                flow_dealloc(*(char **)at);
                *(char **)at = NULL;
            } else if (f->type == FLOW_LIST) {
                flow_list *list = at;
                flow_dealloc(list->value);
                *list = (flow_list){0};
            }
        }
    }
}

const flow_field *flow_fields_find(const flow_section *sections, int32_t n_section, const char *key,
                                   int32_t *section)
{
    for (int32_t s = 0; s < n_section; s++) {
        const size_t n = strlen(sections[s].name);
        const char *rest = key;
        if (n > 0) {
            if (strncmp(key, sections[s].name, n) != 0 || key[n] != '.') { continue; }
            rest = key + n + 1;
        }
        for (const flow_field *f = sections[s].field; f->key != NULL; f++) {
            if (strcmp(f->key, rest) == 0) {
                if (section != NULL) { *section = s; }
                return f;
            }
        }
    }
    return NULL;
}

/// All dotted keys whose first part is `table` ("" for the top: its keys and the section names;
/// NULL: all dotted keys there are). Texts are borrowed or lie in `memory`.
static const char **candidates(const flow_section *sections, int32_t n_section, const char *table,
                               int64_t *n, char **memory)
{
    int64_t most = 0;
    for (int32_t s = 0; s < n_section; s++) { most += count_fields(&sections[s]) + 1; }
    const char **name = flow_calloc(most, sizeof *name);
    char *text = flow_calloc(most, 128);
    *n = 0;
    *memory = text;
    if (name == NULL || text == NULL) { return name; }
    for (int32_t s = 0; s < n_section; s++) {
        if (table != NULL && *table == '\0' && *sections[s].name != '\0') {
            name[(*n)++] = sections[s].name;
        }
        if (table != NULL && strcmp(table, sections[s].name) != 0) { continue; }
        for (const flow_field *f = sections[s].field; f->key != NULL; f++) {
            if (table != NULL) {
                name[(*n)++] = f->key;
            } else {
                char *slot = text + *n * 128;
                dotted(&sections[s], f, slot);
                name[(*n)++] = slot;
            }
        }
    }
    return name;
}

void flow_fields_unknown(const flow_section *sections, int32_t n_section, const char *key,
                         flow_mark at, flow_problems *problems)
{
    char shown[64];
    char table[64] = "";
    const char *dot = strchr(key, '.');
    bool known_table = dot == NULL;
    if (dot != NULL && (size_t)(dot - key) < sizeof table) {
        memcpy(table, key, (size_t)(dot - key));
        for (int32_t s = 0; s < n_section; s++) {
            known_table |= strcmp(table, sections[s].name) == 0;
        }
    }
    int64_t n = 0;
    char *memory = NULL;
    const char **name = candidates(sections, n_section, known_table ? table : NULL, &n, &memory);
    const char *rest = known_table && dot != NULL ? dot + 1 : key;
    const char *near = name != NULL && memory != NULL ? flow_nearest(rest, name, n) : NULL;
    const char *front = near != NULL && known_table && dot != NULL ? table : "";
    flow_problem_error(problems, at, "unknown key '%s'%s%s%s%s%s", flow_quote(key, shown),
                       near ? "; did you mean '" : "", front, *front ? "." : "", near ? near : "",
                       near ? "'?" : "");
    if (near == NULL && name != NULL && n > 0 && n <= 12) { // a short table: say what it holds
        char list[512] = "";
        for (int64_t i = 0; i < n; i++) {
            const size_t used = strlen(list);
            (void)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", name[i]);
        }
        flow_problem *last = problems->n > 0 ? &problems->row[problems->n - 1] : NULL;
        char *longer = NULL;
        if (last != NULL && problems->n_hidden == 0) {
            const size_t size = strlen(last->text) + strlen(list) + 32;
            longer = flow_calloc((int64_t)size, 1);
            if (longer != NULL) {
                (void)snprintf(longer, size, "%s; known here: %s", last->text, list);
            }
        }
        if (longer != NULL) {
            flow_dealloc((char *)(uintptr_t)last->text);
            last->text = longer;
        }
    }
    flow_dealloc(name);
    flow_dealloc(memory);
}

/// True when the first part of `path` is among the comma-separated `skip` names.
static bool is_skipped(const char *path, const char *skip)
{
    if (skip == NULL) { return false; }
    const size_t n = strcspn(path, ".[");
    for (const char *at = skip; *at != '\0';) {
        const size_t width = strcspn(at, ",");
        if (width == n && memcmp(at, path, n) == 0) { return true; }
        at += width;
        if (*at == ',') { at++; }
    }
    return false;
}

static bool is_section(const flow_section *sections, int32_t n_section, const char *path)
{
    for (int32_t s = 0; s < n_section; s++) {
        if (*path != '\0' && strcmp(sections[s].name, path) == 0) { return true; }
    }
    return false;
}

static void bind_node(const flow_field *field, flow_config *config, const flow_node *node,
                      flow_problems *problems, void *out)
{
    source from = {.text = node->text, .quoted = node->quoted, .at = node->at};
    if (node->kind == FLOW_NODE_MAP) {
        flow_problem_error(problems, node->at, "%s: a table was found, %s was expected", node->path,
                           field->type == FLOW_LIST ? "a list" : "one value");
        return;
    }
    if (node->kind == FLOW_NODE_NULL) {
        if (field->type == FLOW_TEXT) { bind_value(field, node->path, &from, problems, out); }
        return; // "key:" without a value keeps the default
    }
    if (node->kind != FLOW_NODE_LIST) {
        bind_value(field, node->path, &from, problems, out);
        return;
    }
    const char **item = flow_calloc(node->n_item, sizeof *item);
    bool *quoted = flow_calloc(node->n_item, sizeof *quoted);
    flow_mark *marks = flow_calloc(node->n_item, sizeof *marks);
    if (item == NULL || quoted == NULL || marks == NULL) {
        problems->no_memory = true;
    } else {
        for (int64_t i = 0; i < node->n_item; i++) {
            flow_node *one = &config->node[node->first_item + i];
            item[i] = one->text;
            quoted[i] = one->quoted;
            marks[i] = one->at;
            one->used = true;
        }
        from.is_list = true;
        from.item = item;
        from.item_quoted = quoted;
        from.item_at = marks;
        from.n_item = node->n_item;
        bind_value(field, node->path, &from, problems, out);
    }
    flow_dealloc(item);
    flow_dealloc(quoted);
    flow_dealloc(marks);
}

flow_err flow_fields_bind(const flow_section *sections, int32_t n_section, flow_config *config,
                          const char *skip, flow_problems *problems, void *settings)
{
    for (int64_t i = 0; i < config->n; i++) {
        flow_node *node = &config->node[i];
        if (node->used || is_skipped(node->path, skip)) { continue; }
        const size_t width = strcspn(node->path, "[");
        if (node->path[width] == '[') { continue; } // items are bound with their list
        node->used = true;
        if (is_section(sections, n_section, node->path)) {
            if (node->kind != FLOW_NODE_MAP && node->kind != FLOW_NODE_NULL) {
                flow_problem_error(problems, node->at, "%s: a table of keys was expected here",
                                   node->path);
            }
            continue;
        }
        int32_t s = 0;
        const flow_field *field = flow_fields_find(sections, n_section, node->path, &s);
        if (field != NULL) {
            bind_node(field, config, node, problems, member(&sections[s], field, settings));
            continue;
        }
        flow_fields_unknown(sections, n_section, node->path, node->key_at, problems);
        const size_t n = strlen(node->path);
        for (int64_t k = i + 1; k < config->n; k++) { // what lies below is not reported again
            const char *path = config->node[k].path;
            if (strncmp(path, node->path, n) == 0 && (path[n] == '.' || path[n] == '[')) {
                config->node[k].used = true;
            }
        }
    }
    return problems->no_memory ? flow_fail(FLOW_ENOMEM, "no memory for the settings") : FLOW_OK;
}

flow_err flow_fields_bind_node(const flow_section *sections, int32_t n_section, flow_config *config,
                               const flow_node *node, const char *key, flow_problems *problems,
                               void *settings)
{
    int32_t s = 0;
    const flow_field *field = flow_fields_find(sections, n_section, key, &s);
    if (field == NULL) { return flow_fail(FLOW_EKEY, "there is no key '%s'", key); }
    bind_node(field, config, node, problems, member(&sections[s], field, settings));
    return problems->no_memory ? flow_fail(FLOW_ENOMEM, "no memory for the settings") : FLOW_OK;
}

flow_err flow_fields_set(const flow_section *sections, int32_t n_section, const char *assignment,
                         flow_problems *problems, void *settings)
{
    const flow_mark at = {.file = "--set"};
    char shown[64];
    const char *equal = strchr(assignment, '=');
    if (equal == NULL || equal == assignment) {
        flow_problem_error(problems, at, "'%s': key=value was expected, such as hop.camp_weight=2",
                           flow_quote(assignment, shown));
        return FLOW_OK;
    }
    char *key = flow_strndup(assignment, (size_t)(equal - assignment));
    if (key == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the settings"); }
    int32_t s = 0;
    const flow_field *field = flow_fields_find(sections, n_section, key, &s);
    if (field == NULL) {
        flow_fields_unknown(sections, n_section, key, at, problems);
    } else {
        bind_plain(field, key, equal + 1, at, problems, member(&sections[s], field, settings));
    }
    flow_dealloc(key);
    return problems->no_memory ? flow_fail(FLOW_ENOMEM, "no memory for the settings") : FLOW_OK;
}
