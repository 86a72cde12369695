/* collect.h - the fields of one object of the answer: what selections and the fragments in them
 * come to, those with the same key as one.
 *
 *   { a { x } ...F }    fragment F { a { y } b }
 *
 *   group "a": { x }, { y }          the selections of both become the fields of `a`
 *   group "b"
 */
#ifndef CULPRIT_API_GRAPHQL_COLLECT_H
#define CULPRIT_API_GRAPHQL_COLLECT_H

#include "api/graphql/schema.h"

/* One place of the document that asks for the field. */
struct graphql_use {
  const struct graphql_selection *selection;
  struct graphql_use *next;
};

struct graphql_group {
  struct graphql_use *uses; /* at least one; the first is the field's name, arguments and place */
  struct graphql_use **last;
  bool is_collected;
  struct graphql_group *fields; /* below it, once it is collected */
  struct graphql_group *next;
};

struct graphql_collector {
  struct arena *arena;
  const struct graphql_schema *schema;
  struct graphql_document *document;
  bool takes_all;                        /* leaves @include and @skip aside */
  const struct graphql_value *variables; /* of those */
  /* Selections that were looked at; beyond GRAPHQL_VISIT_LIMIT nothing more is collected. */
  size_t visited;
};

/* The groups of the operation itself. */
struct graphql_group *graphql_collect(struct graphql_collector *collector,
                                      const struct graphql_definition *operation);
/* The groups below a group; collected once, since they do not depend on data. */
struct graphql_group *graphql_collect_below(struct graphql_collector *collector,
                                            struct graphql_group *group);

#endif
