#include "oracle.h"

#include "../libflow/people.h"

#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { most_links = 16, most_attributes = 8, most_axes = 8 }; // of a route, of a person

typedef struct route {
    int32_t link[most_links];
    int32_t n, end;
    double km;
} route;

typedef struct route_list {
    route *route;
    int32_t n, size;
} route_list;

/// A household, or a person who moves alone.
typedef struct unit {
    int32_t size;                   ///< persons
    int32_t place;                  ///< -1: on a link
    int32_t link;                   ///< -1: at a place
    int32_t since;                  ///< day on which it entered the link
    double km;                      ///< on the link
    double today;                   ///< km moved today
    double recent;                  ///< recent travel, days of max_move_speed
    int32_t n_done;                 ///< links finished
    int32_t value[most_attributes]; ///< index of the value of each attribute of the scenario
    int32_t origin, cause, abroad;
    double age; ///< years
    bool male, female;
    int32_t aware;            ///< flood_awareness
    int32_t next[most_links]; ///< links still to be taken
    int32_t n_next;
} unit;

enum { axis_origin = -1, axis_status = -2, axis_cause = -3 };

struct oracle {
    const flow_scenario *s;
    oracle_order order;
    gsl_rng *rng;
    int32_t day;

    // Places, [n_place]
    int32_t *kind; ///< flow_place_kind of now; a conflict zone is a town with conflict
    bool *spoilt;  ///< quirks.conflict_ends_as_town: left like a town, whatever its kind
    double *conflict;
    int32_t *since;
    double *population, *capacity;
    double *score, *leave;
    int32_t *people, *arrivals, *dawn; ///< persons
    double *origin;                    ///< weight as an origin
    double *hungry;                    ///< the part of it that is lack of food
    route_list *routes;
    double *near; ///< [n_place][n_place] factor of stay_close_to_home

    int32_t *closed, *closed_on; ///< [n_link] closures in force; day of the last one
    int32_t *on_link;            ///< [n_link] persons

    int32_t age, gender, religion, ethnicity, household, aware; ///< attributes, -1: none
    int32_t *same[most_attributes]; ///< [n_place][n_value] persons with a value at dawn
    int32_t axis[most_axes];        ///< attribute, or axis_origin and so on
    int32_t n_axis;
    double *owed; ///< persons still to enter, or entered too early, because households are whole

    unit *unit;
    int32_t n_unit, size_unit;
    int32_t *turn; ///< [size_unit] order of units
    double *weight;
    int64_t *entering;
    int64_t event, debt, waiting;
};

static void *need(int64_t n, size_t size)
{
    void *memory = calloc(n > 0 ? (size_t)n : 1, size);
    cr_assert_not_null(memory);
    return memory;
}

static double uniform(oracle *o)
{
    return gsl_rng_uniform(o->rng);
}

// Routes ----------------------------------------------------------------------------------------

static bool visits(const oracle *o, int32_t start, const route *r, int32_t place)
{
    bool found = place == start;
    for (int32_t i = 0; i < r->n; i++) { found = found || o->s->link_to[r->link[i]] == place; }
    return found;
}

/// Every way without a repeated place is a route of its own; markers are no hops and no ends.
static void explore(oracle *o, int32_t start, const route *so_far, int64_t hops)
{
    const flow_scenario *s = o->s;
    const int32_t here = so_far->n == 0 ? start : so_far->end;
    for (int32_t l = 0; l < s->n_link && hops > 0; l++) {
        const int32_t end = s->link_to[l];
        if (s->link_from[l] != here || visits(o, start, so_far, end)) { continue; }
        route longer = *so_far;
        cr_assert_lt(longer.n, most_links);
        longer.link[longer.n++] = l;
        longer.end = end;
        longer.km += s->length_km[l];
        const bool marker = s->place_kind[end] == FLOW_MARKER;
        route_list *list = &o->routes[start];
        if (!marker) {
            if (list->n == list->size) {
                list->size = 2 * list->size + 8;
                list->route = realloc(list->route, (size_t)list->size * sizeof *list->route);
                cr_assert_not_null(list->route);
            }
            list->route[list->n++] = longer;
        }
        explore(o, start, &longer, marker ? hops : hops - 1);
    }
}

// Places ----------------------------------------------------------------------------------------

static bool is_camp(const oracle *o, int32_t place)
{
    return o->kind[place] == FLOW_CAMP || o->kind[place] == FLOW_IDP_CAMP;
}

static bool in_conflict(const oracle *o, int32_t place)
{
    return o->conflict[place] > 0.0;
}

static bool is_town(const oracle *o, int32_t place)
{
    return !in_conflict(o, place) && (o->kind[place] == FLOW_TOWN || o->spoilt[place]);
}

