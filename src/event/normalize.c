/* normalize.c - the rules of decoding that need the whole event: which releases and
 * environments are valid, whose address {{auto}} is, and when it happened. */
#include <arpa/inet.h>
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
  return !slice_equal(environment, SLICE("none")) && !has_any_of(environment, "\r\n\f/", 4) &&
         slice_cut_characters(environment, LIMIT_LOGGER).len == environment.len;
}

static bool is_valid_dist(struct slice dist) {
  if (dist.len > LIMIT_LOGGER) return false;
  for (size_t i = 0; i < dist.len; i++) {
    char c = dist.ptr[i];
    bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '.' && c != '-') return false;
  }
  return true;
}

/* Drops a text that is not what it has to be, and says why. */
static void drop(struct reader *reader, struct slice *text, const char *type, const char *name,
                 const char *reason) {
  struct event_error *error = reader_note(reader, type, name, NULL, reason);
  if (error) error->value = reader_cut(reader, *text, LIMIT_NAME);
  *text = SLICE_EMPTY;
}

static void check_release(struct reader *reader, struct event *event) {
  event->release = slice_trim(event->release);
  event->environment = slice_trim(event->environment);
  event->dist = slice_trim(event->dist);
  if (!release_is_valid(event->release)) {
    drop(reader, &event->release, "invalid_data", "release", "not a valid name of a release");
  }
  if (!environment_is_valid(event->environment)) {
    drop(reader, &event->environment, "invalid_environment", "environment",
         "not a valid name of an environment");
  }
  if (!is_valid_dist(event->dist)) {
    drop(reader, &event->dist, "invalid_data", "dist",
         "expected up to 64 letters, digits and _ . -");
  }
  struct slice tag = pairs_get(event->tags, SLICE("environment"));
  tag = slice_trim(slice_cut_characters(slice_trim(tag), LIMIT_LOGGER));
  if (slice_is_empty(event->environment) && environment_is_valid(tag)) event->environment = tag;
  if (slice_is_empty(event->release)) event->dist = SLICE_EMPTY;
}

static bool is_known_platform(struct slice platform) {
  static const char *const names[] = {
      "javascript", "python", "node", "java", "php", "ruby", "native", "cocoa", "csharp", "go",
      "other", "c", "objc", "elixir", "perl", "as3", "cfml", "groovy", "haskell", "powershell",
      /* not Sentry's, but shown with their names */
      "rust", "swift", "dart"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (slice_equal_string(platform, names[i])) return true;
  }
  return false;
}

/* What a new event says in words that are not its own to choose. */
static void check_names(struct reader *reader, struct event *event) {
  if (!is_known_platform(event->platform)) {
    if (!slice_is_empty(event->platform)) {
      drop(reader, &event->platform, "invalid_data", "platform", "not a known platform");
    }
    event->platform = SLICE("other");
  }
  if (has_any_of(event->logger, "\r\n", 2)) {
    drop(reader, &event->logger, "invalid_data", "logger", "expected one line");
  }
}

/* A tag that was an attribute of its own; sent tags of that name count more. */
static void add_tag(struct reader *reader, struct slice key, struct slice value) {
  struct pairs *tags = &reader->event->tags;
  value = slice_trim(value);
  if (slice_is_empty(value) || !slice_is_empty(pairs_get(*tags, key))) return;
  struct pair *items = ARENA_ARRAY(reader->arena, tags->count + 1, struct pair);
  if (tags->count) memcpy(items, tags->items, tags->count * sizeof *items);
  items[tags->count] = (struct pair){key, value};
  *tags = (struct pairs){items, tags->count + 1};
}

