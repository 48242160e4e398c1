// A driver of one's own, and a column that another model fills, without changing the library.
// Usage: own_module SCENARIO
#include <flow/module.h>
#include <stdio.h>

// The driver: locusts land at a place and spread; where they are, crops and then people go.

typedef struct param {
    double rate;
    int32_t landing;
    char *place;
} param;

static const flow_field fields[] = {
    {"rate", offsetof(param, rate), FLOW_DOUBLE, "d-1", "0.01", 0, 1, NULL, 'A', "this example",
     "Hazard of leaving where all crops are eaten."},
    {"landing", offsetof(param, landing), FLOW_DATE, "", "2024-01-03", 0, 0, NULL, 'A',
     "this example", "Day on which the locusts land."},
    {"place", offsetof(param, place), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Where they land. Must be given."},
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup)
{
    int32_t *place = flow_setup_keep(setup, 1, sizeof *place);
    if (place == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for locusts"); }
    *place = flow_setup_place(setup, "place"); // a wrong name is reported with its line
    setup->data = place;
    setup->n_state = setup->world->n_place; // share of the crops eaten, 0 at first
    return FLOW_OK;
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const int32_t *landed = turn->data;
    const flow_world *world = turn->world;
    double *eaten = turn->state;
    if (world->start + turn->day >= p->landing) {
        eaten[*landed] += 0.25 * turn->world->dt * (1.0 - eaten[*landed]);
    }
    for (int32_t i = 0; i < world->n_place; i++) { turn->own[0][i] = p->rate * eaten[i]; }
    return FLOW_OK;
}

static const flow_module locusts = {.version = FLOW_MODULE_VERSION,
                                    .kind = FLOW_DRIVER,
                                    .name = "locusts",
                                    .help = "Locusts land at a place and eat its crops.",
                                    .source = "this example",
                                    .field = fields,
                                    .param_size = sizeof(param),
                                    .writes = "hazard_other",
                                    .load = load,
                                    .step = step};

// The other model: it tells how high the river stands.

static flow_err river(void *context, uint32_t member, int32_t day, double *hazard, int64_t n)
{
    const double *height_m = context;
    (void)member;
    for (int64_t i = 0; i < n; i++) { hazard[i] = day >= 2 ? 0.02 * *height_m : 0.0; }
    return FLOW_OK;
}

static flow_err simulate(const flow_scenario *scenario)
{
    flow_model *model = NULL;
    flow_err err = flow_model_create(scenario, NULL, &model);
    for (int32_t day = 0; day < 5 && err == FLOW_OK; day++) {
        double other[2], flood[2];
        err = flow_model_step(model);
        if (err == FLOW_OK) { err = flow_model_observe(model, "hazard_other__locusts", other, 2); }
        if (err == FLOW_OK) { err = flow_model_observe(model, "hazard_flood", flood, 2); }
        if (err != FLOW_OK) { break; }
        printf("day %d: locusts %.5f, river %.3f\n", (int)day, other[0], flood[0]);
    }
    flow_model_free(model);
    return err;
}

int main(int argc, char **argv)
{
    const flow_module *const modules[] = {&locusts};
    double height_m = 1.5;
    const flow_forcing forcing[] = {{"river", "hazard_flood", river, &height_m}};
    const char *const set[] = {"locusts.place=Ash"}; // or a section in scenario.yaml
    const flow_load_options options = {.set = set,
                                       .n_set = 1,
                                       .module = modules,
                                       .n_module = 1,
                                       .forcing = forcing,
                                       .n_forcing = 1};
    flow_scenario *scenario = NULL;
    flow_err err =
        flow_scenario_load(argc > 1 ? argv[1] : "scenarios/two-towns", &options, &scenario);
    if (err == FLOW_OK) { err = simulate(scenario); }
    if (err != FLOW_OK) { fprintf(stderr, "%s\n", flow_error_text()); }
    flow_scenario_free(scenario);
    return err != FLOW_OK;
}
