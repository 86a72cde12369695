/* introspection.c - the schema as an answer: the types that every schema has, and how their fields
 * are read off the tables.
 *
 * Source: GraphQL specification, "Introspection".
 */
#include "api/graphql/schema.h"

#include "base/banned.h"

/* A type as it is referred to: "[Error!]!" with the lists and ! around it. */
struct type_view {
  struct slice reference;
  const struct graphql_type *named; /* null: a list, or required */
};

/* --- results -----------------------------------------------------------------------------------
 */

/* Null for a null pointer. */
static void set_string(struct graphql_result *result, const char *string) {
  if (!string) return;
  result->kind = RESULT_TEXT;
  result->text = slice_of_string(string);
}

static void set_bool(struct graphql_result *result, bool value) {
  result->kind = RESULT_BOOLEAN;
  result->integer = value;
}

static void set_object(struct graphql_result *result, const void *object) {
  result->kind = RESULT_OBJECT;
  result->object = object;
}

static void set_list(struct arena *arena, struct graphql_result *result, size_t count) {
  result->kind = RESULT_LIST;
  result->count = count;
  result->items = ARENA_ARRAY(arena, count, struct graphql_result);
}

static void set_type(const struct graphql_call *call, struct graphql_result *result,
                     struct slice reference) {
  struct type_view *view = ARENA_NEW(call->arena, struct type_view);
  view->reference = reference;
  if (!graphql_is_required(reference) && !graphql_is_list(reference))
    view->named = graphql_type_find(call->schema, reference);
  set_object(result, view);
}

/* Rows of a table that ends with a null name, which is its first member. */
static void set_table(const struct graphql_call *call, struct graphql_result *result,
                      const void *table, size_t row_size) {
  const char *rows = table;
  size_t count = 0;
  while (rows && *(const char *const *)(const void *)(rows + count * row_size)) count++;
  set_list(call->arena, result, count);
  for (size_t i = 0; i < count; i++) set_object(&result->items[i], rows + i * row_size);
}

/* --- the schema ----------------------------------------------------------------------------------
 */

enum { SCHEMA_TYPES, SCHEMA_QUERY, SCHEMA_DIRECTIVES };

static void set_types(const struct graphql_call *call, struct graphql_result *result) {
  const struct graphql_type *const tables[] = {call->schema->types, graphql_own_types};
  size_t count = 0, at = 0;
  for (size_t i = 0; i < 2; i++)
    for (const struct graphql_type *type = tables[i]; type->name; type++) count++;
  set_list(call->arena, result, count);
  for (size_t i = 0; i < 2; i++)
    for (const struct graphql_type *type = tables[i]; type->name; type++)
      set_type(call, &result->items[at++], slice_of_string(type->name));
}

static enum status resolve_schema(const struct graphql_call *call, struct graphql_result *result,
                                  struct problem *problem) {
  (void)problem;
  switch (call->field->member) {
    case SCHEMA_TYPES: set_types(call, result); break;
    case SCHEMA_QUERY: set_type(call, result, slice_of_string(call->schema->query->name)); break;
    default: set_table(call, result, graphql_directives, sizeof *graphql_directives);
  }
  return STATUS_OK;
}

static enum status resolve_nothing(const struct graphql_call *call, struct graphql_result *result,
                                   struct problem *problem) {
  (void)call;
  (void)problem;
  result->kind = RESULT_NULL;
  return STATUS_OK;
}

/* Nothing here is deprecated, repeatable or "one of". */
static enum status resolve_no(const struct graphql_call *call, struct graphql_result *result,
                              struct problem *problem) {
  (void)call;
  (void)problem;
  set_bool(result, false);
  return STATUS_OK;
}

static const struct graphql_field schema_fields[] = {
    {.name = "description", .type = "String", .resolve = resolve_nothing},
    {.name = "types", .type = "[__Type!]!", .resolve = resolve_schema, .member = SCHEMA_TYPES},
    {.name = "queryType", .type = "__Type!", .resolve = resolve_schema, .member = SCHEMA_QUERY},
    {.name = "mutationType", .type = "__Type", .resolve = resolve_nothing},
    {.name = "subscriptionType", .type = "__Type", .resolve = resolve_nothing},
    {.name = "directives",
     .type = "[__Directive!]!",
     .resolve = resolve_schema,
     .member = SCHEMA_DIRECTIVES},
    {0},
};

