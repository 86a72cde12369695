/* gitlab.h - GitLab's API: what its answers say, and how they are asked for.
 *
 * Readers are pure: JSON of an answer in, a struct out that borrows from it. A reader fails when
 * something is missing that the caller cannot do without; everything else is empty then.
 */
#ifndef CULPRIT_FORGE_GITLAB_H
#define CULPRIT_FORGE_GITLAB_H

#include "forge/forge.h"
#include "http/client.h"
#include "json/json.h"

/* --- asking -------------------------------------------------------------------------- */

/* A conversation with one GitLab. */
struct gitlab {
  struct http_client *client;
  struct arena *arena; /* what is asked, and the answers */
  struct slice url;    /* of the server, without a slash at the end */
  struct slice token;  /* in clear; empty: ask as nobody. Travels in a header, to `url` only */
  int64_t timeout_ms;  /* of one question; 0: GITLAB_TIMEOUT_MS */
};

struct gitlab_question {
  const char *method; /* "GET" */
  struct slice path;  /* below /api/v4, with its query: "/projects/5/issues" */
  struct slice body;  /* JSON; empty: none */
  bool wants_bytes;   /* the answer is a file and need not be JSON */
};

/* What became of a question. */
enum gitlab_fate {
  GITLAB_ANSWERED, /* 200-299 */
  GITLAB_MISSING,  /* 404: not there, or not for whoever asks */
  GITLAB_REFUSED,  /* and surely not done; asking again changes nothing by itself */
  GITLAB_LATER,    /* not done; ask again after `wait_ms` */
  GITLAB_UNSURE,   /* may have been done: of a change there is no complete answer */
};
struct gitlab_reply {
  enum gitlab_fate fate;
  int status; /* of HTTP; 0: none */
  yyjson_val *json;
  struct slice bytes; /* of the answer */
  bool is_too_large;
  int64_t wait_ms;        /* that GitLab asked for */
  int64_t asked_ms;       /* GitLab's own time when it answered (Date); 0: not said */
  struct slice next_page; /* the page behind this one; empty: none */
  struct problem problem; /* when it was not answered */
};
/* Asks, and waits for the answer: not for network threads. Everything comes from the arena. */
void gitlab_ask(const struct gitlab *gitlab, const struct gitlab_question *question,
                struct gitlab_reply *reply);

/* --- answers ------------------------------------------------------------------------- */

struct gitlab_project_info {
  int64_t id;
  struct slice path, web_url, default_branch; /* path: "group/project" */
  bool has_issues;
};
bool gitlab_project_read(yyjson_val *json, struct gitlab_project_info *project) MUST_CHECK;

struct gitlab_issue {
  int64_t number; /* GitLab's iid */
  bool is_open;
  struct slice title, description, web_url;
  int64_t updated_ms;
  bool is_moved; /* to another project; closed here */
};
bool gitlab_issue_read(yyjson_val *json, struct gitlab_issue *issue) MUST_CHECK;

/* Without parents' contents: those stand in `struct commit_details`. */
bool gitlab_commit_read(struct arena *arena, yyjson_val *json, struct commit *commit) MUST_CHECK;

struct gitlab_merge_request {
  int64_t number;
  struct slice title, web_url;
  bool is_merged;
};
/* Of several the merged one, else the first. False: the list is empty. */
bool gitlab_merge_request_read(yyjson_val *list, struct gitlab_merge_request *found) MUST_CHECK;

/* The changes of a commit: fills files, patch and whether it is cut. */
void gitlab_changes_read(struct arena *arena, yyjson_val *list, struct commit_details *details);

/* Appends the paths of the files in a page of a tree, each followed by a newline. False: it is no
 * such page. */
bool gitlab_tree_read(yyjson_val *list, struct buffer *names) MUST_CHECK;

/* The text that GitLab gives with a refusal: {"message": "..."}, {"message": {"title": [...]}},
 * {"error": "..."}. One line, cut; empty when it gives none. */
struct slice gitlab_message(struct arena *arena, yyjson_val *json);

/* What a webhook says about an issue. */
struct gitlab_hook {
  int64_t project_id, number;
  bool is_closed, is_reopened; /* what happened; neither: something else */
  int64_t updated_ms;          /* 0: not said */
  struct slice title;
  bool is_moved;
};
/* False: it is not about an issue. */
bool gitlab_hook_read(yyjson_val *json, struct gitlab_hook *hook) MUST_CHECK;

/* "https://gitlab.example.org/group/project/-/issues/12" and, as older GitLabs wrote,
 * ".../project/issues/12" or ".../project/-/work_items/12", below `web_url` of the project. */
bool gitlab_issue_of_url(struct slice url, struct slice web_url, int64_t *number);

#endif
