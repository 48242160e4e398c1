#include "../libflow/row.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const double inf = (double)INFINITY;

/// Fill and compare with the chances expected, to 1e-12.
static void expect_row(const flow_row_rule *rule, const flow_row_input *in, const double *expected,
                       const char *what)
{
    int32_t order[16];
    double weight[16];
    cr_assert_leq(in->n, 16);
    cr_assert_eq(flow_row_fill(rule, in, order, weight, NULL), FLOW_OK, "%s: %s", what,
                 flow_error_text());
    double sum = 0.0;
    for (int32_t j = 0; j < in->n; j++) {
        cr_expect_leq(fabs(weight[j] - expected[j]), 1e-12, "%s, candidate %d: %.15g, not %.15g",
                      what, (int)j, weight[j], expected[j]);
        sum += weight[j];
    }
    cr_expect_leq(fabs(sum - 1.0), 1e-12, "%s: chances add up to %.15g", what, sum);
}

static void expect_refusal(const flow_row_rule *rule, const flow_row_input *in, const char *text)
{
    int32_t order[16];
    double weight[16];
    cr_expect_eq(flow_row_fill(rule, in, order, weight, NULL), FLOW_ERANGE, "'%s' expected", text);
    cr_expect_not_null(strstr(flow_error_text(), text), "'%s', not '%s'", flow_error_text(), text);
}

static flow_row_rule bare(int32_t kind)
{
    flow_row_rule rule = flow_row_rule_init(kind);
    memset(rule.coefficient, 0, sizeof rule.coefficient);
    return rule;
}

// Random utility
// -----------------------------------------------------------------------------------

// McFadden 1974: chances are in proportion to exp(utility).
Test(row, utility_by_distance_alone_is_worked_by_hand)
{
    flow_row_rule rule = bare(FLOW_ROW_UTILITY);
    rule.coefficient[FLOW_TERM_DISTANCE] = -1.0;
    const double distance[] = {10.0, 40.0};
    const flow_row_input in = {.n = 2, .stay = -1, .distance = distance};
    expect_row(&rule, &in, (const double[]){0.8, 0.2}, "1/10 : 1/40"); // 4 : 1
    rule.coefficient[FLOW_TERM_DISTANCE] = -2.0;
    expect_row(&rule, &in, (const double[]){16.0 / 17.0, 1.0 / 17.0}, "1/100 : 1/1600");
    rule.soften = 20.0; // (10 + 20)^-2 : (40 + 20)^-2 = 4 : 1
    expect_row(&rule, &in, (const double[]){0.8, 0.2}, "softened");
    rule.coefficient[FLOW_TERM_DISTANCE] = 0.0;
    rule.coefficient[FLOW_TERM_DECAY] = -log(2.0) / 15.0; // halves every 15 km: 4 : 1
    expect_row(&rule, &in, (const double[]){0.8, 0.2}, "exponential");
}

