/* import_command.c - culprit import sentry: brings a project of a Sentry in, and tells what came
 * and what could not. */
#include <sodium.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "import/import.h"
#include "import/limits.h"
#include "json/json.h"
#include "source/sentry_url.h"

#include "base/banned.h"

/* --- what was asked for ------------------------------------------------------------------- */

static bool is_slug(struct slice text) {
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '-' || c == '_' || (c == '.' && i > 0);
    if (!is_fine) return false;
  }
  return text.len > 0;
}

/* The variable CULPRIT_URL and the configuration file mean this server. */
static enum status read_url(struct command_context *context, struct import_request *request) {
  struct sentry_url url = {0};
  const struct arguments *arguments = context->arguments;
  if (arguments->sources[OPTION_URL] != SOURCE_COMMAND_LINE)
    return problem_set(context->problem, STATUS_BAD_INPUT,
                       "Name the Sentry with --url, such as https://sentry.example.org.");
  enum status status =
      sentry_url_read(context->arena, arguments->values[OPTION_URL], &url, context->problem);
  request->url = url.base;
  request->organization = url.organization_slug;
  request->remote_project = url.project_slug;
  return status;
}

static enum status read_remote_project(struct command_context *context,
                                       struct import_request *request) {
  struct slice name = context->arguments->values[OPTION_PROJECT];
  if (arguments_is_set(context->arguments, OPTION_PROJECT)) {
    request->organization = slice_split(&name, '/');
    request->remote_project = name;
  }
  if (is_slug(request->organization) && is_slug(request->remote_project)) return STATUS_OK;
  return problem_set(context->problem, STATUS_BAD_INPUT,
                     "Name the project at the Sentry with --project ORG/PROJECT, by the names in "
                     "its addresses.");
}

static enum status read_token(struct command_context *context, struct import_request *request) {
  request->token = slice_trim(arguments_is_set(context->arguments, OPTION_TOKEN_STDIN)
                                  ? context->input
                                  : context->arguments->values[OPTION_TOKEN]);
  if (request->token.len) return STATUS_OK;
  return problem_set(
      context->problem, STATUS_BAD_INPUT,
      "Give an auth token of the Sentry with the scopes event:read and project:read: "
      "in the environment variable CULPRIT_TOKEN, with --token-stdin or --token.");
}

static enum status read_since(struct command_context *context, struct import_request *request) {
  struct slice text = context->arguments->values[OPTION_SINCE];
  if (!arguments_is_set(context->arguments, OPTION_SINCE)) return STATUS_OK;
  if (text.len == 10) text = arena_concat(context->arena, text, SLICE("T00:00:00Z"));
  if (time_parse_iso(text, &request->since_ms) && request->since_ms > 0) return STATUS_OK;
  return problem_set(context->problem, STATUS_BAD_INPUT,
                     "--since takes a date, such as 2026-10-01, not \"%.*s\".",
                     SLICE_ARGS(slice_cut_utf8(context->arguments->values[OPTION_SINCE], 40)));
}

static enum status find_project(struct command_context *context, struct import_request *request,
                                struct project *project) {
  struct slice organization = request->organization, slug = request->remote_project;
  struct slice into = context->arguments->values[OPTION_INTO];
  enum status status = STATUS_OK;
  if (arguments_is_set(context->arguments, OPTION_INTO))
    status = project_path_split(into, &organization, &slug, context->problem);
  if (status) return status;
  struct transaction *tx = store_begin_read(context->store);
  bool is_found = project_find(tx, context->arena, organization, slug, project);
  store_end_read(tx);
  request->project = project;
  if (is_found) return STATUS_OK;
  return problem_set(
      context->problem, STATUS_NOT_FOUND,
      "There is no project %.*s/%.*s here. Name one with --into ORG/PROJECT, or make "
      "it with \"culprit project create\".",
      SLICE_ARGS(organization), SLICE_ARGS(slug));
}

static enum status read_request(struct command_context *context, struct import_request *request,
                                struct project *project) {
  enum status status = read_url(context, request);
  if (!status) status = read_remote_project(context, request);
  if (!status) status = read_token(context, request);
  if (!status) status = read_since(context, request);
  return status ? status : find_project(context, request, project);
}

/* --- progress -------------------------------------------------------------------------------- */

static void tell(void *context, const struct import_progress *progress) {
  struct arena arena = {0};
  struct slice text = arena_printf(&arena, "%lld", (long long)progress->issues);
  if (progress->issue_total >= 0)
    text = arena_printf(&arena, "%.*s of %lld", SLICE_ARGS(text), (long long)progress->issue_total);
  text = arena_printf(&arena, "%.*s errors read, %lld events brought", SLICE_ARGS(text),
                      (long long)progress->events);
  progress_note(context, text);
  arena_free(&arena);
}

/* --- the report ------------------------------------------------------------------------------ */

struct line {
  const char *name; /* in JSON */
  int64_t number;
  const char *text; /* for people; only what happened is told */
};

