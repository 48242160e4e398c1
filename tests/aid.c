#include "aid.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char places[] =
    "name,kind,initial_idps,population,capacity,country,region,latitude,longitude\n"
    "Alder,town,400,10000,,Inland,,1,1\nBirch,town,100,5000,,Inland,,1,2\n"
    "Cedar,camp,300,0,,Inland,,1,3\nDogwood,camp,200,0,150,Coast,,1,4\n"
    "Elm,town,0,20000,,Coast,,1,5\nFir,town,0,3000,,Island,,1,7\n";
static const char links[] = "from,to,length_km\nAlder,Birch,100\nBirch,Cedar,100\n"
                            "Cedar,Dogwood,100\nDogwood,Elm,100\nElm,Fir,200\n";
static const char still[] = "hop: {default_movechance: 0, camp_movechance: 0, "
                            "idpcamp_movechance: 0}\nspawn: {mode: none}\n";

static flow_err load(const char *yaml, const char *table, const char *text, int days,
                     flow_scenario **out)
{
    char all[4096];
    (void)snprintf(all, sizeof all, "libflow: 1\nperiod: {start: 2026-01-01, days: %d}\n%s%s", days,
                   still, yaml);
    const flow_file files[] = {{"scenario.yaml", all, (int64_t)strlen(all)},
                               {"places.csv", places, sizeof places - 1},
                               {"links.csv", links, sizeof links - 1},
                               {table, text, text != NULL ? (int64_t)strlen(text) : 0}};
    return flow_scenario_load_memory(files, table != NULL ? 4 : 3, NULL, out);
}

static aid model_of(flow_scenario *s, uint32_t member, int threads)
{
    aid a = {.s = s};
    const flow_model_options options = {.seed = 17, .member = member, .threads = threads};
    cr_assert_eq(flow_model_create(s, &options, &a.m), FLOW_OK, "%s", flow_error_text());
    return a;
}

aid aid_make(const char *yaml, const char *table, const char *text, int days)
{
    flow_scenario *s;
    cr_assert_eq(load(yaml, table, text, days, &s), FLOW_OK, "%s", flow_error_text());
    return model_of(s, 0, 1);
}

aid aid_member(const char *yaml, uint32_t member, int threads)
{
    flow_scenario *s;
    cr_assert_eq(load(yaml, NULL, NULL, 40, &s), FLOW_OK, "%s", flow_error_text());
    return model_of(s, member, threads);
}

void aid_refused(const char *yaml, const char *expected)
{
    flow_scenario *s;
    cr_expect_eq(load(yaml, NULL, NULL, 5, &s), FLOW_EINPUT, "%s is taken", yaml);
    cr_expect_not_null(strstr(flow_error_text(), expected), "'%s' is not in: %s", expected,
                       flow_error_text());
    flow_scenario_free(s);
}

void aid_end(aid *a)
{
    flow_model_free(a->m);
    flow_scenario_free(a->s);
}

void aid_steps(aid *a, int n)
{
    for (int i = 0; i < n; i++) {
        cr_assert_eq(flow_model_step(a->m), FLOW_OK, "%s", flow_error_text());
    }
}

void aid_assign(aid *a, const char *quantity, const double *value, int n)
{
    cr_assert_eq(flow_model_assign(a->m, quantity, value, n), FLOW_OK, "%s", flow_error_text());
}

double aid_at(const aid *a, const char *observable, int i, int n)
{
    double value[64];
    cr_assert_leq(n, 64);
    cr_assert_eq(flow_model_observe(a->m, observable, value, n), FLOW_OK, "%s", flow_error_text());
    return value[i];
}

double aid_place(const aid *a, const char *observable, int place)
{
    return aid_at(a, observable, place, AID_N_PLACE);
}

double aid_link(const aid *a, const char *observable, int from, int to)
{
    for (int32_t l = 0; l < a->s->n_link; l++) {
        if (a->s->link_from[l] == from && a->s->link_to[l] == to) {
            return aid_at(a, observable, l, a->s->n_link);
        }
    }
    cr_assert_fail("no link from %d to %d", from, to);
    return 0.0;
}

double aid_country(const aid *a, const char *observable, int country)
{
    return aid_at(a, observable, country, 3);
}

double aid_spent(const aid *a)
{
    return aid_at(a, "cost_total", 0, 1);
}

void aid_is(double found, double expected, const char *what)
{
    cr_expect(fabs(found - expected) <= 1e-9 * fmax(fabs(expected), 1.0), "%s: %.12g, not %.12g",
              what, found, expected);
}
