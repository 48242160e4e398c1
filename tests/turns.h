/// @file turns.h
/// One module by itself: a scenario gives places and parameters, the test who is where and what the
/// module reads. Every function asserts success.
#ifndef TURNS_H
#define TURNS_H

#include "../libflow/model.h"
#include "toy.h"

enum { turns_most_crowd = 64 };

/// A module at work.
typedef struct turns {
    flow_scenario *s;
    const flow_use *use;
    flow_turn turn;
    double **own, **read; ///< [n_write][n], [n_read][n]
    int64_t *people, *by_status;
    flow_people crowd[turns_most_crowd];
} turns;

/// Load a toy and start its module of this name, everybody away, all that it reads neutral.
turns turns_begin(const toy *what, const char *module);
void turns_end(turns *t);
/// That many people of a status, whose home is `home` (NULL: where they are), are at a place.
void turns_put(turns *t, const char *place, flow_status status, const char *home, int64_t persons);
/// What the module reads of a quantity at a place, link or country.
double *turns_reads(turns *t, const char *quantity);
/// Its own column of a quantity.
double *turns_writes(turns *t, const char *quantity);
/// A step; values must be in the range of their quantities.
void turns_step(turns *t);
/// Index of a place.
int32_t turns_place(const turns *t, const char *place);

#endif
