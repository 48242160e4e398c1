#include <flow/flow.h>
#include <stdio.h>

int main(void)
{
    flow_scenario *scenario = NULL;
    flow_run_report report = {0};
    flow_err err = flow_scenario_load("scenarios/south-sudan-2013", NULL, &scenario);
    if (err == FLOW_OK) { err = flow_run(scenario, NULL, &report); }
    if (err != FLOW_OK) { fprintf(stderr, "%s\n", flow_error_text()); }
    printf("%lld people after %d days\n", (long long)report.persons, (int)report.days);
    flow_scenario_free(scenario);
    return err != FLOW_OK;
}
