#include "../libflow/base.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

// Numbers ----------------------------------------------------------------------------------------

typedef struct number_case {
    char text[64];
    bool good;
    double value;
} number_case;

ParameterizedTestParameters(base, numbers_are_plain_decimals)
{
    static number_case cases[] = {
        {"0", true, 0.0},
        {"-0.25", true, -0.25},
        {"+7", true, 7.0},
        {"3.17e-3", true, 0.00317},
        {"1E5", true, 100000.0},
        {".5", true, 0.5},
        {"5.", true, 5.0},
        {"  12\t", true, 12.0},
        {"1.7976931348623157e308", true, 1.7976931348623157e308},
        {"", false, 0.0},
        {" ", false, 0.0},
        {"-", false, 0.0},
        {".", false, 0.0},
        {"1e", false, 0.0},
        {"1e+", false, 0.0},
        {"e5", false, 0.0},
        {"12x", false, 0.0},
        {"1 2", false, 0.0},
        {"1,5", false, 0.0},
        {"0x10", false, 0.0},
        {"nan", false, 0.0},
        {"inf", false, 0.0},
        {"-Infinity", false, 0.0},
        {"1e999", false, 0.0},
        {"1_000", false, 0.0},
        {"--1", false, 0.0},
        {"\xd9\xa3", false, 0.0}, // ARABIC-INDIC DIGIT THREE
    };
    return cr_make_param_array(number_case, cases, sizeof cases / sizeof *cases);
}

ParameterizedTest(number_case *one, base, numbers_are_plain_decimals)
{
    double value = 99.0;
    cr_assert_eq(flow_number_parse(one->text, &value), one->good, "'%s'", one->text);
    if (one->good) { cr_expect_eq(value, one->value, "'%s': %g", one->text, value); }
}

Test(base, a_locale_with_comma_changes_no_number)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"};
    for (int i = 0; i < 3; i++) { // where no such locale is installed this tests the plain one
        if (setlocale(LC_ALL, names[i]) != NULL) { break; }
    }
    double value = 0.0;
    cr_expect(flow_number_parse("2.5", &value));
    cr_expect_eq(value, 2.5);
    cr_expect_not(flow_number_parse("2,5", &value));
}

Test(base, whole_numbers_end_at_64_bits)
{
    int64_t value = 0;
    cr_expect(flow_integer_parse(" 9223372036854775807 ", &value));
    cr_expect_eq(value, INT64_MAX);
    cr_expect(flow_integer_parse("-9223372036854775808", &value));
    cr_expect_eq(value, INT64_MIN);
    static const char *const bad[] = {"9223372036854775808", "1.0", "1e3", "", "+", "0x1", "7 7"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_not(flow_integer_parse(bad[i], &value), "'%s'", bad[i]);
    }
}

// Dates ------------------------------------------------------------------------------------------

typedef struct date_case {
    char text[24];
    int32_t day;
} date_case;

ParameterizedTestParameters(base, dates_are_days_since_1970)
{
    // From GNU date: date -u -d TEXT +%s, divided by 86400.
    static date_case cases[] = {{"1970-01-01", 0},       {"1969-12-31", -1},
                                {"2000-02-29", 11016},   {"2013-12-15", 16054},
                                {"2024-02-29", 19782},   {"2100-03-01", 47541},
                                {"0001-01-01", -719162}, {"9999-12-31", 2932896}};
    return cr_make_param_array(date_case, cases, sizeof cases / sizeof *cases);
}

ParameterizedTest(date_case *one, base, dates_are_days_since_1970)
{
    int32_t day = 0;
    char text[16];
    cr_assert(flow_date_parse(one->text, &day), "%s", one->text);
    cr_expect_eq(day, one->day, "%s: %d, %d was expected", one->text, (int)day, (int)one->day);
    flow_date_text(one->day, text);
    cr_expect_str_eq(text, one->text);
}

