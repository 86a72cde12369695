/* head.c - see head.h.
 *
 * Two servers that read one stream of bytes differently can be played against
 * each other (request smuggling). Where the standard allows a recipient to be
 * lenient, this one is not: lines end in CRLF and hold no control byte, there is
 * no folding, one Host, and one way to tell where the body ends.
 *
 * llhttp reads the header lines. It never sees the method: ours is any token, so
 * that an unknown one is answered by the router (405), not taken for garbage.
 *
 * Source: RFC 9110, RFC 9112.
 */
#include "http/head.h"

#include <llhttp.h>
#include <string.h>

#include "http/limits.h"

#include "base/banned.h"

enum scan_state {
  AT_START, /* one empty line is skipped here, RFC 9112 2.2 */
  AFTER_FIRST_CR,
  AT_FIRST_LINE,
  IN_LINE,
  AFTER_CR,
  AT_LINE,
  AFTER_LAST_CR,
};

static bool is_plain(unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; }

static enum head_progress bad(struct http_fault *fault, int code, const char *reason) {
  *fault = (struct http_fault){code, reason};
  return HEAD_BAD;
}

static bool refuse(struct http_fault *fault, int code, const char *reason) {
  *fault = (struct http_fault){code, reason};
  return false;
}

/* The state after `c`, or -1 when it may not stand there. */
static int next_state(unsigned state, unsigned char c) {
  switch ((enum scan_state)state) {
    case AT_START:
      if (c == '\r') return AFTER_FIRST_CR;
      return is_plain(c) && c != ' ' && c != '\t' ? IN_LINE : -1;
    case AFTER_FIRST_CR: return c == '\n' ? AT_FIRST_LINE : -1;
    case AT_FIRST_LINE: return is_plain(c) && c != ' ' && c != '\t' ? IN_LINE : -1;
    case IN_LINE:
      if (c == '\r') return AFTER_CR;
      return is_plain(c) ? IN_LINE : -1;
    case AFTER_CR: return c == '\n' ? AT_LINE : -1;
    case AT_LINE:
      if (c == '\r') return AFTER_LAST_CR;
      return is_plain(c) && c != ' ' && c != '\t' ? IN_LINE : -1;
    case AFTER_LAST_CR: break;
  }
  return -1;
}

static const char *reason_of(unsigned state, unsigned char c) {
  if (state == AT_LINE && (c == ' ' || c == '\t')) return "A header line is folded.";
  if (state == AFTER_CR || state == AFTER_LAST_CR || state == AFTER_FIRST_CR)
    return "A carriage return is not followed by a line feed.";
  if (c == '\n') return "A line ends in a line feed without a carriage return.";
  return "The request's head holds a control byte or starts with a blank.";
}

enum head_progress head_scan(struct head_scanner *scanner, struct slice bytes,
                             struct http_fault *fault) {
  const unsigned char *at = (const unsigned char *)bytes.ptr;
  size_t end = bytes.len < HTTP_HEAD_LIMIT ? bytes.len : HTTP_HEAD_LIMIT, i = scanner->offset;
  unsigned state = scanner->state;
  while (i < end) {
    if (state == IN_LINE) {
      while (i < end && is_plain(at[i])) i++;
      if (i == end) break;
    }
    if (state == AFTER_LAST_CR && at[i] == '\n') {
      scanner->offset = (uint32_t)i + 1;
      return HEAD_WHOLE;
    }
    int next = next_state(state, at[i]);
    if (next < 0) return bad(fault, 400, reason_of(state, at[i]));
    if (next == AT_LINE) scanner->lines++;
    if (scanner->lines > HTTP_HEADER_COUNT_LIMIT + 1)
      return bad(fault, 431, "The request has too many headers.");
    state = (unsigned)next;
    i++;
  }
  scanner->offset = (uint32_t)i;
  scanner->state = (uint8_t)state;
  if (i < HTTP_HEAD_LIMIT) return HEAD_MORE;
  if (!scanner->lines) return bad(fault, 414, "The request's address is too long.");
  return bad(fault, 431, "The request's headers are too large.");
}

/* --- request line ------------------------------------------------------------ */

static bool is_token(struct slice s) {
  static const char others[] = "!#$%&'*+-.^_`|~";
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    bool is_word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_word && !memchr(others, c, sizeof others - 1)) return false;
  }
  return s.len > 0;
}

