/* value.c - see value.h.
 *
 * Source: GraphQL specification, "Input Coercion" of each type, "Coercing Variable Values",
 * "Coercing Field Arguments".
 */
#include "api/graphql/value.h"

#include "base/banned.h"

struct graphql_value *graphql_value_find(const struct graphql_value *values, struct slice name) {
  while (values && !slice_equal(values->name, name)) values = values->next;
  return (struct graphql_value *)values;
}

/* --- one value ------------------------------------------------------------------------------- */

/* An Int has 32 bits. */
static bool read_int(struct graphql_value *value) {
  struct slice digits = value->text;
  int64_t sign = 1, number;
  if (value->kind != VALUE_INT) return false;
  if (slice_starts_with(digits, SLICE("-"))) {
    sign = -1;
    digits = slice_from(digits, 1);
  }
  if (!slice_to_i64(digits, &number) || number > INT32_MAX) return false;
  value->integer = sign * number;
  return true;
}

/* A whole number is a Float and an ID too, and becomes one. */
static bool take_number(struct graphql_value *value, enum graphql_value_kind kind) {
  if (value->kind == VALUE_INT) value->kind = kind;
  return value->kind == kind;
}

static bool is_scalar(const struct graphql_type *type, struct graphql_value *value) {
  struct slice name = slice_of_string(type->name);
  if (slice_equal_string(name, "Int")) return read_int(value);
  if (slice_equal_string(name, "Boolean")) return value->kind == VALUE_BOOLEAN;
  if (slice_equal_string(name, "Float")) return take_number(value, VALUE_FLOAT);
  return type->is_id ? take_number(value, VALUE_STRING) : value->kind == VALUE_STRING;
}

static bool is_enum(const struct graphql_type *type, struct graphql_value *value, bool is_json) {
  if (value->kind != (is_json ? VALUE_STRING : VALUE_ENUM)) return false;
  for (const struct graphql_enum_value *one = type->values; one->name; one++)
    if (slice_equal_string(value->text, one->name)) return true;
  return false;
}

bool graphql_coerce(const struct graphql_schema *schema, struct slice type,
                    struct graphql_value *value, bool is_json) {
  if (value->kind == VALUE_NULL) return !graphql_is_required(type);
  const struct graphql_type *named = graphql_type_find(schema, graphql_nullable(type));
  if (!named || named->kind == KIND_OBJECT) return false;
  return named->kind == KIND_ENUM ? is_enum(named, value, is_json) : is_scalar(named, value);
}

/* --- variables ---------------------------------------------------------------------------------
 */

static bool is_float(struct slice number) {
  for (size_t i = 0; i < number.len; i++) {
    char c = number.ptr[i];
    if (c == '.' || c == 'e' || c == 'E') return true;
  }
  return false;
}

/* Lists and objects stay empty: nothing takes them. */
static struct graphql_value value_of_json(yyjson_val *json) {
  struct graphql_value value = {.kind = VALUE_NULL};
  if (json_is_number(json)) {
    json_scalar_text(json, &value.text);
    value.kind = is_float(value.text) ? VALUE_FLOAT : VALUE_INT;
  } else if (yyjson_is_str(json)) {
    value.kind = VALUE_STRING;
    value.text = json_text(json);
  } else if (yyjson_is_bool(json)) {
    value.kind = VALUE_BOOLEAN;
    value.integer = yyjson_is_true(json);
  } else if (yyjson_is_arr(json)) {
    value.kind = VALUE_LIST;
  } else if (yyjson_is_obj(json)) {
    value.kind = VALUE_OBJECT;
  }
  return value;
}

static yyjson_val *find_json(yyjson_val *object, struct slice name) {
  return yyjson_is_obj(object) ? yyjson_obj_getn(object, name.ptr, name.len) : NULL;
}

/* Where values of variables come from. */
struct variable_reader {
  const struct graphql_schema *schema;
  yyjson_val *json;
  struct graphql_errors *errors;
};

/* False when the variable has no value, which may be right, or there is an error. */
static bool read_variable(const struct variable_reader *reader,
                          const struct graphql_variable *variable, struct graphql_value *value) {
  yyjson_val *given = find_json(reader->json, variable->name);
  if (given) {
    *value = value_of_json(given);
    if (graphql_coerce(reader->schema, variable->type, value, true)) return true;
  } else if (variable->fallback) {
    *value = *variable->fallback;
    return true;
  } else if (!graphql_is_required(variable->type)) {
    return false;
  }
  graphql_error_at(reader->errors, variable->offset,
                   "Variable $%.*s of type %.*s was given %s value.", SLICE_ARGS(variable->name),
                   SLICE_ARGS(variable->type), given ? "an invalid" : "no");
  return false;
}

struct graphql_value *graphql_variable_values(const struct graphql_schema *schema,
                                              const struct graphql_definition *operation,
                                              yyjson_val *json, struct graphql_errors *errors) {
  const struct variable_reader reader = {schema, json, errors};
  struct graphql_value *first = NULL, **last = &first;
  for (const struct graphql_variable *variable = operation->variables; variable;
       variable = variable->next) {
    struct graphql_value *value = ARENA_NEW(errors->arena, struct graphql_value);
    if (!read_variable(&reader, variable, value)) continue;
    value->name = variable->name;
    value->next = NULL;
    *last = value;
    last = &value->next;
  }
  return first;
}

/* --- arguments -----------------------------------------------------------------------------------
 */

/* False when the argument has no value. */
static bool argument_value(struct arena *arena, const struct graphql_call_site *site,
                           const struct graphql_argument *wanted, struct graphql_value *value) {
  const struct graphql_value *given =
      graphql_value_find(site->given, slice_of_string(wanted->name));
  if (given && given->kind == VALUE_VARIABLE)
    given = graphql_value_find(site->variables, given->text);
  if (given)
    *value = *given;
  else if (wanted->fallback)
    *value = graphql_parse_constant(arena, slice_of_string(wanted->fallback));
  else
    return false;
  /* What is not valid was refused before, but for variables that are null. */
  return !given || given->kind != VALUE_NULL || !graphql_is_required(slice_of_string(wanted->type));
}

bool graphql_argument_values(struct arena *arena, const struct graphql_call_site *site,
                             struct graphql_value **values, const char **missing) {
  struct graphql_value **last = values;
  *values = NULL;
  for (const struct graphql_argument *wanted = site->arguments; wanted && wanted->name; wanted++) {
    struct graphql_value *value = ARENA_NEW(arena, struct graphql_value);
    if (argument_value(arena, site, wanted, value)) {
      value->name = slice_of_string(wanted->name);
      value->next = NULL;
      *last = value;
      last = &value->next;
    } else if (graphql_is_required(slice_of_string(wanted->type))) {
      *missing = wanted->name;
      return false;
    }
  }
  return true;
}
