// The table of how classes of people differ in where they go: what they add to the coefficients of
// the utility of places. Classes that behave alike become one.
#include "load.h"
#include "people.h"

#include <math.h>
#include <string.h>

#define MOST_ADDED 1000.0
#define MOST_ROWS 5000000

enum { per_class = FLOW_N_CAUSE * FLOW_N_TERM };

static const char *const term_key[] = {
#define FLOW_TERM(name, key, ...) key,
#include "terms.def"
#undef FLOW_TERM
};

typedef struct choose_columns {
    int32_t axis, class, cause, term, add;
} choose_columns;

/// What a row says, on its way to the classes it means.
typedef struct choose_row {
    flow_loader *l;
    flow_people_axis *axis;
    int32_t cause, term; ///< cause -1: all that have the coefficient
    double add;
    flow_mark at;
} choose_row;

static flow_err no_memory(void)
{
    return flow_fail(FLOW_ENOMEM, "no memory for classes of people");
}

static flow_err reserve(flow_people_axis *axis)
{
    if (axis->choose != NULL) { return FLOW_OK; }
    const int64_t n = (int64_t)axis->n_class * per_class;
    axis->choose = flow_calloc(n, sizeof *axis->choose);
    if (axis->choose == NULL) { return no_memory(); }
    for (int64_t i = 0; i < n; i++) { axis->choose[i] = (double)NAN; } // not given yet
    return FLOW_OK;
}

/// Whether the coefficient of a term counts in where people with a cause go.
static bool counts(const flow_settings *set, int32_t cause, int32_t term)
{
    int32_t kind = flow_choice_kind(set, cause);
    if (kind == FLOW_TO_TABLE && set->destination.missing == FLOW_MISSING_UTILITY) {
        kind = FLOW_TO_UTILITY;
    }
    const bool gravity =
        term == FLOW_TERM_DISTANCE || term == FLOW_TERM_DECAY || term == FLOW_TERM_POPULATION;
    return cause != FLOW_CAUSE_RETURN &&
           (kind == FLOW_TO_UTILITY || (kind == FLOW_TO_GRAVITY && gravity));
}

static void set_class(void *context, int32_t class_index, const char *label)
{
    const choose_row *row = context;
    double *own = row->axis->choose + (int64_t)class_index * per_class;
    for (int32_t c = 0; c < FLOW_N_CAUSE; c++) {
        const bool meant = row->cause < 0 ? counts(&row->l->s->set, c, row->term) : row->cause == c;
        if (!meant) { continue; }
        double *add = &own[c * FLOW_N_TERM + row->term];
        if (!isnan(*add)) {
            char shown[64];
            int32_t n;
            flow_problem_error(&row->l->problems, row->at, "'%s' has a row for %s and %s already",
                               flow_quote(label, shown), flow_by_terms(FLOW_BY_CAUSE, &n)[c].name,
                               term_key[row->term]);
            return;
        }
        *add = row->add;
    }
}

static int32_t term_of(flow_loader *l, const flow_table *t, int64_t i, int32_t column)
{
    const char *text = flow_table_text(t, i, column);
    for (int32_t k = 0; k < FLOW_N_TERM; k++) {
        if (strcmp(text, term_key[k]) == 0) { return k; }
    }
    char shown[64];
    flow_problem_error(&l->problems, flow_table_mark(t, i, column),
                       "'%s' is no coefficient of destinations; one such as distance or population "
                       "was expected",
                       flow_quote(text, shown));
    return -1;
}

/// Whether the coefficient of a row counts for its cause, or for some where it names none.
static bool fits(flow_loader *l, const flow_table *t, int64_t i, const choose_columns *c,
                 const choose_row *row)
{
    bool any = false;
    for (int32_t cause = 0; cause < FLOW_N_CAUSE; cause++) {
        const bool meant = row->cause < 0 || row->cause == cause;
        any = any || (meant && counts(&l->s->set, cause, row->term));
    }
    if (any) { return true; }
    int32_t n;
    const flow_term *cause = flow_by_terms(FLOW_BY_CAUSE, &n);
    flow_problem_error(&l->problems, flow_table_mark(t, i, c->term),
                       "where people go %s%s does not depend on the coefficient %s: its kind of "
                       "destination has none",
                       row->cause < 0 ? "" : "because of ",
                       row->cause < 0 ? "for any cause" : cause[row->cause].name,
                       term_key[row->term]);
    return false;
}

static flow_err read_row(flow_loader *l, const flow_table *t, int64_t i, const choose_columns *c,
                         flow_groups *groups)
{
    choose_row row = {.l = l, .add = 0.0, .at = flow_table_mark(t, i, c->class)};
    int32_t axis;
    FLOW_TRY(flow_people_axis_of(l, groups, t, i, c->axis, &axis));
    bool good = axis >= 0;
    good &= flow_people_cause(l, t, i, c->cause, &row.cause);
    row.term = term_of(l, t, i, c->term);
    good = good && row.term >= 0 && fits(l, t, i, c, &row);
    good &= flow_table_number(t, i, c->add, "add", "", -MOST_ADDED, MOST_ADDED, (double)NAN,
                              &l->problems, &row.add);
    if (!good) { return FLOW_OK; }
    row.axis = &groups->axis[axis];
    FLOW_TRY(reserve(row.axis));
    flow_people_classes(l, row.axis, flow_table_text(t, i, c->class), row.at, set_class, &row);
    return FLOW_OK;
}

