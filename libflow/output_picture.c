#include "output_picture.h"

#include "output_get.h"
#include "quantities.h"

#include <stdio.h>
#include <string.h>

static const char sector[] = "sector";

/// The variables that a report shows, with the axis of classes of those that have one.
static const struct {
    const char *name;
    flow_layer_of over;
    const char *axis;
} wanted[FLOW_N_LAYER] = {
    {"people", FLOW_LAYER_PLACE, NULL},
    {"conflict", FLOW_LAYER_PLACE, NULL},
    {"link_entered", FLOW_LAYER_LINK, NULL},
    {"persons", FLOW_LAYER_ALL, NULL},
    {"entered_total", FLOW_LAYER_ALL, NULL},
    {"left_total", FLOW_LAYER_ALL, NULL},
    {"leavers_by_cause", FLOW_LAYER_ALL, "cause"},
    {"people_by_status", FLOW_LAYER_ALL, "status"},
    {"in_need", FLOW_LAYER_ALL, sector}, // a variable of places for each sector
    {"reached", FLOW_LAYER_ALL, sector},
    {"cost_total", FLOW_LAYER_ALL, NULL},
    {"cost_asked", FLOW_LAYER_ALL, NULL},
};

/// Names of `n` texts; NULL in `out` when there is no memory.
static flow_err read_names(const flow_hdf *hdf, const char *name, int32_t n, char ***out)
{
    *out = flow_calloc(n, sizeof **out);
    if (*out == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for '%s'", name); }
    return flow_hdf_names(hdf, name, n, *out);
}

static void free_names(char **name, int32_t n)
{
    for (int32_t i = 0; name != NULL && i < n; i++) { flow_dealloc(name[i]); }
    flow_dealloc(name);
}

/// Sum over places of [n_step][n][n_class] into [n_step][n_class].
static flow_err add_places(const flow_picture *p, flow_layer *layer, int64_t n)
{
    const int32_t n_step = p->result->n_step, k = layer->n_class;
    double *sum = flow_calloc((int64_t)n_step * k, sizeof *sum);
    if (sum == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for '%s'", layer->name); }
    for (int64_t t = 0; t < n_step; t++) {
        for (int64_t i = 0; i < n; i++) {
            for (int64_t c = 0; c < k; c++) { sum[t * k + c] += layer->value[(t * n + i) * k + c]; }
        }
    }
    flow_dealloc(layer->value);
    layer->value = sum;
    return FLOW_OK;
}

/// Values of a layer, in full; its variable stands under `name`.
static flow_err read_layer(const flow_hdf *hdf, flow_picture *p, flow_layer *layer,
                           const char *name, const char *axis)
{
    int rank = 0;
    int64_t size[FLOW_MAX_RANK];
    FLOW_TRY(flow_hdf_size(hdf, name, &rank, size));
    if (rank < 0) { return FLOW_OK; } // not written in this run
    layer->n = layer->over == FLOW_LAYER_PLACE  ? p->result->n_place
               : layer->over == FLOW_LAYER_LINK ? p->n_link
                                                : 1;
    const int wants = axis != NULL ? 3 : layer->over == FLOW_LAYER_ALL ? 1 : 2;
    if (rank != wants || size[0] != p->result->n_step ||
        (axis == NULL && rank == 2 && size[1] != layer->n) ||
        (axis != NULL && (size[1] != p->result->n_place || size[2] < 1 || size[2] > 4096))) {
        return flow_hdf_not_ours(hdf, name, "has another size than its dimensions");
    }
    if (axis != NULL) {
        layer->n_class = (int32_t)size[2];
        FLOW_TRY(read_names(hdf, axis, layer->n_class, &layer->label));
    }
    FLOW_TRY(flow_hdf_numbers(hdf, name, H5T_NATIVE_DOUBLE, rank, size, &layer->value));
    return axis != NULL ? add_places(p, layer, size[1]) : FLOW_OK;
}

/// Sums over places of the variables "in_need_shelter", "in_need_food" and so on, as far as they
/// are there. `end`: what follows their names.
static flow_err read_sectors(const flow_hdf *hdf, flow_picture *p, flow_layer *layer,
                             const char *end)
{
    int32_t n = 0;
    const flow_term *term = flow_by_terms(FLOW_BY_SECTOR, &n);
    const int32_t n_step = p->result->n_step, n_place = p->result->n_place;
    for (int32_t c = 0; c < n; c++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s_%s%s", layer->name, term[c].name, end);
        flow_layer one = {.name = layer->name, .over = FLOW_LAYER_PLACE};
        FLOW_TRY(read_layer(hdf, p, &one, name, NULL));
        if (one.value == NULL) { continue; }
        if (layer->value == NULL) {
            layer->label = flow_calloc(n, sizeof *layer->label);
            layer->value = flow_calloc((int64_t)n_step * n, sizeof *layer->value);
            layer->n_class = layer->label != NULL ? n : 0;
            layer->n = 1;
            for (int32_t k = 0; k < layer->n_class; k++) {
                layer->label[k] = flow_strndup(term[k].name, strlen(term[k].name));
            }
        }
        for (int64_t i = 0; layer->value != NULL && i < (int64_t)n_step * n_place; i++) {
            layer->value[i / n_place * n + c] += one.value[i];
        }
        flow_dealloc(one.value);
        if (layer->value == NULL || layer->n_class == 0 || layer->label[n - 1] == NULL) {
            return flow_fail(FLOW_ENOMEM, "no memory for '%s'", layer->name);
        }
    }
    return FLOW_OK;
}

static flow_err read_layers(const flow_hdf *hdf, flow_picture *p)
{
    char name[64];
    for (int32_t i = 0; i < FLOW_N_LAYER; i++) {
        flow_layer *layer = &p->layer[i];
        layer->name = wanted[i].name;
        layer->over = wanted[i].over;
        if (wanted[i].axis == sector) {
            FLOW_TRY(read_sectors(hdf, p, layer, p->result->members != NULL ? "_mean" : ""));
        } else if (p->result->members == NULL) {
            FLOW_TRY(read_layer(hdf, p, layer, layer->name, wanted[i].axis));
        } else if (i > 0) { // people are read with the members
            (void)snprintf(name, sizeof name, "%s_mean", layer->name);
            FLOW_TRY(read_layer(hdf, p, layer, name, wanted[i].axis));
        }
    }
    return FLOW_OK;
}

static flow_err read_links(const flow_hdf *hdf, flow_picture *p)
{
    int rank = 0;
    int64_t size[FLOW_MAX_RANK];
    FLOW_TRY(flow_hdf_size(hdf, "link_from", &rank, size));
    if (rank < 0) { return FLOW_OK; }
    if (rank != 1 || size[0] > INT32_MAX) {
        return flow_hdf_not_ours(hdf, "link_from", "has another size than its dimensions");
    }
    p->n_link = (int32_t)size[0];
    FLOW_TRY(flow_hdf_numbers(hdf, "link_from", H5T_NATIVE_INT32, 1, size, &p->link_from));
    FLOW_TRY(flow_hdf_numbers(hdf, "link_to", H5T_NATIVE_INT32, 1, size, &p->link_to));
    const int32_t n = p->result->n_place;
    for (int32_t l = 0; l < p->n_link; l++) {
        if (p->link_from[l] < 0 || p->link_from[l] >= n || p->link_to[l] < 0 ||
            p->link_to[l] >= n) {
            return flow_hdf_not_ours(hdf, "link_from", "names a place that does not exist");
        }
    }
    return FLOW_OK;
}

static flow_err read_places(const flow_hdf *hdf, flow_picture *p)
{
    const int32_t n = p->result->n_place;
    const int64_t size = n;
    FLOW_TRY(flow_hdf_numbers(hdf, "place_kind", H5T_NATIVE_INT32, 1, &size, &p->kind));
    FLOW_TRY(read_names(hdf, "country", n, &p->country));
    FLOW_TRY(read_names(hdf, "region", n, &p->region));
    for (int32_t c = 0; c < FLOW_N_CODE; c++) {
        int rank = 0;
        int64_t length[FLOW_MAX_RANK];
        FLOW_TRY(flow_hdf_size(hdf, flow_code_name[c], &rank, length));
        if (rank >= 0) { FLOW_TRY(read_names(hdf, flow_code_name[c], n, &p->code[c])); }
    }
    FLOW_TRY(flow_hdf_numbers(hdf, "latitude", H5T_NATIVE_DOUBLE, 1, &size, &p->latitude));
    return flow_hdf_numbers(hdf, "longitude", H5T_NATIVE_DOUBLE, 1, &size, &p->longitude);
}

static flow_err read_parameters(const flow_hdf *hdf, flow_picture *p)
{
    static const char *const column[FLOW_N_SHOWN] = {
        "provenance/parameter", "provenance/parameter_value", "provenance/parameter_unit",
        "provenance/parameter_tag", "provenance/parameter_source"};
    FLOW_TRY(flow_hdf_length(hdf, column[0], &p->n_parameter));
    for (int32_t i = 0; i < FLOW_N_SHOWN; i++) {
        FLOW_TRY(read_names(hdf, column[i], p->n_parameter, &p->parameter[i]));
    }
    return FLOW_OK;
}

static flow_err read_inputs(const flow_hdf *hdf, flow_picture *p)
{
    static const char *const column[2] = {"provenance/input", "provenance/input_text"};
    int rank = 0;
    int64_t size[FLOW_MAX_RANK];
    FLOW_TRY(flow_hdf_size(hdf, column[0], &rank, size));
    if (rank < 0) { return FLOW_OK; }
    FLOW_TRY(flow_hdf_length(hdf, column[0], &p->n_input));
    for (int i = 0; i < 2; i++) { FLOW_TRY(read_names(hdf, column[i], p->n_input, &p->input[i])); }
    return FLOW_OK;
}

static flow_err read_warnings(const flow_hdf *hdf, flow_picture *p)
{
    int rank = 0;
    int64_t size[FLOW_MAX_RANK];
    FLOW_TRY(flow_hdf_size(hdf, "provenance/warning", &rank, size));
    if (rank < 0) { return FLOW_OK; }
    FLOW_TRY(flow_hdf_length(hdf, "provenance/warning", &p->n_warning));
    return read_names(hdf, "provenance/warning", p->n_warning, &p->warning);
}

static flow_err read_all(const flow_hdf *hdf, flow_picture *p)
{
    FLOW_TRY(flow_hdf_read_text(hdf, ".", "summary", true, &p->summary));
    const htri_t there = H5Lexists(hdf->file, "provenance", H5P_DEFAULT);
    if (there < 0) { return flow_hdf_fail(hdf, "provenance"); }
    if (there == 0) { return flow_hdf_not_ours(hdf, "provenance", "is missing"); }
    FLOW_TRY(flow_hdf_read_text(hdf, "provenance", "compiler", true, &p->compiler));
    FLOW_TRY(read_places(hdf, p));
    FLOW_TRY(read_links(hdf, p));
    FLOW_TRY(read_parameters(hdf, p));
    FLOW_TRY(read_inputs(hdf, p));
    FLOW_TRY(read_warnings(hdf, p));
    return read_layers(hdf, p);
}

flow_err flow_picture_load(const char *path, flow_picture **out)
{
    *out = NULL;
    flow_picture *p = flow_calloc(1, sizeof *p);
    if (p == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to read '%s'", path); }
    flow_err err = flow_result_load(path, &p->result);
    flow_hdf hdf = {.path = path, .verb = "read", .file = H5I_INVALID_HID, .text = H5I_INVALID_HID};
    flow_hush hush;
    flow_hush_begin(&hush);
    if (err == FLOW_OK) { err = flow_hdf_open(&hdf); }
    if (err == FLOW_OK) { err = read_all(&hdf, p); }
    if (hdf.file >= 0) { (void)H5Fclose(hdf.file); } // read only: nothing can be lost
    flow_hush_end(&hush);
    if (err != FLOW_OK) {
        flow_picture_free(p);
        return err;
    }
    *out = p;
    return FLOW_OK;
}

void flow_picture_free(flow_picture *p)
{
    if (p == NULL) { return; }
    for (int32_t i = 0; i < FLOW_N_LAYER; i++) {
        free_names(p->layer[i].label, p->layer[i].n_class);
        flow_dealloc(p->layer[i].value);
    }
    for (int32_t i = 0; i < FLOW_N_SHOWN; i++) { free_names(p->parameter[i], p->n_parameter); }
    for (int i = 0; i < 2; i++) { free_names(p->input[i], p->n_input); }
    free_names(p->warning, p->n_warning);
    if (p->result != NULL) {
        free_names(p->country, p->result->n_place);
        free_names(p->region, p->result->n_place);
        for (int32_t c = 0; c < FLOW_N_CODE; c++) { free_names(p->code[c], p->result->n_place); }
    }
    flow_dealloc(p->kind);
    flow_dealloc(p->latitude);
    flow_dealloc(p->longitude);
    flow_dealloc(p->link_from);
    flow_dealloc(p->link_to);
    flow_dealloc(p->summary);
    flow_dealloc(p->compiler);
    flow_result_free(p->result);
    flow_dealloc(p);
}

const flow_layer *flow_picture_layer(const flow_picture *picture, const char *name)
{
    for (int32_t i = 0; i < FLOW_N_LAYER; i++) {
        const flow_layer *layer = &picture->layer[i];
        if (layer->value != NULL && strcmp(layer->name, name) == 0) { return layer; }
    }
    return NULL;
}
