/* remote.c - see remote.h.
 *
 * One entry stands for one question:
 *
 *              start()                       on_done(), client thread
 *   ┌──────┐ ─────────► ┌─────────────┐ ──┬─► answer: held in memory until it is on disk
 *   │ idle │            │ under way,  │   └─► failure: kept for some seconds, longer each time
 *   └──────┘ ◄───────── │ with waiting│
 *                       └─────────────┘ ──► every waiting request runs again
 *
 * Entries are named by project, connection and path, so that the answer to an earlier connection is
 * never taken for one of the present. One mutex guards them all; it is never held across I/O. While
 * an entry is under way, what on_done() reads of it is changed by nobody else.
 */
#include "source/remote.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/sha1.h"
#include "http/client_problem.h"
#include "source/limits.h"
#include "source/remote_check.h"
#include "source/remote_notice.h"
#include "source/sentry_call.h"
#include "source/sentry_question.h"
#include "store/remote_link.h"

#include "base/banned.h"

/* A parked request, and how many questions it still waits for. */
struct waiting {
  struct http_request *request;
  size_t left;
};

struct entry {
  struct http_call call;
  struct remote *remote;
  char *key_text;
  struct slice key, path; /* `path` is the end of `key` */
  int64_t project_id, changed_ms;
  enum remote_kind kind;

  bool is_under_way;
  struct arena arena; /* of the call under way */
  int64_t started_ms;
  struct waiting **waiting;
  size_t waiting_count;

  int64_t asked_ms; /* of the newest answer since the start; 0: none */
  unsigned char hash[SHA1_BYTES];
  int64_t kept_ms; /* when that answer was last written */
  bool is_held;    /* it is in `held`, not yet on disk */
  struct arena held;
  struct remote_answer answer;

  struct problem problem; /* of the latest try */
  int64_t failed_ms, retry_ms;
  unsigned failures;
  int64_t used_ms;
};

/* What is known of a whole connection. */
struct place {
  int64_t project_id;    /* its bytes are the key */
  int64_t used_ms;       /* when somebody looked last */
  int64_t refresh_ms;    /* when its list is asked for next */
  int64_t looked_at_id;  /* of the linked errors, which was looked at last */
  int64_t not_before_ms; /* Sentry asked for patience until then */
  struct problem problem;
};

struct remote {
  struct store *store;
  struct http_client *client;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  pthread_t keeper;
  bool is_stopped;
  struct map entries, places;
};

/* --- entries ---------------------------------------------------------------------------- */

static struct place *place_of(struct remote *remote, int64_t project_id) {
  struct slice key = slice_of((const char *)&project_id, sizeof project_id);
  struct place *place = map_get(&remote->places, key);
  if (place) return place;
  place = memset(memory_alloc(sizeof *place), 0, sizeof *place);
  place->project_id = project_id;
  map_put(&remote->places, slice_of((const char *)&place->project_id, sizeof place->project_id),
          place);
  return place;
}

static struct slice entry_key(struct arena *arena, const struct connection *connection,
                              struct slice path) {
  return arena_printf(arena, "%lld:%lld:%.*s", (long long)connection->project_id,
                      (long long)connection->changed_ms, SLICE_ARGS(path));
}

static struct entry *entry_of(struct remote *remote, struct arena *arena,
                              const struct remote_question *question) {
  struct slice key = entry_key(arena, question->connection, question->path);
  struct entry *entry = map_get(&remote->entries, key);
  if (entry) return entry;
  entry = memset(memory_alloc(sizeof *entry), 0, sizeof *entry);
  entry->remote = remote;
  entry->key_text = memory_alloc(key.len);
  memcpy(entry->key_text, key.ptr, key.len);
  entry->key = slice_of(entry->key_text, key.len);
  entry->path = slice_from(entry->key, key.len - question->path.len);
  entry->project_id = question->connection->project_id;
  entry->changed_ms = question->connection->changed_ms;
  entry->kind = question->kind;
  map_put(&remote->entries, entry->key, entry);
  return entry;
}

