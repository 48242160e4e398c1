// Sudden hazards at a place: whom an event has reached, what it has broken, repairs.
#include "flow/module.h"

#include <math.h>

/// Days of short steps are sums of fractions.
static const double sliver = 1e-6;

double flow_share_any(double a, double b)
{
    return 1.0 - (1.0 - a) * (1.0 - b);
}

flow_impact *flow_impact_at(double *state, int32_t place)
{
    return (flow_impact *)(void *)(state + (int64_t)FLOW_IMPACT_N * place);
}

/// Share of those who are left that must go when the whole grows from `before` to `now`.
static double added(double before, double now)
{
    return now > before ? (now - before) / (1.0 - before) : 0.0;
}

double flow_impact_strike(flow_impact *impact, double from, double to, double pause, double share,
                          double ruin)
{
    if (from > impact->quiet + pause + sliver) { impact->reached = impact->ruined = 0.0; }
    impact->quiet = fmax(impact->quiet, to);
    const double leave = added(impact->reached, share);
    impact->damage = flow_share_any(impact->damage, added(impact->ruined, ruin));
    impact->reached = fmax(impact->reached, share);
    impact->ruined = fmax(impact->ruined, ruin);
    return leave;
}

double flow_impact_repair(flow_impact *impact, double day, double rate)
{
    const double days = day - impact->since;
    if (!(days > 0.0)) { return 0.0; }
    impact->since = day;
    const double before = impact->damage;
    if (!(rate > 0.0)) { return before * days; }
    const double mended = -before * expm1(-rate * days);
    impact->damage = before - mended;
    return mended / rate;
}
