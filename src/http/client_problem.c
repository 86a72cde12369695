/* client_problem.c - see client_problem.h.
 *
 * Texts of the other server (addresses, first bytes) are shown cut, as valid UTF-8 and without
 * control characters.
 */
#include "http/client_problem.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "http/limits.h"

#include "base/banned.h"

enum { SHOWN_BYTES = 100 };

struct shown {
  char text[SHOWN_BYTES + sizeof "…"];
};

static struct shown show(struct slice s) {
  struct shown shown;
  struct arena arena = {0};
  struct slice valid = utf8_repair(&arena, slice_upto(slice_trim(s), 2 * SHOWN_BYTES));
  struct slice cut = slice_cut_utf8(valid, SHOWN_BYTES);
  snprintf(shown.text, sizeof shown.text, "%.*s%s", SLICE_ARGS(cut),
           cut.len < valid.len ? "…" : "");
  for (char *c = shown.text; *c; c++) {
    if ((unsigned char)*c < ' ' || *c == 0x7f) *c = ' ';
  }
  arena_free(&arena);
  return shown;
}

/* "sentry.example.org:8443" of the call's URL. */
static struct slice host_of(const struct http_call *call) {
  struct slice rest = slice_from(call->url, slice_find(call->url, SLICE("://")) + 3);
  size_t end = 0;
  while (end < rest.len && !strchr("/?#", rest.ptr[end])) end++;
  struct slice authority = slice_upto(rest, end);
  size_t at = slice_find_last_byte(authority, '@');
  return at < authority.len ? slice_from(authority, at + 1) : authority;
}

/* --- no complete answer -------------------------------------------------------------------- */

static bool has(const struct http_call *call, const char *words) {
  struct slice text = slice_of_string(call->failure_text);
  return slice_find(text, slice_of_string(words)) < text.len;
}

/* What to do about a failed handshake, from OpenSSL's words. */
static const char *tls_advice(const struct http_call *call) {
  if (has(call, "wrong version number") || has(call, "record layer") ||
      has(call, "unexpected message"))
    return "There is no TLS at that port: use http://, or another port.";
  if (has(call, "self-signed") || has(call, "self signed") || has(call, "local issuer"))
    return "An administrator can have certificates of your own authority trusted with --ca-file.";
  if (has(call, "expired")) return "Its certificate has to be renewed.";
  if (has(call, "does not match") || has(call, "alternative certificate"))
    return "Use the name that its certificate is made for.";
  return "Its TLS set-up has to be put right, or the URL.";
}

static enum status tls_problem(const struct http_call *call, const char *peer,
                               struct problem *problem) {
  return problem_set_field(problem, STATUS_UNAVAILABLE, "url",
                           "No safe connection to %s at %s: %s. %s", peer, show(host_of(call)).text,
                           show(slice_of_string(call->failure_text)).text, tls_advice(call));
}

/* Those for which the URL has to be looked at. */
static enum status url_problem(const struct http_call *call, const char *peer,
                               struct problem *problem) {
  const struct shown host = show(host_of(call));
  switch (call->failure) {
    case HTTP_FAILURE_URL: /* not shown: it may hold a password */
      return problem_set_field(problem, STATUS_BAD_INPUT, "url",
                               "This cannot be the URL of a %s server: that begins with https:// "
                               "or http:// and a host, and holds no user name, password or blank.",
                               peer);
    case HTTP_FAILURE_RESOLVE:
      return problem_set_field(problem, STATUS_UNAVAILABLE, "url",
                               "The host \"%s\" of %s is not known. Check how the URL is written, "
                               "and the name server of this machine.",
                               host.text, peer);
    case HTTP_FAILURE_PRIVATE:
      return problem_set_field(problem, STATUS_BAD_INPUT, "url",
                               "The host \"%s\" of %s has an address of this machine or of a "
                               "private network. An administrator can allow such addresses with "
                               "--allow-private-addresses.",
                               host.text, peer);
    case HTTP_FAILURE_REFUSED:
      return problem_set_field(
          problem, STATUS_UNAVAILABLE, "url",
          "\"%s\" refused the connection, or there is no way to it. Check host "
          "and port of the URL, and whether %s runs.",
          host.text, peer);
    case HTTP_FAILURE_CONNECT_TIMEOUT:
      return problem_set_field(problem, STATUS_UNAVAILABLE, "url",
                               "\"%s\" did not take the connection within %d seconds. Check host "
                               "and port of the URL, whether %s runs, and firewalls between.",
                               host.text, HTTP_CLIENT_CONNECT_TIMEOUT_MS / 1000, peer);
    default: return tls_problem(call, peer, problem);
  }
}

