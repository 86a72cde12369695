/* sentry_event_test.c - Sentry's Event object becomes the event that was sent: by hand, from a real
 * answer, and, for every event among the shared fixtures, from our own API's answer, value by
 * value. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/sentry/event_json.h"
#include "event/limits.h"
#include "grouping/grouping.h"
#include "source/sentry_event.h"

static const struct event_hints hints = {.received_ms = INT64_C(1795341175000)};

/* --- by hand -------------------------------------------------------------------------- */

static struct event *converted(struct arena *arena, const char *json,
                               struct sentry_event_facts *facts) {
  struct slice sdk_json;
  struct problem problem = {0};
  struct event *event;
  if (sentry_event_to_sdk(arena, slice_of_string(json), &sdk_json, facts, &problem))
    fail_msg("%s", problem.message);
  const struct event_hints from_answer = {.received_ms = facts->received_ms};
  assert_int_equal(event_decode(arena, sdk_json, &from_answer, &event, &problem), STATUS_OK);
  return event;
}

#define ASSERT_TEXT(slice_value, text)                             \
  assert_true(slice_equal((slice_value), slice_of_string(text)) || \
              (print_error("\"%.*s\"\n", SLICE_ARGS(slice_value)), false))

#define EVENT_ID "333b98e3b91341d8a6247edff171d8cf"

static void reads_facts(void **state) {
  struct arena arena = {0};
  struct sentry_event_facts facts;
  (void)state;
  converted(&arena,
            "{\"id\":\"" EVENT_ID
            "\",\"groupID\":\"1378364652\",\"projectID\":17,\"size\":77202,"
            "\"dateCreated\":\"2026-11-01T10:00:00.5Z\",\"dateReceived\":\"2026-11-01T10:00:01Z\","
            "\"previousEventID\":\"d32f1ce60de14911beec5109d9b5bdbd\",\"nextEventID\":null,"
            "\"title\":\"A: b\",\"culprit\":\"/\",\"location\":\"a.rb\",\"entries\":[]}",
            &facts);
  ASSERT_TEXT(event_id_hex(&arena, &facts.id), EVENT_ID);
  assert_int_equal(facts.group_id, 1378364652);
  assert_int_equal(facts.project_id, 17);
  assert_int_equal(facts.size, 77202);
  assert_int_equal(facts.received_ms - facts.created_ms, 500);
  assert_true(facts.has_previous && !facts.has_next && facts.has_entries);
  ASSERT_TEXT(event_id_hex(&arena, &facts.previous), "d32f1ce60de14911beec5109d9b5bdbd");
  ASSERT_TEXT(facts.title, "A: b");
  ASSERT_TEXT(facts.location, "a.rb");
  arena_free(&arena);
}

static void refuses_what_is_no_event(void **state) {
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"[]", "Sentry's answer is not an event."},
      {"{\"title\":\"x\"}",
       "Sentry's answer is missing keys: id. Check that the URL leads to a Sentry."},
      {"{\"id\":\"12\"}",
       "Sentry's answer has \"12\" as an event's id, which should be 32 hexadecimal digits."},
      {"{\"id\":\"" EVENT_ID "\",\"groupID\":\"a7\"}",
       "Sentry's answer has \"a7\" as an event's groupID, which should be digits."},
      {"{\"id\":\"" EVENT_ID "\",\"projectID\":-1}",
       "Sentry's answer has \"-1\" as an event's projectID, which should be digits."},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct arena arena = {0};
    struct slice sdk_json;
    struct sentry_event_facts facts;
    struct problem problem = {0};
    assert_int_equal(
        sentry_event_to_sdk(&arena, slice_of_string(cases[i].json), &sdk_json, &facts, &problem),
        STATUS_BAD_INPUT);
    assert_string_equal(problem.message, cases[i].message);
    arena_free(&arena);
  }
}

