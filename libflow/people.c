#include "people.h"

#include "load.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/// What rules tell apart: of one attribute each, and the home.
enum {
    rule_age,
    rule_gender,
    rule_religion,
    rule_ethnicity,
    rule_awareness,
    rule_home,
    n_rule_axis
};
enum { most_household = 1000 };                    // persons
enum { most_known = 64 };                          // attributes among which a near name is sought
static const int64_t most_rows = INT64_C(1) << 26; // of choices, one for each place: 2 GiB

/// What rules in use need, while groups are made.
typedef struct need {
    const flow_attribute *attribute; ///< NULL for the home
    int32_t n_class;                 ///< 0: no rule in use needs it
    int32_t *class_of;               ///< [n_value]
    bool asked;
} need;

#define HOP(member) offsetof(flow_settings_hop, member)
/// Switches of the hop rule, and the attribute that each needs.
static const struct {
    const char *key;
    size_t offset; ///< of the switch
    int32_t rule;
} asks[] = {
    {"hop.children_avoid_hazards", HOP(children_avoid_hazards), rule_age},
    {"hop.elderly_avoid_hazards", HOP(elderly_avoid_hazards), rule_age},
    {"hop.boys_take_risk", HOP(boys_take_risk), rule_age},
    {"hop.boys_take_risk", HOP(boys_take_risk), rule_gender},
    {"hop.women_avoid_hazards", HOP(women_avoid_hazards), rule_gender},
    {"hop.match_camp_religion", HOP(match_camp_religion), rule_religion},
    {"hop.match_camp_ethnicity", HOP(match_camp_ethnicity), rule_ethnicity},
    {"hop.match_town_ethnicity", HOP(match_town_ethnicity), rule_ethnicity},
    {"hop.match_conflict_ethnicity", HOP(match_conflict_ethnicity), rule_ethnicity},
};

static const char *const attribute_of[n_rule_axis] = {"age",       "gender",          "religion",
                                                      "ethnicity", "flood_awareness", NULL};

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

/// Entry of hop.awareness_weight.
static int32_t awareness_class(flow_loader *l, const flow_attribute *a, int32_t value)
{
    int64_t class_of = 0;
    const int64_t n = l->s->set.hop.awareness_weight.n;
    if (flow_integer_parse(a->value[value], &class_of) && class_of >= 0 && class_of < n) {
        return (int32_t)class_of;
    }
    char quoted[64];
    flow_problem_error(&l->problems, a->at[value],
                       "flood_awareness '%s' is not a whole number in [0, %lld], which "
                       "hop.awareness_weight has entries for",
                       flow_quote(a->value[value], quoted), (long long)n - 1);
    return 0;
}

static int32_t gender_class(const char *text)
{
    if (strcasecmp(text, "male") == 0 || strcasecmp(text, "m") == 0) { return 0; }
    return strcasecmp(text, "female") == 0 || strcasecmp(text, "f") == 0 ? 1 : 2;
}

/// Class of a value of an attribute in the rule that asks for it.
static int32_t rule_class(flow_loader *l, int32_t rule, const flow_attribute *a, int32_t value)
{
    const char *text = a->value[value];
    if (rule == rule_gender) { return gender_class(text); }
    if (rule == rule_awareness) { return awareness_class(l, a, value); }
    if (rule != rule_age) { return value; }
    double years = 0.0;
    if (!flow_number_parse(text, &years)) {
        char quoted[64];
        flow_problem_error(&l->problems, a->at[value], "age '%s' is not a number of years",
                           flow_quote(text, quoted));
    }
    return age_class(years);
}

