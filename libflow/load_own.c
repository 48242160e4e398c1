// libflow's own folder: scenario.yaml, places.csv, links.csv. docs/formats.md describes it.
#include "load.h"
#include "people.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_PEOPLE 1e10
#define LONGEST_KM 50000.0

void flow_load_period(flow_loader *l, bool given)
{
    flow_scenario *s = l->s;
    flow_settings_period *set = &s->set.period;
    if (given && l->options->days > set->days) {
        const flow_node *node = flow_config_find(&l->config, "period.days");
        flow_problem_error(&l->problems, node != NULL ? node->at : (flow_mark){.file = s->path},
                           "%d days are asked for, the scenario has %d", (int)l->options->days,
                           (int)set->days);
    } else if (l->options->days > 0) {
        set->days = l->options->days;
    }
    s->start = set->start;
    s->dt = flow_step_days[set->step];
    s->n_step = (int32_t)ceil((double)set->days / s->dt - 1e-6);
    if (set->step == FLOW_STEP_DAY || s->set.movement.rule != FLOW_MOVE_HOP) { return; }
    const flow_node *node = flow_config_find(&l->config, "period.step");
    flow_problem_error(&l->problems, node != NULL ? node->at : (flow_mark){.file = "--set"},
                       "period.step: movement.rule is hop, which knows steps of a day only");
}

/// The rate of leaving is made by the utility of staying.
static void check_annual_rate(flow_loader *l)
{
    const flow_settings *set = &l->s->set;
    const flow_settings_choice *choice = &set->choice[FLOW_CAUSE_ECONOMIC];
    const bool may_stay =
        choice->may_stay && flow_choice_kind(set, FLOW_CAUSE_ECONOMIC) == FLOW_TO_UTILITY;
    if (!(choice->annual_rate > 0.0) || may_stay) { return; }
    const flow_node *node = flow_config_find(&l->config, "destination_economic.annual_rate");
    flow_problem_error(&l->problems, node != NULL ? node->at : (flow_mark){.file = "--set"},
                       "destination_economic.annual_rate: people choose whether they stay only "
                       "with destination_economic.may_stay and destination_economic.kind utility");
}