// All terms at once, against the product of powers that the sum of logarithms is.
Test(row, utility_is_the_product_of_all_its_terms)
{
    enum { N = 3 };
    static const double distance[N] = {31.0, 7.5, 210.0};
    static const double x[FLOW_N_TERM][N] = {
        [FLOW_TERM_POPULATION] = {5100.0, 320.0, 88000.0},
        [FLOW_TERM_WAGE] = {1.4, 0.8, 2.3},
        [FLOW_TERM_UNEMPLOYMENT] = {0.11, 0.31, 0.07},
        [FLOW_TERM_SAFETY] = {0.9, 0.2, 1.0},
        [FLOW_TERM_CAMP] = {0.0, 1.0, 0.0},
        [FLOW_TERM_ROOM] = {1.0, 0.25, 0.6},
        [FLOW_TERM_DIASPORA] = {17.0, 0.0, 940.0},
        [FLOW_TERM_LANGUAGE] = {1.0, 1.0, 0.0},
        [FLOW_TERM_REGION] = {0.0, 1.0, 0.0},
        [FLOW_TERM_HOME] = {12.0, 0.0, 180.0},
        [FLOW_TERM_FEE] = {0.05, 0.0, 1.7},
        [FLOW_TERM_RISK] = {0.01, 0.3, 0.12},
        [FLOW_TERM_SERVICES] = {0.4, 0.7, 1.1},
        [FLOW_TERM_POLICY] = {0.0, 0.0, -0.9},
        [FLOW_TERM_CONSTANT] = {0.13, -0.4, 0.21},
    };
    flow_row_rule rule = bare(FLOW_ROW_UTILITY);
    double *b = rule.coefficient;
    b[FLOW_TERM_DISTANCE] = -1.7;
    b[FLOW_TERM_DECAY] = -0.003;
    b[FLOW_TERM_POPULATION] = 1.2;
    b[FLOW_TERM_WAGE] = 0.7;
    b[FLOW_TERM_UNEMPLOYMENT] = -2.1;
    b[FLOW_TERM_SAFETY] = 1.9;
    b[FLOW_TERM_CAMP] = 0.8;
    b[FLOW_TERM_ROOM] = 1.0;
    b[FLOW_TERM_DIASPORA] = 0.6;
    b[FLOW_TERM_LANGUAGE] = 0.9;
    b[FLOW_TERM_REGION] = 0.4;
    b[FLOW_TERM_HOME] = -0.2;
    b[FLOW_TERM_FEE] = -1.1;
    b[FLOW_TERM_RISK] = -3.0;
    b[FLOW_TERM_SERVICES] = 0.5;
    b[FLOW_TERM_POLICY] = 1.0;
    b[FLOW_TERM_CONSTANT] = 1.0;
    flow_row_input in = {.n = N, .stay = -1, .distance = distance};
    for (int t = FLOW_TERM_POPULATION; t < FLOW_N_TERM; t++) { in.term[t] = x[t]; }
    double w[N], sum = 0.0;
    for (int j = 0; j < N; j++) {
        w[j] = pow(distance[j], -1.7) * exp(-0.003 * distance[j]) *
               pow(x[FLOW_TERM_POPULATION][j], 1.2) * pow(x[FLOW_TERM_WAGE][j], 0.7) *
               x[FLOW_TERM_ROOM][j] * pow(1.0 + x[FLOW_TERM_DIASPORA][j], 0.6) *
               pow(1.0 + x[FLOW_TERM_HOME][j], -0.2) *
               exp(-2.1 * x[FLOW_TERM_UNEMPLOYMENT][j] + 1.9 * x[FLOW_TERM_SAFETY][j] +
                   0.8 * x[FLOW_TERM_CAMP][j] + 0.9 * x[FLOW_TERM_LANGUAGE][j] +
                   0.4 * x[FLOW_TERM_REGION][j] - 1.1 * x[FLOW_TERM_FEE][j] -
                   3.0 * x[FLOW_TERM_RISK][j] + 0.5 * x[FLOW_TERM_SERVICES][j] +
                   x[FLOW_TERM_POLICY][j] + x[FLOW_TERM_CONSTANT][j]);
        sum += w[j];
    }
    double expected[N];
    for (int j = 0; j < N; j++) { expected[j] = w[j] / sum; }
    expect_row(&rule, &in, expected, "all terms");
    // The same in two parts: that of the places once, that of the ways in the row.
    flow_row_input places = in, ways = {.n = N, .stay = -1, .distance = distance};
    double part[N] = {0.0};
    places.distance = NULL;
    for (int t = FLOW_TERM_POPULATION; t < FLOW_N_TERM; t++) {
        if (flow_term_rows[t].of_way) {
            places.term[t] = NULL;
            ways.term[t] = x[t];
        }
    }
    flow_row_utility(&rule, &places, part);
    ways.utility = part;
    expect_row(&rule, &ways, expected, "in two parts");
    // And the logarithm of the sum is that of the weights.
    flow_row_result result;
    double weight[N];
    cr_assert_eq(flow_row_fill(&rule, &in, NULL, weight, &result), FLOW_OK);
    cr_expect_leq(fabs(result.log_sum - log(sum)), 1e-12);
    cr_expect_eq(result.n_reach, N);
    cr_expect_not(result.fell_back);
}

