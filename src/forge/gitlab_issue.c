/* gitlab_issue.c - what is asked of GitLab about issues.
 *
 * Source: GitLab's REST API, "Issues" and "Notes".
 */
#include "base/clock.h"
#include "forge/issue_parts.h"

#include "base/banned.h"

static void ask(const struct gitlab_target *target, const char *method, struct slice path,
                struct buffer *body, struct gitlab_reply *reply) {
  struct gitlab_question question = {
      .method = method, .path = path, .body = body ? buffer_slice(body) : SLICE_EMPTY};
  gitlab_ask(target->gitlab, &question, reply);
  if (body) buffer_free(body);
}

static struct slice issue_path(const struct gitlab_target *target, const char *rest) {
  return arena_printf(target->gitlab->arena, "/projects/%lld/issues/%lld%s",
                      (long long)target->remote_id, (long long)target->number, rest);
}

void gitlab_get_issue(const struct gitlab_target *target, struct gitlab_reply *reply) {
  ask(target, "GET", issue_path(target, ""), NULL, reply);
}

static void write_labels(struct json_writer *writer, struct slice labels) {
  json_write_key(writer, "labels");
  json_write_array(writer);
  while (labels.len) {
    struct slice label = slice_trim(slice_split(&labels, ','));
    if (label.len) json_write_text(writer, label);
  }
  json_write_array_end(writer);
}

void gitlab_create_issue(const struct gitlab_target *target, const struct gitlab_draft *draft,
                         struct gitlab_reply *reply) {
  struct buffer body = buffer_make(FORGE_CREATE_BYTES);
  struct json_writer writer = {.out = &body};
  json_write_object(&writer);
  json_write_key(&writer, "title");
  json_write_text(&writer, draft->title);
  json_write_key(&writer, "description");
  json_write_text(&writer, draft->description);
  if (slice_trim(draft->labels).len) write_labels(&writer, draft->labels);
  if (draft->is_confidential) {
    json_write_key(&writer, "confidential");
    json_write_bool(&writer, true);
  }
  json_write_object_end(&writer);
  ask(target, "POST",
      arena_printf(target->gitlab->arena, "/projects/%lld/issues", (long long)target->remote_id),
      &body, reply);
}

/* {"name": "value"} */
static struct buffer object_of_one(const char *name, struct slice value) {
  struct buffer body = buffer_make(FORGE_CREATE_BYTES);
  struct json_writer writer = {.out = &body};
  json_write_object(&writer);
  json_write_key(&writer, name);
  json_write_text(&writer, value);
  json_write_object_end(&writer);
  return body;
}

void gitlab_change_issue(const struct gitlab_target *target, const char *event,
                         struct gitlab_reply *reply) {
  struct buffer body = object_of_one("state_event", slice_of_string(event));
  ask(target, "PUT", issue_path(target, ""), &body, reply);
}

void gitlab_add_note(const struct gitlab_target *target, struct slice text,
                     struct gitlab_reply *reply) {
  struct buffer body = object_of_one("body", text);
  ask(target, "POST", issue_path(target, "/notes"), &body, reply);
}

/* --- looking for what was made already ----------------------------------------------------- */

struct slice gitlab_marker(struct arena *arena, struct slice marker) {
  return arena_printf(arena, "<!-- culprit:%.*s -->", SLICE_ARGS(marker));
}

static bool has_marker(yyjson_val *item, const char *member, struct slice marker) {
  struct slice text = json_text(json_member(item, member));
  return marker.len && slice_find(text, marker) < text.len;
}

static bool issue_in_list(yyjson_val *list, struct slice marker, struct gitlab_issue *issue) {
  yyjson_arr_iter items = yyjson_arr_iter_with(list);
  yyjson_val *item;
  while ((item = yyjson_arr_iter_next(&items)))
    if (has_marker(item, "description", marker) && gitlab_issue_read(item, issue)) return true;
  return false;
}

/* Goes through the pages of a list of issues. `query` holds no page. */
static enum gitlab_search search(const struct gitlab_target *target, struct slice query,
                                 struct slice marker, struct gitlab_issue *issue,
                                 struct gitlab_reply *reply) {
  struct arena *arena = target->gitlab->arena;
  struct slice page = SLICE("1");
  for (int i = 0; i < GITLAB_SEARCH_PAGES && page.len; i++) {
    struct slice path = arena_printf(arena, "/projects/%lld/issues?%.*s&per_page=%d&page=%.*s",
                                     (long long)target->remote_id, SLICE_ARGS(query), GITLAB_PAGE,
                                     SLICE_ARGS(page));
    ask(target, "GET", path, NULL, reply);
    if (reply->fate != GITLAB_ANSWERED || !yyjson_is_arr(reply->json)) return SEARCH_FAILED;
    if (issue_in_list(reply->json, marker, issue)) return SEARCH_FOUND;
    page = url_encode(arena, reply->next_page);
  }
  return SEARCH_NOTHING;
}

/* By text, which finds it whatever the clocks say but may lag behind or leave comments out, and by
 * time, which does neither. */
enum gitlab_search gitlab_find_issue(const struct gitlab_target *target, struct slice marker,
                                     int64_t since_ms, struct gitlab_issue *issue,
                                     struct gitlab_reply *reply) {
  struct arena *arena = target->gitlab->arena;
  struct slice by_text = arena_printf(arena, "search=%.*s&in=description", SLICE_ARGS(marker));
  enum gitlab_search found = search(target, by_text, marker, issue, reply);
  if (found != SEARCH_NOTHING) return found;
  char since[TIME_ISO_BYTES], until[TIME_ISO_BYTES];
  time_format_iso(since_ms - GITLAB_CLOCK_MS, since);
  time_format_iso(since_ms + GITLAB_CREATE_GIVE_UP_MS + GITLAB_CLOCK_MS, until);
  struct slice by_time = arena_printf(
      arena, "created_after=%s&created_before=%s&order_by=created_at&sort=asc", since, until);
  return search(target, by_time, marker, issue, reply);
}

enum gitlab_search gitlab_find_note(const struct gitlab_target *target, struct slice marker,
                                    struct gitlab_reply *reply) {
  ask(target, "GET", issue_path(target, "/notes?sort=desc&order_by=created_at&per_page=100"), NULL,
      reply);
  if (reply->fate != GITLAB_ANSWERED || !yyjson_is_arr(reply->json)) return SEARCH_FAILED;
  yyjson_arr_iter items = yyjson_arr_iter_with(reply->json);
  yyjson_val *item;
  while ((item = yyjson_arr_iter_next(&items)))
    if (has_marker(item, "body", marker)) return SEARCH_FOUND;
  return SEARCH_NOTHING;
}
