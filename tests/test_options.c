// Options of a scenario: named changes, checked with it, one of them in force.
#include "../libflow/scenario.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char base[] = "libflow: 1\n"
                           "period: {start: 2020-01-01, days: 5}\n"
                           "movement: {rule: destination}\n"
                           "return_home: {rate: 0.1}\n";

static const char places[] = "name,kind,country,region,latitude,longitude,population,capacity\n"
                             "Alder,town,A,,,,1000,\n"
                             "Birch,town,A,,,,500,\n";
static const char links[] = "from,to,length_km\nAlder,Birch,50\n";

static flow_err load(const char *yaml, const char *const *set, int32_t n_set, flow_scenario **out)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "%s%s", base, yaml);
    const flow_file files[] = {{"scenario.yaml", text, (int64_t)strlen(text)},
                               {"places.csv", places, (int64_t)strlen(places)},
                               {"links.csv", links, (int64_t)strlen(links)}};
    const flow_load_options options = {.set = set, .n_set = n_set};
    return flow_scenario_load_memory(files, 3, &options, out);
}

static flow_scenario *good(const char *yaml, const char *option)
{
    char text[128] = "option=";
    flow_scenario *s = NULL;
    if (option != NULL) { (void)snprintf(text, sizeof text, "option=%s", option); }
    const char *const set[] = {text};
    cr_assert_eq(load(yaml, set, option != NULL, &s), FLOW_OK, "%s", flow_error_text());
    return s;
}

static void refused(const char *yaml, const char *problem)
{
    flow_scenario *s = NULL;
    cr_assert_eq(load(yaml, NULL, 0, &s), FLOW_EINPUT, "%s is taken", yaml);
    cr_expect_null(s);
    cr_expect_not_null(strstr(flow_error_text(), problem), "expected\n%s\ngot\n%s", problem,
                       flow_error_text());
}

static double rate(const flow_scenario *s)
{
    for (int32_t i = 0; i < s->n_use; i++) {
        if (strcmp(s->use[i].name, "return_home") != 0) { continue; }
        double value;
        memcpy(&value, (const char *)s->use[i].block + FLOW_MODULE_PARAM, sizeof value);
        return value;
    }
    return -1.0;
}

static const char three[] = "options:\n"
                            "  - name: nothing\n"
                            "    title: No response\n"
                            "  - name: faster\n"
                            "    description: People go home twice as fast.\n"
                            "    set:\n"
                            "      return_home.rate: 0.2\n"
                            "      destination: {speed: 77}\n"
                            "  - name: without\n"
                            "    set: {return_home.on: false}\n";

Test(options, the_one_in_force_is_laid_over_the_scenario)
{
    static const char *const option[] = {NULL, "nothing", "faster", "without"};
    static const double expected[] = {0.1, 0.1, 0.2, -1.0};
    for (int i = 0; i < 4; i++) {
        flow_scenario *s = good(three, option[i]);
        cr_expect_float_eq(rate(s), expected[i], 1e-12, "option %s gives %g", option[i], rate(s));
        cr_expect_eq(s->set.destination.speed == 77.0, i == 2);
        cr_expect_eq(s->in_force, i > 0 ? &s->option[i - 1] : NULL);
        flow_scenario_free(s);
    }
}

Test(options, dotted_and_nested_keys_mean_the_same)
{
    flow_scenario *a = good("options: [{name: x, set: {return_home.rate: 0.3}}]\n", "x");
    flow_scenario *b = good("options: [{name: x, set: {return_home: {rate: 0.3}}}]\n", "x");
    uint64_t files, one, other;
    cr_assert_eq(flow_scenario_hash(a, &files, &one), FLOW_OK);
    cr_assert_eq(flow_scenario_hash(b, &files, &other), FLOW_OK);
    cr_expect_eq(one, other);
    flow_scenario_free(a);
    flow_scenario_free(b);
}

Test(options, an_option_equals_the_same_overrides)
{
    flow_scenario *a = good(three, "faster");
    const char *const set[] = {"return_home.rate=0.2", "destination.speed=77", "option=faster"};
    flow_scenario *b = NULL;
    cr_assert_eq(load(three, set, 3, &b), FLOW_OK, "%s", flow_error_text());
    uint64_t files, one, other;
    cr_assert_eq(flow_scenario_hash(a, &files, &one), FLOW_OK);
    cr_assert_eq(flow_scenario_hash(b, &files, &other), FLOW_OK);
    cr_expect_eq(one, other);
    flow_scenario_free(a);
    flow_scenario_free(b);
}

Test(options, overrides_beat_the_option)
{
    const char *const set[] = {"return_home.rate=0.5", "option=faster"};
    flow_scenario *s = NULL;
    cr_assert_eq(load(three, set, 2, &s), FLOW_OK, "%s", flow_error_text());
    cr_expect_float_eq(rate(s), 0.5, 1e-12);
    flow_scenario_free(s);
}

