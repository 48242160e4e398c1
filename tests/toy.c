#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { most_text = 16384, most_file = 24 };

/// A text that grows.
typedef struct text {
    char all[most_text];
    size_t n;
} text;

static void put(text *t, const char *piece)
{
    const size_t n = strlen(piece);
    cr_assert_lt(t->n + n, (size_t)most_text, "the toy is too large");
    memcpy(t->all + t->n, piece, n + 1);
    t->n += n;
}

/// A table with all its columns: rows that end in ';' get the cells they lack.
static void put_table(text *t, const char *columns, const char *rows)
{
    int n_column = 1;
    for (const char *at = columns; *at != '\0'; at++) { n_column += *at == ','; }
    put(t, columns);
    put(t, "\n");
    int cell = 1;
    for (const char *at = rows; *at != '\0'; at++) {
        const char one[2] = {*at, '\0'};
        if (*at != ';') {
            cell += *at == ',';
            put(t, one);
            continue;
        }
        for (; cell < n_column; cell++) { put(t, ","); }
        put(t, "\n");
        cell = 1;
    }
}

static flow_err try_load(const flow_file *file, int32_t n_file, const char *const *set,
                         flow_load_options options, flow_scenario **out)
{
    options.set = set;
    while (set[options.n_set] != NULL) { options.n_set++; }
    return flow_scenario_load_memory(file, n_file, &options, out);
}

static flow_scenario *load(const flow_file *file, int32_t n_file, const char *const *set,
                           flow_load_options options)
{
    flow_scenario *s = NULL;
    cr_assert_eq(try_load(file, n_file, set, options, &s), FLOW_OK, "%s", flow_error_text());
    return s;
}

static toy_world realise(flow_scenario *s, uint64_t seed)
{
    toy_world world = {.s = s};
    const flow_model_options how = {.seed = seed, .threads = 1};
    cr_assert_eq(flow_model_create(s, &how, &world.m), FLOW_OK, "%s", flow_error_text());
    return world;
}

/// Files with a text, from pairs of name and text.
static int32_t add_files(flow_file *file, int32_t n, const char *const (*pair)[2], size_t n_pair)
{
    for (size_t i = 0; i < n_pair; i++) {
        if (pair[i][1] == NULL) { continue; }
        cr_assert_lt(n, (int32_t)most_file);
        file[n++] = (flow_file){pair[i][0], pair[i][1], (int64_t)strlen(pair[i][1])};
    }
    return n;
}

/// The files of a toy; their texts last until the next call.
static int32_t make_files(const toy *what, flow_file file[static most_file])
{
    static text yaml, places, links;
    char head[128];
    (void)snprintf(head, sizeof head,
                   "libflow: 1\ntitle: Toy\nperiod: {start: 2020-01-01, days: %d}\n",
                   what->days > 0 ? what->days : 10);
    yaml.n = places.n = links.n = 0;
    put(&yaml, head);
    put(&yaml, what->yaml != NULL ? what->yaml : "");
    put_table(&places,
              what->economy ? "name,kind,initial_idps,population,capacity,conflict_intensity,"
                              "country,sink,latitude,longitude,region,trade_volume,hdi"
                            : "name,kind,initial_idps,population,capacity,conflict_intensity,"
                              "country,sink,latitude,longitude,region",
              what->place);
    put_table(&links, "from,to,length_km,speed_km_d,walk_probability,direction,mode", what->link);
    const char *const pair[][2] = {{"scenario.yaml", yaml.all},
                                   {"places.csv", places.all},
                                   {"links.csv", links.all},
                                   {"conflict.csv", what->conflict},
                                   {"floods.csv", what->floods},
                                   {"food.csv", what->food},
                                   {"closures.csv", what->closures},
                                   {"observations.csv", what->observations},
                                   {"corrections.csv", what->corrections},
                                   {"attributes.csv", what->attributes},
                                   {"shares.csv", what->shares},
                                   {"leave.csv", what->leave},
                                   {"major_routes.csv", what->major_routes}};
    const int32_t n = add_files(file, 0, pair, sizeof pair / sizeof *pair);
    return add_files(file, n, what->more, sizeof what->more / sizeof *what->more);
}

flow_scenario *toy_scenario(const toy *what)
{
    flow_file file[most_file];
    const flow_load_options options = {.filler = what->filler, .n_filler = what->n_filler};
    return load(file, make_files(what, file), what->set, options);
}

void toy_refused(const toy *what, const char *expected)
{
    flow_file file[most_file];
    flow_scenario *s = NULL;
    const flow_load_options options = {.filler = what->filler, .n_filler = what->n_filler};
    cr_expect_eq(try_load(file, make_files(what, file), what->set, options, &s), FLOW_EINPUT, "%s",
                 expected);
    cr_expect_str_eq(flow_error_text(), expected);
    flow_scenario_free(s);
}

toy_world toy_make(const toy *what, uint64_t seed)
{
    return realise(toy_scenario(what), seed);
}

/// conflicts.csv: a day before each row, the last row again until the end of the period.
static void put_conflicts(text *t, const char *columns, const char *rows, int days)
{
    if (columns == NULL) { return; }
    put(t, "#Day,");
    put(t, columns);
    put(t, "\n");
    const char *row = rows;
    for (int day = 0; day < days; day++) {
        char cell[128];
        const int n = (int)strcspn(row, ";");
        (void)snprintf(cell, sizeof cell, "%d,%.*s\n", day, n, row);
        put(t, cell);
        if (row[n] == ';' && row[n + 1] != '\0') { row += n + 1; }
    }
}

