#include "output_compare.h"

#include "output_indicators.h"
#include "output_static.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char flow_responsible_use[] =
    "Distributions of a simulation, not forecasts of what will happen. For planning assistance and "
    "protection; not for decisions on single persons, for turning people back, or against groups. "
    "Look at harm beside benefit, at who gains and who loses, and at the assumptions.";

const char *flow_comparison_option(const flow_comparison *c, int32_t option)
{
    const flow_option *o = c->scenario[option]->in_force;
    return o != NULL ? o->name : "scenario";
}

const char *flow_comparison_part(const flow_comparison *c, int32_t gauge, int32_t index,
                                 char out[static 128])
{
    const flow_scenario *s = c->scenario[0];
    const flow_gauge_parts *p = &c->layout[gauge];
    if (index >= p->n_item) { return flow_gauge_class(s, p, index - p->n_item, out); }
    switch (p->shape) {
    case FLOW_PER_PLACE: (void)snprintf(out, 128, "%s", s->place_name[index]); break;
    case FLOW_PER_COUNTRY: (void)snprintf(out, 128, "%s", s->country_name[index]); break;
    case FLOW_PER_LINK:
        (void)snprintf(out, 128, "%.60s->%.60s", s->place_name[s->link_from[index]],
                       s->place_name[s->link_to[index]]);
        break;
    default: out[0] = '\0'; break;
    }
    return out;
}

/// A file under way.
typedef struct file {
    const flow_comparison *c;
    flow_partial part;
    flow_axis option, member, indicator, quantile, place_part, assumption;
} file;

static double least_of(const file *f)
{
    return (double)f->c->scenario[0]->set.output.suppress_below;
}

static flow_err text_axis(const flow_hdf *hdf, const char *name, const char *long_name,
                          const char *const *text, int64_t n, flow_axis *axis)
{
    const flow_variable v = {.name = name, .long_name = long_name, .type = hdf->text};
    axis->n = (hsize_t)n;
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, axis));
    return flow_hdf_write_texts(hdf, axis->scale, text, n);
}

static flow_err texts(const flow_hdf *hdf, const char *name, const char *long_name,
                      const flow_axis *axis, const char *const *text)
{
    const flow_variable v = {.name = name, .long_name = long_name, .axis = {axis}};
    return flow_hdf_texts(hdf, hdf->file, &v, text, (int64_t)axis->n);
}

// Axes ------------------------------------------------------------------------------------------

static flow_err write_options(file *f)
{
    const flow_comparison *c = f->c;
    const flow_hdf *hdf = &f->part.hdf;
    const char **text = flow_calloc(3 * (int64_t)c->n_option, sizeof *text);
    if (text == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for options"); }
    const char **title = text + c->n_option, **about = title + c->n_option;
    for (int32_t i = 0; i < c->n_option; i++) {
        const flow_option *o = c->scenario[i]->in_force;
        text[i] = flow_comparison_option(c, i);
        title[i] = o != NULL && o->title != NULL ? o->title : text[i];
        about[i] = o != NULL ? o->description : NULL;
    }
    flow_err err =
        text_axis(hdf, "option", "option of the scenario", text, c->n_option, &f->option);
    if (err == FLOW_OK) { err = texts(hdf, "option_title", "its title", &f->option, title); }
    if (err == FLOW_OK) {
        err = texts(hdf, "option_description", "what is done under it", &f->option, about);
    }
    flow_dealloc(text);
    return err;
}

static flow_err write_members(file *f)
{
    const flow_comparison *c = f->c;
    const flow_hdf *hdf = &f->part.hdf;
    int64_t *number = flow_calloc(c->n_member, sizeof *number);
    if (number == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for members"); }
    for (int32_t m = 0; m < c->n_member; m++) { number[m] = (int64_t)c->member + m; }
    f->member.n = (hsize_t)c->n_member;
    flow_variable v = {.name = "member",
                       .unit = "1",
                       .long_name = "number of the realisation, the same luck under every option",
                       .type = H5T_NATIVE_INT64};
    flow_err err = flow_hdf_axis(hdf, hdf->file, &v, &f->member);
    if (err == FLOW_OK) { err = flow_hdf_write(hdf, f->member.scale, H5T_NATIVE_INT64, number); }
    flow_dealloc(number);
    if (err != FLOW_OK) { return err; }
    f->quantile.n = FLOW_N_QUANTILE;
    v = (flow_variable){.name = "quantile",
                        .unit = "1",
                        .long_name = "share of the members that are not above the value; 0.25 and "
                                     "0.75 bound half of them, 0.05 and 0.95 nine of ten",
                        .type = H5T_NATIVE_DOUBLE};
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, &f->quantile));
    return flow_hdf_write(hdf, f->quantile.scale, H5T_NATIVE_DOUBLE, flow_member_quantile);
}

