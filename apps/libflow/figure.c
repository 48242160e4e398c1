// libflow report --figure: a map, or series of places, as SVG, PNG or PDF for papers.
#include "atlas.h"
#include "page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef FLOW_CAIRO
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>

static const double width = 720.0; ///< points, 1/72 inch
enum { MOST_NAMED = 14, COLUMNS = 3, MOST_PANELS = 24 };
static const double panel_height = 130.0, head = 46.0, foot = 34.0;

/// Colours that people with colour-blindness tell apart (Okabe and Ito 2008).
typedef struct colour {
    double red, green, blue;
} colour;
static const colour ink = {0.11, 0.15, 0.19}, quiet = {0.42, 0.46, 0.5},
                    land = {0.925, 0.918, 0.894}, border = {0.72, 0.70, 0.66},
                    blue = {0.0, 0.447, 0.698}, green = {0.0, 0.62, 0.451},
                    vermilion = {0.835, 0.369, 0.0};

static void use(cairo_t *c, colour k, double alpha)
{
    cairo_set_source_rgba(c, k.red, k.green, k.blue, alpha);
}

static void font(cairo_t *c, double size, bool bold)
{
    cairo_select_font_face(c, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c, size);
}

/// Text at x, moved left by a share of its width; longer than `most` it is cut.
static void write_text(cairo_t *c, double x, double y, double align, double most, const char *text)
{
    char shown[256];
    (void)snprintf(shown, sizeof shown, "%s", text);
    cairo_text_extents_t size;
    size_t n = strlen(shown);
    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) { n--; } // whole characters
    shown[n] = '\0';
    cairo_text_extents(c, shown, &size);
    while (size.x_advance > most && n > 1) {
        do {
            n--;
        } while (n > 1 && ((unsigned char)shown[n] & 0xc0) == 0x80);
        (void)snprintf(shown + n, sizeof shown - n, "\xe2\x80\xa6");
        cairo_text_extents(c, shown, &size);
    }
    cairo_move_to(c, x - align * size.x_advance, y);
    cairo_show_text(c, shown);
    cairo_new_path(c);
}

/// "12,345", "1.2 million".
static app_text short_count(double n)
{
    return n >= 1e6 ? app_rate(n) : app_people(n);
}

static void write_frame(cairo_t *c, const app_page *page, double height, const char *what)
{
    const flow_result *r = page->picture->result;
    cairo_set_source_rgb(c, 1, 1, 1);
    cairo_paint(c);
    use(c, ink, 1);
    font(c, 14, true);
    write_text(c, 14, 22, 0, width - 28,
               r->title != NULL && *r->title != '\0' ? r->title : "libflow");
    font(c, 9.5, false);
    use(c, quiet, 1);
    write_text(c, 14, 37, 0, width - 28, what);
    char by[256];
    (void)snprintf(
        by, sizeof by, "libflow %s, seed %llu, %s%lld; a simulation: read it with what it assumes",
        r->version, (unsigned long long)r->seed, r->members != NULL ? "members " : "member ",
        (long long)(r->members != NULL ? r->members->n : r->member));
    font(c, 7.5, false);
    write_text(c, 14, height - 8, 0, width - 28, by);
}

/// A count of a place as it may be shown: below the limit nothing.
static double shown(const app_page *page, double n)
{
    return n > 0.0 && n < (double)page->suppress ? 0.0 : n;
}

// Map ---------------------------------------------------------------------------------------------

typedef struct view {
    double west, north, scale, squeeze; ///< points per degree of latitude; of longitude: x squeeze
    double top, height;                 ///< of the map on the page
} view;

static double x_of(const view *v, double lon)
{
    return (lon - v->west) * v->scale * v->squeeze;
}
static double y_of(const view *v, double lat)
{
    return v->top + (v->north - lat) * v->scale;
}
static bool placed(const flow_picture *p, int32_t i)
{
    return isfinite(p->latitude[i]) && isfinite(p->longitude[i]);
}

