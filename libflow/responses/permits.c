// Labour permits by country and date.
#include "flow/module.h"

#include <math.h>

enum { COUNTRY, DATE, PERMITS }; // columns

/// As many as anybody may ask for: a country without a row asks nobody for a permit.
static const double any_number = 1e9;

typedef struct param {
    char *series;
} param;

static const flow_field fields[] = {{"series", offsetof(param, series), FLOW_TEXT, "",
                                     "permits.csv", 0, 0, NULL, '-', "",
                                     "Table of permits by country and date."},
                                    FLOW_FIELD_END};

static const flow_field columns[] = {
    {"country", 0, FLOW_COUNTRY, "", NULL, 0, 0, NULL, '-', "", "Country that gives permits."},
    {"date", 0, FLOW_DATE, "", NULL, 0, 0, NULL, '-', "",
     "Day from which the row holds, until the next one of the country; before the first one "
     "nobody needs a permit."},
    {"permits", 0, FLOW_DOUBLE, "d-1", NULL, 0, 1e9, NULL, '-', "",
     "Permits given per day to labour migrants from other countries; where households move "
     "together, one for each household."},
    FLOW_FIELD_END};

static const flow_module_table tables[] = {{"series", true, NULL, columns, "it lists permits"}};

static flow_err load(flow_setup *setup)
{
    const flow_rows *rows = &setup->rows[0];
    for (int64_t i = 0; i < rows->n; i++) {
        for (int64_t k = 0; k < i; k++) {
            const bool same = rows->value[COUNTRY][i] >= rows->value[COUNTRY][k] &&
                              rows->value[COUNTRY][i] <= rows->value[COUNTRY][k] &&
                              rows->value[DATE][i] >= rows->value[DATE][k] &&
                              rows->value[DATE][i] <= rows->value[DATE][k];
            if (!same) { continue; }
            flow_setup_error(setup, 0, i, DATE, "the country has a row of this day already");
            break;
        }
    }
    setup->data = rows;
    return FLOW_OK;
}

/// Permits of a country on a day: those of its last row that is not after it.
static double permits_of(const flow_rows *rows, int32_t country, double day)
{
    double permits = any_number, latest = -(double)INFINITY;
    for (int64_t i = 0; i < rows->n; i++) {
        const double date = rows->value[DATE][i];
        if ((int32_t)rows->value[COUNTRY][i] != country || date > day || date < latest) {
            continue;
        }
        latest = date;
        permits = rows->value[PERMITS][i];
    }
    return permits;
}

static flow_err step(flow_turn *turn)
{
    bool same = turn->step > 0;
    for (int32_t c = 0; c < turn->world->n_country; c++) {
        const double permits = permits_of(turn->data, c, turn->day);
        same = same && !(turn->own[0][c] < permits || turn->own[0][c] > permits);
        turn->own[0][c] = permits;
    }
    turn->unchanged = same;
    return FLOW_OK;
}

const flow_module flow_module_permits = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE,
    .name = "permits",
    .help = "Labour permits: labour migrants to other countries need one where there is a row.",
    .source = "libflow",
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 1,
    .writes = "labour_permits",
    .load = load,
    .step = step};
