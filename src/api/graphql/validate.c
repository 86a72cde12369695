/* validate.c - see validate.h: definitions, fields, arguments, directives and fragments.
 *
 *   names are unique ─► every selection set, with its type ─► fragments: no cycles, all used
 *     ─► each operation: variables.c, measure.c
 *
 * A fragment is looked at once, with the type that it is on; there are no interfaces or unions, so
 * it fits where exactly that type is wanted.
 *
 * Source: GraphQL specification, "Validation".
 */
#include "api/graphql/validate.h"

#include "api/graphql/value.h"

#include "base/banned.h"

/* --- arguments and directives --------------------------------------------------------------- */

/* Whose arguments they are, for messages: "Field 'errors'". */
struct owner {
  const char *kind;
  struct slice name;
  size_t offset;
  const struct graphql_argument *arguments;
};

static void check_argument(struct graphql_validator *validator, const struct owner *owner,
                           struct graphql_value *given) {
  const struct graphql_argument *wanted = graphql_argument_find(owner->arguments, given->name);
  if (!wanted) {
    graphql_error_at(validator->errors, given->offset, "%s '%.*s' doesn't accept argument '%.*s'.",
                     owner->kind, SLICE_ARGS(owner->name), SLICE_ARGS(given->name));
    return;
  }
  if (given->kind == VALUE_VARIABLE) return;
  if (graphql_coerce(validator->schema, slice_of_string(wanted->type), given, false)) return;
  graphql_error_at(validator->errors, given->offset,
                   "Argument '%s' on %s '%.*s' has an invalid value. Expected type '%s'.",
                   wanted->name, owner->kind, SLICE_ARGS(owner->name), wanted->type);
}

static void check_arguments(struct graphql_validator *validator, const struct owner *owner,
                            struct graphql_value *given) {
  for (struct graphql_value *one = given; one; one = one->next) {
    check_argument(validator, owner, one);
    if (graphql_value_find(given, one->name) != one)
      graphql_error_at(validator->errors, one->offset, "There are two arguments '%.*s'.",
                       SLICE_ARGS(one->name));
  }
  for (const struct graphql_argument *wanted = owner->arguments; wanted && wanted->name; wanted++) {
    struct slice name = slice_of_string(wanted->name);
    bool is_required = graphql_is_required(slice_of_string(wanted->type)) && !wanted->fallback;
    if (is_required && !graphql_value_find(given, name))
      graphql_error_at(validator->errors, owner->offset, "%s '%.*s' is missing the argument '%s'.",
                       owner->kind, SLICE_ARGS(owner->name), wanted->name);
  }
}

/* Ours stand on fields and fragments, not on definitions. */
static void check_directives(struct graphql_validator *validator,
                             struct graphql_directive *directives, bool is_definition) {
  for (struct graphql_directive *one = directives; one; one = one->next) {
    const struct graphql_directive_type *type = graphql_directive_find(one->name);
    const struct graphql_directive *before = directives;
    while (before != one && !slice_equal(before->name, one->name)) before = before->next;
    if (!type)
      graphql_error_at(validator->errors, one->offset, "There is no directive @%.*s.",
                       SLICE_ARGS(one->name));
    else if (is_definition)
      graphql_error_at(validator->errors, one->offset, "@%s cannot stand here.", type->name);
    else if (before != one)
      graphql_error_at(validator->errors, one->offset, "@%s stands here twice.", type->name);
    else
      check_arguments(validator,
                      &(struct owner){"Directive", one->name, one->offset, type->arguments},
                      one->arguments);
  }
}

/* --- selections ---------------------------------------------------------------------------------
 */

static void check_selections(struct graphql_validator *validator,
                             struct graphql_selection *selections, const struct graphql_type *type);

static void check_field(struct graphql_validator *validator, struct graphql_selection *selection,
                        const struct graphql_type *type) {
  const struct graphql_field *field = graphql_field_find(validator->schema, type, selection->name);
  selection->field = field;
  if (!field) {
    graphql_error_at(validator->errors, selection->offset,
                     "Field '%.*s' doesn't exist on type '%s'.", SLICE_ARGS(selection->name),
                     type->name);
    return;
  }
  const struct owner owner = {"Field", selection->name, selection->offset, field->arguments};
  check_arguments(validator, &owner, selection->arguments);
  const struct graphql_type *named =
      graphql_named_type(validator->schema, slice_of_string(field->type));
  bool is_object = named->kind == KIND_OBJECT;
  if (is_object && selection->selections)
    check_selections(validator, selection->selections, named);
  else if (is_object)
    graphql_error_at(validator->errors, selection->offset,
                     "Field '%s' of type '%s' must have a selection of fields.", field->name,
                     field->type);
  else if (selection->selections)
    graphql_error_at(validator->errors, selection->offset,
                     "Field '%s' of type '%s' has no fields to select.", field->name, field->type);
}

static struct graphql_definition *find_fragment(const struct graphql_document *document,
                                                struct slice name) {
  struct graphql_definition *definition = document->definitions;
  while (definition &&
         (definition->kind != DEFINITION_FRAGMENT || !slice_equal(definition->name, name)))
    definition = definition->next;
  return definition;
}

