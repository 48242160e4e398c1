// The table of how classes of people differ in leaving: factors on hazards and shares, and how far
// they know their way; factors on deaths and resettlement, too.
#include "load.h"
#include "people.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define MOST_FACTOR 1e6
#define MOST_DAYS 1e9

typedef struct leave_columns {
    int32_t axis, class, cause, factor, radius;
} leave_columns;

/// What a row says of some classes and causes.
typedef struct leave_row {
    int32_t axis, cause; ///< cause -1: all
    double factor, radius;
    flow_mark at;
} leave_row;

static flow_err no_memory(void)
{
    return flow_fail(FLOW_ENOMEM, "no memory for classes of people");
}

static flow_err reserve(flow_people_axis *axis)
{
    if (axis->leave != NULL) { return FLOW_OK; }
    const int64_t n = (int64_t)axis->n_class * FLOW_N_LEAVE;
    axis->leave = flow_calloc(n, sizeof *axis->leave);
    axis->reach = flow_calloc(n, sizeof *axis->reach);
    if (axis->leave == NULL || axis->reach == NULL) { return no_memory(); }
    for (int64_t i = 0; i < n; i++) {
        axis->leave[i] = -1.0; // not given yet
        axis->reach[i] = (double)INFINITY;
    }
    return FLOW_OK;
}

/// Whether a text means a class: its name, or a range of numbers "0..17" that holds it.
static bool means(const char *text, const char *label)
{
    if (strcasecmp(text, label) == 0) { return true; }
    const char *dots = strstr(text, "..");
    char low_text[32];
    double low, high, value;
    if (dots == NULL || (size_t)(dots - text) >= sizeof low_text) { return false; }
    memcpy(low_text, text, (size_t)(dots - text));
    low_text[dots - text] = '\0';
    return flow_number_parse(low_text, &low) && flow_number_parse(dots + 2, &high) &&
           flow_number_parse(label, &value) && low <= value && value <= high;
}

void flow_people_classes(flow_loader *l, const flow_people_axis *axis, const char *text,
                         flow_mark at, flow_class_visit *visit, void *context)
{
    const bool attribute = axis->kind == FLOW_AXIS_ATTRIBUTE;
    int32_t n = 0;
    for (int32_t v = 0; v < (attribute ? axis->attribute->n_value : axis->n_class); v++) {
        const char *label = attribute ? axis->attribute->value[v] : flow_axis_label(l->s, axis, v);
        if (!means(text, label)) { continue; }
        visit(context, attribute ? axis->class_of[v] : v, label);
        n++;
    }
    char shown[64];
    if (n == 0) {
        flow_problem_error(&l->problems, at,
                           "'%s' is no class of %s; a value of it, or a range of numbers such as "
                           "0..17, was expected",
                           flow_quote(text, shown), axis->name);
    }
}

flow_err flow_people_axis_of(flow_loader *l, flow_groups *groups, const flow_table *t, int64_t row,
                             int32_t column, int32_t *out)
{
    const char *name = flow_table_text(t, row, column);
    FLOW_TRY(flow_groups_axis(l, groups, name, out));
    char shown[64];
    if (*out < 0) {
        flow_problem_error(
            &l->problems, flow_table_mark(t, row, column),
            "'%s' is not origin, status, cause, debt or an attribute that the scenario "
            "gives its people",
            flow_quote(name, shown));
    }
    return FLOW_OK;
}

bool flow_people_cause(flow_loader *l, const flow_table *t, int64_t row, int32_t column,
                       int32_t *out)
{
    const char *text = column < 0 ? "" : flow_table_text(t, row, column);
    int32_t n;
    const flow_term *cause = flow_by_terms(FLOW_BY_CAUSE, &n);
    *out = -1;
    for (int32_t c = 0; c < n; c++) {
        if (strcmp(text, cause[c].name) == 0) { *out = c; }
    }
    if (*out >= 0 || *text == '\0') { return true; }
    char shown[64];
    flow_problem_error(&l->problems, flow_table_mark(t, row, column), "'%s' is no cause of leaving",
                       flow_quote(text, shown));
    return false;
}

/// What people leave the model or a country for, besides the causes of leaving a place.
static const char *const other_name[FLOW_N_LEAVE - FLOW_N_CAUSE] = {"death", "resettlement"};

static const char *name_of(int32_t cause)
{
    int32_t n;
    const flow_term *term = flow_by_terms(FLOW_BY_CAUSE, &n);
    return cause < n ? term[cause].name : other_name[cause - n];
}

/// What the factor of a row is for.
static bool read_cause(flow_loader *l, const flow_table *t, int64_t row, int32_t column,
                       int32_t *out)
{
    const char *text = column < 0 ? "" : flow_table_text(t, row, column);
    for (int32_t c = FLOW_N_CAUSE; c < FLOW_N_LEAVE; c++) {
        if (strcmp(text, name_of(c)) == 0) {
            *out = c;
            return true;
        }
    }
    return flow_people_cause(l, t, row, column, out);
}

