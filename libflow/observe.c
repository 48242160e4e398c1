#include "observe.h"

#include "model.h"

#include <stdio.h>
#include <string.h>

#define PLACE(function, expression)                                                                \
    static void function(const flow_model *m, double *out)                                         \
    {                                                                                              \
        for (int32_t p = 0; p < m->s->n_place; p++) { out[p] = (double)(expression); }             \
    }
#define LINK(function, expression)                                                                 \
    static void function(const flow_model *m, double *out)                                         \
    {                                                                                              \
        for (int32_t l = 0; l < m->s->n_link; l++) { out[l] = (double)(expression); }              \
    }
#define STEP(function, expression)                                                                 \
    static void function(const flow_model *m, double *out)                                         \
    {                                                                                              \
        *out = (double)(expression);                                                               \
    }

PLACE(people, m->count[p])
PLACE(arrivals, m->arrivals[p])
PLACE(departures, m->departures[p])
PLACE(place_entered, m->spawned[p])
PLACE(conflict, m->conflict[p])
PLACE(move_chance, m->leave[p])
PLACE(place_capacity, m->capacity[p] * m->s->set.hop.capacity_scaling < 1.0
                          ? -1.0
                          : m->capacity[p] * m->s->set.hop.capacity_scaling)
PLACE(attraction, m->score[p])
LINK(link_people, m->link_count[l])
LINK(link_entered, m->link_entered[l])
LINK(link_open, m->closed[l] == 0)
STEP(persons, m->persons)
STEP(entered, m->entered)
STEP(left, m->left)
STEP(target, m->target)
STEP(debt, m->debt)
STEP(waiting, m->waiting)

const flow_observable flow_observables[] = {
    {"people", FLOW_PER_PLACE, true, "1", "people at the place at the end of the day",
     "time: point", people, 0, -1},
    {"arrivals", FLOW_PER_PLACE, true, "1",
     "arrivals at the place during the day, also of people who went on the same day", "time: sum",
     arrivals, 0, -1},
    {"departures", FLOW_PER_PLACE, true, "1",
     "departures from the place during the day, also of people who had arrived the same day",
     "time: sum", departures, 0, -1},
    {"displaced", FLOW_PER_PLACE, true, "1",
     "people who entered the simulation at the place during the day", "time: sum", place_entered, 0,
     -1},
    {"conflict", FLOW_PER_PLACE, false, "1", "conflict intensity during the day, 0 for none",
     "time: point", conflict, 0, -1},
    {"move_chance", FLOW_PER_PLACE, false, "d-1", "chance that a resident sets out that day",
     "time: point", move_chance, 0, -1},
    {"capacity_in_use", FLOW_PER_PLACE, false, "1",
     "people the place takes in before it counts as full, -1 for unlimited", "time: point",
     place_capacity, 0, -1},
    {"attraction", FLOW_PER_PLACE, false, "1",
     "score of the place as a destination, before distance and capacity", "time: point", attraction,
     0, -1},
    {"link_people", FLOW_PER_LINK, true, "1", "people on the link at the end of the day",
     "time: point", link_people, 0, -1},
    {"link_entered", FLOW_PER_LINK, true, "1", "people who entered the link during the day",
     "time: sum", link_entered, 0, -1},
    {"link_open", FLOW_PER_LINK, true, "1", "1 when the link was open during the day, else 0",
     "time: point", link_open, 0, -1},
    {"persons", FLOW_PER_STEP, true, "1", "people in the simulation at the end of the day",
     "time: point", persons, 0, -1},
    {"entered_total", FLOW_PER_STEP, true, "1",
     "people who entered since the beginning, those of day 0 included", "time: point", entered, 0,
     -1},
    {"left_total", FLOW_PER_STEP, true, "1", "people who left since the beginning", "time: point",
     left, 0, -1},
    {"to_enter", FLOW_PER_STEP, true, "1", "people due to enter during the day", "time: sum",
     target, 0, -1},
    {"registration_debt", FLOW_PER_STEP, true, "1",
     "fallen registrations that hold back later entries", "time: point", debt, 0, -1},
    {"waiting", FLOW_PER_STEP, true, "1", "people due to enter whose place had no population left",
     "time: point", waiting, 0, -1},
};
const int32_t flow_n_observable = sizeof flow_observables / sizeof *flow_observables;

int64_t flow_observable_n(const flow_scenario *scenario, const flow_observable *observable)
{
    switch (observable->shape) {
    case FLOW_PER_PLACE: return scenario->n_place;
    case FLOW_PER_LINK: return scenario->n_link;
    case FLOW_PER_COUNTRY: return scenario->n_country;
    default: return 1;
    }
}

// Quantities -------------------------------------------------------------------------------------

/// Between a quantity and the module whose column is meant.
static const char of[] = "__";

const flow_shape flow_over_shape[FLOW_N_OVER] = {FLOW_PER_PLACE, FLOW_PER_LINK, FLOW_PER_COUNTRY,
                                                 FLOW_PER_STEP};

static bool writes(const flow_use *use, int32_t quantity)
{
    for (int32_t i = 0; i < use->n_write; i++) {
        if (use->write[i] == quantity) { return true; }
    }
    return false;
}

/// Columns of a quantity that modules in use fill.
static int32_t n_column(const flow_scenario *s, int32_t quantity)
{
    int32_t n = 0;
    for (int32_t i = 0; i < s->n_use; i++) { n += writes(&s->use[i], quantity); }
    return n;
}

