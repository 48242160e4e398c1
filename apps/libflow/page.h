/// @file page.h
/// The command `libflow report`: a result as one page of HTML, a figure or a table.
#ifndef APP_PAGE_H
#define APP_PAGE_H

#include "app.h"
#include "output_picture.h"

struct flow_compared_file;

/// What a table holds.
typedef enum app_table {
    APP_TABLE_NONE,
    APP_TABLE_PEOPLE, ///< people at places by date
    APP_TABLE_FLOWS   ///< people on links by period
} app_table;

/// What a figure shows.
typedef enum app_figure {
    APP_FIGURE_NONE,
    APP_FIGURE_MAP,   ///< places, people, ways
    APP_FIGURE_PLACES ///< series of places
} app_figure;

/// What is written, by the end of the name of the file.
typedef enum app_format {
    APP_FORMAT_HTML,
    APP_FORMAT_CSV,
    APP_FORMAT_GEOJSON,
    APP_FORMAT_SVG,
    APP_FORMAT_PNG,
    APP_FORMAT_PDF,
    APP_N_FORMAT
} app_format;

/// What goes into a page, a figure or a table. All borrowed.
typedef struct app_page {
    const flow_picture *picture;
    const struct flow_compared_file *comparison; ///< in place of a picture
    const flow_score *score;                     ///< NULL: no observations
    json_t *borders;  ///< GeoJSON in place of the borders of the page; NULL: none
    int64_t suppress; ///< counts below it are not shown; 0: all are
    bool right_to_left;
    bool live;      ///< the page carries the scenario and the core
    int32_t stride; ///< steps from one frame to the next; set by app_page_data()
    app_format format;
    app_figure figure;
    app_table table;
    int64_t every; ///< steps from one row of a table to the next
    bool hxl;      ///< a row of tags under the header
} app_page;

/// The page without its data, see apps/report; its length is that up to the end mark.
extern const char app_page_template[], app_page_template_end[];
/// The core of libflow for pages, WebAssembly; empty where it was not built.
extern const char app_page_core[], app_page_core_end[];

/// Everything that the page shows; NULL: no memory.
json_t *app_page_data(app_page *page);

/// Everything that the page of a comparison shows; NULL: no memory.
json_t *app_page_comparison(const struct flow_compared_file *file, bool right_to_left);

/// Bytes as base64 text, owned by the caller; NULL: no memory.
char *app_base64(const unsigned char *in, size_t n);

/// Write page->figure; `data` is an app_page. 0, or EOF when it cannot be written.
int app_figure_write(FILE *file, const void *data);
/// Why the figure cannot be made; NULL: it can.
const char *app_figure_problem(const app_page *page);

/// Write page->table; `data` is an app_page. 0, or EOF when it cannot be written.
int app_table_write(FILE *file, const void *data);

#endif
