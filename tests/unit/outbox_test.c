/* outbox_test.c - tasks for other servers: kept in order, tried again, taken back, run once each
 * whatever is killed when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "outbox/limits.h"
#include "outbox/outbox.h"

#define NOW_MS INT64_C(1795000000000)
enum { RAN_LIMIT = 1000, WAIT_MS = 20000 };

/* What the kinds of these tests do and remember. A task's data says what its attempts come to, one
 * letter each; the last one stays: s succeeds, f fails, u fails unsure, r is refused, g gets
 * further, b blocks until `gate` is open and then succeeds, x blocks and then fails, w asks for an
 * hour's patience, y for a year's. */
struct fixture {
  char directory[64];
  struct store *store;
  struct outbox *outbox;
  struct arena arena;

  pthread_mutex_t mutex;
  pthread_cond_t moved;
  char ran[RAN_LIMIT][32]; /* subjects of attempts, in order */
  bool may_be_done[RAN_LIMIT];
  size_t ran_count, blocked;
  bool is_gate_open;
  int64_t finished; /* how often `finish` was called */
};

static void note_run(struct fixture *f, const struct outbox_job *job) {
  pthread_mutex_lock(&f->mutex);
  assert_true(f->ran_count < RAN_LIMIT);
  snprintf(f->ran[f->ran_count], sizeof f->ran[0], "%.*s", SLICE_ARGS(job->task->subject));
  f->may_be_done[f->ran_count++] = job->may_be_done;
  pthread_cond_broadcast(&f->moved);
  pthread_mutex_unlock(&f->mutex);
}

static void wait_at_gate(struct fixture *f) {
  pthread_mutex_lock(&f->mutex);
  f->blocked++;
  pthread_cond_broadcast(&f->moved);
  while (!f->is_gate_open) pthread_cond_wait(&f->moved, &f->mutex);
  f->blocked--;
  pthread_mutex_unlock(&f->mutex);
}

static void run_script(struct outbox_job *job) {
  struct fixture *f = job->context;
  struct slice script = job->task->data;
  note_run(f, job);
  char letter = script.ptr[0];
  if (script.len > 1) job->data = arena_copy(&job->arena, slice_from(script, 1));
  problem_set(&job->problem, STATUS_UNAVAILABLE, "It said %c.", letter);
  if (letter == 'b' || letter == 'x') wait_at_gate(f);
  switch (letter) {
    case 's':
    case 'b': job->result = OUTBOX_SUCCEEDED; break;
    case 'r': job->result = OUTBOX_REFUSED; break;
    case 'g': job->result = OUTBOX_GOT_FURTHER; break;
    case 'w':
      job->wait_ms = HOUR_MS;
      job->result = OUTBOX_TRY_AGAIN;
      break;
    case 'y':
      job->wait_ms = 365 * DAY_MS;
      job->result = OUTBOX_TRY_AGAIN;
      break;
    default: job->result = OUTBOX_TRY_AGAIN;
  }
  job->may_be_done = letter == 'u';
}

/* What comes of a task is another task. */
static void finish_script(struct transaction *tx, struct outbox_job *job) {
  struct fixture *f = job->context;
  f->finished++;
  if (!slice_starts_with(job->task->subject, SLICE("parent"))) return;
  outbox_add(tx, &(struct outbox_task){.project_id = 1,
                                       .lane = SLICE("child"),
                                       .kind = SLICE("script"),
                                       .subject = SLICE("child"),
                                       .data = SLICE("s"),
                                       .created_ms = clock_now_ms()});
}

static struct outbox_kind kinds[] = {
    {"script", run_script, finish_script, NULL},
    {0},
};
static const struct outbox_kind *const tables[] = {kinds, NULL};

/* --- the fixture -------------------------------------------------------------------------- */

static void open_store(struct fixture *f) {
  struct problem problem = {0};
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
}

static void start(struct fixture *f) { f->outbox = outbox_open(f->store, NULL, tables); }

