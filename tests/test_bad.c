// Broken scenarios: each is refused at once, with its exact text. tests/data/README.md explains.
#define _POSIX_C_SOURCE 200809L
#include "../libflow/base.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const folder_of_all = "tests/data/bad";
static const double most_seconds = 1.0;

static const char *const err_name[] = {"FLOW_OK",   "FLOW_ENOMEM", "FLOW_EFILE", "FLOW_EINPUT",
                                       "FLOW_EKEY", "FLOW_ERANGE", "FLOW_ESTATE"};

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/// Load what must be refused; the text is flow_error_text().
static void refuse(const char *path, flow_err expected)
{
    flow_scenario *s = (flow_scenario *)&s; // must become NULL
    const double start = now();
    const flow_err err = flow_scenario_load(path, NULL, &s);
    const double seconds = now() - start;
    cr_assert_eq(err, expected, "%s: %s, %s was expected: %s", path, err_name[err],
                 err_name[expected], flow_error_text());
    cr_assert_null(s, "%s: a scenario came out of a refusal", path);
    cr_expect_lt(seconds, most_seconds, "%s: the refusal took %.2f s", path, seconds);
}

static void refuse_with(const char *path, flow_err expected, const char *text)
{
    refuse(path, expected);
    cr_expect_str_eq(flow_error_text(), text, "%s:\n%s\nwas expected:\n%s", path, flow_error_text(),
                     text);
}

// Folders of tests/data/bad ----------------------------------------------------------------------

typedef struct folder {
    char name[64];
} folder;

static void free_folders(struct criterion_test_params *params)
{
    cr_free(params->params);
}

ParameterizedTestParameters(bad, folder_is_refused_with_its_text)
{
    enum { most = 1000 };
    folder *list = cr_malloc(most * sizeof *list);
    memset(list, 0, most * sizeof *list);
    size_t n = 0;
    DIR *all = opendir(folder_of_all);
    for (const struct dirent *e = all ? readdir(all) : NULL; e != NULL; e = readdir(all)) {
        if (e->d_name[0] == '.' || n == most) { continue; }
        (void)snprintf(list[n++].name, sizeof list->name, "%.63s", e->d_name);
    }
    if (all != NULL) { (void)closedir(all); }
    return cr_make_param_array(folder, list, n, free_folders);
}

static char *content(const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s cannot be opened", path);
    char *text = calloc(1, 65536);
    cr_assert_not_null(text);
    (void)fread(text, 1, 65535, file);
    (void)fclose(file);
    return text;
}

ParameterizedTest(folder *one, bad, folder_is_refused_with_its_text, .timeout = 30)
{
    char path[128], expected_path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder_of_all, one->name);
    (void)snprintf(expected_path, sizeof expected_path, "%s/expected", path);
    char *expected = content(expected_path);
    char *text = strchr(expected, '\n');
    cr_assert_not_null(text, "%s: a kind of error, then its text, were expected", expected_path);
    *text++ = '\0';
    const size_t n = strlen(text);
    cr_assert(n > 1 && text[n - 1] == '\n', "%s does not end in a line", expected_path);
    text[n - 1] = '\0';
    cr_assert(strcmp(expected, "FLOW_EINPUT") == 0 || strcmp(expected, "FLOW_EFILE") == 0, "%s: %s",
              expected_path, expected);
    refuse_with(path, strcmp(expected, "FLOW_EFILE") == 0 ? FLOW_EFILE : FLOW_EINPUT, text);
    free(expected);
}

Test(bad, there_are_at_least_a_hundred_folders)
{
    int n = 0;
    DIR *all = opendir(folder_of_all);
    cr_assert_not_null(all, "%s: run in the root of the checkout", folder_of_all);
    while (true) {
        const struct dirent *e = readdir(all);
        if (e == NULL) { break; }
        n += e->d_name[0] != '.';
    }
    (void)closedir(all);
    cr_expect_geq(n, 100);
}

// Folders made here ------------------------------------------------------------------------------

static const char *const good_yaml = "libflow: 1\nperiod:\n  start: 2020-02-27\n  days: 30\n";
static const char *const good_places =
    "name,kind,country,region,latitude,longitude,population,capacity\n"
    "Alder,conflict,Inland,East,1.5,20.25,12000,\nCedar,camp,Coast,South,0.5,19,,9000\n";