static void entry_free(struct entry *entry) {
  arena_free(&entry->held);
  free(entry->waiting);
  free(entry->key_text);
  free(entry);
}

/* Forgets what nobody has asked for lately. */
static void drop_idle(struct remote *remote, struct arena *arena, int64_t now_ms) {
  struct entry **idle = ARENA_ARRAY(arena, remote->entries.count, struct entry *);
  size_t count = 0, at = 0;
  struct map_entry *found;
  while ((found = map_next(&remote->entries, &at))) {
    struct entry *entry = found->value;
    if (!entry->is_under_way && now_ms - entry->used_ms >= REMOTE_IDLE_MS) idle[count++] = entry;
  }
  for (size_t i = 0; i < count; i++) {
    map_remove(&remote->entries, idle[i]->key);
    entry_free(idle[i]);
  }
}

/* --- keeping an answer ------------------------------------------------------------------- */

struct keep {
  struct store_write write;
  struct remote *remote;
  struct arena arena;
  int64_t project_id, changed_ms;
  struct slice key, path;
  bool is_same; /* as the one on disk, but for its time */
  struct remote_answer packed;
  struct remote_sights sights;
};

/* The connection may have been changed meanwhile: its answers are forgotten then. */
static enum status run_keep(struct transaction *tx, struct store_write *write) {
  struct keep *keep = (struct keep *)write;
  struct connection connection;
  connection_get(tx, &keep->arena, keep->project_id, &connection);
  if (connection.changed_ms != keep->changed_ms) return STATUS_OK;
  if (keep->is_same) {
    remote_answer_touch(tx, keep->project_id, keep->path, keep->packed.asked_ms);
  } else {
    remote_answer_keep(tx, keep->project_id, keep->path, &keep->packed);
    remote_notice(tx, keep->project_id, keep->packed.asked_ms, &keep->sights);
  }
  return STATUS_OK;
}

static void done_keep(struct store_write *write) {
  struct keep *keep = (struct keep *)write;
  struct remote *remote = keep->remote;
  pthread_mutex_lock(&remote->mutex);
  struct entry *entry = map_get(&remote->entries, keep->key);
  if (entry && write->status) {
    entry->kept_ms = 0; /* the next answer is written, even if it is the same */
  } else if (entry && entry->is_held && entry->kept_ms == keep->packed.asked_ms) {
    arena_free(&entry->held);
    entry->is_held = false;
  }
  pthread_mutex_unlock(&remote->mutex);
  arena_free(&keep->arena);
  free(keep);
}

/* Of all that makes an answer: a page of a list may be the same while what follows is not. */
static void hash_answer(const struct remote_answer *answer, unsigned char hash[SHA1_BYTES]) {
  struct arena arena = {0};
  sha1(answer->body, hash);
  struct slice rest =
      arena_printf(&arena, "%lld %.*s", (long long)answer->hits, SLICE_ARGS(answer->link));
  sha1(arena_concat(&arena, slice_of((const char *)hash, SHA1_BYTES), rest), hash);
  arena_free(&arena);
}

/* Null when the disk has it already and lately. */
static struct keep *keep_of(struct entry *entry, const struct remote_answer *answer,
                            const unsigned char hash[SHA1_BYTES]) {
  pthread_mutex_lock(&entry->remote->mutex);
  bool is_same = entry->kept_ms && !memcmp(entry->hash, hash, SHA1_BYTES);
  bool is_late = answer->asked_ms - entry->kept_ms >= REMOTE_TOUCH_MS;
  pthread_mutex_unlock(&entry->remote->mutex);
  if (is_same && !is_late) return NULL;
  struct keep *keep = memset(memory_alloc(sizeof *keep), 0, sizeof *keep);
  keep->write = (struct store_write){.run = run_keep, .done = done_keep};
  keep->remote = entry->remote;
  keep->project_id = entry->project_id;
  keep->changed_ms = entry->changed_ms;
  keep->key = arena_copy(&keep->arena, entry->key);
  keep->path = slice_from(keep->key, entry->key.len - entry->path.len);
  keep->is_same = is_same;
  keep->packed = (struct remote_answer){.asked_ms = answer->asked_ms, .hits = answer->hits};
  if (is_same) return keep;
  keep->packed.link = arena_copy(&keep->arena, answer->link);
  keep->packed.body = remote_answer_pack(&keep->arena, answer->body);
  remote_sights_read(&keep->arena, entry->kind, answer->body, &keep->sights);
  return keep;
}

