/* forge.h - where a project's code lives: commits and source lines.
 *
 * The built-in forge reads a git repository on this machine, or a mirror of one that it keeps below
 * the data directory (DIR/repositories/PROJECT_ID.git) and refreshes in the background. Only
 * libgit2 touches it, never from a network thread.
 */
#ifndef CULPRIT_FORGE_FORGE_H
#define CULPRIT_FORGE_FORGE_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"
#include "store/project.h"

struct forge; /* mirrors, their refresh thread and a small cache; one for the server */

struct forge_options {
  bool allow_private_addresses; /* URLs may lead to loopback, private and link-local addresses */
  struct slice repository_root; /* local repositories must lie below it; empty: anywhere but in the
                                   data directory */
};
/* Starts the refresh thread. `options` may be null for the defaults; it is copied. */
struct forge *forge_open(struct store *store, const struct forge_options *options);
/* Ends a running fetch, joins the thread and frees everything. */
void forge_close(struct forge *forge);

/* Checks a repository setting before it is saved: an absolute path to a git repository that this
 * server may read, or an http(s) or git URL whose host resolves to addresses that are allowed. Says
 * what is wrong. Resolves names: not for network threads. */
enum status forge_check_repository(struct forge *forge, struct slice repository,
                                   struct problem *problem) MUST_CHECK;
/* Tells the refresh thread that a project's setting changed. */
void forge_repository_changed(struct forge *forge, int64_t project_id);
/* What the settings page shows: when it was last fetched and what went wrong then. */
struct forge_state {
  bool is_ready;
  int64_t fetched_ms;
  struct slice error; /* empty: none */
};
struct forge_state forge_repository_state(struct forge *forge, struct arena *arena,
                                          const struct project *project);

struct commit {
  struct slice sha; /* 40 digits */
  struct slice author_name, author_email, title, message;
  int64_t author_time_ms;
};
struct changed_file {
  struct slice path, old_path;
  char change;            /* 'A', 'M', 'D', 'R' */
  int64_t added, deleted; /* lines */
};
struct commit_details {
  struct commit commit;
  struct slice *parents;
  size_t parent_count;
  struct changed_file *files;
  size_t file_count;
  struct slice patch; /* unified diff, cut at a limit */
  bool is_patch_cut;
};

/* `release` is a full or abbreviated (7 digits or more) SHA, also behind the '@' of "package@sha".
 * False when the project has no repository or no such commit; tags and branches are not looked up.
 */
bool forge_commit_of_release(struct forge *forge, struct arena *arena,
                             const struct project *project, struct slice release,
                             struct commit *commit);
bool forge_commit_details(struct forge *forge, struct arena *arena, const struct project *project,
                          struct slice sha, struct commit_details *details);

/* The lines around `line` of the file that a frame's path names at that commit: exact path, else
 * the longest path of the tree that ends `path` or that `path` ends, when there is just one. */
struct source_lines {
  struct slice path;  /* in the repository */
  int64_t first_line; /* number of lines[0] */
  struct slice *lines;
  size_t count;
};
struct source_request {
  struct slice sha, path;
  int64_t line;
  size_t context; /* lines before and after */
};
bool forge_source(struct forge *forge, struct arena *arena, const struct project *project,
                  const struct source_request *request, struct source_lines *source);

#endif
