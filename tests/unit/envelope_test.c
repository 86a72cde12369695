/* envelope_test.c - envelopes as SDKs write them, content codings and base64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libdeflate.h>
#include <zstd.h>

#include "base/buffer.h"
#include "event/coding.h"
#include "event/envelope.h"

static struct arena arena;

static int tear_down(void **state) {
  (void)state;
  arena_free(&arena);
  return 0;
}

/* "type:payload|type:payload", or the problem's message. */
static const char *items_of(struct slice body) {
  struct envelope envelope;
  struct envelope_header header;
  struct envelope_item item;
  struct problem problem = {0};
  struct slice text = SLICE_EMPTY;
  enum status status = envelope_open(&envelope, &arena, body, &header, &problem);
  while (!status && !(status = envelope_next(&envelope, &arena, &item, &problem))) {
    if (!slice_is_empty(text)) text = arena_concat(&arena, text, SLICE("|"));
    text = arena_concat(&arena, text, arena_concat(&arena, item.type, SLICE(":")));
    text = arena_concat(&arena, text, item.payload);
  }
  if (status != STATUS_END) return arena_string(&arena, slice_of_string(problem.message));
  return arena_string(&arena, text);
}

static void splits(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"{}", ""},
      {"{}\n", ""},
      {"{}\n\n\n", ""},
      {"{}\n{\"type\":\"a\"}\nxy\n{\"type\":\"b\",\"length\":3}\nz\nz\n", "a:xy|b:z\nz"},
      {"{}\n{\"type\":\"a\"}\nxy", "a:xy"},
      {"{}\n{\"type\":\"a\",\"length\":2}\nxy", "a:xy"},
      {"{}\n{\"type\":\"a\"}", "a:"},
      {"{}\n{\"type\":\"a\",\"length\":0}\n\n{\"type\":\"b\"}\ny", "a:|b:y"},
      {"{}\n{\"type\":\"a\"}\n\n{\"type\":\"b\"}\ny", "a:|b:y"},
      {"{}\n\n  \n{\"type\":\"a\",\"length\":null}\nxy\n", "a:xy"},
      {"{}\r\n{\"type\":\"a\",\"length\":2}\r\nxy\r\n{\"type\":\"b\"}\r\ny", "a:xy|b:y"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_string_equal(items_of(slice_of_string(cases[i][0])), cases[i][1]);
  }
}

static void says_what_is_wrong(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"", "The body is empty"},
      {"x\n", "The envelope's header line is malformed"},
      {"[]\n", "has to be a JSON object"},
      {"{}\nx\n", "Item 1 of the envelope is malformed"},
      {"{}\n{\"type\":\"a\"}\nx\n{\"length\":1}\nx",
       "Item 2 of the envelope is malformed: its header has no `type`"},
      {"{}\n{\"type\":5}\nx", "no `type`"},
      {"{}\n{\"type\":\"a\",\"length\":9}\nxy", "says 9 bytes, but 2 are left"},
      {"{}\n{\"type\":\"a\",\"length\":-1}\nxy", "says -1 bytes"},
      {"{}\n{\"type\":\"a\",\"length\":99999999999999999999}\nxy", "not a number"},
      {"{}\n{\"type\":\"a\",\"length\":1}\nxy", "goes on behind the 1 bytes"},
      {"{}\n{\"type\":\"a\",\"length\":\"2\"}\nxy", "`length` is not a number"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *message = items_of(slice_of_string(cases[i][0]));
    if (!strstr(message, cases[i][1])) fail_msg("%s: %s", cases[i][0], message);
  }
}

static void reads_headers(void **state) {
  (void)state;
  struct envelope envelope;
  struct envelope_header header;
  struct slice body = SLICE(
      "{\"event_id\":\"x\",\"dsn\":\"http://k@h/1\",\"sent_at\":\"2026-11-22T09:52:55.421Z\"}\n");
  assert_int_equal(envelope_open(&envelope, &arena, body, &header, NULL), STATUS_OK);
  assert_true(slice_equal_string(header.event_id, "x"));
  assert_true(slice_equal_string(header.dsn, "http://k@h/1"));
  assert_int_equal(header.sent_at_ms, INT64_C(1795341175421));
}

/* --- codings ------------------------------------------------------------------------ */

static struct slice sample(void) {
  struct buffer text = buffer_make(1 << 20);
  while (text.len < 300000) buffer_printf(&text, "line %zu of a body\n", text.len);
  struct slice copy = arena_copy(&arena, buffer_slice(&text));
  buffer_free(&text);
  return copy;
}

typedef size_t compress_function(struct libdeflate_compressor *, const void *, size_t, void *,
                                 size_t);

static struct slice deflate_with(compress_function *compress, struct slice text) {
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
  char *out = arena_alloc_raw(&arena, text.len + 1000);
  size_t length = compress(compressor, text.ptr, text.len, out, text.len + 1000);
  libdeflate_free_compressor(compressor);
  return slice_of(out, length);
}

