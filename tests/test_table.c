#include "../libflow/table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const flow_table_options plain = {0};
static const flow_table_options ragged = {.ragged = true};
static const flow_table_options bare = {.no_header = true, .ragged = true};
static const flow_table_options dated = {
    .header_optional = true, .header_word = "Date,DateTime", .ragged = true};

/// Parse a copy of exactly that size, so that the sanitizer sees a byte too many.
static flow_table *parse(const char *text, const flow_table_options *options,
                         flow_problems *problems)
{
    const size_t size = strlen(text);
    char *copy = malloc(size + (size == 0));
    cr_assert_not_null(copy);
    memcpy(copy, text, size);
    flow_table *t = NULL;
    *problems = (flow_problems){0};
    cr_assert_eq(flow_table_parse("t.csv", copy, (int64_t)size, options, problems, &t), FLOW_OK);
    free(copy);
    return t;
}

static flow_table *read_good(const char *text, const flow_table_options *options)
{
    flow_problems problems;
    flow_table *t = parse(text, options, &problems);
    cr_assert_eq(flow_problems_result(&problems), FLOW_OK, "%s", flow_error_text());
    flow_problems_clear(&problems);
    return t;
}

static void refuse(const char *text, const flow_table_options *options, const char *expected)
{
    flow_problems problems;
    flow_table *t = parse(text, options, &problems);
    cr_expect_eq(flow_problems_result(&problems), FLOW_EINPUT, "passed: %s", text);
    cr_expect_str_eq(flow_error_text(), expected, "%s", flow_error_text());
    flow_problems_clear(&problems);
    flow_table_free(t);
}

static void expect(const flow_table *t, int64_t row, int32_t column, const char *text)
{
    cr_expect_str_eq(flow_table_text(t, row, column), text, "row %d, column %d: '%s', not '%s'",
                     (int)row, (int)column, flow_table_text(t, row, column), text);
}

// What real files hold ---------------------------------------------------------------------------

Test(table, cells_have_names_texts_and_places)
{
    flow_table *t = read_good("name, km ,note\nJuba,120, far away \nBor,,\n", &plain);
    cr_expect_eq(flow_table_n_row(t), 2);
    cr_expect_eq(flow_table_n_column(t), 3);
    cr_expect_str_eq(flow_table_name(t, 1), "km");
    cr_expect_str_eq(flow_table_name(t, 3), "");
    expect(t, 0, 0, "Juba");
    expect(t, 0, 2, "far away");
    expect(t, 1, 1, "");
    expect(t, 1, 9, "");
    expect(t, 1, -1, "");
    const flow_mark at = flow_table_mark(t, 0, 2);
    cr_expect_str_eq(at.file, "t.csv");
    cr_expect_eq(at.line, 2);
    cr_expect_eq(at.column, 11);
    cr_expect_eq(flow_table_head_mark(t, 1).column, 7);
    cr_expect_eq(flow_table_mark(t, 7, 0).line, 0, "no such row");
    flow_table_free(t);
}

Test(table, every_line_end_gives_the_same_cells)
{
    static const char *const texts[] = {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n",
                                        "a,b\r1,2\r3,4\r", "a,b\n1,2\n3,4",
                                        ("\xef\xbb\xbf"
                                         "a,b\r\n1,2\r\n\r\n3,4")};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        flow_table *t = read_good(texts[i], &plain);
        cr_expect_eq(flow_table_n_row(t), 2, "text %d", (int)i);
        cr_expect_str_eq(flow_table_name(t, 0), "a");
        expect(t, 1, 0, "3");
        expect(t, 1, 1, "4");
        cr_expect_eq(flow_table_mark(t, 0, 0).line, 2);
        flow_table_free(t);
    }
}

