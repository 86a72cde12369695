/* actions_test.c - what people ask for at a connected Sentry, as tasks: who may, what takes whose
 * place, what is told of it. What Sentry makes of it is in tests/outbox/run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/action_state.h"
#include "source/action_task.h"
#include "source/actions.h"
#include "source/limits.h"

#define NOW_MS INT64_C(1795000000000)

struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
  int64_t project_id;
  struct project project;
  struct sources sources;
  struct source source;
  struct actor admin;
};

static enum status run_set_up(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  int64_t organization;
  enum status status =
      organization_create(tx, SLICE("acme"), SLICE("Acme"), &organization, problem);
  if (status) return status;
  const struct project_draft draft = {organization, SLICE("shop"), SLICE("Shop"), SLICE("python")};
  status = project_create(tx, &draft, &f->project_id, problem);
  connection_set(tx, &(struct connection){.project_id = f->project_id,
                                          .is_active = true,
                                          .kind = SOURCE_SENTRY,
                                          .url = SLICE("https://sentry.example.org"),
                                          .organization_slug = SLICE("org"),
                                          .project_slug = SLICE("app"),
                                          .changed_ms = NOW_MS});
  if (!status) assert_true(project_get(tx, &f->arena, f->project_id, &f->project));
  return status;
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  struct problem problem = {0};
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-actions-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  clock_set_ms(NOW_MS);
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
  assert_int_equal(store_write(f->store, run_set_up, f, &problem), STATUS_OK);
  f->sources.store = f->store;
  f->admin = (struct actor){.user_id = 1, .is_admin = true, .scopes = SCOPE_ALL};
  source_open(&f->source, &f->sources, &f->arena, &f->project);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  char command[100];
  store_close(f->store);
  snprintf(command, sizeof command, "rm -rf %s", f->directory);
  assert_int_equal(system(command), 0);
  arena_free(&f->arena);
  free(f);
  clock_set_ms(0);
  return 0;
}

static enum status set_status(struct fixture *f, int64_t id, enum group_status status,
                              struct problem *problem) {
  struct source_change_result result;
  const struct slice name = SLICE("APP-1 it broke");
  const struct source_change change = {
      .actor = &f->admin, .ids = &id, .count = 1, .names = &name, .status = status};
  return source_set_status(&f->source, &change, &result, problem);
}

static void must_set(struct fixture *f, int64_t id, enum group_status status) {
  struct problem problem = {0};
  assert_int_equal(set_status(f, id, status, &problem), STATUS_OK);
}

static enum status start_bulk(struct fixture *f, int from, enum group_status status,
                              int64_t *task_id) {
  struct problem problem;
  const struct source_query query = {.status = from, .text = SLICE("it broke")};
  const struct bulk_request request = {&f->admin, &query, status};
  return actions_set_status_of_all(&f->source, &request, task_id, &problem);
}

/* What an attempt would leave. */
struct ending {
  int64_t id;
  enum outbox_state state;
  enum outbox_attempt attempt;
};
static enum status run_end(struct transaction *tx, void *context, struct problem *problem) {
  const struct ending *ending = context;
  struct arena arena = {0};
  struct outbox_task task;
  (void)problem;
  assert_true(outbox_get(tx, &arena, ending->id, &task));
  task.state = ending->state;
  task.attempt = ending->attempt;
  if (ending->state) task.ended_ms = clock_now_ms();
  if (ending->state == OUTBOX_GIVEN_UP) task.error = SLICE("Sentry does not want it.");
  outbox_update(tx, &task);
  arena_free(&arena);
  return STATUS_OK;
}
static void end(struct fixture *f, int64_t id, enum outbox_state state,
                enum outbox_attempt attempt) {
  struct ending ending = {id, state, attempt};
  struct problem problem;
  assert_int_equal(store_write(f->store, run_end, &ending, &problem), STATUS_OK);
}

static struct action_states read_states(struct fixture *f) {
  f->source.actions = NULL; /* as for another request */
  return action_states_read(&f->source);
}

static const struct action_state *state_of(struct fixture *f, int64_t error_id) {
  struct action_states *states = ARENA_NEW(&f->arena, struct action_states);
  *states = read_states(f);
  return action_states_find(states, error_id);
}

static size_t count_tasks(struct fixture *f) {
  struct outbox_task *tasks;
  struct transaction *tx = store_begin_read(f->store);
  size_t count = outbox_list(tx, &f->arena, f->project_id, 0, &tasks);
  store_end_read(tx);
  return count;
}

/* --- one error ------------------------------------------------------------------------------- */

