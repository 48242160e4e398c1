#include "indicators.h"

#include "destination.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const flow_better_name[3] = {"neither", "more", "less"};
const char *const flow_theme_name[FLOW_N_THEME] = {"people", "travel", "needs",
                                                   "harm",   "work",   "money"};

const flow_gauge flow_gauges[FLOW_N_GAUGE] = {
#define FLOW_INDICATOR(id, in_theme, time, which, evidence, units, from, value, meaning)           \
    {.name = #id,                                                                                  \
     .long_name = (meaning),                                                                       \
     .unit = (units),                                                                              \
     .theme = FLOW_THEME_##in_theme,                                                               \
     .over_time = FLOW_OVER_##time,                                                                \
     .better = FLOW_BETTER_##which,                                                                \
     .tag = (evidence),                                                                            \
     .inputs = (from),                                                                             \
     .over = -1,                                                                                   \
     .per = -1},
#define FLOW_INDICATOR_PEOPLE(id, in_theme, time, which, evidence, units, needs, counts, meaning)  \
    FLOW_INDICATOR(id, in_theme, time, which, evidence, units, NULL, 0, meaning)
#define FLOW_INDICATOR_RATIO(id, in_theme, which, evidence, units, above, below, meaning)          \
    {.name = #id,                                                                                  \
     .long_name = (meaning),                                                                       \
     .unit = (units),                                                                              \
     .theme = FLOW_THEME_##in_theme,                                                               \
     .over_time = FLOW_OVER_RATIO,                                                                 \
     .better = FLOW_BETTER_##which,                                                                \
     .tag = (evidence),                                                                            \
     .over = FLOW_GAUGE_##above,                                                                   \
     .per = FLOW_GAUGE_##below},
#include "indicators.def"
};

int32_t flow_gauge_find(const char *name)
{
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        if (strcmp(flow_gauges[g].name, name) == 0) { return g; }
    }
    return -1;
}

// What rows may ask -------------------------------------------------------------------------------

static bool is_displacing(int32_t cause)
{
    return cause != FLOW_CAUSE_RETURN && cause != FLOW_CAUSE_ONWARD &&
           cause != FLOW_CAUSE_ECONOMIC && cause != FLOW_CAUSE_INITIAL;
}

static bool is_border(const flow_scenario *s, int64_t link)
{
    return s->country[s->link_from[link]] != s->country[s->link_to[link]];
}

/// What rows of people may ask of somebody.
typedef struct flow_who {
    bool displaced; ///< away from home, not for work, and not settled for good
    bool abroad;    ///< in another country than that of the home
    bool in_camp;
    bool unsafe;    ///< on the road, or where there is conflict
    int32_t status; ///< flow_status; -1: nobody tells
} flow_who;

/// Intensity from which a place counts as unsafe; an assumption.
static const double unsafe_from = 0.1;

typedef struct view {
    const flow_model *m;
    const double *in[3];
    int64_t n; ///< items
    int32_t n_class;
} view;

// A row is a function of its own, so that the compiler sees one loop. Not every row asks for all.
#define FLOW_INDICATOR(name, theme, over_time, better, tag, unit, inputs, value, long_name)        \
    static void fill_##name(const view *v, double *out)                                            \
    {                                                                                              \
        const flow_model *const m = v->m;                                                          \
        const flow_scenario *const s = m->s;                                                       \
        for (int64_t i = 0, j = 0; i < v->n; i++) {                                                \
            for (int32_t k = 0; k < v->n_class; k++, j++) {                                        \
                const double a = v->in[0][j], b = v->in[1][j], c = v->in[2][j];                    \
                (void)s, (void)a, (void)b, (void)c, (void)k;                                       \
                out[j] = (value);                                                                  \
            }                                                                                      \
        }                                                                                          \
    }
#include "indicators.def"

#define FLOW_INDICATOR_PEOPLE(name, theme, over_time, better, tag, unit, needs, counts, long_name) \
    static bool counts_##name(const flow_who *w)                                                   \
    {                                                                                              \
        return (counts);                                                                           \
    }
#include "indicators.def"

