/// @file describe.h
/// The command `libflow describe`: what its files share.
#ifndef APP_DESCRIBE_H
#define APP_DESCRIBE_H

#include "app.h"
#include "registry.h"

/// Sections of the settings and of the modules; neighbours of one name are one section.
typedef struct app_sections {
    flow_section *section;
    int32_t n;
    const flow_field **source; ///< [n_source] the first field of each source and tag
    int32_t n_source;
} app_sections;

/// "number", "one of", "name of a place".
const char *app_type_text(const flow_field *field);
bool app_has_range(const flow_field *field);
/// "number in [0, 1]".
void app_range_text(const flow_field *field, char *out, size_t size);

/// The module of a name, NULL when there is none.
const flow_module *app_module(const char *name);
/// What a module writes, reads, and its tables with their columns.
void app_print_module(const flow_module *module);
json_t *app_json_module(const flow_module *module);
/// The list of modules.
app_exit app_describe_modules(const app_arguments *arguments);
/// One quantity; -1: all.
app_exit app_describe_quantities(const app_arguments *arguments, int32_t id);

#endif
