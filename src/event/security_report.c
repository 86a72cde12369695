/* security_report.c - reads what browsers report and writes it as events; see security_report.h.
 *
 * Each kind is a table: which member of the report is kept under which name. What a report means in
 * words (message, culprit) stands in security_text.c.
 */
#include "event/security_report.h"

#include <string.h>

#include "base/clock.h"
#include "event/limits.h"
#include "event/security_text.h"
#include "json/json.h"

#include "base/banned.h"

enum member_type { MEMBER_TEXT, MEMBER_INTEGER, MEMBER_TIME, MEMBER_ANY };

struct member {
  const char *name;  /* in reports of the kind */
  const char *other; /* in the Reporting API, or null */
  const char *kept;
  enum member_type type;
};

/* effective_directive is written apart: it is found in several members. */
static const struct member csp_members[] = {
    {"blocked-uri", "blockedURL", "blocked_uri", MEMBER_TEXT},
    {"document-uri", "documentURL", "document_uri", MEMBER_TEXT},
    {"original-policy", "originalPolicy", "original_policy", MEMBER_TEXT},
    {"referrer", NULL, "referrer", MEMBER_TEXT},
    {"status-code", "statusCode", "status_code", MEMBER_INTEGER},
    {"violated-directive", NULL, "violated_directive", MEMBER_TEXT},
    {"source-file", "sourceFile", "source_file", MEMBER_TEXT},
    {"line-number", "lineNumber", "line_number", MEMBER_INTEGER},
    {"column-number", "columnNumber", "column_number", MEMBER_INTEGER},
    {"script-sample", "sample", "script_sample", MEMBER_TEXT},
    {"disposition", NULL, "disposition", MEMBER_TEXT},
    {0},
};
static const struct member expect_ct_members[] = {
    {"date-time", NULL, "date_time", MEMBER_TIME},
    {"hostname", NULL, "hostname", MEMBER_TEXT},
    {"port", NULL, "port", MEMBER_INTEGER},
    {"scheme", NULL, "scheme", MEMBER_TEXT},
    {"effective-expiration-date", NULL, "effective_expiration_date", MEMBER_TIME},
    {"served-certificate-chain", NULL, "served_certificate_chain", MEMBER_ANY},
    {"validated-certificate-chain", NULL, "validated_certificate_chain", MEMBER_ANY},
    {"scts", NULL, "scts", MEMBER_ANY},
    {"failure-mode", NULL, "failure_mode", MEMBER_TEXT},
    {"test-report", NULL, "test_report", MEMBER_ANY},
    {0},
};
static const struct member expect_staple_members[] = {
    {"date-time", NULL, "date_time", MEMBER_TIME},
    {"hostname", NULL, "hostname", MEMBER_TEXT},
    {"port", NULL, "port", MEMBER_INTEGER},
    {"effective-expiration-date", NULL, "effective_expiration_date", MEMBER_TIME},
    {"response-status", NULL, "response_status", MEMBER_TEXT},
    {"cert-status", NULL, "cert_status", MEMBER_TEXT},
    {"served-certificate-chain", NULL, "served_certificate_chain", MEMBER_ANY},
    {"validated-certificate-chain", NULL, "validated_certificate_chain", MEMBER_ANY},
    {"ocsp-response", NULL, "ocsp_response", MEMBER_ANY},
    {0},
};
static const struct member hpkp_members[] = {
    {"date-time", NULL, "date_time", MEMBER_TIME},
    {"hostname", NULL, "hostname", MEMBER_TEXT},
    {"port", NULL, "port", MEMBER_INTEGER},
    {"effective-expiration-date", NULL, "effective_expiration_date", MEMBER_TIME},
    {"include-subdomains", NULL, "include_subdomains", MEMBER_ANY},
    {"noted-hostname", NULL, "noted_hostname", MEMBER_TEXT},
    {"served-certificate-chain", NULL, "served_certificate_chain", MEMBER_ANY},
    {"validated-certificate-chain", NULL, "validated_certificate_chain", MEMBER_ANY},
    {"known-pins", NULL, "known_pins", MEMBER_ANY},
    {0},
};
static const struct member nel_members[] = {
    {"type", NULL, "type", MEMBER_TEXT},
    {"phase", NULL, "phase", MEMBER_TEXT},
    {"url", NULL, "url", MEMBER_TEXT},
    {"method", NULL, "method", MEMBER_TEXT},
    {"protocol", NULL, "protocol", MEMBER_TEXT},
    {"referrer", NULL, "referrer", MEMBER_TEXT},
    {"server_ip", NULL, "server_ip", MEMBER_TEXT},
    {"status_code", NULL, "status_code", MEMBER_INTEGER},
    {"elapsed_time", NULL, "elapsed_time", MEMBER_INTEGER},
    {"sampling_fraction", NULL, "sampling_fraction", MEMBER_ANY},
    {0},
};

