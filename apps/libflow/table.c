// libflow report --table: counts of a result as CSV, or as GeoJSON for maps.
#include "page.h"

#include <math.h>
#include <string.h>

/// Columns of a table, with the tags that `--hxl` puts under them.
typedef struct column {
    const char *name, *tag;
} column;

static const column people_columns[] = {{"date", "#date+reported"},
                                        {"location_code", "#country+code"},
                                        {"admin1_code", "#adm1+code"},
                                        {"admin2_code", "#adm2+code"},
                                        {"country", "#country+name"},
                                        {"region", "#adm1+name"},
                                        {"name", "#loc+name"},
                                        {"kind", "#loc+type"},
                                        {"latitude", "#geo+lat"},
                                        {"longitude", "#geo+lon"},
                                        {"population", "#affected"},
                                        {"population_lower", "#affected+min"},
                                        {"population_upper", "#affected+max"},
                                        {"observed", "#affected+observed"},
                                        {NULL, NULL}};
static const column flow_columns[] = {{"reference_period_start", "#date+start"},
                                      {"reference_period_end", "#date+end"},
                                      {"origin_location_code", "#country+code+origin"},
                                      {"asylum_location_code", "#country+code+dest"},
                                      {"origin_name", "#loc+name+origin"},
                                      {"destination_name", "#loc+name+dest"},
                                      {"population", "#affected"},
                                      {NULL, NULL}};

/// A cell: quoted where a reader would else split it; a blank before what a spreadsheet would run
/// as a formula.
static int put_text(FILE *file, const char *text)
{
    const bool formula = strchr("=+-@\t", text[0]) != NULL && text[0] != '\0';
    const bool quote = formula || strpbrk(text, ",\"\r\n") != NULL;
    if (!quote) { return fputs(text, file); }
    int bad = fputs(formula ? "\" " : "\"", file);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"') { bad |= fputc('"', file); }
        bad |= fputc(*c, file);
    }
    return bad | fputc('"', file);
}

static int put_head(FILE *file, const column *columns, bool hxl)
{
    for (int row = 0; row < (hxl ? 2 : 1); row++) {
        for (int i = 0; columns[i].name != NULL; i++) {
            if (fprintf(file, "%s%s", i > 0 ? "," : "",
                        row == 0 ? columns[i].name : columns[i].tag) < 0) {
                return EOF;
            }
        }
        if (fputc('\n', file) == EOF) { return EOF; }
    }
    return 0;
}

/// Whether a count is unknown, or too small to be shown.
static bool is_hidden(double value, int64_t suppress)
{
    return !isfinite(value) || value < 0.0 || (value > 0.0 && value < (double)suppress);
}

static int put_count(FILE *file, double value, int64_t suppress)
{
    return is_hidden(value, suppress) ? fputc(',', file) : fprintf(file, ",%.0f", value);
}

static int put_degrees(FILE *file, double value)
{
    return isfinite(value) ? fprintf(file, ",%.6g", value) : fputc(',', file);
}

static const char *code(const flow_picture *p, int32_t which, int32_t place)
{
    return p->code[which] != NULL ? p->code[which][place] : "";
}

/// Date on which a step ends, with the time where steps are shorter than a day.
static app_text date_of(const flow_result *r, int64_t step)
{
    app_text out;
    const double end = (double)(step + 1) * r->dt;
    const int32_t day = (int32_t)floor(end - 1e-9);
    char date[16];
    flow_date_text(r->start + day, date);
    const int32_t minute = (int32_t)lround((end - day) * 1440.0);
    if (r->dt < 1.0 && minute < 1440) {
        (void)snprintf(out.text, sizeof out.text, "%sT%02d:%02d", date, (int)(minute / 60),
                       (int)(minute % 60));
    } else {
        (void)snprintf(out.text, sizeof out.text, "%s", date);
    }
    return out;
}