Test(row, who_stays_has_no_way_to_go)
{
    flow_row_rule rule = bare(FLOW_ROW_UTILITY);
    rule.coefficient[FLOW_TERM_DISTANCE] = -1.0;
    rule.coefficient[FLOW_TERM_FEE] = -5.0;
    rule.coefficient[FLOW_TERM_POPULATION] = 1.0;
    rule.stay = log(3.0);
    const double distance[] = {0.0, 2.0, 4.0}, fee[] = {9.0, 0.0, 0.0}, people[] = {4, 4, 8};
    flow_row_input in = {.n = 3, .stay = 0, .distance = distance};
    in.term[FLOW_TERM_FEE] = fee;
    in.term[FLOW_TERM_POPULATION] = people;
    // 3 x 4 : 4 / 2 : 8 / 4
    expect_row(&rule, &in, (const double[]){0.75, 0.125, 0.125}, "stay");
}

// Independence of irrelevant alternatives, and of any constant: properties of the logit.
Test(row, another_place_leaves_the_odds_of_the_others)
{
    flow_row_rule rule = flow_row_rule_init(FLOW_ROW_UTILITY);
    const double distance[] = {31.7, 12.3, 55.0}, people[] = {3170.0, 880.0, 12000.0};
    double constant[] = {0.3, -0.7, 0.1}, w[3], more[3];
    flow_row_input in = {.n = 2, .stay = -1, .distance = distance};
    in.term[FLOW_TERM_POPULATION] = people;
    in.term[FLOW_TERM_CONSTANT] = constant;
    cr_assert_eq(flow_row_fill(&rule, &in, NULL, w, NULL), FLOW_OK);
    in.n = 3;
    for (int j = 0; j < 3; j++) { constant[j] += 31.7; }
    cr_assert_eq(flow_row_fill(&rule, &in, NULL, more, NULL), FLOW_OK);
    cr_expect_leq(fabs(more[0] / more[1] - w[0] / w[1]), 1e-12 * w[0] / w[1]);
}

Test(row, huge_utilities_do_not_overflow)
{
    flow_row_rule rule = bare(FLOW_ROW_UTILITY);
    rule.coefficient[FLOW_TERM_CONSTANT] = 1.0;
    const double up[] = {1e6, 1e6 + log(3.0), -1e6}, down[] = {-1e6 - log(4.0), -1e6, -2e6};
    flow_row_input in = {.n = 3, .stay = -1};
    int32_t order[3];
    in.term[FLOW_TERM_CONSTANT] = up;
    double w[3];
    // ln 3 beside a million is exact to 1e-10 only.
    cr_assert_eq(flow_row_fill(&rule, &in, order, w, NULL), FLOW_OK);
    cr_expect_leq(fabs(w[0] - 0.25), 1e-9);
    in.term[FLOW_TERM_CONSTANT] = down;
    cr_assert_eq(flow_row_fill(&rule, &in, order, w, NULL), FLOW_OK);
    cr_expect_leq(fabs(w[0] - 0.2), 1e-9);
    flow_row_rule far = bare(FLOW_ROW_GRAVITY);
    far.coefficient[FLOW_TERM_DISTANCE] = -3.0;
    far.coefficient[FLOW_TERM_POPULATION] = 2.0;
    const double distance[] = {1e150, 2e150, 1e150}, people[] = {1e300, 1e300, 0.0};
    in.distance = distance;
    in.term[FLOW_TERM_POPULATION] = people;
    expect_row(&far, &in, (const double[]){8.0 / 9.0, 1.0 / 9.0, 0.0}, "1e600 / 1e450");
    far.kind = FLOW_ROW_RADIATION;
    in.population = 1e300;
    cr_assert_eq(flow_row_fill(&far, &in, order, w, NULL), FLOW_OK, "%s", flow_error_text());
    cr_expect_leq(fabs(w[0] - 0.75), 1e-12); // 1 / (1 x 2) : 1 / (2 x 3)
}

// Gravity
// ------------------------------------------------------------------------------------------

