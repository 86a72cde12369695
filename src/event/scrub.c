/* scrub.c - which rules apply where in an event.
 *
 * Where people's data is (request, user, extra, contexts, breadcrumbs, variables)
 * both kinds of rules apply: by name, and by what a text holds. Messages and
 * exception values are what people read and grouping compares, so that only the
 * latter apply there. Frames' paths and lines of source, tags, the transaction,
 * modules and debug_meta are left to a project's own rules.
 *
 * Values within JSON are changed in place. yyjson keeps a container and all below
 * it side by side; an object that is replaced by a text leaves a gap, which what
 * follows within the same container moves up to close, once for each container.
 */
#include <string.h>

#include "event/limits.h"
#include "event/scrub_parts.h"
#include "json/json.h"

#include "base/banned.h"

/* Of the texts shown in a report. */
enum { SHOWN_CHARACTERS = 200 };
/* --- the report ------------------------------------------------------------------------ */

static void append_path(struct buffer *out, const struct step *step) {
  if (!step) return;
  append_path(out, step->outer);
  if (step->outer) buffer_append_byte(out, '.');
  if (step->name.ptr) {
    buffer_append_slice(out, slice_cut_characters(step->name, SHOWN_CHARACTERS));
  } else {
    buffer_append_u64(out, step->index);
  }
}

void scrub_note(struct walk *walk, struct slice before, struct slice after, struct slice rule) {
  struct scrub_report *report = walk->report;
  if (!report) return;
  if ((report->count & (report->count - 1)) == 0) { /* room for the next power of two */
    size_t room = report->count ? report->count * 2 : 1;
    struct scrub_change *grown = ARENA_ARRAY(walk->arena, room, struct scrub_change);
    if (report->count) memcpy(grown, report->changes, report->count * sizeof *grown);
    report->changes = grown;
  }
  struct buffer path = buffer_make(EVENT_JSON_LIMIT);
  append_path(&path, walk->at);
  report->changes[report->count++] = (struct scrub_change){
      arena_copy(walk->arena, buffer_slice(&path)), slice_cut_characters(before, SHOWN_CHARACTERS),
      slice_cut_characters(after, SHOWN_CHARACTERS), rule};
  buffer_free(&path);
}

static void note(struct walk *walk, struct slice before, struct slice after, const char *rule) {
  if (walk->report) scrub_note(walk, before, after, slice_of_string(rule));
}

struct slice scrub_shown_json(struct walk *walk, yyjson_val *value) {
  const struct json_limits limits = {3, SHOWN_CHARACTERS, SHOWN_CHARACTERS};
  struct buffer json = buffer_make(EVENT_JSON_LIMIT);
  struct json_writer writer = {.out = &json};
  json_write_value(&writer, value, &limits);
  struct slice text = arena_copy(walk->arena, buffer_slice(&json));
  buffer_free(&json);
  return text;
}

/* --- texts -------------------------------------------------------------------------------- */

/* What a replacement makes longer than `limit` characters is cut, as event_read() would. */
static struct slice cut(struct arena *arena, struct slice text, size_t limit) {
  if (text.len <= limit || slice_cut_characters(text, limit).len == text.len) return text;
  return arena_concat(arena, slice_cut_characters(text, limit - 3), SLICE("..."));
}

static void scrub_slice(struct walk *walk, struct slice *text, enum text_mode mode, size_t limit) {
  struct text_result result = scrub_text_find(walk->arena, walk->scrubber, *text, mode);
  if (!result.rule) return;
  result.text = cut(walk->arena, result.text, limit);
  note(walk, *text, result.text, result.rule);
  *text = result.text;
}

static void scrub_named(struct walk *walk, const char *name, struct slice *text,
                        enum text_mode mode, size_t limit) {
  const struct step here = {walk->at, slice_of_string(name), 0};
  if (text->len < 4) return; /* no secret is shorter */
  walk->at = &here;
  scrub_slice(walk, text, mode, limit);
  walk->at = here.outer;
}

static void filter_slice(struct walk *walk, struct slice *text, const char *rule) {
  if (slice_is_empty(*text) || slice_equal(*text, SCRUB_FILTERED)) return;
  note(walk, *text, SCRUB_FILTERED, rule);
  *text = SCRUB_FILTERED;
}

