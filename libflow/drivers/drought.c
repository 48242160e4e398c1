// Drought: slow onset, from a series of vegetation health, rain or food phases.
#include "flow/module.h"

#include <math.h>

enum { INDEX_VHI, INDEX_SPI, INDEX_PHASE };
enum { PLACE, DATE, VHI, SPI, PHASE3, PHASE4, PHASE5 }; // columns
enum { HAZARD, FOOD };                                  // own columns

typedef struct param {
    char *series;
    int32_t index;
    double vhi_threshold, spi_threshold, spi_extreme;
    double exponent;
    double rate, phase_rate; ///< 1/d
} param;

#define AT(member) offsetof(param, member)
#define SOMALIA                                                                                    \
    "0.89 million drought movements of Somalia in 2017 (PRMN), 7 % of the people, at an assumed "  \
    "mean severity of 0.3"
static const flow_field fields[] = {
    {"series", AT(series), FLOW_TEXT, "", "drought.csv", 0, 0, NULL, '-', "",
     "Table of the index by place and date."},
    {"index", AT(index), FLOW_CHOICE, "", "vhi", 0, 0, "vhi|spi|phase", '-', "",
     "What the table holds: vegetation health, standardised rain, or shares of people in food "
     "phases."},
    {"vhi_threshold", AT(vhi_threshold), FLOW_DOUBLE, "1", "40", 1, 100, NULL, 'A',
     "Limit of drought in use for the vegetation health index; 35 is used too",
     "Vegetation health at and above which there is no drought."},
    {"spi_threshold", AT(spi_threshold), FLOW_DOUBLE, "1", "-1", -5, 5, NULL, 'A',
     "Begin of a moderate drought in the classes of McKee, Doesken and Kleist 1993",
     "Standardised rain at and above which there is no drought."},
    {"spi_extreme", AT(spi_extreme), FLOW_DOUBLE, "1", "-3", -10, 5, NULL, 'A', "libflow",
     "Standardised rain at which severity is 1."},
    {"exponent", AT(exponent), FLOW_DOUBLE, "1", "1", 0.1, 10, NULL, 'A', "libflow",
     "Power of severity: above 1 only severe drought drives people out."},
    {"rate", AT(rate), FLOW_DOUBLE, "d-1", "0.00066", 0, 10, NULL, 'A', SOMALIA,
     "Hazard of leaving at severity 1, for vhi and spi."},
    {"phase_rate", AT(phase_rate), FLOW_DOUBLE, "d-1", "0.00066", 0, 10, NULL, 'A', SOMALIA,
     "Hazard of leaving at food insecurity 1 (share in phase 3, twice that in 4, four times that "
     "in 5)."},
    FLOW_FIELD_END};

static const flow_field columns[] = {
    {"place", 0, FLOW_PLACE, "", NULL, 0, 0, NULL, '-', "", "Name of a place."},
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "",
     "Day from which the row holds, until the next one of the place."},
    {"vhi", 0, FLOW_DOUBLE, "1", "", 0, 100, NULL, '-', "", "Vegetation health index."},
    {"spi", 0, FLOW_DOUBLE, "1", "", -10, 10, NULL, '-', "", "Standardised precipitation index."},
    {"phase3", 0, FLOW_DOUBLE, "1", "0", 0, 1, NULL, '-', "", "Share of people in crisis."},
    {"phase4", 0, FLOW_DOUBLE, "1", "0", 0, 1, NULL, '-', "", "Share of people in emergency."},
    {"phase5", 0, FLOW_DOUBLE, "1", "0", 0, 1, NULL, '-', "", "Share of people in famine."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"series", true, NULL, columns, "it tells when and where there is drought"}};

typedef struct data {
    const flow_rows *rows;
    const flow_place_series *series;
} data;

