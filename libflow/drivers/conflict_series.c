// Conflict from a table by place and date: intensities, or counts of events by month.
#include "flow/module.h"

#include <math.h>

enum { FORM_INTENSITY, FORM_COUNT };
enum { PLACE, DATE, INTENSITY, COUNT }; // columns
enum { HAZARD, LEVEL };                 // own columns

static const double days_of_month = 365.25 / 12.0; // of a mean month

typedef struct param {
    char *series;
    int32_t form;
    double rate; ///< 1/d
    double exponent;
    flow_list decay;
    int64_t decay_interval; ///< days
    double this_month, month_before, half;
} param;

#define AT(member) offsetof(param, member)
#define JAFARI "Jafari et al., published code of the Syria model"
static const flow_field fields[] = {
    {"series", AT(series), FLOW_TEXT, "", "conflict_series.csv", 0, 0, NULL, '-', "",
     "Table of intensities or counts by place and date."},
    {"form", AT(form), FLOW_CHOICE, "", "intensity", 0, 0, "intensity|count", '-', "",
     "What the table holds: intensities from 0 to 1, or numbers of events."},
    {"rate", AT(rate), FLOW_DOUBLE, "d-1", "0.01", 0, 1000, NULL, 'A', "libflow",
     "Form intensity: hazard of leaving at intensity 1."},
    {"exponent", AT(exponent), FLOW_DOUBLE, "1", "1", 0.01, 10, NULL, 'A', "libflow",
     "Form intensity: power of intensity; above 1 only fierce conflict drives people out."},
    {"decay", AT(decay), FLOW_LIST, "1", "[]", 0, 1000, NULL, 'A', "libflow: no decay",
     "Form intensity: factor on the hazard for each interval since the conflict began; the last "
     "one stays. Empty: always 1."},
    {"decay_interval", AT(decay_interval), FLOW_INT, "d", "30", 1, 100000, NULL, 'V',
     "FLEE 3 (Suleimenova, Bell, Groen 2017)", "Form intensity: length of one interval of decay."},
    {"this_month", AT(this_month), FLOW_DOUBLE, "1", "0.1042", 0, 1000, NULL, 'V', JAFARI,
     "Form count: weight of an event of the month."},
    {"month_before", AT(month_before), FLOW_DOUBLE, "1", "0.0874", 0, 1000, NULL, 'V', JAFARI,
     "Form count: weight of an event of the month before."},
    {"half", AT(half), FLOW_DOUBLE, "1", "2.666", 1e-6, 1e9, NULL, 'V', JAFARI,
     "Form count: weighted events at which half of the people leave within a month."},
    FLOW_FIELD_END};

static const flow_field columns[] = {
    {"place", 0, FLOW_PLACE, "", NULL, 0, 0, NULL, '-', "", "Name of a place."},
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "",
     "Day from which an intensity holds, until the next one of the place; any day of the month of "
     "a count, whose rows are added."},
    {"intensity", 0, FLOW_DOUBLE, "1", "", 0, 1, NULL, '-', "", "Intensity of conflict."},
    {"count", 0, FLOW_DOUBLE, "1", "", 0, 1e9, NULL, '-', "", "Events of conflict."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"series", true, NULL, columns, "it tells when and where there is conflict"}};

typedef struct data {
    const flow_rows *rows;
    const flow_place_series *series; ///< form intensity
    double *since;                   ///< [row] day on which the conflict of the row began
    int32_t first_month, n_month;    ///< form count: months since year 0
    double *count;                   ///< [n_place][n_month]
} data;

// Calendar ---------------------------------------------------------------------------------------

/// Months since year 0 of a day since 1970-01-01 in the Gregorian calendar.
static int32_t month_of(int32_t day)
{
    // Days since 1 March of year 0: leap days end a year of them (Richards 2013, calendars).
    const int32_t z = day + 719468;
    const int32_t era = (z >= 0 ? z : z - 146096) / 146097; // 400 years
    const int32_t of_era = z - era * 146097;
    const int32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const int32_t month = (5 * of_year + 2) / 153; // 0: March
    return 12 * (year + 400 * era) + month + 2;
}

// Loading ----------------------------------------------------------------------------------------

/// Cells that the form needs.
static void check_rows(flow_setup *setup, int32_t column)
{
    const flow_rows *rows = &setup->rows[0];
    if (!rows->given[column]) {
        flow_setup_error(setup, 0, -1, DATE,
                         "conflict_series.form is %s, but there is no column %s",
                         columns[column].key, columns[column].key);
        return;
    }
    for (int64_t i = 0; i < rows->n; i++) {
        if (isnan(rows->value[column][i])) {
            flow_setup_error(setup, 0, i, column, "%s is empty", columns[column].key);
        }
    }
}

