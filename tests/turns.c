#include "turns.h"

#include "../libflow/quantities.h"

#include <criterion/criterion.h>
#include <string.h>

static double **columns(const flow_scenario *s, const int32_t *id, int32_t n)
{
    double **out = flow_calloc(n, sizeof *out);
    cr_assert_not_null(out);
    for (int32_t i = 0; i < n; i++) {
        const flow_quantity *row = flow_quantity_row(id[i]);
        const int64_t size = flow_over_n(row->over, &s->world);
        out[i] = flow_calloc(size, sizeof **out);
        cr_assert_not_null(out[i]);
        for (int64_t k = 0; k < size; k++) { out[i][k] = row->neutral; }
    }
    return out;
}

turns turns_begin(const toy *what, const char *module)
{
    turns t = {.s = toy_scenario(what)};
    const flow_scenario *s = t.s;
    for (int32_t u = 0; u < s->n_use; u++) {
        if (strcmp(s->use[u].module->name, module) == 0) { t.use = &s->use[u]; }
    }
    cr_assert_not_null(t.use, "no module %s", module);
    t.own = columns(s, t.use->write, t.use->n_write);
    t.read = columns(s, t.use->read, t.use->n_read);
    t.people = flow_calloc(s->n_place, sizeof *t.people);
    t.by_status = flow_calloc((int64_t)FLOW_N_STATUS * s->n_place, sizeof *t.by_status);
    t.turn = (flow_turn){.world = &s->world,
                         .param = (const char *)t.use->block + FLOW_MODULE_PARAM,
                         .data = t.use->data,
                         .threads = 1,
                         .read = (const double *const *)t.read,
                         .own = t.own,
                         .state = flow_calloc(t.use->n_state, sizeof(double)),
                         .people = t.people,
                         .by_status = t.by_status,
                         .crowd = t.crowd};
    cr_assert(t.people && t.by_status && t.turn.state);
    if (t.use->module->start != NULL) {
        cr_assert_eq(t.use->module->start(&t.turn), FLOW_OK, "%s", flow_error_text());
    }
    return t;
}

void turns_end(turns *t)
{
    for (int32_t i = 0; i < t->use->n_write; i++) { flow_dealloc(t->own[i]); }
    for (int32_t i = 0; i < t->use->n_read; i++) { flow_dealloc(t->read[i]); }
    flow_dealloc(t->own);
    flow_dealloc(t->read);
    flow_dealloc(t->people);
    flow_dealloc(t->by_status);
    flow_dealloc(t->turn.state);
    flow_scenario_free(t->s);
}

int32_t turns_place(const turns *t, const char *place)
{
    const int32_t p = flow_scenario_place(t->s, place);
    cr_assert_geq(p, 0, "no place %s", place);
    return p;
}

void turns_put(turns *t, const char *place, flow_status status, const char *home, int64_t persons)
{
    const int32_t p = turns_place(t, place), h = home != NULL ? turns_place(t, home) : p;
    cr_assert_lt(t->turn.n_crowd, (int64_t)turns_most_crowd);
    t->crowd[t->turn.n_crowd++] = (flow_people){
        .place = p, .home = h, .status = (int32_t)status, .group = 0, .persons = persons};
    t->people[p] += persons;
    t->by_status[(int64_t)status * t->s->n_place + p] += persons;
}

static double *find(double **column, const int32_t *id, int32_t n, const char *quantity)
{
    const int32_t wanted = flow_quantity_find(quantity);
    for (int32_t i = 0; i < n; i++) {
        if (id[i] == wanted) { return column[i]; }
    }
    cr_assert(false, "the module does not know %s", quantity);
    return NULL;
}

double *turns_reads(turns *t, const char *quantity)
{
    return find(t->read, t->use->read, t->use->n_read, quantity);
}

double *turns_writes(turns *t, const char *quantity)
{
    return find(t->own, t->use->write, t->use->n_write, quantity);
}

void turns_step(turns *t)
{
    t->turn.crowd = t->crowd; // the struct may have been copied
    cr_assert_eq(t->use->module->step(&t->turn), FLOW_OK, "%s", flow_error_text());
    for (int32_t i = 0; i < t->use->n_write; i++) {
        const flow_quantity *row = flow_quantity_row(t->use->write[i]);
        for (int64_t k = 0; k < flow_over_n(row->over, &t->s->world); k++) {
            cr_expect(t->own[i][k] >= row->min && t->own[i][k] <= row->max, "%s: %g", row->name,
                      t->own[i][k]);
        }
    }
    t->turn.step++;
    t->turn.day += t->s->world.dt;
}
