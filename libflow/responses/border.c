// Border regimes, by date or when something passes a threshold: closed, gates, quotas, visas, fees.
#include "flow/module.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NONE, PEOPLE, NEWCOMERS, OCCUPANCY, CONFLICT, FOOD, DAMAGE }; // what is watched
enum { READ_CONFLICT, READ_FOOD, READ_DAMAGE };                      // quantities read
enum { LEVEL, BEFORE, SINCE, ROW, STARTED, ENTRY, N_STATE };         // numbers of the state
enum { PASSABLE, CROSSINGS, FEE, QUOTA, REFUGEES, LABOUR, TO_REFUGEES, TO_LABOUR, N_OWN };
enum { RETURNS = N_OWN };    // one more column, of homes
enum { DATE, FIRST_EFFECT }; // columns; the effects follow in the order of own columns

typedef struct param {
    char *from_country, *to_country, *from_place, *to_place;
    bool both_ways;
    int32_t start, end; ///< days since 1970-01-01; 0: none
    char *schedule;
    int32_t watch;
    char *watch_country, *watch_place;
    double above, hysteresis;
    double delay; ///< days
    bool open;
    double crossings, fee, quota;
    double entry_refugee, entry_labour, policy_refugee, policy_labour;
    double visa_lag; ///< days
    double visa_stay;
} param;

#define AT(member) offsetof(param, member)
#define NAME(key, help)                                                                            \
    {                                                                                              \
#key, AT(key), FLOW_TEXT, "", "", 0, 0, NULL, '-', "", help                                \
    }
#define EFFECT(key, unit, neutral, most, help)                                                     \
    {                                                                                              \
#key, AT(key), FLOW_DOUBLE, unit, neutral, 0, most, NULL, '-', "", help                    \
    }
#define POLICY(key, help)                                                                          \
    {                                                                                              \
#key, AT(key), FLOW_DOUBLE, "1", "0", -100, 100, NULL, '-', "", help                       \
    }
static const flow_field fields[] = {
    NAME(from_country, "Country whose border is meant; empty: any."),
    NAME(to_country, "Country into which the links lead; needed for quota, entry and policy."),
    NAME(from_place, "Place where the links start; empty: any."),
    NAME(to_place, "Place where they end; empty: any."),
    {"both_ways", AT(both_ways), FLOW_BOOL, "", "true", 0, 0, NULL, '-', "",
     "Closures, gates and fees hold for the way back, too."},
    {"start", AT(start), FLOW_DATE, "", "", 0, 0, NULL, '-', "",
     "First day of the regime; empty: the first day."},
    {"end", AT(end), FLOW_DATE, "", "", 0, 0, NULL, '-', "", "First day without; empty: never."},
    NAME(schedule, "Table of the effects by date; its empty cells are the keys here."),
    {"watch", AT(watch), FLOW_CHOICE, "", "none", 0, 0,
     "none|people|newcomers|occupancy|conflict_level|food_insecurity|housing_damage", '-', "",
     "What the regime depends on, at the places that are watched: people there; those beyond the "
     "people of the first step; people over capacity, at places that have one; or the largest "
     "value "
     "of a quantity. none: it is always in force."},
    NAME(watch_country, "Places of this country are watched; empty: of all."),
    NAME(watch_place, "This place is watched; empty: all."),
    {"above", AT(above), FLOW_DOUBLE, "1", "0", 0, 1e12, NULL, '-', "",
     "The regime comes into force when what is watched is larger than this."},
    {"hysteresis", AT(hysteresis), FLOW_DOUBLE, "1", "0", 0, 1e12, NULL, '-', "",
     "It ends when what is watched is down to `above` less this."},
    {"delay", AT(delay), FLOW_DOUBLE, "d", "0", 0, 1e5, NULL, '-', "",
     "Days for which it must have been so before the regime comes into force, or ends."},
    {"open", AT(open), FLOW_BOOL, "", "true", 0, 0, NULL, '-', "", "false: nobody may pass."},
    EFFECT(crossings, "d-1", "1e12", 1e12,
           "Persons who may pass each link per day; 1e12: any number."),
    EFFECT(fee, "USD", "0", 1e6, "Fee of a regular crossing."),
    EFFECT(quota, "d-1", "1e12", 1e12,
           "Persons whom the country admits per day over all borders; 1e12: any number."),
    EFFECT(entry_refugee, "1", "1", 1, "Share of those who flee who may enter."),
    EFFECT(entry_labour, "1", "1", 1, "Share of labour migrants who may enter: visas."),
    {"visa_lag", AT(visa_lag), FLOW_DOUBLE, "d", "0", 0, 1e5, NULL, 'A',
     "Czaika and de Haas 2017, 10.1111/imre.12261 say that inflows fall slowly once visas are "
     "asked "
     "for and rise at once when they are not; no figure was found",
     "Days in which a fall of entry_labour has come to 63 % of its effect: who has a visa still "
     "comes. A rise acts at once."},
    {"visa_stay", AT(visa_stay), FLOW_DOUBLE, "1", "0", 0, 1, NULL, 'A',
     "The same: visas lower returns, too, and so circulation; no figure was found",
     "Share of the returns of labour migrants from other countries that do not happen where nobody "
     "gets a visa: who leaves may not come back. It holds in proportion to 1 - entry_labour, for "
     "those whose home is in from_country (empty: in all but to_country)."},
    POLICY(policy_refugee, "Utility added to the country's places for those who flee."),
    POLICY(policy_labour, "Utility added to the country's places for labour migrants."),
    FLOW_FIELD_END};

