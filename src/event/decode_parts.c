/* decode_parts.c - user, request, message and tags of an event; see decode.c. */
#include <string.h>

#include "event/decode.h"
#include "event/limits.h"

#include "base/banned.h"

struct slice decode_any_text(struct reader *reader, yyjson_val *value, size_t limit) {
  struct slice text = SLICE_EMPTY;
  if (!json_scalar_text(value, &text) && yyjson_is_ctn(value)) {
    const struct json_limits limits = {BAG_DEPTH, limit, limit};
    struct buffer json = buffer_make(EVENT_JSON_LIMIT);
    struct json_writer writer = {.out = &json};
    json_write_value(&writer, value, &limits);
    text = arena_copy(reader->arena, buffer_slice(&json));
    buffer_free(&json);
  }
  return reader_cut(reader, text, limit);
}

/* --- user ----------------------------------------------------------------------- */

/* Members of our own choosing: what is neither an attribute of users nor null. */
enum { USER_DATA_MEMBERS = 64 };

static bool is_user_field(struct slice name) {
  for (size_t i = 0; i < user_fields.count; i++) {
    if (slice_equal_string(name, user_fields.fields[i].name)) return true;
  }
  return slice_equal(name, SLICE("data"));
}

static void add_members(yyjson_val *object, bool is_user, struct json_pair *members,
                        size_t *count) {
  size_t index, max;
  yyjson_val *key, *value;
  if (!yyjson_is_obj(object)) return;
  yyjson_obj_foreach(object, index, max, key, value) {
    if (*count == USER_DATA_MEMBERS) return;
    if (yyjson_is_null(value) || (is_user && is_user_field(json_text(key)))) continue;
    members[(*count)++] = (struct json_pair){key, value};
  }
}

void decode_user(struct reader *reader, struct event *event, yyjson_val *value) {
  struct event_user *user = &event->user;
  if (!yyjson_is_obj(value)) {
    reader_note(reader, "invalid_data", NULL, value, "expected an object");
    return;
  }
  fields_read(reader, &user_fields, value, user, NULL);
  struct json_pair members[USER_DATA_MEMBERS];
  size_t count = 0;
  add_members(json_member(value, "data"), false, members, &count);
  add_members(value, true, members, &count);
  if (count) user->data = json_object_of(reader->arena, members, count);
  event->has_user = true;
}

/* --- request --------------------------------------------------------------------- */

/* "a=1; b=2" */
static struct pairs split_cookies(struct reader *reader, struct slice text) {
  struct pairs pairs = {0};
  size_t room = 1;
  for (size_t i = 0; i < text.len && room < LIMIT_PAIRS; i++) room += text.ptr[i] == ';';
  pairs.items = ARENA_ARRAY(reader->arena, room, struct pair);
  while (!slice_is_empty(text) && pairs.count < room) {
    struct slice cookie = slice_trim(slice_split(&text, ';'));
    struct slice name = slice_split(&cookie, '=');
    if (slice_is_empty(name)) continue;
    pairs.items[pairs.count++] = (struct pair){reader_cut(reader, name, LIMIT_RELEASE),
                                               reader_cut(reader, cookie, LIMIT_MESSAGE)};
  }
  return pairs;
}

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/* "content-type" -> "Content-Type"; what is right already is not copied. */
static struct slice header_name(struct arena *arena, struct slice name) {
  char *copy = NULL;
  for (size_t i = 0; i < name.len; i++) {
    bool is_first = i == 0 || name.ptr[i - 1] == '-';
    if (!is_first || !is_letter(name.ptr[i]) || !(name.ptr[i] & 0x20)) continue;
    if (!copy) name.ptr = copy = (char *)(uintptr_t)arena_copy(arena, name).ptr;
    copy[i] = (char)(copy[i] & ~0x20);
  }
  return name;
}

