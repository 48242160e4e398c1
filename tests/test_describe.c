// Tables described through the public interface: every row is there, right, and can be used.
#include "../libflow/observe.h"
#include "../libflow/registry.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static flow_scenario *load(const char *path, const char *const *set, int32_t n_set)
{
    const flow_load_options options = {.set = set, .n_set = n_set};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load(path, &options, &s), FLOW_OK, "%s", flow_error_text());
    return s;
}

static flow_key_info key(int32_t index)
{
    flow_key_info row;
    cr_assert_eq(flow_describe_key(index, &row), FLOW_OK, "%s", flow_error_text());
    return row;
}

Test(describe, keys_are_the_rows_of_the_tables)
{
    int32_t n = 0;
    for (int32_t i = 0; i < flow_settings_n_section; i++) {
        const flow_section *section = &flow_settings_sections[i];
        for (const flow_field *field = section->field; field->key != NULL; field++, n++) {
            const flow_key_info row = key(n);
            char name[128];
            (void)snprintf(name, sizeof name, "%s%s%s", section->name,
                           *section->name != '\0' ? "." : "", field->key);
            cr_expect_str_eq(row.name, name);
            cr_expect_eq(row.unit, field->unit);
            cr_expect_eq(row.fallback, field->fallback);
            cr_expect_eq(row.help, field->help);
            cr_expect_eq(row.source, field->source);
            cr_expect_eq(row.tag, field->tag);
            cr_expect_eq(row.type, field->type);
            cr_expect_eq(flow_describe_find_key(name), n, "%s", name);
        }
    }
    cr_expect_gt(n, 30);
    const int32_t drought = flow_describe_find_key("drought.on");
    cr_assert_geq(drought, n, "keys of modules come after the others");
    cr_expect_eq(key(drought).type, FLOW_BOOL);
    cr_expect_str_eq(key(drought).fallback, "true");
    cr_expect_gt(flow_describe_n_key(), drought);
    for (int32_t i = 0; i < flow_n_module; i++) {
        flow_section both[FLOW_MODULE_N_SECTION];
        flow_module_sections(flow_modules[i], both);
        for (int32_t k = 0; k < FLOW_MODULE_N_SECTION; k++) {
            for (const flow_field *field = both[k].field; field->key != NULL; field++, n++) {}
        }
    }
    cr_expect_eq(flow_describe_n_key(), n);
}

Test(describe, a_known_key_is_described_as_documented)
{
    const flow_key_info row = key(flow_describe_find_key("hop.max_move_speed"));
    cr_expect_str_eq(row.name, "hop.max_move_speed");
    cr_expect_str_eq(row.unit, "km d-1");
    cr_expect_eq(row.type, FLOW_DOUBLE);
    cr_expect_lt(row.min, row.max);
    cr_expect_null(row.choices);
    cr_expect_gt(strlen(row.help), 10);
    const flow_key_info mode = key(flow_describe_find_key("spawn.mode"));
    cr_expect_eq(mode.type, FLOW_CHOICE);
    cr_expect_not_null(strstr(mode.choices, "registrations"));
    cr_expect_eq(mode.min, 0.0);
    cr_expect_eq(mode.max, 0.0);
}

Test(describe, every_key_has_all_a_user_needs)
{
    for (int32_t i = 0; i < flow_describe_n_key(); i++) {
        const flow_key_info row = key(i);
        const bool number =
            row.type == FLOW_INT || row.type == FLOW_DOUBLE || row.type == FLOW_LIST;
        cr_expect_gt(strlen(row.name), 1);
        cr_expect_lt(strlen(row.name), sizeof row.name - 1, "%s may be cut", row.name);
        cr_expect_gt(strlen(row.help), 10, "%s", row.name);
        cr_assert_not_null(row.unit, "%s", row.name);
        cr_assert_not_null(row.source, "%s", row.name);
        cr_expect_not_null(strchr("VDRA-", row.tag), "%s", row.name);
        if (number) { cr_expect_leq(row.min, row.max, "%s", row.name); }
        if (number) { cr_expect_gt(strlen(row.unit), 0, "%s has no unit", row.name); }
        cr_expect_eq(row.choices != NULL, row.type == FLOW_CHOICE, "%s", row.name);
        for (int32_t k = 0; k < i; k++) { cr_expect_str_neq(row.name, key(k).name); }
    }
}

