// Floods and lack of food day by day: memory, the tables of our own folders, what rules ask for.
#include "load.h"

#include <math.h>
#include <stdlib.h>

flow_err flow_load_daily(flow_loader *l, int32_t n, flow_daily *out)
{
    flow_scenario *s = l->s;
    out->row = flow_keep(s, s->n_place, sizeof *out->row);
    out->value = flow_keep(s, (int64_t)n * s->n_step, sizeof *out->value);
    if (out->row == NULL || out->value == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for floods and food on %d days", (int)s->n_step);
    }
    for (int32_t p = 0; p < s->n_place; p++) { out->row[p] = -1; }
    out->n = n;
    return FLOW_OK;
}

// Own folders ------------------------------------------------------------------------------------

/// From a day on until the next change at the place.
typedef struct change {
    int32_t place, start;
    double value;
    int64_t row;
} change;

static int by_place_and_start(const void *a, const void *b)
{
    const change *x = a;
    const change *y = b;
    if (x->place != y->place) { return x->place < y->place ? -1 : 1; }
    if (x->start != y->start) { return x->start < y->start ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

static void fill(flow_loader *l, const flow_table *t, const change *c, int64_t n, flow_daily *out)
{
    const int32_t n_step = l->s->n_step;
    int32_t row = -1;
    for (int64_t i = 0; i < n; i++) {
        const bool follows = i > 0 && c[i - 1].place == c[i].place;
        if (follows && c[i - 1].start == c[i].start) {
            flow_problem_error(&l->problems, flow_table_mark(t, c[i].row, 0),
                               "line %d gives a value for the same place and day",
                               (int)flow_table_mark(t, c[i - 1].row, 0).line);
        }
        if (!follows) { out->row[c[i].place] = ++row; }
        const bool last = i + 1 == n || c[i + 1].place != c[i].place;
        const int32_t end = last || c[i + 1].start > n_step ? n_step : c[i + 1].start;
        for (int32_t day = c[i].start < 0 ? 0 : c[i].start; day < end; day++) {
            out->value[(int64_t)row * n_step + day] = c[i].value;
        }
    }
    out->n = row + 1;
}

/// A table with the columns place, start and one with the value.
static flow_err read_changes(flow_loader *l, const char *file, const char *what, const char *unit,
                             double most, flow_daily *out)
{
    flow_table *t = NULL;
    FLOW_TRY(flow_load_table(l, file, NULL, NULL, &t));
    if (t == NULL) { return FLOW_OK; }
    const int64_t before = l->problems.n_error;
    const int32_t place = flow_table_need(t, "place", &l->problems);
    const int32_t start = flow_table_need(t, "start,date", &l->problems);
    const int32_t value = flow_table_need(t, what, &l->problems);
    const int64_t n_row = flow_table_n_row(t);
    change *list = flow_calloc(n_row, sizeof *list);
    flow_err err = list != NULL
                       ? flow_load_daily(l, (int32_t)fmin((double)n_row, l->s->n_place), out)
                       : flow_fail(FLOW_ENOMEM, "no memory for %s", file);
    int64_t n = 0;
    for (int64_t row = 0; row < n_row && err == FLOW_OK && l->problems.n_error == before; row++) {
        change one = {.row = row};
        one.place = flow_load_need(l, flow_table_text(t, row, place), "place",
                                   flow_table_mark(t, row, place));
        bool good = flow_load_day(l, t, row, start, "start", INT32_MIN, &one.start);
        good &= flow_table_number(t, row, value, what, unit, 0.0, most, (double)NAN, &l->problems,
                                  &one.value);
        if (good && one.place >= 0) { list[n++] = one; }
    }
    if (err == FLOW_OK && l->problems.n_error == before) {
        qsort(list, (size_t)n, sizeof *list, by_place_and_start);
        fill(l, t, list, n, out);
    }
    flow_dealloc(list);
    flow_table_free(t);
    return err;
}

flow_err flow_load_own_hazards(flow_loader *l)
{
    flow_daily *flood = &l->s->flood;
    FLOW_TRY(read_changes(l, "floods.csv", "level", "", FLOW_MOST_FLOOD, flood));
    const int64_t n = (int64_t)flood->n * l->s->n_step;
    for (int64_t i = 0; i < n && l->s->set.quirks.whole_flood_levels; i++) {
        flood->value[i] = floor(flood->value[i]);
    }
    return read_changes(l, "food.csv", "percent", "%", 100.0, &l->s->food);
}

// Checks -----------------------------------------------------------------------------------------

static double highest(const flow_scenario *s)
{
    double most = 0.0;
    for (int64_t i = 0; i < (int64_t)s->flood.n * s->n_step; i++) {
        most = fmax(most, s->flood.value[i]);
    }
    return most;
}

static void need_entries(flow_loader *l, const char *key, const flow_list *list, double most)
{
    if ((double)(list->n - 1) >= most) { return; }
    const char *name;
    const flow_mark at = flow_load_key(l, key, &name);
    flow_problem_error(&l->problems, at,
                       "%s has %lld entries, floods reach level %g: one for each level from 0 on "
                       "was expected",
                       name, (long long)list->n, most);
}

static void check_forecast(flow_loader *l)
{
    const flow_settings_hop *hop = &l->s->set.hop;
    const char *name;
    if (hop->forecast_days < 1) {
        const flow_mark at = flow_load_key(l, "hop.forecast_days", &name);
        flow_problem_error(&l->problems, at, "%s is 0, a flood forecast needs at least 1", name);
    }
    if (hop->forecast_weight.n < hop->forecast_days) {
        const flow_mark at = flow_load_key(l, "hop.forecast_weight", &name);
        flow_problem_error(&l->problems, at, "%s has %lld entries, %lld days are forecast", name,
                           (long long)hop->forecast_weight.n, (long long)hop->forecast_days);
    }
    if (hop->flood_weight.n == 0) {
        const flow_mark at = flow_load_key(l, "hop.flood_weight", &name);
        flow_problem_error(&l->problems, at, "a flood forecast needs %s, which is empty", name);
    }
}

static void check_floods(flow_loader *l)
{
    const flow_settings *set = &l->s->set;
    const double most = highest(l->s);
    const char *name;
    if (set->spawn.floods) { need_entries(l, "spawn.flood_rate", &set->spawn.flood_rate, most); }
    for (int64_t i = 0; i < set->spawn.flood_rate.n && set->spawn.floods; i++) {
        const bool share = set->spawn.flood_rate_kind == FLOW_RATE_POP_RATIO;
        if (!share || set->spawn.flood_rate.value[i] <= 1.0) { continue; }
        const flow_mark at = flow_load_key(l, "spawn.flood_rate", &name);
        flow_problem_error(&l->problems, at,
                           "%s holds %g, which is no share of the population; 0 to 1 was expected",
                           name, set->spawn.flood_rate.value[i]);
        break;
    }
    if (set->hop.flood_movechance.n > 0) {
        need_entries(l, "hop.flood_movechance", &set->hop.flood_movechance, most);
    }
    if (set->hop.flood_weight.n > 0) {
        need_entries(l, "hop.flood_weight", &set->hop.flood_weight, most);
    }
    if (set->hop.flood_most >= 0 && most > (double)set->hop.flood_most) {
        const flow_mark at = flow_load_key(l, "hop.flood_most", &name);
        flow_problem_error(&l->problems, at, "%s is %lld, floods reach level %g", name,
                           (long long)set->hop.flood_most, most);
    }
    if (set->hop.flood_forecast) { check_forecast(l); }
}

bool flow_load_asks_floods(const flow_scenario *s)
{
    const flow_settings_hop *hop = &s->set.hop;
    return s->set.spawn.floods || hop->flood_movechance.n > 0 || hop->flood_weight.n > 0 ||
           hop->flood_forecast;
}

bool flow_load_asks_food(const flow_scenario *s)
{
    const flow_settings_hop *hop = &s->set.hop;
    return s->set.spawn.food || hop->flee_when_starving || hop->avoid_food_deprived;
}

static void check_harvest(flow_loader *l)
{
    const flow_list *months = &l->s->set.hop.harvest_months;
    for (int32_t i = 0; i < months->n; i++) {
        if (fabs(months->value[i] - floor(months->value[i])) > 0.0) {
            const char *name;
            const flow_mark at = flow_load_key(l, "hop.harvest_months", &name);
            flow_problem_error(&l->problems, at, "%s: %g is no month, 1 to 12 was expected", name,
                               months->value[i]);
        }
    }
}

void flow_load_check_hazards(flow_loader *l)
{
    const flow_scenario *s = l->s;
    const flow_mark at = {.file = s->path};
    check_harvest(l);
    if (s->set.movement.rule != FLOW_MOVE_HOP) {
        if (s->flood.n == 0 && s->food.n == 0) { return; }
        flow_problem_warning(&l->problems, at,
                             "floods.csv and food.csv act on the hop rule only; the rule "
                             "destination takes floods and food from its modules");
        return;
    }
    if (flow_load_asks_floods(s)) {
        check_floods(l);
        if (s->flood.n == 0) {
            flow_problem_error(&l->problems, at,
                               "rules for floods are on but no place has a flood level; give %s",
                               s->is_flee ? "flood_level.csv" : "floods.csv");
        }
    } else if (s->flood.n > 0) {
        flow_problem_warning(&l->problems, at,
                             "flood levels change nothing: neither spawn.floods nor "
                             "hop.flood_movechance, hop.flood_weight or hop.flood_forecast is set");
    }
    if (!flow_load_asks_floods(s) && s->set.hop.flood_most >= 0) {
        const char *name;
        const flow_mark where = flow_load_key(l, "hop.flood_most", &name);
        flow_problem_warning(&l->problems, where, "%s changes nothing: no rule for floods is on",
                             name);
    }
    if (flow_load_asks_food(s) && s->food.n == 0) {
        flow_problem_error(&l->problems, at,
                           "rules for food are on but no place has any figures of it; give %s",
                           s->is_flee ? "region_attributes_IPC.csv" : "food.csv");
    } else if (!flow_load_asks_food(s) && s->food.n > 0) {
        flow_problem_warning(&l->problems, at,
                             "lack of food changes nothing: neither spawn.food nor "
                             "hop.flee_when_starving nor hop.avoid_food_deprived is on");
    }
    if (s->set.spawn.food && s->set.spawn.mode != FLOW_SPAWN_REGISTRATIONS) {
        flow_problem_error(&l->problems, at,
                           "spawn.food chooses where registered people come from, so it needs "
                           "spawn.mode registrations");
    }
    for (int32_t p = 0; p < s->n_place && s->set.hop.economic_pull; p++) {
        if (!s->foreign[p]) { continue; }
        if (s->trade_volume != NULL && s->human_development != NULL &&
            isfinite(s->trade_volume[p]) && isfinite(s->human_development[p])) {
            continue;
        }
        char shown[64];
        flow_problem_error(&l->problems, at,
                           "hop.economic_pull needs trade_volume and hdi of every place abroad, "
                           "'%s' lacks them",
                           flow_quote(s->place_name[p], shown));
    }
}

flow_err flow_load_economy(flow_loader *l, const flow_table *t, int32_t place)
{
    flow_scenario *s = l->s;
    const int32_t trade = flow_table_find(t, "trade_volume");
    const int32_t development = flow_table_find(t, "hdi");
    if (trade < 0 && development < 0) { return FLOW_OK; }
    if (s->trade_volume == NULL) {
        s->trade_volume = flow_keep(s, s->n_place, sizeof *s->trade_volume);
        s->human_development = flow_keep(s, s->n_place, sizeof *s->human_development);
        if (s->trade_volume == NULL || s->human_development == NULL) {
            return flow_fail(FLOW_ENOMEM, "no memory for trade and human development");
        }
    }
    const int32_t column[] = {trade, development};
    const double most[] = {1e12, 1.0};
    static const char *const what[] = {"trade_volume", "hdi"};
    double *const value[] = {&s->trade_volume[place], &s->human_development[place]};
    for (int i = 0; i < 2; i++) {
        *value[i] = (double)NAN;
        if (column[i] < 0 || *flow_table_text(t, place, column[i]) == '\0') { continue; }
        (void)flow_table_number(t, place, column[i], what[i], "", 0.0, most[i], (double)NAN,
                                &l->problems, value[i]);
    }
    return FLOW_OK;
}