static void normalize_headers(struct reader *reader, struct event_request *request) {
  struct pairs *headers = &request->headers;
  size_t kept = 0;
  for (size_t i = 0; i < headers->count; i++) {
    struct pair header = headers->items[i];
    header.key = header_name(reader->arena, header.key);
    if (slice_equal(header.key, SLICE("Set-Cookie"))) continue;
    if (slice_equal(header.key, SLICE("Cookie"))) {
      if (!request->cookies.count) request->cookies = split_cookies(reader, header.value);
      continue;
    }
    headers->items[kept++] = header;
  }
  headers->count = kept;
}

/* A query without the marks before it, however many: what is kept reads back the same. */
static struct slice without_marks(struct slice query) {
  while (slice_starts_with(query, SLICE("?"))) query = slice_from(query, 1);
  return query;
}

/* A character for three dots at the end, as some SDKs cut with, becomes the dots. */
static struct slice spell_ellipsis(struct reader *reader, struct slice url) {
  static const struct slice ellipsis = {"\xe2\x80\xa6", 3};
  if (!slice_ends_with(url, ellipsis)) return url;
  url = arena_concat(reader->arena, slice_upto(url, url.len - ellipsis.len), SLICE("..."));
  return reader_cut(reader, url, LIMIT_MESSAGE);
}

/* Moves query and fragment out of the URL when they are not given by themselves. */
static void split_url(struct reader *reader, struct event_request *request) {
  struct slice url = spell_ellipsis(reader, request->url);
  size_t hash = slice_find_byte(url, '#');
  if (hash < url.len) {
    if (slice_is_empty(request->fragment)) request->fragment = slice_from(url, hash + 1);
    url = slice_upto(url, hash);
  }
  size_t mark = slice_find_byte(url, '?');
  if (mark < url.len) {
    bool has_query = request->query.count || !slice_is_empty(request->query_string);
    if (!has_query) request->query_string = without_marks(slice_from(url, mark + 1));
    url = slice_upto(url, mark);
  }
  request->url = spell_ellipsis(reader, url); /* it may have stood before the query */
}

/* Upper case; empty unless it looks like a method. */
static struct slice method_name(struct arena *arena, struct slice method) {
  if (method.len < 3 || method.len > 32) return SLICE_EMPTY;
  char *copy = (char *)(uintptr_t)arena_copy(arena, method).ptr;
  for (size_t i = 0; i < method.len; i++) {
    if (is_letter(copy[i]))
      copy[i] = (char)(copy[i] & ~0x20);
    else if (copy[i] != '-' && copy[i] != '_')
      return SLICE_EMPTY;
  }
  return slice_of(copy, method.len);
}

static void read_request_member(struct reader *reader, void *structure, yyjson_val *key,
                                yyjson_val *value) {
  struct event_request *request = structure;
  struct slice name = json_text(key);
  if (slice_equal(name, SLICE("cookies"))) {
    struct slice text = reader_cut(reader, json_text(value), LIMIT_MESSAGE);
    request->cookies = yyjson_is_str(value)
                           ? split_cookies(reader, text)
                           : reader_pairs(reader, value, LIMIT_MESSAGE, LIMIT_PAIRS);
  } else if (slice_equal(name, SLICE("query_string"))) {
    if (yyjson_is_str(value)) {
      request->query_string = reader_cut(reader, without_marks(json_text(value)), LIMIT_MESSAGE);
    } else {
      request->query = reader_pairs(reader, value, LIMIT_MESSAGE, LIMIT_PAIRS);
    }
  }
}

void decode_request(struct reader *reader, struct event *event, yyjson_val *value) {
  struct event_request *request = &event->request;
  if (!yyjson_is_obj(value)) {
    reader_note(reader, "invalid_data", NULL, value, "expected an object");
    return;
  }
  fields_read(reader, &request_fields, value, request, read_request_member);
  normalize_headers(reader, request);
  split_url(reader, request);
  if (!reader->is_kept) decode_request_data(reader, request);
  request->method = method_name(reader->arena, request->method);
  event->has_request = true;
}

/* --- message ---------------------------------------------------------------------- */