int32_t flow_observables_count(const flow_scenario *s)
{
    int32_t n = flow_n_observable;
    for (int32_t id = 0; id < FLOW_N_QUANTITY; id++) {
        const int32_t columns = n_column(s, id);
        n += columns > 0 ? 1 + columns : 0;
    }
    return n;
}

static flow_observable of_quantity(int32_t quantity, int32_t use)
{
    const flow_quantity *row = flow_quantity_row(quantity);
    return (flow_observable){.shape = flow_over_shape[row->over],
                             .unit = row->unit,
                             .cell_methods = "time: point",
                             .quantity = quantity,
                             .use = use};
}

/// Name an observable of a quantity; `text` holds both texts.
static void name_it(const flow_scenario *s, flow_observable *o, char *text)
{
    char name[FLOW_QUANTITY_NAME], sentence[256];
    const char *who = o->use < 0 ? "" : s->use[o->use].name;
    const int n = snprintf(text, FLOW_OBSERVABLE_TEXT, "%s%s%s",
                           flow_quantity_name(o->quantity, name), o->use < 0 ? "" : of, who);
    char *long_name = text + n + 1;
    (void)snprintf(long_name, (size_t)(FLOW_OBSERVABLE_TEXT - n - 1), "%s%s%s",
                   flow_quantity_long_name(o->quantity, sentence), o->use < 0 ? "" : ": column of ",
                   who);
    o->name = text;
    o->long_name = long_name;
}

flow_observable flow_observable_at(const flow_scenario *s, int32_t index,
                                   char text[static FLOW_OBSERVABLE_TEXT])
{
    if (index < flow_n_observable) { return flow_observables[index]; }
    index -= flow_n_observable;
    int32_t id = 0, columns = n_column(s, id);
    while (columns == 0 || index > columns) {
        index -= columns > 0 ? 1 + columns : 0;
        columns = n_column(s, ++id);
    }
    // The first row is what all columns come to.
    int32_t use = -1;
    for (; index > 0; index--) {
        do {
            use++;
        } while (!writes(&s->use[use], id));
    }
    flow_observable row = of_quantity(id, use);
    name_it(s, &row, text);
    return row;
}

flow_err flow_observables_list(const flow_scenario *s, flow_observable **out, int32_t *n)
{
    const int32_t size = flow_observables_count(s);
    const size_t row = sizeof(flow_observable);
    *n = 0;
    *out = flow_calloc(size, row + FLOW_OBSERVABLE_TEXT);
    if (*out == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the list of observables"); }
    char *text = (char *)(*out + size);
    for (; *n < size; (*n)++, text += FLOW_OBSERVABLE_TEXT) {
        (*out)[*n] = flow_observable_at(s, *n, text);
    }
    return FLOW_OK;
}

void flow_observable_read(const flow_observable *o, const flow_model *m, double *out)
{
    if (o->read != NULL) {
        o->read(m, out);
        return;
    }
    const double *value = o->use < 0 ? flow_columns_value(m->columns, o->quantity)
                                     : flow_columns_own(m->columns, o->use, o->quantity);
    memcpy(out, value, (size_t)flow_observable_n(m->s, o) * sizeof *out);
}

/// The observable of a name such as "hazard_flood" or "hazard_flood__drought"; false: there is
/// none.
static bool find_quantity(const flow_model *m, const char *name, flow_observable *out)
{
    char quantity[FLOW_QUANTITY_NAME];
    const char *who = strstr(name, of);
    const size_t n = who != NULL ? (size_t)(who - name) : strlen(name);
    if (n >= sizeof quantity) { return false; }
    memcpy(quantity, name, n);
    quantity[n] = '\0';
    const int32_t id = flow_quantity_find(quantity);
    if (id < 0) { return false; }
    *out = of_quantity(id, -1);
    if (who == NULL) { return flow_columns_value(m->columns, id) != NULL; }
    who += strlen(of);
    for (int32_t use = 0; use <= m->s->n_use; use++) {
        const char *known = use < m->s->n_use ? m->s->use[use].name : FLOW_OUTSIDE;
        if (strcmp(known, who) != 0) { continue; }
        out->use = use;
        return flow_columns_own(m->columns, use, id) != NULL;
    }
    return false;
}

static flow_err no_such(const flow_model *m, const char *name)
{
    flow_observable *list;
    int32_t n = 0;
    FLOW_TRY(flow_observables_list(m->s, &list, &n));
    const char **names = flow_calloc(n, sizeof *names);
    for (int32_t i = 0; names != NULL && i < n; i++) { names[i] = list[i].name; }
    const char *near = names != NULL ? flow_nearest(name, names, n) : NULL;
    char quoted[64];
    const flow_err err = flow_fail(
        FLOW_EKEY, "no observable '%s'%s%s%s%s", flow_quote(name, quoted),
        near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "",
        near == NULL && flow_quantity_find(name) >= 0 ? ": no module in use writes it" : "");
    flow_dealloc(names);
    flow_dealloc(list);
    return err;
}

flow_err flow_model_observe(const flow_model *model, const char *name, double *out, int64_t n)
{
    flow_observable found = {0};
    for (int32_t i = 0; i < flow_n_observable && found.read == NULL; i++) {
        if (strcmp(flow_observables[i].name, name) == 0) { found = flow_observables[i]; }
    }
    if (found.read == NULL && !find_quantity(model, name, &found)) { return no_such(model, name); }
    const int64_t wanted = flow_observable_n(model->s, &found);
    if (n != wanted) {
        return flow_fail(FLOW_ERANGE, "observable '%s' has %lld values, room was given for %lld",
                         name, (long long)wanted, (long long)n);
    }
    flow_observable_read(&found, model, out);
    return FLOW_OK;
}
