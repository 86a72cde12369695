/* explain_command.c - how one raw event is understood: cleaned, and grouped with others or not.
 *
 * The event goes the way that a new one goes in the server (ingest/pipeline.h), with the settings
 * of a new project and no storage, so that it also helps on a machine without data.
 */
#include <string.h>

#include "base/clock.h"
#include "cli/command.h"
#include "event/limits.h"
#include "ingest/pipeline.h"
#include "json/json.h"

#include "base/banned.h"

/* --- rules ------------------------------------------------------------------------------------ */

static enum status add_rules(struct command_context *context, struct project_config *config) {
  struct slice name = context->arguments->values[OPTION_RULES], text;
  if (slice_is_empty(name)) return STATUS_OK;
  enum status status = file_read(context, name, GROUPING_RULES_TEXT_LIMIT, &text);
  if (status) return status;
  if (text.len > GROUPING_RULES_TEXT_LIMIT) {
    return problem_set(context->problem, STATUS_BAD_INPUT, "%.*s has more than %d bytes of rules.",
                       SLICE_ARGS(name), GROUPING_RULES_TEXT_LIMIT);
  }
  struct grouping_rules_text rules = grouping_rules_split(context->arena, text);
  return grouping_rules_compile(context->arena, &rules, &config->grouping_rules, context->problem);
}

/* --- the explanation ----------------------------------------------------------------------------
 */

static void write_member(struct json_writer *json, const char *name, struct slice text) {
  json_write_key(json, name);
  if (slice_is_empty(text)) {
    json_write_null(json);
  } else {
    json_write_text(json, text);
  }
}

static void write_hash(struct json_writer *json, const struct group_hash *hash) {
  char digits[2 * GROUPING_HASH_BYTES];
  hex_encode(hash->bytes, GROUPING_HASH_BYTES, digits);
  json_write_text(json, slice_of(digits, sizeof digits));
}

static void write_variant(struct json_writer *json, const struct grouping_variant *variant) {
  json_write_object(json);
  write_member(json, "name", variant->name);
  write_member(json, "description", variant->description);
  json_write_key(json, "contributes");
  json_write_bool(json, variant->contributes);
  write_member(json, "reason", variant->reason);
  json_write_key(json, "hash");
  if (variant->contributes) {
    write_hash(json, &variant->hash);
  } else {
    json_write_null(json);
  }
  json_write_key(json, "components");
  json_write_array(json);
  for (size_t i = 0; i < variant->values.count; i++) {
    json_write_text(json, variant->values.items[i].key);
  }
  json_write_array_end(json);
  json_write_key(json, "values");
  json_write_array(json);
  for (size_t i = 0; i < variant->values.count; i++) {
    json_write_text(json, variant->values.items[i].value);
  }
  json_write_array_end(json);
  json_write_object_end(json);
}

static void write_grouping(struct json_writer *json, const struct grouping *grouping) {
  json_write_key(json, "grouping_version");
  json_write_integer(json, GROUPING_VERSION);
  json_write_key(json, "hashes");
  json_write_array(json);
  for (size_t i = 0; i < grouping->hash_count; i++) write_hash(json, &grouping->hashes[i]);
  json_write_array_end(json);
  json_write_key(json, "variants");
  json_write_array(json);
  for (size_t i = 0; i < grouping->variant_count; i++) write_variant(json, &grouping->variants[i]);
  json_write_array_end(json);
  write_member(json, "fingerprint_rule", grouping->fingerprint_rule);
}

static void write_result(struct json_writer *json, const struct pipeline_result *result) {
  const struct event *event = result->event;
  json_write_object(json);
  write_member(json, "filtered_by", result->filtered_by);
  write_member(json, "title", event->title);
  write_member(json, "culprit", event->culprit);
  write_grouping(json, &result->grouping);
  json_write_key(json, "event");
  json->needs_comma = false;
  event_write(event, json->out);
  json->needs_comma = true;
  json_write_object_end(json);
}

/* Indented, for people; programs do not mind. */
static enum status print_json(struct command_context *context, struct slice json) {
  yyjson_doc *document = yyjson_read(json.ptr, json.len, YYJSON_READ_NUMBER_AS_RAW);
  size_t length = 0;
  char *text = yyjson_write(document, YYJSON_WRITE_PRETTY_TWO_SPACES, &length);
  if (text) {
    buffer_append(context->output, text, length);
    buffer_append_byte(context->output, '\n');
  }
  free(text);
  yyjson_doc_free(document);
  if (!context->output->is_overflown) return STATUS_OK;
  return problem_set(context->problem, STATUS_TOO_LARGE, "The explanation is too long to print.");
}

/* An event that a filter would drop is explained all the same. */
static enum status run_pipeline(struct command_context *context, struct slice json,
                                struct project_config *config, struct pipeline_result *result) {
  const struct event_hints hints = {.received_ms = clock_now_ms()};
  const struct pipeline_input input = {.json = json, .hints = &hints, .explain = true};
  enum status status = pipeline_run(context->arena, config, &input, result, context->problem);
  if (status || slice_is_empty(result->filtered_by)) return status;
  struct slice filtered_by = result->filtered_by;
  config->filters = NULL;
  status = pipeline_run(context->arena, config, &input, result, context->problem);
  result->filtered_by = filtered_by;
  return status;
}

static enum status explain(struct command_context *context, struct slice json,
                           struct project_config *config) {
  struct pipeline_result result;
  enum status status = run_pipeline(context, json, config, &result);
  if (status) return status;
  struct buffer text = buffer_make(OUTPUT_LIMIT);
  struct json_writer writer = {.out = &text};
  if (arguments_is_set(context->arguments, OPTION_EVENT)) {
    event_write(result.event, &text);
  } else {
    write_result(&writer, &result);
  }
  status = print_json(context, buffer_slice(&text));
  buffer_free(&text);
  return status;
}

enum status explain_command(struct command_context *context) {
  const struct arguments *arguments = context->arguments;
  struct project_config config = {0};
  struct slice json, name = arguments->operand_count ? arguments->operands[0] : SLICE("-");
  if (arguments->operand_count > 1) {
    return problem_set(context->problem, STATUS_BAD_INPUT, "One file at a time can be explained.");
  }
  config_compile(context->arena, (struct pairs){0}, &config);
  enum status status = add_rules(context, &config);
  if (!status) status = file_read(context, name, EVENT_JSON_LIMIT, &json);
  return status ? status : explain(context, json, &config);
}
