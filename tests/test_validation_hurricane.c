// Where the people of nine counties went after the hurricanes of 2005, each county predicted from
// fits to the eight others; and how many left, by damage.
//
// Used of a county predicted: how many people left it, its place and its state. Nothing of where
// they went enters: neither the fit, nor the ties, nor the attraction of places.
#include "../libflow/balance.h"
#include "../libflow/calibrate.h"
#include "../libflow/row.h"
#include "validation.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_HIT = 9, MOST_ORIGINS = 60, MOST = 900, N_FEATURE = 4 };

/// Share of homes severely damaged, %, where known (GNOCDC 2006 from FEMA inspections, "Current
/// housing unit damage estimates"); -1: not in that source.
static const struct {
    int32_t county;
    const char *name;
    double damage;
} hit[N_HIT] = {
    {22087, "St Bernard", 55.0}, {22075, "Plaquemines", 44.0}, {22071, "Orleans", 42.0},
    {22051, "Jefferson", 2.7},   {22103, "St Tammany", 2.4},   {22023, "Cameron", -1.0},
    {28045, "Hancock", -1.0},    {28047, "Harrison", -1.0},    {28059, "Jackson", -1.0}};

/// Moves between counties.
typedef struct moves {
    int32_t n;            ///< counties with coordinates
    int32_t county[MOST]; ///< ascending
    double lat[MOST], lon[MOST];
    int32_t n_origin;             ///< hit ones first
    int32_t origin[MOST_ORIGINS]; ///< index of county
    double stayed[MOST_ORIGINS], left[MOST_ORIGINS];
    double flow[MOST_ORIGINS][MOST]; ///< people who moved
    double km[MOST_ORIGINS][MOST];
    double attraction[MOST]; ///< logarithm
} moves;
static moves data;

