/* minidump_test.c - crash dumps: one made here byte by byte, broken ones, and the shared fixtures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "event/limits.h"
#include "event/minidump.h"
#include "json/json.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

/* --- a dump made here ---------------------------------------------------------------------- */

struct maker {
  unsigned char bytes[8192];
  size_t len, streams;
};
enum { DIRECTORY_AT = 32, FIRST_STREAM_AT = 32 + 12 * 8 };

static void put(struct maker *maker, size_t at, size_t size, uint64_t value) {
  memcpy(maker->bytes + at, &value, size);
}

/* Room for `size` bytes at the end, announced in the directory. */
static size_t add_stream(struct maker *maker, uint32_t type, size_t size) {
  size_t at = maker->len, entry = DIRECTORY_AT + 12 * maker->streams++;
  maker->len += size;
  put(maker, entry, 4, type);
  put(maker, entry + 4, 4, size);
  put(maker, entry + 8, 4, at);
  put(maker, 8, 4, maker->streams);
  return at;
}

static size_t add_text(struct maker *maker, const char *text) {
  size_t at = maker->len, length = strlen(text);
  put(maker, at, 4, 2 * length);
  for (size_t i = 0; i < length; i++) put(maker, at + 4 + 2 * i, 2, (unsigned char)text[i]);
  maker->len += 4 + 2 * length + 2;
  return at;
}

/* Linux on AMD64: thread 7 crashed in "app" at 0x401000, called from 0x402000; thread 8 waits. */
static void make_dump(struct maker *maker) {
  *maker = (struct maker){.len = FIRST_STREAM_AT};
  memcpy(maker->bytes, "MDMP", 4);
  put(maker, 4, 4, 0xa793);
  put(maker, 12, 4, DIRECTORY_AT);
  put(maker, 20, 4, 1700000000);
  size_t system = add_stream(maker, 7, 56);
  put(maker, system, 2, 9);
  put(maker, system + 6, 1, 4);
  put(maker, system + 20, 4, 0x8201);
  size_t exception = add_stream(maker, 6, 168);
  put(maker, exception, 4, 7);
  put(maker, exception + 8, 4, 11);
  put(maker, exception + 12, 4, 1);
  put(maker, exception + 24, 8, 0x10);
  size_t modules = add_stream(maker, 4, 4 + 108);
  put(maker, modules, 4, 1);
  put(maker, modules + 4, 8, 0x400000);
  put(maker, modules + 12, 4, 0x10000);
  size_t threads = add_stream(maker, 3, 4 + 2 * 48);
  put(maker, threads, 4, 2);
  put(maker, threads + 4, 4, 7);
  put(maker, threads + 52, 4, 8);
  size_t names = add_stream(maker, 24, 4 + 12);
  put(maker, names, 4, 1);
  put(maker, names + 4, 4, 7);
  put(maker, names + 8, 8, add_text(maker, "main \xe9"));
  put(maker, system + 24, 4, add_text(maker, "Linux 6.1.0-x #1 SMP x86_64"));
  put(maker, modules + 4 + 20, 4, add_text(maker, "/srv/app"));
  size_t code_view = maker->len;
  memcpy(maker->bytes + code_view, "LEpB", 4);
  for (size_t i = 0; i < 20; i++) maker->bytes[code_view + 4 + i] = (unsigned char)(i + 1);
  maker->len += 24;
  put(maker, modules + 4 + 76, 4, 24);
  put(maker, modules + 4 + 80, 4, code_view);
  size_t context = maker->len;
  maker->len += 256;
  put(maker, context + 0xf8, 8, 0x401000);
  put(maker, context + 0xa0, 8, 0x7010);
  put(maker, exception + 160, 4, 256);
  put(maker, exception + 164, 4, context);
  size_t stack = maker->len;
  maker->len += 64;
  put(maker, stack + 0x10, 8, 0x7020);
  put(maker, stack + 0x18, 8, 0x402000);
  put(maker, stack + 0x20, 8, 0x7010); /* back: the walk ends */
  put(maker, stack + 0x28, 8, 0x403000);
  put(maker, threads + 4 + 24, 8, 0x7000);
  put(maker, threads + 4 + 32, 4, 64);
  put(maker, threads + 4 + 36, 4, stack);
}

