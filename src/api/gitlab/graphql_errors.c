/* graphql_errors.c - a page of a project's errors as a connection.
 *
 * Of errors that this server keeps, the cursor of any of them is a place that a page can begin
 * behind or end before. A connected Sentry has cursors of pages alone: they stand at both ends.
 */
#include "api/gitlab/graphql_schema.h"
#include "api/sentry/search.h"
#include "base/buffer.h"

#include "base/banned.h"

enum { PAGE_LIMIT = 100 };

/* --- what is asked for
 * ---------------------------------------------------------------------------- */

static enum status read_sort(const struct graphql_call *call, enum group_sort *sort,
                             struct problem *problem) {
  static const struct {
    const char *name;
    enum group_sort sort;
  } sorts[] = {{"last_seen", SORT_LAST_SEEN},
               {"first_seen", SORT_FIRST_SEEN},
               {"frequency", SORT_FREQUENCY}};
  const struct graphql_value *wanted = graphql_argument_of(call, "sort");
  *sort = SORT_LAST_SEEN;
  if (!wanted) return STATUS_OK;
  for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++) {
    if (!slice_equal_string(wanted->text, sorts[i].name)) continue;
    *sort = sorts[i].sort;
    return STATUS_OK;
  }
  return problem_set(problem, STATUS_BAD_INPUT,
                     "Invalid value for sort param. Use last_seen, first_seen or frequency.");
}

/* -1 when there are none of that status, which only a Sentry has. */
static int status_of(const struct graphql_value *wanted) {
  static const char *const names[GROUP_STATUS_COUNT] = {[GROUP_UNRESOLVED] = "UNRESOLVED",
                                                        [GROUP_RESOLVED] = "RESOLVED",
                                                        [GROUP_IGNORED] = "IGNORED"};
  for (int status = 0; status < GROUP_STATUS_COUNT; status++)
    if (slice_equal_string(wanted->text, names[status])) return status;
  return -1;
}

/* A status in the search counts; where both are given they have to be the same. A connected Sentry
 * understands words of its own, and gets them as they are. */
static enum status read_search(const struct graphql_call *call, const struct source *source,
                               struct source_query *query, struct problem *problem) {
  const struct graphql_value *term = graphql_argument_of(call, "searchTerm");
  const struct graphql_value *wanted = graphql_argument_of(call, "status");
  struct search search = {.status = -1};
  enum status status = STATUS_OK;
  if (term && source_is_local(source))
    status = search_parse(call->arena, term->text, &search, problem);
  else if (term)
    search.text = term->text;
  if (status) return status;
  query->text = search.text;
  query->status = wanted ? status_of(wanted) : search.status < 0 ? GROUP_UNRESOLVED : search.status;
  if (wanted && search.status >= 0 && search.status != query->status)
    return problem_set(problem, STATUS_BAD_INPUT, "The query asks for two statuses at once.");
  return STATUS_OK;
}

static enum status read_count(const struct graphql_value *wanted, size_t *limit,
                              struct problem *problem) {
  *limit = SOURCE_PAGE_SIZE;
  if (!wanted) return STATUS_OK;
  if (wanted->integer < 1)
    return problem_set(problem, STATUS_BAD_INPUT, "%.*s must be at least 1.",
                       SLICE_ARGS(wanted->name));
  *limit = wanted->integer < PAGE_LIMIT ? (size_t)wanted->integer : PAGE_LIMIT;
  return STATUS_OK;
}

/* Where the page begins, or ends: our own cursors are places, and the argument says which. */
static struct slice cursor_of(const struct graphql_call *call, const struct source *source,
                              const struct graphql_value *given, bool is_before) {
  struct cursor cursor;
  if (!given || !given->text.len) return SLICE_EMPTY;
  if (!source_is_local(source) || !cursor_parse(given->text, &cursor)) return given->text;
  cursor.is_before = is_before;
  return cursor_format(call->arena, cursor);
}

static enum status read_page(const struct graphql_call *call, const struct source *source,
                             struct source_query *query, struct problem *problem) {
  const struct graphql_value *first = graphql_argument_of(call, "first");
  const struct graphql_value *last = graphql_argument_of(call, "last");
  const struct graphql_value *after = graphql_argument_of(call, "after");
  const struct graphql_value *before = graphql_argument_of(call, "before");
  if ((first || after) && (last || before))
    return problem_set(problem, STATUS_BAD_INPUT,
                       "A page has either first and after, or last and before.");
  if (last && !before)
    return problem_set(problem, STATUS_BAD_INPUT, "last needs the cursor before.");
  query->cursor = cursor_of(call, source, before ? before : after, before != NULL);
  return read_count(first ? first : last, &query->limit, problem);
}

