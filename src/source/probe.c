/* probe.c - see probe.h.
 *
 *   projects, page by page ─► GET /api/0/: whose token, which scopes ─┬─► done
 *                                                  not told ─► one error of a project ─► done
 *
 * Only the list of projects has to succeed. Servers that do not tell a token's scopes are asked for
 * one error: that event:read is missing shows then, event:write only when it is used, because
 * trying it would change something.
 */
#include "source/probe.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "http/client_problem.h"
#include "json/json.h"
#include "source/limits.h"
#include "source/sentry_link.h"

#include "base/banned.h"

static const struct {
  const char *name;
  unsigned scope; /* what it includes */
} scopes[] = {
    {"event:read", PROBE_EVENT_READ},
    {"event:write", PROBE_EVENT_READ | PROBE_EVENT_WRITE},
    {"event:admin", PROBE_EVENT_READ | PROBE_EVENT_WRITE},
    {"project:read", PROBE_PROJECT_READ},
    {"project:write", PROBE_PROJECT_READ},
    {"project:admin", PROBE_PROJECT_READ},
};
enum { SCOPE_COUNT = sizeof scopes / sizeof scopes[0] };

/* --- asking ------------------------------------------------------------------------------ */

void probe_begin(struct probe *probe, struct arena *arena, const struct connect_values *values,
                 struct slice project) {
  *probe = (struct probe){.arena = arena,
                          .connected = {.url = values->url.base, .token = values->token},
                          .project = project,
                          .started_us = clock_monotonic_us()};
  probe->headers[0] = (struct http_header){SLICE("Authorization"),
                                           arena_concat(arena, SLICE("Bearer "), values->token)};
  probe->headers[1] = (struct http_header){SLICE("Accept"), SLICE("application/json")};
}

/* False when the time for all questions together is over. */
static bool ask(struct probe *probe, struct slice path) {
  int64_t left_ms = CONNECT_TIMEOUT_MS - (clock_monotonic_us() - probe->started_us) / 1000;
  if (left_ms <= 0) return false;
  http_call_free(&probe->call);
  probe->call = (struct http_call){
      .method = "GET",
      .url = arena_concat(probe->arena, probe->connected.url, path),
      .headers = probe->headers,
      .header_count = sizeof probe->headers / sizeof probe->headers[0],
      .timeout_ms = left_ms,
      .body_limit = CONNECT_BODY_LIMIT,
  };
  return true;
}

static bool ask_projects(struct probe *probe, struct slice cursor) {
  struct slice path = SLICE("/api/0/projects/");
  probe->step = PROBE_PROJECTS;
  if (cursor.len)
    path = arena_printf(probe->arena, "/api/0/projects/?cursor=%.*s",
                        SLICE_ARGS(url_encode(probe->arena, cursor)));
  return ask(probe, path);
}

static bool ask_self(struct probe *probe) {
  probe->step = PROBE_SELF;
  return ask(probe, SLICE("/api/0/"));
}

static bool ask_events(struct probe *probe) {
  const struct connected *connected = &probe->connected;
  const struct sentry_project *project = connected_find(connected, probe->project);
  probe->step = PROBE_EVENTS;
  if (!project && connected->project_count) project = &connected->projects[0];
  if (!project) return false;
  return ask(probe,
             arena_printf(probe->arena, "/api/0/projects/%.*s/%.*s/issues/?limit=1",
                          SLICE_ARGS(project->organization_slug), SLICE_ARGS(project->slug)));
}

/* --- taking answers ------------------------------------------------------------------------ */

static void add_projects(struct probe *probe, const struct sentry_project *some, size_t count) {
  struct connected *connected = &probe->connected;
  struct sentry_project *all =
      ARENA_ARRAY(probe->arena, connected->project_count + count, struct sentry_project);
  if (connected->project_count)
    memcpy(all, connected->projects, connected->project_count * sizeof *all);
  connected->projects = all;
  for (size_t i = 0; i < count && !probe->is_cut; i++) {
    probe->bytes += some[i].slug.len + some[i].name.len + some[i].organization_slug.len +
                    some[i].organization_name.len;
    probe->is_cut = connected->project_count == CONNECT_PROJECTS_LIMIT ||
                    probe->bytes > CONNECT_PROJECTS_BYTES_LIMIT;
    if (!probe->is_cut) all[connected->project_count++] = some[i];
  }
}

