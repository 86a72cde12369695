/* category.h - what kinds of data are told apart in rate limits and in the ledger.
 *
 * Names are Sentry's: SDKs compare them with the X-Sentry-Rate-Limits header, and name them in
 * their client reports. Source: Sentry developer docs, "Rate Limiting".
 */
#ifndef CULPRIT_INGEST_CATEGORY_H
#define CULPRIT_INGEST_CATEGORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum category {
  CATEGORY_DEFAULT, /* only ever named by clients: what is kept of it counts as error */
  CATEGORY_ERROR,
  CATEGORY_SECURITY,
  CATEGORY_TRANSACTION,
  CATEGORY_ATTACHMENT, /* counted in items */
  CATEGORY_SESSION,
  CATEGORY_MONITOR, /* check-ins */
  CATEGORY_FEEDBACK,
  CATEGORY_USER_REPORT, /* the older form of feedback */
  CATEGORY_PROFILE,
  CATEGORY_REPLAY,
  CATEGORY_SPAN,
  CATEGORY_LOG_ITEM,
  CATEGORY_METRIC_BUCKET,
  CATEGORY_TRACE_METRIC,
  CATEGORY_UNKNOWN,  /* items of types that nobody knows */
  CATEGORY_INTERNAL, /* client reports: never limited, never counted */
  CATEGORY_COUNT
};

/* "error"; lives as long as the program. */
struct slice category_name(enum category category);
/* Also the other names that SDKs use ("transaction_indexed", "profile_chunk", "log_byte", …); false
 * for unknown ones. */
bool category_parse(struct slice name, enum category *category);

#endif
