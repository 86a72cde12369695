/* store_test.c - events taken in, grouped, counted, listed and found again, across a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/issue.h"
#include "store/option.h"
#include "tracker/tracker.h"

#define NOW_MS INT64_C(1795000000000)

struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
  int64_t project_id;
};

static void open_store(struct fixture *f) {
  struct problem problem = {0};
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
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
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-store-XXXXXX");
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

/* --- sending events ------------------------------------------------------------------ */

struct sending {
  struct digest_write write;
  volatile bool is_done;
};

static void note_done(struct store_write *write) { ((struct sending *)write)->is_done = true; }

/* An event of group number `kind`, of user number `user`. */
static struct sending *make_event(struct fixture *f, unsigned number, unsigned kind,
                                  unsigned user) {
  struct sending *sending = ARENA_NEW(&f->arena, struct sending);
  struct digest *digest = &sending->write.digest;
  struct pair *tags = ARENA_ARRAY(&f->arena, 2, struct pair);
  tags[0] = (struct pair){SLICE("level"), SLICE("error")};
  tags[1] = (struct pair){SLICE("user"), arena_printf(&f->arena, "id:%u", user)};
  *digest = (struct digest){
      .project_id = f->project_id,
      .received_ms = clock_now_ms(),
      .timestamp_ms = clock_now_ms() + number,
      .hash_count = 1,
      .level = LEVEL_ERROR,
      .error_type = arena_printf(&f->arena, "Error%u", kind),
      .title = arena_printf(&f->arena, "Error%u: it broke", kind),
      .culprit = SLICE("app in main"),
      .platform = SLICE("python"),
      .release = arena_printf(&f->arena, "app@%u", number),
      .user_identity = arena_printf(&f->arena, "id:%u", user),
      .tags = {tags, 2},
  };
  memcpy(digest->id.bytes, &number, sizeof number);
  digest->id.bytes[15] = 1;
  memcpy(digest->hashes[0].bytes, &kind, sizeof kind);
  struct slice json = arena_printf(
      &f->arena, "{\"event_id\":%u,\"text\":\"the same text in every event\"}", number);
  digest->payload = store_pack(f->store, &f->arena, f->project_id, json);
  sending->write.write.done = note_done;
  sending->write.has_event = true;
  return sending;
}

static struct sending *send_event(struct fixture *f, unsigned number, unsigned kind,
                                  unsigned user) {
  struct sending *sending = make_event(f, number, kind, user);
  assert_int_equal(tracker_digest(f->store, &sending->write), STATUS_OK);
  return sending;
}

static void wait_for(const struct sending *sending) {
  while (!sending->is_done) usleep(100);
  assert_int_equal(sending->write.write.status, STATUS_OK);
}

static void send_many(struct fixture *f, unsigned count, unsigned kinds, unsigned users) {
  struct sending *last = NULL;
  for (unsigned number = 1; number <= count; number++) {
    if (last && number % 1000 == 0) wait_for(last);
    last = send_event(f, number, number % kinds, number % users);
  }
  wait_for(last);
}

static void list(struct fixture *f, struct transaction *tx, struct group_query *query,
                 struct group_page *page) {
  query->project_id = f->project_id;
  group_list(tx, &f->arena, query, page);
}

/* --- tests ------------------------------------------------------------------------------ */

/* Events of other servers and of senders without a connection come late. */
static void test_releases_follow_the_times_of_events(void **state) {
  static const struct {
    int minutes; /* after the first that comes */
    const char *release, *first, *last;
  } events[] = {{0, "", "", ""},          {-5, "2.0", "2.0", ""},    {-9, "1.0", "1.0", ""},
                {4, "3.0", "1.0", "3.0"}, {-7, "0.9", "1.0", "3.0"}, {-10, "", "1.0", "3.0"}};
  struct fixture *f = *state;
  int64_t now_ms = clock_now_ms();
  for (unsigned i = 0; i < sizeof events / sizeof events[0]; i++) {
    struct sending *sending = make_event(f, i + 1, 1, 1);
    struct group group;
    sending->write.digest.timestamp_ms = now_ms + events[i].minutes * MINUTE_MS;
    sending->write.digest.release = slice_of_string(events[i].release);
    assert_int_equal(tracker_digest(f->store, &sending->write), STATUS_OK);
    wait_for(sending);
    struct transaction *tx = store_begin_read(f->store);
    assert_true(group_get(tx, &f->arena, sending->write.group_id, &group));
    store_end_read(tx);
    assert_true(slice_equal_string(group.first_release, events[i].first));
    assert_true(slice_equal_string(group.last_release, events[i].last));
  }
}

