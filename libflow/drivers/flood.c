// Flood: sudden onset by depth or level, hazard while the water stands, homes that must be
// repaired.
#include "flow/module.h"

#include <math.h>

enum { MEASURE_DEPTH, MEASURE_LEVEL };
enum { CURVE_STEPS, CURVE_LOGISTIC };
enum { REPEAT_ONCE, REPEAT_DAILY };
enum { PLACE, DATE, DEPTH, LEVEL, FLOODED }; // columns
enum { ONSET, HAZARD, DAMAGE };              // own columns

typedef struct param {
    char *series;
    int32_t measure, curve, repeat;
    flow_list step_depth, step_share; ///< m, 1
    double centre, scale;             ///< m
    flow_list level_share, level_damage;
    flow_list damage_depth, damage_share; ///< m, 1
    double rate;                          ///< 1/d
    double pause;                         ///< d
    double rebuild;                       ///< 1/d
} param;

#define AT(member) offsetof(param, member)
#define INASAFE "InaSAFE, displacement rates of its flood depth classes"
#define DFLEE "DFlee, move chances of its flood levels, which its authors call educated guesses"
#define JRC "Huizinga, De Moel and Szewczyk 2017, doi:10.2760/16510: residential buildings, Asia"
static const flow_field fields[] = {
    {"series", AT(series), FLOW_TEXT, "", "flood.csv", 0, 0, NULL, '-', "",
     "Table of depths or levels by place and date."},
    {"measure", AT(measure), FLOW_CHOICE, "", "depth", 0, 0, "depth|level", '-', "",
     "What the table holds: depth of the water, or a level from 0, dry."},
    {"curve", AT(curve), FLOW_CHOICE, "", "steps", 0, 0, "steps|logistic", '-', "",
     "Share of the people in the water who must leave by its depth: steps, or a logistic curve."},
    {"repeat", AT(repeat), FLOW_CHOICE, "", "once", 0, 0, "once|daily", '-', "",
     "The share leaves once, when the depth is reached, or on every day of the flood as in DFlee."},
    {"step_depth", AT(step_depth), FLOW_LIST, "m", "[0.1, 0.7, 1.5]", 0, 100, NULL, 'V', INASAFE,
     "Depths from which the shares of step_share hold; below the first it is dry."},
    {"step_share", AT(step_share), FLOW_LIST, "1", "[0.01, 0.03, 0.05]", 0, 1, NULL, 'V', INASAFE,
     "Shares of the people in the water who must leave."},
    {"centre", AT(centre), FLOW_DOUBLE, "m", "1", 0, 100, NULL, 'A', "libflow",
     "Logistic curve: depth at which half of the people must leave."},
    {"scale", AT(scale), FLOW_DOUBLE, "m", "0.3", 0.001, 100, NULL, 'A', "libflow",
     "Logistic curve: its width."},
    {"level_share", AT(level_share), FLOW_LIST, "1", "[0.1, 0.2, 0.5, 0.9]", 0, 1, NULL, 'V', DFLEE,
     "Shares who leave at level 1, 2 and so on; higher levels as the last."},
    {"level_damage", AT(level_damage), FLOW_LIST, "1", "[0, 0.2, 0.5, 0.8]", 0, 1, NULL, 'A',
     "libflow",
     "Of the homes that are left, the share that needs repair after the water, by level."},
    {"damage_depth", AT(damage_depth), FLOW_LIST, "m", "[0, 0.5, 1, 1.5, 2, 3, 4, 5, 6]", 0, 100,
     NULL, 'V', JRC, "Depths of the curve of damage."},
    {"damage_share", AT(damage_share), FLOW_LIST, "1",
     "[0, 0.33, 0.49, 0.62, 0.72, 0.87, 0.93, 0.98, 1]", 0, 1, NULL, 'V',
     JRC "; that damage tells who cannot go back is our assumption",
     "Of the homes that are left, the share that needs repair after the water, linear in between."},
    {"rate", AT(rate), FLOW_DOUBLE, "d-1", "0", 0, 10, NULL, 'A', "libflow",
     "Hazard of leaving while the water stands, for each unit of the share who must leave."},
    {"pause", AT(pause), FLOW_DOUBLE, "d", "7", 0, 10000, NULL, 'A', "libflow",
     "Dry days after which water is another flood, which drives people out again."},
    {"rebuild", AT(rebuild), FLOW_DOUBLE, "d-1", "0.01", 0, 10, NULL, 'A', "libflow",
     "Rate at which homes are repaired once the water is gone."},
    FLOW_FIELD_END};