Test(table, quoted_cells_hold_commas_quotes_and_lines)
{
    flow_table *t =
        read_good("a,b,c\n\"x, y\",\"say \"\"no\"\"\",\"two\nlines\"\n1,2,\"\"\n", &plain);
    expect(t, 0, 0, "x, y");
    expect(t, 0, 1, "say \"no\"");
    expect(t, 0, 2, "two\nlines");
    expect(t, 1, 2, "");
    cr_expect_eq(flow_table_mark(t, 1, 0).line, 4, "a line inside quotes counts");
    flow_table_free(t);
}

Test(table, headers_may_carry_hashes)
{
    static const char *const texts[] = {"#name,region\nx,y\n", "# name, #region\nx,y\n",
                                        "\"#name\",\"region\"\nx,y\n", "#\"name\",region\nx,y\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        flow_table *t = read_good(texts[i], &plain);
        cr_expect_str_eq(flow_table_name(t, 0), "name", "text %d", (int)i);
        cr_expect_str_eq(flow_table_name(t, 1), "region", "text %d", (int)i);
        cr_expect_eq(flow_table_n_row(t), 1);
        flow_table_free(t);
    }
}

Test(table, remarks_empty_lines_and_lines_of_commas_are_left_out)
{
    flow_table *t = read_good("a,b\n# remark\n1,2\n\n,\n , \n#3,4\n5,6\n,,,\n", &ragged);
    cr_expect_eq(flow_table_n_row(t), 2);
    expect(t, 0, 0, "1");
    expect(t, 1, 0, "5");
    cr_expect_eq(flow_table_mark(t, 1, 0).line, 8);
    flow_table_free(t);
}

Test(table, a_row_of_hxl_tags_is_left_out)
{
    flow_table *t = read_good("date,place\n#date,#adm1+name\n2020-01-01,Juba\n", &plain);
    cr_expect_eq(flow_table_n_row(t), 1);
    expect(t, 0, 1, "Juba");
    flow_table_free(t);
}

Test(table, commas_at_the_end_of_the_header_allow_them_in_rows)
{
    flow_table *t = read_good("a,b,,\n1,2,,\n3,4\n5,6,\n", &plain);
    cr_expect_eq(flow_table_n_column(t), 2);
    cr_expect_eq(flow_table_n_row(t), 3);
    flow_table_free(t);
}

Test(table, an_optional_header_is_known_by_its_first_cell)
{
    static const char *const with[] = {"Date,count\n2013-12-15,7\n", "#anything,x\n2013-12-15,7\n",
                                       "datetime,x\n2013-12-15,7\n"};
    for (int i = 0; i < 3; i++) {
        flow_table *t = read_good(with[i], &dated);
        cr_expect_eq(flow_table_n_row(t), 1, "%s", with[i]);
        expect(t, 0, 1, "7");
        flow_table_free(t);
    }
    flow_table *t = read_good("2013-12-15,7\n2013-12-16,8,x\n", &dated);
    cr_expect_eq(flow_table_n_row(t), 2);
    cr_expect_eq(flow_table_n_column(t), 3, "as long as the longest row");
    cr_expect_eq(flow_table_n_cell(t, 0), 2);
    cr_expect_str_eq(flow_table_name(t, 0), "");
    flow_table_free(t);
}

Test(table, without_header_the_first_line_is_data)
{
    flow_table *t = read_good("# remark\nStartDate,2020-02-27\nLength,5\n", &bare);
    cr_expect_eq(flow_table_n_row(t), 2);
    expect(t, 0, 0, "StartDate");
    flow_table_free(t);
}

Test(table, empty_texts_have_no_rows)
{
    static const char *const texts[] = {"", "\n\n", "\xef\xbb\xbf", ",,\n", "a,b\n", "a,b"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        flow_table *t = read_good(texts[i], &plain);
        cr_expect_eq(flow_table_n_row(t), 0, "text %d", (int)i);
        cr_expect_eq(flow_table_find(t, "zebra"), -1);
        cr_expect_str_eq(flow_table_mark(t, 0, 0).file, "t.csv");
        cr_expect_str_eq(flow_table_head_mark(t, 0).file, "t.csv");
        flow_table_free(t);
    }
}

