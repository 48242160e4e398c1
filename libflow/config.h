/// @file config.h
/// Layer 1: YAML text to a flat list of (dotted path, text, mark). The only file that knows
/// libyaml.
#ifndef FLOW_CONFIG_H
#define FLOW_CONFIG_H

#include "base.h"

typedef enum flow_node_kind {
    FLOW_NODE_SCALAR, ///< text
    FLOW_NODE_NULL,   ///< empty, `~` or plain `null`
    FLOW_NODE_LIST,   ///< children are scalars in [first_item, first_item + n_item)
    FLOW_NODE_MAP,    ///< an (often empty) mapping; its members are nodes of their own
} flow_node_kind;

typedef struct flow_node {
    const char *path; ///< "hop.camp_weight"; unique; items of lists: "hop.decay[2]"
    const char *text; ///< scalar text, "" else
    flow_node_kind kind;
    bool quoted;        ///< the scalar was quoted: it is text, never a number or boolean
    int64_t first_item; ///< lists
    int64_t n_item;
    flow_mark at;     ///< of the value
    flow_mark key_at; ///< of the key
    bool used;        ///< set by the binder
} flow_node;

typedef struct flow_config {
    flow_node *node;
    int64_t n;
    char *file;   ///< owned; marks point here
    void *memory; ///< arena, private
} flow_config;

/// Parse YAML. Syntax errors, duplicate keys, non-scalar keys, aliases, several documents, depth
/// over 64, files over 4 MiB, lists of non-scalars other than maps become problems, each with its
/// place. Lists of maps (sections such as options) get paths "options[0].name". Keys that hold '.',
/// '[' or '=' are refused; dots are taken in a table named `set`, where "a.b: 1" means the same as
/// "a: {b: 1}". An empty document is a config with no node.
/// @return FLOW_OK even with problems; FLOW_ENOMEM.
flow_err flow_config_parse(const char *file, const char *text, int64_t size,
                           flow_problems *problems, flow_config *out);
void flow_config_clear(flow_config *config);
/// The node of a path, NULL when absent.
flow_node *flow_config_find(const flow_config *config, const char *path);

#endif
