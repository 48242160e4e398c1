// libFuzzer: the state of a model, as a checkpoint holds it. The hash of the file is no hurdle
// here. Input: a byte says who is followed and on which day the state was saved; then either the
// bytes of a state (bit 7 set), or changes to a whole one, of 12 bytes each: where, and 8 new
// bytes. What is loaded must go on for some days, and its people must be conserved.
#include "../../libflow/state.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { n_mode = 3, n_day = 12, n_change = 12 };

static const char *const text[][2] = {
    {"scenario.yaml",
     "libflow: 1\nperiod: {start: 2024-01-01, days: 15}\n"
     "spawn: {mode: conflict, rate_kind: poisson, rate: 9}\n"
     "people: {axes: 'origin, status, gender'}\n"
     "conflict_events: {reach_km: 300}\n"
     "hop: {max_move_speed: 100, avoid_short_stints: true, default_movechance: 0.4,\n"
     "  camps_are_sinks: true, awareness_level: 2}\n"},
    {"places.csv",
     "name,region,country,latitude,longitude,kind,population,capacity,initial_idps,sink\n"
     "Alm,R,A,1,1,conflict,900,,,\nBor,R,A,1,2,town,50,,23,\nCol,R,B,2,2,camp,0,40,17,0.01\n"},
    {"links.csv", "from,to,length_km,walk_probability\nAlm,Bor,60,0.2\nAlm,Col,340,0\n"
                  "Bor,Col,90,0\n"},
    {"conflict.csv", "place,start,end,intensity\nAlm,0,,1\nBor,7,9,0.5\n"},
    {"closures.csv", "kind,from,to,start,end\nlink,Bor,Col,5,9\n"},
    {"events.csv", "event_date,event_type,latitude,longitude,fatalities\n"
                   "2024-01-02,Battles,1,1,3\n2024-01-05,Battles,1,2,40\n"},
    {"attributes.csv", "attribute,value,place,weight\ngender,f,,53\ngender,m,,47\n"
                       "household_size,1,,1\nhousehold_size,3,,2\n"}};

/// A state in memory.
typedef struct state {
    char *byte;
    int64_t n, size;
} state;

static flow_err add(void *context, const void *bytes, int64_t n)
{
    state *s = context;
    if (s->n + n > s->size) {
        s->size = 2 * (s->n + n);
        s->byte = realloc(s->byte, (size_t)s->size);
        if (s->byte == NULL) { abort(); }
    }
    memcpy(s->byte + s->n, bytes, (size_t)n);
    s->n += n;
    return FLOW_OK;
}

static void need(bool good)
{
    if (!good) { abort(); }
}

static void save(const flow_model *m, state *out)
{
    out->n = 0;
    flow_sink sink = {.write = add, .context = out};
    need(flow_state_save(m, &sink) == FLOW_OK);
}

/// Made once: models, and their states on each day.
typedef struct world {
    flow_scenario *s;
    flow_model *m[n_mode];
    state day[n_mode][n_day];
} world;

static void make(world *w)
{
    enum { n_file = sizeof text / sizeof *text };
    flow_file file[n_file];
    for (int i = 0; i < n_file; i++) {
        file[i] = (flow_file){text[i][0], text[i][1], (int64_t)strlen(text[i][1])};
    }
    need(flow_scenario_load_memory(file, n_file, NULL, &w->s) == FLOW_OK);
    for (int mode = 0; mode < n_mode; mode++) {
        const flow_model_options o = {.seed = 7,
                                      .threads = 1,
                                      .individuals = (flow_individuals)mode,
                                      .sample_share = 0.5,
                                      .history = true};
        need(flow_model_create(w->s, &o, &w->m[mode]) == FLOW_OK);
        for (int day = 0; day < n_day; day++) {
            save(w->m[mode], &w->day[mode][day]);
            need(flow_model_step(w->m[mode]) == FLOW_OK);
        }
    }
}

/// The state that an input stands for; aligned, and of its exact size.
static char *input(const state *whole, const uint8_t *data, size_t size, bool raw, int64_t *n)
{
    *n = raw ? (int64_t)size : whole->n;
    char *byte = malloc((size_t)*n + 1);
    need(byte != NULL);
    if (raw) {
        memcpy(byte, data, size);
        return byte;
    }
    memcpy(byte, whole->byte, (size_t)whole->n);
    for (; size >= n_change; data += n_change, size -= n_change) {
        uint32_t at;
        memcpy(&at, data, sizeof at);
        memcpy(byte + (at % (uint32_t)(whole->n / 4 - 1)) * 4, data + 4, n_change - 4);
    }
    return byte;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static world w;
    static state before, after;
    if (w.s == NULL) { make(&w); }
    if (size == 0) { return 0; }
    const int mode = data[0] % n_mode, day = data[0] / n_mode % n_day;
    flow_model *m = w.m[mode];
    const state *good = &w.day[mode][(day + 3) % n_day];
    need(flow_state_load(m, good->byte, good->n) == FLOW_OK);
    save(m, &before);
    int64_t n = 0;
    char *byte = input(&w.day[mode][day], data + 1, size - 1, data[0] >= 128, &n);
    const flow_err err = flow_state_load(m, byte, n);
    free(byte);
    if (err != FLOW_OK) {
        need(err == FLOW_EINPUT && *flow_error_text() != '\0');
        save(m, &after); // nothing was changed
        need(before.n == after.n && memcmp(before.byte, after.byte, (size_t)after.n) == 0);
        return 0;
    }
    while (flow_model_step(m) == FLOW_OK) {
        need(flow_model_entered(m) == flow_model_persons(m) + flow_model_left(m) +
                                          flow_model_dead(m) + flow_model_missing(m));
        (void)flow_model_checksum(m);
        (void)flow_model_identity_checksum(m);
        (void)flow_model_n_moment(m);
    }
    return 0;
}
