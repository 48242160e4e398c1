// Measures on the way: organised transport, search and rescue, enforcement.
#include "flow/module.h"

#include <math.h>
#include <string.h>

typedef struct param {
    flow_measure plan;
    char *from_country, *to_country, *from_place, *to_place;
    bool both_ways;
    double effect;    ///< what it does when it is paid for
    double cost_day;  ///< USD/d, all links together
    double cost_trip; ///< USD for each unit of the effect and day
} param;

/// What is alike in all of them but for a table.
typedef struct kind {
    int32_t n;      ///< own columns behind cost, all alike
    double neutral; ///< of them
    bool saves;     ///< the effect is a share that is taken away
} kind;

typedef struct data {
    const kind *kind;
    flow_scope scope; ///< places where its links start
    int32_t n;
    int32_t *link; ///< [n]
} data;

#define AT(member) offsetof(param, member)
#define NAME(key, help)                                                                            \
    {                                                                                              \
#key, AT(key), FLOW_TEXT, "", "", 0, 0, NULL, '-', "", help                                \
    }
#define WAYS(lead)                                                                                 \
    FLOW_MEASURE_TIME(param, plan, lead),                                                          \
        NAME(from_country, "Country in which its links start; empty: any."),                       \
        NAME(to_country, "Country in which they end; empty: any."),                                \
        NAME(from_place, "Place where they start; empty: any."),                                   \
        NAME(to_place, "Place where they end; empty: any."),                                       \
    {                                                                                              \
        "both_ways", AT(both_ways), FLOW_BOOL, "", "false", 0, 0, NULL, '-', "",                   \
            "It works on the way back, too."                                                       \
    }
#define NUMBER(key, member, unit, value, most, tag, source, help)                                  \
    {                                                                                              \
        key, AT(member), FLOW_DOUBLE, unit, value, 0, most, NULL, tag, source, help                \
    }

static const flow_field transport_rows[] = {
    WAYS("14"),
    NUMBER("seats", effect, "d-1", "50", 1e9, 'A', "libflow: a bus a day",
           "Seats per day on each link."),
    NUMBER("cost_seat", cost_trip, "USD", "30", 1e6, 'A', "libflow: by road", "Cost of a seat."),
    FLOW_FIELD_END};
static const kind transport = {1, 0.0, false};

static const flow_field rescue_rows[] = {
    WAYS("30"),
    NUMBER("saved", effect, "1", "0.5", 1, 'A', "libflow",
           "Share of those who would die or go missing that is saved."),
    NUMBER("cost_day", cost_day, "USD d-1", "390000", 1e9, 'V',
           "9 million EUR a month for the operation Mare Nostrum of 2014 (Italian navy, by ANSA); "
           "Triton after it: 2.9 million",
           "Cost per day of the operation."),
    FLOW_FIELD_END};
static const kind rescue = {2, 1.0, true};

static const flow_field enforcement_rows[] = {
    WAYS("30"),
    NUMBER("detection", effect, "1", "2", 1e3, 'A', "libflow",
           "Factor on the odds that an irregular or smuggled crossing is intercepted; smugglers' "
           "fees follow."),
    NUMBER("cost_day", cost_day, "USD d-1", "50000", 1e9, 'A', "libflow",
           "Cost per day of the operation."),
    FLOW_FIELD_END};
static const kind enforcement = {2, 1.0, false};

// Loading ----------------------------------------------------------------------------------------

static flow_err no_memory(void)
{
    return flow_fail(FLOW_ENOMEM, "no memory for a measure on links");
}

/// Index of a country that a key names; -1: any, or none with a problem reported.
static int32_t country_of(flow_setup *setup, const char *key, const char *name)
{
    const flow_world *w = setup->world;
    for (int32_t c = 0; name != NULL && c < w->n_country; c++) {
        if (strcmp(w->country_name[c], name) == 0) { return c; }
    }
    if (name != NULL) {
        flow_setup_error_key(setup, key, "'%s' is no country of the list of places", name);
    }
    return -1;
}

