/* forge.c - the built-in forge: what projects name, and the thread that keeps mirrors fresh.
 *
 * A local repository is read where it is. Its owner is not compared with ours (libgit2's "safe
 * directory" check): that guards people who run commands in a directory of somebody else's, where
 * configuration could name programs to run. Here a maintainer named the path on purpose, and
 * nothing but objects is read: no hook, no filter, no work tree.
 *
 * The refresh thread owns all changes below DIR/repositories. It takes the list of projects from
 * the store, fetches what is due, one after the other, and removes mirrors that no project names.
 */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "forge/builtin.h"
#include "forge/stream.h"

#include "base/banned.h"

enum status git_problem(struct problem *problem, const char *what) {
  const git_error *error = git_error_last();
  return problem_set(problem, STATUS_FAILED, "%s: %s.", what,
                     error && error->message ? error->message : "unknown error");
}

/* --- what projects name --------------------------------------------------------------- */

/* Whether `path` is `directory` or below it; both resolved. */
static bool is_below(const char *path, const char *directory) {
  size_t len = strlen(directory);
  return strncmp(path, directory, len) == 0 &&
         (path[len] == '/' || path[len] == 0 || strcmp(directory, "/") == 0);
}

/* Where local repositories may be. The data directory holds other projects' mirrors. */
static enum status check_place(const struct forge *forge, const char *path,
                               struct problem *problem) {
  if (is_below(path, forge->data_directory))
    return problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                             "The repository must not be in this server's data directory.");
  if (forge->repository_root && !is_below(path, forge->repository_root))
    return problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                             "The repository must be below %s.", forge->repository_root);
  return STATUS_OK;
}

static enum status open_local(const struct forge *forge, struct slice setting,
                              git_repository **repository, struct problem *problem) {
  struct arena arena = {0};
  char resolved[PATH_MAX];
  bool is_there = slice_find_byte(setting, 0) == setting.len &&
                  realpath(arena_string(&arena, setting), resolved) != NULL;
  arena_free(&arena);
  if (!slice_starts_with(setting, SLICE("/")))
    return problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                             "Give the repository's full path, starting with \"/\", or its URL.");
  struct problem place;
  if (is_there && check_place(forge, resolved, &place)) {
    if (problem) *problem = place;
    return STATUS_BAD_INPUT;
  }
  git_repository *found = NULL;
  if (!is_there || git_repository_open_ext(&found, resolved, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL))
    return problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                             "There is no git repository at %.*s that this server may read.",
                             SLICE_ARGS(slice_cut_utf8(setting, 200)));
  /* A ".git" file or a link may have led elsewhere. Opened again as a bare one, so that libgit2
   * looks for nothing in the work tree. */
  enum status status = STATUS_OK;
  bool is_resolved = realpath(git_repository_commondir(found), resolved) != NULL;
  git_repository_free(found);
  if (is_resolved) status = check_place(forge, resolved, problem);
  if (!status && (!is_resolved || git_repository_open_bare(repository, resolved)))
    status = problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                               "The repository's directory cannot be read.");
  return status;
}

enum status repository_open(struct forge *forge, const struct project *project,
                            git_repository **repository, struct problem *problem) {
  int64_t fetched_ms;
  *repository = NULL;
  if (slice_is_empty(project->repository))
    return problem_set(problem, STATUS_NOT_FOUND, "The project names no repository.");
  if (!git_url_is(project->repository))
    return open_local(forge, project->repository, repository, problem);
  if (mirror_open(forge, project->id, project->repository, repository, &fetched_ms) == STATUS_OK)
    return STATUS_OK;
  return problem_set(problem, STATUS_NOT_FOUND, "The repository was not fetched yet.");
}

enum status forge_check_repository(struct forge *forge, struct slice repository,
                                   struct problem *problem) {
  if (repository.len > REPOSITORY_SETTING_BYTES)
    return problem_set_field(problem, STATUS_BAD_INPUT, "repository",
                             "The repository is longer than %d bytes.", REPOSITORY_SETTING_BYTES);
  if (!git_url_is(repository)) {
    git_repository *opened = NULL;
    enum status status = open_local(forge, repository, &opened, problem);
    if (!status) git_repository_free(opened);
    return status;
  }
  struct git_url url;
  struct addrinfo *addresses;
  enum status status = git_url_parse(repository, &url, problem);
  if (!status)
    status =
        git_url_resolve(url.host, url.port, forge->allow_private_addresses, &addresses, problem);
  if (!status) freeaddrinfo(addresses);
  return status;
}

/* --- what is known of mirrors ----------------------------------------------------------- */

