/// @file table.h
/// Layer 1: CSV text to rows of marked cells, columns matched by name with aliases.
///
/// Understands what real files hold: BOM, LF/CRLF/CR, RFC 4180 quotes, `#` before or inside the
/// quotes of any header cell, comment lines, lines of commas only, a trailing comma, blanks around
/// cells, no final newline, a row of HXL tags after the header. See docs/formats.md.
#ifndef FLOW_TABLE_H
#define FLOW_TABLE_H

#include "base.h"

typedef struct flow_table flow_table;

/// How to read. Zero-initialise for a table with a header.
typedef struct flow_table_options {
    bool no_header;       ///< first record is data; columns have no names
    bool header_optional; ///< the header exists only if the first cell of the first record starts
                          ///< with '#' or equals (any case) header_word; otherwise it is data
    const char *header_word; ///< comma-separated words for header_optional, such as "Date,DateTime"
    bool ragged;             ///< rows may have fewer or more cells than the header
} flow_table_options;

/// Parse text. Problems with their lines go to `problems` (bad UTF-8, unclosed quote, ragged row,
/// NUL bytes, duplicate column, more than 100,000 columns); the table holds what could be read.
/// @param name  file name for messages; copied.
/// @return FLOW_OK even with problems (see problems->n_error); FLOW_ENOMEM.
flow_err flow_table_parse(const char *name, const char *text, int64_t size,
                          const flow_table_options *options, flow_problems *problems,
                          flow_table **out);
void flow_table_free(flow_table *table);

int64_t flow_table_n_row(const flow_table *table);
/// Columns of the header, or of the longest row when there is no header.
int32_t flow_table_n_column(const flow_table *table);
/// Cells in one row (differs from n_column only with `ragged` or no header).
int32_t flow_table_n_cell(const flow_table *table, int64_t row);
/// Header of a column, stripped of blanks and '#'; "" without header.
const char *flow_table_name(const flow_table *table, int32_t column);
/// Text of a cell, blanks around stripped; "" when the row has no such cell.
const char *flow_table_text(const flow_table *table, int64_t row, int32_t column);
/// Where a cell stands (file name borrowed from the table); only the file when there is no such
/// row.
flow_mark flow_table_mark(const flow_table *table, int64_t row, int32_t column);
/// Where the header of a column stands.
flow_mark flow_table_head_mark(const flow_table *table, int32_t column);

/// Column named by any of the aliases ("name,place,location"; case-insensitive), -1 when absent.
int32_t flow_table_find(const flow_table *table, const char *aliases);
/// Like flow_table_find(); absence is an error that lists the names that would be accepted and the
/// nearest header found.
int32_t flow_table_need(const flow_table *table, const char *aliases, flow_problems *problems);

/// Number of a cell in [min, max]; an empty cell gives `empty` (NAN: empty is an error).
/// On error adds "<what> '<text>' is not a number" or "... is outside [min, max] unit" and gives
/// false.
bool flow_table_number(const flow_table *table, int64_t row, int32_t column, const char *what,
                       const char *unit, double min, double max, double empty,
                       flow_problems *problems, double *out);
/// The same for whole numbers ("25617.0" is accepted, "25617.5" is not).
bool flow_table_integer(const flow_table *table, int64_t row, int32_t column, const char *what,
                        const char *unit, int64_t min, int64_t max, double empty,
                        flow_problems *problems, int64_t *out);
/// Date YYYY-MM-DD of a cell, as days since 1970-01-01.
bool flow_table_date(const flow_table *table, int64_t row, int32_t column, const char *what,
                     flow_problems *problems, int32_t *out);

#endif