// Wilson 1971, origin-constrained: T_j / O = n_j^b f(d_j) / sum n^b f(d).
Test(row, gravity_is_worked_by_hand)
{
    flow_row_rule rule = bare(FLOW_ROW_GRAVITY);
    rule.coefficient[FLOW_TERM_DISTANCE] = -2.0;
    rule.coefficient[FLOW_TERM_POPULATION] = 1.0;
    const double distance[] = {1.0, 2.0}, people[] = {2.0, 3.0};
    flow_row_input in = {.n = 2, .stay = -1, .distance = distance};
    in.term[FLOW_TERM_POPULATION] = people;
    expect_row(&rule, &in, (const double[]){8.0 / 11.0, 3.0 / 11.0}, "2 : 3/4");
    rule.coefficient[FLOW_TERM_DISTANCE] = 0.0;
    rule.coefficient[FLOW_TERM_DECAY] = -log(3.0);
    expect_row(&rule, &in, (const double[]){2.0 / 3.0, 1.0 / 3.0}, "2/3 : 3/9");
    const double balance[] = {0.0, log(2.0)};
    in.balance = balance;
    expect_row(&rule, &in, (const double[]){0.5, 0.5}, "balanced");
}

/// Five places in a plane, the second and third at the same distance from the first: the published
/// formulas as coded by LASER (laser_core.migration), rows scaled to 1.
static const double five_people[] = {5200.0, 910.0, 3040.0, 12700.0, 430.0};
static const double five_x[] = {0.0, 30.0, 0.0, 60.0, -40.0};
static const double five_y[] = {0.0, 0.0, 30.0, 80.0, -30.0};

static void expect_five(const flow_row_rule *rule, int32_t from, const double *expected,
                        const char *what)
{
    double distance[5], access[5];
    for (int j = 0; j < 5; j++) {
        distance[j] = hypot(five_x[j] - five_x[from], five_y[j] - five_y[from]);
        access[j] = 0.0;
        for (int k = 0; k < 5; k++) {
            const double d = hypot(five_x[j] - five_x[k], five_y[j] - five_y[k]);
            if (k != j) { access[j] += pow(five_people[k], 1.3) * pow(d, -1.9); }
        }
    }
    flow_row_input in = {.n = 5,
                         .stay = from,
                         .distance = distance,
                         .access = access,
                         .population = five_people[from]};
    in.term[FLOW_TERM_POPULATION] = five_people;
    expect_row(rule, &in, expected, what);
}

Test(row, gravity_and_competing_destinations_equal_laser)
{
    static const double gravity[2][5] = {
        {0, 0.11032440105096637, 0.52924093377691028, 0.34466167123749131, 0.015772993934632017},
        {0.58778415633871395, 0, 0.15141562433171943, 0.25688102939440077, 0.0039191899351658536}};
    static const double against[2][5] = {
        {0, 0.059234529422840895, 0.31864078782515087, 0.60691482968505761, 0.01520985306695051},
        {0.44030226685463925, 0, 0.079090296649447778, 0.47711194139528945, 0.0034954951006235112}};
    static const double together[2][5] = {
        {0, 0.14375102998356906, 0.63889540288053659, 0.20344394994897388, 0.013909617186920511},
        {0.63609199879950551, 0, 0.20838179313653635, 0.15175067039290771, 0.003775537671050455}};
    flow_row_rule rule = bare(FLOW_ROW_GRAVITY);
    rule.coefficient[FLOW_TERM_DISTANCE] = -1.9;
    rule.coefficient[FLOW_TERM_POPULATION] = 1.3;
    for (int i = 0; i < 2; i++) {
        rule.kind = FLOW_ROW_GRAVITY;
        expect_five(&rule, i, gravity[i], "gravity");
        rule.kind = FLOW_ROW_COMPETING;
        rule.competition = -0.6;
        expect_five(&rule, i, against[i], "competition");
        rule.competition = 0.4;
        expect_five(&rule, i, together[i], "agglomeration");
        rule.competition = 0.0;
        expect_five(&rule, i, gravity[i], "no competition");
    }
}