static void (*const fill_of[FLOW_N_GAUGE])(const view *v, double *out) = {
#define FLOW_INDICATOR(name, ...) fill_##name,
#define FLOW_INDICATOR_PEOPLE(name, ...) NULL,
#define FLOW_INDICATOR_RATIO(name, ...) NULL,
#include "indicators.def"
};
static bool (*const counts_of[FLOW_N_GAUGE])(const flow_who *w) = {
#define FLOW_INDICATOR(name, ...) NULL,
#define FLOW_INDICATOR_PEOPLE(name, ...) counts_##name,
#define FLOW_INDICATOR_RATIO(name, ...) NULL,
#include "indicators.def"
};
enum { ANY, STATUS, DESTINATION };
static const int32_t needs_of[FLOW_N_GAUGE] = {
#define FLOW_INDICATOR(name, ...) ANY,
#define FLOW_INDICATOR_PEOPLE(name, theme, over_time, better, tag, unit, needs, ...) needs,
#define FLOW_INDICATOR_RATIO(name, ...) ANY,
#include "indicators.def"
};

// What a scenario has -----------------------------------------------------------------------------

enum { MOST_INPUTS = 3 };

/// Index in a list of observables of the n bytes of a name, -1: there is none.
static int32_t find_observable(const flow_observable *list, int32_t n_list, const char *name,
                               size_t n)
{
    for (int32_t i = 0; i < n_list; i++) {
        if (strncmp(list[i].name, name, n) == 0 && list[i].name[n] == '\0') { return i; }
    }
    return -1;
}

/// Observables of a row; false when one that it cannot do without is not there.
static bool find_inputs(const flow_scenario *s, const flow_observable *list, int32_t n_list,
                        const char *inputs, int32_t input[static MOST_INPUTS])
{
    int32_t n = 0;
    bool all = true;
    for (int32_t i = 0; i < MOST_INPUTS; i++) { input[i] = -1; }
    for (const char *at = inputs; *at != '\0' && n < MOST_INPUTS; n++) {
        const bool may_lack = *at == '?';
        at += may_lack;
        const size_t width = strcspn(at, ",");
        const int32_t found = find_observable(list, n_list, at, width);
        const bool fits = found >= 0 && (input[0] < 0 || flow_observable_n(s, &list[found]) ==
                                                             flow_observable_n(s, &list[input[0]]));
        all = all && (fits || may_lack);
        if (fits) { input[n] = found; }
        at += width + (at[width] == ',');
    }
    return all && input[0] >= 0;
}

static bool has_people(const flow_scenario *s, int32_t needs)
{
    switch (needs) {
    case STATUS: return s->groups != NULL && s->groups->status >= 0;
    case DESTINATION: return s->set.movement.rule == FLOW_MOVE_DESTINATION;
    default: return true;
    }
}

static void find_has(const flow_scenario *s, const flow_observable *list, int32_t n, bool *has)
{
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) { // ratios come after what they are made of
        const flow_gauge *row = &flow_gauges[g];
        int32_t input[MOST_INPUTS];
        if (row->over_time == FLOW_OVER_RATIO) {
            has[g] = has[row->over] && has[row->per];
        } else if (row->inputs != NULL) {
            has[g] = find_inputs(s, list, n, row->inputs, input);
        } else {
            has[g] = has_people(s, needs_of[g]);
        }
    }
}

flow_err flow_gauges_of(const flow_scenario *s, bool has[static FLOW_N_GAUGE])
{
    flow_observable *list;
    int32_t n = 0;
    FLOW_TRY(flow_observables_list(s, &list, &n));
    find_has(s, list, n, has);
    flow_dealloc(list);
    return FLOW_OK;
}

// Making ------------------------------------------------------------------------------------------

/// One indicator under way.
typedef struct gauge {
    bool on;
    int32_t input[MOST_INPUTS]; ///< of the buffers; -1: all 0
    flow_gauge_parts part;
    int64_t n;  ///< values of a step
    double now; ///< people who count in this step
} gauge;

