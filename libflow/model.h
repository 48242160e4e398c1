/// @file model.h
/// Layer 4: the state of one realisation and the phases of a step.
#ifndef FLOW_MODEL_H
#define FLOW_MODEL_H

#include "columns.h"
#include "comm.h"
#include "follow.h"
#include "lanes.h"
#include "parcel.h"
#include "paths.h"
#include "people.h"
#include "population.h"
#include "scenario.h"
#include "split.h"

/// What the people of small cells need to know of a choice row; in one piece of memory.
typedef struct flow_few {
    uint64_t version; ///< of the choice row that it was made from
    double leave;     ///< chance to move that the cuts were made for
    flow_cuts cuts;
    bool plain;         ///< every way is one link that is through, and nothing is left to walk
    int32_t *link, *to; ///< [cuts.n] first link of each way, and its end; again and again
} flow_few;

/// Choice row of one group at one place: open candidate paths and their weights without capacity.
typedef struct flow_choice {
    uint64_t version; ///< of the world it was made for; 0: never
    int32_t n;
    int32_t *node;    ///< [n] node of the place's tree; NULL: no memory yet
    double *weight;   ///< [n]
    double *tail;     ///< [n + 1] for flow_split_row(), where weights do not change within a day
    flow_few *few[2]; ///< as flow_work.few, where weights do not change; NULL: not wanted yet
} flow_choice;

enum {
    FLOW_MOST_EACH = 512, ///< people who are told an outcome each in one go
    FLOW_MOST_ROWS = 256  ///< rows of them
};

/// People of small cells of one place and one rule class on their way to be told their outcome.
typedef struct flow_crowd {
    int32_t n_row, n;
    int32_t row[FLOW_MOST_ROWS];
    uint8_t outcome[FLOW_MOST_EACH + 32];
} flow_crowd;

/// Route of people who were sent back to a place from which their way does not go on: they stay
/// once, then they look for another.
#define FLOW_NO_WAY UINT32_MAX

/// People who may enter a model, all in all: their steps, summed, remain a whole number of 63 bits
/// for nine million steps.
#define FLOW_MOST_PEOPLE 1e12

/// What has become of people who are in the model no more.
typedef enum flow_fate {
    FLOW_FATE_LEFT,
    FLOW_FATE_DEAD,
    FLOW_FATE_MISSING, ///< on the way
    FLOW_N_FATE
} flow_fate;

/// Scratch of one thread.
typedef struct flow_work {
    gsl_rng *rng;          ///< how many
    gsl_rng *who;          ///< who
    bool who_open;         ///< `who` stands in the stream of purpose and name
    flow_draw purpose;     ///< of the open stream
    uint64_t name;         ///< of what draws from it: place and phase
    double *weight, *tail; ///< [most + 1]
    int64_t *count;        ///< [most]
    flow_cells cells;      ///< for rebuilding a set
    flow_cells pending;    ///< people who stay with another key
    flow_pool pool;        ///< memory of ids
    flow_arena rows;       ///< memory of rows of choices
    flow_box *box;         ///< [ranges] parcels of the chunk at work, NULL: none are made
    flow_trail *trail;     ///< followed people of the chunk at work who go alone
    uint32_t *drawn;       ///< [drawn_size] ids of those who leave a place
    int64_t drawn_size;
    int32_t *inflow;     ///< [n_place] people without memories who arrive, delivered with trails
    flow_crowd crowd[2]; ///< those who may leave, those who surely do
    flow_few *few[2];    ///< their chances where weights change within a day
    int32_t head_place;  ///< first of the places whose streams are begun in `head`, -1: none
    uint32_t head[FLOW_LANES_HEADS * FLOW_HEAD_WORDS];
    bool queued;                     ///< somebody waits for the day's travel
    flow_log log;                    ///< what happened to people who are followed
    int64_t gone[FLOW_N_FATE];       ///< persons who are in the model no more since this phase
    int64_t units_gone[FLOW_N_FATE]; ///< the same in units
    bool wrote;     ///< somebody entered a link in this wave of the destination rule
    flow_err error; ///< of a function that a parallel loop called
    char text[320]; ///< of that error
    bool failed;    ///< out of memory in a parallel loop
    char pad[64];   ///< threads do not share cache lines
} flow_work;

/// How many of those who enter are of a group.
typedef struct flow_entering {
    uint32_t *group;
    int64_t *n; ///< units
    int32_t n_group, size;
} flow_entering;

/// State of the destination rule (destination.h).
typedef struct flow_destination flow_destination;

