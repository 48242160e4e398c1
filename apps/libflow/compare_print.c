// The tables of libflow compare, for planners.
#include "compare_show.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    RIGHT = 99,
    NAME_WIDTH = 18,
    AMOUNT_WIDTH = 12,
    BAND_WIDTH = 22,
    MOST_PARTS = 4,
    MOST_PRICES = 8
};
/// Share of the members from which a part counts as better or worse off.
static const double sure = 0.9;

static const flow_compared *result_of(const flow_comparison *c, int32_t option, int32_t g)
{
    return &c->result[(int64_t)option * FLOW_N_GAUGE + g];
}

const char *app_option_title(const flow_comparison *c, int32_t option)
{
    const flow_option *o = c->scenario[option]->in_force;
    return o != NULL && o->title != NULL ? o->title : flow_comparison_option(c, option);
}

static bool differs(const flow_comparison *c, int32_t g)
{
    for (int32_t i = 0; i < c->n_option; i++) {
        if (result_of(c, i, g)->equal < 1.0) { return true; }
    }
    return false;
}

/// "+1,234", "-0.12", "0", "-1.0948 M": at most 10 columns, for bands that are narrow.
static app_text signed_amount(double value)
{
    app_text out;
    const double size = fabs(value);
    const char *sign = value > 0.0 ? "+" : "";
    if (!(size >= 1e6)) {
        (void)snprintf(out.text, sizeof out.text, "%s%.30s", sign, app_amount(value).text);
        return out;
    }
    const double unit = size >= 1e12 ? 1e12 : size >= 1e9 ? 1e9 : 1e6;
    const double part = size / unit;
    const int digits = (part >= 100.0 ? 2 : part >= 10.0 ? 3 : 4) - (unit >= 1e9);
    (void)snprintf(out.text, sizeof out.text, "%s%.*f %s", sign, digits, value / unit,
                   unit >= 1e12  ? "tn"
                   : unit >= 1e9 ? "bn"
                                 : "M");
    return out;
}

/// "-1,234 .. +56".
static void print_band(double low, double high)
{
    char text[80];
    (void)snprintf(text, sizeof text, "%s .. %s", signed_amount(low).text,
                   signed_amount(high).text);
    (void)printf(" %*s", BAND_WIDTH, text);
}

static void print_row(const flow_comparison *c, int32_t option, int32_t g)
{
    const flow_compared *r = result_of(c, option, g);
    (void)printf("  ");
    app_print_padded(flow_comparison_option(c, option), NAME_WIDTH);
    (void)printf(" %*s", AMOUNT_WIDTH, app_amount(r->quantile[FLOW_MEDIAN]).text);
    if (option == c->baseline) {
        (void)printf("  (baseline)\n");
        return;
    }
    if (r->equal >= 1.0) {
        (void)printf(" %*s\n", AMOUNT_WIDTH, "no difference");
        return;
    }
    (void)printf(" %*s", AMOUNT_WIDTH, signed_amount(r->change[FLOW_MEDIAN]).text);
    print_band(r->change[1], r->change[3]);
    print_band(r->change[0], r->change[4]);
    if (isnan(r->better)) {
        (void)printf("\n");
    } else {
        (void)printf(" %5.0f %%\n", 100.0 * r->better);
    }
}

static void print_indicator(const flow_comparison *c, int32_t g)
{
    const flow_gauge *row = &flow_gauges[g];
    char text[256];
    const char *unit = app_unit(row->unit);
    (void)snprintf(text, sizeof text, "%s%s%s%s%s", row->long_name, *unit != '\0' ? " [" : "", unit,
                   *unit != '\0' ? "]" : "",
                   row->better == FLOW_BETTER_LESS   ? "; less is better"
                   : row->better == FLOW_BETTER_MORE ? "; more is better"
                                                     : "");
    app_print_wrapped(text, 0, RIGHT);
    print_row(c, c->baseline, g);
    for (int32_t i = 0; i < c->n_option; i++) {
        if (i != c->baseline) { print_row(c, i, g); }
    }
}

