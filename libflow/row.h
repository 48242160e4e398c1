/// @file row.h
/// Layer 4: the probability row of a place over the places its people can go to.
///
/// One function, several rules: random utility, gravity, competing destinations, radiation,
/// intervening opportunities, a table of shares, a function of the user. All work on logarithms of
/// weights, so nothing overflows.
#ifndef FLOW_ROW_H
#define FLOW_ROW_H

#include "settings.h"

typedef enum flow_transform { FLOW_PLAIN, FLOW_LN, FLOW_LN_SOFT, FLOW_LN1P } flow_transform;

/// What terms.def says of a term.
typedef struct flow_term_row {
    const char *key;
    int32_t transform; ///< flow_transform
    bool of_way;       ///< does not count for those who stay
    const char *unit;  ///< of the value before the transform
    double fallback;   ///< coefficient when none is given
    char tag;
    const char *source, *help;
} flow_term_row;
extern const flow_term_row flow_term_rows[FLOW_N_TERM];

typedef enum flow_row_kind {
    /// P_j = exp(V_j) / sum exp(V), V_j = sum of coefficient x term.
    /// Source: McFadden 1974, "Conditional logit analysis of qualitative choice behavior", eq. 12
    /// (Frontiers in Econometrics, 105-142).
    FLOW_ROW_UTILITY,
    /// w_j = population^b distance^c exp(e distance), b, c, e the coefficients of population,
    /// distance and decay; times exp(balance_j) where balance is given (doubly constrained,
    /// balance.h). Source: Wilson 1971, Environ. Plan. 3:1-32, doi:10.1068/a030001.
    FLOW_ROW_GRAVITY,
    /// Gravity times A_j^competition, A_j the accessibility of j to all places but the origin.
    /// Source: Fotheringham 1983, Environ. Plan. A 15:15-36, doi:10.1068/a150015.
    FLOW_ROW_COMPETING,
    /// w_j = n_j / ((m + s_j) (m + n_j + s_j)): m people live here, n_j there, s_j in places not
    /// farther than j. Source: Simini, Gonzalez, Maritan and Barabasi 2012, Nature 484:96-100,
    /// eq. 2, doi:10.1038/nature10856.
    FLOW_ROW_RADIATION,
    /// w_j = (n_j / s_j)^opportunity_power. Source: Stouffer 1940, Am. Sociol. Rev. 5:845-867,
    /// doi:10.2307/2084520.
    FLOW_ROW_STOUFFER,
    /// w_j = share_j of a table.
    FLOW_ROW_TABLE,
    /// w_j from a function of the user.
    FLOW_ROW_CALLBACK,
    FLOW_N_ROW_KIND
} flow_row_kind;

/// What to do where no place that can be reached has weight and staying is no choice.
typedef enum flow_row_fallback {
    FLOW_FALLBACK_UNIFORM, ///< the same chance for every place in reach, as in the hop rule
    FLOW_FALLBACK_NONE     ///< all weights 0: nobody goes anywhere
} flow_row_fallback;

/// What is known of the places to go to. Arrays are borrowed, of shape [n].
typedef struct flow_row_input {
    int32_t n;    ///< candidates
    int32_t stay; ///< candidate that is the place itself; -1: staying is no choice
    /// Length of the way, km or d (one unit for all); INFINITY: out of reach, which no rule
    /// overrules. NULL: all in reach, and no term uses it.
    const double *distance;
    const double *term[FLOW_N_TERM]; ///< before the transform; NULL: left out. Those of distance
                                     ///< and decay are not read: they use `distance`
    const double *utility;           ///< utility or log weight to add; NULL: 0
    const double *balance;           ///< gravity: log_arrive of flow_balance(); NULL: 0
    const double *access;            ///< competing: sum over k != j of population_k^b distance_jk^c
    const double *share;             ///< table
    double population; ///< people who live here: radiation, competing; below 1 counts as 1
} flow_row_input;

typedef struct flow_row_rule {
    int32_t kind;                    ///< flow_row_kind
    int32_t fallback;                ///< flow_row_fallback
    double coefficient[FLOW_N_TERM]; ///< of each term: utility; the first three: gravity, competing
    double soften;                   ///< added to the distance before the logarithm; >= 0
    double stay;                     ///< utility of staying, beside the terms of the place
    double competition;              ///< competing: power of the accessibility
    double opportunity_power;        ///< Stouffer
    /// Radiation and Stouffer: whether s_j counts the people here, and those of j itself. Simini
    /// et al. count neither; Stouffer's ratio counts those of j.
    bool count_here, count_there;
    /// Callback: weights, finite and >= 0, of all candidates.
    flow_err (*fill)(void *context, const flow_row_input *input, double *weight);
    void *context;
} flow_row_rule;

typedef struct flow_row_result {
    int32_t n_reach; ///< candidates in reach
    bool fell_back;  ///< no candidate had weight
    double log_sum;  ///< logarithm of the sum of weights before scaling; -INFINITY: none.
                     ///< Utility: expected utility of the best place, less Euler's constant
} flow_row_result;

/// A rule with the fallback coefficients of terms.def; everything else 0, powers 1.
flow_row_rule flow_row_rule_init(int32_t kind);

/// Fill the row: chances that add up to 1, fit for flow_split_row().
///
/// Staying competes in the rules utility, table and callback; the others give it 0. Where no
/// candidate has weight, all stay if that is a choice, else the rule's fallback decides; where no
/// candidate is in reach, all weights are 0. A candidate without accessible competitors counts as
/// accessibility 1.
/// @param order   scratch [n] for radiation and Stouffer; NULL otherwise allowed.
/// @param[out] weight  [n].
/// @param[out] result  may be NULL.
/// @return FLOW_OK or FLOW_ERANGE: a value has no utility (such as a population < 0), with its term
/// and candidate; or what the callback returned. Threads: safe, allocates nothing.
flow_err flow_row_fill(const flow_row_rule *rule, const flow_row_input *input, int32_t *order,
                       double *weight, flow_row_result *result);

/// Add the utility of all given terms to v [n], for parts of it that are the same in many rows.
void flow_row_utility(const flow_row_rule *rule, const flow_row_input *input, double *v);

#endif
