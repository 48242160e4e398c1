/// @file stories.h
/// Small invented scenarios that together use every part of a model's state, and its state in
/// memory. Every function ends the program with a text where it does not succeed.
#ifndef STORIES_H
#define STORIES_H

#include "../libflow/state.h"

enum {
    STORY_CROWD,   ///< households, groups, short stints, walking, sinks, closures, full camps
    STORY_MATCHES, ///< rules about people, used-up populations, decay, registrations
    STORY_FLEE,    ///< quirks of FLEE: turned back, stale scores, capacity less day 0
    STORY_MODULES, ///< drivers, a forcing, columns from outside
    STORY_GRID,    ///< enough places for parallel loops, everybody rests at the end of links
    STORY_ROUTE,   ///< long links only: most people are on the road
    STORY_JOURNEY, ///< destination rule: gates, quotas, permits, returns, roads that change, full
                   ///< places
    STORY_FOLDER,  ///< a FLEE folder with its settings
    STORY_CAUSES,  ///< destination rule: events, drought, a forcing; compatriots, gates, households
    STORY_LATTICE, ///< destination rule with enough places for parallel loops
    STORY_RULES,  ///< destination rule: a rule for each cause, a table by date, a function, classes
    STORY_RELIEF, ///< responses that spend out of a budget, camps that fill
    STORY_STATUS, ///< destination rule: deaths, claims, resettlement, households, borders of four
    STORY_CHANNELS, ///< destination rule: ways to pass borders and seas, wealth, debt, permits
    N_STORY
};

/// Name for messages.
extern const char *const story_name[N_STORY];

/// Load a story; `set`: overrides ended by NULL, may be NULL.
flow_scenario *story_load(int story, const char *const *set);
/// Make a model with history.
flow_model *story_model(const flow_scenario *s, uint64_t seed, flow_individuals individuals,
                        int32_t threads);
/// Do one step, with columns from outside where the story has them.
void story_step(int story, flow_model *m);

/// A state in memory.
typedef struct saved {
    char *byte;
    int64_t n, size;
} saved;

/// Save into what may be used already.
void save(const flow_model *m, saved *out);
void load(flow_model *m, const saved *in);
/// The whole states of two models are equal, byte for byte.
bool same_state(const flow_model *a, const flow_model *b);

#endif
