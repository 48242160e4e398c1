#include "columns.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/// One quantity that somebody writes or reads.
typedef struct quantity {
    const flow_quantity *row; ///< NULL: nobody writes or reads it
    int64_t n;
    double *value;
    uint64_t version;
    bool written;    ///< by anybody
    bool changed;    ///< an own column has, since they were combined
    bool assigned;   ///< from outside, since the last reset
    double *outside; ///< NULL: never assigned
} quantity;

/// A module of this model.
typedef struct part {
    const flow_use *use;
    double **own;        ///< [n_write]
    const double **read; ///< [n_read]
    double *state;       ///< [n_state]
} part;

struct flow_columns {
    const flow_scenario *s; ///< borrowed
    int32_t threads;
    uint64_t seed;
    uint32_t member;
    int32_t n_part;
    part *part;
    int64_t n_scratch;
    double *scratch;     ///< [n_scratch] as many as the longest column has
    flow_ledger *ledger; ///< borrowed; NULL: nobody may spend
    quantity quantity[FLOW_N_QUANTITY];
};

// Memory -----------------------------------------------------------------------------------------

static flow_err no_memory(void)
{
    return flow_fail(FLOW_ENOMEM, "no memory for the columns of modules");
}

static void set_all(double *value, int64_t n, double to)
{
    for (int64_t i = 0; i < n; i++) { value[i] = to; }
}

/// Make room for the combined values of a quantity.
static bool touch(flow_columns *c, int32_t id)
{
    quantity *q = &c->quantity[id];
    if (q->row != NULL) { return true; }
    const flow_quantity *row = flow_quantity_row(id);
    q->n = flow_over_n(row->over, &c->s->world);
    q->value = flow_calloc(q->n, sizeof *q->value);
    if (q->value == NULL) { return false; }
    if (q->n > c->n_scratch) {
        flow_dealloc(c->scratch);
        c->scratch = flow_calloc(q->n, sizeof *c->scratch);
        c->n_scratch = c->scratch != NULL ? q->n : 0;
        if (c->scratch == NULL) {
            flow_dealloc(q->value);
            q->value = NULL;
            return false;
        }
    }
    set_all(q->value, q->n, row->neutral);
    q->row = row;
    return true;
}

static bool make_part(flow_columns *c, part *p, const flow_use *use)
{
    p->use = use;
    p->own = flow_calloc(use->n_write, sizeof *p->own);
    p->read = flow_calloc(use->n_read, sizeof *p->read);
    p->state = flow_calloc(use->n_state, sizeof *p->state);
    if (p->own == NULL || p->read == NULL || p->state == NULL) { return false; }
    for (int32_t i = 0; i < use->n_write; i++) {
        quantity *q = &c->quantity[use->write[i]];
        if (!touch(c, use->write[i])) { return false; }
        q->written = true;
        p->own[i] = flow_calloc(q->n, sizeof **p->own);
        if (p->own[i] == NULL) { return false; }
    }
    for (int32_t i = 0; i < use->n_read; i++) {
        if (!touch(c, use->read[i])) { return false; }
        p->read[i] = c->quantity[use->read[i]].value;
    }
    return true;
}

flow_err flow_columns_create(const flow_scenario *scenario, int32_t threads, flow_columns **out)
{
    *out = NULL;
    flow_columns *c = flow_calloc(1, sizeof *c);
    if (c == NULL) { return no_memory(); }
    c->s = scenario;
    c->threads = threads;
    c->part = flow_calloc(scenario->n_use, sizeof *c->part);
    bool good = c->part != NULL;
    for (int32_t i = 0; i < scenario->n_use && good; i++) {
        c->n_part = i + 1;
        good = make_part(c, &c->part[i], &scenario->use[i]);
    }
    if (!good) {
        flow_columns_free(c);
        return no_memory();
    }
    *out = c;
    return FLOW_OK;
}

void flow_columns_free(flow_columns *c)
{
    if (c == NULL) { return; }
    for (int32_t i = 0; i < c->n_part; i++) {
        part *p = &c->part[i];
        for (int32_t k = 0; k < p->use->n_write && p->own != NULL; k++) { flow_dealloc(p->own[k]); }
        flow_dealloc(p->own);
        flow_dealloc(p->read);
        flow_dealloc(p->state);
    }
    flow_dealloc(c->part);
    flow_dealloc(c->scratch);
    for (int32_t id = 0; id < FLOW_N_QUANTITY; id++) {
        flow_dealloc(c->quantity[id].value);
        flow_dealloc(c->quantity[id].outside);
    }
    flow_dealloc(c);
}

