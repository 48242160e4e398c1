/// @file columns.h
/// Layer 4: the columns that modules write, and what they come to together.
#ifndef FLOW_COLUMNS_H
#define FLOW_COLUMNS_H

#include "ledger.h"

/// Own columns [module][quantity][n], combined values, states of the modules of one model.
typedef struct flow_columns flow_columns;

/// Who is at the places, as modules see them. All borrowed.
typedef struct flow_presence {
    const int64_t *people;    ///< [n_place]
    const int64_t *by_status; ///< [FLOW_N_STATUS][n_place]; NULL: no module asks
    const flow_people *crowd; ///< [n_crowd]; NULL: no module asks
    int64_t n_crowd;
} flow_presence;

/// @param scenario borrowed; must outlive the columns.
flow_err flow_columns_create(const flow_scenario *scenario, int32_t threads, flow_columns **out);
/// Where modules book what they spend; borrowed. Without it none may.
void flow_columns_book(flow_columns *columns, flow_ledger *ledger);
/// Accepts NULL.
void flow_columns_free(flow_columns *columns);
/// Back to the beginning; allocates nothing.
flow_err flow_columns_reset(flow_columns *columns, uint64_t seed, uint32_t member,
                            const flow_presence *now);
/// Let the modules of one kind do their part of a step, then combine what changed.
/// @param now who is at the places; borrowed for the call.
/// @return FLOW_OK, FLOW_ERANGE (a module wrote a value that its quantity cannot have) or what a
/// module returns.
flow_err flow_columns_phase(flow_columns *columns, flow_module_kind kind, int32_t step,
                            const flow_presence *now);

/// Combined values, one per place, link or country; NULL when nobody writes them: all neutral.
const double *flow_columns_value(const flow_columns *columns, int32_t quantity);
/// Grows whenever a combined value has changed.
uint64_t flow_columns_version(const flow_columns *columns, int32_t quantity);
/// Column of one module in use (scenario->n_use: what was assigned from outside); NULL: it writes
/// none.
const double *flow_columns_own(const flow_columns *columns, int32_t use, int32_t quantity);
/// Fill the column from outside. The first call for a quantity allocates.
/// @return FLOW_OK, FLOW_EKEY, FLOW_ERANGE (n differs, or a value) or FLOW_ENOMEM.
flow_err flow_columns_assign(flow_columns *columns, const char *quantity, const double *value,
                             int64_t n);

/// Quantities that have a column from outside since the last reset, in order of their ids; their
/// number.
int32_t flow_columns_assigned(const flow_columns *columns, int32_t out[static FLOW_N_QUANTITY]);
/// Numbers that flow_columns_save() writes: states and own columns.
int64_t flow_columns_n_saved(const flow_columns *columns);
void flow_columns_save(const flow_columns *columns, double *out);
/// Do n numbers fit as what flow_columns_save() wrote of columns of the same scenario with these
/// quantities assigned? FLOW_OK or FLOW_EINPUT.
flow_err flow_columns_check(const flow_columns *columns, const int32_t *assigned,
                            int32_t n_assigned, const double *saved, int64_t n);
/// Load them, and whose draws come next. FLOW_OK, FLOW_EINPUT or FLOW_ENOMEM; then nothing is
/// changed.
flow_err flow_columns_load(flow_columns *columns, uint64_t seed, uint32_t member,
                           const int32_t *assigned, int32_t n_assigned, const double *saved,
                           int64_t n);
/// Hash of states and columns.
uint64_t flow_columns_hash(const flow_columns *columns);

#endif
