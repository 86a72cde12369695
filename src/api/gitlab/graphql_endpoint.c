/* graphql_endpoint.c - POST /api/graphql: a question as JSON, or a list of them.
 *
 * Nothing is answered while an answer of a connected Sentry is waited for: the request is parked,
 * and asked again from the start.
 *
 * Source: GraphQL over HTTP; lists are what batching clients such as GitLab's own pages send.
 */
#include "api/gitlab/answer.h"
#include "api/gitlab/graphql_schema.h"
#include "api/gitlab/handlers.h"
#include "api/graphql/limits.h"

#include "base/banned.h"

void gitlab_graphql_fail(struct http_response *response, const struct problem *problem) {
  response->status = status_http_code(problem->status);
  struct json_writer writer = api_begin_json(response);
  json_write_object(&writer);
  json_write_key(&writer, "errors");
  json_write_array(&writer);
  json_write_object(&writer);
  api_write_text(&writer, "message", slice_of_string(problem->message));
  json_write_object_end(&writer);
  json_write_array_end(&writer);
  json_write_object_end(&writer);
}

/* A member that is text, or null. */
static enum status read_text(yyjson_val *json, const char *name, struct slice *text,
                             struct problem *problem) {
  yyjson_val *member = json_member(json, name);
  *text = json_text(member);
  if (!member || yyjson_is_null(member) || yyjson_is_str(member)) return STATUS_OK;
  return problem_set(problem, STATUS_BAD_INPUT, "%s has to be text.", name);
}

static enum status read_question(yyjson_val *json, struct graphql_question *question,
                                 struct problem *problem) {
  if (!yyjson_is_obj(json))
    return problem_set(problem, STATUS_BAD_INPUT, "A question is an object with a query.");
  enum status status = read_text(json, "query", &question->document, problem);
  if (!status) status = read_text(json, "operationName", &question->operation, problem);
  if (status) return status;
  question->variables = json_member(json, "variables");
  if (question->variables && !yyjson_is_null(question->variables) &&
      !yyjson_is_obj(question->variables))
    return problem_set(problem, STATUS_BAD_INPUT, "variables have to be an object.");
  if (!question->document.len) return problem_set(problem, STATUS_BAD_INPUT, "There is no query.");
  return STATUS_OK;
}

struct questions {
  struct graphql_question items[GRAPHQL_QUESTIONS_LIMIT];
  size_t count;
  bool is_list;
};

static enum status read_questions(struct http_request *request, struct gitlab_asker *asker,
                                  struct questions *questions, struct problem *problem) {
  yyjson_val *root, *one;
  size_t index, count;
  enum status status = json_read(request->arena, request->body, &root, problem);
  if (status) return status;
  questions->is_list = yyjson_is_arr(root);
  count = questions->is_list ? yyjson_arr_size(root) : 1;
  if (count < 1 || count > GRAPHQL_QUESTIONS_LIMIT)
    return problem_set(problem, STATUS_BAD_INPUT, "A list has 1 to %d questions.",
                       GRAPHQL_QUESTIONS_LIMIT);
  questions->count = count;
  for (size_t i = 0; i < count; i++)
    questions->items[i] = (struct graphql_question){.schema = &gitlab_schema, .context = asker};
  if (!questions->is_list) return read_question(root, &questions->items[0], problem);
  yyjson_arr_foreach(root, index, count, one) {
    status = read_question(one, &questions->items[index], problem);
    if (status) return status;
  }
  return STATUS_OK;
}

void gitlab_graphql(struct http_request *request, struct http_response *response) {
  struct gitlab_asker asker = {.request = request};
  struct questions questions = {0};
  struct problem problem = {0};
  if (read_questions(request, &asker, &questions, &problem)) {
    gitlab_graphql_fail(response, &problem);
    return;
  }
  struct json_writer writer = api_begin_json(response);
  if (questions.is_list) json_write_array(&writer);
  for (size_t i = 0; i < questions.count; i++) {
    enum status status = graphql_answer(request->arena, &questions.items[i], &writer);
    if (status == STATUS_PENDING) {
      source_wait(asker.waits_for, request);
      return;
    }
  }
  if (questions.is_list) json_write_array_end(&writer);
}