/* The parameter at a place of a template: by name, else the next one. */
static yyjson_val *parameter(yyjson_val *params, struct slice name, size_t *next) {
  uint64_t index;
  if (yyjson_is_obj(params)) return yyjson_obj_getn(params, name.ptr, name.len);
  if (slice_to_u64(name, &index)) return yyjson_arr_get(params, (size_t)index);
  return yyjson_arr_get(params, (*next)++);
}

/* The length of a placeholder at the start of `s`: "%s", "%-8.3d", "%(name)s", "{}", "{name}"; 0
 * when there is none. "%%" has the name "%". */
static size_t placeholder(struct slice s, struct slice *name) {
  size_t at = 1;
  *name = SLICE_EMPTY;
  if (s.ptr[0] == '{') {
    at = slice_find_byte(s, '}');
    if (at >= s.len || at > LIMIT_NAME) return 0;
    *name = slice_of(s.ptr + 1, at - 1);
    return at + 1;
  }
  if (s.len > 1 && s.ptr[1] == '%') {
    *name = SLICE("%");
    return 2;
  }
  if (s.len > 1 && s.ptr[1] == '(') {
    size_t close = slice_find_byte(s, ')');
    if (close >= s.len) return 0;
    *name = slice_of(s.ptr + 2, close - 2);
    at = close + 1;
  }
  while (at < s.len && memchr("0123456789.-+# l", s.ptr[at], 16)) at++;
  return at < s.len && memchr("sdifrvxXuq", s.ptr[at], 10) ? at + 1 : 0;
}

/* The template with its parameters put in. */
static struct slice format_message(struct reader *reader, struct slice template,
                                   yyjson_val *params) {
  struct buffer out = buffer_make(LIMIT_MESSAGE * 4);
  size_t next = 0;
  while (!slice_is_empty(template) && !out.is_overflown) {
    struct slice name;
    size_t plain = 0;
    while (plain < template.len && template.ptr[plain] != '%' && template.ptr[plain] != '{')
      plain++;
    buffer_append(&out, template.ptr, plain);
    template = slice_from(template, plain);
    if (slice_is_empty(template)) break;
    size_t length = placeholder(template, &name);
    if (slice_equal(name, SLICE("%")) && length) {
      buffer_append_byte(&out, '%');
    } else {
      yyjson_val *value = length ? parameter(params, name, &next) : NULL;
      if (!value) length = 1;
      buffer_append_slice(
          &out, value ? decode_any_text(reader, value, LIMIT_MESSAGE) : slice_upto(template, 1));
    }
    template = slice_from(template, length);
  }
  struct slice text = arena_copy(reader->arena, buffer_slice(&out));
  buffer_free(&out);
  return reader_cut(reader, text, LIMIT_MESSAGE);
}

void decode_logentry(struct reader *reader, struct event *event, yyjson_val *value) {
  if (!yyjson_is_obj(value)) {
    decode_message(reader, event, value);
    return;
  }
  struct slice template = decode_any_text(reader, json_member(value, "message"), LIMIT_MESSAGE);
  struct slice formatted = decode_any_text(reader, json_member(value, "formatted"), LIMIT_MESSAGE);
  yyjson_val *params = json_member(value, "params");
  if (yyjson_is_ctn(params) && yyjson_get_len(params)) event->message_params = params;
  if (!slice_is_empty(template)) event->message_template = template;
  /* Top-level `message`, if there is one, is the formatted text and came or comes by itself. */
  if (!slice_is_empty(formatted)) event->message_formatted = formatted;
}

void decode_message(struct reader *reader, struct event *event, yyjson_val *value) {
  if (yyjson_is_obj(value)) {
    decode_logentry(reader, event, value);
  } else if (slice_is_empty(event->message_formatted)) {
    event->message_formatted = decode_any_text(reader, value, LIMIT_MESSAGE);
  }
}

