// Modules: the contract of flow/module.h, from scenario.yaml to columns, and columns to results.
#include "../libflow/model.h"
#include "../libflow/observe.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// A driver for tests: it writes level, level + step and a random number.

typedef struct param {
    double level;
    char *rows;
    char *site;
} param;

enum { PLACE, DATE, AMOUNT, WORD, SORT, LAND };

static const flow_field fields[] = {
    {"level", offsetof(param, level), FLOW_DOUBLE, "d-1", "0.25", 0, 2, NULL, 'A', "test",
     "Hazard of leaving."},
    {"rows", offsetof(param, rows), FLOW_TEXT, "", "", 0, 0, NULL, '-', "", "Table of amounts."},
    {"site", offsetof(param, site), FLOW_TEXT, "", "", 0, 0, NULL, '-', "", "A place."},
    FLOW_FIELD_END};

static const flow_field columns[] = {
    {"place,where", 0, FLOW_PLACE, "", NULL, 0, 0, NULL, '-', "", "Where."},
    {"date,event_date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "", "When."},
    {"amount", 0, FLOW_DOUBLE, "m", NULL, 0, 10, NULL, '-', "", "How much."},
    {"word", 0, FLOW_TEXT, "", "none", 0, 0, NULL, '-', "", "A word."},
    {"sort", 0, FLOW_CHOICE, "", "", 0, 0, "low|high", '-', "", "A choice."},
    {"land", 0, FLOW_COUNTRY, "", "", 0, 0, NULL, '-', "", "A country."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"rows", false, "notes", columns, "it holds the amounts of a test"}};

typedef struct data {
    const flow_rows *rows;
    const flow_place_series *series;
    int32_t site;
} data;

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a test"); }
    d->rows = &setup->rows[0];
    d->site = p->site != NULL ? flow_setup_place(setup, "site") : -1;
    for (int64_t i = 0; i < d->rows->n; i++) {
        if (strcmp(d->rows->text[WORD][i], "bad") == 0) {
            flow_setup_error(setup, 0, i, WORD, "no bad words");
        }
    }
    if (p->level > 1.5 && p->level < 1.6) {
        flow_setup_error_key(setup, "level", "%g is unlucky", p->level);
    }
    setup->data = d;
    setup->n_state = 1 + setup->world->n_place;
    return flow_setup_series(setup, 0, PLACE, DATE, &d->series);
}

static flow_err start(flow_turn *turn)
{
    turn->state[0] = 100.0;
    return FLOW_OK;
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    turn->state[0] += 1.0;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        const int64_t row = flow_place_series_row(d->series, i, turn->day);
        turn->own[0][i] = p->level + (row >= 0 ? d->rows->value[AMOUNT][row] : 0.0);
        turn->own[1][i] = flow_turn_uniform(turn, i, 0);
        turn->state[1 + i] += turn->own[1][i];
    }
    return FLOW_OK;
}

static const flow_module shaker = {.version = FLOW_MODULE_VERSION,
                                   .kind = FLOW_DRIVER,
                                   .name = "shaker",
                                   .help = "A driver for tests.",
                                   .source = "test",
                                   .many = true,
                                   .field = fields,
                                   .param_size = sizeof(param),
                                   .table = tables,
                                   .n_table = 1,
                                   .writes = "hazard_other,conflict_level",
                                   .load = load,
                                   .start = start,
                                   .step = step};

// A response that reads what drivers did, and a process that sees both.

static flow_err respond(flow_turn *turn)
{
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->own[0][i] = 1000.0 * turn->read[0][i];
        turn->own[1][i] = 0.5;
    }
    return FLOW_OK;
}
static const flow_module helper = {.version = FLOW_MODULE_VERSION,
                                   .kind = FLOW_RESPONSE,
                                   .name = "helper",
                                   .help = "A response for tests.",
                                   .source = "test",
                                   .writes = "shelter_places, appeal",
                                   .reads = "hazard_other,wage",
                                   .step = respond};

static flow_err process(flow_turn *turn)
{
    for (int32_t i = 0; i < turn->world->n_country; i++) {
        turn->own[0][i] = turn->read[0][0] + turn->read[1][0] + (double)turn->people[0];
    }
    return FLOW_OK;
}
static const flow_module counter = {.version = FLOW_MODULE_VERSION,
                                    .kind = FLOW_PROCESS,
                                    .name = "counter",
                                    .help = "A process for tests.",
                                    .source = "test",
                                    .writes = "decisions",
                                    .reads = "shelter_places,hazard_other",
                                    .step = process};

static const flow_module *const mine[] = {&shaker, &helper, &counter};

// Scenarios in memory.

#define HEAD "libflow: 1\nperiod: {start: 2020-02-27, days: 5}\nspawn: {mode: none}\n"
static const char places[] =
    "name,kind,country,region,latitude,longitude,population,capacity,initial_idps\n"
    "Alder,town,Inland,East,1.5,20.25,12000,,700\n"
    "Birch,town,Inland,East,1.5,20.35,9000,,31\n"
    "Cedar,camp,Coast,South,0.5,19,,9000,0\n";
static const char links[] = "from,to,length_km\nAlder,Birch,12\nBirch,Cedar,120\n";
static const char amounts[] = "#where,event_date,amount,notes,word,sort,land\n"
                              "Birch,2020-02-28,1.5,x,,HIGH,Coast\n"
                              "Birch,3,0.5,,red,,\n";