struct flow_model {
    const flow_scenario *s; ///< borrowed
    uint64_t seed;
    uint32_t member;
    int32_t threads;
    int32_t day; ///< steps done
    bool broken; ///< a step failed half-way
    flow_paths paths;
    flow_groups groups;    ///< of the scenario: what it points to is borrowed
    flow_columns *columns; ///< what modules write
    flow_ledger ledger;    ///< what they spend
    int64_t *by_status;    ///< [FLOW_N_STATUS][n_place] people at places, where `crowded`
    flow_people *crowd;    ///< the same by home and status
    int64_t crowd_size;    ///< rows there is room for
    bool crowded;          ///< some module asks who is where

    // Places, [n_place]
    int32_t *kind; ///< flow_place_kind once no conflict is there
    bool *camp, *idp_camp, *town;
    double *move_chance; ///< of the kind, 1/d
    double *leave;       ///< chance to move today, 1/d
    double *conflict;    ///< intensity, 0: none
    int32_t *conflict_since;
    double *capacity, *population;
    double *score, *score_before;
    double *flood_pull; ///< factor of floods on the end point score
    double *multiplier; ///< of capacity, in [0, 1]
    double *pull;       ///< multiplier to the power of weight_power
    int64_t *count;     ///< persons at the place, arrived or resident
    int64_t *dawn;      ///< the same at dawn; kept for the match rules only
    double
        *owed; ///< persons still to enter (> 0) or entered too early, because households are whole
    int64_t *arrivals, *departures, *spawned; ///< today
    flow_cells *here;                         ///< residents
    flow_cells *active;                       ///< arrived and still on their way today
    double *same_religion, *same_ethnicity;   ///< [n_place][n value] people of each value at dawn

    // Links, [n_link]
    int32_t *closed;             ///< closures in force
    int32_t *closed_on;          ///< step at whose beginning it closed last, -1: never
    int32_t *first_in, *in_link; ///< CSR by destination: [n_place + 1], [n_link]
    double *speed;               ///< km/d at full speed
    int64_t *link_count, *link_entered;
    int32_t *road_due; ///< first step at which somebody on the road is due
    flow_cells *queue; ///< who travels today
    flow_cells *entry; ///< who entered in this wave
    flow_cells *road;  ///< under way
    flow_cells *back;  ///< found the link closed, return to its start

    // Estimates for turns.c, [n_place]
    double *coming;                ///< persons on their way there today
    int64_t *asking, *asking_most; ///< persons who look for a way there today; their largest cell
    int32_t *asking_rule;          ///< its rule class

    flow_choice *choice; ///< [n_place][n_rule]
    uint64_t version;    ///< of everything that enters a choice row
    int64_t event;       ///< next event

    int32_t n_limited; ///< places with a capacity
    int32_t *limited;  ///< [n_limited]
    bool *through;     ///< [n_link] whoever enters the link arrives on the same day and rests
    bool direct;       ///< some link is through
    int32_t n_chunk, n_range; ///< of the loops that fill and empty boxes
    flow_box *box;            ///< [n_chunk][n_range]
    flow_trail *trail;        ///< [n_chunk]
    bool alone;               ///< all keys are alike: people who leave need no parcel
    uint32_t **cursor;        ///< [n_place] where the next one who came alone is written
    uint64_t scored;          ///< version for which scores were made, 0: none

    double bin_km;  ///< km of one bin of the memories
    bool aware;     ///< flood forecasts matter to some people more than to others
    bool remembers; ///< the distance moved today matters to some rule in use
    int64_t bins;   ///< bins of max_move_speed
    uint32_t phase; ///< decisions made today, names their streams
    int64_t persons, entered, left, person_steps;
    int64_t dead,
        missing; ///< persons since the beginning; entered = persons + left + dead + missing
    int64_t units_dead, units_missing;
    int64_t units, units_entered, units_left; ///< households, or persons who move alone
    int64_t target;                           ///< people wanted to enter today
    int64_t debt;    ///< registrations that fell and suppress later entries
    int64_t waiting; ///< people who could not enter yet (population used up)

    double *place_weight, *place_tail; ///< [n_place + 1]
    int64_t *place_number;             ///< [n_place]
    double *class_tail;                ///< [most classes of an axis + 1]
    int64_t *class_number;             ///< [most classes of an axis]
    flow_entering entering[2];         ///< groups of those who enter, before and after an axis
    flow_destination *to;              ///< destination rule only, else NULL
    flow_follow follow;                ///< people who are followed one by one
    flow_division *part;               ///< over several ranks; NULL: it is not divided
    const bool *mine;                  ///< [n_place] places that this rank steps; NULL: all
    flow_work *work;                   ///< [threads]
};

/// Sum of the hashes of all cells that the model has.
uint64_t flow_model_cells_hash(const flow_model *m);

/// Combined values of a quantity (FLOW_Q_HAZARD + FLOW_CAUSE_FLOOD), one per place, link or
/// country; NULL when nobody writes it: all neutral.
const double *flow_model_quantity(const flow_model *m, int32_t quantity);

