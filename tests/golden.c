#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const golden_case golden_cases[n_golden] = {
    {"crowd", NULL, STORY_CROWD, {NULL}},
    {"rush", NULL, STORY_CROWD, {"hop.capacity_batch=0.01", "spawn.rate=900", NULL}},
    {"matches", NULL, STORY_MATCHES, {NULL}},
    {"flee", NULL, STORY_FLEE, {NULL}},
    {"folder", NULL, STORY_FOLDER, {NULL}},
    {"modules", NULL, STORY_MODULES, {NULL}},
    {"route", NULL, STORY_ROUTE, {NULL}},
    {"grid", NULL, STORY_GRID, {NULL}},
    {"stints", NULL, STORY_GRID, {"hop.onward=true", "hop.avoid_short_stints=true", NULL}},
    {"journey", NULL, STORY_JOURNEY, {NULL}},
    {"radiation",
     NULL,
     STORY_JOURNEY,
     {"destination.kind=radiation", "destination_economic.annual_rate=0", NULL}},
    {"causes", NULL, STORY_CAUSES, {NULL}},
    {"lattice", NULL, STORY_LATTICE, {NULL}},
    {"status", NULL, STORY_STATUS, {NULL}},
    {"channels", NULL, STORY_CHANNELS, {NULL}},
    {"two-towns", "scenarios/two-towns", -1, {NULL}},
    {"south-sudan", "scenarios/south-sudan-2013", -1, {"period.days=40", NULL}},
};

bool golden_row(int i, golden *out)
{
    static const struct {
        const char *name;
        golden sum;
    } row[] = {
#define GOLDEN(name, counts, sample, all) {name, {counts, {0, sample, all}}},
#include "golden.def"
#undef GOLDEN
        {NULL, {0, {0}}}};
    for (int k = 0; row[k].name != NULL; k++) {
        if (strcmp(row[k].name, golden_cases[i].name) == 0) {
            *out = row[k].sum;
            return true;
        }
    }
    return false;
}

flow_scenario *golden_load(int i)
{
    const golden_case *c = &golden_cases[i];
    if (c->folder == NULL) { return story_load(c->story, c->set); }
    flow_load_options options = {.set = c->set};
    while (c->set[options.n_set] != NULL) { options.n_set++; }
    flow_scenario *s = NULL;
    if (flow_scenario_load(c->folder, &options, &s) != FLOW_OK) {
        (void)fprintf(stderr, "golden: %s\n", flow_error_text());
        abort();
    }
    return s;
}

void golden_step(int i, flow_model *m, golden *sum)
{
    story_step(golden_cases[i].story, m);
    sum->counts = flow_mix(sum->counts + flow_model_checksum(m));
    uint64_t *who = &sum->who[m->follow.mode];
    if (m->follow.mode != FLOW_INDIVIDUALS_NONE) {
        *who = flow_mix(*who + flow_model_identity_checksum(m));
    }
}
