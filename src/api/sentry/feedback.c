/* feedback.c - what users wrote: listed, and added by programs.
 *
 * GET, POST /api/0/projects/{organization}/{project}/user-feedback/
 */
#include "ingest/feedback.h"

#include "api/sentry/answer.h"
#include "api/sentry/feedback_json.h"
#include "api/sentry/handlers.h"
#include "ingest/config.h"
#include "store/event.h"
#include "store/option.h"

#include "base/banned.h"

/* The id of the error that the feedback is about; 0 when its event is not here. */
static int64_t group_of(struct transaction *tx, const struct feedback *feedback) {
  struct event_row row;
  bool is_found =
      feedback->has_event && event_row_find(tx, feedback->project_id, &feedback->event_id, &row);
  return is_found ? row.group_id : 0;
}

static void write_feedback(struct json_writer *writer, struct transaction *tx, struct arena *arena,
                           const struct feedback *feedback) {
  int64_t group_id = group_of(tx, feedback);
  json_write_object(writer);
  api_write_feedback(writer, arena, feedback);
  if (group_id) {
    json_write_key(writer, "issue");
    json_write_object(writer);
    api_write_digits(writer, "id", group_id);
    json_write_object_end(writer);
  } else {
    api_write_null(writer, "issue");
  }
  json_write_object_end(writer);
}

void api_feedback_list(struct http_request *request, struct http_response *response) {
  struct api_page page;
  struct project project;
  struct feedback *feedback;
  if (api_read_page(request, response, &page)) return;
  struct transaction *tx = store_begin_read(api_application(request)->store);
  if (api_find_project(request, response, tx, &project) == STATUS_OK) {
    const struct feedback_query query = {
        .project_id = project.id, .before_id = page.cursor.id, .limit = page.limit + 1};
    size_t count = feedback_list(tx, request->arena, &query, &feedback);
    struct api_links links = {.has_next = count > page.limit};
    if (links.has_next) count = page.limit;
    struct json_writer writer = api_begin_json(response);
    json_write_array(&writer);
    for (size_t i = 0; i < count; i++) write_feedback(&writer, tx, request->arena, &feedback[i]);
    json_write_array_end(&writer);
    if (count)
      links.next = (struct cursor){feedback[count - 1].id, feedback[count - 1].id, .is_set = true};
    api_set_links(request, response, &links);
  }
  store_end_read(tx);
}

/* --- adding ------------------------------------------------------------------------------------
 */

struct addition {
  struct http_request *request;
  struct feedback feedback;
};

static enum status run_add(struct transaction *tx, void *context, struct problem *problem) {
  struct addition *addition = context;
  (void)problem;
  feedback_save(tx, &addition->feedback);
  return STATUS_OK;
}

/* By the project's own rules of scrubbing. */
static enum status read_addition(struct addition *addition, struct transaction *tx,
                                 const struct project *project, struct problem *problem) {
  struct http_request *request = addition->request;
  struct project_config config = {0};
  config_compile(request->arena, option_list(tx, request->arena, project->id), &config);
  const char *wrong =
      user_report_read(request->arena, request->body, config.scrubber, &addition->feedback);
  addition->feedback.project_id = project->id;
  addition->feedback.received_ms = clock_now_ms();
  if (!wrong) return STATUS_OK;
  bool is_empty = slice_equal_string(SLICE("empty_feedback"), wrong);
  return problem_set_field(problem, STATUS_BAD_INPUT, is_empty ? "comments" : "event_id",
                           is_empty ? "This field is required."
                                    : "The body has to be a JSON object with event_id and "
                                      "comments; event_id has 32 hexadecimal digits.");
}

void api_feedback_post(struct http_request *request, struct http_response *response) {
  struct store *store = api_application(request)->store;
  struct addition addition = {.request = request};
  struct project project;
  struct problem problem;
  struct transaction *tx = store_begin_read(store);
  enum status status = api_find_project(request, response, tx, &project);
  enum status wrong = status ? STATUS_OK : read_addition(&addition, tx, &project, &problem);
  store_end_read(tx);
  if (status) return;
  if (!wrong) wrong = store_write(store, run_add, &addition, &problem);
  if (wrong) {
    api_fail(response, &problem);
    return;
  }
  struct json_writer writer = api_begin_json(response);
  tx = store_begin_read(store);
  write_feedback(&writer, tx, request->arena, &addition.feedback);
  store_end_read(tx);
}