enum { LINES = 18 };
static void lines_of(const struct import_report *report, struct line lines[LINES]) {
  const struct line all[LINES] = {
      {"issues", report->issues, "errors looked at"},
      {"unchanged", report->unchanged, "errors were as when they were brought before"},
      {"made", report->made, "errors are new here"},
      {"updated", report->updated, "errors that were here had something new"},
      {"events", report->events, "events came"},
      {"known", report->known, "events were here already"},
      {"comments", report->comments, "comments came"},
      {"links", report->links, "links to issues came"},
      {"joined", report->joined, "errors are part of others, which this server groups them with"},
      {"elsewhere", report->elsewhere,
       "events are in other errors than there, which this server groups them with"},
      {"withoutEvents", report->without_events,
       "errors have no event that could come; a new event of theirs makes a new error"},
      {"expired", report->expired, "events are too old to be kept, and only counted"},
      {"refused", report->refused, "events could not be read"},
      {"failed", report->failed, "errors could not be read"},
      {"otherKinds", report->other_kinds,
       "issues are of other kinds (performance, feedback) and did not come"},
      {"assigned", report->assigned,
       "errors were assigned to somebody; their comments say to whom"},
      {"extra", report->total_extra,
       "events are counted that the Sentry has no more, since the first run"},
      {"problems", report->problem_total, NULL},
  };
  for (size_t i = 0; i < LINES; i++) lines[i] = all[i];
}

static void write_text(struct command_context *context, const struct import_report *report) {
  struct line lines[LINES];
  struct buffer *out = context->output;
  lines_of(report, lines);
  for (size_t i = 0; i < LINES; i++)
    if (lines[i].number && lines[i].text)
      buffer_printf(out, "%10lld %s\n", (long long)lines[i].number, lines[i].text);
  for (size_t i = 0; i < report->problem_count; i++)
    buffer_printf(out, "  %.*s\n", SLICE_ARGS(report->problems[i]));
  if (report->problem_total > (int64_t)report->problem_count)
    buffer_printf(out, "  and %lld more\n",
                  (long long)(report->problem_total - (int64_t)report->problem_count));
  buffer_printf(out, "In all %lld errors and %lld events came from there. This took %.1f s.\n",
                (long long)report->total_issues, (long long)report->total_events,
                (double)report->duration_us / 1e6);
}

static void write_json(struct command_context *context, const struct import_report *report) {
  struct line lines[LINES];
  struct json_writer json = {.out = context->output};
  lines_of(report, lines);
  json_write_object(&json);
  for (size_t i = 0; i < LINES - 1; i++) {
    json_write_key(&json, lines[i].name);
    json_write_integer(&json, lines[i].number);
  }
  json_write_key(&json, "problems");
  json_write_array(&json);
  for (size_t i = 0; i < report->problem_count; i++) json_write_text(&json, report->problems[i]);
  json_write_array_end(&json);
  json_write_key(&json, "problemTotal");
  json_write_integer(&json, report->problem_total);
  json_write_key(&json, "totalIssues");
  json_write_integer(&json, report->total_issues);
  json_write_key(&json, "totalEvents");
  json_write_integer(&json, report->total_events);
  json_write_key(&json, "milliseconds");
  json_write_integer(&json, report->duration_us / 1000);
  json_write_object_end(&json);
  buffer_append_byte(context->output, '\n');
}

/* --- the command --------------------------------------------------------------------------------
 */

/* A server runs a command on a thread that serves pages too: some are always left for those. */
static atomic_int under_way;

static enum status run(struct command_context *context, struct import_request *request) {
  const struct http_client_options settings = {
      .allow_private_addresses = context->allow_private_addresses, .ca_file = context->ca_file};
  struct http_client *own = context->client ? NULL : http_client_open(&settings);
  struct import_report report = {0};
  request->store = context->store;
  request->client = own ? own : context->client;
  request->progress = tell;
  request->progress_context = context->progress;
  enum status status;
  if (atomic_fetch_add(&under_way, 1) < IMPORTS_LIMIT)
    status = import_sentry(context->arena, request, &report, context->problem);
  else
    status = problem_set(context->problem, STATUS_BUSY,
                         "%d imports are under way on this server. Wait until one has ended.",
                         IMPORTS_LIMIT);
  atomic_fetch_sub(&under_way, 1);
  if (own) http_client_close(own);
  bool is_told = !status || report.issues || report.events;
  if (is_told && arguments_is_set(context->arguments, OPTION_JSON))
    write_json(context, &report);
  else if (is_told)
    write_text(context, &report);
  return status;
}

enum status import_sentry_command(struct command_context *context) {
  struct project project;
  struct import_request request = {0};
  enum status status = read_request(context, &request, &project);
  if (!status) status = run(context, &request);
  if (request.token.len) sodium_memzero((char *)(uintptr_t)request.token.ptr, request.token.len);
  return status;
}
