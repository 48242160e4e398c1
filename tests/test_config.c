#include "../libflow/config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Parse a copy of exactly that size, so that the sanitizer sees a byte too many.
static void parse(const char *text, size_t size, flow_problems *problems, flow_config *config)
{
    char *copy = malloc(size + (size == 0));
    cr_assert_not_null(copy);
    memcpy(copy, text, size);
    *problems = (flow_problems){0};
    cr_assert_eq(flow_config_parse("t.yaml", copy, (int64_t)size, problems, config), FLOW_OK);
    free(copy);
}

static void clear(flow_problems *problems, flow_config *config)
{
    flow_config_clear(config);
    flow_problems_clear(problems);
}

static void refuse(const char *text, size_t size, const char *expected)
{
    flow_problems problems;
    flow_config config;
    parse(text, size, &problems, &config);
    cr_expect_eq(flow_problems_result(&problems), FLOW_EINPUT, "passed: %s", text);
    cr_expect_str_eq(flow_error_text(), expected, "%s", flow_error_text());
    clear(&problems, &config);
}

static const flow_node *find(const flow_config *config, const char *path)
{
    const flow_node *node = flow_config_find(config, path);
    cr_assert_not_null(node, "%s", path);
    return node;
}

Test(config, values_have_dotted_paths_and_places)
{
    static const char text[] = "# remark\n"
                               "libflow: 1\n"
                               "hop:\n"
                               "  camp_weight: 2.5 # more\n"
                               "  names: {a: 'x', \"b\": ~}\n";
    flow_problems problems;
    flow_config config;
    parse(text, strlen(text), &problems, &config);
    cr_assert_eq(flow_problems_result(&problems), FLOW_OK, "%s", flow_error_text());
    const flow_node *node = find(&config, "hop.camp_weight");
    cr_expect_str_eq(node->text, "2.5");
    cr_expect_eq(node->kind, FLOW_NODE_SCALAR);
    cr_expect_eq(node->at.line, 4);
    cr_expect_eq(node->at.column, 16);
    cr_expect_eq(node->key_at.line, 4);
    cr_expect_eq(node->key_at.column, 3);
    cr_expect_str_eq(node->at.file, "t.yaml");
    cr_expect(find(&config, "hop.names.a")->quoted);
    cr_expect_not(find(&config, "libflow")->quoted);
    cr_expect_eq(find(&config, "hop.names.b")->kind, FLOW_NODE_NULL);
    cr_expect_eq(find(&config, "hop")->kind, FLOW_NODE_MAP);
    cr_expect_null(flow_config_find(&config, "camp_weight"));
    clear(&problems, &config);
}

Test(config, lists_know_their_items)
{
    static const char text[] = "decay: [1, 0.5,\n  0.1]\nempty: []\nafter: 3\n"
                               "options:\n- name: a\n- name: b\n  n: [7]\n";
    flow_problems problems;
    flow_config config;
    parse(text, strlen(text), &problems, &config);
    cr_assert_eq(flow_problems_result(&problems), FLOW_OK, "%s", flow_error_text());
    const flow_node *list = find(&config, "decay");
    cr_assert_eq(list->kind, FLOW_NODE_LIST);
    cr_assert_eq(list->n_item, 3);
    cr_expect_str_eq(config.node[list->first_item].text, "1");
    cr_expect_str_eq(config.node[list->first_item + 2].text, "0.1");
    cr_expect_str_eq(config.node[list->first_item + 2].path, "decay[2]");
    cr_expect_eq(config.node[list->first_item + 2].at.line, 2);
    cr_expect_eq(find(&config, "empty")->n_item, 0);
    cr_expect_str_eq(find(&config, "after")->text, "3");
    cr_expect_eq(find(&config, "options")->n_item, 2);
    cr_expect_str_eq(find(&config, "options[1].name")->text, "b");
    cr_expect_str_eq(find(&config, "options[1].n[0]")->text, "7");
    clear(&problems, &config);
}

Test(config, empty_documents_have_no_values)
{
    static const char *const texts[] = {"",    "\n",   "# only a remark\n", "---\n",
                                        "~\n", "{}\n", "\xef\xbb\xbf",      "---\n...\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        flow_problems problems;
        flow_config config;
        parse(texts[i], strlen(texts[i]), &problems, &config);
        cr_expect_eq(problems.n, 0, "'%s'", texts[i]);
        cr_expect_eq(config.n, 0, "'%s'", texts[i]);
        clear(&problems, &config);
    }
}