static void test_counts_are_exact(void **state) {
  struct fixture *f = *state;
  send_many(f, 3000, 7, 50);
  store_close(f->store);
  open_store(f);
  struct transaction *tx = store_begin_read(f->store);
  struct group_query query = {.status = GROUP_UNRESOLVED, .limit = 20};
  struct group_page page;
  int64_t events = 0, by_status[GROUP_STATUS_COUNT], hours[24], in_hours = 0;
  list(f, tx, &query, &page);
  assert_int_equal(page.count, 7);
  assert_false(page.has_next);
  for (size_t i = 0; i < page.count; i++) {
    struct tag_summary *tags;
    events += page.groups[i].event_count;
    assert_int_equal(page.groups[i].user_count, 50);
    group_hours(tx, page.groups[i].id, NOW_MS + HOUR_MS, 24, hours);
    for (size_t h = 0; h < 24; h++) in_hours += hours[h];
    assert_int_equal(group_tags(tx, &f->arena, page.groups[i].id, &tags), 2);
    assert_int_equal(tags[0].total, page.groups[i].event_count);
    assert_int_equal(tags[1].value_count, 50);
  }
  assert_int_equal(events, 3000);
  assert_int_equal(in_hours, 3000);
  group_count_by_status(tx, f->project_id, by_status);
  assert_int_equal(by_status[GROUP_UNRESOLVED], 7);
  store_end_read(tx);
}

static void test_events_are_found_again(void **state) {
  struct fixture *f = *state;
  send_many(f, 1200, 3, 5);
  struct transaction *tx = store_begin_read(f->store);
  struct event_row row, neighbour, *rows;
  struct event_id id = {{0}};
  struct slice json;
  unsigned number = 777;
  memcpy(id.bytes, &number, sizeof number);
  id.bytes[15] = 1;
  assert_true(event_row_find(tx, f->project_id, &id, &row));
  assert_false(event_row_find(tx, f->project_id + 1, &id, &neighbour));
  assert_true(event_payload(tx, &f->arena, &row, &json));
  assert_true(slice_starts_with(json, SLICE("{\"event_id\":777,")));
  assert_true(event_row_next(tx, &row, &neighbour));
  assert_true(event_row_previous(tx, &neighbour, &neighbour));
  assert_int_equal(neighbour.ref, row.ref);
  assert_true(event_row_at(tx, row.group_id, EVENT_OLDEST, &neighbour));
  assert_false(event_row_previous(tx, &neighbour, &row));
  assert_true(event_row_at(tx, neighbour.group_id, EVENT_LATEST, &row));
  assert_false(event_row_next(tx, &row, &neighbour));
  const struct event_row_query query = {
      .group_id = row.group_id, .before_ref = row.ref, .limit = 1000};
  assert_int_equal(event_row_list(tx, &f->arena, &query, &rows), 399);
  store_end_read(tx);
}

/* All events of all groups, walked backwards and forwards. */
static size_t walk_groups(struct transaction *tx, size_t groups) {
  size_t seen = 0;
  for (size_t id = 1; id <= groups; id++) {
    struct event_row row, other;
    size_t back = 0, forth = 0;
    bool is_there = event_row_at(tx, (int64_t)id, EVENT_LATEST, &row);
    for (; is_there; is_there = event_row_previous(tx, &other, &row)) {
      other = row;
      back++;
    }
    is_there = event_row_at(tx, (int64_t)id, EVENT_OLDEST, &row);
    for (; is_there; is_there = event_row_next(tx, &other, &row)) {
      other = row;
      forth++;
    }
    assert_int_equal(back, forth);
    seen += back;
  }
  return seen;
}

static void test_indexes_are_whole_however_many(void **state) {
  struct fixture *f = *state;
  enum { MANY = 36000, GROUPS = 150 };
  send_many(f, MANY, GROUPS, 5);
  for (int run = 0; run < 2; run++) {
    struct transaction *tx = store_begin_read(f->store);
    assert_int_equal(walk_groups(tx, GROUPS), MANY);
    for (unsigned number = 1; number <= MANY; number += 997) {
      struct event_id id = {{0}};
      struct event_row row;
      memcpy(id.bytes, &number, sizeof number);
      id.bytes[15] = 1;
      assert_true(event_row_find(tx, f->project_id, &id, &row));
    }
    store_end_read(tx);
    store_close(f->store);
    open_store(f);
    struct sending *again = send_event(f, run ? MANY : MANY / 3, 1, 1);
    wait_for(again);
    assert_int_equal(again->write.outcome, DIGEST_DUPLICATE);
  }
  clock_set_ms(NOW_MS + DAY_MS);
  wait_for(send_event(f, MANY + 1, 1, 1));
  struct transaction *tx = store_begin_read(f->store);
  assert_int_equal(walk_groups(tx, GROUPS), MANY + 1);
  store_end_read(tx);
}

