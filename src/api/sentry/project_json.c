/* project_json.c - a project as Sentry has it, at four lengths.
 *
 * Sentry's schema requires members for much that this server does not do; they stand in tables of
 * constants. Settings that both have come from the project's options.
 */
#include "api/sentry/project_json.h"

#include "api/sentry/constant.h"
#include "event/option.h"
#include "ingest/config.h"
#include "store/feedback.h"
#include "store/limits.h"
#include "store/monitor.h"
#include "store/option.h"
#include "store/release_health.h"

#include "base/banned.h"

static const struct constant all_projects[] = {
    {"isBookmarked", IS_FALSE, NULL},
    {"isInternal", IS_FALSE, NULL},
    {"isPublic", IS_FALSE, NULL},
    {"color", IS_TEXT, ""},
    {"features", IS_LIST, NULL},
    {"firstTransactionEvent", IS_FALSE, NULL},
    {"hasFlags", IS_FALSE, NULL},
    {"hasInsightsAgentMonitoring", IS_FALSE, NULL},
    {"hasInsightsAppStart", IS_FALSE, NULL},
    {"hasInsightsAssets", IS_FALSE, NULL},
    {"hasInsightsCaches", IS_FALSE, NULL},
    {"hasInsightsDb", IS_FALSE, NULL},
    {"hasInsightsHttp", IS_FALSE, NULL},
    {"hasInsightsMCP", IS_FALSE, NULL},
    {"hasInsightsQueues", IS_FALSE, NULL},
    {"hasInsightsScreenLoad", IS_FALSE, NULL},
    {"hasInsightsVitals", IS_FALSE, NULL},
    {"hasLogs", IS_FALSE, NULL},
    {"hasMinifiedStackTrace", IS_FALSE, NULL},
    {"hasProfiles", IS_FALSE, NULL},
    {"hasReplays", IS_FALSE, NULL},
    {"hasTraceMetrics", IS_FALSE, NULL},
    {0},
};
static const struct constant all_details[] = {
    {"autofixAutomationTuning", IS_TEXT, "off"},
    {"builtinSymbolSources", IS_LIST, NULL},
    {"debugFilesRole", IS_NULL, NULL},
    {"defaultEnvironment", IS_NULL, NULL},
    {"derivedGroupingEnhancements", IS_TEXT, ""},
    {"digestsMaxDelay", IS_ZERO, NULL},
    {"digestsMinDelay", IS_ZERO, NULL},
    {"dynamicSamplingBiases", IS_NULL, NULL},
    {"enableAutoReleaseCreation", IS_TRUE, NULL}, /* a release is there with its first event */
    {"highlightContext", IS_OBJECT, NULL},
    {"highlightTags", IS_LIST, NULL},
    {"isDynamicallySampled", IS_FALSE, NULL},
    {"options", IS_OBJECT, NULL},
    {"processingIssues", IS_ZERO, NULL},
    {"relayPiiConfig", IS_NULL, NULL},
    {"resolveAge", IS_ZERO, NULL}, /* errors do not resolve by themselves */
    {"scrapeJavaScript", IS_FALSE, NULL},
    {"secondaryGroupingConfig", IS_NULL, NULL},
    {"secondaryGroupingExpiry", IS_ZERO, NULL},
    {"securityToken", IS_TEXT, ""},
    {"securityTokenHeader", IS_NULL, NULL},
    {"seerNightshiftTweaks", IS_NULL, NULL},
    {"seerScannerAutomation", IS_FALSE, NULL},
    {"storeCrashReports", IS_NULL, NULL},
    {"subjectPrefix", IS_TEXT, ""},
    {"subjectTemplate", IS_TEXT, ""},
    {"symbolSources", IS_TEXT, ""},
    {"teams", IS_LIST, NULL},
    {"tempestFetchScreenshots", IS_FALSE, NULL},
    {"verifySSL", IS_TRUE, NULL},
    {0},
};
static const struct constant all_organizations[] = {
    {"allowMemberInvite", IS_FALSE, NULL},   {"allowMemberProjectCreation", IS_FALSE, NULL},
    {"allowSuperuserAccess", IS_TRUE, NULL}, /* administrators see everything */
    {"hasAuthProvider", IS_FALSE, NULL},     {"isEarlyAdopter", IS_FALSE, NULL},
    {"require2FA", IS_FALSE, NULL},          {0},
};
static const struct constant no_highlights[] = {
    {"tags", IS_LIST, NULL},
    {"context", IS_OBJECT, NULL},
    {0},
};
static const struct constant no_picture[] = {
    {"avatarType", IS_TEXT, "letter_avatar"},
    {"avatarUuid", IS_NULL, NULL},
    {0},
};

