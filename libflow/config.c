#define _POSIX_C_SOURCE 200809L
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { most_depth = 64, most_nodes = 5000 };
static const int64_t most_bytes = (int64_t)4 << 20;

/// Texts live in blocks that never move.
typedef struct block {
    struct block *next;
    size_t used, size;
} block;

typedef struct frame {
    bool map;
    bool wants_key;
    const char *path; ///< of the mapping or list
    const char *key;  ///< path of the value to come
    flow_mark key_at;
    int64_t node; ///< of a list
    int64_t n_item;
} frame;

typedef struct binder {
    flow_config *config;
    flow_problems *problems;
    int64_t size; ///< room for nodes
    frame stack[most_depth];
    int depth;
    bool failed, no_memory;
} binder;

static char *arena(binder *b, size_t n)
{
    block *top = b->config->memory;
    if (top == NULL || top->size - top->used < n) {
        const size_t size = n > 16384 ? n : 16384;
        block *fresh = flow_calloc((int64_t)(sizeof *fresh + size), 1);
        if (fresh == NULL) {
            b->no_memory = true;
            return NULL;
        }
        fresh->size = size;
        fresh->next = top;
        b->config->memory = top = fresh;
    }
    char *memory = (char *)(top + 1) + top->used;
    top->used += n;
    return memory;
}

static const char *keep(binder *b, const char *text, size_t n)
{
    char *copy = arena(b, n + 1);
    if (copy == NULL) { return ""; }
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

static const char *join(binder *b, const char *path, const char *key)
{
    const size_t size = strlen(path) + strlen(key) + 2;
    char *copy = arena(b, size);
    if (copy == NULL) { return ""; }
    (void)snprintf(copy, size, "%s%s%s", path, *path != '\0' ? "." : "", key);
    return copy;
}

static const char *item_path(binder *b, const char *path, int64_t item)
{
    const size_t size = strlen(path) + 24;
    char *copy = arena(b, size);
    if (copy == NULL) { return ""; }
    (void)snprintf(copy, size, "%s[%lld]", path, (long long)item);
    return copy;
}

static flow_mark at(const binder *b, yaml_mark_t m)
{
    return (flow_mark){b->config->file, (int32_t)m.line + 1, (int32_t)m.column + 1};
}

static void complain(binder *b, flow_mark where, const char *text)
{
    flow_problem_error(b->problems, where, "%s", text);
    b->failed = true;
}

static int64_t add_node(binder *b, flow_node node)
{
    flow_config *c = b->config;
    if (c->n == most_nodes) { complain(b, node.at, "more than 5000 values in one file"); }
    if (c->n == b->size) {
        const int64_t size = b->size > 0 ? 2 * b->size : 64;
        flow_node *grown = flow_realloc(c->node, size, sizeof *grown);
        if (grown == NULL) {
            b->no_memory = true;
            return 0;
        }
        c->node = grown;
        b->size = size;
    }
    c->node[c->n] = node;
    return c->n++;
}

/// Path and key mark of the value that comes now.
static const char *next_path(binder *b, flow_mark here, flow_mark *key_at)
{
    if (b->depth == 0) {
        *key_at = here;
        return "";
    }
    frame *top = &b->stack[b->depth - 1];
    if (top->map) {
        *key_at = top->key_at;
        top->wants_key = true;
        return top->key;
    }
    *key_at = here;
    return item_path(b, top->path, top->n_item++);
}

static void open_frame(binder *b, const yaml_event_t *event, bool map)
{
    const flow_mark here = at(b, event->start_mark);
    if (b->depth > 0 && b->stack[b->depth - 1].map && b->stack[b->depth - 1].wants_key) {
        complain(b, here, "a key must be a plain word");
        return;
    }
    if (b->depth == most_depth) {
        complain(b, here, "nested deeper than 64 levels");
        return;
    }
    flow_mark key_at;
    const char *path = next_path(b, here, &key_at);
    frame fresh = {.map = map, .wants_key = map, .path = path, .node = -1};
    if (b->depth > 0) {
        fresh.node = add_node(b, (flow_node){.path = path,
                                             .text = "",
                                             .kind = map ? FLOW_NODE_MAP : FLOW_NODE_LIST,
                                             .at = here,
                                             .key_at = key_at});
    } else if (!map) {
        complain(b, here, "the file must be a mapping of keys to values");
        return;
    }
    b->stack[b->depth++] = fresh;
}

static bool plain_null(const char *text)
{
    return *text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

/// A table named `set` holds keys of another one, which may be dotted.
static bool takes_dots(const char *path)
{
    const char *last = strrchr(path, '.');
    return strcmp(last != NULL ? last + 1 : path, "set") == 0;
}

/// Words with single dots between them.
static bool is_dotted(const char *text)
{
    const size_t n = strlen(text);
    return *text != '.' && n > 0 && text[n - 1] != '.' && strstr(text, "..") == NULL;
}

static void take_key(binder *b, const yaml_event_t *event)
{
    frame *top = &b->stack[b->depth - 1];
    const flow_mark here = at(b, event->start_mark);
    const char *text = (const char *)event->data.scalar.value;
    const bool dots = takes_dots(top->path) && is_dotted(text);
    if (*text == '\0' || strpbrk(text, dots ? "[=" : ".[=") != NULL ||
        strlen(text) != event->data.scalar.length) {
        complain(b, here, "a key must be a word without '.', '[' and '='");
        return;
    }
    const char *path = join(b, top->path, keep(b, text, event->data.scalar.length));
    if (flow_config_find(b->config, path) != NULL) {
        char q[64];
        flow_problem_error(b->problems, here, "key '%s' appears twice", flow_quote(path, q));
    }
    top->key = path;
    top->key_at = here;
    top->wants_key = false;
}

static void take_scalar(binder *b, const yaml_event_t *event)
{
    if (b->depth > 0 && b->stack[b->depth - 1].map && b->stack[b->depth - 1].wants_key) {
        take_key(b, event);
        return;
    }
    const flow_mark here = at(b, event->start_mark);
    const char *text = (const char *)event->data.scalar.value;
    const bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (strlen(text) != event->data.scalar.length) {
        complain(b, here, "a zero byte inside a value");
        return;
    }
    if (b->depth == 0) {
        if (!quoted && plain_null(text)) { return; }
        complain(b, here, "the file must be a mapping of keys to values");
        return;
    }
    flow_mark key_at;
    const char *path = next_path(b, here, &key_at);
    (void)add_node(
        b, (flow_node){.path = path,
                       .text = keep(b, text, event->data.scalar.length),
                       .kind = !quoted && plain_null(text) ? FLOW_NODE_NULL : FLOW_NODE_SCALAR,
                       .quoted = quoted,
                       .at = here,
                       .key_at = key_at});
}

static void close_frame(binder *b)
{
    const frame *top = &b->stack[--b->depth];
    if (!top->map && top->node >= 0) {
        flow_node *list = &b->config->node[top->node];
        list->first_item = top->node + 1;
        list->n_item = top->n_item;
    }
}

static void take(binder *b, const yaml_event_t *event, int *documents)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++*documents > 1) {
            complain(b, at(b, event->start_mark), "a second document begins here; one is expected");
        }
        break;
    case YAML_ALIAS_EVENT:
        complain(b, at(b, event->start_mark), "aliases (*name) are not accepted; write the value");
        break;
    case YAML_MAPPING_START_EVENT: open_frame(b, event, true); break;
    case YAML_SEQUENCE_START_EVENT: open_frame(b, event, false); break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT: close_frame(b); break;
    case YAML_SCALAR_EVENT: take_scalar(b, event); break;
    default: break;
    }
}