static void test_a_duplicate_counts_once(void **state) {
  struct fixture *f = *state;
  struct sending *first = send_event(f, 1, 1, 1), *second = send_event(f, 1, 1, 1);
  wait_for(first);
  wait_for(second);
  assert_int_equal(first->write.outcome, DIGEST_STORED);
  assert_int_equal(second->write.outcome, DIGEST_DUPLICATE);
  clock_set_ms(NOW_MS + DAY_MS);
  struct sending *next_day = send_event(f, 1, 1, 1);
  wait_for(next_day);
  assert_int_equal(next_day->write.outcome, DIGEST_DUPLICATE);
  struct sending *second_event = send_event(f, 2, 1, 1);
  clock_set_ms(NOW_MS); /* the other came a moment before midnight and waited */
  struct sending *day_before = send_event(f, 2, 1, 1);
  wait_for(second_event);
  wait_for(day_before);
  assert_int_equal(second_event->write.outcome, DIGEST_STORED);
  assert_int_equal(day_before->write.outcome, DIGEST_DUPLICATE);
}

/* Tags of so many groups that the writer forgets groups while it counts. */
static void test_many_tags_are_counted(void **state) {
  enum { GROUPS = 250, ROUNDS = 3, TAGS = 100, VALUE_BYTES = 600 };
  struct fixture *f = *state;
  struct sending *last = NULL;
  char value[VALUE_BYTES];
  struct pair tags[TAGS];
  int64_t group_ids[GROUPS];
  memset(value, 'v', sizeof value);
  for (unsigned i = 0; i < TAGS; i++)
    tags[i] = (struct pair){arena_printf(&f->arena, "key%u", i), slice_of(value, sizeof value)};
  for (unsigned i = 0; i < GROUPS * ROUNDS; i++) {
    last = make_event(f, i, i % GROUPS, i / GROUPS);
    last->write.digest.tags = (struct pairs){tags, TAGS};
    assert_int_equal(tracker_digest(f->store, &last->write), STATUS_OK);
    if (i % 50 == 0 || i + GROUPS >= GROUPS * ROUNDS) wait_for(last);
    group_ids[i % GROUPS] = last->write.group_id;
  }
  struct transaction *tx = store_begin_read(f->store);
  for (unsigned i = 0; i < GROUPS; i++) {
    struct tag_summary *summaries;
    struct group group;
    assert_true(group_get(tx, &f->arena, group_ids[i], &group));
    assert_int_equal(group.event_count, ROUNDS);
    assert_int_equal(group.user_count, ROUNDS);
    assert_int_equal(group_tags(tx, &f->arena, group_ids[i], &summaries), TAGS);
    for (unsigned k = 0; k < TAGS; k++) assert_int_equal(summaries[k].values[0].count, ROUNDS);
  }
  store_end_read(tx);
}

static void test_days_go_on_and_expire(void **state) {
  struct fixture *f = *state;
  struct sending *old = send_event(f, 1, 1, 1);
  wait_for(old);
  clock_set_ms(NOW_MS + 30 * DAY_MS);
  wait_for(send_event(f, 2, 1, 1));
  struct transaction *tx = store_begin_read(f->store);
  struct event_row row, previous;
  assert_true(event_row_at(tx, old->write.group_id, EVENT_LATEST, &row));
  assert_true(event_row_previous(tx, &row, &previous));
  assert_true(event_row_next(tx, &previous, &previous));
  assert_int_equal(previous.ref, row.ref);
  store_end_read(tx);
  clock_set_ms(NOW_MS + 95 * DAY_MS);
  wait_for(send_event(f, 3, 2, 1));
  store_close(f->store);
  open_store(f);
  tx = store_begin_read(f->store);
  assert_true(event_row_at(tx, old->write.group_id, EVENT_OLDEST, &row));
  assert_int_equal(row.received_ms, NOW_MS); /* a clock that jumps ahead drops nothing */
  store_end_read(tx);
  /* Retention is looked at once a day, behind a write, and only as far as days have come in. */
  for (unsigned day = 1; day <= 3; day++) {
    clock_set_ms(NOW_MS + (95 + day) * DAY_MS);
    wait_for(send_event(f, 2 + 2 * day, 2, 1));
    wait_for(send_event(f, 3 + 2 * day, 2, 1));
  }
  tx = store_begin_read(f->store);
  struct group group;
  assert_true(event_row_at(tx, old->write.group_id, EVENT_OLDEST, &row));
  assert_int_equal(row.received_ms, NOW_MS + 30 * DAY_MS);
  assert_true(group_get(tx, &f->arena, old->write.group_id, &group));
  assert_int_equal(group.event_count, 2);
  store_end_read(tx);
}

