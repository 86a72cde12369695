/* graphql_schema.c - the table. Names and types are GitLab's.
 *
 * Source: GitLab's GraphQL reference.
 */
#include "api/gitlab/graphql_schema.h"

#include <stddef.h>

#include "base/banned.h"

/* What one of them reads, in hundredths of a millisecond. */
enum { COST_PROJECT = 5, COST_LIST = 20, COST_ERROR = 10, COST_EVENT = 20, COST_COMMIT = 10 };

#define MEMBER(view, field_name, field_type, view_member) \
  { .name = field_name, .type = field_type, .member = offsetof(struct view, view_member) }

/* --- errors ------------------------------------------------------------------------------------
 */

static const struct graphql_field frequency_fields[] = {
    MEMBER(frequency_view, "time", "Time!", time),
    MEMBER(frequency_view, "count", "Int!", count),
    {0},
};

#define COMMON_FIELDS                                                                             \
  MEMBER(error_view, "id", "ID!", id), MEMBER(error_view, "sentryId", "String!", sentry_id),      \
      MEMBER(error_view, "title", "String!", title), MEMBER(error_view, "type", "String!", type), \
      MEMBER(error_view, "userCount", "Int!", user_count),                                        \
      MEMBER(error_view, "count", "Int!", count),                                                 \
      MEMBER(error_view, "firstSeen", "Time!", first_seen),                                       \
      MEMBER(error_view, "lastSeen", "Time!", last_seen),                                         \
      MEMBER(error_view, "message", "String", message),                                           \
      MEMBER(error_view, "culprit", "String!", culprit),                                          \
      MEMBER(error_view, "externalUrl", "String!", external_url),                                 \
      MEMBER(error_view, "sentryProjectId", "ID!", project_id),                                   \
      MEMBER(error_view, "sentryProjectName", "String!", project_name),                           \
      MEMBER(error_view, "sentryProjectSlug", "String!", project_slug),                           \
      MEMBER(error_view, "shortId", "String!", short_id),                                         \
      MEMBER(error_view, "status", "SentryErrorStatus!", status), {                               \
    .name = "frequency", .type = "[SentryErrorFrequency!]!",                                      \
    .description = "Events of the last 24 hours, by the hour, oldest first.",                     \
    .resolve = gitlab_resolve_frequency                                                           \
  }

static const struct graphql_field error_fields[] = {
    COMMON_FIELDS,
    {0},
};

static const struct graphql_field tag_fields[] = {
    MEMBER(error_view, "level", "String", level),
    MEMBER(error_view, "logger", "String", logger),
    {0},
};

#define COMMIT(field_name, field_resolver, use)                                     \
  {                                                                                 \
    .name = field_name, .type = "String", .resolve = field_resolver, .member = use, \
    .cost = COST_COMMIT                                                             \
  }

static const struct graphql_field detailed_error_fields[] = {
    COMMON_FIELDS,
    MEMBER(error_view, "externalBaseUrl", "String!", external_base_url),
    MEMBER(error_view, "firstReleaseShortVersion", "String", first_release_short),
    MEMBER(error_view, "firstReleaseVersion", "String", first_release),
    MEMBER(error_view, "lastReleaseShortVersion", "String", last_release_short),
    MEMBER(error_view, "lastReleaseVersion", "String", last_release),
    COMMIT("firstReleaseLastCommit", gitlab_resolve_release_commit, OF_FIRST_RELEASE),
    COMMIT("lastReleaseLastCommit", gitlab_resolve_release_commit, OF_LAST_RELEASE),
    COMMIT("gitlabCommit", gitlab_resolve_commit, COMMIT_SHA),
    COMMIT("gitlabCommitPath", gitlab_resolve_commit, COMMIT_PATH),
    {.name = "gitlabIssuePath",
     .type = "String",
     .description = "Address of the linked issue.",
     .member = offsetof(struct error_view, issue_url)},
    {.name = "tags", .type = "SentryErrorTags!", .resolve = gitlab_resolve_tags},
    {.name = "integrated",
     .type = "Boolean",
     .description = "Whether this server keeps the error; else a connected Sentry does.",
     .member = offsetof(struct error_view, is_local)},
    {0},
};

