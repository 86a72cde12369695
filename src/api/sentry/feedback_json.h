/* feedback_json.h - what a user wrote, as Sentry's user report. */
#ifndef CULPRIT_API_SENTRY_FEEDBACK_JSON_H
#define CULPRIT_API_SENTRY_FEEDBACK_JSON_H

#include "api/sentry/answer.h"
#include "store/feedback.h"

/* Inside the object: all but the error that it is about. */
void api_write_feedback(struct json_writer *writer, struct arena *arena,
                        const struct feedback *feedback);

#endif
