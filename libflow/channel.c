// Channels of links: what there is to choose in this step, what it costs, what it is worth.
#include "channel.h"

#include "columns.h"

#include <math.h>
#include <string.h>

// What there is -----------------------------------------------------------------------------------

/// Value of a quantity of a link and channel.
static double value(const flow_model *m, int32_t quantity, int32_t channel, int32_t link,
                    double neutral)
{
    const double *all = flow_model_quantity(m, quantity + channel);
    return all != NULL ? all[link] : neutral;
}

bool flow_channel_regular(const flow_model *m, int32_t link)
{
    if (!isfinite(m->to->cost[link])) { return false; }
    if (!flow_channel_chosen(m, link)) { return true; }
    return m->to->passage[(int64_t)link * FLOW_N_CHANNEL + FLOW_CHANNEL_REGULAR].open;
}

/// A chance whose odds are multiplied.
static double with_odds(double chance, double factor)
{
    return chance < 1.0 ? factor * chance / (1.0 - chance + factor * chance) : 1.0;
}

static flow_passage passage_of(const flow_model *m, int32_t link, int32_t channel)
{
    flow_passage way = {.open = value(m, FLOW_Q_OFFERED, channel, link, 0.0) > 0.0};
    if (channel == FLOW_CHANNEL_REGULAR) { way.open = way.open && flow_link_passable(m, link); }
    const double before = value(m, FLOW_Q_INTERCEPTION, channel, link, 0.0);
    way.intercepted = with_odds(before, value(m, FLOW_Q_DETECTION_FACTOR, channel, link, 1.0));
    way.turned_back = 1.0 - value(m, FLOW_Q_SUCCESS, channel, link, 1.0);
    way.died = fmin(value(m, FLOW_Q_DEATH_RISK, channel, link, 0.0) *
                        value(m, FLOW_Q_DEATH_FACTOR, channel, link, 1.0),
                    1.0);
    way.trafficked = fmin(value(m, FLOW_Q_TRAFFICKING_RISK, channel, link, 0.0) *
                              value(m, FLOW_Q_TRAFFICKING_FACTOR, channel, link, 1.0),
                          1.0);
    way.bias = value(m, FLOW_Q_RISK_BIAS, channel, link, 1.0);
    way.fee =
        value(m, FLOW_Q_FEE, channel, link, 0.0) * value(m, FLOW_Q_FEE_FACTOR, channel, link, 1.0);
    if (channel == FLOW_CHANNEL_SMUGGLED && before > 0.0) {
        way.fee *= pow(way.intercepted / before, m->s->set.passage.fee_elasticity);
    }
    return way;
}

void flow_channel_chances(const flow_model *m, const flow_passage *way, bool debt,
                          double chance[static FLOW_N_OUTCOME])
{
    const flow_settings_passage *set = &m->s->set.passage;
    const double died = way->died;
    const double trafficked = fmin(way->trafficked * (debt ? set->debt_trafficking : 1.0), 1.0);
    const double all = way->intercepted + way->turned_back + died + trafficked;
    const double scale = all > 1.0 ? 1.0 / all : 1.0;
    chance[FLOW_END_PASSED] = fmax(1.0 - all, 0.0);
    chance[FLOW_END_INTERCEPTED] = scale * way->intercepted;
    chance[FLOW_END_TURNED_BACK] = scale * way->turned_back;
    chance[FLOW_END_DIED] = scale * died * (1.0 - set->missing_share);
    chance[FLOW_END_MISSING] = scale * died * set->missing_share;
    chance[FLOW_END_TRAFFICKED] = scale * trafficked;
}

// What it is worth --------------------------------------------------------------------------------

/// Factor on the money of people at a place.
static double factor_of_wealth(const flow_model *m, int32_t place)
{
    const double *factor = flow_model_quantity(m, FLOW_Q_WEALTH_FACTOR);
    return factor != NULL ? factor[place] : 1.0;
}

double flow_channel_wealth(const flow_model *m, int32_t place, uint32_t group)
{
    const flow_groups *groups = &m->groups;
    const double factor = factor_of_wealth(m, place);
    if (groups->wealth >= 0) {
        return factor * groups->usd[flow_group_class(&groups->axis[groups->wealth], group)];
    }
    const int32_t home = flow_group_class(flow_groups_origin(groups), group);
    return factor * m->s->set.destination.wealth * flow_real_wage(m, home);
}

/// Days that whoever comes now waits at the gate.
static double days_at_gate(const flow_model *m, int32_t link)
{
    const double pass = flow_link_gate(m, link);
    const flow_cells *gate = &m->to->gate[link];
    if (pass >= 1e12 || gate->n == 0) { return 0.0; }
    double n = 0.0;
    for (int32_t i = 0; i < gate->n; i++) {
        n += (double)flow_persons(m, gate->row[i].key.group, gate->row[i].n);
    }
    return fmin(n / fmax(pass, 1e-6), 1e6);
}