void decode_finish_message(struct reader *reader, struct event *event) {
  if (slice_is_empty(event->message_formatted) && !slice_is_empty(event->message_template)) {
    event->message_formatted =
        event->message_params
            ? format_message(reader, event->message_template, event->message_params)
            : event->message_template;
  }
  if (slice_is_empty(event->message_formatted)) event->message_formatted = event->message_template;
  if (slice_equal(event->message_formatted, event->message_template)) {
    event->message_template = SLICE_EMPTY;
  }
}

/* --- tags -------------------------------------------------------------------------- */

/* Set by the server from attributes of their own. */
static bool is_reserved_tag(struct slice key) {
  static const char *const names[] = {"release", "dist", "user", "filename", "function"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (slice_equal_string(key, names[i])) return true;
  }
  return false;
}

static bool is_tag_character(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == ':' || c == '-';
}

/* The key with blanks as dashes; empty when it holds anything else that keys may not. */
static struct slice tag_key(struct arena *arena, struct slice key) {
  char *copy = NULL;
  key = slice_trim(key);
  for (size_t i = 0; i < key.len; i++) {
    if (is_tag_character(key.ptr[i])) continue;
    if (key.ptr[i] != ' ') return SLICE_EMPTY;
    if (!copy) key.ptr = copy = (char *)(uintptr_t)arena_copy(arena, key).ptr;
    copy[i] = '-';
  }
  return key;
}

/* Values are one line. */
static struct slice tag_value(struct arena *arena, struct slice value) {
  size_t at = 0;
  value = slice_trim(value);
  while (at < value.len && (unsigned char)value.ptr[at] >= ' ') at++;
  if (at == value.len) return value;
  value = arena_copy(arena, value);
  for (; at < value.len; at++) {
    char *c = (char *)(uintptr_t)value.ptr + at;
    if ((unsigned char)*c < ' ') *c = ' ';
  }
  return slice_trim(value);
}

/* Reading pairs has cut it. */
static bool is_cut(struct slice key) {
  return slice_ends_with(key, SLICE("...")) &&
         slice_cut_characters(key, LIMIT_RELEASE - 1).len < key.len;
}

static void limit_tag(struct reader *reader, struct pair *tag) {
  if (is_cut(tag->key)) {
    reader_note(reader, "value_too_long", NULL, NULL, "a tag's name has more than 200 characters");
    tag->value = SLICE_EMPTY;
  } else if (slice_cut_characters(tag->value, LIMIT_RELEASE).len < tag->value.len) {
    reader_note(reader, "value_too_long", arena_string(reader->arena, tag->key), NULL,
                "longer than 200 characters; cut");
    tag->value = reader_cut(reader, tag->value, LIMIT_RELEASE);
  }
}

void decode_tags(struct reader *reader, struct event *event, yyjson_val *value) {
  struct pairs tags = reader_pairs(reader, value, LIMIT_MESSAGE, LIMIT_TAGS);
  size_t kept = 0;
  if (!yyjson_is_ctn(value)) {
    reader_note(reader, "invalid_data", NULL, value, "expected an object or a list of pairs");
  } else if (yyjson_get_len(value) > LIMIT_TAGS) {
    reader_note(reader, "value_too_long", NULL, NULL, "only the first 200 are kept");
  }
  for (size_t i = 0; i < tags.count; i++) {
    struct pair tag = {tag_key(reader->arena, tags.items[i].key),
                       tag_value(reader->arena, tags.items[i].value)};
    limit_tag(reader, &tag);
    if (slice_is_empty(tag.key)) {
      struct event_error *error = reader_note(reader, "invalid_data", NULL, NULL,
                                              "a tag's name has characters it may not have");
      if (error) error->value = reader_cut(reader, tags.items[i].key, LIMIT_NAME);
    } else if (!slice_is_empty(tag.value) && !is_reserved_tag(tag.key) &&
               slice_is_empty(pairs_get((struct pairs){tags.items, kept}, tag.key))) {
      tags.items[kept++] = tag;
    }
  }
  tags.count = kept;
  event->tags = tags;
}
