#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void bench_die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("bench: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

void bench_begin(char **argv)
{
    if (getenv("OMP_WAIT_POLICY") != NULL) { return; }
    if (setenv("OMP_WAIT_POLICY", "passive", 1) != 0) { bench_die("no memory"); }
    (void)execv("/proc/self/exe", argv);
    bench_die("the program cannot be started anew; set OMP_WAIT_POLICY");
}

void *bench_alloc(int64_t n, size_t size)
{
    void *memory = n < 0 ? NULL : calloc(n > 0 ? (size_t)n : 1, size);
    if (memory == NULL) { bench_die("no memory for %lld times %zu bytes", (long long)n, size); }
    return memory;
}

static double clock_s(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) { bench_die("a clock cannot be read"); }
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double bench_cpu_s(void)
{
    return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_wall_s(void)
{
    return clock_s(CLOCK_MONOTONIC);
}

/// First line of a file of the kernel that begins with `key`, without it; "" when there is none.
static void kernel_line(const char *path, const char *key, char *out, size_t size)
{
    *out = '\0';
    FILE *file = fopen(path, "r");
    if (file == NULL) { return; }
    char line[512];
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, strlen(key)) != 0) { continue; }
        const char *rest = line + strlen(key);
        rest += strspn(rest, ": \t");
        (void)snprintf(out, size, "%.*s", (int)strcspn(rest, "\n"), rest);
        break;
    }
    (void)fclose(file);
}

static int64_t kernel_kib(const char *path, const char *key)
{
    char text[64];
    kernel_line(path, key, text, sizeof text);
    return strtoll(text, NULL, 10) * 1024;
}

int64_t bench_memory(void)
{
    return kernel_kib("/proc/self/status", "VmRSS");
}

int64_t bench_memory_peak(void)
{
    return kernel_kib("/proc/self/status", "VmHWM");
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bench_stat bench_summary(double *value, int32_t n)
{
    if (n <= 0) { return (bench_stat){0}; }
    qsort(value, (size_t)n, sizeof *value, by_value);
    const double median = (value[(n - 1) / 2] + value[n / 2]) / 2.0;
    return (bench_stat){median, value[0], value[n - 1]};
}

static bool write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t done = write(file, bytes, size);
        if (done <= 0) { return false; }
        bytes += done;
        size -= (size_t)done;
    }
    return true;
}

static bool read_all(int file, char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t done = read(file, bytes, size);
        if (done <= 0) { return false; }
        bytes += done;
        size -= (size_t)done;
    }
    return true;
}

bool bench_child(void (*work)(const void *context, void *result), const void *context, void *result,
                 size_t size)
{
    int ends[2];
    if (pipe(ends) != 0) { bench_die("no pipe"); }
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child < 0) { bench_die("no process"); }
    if (child == 0) {
        (void)close(ends[0]);
        work(context, result);
        _exit(write_all(ends[1], result, size) ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    (void)close(ends[1]);
    const bool complete = read_all(ends[0], result, size);
    (void)close(ends[0]);
    int status = 0;
    if (waitpid(child, &status, 0) != child) { return false; }
    return complete && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

json_t *bench_machine(void)
{
    char cpu[128];
    kernel_line("/proc/cpuinfo", "model name", cpu, sizeof cpu);
    const double gib = (double)kernel_kib("/proc/meminfo", "MemTotal") / (1 << 30);
#if defined(__clang__)
    const char *compiler = "clang " __clang_version__;
#else
    const char *compiler = "gcc " __VERSION__;
#endif
    json_t *machine = json_pack("{s:s, s:I, s:f, s:s}", "cpu", *cpu ? cpu : "unknown", "cores",
                                (json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "memory_gib", gib,
                                "compiler", compiler);
    if (machine == NULL) { bench_die("no memory"); }
    return machine;
}

void bench_print_machine(const json_t *machine)
{
    (void)printf("machine: %s, %lld cores, %.0f GiB, %s\n",
                 json_string_value(json_object_get(machine, "cpu")),
                 (long long)json_integer_value(json_object_get(machine, "cores")),
                 json_real_value(json_object_get(machine, "memory_gib")),
                 json_string_value(json_object_get(machine, "compiler")));
}

int32_t bench_parse_list(const char *option, const char *text, int64_t least, int64_t most,
                         int64_t *out, int32_t room)
{
    int32_t n = 0;
    for (const char *at = text;; at++) {
        char *end = NULL;
        const double value = strtod(at, &end); // 1e6 is a whole number, too
        if (end == at || !(value >= (double)least && value <= (double)most) || n == room ||
            value != (double)(int64_t)value || (*end != ',' && *end != '\0')) {
            bench_die("%s %s: expected up to %d whole numbers in [%lld, %lld]", option, text,
                      (int)room, (long long)least, (long long)most);
        }
        out[n++] = (int64_t)value;
        if (*end == '\0') { return n; }
        at = end;
    }
}

/// The better of a rate so far and that of `bytes` since `begin`.
static double fastest(double bytes, double best, double begin)
{
    const double rate = bytes / (bench_wall_s() - begin);
    return rate > best ? rate : best;
}

/// A tree of sums, so that one does not wait for the other.
static inline double sum_of_8(const double *x)
{
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

void bench_measure_bandwidth(int64_t bytes, int32_t threads, bench_bandwidth *out)
{
    const int64_t n = bytes / (int64_t)sizeof(double);
    double *a = bench_alloc(n, sizeof *a);
    double *b = bench_alloc(n, sizeof *b);
    double *c = bench_alloc(n, sizeof *c);
#pragma omp parallel for schedule(static) num_threads(threads) default(none) shared(n, a, b, c)
    for (int64_t i = 0; i < n; i++) {
        a[i] = 1.0;
        b[i] = (double)i;
        c[i] = 3.17;
    }
    *out = (bench_bandwidth){0};
    const double size = (double)bytes;
    double sum = 0.0;
    for (int round = 0; round < 7; round++) {
        double begin = bench_wall_s();
#pragma omp parallel for schedule(static) num_threads(threads) default(none) shared(n, b)          \
    reduction(+ : sum)
        for (int64_t i = 0; i < n / 8; i++) { sum += sum_of_8(b + 8 * i); }
        out->read = fastest(size, out->read, begin);
        begin = bench_wall_s();
#pragma omp parallel for schedule(static) num_threads(threads) default(none) shared(n, a, c)
        for (int64_t i = 0; i < n; i++) { a[i] = c[i]; }
        out->copy = fastest(2.0 * size, out->copy, begin);
        begin = bench_wall_s();
#pragma omp parallel for schedule(static) num_threads(threads) default(none) shared(n, a, b, c)
        for (int64_t i = 0; i < n; i++) { a[i] = b[i] + 3.17 * c[i]; }
        out->triad = fastest(3.0 * size, out->triad, begin);
    }
    // The results must be used, or the compiler leaves the loops out.
    if (sum < 0.0 && a[n / 2] == 0.5) { (void)fputs("\n", stderr); }
    free(a);
    free(b);
    free(c);
}
