// docs/formats.md lists every key of a scenario exactly as the rows of settings.c describe it, and
// docs/model.md explains every key of the hop rule.
#include "../libflow/settings.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *whole_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s: run in the root of the checkout", path);
    char *text = calloc(1, 1 << 20);
    cr_assert_not_null(text);
    cr_assert_lt(fread(text, 1, (1 << 20) - 1, file), (size_t)(1 << 20) - 1);
    (void)fclose(file);
    return text;
}

/// What may stand there: "true, false", "0 to 1", "1 or more", choices.
static void range(const flow_field *f, char out[static 128])
{
    static const char *const of_type[] = {"true, false", "", "", "", "text",
                                          "date",        "", "", "", "table of keys"};
    if (f->type == FLOW_CHOICE) {
        size_t used = 0;
        for (const char *c = f->choices; *c != '\0' && used < 120; c++) {
            if (*c == '|') { out[used++] = ','; }
            out[used++] = *c == '|' ? ' ' : *c;
        }
        out[used] = '\0';
    } else if (f->type == FLOW_INT || f->type == FLOW_DOUBLE || f->type == FLOW_LIST) {
        const char *list = f->type == FLOW_LIST ? "list of " : "";
        if (f->max >= 1e300) {
            (void)snprintf(out, 128, "%s%.10g or more", list, f->min);
        } else {
            (void)snprintf(out, 128, "%s%.10g to %.10g", list, f->min, f->max);
        }
    } else {
        (void)snprintf(out, 128, "%s", of_type[f->type]);
    }
}

Test(formats, every_key_is_in_the_manual_as_its_row_says)
{
    static const char *const path = "docs/formats.md";
    char *text = whole_file(path);
    int n_key = 0;
    for (int32_t s = 0; s <= flow_settings_n_section; s++) {
        const flow_section *section =
            s < flow_settings_n_section ? &flow_settings_sections[s] : &flow_option_section;
        for (const flow_field *f = section->field; f->key != NULL; f++, n_key++) {
            char row[1024], allowed[128];
            range(f, allowed);
            (void)snprintf(row, sizeof row, "| %s%s%s | %s | %s | %s | %s |\n", section->name,
                           *section->name ? "." : "", f->key, f->fallback, allowed, f->unit,
                           f->help);
            cr_expect_not_null(strstr(text, row), "%s lacks the line\n%s", path, row);
        }
    }
    cr_expect_gt(n_key, 50);
    free(text);
}

Test(formats, every_key_of_the_hop_rule_is_explained_with_its_default)
{
    static const char *const path = "docs/model.md";
    char *text = whole_file(path);
    int n_key = 0;
    for (int32_t s = 0; s < flow_settings_n_section; s++) {
        const flow_section *section = &flow_settings_sections[s];
        const bool quirks = strcmp(section->name, "quirks") == 0;
        const bool rule = strcmp(section->name, "hop") == 0 ||
                          strcmp(section->name, "spawn") == 0 ||
                          strcmp(section->name, "conflict") == 0;
        if (!quirks && !rule) { continue; }
        for (const flow_field *f = section->field; f->key != NULL; f++, n_key++) {
            char cells[256]; // a row of a table: the key, then its default
            (void)snprintf(cells, sizeof cells, "`%s.%s` | %s%s", section->name, f->key,
                           quirks ? "" : f->fallback, quirks ? "" : " |");
            cr_expect_not_null(strstr(text, cells), "%s lacks a row with '%s'", path, cells);
        }
    }
    cr_expect_gt(n_key, 60);
    free(text);
}