// Wholes ----------------------------------------------------------------------------------------

/// One number of each option and indicator.
static flow_err put_numbers(file *f, const char *name, const char *long_name, size_t offset,
                            bool hidden)
{
    const flow_comparison *c = f->c;
    const int64_t n = (int64_t)f->indicator.n;
    double *out = flow_calloc(c->n_option * n, sizeof *out);
    if (out == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for '%s'", name); }
    int64_t k = 0;
    for (int32_t i = 0; i < c->n_option; i++) {
        for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
            if (!c->has[g]) { continue; }
            const flow_compared *r = &c->result[(int64_t)i * FLOW_N_GAUGE + g];
            memcpy(&out[k], (const char *)r + offset, sizeof *out);
            if (hidden) { out[k] = flow_indicator_shown(g, out[k], least_of(f)); }
            k++;
        }
    }
    const flow_variable v = {.name = name,
                             .long_name = long_name,
                             .type = H5T_NATIVE_DOUBLE,
                             .axis = {&f->option, &f->indicator}};
    const flow_err err = flow_hdf_put(&f->part.hdf, f->part.hdf.file, &v, out);
    flow_dealloc(out);
    return err;
}

/// Quantiles of levels or of differences.
static flow_err put_quantiles(file *f, const char *name, const char *long_name, size_t offset,
                              bool hidden)
{
    const flow_comparison *c = f->c;
    const int64_t n = (int64_t)f->indicator.n;
    double *out = flow_calloc(c->n_option * FLOW_N_QUANTILE * n, sizeof *out);
    if (out == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for '%s'", name); }
    for (int32_t i = 0; i < c->n_option; i++) {
        int64_t k = 0;
        for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
            if (!c->has[g]) { continue; }
            double rank[FLOW_N_QUANTILE];
            const flow_compared *r = &c->result[(int64_t)i * FLOW_N_GAUGE + g];
            memcpy(rank, (const char *)r + offset, sizeof rank);
            for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) {
                out[(i * FLOW_N_QUANTILE + q) * n + k] =
                    hidden ? flow_indicator_shown(g, rank[q], least_of(f)) : rank[q];
            }
            k++;
        }
    }
    const flow_variable v = {.name = name,
                             .long_name = long_name,
                             .type = H5T_NATIVE_DOUBLE,
                             .axis = {&f->option, &f->quantile, &f->indicator}};
    const flow_err err = flow_hdf_put(&f->part.hdf, f->part.hdf.file, &v, out);
    flow_dealloc(out);
    return err;
}

static flow_err put_values(file *f)
{
    const flow_comparison *c = f->c;
    const int64_t n = (int64_t)f->indicator.n;
    double *out = flow_calloc((int64_t)c->n_option * c->n_member * n, sizeof *out);
    if (out == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for the members"); }
    int64_t k = 0;
    for (int64_t row = 0; row < (int64_t)c->n_option * c->n_member; row++) {
        for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
            if (!c->has[g]) { continue; }
            out[k++] = flow_indicator_shown(g, c->value[row * FLOW_N_GAUGE + g], least_of(f));
        }
    }
    const flow_variable v = {.name = "level",
                             .long_name = "value of the indicator, in its indicator_unit",
                             .type = H5T_NATIVE_DOUBLE,
                             .axis = {&f->option, &f->member, &f->indicator}};
    const flow_err err = flow_hdf_put(&f->part.hdf, f->part.hdf.file, &v, out);
    flow_dealloc(out);
    return err;
}