static void write_constant_object(struct json_writer *writer, const char *name,
                                  const struct constant *constants) {
  json_write_key(writer, name);
  json_write_object(writer);
  api_write_constants(writer, constants);
  json_write_object_end(writer);
}

/* --- rows ---------------------------------------------------------------------------------- */

void api_write_project_summary(struct json_writer *writer, const struct project *project) {
  json_write_object(writer);
  api_write_digits(writer, "id", project->id);
  api_write_text(writer, "name", project->name);
  api_write_text(writer, "slug", project->slug);
  api_write_text_or_null(writer, "platform", project->platform);
  json_write_object_end(writer);
}

static void write_status(struct json_writer *writer) {
  json_write_key(writer, "status");
  json_write_object(writer);
  api_write_text(writer, "id", SLICE("active"));
  api_write_text(writer, "name", SLICE("active"));
  json_write_object_end(writer);
}

/* Inside the object of the project's organization. */
static void write_organization(struct json_writer *writer, const struct project *project) {
  api_write_digits(writer, "id", project->organization_id);
  api_write_text(writer, "slug", project->organization_slug);
  api_write_text(writer, "name", project->organization_name);
  write_status(writer);
}

/* What all but the summary have; inside the object. */
static void write_common(struct json_writer *writer, const struct project *project) {
  api_write_digits(writer, "id", project->id);
  api_write_text(writer, "slug", project->slug);
  api_write_text(writer, "name", project->name);
  api_write_text_or_null(writer, "platform", project->platform);
  api_write_text(writer, "status", SLICE("active"));
  api_write_time(writer, "dateCreated", project->created_ms);
  api_write_time(writer, "firstEvent", project->first_event_ms);
  api_write_bool(writer, "hasAccess", true);
}

void api_write_project_row(struct json_writer *writer, const struct project *project) {
  json_write_object(writer);
  write_common(writer, project);
  json_write_key(writer, "organization");
  json_write_object(writer);
  write_organization(writer, project);
  json_write_object_end(writer);
  json_write_object_end(writer);
}

/* --- the project --------------------------------------------------------------------------- */

/* A question about all that is kept. */
static struct release_query all_sessions(int64_t project_id) {
  int64_t hour = clock_now_ms() / HOUR_MS;
  return (struct release_query){.project_id = project_id,
                                .from_hour = hour - STORE_RETENTION_DAYS * (DAY_MS / HOUR_MS),
                                .to_hour = hour};
}

static bool has_sessions(struct transaction *tx, int64_t project_id) {
  struct release_health all;
  const struct release_query query = all_sessions(project_id);
  project_sessions(tx, &query, &all);
  return all.sessions.total > 0;
}

static void write_project(struct json_writer *writer, struct http_request *request,
                          struct transaction *tx, const struct project *project) {
  struct feedback *feedback;
  const struct actor *actor = api_actor(request);
  const struct feedback_query one = {.project_id = project->id, .limit = 1};
  bool has_feedback = feedback_list(tx, request->arena, &one, &feedback) > 0;
  write_common(writer, project);
  api_write_bool(writer, "isMember", member_role(tx, project->id, actor->user_id) != ROLE_NONE);
  json_write_key(writer, "access");
  api_write_scopes(writer, request->arena, actor->scopes);
  api_write_bool(writer, "hasFeedbacks", has_feedback);
  api_write_bool(writer, "hasNewFeedbacks", has_feedback);
  api_write_bool(writer, "hasMonitors", monitor_count(tx, project->id) > 0);
  api_write_bool(writer, "hasSessions", has_sessions(tx, project->id));
  write_constant_object(writer, "avatar", no_picture);
  api_write_constants(writer, all_projects);
}

