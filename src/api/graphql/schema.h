/* schema.h - what can be asked for, as tables; execution and introspection are made of them.
 *
 *   static const struct graphql_field error_fields[] = {
 *       {.name = "title", .type = "String!", .member = offsetof(struct error, title)},
 *       {.name = "frequency", .type = "[Frequency!]!", .resolve = resolve_frequency},
 *       {0},
 *   };
 *
 * Types are written as in GraphQL. A field without `resolve` is a member of its object: Int is an
 * int64_t, Boolean a bool, everything else a struct slice, null when its pointer is. Schemas have
 * scalars, enums and objects; arguments are scalars and enums. That is all that is needed here.
 */
#ifndef CULPRIT_API_GRAPHQL_SCHEMA_H
#define CULPRIT_API_GRAPHQL_SCHEMA_H

#include "api/graphql/document.h"

/* --- tables; lists end with a null name ------------------------------------------------- */

struct graphql_argument {
  const char *name, *type;
  const char *fallback; /* GraphQL: "\"last_seen\""; null for none */
  const char *description;
};

struct graphql_call;
struct graphql_result;
/* Gives the value of a field. Another status than STATUS_OK becomes an error of the answer, and the
 * field null. */
typedef enum status graphql_resolver(const struct graphql_call *call, struct graphql_result *result,
                                     struct problem *problem);

struct graphql_field {
  const char *name, *type, *description;
  graphql_resolver *resolve;
  size_t member; /* offset of the value; the resolver's own where there is one */
  unsigned cost; /* of asking once: roughly a hundredth of a millisecond; 0 for what is at hand */
  const struct graphql_argument *arguments; /* null for none */
};

struct graphql_enum_value {
  const char *name, *description;
};

enum graphql_kind { KIND_SCALAR, KIND_OBJECT, KIND_ENUM };
struct graphql_type {
  enum graphql_kind kind;
  const char *name, *description;
  const struct graphql_field *fields;      /* of objects */
  const struct graphql_enum_value *values; /* of enums */
  bool is_id;                              /* a scalar that takes variables of type ID too */
};

struct graphql_schema {
  const struct graphql_type *types;
  const struct graphql_type *query; /* one of them */
};

/* --- resolving ----------------------------------------------------------------------------- */

struct graphql_call {
  struct arena *arena;
  void *context; /* of the request */
  const struct graphql_schema *schema;
  const struct graphql_field *field;
  const void *parent;              /* the object that has the field; null for the query itself */
  struct graphql_value *arguments; /* coerced; absent ones are not there */
};

enum graphql_result_kind {
  RESULT_NULL,
  RESULT_TEXT,
  RESULT_INTEGER,
  RESULT_BOOLEAN,
  RESULT_OBJECT,
  RESULT_LIST
};
struct graphql_result {
  enum graphql_result_kind kind; /* RESULT_NULL at first */
  struct slice text;             /* also of enums */
  int64_t integer;               /* 0 or 1 of RESULT_BOOLEAN */
  const void *object;
  struct graphql_result *items;
  size_t count;
};

/* Null when the argument is absent or null. */
const struct graphql_value *graphql_argument_of(const struct graphql_call *call, const char *name);

/* --- asking the tables ------------------------------------------------------------------------ */

/* The type of that name, those of GraphQL itself included; null when there is none. */
const struct graphql_type *graphql_type_find(const struct graphql_schema *schema,
                                             struct slice name);
/* __typename, and __schema and __type of the query, included. */
const struct graphql_field *graphql_field_find(const struct graphql_schema *schema,
                                               const struct graphql_type *type, struct slice name);
const struct graphql_argument *graphql_argument_find(const struct graphql_argument *arguments,
                                                     struct slice name);

/* "[Error!]!" is required; without that it is a list of "Error!", whose named type is "Error". */
bool graphql_is_required(struct slice type);
struct slice graphql_nullable(struct slice type);
bool graphql_is_list(struct slice type);
struct slice graphql_item_type(struct slice type);
const struct graphql_type *graphql_named_type(const struct graphql_schema *schema,
                                              struct slice type);

/* @include and @skip: "if: Boolean!". */
struct graphql_directive_type {
  const char *name, *description;
  const struct graphql_argument *arguments;
};
extern const struct graphql_directive_type graphql_directives[];
const struct graphql_directive_type *graphql_directive_find(struct slice name);

/* introspection.c: types and fields that every schema has. */
extern const struct graphql_type graphql_own_types[];
extern const struct graphql_field graphql_typename_field, graphql_root_fields[];

#endif
