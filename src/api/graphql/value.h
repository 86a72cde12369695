/* value.h - values that documents and variables give, held against the types that are wanted. */
#ifndef CULPRIT_API_GRAPHQL_VALUE_H
#define CULPRIT_API_GRAPHQL_VALUE_H

#include "api/graphql/schema.h"

/* Whether a value, not a variable, is one of `type`: a scalar or enum, perhaps required. An Int
 * gets its `integer`. `is_json`: enums come as strings then. */
bool graphql_coerce(const struct graphql_schema *schema, struct slice type,
                    struct graphql_value *value, bool is_json);

/* The values of an operation's variables, by name: what `json` (an object, or null) gives them, or
 * their defaults; those with neither are left out. Not to be used when it adds an error. */
struct graphql_value *graphql_variable_values(const struct graphql_schema *schema,
                                              const struct graphql_definition *operation,
                                              yyjson_val *json, struct graphql_errors *errors);

/* What the arguments of a field or directive come to: variables put in, defaults added. */
struct graphql_call_site {
  const struct graphql_schema *schema;
  const struct graphql_argument *arguments; /* wanted */
  struct graphql_value *given;
  const struct graphql_value *variables;
};
/* False, with `missing` set, when a variable has no value for an argument that needs one. */
bool graphql_argument_values(struct arena *arena, const struct graphql_call_site *site,
                             struct graphql_value **values, const char **missing);

/* The one of that name, or null. */
struct graphql_value *graphql_value_find(const struct graphql_value *values, struct slice name);

#endif