/// Utility without what differs from moment to moment.
static double utility(const flow_model *m, const flow_passage *way, int32_t channel,
                      const flow_traveller *who, double fee, bool knows)
{
    const flow_settings_passage *set = &m->s->set.passage;
    if (!way->open || fee > who->wealth + set->credit) { return -(double)INFINITY; }
    const double constant[] = {set->regular, set->irregular, set->smuggled};
    double chance[FLOW_N_OUTCOME];
    flow_channel_chances(m, way, who->debt || fee > who->wealth, chance);
    const double harm =
        chance[FLOW_END_DIED] + chance[FLOW_END_MISSING] + chance[FLOW_END_TRAFFICKED];
    const double seen = knows ? harm : with_odds(harm, way->bias);
    const double kept = chance[FLOW_END_INTERCEPTED] + chance[FLOW_END_TURNED_BACK];
    return constant[channel] - set->fee * fee / fmax(who->wealth, 1.0) +
           set->success * (1.0 - kept) - set->risk * seen;
}

double flow_channel_utility(const flow_model *m, int32_t link, int32_t channel,
                            const flow_traveller *who, double fee, bool knows)
{
    const flow_passage *way = &m->to->passage[(int64_t)link * FLOW_N_CHANNEL + channel];
    const double v = utility(m, way, channel, who, fee, knows);
    if (channel != FLOW_CHANNEL_REGULAR || !isfinite(v)) { return v; }
    return v - m->s->set.passage.queue * days_at_gate(m, link);
}

double flow_channel_entry(const flow_model *m, int32_t link, int32_t entry)
{
    const int32_t *country = m->s->world.place_country;
    const int32_t to = country[m->s->link_to[link]];
    if (entry == FLOW_ENTRY_HOME || country[m->s->link_from[link]] == to) { return 1.0; }
    const int32_t status = entry == FLOW_ENTRY_LABOUR ? FLOW_STATUS_LABOUR : FLOW_STATUS_REFUGEE;
    const double *share = flow_model_quantity(m, FLOW_Q_ENTRY + status);
    return share != NULL ? share[to] : 1.0;
}

double flow_channel_recruitment(const flow_model *m, int32_t link)
{
    const double *wage = flow_model_quantity(m, FLOW_Q_WAGE);
    const flow_settings_passage *set = &m->s->set.passage;
    return set->recruitment_months * set->month_wage *
           (wage != NULL ? wage[m->s->link_to[link]] : 1.0) *
           value(m, FLOW_Q_FEE_FACTOR, FLOW_CHANNEL_REGULAR, link, 1.0);
}

/// Sums of exp(utility) of the regular way and of the others for one kind of traveller.
static void weigh(const flow_model *m, int32_t link, const flow_traveller *who, double sum[2])
{
    const flow_settings_passage *set = &m->s->set.passage;
    for (int32_t c = 0; c < FLOW_N_CHANNEL; c++) {
        const flow_passage *way = &m->to->passage[(int64_t)link * FLOW_N_CHANNEL + c];
        const double best = set->regular + set->success;
        const double mixed =
            who->aware * exp(utility(m, way, c, who, way->fee, true) - best) +
            (1.0 - who->aware) * exp(utility(m, way, c, who, way->fee, false) - best);
        sum[c != FLOW_CHANNEL_REGULAR] += mixed;
    }
}

/// Expected utility of the best way over a link, of people as they live where it begins, less that
/// of a free and safe regular crossing.
static void set_inclusive(flow_model *m, int32_t link)
{
    flow_destination *d = m->to;
    const flow_groups *groups = &m->groups;
    const int32_t place = m->s->link_from[link];
    const double *aware = flow_model_quantity(m, FLOW_Q_AWARENESS);
    const double *risk = flow_model_quantity(m, FLOW_Q_RISK_AWARENESS);
    flow_traveller who = {.aware = flow_share_any(aware != NULL ? aware[place] : 0.0,
                                                  risk != NULL ? risk[link] : 0.0)};
    const double factor = factor_of_wealth(m, place);
    double sum[2] = {0.0, 0.0};
    if (groups->wealth < 0) {
        who.wealth = factor * m->s->set.destination.wealth * flow_real_wage(m, place);
        weigh(m, link, &who, sum);
    } else {
        const flow_people_axis *axis = &groups->axis[groups->wealth];
        for (int32_t c = 0; c < axis->n_class; c++) {
            double part[2] = {0.0, 0.0};
            who.wealth = factor * groups->usd[c];
            weigh(m, link, &who, part);
            const double share = axis->weight[(int64_t)place * axis->n_class + c];
            for (int k = 0; k < 2; k++) { sum[k] += share * part[k]; }
        }
    }
    for (int32_t e = 0; e < FLOW_N_ENTRY; e++) {
        const double in = flow_channel_entry(m, link, e);
        d->inclusive[(int64_t)e * m->s->n_link + link] = log(in * sum[0] + sum[1]);
    }
}