/* --- types
 * ------------------------------------------------------------------------------------------ */

enum {
  TYPE_KIND,
  TYPE_NAME,
  TYPE_DESCRIPTION,
  TYPE_FIELDS,
  TYPE_INTERFACES,
  TYPE_ENUM_VALUES,
  TYPE_OF_TYPE,
  TYPE_IS_ONE_OF
};

static const char *kind_name(const struct type_view *view) {
  static const char *const names[] = {
      [KIND_SCALAR] = "SCALAR", [KIND_OBJECT] = "OBJECT", [KIND_ENUM] = "ENUM"};
  if (view->named) return names[view->named->kind];
  return graphql_is_required(view->reference) ? "NON_NULL" : "LIST";
}

static void resolve_wrapper(const struct graphql_call *call, const struct type_view *view,
                            struct graphql_result *result) {
  struct slice inner = graphql_is_required(view->reference) ? graphql_nullable(view->reference)
                                                            : graphql_item_type(view->reference);
  if (call->field->member == TYPE_OF_TYPE) set_type(call, result, inner);
}

static enum status resolve_type(const struct graphql_call *call, struct graphql_result *result,
                                struct problem *problem) {
  const struct type_view *view = call->parent;
  const struct graphql_type *named = view->named;
  (void)problem;
  if (call->field->member == TYPE_KIND) {
    set_string(result, kind_name(view));
    return STATUS_OK;
  }
  if (!named) {
    resolve_wrapper(call, view, result);
    return STATUS_OK;
  }
  switch (call->field->member) {
    case TYPE_NAME: set_string(result, named->name); break;
    case TYPE_DESCRIPTION: set_string(result, named->description); break;
    case TYPE_FIELDS:
      if (named->fields) set_table(call, result, named->fields, sizeof *named->fields);
      break;
    case TYPE_INTERFACES:
      if (named->kind == KIND_OBJECT) set_list(call->arena, result, 0);
      break;
    case TYPE_ENUM_VALUES:
      if (named->values) set_table(call, result, named->values, sizeof *named->values);
      break;
    default: break;
  }
  return STATUS_OK;
}

static const struct graphql_argument deprecated_too[] = {
    {"includeDeprecated", "Boolean", "false", "Whether deprecated ones are listed too."},
    {0},
};

#define OF_TYPE(field_name, field_type, what) \
  { .name = field_name, .type = field_type, .resolve = resolve_type, .member = what }
static const struct graphql_field type_fields[] = {
    OF_TYPE("kind", "__TypeKind!", TYPE_KIND),
    OF_TYPE("name", "String", TYPE_NAME),
    OF_TYPE("description", "String", TYPE_DESCRIPTION),
    {.name = "specifiedByURL", .type = "String", .resolve = resolve_nothing},
    {.name = "fields",
     .type = "[__Field!]",
     .resolve = resolve_type,
     .member = TYPE_FIELDS,
     .arguments = deprecated_too},
    OF_TYPE("interfaces", "[__Type!]", TYPE_INTERFACES),
    {.name = "possibleTypes", .type = "[__Type!]", .resolve = resolve_nothing},
    {.name = "enumValues",
     .type = "[__EnumValue!]",
     .resolve = resolve_type,
     .member = TYPE_ENUM_VALUES,
     .arguments = deprecated_too},
    {.name = "inputFields",
     .type = "[__InputValue!]",
     .resolve = resolve_nothing,
     .arguments = deprecated_too},
    OF_TYPE("ofType", "__Type", TYPE_OF_TYPE),
    {.name = "isOneOf", .type = "Boolean", .resolve = resolve_nothing},
    {0},
};

/* --- fields, arguments, values, directives ------------------------------------------------------
 */