/// All places with some room around them; false: no place has coordinates.
static bool find_view(const flow_picture *p, view *v)
{
    double west = 1e9, east = -1e9, south = 1e9, north = -1e9;
    for (int32_t i = 0; i < p->result->n_place; i++) {
        if (!placed(p, i)) { continue; }
        west = fmin(west, p->longitude[i]);
        east = fmax(east, p->longitude[i]);
        south = fmin(south, p->latitude[i]);
        north = fmax(north, p->latitude[i]);
    }
    if (west > east) { return false; }
    const double pi = 3.14159265358979323846;
    v->squeeze = fmax(cos((south + north) / 2.0 * pi / 180.0), 0.05);
    const double margin = 0.1 * fmax(fmax(north - south, (east - west) * v->squeeze), 0.5);
    const double wide = (east - west) * v->squeeze + 2 * margin, tall = north - south + 2 * margin;
    v->height = width * fmin(fmax(tall / wide, 0.45), 1.0);
    v->scale = fmin(width / wide, v->height / tall);
    v->top = head;
    v->west = (west + east) / 2.0 - width / v->scale / v->squeeze / 2.0;
    v->north = (south + north) / 2.0 + v->height / v->scale / 2.0;
    return true;
}

static void draw_borders(cairo_t *c, const view *v, const app_atlas *atlas)
{
    const double east = v->west + width / v->scale / v->squeeze,
                 south = v->north - v->height / v->scale;
    for (int64_t ring = 0; ring < atlas->n_ring; ring++) {
        int64_t begin, end;
        app_atlas_ring(atlas, ring, &begin, &end);
        double least = 1e9, most = -1e9, low = 1e9, high = -1e9;
        for (int64_t i = begin; i < end; i++) {
            least = fmin(least, atlas->lon[i]);
            most = fmax(most, atlas->lon[i]);
            low = fmin(low, atlas->lat[i]);
            high = fmax(high, atlas->lat[i]);
        }
        if (least > east || most < v->west || low > v->north || high < south) { continue; }
        for (int64_t i = begin; i < end; i++) {
            cairo_line_to(c, x_of(v, atlas->lon[i]), y_of(v, atlas->lat[i]));
        }
        cairo_close_path(c);
        use(c, land, 1);
        cairo_fill_preserve(c);
        use(c, border, 1);
        cairo_set_line_width(c, 0.6);
        cairo_stroke(c);
    }
}

/// Everybody who took a link, as wide as they are many; bent, so that both directions show.
static void draw_flows(cairo_t *c, const view *v, const app_page *page)
{
    const flow_picture *p = page->picture;
    const flow_layer *layer = flow_picture_layer(p, "link_entered");
    double *sum = flow_calloc(p->n_link, sizeof *sum);
    double top = 0.0;
    for (int32_t l = 0; sum != NULL && layer != NULL && l < p->n_link; l++) {
        for (int64_t t = 0; t < p->result->n_step; t++) {
            sum[l] += layer->value[t * layer->n + l];
        }
        sum[l] = shown(page, sum[l]);
        top = fmax(top, sum[l]);
    }
    for (int32_t l = 0; sum != NULL && l < p->n_link; l++) {
        const int32_t from = p->link_from[l], to = p->link_to[l];
        if (!placed(p, from) || !placed(p, to)) { continue; }
        const double x0 = x_of(v, p->longitude[from]), y0 = y_of(v, p->latitude[from]);
        const double x1 = x_of(v, p->longitude[to]), y1 = y_of(v, p->latitude[to]);
        const double bend_x = (y0 - y1) * 0.1, bend_y = (x1 - x0) * 0.1;
        cairo_move_to(c, x0, y0);
        cairo_curve_to(c, x0 + (x1 - x0) / 3 + bend_x, y0 + (y1 - y0) / 3 + bend_y,
                       x0 + 2 * (x1 - x0) / 3 + bend_x, y0 + 2 * (y1 - y0) / 3 + bend_y, x1, y1);
        const bool used = top > 0.0 && sum[l] > 0.0;
        use(c, used ? vermilion : quiet, used ? 0.55 : 0.3);
        cairo_set_line_width(c, used ? fmax(0.5, 6.0 * sqrt(sum[l] / top)) : 0.4);
        cairo_stroke(c);
    }
    flow_dealloc(sum);
}

static void draw_place(cairo_t *c, double x, double y, double r, bool camp)
{
    cairo_arc(c, x, y, r, 0, 6.283185307179586);
    use(c, camp ? green : blue, 0.5);
    cairo_fill_preserve(c);
    use(c, camp ? green : blue, 1);
    cairo_set_line_width(c, 0.8);
    cairo_stroke(c);
}

