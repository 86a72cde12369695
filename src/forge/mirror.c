/* mirror.c - the bare copy of a repository that a project names by URL.
 *
 *   DIR/repositories/7.git/              a bare repository
 *   DIR/repositories/7.git/mirror-url    what it is a mirror of
 *   DIR/repositories/7.git/mirror-fresh  its modification time: when a fetch last succeeded
 *
 * Only the refresh thread changes mirrors. Readers open them at any time: git adds packs first and
 * names them later.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forge/builtin.h"
#include "forge/stream.h"

#include "base/banned.h"

#define URL_NAME "mirror-url"
#define FRESH_NAME "mirror-fresh"

/* "DIR/repositories/7.git", from the arena. */
static const char *mirror_path(const struct forge *forge, struct arena *arena, int64_t project_id) {
  return arena_printf(arena, "%s/%lld.git%c", forge->mirror_directory, (long long)project_id, 0)
      .ptr;
}

static const char *path_in(struct arena *arena, const char *mirror, const char *name) {
  return arena_printf(arena, "%s/%s%c", mirror, name, 0).ptr;
}

static int64_t read_fetched_ms(struct arena *arena, const char *mirror) {
  struct stat info;
  if (stat(path_in(arena, mirror, FRESH_NAME), &info)) return 0;
  return (int64_t)info.st_mtim.tv_sec * SECOND_MS + info.st_mtim.tv_nsec / 1000000;
}

/* Makes or replaces a small file in the mirror; false when that fails. */
static bool write_file(struct arena *arena, const char *mirror, const char *name,
                       struct slice text) {
  int fd = open(path_in(arena, mirror, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool is_written = write(fd, text.ptr, text.len) == (ssize_t)text.len && futimens(fd, NULL) == 0;
  close(fd);
  return is_written;
}

static bool has_url(struct arena *arena, const char *mirror, struct slice url) {
  char text[REPOSITORY_SETTING_BYTES + 1];
  int fd = open(path_in(arena, mirror, URL_NAME), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t count = read(fd, text, sizeof(text));
  close(fd);
  return count >= 0 && slice_equal(slice_of(text, (size_t)count), url);
}

enum status mirror_open(const struct forge *forge, int64_t project_id, struct slice url,
                        git_repository **repository, int64_t *fetched_ms) {
  struct arena arena = {0};
  const char *path = mirror_path(forge, &arena, project_id);
  enum status status = STATUS_NOT_FOUND;
  *fetched_ms = read_fetched_ms(&arena, path);
  if (*fetched_ms && has_url(&arena, path, url) && git_repository_open_bare(repository, path) == 0)
    status = STATUS_OK;
  if (status) *fetched_ms = 0;
  arena_free(&arena);
  return status;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where) {
  (void)info, (void)kind, (void)where;
  return remove(path);
}

void mirror_remove(const struct forge *forge, int64_t project_id) {
  struct arena arena = {0};
  nftw(mirror_path(forge, &arena, project_id), remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  arena_free(&arena);
}

/* The mirror with that URL, made anew when it is missing or of another URL. */
static enum status open_or_make(const struct forge *forge, int64_t project_id, struct slice url,
                                git_repository **repository, struct problem *problem) {
  struct arena arena = {0};
  const char *path = mirror_path(forge, &arena, project_id);
  enum status status = STATUS_OK;
  bool is_there = has_url(&arena, path, url) && git_repository_open_bare(repository, path) == 0;
  if (!is_there) mirror_remove(forge, project_id);
  if (mkdir(forge->mirror_directory, 0700) && errno != EEXIST)
    status = problem_set(problem, STATUS_FAILED, "%s cannot be made.", forge->mirror_directory);
  else if (!is_there && git_repository_init(repository, path, 1))
    status = git_problem(problem, "The mirror cannot be made");
  else if (!is_there && !write_file(&arena, path, URL_NAME, url))
    status = problem_set(problem, STATUS_FAILED, "The mirror %s cannot be written.", path);
  if (status) {
    git_repository_free(*repository);
    *repository = NULL;
  }
  arena_free(&arena);
  return status;
}

/* --- fetching ------------------------------------------------------------------------ */

static int on_progress(const git_indexer_progress *progress, void *context) {
  const struct stream_scope *scope = context;
  if (progress->received_bytes > FETCH_LIMIT_BYTES) {
    git_error_set_str(GIT_ERROR_NET, "the repository is larger than this server mirrors");
    return -1;
  }
  return stream_is_over(scope) ? -1 : 0;
}

/* Nobody can be asked, and settings hold no secrets. */
static int on_credentials(git_credential **out, const char *url, const char *user, unsigned types,
                          void *context) {
  (void)out, (void)url, (void)user, (void)types, (void)context;
  git_error_set_str(GIT_ERROR_NET, "it is not public: the server asks for a password");
  return GIT_EAUTH;
}

/* A remote that lives in memory alone. */
static git_remote *make_remote(git_repository *repository, struct slice url) {
  struct arena arena = {0};
  git_remote *remote;
  git_remote_create_options options;
  git_remote_create_options_init(&options, GIT_REMOTE_CREATE_OPTIONS_VERSION);
  options.repository = repository;
  options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
  bool is_made = git_remote_create_with_opts(&remote, arena_string(&arena, url), &options) == 0;
  arena_free(&arena);
  return is_made ? remote : NULL;
}

static enum status fetch(git_repository *repository, struct slice url, struct stream_scope *scope,
                         struct problem *problem) {
  static char branches[] = "+refs/heads/*:refs/heads/*", tags[] = "+refs/tags/*:refs/tags/*";
  static char *const names[] = {branches, tags};
  const git_strarray refspecs = {(char **)names, 2};
  git_remote *remote = make_remote(repository, url);
  if (!remote) return git_problem(problem, "The repository cannot be fetched");
  git_fetch_options options;
  git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
  options.callbacks.transfer_progress = on_progress;
  options.callbacks.credentials = on_credentials;
  options.callbacks.payload = scope;
  options.prune = GIT_FETCH_PRUNE;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE; /* the second refspec brings them */
  options.update_fetchhead = 0;
  stream_set_scope(scope);
  int code = git_remote_fetch(remote, &refspecs, &options, NULL);
  stream_set_scope(NULL);
  git_remote_free(remote);
  return code ? git_problem(problem, "The repository cannot be fetched") : STATUS_OK;
}

enum status mirror_fetch(const struct forge *forge, int64_t project_id, struct slice url,
                         struct problem *problem) {
  struct git_url parts;
  git_repository *repository = NULL;
  enum status status = git_url_parse(url, &parts, problem);
  if (!status) status = open_or_make(forge, project_id, url, &repository, problem);
  if (status) return status;
  struct stream_scope scope = {
      .host = parts.host,
      .allow_private_addresses = forge->allow_private_addresses,
      .deadline_us = clock_monotonic_us() + FETCH_LIMIT_MS * 1000,
      .is_stopping = &forge->is_stopping,
  };
  status = fetch(repository, url, &scope, problem);
  if (!status) {
    struct arena arena = {0};
    write_file(&arena, mirror_path(forge, &arena, project_id), FRESH_NAME, SLICE(""));
    arena_free(&arena);
  }
  git_repository_free(repository);
  return status;
}