/* --- asking ------------------------------------------------------------------------------ */

static void note_failure(struct entry *entry, const struct problem *problem, int64_t now_ms,
                         int64_t not_before_ms) {
  unsigned doublings =
      entry->failures < REMOTE_RETRY_DOUBLINGS ? entry->failures : REMOTE_RETRY_DOUBLINGS;
  entry->failures++;
  entry->problem = *problem;
  entry->failed_ms = now_ms;
  entry->retry_ms = now_ms + (REMOTE_RETRY_MS << doublings);
  if (not_before_ms > entry->retry_ms) entry->retry_ms = not_before_ms;
}

/* Also an answer that is good may say that no further question is welcome before a time. */
static void note_pause(struct place *place, int64_t not_before_ms, const struct problem *problem) {
  place->not_before_ms = not_before_ms;
  place->problem = *problem;
  if (!problem->status)
    problem_set(&place->problem, STATUS_UNAVAILABLE,
                "Sentry limits how often it is asked. It is asked again in a moment.");
}

/* Takes the answer, which was understood, into memory. `keep` is null when it need not be written:
 * then the one on disk is the same, unless it was dropped meanwhile. */
static void note_answer(struct entry *entry, const struct remote_answer *answer,
                        const unsigned char hash[SHA1_BYTES], const struct keep *keep) {
  entry->asked_ms = answer->asked_ms;
  entry->failures = 0;
  entry->problem = (struct problem){0};
  entry->failed_ms = entry->retry_ms = 0;
  if (!keep && entry->kept_ms) return;
  arena_free(&entry->held);
  entry->answer = *answer;
  entry->answer.body = arena_copy(&entry->held, answer->body);
  entry->answer.link = arena_copy(&entry->held, answer->link);
  entry->is_held = true;
  entry->kept_ms = keep ? answer->asked_ms : 0;
  memcpy(entry->hash, hash, SHA1_BYTES);
}

/* Takes the list of those who wait for nothing else any more; they are to be run without the lock.
 * Returns how many. */
static size_t take_waiting(struct entry *entry, struct waiting ***ready) {
  size_t count = 0;
  *ready = entry->waiting;
  for (size_t i = 0; i < entry->waiting_count; i++)
    if (--entry->waiting[i]->left == 0) (*ready)[count++] = entry->waiting[i];
  entry->waiting = NULL;
  entry->waiting_count = 0;
  return count;
}

static void run_again(struct waiting **ready, size_t count) {
  for (size_t i = 0; i < count; i++) {
    http_run_again(ready[i]->request);
    free(ready[i]);
  }
  free(ready);
}

