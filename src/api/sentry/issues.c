/* issues.c - groups as Sentry's issues: list, details, change of status. */
#include "api/sentry/answer.h"
#include "api/sentry/handlers.h"
#include "api/sentry/issue_json.h"
#include "api/sentry/search.h"

#include "base/banned.h"

enum { CHANGES_MAX = 100 };

/* --- list -------------------------------------------------------------------------------- */

static const struct {
  const char *name;
  enum group_sort sort;
} sorts[] = {{"date", SORT_LAST_SEEN}, {"new", SORT_FIRST_SEEN}, {"freq", SORT_FREQUENCY}};

static enum status read_sort(struct http_request *request, enum group_sort *sort,
                             struct problem *problem) {
  struct slice name = http_query_value(request, "sort");
  *sort = SORT_LAST_SEEN;
  if (name.len == 0) return STATUS_OK;
  for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
    if (!slice_equal_string(name, sorts[i].name)) continue;
    *sort = sorts[i].sort;
    return STATUS_OK;
  }
  return problem_set_field(problem, STATUS_BAD_INPUT, "sort",
                           "Invalid sort. Use date, new or freq.");
}

static enum status read_period(struct http_request *request, enum issue_period *period,
                               struct problem *problem) {
  struct slice name;
  *period = PERIOD_24H;
  if (!http_query(request, "statsPeriod", &name) || slice_equal(name, SLICE("24h")))
    return STATUS_OK;
  *period = name.len ? PERIOD_14D : PERIOD_NONE;
  if (name.len == 0 || slice_equal(name, SLICE("14d"))) return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "statsPeriod",
                           "Invalid statsPeriod. Use 24h, 14d or nothing.");
}

/* What would change the result and is not understood is refused, not left out. */
static enum status refuse_filters(struct http_request *request, struct problem *problem) {
  static const char *const names[] = {"environment", "start", "end"};
  struct slice value;
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (http_query(request, names[i], &value) && value.len)
      return problem_set_field(problem, STATUS_BAD_INPUT, names[i],
                               "This server does not filter errors by %s.", names[i]);
  return STATUS_OK;
}

/* Without `query` the unresolved ones; an empty one means all. */
static enum status read_query(struct http_request *request, struct group_query *query,
                              struct problem *problem) {
  struct slice text;
  struct search search;
  if (!http_query(request, "query", &text)) text = SLICE("is:unresolved");
  enum status status = search_parse(request->arena, text, &search, problem);
  query->status = search.status;
  query->text = search.text;
  return status;
}

static void set_hits(struct transaction *tx, struct http_request *request,
                     struct http_response *response, const struct group_query *query) {
  int64_t counts[GROUP_STATUS_COUNT], hits = 0;
  if (query->text.len) return;
  group_count_by_status(tx, query->project_id, counts);
  for (int i = 0; i < GROUP_STATUS_COUNT; i++)
    if (query->status < 0 || query->status == i) hits += counts[i];
  http_set_header(response, "X-Hits", arena_printf(request->arena, "%lld", (long long)hits));
}

static void write_list(struct issue_context *context, struct http_response *response,
                       const struct project *project, const struct group_query *query) {
  struct group_page page;
  group_list(context->tx, context->request->arena, query, &page);
  struct json_writer writer = api_begin_json(response);
  json_write_array(&writer);
  for (size_t i = 0; i < page.count; i++) {
    struct api_group row = {.project = *project, .group = page.groups[i]};
    api_write_issue(&writer, context, &row);
  }
  json_write_array_end(&writer);
  set_hits(context->tx, context->request, response, query);
  api_set_links(context->request, response,
                &(struct api_links){.has_previous = page.has_previous,
                                    .has_next = page.has_next,
                                    .previous = page.previous,
                                    .next = page.next});
}