flow_err flow_choose_load(flow_loader *l, flow_groups *groups)
{
    const char *name = l->s->set.people.choose;
    if (name == NULL || *name == '\0') { return FLOW_OK; }
    const char *key;
    const flow_mark at = flow_load_key(l, "people.choose", &key);
    if (l->s->set.movement.rule != FLOW_MOVE_DESTINATION) {
        flow_problem_error(&l->problems, at,
                           "people.choose belongs to movement.rule destination, which is not in "
                           "force");
        return FLOW_OK;
    }
    flow_table *t = NULL;
    FLOW_TRY(flow_load_table(l, name, "people.choose names it", NULL, &t));
    if (t == NULL) { return FLOW_OK; }
    const int64_t before = l->problems.n_error;
    const choose_columns c = {.axis = flow_table_need(t, "axis", &l->problems),
                              .class = flow_table_need(t, "class", &l->problems),
                              .cause = flow_table_find(t, "cause"),
                              .term = flow_table_need(t, "term", &l->problems),
                              .add = flow_table_need(t, "add", &l->problems)};
    flow_load_other_columns(l, t, "axis,class,cause,term,add");
    flow_err err = FLOW_OK;
    const bool good = l->problems.n_error == before;
    for (int64_t i = 0; i < flow_table_n_row(t) && good && err == FLOW_OK; i++) {
        err = read_row(l, t, i, &c, groups);
    }
    flow_table_free(t);
    for (int32_t a = 0; a < groups->n_axis && err == FLOW_OK; a++) {
        flow_people_axis *axis = &groups->axis[a];
        for (int64_t i = 0; axis->choose != NULL && i < (int64_t)axis->n_class * per_class; i++) {
            if (isnan(axis->choose[i])) { axis->choose[i] = 0.0; }
        }
    }
    return err;
}

// Classes -----------------------------------------------------------------------------------------

/// The tables of an axis: what each class has in them.
typedef struct part {
    double *value; ///< NULL: no such table
    int64_t n;     ///< of a class
} part;

/// Values that behave alike become one class, where nobody else tells them apart.
static void merge(flow_people_axis *axis)
{
    const part parts[] = {
        {axis->leave, FLOW_N_LEAVE}, {axis->reach, FLOW_N_LEAVE}, {axis->choose, per_class}};
    int32_t n = 0;
    for (int32_t v = 0; v < axis->attribute->n_value; v++) {
        int32_t c = 0;
        for (; c < n; c++) {
            bool same = true;
            for (int i = 0; i < 3; i++) {
                const part *p = &parts[i];
                same = same && (p->value == NULL || memcmp(p->value + c * p->n, p->value + v * p->n,
                                                           (size_t)p->n * sizeof *p->value) == 0);
            }
            if (same) { break; }
        }
        for (int i = 0; i < 3 && c == n; i++) { // v >= n: what stands there has been read
            const part *p = &parts[i];
            if (p->value == NULL) { continue; }
            memmove(p->value + n * p->n, p->value + v * p->n, (size_t)p->n * sizeof *p->value);
        }
        if (c == n) { n++; }
        axis->class_of[v] = c;
    }
    axis->n_class = n;
}

void flow_people_merge(flow_loader *l, flow_groups *groups, int32_t first)
{
    int64_t n = 1;
    for (int32_t a = 0; a < groups->n_axis; a++) {
        flow_people_axis *axis = &groups->axis[a];
        const bool told = axis->leave != NULL || axis->choose != NULL;
        if (a >= first && axis->kind == FLOW_AXIS_ATTRIBUTE && told) { merge(axis); }
        if (axis->choose == NULL) { continue; }
        axis->choose_stride = (int32_t)n;
        n *= axis->n_class;
        if (n * l->s->n_place > MOST_ROWS) {
            const char *key;
            const flow_mark at = flow_load_key(l, "people.choose", &key);
            flow_problem_error(&l->problems, at,
                               "people.choose tells %lld kinds of people apart at %d places: more "
                               "than %d rows of choices",
                               (long long)n, (int)l->s->n_place, MOST_ROWS);
            return;
        }
    }
    groups->n_chooser = (int32_t)n;
}

int32_t flow_group_chooser(const flow_groups *groups, uint32_t group)
{
    int32_t chooser = 0;
    for (int32_t a = 0; a < groups->n_axis && groups->n_chooser > 1; a++) {
        const flow_people_axis *axis = &groups->axis[a];
        if (axis->choose != NULL) {
            chooser += flow_group_class(axis, group) * axis->choose_stride;
        }
    }
    return chooser;
}

double flow_choose_add(const flow_groups *groups, int32_t chooser, int32_t cause, int32_t term)
{
    double add = 0.0;
    for (int32_t a = 0; a < groups->n_axis; a++) {
        const flow_people_axis *axis = &groups->axis[a];
        if (axis->choose == NULL) { continue; }
        const int64_t class = chooser / axis->choose_stride % axis->n_class;
        add += axis->choose[class * per_class + cause * FLOW_N_TERM + term];
    }
    return add;
}
