/* operations.c - see operations.h. Only counts are shown, nothing of what the data says. */
#include "cli/operations.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/control.h"
#include "ingest/application.h"
#include "ingest/ingest.h"

#include "base/banned.h"

static void no_store(struct http_response *response) {
  http_set_header(response, "Cache-Control", SLICE("no-store"));
}

void health_handler(struct http_request *request, struct http_response *response) {
  (void)request;
  no_store(response);
  http_set_header(response, "Content-Type", SLICE("application/json"));
  BUFFER_APPEND_LITERAL(&response->body,
                        "{\"status\":\"ok\",\"version\":\"" CULPRIT_VERSION "\"}\n");
}

/* {"status":"ready"} or {"status":"unavailable","reason":"…"} */
static void write_readiness(struct buffer *output, bool is_ready, const char *reason) {
  size_t len;
  yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
  yyjson_mut_val *root = yyjson_mut_obj(document);
  yyjson_mut_obj_add_str(document, root, "status", is_ready ? "ready" : "unavailable");
  if (!is_ready) yyjson_mut_obj_add_str(document, root, "reason", reason);
  yyjson_mut_doc_set_root(document, root);
  char *text = yyjson_mut_write(document, 0, &len);
  if (text) buffer_append(output, text, len);
  buffer_append_byte(output, '\n');
  free(text);
  yyjson_mut_doc_free(document);
}

void ready_handler(struct http_request *request, struct http_response *response) {
  const struct application *application = request->application;
  struct problem problem = {0};
  bool is_ready = store_is_ready(application->store, &problem);
  no_store(response);
  http_set_header(response, "Content-Type", SLICE("application/json"));
  if (!is_ready) {
    response->status = 503;
    http_set_header(response, "Retry-After", SLICE("5"));
  }
  write_readiness(&response->body, is_ready, problem.message);
}

/* What load balancers before a Relay ask. */
static void answer_relay_health(struct http_response *response, bool is_healthy) {
  no_store(response);
  http_set_header(response, "Content-Type", SLICE("application/json"));
  response->status = is_healthy ? 200 : 503;
  response->static_body =
      is_healthy ? SLICE("{\"is_healthy\":true}") : SLICE("{\"is_healthy\":false}");
}

void relay_live_handler(struct http_request *request, struct http_response *response) {
  (void)request;
  answer_relay_health(response, true);
}

void relay_ready_handler(struct http_request *request, struct http_response *response) {
  const struct application *application = request->application;
  struct problem problem = {0};
  answer_relay_health(response, store_is_ready(application->store, &problem));
}

void robots_handler(struct http_request *request, struct http_response *response) {
  (void)request;
  http_set_header(response, "Content-Type", SLICE("text/plain; charset=utf-8"));
  response->static_body = SLICE("User-agent: *\nDisallow: /\n");
}

/* --- metrics ---------------------------------------------------------------------------------- */

struct metric {
  const char *name, *labels, *kind, *help; /* labels: "" or "{reason=\"auth\"}" */
  uint64_t value;
};

static void append_metrics(struct buffer *output, const struct metric *metrics, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const struct metric *metric = &metrics[i];
    if (i == 0 || strcmp(metrics[i - 1].name, metric->name) != 0)
      buffer_printf(output, "# HELP culprit_%s %s\n# TYPE culprit_%s %s\n", metric->name,
                    metric->help, metric->name, metric->kind);
    buffer_printf(output, "culprit_%s%s %llu\n", metric->name, metric->labels,
                  (unsigned long long)metric->value);
  }
}

static void append_http(struct buffer *output, const struct application *application) {
  struct http_statistics http = http_server_statistics(application->server);
  const struct metric metrics[] = {
      {"http_requests_total", "", "counter", "Requests read.", http.requests},
      {"http_bad_requests_total", "", "counter", "Requests refused by the parser.",
       http.bad_requests},
      {"http_connections_total", "", "counter", "Connections accepted.", http.connections_total},
      {"http_connections_open", "", "gauge", "Connections open now.", http.connections_open},
      {"http_body_bytes", "", "gauge", "Memory that request bodies take now.",
       http.bytes_in_flight},
  };
  append_metrics(output, metrics, sizeof metrics / sizeof metrics[0]);
}

/* What each project's ledger holds, of all projects together. */
static void append_outcomes(struct buffer *output, const struct ingest_statistics *ingest) {
  BUFFER_APPEND_LITERAL(output,
                        "# HELP culprit_ingest_outcomes_total Items received or reported, by what "
                        "became of them.\n# TYPE culprit_ingest_outcomes_total counter\n");
  for (size_t i = 0; i < OUTCOME_COUNT; i++) {
    if (i == OUTCOME_ABUSE) continue;
    buffer_printf(output, "culprit_ingest_outcomes_total{outcome=\"%s\"} %llu\n",
                  outcome_name((enum outcome)i), (unsigned long long)ingest->outcomes[i]);
  }
}