static void stop(struct fixture *f) {
  if (f->outbox) outbox_close(f->outbox);
  f->outbox = NULL;
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-outbox-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  pthread_mutex_init(&f->mutex, NULL);
  pthread_cond_init(&f->moved, NULL);
  kinds[0].context = f;
  clock_set_ms(NOW_MS);
  open_store(f);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  char command[100];
  stop(f);
  store_close(f->store);
  snprintf(command, sizeof command, "rm -rf %s", f->directory);
  assert_int_equal(system(command), 0);
  arena_free(&f->arena);
  free(f);
  clock_set_ms(0);
  return 0;
}

struct adding {
  const char *lane, *subject, *script;
  int64_t id;
};

static enum status run_add(struct transaction *tx, void *context, struct problem *problem) {
  struct adding *adding = context;
  (void)problem;
  adding->id = outbox_add(tx, &(struct outbox_task){.project_id = 1,
                                                    .lane = slice_of_string(adding->lane),
                                                    .kind = SLICE("script"),
                                                    .subject = slice_of_string(adding->subject),
                                                    .data = slice_of_string(adding->script),
                                                    .user_id = 7,
                                                    .created_ms = clock_now_ms()});
  return STATUS_OK;
}

static int64_t add(struct fixture *f, const char *lane, const char *subject, const char *script) {
  struct adding adding = {lane, subject, script, 0};
  struct problem problem;
  assert_int_equal(store_write(f->store, run_add, &adding, &problem), STATUS_OK);
  return adding.id;
}

static struct outbox_task get(struct fixture *f, int64_t id) {
  struct outbox_task task = {0};
  struct transaction *tx = store_begin_read(f->store);
  assert_true(outbox_get(tx, &f->arena, id, &task));
  store_end_read(tx);
  return task;
}

static enum status run_take_back(struct transaction *tx, void *context, struct problem *problem) {
  return outbox_take_back(tx, *(int64_t *)context, problem);
}

static enum status take_back(struct fixture *f, int64_t id) {
  struct problem problem;
  return store_write(f->store, run_take_back, &id, &problem);
}

static enum status run_hurry(struct transaction *tx, void *context, struct problem *problem) {
  (void)context;
  (void)problem;
  outbox_hurry(tx, 1, clock_now_ms());
  return STATUS_OK;
}

static void hurry(struct fixture *f) {
  struct problem problem;
  assert_int_equal(store_write(f->store, run_hurry, NULL, &problem), STATUS_OK);
}

/* Sets the clock, and lets the dispatcher notice by a task of no interest. */
static void advance(struct fixture *f, int64_t by_ms) {
  clock_set_ms(clock_now_ms() + by_ms);
  add(f, "clock", "clock", "s");
}

static int64_t remaining_us(int64_t until_us) {
  int64_t left = until_us - clock_monotonic_us();
  assert_true(left > 0); /* it takes no longer */
  return left;
}

/* Until the task ended, or has had so many attempts. */
static struct outbox_task wait_for(struct fixture *f, int64_t id, enum outbox_state state,
                                   int64_t attempts) {
  int64_t until_us = clock_monotonic_us() + WAIT_MS * INT64_C(1000);
  for (;;) {
    struct outbox_task task = get(f, id);
    if (task.state == state && task.attempts >= attempts && task.attempt != ATTEMPT_RUNNING)
      return task;
    remaining_us(until_us);
    usleep(1000);
  }
}

static struct outbox_task wait_for_state(struct fixture *f, int64_t id, enum outbox_state state) {
  return wait_for(f, id, state, 0);
}

/* Until so many attempts stand at the gate. */
static void wait_for_blocked(struct fixture *f, size_t count) {
  int64_t until_us = clock_monotonic_us() + WAIT_MS * INT64_C(1000);
  for (;;) {
    pthread_mutex_lock(&f->mutex);
    bool is_enough = f->blocked >= count;
    pthread_mutex_unlock(&f->mutex);
    if (is_enough) return;
    remaining_us(until_us);
    usleep(1000);
  }
}

static void open_gate(struct fixture *f) {
  pthread_mutex_lock(&f->mutex);
  f->is_gate_open = true;
  pthread_cond_broadcast(&f->moved);
  pthread_mutex_unlock(&f->mutex);
}

