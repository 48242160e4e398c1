/// @file people.h
/// Layer 3: the groups people are divided into. A group is one class on every axis; an axis exists
/// when a rule in use needs it (age, gender, religion, ethnicity) or the scenario switches it on
/// (people.axes), or when the scenario gives household sizes. Groups are made and checked with the
/// scenario and are as constant as it is.
#ifndef FLOW_PEOPLE_H
#define FLOW_PEOPLE_H

#include "scenario.h"
#include "table.h"

/// What the rules want to know of a group.
typedef struct flow_rule_class {
    bool child;        ///< age < 19
    bool over_14;      ///< age > 14
    bool elderly;      ///< age > 59
    bool male, female; ///< as the attribute "gender" says
    int32_t religion;  ///< value of the attribute "religion", -1: none
    int32_t ethnicity; ///< value of the attribute "ethnicity", -1: none
    double awareness;  ///< weight of flood forecasts, 1 when no rule asks
    int32_t home;      ///< place where people entered, -1: no rule asks
} flow_rule_class;

typedef enum flow_axis_kind {
    FLOW_AXIS_ATTRIBUTE, ///< classes are drawn when people enter, from a table of weights
    FLOW_AXIS_ORIGIN,    ///< the place where people entered
    FLOW_AXIS_STATUS,    ///< flow_status
    FLOW_AXIS_CAUSE,     ///< why they entered
    FLOW_AXIS_DEBT       ///< 0: none, 1: in debt for a fee
} flow_axis_kind;

/// Classes of FLOW_AXIS_CAUSE; those of FLOW_AXIS_STATUS are flow_status.
enum {
    FLOW_CAUSE_INITIAL = FLOW_N_CAUSE,
    FLOW_N_CAUSE_CLASS
}; ///< the causes of quantities.def first

/// What classes differ in besides the causes: columns of flow_people_axis.leave.
enum {
    FLOW_LEAVE_DEATH = FLOW_N_CAUSE,
    FLOW_LEAVE_RESETTLEMENT,
    FLOW_N_LEAVE
}; ///< the causes of quantities.def first

typedef struct flow_people_axis {
    const char *name; ///< borrowed
    int32_t kind;     ///< flow_axis_kind
    bool shown;       ///< people.axes names it: results tell people apart by it
    int32_t n_class;
    uint32_t stride;                 ///< group = sum of class * stride
    const flow_attribute *attribute; ///< FLOW_AXIS_ATTRIBUTE
    int32_t *class_of;               ///< [attribute->n_value] class of each value
    double *weight;                  ///< [n_place][n_class] chance of each class
    int32_t rule;                    ///< index of the rule axis it answers, -1: none
    int32_t *rule_class;             ///< [n_class] class of that rule axis
    double *leave;  ///< [n_class][FLOW_N_LEAVE] factor on hazards and shares; NULL: all 1
    double *reach;  ///< [n_class][FLOW_N_LEAVE] days of travel; INFINITY: no limit of their own
    double *choose; ///< [n_class][FLOW_N_CAUSE][FLOW_N_TERM] added to coefficients; NULL: all 0
    int32_t choose_stride; ///< chooser = sum of class * choose_stride
} flow_people_axis;

struct flow_groups {
    int32_t n_axis;
    flow_people_axis *axis; ///< [n_axis]
    int32_t status, cause;  ///< index of the axis of status and of cause, -1: none
    int32_t household;      ///< index of the axis household_size, -1: people move alone
    int32_t *size;          ///< [classes of household_size] persons of a household
    double *mean_size;      ///< [n_place] expected persons of a household that enters there
    int32_t n_rule;         ///< combinations of classes that rules tell apart, at least 1
    flow_rule_class *rule;  ///< [n_rule]
    int32_t n_religion, n_ethnicity;
    bool leaves, reaches;            ///< some axis has factors, or limits
    int32_t wealth, awareness, debt; ///< axes that channels ask for, -1: none
    double *usd;                     ///< [classes of wealth] USD
    double *knows;                   ///< [classes of awareness] share who know the true risks
    int32_t n_chooser; ///< combinations of classes that choose by other coefficients, at least 1
};

struct flow_loader;
/// Make the groups of a scenario whose settings and attributes have been read, in
/// loader->s->groups. What is wrong becomes problems; then the groups are not whole.
flow_err flow_groups_load(struct flow_loader *loader);
/// Index of the axis of a name, added when nobody has switched it on; -1: there is none.
flow_err flow_groups_axis(struct flow_loader *loader, flow_groups *groups, const char *name,
                          int32_t *out);
/// Read the table that people.leave names.
flow_err flow_leave_load(struct flow_loader *loader, flow_groups *groups);
/// Axes that channels ask for, where a module offers any.
flow_err flow_passage_groups(struct flow_loader *loader, flow_groups *groups);
/// Read the table that people.choose names.
flow_err flow_choose_load(struct flow_loader *loader, flow_groups *groups);
/// Values of attributes that behave alike become one class, on the axes from `first` on: those that
/// only these tables tell apart. Then choosers are numbered.
void flow_people_merge(struct flow_loader *loader, flow_groups *groups, int32_t first);
/// Call for each class of an axis that a cell of a table means: its name, a value, or a range of
/// numbers "0..17" that holds it. A problem when there is none.
typedef void flow_class_visit(void *context, int32_t class_index, const char *label);
void flow_people_classes(struct flow_loader *loader, const flow_people_axis *axis, const char *text,
                         flow_mark at, flow_class_visit *visit, void *context);
/// Axis that a cell names; -1 with a problem.
flow_err flow_people_axis_of(struct flow_loader *loader, flow_groups *groups, const flow_table *t,
                             int64_t row, int32_t column, int32_t *out);
/// Cause that a cell names, -1: all; false with a problem.
bool flow_people_cause(struct flow_loader *loader, const flow_table *t, int64_t row, int32_t column,
                       int32_t *out);
/// Factor on the hazard and the share of a cause, on the hazard of dying or on the weight in
/// resettlement, for people of a group.
double flow_leave_factor(const flow_groups *groups, uint32_t group, int32_t cause);
/// Days of travel to the farthest place that people of a group know of; INFINITY: as all.
double flow_leave_reach(const flow_groups *groups, uint32_t group, int32_t cause);
/// Number of the people who choose like a group, below n_chooser.
int32_t flow_group_chooser(const flow_groups *groups, uint32_t group);
/// What is added to the coefficient of a term and cause for these people.
double flow_choose_add(const flow_groups *groups, int32_t chooser, int32_t cause, int32_t term);
/// Accepts NULL and groups that are not whole.
void flow_groups_free(flow_groups *groups);

/// The axis of the place where people entered; NULL: the scenario does not tell.
const flow_people_axis *flow_groups_origin(const flow_groups *groups);
/// Class of a group on an axis.
int32_t flow_group_class(const flow_people_axis *axis, uint32_t group);
/// The same group in another class of one axis.
uint32_t flow_group_change(const flow_people_axis *axis, uint32_t group, int32_t to);
/// Index in groups->rule of a group.
int32_t flow_group_rule(const flow_groups *groups, uint32_t group);
/// Persons of one unit of a group: the size of its households, or 1.
int32_t flow_group_size(const flow_groups *groups, uint32_t group);
/// Text of a class: a value of the attribute ("12..18" when values were merged: its first value),
/// a place, a status, a cause; borrowed.
const char *flow_axis_label(const flow_scenario *scenario, const flow_people_axis *axis,
                            int32_t class_index);

#endif