/// The files of a toy FLEE folder; their texts last until the next call.
static int32_t make_flee_files(const toy_flee *what, flow_file file[static most_file])
{
    static text locations, routes, conflicts, floods, closures;
    static char period[64];
    const int days = what->days > 0 ? what->days : 10;
    (void)snprintf(period, sizeof period, "StartDate,2020-01-01\nLength,%d\n", days);
    locations.n = routes.n = conflicts.n = floods.n = closures.n = 0;
    put_table(&locations,
              what->economy
                  ? "#name,region,country,gps_x,gps_y,location_type,conflict_date,pop/cap,"
                    "conflict_intensity,initial_idps,deactivation_probability,trade_volume,hdi"
                  : "#name,region,country,gps_x,gps_y,location_type,conflict_date,pop/cap,"
                    "conflict_intensity,initial_idps,deactivation_probability",
              what->locations);
    put_table(&routes, "#name1,name2,distance,forced_redirection,max_move_speed,walk_probability",
              what->routes);
    put_conflicts(&conflicts, what->conflict_columns, what->conflicts, days);
    put_conflicts(&floods, what->flood_columns, what->floods, days);
    put_table(&closures, "#closure_type,name1,name2,closure_start,closure_end",
              what->closures != NULL ? what->closures : "");
    const char *const pair[][2] = {
        {"simsetting.yml", what->settings},
        {"input_csv/sim_period.csv", period},
        {"input_csv/locations.csv", locations.all},
        {"input_csv/routes.csv", routes.all},
        {"input_csv/conflicts.csv", what->conflict_columns != NULL ? conflicts.all : NULL},
        {"input_csv/flood_level.csv", what->flood_columns != NULL ? floods.all : NULL},
        {"input_csv/closures.csv", closures.all},
        {"input_csv/registration_corrections.csv", what->corrections},
        {"source_data/data_layout.csv", what->layout},
        {"source_data/counts_1.csv", what->counts[0]},
        {"source_data/counts_2.csv", what->counts[1]},
    };
    const int32_t n = add_files(file, 0, pair, sizeof pair / sizeof *pair);
    return add_files(file, n, what->more, sizeof what->more / sizeof *what->more);
}

toy_world toy_make_flee(const toy_flee *what, uint64_t seed)
{
    flow_file file[most_file];
    return realise(load(file, make_flee_files(what, file), what->set, (flow_load_options){0}),
                   seed);
}

void toy_refused_flee(const toy_flee *what, const char *expected)
{
    flow_file file[most_file];
    flow_scenario *s = NULL;
    cr_expect_eq(try_load(file, make_flee_files(what, file), what->set, (flow_load_options){0}, &s),
                 FLOW_EINPUT, "%s", expected);
    cr_expect_not_null(strstr(flow_error_text(), expected), "'%s', '%s' was expected",
                       flow_error_text(), expected);
    flow_scenario_free(s);
}

void toy_end(toy_world *world)
{
    flow_model_free(world->m);
    flow_scenario_free(world->s);
    *world = (toy_world){0};
}

void toy_days(toy_world *world, int days)
{
    for (int i = 0; i < days; i++) {
        cr_assert_eq(flow_model_step(world->m), FLOW_OK, "%s", flow_error_text());
        double there = 0.0;
        for (int32_t p = 0; p < world->s->n_place; p++) { there += (double)world->m->count[p]; }
        for (int32_t l = 0; l < world->s->n_link; l++) { there += (double)world->m->link_count[l]; }
        cr_assert_eq(there, toy_all(world, "persons"), "people at places and on links");
        const flow_model *m = world->m;
        cr_assert_eq(there + (double)(m->left + m->dead + m->missing), (double)m->entered);
    }
}

static int32_t place_of(const toy_world *world, const char *name)
{
    const int32_t place = flow_scenario_place(world->s, name);
    cr_assert_geq(place, 0, "no place '%s'", name);
    return place;
}

static void observe(const toy_world *world, const char *observable, double *out, int64_t n)
{
    cr_assert_lt(n, 256);
    cr_assert_eq(flow_model_observe(world->m, observable, out, n), FLOW_OK, "%s",
                 flow_error_text());
}

double toy_at(const toy_world *world, const char *observable, const char *place)
{
    double value[256];
    observe(world, observable, value, world->s->n_place);
    return value[place_of(world, place)];
}

double toy_on(const toy_world *world, const char *observable, const char *from, const char *to)
{
    double value[256], sum = 0.0;
    const int32_t a = place_of(world, from), b = place_of(world, to);
    observe(world, observable, value, world->s->n_link);
    for (int32_t l = 0; l < world->s->n_link; l++) {
        if (world->s->link_from[l] == a && world->s->link_to[l] == b) { sum += value[l]; }
    }
    return sum;
}

double toy_all(const toy_world *world, const char *observable)
{
    double value = 0.0;
    observe(world, observable, &value, 1);
    return value;
}

double toy_people(const toy_world *world, const char *place)
{
    return toy_at(world, "people", place);
}

double toy_road(const toy_world *world, const char *from, const char *to)
{
    return toy_on(world, "link_people", from, to);
}

void toy_near(double found, double expected, double error, const char *what)
{
    cr_expect(fabs(found - expected) <= 5.0 * error + 1e-9, "%s: %.10g, %.10g +- %.4g expected",
              what, found, expected, error);
}

void toy_binomial(double found, double n, double p, const char *what)
{
    const double share = fmin(fmax(p, 0.0), 1.0);
    toy_near(found, n * share, sqrt(n * share * (1.0 - share)), what);
}

void toy_shares(const toy_world *world, double n, int k, const double *weight,
                const char *const *place)
{
    double sum = 0.0;
    for (int i = 0; i < k; i++) { sum += weight[i]; }
    for (int i = 0; i < k; i++) {
        toy_binomial(toy_people(world, place[i]), n, weight[i] / sum, place[i]);
    }
}