/* On the client's thread. */
static void on_done(struct http_call *call) {
  struct entry *entry = (struct entry *)call;
  struct remote *remote = entry->remote;
  struct problem problem = {0};
  struct waiting **ready;
  struct keep *keep = NULL;
  unsigned char hash[SHA1_BYTES];
  int64_t now_ms = clock_now_ms(), not_before_ms = 0;
  struct remote_answer answer = {.asked_ms = entry->started_ms};
  sentry_call_wipe(call);
  bool must_pause = http_call_not_before(call, now_ms, &not_before_ms);
  enum status status = remote_check(call, entry->kind, &answer, &problem);
  if (!status) {
    hash_answer(&answer, hash);
    keep = keep_of(entry, &answer, hash);
  }
  pthread_mutex_lock(&remote->mutex);
  if (status)
    note_failure(entry, &problem, now_ms, not_before_ms);
  else
    note_answer(entry, &answer, hash, keep);
  if (must_pause) note_pause(place_of(remote, entry->project_id), not_before_ms, &problem);
  http_call_free(call);
  arena_free(&entry->arena);
  entry->is_under_way = false;
  size_t count = take_waiting(entry, &ready);
  pthread_mutex_unlock(&remote->mutex);
  run_again(ready, count);
  if (keep && store_submit(remote->store, &keep->write) != STATUS_OK) {
    keep->write.status = STATUS_UNAVAILABLE;
    done_keep(&keep->write);
  }
}

/* Asks, unless it is under way, failed a moment ago, or Sentry asked for patience. */
static void start(struct entry *entry, const struct connection *connection, int64_t now_ms) {
  struct remote *remote = entry->remote;
  const struct place *place = place_of(remote, entry->project_id);
  struct problem problem;
  bool is_set_back = entry->failed_ms > now_ms; /* the clock was */
  if (entry->is_under_way || (now_ms < entry->retry_ms && !is_set_back)) return;
  if (now_ms < place->not_before_ms) {
    entry->problem = place->problem;
    entry->failed_ms = now_ms;
    entry->retry_ms = place->not_before_ms;
    return;
  }
  const struct sentry_request request = {
      .connection = connection, .method = "GET", .path = entry->path};
  if (sentry_call_prepare(remote->store, &entry->arena, &request, &entry->call, &problem)) {
    arena_free(&entry->arena);
    note_failure(entry, &problem, now_ms, 0);
    return;
  }
  entry->call.timeout_ms = REMOTE_TIMEOUT_MS;
  entry->call.done = on_done;
  entry->started_ms = now_ms;
  entry->is_under_way = true;
  http_client_start(remote->client, &entry->call);
}

/* The newest answer of memory and disk. */
static bool choose_answer(struct entry *entry, struct arena *arena,
                          const struct remote_answer *kept, struct remote_answer *answer) {
  if (entry->is_held) {
    *answer = entry->answer;
    answer->body = arena_copy(arena, entry->answer.body);
    answer->link = arena_copy(arena, entry->answer.link);
  } else {
    *answer = *kept;
    if (!kept->body.len) entry->kept_ms = 0; /* dropped: the next answer is written */
  }
  /* The same came again since, and was not written for its time alone. */
  bool is_same = entry->is_held || kept->asked_ms == entry->kept_ms;
  if (is_same && entry->asked_ms > answer->asked_ms) answer->asked_ms = entry->asked_ms;
  return answer->body.len > 0;
}

static enum status decide(struct entry *entry, const struct remote_question *question,
                          struct remote_reply *reply, bool is_known, struct problem *problem) {
  int64_t now_ms = clock_now_ms(), asked_ms = reply->answer.asked_ms;
  /* Times that lie ahead are from before the clock was set back. */
  bool is_old = !is_known || asked_ms < question->newer_than_ms || asked_ms > now_ms;
  if (entry->remote->is_stopped)
    return problem_set(problem, STATUS_UNAVAILABLE, "The server is stopping. Try again.");
  if (is_old || now_ms - asked_ms > REMOTE_FRESH_MS) start(entry, question->connection, now_ms);
  bool has_failed = entry->problem.status && entry->failed_ms >= (is_known ? asked_ms : 0);
  if (is_known && (!is_old || has_failed)) {
    if (has_failed) reply->problem = entry->problem;
    reply->retry_ms = has_failed ? entry->retry_ms : 0;
    return STATUS_OK;
  }
  if (entry->is_under_way) return STATUS_PENDING;
  *problem = entry->problem;
  if (!problem->status)
    problem_set(problem, STATUS_UNAVAILABLE, "Sentry cannot be asked at the moment. Try again.");
  return problem->status;
}

