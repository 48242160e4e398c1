// The group "trajectories" of a result file: everybody who was followed, and where they were when.
// A "contiguous ragged array" of CF: the rows of a person follow each other, row_size says how many
// they are.
#include "output_trajectories.h"

#include "output_static.h"
#include "persons.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// Persons or rows that are written at once, and values of a chunk.
enum { AT_ONCE = 1 << 16 };

/// Places of the values in the tables; attributes of people follow.
enum { PERSON, ROW_SIZE, ORIGIN, HOUSEHOLD, HOUSEHOLD_SIZE, N_FIXED };
enum { TIME, LATITUDE, LONGITUDE, PLACE, LINK, CAUSE, STATUS, N_ROW };

/// A variable that is written piece by piece.
typedef struct series {
    hid_t data, type;
    size_t size; ///< bytes of a value
    char *value; ///< [AT_ONCE]
} series;

/// Variables of the same dimension.
typedef struct table {
    flow_axis axis;
    hsize_t done;
    int32_t filled, n;
    series *series; ///< [n]; without a variable where there is nothing to say
} table;

/// How an attribute of people is written.
typedef struct trait {
    int32_t attribute; ///< of the scenario
    double *number;    ///< [n_value] where all its values are numbers, else NULL
} trait;

typedef struct writer {
    const flow_hdf *hdf; ///< borrowed, as the next two
    const flow_scenario *s;
    const flow_model *m;
    hid_t group;
    table person, row;
    int32_t n_trait;
    trait *trait;
    int32_t household; ///< attribute that holds the size of households, -1: none
} writer;

// Tables -----------------------------------------------------------------------------------------

static flow_err flush(const writer *w, table *t)
{
    const hsize_t count = (hsize_t)t->filled;
    flow_err err = FLOW_OK;
    const hid_t memory = H5Screate_simple(1, &count, NULL);
    const hid_t file = H5Screate_simple(1, &t->axis.n, NULL);
    if (memory < 0 || file < 0 ||
        H5Sselect_hyperslab(file, H5S_SELECT_SET, &t->done, NULL, &count, NULL) < 0) {
        err = flow_hdf_fail(w->hdf, NULL);
    }
    for (int32_t i = 0; i < t->n && err == FLOW_OK && count > 0; i++) {
        const series *s = &t->series[i];
        if (s->data < 0) { continue; }
        if (H5Dwrite(s->data, s->type, memory, file, H5P_DEFAULT, s->value) < 0 ||
            w->hdf->disk.error != 0) {
            err = flow_hdf_fail(w->hdf, NULL);
        }
    }
    flow_hdf_close(file);
    flow_hdf_close(memory);
    t->done += count;
    t->filled = 0;
    return err;
}

/// The line is whole.
static flow_err next(const writer *w, table *t)
{
    t->filled++;
    return t->filled == AT_ONCE ? flush(w, t) : FLOW_OK;
}

static void set_real(table *t, int32_t i, double value)
{
    if (t->series[i].size == sizeof(double)) {
        memcpy(t->series[i].value + (size_t)t->filled * sizeof value, &value, sizeof value);
        return;
    }
    const float narrow = (float)value;
    memcpy(t->series[i].value + (size_t)t->filled * sizeof narrow, &narrow, sizeof narrow);
}

static void set_whole(table *t, int32_t i, int64_t value)
{
    const series *s = &t->series[i];
    if (s->data < 0) { return; }
    const int8_t narrow = (int8_t)value;
    const int16_t small = (int16_t)value;
    const int32_t middle = (int32_t)value;
    const void *from = &value;
    if (s->size == sizeof narrow) { from = &narrow; }
    if (s->size == sizeof small) { from = &small; }
    if (s->size == sizeof middle) { from = &middle; }
    memcpy(s->value + (size_t)t->filled * s->size, from, s->size);
}

