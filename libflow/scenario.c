#define _POSIX_C_SOURCE 200809L
#include "load.h"
#include "observables.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

const char *const flow_place_kind_name[FLOW_N_PLACE_KIND] = {
    "town", "conflict", "camp", "idp_camp", "forward", "marker", "flood_zone"};

const char *const flow_link_mode_name[FLOW_N_LINK_MODE] = {"road", "rail", "boat", "foot", "air"};

// Memory that lives as long as the scenario ------------------------------------------------------

typedef struct kept {
    struct kept *next;
    max_align_t memory[];
} kept;

void *flow_keep(flow_scenario *s, int64_t n, size_t size)
{
    if (n < 0 || (size > 0 && (uint64_t)n > (SIZE_MAX / 2) / size)) { return NULL; }
    kept *one = flow_calloc((int64_t)(sizeof(kept) + (size_t)n * size), 1);
    if (one == NULL) { return NULL; }
    one->next = s->memory;
    s->memory = one;
    return one->memory;
}

char *flow_keep_text(flow_scenario *s, const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = flow_keep(s, (int64_t)size, 1);
    if (copy != NULL) { memcpy(copy, text, size); }
    return copy;
}

void flow_scenario_free(flow_scenario *s)
{
    if (s == NULL) { return; }
    for (int32_t i = 0; i < s->n_input; i++) { flow_dealloc(s->input[i].text); }
    flow_dealloc(s->input);
    flow_dealloc(s->event);
    flow_fields_clear(flow_settings_sections, flow_settings_n_section, &s->set);
    flow_uses_clear(s);
    for (int32_t i = 0; i < s->n_option; i++) {
        flow_fields_clear(&flow_option_section, 1, &s->option[i]);
    }
    flow_problems_clear(&s->warnings);
    flow_groups_free(s->groups);
    for (kept *one = s->memory; one != NULL;) {
        kept *next = one->next;
        flow_dealloc(one);
        one = next;
    }
    flow_dealloc(s);
}

// Files ------------------------------------------------------------------------------------------