/* Found or made. Call with the lock. */
static struct mirror *mirror_of(struct forge *forge, int64_t project_id) {
  struct mirror *mirror = forge->mirrors;
  while (mirror && mirror->project_id != project_id) mirror = mirror->next;
  if (mirror) return mirror;
  mirror = memory_alloc(sizeof(*mirror));
  *mirror = (struct mirror){.project_id = project_id, .next = forge->mirrors};
  forge->mirrors = mirror;
  return mirror;
}

/* "7/": what the project's keys in the cache start with. */
static void forget_sources(struct forge *forge, int64_t project_id) {
  struct arena arena = {0};
  cache_forget(&forge->cache, arena_printf(&arena, "%lld/", (long long)project_id));
  arena_free(&arena);
}

void forge_repository_changed(struct forge *forge, int64_t project_id) {
  forget_sources(forge, project_id);
  pthread_mutex_lock(&forge->mutex);
  struct mirror *mirror = mirror_of(forge, project_id);
  mirror->attempted_ms = 0;
  mirror->error[0] = 0;
  forge->has_news = true;
  pthread_cond_signal(&forge->wake);
  pthread_mutex_unlock(&forge->mutex);
}

struct forge_state forge_repository_state(struct forge *forge, struct arena *arena,
                                          const struct project *project) {
  struct forge_state state = {0};
  if (slice_is_empty(project->repository)) return state;
  git_repository *repository = NULL;
  if (!git_url_is(project->repository)) {
    struct problem problem;
    state.is_ready = open_local(forge, project->repository, &repository, &problem) == STATUS_OK;
    if (!state.is_ready) state.error = arena_copy(arena, slice_of_string(problem.message));
  } else {
    state.is_ready = mirror_open(forge, project->id, project->repository, &repository,
                                 &state.fetched_ms) == STATUS_OK;
    pthread_mutex_lock(&forge->mutex);
    state.error = arena_copy(arena, slice_of_string(mirror_of(forge, project->id)->error));
    pthread_mutex_unlock(&forge->mutex);
  }
  if (state.is_ready) git_repository_free(repository);
  return state;
}

/* --- the refresh thread ----------------------------------------------------------------- */

/* Whether the mirror is due, and if so marks it as tried. */
static bool take_if_due(struct forge *forge, int64_t project_id) {
  int64_t now_ms = clock_now_ms();
  pthread_mutex_lock(&forge->mutex);
  struct mirror *mirror = mirror_of(forge, project_id);
  bool is_due = now_ms - mirror->attempted_ms >= MIRROR_REFRESH_MS;
  if (is_due) mirror->attempted_ms = now_ms;
  pthread_mutex_unlock(&forge->mutex);
  return is_due;
}

static void set_error(struct forge *forge, int64_t project_id, const struct problem *problem) {
  pthread_mutex_lock(&forge->mutex);
  struct mirror *mirror = mirror_of(forge, project_id);
  memcpy(mirror->error, problem->message, sizeof(mirror->error));
  pthread_mutex_unlock(&forge->mutex);
}

static void refresh_project(struct forge *forge, const struct project *project) {
  struct problem problem = {0};
  char quoted[LOG_QUOTED_BYTES];
  enum status status = mirror_fetch(forge, project->id, project->repository, &problem);
  if (atomic_load(&forge->is_stopping)) return;
  if (status)
    log_write(LOG_WARNING, "repository not fetched", "project=%lld reason=%s",
              (long long)project->id, log_quote(quoted, slice_of_string(problem.message)));
  set_error(forge, project->id, &problem);
  forget_sources(forge, project->id);
}

static bool is_mirrored(const struct project *projects, size_t count, int64_t project_id) {
  for (size_t i = 0; i < count; i++)
    if (projects[i].id == project_id) return git_url_is(projects[i].repository);
  return false;
}

static void remove_unnamed(struct forge *forge, const struct project *projects, size_t count) {
  DIR *directory = opendir(forge->mirror_directory);
  if (!directory) return;
  struct dirent *entry;
  while ((entry = readdir(directory))) {
    struct slice name = slice_of_string(entry->d_name);
    int64_t project_id;
    if (slice_ends_with(name, SLICE(".git")) &&
        slice_to_i64(slice_upto(name, name.len - 4), &project_id) &&
        !is_mirrored(projects, count, project_id))
      mirror_remove(forge, project_id);
  }
  closedir(directory);
}

static void refresh_all(struct forge *forge) {
  struct arena arena = {0};
  struct project *projects;
  struct transaction *tx = store_begin_read(forge->store);
  size_t count = project_list(tx, &arena, 0, &projects);
  store_end_read(tx);
  remove_unnamed(forge, projects, count);
  for (size_t i = 0; i < count && !atomic_load(&forge->is_stopping); i++)
    if (git_url_is(projects[i].repository) && take_if_due(forge, projects[i].id))
      refresh_project(forge, &projects[i]);
  arena_free(&arena);
}

