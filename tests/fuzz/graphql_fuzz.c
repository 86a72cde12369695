/* graphql_fuzz.c - any text as a GraphQL document, with variables as JSON and an operation's name
 * behind it, each after a NUL: the answer is JSON with data or errors, within its limits, and the
 * same again. */
#include <stdint.h>
#include <stdlib.h>

#include "../unit/graphql_schema.h"
#include "api/graphql/limits.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

static void read_answer(struct arena *arena, struct slice answer) {
  yyjson_val *root;
  struct problem problem = {0};
  enum status status = json_read(arena, answer, &root, &problem);
  if (status == STATUS_TOO_LARGE) return; /* our own readers take less than this may be */
  check(status == STATUS_OK && yyjson_is_obj(root));
  yyjson_val *errors = json_member(root, "errors");
  check(json_member(root, "data") || yyjson_arr_size(errors) > 0);
  check(yyjson_arr_size(errors) <= GRAPHQL_ERROR_LIMIT);
}

static enum status ask(struct arena *arena, const struct graphql_question *question,
                       struct slice *answer) {
  struct buffer out = buffer_make(2 * GRAPHQL_ANSWER_LIMIT);
  struct json_writer writer = {.out = &out};
  enum status status = graphql_answer(arena, question, &writer);
  check(!out.is_overflown);
  *answer = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena = {0};
  struct slice rest = slice_of((const char *)data, size), first, again;
  struct problem problem = {0};
  struct graphql_question question = {.schema = &test_schema};
  question.document = slice_split(&rest, '\0');
  struct slice variables = slice_split(&rest, '\0');
  question.operation = rest;
  if (json_read(&arena, variables, &question.variables, &problem)) question.variables = NULL;
  enum status status = ask(&arena, &question, &first);
  check(status == STATUS_OK || status == STATUS_PENDING);
  check(ask(&arena, &question, &again) == status && slice_equal(first, again));
  read_answer(&arena, first);
  arena_free(&arena);
  return 0;
}
