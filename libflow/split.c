#include "split.h"

#include "lanes.h"
#include "split_math.h"

#include <math.h>
#include <string.h>

// Where one way becomes cheaper than the next: figures of bench_split.
enum {
    most_digits = 48,   // people of a binomial who draw a digit each
    always_digits = 8,  // so few do so even where nearly nobody is hit
    most_together = 64, // outcomes that are compared with digits
    in_group = 32       // outcomes, or groups of them, in a group where there are more
};
static const double digits_from = 0.02; // chance from which digits beat inversion
static const double invert_below = 9.0; // variance up to which inversion is used; a bell needs 9

/// Sums of weights below `tiny` are lifted first, for their reciprocal would overflow.
static const double tiny = 0x1p-900, lift = 0x1p200;

// One person ------------------------------------------------------------------------------------

/// True with chance `part` in [0, 1): digits of a uniform number are drawn until they differ from
/// those of `part`, so nothing is rounded.
static bool below(flow_rng_state *state, double part)
{
    while (part > 0.0) {
        part *= 0x1p32;
        const uint32_t whole = (uint32_t)part;
        const uint32_t word = flow_rng_word(state);
        if (word != whole) { return word < whole; }
        part -= whole;
    }
    return false;
}

/// Digits of 16 bits for m people: the next whole blocks of a stream, eight in each.
static void draw_digits(flow_rng_state *state, uint32_t m, uint32_t *word)
{
    uint32_t at = (state->used + 3) & ~UINT32_C(3);
    for (uint32_t i = 0; 8 * i < m; i++) {
        if (at == FLOW_RNG_WORDS) {
            flow_rng_fill(state);
            at = state->used;
        }
        memcpy(word + 4 * i, state->word + at, 4 * sizeof *word);
        at += 4;
    }
    state->used = at;
}

// Binomial --------------------------------------------------------------------------------------
//
// Where p is above 1/2 those who are not hit are drawn, from a mirrored stream: a draw that gives
// many hits gives many on both sides of 1/2. So runs that share their luck, but not quite their
// chances, stay close together; the law of the counts is the same.

/// Few people: a digit of 16 bits each is compared with p; more digits where the first is equal.
static int64_t by_digits(flow_rng_state *state, int64_t n, double p)
{
    const double scaled = p * 0x1p16;
    const int32_t whole = (int32_t)scaled;
    const int16_t cut = (int16_t)(whole - 32768);
    int32_t hits = 0;
    for (int64_t left = n; left > 0; left -= 16) {
        const uint32_t m = left < 16 ? (uint32_t)left : 16;
        uint32_t word[8] = {0};
        draw_digits(state, m, word);
        uint32_t same = flow_lanes_count_few(word, m, 1, &cut, &hits);
        for (; same != 0; same >>= 1) {
            if ((same & 1) != 0) { hits += below(state, scaled - whole); }
        }
    }
    return hits;
}

/// A number of the same chances in [0, 1): as it is drawn, or counted from the other end.
static double from_end(flow_rng_state *state, bool mirror)
{
    const double u = flow_rng_uniform(state);
    return mirror ? (1.0 - 0x1p-53) - u : u;
}

/// log(1 - p) for 0 < p <= 1/2 to the last bits, at half the price of log1p().
static double log_rest(double p)
{
    const double q = 1.0 - p;
    return log(q) + ((1.0 - q) - p) / q;
}

