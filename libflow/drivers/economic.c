// Economy: wages, unemployment, prices and food insecurity by place and date, and how often people
// weigh moving because of them. Where they go, and whether they stay, is the destination rule's.
#include "flow/module.h"

#include <math.h>

enum { PLACE, DATE, WAGE_CELL, UNEMPLOYMENT, PRICE_CELL, FOOD_CELL }; // columns
enum { HAZARD, WAGE, EMPLOYMENT, PRICE, FOOD, N_OWN };                // own columns

typedef struct param {
    char *series;
    double wage_reference, price_reference;
    double rate; ///< 1/d
    double unemployment_weight, food_weight;
} param;

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    {"series", AT(series), FLOW_TEXT, "", "economy.csv", 0, 0, NULL, '-', "",
     "Table of the economy by place and date."},
    {"wage_reference", AT(wage_reference), FLOW_DOUBLE, "1", "1", 1e-9, 1e12, NULL, '-', "",
     "Wage of the table that counts as 1, in the unit of the table."},
    {"price_reference", AT(price_reference), FLOW_DOUBLE, "1", "1", 1e-9, 1e12, NULL, '-', "",
     "Price index of the table that counts as 1, such as 100."},
    {"rate", AT(rate), FLOW_DOUBLE, "d-1", "0.0027379", 0, 1000, NULL, 'A',
     "libflow: once a year; destination_economic.stay decides how many go",
     "How often a person weighs moving to another place, staying being one of the choices."},
    {"unemployment_weight", AT(unemployment_weight), FLOW_DOUBLE, "1", "0", 0, 1000, NULL, 'A',
     "no source: left out", "How much more often the unemployed weigh moving: 1, twice as often."},
    {"food_weight", AT(food_weight), FLOW_DOUBLE, "1", "0", 0, 1000, NULL, 'A',
     "no source: left out",
     "How much more often people weigh moving at food insecurity 1, with the table's own column."},
    FLOW_FIELD_END};

static const flow_field columns[] = {
    {"place", 0, FLOW_PLACE, "", NULL, 0, 0, NULL, '-', "", "Name of a place."},
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "",
     "Day from which the row holds, until the next one of the place; the first row of a place "
     "holds before, too."},
    {"wage", 0, FLOW_DOUBLE, "1", "", 1e-9, 1e12, NULL, '-', "",
     "Wage, in the same unit for all places."},
    {"unemployment", 0, FLOW_DOUBLE, "1", "", 0, 1, NULL, '-', "",
     "Share of those who look for work who have none."},
    {"price_index,price", 0, FLOW_DOUBLE, "1", "", 1e-9, 1e12, NULL, '-', "",
     "Prices, in the same unit for all places."},
    {"food_insecurity", 0, FLOW_DOUBLE, "1", "", 0, 4, NULL, '-', "",
     "Share of people in food phase 3, twice that in phase 4 and four times that in phase 5."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"series", true, NULL, columns, "it tells wages, work and prices"}};

typedef struct data {
    const flow_rows *rows;
    const flow_place_series *series;
    int64_t *first; ///< [n_place] first row of each place, -1: none
} data;

/// A column that is given has no gaps: places are compared with each other.
static void check_cells(flow_setup *setup)
{
    const flow_rows *rows = &setup->rows[0];
    bool any = false;
    for (int32_t c = WAGE_CELL; c <= FOOD_CELL; c++) {
        any = any || rows->given[c];
        for (int64_t i = 0; i < rows->n && rows->given[c]; i++) {
            if (isnan(rows->value[c][i])) {
                flow_setup_error(setup, 0, i, c, "the cell is empty, a number was expected");
            }
        }
    }
    if (!any) {
        flow_setup_error(setup, 0, -1, DATE,
                         "there is no column wage, unemployment, price_index or food_insecurity");
    }
}

static flow_err find_first(flow_setup *setup, data *d)
{
    const flow_world *w = setup->world;
    const flow_rows *rows = d->rows;
    d->first = flow_setup_keep(setup, w->n_place, sizeof *d->first);
    if (d->first == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for economic"); }
    for (int32_t p = 0; p < w->n_place; p++) { d->first[p] = -1; }
    for (int64_t i = 0; i < rows->n; i++) {
        const int32_t p = (int32_t)rows->value[PLACE][i];
        if (p < 0) { continue; } // told already
        if (d->first[p] < 0 || rows->value[DATE][i] < rows->value[DATE][d->first[p]]) {
            d->first[p] = i;
        }
    }
    for (int32_t p = 0; p < w->n_place; p++) {
        if (d->first[p] >= 0 || w->place_kind[p] == FLOW_MARKER) { continue; }
        flow_setup_error(setup, 0, -1, PLACE,
                         "'%s' has no row; people compare all places, so each needs one",
                         w->place_name[p]);
    }
    return FLOW_OK;
}

static flow_err load(flow_setup *setup)
{
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for economic"); }
    d->rows = &setup->rows[0];
    setup->data = d;
    check_cells(setup);
    const flow_err err = flow_setup_series(setup, 0, PLACE, DATE, &d->series);
    return err != FLOW_OK ? err : find_first(setup, d);
}

/// A cell, or what says nothing where its column is not given.
static double cell(const flow_rows *rows, int32_t column, int64_t row, double neutral)
{
    return rows->given[column] && row >= 0 ? rows->value[column][row] : neutral;
}

/// Own values of a place by its row, [N_OWN].
static void values_of(const param *p, const flow_rows *rows, int64_t row, double *out)
{
    const double unemployment = cell(rows, UNEMPLOYMENT, row, 0.0);
    out[FOOD] = cell(rows, FOOD_CELL, row, 0.0);
    out[WAGE] = cell(rows, WAGE_CELL, row, p->wage_reference) / p->wage_reference;
    out[PRICE] = cell(rows, PRICE_CELL, row, p->price_reference) / p->price_reference;
    out[EMPLOYMENT] = 1.0 - unemployment;
    out[HAZARD] =
        p->rate * (1.0 + p->unemployment_weight * unemployment + p->food_weight * out[FOOD]);
}

static flow_err step(flow_turn *turn)
{
    const data *d = turn->data;
    bool same = true;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        int64_t row = flow_place_series_row(d->series, i, turn->day);
        if (row < 0) { row = d->first[i]; }
        double value[N_OWN];
        values_of(turn->param, d->rows, row, value);
        for (int32_t k = 0; k < N_OWN; k++) {
            same = same && !(turn->own[k][i] < value[k] || turn->own[k][i] > value[k]);
            turn->own[k][i] = value[k];
        }
    }
    turn->unchanged = same;
    return FLOW_OK;
}

const flow_module flow_module_economic = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_DRIVER,
    .name = "economic",
    .help = "Wages, work, prices and food, and how often people weigh moving because of them.",
    .source = "libflow: hazard = rate * (1 + unemployment_weight * unemployment + food_weight * "
              "food insecurity); staying is a choice of the same logit (destination_economic)",
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 1,
    .writes = "hazard_economic,wage,employment,price_index,food_insecurity",
    .load = load,
    .step = step};
