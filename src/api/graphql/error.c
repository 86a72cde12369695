/* error.c - see error.h.
 *
 * Source: GraphQL specification, "Response", "Errors".
 */
#include "api/graphql/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/graphql/limits.h"
#include "base/bytes.h"

#include "base/banned.h"

enum { MESSAGE_BYTES = 400, PATH_LIMIT = 64 * 1024 };

struct graphql_errors graphql_errors_make(struct arena *arena, struct slice source) {
  struct graphql_errors errors = {.arena = arena, .source = source};
  errors.items = ARENA_ARRAY(arena, GRAPHQL_ERROR_LIMIT, struct graphql_error);
  return errors;
}

void graphql_error_at(struct graphql_errors *errors, size_t offset, const char *format, ...) {
  char message[MESSAGE_BYTES];
  if (errors->count++ >= GRAPHQL_ERROR_LIMIT) return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  /* Cut within a character, perhaps. */
  struct slice text = utf8_repair(errors->arena, slice_of_string(message));
  errors->items[errors->count - 1] =
      (struct graphql_error){.message = arena_copy(errors->arena, text), .offset = offset};
}

static void write_path(struct json_writer *writer, const struct graphql_path *path) {
  if (!path) return;
  write_path(writer, path->parent);
  if (path->key.len)
    json_write_text(writer, path->key);
  else
    json_write_integer(writer, (int64_t)path->index);
}

void graphql_error_set_path(struct graphql_errors *errors, const struct graphql_path *path) {
  struct buffer json = buffer_make(PATH_LIMIT);
  struct json_writer writer = {.out = &json};
  if (errors->count > GRAPHQL_ERROR_LIMIT) return;
  json_write_array(&writer);
  write_path(&writer, path);
  json_write_array_end(&writer);
  errors->items[errors->count - 1].path = arena_copy(errors->arena, buffer_slice(&json));
  buffer_free(&json);
}

/* Lines end in LF, CR or both; columns are counted in characters. */
static void write_location(struct json_writer *writer, struct slice source, size_t offset) {
  int64_t line = 1, column = 1;
  for (size_t i = 0; i < offset && i < source.len; i++) {
    char c = source.ptr[i];
    bool is_end = c == '\n' || (c == '\r' && (i + 1 == source.len || source.ptr[i + 1] != '\n'));
    if (is_end) line++;
    if (is_end)
      column = 1;
    else if (((unsigned char)c & 0xc0u) != 0x80u)
      column++;
  }
  json_write_array(writer);
  json_write_object(writer);
  json_write_key(writer, "line");
  json_write_integer(writer, line);
  json_write_key(writer, "column");
  json_write_integer(writer, column);
  json_write_object_end(writer);
  json_write_array_end(writer);
}

void graphql_errors_write(const struct graphql_errors *errors, struct json_writer *writer) {
  if (!errors->count) return;
  json_write_key(writer, "errors");
  json_write_array(writer);
  for (size_t i = 0; i < errors->count && i < GRAPHQL_ERROR_LIMIT; i++) {
    const struct graphql_error *error = &errors->items[i];
    json_write_object(writer);
    json_write_key(writer, "message");
    json_write_text(writer, error->message);
    if (error->offset != GRAPHQL_NOWHERE) {
      json_write_key(writer, "locations");
      write_location(writer, errors->source, error->offset);
    }
    if (error->path.len) {
      json_write_key(writer, "path");
      json_write_raw(writer, error->path);
    }
    json_write_object_end(writer);
  }
  json_write_array_end(writer);
}
