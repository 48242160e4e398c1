// The ledger: what responses spend, in cents, by month and place, and out of which budget.
#include "../libflow/model.h"

#include <criterion/criterion.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// A response for tests: it asks for money at every place, and writes down what it gets.

typedef struct param {
    double usd; ///< per step at the first place, twice that at the second, ...
    int32_t mistake;
    char *budget;
} param;

static const flow_field fields[] = {
    {"usd", offsetof(param, usd), FLOW_DOUBLE, "USD", "10.004", 0, 1e12, NULL, 'A', "test",
     "Asks."},
    {"mistake", offsetof(param, mistake), FLOW_CHOICE, "", "none", 0, 0, "none|place|nan", '-', "",
     "A wrong call."},
    {"budget", offsetof(param, budget), FLOW_TEXT, "", "", 0, 0, NULL, '-', "", "Whose money."},
    FLOW_FIELD_END};

static flow_err spend(flow_turn *turn)
{
    const param *p = turn->param;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        const double usd = p->mistake == 2 ? (double)NAN : p->usd * (i + 1);
        turn->own[0][i] = flow_turn_spend(turn, p->mistake == 1 ? i + 9 : i, usd);
    }
    return FLOW_OK;
}

#define SPENDER(id, title, list)                                                                   \
    static const flow_module id = {.version = FLOW_MODULE_VERSION,                                 \
                                   .kind = FLOW_RESPONSE,                                          \
                                   .name = title,                                                  \
                                   .help = "A response for tests.",                                \
                                   .source = "test",                                               \
                                   .many = true,                                                   \
                                   .field = fields,                                                \
                                   .param_size = sizeof(param),                                    \
                                   .writes = list,                                                 \
                                   .step = spend}
SPENDER(spender, "spender", "awareness,cost");
SPENDER(sloppy, "sloppy", "awareness");

static const char places[] = "name,kind,population,country,region,latitude,longitude,capacity\n"
                             "Alder,town,1000,Inland,,1,1,\nBirch,town,500,Inland,,1,2,\n";
static const char links[] = "from,to,length_km\nAlder,Birch,10\n";

/// Five days around the end of January, or so many.
static flow_err load(const char *yaml, const char *pledges, int days, flow_scenario **out)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "libflow: 1\nperiod: {start: 2026-01-30, days: %d}\nmovement: {rule: none}\n%s",
                   days, yaml);
    const flow_file files[] = {{"scenario.yaml", text, (int64_t)strlen(text)},
                               {"places.csv", places, sizeof places - 1},
                               {"links.csv", links, sizeof links - 1},
                               {"pledges.csv", pledges, (int64_t)strlen(pledges)}};
    static const flow_module *const modules[] = {&spender, &sloppy};
    const flow_load_options options = {.module = modules, .n_module = 2};
    return flow_scenario_load_memory(files, 4, &options, out);
}

typedef struct run {
    flow_scenario *s;
    flow_model *m;
} run;

static run begin(const char *yaml, const char *pledges)
{
    run r;
    cr_assert_eq(load(yaml, pledges, 5, &r.s), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_model_create(r.s, NULL, &r.m), FLOW_OK, "%s", flow_error_text());
    return r;
}

static void end(run *r)
{
    flow_model_free(r->m);
    flow_scenario_free(r->s);
}

static void step(run *r)
{
    cr_assert_eq(flow_model_step(r->m), FLOW_OK, "%s", flow_error_text());
}

static double observe(const run *r, const char *name)
{
    double value = -1.0;
    cr_assert_eq(flow_model_observe(r->m, name, &value, 1), FLOW_OK, "%s", flow_error_text());
    return value;
}

static flow_budget budget(const run *r, int32_t i)
{
    flow_budget b;
    cr_assert_eq(flow_model_budget(r->m, i, &b), FLOW_OK, "%s", flow_error_text());
    return b;
}

static flow_account account(const run *r, int32_t i)
{
    flow_account a;
    cr_assert_eq(flow_model_account(r->m, i, &a), FLOW_OK, "%s", flow_error_text());
    return a;
}

/// Cents of an account, all months and places.
static int64_t ledger_sum(const run *r, int32_t i)
{
    double usd[64];
    const int64_t n = (int64_t)flow_scenario_n_month(r->s) * 2;
    cr_assert_leq(n, 64);
    cr_assert_eq(flow_model_ledger(r->m, i, usd, n), FLOW_OK, "%s", flow_error_text());
    double sum = 0.0;
    for (int64_t k = 0; k < n; k++) { sum += usd[k]; }
    return (int64_t)floor(100.0 * sum + 0.5);
}