static struct slice zstd(struct slice text) {
  char *out = arena_alloc_raw(&arena, text.len + 1000);
  return slice_of(out, ZSTD_compress(out, text.len + 1000, text.ptr, text.len, 3));
}

static void expect_decoded(enum coding coding, struct slice body, struct slice wanted) {
  struct decoded decoded;
  struct problem problem = {0};
  if (coding_decode(coding, body, wanted.len, &decoded, &problem)) fail_msg("%s", problem.message);
  assert_true(slice_equal(decoded.bytes, wanted));
  free(decoded.memory);
  assert_int_equal(coding_decode(coding, body, wanted.len - 1, &decoded, &problem),
                   STATUS_TOO_LARGE);
  if (coding == CODING_IDENTITY) return;
  for (size_t cut = 0; cut < body.len; cut += 1 + body.len / 50) {
    assert_int_equal(coding_decode(coding, slice_upto(body, cut), wanted.len, &decoded, &problem),
                     STATUS_BAD_INPUT);
  }
}

static void decodes_up_to_the_limit(void **state) {
  (void)state;
  /* "hello hello hello hello\n", quality 11, window 22 */
  static const char brotli[] =
      "\x1b\x17\x00\xf8\x8d\x94\x6e\xde\x44\x55\x86\xd6\x0a\x20\x6c\x6f\x4a\x11"
      "\x79\xe2\x80\xae\x16";
  struct slice text = sample();
  expect_decoded(CODING_IDENTITY, text, text);
  expect_decoded(CODING_GZIP, deflate_with(libdeflate_gzip_compress, text), text);
  expect_decoded(CODING_DEFLATE, deflate_with(libdeflate_zlib_compress, text), text);
  expect_decoded(CODING_ZSTD, zstd(text), text);
  struct decoded decoded;
  struct slice raw = deflate_with(libdeflate_deflate_compress, text);
  assert_int_equal(coding_decode(CODING_DEFLATE, raw, text.len, &decoded, NULL), STATUS_OK);
  assert_true(slice_equal(decoded.bytes, text));
  free(decoded.memory);
  expect_decoded(CODING_BROTLI, slice_of(brotli, sizeof brotli - 1),
                 SLICE("hello hello hello hello\n"));
}

static void refuses_large_brotli_windows(void **state) {
  (void)state;
  struct decoded decoded;
  /* first bits: a window of 2^24 bytes, and of more than the RFC knows */
  static const char *const bodies[] = {"\x0f\x00", "\x11\x00"};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(coding_decode(CODING_BROTLI, slice_of(bodies[i], 2), 100, &decoded, NULL),
                     STATUS_TOO_LARGE);
  }
}

static void knows_codings(void **state) {
  (void)state;
  static const struct {
    const char *name;
    enum coding coding;
  } known[] = {{"", CODING_IDENTITY}, {" ", CODING_IDENTITY}, {"identity", CODING_IDENTITY},
               {"gzip", CODING_GZIP}, {"GZip ", CODING_GZIP}, {"deflate", CODING_DEFLATE},
               {"br", CODING_BROTLI}, {"zstd", CODING_ZSTD}};
  static const char *const unknown[] = {"gzip, gzip", "gzip,br", "lzma", "compress", "\xff"};
  enum coding coding;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    assert_int_equal(coding_parse(slice_of_string(known[i].name), &coding, NULL), STATUS_OK);
    assert_int_equal(coding, known[i].coding);
  }
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    assert_int_equal(coding_parse(slice_of_string(unknown[i]), &coding, NULL), STATUS_BAD_INPUT);
  }
}

static void decodes_base64(void **state) {
  (void)state;
  static const char *const good[][2] = {{"", ""},           {"YQ==", "a"}, {"YWI=", "ab"},
                                        {"YWJj", "abc"},    {"YQ", "a"},   {"YW\nJj\n", "abc"},
                                        {"_-8", "\xff\xef"}};
  static const char *const bad[] = {"Y", "Y!==", "YQ=a", "{}"};
  struct slice bytes;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_true(base64_decode(&arena, slice_of_string(good[i][0]), &bytes));
    assert_true(slice_equal_string(bytes, good[i][1]));
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_false(base64_decode(&arena, slice_of_string(bad[i]), &bytes));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(splits),
      cmocka_unit_test(says_what_is_wrong),
      cmocka_unit_test(reads_headers),
      cmocka_unit_test(decodes_up_to_the_limit),
      cmocka_unit_test(refuses_large_brotli_windows),
      cmocka_unit_test(knows_codings),
      cmocka_unit_test(decodes_base64),
  };
  return cmocka_run_group_tests_name("envelope", tests, NULL, tear_down);
}