enum status remote_ask(struct remote *remote, struct arena *arena,
                       const struct remote_question *question, struct remote_reply *reply,
                       struct problem *problem) {
  struct remote_answer kept = {0};
  *reply = (struct remote_reply){0};
  struct transaction *tx = store_begin_read(remote->store);
  if (!remote_answer_find(tx, arena, question->connection->project_id, question->path, &kept))
    kept = (struct remote_answer){0};
  store_end_read(tx);
  pthread_mutex_lock(&remote->mutex);
  struct entry *entry = entry_of(remote, arena, question);
  entry->used_ms = place_of(remote, entry->project_id)->used_ms = clock_now_ms();
  bool is_known = choose_answer(entry, arena, &kept, &reply->answer);
  enum status status = decide(entry, question, reply, is_known, problem);
  pthread_mutex_unlock(&remote->mutex);
  return status;
}

/* --- waiting ----------------------------------------------------------------------------- */

static bool add_waiting(struct remote *remote, struct slice key, struct waiting *waiting) {
  struct entry *entry = map_get(&remote->entries, key);
  if (!entry || !entry->is_under_way) return false;
  entry->waiting = memory_realloc(entry->waiting, (entry->waiting_count + 1) * sizeof(void *));
  entry->waiting[entry->waiting_count++] = waiting;
  return true;
}

void remote_wait(struct remote *remote, const struct remote_wait_list *list,
                 struct http_request *request) {
  struct waiting *waiting = memory_alloc(sizeof *waiting);
  *waiting = (struct waiting){.request = request};
  http_park(request);
  pthread_mutex_lock(&remote->mutex);
  for (size_t i = 0; i < list->count; i++)
    waiting->left +=
        add_waiting(remote, entry_key(request->arena, list->connection, list->paths[i]), waiting);
  bool is_over = waiting->left == 0;
  pthread_mutex_unlock(&remote->mutex);
  if (!is_over) return;
  free(waiting);
  http_run_again(request);
}

/* --- the keeper -------------------------------------------------------------------------- */

/* When a connection's list is asked for after this time. Spread over the period, so that many do
 * not come together. */
static int64_t refresh_after(const struct place *place, int64_t now_ms) {
  int64_t period_ms =
      now_ms - place->used_ms < REMOTE_IDLE_MS ? REMOTE_REFRESH_MS : REMOTE_REFRESH_IDLE_MS;
  int64_t offset_ms = (place->project_id * 7919 * SECOND_MS) % period_ms;
  return (now_ms - offset_ms) / period_ms * period_ms + period_ms + offset_ms;
}

/* Asks for an answer that is not fresh. */
static void refresh(struct remote *remote, struct arena *arena,
                    const struct remote_question *question, int64_t now_ms) {
  struct entry *entry = entry_of(remote, arena, question);
  entry->used_ms = now_ms;
  if (!remote->is_stopped && now_ms - entry->asked_ms > REMOTE_FRESH_MS)
    start(entry, question->connection, now_ms);
}

/* Whether the connection's turn has come; its first one is some time after the start. */
static bool take_turn(struct remote *remote, struct place *place, int64_t now_ms) {
  bool is_first = !place->refresh_ms;
  bool is_ahead = place->refresh_ms > now_ms + 2 * REMOTE_REFRESH_IDLE_MS; /* the clock went back */
  if (!is_first && now_ms < place->refresh_ms && !is_ahead) return false;
  place->refresh_ms = refresh_after(place, now_ms);
  return !is_first && !remote->is_stopped;
}

/* The first page, and some of the linked errors that were resolved: those that come back need not
 * be on it. */
