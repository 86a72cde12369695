/* origins.c - see origins.h. */
#include "ingest/origins.h"

#include "base/banned.h"

/* Parts that a pattern leaves out are empty; `host` may be "*". */
struct origin {
  struct slice scheme, host, port;
  bool with_subdomains;
};

struct origins {
  struct slice *literals; /* the lines; compared whole first: "null", "file://" */
  struct origin *patterns;
  size_t count;
  bool allows_all;
};

static struct slice default_port(struct slice scheme) {
  if (slice_equal_ignore_case(scheme, SLICE("http"))) return SLICE("80");
  if (slice_equal_ignore_case(scheme, SLICE("https"))) return SLICE("443");
  return SLICE_EMPTY;
}

static struct origin split(struct slice text) {
  struct origin origin = {0};
  size_t scheme = slice_find(text, SLICE("://"));
  if (scheme < text.len) {
    origin.scheme = slice_upto(text, scheme);
    text = slice_from(text, scheme + 3);
  }
  text = slice_upto(text, slice_find_byte(text, '/'));
  size_t colon = slice_find_last_byte(text, ':');
  /* Colons of an IPv6 address are in brackets. */
  size_t bracket = slice_find_last_byte(text, ']');
  bool has_port = colon < text.len && (bracket == text.len || bracket < colon);
  origin.host = has_port ? slice_upto(text, colon) : text;
  if (has_port) origin.port = slice_from(text, colon + 1);
  return origin;
}

/* --- compiling ---------------------------------------------------------------------------- */

static enum status line_problem(struct problem *problem, size_t line, const char *what) {
  return problem_set(problem, STATUS_BAD_INPUT,
                     "Line %zu of the allowed origins: %s Write *, example.com, *.example.com or "
                     "https://example.com:8443, one a line.",
                     line, what);
}

static enum status compile_line(struct slice line, size_t number, struct origin *pattern,
                                struct problem *problem) {
  uint64_t port;
  if (line.len > ORIGIN_BYTES)
    return line_problem(problem, number, "It is longer than 300 characters.");
  *pattern = split(line);
  size_t scheme = slice_find(line, SLICE("://"));
  struct slice rest = scheme < line.len ? slice_from(line, scheme + 3) : line;
  size_t slash = slice_find_byte(rest, '/');
  if (slash + 1 < rest.len) return line_problem(problem, number, "An origin has no path.");
  if (slice_starts_with(pattern->host, SLICE("*."))) {
    pattern->with_subdomains = true;
    pattern->host = slice_from(pattern->host, 2);
  }
  if (slice_equal_string(pattern->scheme, "*")) pattern->scheme = SLICE_EMPTY;
  if (slice_equal_string(pattern->port, "*")) pattern->port = SLICE_EMPTY;
  bool is_any_host = slice_equal_string(pattern->host, "*");
  if (!is_any_host && slice_find_byte(pattern->host, '*') < pattern->host.len)
    return line_problem(problem, number, "A * may only stand for the first part of a host.");
  if (slice_find_byte(line, ' ') < line.len)
    return line_problem(problem, number, "It holds a blank.");
  if (pattern->port.len && (!slice_to_u64(pattern->port, &port) || port > 65535))
    return line_problem(problem, number, "The port is not a number up to 65535.");
  if (!pattern->host.len && !pattern->scheme.len)
    return line_problem(problem, number, "It names no host.");
  return STATUS_OK;
}

enum status origins_compile(struct arena *arena, struct slice text, const struct origins **result,
                            struct problem *problem) {
  struct origins *origins = ARENA_NEW(arena, struct origins);
  origins->literals = ARENA_ARRAY(arena, ORIGINS_LIMIT, struct slice);
  origins->patterns = ARENA_ARRAY(arena, ORIGINS_LIMIT, struct origin);
  bool has_lines = false;
  *result = NULL;
  for (size_t number = 1; text.len; number++) {
    struct slice line = slice_trim(slice_split(&text, '\n'));
    if (!line.len) continue;
    has_lines = true;
    if (slice_equal_string(line, "*")) origins->allows_all = true;
    if (slice_equal_string(line, "*") || slice_equal_string(line, "none")) continue;
    if (origins->count == ORIGINS_LIMIT)
      return line_problem(problem, number, "There may be 100 origins, not more.");
    enum status status = compile_line(line, number, &origins->patterns[origins->count], problem);
    if (status) return status;
    origins->literals[origins->count++] = line;
  }
  if (has_lines && !origins->allows_all) *result = origins;
  return STATUS_OK;
}

/* --- comparing ---------------------------------------------------------------------------- */

static bool host_matches(const struct origin *pattern, struct slice host) {
  if (slice_equal_string(pattern->host, "*")) return true;
  if (slice_equal_ignore_case(pattern->host, host)) return true;
  if (!pattern->with_subdomains || host.len <= pattern->host.len) return false;
  size_t start = host.len - pattern->host.len;
  return host.ptr[start - 1] == '.' &&
         slice_equal_ignore_case(slice_from(host, start), pattern->host);
}

static bool matches(const struct origin *pattern, const struct origin *origin) {
  if (pattern->scheme.len && !slice_equal_ignore_case(pattern->scheme, origin->scheme))
    return false;
  struct slice port = origin->port.len ? origin->port : default_port(origin->scheme);
  if (pattern->port.len && !slice_equal(pattern->port, port)) return false;
  return pattern->host.len && host_matches(pattern, origin->host);
}

bool origins_allow(const struct origins *origins, struct slice origin) {
  if (!origins || !origin.len) return true;
  const struct origin parts = split(origin);
  for (size_t i = 0; i < origins->count; i++) {
    if (slice_equal_ignore_case(origins->literals[i], origin)) return true;
    if (parts.scheme.len && matches(&origins->patterns[i], &parts)) return true;
  }
  return false;
}

struct slice origin_of_request(const struct http_request *request) {
  struct slice origin = slice_trim(http_header(request, "Origin"));
  if (origin.len) return origin;
  struct slice referer = slice_trim(http_header(request, "Referer"));
  size_t scheme = slice_find(referer, SLICE("://"));
  if (scheme == referer.len) return SLICE_EMPTY;
  size_t host = scheme + 3;
  for (size_t i = host; i < referer.len; i++) {
    char c = referer.ptr[i];
    if (c == '/' || c == '?' || c == '#') return slice_upto(referer, i);
  }
  return referer;
}