static void check_spread(struct graphql_validator *validator, struct graphql_selection *selection,
                         const struct graphql_type *type) {
  selection->fragment = find_fragment(validator->document, selection->name);
  if (!selection->fragment)
    graphql_error_at(validator->errors, selection->offset, "There is no fragment '%.*s'.",
                     SLICE_ARGS(selection->name));
  else if (!slice_equal_string(selection->fragment->type, type->name))
    graphql_error_at(validator->errors, selection->offset,
                     "Fragment '%.*s' is on '%.*s' and cannot be spread in '%s'.",
                     SLICE_ARGS(selection->name), SLICE_ARGS(selection->fragment->type),
                     type->name);
}

static void check_inline(struct graphql_validator *validator, struct graphql_selection *selection,
                         const struct graphql_type *type) {
  if (selection->name.len && !slice_equal_string(selection->name, type->name))
    graphql_error_at(validator->errors, selection->offset,
                     "A fragment on '%.*s' cannot stand in '%s'.", SLICE_ARGS(selection->name),
                     type->name);
  else
    check_selections(validator, selection->selections, type);
}

static void check_selections(struct graphql_validator *validator,
                             struct graphql_selection *selections,
                             const struct graphql_type *type) {
  for (struct graphql_selection *selection = selections; selection; selection = selection->next) {
    check_directives(validator, selection->directives, false);
    switch (selection->kind) {
      case SELECTION_FIELD: check_field(validator, selection, type); break;
      case SELECTION_SPREAD: check_spread(validator, selection, type); break;
      case SELECTION_INLINE: check_inline(validator, selection, type); break;
    }
  }
}

/* --- fragments
 * ------------------------------------------------------------------------------------- */

static void visit_fragment(struct graphql_validator *validator, struct graphql_selection *spread);

static void visit_spreads(struct graphql_validator *validator,
                          struct graphql_selection *selections) {
  for (struct graphql_selection *selection = selections; selection; selection = selection->next) {
    if (selection->kind == SELECTION_SPREAD)
      visit_fragment(validator, selection);
    else
      visit_spreads(validator, selection->selections);
  }
}

static void visit_fragment(struct graphql_validator *validator, struct graphql_selection *spread) {
  struct graphql_definition *fragment = spread->fragment;
  if (!fragment) return;
  fragment->is_used = true;
  if (fragment->is_closed) return;
  if (fragment->is_open) {
    graphql_error_at(validator->errors, spread->offset, "Fragment '%.*s' contains itself.",
                     SLICE_ARGS(fragment->name));
    return;
  }
  fragment->is_open = true;
  visit_spreads(validator, fragment->selections);
  fragment->is_open = false;
  fragment->is_closed = true;
}

/* From the operations first: what they do not reach is not used. */
static void check_fragments(struct graphql_validator *validator) {
  struct graphql_definition *all = validator->document->definitions, *one;
  for (one = all; one; one = one->next)
    if (one->kind != DEFINITION_FRAGMENT) visit_spreads(validator, one->selections);
  for (one = all; one; one = one->next) {
    if (one->kind != DEFINITION_FRAGMENT || one->is_used) continue;
    graphql_error_at(validator->errors, one->offset, "Fragment '%.*s' is not used.",
                     SLICE_ARGS(one->name));
  }
}

/* --- definitions
 * ------------------------------------------------------------------------------------ */

static void check_fragment(struct graphql_validator *validator, struct graphql_definition *one) {
  const struct graphql_type *type = graphql_type_find(validator->schema, one->type);
  if (find_fragment(validator->document, one->name) != one)
    graphql_error_at(validator->errors, one->offset, "There are two fragments '%.*s'.",
                     SLICE_ARGS(one->name));
  if (!type || type->kind != KIND_OBJECT)
    graphql_error_at(validator->errors, one->offset,
                     "Fragment '%.*s' is on '%.*s', which is no object.", SLICE_ARGS(one->name),
                     SLICE_ARGS(one->type));
  else
    check_selections(validator, one->selections, type);
}

static void check_operation(struct graphql_validator *validator, struct graphql_definition *one) {
  size_t operations = 0;
  const struct graphql_definition *namesake = NULL;
  for (const struct graphql_definition *other = validator->document->definitions; other;
       other = other->next) {
    if (other->kind == DEFINITION_FRAGMENT) continue;
    operations++;
    if (!namesake && slice_equal(other->name, one->name)) namesake = other;
  }
  if (!one->name.len && operations > 1)
    graphql_error_at(validator->errors, one->offset,
                     "An operation without a name has to be the only one.");
  else if (namesake != one)
    graphql_error_at(validator->errors, one->offset, "There are two operations '%.*s'.",
                     SLICE_ARGS(one->name));
  if (one->kind != DEFINITION_QUERY)
    graphql_error_at(validator->errors, one->offset,
                     "There are no mutations and subscriptions here, only queries.");
  else
    check_selections(validator, one->selections, validator->schema->query);
}

bool graphql_validate(struct graphql_validator *validator) {
  struct graphql_definition *all = validator->document->definitions, *one;
  for (one = all; one; one = one->next) {
    check_directives(validator, one->directives, true);
    if (one->kind == DEFINITION_FRAGMENT)
      check_fragment(validator, one);
    else
      check_operation(validator, one);
  }
  check_fragments(validator);
  for (one = all; one && !validator->errors->count; one = one->next) {
    if (one->kind == DEFINITION_FRAGMENT) continue;
    graphql_check_variables(validator, one);
    if (!validator->errors->count) graphql_measure(validator, one);
  }
  return !validator->errors->count;
}
