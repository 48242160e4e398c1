// Conflict from a table of events, such as ACLED's: each acts on the places around it, less with
// distance and with age, and what it did is slowly forgotten.
#include "flow/module.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DATE, TYPE, LATITUDE, LONGITUDE, FATALITIES, CIVILIANS }; // columns
enum { HAZARD, LEVEL };                                          // own columns

typedef struct param {
    char *events;
    double battles, violence, explosions, riots, protests, strategic, civilians;
    double fatality_power;
    double near_km, reach_km, distance_power;
    int64_t window; ///< days
    double memory;
    double steepness, threshold, share;
    bool from_zero;
} param;

#define AT(member) offsetof(param, member)
#define MEHRAB "Mehrab et al. 2024, published code of the Ukraine model"
#define WEIGHT(key, value, tag, source, help)                                                      \
    {                                                                                              \
#key, AT(key), FLOW_DOUBLE, "1", value, 0, 1000, NULL, tag, source, help                   \
    }
static const flow_field fields[] = {
    {"events", AT(events), FLOW_TEXT, "", "events.csv", 0, 0, NULL, '-', "",
     "Table of events; ACLED's downloads fit as they are."},
    WEIGHT(battles, "3", 'V', MEHRAB, "Weight of a battle."),
    WEIGHT(violence, "3", 'V', MEHRAB, "Weight of violence against civilians."),
    WEIGHT(explosions, "5", 'V', MEHRAB, "Weight of an explosion or of remote violence."),
    WEIGHT(riots, "0", 'A', "libflow", "Weight of a riot."),
    WEIGHT(protests, "0", 'V', MEHRAB, "Weight of a protest."),
    WEIGHT(strategic, "0", 'A', "libflow", "Weight of a strategic development."),
    WEIGHT(civilians, "8", 'V', MEHRAB,
           "Weight of any event that targets civilians, where the table says so."),
    {"fatality_power", AT(fatality_power), FLOW_DOUBLE, "1", "0.5", 0, 2, NULL, 'A',
     "High-casualty events displace most (Tai, Mehra and Blumenstock 2022); the power is ours",
     "An event counts with 1 + fatalities to this power."},
    {"near_km", AT(near_km), FLOW_DOUBLE, "km", "10", 0.001, 1000, NULL, 'A', "libflow",
     "Unit of distance; closer events count as at this distance."},
    {"reach_km", AT(reach_km), FLOW_DOUBLE, "km", "200", 0.001, 20100, NULL, 'A', "libflow",
     "Events beyond this distance do not act on a place."},
    {"distance_power", AT(distance_power), FLOW_DOUBLE, "1", "2.1", 0, 10, NULL, 'V', MEHRAB,
     "Power of distance by which an event loses weight; 2.0 to 2.2 in the source."},
    {"window", AT(window), FLOW_INT, "d", "14", 0, 365, NULL, 'V', MEHRAB,
     "Oldest age at which an event still acts; 7 to 18 days in the source."},
    {"memory", AT(memory), FLOW_DOUBLE, "1", "0.9867", 0, 1, NULL, 'V', MEHRAB,
     "Share of the level of a day that is left on the next day."},
    {"steepness", AT(steepness), FLOW_DOUBLE, "1", "0.75", 0, 100, NULL, 'V', MEHRAB,
     "Growth of the chance to leave with the level; 0.7 to 0.8 in the source."},
    {"threshold", AT(threshold), FLOW_DOUBLE, "1", "55", 0, 1e9, NULL, 'V', MEHRAB,
     "Odds against leaving at level 0; 54 to 56 in the source."},
    {"share", AT(share), FLOW_DOUBLE, "1", "0.2", 0, 0.999, NULL, 'A',
     "Mean over men, women, children and old people of the values of Mehrab et al. 2024, our "
     "weighting",
     "Chance per day that a person leaves at the highest level."},
    {"from_zero", AT(from_zero), FLOW_BOOL, "", "true", 0, 0, NULL, 'A', "libflow",
     "Take away what the formula gives at level 0, so that nobody leaves without events; false: "
     "the formula as published."},
    FLOW_FIELD_END};

