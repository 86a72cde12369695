/* msgpack.h - MessagePack to JSON: what the native SDK writes beside a crash dump. */
#ifndef CULPRIT_EVENT_MSGPACK_H
#define CULPRIT_EVENT_MSGPACK_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/slice.h"

/* Lists and maps within each other; deeper values are malformed. Events are cut at 7. */
#define MSGPACK_DEPTH 32

/* Appends the value that `rest` begins with as JSON, and moves behind it. False when it is
 * malformed or cut short; what was appended is of no use then. Binary data and extensions become
 * null, but for times, which become seconds. Texts are taken as they are: broken UTF-8 is repaired
 * by who reads the JSON. */
bool msgpack_to_json(struct slice *rest, struct buffer *out);

#endif
