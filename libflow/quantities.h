/// @file quantities.h
/// Layer 2: the table of quantities, made from quantities.def. The contract between all modules.
#ifndef FLOW_QUANTITIES_H
#define FLOW_QUANTITIES_H

#include "flow/module.h"

#include "base.h"

typedef enum flow_cause {
#define FLOW_CAUSE(ID, name, long_name) FLOW_CAUSE_##ID,
#include "quantities.def"
    FLOW_N_CAUSE
} flow_cause;

typedef enum flow_channel {
#define FLOW_CHANNEL(ID, name, long_name) FLOW_CHANNEL_##ID,
#include "quantities.def"
    FLOW_N_CHANNEL
} flow_channel;

typedef enum flow_change {
#define FLOW_CHANGE(ID, name, from, to, long_name) FLOW_CHANGE_##ID,
#include "quantities.def"
    FLOW_N_CHANGE
} flow_change;

typedef enum flow_over {
    FLOW_OVER_PLACE,
    FLOW_OVER_LINK,
    FLOW_OVER_COUNTRY,
    FLOW_OVER_WORLD,
    FLOW_N_OVER
} flow_over;
typedef enum flow_by {
    FLOW_BY_NOTHING,
    FLOW_BY_CAUSE,
    FLOW_BY_CHANNEL,
    FLOW_BY_STATUS,
    FLOW_BY_SECTOR,
    FLOW_BY_CHANGE,
    FLOW_N_BY
} flow_by;
typedef enum flow_rule {
    FLOW_RULE_SUM,
    FLOW_RULE_PRODUCT,
    FLOW_RULE_LARGEST,
    FLOW_RULE_SMALLEST,
    FLOW_RULE_ANY, ///< 1 - prod(1 - x)
    FLOW_N_RULE
} flow_rule;

/// Quantities of one `by`, counted.
enum {
    FLOW_BY_NOTHING_N = 1,
    FLOW_BY_CAUSE_N = FLOW_N_CAUSE,
    FLOW_BY_CHANNEL_N = FLOW_N_CHANNEL,
    FLOW_BY_STATUS_N = FLOW_N_STATUS,
    FLOW_BY_SECTOR_N = FLOW_N_SECTOR,
    FLOW_BY_CHANGE_N = FLOW_N_CHANGE
};

/// Ids. FLOW_Q_HAZARD + FLOW_CAUSE_FLOOD is "hazard_flood".
typedef enum flow_quantity_id {
#define FLOW_QUANTITY(ID, name, over, by, rule, unit, neutral, min, max, long_name)                \
    FLOW_Q_##ID, FLOW_Q_##ID##_LAST = FLOW_Q_##ID + FLOW_BY_##by##_N - 1,
#include "quantities.def"
    FLOW_N_QUANTITY
} flow_quantity_id;

/// One row of quantities.def.
typedef struct flow_quantity {
    const char *name; ///< "hazard"
    int32_t first;    ///< its id, or that of the first of its kind
    int32_t n;        ///< 1, or how many terms its `by` has
    flow_over over;
    flow_by by;
    flow_rule rule;
    const char *unit; ///< UDUNITS, and USD
    double neutral;
    double min, max; ///< of one column
    const char *long_name;
} flow_quantity;

extern const flow_quantity flow_quantities[];
extern const int32_t flow_n_quantity_row;

/// A name and a sentence of a cause, channel, status, sector or change.
typedef struct flow_term {
    const char *name, *long_name;
} flow_term;
/// The statuses a change is from and to.
typedef struct flow_change_ends {
    flow_status from, to;
} flow_change_ends;
extern const flow_change_ends flow_change_of[FLOW_N_CHANGE];
/// "cause", "channel", "status", "sector", "change"; "" for FLOW_BY_NOTHING.
extern const char *const flow_by_name[FLOW_N_BY];
/// The terms of a `by`; NULL and 0 for FLOW_BY_NOTHING.
const flow_term *flow_by_terms(flow_by by, int32_t *n);
/// "place", "link", "country", "world".
extern const char *const flow_over_name[FLOW_N_OVER];
/// "sum", "product", "largest", "smallest", "1 - prod(1 - x)".
extern const char *const flow_rule_name[FLOW_N_RULE];

/// Longest name of a quantity, its 0 included.
enum { FLOW_QUANTITY_NAME = 64 };
/// The row of a quantity; id in [0, FLOW_N_QUANTITY).
const flow_quantity *flow_quantity_row(int32_t id);
/// "hazard_flood"; returns out.
const char *flow_quantity_name(int32_t id, char out[static FLOW_QUANTITY_NAME]);
/// "hazard that a person leaves the place because of flood"; returns out.
const char *flow_quantity_long_name(int32_t id, char out[static 256]);
/// Id of a name, -1 when there is none.
int32_t flow_quantity_find(const char *name);
/// The name nearest to a wrong one, written to out; NULL when none is near.
const char *flow_quantity_nearest(const char *name, char out[static FLOW_QUANTITY_NAME]);
/// Values of a quantity in a world.
int64_t flow_over_n(flow_over over, const flow_world *world);

#endif
