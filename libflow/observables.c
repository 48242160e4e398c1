#include "observables.h"

#include "load.h"

#include <stdio.h>
#include <string.h>

/// Which scenarios have a row.
enum { ALWAYS, DESTINATION, HOUSEHOLDS, CHANNELS, WANTED, LEDGER, STATUS };
enum { PEOPLE, WHOLE, REAL };

static const int32_t when_of[FLOW_N_OBSERVABLE] = {
#define FLOW_OBSERVABLE(name, shape, when, ...) when,
#define FLOW_OBSERVABLE_BY(name, shape, when, ...) when,
#include "observables.def"
};

const flow_observable flow_observables[FLOW_N_OBSERVABLE] = {
#define FLOW_OBSERVABLE(id, over, when, kind, units, methods, value, meaning)                      \
    {.name = #id,                                                                                  \
     .shape = FLOW_PER_##over,                                                                     \
     .integer = (kind) != REAL,                                                                    \
     .counts = (kind) == PEOPLE,                                                                   \
     .unit = (units),                                                                              \
     .long_name = (meaning),                                                                       \
     .cell_methods = (methods),                                                                    \
     .axis = -1,                                                                                   \
     .row = FLOW_OBSERVABLE_##id,                                                                  \
     .quantity = -1,                                                                               \
     .use = -1},
#define FLOW_OBSERVABLE_BY(id, over, when, which, kind, units, fill, meaning)                      \
    {.name = #id,                                                                                  \
     .shape = FLOW_PER_##over,                                                                     \
     .integer = (kind) != REAL,                                                                    \
     .counts = (kind) == PEOPLE,                                                                   \
     .unit = (units),                                                                              \
     .long_name = (meaning),                                                                       \
     .cell_methods = "time: sum",                                                                  \
     .by = (FLOW_BY_##which) == FLOW_BY_CAUSE ? "cause" : "channel",                               \
     .terms = (FLOW_BY_##which) == FLOW_BY_CAUSE ? FLOW_BY_NOTHING : FLOW_BY_##which,              \
     .axis = -1,                                                                                   \
     .row = FLOW_OBSERVABLE_##id,                                                                  \
     .quantity = -1,                                                                               \
     .use = -1},
#include "observables.def"
};

#define COUNT_ALWAYS(when) +((when) == ALWAYS)
const int32_t flow_n_observable = 0
#define FLOW_OBSERVABLE(name, shape, when, ...) COUNT_ALWAYS(when)
#include "observables.def"
    ;

// Dimensions -------------------------------------------------------------------------------------

int64_t flow_observable_length(const flow_scenario *s, const flow_observable *o)
{
    switch (o->shape) {
    case FLOW_PER_PLACE: return s->n_place;
    case FLOW_PER_LINK: return s->n_link;
    case FLOW_PER_COUNTRY: return s->n_country;
    default: return 1;
    }
}

int32_t flow_observable_classes(const flow_scenario *s, const flow_observable *o)
{
    int32_t n = 0;
    if (o->terms != FLOW_BY_NOTHING) {
        (void)flow_by_terms(o->terms, &n);
        return n;
    }
    return o->axis < 0 ? 1 : s->groups->axis[o->axis].n_class;
}

int64_t flow_observable_n(const flow_scenario *s, const flow_observable *o)
{
    return flow_observable_length(s, o) * flow_observable_classes(s, o);
}

/// Is something else in a result file called so?
static bool is_taken(const char *name)
{
    static const char *const fixed[] = {
        "time",        "place",      "link",           "observed_place", "country_name",
        "place_kind",  "country",    "region",         "iso3",           "admin1_code",
        "admin2_code", "latitude",   "longitude",      "population",     "capacity",
        "link_from",   "link_to",    "length_km",      "observed_index", "first_count",
        "network_km",  "observed",   "observed_total", "member",         "quantile",
        "crps",        "provenance", "trajectories",   "indicator",      "option",
        "channel"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (strcmp(fixed[i], name) == 0) { return true; }
    }
    for (int32_t i = 0; i < FLOW_N_OBSERVABLE; i++) {
        if (strcmp(flow_observables[i].name, name) == 0) { return true; }
    }
    static const char *const begins[] = {"people_by_", "member_",   "median_",
                                         "mean_",      "coverage_", "indicator_"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        if (strncmp(begins[i], name, strlen(begins[i])) == 0) { return true; }
    }
    return flow_quantity_find(name) >= 0 || strstr(name, "__") != NULL;
}

/// Letters, digits and what is no ASCII stay, the rest becomes '_'; at most 47 bytes.
static void plain_name(const char *name, char out[static FLOW_DIMENSION_NAME])
{
    size_t n = 0;
    for (; name[n] != '\0' && n < 47; n++) {
        const unsigned char c = (unsigned char)name[n];
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80 ||
                          (c >= '0' && c <= '9' && n > 0);
        out[n] = good ? (char)c : '_';
    }
    while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80) { n--; } // no half of a character
    out[n] = '\0';
}

/// The same name for another axis before this one?
static bool is_second(const flow_scenario *s, const flow_people_axis *axis, const char *name)
{
    for (const flow_people_axis *a = s->groups->axis; a < axis; a++) {
        char other[FLOW_DIMENSION_NAME];
        plain_name(a->name, other);
        if (strcmp(other, name) == 0) { return true; }
    }
    return false;
}

const char *flow_axis_dimension(const flow_scenario *s, const flow_people_axis *axis,
                                char out[static FLOW_DIMENSION_NAME])
{
    plain_name(axis->name, out);
    const bool second = is_second(s, axis, out);
    const size_t n = strlen(out);
    if (second) {
        (void)snprintf(out + n, FLOW_DIMENSION_NAME - n, "_%d", (int)(axis - s->groups->axis));
    } else if (is_taken(out)) {
        (void)snprintf(out + n, FLOW_DIMENSION_NAME - n, "_class");
    }
    return out;
}

const char *flow_attribute_name(const flow_scenario *s, int32_t attribute,
                                char out[static FLOW_DIMENSION_NAME])
{
    static const char *const taken[] = {
        "person", "row",      "row_size",  "origin", "household", "time",          "place",
        "link",   "latitude", "longitude", "cause",  "status",    "household_size"};
    plain_name(s->attribute[attribute].name, out);
    bool clash = false;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        clash = clash || strcmp(taken[i], out) == 0;
    }
    for (int32_t i = 0; i < attribute; i++) {
        char other[FLOW_DIMENSION_NAME];
        plain_name(s->attribute[i].name, other);
        clash = clash || strcmp(other, out) == 0;
    }
    const size_t n = strlen(out);
    if (clash) { (void)snprintf(out + n, FLOW_DIMENSION_NAME - n, "_%d", (int)attribute); }
    return out;
}

