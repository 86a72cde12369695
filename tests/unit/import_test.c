/* import_test.c - what an import keeps: where it is, events that join a group, and what is counted
 * besides events, through merges and restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/import.h"
#include "store/limits.h"
#include "tracker/tracker.h"

#define NOW_MS INT64_C(1795000000000)

struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
  int64_t project_id;
  unsigned number;
};

static const struct actor admin = {.user_id = 1, .is_admin = true, .scopes = SCOPE_ALL};

static void open_store(struct fixture *f) {
  struct problem problem = {0};
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
}

static void reopen(struct fixture *f) {
  store_close(f->store);
  open_store(f);
}

static enum status add_project(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  int64_t organization;
  enum status status =
      organization_create(tx, SLICE("main"), SLICE("Main"), &organization, problem);
  if (status != STATUS_OK) return status;
  const struct project_draft draft = {organization, SLICE("app"), SLICE("App"), SLICE("python")};
  return project_create(tx, &draft, &f->project_id, problem);
}

static void write_now(struct fixture *f, store_write_fn *run, void *context) {
  struct problem problem = {0};
  assert_int_equal(store_write(f->store, run, context, &problem), STATUS_OK);
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-import-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  clock_set_ms(NOW_MS);
  open_store(f);
  write_now(f, add_project, f);
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

static struct group get(struct fixture *f, int64_t id) {
  struct group group = {0};
  struct transaction *tx = store_begin_read(f->store);
  assert_true(group_get(tx, &f->arena, id, &group));
  store_end_read(tx);
  return group;
}

/* --- events --------------------------------------------------------------------------------- */

struct taking {
  struct digest digest;
  int64_t join; /* the group that it joins when its hash is not known; 0: it makes one */
  int64_t group_id;
  bool is_new;
};

static enum status take(struct transaction *tx, void *context, struct problem *problem) {
  struct taking *taking = context;
  struct group group;
  (void)problem;
  taking->is_new = digest_claim_id(tx, &taking->digest);
  if (!taking->is_new) return STATUS_OK;
  if (!digest_find_group(tx, &taking->digest, &group)) {
    if (taking->join)
      digest_join_group(tx, &taking->digest, taking->join, &group);
    else
      digest_create_group(tx, &taking->digest, &group);
  }
  digest_count_event(tx, &taking->digest);
  taking->group_id = group.id;
  return STATUS_OK;
}

/* An event of hash `hash`, so many hours before now. Returns its group. */
static int64_t take_event(struct fixture *f, unsigned hash, int64_t join, int hours) {
  struct taking taking = {
      .join = join,
      .digest = {.project_id = f->project_id,
                 .received_ms = NOW_MS - hours * HOUR_MS,
                 .timestamp_ms = NOW_MS - hours * HOUR_MS,
                 .hash_count = 1,
                 .level = LEVEL_ERROR,
                 .title = arena_printf(&f->arena, "Error %u", hash),
                 .platform = SLICE("python"),
                 .user_identity = arena_printf(&f->arena, "id:%u", f->number % 3)}};
  f->number++;
  memcpy(taking.digest.id.bytes, &f->number, sizeof f->number);
  memcpy(taking.digest.hashes[0].bytes, &hash, sizeof hash);
  taking.digest.payload = store_pack(f->store, &f->arena, f->project_id, SLICE("{}"));
  write_now(f, take, &taking);
  assert_true(taking.is_new);
  return taking.group_id;
}

static void test_events_join_a_group(void **state) {
  struct fixture *f = *state;
  int64_t first = take_event(f, 1, 0, 50), other = take_event(f, 9, 0, 1);
  assert_int_equal(take_event(f, 2, first, 2000), first);
  assert_int_equal(take_event(f, 3, first, 3), first);
  assert_int_equal(take_event(f, 9, first, 2), other); /* its hash is known */
  reopen(f);
  /* Their hashes lead there from now on. */
  assert_int_equal(take_event(f, 2, 0, 0), first);
  struct group group = get(f, first);
  assert_int_equal(group.event_count, 4);
  assert_int_equal(group.strand_count, 3);
  assert_int_equal(group.first_seen_ms, NOW_MS - 2000 * HOUR_MS);
  assert_true(slice_equal_string(group.title, "Error 2"));
}

