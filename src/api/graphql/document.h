/* document.h - a GraphQL document as a tree.
 *
 *   query Q($id: ID!) {            definition: name, variables ──► "id", type "ID!"
 *     a: error(id: $id) @skip(…) { selection: key "a", name "error", arguments, directives
 *       title                        └─ selections ──► title ──► ...Rest
 *       ...Rest
 *     }
 *   }
 *
 * Lists are linked by `next`. Types of variables are kept as text without blanks, "[ID!]!", as they
 * stand in schemas too. Everything is in the arena or borrows the source.
 */
#ifndef CULPRIT_API_GRAPHQL_DOCUMENT_H
#define CULPRIT_API_GRAPHQL_DOCUMENT_H

#include "api/graphql/error.h"

enum graphql_value_kind {
  VALUE_NULL,
  VALUE_INT,
  VALUE_FLOAT,
  VALUE_STRING,
  VALUE_BOOLEAN,
  VALUE_ENUM,
  VALUE_LIST,
  VALUE_OBJECT,
  VALUE_VARIABLE
};

/* A value; as an argument or a member of an object it has a name. */
struct graphql_value {
  enum graphql_value_kind kind;
  struct slice name;
  struct slice text; /* of numbers, strings, enum values; name of a variable */
  int64_t integer;   /* of VALUE_INT once it is coerced; 0 or 1 of VALUE_BOOLEAN */
  size_t offset;
  struct graphql_value *items; /* of lists and objects */
  struct graphql_value *next;
};

struct graphql_directive {
  struct slice name;
  size_t offset;
  struct graphql_value *arguments;
  struct graphql_directive *next;
};

struct graphql_field;
struct graphql_definition;

enum graphql_selection_kind { SELECTION_FIELD, SELECTION_SPREAD, SELECTION_INLINE };
struct graphql_selection {
  enum graphql_selection_kind kind;
  struct slice key;  /* of a field: its alias, or its name */
  struct slice name; /* of the field or the fragment; an inline fragment's type, or empty */
  size_t offset;
  struct graphql_value *arguments;
  struct graphql_directive *directives;
  struct graphql_selection *selections; /* null: none were written */
  struct graphql_selection *next;
  /* Set by validation. */
  const struct graphql_field *field;
  struct graphql_definition *fragment; /* of a spread */
};

struct graphql_variable {
  struct slice name, type;
  size_t offset;
  struct graphql_value *fallback; /* null: none */
  bool is_used;
  struct graphql_variable *next;
};

enum graphql_definition_kind {
  DEFINITION_QUERY,
  DEFINITION_MUTATION,
  DEFINITION_SUBSCRIPTION,
  DEFINITION_FRAGMENT
};
struct graphql_definition {
  enum graphql_definition_kind kind;
  struct slice name; /* may be empty for an operation */
  struct slice type; /* of a fragment: what it is on */
  size_t offset;
  struct graphql_variable *variables;
  struct graphql_directive *directives;
  struct graphql_selection *selections;
  struct graphql_definition *next;
  /* Marks of whoever walks through the document. */
  bool is_open, is_closed, is_used;
  size_t visit; /* the last of document.visits that came here */
};

struct graphql_document {
  struct graphql_definition *definitions;
  size_t visits;
};

/* Parses within the limits of limits.h. False when the text is not a document of operations and
 * fragments: then there is an error that says why. The source outlives the document. */
bool graphql_parse(struct arena *arena, struct slice source, struct graphql_document *document,
                   struct graphql_errors *errors);

/* One constant value, such as a default in a schema. The text has to be one. */
struct graphql_value graphql_parse_constant(struct arena *arena, struct slice text);

#endif
