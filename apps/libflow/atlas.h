/// @file atlas.h
/// Borders for figures: those of the page (Natural Earth), or a GeoJSON of the user.
#ifndef APP_ATLAS_H
#define APP_ATLAS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/// Rings of longitude and latitude, one after the other.
typedef struct app_atlas {
    int64_t n_point, size_point;
    double *lon, *lat; ///< [n_point] degrees
    int64_t n_ring, size_ring;
    int64_t *ring; ///< [n_ring] first point of each
} app_atlas;

/// Points [*begin, *end) of a ring.
void app_atlas_ring(const app_atlas *atlas, int64_t ring, int64_t *begin, int64_t *end);
/// The borders of the page; false: no memory.
bool app_atlas_world(app_atlas *out);
/// The polygons and lines of a GeoJSON object; false: no memory.
bool app_atlas_geojson(const json_t *geojson, app_atlas *out);
void app_atlas_clear(app_atlas *atlas);

#endif
