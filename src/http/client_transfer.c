/* client_transfer.c - one call: what libcurl is told, and what becomes of what it says.
 *
 * libcurl connects to what getaddrinfo() answers at that moment, and asks open_socket() for each
 * address before: the check is of the very address, so that a name that answers differently the
 * next time, or a number in another notation, changes nothing.
 *
 * What servers send is hostile: it is limited as it arrives. It is asked for as gzip and unpacked
 * here, once it is there: libcurl would take a stream that ends early for a whole one, and would
 * take brotli and zstd, a few bytes of which may ask for megabytes of memory.
 *
 * libcurl sends a request once more when a connection that was kept turns out to be dead. That is
 * fine for questions; whatever changes something gets a connection of its own.
 */
#include "http/client_transfer.h"

#include <libdeflate.h>
#include <malloc.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/address.h"
#include "http/limits.h"

#include "base/banned.h"

enum { FIRST_BUDGET_BYTES = 16 * 1024 };

void call_fail(struct http_call *call, enum http_failure failure, const char *text) {
  call->failure = failure;
  snprintf(call->failure_text, sizeof call->failure_text, "%.*s",
           (int)sizeof call->failure_text - 1, text);
}

/* --- the memory of all answers --------------------------------------------------------- */

static _Atomic size_t answers_bytes;

static bool take_memory(struct http_call *call, size_t bytes) {
  size_t before = atomic_fetch_add_explicit(&answers_bytes, bytes, memory_order_relaxed);
  if (before + bytes <= HTTP_CLIENT_ANSWERS_LIMIT) {
    call->answer_budget += bytes;
    return true;
  }
  atomic_fetch_sub_explicit(&answers_bytes, bytes, memory_order_relaxed);
  return false;
}

static void give_memory(struct http_call *call, size_t bytes) {
  atomic_fetch_sub_explicit(&answers_bytes, bytes, memory_order_relaxed);
  call->answer_budget -= bytes;
}

/* Takes as the buffer grows: by doubling. */
static bool take_memory_for(struct http_call *call, size_t bytes) {
  size_t wanted = call->answer_budget ? call->answer_budget : FIRST_BUDGET_BYTES;
  while (wanted < bytes) wanted *= 2;
  return bytes <= call->answer_budget || take_memory(call, wanted - call->answer_budget);
}

static void wipe_buffer(struct buffer *buffer) {
  /* It may hold tokens. */
  if (buffer->data) sodium_memzero(buffer->data, buffer->capacity);
  buffer_free(buffer);
}

void http_call_free(struct http_call *call) {
  wipe_buffer(&call->answer_buffer);
  give_memory(call, call->answer_budget);
  arena_free(&call->arena);
  call->answer_headers = NULL;
  call->answer_header_count = 0;
  call->answer = SLICE_EMPTY;
}

struct slice http_call_header(const struct http_call *call, const char *name) {
  for (size_t i = 0; i < call->answer_header_count; i++) {
    if (slice_equal_ignore_case(call->answer_headers[i].name, slice_of_string(name)))
      return call->answer_headers[i].value;
  }
  return SLICE_EMPTY;
}

/* --- what libcurl calls ------------------------------------------------------------------- */

