/* multipart.h - the parts of a multipart/form-data body; see multipart.c. */
#ifndef CULPRIT_HTTP_MULTIPART_H
#define CULPRIT_HTTP_MULTIPART_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

/* Parts of one body. Crashpad sends an annotation each, some dozens. */
#define MULTIPART_PARTS_LIMIT 200
/* The header lines of one part together; senders write two lines. */
#define MULTIPART_HEAD_LIMIT (8 * 1024)
/* RFC 2046: 70 bytes. */
#define MULTIPART_BOUNDARY_LIMIT 70
/* Names of fields and files, in bytes; the rest is cut. */
#define MULTIPART_NAME_LIMIT 255

struct multipart {
  struct slice rest;      /* behind the last delimiter that was read */
  struct slice delimiter; /* CR LF, two dashes, the boundary */
  size_t count;
};

struct multipart_part {
  struct slice name;
  struct slice filename;
  struct slice content_type; /* as sent; empty when it was not */
  struct slice body;         /* borrows the body; any bytes */
  bool is_file;              /* has a filename, perhaps an empty one */
};

/* The boundary that a Content-Type names; false when it is not multipart/form-data with a valid
 * one. Borrows. */
bool multipart_boundary(struct slice content_type, struct slice *boundary);

/* Moves to the first part. STATUS_BAD_INPUT when the body does not begin with the boundary. Borrows
 * the body; the delimiter is in the arena. */
enum status multipart_open(struct multipart *multipart, struct arena *arena, struct slice boundary,
                           struct slice body, struct problem *problem) MUST_CHECK;

/* STATUS_OK with `part` set, STATUS_END behind the last one, STATUS_BAD_INPUT with a problem that
 * names the part's number, STATUS_TOO_LARGE beyond MULTIPART_PARTS_LIMIT. Names are valid UTF-8
 * without NUL, in the arena or borrowed. */
enum status multipart_next(struct multipart *multipart, struct arena *arena,
                           struct multipart_part *part, struct problem *problem) MUST_CHECK;

#endif