/// A switch is on: classes of the attribute that it needs.
static flow_err ask(flow_loader *l, const char *key, int32_t rule, need *out)
{
    out->asked = true;
    out->attribute = find(l->s, attribute_of[rule]);
    if (rule == rule_awareness && out->attribute == NULL) {
        out->attribute = find(l->s, "floodawareness");
    }
    if (out->attribute == NULL) {
        const char *name;
        const flow_mark at = flow_load_key(l, key, &name);
        flow_problem_error(&l->problems, at,
                           "%s is on but the scenario gives no attribute '%s' of its people", name,
                           attribute_of[rule]);
        return FLOW_OK;
    }
    const int32_t n_value = out->attribute->n_value;
    out->n_class = rule == rule_age         ? 4
                   : rule == rule_gender    ? 3
                   : rule == rule_awareness ? (int32_t)l->s->set.hop.awareness_weight.n
                                            : n_value;
    out->class_of = flow_calloc(n_value, sizeof *out->class_of);
    if (out->class_of == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for groups"); }
    for (int32_t v = 0; v < n_value; v++) {
        out->class_of[v] = rule_class(l, rule, out->attribute, v);
    }
    return FLOW_OK;
}

static flow_err find_needs(flow_loader *l, need needs[static n_rule_axis])
{
    const flow_settings_hop *hop = &l->s->set.hop;
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        bool on;
        memcpy(&on, (const char *)hop + asks[i].offset, sizeof on);
        need *what = &needs[asks[i].rule];
        if (on && !what->asked) { FLOW_TRY(ask(l, asks[i].key, asks[i].rule, what)); }
    }
    if (hop->flood_forecast && hop->awareness_weight.n > 0) {
        FLOW_TRY(ask(l, "hop.awareness_weight", rule_awareness, &needs[rule_awareness]));
    }
    const bool home = hop->stay_close_to_home && !l->s->set.quirks.home_is_present_place;
    needs[rule_home].n_class = home ? l->s->n_place : 0;
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
    if (axis.kind == FLOW_AXIS_CAUSE) { groups->cause = groups->n_axis; }
    if (axis.kind == FLOW_AXIS_STATUS) { groups->status = groups->n_axis; }
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

static const char *const special[] = {"origin", "status", "cause", "debt"};
enum { n_special = sizeof special / sizeof *special };

/// The axis of a name, not yet added; false: there is none.
static bool axis_of_name(const flow_scenario *s, const char *name, flow_people_axis *out)
{
    const int32_t kind[n_special] = {FLOW_AXIS_ORIGIN, FLOW_AXIS_STATUS, FLOW_AXIS_CAUSE,
                                     FLOW_AXIS_DEBT};
    const int32_t n_class[n_special] = {s->n_place, FLOW_N_STATUS, FLOW_N_CAUSE_CLASS, 2};
    for (int i = 0; i < n_special; i++) {
        if (strcasecmp(special[i], name) != 0) { continue; }
        *out = (flow_people_axis){.name = special[i], .kind = kind[i], .n_class = n_class[i]};
        return true;
    }
    const flow_attribute *attribute = find(s, name);
    if (attribute == NULL) { return false; }
    *out = (flow_people_axis){
        .name = attribute->name, .kind = FLOW_AXIS_ATTRIBUTE, .attribute = attribute};
    return true;
}

/// Nothing has the name of an axis: say so, with the nearest name.
static void no_such_axis(flow_loader *l, flow_mark at, const char *name)
{
    const char *known[n_special + most_known];
    int32_t n = 0;
    for (; n < n_special; n++) { known[n] = special[n]; }
    for (int32_t i = 0; i < l->s->n_attribute && i < most_known; i++) {
        known[n++] = l->s->attribute[i].name;
    }
    const char *near = flow_nearest(name, known, n);
    char quoted[64];
    flow_problem_error(
        &l->problems, at,
        "people.axes: '%s' is not origin, status, cause, debt or an attribute that the "
        "scenario gives its people%s%s%s",
        flow_quote(name, quoted), near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
        near != NULL ? "'?" : "");
}

/// One word of people.axes.
static flow_err switch_on(flow_loader *l, flow_groups *groups, const char *name)
{
    const char *key;
    const flow_mark at = flow_load_key(l, "people.axes", &key);
    for (int32_t a = 0; a < groups->n_axis; a++) {
        if (strcasecmp(groups->axis[a].name, name) != 0) { continue; }
        flow_problem_error(&l->problems, at, "people.axes names '%s' twice", groups->axis[a].name);
        return FLOW_OK;
    }
    flow_people_axis axis;
    if (!axis_of_name(l->s, name, &axis)) {
        no_such_axis(l, at, name);
        return FLOW_OK;
    }
    axis.shown = true;
    return add_axis(l->s, groups, axis);
}

/// people.axes: words parted by commas.
static flow_err switch_all(flow_loader *l, flow_groups *groups)
{
    const char *text = l->s->set.people.axes;
    while (text != NULL && *text != '\0') {
        const size_t skip = strspn(text, ", \t\n");
        const size_t length = strcspn(text + skip, ", \t\n");
        if (length > 0) {
            char *name = flow_strndup(text + skip, length);
            if (name == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for groups"); }
            const flow_err err = switch_on(l, groups, name);
            flow_dealloc(name);
            FLOW_TRY(err);
        }
        text += skip + length;
    }
    return FLOW_OK;
}

flow_err flow_groups_axis(flow_loader *l, flow_groups *groups, const char *name, int32_t *out)
{
    for (*out = 0; *out < groups->n_axis; (*out)++) {
        if (strcasecmp(groups->axis[*out].name, name) == 0) { return FLOW_OK; }
    }
    flow_people_axis axis;
    if (!axis_of_name(l->s, name, &axis)) {
        *out = -1;
        return FLOW_OK;
    }
    return add_axis(l->s, groups, axis);
}

/// The axis of that name and kind, made when nobody has switched it on; not shown in results then.
static flow_err need_axis(const flow_scenario *s, flow_groups *groups, const char *name,
                          int32_t kind, flow_people_axis **out)
{
    int32_t a = 0;
    while (a < groups->n_axis && groups->axis[a].kind != kind) { a++; }
    if (a == groups->n_axis) {
        flow_people_axis axis;
        (void)axis_of_name(s, name, &axis);
        FLOW_TRY(add_axis(s, groups, axis));
    }
    *out = &groups->axis[a];
    return FLOW_OK;
}

static flow_err add_household(flow_loader *l, flow_groups *groups)
{
    const flow_scenario *s = l->s;
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
            flow_problem_error(&l->problems, attribute->at[v],
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
    flow_people_axis *axis;
    FLOW_TRY(need_axis(s, groups, "origin", FLOW_AXIS_ORIGIN, &axis));
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

static flow_err finish_axes(flow_loader *l, flow_groups *groups)
{
    const flow_scenario *s = l->s;
    uint64_t n = 1;
    for (int32_t a = 0; a < groups->n_axis; a++) {
        flow_people_axis *axis = &groups->axis[a];
        axis->stride = (uint32_t)n;
        n *= (uint64_t)axis->n_class;
        if (n > UINT32_MAX) {
            const char *key;
            flow_problem_error(&l->problems, flow_load_key(l, "people.axes", &key),
                               "the axes of people make more than 4 billion groups; switch on "
                               "fewer of them (people.axes)");
            return FLOW_OK;
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

static flow_err describe_rules(flow_loader *l, const need needs[static n_rule_axis],
                               flow_groups *groups)
{
    const int32_t n_place = l->s->n_place;
    int64_t n = 1;
    for (int r = 0; r < n_rule_axis; r++) {
        if (needs[r].n_class > 0) { n *= needs[r].n_class; }
        if (n * n_place > most_rows) {
            flow_problem_error(&l->problems, (flow_mark){.file = l->s->path},
                               "what the rules in use tell apart of people (attributes%s) makes "
                               "more than %lld rows of choices for %d places",
                               needs[rule_home].n_class > 0 ? ", homes" : "", (long long)most_rows,
                               (int)n_place);
            return FLOW_OK;
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
        rule->awareness = class_of[rule_awareness] < 0
                              ? 1.0
                              : l->s->set.hop.awareness_weight.value[class_of[rule_awareness]];
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

/// Modules that change what only the destination rule lets people be.
static void warn_of_hop(flow_loader *l)
{
    if (l->s->set.movement.rule != FLOW_MOVE_HOP) { return; }
    for (int32_t u = 0; u < l->s->n_use; u++) {
        const flow_use *use = &l->s->use[u];
        for (int32_t i = 0; i < use->n_write; i++) {
            const bool dies = use->write[i] == FLOW_Q_DEATH_HAZARD;
            if (!dies && use->write[i] != FLOW_Q_CLAIM_SHARE) { continue; }
            flow_problem_warning(&l->problems, flow_load_mark(l, use, "on"),
                                 "%s: people %s under movement.rule destination only", use->key,
                                 dies ? "die" : "change their status");
        }
    }
}

static flow_err make(flow_loader *l, need needs[static n_rule_axis], flow_groups *out)
{
    const int64_t before = l->problems.n_error;
    warn_of_hop(l);
    FLOW_TRY(find_needs(l, needs));
    FLOW_TRY(switch_all(l, out));
    if (l->s->set.movement.rule == FLOW_MOVE_DESTINATION) { // it must know why people left
        flow_people_axis *cause;
        FLOW_TRY(need_axis(l->s, out, "cause", FLOW_AXIS_CAUSE, &cause));
    }
    flow_people_axis *axis;
    if (l->s->set.hop.harvest_months.n > 0 && l->s->set.quirks.harvest_counts_at_home) {
        FLOW_TRY(need_axis(l->s, out, "origin", FLOW_AXIS_ORIGIN, &axis));
    }
    if (l->crowd) {
        FLOW_TRY(need_axis(l->s, out, "origin", FLOW_AXIS_ORIGIN, &axis));
        FLOW_TRY(need_axis(l->s, out, "status", FLOW_AXIS_STATUS, &axis));
    }
    FLOW_TRY(flow_passage_groups(l, out));
    FLOW_TRY(add_household(l, out));
    if (l->problems.n_error > before || l->s->n_place == 0) { return FLOW_OK; }
    for (int32_t r = 0; r < n_rule_axis; r++) {
        if (needs[r].attribute != NULL) { FLOW_TRY(answer_need(l->s, out, r, &needs[r])); }
    }
    if (needs[rule_home].n_class > 0) { FLOW_TRY(answer_home(l->s, out)); }
    const int32_t n_axis = out->n_axis;
    FLOW_TRY(flow_leave_load(l, out));
    FLOW_TRY(flow_choose_load(l, out));
    if (l->problems.n_error > before) { return FLOW_OK; }
    flow_people_merge(l, out, n_axis);
    if (l->problems.n_error > before) { return FLOW_OK; }
    FLOW_TRY(finish_axes(l, out));
    FLOW_TRY(describe_rules(l, needs, out));
    if (l->problems.n_error == before) { weigh_rules(needs, out); }
    return FLOW_OK;
}

flow_err flow_groups_load(flow_loader *l)
{
    if (!l->attributes) { return FLOW_OK; } // the fault is said already
    flow_groups *groups = flow_calloc(1, sizeof *groups);
    if (groups == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for groups"); }
    groups->status = groups->cause = groups->household = -1;
    groups->wealth = groups->awareness = groups->debt = -1;
    groups->n_chooser = 1;
    l->s->groups = groups;
    need needs[n_rule_axis] = {{0}};
    const flow_err err = make(l, needs, groups);
    for (int r = 0; r < n_rule_axis; r++) { flow_dealloc(needs[r].class_of); }
    return err;
}

void flow_groups_free(flow_groups *groups)
{
    if (groups == NULL) { return; }
    for (int32_t a = 0; a < groups->n_axis; a++) {
        flow_dealloc(groups->axis[a].class_of);
        flow_dealloc(groups->axis[a].weight);
        flow_dealloc(groups->axis[a].rule_class);
        flow_dealloc(groups->axis[a].leave);
        flow_dealloc(groups->axis[a].reach);
        flow_dealloc(groups->axis[a].choose);
    }
    flow_dealloc(groups->axis);
    flow_dealloc(groups->size);
    flow_dealloc(groups->mean_size);
    flow_dealloc(groups->rule);
    flow_dealloc(groups->usd);
    flow_dealloc(groups->knows);
    flow_dealloc(groups);
}