static double move_chance(const oracle *o, int32_t place)
{
    const flow_settings_hop *hop = &o->s->set.hop;
    if (in_conflict(o, place)) { return hop->conflict_movechance; }
    if (o->spoilt[place]) { return hop->default_movechance; }
    switch (o->kind[place]) {
    case FLOW_CAMP: return hop->camp_movechance;
    case FLOW_IDP_CAMP: return hop->idpcamp_movechance;
    case FLOW_FORWARD:
    case FLOW_MARKER: return 1.0;
    default: return hop->default_movechance;
    }
}

// Floods and food -------------------------------------------------------------------------------

static double level_on(const oracle *o, int32_t place, int64_t day)
{
    const flow_daily *flood = &o->s->flood;
    const bool known = flood->n > 0 && flood->row[place] >= 0 && day >= 0 && day < o->s->n_step;
    return known ? flood->value[flood->row[place] * o->s->n_step + day] : 0.0;
}

/// Share of the people of a place who lack food.
static double hunger(const oracle *o, int32_t place)
{
    const flow_daily *food = &o->s->food;
    if (food->n == 0 || food->row[place] < 0) { return 0.0; }
    return food->value[food->row[place] * o->s->n_step + o->day] / 100.0;
}

/// The same where the first day may not count.
static double seen_hunger(const oracle *o, int32_t place)
{
    return o->day == 0 && o->s->set.quirks.no_hunger_on_day0 ? 0.0 : hunger(o, place);
}

static double in_list(const flow_list *list, double level)
{
    const int64_t low = (int64_t)level;
    if (low >= list->n - 1) { return list->value[list->n - 1]; }
    const double part = level - (double)low;
    return (1.0 - part) * list->value[low] + part * list->value[low + 1];
}

static double flood_weight(const oracle *o, double level)
{
    const flow_list *list = &o->s->set.hop.flood_weight;
    return list->n > 0 && level > 0.0 ? in_list(list, level) : 1.0;
}

/// Sum of the forecast; *any: a flood is ahead. `today`: its level stands for those ahead.
static double look_ahead(const oracle *o, int32_t place, bool today, bool *any)
{
    const flow_settings_hop *hop = &o->s->set.hop;
    double sum = 0.0;
    *any = false;
    for (int64_t ahead = 1; ahead <= hop->forecast_days; ahead++) {
        const int64_t day = o->day + ahead;
        if (day >= hop->forecast_end || !(level_on(o, place, day) > 0.0)) { continue; }
        *any = true;
        sum += flood_weight(o, level_on(o, place, today ? o->day : day)) *
               hop->forecast_weight.value[ahead - 1];
    }
    return sum;
}

static double forecast_factor(const oracle *o, int32_t place, bool today)
{
    const flow_settings_quirks *quirks = &o->s->set.quirks;
    bool any;
    const double sum = look_ahead(o, place, today, &any);
    if (!any && !quirks->dry_forecast_stops) { return 1.0; }
    const double mean = sum / (double)o->s->set.hop.forecast_days;
    return quirks->forecast_squared ? sum * mean : mean;
}

static double awareness(const oracle *o, const unit *u)
{
    const flow_settings_hop *hop = &o->s->set.hop;
    const bool asked = hop->flood_forecast && hop->awareness_weight.n > 0;
    return asked ? hop->awareness_weight.value[u->aware] : 1.0;
}

/// Chance to leave after that of the place without hazards.
static double chance_in_hazards(const oracle *o, int32_t place, double chance)
{
    const flow_settings_hop *hop = &o->s->set.hop;
    if (hop->flee_when_starving) { chance += hunger(o, place) * (1.0 - chance); }
    const double level = level_on(o, place, o->day);
    if (level > 0.0 && hop->flood_movechance.n > 0) {
        chance = in_list(&hop->flood_movechance, level);
    }
    if (!hop->flood_forecast) { return chance; }
    bool any;
    const double sum = look_ahead(o, place, false, &any);
    if (!any) { return o->s->set.quirks.dry_forecast_stops ? 0.0 : chance; }
    return chance * sum / (double)hop->forecast_days;
}

static double decay(const oracle *o, int32_t place)
{
    const flow_settings_conflict *set = &o->s->set.conflict;
    if (set->decay.n == 0) { return 1.0; }
    const int64_t i = (o->day - o->since[place]) / set->decay_interval;
    return set->decay.value[i < set->decay.n ? i : set->decay.n - 1];
}

static double capacity_multiplier(const oracle *o, int32_t place)
{
    const flow_settings_hop *hop = &o->s->set.hop;
    const double cap = o->capacity[place] * hop->capacity_scaling;
    const double free_until = cap * hop->capacity_buffer;
    const double n = o->people[place];
    if (cap < 1.0 || n <= free_until) { return 1.0; }
    return n >= cap ? 0.0 : 1.0 - (n - free_until) / (cap - free_until);
}

static double great_circle(double lat1, double lon1, double lat2, double lon2)
{
    const double rad = acos(-1.0) / 180.0;
    const double c = sin(lat1 * rad) * sin(lat2 * rad) +
                     cos(lat1 * rad) * cos(lat2 * rad) * cos((lon1 - lon2) * rad);
    return 6371.0088 * acos(fmin(fmax(c, -1.0), 1.0));
}

