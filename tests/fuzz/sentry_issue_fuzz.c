/* sentry_issue_fuzz.c - whatever a connected server answers as issues, activities, projects,
 * repositories, a list of anything or a Link header is refused with a message, or read within
 * bounds. The first byte chooses. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "source/sentry_issue.h"
#include "source/sentry_link.h"
#include "source/sentry_repository.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what was wrong: an abort alone does not. */
#define CHECK(is_true)                                          \
  do {                                                          \
    if (is_true) break;                                         \
    fprintf(stderr, "sentry_issue_fuzz.c: not %s\n", #is_true); \
    abort();                                                    \
  } while (0)

static void check_text(struct slice text) { CHECK(utf8_is_valid(text)); }

static void check_issue(const struct sentry_issue *issue) {
  CHECK(issue->group.id > 0 && issue->project.id >= 0);
  CHECK(issue->group.event_count >= 0 && issue->group.user_count >= 0);
  CHECK(issue->group.first_seen_ms >= 0 && issue->hours_end_ms >= 0);
  check_text(issue->group.title);
  for (size_t i = 0; i < issue->annotation_count; i++) {
    CHECK(!slice_is_empty(issue->annotations[i].url));
    check_text(issue->annotations[i].label);
  }
  for (size_t i = 0; i < issue->plugin_issue_count; i++) check_text(issue->plugin_issues[i].url);
  for (size_t i = 0; i < issue->tag_count; i++) {
    CHECK(issue->tags[i].other >= 0 && issue->tags[i].total >= 0);
    for (size_t j = 0; j < issue->tags[i].value_count; j++)
      check_text(issue->tags[i].values[j].value);
  }
  for (size_t i = 0; i < issue->activity_count; i++) check_text(issue->activities[i].text);
}

static enum status read_issues(struct arena *arena, struct slice json, struct problem *problem) {
  struct sentry_issues issues;
  enum status status = sentry_issues_read(arena, json, &issues, problem);
  for (size_t i = 0; !status && i < issues.count; i++) check_issue(&issues.issues[i]);
  return status;
}

static enum status read_issue(struct arena *arena, struct slice json, struct problem *problem) {
  struct sentry_issue issue;
  enum status status = sentry_issue_read(arena, json, &issue, problem);
  if (!status) check_issue(&issue);
  return status;
}

static enum status read_activities(struct arena *arena, struct slice json,
                                   struct problem *problem) {
  struct sentry_activities activities;
  enum status status = sentry_activities_read(arena, json, &activities, problem);
  for (size_t i = 0; !status && i < activities.count; i++)
    check_text(activities.activities[i].person.name);
  return status;
}

static enum status read_projects(struct arena *arena, struct slice json, struct problem *problem) {
  struct sentry_project *projects;
  size_t count = 0;
  yyjson_val *list;
  enum status status = json_read(arena, json, &list, problem);
  if (!status) status = sentry_projects_read(arena, list, &projects, &count, problem);
  for (size_t i = 0; i < count; i++) {
    CHECK(projects[i].id >= 0);
    check_text(projects[i].organization_slug);
  }
  return status;
}

static enum status read_repositories(struct arena *arena, struct slice json,
                                     struct problem *problem) {
  struct sentry_repositories repositories;
  enum status status = sentry_repositories_read(arena, json, &repositories, problem);
  for (size_t i = 0; !status && i < repositories.count; i++)
    check_text(repositories.repositories[i].external_slug);
  return status;
}

static enum status read_links(struct arena *arena, struct slice header, struct problem *problem) {
  struct sentry_link link = sentry_link_read(header);
  (void)arena, (void)problem;
  CHECK(link.next.len < header.len || header.len == 0);
  CHECK(link.previous.len < header.len || header.len == 0);
  return STATUS_OK;
}

/* What is a list as a whole is the list of its items. */
static enum status read_items(struct arena *arena, struct slice json, struct problem *problem) {
  struct json_items items = {.rest = json};
  struct slice item;
  yyjson_val *root = NULL, *value;
  struct problem ignored;
  size_t count = 0;
  enum status status;
  bool is_list = !json_read(arena, json, &root, &ignored) && yyjson_is_arr(root);
  while (!(status = json_next_item(&items, &item, problem))) {
    CHECK(item.len > 0 && item.ptr >= json.ptr && item.ptr + item.len <= json.ptr + json.len);
    bool is_json = !json_read(arena, item, &value, &ignored);
    CHECK(!is_list || is_json);
    count++;
  }
  CHECK(!is_list || (status == STATUS_END && count == yyjson_arr_size(root)));
  return status == STATUS_END ? STATUS_OK : status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static enum status (*const readers[])(struct arena * arena, struct slice text,
                                        struct problem * problem) = {
      read_issues,       read_issue, read_activities, read_projects,
      read_repositories, read_links, read_items};
  struct arena arena = {0};
  struct problem problem = {0};
  if (size == 0) return 0;
  struct slice text = slice_of((const char *)data + 1, size - 1);
  if (readers[data[0] % (sizeof readers / sizeof readers[0])](&arena, text, &problem))
    CHECK(problem.message[0] != '\0' && utf8_is_valid(slice_of_string(problem.message)));
  arena_free(&arena);
  return 0;
}
