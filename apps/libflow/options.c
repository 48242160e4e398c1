// Options: one table per sub-command gives the parsing and the help.
#include "app.h"

#include <getopt.h>
#include <inttypes.h>
#include <string.h>

enum { MAX_OPTION = 32, FIRST_LONG = 256, NAME_COLUMN = 28, RIGHT_COLUMN = 79 };

/// Options that every sub-command has.
static const app_option common[] = {
    {'h', "help", NULL, APP_FLAG, offsetof(app_arguments, help), 0, 0, "Show this help."},
    {0, NULL, NULL, APP_FLAG, 0, 0, 0, NULL}};

static int32_t list_options(const app_command *command, const app_option *list[static MAX_OPTION])
{
    int32_t n = 0;
    for (const app_option *o = command->option; o->name != NULL && n < MAX_OPTION; o++) {
        list[n++] = o;
    }
    for (const app_option *o = common; o->name != NULL && n < MAX_OPTION; o++) { list[n++] = o; }
    return n;
}

static void *member(app_arguments *arguments, const app_option *option)
{
    return (char *)arguments + option->offset;
}

static bool bind_integer(const app_command *command, const app_option *option, const char *text,
                         int64_t *out)
{
    char quoted[64];
    int64_t value = 0;
    if (!flow_integer_parse(text, &value)) {
        const size_t sign = *text == '-' || *text == '+';
        const bool large =
            text[sign] != '\0' && text[sign + strspn(text + sign, "0123456789")] == '\0';
        if (large) {
            app_say(command->name, "--%s %s is outside [%" PRId64 ", %" PRId64 "]", option->name,
                    flow_quote(text, quoted), option->min, option->max);
        } else {
            app_say(command->name, "--%s '%s' is not a whole number", option->name,
                    flow_quote(text, quoted));
        }
        return false;
    }
    if (value < option->min || value > option->max) {
        app_say(command->name, "--%s %" PRId64 " is outside [%" PRId64 ", %" PRId64 "]",
                option->name, value, option->min, option->max);
        return false;
    }
    *out = value;
    return true;
}

static bool bind(const app_command *command, const app_option *option, const char *text,
                 app_arguments *arguments)
{
    if (option->type == APP_FLAG) {
        *(bool *)member(arguments, option) = true;
        return true;
    }
    if (option->type == APP_INTEGER) {
        return bind_integer(command, option, text, member(arguments, option));
    }
    if (*text == '\0') {
        app_say(command->name, "--%s needs a %s, not an empty text", option->name, option->value);
        return false;
    }
    if (option->type == APP_TEXT) {
        *(const char **)member(arguments, option) = text;
        return true;
    }
    // A command has one list; there is room for every argument.
    arguments->set[arguments->n_set++] = text;
    return true;
}

/// Say what was wrong about an option that getopt refused; `word` is the last one it took.
static void refuse(const app_command *command, const app_option *const *list, int32_t n, int code,
                   const char *word)
{
    const char *name[MAX_OPTION];
    char quoted[64];
    for (int32_t i = 0; i < n; i++) { name[i] = list[i]->name; }
    if (code == ':') {
        app_say(command->name, "option '%s' needs a value", flow_quote(word, quoted));
        return;
    }
    if (optopt > 0 && optopt < FIRST_LONG) {
        const char letter[2] = {(char)optopt, '\0'};
        app_say(command->name, "unknown option '-%s'", flow_quote(letter, quoted));
        return;
    }
    if (optopt >= FIRST_LONG) {
        app_say(command->name, "option '--%s' takes no value", name[optopt - FIRST_LONG]);
        return;
    }
    char plain[64] = "";
    const size_t length = strcspn(word + 2, "=");
    if (length < sizeof plain) { memcpy(plain, word + 2, length); }
    const char *near = flow_nearest(plain, name, n);
    app_say(command->name, "unknown option '%s'%s%s%s", flow_quote(word, quoted),
            near != NULL ? "; did you mean '--" : "", near != NULL ? near : "",
            near != NULL ? "'?" : "");
}