/* Headers that hold the address of a user, or of what stands between. */
static bool is_address_name(struct slice name) {
  static const char *const names[] = {"remote_addr",         "x_forwarded_for",  "x_real_ip",
                                      "x_client_ip",         "client_ip",        "true_client_ip",
                                      "cf_connecting_ip",    "forwarded",        "forwarded_for",
                                      "x_cluster_client_ip", "fastly_client_ip", "ip_address",
                                      "x_original_for"};
  if (name.len > 4 && (name.ptr[4] == '_' || name.ptr[4] == '-') &&
      slice_equal_ignore_case(slice_upto(name, 4), SLICE("http"))) {
    name = slice_from(name, 5); /* CGI: HTTP_X_FORWARDED_FOR */
  }
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (key_is_same(slice_of_string(names[i]), name)) return true;
  }
  return false;
}

/* `cookies` are judged each by its own name, so that a text under "Cookie" cannot be among them. */
static void scrub_pairs(struct walk *walk, const char *name, struct pairs pairs) {
  struct step outer = {walk->at, slice_of_string(name), 0}, here = {&outer, SLICE_EMPTY, 0};
  walk->at = &here;
  for (size_t i = 0; i < pairs.count; i++) {
    struct pair *pair = &pairs.items[i];
    here.name = pair->key;
    if (scrubber_key(walk->scrubber, pair->key)) {
      filter_slice(walk, &pair->value, "password");
    } else if (walk->scrubber->removes_addresses && is_address_name(pair->key)) {
      filter_slice(walk, &pair->value, "ip");
    } else if (pair->value.len >= 4) {
      scrub_slice(walk, &pair->value, TEXT_LOOSE, LIMIT_MESSAGE);
    }
  }
  walk->at = outer.outer;
}

/* --- values in JSON --------------------------------------------------------------------------- */

/* What goes on from one member of a list to the next. */
struct list_state {
  bool is_secret; /* the last text was "--password" */
  bool in_pem;    /* a key of which each line is a member */
};

static void scrub_string(struct walk *walk, yyjson_val *value) {
  struct slice text = json_text(value);
  if (text.len < 4) return;
  enum text_mode mode = walk->is_in_meta ? TEXT_STRICT : TEXT_LOOSE;
  struct text_result result = scrub_text_find(walk->arena, walk->scrubber, text, mode);
  if (!result.rule) return;
  note(walk, text, result.text, result.rule);
  unsafe_yyjson_set_strn(value, result.text.ptr, result.text.len);
}

/* Card numbers come as numbers too. */
static void scrub_number(struct walk *walk, yyjson_val *value) {
  struct slice text;
  if (unsafe_yyjson_get_len(value) < 13 || !json_scalar_text(value, &text)) return;
  struct text_result result = scrub_text_find(walk->arena, walk->scrubber, text, TEXT_LOOSE);
  if (!result.rule) return;
  note(walk, text, result.text, result.rule);
  unsafe_yyjson_set_strn(value, result.text.ptr, result.text.len);
}

static void filter_value(struct walk *walk, yyjson_val *value, const char *rule) {
  if (walk->report) {
    bool is_text = yyjson_is_str(value);
    note(walk, is_text ? json_text(value) : scrub_shown_json(walk, value), SCRUB_FILTERED, rule);
  }
  unsafe_yyjson_set_strn(value, SCRUB_FILTERED.ptr, SCRUB_FILTERED.len);
}

/* Whether the value under a secret name has anything to hide. */
static bool has_secret(yyjson_val *value) {
  if (yyjson_is_str(value)) {
    struct slice text = json_text(value);
    return text.len > 0 && !slice_equal(text, SCRUB_FILTERED);
  }
  if (yyjson_is_ctn(value)) return yyjson_get_len(value) > 0;
  return json_is_number(value);
}