enum { ROW_NAME, ROW_DESCRIPTION, ROW_TYPE, ROW_ARGUMENTS, ROW_FALLBACK };

static enum status resolve_field(const struct graphql_call *call, struct graphql_result *result,
                                 struct problem *problem) {
  const struct graphql_field *field = call->parent;
  (void)problem;
  switch (call->field->member) {
    case ROW_NAME: set_string(result, field->name); break;
    case ROW_DESCRIPTION: set_string(result, field->description); break;
    case ROW_TYPE: set_type(call, result, slice_of_string(field->type)); break;
    default: set_table(call, result, field->arguments, sizeof *field->arguments);
  }
  return STATUS_OK;
}

static enum status resolve_argument(const struct graphql_call *call, struct graphql_result *result,
                                    struct problem *problem) {
  const struct graphql_argument *argument = call->parent;
  (void)problem;
  switch (call->field->member) {
    case ROW_NAME: set_string(result, argument->name); break;
    case ROW_DESCRIPTION: set_string(result, argument->description); break;
    case ROW_TYPE: set_type(call, result, slice_of_string(argument->type)); break;
    default: set_string(result, argument->fallback);
  }
  return STATUS_OK;
}

static enum status resolve_enum_value(const struct graphql_call *call,
                                      struct graphql_result *result, struct problem *problem) {
  const struct graphql_enum_value *value = call->parent;
  (void)problem;
  set_string(result, call->field->member == ROW_NAME ? value->name : value->description);
  return STATUS_OK;
}

static enum status resolve_directive(const struct graphql_call *call, struct graphql_result *result,
                                     struct problem *problem) {
  const struct graphql_directive_type *directive = call->parent;
  (void)problem;
  switch (call->field->member) {
    case ROW_NAME: set_string(result, directive->name); break;
    case ROW_DESCRIPTION: set_string(result, directive->description); break;
    default: set_table(call, result, directive->arguments, sizeof *directive->arguments);
  }
  return STATUS_OK;
}

static enum status resolve_locations(const struct graphql_call *call, struct graphql_result *result,
                                     struct problem *problem) {
  static const char *const locations[] = {"FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"};
  enum { COUNT = sizeof locations / sizeof locations[0] };
  (void)problem;
  set_list(call->arena, result, COUNT);
  for (size_t i = 0; i < COUNT; i++) set_string(&result->items[i], locations[i]);
  return STATUS_OK;
}

#define ROW(resolver, field_name, field_type, what) \
  { .name = field_name, .type = field_type, .resolve = resolver, .member = what }
#define NOT_DEPRECATED                                                        \
  {.name = "isDeprecated", .type = "Boolean!", .resolve = resolve_no}, {      \
    .name = "deprecationReason", .type = "String", .resolve = resolve_nothing \
  }

static const struct graphql_field field_fields[] = {
    ROW(resolve_field, "name", "String!", ROW_NAME),
    ROW(resolve_field, "description", "String", ROW_DESCRIPTION),
    {.name = "args",
     .type = "[__InputValue!]!",
     .resolve = resolve_field,
     .member = ROW_ARGUMENTS,
     .arguments = deprecated_too},
    ROW(resolve_field, "type", "__Type!", ROW_TYPE),
    NOT_DEPRECATED,
    {0},
};

static const struct graphql_field argument_fields[] = {
    ROW(resolve_argument, "name", "String!", ROW_NAME),
    ROW(resolve_argument, "description", "String", ROW_DESCRIPTION),
    ROW(resolve_argument, "type", "__Type!", ROW_TYPE),
    ROW(resolve_argument, "defaultValue", "String", ROW_FALLBACK),
    NOT_DEPRECATED,
    {0},
};

static const struct graphql_field enum_value_fields[] = {
    ROW(resolve_enum_value, "name", "String!", ROW_NAME),
    ROW(resolve_enum_value, "description", "String", ROW_DESCRIPTION),
    NOT_DEPRECATED,
    {0},
};

