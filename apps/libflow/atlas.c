// Borders: TopoJSON as the template of the page carries it, or GeoJSON.
#define ZLIB_CONST
#include "atlas.h"

#include "page.h"

#include <string.h>
#include <zlib.h>

// Rings -------------------------------------------------------------------------------------------

void app_atlas_ring(const app_atlas *a, int64_t ring, int64_t *begin, int64_t *end)
{
    *begin = a->ring[ring];
    *end = ring + 1 < a->n_ring ? a->ring[ring + 1] : a->n_point;
}

void app_atlas_clear(app_atlas *a)
{
    flow_dealloc(a->lon);
    flow_dealloc(a->lat);
    flow_dealloc(a->ring);
    *a = (app_atlas){0};
}

static bool begin_ring(app_atlas *a)
{
    if (a->n_ring == a->size_ring) {
        const int64_t size = a->size_ring > 0 ? 2 * a->size_ring : 256;
        int64_t *ring = flow_realloc(a->ring, size, sizeof *ring);
        if (ring == NULL) { return false; }
        a->ring = ring;
        a->size_ring = size;
    }
    a->ring[a->n_ring++] = a->n_point;
    return true;
}

static bool add_point(app_atlas *a, double lon, double lat)
{
    if (a->n_point == a->size_point) {
        const int64_t size = a->size_point > 0 ? 2 * a->size_point : 4096;
        double *x = flow_realloc(a->lon, size, sizeof *x);
        if (x != NULL) { a->lon = x; }
        double *y = flow_realloc(a->lat, size, sizeof *y);
        if (y != NULL) { a->lat = y; }
        if (x == NULL || y == NULL) { return false; }
        a->size_point = size;
    }
    a->lon[a->n_point] = lon;
    a->lat[a->n_point++] = lat;
    return true;
}

// The atlas of the page: TopoJSON, gzip, base64 ---------------------------------------------------

/// Bytes of base64; the caller owns them.
static unsigned char *decode(const char *text, size_t n, size_t *size)
{
    unsigned char *out = flow_calloc((int64_t)n / 4 * 3 + 3, 1);
    uint32_t bits = 0;
    int held = 0;
    *size = 0;
    for (size_t i = 0; out != NULL && i < n; i++) {
        const char c = text[i];
        const int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                          : c >= 'a' && c <= 'z' ? c - 'a' + 26
                          : c >= '0' && c <= '9' ? c - '0' + 52
                          : c == '+'             ? 62
                          : c == '/'             ? 63
                                                 : -1;
        if (digit < 0) { continue; }
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[(*size)++] = (unsigned char)(bits >> held & 255);
        }
    }
    return out;
}

/// Text of a gzip stream; the caller owns it.
static char *inflate_text(const unsigned char *in, size_t n)
{
    z_stream z = {.next_in = in, .avail_in = (uInt)n};
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) { return NULL; }
    int64_t size = 1 << 20;
    char *out = NULL;
    int state = Z_OK;
    while (state == Z_OK) {
        size *= 2;
        char *more = flow_realloc(out, size, 1);
        if (more == NULL) { break; }
        out = more;
        z.next_out = (Bytef *)out + z.total_out;
        z.avail_out = (uInt)(size - 1 - (int64_t)z.total_out);
        state = inflate(&z, Z_NO_FLUSH);
        if (z.avail_out > 0 && state == Z_OK) { state = Z_DATA_ERROR; }
    }
    const bool good = state == Z_STREAM_END;
    if (good) { out[z.total_out] = '\0'; }
    (void)inflateEnd(&z);
    if (good) { return out; }
    flow_dealloc(out);
    return NULL;
}