static size_t times_ran(struct fixture *f, const char *subject) {
  size_t count = 0;
  pthread_mutex_lock(&f->mutex);
  for (size_t i = 0; i < f->ran_count; i++) count += strcmp(f->ran[i], subject) == 0;
  pthread_mutex_unlock(&f->mutex);
  return count;
}

/* --- rows ------------------------------------------------------------------------------------- */

static enum status run_rows(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  struct outbox_task *tasks, task;
  (void)problem;
  int64_t a = outbox_add(tx, &(struct outbox_task){.project_id = 1,
                                                   .lane = SLICE("one"),
                                                   .kind = SLICE("k"),
                                                   .subject = SLICE("5"),
                                                   .data = SLICE("{}"),
                                                   .user_id = 3,
                                                   .created_ms = 100});
  int64_t b = outbox_add(tx, &(struct outbox_task){.project_id = 1,
                                                   .lane = SLICE("one"),
                                                   .kind = SLICE("k"),
                                                   .subject = SLICE("5"),
                                                   .created_ms = 110});
  int64_t c = outbox_add(tx, &(struct outbox_task){.project_id = 2,
                                                   .lane = SLICE("two"),
                                                   .kind = SLICE("k"),
                                                   .subject = SLICE("5"),
                                                   .created_ms = 120,
                                                   .not_before_ms = 500});
  assert_int_equal(outbox_next_ms(tx, true), 1); /* at once */
  assert_int_equal(outbox_due(tx, &f->arena, 499, 10, &tasks), 1);
  assert_int_equal(tasks[0].id, a);
  assert_int_equal(outbox_due(tx, &f->arena, 500, 10, &tasks), 2);
  assert_int_equal(outbox_due(tx, &f->arena, 500, 1, &tasks), 1);

  /* A task that runs, or waits for its time, holds its lane. */
  assert_true(outbox_get(tx, &f->arena, a, &task));
  assert_int_equal(task.user_id, 3);
  assert_int_equal(task.created_ms, 100);
  assert_true(slice_equal_string(task.lane, "one"));
  task.attempt = ATTEMPT_RUNNING;
  outbox_update(tx, &task);
  assert_int_equal(outbox_due(tx, &f->arena, 400, 10, &tasks), 0);
  assert_int_equal(outbox_next_ms(tx, true), 500);
  outbox_cut_off(tx);
  assert_true(outbox_get(tx, &f->arena, a, &task));
  assert_int_equal(task.attempt, ATTEMPT_UNSURE);
  task.not_before_ms = 450;
  task.attempts = 1;
  task.error = SLICE("no");
  outbox_update(tx, &task);
  assert_int_equal(outbox_due(tx, &f->arena, 449, 10, &tasks), 0);
  assert_int_equal(outbox_next_ms(tx, true), 450);
  assert_int_equal(outbox_next_ms(tx, false), 500);
  assert_int_equal(outbox_due(tx, &f->arena, 500, 10, &tasks), 2);
  assert_int_equal(tasks[0].id, c); /* it was not tried yet */
  outbox_hurry(tx, 1, 300);
  assert_int_equal(outbox_next_ms(tx, true), 300);

  struct outbox_task head;
  assert_int_equal(outbox_lane(tx, &f->arena, SLICE("one"), &head), 2);
  assert_int_equal(head.id, a);
  assert_true(slice_equal_string(head.error, "no"));
  assert_int_equal(outbox_lane(tx, &f->arena, SLICE("three"), &head), 0);
  const struct outbox_topic topic = {1, SLICE("k"), SLICE("5")};
  assert_true(outbox_find(tx, &f->arena, &topic, &task));
  assert_int_equal(task.id, b);

  /* What ended is listed for a while, and goes. */
  task.state = OUTBOX_DONE;
  task.ended_ms = 1000;
  outbox_update(tx, &task);
  assert_int_equal(outbox_lane(tx, &f->arena, SLICE("one"), NULL), 1);
  assert_int_equal(outbox_list(tx, &f->arena, 1, 1000, &tasks), 2);
  assert_int_equal(outbox_list(tx, &f->arena, 1, 1001, &tasks), 1);
  assert_int_equal(tasks[0].id, a);
  outbox_purge(tx, 1001);
  assert_false(outbox_get(tx, &f->arena, b, &task));
  assert_true(outbox_get(tx, &f->arena, a, &task));
  return STATUS_OK;
}

