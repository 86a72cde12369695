/* response.c - headers, compression and the head of a response. */
#include "http/response.h"

#include <assert.h>
#include <libdeflate.h>
#include <pthread.h>
#include <string.h>

#include "http/limits.h"

#include "base/banned.h"

/* Level 5 makes pages a tenth larger than level 9 does, in a third of the time. Long answers are
 * for programs that read much of them: level 1 takes half the time. */
enum { COMPRESSION_LEVEL = 5, BULK_COMPRESSION_LEVEL = 1, FIRST_HEADERS = 8 };

/* --- headers ----------------------------------------------------------------- */

static struct slice clean_value(struct arena *arena, struct slice value) {
  char *copy = arena_alloc_raw(arena, value.len);
  for (size_t i = 0; i < value.len; i++) {
    char c = value.ptr[i];
    copy[i] = c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  }
  return slice_of(copy, value.len);
}

/* The array has room for FIRST_HEADERS, then for the next power of two. */
static void grow_headers(struct http_response *response) {
  size_t count = response->header_count;
  bool is_full = count == 0 || (count >= FIRST_HEADERS && (count & (count - 1)) == 0);
  if (!is_full) return;
  size_t capacity = count ? count * 2 : FIRST_HEADERS;
  struct http_header *headers = ARENA_ARRAY(response->arena, capacity, struct http_header);
  if (count) memcpy(headers, response->headers, count * sizeof *headers);
  response->headers = headers;
}

void http_add_header(struct http_response *response, const char *name, struct slice value) {
  grow_headers(response);
  response->headers[response->header_count++] =
      (struct http_header){slice_of_string(name), clean_value(response->arena, value)};
}

static struct http_header *find_header(const struct http_response *response, struct slice name) {
  for (size_t i = 0; i < response->header_count; i++) {
    if (slice_equal_ignore_case(response->headers[i].name, name)) return &response->headers[i];
  }
  return NULL;
}

void http_set_header(struct http_response *response, const char *name, struct slice value) {
  struct http_header *header = find_header(response, slice_of_string(name));
  if (header)
    header->value = clean_value(response->arena, value);
  else
    http_add_header(response, name, value);
}

bool http_reserve_body(struct http_response *response, size_t bytes) {
  assert(!response->budget);
  if (!http_memory_take(bytes)) return false;
  response->budget = bytes;
  return buffer_reserve(&response->body, bytes) != NULL;
}

void http_set_download(struct http_response *response, struct slice name,
                       struct slice content_type) {
  struct arena *arena = response->arena;
  char *plain = arena_alloc_raw(arena, name.len);
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    bool is_plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '%' && c != ';';
    plain[i] = is_plain ? c : '_';
  }
  struct slice encoded = url_encode(arena, name);
  http_set_header(response, "Content-Type", content_type);
  http_set_header(response, "Content-Disposition",
                  arena_printf(arena, "attachment; filename=\"%.*s\"; filename*=UTF-8''%.*s",
                               (int)name.len, plain, SLICE_ARGS(encoded)));
  http_set_header(response, "Content-Security-Policy", SLICE("default-src 'none'; sandbox"));
  http_set_header(response, "X-Content-Type-Options", SLICE("nosniff"));
  http_set_header(response, "Cache-Control", SLICE("private, no-store"));
}

void http_redirect(struct http_response *response, struct slice path) {
  assert(path.len && path.ptr[0] == '/');
  assert(path.len == 1 || (path.ptr[1] != '/' && path.ptr[1] != '\\'));
  response->status = 303;
  http_set_header(response, "Location", path);
}

void http_set_cookie(const struct http_request *request, struct http_response *response,
                     const char *name, struct slice value, int64_t max_age_s) {
  struct slice cookie =
      arena_printf(response->arena, "%s=%.*s; Max-Age=%lld; Path=/; HttpOnly; SameSite=Lax%s", name,
                   SLICE_ARGS(value), (long long)max_age_s, request->is_secure ? "; Secure" : "");
  http_add_header(response, "Set-Cookie", cookie);
}

/* --- compression ------------------------------------------------------------- */

static pthread_key_t compressor_key;
static pthread_once_t compressor_once = PTHREAD_ONCE_INIT;

static void free_compressor(void *compressor) { libdeflate_free_compressor(compressor); }
static void make_compressor_key(void) { pthread_key_create(&compressor_key, free_compressor); }

/* One for each worker thread, freed when that ends; null when there is no memory. */
static struct libdeflate_compressor *thread_compressor(void) {
  pthread_once(&compressor_once, make_compressor_key);
  struct libdeflate_compressor *compressor = pthread_getspecific(compressor_key);
  if (!compressor) {
    compressor = libdeflate_alloc_compressor(COMPRESSION_LEVEL);
    pthread_setspecific(compressor_key, compressor);
  }
  return compressor;
}

