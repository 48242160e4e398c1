/// @file base.h
/// Layer 0: errors, allocation, growing arrays, problems, hashing, dates, files.
#ifndef FLOW_BASE_H
#define FLOW_BASE_H

#include "flow/module.h"

/// Pass a failure on while nothing is owned.
#define FLOW_TRY(call)                                                                             \
    do {                                                                                           \
        const flow_err err_ = (call);                                                              \
        if (err_ != FLOW_OK) { return err_; }                                                      \
    } while (0)

/// Ask for memory that will be written or read soon.
#if defined(__GNUC__)
#define FLOW_SOON(address) __builtin_prefetch((address), 1)
#else
#define FLOW_SOON(address) ((void)(address))
#endif

/// n zeroed elements of `size` bytes (n = 0 gives a valid pointer); NULL when out of memory or n <
/// 0.
void *flow_calloc(int64_t n, size_t size);
/// Resize to n elements; new ones are not zeroed; NULL (old block kept) when out of memory.
void *flow_realloc(void *old, int64_t n, size_t size);
/// Free; accepts NULL.
void flow_dealloc(void *memory);

/// Memory that lasts as long as its owner, cut from slabs that double: many small arrays, few
/// allocations. Zero-initialise.
typedef struct flow_arena {
    void *slab;         ///< chain of slabs, the newest first
    char *room;         ///< unused rest of the newest one
    int64_t left, next; ///< bytes of the rest, and of the next slab
} flow_arena;

/// n zeroed elements of `size` bytes, aligned for any type; NULL when out of memory.
void *flow_arena_take(flow_arena *arena, int64_t n, size_t size);
/// Free all that was taken.
void flow_arena_clear(flow_arena *arena);

/// Copy of a text; NULL when out of memory or text is NULL.
char *flow_strdup(const char *text);
/// Copy of the first n bytes, 0-terminated.
char *flow_strndup(const char *text, size_t n);
/// Allocations made so far by this process through these functions (for tests).
int64_t flow_alloc_count(void);
/// For tests: bytes that the process holds by these functions, or the most that it ever held; 0
/// where the C library does not tell sizes.
int64_t flow_alloc_bytes(bool most);
/// For tests: the n-th allocation from now fails (1 = the next), 0 = never.
void flow_alloc_fail_at(int64_t n);

/// 64-bit hash of bytes, chained from `seed` (xxh64-like or FNV; fixed for ever).
uint64_t flow_hash(uint64_t seed, const void *bytes, size_t n);

/// Where something stands in a file. Line and column count from 1; 0 = unknown.
typedef struct flow_mark {
    const char *file; ///< borrowed
    int32_t line;
    int32_t column;
} flow_mark;

/// Collected problems of one load. Zero-initialise; flow_problems_clear() at the end.
typedef struct flow_problems {
    flow_problem *row;
    int64_t n, size;
    int64_t n_error;      ///< errors found
    int64_t n_kept_error; ///< rows that are errors: the first 1000 of them
    int64_t n_hidden;     ///< problems not kept after the first 1000 errors and 1000 warnings
    bool no_memory;       ///< an allocation failed while collecting
} flow_problems;

/// Add an error. Copies everything. The text says what was found and what was expected.
void flow_problem_error(flow_problems *problems, flow_mark at, const char *format, ...)
    FLOW_PRINTF(3, 4);
/// Add a warning.
void flow_problem_warning(flow_problems *problems, flow_mark at, const char *format, ...)
    FLOW_PRINTF(3, 4);
/// FLOW_OK when there is no error, else FLOW_EINPUT with all errors, one a line
/// ("file:line:column: text"), as error text; FLOW_ENOMEM when collecting failed.
flow_err flow_problems_result(const flow_problems *problems);
void flow_problems_clear(flow_problems *problems);

/// The candidate nearest to `name` by Damerau-Levenshtein distance (case-insensitive) if near
/// enough to be a likely typing error (distance <= max(1, length / 3)), else NULL.
const char *flow_nearest(const char *name, const char *const *candidates, int64_t n);

/// A cut of user text safe to print in a message: at most 60 bytes, control bytes and broken UTF-8
/// shown as '?'; written to `out` (64 bytes), which is returned.
const char *flow_quote(const char *text, char out[static 64]);

/// Days since 1970-01-01 of "YYYY-MM-DD" (years 1..9999, proleptic Gregorian); false when it is no
/// date.
bool flow_date_parse(const char *text, int32_t *day);
/// "YYYY-MM-DD" of a day number.
void flow_date_text(int32_t day, char out[static 16]);
/// Calendar months from a fixed one to that of a day number.
int32_t flow_month(int32_t day);

/// Strict number: whole text (blanks around allowed) is one finite plain decimal number (no hex, no
/// inf/nan, '.' as decimal point whatever the locale).
bool flow_number_parse(const char *text, double *out);
/// Strict whole number in int64_t.
bool flow_integer_parse(const char *text, int64_t *out);

/// Where the files of a scenario come from: a folder, or memory.
typedef struct flow_files {
    const char *folder;      ///< NULL: memory
    const flow_file *memory; ///< borrowed
    int32_t n_memory;
} flow_files;

/// Largest input file accepted: 256 MiB.
#define FLOW_FILE_MAX ((int64_t)256 << 20)

/// Read a whole file into a 0-terminated buffer (owned by the caller).
/// FLOW_EFILE with a text when it is missing, a directory, unreadable or larger than `max` bytes.
flow_err flow_file_read(const flow_files *files, const char *name, int64_t max, char **text,
                        int64_t *size);
/// Names of the files in a folder of the scenario ("" for the scenario's own) that begin with
/// `prefix` and end in `suffix`, sorted; one allocation, owned by the caller.
flow_err flow_file_list(const flow_files *files, const char *folder, const char *prefix,
                        const char *suffix, char ***names, int32_t *n);
/// True when anything of that name exists there, even if it cannot be read as a file.
bool flow_file_exists(const flow_files *files, const char *name);

#endif