static const struct graphql_field directive_fields[] = {
    ROW(resolve_directive, "name", "String!", ROW_NAME),
    ROW(resolve_directive, "description", "String", ROW_DESCRIPTION),
    {.name = "isRepeatable", .type = "Boolean!", .resolve = resolve_no},
    {.name = "locations", .type = "[__DirectiveLocation!]!", .resolve = resolve_locations},
    {.name = "args",
     .type = "[__InputValue!]!",
     .resolve = resolve_directive,
     .member = ROW_ARGUMENTS,
     .arguments = deprecated_too},
    {0},
};

/* --- what every schema has
 * ------------------------------------------------------------------------ */

static const struct graphql_enum_value kind_values[] = {
    {"SCALAR", NULL}, {"OBJECT", NULL},   {"INTERFACE", NULL},
    {"UNION", NULL},  {"ENUM", NULL},     {"INPUT_OBJECT", NULL},
    {"LIST", NULL},   {"NON_NULL", NULL}, {0},
};
static const struct graphql_enum_value location_values[] = {
    {"QUERY", NULL},
    {"MUTATION", NULL},
    {"SUBSCRIPTION", NULL},
    {"FIELD", NULL},
    {"FRAGMENT_DEFINITION", NULL},
    {"FRAGMENT_SPREAD", NULL},
    {"INLINE_FRAGMENT", NULL},
    {"VARIABLE_DEFINITION", NULL},
    {"SCHEMA", NULL},
    {"SCALAR", NULL},
    {"OBJECT", NULL},
    {"FIELD_DEFINITION", NULL},
    {"ARGUMENT_DEFINITION", NULL},
    {"INTERFACE", NULL},
    {"UNION", NULL},
    {"ENUM", NULL},
    {"ENUM_VALUE", NULL},
    {"INPUT_OBJECT", NULL},
    {"INPUT_FIELD_DEFINITION", NULL},
    {0},
};

const struct graphql_type graphql_own_types[] = {
    {KIND_SCALAR, "String", "Text.", NULL, NULL, false},
    {KIND_SCALAR, "Int", "A whole number of 32 bits.", NULL, NULL, false},
    {KIND_SCALAR, "Float", "A number.", NULL, NULL, false},
    {KIND_SCALAR, "Boolean", "True or false.", NULL, NULL, false},
    {KIND_SCALAR, "ID", "A name that nothing else has.", NULL, NULL, true},
    {KIND_OBJECT, "__Schema", "All that can be asked for.", schema_fields, NULL, false},
    {KIND_OBJECT, "__Type", "A type.", type_fields, NULL, false},
    {KIND_ENUM, "__TypeKind", "What sort of type it is.", NULL, kind_values, false},
    {KIND_OBJECT, "__Field", "A field of an object.", field_fields, NULL, false},
    {KIND_OBJECT, "__InputValue", "An argument.", argument_fields, NULL, false},
    {KIND_OBJECT, "__EnumValue", "A value of an enum.", enum_value_fields, NULL, false},
    {KIND_OBJECT, "__Directive", "What stands behind @.", directive_fields, NULL, false},
    {KIND_ENUM, "__DirectiveLocation", "Where a directive may stand.", NULL, location_values,
     false},
    {0},
};

static enum status resolve_root_schema(const struct graphql_call *call,
                                       struct graphql_result *result, struct problem *problem) {
  (void)problem;
  set_object(result, call->schema);
  return STATUS_OK;
}

static enum status resolve_root_type(const struct graphql_call *call, struct graphql_result *result,
                                     struct problem *problem) {
  struct slice name = graphql_argument_of(call, "name")->text;
  (void)problem;
  if (graphql_type_find(call->schema, name)) set_type(call, result, name);
  return STATUS_OK;
}

static const struct graphql_argument type_arguments[] = {
    {"name", "String!", NULL, NULL},
    {0},
};

/* The executor writes it: the name of the type that has the field. */
const struct graphql_field graphql_typename_field = {.name = "__typename", .type = "String!"};

const struct graphql_field graphql_root_fields[] = {
    {.name = "__schema", .type = "__Schema!", .resolve = resolve_root_schema},
    {.name = "__type", .type = "__Type", .resolve = resolve_root_type, .arguments = type_arguments},
    {0},
};