/// Few expected hits: the chances of 0, 1, 2... hits are taken from a uniform number until it is
/// used up. Source: Kachitvichyanukul and Schmeiser 1988, algorithm BINV, DOI 10.1145/42372.42381.
static int64_t by_inversion(flow_rng_state *state, int64_t n, double p, double q, bool mirror)
{
    static const double inverse[] = {
        0.0,      1.0,      1.0 / 2,  1.0 / 3,  1.0 / 4,  1.0 / 5,  1.0 / 6,  1.0 / 7,
        1.0 / 8,  1.0 / 9,  1.0 / 10, 1.0 / 11, 1.0 / 12, 1.0 / 13, 1.0 / 14, 1.0 / 15,
        1.0 / 16, 1.0 / 17, 1.0 / 18, 1.0 / 19, 1.0 / 20, 1.0 / 21, 1.0 / 22, 1.0 / 23,
        1.0 / 24, 1.0 / 25, 1.0 / 26, 1.0 / 27, 1.0 / 28, 1.0 / 29, 1.0 / 30, 1.0 / 31,
        1.0 / 32, 1.0 / 33, 1.0 / 34, 1.0 / 35, 1.0 / 36, 1.0 / 37, 1.0 / 38, 1.0 / 39,
        1.0 / 40, 1.0 / 41, 1.0 / 42, 1.0 / 43, 1.0 / 44, 1.0 / 45, 1.0 / 46, 1.0 / 47,
        1.0 / 48, 1.0 / 49, 1.0 / 50, 1.0 / 51, 1.0 / 52, 1.0 / 53, 1.0 / 54, 1.0 / 55,
        1.0 / 56, 1.0 / 57, 1.0 / 58, 1.0 / 59, 1.0 / 60, 1.0 / 61, 1.0 / 62, 1.0 / 63,
    };
    const int most = sizeof inverse / sizeof *inverse;
    double u = from_end(state, mirror);
    if (u < 1.0 - (double)n * p) { return 0; } // (1 - p)^n >= 1 - n p: mostly no exp() is needed
    const double none = exp((double)n * log_rest(p));
    const double odds = p / q;
    for (;; u = from_end(state, mirror)) {
        double chance = none;
        double left = odds * ((double)n + 1.0);
        // `most` or more hits have a chance below 1e-25: then rounding kept u from running out.
        for (int hits = 0; hits < most && hits <= n;) {
            if (u < chance) { return hits; }
            u -= chance;
            if (++hits == most) { break; }
            left -= odds;
            chance *= left * inverse[hits];
        }
    }
}

/// True when w is at most the chance of mode + jump hits over that of mode hits.
static bool accept(int64_t n, double p, double q, const flow_bell *bell, int64_t jump, double w)
{
    const double up = (double)bell->mode, down = (double)(n - bell->mode);
    const int64_t far = jump < 0 ? -jump : jump;
    if (far <= 30 && up < 1e8) { // the quotient of both, factor by factor
        const double odds = p / q;
        double over = 1.0, under = w;
        double x = jump < 0 ? up : up + 1.0;
        double y = jump < 0 ? (down + 1.0) * odds : down * odds;
        const double x_step = jump < 0 ? -1.0 : 1.0, y_step = x_step * odds;
        for (int64_t i = 0; i < far; i++, x += x_step, y -= y_step) {
            over *= jump < 0 ? x : y;
            under *= jump < 0 ? y : x;
        }
        return under <= over;
    }
    const double mean = (double)n * p, rest = (double)n - mean;
    const double step = (double)jump, shift = bell->shift;
    const double more = flow_unlikely(up + step, mean, step - shift) +
                        flow_unlikely(down - step, rest, shift - step) -
                        flow_unlikely(up, mean, -shift) - flow_unlikely(down, rest, shift);
    return w <= exp(-more);
}

/// Many expected hits, n p q >= 9: rejection from a bell. Takes 25 to 40 ns where
/// gsl_ran_binomial() takes 40 to 75 (bench_split), and has no bound on n.
static int64_t by_rejection(flow_rng_state *state, int64_t n, double p, double q, bool mirror)
{
    const double mean = (double)n * p;
    const int64_t mode = (int64_t)(mean + p);
    const flow_bell bell = {.mode = mode,
                            .shift = mean - (double)mode,
                            .spread = sqrt(mean * q),
                            .skew = (q - p) * (1.0 / 6),
                            .mirror = mirror};
    for (;;) {
        const flow_proposal propose = flow_bell_propose(state, &bell);
        const int64_t hits = mode + propose.jump;
        if (hits < 0 || hits > n) { continue; }
        if (propose.height <= 0.0) { return hits; }
        if (accept(n, p, q, &bell, propose.jump, propose.height)) { return hits; }
    }
}

