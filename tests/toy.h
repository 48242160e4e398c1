/// @file toy.h
/// Small scenarios from memory for tests of the movement rule: made from rows, run, asked.
/// Every function asserts success.
#ifndef TOY_H
#define TOY_H

#include "../libflow/model.h"

enum { toy_most_set = 16 };

/// A scenario. Rows of places and links end in ';', cells at their end may be left out:
///   place  name,kind,initial_idps,population,capacity,conflict_intensity,country,sink,latitude,
///          longitude
///   link   from,to,length_km,speed_km_d,walk_probability,direction,mode
/// `yaml` follows libflow, period and title; the other texts are whole tables.
typedef struct toy {
    int days; ///< 0: 10
    const char *place, *link;
    const char *yaml, *conflict, *closures, *observations, *corrections, *attributes, *major_routes;
    const char *more[4][2];    ///< names and texts of other files
    const char *floods, *food; ///< whole tables
    bool economy;              ///< places have two columns more: trade_volume,hdi
    const char *shares, *leave;
    const char *set[toy_most_set]; ///< overrides
    const flow_filler *filler;     ///< [n_filler]
    int n_filler;
} toy;

/// A FLEE folder. Rows of locations, routes, conflicts and closures end in ';' and lack the cells
/// at their end that are empty; columns are those of FLEE, of conflicts those of `conflict_columns`
/// ("A,B"), whose rows have no day and are repeated until the period ends; floods are written like
/// conflicts. Either may be NULL: no such file.
typedef struct toy_flee {
    int days; ///< 0: 10
    const char *settings, *locations, *routes, *conflict_columns, *conflicts, *closures;
    const char *flood_columns, *floods;
    bool economy;            ///< locations have two columns more: trade_volume,hdi
    const char *layout;      ///< data_layout.csv, whose files are counts_1.csv, counts_2.csv
    const char *counts[2];   ///< whole files
    const char *corrections; ///< whole file
    const char *more[4][2];  ///< names and texts of other files
    const char *set[toy_most_set];
} toy_flee;

/// A scenario and one realisation of it.
typedef struct toy_world {
    flow_scenario *s;
    flow_model *m;
} toy_world;

/// Load a toy.
flow_scenario *toy_scenario(const toy *what);
/// Expect that a toy cannot be loaded, for this reason.
void toy_refused(const toy *what, const char *expected);
/// Load a toy and make its model with one thread, no step done.
toy_world toy_make(const toy *what, uint64_t seed);
/// The same from a FLEE folder.
toy_world toy_make_flee(const toy_flee *what, uint64_t seed);
/// Expect that a FLEE folder cannot be loaded, for a reason that holds this text.
void toy_refused_flee(const toy_flee *what, const char *expected);
void toy_end(toy_world *world);

/// Do steps; people are conserved in each.
void toy_days(toy_world *world, int days);
/// Value of an observable at a place, or the sum over the links from one place to another.
double toy_at(const toy_world *world, const char *observable, const char *place);
double toy_on(const toy_world *world, const char *observable, const char *from, const char *to);
/// Value of an observable of the whole step.
double toy_all(const toy_world *world, const char *observable);
/// People at a place, and on the links from one place to another.
double toy_people(const toy_world *world, const char *place);
double toy_road(const toy_world *world, const char *from, const char *to);

/// Expect a number within 5 standard errors (exactly when the error is 0); says what it is.
void toy_near(double found, double expected, double error, const char *what);
/// Expect that each of n people did something with chance p.
void toy_binomial(double found, double n, double p, const char *what);
/// The same for shares of weights: n people over `weight[0..k)`; names say where.
void toy_shares(const toy_world *world, double n, int k, const double *weight,
                const char *const *place);

#endif