/// A place and its people, for the order of drawing and naming.
typedef struct spot {
    int32_t place;
    double people;
} spot;

static int fullest_first(const void *a, const void *b)
{
    const spot *x = a, *y = b;
    return (x->people < y->people) - (x->people > y->people);
}

/// Places in order of their people on the last step; the caller owns them.
static spot *sort_places(const app_page *page, int32_t *n)
{
    const flow_result *r = page->picture->result;
    spot *all = flow_calloc(r->n_place, sizeof *all);
    *n = 0;
    for (int32_t i = 0; all != NULL && i < r->n_place; i++) {
        if (page->picture->kind[i] == FLOW_MARKER) { continue; }
        const double people = (double)r->people[(int64_t)(r->n_step - 1) * r->n_place + i];
        all[(*n)++] = (spot){.place = i, .people = shown(page, people)};
    }
    if (all != NULL) { qsort(all, (size_t)*n, sizeof *all, fullest_first); }
    return all;
}

static double radius(const spot *all, int32_t k)
{
    return all[0].people > 0.0 ? fmax(1.2, 20.0 * sqrt(all[k].people / all[0].people)) : 1.2;
}

/// Names of the fullest places above their circles, as far as they do not cover each other.
static void name_places(cairo_t *c, const app_page *page, const view *v, const spot *all, int32_t n)
{
    const flow_picture *p = page->picture;
    struct {
        double x, y, w;
    } box[MOST_NAMED];
    int32_t n_box = 0;
    font(c, 8.5, false);
    use(c, ink, 1);
    for (int32_t k = 0; k < n && n_box < MOST_NAMED && all[k].people > 0.0; k++) {
        const int32_t i = all[k].place;
        if (!placed(p, i)) { continue; }
        char label[160];
        (void)snprintf(label, sizeof label, "%.100s %s", p->result->place_name[i],
                       short_count(all[k].people).text);
        cairo_text_extents_t size;
        cairo_text_extents(c, label, &size);
        const double x = x_of(v, p->longitude[i]) - size.x_advance / 2.0;
        const double y = y_of(v, p->latitude[i]) - radius(all, k) - 2.0;
        bool covers = false;
        for (int32_t b = 0; b < n_box; b++) {
            covers = covers || (x < box[b].x + box[b].w && box[b].x < x + size.x_advance &&
                                fabs(y - box[b].y) < 10.0);
        }
        if (covers) { continue; }
        box[n_box].x = x;
        box[n_box].y = y;
        box[n_box++].w = size.x_advance;
        write_text(c, x, y, 0, 240, label);
    }
}

static bool draw_map(cairo_t *c, const app_page *page, const view *v)
{
    const flow_picture *p = page->picture;
    app_atlas atlas;
    if (!(page->borders != NULL ? app_atlas_geojson(page->borders, &atlas)
                                : app_atlas_world(&atlas))) {
        app_atlas_clear(&atlas);
        return false;
    }
    int32_t n = 0;
    spot *all = sort_places(page, &n);
    if (all == NULL) { return false; }
    char what[160];
    (void)snprintf(what, sizeof what,
                   "People at places on %s (area of circles), and everybody who took a way (width)",
                   app_last_day(p->result).text);
    write_frame(c, page, head + v->height + foot, what);
    cairo_save(c);
    cairo_rectangle(c, 0, v->top, width, v->height);
    cairo_clip(c);
    draw_borders(c, v, &atlas);
    draw_flows(c, v, page);
    for (int32_t k = 0; k < n; k++) {
        const int32_t i = all[k].place;
        if (!placed(p, i)) { continue; }
        const bool camp = p->kind[i] == FLOW_CAMP || p->kind[i] == FLOW_IDP_CAMP;
        draw_place(c, x_of(v, p->longitude[i]), y_of(v, p->latitude[i]), radius(all, k), camp);
    }
    name_places(c, page, v, all, n);
    cairo_restore(c);
    use(c, quiet, 1);
    font(c, 7.5, false);
    write_text(c, 14, head + v->height + 13, 0, width - 28,
               page->borders != NULL
                   ? "Green: camps. Borders as given; they imply no endorsement."
                   : "Green: camps. Borders of Natural Earth; they imply no opinion on the legal "
                     "status of any territory and no endorsement.");
    flow_dealloc(all);
    app_atlas_clear(&atlas);
    return true;
}

