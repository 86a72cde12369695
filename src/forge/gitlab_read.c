/* gitlab_read.c - what GitLab's answers say.
 *
 * Pure: nothing is asked for here. Only what is used is read, so that versions of GitLab may differ
 * in the rest. Texts are other people's: they are cut where they are shown or kept, never trusted.
 */
#include "base/bytes.h"
#include "base/clock.h"
#include "forge/gitlab.h"
#include "forge/limits.h"

#include "base/banned.h"

static int64_t positive_member(yyjson_val *json, const char *name) {
  int64_t value = 0;
  return json_integer(json_member(json, name), &value) && value > 0 ? value : 0;
}

static struct slice text_member(yyjson_val *json, const char *name) {
  return json_text(json_member(json, name));
}

/* "2026-11-22T09:38:00.123Z"; in webhooks also "2026-11-22 09:38:00 UTC". 0: none. */
static int64_t time_member(yyjson_val *json, const char *name) {
  struct slice text = text_member(json, name);
  if (slice_ends_with(text, SLICE(" UTC"))) text.len -= 4;
  int64_t time_ms = 0;
  return time_parse_iso(text, &time_ms) ? time_ms : 0;
}

static bool is_http(struct slice url) {
  return slice_starts_with(url, SLICE("https://")) || slice_starts_with(url, SLICE("http://"));
}

/* An address that people are led to. Nothing else than http and https becomes a link. */
static struct slice url_member(yyjson_val *json, const char *name) {
  struct slice url = text_member(json, name);
  return is_http(url) && url.len <= FORGE_URL_BYTES ? url : SLICE_EMPTY;
}

/* --- projects, issues ------------------------------------------------------------------- */

bool gitlab_project_read(yyjson_val *json, struct gitlab_project_info *project) {
  struct slice access = text_member(json, "issues_access_level");
  *project = (struct gitlab_project_info){.id = positive_member(json, "id"),
                                          .path = text_member(json, "path_with_namespace"),
                                          .web_url = url_member(json, "web_url"),
                                          .default_branch = text_member(json, "default_branch")};
  /* Older GitLabs say only `issues_enabled`; people with little access are told neither. */
  project->has_issues = !slice_equal_string(access, "disabled") &&
                        !yyjson_is_false(json_member(json, "issues_enabled"));
  return project->id && project->path.len && project->web_url.len;
}

bool gitlab_issue_read(yyjson_val *json, struct gitlab_issue *issue) {
  struct slice state = text_member(json, "state");
  *issue = (struct gitlab_issue){.number = positive_member(json, "iid"),
                                 .is_open = slice_equal_string(state, "opened"),
                                 .title = text_member(json, "title"),
                                 .description = text_member(json, "description"),
                                 .web_url = url_member(json, "web_url"),
                                 .updated_ms = time_member(json, "updated_at"),
                                 .is_moved = positive_member(json, "moved_to_id") != 0};
  return issue->number && issue->web_url.len &&
         (issue->is_open || slice_equal_string(state, "closed"));
}

/* --- commits ------------------------------------------------------------------------------ */

static struct slice kept_text(struct arena *arena, struct slice text, size_t limit) {
  return utf8_repair(arena, arena_copy(arena, slice_cut_utf8(text, limit)));
}

static bool is_sha(struct slice text) {
  char bytes[SHA_DIGITS / 2];
  return text.len == SHA_DIGITS && hex_decode(text, bytes, sizeof bytes);
}

bool gitlab_commit_read(struct arena *arena, yyjson_val *json, struct commit *commit) {
  struct slice sha = text_member(json, "id");
  if (!is_sha(sha)) return false;
  *commit = (struct commit){
      .sha = arena_copy(arena, sha),
      .author_name = kept_text(arena, text_member(json, "author_name"), COMMIT_AUTHOR_BYTES),
      .author_email = kept_text(arena, text_member(json, "author_email"), COMMIT_AUTHOR_BYTES),
      .title = kept_text(arena, text_member(json, "title"), COMMIT_TITLE_BYTES),
      .message = kept_text(arena, text_member(json, "message"), COMMIT_MESSAGE_BYTES),
      .author_time_ms = time_member(json, "authored_date"),
      .url = arena_copy(arena, url_member(json, "web_url")),
  };
  return true;
}