/* Everything that entries may hold, in an order that Sentry does not use. */
static const char whole[] =
    "{\"eventID\":\"" EVENT_ID
    "\",\"dateCreated\":\"2026-11-01T10:00:00.250Z\","
    "\"dateReceived\":\"2026-11-01T10:00:01Z\",\"platform\":\"java\",\"dist\":\"7\","
    "\"release\":{\"version\":\"app@1.0\",\"shortVersion\":\"1.0\"},"
    "\"tags\":[{\"key\":\"level\",\"value\":\"fatal\"},{\"key\":\"environment\",\"value\":\"prod\"}"
    ","
    "{\"key\":\"logger\",\"value\":\"root\"},{\"key\":\"server_name\",\"value\":\"web-1\"},"
    "{\"key\":\"transaction\",\"value\":\"/checkout\"},{\"key\":\"release\",\"value\":\"app@1.0\"},"
    "{\"key\":\"user\",\"value\":\"id:5\"},{\"key\":\"plan\",\"value\":\"gold\",\"_meta\":null}],"
    "\"entries\":["
    "{\"type\":\"request\",\"data\":{\"url\":\"https://shop.example/a\",\"method\":\"POST\","
    "\"query\":[[\"q\",\"1\"],[\"q\",\"2\"]],\"headers\":[[\"Accept\",\"*/*\"]],"
    "\"cookies\":[[\"c\",\"d\"]],\"env\":{\"REMOTE_ADDR\":\"192.0.2.9\"},\"fragment\":\"f\","
    "\"data\":{\"a\":[1,2]},\"inferredContentType\":\"application/json\",\"apiTarget\":\"rest\"}},"
    "{\"type\":\"breadcrumbs\",\"data\":{\"values\":[{\"type\":\"http\",\"level\":\"warning\","
    "\"timestamp\":\"2026-11-01T09:59:59.500Z\",\"category\":\"xhr\",\"message\":\"m\","
    "\"data\":{\"k\":1},\"event_id\":null}]}},"
    "{\"type\":\"message\",\"data\":{\"message\":\"got %s\",\"formatted\":\"got "
    "5\",\"params\":[5]}},"
    "{\"type\":\"threads\",\"data\":{\"values\":[{\"id\":3,\"name\":\"main\",\"crashed\":true,"
    "\"current\":false,\"state\":\"BLOCKED\",\"heldLocks\":{\"0x1\":{\"type\":2}},\"stacktrace\":"
    "null,"
    "\"rawStacktrace\":{\"frames\":[{\"function\":\"raw\"}]}}]}},"
    "{\"type\":\"exception\",\"data\":{\"hasSystemFrames\":true,\"excOmitted\":null,\"values\":["
    "{\"type\":\"E\",\"value\":\"v\",\"module\":\"m\",\"threadId\":3,"
    "\"mechanism\":{\"type\":\"signalhandler\",\"handled\":false,\"meta\":{\"signal\":{\"number\":"
    "11}},"
    "\"data\":{\"x\":1},\"exception_id\":0,\"help_link\":\"https://h.example\"},"
    "\"rawStacktrace\":{\"frames\":[{\"function\":\"minified\"}]},"
    "\"stacktrace\":{\"framesOmitted\":[2,5],\"registers\":{\"rip\":\"0x1\"},\"hasSystemFrames\":"
    "false,"
    "\"frames\":[null,{\"filename\":\"a.java\",\"absPath\":\"/src/a.java\",\"function\":\"run\","
    "\"rawFunction\":\"run()\",\"module\":\"a.B\",\"package\":\"p\",\"platform\":\"java\","
    "\"symbol\":\"s\","
    "\"instructionAddr\":\"0x10\",\"symbolAddr\":\"0x8\",\"addrMode\":\"rel:0\",\"trust\":\"cfi\","
    "\"sourceLink\":\"https://s.example/a\",\"lineNo\":12,\"colNo\":3,\"inApp\":true,"
    "\"vars\":{\"i\":\"7\"},\"lock\":{\"type\":8},\"errors\":null,\"mapUrl\":\"https://s.example/"
    "a.map\","
    "\"map\":\"a.map\",\"origFunction\":\"f\",\"origLineNo\":1,"
    "\"context\":[[10,\"ten\"],[11,\"eleven\"],[12,\"\"],[13,\"thirteen\"]]}]}}]}},"
    "{\"type\":\"debugmeta\",\"data\":{\"images\":[{\"type\":\"elf\",\"debug_id\":\"x\"}]}},"
    "{\"type\":\"template\",\"data\":{\"lineNo\":2,\"filename\":\"t.html\",\"context\":[[2,\"two\"]"
    "]}},"
    "{\"type\":\"spans\",\"data\":[]},{\"type\":\"unheard-of\",\"data\":{\"a\":1}},null],"
    "\"contexts\":{\"os\":{\"name\":\"Linux\",\"type\":\"os\"}},\"context\":{\"extra\":{\"deep\":["
    "1]}},"
    "\"packages\":{\"left-pad\":\"1.3\"},\"sdk\":{\"name\":\"sentry.java\",\"version\":\"6\"},"
    "\"user\":{\"id\":\"5\",\"email\":\"a@example.org\",\"data\":{\"team\":\"x\"},"
    "\"geo\":{\"city\":\"Graz\"}},\"fingerprints\":[\"0123456789abcdef0123456789abcdef\"],"
    "\"errors\":[{\"type\":\"invalid_data\",\"message\":\"Discarded invalid value\","
    "\"data\":{\"name\":\"request.cookies\",\"value\":\"v\",\"reason\":\"r\"}},"
    "{\"type\":\"js_no_source\",\"message\":\"No "
    "source\",\"data\":{\"url\":\"https://s.example\"}}],"
    "\"_meta\":{\"entries\":{\"0\":{\"data\":{\"query\":{\"0\":{\"\":{\"len\":9}}}}},"
    "\"4\":{\"data\":{\"values\":{\"0\":{\"stacktrace\":{\"frames\":{\"1\":{\"absPath\":{\"\":{"
    "\"len\":300}},"
    "\"vars\":{\"absPath\":{\"\":{\"len\":1}}}}}}}}}}},\"context\":{\"extra\":{\"\":{\"len\":7}}},"
    "\"tags\":{\"7\":{\"value\":{\"\":{\"len\":5}}}},\"user\":null}}";

