/// @file measure.h
/// libflow for authors of responses: what all measures have in common. flow/module.h includes it.
///
/// A measure begins some days after it is decided, is meant for some places and people, shares what
/// it has over places by a rule, cannot do more than so much, costs money and draws on a budget.
#ifndef FLOW_MEASURE_H
#define FLOW_MEASURE_H

#include "flow/module.h"

#ifdef __cplusplus
extern "C" {
#endif

/// How a measure shares what it has over places.
typedef enum flow_target {
    FLOW_TARGET_UNIFORM,       ///< the same for everybody it is meant for, wherever they are
    FLOW_TARGET_NEED,          ///< in proportion to the unmet need that is seen
    FLOW_TARGET_VULNERABILITY, ///< in proportion to people weighted by how vulnerable they are
    FLOW_TARGET_COST           ///< where a unit costs least first: places with most people in need
} flow_target;

/// For whom a measure is.
typedef enum flow_meant {
    FLOW_MEANT_DISPLACED, ///< who is neither at home nor settled: idp, refugee, asylum, irregular,
                          ///< trafficked, returnee
    FLOW_MEANT_NEWCOMERS, ///< all but residents and those who are integrated
    FLOW_MEANT_RESIDENTS, ///< residents
    FLOW_MEANT_ALL        ///< everybody
} flow_meant;

/// Parameters of a measure: a member of the struct of parameters, described by the macros below.
typedef struct flow_measure {
    int32_t start;       ///< day it is decided, days since 1970-01-01; 0: the first day
    int32_t end;         ///< first day without, days since 1970-01-01; 0: never
    double lead_days;    ///< days from the decision until it works
    double fixed;        ///< USD/d from the decision on
    double cost_cv;      ///< coefficient of variation of the error of all costs
    char *budget;        ///< name of the budget, NULL: none
    char *place;         ///< the place it is for, NULL: all
    char *country;       ///< the country it is for, NULL: all
    int32_t kind;        ///< flow_place_kind + 1 of the places it is for, 0: all
    int32_t who;         ///< flow_meant
    double coverage;     ///< share of those meant who are to be reached
    double most_per_day; ///< units that logistics allow in a day
    double most_total;   ///< units in all
    int32_t target;      ///< flow_target
    double site;         ///< USD/d for each place where something is done
} flow_measure;

/// Rows of when a measure acts, its fixed cost and its budget.
/// `type`: struct of parameters, `member`: its flow_measure, `lead`: default of lead_days, a text.
#define FLOW_MEASURE_TIME(type, member, lead)                                                      \
    {"start",                                                                                      \
     offsetof(type, member.start),                                                                 \
     FLOW_DATE,                                                                                    \
     "",                                                                                           \
     "",                                                                                           \
     0,                                                                                            \
     0,                                                                                            \
     NULL,                                                                                         \
     '-',                                                                                          \
     "",                                                                                           \
     "Day on which the measure is decided; empty: the first day."},                                \
        {"end",                                                                                    \
         offsetof(type, member.end),                                                               \
         FLOW_DATE,                                                                                \
         "",                                                                                       \
         "",                                                                                       \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         '-',                                                                                      \
         "",                                                                                       \
         "First day without the measure; empty: it stays."},                                       \
        {"lead_days",                                                                              \
         offsetof(type, member.lead_days),                                                         \
         FLOW_DOUBLE,                                                                              \
         "d",                                                                                      \
         lead,                                                                                     \
         0,                                                                                        \
         1e5,                                                                                      \
         NULL,                                                                                     \
         'A',                                                                                      \
         "libflow",                                                                                \
         "Days from the decision until the measure begins to work."},                              \
        {"cost_fixed",                                                                             \
         offsetof(type, member.fixed),                                                             \
         FLOW_DOUBLE,                                                                              \
         "USD d-1",                                                                                \
         "0",                                                                                      \
         0,                                                                                        \
         1e10,                                                                                     \
         NULL,                                                                                     \
         'A',                                                                                      \
         "libflow: costs of staff are in the unit costs",                                          \
         "Cost per day from the decision on, whatever is done."},                                  \
        {"cost_cv",                                                                                \
         offsetof(type, member.cost_cv),                                                           \
         FLOW_DOUBLE,                                                                              \
         "1",                                                                                      \
         "0.3",                                                                                    \
         0,                                                                                        \
         10,                                                                                       \
         NULL,                                                                                     \
         'A',                                                                                      \
         "libflow",                                                                                \
         "Coefficient of variation of the factor on all costs, lognormal with mean 1, drawn once " \
         "in a run."},                                                                             \
    {                                                                                              \
        "budget", offsetof(type, member.budget), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",           \
            "Name of the budget that pays; empty: there is no limit."                              \
    }

/// Rows of where it acts, for whom, and how much it can do.
/// `unit`: what most_per_day and most_total count, as a text, `who`: default of who.
#define FLOW_MEASURE_PLACES(type, member, unit, meant)                                             \
    {"place",                                                                                      \
     offsetof(type, member.place),                                                                 \
     FLOW_TEXT,                                                                                    \
     "",                                                                                           \
     "",                                                                                           \
     0,                                                                                            \
     0,                                                                                            \
     NULL,                                                                                         \
     '-',                                                                                          \
     "",                                                                                           \
     "The only place it is for; empty: all that country and kind leave."},                         \
        {"country", offsetof(type, member.country),      FLOW_TEXT, "", "", 0, 0, NULL, '-',       \
         "",        "The country it is for; empty: all."},                                         \
        {"kind",                                                                                   \
         offsetof(type, member.kind),                                                              \
         FLOW_CHOICE,                                                                              \
         "",                                                                                       \
         "any",                                                                                    \
         0,                                                                                        \
         0,                                                                                        \
         "any|town|conflict|camp|idp_camp|forward|marker|flood_zone",                              \
         '-',                                                                                      \
         "",                                                                                       \
         "The kind of places it is for, as in the list of places."},                               \
        {"who",                                                                                    \
         offsetof(type, member.who),                                                               \
         FLOW_CHOICE,                                                                              \
         "",                                                                                       \
         meant,                                                                                    \
         0,                                                                                        \
         0,                                                                                        \
         "displaced|newcomers|residents|all",                                                      \
         '-',                                                                                      \
         "",                                                                                       \
         "For whom it is: people who are neither at home nor settled, all but residents and "      \
         "those settled, residents, or everybody."},                                               \
        {"coverage",                                                                               \
         offsetof(type, member.coverage),                                                          \
         FLOW_DOUBLE,                                                                              \
         "1",                                                                                      \
         "1",                                                                                      \
         0,                                                                                        \
         1,                                                                                        \
         NULL,                                                                                     \
         '-',                                                                                      \
         "",                                                                                       \
         "Share of them, or of those in need, that it is to reach."},                              \
        {"most_per_day",                                                                           \
         offsetof(type, member.most_per_day),                                                      \
         FLOW_DOUBLE,                                                                              \
         "d-1",                                                                                    \
         "1e12",                                                                                   \
         0,                                                                                        \
         1e12,                                                                                     \
         NULL,                                                                                     \
         '-',                                                                                      \
         "",                                                                                       \
         "The most that logistics allow in a day, in " unit "."},                                  \
    {                                                                                              \
        "most_total", offsetof(type, member.most_total), FLOW_DOUBLE, "1", "1e12", 0, 1e12, NULL,  \
            '-', "", "The most in all, in " unit "."                                               \
    }

/// Rows of how it is shared over places, for measures against a need.
#define FLOW_MEASURE_TARGET(type, member, rule)                                                    \
    {"target",                                                                                     \
     offsetof(type, member.target),                                                                \
     FLOW_CHOICE,                                                                                  \
     "",                                                                                           \
     rule,                                                                                         \
     0,                                                                                            \
     0,                                                                                            \
     "uniform|need|vulnerability|cost",                                                            \
     'A',                                                                                          \
     "libflow",                                                                                    \
     "How places share it: uniform, by heads; need, by the unmet need that is seen; "              \
     "vulnerability, by people weighted by status; cost, the places with most people in need "     \
     "first, where a unit costs least."},                                                          \
    {                                                                                              \
        "cost_site", offsetof(type, member.site), FLOW_DOUBLE, "USD d-1", "0", 0, 1e9, NULL, 'A',  \
            "libflow", "Cost per day of each place where something is done, besides units."        \
    }

/// What measures against the need of a sector read, first of all that a module reads.
#define FLOW_MEASURE_READS(sector) "overlap,need_error,need_age,in_need_" sector ",reached_" sector
/// Places in that list.
enum { FLOW_READ_OVERLAP, FLOW_READ_ERROR, FLOW_READ_AGE, FLOW_READ_NEED, FLOW_READ_REACHED };

/// Places that a measure is for.
typedef struct flow_scope {
    bool *in;  ///< [n_place]
    int32_t n; ///< how many
} flow_scope;

/// Check the parameters of a measure and find its places. Problems are reported.
/// @param setup    of the call of `load`.
/// @param measure  its parameters; those of FLOW_MEASURE_TIME at least.
/// @param[out] out lives as long as the scenario, which owns it.
/// @return FLOW_OK or FLOW_ENOMEM.
FLOW_API FLOW_CHECKED flow_err flow_measure_load(flow_setup *setup, const flow_measure *measure,
                                                 flow_scope *out);
/// Numbers of state that the functions below use, from the beginning of the state of a module.
/// @param world of the setup.
/// @return numbers; a module's own follow.
FLOW_API int64_t flow_measure_n_state(const flow_world *world);
/// Begin the turn of a measure: draws the factor on costs in the first step, asks for the fixed
/// cost. Call it once in each step, before all below.
/// @param turn    of the call of `step`; its state is used.
/// @param measure parameters.
/// @param scope   places among which the fixed cost is divided.
/// @return share of the step in which the measure works, in [0, 1], times the share of its fixed
/// cost that is granted.
FLOW_API double flow_measure_begin(flow_turn *turn, const flow_measure *measure,
                                   const flow_scope *scope);
/// Ask for money, with the error of costs that this run has.
/// @param turn  of the call of `step`, after flow_measure_begin().
/// @param place index of the place.
/// @param usd   by unit costs, USD, >= 0.
/// @return share that is granted.
FLOW_API double flow_measure_pay(flow_turn *turn, int32_t place, double usd);
/// People at a place for whom a measure is.
/// @param turn  by_status where the module sees it, else all are counted.
/// @param who   flow_meant.
/// @param place index of the place.
/// @return persons.
FLOW_API double flow_measure_people(const flow_turn *turn, int32_t who, int32_t place);
/// People at a place weighted by how vulnerable their status makes them.
/// @param turn  by_status where the module sees it, else all count 1.
/// @param place index of the place.
/// @return sum of weights.
FLOW_API double flow_measure_vulnerable(const flow_turn *turn, int32_t place);

/// What a measure gives to people.
typedef struct flow_service {
    const flow_measure *plan; ///< parameters
    const flow_scope *scope;  ///< its places
    double person_day;        ///< USD per person served and day, or per place kept and day
    double place;             ///< flow_measure_build(): USD per new place
    double life;       ///< flow_measure_build(): days for which a place lasts, as the mean of
                       ///< an exponential; 0: for ever
    double amount;     ///< units wanted in all, the same at each place; 0: by people or needs
    double heads;      ///< units for each person it is meant for; 0: 1
    const double *cap; ///< [n_place] units wanted at each place; NULL: as said above
    bool sector;       ///< the module reads FLOW_MEASURE_READS first
} flow_service;

/// Serve people in this step: by the rule, below the ceilings, as far as money is granted.
/// @param turn    of the call of `step`, after flow_measure_begin().
/// @param service what is given; units are person-days.
/// @param works   what flow_measure_begin() returned.
/// @return [n_place] persons who are served, what goes to people who have it already taken off; in
/// the state of the module.
FLOW_API const double *flow_measure_serve(flow_turn *turn, const flow_service *service,
                                          double works);
/// Make places (at school, under a roof) that last and have to be kept.
/// @param turn    of the call of `step`, after flow_measure_begin().
/// @param service what is made; units are places.
/// @param works   what flow_measure_begin() returned; 0 after the end: nothing is kept.
/// @return [n_place] places in service; in the state of the module.
FLOW_API const double *flow_measure_build(flow_turn *turn, const flow_service *service,
                                          double works);
/// Share an amount over places in proportion to weights, none beyond its cap.
/// @param n        places.
/// @param amount   to be shared, >= 0.
/// @param weight   [n] >= 0.
/// @param cap      [n] >= 0.
/// @param[out] out [n], may be cap itself but not weight; sums to amount, or less where caps or
/// weights end it.
FLOW_API void flow_share_capped(int32_t n, double amount, const double *weight, const double *cap,
                                double *out);
/// Share an amount over places, those with the largest cap first.
/// @param n        places.
/// @param amount   to be shared, >= 0.
/// @param cap      [n] >= 0; sorted on return.
/// @param[out] out [n] holds the caps before, shares after.
FLOW_API void flow_share_largest(int32_t n, double amount, double *cap, double *out);

#ifdef __cplusplus
}
#endif

#endif
