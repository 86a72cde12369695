/* merge_test.c - groups merged, split and put back, across restarts and when events have expired.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/regroup.h"
#include "store/sqlite/tags.h"
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

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  struct problem problem = {0};
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-merge-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  clock_set_ms(NOW_MS);
  open_store(f);
  assert_int_equal(store_write(f->store, add_project, f, &problem), STATUS_OK);
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

struct sending {
  struct digest_write write;
  volatile bool is_done;
};

static void note_done(struct store_write *write) { ((struct sending *)write)->is_done = true; }

/* An event with these hashes, one letter each, of a user. Returns its group. */
static int64_t send_event(struct fixture *f, const char *hashes, unsigned user) {
  struct sending *sending = ARENA_NEW(&f->arena, struct sending);
  struct digest *digest = &sending->write.digest;
  struct pair *tags = ARENA_ARRAY(&f->arena, 1, struct pair);
  tags[0] = (struct pair){SLICE("kind"), arena_printf(&f->arena, "%s", hashes)};
  *digest = (struct digest){.project_id = f->project_id,
                            .received_ms = clock_now_ms(),
                            .timestamp_ms = clock_now_ms() + ++f->number,
                            .hash_count = strlen(hashes),
                            .level = LEVEL_ERROR,
                            .title = arena_printf(&f->arena, "Error %s", hashes),
                            .platform = SLICE("python"),
                            .user_identity = arena_printf(&f->arena, "id:%u", user),
                            .tags = {tags, 1}};
  memcpy(digest->id.bytes, &f->number, sizeof f->number);
  for (size_t i = 0; i < digest->hash_count; i++)
    digest->hashes[i].bytes[0] = (unsigned char)hashes[i];
  digest->payload = store_pack(f->store, &f->arena, f->project_id, SLICE("{}"));
  sending->write.write.done = note_done;
  sending->write.has_event = true;
  assert_int_equal(tracker_digest(f->store, &sending->write), STATUS_OK);
  while (!sending->is_done) usleep(100);
  assert_int_equal(sending->write.write.status, STATUS_OK);
  return sending->write.group_id;
}

static struct group get(struct fixture *f, int64_t id) {
  struct group group = {0};
  struct transaction *tx = store_begin_read(f->store);
  assert_true(group_get(tx, &f->arena, id, &group));
  store_end_read(tx);
  return group;
}

static void check(struct fixture *f, int64_t id, int64_t events, int64_t users) {
  struct group group = get(f, id);
  struct tag_summary *tags;
  assert_int_equal(group.event_count, events);
  assert_int_equal(group.user_count, users);
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(group_tags(tx, &f->arena, group.id, &tags), 1);
  assert_int_equal(tags[0].total, events);
  store_end_read(tx);
}

static struct merge_result merge(struct fixture *f, int64_t a, int64_t b) {
  const int64_t ids[] = {a, b};
  const struct merge_request request = {&admin, ids, 2};
  struct merge_result result;
  struct problem problem = {0};
  assert_int_equal(tracker_merge(f->store, &request, &result, &problem), STATUS_OK);
  return result;
}

static enum status undo(struct fixture *f, int64_t change_id) {
  const struct undo_request request = {&admin, change_id};
  int64_t group_id;
  struct problem problem = {0};
  return tracker_undo(f->store, &request, &group_id, &problem);
}

static void test_expired_events_stay_counted(void **state) {
  struct fixture *f = *state;
  int64_t a = send_event(f, "a", 1), b = send_event(f, "b", 2);
  clock_set_ms(NOW_MS + 50 * DAY_MS);
  send_event(f, "a", 3);
  send_event(f, "a", 1);
  send_event(f, "b", 1);
  /* Retention is looked at once a day, behind a write, and only as far as days have come in. */
  for (int day = 1; day <= 3; day++) {
    clock_set_ms(NOW_MS + (95 + day) * DAY_MS);
    send_event(f, "c", 1);
    send_event(f, "c", 1);
  }
  struct event_row oldest;
  struct transaction *tx = store_begin_read(f->store);
  assert_true(event_row_at(tx, a, EVENT_OLDEST, &oldest));
  store_end_read(tx);
  assert_int_equal(oldest.received_ms, NOW_MS + 50 * DAY_MS);
  struct merge_result merged = merge(f, a, b);
  assert_int_equal(merged.parent, a);
  check(f, a, 5, 3);
  assert_int_equal(get(f, b).id, a);
  reopen(f);
  check(f, b, 5, 3);
  assert_int_equal(undo(f, merged.change_id), STATUS_OK);
  check(f, a, 3, 2);
  check(f, b, 2, 2);
  assert_int_equal(get(f, a).first_seen_ms, NOW_MS + 1);
  assert_int_equal(undo(f, merged.change_id), STATUS_CONFLICT);
}