static int32_t place_of(flow_setup *setup, const char *key, const char *name)
{
    return name != NULL ? flow_setup_place(setup, key) : -1;
}

typedef struct ends {
    int32_t from_country, to_country, from_place, to_place; ///< -1: any
} ends;

static bool is(int32_t wanted, int32_t found)
{
    return wanted < 0 || wanted == found;
}

/// Where no place is named a way passes a border.
static bool passes(const flow_world *w, const ends *e, int32_t from, int32_t to)
{
    const int32_t *country = w->place_country;
    const bool places = e->from_place >= 0 || e->to_place >= 0;
    return (places || country[from] != country[to]) && is(e->from_country, country[from]) &&
           is(e->to_country, country[to]) && is(e->from_place, from) && is(e->to_place, to);
}

static flow_err load(flow_setup *setup, const kind *k)
{
    const param *p = setup->param;
    const flow_world *w = setup->world;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return no_memory(); }
    d->kind = k;
    d->link = flow_setup_keep(setup, w->n_link, sizeof *d->link);
    if (d->link == NULL) { return no_memory(); }
    setup->data = d;
    setup->n_state = flow_measure_n_state(w);
    const flow_err err = flow_measure_load(setup, &p->plan, &d->scope);
    if (err != FLOW_OK) { return err; }
    const ends e = {country_of(setup, "from_country", p->from_country),
                    country_of(setup, "to_country", p->to_country),
                    place_of(setup, "from_place", p->from_place),
                    place_of(setup, "to_place", p->to_place)};
    for (int32_t i = 0; i < w->n_place; i++) { d->scope.in[i] = false; }
    d->scope.n = 0;
    for (int32_t l = 0; l < w->n_link; l++) {
        const int32_t from = w->link_from[l], to = w->link_to[l];
        if (!passes(w, &e, from, to) && !(p->both_ways && passes(w, &e, to, from))) { continue; }
        d->link[d->n++] = l;
        d->scope.n += !d->scope.in[from];
        d->scope.in[from] = true;
    }
    if (d->n == 0) { flow_setup_error_key(setup, "from_place", "no link leads that way"); }
    return FLOW_OK;
}

// Steps ------------------------------------------------------------------------------------------

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const double dt = turn->world->dt;
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    for (int32_t i = 0; i < d->n; i++) {
        const double usd = works * dt * (p->cost_day / d->n + p->cost_trip * p->effect);
        double share = 0.0;
        if (works > 0.0) {
            share = works * flow_measure_pay(turn, turn->world->link_from[d->link[i]], usd);
        }
        const double neutral = d->kind->neutral;
        const double full = d->kind->saves ? -p->effect : p->effect - neutral;
        for (int32_t k = 1; k <= d->kind->n; k++) {
            turn->own[k][d->link[i]] = neutral + full * share;
        }
    }
    return FLOW_OK;
}

#define MODULE(id, table, text, formula, list)                                                     \
    static flow_err load_##id(flow_setup *setup)                                                   \
    {                                                                                              \
        return load(setup, &table);                                                                \
    }                                                                                              \
    const flow_module flow_module_##id = {.version = FLOW_MODULE_VERSION,                          \
                                          .kind = FLOW_RESPONSE,                                   \
                                          .name = #id,                                             \
                                          .help = text,                                            \
                                          .source = formula,                                       \
                                          .many = true,                                            \
                                          .field = table##_rows,                                   \
                                          .param_size = sizeof(param),                             \
                                          .writes = "cost," list,                                  \
                                          .load = load_##id,                                       \
                                          .step = step};

MODULE(transport, transport, "Organised transport: so many seats a day on links, without risk.",
       "libflow: seats, as many as are paid for", "seats")
MODULE(search_and_rescue, rescue, "Search and rescue: fewer people die on irregular crossings.",
       "libflow: factor on deaths = 1 - saved", "death_factor_irregular,death_factor_smuggled")
MODULE(enforcement, enforcement, "Enforcement: irregular crossings are intercepted more often.",
       "libflow: factor on the odds of interception",
       "detection_factor_irregular,detection_factor_smuggled")
