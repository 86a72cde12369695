/* scrub_walk.c - every text and value of an event, with its path, for a project's own rules.
 *
 * Follows the tables by which events are written (fields.h), so that what is kept
 * is what rules reach. Only projects with rules pay for it.
 */
#include <string.h>

#include "event/fields.h"
#include "event/limits.h"
#include "event/scrub_parts.h"

#include "base/banned.h"

/* Of a path; deeper values are out of reach. */
enum { PATH_DEPTH = SCRUB_DEPTH + 8 };

struct path {
  struct slice segments[PATH_DEPTH];
  size_t count;
};

static struct slice index_text(struct arena *arena, size_t index) {
  static const char digits[] = "0123456789";
  return index < 10 ? slice_of(digits + index, 1) : arena_printf(arena, "%zu", index);
}

static void path_of(struct walk *walk, const struct step *step, struct path *path) {
  if (!step) return;
  path_of(walk, step->outer, path);
  if (path->count == PATH_DEPTH) return;
  path->segments[path->count++] =
      step->name.ptr ? step->name : index_text(walk->arena, step->index);
}

/* Most rules are told from most places by the first name, once for each part of an event, or by the
 * last, before the path between them is put together. */
static bool begin_part(struct walk *walk, const char *name) {
  walk->rules = 0;
  for (size_t i = 0; i < walk->scrubber->rule_count; i++) {
    bool may_match = scrub_rule_may_begin(&walk->scrubber->rules[i], slice_of_string(name));
    walk->rules |= (uint64_t)may_match << i;
  }
  return walk->rules != 0;
}

/* The next rule at or behind `*i` that matches where the walk is; null when there is none. */
static const struct scrub_rule *next_rule(struct walk *walk, struct path *path, size_t *i) {
  for (; *i < walk->scrubber->rule_count && walk->rules >> *i; ++*i) {
    const struct scrub_rule *rule = &walk->scrubber->rules[*i];
    const struct step *at = walk->at;
    if (!(walk->rules >> *i & 1)) continue;
    struct slice last = at->name.ptr ? at->name : index_text(walk->arena, at->index);
    if (!scrub_rule_may_end(rule, last)) continue;
    if (!path->count) path_of(walk, at, path);
    if (scrub_rule_matches(rule, path->segments, path->count)) return rule;
  }
  return NULL;
}

/* --- texts ------------------------------------------------------------------------------ */

static struct slice by_rules(struct walk *walk, struct slice text) {
  struct path path;
  const struct scrub_rule *rule;
  path.count = 0;
  for (size_t i = 0; (rule = next_rule(walk, &path, &i)); i++) {
    struct slice changed = scrub_rule_apply(walk->arena, rule, text);
    if (slice_equal(changed, text)) continue;
    scrub_note(walk, text, changed, rule->line);
    text = changed;
  }
  return text;
}

static void walk_text(struct walk *walk, struct slice *text, size_t limit) {
  if (slice_is_empty(*text)) return;
  struct slice changed = by_rules(walk, *text);
  if (slice_equal(changed, *text)) return;
  /* A line of source that becomes empty is still a line. */
  *text = changed.len ? slice_cut_characters(changed, limit) : slice_of("", 0);
}

static void walk_named(struct walk *walk, const char *name, struct slice *text, size_t limit) {
  const struct step here = {walk->at, slice_of_string(name), 0};
  if (slice_is_empty(*text)) return;
  walk->at = &here;
  walk_text(walk, text, limit);
  walk->at = here.outer;
}

static void walk_pairs(struct walk *walk, const char *name, struct pairs *pairs, size_t limit) {
  struct step outer = {walk->at, slice_of_string(name), 0}, here = {&outer, SLICE_EMPTY, 0};
  size_t kept = 0;
  walk->at = &here;
  for (size_t i = 0; i < pairs->count; i++) {
    struct pair pair = pairs->items[i];
    bool was_empty = slice_is_empty(pair.value);
    here.name = pair.key;
    walk_text(walk, &pair.value, limit);
    if (was_empty || pair.value.len) pairs->items[kept++] = pair;
  }
  pairs->count = kept;
  walk->at = outer.outer;
}

static void walk_lines(struct walk *walk, const char *name, struct lines lines, size_t limit) {
  struct step outer = {walk->at, slice_of_string(name), 0}, here = {&outer, SLICE_EMPTY, 0};
  walk->at = &here;
  for (; here.index < lines.count; here.index++) {
    walk_text(walk, &lines.items[here.index], limit);
  }
  walk->at = outer.outer;
}