/// Binomial for 0 < p <= 1/2, q = 1 - p, n >= 1, the cheapest way.
static int64_t draw_hits(flow_rng_state *state, int64_t n, double p, double q, bool mirror)
{
    if (n <= always_digits || (n <= most_digits && p >= digits_from)) {
        return by_digits(state, n, p);
    }
    if ((double)n * p * q < invert_below) { return by_inversion(state, n, p, q, mirror); }
    return by_rejection(state, n, p, q, mirror);
}

int64_t flow_binomial(gsl_rng *rng, int64_t n, double p)
{
    if (!(p > 0.0) || n <= 0) { return 0; }
    if (p >= 1.0) { return n; }
    if (p <= 0.5) { return draw_hits(rng->state, n, p, 1.0 - p, false); }
    return n - draw_hits(rng->state, n, 1.0 - p, p, true);
}

// Rows ------------------------------------------------------------------------------------------

void flow_split_prepare(int32_t k, const double *weight, double *tail)
{
    tail[k] = 0.0;
    for (int32_t i = k; i-- > 0;) { tail[i] = tail[i + 1] + weight[i]; }
}

/// Each person looks a uniform number up in the tail sums of outcomes [begin, end) by halving.
static inline void look_up_scaled(flow_rng_state *state, int64_t n, int32_t begin, int32_t end,
                                  const double *tail, double scale, int64_t *out)
{
    const double low = tail[end] * scale, high = tail[begin] * scale;
    for (int64_t i = 0; i < n;) {
        const double u = low + flow_rng_uniform(state) * (high - low);
        if (u >= high) { continue; } // by rounding
        int32_t first = begin;       // becomes the last j with tail[j] > u
        for (int32_t size = end - begin; size > 1;) {
            const int32_t half = size / 2;
            first = tail[first + half] * scale > u ? first + half : first;
            size -= half;
        }
        out[first]++;
        i++;
    }
}

static void look_up(flow_rng_state *state, int64_t n, int32_t begin, int32_t end,
                    const double *tail, int64_t *out)
{
    if (tail[begin] >= tiny) {
        look_up_scaled(state, n, begin, end, tail, 1.0, out);
    } else {
        look_up_scaled(state, n, begin, end, tail, lift, out);
    }
}

/// Somebody whose digit equals cuts draws more digits: below how many of them he is.
static int32_t tied(flow_rng_state *state, int16_t digit, int32_t n_cut, const int16_t *cut,
                    const double *part, int32_t *count)
{
    int32_t hits = 0;
    double above = 1.0; // each cut given that the one before it was not reached
    for (int32_t j = 0; j < n_cut; j++) {
        if (digit != cut[j]) { continue; }
        if (part[j] < above && !below(state, part[j] / above)) { break; }
        above = part[j];
        count[j]++;
        hits++;
    }
    return hits;
}

/// The people whose digit equals some cut draw more digits. part[j] is the fraction of cut j.
static void decide_ties(flow_rng_state *state, uint32_t same, const uint32_t *word, int32_t n_cut,
                        const int16_t *cut, const double *part, int32_t *count)
{
    for (uint32_t i = 0; same != 0; i++, same >>= 1) {
        if ((same & 1) == 0) { continue; }
        (void)tied(state, (int16_t)(word[i / 2] >> i % 2 * 16), n_cut, cut, part, count);
    }
}