static void *run_refresh(void *context) {
  struct forge *forge = context;
  pthread_mutex_lock(&forge->mutex);
  while (!atomic_load(&forge->is_stopping)) {
    forge->has_news = false;
    pthread_mutex_unlock(&forge->mutex);
    refresh_all(forge);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += MIRROR_TICK_MS / SECOND_MS;
    pthread_mutex_lock(&forge->mutex);
    if (!atomic_load(&forge->is_stopping) && !forge->has_news)
      pthread_cond_timedwait(&forge->wake, &forge->mutex, &until);
  }
  pthread_mutex_unlock(&forge->mutex);
  return NULL;
}

/* --- start and end ------------------------------------------------------------------------ */

static char *copy_path(const char *a, const char *b) {
  size_t size = strlen(a) + strlen(b) + 1;
  char *path = memory_alloc(size);
  memcpy(path, a, strlen(a));
  memcpy(path + strlen(a), b, strlen(b) + 1);
  return path;
}

/* The real path of `path`, or `path` itself when it is not there; owned by the caller. */
static char *resolve(const char *path) {
  char resolved[PATH_MAX];
  return copy_path(realpath(path, resolved) ? resolved : path, "");
}

/* Where Debian keeps the certificates of authorities, each in a file. */
#define SYSTEM_CERTIFICATES "/etc/ssl/certs"

/* Certificates of an own authority are trusted besides those that libgit2 finds by itself, which
 * are named again because it forgets them. */
static void trust(const char *ca_file) {
  char quoted[LOG_QUOTED_BYTES];
  if (ca_file && git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, ca_file, SYSTEM_CERTIFICATES))
    log_write(LOG_ERROR, "cannot use certificates for repositories", "file=%s",
              log_quote(quoted, slice_of_string(ca_file)));
}

/* Nobody's configuration but the repositories' own counts, and memory is bounded. */
static void configure_libgit2(void) {
  git_libgit2_init();
  git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_SYSTEM, "");
  git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_GLOBAL, "");
  git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_XDG, "");
  git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_PROGRAMDATA, "");
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)GIT_OBJECT_CACHE_BYTES);
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)GIT_WINDOW_BYTES);
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)GIT_MAPPED_BYTES);
  git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
  stream_register();
}

struct forge *forge_open(struct store *store, const struct forge_options *options) {
  struct forge *forge = memory_alloc(sizeof(*forge));
  *forge = (struct forge){.store = store,
                          .opened_ms = clock_now_ms(),
                          .data_directory = resolve(store_directory(store))};
  forge->mirror_directory = copy_path(forge->data_directory, "/repositories");
  if (options) {
    struct arena arena = {0};
    forge->client = options->client;
    forge->grants = options->grants;
    forge->follow_remote = options->follow_remote;
    forge->allow_private_addresses = options->allow_private_addresses;
    if (options->repository_root.len)
      forge->repository_root = resolve(arena_string(&arena, options->repository_root));
    arena_free(&arena);
  }
  configure_libgit2();
  if (options) trust(options->ca_file);
  cache_init(&forge->cache, SOURCE_CACHE_BYTES);
  ask_init(&forge->ask, store);
  atomic_init(&forge->public_url, copy_path("", ""));
  pthread_mutex_init(&forge->mutex, NULL);
  pthread_cond_init(&forge->wake, NULL);
  if (pthread_create(&forge->thread, NULL, run_refresh, forge)) {
    log_write(LOG_ERROR, "no thread for repositories", "%s", "");
    abort();
  }
  poll_start(forge);
  return forge;
}

void forge_set_public_url(struct forge *forge, struct slice url) {
  struct arena arena = {0};
  char *copy = copy_path(arena_string(&arena, url), "");
  arena_free(&arena);
  free((void *)atomic_exchange_explicit(&forge->public_url, copy, memory_order_acq_rel));
}

void forge_stop_waiting(struct forge *forge) { ask_stop_waiting(&forge->ask); }

void forge_close(struct forge *forge) {
  if (!forge) return;
  poll_stop(forge);
  ask_destroy(&forge->ask);
  pthread_mutex_lock(&forge->mutex);
  atomic_store(&forge->is_stopping, true);
  pthread_cond_signal(&forge->wake);
  pthread_mutex_unlock(&forge->mutex);
  pthread_join(forge->thread, NULL);
  while (forge->mirrors) {
    struct mirror *next = forge->mirrors->next;
    free(forge->mirrors);
    forge->mirrors = next;
  }
  cache_destroy(&forge->cache);
  pthread_cond_destroy(&forge->wake);
  pthread_mutex_destroy(&forge->mutex);
  git_libgit2_shutdown();
  free((void *)atomic_load(&forge->public_url));
  free(forge->repository_root);
  free(forge->mirror_directory);
  free(forge->data_directory);
  free(forge);
}