static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
  struct http_transfer *transfer = context;
  (void)purpose;
  if (address_is_private(&address->addr)) {
    transfer->has_met_private = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Ends the transfer from within a callback, which returns it. */
static size_t stop_here(struct http_transfer *transfer, enum http_failure failure,
                        const char *reason) {
  transfer->failure = failure;
  transfer->reason = reason;
  return 0;
}

static size_t take_body(char *data, size_t size, size_t count, void *context) {
  struct http_transfer *transfer = context;
  struct buffer *buffer = &transfer->call->answer_buffer;
  size_t len = size * count;
  if (len > buffer->limit - buffer->len)
    return stop_here(transfer, HTTP_FAILURE_TOO_LARGE, "the body is over its limit");
  if (!take_memory_for(transfer->call, buffer->len + len))
    return stop_here(transfer, HTTP_FAILURE_BUSY, "other answers take all the memory");
  buffer_append(buffer, data, len);
  return len;
}

static void add_answer_header(struct http_call *call, const struct http_header *header) {
  if (!call->answer_headers)
    call->answer_headers =
        ARENA_ARRAY(&call->arena, HTTP_CLIENT_HEADER_COUNT_LIMIT, struct http_header);
  call->answer_headers[call->answer_header_count++] = *header;
}

/* Called for each line of the head: status line, headers, the empty line, and trailers. */
static size_t take_header(char *data, size_t size, size_t count, void *context) {
  struct http_transfer *transfer = context;
  struct http_call *call = transfer->call;
  struct slice line = slice_of(data, size * count);
  transfer->head_bytes += line.len;
  if (transfer->head_bytes > HTTP_CLIENT_HEAD_LIMIT ||
      call->answer_header_count == HTTP_CLIENT_HEADER_COUNT_LIMIT)
    return stop_here(transfer, HTTP_FAILURE_TOO_LARGE, "the headers are over their limit");
  if (slice_starts_with(line, SLICE("HTTP/"))) call->answer_header_count = 0; /* after a 100 */
  size_t colon = slice_find_byte(line, ':');
  if (colon == line.len || colon == 0) return line.len;
  struct http_header header = {arena_copy(&call->arena, slice_upto(line, colon)),
                               arena_copy(&call->arena, slice_trim(slice_from(line, colon + 1)))};
  add_answer_header(call, &header);
  return line.len;
}

/* --- the library's memory -------------------------------------------------------------------- */

/* Headers with tokens go through libcurl's own buffers; nothing of them stays behind. */

static void wipe_and_free(void *memory) {
  if (memory) sodium_memzero(memory, malloc_usable_size(memory));
  free(memory);
}

static void *wiping_realloc(void *old, size_t size) {
  size_t old_size = old ? malloc_usable_size(old) : 0;
  if (old && size <= old_size && size >= old_size / 2) return old;
  void *memory = memory_alloc(size);
  if (old) memcpy(memory, old, old_size < size ? old_size : size);
  wipe_and_free(old);
  return memory;
}

static void *cleared_alloc(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size ? size : 1);
  return memory ? memory : memory_alloc(SIZE_MAX); /* ends the process with its message */
}

static char *copy_string(const char *string) {
  size_t size = strlen(string) + 1;
  return memcpy(memory_alloc(size), string, size);
}

void transfer_prepare_library(void) {
  curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_alloc, wipe_and_free, wiping_realloc,
                       copy_string, cleared_alloc);
}

/* --- a transfer's life ------------------------------------------------------------------- */

/* libcurl alone would take "http:/host" and "http:///host" too. */
static bool has_two_slashes(struct slice url) {
  struct slice rest = slice_from(url, slice_find_byte(url, ':') + 1);
  return slice_starts_with(rest, SLICE("//")) && !slice_starts_with(rest, SLICE("///"));
}

/* "scheme://host:port", or null when that is no URL for us. */
static char *origin_of(struct http_call *call) {
  char *url = arena_string(&call->arena, call->url);
  char *scheme = NULL, *host = NULL, *port = NULL, *origin = NULL;
  CURLU *parts = curl_url();
  CURLUcode code = CURLUE_MALFORMED_INPUT;
  if (has_two_slashes(call->url) && !memchr(url, '\0', call->url.len))
    code = curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER);
  if (!code) code = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
  if (!code) code = curl_url_get(parts, CURLUPART_HOST, &host, 0);
  if (!code) code = curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
  if (!code && strcmp(scheme, "http") && strcmp(scheme, "https")) code = CURLUE_UNSUPPORTED_SCHEME;
  if (code) {
    call_fail(call, HTTP_FAILURE_URL, curl_url_strerror(code));
  } else {
    size_t size = strlen(scheme) + strlen(host) + strlen(port) + sizeof "://:";
    origin = memory_alloc(size);
    snprintf(origin, size, "%s://%s:%s", scheme, host, port);
  }
  curl_free(scheme);
  curl_free(host);
  curl_free(port);
  curl_url_cleanup(parts);
  return origin;
}

static bool is_header_text(struct slice text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if ((c < ' ' && c != '\t') || c == 0x7f) return false;
  }
  return true;
}

static bool are_headers_sound(struct http_call *call) {
  for (size_t i = 0; i < call->header_count; i++) {
    if (is_header_text(call->headers[i].name) && is_header_text(call->headers[i].value)) continue;
    call_fail(call, HTTP_FAILURE_HEADER, "a header holds a control character");
    return false;
  }
  return true;
}

struct http_transfer *transfer_make(struct http_call *call) {
  char *origin = origin_of(call);
  if (!origin) return NULL;
  if (!are_headers_sound(call)) {
    free(origin);
    return NULL;
  }
  struct http_transfer *transfer = memory_alloc(sizeof *transfer);
  *transfer = (struct http_transfer){.call = call, .origin = origin};
  return transfer;
}

