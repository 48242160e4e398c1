// Channels: which ways there are to pass a border or a sea, what they cost and what can happen.
#include "flow/module.h"

#include <math.h>
#include <string.h>

enum {
    FROM,
    TO,
    CHANNEL,
    DATE,
    FEE_CELL,
    SUCCESS_CELL,
    INTERCEPTION_CELL,
    DEATH_CELL,
    TRAFFICKING_CELL,
    BIAS_CELL,
    CAPACITY_CELL
}; // columns
enum { REGULAR, IRREGULAR, SMUGGLED, N_CHANNEL };
/// Own columns; of each kind one for every channel.
enum { OFFERED, FEE, SUCCESS, INTERCEPTION, DEATH, TRAFFICKING, BIAS, PASSAGES, N_KIND };
enum { CROSSINGS = N_KIND * N_CHANNEL };

typedef struct param {
    char *table;
    double fee_smuggled, success, interception, death_risk, trafficking_risk, risk_bias;
} param;

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    {"table", AT(table), FLOW_TEXT, "", "channels.csv", 0, 0, NULL, '-', "",
     "Table of the channels by link."},
    {"fee_smuggled", AT(fee_smuggled), FLOW_DOUBLE, "USD", "2500", 0, 1e6, NULL, 'V',
     "UNODC 2018: 2.5 million people smuggled for USD 5.5 to 7 billion in 2016, 2,200 to 2,800 "
     "each; Libya to Italy 2,000 to 4,000 in 2014 (IOM)",
     "Fee of a smuggler where the table has none."},
    {"success", AT(success), FLOW_DOUBLE, "1", "1", 0, 1, NULL, 'A', "libflow",
     "Chance not to give up or be turned back, besides what follows, where the table has none and "
     "the crossing is irregular."},
    {"interception", AT(interception), FLOW_DOUBLE, "1", "0.2", 0, 1, NULL, 'V',
     "Routes and Rumours, Mediterranean scenario: 0.01 to 0.43 by period",
     "Chance to be intercepted where the table has none and the crossing is irregular."},
    {"death_risk", AT(death_risk), FLOW_DOUBLE, "1", "0.02", 0, 1, NULL, 'D',
     "deaths / (deaths + arrivals), IOM and UNHCR: Central Mediterranean 0.018, 0.020, 0.025, "
     "0.023, 0.050, 0.049 in 2014 to 2019, Western 0.010 to 0.014, Eastern 0.001 to 0.005",
     "Chance to die or go missing where the table has none and the crossing is irregular."},
    {"trafficking_risk", AT(trafficking_risk), FLOW_DOUBLE, "1", "0.037", 0, 1, NULL, 'A',
     "Galos et al. 2017: 37 % of those asked met a sign of exploitation, 73 % on the Central and "
     "14 % on the Eastern Mediterranean route; a tenth of them is assumed to be trafficked",
     "Chance to be trafficked where the table has none and the crossing is irregular."},
    {"risk_bias", AT(risk_bias), FLOW_DOUBLE, "1", "0.5", 0, 1000, NULL, 'A',
     "libflow; that information raises perceived risks: Tjaden and Dunsch 2021",
     "Factor on the odds to die or be trafficked as those see them who are not informed, where "
     "the table has none and the crossing is irregular."},
    FLOW_FIELD_END};

#define CELL(key, unit, most, help)                                                                \
    {                                                                                              \
        key, 0, FLOW_DOUBLE, unit, "", 0, most, NULL, '-', "", help                                \
    }
