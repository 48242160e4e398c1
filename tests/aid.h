/// @file aid.h
/// A small world for tests of responses: people who are where they are, needs given from outside.
/// Every function asserts success.
#ifndef AID_H
#define AID_H

#include "../libflow/model.h"

/// Places: Alder and Birch, towns of Inland with 400 and 100 displaced people; Cedar, a camp of
/// Inland with 300; Dogwood, a camp of Coast with 200 refugees and a capacity of 150; Elm, a town
/// of Coast where nobody is displaced; Fir, a town of Island, the same. Links: Alder-Birch, Birch-
/// Cedar, Cedar-Dogwood (the border), Dogwood-Elm, each 100 km both ways, Elm-Fir with 200 km.
enum { AID_ALDER, AID_BIRCH, AID_CEDAR, AID_DOGWOOD, AID_ELM, AID_FIR, AID_N_PLACE };

typedef struct aid {
    flow_scenario *s;
    flow_model *m;
} aid;

/// Load the world with sections for its scenario.yaml, and a table more (NULL: none), from
/// 2026-01-01 on, for so many days.
aid aid_make(const char *yaml, const char *table, const char *text, int days);
/// The same of a member, with threads.
aid aid_member(const char *yaml, uint32_t member, int threads);
/// Expect that it cannot be loaded, for a reason that holds this text.
void aid_refused(const char *yaml, const char *expected);
void aid_end(aid *a);
void aid_steps(aid *a, int n);
/// Give a quantity by place (of the world: one value) from outside.
void aid_assign(aid *a, const char *quantity, const double *value, int n);
/// Value of an observable, element i of n.
double aid_at(const aid *a, const char *observable, int i, int n);
/// At a place.
double aid_place(const aid *a, const char *observable, int place);
/// On the link between two places.
double aid_link(const aid *a, const char *observable, int from, int to);
/// In a country, 0: Inland, 1: Coast, 2: Island.
double aid_country(const aid *a, const char *observable, int country);
/// USD spent since the beginning, by all.
double aid_spent(const aid *a);
/// Expect a number, to 1e-9 of it.
void aid_is(double found, double expected, const char *what);

#endif
