/* regroup_split.c - gives the events of a strand that differ now to strands of their own.
 *
 *   read some ──► move those of another hash, in one write ──► … ──► users, then times and texts
 *
 * All that stay are looked at as well, because the strand's users, times and texts are made of them
 * again. What comes in meanwhile is looked at by the last writes themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "tracker/regroup_parts.h"

#include "base/banned.h"

enum { READ_ROWS = 256, USERS_BATCH = 500, LATE_ROWS = 100000 };

struct moving {
  int64_t ref;
  struct digest digest;
};

struct splitter {
  const struct regroup_splitting *splitting;
  struct arena json;  /* one event */
  struct arena batch; /* what is to be moved next */
  struct moving moving[READ_ROWS];
  size_t moving_count;
  int64_t after_ref;
  bool is_late; /* what comes in now stays, whatever its hash */
  /* Of the events that stay. */
  struct group rest;
  struct arena texts; /* of `rest`, and those before */
  int64_t *users; /* sorted once all are read; behind them those of late events, sorted as well */
  size_t user_count, late_count, user_room;
  struct transaction *tx; /* of the running read */
};

static bool is_main(const struct splitter *s, const struct digest *digest) {
  return memcmp(digest->hashes[0].bytes, s->splitting->main.bytes,
                sizeof digest->hashes[0].bytes) == 0;
}

static void keep(struct arena *arena, struct slice *text, struct slice before) {
  *text = slice_equal(*text, before) ? before : arena_copy(arena, *text);
}

static void count_rest(struct splitter *s, const struct digest *digest) {
  struct group before = s->rest, *rest = &s->rest;
  group_count_event(rest, digest);
  keep(&s->texts, &rest->error_type, before.error_type);
  keep(&s->texts, &rest->error_value, before.error_value);
  keep(&s->texts, &rest->title, before.title);
  keep(&s->texts, &rest->culprit, before.culprit);
  keep(&s->texts, &rest->location, before.location);
  keep(&s->texts, &rest->platform, before.platform);
  keep(&s->texts, &rest->logger, before.logger);
  keep(&s->texts, &rest->first_release, before.first_release);
  keep(&s->texts, &rest->last_release, before.last_release);
  if (!digest->user_identity.len) return;
  size_t count = s->user_count + s->late_count;
  if (count == s->user_room) {
    s->user_room = s->user_room ? 2 * s->user_room : 1024;
    s->users = memory_realloc(s->users, s->user_room * sizeof *s->users);
  }
  s->users[count] = regroup_user_hash(s->tx, digest->user_identity);
  if (s->is_late)
    s->late_count++;
  else
    s->user_count++;
}

static void copy_tags(struct arena *arena, struct pairs *tags) {
  struct pair *items = ARENA_ARRAY(arena, tags->count, struct pair);
  for (size_t i = 0; i < tags->count; i++)
    items[i] = (struct pair){arena_copy(arena, tags->items[i].key),
                             arena_copy(arena, tags->items[i].value)};
  tags->items = items;
}

/* Texts that stay in the event's arena until the batch is written; it is the batch's. */
static void take_event(void *context, const struct regroup_event *event) {
  struct splitter *s = context;
  struct moving *moving = &s->moving[s->moving_count];
  struct arena scratch = {0};
  if (regroup_digest(&scratch, event, s->splitting->work->rules, true, &moving->digest)) {
    struct digest *digest = &moving->digest;
    moving->ref = event->ref;
    if (s->is_late || is_main(s, digest)) {
      count_rest(s, digest);
    } else {
      struct slice *texts[] = {&digest->error_type,   &digest->error_value, &digest->title,
                               &digest->culprit,      &digest->location,    &digest->platform,
                               &digest->logger,       &digest->release,     &digest->environment,
                               &digest->user_identity};
      for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_copy(&s->batch, *texts[i]);
      copy_tags(&s->batch, &digest->tags);
      s->moving_count++;
    }
  }
  arena_free(&scratch);
}

static struct regroup_scan scan_of(struct splitter *s, size_t limit) {
  return (struct regroup_scan){.project_id = s->splitting->work->project_id,
                               .strand_id = s->splitting->strand_id,
                               .after_ref = s->after_ref,
                               .limit = limit,
                               .take = take_event,
                               .context = s,
                               .arena = &s->json};
}

/* --- moving ------------------------------------------------------------------------------ */

static enum status run_move(struct transaction *tx, void *context, struct problem *problem) {
  struct splitter *s = context;
  const struct regroup_splitting *splitting = s->splitting;
  (void)problem;
  for (size_t i = 0; i < s->moving_count; i++) {
    const struct moving *moving = &s->moving[i];
    const int64_t from_to[] = {
        splitting->strand_id,
        regroup_find_strand(tx, splitting->run, splitting->strand_id, &moving->digest.hashes[0])};
    if (from_to[1]) regroup_move(tx, moving->ref, from_to, &moving->digest);
  }
  return STATUS_OK;
}