static bool is_secret_under(struct walk *walk, struct slice name, yyjson_val *value) {
  if (walk->is_in_meta) return false;
  enum key_kind kind = scrubber_key(walk->scrubber, name);
  if (kind == KEY_SECRET || (kind == KEY_OF_TEXT && yyjson_is_str(value))) return true;
  return walk->scrubber->removes_addresses && yyjson_is_str(value) && is_address_name(name);
}

static void scrub_value(struct walk *walk, yyjson_val *value, unsigned depth);

void gap_close(struct gap *gap, yyjson_val *next) {
  size_t count = (size_t)(next - gap->from);
  if (gap->to != gap->from) memmove(gap->to, gap->from, count * sizeof *gap->to);
  gap->to += count;
  gap->from = next;
}

/* Filters the value if it is a secret one, else looks into it; moves it and what is before it. */
static void take_member(struct walk *walk, struct gap *gap, yyjson_val *value, bool is_secret,
                        unsigned depth) {
  yyjson_val *next = unsafe_yyjson_get_next(value);
  if (!is_secret) {
    scrub_value(walk, value, depth);
  } else if (has_secret(value)) {
    filter_value(walk, value, "password");
    gap_close(gap, value + 1);
    gap->from = next;
    return;
  }
  gap_close(gap, next);
}

/* {"name": "Authorization", "value": "..."}, with little beside it. */
enum { PAIR_MEMBERS = 4 };

static void scrub_object(struct walk *walk, yyjson_val *object, unsigned depth) {
  struct step here = {walk->at, SLICE_EMPTY, 0};
  size_t count = yyjson_obj_size(object);
  struct slice named = SLICE_EMPTY; /* by a member "name" or "key" */
  struct gap gap = {object + 1, object + 1};
  walk->at = &here;
  for (size_t i = 0; i < count; i++) {
    yyjson_val *key = gap.from, *value = key + 1;
    here.name = json_text(key);
    bool is_secret = is_secret_under(walk, here.name, value);
    if (count <= PAIR_MEMBERS) {
      if (named.len && slice_equal(here.name, SLICE("value"))) {
        is_secret |= is_secret_under(walk, named, value);
      } else if (slice_equal(here.name, SLICE("name")) || slice_equal(here.name, SLICE("key"))) {
        named = json_text(value);
      }
    }
    take_member(walk, &gap, value, is_secret, depth);
  }
  walk->at = here.outer;
}

/* ["Authorization", "..."] within a list of such. */
static bool is_pair(yyjson_val *array) {
  return yyjson_arr_size(array) == 2 && yyjson_is_str(unsafe_yyjson_get_first(array));
}

static bool is_secret_member(struct walk *walk, struct list_state *state, yyjson_val *value) {
  struct slice text = json_text(value);
  bool is_secret = state->is_secret && !slice_starts_with(text, SLICE("-"));
  bool was_in_pem = state->in_pem;
  state->is_secret = text.len > 2 && text.len < LIMIT_NAME && text.ptr[0] == '-' &&
                     slice_find_byte(text, '=') == text.len &&
                     slice_find_byte(text, ' ') == text.len &&
                     scrubber_key(walk->scrubber, text) == KEY_SECRET;
  if (!walk->scrubber->has_defaults || text.len < 16) return is_secret || was_in_pem;
  struct slice rest = slice_from(text, slice_find(text, SLICE("-----BEGIN ")));
  if (rest.len) state->in_pem = slice_find(rest, SLICE("-----END ")) == rest.len;
  if (was_in_pem && slice_starts_with(text, SLICE("-----END "))) was_in_pem = state->in_pem = false;
  return is_secret || (was_in_pem && !rest.len);
}

static void scrub_array(struct walk *walk, yyjson_val *array, unsigned depth) {
  struct step here = {walk->at, SLICE_EMPTY, 0};
  size_t count = yyjson_arr_size(array);
  struct list_state state = {false, false};
  struct gap gap = {array + 1, array + 1};
  walk->at = &here;
  for (; here.index < count; here.index++) {
    yyjson_val *value = gap.from;
    bool is_secret = yyjson_is_str(value) && is_secret_member(walk, &state, value);
    if (yyjson_is_arr(value) && is_pair(value)) {
      yyjson_val *name = value + 1;
      struct gap inner = {name + 1, name + 1};
      yyjson_val *next = unsafe_yyjson_get_next(value);
      bool is_pair_secret = is_secret_under(walk, json_text(name), name + 1);
      take_member(walk, &inner, name + 1, is_pair_secret, depth ? depth - 1 : 0);
      gap_close(&gap, next);
    } else {
      take_member(walk, &gap, value, is_secret, depth);
    }
  }
  walk->at = here.outer;
}