static bool check_operands(const app_command *command, const app_arguments *arguments)
{
    char quoted[64];
    if (arguments->n_operand < command->min_operand) {
        app_say(command->name, "%s is missing", command->operands);
        return false;
    }
    if (arguments->n_operand > command->max_operand) {
        app_say(command->name, "one '%s' too many",
                flow_quote(arguments->operand[command->max_operand], quoted));
        return false;
    }
    return true;
}

bool app_parse(const app_command *command, int argc, char **argv, app_arguments *arguments)
{
    const app_option *list[MAX_OPTION];
    struct option known[MAX_OPTION + 1] = {0};
    char letters[2 * MAX_OPTION + 2] = ":"; // ':' first: getopt tells a missing value apart
    const int32_t n = list_options(command, list);
    for (int32_t i = 0; i < n; i++) {
        known[i].name = list[i]->name;
        known[i].has_arg = list[i]->value != NULL ? required_argument : no_argument;
        known[i].val = FIRST_LONG + i;
        if (list[i]->letter != 0) {
            const char add[3] = {list[i]->letter, list[i]->value != NULL ? ':' : '\0', '\0'};
            strncat(letters, add, sizeof letters - strlen(letters) - 1);
        }
    }
    opterr = 0;
    optind = 1;
    bool good = true;
    while (good) {
        const int code = getopt_long(argc, argv, letters, known, NULL);
        if (code < 0) { break; }
        const app_option *found = NULL;
        for (int32_t i = 0; i < n && found == NULL; i++) {
            if (code == FIRST_LONG + i || (list[i]->letter != 0 && code == list[i]->letter)) {
                found = list[i];
            }
        }
        if (found == NULL) {
            refuse(command, list, n, code, argv[optind - 1]);
            good = false;
        } else {
            good = bind(command, found, optarg, arguments);
        }
    }
    arguments->operand = argv + optind;
    arguments->n_operand = argc - optind;
    if (good && !arguments->help) { good = check_operands(command, arguments); }
    if (!good) { (void)fprintf(stderr, "See: libflow %s --help\n", command->name); }
    return good;
}

void app_print_help(const app_command *command)
{
    const app_option *list[MAX_OPTION];
    const int32_t n = list_options(command, list);
    (void)printf("Usage: libflow %s%s%s [OPTION]...\n\n", command->name,
                 *command->operands != '\0' ? " " : "", command->operands);
    app_print_wrapped(command->summary, 0, RIGHT_COLUMN);
    if (command->detail != NULL) {
        (void)putchar('\n');
        app_print_wrapped(command->detail, 0, RIGHT_COLUMN);
    }
    (void)printf("\nOptions:\n");
    for (int32_t i = 0; i < n; i++) {
        char left[64];
        const char letter[] = {'-', list[i]->letter, ',', ' ', '\0'};
        (void)snprintf(left, sizeof left, "  %s--%s%s%s", list[i]->letter != 0 ? letter : "    ",
                       list[i]->name, list[i]->value != NULL ? " " : "",
                       list[i]->value != NULL ? list[i]->value : "");
        app_print_padded(left, NAME_COLUMN - 2);
        (void)printf("  ");
        // The first line continues the name; the others are indented.
        char help[512];
        (void)snprintf(help, sizeof help, "%s", list[i]->help);
        char *rest = help;
        while (app_width(rest) > RIGHT_COLUMN - NAME_COLUMN) {
            char *cut = rest + (RIGHT_COLUMN - NAME_COLUMN);
            while (cut > rest && *cut != ' ') { cut--; }
            if (cut == rest) { break; }
            *cut = '\0';
            (void)printf("%s\n%*s", rest, (int)NAME_COLUMN, "");
            rest = cut + 1;
        }
        (void)printf("%s\n", rest);
    }
}
