/* request.c - what handlers ask a request. All slices live as long as the request. */
#include "http/http.h"

#include "base/bytes.h"

#include "base/banned.h"

static const struct http_header *find_header(const struct http_request *request, const char *name) {
  struct slice wanted = slice_of_string(name);
  for (size_t i = 0; i < request->header_count; i++) {
    if (slice_equal_ignore_case(request->headers[i].name, wanted)) return &request->headers[i];
  }
  return NULL;
}

struct slice http_header(const struct http_request *request, const char *name) {
  const struct http_header *header = find_header(request, name);
  return header ? header->value : SLICE_EMPTY;
}

bool http_has_header(const struct http_request *request, const char *name) {
  return find_header(request, name) != NULL;
}

struct slice http_parameter(const struct http_request *request, const char *name) {
  for (size_t i = 0; i < request->parameter_count; i++) {
    if (slice_equal_string(request->parameters[i].name, name)) return request->parameters[i].value;
  }
  return SLICE_EMPTY;
}

/* Whether a field's name is `wanted` when it is decoded. Takes no memory, since there may be
 * hundreds of thousands of fields. */
static bool decodes_to(struct slice encoded, struct slice wanted) {
  size_t at = 0;
  for (size_t i = 0; i < encoded.len; i++, at++) {
    char c = encoded.ptr[i] == '+' ? ' ' : encoded.ptr[i];
    if (c == '%' && encoded.len - i > 2 && hex_decode(slice_of(encoded.ptr + i + 1, 2), &c, 1))
      i += 2;
    if (at == wanted.len || c != wanted.ptr[at]) return false;
  }
  return at == wanted.len;
}

/* Looks for `name` in "a=1&b=2"; the first one counts. */
static bool find_field(struct arena *arena, struct slice fields, const char *name,
                       struct slice *value) {
  struct slice wanted = slice_of_string(name);
  while (fields.len) {
    struct slice rest = slice_split(&fields, '&');
    struct slice key = slice_split(&rest, '=');
    if (!decodes_to(key, wanted)) continue;
    *value = utf8_repair(arena, url_decode(arena, rest, true));
    return true;
  }
  *value = SLICE_EMPTY;
  return false;
}

bool http_query(const struct http_request *request, const char *name, struct slice *value) {
  return find_field(request->arena, request->query, name, value);
}

struct slice http_query_value(const struct http_request *request, const char *name) {
  struct slice value;
  find_field(request->arena, request->query, name, &value);
  return value;
}

struct slice http_form_value(const struct http_request *request, const char *name) {
  struct slice parameters = http_header(request, "content-type"), value = SLICE_EMPTY;
  struct slice type = slice_trim(slice_split(&parameters, ';'));
  if (slice_equal_ignore_case(type, SLICE("application/x-www-form-urlencoded")))
    find_field(request->arena, request->body, name, &value);
  return value;
}

struct slice http_cookie(const struct http_request *request, const char *name) {
  struct slice wanted = slice_of_string(name);
  for (size_t i = 0; i < request->header_count; i++) {
    if (!slice_equal_ignore_case(request->headers[i].name, SLICE("cookie"))) continue;
    struct slice rest = request->headers[i].value;
    while (rest.len) {
      struct slice value = slice_split(&rest, ';');
      if (slice_equal(slice_trim(slice_split(&value, '=')), wanted)) return slice_trim(value);
    }
  }
  return SLICE_EMPTY;
}