static void scrub_value(struct walk *walk, yyjson_val *value, unsigned depth) {
  if (yyjson_is_str(value)) {
    scrub_string(walk, value);
  } else if (yyjson_is_raw(value)) {
    scrub_number(walk, value);
  } else if (yyjson_is_ctn(value) && depth == 0) {
    unsafe_yyjson_set_len(value, 0);
  } else if (yyjson_is_obj(value)) {
    scrub_object(walk, value, depth - 1);
  } else if (yyjson_is_arr(value)) {
    scrub_array(walk, value, depth - 1);
  }
}

static void scrub_tree(struct walk *walk, const char *name, yyjson_val *value) {
  const struct step here = {walk->at, slice_of_string(name), 0};
  if (!value) return;
  walk->at = &here;
  scrub_value(walk, value, SCRUB_DEPTH);
  walk->at = here.outer;
}

/* --- the parts of an event
 * ------------------------------------------------------------------------ */

static void scrub_frames(struct walk *walk, const struct stacktrace *stacktrace) {
  struct step outer = {walk->at, SLICE("stacktrace"), 0}, list = {&outer, SLICE("frames"), 0};
  struct step here = {&list, SLICE_EMPTY, 0};
  walk->at = &here;
  for (; here.index < stacktrace->count; here.index++) {
    struct frame *frame = &stacktrace->frames[here.index];
    if (frame->vars) scrub_tree(walk, "vars", frame->vars);
    if (frame->data) scrub_tree(walk, "data", frame->data);
    if (frame->source_link.len) {
      scrub_named(walk, "source_link", &frame->source_link, TEXT_LOOSE, LIMIT_NAME);
    }
  }
  walk->at = outer.outer;
}

static void scrub_exceptions(struct walk *walk, struct event *event) {
  struct step outer = {NULL, SLICE("exception"), 0}, list = {&outer, SLICE("values"), 0};
  struct step here = {&list, SLICE_EMPTY, 0};
  walk->at = &here;
  for (; here.index < event->exception_count; here.index++) {
    struct exception *exception = &event->exceptions[here.index];
    scrub_named(walk, "value", &exception->value, TEXT_STRICT, LIMIT_MESSAGE);
    const struct step mechanism = {&here, SLICE("mechanism"), 0};
    walk->at = &mechanism;
    scrub_named(walk, "description", &exception->mechanism.description, TEXT_STRICT, LIMIT_NAME);
    scrub_tree(walk, "data", exception->mechanism.data);
    walk->at = &here;
    scrub_frames(walk, &exception->stacktrace);
  }
  walk->at = NULL;
}

static void scrub_threads(struct walk *walk, struct event *event) {
  struct step outer = {NULL, SLICE("threads"), 0}, list = {&outer, SLICE("values"), 0};
  struct step here = {&list, SLICE_EMPTY, 0};
  walk->at = &here;
  for (; here.index < event->thread_count; here.index++) {
    scrub_frames(walk, &event->threads[here.index].stacktrace);
  }
  walk->at = NULL;
}

static void scrub_breadcrumbs(struct walk *walk, struct event *event) {
  struct step outer = {NULL, SLICE("breadcrumbs"), 0}, list = {&outer, SLICE("values"), 0};
  struct step here = {&list, SLICE_EMPTY, 0};
  walk->at = &here;
  for (; here.index < event->breadcrumb_count; here.index++) {
    struct breadcrumb *breadcrumb = &event->breadcrumbs[here.index];
    scrub_named(walk, "message", &breadcrumb->message, TEXT_LOOSE, LIMIT_MESSAGE);
    scrub_tree(walk, "data", breadcrumb->data);
  }
  walk->at = NULL;
}

