/// @file indicators.h
/// Layer 5: what a run comes to. indicators.def has a row for each indicator; they are summed up
/// while the model runs, so no day has to be kept.
#ifndef FLOW_INDICATORS_H
#define FLOW_INDICATORS_H

#include "observe.h"

typedef enum flow_better { FLOW_BETTER_NEITHER, FLOW_BETTER_MORE, FLOW_BETTER_LESS } flow_better;
/// "neither", "more", "less".
extern const char *const flow_better_name[3];

typedef enum flow_theme {
    FLOW_THEME_PEOPLE,
    FLOW_THEME_TRAVEL,
    FLOW_THEME_NEEDS,
    FLOW_THEME_HARM,
    FLOW_THEME_WORK,
    FLOW_THEME_MONEY,
    FLOW_N_THEME
} flow_theme;
/// "people", "travel", "needs", "harm", "work", "money".
extern const char *const flow_theme_name[FLOW_N_THEME];

/// How the values of steps become one number.
typedef enum flow_over_time {
    FLOW_OVER_SUM,
    FLOW_OVER_DAYS,
    FLOW_OVER_LAST,
    FLOW_OVER_MOST,
    FLOW_OVER_MEAN,
    FLOW_OVER_RATIO ///< of two others
} flow_over_time;

/// Rows of indicators.def.
typedef enum flow_gauge_id {
#define FLOW_INDICATOR(name, ...) FLOW_GAUGE_##name,
#define FLOW_INDICATOR_PEOPLE(name, ...) FLOW_GAUGE_##name,
#define FLOW_INDICATOR_RATIO(name, ...) FLOW_GAUGE_##name,
#include "indicators.def"
    FLOW_N_GAUGE
} flow_gauge_id;

/// One row. (A flow_indicator is a number of a study.)
typedef struct flow_gauge {
    const char *name, *long_name, *unit;
    int32_t theme;      ///< flow_theme
    int32_t over_time;  ///< flow_over_time
    int32_t better;     ///< flow_better
    char tag;           ///< A: rests on assumptions beyond the model; -
    const char *inputs; ///< "in_need_food,?reached_food"; NULL: people are counted, or a ratio
    int32_t over, per;  ///< flow_gauge_id of a ratio, else -1
} flow_gauge;
extern const flow_gauge flow_gauges[FLOW_N_GAUGE];
/// Index of the row of a name, -1: there is none.
int32_t flow_gauge_find(const char *name);

enum {
    FLOW_GAUGE_AXES = -1,    ///< classes of all axes that results show, one after the other
    FLOW_GAUGE_CHANNELS = -2 ///< the channels of quantities.def
};

/// Parts of an indicator: of each place, link or country, and of each class of people.
typedef struct flow_gauge_parts {
    int64_t first;    ///< its first part among those of all indicators: items, then classes
    int32_t n_item;   ///< places, links or countries; 0: there are none
    flow_shape shape; ///< of the items
    int32_t n_class;
    int32_t axis; ///< whose classes they are; FLOW_GAUGE_AXES, FLOW_GAUGE_CHANNELS
} flow_gauge_parts;

/// The indicators of one model under way. One thread.
typedef struct flow_gauges_run flow_gauges_run;

/// Which indicators a scenario has. FLOW_OK or FLOW_ENOMEM.
flow_err flow_gauges_of(const flow_scenario *scenario, bool has[static FLOW_N_GAUGE]);
/// Make room.
/// @param want  indicators; what a scenario lacks of their inputs counts as neutral.
/// @param parts sum up parts, too.
/// @param[out] out owned by the caller: flow_gauges_free().
/// @return FLOW_OK or FLOW_ENOMEM.
flow_err flow_gauges_create(const flow_scenario *scenario, const bool want[static FLOW_N_GAUGE],
                            bool parts, flow_gauges_run **out);
/// Accepts NULL.
void flow_gauges_free(flow_gauges_run *run);
/// A new run begins.
void flow_gauges_begin(flow_gauges_run *run);
/// The model has done a step. Where it is divided all ranks do the same, and rank 0 is told, but
/// for parts.
void flow_gauges_step(flow_gauges_run *run, const flow_model *model);
/// What the steps so far come to; NAN: not wanted, or undefined.
void flow_gauges_whole(const flow_gauges_run *run, double out[static FLOW_N_GAUGE]);
/// All sums so far: what a checkpoint keeps. A run without parts.
double *flow_gauges_state(flow_gauges_run *run, int64_t *n);
/// Steps that the sums hold.
void flow_gauges_set_step(flow_gauges_run *run, int32_t step);

/// Number of parts of all indicators; 0 without them.
int64_t flow_gauges_n_part(const flow_gauges_run *run);
/// The parts of one indicator.
flow_gauge_parts flow_gauges_parts(const flow_gauges_run *run, int32_t gauge);
/// Values of all parts, [flow_gauges_n_part()].
void flow_gauges_part(const flow_gauges_run *run, double *out);
/// Name of a class of such parts, "gender: female"; "" when it has none. Returns out.
const char *flow_gauge_class(const flow_scenario *scenario, const flow_gauge_parts *parts,
                             int32_t index, char out[static 128]);

#endif