// crowd.c: who is where, as modules see them
flow_err flow_model_presence(flow_model *m, flow_presence *out);

// drive.c: forcing, how many enter
flow_err flow_model_events(flow_model *m);
flow_err flow_model_spawn(flow_model *m);
flow_err flow_model_day0(flow_model *m);
double flow_model_decay(const flow_model *m, int32_t place);
/// Registered people of a day, as the scenario defines their total.
int64_t flow_observed_total(const flow_scenario *s, int32_t day);
/// A Poisson number for a place, from the stream of a purpose.
int64_t flow_model_poisson(flow_model *m, flow_draw purpose, int32_t place, double mean);
/// FLOW_ERANGE when more people would leave today than a model takes in; `why`: by what.
flow_err flow_model_bound(const flow_model *m, int32_t place, double amount, const char *why);
/// n persons leave home, or as many as are left there.
flow_err flow_model_leave_home(flow_model *m, int32_t place, int64_t n, flow_draw purpose,
                               int32_t cause);

// drive_hazards.c: who leaves because of floods and hunger
flow_err flow_model_floods(flow_model *m);
/// Weight of a place as an origin because food is short there.
double flow_model_food_weight(const flow_model *m, int32_t place);
/// Of n persons who leave a place of weight `all`, those who lack food leave; *n: the others.
flow_err flow_model_hungry(flow_model *m, int32_t place, double all, int64_t *n);

// enter.c: who enters
/// About n persons enter at a place (whole households; the difference is owed); *entered: persons.
flow_err flow_model_enter(flow_model *m, int32_t place, int64_t n, flow_draw purpose, int32_t cause,
                          int64_t *entered);

// choose_hazards.c: floods and food in scores and move chances
/// Entry of a list for a flood level, linear between entries, the last one above.
double flow_by_level(const flow_list *list, double level);
double flow_flood_level(const flow_model *m, int32_t place);
/// Percent of the people without food, as attraction and origins see it.
double flow_hunger(const flow_model *m, int32_t place);
/// Factor of floods on the score of a place.
double flow_flood_score(const flow_model *m, int32_t place);
/// What hazards change of m->leave; m->flood_pull.
void flow_model_hazards(flow_model *m);
/// Whether hazards make today another day than yesterday.
bool flow_hazards_change(const flow_model *m);

// choose.c: scores, capacity multipliers, choice rows
void flow_model_scores(flow_model *m);
void flow_model_multipliers(flow_model *m);
flow_err flow_model_attributes(flow_model *m);
/// The row of a rule class at a place, remade when the world has changed. NULL: no memory.
flow_choice *flow_model_choice(flow_model *m, flow_work *w, int32_t place, int32_t rule);

/// Prune the weights of a choice row and make its tail sums. `most`: the largest weight.
void flow_model_finish_weights(const flow_model *m, int32_t n, double most, double *weight,
                               double *tail);

// decide.c: who leaves a place, and where to
/// The few people of a place decide when nothing tells them apart; false: not so, nothing done.
bool flow_model_decide_few(flow_model *m, flow_work *w, int32_t place);
/// Everybody in `from` decides: enters a link of `into` (NULL: travels at once), or stays.
/// `onward`: they arrived today.
void flow_model_decide(flow_model *m, flow_work *w, int32_t place, flow_cells *from,
                       flow_cells *into, bool onward);

/// Today's weights of a choice row in w->weight and w->tail.
void flow_model_weigh(const flow_model *m, flow_work *w, int32_t place, const flow_choice *choice);

// turns.c: people who travel on one day choose in turns
/// Share of those who still wait in the queues who may go before some multiplier of capacity has
/// changed by hop.capacity_batch, above 0; at least 1: all.
flow_err flow_model_turn(flow_model *m, double *share);

// travel.c: links, arrivals, end of the day
/// Kilometres on a link before today.
double flow_model_km_before(const flow_model *m, int32_t link, const flow_key *key);
/// A party travels on a link today: arrives, or spends the night on it.
void flow_model_enter_link(flow_model *m, flow_work *w, int32_t link, flow_party *party);
/// Whether a day of the hop rule is in one of hop.harvest_months: nobody sets out.
bool flow_model_harvests(const flow_model *m, int32_t day);
flow_err flow_model_travel(flow_model *m);
// gone.c: who is in the model no more
/// A party is in the model no more: its thread counts it until flow_model_count_gone(), the caller
/// takes it from the place or link where it was. Its history ends, its ids are free.
void flow_model_remove(const flow_model *m, flow_work *w, flow_party *party, flow_fate fate);
/// What threads have counted becomes part of the tallies of the model.
void flow_model_count_gone(flow_model *m);