void api_write_project(struct json_writer *writer, struct http_request *request,
                       struct transaction *tx, const struct project *project) {
  json_write_object(writer);
  write_project(writer, request, tx, project);
  json_write_object_end(writer);
}

/* --- details ------------------------------------------------------------------------------- */

static void write_organization_details(struct json_writer *writer, struct http_request *request,
                                       struct transaction *tx, const struct project *project) {
  struct organization organization = {0};
  struct slice url = api_application(request)->public_url;
  if (!organization_find(tx, request->arena, project->organization_slug, &organization))
    organization.created_ms = project->created_ms;
  json_write_key(writer, "organization");
  json_write_object(writer);
  write_organization(writer, project);
  api_write_time(writer, "dateCreated", organization.created_ms);
  write_constant_object(writer, "avatar", no_picture);
  json_write_key(writer, "links");
  json_write_object(writer);
  api_write_text(writer, "organizationUrl", url);
  api_write_text(writer, "regionUrl", url);
  json_write_object_end(writer);
  api_write_constants(writer, all_organizations);
  json_write_object_end(writer);
}

static void write_latest_release(struct json_writer *writer, struct http_request *request,
                                 struct transaction *tx, const struct project *project) {
  struct release_query query = all_sessions(project->id);
  struct release_page page;
  query.from_hour = query.to_hour;
  query.limit = 1;
  release_list(tx, request->arena, &query, &page);
  json_write_key(writer, "latestRelease");
  if (page.count == 0) {
    json_write_null(writer);
    return;
  }
  json_write_object(writer);
  api_write_text(writer, "version", page.releases[0].release.version);
  json_write_object_end(writer);
}

static void write_switch(struct json_writer *writer, const char *name,
                         const struct option_list *options, const char *option, bool otherwise) {
  bool is_on;
  if (option_switch(options, option, otherwise, &is_on)) is_on = otherwise;
  api_write_bool(writer, name, is_on);
}

static void write_lines(struct json_writer *writer, const char *name,
                        const struct option_list *options, const char *option) {
  struct lines lines;
  json_write_key(writer, name);
  json_write_array(writer);
  if (option_lines(options, option, LIMIT_OPTION_LINES, &lines)) lines.count = 0;
  for (size_t i = 0; i < lines.count; i++) json_write_text(writer, lines.items[i]);
  json_write_array_end(writer);
}

static void write_options(struct json_writer *writer, struct http_request *request,
                          struct transaction *tx, const struct project *project) {
  const struct option_list options = {.arena = request->arena,
                                      .options = option_list(tx, request->arena, project->id)};
  struct grouping_rules_text rules = grouping_rules_of_options(options.options);
  write_switch(writer, "dataScrubber", &options, "scrub.enabled", true);
  write_switch(writer, "dataScrubberDefaults", &options, "scrub.defaults", true);
  write_switch(writer, "scrubIPAddresses", &options, "scrub.ip", false);
  write_lines(writer, "sensitiveFields", &options, "scrub.fields");
  write_lines(writer, "safeFields", &options, "scrub.safe_fields");
  write_lines(writer, "allowedDomains", &options, OPTION_ORIGINS);
  api_write_text(writer, "groupingEnhancements", rules.enhancements);
  api_write_text(writer, "fingerprintingRules", rules.fingerprints);
  api_write_text(writer, "groupingConfig",
                 arena_printf(request->arena, "culprit:%d", GROUPING_VERSION));
}

void api_write_project_details(struct json_writer *writer, struct http_request *request,
                               struct transaction *tx, const struct project *project) {
  json_write_object(writer);
  write_project(writer, request, tx, project);
  write_organization_details(writer, request, tx, project);
  write_latest_release(writer, request, tx, project);
  write_options(writer, request, tx, project);
  json_write_key(writer, "platforms");
  json_write_array(writer);
  if (project->platform.len) json_write_text(writer, project->platform);
  json_write_array_end(writer);
  /* Source lines come from there when an event has none. */
  api_write_bool(writer, "scmSourceContextEnabled", project->repository.len > 0);
  write_constant_object(writer, "highlightPreset", no_highlights);
  api_write_constants(writer, all_details);
  json_write_object_end(writer);
}