static void add_header(struct http_transfer *transfer, const char *line) {
  transfer->headers = curl_slist_append(transfer->headers, line);
}

static void add_headers(struct http_transfer *transfer) {
  const struct http_call *call = transfer->call;
  for (size_t i = 0; i < call->header_count; i++) {
    const struct http_header *header = &call->headers[i];
    size_t size = header->name.len + header->value.len + sizeof ": ";
    char *line = memory_alloc(size);
    /* "Name;" is libcurl's way to send a header without value. */
    snprintf(line, size, header->value.len ? "%.*s: %.*s" : "%.*s;%.*s", SLICE_ARGS(header->name),
             SLICE_ARGS(header->value));
    add_header(transfer, line);
    wipe_and_free(line);
  }
  add_header(transfer, "Accept-Encoding: gzip");
  add_header(transfer, "Expect:"); /* nobody is asked before a body is sent */
  curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

static void set_method_and_body(struct http_transfer *transfer) {
  static const char *const with_body[] = {"POST", "PUT", "PATCH"};
  const struct http_call *call = transfer->call;
  bool has_body = call->body.len > 0;
  for (size_t i = 0; i < sizeof with_body / sizeof with_body[0]; i++)
    has_body = has_body || strcmp(call->method, with_body[i]) == 0;
  if (has_body) {
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, call->body.len ? call->body.ptr : "");
  }
  bool is_head = strcmp(call->method, "HEAD") == 0;
  if (is_head) curl_easy_setopt(transfer->easy, CURLOPT_NOBODY, 1L);
  if (!is_head && strcmp(call->method, "GET") != 0)
    curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L); /* sent once, or not at all */
  curl_easy_setopt(transfer->easy, CURLOPT_CUSTOMREQUEST, call->method);
}

static void set_limits(struct http_transfer *transfer) {
  struct http_call *call = transfer->call;
  int64_t left_ms = (transfer->deadline_us - transfer->begun_us) / 1000;
  size_t body_limit = call->body_limit ? call->body_limit : HTTP_CLIENT_BODY_LIMIT;
  call->answer_buffer = buffer_make(body_limit);
  curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 1 ? left_ms : 1));
  curl_easy_setopt(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CLIENT_CONNECT_TIMEOUT_MS);
  curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_LIMIT,
                   (long)HTTP_CLIENT_SLOW_BYTES_PER_SECOND);
  curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_TIME, (long)HTTP_CLIENT_SLOW_S);
  curl_easy_setopt(transfer->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)body_limit);
  curl_easy_setopt(transfer->easy, CURLOPT_MAXAGE_CONN, (long)HTTP_CLIENT_IDLE_S);
  curl_easy_setopt(transfer->easy, CURLOPT_MAXLIFETIME_CONN, (long)HTTP_CLIENT_CONNECTION_AGE_S);
}

static void set_trust(CURL *easy, const struct http_client_options *options) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  /* The system's certificates lie in one file and, each by itself, in a directory. The file is read
   * once and kept; a file of our own takes its place, beside the directory. */
  if (options->ca_file)
    curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
  else
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

void transfer_begin(struct http_transfer *transfer, const struct http_client_options *options) {
  CURL *easy = curl_easy_init();
  transfer->easy = easy;
  transfer->begun_us = clock_monotonic_us();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
  curl_easy_setopt(easy, CURLOPT_URL, arena_string(&transfer->call->arena, transfer->call->url));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "Culprit/" CULPRIT_VERSION);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  /* A name server that does not answer must not hold the thread after the call has ended. */
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  if (!options->allow_private_addresses) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
  }
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  set_trust(easy, options);
  set_limits(transfer);
  set_method_and_body(transfer);
  add_headers(transfer);
}

/* Which part of the call took too long. Connections that are used again have no time of connecting,
 * but all that get to the request have one of that. */
