/// @file output_picture.h
/// Layer 5: what a report shows of a result file.
#ifndef FLOW_OUTPUT_PICTURE_H
#define FLOW_OUTPUT_PICTURE_H

#include "output.h"
#include "scenario.h"

/// What the values of a layer belong to.
typedef enum flow_layer_of { FLOW_LAYER_ALL, FLOW_LAYER_PLACE, FLOW_LAYER_LINK } flow_layer_of;

/// One variable over time. Of an ensemble the median of the members, or their mean where values are
/// added up.
typedef struct flow_layer {
    const char *name; ///< of the variable
    flow_layer_of over;
    int32_t n;       ///< places, links, or 1
    int32_t n_class; ///< causes, statuses, sectors; 0: none
    char **label;    ///< [n_class]
    double *value;   ///< [n_step][n], or [n_step][n_class] summed over places; NULL: not there
} flow_layer;

enum { FLOW_N_LAYER = 12 };

/// The table of the parameters used: columns of texts.
enum {
    FLOW_SHOWN_KEY,
    FLOW_SHOWN_VALUE,
    FLOW_SHOWN_UNIT,
    FLOW_SHOWN_TAG,
    FLOW_SHOWN_SOURCE,
    FLOW_N_SHOWN
};

typedef struct flow_picture {
    flow_result *result;
    char *summary;                  ///< description of the scenario
    char *compiler;                 ///< that made the program of the run
    int32_t *kind;                  ///< [n_place] flow_place_kind
    char **country;                 ///< [n_place]
    char **region;                  ///< [n_place]
    char **code[FLOW_N_CODE];       ///< [n_place] NULL: no place has one
    double *latitude;               ///< [n_place] degrees, NAN: unknown
    double *longitude;              ///< [n_place]
    int32_t n_link;                 ///< directed links
    int32_t *link_from;             ///< [n_link] index of the place
    int32_t *link_to;               ///< [n_link]
    int32_t n_parameter;            ///< parameters used
    char **parameter[FLOW_N_SHOWN]; ///< [n_parameter]
    int32_t n_input;                ///< files of the scenario
    char **input[2];                ///< [n_input] name, whole text
    int32_t n_warning;
    char **warning; ///< [n_warning]
    flow_layer layer[FLOW_N_LAYER];
} flow_picture;

/// Read all that a report shows. Errors as flow_result_load().
flow_err flow_picture_load(const char *path, flow_picture **out);
void flow_picture_free(flow_picture *picture);
/// The layer of that name, NULL when the file does not have it.
const flow_layer *flow_picture_layer(const flow_picture *picture, const char *name);

#endif
