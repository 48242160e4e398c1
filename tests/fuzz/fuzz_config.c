// libFuzzer: the YAML reader, and the binder of settings behind it, get any bytes.
#include "../../libflow/settings.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void clear(flow_problems *problems, flow_config *config)
{
    flow_config_clear(config);
    flow_problems_clear(problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    flow_problems problems = {0};
    flow_config config = {0};
    if (flow_config_parse("fuzz.yaml", (const char *)data, (int64_t)size, &problems, &config) !=
        FLOW_OK) {
        flow_problems_clear(&problems);
        return 0;
    }
    for (int64_t i = 0; i < config.n; i++) {
        const flow_node *node = &config.node[i];
        const bool item = node->first_item >= 0 && node->first_item + node->n_item <= config.n;
        if (!item || node->text == NULL || node->path == NULL) { abort(); }
    }
    if (problems.n_error == 0) {
        flow_settings set = {0};
        const flow_section *sections = flow_settings_sections;
        const int32_t n = flow_settings_n_section;
        if (flow_fields_default(sections, n, &set) != FLOW_OK ||
            flow_fields_bind(sections, n, &config, NULL, &problems, &set) != FLOW_OK) {
            abort();
        }
        flow_fields_clear(sections, n, &set);
    }
    const flow_err err = flow_problems_result(&problems);
    if ((err == FLOW_OK) != (problems.n_error == 0)) { abort(); }
    clear(&problems, &config);
    return 0;
}