// Fotheringham 1983: A_ij = sum over k other than i and j of m_k / d_jk.
Test(row, competing_destinations_are_worked_by_hand)
{
    // Places on a line at 0 (here), 1, 2 with 6, 4, 4 people; distance and population power 1.
    // A_01 = 4/1, A_02 = 4/1; of the whole accessibility 6/1 and 6/2 belong to the origin.
    flow_row_rule rule = bare(FLOW_ROW_COMPETING);
    rule.coefficient[FLOW_TERM_DISTANCE] = -1.0;
    rule.coefficient[FLOW_TERM_POPULATION] = 1.0;
    rule.competition = -1.0;
    const double distance[] = {1.0, 2.0}, people[] = {4.0, 4.0}, access[] = {10.0, 7.0};
    flow_row_input in = {
        .n = 2, .stay = -1, .distance = distance, .access = access, .population = 6.0};
    in.term[FLOW_TERM_POPULATION] = people;
    expect_row(&rule, &in, (const double[]){2.0 / 3.0, 1.0 / 3.0}, "4/4 : 2/4");
    const double nearer[] = {10.0, 5.0}; // A_02 = 2
    in.access = nearer;
    expect_row(&rule, &in, (const double[]){0.5, 0.5}, "4/4 : 2/2");
    const double alone[] = {10.0, 3.0}; // nobody but the origin near the second: A counts as 1
    in.access = alone;
    expect_row(&rule, &in, (const double[]){1.0 / 3.0, 2.0 / 3.0}, "4/4 : 2/1");
}

// Radiation and intervening opportunities
// -----------------------------------------------------------

// Simini et al. 2012, eq. 2: P_ij = m n / ((m + s) (m + n + s)).
Test(row, radiation_is_worked_by_hand)
{
    const flow_row_rule rule = bare(FLOW_ROW_RADIATION);
    const double distance[] = {1.0, 2.0, 3.0}, people[] = {20.0, 30.0, 40.0};
    flow_row_input in = {.n = 3, .stay = -1, .distance = distance, .population = 10.0};
    in.term[FLOW_TERM_POPULATION] = people;
    // 20/(10 30) : 30/(30 60) : 40/(60 100) = 20 : 5 : 2
    expect_row(&rule, &in, (const double[]){20.0 / 27.0, 5.0 / 27.0, 2.0 / 27.0}, "20 : 5 : 2");
    // Their sum telescopes: 1 - m / (all people).
    flow_row_result result;
    int32_t order[3];
    double w[3];
    cr_assert_eq(flow_row_fill(&rule, &in, order, w, &result), FLOW_OK);
    cr_expect_leq(fabs(10.0 * exp(result.log_sum) - 0.9), 1e-12);
    // Places at the same distance count for each other: 20/(10 30) : 30/(70 100) : 40/(60 100).
    const double ring[] = {1.0, 2.0, 2.0};
    in.distance = ring;
    expect_row(&rule, &in, (const double[]){1400.0 / 1630.0, 90.0 / 1630.0, 140.0 / 1630.0},
               "ring");
}

// Stouffer 1940: in proportion to opportunities there, against those up to there.
Test(row, intervening_opportunities_are_worked_by_hand)
{
    flow_row_rule rule = flow_row_rule_init(FLOW_ROW_STOUFFER);
    const double distance[] = {3.0, 1.0, 2.0}, people[] = {60.0, 10.0, 30.0};
    flow_row_input in = {.n = 3, .stay = -1, .distance = distance, .population = 20.0};
    in.term[FLOW_TERM_POPULATION] = people;
    // 60/100 : 10/10 : 30/40
    expect_row(&rule, &in, (const double[]){12.0 / 47.0, 20.0 / 47.0, 15.0 / 47.0}, "ratios");
    rule.opportunity_power = 2.0;
    const double sum = 0.36 + 1.0 + 0.5625;
    expect_row(&rule, &in, (const double[]){0.36 / sum, 1.0 / sum, 0.5625 / sum}, "squares");
    rule.opportunity_power = 1.0;
    rule.count_here = true; // 60/120 : 10/30 : 30/60
    expect_row(&rule, &in, (const double[]){3.0 / 8.0, 2.0 / 8.0, 3.0 / 8.0}, "with home");
}