static void test_a_group_takes_any_number_of_hashes(void **state) {
  struct fixture *f = *state;
  int64_t group_id = take_event(f, 1, 0, 1);
  for (unsigned hash = 2; hash <= STORE_STRANDS_LIMIT + 20; hash++)
    assert_int_equal(take_event(f, hash, group_id, 1), group_id);
  reopen(f);
  assert_int_equal(take_event(f, STORE_STRANDS_LIMIT + 20, 0, 0), group_id);
  struct group group = get(f, group_id);
  assert_int_equal(group.event_count, STORE_STRANDS_LIMIT + 21);
  assert_int_equal(group.strand_count, STORE_STRANDS_LIMIT);
}

/* Days that begin in any order, with events of today between them. */
static void test_days_in_any_order(void **state) {
  struct fixture *f = *state;
  enum { COUNT = 60 };
  int64_t group_id = take_event(f, 1, 0, 0);
  for (unsigned i = 0; i < COUNT; i++) {
    int day = (int)(i * 37 % 89);
    take_event(f, 1, 0, day * 24 + 1);
    if (i % 7 == 0) take_event(f, 1, 0, 0);
  }
  reopen(f);
  struct event_row *rows, found;
  struct transaction *tx = store_begin_read(f->store);
  const struct event_row_query query = {.group_id = group_id, .limit = 2 * COUNT};
  size_t count = event_row_list(tx, &f->arena, &query, &rows);
  assert_int_equal(count, f->number);
  for (size_t i = 0; i + 1 < count; i++) assert_true(rows[i].ref > rows[i + 1].ref);
  for (size_t i = 0; i < count; i++)
    assert_true(event_row_find(tx, f->project_id, &rows[i].id, &found) && found.ref == rows[i].ref);
  store_end_read(tx);
  assert_int_equal(get(f, group_id).event_count, f->number);
}

/* --- what is only counted --------------------------------------------------------------------- */

struct adding {
  int64_t group_id;
  struct group_extra extra;
};

static enum status add(struct transaction *tx, void *context, struct problem *problem) {
  const struct adding *adding = context;
  (void)problem;
  group_add_extra(tx, adding->group_id, &adding->extra);
  return STATUS_OK;
}

static void add_extra(struct fixture *f, int64_t group_id, struct group_extra extra) {
  struct adding adding = {group_id, extra};
  write_now(f, add, &adding);
}

static void test_extra_is_counted_and_stays(void **state) {
  struct fixture *f = *state;
  int64_t group_id = take_event(f, 1, 0, 5), other = take_event(f, 7, 0, 1);
  add_extra(f, group_id,
            (struct group_extra){.events = 100,
                                 .users = 10,
                                 .first_seen_ms = NOW_MS - 900 * HOUR_MS,
                                 .last_seen_ms = NOW_MS - HOUR_MS,
                                 .first_release = SLICE("app@0.1")});
  add_extra(f, other, (struct group_extra){.events = 1000});
  reopen(f);
  struct group group = get(f, group_id);
  assert_int_equal(group.event_count, 101);
  assert_int_equal(group.user_count, 11);
  assert_int_equal(group.first_seen_ms, NOW_MS - 900 * HOUR_MS);
  assert_int_equal(group.last_seen_ms, NOW_MS - HOUR_MS);
  assert_true(slice_equal_string(group.first_release, "app@0.1"));
  /* Also when it gets several strands, more, less, and another group with some of its own. */
  take_event(f, 2, group_id, 4);
  add_extra(f, group_id, (struct group_extra){.events = -30, .users = -2});
  assert_int_equal(get(f, group_id).event_count, 72);
  const int64_t ids[] = {group_id, other};
  const struct merge_request request = {&admin, ids, 2};
  struct merge_result result;
  struct problem problem = {0};
  assert_int_equal(tracker_merge(f->store, &request, &result, &problem), STATUS_OK);
  assert_int_equal(get(f, group_id).event_count, 1073);
  const struct undo_request undo = {&admin, result.change_id};
  int64_t parent;
  assert_int_equal(tracker_undo(f->store, &undo, &parent, &problem), STATUS_OK);
  reopen(f);
  assert_int_equal(get(f, group_id).event_count, 72);
  assert_int_equal(get(f, other).event_count, 1001);
}

