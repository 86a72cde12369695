/* constant.h - members that Sentry's objects must have and that are the same for everything here:
 * what they speak of does not exist on this server. */
#ifndef CULPRIT_API_SENTRY_CONSTANT_H
#define CULPRIT_API_SENTRY_CONSTANT_H

#include "api/sentry/answer.h"

enum constant_kind { IS_NULL, IS_FALSE, IS_TRUE, IS_ZERO, IS_TEXT, IS_LIST, IS_OBJECT };
struct constant {
  const char *name;
  enum constant_kind kind;
  const char *text; /* of IS_TEXT; lists and objects are empty */
};
/* Up to the one without a name. */
void api_write_constants(struct json_writer *writer, const struct constant *constants);

#endif