static const char *const good_links = "from,to,length_km\nAlder,Cedar,120\n";
static const char *const good_conflict = "place,start,end,intensity\nAlder,2020-02-27,,1\n";
static const char *const good_counts = "date,place,people\n2020-03-10,Cedar,900\n";

static char root[64]; // a folder in /tmp, made anew for each test

static const char *inside(const char *name)
{
    static char path[2][256];
    static int turn;
    turn = !turn;
    (void)snprintf(path[turn], sizeof path[turn], "%s%s%s", root, *name ? "/" : "", name);
    return path[turn];
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(inside(name), "wb");
    cr_assert_not_null(file, "%s", inside(name));
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

static void make(void)
{
    (void)snprintf(root, sizeof root, "/tmp/libflow-bad-XXXXXX");
    cr_assert_not_null(mkdtemp(root));
    put("scenario.yaml", good_yaml);
    put("places.csv", good_places);
    put("links.csv", good_links);
    put("conflict.csv", good_conflict);
    put("observations.csv", good_counts);
}

static void clean(void)
{
    static const char *const names[] = {"scenario.yaml", "places.csv",       "links.csv",
                                        "conflict.csv",  "observations.csv", "closures.csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) { (void)remove(inside(names[i])); }
    cr_expect_eq(rmdir(root), 0, "%s is not empty", root);
}

/// The text of an error with root in front of a file name.
static const char *text_of(const char *file_and_text)
{
    static char text[512];
    (void)snprintf(text, sizeof text, "%s%s", root, file_and_text);
    return text;
}

TestSuite(bad_made, .init = make, .fini = clean, .timeout = 30);

Test(bad_made, the_folder_they_are_made_from_is_good)
{
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load(root, NULL, &s), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(flow_scenario_n_warning(s), 0);
    flow_scenario_free(s);
}

Test(bad_made, a_folder_in_place_of_a_file_is_refused)
{
    static const char *const names[] = {"scenario.yaml", "places.csv", "links.csv", "closures.csv"};
    for (int i = 0; i < 4; i++) {
        char text[128];
        (void)remove(inside(names[i]));
        cr_assert_eq(mkdir(inside(names[i]), 0755), 0);
        refuse(root, FLOW_EINPUT);
        (void)snprintf(text, sizeof text, "%s/%s: ", root, names[i]);
        cr_expect_not_null(strstr(flow_error_text(), text), "%s", flow_error_text());
        cr_expect_not_null(strstr(flow_error_text(), "is a folder, a file was expected"), "%s",
                           flow_error_text());
        cr_assert_eq(rmdir(inside(names[i])), 0);
        put("scenario.yaml", good_yaml);
        put("places.csv", good_places);
        put("links.csv", good_links);
    }
}

Test(bad_made, a_file_in_place_of_the_folder_is_refused)
{
    char path[128], text[256];
    (void)snprintf(path, sizeof path, "%s", inside("places.csv"));
    (void)snprintf(text, sizeof text,
                   "%s: a scenario folder or its scenario.yaml was expected, this is a file", path);
    refuse_with(path, FLOW_EFILE, text);
}

Test(bad_made, no_folder_is_refused)
{
    refuse_with(inside("nowhere"), FLOW_EFILE, text_of("/nowhere: there is no such folder"));
    refuse_with("", FLOW_EFILE, "the path of the scenario is empty");
    refuse_with(NULL, FLOW_EFILE, "the path of the scenario is empty");
}

Test(bad_made, an_unreadable_file_is_refused)
{
    cr_assert_eq(chmod(inside("links.csv"), 0), 0);
    cr_assert_eq(chmod(root, 0755), 0);
    const bool is_root = geteuid() == 0; // root may read everything: be somebody else meanwhile
    if (is_root) { cr_assert_eq(seteuid(65534), 0); }
    refuse_with(root, FLOW_EINPUT,
                text_of("/links.csv: the file cannot be opened: Permission denied"));
    if (is_root) { cr_assert_eq(seteuid(0), 0); }
}

Test(bad_made, a_link_to_itself_in_place_of_a_file_is_refused)
{
    (void)remove(inside("places.csv"));
    cr_assert_eq(symlink("places.csv", inside("places.csv")), 0);
    refuse(root, FLOW_EINPUT);
    cr_expect_not_null(strstr(flow_error_text(), "Too many levels of symbolic links"), "%s",
                       flow_error_text());
}

Test(bad_made, a_pipe_in_place_of_a_file_does_not_hang)
{
    (void)remove(inside("links.csv"));
    cr_assert_eq(mkfifo(inside("links.csv"), 0644), 0);
    refuse(root, FLOW_EINPUT);
    cr_expect_not_null(strstr(flow_error_text(), "links.csv: the file is no regular file"), "%s",
                       flow_error_text());
}

Test(bad_made, a_huge_file_is_refused_unread)
{
    cr_assert_eq(truncate(inside("places.csv"), (off_t)300 << 20), 0); // takes no room on disk
    refuse(root, FLOW_EINPUT);
    cr_expect_not_null(
        strstr(flow_error_text(), "has 314572800 bytes, at most 268435456 are accepted"), "%s",
        flow_error_text());
}

/// n times a text, owned by the caller.
static char *repeat(const char *before, const char *text, int64_t n, const char *after)
{
    const size_t size = strlen(text);
    char *all = calloc(strlen(before) + size * (size_t)n + strlen(after) + 1, 1);
    cr_assert_not_null(all);
    char *end = all + strlen(before);
    memcpy(all, before, strlen(before));
    for (int64_t i = 0; i < n; i++, end += size) { memcpy(end, text, size); }
    memcpy(end, after, strlen(after));
    return all;
}

static void refuse_file(const char *file, char *text, flow_err expected, const char *message)
{
    put(file, text);
    free(text);
    refuse(root, expected);
    cr_expect_not_null(strstr(flow_error_text(), message), "%s was expected in:\n%.2000s", message,
                       flow_error_text());
}

Test(bad_made, a_hundred_thousand_brackets_are_refused)
{
    static const char *const open[] = {"[", "{", "- ", "? ", "[{", "{a: "};
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        char *text = repeat("title: ", open[i], 100000, "\n");
        put("scenario.yaml", text);
        free(text);
        refuse(root, FLOW_EINPUT);
        cr_expect_not_null(strstr(flow_error_text(), "/scenario.yaml:1:"), "%s", flow_error_text());
    }
    refuse_file("scenario.yaml", repeat("", "[", 100000, "\n"), FLOW_EINPUT, "/scenario.yaml:1:");
    refuse_file("scenario.yaml", repeat("title: ", "[", 100000, "\n"), FLOW_EINPUT,
                "/scenario.yaml:1:71: nested deeper than 64 levels");
}

Test(bad_made, deep_indentation_is_refused)
{
    char *text = calloc(1, 400 * 400);
    cr_assert_not_null(text);
    char *end = text;
    for (int i = 0; i < 300; i++) { end += sprintf(end, "%*sk:\n", i, ""); }
    refuse_file("scenario.yaml", text, FLOW_EINPUT, "nested deeper than 64 levels");
}

Test(bad_made, too_long_yaml_is_refused)
{
    refuse_file("scenario.yaml", repeat("", "title: x\n", 600000, ""), FLOW_EINPUT,
                "at most 4194304 are accepted");
    char *text = calloc(1, 4000000);
    cr_assert_not_null(text);
    char *end = text;
    for (int i = 0; i < 200000; i++) { end += sprintf(end, "k%d: 1\n", i); }
    refuse_file("scenario.yaml", text, FLOW_EINPUT,
                "/scenario.yaml:5001:8: more than 5000 values in one file");
}

Test(bad_made, too_many_columns_are_refused)
{
    refuse_file("links.csv", repeat("from,to,length_km", ",x", 200000, "\n"), FLOW_EINPUT,
                "200003 columns, at most 100000 are accepted");
}

Test(bad_made, a_million_quotes_are_refused)
{
    refuse_file("places.csv", repeat(good_places, "\"", 1000001, "\n"), FLOW_EINPUT,
                "/places.csv:4:1: a quote is opened here and never closed");
}

Test(bad_made, of_many_errors_the_first_thousand_are_told)
{
    refuse_file("links.csv", repeat(good_links, "Alder,Cedra,7\n", 2500, ""), FLOW_EINPUT,
                "/links.csv:3:7: to 'Cedra' is not in the list of places; did you mean 'Cedar'?\n");
    const char *text = flow_error_text();
    int n_line = 1;
    for (const char *c = text; *c != '\0'; c++) { n_line += *c == '\n'; }
    cr_expect_eq(n_line, 1001);
    cr_expect_not_null(strstr(text, "\n... and 1500 more"));
}

Test(bad_made, many_places_with_wrong_links_take_no_minutes)
{
    enum { n = 20000 };
    char *places = calloc(n, 48);
    char *links = calloc(n, 48);
    cr_assert(places != NULL && links != NULL);
    char *p = places + sprintf(places, "%s", good_places);
    char *l = links + sprintf(links, "%s", good_links);
    for (int i = 0; i < n; i++) {
        p += sprintf(p, "Place-%05d,town,Inland,,,,,\n", i);
        l += sprintf(l, "Place-%05d,Plaec-%05d,3\n", i, i);
    }
    put("places.csv", places);
    free(places);
    refuse_file("links.csv", links, FLOW_EINPUT, "'Plaec-00000' is not in the list of places");
}

Test(bad_made, warnings_do_not_hide_errors)
{
    put("scenario.yaml", "libflow: 1\nperiod:\n  start: 2020-02-27\n  days: 30\nhops: {}\n");
    char *twice = repeat(good_links, "Alder,Cedar,7\n", 2000, "Alder,Cedra,7\n");
    put("links.csv", twice); // each link beside another one is a warning
    free(twice);
    refuse(root, FLOW_EINPUT);
    char text[512];
    (void)snprintf(text, sizeof text,
                   "%s/scenario.yaml:5:1: unknown key 'hops'; did you mean 'hop'?\n"
                   "%s/links.csv:2003:7: to 'Cedra' is not in the list of places; did you mean "
                   "'Cedar'?",
                   root, root);
    cr_expect_str_eq(flow_error_text(), text);
}

// Files in memory --------------------------------------------------------------------------------

Test(bad_memory, wrong_arguments_are_refused)
{
    flow_scenario *s = NULL;
    cr_expect_eq(flow_scenario_load_memory(NULL, 0, NULL, &s), FLOW_EFILE);
    cr_expect_str_eq(flow_error_text(), "no file is named scenario.yaml (libflow) or locations.csv "
                                        "(FLEE)");
    cr_expect_eq(flow_scenario_load_memory(NULL, 3, NULL, &s), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "n_file = 3 does not fit files");
    const flow_file file = {.name = "scenario.yaml", .text = "libflow: 1\n", .size = -1};
    cr_expect_eq(flow_scenario_load_memory(&file, 1, NULL, &s), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "file 0 has no name, no text or a negative size");
    cr_expect_null(s);
}

Test(bad_memory, every_end_of_every_file_is_survived)
{
    const char *const name[] = {"scenario.yaml", "places.csv", "links.csv", "conflict.csv",
                                "observations.csv"};
    const char *const text[] = {good_yaml, good_places, good_links, good_conflict, good_counts};
    for (int cut = 0; cut < 5; cut++) {
        for (int64_t size = 0; size <= (int64_t)strlen(text[cut]); size++) {
            flow_file file[5];
            for (int i = 0; i < 5; i++) {
                file[i] = (flow_file){name[i], text[i], (int64_t)strlen(text[i])};
            }
            // A copy of exactly that size: reading past its end is found by the sanitizer.
            char *copy = malloc((size_t)size + (size == 0));
            cr_assert_not_null(copy);
            memcpy(copy, text[cut], (size_t)size);
            file[cut].text = copy;
            file[cut].size = size;
            flow_scenario *s = NULL;
            const flow_err err = flow_scenario_load_memory(file, 5, NULL, &s);
            cr_assert(err == FLOW_OK || err == FLOW_EINPUT, "%s cut at %d: %s", name[cut],
                      (int)size, err_name[err]);
            cr_assert_eq(err == FLOW_OK, s != NULL);
            flow_scenario_free(s);
            free(copy);
        }
    }
}

/// Load with the i-th allocation failing, for all i until the load succeeds.
static void starve(const flow_file *file, int32_t n_file)
{
    for (int64_t i = 1; i < 5000; i++) {
        flow_scenario *s = NULL;
        flow_alloc_fail_at(i);
        const flow_err err = flow_scenario_load_memory(file, n_file, NULL, &s);
        flow_alloc_fail_at(0);
        flow_scenario_free(s);
        if (err == FLOW_OK) {
            cr_expect_gt(i, 50);
            return;
        }
        cr_assert_eq(err, FLOW_ENOMEM, "allocation %d: %s: %s", (int)i, err_name[err],
                     flow_error_text());
    }
    cr_expect_fail("never enough memory");
}

Test(bad_memory, lack_of_memory_is_told_at_every_allocation)
{
    static const char *const own[][2] = {
        {"scenario.yaml", "libflow: 1\ntitle: \"a b\"\nperiod: {start: 2020-02-27, days: 30}\n"
                          "conflict: {decay: [1, 0.5]}\n"},
        {"places.csv", "name,kind,country,region,latitude,longitude,population,capacity\n"
                       "Alder,conflict,Inland,East,1.5,20.25,12000,\n"
                       "Cedar,camp,Coast,South,0.5,19,,9000\n"},
        {"links.csv", "from,to,length_km\nAlder,Cedar,120\n"},
        {"conflict.csv", "place,start,end,intensity\nAlder,2020-02-27,,1\n"},
        {"closures.csv", "kind,from,to,start,end\ncountry,Inland,Coast,3,7\n"},
        {"observations.csv", "date,place,people\n2020-02-28,Cedar,9\n2020-03-10,Cedar,900\n"},
        {"corrections.csv", "place,date\nCedar,2020-03-10\n"},
        {"attributes.csv", "attribute,value,place,weight\nage,7,,1\nage,40,Alder,2\n"},
        {"major_routes.csv", "route,order,place\n1,1,Alder\n1,2,Cedar\n"}};
    static const char *const flee[][2] = {
        {"simsetting.yml", "move_rules:\n  max_move_speed: 200.0\n  start_on_foot: True\n"},
        {"input_csv/sim_period.csv", "StartDate,2020-02-27\nLength,3\n"},
        {"input_csv/locations.csv", "#name,region,country,gps_x,gps_y,type,conflict_date,pop\n"
                                    "Alder,East,Inland,1.5,20.25,conflict_zone,0,12000\n"
                                    "Cedar,South,Coast,0.5,19,camp,,9000\n"},
        {"input_csv/routes.csv", "#name1,name2,distance,redirection\nAlder,Cedar,120,\n"},
        {"input_csv/closures.csv", "#type,name1,name2,start,end\nlocation,Cedar,Coast,0,2\n"},
        {"input_csv/conflicts.csv", "#Day,Alder,Cedar\n0,1,0\n1,1,0\n2,1,0\n"},
        {"input_csv/registration_corrections.csv", "Cedar,2020-03-10\n"},
        {"input_csv/demographics_age.csv", "age,Default,Alder\n7,1,2\n40,2,3\n"},
        {"input_csv/major_routes.csv", "Alder,Cedar\n"},
        {"source_data/data_layout.csv", "total,refugees.csv\nCedar,a.csv,b.csv\n"},
        {"source_data/refugees.csv", "2020-02-27,10\n2020-03-10,900\n"},
        {"source_data/a.csv", "2020-02-27,10\n2020-03-10,900\n"},
        {"source_data/b.csv", "2020-02-27,1\n2020-03-10,9\n"}};
    enum { n_own = sizeof own / sizeof *own, n_flee = sizeof flee / sizeof *flee };
    flow_file file[n_own + n_flee];
    for (int i = 0; i < n_own; i++) {
        file[i] = (flow_file){own[i][0], own[i][1], (int64_t)strlen(own[i][1])};
    }
    starve(file, n_own);
    for (int i = 0; i < n_flee; i++) {
        file[i] = (flow_file){flee[i][0], flee[i][1], (int64_t)strlen(flee[i][1])};
    }
    starve(file, n_flee);
}
