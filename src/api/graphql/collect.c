/* collect.c - see collect.h.
 *
 * A fragment is put in once in each object, so that those that spread each other often cost no more
 * than the fields they come to. Cycles were refused before.
 *
 * Source: GraphQL specification, "Field Collection".
 */
#include "api/graphql/collect.h"

#include "api/graphql/limits.h"
#include "api/graphql/value.h"

#include "base/banned.h"

struct groups {
  struct graphql_collector *collector;
  struct graphql_group *first, **last;
};

static bool condition_of(const struct graphql_collector *collector,
                         const struct graphql_directive *directive) {
  const struct graphql_directive_type *type = graphql_directive_find(directive->name);
  const struct graphql_call_site site = {collector->schema, type->arguments, directive->arguments,
                                         collector->variables};
  struct graphql_value *values;
  const char *missing;
  return graphql_argument_values(collector->arena, &site, &values, &missing) && values->integer;
}

static bool is_left_out(const struct graphql_collector *collector,
                        const struct graphql_selection *selection) {
  for (const struct graphql_directive *directive = selection->directives;
       directive && !collector->takes_all; directive = directive->next) {
    bool is_skip = slice_equal_string(directive->name, "skip");
    if (condition_of(collector, directive) == is_skip) return true;
  }
  return false;
}

static void add_field(struct groups *groups, const struct graphql_selection *selection) {
  struct arena *arena = groups->collector->arena;
  struct graphql_group *group = groups->first;
  while (group && !slice_equal(group->uses->selection->key, selection->key)) group = group->next;
  if (!group) {
    group = ARENA_NEW(arena, struct graphql_group);
    group->last = &group->uses;
    *groups->last = group;
    groups->last = &group->next;
  }
  struct graphql_use *use = ARENA_NEW(arena, struct graphql_use);
  use->selection = selection;
  *group->last = use;
  group->last = &use->next;
}

static void add_all(struct groups *groups, const struct graphql_selection *selection) {
  struct graphql_collector *collector = groups->collector;
  for (; selection; selection = selection->next) {
    if (++collector->visited > GRAPHQL_VISIT_LIMIT) return;
    if (is_left_out(collector, selection)) continue;
    if (selection->kind == SELECTION_FIELD) {
      add_field(groups, selection);
    } else if (selection->kind == SELECTION_INLINE) {
      add_all(groups, selection->selections);
    } else if (selection->fragment->visit != collector->document->visits) {
      selection->fragment->visit = collector->document->visits;
      add_all(groups, selection->fragment->selections);
    }
  }
}

struct graphql_group *graphql_collect(struct graphql_collector *collector,
                                      const struct graphql_definition *operation) {
  struct groups groups = {.collector = collector};
  groups.last = &groups.first;
  collector->document->visits++;
  add_all(&groups, operation->selections);
  return groups.first;
}

struct graphql_group *graphql_collect_below(struct graphql_collector *collector,
                                            struct graphql_group *group) {
  if (group->is_collected) return group->fields;
  struct groups groups = {.collector = collector};
  groups.last = &groups.first;
  collector->document->visits++;
  for (const struct graphql_use *use = group->uses; use; use = use->next)
    add_all(&groups, use->selection->selections);
  group->is_collected = true;
  group->fields = groups.first;
  return group->fields;
}
