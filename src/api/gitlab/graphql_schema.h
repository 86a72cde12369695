/* graphql_schema.h - GitLab's GraphQL schema as far as it is about errors: the table, and the
 * objects that its fields are members of.
 *
 *   query ─► project(fullPath) ─► sentryErrors ─┬─► errors ─► nodes, edges: error_view
 *            project_view                       ├─► detailedError: error_view
 *                                               └─► errorStackTrace: stack_view
 *
 * Texts with a null pointer are null in the answer.
 */
#ifndef CULPRIT_API_GITLAB_GRAPHQL_SCHEMA_H
#define CULPRIT_API_GITLAB_GRAPHQL_SCHEMA_H

#include "api/graphql/graphql.h"
#include "http/http.h"
#include "source/source.h"

extern const struct graphql_schema gitlab_schema;

/* Errors' ids are this and a number. */
#define GITLAB_ERROR_ID "gid://gitlab/Gitlab::ErrorTracking::DetailedError/"

/* Who asks; the context of every resolver. */
struct gitlab_asker {
  struct http_request *request;
  struct source *waits_for; /* set with STATUS_PENDING */
};

struct user_view {
  struct slice id, username, name;
};

struct metadata_view {
  struct slice version;
  bool enterprise;
};

struct project_view {
  struct project project;
  struct source source;
  bool sees_errors; /* the asker, and error tracking is on */
  struct slice id, full_path, name_with_namespace, web_url, created_at;
  struct slice external_url; /* of its list of errors, where they are kept */
};

struct error_view {
  struct project_view *project;
  struct source_error error;
  struct slice id, sentry_id, title, type, message, culprit, status, short_id, first_seen,
      last_seen, external_url, external_base_url, project_id, project_name, project_slug;
  int64_t count, user_count;
  struct slice level, logger;
  struct slice first_release, first_release_short, last_release, last_release_short, issue_url;
  bool is_local;
};

struct frequency_view {
  struct slice time;
  int64_t count;
};

struct page_info {
  bool has_next, has_previous;
  struct slice start, end; /* cursors */
};
struct edge_view {
  struct slice cursor;
  struct error_view *error;
};
struct connection_view {
  struct page_info info;
  struct edge_view *edges;
  size_t count;
};

struct context_view {
  int64_t line;
  struct slice code;
};
struct frame_view {
  const struct frame *frame;
  struct slice file_name, function, line, column;
};
struct stack_view {
  struct slice error_id, date_received;
  struct frame_view *frames; /* from the oldest call to the newest */
  size_t count;
};

/* What the member of a field with several uses stands for. */
enum { OF_FIRST_RELEASE, OF_LAST_RELEASE };
enum { COMMIT_SHA, COMMIT_PATH };

/* graphql_project.c */
graphql_resolver gitlab_resolve_project, gitlab_resolve_user, gitlab_resolve_metadata,
    gitlab_resolve_sentry_errors;
/* graphql_errors.c */
graphql_resolver gitlab_resolve_errors, gitlab_resolve_page_info, gitlab_resolve_edges,
    gitlab_resolve_nodes, gitlab_resolve_node;
/* graphql_error.c */
graphql_resolver gitlab_resolve_detailed_error, gitlab_resolve_frequency, gitlab_resolve_tags,
    gitlab_resolve_release_commit, gitlab_resolve_commit;
/* graphql_stack.c */
graphql_resolver gitlab_resolve_stack_trace, gitlab_resolve_frames, gitlab_resolve_context;

/* --- shared by the resolvers ------------------------------------------------------------------ */

/* A text that is null when it is empty, and one that never is. */
struct slice gitlab_text_or_null(struct slice text);
struct slice gitlab_text(struct slice text);
struct slice gitlab_time(struct arena *arena, int64_t time_ms);
struct slice gitlab_digits(struct arena *arena, int64_t number);

void gitlab_set_object(struct graphql_result *result, const void *object);
/* A list of `count` nulls, to be filled. */
void gitlab_set_list(struct arena *arena, struct graphql_result *result, size_t count);

struct error_view *gitlab_error_view(const struct graphql_call *call, struct project_view *project,
                                     const struct source_error *error);
/* The id of the argument "id"; STATUS_BAD_INPUT when it is none of an error. */
enum status gitlab_error_id(const struct graphql_call *call, int64_t *id,
                            struct problem *problem) MUST_CHECK;
/* What a source answered: notes what is waited for; what is not there is null and no error. */
enum status gitlab_source_status(const struct graphql_call *call, struct source *source,
                                 enum status status);

#endif