Test(config, what_counts_as_nothing_is_plain)
{
    static const char text[] = "a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: Null\n";
    flow_problems problems;
    flow_config config;
    parse(text, strlen(text), &problems, &config);
    cr_expect_eq(problems.n, 0);
    cr_expect_eq(find(&config, "a")->kind, FLOW_NODE_NULL);
    cr_expect_eq(find(&config, "b")->kind, FLOW_NODE_NULL);
    cr_expect_eq(find(&config, "c")->kind, FLOW_NODE_NULL);
    cr_expect_eq(find(&config, "d")->kind, FLOW_NODE_SCALAR);
    cr_expect_eq(find(&config, "e")->kind, FLOW_NODE_SCALAR);
    cr_expect_eq(find(&config, "f")->kind, FLOW_NODE_SCALAR);
    clear(&problems, &config);
}

Test(config, marks_and_line_ends_of_other_systems_are_read)
{
    static const char text[] = "\xef\xbb\xbfname: Bj\xc3\xb6rk\r\ndays: 3\r\nlast: 1";
    flow_problems problems;
    flow_config config;
    parse(text, strlen(text), &problems, &config);
    cr_expect_eq(problems.n, 0);
    cr_expect_str_eq(find(&config, "name")->text, "Bj\xc3\xb6rk");
    cr_expect_str_eq(find(&config, "days")->text, "3");
    cr_expect_eq(find(&config, "days")->at.line, 2);
    cr_expect_str_eq(find(&config, "last")->text, "1");
    clear(&problems, &config);
}

Test(config, faults_are_told_with_their_place)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"a: 1\nb: 2\na: 3\n", "t.yaml:3:1: key 'a' appears twice"},
        {"t:\n  x: 1\n  x: 2\n", "t.yaml:3:3: key 't.x' appears twice"},
        {"a: &n 1\nb: *n\n", "t.yaml:2:4: aliases (*name) are not accepted; write the value"},
        {"a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document begins here; one is expected"},
        {"- 1\n", "t.yaml:1:1: the file must be a mapping of keys to values"},
        {"word\n", "t.yaml:1:1: the file must be a mapping of keys to values"},
        {"a.b: 1\n", "t.yaml:1:1: a key must be a word without '.', '[' and '='"},
        {"'': 1\n", "t.yaml:1:1: a key must be a word without '.', '[' and '='"},
        {"[a]: 1\n", "t.yaml:1:1: a key must be a plain word"},
        {"? {a: 1}\n: 2\n", "t.yaml:1:3: a key must be a plain word"},
        {"a: \"x\\0y\"\n", "t.yaml:1:4: a zero byte inside a value"},
        {"a: [1, 2\nb: 3\n",
         "t.yaml:2:2: no valid YAML: did not find expected ',' or ']', in what began in line 1"},
        {"a: 'x\n", "t.yaml:2:1: no valid YAML: found unexpected end of stream, in what began in "
                    "line 1"},
        {"a: 1\n\tb: 2\n",
         "t.yaml:2:1: no valid YAML: found a tab character that violates indentation, in what "
         "began in line 1"},
        {"a: 1\nb: caf\xe9 x\n", "t.yaml:2:8: no valid YAML: invalid trailing UTF-8 octet"},
        {"a: 1\nb: \x01\n", "t.yaml:2:4: no valid YAML: control characters are not allowed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuse(cases[i].text, strlen(cases[i].text), cases[i].expected);
    }
}

Test(config, nesting_ends_at_64_levels)
{
    for (int depth = 63; depth <= 65; depth++) {
        char text[256] = "a: ";
        for (int i = 1; i < depth; i++) { strcat(text, "["); }
        for (int i = 1; i < depth; i++) { strcat(text, "]"); }
        flow_problems problems;
        flow_config config;
        parse(text, strlen(text), &problems, &config);
        cr_expect_eq(problems.n_error == 0, depth <= 64, "%d levels", depth);
        clear(&problems, &config);
    }
}

Test(config, a_file_has_at_most_5000_values)
{
    for (int n = 5000; n <= 5001; n++) {
        char *text = calloc((size_t)n, 16);
        cr_assert_not_null(text);
        char *end = text;
        for (int i = 0; i < n; i++) { end += sprintf(end, "k%d: 1\n", i); }
        flow_problems problems;
        flow_config config;
        parse(text, strlen(text), &problems, &config);
        cr_expect_eq(problems.n_error, n - 5000);
        clear(&problems, &config);
        free(text);
    }
}

Test(config, lack_of_memory_is_told_at_every_allocation)
{
    static const char text[] = "a: {b: [1, 2], c: x}\n";
    for (int64_t i = 1; i < 50; i++) {
        flow_problems problems = {0};
        flow_config config;
        flow_alloc_fail_at(i);
        const flow_err err =
            flow_config_parse("t.yaml", text, (int64_t)strlen(text), &problems, &config);
        flow_alloc_fail_at(0);
        clear(&problems, &config);
        if (err == FLOW_OK) {
            cr_expect_gt(i, 3);
            return;
        }
        cr_expect_eq(err, FLOW_ENOMEM);
        cr_expect_str_eq(flow_error_text(), "no memory for t.yaml");
    }
    cr_expect_fail("never enough memory");
}
