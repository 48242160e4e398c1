// What channels ask of people: wealth, awareness of risks, debt.
#include "load.h"
#include "observables.h"

#include <math.h>

/// Number that a class of an attribute stands for; a problem where its text is none in the range.
static double number_of(flow_loader *l, const flow_people_axis *axis, int32_t class_index,
                        double most, bool whole, const char *what)
{
    for (int32_t v = 0; v < axis->attribute->n_value; v++) {
        double number = 0.0;
        if (axis->class_of[v] != class_index) { continue; }
        const char *text = axis->attribute->value[v];
        const bool good = flow_number_parse(text, &number) && number >= 0.0 && number <= most;
        if (good && !(whole && number > floor(number))) { return number; }
        char shown[64];
        flow_problem_error(&l->problems, axis->attribute->at[v], "%s '%s' is not %s in [0, %g]",
                           axis->name, flow_quote(text, shown), what, most);
    }
    return 0.0;
}

/// Axis of an attribute that the scenario may have; -1: it has none.
static flow_err find_axis(flow_loader *l, flow_groups *groups, const char *name, int32_t *out)
{
    FLOW_TRY(flow_groups_axis(l, groups, name, out));
    if (*out >= 0 && groups->axis[*out].kind != FLOW_AXIS_ATTRIBUTE) { *out = -1; }
    return FLOW_OK;
}

static flow_err read_wealth(flow_loader *l, flow_groups *groups)
{
    FLOW_TRY(find_axis(l, groups, "wealth", &groups->wealth));
    if (groups->wealth < 0) { return FLOW_OK; }
    const flow_people_axis *axis = &groups->axis[groups->wealth];
    groups->usd = flow_calloc(axis->n_class, sizeof *groups->usd);
    if (groups->usd == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for wealth"); }
    for (int32_t c = 0; c < axis->n_class; c++) {
        groups->usd[c] = number_of(l, axis, c, 1e9, false, "a number of USD");
    }
    return FLOW_OK;
}

static flow_err read_awareness(flow_loader *l, flow_groups *groups)
{
    const flow_list *share = &l->s->set.passage.awareness;
    FLOW_TRY(find_axis(l, groups, "awareness", &groups->awareness));
    if (groups->awareness < 0) { return FLOW_OK; }
    const flow_people_axis *axis = &groups->axis[groups->awareness];
    groups->knows = flow_calloc(axis->n_class, sizeof *groups->knows);
    if (groups->knows == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for awareness"); }
    for (int32_t c = 0; c < axis->n_class; c++) {
        const double level =
            number_of(l, axis, c, (double)share->n - 1.0, true, "an entry of passage.awareness,");
        groups->knows[c] = share->n > 0 ? share->value[(int32_t)level] : 0.0;
    }
    return FLOW_OK;
}

flow_err flow_passage_groups(flow_loader *l, flow_groups *groups)
{
    if (!flow_scenario_channels(l->s)) { return FLOW_OK; }
    if (l->s->set.movement.rule != FLOW_MOVE_DESTINATION) {
        for (int32_t u = 0; u < l->s->n_use; u++) {
            if (!flow_use_offers(&l->s->use[u])) { continue; }
            flow_problem_error(&l->problems, flow_load_mark(l, &l->s->use[u], "table"),
                               "%s belongs to movement.rule destination, which is not in force",
                               l->s->use[u].name);
        }
        return FLOW_OK;
    }
    int32_t axis;
    FLOW_TRY(flow_groups_axis(l, groups, "origin", &axis));
    FLOW_TRY(flow_groups_axis(l, groups, "status", &axis));
    FLOW_TRY(read_wealth(l, groups));
    FLOW_TRY(read_awareness(l, groups));
    if (!(l->s->set.passage.credit > 0.0)) { return FLOW_OK; }
    return flow_groups_axis(l, groups, "debt", &groups->debt);
}