void api_issue_list(struct http_request *request, struct http_response *response) {
  struct api_page page;
  struct problem problem;
  struct group_query query = {0};
  struct issue_context context = {.request = request};
  if (api_read_page(request, response, &page)) return;
  query.limit = page.limit;
  query.cursor = page.cursor;
  enum status status = read_query(request, &query, &problem);
  if (!status) status = read_sort(request, &query.sort, &problem);
  if (!status) status = read_period(request, &context.period, &problem);
  if (!status) status = refuse_filters(request, &problem);
  if (status) {
    api_fail(response, &problem);
    return;
  }
  struct project project;
  context.tx = store_begin_read(api_application(request)->store);
  if (api_find_project(request, response, context.tx, &project) == STATUS_OK) {
    query.project_id = project.id;
    write_list(&context, response, &project, &query);
  }
  store_end_read(context.tx);
}

/* --- details -------------------------------------------------------------------------------- */

static void answer_details(struct issue_context *context, struct http_response *response,
                           const struct api_group *found) {
  struct json_writer writer = api_begin_json(response);
  api_write_issue_details(&writer, context, found);
}

void api_issue_get(struct http_request *request, struct http_response *response) {
  struct api_group found;
  struct issue_context context = {.request = request,
                                  .tx = store_begin_read(api_application(request)->store)};
  if (api_find_group(request, response, context.tx, &found) == STATUS_OK)
    answer_details(&context, response, &found);
  store_end_read(context.tx);
}

/* --- change ----------------------------------------------------------------------------------- */

/* What a body asks for. */
struct change {
  bool has_status;
  enum group_status status;
  bool is_merge; /* only of many */
};

/* Attributes of Sentry's that would do something, which this server does not do. */
static const char *const unsupported[] = {
    "assignedTo",      "discard",          "ignoreCount",    "ignoreDuration",
    "ignoreUserCount", "ignoreUserWindow", "ignoreWindow",   "isBookmarked",
    "isPublic",        "priority",         "snoozeDuration",
};

static enum status refuse_attribute(const char *name, struct problem *problem) {
  return problem_set_field(problem, STATUS_BAD_INPUT, name,
                           "This server cannot set %s. It can set status to resolved, unresolved "
                           "or ignored.",
                           name);
}

static enum status check_supported(yyjson_val *body, struct problem *problem) {
  for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++) {
    yyjson_val *value = json_member(body, unsupported[i]);
    if (value && !yyjson_is_null(value)) return refuse_attribute(unsupported[i], problem);
  }
  yyjson_val *details = json_member(body, "statusDetails");
  if (yyjson_is_obj(details) && yyjson_obj_size(details) > 0)
    return refuse_attribute("statusDetails", problem);
  return STATUS_OK;
}

/* Pure: reads the body of a PUT. */
static enum status read_change(struct arena *arena, struct slice text, struct change *change,
                               struct problem *problem) {
  yyjson_val *body;
  *change = (struct change){0};
  enum status status = json_read(arena, text, &body, problem);
  if (status) return status;
  if (!yyjson_is_obj(body))
    return problem_set(problem, STATUS_BAD_INPUT, "The body must be a JSON object.");
  status = check_supported(body, problem);
  yyjson_val *merge = json_member(body, "merge");
  int64_t number;
  change->is_merge = yyjson_is_true(merge) || (json_integer(merge, &number) && number != 0);
  yyjson_val *value = json_member(body, "status");
  if (status || !value) return status;
  struct slice name = json_text(value);
  if (slice_equal(name, SLICE("muted")) || slice_equal(name, SLICE("archived")))
    name = SLICE("ignored");
  change->has_status = true;
  if (group_status_parse(name, &change->status)) return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "status",
                           "\"%.*s\" is not a valid status. Use resolved, unresolved or ignored.",
                           SLICE_ARGS(slice_cut_utf8(name, 60)));
}

static enum status apply_change(struct http_request *request, int64_t group_id,
                                const struct change *change, struct problem *problem) {
  struct status_result result;
  struct status_change wanted = {
      .actor = api_actor(request), .group_id = group_id, .status = change->status};
  if (!change->has_status) return STATUS_OK;
  return tracker_set_status(api_application(request)->store, &wanted, &result, problem);
}