// Attributes ------------------------------------------------------------------------------------

static int32_t find_attribute(const flow_scenario *s, const char *name, size_t length)
{
    for (int32_t i = 0; i < s->n_attribute; i++) {
        const char *other = s->attribute[i].name;
        if (strlen(other) == length && strncasecmp(other, name, length) == 0) { return i; }
    }
    return -1;
}

static void find_attributes(oracle *o)
{
    const flow_scenario *s = o->s;
    cr_assert_leq(s->n_attribute, most_attributes);
    o->age = find_attribute(s, "age", 3);
    o->gender = find_attribute(s, "gender", 6);
    o->religion = find_attribute(s, "religion", 8);
    o->ethnicity = find_attribute(s, "ethnicity", 9);
    o->household = find_attribute(s, "household_size", 14);
    o->aware = find_attribute(s, "flood_awareness", 15);
    for (int32_t i = 0; i < s->n_attribute; i++) {
        o->same[i] = need((int64_t)s->n_place * s->attribute[i].n_value, sizeof *o->same[i]);
    }
    for (const char *at = s->set.people.axes; at != NULL && *at != '\0';) {
        const size_t n = strcspn(at, ", ");
        if (n > 0) {
            const int32_t attribute = find_attribute(s, at, n);
            const bool origin = strncmp(at, "origin", n) == 0,
                       status = strncmp(at, "status", n) == 0;
            const int32_t other = origin ? axis_origin : status ? axis_status : axis_cause;
            cr_assert_lt(o->n_axis, most_axes);
            o->axis[o->n_axis++] = attribute >= 0 ? attribute : other;
        }
        at += n + strspn(at + n, ", ");
    }
}

static int32_t n_class(const oracle *o, int32_t axis)
{
    if (axis >= 0) { return o->s->attribute[axis].n_value; }
    return axis == axis_origin ? o->s->n_place : axis == axis_cause ? FLOW_N_CAUSE_CLASS : 2;
}

static int32_t class_of(const unit *u, int32_t axis)
{
    if (axis >= 0) { return u->value[axis]; }
    return axis == axis_origin ? u->origin : axis == axis_status ? u->abroad : u->cause;
}

static const char *text_of(const oracle *o, const unit *u, int32_t attribute)
{
    return attribute < 0 ? "" : o->s->attribute[attribute].value[u->value[attribute]];
}

/// Share of the people of a place who have the unit's value of an attribute.
static double share_alike(const oracle *o, const unit *u, int32_t place, int32_t attribute)
{
    const int32_t n_value = o->s->attribute[attribute].n_value;
    const double alike = o->same[attribute][place * n_value + u->value[attribute]];
    if (o->population[place] >= 1.0) { return alike / o->population[place]; }
    if (o->s->set.quirks.population_floor_1e8) { return alike / 1e8; }
    return alike / (o->dawn[place] > 1 ? o->dawn[place] : 1);
}

// Choice ----------------------------------------------------------------------------------------

static double hazard_score(const oracle *o, const unit *u, double score)
{
    const flow_settings_hop *hop = &o->s->set.hop;
    const flow_settings_quirks *quirks = &o->s->set.quirks;
    double e = score;
    const bool child = hop->children_avoid_hazards && u->age < 19.0;
    const bool old = hop->elderly_avoid_hazards && u->age > 59.0;
    if (child) { e *= e; }
    if (hop->boys_take_risk && (hop->children_avoid_hazards || !quirks->boys_need_children_rule)) {
        const bool young = u->age < 19.0 || quirks->boys_include_men;
        if (u->male && u->age > 14.0 && young) { e = 1.0; }
    }
    if (old) { e *= e; }
    if (hop->women_avoid_hazards && u->female && !child && !old) { e *= e; }
    return e;
}

static double end_score(const oracle *o, const unit *u, int32_t end)
{
    const flow_settings_hop *hop = &o->s->set.hop;
    double e = hazard_score(o, u, o->score[end]);
    if (hop->stay_close_to_home) {
        const int32_t from = o->s->set.quirks.home_is_present_place ? u->place : u->origin;
        e *= o->near[from * o->s->n_place + end];
    }
    e *= flood_weight(o, level_on(o, end, o->day));
    if (hop->flood_forecast) {
        e *= forecast_factor(o, end, o->s->set.quirks.forecast_of_today) * awareness(o, u);
    }
    if (is_camp(o, end)) {
        if (hop->match_camp_ethnicity) { e *= 10.0 * share_alike(o, u, end, o->ethnicity); }
        if (hop->match_camp_religion) {
            e *= share_alike(o, u, end, o->religion) / hop->avg_religion_fraction;
        }
        return e;
    }
    if (in_conflict(o, end) ? hop->match_conflict_ethnicity : hop->match_town_ethnicity) {
        e *= 10.0 * share_alike(o, u, end, o->ethnicity);
    }
    if (hop->use_pop_for_loc_weight) {
        e *= pow(fmax(o->population[end], 1.0), hop->pop_power_for_loc_weight);
    }
    return e;
}

