// The command `libflow`: finds the sub-command and runs it.
#include "app.h"

#include <gsl/gsl_errno.h>
#include <string.h>

static const app_command *const commands[] = {
    &app_run_command,         &app_compare_command, &app_check_command,     &app_describe_command,
    &app_score_command,       &app_info_command,    &app_calibrate_command, &app_sweep_command,
    &app_sensitivity_command, &app_report_command};
enum { N_COMMAND = sizeof commands / sizeof *commands };

static const app_command *find(const char *name)
{
    for (int32_t i = 0; i < N_COMMAND; i++) {
        if (strcmp(commands[i]->name, name) == 0) { return commands[i]; }
    }
    return NULL;
}

static app_exit unknown(const char *word)
{
    const char *name[N_COMMAND + 1];
    char quoted[64];
    for (int32_t i = 0; i < N_COMMAND; i++) { name[i] = commands[i]->name; }
    name[N_COMMAND] = "help";
    const char *near = flow_nearest(word, name, N_COMMAND + 1);
    app_say(NULL, "unknown %s '%s'%s%s%s", *word == '-' ? "option" : "command",
            flow_quote(word, quoted), near != NULL ? "; did you mean '" : "",
            near != NULL ? near : "", near != NULL ? "'?" : "");
    (void)fprintf(stderr, "See: libflow help\n");
    return APP_USAGE;
}

static void print_overview(void)
{
    (void)printf("libflow simulates where people go when conflict, disaster or hardship moves "
                 "them.\n\nUsage: libflow COMMAND [OPTION]...\n\nCommands:\n");
    for (int32_t i = 0; i < N_COMMAND; i++) {
        (void)printf("  %-12s%s\n", commands[i]->name, commands[i]->summary);
    }
    (void)printf("  %-12s%s\n\n", "help", "Show this, or the help of one command.");
    (void)printf("libflow COMMAND --help shows the options of a command, libflow --version the\n"
                 "version. Exit status: 0 done; 1 the scenario or a file to read has problems;\n"
                 "64 wrong use; 70 no memory or an internal error; 73 a result file cannot be\n"
                 "created; 74 writing failed; 75 stopped after writing a checkpoint; 130 and 143\n"
                 "interrupted or terminated.\n");
}

static app_exit help(int argc, char **argv)
{
    if (argc > 1) {
        app_say("help", "one '%s' too many", argv[1]);
        return APP_USAGE;
    }
    const app_command *command = argc == 1 ? find(argv[0]) : NULL;
    if (command != NULL) {
        app_print_help(command);
    } else if (argc == 1 && strcmp(argv[0], "help") != 0) {
        return unknown(argv[0]);
    } else {
        print_overview();
    }
    return APP_OK;
}

/// All words of the command with blanks between them, for the provenance; NULL: no memory.
static char *join(int argc, char **argv)
{
    size_t size = sizeof "libflow"; // whatever the program file is called
    for (int i = 1; i < argc; i++) { size += strlen(argv[i]) + 1; }
    char *line = flow_calloc((int64_t)size, 1);
    if (line == NULL) { return NULL; }
    size_t used = 0;
    for (int i = 0; i < argc; i++) {
        const char *word = i == 0 ? "libflow" : argv[i];
        used += (size_t)snprintf(line + used, size - used, "%s%s", i > 0 ? " " : "", word);
    }
    return line;
}

static app_exit run(const app_command *command, int argc, char **argv)
{
    char *line = join(argc, argv);
    const char **set = flow_calloc(argc, sizeof *set);
    app_exit status = APP_INTERNAL;
    if (line == NULL || set == NULL) {
        app_say(command->name, "no memory");
    } else {
        app_arguments arguments = {.set = set, .command_line = line};
        if (!app_parse(command, argc - 1, argv + 1, &arguments)) {
            status = APP_USAGE;
        } else if (arguments.help) {
            app_print_help(command);
            status = APP_OK;
        } else {
            status = command->run(&arguments);
        }
    }
    flow_dealloc(line);
    flow_dealloc(set);
    return status;
}

int main(int argc, char **argv)
{
    (void)gsl_set_error_handler_off(); // the library checks what it gives to GSL
    if (argc < 2) {
        (void)fprintf(stderr, "libflow: a command is missing\nSee: libflow help\n");
        return APP_USAGE;
    }
    const char *word = argv[1];
    const app_command *command = find(word);
    app_exit status = APP_OK;
    if (command != NULL) {
        status = run(command, argc, argv);
    } else if (strcmp(word, "help") == 0) {
        status = help(argc - 2, argv + 2);
    } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_overview();
    } else if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        (void)printf("libflow %s\n", flow_version());
    } else {
        status = unknown(word);
    }
    return (int)app_finish(status);
}