// Combining --------------------------------------------------------------------------------------

/// The first value outside the range of its quantity, -1 when there is none. NAN is outside.
static int64_t first_bad(const flow_quantity *row, const double *value, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (!(value[i] >= row->min && value[i] <= row->max)) { return i; }
    }
    return -1;
}

/// "place 'Alder'", "link from 'Alder' to 'Cedar'", "country 'Inland'", "the world".
static void name_element(const flow_world *w, flow_over over, int64_t i, char *out, size_t size)
{
    char a[64], b[64];
    if (over == FLOW_OVER_PLACE) {
        (void)snprintf(out, size, "place '%s'", flow_quote(w->place_name[i], a));
    } else if (over == FLOW_OVER_LINK) {
        (void)snprintf(out, size, "the link from '%s' to '%s'",
                       flow_quote(w->place_name[w->link_from[i]], a),
                       flow_quote(w->place_name[w->link_to[i]], b));
    } else if (over == FLOW_OVER_COUNTRY) {
        (void)snprintf(out, size, "country '%s'", flow_quote(w->country_name[i], a));
    } else {
        (void)snprintf(out, size, "the world");
    }
}

static flow_err refuse(const flow_columns *c, const char *who, int32_t id, const double *value,
                       int64_t bad)
{
    const flow_quantity *row = c->quantity[id].row;
    char name[FLOW_QUANTITY_NAME], where[192];
    name_element(&c->s->world, row->over, bad, where, sizeof where);
    return flow_fail(FLOW_ERANGE, "%s: %s of %s is %g, a number from %g to %g%s%s was expected",
                     who, flow_quantity_name(id, name), where, value[bad], row->min, row->max,
                     strcmp(row->unit, "1") != 0 ? " " : "",
                     strcmp(row->unit, "1") != 0 ? row->unit : "");
}

/// Combine one column into the values; the first one is copied.
static void add_column(const quantity *q, const double *own, double *value, bool first)
{
    const flow_rule rule = q->row->rule;
    if (first) {
        memcpy(value, own, (size_t)q->n * sizeof *value);
        return;
    }
    const int64_t n = q->n;
    switch (rule) {
    case FLOW_RULE_SUM:
        for (int64_t i = 0; i < n; i++) { value[i] += own[i]; }
        break;
    case FLOW_RULE_PRODUCT:
        for (int64_t i = 0; i < n; i++) { value[i] *= own[i]; }
        break;
    case FLOW_RULE_LARGEST:
        for (int64_t i = 0; i < n; i++) { value[i] = value[i] > own[i] ? value[i] : own[i]; }
        break;
    case FLOW_RULE_SMALLEST:
        for (int64_t i = 0; i < n; i++) { value[i] = value[i] < own[i] ? value[i] : own[i]; }
        break;
    case FLOW_RULE_ANY:
        for (int64_t i = 0; i < n; i++) { value[i] = 1.0 - (1.0 - value[i]) * (1.0 - own[i]); }
        break;
    case FLOW_N_RULE: break;
    }
}

/// Combine the columns of a quantity anew, in the order of the modules, the outside last.
static void combine(flow_columns *c, int32_t id)
{
    quantity *q = &c->quantity[id];
    const size_t size = (size_t)q->n * sizeof *q->value;
    bool first = true;
    for (int32_t i = 0; i < c->n_part; i++) {
        const flow_use *use = c->part[i].use;
        for (int32_t k = 0; k < use->n_write; k++) {
            if (use->write[k] != id) { continue; }
            add_column(q, c->part[i].own[k], c->scratch, first);
            first = false;
        }
    }
    if (q->assigned) {
        add_column(q, q->outside, c->scratch, first);
        first = false;
    }
    if (first) { set_all(c->scratch, q->n, q->row->neutral); }
    q->changed = false;
    if (memcmp(q->value, c->scratch, size) == 0) { return; }
    memcpy(q->value, c->scratch, size);
    q->version++;
}

static void combine_changed(flow_columns *c)
{
    for (int32_t id = 0; id < FLOW_N_QUANTITY; id++) {
        if (c->quantity[id].changed) { combine(c, id); }
    }
}

