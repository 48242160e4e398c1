#include <flow/flow.h>
#include <stdio.h>
#include <string.h>

/// Runs a scenario with an installed library; exit status 1 when something is not as promised.
int main(int argc, char **argv)
{
    flow_scenario *scenario = NULL;
    flow_run_report report = {0};
    if (strcmp(flow_version(), FLOW_VERSION) != 0) {
        fprintf(stderr, "header %s, library %s\n", FLOW_VERSION, flow_version());
        return 1;
    }
    if (flow_scenario_load(argc > 1 ? argv[1] : ".", NULL, &scenario) != FLOW_OK ||
        flow_run(scenario, NULL, &report) != FLOW_OK) {
        fprintf(stderr, "%s\n", flow_error_text());
        flow_scenario_free(scenario);
        return 1;
    }
    printf("%lld people after %d days\n", (long long)report.persons, (int)report.days);
    flow_scenario_free(scenario);
    return report.entered == report.persons + report.left ? 0 : 1;
}
