/* measure.c - one operation with its fragments put in: do fields of one key mean the same, and is
 * it within the limits?
 *
 * Source: GraphQL specification, "Field Selection Merging". Without interfaces and unions all that
 * is selected in one object is of one type, so what stands under one key has to be one field with
 * the same arguments.
 */
#include "api/graphql/collect.h"
#include "api/graphql/limits.h"
#include "api/graphql/validate.h"
#include "api/graphql/value.h"

#include "base/banned.h"

struct measure {
  struct graphql_validator *validator;
  struct graphql_collector collector;
  size_t fields, aliases, cost;
};

/* Values of arguments are scalars and variables. */
static bool have_same_arguments(const struct graphql_selection *a,
                                const struct graphql_selection *b) {
  size_t balance = 0;
  for (const struct graphql_value *value = b->arguments; value; value = value->next) balance++;
  for (const struct graphql_value *value = a->arguments; value; value = value->next) {
    const struct graphql_value *other = graphql_value_find(b->arguments, value->name);
    if (!other || other->kind != value->kind || !slice_equal(other->text, value->text))
      return false;
    balance--;
  }
  return balance == 0;
}

static void check_uses(struct measure *measure, const struct graphql_use *uses) {
  const struct graphql_selection *first = uses->selection;
  for (const struct graphql_use *use = uses->next; use; use = use->next) {
    const struct graphql_selection *other = use->selection;
    if (first->field == other->field && have_same_arguments(first, other)) continue;
    graphql_error_at(measure->validator->errors, other->offset,
                     "'%.*s' stands for two different things; give one of them another alias.",
                     SLICE_ARGS(first->key));
  }
}

/* Whether it may go on. */
static bool is_within(struct measure *measure, size_t value, size_t limit, const char *what) {
  if (value <= limit) return true;
  if (!measure->validator->errors->count)
    graphql_error_at(measure->validator->errors, GRAPHQL_NOWHERE,
                     "The query asks for too much: more than %zu %s.", limit, what);
  return false;
}

static bool count_field(struct measure *measure, const struct graphql_selection *selection) {
  measure->cost += selection->field->cost;
  if (!slice_equal(selection->key, selection->name)) measure->aliases++;
  return is_within(measure, ++measure->fields, GRAPHQL_FIELD_LIMIT, "fields") &&
         is_within(measure, measure->aliases, GRAPHQL_ALIAS_LIMIT, "aliases") &&
         is_within(measure, measure->cost, GRAPHQL_COST_LIMIT, "in cost") &&
         is_within(measure, measure->collector.visited, GRAPHQL_VISIT_LIMIT, "selections");
}

static void measure_groups(struct measure *measure, struct graphql_group *groups, size_t depth) {
  if (groups && !is_within(measure, depth, GRAPHQL_DEPTH_LIMIT, "fields within each other")) return;
  for (struct graphql_group *group = groups; group; group = group->next) {
    if (!count_field(measure, group->uses->selection)) return;
    check_uses(measure, group->uses);
    if (measure->validator->errors->count) return;
    measure_groups(measure, graphql_collect_below(&measure->collector, group), depth + 1);
  }
}

void graphql_measure(struct graphql_validator *validator,
                     const struct graphql_definition *operation) {
  struct measure measure = {
      .validator = validator,
      .collector = {.arena = validator->arena,
                    .schema = validator->schema,
                    .document = validator->document,
                    .takes_all = true},
  };
  measure_groups(&measure, graphql_collect(&measure.collector, operation), 1);
  is_within(&measure, measure.collector.visited, GRAPHQL_VISIT_LIMIT, "selections");
}