// The modules' turns -----------------------------------------------------------------------------

void flow_columns_book(flow_columns *c, flow_ledger *ledger)
{
    c->ledger = ledger;
}

double flow_turn_spend(flow_turn *turn, int32_t place, double usd)
{
    return flow_ledger_ask(turn->inside, place, usd);
}

static double *own_of(const part *p, int32_t id)
{
    for (int32_t k = 0; k < p->use->n_write; k++) {
        if (p->use->write[k] == id) { return p->own[k]; }
    }
    return NULL;
}

/// A module begins a turn in which nothing is spent yet. True when it had spent something before.
static bool begin_spending(flow_columns *c, const part *p, int32_t step, flow_spending *out)
{
    const flow_use *use = p->use;
    const double *funding = flow_columns_value(c, FLOW_Q_FUNDING);
    *out = (flow_spending){.ledger = c->ledger,
                           .use = use,
                           .funding = funding != NULL ? *funding : 1.0,
                           .dt = c->s->dt};
    if (use->account < 0) { return false; }
    out->month = flow_ledger_month(c->s, step * c->s->dt);
    if (use->budget >= 0) {
        out->money = own_of(&c->part[use->budget], FLOW_Q_MONEY);
        out->payout = own_of(&c->part[use->budget], FLOW_Q_PAYOUT);
    }
    out->cost = own_of(p, FLOW_Q_COST);
    bool spent = false;
    for (int32_t i = 0; i < c->s->n_place; i++) {
        spent = spent || out->cost[i] > 0.0;
        out->cost[i] = 0.0;
    }
    return spent;
}

/// Whether a module spent something in its turn.
static bool has_spent(const flow_columns *c, const flow_spending *sp)
{
    bool spent = false;
    for (int32_t i = 0; i < c->s->n_place && sp->cost != NULL; i++) {
        spent = spent || sp->cost[i] > 0.0;
    }
    return spent;
}

#ifndef NDEBUG
static uint64_t hash_own(const flow_columns *c, const part *p)
{
    uint64_t sum = 0;
    for (int32_t k = 0; k < p->use->n_write; k++) {
        if (p->use->write[k] == FLOW_Q_COST && p->use->account >= 0) { continue; }
        const int64_t n = c->quantity[p->use->write[k]].n;
        sum = flow_hash(sum, p->own[k], (size_t)n * sizeof **p->own);
    }
    return sum;
}
#endif

static flow_err take_turn(flow_columns *c, part *p, flow_err (*turn_of)(flow_turn *), int32_t step,
                          const flow_presence *now)
{
    const flow_use *use = p->use;
    flow_turn turn = {.world = &c->s->world,
                      .param = (const char *)use->block + FLOW_MODULE_PARAM,
                      .data = use->data,
                      .step = step,
                      .threads = c->threads,
                      .day = step * c->s->dt,
                      .read = p->read,
                      .own = p->own,
                      .state = p->state,
                      .people = now->people,
                      .by_status = now->by_status,
                      .crowd = now->crowd,
                      .n_crowd = now->n_crowd,
                      .seed = c->seed,
                      .stream = use->stream,
                      .member = c->member};
    if (turn_of == NULL) { return FLOW_OK; }
    flow_spending spending;
    const bool before_this = begin_spending(c, p, step, &spending);
    turn.inside = &spending;
#ifndef NDEBUG
    const uint64_t before = hash_own(c, p);
#endif
    FLOW_TRY(turn_of(&turn));
    if (spending.err != FLOW_OK) { return flow_fail(spending.err, "%s", spending.text); }
    if (turn.unchanged) {
        assert(hash_own(c, p) == before && "a module says unchanged, but it is not");
        if (before_this || has_spent(c, &spending)) { c->quantity[FLOW_Q_COST].changed = true; }
        return FLOW_OK;
    }
    for (int32_t k = 0; k < use->n_write; k++) {
        quantity *q = &c->quantity[use->write[k]];
        const int64_t bad = first_bad(q->row, p->own[k], q->n);
        if (bad >= 0) { return refuse(c, use->name, use->write[k], p->own[k], bad); }
        q->changed = true;
    }
    return FLOW_OK;
}