static struct slice bytes_of(const struct maker *maker) {
  return slice_of((const char *)maker->bytes, maker->len);
}

static struct event *event_of(struct slice bytes, const char *base) {
  static const struct event_hints hints = {.received_ms = INT64_C(1700000100000)};
  struct minidump dump;
  struct problem problem = {0};
  struct event *event;
  yyjson_val *root = NULL;
  if (minidump_read(&arena, bytes, &dump, &problem)) fail_msg("%s", problem.message);
  if (base) assert_int_equal(json_read(&arena, slice_of_string(base), &root, &problem), STATUS_OK);
  struct buffer out = buffer_make(1 << 22);
  minidump_write_event(&dump, &arena, root, &out);
  if (event_decode(&arena, buffer_slice(&out), &hints, &event, &problem))
    fail_msg("%s", problem.message);
  buffer_free(&out);
  return event;
}

#define assert_text(slice, text) assert_string_equal(arena_string(&arena, slice), text)

static void reads_what_crashed(void **state) {
  (void)state;
  struct maker maker;
  make_dump(&maker);
  const struct event *event = event_of(bytes_of(&maker), NULL);
  assert_int_equal(event->level, LEVEL_FATAL);
  assert_text(event->platform, "native");
  assert_int_equal(event->timestamp_ms, INT64_C(1700000000000));
  assert_int_equal(event->exception_count, 1);
  const struct exception *exception = &event->exceptions[0];
  assert_text(exception->type, "SIGSEGV");
  assert_text(exception->value, "Fatal Error: SIGSEGV / SEGV_MAPERR at 0x10");
  assert_text(exception->thread_id, "7");
  assert_text(exception->mechanism.type, "minidump");
  assert_int_equal(exception->mechanism.handled, NO);
  assert_true(exception->mechanism.synthetic);
  assert_int_equal(exception->stacktrace.count, 3);
  const struct frame *frames = exception->stacktrace.frames;
  assert_text(frames[2].instruction_addr, "0x401000");
  assert_text(frames[2].trust, "context");
  assert_text(frames[2].package, "/srv/app");
  assert_text(frames[2].image_addr, "0x400000");
  assert_text(frames[1].instruction_addr, "0x402000");
  assert_text(frames[1].trust, "fp");
  assert_text(frames[0].instruction_addr, "0x403000");
  assert_int_equal(event->thread_count, 2);
  assert_text(event->threads[0].name, "main \xc3\xa9");
  assert_int_equal(event->threads[0].crashed, YES);
  assert_int_equal(event->threads[1].crashed, NO);
  yyjson_val *image = yyjson_arr_get(json_member(event->debug_meta, "images"), 0);
  assert_text(json_text(json_member(image, "code_id")), "0102030405060708090a0b0c0d0e0f1011121314");
  assert_text(json_text(json_member(image, "debug_id")), "04030201-0605-0807-090a-0b0c0d0e0f10");
  yyjson_val *os = json_member(event->contexts, "os");
  assert_text(json_text(json_member(os, "version")), "6.1.0-x");
  assert_text(json_text(json_member(os, "build")), "#1 SMP x86_64");
}

static void keeps_what_the_sdk_sent(void **state) {
  (void)state;
  struct maker maker;
  make_dump(&maker);
  const struct event *event =
      event_of(bytes_of(&maker),
               "{\"release\":\"app@1\",\"level\":\"error\",\"platform\":\"c\","
               "\"exception\":{\"type\":\"X\",\"value\":\"y\"},\"tags\":{\"a\":\"b\"},"
               "\"contexts\":{\"os\":{\"name\":\"Arch\"}},\"timestamp\":1700000050}");
  assert_text(event->release, "app@1");
  assert_int_equal(event->level, LEVEL_ERROR);
  assert_text(event->platform, "native");
  assert_int_equal(event->exception_count, 1);
  assert_text(event->exceptions[0].type, "SIGSEGV");
  assert_text(pairs_get(event->tags, SLICE("a")), "b");
  assert_int_equal(event->timestamp_ms, INT64_C(1700000050000));
  assert_text(json_text(json_member(json_member(event->contexts, "os"), "name")), "Arch");
  assert_text(json_text(json_member(json_member(event->contexts, "device"), "arch")), "x86_64");
}

