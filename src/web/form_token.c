/* form_token.c - the CSRF token as it stands in a page.
 *
 * Pages are compressed, and some repeat what the address says (a search text). Who can make a
 * browser load such pages and see how long the answers are could guess a fixed secret in them
 * letter by letter (the BREACH attack). So the session's token never stands in a page as it is: it
 * is masked with random bytes that stand beside it.
 *
 *   page:  hex( mask | mask XOR token )
 */
#include "web/form_token.h"

#include "account/account.h"
#include "base/bytes.h"

#include "base/banned.h"

#define TOKEN_BYTES 32

struct slice form_token_make(struct arena *arena, struct slice session) {
  unsigned char token[TOKEN_BYTES], both[2 * TOKEN_BYTES];
  if (!hex_decode(account_csrf_token(arena, session), token, sizeof(token))) {
    return SLICE_EMPTY;
  }
  random_fill(both, TOKEN_BYTES);
  for (size_t i = 0; i < TOKEN_BYTES; i++) {
    both[TOKEN_BYTES + i] = both[i] ^ token[i];
  }
  char *digits = arena_alloc_raw(arena, 2 * sizeof(both));
  hex_encode(both, sizeof(both), digits);
  return slice_of(digits, 2 * sizeof(both));
}

bool form_token_check(struct arena *arena, struct slice session, struct slice token) {
  unsigned char both[2 * TOKEN_BYTES];
  if (!hex_decode(token, both, sizeof(both))) {
    return false;
  }
  for (size_t i = 0; i < TOKEN_BYTES; i++) {
    both[i] ^= both[TOKEN_BYTES + i];
  }
  char *digits = arena_alloc_raw(arena, 2 * TOKEN_BYTES);
  hex_encode(both, TOKEN_BYTES, digits);
  return account_csrf_check(session, slice_of(digits, 2 * TOKEN_BYTES));
}