/// Harm that nobody suffers under any option.
static bool is_none(const flow_comparison *c, int32_t g)
{
    for (int32_t i = 0; i < c->n_option; i++) {
        if (result_of(c, i, g)->mean != 0.0) { return false; }
    }
    return true;
}

static void print_theme(const flow_comparison *c, int32_t theme)
{
    static const char *const title[FLOW_N_THEME] = {
        "People", "On the way", "Needs", "Harm", "Work and income", "Money of the response"};
    bool any = false;
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        const bool harm = theme == FLOW_THEME_HARM;
        const bool told = harm ? !is_none(c, g) : differs(c, g);
        if (!c->has[g] || flow_gauges[g].theme != theme || !told) { continue; }
        if (!any) { (void)printf("\n== %s\n", title[theme]); }
        any = true;
        print_indicator(c, g);
    }
}

/// Names of indicators, one after the other.
static void print_names(const char *what, const int32_t *gauge, int32_t n)
{
    char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", what);
    for (int32_t i = 0; i < n && used < sizeof text; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s %s", i > 0 ? "," : "",
                                 flow_gauges[gauge[i]].long_name);
    }
    if (n > 0) { app_print_wrapped(text, 0, RIGHT); }
}

int32_t app_untold_harm(const flow_comparison *c, int32_t out[static FLOW_N_GAUGE])
{
    int32_t n = 0;
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        if (flow_gauges[g].theme == FLOW_THEME_HARM && !c->has[g]) { out[n++] = g; }
    }
    return n;
}

// Who gains and who loses -------------------------------------------------------------------------

typedef struct share {
    int32_t index;
    double change, better;
} share;

static int by_size(const void *a, const void *b)
{
    const double x = fabs(((const share *)a)->change), y = fabs(((const share *)b)->change);
    return (x < y) - (x > y);
}

/// The parts, either items or classes, that are surely better (or worse) off, largest first.
static void print_parts(const flow_comparison *c, int32_t option, int32_t g, bool classes,
                        bool gain)
{
    const flow_gauge_parts *p = &c->layout[g];
    const int32_t first = classes ? p->n_item : 0, n = classes ? p->n_class : p->n_item;
    share *list = flow_calloc(n, sizeof *list);
    if (list == NULL) { return; }
    int32_t found = 0;
    const double least = (double)c->scenario[0]->set.output.suppress_below;
    for (int32_t i = first; i < first + n; i++) {
        const flow_compared_part *part = &c->part[(int64_t)option * c->n_part + p->first + i];
        const bool hidden = part->mean > 0.0 && part->mean < least;
        const bool counts = gain ? part->better >= sure : part->better <= 1.0 - sure;
        if (counts && !hidden) { list[found++] = (share){i, part->change_mean, part->better}; }
    }
    qsort(list, (size_t)found, sizeof *list, by_size);
    char text[1024];
    size_t used = (size_t)snprintf(text, sizeof text, "%s, %s: ", classes ? "groups" : "places",
                                   gain ? "better off" : "worse off");
    for (int32_t i = 0; i < found && i < MOST_PARTS && used < sizeof text; i++) {
        char name[128];
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s (%s)", i > 0 ? "; " : "",
                                 flow_comparison_part(c, g, list[i].index, name),
                                 signed_amount(list[i].change).text);
    }
    if (found > MOST_PARTS && used < sizeof text) {
        (void)snprintf(text + used, sizeof text - used, "; and %d more", (int)found - MOST_PARTS);
    }
    if (found > 0) { app_print_wrapped(text, 4, RIGHT); }
    flow_dealloc(list);
}

/// Indicators that tell most of how people fare.
static const int32_t of_people[] = {
    FLOW_GAUGE_displaced_days, FLOW_GAUGE_shelter_unmet_days, FLOW_GAUGE_food_unmet_days,
    FLOW_GAUGE_deaths,         FLOW_GAUGE_missing_on_the_way, FLOW_GAUGE_trafficked_days,
    FLOW_GAUGE_intercepted,    FLOW_GAUGE_trapped_days,       FLOW_GAUGE_working_days};

