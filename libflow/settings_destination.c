// Keys of the destination rule: what is common, and the coefficients of each cause.
#include "settings.h"

#include <stddef.h>

#define MOST_KM 1e9
#define KINDS "utility|gravity|balanced|competing|radiation|stouffer|table|callback"

#define DESTINATION(member) offsetof(flow_settings_destination, member)
const flow_field flow_destination_rows[] = {
    {"kind", DESTINATION(kind), FLOW_CHOICE, "", "utility", 0, 0, KINDS, '-', "",
     "How places attract: random utility, gravity, gravity with arrivals in proportion to "
     "population, competing destinations, radiation, intervening opportunities, a table of shares, "
     "or a function of the program that runs the scenario."},
    {"table", DESTINATION(table), FLOW_TEXT, "", "shares.csv", 0, 0, NULL, '-', "",
     "File of the table of shares."},
    {"missing", DESTINATION(missing), FLOW_CHOICE, "", "refuse", 0, 0,
     "refuse|stay|utility|gravity|radiation", '-', "",
     "Table: what people do whose origin has no shares; refuse: there must be shares for all."},
    {"scale", DESTINATION(scale), FLOW_BOOL, "", "false", 0, 0, NULL, '-', "",
     "Table: shares are amounts such as counts of people, of any sum; false: they add up to 1."},
    {"speed", DESTINATION(speed), FLOW_DOUBLE, "km d-1", "360", 0.001, 1e6, NULL, 'V',
     "FLEE 3 (Suleimenova, Bell, Groen 2017), default of its settings reader",
     "Distance covered in a day of travel by road, on links without a speed of their own."},
    {"rail_speed", DESTINATION(rail_speed), FLOW_DOUBLE, "km d-1", "600", 0.001, 1e6, NULL, 'A',
     "libflow", "Distance covered in a day by rail."},
    {"boat_speed", DESTINATION(boat_speed), FLOW_DOUBLE, "km d-1", "200", 0.001, 1e6, NULL, 'A',
     "libflow", "Distance covered in a day by boat."},
    {"foot_speed", DESTINATION(foot_speed), FLOW_DOUBLE, "km d-1", "35", 0.001, 1e6, NULL, 'V',
     "FLEE 3 (Suleimenova, Bell, Groen 2017), default of its settings reader",
     "Distance covered in a day on foot."},
    {"air_speed", DESTINATION(air_speed), FLOW_DOUBLE, "km d-1", "5000", 0.001, 1e6, NULL, 'A',
     "libflow", "Distance covered in a day by air."},
    {"most", DESTINATION(most), FLOW_INT, "1", "50", 1, 1000000, NULL, 'A', "libflow",
     "Number of nearest places that people choose from."},
    {"radius", DESTINATION(radius), FLOW_DOUBLE, "d", "0", 0, MOST_KM, NULL, 'A', "libflow",
     "Days of travel to the farthest place that people know of; 0: no limit."},
    {"soften", DESTINATION(soften), FLOW_DOUBLE, "km", "10", 0, MOST_KM, NULL, 'V',
     "FLEE 3 (Suleimenova, Bell, Groen 2017), default of its settings reader",
     "Added to the length of each way before its logarithm is taken."},
    {"competition", DESTINATION(competition), FLOW_DOUBLE, "1", "0", -100, 100, NULL, 'A',
     "libflow: Fotheringham 1983 finds both signs",
     "Competing destinations: power of the accessibility of a place to the others."},
    {"opportunity_power", DESTINATION(opportunity_power), FLOW_DOUBLE, "1", "1", 0, 100, NULL, 'V',
     "Stouffer 1940, doi:10.2307/2084520", "Intervening opportunities: power of the ratio."},
    {"count_here", DESTINATION(count_here), FLOW_BOOL, "", "false", 0, 0, NULL, '-', "",
     "Radiation, Stouffer: people of the origin are opportunities, too."},
    {"count_there", DESTINATION(count_there), FLOW_BOOL, "", "false", 0, 0, NULL, '-', "",
     "Radiation: people of the destination intervene, too, as Stouffer's rule always has it."},
    {"wealth", DESTINATION(wealth), FLOW_DOUBLE, "USD", "1000", 0.001, 1e9, NULL, 'A', "libflow",
     "Wealth of a traveller at real wage 1, which fees are compared with."},
    {"overflow", DESTINATION(overflow), FLOW_BOOL, "", "true", 0, 0, NULL, 'A', "libflow",
     "Who finds a place full chooses another one in the next step; false: stays all the same."},
    FLOW_FIELD_END};