static flow_err write_wholes(file *f)
{
    static const struct {
        const char *name, *long_name;
        size_t offset;
        bool hidden;
    } number[] = {
        {"level_mean", "mean over members of the indicator", offsetof(flow_compared, mean), true},
        {"difference_mean", "mean over members of the difference to the baseline",
         offsetof(flow_compared, change_mean), false},
        {"difference_sd", "standard deviation over members of that difference",
         offsetof(flow_compared, change_sd), false},
        {"better",
         "share of the members that are better than the baseline, half of the equal ones "
         "counted; NaN: neither is better",
         offsetof(flow_compared, better), false},
        {"equal", "share of the members that are equal to the baseline",
         offsetof(flow_compared, equal), false},
        {"cost_per_unit",
         "USD more than the baseline for each unit that is better in the mean; "
         "rests on the assumptions",
         offsetof(flow_compared, cost), false},
    };
    FLOW_TRY(flow_output_indicator_axis(&f->part.hdf, f->c->has, &f->indicator));
    FLOW_TRY(put_values(f));
    FLOW_TRY(put_quantiles(f, "level_quantile", "quantile over members of the indicator",
                           offsetof(flow_compared, quantile), true));
    FLOW_TRY(put_quantiles(f, "difference_quantile",
                           "quantile over members of the difference to the baseline",
                           offsetof(flow_compared, change), false));
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        FLOW_TRY(put_numbers(f, number[i].name, number[i].long_name, number[i].offset,
                             number[i].hidden));
    }
    return FLOW_OK;
}

// Parts -----------------------------------------------------------------------------------------

typedef char part_name[128];

/// Name of each part, and the indicator it is of.
static flow_err write_part_axis(file *f, part_name *name, const char **text)
{
    static const char *const kind_name[FLOW_N_SHAPE] = {"place", "link", "all", "country"};
    const flow_comparison *c = f->c;
    const flow_hdf *hdf = &f->part.hdf;
    const char **of = text + c->n_part, **kind = of + c->n_part;
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        const flow_gauge_parts *p = &c->layout[g];
        for (int32_t i = 0; i < p->n_item + p->n_class; i++) {
            text[p->first + i] = flow_comparison_part(c, g, i, name[p->first + i]);
            of[p->first + i] = flow_gauges[g].name;
            kind[p->first + i] = i < p->n_item ? kind_name[p->shape] : "class";
        }
    }
    f->place_part.n = (hsize_t)c->n_part;
    FLOW_TRY(flow_hdf_dimension(hdf, hdf->file, "part", &f->place_part));
    FLOW_TRY(
        texts(hdf, "part_name", "place, link, country or class of people", &f->place_part, text));
    FLOW_TRY(texts(hdf, "part_kind", "what the part is", &f->place_part, kind));
    return texts(hdf, "part_indicator", "indicator it is a part of", &f->place_part, of);
}

static flow_err put_part(file *f, const char *name, const char *long_name, size_t offset,
                         double *out)
{
    const flow_comparison *c = f->c;
    for (int32_t i = 0; i < c->n_option; i++) {
        for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
            const flow_gauge_parts *p = &c->layout[g];
            for (int64_t k = p->first; k < p->first + p->n_item + p->n_class; k++) {
                const flow_compared_part *part = &c->part[(int64_t)i * c->n_part + k];
                const bool shown = !isnan(flow_indicator_shown(g, part->mean, least_of(f)));
                double value;
                memcpy(&value, (const char *)part + offset, sizeof value);
                out[(int64_t)i * c->n_part + k] = shown ? value : (double)NAN;
            }
        }
    }
    const flow_variable v = {.name = name,
                             .long_name = long_name,
                             .type = H5T_NATIVE_DOUBLE,
                             .axis = {&f->option, &f->place_part}};
    return flow_hdf_put(&f->part.hdf, f->part.hdf.file, &v, out);
}

