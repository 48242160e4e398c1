// A model that is divided gives the bits of the whole one, however its places are divided. The
// ranks are threads here, so no MPI is needed.
#define _POSIX_C_SOURCE 200809L
#include "../libflow/observe.h"
#include "golden.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 5 };

/// Where ranks meet.
typedef struct hub {
    pthread_barrier_t barrier;
    int32_t size;
    const void *send[MOST];
    const int64_t *n_send[MOST];
    int64_t call[MOST]; ///< what each rank asked for
    bool differ;        ///< they asked for different things
} hub;

typedef struct seat {
    hub *hub;
    int32_t rank;
} seat;

enum { SUM = 1, SIZES, SWAP, GATHER };

/// All ranks are at the same call with what they give.
static void meet(seat *s, int64_t call, const void *send, const int64_t *n_send)
{
    hub *h = s->hub;
    h->send[s->rank] = send;
    h->n_send[s->rank] = n_send;
    h->call[s->rank] = call;
    (void)pthread_barrier_wait(&h->barrier);
    if (h->call[0] != call) { h->differ = true; }
}

static void part(seat *s)
{
    (void)pthread_barrier_wait(&s->hub->barrier);
}

static void sum(void *context, int64_t *value, int64_t n)
{
    seat *s = context;
    uint64_t *all = calloc((size_t)n + 1, sizeof *all);
    meet(s, n * 8 + SUM, value, NULL);
    for (int32_t r = 0; r < s->hub->size; r++) {
        const int64_t *from = s->hub->send[r];
        for (int64_t i = 0; i < n; i++) { all[i] += (uint64_t)from[i]; }
    }
    part(s);
    memcpy(value, all, (size_t)n * sizeof *all);
    free(all);
}

static void sizes(void *context, const int64_t *send, int64_t *receive)
{
    seat *s = context;
    meet(s, SIZES, NULL, send);
    for (int32_t r = 0; r < s->hub->size; r++) { receive[r] = s->hub->n_send[r][s->rank]; }
    part(s);
}

static void swap(void *context, const char *send, const int64_t *n_send, char *receive,
                 const int64_t *n_receive)
{
    seat *s = context;
    meet(s, SWAP, send, n_send);
    for (int32_t r = 0; r < s->hub->size; r++) {
        const char *from = s->hub->send[r];
        for (int32_t k = 0; k < s->rank; k++) { from += s->hub->n_send[r][k]; }
        if (n_receive[r] > 0) { memcpy(receive, from, (size_t)n_receive[r]); }
        receive += n_receive[r];
    }
    part(s);
}

static void gather(void *context, const char *send, int64_t n, char *receive,
                   const int64_t *n_receive, int32_t root)
{
    seat *s = context;
    meet(s, (root + 1) * 8 + GATHER, send, &n);
    for (int32_t r = 0; r < s->hub->size && (root < 0 || root == s->rank); r++) {
        if (*s->hub->n_send[r] != n_receive[r]) { s->hub->differ = true; }
        if (n_receive[r] > 0) { memcpy(receive, s->hub->send[r], (size_t)n_receive[r]); }
        receive += n_receive[r];
    }
    part(s);
}

/// What one rank does, and finds.
typedef struct job {
    seat seat;
    int story; ///< golden case
    int32_t threads;
    const flow_scenario *s;
    const int32_t *owner;
    golden sum;
    uint64_t seen; ///< hash of what rank 0 observes in all steps
    int64_t totals[4];
    int64_t bytes;
    flow_err err;
    char text[256];
} job;

/// Observe everything that a result file has.
static flow_err look(job *j, const flow_model *m)
{
    flow_observable *list;
    int32_t n = 0;
    FLOW_TRY(flow_observables_list(j->s, &list, &n));
    for (int32_t i = 0; i < n; i++) {
        const int64_t size = flow_observable_n(j->s, &list[i]);
        double *value = calloc((size_t)size + 1, sizeof *value);
        flow_observable_read(&list[i], m, value);
        j->seen = flow_hash(j->seen, value, (size_t)size * sizeof *value);
        free(value);
    }
    flow_dealloc(list);
    return FLOW_OK;
}