static int32_t index_of(int32_t county)
{
    int32_t low = 0, high = data.n;
    while (low < high) {
        const int32_t middle = (low + high) / 2;
        if (data.county[middle] < county) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < data.n && data.county[low] == county ? low : -1;
}

static int32_t origin_of(int32_t county)
{
    for (int32_t o = 0; o < data.n_origin; o++) {
        if (data.county[data.origin[o]] == county) { return o; }
    }
    data.origin[data.n_origin] = index_of(county);
    cr_assert_geq(data.origin[data.n_origin], 0);
    return data.n_origin++;
}

static void load(void)
{
    flow_table *places = validation_table("hurricane/us_county_centroids.csv");
    flow_table *flows = validation_table("hurricane/us_county_flows_2005_2006.csv");
    for (int64_t r = 0; r < flow_table_n_row(places); r++) {
        data.county[data.n] = (int32_t)validation_number(places, r, "geoid");
        data.lat[data.n] = validation_number(places, r, "lat");
        data.lon[data.n] = validation_number(places, r, "lon");
        cr_assert(data.n == 0 || data.county[data.n - 1] < data.county[data.n]);
        data.n++;
    }
    for (int h = 0; h < N_HIT; h++) { (void)origin_of(hit[h].county); }
    for (int64_t r = 0; r < flow_table_n_row(flows); r++) {
        const int32_t o = origin_of((int32_t)validation_number(flows, r, "origin"));
        const int32_t j = index_of((int32_t)validation_number(flows, r, "destination"));
        const double people = validation_number(flows, r, "persons");
        if (j < 0) { continue; } // 53 rows, 2,995 people: Alaska, Hawaii, Washington DC
        if (j == data.origin[o]) {
            data.stayed[o] = people;
        } else {
            data.flow[o][j] = people;
            data.left[o] += people;
        }
    }
    for (int32_t o = 0; o < data.n_origin; o++) {
        const int32_t i = data.origin[o];
        for (int32_t j = 0; j < data.n; j++) {
            data.km[o][j] = validation_km(data.lat[i], data.lon[i], data.lat[j], data.lon[j]);
        }
    }
    flow_table_free(flows);
    flow_table_free(places);
}

static double rate(int32_t origin)
{
    return data.left[origin] / (data.left[origin] + data.stayed[origin]);
}

static double same_state(int32_t origin, int32_t j)
{
    return data.county[data.origin[origin]] / 1000 == data.county[j] / 1000;
}

// How many leave
// ------------------------------------------------------------------------------------

Test(validation_hurricane, more_leave_where_more_is_damaged)
{
    load();
    double unhit[MOST_ORIGINS];
    for (int32_t o = N_HIT; o < data.n_origin; o++) { unhit[o - N_HIT] = rate(o); }
    const double median = flow_quantile(unhit, data.n_origin - N_HIT, 0.5);
    const double most = flow_quantile(unhit, data.n_origin - N_HIT, 1.0);
    (void)printf("Share that left: %d counties not hit: median %.3f, largest %.3f\n",
                 (int)data.n_origin - N_HIT, median, most);
    int ordered = 0, reversed = 0;
    for (int h = 0; h < N_HIT; h++) {
        (void)printf("  %-12s %.3f", hit[h].name, rate(h));
        (void)printf(hit[h].damage >= 0.0 ? "  severe damage %.1f %%\n" : "\n", hit[h].damage);
        cr_expect_gt(rate(h), most, "%s: %.3f", hit[h].name, rate(h));
        for (int k = 0; k < h; k++) {
            if (hit[h].damage < 0.0) { continue; }
            ordered += rate(k) > rate(h); // they are listed by damage
            reversed += rate(k) < rate(h);
        }
    }
    (void)printf("  pairs in the order of damage: %d, reversed: %d\n", ordered, reversed);
    (void)fflush(stdout);
    // Ten pairs of five parishes; Plaquemines (44 %) and Orleans (42 %) are the one reversed.
    cr_expect(ordered == 9 && reversed == 1);
    // The three flooded parishes before all others.
    for (int h = 3; h < N_HIT; h++) {
        for (int k = 0; k < 3; k++) { cr_expect_gt(rate(k), rate(h)); }
    }
}

// Where they go
// -------------------------------------------------------------------------------------

/// Rows of choices: all counties but the own one.
typedef struct rows {
    int64_t first[MOST_ORIGINS + 1];
    double x[MOST_ORIGINS * MOST * N_FEATURE], count[MOST_ORIGINS * MOST],
        offset[MOST_ORIGINS * MOST];
    int32_t target[MOST_ORIGINS * MOST];
    flow_choices choices;
} rows;
static rows train, test;

/// Power of the distance in the weight of ties.
static double tie_power = 2.0;

/// What people of other hit counties say of a place: the mean of the shares that went there,
/// weighted by closeness to here (1 / km^2). One in ten thousand is added, about what the source
/// hides: flows below ten returns.
static double tie(int32_t origin, int32_t skipped, int32_t j)
{
    double sum = 0.0, weights = 0.0;
    for (int32_t h = 0; h < N_HIT; h++) {
        if (h == origin || h == skipped) { continue; }
        const double w = pow(data.km[origin][data.origin[h]], -tie_power);
        weights += w;
        sum += w * data.flow[h][j] / data.left[h];
    }
    return log(sum / weights + 1e-4);
}

static void begin(rows *r, int32_t n_feature)
{
    r->choices =
        (flow_choices){.n_feature = n_feature, .first = r->first, .x = r->x, .count = r->count};
}

/// Add the people of an origin; ties do not look at `skipped`.
static void add(rows *r, int32_t origin, int32_t skipped)
{
    int64_t n = r->first[r->choices.n_situation];
    const int32_t k = r->choices.n_feature;
    for (int32_t j = 0; j < data.n; j++) {
        if (j == data.origin[origin]) { continue; }
        double *x = &r->x[n * k];
        x[0] = log(data.km[origin][j]);
        x[1] = same_state(origin, j);
        if (k > 2) { x[2] = data.attraction[j]; }
        if (k > 3) { x[3] = tie(origin, skipped, j); }
        r->offset[n] = data.attraction[j];
        r->target[n] = j;
        r->count[n++] = data.flow[origin][j];
    }
    r->first[++r->choices.n_situation] = n;
}

/// Attraction of each county to people of counties not hit, once distance and state are accounted
/// for: the balancing factors of a doubly constrained gravity model (20 people more everywhere, for
/// flows the source hides), its coefficients fitted in turn.
static void attract(double b[2])
{
    const int32_t n_origin = data.n_origin - N_HIT;
    static double log_weight[MOST_ORIGINS * MOST], leave[MOST_ORIGINS], arrive[MOST];
    static double log_leave[MOST_ORIGINS];
    double all = 0.0, all_left = 0.0;
    begin(&train, 2);
    for (int32_t o = N_HIT; o < data.n_origin; o++) { add(&train, o, -1); }
    for (int32_t j = 0; j < data.n; j++) {
        arrive[j] = 20.0;
        for (int32_t o = N_HIT; o < data.n_origin; o++) { arrive[j] += data.flow[o][j]; }
        all += arrive[j];
    }
    for (int32_t o = 0; o < n_origin; o++) { all_left += data.left[N_HIT + o]; }
    for (int32_t o = 0; o < n_origin; o++) { leave[o] = data.left[N_HIT + o] * all / all_left; }
    flow_balance_input in = {.n_origin = n_origin,
                             .n_target = data.n,
                             .first = train.first,
                             .target = train.target,
                             .log_weight = log_weight,
                             .leave = leave,
                             .arrive = arrive,
                             .tolerance = 1e-6,
                             .most_rounds = 1000};
    const int64_t n = train.first[n_origin];
    b[0] = -1.5;
    b[1] = 1.0;
    for (int round = 0; round < 8; round++) {
        for (int64_t r = 0; r < n; r++) {
            log_weight[r] = b[0] * train.x[2 * r] + b[1] * train.x[2 * r + 1];
        }
        cr_assert_eq(flow_balance(&in, log_leave, data.attraction, NULL), FLOW_OK, "%s",
                     flow_error_text());
        for (int64_t r = 0; r < n; r++) { train.offset[r] = data.attraction[train.target[r]]; }
        train.choices.offset = train.offset;
        flow_logit fit;
        cr_assert_eq(flow_logit_fit(&train.choices, NULL, &fit), FLOW_OK, "%s", flow_error_text());
        b[0] = fit.b[0];
        b[1] = fit.b[1];
        flow_logit_clear(&fit);
    }
    double mean = 0.0;
    for (int32_t j = 0; j < data.n; j++) { mean += data.attraction[j] / data.n; }
    for (int32_t j = 0; j < data.n; j++) { data.attraction[j] -= mean; }
}

/// Predictions of all hit counties side by side.
typedef struct guess {
    double people[N_HIT][MOST];
} guess;

static double compare(const char *name, const guess *g)
{
    static double seen[N_HIT * MOST], said[N_HIT * MOST];
    double each[N_HIT];
    for (int h = 0; h < N_HIT; h++) {
        memcpy(seen + h * data.n, data.flow[h], (size_t)data.n * sizeof *seen);
        memcpy(said + h * data.n, g->people[h], (size_t)data.n * sizeof *said);
        each[h] = flow_cpc(data.n, data.flow[h], g->people[h]);
    }
    const double all = flow_cpc((int64_t)N_HIT * data.n, seen, said);
    (void)printf("  %-34s %.3f ", name, all);
    for (int h = 0; h < N_HIT; h++) { (void)printf(" %.2f", each[h]); }
    (void)printf("\n");
    (void)fflush(stdout);
    return all;
}

static void predict(const flow_logit *fit, int32_t h, guess *out)
{
    static double share[MOST];
    flow_logit_shares(&test.choices, fit->b, share);
    memset(out->people[h], 0, sizeof out->people[h]);
    for (int64_t r = 0; r < test.first[1]; r++) {
        out->people[h][test.target[r]] = share[r] * data.left[h];
    }
}

/// Each county from a fit to the eight others.
static double leave_one_out(const char *name, int32_t n_feature)
{
    static guess g;
    for (int32_t h = 0; h < N_HIT; h++) {
        begin(&train, n_feature);
        for (int32_t o = 0; o < N_HIT; o++) {
            if (o != h) { add(&train, o, h); }
        }
        flow_logit fit;
        cr_assert_eq(flow_logit_fit(&train.choices, NULL, &fit), FLOW_OK, "%s", flow_error_text());
        begin(&test, n_feature);
        add(&test, h, h);
        predict(&fit, h, &g);
        flow_logit_clear(&fit);
    }
    return compare(name, &g);
}

/// @param no_state  hold the coefficient of the same state at 0.
static flow_logit fit_counties(int32_t first, int32_t end, int32_t n_feature, bool no_state)
{
    static const double mean[N_FEATURE] = {0.0},
                        sd[N_FEATURE] = {(double)INFINITY, 1e-9, (double)INFINITY,
                                         (double)INFINITY};
    flow_logit fit;
    begin(&train, n_feature);
    for (int32_t o = first; o < end; o++) { add(&train, o, -1); }
    if (no_state) {
        train.choices.prior_mean = mean;
        train.choices.prior_sd = sd;
    }
    cr_assert_eq(flow_logit_fit(&train.choices, NULL, &fit), FLOW_OK, "%s", flow_error_text());
    return fit;
}

static double fitted(const char *name, const flow_logit *fit)
{
    static guess g;
    for (int32_t h = 0; h < N_HIT; h++) {
        begin(&test, fit->n_feature);
        add(&test, h, -1);
        predict(fit, h, &g);
    }
    return compare(name, &g);
}

/// Nothing to fit: radiation with attraction as the people of a place, and the ties alone.
static void trivial(double *radiation, double *ties)
{
    static guess g;
    static double people[MOST];
    static int32_t order[MOST];
    for (int32_t j = 0; j < data.n; j++) { people[j] = exp(data.attraction[j]); }
    const flow_row_rule rule = flow_row_rule_init(FLOW_ROW_RADIATION);
    for (int32_t h = 0; h < N_HIT; h++) {
        flow_row_input in = {.n = data.n,
                             .stay = data.origin[h],
                             .distance = data.km[h],
                             .population = people[data.origin[h]]};
        in.term[FLOW_TERM_POPULATION] = people;
        cr_assert_eq(flow_row_fill(&rule, &in, order, g.people[h], NULL), FLOW_OK, "%s",
                     flow_error_text());
        for (int32_t j = 0; j < data.n; j++) { g.people[h][j] *= data.left[h]; }
    }
    *radiation = compare("radiation (attraction as people)", &g);
    for (int32_t h = 0; h < N_HIT; h++) {
        double sum = 0.0;
        for (int32_t j = 0; j < data.n; j++) {
            g.people[h][j] = j == data.origin[h] ? 0.0 : exp(tie(h, h, j)) - 1e-4;
            sum += g.people[h][j];
        }
        for (int32_t j = 0; j < data.n; j++) { g.people[h][j] *= data.left[h] / sum; }
    }
    *ties = compare("ties alone: shares of the others", &g);
}

Test(validation_hurricane, a_left_out_county_is_predicted_from_the_others)
{
    load();
    double b[2], radiation, ties;
    attract(b);
    (void)printf("People not hit: distance %.2f, same state %.2f\n", b[0], b[1]);
    flow_logit calm = fit_counties(N_HIT, data.n_origin, 3, true);
    flow_logit storm = fit_counties(0, N_HIT, 3, true);
    const double flatter = storm.b[0] - calm.b[0];
    (void)printf("Two features, not hit / hit: distance %.2f / %.2f\n", calm.b[0], storm.b[0]);
    flow_logit_clear(&calm);
    flow_logit_clear(&storm);
    calm = fit_counties(N_HIT, data.n_origin, 3, false);
    storm = fit_counties(0, N_HIT, 3, false);
    flow_logit full = fit_counties(0, N_HIT, 4, false);
    (void)printf("Three features, not hit / hit: distance %.2f / %.2f, same state %.2f / %.2f, "
                 "attraction %.2f / %.2f\n",
                 calm.b[0], storm.b[0], calm.b[1], storm.b[1], calm.b[2], storm.b[2]);
    (void)printf("Four features, hit: distance %.2f, same state %.2f, attraction %.2f, ties %.2f\n",
                 full.b[0], full.b[1], full.b[2], full.b[3]);
    (void)printf("CPC of all nine, and of");
    for (int h = 0; h < N_HIT; h++) { (void)printf(" %s%s", hit[h].name, h < 8 ? "," : "\n"); }
    const double transfer = fitted("gravity of people not hit", &calm);
    trivial(&radiation, &ties);
    const double three = leave_one_out("left out: distance, state, places", 3);
    const double four = leave_one_out("left out: and ties", 4);
    const double inside = fitted("in sample: and ties", &full);
    for (int power = 0; power < 4; power++) { // the choice of 2 is not what makes it work
        char name[64];
        (void)snprintf(name, sizeof name, "left out: ties weighted by 1 / km^%d", power);
        tie_power = power;
        cr_expect_gt(leave_one_out(name, 4), 0.56);
    }
    // Asked for: at least 0.55 out of sample, 0.60 with ties and economy.
    cr_expect_geq(four, 0.60);
    cr_expect_geq(three, 0.52);
    cr_expect(four > three && four > ties && four > transfer && four > radiation);
    cr_expect_geq(inside, four - 0.02);
    // Those who must leave go farther: the exponent is flatter, and the own state holds them less.
    cr_expect(flatter > 0.2 && flatter < 0.7, "%g", flatter);
    cr_expect_lt(storm.b[1], 0.6 * calm.b[1]);
    flow_logit_clear(&calm);
    flow_logit_clear(&storm);
    flow_logit_clear(&full);
}
