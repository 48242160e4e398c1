/// @file persons.h
/// Layer 4: people who are followed one by one, as whoever writes them down wants them: by person.
#ifndef FLOW_PERSONS_H
#define FLOW_PERSONS_H

#include "model.h"

/// First person and number of persons of a followed unit.
int64_t flow_persons_of(const flow_model *model, uint32_t unit, int32_t *n);
/// Index of a person's value of an attribute: drawn among those of the class of his or her batch.
int32_t flow_person_value(const flow_model *model, const flow_batch *batch, int64_t person,
                          int32_t attribute);
/// A note as the user knows it.
flow_moment flow_moment_of(int64_t person, flow_note note);

enum {
    FLOW_NOTES_AT_ONCE = 1 << 22, ///< notes: 64 MiB
    FLOW_UNITS_AT_ONCE = 1 << 22  ///< units: 32 MiB
};

/// What happened to units, some units after the other, in memory that has a limit.
typedef struct flow_notes {
    const flow_model *m; ///< borrowed
    uint32_t first, n;   ///< units at hand
    int64_t *begin;      ///< [n + 1] their notes are those from begin[i] to begin[i + 1], by time
    flow_note *note;
    int64_t at_once;
    int64_t n_block, *in_block; ///< notes of each block of units
    int64_t size_unit, size_note;
} flow_notes;

/// @param at_once notes to have in memory, more only where few units have so many
flow_err flow_notes_begin(const flow_model *model, int64_t at_once, flow_notes *out);
/// Go on to the next units; *more false: there are none.
flow_err flow_notes_next(flow_notes *notes, bool *more);
void flow_notes_clear(flow_notes *notes);

#endif
