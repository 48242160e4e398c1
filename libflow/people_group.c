// Questions about groups: classes, rules, sizes, names.
#include "people.h"
#include "quantities.h"

const flow_people_axis *flow_groups_origin(const flow_groups *groups)
{
    for (int32_t a = 0; a < groups->n_axis; a++) {
        if (groups->axis[a].kind == FLOW_AXIS_ORIGIN) { return &groups->axis[a]; }
    }
    return NULL;
}

int32_t flow_group_class(const flow_people_axis *axis, uint32_t group)
{
    return (int32_t)(group / axis->stride % (uint32_t)axis->n_class);
}

uint32_t flow_group_change(const flow_people_axis *axis, uint32_t group, int32_t to)
{
    const uint32_t from = (uint32_t)flow_group_class(axis, group);
    return group - from * axis->stride + (uint32_t)to * axis->stride;
}

int32_t flow_group_rule(const flow_groups *groups, uint32_t group)
{
    if (groups->n_rule == 1) { return 0; }
    int32_t rule = 0;
    for (int32_t a = 0; a < groups->n_axis; a++) {
        const flow_people_axis *axis = &groups->axis[a];
        if (axis->rule >= 0) { rule += axis->rule_class[flow_group_class(axis, group)]; }
    }
    return rule;
}

int32_t flow_group_size(const flow_groups *groups, uint32_t group)
{
    if (groups->household < 0) { return 1; }
    return groups->size[flow_group_class(&groups->axis[groups->household], group)];
}

const char *flow_axis_label(const flow_scenario *s, const flow_people_axis *axis,
                            int32_t class_index)
{
    if (class_index < 0 || class_index >= axis->n_class) { return NULL; }
    int32_t n = 0;
    switch (axis->kind) {
    case FLOW_AXIS_ORIGIN: return s->place_name[class_index];
    case FLOW_AXIS_STATUS: return flow_by_terms(FLOW_BY_STATUS, &n)[class_index].name;
    case FLOW_AXIS_CAUSE: {
        const flow_term *cause = flow_by_terms(FLOW_BY_CAUSE, &n);
        return class_index < n ? cause[class_index].name : "initial";
    }
    case FLOW_AXIS_DEBT: return class_index == 0 ? "none" : "in_debt";
    default: break;
    }
    for (int32_t v = 0; v < axis->attribute->n_value; v++) {
        if (axis->class_of[v] == class_index) { return axis->attribute->value[v]; }
    }
    return NULL;
}