static bool is_open(const oracle *o, const route *r)
{
    bool open = true;
    for (int32_t i = 0; i < r->n; i++) { open = open && o->closed[r->link[i]] == 0; }
    return open;
}

/// A route for somebody who has none; false when no way leads out.
static bool choose(oracle *o, unit *u)
{
    const flow_settings_hop *hop = &o->s->set.hop;
    const route_list *list = &o->routes[u->place];
    double best = 0.0, sum = 0.0;
    int32_t n_open = 0;
    for (int32_t i = 0; i < list->n; i++) {
        const route *r = &list->route[i];
        o->weight[i] = -1.0; // closed
        if (!is_open(o, r)) { continue; }
        n_open++;
        const double w = (hop->weight_softening + end_score(o, u, r->end)) /
                         pow(hop->softening + r->km, hop->distance_power) *
                         capacity_multiplier(o, r->end);
        o->weight[i] = pow(w, hop->weight_power);
        best = fmax(best, o->weight[i]);
    }
    if (n_open == 0) { return false; }
    for (int32_t i = 0; i < list->n; i++) {
        if (o->weight[i] < 0.0) {
            o->weight[i] = 0.0;
        } else if (!(best > 0.0)) {
            o->weight[i] = 1.0;
        } else if (hop->pruning_threshold > 1.001 && o->weight[i] < best / hop->pruning_threshold) {
            o->weight[i] = 0.0;
        }
        sum += o->weight[i];
    }
    double point = uniform(o) * sum;
    int32_t pick = -1;
    for (int32_t i = 0; i < list->n; i++) {
        if (!(o->weight[i] > 0.0)) { continue; }
        pick = i;
        point -= o->weight[i];
        if (point < 0.0) { break; }
    }
    u->n_next = list->route[pick].n;
    memcpy(u->next, list->route[pick].link, sizeof u->next);
    return true;
}

/// Somebody at a place enters a link or stays.
static void decide(oracle *o, unit *u, bool onward)
{
    const flow_settings_hop *hop = &o->s->set.hop;
    const int32_t place = u->place;
    const bool short_stint = onward && hop->avoid_short_stints && is_town(o, place) &&
                             (u->recent + u->today / hop->max_move_speed) / 2.0 < 0.5;
    const double chance = short_stint ? 1.0 : o->leave[place] * awareness(o, u);
    if (u->n_next == 0 && (uniform(o) >= chance || !choose(o, u))) { return; }
    const int32_t link = u->next[0];
    const int32_t goal = o->s->link_to[u->next[u->n_next - 1]];
    const bool refused = is_camp(o, goal) && capacity_multiplier(o, goal) < 0.5;
    if (link < 0 || o->closed[link] > 0 || refused) {
        u->n_next = 0;
        return;
    }
    u->n_next--;
    memmove(u->next, u->next + 1, (size_t)u->n_next * sizeof *u->next);
    u->place = -1;
    u->link = link;
    u->since = o->day;
    u->km = 0.0;
    o->people[place] -= u->size;
    o->on_link[link] += u->size;
}

// Travel ----------------------------------------------------------------------------------------

/// Back at the start of a link: the first place of the route must be reached from here.
static void replan(const oracle *o, unit *u)
{
    if (u->n_next == 0) { return; }
    const int32_t first = o->s->link_to[u->next[0]];
    u->next[0] = -1;
    for (int32_t l = o->s->n_link; l-- > 0;) {
        if (o->s->link_from[l] == u->place && o->s->link_to[l] == first) { u->next[0] = l; }
    }
}

static void arrive(oracle *o, unit *u, int32_t place)
{
    o->on_link[u->link] -= u->size;
    o->people[place] += u->size;
    o->arrivals[place] += u->size;
    u->n_done++;
    u->link = -1;
    u->place = place;
    u->abroad = o->s->foreign[place];
}

/// Somebody on a link moves until the day or the way is over.
static void travel(oracle *o, unit *u)
{
    const flow_scenario *s = o->s;
    const flow_settings_hop *hop = &s->set.hop;
    while (u->link >= 0) {
        const int32_t link = u->link;
        double v = s->speed_km_d[link] > 0.0 ? s->speed_km_d[link] : hop->max_move_speed;
        const bool first_walk = hop->start_on_foot && u->n_done == 0;
        if (first_walk || uniform(o) < s->walk_probability[link]) { v = hop->max_walk_speed; }
        const double left = s->set.quirks.full_speed_per_link ? v : fmax(v - u->today, 0.0);
        if (u->km + left <= s->length_km[link]) {
            u->km += left;
            u->today += left;
            return;
        }
        u->today += s->length_km[link] - u->km;
        if (o->closed[link] > 0 ||
            (s->set.quirks.closed_links_turn_back && o->closed_on[link] > u->since)) {
            arrive(o, u, s->link_from[link]);
            replan(o, u);
            return;
        }
        arrive(o, u, s->link_to[link]);
        if (hop->onward && u->today < v) { decide(o, u, true); }
    }
}

