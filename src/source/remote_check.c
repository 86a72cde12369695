/* remote_check.c - see remote_check.h. */
#include "source/remote_check.h"

#include "base/clock.h"
#include "http/client_problem.h"
#include "source/sentry_call.h"
#include "source/sentry_event.h"
#include "source/sentry_issue.h"

#include "base/banned.h"

/* Sentry says in {"detail": "..."} what it does not like. */
static enum status refused(struct arena *arena, const struct http_call *call,
                           struct problem *problem) {
  yyjson_val *root = NULL;
  struct slice detail = SLICE_EMPTY;
  struct problem ignored;
  if (json_read(arena, call->answer, &root, &ignored) == STATUS_OK)
    detail = json_text(json_member(root, "detail"));
  return problem_set_field(problem, STATUS_BAD_INPUT, "query",
                           "Sentry does not understand this search%s%.*s", detail.len ? ": " : ".",
                           SLICE_ARGS(slice_cut_utf8(detail, 300)));
}

static enum status read_answer(struct arena *arena, const struct http_call *call,
                               enum remote_kind kind, struct problem *problem) {
  struct sentry_issues issues;
  struct sentry_issue issue;
  struct sentry_event_facts facts;
  struct slice json;
  switch (kind) {
    case REMOTE_ISSUES: return sentry_issues_read(arena, call->answer, &issues, problem);
    case REMOTE_ISSUE: return sentry_issue_read(arena, call->answer, &issue, problem);
    case REMOTE_EVENT: break;
  }
  return sentry_event_to_sdk(arena, call->answer, &json, &facts, problem);
}

static enum status check_all(struct arena *arena, const struct http_call *call,
                             enum remote_kind kind, struct problem *problem) {
  enum status status = http_call_problem(call, SENTRY_NAME, clock_now_ms(), problem);
  if (status == STATUS_NOT_FOUND && kind != REMOTE_ISSUES)
    return problem_set(problem, STATUS_NOT_FOUND, "Sentry has no such error or event.");
  if (status && call->failure == HTTP_FAILURE_NONE && call->status == 400)
    return refused(arena, call, problem);
  yyjson_val *root;
  if (!status && json_read(arena, call->answer, &root, problem))
    status = http_call_not_json(call, SENTRY_NAME, problem);
  if (!status) status = read_answer(arena, call, kind, problem);
  /* Whatever it is, it is not the fault of who asked for the page. */
  if (status) problem->status = STATUS_UNAVAILABLE;
  return status ? STATUS_UNAVAILABLE : STATUS_OK;
}

enum status remote_check(const struct http_call *call, enum remote_kind kind,
                         struct remote_answer *answer, struct problem *problem) {
  struct arena arena = {0};
  int64_t hits;
  enum status status = check_all(&arena, call, kind, problem);
  arena_free(&arena);
  if (status) return status;
  answer->body = call->answer;
  answer->link = http_call_header(call, "Link");
  answer->hits = slice_to_i64(http_call_header(call, "X-Hits"), &hits) && hits >= 0 ? hits : -1;
  return STATUS_OK;
}
