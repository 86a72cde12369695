/* lexer.h - a GraphQL document, token by token; pure. */
#ifndef CULPRIT_API_GRAPHQL_LEXER_H
#define CULPRIT_API_GRAPHQL_LEXER_H

#include "base/arena.h"
#include "base/slice.h"

enum graphql_token_kind {
  TOKEN_END,
  TOKEN_WRONG, /* nothing comes after it; lexer.problem says what is wrong */
  TOKEN_MARK,  /* one of ! $ & ( ) : = @ [ ] { | } and "..." */
  TOKEN_NAME,
  TOKEN_INT,
  TOKEN_FLOAT,
  TOKEN_STRING,
  TOKEN_BLOCK_STRING
};

struct graphql_token {
  enum graphql_token_kind kind;
  struct slice text; /* as written, with quotes; borrowed */
  size_t offset;
};

struct graphql_lexer {
  struct slice source; /* valid UTF-8 */
  size_t at;
  const char *problem;
};

struct graphql_token graphql_next_token(struct graphql_lexer *lexer);

/* What a string or block string says, from the arena. */
struct slice graphql_string_value(struct arena *arena, const struct graphql_token *token);

#endif