static const flow_field columns[] = {
    {"place", 0, FLOW_PLACE, "", NULL, 0, 0, NULL, '-', "", "Name of a place."},
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "",
     "When the row begins to hold, until the next one of the place."},
    {"depth", 0, FLOW_DOUBLE, "m", "", 0, 100, NULL, '-', "", "Depth of the water."},
    {"level", 0, FLOW_INT, "1", "", 0, 100, NULL, '-', "", "Level of the flood, 0: none."},
    {"flooded", 0, FLOW_DOUBLE, "1", "1", 0, 1, NULL, '-', "",
     "Share of the people of the place who live where the water is."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"series", true, NULL, columns, "it tells when and where there is water"}};

typedef struct data {
    const flow_rows *rows;
    const flow_place_series *series;
} data;

// Loading ----------------------------------------------------------------------------------------

/// Two lists that make a curve: as long as each other, the first one rising.
static void check_curve(flow_setup *setup, const char *key, const flow_list *x, const flow_list *y)
{
    bool rising = x->n > 0;
    for (int32_t i = 1; i < x->n; i++) { rising = rising && x->value[i] > x->value[i - 1]; }
    if (!rising) { flow_setup_error_key(setup, key, "numbers that rise were expected"); }
    if (x->n != y->n) {
        flow_setup_error_key(setup, key, "%d depths were given for %d shares", (int)x->n,
                             (int)y->n);
    }
}

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    const flow_rows *rows = &setup->rows[0];
    const int32_t column = p->measure == MEASURE_DEPTH ? DEPTH : LEVEL;
    check_curve(setup, "step_depth", &p->step_depth, &p->step_share);
    check_curve(setup, "damage_depth", &p->damage_depth, &p->damage_share);
    if (p->level_share.n == 0 || p->level_damage.n == 0) {
        flow_setup_error_key(setup, p->level_share.n == 0 ? "level_share" : "level_damage",
                             "at least one number was expected");
    }
    if (!rows->given[column]) {
        flow_setup_error(setup, 0, -1, DATE, "flood.measure is %s, but there is no column %s",
                         columns[column].key, columns[column].key);
    }
    for (int64_t i = 0; i < rows->n && rows->given[column]; i++) {
        if (isnan(rows->value[column][i])) {
            flow_setup_error(setup, 0, i, column, "%s is empty", columns[column].key);
        }
    }
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for flood"); }
    d->rows = rows;
    setup->data = d;
    setup->n_state = (int64_t)FLOW_IMPACT_N * setup->world->n_place;
    return flow_setup_series(setup, 0, PLACE, DATE, &d->series);
}

// Curves -----------------------------------------------------------------------------------------

/// Entry of a list by level, 1 the first.
static double by_level(const flow_list *list, double level)
{
    return list->value[(int32_t)fmin(level, list->n) - 1];
}

/// Share of the people in the water who must leave.
static double leaving(const param *p, double water)
{
    if (p->measure == MEASURE_LEVEL) { return by_level(&p->level_share, water); }
    if (p->curve == CURVE_LOGISTIC) { return 1.0 / (1.0 + exp((p->centre - water) / p->scale)); }
    double share = 0.0;
    for (int32_t i = 0; i < p->step_depth.n && water >= p->step_depth.value[i]; i++) {
        share = p->step_share.value[i];
    }
    return share;
}

/// Of the homes that are left, the share that needs repair.
static double broken(const param *p, double water)
{
    if (p->measure == MEASURE_LEVEL) { return by_level(&p->level_damage, water); }
    const double *x = p->damage_depth.value;
    const double *y = p->damage_share.value;
    const int32_t n = p->damage_depth.n;
    if (water <= x[0]) { return y[0]; }
    for (int32_t i = 1; i < n; i++) {
        if (water < x[i]) {
            return y[i - 1] + (y[i] - y[i - 1]) * (water - x[i - 1]) / (x[i] - x[i - 1]);
        }
    }
    return y[n - 1];
}