static void normalize_names(struct reader *reader, struct event *event) {
  check_release(reader, event);
  if (!reader->is_kept) {
    check_names(reader, event);
    add_tag(reader, SLICE("site"), event->site);
  }
  if (event->exception_count) event->report = NULL;
  if (!event->report) event->type = event->exception_count ? SLICE("error") : SLICE("default");
  if (slice_is_empty(event->transaction)) {
    event->transaction = pairs_get(event->tags, SLICE("transaction"));
  }
  if (slice_is_empty(event->server_name)) {
    event->server_name = pairs_get(event->tags, SLICE("server_name"));
  }
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

static bool is_address(struct slice text) {
  char name[INET6_ADDRSTRLEN + 1];
  struct in6_addr address;
  text = slice_upto(text, slice_find_byte(text, '%')); /* a scope: "fe80::1%eth0" */
  if (text.len >= sizeof name) return false;
  if (text.len) memcpy(name, text.ptr, text.len);
  name[text.len] = '\0';
  return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

static void fill_address(struct reader *reader, const struct event_hints *hints, bool may_infer) {
  struct event *event = reader->event;
  struct event_user *user = &event->user;
  bool is_auto = slice_equal(user->ip_address, SLICE("{{auto}}"));
  if (is_auto) user->ip_address = SLICE_EMPTY;
  /* A list, as proxies write it, begins with the sender's own. */
  user->ip_address =
      slice_trim(slice_upto(user->ip_address, slice_find_byte(user->ip_address, ',')));
  if (!slice_is_empty(user->ip_address) && !is_address(user->ip_address)) {
    /* Without the value, which may be an address with something around it. */
    reader_note(reader, "invalid_data", "user.ip_address", NULL, "expected an IP address");
    user->ip_address = SLICE_EMPTY;
  }
  if (!slice_is_empty(user->ip_address)) return;
  if (is_auto || (is_on_users_machine(event->platform) && may_infer)) {
    user->ip_address = hints->client_address;
  } else if (event->has_request) {
    struct slice remote = pairs_get(event->request.env, SLICE("REMOTE_ADDR"));
    if (is_address(remote)) user->ip_address = remote;
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

static void note_time(struct reader *reader, const char *type, int64_t time_ms,
                      const char *reason) {
  struct event_error *error = reader_note(reader, type, "timestamp", NULL, reason);
  char text[TIME_ISO_BYTES];
  time_format_iso(time_ms, text);
  if (error) error->value = arena_copy(reader->arena, slice_of_string(text));
}

static void correct_time(struct reader *reader, const struct event_hints *hints) {
  struct event *event = reader->event;
  event->received_ms = hints->received_ms;
  int64_t sent_ms = event->timestamp_ms;
  int64_t drift_ms = hints->sent_at_ms ? hints->received_ms - hints->sent_at_ms : 0;
  if (drift_ms >= CLOCK_DRIFT_MS || drift_ms <= -CLOCK_DRIFT_MS) {
    shift(event, drift_ms);
    note_time(reader, "clock_drift", sent_ms ? sent_ms : hints->sent_at_ms,
              "the sender's clock was wrong; times were corrected by the difference");
  }
  if (!sent_ms) {
    event->timestamp_ms = hints->received_ms;
    return;
  }
  int64_t late_ms = hints->received_ms - event->timestamp_ms;
  if (late_ms > PAST_MS || late_ms < -FUTURE_MS) {
    shift(event, late_ms);
    note_time(reader, late_ms > 0 ? "past_timestamp" : "future_timestamp", sent_ms,
              "too far from the time of arrival; times were moved to it");
  }
}

void decode_normalize(struct reader *reader, yyjson_val *root, const struct event_hints *hints) {
  struct event *event = reader->event;
  reader->is_all_read = true;
  decode_finish_message(reader, event);
  normalize_names(reader, event);
  if (hints) {
    fill_address(reader, hints, may_infer_address(root));
    fill_sdk(event, hints);
    correct_time(reader, hints);
    decode_contexts(reader, hints);
    decode_mechanism_names(reader);
  }
  if (event->has_user && is_empty_user(&event->user)) event->has_user = false;
}