static void print_who(const flow_comparison *c)
{
    bool any = false;
    for (int32_t i = 0; i < c->n_option; i++) {
        bool named = false;
        for (size_t k = 0; k < sizeof of_people / sizeof *of_people; k++) {
            const int32_t g = of_people[k];
            if (i == c->baseline || !c->has[g] || result_of(c, i, g)->equal >= 1.0) { continue; }
            if (!any) {
                (void)printf("\n== Who gains and who loses (mean difference; only where at least "
                             "90 %% of the members agree)\n");
            }
            if (!named) { (void)printf("%s\n", flow_comparison_option(c, i)); }
            any = named = true;
            app_print_wrapped(flow_gauges[g].long_name, 2, RIGHT);
            for (int part = 0; part < 4; part++) {
                print_parts(c, i, g, part / 2 == 1, part % 2 == 0);
            }
        }
    }
}

// Cost --------------------------------------------------------------------------------------------

/// "price_food 0.5 USD d-1", and what differs under other options.
static void assumption_text(const flow_comparison *c, const flow_assumption *a,
                            char out[static 256])
{
    const char *value = a->value[c->baseline];
    for (int32_t k = 0; k < c->n_option && value == NULL; k++) { value = a->value[k]; }
    const char *unit = strcmp(a->unit, "1") != 0 ? a->unit : "";
    const char *dot = strrchr(a->key, '.');
    size_t used = (size_t)snprintf(out, 256, "%s %s%s%s", dot != NULL ? dot + 1 : a->key,
                                   value != NULL ? value : "", *unit != '\0' ? " " : "", unit);
    for (int32_t k = 0; k < c->n_option && used < 256; k++) {
        const char *own = a->value[k];
        if (own == NULL || value == NULL || strcmp(own, value) == 0) { continue; }
        used += (size_t)snprintf(out + used, 256 - used, " (%s: %s)", flow_comparison_option(c, k),
                                 own);
    }
}

/// Bytes of the key up to its last dot.
static size_t section_of(const char *key)
{
    const char *dot = strrchr(key, '.');
    return dot != NULL ? (size_t)(dot - key) : 0;
}

static void print_assumptions(const flow_comparison *c)
{
    (void)printf("These figures rest on the assumptions [A] below, parameters without a source:\n");
    for (int32_t i = 0; i < c->n_assumption;) {
        const char *key = c->assumption[i].key;
        const size_t width = section_of(key);
        char line[8192];
        size_t used = (size_t)snprintf(line, sizeof line, "%.*s: ", (int)width, key);
        int32_t n = 0;
        for (; i < c->n_assumption && used < sizeof line - 300; i++, n++) {
            const flow_assumption *a = &c->assumption[i];
            if (section_of(a->key) != width || strncmp(a->key, key, width) != 0) { break; }
            char text[256];
            assumption_text(c, a, text);
            used +=
                (size_t)snprintf(line + used, sizeof line - used, "%s%s", n > 0 ? ", " : "", text);
        }
        app_print_wrapped(line, 2, RIGHT);
    }
    int32_t list[FLOW_N_GAUGE], n = 0;
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        if (c->has[g] && flow_gauges[g].tag == 'A') { list[n++] = g; }
    }
    print_names("and on what these indicators take for granted:", list, n);
}

/// Cost per outcome is printed only with what it rests on.
static void print_cost(const flow_comparison *c)
{
    bool any = false;
    for (int32_t i = 0; i < c->n_option; i++) {
        int32_t n = 0;
        for (int32_t g = 0; g < FLOW_N_GAUGE && n < MOST_PRICES; g++) {
            const flow_compared *r = result_of(c, i, g);
            if (!c->has[g] || isnan(r->cost) || !(r->better >= sure) || i == c->baseline) {
                continue;
            }
            if (!any) { (void)printf("\n== Cost per outcome, beside the baseline [A]\n"); }
            if (n++ == 0) { (void)printf("%s\n", flow_comparison_option(c, i)); }
            any = true;
            char text[256];
            (void)snprintf(text, sizeof text, "USD %s for each unit %s of: %s",
                           app_amount(r->cost).text,
                           flow_gauges[g].better == FLOW_BETTER_LESS ? "less" : "more",
                           flow_gauges[g].long_name);
            app_print_wrapped(text, 2, RIGHT);
        }
    }
    if (any) { print_assumptions(c); }
}

