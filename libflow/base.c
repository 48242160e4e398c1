#define _DEFAULT_SOURCE // madvise()
#include "base.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

// Errors ----------------------------------------------------------------------------------------

/// Text of the last error of a thread: grown as needed, with a fixed reserve for lack of memory.
static _Thread_local char *error_text;
static _Thread_local size_t error_size;
static _Thread_local char error_reserve[512];
static _Thread_local bool error_in_reserve;

const char *flow_error_text(void)
{
    if (error_in_reserve || error_text == NULL) { return error_reserve; }
    return error_text;
}

/// Make room for n bytes of error text; false: only the reserve is left.
static bool error_room(size_t n)
{
    if (n <= error_size) { return true; }
    char *text = realloc(error_text, n); // outside the counted allocations: must work under tests
    if (text == NULL) { return false; }
    error_text = text;
    error_size = n;
    return true;
}

flow_err flow_fail(flow_err err, const char *format, ...)
{
    // The arguments may point into the old text: write beside it, then exchange.
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    char brief[512];
    const int n = vsnprintf(brief, sizeof brief, format, args);
    va_end(args);
    const size_t size = n < 0 ? 1 : (size_t)n + 1;
    char *whole = NULL;
    if (size > sizeof brief) {
        whole = malloc(size);
        if (whole != NULL) { (void)vsnprintf(whole, size, format, again); }
    }
    va_end(again);
    const char *text = whole != NULL ? whole : brief;
    error_in_reserve = !error_room(strlen(text) + 1);
    if (error_in_reserve) {
        (void)snprintf(error_reserve, sizeof error_reserve, "%s", text);
    } else {
        memcpy(error_text, text, strlen(text) + 1);
    }
    free(whole);
    return err;
}

const char *flow_version(void)
{
    return FLOW_VERSION;
}

// Memory ----------------------------------------------------------------------------------------

static atomic_llong alloc_count; // for tests: every allocation of the process
static atomic_llong alloc_fail;  // for tests: allocations until one fails, 0: never

static atomic_llong alloc_bytes; // for tests: bytes held
static atomic_llong alloc_most;  // for tests: the most that were held

static long long size_of(void *memory)
{
#ifdef __GLIBC__
    return (long long)malloc_usable_size(memory);
#else
    (void)memory;
    return 0;
#endif
}

static void count_bytes(long long change)
{
    const long long held =
        atomic_fetch_add_explicit(&alloc_bytes, change, memory_order_relaxed) + change;
    long long most = atomic_load_explicit(&alloc_most, memory_order_relaxed);
    while (held > most && !atomic_compare_exchange_weak(&alloc_most, &most, held)) {}
}

static bool may_allocate(void)
{
    atomic_fetch_add_explicit(&alloc_count, 1, memory_order_relaxed);
    if (atomic_load_explicit(&alloc_fail, memory_order_relaxed) == 0) { return true; }
    return atomic_fetch_sub(&alloc_fail, 1) != 1;
}

int64_t flow_alloc_count(void)
{
    return atomic_load(&alloc_count);
}
int64_t flow_alloc_bytes(bool most)
{
    return atomic_load(most ? &alloc_most : &alloc_bytes);
}
void flow_alloc_fail_at(int64_t n)
{
    atomic_store(&alloc_fail, n);
}

static bool fits(int64_t n, size_t size)
{
    return n >= 0 && size > 0 && (uint64_t)n <= (uint64_t)PTRDIFF_MAX / size;
}

enum { huge_page = 1 << 21, huge_from = 1 << 23 }; // bytes

/// Large arrays are read at random: with huge pages the processor finds their addresses at hand.
static void want_huge_pages(void *memory, size_t bytes)
{
#if defined(MADV_HUGEPAGE)
    char *byte = memory;
    const size_t skip = (huge_page - (uintptr_t)byte % huge_page) % huge_page;
    const size_t whole = (bytes - skip) / huge_page * huge_page;
    (void)madvise(byte + skip, whole, MADV_HUGEPAGE); // advice: nothing depends on it
#else
    (void)memory, (void)bytes;
#endif
}

void *flow_calloc(int64_t n, size_t size)
{
    if (!fits(n, size) || !may_allocate()) { return NULL; }
    void *memory = calloc(n > 0 ? (size_t)n : 1, size);
    count_bytes(size_of(memory));
    if (memory != NULL && (size_t)n * size >= huge_from) {
        want_huge_pages(memory, (size_t)n * size);
    }
    return memory;
}

void *flow_realloc(void *old, int64_t n, size_t size)
{
    if (!fits(n, size) || !may_allocate()) { return NULL; }
    const long long before = size_of(old);
    void *memory = realloc(old, (n > 0 ? (size_t)n : 1) * size);
    if (memory != NULL) { count_bytes(size_of(memory) - before); }
    return memory;
}

