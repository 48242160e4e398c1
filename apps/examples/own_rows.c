// People who choose as this program says, a hazard that it gives in each step, and one that it
// assigns between two steps, without changing the library.
// Usage: own_rows SCENARIO
#include <flow/flow.h>
#include <stdio.h>

enum { n_place = 2, n_step = 4 };

/// How much a day of travel repels.
typedef struct fear {
    double per_day;
} fear;

/// The choice: places weigh as many as live there, less for each day of the way. The weights are a
/// function of the question alone, so the run is the same on any number of threads.
static flow_err choose(void *context, const flow_question *q, double *weight)
{
    const fear *f = context;
    for (int32_t k = 0; k < q->n; k++) {
        weight[k] = q->people[k] / (1.0 + f->per_day * q->days[k]);
        if (k == q->stay) { weight[k] = 0.25 * q->people[k]; }
    }
    return FLOW_OK;
}

/// The river rises: a hazard of leaving the first place, in every step.
static flow_err rise(void *context, uint32_t member, int32_t step, double *hazard, int64_t n)
{
    const double *per_step = context;
    (void)member;
    (void)n; // one per place
    hazard[0] = *per_step * (step + 1);
    return FLOW_OK;
}

static flow_err simulate(const flow_scenario *scenario)
{
    flow_model *model = NULL;
    const flow_model_options options = {.seed = 11};
    flow_err err = flow_model_create(scenario, &options, &model);
    for (int32_t step = 0; step < n_step && err == FLOW_OK; step++) {
        // The other program knows of fighting from the third step on.
        const double conflict[n_place] = {step >= 2 ? 0.5 : 0.0, 0.0};
        double hazard[n_place], gone[n_place];
        err = flow_model_assign(model, "hazard_conflict", conflict, n_place);
        if (err == FLOW_OK) { err = flow_model_step(model); }
        if (err == FLOW_OK) { err = flow_model_observe(model, "hazard_flood", hazard, n_place); }
        if (err == FLOW_OK) { err = flow_model_observe(model, "departures", gone, n_place); }
        if (err != FLOW_OK) { break; }
        printf("step %d: hazard of flood %.2f, of conflict %.2f, %.0f left\n", (int)step, hazard[0],
               conflict[0], gone[0]);
    }
    if (err == FLOW_OK) { printf("%lld people\n", (long long)flow_model_persons(model)); }
    flow_model_free(model);
    return err;
}

int main(int argc, char **argv)
{
    fear slow = {0.8};
    double per_step = 0.01;
    const flow_filler filler[] = {{"flood", choose, &slow}, {"conflict", choose, &slow}};
    const flow_forcing forcing[] = {{"river", "hazard_flood", rise, &per_step}};
    const char *const set[] = {"movement.rule=destination", "destination_flood.kind=callback",
                               "destination_conflict.kind=callback",
                               "destination_conflict.may_stay=true"}; // or in scenario.yaml
    const flow_load_options options = {.set = set,
                                       .n_set = 4,
                                       .forcing = forcing,
                                       .n_forcing = 1,
                                       .filler = filler,
                                       .n_filler = 2};
    flow_scenario *scenario = NULL;
    flow_err err =
        flow_scenario_load(argc > 1 ? argv[1] : "scenarios/two-towns", &options, &scenario);
    if (err == FLOW_OK) { err = simulate(scenario); }
    if (err != FLOW_OK) { fprintf(stderr, "%s\n", flow_error_text()); }
    flow_scenario_free(scenario);
    return err != FLOW_OK;
}