// Rows of a scenario -----------------------------------------------------------------------------

static bool has_households(const flow_scenario *s)
{
    return s->groups != NULL && s->groups->household >= 0;
}

static bool writes(const flow_use *use, int32_t quantity)
{
    for (int32_t i = 0; i < use->n_write; i++) {
        if (use->write[i] == quantity) { return true; }
    }
    return false;
}

/// Columns of a quantity that modules in use fill.
static int32_t n_column(const flow_scenario *s, int32_t quantity)
{
    int32_t n = 0;
    for (int32_t i = 0; i < s->n_use; i++) { n += writes(&s->use[i], quantity); }
    return n;
}

/// Whether somebody says what becomes of people who arrive (status.h).
static bool has_status(const flow_scenario *s)
{
    return s->set.movement.rule == FLOW_MOVE_DESTINATION && s->groups != NULL &&
           s->groups->status >= 0 && n_column(s, FLOW_Q_CLAIM_SHARE) > 0;
}

bool flow_use_offers(const flow_use *use)
{
    bool any = false;
    for (int32_t k = 0; k < use->n_write; k++) {
        any = any || (use->write[k] >= FLOW_Q_OFFERED && use->write[k] <= FLOW_Q_OFFERED_LAST);
    }
    return any;
}

bool flow_scenario_channels(const flow_scenario *s)
{
    bool any = false;
    for (int32_t u = 0; u < s->n_use; u++) { any = any || flow_use_offers(&s->use[u]); }
    return any;
}

static bool has_row(const flow_scenario *s, int32_t row)
{
    switch (when_of[row]) {
    case ALWAYS: return true;
    case HOUSEHOLDS: return has_households(s);
    case LEDGER: return s->n_account > 0;
    case STATUS: return has_status(s);
    case CHANNELS: return flow_scenario_channels(s);
    default: return s->set.movement.rule == FLOW_MOVE_DESTINATION && s->groups != NULL;
    }
}

bool flow_axis_is_shown(const flow_scenario *s, const flow_people_axis *axis)
{
    return axis->shown || (axis->kind == FLOW_AXIS_STATUS && has_status(s)) ||
           (axis->kind == FLOW_AXIS_CAUSE && s->set.movement.rule == FLOW_MOVE_DESTINATION);
}

const char *flow_observable_when(int32_t row)
{
    switch (when_of[row]) {
    case ALWAYS: return "";
    case HOUSEHOLDS: return "with household sizes";
    case CHANNELS: return "where links are passed by channels";
    case DESTINATION: return "under the destination rule";
    case LEDGER: return "where responses can spend";
    case STATUS: return "with the rules of status";
    default: return "under the destination rule, where output.also or output.only names it";
    }
}

