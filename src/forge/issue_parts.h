/* issue_parts.h - what the files about issues at GitLab share. */
#ifndef CULPRIT_FORGE_ISSUE_PARTS_H
#define CULPRIT_FORGE_ISSUE_PARTS_H

#include "forge/builtin.h"
#include "forge/issue.h"
#include "forge/link.h"
#include "tracker/forge_task.h"

#define FORGE_TASK_CREATE SLICE("forge.create")

/* What a task to create an issue carries. */
struct create_task {
  int64_t error_id;
  bool is_remote;
  struct slice title, description, marker;
  int64_t posted_ms; /* as of struct forge_task */
  /* Once it was made: */
  int64_t remote_id, number, updated_ms;
  struct slice url;
};
void create_task_write(struct buffer *out, const struct create_task *task);
bool create_task_read(struct arena *arena, struct slice data, struct create_task *task) MUST_CHECK;
struct slice create_task_subject(struct arena *arena, int64_t error_id, bool is_remote);

/* Questions about issues of one project there. */
struct gitlab_target {
  const struct gitlab *gitlab;
  int64_t remote_id, number; /* number 0: the project */
};
void gitlab_get_issue(const struct gitlab_target *target, struct gitlab_reply *reply);
struct gitlab_draft {
  struct slice title, description, labels; /* labels: with commas */
  bool is_confidential;
};
void gitlab_create_issue(const struct gitlab_target *target, const struct gitlab_draft *draft,
                         struct gitlab_reply *reply);
/* "close" or "reopen" */
void gitlab_change_issue(const struct gitlab_target *target, const char *event,
                         struct gitlab_reply *reply);
void gitlab_add_note(const struct gitlab_target *target, struct slice body,
                     struct gitlab_reply *reply);

/* Looks for what carries a marker: an issue that was made since `since_ms`, or a note. */
enum gitlab_search { SEARCH_FOUND, SEARCH_NOTHING, SEARCH_FAILED };
enum gitlab_search gitlab_find_issue(const struct gitlab_target *target, struct slice marker,
                                     int64_t since_ms, struct gitlab_issue *issue,
                                     struct gitlab_reply *reply);
enum gitlab_search gitlab_find_note(const struct gitlab_target *target, struct slice marker,
                                    struct gitlab_reply *reply);

/* A comment in Markdown that is not shown: "<!-- culprit:MARKER -->". */
struct slice gitlab_marker(struct arena *arena, struct slice marker);

/* The kinds' functions. */
void issue_task_create(struct outbox_job *job);
void issue_task_created(struct transaction *tx, struct outbox_job *job);
void issue_task_close(struct outbox_job *job);
void issue_task_closed(struct transaction *tx, struct outbox_job *job);
void issue_task_regress(struct outbox_job *job);
void issue_task_regressed(struct transaction *tx, struct outbox_job *job);

#endif