/// Bind scenario.yaml and the overrides; find the period.
static flow_err settings(flow_loader *l)
{
    flow_scenario *s = l->s;
    const char *text = NULL;
    const char *shown = NULL;
    int64_t size = 0;
    FLOW_TRY(flow_load_text(l, "scenario.yaml", "it says what to run", &text, &size, &shown));
    if (text == NULL) { return FLOW_OK; }
    const int64_t before = l->problems.n_error;
    FLOW_TRY(flow_config_parse(shown, text, size, &l->problems, &l->config));
    if (l->problems.n_error == before) {
        char *others = flow_load_other_names(l);
        if (others == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for modules"); }
        const flow_err err =
            flow_fields_bind(l->section, l->n_section, &l->config, others, &l->problems, &s->set);
        flow_dealloc(others);
        FLOW_TRY(err);
        FLOW_TRY(flow_load_uses(l));
        FLOW_TRY(flow_load_scenario_options(l));
        static const char *const must[][2] = {
            {"libflow", "the version of the format, 1, was expected"},
            {"period.start", "the first day, such as 2013-12-15, was expected"},
            {"period.days", "the number of days was expected"}};
        for (int i = 0; i < 3; i++) {
            const flow_node *node = flow_config_find(&l->config, must[i][0]);
            const bool given = node != NULL && node->kind != FLOW_NODE_NULL;
            if (given || flow_load_is_set(l, must[i][0]) || (i == 2 && l->options->days > 0)) {
                continue;
            }
            flow_problem_error(&l->problems, (flow_mark){.file = shown}, "key '%s' is missing; %s",
                               must[i][0], must[i][1]);
        }
    }
    FLOW_TRY(flow_load_overrides(l));
    const flow_node *length = flow_config_find(&l->config, "period.days");
    if (l->options->settings != NULL) {
        flow_problem_error(&l->problems, (flow_mark){.file = l->options->settings},
                           "a settings file belongs to a FLEE folder; this folder has its own "
                           "scenario.yaml (single keys can be changed with --set)");
    }
    flow_load_period(l, length != NULL || flow_load_is_set(l, "period.days"));
    check_annual_rate(l);
    return FLOW_OK;
}

// places.csv -------------------------------------------------------------------------------------

/// Columns of places.csv; -1: absent.
typedef struct place_columns {
    int32_t name, kind, country, region, latitude, longitude, population, capacity;
    int32_t initial_idps, sink, conflict_intensity;
    int32_t code[FLOW_N_CODE];
} place_columns;

static int32_t kind_of(flow_loader *l, const flow_table *t, int64_t row, int32_t column)
{
    const char *text = flow_table_text(t, row, column);
    for (int32_t k = 0; k < FLOW_N_PLACE_KIND; k++) {
        if (strcmp(text, flow_place_kind_name[k]) == 0) { return k; }
    }
    char shown[64];
    const char *near = flow_nearest(text, flow_place_kind_name, FLOW_N_PLACE_KIND);
    flow_problem_error(&l->problems, flow_table_mark(t, row, column),
                       "kind '%s' is none of town, conflict, camp, idp_camp, forward, marker, "
                       "flood_zone%s%s%s",
                       flow_quote(text, shown), near ? "; did you mean '" : "", near ? near : "",
                       near ? "'?" : "");
    return FLOW_TOWN;
}

/// Number of a column that may be absent.
static double optional(flow_loader *l, const flow_table *t, int64_t row, int32_t column,
                       const char *what, const char *unit, double max, double empty)
{
    double value = empty;
    if (column >= 0) {
        (void)flow_table_number(t, row, column, what, unit, 0.0, max, empty, &l->problems, &value);
    }
    return value;
}

static void coordinates(flow_loader *l, const flow_table *t, const place_columns *c, int32_t p)
{
    const double none = (double)NAN;
    double *lat = &l->s->latitude[p];
    double *lon = &l->s->longitude[p];
    *lat = *lon = none;
    const bool has_lat = *flow_table_text(t, p, c->latitude) != '\0';
    const bool has_lon = *flow_table_text(t, p, c->longitude) != '\0';
    if (has_lat != has_lon) {
        flow_problem_error(&l->problems,
                           flow_table_mark(t, p, has_lat ? c->longitude : c->latitude),
                           "%s is empty although %s is given", has_lat ? "longitude" : "latitude",
                           has_lat ? "latitude" : "longitude");
    } else if (has_lat) {
        (void)flow_table_number(t, p, c->latitude, "latitude", "degrees", -90.0, 90.0, none,
                                &l->problems, lat);
        (void)flow_table_number(t, p, c->longitude, "longitude", "degrees", -180.0, 180.0, none,
                                &l->problems, lon);
    }
}

static bool is_iso3(const char *text)
{
    for (int i = 0; i < 3; i++) {
        if (text[i] < 'A' || text[i] > 'Z') { return false; }
    }
    return text[3] == '\0';
}

static flow_err codes(flow_loader *l, const flow_table *t, const place_columns *c, int32_t p)
{
    for (int32_t k = 0; k < FLOW_N_CODE; k++) {
        const char *text = c->code[k] >= 0 ? flow_table_text(t, p, c->code[k]) : "";
        char shown[64];
        if (k == FLOW_CODE_COUNTRY && *text != '\0' && !is_iso3(text)) {
            flow_problem_error(&l->problems, flow_table_mark(t, p, c->code[k]),
                               "iso3 '%s' is not a code of three capital letters, such as SSD",
                               flow_quote(text, shown));
        }
        l->s->place_code[k][p] = flow_keep_text(l->s, text);
        if (l->s->place_code[k][p] == NULL) {
            return flow_fail(FLOW_ENOMEM, "no memory for places");
        }
    }
    return FLOW_OK;
}

static flow_err place(flow_loader *l, const flow_table *t, const place_columns *c, int32_t p)
{
    flow_scenario *s = l->s;
    FLOW_TRY(flow_load_name(l, p, flow_table_text(t, p, c->name), flow_table_mark(t, p, c->name)));
    s->place_kind[p] = kind_of(l, t, p, c->kind);
    s->place_country[p] = flow_keep_text(s, flow_table_text(t, p, c->country));
    s->place_region[p] = flow_keep_text(s, flow_table_text(t, p, c->region));
    if (s->place_country[p] == NULL || s->place_region[p] == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for places");
    }
    FLOW_TRY(codes(l, t, c, p));
    coordinates(l, t, c, p);
    s->population[p] = optional(l, t, p, c->population, "population", "people", MOST_PEOPLE, 0.0);
    s->capacity[p] = optional(l, t, p, c->capacity, "capacity", "people", MOST_PEOPLE, -1.0);
    s->sink[p] = optional(l, t, p, c->sink, "sink", "per day", 1.0, 0.0);
    s->conflict0[p] = optional(l, t, p, c->conflict_intensity, "conflict_intensity", "", 1e6, 0.0);
    if (c->initial_idps >= 0) {
        (void)flow_table_integer(t, p, c->initial_idps, "initial_idps", "people", 0,
                                 (int64_t)MOST_PEOPLE, 0.0, &l->problems, &s->initial_idps[p]);
    }
    const bool camp = s->place_kind[p] == FLOW_CAMP || s->place_kind[p] == FLOW_IDP_CAMP;
    if (camp && s->population[p] > 0.0) {
        flow_problem_error(&l->problems, flow_table_mark(t, p, c->population),
                           "population of a camp is %s, but a camp has capacity and initial_idps; "
                           "leave it empty or 0",
                           flow_table_text(t, p, c->population));
    }
    if (!camp && s->sink[p] > 0.0) {
        flow_problem_error(&l->problems, flow_table_mark(t, p, c->sink),
                           "sink is given for a place of kind %s, only camps can be sinks",
                           flow_place_kind_name[s->place_kind[p]]);
    }
    if (s->place_kind[p] == FLOW_MARKER &&
        (s->population[p] > 0.0 || s->initial_idps[p] > 0 || s->conflict0[p] > 0.0)) {
        flow_problem_error(&l->problems, flow_table_mark(t, p, c->kind),
                           "a marker is only a point on the road: population, initial_idps and "
                           "conflict_intensity must be empty or 0");
    }
    return flow_load_economy(l, t, p);
}

static flow_err places(flow_loader *l)
{
    flow_table *t = NULL;
    FLOW_TRY(flow_load_table(l, "places.csv", "it lists the places", NULL, &t));
    if (t == NULL) { return flow_load_places(l, 0); }
    const int64_t before = l->problems.n_error;
    place_columns c = {.name = flow_table_need(t, "name", &l->problems),
                       .kind = flow_table_need(t, "kind", &l->problems),
                       .country = flow_table_need(t, "country", &l->problems),
                       .region = flow_table_need(t, "region", &l->problems),
                       .latitude = flow_table_need(t, "latitude,lat", &l->problems),
                       .longitude = flow_table_need(t, "longitude,lon", &l->problems),
                       .population = flow_table_need(t, "population", &l->problems),
                       .capacity = flow_table_need(t, "capacity", &l->problems),
                       .initial_idps = flow_table_find(t, "initial_idps"),
                       .sink = flow_table_find(t, "sink"),
                       .conflict_intensity = flow_table_find(t, "conflict_intensity")};
    for (int32_t k = 0; k < FLOW_N_CODE; k++) { c.code[k] = flow_table_find(t, flow_code_name[k]); }
    flow_load_other_columns(l, t,
                            "name,kind,country,region,latitude,lat,longitude,lon,population,"
                            "capacity,initial_idps,sink,conflict_intensity,trade_volume,hdi,"
                            "iso3,admin1_code,admin2_code");
    flow_err err = FLOW_OK;
    if (l->problems.n_error > before) {
        err = flow_load_places(l, 0); // without its columns no row makes sense
    } else {
        err = flow_load_places(l, flow_table_n_row(t));
        if (err == FLOW_OK && l->s->n_place == 0) {
            flow_problem_error(&l->problems, flow_table_head_mark(t, 0),
                               "the table has no place, at least one was expected");
        }
        for (int32_t p = 0; p < l->s->n_place && err == FLOW_OK; p++) { err = place(l, t, &c, p); }
    }
    flow_table_free(t);
    return err == FLOW_OK ? flow_load_countries(l) : err;
}

// links.csv --------------------------------------------------------------------------------------

typedef struct link_columns {
    int32_t from, to, length, direction, speed, walk, mode;
} link_columns;

/// What carries people along a link.
static int32_t mode_of(flow_loader *l, const flow_table *t, int64_t row, int32_t column)
{
    const char *text = column < 0 ? "" : flow_table_text(t, row, column);
    if (*text == '\0') { return FLOW_LINK_ROAD; }
    for (int32_t m = 0; m < FLOW_N_LINK_MODE; m++) {
        if (strcmp(text, flow_link_mode_name[m]) != 0) { continue; }
        if (m != FLOW_LINK_ROAD && l->s->set.movement.rule == FLOW_MOVE_HOP) {
            flow_problem_warning(&l->problems, flow_table_mark(t, row, column),
                                 "mode %s counts for movement.rule destination only; here speeds "
                                 "are those of roads or of speed_km_d",
                                 text);
        }
        return m;
    }
    char shown[64];
    const char *near = flow_nearest(text, flow_link_mode_name, FLOW_N_LINK_MODE);
    flow_problem_error(&l->problems, flow_table_mark(t, row, column),
                       "mode '%s' is none of road, rail, boat, foot, air%s%s%s",
                       flow_quote(text, shown), near != NULL ? "; did you mean '" : "",
                       near != NULL ? near : "", near != NULL ? "'?" : "");
    return FLOW_LINK_ROAD;
}

static flow_err link_row(flow_loader *l, const flow_table *t, const link_columns *c, int64_t row)
{
    flow_load_link link = {.row = (int32_t)row};
    link.from = flow_load_need(l, flow_table_text(t, row, c->from), "from",
                               flow_table_mark(t, row, c->from));
    link.to =
        flow_load_need(l, flow_table_text(t, row, c->to), "to", flow_table_mark(t, row, c->to));
    bool good = link.from >= 0 && link.to >= 0;
    if (good && link.from == link.to) {
        char shown[64];
        flow_problem_error(&l->problems, flow_table_mark(t, row, c->to),
                           "the link goes from '%s' to itself",
                           flow_quote(flow_table_text(t, row, c->to), shown));
        good = false;
    }
    good &= flow_table_number(t, row, c->length, "length_km", "km", 1e-3, LONGEST_KM, (double)NAN,
                              &l->problems, &link.length_km);
    link.speed_km_d = optional(l, t, row, c->speed, "speed_km_d", "km/d", 100000.0, 0.0);
    link.mode = mode_of(l, t, row, c->mode);
    link.walk_probability = optional(l, t, row, c->walk, "walk_probability", "", 1.0, 0.0);
    const char *way = c->direction < 0 ? "" : flow_table_text(t, row, c->direction);
    const bool one_way = strcmp(way, "one_way") == 0;
    if (!one_way && *way != '\0' && strcmp(way, "both") != 0) {
        char shown[64];
        flow_problem_error(&l->problems, flow_table_mark(t, row, c->direction),
                           "direction '%s' is none of both, one_way", flow_quote(way, shown));
    }
    if (!good) { return FLOW_OK; }
    FLOW_TRY(flow_load_add_link(l, link));
    if (one_way) { return FLOW_OK; }
    const int32_t from = link.from;
    link.from = link.to;
    link.to = from;
    return flow_load_add_link(l, link);
}

static flow_err links(flow_loader *l)
{
    flow_table *t = NULL;
    const char *needed = l->s->n_place > 1 ? "it lists the links between places" : NULL;
    FLOW_TRY(flow_load_table(l, "links.csv", needed, NULL, &t));
    if (t == NULL) { return flow_load_links(l); }
    const int64_t before = l->problems.n_error;
    const link_columns c = {.from = flow_table_need(t, "from", &l->problems),
                            .to = flow_table_need(t, "to", &l->problems),
                            .length = flow_table_need(t, "length_km", &l->problems),
                            .direction = flow_table_find(t, "direction"),
                            .speed = flow_table_find(t, "speed_km_d"),
                            .walk = flow_table_find(t, "walk_probability"),
                            .mode = flow_table_find(t, "mode")};
    flow_load_other_columns(l, t, "from,to,length_km,direction,speed_km_d,walk_probability,mode");
    flow_err err = FLOW_OK;
    if (l->problems.n_error == before && l->s->n_place > 0) {
        if (flow_table_n_row(t) == 0 && l->s->n_place > 1) {
            flow_problem_error(&l->problems, flow_table_head_mark(t, 0),
                               "the table has no link, at least one was expected");
        }
        for (int64_t row = 0; row < flow_table_n_row(t) && err == FLOW_OK; row++) {
            err = link_row(l, t, &c, row);
        }
    }
    if (err == FLOW_OK) { err = flow_load_links(l); }
    if (err == FLOW_OK) { flow_load_check_links(l, t, c.from); }
    flow_table_free(t);
    return err;
}

flow_err flow_load_own(flow_loader *l)
{
    FLOW_TRY(settings(l));
    FLOW_TRY(places(l));
    FLOW_TRY(links(l));
    return flow_load_own_tables(l);
}

// What a scenario of the destination rule cannot mean ---------------------------------------------

/// Coefficients of what nothing tells yet.
static void warn_of_idle_terms(flow_loader *l)
{
    static const struct {
        int32_t term;
        const char *key;
    } idle[] = {{FLOW_TERM_LANGUAGE, "language"},
                {FLOW_TERM_RISK, "risk"},
                {FLOW_TERM_SERVICES, "services"}};
    int32_t n;
    const flow_term *cause = flow_by_terms(FLOW_BY_CAUSE, &n);
    for (int32_t c = 0; c < n; c++) {
        for (size_t i = 0; i < sizeof idle / sizeof *idle; i++) {
            const double b = l->s->set.choice[c].coefficient[idle[i].term];
            if (c == FLOW_CAUSE_RETURN || !(fabs(b) > 0.0)) { continue; }
            char dotted[64];
            const char *key;
            (void)snprintf(dotted, sizeof dotted, "destination_%s.%s", cause[c].name, idle[i].key);
            const flow_mark at = flow_load_key(l, dotted, &key);
            flow_problem_warning(&l->problems, at, "%s changes nothing: no table tells its term",
                                 dotted);
        }
    }
}

/// The distance from home needs a home, and coordinates.
static void check_home(flow_loader *l)
{
    const flow_scenario *s = l->s;
    const flow_groups *groups = s->groups;
    bool any = false;
    for (int32_t i = 0; i < groups->n_chooser * FLOW_N_CAUSE; i++) {
        const int32_t c = i % FLOW_N_CAUSE;
        const double add = flow_choose_add(groups, i / FLOW_N_CAUSE, c, FLOW_TERM_HOME);
        any = any || (c != FLOW_CAUSE_RETURN &&
                      fabs(s->set.choice[c].coefficient[FLOW_TERM_HOME] + add) > 0.0);
    }
    if (!any) { return; }
    const flow_mark at = {.file = s->path};
    if (flow_groups_origin(groups) == NULL) {
        flow_problem_warning(&l->problems, at,
                             "the coefficient home of destinations changes nothing: nobody's home "
                             "is known without origin in people.axes");
        return;
    }
    for (int32_t p = 0; p < s->n_place; p++) {
        if (isfinite(s->latitude[p]) && isfinite(s->longitude[p])) { continue; }
        char shown[64];
        flow_problem_error(&l->problems, at,
                           "the coefficient home of destinations needs latitude and longitude of "
                           "every place, '%s' has none",
                           flow_quote(s->place_name[p], shown));
    }
}

void flow_load_check_destination(flow_loader *l)
{
    const flow_scenario *s = l->s;
    if (s->set.movement.rule != FLOW_MOVE_DESTINATION) { return; }
    double people = 0.0;
    for (int32_t p = 0; p < s->n_place; p++) {
        people += s->population[p] + (double)s->initial_idps[p];
    }
    if (!(people > 0.0)) {
        flow_problem_warning(&l->problems, (flow_mark){.file = s->path},
                             "nobody lives at any place (column population), so nobody can move");
    }
    warn_of_idle_terms(l);
    check_home(l);
}