/// The points of an arc, backwards for ~index; differences are undone, the first one of a later
/// arc of a ring is the last one of the arc before.
static bool add_arc(app_atlas *a, const json_t *topology, int64_t index, bool first)
{
    const json_t *arc =
        json_array_get(json_object_get(topology, "arcs"), (size_t)(index < 0 ? ~index : index));
    const json_t *transform = json_object_get(topology, "transform");
    const json_t *scale = json_object_get(transform, "scale");
    const json_t *shift = json_object_get(transform, "translate");
    const size_t n = json_array_size(arc);
    const int64_t begin = a->n_point;
    double x = 0.0, y = 0.0;
    for (size_t i = 0; i < n; i++) {
        const json_t *step = json_array_get(arc, i);
        x += json_number_value(json_array_get(step, 0));
        y += json_number_value(json_array_get(step, 1));
        if (!add_point(a,
                       x * json_number_value(json_array_get(scale, 0)) +
                           json_number_value(json_array_get(shift, 0)),
                       y * json_number_value(json_array_get(scale, 1)) +
                           json_number_value(json_array_get(shift, 1)))) {
            return false;
        }
    }
    for (int64_t i = begin, k = a->n_point - 1; index < 0 && i < k; i++, k--) {
        const double lon = a->lon[i], lat = a->lat[i];
        a->lon[i] = a->lon[k];
        a->lat[i] = a->lat[k];
        a->lon[k] = lon;
        a->lat[k] = lat;
    }
    if (!first && a->n_point > begin) { // its first point is there already
        const size_t rest = (size_t)(a->n_point - begin - 1) * sizeof *a->lon;
        memmove(a->lon + begin, a->lon + begin + 1, rest);
        memmove(a->lat + begin, a->lat + begin + 1, rest);
        a->n_point--;
    }
    return true;
}

/// Rings at any depth of nested lists: a list of whole numbers is a ring.
static bool add_arcs(app_atlas *a, const json_t *topology, const json_t *arcs)
{
    const bool ring = json_is_integer(json_array_get(arcs, 0));
    if (ring && !begin_ring(a)) { return false; }
    for (size_t i = 0; i < json_array_size(arcs); i++) {
        const json_t *one = json_array_get(arcs, i);
        if (!(ring ? add_arc(a, topology, json_integer_value(one), i == 0)
                   : add_arcs(a, topology, one))) {
            return false;
        }
    }
    return true;
}

bool app_atlas_world(app_atlas *out)
{
    static const char mark[] = "id=\"borders\">";
    *out = (app_atlas){0};
    const char *at = app_page_template;
    while (at + sizeof mark < app_page_template_end && memcmp(at, mark, sizeof mark - 1) != 0) {
        at++;
    }
    at += sizeof mark - 1;
    size_t n = 0, size = 0;
    while (at + n < app_page_template_end && at[n] != '<') { n++; }
    unsigned char *bytes = decode(at, n, &size);
    char *text = bytes != NULL ? inflate_text(bytes, size) : NULL;
    json_t *topology = text != NULL ? json_loads(text, 0, NULL) : NULL;
    const json_t *countries = json_object_get(
        json_object_get(json_object_get(topology, "objects"), "countries"), "geometries");
    bool good = json_array_size(countries) > 0;
    for (size_t i = 0; good && i < json_array_size(countries); i++) {
        good = add_arcs(out, topology, json_object_get(json_array_get(countries, i), "arcs"));
    }
    json_decref(topology);
    flow_dealloc(text);
    flow_dealloc(bytes);
    return good;
}

// GeoJSON -----------------------------------------------------------------------------------------

/// Lists of positions at any depth: a list of positions is a ring.
static bool add_positions(app_atlas *a, const json_t *list)
{
    const bool ring = json_is_number(json_array_get(json_array_get(list, 0), 0));
    if (ring && !begin_ring(a)) { return false; }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (!(ring                 ? add_point(a, json_number_value(json_array_get(one, 0)),
                                               json_number_value(json_array_get(one, 1)))
              : json_is_array(one) ? add_positions(a, one)
                                   : true)) {
            return false;
        }
    }
    return true;
}

static bool add_object(app_atlas *a, const json_t *object)
{
    static const char *const inner[] = {"features", "geometries"};
    for (int k = 0; k < 2; k++) {
        const json_t *list = json_object_get(object, inner[k]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            if (!add_object(a, json_array_get(list, i))) { return false; }
        }
    }
    const json_t *geometry = json_object_get(object, "geometry");
    if (geometry != NULL && !add_object(a, geometry)) { return false; }
    return add_positions(a, json_object_get(object, "coordinates"));
}

bool app_atlas_geojson(const json_t *geojson, app_atlas *out)
{
    *out = (app_atlas){0};
    return add_object(out, geojson);
}
