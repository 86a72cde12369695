/* item_session.c - sessions: counted in memory, nothing is written for them in the request. */
#include "ingest/item.h"
#include "ingest/session.h"

#include "base/banned.h"

static struct session_context context_of(const struct submission *submission) {
  return (struct session_context){.project_id = submission->upload->project_id,
                                  .received_ms = submission->upload->received_ms,
                                  .sent_at_ms = submission->header.sent_at_ms};
}

static bool count_line(struct store *store, const struct session_line *line) {
  return line->is_update ? session_count(store, &line->origin, &line->update)
                         : session_count_many(store, &line->origin, &line->counts);
}

/* The name of the filter that a session falls to, as its release's events do. */
static struct slice filtered_by(const struct submission *submission, struct slice release) {
  const struct filters *filters = submission->config->filters;
  struct slice address = submission->upload->request->client_address;
  return filters ? filter_item(filters, address, release) : SLICE_EMPTY;
}

enum status item_session(struct submission *submission, const struct envelope_item *item,
                         struct problem *problem) {
  struct session_line line;
  const struct session_context context = context_of(submission);
  const char *wrong = session_read(submission->scratch, item->payload, &context, &line);
  (void)problem;
  struct slice filter = wrong ? SLICE_EMPTY : filtered_by(submission, line.origin.release);
  if (filter.len) {
    submission_discard(submission, OUTCOME_FILTERED, filter);
    return STATUS_OK;
  }
  if (!wrong && !count_line(submission->upload->ingest->store, &line)) wrong = "too_many_releases";
  if (wrong) submission_discard(submission, OUTCOME_INVALID, slice_of_string(wrong));
  return STATUS_OK;
}

enum status item_sessions(struct submission *submission, const struct envelope_item *item,
                          struct problem *problem) {
  struct session_lines *lines = ARENA_NEW(submission->scratch, struct session_lines);
  const struct session_context context = context_of(submission);
  const char *wrong = sessions_read(submission->scratch, item->payload, &context, lines);
  (void)problem;
  bool has_lines = !wrong && lines->count;
  struct slice filter =
      has_lines ? filtered_by(submission, lines->lines[0].origin.release) : SLICE_EMPTY;
  if (filter.len) {
    submission_discard(submission, OUTCOME_FILTERED, filter);
    return STATUS_OK;
  }
  for (size_t i = 0; !wrong && i < lines->count; i++)
    if (!count_line(submission->upload->ingest->store, &lines->lines[i]))
      wrong = "too_many_releases";
  if (wrong) submission_discard(submission, OUTCOME_INVALID, slice_of_string(wrong));
  return STATUS_OK;
}
