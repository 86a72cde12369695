/* variables.c - an operation's variables: defined, used, and fit for where they are used.
 *
 * A fragment is looked at once for each operation that spreads it.
 *
 * Source: GraphQL specification, "Validation", "Variables".
 */
#include "api/graphql/validate.h"
#include "api/graphql/value.h"

#include "base/banned.h"

struct walk {
  struct graphql_validator *validator;
  struct graphql_definition *operation;
};

static struct graphql_variable *find_variable(struct graphql_variable *variables,
                                              struct slice name) {
  while (variables && !slice_equal(variables->name, name)) variables = variables->next;
  return variables;
}

/* A variable that may be null fits where something is required when a default stands in for it. */
static bool fits(const struct walk *walk, const struct graphql_variable *variable,
                 const struct graphql_argument *argument) {
  struct slice wanted = slice_of_string(argument->type), given = variable->type;
  bool has_default =
      argument->fallback || (variable->fallback && variable->fallback->kind != VALUE_NULL);
  if (graphql_is_required(wanted) && !graphql_is_required(given) && !has_default) return false;
  wanted = graphql_nullable(wanted);
  given = graphql_nullable(given);
  if (slice_equal(wanted, given)) return true;
  /* GitLab took ID where it now has types for the ids of each thing, and so do its old clients. */
  const struct graphql_type *type = graphql_type_find(walk->validator->schema, wanted);
  return type->is_id && slice_equal_string(given, "ID");
}

static void check_use(const struct walk *walk, const struct graphql_argument *arguments,
                      const struct graphql_value *value) {
  struct graphql_errors *errors = walk->validator->errors;
  if (value->kind != VALUE_VARIABLE) return;
  struct graphql_variable *variable = find_variable(walk->operation->variables, value->text);
  const struct graphql_argument *argument = graphql_argument_find(arguments, value->name);
  if (!variable) {
    graphql_error_at(errors, value->offset, "Variable $%.*s is used but not declared.",
                     SLICE_ARGS(value->text));
    return;
  }
  variable->is_used = true;
  if (!fits(walk, variable, argument))
    graphql_error_at(errors, value->offset,
                     "Variable $%.*s of type '%.*s' does not fit the argument '%s' of type '%s'.",
                     SLICE_ARGS(variable->name), SLICE_ARGS(variable->type), argument->name,
                     argument->type);
}

static void check_uses(const struct walk *walk, const struct graphql_argument *arguments,
                       const struct graphql_value *values) {
  for (; values; values = values->next) check_use(walk, arguments, values);
}

static void check_selections(const struct walk *walk, struct graphql_selection *selection) {
  for (; selection; selection = selection->next) {
    for (struct graphql_directive *one = selection->directives; one; one = one->next)
      check_uses(walk, graphql_directive_find(one->name)->arguments, one->arguments);
    if (selection->kind == SELECTION_FIELD)
      check_uses(walk, selection->field->arguments, selection->arguments);
    if (selection->kind != SELECTION_SPREAD) {
      check_selections(walk, selection->selections);
    } else if (selection->fragment->visit != walk->validator->document->visits) {
      selection->fragment->visit = walk->validator->document->visits;
      check_selections(walk, selection->fragment->selections);
    }
  }
}

static void check_definition(struct graphql_validator *validator,
                             struct graphql_variable *variable) {
  const struct graphql_type *type = graphql_named_type(validator->schema, variable->type);
  if (!type || type->kind == KIND_OBJECT)
    graphql_error_at(validator->errors, variable->offset,
                     "Variable $%.*s has the type '%.*s', which is none of values.",
                     SLICE_ARGS(variable->name), SLICE_ARGS(variable->type));
  else if (variable->fallback &&
           !graphql_coerce(validator->schema, variable->type, variable->fallback, false))
    graphql_error_at(validator->errors, variable->offset,
                     "Variable $%.*s has a default that is not of the type '%.*s'.",
                     SLICE_ARGS(variable->name), SLICE_ARGS(variable->type));
}

void graphql_check_variables(struct graphql_validator *validator,
                             struct graphql_definition *operation) {
  const struct walk walk = {validator, operation};
  struct graphql_variable *one;
  for (one = operation->variables; one; one = one->next) {
    check_definition(validator, one);
    if (find_variable(operation->variables, one->name) != one)
      graphql_error_at(validator->errors, one->offset, "There are two variables $%.*s.",
                       SLICE_ARGS(one->name));
  }
  validator->document->visits++;
  check_selections(&walk, operation->selections);
  for (one = operation->variables; one; one = one->next) {
    if (!one->is_used)
      graphql_error_at(validator->errors, one->offset, "Variable $%.*s is declared but not used.",
                       SLICE_ARGS(one->name));
  }
}