static void append_ingest(struct buffer *output, const struct application *application) {
  struct ingest_statistics ingest;
  ingest_statistics(application->ingest, &ingest);
  static const char help[] = "Requests of SDKs refused, by reason.";
  const struct metric metrics[] = {
      {"events_accepted_total", "", "counter", "Events stored.", ingest.events_accepted},
      {"events_duplicate_total", "", "counter", "Events that were stored before.",
       ingest.events_duplicate},
      {"items_dropped_total", "", "counter", "Envelope items of kinds that are not kept.",
       ingest.items_dropped},
      {"ingest_rejected_total", "{reason=\"auth\"}", "counter", help, ingest.rejected_auth},
      {"ingest_rejected_total", "{reason=\"malformed\"}", "counter", help,
       ingest.rejected_malformed},
      {"ingest_rejected_total", "{reason=\"too_large\"}", "counter", help,
       ingest.rejected_too_large},
      {"ingest_rejected_total", "{reason=\"rate_limited\"}", "counter", help,
       ingest.rejected_limited},
      {"ingest_rejected_total", "{reason=\"busy\"}", "counter", help, ingest.rejected_busy},
  };
  append_metrics(output, metrics, sizeof metrics / sizeof metrics[0]);
  append_outcomes(output, &ingest);
}

static void append_store(struct buffer *output, const struct application *application) {
  struct store_statistics store;
  struct problem problem;
  store_statistics(application->store, &store);
  const struct metric metrics[] = {
      {"ready", "", "gauge", "1 while writes are taken.",
       store_is_ready(application->store, &problem)},
      {"store_queue_length", "", "gauge", "Writes that wait.", store.queue_length},
      {"store_queue_limit", "", "gauge", "Writes that may wait.", store.queue_limit},
      {"store_transactions_total", "", "counter", "Transactions committed.", store.transactions},
      {"store_writes_total", "", "counter", "Writes done.", store.writes},
      {"store_failed_writes_total", "", "counter", "Writes that failed.", store.failed_writes},
      {"store_sync_microseconds_total", "", "counter", "Time spent on getting commits to disk.",
       store.sync_us_total},
      {"store_log_bytes", "", "gauge", "Size of the write-ahead log.", store.wal_bytes},
      {"store_database_bytes", "", "gauge", "Size of the database.", store.database_bytes},
  };
  append_metrics(output, metrics, sizeof metrics / sizeof metrics[0]);
}

static uint64_t resident_bytes(void) {
  char text[128] = "";
  FILE *file = fopen("/proc/self/statm", "re");
  if (!file) return 0;
  size_t len = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  struct slice rest = slice_of(text, len);
  uint64_t pages = 0;
  slice_split(&rest, ' ');
  if (!slice_to_u64(slice_split(&rest, ' '), &pages)) return 0;
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Names without our prefix are those that Prometheus gives to every process. */
static void append_process(struct buffer *output, const struct application *application) {
  buffer_printf(output,
                "# HELP culprit_build_info The running version.\n"
                "# TYPE culprit_build_info gauge\nculprit_build_info{version=\"%s\"} 1\n"
                "# HELP culprit_uptime_seconds Time since the start.\n"
                "# TYPE culprit_uptime_seconds gauge\nculprit_uptime_seconds %lld\n"
                "# HELP process_resident_memory_bytes Resident memory.\n"
                "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %llu\n",
                CULPRIT_VERSION,
                (long long)((clock_monotonic_us() - application->started_us) / 1000000),
                (unsigned long long)resident_bytes());
}

void metrics_handler(struct http_request *request, struct http_response *response) {
  const struct application *application = request->application;
  no_store(response);
  http_set_header(response, "Content-Type", SLICE("text/plain; version=0.0.4; charset=utf-8"));
  append_process(&response->body, application);
  append_http(&response->body, application);
  append_ingest(&response->body, application);
  append_store(&response->body, application);
}

/* --- culprit health --------------------------------------------------------------------------- */

enum status health_command(struct command_context *context) {
  const char *directory = arena_string(context->arena, context->arguments->values[OPTION_DATA]);
  struct control_request request = {directory, "GET", "/-/ready", SLICE_EMPTY, false};
  struct control_answer answer;
  enum status status = control_call(context->arena, &request, &answer, context->problem);
  if (status) return status;
  yyjson_doc *document = yyjson_read(answer.body.ptr, answer.body.len, 0);
  const char *reason = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(document), "reason"));
  if (answer.code != 200)
    status = problem_set(context->problem, STATUS_UNAVAILABLE, "The server takes no events: %s",
                         reason ? reason : "it does not say why.");
  yyjson_doc_free(document);
  if (arguments_is_set(context->arguments, OPTION_JSON))
    buffer_append_slice(context->output, answer.body);
  else if (!status)
    BUFFER_APPEND_LITERAL(context->output, "ready\n");
  return status;
}