/// Place of what happens now among the moments of the day of those who are followed.
uint32_t flow_model_order(const flow_model *m, const flow_work *w);
/// Followed people of a group: something happened to them today, at a place or as flow_note says.
void flow_model_note(const flow_model *m, flow_work *w, uint32_t group, const flow_ids *ids,
                     int32_t where);

// travel_direct.c: who arrives on the day he leaves, where nothing has a capacity
void flow_model_decide_at_once(flow_model *m);

// Shared by the phases ---------------------------------------------------------------------------

/// Open the stream of a place in a phase of the day: one for the counts, which cells use in the
/// order of their rows, and one for who they are, so that counts never depend on identities.
static inline void flow_open(const flow_model *m, flow_work *w, flow_draw purpose, int32_t place)
{
    w->name = (uint64_t)place << 32 | m->phase;
    w->purpose = purpose;
    w->who_open = false;
    flow_rng_key(w->rng, m->seed, m->member, m->day, purpose, w->name);
}

/// The same for a decision in the loop that fills boxes, where the first words may be there.
static inline void flow_open_begun(const flow_model *m, flow_work *w, int32_t place)
{
    flow_open(m, w, FLOW_DRAW_LEAVE, place);
    if (w->head_place < 0) { return; }
    flow_rng_state *state = (flow_rng_state *)w->rng->state;
    state->used = FLOW_RNG_WORDS - FLOW_HEAD_WORDS;
    state->counter[0] = FLOW_HEAD_WORDS / 4;
    memcpy(state->word + state->used, w->head + (place - w->head_place) * FLOW_HEAD_WORDS,
           FLOW_HEAD_WORDS * sizeof *w->head);
}

/// Put a party into a set; a lack of memory shows in w->failed.
static inline void flow_put(flow_work *w, flow_cells *cells, flow_party *party)
{
    if (!flow_cells_put(&w->pool, cells, party)) { w->failed = true; }
}

enum {
    FLOW_PARALLEL_FROM = 256, ///< places from which a parallel loop pays
    FLOW_CHUNKS = 8           ///< chunks of places per thread in the loop that fills boxes
};

/// Places are delivered to in ranges, one per thread.
static inline int32_t flow_range_of(const flow_model *m, int32_t place)
{
    return m->n_range == 1 ? 0 : (int32_t)((int64_t)place * m->n_range / m->s->n_place);
}

static inline flow_work *flow_own_work(flow_model *m)
{
    return &m->work[omp_get_thread_num()];
}

static inline bool flow_any_failed(const flow_model *m)
{
    bool failed = false;
    for (int32_t t = 0; t < m->threads; t++) { failed = failed || m->work[t].failed; }
    return failed;
}

/// Whether this rank steps a place.
static inline bool flow_is_mine(const flow_model *m, int32_t place)
{
    return m->mine == NULL || m->mine[place];
}

/// A loop over the places p of this rank, each with its own thread's work w; parallel where that
/// pays.
#define FLOW_FOR_PLACES(m, body)                                                                   \
    do {                                                                                           \
        const int32_t n_place_ = (m)->s->n_place;                                                  \
        if ((m)->threads > 1 && n_place_ >= FLOW_PARALLEL_FROM) {                                  \
            _Pragma("omp parallel for schedule(dynamic, 16) num_threads((m)->threads)") for (      \
                int32_t p = 0; p < n_place_; p++)                                                  \
            {                                                                                      \
                flow_work *w = flow_own_work(m);                                                   \
                if (flow_is_mine((m), p)) { body; }                                                \
            }                                                                                      \
        } else {                                                                                   \
            flow_work *w = &(m)->work[0];                                                          \
            for (int32_t p = 0; p < n_place_; p++) {                                               \
                if (flow_is_mine((m), p)) { body; }                                                \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/// Open the stream of identities that belongs to the open place.
static inline void flow_open_who(const flow_model *m, flow_work *w)
{
    if (w->who_open) { return; }
    const uint64_t cell = w->name ^ (uint64_t)w->purpose << 56;
    flow_rng_key(w->who, m->seed, m->member, m->day, FLOW_DRAW_WHO, cell);
    w->who_open = true;
}

/// Part n units from a party; who goes along comes from the stream `who` of the open place.
static inline void flow_part(const flow_model *m, flow_work *w, flow_party *from, int64_t n,
                             flow_party *out)
{
    if (from->ids.n == 0) {
        out->key = from->key;
        out->n = n;
        out->ids = (flow_ids){0};
        from->n -= n;
        return;
    }
    flow_open_who(m, w);
    if (!flow_party_part(w->who, &w->pool, from, n, out)) { w->failed = true; }
}

/// Persons in n units of a group.
static inline int64_t flow_persons(const flow_model *m, uint32_t group, int64_t n)
{
    return m->groups.household < 0 ? n : n * flow_group_size(&m->groups, group);
}

#endif