static flow_err load_with(const char *yaml, const char *table, const flow_load_options *options,
                          flow_scenario **out)
{
    const flow_file file[] = {{"scenario.yaml", yaml, (int64_t)strlen(yaml)},
                              {"places.csv", places, (int64_t)strlen(places)},
                              {"links.csv", links, (int64_t)strlen(links)},
                              {"amounts.csv", table, (int64_t)strlen(table)}};
    return flow_scenario_load_memory(file, 4, options, out);
}

static flow_scenario *load_set(const char *yaml, const char *const *set, int32_t n_set)
{
    const flow_load_options options = {.module = mine, .n_module = 3, .set = set, .n_set = n_set};
    flow_scenario *s = NULL;
    cr_assert_eq(load_with(yaml, amounts, &options, &s), FLOW_OK, "%s", flow_error_text());
    return s;
}

static flow_model *model_of(const flow_scenario *s, uint64_t seed, int32_t threads)
{
    const flow_model_options options = {.seed = seed, .threads = threads};
    flow_model *m = NULL;
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    return m;
}

static void do_steps(flow_model *m, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
    }
}

static double seen(const flow_model *m, const char *name, int32_t place)
{
    double out[3];
    cr_assert_eq(flow_model_observe(m, name, out, 3), FLOW_OK, "%s", flow_error_text());
    return out[place];
}

Test(modules, every_row_of_the_library_keeps_the_rules)
{
    for (int32_t i = 0; i < flow_n_module; i++) {
        cr_expect_eq(flow_module_check(flow_modules[i]), FLOW_OK, "%s", flow_error_text());
        for (int32_t k = 0; k < i; k++) {
            cr_expect_str_neq(flow_modules[i]->name, flow_modules[k]->name);
        }
    }
}

Test(modules, a_section_switches_a_module_on)
{
    flow_scenario *s = load_set(HEAD, NULL, 0);
    cr_expect_eq(s->n_use, 0);
    flow_scenario_free(s);
    s = load_set(HEAD "shaker:\nhelper: {}\n", NULL, 0);
    cr_assert_eq(s->n_use, 2);
    cr_expect_str_eq(s->use[0].name, "shaker");
    cr_expect_str_eq(s->use[1].name, "helper");
    flow_scenario_free(s);
    s = load_set(HEAD "shaker: {level: 0.5}\nhelper: {on: false}\n", NULL, 0);
    cr_assert_eq(s->n_use, 1);
    flow_scenario_free(s);
}

Test(modules, an_override_switches_a_module_on_and_off)
{
    static const char *const set[] = {"counter.on=true", "shaker.level=0.75", "helper.on=false"};
    flow_scenario *s = load_set(HEAD "helper:\n", set, 3);
    cr_assert_eq(s->n_use, 2);
    cr_expect_str_eq(s->use[0].name, "shaker", "the order is that of the modules");
    cr_expect_str_eq(s->use[1].name, "counter");
    const param *p = (const void *)((const char *)s->use[0].block + FLOW_MODULE_PARAM);
    cr_expect_eq(p->level, 0.75);
    flow_scenario_free(s);
}