/* Why there is no list. */
static bool refuse(struct probe *probe) {
  const struct http_call *call = &probe->call;
  struct problem *problem = &probe->problem;
  bool is_refused = !call->failure && (call->status == 401 || call->status == 403);
  problem->status = http_call_problem(call, "Sentry", clock_now_ms(), problem);
  if (!problem->status)
    problem->status =
        problem_set_field(problem, STATUS_FAILED, "url",
                          "The server answered with the status %d instead of a list of projects. "
                          "Is it a Sentry?",
                          call->status);
  if (is_refused && slice_starts_with(probe->connected.token, SLICE("sntrys_")))
    problem_set_field(problem, problem->status, "token",
                      "Sentry does not let this token list projects. It is an organization's "
                      "token, which can only upload files and releases: enter a personal token "
                      "or one of an internal integration.");
  else if (is_refused && call->status == 403)
    problem_set_field(problem, problem->status, "token",
                      "The token lacks project:read: Sentry does not let it list projects. Give "
                      "it event:read and project:read, or enter another token.");
  return false;
}

/* True: there is another page, which is asked for. */
static bool take_projects(struct probe *probe) {
  const struct http_call *call = &probe->call;
  struct sentry_project *projects;
  struct problem *problem = &probe->problem;
  yyjson_val *root;
  size_t count;
  if (call->failure || call->status != 200) return refuse(probe);
  if (json_read(probe->arena, call->answer, &root, problem))
    problem->status = http_call_not_json(call, "Sentry", problem);
  else
    problem->status = sentry_projects_read(probe->arena, root, &projects, &count, problem);
  if (problem->status) return false;
  add_projects(probe, projects, count);
  struct slice next =
      arena_copy(probe->arena, sentry_link_read(http_call_header(call, "Link")).next);
  if (!next.len || probe->is_cut) return false;
  if (++probe->pages == CONNECT_PAGES_LIMIT || !ask_projects(probe, next)) {
    probe->is_cut = true;
    return false;
  }
  return true;
}

/* {"auth": {"scopes": ["event:read", …]}, "user": {"name": …}} */
static void take_self(struct probe *probe) {
  const struct http_call *call = &probe->call;
  yyjson_val *root, *name;
  size_t index, max;
  unsigned given = 0;
  struct problem ignored;
  if (call->failure || call->status != 200 ||
      json_read(probe->arena, call->answer, &root, &ignored))
    return;
  yyjson_val *user = json_member(root, "user");
  probe->user = json_text(json_member(user, "name"));
  if (!probe->user.len) probe->user = json_text(json_member(user, "username"));
  yyjson_val *list = json_member(json_member(root, "auth"), "scopes");
  if (!yyjson_is_arr(list)) return;
  yyjson_arr_foreach(list, index, max, name) {
    for (size_t i = 0; i < SCOPE_COUNT; i++)
      if (slice_equal_string(json_text(name), scopes[i].name)) given |= scopes[i].scope;
  }
  probe->knows_scopes = true;
  probe->missing = (PROBE_EVENT_READ | PROBE_EVENT_WRITE | PROBE_PROJECT_READ) & ~given;
}

bool probe_next(struct probe *probe) {
  bool has_question = false;
  switch (probe->step) {
    case PROBE_BEGIN: has_question = ask_projects(probe, SLICE_EMPTY); break;
    case PROBE_PROJECTS:
      has_question = take_projects(probe);
      if (!has_question && !probe->problem.status) has_question = ask_self(probe);
      break;
    case PROBE_SELF:
      take_self(probe);
      if (!probe->knows_scopes) has_question = ask_events(probe);
      break;
    case PROBE_EVENTS:
      if (!probe->call.failure && probe->call.status == 403) probe->missing |= PROBE_EVENT_READ;
      break;
    case PROBE_DONE: break;
  }
  if (!has_question) probe->step = PROBE_DONE;
  return has_question;
}

void probe_end(struct probe *probe) {
  http_call_free(&probe->call);
  struct slice secret = probe->headers[0].value;
  if (secret.len) sodium_memzero((char *)secret.ptr, secret.len);
}

/* --- for people ------------------------------------------------------------------------------ */

struct slice probe_scope_message(const struct probe *probe, struct arena *arena) {
  static const char *const needed[] = {
      [PROBE_EVENT_READ] = "event:read",
      [PROBE_PROJECT_READ] = "project:read",
      [PROBE_EVENT_READ | PROBE_PROJECT_READ] = "event:read and project:read",
  };
  unsigned lacking = probe->missing & (PROBE_EVENT_READ | PROBE_PROJECT_READ);
  if (lacking)
    return arena_printf(arena,
                        "The token lacks %s, which showing errors needs. Give it that in Sentry, "
                        "or enter another token, and connect again.",
                        needed[lacking]);
  if (probe->missing & PROBE_EVENT_WRITE)
    return SLICE(
        "The token lacks event:write: errors can be seen here, but not resolved or "
        "ignored.");
  if (probe->problem.status || probe->knows_scopes) return SLICE_EMPTY;
  return SLICE(
      "This server does not tell a token's scopes. Whether this one has event:write shows "
      "when an error is resolved or ignored for the first time.");
}
