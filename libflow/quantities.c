#include "quantities.h"

#include <stdio.h>
#include <string.h>

#define FLOW_CAUSE(ID, name, long_name) {#name, long_name},
static const flow_term causes[] = {
#include "quantities.def"
};
#define FLOW_CHANNEL(ID, name, long_name) {#name, long_name},
static const flow_term channels[] = {
#include "quantities.def"
};
#define FLOW_STATUS(ID, name, long_name) [FLOW_STATUS_##ID] = {#name, long_name},
static const flow_term statuses[FLOW_N_STATUS] = {
#include "quantities.def"
};
#define FLOW_SECTOR(ID, name, long_name) [FLOW_SECTOR_##ID] = {#name, long_name},
static const flow_term sectors[FLOW_N_SECTOR] = {
#include "quantities.def"
};
#define FLOW_CHANGE(ID, name, from, to, long_name) {#name, long_name},
static const flow_term changes[] = {
#include "quantities.def"
};
#define FLOW_CHANGE(ID, name, from, to, long_name) {FLOW_STATUS_##from, FLOW_STATUS_##to},
const flow_change_ends flow_change_of[FLOW_N_CHANGE] = {
#include "quantities.def"
};

#define FLOW_QUANTITY(ID, name, over, by, rule, unit, neutral, min, max, long_name)                \
    {#name,                                                                                        \
     FLOW_Q_##ID,                                                                                  \
     FLOW_BY_##by##_N,                                                                             \
     FLOW_OVER_##over,                                                                             \
     FLOW_BY_##by,                                                                                 \
     FLOW_RULE_##rule,                                                                             \
     unit,                                                                                         \
     neutral,                                                                                      \
     min,                                                                                          \
     max,                                                                                          \
     long_name},
const flow_quantity flow_quantities[] = {
#include "quantities.def"
};
const int32_t flow_n_quantity_row = (int32_t)(sizeof flow_quantities / sizeof *flow_quantities);

const char *const flow_by_name[FLOW_N_BY] = {"", "cause", "channel", "status", "sector", "change"};
const char *const flow_over_name[FLOW_N_OVER] = {"place", "link", "country", "world"};
const char *const flow_rule_name[FLOW_N_RULE] = {"sum", "product", "largest", "smallest",
                                                 "1 - prod(1 - x)"};

const flow_term *flow_by_terms(flow_by by, int32_t *n)
{
    switch (by) {
    case FLOW_BY_CAUSE: *n = FLOW_N_CAUSE; return causes;
    case FLOW_BY_CHANNEL: *n = FLOW_N_CHANNEL; return channels;
    case FLOW_BY_STATUS: *n = FLOW_N_STATUS; return statuses;
    case FLOW_BY_SECTOR: *n = FLOW_N_SECTOR; return sectors;
    case FLOW_BY_CHANGE: *n = FLOW_N_CHANGE; return changes;
    case FLOW_BY_NOTHING:
    case FLOW_N_BY: break;
    }
    *n = 0;
    return NULL;
}

const flow_quantity *flow_quantity_row(int32_t id)
{
    int32_t low = 0, high = flow_n_quantity_row - 1; // the last row that begins at or before id
    while (low < high) {
        const int32_t middle = (low + high + 1) / 2;
        if (flow_quantities[middle].first <= id) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return &flow_quantities[low];
}

const char *flow_quantity_name(int32_t id, char out[static FLOW_QUANTITY_NAME])
{
    const flow_quantity *row = flow_quantity_row(id);
    int32_t n = 0;
    const flow_term *term = flow_by_terms(row->by, &n);
    (void)snprintf(out, FLOW_QUANTITY_NAME, "%s%s%s", row->name, term != NULL ? "_" : "",
                   term != NULL ? term[id - row->first].name : "");
    return out;
}

const char *flow_quantity_long_name(int32_t id, char out[static 256])
{
    static const char *const link[] = {"", " because of ", ", ", ", ", ", ", ": "};
    const flow_quantity *row = flow_quantity_row(id);
    int32_t n = 0;
    const flow_term *term = flow_by_terms(row->by, &n);
    (void)snprintf(out, 256, "%s%s%s", row->long_name, link[row->by],
                   term != NULL ? term[id - row->first].long_name : "");
    return out;
}

int32_t flow_quantity_find(const char *name)
{
    char own[FLOW_QUANTITY_NAME];
    for (int32_t id = 0; id < FLOW_N_QUANTITY; id++) {
        if (strcmp(flow_quantity_name(id, own), name) == 0) { return id; }
    }
    return -1;
}

const char *flow_quantity_nearest(const char *name, char out[static FLOW_QUANTITY_NAME])
{
    char text[FLOW_N_QUANTITY][FLOW_QUANTITY_NAME];
    const char *list[FLOW_N_QUANTITY];
    for (int32_t id = 0; id < FLOW_N_QUANTITY; id++) {
        list[id] = flow_quantity_name(id, text[id]);
    }
    const char *near = flow_nearest(name, list, FLOW_N_QUANTITY);
    if (near == NULL) { return NULL; }
    (void)snprintf(out, FLOW_QUANTITY_NAME, "%s", near);
    return out;
}

int64_t flow_over_n(flow_over over, const flow_world *world)
{
    switch (over) {
    case FLOW_OVER_PLACE: return world->n_place;
    case FLOW_OVER_LINK: return world->n_link;
    case FLOW_OVER_COUNTRY: return world->n_country;
    case FLOW_OVER_WORLD:
    case FLOW_N_OVER: break;
    }
    return 1;
}