static void test_a_later_status_takes_the_place(void **state) {
  struct fixture *f = *state;
  must_set(f, 7, GROUP_RESOLVED);
  const struct action_state *seven = state_of(f, 7);
  assert_true(seven->is_waiting);
  assert_int_equal(seven->status, GROUP_RESOLVED);
  assert_int_equal(seven->user_id, 1);
  assert_true(slice_equal_string(seven->name, "APP-1 it broke"));
  must_set(f, 8, GROUP_RESOLVED);
  must_set(f, 7, GROUP_IGNORED);
  must_set(f, 7, GROUP_IGNORED);
  assert_int_equal(count_tasks(f), 2);
  assert_int_equal(state_of(f, 7)->status, GROUP_IGNORED);
  assert_true(state_of(f, 7)->task_id < state_of(f, 8)->task_id); /* its place is kept */

  /* One that is under way is followed by another; one that may be done is not in the way. */
  end(f, seven->task_id, OUTBOX_WAITING, ATTEMPT_RUNNING);
  must_set(f, 7, GROUP_IGNORED);
  assert_int_equal(count_tasks(f), 2);
  must_set(f, 7, GROUP_UNRESOLVED);
  assert_int_equal(count_tasks(f), 3);
  assert_int_equal(state_of(f, 7)->status, GROUP_UNRESOLVED);
  end(f, state_of(f, 8)->task_id, OUTBOX_WAITING, ATTEMPT_UNSURE);
  must_set(f, 8, GROUP_IGNORED);
  assert_int_equal(count_tasks(f), 3);
}

static void test_a_change_of_many_lies_between(void **state) {
  struct fixture *f = *state;
  int64_t bulk, again;
  must_set(f, 7, GROUP_RESOLVED);
  assert_int_equal(start_bulk(f, GROUP_UNRESOLVED, GROUP_IGNORED, &bulk), STATUS_OK);
  assert_int_equal(start_bulk(f, GROUP_UNRESOLVED, GROUP_IGNORED, &again), STATUS_OK);
  assert_int_equal(again, bulk);
  must_set(f, 7, GROUP_UNRESOLVED); /* has to come after it */
  assert_int_equal(count_tasks(f), 3);
  assert_true(state_of(f, 7)->task_id > bulk);
  assert_int_equal(start_bulk(f, GROUP_IGNORED, GROUP_IGNORED, &bulk), STATUS_BAD_INPUT);
  assert_int_equal(start_bulk(f, -1, GROUP_IGNORED, &again), STATUS_OK);
  assert_true(again != bulk);
  struct action_states states = read_states(f);
  assert_int_equal(states.bulk_count, 2);
  assert_int_equal(states.bulks[0].total, -1);
  assert_true(slice_equal_string(states.bulks[0].text, "it broke"));
}

static void test_what_is_told(void **state) {
  struct fixture *f = *state;
  assert_null(state_of(f, 7));
  must_set(f, 7, GROUP_RESOLVED);
  int64_t first = state_of(f, 7)->task_id;
  end(f, first, OUTBOX_DONE, ATTEMPT_NONE);
  assert_false(state_of(f, 7)->is_waiting);
  assert_int_equal(read_states(f).newest_end_ms, NOW_MS);

  /* What was given up is told, and does not hide what was done before. */
  must_set(f, 7, GROUP_IGNORED);
  int64_t second = first + 1;
  end(f, second, OUTBOX_GIVEN_UP, ATTEMPT_NONE);
  assert_int_equal(state_of(f, 7)->task_id, first);
  struct action_states states = read_states(f);
  assert_int_equal(states.given_up_count, 1);
  assert_true(slice_equal_string(states.given_up[0].error, "Sentry does not want it."));
  must_set(f, 7, GROUP_IGNORED);
  assert_int_equal(read_states(f).given_up_count, 0);
  end(f, second + 1, OUTBOX_TAKEN_BACK, ATTEMPT_NONE);
  assert_int_equal(state_of(f, 7)->task_id, first);

  /* Another Sentry has other errors of the same ids. */
  f->source.connection.project_slug = SLICE("other");
  assert_null(state_of(f, 7));
  assert_int_equal(read_states(f).given_up_count, 0);
}

static void test_who_may(void **state) {
  struct fixture *f = *state;
  struct problem problem;
  f->admin.scopes = SCOPE_EVENT_READ;
  assert_int_equal(set_status(f, 7, GROUP_RESOLVED, &problem), STATUS_FORBIDDEN);
  f->admin = (struct actor){.user_id = 2, .scopes = SCOPE_ALL};
  assert_int_equal(set_status(f, 7, GROUP_RESOLVED, &problem), STATUS_NOT_FOUND);
  int64_t id;
  assert_int_equal(start_bulk(f, GROUP_UNRESOLVED, GROUP_IGNORED, &id), STATUS_NOT_FOUND);
  const struct action_undo undo = {&f->admin, 1};
  assert_int_equal(actions_take_back(&f->source, &undo, &problem), STATUS_NOT_FOUND);
  assert_int_equal(count_tasks(f), 0);
}

