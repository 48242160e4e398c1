/// @file status.h
/// Layer 4: status of people under the destination rule: what they are when they cross a border or
/// arrive, how that changes where they are, and who dies there.
///
/// Rules of arrival are in force where people are told apart by status and home, and somebody says
/// who claims asylum (the quantity claim_share); else who is away is displaced or, in a foreign
/// country, a refugee. Changes, deaths, claims and resettlement happen wherever their quantities
/// are written.
#ifndef FLOW_STATUS_H
#define FLOW_STATUS_H

#include "destination.h"

enum { FLOW_MOST_PARTS = 3 };

/// Whether rules of arrival are in force.
bool flow_status_rules(const flow_model *m);

// status_arrive.c
/// A party has crossed a border link, at whose end it is: refugees, asylum seekers and people
/// without status part. Returns how many parties are in `out`; the ids of `party` are theirs.
int32_t flow_status_cross(const flow_model *m, flow_work *w, int32_t link, flow_party *party,
                          flow_party out[static FLOW_MOST_PARTS]);
/// The group of people who are where they wanted to be; *home: it is where they entered.
uint32_t flow_status_settled(const flow_model *m, int32_t place, uint32_t group, bool *home);
/// The group of people who leave a place for a cause.
uint32_t flow_status_leaves(const flow_model *m, uint32_t group, int32_t cause);
/// The group of people who have been given a labour permit.
uint32_t flow_status_permitted(const flow_model *m, uint32_t group);
/// Hazard that people of a group leave again because they are returnees, per day.
double flow_status_redisplaced(const flow_model *m, int32_t place, uint32_t group);
/// Class of status of a group; -1: people have none.
int32_t flow_status_of(const flow_model *m, uint32_t group);
/// A group in another status: who has found a durable solution is displaced no more.
uint32_t flow_status_become(const flow_model *m, uint32_t group, int32_t status);

// status.c
/// Deaths and changes of status at the end of a step, for everybody at a place.
flow_err flow_model_status(flow_model *m);

/// What is drawn for the people of a cell: changes of status come first.
enum {
    FLOW_OF_DEATH = FLOW_N_CHANGE,
    FLOW_OF_DECISION,
    FLOW_OF_RECOGNITION,
    FLOW_OF_APPEAL,
    FLOW_OF_ARRIVAL,
    FLOW_OF_CLAIM,
    FLOW_OF_RESETTLEMENT ///< and the number of the country
};

/// People of one place and group, or who wait there at a link (else -1).
typedef struct flow_spot {
    int32_t place, link;
    const flow_key *key;
} flow_spot;
/// Open the stream of a draw: its name has what stays the same when other things change.
void flow_status_open(const flow_model *m, flow_work *w, flow_spot spot, int32_t what);
/// Something happened to the followed people of a party at a place.
void flow_status_note(const flow_model *m, flow_work *w, const flow_party *party, int32_t place);

/// Those who wait in w->pending go back to the set they were taken from, whose empty rows vanish.
void flow_status_return(flow_work *w, flow_cells *cells);

// status_claims.c
/// Claims for asylum are decided.
void flow_status_decide(flow_model *m);
/// Refugees are resettled.
void flow_status_resettle(flow_model *m);

#endif
