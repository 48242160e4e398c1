// Cyclone: wind at places from the track of a storm or from a table, and what it breaks.
#include "flow/module.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_TRACK, INPUT_WINDS };
enum { CURVE_CUBIC, CURVE_STEPS };
enum { TRACK, WINDS };                                                // tables
enum { T_STORM, T_DATE, T_LAT, T_LON, T_WIND, T_PRESSURE, T_RADIUS }; // columns of the track
enum { W_PLACE, W_DATE, W_WIND };                                     // columns of the winds
enum { ONSET, DAMAGE, SAFETY };                                       // own columns

typedef struct param {
    char *track, *winds;
    int32_t input, curve;
    double ambient;              ///< hPa
    double shape;                ///< 0: by wind or pressure
    double reach_km;             ///< km
    double wind_factor;          ///< 1
    double wind_zero, wind_half; ///< m/s
    double lower, upper;         ///< 1
    flow_list step_wind, step_share;
    double ruin;    ///< 1
    double danger;  ///< m/s
    double pause;   ///< d
    double rebuild; ///< 1/d
} param;

#define AT(member) offsetof(param, member)
#define HOLLAND "Holland 1980, doi:10.1175/1520-0493(1980)108<1212:AAMOTW>2.0.CO;2"
#define INASAFE                                                                                    \
    "InaSAFE, displacement rates of its wind classes, Saffir-Simpson from category 3; "            \
    "Australian: "                                                                                 \
    "[24.7, 32.8, 44.4, 55.6] and [0.06, 0.55, 0.97, 1]"
static const flow_field fields[] = {
    {"input", AT(input), FLOW_CHOICE, "", "track", 0, 0, "track|winds", '-', "",
     "Where winds come from: the track of a storm, or a table of winds by place."},
    {"track", AT(track), FLOW_TEXT, "", "track.csv", 0, 0, NULL, '-', "",
     "Table of the positions of the eye."},
    {"winds", AT(winds), FLOW_TEXT, "", "winds.csv", 0, 0, NULL, '-', "",
     "Table of winds by place and date."},
    {"ambient", AT(ambient), FLOW_DOUBLE, "hPa", "1013", 900, 1100, NULL, 'A',
     "Mean of the tropics is about 1010", "Pressure far from the storm."},
    {"shape", AT(shape), FLOW_DOUBLE, "1", "0", 0, 4, NULL, 'V',
     "0.886 + 0.0177 wind - 0.0094 latitude: Willoughby and Rahn 2004, "
     "doi:10.1175/MWR2831.1; with pressures as in " HOLLAND,
     "Exponent of the profile of the wind; 0: from the pressure, or else from the wind."},
    {"reach_km", AT(reach_km), FLOW_DOUBLE, "km", "500", 1, 5000, NULL, 'A', "libflow",
     "Places farther from the eye feel no wind."},
    {"wind_factor", AT(wind_factor), FLOW_DOUBLE, "1", "1", 0, 10, NULL, 'A', "libflow",
     "Factor on all winds, such as that from open sea to rough land."},
    {"curve", AT(curve), FLOW_CHOICE, "", "cubic", 0, 0, "cubic|steps", '-', "",
     "Share who lose their home by wind: from a curve of damage, or by steps."},
    {"wind_zero", AT(wind_zero), FLOW_DOUBLE, "m s-1", "25.7", 0, 100, NULL, 'V',
     "Emanuel 2011, doi:10.1175/WCAS-D-11-00007.1, as used in CLIMADA",
     "Wind that damages nothing."},
    {"wind_half", AT(wind_half), FLOW_DOUBLE, "m s-1", "84.7", 1, 300, NULL, 'V',
     "Value of the test set of CLIMADA; it differs between regions",
     "Wind at which half of the value of a home is lost."},
    {"lower", AT(lower), FLOW_DOUBLE, "1", "0.3", 0, 1, NULL, 'V',
     "IDMC and ETH Zurich: homes with a damage above 0.55, in sensitivity tests 0.3 to 0.7; that "
     "they are spread over the range is our assumption",
     "Damage at which the first homes cannot be lived in."},
    {"upper", AT(upper), FLOW_DOUBLE, "1", "0.7", 0, 1, NULL, 'V', "as lower",
     "Damage at which none can."},
    {"step_wind", AT(step_wind), FLOW_LIST, "m s-1", "[50, 58, 70]", 0, 300, NULL, 'V', INASAFE,
     "Winds from which the shares of step_share hold."},
    {"step_share", AT(step_share), FLOW_LIST, "1", "[0.9, 0.99, 1]", 0, 1, NULL, 'V', INASAFE,
     "Shares of the people who must leave."},
    {"ruin", AT(ruin), FLOW_DOUBLE, "1", "1", 0, 1, NULL, 'A', "libflow",
     "Of the homes that are left because of the wind, the share that must be repaired."},
    {"danger", AT(danger), FLOW_DOUBLE, "m s-1", "17.5", 0, 100, NULL, 'R',
     "Gale force, 34 knots: evacuation ends before it",
     "Wind from which the place is not safe and a storm counts as present."},
    {"pause", AT(pause), FLOW_DOUBLE, "d", "3", 0, 10000, NULL, 'A', "libflow",
     "Days without such wind after which it is another storm."},
    {"rebuild", AT(rebuild), FLOW_DOUBLE, "d-1", "0.005", 0, 10, NULL, 'A', "libflow",
     "Rate at which homes are repaired."},
    FLOW_FIELD_END};

