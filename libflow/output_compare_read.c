#include "output_compare_read.h"

#include "output_get.h"

#include <string.h>

static const char kind_of_file[] = "comparison of options";

static flow_err names(const flow_hdf *hdf, const char *name, int64_t n, char ***out)
{
    *out = flow_calloc(n, sizeof **out);
    if (*out == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for '%s'", name); }
    return flow_hdf_names(hdf, name, (int32_t)n, *out);
}

static void free_names(char **name, int64_t n)
{
    for (int64_t i = 0; name != NULL && i < n; i++) { flow_dealloc(name[i]); }
    flow_dealloc(name);
}

static flow_err read_about(const flow_hdf *hdf, flow_compared_file *f)
{
    const struct {
        const char *name;
        char **text;
    } row[] = {{"title", &f->title},         {"summary", &f->summary},
               {"source", &f->source},       {"command_line", &f->command_line},
               {"scenario", &f->scenario},   {"baseline", &f->baseline},
               {"seed", &f->seed},           {"checksum", &f->checksum},
               {"first_day", &f->first_day}, {"responsible_use", &f->use}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        FLOW_TRY(flow_hdf_read_text(hdf, ".", row[i].name, true, row[i].text));
    }
    FLOW_TRY(flow_hdf_read_integer(hdf, "member", &f->member));
    FLOW_TRY(flow_hdf_read_integer(hdf, "members", &f->n_member));
    return flow_hdf_read_integer(hdf, "steps", &f->n_step);
}

static flow_err read_wholes(const flow_hdf *hdf, flow_compared_file *f)
{
    static const char *const number[FLOW_N_COMPARED] = {"level_mean", "difference_mean", "better",
                                                        "equal", "cost_per_unit"};
    FLOW_TRY(flow_hdf_length(hdf, "option", &f->n_option));
    FLOW_TRY(flow_hdf_length(hdf, "indicator", &f->n_indicator));
    FLOW_TRY(names(hdf, "option", f->n_option, &f->option));
    FLOW_TRY(names(hdf, "option_title", f->n_option, &f->option_title));
    FLOW_TRY(names(hdf, "option_description", f->n_option, &f->option_about));
    FLOW_TRY(names(hdf, "indicator", f->n_indicator, &f->indicator));
    FLOW_TRY(names(hdf, "indicator_unit", f->n_indicator, &f->unit));
    FLOW_TRY(names(hdf, "indicator_meaning", f->n_indicator, &f->meaning));
    const int64_t size[] = {f->n_option, f->n_indicator};
    const int64_t rank[] = {f->n_option, FLOW_N_QUANTILE, f->n_indicator};
    FLOW_TRY(flow_hdf_numbers(hdf, "level_quantile", H5T_NATIVE_DOUBLE, 3, rank, &f->level));
    FLOW_TRY(flow_hdf_numbers(hdf, "difference_quantile", H5T_NATIVE_DOUBLE, 3, rank, &f->change));
    for (int32_t i = 0; i < FLOW_N_COMPARED; i++) {
        FLOW_TRY(flow_hdf_numbers(hdf, number[i], H5T_NATIVE_DOUBLE, 2, size, &f->number[i]));
    }
    return FLOW_OK;
}

static flow_err read_parts(const flow_hdf *hdf, flow_compared_file *f)
{
    int rank = 0;
    int64_t size[FLOW_MAX_RANK];
    FLOW_TRY(flow_hdf_size(hdf, "part_name", &rank, size));
    if (rank < 0) { return FLOW_OK; }
    FLOW_TRY(flow_hdf_length(hdf, "part_name", &f->n_part));
    FLOW_TRY(names(hdf, "part_name", f->n_part, &f->part));
    FLOW_TRY(names(hdf, "part_kind", f->n_part, &f->part_kind));
    FLOW_TRY(names(hdf, "part_indicator", f->n_part, &f->part_of));
    const int64_t n[] = {f->n_option, f->n_part};
    FLOW_TRY(flow_hdf_numbers(hdf, "part_level_mean", H5T_NATIVE_DOUBLE, 2, n, &f->part_level));
    FLOW_TRY(flow_hdf_numbers(hdf, "part_better", H5T_NATIVE_DOUBLE, 2, n, &f->part_better));
    return flow_hdf_numbers(hdf, "part_difference_mean", H5T_NATIVE_DOUBLE, 2, n, &f->part_change);
}

static flow_err read_assumptions(const flow_hdf *hdf, flow_compared_file *f)
{
    int rank = 0;
    int64_t size[FLOW_MAX_RANK];
    FLOW_TRY(flow_hdf_size(hdf, "assumption_value", &rank, size));
    if (rank < 0) { return FLOW_OK; }
    FLOW_TRY(flow_hdf_length(hdf, "assumption", &f->n_assumption));
    if ((int64_t)f->n_option * f->n_assumption > INT32_MAX) {
        return flow_hdf_not_ours(hdf, "assumption_value", "is larger than any result can be");
    }
    FLOW_TRY(names(hdf, "assumption", f->n_assumption, &f->assumption));
    FLOW_TRY(names(hdf, "assumption_unit", f->n_assumption, &f->assumption_unit));
    FLOW_TRY(names(hdf, "assumption_source", f->n_assumption, &f->assumption_source));
    f->assumption_value =
        flow_calloc((int64_t)f->n_option * f->n_assumption, sizeof *f->assumption_value);
    if (f->assumption_value == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for assumptions"); }
    return flow_hdf_names_table(hdf, "assumption_value", f->n_option, f->n_assumption,
                                f->assumption_value);
}

static flow_err read_all(const flow_hdf *hdf, flow_compared_file *f)
{
    FLOW_TRY(read_about(hdf, f));
    FLOW_TRY(read_wholes(hdf, f));
    FLOW_TRY(read_parts(hdf, f));
    return read_assumptions(hdf, f);
}

static flow_hdf closed_file(const char *path)
{
    return (flow_hdf){
        .path = path, .verb = "read", .file = H5I_INVALID_HID, .text = H5I_INVALID_HID};
}

bool flow_compared_file_is(const char *path)
{
    flow_hdf hdf = closed_file(path);
    char *kind = NULL;
    flow_hush hush;
    flow_hush_begin(&hush);
    const bool is = flow_hdf_open(&hdf) == FLOW_OK &&
                    flow_hdf_read_text(&hdf, ".", "kind", true, &kind) == FLOW_OK &&
                    strcmp(kind, kind_of_file) == 0;
    if (hdf.file >= 0) { (void)H5Fclose(hdf.file); } // read only: nothing can be lost
    flow_hush_end(&hush);
    flow_dealloc(kind);
    return is;
}

flow_err flow_compared_file_load(const char *path, flow_compared_file **out)
{
    *out = NULL;
    flow_compared_file *f = flow_calloc(1, sizeof *f);
    if (f == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to read '%s'", path); }
    flow_hdf hdf = closed_file(path);
    flow_hush hush;
    flow_hush_begin(&hush);
    flow_err err = flow_hdf_open(&hdf);
    if (err == FLOW_OK) { err = read_all(&hdf, f); }
    if (hdf.file >= 0) { (void)H5Fclose(hdf.file); } // read only: nothing can be lost
    flow_hush_end(&hush);
    if (err != FLOW_OK) {
        flow_compared_file_free(f);
        return err;
    }
    *out = f;
    return FLOW_OK;
}

void flow_compared_file_free(flow_compared_file *f)
{
    if (f == NULL) { return; }
    char *const text[] = {f->title,    f->summary, f->source,   f->command_line, f->scenario,
                          f->baseline, f->seed,    f->checksum, f->use,          f->first_day};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) { flow_dealloc(text[i]); }
    free_names(f->option, f->n_option);
    free_names(f->option_title, f->n_option);
    free_names(f->option_about, f->n_option);
    free_names(f->indicator, f->n_indicator);
    free_names(f->unit, f->n_indicator);
    free_names(f->meaning, f->n_indicator);
    free_names(f->part, f->n_part);
    free_names(f->part_kind, f->n_part);
    free_names(f->part_of, f->n_part);
    free_names(f->assumption, f->n_assumption);
    free_names(f->assumption_unit, f->n_assumption);
    free_names(f->assumption_source, f->n_assumption);
    free_names(f->assumption_value, (int64_t)f->n_option * f->n_assumption);
    flow_dealloc(f->level);
    flow_dealloc(f->change);
    for (int32_t i = 0; i < FLOW_N_COMPARED; i++) { flow_dealloc(f->number[i]); }
    flow_dealloc(f->part_level);
    flow_dealloc(f->part_change);
    flow_dealloc(f->part_better);
    flow_dealloc(f);
}
