/* error.h - what is wrong with a document or was while it was answered.
 *
 *   {"message": "…", "locations": [{"line": 1, "column": 3}], "path": ["project", "errors", 0]}
 */
#ifndef CULPRIT_API_GRAPHQL_ERROR_H
#define CULPRIT_API_GRAPHQL_ERROR_H

#include "json/json.h"

/* Where in the answer a value stands; lives on the stack of whoever writes it. */
struct graphql_path {
  const struct graphql_path *parent; /* null: at the root */
  struct slice key;                  /* of an object */
  size_t index;                      /* of a list, when `key` is empty */
};

struct graphql_error {
  struct slice message;
  size_t offset;     /* in the source; GRAPHQL_NOWHERE for none */
  struct slice path; /* JSON; empty for none */
};
#define GRAPHQL_NOWHERE SIZE_MAX

struct graphql_errors {
  struct arena *arena;
  struct slice source;
  struct graphql_error *items; /* GRAPHQL_ERROR_LIMIT */
  size_t count;                /* more may have been found than are kept */
};

struct graphql_errors graphql_errors_make(struct arena *arena, struct slice source);

/* Beyond GRAPHQL_ERROR_LIMIT they are left out. */
void graphql_error_at(struct graphql_errors *errors, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Gives the last one its path. */
void graphql_error_set_path(struct graphql_errors *errors, const struct graphql_path *path);

/* The member "errors", when there are any. */
void graphql_errors_write(const struct graphql_errors *errors, struct json_writer *writer);

#endif