/* --- what is found
 * ------------------------------------------------------------------------------------ */

static struct slice place_of(const struct graphql_call *call, enum group_sort sort,
                             const struct group *group) {
  int64_t value = sort == SORT_LAST_SEEN    ? group->last_seen_ms
                  : sort == SORT_FIRST_SEEN ? group->first_seen_ms
                                            : group->event_count;
  return cursor_format(call->arena, (struct cursor){.value = value, .id = group->id});
}

static void fill_edges(const struct graphql_call *call, const struct source_query *query,
                       const struct source_page *page, struct connection_view *view) {
  /* The collection is the project. */
  struct project_view *project = (struct project_view *)call->parent;
  bool is_local = source_is_local(&project->source);
  view->edges = ARENA_ARRAY(call->arena, page->count, struct edge_view);
  view->count = page->count;
  for (size_t i = 0; i < page->count; i++) {
    const struct source_error *error = &page->errors[i];
    struct slice cursor = is_local               ? place_of(call, query->sort, &error->group)
                          : i + 1 == page->count ? page->next
                          : i == 0               ? page->previous
                                                 : SLICE_EMPTY;
    view->edges[i] =
        (struct edge_view){gitlab_text(cursor), gitlab_error_view(call, project, error)};
  }
}

static void fill_info(const struct source_page *page, bool is_local, struct connection_view *view) {
  view->info.has_previous = page->has_previous;
  view->info.has_next = page->has_next;
  view->info.start = gitlab_text_or_null(page->previous);
  view->info.end = gitlab_text_or_null(page->next);
  if (!is_local || !view->count) return;
  view->info.start = view->edges[0].cursor;
  view->info.end = view->edges[view->count - 1].cursor;
}

static enum status list(const struct graphql_call *call, struct source *source,
                        const struct source_query *query, struct connection_view *view,
                        struct problem *problem) {
  struct source_page page = {0};
  bool is_none = query->status < 0;
  enum status status = is_none ? STATUS_OK : source_list(source, query, &page, problem);
  if (status) return gitlab_source_status(call, source, status);
  fill_edges(call, query, &page, view);
  fill_info(&page, source_is_local(source), view);
  return STATUS_OK;
}

enum status gitlab_resolve_errors(const struct graphql_call *call, struct graphql_result *result,
                                  struct problem *problem) {
  struct source *source = &((struct project_view *)call->parent)->source;
  struct connection_view *view = ARENA_NEW(call->arena, struct connection_view);
  struct source_query query = {0};
  enum status status = read_sort(call, &query.sort, problem);
  if (!status) status = read_search(call, source, &query, problem);
  if (!status) status = read_page(call, source, &query, problem);
  if (!status) status = list(call, source, &query, view, problem);
  if (!status) gitlab_set_object(result, view);
  return status;
}

/* --- parts of a page
 * -------------------------------------------------------------------------------- */

enum status gitlab_resolve_page_info(const struct graphql_call *call, struct graphql_result *result,
                                     struct problem *problem) {
  const struct connection_view *view = call->parent;
  (void)problem;
  gitlab_set_object(result, &view->info);
  return STATUS_OK;
}

enum status gitlab_resolve_edges(const struct graphql_call *call, struct graphql_result *result,
                                 struct problem *problem) {
  const struct connection_view *view = call->parent;
  (void)problem;
  gitlab_set_list(call->arena, result, view->count);
  for (size_t i = 0; i < view->count; i++) gitlab_set_object(&result->items[i], &view->edges[i]);
  return STATUS_OK;
}

enum status gitlab_resolve_nodes(const struct graphql_call *call, struct graphql_result *result,
                                 struct problem *problem) {
  const struct connection_view *view = call->parent;
  (void)problem;
  gitlab_set_list(call->arena, result, view->count);
  for (size_t i = 0; i < view->count; i++)
    gitlab_set_object(&result->items[i], view->edges[i].error);
  return STATUS_OK;
}

enum status gitlab_resolve_node(const struct graphql_call *call, struct graphql_result *result,
                                struct problem *problem) {
  const struct edge_view *edge = call->parent;
  (void)problem;
  gitlab_set_object(result, edge->error);
  return STATUS_OK;
}
