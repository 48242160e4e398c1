// Earthquake: intensity at places, homes that become uninhabitable, repairs.
#include "flow/module.h"

#include <math.h>
#include <stdlib.h>

enum { INPUT_EVENTS, INPUT_INTENSITIES };
enum { CURVE_GRADES, CURVE_LIMIT };
enum { EVENTS, INTENSITIES, HOUSING };               // tables
enum { E_DATE, E_LAT, E_LON, E_DEPTH, E_MAGNITUDE }; // columns of the events
enum { I_PLACE, I_DATE, I_INTENSITY };               // columns of the intensities
enum { H_PLACE, H_VULNERABILITY };                   // columns of the housing
enum { ONSET, DAMAGE };                              // own columns

typedef struct param {
    char *events, *intensities, *housing;
    int32_t input, curve;
    double reach_km;      ///< km
    double site;          ///< units of intensity
    double vulnerability; ///< 1
    double heavy;         ///< 1
    double limit;         ///< intensity
    double pause;         ///< d
    double rebuild;       ///< 1/d
} param;

#define AT(member) offsetof(param, member)
#define GRADES "Lagomarsino and Giovinazzi 2006, doi:10.1007/s10518-006-9024-z"
static const flow_field fields[] = {
    {"input", AT(input), FLOW_CHOICE, "", "events", 0, 0, "events|intensities", '-', "",
     "Where intensities come from: magnitudes and depths, or a table of intensities by place."},
    {"events", AT(events), FLOW_TEXT, "", "earthquakes.csv", 0, 0, NULL, '-', "",
     "Table of earthquakes."},
    {"intensities", AT(intensities), FLOW_TEXT, "", "intensities.csv", 0, 0, NULL, '-', "",
     "Table of intensities by place and date."},
    {"housing", AT(housing), FLOW_TEXT, "", "housing.csv", 0, 0, NULL, '-', "",
     "Table of the vulnerability of homes by place; it may be missing."},
    {"reach_km", AT(reach_km), FLOW_DOUBLE, "km", "500", 1, 20100, NULL, 'A', "libflow",
     "Places farther from the epicentre feel nothing."},
    {"site", AT(site), FLOW_DOUBLE, "1", "0", -3, 3, NULL, 'A', "libflow",
     "Added to each computed intensity: soft ground amplifies."},
    {"curve", AT(curve), FLOW_CHOICE, "", "grades", 0, 0, "grades|limit", '-', "",
     "Share who lose their home: from the grades of damage, or all from an intensity on."},
    {"vulnerability", AT(vulnerability), FLOW_DOUBLE, "1", "0.74", -0.1, 1.1, NULL, 'R',
     GRADES ": 0.74 unreinforced masonry, 0.84 adobe, 0.64 concrete frames without earthquake "
            "design",
     "Vulnerability index of homes, where the table of housing has none."},
    {"heavy", AT(heavy), FLOW_DOUBLE, "1", "0.4", 0, 1, NULL, 'R',
     "Bramerini and others 1995, as used in Italy; homes of grade 4 and 5 all count",
     "Of the homes of grade 3, the share that cannot be lived in."},
    {"limit", AT(limit), FLOW_DOUBLE, "1", "6", 1, 12, NULL, 'V', "InaSAFE, an upper bound",
     "Curve limit: intensity from which all must leave."},
    {"pause", AT(pause), FLOW_DOUBLE, "d", "30", 0, 10000, NULL, 'A', "libflow",
     "Days without an earthquake after which the next is no aftershock: it strikes what stands."},
    {"rebuild", AT(rebuild), FLOW_DOUBLE, "d-1", "0.001", 0, 10, NULL, 'A',
     "Half is rebuilt in about two years, as after the earthquakes of Nepal in 2015",
     "Rate at which homes are rebuilt."},
    FLOW_FIELD_END};

static const flow_field event_columns[] = {
    {"date,time", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "", "When it struck."},
    {"latitude,lat", 0, FLOW_DOUBLE, "degrees_north", NULL, -90, 90, NULL, '-', "", "Epicentre."},
    {"longitude,lon", 0, FLOW_DOUBLE, "degrees_east", NULL, -180, 180, NULL, '-', "", "Epicentre."},
    {"depth", 0, FLOW_DOUBLE, "km", NULL, 0, 800, NULL, '-', "", "Of the hypocentre."},
    {"magnitude,mag", 0, FLOW_DOUBLE, "1", NULL, 0, 10, NULL, '-', "", "Moment magnitude."},
    FLOW_FIELD_END};

