/* execute.c - a valid operation answered: fields are resolved and written as they stand in the
 * document, one after the other.
 *
 * A null where the schema promises a value makes the object that holds it null, and so on upward:
 * what was written of it is taken back from the end of the answer.
 *
 * Source: GraphQL specification, "Execution", "Handling Field Errors".
 */
#include "api/graphql/collect.h"
#include "api/graphql/graphql.h"
#include "api/graphql/limits.h"
#include "api/graphql/value.h"

#include "base/banned.h"

struct executor {
  const struct graphql_execution *execution;
  struct graphql_collector collector;
  struct json_writer *writer;
  size_t start;  /* where the answer begins in the buffer */
  size_t fields; /* of the answer so far */
  bool is_over;  /* a limit is reached, or a value has to be waited for: everything is null */
  bool is_pending;
};

/* A value that is being written. */
struct place {
  struct graphql_group *group;
  struct slice type; /* wanted */
  const struct graphql_path *path;
};

/* An object whose fields are written. */
struct object {
  const void *value; /* null: the query itself */
  const struct graphql_type *type;
  const struct graphql_path *path;
};

enum outcome {
  OUTCOME_WRITTEN,
  OUTCOME_NULL /* not written */,
  OUTCOME_FAILED /* neither; told */
};

/* --- errors and steps back ------------------------------------------------------------------- */

struct mark {
  size_t len;
  bool needs_comma;
};

static struct mark mark_of(const struct executor *executor) {
  return (struct mark){executor->writer->out->len, executor->writer->needs_comma};
}

static void step_back(struct executor *executor, struct mark mark) {
  executor->writer->out->len = mark.len;
  executor->writer->needs_comma = mark.needs_comma;
}

static void add_error(struct executor *executor, const struct place *place, const char *message) {
  struct graphql_errors *errors = executor->execution->errors;
  graphql_error_at(errors, place->group->uses->selection->offset, "%s", message);
  graphql_error_set_path(errors, place->path);
}

/* Whether another field may be written. */
static bool count_field(struct executor *executor) {
  if (executor->is_over) return false;
  bool is_too_many = ++executor->fields > GRAPHQL_ANSWER_FIELD_LIMIT;
  bool is_too_long = executor->writer->out->len - executor->start > GRAPHQL_ANSWER_LIMIT;
  if (!is_too_many && !is_too_long) return true;
  executor->is_over = true;
  if (is_too_many)
    graphql_error_at(executor->execution->errors, GRAPHQL_NOWHERE,
                     "The answer would have more than %d fields.", GRAPHQL_ANSWER_FIELD_LIMIT);
  else
    graphql_error_at(executor->execution->errors, GRAPHQL_NOWHERE,
                     "The answer would be longer than %d bytes.", GRAPHQL_ANSWER_LIMIT);
  return false;
}

/* --- values ----------------------------------------------------------------------------------- */

static bool write_value(struct executor *executor, const struct place *place,
                        const struct graphql_result *result);

static bool write_fields(struct executor *executor, struct graphql_group *groups,
                         const struct object *object);

static enum outcome write_list(struct executor *executor, const struct place *place,
                               const struct graphql_result *result) {
  struct mark mark = mark_of(executor);
  json_write_array(executor->writer);
  for (size_t i = 0; i < result->count; i++) {
    const struct graphql_path path = {.parent = place->path, .index = i};
    const struct place item = {place->group, graphql_item_type(place->type), &path};
    if (write_value(executor, &item, &result->items[i])) continue;
    step_back(executor, mark);
    return OUTCOME_FAILED;
  }
  json_write_array_end(executor->writer);
  return OUTCOME_WRITTEN;
}

static enum outcome write_object(struct executor *executor, const struct place *place,
                                 const struct graphql_result *result) {
  struct mark mark = mark_of(executor);
  const struct graphql_schema *schema = executor->execution->question->schema;
  const struct object object = {result->object, graphql_type_find(schema, place->type),
                                place->path};
  struct graphql_group *groups = graphql_collect_below(&executor->collector, place->group);
  if (write_fields(executor, groups, &object)) return OUTCOME_WRITTEN;
  step_back(executor, mark);
  return OUTCOME_FAILED;
}

static enum outcome write_result(struct executor *executor, const struct place *place,
                                 const struct graphql_result *result) {
  switch (result->kind) {
    case RESULT_NULL: return OUTCOME_NULL;
    case RESULT_TEXT: json_write_text(executor->writer, result->text); break;
    case RESULT_INTEGER: json_write_integer(executor->writer, result->integer); break;
    case RESULT_BOOLEAN: json_write_bool(executor->writer, result->integer != 0); break;
    case RESULT_OBJECT: return write_object(executor, place, result);
    case RESULT_LIST: return write_list(executor, place, result);
  }
  return OUTCOME_WRITTEN;
}