/* --- where it is -------------------------------------------------------------------------------
 */

struct keeping {
  struct import import;
  struct import_issue issue;
  int64_t import_id;
};

static enum status keep(struct transaction *tx, void *context, struct problem *problem) {
  struct keeping *keeping = context;
  (void)problem;
  keeping->import_id = import_begin(tx, &keeping->import);
  keeping->issue.import_id = keeping->import_id;
  import_issue_set(tx, &keeping->issue);
  return STATUS_OK;
}

static void test_it_is_kept(void **state) {
  struct fixture *f = *state;
  struct keeping keeping = {
      .import = {f->project_id, SLICE("https://s.example"), SLICE("acme"), SLICE("shop")},
      .issue = {.issue_id = 7,
                .group_id = 3,
                .other_id = 4,
                .is_made = true,
                .stage = IMPORT_READING,
                .cursor = SLICE("0:100:0"),
                .event_count = 50,
                .known_count = 60,
                .extra_events = 5,
                .extra_users = 6,
                .last_seen_ms = NOW_MS,
                .remote_count = 70,
                .comment_count = 8,
                .status = SLICE("unresolved"),
                .status_ms = NOW_MS - 1,
                .activity_id = 90}};
  write_now(f, keep, &keeping);
  int64_t id = keeping.import_id;
  write_now(f, keep, &keeping);
  assert_int_equal(keeping.import_id, id);
  struct keeping joined = keeping;
  joined.issue = (struct import_issue){.issue_id = 8, .other_id = 3, .status = SLICE("unresolved")};
  write_now(f, keep, &joined);
  reopen(f);
  struct import_issue row = {0};
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(import_find(tx, &keeping.import), id);
  assert_true(import_issue_get(tx, &f->arena, id, 7, &row));
  assert_false(import_issue_get(tx, &f->arena, id, 9, &joined.issue));
  assert_int_equal(import_issue_of_group(tx, id, 3), 7);
  assert_int_equal(import_issue_of_group(tx, id, 4), 0);
  struct import_sharing sharing = import_sharing(tx, id, 3);
  assert_true(sharing.is_shared && sharing.has_unresolved);
  assert_false(import_sharing(tx, id, 4).has_unresolved);
  struct import_totals totals = import_totals(tx, id);
  store_end_read(tx);
  assert_int_equal(totals.issues, 2);
  assert_int_equal(totals.events, 50);
  assert_int_equal(totals.extra_events, 5);
  assert_true(slice_equal_string(row.cursor, "0:100:0"));
  assert_true(slice_equal_string(row.status, "unresolved"));
  row.cursor = row.status = keeping.issue.cursor = keeping.issue.status = SLICE_EMPTY;
  assert_int_equal(row.stage, IMPORT_READING);
  assert_int_equal(row.known_count, 60);
  assert_int_equal(row.extra_users, 6);
  assert_int_equal(row.remote_count, 70);
  assert_int_equal(row.comment_count, 8);
  assert_int_equal(row.status_ms, NOW_MS - 1);
  assert_int_equal(row.activity_id, 90);
  assert_true(row.is_made && !row.is_complete);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_events_join_a_group), TEST(test_a_group_takes_any_number_of_hashes),
      TEST(test_days_in_any_order),   TEST(test_extra_is_counted_and_stays),
      TEST(test_it_is_kept),
  };
  return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