Test(row, radiation_and_stouffer_equal_laser)
{
    static const double stouffer[2][2][5] = {
        {{0, 0.084229579519579184, 0.45585812563442435, 0.43439499597029457, 0.025517298875701915},
         {0.57302866898115912, 0, 0.14187349619664893, 0.27655099722319265, 0.0085468375989993638}},
        {{0, 0.054753541290991858, 0.29633113268666728, 0.6309395387147364, 0.017975787307604473},
         {0.53914754317964997, 0, 0.14447547438318298, 0.30761293400549777,
          0.0087640484316692403}}};
    static const double radiation[2][2][5] = {
        {{0, 0.17068209145571464, 0.47055936623743555, 0.28134186861766031, 0.077416673689189558},
         {0.61037182449781324, 0, 0.22107708689708924, 0.13217937033855978, 0.036371718266537768}},
        {{0, 0.13967228056331685, 0.40944669250639792, 0.38659152307332317, 0.064289503856962027},
         {0.59024772646560142, 0, 0.22461750793141305, 0.14858289342307671, 0.036551872179908837}}};
    for (int home = 0; home < 2; home++) {
        for (int i = 0; i < 2; i++) {
            flow_row_rule rule = flow_row_rule_init(FLOW_ROW_STOUFFER);
            rule.count_here = home == 1;
            rule.opportunity_power = 1.4;
            expect_five(&rule, i, stouffer[home][i], "stouffer");
            rule.kind = FLOW_ROW_RADIATION; // LASER counts those of j, too
            expect_five(&rule, i, radiation[home][i], "radiation");
        }
    }
}

// Property: the order in which places stand in the row changes nothing.
Test(row, unsorted_places_give_the_sorted_row)
{
    enum { N = 200 };
    static double distance[N], people[N], sorted_d[N], sorted_n[N], w[N], sorted_w[N];
    static int32_t order[N], place[N];
    uint32_t x = 3170;
    for (int i = 0; i < N; i++) {
        sorted_d[i] = 1.0 + i / 3; // rings of three
        sorted_n[i] = 1.0 + (i * 37) % 101;
        place[i] = i;
    }
    for (int i = N - 1; i > 0; i--) {
        x = x * 1664525U + 1013904223U;
        const int k = (int)(x >> 8) % (i + 1);
        const int32_t swap = place[i];
        place[i] = place[k];
        place[k] = swap;
    }
    for (int i = 0; i < N; i++) {
        distance[i] = sorted_d[place[i]];
        people[i] = sorted_n[place[i]];
    }
    for (int kind = FLOW_ROW_RADIATION; kind <= FLOW_ROW_STOUFFER; kind++) {
        const flow_row_rule rule = flow_row_rule_init(kind);
        flow_row_input in = {.n = N, .stay = -1, .distance = distance, .population = 31.7};
        in.term[FLOW_TERM_POPULATION] = people;
        cr_assert_eq(flow_row_fill(&rule, &in, order, w, NULL), FLOW_OK);
        in.distance = sorted_d;
        in.term[FLOW_TERM_POPULATION] = sorted_n;
        cr_assert_eq(flow_row_fill(&rule, &in, order, sorted_w, NULL), FLOW_OK);
        for (int i = 0; i < N; i++) {
            cr_expect_leq(fabs(w[i] - sorted_w[place[i]]), 1e-15, "kind %d, %d", kind, i);
        }
    }
}

// Table, callback, fallback
// -------------------------------------------------------------------------

Test(row, a_table_gives_its_shares)
{
    const flow_row_rule rule = flow_row_rule_init(FLOW_ROW_TABLE);
    const double share[] = {3.0, 0.0, 1.0};
    const flow_row_input in = {.n = 3, .stay = -1, .share = share};
    expect_row(&rule, &in, (const double[]){0.75, 0.0, 0.25}, "shares");
}

static flow_err by_index(void *context, const flow_row_input *in, double *weight)
{
    const double *first = context;
    for (int32_t j = 0; j < in->n; j++) { weight[j] = *first + j; }
    return FLOW_OK;
}

static flow_err give_up(void *context, const flow_row_input *in, double *weight)
{
    (void)context, (void)in, (void)weight;
    return flow_fail(FLOW_ESTATE, "no weights today");
}

