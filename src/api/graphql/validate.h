/* validate.h - whether a document asks for what there is, in the right way, and not for too much.
 */
#ifndef CULPRIT_API_GRAPHQL_VALIDATE_H
#define CULPRIT_API_GRAPHQL_VALIDATE_H

#include "api/graphql/schema.h"

struct graphql_validator {
  struct arena *arena;
  const struct graphql_schema *schema;
  struct graphql_document *document;
  struct graphql_errors *errors;
};

/* False when there are errors. Sets `field` and `fragment` of all selections. */
bool graphql_validate(struct graphql_validator *validator);

/* --- private to the files of validation --------------------------------------------------- */

/* variables.c: each is defined, used, and of a type that fits where it is used. */
void graphql_check_variables(struct graphql_validator *validator,
                             struct graphql_definition *operation);
/* measure.c: fields of one key are the same field, and all together within the limits. */
void graphql_measure(struct graphql_validator *validator,
                     const struct graphql_definition *operation);

#endif