static enum http_failure timeout_failure(const struct http_transfer *transfer) {
  curl_off_t resolved = 0, ready = 0;
  if (transfer->begun_us - transfer->started_us > transfer->deadline_us - transfer->begun_us)
    return HTTP_FAILURE_BUSY;
  curl_easy_getinfo(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
  curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
  if (ready) return HTTP_FAILURE_TIMEOUT;
  return resolved ? HTTP_FAILURE_CONNECT_TIMEOUT : HTTP_FAILURE_RESOLVE;
}

static enum http_failure failure_of(const struct http_transfer *transfer, CURLcode code) {
  if (transfer->failure) return transfer->failure;
  switch (code) {
    case CURLE_OK: return HTTP_FAILURE_NONE;
    case CURLE_URL_MALFORMAT: return HTTP_FAILURE_URL;
    case CURLE_COULDNT_RESOLVE_HOST: return HTTP_FAILURE_RESOLVE;
    case CURLE_COULDNT_CONNECT:
      return transfer->has_met_private ? HTTP_FAILURE_PRIVATE : HTTP_FAILURE_REFUSED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT: return HTTP_FAILURE_TLS;
    case CURLE_OPERATION_TIMEDOUT: return timeout_failure(transfer);
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_OUT_OF_MEMORY: /* of its limit for one header; real shortage ends the process */
      return HTTP_FAILURE_TOO_LARGE;
    default: return HTTP_FAILURE_BROKEN;
  }
}

/* --- unpacking ------------------------------------------------------------------------------- */

/* A gzip stream ends with the size of what it holds. False for what cannot be one: no stream packs
 * better than 1032 to 1. */
static bool read_unpacked_size(struct slice packed, size_t *size) {
  const unsigned char *end = (const unsigned char *)packed.ptr + packed.len;
  if (packed.len < 18 || !slice_starts_with(packed, SLICE("\x1f\x8b"))) return false;
  *size = (size_t)end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
  return *size / 1032 <= packed.len;
}

static bool gunzip(struct slice packed, struct buffer *out, size_t size) {
  struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
  char *to = buffer_reserve(out, size ? size : 1);
  size_t taken = 0;
  bool is_good = decompressor && to &&
                 libdeflate_gzip_decompress_ex(decompressor, packed.ptr, packed.len, to, size,
                                               &taken, NULL) == LIBDEFLATE_SUCCESS &&
                 taken == packed.len;
  libdeflate_free_decompressor(decompressor);
  out->len = is_good ? size : 0;
  return is_good;
}

static void unpack(struct http_transfer *transfer) {
  struct http_call *call = transfer->call;
  struct slice coding = http_call_header(call, "Content-Encoding");
  struct slice packed = buffer_slice(&call->answer_buffer);
  size_t size = 0, packed_budget = call->answer_budget;
  struct buffer unpacked = buffer_make(call->answer_buffer.limit);
  if (!packed.len || !coding.len || slice_equal_ignore_case(coding, SLICE("identity"))) return;
  if (!slice_equal_ignore_case(coding, SLICE("gzip")) &&
      !slice_equal_ignore_case(coding, SLICE("x-gzip")))
    stop_here(transfer, HTTP_FAILURE_BROKEN, "a content coding that was not asked for");
  else if (!read_unpacked_size(packed, &size))
    stop_here(transfer, HTTP_FAILURE_BROKEN, "the body is not the gzip that it should be");
  else if (size > call->answer_buffer.limit)
    stop_here(transfer, HTTP_FAILURE_TOO_LARGE, "the body is over its limit");
  else if (!take_memory(call, size))
    stop_here(transfer, HTTP_FAILURE_BUSY, "other answers take all the memory");
  else if (!gunzip(packed, &unpacked, size))
    stop_here(transfer, HTTP_FAILURE_BROKEN, "the body is not the gzip that it should be");
  wipe_buffer(&call->answer_buffer);
  give_memory(call, packed_budget);
  call->answer_buffer = unpacked;
}

void transfer_end(struct http_transfer *transfer, CURLcode code) {
  struct http_call *call = transfer->call;
  long status = 0;
  if (code == CURLE_OK) unpack(transfer);
  enum http_failure failure = failure_of(transfer, code);
  if (failure) {
    http_call_free(call);
    const char *text = transfer->error[0] ? transfer->error : curl_easy_strerror(code);
    if (code == CURLE_OUT_OF_MEMORY) text = "a header is over its limit";
    call_fail(call, failure, transfer->reason ? transfer->reason : text);
    return;
  }
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  call->status = (int)status;
  call->answer = buffer_slice(&call->answer_buffer);
}

void transfer_free(struct http_transfer *transfer) {
  curl_easy_cleanup(transfer->easy);
  curl_slist_free_all(transfer->headers);
  free(transfer->origin);
  free(transfer);
}