/* What comes in after a merge goes back with its hash. */
static void test_undo_after_more_events(void **state) {
  struct fixture *f = *state;
  int64_t a = send_event(f, "a", 1), b = send_event(f, "b", 2), counts[GROUP_STATUS_COUNT];
  send_event(f, "a", 1);
  struct merge_result merged = merge(f, a, b);
  assert_int_equal(send_event(f, "b", 9), a);
  assert_int_equal(send_event(f, "ba", 8), a);
  check(f, a, 5, 4);
  assert_string_equal(arena_string(&f->arena, get(f, a).title), "Error ba");
  struct transaction *tx = store_begin_read(f->store);
  group_count_by_status(tx, f->project_id, counts);
  store_end_read(tx);
  assert_int_equal(counts[GROUP_UNRESOLVED], 1);
  assert_int_equal(undo(f, merged.change_id), STATUS_OK);
  check(f, a, 2, 1);
  check(f, b, 3, 3);
  assert_int_equal(get(f, b).id, b);
  assert_string_equal(arena_string(&f->arena, get(f, a).title), "Error a");
}

static void test_contradictions(void **state) {
  struct fixture *f = *state;
  int64_t a = send_event(f, "a", 1), b = send_event(f, "b", 2), c = send_event(f, "c", 3), made;
  send_event(f, "c", 3);
  send_event(f, "c", 3);
  struct merge_result first = merge(f, a, b), second = merge(f, a, c);
  assert_int_equal(second.parent, c);
  assert_int_equal(undo(f, first.change_id), STATUS_CONFLICT);
  struct group_hash hash = {{'b'}};
  const struct split_request split = {&admin, c, &hash, 1};
  struct problem problem = {0};
  assert_int_equal(tracker_split(f->store, &split, &made, &problem), STATUS_OK);
  check(f, made, 1, 1);
  assert_int_equal(undo(f, second.change_id), STATUS_CONFLICT);
  struct group_change *changes;
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(change_list(tx, &f->arena, made, 10, &changes), 1);
  store_end_read(tx);
  assert_int_equal(undo(f, changes[0].id), STATUS_OK);
  assert_int_equal(get(f, made).id, c);
  assert_int_equal(undo(f, second.change_id), STATUS_OK);
  assert_int_equal(undo(f, first.change_id), STATUS_OK);
  check(f, a, 1, 1);
  check(f, b, 1, 1);
  check(f, c, 3, 1);
}

/* More primary hashes than are told apart: events are counted, but not in strands of their own. */
static void test_many_hashes(void **state) {
  struct fixture *f = *state;
  int64_t group = 0;
  for (int i = 0; i < 120; i++) {
    const char hashes[] = {(char)(i + 2), 1, 0};
    group = send_event(f, hashes, (unsigned)i);
  }
  assert_int_equal(get(f, group).event_count, 120);
  assert_int_equal(get(f, group).user_count, 120);
  struct strand *strands;
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(strand_list(tx, &f->arena, group, &strands), 100);
  store_end_read(tx);
}

/* --- regrouping, step by step ------------------------------------------------------------- */

struct moving {
  struct regroup_run run;
  int64_t source;
  struct group_hash hash; /* of the strand that gets a group of its own */
  int64_t made;
};

static enum status run_note(struct transaction *tx, void *context, struct problem *problem) {
  struct moving *moving = context;
  struct arena arena = {0};
  struct strand *strands;
  (void)problem;
  moving->run.change_id = regroup_begin(tx, moving->run.project_id, clock_now_ms(), NULL);
  moving->made = regroup_new_group(tx, &moving->run, moving->source, clock_now_ms());
  size_t count = strand_list(tx, &arena, moving->source, &strands);
  for (size_t i = 0; i < count; i++) {
    if (memcmp(&strands[i].hash, &moving->hash, sizeof moving->hash) != 0) continue;
    const struct regroup_step step = {strands[i].id, moving->made, moving->hash};
    regroup_note_strand(tx, moving->run.change_id, &step);
  }
  regroup_set_state(tx, moving->run.change_id, REGROUP_SWITCHING);
  arena_free(&arena);
  return STATUS_OK;
}

static enum status run_advance(struct transaction *tx, void *context, struct problem *problem) {
  struct moving *moving = context;
  (void)problem;
  if (!regroup_unfinished(tx, moving->run.project_id, &moving->run) ||
      moving->run.state == REGROUP_TITLING)
    return STATUS_NOT_FOUND;
  regroup_advance(tx, &moving->run, clock_now_ms());
  return STATUS_OK;
}