static void check_exception(const struct event *event) {
  assert_int_equal(event->exception_count, 1);
  const struct exception *exception = &event->exceptions[0];
  ASSERT_TEXT(exception->type, "E");
  ASSERT_TEXT(exception->thread_id, "3");
  ASSERT_TEXT(exception->mechanism.type, "signalhandler");
  ASSERT_TEXT(exception->mechanism.help_link, "https://h.example");
  assert_int_equal(exception->mechanism.handled, NO);
  assert_int_equal(exception->mechanism.exception_id, 0);
  assert_int_equal(exception->mechanism.parent_id, -1);
  assert_non_null(json_member(exception->mechanism.meta, "signal"));
  const struct stacktrace *stacktrace = &exception->stacktrace;
  assert_int_equal(stacktrace->count, 1);
  assert_int_equal(stacktrace->omitted, 3);
  assert_non_null(stacktrace->registers);
  const struct frame *frame = &stacktrace->frames[0];
  ASSERT_TEXT(frame->raw_function, "run()");
  ASSERT_TEXT(frame->abs_path, "/src/a.java");
  ASSERT_TEXT(frame->addr_mode, "rel:0");
  ASSERT_TEXT(frame->source_link, "https://s.example/a");
  assert_int_equal(frame->lineno, 12);
  assert_int_equal(frame->in_app, YES);
  assert_int_equal(frame->pre_context.count, 2);
  ASSERT_TEXT(frame->pre_context.items[1], "eleven");
  assert_true(frame->has_context_line && frame->context_line.len == 0);
  assert_int_equal(frame->post_context.count, 1);
  assert_true(frame->is_source_mapped);
  ASSERT_TEXT(json_text(json_member(frame->data, "sourcemap")), "https://s.example/a.map");
  ASSERT_TEXT(json_text(json_member(frame->data, "orig_function")), "f");
  assert_non_null(frame->lock);
  assert_non_null(frame->vars);
}

