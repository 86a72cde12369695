/* Addresses, forms, cookies, routes, proxies and listening addresses. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http/http.h"
#include "http/limits.h"
#include "http/listen.h"
#include "http/proxy.h"
#include "http/response.h"
#include "http/router.h"

#define assert_slice(actual, expected)                                        \
  do {                                                                        \
    struct slice actual_ = (actual);                                          \
    assert_int_equal(actual_.len, strlen(expected));                          \
    if (actual_.len) assert_memory_equal(actual_.ptr, expected, actual_.len); \
  } while (0)

static void test_url(void **state) {
  (void)state;
  struct arena arena = {0};
  assert_slice(url_decode(&arena, SLICE("a%20b+c"), false), "a b+c");
  assert_slice(url_decode(&arena, SLICE("a%20b+c"), true), "a b c");
  assert_slice(url_decode(&arena, SLICE("%"), true), "%");
  assert_slice(url_decode(&arena, SLICE("%4"), true), "%4");
  assert_slice(url_decode(&arena, SLICE("%zz%41"), true), "%zzA");
  assert_slice(url_decode(&arena, SLICE(""), true), "");
  assert_int_equal(url_decode(&arena, SLICE("%00"), true).ptr[0], 0);
  assert_slice(url_encode(&arena, SLICE("a b/\xc3\xbc-._~")), "a%20b%2F%C3%BC-._~");
  assert_slice(url_encode(&arena, slice_of("\0", 1)), "%00");
  assert_slice(url_encode(&arena, SLICE("")), "");
  arena_free(&arena);
}

static void test_fields(void **state) {
  (void)state;
  struct arena arena = {0};
  struct http_header headers[] = {
      {SLICE("Content-Type"), SLICE("application/x-www-form-urlencoded; charset=utf-8")},
      {SLICE("Cookie"), SLICE("a=1; session = x=y ;b")},
      {SLICE("cookie"), SLICE("late=2")},
  };
  struct http_request request = {
      .arena = &arena,
      .query = SLICE("a=1&b=x+y%21&empty&%61%62=4&a=2&bad=%ff"),
      .body = SLICE("title=a%26b&tail"),
      .headers = headers,
      .header_count = 3,
  };
  struct slice value;
  assert_slice(http_query_value(&request, "a"), "1");
  assert_slice(http_query_value(&request, "b"), "x y!");
  assert_slice(http_query_value(&request, "ab"), "4");
  assert_slice(http_query_value(&request, "bad"), "\xef\xbf\xbd");
  assert_true(http_query(&request, "empty", &value) && !value.len);
  assert_false(http_query(&request, "none", &value));
  assert_slice(http_form_value(&request, "title"), "a&b");
  assert_slice(http_form_value(&request, "none"), "");
  struct buffer many = buffer_make(1 << 20);
  while (many.len < 500000) BUFFER_APPEND_LITERAL(&many, "+&%6c%&titl%65s&");
  BUFFER_APPEND_LITERAL(&many, "titl%65=b");
  request.body = buffer_slice(&many);
  assert_slice(http_form_value(&request, "title"), "b");
  assert_in_range(arena.total_bytes, 0, 100000); /* however many fields there are */
  buffer_free(&many);
  assert_slice(http_cookie(&request, "session"), "x=y");
  assert_slice(http_cookie(&request, "late"), "2");
  assert_slice(http_cookie(&request, "b"), "");
  assert_slice(http_header(&request, "content-type"),
               "application/x-www-form-urlencoded; charset=utf-8");
  headers[0].value = SLICE("application/json");
  assert_slice(http_form_value(&request, "title"), "");
  arena_free(&arena);
}

static void handle(struct http_request *request, struct http_response *response) {
  (void)request;
  (void)response;
}

static const struct http_route routes[] = {
    {"GET", "/", handle, ROUTE_INLINE, 0, 0},
    {"POST", "/api/{project}/envelope/", handle, ROUTE_INLINE, 1, 0},
    {"GET", "/api/0/projects/", handle, ROUTE_INLINE, 2, 0},
    {"GET", "/{organization}/{project}/-/issues/new", handle, ROUTE_INLINE, 3, 0},
    {"GET", "/{organization}/{project}/-/issues/{number}", handle, ROUTE_INLINE, 4, 0},
    {"POST", "/{organization}/{project}/-/issues/{number}", handle, ROUTE_INLINE, 5, 0},
    {"GET", "/assets/{file...}", handle, ROUTE_INLINE, 6, 0},
    {NULL, NULL, NULL, ROUTE_INLINE, 0, 0},
};

struct route_case {
  const char *method, *path;
  int access; /* of the route; -1: not found, -2: other method */
  const char *first, *last;
};