/// Where a byte stands: libyaml knows no line for what it cannot decode.
static flow_mark at_byte(const binder *b, const char *text, size_t offset)
{
    flow_mark here = {b->config->file, 1, 1};
    for (size_t i = 0; i < offset; i++) { // libyaml never reads past the end, so neither do we
        here.column = text[i] == '\n' ? 1 : here.column + 1;
        here.line += text[i] == '\n';
    }
    return here;
}

static void complain_syntax(binder *b, const yaml_parser_t *parser, const char *text)
{
    char q[64];
    char began[64] = "";
    const char *problem = parser->problem != NULL ? parser->problem : "unreadable";
    const bool undecoded = parser->error == YAML_READER_ERROR;
    const flow_mark where =
        undecoded ? at_byte(b, text, parser->problem_offset) : at(b, parser->problem_mark);
    if (!undecoded && parser->context != NULL &&
        parser->context_mark.line != parser->problem_mark.line) {
        (void)snprintf(began, sizeof began, ", in what began in line %d",
                       (int)parser->context_mark.line + 1);
    }
    flow_problem_error(b->problems, where, "no valid YAML: %s%s", flow_quote(problem, q), began);
}

static void parse(binder *b, const char *text, int64_t size)
{
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        b->no_memory = true;
        return;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, (size_t)size);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    bool done = false;
    int documents = 0;
    while (!done && !b->failed && !b->no_memory) {
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event) == 0) {
            if (parser.error == YAML_MEMORY_ERROR) { b->no_memory = true; }
            complain_syntax(b, &parser, text);
            break;
        }
        done = event.type == YAML_STREAM_END_EVENT;
        take(b, &event, &documents);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

flow_err flow_config_parse(const char *file, const char *text, int64_t size,
                           flow_problems *problems, flow_config *out)
{
    *out = (flow_config){0};
    out->file = flow_strdup(file);
    if (out->file == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %s", file); }
    binder b = {.config = out, .problems = problems};
    if (size > most_bytes) {
        flow_problem_error(problems, (flow_mark){file, 0, 0},
                           "%lld bytes, at most %lld are accepted", (long long)size,
                           (long long)most_bytes);
        return FLOW_OK;
    }
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size -= 3;
    }
    parse(&b, text, size);
    if (b.no_memory) {
        flow_config_clear(out);
        return flow_fail(FLOW_ENOMEM, "no memory for %s", file);
    }
    return FLOW_OK;
}

void flow_config_clear(flow_config *config)
{
    for (block *b = config->memory; b != NULL;) {
        block *next = b->next;
        flow_dealloc(b);
        b = next;
    }
    flow_dealloc(config->node);
    flow_dealloc(config->file);
    *config = (flow_config){0};
}

flow_node *flow_config_find(const flow_config *config, const char *path)
{
    for (int64_t i = 0; i < config->n; i++) {
        if (strcmp(config->node[i].path, path) == 0) { return &config->node[i]; }
    }
    return NULL;
}