static void refresh_if_due(struct remote *remote, struct arena *arena,
                           const struct connection *connection) {
  int64_t *linked, now_ms = clock_now_ms();
  pthread_mutex_lock(&remote->mutex);
  struct place *place = place_of(remote, connection->project_id);
  bool is_due = take_turn(remote, place, now_ms);
  int64_t after_id = place->looked_at_id;
  pthread_mutex_unlock(&remote->mutex);
  if (!is_due) return;
  struct transaction *tx = store_begin_read(remote->store);
  size_t count = remote_link_list_resolved(tx, arena, connection->project_id, after_id,
                                           REMOTE_LINKED_A_TURN, &linked);
  store_end_read(tx);
  pthread_mutex_lock(&remote->mutex);
  struct remote_question question = {.connection = connection,
                                     .kind = REMOTE_ISSUES,
                                     .path = sentry_first_page_path(arena, connection)};
  refresh(remote, arena, &question, now_ms);
  question.kind = REMOTE_ISSUE;
  for (size_t i = 0; i < count; i++) {
    question.path = sentry_issue_path(arena, connection, linked[i]);
    refresh(remote, arena, &question, now_ms);
  }
  place->looked_at_id = count ? linked[count - 1] : 0;
  pthread_mutex_unlock(&remote->mutex);
}

static void refresh_all(struct remote *remote, struct arena *arena) {
  struct connection *connections;
  struct transaction *tx = store_begin_read(remote->store);
  size_t count = connection_list(tx, arena, &connections);
  store_end_read(tx);
  for (size_t i = 0; i < count; i++) refresh_if_due(remote, arena, &connections[i]);
}

static void *keep_fresh(void *argument) {
  struct remote *remote = argument;
  struct arena arena = {0};
  pthread_mutex_lock(&remote->mutex);
  while (!remote->is_stopped) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += REMOTE_KEEPER_PERIOD_MS / SECOND_MS;
    pthread_cond_timedwait(&remote->changed, &remote->mutex, &until);
    if (remote->is_stopped) break;
    drop_idle(remote, &arena, clock_now_ms());
    pthread_mutex_unlock(&remote->mutex);
    refresh_all(remote, &arena);
    arena_reset(&arena);
    pthread_mutex_lock(&remote->mutex);
  }
  pthread_mutex_unlock(&remote->mutex);
  arena_free(&arena);
  return NULL;
}

/* --- opening and closing ------------------------------------------------------------------ */

struct remote *remote_open(struct store *store, struct http_client *client) {
  struct remote *remote = memset(memory_alloc(sizeof *remote), 0, sizeof *remote);
  remote->store = store;
  remote->client = client;
  pthread_mutex_init(&remote->mutex, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&remote->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  int failed = pthread_create(&remote->keeper, NULL, keep_fresh, remote);
  assert(!failed);
  (void)failed;
  return remote;
}

void remote_stop(struct remote *remote) {
  size_t at = 0;
  struct map_entry *found;
  pthread_mutex_lock(&remote->mutex);
  if (remote->is_stopped) {
    pthread_mutex_unlock(&remote->mutex);
    return;
  }
  remote->is_stopped = true;
  pthread_cond_signal(&remote->changed);
  pthread_mutex_unlock(&remote->mutex);
  pthread_join(remote->keeper, NULL);
  pthread_mutex_lock(&remote->mutex);
  while ((found = map_next(&remote->entries, &at))) {
    struct waiting **ready;
    size_t count = take_waiting(found->value, &ready);
    run_again(ready, count);
  }
  pthread_mutex_unlock(&remote->mutex);
}

void remote_close(struct remote *remote) {
  if (!remote) return;
  size_t at = 0;
  struct map_entry *found;
  while ((found = map_next(&remote->entries, &at))) entry_free(found->value);
  at = 0;
  while ((found = map_next(&remote->places, &at))) free(found->value);
  map_free(&remote->entries);
  map_free(&remote->places);
  pthread_cond_destroy(&remote->changed);
  pthread_mutex_destroy(&remote->mutex);
  free(remote);
}
