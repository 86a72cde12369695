/* report_dialog.c - assets/report_dialog.js, called with the words that the page's SDK asked for.
 */
#include "web/report_dialog.h"

#include "assets.h"
#include "base/bytes.h"
#include "ingest/auth.h"
#include "ingest/ingest.h"
#include "json/json.h"

#include "base/banned.h"

/* Texts that the SDK's options may replace. */
static const char *const options[] = {
    "name",         "email",          "title",          "subtitle",   "subtitle2",
    "labelName",    "labelEmail",     "labelComments",  "labelClose", "labelSubmit",
    "errorGeneric", "errorFormEntry", "successMessage",
};
enum { OPTION_LIMIT_BYTES = 1000 };

static void refuse(struct http_response *response, const char *field, const char *message) {
  struct json_writer json = {.out = &response->body};
  http_set_header(response, "Content-Type", SLICE("application/json"));
  response->status = 400;
  json_write_object(&json);
  json_write_key(&json, "errors");
  json_write_object(&json);
  json_write_key(&json, field);
  json_write_array(&json);
  json_write_text(&json, slice_of_string(message));
  json_write_array_end(&json);
  json_write_object_end(&json);
  json_write_object_end(&json);
}

void report_dialog_show(struct http_request *request, struct http_response *response) {
  struct slice key, project, value;
  struct event_id event_id;
  struct json_writer json = {.out = &response->body};
  ingest_allow_origin(request, response);
  if (!auth_parse_dsn(http_query_value(request, "dsn"), &key, &project)) {
    refuse(response, "dsn", "The address needs the parameter dsn.");
    return;
  }
  if (!event_id_parse(http_query_value(request, "eventId"), &event_id)) {
    refuse(response, "eventId", "The address needs the parameter eventId, an event's id.");
    return;
  }
  http_set_header(response, "Content-Type", SLICE("text/javascript; charset=utf-8"));
  http_set_header(response, "Cache-Control", SLICE("no-store"));
  http_set_header(response, "X-Content-Type-Options", SLICE("nosniff"));
  buffer_append_slice(&response->body, asset_find(SLICE(ASSET_REPORT_DIALOG_JS))->plain);
  buffer_append_byte(&response->body, '(');
  json_write_object(&json);
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
    if (!http_query(request, options[i], &value) || !value.len) continue;
    json_write_key(&json, options[i]);
    json_write_text(&json, slice_cut_utf8(value, OPTION_LIMIT_BYTES));
  }
  json_write_object_end(&json);
  BUFFER_APPEND_LITERAL(&response->body, ");\n");
}
