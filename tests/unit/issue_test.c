/* issue_test.c - statuses and issues: who may, what happens together, what happens once, and a
 * description that nothing in an event can break out of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tracker/description.h"
#include "tracker/limits.h"
#include "tracker/tracker.h"

#define NOW_MS INT64_C(1795000000000)

struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
  int64_t project_id, group_id;
  struct actor developer, reporter, stranger, reader;
  unsigned sent;
};

static enum status add_user(struct transaction *tx, struct fixture *f, const char *name,
                            enum role role, struct actor *actor, struct problem *problem) {
  struct slice email = arena_printf(&f->arena, "%s@example.org", name);
  const struct user draft = {.username = slice_of_string(name),
                             .name = slice_of_string(name),
                             .email = email,
                             .is_active = true};
  *actor = (struct actor){.username = draft.username, .name = draft.name, .scopes = SCOPE_ALL};
  enum status status = user_create(tx, &draft, &actor->user_id, problem);
  if (status || role == ROLE_NONE) return status;
  return member_set(
      tx,
      &(struct membership){.project_id = f->project_id, .user_id = actor->user_id, .role = role},
      problem);
}

static enum status fill(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  int64_t organization;
  enum status status =
      organization_create(tx, SLICE("main"), SLICE("Main"), &organization, problem);
  const struct project_draft draft = {organization, SLICE("app"), SLICE("App"), SLICE("python")};
  if (!status) status = project_create(tx, &draft, &f->project_id, problem);
  if (!status) status = add_user(tx, f, "dev", ROLE_DEVELOPER, &f->developer, problem);
  if (!status) status = add_user(tx, f, "reporter", ROLE_REPORTER, &f->reporter, problem);
  if (!status) status = add_user(tx, f, "stranger", ROLE_NONE, &f->stranger, problem);
  f->reader = f->developer;
  f->reader.scopes = SCOPE_EVENT_READ;
  return status;
}

struct sending {
  struct digest_write write;
  atomic_bool is_done;
};

static void note_done(struct store_write *write) { ((struct sending *)write)->is_done = true; }

/* One more event of the fixture's group. */
static void send_event(struct fixture *f) {
  struct sending *sending = ARENA_NEW(&f->arena, struct sending);
  struct digest *digest = &sending->write.digest;
  *digest = (struct digest){.project_id = f->project_id,
                            .received_ms = clock_now_ms(),
                            .timestamp_ms = clock_now_ms(),
                            .hash_count = 1,
                            .level = LEVEL_ERROR,
                            .title = SLICE("Boom: it\nbroke"),
                            .release = SLICE("app@2")};
  digest->id.bytes[0] = (unsigned char)++f->sent;
  struct slice json = SLICE(
      "{\"exception\":[{\"type\":\"Cause\",\"value\":\"below\"},{\"type\":\"Boom\",\"value\":\"it "
      "````broke\\n```\\n# no heading\",\"stacktrace\":{\"frames\":[{\"filename\":\"lib.py\","
      "\"function\":\"call\",\"lineno\":3},{\"filename\":\"app.py\",\"function\":\"main\","
      "\"lineno\":7,\"colno\":2,\"context_line\":\"  raise Boom\"}]}}]}");
  digest->payload = store_pack(f->store, &f->arena, f->project_id, json);
  sending->write.write.done = note_done;
  sending->write.has_event = true;
  assert_int_equal(tracker_digest(f->store, &sending->write), STATUS_OK);
  while (!sending->is_done) usleep(100);
  assert_int_equal(sending->write.write.status, STATUS_OK);
  f->group_id = sending->write.group_id;
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  struct problem problem = {0};
  snprintf(f->directory, sizeof(f->directory), "/tmp/culprit-issue-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  clock_set_ms(NOW_MS);
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
  assert_int_equal(store_write(f->store, fill, f, &problem), STATUS_OK);
  send_event(f);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  char command[100];
  store_close(f->store);
  snprintf(command, sizeof(command), "rm -rf %s", f->directory);
  assert_int_equal(system(command), 0);
  arena_free(&f->arena);
  free(f);
  clock_set_ms(0);
  return 0;
}

/* --- helpers ------------------------------------------------------------------------------- */

static enum status set_status(struct fixture *f, const struct actor *actor, enum group_status to,
                              struct status_result *result) {
  struct problem problem;
  struct status_change change = {.actor = actor, .group_id = f->group_id, .status = to};
  return tracker_set_status(f->store, &change, result, &problem);
}

/* As a page composes it, from the latest event. */
static struct slice description_of(struct fixture *f, struct arena *arena) {
  struct project project;
  struct group group;
  struct event_row row;
  struct slice json;
  struct transaction *tx = store_begin_read(f->store);
  assert_true(project_get(tx, arena, f->project_id, &project));
  assert_true(group_get(tx, arena, f->group_id, &group));
  assert_true(event_row_at(tx, f->group_id, EVENT_LATEST, &row));
  assert_true(event_payload(tx, arena, &row, &json));
  store_end_read(tx);
  struct description description = {
      .group = &group,
      .short_id = group_short_id(arena, &project, &group),
      .url =
          arena_printf(arena, "https://errors.example.org/main/app/-/error_tracking/%lld/details",
                       (long long)group.id),
      .event = event_read(arena, json)};
  return describe_error(arena, &description);
}

static enum status create_issue(struct fixture *f, const struct actor *actor,
                                struct issue_link *link, bool *is_new) {
  struct problem problem;
  struct issue_request request = {.actor = actor,
                                  .project_id = f->project_id,
                                  .error_id = f->group_id,
                                  .title = SLICE("Boom: it\nbroke"),
                                  .description = description_of(f, &f->arena)};
  return tracker_create_issue(f->store, &f->arena, &request, link, is_new, &problem);
}

static enum status act(struct fixture *f, const struct actor *actor, enum note_kind kind,
                       const char *body) {
  struct problem problem;
  struct issue_action action = {.actor = actor,
                                .project_id = f->project_id,
                                .number = 1,
                                .kind = kind,
                                .body = slice_of_string(body)};
  return tracker_act_on_issue(f->store, &action, &problem);
}

static struct issue read_issue(struct fixture *f) {
  struct issue issue;
  struct transaction *tx = store_begin_read(f->store);
  assert_true(issue_find(tx, &f->arena, f->project_id, 1, &issue));
  store_end_read(tx);
  return issue;
}

static size_t read_notes(struct fixture *f, struct note **notes) {
  struct issue issue = read_issue(f);
  struct transaction *tx = store_begin_read(f->store);
  size_t count = note_list(tx, &f->arena, issue.id, notes);
  store_end_read(tx);
  return count;
}

/* The kinds of the group's activity, newest first, as digits: "51". */
static struct slice activity_kinds(struct fixture *f) {
  struct activity *activities;
  struct transaction *tx = store_begin_read(f->store);
  size_t count = activity_list(tx, &f->arena, f->group_id, 50, &activities);
  store_end_read(tx);
  char *kinds = arena_alloc(&f->arena, count + 1);
  for (size_t i = 0; i < count; i++) kinds[i] = (char)('0' + activities[i].kind);
  return slice_of(kinds, count);
}

/* --- tests ---------------------------------------------------------------------------------- */

static void test_status(void **state) {
  struct fixture *f = *state;
  struct status_result result;
  assert_int_equal(set_status(f, &f->developer, GROUP_RESOLVED, &result), STATUS_OK);
  assert_true(result.is_changed);
  assert_int_equal(result.closed_issue_number, 0);
  assert_int_equal(set_status(f, &f->developer, GROUP_RESOLVED, &result), STATUS_OK);
  assert_false(result.is_changed);
  assert_int_equal(set_status(f, &f->developer, GROUP_IGNORED, &result), STATUS_OK);
  assert_int_equal(set_status(f, &f->developer, GROUP_UNRESOLVED, &result), STATUS_OK);
  assert_true(slice_equal(activity_kinds(f), SLICE("3421")));
}

static void test_permissions(void **state) {
  struct fixture *f = *state;
  struct status_result result;
  struct issue_link link;
  struct actor nobody = {.scopes = SCOPE_ALL};
  bool is_new;
  const struct {
    const struct actor *actor;
    enum status expected;
  } cases[] = {{&f->reporter, STATUS_FORBIDDEN},
               {&f->reader, STATUS_FORBIDDEN},
               {&f->stranger, STATUS_NOT_FOUND},
               {&nobody, STATUS_NOT_FOUND}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const struct actor *actor = cases[i].actor;
    assert_int_equal(set_status(f, actor, GROUP_RESOLVED, &result), cases[i].expected);
    assert_false(result.is_changed);
    assert_int_equal(create_issue(f, actor, &link, &is_new), cases[i].expected);
    assert_int_equal(act(f, actor, NOTE_CLOSED, ""), cases[i].expected);
  }
  assert_true(slice_equal(activity_kinds(f), SLICE("1")));
  f->group_id += 100;
  assert_int_equal(set_status(f, &f->developer, GROUP_RESOLVED, &result), STATUS_NOT_FOUND);
}

static void test_resolve_closes_and_regress_comments(void **state) {
  struct fixture *f = *state;
  struct status_result result;
  struct issue_link link;
  struct note *notes;
  bool is_new;
  assert_int_equal(create_issue(f, &f->developer, &link, &is_new), STATUS_OK);
  assert_true(is_new);
  assert_int_equal(link.number, 1);
  assert_int_equal(set_status(f, &f->developer, GROUP_RESOLVED, &result), STATUS_OK);
  assert_int_equal(result.closed_issue_number, 1);
  assert_int_equal(read_issue(f).closed_ms, NOW_MS);
  assert_true(slice_equal(activity_kinds(f), SLICE("7261")));
  clock_set_ms(NOW_MS + 5000);
  send_event(f);
  assert_int_equal(read_issue(f).closed_ms, NOW_MS);
  assert_int_equal(read_notes(f, &notes), 2);
  assert_int_equal(notes[0].kind, NOTE_RESOLVED);
  assert_true(slice_equal(notes[0].author_username, SLICE("dev")));
  assert_int_equal(notes[1].kind, NOTE_REGRESSED);
  assert_int_equal(notes[1].author_id, 0);
  assert_true(slice_find(notes[1].body, SLICE("release app@2")) < notes[1].body.len);
  /* Reopened by a person, resolved again: closed again. */
  assert_int_equal(act(f, &f->developer, NOTE_REOPENED, ""), STATUS_OK);
  assert_int_equal(read_issue(f).closed_ms, 0);
  assert_int_equal(set_status(f, &f->developer, GROUP_RESOLVED, &result), STATUS_OK);
  assert_int_equal(result.closed_issue_number, 1);
  assert_true(slice_equal(activity_kinds(f), SLICE("72857261")));
}

static void test_closed_issue_stays(void **state) {
  struct fixture *f = *state;
  struct status_result result;
  struct issue_link link;
  struct note *notes;
  bool is_new;
  assert_int_equal(create_issue(f, &f->developer, &link, &is_new), STATUS_OK);
  assert_int_equal(act(f, &f->developer, NOTE_CLOSED, ""), STATUS_OK);
  assert_int_equal(act(f, &f->developer, NOTE_CLOSED, ""), STATUS_OK);
  assert_int_equal(set_status(f, &f->developer, GROUP_RESOLVED, &result), STATUS_OK);
  assert_int_equal(result.closed_issue_number, 0);
  assert_int_equal(read_notes(f, &notes), 1);
}

static void test_comments(void **state) {
  struct fixture *f = *state;
  struct issue_link link;
  struct note *notes;
  bool is_new;
  assert_int_equal(act(f, &f->reporter, NOTE_COMMENT, "before"), STATUS_NOT_FOUND);
  assert_int_equal(create_issue(f, &f->developer, &link, &is_new), STATUS_OK);
  assert_int_equal(act(f, &f->reporter, NOTE_COMMENT, " seen \n"), STATUS_OK);
  assert_int_equal(act(f, &f->reporter, NOTE_COMMENT, " \n "), STATUS_BAD_INPUT);
  assert_int_equal(act(f, &f->stranger, NOTE_COMMENT, "hi"), STATUS_NOT_FOUND);
  assert_int_equal(act(f, &f->developer, NOTE_RESOLVED, ""), STATUS_BAD_INPUT);
  char *long_body = calloc(1, NOTE_BODY_BYTES + 2);
  memset(long_body, 'x', NOTE_BODY_BYTES + 1);
  assert_int_equal(act(f, &f->reporter, NOTE_COMMENT, long_body), STATUS_BAD_INPUT);
  free(long_body);
  assert_int_equal(read_notes(f, &notes), 1);
  assert_true(slice_equal(notes[0].body, SLICE("seen")));
  assert_int_equal(read_issue(f).note_count, 1);
}

struct presser {
  struct fixture *f;
  struct issue_link link;
  bool is_new;
  enum status status;
};

static void *press(void *context) {
  struct presser *presser = context;
  struct problem problem;
  struct arena arena = {0};
  struct issue_request request = {.actor = &presser->f->developer,
                                  .project_id = presser->f->project_id,
                                  .error_id = presser->f->group_id,
                                  .title = SLICE("Boom"),
                                  .description = SLICE("It broke.")};
  presser->status = tracker_create_issue(presser->f->store, &arena, &request, &presser->link,
                                         &presser->is_new, &problem);
  arena_free(&arena);
  return NULL;
}

static void test_one_issue_at_most(void **state) {
  struct fixture *f = *state;
  struct presser pressers[8];
  pthread_t threads[8];
  int made = 0;
  for (int i = 0; i < 8; i++) {
    pressers[i] = (struct presser){.f = f};
    assert_int_equal(pthread_create(&threads[i], NULL, press, &pressers[i]), 0);
  }
  for (int i = 0; i < 8; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(pressers[i].status, STATUS_OK);
    assert_int_equal(pressers[i].link.number, 1);
    made += pressers[i].is_new;
  }
  assert_int_equal(made, 1);
  assert_true(slice_equal(activity_kinds(f), SLICE("61")));
}

static void test_issue_text(void **state) {
  struct fixture *f = *state;
  struct issue_link link;
  bool is_new;
  assert_int_equal(create_issue(f, &f->developer, &link, &is_new), STATUS_OK);
  struct issue issue = read_issue(f);
  assert_true(slice_equal(issue.title, SLICE("Boom: it broke")));
  assert_true(slice_equal(issue.author_username, SLICE("dev")));
  struct slice expected = arena_printf(
      &f->arena,
      "## Error details\n\n"
      "- Error: [APP-1](https://errors.example.org/main/app/-/error_tracking/%lld/details)\n"
      "- First seen: 2026-11-18 11:06:40 UTC\n"
      "- Last seen: 2026-11-18 11:06:40 UTC\n"
      "- Events: 1\n"
      "- Users: 0\n\n"
      "## Stack trace\n\n"
      "`````\n"
      "Boom: it ````broke\n"
      "  app.py:7:2 in main\n"
      "      raise Boom\n"
      "  lib.py:3 in call\n"
      "Caused by:\n"
      "Cause: below\n"
      "`````\n",
      (long long)f->group_id);
  if (!slice_equal(issue.description, expected))
    print_message("%.*s\n", SLICE_ARGS(issue.description));
  assert_true(slice_equal(issue.description, expected));
}

static void test_stack_is_bounded(void **state) {
  struct arena arena = {0};
  struct frame *frames = ARENA_ARRAY(&arena, 5000, struct frame);
  struct exception *exceptions = ARENA_ARRAY(&arena, 50, struct exception);
  struct slice line = slice_of(arena_alloc_raw(&arena, 5000), 5000);
  (void)state;
  memset((char *)line.ptr, '`', line.len);
  for (size_t i = 0; i < 5000; i++)
    frames[i] = (struct frame){.filename = line,
                               .function = line,
                               .lineno = 1,
                               .context_line = line,
                               .has_context_line = true};
  for (size_t i = 0; i < 50; i++)
    exceptions[i] = (struct exception){
        .type = line, .value = line, .stacktrace = {.frames = frames, .count = 5000}};
  struct event event = {.exceptions = exceptions, .exception_count = 50};
  struct slice text = describe_stack(&arena, &event);
  assert_true(text.len > 1000 && text.len < ISSUE_STACK_BYTES + 4096);
  struct event message = {.title = SLICE("Disk full")};
  assert_true(slice_equal(describe_stack(&arena, &message), SLICE("Disk full\n")));
  arena_free(&arena);
}

static void test_open_issue(void **state) {
  struct fixture *f = *state;
  struct problem problem;
  int64_t number;
  struct issue_draft draft = {.actor = &f->reporter,
                              .project_id = f->project_id,
                              .title = SLICE("  By hand \n"),
                              .description = SLICE("text")};
  assert_int_equal(tracker_open_issue(f->store, &draft, &number, &problem), STATUS_OK);
  assert_int_equal(number, 1);
  assert_true(slice_equal(read_issue(f).title, SLICE("By hand")));
  draft.title = SLICE(" ");
  assert_int_equal(tracker_open_issue(f->store, &draft, &number, &problem), STATUS_BAD_INPUT);
  draft.title = SLICE("x");
  draft.actor = &f->stranger;
  assert_int_equal(tracker_open_issue(f->store, &draft, &number, &problem), STATUS_NOT_FOUND);
}

/* Pages of issues, forward and back. */
static void test_issue_pages(void **state) {
  struct fixture *f = *state;
  struct problem problem;
  int64_t number;
  for (int i = 0; i < 45; i++) {
    struct issue_draft draft = {.actor = &f->developer,
                                .project_id = f->project_id,
                                .title = arena_printf(&f->arena, "Issue %d", i)};
    assert_int_equal(tracker_open_issue(f->store, &draft, &number, &problem), STATUS_OK);
  }
  assert_int_equal(act(f, &f->developer, NOTE_CLOSED, ""), STATUS_OK);
  struct transaction *tx = store_begin_read(f->store);
  struct issue_query query = {.project_id = f->project_id, .is_open = 1, .limit = 20};
  struct issue_page page;
  int64_t expected = 45;
  for (int i = 0; i < 3; i++) {
    issue_list(tx, &f->arena, &query, &page);
    assert_int_equal(page.has_previous, i > 0);
    assert_int_equal(page.has_next, i < 2);
    for (size_t j = 0; j < page.count; j++) assert_int_equal(page.issues[j].number, expected--);
    query.cursor = page.next;
  }
  assert_int_equal(expected, 1);
  assert_int_equal(page.open_count, 44);
  assert_int_equal(page.closed_count, 1);
  query.cursor = page.previous;
  issue_list(tx, &f->arena, &query, &page);
  assert_int_equal(page.issues[0].number, 25);
  query.cursor = page.previous;
  issue_list(tx, &f->arena, &query, &page);
  assert_int_equal(page.issues[0].number, 45);
  assert_false(page.has_previous);
  query = (struct issue_query){
      .project_id = f->project_id, .is_open = -1, .text = SLICE("ISSUE 44"), .limit = 20};
  issue_list(tx, &f->arena, &query, &page);
  assert_int_equal(page.count, 1);
  store_end_read(tx);
}

int main(void) {
#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
      WITH_FIXTURE(test_status),
      WITH_FIXTURE(test_permissions),
      WITH_FIXTURE(test_resolve_closes_and_regress_comments),
      WITH_FIXTURE(test_closed_issue_stays),
      WITH_FIXTURE(test_comments),
      WITH_FIXTURE(test_one_issue_at_most),
      WITH_FIXTURE(test_issue_text),
      cmocka_unit_test(test_stack_is_bounded),
      WITH_FIXTURE(test_open_issue),
      WITH_FIXTURE(test_issue_pages),
  };
  return cmocka_run_group_tests_name("issues", tests, NULL, NULL);
}