static flow_err write_parts(file *f)
{
    const flow_comparison *c = f->c;
    if (c->n_part == 0) { return FLOW_OK; }
    part_name *name = flow_calloc(c->n_part, sizeof *name);
    const char **text = flow_calloc(3 * c->n_part, sizeof *text);
    double *out = flow_calloc(c->n_option * c->n_part, sizeof *out);
    flow_err err = name != NULL && text != NULL && out != NULL
                       ? write_part_axis(f, name, text)
                       : flow_fail(FLOW_ENOMEM, "no memory for parts");
    if (err == FLOW_OK) {
        err = put_part(f, "part_level_mean", "mean over members of the part",
                       offsetof(flow_compared_part, mean), out);
    }
    if (err == FLOW_OK) {
        err = put_part(f, "part_difference_mean",
                       "mean over members of its difference to the baseline",
                       offsetof(flow_compared_part, change_mean), out);
    }
    if (err == FLOW_OK) {
        err = put_part(f, "part_difference_sd", "standard deviation over members of it",
                       offsetof(flow_compared_part, change_sd), out);
    }
    if (err == FLOW_OK) {
        err = put_part(f, "part_better",
                       "share of the members in which the part is better off than under the "
                       "baseline, half of the equal ones counted",
                       offsetof(flow_compared_part, better), out);
    }
    flow_dealloc(out);
    flow_dealloc(text);
    flow_dealloc(name);
    return err;
}

// Assumptions, provenance -----------------------------------------------------------------------

static flow_err write_assumptions(file *f)
{
    const flow_comparison *c = f->c;
    const flow_hdf *hdf = &f->part.hdf;
    const int64_t n = c->n_assumption;
    if (n == 0) { return FLOW_OK; }
    const char **text = flow_calloc((3 + (int64_t)c->n_option) * n, sizeof *text);
    if (text == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for assumptions"); }
    const char **unit = text + n, **source = unit + n, **value = source + n;
    for (int64_t i = 0; i < n; i++) {
        text[i] = c->assumption[i].key;
        unit[i] = c->assumption[i].unit;
        source[i] = c->assumption[i].source;
        for (int32_t k = 0; k < c->n_option; k++) { value[k * n + i] = c->assumption[i].value[k]; }
    }
    flow_err err = text_axis(hdf, "assumption", "parameter in use that rests on an assumption",
                             text, n, &f->assumption);
    if (err == FLOW_OK) { err = texts(hdf, "assumption_unit", "its unit", &f->assumption, unit); }
    if (err == FLOW_OK) {
        err = texts(hdf, "assumption_source", "what it was taken from", &f->assumption, source);
    }
    if (err == FLOW_OK) {
        const flow_variable v = {.name = "assumption_value",
                                 .long_name = "value under the option, as YAML; empty: not in use",
                                 .axis = {&f->option, &f->assumption}};
        err = flow_hdf_texts(hdf, hdf->file, &v, value, c->n_option * n);
    }
    flow_dealloc(text);
    return err;
}

/// What each response spends, one after the other.
static flow_err write_spending(file *f)
{
    const flow_comparison *c = f->c;
    const flow_hdf *hdf = &f->part.hdf;
    const int64_t n = c->n_spending;
    if (n == 0) { return FLOW_OK; }
    const char **text = flow_calloc(2 * n, sizeof *text);
    double *usd = flow_calloc((2 + FLOW_N_QUANTILE) * n, sizeof *usd);
    flow_axis axis = {.scale = H5I_INVALID_HID, .n = (hsize_t)n};
    flow_err err = flow_fail(FLOW_ENOMEM, "no memory for what responses spend");
    if (text != NULL && usd != NULL) {
        for (int64_t i = 0; i < n; i++) {
            const flow_compared_spending *x = &c->spending[i];
            text[i] = x->response;
            text[n + i] = flow_comparison_option(c, x->option);
            usd[i] = x->mean;
            usd[n + i] = x->asked;
            for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) { usd[(2 + q) * n + i] = x->quantile[q]; }
        }
        err = flow_hdf_dimension(hdf, hdf->file, "spending", &axis);
    }
    static const struct {
        const char *name, *long_name;
    } row[] = {{"spending_mean", "mean over members of what the response spent"},
               {"spending_asked_mean", "mean over members of what it asked for"},
               {"spending_quantile", "quantile over members of what it spent"}};
    if (err == FLOW_OK) { err = texts(hdf, "spending_response", "response", &axis, text); }
    if (err == FLOW_OK) {
        err = texts(hdf, "spending_option", "option it is in use under", &axis, text + n);
    }
    for (int32_t i = 0; i < 3 && err == FLOW_OK; i++) {
        const flow_variable v = {.name = row[i].name,
                                 .unit = "USD",
                                 .long_name = row[i].long_name,
                                 .type = H5T_NATIVE_DOUBLE,
                                 .axis = {i < 2 ? &axis : &f->quantile, i < 2 ? NULL : &axis}};
        err = flow_hdf_put(hdf, hdf->file, &v, usd + i * n);
    }
    flow_hdf_close(axis.scale);
    flow_dealloc(usd);
    flow_dealloc(text);
    return err;
}

