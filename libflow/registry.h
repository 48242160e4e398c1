/// @file registry.h
/// Layer 2: the modules there are, and what follows from their rows.
#ifndef FLOW_REGISTRY_H
#define FLOW_REGISTRY_H

#include "field.h"
#include "quantities.h"

/// The modules of the library, in the order of modules.def.
extern const flow_module *const flow_modules[];
extern const int32_t flow_n_module;
/// "driver", "response", "process".
extern const char *const flow_module_kind_name[FLOW_N_MODULE_KIND];

/// Parameters that every module has. They stand before the module's own in one block.
typedef struct flow_module_common {
    bool on;
    char *name; ///< of modules that may be given several times
} flow_module_common;

/// Name of the column that flow_model_assign() fills.
#define FLOW_OUTSIDE "outside"

/// Where the module's own parameters begin in the block.
enum { FLOW_MODULE_PARAM = (sizeof(flow_module_common) + 63) / 64 * 64 };

enum {
    FLOW_MODULE_MOST_QUANTITIES = 64,
    FLOW_MODULE_MOST_COLUMNS = 40, ///< of one table
    FLOW_MODULE_NAME_MOST = 40,    ///< bytes
    FLOW_MODULE_N_SECTION = 2
};

/// The section of a module: its common rows and its own, over one block.
void flow_module_sections(const flow_module *module,
                          flow_section out[static FLOW_MODULE_N_SECTION]);
/// Bytes of the block of parameters.
int64_t flow_module_block_size(const flow_module *module);
/// Ids of the quantities in a list "a,b"; their number through *n. False when one is unknown.
bool flow_module_quantities(const char *list, int32_t id[static FLOW_MODULE_MOST_QUANTITIES],
                            int32_t *n);
/// A letter, then letters, digits and '_'; at most FLOW_MODULE_NAME_MOST.
bool flow_module_is_name(const char *text);
/// FLOW_ERANGE, with a text, when a row of a module breaks the rules of flow/module.h.
flow_err flow_module_check(const flow_module *module);

#endif
