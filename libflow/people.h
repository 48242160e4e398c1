/// @file people.h
/// Layer 4: the groups people are divided into: classes of attributes that a rule tells apart.
#ifndef FLOW_PEOPLE_H
#define FLOW_PEOPLE_H

#include "scenario.h"

/// What the rules want to know of a group.
typedef struct flow_group {
    bool child;        ///< age < 19
    bool over_14;      ///< age > 14
    bool elderly;      ///< age > 59
    bool male, female; ///< as the attribute "gender" says
    int32_t religion;  ///< value of the attribute "religion", -1: none
    int32_t ethnicity; ///< value of the attribute "ethnicity", -1: none
} flow_group;

/// Groups of a scenario: only differences that some rule in use can see make groups.
typedef struct flow_groups {
    int32_t n;
    flow_group *group; ///< [n]
    double *share;     ///< [n_place][n] chance of each group for those who enter at a place
    int32_t n_religion, n_ethnicity;
} flow_groups;

flow_err flow_groups_create(const flow_scenario *scenario, flow_groups *out);
void flow_groups_clear(flow_groups *groups);

#endif
