/// @file channel.h
/// Layer 4: links that are passed in one of several ways: regular, irregular, with a smuggler. Who
/// comes to such a link weighs the ways that are open and can be paid for, and tries one or waits;
/// an attempt ends in one of several ways. docs/model.md, "Channels".
///
/// People who wait are at the place, with their destination in the key; `deficit` of the key holds
/// what has been decided about them (flow_plan).
#ifndef FLOW_CHANNEL_H
#define FLOW_CHANNEL_H

#include "destination.h"

/// What has been decided about people who are on their way.
typedef enum flow_plan {
    FLOW_PLAN_NO_PERMIT = 1, ///< for work in the country of the destination
    FLOW_PLAN_PERMIT = 2,
    FLOW_PLAN_REFUSED = 4, ///< regular entry over the next link
    FLOW_PLAN_LET_IN = 8,
    FLOW_PLAN_FREE = 16,    ///< recruited, and nothing to pay for it
    FLOW_PLAN_CHARGED = 32, ///< recruited for a fee
    FLOW_PLAN_WAITED = 64   ///< before
} flow_plan;
/// What is forgotten once the link has been passed.
enum {
    FLOW_PLAN_OF_LINK =
        FLOW_PLAN_REFUSED | FLOW_PLAN_LET_IN | FLOW_PLAN_FREE | FLOW_PLAN_CHARGED | FLOW_PLAN_WAITED
};

/// What matters of people who try to pass.
typedef struct flow_traveller {
    double wealth; ///< USD
    double aware;  ///< share who know the risks
    int32_t cause;
    bool debt;
} flow_traveller;

/// How people ask to enter a country who travel for a cause.
static inline int32_t flow_entry_of(int32_t cause)
{
    return cause == FLOW_CAUSE_ECONOMIC ? FLOW_ENTRY_LABOUR
           : cause == FLOW_CAUSE_RETURN ? FLOW_ENTRY_HOME
                                        : FLOW_ENTRY_FLIGHT;
}

// channel.c: what there is to choose
/// The ways of this step, and how many may try.
flow_err flow_channels_update(flow_model *m);
void flow_channels_open(flow_model *m);
/// What households took beyond the room of a channel is kept back later.
void flow_channels_close(flow_model *m);
void flow_channels_reset(flow_model *m);
/// Whether people pass a link by choice.
static inline bool flow_channel_chosen(const flow_model *m, int32_t link)
{
    return m->to->channels && m->to->chosen[link];
}
/// Whether the way to a place in another country enters it over a link that is passed by choice:
/// then who may enter, and how, is decided there.
bool flow_channel_leads(const flow_model *m, int32_t place, int32_t to);
/// Whether people may pass a link regularly, were they let in.
bool flow_channel_regular(const flow_model *m, int32_t link);
/// Chances of the outcomes of an attempt.
void flow_channel_chances(const flow_model *m, const flow_passage *way, bool debt,
                          double chance[static FLOW_N_OUTCOME]);
/// Money of people of a group at a place, USD.
double flow_channel_wealth(const flow_model *m, int32_t place, uint32_t group);
/// Share of those who ask to enter a country over a link regularly who may.
double flow_channel_entry(const flow_model *m, int32_t link, int32_t entry);
/// What a labour migrant pays for being recruited for work at the end of a link, USD.
double flow_channel_recruitment(const flow_model *m, int32_t link);
/// Utility of a way; -INFINITY where it is not open or costs too much. `knows`: the true risks.
double flow_channel_utility(const flow_model *m, int32_t link, int32_t channel,
                            const flow_traveller *who, double fee, bool knows);

// attempt.c: who chooses what, and what becomes of them
/// Those who have come to links with channels choose and try.
void flow_channels_pass(flow_model *m, flow_work *w, int32_t place, flow_cells *into);
/// People try to pass a link and are at its end, back, or gone.
void flow_attempt(flow_model *m, flow_work *w, int32_t link, int32_t channel, flow_party *party,
                  flow_cells *into);
/// People at a place who wait to pass a link take the seats of organised transport on it.
void flow_board(flow_model *m, flow_work *w, int32_t place, flow_cells *cells, flow_cells *into);
/// People who wait try again, give up or go on waiting.
void flow_wait_on(flow_model *m, flow_work *w, int32_t place, flow_party *party);
/// Some people in debt have paid it off.
void flow_repay(flow_model *m);
/// Whether people keep the status they have got on the way when they arrive at a place.
bool flow_channel_keeps(const flow_model *m, int32_t place, uint32_t group);
/// Factor on the hazard of a change of status for people of a group: debt.
double flow_debt_factor(const flow_model *m, uint32_t group, int32_t change);

#endif