Test(row, a_function_of_the_user_gives_weights)
{
    flow_row_rule rule = flow_row_rule_init(FLOW_ROW_CALLBACK);
    double first = 1.0;
    rule.fill = by_index;
    rule.context = &first;
    const double distance[] = {1.0, inf, 5.0};
    const flow_row_input in = {.n = 3, .stay = -1, .distance = distance};
    expect_row(&rule, &in, (const double[]){0.25, 0.0, 0.75}, "out of reach stays out");
    first = -1.0;
    expect_refusal(&rule, &in, "candidate 0: weight -1");
    first = (double)NAN;
    expect_refusal(&rule, &in, "candidate 0: weight nan");
    double w[3];
    rule.fill = give_up;
    cr_expect_eq(flow_row_fill(&rule, &in, NULL, w, NULL), FLOW_ESTATE);
    cr_expect_str_eq(flow_error_text(), "no weights today");
    rule.fill = NULL;
    expect_refusal(&rule, &in, "needs a function");
}

Test(row, without_weight_the_fallback_decides)
{
    flow_row_rule rule = flow_row_rule_init(FLOW_ROW_UTILITY);
    const double room[] = {0.0, 0.0, 0.0, 0.0}, distance[] = {4.0, 9.0, inf, 1.0};
    flow_row_input in = {.n = 4, .stay = -1, .distance = distance};
    flow_row_result r;
    double w[4];
    in.term[FLOW_TERM_ROOM] = room;
    expect_row(&rule, &in, (const double[]){1.0 / 3.0, 1.0 / 3.0, 0.0, 1.0 / 3.0}, "all full");
    rule.fallback = FLOW_FALLBACK_NONE;
    cr_assert_eq(flow_row_fill(&rule, &in, NULL, w, &r), FLOW_OK);
    cr_expect(r.fell_back && r.n_reach == 3 && r.log_sum == -inf);
    for (int j = 0; j < 4; j++) { cr_expect_eq(w[j], 0.0); }
    in.stay = 1; // also full, but the others even more so
    expect_row(&rule, &in, (const double[]){0.0, 1.0, 0.0, 0.0}, "stay");
    in.stay = 0; // the first one
    expect_row(&rule, &in, (const double[]){1.0, 0.0, 0.0, 0.0}, "stay at the first");
    rule.coefficient[FLOW_TERM_ROOM] = 0.0; // a term with coefficient 0 counts for nothing
    in.stay = -1;
    cr_assert_eq(flow_row_fill(&rule, &in, NULL, w, &r), FLOW_OK);
    cr_expect_not(r.fell_back);
}

Test(row, nobody_goes_where_no_way_leads)
{
    const double distance[] = {inf, inf}, people[] = {5.0, 7.0};
    for (int kind = 0; kind < FLOW_ROW_TABLE; kind++) {
        const flow_row_rule rule = flow_row_rule_init(kind);
        flow_row_input in = {.n = 2, .stay = -1, .distance = distance, .access = people};
        in.term[FLOW_TERM_POPULATION] = people;
        int32_t order[2];
        double w[2] = {9.0, 9.0};
        flow_row_result r;
        cr_assert_eq(flow_row_fill(&rule, &in, order, w, &r), FLOW_OK, "%s", flow_error_text());
        cr_expect(w[0] == 0.0 && w[1] == 0.0 && r.fell_back && r.n_reach == 0, "kind %d", kind);
    }
}

Test(row, an_empty_row_is_no_error)
{
    for (int kind = 0; kind < FLOW_ROW_TABLE; kind++) {
        const flow_row_rule rule = flow_row_rule_init(kind);
        const double none[1] = {0.0};
        flow_row_input in = {.n = 0, .stay = -1, .distance = none, .access = none};
        in.term[FLOW_TERM_POPULATION] = none;
        int32_t order[1];
        double w[1];
        cr_expect_eq(flow_row_fill(&rule, &in, order, w, NULL), FLOW_OK, "kind %d", kind);
    }
}

// Refusals
// ------------------------------------------------------------------------------------------