static const flow_field track_columns[] = {
    {"storm", 0, FLOW_TEXT, "", "", 0, 0, NULL, '-', "", "Name, where there are several storms."},
    {"date,time", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "", "When the eye was there."},
    {"latitude,lat", 0, FLOW_DOUBLE, "degrees_north", NULL, -90, 90, NULL, '-', "", "Of the eye."},
    {"longitude,lon", 0, FLOW_DOUBLE, "degrees_east", NULL, -180, 180, NULL, '-', "",
     "Of the eye."},
    {"wind", 0, FLOW_DOUBLE, "m s-1", NULL, 0, 150, NULL, '-', "",
     "Largest wind near the ground, held for a minute."},
    {"pressure", 0, FLOW_DOUBLE, "hPa", "", 800, 1100, NULL, '-', "", "In the eye."},
    {"radius", 0, FLOW_DOUBLE, "km", "", 1, 500, NULL, '-', "",
     "From the eye to the largest wind; empty: 46.4 exp(-0.0155 wind + 0.0169 latitude), "
     "Willoughby, Darling and Rahn 2006."},
    FLOW_FIELD_END};

static const flow_field wind_columns[] = {
    {"place", 0, FLOW_PLACE, "", NULL, 0, 0, NULL, '-', "", "Name of a place."},
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "",
     "When the row begins to hold, until the next one of the place."},
    {"wind", 0, FLOW_DOUBLE, "m s-1", NULL, 0, 150, NULL, '-', "", "Largest wind of that time."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"track", false, NULL, track_columns, "it tells where the storm was"},
    {"winds", false, NULL, wind_columns, "it tells how the wind blew"}};

typedef struct fix {
    int32_t storm;
    int32_t row; ///< of the table
    double day, latitude, longitude;
    double wind, pressure, radius; ///< NAN: not given
} fix;

typedef struct data {
    const flow_rows *winds;
    const flow_place_series *series;
    int32_t n_storm;
    int64_t *first; ///< [n_storm + 1] fixes of a storm
    fix *fix;       ///< by storm, then by time
} data;

// Loading ----------------------------------------------------------------------------------------