enum kind { KIND_CSP, KIND_EXPECT_CT, KIND_EXPECT_STAPLE, KIND_HPKP, KIND_NEL, KIND_NONE };

static const struct {
  struct slice name, old_name;
  const struct member *members;
} kinds[] = {
    [KIND_CSP] = {{"csp", 3}, {"Csp", 3}, csp_members},
    [KIND_EXPECT_CT] = {{"expectct", 8}, {"ExpectCT", 8}, expect_ct_members},
    [KIND_EXPECT_STAPLE] = {{"expectstaple", 12}, {"ExpectStaple", 12}, expect_staple_members},
    [KIND_HPKP] = {{"hpkp", 4}, {"Hpkp", 4}, hpkp_members},
    [KIND_NEL] = {{"nel", 3}, {"Nel", 3}, nel_members},
};

bool security_report_kind(struct slice attribute, struct slice *kind) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (!slice_equal(attribute, kinds[i].name) && !slice_equal(attribute, kinds[i].old_name))
      continue;
    *kind = kinds[i].name;
    return true;
  }
  return false;
}

/* --- finding what a report is ------------------------------------------------------------------
 */

struct report {
  enum kind kind;
  yyjson_val *body;
  yyjson_val *outer; /* of the Reporting API: age, url, user_agent; else null */
};

static void find_kind(yyjson_val *value, struct report *report) {
  static const struct {
    const char *member;
    enum kind kind;
  } wrappers[] = {{"csp-report", KIND_CSP},
                  {"expect-ct-report", KIND_EXPECT_CT},
                  {"expect-staple-report", KIND_EXPECT_STAPLE}};
  *report = (struct report){.kind = KIND_NONE, .body = value};
  for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++) {
    yyjson_val *body = json_member(value, wrappers[i].member);
    if (!yyjson_is_obj(body)) continue;
    *report = (struct report){.kind = wrappers[i].kind, .body = body};
    return;
  }
  if (json_member(value, "known-pins")) {
    report->kind = KIND_HPKP;
    return;
  }
  struct slice type = json_text(json_member(value, "type"));
  yyjson_val *body = json_member(value, "body");
  if (!yyjson_is_obj(body)) return;
  bool is_csp = slice_equal(type, SLICE("csp-violation")) || slice_equal(type, SLICE("csp"));
  if (is_csp) *report = (struct report){.kind = KIND_CSP, .body = body, .outer = value};
  if (slice_equal(type, SLICE("network-error")))
    *report = (struct report){.kind = KIND_NEL, .body = body, .outer = value};
}

/* --- writing -------------------------------------------------------------------------------------
 */

static void write_text(struct json_writer *json, const char *name, struct slice text) {
  json_write_key(json, name);
  json_write_text(json, text);
}

/* "2014-04-06T13:00:50+00:00"; what is no time stays as it is. */
static void write_time(struct json_writer *json, const char *name, struct slice text) {
  int64_t time_ms;
  char iso[TIME_ISO_BYTES];
  json_write_key(json, name);
  if (!time_parse_iso(text, &time_ms)) {
    json_write_text(json, text);
    return;
  }
  time_format_iso(time_ms, iso);
  memcpy(iso + (time_ms % 1000 ? 23 : 19), "", 1);
  struct buffer zoned = buffer_make(64);
  buffer_append_slice(&zoned, slice_of_string(iso));
  buffer_append_slice(&zoned, SLICE("+00:00"));
  json_write_text(json, buffer_slice(&zoned));
  buffer_free(&zoned);
}

static void write_member(struct json_writer *json, const struct member *member, yyjson_val *value) {
  struct slice text;
  int64_t number;
  switch (member->type) {
    case MEMBER_TEXT:
      if (yyjson_is_str(value)) write_text(json, member->kept, json_text(value));
      break;
    case MEMBER_TIME:
      if (yyjson_is_str(value)) write_time(json, member->kept, json_text(value));
      break;
    case MEMBER_INTEGER:
      text = json_text(value);
      if (!json_integer(value, &number) && !slice_to_i64(text, &number)) break;
      json_write_key(json, member->kept);
      json_write_integer(json, number);
      break;
    case MEMBER_ANY:
      if (!value || yyjson_is_null(value)) break;
      json_write_key(json, member->kept);
      json_write_value(json, value,
                       &(struct json_limits){BAG_DEPTH, BAG_LARGE_BYTES, BAG_LARGE_BYTES});
      break;
  }
}