Test(row, values_without_utility_are_refused_by_name)
{
    flow_row_rule rule = flow_row_rule_init(FLOW_ROW_UTILITY);
    double distance[] = {3.0, 4.0}, people[] = {5.0, 6.0}, wage[] = {1.0, 1.0};
    flow_row_input in = {.n = 2, .stay = -1, .distance = distance, .population = 3.0};
    in.term[FLOW_TERM_POPULATION] = people;
    in.term[FLOW_TERM_WAGE] = wage;
    rule.coefficient[FLOW_TERM_WAGE] = 0.7;
    people[1] = -5.0;
    expect_refusal(&rule, &in, "candidate 1: population = -5 persons gives no utility");
    rule.kind = FLOW_ROW_RADIATION;
    expect_refusal(&rule, &in, "candidate 1: population = -5 persons; a number >= 0 is expected");
    rule.kind = FLOW_ROW_GRAVITY;
    expect_refusal(&rule, &in, "candidate 1: population = -5 persons gives no utility");
    rule.kind = FLOW_ROW_UTILITY;
    people[1] = 6.0;
    wage[0] = (double)NAN;
    expect_refusal(&rule, &in, "candidate 0: wage = nan 1 gives no utility");
    wage[0] = 1.0;
    distance[0] = 0.0;
    expect_refusal(&rule, &in, "candidate 0: distance = 0 km or d gives no utility");
    distance[0] = -1.0;
    expect_refusal(&rule, &in, "candidate 0: distance = -1; a number >= 0 is expected");
    distance[0] = (double)NAN;
    expect_refusal(&rule, &in, "candidate 0: distance = nan; a number >= 0 is expected");
    const double bad[] = {0.0, inf};
    distance[0] = 3.0;
    in.utility = bad;
    expect_refusal(&rule, &in, "candidate 1: utility inf");
}

Test(row, missing_inputs_are_refused)
{
    const double some[] = {3.0, 4.0};
    double w[2];
    flow_row_input in = {.n = 2, .stay = -1, .distance = some};
    flow_row_rule rule = flow_row_rule_init(FLOW_ROW_RADIATION);
    expect_refusal(&rule, &in, "needs distances and populations");
    in.term[FLOW_TERM_POPULATION] = some;
    cr_expect_eq(flow_row_fill(&rule, &in, NULL, w, NULL), FLOW_ERANGE);
    cr_expect_not_null(strstr(flow_error_text(), "needs room for an order"));
    rule.kind = FLOW_ROW_COMPETING;
    expect_refusal(&rule, &in, "needs accessibilities");
    rule.kind = FLOW_ROW_TABLE;
    expect_refusal(&rule, &in, "needs shares");
    rule.kind = FLOW_N_ROW_KIND;
    expect_refusal(&rule, &in, "rule 7 is not in [0, 7)");
}

Test(row, terms_are_described_in_full)
{
    for (int t = 0; t < FLOW_N_TERM; t++) {
        const flow_term_row *row = &flow_term_rows[t];
        cr_expect(*row->key != '\0' && *row->unit != '\0' && *row->help != '\0', "term %d", t);
        cr_expect_not_null(strchr("VDRA-", row->tag), "%s: tag '%c'", row->key, row->tag);
        cr_expect(row->tag == '-' || *row->source != '\0', "%s has no source", row->key);
        for (int k = 0; k < t; k++) { cr_expect_str_neq(row->key, flow_term_rows[k].key); }
    }
}

Test(row, filling_allocates_nothing)
{
    const double some[] = {3.0, 4.0};
    flow_row_input in = {.n = 2, .stay = -1, .distance = some, .access = some, .share = some};
    in.term[FLOW_TERM_POPULATION] = some;
    int32_t order[2];
    double w[2];
    const int64_t before = flow_alloc_count();
    for (int kind = 0; kind <= FLOW_ROW_TABLE; kind++) {
        const flow_row_rule rule = flow_row_rule_init(kind);
        cr_assert_eq(flow_row_fill(&rule, &in, order, w, NULL), FLOW_OK);
    }
    cr_expect_eq(flow_alloc_count(), before);
}