static enum status answer_problem(const struct http_call *call, const char *peer,
                                  struct problem *problem) {
  int64_t timeout_ms = call->timeout_ms ? call->timeout_ms : HTTP_CLIENT_TIMEOUT_MS;
  size_t limit = call->body_limit ? call->body_limit : HTTP_CLIENT_BODY_LIMIT;
  switch (call->failure) {
    case HTTP_FAILURE_HEADER:
      return problem_set_field(problem, STATUS_BAD_INPUT, "token",
                               "The token for %s holds a line break or another character that "
                               "cannot be sent. Copy it once more.",
                               peer);
    case HTTP_FAILURE_TIMEOUT:
      return problem_set(problem, STATUS_UNAVAILABLE,
                         "%s did not answer completely within %lld seconds. Try again later.", peer,
                         (long long)((timeout_ms + SECOND_MS - 1) / SECOND_MS));
    case HTTP_FAILURE_TOO_LARGE:
      return problem_set(problem, STATUS_TOO_LARGE,
                         "The answer of %s is too big: more than %.3g MB, or too many headers.",
                         peer, (double)limit / (1024 * 1024));
    case HTTP_FAILURE_BUSY:
      return problem_set(
          problem, STATUS_UNAVAILABLE,
          "Too many requests to other servers are under way. Try again in a minute.");
    case HTTP_FAILURE_STOPPED:
      return problem_set(problem, STATUS_UNAVAILABLE,
                         "This server is being stopped. Try again when it is back.");
    default:
      return problem_set(
          problem, STATUS_UNAVAILABLE,
          "The answer of %s is broken (%s). Try again later; if it stays so, look at "
          "the proxies between.",
          peer, show(slice_of_string(call->failure_text)).text);
  }
}

static bool is_about_url(enum http_failure failure) {
  switch (failure) {
    case HTTP_FAILURE_URL:
    case HTTP_FAILURE_RESOLVE:
    case HTTP_FAILURE_PRIVATE:
    case HTTP_FAILURE_REFUSED:
    case HTTP_FAILURE_TLS:
    case HTTP_FAILURE_CONNECT_TIMEOUT: return true;
    default: return false;
  }
}

/* --- answers that are no success ----------------------------------------------------------- */

static enum status redirect_problem(const struct http_call *call, const char *peer,
                                    struct problem *problem) {
  struct slice location = http_call_header(call, "Location");
  if (!location.len)
    return problem_set_field(problem, STATUS_BAD_INPUT, "url",
                             "%s answered with a redirect (status %d) to nowhere. Check the URL.",
                             peer, call->status);
  return problem_set_field(problem, STATUS_BAD_INPUT, "url",
                           "%s answered with a redirect to %s. Redirects are not followed; enter "
                           "that server's address instead.",
                           peer, show(location).text);
}

static enum status rate_problem(const struct http_call *call, const char *peer, int64_t now_ms,
                                struct problem *problem) {
  int64_t time_ms = now_ms;
  http_call_not_before(call, now_ms, &time_ms);
  long long seconds = (time_ms - now_ms + SECOND_MS - 1) / SECOND_MS;
  if (seconds > 120)
    return problem_set(problem, STATUS_BUSY,
                       "%s takes no more requests for now. Try again in %lld minutes.", peer,
                       (seconds + 59) / 60);
  return problem_set(problem, STATUS_BUSY,
                     "%s takes no more requests for now. Try again in %lld second%s.", peer,
                     seconds, seconds == 1 ? "" : "s");
}

static enum status status_problem(const struct http_call *call, const char *peer,
                                  struct problem *problem) {
  if (call->status == 401)
    return problem_set_field(problem, STATUS_UNAUTHENTICATED, "token",
                             "%s does not accept the token: it is wrong, has expired or was "
                             "revoked. Enter a new one.",
                             peer);
  if (call->status == 403)
    return problem_set_field(
        problem, STATUS_FORBIDDEN, "token",
        "The token may not do this at %s: it lacks a scope, or its owner lacks "
        "the right.",
        peer);
  if (call->status == 404)
    return problem_set_field(problem, STATUS_NOT_FOUND, "url",
                             "%s has nothing at this address, or does not show it to the token. "
                             "Check the URL and the project.",
                             peer);
  if (call->status >= 500)
    return problem_set(problem, STATUS_UNAVAILABLE,
                       "%s has trouble of its own: it answered with status %d. Try again later.",
                       peer, call->status);
  return problem_set(problem, STATUS_FAILED,
                     "%s answered with status %d, which was not expected here.", peer,
                     call->status);
}