struct flow_gauges_run {
    const flow_scenario *s; ///< borrowed
    flow_observable *list;
    int32_t n_list;
    double **value; ///< [n_list] what is read of a step; NULL: nobody asks
    double *zero;   ///< as many as the longest
    double *out;    ///< the same
    gauge gauge[FLOW_N_GAUGE];
    double *total; ///< [FLOW_N_GAUGE] sums over time
    bool parts;
    int64_t n_part;
    double *part;     ///< [n_part] sums over time
    double *part_now; ///< [n_part] of people in this step
    int32_t step;
    int32_t n_people, people[FLOW_N_GAUGE]; ///< rows of people that are asked in this step
    int32_t n_axis;
    int32_t *axis, *class_first; ///< [n_axis] axes that results show, and where their classes begin
};

static int32_t list_axes(flow_gauges_run *r)
{
    int32_t n_class = 0;
    const flow_groups *groups = r->s->groups;
    for (int32_t a = 0; groups != NULL && a < groups->n_axis; a++) {
        if (!flow_axis_is_shown(r->s, &groups->axis[a])) { continue; }
        r->axis[r->n_axis] = a;
        r->class_first[r->n_axis++] = n_class;
        n_class += groups->axis[a].n_class;
    }
    return n_class;
}

/// What the first input of a row is like, also where the scenario lacks it: parts must lie in the
/// same places under all options. False: no such thing is known.
static bool first_input(const flow_gauges_run *r, int32_t g, flow_observable *out)
{
    const gauge *x = &r->gauge[g];
    if (x->input[0] >= 0) {
        *out = r->list[x->input[0]];
        return true;
    }
    char name[FLOW_QUANTITY_NAME];
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(flow_gauges[g].inputs, ","),
                   flow_gauges[g].inputs);
    const int32_t id = flow_quantity_find(name);
    if (id >= 0) { *out = flow_observable_of_quantity(id, -1); }
    for (int32_t i = 0; id < 0 && i < FLOW_N_OBSERVABLE; i++) {
        if (strcmp(flow_observables[i].name, name) != 0) { continue; }
        *out = flow_observables[i];
        return true;
    }
    return id >= 0;
}

/// Where the parts of a row lie.
static void lay_parts(flow_gauges_run *r, int32_t g, int32_t n_class)
{
    gauge *x = &r->gauge[g];
    const flow_scenario *s = r->s;
    flow_observable o;
    x->part = (flow_gauge_parts){.first = r->n_part, .axis = FLOW_GAUGE_AXES};
    if (flow_gauges[g].over_time == FLOW_OVER_RATIO) { return; }
    if (flow_gauges[g].inputs == NULL) {
        x->part.shape = FLOW_PER_PLACE;
        x->part.n_item = s->n_place;
        x->part.n_class = n_class;
    } else if (first_input(r, g, &o)) {
        x->part.shape = o.shape;
        x->part.n_item = o.shape == FLOW_PER_STEP ? 0 : (int32_t)flow_observable_length(s, &o);
        const bool channel = o.by != NULL && strcmp(o.by, flow_by_name[FLOW_BY_CHANNEL]) == 0;
        x->part.n_class = channel       ? FLOW_N_CHANNEL
                          : o.axis >= 0 ? flow_observable_classes(s, &o)
                                        : 0;
        x->part.axis = channel ? FLOW_GAUGE_CHANNELS : o.axis;
    }
    r->n_part += x->part.n_item + x->part.n_class;
}

static flow_err need_input(flow_gauges_run *r, int32_t input, int64_t *most)
{
    if (input < 0 || r->value[input] != NULL) { return FLOW_OK; }
    const int64_t n = flow_observable_n(r->s, &r->list[input]);
    r->value[input] = flow_calloc(n, sizeof **r->value);
    *most = n > *most ? n : *most;
    return r->value[input] != NULL ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory for indicators");
}

