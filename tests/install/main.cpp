#include <flow/flow.h>
#include <flow/module.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

/// Uses an installed library from C++; exit status 1 when something is not as promised.
int main(int argc, char **argv)
{
    if (std::string(flow_version()) != FLOW_VERSION) { return 1; }
    flow_scenario *loaded = nullptr;
    if (flow_scenario_load(argc > 1 ? argv[1] : ".", nullptr, &loaded) != FLOW_OK) {
        std::fprintf(stderr, "%s\n", flow_error_text());
        return 1;
    }
    const std::unique_ptr<flow_scenario, decltype(&flow_scenario_free)> scenario(loaded,
                                                                                 flow_scenario_free);
    flow_run_options options{};
    options.model.seed = 7;
    std::vector<flow_run_report> member(3);
    flow_run_report all{};
    if (flow_run_members(scenario.get(), &options, 3, &all, member.data()) != FLOW_OK) {
        std::fprintf(stderr, "%s\n", flow_error_text());
        return 1;
    }
    flow_observable_info first{};
    if (flow_describe_observable(scenario.get(), 0, &first) != FLOW_OK) { return 1; }
    std::printf("%s of %lld places: %lld persons in 3 members\n", first.name,
                static_cast<long long>(first.n), static_cast<long long>(all.persons));
    return member[0].persons + member[1].persons + member[2].persons == all.persons ? 0 : 1;
}