static const flow_field columns[] = {
    {"date,event_date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "", "Day of the event."},
    {"type,event_type", 0, FLOW_CHOICE, "", NULL, 0, 0,
     "Battles|Violence against civilians|Explosions/Remote violence|Riots|Protests|Strategic "
     "developments",
     '-', "", "Type of the event as ACLED names it."},
    {"latitude,lat", 0, FLOW_DOUBLE, "degrees_north", NULL, -90, 90, NULL, '-', "",
     "Where it happened."},
    {"longitude,lon", 0, FLOW_DOUBLE, "degrees_east", NULL, -180, 180, NULL, '-', "",
     "Where it happened."},
    {"fatalities", 0, FLOW_INT, "1", "0", 0, 1e7, NULL, '-', "", "People killed."},
    {"civilian_targeting", 0, FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Anything that is not empty: civilians were the target."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"events", true,
     "event_id_cnty,year,time_precision,disorder_type,sub_event_type,actor1,assoc_actor_1,inter1,"
     "actor2,assoc_actor_2,inter2,interaction,iso,region,country,admin1,admin2,admin3,location,"
     "geo_precision,source,source_scale,notes,tags,timestamp",
     columns, "it lists the events of the conflict"}};

typedef struct event {
    int32_t day;
    int32_t row; ///< of the table
    double latitude, longitude;
    double weight;
} event;

/// A point of the unit sphere.
typedef struct point {
    double x, y, z;
} point;

typedef struct data {
    int64_t n;
    event *event; ///< by day
    int32_t n_band;
    int32_t *by_band; ///< [n_band] places with coordinates, from south to north
    point *point;     ///< [n_band] where they are
} data;

typedef struct placed {
    double latitude;
    int32_t place;
} placed;

static int by_day(const void *a, const void *b)
{
    const event *x = a;
    const event *y = b;
    if (x->day != y->day) { return x->day < y->day ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

static int by_latitude(const void *a, const void *b)
{
    const placed *x = a;
    const placed *y = b;
    if (x->latitude < y->latitude || x->latitude > y->latitude) {
        return x->latitude < y->latitude ? -1 : 1;
    }
    return (x->place > y->place) - (x->place < y->place);
}

static point point_of(double latitude, double longitude)
{
    const double degree = 3.14159265358979323846 / 180.0;
    const double across = cos(degree * latitude);
    return (point){across * cos(degree * longitude), across * sin(degree * longitude),
                   sin(degree * latitude)};
}

static double weight_of(const param *p, const flow_rows *rows, int64_t row)
{
    const double of_type[] = {p->battles, p->violence, p->explosions,
                              p->riots,   p->protests, p->strategic};
    const bool civilians = *rows->text[CIVILIANS][row] != '\0';
    const double weight = civilians ? p->civilians : of_type[(int32_t)rows->value[TYPE][row]];
    return weight * pow(1.0 + rows->value[FATALITIES][row], p->fatality_power);
}

static flow_err sort_places(flow_setup *setup, data *d)
{
    const flow_world *w = setup->world;
    placed *list = flow_setup_keep(setup, w->n_place, sizeof *list);
    d->by_band = flow_setup_keep(setup, w->n_place, sizeof *d->by_band);
    d->point = flow_setup_keep(setup, w->n_place, sizeof *d->point);
    if (list == NULL || d->by_band == NULL || d->point == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for conflict_events");
    }
    for (int32_t i = 0; i < w->n_place; i++) {
        if (!isnan(w->latitude[i])) { list[d->n_band++] = (placed){w->latitude[i], i}; }
    }
    qsort(list, (size_t)d->n_band, sizeof *list, by_latitude);
    for (int32_t i = 0; i < d->n_band; i++) {
        d->by_band[i] = list[i].place;
        d->point[i] = point_of(w->latitude[list[i].place], w->longitude[list[i].place]);
    }
    return FLOW_OK;
}

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    const flow_rows *rows = &setup->rows[0];
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for conflict_events"); }
    d->event = flow_setup_keep(setup, rows->n, sizeof *d->event);
    if (d->event == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for conflict_events"); }
    for (int64_t i = 0; i < rows->n; i++) {
        const event one = {(int32_t)floor(rows->value[DATE][i]), (int32_t)i,
                           rows->value[LATITUDE][i], rows->value[LONGITUDE][i],
                           weight_of(p, rows, i)};
        if (one.weight > 0.0) { d->event[d->n++] = one; }
    }
    if (d->n > 0) { qsort(d->event, (size_t)d->n, sizeof *d->event, by_day); }
    const flow_err err = sort_places(setup, d);
    if (err != FLOW_OK) { return err; }
    if (d->n_band == 0) {
        flow_setup_error_key(setup, "events",
                             "no place has latitude and longitude, so no event is "
                             "near one");
    }
    if (p->reach_km < p->near_km) {
        flow_setup_error_key(setup, "reach_km", "%g is below near_km, %g", p->reach_km, p->near_km);
    }
    setup->data = d;
    setup->n_state = (p->window + 2) * setup->world->n_place;
    return FLOW_OK;
}

// Days -------------------------------------------------------------------------------------------

/// First event of a day or later.
static int64_t first_from(const data *d, int32_t day)
{
    int64_t low = 0, high = d->n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (d->event[middle].day < day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/// First place, from south to north, at a latitude or north of it.
static int32_t first_north(const flow_world *w, const data *d, double latitude)
{
    int32_t low = 0, high = d->n_band;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (w->latitude[d->by_band[middle]] < latitude) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/// Add what one event does on its day to the places around it. Most places of a band of latitude
/// are too far away: their distance through the sphere says so without a root.
static void add_event(const flow_world *w, const param *p, const data *d, const event *e,
                      double *impact)
{
    const double earth_km = 6371.0088;       // as flow_great_circle_km()
    const double band = p->reach_km / 111.0; // a degree of latitude has at least 111.19 km
    const double north = e->latitude + band;
    const double half = fmin(0.5 * p->reach_km / earth_km, 1.57079632679489662);
    const double reach = 4.0 * sin(half) * sin(half); // square of the chord
    const point at = point_of(e->latitude, e->longitude);
    for (int32_t k = first_north(w, d, e->latitude - band); k < d->n_band; k++) {
        const point *there = &d->point[k];
        const double x = there->x - at.x, y = there->y - at.y, z = there->z - at.z;
        const double chord = x * x + y * y + z * z;
        if (w->latitude[d->by_band[k]] > north) { break; }
        if (chord > reach) { continue; }
        const double km = 2.0 * earth_km * asin(fmin(0.5 * sqrt(chord), 1.0));
        const double near = km / p->near_km;
        impact[d->by_band[k]] += near > 1.0 ? e->weight * pow(near, -p->distance_power) : e->weight;
    }
}

/// Impacts by day of the window, then the level: [window + 2][n_place].
static double *impact_of(double *state, const flow_world *w, const param *p, int32_t day)
{
    const int32_t n = (int32_t)p->window + 1;
    const int32_t slot = ((day % n) + n) % n;
    return state + (int64_t)slot * w->n_place;
}

/// A(t) = memory A(t - 1) + sum over events of weight / (distance^power (1 + age)).
static void new_day(const flow_turn *turn, int32_t day)
{
    const flow_world *w = turn->world;
    const param *p = turn->param;
    const data *d = turn->data;
    double *level = turn->state + (p->window + 1) * w->n_place;
    double *today = impact_of(turn->state, w, p, day);
    for (int32_t i = 0; i < w->n_place; i++) {
        today[i] = 0.0;
        level[i] *= p->memory;
    }
    for (int64_t k = first_from(d, day); k < d->n && d->event[k].day == day; k++) {
        add_event(w, p, d, &d->event[k], today);
    }
    for (int32_t age = 0; age <= p->window; age++) {
        const int64_t k = first_from(d, day - age);
        if (k == d->n || d->event[k].day != day - age) { continue; }
        const double *impact = impact_of(turn->state, w, p, day - age);
        for (int32_t i = 0; i < w->n_place; i++) { level[i] += impact[i] / (1.0 + age); }
    }
}

/// Chance of leaving at a level, as a share of its highest value.
static double response(const param *p, double level)
{
    const double chance = 1.0 / (1.0 + p->threshold * exp(-p->steepness * level));
    const double at_zero = 1.0 / (1.0 + p->threshold);
    return p->from_zero && p->threshold > 0.0 ? (chance - at_zero) / (1.0 - at_zero) : chance;
}

/// Add hazard and level of the present day, with a weight.
static void add_day(const flow_turn *turn, double weight)
{
    const flow_world *w = turn->world;
    const param *p = turn->param;
    const double *level = turn->state + (p->window + 1) * w->n_place;
    for (int32_t i = 0; i < w->n_place; i++) {
        const double r = response(p, level[i]);
        turn->own[HAZARD][i] += weight * -log1p(-p->share * r); // chance per day to hazard per day
        turn->own[LEVEL][i] += weight * r;
    }
}

static void clear(const flow_turn *turn)
{
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->own[HAZARD][i] = turn->own[LEVEL][i] = 0.0;
    }
}

/// Events from before the first day have left their trace. Days on which none acts are taken at
/// once, however many there are.
static flow_err start(flow_turn *turn)
{
    const flow_world *w = turn->world;
    const param *p = turn->param;
    const data *d = turn->data;
    double *level = turn->state + (p->window + 1) * w->n_place;
    for (int32_t day = d->n > 0 ? d->event[0].day : 0; day < 0;) {
        const int64_t k = first_from(d, day - (int32_t)p->window);
        const int32_t next = k < d->n ? d->event[k].day : 0;
        if (next <= day) {
            new_day(turn, day++);
            continue;
        }
        const int32_t quiet_end = next < 0 ? next : 0;
        const double left = pow(p->memory, quiet_end - day);
        for (int32_t i = 0; i < w->n_place; i++) { level[i] *= left; }
        day = quiet_end;
    }
    return FLOW_OK;
}

/// Days of a step: each is one step of the recursion. The hazard of a long step is their mean, that
/// of a step within a day stays what it was at its beginning.
static flow_err step(flow_turn *turn)
{
    int32_t first = 0, end = 0;
    flow_turn_days(turn, &first, &end);
    if (first == end) {
        turn->unchanged = true;
        return FLOW_OK;
    }
    clear(turn);
    for (int32_t day = first; day < end; day++) {
        new_day(turn, day);
        add_day(turn, 1.0 / (end - first));
    }
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->own[LEVEL][i] = fmin(turn->own[LEVEL][i], 1.0); // a mean of ones may be rounded up
    }
    return FLOW_OK;
}

const flow_module flow_module_conflict_events = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_DRIVER,
    .name = "conflict_events",
    .help = "Conflict from a table of events (ACLED): they act by kind, distance and age.",
    .source = MEHRAB,
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 1,
    .writes = "hazard_conflict,conflict_level",
    .load = load,
    .start = start,
    .step = step};
