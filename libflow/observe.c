#include "observe.h"

#include "destination.h"

#include <string.h>

// Readers of the table
// -----------------------------------------------------------------------------

static double capacity_of(const flow_model *m, int32_t p)
{
    const double capacity = m->capacity[p] * m->s->set.hop.capacity_scaling;
    return capacity < 1.0 ? -1.0 : capacity;
}

/// Persons in the cells of a set.
static int64_t persons_in(const flow_model *m, const flow_cells *cells)
{
    int64_t n = 0;
    for (int32_t i = 0; i < cells->n; i++) {
        n += flow_persons(m, cells->row[i].key.group, cells->row[i].n);
    }
    return n;
}

static bool counts_at_home(const flow_model *m)
{
    return m->s->set.quirks.harvest_counts_at_home && flow_groups_origin(&m->groups) != NULL &&
           flow_model_harvests(m, m->day - 1);
}

/// People at a place; in harvest months, as FLEE has it, those who are from there, wherever they
/// are, but for those on roads.
static int64_t head_count(const flow_model *m, int32_t place)
{
    const flow_people_axis *origin = flow_groups_origin(&m->groups);
    if (!counts_at_home(m)) { return m->count[place]; }
    int64_t n = 0;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        for (int32_t i = 0; i < m->here[p].n; i++) {
            const flow_cell *cell = &m->here[p].row[i];
            if (flow_group_class(origin, cell->key.group) != place) { continue; }
            n += flow_persons(m, cell->key.group, cell->n);
        }
    }
    return n;
}

static int64_t queue_of(const flow_model *m, int32_t l)
{
    return persons_in(m, &m->to->gate[l]);
}

static int64_t queue_at(const flow_model *m, int32_t p)
{
    int64_t n = 0;
    for (int32_t l = m->s->first_link[p]; l < m->s->first_link[p + 1]; l++) { n += queue_of(m, l); }
    return n;
}

/// Little's law: who is in the queue, over who goes through it in a day.
static double claim_wait(const flow_model *m, int32_t c)
{
    const double *decisions = flow_model_quantity(m, FLOW_Q_DECISIONS);
    const double pace = decisions != NULL ? decisions[c] : 0.0;
    const double n = (double)m->to->claims_pending[c];
    if (!(n > 0.0)) { return 0.0; }
    return pace > 0.0 && n / pace < 1e9 ? n / pace : 1e9;
}

/// Whoever waits at a gate is still at the place.
static int64_t households_at(const flow_model *m, int32_t p)
{
    int64_t n = flow_cells_total(&m->here[p]);
    for (int32_t l = m->s->first_link[p]; m->to != NULL && l < m->s->first_link[p + 1]; l++) {
        n += flow_cells_total(&m->to->gate[l]);
    }
    return n;
}

static void leavers_by_cause(const flow_model *m, double *out)
{
    const int64_t n = m->s->n_place;
    for (int64_t p = 0; p < n; p++, out += FLOW_N_CAUSE_CLASS) {
        for (int32_t c = 0; c < FLOW_N_CAUSE; c++) { out[c] = (double)m->to->by_cause[c * n + p]; }
        out[FLOW_CAUSE_INITIAL] = 0.0;
    }
}

/// Each departure enters one link.
static void departures_by_cause(const flow_model *m, double *out)
{
    const int64_t *entered = m->to->entered_by_cause;
    memset(out, 0, (size_t)m->s->n_place * FLOW_N_CAUSE_CLASS * sizeof *out);
    for (int32_t l = 0; l < m->s->n_link; l++) {
        double *of_place = out + (int64_t)m->s->link_from[l] * FLOW_N_CAUSE_CLASS;
        for (int32_t c = 0; c < FLOW_N_CAUSE_CLASS; c++) { of_place[c] += (double)*entered++; }
    }
}

static void arrivals_by_cause(const flow_model *m, double *out)
{
    const int64_t n = (int64_t)m->s->n_place * FLOW_N_CAUSE_CLASS;
    for (int64_t i = 0; i < n; i++) { out[i] = (double)m->to->arrived_by_cause[i]; }
}