static void test_rows(void **state) {
  struct fixture *f = *state;
  struct problem problem;
  assert_int_equal(store_write(f->store, run_rows, f, &problem), STATUS_OK);
}

/* --- the runner ---------------------------------------------------------------------------------
 */

static void test_keeps_the_order_of_a_lane(void **state) {
  struct fixture *f = *state;
  int64_t last = 0;
  start(f);
  for (int i = 0; i < 20; i++) {
    char subject[32];
    snprintf(subject, sizeof subject, "%02d", i);
    last = add(f, "lane", subject, i == 3 ? "fs" : "s");
  }
  wait_for(f, 4, OUTBOX_WAITING, 1);
  assert_int_equal(times_ran(f, "03"), 1);
  assert_int_equal(times_ran(f, "04"), 0);
  advance(f, OUTBOX_FIRST_WAIT_MS);
  struct outbox_task task = wait_for_state(f, last, OUTBOX_DONE);
  assert_int_equal(task.ended_ms, clock_now_ms());
  int at = 0;
  for (size_t i = 0; i < f->ran_count; i++) {
    if (strcmp(f->ran[i], "clock") == 0) continue;
    assert_int_equal(atoi(f->ran[i]), at - (at > 3)); /* 03 comes twice */
    at++;
  }
  assert_int_equal(at, 21);
}

static void test_tries_again_later_and_later(void **state) {
  struct fixture *f = *state;
  start(f);
  int64_t id = add(f, "lane", "a", "f"), wait_ms = OUTBOX_FIRST_WAIT_MS;
  for (int attempt = 1; attempt <= 12; attempt++) {
    struct outbox_task task = wait_for(f, id, OUTBOX_WAITING, attempt);
    int64_t waits_ms = task.not_before_ms - clock_now_ms();
    assert_in_range(waits_ms, wait_ms * 2 / 3, wait_ms);
    assert_true(slice_equal_string(task.error, "It said f."));
    assert_int_equal(task.attempt, ATTEMPT_NONE);
    advance(f, waits_ms - 1);
    usleep(2000);
    assert_int_equal(times_ran(f, "a"), attempt);
    advance(f, 1);
    wait_ms *= 2;
    if (wait_ms > OUTBOX_LONGEST_WAIT_MS) wait_ms = OUTBOX_LONGEST_WAIT_MS;
  }
}

static void test_is_patient_when_asked(void **state) {
  struct fixture *f = *state;
  start(f);
  int64_t id = add(f, "lane", "a", "ws");
  struct outbox_task task = wait_for(f, id, OUTBOX_WAITING, 1);
  assert_int_equal(task.not_before_ms, clock_now_ms() + HOUR_MS);
  hurry(f);
  wait_for_state(f, id, OUTBOX_DONE);
  id = add(f, "lane", "b", "y");
  task = wait_for(f, id, OUTBOX_WAITING, 1);
  assert_int_equal(task.not_before_ms, clock_now_ms() + OUTBOX_LONGEST_ASKED_WAIT_MS);
}

static void test_gives_up(void **state) {
  struct fixture *f = *state;
  start(f);
  int64_t refused = add(f, "one", "a", "r"), behind = add(f, "one", "b", "s");
  struct outbox_task task = wait_for_state(f, refused, OUTBOX_GIVEN_UP);
  assert_true(slice_equal_string(task.error, "It said r."));
  wait_for_state(f, behind, OUTBOX_DONE);

  int64_t failing = add(f, "two", "c", "f");
  wait_for(f, failing, OUTBOX_WAITING, 1);
  advance(f, OUTBOX_GIVE_UP_MS - 1);
  wait_for(f, failing, OUTBOX_WAITING, 2);
  advance(f, OUTBOX_LONGEST_WAIT_MS);
  task = wait_for_state(f, failing, OUTBOX_GIVEN_UP);
  assert_true(
      slice_equal_string(task.error, "Given up after 7 days. The last attempt: It said f."));
}

