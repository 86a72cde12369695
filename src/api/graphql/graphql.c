/* graphql.c - a question from its text to its answer. See graphql.h. */
#include "api/graphql/graphql.h"

#include "api/graphql/limits.h"
#include "api/graphql/validate.h"
#include "api/graphql/value.h"

#include "base/banned.h"

/* Null, with an error, when it is not clear which one is meant. */
static const struct graphql_definition *find_operation(const struct graphql_document *document,
                                                       struct slice name,
                                                       struct graphql_errors *errors) {
  const struct graphql_definition *found = NULL;
  for (const struct graphql_definition *one = document->definitions; one; one = one->next) {
    if (one->kind == DEFINITION_FRAGMENT) continue;
    if (name.len && !slice_equal(one->name, name)) continue;
    if (found) {
      graphql_error_at(errors, GRAPHQL_NOWHERE,
                       "The document has several operations; operationName says which one.");
      return NULL;
    }
    found = one;
  }
  if (!found && name.len)
    graphql_error_at(errors, GRAPHQL_NOWHERE, "There is no operation '%.*s'.",
                     SLICE_ARGS(slice_cut_utf8(name, 80)));
  else if (!found)
    graphql_error_at(errors, GRAPHQL_NOWHERE, "The document has no operation.");
  return found;
}

/* False when the question is wrong. */
static bool prepare(struct graphql_execution *execution) {
  const struct graphql_question *question = execution->question;
  struct graphql_errors *errors = execution->errors;
  struct graphql_validator validator = {execution->arena, question->schema, execution->document,
                                        errors};
  if (!graphql_parse(execution->arena, question->document, execution->document, errors) ||
      !graphql_validate(&validator))
    return false;
  execution->operation = find_operation(execution->document, question->operation, errors);
  if (!execution->operation) return false;
  execution->variables =
      graphql_variable_values(question->schema, execution->operation, question->variables, errors);
  return !errors->count;
}

enum status graphql_answer(struct arena *arena, const struct graphql_question *question,
                           struct json_writer *writer) {
  struct graphql_document document;
  struct graphql_errors errors = graphql_errors_make(arena, question->document);
  struct graphql_execution execution = {
      .arena = arena, .question = question, .document = &document, .errors = &errors};
  enum status status = STATUS_OK;
  bool is_right = prepare(&execution);
  json_write_object(writer);
  if (is_right) {
    json_write_key(writer, "data");
    status = graphql_execute(&execution, writer);
  }
  graphql_errors_write(&errors, writer);
  json_write_object_end(writer);
  return status;
}