/// Everybody draws a digit. cut[j] is the chance of the outcomes behind j in units of 2^-16; a
/// digit equal to it is followed by more, so nothing is rounded but the cuts.
static void compare(flow_rng_state *state, int64_t n, int32_t k, const double *tail, int64_t *out)
{
    while (tail[1] >= tail[0]) { tail++, out++, k--; } // no weight, or none after rounding
    while (tail[k - 1] <= 0.0) { k--; }
    int16_t cut[most_together];
    int32_t count[most_together];
    double part[most_together];
    const int32_t n_cut = k - 1;
    const double scale = tail[0] < tiny ? lift : 1.0;
    const double unit = 0x1p16 / (tail[0] * scale);
    for (int32_t j = 0; j < n_cut; j++) {
        const double scaled = tail[j + 1] * scale * unit;
        const int32_t whole = scaled < 65535.0 ? (int32_t)scaled : 65535;
        part[j] = scaled - whole;
        cut[j] = (int16_t)(whole - 32768);
        count[j] = 0;
    }
    const flow_lanes lanes = flow_lanes_widest();
    uint32_t word[FLOW_LANES_PEOPLE / 2] = {0};
    for (int64_t left = n; left > 0; left -= FLOW_LANES_PEOPLE) {
        const uint32_t m = left < FLOW_LANES_PEOPLE ? (uint32_t)left : FLOW_LANES_PEOPLE;
        draw_digits(state, m, word);
        const uint32_t same = flow_lanes_count(lanes, word, m, n_cut, cut, count);
        if (same != 0) { decide_ties(state, same, word, n_cut, cut, part, count); }
    }
    int64_t before = n;
    for (int32_t j = 0; j < n_cut; j++) {
        out[j] = before - count[j];
        before = count[j];
    }
    out[n_cut] = before;
}

void flow_cuts_make(int32_t k, const double *tail, double p, const flow_cuts *out)
{
    const double scale = tail[0] < tiny ? lift : 1.0;
    const double unit = p * 0x1p16 / (tail[0] * scale);
    for (int32_t j = 0; j < out->n; j++) {
        // Outcomes before the first weight have nobody, and nothing is above p.
        const double share = j < k ? fmin(tail[j] * scale * unit, p * 0x1p16) : 0.0;
        const double scaled = j < k && tail[j] >= tail[0] ? p * 0x1p16 : share;
        const int32_t whole = scaled < 65535.0 ? (int32_t)scaled : 65535;
        out->part[j] = scaled - whole;
        out->cut[j] = (int16_t)(whole - 32768);
    }
}

/// The same digits where they stand: not copied, for who reads what he has just written waits.
static const uint32_t *next_digits(flow_rng_state *state, uint32_t m, uint32_t *word)
{
    const uint32_t at = (state->used + 3) & ~UINT32_C(3);
    if (at + FLOW_LANES_PEOPLE / 2 > FLOW_RNG_WORDS) {
        draw_digits(state, m, word);
        return word;
    }
    state->used = at + (m + 7) / 8 * 4;
    return state->word + at;
}

void flow_split_each(gsl_rng *rng, int32_t n, const flow_cuts *cuts, int32_t *above,
                     uint8_t *outcome)
{
    flow_rng_state *state = rng->state;
    const flow_lanes lanes = flow_lanes_widest();
    memset(above, 0, ((size_t)cuts->n + 1) * sizeof *above);
    for (int32_t i = 0; i < n; i += FLOW_LANES_PEOPLE) {
        const uint32_t m = n - i < FLOW_LANES_PEOPLE ? (uint32_t)(n - i) : FLOW_LANES_PEOPLE;
        uint32_t copy[FLOW_LANES_PEOPLE / 2] = {0};
        const uint32_t *word = next_digits(state, m, copy);
        uint32_t same = flow_lanes_each(lanes, word, m, cuts->n, cuts->cut, above, outcome + i);
        if (same == 0) { continue; }
        int16_t digit[FLOW_LANES_PEOPLE]; // the words may be written over below
        for (uint32_t k = 0; k < m; k++) { digit[k] = (int16_t)(word[k / 2] >> k % 2 * 16); }
        for (uint32_t k = 0; same != 0; k++, same >>= 1) {
            if ((same & 1) == 0) { continue; }
            const int32_t more = tied(state, digit[k], cuts->n, cuts->cut, cuts->part, above);
            outcome[(uint32_t)i + k] = (uint8_t)(outcome[(uint32_t)i + k] + more);
        }
    }
}

/// True when n people who look their outcome up one after the other cost least: 6 to 13 ns a person
/// against 3 ns an outcome (bench_split). An alias table costs as much and has to be made.
static bool very_few(int64_t n, int32_t k)
{
    return n <= 3 + k / 4;
}