/// People at a place: median, lower and upper end of the 90 % range. Of a single run all are equal.
static void people_at(const flow_result *r, int64_t step, int32_t place, double out[static 3])
{
    const int64_t i = step * r->n_place + place;
    const bool maybe_hidden = r->suppress_below > 0 && r->people[i] == 0; // in the file already
    out[0] = maybe_hidden ? (double)NAN : (double)r->people[i];
    out[1] = out[2] = (double)NAN;
    if (r->members == NULL || maybe_hidden) { return; }
    const int64_t each = (int64_t)r->n_step * r->n_place;
    out[1] = r->members->people[i];
    out[2] = r->members->people[(FLOW_N_QUANTILE - 1) * each + i];
}

/// Index among the observed places, -1: not observed.
static int32_t observed_index(const flow_result *r, int32_t place)
{
    for (int32_t i = 0; i < r->n_observed; i++) {
        if (r->observed_place[i] == place) { return i; }
    }
    return -1;
}

static int put_person_row(FILE *file, const app_page *page, int64_t step, int32_t place)
{
    const flow_picture *p = page->picture;
    const flow_result *r = p->result;
    const int32_t kind =
        p->kind[place] >= 0 && p->kind[place] < FLOW_N_PLACE_KIND ? p->kind[place] : 0;
    const char *const text[] = {code(p, FLOW_CODE_COUNTRY, place),
                                code(p, FLOW_CODE_ADMIN1, place),
                                code(p, FLOW_CODE_ADMIN2, place),
                                p->country[place],
                                p->region[place],
                                r->place_name[place],
                                flow_place_kind_name[kind]};
    if (fputs(date_of(r, step).text, file) == EOF) { return EOF; }
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        if (fputc(',', file) == EOF || put_text(file, text[i] != NULL ? text[i] : "") == EOF) {
            return EOF;
        }
    }
    double people[3];
    people_at(r, step, place, people);
    const int32_t seen = observed_index(r, place);
    const double counted =
        seen >= 0 ? (double)r->observed[step * r->n_observed + seen] : (double)NAN;
    if (put_degrees(file, p->latitude[place]) < 0 || put_degrees(file, p->longitude[place]) < 0) {
        return EOF;
    }
    for (int i = 0; i < 3; i++) {
        if (put_count(file, people[i], page->suppress) < 0) { return EOF; }
    }
    return put_count(file, counted, 0) < 0 ? EOF : fputc('\n', file);
}

/// One row for each place and every n-th step, the last one included.
static int write_people(FILE *file, const app_page *page)
{
    const flow_result *r = page->picture->result;
    if (put_head(file, people_columns, page->hxl) != 0) { return EOF; }
    for (int64_t t = (r->n_step - 1) % page->every; t < r->n_step; t += page->every) {
        for (int32_t p = 0; p < r->n_place; p++) {
            if (page->picture->kind[p] == FLOW_MARKER) { continue; }
            if (put_person_row(file, page, t, p) == EOF) { return EOF; }
        }
    }
    return 0;
}

/// People who entered a link in steps [begin, end).
static double entered(const flow_layer *layer, int32_t link, int64_t begin, int64_t end)
{
    double sum = 0.0;
    for (int64_t t = begin; t < end; t++) { sum += layer->value[t * layer->n + link]; }
    return sum;
}

/// One row for each link that people entered and each n steps.
static int write_flows(FILE *file, const app_page *page)
{
    const flow_picture *p = page->picture;
    const flow_result *r = p->result;
    const flow_layer *layer = flow_picture_layer(p, "link_entered");
    if (put_head(file, flow_columns, page->hxl) != 0) { return EOF; }
    for (int64_t begin = 0; layer != NULL && begin < r->n_step; begin += page->every) {
        const int64_t end = begin + page->every < r->n_step ? begin + page->every : r->n_step;
        for (int32_t l = 0; l < p->n_link; l++) {
            const double n = entered(layer, l, begin, end);
            if (!(n > 0.0)) { continue; }
            const int32_t from = p->link_from[l], to = p->link_to[l];
            const char *const text[] = {code(p, FLOW_CODE_COUNTRY, from),
                                        code(p, FLOW_CODE_COUNTRY, to), r->place_name[from],
                                        r->place_name[to]};
            char first[16];
            flow_date_text(r->start + (int32_t)floor((double)begin * r->dt + 1e-9), first);
            if (fprintf(file, "%s,%s", first, date_of(r, end - 1).text) < 0) { return EOF; }
            for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
                if (fputc(',', file) == EOF || put_text(file, text[i]) == EOF) { return EOF; }
            }
            if (put_count(file, n, page->suppress) < 0 || fputc('\n', file) == EOF) { return EOF; }
        }
    }
    return 0;
}

