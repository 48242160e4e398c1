#include "../libflow/balance.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const double inf = (double)INFINITY;

/// All pairs of n origins and n targets.
static void all_pairs(int32_t n, int64_t *first, int32_t *target)
{
    for (int32_t i = 0; i <= n; i++) { first[i] = (int64_t)i * n; }
    for (int32_t k = 0; k < n * n; k++) { target[k] = k % n; }
}

// Worked by hand: weights 1, 1/2, 1/4, 1; 60 and 40 leave, 50 and 50 arrive. Balancing keeps the
// cross ratio of the weights, 8, so x (x - 10) = 8 (60 - x) (50 - x) for the first flow x.
Test(balance, two_by_two_is_worked_by_hand)
{
    int64_t first[3];
    int32_t target[4], rounds = 0;
    all_pairs(2, first, target);
    const double weight[] = {0.0, log(0.5), log(0.25), 0.0};
    const double leave[] = {60.0, 40.0}, arrive[] = {50.0, 50.0};
    const flow_balance_input in = {2, 2, first, target, weight, leave, arrive, 1e-14, 1000};
    double a[2], b[2];
    cr_assert_eq(flow_balance(&in, a, b, &rounds), FLOW_OK, "%s", flow_error_text());
    const double x = (870.0 - sqrt(84900.0)) / 14.0;
    const double flow[] = {x, 60.0 - x, 50.0 - x, x - 10.0};
    for (int k = 0; k < 4; k++) {
        const double got = exp(a[k / 2] + b[k % 2] + weight[k]);
        cr_expect_leq(fabs(got - flow[k]), 1e-12 * 60.0, "%d: %.15g, not %.15g", k, got, flow[k]);
    }
    cr_expect_eq(fmax(b[0], b[1]), 0.0);
    cr_expect_gt(rounds, 2);
}

// Property: totals hold, cross ratios stay, also for weights far outside the range of doubles.
Test(balance, totals_and_cross_ratios_hold)
{
    enum { N = 12 };
    static int64_t first[N + 1];
    static int32_t target[N * N];
    static double weight[N * N], leave[N], arrive[N], a[N], b[N];
    all_pairs(N, first, target);
    for (int scale = 0; scale < 3; scale++) {
        const double shift = (const double[]){0.0, 2000.0, -2000.0}[scale];
        double total = 0.0;
        for (int i = 0; i < N; i++) {
            leave[i] = 31.7 * (1 + (i * 7) % 5);
            total += leave[i];
            for (int j = 0; j < N; j++) {
                weight[i * N + j] =
                    i == j ? -inf : -1.7 * log(1.0 + abs(i - j)) + shift * (1 + i % 2);
            }
        }
        for (int j = 0; j < N; j++) { arrive[j] = total * (1 + j) / (N * (N + 1) / 2.0); }
        const flow_balance_input in = {N, N, first, target, weight, leave, arrive, 1e-12, 1000};
        cr_assert_eq(flow_balance(&in, a, b, NULL), FLOW_OK, "%s", flow_error_text());
        for (int i = 0; i < N; i++) {
            double out = 0.0, come = 0.0;
            for (int j = 0; j < N; j++) {
                out += exp(a[i] + b[j] + weight[i * N + j]);
                come += exp(a[j] + b[i] + weight[j * N + i]);
            }
            cr_expect_leq(fabs(out - leave[i]), 1e-10 * leave[i], "origin %d: %.15g", i, out);
            cr_expect_leq(fabs(come - arrive[i]), 1e-10 * arrive[i], "target %d: %.15g", i, come);
        }
    }
}

Test(balance, empty_origins_and_targets_take_no_part)
{
    int64_t first[4];
    int32_t target[9];
    all_pairs(3, first, target);
    const double weight[9] = {0.0};
    const double leave[] = {6.0, 0.0, 3.0}, arrive[] = {0.0, 3.0, 6.0};
    const flow_balance_input in = {3, 3, first, target, weight, leave, arrive, 1e-12, 100};
    double a[3], b[3];
    cr_assert_eq(flow_balance(&in, a, b, NULL), FLOW_OK, "%s", flow_error_text());
    cr_expect(a[1] == -inf && b[0] == -inf);
    cr_expect_leq(fabs(exp(a[0] + b[2]) - 4.0), 1e-12);
    const double none[3] = {0.0};
    const flow_balance_input empty = {3, 3, first, target, weight, none, none, 1e-12, 100};
    cr_expect_eq(flow_balance(&empty, a, b, NULL), FLOW_OK, "%s", flow_error_text());
}

static void expect_refusal(const flow_balance_input *in, const char *text)
{
    double a[2], b[2];
    cr_expect_eq(flow_balance(in, a, b, NULL), FLOW_ERANGE, "'%s' expected", text);
    cr_expect_not_null(strstr(flow_error_text(), text), "'%s', not '%s'", flow_error_text(), text);
}

Test(balance, totals_that_cannot_be_are_refused)
{
    int64_t first[3];
    int32_t target[4];
    all_pairs(2, first, target);
    double weight[] = {0.0, -1.0, -1.0, 0.0}, leave[] = {60.0, 40.0}, arrive[] = {50.0, 50.0};
    const flow_balance_input in = {2, 2, first, target, weight, leave, arrive, 1e-12, 100};
    flow_balance_input other = in;
    double a[2], b[2];
    cr_expect_eq(flow_balance(&in, a, b, NULL), FLOW_OK, "%s", flow_error_text());
    arrive[0] = 51.0;
    expect_refusal(&in, "100 people leave but 101 arrive");
    arrive[0] = 50.0;
    leave[0] = -60.0;
    expect_refusal(&in, "origin 0: -60 people");
    leave[0] = 60.0;
    arrive[1] = (double)NAN;
    expect_refusal(&in, "target 1: nan people");
    arrive[1] = 50.0;
    weight[2] = inf;
    expect_refusal(&in, "pair 2: log weight inf");
    weight[2] = -1.0;
    target[3] = 2;
    expect_refusal(&in, "pair 3: target 2 is outside [0, 2)");
    target[3] = 1;
    weight[0] = weight[1] = -inf;
    expect_refusal(&in, "origin 0: 60 people leave but can go nowhere");
    weight[1] = -1.0;
    weight[2] = -inf;
    expect_refusal(&in, "target 0: 50 people arrive but none can get there");
    // Only 0 -> 0 and 1 -> 1 are possible, and 60 is not 50.
    weight[0] = weight[3] = 0.0;
    weight[1] = -inf;
    expect_refusal(&in, "after 100 rounds");
    other.tolerance = 0.0;
    expect_refusal(&other, "tolerance 0 and 100 rounds");
    weight[1] = weight[2] = -1.0;
    flow_alloc_fail_at(1);
    cr_expect_eq(flow_balance(&in, a, b, NULL), FLOW_ENOMEM);
    flow_alloc_fail_at(0);
}
