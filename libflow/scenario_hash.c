// What a scenario is made of, as two numbers: a saved state fits only the very same.
#include "scenario.h"

#include <string.h>

/// Add a field of a section as it would be written in YAML. False: no memory.
static bool add_field(const flow_field *field, const void *part, uint64_t *sum)
{
    char *text = flow_field_text(field, part);
    if (text == NULL) { return false; }
    *sum = flow_hash(*sum, field->key, strlen(field->key) + 1);
    *sum = flow_hash(*sum, text, strlen(text) + 1);
    flow_dealloc(text);
    return true;
}

static bool add_section(const flow_section *section, const void *settings, uint64_t *sum)
{
    const void *part = (const char *)settings + section->offset;
    bool good = true;
    for (const flow_field *f = section->field; f->key != NULL && good; f++) {
        good = add_field(f, part, sum);
    }
    return good;
}

/// A module or forcing in use: its name, what it writes, its parameters.
static bool add_use(const flow_use *use, uint64_t *sum)
{
    *sum = flow_hash(*sum, use->name, strlen(use->name) + 1);
    *sum = flow_hash(*sum, use->write, (size_t)use->n_write * sizeof *use->write);
    *sum = flow_hash(*sum, &use->n_state, sizeof use->n_state);
    if (use->key == NULL) { return true; } // a forcing has no parameters
    flow_section section[FLOW_MODULE_N_SECTION];
    flow_module_sections(use->module, section);
    bool good = true;
    for (int32_t k = 0; k < FLOW_MODULE_N_SECTION && good; k++) {
        good = add_section(&section[k], use->block, sum);
    }
    return good;
}

flow_err flow_scenario_hash(const flow_scenario *s, uint64_t *files, uint64_t *settings)
{
    *files = (uint64_t)s->n_input;
    for (int32_t i = 0; i < s->n_input; i++) {
        *files = flow_hash(*files, s->input[i].text, (size_t)s->input[i].size);
    }
    const int32_t period[] = {s->is_flee, s->start, s->n_step, s->n_use};
    *settings = flow_hash(0, period, sizeof period);
    *settings = flow_hash(*settings, &s->dt, sizeof s->dt);
    bool good = true;
    for (int32_t i = 0; i < flow_settings_n_section && good; i++) {
        good = add_section(&flow_settings_sections[i], &s->set, settings);
    }
    for (int32_t i = 0; i < s->n_use && good; i++) { good = add_use(&s->use[i], settings); }
    return good ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory to compare scenarios");
}