static enum status do_nothing(struct transaction *tx, void *context, struct problem *problem) {
  (void)tx, (void)context, (void)problem;
  return STATUS_OK;
}

/* The second write waits until the first one's tidying is over. */
static void let_day_pass(struct fixture *f, int64_t now_ms) {
  clock_set_ms(now_ms);
  for (int i = 0; i < 2; i++)
    assert_int_equal(store_write(f->store, do_nothing, NULL, NULL), STATUS_OK);
}

static bool has_event(struct fixture *f, int64_t group_id) {
  struct event_row row;
  struct transaction *tx = store_begin_read(f->store);
  bool is_there = event_row_at(tx, group_id, EVENT_LATEST, &row);
  store_end_read(tx);
  return is_there;
}

static void test_days_expire_without_events(void **state) {
  struct fixture *f = *state;
  struct sending *old = send_event(f, 1, 1, 1);
  wait_for(old);
  let_day_pass(f, NOW_MS + DAY_MS);
  let_day_pass(f, NOW_MS + 400 * DAY_MS);
  assert_true(has_event(f, old->write.group_id)); /* a clock that jumps ahead drops nothing, */
  let_day_pass(f, NOW_MS + 2 * DAY_MS);           /* and may come back */
  let_day_pass(f, NOW_MS + 91 * DAY_MS);
  assert_true(has_event(f, old->write.group_id));
  let_day_pass(f, NOW_MS + 92 * DAY_MS);
  assert_false(has_event(f, old->write.group_id));
}

/* Every day has tables of its own, and statements that name them. */
static void test_days_take_no_memory(void **state) {
  enum { PERIOD = 250, SLACK_BYTES = 6 * 1024 * 1024 };
  struct fixture *f = *state;
  int64_t memory_after[3];
  for (unsigned period = 0; period < 3; period++) {
    for (unsigned day = 0; day < PERIOD; day++) {
      struct event_row row, other;
      clock_set_ms(NOW_MS + (int64_t)(period * PERIOD + day) * DAY_MS);
      struct sending *sending = send_event(f, period * PERIOD + day, day % 2, 1);
      wait_for(sending);
      struct transaction *tx = store_begin_read(f->store);
      assert_true(event_row_find(tx, f->project_id, &sending->write.digest.id, &row));
      assert_int_equal(event_row_previous(tx, &row, &other), period * PERIOD + day > 1);
      assert_false(event_row_next(tx, &row, &other));
      store_end_read(tx);
    }
    memory_after[period] = sqlite3_memory_used();
  }
  assert_in_range(memory_after[2], 0, memory_after[0] + SLACK_BYTES);
}

static void test_pages_lose_and_double_nothing(void **state) {
  struct fixture *f = *state;
  send_many(f, 250, 101, 3);
  for (enum group_sort sort = SORT_LAST_SEEN; sort <= SORT_FREQUENCY; sort++) {
    struct transaction *tx = store_begin_read(f->store);
    struct group_query query = {.status = -1, .sort = sort, .limit = 20};
    struct group_page page, back;
    bool is_seen[200] = {false};
    size_t seen = 0, pages = 0;
    do {
      list(f, tx, &query, &page);
      for (size_t i = 0; i < page.count; i++) {
        assert_false(is_seen[page.groups[i].id]);
        is_seen[page.groups[i].id] = true;
        seen++;
      }
      if (pages++) {
        struct group_query before = query;
        before.cursor = page.previous;
        list(f, tx, &before, &back);
        assert_int_equal(back.count, 20);
      }
      query.cursor = page.next;
    } while (page.has_next);
    assert_int_equal(seen, 101);
    store_end_read(tx);
  }
}

static void test_text_is_found(void **state) {
  struct fixture *f = *state;
  send_many(f, 2500, 2500, 3);
  struct transaction *tx = store_begin_read(f->store);
  struct group_page page;
  struct group_query query = {.status = GROUP_UNRESOLVED, .limit = 20, .text = SLICE("eRRor7:")};
  list(f, tx, &query, &page);
  assert_int_equal(page.count, 1);
  query.text = SLICE("\"no' such%_text");
  list(f, tx, &query, &page);
  assert_int_equal(page.count, 0);
  query.text = SLICE("it broke");
  list(f, tx, &query, &page);
  assert_int_equal(page.count, 20);
  assert_true(page.has_next);
  store_end_read(tx);
}