void flow_dealloc(void *memory)
{
    count_bytes(-size_of(memory));
    free(memory);
}

enum { arena_align = 16, arena_first = 4096, arena_most = 1 << 24 }; // bytes

void *flow_arena_take(flow_arena *arena, int64_t n, size_t size)
{
    if (!fits(n, size) || n > (INT64_MAX / 4) / (int64_t)size) { return NULL; }
    const int64_t bytes = (n * (int64_t)size + arena_align - 1) / arena_align * arena_align;
    if (bytes > arena->left) {
        int64_t slab = arena->next > 0 ? arena->next : arena_first;
        if (slab < bytes) { slab = bytes; }
        char *room = flow_calloc(slab + arena_align, 1);
        if (room == NULL) { return NULL; }
        memcpy(room, &arena->slab, sizeof arena->slab);
        arena->slab = room;
        arena->room = room + arena_align;
        arena->left = slab;
        arena->next = slab < arena_most / 2 ? 2 * slab : arena_most;
    }
    char *out = arena->room;
    arena->room += bytes;
    arena->left -= bytes;
    return out;
}

void flow_arena_clear(flow_arena *arena)
{
    for (void *slab = arena->slab; slab != NULL;) {
        void *next;
        memcpy(&next, slab, sizeof next);
        flow_dealloc(slab);
        slab = next;
    }
    *arena = (flow_arena){0};
}

char *flow_strndup(const char *text, size_t n)
{
    if (text == NULL) { return NULL; }
    char *copy = flow_calloc((int64_t)n + 1, 1);
    if (copy != NULL) { memcpy(copy, text, n); }
    return copy;
}

char *flow_strdup(const char *text)
{
    return text == NULL ? NULL : flow_strndup(text, strlen(text));
}

// Hash ------------------------------------------------------------------------------------------

