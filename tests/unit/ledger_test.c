/* ledger_test.c - outcomes are counted, summed, bounded, and survive a restart and a rollback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/ledger.h"
#include "store/option.h"

#define NOW_MS INT64_C(1795000000000)
#define NOW_HOUR (NOW_MS / HOUR_MS)

struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  struct problem problem = {0};
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-ledger-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  clock_set_ms(NOW_MS);
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
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

static void count(struct fixture *f, enum outcome outcome, const char *reason, int64_t quantity) {
  const struct ledger_entry entry = {.project_id = 7,
                                     .outcome = outcome,
                                     .category = SLICE("error"),
                                     .reason = slice_of_string(reason),
                                     .quantity = quantity};
  ledger_count(f->store, &entry);
}

static size_t list(struct fixture *f, int64_t interval_hours, struct ledger_entry **entries) {
  const struct ledger_query query = {.project_id = 7,
                                     .from_hour = NOW_HOUR - 100,
                                     .to_hour = NOW_HOUR + 100,
                                     .interval_hours = interval_hours};
  struct transaction *tx = store_begin_read(f->store);
  size_t found = ledger_list(tx, &f->arena, &query, entries);
  store_end_read(tx);
  return found;
}

static void test_counts_add_up(void **state) {
  struct fixture *f = *state;
  struct ledger_entry *entries;
  count(f, OUTCOME_INVALID, "too_large", 1);
  count(f, OUTCOME_INVALID, "too_large", 2);
  count(f, OUTCOME_FILTERED, "localhost", 5);
  ledger_settle(f->store);
  count(f, OUTCOME_INVALID, "too_large", 4);
  ledger_settle(f->store);
  assert_int_equal(list(f, 1, &entries), 2);
  assert_int_equal(entries[0].outcome, OUTCOME_FILTERED);
  assert_int_equal(entries[0].quantity, 5);
  assert_int_equal(entries[0].hour, NOW_HOUR);
  assert_int_equal(entries[1].quantity, 7);
  assert_true(slice_equal_string(entries[1].reason, "too_large"));
  assert_string_equal(outcome_name(entries[1].outcome), "invalid");
}

static void test_hours_are_summed_to_days(void **state) {
  struct fixture *f = *state;
  struct ledger_entry *entries;
  for (int64_t hour = 0; hour < 48; hour++) {
    clock_set_ms(NOW_MS + hour * HOUR_MS);
    count(f, OUTCOME_INVALID, "cors", 1);
  }
  ledger_settle(f->store);
  assert_int_equal(list(f, 1, &entries), 48);
  size_t days = list(f, 24, &entries);
  int64_t sum = 0;
  for (size_t i = 0; i < days; i++) {
    sum += entries[i].quantity;
    assert_int_equal(entries[i].hour % 24, 0);
  }
  assert_true(days == 2 || days == 3);
  assert_int_equal(sum, 48);
}

static void test_reasons_are_bounded(void **state) {
  struct fixture *f = *state;
  struct ledger_entry *entries;
  char reason[40];
  for (int i = 0; i < 2 * LEDGER_GATHERED_LIMIT; i++) {
    snprintf(reason, sizeof reason, "reason-%d", i);
    count(f, OUTCOME_CLIENT_DISCARD, reason, 1);
  }
  ledger_settle(f->store);
  count(f, OUTCOME_CLIENT_DISCARD, "one more", 1);
  ledger_settle(f->store);
  size_t found = list(f, 1, &entries);
  int64_t sum = 0;
  for (size_t i = 0; i < found; i++) sum += entries[i].quantity;
  /* "other" is one of the reasons when a tick of the store wrote it before the limit was reached,
   * and comes on top of them otherwise. */
  assert_in_range(found, LEDGER_ENTRIES_PER_HOUR, LEDGER_ENTRIES_PER_HOUR + 1);
  assert_int_equal(sum, 2 * LEDGER_GATHERED_LIMIT + 1);
}

static void test_long_texts_are_cut(void **state) {
  struct fixture *f = *state;
  struct ledger_entry *entries;
  char reason[300];
  for (size_t i = 0; i < sizeof reason - 1; i++) reason[i] = 'x';
  reason[sizeof reason - 1] = '\0';
  count(f, OUTCOME_CLIENT_DISCARD, reason, 1);
  ledger_settle(f->store);
  assert_int_equal(list(f, 1, &entries), 1);
  assert_int_equal(entries[0].reason.len, LEDGER_TEXT_BYTES);
}

static void test_what_gathered_is_written_at_the_end(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  struct ledger_entry *entries;
  count(f, OUTCOME_FILTERED, "localhost", 3);
  store_close(f->store);
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
  assert_int_equal(list(f, 1, &entries), 1);
  assert_int_equal(entries[0].quantity, 3);
}

static enum status add_and_refuse(struct transaction *tx, void *context, struct problem *problem) {
  const struct ledger_entry entry = {.project_id = 7,
                                     .outcome = OUTCOME_ACCEPTED,
                                     .category = SLICE("error"),
                                     .quantity = *(int64_t *)context};
  ledger_add(tx, &entry);
  if (entry.quantity > 1) return STATUS_OK;
  return problem_set(problem, STATUS_CONFLICT, "Undo what was counted.");
}

static void test_what_is_undone_is_not_counted(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  struct ledger_entry *entries;
  int64_t quantity = 1;
  count(f, OUTCOME_FILTERED, "localhost", 3);
  assert_int_equal(store_write(f->store, add_and_refuse, &quantity, &problem), STATUS_CONFLICT);
  quantity = 2;
  assert_int_equal(store_write(f->store, add_and_refuse, &quantity, &problem), STATUS_OK);
  ledger_settle(f->store);
  assert_int_equal(list(f, 1, &entries), 2);
  assert_int_equal(entries[0].quantity, 2); /* accepted */
  assert_int_equal(entries[1].quantity, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_counts_add_up),
      TEST(test_hours_are_summed_to_days),
      TEST(test_reasons_are_bounded),
      TEST(test_long_texts_are_cut),
      TEST(test_what_gathered_is_written_at_the_end),
      TEST(test_what_is_undone_is_not_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