/* False when it is null and must not be; then nothing is written, and the error is told. */
static bool write_value(struct executor *executor, const struct place *place,
                        const struct graphql_result *result) {
  const struct place inner = {place->group, graphql_nullable(place->type), place->path};
  enum outcome outcome = write_result(executor, &inner, result);
  if (outcome == OUTCOME_WRITTEN) return true;
  if (executor->is_over) return false;
  if (!graphql_is_required(place->type)) {
    json_write_null(executor->writer);
    return true;
  }
  if (outcome == OUTCOME_NULL)
    add_error(executor, place, "There is no value for a field that cannot be null.");
  return false;
}

/* --- fields -------------------------------------------------------------------------------------
 */

/* A field without a resolver is a member of its object. */
static void read_member(const struct graphql_field *field, const void *object,
                        struct graphql_result *result) {
  const char *member = (const char *)object + field->member;
  struct slice type = graphql_nullable(slice_of_string(field->type));
  if (slice_equal_string(type, "Int")) {
    result->kind = RESULT_INTEGER;
    result->integer = *(const int64_t *)(const void *)member;
  } else if (slice_equal_string(type, "Boolean")) {
    result->kind = RESULT_BOOLEAN;
    result->integer = *(const bool *)(const void *)member;
  } else {
    result->text = *(const struct slice *)(const void *)member;
    result->kind = result->text.ptr ? RESULT_TEXT : RESULT_NULL;
  }
}

/* False, with an error, when there is no value for a reason that people should know. */
static bool resolve(struct executor *executor, const struct place *place, const void *object,
                    struct graphql_result *result) {
  const struct graphql_execution *execution = executor->execution;
  const struct graphql_selection *selection = place->group->uses->selection;
  const struct graphql_field *field = selection->field;
  const struct graphql_call_site site = {execution->question->schema, field->arguments,
                                         selection->arguments, execution->variables};
  struct graphql_call call = {.arena = execution->arena,
                              .context = execution->question->context,
                              .schema = execution->question->schema,
                              .field = field,
                              .parent = object};
  const char *missing;
  struct problem problem = {0};
  if (!graphql_argument_values(execution->arena, &site, &call.arguments, &missing)) {
    problem_set(&problem, STATUS_BAD_INPUT, "The argument '%s' cannot be null.", missing);
    add_error(executor, place, problem.message);
    return false;
  }
  if (!field->resolve) {
    read_member(field, object, result);
    return true;
  }
  enum status status = field->resolve(&call, result, &problem);
  if (status == STATUS_PENDING)
    executor->is_over = executor->is_pending = true;
  else if (status)
    add_error(executor, place, problem.message);
  return !status;
}

static bool write_field(struct executor *executor, const struct place *place,
                        const struct object *object) {
  struct graphql_result result = {.kind = RESULT_NULL};
  if (!count_field(executor)) return false;
  if (place->group->uses->selection->field == &graphql_typename_field) {
    json_write_text(executor->writer, slice_of_string(object->type->name));
    return true;
  }
  if (resolve(executor, place, object->value, &result))
    return write_value(executor, place, &result);
  if (executor->is_over || graphql_is_required(place->type)) return false;
  json_write_null(executor->writer);
  return true;
}

/* Writes the object. False when it has to be null. */
static bool write_fields(struct executor *executor, struct graphql_group *groups,
                         const struct object *object) {
  json_write_object(executor->writer);
  for (struct graphql_group *group = groups; group; group = group->next) {
    const struct graphql_selection *selection = group->uses->selection;
    const struct graphql_path own = {.parent = object->path, .key = selection->key};
    const struct place place = {group, slice_of_string(selection->field->type), &own};
    json_write_key_text(executor->writer, selection->key);
    if (!write_field(executor, &place, object)) return false;
  }
  json_write_object_end(executor->writer);
  return true;
}

enum status graphql_execute(const struct graphql_execution *execution, struct json_writer *writer) {
  const struct graphql_schema *schema = execution->question->schema;
  struct executor executor = {.execution = execution,
                              .collector = {.arena = execution->arena,
                                            .schema = schema,
                                            .document = execution->document,
                                            .variables = execution->variables},
                              .writer = writer,
                              .start = writer->out->len};
  const struct object root = {.type = schema->query};
  struct mark mark = mark_of(&executor);
  struct graphql_group *groups = graphql_collect(&executor.collector, execution->operation);
  if (write_fields(&executor, groups, &root)) return STATUS_OK;
  step_back(&executor, mark);
  json_write_null(writer);
  return executor.is_pending ? STATUS_PENDING : STATUS_OK;
}