static flow_err make_table(const writer *w, const char *name, hsize_t size, int32_t n, table *t)
{
    t->axis = (flow_axis){.scale = H5I_INVALID_HID, .n = size};
    t->axis.chunk = size < AT_ONCE ? size : AT_ONCE;
    t->series = flow_calloc(n, sizeof *t->series);
    if (t->series == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for trajectories"); }
    t->n = n;
    for (int32_t i = 0; i < n; i++) { t->series[i].data = H5I_INVALID_HID; }
    return name == NULL ? FLOW_OK : flow_hdf_dimension(w->hdf, w->group, name, &t->axis);
}

static void clear_table(table *t)
{
    const bool apart = t->n == 0 || t->axis.scale != t->series[0].data; // else it is closed below
    if (apart) { flow_hdf_close(t->axis.scale); }
    for (int32_t i = 0; i < t->n; i++) {
        flow_hdf_close(t->series[i].data);
        flow_dealloc(t->series[i].value);
    }
    flow_dealloc(t->series);
    *t = (table){.axis = {.scale = H5I_INVALID_HID}};
}

/// Make variable i of a table.
static flow_err add(const writer *w, table *t, int32_t i, flow_variable v)
{
    series *s = &t->series[i];
    s->type = v.type;
    s->size = H5Tget_size(v.type);
    s->value = flow_calloc(AT_ONCE, s->size);
    if (s->value == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for trajectories"); }
    v.axis[0] = &t->axis;
    return flow_hdf_variable(w->hdf, w->group, &v, &s->data);
}

/// What the numbers of a variable stand for; blanks in names become '_'.
static flow_err explain_flags(const writer *w, const series *s, const char *const *name, int32_t n)
{
    size_t size = 1;
    for (int32_t i = 0; i < n; i++) { size += strlen(name[i]) + 1; }
    char *meaning = flow_calloc((int64_t)size, 1);
    char *value = flow_calloc(n, s->size);
    if (meaning == NULL || value == NULL) {
        flow_dealloc(meaning);
        flow_dealloc(value);
        return flow_fail(FLOW_ENOMEM, "no memory for trajectories");
    }
    for (int32_t i = 0, at = 0; i < n; i++) {
        at += snprintf(meaning + at, size - (size_t)at, "%s%s", i > 0 ? " " : "", name[i]);
        for (char *c = meaning + at - strlen(name[i]); *c != '\0'; c++) {
            if (*c == ' ' || *c == '\t') { *c = '_'; }
        }
        const int8_t narrow = (int8_t)i;
        const int16_t wide = (int16_t)i;
        memcpy(value + (size_t)i * s->size, s->size == 1 ? (const void *)&narrow : &wide, s->size);
    }
    flow_err err = flow_hdf_attribute(w->hdf, s->data, "flag_values", s->type, (hsize_t)n, value);
    if (err == FLOW_OK) { err = flow_hdf_text(w->hdf, s->data, "flag_meanings", meaning); }
    flow_dealloc(meaning);
    flow_dealloc(value);
    return err;
}

// Persons ----------------------------------------------------------------------------------------

static const flow_people_axis *axis_of(const writer *w, int32_t kind)
{
    const flow_groups *groups = &w->m->groups;
    const int32_t a = kind == FLOW_AXIS_CAUSE ? groups->cause : groups->status;
    return a >= 0 ? &groups->axis[a] : NULL;
}

/// Numbers where all values of an attribute are such.
static flow_err find_numbers(const flow_attribute *attribute, trait *out)
{
    out->number = flow_calloc(attribute->n_value, sizeof *out->number);
    if (out->number == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for trajectories"); }
    for (int32_t v = 0; v < attribute->n_value; v++) {
        if (flow_number_parse(attribute->value[v], &out->number[v])) { continue; }
        flow_dealloc(out->number);
        out->number = NULL;
        break;
    }
    return FLOW_OK;
}

static flow_err add_trait(writer *w, int32_t attribute)
{
    const flow_attribute *a = &w->s->attribute[attribute];
    trait *t = &w->trait[w->n_trait];
    const int32_t at = N_FIXED + w->n_trait++;
    t->attribute = attribute;
    FLOW_TRY(find_numbers(a, t));
    char name[FLOW_DIMENSION_NAME], text[160];
    flow_attribute_name(w->s, attribute, name);
    const bool age = strcmp(name, "age") == 0;
    (void)snprintf(text, sizeof text, age ? "age on entering the simulation" : "attribute %.128s",
                   a->name);
    const hid_t narrow = a->n_value <= INT8_MAX ? H5T_NATIVE_INT8 : H5T_NATIVE_INT16;
    const flow_variable v = {.name = name,
                             .long_name = text,
                             .unit = t->number == NULL ? NULL
                                     : age             ? "year"
                                                       : "1",
                             .type = t->number != NULL ? H5T_NATIVE_FLOAT : narrow};
    FLOW_TRY(add(w, &w->person, at, v));
    if (t->number != NULL) { return FLOW_OK; }
    return explain_flags(w, &w->person.series[at], (const char *const *)a->value, a->n_value);
}

static flow_err add_persons(writer *w)
{
    table *t = &w->person;
    const flow_variable person = {.name = "person",
                                  .unit = "1",
                                  .long_name = "artificial number of the simulated person, in the "
                                               "order of entering",
                                  .type = H5T_NATIVE_INT64};
    FLOW_TRY(flow_hdf_axis(w->hdf, w->group, &person, &t->axis));
    series *number = &t->series[PERSON];
    *number = (series){.data = t->axis.scale, .type = person.type, .size = sizeof(int64_t)};
    number->value = flow_calloc(AT_ONCE, number->size);
    if (number->value == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for trajectories"); }
    FLOW_TRY(flow_hdf_text(w->hdf, number->data, "cf_role", "trajectory_id"));
    FLOW_TRY(add(w, t, ROW_SIZE,
                 (flow_variable){.name = "row_size",
                                 .unit = "1",
                                 .long_name = "rows of the person",
                                 .type = H5T_NATIVE_INT32}));
    FLOW_TRY(flow_hdf_text(w->hdf, t->series[ROW_SIZE].data, "sample_dimension", "row"));
    FLOW_TRY(add(w, t, ORIGIN,
                 (flow_variable){.name = "origin",
                                 .unit = "1",
                                 .long_name = "place where the person entered, as an index along "
                                              "the dimension place of the file, from 0",
                                 .type = H5T_NATIVE_INT32}));
    if (w->m->groups.household >= 0) {
        FLOW_TRY(add(w, t, HOUSEHOLD,
                     (flow_variable){.name = "household",
                                     .unit = "1",
                                     .long_name = "artificial number of the household, whose "
                                                  "persons move together",
                                     .type = H5T_NATIVE_INT64}));
        FLOW_TRY(add(w, t, HOUSEHOLD_SIZE,
                     (flow_variable){.name = "household_size",
                                     .unit = "1",
                                     .long_name = "persons of the household",
                                     .type = H5T_NATIVE_INT16}));
    }
    for (int32_t i = 0; i < w->s->n_attribute; i++) {
        if (i != w->household && w->s->attribute[i].n_value <= INT16_MAX) {
            FLOW_TRY(add_trait(w, i));
        }
    }
    return FLOW_OK;
}

// Rows -------------------------------------------------------------------------------------------

static flow_err add_classes(const writer *w, table *t, int32_t at, const char *name,
                            const char *meaning, const flow_people_axis *axis)
{
    if (axis == NULL) { return FLOW_OK; }
    const char *label[FLOW_NO_CLASS];
    int32_t n = axis->n_class;
    for (int32_t c = 0; c < n; c++) { label[c] = flow_axis_label(w->s, axis, c); }
    if (axis->kind == FLOW_AXIS_STATUS) { // of those who are nowhere
        label[FLOW_MOMENT_DEAD] = "dead";
        label[FLOW_MOMENT_MISSING] = "missing";
        n = FLOW_MOMENT_MISSING + 1;
    }
    FLOW_TRY(add(w, t, at,
                 (flow_variable){.name = name,
                                 .long_name = meaning,
                                 .coordinates = "time latitude longitude",
                                 .type = H5T_NATIVE_INT8}));
    return explain_flags(w, &t->series[at], label, n);
}

static flow_err add_rows(writer *w)
{
    table *t = &w->row;
    char unit[64];
    flow_variable time = flow_output_time(w->s, unit);
    time.long_name = "time from which on the row holds, the whole of its step included; a step "
                     "before the first one: there from the beginning";
    FLOW_TRY(add(w, t, TIME, time));
    FLOW_TRY(flow_hdf_text(w->hdf, t->series[TIME].data, "calendar", "proleptic_gregorian"));
    FLOW_TRY(add(w, t, LATITUDE,
                 (flow_variable){.name = "latitude",
                                 .standard_name = "latitude",
                                 .unit = "degrees_north",
                                 .long_name = "latitude of the place, or of the start of the link",
                                 .type = H5T_NATIVE_FLOAT}));
    FLOW_TRY(add(w, t, LONGITUDE,
                 (flow_variable){.name = "longitude",
                                 .standard_name = "longitude",
                                 .unit = "degrees_east",
                                 .long_name = "longitude of the place, or of the start of the link",
                                 .type = H5T_NATIVE_FLOAT}));
    FLOW_TRY(add(w, t, PLACE,
                 (flow_variable){.name = "place",
                                 .unit = "1",
                                 .long_name = "place where the person is, as an index along the "
                                              "dimension place of the file, from 0; -1: at none",
                                 .coordinates = "time latitude longitude",
                                 .type = H5T_NATIVE_INT32}));
    FLOW_TRY(add(w, t, LINK,
                 (flow_variable){.name = "link",
                                 .unit = "1",
                                 .long_name = "link on which the person is, as an index along the "
                                              "dimension link of the file, from 0; -1: on none; "
                                              "neither place nor link: the person left",
                                 .coordinates = "time latitude longitude",
                                 .type = H5T_NATIVE_INT32}));
    FLOW_TRY(add_classes(w, t, CAUSE, "cause", "cause for which the person left or entered",
                         axis_of(w, FLOW_AXIS_CAUSE)));
    return add_classes(w, t, STATUS, "status", "status of the person",
                       axis_of(w, FLOW_AXIS_STATUS));
}

static flow_err write_row(writer *w, flow_moment now)
{
    table *t = &w->row;
    const int32_t link = now.where <= FLOW_ON_LINK ? FLOW_ON_LINK - now.where : -1;
    const int32_t place = now.where >= 0 ? now.where : -1;
    const int32_t near = link >= 0 ? w->s->link_from[link] : place;
    set_real(t, TIME, now.day * w->s->dt);
    set_real(t, LATITUDE, near >= 0 ? w->s->latitude[near] : (double)NAN);
    set_real(t, LONGITUDE, near >= 0 ? w->s->longitude[near] : (double)NAN);
    set_whole(t, PLACE, place);
    set_whole(t, LINK, link);
    set_whole(t, CAUSE, now.cause);
    set_whole(t, STATUS, now.status);
    return next(w, t);
}

/// A person and his or her rows.
static flow_err write_person(writer *w, const flow_batch *batch, int64_t person,
                             const flow_note *note, int64_t n)
{
    table *t = &w->person;
    flow_person about;
    FLOW_TRY(flow_model_person(w->m, person, &about));
    set_whole(t, PERSON, person);
    set_whole(t, ROW_SIZE, n + 1);
    set_whole(t, ORIGIN, about.origin);
    set_whole(t, HOUSEHOLD, about.household);
    set_whole(t, HOUSEHOLD_SIZE, about.household_size);
    for (int32_t i = 0; i < w->n_trait; i++) {
        const int32_t v = flow_person_value(w->m, batch, person, w->trait[i].attribute);
        if (w->trait[i].number != NULL) {
            set_real(t, N_FIXED + i, w->trait[i].number[v]);
        } else {
            set_whole(t, N_FIXED + i, v);
        }
    }
    FLOW_TRY(next(w, t));
    FLOW_TRY(write_row(w, (flow_moment){.day = about.day,
                                        .where = about.origin,
                                        .cause = about.cause,
                                        .status = about.status}));
    for (int64_t i = 0; i < n; i++) { FLOW_TRY(write_row(w, flow_moment_of(person, note[i]))); }
    return FLOW_OK;
}

static flow_err write_units(writer *w, const flow_notes *notes)
{
    const flow_follow *follow = &w->m->follow;
    int64_t b = flow_follow_find(follow, notes->first);
    for (uint32_t i = 0; i < notes->n; i++) {
        const uint32_t unit = notes->first + i;
        while (b + 1 < follow->n_batch && follow->batch[b + 1].first <= unit) { b++; }
        int32_t size;
        const int64_t first = flow_persons_of(w->m, unit, &size);
        for (int32_t k = 0; k < size; k++) {
            FLOW_TRY(write_person(w, &follow->batch[b], first + k, notes->note + notes->begin[i],
                                  notes->begin[i + 1] - notes->begin[i]));
        }
    }
    return FLOW_OK;
}

static flow_err write_all(writer *w)
{
    flow_notes notes;
    bool more = false;
    flow_err err = flow_notes_begin(w->m, FLOW_NOTES_AT_ONCE, &notes);
    while (err == FLOW_OK && (err = flow_notes_next(&notes, &more)) == FLOW_OK && more) {
        err = write_units(w, &notes);
    }
    flow_notes_clear(&notes);
    FLOW_TRY(err);
    FLOW_TRY(flush(w, &w->person));
    return flush(w, &w->row);
}

// The group --------------------------------------------------------------------------------------

static flow_err describe_group(const writer *w)
{
    static const char note[] =
        "No row describes a real person: people are simulated, and their numbers are artificial. "
        "Rows about few people at a place where people are at risk may still do harm; publish "
        "counts instead.";
    const flow_follow *follow = &w->m->follow;
    const bool all = follow->mode == FLOW_INDIVIDUALS_ALL;
    FLOW_TRY(flow_hdf_text(w->hdf, w->group, "Conventions", "CF-1.11"));
    FLOW_TRY(flow_hdf_text(w->hdf, w->group, "featureType", "trajectory"));
    FLOW_TRY(flow_hdf_text(w->hdf, w->group, "title", "trajectories of simulated people"));
    FLOW_TRY(flow_hdf_text(w->hdf, w->group, "comment", note));
    FLOW_TRY(flow_hdf_text(w->hdf, w->group, "individuals", all ? "all" : "sample"));
    const double share = all ? 1.0 : follow->share;
    return flow_hdf_attribute(w->hdf, w->group, "sample_share", H5T_NATIVE_DOUBLE, 1, &share);
}

static flow_err write_group(writer *w)
{
    const int64_t persons = flow_model_n_person(w->m);
    w->trait = flow_calloc(w->s->n_attribute, sizeof *w->trait);
    if (w->trait == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for trajectories"); }
    const int32_t household = w->m->groups.household;
    for (int32_t i = 0; i < w->s->n_attribute; i++) {
        const bool is =
            household >= 0 && w->m->groups.axis[household].attribute == &w->s->attribute[i];
        if (is) { w->household = i; }
    }
    FLOW_TRY(flow_hdf_group(w->hdf, "trajectories", &w->group));
    FLOW_TRY(describe_group(w));
    FLOW_TRY(make_table(w, NULL, (hsize_t)persons, N_FIXED + w->s->n_attribute, &w->person));
    FLOW_TRY(make_table(w, "row", (hsize_t)(persons + flow_model_n_moment(w->m)), N_ROW, &w->row));
    FLOW_TRY(add_persons(w));
    FLOW_TRY(add_rows(w));
    return write_all(w);
}

flow_err flow_output_trajectories(const flow_hdf *hdf, const flow_model *m)
{
    if (!m->follow.history || flow_model_n_person(m) == 0) { return FLOW_OK; }
    writer w = {.hdf = hdf, .s = m->s, .m = m, .group = H5I_INVALID_HID, .household = -1};
    w.person.axis.scale = w.row.axis.scale = H5I_INVALID_HID;
    const flow_err err = write_group(&w);
    clear_table(&w.person);
    clear_table(&w.row);
    for (int32_t i = 0; i < w.n_trait; i++) { flow_dealloc(w.trait[i].number); }
    flow_dealloc(w.trait);
    flow_hdf_close(w.group);
    return err;
}
