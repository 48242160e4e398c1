// Which modules in use can spend, and out of which budget.
#include "load.h"

#include <stdio.h>
#include <string.h>

static bool writes(const flow_use *use, int32_t quantity)
{
    for (int32_t i = 0; i < use->n_write; i++) {
        if (use->write[i] == quantity) { return true; }
    }
    return false;
}

/// Whoever tells how much money there is and when it is paid is a budget.
static bool is_budget(const flow_use *use)
{
    return use->key != NULL && writes(use, FLOW_Q_MONEY) && writes(use, FLOW_Q_PAYOUT);
}

/// What the parameter `budget` of a module in use says; NULL: nothing, or it has none.
static const char *budget_named(const flow_use *use)
{
    const flow_field *f = use->module->field;
    for (; f != NULL && f->key != NULL; f++) {
        if (f->type != FLOW_TEXT || strcmp(f->key, "budget") != 0) { continue; }
        char *name;
        memcpy(&name, (const char *)use->block + FLOW_MODULE_PARAM + f->offset, sizeof name);
        return name;
    }
    return NULL;
}

/// The budget of a name, such as "main", of a number among the budgets, or "budget" when there is
/// one without either; -1: none.
static int32_t find_budget(const flow_scenario *s, const char *name)
{
    for (int32_t i = 0; i < s->n_budget; i++) {
        const flow_use *use = &s->use[s->budget[i]];
        const char *last = strrchr(use->key, '.');
        if (strcmp(last != NULL ? last + 1 : use->key, name) == 0) { return s->budget[i]; }
    }
    return -1;
}

static void bind_budget(flow_loader *l, flow_use *use)
{
    const char *name = budget_named(use);
    if (name == NULL) { return; }
    use->budget = find_budget(l->s, name);
    if (use->budget >= 0) { return; }
    char shown[64];
    flow_problem_error(&l->problems, flow_load_mark(l, use, "budget"),
                       "%s.budget: there is no budget '%s'; give one of this name in the section "
                       "budget",
                       use->key, flow_quote(name, shown));
}

// Needs -------------------------------------------------------------------------------------------

/// Whether a response is shared by need: its parameter `target` says need or cost.
static bool by_need(const flow_use *use)
{
    const flow_field *f = use->module->field;
    for (; f != NULL && f->key != NULL; f++) {
        if (f->type != FLOW_CHOICE || strcmp(f->key, "target") != 0) { continue; }
        int32_t target;
        memcpy(&target, (const char *)use->block + FLOW_MODULE_PARAM + f->offset, sizeof target);
        return target == FLOW_TARGET_NEED || target == FLOW_TARGET_COST;
    }
    return false;
}

/// A need that a module in use reads and that none writes; -1: there is none.
static int32_t unknown_need(const flow_scenario *s, const flow_use *use)
{
    for (int32_t i = 0; i < use->n_read; i++) {
        const int32_t id = use->read[i];
        bool written = id < FLOW_Q_IN_NEED || id >= FLOW_Q_IN_NEED + FLOW_N_SECTOR;
        for (int32_t k = 0; k < s->n_use && !written; k++) { written = writes(&s->use[k], id); }
        if (!written) { return id; }
    }
    return -1;
}

static void check_need(flow_loader *l, const flow_use *use)
{
    const int32_t id = by_need(use) ? unknown_need(l->s, use) : -1;
    if (id < 0) { return; }
    char name[FLOW_QUANTITY_NAME];
    flow_problem_warning(&l->problems, flow_load_mark(l, use, "target"),
                         "%s.target: it goes by need, but nobody tells %s: it does nothing; add "
                         "the section needs, or let the target be uniform",
                         use->key, flow_quantity_name(id, name));
}

flow_err flow_load_accounts(flow_loader *l)
{
    flow_scenario *s = l->s;
    s->account = flow_keep(s, s->n_use, sizeof *s->account);
    s->budget = flow_keep(s, s->n_use, sizeof *s->budget);
    if (s->account == NULL || s->budget == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for accounts");
    }
    const int32_t last = s->start + (int32_t)((s->n_step - 1) * s->dt);
    s->n_month = flow_month(last) - flow_month(s->start) + 1;
    for (int32_t i = 0; i < s->n_use; i++) {
        flow_use *use = &s->use[i];
        use->account = use->budget = -1;
        if (is_budget(use)) { s->budget[s->n_budget++] = i; }
        const bool response = use->key != NULL && use->module->kind == FLOW_RESPONSE;
        if (!response || !writes(use, FLOW_Q_COST)) { continue; }
        use->account = s->n_account;
        s->account[s->n_account++] = i;
    }
    for (int32_t i = 0; i < s->n_use; i++) {
        if (s->use[i].account < 0) { continue; }
        bind_budget(l, &s->use[i]);
        check_need(l, &s->use[i]);
    }
    return FLOW_OK;
}
