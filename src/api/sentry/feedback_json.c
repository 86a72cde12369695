/* feedback_json.c - what a user wrote, as Sentry's user report.
 *
 * Feedback that is about no event has an empty `eventID`: Sentry's schema wants a text there.
 */
#include "api/sentry/feedback_json.h"

#include "base/banned.h"

void api_write_feedback(struct json_writer *writer, struct arena *arena,
                        const struct feedback *feedback) {
  struct slice event_id =
      feedback->has_event ? event_id_hex(arena, &feedback->event_id) : SLICE_EMPTY;
  api_write_digits(writer, "id", feedback->id);
  api_write_text(writer, "eventID", event_id);
  api_write_text(writer, "name", feedback->name);
  api_write_text(writer, "email", feedback->email);
  api_write_text(writer, "comments", feedback->message);
  api_write_time(writer, "dateCreated", feedback->received_ms);
  api_write_null(writer, "user");
  json_write_key(writer, "event");
  json_write_object(writer);
  api_write_text(writer, "id", event_id);
  api_write_text(writer, "eventID", event_id);
  json_write_object_end(writer);
}