// People who enter ------------------------------------------------------------------------------

static void enter_one(oracle *o, int32_t place, int32_t cause)
{
    if (o->n_unit == o->size_unit) {
        o->size_unit = 2 * o->size_unit + 1000;
        o->unit = realloc(o->unit, (size_t)o->size_unit * sizeof *o->unit);
        o->turn = realloc(o->turn, (size_t)o->size_unit * sizeof *o->turn);
        cr_assert(o->unit != NULL && o->turn != NULL);
    }
    unit *u = &o->unit[o->n_unit++];
    *u = (unit){.size = 1,
                .place = place,
                .link = -1,
                .origin = place,
                .cause = cause,
                .abroad = o->s->foreign[place]};
    for (int32_t i = 0; i < o->s->n_attribute; i++) {
        const flow_attribute *a = &o->s->attribute[i];
        double point = uniform(o);
        for (int32_t v = 0; v < a->n_value && point >= 0.0; v++) {
            const double share = a->weight[(int64_t)place * a->n_value + v];
            if (share > 0.0) { u->value[i] = v; }
            point -= share;
        }
    }
    if (o->household >= 0) { u->size = (int32_t)strtol(text_of(o, u, o->household), NULL, 10); }
    const char *gender = text_of(o, u, o->gender);
    u->age = strtod(text_of(o, u, o->age), NULL);
    u->aware = (int32_t)strtol(text_of(o, u, o->aware), NULL, 10);
    u->male = strcasecmp(gender, "male") == 0 || strcasecmp(gender, "m") == 0;
    u->female = strcasecmp(gender, "female") == 0 || strcasecmp(gender, "f") == 0;
    o->people[place] += u->size;
}

/// n persons enter, or so many whole households as make n on average; returns the persons.
static int64_t enter(oracle *o, int32_t place, int64_t n, int32_t cause)
{
    if (n <= 0) { return 0; }
    int64_t n_new = n;
    if (o->household >= 0) {
        const flow_attribute *a = &o->s->attribute[o->household];
        double mean = 0.0;
        for (int32_t v = 0; v < a->n_value; v++) {
            mean += a->weight[(int64_t)place * a->n_value + v] * strtod(a->value[v], NULL);
        }
        o->owed[place] += (double)n;
        const double wanted = fmax(o->owed[place], 0.0) / mean;
        n_new = (int64_t)wanted + (uniform(o) < wanted - floor(wanted));
    }
    const int32_t before = o->people[place];
    for (int64_t i = 0; i < n_new; i++) { enter_one(o, place, cause); }
    const int64_t entered = o->people[place] - before;
    o->owed[place] -= (double)entered;
    return entered;
}

/// n persons leave home, or as many as are left there; returns how many are missing.
static int64_t leave_home(oracle *o, int32_t place, int64_t n, int32_t cause)
{
    const flow_settings *set = &o->s->set;
    int64_t able = n;
    if (set->spawn.take_from_population && !set->quirks.overdrawn_population &&
        (double)n > o->population[place]) {
        able = (int64_t)o->population[place];
    }
    const int64_t entered = enter(o, place, able, cause);
    if (set->spawn.take_from_population) {
        o->population[place] = fmax(o->population[place] - (double)entered, 0.0);
    }
    return n - able;
}

static int64_t observed(const oracle *o, int32_t day)
{
    const flow_scenario *s = o->s;
    if (!s->set.spawn.total_from_camps && s->total.people != NULL) { return s->total.people[day]; }
    int64_t sum = 0;
    for (int32_t i = 0; i < s->n_observed; i++) { sum += s->observed[i].people[day]; }
    return sum;
}

