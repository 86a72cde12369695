/* normalize.c - the rules of decoding that need the whole event: which releases and
 * environments are valid, whose address {{auto}} is, and when it happened. */
#include <string.h>

#include "base/clock.h"
#include "event/decode.h"
#include "event/limits.h"

#include "base/banned.h"

/* A client clock may be off by this before it is corrected. Sentry: the same three. */
#define CLOCK_DRIFT_MS (55 * MINUTE_MS)
#define FUTURE_MS (60 * SECOND_MS)
#define PAST_MS (30 * DAY_MS)

static bool has_any_of(struct slice s, const char *bytes, size_t count) {
  for (size_t i = 0; i < s.len; i++) {
    if (memchr(bytes, s.ptr[i], count)) return true;
  }
  return false;
}

bool release_is_valid(struct slice release) {
  return !slice_equal(release, SLICE(".")) && !slice_equal(release, SLICE("..")) &&
         !slice_equal_ignore_case(release, SLICE("latest")) &&
         !has_any_of(release, "\r\n\t\f/\\", 6);
}

bool environment_is_valid(struct slice environment) {
  return !slice_equal(environment, SLICE("none")) && !has_any_of(environment, "\r\n\f/", 4);
}

static void check_release(struct reader *reader, struct event *event) {
  event->release = slice_trim(event->release);
  event->environment = slice_trim(event->environment);
  event->dist = slice_trim(event->dist);
  if (!release_is_valid(event->release)) {
    reader_note(reader, "invalid_data", "release", NULL, "not a valid name of a release");
    event->release = SLICE_EMPTY;
  }
  if (!environment_is_valid(event->environment)) {
    reader_note(reader, "invalid_environment", "environment", NULL,
                "not a valid name of an environment");
    event->environment = SLICE_EMPTY;
  }
  struct slice tag = pairs_get(event->tags, SLICE("environment"));
  tag = slice_trim(slice_cut_characters(slice_trim(tag), LIMIT_LOGGER));
  if (slice_is_empty(event->environment) && environment_is_valid(tag)) event->environment = tag;
  if (slice_is_empty(event->release)) event->dist = SLICE_EMPTY;
}

static void normalize_names(struct reader *reader, struct event *event) {
  check_release(reader, event);
  event->type = event->exception_count ? SLICE("error") : SLICE("default");
  if (slice_is_empty(event->transaction)) {
    event->transaction = pairs_get(event->tags, SLICE("transaction"));
  }
  if (slice_is_empty(event->server_name)) {
    event->server_name = pairs_get(event->tags, SLICE("server_name"));
  }
  size_t kept = 0;
  for (size_t i = 0; i < event->fingerprint.count; i++) {
    struct slice item = event->fingerprint.items[i];
    if (!slice_is_empty(item)) event->fingerprint.items[kept++] = item;
  }
  event->fingerprint.count = kept;
  event->sent_tag_count = event->tags.count;
}

/* --- who ------------------------------------------------------------------------ */

/* SDKs that run on the user's own machine, so that the sender's address is the user's. */
static bool is_on_users_machine(struct slice platform) {
  return slice_equal(platform, SLICE("javascript")) || slice_equal(platform, SLICE("cocoa")) ||
         slice_equal(platform, SLICE("objc"));
}

/* SDKs say in `sdk.settings.infer_ip` whether the server may fill the address in. */
static bool may_infer_address(yyjson_val *root) {
  yyjson_val *settings = json_member(json_member(root, "sdk"), "settings");
  return !slice_equal(json_text(json_member(settings, "infer_ip")), SLICE("never"));
}

static void fill_address(struct event *event, const struct event_hints *hints, bool may_infer) {
  struct event_user *user = &event->user;
  bool is_auto = slice_equal(user->ip_address, SLICE("{{auto}}"));
  if (is_auto) user->ip_address = SLICE_EMPTY;
  if (!slice_is_empty(user->ip_address)) return;
  if (is_auto || (is_on_users_machine(event->platform) && may_infer)) {
    user->ip_address = hints->client_address;
  } else if (event->has_request) {
    user->ip_address =
        slice_cut_characters(pairs_get(event->request.env, SLICE("REMOTE_ADDR")), LIMIT_NAME);
  }
  if (!slice_is_empty(user->ip_address)) event->has_user = true;
}

static bool is_empty_user(const struct event_user *user) {
  return slice_is_empty(user->id) && slice_is_empty(user->username) &&
         slice_is_empty(user->email) && slice_is_empty(user->ip_address) &&
         slice_is_empty(user->name) && !user->geo && !user->data;
}

/* "sentry.python/1.9.10" from the request's authentication, when the event does not say. */
static void fill_sdk(struct event *event, const struct event_hints *hints) {
  struct slice version = slice_cut_characters(hints->sdk, LIMIT_NAME);
  if (!slice_is_empty(event->sdk_name)) return;
  event->sdk_name = slice_split(&version, '/');
  event->sdk_version = version;
}

/* --- when ----------------------------------------------------------------------- */

static void shift(struct event *event, int64_t by_ms) {
  event->timestamp_ms += by_ms;
  for (size_t i = 0; i < event->breadcrumb_count; i++) {
    struct breadcrumb *breadcrumb = &event->breadcrumbs[i];
    if (!breadcrumb->timestamp_ms) continue;
    breadcrumb->timestamp_ms += by_ms;
    if (breadcrumb->timestamp_ms < 0) breadcrumb->timestamp_ms = 0;
  }
}

static void correct_time(struct reader *reader, const struct event_hints *hints) {
  struct event *event = reader->event;
  event->received_ms = hints->received_ms;
  if (!event->timestamp_ms) {
    event->timestamp_ms = hints->received_ms;
    return;
  }
  int64_t drift_ms = hints->sent_at_ms ? hints->received_ms - hints->sent_at_ms : 0;
  if (drift_ms >= CLOCK_DRIFT_MS || drift_ms <= -CLOCK_DRIFT_MS) {
    shift(event, drift_ms);
    reader_note(reader, "clock_drift", "timestamp", NULL,
                "the sender's clock was wrong; times were corrected by the difference");
  }
  int64_t late_ms = hints->received_ms - event->timestamp_ms;
  if (late_ms > PAST_MS || late_ms < -FUTURE_MS) {
    shift(event, late_ms);
    reader_note(reader, late_ms > 0 ? "past_timestamp" : "future_timestamp", "timestamp", NULL,
                "too far from the time of arrival; times were moved to it");
  }
}

void decode_normalize(struct reader *reader, yyjson_val *root, const struct event_hints *hints) {
  struct event *event = reader->event;
  decode_finish_message(reader, event);
  normalize_names(reader, event);
  if (hints) {
    fill_address(event, hints, may_infer_address(root));
    fill_sdk(event, hints);
    correct_time(reader, hints);
  }
  if (event->has_user && is_empty_user(&event->user)) event->has_user = false;
}
