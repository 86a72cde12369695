/* sentry.c - see sentry.h.
 *
 *   answers (remote.h) ─► sentry_issue.h, sentry_event.h ─► struct source_error, source_details
 *                                                                 ▲
 *   changes made here (action_state.h) ───────────────────────────┘ laid over answers that were
 *                                                                   asked for before they were done
 *
 * A change that was done makes older answers too old, so that the lists are right afterwards; while
 * Sentry is down the old ones are shown with the changes laid over them.
 *
 * Source: what GitLab's client asks for and checks.
 */
#include "source/sentry.h"

#include "source/action_state.h"
#include "source/remote.h"
#include "source/sentry_event.h"
#include "source/sentry_issue.h"
#include "source/sentry_link.h"
#include "source/sentry_parts.h"
#include "source/sentry_question.h"
#include "tracker/tracker.h"

#include "base/banned.h"

/* Questions of one page at the most. */
enum { QUESTIONS_LIMIT = 4 };

/* --- asking ------------------------------------------------------------------------------ */

struct asked {
  enum remote_kind kind;
  struct slice path;
  int64_t newer_than_ms;
};

static enum status ask(struct source *source, const struct asked *asked, struct remote_reply *reply,
                       struct problem *problem) {
  struct remote_question question = {.connection = &source->connection,
                                     .kind = asked->kind,
                                     .path = asked->path,
                                     .newer_than_ms = source->newer_than_ms};
  if (!source->takes_old && asked->newer_than_ms > question.newer_than_ms)
    question.newer_than_ms = asked->newer_than_ms;
  enum status status =
      remote_ask(source->sources->remote, source->arena, &question, reply, problem);
  if (status != STATUS_PENDING) return status;
  if (!source->questions)
    source->questions = ARENA_ARRAY(source->arena, QUESTIONS_LIMIT, struct slice);
  source->questions[source->question_count++] = asked->path;
  return status;
}

static struct source_news news_of(const struct remote_reply *reply) {
  return (struct source_news){
      .asked_ms = reply->answer.asked_ms, .problem = reply->problem, .retry_ms = reply->retry_ms};
}

static enum status no_such_error(struct problem *problem) {
  return problem_set(problem, STATUS_NOT_FOUND, "This error was not found.");
}

/* --- one error --------------------------------------------------------------------------- */

/* A token may see more than the connected project. */
static bool is_of_project(const struct source *source, const struct sentry_issue *issue) {
  const struct connection *connection = &source->connection;
  if (connection->remote_project_id && issue->project.id)
    return issue->project.id == connection->remote_project_id;
  return slice_equal(issue->project.slug, connection->project_slug);
}

static struct source_error error_of(struct source *source, struct transaction *tx,
                                    const struct sentry_issue *issue,
                                    const struct remote_answer *answer,
                                    const struct action_states *changes) {
  struct source_error error = {.group = issue->group, .short_id = issue->short_id};
  error.group.project_id = source->project->id;
  struct slice there = arena_concat(source->arena, source->connection.url, SLICE("/"));
  error.url = slice_starts_with(issue->permalink, there)
                  ? issue->permalink
                  : sentry_error_url(source, issue->group.id);
  sentry_fill_hours(issue, source->now_ms, error.hours);
  error.has_link = sentry_find_link(source, tx, issue, &error.link);
  const struct action_state *change = action_states_find(changes, issue->group.id);
  if (!change || (!change->is_waiting && change->ended_ms < answer->asked_ms)) return error;
  if (error.group.status != change->status) error.group.is_regressed = false;
  error.group.status = change->status;
  error.is_pending = change->is_waiting;
  error.task_id = change->task_id;
  error.pending_error = change->error;
  return error;
}

/* Asks for the issue, newer than what was changed of it. */
static enum status ask_issue(struct source *source, int64_t error_id,
                             const struct action_states *changes, struct remote_reply *reply,
                             struct problem *problem) {
  const struct action_state *change = action_states_find(changes, error_id);
  int64_t newer_than_ms = changes->bulk_end_ms;
  if (change && change->ended_ms > newer_than_ms && change->ended_ms <= source->now_ms)
    newer_than_ms = change->ended_ms;
  const struct asked asked = {
      .kind = REMOTE_ISSUE,
      .path = sentry_issue_path(source->arena, &source->connection, error_id),
      .newer_than_ms = newer_than_ms};
  return ask(source, &asked, reply, problem);
}