bool gitlab_merge_request_read(yyjson_val *list, struct gitlab_merge_request *found) {
  yyjson_arr_iter items = yyjson_arr_iter_with(list);
  yyjson_val *item;
  *found = (struct gitlab_merge_request){0};
  while ((item = yyjson_arr_iter_next(&items))) {
    struct gitlab_merge_request one = {
        .number = positive_member(item, "iid"),
        .title = text_member(item, "title"),
        .web_url = url_member(item, "web_url"),
        .is_merged = slice_equal_string(text_member(item, "state"), "merged")};
    if (!one.number || !one.web_url.len) continue;
    if (!found->number || (one.is_merged && !found->is_merged)) *found = one;
  }
  return found->number != 0;
}

/* --- changes ------------------------------------------------------------------------------ */

static void count_lines(struct slice diff, struct changed_file *file) {
  while (diff.len) {
    struct slice line = slice_split(&diff, '\n');
    if (slice_starts_with(line, SLICE("+"))) file->added++;
    if (slice_starts_with(line, SLICE("-"))) file->deleted++;
  }
}

/* Lines of the kind that git writes before a file's changes. */
static void append_patch(struct buffer *patch, const struct changed_file *file, struct slice diff) {
  struct slice before = file->old_path.len ? file->old_path : file->path;
  buffer_printf(patch, "diff --git a/%.*s b/%.*s\n", SLICE_ARGS(before), SLICE_ARGS(file->path));
  buffer_append_slice(patch, diff);
  if (diff.len && !slice_ends_with(diff, SLICE("\n"))) buffer_append_byte(patch, '\n');
}

static bool is_true(yyjson_val *json, const char *name) {
  return yyjson_is_true(json_member(json, name));
}

void gitlab_changes_read(struct arena *arena, yyjson_val *list, struct commit_details *details) {
  size_t total = yyjson_arr_size(list);
  size_t count = total < COMMIT_FILES_LIMIT ? total : COMMIT_FILES_LIMIT;
  struct buffer patch = buffer_make(COMMIT_PATCH_BYTES);
  details->files = ARENA_ARRAY(arena, count, struct changed_file);
  details->is_patch_cut = count < total;
  yyjson_arr_iter items = yyjson_arr_iter_with(list);
  yyjson_val *item;
  while (details->file_count < count && (item = yyjson_arr_iter_next(&items))) {
    struct changed_file *file = &details->files[details->file_count++];
    struct slice diff = text_member(item, "diff");
    *file = (struct changed_file){
        .path = kept_text(arena, text_member(item, "new_path"), SOURCE_PATH_BYTES),
        .old_path = kept_text(arena, text_member(item, "old_path"), SOURCE_PATH_BYTES),
        .change = is_true(item, "new_file")       ? 'A'
                  : is_true(item, "deleted_file") ? 'D'
                  : is_true(item, "renamed_file") ? 'R'
                                                  : 'M'};
    count_lines(diff, file);
    append_patch(&patch, file, diff);
    /* GitLab leaves large changes out. */
    if (is_true(item, "too_large") || is_true(item, "collapsed")) details->is_patch_cut = true;
  }
  if (patch.is_overflown) details->is_patch_cut = true;
  details->patch = utf8_repair(arena, arena_copy(arena, buffer_slice(&patch)));
  buffer_free(&patch);
}

