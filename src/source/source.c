/* source.c - see source.h: hands each question to the source that the project has. */
#include "source/source.h"

#include "base/clock.h"
#include "source/actions.h"
#include "source/local.h"
#include "source/remote.h"
#include "source/sentry.h"

#include "base/banned.h"

void source_open(struct source *source, const struct sources *sources, struct arena *arena,
                 const struct project *project) {
  *source = (struct source){
      .sources = sources, .arena = arena, .project = project, .now_ms = clock_now_ms()};
  struct transaction *tx = store_begin_read(sources->store);
  connection_get(tx, arena, project->id, &source->connection);
  store_end_read(tx);
}

bool source_is_local(const struct source *source) {
  return source->connection.kind == SOURCE_LOCAL;
}

struct slice source_error_url(const struct source *source, int64_t error_id) {
  return source_is_local(source) ? SLICE_EMPTY : sentry_error_url(source, error_id);
}

enum status source_list(struct source *source, const struct source_query *query,
                        struct source_page *page, struct problem *problem) {
  if (query->text.len > SOURCE_SEARCH_LIMIT_BYTES)
    return problem_set_field(problem, STATUS_BAD_INPUT, "query",
                             "The search text may have at most %d bytes.",
                             SOURCE_SEARCH_LIMIT_BYTES);
  return source_is_local(source) ? local_list(source, query, page, problem)
                                 : sentry_list(source, query, page, problem);
}

enum status source_details(struct source *source, int64_t error_id,
                           const struct source_event_choice *choice, struct source_details *details,
                           struct problem *problem) {
  return source_is_local(source) ? local_details(source, error_id, choice, details, problem)
                                 : sentry_details(source, error_id, choice, details, problem);
}

enum status source_find(struct source *source, int64_t error_id, struct source_error *error,
                        struct problem *problem) {
  return source_is_local(source) ? local_find(source, error_id, error, problem)
                                 : sentry_find(source, error_id, error, problem);
}

enum status source_look_up(struct source *source, struct slice text, struct source_place *place,
                           struct problem *problem) {
  return source_is_local(source) ? local_look_up(source, text, place, problem)
                                 : sentry_look_up(source, text, place, problem);
}

enum status source_set_status(struct source *source, const struct source_change *change,
                              struct source_change_result *result, struct problem *problem) {
  return source_is_local(source) ? local_set_status(source, change, result, problem)
                                 : actions_set_status(source, change, result, problem);
}

void source_wait(struct source *source, struct http_request *request) {
  const struct remote_wait_list list = {.connection = &source->connection,
                                        .paths = source->questions,
                                        .count = source->question_count};
  remote_wait(source->sources->remote, &list, request);
}
