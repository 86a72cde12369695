/* builtin.h - what the files of the built-in forge share.
 *
 *   forge.c    settings, and the thread that keeps mirrors fresh
 *   mirror.c   one mirror: made, fetched, removed
 *   stream.c   the network connection that libgit2 fetches through
 *   address.c  which URLs and addresses are allowed
 *   commit.c   commits and their changes
 *   source.c   lines of files
 *   cache.c    what source.c keeps in memory
 */
#ifndef CULPRIT_FORGE_BUILTIN_H
#define CULPRIT_FORGE_BUILTIN_H

#include <git2.h>
#include <pthread.h>
#include <stdatomic.h>

#include "forge/git_url.h"
#include "forge/cache.h"
#include "forge/forge.h"
#include "forge/limits.h"

/* What is known of one project's mirror since the start. */
struct mirror {
  int64_t project_id;
  int64_t attempted_ms; /* the last try to fetch; 0: due at once */
  char error[PROBLEM_MESSAGE_BYTES];
  struct mirror *next;
};

struct forge {
  struct store *store;
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

/* Fills `problem` from libgit2's last error. */
enum status git_problem(struct problem *problem, const char *what);

#endif
