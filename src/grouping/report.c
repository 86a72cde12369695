/* report.c - security reports of browsers, and templates that failed to render.
 *
 * A Content-Security-Policy report is about a directive and what it blocked: the host, or the kind
 * of inline script. Other reports are about a host. Templates are about a file and a line of it.
 */
#include "grouping/parts.h"
#include "json/json.h"

#include "base/banned.h"

static struct slice member_text(yyjson_val *object, const char *name) {
  struct slice text = SLICE_EMPTY;
  json_scalar_text(json_member(object, name), &text);
  return text;
}

static void add_text(struct part *part, struct slice name, struct slice text) {
  if (!slice_is_empty(text)) values_add(&part->values, name, text);
  part->contributes |= !slice_is_empty(text);
}

/* --- blocked addresses ----------------------------------------------------------------------- */

static bool is_scheme_with_host(struct slice scheme) {
  static const char *const schemes[] = {"ftp", "file", "ws", "wss", "sftp", "rtsp", "git", "svn"};
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    if (slice_equal_string(scheme, schemes[i])) return true;
  }
  return false;
}

static struct slice lower_case(struct arena *arena, struct slice text) {
  char *copy = (char *)(uintptr_t)arena_copy(arena, text).ptr;
  for (size_t i = 0; i < text.len; i++) {
    if (copy[i] >= 'A' && copy[i] <= 'Z') copy[i] = (char)(copy[i] | 0x20);
  }
  return slice_of(copy, text.len);
}

/* The host between "//" and the path. */
static struct slice host_of(struct slice rest) {
  if (!slice_starts_with(rest, SLICE("//"))) return SLICE_EMPTY;
  struct slice host = slice_from(rest, 2);
  for (size_t i = 0; i < host.len; i++) {
    if (host.ptr[i] == '/' || host.ptr[i] == '?' || host.ptr[i] == '#') return slice_upto(host, i);
  }
  return host;
}

/* "https://cdn.example.com/x.js" -> "cdn.example.com"; "data" and "data:text/html" -> "data:";
 * "ftp://h/x" -> "ftp://h"; nothing -> "'self'". */
static struct slice blocked_host(struct arena *arena, struct slice address) {
  if (slice_is_empty(address) || slice_equal(address, SLICE("self")) ||
      slice_equal(address, SLICE("'self'")))
    return SLICE("'self'");
  size_t colon = slice_find_byte(address, ':');
  struct slice scheme = lower_case(arena, slice_upto(address, colon));
  struct slice host = host_of(slice_from(address, colon + 1));
  if (colon < address.len &&
      (slice_equal(scheme, SLICE("http")) || slice_equal(scheme, SLICE("https"))))
    return host;
  bool has_slashes = !slice_is_empty(host) || is_scheme_with_host(scheme);
  struct slice start = arena_concat(arena, scheme, has_slashes ? SLICE("://") : SLICE(":"));
  return arena_concat(arena, start, host);
}

/* --- reports -----------------------------------------------------------------------------------
 */

static void describe_policy_violation(const struct computation *computation, yyjson_val *report,
                                      struct part *part) {
  struct slice directive = member_text(report, "effective_directive");
  struct slice violated = member_text(report, "violated_directive");
  struct slice host = blocked_host(computation->arena, member_text(report, "blocked_uri"));
  bool is_local = slice_equal(directive, SLICE("script-src")) && slice_equal(host, SLICE("'self'"));
  add_text(part, SLICE("directive"), directive);
  if (is_local && slice_find(violated, SLICE("'unsafe-inline'")) < violated.len) {
    add_text(part, SLICE("violation"), SLICE("'unsafe-inline'"));
  } else if (is_local && slice_find(violated, SLICE("'unsafe-eval'")) < violated.len) {
    add_text(part, SLICE("violation"), SLICE("'unsafe-eval'"));
  } else {
    add_text(part, SLICE("blocked host"), host);
  }
}

void report_describe(const struct computation *computation, struct part parts[VIEW_COUNT]) {
  static const struct {
    const char *type;
    struct slice name;
  } kinds[] = {
      {"hpkp", {"hpkp", 4}},
      {"expectstaple", {"expect-staple", 13}},
      {"expectct", {"expect-ct", 9}},
  };
  const struct event *event = computation->event;
  struct part *part = &parts[VIEW_DEFAULT];
  if (!event->report) return;
  part->values.arena = computation->arena;
  if (slice_equal(event->type, SLICE("csp"))) {
    part->exists = true;
    describe_policy_violation(computation, event->report, part);
    return;
  }
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (!slice_equal_string(event->type, kinds[i].type)) continue;
    part->exists = true;
    add_text(part, SLICE("kind"), kinds[i].name);
    add_text(part, SLICE("host"), member_text(event->report, "hostname"));
  }
}

void template_describe(const struct computation *computation, struct part parts[VIEW_COUNT]) {
  struct part *part = &parts[VIEW_DEFAULT];
  yyjson_val *template = computation->event->template_info;
  if (!template) return;
  part->exists = true;
  part->values.arena = computation->arena;
  add_text(part, SLICE("file"), member_text(template, "filename"));
  add_text(part, SLICE("context line"), member_text(template, "context_line"));
}