static void check_rest(const struct event *event) {
  assert_int_equal(event->thread_count, 1);
  ASSERT_TEXT(event->threads[0].id, "3");
  assert_int_equal(event->threads[0].crashed, YES);
  assert_non_null(event->threads[0].held_locks);
  ASSERT_TEXT(event->threads[0].stacktrace.frames[0].function, "raw");
  ASSERT_TEXT(event->message_formatted, "got 5");
  ASSERT_TEXT(event->message_template, "got %s");
  assert_int_equal(event->breadcrumbs[0].timestamp_ms, event->timestamp_ms - 750);
  assert_int_equal(event->request.query.count, 2);
  ASSERT_TEXT(event->request.query.items[1].value, "2");
  ASSERT_TEXT(event->request.inferred_content_type, "application/json");
  ASSERT_TEXT(event->request.api_target, "rest");
  ASSERT_TEXT(pairs_get(event->request.cookies, SLICE("c")), "d");
  assert_int_equal(json_size(json_member(event->debug_meta, "images")) > 0, true);
  int64_t lineno;
  assert_true(json_integer(json_member(event->template_info, "lineno"), &lineno) && lineno == 2);
  ASSERT_TEXT(json_text(json_member(event->template_info, "context_line")), "two");
  assert_non_null(json_member(event->extra, "extra"));
  ASSERT_TEXT(pairs_get(event->modules, SLICE("left-pad")), "1.3");
  ASSERT_TEXT(event->user.id, "5");
  assert_non_null(event->user.geo);
  assert_non_null(event->user.data);
}

static void reads_every_entry(void **state) {
  struct arena arena = {0};
  struct sentry_event_facts facts;
  struct event *event = converted(&arena, whole, &facts);
  (void)state;
  check_exception(event);
  check_rest(event);
  assert_int_equal(event->level, LEVEL_FATAL);
  ASSERT_TEXT(event->environment, "prod");
  ASSERT_TEXT(event->logger, "root");
  ASSERT_TEXT(event->server_name, "web-1");
  ASSERT_TEXT(event->transaction, "/checkout");
  ASSERT_TEXT(event->release, "app@1.0");
  ASSERT_TEXT(event->dist, "7");
  /* Those are no tags of their own. */
  assert_int_equal(event->sent_tag_count, 1);
  ASSERT_TEXT(pairs_get(event->tags, SLICE("plan")), "gold");
  assert_int_equal(event->timestamp_ms, facts.created_ms);
  assert_int_equal(event->received_ms, facts.received_ms);
  arena_free(&arena);
}

static void reads_errors_and_meta(void **state) {
  struct arena arena = {0};
  struct sentry_event_facts facts;
  struct event *event = converted(&arena, whole, &facts);
  (void)state;
  assert_int_equal(event->error_count, 2);
  ASSERT_TEXT(event->errors[0].name, "request.cookies");
  ASSERT_TEXT(event->errors[0].reason, "r");
  ASSERT_TEXT(event->errors[1].reason, "No source");
  ASSERT_TEXT(event->errors[1].value, "{\"url\":\"https://s.example\"}");
  struct buffer out = buffer_make(4096);
  struct json_writer writer = {.out = &out};
  json_write_value(&writer, event->meta, &JSON_NO_LIMITS);
  ASSERT_TEXT(
      buffer_slice(&out),
      "{\"request\":{\"query_string\":{\"0\":{\"\":{\"len\":9}}}},\"exception\":{\"values\":{"
      "\"0\":{\"stacktrace\":{\"frames\":{\"1\":{\"abs_path\":{\"\":{\"len\":300}},\"vars\":{"
      "\"absPath\":{\"\":{\"len\":1}}}}}}}}},\"extra\":{\"extra\":{\"\":{\"len\":7}}},"
      "\"tags\":{\"plan\":{\"\":{\"len\":5}}}}");
  buffer_free(&out);
  arena_free(&arena);
}

