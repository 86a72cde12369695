/* feedback.h - reading feedback in its two forms: pure, JSON in, row out.
 *
 * Source: Sentry developer docs, "User Feedback".
 */
#ifndef CULPRIT_INGEST_FEEDBACK_H
#define CULPRIT_INGEST_FEEDBACK_H

#include "event/scrub.h"
#include "store/feedback.h"

/* Fills texts and ids, within their limits and scrubbed where people do not mean to name
 * themselves: message and URL. Returns null, or why it cannot be taken (a literal for the ledger).
 * From the arena; `json` may go. `scrubber` may be null. */
const char *feedback_read(struct arena *arena, struct slice json, const struct scrubber *scrubber,
                          struct feedback *feedback) MUST_CHECK;
/* The older form: {event_id, name, email, comments}. */
const char *user_report_read(struct arena *arena, struct slice json,
                             const struct scrubber *scrubber, struct feedback *feedback) MUST_CHECK;
/* The same from its parts. */
struct user_report_parts {
  struct slice event_id, name, email, comments;
};
const char *user_report_of(struct arena *arena, const struct user_report_parts *parts,
                           const struct scrubber *scrubber, struct feedback *feedback) MUST_CHECK;

#endif
