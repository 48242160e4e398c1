// Numbers, tables, lines of bars, JSON and messages.
#define _POSIX_C_SOURCE 200809L
#include "app.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

app_text app_people(double people)
{
    app_text out;
    char digits[24];
    const double rounded = round(people);
    if (!isfinite(people) || fabs(rounded) > 1e15) {
        (void)snprintf(out.text, sizeof out.text, "%.3g", people);
        return out;
    }
    const int n = snprintf(digits, sizeof digits, "%" PRId64, (int64_t)fabs(rounded));
    size_t used = 0;
    if (rounded < 0.0) { out.text[used++] = '-'; }
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) { out.text[used++] = ','; }
        out.text[used++] = digits[i];
    }
    out.text[used] = '\0';
    return out;
}

app_text app_difference(double people)
{
    app_text out = app_people(people);
    if (round(people) > 0.0) {
        memmove(out.text + 1, out.text, sizeof out.text - 1);
        out.text[0] = '+';
        out.text[sizeof out.text - 1] = '\0';
    }
    return out;
}

app_text app_measure(double value)
{
    app_text out;
    if (!isfinite(value)) {
        (void)snprintf(out.text, sizeof out.text, "-");
    } else {
        (void)snprintf(out.text, sizeof out.text, fabs(value) < 1e6 ? "%.3f" : "%.3g", value);
    }
    return out;
}

app_text app_rate(double value)
{
    static const struct {
        double size;
        const char *name;
    } step[] = {{1e9, " billion"}, {1e6, " million"}, {1e3, " thousand"}};
    app_text out;
    for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
        if (value >= step[i].size) {
            const double shown = value / step[i].size;
            (void)snprintf(out.text, sizeof out.text, "%.*f%s", shown < 10.0 ? 1 : 0, shown,
                           step[i].name);
            return out;
        }
    }
    (void)snprintf(out.text, sizeof out.text, "%.0f", value);
    return out;
}

app_text app_steps(int32_t n, double dt)
{
    app_text out;
    const char *s = n == 1 ? "" : "s";
    if (dt == 1.0) {
        (void)snprintf(out.text, sizeof out.text, "%d day%s", (int)n, s);
    } else if (dt < 1.0) {
        const int hours = (int)round(24.0 * dt);
        (void)snprintf(out.text, sizeof out.text, "%d step%s of %d hour%s", (int)n, s, hours,
                       hours == 1 ? "" : "s");
    } else {
        (void)snprintf(out.text, sizeof out.text, "%d %s%s", (int)n, dt < 30.0 ? "week" : "month",
                       s);
    }
    return out;
}

int32_t app_days(int32_t n, double dt)
{
    return (int32_t)ceil((double)n * dt - 1e-6);
}

app_text app_last_day(const flow_result *r)
{
    app_text out;
    char day[16];
    flow_date_text(r->start + app_days(r->n_step, r->dt) - 1, day);
    (void)snprintf(out.text, sizeof out.text, "%s", day);
    return out;
}

int32_t app_width(const char *text)
{
    int32_t n = 0;
    for (; *text != '\0'; text++) { n += ((unsigned char)*text & 0xc0) != 0x80; }
    return n;
}

void app_print_padded(const char *text, int32_t width)
{
    int32_t n = 0;
    for (; *text != '\0'; text++) {
        const bool begins = ((unsigned char)*text & 0xc0) != 0x80;
        if (begins && n == width) { break; }
        n += begins;
        // Names come from files: no control characters on a terminal.
        (void)putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
    }
    (void)printf("%*s", (int)(width - n), "");
}

void app_print_wrapped(const char *text, int32_t left, int32_t right)
{
    int32_t column = 0;
    while (*text != '\0') {
        if (*text == '\n') {
            (void)putchar('\n');
            column = 0;
            text++;
            continue;
        }
        const int n = (int)strcspn(text, " \n");
        if (column > 0 && column + 1 + n > right) {
            (void)putchar('\n');
            column = 0;
        }
        column += column == 0 ? left + n : 1 + n;
        (void)printf("%*s%.*s", (int)(column == left + n ? left : 1), "", n, text);
        text += n;
        if (*text == ' ') { text++; }
    }
    (void)putchar('\n');
}

/// UTF-8 unless the locale of the environment says otherwise; a bare machine says nothing.
static bool is_utf8(void)
{
    static const char *const name[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        const char *value = getenv(name[i]);
        if (value == NULL || *value == '\0') { continue; }
        return strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL ||
               strstr(value, "UTF8") != NULL || strstr(value, "utf-8") != NULL;
    }
    return true;
}

void app_print_spark(const double *value, int32_t n, double top, int32_t width)
{
    static const char *const block[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
    const char *const *bar = is_utf8() ? block : plain;
    if (width > n) { width = n; }
    for (int32_t i = 0; i < width; i++) {
        const int32_t first = (int32_t)((int64_t)i * n / width);
        const int32_t last = (int32_t)((int64_t)(i + 1) * n / width);
        double sum = 0.0;
        for (int32_t k = first; k < last; k++) { sum += value[k]; }
        const double height = top > 0.0 ? 8.0 * sum / (last - first) / top : 0.0;
        // Anybody at all is a visible bar.
        const int level = height > 0.0 && height < 1.0 ? 1 : (int)lround(height);
        (void)printf("%s", bar[level < 0 ? 0 : level > 8 ? 8 : level]);
    }
}

app_exit app_print_json(json_t *object)
{
    if (object == NULL) {
        app_say(NULL, "no memory for the JSON object");
        return APP_INTERNAL;
    }
    const int bad = json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    json_decref(object);
    if (bad != 0 && ferror(stdout) == 0) {
        app_say(NULL, "no memory for the JSON text");
        return APP_INTERNAL;
    }
    (void)putchar('\n');
    return APP_OK;
}

json_t *app_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

app_exit app_finish(app_exit status)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        app_say(NULL, "cannot write to standard output%s%s", errno != 0 ? ": " : "",
                errno != 0 ? strerror(errno) : "");
        return APP_IO;
    }
    return status;
}

void app_say(const char *command, const char *format, ...)
{
    va_list args;
    (void)fprintf(stderr, "libflow%s%s: ", command != NULL ? " " : "",
                  command != NULL ? command : "");
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

app_exit app_fail(const char *command, flow_err err)
{
    if (err == FLOW_EINPUT) {
        (void)fprintf(stderr, "%s\n", flow_error_text());
    } else {
        app_say(command, "%s", flow_error_text());
    }
    return err == FLOW_ENOMEM || err == FLOW_ESTATE ? APP_INTERNAL : APP_INPUT;
}
