// The dimensions of a result file, those of the classes of people among them.
#include "output_static.h"

#include <stdio.h>

flow_axes flow_axes_none(void)
{
    const flow_axis none = {.scale = H5I_INVALID_HID};
    return (flow_axes){none, none, none, none, none, none, 0, NULL};
}

void flow_axes_clear(flow_axes *axes)
{
    flow_axis *const fixed[] = {&axes->place, &axes->link, &axes->observed, &axes->country,
                                &axes->channel};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        flow_hdf_close(fixed[i]->scale);
        fixed[i]->scale = H5I_INVALID_HID;
    }
    for (int32_t a = 0; a < axes->n_class; a++) { flow_hdf_close(axes->class_of[a].scale); }
    flow_dealloc(axes->class_of);
    axes->class_of = NULL;
    axes->n_class = 0;
}

static const char *meaning_of(const flow_people_axis *axis)
{
    switch (axis->kind) {
    case FLOW_AXIS_CAUSE: return "cause for which people left or entered; initial: for none";
    case FLOW_AXIS_STATUS:
        return "legal and protection status; where no rule gives another one: resident at home, "
               "idp away from it in the country of the first place, refugee elsewhere";
    case FLOW_AXIS_DEBT: return "whether people owe money for their journey";
    case FLOW_AXIS_ORIGIN: return "place where people entered the simulation";
    default: return NULL;
    }
}

static flow_err write_class(const flow_hdf *hdf, const flow_scenario *s,
                            const flow_people_axis *axis, flow_axis *out)
{
    char name[FLOW_DIMENSION_NAME], text[160];
    const char *meaning = meaning_of(axis);
    (void)snprintf(text, sizeof text, "value of the attribute %.128s", axis->name);
    const flow_variable v = {.name = flow_axis_dimension(s, axis, name),
                             .long_name = meaning != NULL ? meaning : text,
                             .type = hdf->text};
    const char **label = flow_calloc(axis->n_class, sizeof *label);
    if (label == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for classes of people"); }
    for (int32_t c = 0; c < axis->n_class; c++) { label[c] = flow_axis_label(s, axis, c); }
    out->n = (hsize_t)axis->n_class;
    flow_err err = flow_hdf_axis(hdf, hdf->file, &v, out);
    if (err == FLOW_OK) { err = flow_hdf_write_texts(hdf, out->scale, label, axis->n_class); }
    flow_dealloc(label);
    return err;
}

/// The dimension of the ways to pass a link.
static flow_err write_channels(const flow_hdf *hdf, flow_axis *out)
{
    const flow_variable v = {.name = flow_by_name[FLOW_BY_CHANNEL],
                             .long_name = "how people pass a link",
                             .type = hdf->text};
    int32_t n;
    const flow_term *term = flow_by_terms(FLOW_BY_CHANNEL, &n);
    const char *label[FLOW_N_CHANNEL];
    for (int32_t c = 0; c < n; c++) { label[c] = term[c].name; }
    out->n = (hsize_t)n;
    FLOW_TRY(flow_hdf_axis(hdf, hdf->file, &v, out));
    return flow_hdf_write_texts(hdf, out->scale, label, n);
}

flow_err flow_output_classes(const flow_hdf *hdf, const flow_scenario *s,
                             const flow_observable *observable, int32_t n, flow_axes *axes)
{
    const int32_t n_axis = s->groups != NULL ? s->groups->n_axis : 0;
    axes->class_of = flow_calloc(n_axis, sizeof *axes->class_of);
    if (axes->class_of == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for the dimensions of people");
    }
    axes->n_class = n_axis;
    for (int32_t a = 0; a < n_axis; a++) { axes->class_of[a].scale = H5I_INVALID_HID; }
    for (int32_t i = 0; i < n; i++) {
        if (observable[i].terms == FLOW_BY_CHANNEL && axes->channel.scale < 0 &&
            flow_observable_written(s, &observable[i])) {
            FLOW_TRY(write_channels(hdf, &axes->channel));
        }
        const int32_t a = observable[i].axis;
        if (a < 0 || axes->class_of[a].scale >= 0 || !flow_observable_written(s, &observable[i])) {
            continue;
        }
        FLOW_TRY(write_class(hdf, s, &s->groups->axis[a], &axes->class_of[a]));
    }
    return FLOW_OK;
}

void flow_output_across(const flow_axes *axes, const flow_observable *o,
                        const flow_axis *across[static 2])
{
    const flow_axis *const axis[FLOW_N_SHAPE] = {&axes->place, &axes->link, NULL, &axes->country};
    across[0] = axis[o->shape];
    across[1] = o->terms == FLOW_BY_CHANNEL ? &axes->channel
                : o->axis >= 0              ? &axes->class_of[o->axis]
                                            : NULL;
}