static const struct route_case route_cases[] = {
    {"GET", "/", 0, "", ""},
    {"HEAD", "/", 0, "", ""},
    {"GET", "", -1, "", ""},
    {"GET", "*", -1, "", ""},
    {"GET", "//", -1, "", ""},
    {"POST", "/", -2, "", ""},
    {"get", "/", -2, "", ""},
    {"POST", "/api/42/envelope/", 1, "42", "42"},
    {"POST", "/api/42/envelope", 1, "42", "42"},
    {"POST", "//api//42///envelope/", 1, "42", "42"},
    {"POST", "/api/42/envelope//", 1, "42", "42"},
    {"POST", "/api//envelope/", -1, "", ""},
    {"POST", "/%61pi/42/envelope/", -1, "", ""},
    {"POST", "/api/4%202/envelope/", 1, "4 2", "4 2"},
    {"POST", "/api/%ff/envelope/", 1, "\xef\xbf\xbd", "\xef\xbf\xbd"},
    {"GET", "/api/0/projects/", 2, "", ""},
    {"GET", "/api/0/projects", 2, "", ""},
    {"GET", "//api/0/projects/", 2, "", ""},
    {"GET", "/api/0//projects/", 2, "", ""},
    {"GET", "/api/0/projects//", 2, "", ""},
    {"GET", "/main/app/-/issues/new", 3, "main", "app"},
    {"GET", "/main/app/-/issues/17", 4, "main", "17"},
    {"POST", "/main/app/-/issues/17", 5, "main", "17"},
    {"PUT", "/main/app/-/issues/17", -2, "", ""},
    {"GET", "/main/app/-/issues/", -1, "", ""},
    {"GET", "/main//-/issues/17", -1, "", ""},
    {"GET", "/assets/a/b.css", 6, "a/b.css", "a/b.css"},
    {"GET", "/assets/", -1, "", ""},
    {"GET", "/assets", -1, "", ""},
};

static void test_routes(void **state) {
  (void)state;
  struct router router = router_make(routes);
  for (size_t i = 0; i < sizeof route_cases / sizeof *route_cases; i++) {
    const struct route_case *c = &route_cases[i];
    struct arena arena = {0};
    struct buffer allow = buffer_make(100);
    struct http_request request = {
        .arena = &arena, .method = slice_of_string(c->method), .path = slice_of_string(c->path)};
    enum router_outcome outcome = router_find(&router, &request, &allow);
    int access = outcome == ROUTER_FOUND ? (int)request.route->access
                                         : (outcome == ROUTER_NOT_FOUND ? -1 : -2);
    if (access != c->access) fail_msg("%s %s gave %d", c->method, c->path, access);
    if (access >= 0 && request.parameter_count) {
      assert_slice(request.parameters[0].value, c->first);
      assert_slice(request.parameters[request.parameter_count - 1].value, c->last);
    }
    buffer_free(&allow);
    arena_free(&arena);
  }
  router_free(&router);
}

static void test_allow(void **state) {
  (void)state;
  struct router router = router_make(routes);
  struct arena arena = {0};
  struct buffer allow = buffer_make(100);
  struct http_request request = {
      .arena = &arena, .method = SLICE("PUT"), .path = SLICE("/main/app/-/issues/17")};
  assert_int_equal(router_find(&router, &request, &allow), ROUTER_OTHER_METHOD);
  assert_slice(buffer_slice(&allow), "GET, HEAD, POST");
  buffer_free(&allow);
  arena_free(&arena);
  router_free(&router);
}