static void takes_what_old_servers_leave_out(void **state) {
  struct arena arena = {0};
  struct sentry_event_facts facts;
  struct event *event = converted(
      &arena,
      "{\"id\":\"" EVENT_ID
      "\",\"message\":\"boom\",\"tags\":[[\"level\",\"info\"],"
      "[\"user\",\"email:a@example.org\"],[\"release\",\"b56ae26\"]],\"user\":null,\"_meta\":null}",
      &facts);
  (void)state;
  assert_false(facts.has_entries);
  assert_int_equal(facts.created_ms, 0);
  ASSERT_TEXT(event->message_formatted, "boom");
  assert_int_equal(event->level, LEVEL_INFO);
  ASSERT_TEXT(event->user.email, "a@example.org");
  ASSERT_TEXT(event->release, "b56ae26");
  arena_free(&arena);
}

/* --- the shared fixtures ---------------------------------------------------------------- */

static size_t event_count;

static struct slice read_file(struct arena *arena, const char *path, size_t size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  char *bytes = arena_alloc_raw(arena, size + 1);
  size_t length = fread(bytes, 1, size, file);
  fclose(file);
  return slice_of(bytes, length);
}

static const char *shared_folder(void) {
  const char *base = getenv("CULPRIT_SHARED");
  if (!base) base = access("../shared", R_OK) == 0 ? "../shared" : "../../shared";
  if (access(base, R_OK) == 0) return base;
  /* cmocka's skip() prints "not ok". */
  print_message("# skipped: the directory of shared fixtures is not there\n");
  return NULL;
}

static void reads_an_answer_of_sentry(void **state) {
  struct arena arena = {0};
  struct sentry_event_facts facts;
  char path[4096];
  const char *base = shared_folder();
  (void)state;
  if (!base) return;
  snprintf(path, sizeof path, "%s/data/gitlab/sentry/issue_latest_event_ABRIDGED.json", base);
  struct event *event =
      converted(&arena, arena_string(&arena, read_file(&arena, path, 1 << 20)), &facts);
  assert_int_equal(facts.group_id, 1378364652);
  ASSERT_TEXT(event->exceptions[0].type, "ActiveRecord::NoDatabaseError");
  assert_int_equal(event->exceptions[0].stacktrace.count, 5);
  ASSERT_TEXT(event->release, "b56ae26");
  ASSERT_TEXT(event->server_name, "Seans-MBP.fritz.box");
  ASSERT_TEXT(event->user.ip_address, "::1");
  assert_int_equal(event->error_count, 2);
  event_derive(&arena, event);
  ASSERT_TEXT(event->title,
              "ActiveRecord::NoDatabaseError: FATAL:  database \"test_development\" "
              "does not exist");
  ASSERT_TEXT(pairs_get(event->tags, SLICE("client_os.name")), "Mac OS X");
  arena_free(&arena);
}

static struct slice written(struct arena *arena, const struct event *event) {
  struct buffer out = buffer_make(1 << 24);
  event_write(event, &out);
  struct slice json = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return json;
}

static struct slice api_answer(struct arena *arena, const struct event *event) {
  const struct event_row row = {.id = event->id,
                                .group_id = 7,
                                .project_id = 3,
                                .timestamp_ms = event->timestamp_ms,
                                .received_ms = event->received_ms};
  const struct event_view view = {.row = &row, .event = event};
  struct buffer out = buffer_make(1 << 26);
  struct json_writer writer = {.out = &out};
  api_write_event_details(&writer, &view, &ENTRIES_ALL);
  struct slice json = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return json;
}

/* What no answer says, because it follows from the rest or says the same: which tags were sent and
 * which derived; the names of a breadcrumb's usual type and level. */
static void forget_what_is_not_told(struct event *event) {
  event->sent_tag_count = 0;
  for (size_t i = 0; i < event->breadcrumb_count; i++) {
    struct breadcrumb *breadcrumb = &event->breadcrumbs[i];
    if (slice_equal(breadcrumb->type, SLICE("default"))) breadcrumb->type = SLICE_EMPTY;
    if (slice_equal(breadcrumb->level, SLICE("info"))) breadcrumb->level = SLICE_EMPTY;
  }
}