// GeoJSON -----------------------------------------------------------------------------------------

static json_t *count_json(double value, int64_t suppress)
{
    return is_hidden(value, suppress) ? json_null() : json_integer((json_int_t)value);
}

static json_t *place_feature(const app_page *page, int32_t i)
{
    const flow_picture *p = page->picture;
    const flow_result *r = p->result;
    double people[3];
    people_at(r, r->n_step - 1, i, people);
    const int32_t kind = p->kind[i] >= 0 && p->kind[i] < FLOW_N_PLACE_KIND ? p->kind[i] : 0;
    return json_pack(
        "{s:s, s:{s:s, s:[f,f]}, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}}",
        "type", "Feature", "geometry", "type", "Point", "coordinates", p->longitude[i],
        p->latitude[i], "properties", "name", r->place_name[i], "kind", flow_place_kind_name[kind],
        "country", p->country[i], "location_code", code(p, FLOW_CODE_COUNTRY, i), "admin1_code",
        code(p, FLOW_CODE_ADMIN1, i), "admin2_code", code(p, FLOW_CODE_ADMIN2, i), "date",
        date_of(r, r->n_step - 1).text, "population", count_json(people[0], page->suppress),
        "population_lower", count_json(people[1], page->suppress), "population_upper",
        count_json(people[2], page->suppress), "capacity",
        r->capacity[i] >= 1.0 ? json_real(r->capacity[i]) : json_null());
}

static json_t *link_feature(const app_page *page, const flow_layer *layer, int32_t l)
{
    const flow_picture *p = page->picture;
    const int32_t from = p->link_from[l], to = p->link_to[l];
    return json_pack(
        "{s:s, s:{s:s, s:[[f,f],[f,f]]}, s:{s:s, s:s, s:o}}", "type", "Feature", "geometry", "type",
        "LineString", "coordinates", p->longitude[from], p->latitude[from], p->longitude[to],
        p->latitude[to], "properties", "origin_name", p->result->place_name[from],
        "destination_name", p->result->place_name[to], "population",
        count_json(layer != NULL ? entered(layer, l, 0, p->result->n_step) : (double)NAN,
                   page->suppress));
}

static bool is_placed(const flow_picture *p, int32_t place)
{
    return isfinite(p->latitude[place]) && isfinite(p->longitude[place]);
}

/// Places with their people at the end, links with all who entered them; RFC 7946.
static int write_geojson(FILE *file, const app_page *page)
{
    const flow_picture *p = page->picture;
    const flow_layer *layer = flow_picture_layer(p, "link_entered");
    json_t *list = json_array();
    bool good = list != NULL;
    for (int32_t i = 0; i < p->result->n_place && good; i++) {
        if (is_placed(p, i)) { good = json_array_append_new(list, place_feature(page, i)) == 0; }
    }
    for (int32_t l = 0; l < p->n_link && good; l++) {
        if (!is_placed(p, p->link_from[l]) || !is_placed(p, p->link_to[l])) { continue; }
        good = json_array_append_new(list, link_feature(page, layer, l)) == 0;
    }
    json_t *all =
        json_pack("{s:s, s:o}", "type", "FeatureCollection", "features", good ? list : NULL);
    if (!good) { json_decref(list); }
    const bool written =
        all != NULL && json_dumpf(all, file, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0;
    json_decref(all);
    return written && fputc('\n', file) != EOF ? 0 : EOF;
}

int app_table_write(FILE *file, const void *data)
{
    const app_page *page = data;
    if (page->format == APP_FORMAT_GEOJSON) { return write_geojson(file, page); }
    return page->table == APP_TABLE_FLOWS ? write_flows(file, page) : write_people(file, page);
}
