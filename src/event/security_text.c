/* security_text.c - security reports in words, as Sentry shows them: messages, culprits.
 *
 * Browsers report the same thing differently: 'self' as a keyword, as the page's origin or not at
 * all, a scheme with and without its colon. What is shown and grouped is brought to one form first.
 */
#include "event/security_text.h"

#include "event/security_report.h"
#include "json/json.h"

#include "base/banned.h"

static const char *const directives[] = {
    "base-uri",
    "block-all-mixed-content",
    "child-src",
    "connect-src",
    "default-src",
    "fenced-frame-src",
    "font-src",
    "form-action",
    "frame-ancestors",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "navigate-to",
    "object-src",
    "plugin-types",
    "prefetch-src",
    "referrer",
    "reflected-xss",
    "report-to",
    "report-uri",
    "require-sri-for",
    "require-trusted-types-for",
    "sandbox",
    "script-src",
    "script-src-attr",
    "script-src-elem",
    "strict-dynamic",
    "style-src",
    "style-src-attr",
    "style-src-elem",
    "trusted-types",
    "upgrade-insecure-requests",
    "worker-src",
};

bool security_directive(struct slice text, struct slice *directive) {
  text = slice_trim(text);
  struct slice name = slice_upto(text, slice_find_byte(text, ' '));
  for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
    if (!slice_equal_string(name, directives[i])) continue;
    *directive = name;
    return true;
  }
  return false;
}

/* --- addresses -----------------------------------------------------------------------------------
 */

static struct slice scheme_of(struct slice url) {
  size_t colon = slice_find_byte(url, ':');
  return colon == url.len ? SLICE_EMPTY : slice_upto(url, colon);
}

static bool is_web(struct slice scheme) {
  return slice_equal_ignore_case(scheme, SLICE("http")) ||
         slice_equal_ignore_case(scheme, SLICE("https"));
}

struct slice security_host_of(struct slice url) {
  size_t start = slice_find(url, SLICE("://"));
  if (start == url.len) return SLICE_EMPTY;
  struct slice scheme = slice_upto(url, start), host = slice_from(url, start + 3);
  size_t end = 0;
  while (end < host.len && host.ptr[end] != '/' && host.ptr[end] != '?' && host.ptr[end] != '#')
    end++;
  host = slice_upto(host, end);
  size_t at = slice_find_last_byte(host, '@');
  if (at < host.len) host = slice_from(host, at + 1);
  struct slice implied = slice_equal_ignore_case(scheme, SLICE("https"))  ? SLICE(":443")
                         : slice_equal_ignore_case(scheme, SLICE("http")) ? SLICE(":80")
                                                                          : SLICE_EMPTY;
  if (implied.len && slice_ends_with(host, implied))
    host = slice_upto(host, host.len - implied.len);
  return host;
}

static bool is_self(struct slice uri) {
  return slice_is_empty(uri) || slice_equal(uri, SLICE("self")) ||
         slice_equal(uri, SLICE("'self'"));
}

/* What was blocked, so that it can be compared: "'self'", a host, "data:" or "wss://host". */
static struct slice security_source_of(struct arena *arena, struct slice uri) {
  if (is_self(uri)) return SLICE("'self'");
  size_t colon = slice_find_byte(uri, ':');
  if (colon == uri.len) return arena_concat(arena, uri, SLICE(":"));
  struct slice scheme = slice_upto(uri, colon), host = security_host_of(uri);
  if (is_web(scheme)) return host;
  if (slice_is_empty(host)) return slice_upto(uri, colon + 1);
  return arena_printf(arena, "%.*s://%.*s", SLICE_ARGS(scheme), SLICE_ARGS(host));
}

/* --- messages
 * -------------------------------------------------------------------------------------- */

/* Directives that have words of their own: for something blocked elsewhere ("%.*s" is where), and
 * on the page itself. */
static const struct {
  const char *directive, *elsewhere, *here;
} messages[] = {
    {"child-src", "Blocked 'child' source from '%.*s'", "Blocked inline 'child'"},
    {"connect-src", "Blocked 'connect' from '%.*s'", "Blocked inline 'connect'"},
    {"font-src", "Blocked 'font' from '%.*s'", "Blocked inline 'font'"},
    {"form-action", "Blocked 'form' action to '%.*s'", NULL},
    {"img-src", "Blocked 'image' from '%.*s'", "Blocked inline 'image'"},
    {"manifest-src", "Blocked 'manifest' from '%.*s'", "Blocked inline 'manifest'"},
    {"media-src", "Blocked 'media' from '%.*s'", "Blocked inline 'media'"},
    {"object-src", "Blocked 'object' from '%.*s'", "Blocked inline 'object'"},
    {"script-src", "Blocked 'script' from '%.*s'", "Blocked unsafe (eval() or inline) 'script'"},
    {"script-src-elem", "Blocked 'script' from '%.*s'", "Blocked unsafe 'script' element"},
    {"script-src-attr", "Blocked inline script attribute from '%.*s'",
     "Blocked inline script attribute"},
    {"style-src", "Blocked 'style' from '%.*s'", "Blocked inline 'style'"},
    {"style-src-elem", "Blocked 'style' from '%.*s'", "Blocked 'style' element"},
    {"style-src-attr", "Blocked style attribute from '%.*s'", "Blocked inline style attribute"},
};

