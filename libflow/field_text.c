// Values of described fields as YAML text, and the JSON Schema of all of them.
#include "field.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static char *choice_name(const char *choices, int32_t index)
{
    const char *at = choices;
    for (int32_t i = 0; i < index && *at != '\0'; i++) {
        at += strcspn(at, "|");
        if (*at == '|') { at++; }
    }
    return flow_strndup(at, strcspn(at, "|"));
}

/// The shortest decimal that reads back as the same number. Whole numbers have no exponent as long
/// as they are exact, others a point: YAML 1.1 reads 2e+02 as a text.
static void number_text(double value, char out[static 40])
{
    if (value >= -1e15 && value <= 1e15 && value == (double)(int64_t)value) {
        (void)snprintf(out, 40, "%" PRId64, (int64_t)value);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(out, 36, "%.*g", digits, value);
        double back = 0.0;
        if (flow_number_parse(out, &back) && back == value) { break; }
    }
    char *exponent = strchr(out, 'e');
    if (exponent != NULL && strchr(out, '.') == NULL) {
        memmove(exponent + 2, exponent, strlen(exponent) + 1);
        memcpy(exponent, ".0", 2);
    }
}

/// A growing text; `bad` after a failed allocation.
typedef struct buffer {
    char *text;
    size_t n, size;
    bool bad;
} buffer;

static void put(buffer *out, const char *text)
{
    const size_t n = strlen(text);
    if (out->bad) { return; }
    if (out->n + n + 1 > out->size) {
        const size_t size = (out->n + n + 1) * 2;
        char *longer = flow_realloc(out->text, (int64_t)size, 1);
        if (longer == NULL) {
            out->bad = true;
            return;
        }
        out->text = longer;
        out->size = size;
    }
    memcpy(out->text + out->n, text, n + 1);
    out->n += n;
}

static char *finish(buffer *out)
{
    if (!out->bad) { return out->text; }
    flow_dealloc(out->text);
    return NULL;
}

/// A JSON string; also a valid YAML double-quoted one.
static void put_quoted(buffer *out, const char *text)
{
    put(out, "\"");
    for (const char *at = text; *at != '\0'; at++) {
        char part[8];
        const unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\') {
            (void)snprintf(part, sizeof part, "\\%c", byte);
        } else if (byte == '\n') {
            (void)snprintf(part, sizeof part, "\\n");
        } else if (byte < 0x20 || byte == 0x7f) {
            (void)snprintf(part, sizeof part, "\\u%04x", byte);
        } else {
            (void)snprintf(part, sizeof part, "%c", byte);
        }
        put(out, part);
    }
    put(out, "\"");
}