// What is described can be set: the bounds of every number are taken, what lies beyond is refused
// with the name of the key.
Test(describe, ranges_of_keys_are_those_of_set)
{
    int32_t refused = 0;
    for (int32_t i = 0; i < flow_describe_n_key(); i++) {
        const flow_key_info row = key(i);
        if (row.type != FLOW_DOUBLE || row.max > 1e300 || strchr(row.name, '.') == NULL ||
            i >= flow_describe_find_key("drought.on")) {
            continue;
        }
        for (int side = 0; side < 2; side++) {
            char text[192];
            const double beyond = side == 0 ? row.min - 1.0 : row.max * 1.5 + 1.0;
            (void)snprintf(text, sizeof text, "%s=%.17g", row.name, beyond);
            const char *const set[] = {text};
            const flow_load_options options = {.set = set, .n_set = 1};
            flow_scenario *s = NULL;
            cr_assert_eq(flow_scenario_load("scenarios/two-towns", &options, &s), FLOW_EINPUT,
                         "%s is taken", text);
            cr_expect_not_null(strstr(flow_error_text(), row.name), "%s", flow_error_text());
            refused++;
        }
    }
    cr_expect_gt(refused, 20);
}

Test(describe, unknown_names_and_indices_are_refused)
{
    flow_key_info k;
    flow_observable_info o;
    flow_quantity_info q;
    memset(&k, 1, sizeof k);
    cr_expect_eq(flow_describe_find_key("hop.nothing"), -1);
    cr_expect_eq(flow_describe_find_key(""), -1);
    cr_expect_eq(flow_describe_key(-1, &k), FLOW_ERANGE);
    cr_expect_str_eq(k.name, "");
    char text[96];
    const int32_t n = flow_describe_n_key();
    (void)snprintf(text, sizeof text, "key %d is outside [0, %d)", (int)n, (int)n);
    cr_expect_eq(flow_describe_key(n, &k), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), text);
    cr_expect_eq(flow_describe_observable(NULL, -1, &o), FLOW_ERANGE);
    cr_expect_eq(flow_describe_observable(NULL, flow_describe_n_observable(NULL), &o), FLOW_ERANGE);
    cr_expect_eq(flow_describe_quantity(-1, &q), FLOW_ERANGE);
    cr_expect_eq(flow_describe_quantity(flow_describe_n_quantity(), &q), FLOW_ERANGE);
    cr_expect_not_null(strstr(flow_error_text(), "quantity "));
}

/// Every observable of a scenario can be observed, with the shape and number that it says.
static int32_t observe_all(const flow_scenario *s)
{
    flow_model *m = NULL;
    const flow_model_options options = {.threads = 1};
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
    const int32_t n = flow_describe_n_observable(s);
    for (int32_t i = 0; i < n; i++) {
        flow_observable_info row;
        cr_assert_eq(flow_describe_observable(s, i, &row), FLOW_OK, "%s", flow_error_text());
        const int64_t size[FLOW_N_SHAPE] = {s->n_place, s->n_link, 1, s->n_country};
        cr_expect_eq(row.n, size[row.shape] * row.n_class, "%s", row.name);
        double *value = flow_calloc(row.n + 1, sizeof *value);
        cr_assert_not_null(value);
        cr_expect_eq(flow_model_observe(m, row.name, value, row.n), FLOW_OK, "%s",
                     flow_error_text());
        cr_expect_eq(flow_model_observe(m, row.name, value, row.n + 1), FLOW_ERANGE);
        for (int64_t k = 0; k < row.n && row.integer; k++) {
            cr_expect_eq(value[k], floor(value[k]), "%s", row.name);
        }
        cr_expect_gt(strlen(row.long_name), 5, "%s", row.name);
        cr_expect_lt(strlen(row.name), sizeof row.name - 1);
        cr_expect_lt(strlen(row.long_name), sizeof row.long_name - 1);
        cr_expect_gt(strlen(row.unit), 0, "%s", row.name);
        cr_expect(strcmp(row.cell_methods, "time: point") == 0 ||
                  strcmp(row.cell_methods, "time: sum") == 0);
        flow_dealloc(value);
    }
    flow_model_free(m);
    return n;
}

