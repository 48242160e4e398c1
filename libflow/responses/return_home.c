// Return: displaced people go home as homes are repaired and the place is safe again.
#include "flow/module.h"

#include <math.h>

/// What it reads.
enum {
    CONFLICT,
    DAMAGE,
    FOOD,
    SAFETY,
    OFFER,
    WORK, ///< where people are
    IN_NEED,
    REACHED = IN_NEED + FLOW_N_SECTOR
};
enum { HAZARD, ECONOMIC, HOMEWARD }; // own columns

typedef struct param {
    double rate; ///< 1/d
    double conflict, damage, food, services;
    double offer, work;
    bool homes;
    double economic;
} param;

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    {"rate", AT(rate), FLOW_DOUBLE, "d-1", "0.1", 0, 1000, NULL, 'A', "libflow",
     "Hazard of going home to a place where all is well."},
    {"conflict", AT(conflict), FLOW_DOUBLE, "1", "4", 0, 1000, NULL, 'A',
     "With rate it gives 5 % a month at level 1, as in Iraq in 2017 (IOM DTM), its best year",
     "Logarithm by which conflict of level 1 at home lowers the hazard."},
    {"damage", AT(damage), FLOW_DOUBLE, "1", "1", 0, 1000, NULL, 'A', "libflow",
     "Logarithm by which it is lower where no home can be lived in: shops, schools and work are "
     "gone, too."},
    {"food", AT(food), FLOW_DOUBLE, "1", "1", 0, 1000, NULL, 'A', "libflow",
     "Logarithm by which food insecurity 1 at home lowers it."},
    {"services", AT(services), FLOW_DOUBLE, "1", "0.5", 0, 1000, NULL, 'A', "libflow",
     "Logarithm by which it is lower where no need of those who are at home is met (mean over the "
     "sectors; what nobody counts is met)."},
    {"offer", AT(offer), FLOW_DOUBLE, "1", "0", 0, 1000, NULL, 'A',
     "libflow: assisted_return counts the effect of its offers itself",
     "Logarithm by which 1,000 USD offered to those who go (return_offer) by others than "
     "assisted_return raise it."},
    {"work", AT(work), FLOW_DOUBLE, "1", "1", 0, 1000, NULL, 'A', "libflow",
     "Logarithm by which it is lower where all refugees have work (employed_refugee)."},
    {"homes", AT(homes), FLOW_BOOL, "", "true", 0, 0, NULL, 'A', "libflow",
     "Only those whose home can be lived in go back: it is known how many are away and how many "
     "homes are damaged."},
    {"economic", AT(economic), FLOW_DOUBLE, "1", "0.005", 0, 1e6, NULL, 'A', "libflow",
     "Factor on the hazard for those who left for work."},
    FLOW_FIELD_END};

/// Of those who are away, the share whose home can be lived in. Damaged homes belong to people who
/// are away, as long as as many are; where more people are than lived there it is that of all.
static double share_with_home(double damage, double lived, double now)
{
    if (!(damage > 0.0)) { return 1.0; }
    const double away = lived - now;
    if (!(away > 0.0)) { return 1.0 - damage; }
    return fmax(1.0 - damage * lived / away, 0.0);
}

/// Share of the needs at a place that nobody meets, mean over sectors.
static double unmet(const flow_turn *turn, int32_t place)
{
    double sum = 0.0;
    int32_t n = 0;
    for (int32_t s = 0; s < FLOW_N_SECTOR; s++) {
        const double need = turn->read[IN_NEED + s][place];
        if (!(need > 0.0)) { continue; }
        sum += fmin(turn->read[REACHED + s][place] / need, 1.0);
        n++;
    }
    return n > 0 ? 1.0 - sum / n : 0.0;
}

static void set(double *at, double value, bool *same)
{
    *same = *same && !(value < *at || value > *at);
    *at = value;
}

static flow_err start(flow_turn *turn)
{
    const param *p = turn->param;
    for (int32_t i = 0; i < turn->world->n_place; i++) { turn->own[ECONOMIC][i] = p->economic; }
    return FLOW_OK;
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const flow_world *w = turn->world;
    bool same = turn->step > 0;
    for (int32_t i = 0; i < w->n_place; i++) {
        const double damage = turn->read[DAMAGE][i];
        double hazard = p->rate * turn->read[SAFETY][i] *
                        exp(-p->conflict * turn->read[CONFLICT][i] - p->damage * damage -
                            p->food * turn->read[FOOD][i] - p->services * unmet(turn, i));
        if (p->homes) {
            hazard *= share_with_home(damage, w->population[i], (double)turn->people[i]);
        }
        set(&turn->own[HAZARD][i], hazard, &same);
        const double here =
            exp(p->offer * 1e-3 * turn->read[OFFER][i] - p->work * turn->read[WORK][i]);
        set(&turn->own[HOMEWARD][i], fmin(here, 1e6), &same);
    }
    turn->unchanged = same;
    return FLOW_OK;
}

const flow_module flow_module_return_home = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE, // it sees what the drivers do in the same step
    .name = "return_home",
    .help = "Displaced people go home as homes are repaired and the place is safe again.",
    .source = "libflow: hazard = rate * safety * share with a home * exp(-conflict C - damage D - "
              "food F - services unmet) at home, * exp(offer USD / 1000 - work employed) where "
              "people are",
    .field = fields,
    .param_size = sizeof(param),
    .writes = "return_hazard,return_factor_economic,homeward_factor",
    .reads = "conflict_level,housing_damage,food_insecurity,safety,return_offer,employed_refugee,"
             "in_need_shelter,in_need_food,in_need_water,in_need_health,in_need_education,"
             "in_need_legal,reached_shelter,reached_food,reached_water,reached_health,"
             "reached_education,reached_legal",
    .start = start,
    .step = step};
