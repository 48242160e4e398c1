#include "observe.h"

#include "model.h"

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
     "time: point", people},
    {"arrivals", FLOW_PER_PLACE, true, "1",
     "arrivals at the place during the day, also of people who went on the same day", "time: sum",
     arrivals},
    {"departures", FLOW_PER_PLACE, true, "1",
     "departures from the place during the day, also of people who had arrived the same day",
     "time: sum", departures},
    {"displaced", FLOW_PER_PLACE, true, "1",
     "people who entered the simulation at the place during the day", "time: sum", place_entered},
    {"conflict", FLOW_PER_PLACE, false, "1", "conflict intensity during the day, 0 for none",
     "time: point", conflict},
    {"move_chance", FLOW_PER_PLACE, false, "d-1", "chance that a resident sets out that day",
     "time: point", move_chance},
    {"capacity_in_use", FLOW_PER_PLACE, false, "1",
     "people the place takes in before it counts as full, -1 for unlimited", "time: point",
     place_capacity},
    {"attraction", FLOW_PER_PLACE, false, "1",
     "score of the place as a destination, before distance and capacity", "time: point",
     attraction},
    {"link_people", FLOW_PER_LINK, true, "1", "people on the link at the end of the day",
     "time: point", link_people},
    {"link_entered", FLOW_PER_LINK, true, "1", "people who entered the link during the day",
     "time: sum", link_entered},
    {"link_open", FLOW_PER_LINK, true, "1", "1 when the link was open during the day, else 0",
     "time: point", link_open},
    {"persons", FLOW_PER_STEP, true, "1", "people in the simulation at the end of the day",
     "time: point", persons},
    {"entered_total", FLOW_PER_STEP, true, "1",
     "people who entered since the beginning, those of day 0 included", "time: point", entered},
    {"left_total", FLOW_PER_STEP, true, "1", "people who left since the beginning", "time: point",
     left},
    {"to_enter", FLOW_PER_STEP, true, "1", "people due to enter during the day", "time: sum",
     target},
    {"registration_debt", FLOW_PER_STEP, true, "1",
     "fallen registrations that hold back later entries", "time: point", debt},
    {"waiting", FLOW_PER_STEP, true, "1", "people due to enter whose place had no population left",
     "time: point", waiting},
};
const int32_t flow_n_observable = sizeof flow_observables / sizeof *flow_observables;

int64_t flow_observable_n(const flow_scenario *scenario, const flow_observable *observable)
{
    if (observable->shape == FLOW_PER_PLACE) { return scenario->n_place; }
    return observable->shape == FLOW_PER_LINK ? scenario->n_link : 1;
}

flow_err flow_model_observe(const flow_model *model, const char *name, double *out, int64_t n)
{
    const char *names[sizeof flow_observables / sizeof *flow_observables];
    for (int32_t i = 0; i < flow_n_observable; i++) {
        const flow_observable *row = &flow_observables[i];
        names[i] = row->name;
        if (strcmp(row->name, name) != 0) { continue; }
        const int64_t wanted = flow_observable_n(model->s, row);
        if (n != wanted) {
            return flow_fail(FLOW_ERANGE,
                             "observable '%s' has %lld values, room was given for %lld", name,
                             (long long)wanted, (long long)n);
        }
        row->read(model, out);
        return FLOW_OK;
    }
    const char *near = flow_nearest(name, names, flow_n_observable);
    char quoted[64];
    return flow_fail(FLOW_EKEY, "no observable '%s'%s%s%s", flow_quote(name, quoted),
                     near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                     near != NULL ? "'?" : "");
}