/* --- values -------------------------------------------------------------------------------- */

/* The rule that takes the whole value, or null. */
static const struct scrub_rule *whole_rule(struct walk *walk) {
  struct path path;
  const struct scrub_rule *rule;
  path.count = 0;
  for (size_t i = 0; (rule = next_rule(walk, &path, &i)); i++) {
    if (rule->what && slice_equal_string(slice_of_string(rule->what), "anything")) return rule;
  }
  return NULL;
}

static void set_text(yyjson_val *value, struct slice text) {
  if (text.len)
    unsafe_yyjson_set_strn(value, text.ptr, text.len);
  else
    unsafe_yyjson_set_null(value);
}

/* A rule for anything takes objects and lists as a whole: they are hashed as their JSON. */
static void replace_container(struct walk *walk, yyjson_val *value, const struct scrub_rule *rule) {
  struct slice json = scrub_shown_json(walk, value);
  struct slice text =
      rule->method == SCRUB_MASK ? SCRUB_FILTERED : scrub_rule_replace(walk->arena, rule, json);
  scrub_note(walk, json, text, rule->line);
  set_text(value, text);
}

static void walk_container(struct walk *walk, yyjson_val *value, unsigned depth);

/* One member; true when it was a container and is none now. */
static bool walk_value(struct walk *walk, yyjson_val *value, unsigned depth) {
  struct slice text;
  if (yyjson_is_ctn(value)) {
    const struct scrub_rule *rule = yyjson_get_len(value) ? whole_rule(walk) : NULL;
    if (rule) {
      replace_container(walk, value, rule);
      return true;
    }
    if (depth > 0) walk_container(walk, value, depth - 1);
  } else if (json_scalar_text(value, &text)) {
    struct slice changed = by_rules(walk, text);
    if (!slice_equal(changed, text)) set_text(value, changed);
  }
  return false;
}

static void walk_container(struct walk *walk, yyjson_val *container, unsigned depth) {
  struct step here = {walk->at, SLICE_EMPTY, 0};
  bool is_object = yyjson_is_obj(container);
  size_t count = yyjson_get_len(container);
  struct gap gap = {container + 1, container + 1};
  walk->at = &here;
  for (; here.index < count; here.index++) {
    yyjson_val *value = is_object ? gap.from + 1 : gap.from;
    if (is_object) here.name = json_text(gap.from);
    yyjson_val *next = unsafe_yyjson_get_next(value);
    bool is_replaced = walk_value(walk, value, depth);
    gap_close(&gap, is_replaced ? value + 1 : next);
    gap.from = next;
  }
  walk->at = here.outer;
}

static void walk_tree(struct walk *walk, const char *name, yyjson_val **value) {
  const struct step here = {walk->at, slice_of_string(name), 0};
  if (!*value) return;
  walk->at = &here;
  if (walk_value(walk, *value, SCRUB_DEPTH)) *value = NULL;
  walk->at = here.outer;
}

/* --- structures by their tables ----------------------------------------------------------------
 */

static void walk_fields(struct walk *walk, const struct field_set *set, void *structure) {
  for (size_t i = 0; i < set->count; i++) {
    const struct field *field = &set->fields[i];
    void *at = (char *)structure + field->offset;
    if (!walk->at && !begin_part(walk, field->name)) continue;
    switch ((enum field_kind)field->kind) {
      case FIELD_TEXT:
      case FIELD_LINE: walk_named(walk, field->name, at, field->limit); break;
      case FIELD_LINES: walk_lines(walk, field->name, *(struct lines *)at, field->limit); break;
      case FIELD_MAP:
      case FIELD_PAIRS: walk_pairs(walk, field->name, at, field->limit); break;
      case FIELD_OBJECT:
      case FIELD_ANY: walk_tree(walk, field->name, at); break;
      case FIELD_INTEGER:
      case FIELD_TRISTATE:
      case FIELD_BOOL:
      case FIELD_TIME: break;
    }
  }
}

static void walk_stacktrace(struct walk *walk, struct stacktrace *stacktrace) {
  struct step outer = {walk->at, SLICE("stacktrace"), 0}, list = {&outer, SLICE("frames"), 0};
  struct step here = {&list, SLICE_EMPTY, 0};
  walk->at = &here;
  for (; here.index < stacktrace->count; here.index++) {
    walk_fields(walk, &frame_fields, &stacktrace->frames[here.index]);
  }
  walk->at = outer.outer;
}