static bool has_same_tags(const struct event *a, const struct event *b) {
  for (size_t i = 0; i < a->tags.count; i++) {
    const struct pair *tag = &a->tags.items[i];
    if (!slice_equal(pairs_get(b->tags, tag->key), tag->value)) return false;
  }
  return a->tags.count == b->tags.count;
}

/* As an event of a server of ours is kept by another. */
static struct event *taken_over(struct arena *arena, const struct event *event, const char *path) {
  struct slice sdk_json;
  struct sentry_event_facts facts;
  struct problem problem = {0};
  struct event *copy;
  struct grouping grouping;
  if (sentry_event_to_sdk(arena, api_answer(arena, event), &sdk_json, &facts, &problem))
    fail_msg("%s: %s", path, problem.message);
  assert_memory_equal(&facts.id, &event->id, sizeof facts.id);
  assert_int_equal(facts.received_ms, event->received_ms);
  const struct event_hints from_answer = {.received_ms = facts.received_ms};
  if (event_decode(arena, sdk_json, &from_answer, &copy, &problem))
    fail_msg("%s: %s", path, problem.message);
  grouping_compute(arena, copy, NULL, false, &grouping);
  event_derive(arena, copy);
  return copy;
}

static void check_event(struct arena *arena, struct slice json, const char *path) {
  struct event *event;
  struct grouping grouping;
  if (event_decode(arena, json, &hints, &event, NULL)) return; /* some fixtures are no events */
  if (slice_equal(event->type, SLICE("transaction"))) return;
  if (!event->has_id) event->id = event_id_random();
  event->has_id = true;
  grouping_compute(arena, event, NULL, false, &grouping);
  event_derive(arena, event);
  event = event_read(arena, written(arena, event)); /* as a server reads what it kept */
  struct event *copy = taken_over(arena, event, path);
  if (!has_same_tags(event, copy)) fail_msg("%s: has other tags", path);
  forget_what_is_not_told(event);
  forget_what_is_not_told(copy);
  struct slice kept = written(arena, event), again = written(arena, copy);
  yyjson_val *before, *after;
  assert_int_equal(json_read(arena, kept, &before, NULL), STATUS_OK);
  assert_int_equal(json_read(arena, again, &after, NULL), STATUS_OK);
  if (!yyjson_equals(before, after))
    fail_msg("%s: reads back differently:\n%.*s\n%.*s", path, SLICE_ARGS(kept), SLICE_ARGS(again));
  event_count++;
}

static int check_file(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  struct arena arena = {0};
  (void)walk;
  if (kind != FTW_F || status->st_size == 0 || status->st_size > EVENT_JSON_LIMIT) return 0;
  struct slice bytes = read_file(&arena, path, (size_t)status->st_size);
  if (slice_starts_with(bytes, SLICE("{"))) check_event(&arena, bytes, path);
  arena_free(&arena);
  return 0;
}

static void takes_every_fixture_over(void **state) {
  static const char *const folders[] = {"grouping/inputs",
                                        "grouping/fingerprint-inputs",
                                        "grouping/categorization-inputs",
                                        "relay/events",
                                        "relay/basic",
                                        "sentry/events",
                                        "sentry/samples",
                                        "gitlab/events"};
  const char *base = shared_folder();
  (void)state;
  if (!base) return;
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s/data/%s", base, folders[i]);
    assert_int_equal(nftw(path, check_file, 16, FTW_PHYS), 0);
  }
  print_message("# %zu events\n", event_count);
  assert_true(event_count > 200);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_facts),
      cmocka_unit_test(refuses_what_is_no_event),
      cmocka_unit_test(reads_every_entry),
      cmocka_unit_test(reads_errors_and_meta),
      cmocka_unit_test(takes_what_old_servers_leave_out),
      cmocka_unit_test(reads_an_answer_of_sentry),
      cmocka_unit_test(takes_every_fixture_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