/* --- pages of errors ----------------------------------------------------------------------------
 */

static const struct graphql_field page_info_fields[] = {
    MEMBER(page_info, "hasNextPage", "Boolean!", has_next),
    MEMBER(page_info, "hasPreviousPage", "Boolean!", has_previous),
    MEMBER(page_info, "startCursor", "String", start),
    MEMBER(page_info, "endCursor", "String", end),
    {0},
};

static const struct graphql_field edge_fields[] = {
    MEMBER(edge_view, "cursor", "String!", cursor),
    {.name = "node", .type = "SentryError", .resolve = gitlab_resolve_node},
    {0},
};

static const struct graphql_field connection_fields[] = {
    {.name = "pageInfo", .type = "PageInfo!", .resolve = gitlab_resolve_page_info},
    {.name = "edges", .type = "[SentryErrorEdge]", .resolve = gitlab_resolve_edges},
    {.name = "nodes", .type = "[SentryError]", .resolve = gitlab_resolve_nodes},
    {0},
};

/* --- stack traces
 * ---------------------------------------------------------------------------------- */

static const struct graphql_field context_fields[] = {
    MEMBER(context_view, "line", "Int!", line),
    MEMBER(context_view, "code", "String!", code),
    {0},
};

static const struct graphql_field frame_fields[] = {
    MEMBER(frame_view, "fileName", "String", file_name),
    MEMBER(frame_view, "function", "String", function),
    MEMBER(frame_view, "line", "String", line),
    MEMBER(frame_view, "col", "String", column),
    {.name = "traceContext",
     .type = "[SentryErrorStackTraceContext!]",
     .description = "Lines around the frame's.",
     .resolve = gitlab_resolve_context},
    {0},
};

static const struct graphql_field stack_fields[] = {
    MEMBER(stack_view, "issueId", "String!", error_id),
    MEMBER(stack_view, "dateReceived", "String!", date_received),
    {.name = "stackTraceEntries",
     .type = "[SentryErrorStackTraceEntry!]!",
     .description = "Frames, from the oldest call to the newest.",
     .resolve = gitlab_resolve_frames},
    {0},
};

/* --- projects
 * --------------------------------------------------------------------------------------- */

static const struct graphql_argument error_arguments[] = {
    {"id", "GitlabErrorTrackingDetailedErrorID!", NULL, "ID of the error."},
    {0},
};

static const struct graphql_argument list_arguments[] = {
    {"searchTerm", "String", NULL,
     "Text in title or culprit, and is:unresolved, is:resolved or is:ignored."},
    {"sort", "String", NULL, "frequency, first_seen or last_seen, which it is at first."},
    {"status", "SentryErrorStatus", NULL, "Unresolved ones at first."},
    {"first", "Int", NULL, "So many; 20 at first, 100 at most."},
    {"after", "String", NULL, "The endCursor of the page before."},
    {"last", "Int", NULL, "So many before the cursor `before`."},
    {"before", "String", NULL, "The startCursor of the page behind."},
    {0},
};

static const struct graphql_field collection_fields[] = {
    {.name = "errors",
     .type = "SentryErrorConnection",
     .description = "A page of the project's errors.",
     .resolve = gitlab_resolve_errors,
     .cost = COST_LIST,
     .arguments = list_arguments},
    {.name = "detailedError",
     .type = "SentryDetailedError",
     .resolve = gitlab_resolve_detailed_error,
     .cost = COST_ERROR,
     .arguments = error_arguments},
    {.name = "errorStackTrace",
     .type = "SentryErrorStackTrace",
     .description = "Of the latest event.",
     .resolve = gitlab_resolve_stack_trace,
     .cost = COST_EVENT,
     .arguments = error_arguments},
    {.name = "externalUrl",
     .type = "String",
     .description = "Where the errors are listed.",
     .member = offsetof(struct project_view, external_url)},
    {0},
};

