// Who is in the model no more: people leave it, die, go missing.
#include "model.h"

#include <string.h>

/// Class of status in the last note of somebody's history.
static uint32_t last_status(flow_fate fate, uint32_t before)
{
    switch (fate) {
    case FLOW_FATE_DEAD: return FLOW_MOMENT_DEAD;
    case FLOW_FATE_MISSING: return FLOW_MOMENT_MISSING;
    default: return before;
    }
}

void flow_model_remove(const flow_model *m, flow_work *w, flow_party *party, flow_fate fate)
{
    w->gone[fate] += flow_persons(m, party->key.group, party->n);
    w->units_gone[fate] += party->n;
    if (m->follow.history && party->ids.n > 0) {
        flow_note last =
            flow_note_of(&m->groups, party->key.group, m->day, flow_model_order(m, w), FLOW_LEFT);
        last.status = last_status(fate, last.status) & 15;
        if (!flow_log_add(&w->log, &party->ids, last)) { w->failed = true; }
    }
    flow_ids_drop(&w->pool, &party->ids);
    party->n = 0;
}

void flow_model_count_gone(flow_model *m)
{
    int64_t *tally[FLOW_N_FATE] = {&m->left, &m->dead, &m->missing};
    int64_t *units[FLOW_N_FATE] = {&m->units_left, &m->units_dead, &m->units_missing};
    int64_t gone[2 * FLOW_N_FATE] = {0}; // persons, then units
    for (int32_t t = 0; t < m->threads; t++) {
        flow_work *w = &m->work[t];
        for (int32_t f = 0; f < FLOW_N_FATE; f++) {
            gone[f] += w->gone[f];
            gone[FLOW_N_FATE + f] += w->units_gone[f];
        }
        memset(w->gone, 0, sizeof w->gone);
        memset(w->units_gone, 0, sizeof w->units_gone);
    }
    flow_sum_ranks(m, gone, 2 * FLOW_N_FATE);
    for (int32_t f = 0; f < FLOW_N_FATE; f++) {
        *tally[f] += gone[f];
        *units[f] += gone[FLOW_N_FATE + f];
        m->persons -= gone[f];
        m->units -= gone[FLOW_N_FATE + f];
    }
}