static bool check_version(struct http_head *head, struct slice version, struct http_fault *fault) {
  if (slice_equal(version, SLICE("HTTP/1.1")) || slice_equal(version, SLICE("HTTP/1.0"))) {
    head->minor_version = version.ptr[version.len - 1] == '1';
    return true;
  }
  if (slice_starts_with(version, SLICE("HTTP/")))
    return refuse(fault, 505, "This server speaks HTTP/1.1 and HTTP/1.0.");
  return refuse(fault, 400, "The request line does not end in an HTTP version.");
}

static bool parse_request_line(struct http_head *head, struct slice line,
                               struct http_fault *fault) {
  struct slice rest = line;
  struct slice method = slice_split(&rest, ' ');
  struct slice target = slice_split(&rest, ' ');
  if (!is_token(method) || method.len > 32)
    return refuse(fault, 400, "The request line does not start with a method.");
  if (!target.len) return refuse(fault, 400, "The request line has no address.");
  head->method = method;
  if (target.len > HTTP_TARGET_LIMIT)
    return refuse(fault, 414, "The request's address is too long.");
  for (size_t i = 0; i < target.len; i++) {
    if (target.ptr[i] <= ' ' || target.ptr[i] == '#')
      return refuse(fault, 400, "The request's address holds a byte that has to be escaped.");
  }
  head->target = target;
  return check_version(head, rest, fault);
}

/* --- header lines ------------------------------------------------------------ */

struct reading {
  struct http_head *head;
  size_t capacity;
};

static struct http_header *current(llhttp_t *parser) {
  struct reading *reading = parser->data;
  size_t count = reading->head->header_count;
  return count < reading->capacity ? &reading->head->headers[count] : NULL;
}

static void extend(struct slice *s, const char *at, size_t length) {
  if (!s->ptr) s->ptr = at;
  s->len += length;
}

static int on_field(llhttp_t *parser, const char *at, size_t length) {
  struct http_header *header = current(parser);
  if (!header) return HPE_USER;
  extend(&header->name, at, length);
  return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t length) {
  struct http_header *header = current(parser);
  if (!header) return HPE_USER;
  extend(&header->value, at, length);
  return 0;
}

static int on_value_complete(llhttp_t *parser) {
  struct http_header *header = current(parser);
  if (!header) return HPE_USER;
  header->value = slice_trim(header->value);
  ((struct reading *)parser->data)->head->header_count++;
  return 0;
}

static int on_headers_complete(llhttp_t *parser) {
  (void)parser;
  return HPE_PAUSED;
}

/* `bytes` start at the blank behind the method. */
static bool parse_headers(struct http_head *head, struct arena *arena, struct slice bytes,
                          struct http_fault *fault) {
  static const llhttp_settings_t settings = {
      .on_header_field = on_field,
      .on_header_value = on_value,
      .on_header_value_complete = on_value_complete,
      .on_headers_complete = on_headers_complete,
  };
  size_t lines = 0;
  for (size_t i = 0; i < bytes.len; i++) lines += bytes.ptr[i] == '\n';
  struct reading reading = {head, lines};
  head->headers = ARENA_ARRAY(arena, lines, struct http_header);
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings);
  parser.data = &reading;
  if (llhttp_execute(&parser, "POST", 4) == HPE_OK &&
      llhttp_execute(&parser, bytes.ptr, bytes.len) == HPE_PAUSED)
    return true;
  return refuse(fault, 400, "The request's head is malformed.");
}

/* --- what the headers say together ------------------------------------------- */

/* The only header of that name; `count` says how many there were. */
static struct slice find_header(const struct http_head *head, struct slice name, size_t *count) {
  struct slice value = SLICE_EMPTY;
  *count = 0;
  for (size_t i = 0; i < head->header_count; i++) {
    if (!slice_equal_ignore_case(head->headers[i].name, name)) continue;
    if (!(*count)++) value = head->headers[i].value;
  }
  return value;
}

static bool is_host(struct slice value) {
  static const char others[] = "-._~:[]%!$&'()*+;=";
  for (size_t i = 0; i < value.len; i++) {
    char c = value.ptr[i];
    bool is_word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_word && !memchr(others, c, sizeof others - 1)) return false;
  }
  return value.len > 0;
}

