/* item.h - what one item of an envelope becomes; one handler for each type.
 *
 * Handlers read the item and add to the submission what is to be written; all of one request is
 * written in one transaction, and the request is answered after it. What is merely counted
 * (sessions, client reports, dropped types) costs no transaction.
 */
#ifndef CULPRIT_INGEST_ITEM_H
#define CULPRIT_INGEST_ITEM_H

#include "event/envelope.h"
#include "ingest/category.h"
#include "ingest/submission.h"

/* STATUS_OK when the item was taken, or left out by submission_discard(). Another status refuses
 * the whole request with the problem: only for what Sentry refuses too (docs/ingest.md). An item
 * that is invalid by itself is left out, with STATUS_OK. */
typedef enum status item_handler(struct submission *submission, const struct envelope_item *item,
                                 struct problem *problem);

/* Of these kinds an envelope may hold one item (or so many). */
enum item_count_group {
  COUNT_ANY,
  COUNT_EVENT,
  COUNT_CHECK_IN,
  COUNT_PROFILE,
  COUNT_LOG,
  COUNT_SPAN,
  COUNT_TRACE_METRIC,
  COUNT_SESSION,
  COUNT_GROUPS
};

struct item_type {
  const char *name;       /* of the item's header: "check_in" */
  enum category category; /* for rate limits and the ledger */
  item_handler *handle;   /* null: accepted, counted and dropped */
  size_t size_limit;      /* bytes; a larger item refuses the envelope. 0: the body's limit */
  enum item_count_group group;
  bool is_of_event; /* falls with the envelope's event when that is limited or filtered */
};
/* Null for types that nobody knows; they are dropped and counted too. */
const struct item_type *item_type_find(struct slice name);
/* How many items of a group one envelope may hold. */
size_t item_count_limit(enum item_count_group group);

/* One file each: item_event.c, item_client_report.c, … */
item_handler item_event, item_client_report, item_transaction;
item_handler item_session, item_sessions, item_check_in, item_user_report, item_feedback;
item_handler item_attachment, item_security;

#endif
