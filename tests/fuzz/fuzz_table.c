// libFuzzer: the CSV reader gets any bytes; every cell is read as text, number and date.
#include "../../libflow/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_cell(const flow_table *t, int64_t row, int32_t column, flow_problems *problems)
{
    double number = 0.0;
    int64_t whole = 0;
    int32_t day = 0;
    const flow_mark at = flow_table_mark(t, row, column);
    if (at.line < 1 || strlen(flow_table_text(t, row, column)) > (size_t)1 << 30) { abort(); }
    if (flow_table_number(t, row, column, "x", "km", -10.0, 1e9, (double)NAN, problems, &number) &&
        !(number >= -10.0 && number <= 1e9)) {
        abort();
    }
    (void)flow_table_integer(t, row, column, "x", "", 0, 1000, 7.0, problems, &whole);
    (void)flow_table_date(t, row, column, "x", problems, &day);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) { return 0; }
    // The first byte chooses how to read.
    const flow_table_options options = {.no_header = data[0] & 1,
                                        .header_optional = data[0] & 2,
                                        .header_word = data[0] & 4 ? "Date,DateTime" : NULL,
                                        .ragged = data[0] & 8};
    flow_problems problems = {0};
    flow_table *t = NULL;
    if (flow_table_parse("fuzz.csv", (const char *)data + 1, (int64_t)size - 1, &options, &problems,
                         &t) == FLOW_OK) {
        (void)flow_table_find(t, "name,place");
        (void)flow_table_need(t, "name,place", &problems);
        for (int32_t c = -1; c <= flow_table_n_column(t); c++) {
            (void)flow_table_name(t, c);
            (void)flow_table_head_mark(t, c);
        }
        for (int64_t row = 0; row < flow_table_n_row(t); row++) {
            for (int32_t c = -1; c <= flow_table_n_cell(t, row); c++) {
                read_cell(t, row, c, &problems);
            }
        }
    }
    (void)flow_problems_result(&problems);
    flow_table_free(t);
    flow_problems_clear(&problems);
    return 0;
}
