/// @file destination.h
/// Layer 4: the destination rule. People leave for one of several causes, choose a place among
/// those they can reach, and travel there link by link along the shortest way.
///
/// Use of the key (population.h) under this rule: route = destination + 1; today = moment of the
/// step at which they reach the end of the link, in 1/65536; due = step of that moment on a link,
/// step since when they wait at a gate; first = 1 for those who found a place full.
#ifndef FLOW_DESTINATION_H
#define FLOW_DESTINATION_H

#include "model.h"
#include "routes.h"
#include "row.h"

/// The row of a place, a cause and people who choose alike.
typedef struct flow_going {
    uint64_t version; ///< of the inputs it was made from; 0: never
    int32_t step;     ///< in which it was made
    bool utility;     ///< made by utility: people of an origin add their term
    int32_t n, size;
    int32_t *place; ///< [n] the place itself: stay
    double *weight; ///< [n]
    double *tail;   ///< [n + 1]
    double *days;   ///< [n] days of travel, where classes differ in how far they know; else NULL
} flow_going;

/// The row as people of one group see it.
typedef struct flow_own_row {
    const double *weight; ///< [n] of the row itself, or scratch of the thread
    const double *tail;   ///< [n + 1]
} flow_own_row;

/// Scratch of one thread, for rows of any length.
typedef struct flow_row_room {
    int32_t size;
    double *value; ///< [terms + 3][size]
    int32_t *order;
    int32_t *way;   ///< [size] rows of the tree that candidates stand in
    int64_t *count; ///< [size]
    flow_search *search;
} flow_row_room;

/// Who asks to enter a country: those who flee, labour migrants, those who go home.
enum { FLOW_ENTRY_FLIGHT, FLOW_ENTRY_LABOUR, FLOW_ENTRY_HOME, FLOW_N_ENTRY };

/// How many a country admits in a step, and who asks.
typedef struct flow_admission {
    bool limited;
    int64_t n;             ///< persons
    int64_t waiting;       ///< persons at its borders
    int64_t n_link;        ///< open links into it
    int64_t counted, link; ///< of those, what has its share
} flow_admission;

/// People at a place who are from another one, or from there.
typedef struct flow_kin {
    int32_t place, origin;
    double n; ///< persons
} flow_kin;

/// How an attempt ends.
typedef enum flow_outcome {
    FLOW_END_PASSED,
    FLOW_END_INTERCEPTED, ///< stays
    FLOW_END_TURNED_BACK, ///< stays
    FLOW_END_DIED,
    FLOW_END_MISSING,
    FLOW_END_TRAFFICKED, ///< passes
    FLOW_N_OUTCOME
} flow_outcome;

/// One way to pass a link, as it is in this step.
typedef struct flow_passage {
    bool open;
    double fee;                                        ///< USD, with what enforcement adds
    double intercepted, turned_back, died, trafficked; ///< chances
    double bias; ///< factor on the odds of the last two for those who do not know
} flow_passage;

struct flow_destination {
    flow_network network;
    double *cost, *km; ///< [n_link] days of travel (INFINITY: closed), km; km is borrowed
    int64_t *ticks;    ///< [n_link] steps of travel in 1/65536, at least 1
    bool *marker;      ///< [n_place] passed through only
    flow_routes *routes;
    int32_t kind[FLOW_N_CAUSE]; ///< flow_destination_kind
    flow_row_rule *rule;        ///< [n_chooser][FLOW_N_CAUSE]
    flow_row_rule *missing;     ///< the same, of origins that the table of shares lacks
    flow_going *row;            ///< [n_chooser][n_place][FLOW_N_CAUSE]
    flow_row_room *room;

    uint64_t version, roads; ///< of what rows are made from; of what costs are made from
    uint64_t seen;           ///< of what `safe` and `appeal` are made from
    double *size;            ///< [n_place] people who live there, or whom a camp takes in
    double *safe;            ///< [n_place] in [0, 1]
    double *appeal;          ///< [n_place] utility added by quantities
    double *worth;           ///< [n_place] of staying for work, found in the first step
    double *access;          ///< [FLOW_N_CAUSE][n_place] competing destinations; none: unused
    double *balance;         ///< [FLOW_N_CAUSE][n_place] gravity with given arrivals; none: unused
    int64_t *tie_first;      ///< [n_place + 1] places kept however far, with those of the table of
    int32_t *tie;            ///< shares; NULL: those of the scenario
    int32_t epoch;           ///< of the table of shares

    bool kin;           ///< some cause counts people of the same origin
    int64_t *kin_first; ///< [n_place + 1] those of each origin at the beginning of the step,
    int64_t *kin_end;   ///< [n_place] from kin_first up to here:
    int32_t *kin_place; ///< where they are, rising
    double *kin_n;      ///< persons
    flow_kin *kin_row;  ///< [kin_size] the same as it was counted
    int64_t kin_size;