int32_t flow_choice_kind(const flow_settings *set, int32_t cause)
{
    const int32_t own = set->choice[cause].kind;
    return own > 0 ? own - 1 : set->destination.kind;
}

bool flow_choice_any(const flow_settings *set, int32_t kind)
{
    bool any = false;
    for (int32_t c = 0; c < FLOW_N_CAUSE; c++) {
        any = any || (c != FLOW_CAUSE_RETURN && flow_choice_kind(set, c) == kind);
    }
    return any;
}

#define CHOICE(member) offsetof(flow_settings_choice, member)
#define STAY(may)                                                                                  \
    {"kind",                                                                                       \
     CHOICE(kind),                                                                                 \
     FLOW_CHOICE,                                                                                  \
     "",                                                                                           \
     "same",                                                                                       \
     0,                                                                                            \
     0,                                                                                            \
     "same|" KINDS,                                                                                \
     '-',                                                                                          \
     "",                                                                                           \
     "How places attract people with this cause; same: as destination.kind says."},                \
        {"radius",                                                                                 \
         CHOICE(radius),                                                                           \
         FLOW_DOUBLE,                                                                              \
         "d",                                                                                      \
         "0",                                                                                      \
         0,                                                                                        \
         MOST_KM,                                                                                  \
         NULL,                                                                                     \
         'A',                                                                                      \
         "libflow",                                                                                \
         "Days of travel to the farthest place people with this cause know of; 0: "                \
         "destination.radius."},                                                                   \
        {"may_stay",                                                                               \
         CHOICE(may_stay),                                                                         \
         FLOW_BOOL,                                                                                \
         "",                                                                                       \
         may,                                                                                      \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         'A',                                                                                      \
         "libflow",                                                                                \
         "Staying competes with the destinations; false: whoever leaves goes somewhere."},         \
    {                                                                                              \
        "stay", CHOICE(stay), FLOW_DOUBLE, "1", "0", -1000, 1000, NULL, 'A', "libflow",            \
            "Utility of staying, beside the terms of the place."                                   \
    }