Test(base, days_that_do_not_exist_are_refused)
{
    static const char *const bad[] = {
        "2023-02-29", "1900-02-29", "2024-04-31", "2024-00-10",       "2024-13-01", "2024-01-00",
        "2024-01-32", "0000-01-01", "2024-1-01",  "24-01-01",         "2024/01/01", "2024-01-01x",
        "20240101",   "",           "-024-01-01", "2024-01-01T00:00", "12024-01-01"};
    int32_t day = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_not(flow_date_parse(bad[i], &day), "'%s'", bad[i]);
    }
    cr_expect(flow_date_parse(" 2000-02-29 ", &day), "blanks around a date");
}

Test(base, every_day_of_five_centuries_comes_back)
{
    for (int32_t day = -100000; day < 100000; day++) {
        char text[16];
        int32_t back = 0;
        flow_date_text(day, text);
        cr_assert(flow_date_parse(text, &back), "%s", text);
        cr_assert_eq(back, day, "%s", text);
    }
}

Test(base, days_far_off_have_a_text_too)
{
    char text[16];
    flow_date_text(INT32_MAX, text);
    cr_expect_eq(strlen(text) < 16 && strlen(text) > 10, true, "%s", text);
    flow_date_text(INT32_MIN, text);
    cr_expect_eq(text[0], '-');
}

// Names ------------------------------------------------------------------------------------------

Test(base, the_nearest_name_is_a_likely_typing_error)
{
    static const char *const names[] = {"camp_weight", "max_move_speed", "softening", "Juba"};
    cr_expect_str_eq(flow_nearest("camp_wieght", names, 4), "camp_weight");      // exchanged
    cr_expect_str_eq(flow_nearest("CAMP_WEIGHT", names, 4), "camp_weight");      // case
    cr_expect_str_eq(flow_nearest("max_mve_speed", names, 4), "max_move_speed"); // left out
    cr_expect_str_eq(flow_nearest("Jubba", names, 4), "Juba");                   // added
    cr_expect_null(flow_nearest("Jgggba", names, 4));
    cr_expect_null(flow_nearest("zebra", names, 4));
    cr_expect_null(flow_nearest("", names, 4));
    cr_expect_null(flow_nearest("Juba", names, 0));
}

Test(base, of_two_names_the_nearer_one_is_taken)
{
    static const char *const names[] = {"abcdefxx", "abcdefxh", "abcdefgh"};
    cr_expect_str_eq(flow_nearest("abcdefgj", names, 3), "abcdefgh");
    cr_expect_str_eq(flow_nearest("abcdefgh", names, 3), "abcdefgh");
    cr_expect_str_eq(flow_nearest("abcdegfh", names, 3), "abcdefgh");
}

Test(base, quotes_show_only_what_can_be_printed)
{
    char out[64];
    cr_expect_str_eq(flow_quote("Bj\xc3\xb6rk", out), "Bj\xc3\xb6rk");
    cr_expect_str_eq(flow_quote("a\x1b[31mb\n", out), "a?[31mb?");
    cr_expect_str_eq(flow_quote("\xff\xc3", out), "??");
    cr_expect_str_eq(flow_quote("\xc0\xaf", out), "??");      // overlong '/'
    cr_expect_str_eq(flow_quote("\xed\xa0\x80", out), "???"); // a surrogate
    cr_expect_str_eq(flow_quote("x\xc2\x9by", out), "x?y");   // CSI as one character
    cr_expect_str_eq(flow_quote("", out), "");
}

Test(base, long_quotes_are_cut_between_characters)
{
    char text[400] = "";
    char out[64];
    for (int i = 0; i < 100; i++) { strcat(text, "\xe2\x82\xac"); } // EURO SIGN
    flow_quote(text, out);
    cr_expect_eq(strlen(out), 60);
    cr_expect_str_eq(out + 54, "\xe2\x82\xac...");
    text[57] = '\0';
    cr_expect_str_eq(flow_quote(text, out), text);
}

// Problems ---------------------------------------------------------------------------------------

