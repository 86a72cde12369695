/* user_agent_fuzz.c - any text is read as a user agent without harm, in bounded time, and the same
 * from memory as at first. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "event/user_agent.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena = {0};
  struct slice text = utf8_repair(&arena, slice_of((const char *)data, size));
  struct user_agent first = user_agent_parse(&arena, text), again = user_agent_parse(&arena, text);
  const struct slice *fields = (const struct slice *)&first, *others = (const struct slice *)&again;
  for (size_t i = 0; i < sizeof first / sizeof *fields; i++) {
    check(utf8_is_valid(fields[i]) && fields[i].len < 4 * USER_AGENT_BYTES);
    check(slice_equal(fields[i], others[i]));
  }
  arena_free(&arena);
  return 0;
}