/// A row on its way to the classes it means.
typedef struct setting {
    flow_loader *l;
    flow_people_axis *axis;
    const leave_row *row;
} setting;

static void set_class(void *context, int32_t class_index, const char *label)
{
    const setting *s = context;
    const flow_people_axis *axis = s->axis;
    for (int32_t c = 0; c < FLOW_N_LEAVE; c++) {
        const bool meant = s->row->cause < 0 ? c < FLOW_N_CAUSE : c == s->row->cause;
        if (!meant) { continue; }
        const int64_t at = (int64_t)class_index * FLOW_N_LEAVE + c;
        if (axis->leave[at] >= 0.0) {
            char shown[64];
            flow_problem_error(&s->l->problems, s->row->at, "'%s' has a row for %s already",
                               flow_quote(label, shown), name_of(c));
            return;
        }
        axis->leave[at] = s->row->factor;
        axis->reach[at] = s->row->radius;
    }
}

static flow_err read_row(flow_loader *l, const flow_table *t, int64_t i, const leave_columns *c,
                         flow_groups *groups)
{
    leave_row row = {.factor = 1.0, .radius = 0.0, .at = flow_table_mark(t, i, c->class)};
    FLOW_TRY(flow_people_axis_of(l, groups, t, i, c->axis, &row.axis));
    if (row.axis < 0) { return FLOW_OK; }
    bool good = read_cause(l, t, i, c->cause, &row.cause);
    good &= flow_table_number(t, i, c->factor, "factor", "", 0.0, MOST_FACTOR, 1.0, &l->problems,
                              &row.factor);
    if (c->radius >= 0) {
        good &= flow_table_number(t, i, c->radius, "radius", "d", 1e-6, MOST_DAYS, MOST_DAYS,
                                  &l->problems, &row.radius);
    }
    if (!good) { return FLOW_OK; }
    const bool limited = c->radius >= 0 && row.radius < MOST_DAYS;
    if (!limited) { row.radius = (double)INFINITY; }
    groups->reaches = groups->reaches || limited;
    groups->leaves = true;
    FLOW_TRY(reserve(&groups->axis[row.axis]));
    setting to = {.l = l, .axis = &groups->axis[row.axis], .row = &row};
    flow_people_classes(l, to.axis, flow_table_text(t, i, c->class), row.at, set_class, &to);
    return FLOW_OK;
}

flow_err flow_leave_load(flow_loader *l, flow_groups *groups)
{
    const char *name = l->s->set.people.leave;
    if (name == NULL || *name == '\0') { return FLOW_OK; }
    const char *key;
    const flow_mark at = flow_load_key(l, "people.leave", &key);
    if (l->s->set.movement.rule != FLOW_MOVE_DESTINATION) {
        flow_problem_error(&l->problems, at,
                           "people.leave belongs to movement.rule destination, which is not in "
                           "force");
        return FLOW_OK;
    }
    flow_table *t = NULL;
    FLOW_TRY(flow_load_table(l, name, "people.leave names it", NULL, &t));
    if (t == NULL) { return FLOW_OK; }
    const int64_t before = l->problems.n_error;
    const leave_columns c = {.axis = flow_table_need(t, "axis", &l->problems),
                             .class = flow_table_need(t, "class", &l->problems),
                             .cause = flow_table_find(t, "cause"),
                             .factor = flow_table_need(t, "factor", &l->problems),
                             .radius = flow_table_find(t, "radius")};
    flow_load_other_columns(l, t, "axis,class,cause,factor,radius");
    flow_err err = FLOW_OK;
    const bool good = l->problems.n_error == before;
    for (int64_t i = 0; i < flow_table_n_row(t) && good && err == FLOW_OK; i++) {
        err = read_row(l, t, i, &c, groups);
    }
    flow_table_free(t);
    for (int32_t a = 0; a < groups->n_axis && err == FLOW_OK; a++) {
        flow_people_axis *axis = &groups->axis[a];
        for (int64_t i = 0; axis->leave != NULL && i < (int64_t)axis->n_class * FLOW_N_LEAVE; i++) {
            if (axis->leave[i] < 0.0) { axis->leave[i] = 1.0; }
        }
    }
    return err;
}

double flow_leave_factor(const flow_groups *groups, uint32_t group, int32_t cause)
{
    double factor = 1.0;
    for (int32_t a = 0; a < groups->n_axis && groups->leaves; a++) {
        const flow_people_axis *axis = &groups->axis[a];
        if (axis->leave == NULL) { continue; }
        factor *= axis->leave[flow_group_class(axis, group) * FLOW_N_LEAVE + cause];
    }
    return factor;
}

double flow_leave_reach(const flow_groups *groups, uint32_t group, int32_t cause)
{
    double days = (double)INFINITY;
    for (int32_t a = 0; a < groups->n_axis && groups->reaches; a++) {
        const flow_people_axis *axis = &groups->axis[a];
        if (axis->reach == NULL) { continue; }
        days = fmin(days, axis->reach[flow_group_class(axis, group) * FLOW_N_LEAVE + cause]);
    }
    return days;
}
