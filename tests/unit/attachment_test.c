/* attachment_test.c - files of events in the store: kept, found by event and day, bounded, dropped
 * with their day. And SHA-1, by which clients know them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store/attachment.h"

#define NOW_MS INT64_C(1795000000000)

struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
};

static void open_store(struct fixture *f) {
  struct problem problem = {0};
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-files-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  clock_set_ms(NOW_MS);
  open_store(f);
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

/* --- writing ------------------------------------------------------------------------------ */

struct adding {
  struct attachment attachment;
  struct attachment_chunks chunks;
  enum attachment_outcome outcome;
};

static enum status run_add(struct transaction *tx, void *context, struct problem *problem) {
  struct adding *adding = context;
  (void)problem;
  adding->outcome = attachment_add(tx, &adding->attachment, &adding->chunks);
  return STATUS_OK;
}

static struct adding add(struct fixture *f, int64_t project_id, unsigned char event,
                         struct slice bytes) {
  struct adding adding = {.attachment = {.project_id = project_id,
                                         .created_ms = clock_now_ms(),
                                         .event_id = {{event}},
                                         .name = SLICE("a.txt"),
                                         .content_type = SLICE("text/plain"),
                                         .type = SLICE("event.attachment")}};
  struct problem problem = {0};
  adding.chunks = attachment_pack(&f->arena, bytes, &adding.attachment);
  assert_int_equal(store_write(f->store, run_add, &adding, &problem), STATUS_OK);
  return adding;
}

static size_t count(struct fixture *f, int64_t project_id, unsigned char event, int64_t since_ms) {
  struct attachment *list;
  const struct event_id id = {{event}};
  struct transaction *tx = store_begin_read(f->store);
  size_t found = attachment_list(tx, &f->arena, project_id, &id, since_ms, &list);
  store_end_read(tx);
  return found;
}

static bool is_same(struct fixture *f, int64_t id, struct slice bytes) {
  struct attachment attachment;
  struct buffer out = buffer_make(STORE_ATTACHMENT_BYTES + STORE_ATTACHMENT_CHUNK);
  struct transaction *tx = store_begin_read(f->store);
  bool is_read =
      attachment_get(tx, &f->arena, 1, id, &attachment) && attachment_read(tx, &attachment, &out);
  store_end_read(tx);
  bool is_equal = is_read && slice_equal(buffer_slice(&out), bytes);
  buffer_free(&out);
  return is_equal;
}

static struct slice noise(struct fixture *f, size_t size) {
  char *bytes = arena_alloc_raw(&f->arena, size);
  random_fill(bytes, size);
  return slice_of(bytes, size);
}

/* --- tests -------------------------------------------------------------------------------- */

static void keeps_files(void **state) {
  struct fixture *f = *state;
  static const size_t sizes[] = {0,
                                 1,
                                 STORE_ATTACHMENT_CHUNK - 1,
                                 STORE_ATTACHMENT_CHUNK,
                                 STORE_ATTACHMENT_CHUNK + 1,
                                 STORE_ATTACHMENT_BYTES};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct slice bytes = noise(f, sizes[i]);
    struct adding added = add(f, 1, 1, bytes);
    assert_int_equal(added.outcome, ATTACHMENT_KEPT);
    assert_true(is_same(f, added.attachment.id, bytes));
  }
  assert_int_equal(count(f, 1, 1, 0), 6);
  assert_int_equal(count(f, 1, 2, 0), 0);
  assert_int_equal(count(f, 2, 1, 0), 0);
  struct attachment attachment;
  struct transaction *tx = store_begin_read(f->store);
  assert_false(attachment_get(tx, &f->arena, 2, NOW_MS / DAY_MS << 32 | 1, &attachment));
  assert_true(attachment_get(tx, &f->arena, 1, NOW_MS / DAY_MS << 32 | 1, &attachment));
  assert_false(attachment_get(tx, &f->arena, 1, NOW_MS / DAY_MS << 32 | 99, &attachment));
  assert_false(attachment_get(tx, &f->arena, 1, INT64_C(1) << 32 | 1, &attachment));
  assert_false(attachment_get(tx, &f->arena, 1, -1, &attachment));
  store_end_read(tx);
}