static flow_err make(flow_gauges_run *r, const bool *want)
{
    const int32_t n_axis = r->s->groups != NULL ? r->s->groups->n_axis : 0;
    FLOW_TRY(flow_observables_list(r->s, &r->list, &r->n_list));
    r->value = flow_calloc(r->n_list, sizeof *r->value);
    r->total = flow_calloc(FLOW_N_GAUGE, sizeof *r->total);
    r->axis = flow_calloc(n_axis, sizeof *r->axis);
    r->class_first = flow_calloc(n_axis, sizeof *r->class_first);
    if (r->value == NULL || r->total == NULL || r->axis == NULL || r->class_first == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for indicators");
    }
    const int32_t n_class = list_axes(r);
    int64_t most = 1;
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        gauge *x = &r->gauge[g];
        x->on = want[g];
        for (int32_t i = 0; i < MOST_INPUTS; i++) { x->input[i] = -1; }
        if (!x->on) { continue; }
        if (flow_gauges[g].inputs != NULL) {
            (void)find_inputs(r->s, r->list, r->n_list, flow_gauges[g].inputs, x->input);
            for (int32_t i = 0; i < MOST_INPUTS; i++) {
                FLOW_TRY(need_input(r, x->input[i], &most));
            }
        }
        if (r->parts) { lay_parts(r, g, n_class); }
    }
    r->zero = flow_calloc(most, sizeof *r->zero);
    r->out = flow_calloc(most, sizeof *r->out);
    r->part = flow_calloc(r->n_part, sizeof *r->part);
    r->part_now = flow_calloc(r->n_part, sizeof *r->part_now);
    const bool good = r->zero != NULL && r->out != NULL && r->part != NULL && r->part_now != NULL;
    return good ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory for indicators");
}