struct slice sentry_error_url(const struct source *source, int64_t error_id) {
  const struct connection *connection = &source->connection;
  return arena_printf(source->arena, "%.*s/%.*s/%.*s/issues/%lld", SLICE_ARGS(connection->url),
                      SLICE_ARGS(url_encode(source->arena, connection->organization_slug)),
                      SLICE_ARGS(url_encode(source->arena, connection->project_slug)),
                      (long long)error_id);
}

/* Reads an issue that was asked for. */
static enum status read_issue(struct source *source, const struct remote_reply *reply,
                              struct sentry_issue *issue, struct problem *problem) {
  enum status status = sentry_issue_read(source->arena, reply->answer.body, issue, problem);
  if (!status && !is_of_project(source, issue)) status = no_such_error(problem);
  return status;
}

enum status sentry_find(struct source *source, int64_t error_id, struct source_error *error,
                        struct problem *problem) {
  struct remote_reply reply;
  struct sentry_issue issue;
  struct action_states changes = action_states_read(source);
  enum status status = ask_issue(source, error_id, &changes, &reply, problem);
  if (!status) status = read_issue(source, &reply, &issue, problem);
  if (status) return status;
  struct transaction *tx = store_begin_read(source->sources->store);
  *error = error_of(source, tx, &issue, &reply.answer, &changes);
  store_end_read(tx);
  return STATUS_OK;
}

/* --- the list ---------------------------------------------------------------------------- */

static void fill_page(struct source *source, const struct source_query *query,
                      const struct sentry_issues *issues, const struct remote_answer *answer,
                      struct source_page *page) {
  struct action_states changes = action_states_read(source);
  page->errors = ARENA_ARRAY(source->arena, issues->count, struct source_error);
  struct transaction *tx = store_begin_read(source->sources->store);
  for (size_t i = 0; i < issues->count; i++) {
    struct source_error error = error_of(source, tx, &issues->issues[i], answer, &changes);
    bool is_wanted = query->status < 0 || (int)error.group.status == query->status;
    if (is_wanted) page->errors[page->count++] = error;
  }
  store_end_read(tx);
}

enum status sentry_list(struct source *source, const struct source_query *query,
                        struct source_page *page, struct problem *problem) {
  struct remote_reply reply;
  struct sentry_issues issues;
  struct action_states changes = action_states_read(source);
  const struct asked asked = {.kind = REMOTE_ISSUES,
                              .path = sentry_list_path(source->arena, &source->connection, query),
                              .newer_than_ms = changes.newest_end_ms};
  *page = (struct source_page){.total = -1};
  enum status status = ask(source, &asked, &reply, problem);
  if (!status) status = sentry_issues_read(source->arena, reply.answer.body, &issues, problem);
  if (status) return status;
  fill_page(source, query, &issues, &reply.answer, page);
  struct sentry_link link = sentry_link_read(reply.answer.link);
  page->has_previous = link.previous.len > 0;
  page->has_next = link.next.len > 0;
  page->previous = link.previous;
  page->next = link.next;
  page->total = reply.answer.hits;
  page->news = news_of(&reply);
  return STATUS_OK;
}

/* --- details ----------------------------------------------------------------------------- */

/* Turns Sentry's event into the form in which our own are kept. */
static enum status read_event(struct source *source, const struct remote_answer *answer,
                              struct source_details *details, struct problem *problem) {
  struct sentry_event_facts facts;
  struct slice json;
  enum status status = sentry_event_to_sdk(source->arena, answer->body, &json, &facts, problem);
  if (status) return status;
  const struct group *group = &details->error.group;
  if (facts.group_id && facts.group_id != group->id) return no_such_error(problem);
  details->has_event = true;
  details->row = (struct event_row){.group_id = group->id,
                                    .project_id = group->project_id,
                                    .timestamp_ms = facts.created_ms,
                                    .received_ms = facts.received_ms,
                                    .id = facts.id};
  if (!details->row.received_ms) details->row.received_ms = facts.created_ms;
  details->has_previous = facts.has_previous;
  details->previous = facts.previous;
  details->has_next = facts.has_next;
  details->next = facts.next;
  return sentry_keep_event(source->arena, json, &details->row, &details->payload, problem);
}

