#include "follow.h"

#include "split.h"

#include <string.h>

static bool reserve(flow_log *log, int64_t n)
{
    if (n <= log->size) { return true; }
    int64_t size = log->size > 0 ? 2 * log->size : 1024;
    while (size < n) { size *= 2; }
    flow_note *row = flow_realloc(log->row, size, sizeof *row);
    if (row == NULL) { return false; }
    log->row = row;
    log->size = size;
    return true;
}

bool flow_log_add(flow_log *log, const flow_ids *ids, flow_note note)
{
    if (!reserve(log, log->n + ids->n)) { return false; }
    for (uint32_t i = 0; i < ids->n; i++) {
        note.id = ids->id[i];
        log->row[log->n++] = note;
    }
    return true;
}

bool flow_log_fill(flow_log *log, const flow_note *note, int64_t n)
{
    if (!reserve(log, n)) { return false; }
    if (n > 0) { memcpy(log->row, note, (size_t)n * sizeof *note); }
    log->n = n;
    return true;
}

/// Room for more than n batches.
static bool grow(flow_follow *follow, int64_t n, bool households)
{
    int64_t size = follow->size > 0 ? 2 * follow->size : 256;
    while (size <= n) { size *= 2; }
    flow_batch *batch = flow_realloc(follow->batch, size, sizeof *batch);
    if (batch == NULL) { return false; }
    follow->batch = batch;
    if (households) {
        int64_t *person = flow_realloc(follow->person, size, sizeof *person);
        if (person == NULL) { return false; }
        follow->person = person;
    }
    follow->size = size;
    return true;
}

flow_err flow_follow_batch(flow_follow *follow, gsl_rng *rng, flow_pool *pool, int64_t n,
                           int32_t household, flow_batch about, flow_ids *out)
{
    *out = (flow_ids){0};
    if (follow->mode == FLOW_INDIVIDUALS_NONE) { return FLOW_OK; }
    const int64_t k =
        follow->mode == FLOW_INDIVIDUALS_ALL ? n : flow_binomial(rng, n, follow->share);
    if (k == 0) { return FLOW_OK; }
    if (k > (int64_t)UINT32_MAX - (int64_t)follow->n) {
        return flow_fail(FLOW_ERANGE,
                         "more than %lld people cannot be followed one by one; follow "
                         "a sample of them",
                         (long long)UINT32_MAX);
    }
    if ((follow->n_batch == follow->size && !grow(follow, follow->n_batch, household > 0)) ||
        !flow_ids_reserve(pool, out, (uint32_t)k)) {
        return flow_fail(FLOW_ENOMEM, "no memory for %lld people who are followed one by one",
                         (long long)k);
    }
    about.first = follow->n;
    follow->batch[follow->n_batch] = about;
    if (household > 0) { follow->person[follow->n_batch] = follow->n_person; }
    follow->n_batch++;
    for (uint32_t i = 0; i < (uint32_t)k; i++) { out->id[i] = follow->n + i; }
    out->n = (uint32_t)k;
    flow_ids_mix(rng, out);
    follow->n += (uint32_t)k;
    follow->n_person += k * (household > 0 ? household : 1);
    return FLOW_OK;
}

bool flow_follow_fill(flow_follow *follow, const flow_batch *batch, const int64_t *person,
                      int64_t n)
{
    if (n == 0) { return true; }
    if (n > follow->size && !grow(follow, n, person != NULL)) { return false; }
    memcpy(follow->batch, batch, (size_t)n * sizeof *batch);
    if (person != NULL) { memcpy(follow->person, person, (size_t)n * sizeof *person); }
    return true;
}

int64_t flow_follow_find(const flow_follow *follow, uint32_t id)
{
    int64_t low = 0, high = follow->n_batch;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (follow->batch[middle].first <= id) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void flow_follow_reset(flow_follow *follow)
{
    follow->n = 0;
    follow->n_batch = 0;
    follow->n_person = 0;
}

void flow_follow_clear(flow_follow *follow)
{
    flow_dealloc(follow->batch);
    flow_dealloc(follow->person);
    flow_pool_clear(&follow->shared);
    *follow = (flow_follow){0};
}