static const flow_field columns[] = {
    {"from", 0, FLOW_TEXT, "", NULL, 0, 0, NULL, '-', "",
     "Place where the links start, or country of the places."},
    {"to", 0, FLOW_TEXT, "", NULL, 0, 0, NULL, '-', "",
     "Place where they end, or country of the places."},
    {"channel", 0, FLOW_CHOICE, "", NULL, 0, 0, "regular|irregular|smuggled", '-', "",
     "How they are passed."},
    {"date", 0, FLOW_DATE, "", "", 0, 0, NULL, '-', "",
     "Day from which the row holds, until the next one of the same links and channel; empty: from "
     "the first day."},
    CELL("fee_usd,fee", "USD", 1e6, "Fee of each attempt."),
    CELL("success", "1", 1, "Chance not to give up or be turned back, besides what follows."),
    CELL("interception", "1", 1, "Chance to be intercepted."),
    CELL("death_risk", "1", 1, "Chance to die or go missing."),
    CELL("trafficking_risk", "1", 1, "Chance to be trafficked."),
    CELL("risk_bias", "1", 1000,
         "Factor on the odds to die or be trafficked as those see them who are not informed."),
    CELL("capacity", "d-1", 1e12,
         "Persons who can try per day on each link; regular: who may pass."),
    FLOW_FIELD_END};

static const flow_module_table tables[] = {
    {"table", true, "notes,source,year", columns, "it lists the channels of links"}};

/// A row, for one link.
typedef struct entry {
    int32_t link, channel;
    double day;
    int64_t row;
} entry;

typedef struct data {
    const flow_rows *rows;
    int64_t n;
    entry *entry; ///< [n] by link, channel and day
} data;

// Loading ----------------------------------------------------------------------------------------

/// What an end of a link has to be: a place or a country; both -1: told already.
typedef struct end {
    int32_t place, country;
} end;

static end find_end(flow_setup *setup, int64_t row, int32_t column)
{
    const flow_world *w = setup->world;
    const char *name = setup->rows[0].text[column][row];
    for (int32_t p = 0; p < w->n_place; p++) {
        if (strcmp(w->place_name[p], name) == 0) { return (end){p, -1}; }
    }
    for (int32_t c = 0; c < w->n_country; c++) {
        if (strcmp(w->country_name[c], name) == 0) { return (end){-1, c}; }
    }
    flow_setup_error(setup, 0, row, column, "'%s' is no place and no country of the list of places",
                     name);
    return (end){-1, -1};
}

static bool fits(const flow_world *w, end e, int32_t place)
{
    return e.place >= 0 ? e.place == place : e.country == w->place_country[place];
}

/// Whether the row is about a link: within a country only where both ends are places.
static bool is_about(const flow_world *w, end from, end to, int32_t link)
{
    const int32_t a = w->link_from[link], b = w->link_to[link];
    const bool places = from.place >= 0 && to.place >= 0;
    return fits(w, from, a) && fits(w, to, b) &&
           (places || w->place_country[a] != w->place_country[b]);
}

static bool is_before(const entry *a, const entry *b)
{
    if (a->link != b->link) { return a->link < b->link; }
    if (a->channel != b->channel) { return a->channel < b->channel; }
    return a->day < b->day;
}

static void insert(data *d, entry e)
{
    int64_t k = d->n++;
    for (; k > 0 && is_before(&e, &d->entry[k - 1]); k--) { d->entry[k] = d->entry[k - 1]; }
    d->entry[k] = e;
}

static bool is_same(const entry *a, const entry *b)
{
    return !is_before(a, b) && !is_before(b, a);
}

static void check(flow_setup *setup, const data *d)
{
    for (int64_t i = 1; i < d->n; i++) {
        if (!is_same(&d->entry[i - 1], &d->entry[i])) { continue; }
        const flow_world *w = setup->world;
        const int32_t link = d->entry[i].link;
        flow_setup_error(setup, 0, d->entry[i].row, CHANNEL,
                         "the link from '%s' to '%s' has a row of this channel and day already",
                         w->place_name[w->link_from[link]], w->place_name[w->link_to[link]]);
    }
}

/// Enter a row for its links; false: there are none, and nobody has said why.
static bool enter_row(flow_setup *setup, data *d, int64_t row)
{
    const flow_rows *rows = d->rows;
    const end from = find_end(setup, row, FROM), to = find_end(setup, row, TO);
    const double day = rows->value[DATE][row], channel = rows->value[CHANNEL][row];
    const bool found = (from.place >= 0 || from.country >= 0) && (to.place >= 0 || to.country >= 0);
    if (!found || !(channel >= 0.0)) { return true; } // told already
    bool any = false;
    for (int32_t l = 0; l < setup->world->n_link; l++) {
        if (!is_about(setup->world, from, to, l)) { continue; }
        any = true;
        insert(d, (entry){.link = l,
                          .channel = (int32_t)channel,
                          .day = isnan(day) ? -(double)INFINITY : day,
                          .row = row});
    }
    return any;
}