Test(base, problems_are_told_with_their_place)
{
    flow_problems p = {0};
    flow_problem_warning(&p, (flow_mark){"a.csv", 1, 2}, "only a warning");
    cr_expect_eq(flow_problems_result(&p), FLOW_OK);
    flow_problem_error(&p, (flow_mark){"a.csv", 3, 5}, "cell %d", 7);
    flow_problem_error(&p, (flow_mark){"a.csv", 3, 0}, "line");
    flow_problem_error(&p, (flow_mark){"a.csv", 0, 0}, "file");
    flow_problem_error(&p, (flow_mark){NULL, 0, 0}, "nowhere");
    cr_expect_eq(p.n, 5);
    cr_expect_eq(p.n_error, 4);
    cr_expect_eq(flow_problems_result(&p), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(), "a.csv:3:5: cell 7\na.csv:3: line\na.csv: file\nnowhere");
    flow_problems_clear(&p);
    cr_expect_eq(p.n, 0);
}

Test(base, warnings_leave_room_for_errors)
{
    flow_problems p = {0};
    for (int i = 0; i < 3000; i++) { flow_problem_warning(&p, (flow_mark){"a", 1, 1}, "w"); }
    for (int i = 0; i < 1002; i++) { flow_problem_error(&p, (flow_mark){"b", i + 1, 0}, "e"); }
    cr_expect_eq(p.n, 2000);
    cr_expect_eq(p.n_error, 1002);
    cr_expect_eq(p.n_hidden, 2002);
    cr_expect_eq(flow_problems_result(&p), FLOW_EINPUT);
    const char *text = flow_error_text();
    cr_expect_eq(strncmp(text, "b:1: e\n", 7), 0, "%.80s", text);
    cr_expect_not_null(strstr(text, "\nb:1000: e\n... and 2 more"));
    flow_problems_clear(&p);
}

Test(base, lack_of_memory_for_a_problem_is_told)
{
    for (int i = 1; i <= 3; i++) {
        flow_problems p = {0};
        flow_alloc_fail_at(i);
        flow_problem_error(&p, (flow_mark){"a", 1, 1}, "e");
        flow_alloc_fail_at(0);
        cr_expect_eq(flow_problems_result(&p), FLOW_ENOMEM, "allocation %d", i);
        flow_problems_clear(&p);
    }
}

// Errors and memory ------------------------------------------------------------------------------