/// What each response spends, of what it asked for.
static void print_spending(const flow_comparison *c)
{
    int32_t option = -1;
    for (int32_t i = 0; i < c->n_spending; i++) {
        const flow_compared_spending *x = &c->spending[i];
        if (i == 0) {
            (void)printf("\n== Who spends (USD, median and 90 %% of members; asked for, mean)\n");
        }
        if (x->option != option) { (void)printf("%s\n", flow_comparison_option(c, x->option)); }
        option = x->option;
        (void)printf("  ");
        app_print_padded(x->response, 2 * NAME_WIDTH);
        char band[80];
        (void)snprintf(band, sizeof band, "%s .. %s", app_amount(x->quantile[0]).text,
                       app_amount(x->quantile[FLOW_N_QUANTILE - 1]).text);
        (void)printf(" %*s %*s %*s\n", AMOUNT_WIDTH, app_amount(x->quantile[FLOW_MEDIAN]).text,
                     BAND_WIDTH, band, AMOUNT_WIDTH, app_amount(x->asked).text);
    }
}

// All ---------------------------------------------------------------------------------------------

void app_print_comparison(const app_comparison *a)
{
    const flow_comparison *c = a->c;
    const flow_scenario *s = c->scenario[c->baseline];
    const char *title = s->set.top.title;
    char first[16], text[512];
    flow_date_text(s->start, first);
    (void)printf("%s\n", title != NULL && *title != '\0' ? title : a->path);
    (void)printf("%d options, %d members each with the same luck, %s from %s\n", (int)c->n_option,
                 (int)c->n_member, app_steps(s->n_step, s->dt).text, first);
    for (int32_t i = 0; i < c->n_option; i++) {
        (void)snprintf(text, sizeof text, "%s%s: %s", flow_comparison_option(c, i),
                       i == c->baseline ? " (baseline)" : "", app_option_title(c, i));
        app_print_wrapped(text, 2, RIGHT);
    }
    (void)printf("\n  ");
    app_print_padded("option", NAME_WIDTH);
    (void)printf(" %*s %*s %*s %*s  better\n", AMOUNT_WIDTH, "median", AMOUNT_WIDTH, "difference",
                 BAND_WIDTH, "50 % of members", BAND_WIDTH, "90 % of members");
    static const int32_t order[FLOW_N_THEME] = {FLOW_THEME_PEOPLE, FLOW_THEME_NEEDS,
                                                FLOW_THEME_HARM,   FLOW_THEME_TRAVEL,
                                                FLOW_THEME_WORK,   FLOW_THEME_MONEY};
    for (int32_t t = 0; t < FLOW_N_THEME; t++) { print_theme(c, order[t]); }
    int32_t list[FLOW_N_GAUGE], n = 0;
    (void)putchar('\n');
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        if (c->has[g] && flow_gauges[g].theme != FLOW_THEME_HARM && !differs(c, g)) {
            list[n++] = g;
        }
    }
    print_names("No difference in:", list, n);
    n = 0;
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        const bool harm = c->has[g] && flow_gauges[g].theme == FLOW_THEME_HARM;
        if (harm && is_none(c, g)) { list[n++] = g; }
    }
    print_names("Harm of which there is none under any option:", list, n);
    n = app_untold_harm(c, list);
    print_names("Harm this scenario does not tell of, which is no sign that there is none:", list,
                n);
    print_who(c);
    print_spending(c);
    print_cost(c);
    (void)putchar('\n');
    app_print_wrapped(flow_responsible_use, 0, RIGHT);
    if (a->output != NULL) { (void)printf("\nResult file: %s\n", a->output); }
    (void)printf("%.1f s for %d runs on %d thread%s\n", a->wall_s, (int)(c->n_option * c->n_member),
                 (int)c->threads, c->threads == 1 ? "" : "s");
}