static void fill_details(struct source *source, const struct sentry_issue *issue,
                         const struct remote_reply *reply, const struct action_states *changes,
                         struct source_details *details) {
  struct transaction *tx = store_begin_read(source->sources->store);
  details->error = error_of(source, tx, issue, &reply->answer, changes);
  store_end_read(tx);
  sentry_fill_days(issue, source->now_ms, details->days);
  details->tag_count = sentry_tags_with_values(source->arena, issue, &details->tags);
  details->activity_count = sentry_fill_activities(source->arena, issue, &details->activities);
  details->first_release_commit = issue->first_release.commit_id;
  details->news = news_of(reply);
}

enum status sentry_details(struct source *source, int64_t error_id,
                           const struct source_event_choice *choice, struct source_details *details,
                           struct problem *problem) {
  struct remote_reply issue_reply, event_reply;
  struct sentry_issue issue;
  struct action_states changes = action_states_read(source);
  const struct asked asked = {
      .kind = REMOTE_EVENT,
      .path = sentry_event_path(source->arena, &source->connection, error_id, choice)};
  struct problem event_problem;
  *details = (struct source_details){0};
  /* Both are asked for before either is waited for. */
  enum status status = ask_issue(source, error_id, &changes, &issue_reply, problem);
  enum status event_status = ask(source, &asked, &event_reply, &event_problem);
  if (!status) status = read_issue(source, &issue_reply, &issue, problem);
  if (status) return status;
  if (event_status == STATUS_PENDING) return event_status;
  fill_details(source, &issue, &issue_reply, &changes, details);
  bool is_any = choice->is_latest || choice->is_oldest;
  /* The events of an error may all have expired there. */
  if (event_status == STATUS_NOT_FOUND && is_any) return STATUS_OK;
  if (event_status) {
    *problem = event_problem;
    return event_status;
  }
  return read_event(source, &event_reply.answer, details, problem);
}

/* --- finding ----------------------------------------------------------------------------- */

static enum status look_up_event(struct source *source, struct source_place *place,
                                 struct problem *problem) {
  struct remote_reply reply;
  struct sentry_event_facts facts;
  struct slice json;
  const struct asked asked = {
      .kind = REMOTE_EVENT,
      .path = sentry_project_event_path(source->arena, &source->connection, &place->event_id)};
  enum status status = ask(source, &asked, &reply, problem);
  if (!status)
    status = sentry_event_to_sdk(source->arena, reply.answer.body, &json, &facts, problem);
  if (!status && !facts.group_id) status = no_such_error(problem);
  if (status) return status;
  place->has_event = true;
  place->error_id = facts.group_id;
  return STATUS_OK;
}

static enum status look_up_short_id(struct source *source, struct slice text,
                                    struct source_place *place, struct problem *problem) {
  struct remote_reply reply;
  struct sentry_issue issue;
  const struct asked asked = {
      .kind = REMOTE_ISSUE, .path = sentry_short_id_path(source->arena, &source->connection, text)};
  enum status status = ask(source, &asked, &reply, problem);
  if (!status) status = read_issue(source, &reply, &issue, problem);
  if (!status) place->error_id = issue.group.id;
  return status;
}

/* "APP-1A", with the project's name there. */
static bool is_short_id(const struct source *source, struct slice text) {
  size_t dash = slice_find_last_byte(text, '-');
  int64_t number;
  return dash < text.len &&
         slice_equal_ignore_case(slice_upto(text, dash), source->connection.project_slug) &&
         group_short_id_parse(text, &number);
}

enum status sentry_look_up(struct source *source, struct slice text, struct source_place *place,
                           struct problem *problem) {
  *place = (struct source_place){0};
  if (event_id_parse(text, &place->event_id)) return look_up_event(source, place, problem);
  if (is_short_id(source, text)) return look_up_short_id(source, text, place, problem);
  return no_such_error(problem);
}