static void names_reasons(void **state) {
  (void)state;
  static const struct {
    uint32_t system, code, flags;
    uint64_t parameters[2];
    const char *name, *text;
  } cases[] = {
      {MINIDUMP_WINDOWS,
       0xc0000005,
       0,
       {0, 0x45},
       "EXCEPTION_ACCESS_VIOLATION_READ",
       "EXCEPTION_ACCESS_VIOLATION_READ at 0x45"},
      {MINIDUMP_WINDOWS,
       0xc0000005,
       0,
       {8, 1},
       "EXCEPTION_ACCESS_VIOLATION_EXEC",
       "EXCEPTION_ACCESS_VIOLATION_EXEC at 0x1"},
      {MINIDUMP_WINDOWS,
       0xc00000fd,
       0,
       {0, 0},
       "EXCEPTION_STACK_OVERFLOW",
       "EXCEPTION_STACK_OVERFLOW"},
      {MINIDUMP_WINDOWS, 0xdeadbeef, 0, {0, 0}, "EXCEPTION 0xdeadbeef", "EXCEPTION 0xdeadbeef"},
      {MINIDUMP_LINUX, 6, 0, {0, 0}, "SIGABRT", "SIGABRT"},
      {MINIDUMP_ANDROID, 7, 1, {0, 0}, "SIGBUS", "SIGBUS / BUS_ADRALN at 0x99"},
      {MINIDUMP_LINUX, 200, 1, {0, 0}, "0x000000c8", "0x000000c8"},
      {MINIDUMP_MACOS,
       1,
       2,
       {0, 0},
       "EXC_BAD_ACCESS",
       "EXC_BAD_ACCESS / KERN_PROTECTION_FAILURE at 0x99"},
      {MINIDUMP_MACOS, 6, 2, {0, 0}, "EXC_BREAKPOINT", "EXC_BREAKPOINT / EXC_I386_BPT"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct minidump dump = {.has_exception = true, .system = cases[i].system};
    dump.exception = (struct minidump_exception){
        .code = cases[i].code, .flags = cases[i].flags, .address = 0x99, .parameter_count = 2};
    memcpy(dump.exception.parameters, cases[i].parameters, sizeof cases[i].parameters);
    struct minidump_reason reason = minidump_reason(&arena, &dump);
    assert_text(reason.name, cases[i].name);
    assert_text(reason.text, cases[i].text);
  }
}

static const char *refusal_of(struct slice bytes) {
  struct minidump dump;
  struct problem problem = {0};
  enum status status = minidump_read(&arena, bytes, &dump, &problem);
  if (status) assert_int_equal(status, STATUS_BAD_INPUT);
  return status ? arena_string(&arena, slice_of_string(problem.message)) : "";
}

static void refuses_what_is_broken(void **state) {
  (void)state;
  struct maker maker;
  assert_non_null(strstr(refusal_of(SLICE("")), "no minidump"));
  assert_non_null(strstr(refusal_of(SLICE("MDMP")), "no minidump"));
  make_dump(&maker);
  memcpy(maker.bytes, "PMDM", 4);
  assert_non_null(strstr(refusal_of(bytes_of(&maker)), "big-endian"));
  make_dump(&maker);
  put(&maker, 8, 4, 5000);
  assert_non_null(strstr(refusal_of(bytes_of(&maker)), "directory of 5000 streams"));
  make_dump(&maker);
  put(&maker, 12, 4, 0xfffffff0);
  assert_non_null(strstr(refusal_of(bytes_of(&maker)), "directory"));
  make_dump(&maker);
  put(&maker, DIRECTORY_AT + 8, 4, 0x7fffffff);
  assert_non_null(strstr(refusal_of(bytes_of(&maker)), "stream of type 7 goes beyond its end"));
  make_dump(&maker);
  put(&maker, FIRST_STREAM_AT + 56 + 168, 4, 0x04000000); /* modules */
  assert_non_null(strstr(refusal_of(bytes_of(&maker)), "list of modules goes beyond"));
  make_dump(&maker);
  put(&maker, FIRST_STREAM_AT + 56 + 168 + 112, 4, 0xffffffff); /* threads */
  assert_non_null(strstr(refusal_of(bytes_of(&maker)), "list of threads goes beyond"));
}

/* Each beginning of a dump is refused or read; what lies behind the end is not touched. */
static void survives_every_cut(void **state) {
  (void)state;
  struct maker maker;
  make_dump(&maker);
  for (size_t len = 0; len <= maker.len; len++) {
    char *copy = memory_alloc(len + 1);
    memcpy(copy, maker.bytes, len);
    refusal_of(slice_of(copy, len));
    free(copy);
  }
}

/* --- fixtures --------------------------------------------------------------------------------- */

static struct slice fixture(const char *name) {
  char path[4096];
  const char *base = getenv("CULPRIT_SHARED");
  if (!base) base = access("../shared", R_OK) == 0 ? "../shared" : "../../shared";
  snprintf(path, sizeof path, "%s/data/relay/basic/%s", base, name);
  FILE *file = fopen(path, "rb");
  if (!file) {
    print_message("# skipped: the directory of shared fixtures is not there\n");
    return SLICE_EMPTY;
  }
  char *bytes = arena_alloc_raw(&arena, 1 << 20);
  size_t length = fread(bytes, 1, 1 << 20, file);
  fclose(file);
  return slice_of(bytes, length);
}

static void reads_a_dump_of_windows(void **state) {
  (void)state;
  struct slice bytes = fixture("windows.dmp");
  if (slice_is_empty(bytes)) return;
  const struct event *event = event_of(bytes, NULL);
  assert_text(event->exceptions[0].type, "EXCEPTION_ACCESS_VIOLATION_WRITE");
  assert_text(event->exceptions[0].value, "Fatal Error: EXCEPTION_ACCESS_VIOLATION_WRITE at 0x45");
  assert_int_equal(event->thread_count, 4);
  const struct stacktrace *stacktrace = &event->exceptions[0].stacktrace;
  assert_text(stacktrace->frames[stacktrace->count - 1].instruction_addr, "0x2a2a3d");
  yyjson_val *images = json_member(event->debug_meta, "images"), *image = yyjson_arr_get(images, 0);
  assert_int_equal(yyjson_arr_size(images), 17);
  assert_text(json_text(json_member(image, "debug_id")), "3249d99d-0c40-4931-8610-f4e4fb0b6936-1");
  assert_text(json_text(json_member(image, "code_id")), "5ab380779000");
  yyjson_val *os = json_member(event->contexts, "os");
  assert_text(json_text(json_member(os, "version")), "10.0.14393");
}

static void reads_a_dump_of_linux(void **state) {
  (void)state;
  struct slice bytes = fixture("linux.dmp");
  if (slice_is_empty(bytes)) return;
  const struct event *event = event_of(bytes, NULL);
  assert_text(event->exceptions[0].value, "Fatal Error: SIGSEGV at 0x45");
  assert_text(event->exceptions[0].stacktrace.frames[1].instruction_addr, "0x401d72");
  yyjson_val *image = yyjson_arr_get(json_member(event->debug_meta, "images"), 0);
  assert_text(json_text(json_member(image, "debug_id")), "c0bcc3f1-9827-fe65-3058-404b2831d9e6");
  assert_text(json_text(json_member(image, "code_id")), "f1c3bcc0279865fe3058404b2831d9e64135386c");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(reads_what_crashed, tear_down),
      cmocka_unit_test_teardown(keeps_what_the_sdk_sent, tear_down),
      cmocka_unit_test_teardown(names_reasons, tear_down),
      cmocka_unit_test_teardown(refuses_what_is_broken, tear_down),
      cmocka_unit_test_teardown(survives_every_cut, tear_down),
      cmocka_unit_test_teardown(reads_a_dump_of_windows, tear_down),
      cmocka_unit_test_teardown(reads_a_dump_of_linux, tear_down),
  };
  return cmocka_run_group_tests_name("minidump", tests, NULL, NULL);
}