static const flow_field intensity_columns[] = {
    {"place", 0, FLOW_PLACE, "", NULL, 0, 0, NULL, '-', "", "Name of a place."},
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "", "When it was struck."},
    {"intensity,mmi", 0, FLOW_DOUBLE, "1", NULL, 0, 12, NULL, '-', "",
     "Macroseismic intensity, Modified Mercalli or EMS-98."},
    FLOW_FIELD_END};

static const flow_field housing_columns[] = {
    {"place", 0, FLOW_PLACE, "", NULL, 0, 0, NULL, '-', "", "Name of a place."},
    {"vulnerability", 0, FLOW_DOUBLE, "1", NULL, -0.1, 1.1, NULL, '-', "",
     "Mean vulnerability index of its homes."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"events", false, "place,id,magtype,type", event_columns, "it lists earthquakes"},
    {"intensities", false, NULL, intensity_columns, "it tells how places were shaken"},
    {"housing", false, NULL, housing_columns, "it tells how homes are built"}};

/// A row of the events, or of the intensities.
typedef struct shock {
    double day;
    int32_t row;
} shock;

typedef struct data {
    const flow_rows *events, *intensities;
    int64_t n;
    shock *shock;          ///< by day
    double *vulnerability; ///< [n_place]
} data;

// Loading ----------------------------------------------------------------------------------------