/* Which of the two unsafe things it was, when the policy says. */
static const char *unsafe_script(struct slice violated) {
  if (slice_find(violated, SLICE("'unsafe-inline'")) < violated.len)
    return "Blocked unsafe inline 'script'";
  if (slice_find(violated, SLICE("'unsafe-eval'")) < violated.len)
    return "Blocked unsafe eval() 'script'";
  return "Blocked unsafe (eval() or inline) 'script'";
}

static struct slice csp_message(struct arena *arena, const struct security_facts *facts) {
  struct slice directive = facts->directive, from = security_source_of(arena, facts->blocked);
  bool is_here = slice_equal(from, SLICE("'self'"));
  if (is_here && slice_equal(directive, SLICE("script-src")))
    return slice_of_string(unsafe_script(facts->violated));
  for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
    if (!slice_equal_string(directive, messages[i].directive)) continue;
    if (is_here && messages[i].here) return slice_of_string(messages[i].here);
    if (is_here) break;
    /* The text of the table with its one place filled in. */
    struct slice text = slice_of_string(messages[i].elsewhere);
    size_t place = slice_find(text, SLICE("%.*s"));
    return arena_concat(arena, arena_concat(arena, slice_upto(text, place), from),
                        slice_from(text, place + 4));
  }
  if (is_here) return arena_printf(arena, "Blocked inline '%.*s'", SLICE_ARGS(directive));
  return arena_printf(arena, "Blocked '%.*s' from '%.*s'", SLICE_ARGS(directive), SLICE_ARGS(from));
}

static struct slice network_message(struct arena *arena, const struct security_facts *facts) {
  struct slice host = security_host_of(facts->page);
  struct slice status = facts->status > 0 && facts->status < 1000
                            ? arena_printf(arena, " (%lld)", (long long)facts->status)
                            : SLICE_EMPTY;
  return arena_printf(arena, "Network error %.*s%.*s for '%.*s'", SLICE_ARGS(facts->error),
                      SLICE_ARGS(status), SLICE_ARGS(host));
}

struct slice security_message(struct arena *arena, const struct security_facts *facts) {
  if (slice_equal(facts->kind, SLICE("csp"))) return csp_message(arena, facts);
  if (slice_equal(facts->kind, SLICE("nel"))) return network_message(arena, facts);
  const char *what = slice_equal(facts->kind, SLICE("hpkp"))
                         ? "Public key pinning validation failed"
                     : slice_equal(facts->kind, SLICE("expectct")) ? "Expect-CT failed"
                                                                   : "Expect-Staple failed";
  return arena_printf(arena, "%s for '%.*s'", what, SLICE_ARGS(facts->page));
}

/* --- culprit and location
 * ----------------------------------------------------------------------------
 */

/* One value of a directive. Firefox writes 'self' as the page's origin. */
static struct slice directive_value(struct arena *arena, struct slice value, struct slice page) {
  struct slice host = security_host_of(page), scheme = scheme_of(page);
  if (slice_starts_with(value, SLICE("'"))) return value;
  if (slice_find_byte(value, ':') < value.len) {
    bool is_page = slice_find(value, SLICE("://")) < value.len && !slice_is_empty(host) &&
                   slice_equal(security_host_of(value), host);
    return is_page ? SLICE("'self'") : value;
  }
  if (slice_equal(value, host)) return SLICE("'self'");
  /* Keywords without quotes, "self" and "none", are words like any other here. */
  if (slice_is_empty(scheme) || is_web(scheme)) return value;
  return arena_printf(arena, "%.*s://%.*s", SLICE_ARGS(scheme), SLICE_ARGS(value));
}

static struct slice csp_culprit(struct arena *arena, yyjson_val *report) {
  struct slice rest = slice_trim(json_text(json_member(report, "violated_directive")));
  struct slice page = json_text(json_member(report, "document_uri"));
  if (slice_is_empty(rest)) return json_text(json_member(report, "effective_directive"));
  struct buffer out = buffer_make(2 * rest.len + 4096);
  buffer_append_slice(&out, slice_split(&rest, ' '));
  /* Long lists are cut where they are shown. */
  while (!slice_is_empty(rest) && out.len < 1000) {
    struct slice value = slice_trim(slice_split(&rest, ' '));
    if (slice_is_empty(value)) continue;
    buffer_append_byte(&out, ' ');
    buffer_append_slice(&out, directive_value(arena, value, page));
  }
  struct slice culprit = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return culprit;
}

struct slice security_report_culprit(struct arena *arena, const struct event *event) {
  if (slice_equal(event->type, SLICE("csp"))) return csp_culprit(arena, event->report);
  if (slice_equal(event->type, SLICE("nel"))) return json_text(json_member(event->report, "type"));
  if (slice_equal(event->type, SLICE("hpkp"))) return SLICE_EMPTY;
  return json_text(json_member(event->report, "hostname"));
}

struct slice security_report_location(struct arena *arena, const struct event *event) {
  if (slice_equal(event->type, SLICE("csp")))
    return security_source_of(arena, json_text(json_member(event->report, "blocked_uri")));
  if (slice_equal(event->type, SLICE("nel")))
    return security_host_of(json_text(json_member(event->report, "url")));
  return json_text(json_member(event->report, "hostname"));
}