bool gitlab_tree_read(yyjson_val *list, struct buffer *names) {
  if (!yyjson_is_arr(list)) return false;
  yyjson_arr_iter items = yyjson_arr_iter_with(list);
  yyjson_val *item;
  while ((item = yyjson_arr_iter_next(&items))) {
    struct slice path = text_member(item, "path");
    if (!slice_equal_string(text_member(item, "type"), "blob") || !path.len ||
        slice_find_byte(path, '\n') < path.len)
      continue;
    buffer_append_slice(names, path);
    buffer_append_byte(names, '\n');
  }
  return true;
}

/* --- refusals ------------------------------------------------------------------------------ */

static void append_message(struct buffer *out, struct slice text) {
  if (out->len) BUFFER_APPEND_LITERAL(out, ", ");
  buffer_append_slice(out, text);
}

/* {"title": ["is too long"]}: "title is too long". */
static void append_messages_of(struct buffer *out, yyjson_val *object) {
  yyjson_obj_iter members = yyjson_obj_iter_with(object);
  yyjson_val *key;
  while ((key = yyjson_obj_iter_next(&members))) {
    yyjson_val *value = yyjson_obj_iter_get_val(key);
    struct slice text = json_text(yyjson_is_arr(value) ? yyjson_arr_get_first(value) : value);
    if (!text.len) continue;
    append_message(out, json_text(key));
    buffer_append_byte(out, ' ');
    buffer_append_slice(out, text);
  }
}

struct slice gitlab_message(struct arena *arena, yyjson_val *json) {
  struct buffer out = buffer_make(64 * 1024);
  yyjson_val *message = json_member(json, "message");
  if (yyjson_is_obj(message)) append_messages_of(&out, message);
  if (yyjson_is_arr(message)) append_message(&out, json_text(yyjson_arr_get_first(message)));
  if (yyjson_is_str(message)) append_message(&out, json_text(message));
  if (!out.len) buffer_append_slice(&out, text_member(json, "error_description"));
  if (!out.len) buffer_append_slice(&out, text_member(json, "error"));
  struct slice line = arena_copy(arena, slice_cut_utf8(buffer_slice(&out), FORGE_MESSAGE_BYTES));
  char *bytes = arena_string(arena, line);
  for (size_t i = 0; i < line.len; i++)
    if ((unsigned char)bytes[i] < ' ') bytes[i] = ' ';
  buffer_free(&out);
  return slice_trim(slice_of(bytes, line.len));
}

/* --- webhooks -------------------------------------------------------------------------------- */

bool gitlab_hook_read(yyjson_val *json, struct gitlab_hook *hook) {
  yyjson_val *issue = json_member(json, "object_attributes");
  struct slice action = text_member(issue, "action");
  *hook = (struct gitlab_hook){
      .project_id = positive_member(json_member(json, "project"), "id"),
      .number = positive_member(issue, "iid"),
      .is_closed = slice_equal_string(action, "close"),
      .is_reopened = slice_equal_string(action, "reopen"),
      .updated_ms = time_member(issue, "updated_at"),
      .title = text_member(issue, "title"),
      .is_moved = positive_member(issue, "moved_to_id") != 0,
  };
  return slice_equal_string(text_member(json, "object_kind"), "issue") && hook->number &&
         hook->project_id;
}

bool gitlab_issue_of_url(struct slice url, struct slice web_url, int64_t *number) {
  static const char *const parts[] = {"/-/issues/", "/-/work_items/", "/issues/"};
  while (slice_ends_with(web_url, SLICE("/"))) web_url.len--;
  if (!web_url.len || !slice_starts_with(url, web_url)) return false;
  struct slice rest = slice_from(url, web_url.len);
  rest = slice_upto(rest, slice_find_byte(rest, '#'));
  rest = slice_upto(rest, slice_find_byte(rest, '?'));
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    struct slice part = slice_of_string(parts[i]);
    if (slice_starts_with(rest, part) && slice_to_i64(slice_from(rest, part.len), number) &&
        *number > 0)
      return true;
  }
  return false;
}
