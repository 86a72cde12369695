/* forge_roles.c - see forge_roles.h. */
#include "account/forge_roles.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account/forge_look.h"
#include "account/limits.h"
#include "base/clock.h"
#include "base/jobs.h"
#include "base/log.h"

#include "base/banned.h"

/* A server with linked projects, under the lock. */
struct watched {
  int64_t forge_id, not_before_ms;
  bool is_busy; /* a thread asks it */
  struct watched *next;
};

struct forge_roles {
  struct forge_look look;
  struct jobs *jobs;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  bool is_closing;
  struct watched *watched;
};

/* --- what is in use ------------------------------------------------------------------------- */

/* Projects that share a place take turns: at worst one of them is looked at less often. */
enum { USED_PLACES = 1024 };
static struct { _Atomic int64_t project_id, time_ms; } used[USED_PLACES];

void forge_roles_note_use(int64_t project_id) {
  size_t at = (size_t)project_id % USED_PLACES;
  atomic_store_explicit(&used[at].time_ms, clock_now_ms(), memory_order_relaxed);
  atomic_store_explicit(&used[at].project_id, project_id, memory_order_relaxed);
}

static bool is_in_use(int64_t project_id, int64_t now_ms) {
  size_t at = (size_t)project_id % USED_PLACES;
  return atomic_load_explicit(&used[at].project_id, memory_order_relaxed) == project_id &&
         now_ms - atomic_load_explicit(&used[at].time_ms, memory_order_relaxed) < ROLES_USE_MS;
}

static bool is_due(const struct project_forge *link, int64_t now_ms) {
  int64_t age_ms = now_ms - link->roles_asked_ms;
  int64_t every_ms = is_in_use(link->project_id, now_ms) ? ROLES_EVERY_MS : ROLES_IDLE_EVERY_MS;
  return link->takes_roles && (age_ms < 0 || age_ms >= every_ms);
}

/* --- one round of one server ---------------------------------------------------------------- */

struct round {
  struct forge_roles *roles;
  struct watched *watched;
};

static bool is_closing(struct forge_roles *roles) {
  pthread_mutex_lock(&roles->mutex);
  bool result = roles->is_closing;
  pthread_mutex_unlock(&roles->mutex);
  return result;
}

/* A server that cannot be reached is not asked for each of its projects. */
static void note_rest(struct forge_roles *roles, const struct project_forge *links, size_t count,
                      const struct problem *problem) {
  int64_t now_ms = clock_now_ms();
  for (size_t i = 0; i < count; i++)
    if (is_due(&links[i], now_ms)) forge_look_note(&roles->look, &links[i], problem);
}

static int64_t go_round(struct forge_roles *roles, struct arena *arena, int64_t forge_id) {
  struct forge_server server;
  struct project_forge *links = NULL;
  int64_t not_before_ms = 0;
  struct transaction *tx = store_begin_read(roles->look.store);
  bool is_known = forge_server_get(tx, arena, forge_id, &server);
  size_t count = is_known ? project_forge_list(tx, arena, forge_id, &links) : 0;
  store_end_read(tx);
  for (size_t i = 0; i < count && !is_closing(roles); i++) {
    struct problem problem = {0};
    struct arena scratch = {0};
    if (!is_due(&links[i], clock_now_ms())) continue;
    enum status status =
        forge_look_project(&roles->look, &scratch, &server, &links[i], &not_before_ms, &problem);
    arena_free(&scratch);
    if (status != STATUS_UNAVAILABLE && status != STATUS_BUSY) continue;
    if (!is_closing(roles)) note_rest(roles, links + i + 1, count - i - 1, &problem);
    break;
  }
  return not_before_ms;
}

static void round_main(void *context) {
  struct round *round = context;
  struct forge_roles *roles = round->roles;
  struct arena arena = {0};
  int64_t not_before_ms = go_round(roles, &arena, round->watched->forge_id);
  arena_free(&arena);
  pthread_mutex_lock(&roles->mutex);
  round->watched->is_busy = false;
  round->watched->not_before_ms = not_before_ms;
  pthread_mutex_unlock(&roles->mutex);
  free(round);
}

/* --- the thread that looks what is due ----------------------------------------------------------
 */

static struct watched *watched_of(struct forge_roles *roles, int64_t forge_id) {
  struct watched *watched = roles->watched;
  while (watched && watched->forge_id != forge_id) watched = watched->next;
  if (watched) return watched;
  watched = memory_alloc(sizeof *watched);
  *watched = (struct watched){.forge_id = forge_id, .next = roles->watched};
  roles->watched = watched;
  return watched;
}

