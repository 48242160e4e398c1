#include "validation.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

char *validation_text(const char *name, int64_t *size)
{
    const char *root = getenv("LIBFLOW_DATA");
    if (root == NULL) { root = "../shared/data"; }
    char path[512];
    struct stat about;
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    if (stat(path, &about) != 0) {
        (void)fprintf(stderr, "skipped: %s is not there, set LIBFLOW_DATA to compare\n", path);
        cr_skip_test("%s is not there", path);
    }
    char *text = NULL;
    const flow_files files = {.folder = root};
    cr_assert_eq(flow_file_read(&files, name, FLOW_FILE_MAX, &text, size), FLOW_OK, "%s",
                 flow_error_text());
    return text;
}

flow_table *validation_table(const char *name)
{
    int64_t size = 0;
    char *text = validation_text(name, &size);
    flow_problems problems = {0};
    const flow_table_options options = {0};
    flow_table *table = NULL;
    cr_assert_eq(flow_table_parse(name, text, size, &options, &problems, &table), FLOW_OK);
    cr_assert_eq(problems.n_error, 0);
    flow_problems_clear(&problems);
    flow_dealloc(text);
    return table;
}

double validation_number(const flow_table *table, int64_t row, const char *column)
{
    double value = 0.0;
    const int32_t c = flow_table_find(table, column);
    cr_assert_geq(c, 0, "no column '%s'", column);
    cr_assert(flow_number_parse(flow_table_text(table, row, c), &value), "row %lld: '%s'",
              (long long)row, flow_table_text(table, row, c));
    return value;
}

double validation_km(double lat_a, double lon_a, double lat_b, double lon_b)
{
    const double rad = 3.14159265358979323846 / 180.0;
    const double u = sin((lat_b - lat_a) * rad / 2.0), v = sin((lon_b - lon_a) * rad / 2.0);
    const double h = u * u + cos(lat_a * rad) * cos(lat_b * rad) * v * v;
    return 2.0 * 6371.0088 * asin(sqrt(fmin(h, 1.0)));
}