flow_err flow_gauges_create(const flow_scenario *s, const bool want[static FLOW_N_GAUGE],
                            bool parts, flow_gauges_run **out)
{
    *out = NULL;
    flow_gauges_run *r = flow_calloc(1, sizeof *r);
    if (r == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for indicators"); }
    r->s = s;
    r->parts = parts;
    const flow_err err = make(r, want);
    if (err != FLOW_OK) {
        flow_gauges_free(r);
        return err;
    }
    *out = r;
    return FLOW_OK;
}

void flow_gauges_free(flow_gauges_run *r)
{
    if (r == NULL) { return; }
    for (int32_t i = 0; r->value != NULL && i < r->n_list; i++) { flow_dealloc(r->value[i]); }
    flow_dealloc(r->value);
    flow_dealloc(r->list);
    flow_dealloc(r->zero);
    flow_dealloc(r->out);
    flow_dealloc(r->total);
    flow_dealloc(r->part);
    flow_dealloc(r->part_now);
    flow_dealloc(r->axis);
    flow_dealloc(r->class_first);
    flow_dealloc(r);
}

void flow_gauges_begin(flow_gauges_run *r)
{
    memset(r->total, 0, FLOW_N_GAUGE * sizeof *r->total);
    memset(r->part, 0, (size_t)r->n_part * sizeof *r->part);
    r->step = 0;
}

// A step ------------------------------------------------------------------------------------------

/// Add the value of a step to what the steps before came to.
static void add(const flow_gauges_run *r, int32_t g, double value, double *sum)
{
    switch (flow_gauges[g].over_time) {
    case FLOW_OVER_DAYS: *sum += value * r->s->dt; break;
    case FLOW_OVER_LAST: *sum = value; break;
    case FLOW_OVER_MOST: *sum = fmax(*sum, value); break;
    default: *sum += value; break; // of a mean, too: divided at the end
    }
}

/// Whether a row has to look at this step.
static bool is_asked(const flow_gauges_run *r, int32_t g)
{
    const bool last = r->step + 1 == r->s->n_step;
    return r->gauge[g].on && (last || flow_gauges[g].over_time != FLOW_OVER_LAST);
}

static const double *input_of(const flow_gauges_run *r, int32_t input)
{
    return input >= 0 ? r->value[input] : r->zero;
}

static void measure(flow_gauges_run *r, const flow_model *m, int32_t g)
{
    gauge *x = &r->gauge[g];
    if (x->input[0] < 0) { return; } // what it is made of is not there: 0
    const flow_observable *o = &r->list[x->input[0]];
    const view v = {
        .m = m,
        .in = {input_of(r, x->input[0]), input_of(r, x->input[1]), input_of(r, x->input[2])},
        .n = flow_observable_length(r->s, o),
        .n_class = flow_observable_classes(r->s, o)};
    fill_of[g](&v, r->out);
    double all = 0.0;
    double *item = r->part_now + x->part.first, *class_of = item + x->part.n_item;
    const bool items = r->parts && x->part.n_item > 0, classes = r->parts && x->part.n_class > 0;
    if (r->parts) { memset(item, 0, (size_t)(x->part.n_item + x->part.n_class) * sizeof *item); }
    for (int64_t i = 0, j = 0; i < v.n; i++) {
        for (int32_t k = 0; k < v.n_class; k++, j++) {
            all += r->out[j];
            if (items) { item[i] += r->out[j]; }
            if (classes) { class_of[k] += r->out[j]; }
        }
    }
    add(r, g, all, &r->total[g]);
}

/// People of a group at a place, or on the road (place -1), in every row that counts them.
static void count(flow_gauges_run *r, const flow_who *who, int32_t place, uint32_t group, double n)
{
    for (int32_t row = 0; row < r->n_people; row++) {
        const int32_t g = r->people[row];
        gauge *x = &r->gauge[g];
        if (!counts_of[g](who)) { continue; }
        x->now += n;
        if (!r->parts) { continue; }
        double *item = r->part_now + x->part.first, *class_of = item + x->part.n_item;
        if (place >= 0) { item[place] += n; }
        for (int32_t a = 0; a < r->n_axis; a++) {
            const flow_people_axis *axis = &r->s->groups->axis[r->axis[a]];
            class_of[r->class_first[a] + flow_group_class(axis, group)] += n;
        }
    }
}

static void count_cells(flow_gauges_run *r, const flow_model *m, int32_t place,
                        const flow_cells *cells, int32_t at)
{
    const flow_groups *groups = &m->groups;
    const flow_people_axis *origin = flow_groups_origin(groups);
    const int32_t *country = m->s->country;
    const double *conflict = flow_model_quantity(m, FLOW_Q_CONFLICT_LEVEL);
    const bool danger = place >= 0 && ((conflict != NULL && conflict[place] > unsafe_from) ||
                                       m->conflict[place] > unsafe_from);
    for (int32_t i = 0; i < cells->n; i++) {
        const uint32_t group = cells->row[i].key.group;
        const int64_t n = flow_persons(m, group, cells->row[i].n);
        if (n == 0) { continue; }
        const int32_t cause = m->to != NULL ? flow_group_class(&groups->axis[groups->cause], group)
                                            : FLOW_CAUSE_OTHER;
        flow_who who = {.status = -1, .unsafe = place < 0 || danger};
        who.displaced = cause != FLOW_CAUSE_INITIAL && cause != FLOW_CAUSE_ECONOMIC;
        if (groups->status >= 0) {
            who.status = flow_group_class(&groups->axis[groups->status], group);
            const bool settled =
                who.status == FLOW_STATUS_LABOUR || who.status == FLOW_STATUS_RETURNEE ||
                who.status == FLOW_STATUS_RESETTLED || who.status == FLOW_STATUS_INTEGRATED;
            who.displaced = who.displaced && !settled;
        }
        const int32_t home = origin != NULL ? country[flow_group_class(origin, group)] : country[0];
        who.abroad = country[at] != home;
        who.in_camp = place >= 0 && (m->s->place_kind[place] == FLOW_CAMP ||
                                     m->s->place_kind[place] == FLOW_IDP_CAMP);
        count(r, &who, place, group, (double)n);
    }
}

/// Where the model is divided, people whom other ranks count join; whole numbers.
static void join_ranks(flow_gauges_run *r, const flow_model *m)
{
    int64_t now[FLOW_N_GAUGE];
    if (m->part == NULL) { return; }
    for (int32_t row = 0; row < r->n_people; row++) {
        now[row] = (int64_t)r->gauge[r->people[row]].now;
    }
    flow_sum_ranks(m, now, r->n_people);
    for (int32_t row = 0; row < r->n_people; row++) {
        r->gauge[r->people[row]].now = (double)now[row];
    }
}

static void count_people(flow_gauges_run *r, const flow_model *m)
{
    r->n_people = 0;
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        gauge *x = &r->gauge[g];
        if (counts_of[g] == NULL || !is_asked(r, g)) { continue; }
        r->people[r->n_people++] = g;
        x->now = 0.0;
        const int64_t n = x->part.n_item + x->part.n_class;
        if (r->parts) { memset(r->part_now + x->part.first, 0, (size_t)n * sizeof *r->part_now); }
    }
    if (r->n_people == 0) { return; }
    for (int32_t p = 0; p < m->s->n_place; p++) {
        count_cells(r, m, p, &m->here[p], p);
        for (int32_t l = m->s->first_link[p]; m->to != NULL && l < m->s->first_link[p + 1]; l++) {
            count_cells(r, m, p, &m->to->gate[l], p);
        }
    }
    for (int32_t l = 0; l < m->s->n_link; l++) {
        count_cells(r, m, -1, &m->road[l], m->s->link_from[l]);
    }
    join_ranks(r, m);
    for (int32_t row = 0; row < r->n_people; row++) {
        const int32_t g = r->people[row];
        add(r, g, r->gauge[g].now, &r->total[g]);
    }
}