static void scrub_request(struct walk *walk, struct event_request *request) {
  const struct step here = {NULL, SLICE("request"), 0};
  walk->at = &here;
  scrub_named(walk, "url", &request->url, TEXT_LOOSE, LIMIT_MESSAGE);
  scrub_named(walk, "fragment", &request->fragment, TEXT_LOOSE, LIMIT_MESSAGE);
  scrub_named(walk, "query_string", &request->query_string, TEXT_LOOSE, LIMIT_MESSAGE);
  scrub_pairs(walk, "query_string", request->query);
  scrub_pairs(walk, "headers", request->headers);
  scrub_pairs(walk, "cookies", request->cookies);
  scrub_pairs(walk, "env", request->env);
  scrub_tree(walk, "data", request->data);
  walk->at = NULL;
}

static bool is_nobody(const struct event_user *user) {
  return !user->id.len && !user->username.len && !user->email.len && !user->name.len &&
         !user->ip_address.len && !user->geo && !user->data;
}

static void scrub_user(struct walk *walk, struct event *event) {
  const struct step here = {NULL, SLICE("user"), 0};
  struct event_user *user = &event->user;
  walk->at = &here;
  scrub_named(walk, "id", &user->id, TEXT_LOOSE, LIMIT_NAME);
  scrub_named(walk, "username", &user->username, TEXT_LOOSE, LIMIT_NAME);
  scrub_named(walk, "email", &user->email, TEXT_LOOSE, LIMIT_EMAIL);
  scrub_named(walk, "name", &user->name, TEXT_LOOSE, LIMIT_NAME);
  if (walk->scrubber->removes_addresses && user->ip_address.len) {
    const struct step address = {&here, SLICE("ip_address"), 0};
    walk->at = &address;
    note(walk, user->ip_address, SLICE_EMPTY, "ip");
    user->ip_address = SLICE_EMPTY;
    walk->at = &here;
  }
  scrub_tree(walk, "data", user->data);
  event->has_user = !is_nobody(user);
  walk->at = NULL;
}

/* Tags are scrubbed by the fields that a project names, and by nothing else: they are there to be
 * searched. */
static void scrub_tags(struct walk *walk, struct pairs tags) {
  struct step outer = {NULL, SLICE("tags"), 0}, here = {&outer, SLICE_EMPTY, 0};
  if (!walk->scrubber->fields) return;
  walk->at = &here;
  for (size_t i = 0; i < tags.count; i++) {
    here.name = tags.items[i].key;
    bool is_named = key_matcher_find(walk->scrubber->fields, here.name) &&
                    scrubber_key(walk->scrubber, here.name);
    if (is_named) filter_slice(walk, &tags.items[i].value, "password");
  }
  walk->at = NULL;
}

/* --- messages
 * ---------------------------------------------------------------------------------------- */

static bool contains(struct slice text, struct slice part) {
  return slice_find(text, part) < text.len;
}

/* A parameter that is secret by its name stands in the text made of it too. */
static void hide_parameter(struct walk *walk, struct slice *text, struct slice secret) {
  struct buffer out = buffer_make(text->len * SCRUB_FILTERED.len + 1);
  struct slice rest = *text;
  while (contains(rest, secret)) {
    size_t at = slice_find(rest, secret);
    buffer_append(&out, rest.ptr, at);
    buffer_append_slice(&out, SCRUB_FILTERED);
    rest = slice_from(rest, at + secret.len);
  }
  buffer_append_slice(&out, rest);
  struct slice hidden =
      cut(walk->arena, arena_copy(walk->arena, buffer_slice(&out)), LIMIT_MESSAGE);
  note(walk, *text, hidden, "password");
  *text = hidden;
  buffer_free(&out);
}

/* Of so many parameters at most; messages have few. */
enum { PARAMETERS = 32, PARAMETER_LENGTH_MIN = 4 };

static void hide_named_parameters(struct walk *walk, struct event *event) {
  size_t index, max;
  yyjson_val *key, *value;
  if (!yyjson_is_obj(event->message_params)) return;
  yyjson_obj_foreach(event->message_params, index, max, key, value) {
    struct slice text = json_text(value);
    if (index >= PARAMETERS) return;
    if (text.len < PARAMETER_LENGTH_MIN || slice_equal(text, SCRUB_FILTERED)) continue;
    if (is_secret_under(walk, json_text(key), value) && contains(event->message_formatted, text)) {
      hide_parameter(walk, &event->message_formatted, text);
    }
  }
}

