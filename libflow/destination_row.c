// The rows of the destination rule: who can go where from a place, and with what chances.
#include "channel.h"
#include "columns.h"
#include "shares.h"
#include "split.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// People whose origin is `origin`, elsewhere at a place, at the beginning of the step.
static double compatriots(const flow_destination *d, int32_t place, int32_t origin)
{
    if (place == origin) { return 0.0; } // they are at home
    int64_t low = d->kin_first[origin], high = d->kin_end[origin];
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (d->kin_place[middle] < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const bool found = low < d->kin_end[origin] && d->kin_place[low] == place;
    return found ? d->kin_n[low] : 0.0;
}

/// Row of the table of the diaspora for the people of `origin` at a place, -1: none.
static int64_t tie_of(const flow_scenario *s, int32_t origin, int32_t place)
{
    if (s->tie_first == NULL) { return -1; }
    int64_t low = s->tie_first[origin], high = s->tie_first[origin + 1];
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (s->tie_place[middle] < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < s->tie_first[origin + 1] && s->tie_place[low] == place ? low : -1;
}

/// People of `origin` who lived at a place before the first day.
static double settled(const flow_scenario *s, int32_t origin, int32_t place)
{
    const int64_t tie = tie_of(s, origin, place);
    return tie >= 0 ? s->tie_people[tie] : 0.0;
}

double flow_real_wage(const flow_model *m, int32_t place)
{
    const double *wage = flow_model_quantity(m, FLOW_Q_WAGE);
    const double *price = flow_model_quantity(m, FLOW_Q_PRICE_INDEX);
    return (wage != NULL ? wage[place] : 1.0) / (price != NULL ? price[place] : 1.0);
}

/// Fees of regular crossings along the way to the candidates, over the traveller's wealth.
static void fill_fees(const flow_model *m, int32_t place, const flow_going *row,
                      flow_row_room *room, double *out)
{
    const flow_destination *d = m->to;
    const double *factor = flow_model_quantity(m, FLOW_Q_WEALTH_FACTOR);
    const double wealth = m->s->set.destination.wealth * flow_real_wage(m, place) *
                          (factor != NULL ? factor[place] : 1.0);
    double *sum = room->value + (int64_t)(FLOW_N_TERM + 2) * room->size;
    flow_routes_sum(d->routes, place, d->fee, sum);
    for (int32_t k = 0; k < row->n; k++) { out[k] = sum[room->way[k]] / wealth; }
}

/// Expected utility of passing the links with channels on the way to the candidates.
static void fill_passages(const flow_model *m, int32_t place, int32_t cause, const flow_going *row,
                          flow_row_room *room, double *out)
{
    const flow_destination *d = m->to;
    const int32_t who = flow_entry_of(cause);
    double *sum = room->value + (int64_t)(FLOW_N_TERM + 2) * room->size;
    flow_routes_sum(d->routes, place, d->inclusive + (int64_t)who * m->s->n_link, sum);
    for (int32_t k = 0; k < row->n; k++) { out[k] = sum[room->way[k]]; }
}

/// Values of the terms for the candidates of a row, and the input that points at them.
static void fill_terms(const flow_model *m, int32_t place, int32_t cause, const flow_going *row,
                       flow_row_room *room, flow_row_input *in)
{
    const flow_destination *d = m->to;
    const bool wages = flow_model_quantity(m, FLOW_Q_WAGE) != NULL;
    const double *employment = flow_model_quantity(m, FLOW_Q_EMPLOYMENT);
    const int32_t status = cause == FLOW_CAUSE_ECONOMIC ? FLOW_STATUS_LABOUR : FLOW_STATUS_REFUGEE;
    const double *policy = flow_model_quantity(m, FLOW_Q_POLICY + status);
    const bool ties = !d->kin && m->s->tie_first != NULL; // else of the origin: own_row
    const int32_t *country = m->s->world.place_country;
    double *v[FLOW_N_TERM] = {0};
    for (int32_t t = 0; t < FLOW_N_TERM; t++) { v[t] = room->value + (int64_t)t * room->size; }
    double *extra = room->value + (int64_t)(FLOW_N_TERM + 1) * room->size;
    for (int32_t k = 0; k < row->n; k++) {
        const int32_t j = row->place[k];
        v[FLOW_TERM_POPULATION][k] = d->size[j];
        if (wages) { v[FLOW_TERM_WAGE][k] = flow_real_wage(m, j) / flow_real_wage(m, place); }
        if (employment != NULL) { v[FLOW_TERM_UNEMPLOYMENT][k] = 1.0 - employment[j]; }
        v[FLOW_TERM_SAFETY][k] = d->safe[j];
        v[FLOW_TERM_CAMP][k] = m->camp[j] ? 1.0 : 0.0;
        v[FLOW_TERM_ROOM][k] = m->multiplier[j];
        v[FLOW_TERM_REGION][k] =
            strcmp(m->s->place_region[j], m->s->place_region[place]) == 0 ? 1.0 : 0.0;
        if (ties) { v[FLOW_TERM_DIASPORA][k] = settled(m->s, place, j); }
        if (policy != NULL) {
            v[FLOW_TERM_POLICY][k] = country[j] != country[place] ? policy[country[j]] : 0.0;
        }
        extra[k] = d->appeal[j];
    }
    if (in->stay == 0) {
        const double *worth = flow_model_quantity(m, FLOW_Q_WORTH);
        if (worth != NULL) { extra[0] += worth[place]; }
        if (cause == FLOW_CAUSE_ECONOMIC) { extra[0] += d->worth[place]; }
    }
    if (d->channels) { fill_passages(m, place, cause, row, room, v[FLOW_TERM_PASSAGE]); }
    if (d->fees) { fill_fees(m, place, row, room, v[FLOW_TERM_FEE]); }
    static const int32_t always[] = {FLOW_TERM_POPULATION, FLOW_TERM_SAFETY, FLOW_TERM_CAMP,
                                     FLOW_TERM_ROOM, FLOW_TERM_REGION};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        in->term[always[i]] = v[always[i]];
    }
    in->term[FLOW_TERM_WAGE] = wages ? v[FLOW_TERM_WAGE] : NULL;
    in->term[FLOW_TERM_UNEMPLOYMENT] = employment != NULL ? v[FLOW_TERM_UNEMPLOYMENT] : NULL;
    in->term[FLOW_TERM_DIASPORA] = ties ? v[FLOW_TERM_DIASPORA] : NULL;
    in->term[FLOW_TERM_PASSAGE] = d->channels ? v[FLOW_TERM_PASSAGE] : NULL;
    in->term[FLOW_TERM_FEE] = d->fees ? v[FLOW_TERM_FEE] : NULL;
    in->term[FLOW_TERM_POLICY] = policy != NULL ? v[FLOW_TERM_POLICY] : NULL;
    in->utility = extra;
}

/// Room for n candidates. Rows that grow, because roads open, take twice as much and leave what
/// they had in the arena.
static bool reserve_row(flow_arena *arena, flow_going *row, int32_t n, bool days)
{
    if (n <= row->size) { return true; }
    const int32_t size = n > 2 * (int64_t)row->size ? n : 2 * row->size;
    double *weight = flow_arena_take(arena, (days ? 3 : 2) * (int64_t)size + 1, sizeof *weight);
    int32_t *place = flow_arena_take(arena, size, sizeof *place);
    if (place == NULL || weight == NULL) { return false; }
    row->weight = weight;
    row->tail = weight + size;
    row->days = days ? weight + 2 * (int64_t)size + 1 : NULL;
    row->place = place;
    row->size = size;
    return true;
}

// Candidates --------------------------------------------------------------------------------------

/// A place becomes a candidate; `way`: its row in the tree.
static void add_candidate(flow_going *row, flow_row_room *room, int32_t place, int32_t way)
{
    row->place[row->n] = place;
    room->way[row->n++] = way;
}

/// Candidates of a table: its destinations that can be reached, with their shares.
static void list_shares(const flow_model *m, int32_t place, const flow_share_block *block,
                        flow_going *row, flow_row_room *room, double *share)
{
    int32_t n;
    const flow_route *way = flow_routes_from(m->to->routes, place, &n);
    for (int32_t i = 0; i < n; i++) {
        if (!way[i].target && i > 0) { continue; }
        const double part = flow_shares_of(m->s->shares, block, way[i].place);
        if (!(part > 0.0)) { continue; }
        share[row->n] = part;
        add_candidate(row, room, way[i].place, i);
    }
}

/// Candidates of other rules: the nearest places within the radius, those with ties however far,
/// and the place itself where staying competes. The tree may hold more, for other causes.
static void list_near(const flow_model *m, int32_t place, int32_t cause, flow_going *row,
                      flow_row_room *room)
{
    const flow_settings *set = &m->s->set;
    const double own = set->choice[cause].radius, common = set->destination.radius;
    const double radius = own > 0.0 ? own : common > 0.0 ? common : (double)INFINITY;
    int32_t n, n_near = 0;
    const flow_route *way = flow_routes_from(m->to->routes, place, &n);
    if (set->choice[cause].may_stay) { add_candidate(row, room, place, 0); }
    for (int32_t i = 1; i < n; i++) {
        if (!way[i].target) { continue; }
        const bool near = n_near < set->destination.most && way[i].cost <= radius;
        n_near += near;
        if (near || tie_of(m->s, place, way[i].place) >= 0) {
            add_candidate(row, room, way[i].place, i);
        }
    }
}

// Rows --------------------------------------------------------------------------------------------

/// Ask the function of the program for weights.
typedef struct asking {
    const flow_filler *filler;
    flow_question question;
} asking;

static flow_err ask(void *context, const flow_row_input *in, double *weight)
{
    const asking *a = context;
    (void)in;
    return a->filler->fill(a->filler->context, &a->question, weight);
}

/// What the function of the program is told.
static flow_question question_of(const flow_model *m, int32_t place, const flow_going *row,
                                 flow_row_room *room, const flow_row_input *in)
{
    double *days = room->value + (int64_t)(FLOW_N_TERM + 2) * room->size;
    int32_t n;
    const flow_route *way = flow_routes_from(m->to->routes, place, &n);
    for (int32_t k = 0; k < row->n; k++) { days[k] = way[room->way[k]].cost; }
    return (flow_question){.member = m->member,
                           .step = m->day,
                           .place = place,
                           .n = row->n,
                           .stay = in->stay,
                           .to = row->place,
                           .km = in->distance,
                           .days = days,
                           .people = in->term[FLOW_TERM_POPULATION]};
}

/// What rules need besides terms.
static void fill_more(const flow_model *m, int32_t place, int32_t cause, const flow_going *row,
                      flow_row_room *room, flow_row_input *in)
{
    const flow_destination *d = m->to;
    double *part = room->value + (int64_t)FLOW_TERM_CONSTANT * room->size;
    const double *balance = d->balance + (int64_t)cause * m->s->n_place;
    if (d->kind[cause] == FLOW_TO_BALANCED) {
        for (int32_t k = 0; k < row->n; k++) { part[k] = balance[row->place[k]]; }
        in->balance = part;
    } else if (d->kind[cause] == FLOW_TO_COMPETING) {
        for (int32_t k = 0; k < row->n; k++) {
            part[k] = flow_destination_access(m, cause, place, row->place[k], in->distance[k]);
        }
        in->access = part;
    }
}

/// A failure within a row, told with the place and the cause.
static void fail(const flow_model *m, flow_work *w, int32_t place, int32_t cause, flow_err err)
{
    int32_t n;
    (void)snprintf(w->text, sizeof w->text, "step %d: row of '%s' for %s: %s", (int)m->day,
                   m->s->place_name[place], flow_by_terms(FLOW_BY_CAUSE, &n)[cause].name,
                   flow_error_text());
    w->error = err;
    w->failed = true;
}

static flow_err fill(const flow_model *m, flow_row_room *room, int32_t place, int32_t cause,
                     int32_t chooser, flow_going *row)
{
    const flow_destination *d = m->to;
    const flow_shares *shares = m->s->shares;
    flow_row_rule rule = d->rule[chooser * FLOW_N_CAUSE + cause];
    flow_row_input in = {.population = d->size[place], .stay = -1};
    double *km = room->value + (int64_t)FLOW_N_TERM * room->size;
    double *scratch = room->value + (int64_t)(FLOW_N_TERM + 2) * room->size;
    row->n = 0;
    const flow_share_block *block =
        rule.kind == FLOW_ROW_TABLE ? flow_shares_find(shares, place, cause, m->day) : NULL;
    if (block != NULL) {
        double *share = room->value + (int64_t)FLOW_TERM_CONSTANT * room->size;
        list_shares(m, place, block, row, room, share);
        in.share = share;
    } else {
        if (rule.kind == FLOW_ROW_TABLE) {
            if (m->s->set.destination.missing <= FLOW_MISSING_STAY) { return FLOW_OK; }
            rule = d->missing[chooser * FLOW_N_CAUSE + cause];
        }
        list_near(m, place, cause, row, room);
    }
    row->utility = rule.kind == FLOW_ROW_UTILITY;
    if (row->n > 0 && row->place[0] == place) { in.stay = 0; }
    flow_routes_sum(d->routes, place, d->km, scratch);
    for (int32_t k = 0; k < row->n; k++) { km[k] = scratch[room->way[k]]; }
    int32_t n;
    const flow_route *way = flow_routes_from(d->routes, place, &n);
    for (int32_t k = 0; k < row->n && row->days != NULL; k++) {
        row->days[k] = way[room->way[k]].cost;
    }
    in.n = row->n;
    in.distance = km;
    fill_terms(m, place, cause, row, room, &in);
    fill_more(m, place, cause, row, room, &in);
    asking asks = {.filler = &m->s->filler[cause]};
    if (rule.kind == FLOW_ROW_CALLBACK) {
        asks.question = question_of(m, place, row, room, &in);
        rule.fill = ask;
        rule.context = &asks;
    }
    return flow_row_fill(&rule, &in, room->order, row->weight, NULL);
}

const flow_going *flow_destination_row(flow_model *m, flow_work *w, int32_t place, int32_t cause,
                                       int32_t chooser)
{
    flow_destination *d = m->to;
    const int64_t which = (int64_t)chooser * m->s->n_place + place;
    flow_going *row = &d->row[which * FLOW_N_CAUSE + cause];
    const bool each_step = d->kind[cause] == FLOW_TO_CALLBACK;
    if (row->version == d->version && (!each_step || row->step == m->day)) { return row; }
    int32_t n;
    (void)flow_routes_from(d->routes, place, &n);
    flow_row_room *room = &d->room[w - m->work];
    if (!reserve_row(&w->rows, row, n + 1, m->groups.reaches) || !flow_row_reserve(room, n + 1)) {
        w->failed = true;
        return NULL;
    }
    const flow_err err = fill(m, room, place, cause, chooser, row);
    if (err != FLOW_OK) {
        fail(m, w, place, cause, err);
        return NULL;
    }
    flow_split_prepare(row->n, row->weight, row->tail);
    row->version = d->version;
    row->step = m->day;
    return row;
}

/// As the crow flies, so that it does not change with closures.
static double km_from_home(const flow_scenario *s, int32_t home, int32_t place)
{
    if (home == place) { return 0.0; }
    return flow_great_circle_km(s->latitude[home], s->longitude[home], s->latitude[place],
                                s->longitude[place]);
}

bool flow_destination_own_row(const flow_model *m, flow_work *w, const flow_going *row,
                              const flow_row_rule *rule, int32_t origin, double reach,
                              flow_own_row *out)
{
    const double follow = rule->coefficient[FLOW_TERM_DIASPORA];
    const bool own = row->utility && origin >= 0;
    const bool kin = m->to->kin && own && follow != 0.0;
    const double near = own ? rule->coefficient[FLOW_TERM_HOME] : 0.0;
    *out = (flow_own_row){.weight = row->weight, .tail = row->tail};
    if (!kin && near == 0.0 && !isfinite(reach)) { return true; }
    flow_row_room *room = &m->to->room[w - m->work];
    if (!flow_row_reserve(room, row->n + 1)) { return false; } // it may be another thread's work
    double *weight = room->value, *tail = room->value + room->size;
    for (int32_t k = 0; k < row->n; k++) { // the chances of what is known, in proportion
        const int32_t j = row->place[k];
        weight[k] = isfinite(reach) && row->days[k] > reach ? 0.0 : row->weight[k];
        if (kin) {
            weight[k] *=
                pow(1.0 + settled(m->s, origin, j) + compatriots(m->to, j, origin), follow);
        }
        if (near != 0.0) { weight[k] *= pow(1.0 + km_from_home(m->s, origin, j), near); }
    }
    flow_split_prepare(row->n, weight, tail);
    *out = (flow_own_row){.weight = weight, .tail = tail};
    return true;
}