// Refusals ---------------------------------------------------------------------------------------

Test(table, faults_are_told_with_their_place)
{
    refuse("a,b\n1\n", &plain, "t.csv:2:1: the row has 1 cells, the header has 2");
    refuse("a,b\n1,2\n1,2,3\n", &plain,
           "t.csv:3:1: the row has 3 cells, the header has 2 (a comma inside a name needs quotes, "
           "and none may stand inside a number)");
    refuse("a,b,c\nx,12,000,\n", &plain,
           "t.csv:2:1: the row has 4 cells, the header has 3 (a comma inside a name needs quotes, "
           "and none may stand inside a number)");
    refuse("a,b\n1,\"2\n3,4\n", &plain, "t.csv:2:3: a quote is opened here and never closed");
    refuse("a,b,A\n1,2,3\n", &plain, "t.csv:1:5: column 'A' appears twice");
    refuse("a,b\n1,caf\xe9\n", &plain, "t.csv:2:6: byte 0xe9 is no UTF-8: save the file as UTF-8");
    refuse("a,b\n1,\xe2\x82\n", &ragged,
           "t.csv:2:3: byte 0xe2 is no UTF-8: save the file as UTF-8");
    refuse("\xff\xfe", &plain, "t.csv:1:1: byte 0xff is no UTF-8: save the file as UTF-8");
}

Test(table, a_zero_byte_is_refused)
{
    flow_problems problems = {0};
    flow_table *t = NULL;
    cr_assert_eq(flow_table_parse("t.csv", "a,b\n1\0,2\n", 9, NULL, &problems, &t), FLOW_OK);
    cr_expect_eq(flow_problems_result(&problems), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(), "t.csv:2:2: a zero byte: this is no text file");
    flow_problems_clear(&problems);
    flow_table_free(t);
}

Test(table, all_ragged_rows_are_told)
{
    refuse("a,b\n1\n2,3\n4\n", &plain,
           "t.csv:2:1: the row has 1 cells, the header has 2\n"
           "t.csv:4:1: the row has 1 cells, the header has 2");
}

// Columns and values -----------------------------------------------------------------------------

Test(table, columns_are_found_by_any_of_their_names)
{
    flow_problems problems = {0};
    flow_table *t = read_good("Name,lon,lattitude\nx,1,2\n", &plain);
    cr_expect_eq(flow_table_find(t, "place,name"), 0);
    cr_expect_eq(flow_table_find(t, "longitude,lon"), 1);
    cr_expect_eq(flow_table_find(t, "lo"), -1);
    cr_expect_eq(flow_table_need(t, "latitude,lat", &problems), -1);
    cr_expect_eq(flow_table_need(t, "zebra", &problems), -1);
    cr_expect_eq(flow_table_need(t, "name", &problems), 0);
    (void)flow_problems_result(&problems);
    cr_expect_str_eq(flow_error_text(),
                     "t.csv:1: column 'latitude' is missing (accepted names: latitude,lat); is it "
                     "'lattitude'?\n"
                     "t.csv:1: column 'zebra' is missing (accepted names: zebra)",
                     "%s", flow_error_text());
    flow_problems_clear(&problems);
    flow_table_free(t);
}

