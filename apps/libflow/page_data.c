// What a page shows, as one JSON object: small facts as they are, long series packed.
#include "page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/// Values of all series of places in one page, so that it stays below 6 MB.
static const double most_values = 4e6;
/// Intervals over which flows on links are added up, at most.
enum { MOST_WINDOWS = 60 };
/// Conflict intensities are shown in thousandths.
static const double conflict_scale = 1000.0;
/// Stands for a count that is not shown.
static const int64_t hidden = -1;

/// Append a number in the fewest bytes: sign to the lowest bit, then seven bits each.
static size_t put(unsigned char *out, int64_t value)
{
    uint64_t u = value < 0 ? ((uint64_t) - (value + 1) << 1) + 1 : (uint64_t)value << 1;
    size_t n = 0;
    do {
        out[n] = (unsigned char)((u & 127) | (u > 127 ? 128 : 0));
        u >>= 7;
        n++;
    } while (u != 0);
    return n;
}

char *app_base64(const unsigned char *in, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = flow_calloc((int64_t)(n + 2) / 3 * 4 + 1, 1);
    if (text == NULL) { return NULL; }
    char *out = text;
    for (size_t i = 0; i < n; i += 3) {
        const size_t left = n - i;
        const unsigned v = (unsigned)in[i] << 16 | (left > 1 ? (unsigned)in[i + 1] << 8 : 0) |
                           (left > 2 ? in[i + 2] : 0);
        *out++ = digit[v >> 18];
        *out++ = digit[v >> 12 & 63];
        *out++ = left > 1 ? digit[v >> 6 & 63] : '=';
        *out++ = left > 2 ? digit[v & 63] : '=';
    }
    return text;
}

/// Differences from frame to frame of each of n series, deflated, in base64.
static json_t *pack(const int64_t *value, int32_t n_frame, int32_t n)
{
    const int64_t most = (int64_t)n_frame * n * 10; // 64 bits in groups of seven
    unsigned char *raw = flow_calloc(most, 1), *small = NULL;
    json_t *packed = NULL;
    if (raw == NULL) { return NULL; }
    size_t used = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t last = 0;
        for (int64_t f = 0; f < n_frame; f++) {
            used += put(raw + used, value[f * n + i] - last);
            last = value[f * n + i];
        }
    }
    uLongf size = compressBound((uLong)used);
    small = flow_calloc((int64_t)size, 1);
    if (small != NULL && compress2(small, &size, raw, (uLong)used, Z_BEST_COMPRESSION) == Z_OK) {
        char *text = app_base64(small, (size_t)size);
        packed = text != NULL ? json_string(text) : NULL;
        flow_dealloc(text);
    }
    flow_dealloc(small);
    flow_dealloc(raw);
    return packed;
}

/// A count as it is shown.
static int64_t shown(double value, int64_t suppress)
{
    const double whole = fmin(fmax(round(value), 0.0), 9e15);
    return whole > 0.0 && whole < (double)suppress ? hidden : (int64_t)whole;
}

/// Frames of a series: every stride-th step, counted back from the last one.
static int32_t n_frame(const app_page *page)
{
    return (page->picture->result->n_step - 1) / page->stride + 1;
}

static int64_t step_of(const app_page *page, int32_t frame)
{
    const int32_t last = page->picture->result->n_step - 1;
    return last - (int64_t)(n_frame(page) - 1 - frame) * page->stride;
}

static json_t *pack_counts(const app_page *page, const double *value, int32_t n, double scale)
{
    const int32_t frames = n_frame(page);
    int64_t *count = flow_calloc((int64_t)frames * n, sizeof *count);
    if (count == NULL) { return NULL; }
    for (int32_t f = 0; f < frames; f++) {
        const double *row = value + step_of(page, f) * n;
        for (int32_t i = 0; i < n; i++) {
            const double v = isfinite(row[i]) ? row[i] : 0.0;
            count[(int64_t)f * n + i] =
                scale > 1.0 ? llround(fmin(fmax(v, -1e9), 1e9) * scale) : shown(v, page->suppress);
        }
    }
    json_t *packed = pack(count, frames, n);
    flow_dealloc(count);
    return json_pack("{s:i, s:f, s:o}", "n", (int)n, "scale", scale, "data", packed);
}