/// True when YAML 1.1 reads the plain text as this very text.
static bool is_plain(const char *text)
{
    static const char *const word[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
    const size_t n = strlen(text);
    double number = 0.0;
    if (n == 0 || text[0] == ' ' || text[n - 1] == ' ') { return false; }
    if (strpbrk(text, ":#\"'{}[]&*!|>%@`,\n\t\r\\") != NULL || strchr("-?=<~.", text[0]) != NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
        size_t k = 0;
        while (word[i][k] != '\0' && (text[k] | 0x20) == word[i][k]) { k++; }
        if (word[i][k] == '\0' && text[k] == '\0') { return false; }
    }
    return !(text[0] >= '0' && text[0] <= '9') && !flow_number_parse(text, &number);
}

char *flow_field_text(const flow_field *field, const void *section_struct)
{
    const void *at = (const char *)section_struct + field->offset;
    buffer out = {0};
    char part[40] = "";
    switch (field->type) {
    case FLOW_BOOL: put(&out, *(const bool *)at ? "true" : "false"); break;
    case FLOW_INT:
        (void)snprintf(part, sizeof part, "%" PRId64, *(const int64_t *)at);
        put(&out, part);
        break;
    case FLOW_DOUBLE:
        number_text(*(const double *)at, part);
        put(&out, part);
        break;
    case FLOW_CHOICE: return choice_name(field->choices, *(const int32_t *)at);
    case FLOW_TEXT: {
        const char *text = *(char *const *)at;
        if (text != NULL && is_plain(text)) {
            put(&out, text);
        } else {
            put_quoted(&out, text == NULL ? "" : text);
        }
        break;
    }
    case FLOW_DATE:
        flow_date_text(*(const int32_t *)at, part);
        put(&out, part);
        break;
    case FLOW_LIST: {
        const flow_list *list = at;
        put(&out, "[");
        for (int32_t i = 0; i < list->n; i++) {
            number_text(list->value[i], part);
            put(&out, i > 0 ? ", " : "");
            put(&out, part);
        }
        put(&out, "]");
        break;
    }
    case FLOW_PLACE:
    case FLOW_COUNTRY:
    case FLOW_KEYS: break; // columns of tables and options only
    }
    return finish(&out);
}

// ---- JSON Schema
// ---------------------------------------------------------------------------------

static void put_limits(buffer *out, const flow_field *field)
{
    char part[64];
    if (field->min > -1e300) {
        (void)snprintf(part, sizeof part, ", \"minimum\": %.17g", field->min);
        put(out, part);
    }
    if (field->max < 1e300) {
        (void)snprintf(part, sizeof part, ", \"maximum\": %.17g", field->max);
        put(out, part);
    }
}

static void put_choices(buffer *out, const char *choices)
{
    put(out, "\"enum\": [");
    for (const char *at = choices; *at != '\0';) {
        const size_t width = strcspn(at, "|");
        char name[64];
        (void)snprintf(name, sizeof name, "%.*s", (int)width, at);
        if (at != choices) { put(out, ", "); }
        put_quoted(out, name);
        at += width;
        if (*at == '|') { at++; }
    }
    put(out, "]");
}

static void put_default(buffer *out, const flow_field *field)
{
    if (field->type == FLOW_DATE && *field->fallback == '\0') { return; }
    put(out, ", \"default\": ");
    if (field->type == FLOW_TEXT || field->type == FLOW_CHOICE || field->type == FLOW_DATE) {
        put_quoted(out, field->fallback);
    } else {
        put(out, field->fallback);
    }
}

static void put_field(buffer *out, const flow_field *field)
{
    put_quoted(out, field->key);
    put(out, ": {");
    switch (field->type) {
    case FLOW_BOOL: put(out, "\"type\": \"boolean\""); break;
    case FLOW_INT:
        put(out, "\"type\": \"integer\"");
        put_limits(out, field);
        break;
    case FLOW_DOUBLE:
        put(out, "\"type\": \"number\"");
        put_limits(out, field);
        break;
    case FLOW_CHOICE: put_choices(out, field->choices); break;
    case FLOW_TEXT: put(out, "\"type\": \"string\""); break;
    case FLOW_DATE:
        put(out, "\"type\": \"string\", \"pattern\": \"^[0-9]{4}-[0-9]{2}-[0-9]{2}$\"");
        break;
    case FLOW_LIST:
        put(out, "\"type\": \"array\", \"items\": {\"type\": \"number\"");
        put_limits(out, field);
        put(out, "}");
        break;
    case FLOW_KEYS: put(out, "\"type\": [\"object\", \"null\"]"); break;
    case FLOW_PLACE:
    case FLOW_COUNTRY: break; // columns of tables only
    }
    put_default(out, field);
    put(out, ", \"description\": ");
    put_quoted(out, field->help);
    if (*field->unit != '\0') {
        put(out, ", \"x-unit\": ");
        put_quoted(out, field->unit);
    }
    if (*field->source != '\0') {
        const char tag[2] = {field->tag, '\0'};
        put(out, ", \"x-evidence\": ");
        put_quoted(out, tag);
        put(out, ", \"x-source\": ");
        put_quoted(out, field->source);
    }
    put(out, "}");
}

/// Rows of a section and of its neighbours of the same name; returns how many sections there were.
static int32_t put_fields(buffer *out, const flow_section *section, int32_t n_section,
                          const char *indent)
{
    int32_t n = 0;
    bool first = true;
    for (; n < n_section && strcmp(section[n].name, section[0].name) == 0; n++) {
        for (const flow_field *f = section[n].field; f->key != NULL; f++) {
            if (!first) { put(out, ",\n"); }
            first = false;
            put(out, indent);
            put_field(out, f);
        }
    }
    return n;
}

/// A section as an object; its members may also be those of the objects in a list.
static int32_t put_section(buffer *out, const flow_section *section, int32_t n_section)
{
    static const char closed[] = "\"additionalProperties\": false, \"properties\": {\n";
    put_quoted(out, section->name);
    put(out, section->many ? ": {\"type\": [\"object\", \"null\", \"array\"], \"description\": "
                           : ": {\"type\": [\"object\", \"null\"], \"description\": ");
    put_quoted(out, section->help);
    put(out, ", ");
    put(out, closed);
    const int32_t n = put_fields(out, section, n_section, "      ");
    put(out, "}");
    if (section->many) {
        put(out, ",\n      \"minItems\": 1, \"items\": {\"type\": [\"object\", \"null\"], ");
        put(out, closed);
        (void)put_fields(out, section, n_section, "      ");
        put(out, "}}");
    }
    put(out, "}");
    return n;
}

char *flow_fields_schema(const flow_section *sections, int32_t n_section, const char *title)
{
    buffer out = {0};
    put(&out, "{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n  \"title\": ");
    put_quoted(&out, title);
    put(&out,
        ",\n  \"type\": \"object\",\n  \"additionalProperties\": false,\n  \"properties\": {\n");
    for (int32_t s = 0; s < n_section;) {
        if (s > 0) { put(&out, ",\n"); }
        if (*sections[s].name == '\0') {
            s += put_fields(&out, &sections[s], n_section - s, "    ");
            continue;
        }
        put(&out, "    ");
        s += put_section(&out, &sections[s], n_section - s);
    }
    put(&out, "\n  }\n}\n");
    return finish(&out);
}
