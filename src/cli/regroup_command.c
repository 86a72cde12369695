/* regroup_command.c - culprit regroup ORG/PROJECT: what grouping again would change, or does.
 *
 * Clusters that stay as they are are counted, not shown. The rules come as the context's input,
 * read where the command was typed.
 */
#include "cli/command.h"
#include "json/json.h"
#include "tracker/regroup.h"

#include "base/banned.h"

/* More are counted only. */
enum { CHANGES_SHOWN = 1000, TITLE_SHOWN_BYTES = 100, SOURCES_SHOWN = 20 };

static enum status find_project(struct command_context *context, struct project *project) {
  struct slice name = context->arguments->operands[0], organization = slice_split(&name, '/');
  struct transaction *tx = store_begin_read(context->store);
  bool is_found = project_find(tx, context->arena, organization, name, project);
  store_end_read(tx);
  if (is_found) return STATUS_OK;
  return problem_set(context->problem, STATUS_NOT_FOUND, "There is no project %.*s.",
                     SLICE_ARGS(context->arguments->operands[0]));
}

/* --- one cluster ------------------------------------------------------------------------- */

static size_t real_sources(const struct regroup_cluster *cluster) {
  size_t count = 0;
  while (count < cluster->source_count && cluster->sources[count].count) count++;
  return count;
}

/* Whether events come in or go, or the title changes. `split` marks errors that lose events. */
static bool is_changed(const struct regroup_report *report, size_t at) {
  const struct regroup_cluster *cluster = &report->plan.clusters[at];
  if (!cluster->group_id || report->titles[at].is_renamed || real_sources(cluster) > 1) return true;
  return cluster->source_count && cluster->sources[0].group_id != cluster->group_id;
}

struct shown {
  struct command_context *context;
  const struct project *project;
  const struct regroup_report *report;
  bool is_dry_run;
};

static struct slice short_id(const struct shown *shown, int64_t number) {
  const struct group group = {.number = number};
  return group_short_id(shown->context->arena, shown->project, &group);
}

static struct slice short_id_of(const struct shown *shown, int64_t group_id) {
  struct group group;
  struct transaction *tx = store_begin_read(shown->context->store);
  /* After applying, a joined error leads to another; its own number is what is meant. */
  bool is_found = group_get_itself(tx, shown->context->arena, group_id, &group);
  store_end_read(tx);
  return is_found ? short_id(shown, group.number) : SLICE("?");
}

static struct slice title_of(const struct regroup_title *title) {
  struct slice text = title->title.len ? title->title : title->before;
  return slice_cut_utf8(text, TITLE_SHOWN_BYTES);
}

/* --- as text -------------------------------------------------------------------------------- */

static void write_cluster(struct shown *shown, size_t at) {
  struct buffer *out = shown->context->output;
  const struct regroup_cluster *cluster = &shown->report->plan.clusters[at];
  const struct regroup_title *title = &shown->report->titles[at];
  struct slice id = title->number ? short_id(shown, title->number) : SLICE("new error");
  buffer_printf(out, "%.*s: %.*s (%lld events)\n", SLICE_ARGS(id), SLICE_ARGS(title_of(title)),
                (long long)cluster->count);
  if (title->is_renamed)
    buffer_printf(out, "    was called %.*s\n",
                  SLICE_ARGS(slice_cut_utf8(title->before, TITLE_SHOWN_BYTES)));
  for (size_t i = 0; i < real_sources(cluster) && i < SOURCES_SHOWN; i++) {
    const struct regroup_source *source = &cluster->sources[i];
    if (source->group_id == cluster->group_id && real_sources(cluster) == 1) continue;
    buffer_printf(out, "    %lld events from %.*s\n", (long long)source->count,
                  SLICE_ARGS(short_id_of(shown, source->group_id)));
  }
  if (real_sources(cluster) > SOURCES_SHOWN)
    buffer_printf(out, "    and from %zu more\n", real_sources(cluster) - SOURCES_SHOWN);
}

static void write_text(struct shown *shown) {
  const struct regroup_report *report = shown->report;
  struct buffer *out = shown->context->output;
  const char *would = shown->is_dry_run ? " would be" : "";
  size_t listed = 0, changed = 0;
  for (size_t i = 0; i < report->plan.cluster_count; i++) {
    if (!is_changed(report, i) || ++changed > CHANGES_SHOWN) continue;
    write_cluster(shown, i);
    listed++;
  }
  if (changed > listed) buffer_printf(out, "and %zu more\n", changed - listed);
  buffer_printf(
      out,
      "%s%lld events of %zu errors looked at in %.1f s: %zu errors%s split, %zu%s joined, "
      "%zu%s renamed; %zu errors afterwards.\n",
      changed ? "\n" : "", (long long)report->plan.event_count, report->plan.group_count,
      (double)report->duration_us / 1e6, report->split, would, report->joined, would,
      report->renamed, would, report->plan.cluster_count);
}