static enum status run_add_unknown(struct transaction *tx, void *context, struct problem *problem) {
  (void)problem;
  *(int64_t *)context = outbox_add(tx, &(struct outbox_task){.project_id = 1,
                                                             .lane = SLICE("l"),
                                                             .kind = SLICE("of.tomorrow"),
                                                             .created_ms = clock_now_ms()});
  return STATUS_OK;
}

static void test_gives_up_what_it_does_not_know(void **state) {
  struct fixture *f = *state;
  struct problem problem;
  int64_t id;
  start(f);
  assert_int_equal(store_write(f->store, run_add_unknown, &id, &problem), STATUS_OK);
  struct outbox_task task = wait_for_state(f, id, OUTBOX_GIVEN_UP);
  assert_true(task.error.len > 0);
}

static void test_goes_step_by_step(void **state) {
  struct fixture *f = *state;
  start(f);
  int64_t id = add(f, "lane", "a", "gggfgs");
  struct outbox_task task = wait_for(f, id, OUTBOX_WAITING, 1);
  assert_true(slice_equal_string(task.data, "gs")); /* the failed attempt's data stays, too */
  assert_int_equal(task.attempts, 1);
  advance(f, OUTBOX_FIRST_WAIT_MS);
  wait_for_state(f, id, OUTBOX_DONE);
  assert_int_equal(times_ran(f, "a"), 6);
  assert_int_equal(f->finished - (int64_t)times_ran(f, "clock"), 5); /* all but the failed one */
}

static void test_keeps_what_came_of_it(void **state) {
  struct fixture *f = *state;
  start(f);
  int64_t id = add(f, "lane", "parent", "s");
  wait_for_state(f, id, OUTBOX_DONE);
  wait_for_state(f, id + 1, OUTBOX_DONE);
  assert_int_equal(times_ran(f, "child"), 1);
}

static void test_takes_back(void **state) {
  struct fixture *f = *state;
  start(f);
  int64_t first = add(f, "lane", "a", "b"), second = add(f, "lane", "b", "s"),
          third = add(f, "lane", "c", "s");
  wait_for_blocked(f, 1);
  assert_int_equal(take_back(f, second), STATUS_OK);
  assert_int_equal(take_back(f, second), STATUS_OK);
  assert_int_equal(get(f, second).state, OUTBOX_TAKEN_BACK);
  open_gate(f);
  wait_for_state(f, third, OUTBOX_DONE);
  assert_int_equal(times_ran(f, "b"), 0);
  assert_int_equal(take_back(f, first), STATUS_CONFLICT);
  assert_int_equal(take_back(f, 12345), STATUS_NOT_FOUND);
}

static void test_takes_back_what_is_under_way(void **state) {
  struct fixture *f = *state;
  start(f);
  int64_t fails = add(f, "one", "a", "x"), succeeds = add(f, "two", "b", "b");
  wait_for_blocked(f, 2);
  assert_int_equal(take_back(f, fails), STATUS_OK);
  assert_int_equal(take_back(f, succeeds), STATUS_OK);
  assert_int_equal(get(f, fails).state, OUTBOX_WAITING);
  open_gate(f);
  wait_for_state(f, fails, OUTBOX_TAKEN_BACK);
  wait_for_state(f, succeeds, OUTBOX_DONE);
}

static void test_takes_back_nothing_that_may_be_done(void **state) {
  struct fixture *f = *state;
  start(f);
  int64_t id = add(f, "lane", "a", "us");
  struct outbox_task task = wait_for(f, id, OUTBOX_WAITING, 1);
  assert_int_equal(task.attempt, ATTEMPT_UNSURE);
  assert_int_equal(take_back(f, id), STATUS_CONFLICT);
  advance(f, OUTBOX_FIRST_WAIT_MS);
  wait_for_state(f, id, OUTBOX_DONE);
  bool was_told = false;
  for (size_t i = 0; i < f->ran_count; i++)
    if (strcmp(f->ran[i], "a") == 0) was_told = f->may_be_done[i];
  assert_true(was_told);
}

