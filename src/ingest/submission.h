/* submission.h - what one request asks to be written, and writing it.
 *
 *   endpoint->read() ─┬─ event_json ─► pipeline ─► struct digest ─┐
 *                     └─ submission_add(part) ────────────────────┴─► tracker_digest() ─► answer
 *
 * A submission lives in the request's arena until the answer, and so does everything that is
 * written: what is read in between (the parsed JSON, the event) is in `scratch`, which dies before
 * the request waits for the disk.
 */
#ifndef CULPRIT_INGEST_SUBMISSION_H
#define CULPRIT_INGEST_SUBMISSION_H

#include "event/envelope.h"
#include "ingest/category.h"
#include "ingest/native_event.h"
#include "ingest/upload.h"
#include "store/ledger.h"
#include "tracker/tracker.h"

struct item_type;

/* One item of the envelope, or what an endpoint without envelope counts as one. */
struct submission_item {
  struct envelope_item item;
  const struct item_type *type; /* null: unknown */
  enum outcome outcome;         /* OUTCOME_ACCEPTED at first */
  struct slice reason;          /* of another outcome; a literal */
};

struct submission_event; /* private to submission.c */

struct submission {
  struct upload *upload;
  const struct project_config *config;
  struct envelope_header header; /* all zero for endpoints without envelope */
  struct arena *arena;           /* lives until the answer: what parts refer to is here */
  struct arena *scratch;

  /* The event that the request asks for, when it does: JSON in Sentry's form. Lives at least as
   * long as the body, or in an arena. */
  struct slice event_json;
  enum category event_category; /* CATEGORY_ERROR or CATEGORY_SECURITY */
  /* Of the envelope's header, else of the event, else made. Final once everything is read: a part
   * that refers to it looks here when it runs. */
  struct event_id event_id;
  bool has_event_id;
  struct native_files native; /* among the attachments: what the SDK knew of a crash */
  struct slice minidump; /* among the attachments: the event is made of it (crash_take_item()) */
  bool is_event_dropped; /* limited or filtered: what depends on it is dropped too */

  /* Private to submission.c, envelope_endpoint.c and file.c. */
  struct submission_item *items, *current;
  size_t item_count;
  struct digest_part *parts, *last_part, *parts_of_event, *last_part_of_event;
  struct submission_event *events;
  _Atomic size_t waiting; /* writes that are not done */
};

/* Adds something to write in the request's transaction, after the event. The part's memory is the
 * submission's arena. When the item that is being read belongs to the event (is_of_event), the part
 * falls with it. */
void submission_add(struct submission *submission, struct digest_part *part);

/* Leaves out the item that is being read; it is counted with the answer. `reason` is a literal, as
 * in the ledger. */
void submission_discard(struct submission *submission, enum outcome outcome, struct slice reason);

/* Sends one event through the pipeline and adds it to what is written. Called for event_json once
 * everything is read; endpoints whose body holds several events call it for each. */
enum status submission_take_event(struct submission *submission, struct slice json,
                                  enum category category, struct problem *problem) MUST_CHECK;

/* Reads the decoded body by the upload's endpoint, writes what it asks for, and answers; when it
 * does not return STATUS_OK nothing is written and the request is the caller's to refuse. */
enum status submission_run(struct upload *upload, struct slice body,
                           struct problem *problem) MUST_CHECK;

/* Counts the items in the ledger, each by its outcome; submission_run() does when it answers. */
void submission_count_items(struct submission *submission);

/* --- endpoints ------------------------------------------------------------------------------- */

extern const struct endpoint envelope_endpoint, store_endpoint, store_query_endpoint,
    minidump_endpoint, attachment_endpoint;

#endif