// Steps ------------------------------------------------------------------------------------------

/// Share of the homes that cannot be lived in while water stands: those that are left, and what
/// earlier floods have broken.
static double closed(const flow_impact *impact)
{
    if (!(impact->ruined < 1.0)) { return 1.0; }
    const double whole = fmin((1.0 - impact->damage) / (1.0 - impact->ruined), 1.0);
    return 1.0 - whole * (1.0 - impact->reached);
}

/// Rate at which homes of a place are repaired: by their people and by responses.
static double mending(const flow_turn *turn, int32_t place)
{
    const param *p = turn->param;
    return p->rebuild + turn->read[0][place];
}

/// What one row does to a place while it holds. Hazard and damage are summed over time.
static void hold(const flow_turn *turn, int32_t place, int64_t row, double from, double to)
{
    const param *p = turn->param;
    const data *d = turn->data;
    flow_impact *impact = flow_impact_at(turn->state, place);
    const int32_t column = p->measure == MEASURE_DEPTH ? DEPTH : LEVEL;
    const double water = row >= 0 ? d->rows->value[column][row] : 0.0;
    const double flooded = row >= 0 ? d->rows->value[FLOODED][row] : 0.0;
    const double dry = p->measure == MEASURE_DEPTH ? p->step_depth.value[0] : 1.0;
    if (!(flooded > 0.0) || water < dry) {
        turn->own[DAMAGE][place] += flow_impact_repair(impact, to, mending(turn, place));
        return;
    }
    const double share = flooded * leaving(p, water);
    const double days = to - from;
    double hazard = p->rate * share;
    double leave = 0.0;
    (void)flow_impact_repair(impact, from, mending(turn, place));
    if (p->repeat == REPEAT_ONCE) {
        leave = flow_impact_strike(impact, from, to, p->pause, share, 0.0);
    } else {
        (void)flow_impact_strike(impact, from, to, p->pause, 0.0, 0.0);
        hazard += share < 1.0 ? -log1p(-share) : 1000.0;
    }
    impact->reached = flow_share_any(impact->reached, -expm1(-hazard * days));
    (void)flow_impact_strike(impact, from, to, p->pause, 0.0, impact->reached * broken(p, water));
    impact->since = to; // nothing is repaired in the water
    turn->own[ONSET][place] = flow_share_any(turn->own[ONSET][place], leave);
    turn->own[HAZARD][place] += hazard * days;
    turn->own[DAMAGE][place] += closed(impact) * days;
}

static flow_err step(flow_turn *turn)
{
    const data *d = turn->data;
    const double dt = turn->world->dt;
    const double end = turn->day + dt;
    bool same = true;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        const double before[] = {turn->own[ONSET][i], turn->own[HAZARD][i], turn->own[DAMAGE][i]};
        for (int32_t k = ONSET; k <= DAMAGE; k++) { turn->own[k][i] = 0.0; }
        for (double from = turn->day; from < end;) {
            const double next = fmin(flow_place_series_next(d->series, i, from), end);
            hold(turn, i, flow_place_series_row(d->series, i, from), from, next);
            from = next;
        }
        turn->own[HAZARD][i] = fmin(turn->own[HAZARD][i] / dt, 1000.0);
        turn->own[DAMAGE][i] = fmin(turn->own[DAMAGE][i] / dt, 1.0);
        for (int32_t k = ONSET; k <= DAMAGE; k++) {
            same = same && !(turn->own[k][i] < before[k] || turn->own[k][i] > before[k]);
        }
    }
    turn->unchanged = same;
    return FLOW_OK;
}

const flow_module flow_module_flood = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_DRIVER,
    .name = "flood",
    .help =
        "Flood by depth or level: people must leave when it comes, homes are repaired after it.",
    .source = "libflow: share = flooded * curve(depth); damage falls by exp(-rebuild * days)",
    .many = true,
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 1,
    .writes = "onset_flood,hazard_flood,housing_damage",
    .reads = "repair",
    .load = load,
    .step = step};