static void test_a_resolved_group_comes_back(void **state) {
  struct fixture *f = *state;
  const struct actor admin = {.user_id = 1, .is_admin = true, .scopes = SCOPE_ALL};
  struct sending *first = send_event(f, 1, 1, 1);
  struct problem problem = {0};
  struct status_result result;
  wait_for(first);
  struct status_change change = {&admin, first->write.group_id, GROUP_RESOLVED};
  assert_int_equal(tracker_set_status(f->store, &change, &result, &problem), STATUS_OK);
  wait_for(send_event(f, 2, 1, 1));
  struct sending *third = send_event(f, 3, 1, 1);
  wait_for(third);
  struct transaction *tx = store_begin_read(f->store);
  struct activity *activities;
  struct group group;
  int64_t counts[GROUP_STATUS_COUNT];
  assert_true(group_get(tx, &f->arena, third->write.group_id, &group));
  assert_int_equal(group.status, GROUP_UNRESOLVED);
  assert_true(group.is_regressed);
  assert_int_equal(group.event_count, 3);
  assert_int_equal(activity_list(tx, &f->arena, group.id, 10, &activities), 3);
  assert_int_equal(activities[0].kind, ACTIVITY_REGRESSED);
  group_count_by_status(tx, f->project_id, counts);
  assert_int_equal(counts[GROUP_UNRESOLVED], 1);
  assert_int_equal(counts[GROUP_RESOLVED], 0);
  store_end_read(tx);
  change.status = GROUP_IGNORED;
  assert_int_equal(tracker_set_status(f->store, &change, &result, &problem), STATUS_OK);
  wait_for(send_event(f, 4, 1, 1));
  tx = store_begin_read(f->store);
  assert_true(group_get(tx, &f->arena, third->write.group_id, &group));
  assert_int_equal(group.status, GROUP_IGNORED);
  assert_int_equal(group.event_count, 4);
  store_end_read(tx);
}

static void test_a_directory_in_use_is_refused(void **state) {
  struct fixture *f = *state;
  struct store *second;
  struct problem problem = {0};
  assert_int_equal(store_open(f->directory, &second, &problem), STATUS_CONFLICT);
  assert_non_null(strstr(problem.message, "in use"));
}

/* Adds one to its number of runs where the database can be asked for it. */
struct counting_tick {
  struct store_tick tick;
  volatile int runs, written;
};

static void count_run(struct transaction *tx, struct store_tick *tick) {
  struct counting_tick *counting = (struct counting_tick *)tick;
  char text[20];
  int length = snprintf(text, sizeof text, "%d", ++counting->runs);
  option_set(tx, 1, SLICE("test.runs"), slice_of(text, (size_t)length));
}

static void count_written(struct store_tick *tick, bool is_written) {
  ((struct counting_tick *)tick)->written += is_written;
}

static void test_ticks_run_by_themselves_and_at_the_end(void **state) {
  struct fixture *f = *state;
  static struct counting_tick counting = {.tick = {.run = count_run, .done = count_written}};
  store_add_tick(f->store, &counting.tick);
  for (int waited_ms = 0; !counting.written && waited_ms < 5000; waited_ms++) usleep(1000);
  assert_true(counting.written > 0);
  int before = counting.runs;
  store_close(f->store);
  assert_true(counting.runs > before);
  assert_int_equal(counting.written, counting.runs);
  open_store(f);
  struct transaction *tx = store_begin_read(f->store);
  struct pairs options = option_list(tx, &f->arena, 1);
  store_end_read(tx);
  struct slice runs = arena_printf(&f->arena, "%d", counting.runs);
  assert_true(slice_equal(pairs_get(options, SLICE("test.runs")), runs));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_counts_are_exact),
      TEST(test_releases_follow_the_times_of_events),
      TEST(test_events_are_found_again),
      TEST(test_indexes_are_whole_however_many),
      TEST(test_a_duplicate_counts_once),
      TEST(test_many_tags_are_counted),
      TEST(test_days_go_on_and_expire),
      TEST(test_days_expire_without_events),
      TEST(test_days_take_no_memory),
      TEST(test_pages_lose_and_double_nothing),
      TEST(test_text_is_found),
      TEST(test_a_resolved_group_comes_back),
      TEST(test_a_directory_in_use_is_refused),
      TEST(test_ticks_run_by_themselves_and_at_the_end),
  };
  return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