static void link_entered_by_cause(const flow_model *m, double *out)
{
    const int64_t n = (int64_t)m->s->n_link * FLOW_N_CAUSE_CLASS;
    for (int64_t i = 0; i < n; i++) { out[i] = (double)m->to->entered_by_cause[i]; }
}

static double budget_left(const flow_model *m)
{
    int64_t cents = 0;
    for (int32_t i = 0; i < m->s->n_budget; i++) {
        const int32_t use = m->s->budget[i];
        cents += flow_ledger_given(*flow_columns_own(m->columns, use, FLOW_Q_MONEY)) -
                 m->ledger.paid[use];
    }
    return 0.01 * (double)cents;
}

/// Sums of the day of attempts with some outcomes, by link and channel.
static void attempts_with(const flow_model *m, int32_t first, int32_t last, double *out)
{
    const int64_t n = (int64_t)m->s->n_link * FLOW_N_CHANNEL;
    for (int64_t i = 0; i < n; i++) {
        int64_t sum = 0;
        for (int32_t k = first; k <= last; k++) { sum += m->to->outcome[i * FLOW_N_OUTCOME + k]; }
        out[i] = (double)sum;
    }
}

#define ATTEMPTS(name, first, last)                                                                \
    static void name(const flow_model *m, double *out)                                             \
    {                                                                                              \
        attempts_with(m, first, last, out);                                                        \
    }
ATTEMPTS(attempts, 0, FLOW_N_OUTCOME - 1)
ATTEMPTS(passed, FLOW_END_PASSED, FLOW_END_PASSED)
ATTEMPTS(intercepted, FLOW_END_INTERCEPTED, FLOW_END_INTERCEPTED)
ATTEMPTS(turned_back, FLOW_END_TURNED_BACK, FLOW_END_TURNED_BACK)
ATTEMPTS(died, FLOW_END_DIED, FLOW_END_DIED)
ATTEMPTS(missing, FLOW_END_MISSING, FLOW_END_MISSING)
ATTEMPTS(trafficked, FLOW_END_TRAFFICKED, FLOW_END_TRAFFICKED)

static void fees_paid(const flow_model *m, double *out)
{
    memcpy(out, m->to->paid, (size_t)m->s->n_link * FLOW_N_CHANNEL * sizeof *out);
}

/// People at a place who wait to try to pass a link with channels.
static int64_t waiting_at(const flow_model *m, int32_t p)
{
    int64_t n = 0;
    for (int32_t i = 0; i < m->here[p].n; i++) {
        const flow_cell *cell = &m->here[p].row[i];
        if (cell->key.route != 0) { n += flow_persons(m, cell->key.group, cell->n); }
    }
    return n;
}

#define READ_PLACE(value)                                                                          \
    for (int32_t p = 0; p < m->s->n_place; p++) { out[p] = (double)(value); }
#define READ_LINK(value)                                                                           \
    for (int32_t l = 0; l < m->s->n_link; l++) { out[l] = (double)(value); }
#define READ_COUNTRY(value)                                                                        \
    for (int32_t c = 0; c < m->s->n_country; c++) { out[c] = (double)(value); }
#define READ_STEP(value) *out = (double)(value);
#define FLOW_OBSERVABLE(name, shape, when, kind, unit, cell_methods, value, long_name)             \
    static void read_##name(const flow_model *m, double *out)                                      \
    {                                                                                              \
        READ_##shape(value)                                                                        \
    }
#include "observables.def"

static void (*const readers[FLOW_N_OBSERVABLE])(const flow_model *m, double *out) = {
#define FLOW_OBSERVABLE(name, ...) read_##name,
#define FLOW_OBSERVABLE_BY(name, shape, when, by, kind, unit, fill, long_name) fill,
#include "observables.def"
};

// People by class
// ----------------------------------------------------------------------------------