// The step ----------------------------------------------------------------------------------------

/// Sum of the versions of what ways are made from.
static uint64_t version_of_offers(const flow_model *m)
{
    static const int32_t read[][2] = {
        {FLOW_Q_FEE, FLOW_Q_TRAFFICKING_RISK_LAST},   {FLOW_Q_ENTRY, FLOW_Q_ENTRY_LAST},
        {FLOW_Q_PASSABLE, FLOW_Q_PASSABLE},           {FLOW_Q_SEATS, FLOW_Q_SEATS},
        {FLOW_Q_AWARENESS, FLOW_Q_AWARENESS},         {FLOW_Q_WAGE, FLOW_Q_WAGE},
        {FLOW_Q_WEALTH_FACTOR, FLOW_Q_WEALTH_FACTOR}, {FLOW_Q_PRICE_INDEX, FLOW_Q_PRICE_INDEX}};
    uint64_t sum = m->version;
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        for (int32_t id = read[i][0]; id <= read[i][1]; id++) {
            sum += flow_columns_version(m->columns, id);
        }
    }
    return sum;
}

flow_err flow_channels_update(flow_model *m)
{
    flow_destination *d = m->to;
    if (!d->channels) { return FLOW_OK; }
    const uint64_t now = version_of_offers(m);
    if (now == d->offers) { return FLOW_OK; }
    d->offers = now;
    d->version++;
    memset(d->inclusive, 0, (size_t)m->s->n_link * FLOW_N_ENTRY * sizeof *d->inclusive);
    for (int32_t l = 0; l < m->s->n_link; l++) {
        d->chosen[l] = false;
        for (int32_t c = 0; c < FLOW_N_CHANNEL; c++) {
            d->passage[(int64_t)l * FLOW_N_CHANNEL + c] = passage_of(m, l, c);
            d->chosen[l] = d->chosen[l] || value(m, FLOW_Q_OFFERED, c, l, 0.0) > 0.0;
        }
        if (d->chosen[l]) { set_inclusive(m, l); }
    }
    return FLOW_OK;
}

/// Nobody has tried to pass today.
static void clear_tallies(flow_model *m)
{
    const int64_t n = (int64_t)m->s->n_link * FLOW_N_CHANNEL;
    memset(m->to->outcome, 0, (size_t)(n * FLOW_N_OUTCOME) * sizeof *m->to->outcome);
    for (int64_t i = 0; i < n; i++) { m->to->paid[i] = 0.0; }
}

void flow_channels_reset(flow_model *m)
{
    clear_tallies(m);
    const int64_t n = (int64_t)m->s->n_link * FLOW_N_CHANNEL;
    for (int64_t i = 0; i < n; i++) { m->to->places_carry[i] = 0.0; }
}

void flow_channels_open(flow_model *m)
{
    flow_destination *d = m->to;
    if (!d->channels) { return; }
    clear_tallies(m);
    const double *seats = flow_model_quantity(m, FLOW_Q_SEATS);
    const int64_t n = (int64_t)m->s->n_link * FLOW_N_CHANNEL;
    for (int64_t i = 0; i < n; i++) {
        const int32_t link = (int32_t)(i / FLOW_N_CHANNEL), c = (int32_t)(i % FLOW_N_CHANNEL);
        const double most = c == FLOW_CHANNEL_REGULAR
                                ? (seats != NULL && d->chosen[link] ? seats[link] : 0.0)
                                : value(m, FLOW_Q_PASSAGES, c, link, 1e12);
        d->places_left[i] = INT64_MAX / 2;
        if (most >= 1e12) { continue; }
        const double whole = most * m->s->world.dt + d->places_carry[i];
        d->places_left[i] = flow_allowance(whole, &d->places_carry[i]);
    }
}

void flow_channels_close(flow_model *m)
{
    flow_destination *d = m->to;
    const int64_t n = d->channels ? (int64_t)m->s->n_link * FLOW_N_CHANNEL : 0;
    for (int64_t i = 0; i < n; i++) {
        if (d->places_left[i] < 0) { d->places_carry[i] += (double)d->places_left[i]; }
    }
}

bool flow_channel_leads(const flow_model *m, int32_t place, int32_t to)
{
    const flow_destination *d = m->to;
    const int32_t *country = m->s->world.place_country;
    if (!d->channels || country[place] == country[to]) { return false; }
    int32_t row = flow_routes_row(d->routes, place, to), n;
    const flow_route *way = flow_routes_from(d->routes, place, &n);
    for (; row > 0; row = way[row].parent) {
        const int32_t link = way[row].link;
        if (country[m->s->link_from[link]] != country[to]) { return d->chosen[link]; }
    }
    return false;
}