static void walk_exceptions(struct walk *walk, struct event *event) {
  struct step outer = {NULL, SLICE("exception"), 0}, list = {&outer, SLICE("values"), 0};
  struct step here = {&list, SLICE_EMPTY, 0};
  const struct step mechanism = {&here, SLICE("mechanism"), 0};
  for (; here.index < event->exception_count; here.index++) {
    struct exception *exception = &event->exceptions[here.index];
    walk->at = &here;
    walk_fields(walk, &exception_fields, exception);
    walk_named(walk, "value", &exception->value, LIMIT_MESSAGE);
    walk_stacktrace(walk, &exception->stacktrace);
    walk->at = &mechanism;
    walk_fields(walk, &mechanism_fields, &exception->mechanism);
  }
  walk->at = NULL;
}

static void walk_threads(struct walk *walk, struct event *event) {
  struct step outer = {NULL, SLICE("threads"), 0}, list = {&outer, SLICE("values"), 0};
  struct step here = {&list, SLICE_EMPTY, 0};
  walk->at = &here;
  for (; here.index < event->thread_count; here.index++) {
    walk_fields(walk, &thread_fields, &event->threads[here.index]);
    walk_stacktrace(walk, &event->threads[here.index].stacktrace);
  }
  walk->at = NULL;
}

static void walk_breadcrumbs(struct walk *walk, struct event *event) {
  struct step outer = {NULL, SLICE("breadcrumbs"), 0}, list = {&outer, SLICE("values"), 0};
  struct step here = {&list, SLICE_EMPTY, 0};
  walk->at = &here;
  for (; here.index < event->breadcrumb_count; here.index++) {
    walk_fields(walk, &breadcrumb_fields, &event->breadcrumbs[here.index]);
  }
  walk->at = NULL;
}

static void walk_request(struct walk *walk, struct event_request *request) {
  const struct step here = {NULL, SLICE("request"), 0};
  walk->at = &here;
  walk_fields(walk, &request_fields, request);
  walk_named(walk, "query_string", &request->query_string, LIMIT_MESSAGE);
  walk_pairs(walk, "query_string", &request->query, LIMIT_MESSAGE);
  walk_pairs(walk, "cookies", &request->cookies, LIMIT_MESSAGE);
  walk->at = NULL;
}

static void walk_user(struct walk *walk, struct event *event) {
  const struct step here = {NULL, SLICE("user"), 0};
  struct event_user *user = &event->user;
  walk->at = &here;
  walk_fields(walk, &user_fields, user);
  walk_tree(walk, "data", &user->data);
  walk->at = NULL;
  event->has_user = user->id.len || user->username.len || user->email.len || user->name.len ||
                    user->ip_address.len || user->geo || user->data;
}

static void walk_message(struct walk *walk, struct event *event) {
  const struct step here = {NULL, SLICE("logentry"), 0};
  walk->at = &here;
  walk_named(walk, "formatted", &event->message_formatted, LIMIT_MESSAGE);
  walk_named(walk, "message", &event->message_template, LIMIT_MESSAGE);
  walk_tree(walk, "params", &event->message_params);
  walk->at = NULL;
}

void scrub_by_rules(struct walk *walk, struct event *event) {
  struct pairs sent = {event->tags.items, event->sent_tag_count};
  walk->at = NULL;
  walk_fields(walk, &event_fields, event);
  if (begin_part(walk, "logentry")) walk_message(walk, event);
  if (begin_part(walk, "exception")) walk_exceptions(walk, event);
  if (begin_part(walk, "threads")) walk_threads(walk, event);
  if (begin_part(walk, "breadcrumbs")) walk_breadcrumbs(walk, event);
  if (event->has_request && begin_part(walk, "request")) walk_request(walk, &event->request);
  if (event->has_user && begin_part(walk, "user")) walk_user(walk, event);
  /* Before event_derive() all tags are as sent; derived ones are derived again. */
  if (begin_part(walk, "tags")) walk_pairs(walk, "tags", &sent, LIMIT_RELEASE);
  event->tags.count = event->sent_tag_count = sent.count;
  if (begin_part(walk, "report")) walk_tree(walk, "report", &event->report);
}