/* And the other way round: what went out of the text goes out of the parameters. */
static void hide_found_parameters(struct walk *walk, struct event *event, struct slice before) {
  yyjson_val *params = event->message_params;
  size_t count = yyjson_get_len(params);
  if (!yyjson_is_ctn(params) || slice_equal(before, event->message_formatted)) return;
  yyjson_val *value = unsafe_yyjson_get_first(params);
  const struct step here = {walk->at, SLICE("params"), 0};
  walk->at = &here;
  for (size_t i = 0; i < count && i < PARAMETERS; i++) {
    if (yyjson_is_obj(params)) value++;
    struct slice text = json_text(value);
    bool is_gone = text.len >= PARAMETER_LENGTH_MIN && contains(before, text) &&
                   !contains(event->message_formatted, text);
    if (is_gone) filter_value(walk, value, "password");
    if (i + 1 < count) value = unsafe_yyjson_get_next(value);
  }
  walk->at = here.outer;
}

static void scrub_message(struct walk *walk, struct event *event) {
  const struct step here = {NULL, SLICE("logentry"), 0};
  struct slice before = event->message_formatted;
  walk->at = &here;
  scrub_named(walk, "formatted", &event->message_formatted, TEXT_STRICT, LIMIT_MESSAGE);
  scrub_named(walk, "message", &event->message_template, TEXT_STRICT, LIMIT_MESSAGE);
  if (event->message_params) {
    hide_named_parameters(walk, event);
    hide_found_parameters(walk, event, before);
    scrub_tree(walk, "params", event->message_params);
  }
  walk->at = NULL;
}

/* --- the rest, and the whole
 * ----------------------------------------------------------------------------- */

/* Values of attributes that were dropped are quoted there. */
static void scrub_errors(struct walk *walk, struct event *event) {
  struct step outer = {NULL, SLICE("errors"), 0}, here = {&outer, SLICE_EMPTY, 0};
  walk->at = &here;
  for (; here.index < event->error_count; here.index++) {
    struct event_error *error = &event->errors[here.index];
    size_t point = slice_find_last_byte(error->name, '.');
    struct slice last = point < error->name.len ? slice_from(error->name, point + 1) : error->name;
    if (scrubber_key(walk->scrubber, last)) filter_slice(walk, &error->value, "password");
    scrub_named(walk, "value", &error->value, TEXT_LOOSE, LIMIT_SYMBOL);
    scrub_named(walk, "reason", &error->reason, TEXT_STRICT, LIMIT_SYMBOL);
  }
  walk->at = NULL;
}

void scrub_event(struct arena *arena, struct event *event, const struct scrubber *scrubber,
                 struct scrub_report *report) {
  struct walk walk = {.arena = arena, .scrubber = scrubber, .report = report};
  if (report) *report = (struct scrub_report){0};
  if (!scrubber->is_enabled) return;
  scrub_message(&walk, event);
  scrub_exceptions(&walk, event);
  scrub_threads(&walk, event);
  scrub_breadcrumbs(&walk, event);
  if (event->has_request) scrub_request(&walk, &event->request);
  if (event->has_user) scrub_user(&walk, event);
  scrub_tags(&walk, event->tags);
  scrub_tree(&walk, "contexts", event->contexts);
  scrub_tree(&walk, "extra", event->extra);
  scrub_tree(&walk, "report", event->report);
  scrub_errors(&walk, event);
  walk.is_in_meta = true;
  scrub_tree(&walk, "_meta", event->meta);
  walk.is_in_meta = false;
  if (scrubber->rule_count) scrub_by_rules(&walk, event);
}

struct slice scrub_text(struct arena *arena, const struct scrubber *scrubber, struct slice text) {
  if (!scrubber->is_enabled) return text;
  return scrub_text_find(arena, scrubber, text, TEXT_LOOSE).text;
}