static void spawn_by_registrations(oracle *o)
{
    const flow_scenario *s = o->s;
    int64_t wanted = -o->debt;
    if (o->day > 0) {
        wanted += observed(o, o->day) - observed(o, o->day - 1);
    } else if (!s->set.spawn.insert_day0) {
        wanted += observed(o, 0) + (s->set.quirks.day0_total_row ? s->total_day0_raw : 0);
    } else {
        wanted = 0;
        for (int32_t i = 0; i < s->n_observed && s->set.quirks.day0_reduces_capacity; i++) {
            o->capacity[s->observed[i].place] -= (double)s->observed[i].people[0];
        }
    }
    o->debt = wanted < 0 ? -wanted : 0;
    wanted = (wanted > 0 ? wanted : 0) + o->waiting;
    o->waiting = 0;
    double sum = 0.0;
    for (int32_t p = 0; p < s->n_place; p++) {
        o->origin[p] = in_conflict(o, p) ? o->population[p] * o->conflict[p] * decay(o, p) : 0.0;
        const bool food =
            s->set.spawn.food && (in_conflict(o, p) || !s->set.spawn.food_in_conflict);
        o->hungry[p] = food ? o->population[p] * seen_hunger(o, p) : 0.0;
        o->origin[p] += o->hungry[p];
        sum += o->origin[p];
        o->entering[p] = 0;
    }
    if (!(sum > 0.0)) { o->waiting = wanted; } // homes are used up
    for (int64_t i = 0; i < wanted && sum > 0.0; i++) {
        double point = uniform(o) * sum;
        int32_t place = -1;
        for (int32_t p = 0; p < s->n_place && point >= 0.0; p++) {
            if (o->origin[p] > 0.0) { place = p; }
            point -= o->origin[p];
        }
        o->entering[place]++;
    }
    for (int32_t p = 0; p < s->n_place; p++) {
        int64_t without_food = 0;
        for (int64_t i = 0; i < o->entering[p] && o->hungry[p] > 0.0; i++) {
            without_food += uniform(o) * o->origin[p] < o->hungry[p];
        }
        o->waiting += leave_home(o, p, without_food, FLOW_CAUSE_DROUGHT);
        o->waiting += leave_home(o, p, o->entering[p] - without_food, FLOW_CAUSE_CONFLICT);
    }
}

static void spawn_by_floods(oracle *o)
{
    const flow_settings_spawn *set = &o->s->set.spawn;
    for (int32_t p = 0; p < o->s->n_place; p++) {
        const double level = level_on(o, p, o->day);
        if (!(level > 0.0)) { continue; }
        const double rate = in_list(&set->flood_rate, level);
        double n = floor(rate);
        if (set->flood_rate_kind == FLOW_RATE_POP_RATIO) { n = floor(rate * o->population[p]); }
        if (set->flood_rate_kind == FLOW_RATE_POISSON) {
            n = gsl_ran_poisson(o->rng, o->s->set.quirks.whole_flood_levels ? floor(rate) : rate);
        }
        (void)leave_home(o, p, (int64_t)n, FLOW_CAUSE_FLOOD);
    }
}

static void spawn_by_conflict(oracle *o)
{
    const flow_settings_spawn *set = &o->s->set.spawn;
    for (int32_t p = 0; p < o->s->n_place; p++) {
        if (!in_conflict(o, p)) { continue; }
        const double amount = set->rate * o->conflict[p];
        double n = floor(amount);
        if (set->rate_kind == FLOW_RATE_POP_RATIO) { n = floor(amount * o->population[p]); }
        if (set->rate_kind == FLOW_RATE_POISSON) { n = gsl_ran_poisson(o->rng, amount); }
        (void)leave_home(o, p, (int64_t)n, FLOW_CAUSE_CONFLICT);
    }
}

// The day ---------------------------------------------------------------------------------------

static void set_conflict(oracle *o, int32_t place, double intensity)
{
    const flow_settings_quirks *quirks = &o->s->set.quirks;
    const bool goes_on = in_conflict(o, place) && !quirks->frozen_conflict_intensity;
    if (intensity > 0.0 && !goes_on) { o->since[place] = o->day; }
    o->spoilt[place] = !(intensity > 0.0) && quirks->conflict_ends_as_town;
    o->conflict[place] = intensity;
}

static void happen(oracle *o, const flow_event *event)
{
    const int32_t i = event->index;
    const bool stack = !o->s->set.quirks.closures_do_not_stack;
    switch (event->kind) {
    case FLOW_EVENT_CONFLICT: set_conflict(o, i, event->value); break;
    case FLOW_EVENT_CLOSE:
        if (o->closed[i] == 0) { o->closed_on[i] = o->day; }
        o->closed[i] = stack ? o->closed[i] + 1 : 1;
        break;
    case FLOW_EVENT_OPEN: o->closed[i] = stack ? o->closed[i] - 1 : 0; break;
    default:
        o->kind[i] = (int32_t)event->value;
        o->conflict[i] = 0.0;
        o->spoilt[i] = false;
        if (o->kind[i] == FLOW_CONFLICT_ZONE) {
            o->kind[i] = FLOW_TOWN;
            set_conflict(o, i, 1.0);
        }
        break;
    }
}