/* Servers that are down take their time at each attempt. */
static void test_slow_failures_leave_room(void **state) {
  struct fixture *f = *state;
  char lane[32];
  for (int i = 0; i < 3 * OUTBOX_THREADS; i++) {
    snprintf(lane, sizeof lane, "down-%d", i);
    add(f, lane, "down", "fb");
  }
  start(f);
  for (int i = 1; i <= 3 * OUTBOX_THREADS; i++) wait_for(f, i, OUTBOX_WAITING, 1);
  advance(f, OUTBOX_LONGEST_WAIT_MS);
  wait_for_blocked(f, OUTBOX_THREADS_FOR_RETRIES);
  for (int i = 0; i < 3 * OUTBOX_THREADS; i++) {
    snprintf(lane, sizeof lane, "up-%d", i);
    wait_for_state(f, add(f, lane, "up", "s"), OUTBOX_DONE);
  }
  assert_int_equal(f->blocked, OUTBOX_THREADS_FOR_RETRIES);
  open_gate(f);
  for (int i = 1; i <= 3 * OUTBOX_THREADS; i++) wait_for_state(f, i, OUTBOX_DONE);
}

static void *open_gate_soon(void *context) {
  usleep(50000);
  open_gate(context);
  return NULL;
}

static void test_stops_and_resumes(void **state) {
  struct fixture *f = *state;
  pthread_t opener;
  start(f);
  int64_t running = add(f, "one", "a", "x"), behind = add(f, "one", "b", "s");
  wait_for_blocked(f, 1);
  pthread_create(&opener, NULL, open_gate_soon, f);
  stop(f); /* waits for the attempt */
  pthread_join(opener, NULL);
  struct outbox_task task = get(f, running);
  assert_int_equal(task.state, OUTBOX_WAITING);
  assert_int_equal(task.attempt, ATTEMPT_NONE);
  assert_int_equal(task.attempts, 0); /* ended by our own stopping */
  store_close(f->store);
  open_store(f);
  assert_int_equal(take_back(f, running), STATUS_OK);
  start(f);
  wait_for_state(f, behind, OUTBOX_DONE);
}

static void test_forgets_what_ended(void **state) {
  struct fixture *f = *state;
  start(f);
  int64_t id = add(f, "lane", "a", "s");
  wait_for_state(f, id, OUTBOX_DONE);
  advance(f, OUTBOX_KEPT_MS + 1);
  int64_t until_us = clock_monotonic_us() + WAIT_MS * INT64_C(1000);
  for (bool is_there = true; is_there; usleep(1000)) {
    struct outbox_task task;
    struct transaction *tx = store_begin_read(f->store);
    is_there = outbox_get(tx, &f->arena, id, &task);
    store_end_read(tx);
    remaining_us(until_us);
  }
  assert_true(add(f, "lane", "b", "s") > id); /* ids are not used again */
}

/* --- killed at any moment ----------------------------------------------------------------------
 */

/* The other server: a file that gets a line for each task done. */
static struct {
  char path[100];
  unsigned pause_us;
} other_server;

static bool is_done_there(struct slice line) {
  static char text[64 * 1024];
  int file = open(other_server.path, O_RDONLY | O_CREAT, 0600);
  ssize_t size = read(file, text, sizeof text);
  close(file);
  return slice_find(slice_of(text, (size_t)size), line) < (size_t)size;
}

static void run_at_file(struct outbox_job *job) {
  struct slice line = arena_printf(&job->arena, "<%.*s>\n", SLICE_ARGS(job->task->subject));
  job->result = OUTBOX_SUCCEEDED;
  if (job->may_be_done && is_done_there(line)) return;
  usleep(other_server.pause_us);
  int file = open(other_server.path, O_WRONLY | O_APPEND | O_CREAT, 0600);
  assert_int_equal(write(file, line.ptr, line.len), line.len);
  close(file);
  usleep(other_server.pause_us);
}

static const struct outbox_kind file_kinds[] = {{"script", run_at_file, NULL, NULL}, {0}};

