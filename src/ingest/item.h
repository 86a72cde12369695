/* item.h - what one item of an envelope becomes; one handler for each type.
 *
 * Handlers read the item and add to the submission what is to be written; all of one request is
 * written in one transaction, and the request is answered after it. What is merely counted
 * (sessions, client reports, dropped types) costs no transaction.
 */
#ifndef CULPRIT_INGEST_ITEM_H
#define CULPRIT_INGEST_ITEM_H

#include "event/envelope.h"
#include "ingest/config.h"
#include "ingest/upload.h"
#include "tracker/tracker.h"

/* What one request asks to be written. */
struct submission {
  struct upload *upload;
  const struct project_config *config;
  const struct envelope_header *header; /* all zero for endpoints without envelope */
  struct arena *arena;     /* the request's: lives until the answer; what parts refer to is here */
  struct arena *scratch;   /* dies before the request waits */
  struct slice event_json; /* of the one event; empty when there is none */
  struct slice event_category; /* "error", "security" */
  struct event_id event_id;    /* of the envelope, or made: attachments and reports refer to it */
  bool has_event_id;
  struct digest_part *parts; /* more to write: attachments, feedback, check-ins, … */
  bool is_event_limited;     /* rate limited: drop what depends on it too */
};
/* The part's memory is the submission's arena. */
void submission_add(struct submission *submission, struct digest_part *part);
/* The id of the submission's event; makes one when there is none yet. */
struct event_id submission_event_id(struct submission *submission);

/* STATUS_OK when the item was taken, counted or dropped by design. Another status refuses the whole
 * request with the problem: only for what Sentry refuses too (docs/ingest.md). An item that is
 * invalid by itself is dropped and counted in the ledger, with STATUS_OK. */
typedef enum status item_handler(struct submission *submission, const struct envelope_item *item,
                                 struct problem *problem);

struct item_type {
  const char *name;     /* of the item's header: "check_in" */
  const char *category; /* for rate limits and the ledger: "monitor" */
  item_handler *handle; /* null: accepted, counted and dropped */
};
/* Null for types that nobody knows; they are dropped and counted too. */
const struct item_type *item_type_find(struct slice name);

/* One file each: item_event.c, item_session.c, item_check_in.c, item_feedback.c, item_attachment.c,
 * item_client_report.c. */
item_handler item_event, item_attachment, item_user_report, item_feedback, item_session,
    item_sessions, item_client_report, item_check_in, item_security;

#endif
