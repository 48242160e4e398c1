/// @file page.h
/// The command `libflow report`: a result as one page of HTML.
#ifndef APP_PAGE_H
#define APP_PAGE_H

#include "app.h"
#include "output_picture.h"

/// What goes into a page. All borrowed.
typedef struct app_page {
    const flow_picture *picture;
    const flow_score *score; ///< NULL: no observations
    json_t *borders;         ///< GeoJSON in place of the borders of the page; NULL: none
    int64_t suppress;        ///< counts below it are not shown; 0: all are
    bool right_to_left;
    int32_t stride; ///< steps from one frame to the next; set by app_page_data()
} app_page;

/// Everything that the page shows; NULL: no memory.
json_t *app_page_data(app_page *page);

#endif