/* In a process of its own, until it is killed; says so when it has begun. */
static void run_until_killed(struct fixture *f, int begun) {
  const struct outbox_kind *const file_tables[] = {file_kinds, NULL};
  struct problem problem;
  if (store_open(f->directory, &f->store, &problem)) _exit(1);
  outbox_open(f->store, NULL, file_tables);
  if (write(begun, "", 1) != 1) _exit(1);
  for (;;) pause();
}

static void run_and_kill(struct fixture *f, unsigned after_us) {
  int begun[2];
  char byte;
  assert_int_equal(pipe(begun), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) run_until_killed(f, begun[1]);
  assert_int_equal(read(begun[0], &byte, 1), 1);
  usleep(after_us);
  kill(child, SIGKILL);
  assert_int_equal(waitpid(child, NULL, 0), child);
  close(begun[0]);
  close(begun[1]);
}

static size_t count_waiting(struct fixture *f) {
  struct outbox_task *tasks;
  struct transaction *tx = store_begin_read(f->store);
  size_t count = outbox_list(tx, &f->arena, 1, INT64_MAX, &tasks);
  store_end_read(tx);
  return count;
}

/* Each of the tasks once, and those of a lane in order. */
static void check_file(int lanes, int tasks) {
  int next[8] = {0}, count = 0, lane, number;
  FILE *file = fopen(other_server.path, "r");
  assert_non_null(file);
  char line[64];
  while (fgets(line, sizeof line, file)) {
    lane = line[1] - '0';
    number = (int)strtol(line + 3, NULL, 10);
    assert_in_range(lane, 0, lanes - 1);
    assert_int_equal(number, next[lane]);
    next[lane]++;
    count++;
  }
  fclose(file);
  assert_int_equal(count, tasks);
}

static void test_survives_being_killed(void **state) {
  struct fixture *f = *state;
  enum { LANES = 3, TASKS = 240, KILLS_LIMIT = 400 };
  const char *given = getenv("OUTBOX_SEED");
  unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
  print_message("# OUTBOX_SEED=%u\n", seed);
  clock_set_ms(0);
  snprintf(other_server.path, sizeof other_server.path, "%s/there", f->directory);
  other_server.pause_us = 300;
  for (int i = 0; i < TASKS; i++) {
    char lane[8], subject[32];
    snprintf(lane, sizeof lane, "%d", i % LANES);
    snprintf(subject, sizeof subject, "%d-%d", i % LANES, i / LANES);
    add(f, lane, subject, "s");
  }
  int kills = 0;
  while (count_waiting(f) > 0 && kills < KILLS_LIMIT) {
    store_close(f->store);
    run_and_kill(f, (unsigned)rand_r(&seed) % 60000);
    kills++;
    open_store(f);
  }
  print_message("# killed %d times\n", kills);
  assert_true(kills >= 3); /* else it means nothing */
  assert_int_equal(count_waiting(f), 0);
  check_file(LANES, TASKS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
      cmocka_unit_test_setup_teardown(test_keeps_the_order_of_a_lane, setup, teardown),
      cmocka_unit_test_setup_teardown(test_tries_again_later_and_later, setup, teardown),
      cmocka_unit_test_setup_teardown(test_is_patient_when_asked, setup, teardown),
      cmocka_unit_test_setup_teardown(test_gives_up, setup, teardown),
      cmocka_unit_test_setup_teardown(test_gives_up_what_it_does_not_know, setup, teardown),
      cmocka_unit_test_setup_teardown(test_goes_step_by_step, setup, teardown),
      cmocka_unit_test_setup_teardown(test_keeps_what_came_of_it, setup, teardown),
      cmocka_unit_test_setup_teardown(test_takes_back, setup, teardown),
      cmocka_unit_test_setup_teardown(test_takes_back_what_is_under_way, setup, teardown),
      cmocka_unit_test_setup_teardown(test_takes_back_nothing_that_may_be_done, setup, teardown),
      cmocka_unit_test_setup_teardown(test_slow_failures_leave_room, setup, teardown),
      cmocka_unit_test_setup_teardown(test_stops_and_resumes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_forgets_what_ended, setup, teardown),
      cmocka_unit_test_setup_teardown(test_survives_being_killed, setup, teardown),
  };
  return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