static bool check_host(const struct http_head *head, struct http_fault *fault) {
  size_t count;
  struct slice host = find_header(head, SLICE("host"), &count);
  if (count > 1) return refuse(fault, 400, "The request has more than one Host header.");
  if (!count && head->minor_version == 1)
    return refuse(fault, 400, "The request has no Host header.");
  if (count && !is_host(host)) return refuse(fault, 400, "The Host header is not a host name.");
  return true;
}

static bool check_length(struct http_head *head, struct http_fault *fault) {
  size_t lengths, codings;
  struct slice length = find_header(head, SLICE("content-length"), &lengths);
  struct slice coding = find_header(head, SLICE("transfer-encoding"), &codings);
  if (lengths > 1) return refuse(fault, 400, "The request has more than one Content-Length.");
  if (lengths && codings)
    return refuse(fault, 400, "The request has both Content-Length and Transfer-Encoding.");
  if (lengths && !slice_to_u64(length, &head->content_length))
    return refuse(fault, 400, "Content-Length is not a number.");
  if (codings && head->minor_version == 0)
    return refuse(fault, 400, "Transfer-Encoding does not exist in HTTP/1.0.");
  if (codings && (codings > 1 || !slice_equal_ignore_case(coding, SLICE("chunked"))))
    return refuse(fault, 501, "The only Transfer-Encoding this server knows is chunked.");
  head->is_chunked = codings == 1;
  head->has_body = head->is_chunked || head->content_length > 0;
  return true;
}

static bool check_connection(struct http_head *head, struct http_fault *fault) {
  size_t count;
  struct slice expect = find_header(head, SLICE("expect"), &count);
  if (count && (count > 1 || !slice_equal_ignore_case(expect, SLICE("100-continue"))))
    return refuse(fault, 417, "The only expectation this server knows is 100-continue.");
  head->expects_continue = count && head->minor_version == 1;
  bool says_close = false, says_keep_alive = false;
  for (size_t i = 0; i < head->header_count; i++) {
    if (!slice_equal_ignore_case(head->headers[i].name, SLICE("connection"))) continue;
    struct slice rest = head->headers[i].value;
    while (rest.len) {
      struct slice option = slice_trim(slice_split(&rest, ','));
      says_close |= slice_equal_ignore_case(option, SLICE("close"));
      says_keep_alive |= slice_equal_ignore_case(option, SLICE("keep-alive"));
    }
  }
  head->keeps_alive = !says_close && (head->minor_version == 1 || says_keep_alive);
  return true;
}

/* "http://host/path" is allowed for the host that the request is for. */
static bool take_absolute_form(struct http_head *head, struct http_fault *fault) {
  struct slice target = head->target;
  if (target.ptr[0] == '/' || slice_equal(target, SLICE("*"))) return true;
  size_t colon = slice_find(target, SLICE("://"));
  struct slice scheme = slice_upto(target, colon), authority = slice_from(target, colon + 3);
  if (!slice_equal_ignore_case(scheme, SLICE("http")) &&
      !slice_equal_ignore_case(scheme, SLICE("https")))
    return refuse(fault, 400, "The request's address has to start with a slash.");
  size_t slash = slice_find_byte(authority, '/'), count;
  head->target = slash < authority.len ? slice_from(authority, slash) : SLICE("/");
  struct slice host = find_header(head, SLICE("host"), &count);
  if (count && slice_equal_ignore_case(slice_upto(authority, slash), host)) return true;
  return refuse(fault, 400, "The request's address names another host than its Host header.");
}

bool head_parse(struct http_head *head, struct arena *arena, struct slice bytes,
                struct http_fault *fault) {
  *head = (struct http_head){0};
  if (slice_starts_with(bytes, SLICE("\r\n"))) bytes = slice_from(bytes, 2);
  struct slice line = slice_upto(bytes, slice_find_byte(bytes, '\r'));
  if (!parse_request_line(head, line, fault)) return false;
  return parse_headers(head, arena, slice_from(bytes, head->method.len), fault) &&
         check_host(head, fault) && check_length(head, fault) && check_connection(head, fault) &&
         take_absolute_form(head, fault);
}