void api_issue_put(struct http_request *request, struct http_response *response) {
  struct store *store = api_application(request)->store;
  struct issue_context context = {.request = request};
  struct api_group found;
  struct change change;
  struct problem problem;
  context.tx = store_begin_read(store);
  enum status status = api_find_group(request, response, context.tx, &found);
  store_end_read(context.tx);
  if (status) return;
  status = read_change(request->arena, request->body, &change, &problem);
  if (!status && change.is_merge) status = refuse_attribute("merge", &problem);
  if (!status) status = apply_change(request, found.group.id, &change, &problem);
  if (status) {
    api_fail(response, &problem);
    return;
  }
  context.tx = store_begin_read(store);
  if (api_find_group(request, response, context.tx, &found) == STATUS_OK)
    answer_details(&context, response, &found);
  store_end_read(context.tx);
}

/* --- change of many -----------------------------------------------------------------------------
 */

/* The ids of all `id` parameters. */
static enum status read_ids(struct http_request *request, int64_t ids[CHANGES_MAX], size_t *count,
                            struct problem *problem) {
  struct slice query = request->query;
  *count = 0;
  while (query.len) {
    struct slice pair = slice_split(&query, '&');
    if (!slice_equal(slice_split(&pair, '='), SLICE("id"))) continue;
    if (*count == CHANGES_MAX)
      return problem_set_field(problem, STATUS_BAD_INPUT, "id",
                               "At most %d errors can be changed at once.", CHANGES_MAX);
    if (!slice_to_i64(pair, &ids[(*count)++]))
      return problem_set_field(problem, STATUS_BAD_INPUT, "id", "An id is not a number.");
  }
  if (*count) return STATUS_OK;
  return problem_set_field(problem, STATUS_BAD_INPUT, "id",
                           "Name the errors to change: ?id=1&id=2.");
}

/* Keeps the ids that are of the project; the others are as if they did not exist. */
static size_t keep_own(struct transaction *tx, struct arena *arena, int64_t project_id,
                       int64_t *ids, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    struct group group;
    if (group_get(tx, arena, ids[i], &group) && group.project_id == project_id)
      ids[kept++] = ids[i];
  }
  return kept;
}

static void merge(struct http_request *request, struct http_response *response, const int64_t *ids,
                  size_t count) {
  const struct merge_request wanted = {api_actor(request), ids, count};
  struct merge_result result;
  struct problem problem;
  if (tracker_merge(api_application(request)->store, &wanted, &result, &problem)) {
    api_fail(response, &problem);
    return;
  }
  struct json_writer writer = api_begin_json(response);
  json_write_object(&writer);
  json_write_key(&writer, "merge");
  json_write_object(&writer);
  api_write_digits(&writer, "parent", result.parent);
  json_write_key(&writer, "children");
  json_write_array(&writer);
  for (size_t i = 0; i < result.child_count; i++)
    json_write_text(&writer, arena_printf(request->arena, "%lld", (long long)result.children[i]));
  json_write_array_end(&writer);
  json_write_object_end(&writer);
  json_write_object_end(&writer);
}

static void answer_changed(struct http_response *response, const struct change *change) {
  struct json_writer writer = api_begin_json(response);
  json_write_object(&writer);
  if (change->has_status) {
    api_write_text(&writer, "status", slice_of_string(group_status_name(change->status)));
    json_write_key(&writer, "statusDetails");
    json_write_object(&writer);
    json_write_object_end(&writer);
  }
  api_write_bool(&writer, "isPublic", false);
  json_write_object_end(&writer);
}

void api_issue_put_many(struct http_request *request, struct http_response *response) {
  struct project project;
  struct change change;
  struct problem problem;
  int64_t ids[CHANGES_MAX];
  size_t count = 0;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  enum status status = api_find_project(request, response, tx, &project);
  if (!status) {
    status = read_ids(request, ids, &count, &problem);
    if (!status) status = read_change(request->arena, request->body, &change, &problem);
    if (status) api_fail(response, &problem);
  }
  if (!status) count = keep_own(tx, request->arena, project.id, ids, count);
  store_end_read(tx);
  if (status) return;
  if (change.is_merge) {
    merge(request, response, ids, count);
    return;
  }
  for (size_t i = 0; i < count && !status; i++)
    status = apply_change(request, ids[i], &change, &problem);
  if (status)
    api_fail(response, &problem);
  else if (count == 0)
    response->status = 204;
  else
    answer_changed(response, &change);
}