/// True when n people who are compared with digits cost less than a binomial for each cut between
/// outcomes: 50 ns a cut against 0.75 ns a person and 0.1 ns a person and cut (bench_split).
static bool few(int64_t n, int32_t n_cut)
{
    return n < 600 && n * (75 + 10 * n_cut) <= 5000 * (int64_t)n_cut;
}

/// Conditional binomials, as long as many people are left. `out` is zero at first.
static void split_chain(flow_rng_state *state, int64_t n, int32_t k, const double *weight,
                        const double *tail, int64_t *out)
{
    int64_t left = n;
    for (int32_t i = 0; left > 0; i++) {
        const int32_t n_cut = k - 1 - i;
        if (tail[i + 1] <= 0.0) { // the last outcome with weight
            out[i] = left;
            return;
        }
        if (n_cut > 1 && very_few(left, k - i)) {
            look_up(state, left, i, k, tail, out);
            return;
        }
        if (n_cut > 1 && n_cut < most_together && few(left, n_cut)) {
            compare(state, left, k - i, tail + i, out + i);
            return;
        }
        const double p = weight[i] / tail[i];
        const double q = tail[i + 1] / tail[i];
        if (p <= q) {
            out[i] = p > 0.0 ? draw_hits(state, left, p, q, false) : 0;
        } else {
            out[i] = left - draw_hits(state, left, q, p, true);
        }
        left -= out[i];
    }
}

/// Many outcomes [begin, end): first to groups of them, then within each group. Costs no more than
/// draws from an alias table, and has nothing to prepare. `out` is zero at first.
static void split_groups(flow_rng_state *state, int64_t n, int32_t begin, int32_t end,
                         const double *weight, const double *tail, int64_t *out)
{
    double group_weight[in_group] = {0}, group_tail[in_group + 1];
    int64_t group_out[in_group] = {0};
    const int32_t k = end - begin;
    if (very_few(n, k)) {
        look_up(state, n, begin, end, tail, out);
        return;
    }
    if (k <= in_group) { // tail sums of its own: nothing is lost beside what lies behind it
        flow_split_prepare(k, weight + begin, group_tail);
        split_chain(state, n, k, weight + begin, group_tail, out + begin);
        return;
    }
    int32_t size = in_group;
    while (k > (int64_t)size * in_group) { size *= in_group; }
    int32_t n_group = 0;
    for (int32_t i = begin; i < end; i += size) {
        group_tail[n_group] = tail[i] - tail[end];
        group_weight[n_group++] = tail[i] - tail[end - i > size ? i + size : end];
    }
    group_tail[n_group] = 0.0;
    split_chain(state, n, n_group, group_weight, group_tail, group_out);
    for (int32_t g = 0; g < n_group; g++) {
        if (group_out[g] == 0) { continue; }
        const int32_t from = begin + g * size;
        split_groups(state, group_out[g], from, end - from > size ? from + size : end, weight, tail,
                     out);
    }
}

void flow_split_row(gsl_rng *rng, int64_t n, int32_t k, const double *weight, const double *tail,
                    int64_t *out)
{
    if (k <= 0) { return; }
    memset(out, 0, (size_t)k * sizeof *out);
    if (n <= 0) { return; }
    // Chances of groups are differences of tail sums, good to 2^-53 of all: enough for so few.
    if (k > most_together && n < 64 * (int64_t)k) {
        split_groups(rng->state, n, 0, k, weight, tail, out);
    } else {
        split_chain(rng->state, n, k, weight, tail, out);
    }
}

void flow_split(gsl_rng *rng, int64_t n, int32_t k, const double *weight, double *tail,
                int64_t *out)
{
    flow_split_prepare(k, weight, tail);
    flow_split_row(rng, n, k, weight, tail, out);
}

void flow_split_round(gsl_rng *rng, int64_t n, double x, int64_t out[static 2])
{
    const double part = x - floor(x);
    out[1] = flow_binomial(rng, n, part);
    out[0] = n - out[1];
}