static const struct graphql_field project_fields[] = {
    MEMBER(project_view, "id", "ID!", id),
    MEMBER(project_view, "name", "String!", project.name),
    MEMBER(project_view, "path", "String!", project.slug),
    MEMBER(project_view, "fullPath", "ID!", full_path),
    MEMBER(project_view, "nameWithNamespace", "String!", name_with_namespace),
    MEMBER(project_view, "webUrl", "String", web_url),
    MEMBER(project_view, "createdAt", "Time", created_at),
    {.name = "sentryErrors",
     .type = "SentryErrorCollection",
     .description = "Null without permission to see errors, and while error tracking is off.",
     .resolve = gitlab_resolve_sentry_errors},
    {.name = "sentryDetailedError",
     .type = "SentryDetailedError",
     .resolve = gitlab_resolve_detailed_error,
     .cost = COST_ERROR,
     .arguments = error_arguments},
    {0},
};

/* --- the query
 * -------------------------------------------------------------------------------------- */

static const struct graphql_field user_fields[] = {
    MEMBER(user_view, "id", "ID!", id),
    MEMBER(user_view, "username", "String!", username),
    MEMBER(user_view, "name", "String!", name),
    {0},
};

static const struct graphql_field metadata_fields[] = {
    MEMBER(metadata_view, "version", "String!", version),
    MEMBER(metadata_view, "enterprise", "Boolean!", enterprise),
    {0},
};

static const struct graphql_argument project_arguments[] = {
    {"fullPath", "ID!", NULL, "\"organization/project\"."},
    {0},
};

static const struct graphql_field query_fields[] = {
    {.name = "project",
     .type = "Project",
     .description = "Null for what is not there, or not for who asks.",
     .resolve = gitlab_resolve_project,
     .cost = COST_PROJECT,
     .arguments = project_arguments},
    {.name = "currentUser", .type = "CurrentUser", .resolve = gitlab_resolve_user},
    {.name = "metadata", .type = "Metadata", .resolve = gitlab_resolve_metadata},
    {0},
};

static const struct graphql_enum_value status_values[] = {
    {"UNRESOLVED", NULL},
    {"RESOLVED", NULL},
    {"IGNORED", NULL},
    {"RESOLVED_IN_NEXT_RELEASE", "No error of this server is; a connected Sentry may have some."},
    {0},
};

#define OBJECT(type_name, type_fields, text) \
  { .kind = KIND_OBJECT, .name = type_name, .fields = type_fields, .description = text }

static const struct graphql_type types[] = {
    OBJECT("Query", query_fields, NULL),
    OBJECT("Project", project_fields, "A project of an organization."),
    OBJECT("SentryErrorCollection", collection_fields, "The errors of a project."),
    OBJECT("SentryErrorConnection", connection_fields, "A page of errors."),
    OBJECT("SentryErrorEdge", edge_fields, "An error and its place in the list."),
    OBJECT("PageInfo", page_info_fields, "Whether there are other pages, and where."),
    OBJECT("SentryError", error_fields, "An error of the list."),
    OBJECT("SentryDetailedError", detailed_error_fields, "An error."),
    OBJECT("SentryErrorFrequency", frequency_fields, "Events of an hour."),
    OBJECT("SentryErrorTags", tag_fields, "Tags of an error's latest event."),
    OBJECT("SentryErrorStackTrace", stack_fields, "A stack trace."),
    OBJECT("SentryErrorStackTraceEntry", frame_fields, "A frame."),
    OBJECT("SentryErrorStackTraceContext", context_fields, "A line of source."),
    OBJECT("CurrentUser", user_fields, "Who asks."),
    OBJECT("Metadata", metadata_fields, "This server."),
    {.kind = KIND_ENUM, .name = "SentryErrorStatus", .values = status_values},
    {.kind = KIND_SCALAR, .name = "Time", .description = "A time in ISO 8601, UTC."},
    {.kind = KIND_SCALAR,
     .name = "GitlabErrorTrackingDetailedErrorID",
     .description = "\"" GITLAB_ERROR_ID "42\".",
     .is_id = true},
    {0},
};

const struct graphql_schema gitlab_schema = {.types = types, .query = &types[0]};