    int64_t *by_cause;          ///< [FLOW_N_CAUSE][n_place] persons who left today
    int64_t *trapped;           ///< [n_place] persons who wanted to leave today and had no way
    int64_t *deaths;            ///< [n_place] persons who died there today
    int64_t *redisplaced;       ///< [n_place] returnees who left it again today
    int64_t *claims_pending;    ///< [n_country] persons whose claims are not decided
    int64_t *claims_decided;    ///< [n_country] persons whose claims were decided today
    int64_t *claims_recognised; ///< [n_country] of them, persons
    int64_t *resettled;         ///< [n_country] persons whom it took in today
    double *claim_carry;        ///< [n_country] part of a decision, from step to step
    double *resettle_carry;     ///< [n_country] part of a place, or places for a large household
    int64_t *share;             ///< [n_place] claims or places of it in a step
    double *wants;              ///< [n_place] weight of its refugees in resettlement
    int64_t *entered_by_cause;  ///< [n_link][FLOW_N_CAUSE_CLASS] persons who entered it today
    int64_t *arrived_by_cause;  ///< [n_place][FLOW_N_CAUSE_CLASS] persons who arrived today
    flow_cells *gate;           ///< [n_link] people who wait at the beginning of a link
    int64_t *pass;              ///< [n_link] persons who may still pass today
    int64_t *waits;             ///< [n_link] persons who wait at a border, where there are quotas
    double *pass_carry;         ///< [n_link] part of a person, or persons ahead, from step to step
    double *quota_carry;        ///< [n_country] part of a person, from step to step
    flow_admission *admit;      ///< [n_country]
    double *permit_carry;       ///< [n_country]
    int64_t *permit;            ///< [n_country] permits of this step
    int64_t *asked;             ///< [n_country] persons who ask for one
    double *fee;                ///< [n_link] USD of a regular crossing
    bool fees;                  ///< somebody minds them
    bool gated;                 ///< some link has a gate this step

    bool channels;         ///< some links are passed by choice; else no room for what follows
    uint64_t offers;       ///< of what `passage` is made from
    int32_t wave;          ///< names the streams of those who choose
    bool *chosen;          ///< [n_link] passed by choice
    flow_passage *passage; ///< [n_link][FLOW_N_CHANNEL]
    double *inclusive;     ///< [FLOW_N_ENTRY][n_link] expected utility of the best way
    int64_t *outcome;      ///< [n_link][FLOW_N_CHANNEL][FLOW_N_OUTCOME] persons today
    double *paid;          ///< [n_link][FLOW_N_CHANNEL] USD today
    int64_t
        *places_left; ///< [n_link][FLOW_N_CHANNEL] persons who may still try; regular: seats left
    double *places_carry; ///< [n_link][FLOW_N_CHANNEL] part of a person, or persons ahead
    flow_cells *ready;    ///< [n_place] people who are about to choose
};

/// Room for n candidates; false when out of memory.
bool flow_row_reserve(flow_row_room *room, int32_t n);

/// Make m->to; after a failure, too, it goes with the model.
flow_err flow_destination_create(flow_model *m);
/// Persons who may pass a link regularly per day, seats of organised transport among them; 1e12:
/// any number.
double flow_link_gate(const flow_model *m, int32_t link);
/// Whether somebody may pass it regularly: it is not closed, or there are seats.
bool flow_link_passable(const flow_model *m, int32_t link);
void flow_destination_free(flow_model *m);
void flow_destination_reset(flow_model *m);
/// The state has changed as a whole: what is made from it is made anew.
void flow_destination_renew(flow_model *m);

// destination_rule.c: rules
/// The rules of all causes.
void flow_destination_make_rules(flow_model *m);
/// What rules need of the whole network, once it is there.
flow_err flow_destination_weigh_network(flow_model *m);
/// Accessibility of a place to all others but one, which is some km away, or to all where the rule
/// takes that one away itself.
double flow_destination_access(const flow_model *m, int32_t cause, int32_t from, int32_t to,
                               double km);

// destination.c: what rows are made from
/// Costs, safety and what else rows are made from, as they are in this step.
flow_err flow_destination_update(flow_model *m);
/// In the first step: the utility of staying for work that gives the wanted annual rate.
flow_err flow_destination_stay(flow_model *m);
// destination_row.c
/// The row of a place and cause for people who choose alike (flow_group_chooser), remade where an
/// input has changed. NULL: see w->error and w->text.
const flow_going *flow_destination_row(flow_model *m, flow_work *w, int32_t place, int32_t cause,
                                       int32_t chooser);
/// The row as people of an origin see it (-1: of none) who know of places within `reach` days;
/// false when out of memory.
bool flow_destination_own_row(const flow_model *m, flow_work *w, const flow_going *row,
                              const flow_row_rule *rule, int32_t origin, double reach,
                              flow_own_row *out);

// depart.c: who leaves, why, and where to
flow_err flow_model_depart(flow_model *m);

// journey.c: links, gates, arrivals
/// A party at a place sets out for its destination at a moment of the step, in 1/65536; into the
/// sets of links `into`. Stays, with nowhere to go, when there is no way.
void flow_set_out(flow_model *m, flow_work *w, int32_t place, flow_party *party, uint16_t moment,
                  flow_cells *into);
/// A party passes the gate of a link and tries to pass it, or waits before the gate.
void flow_pass_gate(flow_model *m, flow_work *w, int32_t link, flow_party *party, uint16_t moment,
                    flow_cells *into);
/// A party enters a link at a moment of the step.
void flow_enter_link(flow_model *m, flow_work *w, int32_t link, flow_party *party, uint16_t moment,
                     flow_cells *into);
/// A party is where it wanted to be, or has to be: those who find room stay.
void flow_settle(flow_model *m, flow_work *w, int32_t place, flow_party *party);
/// Something happens to the followed people of a party.
void flow_tell(const flow_model *m, flow_work *w, const flow_party *party, int32_t where);
/// What a wage buys at a place, 1 where nothing is known.
double flow_real_wage(const flow_model *m, int32_t place);
/// Whole persons of an allowance; what is left, or below 0, is carried to the next step.
int64_t flow_allowance(double whole, double *carry);
/// Households of `size` persons that `may` persons may be: while anybody may, a whole one may.
int64_t flow_units_of(int64_t may, int32_t size);
/// One step of the destination rule.
flow_err flow_model_journey(flow_model *m);

#endif