static int by_day(const void *a, const void *b)
{
    const shock *x = a;
    const shock *y = b;
    if (x->day < y->day || x->day > y->day) { return x->day < y->day ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

/// Vulnerability of the places that the table of housing names, each once.
static flow_err read_housing(flow_setup *setup, const flow_rows *housing, double *index)
{
    bool *told = flow_setup_keep(setup, setup->world->n_place, sizeof *told);
    if (told == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for earthquake"); }
    for (int64_t i = 0; i < housing->n; i++) {
        const int32_t place = (int32_t)housing->value[H_PLACE][i];
        if (place < 0) { continue; } // told already
        if (told[place]) {
            flow_setup_error(setup, HOUSING, i, H_PLACE, "the place has a row already");
        }
        told[place] = true;
        index[place] = housing->value[H_VULNERABILITY][i];
    }
    return FLOW_OK;
}

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    const flow_world *w = setup->world;
    const bool events = p->input == INPUT_EVENTS;
    const flow_rows *rows = &setup->rows[events ? EVENTS : INTENSITIES];
    const flow_rows *housing = &setup->rows[HOUSING];
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    shock *list = flow_setup_keep(setup, rows->n, sizeof *list);
    double *index = flow_setup_keep(setup, w->n_place, sizeof *index);
    if (d == NULL || list == NULL || index == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for earthquake");
    }
    if (rows->n == 0) {
        flow_setup_error_key(setup, "input", "it is %s, but the table '%s' has no rows",
                             events ? "events" : "intensities",
                             events ? p->events : p->intensities);
    }
    for (int64_t i = 0; i < rows->n; i++) {
        list[i] = (shock){rows->value[events ? E_DATE : I_DATE][i], (int32_t)i};
    }
    if (rows->n > 0) { qsort(list, (size_t)rows->n, sizeof *list, by_day); }
    bool placed = false;
    for (int32_t i = 0; i < w->n_place; i++) {
        index[i] = p->vulnerability;
        placed = placed || !isnan(w->latitude[i]);
    }
    const flow_err err = read_housing(setup, housing, index);
    if (events && !placed) {
        flow_setup_error_key(setup, "events",
                             "no place has latitude and longitude, so no earthquake is near one");
    }
    *d = (data){&setup->rows[EVENTS], &setup->rows[INTENSITIES], rows->n, list, index};
    setup->data = d;
    setup->n_state = (int64_t)FLOW_IMPACT_N * w->n_place;
    return err;
}

// Formulas ---------------------------------------------------------------------------------------

/// Intensity in active shallow crust: Allen, Wald and Worden 2012, doi:10.1007/s10950-012-9278-7,
/// with distances to the hypocentre.
static double intensity(double magnitude, double km)
{
    const double near = -0.209 + 2.042 * exp(magnitude - 5.0);
    const double i = 2.085 + 1.428 * magnitude - 1.402 * log(sqrt(km * km + near * near));
    return km > 50.0 ? i + 0.078 * log(km / 50.0) : i;
}

/// Share of homes that cannot be lived in: the mean grade of damage, grades from 0 to 5 binomial
/// Rate at which homes of a place are repaired: by their people and by responses.
static double mending(const flow_turn *turn, int32_t place)
{
    const param *p = turn->param;
    return p->rebuild + turn->read[0][place];
}

/// about it, heavy of grade 3 and all of 4 and 5.
static double uninhabitable(const param *p, double shaking, double vulnerability)
{
    if (p->curve == CURVE_LIMIT) { return shaking >= p->limit ? 1.0 : 0.0; }
    const double mean = 2.5 * (1.0 + tanh((shaking + 6.25 * vulnerability - 13.1) / 2.3));
    const double x = mean / 5.0;
    const double y = 1.0 - x;
    const double three = 10.0 * x * x * x * y * y;
    const double four = 5.0 * x * x * x * x * y;
    return p->heavy * three + four + x * x * x * x * x;
}

// Steps ------------------------------------------------------------------------------------------

static void shake(const flow_turn *turn, int32_t place, double day, double shaking)
{
    const param *p = turn->param;
    const data *d = turn->data;
    flow_impact *impact = flow_impact_at(turn->state, place);
    const double share = uninhabitable(p, shaking, d->vulnerability[place]);
    turn->own[DAMAGE][place] += flow_impact_repair(impact, day, mending(turn, place));
    const double leave = flow_impact_strike(impact, day, day, p->pause, share, share);
    turn->own[ONSET][place] = flow_share_any(turn->own[ONSET][place], leave);
}

/// All places around an epicentre.
static void shake_all(const flow_turn *turn, const shock *s)
{
    const flow_world *w = turn->world;
    const param *p = turn->param;
    const data *d = turn->data;
    const double *const *value = d->events->value;
    for (int32_t i = 0; i < w->n_place; i++) {
        const double km = flow_great_circle_km(value[E_LAT][s->row], value[E_LON][s->row],
                                               w->latitude[i], w->longitude[i]);
        if (!(km <= p->reach_km)) { continue; }
        const double far = sqrt(km * km + value[E_DEPTH][s->row] * value[E_DEPTH][s->row]);
        const double felt = intensity(value[E_MAGNITUDE][s->row], fmax(far, 0.1)) + p->site;
        shake(turn, i, s->day, fmin(fmax(felt, 0.0), 12.0));
    }
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const double dt = turn->world->dt;
    const double sliver = 1e-6; // days of short steps are sums of fractions
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->own[ONSET][i] = turn->own[DAMAGE][i] = 0.0;
    }
    for (int64_t k = 0; k < d->n; k++) {
        const shock *s = &d->shock[k];
        if (s->day < turn->day - sliver) { continue; }
        if (s->day >= turn->day + dt - sliver) { break; }
        if (p->input == INPUT_EVENTS) {
            shake_all(turn, s);
        } else {
            shake(turn, (int32_t)d->intensities->value[I_PLACE][s->row], s->day,
                  d->intensities->value[I_INTENSITY][s->row]);
        }
    }
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        flow_impact *impact = flow_impact_at(turn->state, i);
        const double whole =
            turn->own[DAMAGE][i] + flow_impact_repair(impact, turn->day + dt, mending(turn, i));
        turn->own[DAMAGE][i] = fmin(whole / dt, 1.0);
    }
    return FLOW_OK;
}

const flow_module flow_module_earthquake = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_DRIVER,
    .name = "earthquake",
    .help = "Earthquakes by magnitude or intensity: they make homes uninhabitable.",
    .source = "Intensity: Allen, Wald and Worden 2012, doi:10.1007/s10950-012-9278-7; grades of "
              "damage: " GRADES,
    .many = true,
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 3,
    .writes = "onset_earthquake,housing_damage",
    .reads = "repair",
    .load = load,
    .step = step};
