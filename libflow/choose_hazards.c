// What floods and lack of food do to scores and move chances in the hop rule. Formulas:
// docs/model.md, "Floods and food"; the published rules are those of FLEE 3 (Groen et al.).
#include "model.h"

#include <math.h>

double flow_by_level(const flow_list *list, double level)
{
    if (!(level > 0.0)) { return list->value[0]; }
    const double whole = floor(level);
    if (whole >= (double)(list->n - 1)) { return list->value[list->n - 1]; }
    const double *at = &list->value[(int64_t)whole];
    return at[0] + (level - whole) * (at[1] - at[0]);
}

double flow_flood_level(const flow_model *m, int32_t place)
{
    return flow_daily_at(m->s, &m->s->flood, place, m->day);
}

/// Percent of people without food as far as attraction and origins know.
double flow_hunger(const flow_model *m, int32_t place)
{
    if (m->day <= 0 && m->s->set.quirks.no_hunger_on_day0) { return 0.0; }
    return flow_daily_at(m->s, &m->s->food, place, m->day);
}

static double weight_of(const flow_settings_hop *hop, double level)
{
    return hop->flood_weight.n > 0 && level > 0.0 ? flow_by_level(&hop->flood_weight, level) : 1.0;
}

/// Sum over the days ahead with a flood of weight(level) x weight of the day; `today` stands for
/// the level of all of them when it is not negative. Negative: no flood is ahead.
static double forecast(const flow_model *m, int32_t place, double today)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    double sum = 0.0;
    bool any = false;
    for (int64_t k = 0; k < hop->forecast_days && m->day + 1 + k < hop->forecast_end; k++) {
        const double level = flow_daily_at(m->s, &m->s->flood, place, m->day + 1 + (int32_t)k);
        if (!(level > 0.0)) { continue; }
        any = true;
        sum += weight_of(hop, today < 0.0 ? level : today) * hop->forecast_weight.value[k];
    }
    return any ? sum : -1.0;
}

/// Factor on attraction that a forecast makes.
static double forecast_pull(const flow_model *m, int32_t place, double today)
{
    const flow_settings_quirks *quirks = &m->s->set.quirks;
    const double f = forecast(m, place, today);
    if (f < 0.0) { return quirks->dry_forecast_stops ? 0.0 : 1.0; }
    const double mean = f / (double)m->s->set.hop.forecast_days;
    return quirks->forecast_squared ? f * mean : mean;
}

double flow_flood_score(const flow_model *m, int32_t place)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const bool twice = m->s->set.quirks.flood_weight_twice && m->kind[place] == FLOW_FLOOD_ZONE;
    if (!twice) { return 1.0; }
    const double factor = weight_of(hop, flow_flood_level(m, place));
    return hop->flood_forecast ? factor * forecast_pull(m, place, -1.0) : factor;
}

/// Factor of the end point score, but for the awareness of people.
static double end_factor(const flow_model *m, int32_t place)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    const double level = flow_flood_level(m, place);
    const double factor = weight_of(hop, level);
    if (!hop->flood_forecast) { return factor; }
    const double today = m->s->set.quirks.forecast_of_today ? level : -1.0;
    return factor * forecast_pull(m, place, today);
}

/// Move chance of a place after what it would be without hazards.
static double hazard_chance(const flow_model *m, int32_t place, double chance)
{
    const flow_settings_hop *hop = &m->s->set.hop;
    if (hop->flee_when_starving) {
        const double i = flow_daily_at(m->s, &m->s->food, place, m->day) / 100.0;
        chance = i + (1.0 - i) * chance;
    }
    const double level = flow_flood_level(m, place);
    if (level > 0.0 && hop->flood_movechance.n > 0) {
        chance = flow_by_level(&hop->flood_movechance, level);
    }
    if (!hop->flood_forecast) { return chance; }
    const double f = forecast(m, place, -1.0);
    if (f < 0.0) { return m->s->set.quirks.dry_forecast_stops ? 0.0 : chance; }
    return chance * f / (double)hop->forecast_days;
}

void flow_model_hazards(flow_model *m)
{
    const flow_scenario *s = m->s;
    const flow_settings_hop *hop = &s->set.hop;
    if (s->flood.n == 0 && s->food.n == 0 && !hop->flood_forecast) { return; }
    for (int32_t p = 0; p < s->n_place; p++) {
        m->flood_pull[p] = end_factor(m, p);
        m->leave[p] = hazard_chance(m, p, m->leave[p]);
    }
}

static bool changes(const flow_scenario *s, const flow_daily *daily, int32_t day)
{
    for (int32_t r = 0; r < daily->n; r++) {
        const double *row = &daily->value[(int64_t)r * s->n_step];
        if (row[day] != (day > 0 ? row[day - 1] : 0.0)) { return true; }
    }
    return false;
}

bool flow_hazards_change(const flow_model *m)
{
    const flow_scenario *s = m->s;
    if (s->set.hop.flood_forecast || (s->food.n > 0 && m->day <= 1)) { return true; }
    return changes(s, &s->flood, m->day) || changes(s, &s->food, m->day);
}
