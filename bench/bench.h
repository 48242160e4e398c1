/// @file bench.h
/// What the benchmarks share: clocks, memory, medians, one process per measurement.
#ifndef BENCH_H
#define BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Say what is wrong on standard error and end the program with status 1.
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
_Noreturn void
bench_die(const char *format, ...);

/// First thing of a program: threads sleep while they wait, unless OMP_WAIT_POLICY says otherwise.
///
/// On a busy machine, waiting threads that spin would be most of the CPU time. OpenMP reads the
/// variable when the program is loaded, so the program is started anew with it.
void bench_begin(char **argv);

/// Zeroed memory; ends the program when there is none.
void *bench_alloc(int64_t n, size_t size);

/// CPU seconds of all threads of this process.
double bench_cpu_s(void);
/// Seconds of a clock that only goes forward.
double bench_wall_s(void);
/// Memory of this process in RAM now, bytes.
int64_t bench_memory(void);
/// The most it ever was, bytes.
int64_t bench_memory_peak(void);

/// Median and range of several measurements.
typedef struct bench_stat {
    double median, low, high;
} bench_stat;
/// @param value is sorted.
bench_stat bench_summary(double *value, int32_t n);

/// Do work in a process of its own, so that its memory and its threads are its own.
///
/// The caller must not have used OpenMP before: threads do not survive a fork.
/// @param[out] result `size` bytes, at most 65536, filled in by work().
/// @return false when the process did not end well.
bool bench_child(void (*work)(const void *context, void *result), const void *context, void *result,
                 size_t size);

/// Processor, cores, memory and compiler, for the JSON of a benchmark and its first line.
json_t *bench_machine(void);
void bench_print_machine(const json_t *machine);

/// Whole numbers separated by commas, each in [least, most]; returns how many; ends the program on
/// anything else.
int32_t bench_parse_list(const char *option, const char *text, int64_t least, int64_t most,
                         int64_t *out, int32_t room);

/// Bytes per second of one thread or several: reading, copying, and a[i] = b[i] + s * c[i]
/// (McCalpin 1995, "STREAM"), arrays of `bytes` each. Bytes are those the program names, without
/// the reads that a cache does before it writes.
typedef struct bench_bandwidth {
    double read, copy, triad;
} bench_bandwidth;
void bench_measure_bandwidth(int64_t bytes, int32_t threads, bench_bandwidth *out);

#endif
