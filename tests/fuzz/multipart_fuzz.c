/* multipart_fuzz.c - forms with files: the first line is the Content-Type, the rest the body. Parts
 * lie inside the body, in order, and reading ends; the fields make JSON that can be read. */
#include <stdint.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "http/multipart.h"
#include "ingest/form_event.h"
#include "json/json.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

static void check_name(struct slice name) {
  check(name.len <= MULTIPART_NAME_LIMIT && utf8_is_valid(name));
  check(slice_find_byte(name, '\0') == name.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena = {0};
  struct multipart multipart;
  struct multipart_part part;
  struct problem problem = {0};
  struct form_event form = {.arena = &arena};
  yyjson_val *root;
  struct slice body = slice_of((const char *)data, size), boundary;
  struct slice content_type = slice_split(&body, '\n');
  if (multipart_boundary(content_type, &boundary)) {
    const char *at = body.ptr;
    enum status status = multipart_open(&multipart, &arena, boundary, body, &problem);
    while (!status && !(status = multipart_next(&multipart, &arena, &part, &problem))) {
      check(!slice_is_empty(part.name));
      check_name(part.name);
      check_name(part.filename);
      if (!part.is_file) form_event_add(&form, part.name, part.body);
      check(part.body.ptr == NULL || part.body.ptr >= at);
      if (part.body.ptr) at = part.body.ptr + part.body.len;
      check(at <= body.ptr + body.len);
    }
    check(status == STATUS_END || problem.message[0]);
    struct slice event = form_event_json(&form);
    if (event.len) check(!json_read(&arena, event, &root, NULL) && yyjson_is_obj(root));
  }
  arena_free(&arena);
  return 0;
}