static void count_classes(const flow_model *m, const flow_people_axis *axis,
                          const flow_cells *cells, double *out)
{
    for (int32_t i = 0; i < cells->n; i++) {
        const uint32_t group = cells->row[i].key.group;
        out[flow_group_class(axis, group)] += (double)flow_persons(m, group, cells->row[i].n);
    }
}

static void people_by(const flow_model *m, int32_t index, double *out)
{
    const flow_people_axis *axis = &m->groups.axis[index];
    const int64_t n = axis->n_class;
    memset(out, 0, (size_t)(m->s->n_place * n) * sizeof *out);
    for (int32_t p = 0; p < m->s->n_place; p++, out += n) {
        count_classes(m, axis, &m->here[p], out);
        for (int32_t l = m->s->first_link[p]; m->to != NULL && l < m->s->first_link[p + 1]; l++) {
            count_classes(m, axis, &m->to->gate[l], out);
        }
    }
}

/// Sums over the ranks of a divided model; whole numbers.
static void sum_ranks(const flow_model *m, double *out, int64_t n)
{
    int64_t part[256];
    for (int64_t at = 0; at < n; at += 256) {
        const int64_t some = n - at < 256 ? n - at : 256;
        for (int64_t i = 0; i < some; i++) { part[i] = (int64_t)out[at + i]; }
        flow_sum_ranks(m, part, some);
        for (int64_t i = 0; i < some; i++) { out[at + i] = (double)part[i]; }
    }
}

/// Whose count of those on a link, or about to enter it, is right.
static flow_owned by_of(const flow_observable *o)
{
    const bool under_way =
        o->row == FLOW_OBSERVABLE_link_people || o->row == FLOW_OBSERVABLE_link_households;
    return o->shape == FLOW_PER_PLACE ? FLOW_OWNED_PLACE
           : under_way                ? FLOW_OWNED_END
                                      : FLOW_OWNED_START;
}

void flow_observable_read(const flow_observable *o, const flow_model *m, double *out)
{
    if (o->row >= 0) {
        readers[o->row](m, out);
    } else if (o->axis >= 0) {
        people_by(m, o->axis, out);
    }
    if (o->row >= 0 || o->axis >= 0) {
        const size_t size = (size_t)flow_observable_classes(m->s, o) * sizeof *out;
        const bool divided = o->shape == FLOW_PER_PLACE || o->shape == FLOW_PER_LINK;
        if (m->part != NULL && o->row == FLOW_OBSERVABLE_people && counts_at_home(m)) {
            sum_ranks(m, out, m->s->n_place); // wherever they are
        } else if (divided) {
            flow_gather(m, by_of(o), out, size, false);
        }
        return;
    }
    const double *value = o->use < 0 ? flow_columns_value(m->columns, o->quantity)
                                     : flow_columns_own(m->columns, o->use, o->quantity);
    memcpy(out, value, (size_t)flow_observable_n(m->s, o) * sizeof *out);
}

/// Between a quantity and the module whose column is meant.
static const char of[] = "__";

/// An observable other than those of quantities; false: there is none of this name. Its texts may
/// lie in `text`.
static bool find_row(const flow_model *m, const char *name, char *text, flow_observable *out)
{
    const int32_t n = flow_observables_count(m->s);
    for (int32_t i = 0; i < n; i++) {
        *out = flow_observable_at(m->s, i, text);
        if (out->quantity >= 0) { return false; }
        if (strcmp(out->name, name) == 0) { return true; }
    }
    return false;
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
    *out = flow_observable_of_quantity(id, -1);
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
    flow_observable found;
    char text[FLOW_OBSERVABLE_TEXT];
    if (!find_row(model, name, text, &found) && !find_quantity(model, name, &found)) {
        return no_such(model, name);
    }
    const int64_t wanted = flow_observable_n(model->s, &found);
    if (n != wanted) {
        return flow_fail(FLOW_ERANGE, "observable '%s' has %lld values, room was given for %lld",
                         name, (long long)wanted, (long long)n);
    }
    flow_observable_read(&found, model, out);
    return FLOW_OK;
}