static int32_t n_axis(const flow_scenario *s)
{
    return s->groups != NULL ? s->groups->n_axis : 0;
}

static int32_t axis_of_cause(const flow_scenario *s)
{
    for (int32_t a = 0; a < n_axis(s); a++) {
        if (s->groups->axis[a].kind == FLOW_AXIS_CAUSE) { return a; }
    }
    return -1;
}

/// Between a quantity and the module whose column is meant.
static const char of[] = "__";

const flow_shape flow_over_shape[FLOW_N_OVER] = {FLOW_PER_PLACE, FLOW_PER_LINK, FLOW_PER_COUNTRY,
                                                 FLOW_PER_STEP};

int32_t flow_observables_count(const flow_scenario *s)
{
    if (s == NULL) { return FLOW_N_OBSERVABLE; }
    int32_t n = 0;
    for (int32_t i = 0; i < FLOW_N_OBSERVABLE; i++) { n += has_row(s, i); }
    for (int32_t a = 0; a < n_axis(s); a++) { n += flow_axis_is_shown(s, &s->groups->axis[a]); }
    for (int32_t id = 0; id < FLOW_N_QUANTITY; id++) {
        const int32_t columns = n_column(s, id);
        n += columns > 0 ? 1 + columns : 0;
    }
    return n;
}

flow_observable flow_observable_of_quantity(int32_t quantity, int32_t use)
{
    const flow_quantity *row = flow_quantity_row(quantity);
    return (flow_observable){.shape = flow_over_shape[row->over],
                             .unit = row->unit,
                             .cell_methods = "time: point",
                             .axis = -1,
                             .row = -1,
                             .quantity = quantity,
                             .use = use};
}

/// Name an observable of a quantity; `text` holds both texts.
static void name_it(const flow_scenario *s, flow_observable *o, char *text)
{
    char name[FLOW_QUANTITY_NAME], sentence[256];
    const char *who = o->use < 0 ? "" : s->use[o->use].name;
    const int n = snprintf(text, FLOW_OBSERVABLE_TEXT, "%s%s%s",
                           flow_quantity_name(o->quantity, name), o->use < 0 ? "" : of, who);
    char *long_name = text + n + 1;
    (void)snprintf(long_name, (size_t)(FLOW_OBSERVABLE_TEXT - n - 1), "%s%s%s",
                   flow_quantity_long_name(o->quantity, sentence), o->use < 0 ? "" : ": column of ",
                   who);
    o->name = text;
    o->long_name = long_name;
}

/// A row of the table, as the scenario has it.
static flow_observable of_table(const flow_scenario *s, int32_t row, char *text)
{
    flow_observable o = flow_observables[row];
    if (o.by == NULL || o.terms != FLOW_BY_NOTHING) { return o; }
    o.axis = axis_of_cause(s);
    o.by = flow_axis_dimension(s, &s->groups->axis[o.axis], text);
    return o;
}

/// People by the classes of an axis; `text` holds three texts.
static flow_observable of_axis(const flow_scenario *s, int32_t axis, char *text)
{
    const flow_people_axis *a = &s->groups->axis[axis];
    flow_observable o = {.shape = FLOW_PER_PLACE,
                         .integer = true,
                         .counts = true,
                         .unit = "1",
                         .cell_methods = "time: point",
                         .axis = axis,
                         .row = -1,
                         .quantity = -1,
                         .use = -1};
    o.by = flow_axis_dimension(s, a, text);
    char *name = text + strlen(text) + 1;
    char plain[FLOW_DIMENSION_NAME];
    plain_name(a->name, plain);
    (void)snprintf(name, 2 * FLOW_DIMENSION_NAME, "people_by_%s",
                   is_second(s, a, plain) ? o.by : plain);
    char *long_name = name + strlen(name) + 1;
    (void)snprintf(long_name, 256, "people at the place at the end of the day, by %.128s", a->name);
    o.name = name;
    o.long_name = long_name;
    return o;
}

static flow_observable of_module(const flow_scenario *s, int32_t index, char *text)
{
    int32_t id = 0, columns = n_column(s, id);
    while (columns == 0 || index > columns) {
        index -= columns > 0 ? 1 + columns : 0;
        columns = n_column(s, ++id);
    }
    // The first row is what all columns come to.
    int32_t use = -1;
    for (; index > 0; index--) {
        do {
            use++;
        } while (!writes(&s->use[use], id));
    }
    flow_observable o = flow_observable_of_quantity(id, use);
    name_it(s, &o, text);
    return o;
}