static yyjson_val *member_of(const struct report *report, const struct member *member) {
  yyjson_val *value = json_member(report->body, member->name);
  if (!value && member->other) value = json_member(report->body, member->other);
  /* A list of the Reporting API says around the body which page it was. */
  bool is_page = slice_equal_string(slice_of_string(member->kept), "document_uri") ||
                 slice_equal_string(slice_of_string(member->kept), "url");
  if (!value && is_page) value = json_member(report->outer, "url");
  return value;
}

static void write_report(struct json_writer *json, const struct report *report,
                         struct slice directive) {
  json_write_key_text(json, kinds[report->kind].name);
  json_write_object(json);
  if (report->kind == KIND_CSP) {
    write_text(json, "effective_directive", directive);
    if (!yyjson_is_str(member_of(report, &csp_members[0])))
      write_text(json, csp_members[0].kept, SLICE("self"));
  }
  for (const struct member *member = kinds[report->kind].members; member->name; member++)
    write_member(json, member, member_of(report, member));
  json_write_object_end(json);
}

static void write_tag(struct json_writer *json, const char *name, struct slice value) {
  if (slice_is_empty(value)) return;
  json_write_array(json);
  json_write_text(json, slice_of_string(name));
  json_write_text(json, slice_cut_characters(value, LIMIT_RELEASE));
  json_write_array_end(json);
}

/* Any scalar member as a tag. */
static void write_member_tag(struct json_writer *json, const char *name,
                             const struct report *report, const char *member) {
  struct slice text = SLICE_EMPTY;
  json_scalar_text(json_member(report->body, member), &text);
  write_tag(json, name, text);
}

/* Stripe's addresses are reported with keys in their query. */
static struct slice without_secrets(struct slice uri) {
  if (!slice_starts_with(uri, SLICE("https://api.stripe.com/"))) return uri;
  return slice_upto(uri, slice_find_byte(uri, '?'));
}

static void write_tags(struct json_writer *json, const struct report *report,
                       const struct security_facts *facts) {
  json_write_key(json, "tags");
  json_write_array(json);
  switch (report->kind) {
    case KIND_CSP:
      write_tag(json, "effective-directive", facts->directive);
      write_tag(json, "blocked-uri", without_secrets(facts->blocked));
      break;
    case KIND_NEL:
      write_tag(json, "hostname", security_host_of(facts->page));
      write_member_tag(json, "error-type", report, "type");
      write_member_tag(json, "phase", report, "phase");
      break;
    case KIND_EXPECT_CT:
    case KIND_EXPECT_STAPLE:
    case KIND_HPKP:
    case KIND_NONE:
      write_member_tag(json, "hostname", report, "hostname");
      write_member_tag(json, "port", report, "port");
      write_member_tag(json, "response_status", report, "response-status");
      write_member_tag(json, "cert_status", report, "cert-status");
      write_member_tag(json, "include-subdomains", report, "include-subdomains");
      break;
  }
  json_write_array_end(json);
}

static void write_header(struct json_writer *json, const char *name, struct slice value) {
  if (slice_is_empty(value)) return;
  json_write_array(json);
  json_write_text(json, slice_of_string(name));
  json_write_text(json, value);
  json_write_array_end(json);
}

static void write_request(struct json_writer *json, const struct report *report,
                          const struct security_facts *facts, struct slice user_agent) {
  struct slice method = json_text(json_member(report->body, "method"));
  json_write_key(json, "request");
  json_write_object(json);
  if (!slice_is_empty(facts->page)) write_text(json, "url", facts->page);
  if (report->kind == KIND_NEL && !slice_is_empty(method)) write_text(json, "method", method);
  json_write_key(json, "headers");
  json_write_array(json);
  write_header(json, "Referer", json_text(json_member(report->body, "referrer")));
  write_header(json, "User-Agent", user_agent);
  json_write_array_end(json);
  json_write_object_end(json);
}

/* When it happened: a browser says how many milliseconds ago. */
static void write_timestamp(struct json_writer *json, const struct report *report,
                            int64_t received_ms) {
  int64_t age_ms;
  if (!json_integer(json_member(report->outer, "age"), &age_ms)) return;
  if (age_ms < 0 || age_ms > received_ms || !received_ms) return;
  char iso[TIME_ISO_BYTES];
  time_format_iso(received_ms - age_ms, iso);
  write_text(json, "timestamp", slice_of_string(iso));
}