/// Cells that the chosen index needs.
static void check_rows(flow_setup *setup, const param *p)
{
    const flow_rows *rows = &setup->rows[0];
    const int32_t column = p->index == INDEX_VHI ? VHI : SPI;
    if (p->index == INDEX_PHASE) {
        if (!rows->given[PHASE3] && !rows->given[PHASE4] && !rows->given[PHASE5]) {
            flow_setup_error(setup, 0, -1, DATE,
                             "drought.index is phase, but there is no column phase3, phase4 or "
                             "phase5");
        }
        for (int64_t i = 0; i < rows->n; i++) {
            const double all =
                rows->value[PHASE3][i] + rows->value[PHASE4][i] + rows->value[PHASE5][i];
            if (all > 1.0 + 1e-9) {
                flow_setup_error(setup, 0, i, PHASE3,
                                 "phase3, phase4 and phase5 are shares, together at most 1, and "
                                 "not %g",
                                 all);
            }
        }
        return;
    }
    if (!rows->given[column]) {
        flow_setup_error(setup, 0, -1, DATE, "drought.index is %s, but there is no column %s",
                         columns[column].key, columns[column].key);
        return;
    }
    for (int64_t i = 0; i < rows->n; i++) {
        if (isnan(rows->value[column][i])) {
            flow_setup_error(setup, 0, i, column, "%s is empty", columns[column].key);
        }
    }
}

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    check_rows(setup, p);
    if (!(p->spi_extreme < p->spi_threshold)) {
        flow_setup_error_key(setup, "spi_extreme", "%g is not below spi_threshold, %g",
                             p->spi_extreme, p->spi_threshold);
    }
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for drought"); }
    d->rows = &setup->rows[0];
    setup->data = d;
    return flow_setup_series(setup, 0, PLACE, DATE, &d->series);
}

/// Severity of drought in [0, 1] by vegetation health or rain.
static double severity(const param *p, const flow_rows *rows, int64_t row)
{
    const double s = p->index == INDEX_VHI ? 1.0 - rows->value[VHI][row] / p->vhi_threshold
                                           : (p->spi_threshold - rows->value[SPI][row]) /
                                                 (p->spi_threshold - p->spi_extreme);
    return fmin(fmax(s, 0.0), 1.0);
}

/// Hazard and food insecurity while a row holds.
static void look_up(const param *p, const flow_rows *rows, int64_t row, double *hazard,
                    double *food)
{
    *hazard = *food = 0.0;
    if (row < 0) { return; }
    if (p->index == INDEX_PHASE) {
        *food = rows->value[PHASE3][row] + 2.0 * rows->value[PHASE4][row] +
                4.0 * rows->value[PHASE5][row];
        *hazard = p->phase_rate * *food;
    } else {
        *hazard = p->rate * pow(severity(p, rows, row), p->exponent);
    }
}

/// A long step has the mean over the rows that hold within it.
static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const double end = turn->day + turn->world->dt;
    bool same = true;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        double hazard = 0.0, food = 0.0;
        for (double from = turn->day; from < end;) {
            const int64_t row = flow_place_series_row(d->series, i, from);
            const double next = flow_place_series_next(d->series, i, from);
            double h, f;
            look_up(p, d->rows, row, &h, &f);
            if (!(from > turn->day) && next >= end) { // one row: exactly its value
                hazard = h;
                food = f;
                break;
            }
            const double share = (fmin(next, end) - from) / turn->world->dt;
            hazard += share * h;
            food += share * f;
            from = next;
        }
        food = fmin(food, 4.0); // a mean may be rounded up
        same = same && !(turn->own[HAZARD][i] < hazard || turn->own[HAZARD][i] > hazard) &&
               !(turn->own[FOOD][i] < food || turn->own[FOOD][i] > food);
        turn->own[HAZARD][i] = hazard;
        turn->own[FOOD][i] = food;
    }
    turn->unchanged = same;
    return FLOW_OK;
}

const flow_module flow_module_drought = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_DRIVER,
    .name = "drought",
    .help = "Drought drives people out slowly, by vegetation health, rain or food phases.",
    .source = "libflow: hazard = rate * severity^exponent, or phase_rate * (phase 3 + 2 phase 4 + "
              "4 phase 5)",
    .many = true,
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 1,
    .writes = "hazard_drought,food_insecurity",
    .load = load,
    .step = step};