flow_err flow_columns_phase(flow_columns *c, flow_module_kind kind, int32_t step,
                            const flow_presence *now)
{
    for (int32_t i = 0; i < c->n_part; i++) {
        const flow_module *module = c->part[i].use->module;
        if (module->kind != kind) { continue; }
        FLOW_TRY(take_turn(c, &c->part[i], module->step, step, now));
    }
    combine_changed(c);
    return FLOW_OK;
}

/// A column from outside is neutral again. Whoever observes it may go on.
static void forget(quantity *q)
{
    if (q->assigned) { set_all(q->outside, q->n, q->row->neutral); }
    q->assigned = false;
}

flow_err flow_columns_reset(flow_columns *c, uint64_t seed, uint32_t member,
                            const flow_presence *now)
{
    c->seed = seed;
    c->member = member;
    for (int32_t id = 0; id < FLOW_N_QUANTITY; id++) {
        quantity *q = &c->quantity[id];
        q->changed = q->written;
        forget(q);
    }
    for (int32_t i = 0; i < c->n_part; i++) {
        part *p = &c->part[i];
        set_all(p->state, p->use->n_state, 0.0);
        for (int32_t k = 0; k < p->use->n_write; k++) {
            const quantity *q = &c->quantity[p->use->write[k]];
            set_all(p->own[k], q->n, q->row->neutral);
        }
    }
    combine_changed(c);
    for (int32_t i = 0; i < c->n_part; i++) {
        FLOW_TRY(take_turn(c, &c->part[i], c->part[i].use->module->start, 0, now));
    }
    combine_changed(c);
    return FLOW_OK;
}

// Access -----------------------------------------------------------------------------------------

const double *flow_columns_value(const flow_columns *c, int32_t id)
{
    return c->quantity[id].written ? c->quantity[id].value : NULL;
}

uint64_t flow_columns_version(const flow_columns *c, int32_t id)
{
    return c->quantity[id].version;
}

const double *flow_columns_own(const flow_columns *c, int32_t use, int32_t id)
{
    if (use == c->n_part) { return c->quantity[id].outside; }
    const part *p = &c->part[use];
    for (int32_t k = 0; k < p->use->n_write; k++) {
        if (p->use->write[k] == id) { return p->own[k]; }
    }
    return NULL;
}

static bool make_outside(quantity *q)
{
    if (q->outside == NULL) { q->outside = flow_calloc(q->n, sizeof *q->outside); }
    return q->outside != NULL;
}

flow_err flow_columns_assign(flow_columns *c, const char *name, const double *value, int64_t n)
{
    const int32_t id = flow_quantity_find(name);
    char near[FLOW_QUANTITY_NAME], shown[64];
    if (id < 0) {
        const bool found = flow_quantity_nearest(name, near) != NULL;
        return flow_fail(FLOW_EKEY, "no quantity '%s'%s%s%s", flow_quote(name, shown),
                         found ? "; did you mean '" : "", found ? near : "", found ? "'?" : "");
    }
    if (!touch(c, id)) { return no_memory(); }
    quantity *q = &c->quantity[id];
    if (n != q->n) {
        return flow_fail(FLOW_ERANGE, "quantity '%s' has %lld values, %lld were given", name,
                         (long long)q->n, (long long)n);
    }
    const int64_t bad = first_bad(q->row, value, n);
    if (bad >= 0) { return refuse(c, FLOW_OUTSIDE, id, value, bad); }
    if (!make_outside(q)) { return no_memory(); }
    memcpy(q->outside, value, (size_t)n * sizeof *value);
    q->written = q->assigned = true;
    combine(c, id);
    return FLOW_OK;
}

// Saving -----------------------------------------------------------------------------------------

/// Every block of numbers that is state, in a fixed order.
static void each_block(const flow_columns *c, void (*visit)(void *to, double *block, int64_t n),
                       void *to)
{
    for (int32_t i = 0; i < c->n_part; i++) {
        const part *p = &c->part[i];
        visit(to, p->state, p->use->n_state);
        for (int32_t k = 0; k < p->use->n_write; k++) {
            visit(to, p->own[k], c->quantity[p->use->write[k]].n);
        }
    }
    for (int32_t id = 0; id < FLOW_N_QUANTITY; id++) {
        const quantity *q = &c->quantity[id];
        if (q->assigned) { visit(to, q->outside, q->n); }
    }
}

static void count_block(void *to, double *block, int64_t n)
{
    (void)block;
    *(int64_t *)to += n;
}

