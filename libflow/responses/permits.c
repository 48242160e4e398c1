// Labour permits by country and date.
#include "flow/module.h"

#include <math.h>
#include <stdlib.h>

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

/// A row of the table.
typedef struct grant {
    int32_t country;
    double date, permits;
    int64_t row;
} grant;

typedef struct data {
    int64_t *first; ///< [n_country + 1] grants of each country
    grant *grant;   ///< by country and date
} data;

static int by_country_and_date(const void *a, const void *b)
{
    const grant *x = a;
    const grant *y = b;
    if (x->country != y->country) { return x->country < y->country ? -1 : 1; }
    if (x->date < y->date || x->date > y->date) { return x->date < y->date ? -1 : 1; }
    return (x->row > y->row) - (x->row < y->row);
}

static flow_err load(flow_setup *setup)
{
    const flow_rows *rows = &setup->rows[0];
    const int32_t n_country = setup->world->n_country;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    grant *list = flow_setup_keep(setup, rows->n, sizeof *list);
    int64_t *first = flow_setup_keep(setup, (int64_t)n_country + 1, sizeof *first);
    if (d == NULL || list == NULL || first == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for permits");
    }
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        const double date = rows->value[DATE][i];
        if (!(rows->value[COUNTRY][i] >= 0.0) || isnan(date)) { continue; } // told already
        list[n++] = (grant){(int32_t)rows->value[COUNTRY][i], date, rows->value[PERMITS][i], i};
    }
    if (n > 0) { qsort(list, (size_t)n, sizeof *list, by_country_and_date); }
    for (int64_t i = 1; i < n; i++) {
        if (list[i].country == list[i - 1].country && !(list[i].date > list[i - 1].date)) {
            flow_setup_error(setup, 0, list[i].row, DATE,
                             "the country has a row of this day already");
        }
    }
    int64_t k = 0;
    for (int32_t c = 0; c <= n_country; c++) {
        while (k < n && list[k].country < c) { k++; }
        first[c] = k;
    }
    *d = (data){first, list};
    setup->data = d;
    return FLOW_OK;
}

/// Permits of a country on a day: those of its last row that is not after it.
static double permits_of(const data *d, int32_t country, double day)
{
    int64_t low = d->first[country], high = d->first[country + 1];
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (d->grant[middle].date <= day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > d->first[country] ? d->grant[low - 1].permits : any_number;
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
