// libFuzzer: a whole scenario folder in one input. Files are divided by lines "=== name"; what
// loads is run for some days, and its people must be conserved.
#define _POSIX_C_SOURCE 200809L
#include "../../libflow/scenario.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { most_files = 16, most_name = 64, most_days = 20, most_people = 1000000 };

typedef struct folder {
    flow_file file[most_files];
    char name[most_files][most_name];
    int32_t n;
} folder;

static void split(const char *text, size_t size, folder *out)
{
    const char *end = text + size;
    for (const char *line = text; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        const char *next = stop == NULL ? end : stop + 1;
        const size_t n = (size_t)(next - line) - (stop != NULL);
        if (n > 4 && memcmp(line, "=== ", 4) == 0 && out->n < most_files) {
            const size_t n_name = n - 4 < most_name - 1 ? n - 4 : most_name - 1;
            memcpy(out->name[out->n], line + 4, n_name);
            out->file[out->n] = (flow_file){.name = out->name[out->n], .text = next};
            out->n++;
        } else if (out->n > 0) {
            out->file[out->n - 1].size += next - line;
        }
        line = next;
    }
}

static void run(const flow_scenario *s)
{
    const flow_model_options options = {.seed = 7, .threads = 1};
    flow_model *m = NULL;
    if (flow_model_create(s, &options, &m) != FLOW_OK) { return; }
    for (int day = 0; day < most_days && flow_model_entered(m) < most_people; day++) {
        if (flow_model_step(m) != FLOW_OK) { break; }
        if (flow_model_entered(m) != flow_model_persons(m) + flow_model_left(m) +
                                         flow_model_dead(m) + flow_model_missing(m)) {
            abort();
        }
    }
    flow_model_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    folder all = {0};
    split((const char *)data, size, &all);
    const flow_load_options options = {.days = most_days};
    flow_scenario *s = NULL;
    const flow_err err = flow_scenario_load_memory(all.file, all.n, &options, &s);
    if ((err == FLOW_OK) != (s != NULL)) { abort(); }
    if (err != FLOW_OK && *flow_error_text() == '\0') { abort(); }
    // Few places: the fuzzer looks for faults, not for work.
    if (s != NULL && s->n_place <= 50 && s->set.hop.awareness_level <= 2) { run(s); }
    flow_scenario_free(s);
    return 0;
}
