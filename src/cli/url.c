/* url.c - the address that people and SDKs reach the server at. */
#include "cli/command.h"

#include "base/banned.h"

static bool is_allowed(struct slice text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c <= 0x20 || c >= 0x7f || c == '?' || c == '#' || c == '@' || c == '"' || c == '<' ||
        c == '>' || c == '\\')
      return false;
  }
  return true;
}

enum status url_check(struct slice *url, struct problem *problem) {
  struct slice given = *url, rest = SLICE_EMPTY;
  if (slice_starts_with(given, SLICE("http://"))) rest = slice_from(given, 7);
  if (slice_starts_with(given, SLICE("https://"))) rest = slice_from(given, 8);
  while (rest.len && rest.ptr[rest.len - 1] == '/') {
    rest.len--;
    url->len--;
  }
  if (rest.len && rest.ptr[0] != '/' && is_allowed(rest)) return STATUS_OK;
  return problem_set(problem, STATUS_BAD_INPUT,
                     "The URL \"%.*s\" is not of the form http://host, https://host:port or "
                     "https://host/path.",
                     SLICE_ARGS(slice_cut_utf8(given, 120)));
}