static int by_storm_and_day(const void *a, const void *b)
{
    const fix *x = a;
    const fix *y = b;
    if (x->storm != y->storm) { return x->storm < y->storm ? -1 : 1; }
    if (x->day < y->day || x->day > y->day) { return x->day < y->day ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

static flow_err load_track(flow_setup *setup, data *d)
{
    const flow_rows *rows = &setup->rows[TRACK];
    d->fix = flow_setup_keep(setup, rows->n, sizeof *d->fix);
    d->first = flow_setup_keep(setup, rows->n + 1, sizeof *d->first);
    if (d->fix == NULL || d->first == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for cyclone");
    }
    for (int64_t i = 0; i < rows->n; i++) {
        const char *name = rows->text[T_STORM][i];
        int32_t storm = d->n_storm - 1; // `first` holds a row of each storm until they are sorted
        while (storm >= 0 && strcmp(rows->text[T_STORM][d->first[storm]], name) != 0) { storm--; }
        if (storm < 0) {
            storm = d->n_storm++;
            d->first[storm] = i;
        }
        d->fix[i] = (fix){storm,
                          (int32_t)i,
                          rows->value[T_DATE][i],
                          rows->value[T_LAT][i],
                          rows->value[T_LON][i],
                          rows->value[T_WIND][i],
                          rows->value[T_PRESSURE][i],
                          rows->value[T_RADIUS][i]};
    }
    if (rows->n > 0) { qsort(d->fix, (size_t)rows->n, sizeof *d->fix, by_storm_and_day); }
    d->first[0] = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        d->first[d->fix[i].storm + 1] = i + 1;
        const bool twice =
            i > 0 && d->fix[i - 1].storm == d->fix[i].storm && !(d->fix[i - 1].day < d->fix[i].day);
        if (twice) {
            flow_setup_error(setup, TRACK, d->fix[i].row, T_DATE,
                             "the storm has a row of this time already, row %d of the data",
                             (int)d->fix[i - 1].row + 1);
        }
    }
    return FLOW_OK;
}

static void check(flow_setup *setup, const param *p)
{
    const flow_world *w = setup->world;
    const int32_t table = p->input == INPUT_TRACK ? TRACK : WINDS;
    if (setup->rows[table].n == 0) {
        flow_setup_error_key(setup, "input", "it is %s, but the table '%s' has no rows",
                             p->input == INPUT_TRACK ? "track" : "winds",
                             p->input == INPUT_TRACK ? p->track : p->winds);
    }
    if (!(p->wind_half > p->wind_zero)) {
        flow_setup_error_key(setup, "wind_half", "%g is not above wind_zero, %g", p->wind_half,
                             p->wind_zero);
    }
    if (p->upper < p->lower) {
        flow_setup_error_key(setup, "upper", "%g is below lower, %g", p->upper, p->lower);
    }
    if (p->step_wind.n != p->step_share.n) {
        flow_setup_error_key(setup, "step_wind", "%d winds were given for %d shares",
                             (int)p->step_wind.n, (int)p->step_share.n);
    }
    bool placed = false;
    for (int32_t i = 0; i < w->n_place; i++) { placed = placed || !isnan(w->latitude[i]); }
    if (p->input == INPUT_TRACK && !placed) {
        flow_setup_error_key(setup, "track",
                             "no place has latitude and longitude, so no storm is near one");
    }
}

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    check(setup, p);
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for cyclone"); }
    d->winds = &setup->rows[WINDS];
    setup->data = d;
    setup->n_state = (int64_t)FLOW_IMPACT_N * setup->world->n_place;
    return p->input == INPUT_TRACK ? load_track(setup, d)
                                   : flow_setup_series(setup, WINDS, W_PLACE, W_DATE, &d->series);
}

// Wind -------------------------------------------------------------------------------------------

/// The eye between two fixes.
static fix between(const fix *a, const fix *b, double day)
{
    const double t = b->day > a->day ? (day - a->day) / (b->day - a->day) : 0.0;
    const double east = remainder(b->longitude - a->longitude, 360.0);
    return (fix){.latitude = a->latitude + t * (b->latitude - a->latitude),
                 .longitude = remainder(a->longitude + t * east, 360.0),
                 .wind = a->wind + t * (b->wind - a->wind),
                 .pressure = a->pressure + t * (b->pressure - a->pressure),
                 .radius = a->radius + t * (b->radius - a->radius)};
}

/// Where a storm is at a moment; false before its first fix and after its last.
static bool find_eye(const data *d, int32_t storm, double day, fix *out)
{
    int64_t low = d->first[storm], high = d->first[storm + 1] - 1;
    if (day < d->fix[low].day || day > d->fix[high].day) { return false; }
    while (low < high - 1) {
        const int64_t middle = low + (high - low) / 2;
        if (d->fix[middle].day > day) {
            high = middle;
        } else {
            low = middle;
        }
    }
    *out = between(&d->fix[low], &d->fix[high], day);
    return true;
}

/// Fill in what the track does not tell; pressure becomes the exponent of the profile.
static void complete(const param *p, fix *eye, double *shape)
{
    const double air = 1.15; // kg/m3, density of air over warm sea, Holland 1980
    const double euler = 2.71828182845904523536;
    const double north = fabs(eye->latitude);
    const double drop = 100.0 * (p->ambient - eye->pressure); // Pa
    if (isnan(eye->radius)) { eye->radius = 46.4 * exp(-0.0155 * eye->wind + 0.0169 * north); }
    *shape = p->shape;
    if (*shape > 0.0) { return; }
    *shape = drop > 100.0 ? air * euler * eye->wind * eye->wind / drop
                          : 0.886 + 0.0177 * eye->wind - 0.0094 * north;
    *shape = fmin(fmax(*shape, 1.0), 2.5); // the range of Holland 1980
}

/// Holland's profile without the Coriolis force, scaled to the largest wind: wind at a distance.
static double profile(const fix *eye, double shape, double km)
{
    if (!(km > 0.0)) { return 0.0; }
    const double x = pow(eye->radius / km, shape);
    return eye->wind * sqrt(x * exp(1.0 - x));
}