/// Whole persons of a single run.
static json_t *pack_people(const app_page *page, const int64_t *people, int32_t n)
{
    const int64_t size = (int64_t)page->picture->result->n_step * n;
    double *value = flow_calloc(size, sizeof *value);
    if (value == NULL) { return NULL; }
    for (int64_t i = 0; i < size; i++) { value[i] = (double)people[i]; }
    json_t *packed = pack_counts(page, value, n, 1.0);
    flow_dealloc(value);
    return packed;
}

/// Sums over windows of `window` steps.
static json_t *pack_flows(const app_page *page, const flow_layer *flow)
{
    const int32_t n_step = page->picture->result->n_step, n = flow->n;
    const int32_t window = (n_step - 1) / MOST_WINDOWS + 1, windows = (n_step - 1) / window + 1;
    double *sum = flow_calloc((int64_t)windows * n, sizeof *sum);
    int64_t *count = flow_calloc((int64_t)windows * n, sizeof *count);
    json_t *packed = NULL;
    if (sum != NULL && count != NULL) {
        for (int32_t t = 0; t < n_step; t++) {
            for (int64_t i = 0; i < n; i++) {
                sum[(int64_t)(t / window) * n + i] += flow->value[(int64_t)t * n + i];
            }
        }
        for (int64_t i = 0; i < (int64_t)windows * n; i++) {
            count[i] = shown(sum[i], page->suppress);
        }
        packed = json_pack("{s:i, s:i, s:i, s:o}", "n", (int)n, "window", (int)window, "windows",
                           (int)windows, "data", pack(count, windows, n));
    }
    flow_dealloc(sum);
    flow_dealloc(count);
    return packed;
}

/// Set a member; false: no memory. A NULL value is a failure, too.
static bool set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

/// A text of the file, made valid UTF-8 by leaving the rest out.
static json_t *words(const char *text)
{
    json_t *o = json_string(text != NULL ? text : "");
    return o != NULL ? o : json_string("(no UTF-8 text)");
}