static enum status move_all(struct splitter *s, struct problem *problem) {
  enum status status = STATUS_OK;
  for (bool is_left = true; is_left && !status;) {
    struct regroup_scan scan = scan_of(s, READ_ROWS);
    arena_reset(&s->batch);
    s->moving_count = 0;
    s->tx = store_begin_read(s->splitting->work->store);
    int64_t last = regroup_scan(s->tx, &scan);
    if (!last) {
      /* Where late events begin. */
      struct arena arena = {0};
      struct regroup_day *days;
      size_t count = regroup_days(s->tx, &arena, &days);
      last = count ? days[count - 1].last_ref : 0;
      is_left = false;
      arena_free(&arena);
    }
    store_end_read(s->tx);
    s->after_ref = last;
    if (s->moving_count) status = regroup_write(s->splitting->work->store, run_move, s, problem);
  }
  return status;
}

/* --- what stays --------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

static bool is_among(int64_t user, const int64_t *users, size_t count) {
  return count && bsearch(&user, users, count, sizeof user, by_value);
}

static bool has_user(const struct splitter *s, int64_t user) {
  return is_among(user, s->users, s->user_count) ||
         (s->late_count && is_among(user, s->users + s->user_count, s->late_count));
}

/* Looks at what came since, on the writer thread: all of it each time, since a write may be run
 * again. */
static void take_late(struct transaction *tx, struct splitter *s) {
  struct regroup_scan scan = scan_of(s, LATE_ROWS);
  arena_reset(&s->batch);
  s->moving_count = 0;
  s->tx = tx;
  s->is_late = true;
  s->late_count = 0;
  regroup_scan(tx, &scan);
  if (s->late_count) qsort(s->users + s->user_count, s->late_count, sizeof *s->users, by_value);
}

struct dropping {
  struct splitter *splitter;
  int64_t *users;
  size_t count;
};

/* Late events are counted in the last write alone; here only their users matter. */
static enum status run_drop(struct transaction *tx, void *context, struct problem *problem) {
  struct dropping *dropping = context;
  struct splitter *s = dropping->splitter;
  struct group rest = s->rest;
  size_t kept = 0;
  (void)problem;
  take_late(tx, s);
  for (size_t i = 0; i < dropping->count; i++)
    if (!has_user(s, dropping->users[i])) dropping->users[kept++] = dropping->users[i];
  bool is_rest = regroup_strand_events(tx, s->splitting->strand_id) > s->rest.event_count;
  regroup_drop_users(tx, s->splitting->strand_id, dropping->users, kept, is_rest);
  s->rest = rest;
  return STATUS_OK;
}

static enum status drop_users(struct splitter *s, struct problem *problem) {
  struct arena arena = {0};
  int64_t *users;
  size_t gone = 0;
  enum status status = STATUS_OK;
  if (s->user_count) qsort(s->users, s->user_count, sizeof *s->users, by_value);
  struct transaction *tx = store_begin_read(s->splitting->work->store);
  size_t count = regroup_users(tx, &arena, s->splitting->strand_id, &users);
  store_end_read(tx);
  for (size_t i = 0; i < count; i++)
    if (!has_user(s, users[i])) users[gone++] = users[i];
  for (size_t at = 0; at < gone && !status; at += USERS_BATCH) {
    struct dropping dropping = {s, users + at, gone - at < USERS_BATCH ? gone - at : USERS_BATCH};
    status = regroup_write(s->splitting->work->store, run_drop, &dropping, problem);
  }
  arena_free(&arena);
  return status;
}

static enum status run_settle(struct transaction *tx, void *context, struct problem *problem) {
  struct splitter *s = context;
  struct group rest = s->rest;
  (void)problem;
  take_late(tx, s);
  if (s->rest.event_count) regroup_settle_strand(tx, s->splitting->strand_id, &s->rest);
  s->rest = rest;
  return STATUS_OK;
}

enum status regroup_split_strand(const struct regroup_splitting *splitting,
                                 struct problem *problem) {
  struct splitter *s = memory_alloc(sizeof *s);
  memset(s, 0, sizeof *s);
  s->splitting = splitting;
  s->rest.project_id = splitting->work->project_id;
  enum status status = move_all(s, problem);
  if (!status) status = drop_users(s, problem);
  if (!status) status = regroup_write(splitting->work->store, run_settle, s, problem);
  arena_free(&s->batch);
  arena_free(&s->json);
  arena_free(&s->texts);
  free(s->users);
  free(s);
  return status;
}