enum status http_call_problem(const struct http_call *call, const char *peer, int64_t now_ms,
                              struct problem *problem) {
  if (is_about_url(call->failure)) return url_problem(call, peer, problem);
  if (call->failure) return answer_problem(call, peer, problem);
  if (call->status >= 200 && call->status < 300) return STATUS_OK;
  if (call->status >= 300 && call->status < 400) return redirect_problem(call, peer, problem);
  if (call->status == 429) return rate_problem(call, peer, now_ms, problem);
  return status_problem(call, peer, problem);
}

/* --- answers that cannot be used ---------------------------------------------------------------
 */

enum status http_call_not_json(const struct http_call *call, const char *peer,
                               struct problem *problem) {
  struct slice type = http_call_header(call, "Content-Type");
  if (!slice_trim(call->answer).len)
    return problem_set_field(problem, STATUS_FAILED, "url",
                             "The answer of %s is empty where JSON was expected. Check the URL.",
                             peer);
  if (slice_find(type, SLICE("json")) < type.len)
    return problem_set(
        problem, STATUS_FAILED,
        "The answer of %s is not JSON, although it says so: \"%s\". Try again later.", peer,
        show(call->answer).text);
  return problem_set_field(
      problem, STATUS_FAILED, "url",
      "The answer of %s is not JSON but %s: \"%s\". The URL may lead to pages "
      "for people, or to another server.",
      peer, type.len ? show(slice_upto(type, slice_find_byte(type, ';'))).text : "something else",
      show(call->answer).text);
}

/* --- when to try again
 * ----------------------------------------------------------------------------- */

/* Of a decimal number of seconds, fractions dropped. */
static bool read_seconds(struct slice text, int64_t *seconds) {
  return slice_to_i64(slice_upto(text, slice_find_byte(text, '.')), seconds);
}

static bool read_retry_after(const struct http_call *call, int64_t now_ms, int64_t *time_ms) {
  struct slice text = http_call_header(call, "Retry-After");
  struct arena arena = {0};
  int64_t seconds;
  if (!text.len) return false;
  if (read_seconds(text, &seconds)) {
    if (seconds > HTTP_CLIENT_RETRY_LIMIT_MS / SECOND_MS)
      seconds = HTTP_CLIENT_RETRY_LIMIT_MS / SECOND_MS;
    *time_ms = now_ms + seconds * SECOND_MS;
    return true;
  }
  time_t date = curl_getdate(arena_string(&arena, text), NULL);
  arena_free(&arena);
  *time_ms = (int64_t)date * SECOND_MS;
  return date >= 0;
}

/* A time at which there will be requests again, when none is left. */
static bool read_reset(const struct http_call *call, const char *const names[2], int64_t *time_ms) {
  int64_t remaining, seconds;
  if (read_seconds(http_call_header(call, names[0]), &remaining) && remaining > 0 &&
      call->status != 429)
    return false;
  if (!http_call_header(call, names[0]).len && call->status != 429) return false;
  if (!read_seconds(http_call_header(call, names[1]), &seconds) || seconds > INT64_MAX / SECOND_MS)
    return false;
  *time_ms = seconds * SECOND_MS;
  return true;
}

bool http_call_not_before(const struct http_call *call, int64_t now_ms, int64_t *time_ms) {
  static const char *const sentry[] = {"X-Sentry-Rate-Limit-Remaining",
                                       "X-Sentry-Rate-Limit-Reset"};
  static const char *const gitlab[] = {"RateLimit-Remaining", "RateLimit-Reset"};
  int64_t found_ms;
  if (call->failure) return false;
  if (!read_retry_after(call, now_ms, &found_ms) && !read_reset(call, sentry, &found_ms) &&
      !read_reset(call, gitlab, &found_ms)) {
    if (call->status != 429) return false;
    found_ms = now_ms + HTTP_CLIENT_RETRY_DEFAULT_MS;
  }
  if (found_ms <= now_ms) {
    if (call->status != 429) return false;
    found_ms = now_ms + SECOND_MS; /* it is over by its own clock, and still it was refused */
  }
  *time_ms = found_ms - now_ms > HTTP_CLIENT_RETRY_LIMIT_MS ? now_ms + HTTP_CLIENT_RETRY_LIMIT_MS
                                                            : found_ms;
  return true;
}