static json_t *places(const flow_picture *p)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < p->result->n_place; i++) {
        const int32_t kind = p->kind[i] >= 0 && p->kind[i] < FLOW_N_PLACE_KIND ? p->kind[i] : 0;
        json_t *o = json_pack(
            "{s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "name", words(p->result->place_name[i]),
            "country", words(p->country[i]), "kind", flow_place_kind_name[kind], "lat",
            app_json_number(p->latitude[i]), "lon", app_json_number(p->longitude[i]), "population",
            app_json_number(p->result->population[i]), "capacity",
            app_json_number(p->result->capacity[i]));
        if (json_array_append_new(list, o) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/// Index of both ends of each link, one after the other.
static json_t *links(const flow_picture *p)
{
    json_t *list = json_array();
    for (int32_t l = 0; l < p->n_link; l++) {
        if (json_array_append_new(list, json_integer(p->link_from[l])) != 0 ||
            json_array_append_new(list, json_integer(p->link_to[l])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *parameters(const flow_picture *p)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < p->n_parameter; i++) {
        json_t *row = json_array();
        bool good = row != NULL;
        for (int32_t k = 0; good && k < FLOW_N_SHOWN; k++) {
            good = json_array_append_new(row, words(p->parameter[k][i])) == 0;
        }
        if (!good || json_array_append_new(list, row) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *texts(char *const *text, int32_t n)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < n; i++) {
        if (json_array_append_new(list, words(text[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/// Name and text of each file of the scenario.
static json_t *inputs(const flow_picture *p)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < p->n_input; i++) {
        json_t *row = json_pack("[o, o]", words(p->input[0][i]), words(p->input[1][i]));
        if (json_array_append_new(list, row) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *about(const app_page *page)
{
    const flow_result *r = page->picture->result;
    char first[16];
    char seed[24];
    flow_date_text(r->start, first);
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
    return json_pack(
        "{s:o, s:o, s:s, s:f, s:i, s:i, s:i, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:s}",
        "title", words(r->title), "summary", words(page->picture->summary), "start", first,
        "step_days", r->dt > 0.0 ? r->dt : 1.0, "steps", (int)r->n_step, "stride",
        (int)page->stride, "members", r->members != NULL ? (int)r->members->n : 1, "seed", seed,
        "member", (json_int_t)r->member, "version", words(r->version), "checksum",
        words(r->checksum), "command", words(r->command_line), "created", words(r->created),
        "scenario", words(r->scenario_path), "compiler", words(page->picture->compiler), "suppress",
        (json_int_t)page->suppress, "direction", page->right_to_left ? "rtl" : "ltr");
}

/// Series over time of the places, of links, and of everybody.
static bool add_layers(json_t *o, const app_page *page)
{
    const flow_picture *p = page->picture;
    const flow_result *r = p->result;
    if (r->members == NULL) {
        if (!set(o, "people", pack_people(page, r->people, r->n_place))) { return false; }
    } else {
        const int64_t each = (int64_t)r->n_step * r->n_place;
        json_t *list = json_array();
        for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) {
            json_t *one = pack_counts(page, r->members->people + q * each, r->n_place, 1.0);
            if (json_array_append_new(list, one) != 0) {
                json_decref(list);
                return false;
            }
        }
        if (!set(o, "quantiles", list)) { return false; }
    }
    for (int32_t i = 0; i < FLOW_N_LAYER; i++) {
        const flow_layer *layer = &p->layer[i];
        if (layer->value == NULL || strcmp(layer->name, "people") == 0) { continue; }
        json_t *packed;
        if (layer->over == FLOW_LAYER_LINK) {
            packed = pack_flows(page, layer);
        } else {
            const bool intensity = strcmp(layer->name, "conflict") == 0;
            const int32_t n = layer->n_class > 0 ? layer->n_class : layer->n;
            packed = pack_counts(page, layer->value, n, intensity ? conflict_scale : 1.0);
        }
        if (packed != NULL && layer->n_class > 0 &&
            !set(packed, "labels", texts(layer->label, layer->n_class))) {
            json_decref(packed);
            return false;
        }
        if (!set(o, layer->name, packed)) { return false; }
    }
    return true;
}

static bool add_observed(json_t *o, const app_page *page)
{
    const flow_result *r = page->picture->result;
    if (r->n_observed == 0) { return true; }
    json_t *index = json_array();
    for (int32_t i = 0; i < r->n_observed; i++) {
        if (json_array_append_new(index, json_integer(r->observed_place[i])) != 0) {
            json_decref(index);
            return false;
        }
    }
    if (!set(o, "observed_place", index) ||
        !set(o, "observed", pack_people(page, r->observed, r->n_observed))) {
        return false;
    }
    if (page->score == NULL) { return true; }
    json_t *score = json_object();
    if (!app_json_score(score, page->score) || !set(o, "score", score)) { return false; }
    if (!set(o, "score_places", app_json_places(r, page->score))) { return false; }
    return r->members == NULL || set(o, "ensemble", app_json_ensemble(r, page->score));
}

json_t *app_page_data(app_page *page)
{
    const flow_result *r = page->picture->result;
    const double series = r->members != NULL ? FLOW_N_QUANTILE + 2.0 : 3.0;
    page->stride = 1 + (int32_t)(series * r->n_step * r->n_place / most_values);
    json_t *o = json_object();
    const bool good =
        o != NULL && set(o, "schema", json_string("libflow.report.1")) &&
        set(o, "about", about(page)) && set(o, "places", places(page->picture)) &&
        set(o, "links", links(page->picture)) && set(o, "parameters", parameters(page->picture)) &&
        set(o, "warnings", texts(page->picture->warning, page->picture->n_warning)) &&
        set(o, "frames", json_integer(n_frame(page))) && add_layers(o, page) &&
        add_observed(o, page) && (!page->live || set(o, "files", inputs(page->picture))) &&
        (page->borders == NULL || json_object_set(o, "borders", page->borders) == 0);
    if (good) { return o; }
    json_decref(o);
    return NULL;
}