#define CELL(key, unit, least, most, help)                                                         \
    {                                                                                              \
#key, 0, FLOW_DOUBLE, unit, "", least, most, NULL, '-', "", help                           \
    }
static const flow_field columns[] = {
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "",
     "Day from which the row holds, until the next one."},
    {"open", 0, FLOW_BOOL, "", "", 0, 0, NULL, '-', "", "false: nobody may pass."},
    CELL(crossings, "d-1", 0, 1e12, "Persons who may pass each link per day."),
    CELL(fee, "USD", 0, 1e6, "Fee of a regular crossing."),
    CELL(quota, "d-1", 0, 1e12, "Persons whom the country admits per day."),
    CELL(entry_refugee, "1", 0, 1, "Share of those who flee who may enter."),
    CELL(entry_labour, "1", 0, 1, "Share of labour migrants who may enter."),
    CELL(policy_refugee, "1", -100, 100, "Utility for those who flee."),
    CELL(policy_labour, "1", -100, 100, "Utility for labour migrants."),
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"schedule", false, NULL, columns, "it tells the effects of a border regime by date"}};

typedef struct data {
    const flow_rows *rows;
    int32_t country;      ///< that is entered; -1: none is named
    int32_t from_country; ///< -1: any
    int32_t n_link, n_watched;
    int32_t *link;    ///< [n_link]
    int32_t *watched; ///< [n_watched] places
    double room;      ///< persons: capacities of those
    int64_t n_row;
    int64_t *row;         ///< [n_row] of the schedule, by date
    double effect[N_OWN]; ///< of the keys
} data;

// Loading ----------------------------------------------------------------------------------------

static flow_err no_memory(void)
{
    return flow_fail(FLOW_ENOMEM, "no memory for border");
}

/// Index of a country that a key names; -1: any, or none with a problem reported.
static int32_t country_of(flow_setup *setup, const char *key, const char *name)
{
    return name != NULL ? flow_setup_country(setup, key) : -1;
}

static int32_t place_of(flow_setup *setup, const char *key, const char *name)
{
    return name != NULL ? flow_setup_place(setup, key) : -1;
}

/// Where the regime holds.
typedef struct border {
    int32_t from_country, to_country, from_place, to_place; ///< -1: any
} border;

static bool is(int32_t wanted, int32_t found)
{
    return wanted < 0 || wanted == found;
}

/// Whether people who go from one place to another pass the border.
static bool passes(const flow_world *w, const border *b, int32_t from, int32_t to)
{
    const int32_t *country = w->place_country;
    const bool places = b->from_place >= 0 || b->to_place >= 0;
    return (places || country[from] != country[to]) && is(b->from_country, country[from]) &&
           is(b->to_country, country[to]) && is(b->from_place, from) && is(b->to_place, to);
}

static flow_err find_links(flow_setup *setup, const border *b, data *d)
{
    const flow_world *w = setup->world;
    const param *p = setup->param;
    d->link = flow_setup_keep(setup, w->n_link, sizeof *d->link);
    if (d->link == NULL) { return no_memory(); }
    for (int32_t l = 0; l < w->n_link; l++) {
        const int32_t from = w->link_from[l], to = w->link_to[l];
        if (passes(w, b, from, to) || (p->both_ways && passes(w, b, to, from))) {
            d->link[d->n_link++] = l;
        }
    }
    return FLOW_OK;
}

static flow_err find_watched(flow_setup *setup, int32_t country, int32_t place, data *d)
{
    const flow_world *w = setup->world;
    const param *p = setup->param;
    d->watched = flow_setup_keep(setup, w->n_place, sizeof *d->watched);
    if (d->watched == NULL) { return no_memory(); }
    for (int32_t i = 0; i < w->n_place; i++) {
        if (!is(country, w->place_country[i]) || !is(place, i)) { continue; }
        const bool limited = w->capacity[i] >= 1.0;
        if (p->watch == OCCUPANCY && !limited) { continue; } // never full
        d->watched[d->n_watched++] = i;
        if (limited) { d->room += w->capacity[i]; }
    }
    return FLOW_OK;
}

