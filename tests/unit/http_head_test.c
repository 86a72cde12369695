/* The head of a request: what is accepted, and every way in which it is refused. */
#include "http/head.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http/chunked.h"
#include "http/limits.h"

struct head_case {
  const char *bytes;
  size_t len;
  int code; /* 0: accepted; -1: not complete */
};

#define CASE(text, code) \
  { text, sizeof text - 1, code }
#define HOST "Host: a\r\n"

/* 0 when accepted, the status code when refused, -1 when more is wanted. */
static int judge(struct slice bytes, struct arena *arena, struct http_head *head) {
  struct head_scanner scanner = {0};
  struct http_fault fault = {0};
  switch (head_scan(&scanner, bytes, &fault)) {
    case HEAD_MORE: return -1;
    case HEAD_BAD: return fault.code;
    case HEAD_WHOLE: break;
  }
  return head_parse(head, arena, slice_upto(bytes, scanner.offset), &fault) ? 0 : fault.code;
}

static const struct head_case cases[] = {
    CASE("GET / HTTP/1.1\r\n" HOST "\r\n", 0), CASE("\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 0),
    CASE("GET / HTTP/1.0\r\n\r\n", 0), CASE("GET http://a/x HTTP/1.1\r\n" HOST "\r\n", 0),
    CASE("OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0), CASE("BREW /pot HTTP/1.1\r\n" HOST "\r\n", 0),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n", 0),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length:3 \r\n\r\n", 0),
    CASE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", 0),
    CASE("GET / HTTP/1.1\r\nHost: [::1]:80\r\nX:\r\nY: \x80\xff\tz\r\n\r\n", 0),
    CASE("GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 0),
    /* not there yet */
    CASE("", -1), CASE("\r", -1), CASE("\r\n", -1), CASE("GET / HTTP/1.1\r\n" HOST "\r", -1),
    /* hosts */
    CASE("GET / HTTP/1.1\r\n\r\n", 400), CASE("GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400),
    CASE("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400), CASE("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400),
    CASE("GET http://b/ HTTP/1.1\r\n" HOST "\r\n", 400),
    CASE("GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n", 400),
    CASE("CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n", 400),
    /* lengths */
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: 3 3\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: 3.0\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400),
    /* codings */
    CASE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 501),
    CASE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    CASE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n", 400),
    CASE("POST / HTTP/1.1\r\n" HOST
         "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
         400),
    CASE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
         "chunked\r\n\r\n",
         400),
    CASE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n", 501),
    CASE("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    /* lines */
    CASE("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X : 1\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X\t: 1\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X: 1\r\n 2\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X: 1\r\n\t2\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n X: 1\r\n" HOST "\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST ": 1\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X y: 1\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\n" HOST "\r\n", 400), CASE("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\nHost: a\r\n\n", 400), CASE("GET / HTTP/1.1\r\nHost: a\n\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X: 1\r2\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X: 1\r\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X: 1\0\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X\0: 1\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X: \x01\r\n\r\n", 400),
    CASE("GET / HTTP/1.1\r\n" HOST "X: \x7f\r\n\r\n", 400), CASE("\n", 400),
    CASE("\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 400),
    CASE(" GET / HTTP/1.1\r\n" HOST "\r\n", 400),
    /* request lines */
    CASE("GET /\r\n" HOST "\r\n", 400), CASE("GET\r\n" HOST "\r\n", 400),
    CASE("GET  / HTTP/1.1\r\n" HOST "\r\n", 400), CASE("GET /  HTTP/1.1\r\n" HOST "\r\n", 400),
    CASE("GET / HTTP/1.1 \r\n" HOST "\r\n", 505), CASE("GET /a b HTTP/1.1\r\n" HOST "\r\n", 400),
    CASE("GET /#a HTTP/1.1\r\n" HOST "\r\n", 400), CASE("GET /\x80 HTTP/1.1\r\n" HOST "\r\n", 400),
    CASE("GET /\t HTTP/1.1\r\n" HOST "\r\n", 400), CASE("G(T / HTTP/1.1\r\n" HOST "\r\n", 400),
    CASE("GET a HTTP/1.1\r\n" HOST "\r\n", 400), CASE("GET / HTTP/2.0\r\n" HOST "\r\n", 505),
    CASE("GET / HTTP/1.2\r\n" HOST "\r\n", 505), CASE("GET / HTTP/0.9\r\n" HOST "\r\n", 505),
    CASE("GET / HTTP/1.10\r\n" HOST "\r\n", 505), CASE("GET / http/1.1\r\n" HOST "\r\n", 400),
    CASE("GET / HTCPCP/1.1\r\n" HOST "\r\n", 400), CASE("PRI * HTTP/2.0\r\n\r\n", 505),
    CASE("POST / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", 417),
    CASE("\x16\x03\x01\x02", 400), /* TLS */
};

static void test_cases(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct arena arena = {0};
    struct http_head head;
    int code = judge(slice_of(cases[i].bytes, cases[i].len), &arena, &head);
    if (code != cases[i].code)
      fail_msg("case %zu gave %d, not %d: %s", i, code, cases[i].code, cases[i].bytes);
    arena_free(&arena);
  }
}

/* The same bytes in pieces of every size give the same answer. */
static void test_pieces(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct slice all = slice_of(cases[i].bytes, cases[i].len);
    struct head_scanner whole = {0}, pieces = {0};
    struct http_fault fault = {0};
    enum head_progress expected = head_scan(&whole, all, &fault), got = HEAD_MORE;
    for (size_t end = 1; end <= all.len && got == HEAD_MORE; end++)
      got = head_scan(&pieces, slice_upto(all, end), &fault);
    assert_int_equal(expected, got);
    if (got == HEAD_WHOLE) assert_int_equal(whole.offset, pieces.offset);
  }
}

static void test_meaning(void **state) {
  (void)state;
  struct arena arena = {0};
  struct http_head head;
  assert_int_equal(judge(SLICE("POST http://a:80/p?q HTTP/1.1\r\nHost: A:80\r\nX-Long:  v \t\r\n"
                               "Content-Length: 12\r\nExpect: 100-Continue\r\nEmpty:\r\n\r\nrest"),
                         &arena, &head),
                   0);
  assert_true(slice_equal(head.method, SLICE("POST")));
  assert_true(slice_equal(head.target, SLICE("/p?q")));
  assert_int_equal(head.header_count, 5);
  assert_true(slice_equal(head.headers[1].name, SLICE("X-Long")));
  assert_true(slice_equal(head.headers[1].value, SLICE("v")));
  assert_int_equal(head.headers[4].value.len, 0);
  assert_int_equal(head.content_length, 12);
  assert_true(head.has_body && head.expects_continue && head.keeps_alive && !head.is_chunked);
  assert_int_equal(
      judge(SLICE("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n"), &arena, &head), 0);
  assert_false(head.keeps_alive);
  assert_int_equal(judge(SLICE("GET / HTTP/1.0\r\n\r\n"), &arena, &head), 0);
  assert_false(head.keeps_alive);
  assert_int_equal(judge(SLICE("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), &arena, &head),
                   0);
  assert_true(head.keeps_alive);
  arena_free(&arena);
}

static int judge_repeated(const char *start, const char *piece, size_t count) {
  struct buffer text = buffer_make(1 << 20);
  struct arena arena = {0};
  struct http_head head;
  buffer_append_slice(&text, slice_of_string(start));
  for (size_t i = 0; i < count; i++) buffer_append_slice(&text, slice_of_string(piece));
  BUFFER_APPEND_LITERAL(&text, "\r\n");
  int code = judge(buffer_slice(&text), &arena, &head);
  arena_free(&arena);
  buffer_free(&text);
  return code;
}

static void test_limits(void **state) {
  (void)state;
  assert_int_equal(judge_repeated("GET / HTTP/1.1\r\n" HOST, "X: 1\r\n", 99), 0);
  assert_int_equal(judge_repeated("GET / HTTP/1.1\r\n" HOST, "X: 1\r\n", 100), 431);
  assert_int_equal(judge_repeated("GET / HTTP/1.1\r\n" HOST "X: ", "x", HTTP_HEAD_LIMIT), 431);
  assert_int_equal(judge_repeated("GET /", "x", HTTP_HEAD_LIMIT), 414);
  char line[HTTP_TARGET_LIMIT + 100];
  memset(line, 'x', sizeof line);
  memcpy(line, "GET /", 5);
  memcpy(line + HTTP_TARGET_LIMIT + 10, " HTTP/1.1\r\n" HOST, sizeof " HTTP/1.1\r\n" HOST);
  assert_int_equal(judge_repeated(line, "", 0), 414);
}

/* --- chunks ------------------------------------------------------------------ */

struct chunk_case {
  const char *bytes, *data;
  size_t len;
  enum chunked_step outcome;
};

#define CHUNKS(text, data, outcome) \
  { text, data, sizeof text - 1, outcome }

static const struct chunk_case chunk_cases[] = {
    CHUNKS("3\r\nabc\r\n0\r\n\r\n", "abc", CHUNKED_END),
    CHUNKS("0\r\n\r\n", "", CHUNKED_END),
    CHUNKS("00A\r\n0123456789\r\n2\r\nxy\r\n0\r\n\r\n", "0123456789xy", CHUNKED_END),
    CHUNKS("3;a=b\r\nabc\r\n0;c\r\n\r\n", "abc", CHUNKED_END),
    CHUNKS("1\r\na\r\n0\r\nX: y\r\nZ: 1\r\n\r\n", "a", CHUNKED_END),
    CHUNKS("3\r\nab", "ab", CHUNKED_MORE),
    CHUNKS("3\r\nabc\r\n0\r\n\r", "abc", CHUNKED_MORE),
    CHUNKS("3\nabc\r\n0\r\n\r\n", "", CHUNKED_BAD),
    CHUNKS("3\r\nabc\n0\r\n\r\n", "abc", CHUNKED_BAD),
    CHUNKS("3\r\nabc\r\n0\n\n", "abc", CHUNKED_BAD),
    CHUNKS("3\r\nabc\r\n0\r\n\n", "abc", CHUNKED_BAD),
    CHUNKS("3\r\nabcd\r\n0\r\n\r\n", "abc", CHUNKED_BAD),
    CHUNKS("\r\nabc\r\n", "", CHUNKED_BAD),
    CHUNKS("+3\r\nabc\r\n0\r\n\r\n", "", CHUNKED_BAD),
    CHUNKS("-3\r\nabc\r\n0\r\n\r\n", "", CHUNKED_BAD),
    CHUNKS("0x3\r\nabc\r\n0\r\n\r\n", "", CHUNKED_BAD),
    CHUNKS(" 3\r\nabc\r\n0\r\n\r\n", "", CHUNKED_BAD),
    CHUNKS("3 \r\nabc\r\n0\r\n\r\n", "", CHUNKED_BAD),
    CHUNKS("g\r\nabc\r\n0\r\n\r\n", "", CHUNKED_BAD),
    CHUNKS("3;a\nabc\r\n0\r\n\r\n", "", CHUNKED_BAD),
    CHUNKS("3;\x01\r\nabc\r\n0\r\n\r\n", "", CHUNKED_BAD),
    CHUNKS("3\r\rabc\r\n0\r\n\r\n", "", CHUNKED_BAD),
    CHUNKS("10000000000000000\r\nabc", "", CHUNKED_BAD),
    CHUNKS("ffffffffffffffff\r\nabc", "", CHUNKED_BAD),
    CHUNKS("fffffffffffffff1\r\nabc", "", CHUNKED_BAD),
    CHUNKS("1\r\na\r\n0\r\nX: y\n\r\n", "a", CHUNKED_BAD),
    CHUNKS("1\r\na\r\n0\r\n X: y\r\n\r\n", "a", CHUNKED_BAD),
};

static enum chunked_step decode(struct slice bytes, size_t piece, struct buffer *out) {
  struct chunked chunked = {0};
  struct http_fault fault;
  struct slice data;
  enum chunked_step step = CHUNKED_MORE;
  for (size_t at = 0; at < bytes.len && step == CHUNKED_MORE; at += piece) {
    struct slice input = slice_upto(slice_from(bytes, at), piece);
    do {
      step = chunked_next(&chunked, &input, &data, &fault);
      if (step == CHUNKED_DATA) buffer_append_slice(out, data);
    } while (step == CHUNKED_DATA);
  }
  return step;
}

static void test_chunks(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof chunk_cases / sizeof *chunk_cases; i++) {
    const struct chunk_case *c = &chunk_cases[i];
    for (size_t piece = 1; piece <= c->len; piece++) {
      struct buffer out = buffer_make(100);
      enum chunked_step step = decode(slice_of(c->bytes, c->len), piece, &out);
      if (step != c->outcome || !slice_equal_string(buffer_slice(&out), c->data))
        fail_msg("case %zu by %zu bytes gave %d: %s", i, piece, (int)step, c->bytes);
      buffer_free(&out);
    }
  }
}

static void test_chunk_extras(void **state) {
  (void)state;
  struct buffer text = buffer_make(1 << 20), out = buffer_make(100);
  BUFFER_APPEND_LITERAL(&text, "1;");
  for (size_t i = 0; i <= HTTP_CHUNK_EXTRA_LIMIT; i++) buffer_append_byte(&text, 'x');
  assert_int_equal(decode(buffer_slice(&text), text.len, &out), CHUNKED_BAD);
  buffer_free(&text);
  buffer_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cases),   cmocka_unit_test(test_pieces),
      cmocka_unit_test(test_meaning), cmocka_unit_test(test_limits),
      cmocka_unit_test(test_chunks),  cmocka_unit_test(test_chunk_extras),
  };
  return cmocka_run_group_tests_name("http head", tests, NULL, NULL);
}