static void look_around(oracle *o)
{
    const flow_scenario *s = o->s;
    const flow_settings_hop *hop = &s->set.hop;
    for (int32_t p = 0; p < s->n_place; p++) {
        o->score[p] = 1.0;
        if (s->foreign[p]) {
            if (hop->economic_pull) {
                o->score[p] += s->trade_volume[p] + pow(s->human_development[p], 2.0);
            }
            o->score[p] *= hop->foreign_weight;
        } else if (hop->avoid_food_deprived) {
            o->score[p] *= 1.0 - pow(seen_hunger(o, p), 2.0);
        }
        if (is_camp(o, p)) { o->score[p] *= hop->camp_weight; }
        if (in_conflict(o, p)) {
            o->score[p] *= pow(hop->conflict_weight, o->conflict[p] * decay(o, p));
        }
        if (o->kind[p] == FLOW_FLOOD_ZONE && s->set.quirks.flood_weight_twice) {
            o->score[p] *= flood_weight(o, level_on(o, p, o->day));
            if (hop->flood_forecast) { o->score[p] *= forecast_factor(o, p, false); }
        }
        o->leave[p] = move_chance(o, p);
        if (hop->movechance_pop_scale_factor != 0.0) {
            o->leave[p] *= pow(fmax(o->population[p], o->capacity[p]) / hop->movechance_pop_base,
                               hop->movechance_pop_scale_factor);
        }
        o->leave[p] = chance_in_hazards(o, p, o->leave[p]);
        o->dawn[p] = o->people[p];
        o->arrivals[p] = 0;
    }
    for (int32_t a = 0; a < s->n_attribute; a++) {
        const int32_t n_value = s->attribute[a].n_value;
        memset(o->same[a], 0, (size_t)(s->n_place * n_value) * sizeof *o->same[a]);
        for (int32_t i = 0; i < o->n_unit; i++) {
            const unit *u = &o->unit[i];
            if (u->place >= 0) { o->same[a][u->place * n_value + u->value[a]] += u->size; }
        }
    }
}

static void draw_turns(oracle *o)
{
    for (int32_t i = 0; i < o->n_unit; i++) { o->turn[i] = i; }
    if (o->order == ORACLE_CREATION) { return; }
    gsl_ran_shuffle(o->rng, o->turn, (size_t)o->n_unit, sizeof *o->turn);
}

static void move_all(oracle *o)
{
    draw_turns(o);
    for (int camps = 1; camps >= 0; camps--) {
        for (int32_t i = 0; i < o->n_unit; i++) {
            unit *u = &o->unit[o->turn[i]];
            const bool other =
                o->order == ORACLE_RANDOM && u->place >= 0 && is_camp(o, u->place) != (camps == 1);
            if (u->place >= 0 && !other) { decide(o, u, false); }
        }
        if (o->order == ORACLE_CREATION) { break; }
    }
    draw_turns(o);
    for (int32_t i = 0; i < o->n_unit; i++) { travel(o, &o->unit[o->turn[i]]); }
}

/// Memories; people who leave for good.
static void end_day(oracle *o)
{
    const flow_settings_hop *hop = &o->s->set.hop;
    const bool sinks = hop->camps_are_sinks && !o->s->set.quirks.camps_are_no_sinks;
    int32_t n = 0;
    for (int32_t i = 0; i < o->n_unit; i++) {
        unit *u = &o->unit[i];
        u->recent = (u->recent + u->today / hop->max_move_speed) / 2.0;
        u->today = 0.0;
        if (sinks && u->place >= 0 && is_camp(o, u->place) && uniform(o) < o->s->sink[u->place]) {
            o->people[u->place] -= u->size;
            continue;
        }
        o->unit[n++] = *u;
    }
    o->n_unit = n;
}

static void begin(oracle *o)
{
    const flow_scenario *s = o->s;
    const flow_settings_spawn *set = &s->set.spawn;
    o->event = o->debt = o->waiting = 0;
    o->n_unit = o->day = 0;
    for (int32_t l = 0; l < s->n_link; l++) {
        o->closed[l] = o->on_link[l] = 0;
        o->closed_on[l] = -1;
    }
    for (int32_t p = 0; p < s->n_place; p++) {
        const bool zone = s->place_kind[p] == FLOW_CONFLICT_ZONE;
        o->kind[p] = zone ? FLOW_TOWN : s->place_kind[p];
        o->spoilt[p] = false;
        o->conflict[p] = s->conflict0[p];
        o->since[p] = 0;
        o->capacity[p] = s->capacity[p];
        o->population[p] = s->population[p];
        o->people[p] = o->arrivals[p] = 0;
        o->owed[p] = 0.0;
        if (is_camp(o, p) && set->empty_camps_on_day0) { continue; }
        (void)enter(o, p, s->initial_idps[p], FLOW_CAUSE_INITIAL);
    }
    if (!set->insert_day0 || set->empty_camps_on_day0) { return; }
    for (int32_t k = 0; k < s->n_observed; k++) {
        const int32_t p = s->observed[k].place;
        if (is_camp(o, p)) { (void)enter(o, p, s->observed[k].people[0], FLOW_CAUSE_INITIAL); }
    }
}

static void one_day(oracle *o)
{
    const flow_scenario *s = o->s;
    while (o->event < s->n_event && s->event[o->event].day <= o->day) {
        happen(o, &s->event[o->event++]);
    }
    if (s->set.spawn.mode == FLOW_SPAWN_REGISTRATIONS) { spawn_by_registrations(o); }
    if (s->set.spawn.mode == FLOW_SPAWN_CONFLICT) { spawn_by_conflict(o); }
    if (s->set.spawn.floods) { spawn_by_floods(o); }
    look_around(o);
    move_all(o);
    end_day(o);
}