uint64_t flow_hash(uint64_t seed, const void *bytes, size_t n)
{
    // FNV-1a (Fowler, Noll and Vo), finished by a multiply-xorshift so that all bits depend on all.
    const unsigned char *byte = bytes;
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;
    for (size_t i = 0; i < n; i++) { h = (h ^ byte[i]) * UINT64_C(0x100000001b3); }
    h = (h ^ (h >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return h ^ (h >> 32);
}

// Problems --------------------------------------------------------------------------------------

static const int64_t most_problems = 1000;

FLOW_PRINTF(4, 0)
static void add_problem(flow_problems *problems, flow_mark at, bool warning, const char *format,
                        va_list args)
{
    // Errors have their own room: many warnings before them must not hide them.
    const int64_t kept_warnings = problems->n - problems->n_kept_error;
    const bool full = (warning ? kept_warnings : problems->n_kept_error) >= most_problems;
    problems->n_error += !warning;
    if (full) {
        problems->n_hidden++;
        return;
    }
    char text[1024];
    (void)vsnprintf(text, sizeof text, format, args);
    if (problems->n == problems->size) {
        const int64_t size = problems->size > 0 ? 2 * problems->size : 16;
        flow_problem *row = flow_realloc(problems->row, size, sizeof *row);
        if (row == NULL) {
            problems->no_memory = true;
            return;
        }
        problems->row = row;
        problems->size = size;
    }
    char *file = flow_strdup(at.file != NULL ? at.file : "");
    char *copy = flow_strdup(text);
    if (file == NULL || copy == NULL) {
        flow_dealloc(file);
        flow_dealloc(copy);
        problems->no_memory = true;
        return;
    }
    problems->row[problems->n++] = (flow_problem){
        .file = file, .line = at.line, .column = at.column, .warning = warning, .text = copy};
    problems->n_kept_error += !warning;
}

void flow_problem_error(flow_problems *problems, flow_mark at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_problem(problems, at, false, format, args);
    va_end(args);
}

void flow_problem_warning(flow_problems *problems, flow_mark at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_problem(problems, at, true, format, args);
    va_end(args);
}

/// "file:line:column: text" of one problem, as far as known.
static int problem_line(const flow_problem *row, char *out, size_t size)
{
    if (row->file[0] == '\0') { return snprintf(out, size, "%s", row->text); }
    if (row->line <= 0) { return snprintf(out, size, "%s: %s", row->file, row->text); }
    if (row->column <= 0) {
        return snprintf(out, size, "%s:%d: %s", row->file, (int)row->line, row->text);
    }
    return snprintf(out, size, "%s:%d:%d: %s", row->file, (int)row->line, (int)row->column,
                    row->text);
}

flow_err flow_problems_result(const flow_problems *problems)
{
    if (problems->no_memory) { return flow_fail(FLOW_ENOMEM, "no memory for messages"); }
    if (problems->n_error == 0) { return FLOW_OK; }
    size_t size = 128;
    for (int64_t i = 0; i < problems->n; i++) {
        size += strlen(problems->row[i].file) + strlen(problems->row[i].text) + 32;
    }
    char *text = malloc(size);
    if (text == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for messages"); }
    size_t used = 0;
    for (int64_t i = 0; i < problems->n; i++) {
        if (problems->row[i].warning) { continue; }
        if (used > 0) { text[used++] = '\n'; }
        const int n = problem_line(&problems->row[i], text + used, size - used);
        used += n > 0 ? (size_t)n : 0;
    }
    if (problems->n_error > problems->n_kept_error) {
        (void)snprintf(text + used, size - used, "\n... and %lld more",
                       (long long)(problems->n_error - problems->n_kept_error));
    } else {
        text[used] = '\0';
    }
    flow_err err = flow_fail(FLOW_EINPUT, "%s", text);
    free(text);
    return err;
}

void flow_problems_clear(flow_problems *problems)
{
    for (int64_t i = 0; i < problems->n; i++) {
        // Both texts were allocated here; the public struct shows them as constant.
        void *file, *text;
        memcpy(&file, &problems->row[i].file, sizeof file);
        memcpy(&text, &problems->row[i].text, sizeof text);
        flow_dealloc(file);
        flow_dealloc(text);
    }
    flow_dealloc(problems->row);
    *problems = (flow_problems){0};
}

// Names and texts -------------------------------------------------------------------------------

enum { longest_name = 64 };

static int lower(char c)
{
    return tolower((unsigned char)c);
}

static int smallest(int a, int b, int c)
{
    const int d = a < b ? a : b;
    return d < c ? d : c;
}

/// Optimal string alignment distance (Damerau 1964, CACM 7:171), case-insensitive; anything above
/// the limit once it is sure to be above it.
static int distance(const char *a, size_t n_a, const char *b, size_t n_b, int limit)
{
    int row[3][longest_name + 1];
    int least_before = 0;
    for (size_t j = 0; j <= n_b; j++) { row[0][j] = (int)j; }
    for (size_t i = 1; i <= n_a; i++) {
        int *now = row[i % 3];
        const int *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        int least = now[0] = (int)i;
        for (size_t j = 1; j <= n_b; j++) {
            const int cost = lower(a[i - 1]) != lower(b[j - 1]);
            now[j] = smallest(last[j] + 1, now[j - 1] + 1, last[j - 1] + cost);
            const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                                 lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped && before[j - 2] + 1 < now[j]) { now[j] = before[j - 2] + 1; }
            if (now[j] < least) { least = now[j]; }
        }
        if (least > limit && least_before > limit) { return limit + 1; }
        least_before = least;
    }
    return row[n_a % 3][n_b];
}

const char *flow_nearest(const char *name, const char *const *candidates, int64_t n)
{
    const size_t length = strlen(name);
    if (length == 0 || length > longest_name) { return NULL; }
    const int limit = length / 3 > 1 ? (int)(length / 3) : 1;
    const char *best = NULL;
    int least = limit + 1;
    for (int64_t i = 0; i < n; i++) {
        const size_t other = strlen(candidates[i]);
        const int longer = (int)other - (int)length;
        if (other > longest_name || longer > limit || -longer > limit) { continue; }
        const int d = distance(name, length, candidates[i], other, least - 1);
        if (d < least) {
            least = d;
            best = candidates[i];
        }
    }
    return best;
}

/// Bytes of the well-formed UTF-8 sequence at text, 0 when it is broken.
static size_t utf8_length(const unsigned char *text)
{
    const unsigned char c = text[0];
    if (c < 0x80) { return 1; }
    const size_t n = c >= 0xc2 && c < 0xe0   ? 2
                     : c >= 0xe0 && c < 0xf0 ? 3
                     : c >= 0xf0 && c < 0xf5 ? 4
                                             : 0;
    for (size_t i = 1; i < n; i++) {
        if ((text[i] & 0xc0) != 0x80) { return 0; }
    }
    if (c == 0xe0 && text[1] < 0xa0) { return 0; }
    if (c == 0xed && text[1] > 0x9f) { return 0; }
    if (c == 0xf0 && text[1] < 0x90) { return 0; }
    if (c == 0xf4 && text[1] > 0x8f) { return 0; }
    return n;
}

const char *flow_quote(const char *text, char out[static 64])
{
    size_t used = 0;
    const unsigned char *c = (const unsigned char *)text;
    while (*c != '\0') {
        size_t n = utf8_length(c);
        const bool control = *c < 0x20 || *c == 0x7f || (*c == 0xc2 && n == 2 && c[1] < 0xa0);
        if (used + (n > 0 ? n : 1) > 57) {
            memcpy(out + used, "...", 3);
            used += 3;
            break;
        }
        if (n == 0 || control) {
            out[used++] = '?';
            c += n > 0 ? n : 1;
        } else {
            memcpy(out + used, c, n);
            used += n;
            c += n;
        }
    }
    out[used] = '\0';
    return out;
}

// Dates and numbers -----------------------------------------------------------------------------

/// Days since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
static int32_t civil_day(int32_t y, int32_t month, int32_t d)
{
    y -= month <= 2;
    const int32_t era = (y >= 0 ? y : y - 399) / 400;
    const int32_t of_era = y - era * 400;
    const int32_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static const char *skip_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t') { text++; }
    return text;
}

static bool digits(const char **text, int n, int32_t *out)
{
    *out = 0;
    for (int i = 0; i < n; i++) {
        if ((*text)[i] < '0' || (*text)[i] > '9') { return false; }
        *out = *out * 10 + ((*text)[i] - '0');
    }
    *text += n;
    return true;
}

bool flow_date_parse(const char *text, int32_t *day)
{
    static const int32_t length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *c = skip_blanks(text);
    int32_t y, month, d;
    if (!digits(&c, 4, &y) || *c++ != '-' || !digits(&c, 2, &month) || *c++ != '-' ||
        !digits(&c, 2, &d) || *skip_blanks(c) != '\0') {
        return false;
    }
    if (y < 1 || month < 1 || month > 12 || d < 1) { return false; }
    const bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (d > length[month - 1] + (month == 2 && leap)) { return false; }
    *day = civil_day(y, month, d);
    return true;
}

void flow_date_text(int32_t day, char out[static 16])
{
    const int64_t z = (int64_t)day + 719468;
    const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    const int64_t of_era = z - era * 146097;
    const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const int64_t mp = (5 * of_year + 2) / 153;
    const int64_t d = of_year - (153 * mp + 2) / 5 + 1;
    const int64_t month = mp < 10 ? mp + 3 : mp - 9;
    const int64_t civil_year = year + era * 400 + (month <= 2);
    char text[48];
    (void)snprintf(text, sizeof text, "%04lld-%02lld-%02lld", (long long)civil_year,
                   (long long)month, (long long)d);
    memcpy(out, text, 15);
    out[15] = '\0';
}

int32_t flow_month(int32_t day)
{
    char text[16];
    flow_date_text(day, text);
    const char *at = text + (*text == '-');
    int32_t year = 0, month = 0;
    for (; *at >= '0' && *at <= '9'; at++) { year = 10 * year + (*at - '0'); }
    for (at++; *at >= '0' && *at <= '9'; at++) { month = 10 * month + (*at - '0'); }
    return 12 * (*text == '-' ? -year : year) + month - 1;
}

/// Length of the plain decimal number at text; 0 when there is none.
static size_t number_length(const char *text)
{
    const char *c = text;
    if (*c == '+' || *c == '-') { c++; }
    size_t n_digit = 0;
    while (isdigit((unsigned char)*c)) { c++, n_digit++; }
    if (*c == '.') {
        c++;
        while (isdigit((unsigned char)*c)) { c++, n_digit++; }
    }
    if (n_digit == 0) { return 0; }
    if (*c == 'e' || *c == 'E') {
        const char *e = c + 1;
        if (*e == '+' || *e == '-') { e++; }
        if (!isdigit((unsigned char)*e)) { return 0; }
        while (isdigit((unsigned char)*e)) { e++; }
        c = e;
    }
    return (size_t)(c - text);
}

bool flow_number_parse(const char *text, double *out)
{
    const char *c = skip_blanks(text);
    const size_t n = number_length(c);
    if (n == 0 || *skip_blanks(c + n) != '\0' || n > 400) { return false; }
    // strtod follows the locale of the program that uses the library: give it its decimal point.
    char copy[404];
    memcpy(copy, c, n);
    copy[n] = '\0';
    char point[8];
    (void)snprintf(point, sizeof point, "%.1f", 0.0);
    char *dot = strchr(copy, '.');
    if (dot != NULL) { *dot = point[1]; }
    char *end = NULL;
    const double value = strtod(copy, &end);
    if (*end != '\0' || !isfinite(value)) { return false; }
    *out = value;
    return true;
}

bool flow_integer_parse(const char *text, int64_t *out)
{
    const char *c = skip_blanks(text);
    const char *start = c;
    if (*c == '+' || *c == '-') { c++; }
    if (!isdigit((unsigned char)*c)) { return false; }
    while (isdigit((unsigned char)*c)) { c++; }
    if (*skip_blanks(c) != '\0') { return false; }
    errno = 0;
    const long long value = strtoll(start, NULL, 10);
    if (errno == ERANGE) { return false; }
    *out = value;
    return true;
}
