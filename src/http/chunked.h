/* chunked.h - the chunked transfer coding, read strictly.
 *
 * Sizes are one to fifteen hexadecimal digits, lines end in CRLF. Extensions and
 * trailer fields are checked for their bytes, limited, and ignored. Pure.
 */
#ifndef CULPRIT_HTTP_CHUNKED_H
#define CULPRIT_HTTP_CHUNKED_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "http/head.h"

/* All zero at the start of a body. */
struct chunked {
  uint64_t left;  /* of the chunk */
  uint32_t extra; /* bytes of extensions and trailer fields so far */
  uint8_t state;
  uint8_t digits;
};

enum chunked_step {
  CHUNKED_MORE, /* all input is used up */
  CHUNKED_DATA, /* `data` holds the next piece */
  CHUNKED_END,  /* the body is complete; `input` is what follows it */
  CHUNKED_BAD,  /* `fault` says why */
};

/* Takes from the front of `input` up to the next piece of data, which borrows from it. */
enum chunked_step chunked_next(struct chunked *chunked, struct slice *input, struct slice *data,
                               struct http_fault *fault);

#endif