static void save_block(void *to, double *block, int64_t n)
{
    double **out = to;
    memcpy(*out, block, (size_t)n * sizeof *block);
    *out += n;
}

static void load_block(void *to, double *block, int64_t n)
{
    const double **in = to;
    memcpy(block, *in, (size_t)n * sizeof *block);
    *in += n;
}

static void hash_block(void *to, double *block, int64_t n)
{
    uint64_t *sum = to;
    *sum = flow_hash(*sum, block, (size_t)n * sizeof *block);
}

int64_t flow_columns_n_saved(const flow_columns *c)
{
    int64_t n = 0;
    each_block(c, count_block, &n);
    return n;
}

void flow_columns_save(const flow_columns *c, double *out)
{
    each_block(c, save_block, &out);
}

int32_t flow_columns_assigned(const flow_columns *c, int32_t out[static FLOW_N_QUANTITY])
{
    int32_t n = 0;
    for (int32_t id = 0; id < FLOW_N_QUANTITY; id++) {
        if (c->quantity[id].assigned) { out[n++] = id; }
    }
    return n;
}

/// The numbers of one column are in the range of its quantity.
static flow_err check_column(const flow_columns *c, int32_t id, const double *value)
{
    const flow_quantity *row = flow_quantity_row(id);
    if (first_bad(row, value, flow_over_n(row->over, &c->s->world)) < 0) { return FLOW_OK; }
    char name[FLOW_QUANTITY_NAME];
    return flow_fail(FLOW_EINPUT, "saved numbers of '%s' are outside of its range",
                     flow_quantity_name(id, name));
}

flow_err flow_columns_check(const flow_columns *c, const int32_t *assigned, int32_t n_assigned,
                            const double *saved, int64_t n)
{
    int64_t wanted = 0;
    for (int32_t i = 0; i < c->n_part; i++) {
        const flow_use *use = c->part[i].use;
        wanted += use->n_state;
        for (int32_t k = 0; k < use->n_write; k++) { wanted += c->quantity[use->write[k]].n; }
    }
    for (int32_t i = 0; i < n_assigned; i++) {
        if (assigned[i] < 0 || assigned[i] >= FLOW_N_QUANTITY ||
            (i > 0 && assigned[i] <= assigned[i - 1])) {
            return flow_fail(FLOW_EINPUT, "a saved quantity does not exist");
        }
        wanted += flow_over_n(flow_quantity_row(assigned[i])->over, &c->s->world);
    }
    if (n != wanted) {
        return flow_fail(FLOW_EINPUT, "%lld numbers of modules were saved, this model has %lld",
                         (long long)n, (long long)wanted);
    }
    for (int32_t i = 0; i < c->n_part; i++) {
        const flow_use *use = c->part[i].use;
        saved += use->n_state;
        for (int32_t k = 0; k < use->n_write; k++) {
            FLOW_TRY(check_column(c, use->write[k], saved));
            saved += c->quantity[use->write[k]].n;
        }
    }
    for (int32_t i = 0; i < n_assigned; i++) {
        FLOW_TRY(check_column(c, assigned[i], saved));
        saved += flow_over_n(flow_quantity_row(assigned[i])->over, &c->s->world);
    }
    return FLOW_OK;
}

flow_err flow_columns_load(flow_columns *c, uint64_t seed, uint32_t member, const int32_t *assigned,
                           int32_t n_assigned, const double *saved, int64_t n)
{
    FLOW_TRY(flow_columns_check(c, assigned, n_assigned, saved, n));
    for (int32_t i = 0; i < n_assigned; i++) {
        if (!touch(c, assigned[i]) || !make_outside(&c->quantity[assigned[i]])) {
            return no_memory();
        }
    }
    c->seed = seed;
    c->member = member;
    for (int32_t id = 0; id < FLOW_N_QUANTITY; id++) {
        c->quantity[id].changed = c->quantity[id].written;
        forget(&c->quantity[id]);
    }
    for (int32_t i = 0; i < n_assigned; i++) {
        quantity *q = &c->quantity[assigned[i]];
        q->changed = q->written = q->assigned = true;
    }
    each_block(c, load_block, &saved);
    combine_changed(c);
    return FLOW_OK;
}

uint64_t flow_columns_hash(const flow_columns *c)
{
    uint64_t sum = 0;
    each_block(c, hash_block, &sum);
    return sum;
}
