// Who is where, as modules see them: people of each place by home and status.
#include "destination.h"

#include <string.h>

static bool reserve(flow_model *m, int64_t n)
{
    if (n <= m->crowd_size) { return true; }
    int64_t size = m->crowd_size > 0 ? m->crowd_size : 256;
    while (size < n) { size *= 2; }
    flow_people *crowd = flow_realloc(m->crowd, size, sizeof *crowd);
    if (crowd == NULL) { return false; }
    m->crowd = crowd;
    m->crowd_size = size;
    return true;
}

/// Add the people of a set who are at a place; false when out of memory.
static bool add(flow_model *m, const flow_people_axis *origin, int32_t place,
                const flow_cells *cells, int64_t *n)
{
    if (cells->n == 0) { return true; }
    if (!reserve(m, *n + cells->n)) { return false; }
    const flow_people_axis *axis = &m->groups.axis[m->groups.status];
    for (int32_t i = 0; i < cells->n; i++) {
        const flow_cell *cell = &cells->row[i];
        flow_people *row = &m->crowd[(*n)++];
        row->place = place;
        row->home = origin != NULL ? flow_group_class(origin, cell->key.group) : -1;
        row->status = flow_group_class(axis, cell->key.group);
        row->group = cell->key.group;
        row->persons = flow_persons(m, cell->key.group, cell->n);
    }
    return true;
}

flow_err flow_model_presence(flow_model *m, flow_presence *out)
{
    flow_share_people(m);
    *out = (flow_presence){.people = m->count};
    if (!m->crowded) { return FLOW_OK; }
    const int32_t n_place = m->s->n_place;
    memset(m->by_status, 0, (size_t)n_place * FLOW_N_STATUS * sizeof *m->by_status);
    const flow_people_axis *origin = flow_groups_origin(&m->groups);
    int64_t n = 0;
    bool good = true;
    for (int32_t p = 0; p < n_place && good; p++) {
        good = add(m, origin, p, &m->here[p], &n);
        const int32_t end = m->to != NULL ? m->s->first_link[p + 1] : 0;
        for (int32_t l = m->s->first_link[p]; l < end && good; l++) { // who wait to pass
            good = add(m, origin, p, &m->to->gate[l], &n);
        }
    }
    if (!good) { return flow_fail(FLOW_ENOMEM, "no memory for people by home and status"); }
    out->crowd = flow_share_rows(m, m->crowd, sizeof *m->crowd, &n);
    for (int64_t i = 0; i < n; i++) {
        m->by_status[(int64_t)out->crowd[i].status * n_place + out->crowd[i].place] +=
            out->crowd[i].persons;
    }
    out->by_status = m->by_status;
    out->n_crowd = n;
    return FLOW_OK;
}