static void write_event(struct json_writer *json, struct arena *arena, const struct report *report,
                        const struct security_facts *facts,
                        const struct security_report_source *source) {
  struct slice user_agent = json_text(json_member(report->outer, "user_agent"));
  json_write_object(json);
  write_text(json, "logger", SLICE("csp"));
  write_text(json, "platform", SLICE("other"));
  json_write_key(json, "logentry");
  json_write_object(json);
  write_text(json, "formatted", security_message(arena, facts));
  json_write_object_end(json);
  write_report(json, report, facts->directive);
  write_tags(json, report, facts);
  write_request(json, report, facts, slice_is_empty(user_agent) ? source->user_agent : user_agent);
  /* The browser's address, unless the project does not want it. */
  json_write_key(json, "user");
  json_write_object(json);
  write_text(json, "ip_address", SLICE("{{auto}}"));
  json_write_object_end(json);
  if (!slice_is_empty(source->release)) write_text(json, "release", source->release);
  if (!slice_is_empty(source->environment)) write_text(json, "environment", source->environment);
  write_timestamp(json, report, source->received_ms);
  json_write_object_end(json);
}

/* --- reading
 * ----------------------------------------------------------------------------------------
 */

/* False when what a message needs is missing. */
static bool read_facts(const struct report *report, struct security_facts *facts) {
  *facts = (struct security_facts){.kind = kinds[report->kind].name};
  if (report->kind == KIND_CSP) {
    facts->violated = json_text(json_member(report->body, "violated-directive"));
    struct slice effective = json_text(json_member(report->body, "effective-directive"));
    if (slice_is_empty(effective))
      effective = json_text(json_member(report->body, "effectiveDirective"));
    yyjson_val *blocked = member_of(report, &csp_members[0]);
    facts->blocked = yyjson_is_str(blocked) ? json_text(blocked) : SLICE("self");
    facts->page = json_text(member_of(report, &csp_members[1]));
    return security_directive(effective, &facts->directive) ||
           security_directive(facts->violated, &facts->directive);
  }
  if (report->kind == KIND_NEL) {
    facts->page = json_text(json_member(report->outer, "url"));
    facts->error = json_text(json_member(report->body, "type"));
    json_integer(json_member(report->body, "status_code"), &facts->status);
    /* Successes are reported too, for comparison. */
    return !slice_is_empty(facts->error) && !slice_equal(facts->error, SLICE("ok"));
  }
  facts->page = json_text(json_member(report->body, "hostname"));
  return !slice_is_empty(facts->page);
}

static enum status read_report(struct arena *arena, yyjson_val *value,
                               const struct security_report_source *source,
                               struct security_event *event, struct problem *problem) {
  struct report report;
  struct security_facts facts;
  find_kind(value, &report);
  if (report.kind == KIND_NONE) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "This is no report that is known here: CSP, Expect-CT, Expect-Staple, HPKP "
                       "or a network error.");
  }
  if (!read_facts(&report, &facts)) {
    return problem_set(problem, STATUS_BAD_INPUT, "The %.*s report does not say %s.",
                       SLICE_ARGS(kinds[report.kind].name),
                       report.kind == KIND_CSP   ? "which directive was violated"
                       : report.kind == KIND_NEL ? "what failed"
                                                 : "for which host");
  }
  struct buffer out = buffer_make(2 * EVENT_JSON_LIMIT);
  struct json_writer json = {.out = &out};
  write_event(&json, arena, &report, &facts, source);
  event->json = arena_copy(arena, buffer_slice(&out));
  event->is_network_error = report.kind == KIND_NEL;
  buffer_free(&out);
  return STATUS_OK;
}

static void read_list(struct arena *arena, yyjson_val *list,
                      const struct security_report_source *source,
                      struct security_reports *reports) {
  size_t index, max;
  yyjson_val *item;
  reports->events = ARENA_ARRAY(arena, SECURITY_REPORTS_LIMIT, struct security_event);
  yyjson_arr_foreach(list, index, max, item) {
    bool is_taken = reports->count < SECURITY_REPORTS_LIMIT &&
                    !read_report(arena, item, source, &reports->events[reports->count], NULL);
    if (is_taken)
      reports->count++;
    else
      reports->dropped++;
  }
}

enum status security_reports_read(struct arena *arena, struct slice body,
                                  const struct security_report_source *source,
                                  struct security_reports *reports, struct problem *problem) {
  yyjson_val *root;
  *reports = (struct security_reports){0};
  if (body.len > SECURITY_REPORTS_BYTES_LIMIT) {
    return problem_set(problem, STATUS_TOO_LARGE, "The reports have %zu bytes; the limit is %d.",
                       body.len, SECURITY_REPORTS_BYTES_LIMIT);
  }
  enum status status = json_read(arena, body, &root, problem);
  if (status) return status;
  if (yyjson_is_arr(root)) {
    read_list(arena, root, source, reports);
    return STATUS_OK;
  }
  reports->events = ARENA_NEW(arena, struct security_event);
  status = read_report(arena, root, source, &reports->events[0], problem);
  if (!status) reports->count = 1;
  return status;
}
