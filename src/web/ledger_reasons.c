/* ledger_reasons.c - see ledger_reasons.h. Names of reasons are Sentry's where Sentry has one. */
#include "web/ledger_reasons.h"

#include "base/banned.h"

struct explanation {
  enum outcome outcome;
  const char *reason; /* null: any other of this outcome */
  const char *text;
};

static const struct explanation explanations[] = {
    {OUTCOME_ACCEPTED, NULL, "Kept."},

    {OUTCOME_FILTERED, "not_kept",
     "Culprit does not keep this kind of data. It is dropped without harm; turn the feature off in "
     "the SDK, or set its limit to 0, to save the bandwidth."},
    {OUTCOME_FILTERED, "unknown_type",
     "An item of a type that this version does not know. The rest of its envelope was taken."},
    {OUTCOME_FILTERED, "browser-extensions",
     "The error comes from a browser extension. The filter is in the project's settings."},
    {OUTCOME_FILTERED, "legacy-browsers",
     "Sent by a browser that is filtered as too old. The filter is in the project's settings."},
    {OUTCOME_FILTERED, "localhost",
     "Sent from a page or server on localhost. The filter is in the project's settings."},
    {OUTCOME_FILTERED, "web-crawlers",
     "Sent by a crawler that runs the page's scripts. The filter is in the project's settings."},
    {OUTCOME_FILTERED, "filtered-transaction",
     "Belongs to a health check. The filter is in the project's settings."},
    {OUTCOME_FILTERED, "release-version",
     "The release is on the project's list of releases to drop."},
    {OUTCOME_FILTERED, "error-message",
     "The message is on the project's list of messages to drop."},
    {OUTCOME_FILTERED, "ip-address", "The sender's address is on the project's list to drop."},
    {OUTCOME_FILTERED, "invalid-csp",
     "A report about the page's content security policy that browser extensions or the browser "
     "itself cause."},
    {OUTCOME_FILTERED, NULL, "Dropped by a filter of the project. Filters are in its settings."},

    {OUTCOME_RATE_LIMITED, "key_quota",
     "The client key's rate limit was reached. Raise it in the settings, or send less: find what "
     "floods by sorting the errors by frequency."},
    {OUTCOME_RATE_LIMITED, "project_quota",
     "The project's rate limit was reached, or the category is switched off by a limit of 0. "
     "Limits "
     "are in the project's settings."},
    {OUTCOME_RATE_LIMITED, NULL, "Over a rate limit before it came here."},

    {OUTCOME_INVALID, "duplicate",
     "The same event was sent twice; the first one is kept. Nothing is lost."},
    {OUTCOME_INVALID, "too_large",
     "Larger than the limits (1 MiB for an event). Send less extra data, "
     "shorter texts, or fewer and smaller attachments."},
    {OUTCOME_INVALID, "invalid_json",
     "The event is not a JSON object. A proxy may have cut it; otherwise it is the SDK's fault."},
    {OUTCOME_INVALID, "invalid_envelope",
     "The envelope is malformed, or its DSN is not the one it was sent to. A tunnel that changes "
     "bodies does this."},
    {OUTCOME_INVALID, "invalid_compression",
     "The body could not be decompressed. Check what a proxy does with Content-Encoding."},
    {OUTCOME_INVALID, "invalid_multipart", "The form of a crash dump or attachment is malformed."},
    {OUTCOME_INVALID, "invalid_minidump", "The file is not a minidump."},
    {OUTCOME_INVALID, "missing_minidump_upload",
     "The form holds no field upload_file_minidump with the dump."},
    {OUTCOME_INVALID, "security_report", "The security report is malformed."},
    {OUTCOME_INVALID, "security_report_type", "A kind of security report that is not known."},
    {OUTCOME_INVALID, "no_data", "The request was empty."},
    {OUTCOME_INVALID, "payload", "The request could not be understood."},
    {OUTCOME_INVALID, "duplicate_item",
     "One envelope held more than one event, check-in or profile. SDKs send them apart."},
    {OUTCOME_INVALID, "cors",
     "A browser sent it from a page that is not among the allowed origins in the project's "
     "settings."},
    {OUTCOME_INVALID, "internal",
     "The server could not write: too much at once, a full disk, or a restart. The sender was told "
     "to try again."},
    {OUTCOME_INVALID, NULL, "Malformed. The answer to the request said why."},

    {OUTCOME_ABUSE, NULL, "Refused as abuse."},

    {OUTCOME_CLIENT_DISCARD, "queue_overflow",
     "The SDK's queue was full: the program made events faster than they could be sent."},
    {OUTCOME_CLIENT_DISCARD, "buffer_overflow",
     "The SDK's buffer was full: the program made data faster than it could be sent."},
    {OUTCOME_CLIENT_DISCARD, "cache_overflow",
     "The SDK kept as many events offline as it may, and dropped the oldest."},
    {OUTCOME_CLIENT_DISCARD, "ratelimit_backoff",
     "The SDK held it back because a rate limit was reached."},
    {OUTCOME_CLIENT_DISCARD, "network_error",
     "The SDK could not reach this server, or was answered with an error."},
    {OUTCOME_CLIENT_DISCARD, "send_error",
     "This server answered the SDK with an error; invalid counts say which."},
    {OUTCOME_CLIENT_DISCARD, "sample_rate",
     "The SDK's sample rate (sample_rate, traces_sample_rate) left it out."},
    {OUTCOME_CLIENT_DISCARD, "before_send", "The program's before_send dropped it."},
    {OUTCOME_CLIENT_DISCARD, "event_processor", "An event processor of the program dropped it."},
    {OUTCOME_CLIENT_DISCARD, "ignored", "The program's list of errors to ignore has it."},
    {OUTCOME_CLIENT_DISCARD, "backpressure",
     "The SDK sampled less because the program was under load."},
    {OUTCOME_CLIENT_DISCARD, "insufficient_data", "The SDK had too little data to send."},
    {OUTCOME_CLIENT_DISCARD, "internal_sdk_error", "An error inside the SDK. Try a newer version."},
    {OUTCOME_CLIENT_DISCARD, NULL, "The SDK dropped it and named this reason."},
};

const char *ledger_outcome_title(enum outcome outcome) {
  static const char *const titles[OUTCOME_COUNT] = {
      "Accepted", "Filtered", "Rate limited", "Invalid", "Abuse", "Dropped by the SDK",
  };
  return titles[outcome];
}

const char *ledger_explanation(enum outcome outcome, struct slice reason) {
  for (size_t i = 0; i < sizeof explanations / sizeof explanations[0]; i++) {
    const struct explanation *explanation = &explanations[i];
    if (explanation->outcome != outcome) continue;
    if (!explanation->reason || slice_equal_string(reason, explanation->reason))
      return explanation->text;
  }
  return "";
}