static void test_too_much_waits(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  struct source_change_result result;
  int64_t ids[SOURCE_CHANGES_LIMIT];
  const struct source_change change = {
      .actor = &f->admin, .ids = ids, .count = SOURCE_CHANGES_LIMIT, .status = GROUP_RESOLVED};
  for (int64_t i = 0; i < ACTIONS_WAITING_LIMIT / SOURCE_CHANGES_LIMIT; i++) {
    for (int64_t j = 0; j < SOURCE_CHANGES_LIMIT; j++) ids[j] = 1 + i * SOURCE_CHANGES_LIMIT + j;
    assert_int_equal(source_set_status(&f->source, &change, &result, &problem), STATUS_OK);
  }
  assert_int_equal(set_status(f, 1 << 30, GROUP_RESOLVED, &problem), STATUS_BUSY);
  int64_t started_us = clock_monotonic_us();
  struct action_states states = read_states(f);
  int64_t took_us = clock_monotonic_us() - started_us;
  assert_int_equal(states.count, ACTIONS_WAITING_LIMIT);
  print_message("# %d actions are read in %lld us\n", ACTIONS_WAITING_LIMIT, (long long)took_us);
}

/* --- what tasks carry --------------------------------------------------------------------- */

static void test_tasks_carry_what_they_were_given(void **state) {
  struct fixture *f = *state;
  int64_t last[] = {1, INT64_MAX};
  const struct bulk_task task = {.status = GROUP_IGNORED,
                                 .from = -1,
                                 .text = SLICE("say \"hi\" \xe2\x82\xac"),
                                 .sentry = SLICE("https://s o/p"),
                                 .cursor = SLICE("0:100:0"),
                                 .done = 200,
                                 .total = 1000,
                                 .is_unsure = true,
                                 .waits = 2,
                                 .last = last,
                                 .last_count = 2};
  struct bulk_task read;
  assert_true(bulk_task_read(&f->arena, bulk_task_write(&f->arena, &task), &read));
  assert_int_equal(read.status, GROUP_IGNORED);
  assert_int_equal(read.from, -1);
  assert_true(slice_equal(read.text, task.text));
  assert_true(slice_equal(read.sentry, task.sentry));
  assert_true(slice_equal(read.cursor, task.cursor));
  assert_int_equal(read.done, 200);
  assert_int_equal(read.total, 1000);
  assert_true(read.is_unsure);
  assert_int_equal(read.waits, 2);
  assert_int_equal(read.last_count, 2);
  assert_true(read.last[1] == INT64_MAX);
  static const char *const broken[] = {"", "{}", "[]", "{\"status\":\"all\"}",
                                       "{\"status\":\"gone\"}"};
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    struct status_task one;
    assert_false(bulk_task_read(&f->arena, slice_of_string(broken[i]), &read));
    assert_false(status_task_read(&f->arena, slice_of_string(broken[i]), &one));
  }
  /* The longest ones fit. */
  char *text = memset(arena_alloc(&f->arena, 4000), '"', 4000);
  const struct status_task long_name = {.status = GROUP_RESOLVED, .name = slice_of(text, 4000)};
  struct status_task one;
  assert_true(status_task_read(&f->arena, status_task_write(&f->arena, &long_name), &one));
  assert_int_equal(one.name.len, ACTION_NAME_CHARACTERS);
  int64_t ids[ACTION_BULK_STEP];
  for (size_t i = 0; i < ACTION_BULK_STEP; i++) ids[i] = INT64_MAX;
  const struct bulk_task longest = {.text = slice_of(text, SOURCE_SEARCH_LIMIT_BYTES),
                                    .sentry = slice_of(text, 1000),
                                    .cursor = slice_of(text, 1000),
                                    .last = ids,
                                    .last_count = ACTION_BULK_STEP};
  assert_true(bulk_task_read(&f->arena, bulk_task_write(&f->arena, &longest), &read));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_later_status_takes_the_place, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_change_of_many_lies_between, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_is_told, setup, teardown),
      cmocka_unit_test_setup_teardown(test_who_may, setup, teardown),
      cmocka_unit_test_setup_teardown(test_too_much_waits, setup, teardown),
      cmocka_unit_test_setup_teardown(test_tasks_carry_what_they_were_given, setup, teardown),
  };
  return cmocka_run_group_tests_name("actions", tests, NULL, NULL);
}
