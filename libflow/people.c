#include "people.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/// One axis: values of one attribute merged into classes.
typedef struct axis {
    const flow_attribute *attribute; ///< NULL: the axis does not exist
    int32_t n_class;
    int32_t *class_of; ///< [n_value]
} axis;

enum { axis_age, axis_gender, axis_religion, axis_ethnicity, n_axis };

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

static flow_err need(const flow_scenario *s, const char *name, const char *rule, axis *out)
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

static flow_err make_axes(const flow_scenario *s, axis axes[static n_axis])
{
    const flow_settings_hop *hop = &s->set.hop;
    if (hop->children_avoid_hazards || hop->elderly_avoid_hazards || hop->boys_take_risk) {
        axis *age = &axes[axis_age];
        FLOW_TRY(need(s, "age", "an age rule (hop.*_avoid_hazards, hop.boys_take_risk)", age));
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
        axis *gender = &axes[axis_gender];
        FLOW_TRY(need(s, "gender", "hop.women_avoid_hazards or hop.boys_take_risk", gender));
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
        axis *a = &axes[axis_religion + i];
        FLOW_TRY(need(s, name[i], rule[i], a));
        a->n_class = a->attribute->n_value;
        for (int32_t v = 0; v < a->n_class; v++) { a->class_of[v] = v; }
    }
    return FLOW_OK;
}

static int32_t class_in(const axis axes[static n_axis], int32_t group, int which)
{
    for (int a = 0; a < which; a++) {
        if (axes[a].attribute != NULL) { group /= axes[a].n_class; }
    }
    return axes[which].attribute != NULL ? group % axes[which].n_class : -1;
}

static void describe(const axis axes[static n_axis], int32_t index, flow_group *group)
{
    const int32_t age = class_in(axes, index, axis_age);
    const int32_t gender = class_in(axes, index, axis_gender);
    group->child = age == 0 || age == 1;
    group->over_14 = age >= 1;
    group->elderly = age == 3;
    group->male = gender == 0;
    group->female = gender == 1;
    group->religion = class_in(axes, index, axis_religion);
    group->ethnicity = class_in(axes, index, axis_ethnicity);
}

/// Attributes are drawn independently of each other, so the share of a group is a product.
static double share_of(const axis axes[static n_axis], int32_t place, int32_t index)
{
    double share = 1.0;
    for (int a = 0; a < n_axis; a++) {
        const flow_attribute *attribute = axes[a].attribute;
        if (attribute == NULL) { continue; }
        const int32_t wanted = class_in(axes, index, a);
        double sum = 0.0;
        for (int32_t v = 0; v < attribute->n_value; v++) {
            if (axes[a].class_of[v] != wanted) { continue; }
            sum += attribute->weight[(int64_t)place * attribute->n_value + v];
        }
        share *= sum;
    }
    return share;
}

static flow_err fill(const flow_scenario *s, const axis axes[static n_axis], flow_groups *out)
{
    int64_t n = 1;
    for (int a = 0; a < n_axis; a++) {
        if (axes[a].attribute != NULL) { n *= axes[a].n_class; }
        if (n > 1000000) {
            return flow_fail(FLOW_ERANGE, "the attributes in use make more than 1000000 groups");
        }
    }
    out->n = (int32_t)n;
    out->n_religion = axes[axis_religion].n_class;
    out->n_ethnicity = axes[axis_ethnicity].n_class;
    out->group = flow_calloc(n, sizeof *out->group);
    out->share = flow_calloc(n * s->n_place, sizeof *out->share);
    if (out->group == NULL || out->share == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for %lld groups", (long long)n);
    }
    for (int32_t g = 0; g < out->n; g++) { describe(axes, g, &out->group[g]); }
    for (int32_t p = 0; p < s->n_place; p++) {
        for (int32_t g = 0; g < out->n; g++) {
            out->share[(int64_t)p * out->n + g] = share_of(axes, p, g);
        }
    }
    return FLOW_OK;
}

flow_err flow_groups_create(const flow_scenario *s, flow_groups *out)
{
    *out = (flow_groups){0};
    axis axes[n_axis] = {{0}};
    flow_err err = make_axes(s, axes);
    if (err == FLOW_OK) { err = fill(s, axes, out); }
    for (int a = 0; a < n_axis; a++) { flow_dealloc(axes[a].class_of); }
    if (err != FLOW_OK) { flow_groups_clear(out); }
    return err;
}

void flow_groups_clear(flow_groups *groups)
{
    flow_dealloc(groups->group);
    flow_dealloc(groups->share);
    *groups = (flow_groups){0};
}
