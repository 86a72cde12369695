/* constant.c - see constant.h. */
#include "api/sentry/constant.h"

#include "base/banned.h"

void api_write_constants(struct json_writer *writer, const struct constant *constants) {
  for (; constants->name; constants++) {
    json_write_key(writer, constants->name);
    switch (constants->kind) {
      case IS_NULL: json_write_null(writer); break;
      case IS_FALSE: json_write_bool(writer, false); break;
      case IS_TRUE: json_write_bool(writer, true); break;
      case IS_ZERO: json_write_integer(writer, 0); break;
      case IS_TEXT: json_write_text(writer, slice_of_string(constants->text)); break;
      case IS_LIST:
        json_write_array(writer);
        json_write_array_end(writer);
        break;
      case IS_OBJECT:
        json_write_object(writer);
        json_write_object_end(writer);
        break;
    }
  }
}
