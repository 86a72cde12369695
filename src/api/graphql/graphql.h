/* graphql.h - questions in GraphQL, answered from a schema (schema.h).
 *
 *   text ─► document.c ─► validate.c ─► value.c ─► execute.c ─► {"data": …, "errors": […]}
 *           a tree        against the   variables   resolvers,
 *                         schema                    field by field
 *
 * Source: GraphQL specification, October 2021.
 */
#ifndef CULPRIT_API_GRAPHQL_GRAPHQL_H
#define CULPRIT_API_GRAPHQL_GRAPHQL_H

#include "api/graphql/schema.h"

struct graphql_question {
  const struct graphql_schema *schema;
  void *context; /* for the resolvers */
  struct slice document;
  struct slice operation; /* the name of the one to answer; empty when there is but one */
  yyjson_val *variables;  /* an object, or null */
};

/* Writes the answer: also of a document that is wrong, which has no "data" then. STATUS_PENDING
 * when a resolver did not have its value yet: what was written is of no use then. */
enum status graphql_answer(struct arena *arena, const struct graphql_question *question,
                           struct json_writer *writer) MUST_CHECK;

/* --- execute.c ------------------------------------------------------------------------------ */

struct graphql_execution {
  struct arena *arena;
  const struct graphql_question *question;
  struct graphql_document *document;
  const struct graphql_definition *operation;
  const struct graphql_value *variables; /* coerced */
  struct graphql_errors *errors;
};
/* Writes the value of "data". STATUS_PENDING as graphql_answer(). */
enum status graphql_execute(const struct graphql_execution *execution,
                            struct json_writer *writer) MUST_CHECK;

#endif
