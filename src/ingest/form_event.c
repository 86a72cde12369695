/* form_event.c - see form_event.h. */
#include "ingest/form_event.h"

#include "base/bytes.h"

#include "event/limits.h"
#include "json/json.h"

#include "base/banned.h"

/* A tree of names; the leaves are texts. */
struct form_node {
  struct slice name, text;
  bool is_text;
  struct form_node *children, *next;
};

/* --- gathering
 * ------------------------------------------------------------------------------------ */

static struct form_node *find_or_add(struct arena *arena, struct form_node **list,
                                     struct slice name) {
  struct form_node **at = list;
  for (; *at; at = &(*at)->next) {
    if (slice_equal((*at)->name, name)) return *at;
  }
  *at = ARENA_NEW(arena, struct form_node);
  (*at)->name = name;
  return *at;
}

static struct slice text_of(struct arena *arena, struct slice value) {
  value = utf8_repair(arena, value);
  return slice_upto(value, slice_find_byte(value, '\0'));
}

/* "[tags][color]" as names; false when it is not of that form. */
static bool split_path(struct slice path, struct slice names[FORM_EVENT_DEPTH], size_t *count) {
  for (*count = 0; !slice_is_empty(path); (*count)++) {
    size_t end = slice_find_byte(path, ']');
    if (path.ptr[0] != '[' || end == path.len || end == 1 || *count == FORM_EVENT_DEPTH)
      return false;
    names[*count] = slice_from(slice_upto(path, end), 1);
    path = slice_from(path, end + 1);
  }
  return *count > 0;
}

static void add_member(struct form_event *form, const struct slice *names, size_t count,
                       struct slice value) {
  struct form_node **list = &form->nodes, *node = NULL;
  for (size_t i = 0; i < count; i++) {
    node = find_or_add(form->arena, list, names[i]);
    if (node->is_text && i + 1 < count) return;
    list = &node->children;
  }
  if (!node || node->children) return;
  node->is_text = true;
  node->text = text_of(form->arena, value);
}

void form_event_add(struct form_event *form, struct slice name, struct slice value) {
  struct slice names[FORM_EVENT_DEPTH];
  uint64_t number;
  size_t count;
  if (slice_equal(name, SLICE("sentry"))) {
    form->json = value;
  } else if (slice_starts_with(name, SLICE("sentry__")) &&
             slice_to_u64(slice_from(name, 8), &number)) {
    if (number < FORM_EVENT_PIECES) form->pieces[number] = value;
  } else if (slice_starts_with(name, SLICE("sentry["))) {
    if (split_path(slice_from(name, 6), names, &count)) add_member(form, names, count, value);
  } else {
    names[0] = SLICE("extra");
    names[1] = name;
    add_member(form, names, 2, value);
  }
}

/* --- writing
 * --------------------------------------------------------------------------------------- */

static void write_object(struct json_writer *json, yyjson_val *base, const struct form_node *nodes);

static void write_node(struct json_writer *json, yyjson_val *base, const struct form_node *node) {
  json_write_key_text(json, node->name);
  if (node->is_text)
    json_write_text(json, node->text);
  else
    write_object(json, base, node->children);
}

/* The members of `base`, those of the form in their place, then the form's others. As deep as names
 * of a form are. */
static void write_object(struct json_writer *json, yyjson_val *base,
                         const struct form_node *nodes) {
  size_t index, max;
  yyjson_val *key, *value;
  json_write_object(json);
  if (yyjson_is_obj(base)) {
    yyjson_obj_foreach(base, index, max, key, value) {
      const struct form_node *node = nodes;
      while (node && !slice_equal(node->name, json_text(key))) node = node->next;
      if (node) continue;
      json_write_key_text(json, json_text(key));
      json_write_value(json, value, &JSON_NO_LIMITS);
    }
  }
  for (const struct form_node *node = nodes; node; node = node->next) {
    yyjson_val *same =
        yyjson_is_obj(base) ? yyjson_obj_getn(base, node->name.ptr, node->name.len) : NULL;
    write_node(json, same, node);
  }
  json_write_object_end(json);
}

/* The pieces one after the other. */
static struct slice join_pieces(struct form_event *form) {
  struct buffer out = buffer_make(EVENT_JSON_LIMIT);
  for (size_t i = 0; i < FORM_EVENT_PIECES; i++) buffer_append_slice(&out, form->pieces[i]);
  struct slice json = out.is_overflown ? SLICE_EMPTY : arena_copy(form->arena, buffer_slice(&out));
  buffer_free(&out);
  return json;
}

static struct slice merge(struct form_event *form, struct arena *parsed) {
  yyjson_val *base = NULL;
  struct slice sent = slice_is_empty(form->json) ? join_pieces(form) : form->json;
  bool is_read = sent.len && sent.len <= EVENT_JSON_LIMIT &&
                 json_read(parsed, sent, &base, NULL) == STATUS_OK && yyjson_is_obj(base);
  if (!is_read) base = NULL;
  if (!base && !form->nodes) return SLICE_EMPTY;
  struct buffer out = buffer_make(4 * EVENT_JSON_LIMIT);
  struct json_writer json = {.out = &out};
  write_object(&json, base, form->nodes);
  struct slice event = out.is_overflown ? SLICE_EMPTY : arena_copy(form->arena, buffer_slice(&out));
  buffer_free(&out);
  return event;
}

struct slice form_event_json(struct form_event *form) {
  struct arena parsed = {0};
  struct slice json = merge(form, &parsed);
  arena_free(&parsed);
  return json;
}