static flow_err write_about(file *f, const char *command_line)
{
    const flow_comparison *c = f->c;
    const flow_scenario *s = c->scenario[c->baseline];
    const flow_hdf *hdf = &f->part.hdf;
    char seed[32], checksum[32], first[16];
    (void)snprintf(seed, sizeof seed, "%" PRIu64, c->seed);
    (void)snprintf(checksum, sizeof checksum, "%016" PRIx64, c->checksum);
    flow_date_text(s->start, first);
    const char *title = s->set.top.title;
    FLOW_TRY(flow_hdf_text(hdf, hdf->file, "Conventions", "CF-1.11"));
    FLOW_TRY(
        flow_hdf_text(hdf, hdf->file, "title", title != NULL && *title != '\0' ? title : s->path));
    FLOW_TRY(flow_hdf_text(hdf, hdf->file, "summary", s->set.top.description));
    FLOW_TRY(flow_hdf_text(hdf, hdf->file, "source", "libflow " FLOW_VERSION));
    FLOW_TRY(flow_hdf_text(hdf, hdf->file, "kind", "comparison of options"));
    FLOW_TRY(flow_hdf_text(hdf, hdf->file, "responsible_use", flow_responsible_use));
    FLOW_TRY(flow_hdf_text(hdf, hdf->file, "command_line", command_line));
    FLOW_TRY(flow_hdf_text(hdf, hdf->file, "scenario", s->path));
    FLOW_TRY(flow_hdf_text(hdf, hdf->file, "baseline", flow_comparison_option(c, c->baseline)));
    FLOW_TRY(flow_hdf_text(hdf, hdf->file, "seed", seed));
    FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "member", c->member));
    FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "members", c->n_member));
    FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "threads", c->threads));
    FLOW_TRY(flow_hdf_text(hdf, hdf->file, "first_day", first));
    FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "steps", s->n_step));
    if (s->set.output.suppress_below > 0) {
        FLOW_TRY(flow_hdf_integer(hdf, hdf->file, "suppress_below", s->set.output.suppress_below));
    }
    return flow_hdf_text(hdf, hdf->file, "checksum", checksum);
}

static flow_err fill(file *f, const char *command_line)
{
    FLOW_TRY(write_about(f, command_line));
    FLOW_TRY(write_options(f));
    FLOW_TRY(write_members(f));
    FLOW_TRY(write_wholes(f));
    FLOW_TRY(write_parts(f));
    FLOW_TRY(write_spending(f));
    FLOW_TRY(write_assumptions(f));
    return flow_output_provenance(&f->part.hdf, f->c->scenario[f->c->baseline]);
}

flow_err flow_output_compare(const char *path, bool replace, const char *command_line,
                             const flow_comparison *comparison)
{
    const flow_axis none = {.scale = H5I_INVALID_HID};
    file f = {.c = comparison,
              .option = none,
              .member = none,
              .indicator = none,
              .quantile = none,
              .place_part = none,
              .assumption = none};
    flow_hush hush;
    flow_hush_begin(&hush);
    flow_err err = flow_part_open(path, replace, &f.part);
    if (err == FLOW_OK) { err = fill(&f, command_line); }
    flow_axis *const axis[] = {&f.option,   &f.member,     &f.indicator,
                               &f.quantile, &f.place_part, &f.assumption};
    for (size_t i = 0; i < sizeof axis / sizeof *axis; i++) { flow_hdf_close(axis[i]->scale); }
    if (err == FLOW_OK) { err = flow_part_finish(&f.part); }
    flow_part_clear(&f.part);
    flow_hush_end(&hush);
    return err;
}