static flow_err live(job *j, flow_model *m)
{
    const flow_team team = {.rank = j->seat.rank,
                            .size = j->seat.hub->size,
                            .context = &j->seat,
                            .sum = sum,
                            .sizes = sizes,
                            .swap = swap,
                            .gather = gather};
    FLOW_TRY(flow_model_divide(m, &team, j->owner));
    for (int32_t day = 0; day < j->s->n_step; day++) {
        story_step(golden_cases[j->story].story, m);
        flow_share_checksum(m);
        j->sum.counts = flow_mix(j->sum.counts + flow_model_checksum(m));
        FLOW_TRY(look(j, m));
    }
    const int64_t totals[4] = {m->persons, m->left, m->units, m->person_steps};
    memcpy(j->totals, totals, sizeof totals);
    j->bytes = m->part->bytes;
    return FLOW_OK;
}

static void *rank(void *context)
{
    job *j = context;
    flow_model *m = NULL;
    const flow_model_options options = {.seed = 11, .member = 3, .threads = j->threads};
    j->err = flow_model_create(j->s, &options, &m);
    if (j->err == FLOW_OK) { j->err = live(j, m); }
    (void)snprintf(j->text, sizeof j->text, "%s", flow_error_text());
    flow_model_free(m);
    return NULL;
}

/// Run a case over some ranks; the jobs are those of the ranks.
static void run(job *job_of, int32_t size, const job *like)
{
    hub h = {.size = size};
    pthread_t thread[MOST];
    cr_assert_eq(pthread_barrier_init(&h.barrier, NULL, (unsigned)size), 0);
    for (int32_t r = 0; r < size; r++) {
        job_of[r] = *like;
        job_of[r].seat = (seat){.hub = &h, .rank = r};
        cr_assert_eq(pthread_create(&thread[r], NULL, rank, &job_of[r]), 0);
    }
    for (int32_t r = 0; r < size; r++) { cr_assert_eq(pthread_join(thread[r], NULL), 0); }
    cr_assert_not(h.differ, "the ranks do not ask for the same");
    (void)pthread_barrier_destroy(&h.barrier);
}

/// Places go to ranks in any order.
static void deal(int32_t *owner, int32_t n, int32_t size, uint64_t seed)
{
    for (int32_t p = 0; p < n; p++) {
        owner[p] = (int32_t)(flow_mix(seed + (uint64_t)p) % (uint64_t)size);
    }
}

/// What is observed of a model that is not divided.
static uint64_t observe_whole(int story, const flow_scenario *s)
{
    job j = {.s = s};
    const flow_model_options options = {.seed = 11, .member = 3, .threads = 1};
    flow_model *m = NULL;
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    for (int32_t day = 0; day < s->n_step; day++) {
        story_step(golden_cases[story].story, m);
        cr_assert_eq(look(&j, m), FLOW_OK);
    }
    flow_model_free(m);
    return j.seen;
}

/// A case over ranks gives the checksums of golden.def, and what one rank observes.
static void compare(int story)
{
    golden row;
    cr_assert(golden_row(story, &row));
    flow_scenario *s = golden_load(story);
    int32_t *owner = calloc((size_t)s->n_place, sizeof *owner);
    job one[MOST], many[MOST];
    const job like = {.story = story, .s = s, .owner = owner, .threads = 1};
    run(one, 1, &like);
    const uint64_t seen = observe_whole(story, s);
    cr_expect_eq(one->seen, seen, "%s: one rank observes something else", golden_cases[story].name);
    for (int32_t size = 2; size <= MOST; size++) {
        job next = like;
        next.threads = size % 2 + 1;
        if (size == 2) {
            flow_divide_in_order(s->first_link, s->n_place, size, owner);
        } else {
            deal(owner, s->n_place, size, (uint64_t)size);
        }
        run(many, size, &next);
        for (int32_t r = 0; r < size; r++) {
            cr_assert_eq(many[r].err, FLOW_OK, "%s: %s", golden_cases[story].name, many[r].text);
            cr_expect_eq(many[r].sum.counts, row.counts, "%s: rank %d of %d differs",
                         golden_cases[story].name, (int)r, (int)size);
            cr_expect_eq(memcmp(many[r].totals, one->totals, sizeof one->totals), 0);
        }
        cr_expect_eq(many[0].seen, seen, "%s: %d ranks observe something else",
                     golden_cases[story].name, (int)size);
        cr_expect_gt(many[0].bytes, 0);
    }
    cr_expect_eq(one->sum.counts, row.counts);
    free(owner);
    flow_scenario_free(s);
}

ParameterizedTestParameters(comm, divided_model_is_the_same)
{
    static int story[n_golden];
    for (int i = 0; i < n_golden; i++) { story[i] = i; }
    return cr_make_param_array(int, story, n_golden);
}

ParameterizedTest(int *story, comm, divided_model_is_the_same)
{
    compare(*story);
}
