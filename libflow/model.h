/// @file model.h
/// Layer 4: the state of one realisation and the phases of a step.
#ifndef FLOW_MODEL_H
#define FLOW_MODEL_H

#include "paths.h"
#include "people.h"
#include "population.h"
#include "scenario.h"

/// Choice row of one group at one place: open candidate paths and their weights without capacity.
typedef struct flow_choice {
    uint64_t version; ///< of the world it was made for; 0: never
    int32_t n, size;
    int32_t *node;  ///< [n] node of the place's tree
    double *weight; ///< [n]
} flow_choice;

/// Scratch of one thread.
typedef struct flow_work {
    gsl_rng *rng;
    double *weight, *tail; ///< [most + 1]
    int64_t *count;        ///< [most]
    flow_cells cells;      ///< for rebuilding a set
    int64_t left;          ///< people who left in this phase
    bool failed;           ///< out of memory in a parallel loop
    char pad[64];          ///< threads do not share cache lines
} flow_work;

struct flow_model {
    const flow_scenario *s; ///< borrowed
    uint64_t seed;
    uint32_t member;
    int32_t threads;
    int32_t day; ///< steps done
    bool broken; ///< a step failed half-way
    flow_paths paths;
    flow_groups groups;

    // Places, [n_place]
    int32_t *kind; ///< flow_place_kind once no conflict is there
    bool *camp, *idp_camp, *town;
    double *move_chance; ///< of the kind, 1/d
    double *leave;       ///< chance to move today, 1/d
    double *conflict;    ///< intensity, 0: none
    int32_t *conflict_since;
    double *capacity, *population;
    double *score, *score_before;
    double *multiplier;                       ///< of capacity, in [0, 1]
    double *pull;                             ///< multiplier to the power of weight_power
    int64_t *count;                           ///< people at the place, arrived or resident
    int64_t *arrivals, *departures, *spawned; ///< today
    flow_cells *here;                         ///< residents
    flow_cells *active;                       ///< arrived and still on their way today
    double *same_religion, *same_ethnicity;   ///< [n_place][n value] people of each value at dawn

    // Links, [n_link]
    int32_t *closed;             ///< closures in force
    int32_t *first_in, *in_link; ///< CSR by destination: [n_place + 1], [n_link]
    double *speed;               ///< km/d at full speed
    int64_t *link_count, *link_entered;
    int32_t *road_due; ///< first step at which somebody on the road is due
    flow_cells *queue; ///< who travels today
    flow_cells *entry; ///< who entered in this wave
    flow_cells *road;  ///< under way
    flow_cells *back;  ///< found the link closed, return to its start

    flow_choice *choice; ///< [n_place][n_group]
    uint64_t version;    ///< of everything that enters a choice row
    int64_t event;       ///< next event

    double bin_km;  ///< km of one bin of the memories
    int64_t bins;   ///< bins of max_move_speed
    uint32_t phase; ///< decisions made today, names their streams
    int64_t persons, entered, left, person_steps;
    int64_t target;  ///< people wanted to enter today
    int64_t debt;    ///< registrations that fell and suppress later entries
    int64_t waiting; ///< people who could not enter yet (population used up)

    double *place_weight, *place_tail; ///< [n_place + 1]
    int64_t *place_number;             ///< [n_place]
    double *group_tail;                ///< [n_group + 1]
    int64_t *group_number;             ///< [n_group]
    flow_work *work;                   ///< [threads]
};

// drive.c: forcing, people who enter
flow_err flow_model_events(flow_model *m);
flow_err flow_model_spawn(flow_model *m);
flow_err flow_model_day0(flow_model *m);
double flow_model_decay(const flow_model *m, int32_t place);

// choose.c: scores, capacity multipliers, choice rows
void flow_model_scores(flow_model *m);
void flow_model_multipliers(flow_model *m);
flow_err flow_model_attributes(flow_model *m);
/// The row of a group at a place, remade when the world has changed. NULL: no memory.
const flow_choice *flow_model_choice(flow_model *m, int32_t place, int32_t group);

// travel.c: decisions, links, arrivals, end of the day
flow_err flow_model_travel(flow_model *m);

#endif