Test(table, numbers_are_checked_against_their_range)
{
    flow_problems problems = {0};
    flow_table *t = read_good("x\n3.17\n-2\n1e6\nabc\n\"\"\n9\n", &ragged);
    double value = 0.0;
    cr_expect(
        flow_table_number(t, 0, 0, "speed", "km/d", 0.0, 10.0, (double)NAN, &problems, &value));
    cr_expect_eq(value, 3.17);
    cr_expect_not(flow_table_number(t, 1, 0, "speed", "km/d", 0.0, 10.0, 0.0, &problems, &value));
    cr_expect_not(flow_table_number(t, 2, 0, "speed", "km/d", 0.0, 10.0, 0.0, &problems, &value));
    cr_expect_not(flow_table_number(t, 3, 0, "share", "", 0.0, 1.0, 0.0, &problems, &value));
    cr_expect_eq(flow_table_n_row(t), 5, "a row of one empty cell is left out");
    cr_expect(flow_table_number(t, 4, 0, "speed", "km/d", 0.0, 9.0, 0.0, &problems, &value));
    cr_expect(flow_table_number(t, 0, 5, "speed", "km/d", 0.0, 9.0, 0.25, &problems, &value));
    cr_expect_eq(value, 0.25, "an absent cell gives the default");
    cr_expect_not(
        flow_table_number(t, 0, 5, "speed", "km/d", 0.0, 9.0, (double)NAN, &problems, &value));
    (void)flow_problems_result(&problems);
    cr_expect_str_eq(flow_error_text(),
                     "t.csv:3:1: speed = -2 is outside [0, 10] km/d\n"
                     "t.csv:4:1: speed = 1e+06 is outside [0, 10] km/d\n"
                     "t.csv:5:1: share 'abc' is not a number (expected 0 to 1)\n"
                     "t.csv:2: speed is empty, a number was expected (0 to 9 km/d)",
                     "%s", flow_error_text());
    flow_problems_clear(&problems);
    flow_table_free(t);
}

Test(table, whole_numbers_may_be_written_with_a_point)
{
    flow_problems problems = {0};
    flow_table *t = read_good("x\n25617.0\n25617.5\n", &plain);
    int64_t value = 0;
    cr_expect(flow_table_integer(t, 0, 0, "count", "people", 0, 100000, 0.0, &problems, &value));
    cr_expect_eq(value, 25617);
    cr_expect_not(
        flow_table_integer(t, 1, 0, "count", "people", 0, 100000, 0.0, &problems, &value));
    cr_expect_not(flow_table_integer(t, 1, 0, "count", "", 0, 100000, 0.0, &problems, &value));
    (void)flow_problems_result(&problems);
    cr_expect_str_eq(flow_error_text(), "t.csv:3:1: count = 25617.5 is no whole number of people\n"
                                        "t.csv:3:1: count = 25617.5 is no whole number");
    flow_problems_clear(&problems);
    flow_table_free(t);
}

Test(table, dates_are_checked)
{
    flow_problems problems = {0};
    flow_table *t = read_good("x\n2024-02-29\n2023-02-29\n", &plain);
    int32_t day = 0;
    cr_expect(flow_table_date(t, 0, 0, "date", &problems, &day));
    cr_expect_eq(day, 19782);
    cr_expect_not(flow_table_date(t, 1, 0, "date", &problems, &day));
    (void)flow_problems_result(&problems);
    cr_expect_str_eq(flow_error_text(),
                     "t.csv:3:1: date '2023-02-29' is no date (expected YYYY-MM-DD)");
    flow_problems_clear(&problems);
    flow_table_free(t);
}

Test(table, lack_of_memory_is_told_at_every_allocation)
{
    static const char text[] = "a,b\n1,2\n3,4\n";
    for (int64_t i = 1; i < 50; i++) {
        flow_problems problems = {0};
        flow_table *t = NULL;
        flow_alloc_fail_at(i);
        const flow_err err =
            flow_table_parse("t.csv", text, (int64_t)strlen(text), NULL, &problems, &t);
        flow_alloc_fail_at(0);
        flow_table_free(t);
        flow_problems_clear(&problems);
        if (err == FLOW_OK) {
            cr_expect_gt(i, 4);
            return;
        }
        cr_expect_eq(err, FLOW_ENOMEM);
        cr_expect_str_eq(flow_error_text(), "no memory for table t.csv");
    }
    cr_expect_fail("never enough memory");
}