Test(options, a_module_may_be_taken_into_use_by_an_option_alone)
{
    static const char yaml[] = "options:\n"
                               "  - {name: a}\n"
                               "  - {name: b, set: {warning: {}}}\n"
                               "  - {name: c, set: {warning: }}\n";
    flow_scenario *a = good(yaml, "a");
    for (int i = 0; i < 2; i++) { // it needs its table, which only it asks for
        const char *const set[] = {i == 0 ? "option=b" : "option=c"};
        flow_scenario *b = NULL;
        cr_assert_eq(load(yaml, set, 1, &b), FLOW_EINPUT);
        cr_expect_not_null(strstr(flow_error_text(), "warnings"), "%s", flow_error_text());
    }
    cr_expect_eq(a->n_use, 1);
    flow_scenario_free(a);
}

Test(options, those_of_a_list_are_set_one_by_one)
{
    static const char yaml[] = "drought:\n"
                               "  - {name: first, on: false, rate: 0.1}\n"
                               "  - {name: second, on: false, rate: 0.1}\n"
                               "options:\n"
                               "  - {name: a, set: {drought.second.rate: 0.3}}\n"
                               "  - {name: b, set: {drought.3.on: true}}\n";
    refused(yaml, "scenario.yaml:10:21: '3': there are 2 of drought; name one by its number or "
                  "name");
}

Test(options, the_baseline_is_the_first_or_the_one_that_is_named)
{
    flow_option_info o;
    flow_scenario *s = good(three, NULL);
    cr_expect_eq(flow_scenario_n_option(s), 3);
    cr_assert_eq(flow_scenario_option(s, 0, &o), FLOW_OK);
    cr_expect_str_eq(o.name, "nothing");
    cr_expect_str_eq(o.title, "No response");
    cr_expect(o.baseline && !o.in_force);
    cr_assert_eq(flow_scenario_option(s, 1, &o), FLOW_OK);
    cr_expect_str_eq(o.title, "faster", "the name stands for a title");
    cr_expect_str_eq(o.description, "People go home twice as fast.");
    cr_expect_eq(flow_scenario_option(s, 3, &o), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "option 3 is outside [0, 3)");
    cr_expect_null(o.name);
    flow_scenario_free(s);
    char named[1024];
    (void)snprintf(named, sizeof named, "%sbaseline: without\noption: faster\n", three);
    s = good(named, NULL);
    cr_assert_eq(flow_scenario_option(s, 2, &o), FLOW_OK);
    cr_expect(o.baseline);
    cr_expect_eq(s->in_force, &s->option[1], "scenario.yaml may choose one itself");
    flow_scenario_free(s);
}

Test(options, all_that_is_wrong_is_told_with_its_place)
{
    refused("options: 3\n", "scenario.yaml:5:10: options: a list of options was expected");
    refused("options: [3]\n", "scenario.yaml:5:11: options[0]: a table with name and set was");
    refused("options: [{title: x}]\n", "scenario.yaml:5:11: the option has no name");
    refused("options: [{name: a b}]\n", "scenario.yaml:5:11: options.name: 'a b' is no name");
    refused("options: [{name: a}, {name: a}]\n", "scenario.yaml:5:22: option 'a' is listed twice");
    refused("options: [{name: a, sets: {}}]\n",
            "scenario.yaml:5:21: unknown key 'options.sets'; did you mean 'options.set'?");
    refused("options: [{name: a, set: 3}]\n",
            "scenario.yaml:5:26: options[0].set: a table of keys was expected here");
    refused(
        "options: [{name: a, set: {destination.sped: 3}}]\n",
        "scenario.yaml:5:27: unknown key 'destination.sped'; did you mean 'destination.speed'?");
    refused("options: [{name: a, set: {return_home.rate: -1}}]\n",
            "scenario.yaml:5:45: options[0].set.return_home.rate: -1 is outside its range");
    refused("options: [{name: a, set: {return_home: 3}}]\n",
            "scenario.yaml:5:40: options[0].set.return_home: a table of keys was expected here");
    refused("options: [{name: a, set: {baseline: a}}]\n",
            "scenario.yaml:5:27: options[0].set.baseline: no option can set 'baseline'");
    refused("options: [{name: alone}]\nbaseline: alnoe\n",
            "scenario.yaml:6:11: baseline: there is no option 'alnoe'; did you mean 'alone'?");
    refused("option: alone\n", "option: there is no option 'alone', the scenario has no options");
}

Test(options, a_flee_folder_has_none)
{
    const char *const set[] = {"option=any"};
    const flow_load_options options = {.set = set, .n_set = 1};
    const flow_file files[] = {{"locations.csv",
                                "#name,region,country,lat,lon,location_type,conflict_date,pop\n"
                                "A,r,c,1,1,town,,100\n",
                                82}};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(files, 1, &options, &s), FLOW_EINPUT, "%s",
                 flow_error_text());
    cr_expect_not_null(strstr(flow_error_text(), "there is no option 'any': a FLEE folder has"));
}
