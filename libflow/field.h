/// @file field.h
/// Layer 1: described fields. One row per parameter: key, type, unit, default, range, source,
/// sentence. Parsing, checks, `describe`, JSON Schema, HDF5 attributes and the manual are made from
/// these rows.
#ifndef FLOW_FIELD_H
#define FLOW_FIELD_H

#include "config.h"

/// A section of a configuration: name, its rows, and where its struct lies in the whole.
typedef struct flow_section {
    const char *name;        ///< "hop"; "" for keys at the top
    const char *help;        ///< one sentence
    const flow_field *field; ///< ends with FLOW_FIELD_END
    size_t offset;           ///< of the section's struct in the settings struct
    bool many;               ///< may be a list of several
} flow_section;

/// Fill every field of all sections with its default. `settings` must be zeroed before.
flow_err flow_fields_default(const flow_section *sections, int32_t n_section, void *settings);
/// Free texts and lists of the fields and set them to NULL.
void flow_fields_clear(const flow_section *sections, int32_t n_section, void *settings);
/// Bind a configuration. Unknown keys are errors that name the nearest key of the same table; wrong
/// types and values outside the range are errors with value, range and unit. Nodes get `used`.
/// @param skip comma-separated top-level names that belong to others, may be NULL.
flow_err flow_fields_bind(const flow_section *sections, int32_t n_section, flow_config *config,
                          const char *skip, flow_problems *problems, void *settings);
/// Bind one node (of any path) to the member of a dotted key; messages name the path of the node.
/// FLOW_EKEY when there is no such key.
flow_err flow_fields_bind_node(const flow_section *sections, int32_t n_section, flow_config *config,
                               const flow_node *node, const char *key, flow_problems *problems,
                               void *settings);
/// Add the error "unknown key" with the nearest name of the same section, or of any.
void flow_fields_unknown(const flow_section *sections, int32_t n_section, const char *key,
                         flow_mark at, flow_problems *problems);
/// Bind one override "hop.camp_weight=2.5" (lists as [1, 0.5]); marks say "--set".
flow_err flow_fields_set(const flow_section *sections, int32_t n_section, const char *assignment,
                         flow_problems *problems, void *settings);
/// The row of a dotted key; its section index through *section; NULL when unknown.
const flow_field *flow_fields_find(const flow_section *sections, int32_t n_section,
                                   const char *dotted, int32_t *section);
/// Value of a field as YAML text (owned by the caller), quoted where YAML 1.1 would misread it.
char *flow_field_text(const flow_field *field, const void *section_struct);
/// JSON Schema draft-07 of all sections as text, owned by the caller (layer 1 writes JSON by
/// hand-made escapes; no jansson needed in the core). Neighbours of one name are one section.
char *flow_fields_schema(const flow_section *sections, int32_t n_section, const char *title);

#endif
