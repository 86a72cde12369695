/* forge.h - where a project's code lives: commits and source lines. Its issues: issue.h.
 *
 * A project may be linked to one at a GitLab (store/forge_server.h), which is asked over its API.
 * Otherwise the built-in forge reads a git repository on this machine, or a mirror of one that it
 * keeps below the data directory (DIR/repositories/PROJECT_ID.git) and refreshes in the background.
 * Only libgit2 touches it, never from a network thread.
 */
#ifndef CULPRIT_FORGE_FORGE_H
#define CULPRIT_FORGE_FORGE_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"
#include "http/client.h"
#include "store/project.h"

struct forge; /* mirrors, their refresh thread and a small cache; one for the server */

/* An issue that an error of a connected Sentry is linked to was closed, or reopened, at its forge;
 * on the writer thread. */
struct issue_link;
typedef void forge_follow(struct transaction *tx, const struct issue_link *link, bool is_open);

struct forge_options {
  struct http_client *client;   /* for GitLab; null: none is asked. Must outlive the forge */
  struct grants *grants;        /* of people; null: they have none. The same */
  forge_follow *follow_remote;  /* null: nothing follows */
  const char *ca_file;          /* certificates that are trusted besides the system's; null */
  bool allow_private_addresses; /* URLs may lead to loopback, private and link-local addresses */
  struct slice repository_root; /* local repositories must lie below it; empty: anywhere but in the
                                   data directory */
};
/* Starts the refresh thread. `options` may be null for the defaults; it is copied. */
struct forge *forge_open(struct store *store, const struct forge_options *options);
/* What links to this server start with, once that is known. Copied; called once. */
void forge_set_public_url(struct forge *forge, struct slice url);
/* Ends a running fetch, joins the threads and frees everything. Questions to GitLab end when the
 * client stops. */
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
  struct slice url; /* of its page at the forge; empty for git */
  /* What brought it in; number 0: not known. */
  int64_t merge_request_number;
  struct slice merge_request_title, merge_request_url;
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
/* Whether there may be commits and lines at all. */
bool forge_has_code(struct forge *forge, struct arena *arena, const struct project *project);
struct source_request {
  struct slice sha, path;
  int64_t line;
  size_t context; /* lines before and after */
};
bool forge_source(struct forge *forge, struct arena *arena, const struct project *project,
                  const struct source_request *request, struct source_lines *source);
/* The page at the forge that shows the line; empty when there is none. */
struct slice forge_source_url(struct forge *forge, struct arena *arena,
                              const struct project *project, const struct source_request *request);

/* --- waiting for a forge that is another server ------------------------------------------------
 */

/* Of a project that is linked to GitLab the functions above give what is known, and ask for the
 * rest in the background. */
bool forge_is_asking(struct forge *forge, int64_t project_id);
/* Parks the request until nothing is asked for the project any more, or until `until_us`
 * (clock_monotonic_us()); then its handler runs again and may find more. */
void forge_wait(struct forge *forge, struct http_request *request, int64_t project_id,
                int64_t until_us);
/* Lets all who wait run, and nobody wait from now on: before the HTTP server stops. */
void forge_stop_waiting(struct forge *forge);

#endif
