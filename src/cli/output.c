/* output.c - what commands print: text for people, JSON for programs. */
#include <yyjson.h>

#include "base/clock.h"
#include "cli/command.h"

#include "base/banned.h"

static bool wants_json(const struct command_context *context) {
  return arguments_is_set(context->arguments, OPTION_JSON);
}

/* --- JSON ------------------------------------------------------------------------------ */

static yyjson_mut_val *json_value(yyjson_mut_doc *document, const struct field *field) {
  char time[TIME_ISO_BYTES];
  switch (field->kind) {
    case FIELD_NUMBER: return yyjson_mut_sint(document, field->number);
    case FIELD_FLAG: return yyjson_mut_bool(document, field->number != 0);
    case FIELD_TIME:
      if (!field->number) return yyjson_mut_null(document);
      time_format_iso(field->number, time);
      return yyjson_mut_strcpy(document, time);
    case FIELD_TEXT: break;
  }
  if (!field->text.ptr) return yyjson_mut_null(document);
  return yyjson_mut_strncpy(document, field->text.ptr, field->text.len);
}

static yyjson_mut_val *json_object(yyjson_mut_doc *document, const struct field *fields,
                                   size_t count) {
  yyjson_mut_val *object = yyjson_mut_obj(document);
  for (size_t i = 0; i < count; i++)
    yyjson_mut_obj_add(object, yyjson_mut_str(document, fields[i].name),
                       json_value(document, &fields[i]));
  return object;
}

static void json_write(struct command_context *context, yyjson_mut_doc *document,
                       yyjson_mut_val *root) {
  size_t len;
  yyjson_mut_doc_set_root(document, root);
  char *text = yyjson_mut_write(document, YYJSON_WRITE_PRETTY_TWO_SPACES, &len);
  if (text) buffer_append(context->output, text, len);
  buffer_append_byte(context->output, '\n');
  free(text);
  yyjson_mut_doc_free(document);
}

/* --- text ------------------------------------------------------------------------------ */

static struct slice field_text(struct arena *arena, const struct field *field) {
  char time[TIME_ISO_BYTES];
  switch (field->kind) {
    case FIELD_NUMBER: return arena_printf(arena, "%lld", (long long)field->number);
    case FIELD_FLAG: return field->number ? SLICE("yes") : SLICE("no");
    case FIELD_TIME:
      if (!field->number) return SLICE("never");
      time_format_iso(field->number, time);
      return arena_copy(arena, slice_of_string(time));
    case FIELD_TEXT: break;
  }
  return field->text.len ? field->text : SLICE("-");
}

static size_t character_count(struct slice text) {
  size_t count = 0;
  for (size_t i = 0; i < text.len; i++) count += ((unsigned char)text.ptr[i] & 0xc0u) != 0x80u;
  return count;
}

/* `cells` and `widths` of one line; the last column is not padded. */
static void append_line(struct buffer *output, const struct slice *cells, const size_t *widths,
                        size_t count) {
  for (size_t i = 0; i < count; i++) {
    buffer_append_slice(output, cells[i]);
    if (i + 1 == count) break;
    for (size_t at = character_count(cells[i]); at < widths[i] + 2; at++)
      buffer_append_byte(output, ' ');
  }
  buffer_append_byte(output, '\n');
}

static void table_as_text(struct command_context *context, const struct output_table *table) {
  size_t columns = table->column_count, cell_count = (table->row_count + 1) * columns;
  struct slice *cells = ARENA_ARRAY(context->arena, cell_count, struct slice);
  size_t *widths = ARENA_ARRAY(context->arena, columns, size_t);
  for (size_t i = 0; i < cell_count; i++) {
    cells[i] = i < columns ? slice_of_string(table->fields[i].name)
                           : field_text(context->arena, &table->fields[i - columns]);
    size_t width = character_count(cells[i]);
    if (width > widths[i % columns]) widths[i % columns] = width;
  }
  for (size_t row = 0; row <= table->row_count; row++)
    append_line(context->output, cells + row * columns, widths, columns);
}

/* --- both ------------------------------------------------------------------------------ */

void output_record(struct command_context *context, struct slice text, const struct field *fields,
                   size_t count) {
  if (wants_json(context)) {
    yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
    json_write(context, document, json_object(document, fields, count));
    return;
  }
  buffer_append_slice(context->output, text);
  buffer_append_byte(context->output, '\n');
}

void output_table(struct command_context *context, const struct output_table *table) {
  if (!wants_json(context)) {
    if (table->row_count) table_as_text(context, table);
    return;
  }
  yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
  yyjson_mut_val *list = yyjson_mut_arr(document);
  for (size_t row = 0; row < table->row_count; row++)
    yyjson_mut_arr_append(list, json_object(document, table->fields + row * table->column_count,
                                            table->column_count));
  json_write(context, document, list);
}
