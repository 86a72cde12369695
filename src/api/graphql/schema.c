/* schema.c - see schema.h. Tables are short and walked. */
#include "api/graphql/schema.h"

#include "base/banned.h"

/* --- types as text -------------------------------------------------------------------------- */

bool graphql_is_required(struct slice type) { return slice_ends_with(type, SLICE("!")); }

struct slice graphql_nullable(struct slice type) {
  return graphql_is_required(type) ? slice_upto(type, type.len - 1) : type;
}

bool graphql_is_list(struct slice type) { return slice_starts_with(type, SLICE("[")); }

struct slice graphql_item_type(struct slice type) {
  return slice_from(slice_upto(type, slice_find_last_byte(type, ']')), 1);
}

const struct graphql_type *graphql_named_type(const struct graphql_schema *schema,
                                              struct slice type) {
  for (;;) {
    if (graphql_is_required(type))
      type = graphql_nullable(type);
    else if (graphql_is_list(type))
      type = graphql_item_type(type);
    else
      return graphql_type_find(schema, type);
  }
}

/* --- finding ---------------------------------------------------------------------------------- */

static const struct graphql_type *find_type(const struct graphql_type *types, struct slice name) {
  for (; types->name; types++)
    if (slice_equal_string(name, types->name)) return types;
  return NULL;
}

const struct graphql_type *graphql_type_find(const struct graphql_schema *schema,
                                             struct slice name) {
  const struct graphql_type *type = find_type(schema->types, name);
  return type ? type : find_type(graphql_own_types, name);
}

static const struct graphql_field *find_field(const struct graphql_field *fields,
                                              struct slice name) {
  for (; fields->name; fields++)
    if (slice_equal_string(name, fields->name)) return fields;
  return NULL;
}

const struct graphql_field *graphql_field_find(const struct graphql_schema *schema,
                                               const struct graphql_type *type, struct slice name) {
  if (slice_equal_string(name, graphql_typename_field.name)) return &graphql_typename_field;
  const struct graphql_field *field = NULL;
  if (type == schema->query) field = find_field(graphql_root_fields, name);
  return field ? field : find_field(type->fields, name);
}

const struct graphql_argument *graphql_argument_find(const struct graphql_argument *arguments,
                                                     struct slice name) {
  for (; arguments && arguments->name; arguments++)
    if (slice_equal_string(name, arguments->name)) return arguments;
  return NULL;
}

const struct graphql_value *graphql_argument_of(const struct graphql_call *call, const char *name) {
  const struct graphql_value *value = call->arguments;
  while (value && !slice_equal_string(value->name, name)) value = value->next;
  return value && value->kind != VALUE_NULL ? value : NULL;
}

/* --- directives ---------------------------------------------------------------------------------
 */

static const struct graphql_argument condition[] = {
    {"if", "Boolean!", NULL, "The condition."},
    {0},
};

const struct graphql_directive_type graphql_directives[] = {
    {"include", "Leaves a field or fragment out unless the condition is true.", condition},
    {"skip", "Leaves a field or fragment out when the condition is true.", condition},
    {0},
};

const struct graphql_directive_type *graphql_directive_find(struct slice name) {
  for (const struct graphql_directive_type *type = graphql_directives; type->name; type++)
    if (slice_equal_string(name, type->name)) return type;
  return NULL;
}
