// Status of people when they leave a place, cross a border and arrive.
#include "channel.h"
#include "split.h"
#include "status.h"

bool flow_status_rules(const flow_model *m)
{
    return m->groups.status >= 0 && flow_groups_origin(&m->groups) != NULL &&
           flow_model_quantity(m, FLOW_Q_CLAIM_SHARE) != NULL;
}

int32_t flow_status_of(const flow_model *m, uint32_t group)
{
    const flow_groups *groups = &m->groups;
    return groups->status < 0 ? -1 : flow_group_class(&groups->axis[groups->status], group);
}

static uint32_t with_status(const flow_model *m, uint32_t group, int32_t status)
{
    return flow_group_change(&m->groups.axis[m->groups.status], group, status);
}

static int32_t cause_of(const flow_model *m, uint32_t group)
{
    return flow_group_class(&m->groups.axis[m->groups.cause], group);
}

uint32_t flow_status_become(const flow_model *m, uint32_t group, int32_t status)
{
    const bool solved = status == FLOW_STATUS_RESIDENT || status == FLOW_STATUS_INTEGRATED ||
                        status == FLOW_STATUS_RESETTLED;
    if (solved) {
        group = flow_group_change(&m->groups.axis[m->groups.cause], group, FLOW_CAUSE_INITIAL);
    }
    return with_status(m, group, status);
}

/// Country of the place where people of a group entered.
static int32_t home_country(const flow_model *m, uint32_t group)
{
    const int32_t home = flow_group_class(flow_groups_origin(&m->groups), group);
    return m->s->world.place_country[home];
}

// Leaving -----------------------------------------------------------------------------------------

double flow_status_redisplaced(const flow_model *m, int32_t place, uint32_t group)
{
    const double *hazard = flow_model_quantity(m, FLOW_Q_REDISPLACEMENT);
    if (hazard == NULL || flow_status_of(m, group) != FLOW_STATUS_RETURNEE) { return 0.0; }
    const double *factor = flow_model_quantity(m, FLOW_Q_REDISPLACEMENT_FACTOR);
    return hazard[place] * (factor != NULL ? factor[place] : 1.0);
}

uint32_t flow_status_leaves(const flow_model *m, uint32_t group, int32_t cause)
{
    const bool again = cause != FLOW_CAUSE_RETURN && flow_status_rules(m) &&
                       flow_status_of(m, group) == FLOW_STATUS_RETURNEE;
    return again ? with_status(m, group, FLOW_STATUS_IDP) : group;
}

uint32_t flow_status_permitted(const flow_model *m, uint32_t group)
{
    return flow_status_rules(m) ? with_status(m, group, FLOW_STATUS_LABOUR) : group;
}

// Crossing a border -------------------------------------------------------------------------------

/// Status of people who cross into the country where they entered; as before: those who pass
/// through another country on a way within their own.
static int32_t comes_home(int32_t before)
{
    const bool was_here = before == FLOW_STATUS_RESIDENT || before == FLOW_STATUS_IDP ||
                          before == FLOW_STATUS_RETURNEE || before == FLOW_STATUS_TRAFFICKED;
    return was_here ? before : FLOW_STATUS_RETURNEE;
}

/// The first n units of a party, in another status, into the next of `out`.
static void part(const flow_model *m, flow_work *w, flow_party *party, int64_t n, int32_t status,
                 flow_party *out, int32_t *n_out)
{
    if (n == 0) { return; }
    flow_part(m, w, party, n, &out[*n_out]);
    out[*n_out].key.group = with_status(m, out[*n_out].key.group, status);
    (*n_out)++;
}

int32_t flow_status_cross(const flow_model *m, flow_work *w, int32_t link, flow_party *party,
                          flow_party out[static FLOW_MOST_PARTS])
{
    const int32_t place = m->s->link_to[link];
    const int32_t country = m->s->world.place_country[place];
    const int32_t before = flow_status_of(m, party->key.group);
    const int32_t cause = cause_of(m, party->key.group);
    int32_t n = 0;
    if (country == home_country(m, party->key.group)) {
        part(m, w, party, party->n, comes_home(before), out, &n);
        return n;
    }
    if (cause == FLOW_CAUSE_RETURN || before == FLOW_STATUS_TRAFFICKED) {
        part(m, w, party, party->n, before, out, &n);
        return n;
    }
    if (cause == FLOW_CAUSE_ECONOMIC) {
        const bool regular = before != FLOW_STATUS_IRREGULAR;
        part(m, w, party, party->n, regular ? FLOW_STATUS_LABOUR : before, out, &n);
        return n;
    }
    const double *group = flow_model_quantity(m, FLOW_Q_PRIMA_FACIE);
    const double *claim = flow_model_quantity(m, FLOW_Q_CLAIM_SHARE);
    const flow_key key = party->key;
    const flow_spot spot = {.place = place, .link = link, .key = &key};
    if (group != NULL && group[country] > 0.0) {
        flow_status_open(m, w, spot, FLOW_OF_ARRIVAL);
        const int64_t refugees = flow_binomial(w->rng, party->n, group[country]);
        part(m, w, party, refugees, FLOW_STATUS_REFUGEE, out, &n);
    }
    if (claim[country] > 0.0) {
        flow_status_open(m, w, spot, FLOW_OF_CLAIM);
        const int64_t asylum = flow_binomial(w->rng, party->n, claim[country]);
        part(m, w, party, asylum, FLOW_STATUS_ASYLUM, out, &n);
    }
    part(m, w, party, party->n, FLOW_STATUS_IRREGULAR, out, &n);
    return n;
}

// Arriving ----------------------------------------------------------------------------------------

/// Status of people who have arrived in the country where they entered, but not at home.
static int32_t in_own_country(int32_t before, int32_t cause)
{
    const bool at_rest = before == FLOW_STATUS_RESIDENT || before == FLOW_STATUS_INTEGRATED;
    return at_rest && cause != FLOW_CAUSE_ECONOMIC ? FLOW_STATUS_IDP : before;
}

/// Status of people who are where they wanted to be.
static int32_t on_arrival(const flow_model *m, int32_t place, uint32_t group, bool home)
{
    if (!flow_status_rules(m)) {
        if (!home && flow_channel_keeps(m, place, group)) { return flow_status_of(m, group); }
        return home                   ? FLOW_STATUS_RESIDENT
               : m->s->foreign[place] ? FLOW_STATUS_REFUGEE
                                      : FLOW_STATUS_IDP;
    }
    const int32_t before = flow_status_of(m, group);
    if (before == FLOW_STATUS_TRAFFICKED) { return before; }
    if (home) { return FLOW_STATUS_RETURNEE; }
    const bool own = m->s->world.place_country[place] == home_country(m, group);
    return own ? in_own_country(before, cause_of(m, group)) : before;
}

uint32_t flow_status_settled(const flow_model *m, int32_t place, uint32_t group, bool *home)
{
    const flow_groups *groups = &m->groups;
    const flow_people_axis *origin = flow_groups_origin(groups);
    *home = origin != NULL && flow_group_class(origin, group) == place;
    if (groups->status >= 0) { group = with_status(m, group, on_arrival(m, place, group, *home)); }
    if (*home) {
        group = flow_group_change(&groups->axis[groups->cause], group, FLOW_CAUSE_INITIAL);
    }
    return group;
}
