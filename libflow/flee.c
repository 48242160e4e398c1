// FLEE folders: period, locations, routes, conflicts, closures. docs/formats.md says what is read.
#include "load.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_PEOPLE 1e10
#define LONGEST_KM 50000.0

/// Folders inside the scenario: "" or "input_csv/" and "source_data/".
typedef struct folders {
    const char *input, *source;
} folders;

static flow_err table(flow_loader *l, const char *folder, const char *file, const char *needed,
                      const flow_table_options *options, flow_table **out)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s%s", folder, file);
    return flow_load_table(l, name, needed, options, out);
}

/// Column of a name, or the one that FLEE takes by its position.
static int32_t column(const flow_table *t, const char *aliases, int32_t position)
{
    const int32_t found = flow_table_find(t, aliases);
    return found >= 0 ? found : position;
}

static const char *lower(const char *text, char out[static 64])
{
    size_t i = 0;
    for (; text[i] != '\0' && i < 63; i++) {
        out[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
    }
    out[i] = '\0';
    return out;
}

// sim_period.csv ---------------------------------------------------------------------------------

static flow_err period(flow_loader *l, const char *input)
{
    flow_table *t = NULL;
    const flow_table_options options = {.no_header = true, .ragged = true};
    FLOW_TRY(
        table(l, input, "sim_period.csv", "it holds the lines StartDate and Length", &options, &t));
    if (t == NULL) { return FLOW_OK; }
    flow_settings_period *set = &l->s->set.period;
    bool has_start = false;
    bool has_length = false;
    for (int64_t row = 0; row < flow_table_n_row(t); row++) {
        char name[64];
        (void)lower(flow_table_text(t, row, 0), name);
        if (*name == '#') { continue; }
        if (strcmp(name, "startdate") == 0) {
            has_start = true;
            (void)flow_table_date(t, row, 1, "StartDate", &l->problems, &set->start);
        } else if (strcmp(name, "length") == 0) {
            has_length = true;
            (void)flow_table_integer(t, row, 1, "Length", "days", 1, 100000, (double)NAN,
                                     &l->problems, &set->days);
        } else {
            char shown[64];
            flow_problem_error(&l->problems, flow_table_mark(t, row, 0),
                               "'%s' is none of StartDate, Length",
                               flow_quote(flow_table_text(t, row, 0), shown));
        }
    }
    const flow_mark at = {.file = flow_table_mark(t, 0, 0).file};
    if (!has_start) {
        flow_problem_error(&l->problems, at, "the line 'StartDate,YYYY-MM-DD' is missing");
    }
    if (!has_length) { flow_problem_error(&l->problems, at, "the line 'Length,DAYS' is missing"); }
    flow_table_free(t);
    return FLOW_OK;
}

// locations.csv ----------------------------------------------------------------------------------

typedef struct location_columns {
    int32_t name, region, country, latitude, longitude, type, date, people;
    int32_t intensity, initial_idps, sink, per_day, trade, development;
} location_columns;

/// FLEE takes the first of these words that the type contains.
static int32_t kind_of(flow_loader *l, const flow_table *t, int64_t row, int32_t c)
{
    char text[64];
    char shown[64];
    (void)lower(flow_table_text(t, row, c), text);
    if (strstr(text, "camp") != NULL) { return strstr(text, "idp") ? FLOW_IDP_CAMP : FLOW_CAMP; }
    if (strstr(text, "conflict") != NULL) { return FLOW_CONFLICT_ZONE; }
    if (strstr(text, "forward") != NULL) { return FLOW_FORWARD; }
    if (strstr(text, "marker") != NULL) { return FLOW_MARKER; }
    if (strstr(text, "flood_zone") != NULL) { return FLOW_FLOOD_ZONE; }
    if (strstr(text, "default") != NULL || strstr(text, "town") != NULL) { return FLOW_TOWN; }
    flow_problem_error(&l->problems, flow_table_mark(t, row, c),
                       "location_type '%s' is none of town, conflict_zone, camp, idpcamp, "
                       "forwarding_hub, marker, flood_zone",
                       flow_quote(flow_table_text(t, row, c), shown));
    return FLOW_TOWN;
}

static double number(flow_loader *l, const flow_table *t, int64_t row, int32_t c, const char *what,
                     const char *unit, double min, double max, double empty)
{
    double value = empty;
    if (c >= 0) {
        (void)flow_table_number(t, row, c, what, unit, min, max, empty, &l->problems, &value);
    }
    return value;
}

static flow_err location(flow_loader *l, const flow_table *t, const location_columns *c, int32_t p)
{
    flow_scenario *s = l->s;
    FLOW_TRY(flow_load_name(l, p, flow_table_text(t, p, c->name), flow_table_mark(t, p, c->name)));
    s->place_region[p] = flow_keep_text(s, flow_table_text(t, p, c->region));
    s->place_country[p] = flow_keep_text(s, flow_table_text(t, p, c->country));
    if (s->place_region[p] == NULL || s->place_country[p] == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for places");
    }
    s->latitude[p] = number(l, t, p, c->latitude, "latitude", "degrees", -90.0, 90.0, (double)NAN);
    s->longitude[p] =
        number(l, t, p, c->longitude, "longitude", "degrees", -180.0, 180.0, (double)NAN);
    s->place_kind[p] = kind_of(l, t, p, c->type);
    const bool camp = s->place_kind[p] == FLOW_CAMP || s->place_kind[p] == FLOW_IDP_CAMP;
    const double people = number(l, t, p, c->people, camp ? "capacity" : "population", "people",
                                 camp ? -1.0 : 0.0, MOST_PEOPLE, 0.0);
    s->population[p] = camp ? 0.0 : people;
    s->capacity[p] = camp ? people : -1.0;
    if (s->place_kind[p] == FLOW_CONFLICT_ZONE) {
        // Zones whose date lies after the first day start as towns; conflicts.csv sets them off.
        const double day = number(l, t, p, c->date, "conflict_date", "days", -1e6, 1e6, 0.0);
        const double intensity =
            number(l, t, p, c->intensity, "conflict_intensity", "", 0.0, 1e6, 1.0);
        s->conflict0[p] = day > 0.0 ? 0.0 : intensity;
    }
    s->sink[p] = number(l, t, p, c->sink, "deactivation_probability", "per day", 0.0, 1.0, 0.0);
    if (c->initial_idps >= 0) {
        (void)flow_table_integer(t, p, c->initial_idps, "initial_idps", "people", 0,
                                 (int64_t)MOST_PEOPLE, 0.0, &l->problems, &s->initial_idps[p]);
    }
    FLOW_TRY(flow_load_economy(l, t, p));
    const bool counts = camp || (s->set.quirks.low_movechance_is_camp && flow_place_is_low(s, p));
    if (!counts && s->initial_idps[p] > 0 && s->set.quirks.initial_idps_in_camps_only) {
        flow_problem_warning(&l->problems, flow_table_mark(t, p, c->initial_idps),
                             "initial_idps of a place that is no camp are left out, as in FLEE "
                             "(quirks.initial_idps_in_camps_only=false lets them stand there)");
        s->initial_idps[p] = 0;
    }
    if (number(l, t, p, c->per_day, "capacity_per_day", "people per day", -1e9, 1e9, 0.0) != 0.0) {
        flow_problem_error(&l->problems, flow_table_mark(t, p, c->per_day),
                           "capacity_per_day is not supported yet");
    }
    return FLOW_OK;
}

static flow_err locations(flow_loader *l, const char *input)
{
    flow_table *t = NULL;
    const flow_table_options options = {
        .header_optional = true, .header_word = "name", .ragged = true};
    FLOW_TRY(table(l, input, "locations.csv", "it lists the places", &options, &t));
    if (t == NULL) { return flow_load_places(l, 0); }
    const location_columns c = {.name = column(t, "name", 0),
                                .region = column(t, "region", 1),
                                .country = column(t, "country", 2),
                                .latitude = column(t, "latitude,lat,gps_x", 3),
                                .longitude = column(t, "longitude,lon,long,lng,gps_y", 4),
                                .type = column(t, "location_type,type", 5),
                                .date = column(t, "conflict_date", 6),
                                .people = column(t, "population,pop/cap,pop,capacity", 7),
                                .intensity = flow_table_find(t, "conflict_intensity"),
                                .initial_idps = flow_table_find(t, "initial_idps"),
                                .sink = flow_table_find(t, "deactivation_probability"),
                                .per_day = flow_table_find(t, "capacity_per_day"),
                                .trade = flow_table_find(t, "trade_volume"),
                                .development = flow_table_find(t, "hdi")};
    if (!flow_load_is_set(l, "quirks.swapped_coordinates") && c.longitude < c.latitude) {
        l->s->set.quirks.swapped_coordinates =
            false; // y, which FLEE takes as latitude, is one here
    }
    flow_err err = flow_load_places(l, flow_table_n_row(t));
    for (int32_t i = 8; i < flow_table_n_column(t) && *flow_table_name(t, i) != '\0'; i++) {
        if (i == c.intensity || i == c.initial_idps || i == c.sink || i == c.per_day ||
            i == c.trade || i == c.development) {
            continue;
        }
        char shown[64];
        flow_problem_warning(&l->problems, flow_table_head_mark(t, i), "column '%s' is not used",
                             flow_quote(flow_table_name(t, i), shown));
    }
    if (err == FLOW_OK && l->s->n_place == 0) {
        flow_problem_error(&l->problems, (flow_mark){.file = flow_table_mark(t, 0, 0).file},
                           "the table has no place, at least one was expected");
    }
    for (int32_t p = 0; p < l->s->n_place && err == FLOW_OK; p++) { err = location(l, t, &c, p); }
    flow_table_free(t);
    return err == FLOW_OK ? flow_load_countries(l) : err;
}

// routes.csv -------------------------------------------------------------------------------------

static flow_err route(flow_loader *l, const flow_table *t, int64_t row, int32_t speed, int32_t walk)
{
    flow_load_link link = {.row = (int32_t)row};
    link.from = flow_load_need(l, flow_table_text(t, row, 0), "name1", flow_table_mark(t, row, 0));
    link.to = flow_load_need(l, flow_table_text(t, row, 1), "name2", flow_table_mark(t, row, 1));
    bool good = link.from >= 0 && link.to >= 0;
    if (good && link.from == link.to) {
        char shown[64];
        flow_problem_error(&l->problems, flow_table_mark(t, row, 1),
                           "the route goes from '%s' to itself",
                           flow_quote(flow_table_text(t, row, 1), shown));
        good = false;
    }
    good &= flow_table_number(t, row, 2, "distance", "km", 1e-3, LONGEST_KM, (double)NAN,
                              &l->problems, &link.length_km);
    link.speed_km_d = number(l, t, row, speed, "max_move_speed", "km/d", 0.0, 100000.0, 0.0);
    link.walk_probability = number(l, t, row, walk, "walk_probability", "", 0.0, 1.0, 0.0);
    const char *redirection = flow_table_text(t, row, 3);
    double flag = 0.0;
    if (*redirection != '\0' &&
        (!flow_number_parse(redirection, &flag) || (flag != 0.0 && flag != 1.0 && flag != 2.0))) {
        char shown[64];
        flow_problem_error(&l->problems, flow_table_mark(t, row, 3),
                           "forced_redirection '%s' is none of 0, 1, 2",
                           flow_quote(redirection, shown));
    }
    if (flag != 0.0) {
        flow_problem_warning(&l->problems, flow_table_mark(t, row, 3),
                             "forced_redirection %g redirects nobody in FLEE%s", flag,
                             flag == 1.0 ? "; the route counts twice" : "");
    }
    if (!good) { return FLOW_OK; }
    const flow_load_link back = {.from = link.to,
                                 .to = link.from,
                                 .row = link.row,
                                 .length_km = link.length_km,
                                 .speed_km_d = link.speed_km_d,
                                 .walk_probability = link.walk_probability};
    for (int copy = 0; copy < (flag == 1.0 ? 2 : 1); copy++) {
        FLOW_TRY(flow_load_add_link(l, link));
        FLOW_TRY(flow_load_add_link(l, back));
    }
    return FLOW_OK;
}

static flow_err routes(flow_loader *l, const char *input)
{
    flow_table *t = NULL;
    const flow_table_options options = {
        .header_optional = true, .header_word = "name1", .ragged = true};
    FLOW_TRY(table(l, input, "routes.csv", "it lists the routes between places", &options, &t));
    if (t == NULL) { return flow_load_links(l); }
    const int32_t speed = flow_table_find(t, "max_move_speed");
    const int32_t walk = flow_table_find(t, "walk_probability");
    for (int32_t i = 4; i < flow_table_n_column(t) && *flow_table_name(t, i) != '\0'; i++) {
        char shown[64];
        if (i == speed || i == walk) { continue; }
        flow_problem_warning(&l->problems, flow_table_head_mark(t, i), "column '%s' is not used",
                             flow_quote(flow_table_name(t, i), shown));
    }
    flow_err err = FLOW_OK;
    for (int64_t row = 0; row < flow_table_n_row(t) && err == FLOW_OK && l->s->n_place > 0; row++) {
        err = route(l, t, row, speed, walk);
    }
    if (err == FLOW_OK) { err = flow_load_links(l); }
    if (err == FLOW_OK) { flow_load_check_links(l, t, 0); }
    flow_table_free(t);
    return err;
}

// conflicts.csv ----------------------------------------------------------------------------------

/// Events of one column: starts and ends, and changes between where they are not ignored.
static flow_err conflict_column(flow_loader *l, const flow_table *t, int32_t c, int32_t place)
{
    const flow_scenario *s = l->s;
    const int64_t n_row = flow_table_n_row(t) < s->n_step ? flow_table_n_row(t) : s->n_step;
    double before = 0.0;
    for (int64_t day = 0; day < n_row; day++) {
        double value = 0.0;
        if (!flow_table_number(t, day, c, "intensity", "", 0.0, 1e6, (double)NAN, &l->problems,
                               &value)) {
            return FLOW_OK; // one message a column is enough
        }
        if (value <= 1e-6) { value = 0.0; }
        const bool starts = value > 0.0 && !(before > 0.0);
        const bool changes = !s->set.quirks.frozen_conflict_intensity && value > 0.0;
        const bool ends = before > 0.0 && !(value > 0.0);
        if (starts || ends || (changes && value != before)) {
            FLOW_TRY(flow_load_add_event(l, (flow_event){.day = (int32_t)day,
                                                         .kind = FLOW_EVENT_CONFLICT,
                                                         .index = place,
                                                         .value = value}));
        }
        before = value;
    }
    return FLOW_OK;
}

static flow_err conflicts(flow_loader *l, const char *input)
{
    flow_table *t = NULL;
    const flow_settings *set = &l->s->set;
    if (set->spawn.floods && set->quirks.one_cause) {
        char name[64];
        (void)snprintf(name, sizeof name, "%sconflicts.csv", input);
        if (!flow_file_exists(&l->files, name)) { return FLOW_OK; }
        flow_problem_warning(&l->problems, (flow_mark){.file = name},
                             "the file is not read beside floods, as in FLEE "
                             "(quirks.one_cause=false reads it)");
        return FLOW_OK;
    }
    FLOW_TRY(
        table(l, input, "conflicts.csv", "it says where there is conflict on each day", NULL, &t));
    if (t == NULL || l->s->n_place == 0) {
        flow_table_free(t);
        return FLOW_OK;
    }
    flow_load_flee_days(l, t);
    flow_err err = FLOW_OK;
    for (int32_t c = 1; c < flow_table_n_column(t) && err == FLOW_OK; c++) {
        const int32_t place = flow_load_flee_column(l, t, c);
        if (place >= 0) { err = conflict_column(l, t, c, place); }
    }
    flow_table_free(t);
    return err;
}

// closures.csv -----------------------------------------------------------------------------------

static flow_err closure(flow_loader *l, const flow_table *t, int64_t row)
{
    static const char *const known[] = {"country", "location", "link",
                                        "camp",    "idpcamp",  "remove_forced_redirection"};
    static const char *const ours[] = {"country", "place", "link", "camp", "idp_camp", ""};
    char text[64];
    char shown[64];
    (void)lower(flow_table_text(t, row, 0), text);
    int which = 0;
    while (which < 6 && strcmp(known[which], text) != 0) { which++; }
    if (which == 6) {
        const char *near = flow_nearest(text, known, 6);
        flow_problem_error(&l->problems, flow_table_mark(t, row, 0),
                           "closure type '%s' is none of country, location, link, camp, idpcamp, "
                           "remove_forced_redirection%s%s%s",
                           flow_quote(flow_table_text(t, row, 0), shown),
                           near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        return FLOW_OK;
    }
    if (which == 5) {
        flow_problem_warning(&l->problems, flow_table_mark(t, row, 0),
                             "remove_forced_redirection has no effect on movement in FLEE and is "
                             "left out");
        return FLOW_OK;
    }
    int64_t start = 0;
    int64_t end = -1;
    bool good = flow_table_integer(t, row, 3, "closure_start", "days", -1, 1000000, (double)NAN,
                                   &l->problems, &start);
    good &= flow_table_integer(t, row, 4, "closure_end", "days", -1, 1000000, (double)NAN,
                               &l->problems, &end);
    if (!good) { return FLOW_OK; }
    if (start < 0) {
        flow_problem_warning(&l->problems, flow_table_mark(t, row, 3),
                             "closure_start -1 means never: the closure is left out");
        return FLOW_OK;
    }
    return flow_load_close(l, ours[which], flow_table_text(t, row, 1), flow_table_text(t, row, 2),
                           (int32_t)start, end < 0 ? INT32_MAX : (int32_t)end,
                           flow_table_mark(t, row, 1));
}

static flow_err closures(flow_loader *l, const char *input)
{
    flow_table *t = NULL;
    const flow_table_options options = {
        .header_optional = true, .header_word = "closure_type,type", .ragged = true};
    FLOW_TRY(table(l, input, "closures.csv", "it lists closures; it may hold only its header",
                   &options, &t));
    if (t == NULL) { return FLOW_OK; }
    flow_err err = FLOW_OK;
    for (int64_t row = 0; row < flow_table_n_row(t) && err == FLOW_OK && l->s->n_place > 0; row++) {
        err = closure(l, t, row);
    }
    flow_table_free(t);
    return err;
}

// ------------------------------------------------------------------------------------------------

/// Files of FLEE that would change the run but are not supported yet.
static void other_files(flow_loader *l)
{
    if (flow_file_exists(&l->files, "location_changes.csv")) {
        flow_problem_error(&l->problems, (flow_mark){.file = "location_changes.csv"},
                           "changes of location types are not supported yet");
    }
}

static folders find_folders(const flow_files *files)
{
    const bool nested = files->folder != NULL ? flow_file_exists(files, "input_csv")
                                              : flow_file_exists(files, "input_csv/locations.csv");
    return nested ? (folders){"input_csv/", "source_data/"} : (folders){"", ""};
}

flow_err flow_load_flee(flow_loader *l)
{
    flow_scenario *s = l->s;
    const folders in = find_folders(&l->files);
    FLOW_TRY(flow_load_flee_settings(l));
    FLOW_TRY(period(l, in.input));
    FLOW_TRY(flow_load_overrides(l));
    if (s->set.hop.camps_are_sinks && s->set.quirks.camps_are_no_sinks) {
        flow_problem_warning(
            &l->problems, (flow_mark){.file = s->path},
            "camps_are_sinks does nothing in FLEE, which looks for camps_are_sicks "
            "(quirks.camps_are_no_sinks=false lets it act)");
    }
    flow_settings *set = &s->set;
    if (set->spawn.floods && set->spawn.mode == FLOW_SPAWN_CONFLICT && set->quirks.one_cause) {
        set->spawn.floods = false;
        flow_problem_warning(&l->problems, (flow_mark){.file = s->path},
                             "conflict_driven_spawning puts flood_driven_spawn_mode out of force, "
                             "as in FLEE (quirks.one_cause=false lets both act)");
    }
    flow_load_period(l, true);
    FLOW_TRY(locations(l, in.input));
    FLOW_TRY(routes(l, in.input));
    FLOW_TRY(conflicts(l, in.input));
    FLOW_TRY(closures(l, in.input));
    FLOW_TRY(flow_load_events(l));
    other_files(l);
    FLOW_TRY(flow_load_flee_hazards(l, in.input));
    return flow_load_flee_source(l, in.input, in.source);
}
