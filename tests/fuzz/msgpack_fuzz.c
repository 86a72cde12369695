/* msgpack_fuzz.c - MessagePack: what converts is JSON that can be read, and reading ends. */
#include <stdint.h>
#include <stdlib.h>

#include "event/msgpack.h"
#include "ingest/native_event.h"
#include "json/json.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena = {0};
  yyjson_val *root;
  struct slice all = slice_of((const char *)data, size), rest = all;
  struct buffer out = buffer_make(4 << 20);
  if (msgpack_to_json(&rest, &out)) {
    check(rest.len < all.len && json_read(&arena, buffer_slice(&out), &root, NULL) == STATUS_OK);
  }
  buffer_free(&out);
  const struct native_files files = {all, {slice_upto(all, size / 2), slice_from(all, size / 2)}};
  struct slice event = native_event_json(&arena, &files);
  if (event.len) check(json_read(&arena, event, &root, NULL) == STATUS_OK && yyjson_is_obj(root));
  arena_free(&arena);
  return 0;
}