/// The values of a day, in the order of oracle_width().
static void report(const oracle *o, double *out)
{
    const flow_scenario *s = o->s;
    const int32_t n = s->n_place;
    memset(out, 0, (size_t)oracle_width(o) * sizeof *out);
    for (int32_t p = 0; p < n; p++) {
        out[p] = o->people[p];
        out[n + p] = o->arrivals[p];
    }
    for (int32_t l = 0; l < s->n_link; l++) { out[3 * n + l] = o->on_link[l]; }
    out[3 * n + s->n_link] = (double)o->waiting;
    for (int32_t i = 0; i < o->n_unit; i++) {
        const unit *u = &o->unit[i];
        if (u->place < 0) { continue; }
        out[2 * n + u->place] += 1.0;
        double *axis = &out[3 * n + s->n_link + 1];
        for (int32_t a = 0; a < o->n_axis; a++) {
            axis[class_of(u, o->axis[a]) * n + u->place] += u->size;
            axis += n_class(o, o->axis[a]) * n;
        }
    }
}

void oracle_run(oracle *o, uint64_t seed, double *out)
{
    gsl_rng_set(o->rng, (unsigned long)seed);
    begin(o);
    for (; o->day < o->s->n_step; o->day++) {
        one_day(o);
        report(o, out);
        out += oracle_width(o);
    }
}

int32_t oracle_width(const oracle *o)
{
    int32_t n = 3;
    for (int32_t a = 0; a < o->n_axis; a++) { n += n_class(o, o->axis[a]); }
    return n * o->s->n_place + o->s->n_link + 1;
}

oracle *oracle_create(const flow_scenario *s, oracle_order order)
{
    cr_assert_not(s->set.hop.fixed_routes || s->set.quirks.low_movechance_is_camp);
    oracle *o = need(1, sizeof *o);
    o->s = s;
    o->order = order;
    o->rng = gsl_rng_alloc(gsl_rng_mt19937);
    cr_assert_not_null(o->rng);
    const int32_t n = s->n_place;
    o->kind = need(n, sizeof *o->kind);
    o->spoilt = need(n, sizeof *o->spoilt);
    o->conflict = need(n, sizeof *o->conflict);
    o->since = need(n, sizeof *o->since);
    o->population = need(n, sizeof *o->population);
    o->capacity = need(n, sizeof *o->capacity);
    o->score = need(n, sizeof *o->score);
    o->leave = need(n, sizeof *o->leave);
    o->people = need(n, sizeof *o->people);
    o->arrivals = need(n, sizeof *o->arrivals);
    o->dawn = need(n, sizeof *o->dawn);
    o->origin = need(n, sizeof *o->origin);
    o->hungry = need(n, sizeof *o->hungry);
    o->entering = need(n, sizeof *o->entering);
    o->owed = need(n, sizeof *o->owed);
    o->routes = need(n, sizeof *o->routes);
    o->near = need((int64_t)n * n, sizeof *o->near);
    o->closed = need(s->n_link, sizeof *o->closed);
    o->closed_on = need(s->n_link, sizeof *o->closed_on);
    o->on_link = need(s->n_link, sizeof *o->on_link);
    find_attributes(o);
    int32_t most = 0;
    const int64_t hops = s->set.hop.awareness_level < 0 ? 1 : s->set.hop.awareness_level;
    const bool swapped = s->set.quirks.swapped_coordinates;
    const double *lat = swapped ? s->longitude : s->latitude;
    const double *lon = swapped ? s->latitude : s->longitude;
    for (int32_t p = 0; p < n; p++) {
        explore(o, p, &(route){.end = p}, hops);
        most = o->routes[p].n > most ? o->routes[p].n : most;
        for (int32_t q = 0; q < n && s->set.hop.stay_close_to_home; q++) {
            const double km = p == q ? 0.0 : great_circle(lat[p], lon[p], lat[q], lon[q]);
            o->near[p * n + q] = pow(fmax(km, 1.0), -s->set.hop.home_distance_power);
        }
    }
    o->weight = need(most, sizeof *o->weight);
    return o;
}

void oracle_free(oracle *o)
{
    for (int32_t p = 0; p < o->s->n_place; p++) { free(o->routes[p].route); }
    for (int32_t a = 0; a < o->s->n_attribute; a++) { free(o->same[a]); }
    void *const memory[] = {o->kind,     o->spoilt, o->conflict,  o->since,   o->population,
                            o->capacity, o->score,  o->leave,     o->people,  o->arrivals,
                            o->dawn,     o->origin, o->entering,  o->owed,    o->routes,
                            o->near,     o->closed, o->closed_on, o->on_link, o->unit,
                            o->turn,     o->weight, o->hungry};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) { free(memory[i]); }
    gsl_rng_free(o->rng);
    free(o);
}
