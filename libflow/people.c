#include "people.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/// What rules tell apart: of one attribute each, and the home.
enum { rule_age, rule_gender, rule_religion, rule_ethnicity, rule_home, n_rule_axis };
enum { most_household = 1000 };                    // persons
static const int64_t most_rows = INT64_C(1) << 26; // of choices, one for each place: 2 GiB

static const char *const status_name[FLOW_N_STATUS] = {"internally displaced", "abroad",
                                                       "resident"};

/// What rules in use need, while groups are made.
typedef struct need {
    const flow_attribute *attribute; ///< NULL for the home
    int32_t n_class;                 ///< 0: no rule in use needs it
    int32_t *class_of;               ///< [n_value]
} need;

static const flow_attribute *find(const flow_scenario *s, const char *name)
{
    for (int32_t i = 0; i < s->n_attribute; i++) {
        if (strcasecmp(s->attribute[i].name, name) == 0) { return &s->attribute[i]; }
    }
    return NULL;
}

/// Age classes of the FLEE rules: up to 14, 15 to 18, 19 to 59, 60 and more.
static int32_t age_class(double age)
{
    if (age > 59.0) { return 3; }
    if (age >= 19.0) { return 2; }
    return age > 14.0 ? 1 : 0;
}

static bool is_male(const char *text)
{
    return strcasecmp(text, "male") == 0 || strcasecmp(text, "m") == 0;
}

static bool is_female(const char *text)
{
    return strcasecmp(text, "female") == 0 || strcasecmp(text, "f") == 0;
}

static flow_err need_attribute(const flow_scenario *s, const char *name, const char *rule,
                               need *out)
{
    out->attribute = find(s, name);
    if (out->attribute == NULL) {
        return flow_fail(FLOW_EINPUT,
                         "%s is on but the scenario gives no attribute '%s' of its people", rule,
                         name);
    }
    out->class_of = flow_calloc(out->attribute->n_value, sizeof *out->class_of);
    return out->class_of == NULL ? flow_fail(FLOW_ENOMEM, "no memory for groups") : FLOW_OK;
}

static flow_err find_needs(const flow_scenario *s, need needs[static n_rule_axis])
{
    const flow_settings_hop *hop = &s->set.hop;
    if (hop->children_avoid_hazards || hop->elderly_avoid_hazards || hop->boys_take_risk) {
        need *age = &needs[rule_age];
        FLOW_TRY(
            need_attribute(s, "age", "an age rule (hop.*_avoid_hazards, hop.boys_take_risk)", age));
        age->n_class = 4;
        for (int32_t v = 0; v < age->attribute->n_value; v++) {
            double years = 0.0;
            if (!flow_number_parse(age->attribute->value[v], &years)) {
                char quoted[64];
                return flow_fail(FLOW_EINPUT, "age '%s' is not a number of years",
                                 flow_quote(age->attribute->value[v], quoted));
            }
            age->class_of[v] = age_class(years);
        }
    }
    if (hop->women_avoid_hazards || hop->boys_take_risk) {
        need *gender = &needs[rule_gender];
        FLOW_TRY(
            need_attribute(s, "gender", "hop.women_avoid_hazards or hop.boys_take_risk", gender));
        gender->n_class = 3;
        for (int32_t v = 0; v < gender->attribute->n_value; v++) {
            const char *text = gender->attribute->value[v];
            gender->class_of[v] = is_male(text) ? 0 : is_female(text) ? 1 : 2;
        }
    }
    const bool ethnicity =
        hop->match_camp_ethnicity || hop->match_town_ethnicity || hop->match_conflict_ethnicity;
    const bool wanted[2] = {hop->match_camp_religion, ethnicity};
    const char *const name[2] = {"religion", "ethnicity"};
    const char *const rule[2] = {"hop.match_camp_religion", "hop.match_*_ethnicity"};
    for (int i = 0; i < 2; i++) {
        if (!wanted[i]) { continue; }
        need *a = &needs[rule_religion + i];
        FLOW_TRY(need_attribute(s, name[i], rule[i], a));
        a->n_class = a->attribute->n_value;
        for (int32_t v = 0; v < a->n_class; v++) { a->class_of[v] = v; }
    }
    const bool home = hop->stay_close_to_home && !s->set.quirks.home_is_present_place;
    needs[rule_home].n_class = home ? s->n_place : 0;
    return FLOW_OK;
}

// Axes ------------------------------------------------------------------------------------------