// Effects ----------------------------------------------------------------------------------------

static double leaving(const param *p, double wind)
{
    if (p->curve == CURVE_STEPS) {
        double share = 0.0;
        for (int32_t i = 0; i < p->step_wind.n && wind >= p->step_wind.value[i]; i++) {
            share = p->step_share.value[i];
        }
        return share;
    }
    const double v = fmax(wind - p->wind_zero, 0.0) / (p->wind_half - p->wind_zero);
    const double loss = v * v * v / (1.0 + v * v * v);
    if (!(p->upper > p->lower)) { return loss > p->lower ? 1.0 : 0.0; }
    return fmin(fmax((loss - p->lower) / (p->upper - p->lower), 0.0), 1.0);
}

/// Rate at which homes of a place are repaired: by their people and by responses.
static double mending(const flow_turn *turn, int32_t place)
{
    const param *p = turn->param;
    return p->rebuild + turn->read[0][place];
}

/// A wind blows at a place for a while.
static void blow(const flow_turn *turn, int32_t place, double wind, double from, double to)
{
    const param *p = turn->param;
    wind *= p->wind_factor;
    if (wind < p->danger) { return; }
    flow_impact *impact = flow_impact_at(turn->state, place);
    const double share = leaving(p, wind);
    turn->own[DAMAGE][place] += flow_impact_repair(impact, from, mending(turn, place));
    const double leave = flow_impact_strike(impact, from, to, p->pause, share, p->ruin * share);
    turn->own[ONSET][place] = flow_share_any(turn->own[ONSET][place], leave);
    turn->own[SAFETY][place] -= (to - from) / turn->world->dt;
}

/// All storms pass by, a quarter of an hour after the other: moments are the same for every length
/// of a step.
static void pass(const flow_turn *turn)
{
    const double quarters = 96.0; // per day
    const flow_world *w = turn->world;
    const param *p = turn->param;
    const data *d = turn->data;
    const int64_t end = (int64_t)ceil((turn->day + w->dt) * quarters - 1e-4);
    for (int64_t k = (int64_t)ceil(turn->day * quarters - 1e-4); k < end; k++) {
        const double from = (double)k / quarters, to = (double)(k + 1) / quarters;
        for (int32_t s = 0; s < d->n_storm; s++) {
            fix eye;
            double shape;
            if (!find_eye(d, s, from, &eye)) { continue; }
            complete(p, &eye, &shape);
            const double band = p->reach_km / 111.0; // a degree has at least 111.19 km
            for (int32_t i = 0; i < w->n_place; i++) {
                if (!(fabs(w->latitude[i] - eye.latitude) <= band)) { continue; }
                const double km = flow_great_circle_km(eye.latitude, eye.longitude, w->latitude[i],
                                                       w->longitude[i]);
                if (km > p->reach_km) { continue; }
                blow(turn, i, profile(&eye, shape, km), from, to);
            }
        }
    }
}

/// Winds of the table, row by row.
static void blow_rows(const flow_turn *turn)
{
    const data *d = turn->data;
    const double end = turn->day + turn->world->dt;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        for (double from = turn->day; from < end;) {
            const double next = fmin(flow_place_series_next(d->series, i, from), end);
            const int64_t row = flow_place_series_row(d->series, i, from);
            if (row >= 0) { blow(turn, i, d->winds->value[W_WIND][row], from, next); }
            from = next;
        }
    }
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const double dt = turn->world->dt;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->own[ONSET][i] = turn->own[DAMAGE][i] = 0.0;
        turn->own[SAFETY][i] = 1.0;
    }
    if (p->input == INPUT_TRACK) {
        pass(turn);
    } else {
        blow_rows(turn);
    }
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        flow_impact *impact = flow_impact_at(turn->state, i);
        const double whole =
            turn->own[DAMAGE][i] + flow_impact_repair(impact, turn->day + dt, mending(turn, i));
        turn->own[DAMAGE][i] = fmin(whole / dt, 1.0);
        turn->own[SAFETY][i] = fmax(turn->own[SAFETY][i], 0.0);
    }
    return FLOW_OK;
}

const flow_module flow_module_cyclone = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_DRIVER,
    .name = "cyclone",
    .help = "Cyclones by their tracks or winds: they make homes uninhabitable.",
    .source = HOLLAND ", profile scaled to the largest wind; damage x^3 / (1 + x^3), x = (wind - "
                      "wind_zero) / (wind_half - wind_zero): Emanuel 2011",
    .many = true,
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 2,
    .writes = "onset_cyclone,housing_damage,safety",
    .reads = "repair",
    .load = load,
    .step = step};