Test(ledger, without_a_budget_all_is_granted_and_booked_by_month_and_place)
{
    run r = begin("spender: {usd: 7.25}\n", "");
    cr_assert_eq(flow_scenario_n_account(r.s), 1);
    cr_assert_str_eq(flow_scenario_account(r.s, 0), "spender");
    cr_assert_null(flow_scenario_account(r.s, 1));
    cr_assert_eq(flow_scenario_n_month(r.s), 2); // 2 days of January, 3 of February
    for (int day = 0; day < 5; day++) { step(&r); }
    double usd[4], rate[2];
    cr_assert_eq(flow_model_ledger(r.m, 0, usd, 4), FLOW_OK);
    const double expected[4] = {14.5, 29.0, 21.75, 43.5};
    for (int i = 0; i < 4; i++) { cr_expect_float_eq(usd[i], expected[i], 1e-12, "%g", usd[i]); }
    cr_assert_eq(flow_model_observe(r.m, "cost__spender", rate, 2), FLOW_OK);
    cr_expect_float_eq(rate[1], 14.5, 1e-12);
    cr_expect_float_eq(observe(&r, "cost_total"), 108.75, 1e-12);
    cr_expect_eq(account(&r, -1).spent, 10875);
    cr_expect_eq(flow_model_ledger(r.m, 1, usd, 4), FLOW_ERANGE);
    cr_expect_eq(flow_model_ledger(r.m, 0, usd, 3), FLOW_ERANGE);
    end(&r);
}

Test(ledger, parts_of_a_cent_are_carried_until_they_are_whole)
{
    run r = begin("spender: {usd: 0.0037}\n", "");
    for (int day = 0; day < 5; day++) { step(&r); }
    cr_expect_eq(account(&r, 0).spent, 5); // 5 * 3 * 0.37 cents = 5.55
    end(&r);
}

// Property: money in = spent + left, spent is never above what was given, at every step.
TestSuite(balance);
Test(balance, money_in_is_what_was_spent_and_what_is_left)
{
    run r = begin("budget:\n"
                  "  - {name: pool, amount: 60, coverage: 0.75, pledges: pledges.csv}\n"
                  "  - {name: own, amount: 1000.01, start: 2026-01-30, end: 2026-02-05, spread: "
                  "true}\n"
                  "spender:\n"
                  "  - {name: a, usd: 10.004, budget: pool}\n"
                  "  - {name: b, usd: 3.333, budget: pool}\n"
                  "  - {name: c, usd: 71.7, budget: own}\n",
                  "date,amount\n2026-02-01,33.33\n");
    cr_assert_eq(flow_scenario_n_budget(r.s), 2);
    int64_t before = 0;
    for (int day = 0; day < 5; day++) {
        step(&r);
        const flow_budget pool = budget(&r, 0), own = budget(&r, 1);
        cr_expect_str_eq(pool.name, "budget_pool");
        cr_expect_eq(pool.given, day < 2 ? 4500 : 6999, "day %d: %lld", day,
                     (long long)pool.given); // 0.75 * 60; + 0.75 * 33.33, whole cents
        cr_expect_eq(pool.spent, account(&r, 0).spent + account(&r, 1).spent);
        cr_expect_eq(pool.given, pool.spent + pool.left);
        cr_expect_geq(pool.left, 0);
        cr_expect_eq(own.spent, account(&r, 2).spent);
        cr_expect_eq(own.given, own.spent + own.left);
        cr_expect_geq(own.left, 0);
        int64_t all = 0;
        for (int i = 0; i < 3; i++) {
            cr_expect_eq(ledger_sum(&r, i), account(&r, i).spent);
            cr_expect_leq(account(&r, i).spent, account(&r, i).asked);
            all += account(&r, i).spent;
        }
        cr_expect_eq(account(&r, -1).spent, all);
        cr_expect_geq(all, before);
        before = all;
        cr_expect_float_eq(observe(&r, "budget_left"), 0.01 * (double)(pool.left + own.left), 1e-9);
    }
    cr_expect_eq(budget(&r, 0).left, 0);       // all was needed
    cr_expect_eq(account(&r, 2).spent, 83334); // 5 of the 6 days of the money, whole cents
    end(&r);
}

Test(ledger, who_stands_first_is_served_first)
{
    run r = begin("budget: {amount: 40}\n"
                  "spender:\n"
                  "  - {name: a, usd: 10, budget: budget}\n"
                  "  - {name: b, usd: 5, budget: budget}\n",
                  "");
    double share[2];
    step(&r);
    cr_expect_eq(account(&r, 0).spent, 3000); // 10 + 20
    cr_assert_eq(flow_model_observe(r.m, "awareness__spender_b", share, 2), FLOW_OK);
    cr_expect_float_eq(share[0], 1.0, 1e-12);
    cr_expect_float_eq(share[1], 0.5, 1e-12); // 5 of 10
    step(&r);
    cr_expect_eq(account(&r, 0).spent, 3000);
    cr_assert_eq(flow_model_observe(r.m, "awareness__spender_a", share, 2), FLOW_OK);
    cr_expect_float_eq(share[0], 0.0, 1e-12);
    double rate[2];
    cr_assert_eq(flow_model_observe(r.m, "cost", rate, 2), FLOW_OK);
    cr_expect_float_eq(rate[0] + rate[1], 0.0, 1e-12);
    end(&r);
}