static flow_people_axis *same_attribute(flow_groups *groups, const flow_attribute *attribute)
{
    for (int32_t a = 0; a < groups->n_axis; a++) {
        if (groups->axis[a].attribute == attribute) { return &groups->axis[a]; }
    }
    return NULL;
}

static flow_err add_axis(const flow_scenario *s, flow_groups *groups, flow_people_axis axis)
{
    flow_people_axis *all = flow_realloc(groups->axis, groups->n_axis + 1, sizeof *groups->axis);
    if (all == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for groups"); }
    groups->axis = all;
    axis.rule = -1;
    groups->axis[groups->n_axis] = axis;
    flow_people_axis *a = &groups->axis[groups->n_axis++];
    if (a->kind != FLOW_AXIS_ATTRIBUTE) { return FLOW_OK; }
    const int32_t n_value = a->attribute->n_value;
    if (a->n_class == 0) { a->n_class = n_value; }
    a->class_of = flow_calloc(n_value, sizeof *a->class_of);
    a->weight = flow_calloc((int64_t)s->n_place * a->n_class, sizeof *a->weight);
    if (a->class_of == NULL || a->weight == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for groups");
    }
    for (int32_t v = 0; v < n_value; v++) { a->class_of[v] = v; }
    return FLOW_OK;
}

/// One word of people.axes.
static flow_err switch_on(const flow_scenario *s, flow_groups *groups, const char *name)
{
    static const char *const special[] = {"origin", "status", "cause"};
    const int32_t kind[] = {FLOW_AXIS_ORIGIN, FLOW_AXIS_STATUS, FLOW_AXIS_CAUSE};
    const int32_t n_class[] = {s->n_place, FLOW_N_STATUS, FLOW_N_CAUSE_CLASS};
    for (int32_t a = 0; a < groups->n_axis; a++) {
        if (strcasecmp(groups->axis[a].name, name) == 0) {
            return flow_fail(FLOW_EINPUT, "people.axes names '%s' twice", groups->axis[a].name);
        }
    }
    for (int i = 0; i < 3; i++) {
        if (strcasecmp(special[i], name) != 0) { continue; }
        if (kind[i] == FLOW_AXIS_STATUS) { groups->status = groups->n_axis; }
        return add_axis(
            s, groups,
            (flow_people_axis){.name = special[i], .kind = kind[i], .n_class = n_class[i]});
    }
    const flow_attribute *attribute = find(s, name);
    if (attribute != NULL) {
        return add_axis(s, groups,
                        (flow_people_axis){.name = attribute->name,
                                           .kind = FLOW_AXIS_ATTRIBUTE,
                                           .attribute = attribute});
    }
    char quoted[64];
    return flow_fail(FLOW_EINPUT,
                     "people.axes: '%s' is not origin, status, cause or an attribute that the "
                     "scenario gives its people",
                     flow_quote(name, quoted));
}

/// people.axes: words parted by commas.
static flow_err switch_all(const flow_scenario *s, flow_groups *groups)
{
    const char *text = s->set.people.axes;
    while (text != NULL && *text != '\0') {
        const size_t skip = strspn(text, ", \t");
        const size_t length = strcspn(text + skip, ", \t");
        if (length > 0) {
            char *name = flow_strndup(text + skip, length);
            if (name == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for groups"); }
            const flow_err err = switch_on(s, groups, name);
            flow_dealloc(name);
            FLOW_TRY(err);
        }
        text += skip + length;
    }
    return FLOW_OK;
}

/// The destination rule must know why people left.
static flow_err need_cause(const flow_scenario *s, flow_groups *groups)
{
    for (int32_t a = 0; a < groups->n_axis; a++) {
        if (groups->axis[a].kind == FLOW_AXIS_CAUSE) { return FLOW_OK; }
    }
    return switch_on(s, groups, "cause");
}

static flow_err add_household(const flow_scenario *s, flow_groups *groups)
{
    const flow_attribute *attribute = find(s, "household_size");
    if (attribute == NULL) { return FLOW_OK; }
    flow_people_axis *axis = same_attribute(groups, attribute);
    if (axis == NULL) {
        FLOW_TRY(add_axis(s, groups,
                          (flow_people_axis){.name = attribute->name,
                                             .kind = FLOW_AXIS_ATTRIBUTE,
                                             .attribute = attribute}));
        axis = &groups->axis[groups->n_axis - 1];
    }
    groups->household = (int32_t)(axis - groups->axis);
    groups->size = flow_calloc(attribute->n_value, sizeof *groups->size);
    groups->mean_size = flow_calloc(s->n_place, sizeof *groups->mean_size);
    if (groups->size == NULL || groups->mean_size == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for households");
    }
    for (int32_t v = 0; v < attribute->n_value; v++) {
        int64_t size = 0;
        if (!flow_integer_parse(attribute->value[v], &size) || size < 1 || size > most_household) {
            char quoted[64];
            return flow_fail(FLOW_EINPUT,
                             "household_size '%s' is not a whole number of persons in [1, %d]",
                             flow_quote(attribute->value[v], quoted), most_household);
        }
        groups->size[v] = (int32_t)size;
    }
    return FLOW_OK;
}

/// The axis of the place where people entered.
static flow_err answer_home(const flow_scenario *s, flow_groups *groups)
{
    int32_t a = 0;
    while (a < groups->n_axis && groups->axis[a].kind != FLOW_AXIS_ORIGIN) { a++; }
    if (a == groups->n_axis) { FLOW_TRY(switch_on(s, groups, "origin")); }
    flow_people_axis *axis = &groups->axis[a];
    axis->rule = rule_home;
    axis->rule_class = flow_calloc(axis->n_class, sizeof *axis->rule_class);
    if (axis->rule_class == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for groups"); }
    for (int32_t p = 0; p < axis->n_class; p++) { axis->rule_class[p] = p; }
    return FLOW_OK;
}

/// An axis for what a rule needs: one that is there already, else one of the rule's classes.
static flow_err answer_need(const flow_scenario *s, flow_groups *groups, int32_t rule,
                            const need *what)
{
    flow_people_axis *axis = same_attribute(groups, what->attribute);
    const bool merged = axis == NULL;
    if (merged) {
        FLOW_TRY(add_axis(s, groups,
                          (flow_people_axis){.name = what->attribute->name,
                                             .kind = FLOW_AXIS_ATTRIBUTE,
                                             .n_class = what->n_class,
                                             .attribute = what->attribute}));
        axis = &groups->axis[groups->n_axis - 1];
    }
    axis->rule = rule;
    axis->rule_class = flow_calloc(axis->n_class, sizeof *axis->rule_class);
    if (axis->rule_class == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for groups"); }
    for (int32_t v = 0; v < what->attribute->n_value; v++) {
        if (merged) { axis->class_of[v] = what->class_of[v]; }
        axis->rule_class[axis->class_of[v]] = what->class_of[v];
    }
    return FLOW_OK;
}

static void fill_weights(const flow_scenario *s, flow_people_axis *axis)
{
    const flow_attribute *attribute = axis->attribute;
    for (int32_t p = 0; p < s->n_place; p++) {
        double *weight = &axis->weight[(int64_t)p * axis->n_class];
        for (int32_t v = 0; v < attribute->n_value; v++) {
            weight[axis->class_of[v]] += attribute->weight[(int64_t)p * attribute->n_value + v];
        }
    }
}

static flow_err finish_axes(const flow_scenario *s, flow_groups *groups)
{
    uint64_t n = 1;
    for (int32_t a = 0; a < groups->n_axis; a++) {
        flow_people_axis *axis = &groups->axis[a];
        axis->stride = (uint32_t)n;
        n *= (uint64_t)axis->n_class;
        if (n > UINT32_MAX) {
            return flow_fail(FLOW_ERANGE, "the axes of people make more than 4 billion groups; "
                                          "switch on fewer of them (people.axes)");
        }
        if (axis->kind == FLOW_AXIS_ATTRIBUTE) { fill_weights(s, axis); }
    }
    if (groups->household < 0) { return FLOW_OK; }
    const flow_people_axis *axis = &groups->axis[groups->household];
    for (int32_t p = 0; p < s->n_place; p++) {
        for (int32_t c = 0; c < axis->n_class; c++) {
            groups->mean_size[p] += axis->weight[(int64_t)p * axis->n_class + c] * groups->size[c];
        }
    }
    return FLOW_OK;
}

// Rule classes ----------------------------------------------------------------------------------

static flow_err describe_rules(const flow_scenario *s, const need needs[static n_rule_axis],
                               flow_groups *groups)
{
    int64_t n = 1;
    for (int r = 0; r < n_rule_axis; r++) {
        if (needs[r].n_class > 0) { n *= needs[r].n_class; }
        if (n * s->n_place > most_rows) {
            return flow_fail(FLOW_ERANGE,
                             "what the rules in use tell apart of people (attributes%s) makes more "
                             "than %lld rows of choices for %d places",
                             needs[rule_home].n_class > 0 ? ", homes" : "", (long long)most_rows,
                             (int)s->n_place);
        }
    }
    groups->n_rule = (int32_t)n;
    groups->rule = flow_calloc(n, sizeof *groups->rule);
    if (groups->rule == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for %lld groups", (long long)n);
    }
    for (int32_t i = 0; i < groups->n_rule; i++) {
        int32_t class_of[n_rule_axis], rest = i;
        for (int r = 0; r < n_rule_axis; r++) {
            class_of[r] = needs[r].n_class > 0 ? rest % needs[r].n_class : -1;
            if (needs[r].n_class > 0) { rest /= needs[r].n_class; }
        }
        flow_rule_class *rule = &groups->rule[i];
        rule->child = class_of[rule_age] == 0 || class_of[rule_age] == 1;
        rule->over_14 = class_of[rule_age] >= 1;
        rule->elderly = class_of[rule_age] == 3;
        rule->male = class_of[rule_gender] == 0;
        rule->female = class_of[rule_gender] == 1;
        rule->religion = class_of[rule_religion];
        rule->ethnicity = class_of[rule_ethnicity];
        rule->home = class_of[rule_home];
    }
    groups->n_religion = needs[rule_religion].n_class;
    groups->n_ethnicity = needs[rule_ethnicity].n_class;
    return FLOW_OK;
}

/// The weight of each rule class in the index of a combination goes into rule_class itself.
static void weigh_rules(const need needs[static n_rule_axis], flow_groups *groups)
{
    int32_t stride = 1;
    for (int r = 0; r < n_rule_axis; r++) {
        if (needs[r].n_class == 0) { continue; }
        for (int32_t a = 0; a < groups->n_axis; a++) {
            flow_people_axis *axis = &groups->axis[a];
            if (axis->rule != r) { continue; }
            for (int32_t c = 0; c < axis->n_class; c++) { axis->rule_class[c] *= stride; }
        }
        stride *= needs[r].n_class;
    }
}

static flow_err make(const flow_scenario *s, need needs[static n_rule_axis], flow_groups *out)
{
    FLOW_TRY(find_needs(s, needs));
    FLOW_TRY(switch_all(s, out));
    if (s->set.movement.rule == FLOW_MOVE_DESTINATION) { FLOW_TRY(need_cause(s, out)); }
    FLOW_TRY(add_household(s, out));
    for (int32_t r = 0; r < n_rule_axis; r++) {
        if (needs[r].attribute != NULL) { FLOW_TRY(answer_need(s, out, r, &needs[r])); }
    }
    if (needs[rule_home].n_class > 0) { FLOW_TRY(answer_home(s, out)); }
    FLOW_TRY(finish_axes(s, out));
    FLOW_TRY(describe_rules(s, needs, out));
    weigh_rules(needs, out);
    return FLOW_OK;
}

flow_err flow_groups_create(const flow_scenario *s, flow_groups *out)
{
    *out = (flow_groups){.status = -1, .household = -1};
    need needs[n_rule_axis] = {{0}};
    const flow_err err = make(s, needs, out);
    for (int r = 0; r < n_rule_axis; r++) { flow_dealloc(needs[r].class_of); }
    if (err != FLOW_OK) { flow_groups_clear(out); }
    return err;
}

void flow_groups_clear(flow_groups *groups)
{
    for (int32_t a = 0; a < groups->n_axis; a++) {
        flow_dealloc(groups->axis[a].class_of);
        flow_dealloc(groups->axis[a].weight);
        flow_dealloc(groups->axis[a].rule_class);
    }
    flow_dealloc(groups->axis);
    flow_dealloc(groups->size);
    flow_dealloc(groups->mean_size);
    flow_dealloc(groups->rule);
    *groups = (flow_groups){.status = -1, .household = -1};
}

// Questions -------------------------------------------------------------------------------------

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
    switch (axis->kind) {
    case FLOW_AXIS_ORIGIN: return s->place_name[class_index];
    case FLOW_AXIS_STATUS: return status_name[class_index];
    case FLOW_AXIS_CAUSE: {
        int32_t n = 0;
        const flow_term *cause = flow_by_terms(FLOW_BY_CAUSE, &n);
        return class_index < n ? cause[class_index].name : "initial";
    }
    default: break;
    }
    for (int32_t v = 0; v < axis->attribute->n_value; v++) {
        if (axis->class_of[v] == class_index) { return axis->attribute->value[v]; }
    }
    return NULL;
}