static void test_proxies(void **state) {
  (void)state;
  struct proxy_list list;
  struct problem problem;
  assert_int_equal(proxy_list_parse(&list, "10.0.0.0/8, 192.168.1.7,::1 , fd00::/9,unix", &problem),
                   STATUS_OK);
  assert_true(list.trusts_unix);
  assert_true(proxy_is_trusted(&list, SLICE("10.255.0.1")));
  assert_false(proxy_is_trusted(&list, SLICE("11.0.0.1")));
  assert_true(proxy_is_trusted(&list, SLICE("::ffff:10.0.0.1")));
  assert_true(proxy_is_trusted(&list, SLICE("192.168.1.7")));
  assert_false(proxy_is_trusted(&list, SLICE("192.168.1.8")));
  assert_true(proxy_is_trusted(&list, SLICE("::1")));
  assert_true(proxy_is_trusted(&list, SLICE("fd7f::1")));
  assert_false(proxy_is_trusted(&list, SLICE("fd80::1")));
  assert_false(proxy_is_trusted(&list, SLICE("")));
  assert_false(proxy_is_trusted(&list, SLICE("localhost")));
  struct slice peer = SLICE("10.0.0.1");
  assert_slice(proxy_client(&list, SLICE("1.1.1.1, 2.2.2.2, 10.0.0.9"), peer), "2.2.2.2");
  assert_slice(proxy_client(&list, SLICE("2.2.2.2:81"), peer), "2.2.2.2");
  assert_slice(proxy_client(&list, SLICE("[2001:db8::1]:81"), peer), "2001:db8::1");
  assert_slice(proxy_client(&list, SLICE("2001:db8::1"), peer), "2001:db8::1");
  assert_slice(proxy_client(&list, SLICE("10.0.0.3"), peer), "10.0.0.3");
  assert_slice(proxy_client(&list, SLICE("1.1.1.1, nonsense"), peer), "10.0.0.1");
  assert_slice(proxy_client(&list, SLICE("1.1.1.1,"), peer), "10.0.0.1");
  assert_slice(proxy_client(&list, SLICE_EMPTY, peer), "10.0.0.1");
  proxy_list_free(&list);
  assert_int_equal(proxy_list_parse(&list, NULL, &problem), STATUS_OK);
  assert_false(proxy_is_trusted(&list, SLICE("10.0.0.1")));
  static const char *const wrong[] = {"10.0.0.0/33", "::/129", "a", "10.0.0.1/", "10.0.0", "/8"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(proxy_list_parse(&list, wrong[i], &problem), STATUS_BAD_INPUT);
}

static void test_listen_addresses(void **state) {
  (void)state;
  static const char *const right[] = {"127.0.0.1:9000", "[::1]:80", "unix:/tmp/x", "0.0.0.0:0"};
  static const char *const wrong[] = {
      "",           ":",     "127.0.0.1",    "127.0.0.1:", "127.0.0.1:65536", "::1:80",
      "[::1:80",    "[]:80", "localhost:80", "unix:",      "127.0.0.1:+80",   "1.1.1.1:8x",
      "127.0.0:80",
  };
  struct listen_address address;
  struct problem problem;
  char text[160];
  for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
    assert_int_equal(listen_parse(&address, right[i], &problem), STATUS_OK);
    listen_describe(&address, text, sizeof text);
    assert_string_equal(text, right[i]);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    if (listen_parse(&address, wrong[i], &problem) != STATUS_BAD_INPUT)
      fail_msg("accepted %s", wrong[i]);
  }
}

static void test_memory(void **state) {
  (void)state;
  assert_false(http_memory_take(SIZE_MAX));
  assert_false(http_memory_take(HTTP_BODIES_LIMIT + 1));
  assert_true(http_memory_take(HTTP_BODIES_LIMIT));
  assert_false(http_memory_take(1));
  http_memory_give(1);
  assert_true(http_memory_take(1));
  http_memory_give(HTTP_BODIES_LIMIT);
}

static void test_response_headers(void **state) {
  (void)state;
  struct arena arena = {0};
  struct http_request request = {.arena = &arena, .is_secure = true};
  struct http_response response = {.status = 200, .arena = &arena, .body = buffer_make(100)};
  char name[40][4];
  for (size_t i = 0; i < 40; i++) {
    name[i][0] = 'x';
    name[i][1] = (char)('0' + i / 10);
    name[i][2] = (char)('0' + i % 10);
    name[i][3] = '\0';
    http_add_header(&response, name[i], SLICE("v"));
  }
  http_set_header(&response, "X07", SLICE("a\r\nb"));
  http_set_cookie(&request, &response, "s", SLICE("1"), 60);
  http_redirect(&response, SLICE("/a"));
  assert_int_equal(response.header_count, 42);
  assert_slice(response.headers[7].value, "a  b");
  assert_slice(response.headers[39].name, "x39");
  assert_slice(response.headers[40].value,
               "s=1; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure");
  assert_int_equal(response.status, 303);
  arena_free(&arena);
}

static size_t length_for(const char *accepted, const char *type) {
  struct arena arena = {0};
  struct http_header header = {SLICE("Accept-Encoding"), slice_of_string(accepted)};
  struct http_request request = {.arena = &arena, .headers = &header, .header_count = 1};
  struct http_response response = {.arena = &arena, .body = buffer_make(10000)};
  memset(buffer_reserve(&response.body, 5000), 'a', 5000);
  response.body.len = 5000;
  http_set_header(&response, "Content-Type", slice_of_string(type));
  response_compress(&request, &response);
  size_t len = response.body.len;
  buffer_free(&response.body);
  arena_free(&arena);
  return len;
}

static void test_compression(void **state) {
  (void)state;
  assert_true(length_for("deflate, gzip;q=0.5", "text/html; charset=utf-8") < 100);
  assert_true(length_for("GZIP", "application/json") < 100);
  assert_int_equal(length_for("gzip", "image/png"), 5000);
  assert_int_equal(length_for("gzip;q=0", "text/html"), 5000);
  assert_int_equal(length_for("gzip; q=0.00", "text/html"), 5000);
  assert_int_equal(length_for("br", "text/html"), 5000);
  assert_int_equal(length_for("", "text/html"), 5000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_url),         cmocka_unit_test(test_fields),
      cmocka_unit_test(test_routes),      cmocka_unit_test(test_allow),
      cmocka_unit_test(test_proxies),     cmocka_unit_test(test_listen_addresses),
      cmocka_unit_test(test_memory),      cmocka_unit_test(test_response_headers),
      cmocka_unit_test(test_compression),
  };
  return cmocka_run_group_tests_name("http parts", tests, NULL, NULL);
}