/* --- as JSON --------------------------------------------------------------------------------- */

static void write_number(struct json_writer *json, const char *name, int64_t value) {
  json_write_key(json, name);
  json_write_integer(json, value);
}

static void write_json_cluster(struct shown *shown, struct json_writer *json, size_t at) {
  const struct regroup_cluster *cluster = &shown->report->plan.clusters[at];
  const struct regroup_title *title = &shown->report->titles[at];
  json_write_object(json);
  json_write_key(json, "error");
  if (title->number)
    json_write_text(json, short_id(shown, title->number));
  else
    json_write_null(json);
  json_write_key(json, "title");
  json_write_text(json, title->title.len ? title->title : title->before);
  json_write_key(json, "renamedFrom");
  if (title->is_renamed)
    json_write_text(json, title->before);
  else
    json_write_null(json);
  write_number(json, "events", cluster->count);
  json_write_key(json, "from");
  json_write_array(json);
  for (size_t i = 0; i < real_sources(cluster); i++) {
    json_write_object(json);
    json_write_key(json, "error");
    json_write_text(json, short_id_of(shown, cluster->sources[i].group_id));
    write_number(json, "events", cluster->sources[i].count);
    json_write_object_end(json);
  }
  json_write_array_end(json);
  json_write_object_end(json);
}

static void write_json(struct shown *shown) {
  const struct regroup_report *report = shown->report;
  struct json_writer json = {.out = shown->context->output};
  size_t changed = 0;
  json_write_object(&json);
  json_write_key(&json, "dryRun");
  json_write_bool(&json, shown->is_dry_run);
  write_number(&json, "events", report->plan.event_count);
  write_number(&json, "errors", (int64_t)report->plan.group_count);
  write_number(&json, "errorsAfterwards", (int64_t)report->plan.cluster_count);
  write_number(&json, "split", (int64_t)report->split);
  write_number(&json, "joined", (int64_t)report->joined);
  write_number(&json, "renamed", (int64_t)report->renamed);
  write_number(&json, "milliseconds", report->duration_us / 1000);
  json_write_key(&json, "changes");
  json_write_array(&json);
  for (size_t i = 0; i < report->plan.cluster_count; i++)
    if (is_changed(report, i) && ++changed <= CHANGES_SHOWN) write_json_cluster(shown, &json, i);
  json_write_array_end(&json);
  write_number(&json, "changed", (int64_t)changed);
  json_write_object_end(&json);
  buffer_append_byte(shown->context->output, '\n');
}

/* --- the command --------------------------------------------------------------------------------
 */

static enum status undo(struct command_context *context, const struct project *project) {
  if (arguments_is_set(context->arguments, OPTION_DRY_RUN) ||
      arguments_is_set(context->arguments, OPTION_RULES))
    return problem_set(context->problem, STATUS_BAD_INPUT,
                       "--undo takes back what was done; it goes with no other option.");
  enum status status = tracker_regroup_undo(context->store, project->id, context->problem);
  if (!status)
    output_record(context, SLICE("The last regrouping is taken back."),
                  (const struct field[]){FLAG_FIELD("undone", true)}, 1);
  return status;
}

enum status regroup_command(struct command_context *context) {
  struct project project;
  struct regroup_report report;
  struct grouping_rules_text rules;
  struct regroup_request request = {
      .project = &project, .is_dry_run = arguments_is_set(context->arguments, OPTION_DRY_RUN)};
  enum status status = find_project(context, &project);
  if (status) return status;
  if (arguments_is_set(context->arguments, OPTION_UNDO)) return undo(context, &project);
  if (arguments_is_set(context->arguments, OPTION_RULES)) {
    rules = grouping_rules_split(context->arena, context->input);
    request.rules = &rules;
  }
  status = tracker_regroup(context->store, context->arena, &request, &report, context->problem);
  if (status) return status;
  struct shown shown = {context, &project, &report, request.is_dry_run};
  if (arguments_is_set(context->arguments, OPTION_JSON))
    write_json(&shown);
  else
    write_text(&shown);
  return STATUS_OK;
}