void flow_gauges_step(flow_gauges_run *r, const flow_model *m)
{
    for (int32_t i = 0; i < r->n_list; i++) {
        if (r->value[i] != NULL) { flow_observable_read(&r->list[i], m, r->value[i]); }
    }
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        if (fill_of[g] != NULL && is_asked(r, g)) { measure(r, m, g); }
    }
    count_people(r, m);
    for (int32_t g = 0; r->parts && g < FLOW_N_GAUGE; g++) {
        const flow_gauge_parts *p = &r->gauge[g].part;
        if (!is_asked(r, g)) { continue; }
        for (int64_t i = p->first; i < p->first + p->n_item + p->n_class; i++) {
            add(r, g, r->part_now[i], &r->part[i]);
        }
    }
    r->step++;
}

// Results -----------------------------------------------------------------------------------------

void flow_gauges_whole(const flow_gauges_run *r, double out[static FLOW_N_GAUGE])
{
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        const flow_gauge *row = &flow_gauges[g];
        out[g] = r->gauge[g].on ? r->total[g] : (double)NAN;
        if (row->over_time == FLOW_OVER_MEAN && r->step > 0) { out[g] /= r->step; }
        if (row->over_time != FLOW_OVER_RATIO || !r->gauge[g].on) { continue; }
        const double per = r->total[row->per];
        out[g] = per > 0.0 ? r->total[row->over] / per : (double)NAN;
    }
}

double *flow_gauges_state(flow_gauges_run *r, int64_t *n)
{
    *n = FLOW_N_GAUGE;
    return r->total;
}

void flow_gauges_set_step(flow_gauges_run *r, int32_t step)
{
    r->step = step;
}

int64_t flow_gauges_n_part(const flow_gauges_run *r)
{
    return r->n_part;
}

flow_gauge_parts flow_gauges_parts(const flow_gauges_run *r, int32_t g)
{
    return r->gauge[g].part;
}

void flow_gauges_part(const flow_gauges_run *r, double *out)
{
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        const flow_gauge_parts *p = &r->gauge[g].part;
        const double each =
            flow_gauges[g].over_time == FLOW_OVER_MEAN && r->step > 0 ? 1.0 / r->step : 1.0;
        for (int64_t i = p->first; i < p->first + p->n_item + p->n_class; i++) {
            out[i] = r->part[i] * each;
        }
    }
}

const char *flow_gauge_class(const flow_scenario *s, const flow_gauge_parts *parts, int32_t index,
                             char out[static 128])
{
    out[0] = '\0';
    if (parts->axis == FLOW_GAUGE_CHANNELS) {
        int32_t n = 0;
        const flow_term *term = flow_by_terms(FLOW_BY_CHANNEL, &n);
        if (index < n) { (void)snprintf(out, 128, "channel: %s", term[index].name); }
        return out;
    }
    for (int32_t a = 0; s->groups != NULL && a < s->groups->n_axis; a++) {
        const flow_people_axis *axis = &s->groups->axis[a];
        const bool asked = parts->axis >= 0 ? parts->axis == a : flow_axis_is_shown(s, axis);
        if (!asked) { continue; }
        if (index < axis->n_class) {
            (void)snprintf(out, 128, "%s: %s", axis->name, flow_axis_label(s, axis, index));
            return out;
        }
        index -= axis->n_class;
    }
    return out;
}