/// When the conflict of each row began: a change of intensity does not make it young.
static flow_err find_beginnings(flow_setup *setup, data *d)
{
    const flow_rows *rows = d->rows;
    d->since = flow_setup_keep(setup, rows->n, sizeof *d->since);
    if (d->since == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for conflict_series"); }
    for (int64_t i = 0; i < rows->n; i++) {
        const int32_t place = (int32_t)rows->value[PLACE][i];
        if (place < 0) { continue; } // told already
        int64_t row = i;
        double since = rows->value[DATE][i];
        while (row >= 0 && rows->value[INTENSITY][row] > 0.0) {
            since = rows->value[DATE][row];
            row = flow_place_series_row(d->series, place, since - 1.0);
        }
        d->since[i] = since;
    }
    return FLOW_OK;
}

static flow_err count_months(flow_setup *setup, data *d)
{
    const flow_world *w = setup->world;
    const flow_rows *rows = d->rows;
    const double end = w->start + ceil(w->n_step * w->dt);
    d->first_month = month_of(w->start) - 1;
    d->n_month = month_of((int32_t)fmin(end, 2e9)) - d->first_month + 1;
    d->count = flow_setup_keep(setup, (int64_t)w->n_place * d->n_month, sizeof *d->count);
    if (d->count == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for conflict_series"); }
    for (int64_t i = 0; i < rows->n; i++) {
        const int32_t place = (int32_t)rows->value[PLACE][i];
        const int32_t month =
            month_of(w->start + (int32_t)floor(rows->value[DATE][i])) - d->first_month;
        if (place < 0 || month < 0 || month >= d->n_month) { continue; }
        d->count[(int64_t)place * d->n_month + month] += rows->value[COUNT][i];
    }
    return FLOW_OK;
}

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    check_rows(setup, p->form == FORM_COUNT ? COUNT : INTENSITY);
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for conflict_series"); }
    d->rows = &setup->rows[0];
    setup->data = d;
    if (p->form == FORM_COUNT) { return count_months(setup, d); }
    const flow_err err = flow_setup_series(setup, 0, PLACE, DATE, &d->series);
    return err != FLOW_OK ? err : find_beginnings(setup, d);
}

// Days -------------------------------------------------------------------------------------------

static double decay(const param *p, double age)
{
    if (p->decay.n == 0) { return 1.0; }
    const double interval = fmax(floor(age / (double)p->decay_interval), 0.0);
    return p->decay.value[(int32_t)fmin(interval, p->decay.n - 1.0)];
}

/// Add hazard and level of a day, with a weight.
static void add_intensity(const flow_turn *turn, int32_t day, double weight)
{
    const param *p = turn->param;
    const data *d = turn->data;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        const int64_t row = flow_place_series_row(d->series, i, day);
        if (row < 0) { continue; }
        const double intensity = d->rows->value[INTENSITY][row];
        if (!(intensity > 0.0)) { continue; }
        turn->own[HAZARD][i] +=
            weight * p->rate * pow(intensity, p->exponent) * decay(p, day - d->since[row]);
        turn->own[LEVEL][i] += weight * intensity;
    }
}

/// P(leave within a month) = U / (half + U), U the weighted events of this month and the last.
static void add_count(const flow_turn *turn, int32_t day, double weight)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const int32_t month = month_of(turn->world->start + day) - d->first_month;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        const double *count = d->count + (int64_t)i * d->n_month + month;
        const double u = p->this_month * count[0] + p->month_before * count[-1];
        turn->own[HAZARD][i] += weight * log1p(u / p->half) / days_of_month; // -ln(1 - P)
        turn->own[LEVEL][i] += weight * u / (p->half + u);
    }
}

/// The hazard of a long step is the mean of its days, that of a step within a day stays.
static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    int32_t first = 0, end = 0;
    flow_turn_days(turn, &first, &end);
    if (first == end) {
        turn->unchanged = true;
        return FLOW_OK;
    }
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->own[HAZARD][i] = turn->own[LEVEL][i] = 0.0;
    }
    for (int32_t day = first; day < end; day++) {
        const double weight = 1.0 / (end - first);
        if (p->form == FORM_COUNT) {
            add_count(turn, day, weight);
        } else {
            add_intensity(turn, day, weight);
        }
    }
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->own[LEVEL][i] = fmin(turn->own[LEVEL][i], 1.0); // a mean of ones may be rounded up
    }
    return FLOW_OK;
}

const flow_module flow_module_conflict_series = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_DRIVER,
    .name = "conflict_series",
    .help = "Conflict from a table of intensities, or of numbers of events by month.",
    .source = "libflow: hazard = rate * intensity^exponent * decay; counts: " JAFARI
              ", chance per month U / (half + U)",
    .many = true,
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 1,
    .writes = "hazard_conflict,conflict_level",
    .load = load,
    .step = step};