static void start_round(struct forge_roles *roles, int64_t forge_id) {
  pthread_mutex_lock(&roles->mutex);
  struct watched *watched = watched_of(roles, forge_id);
  bool may_start = !watched->is_busy && watched->not_before_ms <= clock_now_ms();
  if (may_start) watched->is_busy = true;
  pthread_mutex_unlock(&roles->mutex);
  if (!may_start) return;
  struct round *round = memory_alloc(sizeof *round);
  *round = (struct round){roles, watched};
  if (jobs_start(roles->jobs, round_main, round)) return;
  free(round);
  pthread_mutex_lock(&roles->mutex);
  watched->is_busy = false;
  pthread_mutex_unlock(&roles->mutex);
}

static void start_due(struct forge_roles *roles) {
  struct arena arena = {0};
  struct project_forge *links;
  int64_t now_ms = clock_now_ms();
  struct transaction *tx = store_begin_read(roles->look.store);
  size_t count = project_forge_list(tx, &arena, 0, &links);
  store_end_read(tx);
  for (size_t i = 0; i < count; i++)
    if (is_due(&links[i], now_ms)) start_round(roles, links[i].forge_id);
  arena_free(&arena);
}

static void *roles_main(void *context) {
  struct forge_roles *roles = context;
  pthread_mutex_lock(&roles->mutex);
  while (!roles->is_closing) {
    pthread_mutex_unlock(&roles->mutex);
    start_due(roles);
    pthread_mutex_lock(&roles->mutex);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ROLES_TICK_S;
    if (!roles->is_closing) pthread_cond_timedwait(&roles->wake, &roles->mutex, &until);
  }
  pthread_mutex_unlock(&roles->mutex);
  return NULL;
}

struct forge_roles *forge_roles_open(struct store *store, struct http_client *client,
                                     struct grants *grants) {
  struct forge_roles *roles = memory_alloc(sizeof *roles);
  *roles =
      (struct forge_roles){.look = {store, client, grants}, .jobs = jobs_open(ROLES_JOBS_LIMIT)};
  pthread_mutex_init(&roles->mutex, NULL);
  pthread_cond_init(&roles->wake, NULL);
  pthread_create(&roles->thread, NULL, roles_main, roles);
  return roles;
}

void forge_roles_close(struct forge_roles *roles) {
  pthread_mutex_lock(&roles->mutex);
  roles->is_closing = true;
  pthread_cond_broadcast(&roles->wake);
  pthread_mutex_unlock(&roles->mutex);
  pthread_join(roles->thread, NULL);
  jobs_close(roles->jobs);
  for (struct watched *watched = roles->watched, *next; watched; watched = next) {
    next = watched->next;
    free(watched);
  }
  pthread_cond_destroy(&roles->wake);
  pthread_mutex_destroy(&roles->mutex);
  free(roles);
}

/* --- now
 * ------------------------------------------------------------------------------------------ */

enum status forge_roles_refresh(struct forge_roles *roles, int64_t project_id,
                                struct problem *problem) {
  struct arena arena = {0};
  struct forge_server server;
  struct project_forge link;
  int64_t not_before_ms = 0;
  struct transaction *tx = store_begin_read(roles->look.store);
  bool is_linked = project_forge_get(tx, &arena, project_id, &link) && link.takes_roles &&
                   forge_server_get(tx, &arena, link.forge_id, &server);
  store_end_read(tx);
  enum status status =
      is_linked
          ? forge_look_project(&roles->look, &arena, &server, &link, &not_before_ms, problem)
          : problem_set(problem, STATUS_NOT_FOUND, "This project takes no roles from elsewhere.");
  arena_free(&arena);
  return status;
}

void forge_roles_of_person(struct forge_roles *roles, const struct forge_server *server,
                           int64_t user_id, struct slice token) {
  struct arena arena = {0};
  struct project_forge *links;
  int64_t until_us = clock_monotonic_us() + ROLES_SIGN_IN_MS * 1000;
  struct transaction *tx = store_begin_read(roles->look.store);
  size_t count = project_forge_list(tx, &arena, server->id, &links);
  store_end_read(tx);
  for (size_t i = 0; i < count; i++) {
    struct arena scratch = {0};
    int64_t left_ms = (until_us - clock_monotonic_us()) / 1000;
    struct forge_visit visit = {.server = server,
                                .link = &links[i],
                                .user_id = user_id,
                                .token = token,
                                .timeout_ms = left_ms};
    struct problem problem = {0};
    enum status status = STATUS_OK;
    if (links[i].takes_roles && left_ms > 0)
      status = forge_look_person(&roles->look, &scratch, &visit, &problem);
    arena_free(&scratch);
    if (left_ms <= 0 || status == STATUS_UNAVAILABLE || status == STATUS_BUSY) break;
  }
  arena_free(&arena);
}