// Series of places --------------------------------------------------------------------------------

/// Places with observations, or the fullest ones; the caller owns them.
static spot *sort_panels(const app_page *page, int32_t *n)
{
    const flow_result *r = page->picture->result;
    spot *all = sort_places(page, n);
    if (all != NULL && r->n_observed > 0) {
        int32_t kept = 0;
        for (int32_t k = 0; k < *n; k++) {
            bool seen = false;
            for (int32_t i = 0; i < r->n_observed; i++) {
                seen = seen || r->observed_place[i] == all[k].place;
            }
            if (seen) { all[kept++] = all[k]; }
        }
        *n = kept;
    }
    if (*n > MOST_PANELS) { *n = MOST_PANELS; }
    return all;
}

typedef struct panel {
    double x, y, w, h;  ///< of the plotting area
    double bottom, top; ///< values at its lower and upper end
    int32_t n_step;
} panel;

static void to(cairo_t *c, const panel *b, int64_t step, double value)
{
    const double share = b->n_step > 1 ? (double)step / (b->n_step - 1) : 0.0;
    cairo_line_to(c, b->x + share * b->w,
                  b->y + b->h * (1.0 - (value - b->bottom) / (b->top - b->bottom)));
}

static void draw_panel(cairo_t *c, const app_page *page, int32_t place, double x, double y,
                       double w)
{
    const flow_result *r = page->picture->result;
    panel b = {.x = x + 4, .y = y + 18, .w = w - 20, .h = panel_height - 46, .top = 1.0};
    b.n_step = r->n_step;
    const int64_t each = (int64_t)r->n_step * r->n_place;
    const double *low = r->members != NULL ? r->members->people : NULL;
    const double *high = low != NULL ? low + (FLOW_N_QUANTILE - 1) * each : NULL;
    int32_t seen = -1;
    for (int32_t i = 0; i < r->n_observed; i++) {
        if (r->observed_place[i] == place) { seen = i; }
    }
    b.bottom = (double)INFINITY;
    for (int64_t t = 0; t < r->n_step; t++) {
        const int64_t at = t * r->n_place + place;
        b.bottom = fmin(b.bottom, low != NULL ? low[at] : (double)r->people[at]);
        b.top = fmax(b.top, high != NULL ? high[at] : (double)r->people[at]);
        if (seen < 0) { continue; }
        b.top = fmax(b.top, (double)r->observed[t * r->n_observed + seen]);
        b.bottom = fmin(b.bottom, (double)r->observed[t * r->n_observed + seen]);
    }
    // Where many live, nothing would be seen on a scale from 0; the panel says where it begins.
    if (!(b.bottom > 0.8 * b.top)) { b.bottom = 0.0; }
    if (!(b.top > b.bottom)) { b.top = b.bottom + 1.0; }
    char range[80];
    (void)snprintf(range, sizeof range, "%s%s%s", b.bottom > 0.0 ? app_people(b.bottom).text : "",
                   b.bottom > 0.0 ? " to " : "", app_people(b.top).text);
    use(c, ink, 1);
    font(c, 9, true);
    write_text(c, b.x, y + 10, 0, w - 125, r->place_name[place]);
    font(c, 7.5, false);
    use(c, quiet, 1);
    write_text(c, b.x + b.w, y + 10, 1, 120, range);
    cairo_set_line_width(c, 0.5);
    cairo_move_to(c, b.x, b.y + b.h);
    cairo_line_to(c, b.x + b.w, b.y + b.h);
    cairo_stroke(c);
    char date[16];
    flow_date_text(r->start, date);
    write_text(c, b.x, b.y + b.h + 10, 0, 90, date);
    write_text(c, b.x + b.w, b.y + b.h + 10, 1, 90, app_last_day(r).text);
    if (high != NULL) {
        for (int64_t t = 0; t < r->n_step; t++) { to(c, &b, t, low[t * r->n_place + place]); }
        for (int64_t t = r->n_step - 1; t >= 0; t--) { to(c, &b, t, high[t * r->n_place + place]); }
        cairo_close_path(c);
        use(c, blue, 0.22);
        cairo_fill(c);
    }
    cairo_set_line_width(c, 1.2);
    for (int64_t t = 0; t < r->n_step; t++) {
        to(c, &b, t, fmax(shown(page, (double)r->people[t * r->n_place + place]), 0.0));
    }
    use(c, blue, 1);
    cairo_stroke(c);
    if (seen < 0) { return; }
    for (int64_t t = 0; t < r->n_step; t++) {
        to(c, &b, t, (double)r->observed[t * r->n_observed + seen]);
    }
    static const double dash[] = {2, 2};
    cairo_set_dash(c, dash, 2, 0);
    use(c, vermilion, 1);
    cairo_stroke(c);
    cairo_set_dash(c, NULL, 0, 0);
}