Test(ledger, nothing_is_paid_before_the_start_and_after_the_end)
{
    run r = begin("budget: {amount: 1000, start: 2026-01-31, end: 2026-02-02}\n"
                  "spender: {usd: 1, budget: budget}\n",
                  "");
    const int64_t spent[5] = {0, 300, 600, 600, 600};
    for (int day = 0; day < 5; day++) {
        step(&r);
        cr_expect_eq(account(&r, 0).spent, spent[day], "day %d", day);
    }
    cr_expect_eq(account(&r, 0).asked, 1500);
    end(&r);
}

Test(ledger, funding_is_the_share_of_all_that_is_there)
{
    run r = begin("spender: {usd: 10}\n", "");
    cr_assert_eq(flow_model_assign(r.m, "funding", (const double[]){0.35}, 1), FLOW_OK);
    step(&r);
    double share[2];
    cr_assert_eq(flow_model_observe(r.m, "awareness__spender", share, 2), FLOW_OK);
    cr_expect_float_eq(share[1], 0.35, 1e-12);
    cr_expect_eq(account(&r, 0).spent, 1050);
    end(&r);
}

Test(ledger, a_saved_model_goes_on_with_the_same_money)
{
    const char *yaml =
        "budget: {amount: 100, spread: true}\nspender: {usd: 10.004, budget: budget}\n";
    run a = begin(yaml, ""), b = begin(yaml, "");
    const char *path = "test_ledger.state";
    for (int day = 0; day < 2; day++) { step(&a); }
    cr_assert_eq(flow_model_save(a.m, path), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_model_load(b.m, path), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(budget(&a, 0).left, budget(&b, 0).left);
    for (int day = 2; day < 5; day++) {
        step(&a);
        step(&b);
    }
    cr_expect_eq(ledger_sum(&a, 0), ledger_sum(&b, 0));
    cr_expect_eq(account(&a, 0).asked, account(&b, 0).asked);
    cr_expect_eq(flow_model_checksum(a.m), flow_model_checksum(b.m));
    cr_assert_eq(flow_model_reset(a.m, 0, 0), FLOW_OK);
    cr_expect_eq(account(&a, 0).spent, 0);
    (void)remove(path);
    end(&a);
    end(&b);
}

Test(ledger, a_result_file_holds_it)
{
    flow_scenario *s;
    cr_assert_eq(load("budget: {amount: 100}\nspender: {usd: 7.25, budget: budget}\n", "", 5, &s),
                 FLOW_OK, "%s", flow_error_text());
    const char *path = "test_ledger.nc";
    const flow_run_options options = {.output = path, .replace = true};
    cr_assert_eq(flow_run(s, &options, NULL), FLOW_OK, "%s", flow_error_text());
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t data = H5Dopen2(file, "/ledger/spent", H5P_DEFAULT);
    double usd[4] = {0.0};
    cr_assert_geq(H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, usd), 0);
    const double expected[4] = {14.5, 29.0, 21.75, 34.75}; // 100 USD, the last day in part
    for (int i = 0; i < 4; i++) { cr_expect_float_eq(usd[i], expected[i], 1e-9, "%g", usd[i]); }
    (void)H5Dclose(data);
    (void)H5Fclose(file);
    (void)remove(path);
    flow_scenario_free(s);
}

Test(ledger, wrong_calls_end_the_step)
{
    static const char *const yaml[] = {"spender: {mistake: place}\n", "spender: {mistake: nan}\n",
                                       "sloppy: {}\n"};
    static const char *const why[] = {"a place and an amount from 0 to 1e12 were expected",
                                      "it asks for nan USD", "writes the quantity cost"};
    for (int i = 0; i < 3; i++) {
        run r = begin(yaml[i], "");
        cr_expect_neq(flow_model_step(r.m), FLOW_OK);
        cr_expect_not_null(strstr(flow_error_text(), why[i]), "%s", flow_error_text());
        end(&r);
    }
}

Test(ledger, a_budget_must_be_there_and_last)
{
    flow_scenario *s;
    cr_expect_eq(load("spender: {budget: main}\n", "", 5, &s), FLOW_EINPUT);
    cr_expect_not_null(strstr(flow_error_text(), "spender.budget: there is no budget 'main'"), "%s",
                       flow_error_text());
    cr_expect_eq(load("budget: {start: 2026-02-01, end: 2026-02-01}\n", "", 5, &s), FLOW_EINPUT);
    cr_expect_not_null(strstr(flow_error_text(), "the budget ends before it starts"), "%s",
                       flow_error_text());
}

Test(ledger, months_are_those_of_the_calendar)
{
    int32_t day, other;
    cr_assert(flow_date_parse("2025-12-31", &day) && flow_date_parse("2026-01-01", &other));
    cr_expect_eq(flow_month(other) - flow_month(day), 1);
    cr_assert(flow_date_parse("2024-02-29", &day));
    cr_expect_eq(flow_month(other) - flow_month(day), 23);
}
