/* item.c - every item type that SDKs send, as one table.
 *
 * Sizes and counts are those that Sentry documents, as far as the body's own limit allows. Types
 * without a handler are not errors: SDKs take any answer but 200 for a failure of the network.
 */
#include "ingest/item.h"

#include "ingest/limits.h"

#include "base/banned.h"

static const struct item_type types[] = {
    {"event", CATEGORY_ERROR, item_event, ITEM_EVENT_LIMIT, COUNT_EVENT, false},
    {"session", CATEGORY_SESSION, item_session, ITEM_EVENT_LIMIT, COUNT_SESSION, false},
    {"sessions", CATEGORY_SESSION, item_sessions, ITEM_EVENT_LIMIT, COUNT_SESSION, false},
    {"client_report", CATEGORY_INTERNAL, item_client_report, ITEM_CLIENT_REPORT_LIMIT, COUNT_ANY,
     false},
    {"attachment", CATEGORY_ATTACHMENT, item_attachment, 0, COUNT_ANY, true},
    {"user_report", CATEGORY_USER_REPORT, item_user_report, ITEM_EVENT_LIMIT, COUNT_ANY, true},
    {"feedback", CATEGORY_FEEDBACK, item_feedback, ITEM_EVENT_LIMIT, COUNT_EVENT, false},
    {"check_in", CATEGORY_MONITOR, item_check_in, ITEM_CHECK_IN_LIMIT, COUNT_CHECK_IN, false},
    {"security", CATEGORY_SECURITY, item_security, ITEM_EVENT_LIMIT, COUNT_EVENT, false},
    {"raw_security", CATEGORY_SECURITY, item_security, ITEM_EVENT_LIMIT, COUNT_EVENT, false},
    {"nel", CATEGORY_ERROR, item_security, ITEM_EVENT_LIMIT, COUNT_ANY, false},
    {"form_data", CATEGORY_ERROR, NULL, ITEM_EVENT_LIMIT, COUNT_EVENT, false},
    {"unreal_report", CATEGORY_ERROR, NULL, 0, COUNT_EVENT, false},
    {"transaction", CATEGORY_TRANSACTION, item_transaction, ITEM_EVENT_LIMIT, COUNT_EVENT, false},
    {"span", CATEGORY_SPAN, NULL, 0, COUNT_SPAN, false},
    {"otel_span", CATEGORY_SPAN, NULL, 0, COUNT_ANY, false},
    {"log", CATEGORY_LOG_ITEM, NULL, 0, COUNT_LOG, false},
    {"otel_log", CATEGORY_LOG_ITEM, NULL, 0, COUNT_ANY, false},
    {"trace_metric", CATEGORY_TRACE_METRIC, NULL, 0, COUNT_TRACE_METRIC, false},
    {"statsd", CATEGORY_METRIC_BUCKET, NULL, 0, COUNT_ANY, false},
    {"metric_buckets", CATEGORY_METRIC_BUCKET, NULL, 0, COUNT_ANY, false},
    {"metric_meta", CATEGORY_METRIC_BUCKET, NULL, 0, COUNT_ANY, false},
    {"profile", CATEGORY_PROFILE, NULL, 0, COUNT_PROFILE, false},
    {"profile_chunk", CATEGORY_PROFILE, NULL, 0, COUNT_ANY, false},
    {"replay_event", CATEGORY_REPLAY, NULL, ITEM_EVENT_LIMIT, COUNT_EVENT, false},
    {"replay_recording", CATEGORY_REPLAY, NULL, 0, COUNT_ANY, false},
    {"replay_video", CATEGORY_REPLAY, NULL, 0, COUNT_ANY, false},
};

const struct item_type *item_type_find(struct slice name) {
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (slice_equal_string(name, types[i].name)) return &types[i];
  }
  return NULL;
}

size_t item_count_limit(enum item_count_group group) {
  if (group == COUNT_ANY) return SIZE_MAX;
  return group == COUNT_SESSION ? ITEM_SESSIONS_LIMIT : 1;
}