Test(describe, every_observable_can_be_observed)
{
    flow_scenario *s = load("scenarios/two-towns", NULL, 0);
    const int32_t plain = observe_all(s);
    cr_expect_gt(flow_describe_n_observable(NULL), plain, "gates, causes, households");
    cr_expect_gt(plain, 15);
    flow_observable_info first;
    cr_assert_eq(flow_describe_observable(NULL, 0, &first), FLOW_OK);
    cr_expect_str_eq(first.name, "people");
    cr_expect_str_eq(first.unit, "1");
    cr_expect_eq(first.shape, FLOW_PER_PLACE);
    cr_expect(first.integer);
    cr_expect_eq(first.n, 0);
    flow_scenario_free(s);
    s = load("tests/data/two-drivers", NULL, 0);
    cr_expect_gt(observe_all(s), plain + 2, "modules in use have observables of their own");
    // The same rows as those of the result file.
    flow_observable *list = NULL;
    int32_t n = 0;
    cr_assert_eq(flow_observables_list(s, &list, &n), FLOW_OK);
    cr_expect_eq(n, flow_describe_n_observable(s));
    for (int32_t i = 0; i < n; i++) {
        flow_observable_info row;
        cr_assert_eq(flow_describe_observable(s, i, &row), FLOW_OK);
        cr_expect_str_eq(row.name, list[i].name);
        cr_expect_str_eq(row.long_name, list[i].long_name);
        for (int32_t k = 0; k < i; k++) { cr_expect_str_neq(list[i].name, list[k].name); }
    }
    flow_dealloc(list);
    flow_scenario_free(s);
}

Test(describe, every_quantity_can_be_assigned)
{
    flow_scenario *s = load("scenarios/two-towns", NULL, 0);
    flow_model *m = NULL;
    cr_assert_eq(flow_model_create(s, NULL, &m), FLOW_OK);
    const int64_t size[FLOW_N_SHAPE] = {s->n_place, s->n_link, 1, s->n_country};
    const int32_t n = flow_describe_n_quantity();
    cr_expect_gt(n, 20);
    for (int32_t i = 0; i < n; i++) {
        flow_quantity_info row;
        cr_assert_eq(flow_describe_quantity(i, &row), FLOW_OK);
        cr_expect_leq(row.min, row.neutral, "%s", row.name);
        cr_expect_geq(row.max, row.neutral, "%s", row.name);
        cr_expect_gt(strlen(row.long_name), 5, "%s", row.name);
        cr_expect_gt(strlen(row.unit), 0, "%s", row.name);
        cr_expect_gt(strlen(row.rule), 2, "%s", row.name);
        double value[8];
        cr_assert_leq(size[row.shape], 7);
        for (int k = 0; k < 8; k++) { value[k] = row.min > -1e300 ? row.min : row.neutral; }
        cr_expect_eq(flow_model_assign(m, row.name, value, size[row.shape]), FLOW_OK, "%s",
                     flow_error_text());
        if (row.min > -1e300) {
            value[0] = row.min - 1.0;
            cr_expect_eq(flow_model_assign(m, row.name, value, size[row.shape]), FLOW_ERANGE,
                         "%s takes %g", row.name, value[0]);
        }
        cr_expect_eq(flow_model_assign(m, row.name, value, size[row.shape] + 1), FLOW_ERANGE, "%s",
                     row.name);
    }
    flow_model_free(m);
    flow_scenario_free(s);
}
