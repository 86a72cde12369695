/* category.c - see category.h. */
#include "ingest/category.h"

#include "base/banned.h"

static const char *const names[CATEGORY_COUNT] = {
    [CATEGORY_DEFAULT] = "default",
    [CATEGORY_ERROR] = "error",
    [CATEGORY_SECURITY] = "security",
    [CATEGORY_TRANSACTION] = "transaction",
    [CATEGORY_ATTACHMENT] = "attachment",
    [CATEGORY_SESSION] = "session",
    [CATEGORY_MONITOR] = "monitor",
    [CATEGORY_FEEDBACK] = "feedback",
    [CATEGORY_USER_REPORT] = "user_report",
    [CATEGORY_PROFILE] = "profile",
    [CATEGORY_REPLAY] = "replay",
    [CATEGORY_SPAN] = "span",
    [CATEGORY_LOG_ITEM] = "log_item",
    [CATEGORY_METRIC_BUCKET] = "metric_bucket",
    [CATEGORY_TRACE_METRIC] = "trace_metric",
    [CATEGORY_UNKNOWN] = "unknown",
    [CATEGORY_INTERNAL] = "internal",
};

/* What SDKs say for parts of the same. */
static const struct {
  const char *name;
  enum category category;
} others[] = {
    {"transaction_processed", CATEGORY_TRANSACTION},
    {"transaction_indexed", CATEGORY_TRANSACTION},
    {"attachment_item", CATEGORY_ATTACHMENT},
    {"user_report_v2", CATEGORY_FEEDBACK},
    {"feedbackv2", CATEGORY_FEEDBACK},
    {"profile_indexed", CATEGORY_PROFILE},
    {"profile_duration", CATEGORY_PROFILE},
    {"profile_chunk", CATEGORY_PROFILE},
    {"profile_chunk_ui", CATEGORY_PROFILE},
    {"span_indexed", CATEGORY_SPAN},
    {"log_byte", CATEGORY_LOG_ITEM},
    {"trace_metric_byte", CATEGORY_TRACE_METRIC},
    {"monitor_seat", CATEGORY_MONITOR},
};

struct slice category_name(enum category category) {
  return slice_of_string(names[category]);
}

bool category_parse(struct slice name, enum category *category) {
  for (size_t i = 0; i < CATEGORY_COUNT; i++) {
    *category = (enum category)i;
    if (slice_equal_string(name, names[i])) return true;
  }
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    *category = others[i].category;
    if (slice_equal_string(name, others[i].name)) return true;
  }
  return false;
}