static void goes_with_its_day(void **state) {
  struct fixture *f = *state;
  struct adding first = add(f, 1, 1, SLICE("of the first day"));
  clock_set_ms(NOW_MS + 5 * DAY_MS);
  struct adding second = add(f, 1, 1, SLICE("of the sixth"));
  assert_int_equal(count(f, 1, 1, 0), 2);
  assert_int_equal(count(f, 1, 1, NOW_MS + DAY_MS), 1);
  store_close(f->store);
  open_store(f);
  assert_true(is_same(f, first.attachment.id, SLICE("of the first day")));
  /* Retention is looked at once a day, behind a write, and only as far as days have come in. */
  for (int day = 1; day <= 3; day++) {
    clock_set_ms(NOW_MS + (STORE_RETENTION_DAYS + day) * DAY_MS);
    add(f, 1, 3, SLICE("x"));
    add(f, 1, 3, SLICE("x"));
  }
  assert_false(is_same(f, first.attachment.id, SLICE("of the first day")));
  assert_true(is_same(f, second.attachment.id, SLICE("of the sixth")));
}

static void is_bounded(void **state) {
  struct fixture *f = *state;
  for (int i = 0; i < STORE_ATTACHMENTS_OF_EVENT; i++)
    assert_int_equal(add(f, 1, 1, SLICE("x")).outcome, ATTACHMENT_KEPT);
  assert_int_equal(add(f, 1, 1, SLICE("x")).outcome, ATTACHMENT_TOO_MANY);
  assert_int_equal(add(f, 1, 2, SLICE("x")).outcome, ATTACHMENT_KEPT);
  assert_int_equal(count(f, 1, 1, 0), STORE_ATTACHMENTS_OF_EVENT);
}

static void fills_a_day(void **state) {
  struct fixture *f = *state;
  struct adding large = {.attachment = {.project_id = 1, .created_ms = NOW_MS}};
  struct slice chunk = SLICE("as if it were large");
  struct problem problem = {0};
  large.chunks = (struct attachment_chunks){&chunk, 1, STORE_ATTACHMENT_DAY_BYTES - 10};
  assert_int_equal(store_write(f->store, run_add, &large, &problem), STATUS_OK);
  assert_int_equal(large.outcome, ATTACHMENT_KEPT);
  assert_int_equal(add(f, 1, 1, noise(f, 100)).outcome, ATTACHMENT_DAY_FULL);
  assert_int_equal(add(f, 2, 1, noise(f, 100)).outcome, ATTACHMENT_KEPT);
  clock_set_ms(NOW_MS + DAY_MS);
  assert_int_equal(add(f, 1, 1, noise(f, 100)).outcome, ATTACHMENT_KEPT);
}

static void hashes(void **state) {
  struct fixture *f = *state;
  /* FIPS 180 test vectors, and lengths around the end of a block. */
  static const struct {
    size_t count;
    const char *text, *digest;
  } cases[] = {
      {1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
      {1000000, "a", "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
      {55, "a", "c1c8bbdc22796e28c0e15163d20899b65621d65a"},
      {64, "a", "0098ba824b5c16427bd7a1122a5a442a25ec644d"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct buffer bytes = buffer_make(1 << 20);
    unsigned char digest[SHA1_BYTES];
    char hex[2 * SHA1_BYTES];
    for (size_t j = 0; j < cases[i].count; j++)
      buffer_append_slice(&bytes, slice_of_string(cases[i].text));
    sha1(buffer_slice(&bytes), digest);
    hex_encode(digest, SHA1_BYTES, hex);
    if (!slice_equal_string(slice_of(hex, sizeof hex), cases[i].digest))
      fail_msg("%zu of %s", cases[i].count, cases[i].text);
    buffer_free(&bytes);
  }
  (void)f;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(keeps_files, setup, teardown),
      cmocka_unit_test_setup_teardown(goes_with_its_day, setup, teardown),
      cmocka_unit_test_setup_teardown(is_bounded, setup, teardown),
      cmocka_unit_test_setup_teardown(fills_a_day, setup, teardown),
      cmocka_unit_test_setup_teardown(hashes, setup, teardown),
  };
  return cmocka_run_group_tests_name("attachments", tests, NULL, NULL);
}
