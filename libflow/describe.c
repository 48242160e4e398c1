#include "observe.h"
#include "registry.h"

#include <stdio.h>
#include <string.h>

static flow_err no_row(const char *what, int32_t index, int32_t n)
{
    return flow_fail(FLOW_ERANGE, "%s %d is outside [0, %d)", what, (int)index, (int)n);
}

static void copy(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

// Keys ------------------------------------------------------------------------------------------

/// The sections of every scenario, then those of the modules; false after the last one.
static bool section_at(int32_t index, flow_section *out)
{
    if (index < flow_settings_n_section) {
        *out = flow_settings_sections[index];
        return true;
    }
    index -= flow_settings_n_section;
    if (index >= flow_n_module * FLOW_MODULE_N_SECTION) { return false; }
    flow_section both[FLOW_MODULE_N_SECTION];
    flow_module_sections(flow_modules[index / FLOW_MODULE_N_SECTION], both);
    *out = both[index % FLOW_MODULE_N_SECTION];
    return true;
}

int32_t flow_describe_n_key(void)
{
    int32_t n = 0;
    flow_section section;
    for (int32_t i = 0; section_at(i, &section); i++) {
        for (const flow_field *field = section.field; field->key != NULL; field++) { n++; }
    }
    return n;
}

static void describe_key(const flow_section *section, const flow_field *field, flow_key_info *out)
{
    const bool ranged =
        field->type == FLOW_INT || field->type == FLOW_DOUBLE || field->type == FLOW_LIST;
    *out = (flow_key_info){.type = field->type,
                           .unit = field->unit,
                           .fallback = field->fallback,
                           .min = ranged ? field->min : 0.0,
                           .max = ranged ? field->max : 0.0,
                           .choices = field->choices,
                           .tag = field->tag,
                           .source = field->source,
                           .help = field->help};
    (void)snprintf(out->name, sizeof out->name, "%s%s%s", section->name,
                   section->name[0] != '\0' ? "." : "", field->key);
}

flow_err flow_describe_key(int32_t index, flow_key_info *out)
{
    *out = (flow_key_info){0};
    int32_t n = 0;
    flow_section section;
    for (int32_t i = 0; index >= 0 && section_at(i, &section); i++) {
        for (const flow_field *field = section.field; field->key != NULL; field++, n++) {
            if (n < index) { continue; }
            describe_key(&section, field, out);
            return FLOW_OK;
        }
    }
    return no_row("key", index, flow_describe_n_key());
}

int32_t flow_describe_find_key(const char *name)
{
    int32_t n = 0;
    flow_section section;
    for (int32_t i = 0; section_at(i, &section); i++) {
        for (const flow_field *field = section.field; field->key != NULL; field++, n++) {
            flow_key_info row;
            describe_key(&section, field, &row);
            if (strcmp(row.name, name) == 0) { return n; }
        }
    }
    return -1;
}

// Observables -----------------------------------------------------------------------------------

int32_t flow_describe_n_observable(const flow_scenario *scenario)
{
    return flow_observables_count(scenario);
}

flow_err flow_describe_observable(const flow_scenario *scenario, int32_t index,
                                  flow_observable_info *out)
{
    *out = (flow_observable_info){0};
    const int32_t n = flow_describe_n_observable(scenario);
    if (index < 0 || index >= n) { return no_row("observable", index, n); }
    char text[FLOW_OBSERVABLE_TEXT];
    const flow_observable row = flow_observable_at(scenario, index, text);
    *out = (flow_observable_info){
        .unit = row.unit,
        .cell_methods = row.cell_methods,
        .shape = row.shape,
        .integer = row.integer,
        .n_class = scenario != NULL ? flow_observable_classes(scenario, &row) : row.by == NULL,
        .n = scenario != NULL ? flow_observable_n(scenario, &row) : 0};
    copy(out->name, sizeof out->name, row.name);
    copy(out->long_name, sizeof out->long_name, row.long_name);
    copy(out->by, sizeof out->by, row.by != NULL ? row.by : "");
    return FLOW_OK;
}

const char *flow_describe_class(const flow_scenario *scenario, const char *by, int32_t index)
{
    if (strcmp(by, flow_by_name[FLOW_BY_CHANNEL]) == 0) {
        int32_t n;
        const flow_term *channel = flow_by_terms(FLOW_BY_CHANNEL, &n);
        return index >= 0 && index < n ? channel[index].name : NULL;
    }
    char name[FLOW_DIMENSION_NAME];
    for (int32_t a = 0; scenario->groups != NULL && a < scenario->groups->n_axis; a++) {
        const flow_people_axis *axis = &scenario->groups->axis[a];
        if (strcmp(flow_axis_dimension(scenario, axis, name), by) != 0) { continue; }
        return flow_axis_label(scenario, axis, index);
    }
    return NULL;
}

// Quantities ------------------------------------------------------------------------------------

int32_t flow_describe_n_quantity(void)
{
    return FLOW_N_QUANTITY;
}

flow_err flow_describe_quantity(int32_t index, flow_quantity_info *out)
{
    *out = (flow_quantity_info){0};
    if (index < 0 || index >= FLOW_N_QUANTITY) {
        return no_row("quantity", index, FLOW_N_QUANTITY);
    }
    const flow_quantity *row = flow_quantity_row(index);
    *out = (flow_quantity_info){.unit = row->unit,
                                .rule = flow_rule_name[row->rule],
                                .shape = flow_over_shape[row->over],
                                .neutral = row->neutral,
                                .min = row->min,
                                .max = row->max};
    (void)flow_quantity_name(index, out->name);
    (void)flow_quantity_long_name(index, out->long_name);
    return FLOW_OK;
}