static bool draw_series(cairo_t *c, const app_page *page, const spot *all, int32_t n, double height)
{
    const bool seen = page->picture->result->n_observed > 0;
    char what[160];
    (void)snprintf(what, sizeof what,
                   "People at places: %s%s%s. Each panel has a scale of its own, from 0 or from "
                   "where its range says.",
                   page->picture->result->members != NULL
                       ? "median and 90 % range of members (blue)"
                       : "simulated (blue)",
                   seen ? ", observed (dashed)" : "", "");
    write_frame(c, page, height, what);
    const double w = width / COLUMNS;
    for (int32_t k = 0; k < n; k++) {
        draw_panel(c, page, all[k].place, (k % COLUMNS) * w + 10,
                   head + 8 + k / COLUMNS * panel_height, w);
    }
    return true;
}

// Files -------------------------------------------------------------------------------------------

static cairo_status_t to_file(void *file, const unsigned char *data, unsigned n)
{
    return fwrite(data, 1, n, file) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static const double pixels_per_point = 300.0 / 72.0; ///< of PNG: 300 dpi at a width of 10 inches

static cairo_surface_t *make_surface(app_format format, FILE *file, double height)
{
    if (format == APP_FORMAT_SVG) {
        return cairo_svg_surface_create_for_stream(to_file, file, width, height);
    }
    if (format == APP_FORMAT_PDF) {
        return cairo_pdf_surface_create_for_stream(to_file, file, width, height);
    }
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(width * pixels_per_point),
                                      (int)(height * pixels_per_point));
}

int app_figure_write(FILE *file, const void *data)
{
    const app_page *page = data;
    view v = {0};
    int32_t n = 0;
    spot *all = NULL;
    double height = 0.0;
    if (page->figure == APP_FIGURE_MAP) {
        if (!find_view(page->picture, &v)) { return EOF; } // app_figure_problem() has said so
        height = head + v.height + foot;
    } else {
        all = sort_panels(page, &n);
        if (all == NULL) { return EOF; }
        height = head + 8 + (n + COLUMNS - 1) / COLUMNS * panel_height + foot / 2;
    }
    cairo_surface_t *surface = make_surface(page->format, file, height);
    cairo_t *c = cairo_create(surface);
    if (page->format == APP_FORMAT_PNG) { cairo_scale(c, pixels_per_point, pixels_per_point); }
    bool good = page->figure == APP_FIGURE_MAP ? draw_map(c, page, &v)
                                               : draw_series(c, page, all, n, height);
    cairo_show_page(c);
    good = good && cairo_status(c) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(c);
    if (good && page->format == APP_FORMAT_PNG) {
        good = cairo_surface_write_to_png_stream(surface, to_file, file) == CAIRO_STATUS_SUCCESS;
    }
    cairo_surface_finish(surface);
    good = good && cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(surface);
    flow_dealloc(all);
    return good ? 0 : EOF;
}

const char *app_figure_problem(const app_page *page)
{
    view v;
    return page->figure != APP_FIGURE_MAP || find_view(page->picture, &v)
               ? NULL
               : "no place of the result has coordinates, so there is no map";
}

#else // without Cairo

int app_figure_write(FILE *file, const void *data)
{
    (void)file;
    (void)data;
    return EOF;
}

const char *app_figure_problem(const app_page *page)
{
    (void)page;
    return "this libflow was built without Cairo (libcairo2-dev), which draws figures";
}

#endif
