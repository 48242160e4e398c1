// scenarios/somalia-floods-2018 beside the counts of people who moved.
#include "../libflow/destination.h"
#include "../libflow/model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { n_week = 12, n_district = 13 };

static const char *const district[n_district] = {
    "Belet Weyne", "Jalalaqsi", "Jowhar", "Luuq",    "Baardheere",   "Balcad", "Saakow",
    "Garbahaarey", "Qoryooley", "Jilib",  "Bu'aale", "Kurtunwaarey", "Jamaame"};

/// Weeks from the ninth of April of people counted, by district: prmn.csv of the scenario.
static void read_counts(double counted[n_district][n_week])
{
    FILE *file = fopen("scenarios/somalia-floods-2018/prmn.csv", "r");
    char line[128];
    cr_assert_not_null(file);
    memset(counted, 0, sizeof(double[n_district][n_week]));
    while (fgets(line, sizeof line, file) != NULL) {
        char *week = strchr(line, ',');
        char *people = week != NULL ? strchr(week + 1, ',') : NULL;
        if (people == NULL || week[1] != '2') { continue; } // header, remark
        *week++ = *people++ = '\0';
        const int month = atoi(week + 5), day = atoi(week + 8);
        const int since = (month > 4 ? 30 : 0) + (month > 5 ? 31 : 0) + day - 9;
        int d = 0;
        while (d < n_district && strcmp(line, district[d]) != 0) { d++; }
        cr_assert(d < n_district && since % 7 == 0 && since / 7 < n_week, "%s %s", line, week);
        counted[d][since / 7] += atof(people);
    }
    (void)fclose(file);
}

static flow_scenario *load(void)
{
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load("scenarios/somalia-floods-2018", NULL, &s), FLOW_OK, "%s",
                 flow_error_text());
    cr_expect_eq(flow_scenario_n_warning(s), 0);
    cr_expect_eq(flow_scenario_n_step(s), 228);
    return s;
}

static flow_model *start(const flow_scenario *s, int32_t threads)
{
    flow_model *m = NULL;
    const flow_model_options options = {.threads = threads};
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    return m;
}

Test(somalia_floods, any_number_of_threads_gives_the_same)
{
    static const int32_t threads[] = {1, 3, 4};
    uint64_t sum[3];
    flow_scenario *s = load();
    for (int i = 0; i < 3; i++) {
        flow_model *m = start(s, threads[i]);
        for (int t = 0; t < 228; t++) {
            cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
            cr_assert_eq(flow_model_persons(m), flow_model_entered(m), "nobody is lost");
        }
        sum[i] = flow_model_checksum(m);
        flow_model_free(m);
    }
    cr_expect_eq(sum[1], sum[0]);
    cr_expect_eq(sum[2], sum[0]);
    flow_scenario_free(s);
}

/// People at a place whom a flood has driven from home.
static void displaced(const flow_model *m, double *all, double *sites)
{
    enum { n_class = FLOW_N_CAUSE + 1 };
    double *people = calloc((size_t)m->s->n_place * n_class, sizeof *people);
    cr_assert_not_null(people);
    cr_assert_eq(flow_model_observe(m, "people_by_cause", people, (int64_t)m->s->n_place * n_class),
                 FLOW_OK, "%s", flow_error_text());
    *all = *sites = 0.0;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        const double n = people[p * n_class + FLOW_CAUSE_FLOOD];
        *all += n;
        if (m->s->place_kind[p] == FLOW_IDP_CAMP) { *sites += n; }
    }
    free(people);
}

Test(somalia_floods, people_leave_when_and_where_they_were_counted)
{
    double counted[n_district][n_week], left[n_district][n_week] = {{0}};
    double week[n_week] = {0}, counted_week[n_week] = {0}, total = 0.0, counted_total = 0.0;
    read_counts(counted);
    flow_scenario *s = load();
    flow_model *m = start(s, 1);
    for (int t = 0; t < 2 * 7 * n_week; t++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        for (int d = 0; d < n_district; d++) {
            const int32_t p = flow_scenario_place(s, district[d]);
            cr_assert_geq(p, 0);
            left[d][t / 14] += (double)m->to->by_cause[(int64_t)FLOW_CAUSE_FLOOD * s->n_place + p];
        }
        if (t == 2 * 47 - 1) { // OCHA, 25 May: 231,335 displaced
            double all, sites;
            displaced(m, &all, &sites);
            cr_expect_lt(fabs(all / 231335 - 1.0), 0.1, "%g displaced on 25 May", all);
            // PRMN: 0.93 of all moves within the district; 0.87 to 0.96 by week and place.
            cr_expect(sites / all > 0.87 && sites / all < 0.96, "%g near home", sites / all);
        }
    }
    for (int d = 0; d < n_district; d++) {
        double sum = 0.0, counted_sum = 0.0;
        for (int w = 0; w < n_week; w++) {
            sum += left[d][w];
            counted_sum += counted[d][w];
            week[w] += left[d][w];
            counted_week[w] += counted[d][w];
        }
        cr_expect_lt(fabs(sum / counted_sum - 1.0), 0.2, "%s: %g left, %g were counted",
                     district[d], sum, counted_sum);
        total += sum;
        counted_total += counted_sum;
    }
    cr_expect_eq(counted_total, 254901, "%g", counted_total);
    cr_expect_lt(fabs(total / counted_total - 1.0), 0.05, "%g, %g", total, counted_total);
    double off = 0.0;
    for (int w = 0; w < n_week; w++) { off += fabs(week[w] - counted_week[w]) / counted_total; }
    cr_expect_lt(off, 0.2, "by week %g of the people are off", off);
    cr_expect_lt(fabs(week[2] / counted_week[2] - 1.0), 0.15, "the first wave: %g", week[2]);
    cr_expect_lt(fabs(week[6] / counted_week[6] - 1.0), 0.15, "the second one: %g", week[6]);
    for (; m->day < s->n_step;) { cr_assert_eq(flow_model_step(m), FLOW_OK); }
    double all, sites;
    displaced(m, &all, &sites);
    cr_expect(all > 0.1 * total && all < 0.4 * total, "%g are still away in the end", all);
    flow_model_free(m);
    flow_scenario_free(s);
}