/// A row of the schedule on its way into order.
typedef struct dated {
    double date;
    int64_t row;
} dated;

static int by_date(const void *a, const void *b)
{
    const dated *x = a;
    const dated *y = b;
    if (x->date < y->date || x->date > y->date) { return x->date < y->date ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

static flow_err sort_schedule(flow_setup *setup, data *d)
{
    const flow_rows *rows = d->rows;
    d->row = flow_setup_keep(setup, rows->n, sizeof *d->row);
    dated *list = flow_setup_keep(setup, rows->n, sizeof *list);
    if (d->row == NULL || list == NULL) { return no_memory(); }
    for (int64_t i = 0; i < rows->n; i++) { list[i] = (dated){rows->value[DATE][i], i}; }
    if (rows->n > 0) { qsort(list, (size_t)rows->n, sizeof *list, by_date); }
    for (int64_t i = 0; i < rows->n; i++) {
        d->row[i] = list[i].row;
        if (i > 0 && !(list[i - 1].date < list[i].date)) {
            flow_setup_error(setup, 0, list[i].row, DATE, "there is a row of this day already");
        }
    }
    d->n_row = rows->n;
    return FLOW_OK;
}

/// Whether the regime does something to the country that is entered.
static bool governs(const param *p, const flow_rows *rows)
{
    bool any = p->quota < 1e12 || p->entry_refugee < 1.0 || p->entry_labour < 1.0 ||
               fabs(p->policy_refugee) > 0.0 || fabs(p->policy_labour) > 0.0;
    for (int32_t k = QUOTA; k < N_OWN && rows->n > 0; k++) {
        any = any || rows->given[FIRST_EFFECT + k];
    }
    return any;
}

static void check(flow_setup *setup, const data *d)
{
    const param *p = setup->param;
    if (d->n_link == 0) {
        flow_setup_error_key(setup, "to_country", "no link leads over such a border");
    }
    if (p->to_country == NULL && governs(p, d->rows)) {
        flow_setup_error_key(setup, "to_country",
                             "quota, entry and policy are those of a country; name it");
    }
    if (p->watch == OCCUPANCY && !(d->room > 0.0)) {
        flow_setup_error_key(setup, "watch", "no place that is watched has a capacity");
    }
    const bool amount = p->watch == PEOPLE || p->watch == OCCUPANCY || p->watch == CONFLICT ||
                        p->watch == FOOD || p->watch == DAMAGE; // newcomers may be fewer than none
    if (amount && p->hysteresis > p->above) {
        flow_setup_error_key(setup, "hysteresis",
                             "it is larger than above = %g, so the regime would never end",
                             p->above);
    }
    if (p->end != 0 && p->end <= p->start) {
        flow_setup_error_key(setup, "end", "the regime ends before it starts");
    }
}

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return no_memory(); }
    d->rows = &setup->rows[0];
    const border b = {.from_country = country_of(setup, "from_country", p->from_country),
                      .to_country = country_of(setup, "to_country", p->to_country),
                      .from_place = place_of(setup, "from_place", p->from_place),
                      .to_place = place_of(setup, "to_place", p->to_place)};
    d->country = b.to_country;
    d->from_country = b.from_country;
    const double effect[N_OWN] = {
        p->open ? 1.0 : 0.0, p->crossings,      p->fee,          p->quota, p->entry_refugee,
        p->entry_labour,     p->policy_refugee, p->policy_labour};
    memcpy(d->effect, effect, sizeof effect);
    flow_err err = find_links(setup, &b, d);
    if (err == FLOW_OK) {
        err = find_watched(setup, country_of(setup, "watch_country", p->watch_country),
                           place_of(setup, "watch_place", p->watch_place), d);
    }
    if (err == FLOW_OK) { err = sort_schedule(setup, d); }
    if (err == FLOW_OK) { check(setup, d); }
    setup->data = d;
    setup->n_state = N_STATE;
    return err;
}

// Steps ------------------------------------------------------------------------------------------

static double people_watched(const flow_turn *turn, const data *d)
{
    double sum = 0.0;
    for (int32_t i = 0; i < d->n_watched; i++) { sum += (double)turn->people[d->watched[i]]; }
    return sum;
}

static double largest(const data *d, const double *value)
{
    double most = 0.0;
    for (int32_t i = 0; i < d->n_watched; i++) { most = fmax(most, value[d->watched[i]]); }
    return most;
}

static double watched(const flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    switch (p->watch) {
    case PEOPLE: return people_watched(turn, d);
    case NEWCOMERS: return people_watched(turn, d) - turn->state[BEFORE];
    case OCCUPANCY: return people_watched(turn, d) / d->room;
    case CONFLICT: return largest(d, turn->read[READ_CONFLICT]);
    case FOOD: return largest(d, turn->read[READ_FOOD]);
    default: return largest(d, turn->read[READ_DAMAGE]);
    }
}