flow_err flow_load_text(flow_loader *l, const char *name, const char *needed, const char **text,
                        int64_t *size, const char **shown)
{
    flow_scenario *s = l->s;
    const char *folder = l->files.folder == NULL ? "" : l->files.folder;
    const size_t width = strlen(folder) + strlen(name) + 2;
    char *whole = flow_keep(s, (int64_t)width, 1);
    if (whole == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %s", name); }
    const size_t n_folder = strlen(folder);
    const char *gap = n_folder > 0 && folder[n_folder - 1] != '/' ? "/" : "";
    (void)snprintf(whole, width, "%s%s%s", folder, gap, name);
    *shown = whole;
    *text = NULL;
    *size = 0;
    for (int32_t i = 0; i < s->n_input; i++) { // several modules may read one file
        if (strcmp(s->input[i].name, name) == 0) {
            *text = s->input[i].text;
            *size = s->input[i].size;
            return FLOW_OK;
        }
    }
    const flow_mark at = {.file = whole};
    if (!flow_file_exists(&l->files, name)) {
        if (needed != NULL) {
            flow_problem_error(&l->problems, at, "the file is missing; %s", needed);
        }
        return FLOW_OK;
    }
    char *read = NULL;
    const flow_err err = flow_file_read(&l->files, name, FLOW_FILE_MAX, &read, size);
    if (err == FLOW_EFILE) {
        // The text begins with the name, which the mark says already.
        const char *why = flow_error_text();
        const size_t n = strlen(name);
        if (strncmp(why, name, n) == 0 && why[n] == ' ') { why += n + 1; }
        flow_problem_error(&l->problems, at, "the file %s", why);
        return FLOW_OK;
    }
    if (err != FLOW_OK) { return err; }
    flow_input_file *longer = flow_realloc(s->input, (int64_t)s->n_input + 1, sizeof *s->input);
    char *kept_name = flow_keep_text(s, name);
    if (longer != NULL) { s->input = longer; }
    if (longer == NULL || kept_name == NULL) {
        flow_dealloc(read);
        return flow_fail(FLOW_ENOMEM, "no memory for %s", name);
    }
    s->input[s->n_input++] = (flow_input_file){kept_name, read, *size};
    *text = read;
    return FLOW_OK;
}

flow_err flow_load_table(flow_loader *l, const char *name, const char *needed,
                         const flow_table_options *options, flow_table **out)
{
    *out = NULL;
    const char *text = NULL;
    const char *shown = NULL;
    int64_t size = 0;
    FLOW_TRY(flow_load_text(l, name, needed, &text, &size, &shown));
    if (text == NULL) { return FLOW_OK; }
    const int64_t before = l->problems.n_error;
    FLOW_TRY(flow_table_parse(shown, text, size, options, &l->problems, out));
    if (options == NULL && flow_table_n_column(*out) == 0) {
        if (l->problems.n_error == before) {
            flow_problem_error(&l->problems, (flow_mark){.file = shown},
                               "the file is empty, a line with the names of the columns was "
                               "expected");
        }
        flow_table_free(*out);
        *out = NULL;
    }
    return FLOW_OK;
}

void flow_load_other_columns(flow_loader *l, const flow_table *t, const char *known)
{
    for (int32_t c = 0; c < flow_table_n_column(t); c++) {
        const char *name = flow_table_name(t, c);
        if (*name == '\0') { continue; }
        bool is_known = false;
        const char *list[64];
        char copy[1024];
        int64_t n = 0;
        (void)snprintf(copy, sizeof copy, "%s", known);
        for (char *at = copy; *at != '\0' && n < 64;) {
            list[n] = at;
            at += strcspn(at, ",");
            if (*at == ',') { *at++ = '\0'; }
            is_known |= strcasecmp(name, list[n++]) == 0;
        }
        if (is_known) { continue; }
        char shown[64];
        const char *near = flow_nearest(name, list, n);
        flow_problem_warning(&l->problems, flow_table_head_mark(t, c),
                             "column '%s' is not used%s%s%s", flow_quote(name, shown),
                             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
}

// Places -----------------------------------------------------------------------------------------

const char *const flow_code_name[FLOW_N_CODE] = {"iso3", "admin1_code", "admin2_code"};

flow_err flow_load_places(flow_loader *l, int64_t n_place)
{
    flow_scenario *s = l->s;
    if (n_place > 50000000) { return flow_fail(FLOW_EINPUT, "more than 50 million places"); }
    const int32_t n = (int32_t)n_place;
    s->n_place = n;
    s->place_name = flow_keep(s, n, sizeof *s->place_name);
    s->place_region = flow_keep(s, n, sizeof *s->place_region);
    s->place_country = flow_keep(s, n, sizeof *s->place_country);
    bool good = true;
    for (int32_t c = 0; c < FLOW_N_CODE; c++) {
        s->place_code[c] = flow_keep(s, n, sizeof *s->place_code[c]);
        good = good && s->place_code[c] != NULL;
    }
    s->place_kind = flow_keep(s, n, sizeof *s->place_kind);
    s->country = flow_keep(s, n, sizeof *s->country);
    s->country_name = flow_keep(s, n, sizeof *s->country_name);
    s->foreign = flow_keep(s, n, sizeof *s->foreign);
    s->latitude = flow_keep(s, n, sizeof *s->latitude);
    s->longitude = flow_keep(s, n, sizeof *s->longitude);
    s->population = flow_keep(s, n, sizeof *s->population);
    s->capacity = flow_keep(s, n, sizeof *s->capacity);
    s->conflict0 = flow_keep(s, n, sizeof *s->conflict0);
    s->sink = flow_keep(s, n, sizeof *s->sink);
    s->initial_idps = flow_keep(s, n, sizeof *s->initial_idps);
    l->n_slot = 16;
    while (l->n_slot < 2 * (int64_t)n) { l->n_slot *= 2; }
    l->slot = flow_calloc(l->n_slot, sizeof *l->slot);
    good = good && s->place_name && s->place_region && s->place_country && s->place_kind &&
           s->country && s->country_name && s->foreign && s->latitude && s->longitude &&
           s->population && s->capacity && s->conflict0 && s->sink && s->initial_idps && l->slot;
    return good ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory for %d places", (int)n);
}

/// Slot of a name: its own, or the free one where it belongs. Slots hold place + 1.
static int64_t find_slot(const flow_loader *l, const char *name)
{
    const uint64_t mask = (uint64_t)l->n_slot - 1;
    uint64_t at = flow_hash(0, name, strlen(name)) & mask;
    while (l->slot[at] != 0 && strcmp(l->s->place_name[l->slot[at] - 1], name) != 0) {
        at = (at + 1) & mask;
    }
    return (int64_t)at;
}

flow_err flow_load_name(flow_loader *l, int32_t place, const char *name, flow_mark at)
{
    l->s->place_name[place] = flow_keep_text(l->s, name);
    if (l->s->place_name[place] == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for names"); }
    char shown[64];
    if (*name == '\0') {
        flow_problem_error(&l->problems, at, "the name of the place is empty");
        return FLOW_OK;
    }
    if (strcmp(name, "total") == 0) {
        flow_problem_error(&l->problems, at,
                           "a place cannot be named 'total': that is the name of the total series");
        return FLOW_OK;
    }
    const int64_t slot = find_slot(l, name);
    if (l->slot[slot] != 0) {
        flow_problem_error(&l->problems, at, "place '%s' is listed twice", flow_quote(name, shown));
    } else {
        l->slot[slot] = place + 1;
    }
    return FLOW_OK;
}

int32_t flow_load_find(const flow_loader *l, const char *name)
{
    return l->n_slot == 0 ? -1 : l->slot[find_slot(l, name)] - 1;
}

const char *flow_load_nearest(const flow_loader *l, const char *name)
{
    // Each suggestion looks at every place: give them up when there are too many of both.
    const int64_t n_before = l->problems.n + l->problems.n_hidden;
    if ((n_before + 1) * l->s->n_place > 200000) { return NULL; }
    return flow_nearest(name, (const char *const *)l->s->place_name, l->s->n_place);
}

int32_t flow_load_need(flow_loader *l, const char *name, const char *what, flow_mark at)
{
    const int32_t place = flow_load_find(l, name);
    if (place >= 0) { return place; }
    char shown[64];
    if (*name == '\0') {
        flow_problem_error(&l->problems, at, "%s is empty, the name of a place was expected", what);
        return -1;
    }
    const char *near = flow_load_nearest(l, name);
    char near_shown[64];
    flow_problem_error(&l->problems, at, "%s '%s' is not in the list of places%s%s%s", what,
                       flow_quote(name, shown), near ? "; did you mean '" : "",
                       near ? flow_quote(near, near_shown) : "", near ? "'?" : "");
    return -1;
}

flow_err flow_load_countries(flow_loader *l)
{
    flow_scenario *s = l->s;
    int64_t n_slot = 16;
    while (n_slot < 2 * (int64_t)s->n_place) { n_slot *= 2; }
    int32_t *slot = flow_calloc(n_slot, sizeof *slot); // place + 1 that first showed a country
    if (slot == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for countries"); }
    int32_t n = 0;
    for (int32_t p = 0; p < s->n_place; p++) {
        const char *name = s->place_country[p];
        uint64_t at = flow_hash(0, name, strlen(name)) & ((uint64_t)n_slot - 1);
        while (slot[at] != 0 && strcmp(s->place_country[slot[at] - 1], name) != 0) {
            at = (at + 1) & ((uint64_t)n_slot - 1);
        }
        if (slot[at] == 0) {
            slot[at] = p + 1;
            s->country[p] = n;
            s->country_name[n++] = s->place_country[p];
        } else {
            s->country[p] = s->country[slot[at] - 1];
        }
        s->foreign[p] = s->country[p] != s->country[0];
    }
    s->n_country = n;
    flow_dealloc(slot);
    return FLOW_OK;
}

// Overrides --------------------------------------------------------------------------------------

flow_err flow_load_overrides(flow_loader *l)
{
    for (int32_t i = 0; i < l->options->n_set; i++) {
        bool taken = false;
        FLOW_TRY(flow_load_set_use(l, l->options->set[i], &taken));
        if (taken) { continue; }
        FLOW_TRY(flow_fields_set(l->section, l->n_section, l->options->set[i], &l->problems,
                                 &l->s->set));
    }
    return FLOW_OK;
}

bool flow_load_is_set(const flow_loader *l, const char *dotted)
{
    const size_t n = strlen(dotted);
    for (int32_t i = 0; i < l->options->n_set; i++) {
        const char *text = l->options->set[i];
        if (strncmp(text, dotted, n) == 0 && text[n] == '=') { return true; }
    }
    return false;
}

flow_mark flow_load_key(const flow_loader *l, const char *dotted, const char **name)
{
    *name = dotted;
    if (flow_load_is_set(l, dotted)) { return (flow_mark){.file = "--set"}; }
    const char *flee = l->s->is_flee ? flow_load_flee_key(&l->config, dotted) : NULL;
    const flow_node *node = flow_config_find(&l->config, flee != NULL ? flee : dotted);
    if (node == NULL) { return (flow_mark){.file = l->s->path}; }
    if (flee != NULL) { *name = flee; }
    return node->at;
}

// Loading ----------------------------------------------------------------------------------------

/// Days whose registrations rise although nobody can leave home are found before the run.
static void check_origins(flow_loader *l)
{
    const flow_scenario *s = l->s;
    if (s->set.movement.rule != FLOW_MOVE_HOP) { return; }
    bool any = false;
    int64_t day0 = 0;
    for (int32_t p = 0; p < s->n_place; p++) {
        any |= s->conflict0[p] > 0.0;
        day0 += s->initial_idps[p];
    }
    for (int64_t i = 0; i < s->n_event; i++) { any |= s->event[i].kind == FLOW_EVENT_CONFLICT; }
    any |= s->set.spawn.food && !s->set.spawn.food_in_conflict;
    const flow_mark at = {.file = s->path};
    if (s->set.spawn.mode == FLOW_SPAWN_REGISTRATIONS && s->n_observed == 0) {
        flow_problem_error(&l->problems, at,
                           "spawn.mode is registrations but no place has observations; give them, "
                           "or choose spawn.mode conflict or none");
    } else if (s->set.spawn.mode != FLOW_SPAWN_NONE && !any) {
        flow_problem_error(&l->problems, at,
                           "no place is ever in conflict, so nobody can leave home; give a "
                           "conflict, or choose spawn.mode none");
    } else if (s->set.spawn.mode == FLOW_SPAWN_NONE && !s->set.spawn.floods && day0 == 0 &&
               (s->n_observed == 0 || !s->set.spawn.insert_day0)) {
        flow_problem_warning(&l->problems, at, "spawn.mode is none and nobody is there on day 0");
    }
    if (!s->set.spawn.total_from_camps && s->total.people == NULL) {
        flow_problem_error(&l->problems, at,
                           "spawn.total_from_camps is false but there is no series named total");
    }
}

/// What the settings ask of every place.
static void check_places(flow_loader *l)
{
    const flow_scenario *s = l->s;
    const flow_settings_hop *hop = &s->set.hop;
    const flow_mark at = {.file = s->path};
    char shown[64];
    for (int32_t p = 0; p < s->n_place && hop->stay_close_to_home; p++) {
        if (isfinite(s->latitude[p]) && isfinite(s->longitude[p])) { continue; }
        flow_problem_error(&l->problems, at,
                           "hop.stay_close_to_home needs latitude and longitude of every place, "
                           "'%s' has none",
                           flow_quote(s->place_name[p], shown));
    }
    for (int32_t p = 0; p < s->n_place && s->set.quirks.low_movechance_is_camp; p++) {
        if (!flow_place_is_low(s, p)) { continue; }
        flow_problem_warning(&l->problems, at,
                             "'%s' counts as a camp because its move chance is below 0.005 "
                             "(quirks.low_movechance_is_camp)",
                             flow_quote(s->place_name[p], shown));
    }
}

static void check_rate(flow_loader *l)
{
    const flow_settings_spawn *set = &l->s->set.spawn;
    const bool share = set->mode == FLOW_SPAWN_CONFLICT && set->rate_kind == FLOW_RATE_POP_RATIO;
    if (!share || set->rate <= 1.0) { return; }
    flow_problem_error(&l->problems, (flow_mark){.file = l->s->path},
                       "spawn.rate = %g is no share of the population, for spawn.rate_kind "
                       "pop_ratio 0 to 1 was expected",
                       set->rate);
}

bool flow_place_is_low(const flow_scenario *s, int32_t place)
{
    const int32_t kind = s->place_kind[place];
    const bool zone = kind == FLOW_CONFLICT_ZONE || kind == FLOW_TOWN;
    const double chance =
        s->conflict0[place] > 0.0 ? s->set.hop.conflict_movechance : s->set.hop.default_movechance;
    return zone && chance < 0.005;
}

static flow_err load(flow_loader *l)
{
    const bool own = flow_file_exists(&l->files, "scenario.yaml");
    l->s->is_flee = !own;
    FLOW_TRY(flow_fields_default(flow_settings_sections, flow_settings_n_section, &l->s->set));
    l->s->dt = 1.0; // until the period is known
    FLOW_TRY(flow_load_registry(l));
    FLOW_TRY(own ? flow_load_own(l) : flow_load_flee(l));
    FLOW_TRY(flow_load_fillers(l));
    FLOW_TRY(flow_load_modules(l));
    FLOW_TRY(flow_groups_load(l));
    flow_load_check_option(l);
    if (l->problems.n_error == 0) {
        check_origins(l);
        check_places(l);
        check_rate(l);
        FLOW_TRY(flow_observables_check(l));
        flow_load_check_hazards(l);
        flow_load_check_destination(l);
    }
    return flow_problems_result(&l->problems);
}

/// Load from l->files and clean up.
static flow_err load_and_finish(flow_loader *l, const char *path, flow_scenario **out)
{
    *out = NULL;
    flow_err err = FLOW_OK;
    l->s = flow_calloc(1, sizeof *l->s);
    if (l->s == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a scenario"); }
    l->s->path = flow_keep_text(l->s, path);
    err = l->s->path == NULL ? flow_fail(FLOW_ENOMEM, "no memory for a scenario") : load(l);
    flow_dealloc(l->link);
    flow_dealloc(l->slot);
    flow_dealloc(l->section);
    flow_dealloc(l->module);
    flow_config_clear(&l->config);
    if (err != FLOW_OK) {
        flow_problems_clear(&l->problems);
        flow_scenario_free(l->s);
        return err;
    }
    l->s->warnings = l->problems; // no error among them
    *out = l->s;
    return FLOW_OK;
}

static const flow_load_options no_options = {0};

static flow_err check_options(const flow_load_options *options)
{
    if (options->n_set < 0 || (options->n_set > 0 && options->set == NULL)) {
        return flow_fail(FLOW_ERANGE, "n_set = %d does not fit set", (int)options->n_set);
    }
    if (options->days < 0) {
        return flow_fail(FLOW_ERANGE, "days = %d, at least 0 was expected", (int)options->days);
    }
    if (options->n_module < 0 || (options->n_module > 0 && options->module == NULL)) {
        return flow_fail(FLOW_ERANGE, "n_module = %d does not fit module", (int)options->n_module);
    }
    if (options->n_filler < 0 || (options->n_filler > 0 && options->filler == NULL)) {
        return flow_fail(FLOW_ERANGE, "n_filler = %d does not fit filler", (int)options->n_filler);
    }
    if (options->n_forcing < 0 || (options->n_forcing > 0 && options->forcing == NULL)) {
        return flow_fail(FLOW_ERANGE, "n_forcing = %d does not fit forcing",
                         (int)options->n_forcing);
    }
    return FLOW_OK;
}

/// Length of the folder part of a path that ends in scenario.yaml, 0 when it does not.
static size_t folder_part(const char *path, bool *is_file)
{
    const char *base = strrchr(path, '/');
    base = base == NULL ? path : base + 1;
    *is_file = strcmp(base, "scenario.yaml") == 0;
    if (!*is_file) { return strlen(path); }
    return base == path ? 0 : (size_t)(base - path) - (base - path > 1);
}

static flow_err look(const char *path, const char *folder)
{
    struct stat about;
    if (stat(folder, &about) != 0) {
        return flow_fail(FLOW_EFILE, "%s: %s", path,
                         errno == ENOENT ? "there is no such folder" : strerror(errno));
    }
    if (!S_ISDIR(about.st_mode)) {
        return flow_fail(FLOW_EFILE,
                         "%s: a scenario folder or its scenario.yaml was expected, this is a file",
                         path);
    }
    const flow_files files = {.folder = folder};
    if (flow_file_exists(&files, "scenario.yaml") || flow_file_exists(&files, "input_csv") ||
        flow_file_exists(&files, "locations.csv")) {
        return FLOW_OK;
    }
    return flow_fail(FLOW_EFILE,
                     "%s: no scenario lies there: neither scenario.yaml (libflow) nor input_csv or "
                     "locations.csv (FLEE) was found",
                     path);
}

flow_err flow_scenario_load(const char *path, const flow_load_options *options, flow_scenario **out)
{
    *out = NULL;
    if (options == NULL) { options = &no_options; }
    FLOW_TRY(check_options(options));
    if (path == NULL || *path == '\0') {
        return flow_fail(FLOW_EFILE, "the path of the scenario is empty");
    }
    bool is_file = false;
    const size_t n = folder_part(path, &is_file);
    char *folder = n == 0 ? flow_strdup(".") : flow_strndup(path, n);
    if (folder == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a scenario"); }
    flow_err err = look(path, folder);
    if (err == FLOW_OK) {
        flow_loader l = {.files = {.folder = folder}, .options = options};
        err = load_and_finish(&l, path, out);
    }
    flow_dealloc(folder);
    return err;
}

flow_err flow_scenario_load_memory(const flow_file *files, int32_t n_file,
                                   const flow_load_options *options, flow_scenario **out)
{
    *out = NULL;
    if (options == NULL) { options = &no_options; }
    FLOW_TRY(check_options(options));
    if (n_file < 0 || (n_file > 0 && files == NULL)) {
        return flow_fail(FLOW_ERANGE, "n_file = %d does not fit files", (int)n_file);
    }
    for (int32_t i = 0; i < n_file; i++) {
        if (files[i].name == NULL || (files[i].text == NULL && files[i].size != 0) ||
            files[i].size < 0) {
            return flow_fail(FLOW_ERANGE, "file %d has no name, no text or a negative size",
                             (int)i);
        }
    }
    flow_loader l = {.files = {.memory = files, .n_memory = n_file}, .options = options};
    if (!flow_file_exists(&l.files, "scenario.yaml") &&
        !flow_file_exists(&l.files, "input_csv/locations.csv") &&
        !flow_file_exists(&l.files, "locations.csv")) {
        return flow_fail(FLOW_EFILE, "no file is named scenario.yaml (libflow) or locations.csv "
                                     "(FLEE)");
    }
    return load_and_finish(&l, "memory", out);
}

// Access -----------------------------------------------------------------------------------------

int64_t flow_scenario_n_warning(const flow_scenario *s)
{
    return s->warnings.n;
}

flow_problem flow_scenario_warning(const flow_scenario *s, int64_t index)
{
    if (index < 0 || index >= s->warnings.n) { return (flow_problem){.file = "", .text = ""}; }
    return s->warnings.row[index];
}

int32_t flow_scenario_n_place(const flow_scenario *s)
{
    return s->n_place;
}

int32_t flow_scenario_n_link(const flow_scenario *s)
{
    return s->n_link;
}

int32_t flow_scenario_n_step(const flow_scenario *s)
{
    return s->n_step;
}

const char *flow_scenario_place_name(const flow_scenario *s, int32_t place)
{
    return place < 0 || place >= s->n_place ? NULL : s->place_name[place];
}

int32_t flow_scenario_place(const flow_scenario *s, const char *name)
{
    for (int32_t p = 0; p < s->n_place; p++) {
        if (strcmp(s->place_name[p], name) == 0) { return p; }
    }
    return -1;
}
