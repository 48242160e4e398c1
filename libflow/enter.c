// Who enters: groups by the chances of their place, households, ids.
#include "model.h"
#include "split.h"

#include <math.h>

static bool reserve(flow_entering *e, int32_t n)
{
    if (n <= e->size) { return true; }
    int32_t size = e->size > 0 ? e->size : 64;
    while (size < n) { size *= 2; }
    uint32_t *group = flow_realloc(e->group, size, sizeof *group);
    if (group == NULL) { return false; }
    e->group = group;
    int64_t *number = flow_realloc(e->n, size, sizeof *number);
    if (number == NULL) { return false; }
    e->n = number;
    e->size = size;
    return true;
}

static bool add(flow_entering *e, uint32_t group, int64_t n)
{
    if (n == 0) { return true; }
    if (!reserve(e, e->n_group + 1)) { return false; }
    e->group[e->n_group] = group;
    e->n[e->n_group++] = n;
    return true;
}

/// Status of those who enter. Under the destination rule residents do, too; those whom the list of
/// places calls displaced are so.
static int32_t status_of(const flow_model *m, int32_t place)
{
    if (m->to != NULL && m->work[0].purpose != FLOW_DRAW_INITIAL) { return FLOW_STATUS_RESIDENT; }
    return m->s->foreign[place] ? FLOW_STATUS_REFUGEE : FLOW_STATUS_IDP;
}

/// Everybody who enters gets a class on one more axis.
static bool divide(flow_model *m, const flow_people_axis *axis, int32_t place, int32_t cause,
                   const flow_entering *from, flow_entering *to)
{
    to->n_group = 0;
    for (int32_t i = 0; i < from->n_group; i++) {
        int32_t only = -1;
        switch (axis->kind) {
        case FLOW_AXIS_ORIGIN: only = place; break;
        case FLOW_AXIS_STATUS: only = status_of(m, place); break;
        case FLOW_AXIS_CAUSE: only = cause; break;
        case FLOW_AXIS_DEBT: only = 0; break;
        default: break;
        }
        if (only >= 0) {
            if (!add(to, from->group[i] + (uint32_t)only * axis->stride, from->n[i])) {
                return false;
            }
            continue;
        }
        const double *weight = &axis->weight[(int64_t)place * axis->n_class];
        flow_split(m->work[0].rng, from->n[i], axis->n_class, weight, m->class_tail,
                   m->class_number);
        for (int32_t c = 0; c < axis->n_class; c++) {
            if (!add(to, from->group[i] + (uint32_t)c * axis->stride, m->class_number[c])) {
                return false;
            }
        }
    }
    return true;
}

/// Households that hold about n persons, without bias: what is too much or too little is owed.
static int64_t households(flow_model *m, int32_t place, int64_t n)
{
    m->owed[place] += (double)n;
    const double wanted = m->owed[place] / m->groups.mean_size[place];
    if (!(wanted > 0.0)) { return 0; }
    int64_t part[2];
    flow_split_round(m->work[0].rng, 1, wanted, part);
    return (int64_t)floor(wanted) + part[1];
}

/// The units of one group stand at the place from now on.
static flow_err stand(flow_model *m, int32_t place, uint32_t group, int64_t n, flow_draw purpose)
{
    if (!flow_is_mine(m, place)) { return FLOW_OK; }
    flow_work *w = &m->work[0];
    flow_party party = {.key = {.group = group, .first = m->s->set.hop.start_on_foot}, .n = n};
    if (m->follow.mode != FLOW_INDIVIDUALS_NONE) {
        const bool before = purpose == FLOW_DRAW_INITIAL || purpose == FLOW_DRAW_DAY0;
        const flow_batch about = {.day = before ? -1 : m->day, .place = place, .group = group};
        flow_rng_key(w->who, m->seed, m->member, m->day, FLOW_DRAW_SAMPLE,
                     flow_mix((uint64_t)place << 8 | (uint64_t)purpose) + group);
        const int32_t size = m->groups.household < 0 ? 0 : flow_group_size(&m->groups, group);
        FLOW_TRY(flow_follow_batch(&m->follow, w->who, &w->pool, n, size, about, &party.ids));
    }
    if (!flow_cells_put(&w->pool, &m->here[place], &party)) {
        return flow_fail(FLOW_ENOMEM, "no memory for people");
    }
    return FLOW_OK;
}

flow_err flow_model_enter(flow_model *m, int32_t place, int64_t n, flow_draw purpose, int32_t cause,
                          int64_t *entered)
{
    *entered = 0;
    if (n <= 0) { return FLOW_OK; }
    if ((double)m->entered + (double)n > FLOW_MOST_PEOPLE) {
        return flow_fail(FLOW_ERANGE,
                         "step %d: %lld people enter at '%s', %lld did before; at most %g can "
                         "enter a model",
                         (int)m->day, (long long)n, m->s->place_name[place], (long long)m->entered,
                         FLOW_MOST_PEOPLE);
    }
    const flow_groups *groups = &m->groups;
    if (groups->n_axis > 0) { flow_open(m, &m->work[0], purpose, place); }
    const int64_t units = groups->household < 0 ? n : households(m, place, n);
    flow_entering *from = &m->entering[0], *to = &m->entering[1];
    from->n_group = 0;
    bool good = add(from, 0, units);
    for (int32_t a = 0; a < groups->n_axis && good; a++) {
        good = divide(m, &groups->axis[a], place, cause, from, to);
        flow_entering *other = from;
        from = to;
        to = other;
    }
    if (!good) { return flow_fail(FLOW_ENOMEM, "no memory for groups of people"); }
    int64_t persons = 0;
    for (int32_t i = 0; i < from->n_group; i++) {
        persons += flow_persons(m, from->group[i], from->n[i]);
        FLOW_TRY(stand(m, place, from->group[i], from->n[i], purpose));
    }
    if (groups->household >= 0) { m->owed[place] -= (double)persons; }
    m->count[place] += persons;
    m->spawned[place] += persons;
    m->persons += persons;
    m->entered += persons;
    m->units += units;
    m->units_entered += units;
    *entered = persons;
    return FLOW_OK;
}