/// Whether the threshold has been passed for as long as it takes.
static bool condition_holds(flow_turn *turn)
{
    const param *p = turn->param;
    double *state = turn->state;
    if (p->watch == NONE) { return true; }
    const bool now = state[LEVEL] > 0.0;
    const double value = watched(turn);
    const bool wanted = now ? value > p->above - p->hysteresis : value > p->above;
    if (wanted == now) {
        state[SINCE] = -1.0;
        return now;
    }
    if (state[SINCE] < 0.0) { state[SINCE] = turn->day; }
    if (turn->day - state[SINCE] < p->delay - 1e-9) { return now; }
    state[SINCE] = -1.0;
    state[LEVEL] = wanted ? 1.0 : 0.0;
    return wanted;
}

static bool in_period(const flow_turn *turn)
{
    const param *p = turn->param;
    const double day = turn->world->start + turn->day;
    return (p->start == 0 || day >= p->start) && (p->end == 0 || day < p->end);
}

/// Row of the schedule in force, as its rank by date; -1: none yet.
static int64_t rank_of(const data *d, double day)
{
    int64_t low = 0, high = d->n_row;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (d->rows->value[DATE][d->row[middle]] <= day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - 1;
}

static void write(const flow_turn *turn, bool on, int64_t rank)
{
    static const double neutral[N_OWN] = {1.0, 1e12, 0.0, 1e12, 1.0, 1.0, 0.0, 0.0};
    const data *d = turn->data;
    double effect[N_OWN];
    memcpy(effect, on ? d->effect : neutral, sizeof effect);
    for (int32_t k = 0; k < N_OWN && on && rank >= 0; k++) {
        const double cell = d->rows->given[FIRST_EFFECT + k]
                                ? d->rows->value[FIRST_EFFECT + k][d->row[rank]]
                                : (double)NAN;
        if (!isnan(cell)) { effect[k] = cell; }
    }
    for (int32_t k = PASSABLE; k <= FEE; k++) {
        for (int32_t i = 0; i < d->n_link; i++) { turn->own[k][d->link[i]] = effect[k]; }
    }
    for (int32_t k = QUOTA; k < N_OWN && d->country >= 0; k++) {
        if (k != LABOUR) { turn->own[k][d->country] = effect[k]; }
    }
    turn->state[ENTRY] = effect[LABOUR];
}

/// The share of labour migrants who may enter moves to what the regime says: at once upwards, by
/// and by downwards; who is away stays away the more. False: nothing has changed.
static bool move_entry(const flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    if (d->country < 0) { return false; }
    const flow_world *w = turn->world;
    double *entry = &turn->own[LABOUR][d->country];
    const double before = *entry, to = turn->state[ENTRY];
    const bool slow = to < before && p->visa_lag > 0.0 && turn->step > 0;
    *entry = slow ? to + (before - to) * exp(-w->dt / p->visa_lag) : to;
    if (slow && *entry - to < 1e-9) { *entry = to; }
    const double stay = 1.0 - p->visa_stay * (1.0 - *entry);
    for (int32_t i = 0; i < w->n_place; i++) {
        const int32_t home = w->place_country[i];
        const bool meant = d->from_country >= 0 ? home == d->from_country : home != d->country;
        turn->own[RETURNS][i] = meant ? stay : 1.0;
    }
    return *entry < before || *entry > before;
}

static flow_err step(flow_turn *turn)
{
    const data *d = turn->data;
    double *state = turn->state;
    const bool first = !(state[STARTED] > 0.0);
    if (first) {
        state[STARTED] = 1.0;
        state[SINCE] = -1.0;
        state[BEFORE] = people_watched(turn, d);
    }
    const bool holds = condition_holds(turn);
    const int64_t rank = rank_of(d, turn->day);
    const double regime = holds && in_period(turn) ? 2.0 + (double)rank : 0.0;
    const bool same = !first && !(regime < state[ROW] || regime > state[ROW]);
    if (!same) {
        state[ROW] = regime;
        write(turn, regime > 0.0, rank);
    }
    const bool moved = move_entry(turn);
    turn->unchanged = same && !moved;
    return FLOW_OK;
}

const flow_module flow_module_border = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE,
    .name = "border",
    .help = "Border regimes by date or condition: closures, gates, quotas, visas, fees.",
    .source = "libflow",
    .many = true,
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 1,
    .writes = "passable,crossings,fee_regular,quota,entry_refugee,entry_labour,policy_refugee,"
              "policy_labour,return_factor_economic",
    .reads = "conflict_level,food_insecurity,housing_damage",
    .load = load,
    .step = step};