Test(modules, several_of_a_kind_have_numbers_or_names)
{
    static const char *const set[] = {"shaker.1.level=0.125", "shaker.north.level=0.5",
                                      "shaker.3.on=false"};
    flow_scenario *s = load_set(
        HEAD "shaker:\n  - level: 1\n  - {name: north, level: 2}\n  - {}\n  - {}\n", set, 3);
    cr_assert_eq(s->n_use, 3);
    static const char *const name[] = {"shaker_1", "shaker_north", "shaker_4"};
    static const char *const key[] = {"shaker.1", "shaker.north", "shaker.4"};
    for (int32_t i = 0; i < 3; i++) {
        cr_expect_str_eq(s->use[i].name, name[i]);
        cr_expect_str_eq(s->use[i].key, key[i]);
    }
    flow_model *m = model_of(s, 1, 1);
    do_steps(m, 1);
    cr_expect_eq(seen(m, "hazard_other__shaker_1", 0), 0.125);
    cr_expect_eq(seen(m, "hazard_other__shaker_north", 0), 0.5);
    cr_expect_eq(seen(m, "hazard_other__shaker_4", 0), 0.25);
    cr_expect_eq(seen(m, "hazard_other", 0), 0.875);
    cr_expect_neq(seen(m, "conflict_level__shaker_1", 0), seen(m, "conflict_level__shaker_4", 0),
                  "each draws from a stream of its own");
    const double x = seen(m, "conflict_level__shaker_1", 0);
    const double y = seen(m, "conflict_level__shaker_north", 0);
    const double z = seen(m, "conflict_level__shaker_4", 0);
    cr_expect_float_eq(seen(m, "conflict_level", 0), 1.0 - (1.0 - x) * (1.0 - y) * (1.0 - z),
                       1e-15);
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(modules, tables_arrive_as_numbers)
{
    static const char *const set[] = {"shaker.rows=amounts.csv", "shaker.site=Cedar"};
    flow_scenario *s = load_set(HEAD, set, 2);
    cr_expect_eq(flow_scenario_n_warning(s), 0);
    const data *d = s->use[0].data;
    cr_expect_eq(d->site, 2);
    cr_assert_eq(d->rows->n, 2);
    cr_expect_eq(d->rows->value[PLACE][0], 1.0);
    cr_expect_eq(d->rows->value[DATE][0], 1.0);
    cr_expect_eq(d->rows->value[DATE][1], 3.0);
    cr_expect_eq(d->rows->value[AMOUNT][0], 1.5);
    cr_expect_str_eq(d->rows->text[WORD][0], "none");
    cr_expect_str_eq(d->rows->text[WORD][1], "red");
    cr_expect_eq(d->rows->value[SORT][0], 1.0, "letter case does not matter");
    cr_expect(isnan(d->rows->value[SORT][1]));
    cr_expect_eq(d->rows->value[LAND][0], 1.0);
    flow_model *m = model_of(s, 1, 1);
    static const double expected[] = {0.25, 1.75, 1.75, 0.75, 0.75};
    for (int32_t day = 0; day < 5; day++) {
        do_steps(m, 1);
        cr_expect_eq(seen(m, "hazard_other", 1), expected[day], "day %d", (int)day);
        cr_expect_eq(seen(m, "hazard_other", 0), 0.25);
    }
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(modules, phases_read_what_earlier_ones_wrote)
{
    flow_scenario *s = load_set(HEAD "shaker:\nhelper:\ncounter:\n", NULL, 0);
    flow_model *m = model_of(s, 3, 1);
    do_steps(m, 1);
    cr_expect_eq(seen(m, "shelter_places", 2), 250.0, "a response sees the drivers of its step");
    double out[2];
    cr_assert_eq(flow_model_observe(m, "decisions", out, 2), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(out[1], 250.25 + seen(m, "people", 0));
    cr_expect_eq(flow_model_observe(m, "decisions", out, 3), FLOW_ERANGE);
    const double *value = flow_model_quantity(m, FLOW_Q_HAZARD + FLOW_CAUSE_OTHER);
    cr_assert_not_null(value);
    cr_expect_eq(value[1], 0.25);
    cr_expect_null(flow_model_quantity(m, FLOW_Q_WAGE), "who only reads does not touch");
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(modules, only_what_somebody_writes_can_be_observed)
{
    flow_scenario *s = load_set(HEAD "shaker:\n", NULL, 0);
    flow_model *m = model_of(s, 3, 1);
    double out[3];
    cr_expect_eq(flow_model_observe(m, "hazard_flood", out, 3), FLOW_EKEY);
    cr_expect_str_eq(flow_error_text(), "no observable 'hazard_flood': no module in use writes it");
    cr_expect_eq(flow_model_observe(m, "hazard_othr", out, 3), FLOW_EKEY);
    cr_expect_str_eq(flow_error_text(),
                     "no observable 'hazard_othr'; did you mean 'hazard_other'?");
    cr_expect_eq(flow_model_observe(m, "hazard_other__helper", out, 3), FLOW_EKEY);
    cr_expect_eq(flow_model_observe(m, "hazard_other__outside", out, 3), FLOW_EKEY);
    flow_observable *list = NULL;
    int32_t n = 0;
    cr_assert_eq(flow_observables_list(s, &list, &n), FLOW_OK);
    cr_assert_eq(n, flow_n_observable + 4);
    cr_expect_str_eq(list[flow_n_observable].name, "hazard_other");
    cr_expect_str_eq(list[flow_n_observable + 1].name, "hazard_other__shaker");
    cr_expect_str_eq(list[flow_n_observable + 1].long_name,
                     "hazard that a person leaves the place because of another cause: column of "
                     "shaker");
    flow_dealloc(list);
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(modules, what_is_assigned_is_one_more_column)
{
    flow_scenario *s = load_set(HEAD "shaker:\n", NULL, 0);
    flow_model *m = model_of(s, 3, 1);
    const double some[] = {0.5, 0.0, 2.0};
    do_steps(m, 1);
    cr_assert_eq(flow_model_assign(m, "hazard_other", some, 3), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_model_assign(m, "hazard_flood", some, 3), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(seen(m, "hazard_other", 0), 0.75);
    cr_expect_eq(seen(m, "hazard_other", 2), 2.25);
    cr_expect_eq(seen(m, "hazard_flood", 2), 2.0);
    cr_expect_eq(seen(m, "hazard_other__outside", 2), 2.0);
    const int64_t before = flow_alloc_count();
    cr_assert_eq(flow_model_assign(m, "hazard_other", some, 3), FLOW_OK);
    cr_expect_eq(flow_alloc_count(), before, "the second time allocates nothing");
    do_steps(m, 1);
    cr_expect_eq(seen(m, "hazard_other", 2), 2.25, "it stays until the next call");
    cr_assert_eq(flow_model_reset(m, 3, 0), FLOW_OK);
    do_steps(m, 1);
    cr_expect_eq(seen(m, "hazard_other", 2), 0.25);
    cr_expect_eq(seen(m, "hazard_flood", 2), 0.0);

    cr_expect_eq(flow_model_assign(m, "hazard_flod", some, 3), FLOW_EKEY);
    cr_expect_str_eq(flow_error_text(), "no quantity 'hazard_flod'; did you mean 'hazard_flood'?");
    cr_expect_eq(flow_model_assign(m, "hazard_flood", some, 2), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "quantity 'hazard_flood' has 3 values, 2 were given");
    const double bad[] = {0.5, (double)NAN, -1.0};
    cr_expect_eq(flow_model_assign(m, "hazard_flood", bad, 3), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "outside: hazard_flood of place 'Birch' is nan, a number "
                                        "from 0 to 1000 d-1 was expected");
    flow_model_free(m);
    flow_scenario_free(s);
}

// Forcing by callback.

static flow_err fill(void *context, uint32_t member, int32_t t, double *value, int64_t n)
{
    cr_assert_eq(n, 3);
    *(int *)context += 1;
    value[1] += 0.5;
    value[2] = (double)member + t;
    return t == 4 ? flow_fail(FLOW_ESTATE, "no more forcing") : FLOW_OK;
}

Test(modules, a_forcing_is_called_in_each_step)
{
    int calls = 0;
    const flow_forcing forcing[] = {{"rain", "hazard_flood", fill, &calls}};
    const flow_load_options options = {.forcing = forcing, .n_forcing = 1};
    flow_scenario *s = NULL;
    cr_assert_eq(load_with(HEAD, "", &options, &s), FLOW_OK, "%s", flow_error_text());
    flow_model *m = model_of(s, 3, 1);
    cr_assert_eq(flow_model_reset(m, 3, 7), FLOW_OK);
    do_steps(m, 4);
    cr_expect_eq(calls, 4);
    cr_expect_eq(seen(m, "hazard_flood", 0), 0.0);
    cr_expect_eq(seen(m, "hazard_flood", 1), 2.0, "values stay from step to step");
    cr_expect_eq(seen(m, "hazard_flood__rain", 2), 10.0);
    cr_expect_eq(flow_model_step(m), FLOW_ESTATE);
    cr_expect_str_eq(flow_error_text(), "no more forcing");
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(modules, same_numbers_for_any_number_of_threads_and_after_a_reset)
{
    flow_scenario *s = load_set(HEAD "shaker: [{}, {level: 1}]\nhelper:\ncounter:\n", NULL, 0);
    uint64_t sum[3];
    for (int i = 0; i < 3; i++) {
        flow_model *m = model_of(s, 42, i < 2 ? 1 + 3 * i : 1);
        if (i == 2) {
            do_steps(m, 3);
            cr_assert_eq(flow_model_reset(m, 42, 0), FLOW_OK);
        }
        do_steps(m, 5);
        sum[i] = flow_model_checksum(m);
        flow_model_free(m);
    }
    cr_expect_eq(sum[0], sum[1]);
    cr_expect_eq(sum[0], sum[2]);
    flow_model *m = model_of(s, 43, 1);
    do_steps(m, 5);
    cr_expect_neq(flow_model_checksum(m), sum[0], "another seed, other random columns");
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(modules, columns_go_on_from_where_they_were_saved)
{
    flow_scenario *s = load_set(HEAD "shaker: [{}, {level: 1}]\nhelper:\ncounter:\n", NULL, 0);
    const flow_presence now = {.people = (const int64_t[]){5, 6, 7}};
    const double some[] = {0.5, 0.0, 2.0};
    flow_columns *a = NULL;
    flow_columns *b = NULL;
    flow_columns *c = NULL;
    cr_assert_eq(flow_columns_create(s, 1, &a), FLOW_OK);
    cr_assert_eq(flow_columns_create(s, 1, &b), FLOW_OK);
    cr_assert_eq(flow_columns_reset(a, 9, 1, &now), FLOW_OK);
    cr_assert_eq(flow_columns_reset(b, 9, 1, &now), FLOW_OK);
    cr_assert_eq(flow_columns_assign(a, "wage", some, 3), FLOW_OK);
    cr_assert_eq(flow_columns_assign(b, "price_index", (const double[]){1, 1, 3}, 3), FLOW_OK);
    const int64_t n = flow_columns_n_saved(a);
    cr_assert_eq(n, 2 * (4 + 3 + 3) + 3 + 3 + 2 + 3);
    double saved[40];
    for (int32_t day = 0; day < 3; day++) {
        for (int32_t kind = 0; kind < FLOW_N_MODULE_KIND; kind++) {
            cr_assert_eq(flow_columns_phase(a, (flow_module_kind)kind, day, &now), FLOW_OK);
        }
    }
    flow_columns_save(a, saved);
    int32_t id[FLOW_N_QUANTITY];
    cr_assert_eq(flow_columns_assigned(a, id), 1);
    cr_assert_eq(id[0], FLOW_Q_WAGE);
    cr_assert_eq(flow_columns_load(b, 9, 1, id, 1, saved, n), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(flow_columns_value(b, FLOW_Q_PRICE_INDEX)[2], 1.0, "b's own is forgotten");
    cr_expect_eq(flow_columns_hash(a), flow_columns_hash(b));
    cr_expect_eq(flow_columns_value(b, FLOW_Q_WAGE)[2], 2.0);
    for (int32_t kind = 0; kind < FLOW_N_MODULE_KIND; kind++) {
        cr_assert_eq(flow_columns_phase(a, (flow_module_kind)kind, 3, &now), FLOW_OK);
        cr_assert_eq(flow_columns_phase(b, (flow_module_kind)kind, 3, &now), FLOW_OK);
    }
    cr_expect_eq(flow_columns_hash(a), flow_columns_hash(b));
    cr_expect_eq(flow_columns_own(b, 0, FLOW_Q_CONFLICT_LEVEL)[0],
                 flow_columns_own(a, 0, FLOW_Q_CONFLICT_LEVEL)[0]);
    cr_expect_eq(flow_columns_load(b, 9, 1, id, 1, saved, n - 1), FLOW_EINPUT);
    cr_expect_eq(flow_columns_load(b, 9, 1, (const int32_t[]){FLOW_N_QUANTITY}, 1, saved, n),
                 FLOW_EINPUT);
    saved[n - 1] = -1.0; // a wage
    cr_expect_eq(flow_columns_load(b, 9, 1, id, 1, saved, n), FLOW_EINPUT);
    cr_expect(strstr(flow_error_text(), "'wage'") != NULL, "%s", flow_error_text());
    cr_expect_eq(flow_columns_hash(a), flow_columns_hash(b), "a refusal changes nothing");
    // After a reset nothing is assigned, as in new columns.
    cr_assert_eq(flow_columns_reset(a, 9, 1, &now), FLOW_OK);
    cr_expect_eq(flow_columns_assigned(a, id), 0);
    cr_expect_eq(flow_columns_value(a, FLOW_Q_WAGE)[2], 1.0);
    cr_assert_eq(flow_columns_create(s, 1, &c), FLOW_OK);
    cr_assert_eq(flow_columns_reset(c, 9, 1, &now), FLOW_OK);
    cr_expect_eq(flow_columns_hash(a), flow_columns_hash(c), "reset and newly made");
    flow_columns_free(c);
    flow_columns_free(a);
    flow_columns_free(b);
    flow_scenario_free(s);
}

Test(modules, a_step_allocates_nothing)
{
    static const char *const set[] = {"shaker.rows=amounts.csv"};
    flow_scenario *s = load_set(HEAD "shaker:\nhelper:\ncounter:\n", set, 1);
    const flow_presence now = {.people = (const int64_t[]){5, 6, 7}};
    flow_columns *c = NULL;
    cr_assert_eq(flow_columns_create(s, 2, &c), FLOW_OK);
    const int64_t before = flow_alloc_count();
    cr_assert_eq(flow_columns_reset(c, 9, 1, &now), FLOW_OK);
    for (int32_t day = 0; day < 5; day++) {
        for (int32_t kind = 0; kind < FLOW_N_MODULE_KIND; kind++) {
            cr_assert_eq(flow_columns_phase(c, (flow_module_kind)kind, day, &now), FLOW_OK);
        }
    }
    cr_expect_eq(flow_alloc_count(), before);
    flow_columns_free(c);
    flow_scenario_free(s);
}

Test(modules, versions_grow_only_when_a_value_changes)
{
    flow_scenario *s = load_set(HEAD "shaker:\n", NULL, 0);
    const flow_presence now = {.people = (const int64_t[]){5, 6, 7}};
    flow_columns *c = NULL;
    cr_assert_eq(flow_columns_create(s, 1, &c), FLOW_OK);
    cr_assert_eq(flow_columns_reset(c, 9, 1, &now), FLOW_OK);
    const uint64_t begin = flow_columns_version(c, FLOW_Q_HAZARD + FLOW_CAUSE_OTHER);
    const uint64_t random = flow_columns_version(c, FLOW_Q_CONFLICT_LEVEL);
    for (int32_t day = 0; day < 3; day++) {
        cr_assert_eq(flow_columns_phase(c, FLOW_DRIVER, day, &now), FLOW_OK);
    }
    cr_expect_eq(flow_columns_version(c, FLOW_Q_HAZARD + FLOW_CAUSE_OTHER), begin + 1);
    cr_expect_eq(flow_columns_version(c, FLOW_Q_CONFLICT_LEVEL), random + 3);
    flow_columns_free(c);
    flow_scenario_free(s);
}

Test(modules, draws_are_uniform_and_of_their_own)
{
    const flow_world world = {.dt = 1.0};
    flow_turn turn = {.world = &world, .seed = 5, .stream = 77, .step = 3, .member = 2};
    enum { n = 100000 };
    double sum = 0.0, square = 0.0, normal = 0.0, normal2 = 0.0;
    for (int64_t i = 0; i < n; i++) {
        const double u = flow_turn_uniform(&turn, i, 4);
        const double z = flow_turn_normal(&turn, i, 5);
        sum += u;
        square += u * u;
        normal += z;
        normal2 += z * z;
    }
    // 5 standard errors
    cr_expect_float_eq(sum / n, 0.5, 5 * sqrt(1.0 / 12 / n), "mean %g", sum / n);
    cr_expect_float_eq(square / n, 1.0 / 3, 5 * sqrt(4.0 / 45 / n), "mean square %g", square / n);
    cr_expect_float_eq(normal / n, 0.0, 5 * sqrt(1.0 / n), "mean %g", normal / n);
    cr_expect_float_eq(normal2 / n, 1.0, 5 * sqrt(2.0 / n), "variance %g", normal2 / n);
    const double u = flow_turn_uniform(&turn, 8, 4);
    cr_expect_eq(flow_turn_uniform(&turn, 8, 4), u);
    flow_turn other[5] = {turn, turn, turn, turn, turn};
    other[0].seed++;
    other[1].member++;
    other[2].step++;
    other[3].stream++;
    for (int i = 0; i < 4; i++) { cr_expect_neq(flow_turn_uniform(&other[i], 8, 4), u); }
    cr_expect_neq(flow_turn_uniform(&turn, 9, 4), u);
    cr_expect_neq(flow_turn_uniform(&turn, 8, 5), u);
}

Test(modules, days_that_begin_in_a_step)
{
    static const double dt[] = {1.0 / 24, 0.25, 1.0, 7.0, 365.25 / 12};
    for (size_t i = 0; i < sizeof dt / sizeof *dt; i++) {
        const flow_world world = {.dt = dt[i]};
        int32_t next = 0;
        for (int32_t t = 0; t < 5000; t++) {
            const flow_turn turn = {.world = &world, .step = t, .day = t * dt[i]};
            int32_t first = 0, end = 0;
            flow_turn_days(&turn, &first, &end);
            cr_assert_eq(first, next, "dt %g, step %d: every day begins once", dt[i], (int)t);
            next = end;
        }
        cr_expect_eq(next, (int32_t)ceil(5000 * dt[i] - 1e-6));
    }
}

Test(modules, distances_on_the_sphere)
{
    // One degree of a great circle: 6371.0088 km * pi / 180.
    cr_expect_float_eq(flow_great_circle_km(0, 10, 0, 11), 111.19508, 1e-4);
    cr_expect_float_eq(flow_great_circle_km(-40, 10, -39, 10), 111.19508, 1e-4);
    cr_expect_float_eq(flow_great_circle_km(90, 0, -90, 123), 20015.11, 1e-2);
    cr_expect_float_eq(flow_great_circle_km(60, 0, 60, 180), 60 * 111.19508, 1e-2);
    cr_expect(isnan(flow_great_circle_km((double)NAN, 0, 0, 0)));
}

// Quantities -------------------------------------------------------------------------------------

Test(quantities, every_name_is_found_and_no_name_twice)
{
    char name[FLOW_QUANTITY_NAME];
    int32_t n = 0;
    for (int32_t r = 0; r < flow_n_quantity_row; r++) {
        const flow_quantity *row = &flow_quantities[r];
        cr_expect_eq(row->first, n);
        cr_expect(row->neutral >= row->min && row->neutral <= row->max, "%s", row->name);
        n += row->n;
        for (int32_t id = row->first; id < row->first + row->n; id++) {
            cr_expect_eq(flow_quantity_row(id), row);
            cr_expect_eq(flow_quantity_find(flow_quantity_name(id, name)), id, "%s", name);
            for (int32_t i = 0; i < FLOW_N_OBSERVABLE; i++) {
                cr_expect_str_neq(flow_observables[i].name, name);
            }
        }
    }
    cr_expect_eq(n, FLOW_N_QUANTITY);
    cr_expect_eq(flow_quantity_find("hazard_flood"), FLOW_Q_HAZARD + FLOW_CAUSE_FLOOD);
    cr_expect_eq(flow_quantity_find("fee_smuggled"), FLOW_Q_FEE + FLOW_CHANNEL_SMUGGLED);
    cr_expect_eq(flow_quantity_find("hazard"), -1);
}

/// Neutral values change nothing, and two columns come to what the rule says.
Test(quantities, rules_combine_as_they_say)
{
    static const struct {
        const char *name;
        double x, y, both;
    } row[] = {{"hazard_flood", 0.25, 0.5, 0.75},
               {"onset_flood", 0.25, 0.5, 0.625},
               {"appeal", 0.5, 3.0, 1.5},
               {"food_insecurity", 0.5, 0.25, 0.5},
               {"food_insecurity", 0.25, 0.5, 0.5}};
    flow_scenario *s = load_set(HEAD, NULL, 0);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const int32_t id = flow_quantity_find(row[i].name);
        const flow_quantity *q = flow_quantity_row(id);
        static char a[] = "a";
        flow_use use[2] = {{.module = &helper, .name = a, .n_write = 1, .write = (int32_t[]){id}}};
        char block[FLOW_MODULE_PARAM] = {0};
        use[0].block = block;
        use[1] = use[0];
        s->n_use = 2;
        s->use = use;
        flow_columns *c = NULL;
        cr_assert_eq(flow_columns_create(s, 1, &c), FLOW_OK);
        cr_assert_eq(
            flow_columns_reset(c, 0, 0, &(flow_presence){.people = (const int64_t[]){0, 0, 0}}),
            FLOW_OK);
        cr_expect_eq(flow_columns_value(c, id)[1], q->neutral);
        const double outside[] = {q->neutral, row[i].y, row[i].y};
        double saved[9];
        for (int k = 0; k < 6; k++) { saved[k] = k < 3 ? row[i].x : q->neutral; }
        cr_assert_eq(flow_columns_load(c, 0, 0, NULL, 0, saved, 6), FLOW_OK, "%s",
                     flow_error_text());
        cr_assert_eq(flow_columns_assign(c, row[i].name, outside, 3), FLOW_OK);
        cr_expect_eq(flow_columns_value(c, id)[0], row[i].x, "%s: neutral", row[i].name);
        cr_expect_eq(flow_columns_value(c, id)[1], row[i].both, "%s: %g", row[i].name,
                     flow_columns_value(c, id)[1]);
        flow_columns_free(c);
        s->n_use = 0;
        s->use = NULL;
    }
    flow_scenario_free(s);
}

// Refusals ---------------------------------------------------------------------------------------

static void expect_refusal(const char *yaml, const char *table, const char *set, const char *text)
{
    const flow_load_options options = {
        .module = mine, .n_module = 3, .set = &set, .n_set = set != NULL};
    flow_scenario *s = NULL;
    cr_expect_eq(load_with(yaml, table, &options, &s), FLOW_EINPUT);
    cr_expect_null(s);
    cr_expect_str_eq(flow_error_text(), text, "\n%s\nwas expected, but it says\n%s", text,
                     flow_error_text());
}

Test(modules, broken_sections_are_refused)
{
    expect_refusal(HEAD "shaker: 3\n", "", NULL,
                   "scenario.yaml:4:9: shaker: a table of keys was expected here");
    expect_refusal(HEAD "shaker: []\n", "", NULL, "scenario.yaml:4:9: shaker: the list is empty");
    expect_refusal(HEAD "shaker: [1]\n", "", NULL,
                   "scenario.yaml:4:10: shaker[0]: a table of keys was expected here");
    expect_refusal(HEAD "helper: [{}]\n", "", NULL,
                   "scenario.yaml:4:9: helper: a list was found, a table of keys was expected; "
                   "there is one at most");
    expect_refusal(HEAD "shaker: {levl: 1}\n", "", NULL,
                   "scenario.yaml:4:10: unknown key 'shaker.levl'; did you mean 'shaker.level'?");
    expect_refusal(HEAD "shaker: [{levl: 1}]\n", "", NULL,
                   "scenario.yaml:4:11: unknown key 'shaker.levl'; did you mean 'shaker.level'?");
    expect_refusal(HEAD "shaker: [{level: 3}, {level: x}]\n", "", NULL,
                   "scenario.yaml:4:18: shaker[0].level: 3 is outside its range, expected from 0 "
                   "to 2 d-1\n"
                   "scenario.yaml:4:30: shaker[1].level: 'x' is not a number, expected from 0 to 2 "
                   "d-1");
    expect_refusal(HEAD "shakr: {level: 1}\n", "", NULL,
                   "scenario.yaml:4:1: unknown key 'shakr'; did you mean 'shaker'?");
    expect_refusal(HEAD "drougt: {rate: 1}\n", "", NULL,
                   "scenario.yaml:4:1: unknown key 'drougt'; did you mean 'drought'?");
    expect_refusal(HEAD "shaker: {level: {deep: 1}}\n", "", NULL,
                   "scenario.yaml:4:17: shaker.level: a table was found, one value was expected");
    expect_refusal(HEAD "shaker: [{name: a}, {name: a}]\n", "", NULL,
                   "memory: two modules would be named 'shaker_a' in results; give them other "
                   "names");
    expect_refusal(HEAD "shaker: [{name: 1a}]\n", "", NULL,
                   "memory: shaker.name: '1a' is no name: a letter, then letters, digits and '_', "
                   "at most 40");
}

Test(modules, broken_overrides_are_refused)
{
    expect_refusal(HEAD, "", "shaker.levl=1",
                   "--set: unknown key 'shaker.levl'; did you mean 'shaker.level'?");
    expect_refusal(HEAD, "", "shakr.level=1",
                   "--set: unknown key 'shakr.level'; did you mean 'shaker.level'?");
    expect_refusal(HEAD "shaker: [{}, {}]\n", "", "shaker.level=1",
                   "--set: 'level': there are 2 of shaker; name one by its number or name, such as "
                   "shaker.1.on");
    expect_refusal(HEAD "shaker: [{}, {}]\n", "", "shaker.3.level=1",
                   "--set: '3': there are 2 of shaker; name one by its number or name, such as "
                   "shaker.1.on");
    expect_refusal(HEAD "shaker:\n", "", "shaker.level=-1",
                   "--set: shaker.level: -1 is outside its range, expected from 0 to 2 d-1");
}

#define WITH HEAD "shaker: {rows: amounts.csv}\n"

Test(modules, broken_tables_are_refused_all_at_once)
{
    expect_refusal(WITH, "where,date\nBirch,1\n", NULL,
                   "amounts.csv:1: column 'amount' is missing (accepted names: amount)");
    expect_refusal(WITH,
                   "place,date,amount,sort,land\n"
                   "Brich,2020-02-30,11,middle,Inlnd\n"
                   ",,,,\n"
                   "Birch,1,,low,Coast\n",
                   NULL,
                   "amounts.csv:2:1: place 'Brich' is not in the list of places; did you mean "
                   "'Birch'?\n"
                   "amounts.csv:2:7: date '2020-02-30' is neither a date YYYY-MM-DD nor a day "
                   "number\n"
                   "amounts.csv:2:18: amount = 11 is outside [0, 10] m\n"
                   "amounts.csv:4:9: amount is empty\n"
                   "amounts.csv:2:21: sort 'middle' is none of low|high\n"
                   "amounts.csv:2:28: land 'Inlnd' is no country of the list of places; did you "
                   "mean 'Inland'?");
    expect_refusal(WITH, "place,date,amount,word\nBirch,1,1,bad\nBirch,1,2,bad\n", NULL,
                   "amounts.csv:2:11: no bad words\n"
                   "amounts.csv:3:11: no bad words\n"
                   "amounts.csv:3:7: 'Birch' has a row of this day already, row 1 of the data");
    expect_refusal(HEAD "shaker: {level: 1.55}\n", "", NULL,
                   "scenario.yaml:4:17: shaker.level: 1.55 is unlucky");
    expect_refusal(HEAD "shaker: [{}, {level: 1.55}]\n", "", NULL,
                   "scenario.yaml:4:22: shaker.2.level: 1.55 is unlucky");
    expect_refusal(HEAD "shaker: {site: Ceder}\n", "", NULL,
                   "scenario.yaml:4:16: site 'Ceder' is not in the list of places; did you mean "
                   "'Cedar'?");
}

Test(modules, dates_of_downloads_are_read)
{
    flow_scenario *s = NULL;
    const flow_load_options options = {.module = mine, .n_module = 1};
    cr_assert_eq(load_with(WITH,
                           "place,date,amount\nBirch,29 February 2020,1\nBirch,1 march 2020,"
                           "2\n",
                           &options, &s),
                 FLOW_OK, "%s", flow_error_text());
    const data *d = s->use[0].data;
    cr_expect_eq(d->rows->value[DATE][0], 2.0);
    cr_expect_eq(d->rows->value[DATE][1], 3.0);
    flow_scenario_free(s);
}

static flow_err spoil(flow_turn *turn)
{
    turn->own[0][2] = turn->step == 1 ? 1.5 : 0.5;
    return FLOW_OK;
}

Test(modules, a_value_that_cannot_be_ends_the_run)
{
    flow_module spoiler = helper;
    spoiler.writes = "housing_damage";
    spoiler.reads = NULL;
    spoiler.step = spoil;
    const flow_module *list[] = {&spoiler};
    const flow_load_options options = {.module = list, .n_module = 1};
    flow_scenario *s = NULL;
    cr_assert_eq(load_with(HEAD "helper:\n", "", &options, &s), FLOW_OK, "%s", flow_error_text());
    flow_model *m = model_of(s, 1, 1);
    do_steps(m, 1);
    cr_expect_eq(flow_model_step(m), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "helper: housing_damage of place 'Cedar' is 1.5, a number "
                                        "from 0 to 1 was expected");
    flow_model_free(m);
    flow_scenario_free(s);
}

static void expect_bad_module(const flow_module *module, const char *text)
{
    const flow_load_options options = {.module = &module, .n_module = 1};
    flow_scenario *s = NULL;
    cr_expect_eq(load_with(HEAD, "", &options, &s), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), text, "\n%s\nwas expected, but it says\n%s", text,
                     flow_error_text());
}

Test(modules, broken_rows_of_modules_are_refused)
{
    flow_module m = shaker;
    m.version = 0;
    expect_bad_module(&m, "a module has version 0, this library knows version 1");
    expect_bad_module(NULL, "a module has version 0, this library knows version 1");
    m = shaker;
    m.name = "a b";
    expect_bad_module(&m, "module 'a b': a name has a letter and then letters, digits and '_', at "
                          "most 40");
    m.name = "hop";
    expect_bad_module(&m, "module 'hop': the name is taken");
    m.name = "title";
    expect_bad_module(&m, "module 'title': the name is taken");
    m.name = "drought";
    expect_bad_module(&m, "module 'drought': the name is taken");
    m = shaker;
    m.help = NULL;
    expect_bad_module(&m, "module 'shaker': kind, help, source or tables are missing");
    m = shaker;
    m.writes = "hazard_other,hazard_othr";
    expect_bad_module(&m, "module 'shaker': 'hazard_other,hazard_othr' is no list of quantities");
    m.writes = NULL;
    expect_bad_module(&m, "module 'shaker': '' is no list of quantities");
    m = shaker;
    flow_field row[] = {fields[0], fields[1], fields[2], FLOW_FIELD_END};
    m.field = row;
    row[0].fallback = "7";
    expect_bad_module(&m, "module 'shaker': defaults: level: 7 is outside its range, expected from "
                          "0 to 2 d-1");
    row[0] = fields[0];
    row[0].key = "on";
    expect_bad_module(&m, "module 'shaker': parameter 'on' is there already");
    row[0] = fields[0];
    row[0].offset = 4096;
    expect_bad_module(&m, "module 'shaker': the row of parameter 'level' is not complete");
    row[0] = fields[0];
    row[1].key = "other";
    expect_bad_module(&m, "module 'shaker': a table needs columns and a text parameter for its "
                          "file");
}

Test(modules, broken_forcings_are_refused)
{
    flow_forcing f = {"rain", "hazard_flood", NULL, NULL};
    const flow_load_options options = {.forcing = &f, .n_forcing = 1};
    flow_scenario *s = NULL;
    cr_expect_eq(load_with(HEAD, "", &options, &s), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "forcing 'rain' has no function or no name");
    f.fill = fill;
    f.quantity = "hazard_flod";
    cr_expect_eq(load_with(HEAD, "", &options, &s), FLOW_EKEY);
    cr_expect_str_eq(flow_error_text(),
                     "forcing 'rain': no quantity 'hazard_flod'; did you mean 'hazard_flood'?");
    f.quantity = "hazard_flood";
    f.name = "outside";
    cr_expect_eq(load_with(HEAD, "", &options, &s), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(), "memory: two modules would be named 'outside' in results; "
                                        "give them other names");
    const flow_load_options none = {.n_forcing = 1};
    cr_expect_eq(load_with(HEAD, "", &none, &s), FLOW_ERANGE);
    const flow_load_options no_module = {.n_module = 1};
    cr_expect_eq(load_with(HEAD, "", &no_module, &s), FLOW_ERANGE);
}

Test(modules, lack_of_memory_is_told_at_every_allocation)
{
    const flow_forcing forcing[] = {{"rain", "hazard_flood", fill, NULL}};
    static const char *const set[] = {"shaker.2.site=Cedar", "helper.on=false"};
    const flow_load_options options = {
        .module = mine, .n_module = 3, .set = set, .n_set = 2, .forcing = forcing, .n_forcing = 1};
    int64_t i = 1;
    for (bool done = false; !done && i < 5000; i++) {
        flow_scenario *s = NULL;
        flow_model *m = NULL;
        flow_alloc_fail_at(i);
        flow_err err = load_with(HEAD "shaker: [{rows: amounts.csv}, {name: b}]\ncounter:\n"
                                      "helper: {}\n",
                                 amounts, &options, &s);
        if (err == FLOW_OK) { err = flow_model_create(s, NULL, &m); }
        flow_alloc_fail_at(0);
        cr_assert(err == FLOW_OK || err == FLOW_ENOMEM, "allocation %d: %s", (int)i,
                  flow_error_text());
        done = err == FLOW_OK;
        flow_model_free(m);
        flow_scenario_free(s);
    }
    cr_expect(i > 100 && i < 5000, "%d", (int)i);
}
