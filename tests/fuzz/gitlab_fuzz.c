/* gitlab_fuzz.c - an answer or a webhook of GitLab, to all who read one; and the same as an
 * address.
 */
#include <stdint.h>
#include <stdlib.h>

#include "forge/gitlab.h"
#include "forge/limits.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

/* What becomes a link leads to http or https. */
static void check_url(struct slice url) {
  check(!url.len || slice_starts_with(url, SLICE("http://")) ||
        slice_starts_with(url, SLICE("https://")));
}

static void read_all(struct arena *arena, yyjson_val *json) {
  struct gitlab_project_info project;
  struct gitlab_issue issue;
  struct gitlab_merge_request request;
  struct gitlab_hook hook;
  struct commit commit;
  struct commit_details details = {0};
  struct buffer names = buffer_make(TREE_NAMES_BYTES);
  if (gitlab_project_read(json, &project)) check_url(project.web_url);
  if (gitlab_issue_read(json, &issue)) {
    check(issue.number > 0);
    check_url(issue.web_url);
  }
  if (gitlab_commit_read(arena, json, &commit)) {
    check(commit.sha.len == SHA_DIGITS);
    check_url(commit.url);
  }
  if (gitlab_merge_request_read(json, &request)) check_url(request.web_url);
  if (gitlab_hook_read(json, &hook)) check(hook.number > 0 && hook.project_id > 0);
  gitlab_changes_read(arena, json, &details);
  check(details.file_count <= COMMIT_FILES_LIMIT && details.patch.len <= COMMIT_PATCH_BYTES);
  if (gitlab_tree_read(json, &names))
    check(!names.len || slice_ends_with(buffer_slice(&names), SLICE("\n")));
  struct slice message = gitlab_message(arena, json);
  check(message.len <= FORGE_MESSAGE_BYTES && slice_find_byte(message, '\n') == message.len);
  buffer_free(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena = {0};
  struct slice text = slice_of((const char *)data, size);
  struct problem problem;
  yyjson_val *json;
  int64_t number = 1;
  if (json_read(&arena, text, &json, &problem) == STATUS_OK) read_all(&arena, json);
  if (gitlab_issue_of_url(text, SLICE("https://g/a"), &number)) check(number > 0);
  arena_free(&arena);
  return 0;
}