Test(base, an_error_text_may_quote_the_one_before)
{
    cr_expect_eq(flow_fail(FLOW_EFILE, "inner %d", 3), FLOW_EFILE);
    cr_expect_eq(flow_fail(FLOW_EKEY, "outer: %s", flow_error_text()), FLOW_EKEY);
    cr_expect_str_eq(flow_error_text(), "outer: inner 3");
    char text[3000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    cr_expect_eq(flow_fail(FLOW_EKEY, "%s", text), FLOW_EKEY);
    cr_expect_str_eq(flow_error_text(), text);
}

Test(base, sizes_that_do_not_fit_are_refused)
{
    cr_expect_null(flow_calloc(-1, 8));
    cr_expect_null(flow_calloc(INT64_MAX, 8));
    cr_expect_null(flow_calloc(INT64_MAX / 4, 16));
    void *none = flow_calloc(0, 8);
    cr_expect_not_null(none);
    cr_expect_null(flow_realloc(none, INT64_MAX, 8));
    flow_dealloc(none);
    flow_dealloc(NULL);
    cr_expect_null(flow_strdup(NULL));
    char *cut = flow_strndup("Malakal", 3);
    cr_expect_str_eq(cut, "Mal");
    flow_dealloc(cut);
}

Test(base, an_arena_cuts_zeroed_arrays_from_few_slabs)
{
    flow_arena arena = {0};
    char *last = NULL;
    int64_t bytes = 0;
    const int64_t before = flow_alloc_count();
    for (int64_t n = 1; n < 2000; n++) {
        double *x = flow_arena_take(&arena, n % 37, sizeof *x);
        cr_assert_not_null(x);
        cr_assert_eq((uintptr_t)x % 16, 0);
        cr_assert(last == NULL || (char *)x != last || bytes == 0, "two arrays are one");
        for (int64_t i = 0; i < n % 37; i++) {
            cr_assert_eq(x[i], 0.0, "array %d was somebody else's", (int)n);
            x[i] = 3.17;
        }
        last = (char *)x;
        bytes = n % 37 * 8;
    }
    cr_expect_leq(flow_alloc_count() - before, 8, "300 kB from slabs that double");
    cr_expect_null(flow_arena_take(&arena, -1, 8));
    cr_expect_null(flow_arena_take(&arena, INT64_MAX / 4, 8));
    char *large = flow_arena_take(&arena, 1 << 20, 1); // more than the next slab has
    cr_assert_not_null(large);
    large[(1 << 20) - 1] = 'x';
    flow_alloc_fail_at(1);
    cr_expect_null(flow_arena_take(&arena, 1 << 22, 1));
    flow_alloc_fail_at(0);
    flow_arena_clear(&arena);
    cr_expect_null(arena.slab);
}

Test(base, the_wanted_allocation_fails)
{
    const int64_t before = flow_alloc_count();
    flow_alloc_fail_at(2);
    void *first = flow_calloc(1, 1);
    void *second = flow_calloc(1, 1);
    void *third = flow_calloc(1, 1);
    flow_alloc_fail_at(0);
    cr_expect(first != NULL && second == NULL && third != NULL);
    cr_expect_eq(flow_alloc_count() - before, 3);
    flow_dealloc(first);
    flow_dealloc(third);
}

Test(base, hashes_depend_on_seed_and_every_byte)
{
    const uint64_t h = flow_hash(3, "Yambio", 6);
    cr_expect_eq(h, flow_hash(3, "Yambio", 6));
    cr_expect_neq(h, flow_hash(4, "Yambio", 6));
    cr_expect_neq(h, flow_hash(3, "Yambip", 6));
    cr_expect_neq(h, flow_hash(3, "Yambio", 5));
    int changed[64] = {0}; // one bit in, about half of the bits out
    for (int i = 0; i < 4096; i++) {
        const uint64_t d =
            flow_hash(0, &(int){i}, sizeof i) ^ flow_hash(0, &(int){i ^ 1}, sizeof i);
        for (int b = 0; b < 64; b++) { changed[b] += (int)(d >> b & 1); }
    }
    for (int b = 0; b < 64; b++) {
        cr_expect(changed[b] > 400 && changed[b] < 3700, "bit %d changes %d times of 4096", b,
                  changed[b]);
    }
}

// Files in memory --------------------------------------------------------------------------------

Test(base, files_in_memory_are_found_and_listed)
{
    const flow_file memory[] = {{"input_csv/b_2.csv", "two", 3},
                                {"input_csv/b_1.csv", "one", 3},
                                {"input_csv/deep/b_3.csv", "", 0},
                                {"b_4.csv", "four", 4}};
    const flow_files files = {.memory = memory, .n_memory = 4};
    char *text = NULL, **names = NULL;
    int64_t size = 0;
    int32_t n = 0;
    cr_assert_eq(flow_file_read(&files, "b_4.csv", 100, &text, &size), FLOW_OK);
    cr_expect_str_eq(text, "four");
    cr_expect_eq(size, 4);
    flow_dealloc(text);
    cr_expect_eq(flow_file_read(&files, "b_5.csv", 100, &text, &size), FLOW_EFILE);
    cr_expect_null(text);
    cr_expect_eq(flow_file_read(&files, "b_4.csv", 3, &text, &size), FLOW_EFILE);
    cr_expect_str_eq(flow_error_text(), "b_4.csv has 4 bytes, at most 3 are accepted");
    cr_expect(flow_file_exists(&files, "b_4.csv") && !flow_file_exists(&files, "b_1.csv"));
    cr_assert_eq(flow_file_list(&files, "input_csv", "b_", ".csv", &names, &n), FLOW_OK);
    cr_assert_eq(n, 2);
    cr_expect_str_eq(names[0], "b_1.csv");
    cr_expect_str_eq(names[1], "b_2.csv");
    flow_dealloc(names);
}