// The terms of terms.def with other fallbacks for distance, population and safety, and for work for
// wage and diaspora.
#define FLOW_TERM(name, key, transform, of_way, unit, fallback, tag, source, help)                 \
    {key,                                                                                          \
     CHOICE(coefficient[FLOW_TERM_##name]),                                                        \
     FLOW_DOUBLE,                                                                                  \
     "1",                                                                                          \
     FALLBACK_##name(#fallback),                                                                   \
     -1000,                                                                                        \
     1000,                                                                                         \
     NULL,                                                                                         \
     tag,                                                                                          \
     source,                                                                                       \
     help},
#define FALLBACK_DECAY(text) text
#define FALLBACK_UNEMPLOYMENT(text) text
#define FALLBACK_CAMP(text) text
#define FALLBACK_ROOM(text) text
#define FALLBACK_LANGUAGE(text) text
#define FALLBACK_REGION(text) text
#define FALLBACK_HOME(text) text
#define FALLBACK_FEE(text) text
#define FALLBACK_RISK(text) text
#define FALLBACK_PASSAGE(text) text
#define FALLBACK_SERVICES(text) text
#define FALLBACK_POLICY(text) text
#define FALLBACK_CONSTANT(text) text
#define FALLBACK_WAGE(text) text
#define FALLBACK_DIASPORA(text) text

#define FALLBACK_DISTANCE(text) "-3.8"
#define FALLBACK_POPULATION(text) "0.7"
#define FALLBACK_SAFETY(text) "3"
const flow_field flow_choice_conflict_rows[] = {
#include "terms.def"
    STAY("false"), FLOW_FIELD_END};
#undef FALLBACK_DISTANCE
#undef FALLBACK_POPULATION
#undef FALLBACK_SAFETY

#define FALLBACK_DISTANCE(text) "-2.9"
#define FALLBACK_POPULATION(text) "1.3"
#define FALLBACK_SAFETY(text) "3"
const flow_field flow_choice_flood_rows[] = {
#include "terms.def"
    STAY("false"), FLOW_FIELD_END};
#undef FALLBACK_DISTANCE
#undef FALLBACK_POPULATION
#undef FALLBACK_SAFETY

#define FALLBACK_DISTANCE(text) "-1.7"
#define FALLBACK_POPULATION(text) "1.4"
#define FALLBACK_SAFETY(text) "3"
const flow_field flow_choice_cyclone_rows[] = {
#include "terms.def"
    STAY("false"), FLOW_FIELD_END};
#undef FALLBACK_DISTANCE
#undef FALLBACK_POPULATION
#undef FALLBACK_SAFETY

#define FALLBACK_DISTANCE(text) "-2.2"
#define FALLBACK_POPULATION(text) "1"
#define FALLBACK_SAFETY(text) "3"
const flow_field flow_choice_earthquake_rows[] = {
#include "terms.def"
    STAY("false"), FLOW_FIELD_END};
#undef FALLBACK_DISTANCE
#undef FALLBACK_POPULATION
#undef FALLBACK_SAFETY

#define FALLBACK_DISTANCE(text) "-2.4"
#define FALLBACK_POPULATION(text) "1.5"
#define FALLBACK_SAFETY(text) "1"
const flow_field flow_choice_drought_rows[] = {
#include "terms.def"
    STAY("false"), FLOW_FIELD_END};
#undef FALLBACK_DISTANCE
#undef FALLBACK_POPULATION
#undef FALLBACK_SAFETY

#undef FALLBACK_WAGE
#undef FALLBACK_DIASPORA
#define FALLBACK_DISTANCE(text) "-0.77"
#define FALLBACK_POPULATION(text) "0.72"
#define FALLBACK_SAFETY(text) "1"
#define FALLBACK_WAGE(text) "0.7"
#define FALLBACK_DIASPORA(text) "0.6"
const flow_field flow_choice_economic_rows[] = {
#include "terms.def"
    STAY("true"),
    {"annual_rate", CHOICE(annual_rate), FLOW_DOUBLE, "1", "0", 0, 0.99, NULL, 'A',
     "0.057 in Korea 2012-20 and in the median US county: people who move to another province or "
     "county in a year",
     "Share of the people of each place who leave in a year under the conditions of the first "
     "step: sets the utility of staying there. 0: destination_economic.stay holds."},
    FLOW_FIELD_END};
#undef FALLBACK_DISTANCE
#undef FALLBACK_POPULATION
#undef FALLBACK_SAFETY
#undef FALLBACK_WAGE
#undef FALLBACK_DIASPORA
#define FALLBACK_WAGE(text) text
#define FALLBACK_DIASPORA(text) text

#define FALLBACK_DISTANCE(text) "-2.2"
#define FALLBACK_POPULATION(text) "1"
#define FALLBACK_SAFETY(text) "1"
const flow_field flow_choice_onward_rows[] = {
#include "terms.def"
    STAY("false"), FLOW_FIELD_END};
#undef FALLBACK_DISTANCE
#undef FALLBACK_POPULATION
#undef FALLBACK_SAFETY

#define FALLBACK_DISTANCE(text) "-2.2"
#define FALLBACK_POPULATION(text) "1"
#define FALLBACK_SAFETY(text) "1"
const flow_field flow_choice_other_rows[] = {
#include "terms.def"
    STAY("false"), FLOW_FIELD_END};
#undef FALLBACK_DISTANCE
#undef FALLBACK_POPULATION
#undef FALLBACK_SAFETY
