/* builtin.h - what the files of the built-in forge share.
 *
 *   forge.c    settings, and the thread that keeps mirrors fresh
 *   mirror.c   one mirror: made, fetched, removed
 *   stream.c   the network connection that libgit2 fetches through
 *   address.c  which URLs and addresses are allowed
 *   commit.c   commits and their changes
 *   source.c   lines of files
 *   cache.c    what is kept in memory
 */
#ifndef CULPRIT_FORGE_BUILTIN_H
#define CULPRIT_FORGE_BUILTIN_H

#include <git2.h>
#include <pthread.h>
#include <stdatomic.h>

#include "forge/git_url.h"
#include "forge/ask.h"
#include "forge/cache.h"
#include "forge/forge.h"
#include "forge/limits.h"
#include "forge/poll.h"
#include "outbox/outbox.h"

/* What is known of one project's mirror since the start. */
struct mirror {
  int64_t project_id;
  int64_t attempted_ms; /* the last try to fetch; 0: due at once */
  char error[PROBLEM_MESSAGE_BYTES];
  struct mirror *next;
};

struct forge {
  struct store *store;
  int64_t opened_ms;
  struct http_client *client;
  struct grants *grants;
  const char *_Atomic public_url; /* owned; empty until it is known */
  struct ask ask;
  struct poll poll;
  forge_follow *follow_remote;
#define FORGE_KINDS 4
  struct outbox_kind kinds[FORGE_KINDS]; /* of tasks; the last is empty */
  bool allow_private_addresses;
  char *repository_root; /* resolved; null: anywhere */
  char *data_directory;  /* resolved */
  char *mirror_directory;
  struct cache cache;
  pthread_t thread;
  atomic_bool is_stopping;
  pthread_mutex_t mutex; /* guards what is below */
  pthread_cond_t wake;
  struct mirror *mirrors;
  bool has_news; /* a setting changed since the last look at all projects began */
};

/* Opens what the project names: the local repository, or its mirror once it was fetched from the
 * URL that is set now. To be freed by git_repository_free(). `problem` says why not. */
enum status repository_open(struct forge *forge, const struct project *project,
                            git_repository **repository, struct problem *problem) MUST_CHECK;

/* Opens the mirror when it was fetched from `url`; `fetched_ms` is when that last succeeded. */
enum status mirror_open(const struct forge *forge, int64_t project_id, struct slice url,
                        git_repository **repository, int64_t *fetched_ms) MUST_CHECK;
/* Fetches all branches and tags, making the mirror when there is none or one of another URL. On
 * failure what was there stays. */
enum status mirror_fetch(const struct forge *forge, int64_t project_id, struct slice url,
                         struct problem *problem) MUST_CHECK;
void mirror_remove(const struct forge *forge, int64_t project_id);

/* The commit of 7-40 hexadecimal digits; null when there is none or more than one. */
git_commit *commit_lookup(git_repository *repository, struct slice sha);

/* What forge.h says of a project's repository, when git has it. */
bool git_commit_of_sha(struct forge *forge, struct arena *arena, const struct project *project,
                       struct slice sha, struct commit *commit);
bool git_commit_details(struct forge *forge, struct arena *arena, const struct project *project,
                        struct slice sha, struct commit_details *details);
bool git_source(struct forge *forge, struct arena *arena, const struct project *project,
                const struct source_request *request, struct source_lines *source);

/* What is known of the project at GitLab counts no more. */
void gitlab_forget(struct forge *forge, int64_t project_id);

/* --- for every forge: source_text.c ------------------------------------------------------------
 */

/* What is left of a frame's path without scheme, host, query, "./", "~/" and back slashes; empty
 * when it cannot be a path in a repository. */
struct slice source_clean_path(struct arena *arena, struct slice path);
/* The only one of `names`, each followed by a newline, that ends with "/" + path; the empty slice
 * for none or several. */
struct slice source_name_that_ends(struct slice names, struct arena *arena, struct slice path);
/* The lines of `text` that are asked for. False: it has no such line. */
bool source_copy_lines(struct arena *arena, struct slice text, const struct source_request *request,
                       struct source_lines *source);

/* Fills `problem` from libgit2's last error. */
enum status git_problem(struct problem *problem, const char *what);

#endif