flow_observable flow_observable_at(const flow_scenario *s, int32_t index,
                                   char text[static FLOW_OBSERVABLE_TEXT])
{
    if (s == NULL) { return flow_observables[index]; }
    for (int32_t i = 0; i < FLOW_N_OBSERVABLE; i++) {
        if (has_row(s, i) && index-- == 0) { return of_table(s, i, text); }
    }
    for (int32_t a = 0; a < n_axis(s); a++) {
        if (flow_axis_is_shown(s, &s->groups->axis[a]) && index-- == 0) {
            return of_axis(s, a, text);
        }
    }
    return of_module(s, index, text);
}

flow_err flow_observables_list(const flow_scenario *s, flow_observable **out, int32_t *n)
{
    const int32_t size = flow_observables_count(s);
    const size_t row = sizeof(flow_observable);
    *n = 0;
    *out = flow_calloc(size, row + FLOW_OBSERVABLE_TEXT);
    if (*out == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the list of observables"); }
    char *text = (char *)(*out + size);
    for (; *n < size; (*n)++, text += FLOW_OBSERVABLE_TEXT) {
        (*out)[*n] = flow_observable_at(s, *n, text);
    }
    return FLOW_OK;
}

// What is written --------------------------------------------------------------------------------

static const char separators[] = ", \t\n";

/// The next word of a list, 0: no more; *list goes behind it.
static size_t next_word(const char **list, const char **word)
{
    if (*list == NULL) { return 0; }
    *word = *list + strspn(*list, separators);
    const size_t n = strcspn(*word, separators);
    *list = *word + n;
    return n;
}

/// Does a word, maybe with '*' at its end, mean this name?
static bool means(const char *word, size_t n, const char *name)
{
    if (n > 0 && word[n - 1] == '*') { return strncmp(word, name, n - 1) == 0; }
    return strlen(name) == n && strncmp(word, name, n) == 0;
}

static bool is_in(const char *list, const char *name)
{
    const char *word = NULL;
    for (size_t n = next_word(&list, &word); n > 0; n = next_word(&list, &word)) {
        if (means(word, n, name)) { return true; }
    }
    return false;
}

static bool is_empty(const char *list)
{
    const char *word = NULL;
    return next_word(&list, &word) == 0;
}

/// What whoever reads a result cannot do without.
static bool is_needed(const flow_observable *o)
{
    return o->row == FLOW_OBSERVABLE_people || o->row == FLOW_OBSERVABLE_conflict;
}

bool flow_observable_written(const flow_scenario *s, const flow_observable *o)
{
    const flow_settings_output *set = &s->set.output;
    if (is_needed(o)) { return true; }
    if (is_in(set->without, o->name)) { return false; }
    if (is_in(set->also, o->name) || is_in(set->only, o->name)) { return true; }
    return is_empty(set->only) && (o->row < 0 || when_of[o->row] != WANTED);
}

/// One word of a key.
static void check_word(flow_loader *l, const char *key, const char *word, size_t n,
                       const flow_observable *list, int32_t n_list)
{
    for (int32_t i = 0; i < n_list; i++) {
        if (means(word, n, list[i].name)) { return; }
    }
    const char *shown;
    const flow_mark at = flow_load_key(l, key, &shown);
    const char *names[128];
    int32_t n_name = 0;
    for (int32_t i = 0; i < n_list && n_name < 128; i++) { names[n_name++] = list[i].name; }
    char text[128], quoted[64];
    (void)snprintf(text, sizeof text, "%.*s", (int)(n < 127 ? n : 127), word);
    const char *near = flow_nearest(text, names, n_name);
    flow_problem_error(&l->problems, at, "%s: the results of this scenario have no '%s'%s%s%s",
                       shown, flow_quote(text, quoted), near != NULL ? "; did you mean '" : "",
                       near != NULL ? near : "", near != NULL ? "'?" : "");
}

static void check_list(flow_loader *l, const char *key, const char *words,
                       const flow_observable *list, int32_t n_list)
{
    const char *word = NULL;
    for (size_t n = next_word(&words, &word); n > 0; n = next_word(&words, &word)) {
        check_word(l, key, word, n, list, n_list);
    }
}

flow_err flow_observables_check(flow_loader *l)
{
    const flow_settings_output *set = &l->s->set.output;
    flow_observable *list = NULL;
    int32_t n = 0;
    FLOW_TRY(flow_observables_list(l->s, &list, &n));
    check_list(l, "output.only", set->only, list, n);
    check_list(l, "output.also", set->also, list, n);
    check_list(l, "output.without", set->without, list, n);
    for (int32_t i = 0; i < n; i++) {
        if (!is_needed(&list[i]) || !is_in(set->without, list[i].name)) { continue; }
        const char *shown;
        const flow_mark at = flow_load_key(l, "output.without", &shown);
        flow_problem_error(&l->problems, at, "%s: '%s' is always written", shown, list[i].name);
    }
    flow_dealloc(list);
    return FLOW_OK;
}
