/* sentry_question.c - see sentry_question.h.
 *
 * Source: Sentry's API reference, "List a Project's Issues", "Retrieve an Issue", "Retrieve an
 * Issue Event".
 */
#include "source/sentry_question.h"

#include "source/limits.h"
#include "source/sentry_call.h"

#include "base/banned.h"

struct slice sentry_list_path(struct arena *arena, const struct connection *connection,
                              const struct source_query *query) {
  /* Last seen is Sentry's own order, for which GitLab sends nothing. */
  static const char *const sorts[] = {
      [SORT_LAST_SEEN] = "", [SORT_FIRST_SEEN] = "&sort=new", [SORT_FREQUENCY] = "&sort=freq"};
  struct slice text = query->text;
  if (query->status >= 0)
    text = arena_printf(arena, "is:%s%s%.*s", group_status_name((enum group_status)query->status),
                        text.len ? " " : "", SLICE_ARGS(text));
  struct slice path =
      arena_printf(arena, "%.*s/issues/?query=%.*s&limit=%zu%s",
                   SLICE_ARGS(sentry_project_path(arena, connection)),
                   SLICE_ARGS(url_encode(arena, text)), query->limit, sorts[query->sort]);
  if (query->cursor.len)
    path = arena_printf(arena, "%.*s&cursor=%.*s", SLICE_ARGS(path),
                        SLICE_ARGS(url_encode(arena, query->cursor)));
  return path;
}

struct slice sentry_first_page_path(struct arena *arena, const struct connection *connection) {
  const struct source_query query = {
      .status = GROUP_UNRESOLVED, .sort = SORT_LAST_SEEN, .limit = SOURCE_PAGE_SIZE};
  return sentry_list_path(arena, connection, &query);
}

static struct slice issue_path(struct arena *arena, const struct connection *connection,
                               struct slice issue) {
  return arena_printf(arena, "/api/0/organizations/%.*s/issues/%.*s/",
                      SLICE_ARGS(url_encode(arena, connection->organization_slug)),
                      SLICE_ARGS(url_encode(arena, issue)));
}

struct slice sentry_issue_path(struct arena *arena, const struct connection *connection,
                               int64_t issue_id) {
  return issue_path(arena, connection, arena_printf(arena, "%lld", (long long)issue_id));
}

struct slice sentry_event_path(struct arena *arena, const struct connection *connection,
                               int64_t issue_id, const struct source_event_choice *choice) {
  if (!choice->is_latest && !choice->is_oldest)
    return sentry_project_event_path(arena, connection, &choice->id);
  return arena_printf(arena, "%.*sevents/%s/",
                      SLICE_ARGS(sentry_issue_path(arena, connection, issue_id)),
                      choice->is_latest ? "latest" : "oldest");
}

struct slice sentry_project_event_path(struct arena *arena, const struct connection *connection,
                                       const struct event_id *id) {
  return arena_printf(arena, "%.*s/events/%.*s/",
                      SLICE_ARGS(sentry_project_path(arena, connection)),
                      SLICE_ARGS(event_id_hex(arena, id)));
}

struct slice sentry_short_id_path(struct arena *arena, const struct connection *connection,
                                  struct slice short_id) {
  return issue_path(arena, connection, short_id);
}