static flow_err load(flow_setup *setup)
{
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for channels"); }
    d->rows = &setup->rows[0];
    setup->data = d;
    setup->n_state = 1;
    entry *all = flow_setup_keep(setup, d->rows->n * setup->world->n_link, sizeof *all);
    if (all == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for channels"); }
    d->entry = all;
    for (int64_t i = 0; i < d->rows->n; i++) {
        if (!enter_row(setup, d, i)) {
            flow_setup_error(setup, 0, i, FROM, "no link leads that way");
        }
    }
    check(setup, d);
    return FLOW_OK;
}

// Steps ------------------------------------------------------------------------------------------

static double cell(const flow_rows *rows, int32_t column, int64_t row, double fallback)
{
    const double value = rows->given[column] ? rows->value[column][row] : (double)NAN;
    return isnan(value) ? fallback : value;
}

/// A row comes into force on a link.
static void write(const flow_turn *turn, const entry *e)
{
    const param *p = turn->param;
    const flow_rows *rows = ((const data *)turn->data)->rows;
    const bool hidden = e->channel != REGULAR;
    const double capacity = cell(rows, CAPACITY_CELL, e->row, 1e12);
    const double value[N_KIND] = {
        [OFFERED] = 1.0,
        [FEE] = cell(rows, FEE_CELL, e->row, e->channel == SMUGGLED ? p->fee_smuggled : 0.0),
        [SUCCESS] = cell(rows, SUCCESS_CELL, e->row, hidden ? p->success : 1.0),
        [INTERCEPTION] = cell(rows, INTERCEPTION_CELL, e->row, hidden ? p->interception : 0.0),
        [DEATH] = cell(rows, DEATH_CELL, e->row, hidden ? p->death_risk : 0.0),
        [TRAFFICKING] = cell(rows, TRAFFICKING_CELL, e->row, hidden ? p->trafficking_risk : 0.0),
        [BIAS] = cell(rows, BIAS_CELL, e->row, hidden ? p->risk_bias : 1.0),
        [PASSAGES] = hidden ? capacity : 1e12};
    for (int32_t k = 0; k < N_KIND; k++) {
        turn->own[k * N_CHANNEL + e->channel][e->link] = value[k];
    }
    if (!hidden) { turn->own[CROSSINGS][e->link] = capacity; }
}

/// Rows up to this day come into force in their order; state[0]: the day before which all did.
static flow_err step(flow_turn *turn)
{
    const data *d = turn->data;
    const double before = turn->step > 0 ? turn->state[0] : -(double)INFINITY;
    bool same = true;
    for (int64_t i = 0; i < d->n; i++) {
        const double day = d->entry[i].day;
        const bool first = turn->step == 0;
        if (day > turn->day || (!first && !(day > before))) { continue; }
        write(turn, &d->entry[i]);
        same = false;
    }
    turn->state[0] = turn->day;
    turn->unchanged = same;
    return FLOW_OK;
}

#define EACH(kind) kind "_regular," kind "_irregular," kind "_smuggled,"
const flow_module flow_module_channels = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_DRIVER,
    .name = "channels",
    .help = "Regular, irregular and smuggled ways to pass links: fees, success, risks.",
    .source = "libflow; values: UNODC 2018, IOM Missing Migrants, Galos et al. 2017, Routes and "
              "Rumours",
    .many = true,
    .crowd = true, // what people are on arrival depends on how they came
    .field = fields,
    .param_size = sizeof(param),
    .table = tables,
    .n_table = 1,
    .writes = EACH("offered") EACH("fee") EACH("success") EACH("interception") EACH("death_risk")
        EACH("trafficking_risk") EACH("risk_bias") EACH("passages") "crossings",
    .load = load,
    .step = step};