static bool is_compressible(struct slice type) {
  static const char *const types[] = {
      "text/html",       "text/plain",       "text/css",        "text/csv",
      "text/javascript", "application/json", "application/xml", "image/svg+xml",
  };
  type = slice_trim(slice_split(&type, ';'));
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (slice_equal_ignore_case(type, slice_of_string(types[i]))) return true;
  }
  return false;
}

/* Whether Accept-Encoding names gzip, and not with a weight of zero. */
static bool accepts_gzip(struct slice codings) {
  while (codings.len) {
    struct slice weight = slice_split(&codings, ',');
    struct slice coding = slice_trim(slice_split(&weight, ';'));
    if (!slice_equal_ignore_case(coding, SLICE("gzip"))) continue;
    weight = slice_trim(weight);
    bool is_zero = slice_starts_with(weight, SLICE("q=0"));
    for (size_t i = 3; is_zero && i < weight.len; i++)
      is_zero = weight.ptr[i] == '.' || weight.ptr[i] == '0';
    return !is_zero;
  }
  return false;
}

/* Shorter, or empty. */
static struct buffer compressed(const struct buffer *body) {
  bool is_bulk = body->len >= HTTP_COMPRESS_BULK_FROM;
  struct libdeflate_compressor *compressor =
      is_bulk ? libdeflate_alloc_compressor(BULK_COMPRESSION_LEVEL) : thread_compressor();
  struct buffer packed = buffer_make(body->len);
  if (!compressor) return packed;
  char *room = buffer_reserve(&packed, body->len);
  packed.len = libdeflate_gzip_compress(compressor, body->data, body->len, room, body->len);
  if (is_bulk) libdeflate_free_compressor(compressor);
  return packed;
}

void response_compress(const struct http_request *request, struct http_response *response) {
  const struct http_header *type = find_header(response, SLICE("content-type"));
  struct buffer *body = &response->body;
  if (response->static_body.len || body->is_overflown || body->len < HTTP_COMPRESS_FROM) return;
  if (!type || !is_compressible(type->value)) return;
  if (find_header(response, SLICE("content-encoding"))) return;
  http_add_header(response, "Vary", SLICE("Accept-Encoding"));
  if (!accepts_gzip(http_header(request, "accept-encoding"))) return;
  struct buffer packed = compressed(body);
  if (!packed.len) { /* it would not have become smaller */
    buffer_free(&packed);
    return;
  }
  buffer_free(body);
  *body = packed;
  http_add_header(response, "Content-Encoding", SLICE("gzip"));
}

/* --- the head ---------------------------------------------------------------- */

static const char *status_text(int status) {
  static const struct {
    int status;
    const char *text;
  } texts[] = {
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {208, "Already Reported"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
      {507, "Insufficient Storage"},
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (texts[i].status == status) return texts[i].text;
  }
  return "Other";
}

struct slice response_body(const struct http_response *response) {
  return response->static_body.len ? response->static_body : buffer_slice(&response->body);
}

bool response_has_body(int status) { return status >= 200 && status != 204 && status != 304; }

static void append_header(struct buffer *out, struct slice name, struct slice value) {
  buffer_append_slice(out, name);
  BUFFER_APPEND_LITERAL(out, ": ");
  buffer_append_slice(out, value);
  BUFFER_APPEND_LITERAL(out, "\r\n");
}

void response_write_head(const struct http_response *response,
                         const struct response_framing *framing, struct buffer *out) {
  BUFFER_APPEND_LITERAL(out, "HTTP/1.1 ");
  buffer_append_u64(out, (uint64_t)response->status);
  buffer_append_byte(out, ' ');
  buffer_append_slice(out, slice_of_string(status_text(response->status)));
  BUFFER_APPEND_LITERAL(out, "\r\n");
  append_header(out, SLICE("Date"), slice_of_string(framing->date));
  for (size_t i = 0; i < response->header_count; i++)
    append_header(out, response->headers[i].name, response->headers[i].value);
  if (response_has_body(response->status)) {
    BUFFER_APPEND_LITERAL(out, "Content-Length: ");
    buffer_append_u64(out, response_body(response).len);
    BUFFER_APPEND_LITERAL(out, "\r\n");
  }
  if (framing->closes)
    BUFFER_APPEND_LITERAL(out, "Connection: close\r\n");
  else if (framing->is_http_1_0)
    BUFFER_APPEND_LITERAL(out, "Connection: keep-alive\r\n");
  BUFFER_APPEND_LITERAL(out, "\r\n");
}
