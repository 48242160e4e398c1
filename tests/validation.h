// What the tests against public data share: tables of the data folder, distances, lines to print.
#ifndef VALIDATION_H
#define VALIDATION_H

#include "../libflow/table.h"

/// A table of the data folder ($LIBFLOW_DATA, or ../shared/data beside the checkout). Skips the
/// running test, and says so, where it is absent. Freed by flow_table_free().
flow_table *validation_table(const char *name);
/// The text of such a file, owned by the caller; skips likewise.
char *validation_text(const char *name, int64_t *size);

/// Number of a cell; asserts that it is one.
double validation_number(const flow_table *table, int64_t row, const char *column);

/// Great-circle distance in km (haversine, mean radius 6371.0088 km).
double validation_km(double lat_a, double lon_a, double lat_b, double lon_b);

#endif