/* An event that brings a hash of its own to a group in the middle of a regrouping. */
static void test_a_new_strand_while_groups_change(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  int64_t a = send_event(f, "ax", 1);
  assert_int_equal(send_event(f, "bx", 2), a);
  struct moving moving = {.run = {.project_id = f->project_id}, .source = a, .hash = {{'b'}}};
  assert_int_equal(store_write(f->store, run_note, &moving, &problem), STATUS_OK);
  assert_int_equal(store_write(f->store, run_advance, &moving, &problem), STATUS_OK);
  assert_int_equal(send_event(f, "cb", 3), moving.made);
  assert_int_equal(send_event(f, "b", 2), moving.made);
  while (store_write(f->store, run_advance, &moving, &problem) == STATUS_OK) {
  }
  check(f, a, 1, 1);
  check(f, moving.made, 3, 2);
  assert_int_equal(get(f, moving.made).strand_count, 2);
  struct strand *strands;
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(strand_list(tx, &f->arena, moving.made, &strands), 2);
  store_end_read(tx);
  assert_int_equal(strands[0].own.event_count, 2);
  assert_int_equal(strands[1].own.event_count, 1);
}

/* Parts of one strand that stay with its group, as when events share a secondary hash. */
struct parting {
  struct regroup_run run;
  int64_t group;
};

static enum status run_part(struct transaction *tx, void *context, struct problem *problem) {
  struct parting *parting = context;
  const struct group_hash hash = {{'p'}};
  struct arena arena = {0};
  struct strand *strands;
  (void)problem;
  parting->run.change_id = regroup_begin(tx, parting->run.project_id, clock_now_ms(), NULL);
  strand_list(tx, &arena, parting->group, &strands);
  int64_t part = regroup_part_strand(tx, &parting->run, strands[0].id, &hash);
  assert_true(part);
  assert_int_equal(regroup_part_strand(tx, &parting->run, strands[0].id, &hash), part);
  regroup_clear(tx, parting->run.change_id); /* as after a kill */
  regroup_set_state(tx, parting->run.change_id, REGROUP_SWITCHING);
  arena_free(&arena);
  return STATUS_OK;
}

static void test_parts_that_stay_are_counted(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  struct parting parting = {.run = {.project_id = f->project_id}, .group = send_event(f, "a", 1)};
  struct moving moving = {.run = parting.run};
  assert_int_equal(store_write(f->store, run_part, &parting, &problem), STATUS_OK);
  while (store_write(f->store, run_advance, &moving, &problem) == STATUS_OK) {
  }
  assert_int_equal(get(f, parting.group).strand_count, 2);
  check(f, parting.group, 1, 1);
}

static void test_parts_of_what_was_split_off_stay_apart(void **state) {
  struct fixture *f = *state;
  struct problem problem = {0};
  struct strand *strands;
  int64_t a = send_event(f, "ax", 1), made;
  assert_int_equal(send_event(f, "bx", 1), a);
  struct group_hash hash = {{'b'}};
  const struct split_request split = {&admin, a, &hash, 1};
  assert_int_equal(tracker_split(f->store, &split, &made, &problem), STATUS_OK);
  struct parting parting = {.run = {.project_id = f->project_id}, .group = made};
  assert_int_equal(store_write(f->store, run_part, &parting, &problem), STATUS_OK);
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(strand_list(tx, &f->arena, made, &strands), 2);
  store_end_read(tx);
  assert_true(strands[0].is_apart && strands[1].is_apart);
}

static void test_tags_are_taken_back(void **state) {
  struct tag_table table = {0}, other = {0};
  struct pair one[] = {{SLICE("os"), SLICE("Linux")}, {SLICE("user"), SLICE("id:1")}},
              two[] = {{SLICE("os"), SLICE("Windows")}};
  (void)state;
  tag_table_add(&table, (struct pairs){one, 2}, 1);
  tag_table_add(&table, (struct pairs){two, 1}, 2);
  tag_table_add(&other, (struct pairs){two, 1}, 5);
  tag_table_join(&table, &other);
  assert_int_equal(table.keys[0].total, 3);
  assert_int_equal(table.keys[0].values[1].count, 2);
  assert_int_equal(table.keys[0].values[1].last_seen_ms, 5);
  tag_table_subtract(&table, (struct pairs){one, 2});
  assert_int_equal(table.key_count, 1);
  assert_int_equal(table.keys[0].value_count, 1);
  tag_table_subtract(&table, (struct pairs){two, 1});
  tag_table_subtract(&table, (struct pairs){two, 1});
  assert_int_equal(table.key_count, 0);
  assert_int_equal(table.bytes, 0);
  tag_table_free(&table);
  tag_table_free(&other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_expired_events_stay_counted, setup, teardown),
      cmocka_unit_test_setup_teardown(test_undo_after_more_events, setup, teardown),
      cmocka_unit_test_setup_teardown(test_contradictions, setup, teardown),
      cmocka_unit_test_setup_teardown(test_many_hashes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_new_strand_while_groups_change, setup, teardown),
      cmocka_unit_test_setup_teardown(test_parts_that_stay_are_counted, setup, teardown),
      cmocka_unit_test_setup_teardown(test_parts_of_what_was_split_off_stay_apart, setup, teardown),
      cmocka_unit_test(test_tags_are_taken_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
