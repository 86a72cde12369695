/* chunked.c - see chunked.h. Source: RFC 9112 7.1. */
#include "http/chunked.h"

#include "http/limits.h"

#include "base/banned.h"

enum chunked_state {
  IN_SIZE,
  IN_EXTENSION,
  AFTER_SIZE_CR,
  IN_DATA,
  AFTER_DATA,
  AFTER_DATA_CR,
  AT_TRAILER,
  IN_TRAILER,
  AFTER_TRAILER_CR,
  AFTER_LAST_CR,
  AT_END,
  /* Not states: what a byte can lead to beside them. */
  IS_BAD,
};

/* Fifteen digits fit 60 bits: the size cannot overflow. */
enum { SIZE_DIGITS = 15 };

static int hex_value(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static enum chunked_state take_size(struct chunked *chunked, unsigned char c) {
  int digit = hex_value(c);
  if (digit >= 0) {
    if (++chunked->digits > SIZE_DIGITS) return IS_BAD;
    chunked->left = chunked->left * 16 + (unsigned)digit;
    return IN_SIZE;
  }
  if (!chunked->digits) return IS_BAD;
  if (c == ';') return IN_EXTENSION;
  return c == '\r' ? AFTER_SIZE_CR : IS_BAD;
}

/* A byte of an extension or a trailer line: text goes on, CR ends it. */
static enum chunked_state take_extra(struct chunked *chunked, unsigned char c,
                                     enum chunked_state after_cr) {
  if (c == '\r') return after_cr;
  if ((c < 0x20 && c != '\t') || c == 0x7f) return IS_BAD;
  if (++chunked->extra > HTTP_CHUNK_EXTRA_LIMIT) return IS_BAD;
  return after_cr == AFTER_SIZE_CR ? IN_EXTENSION : IN_TRAILER;
}

static enum chunked_state next_state(struct chunked *chunked, unsigned char c) {
  switch ((enum chunked_state)chunked->state) {
    case IN_SIZE: return take_size(chunked, c);
    case IN_EXTENSION: return take_extra(chunked, c, AFTER_SIZE_CR);
    case AFTER_SIZE_CR:
      if (c != '\n') return IS_BAD;
      return chunked->left ? IN_DATA : AT_TRAILER;
    case AFTER_DATA: return c == '\r' ? AFTER_DATA_CR : IS_BAD;
    case AFTER_DATA_CR: chunked->digits = 0; return c == '\n' ? IN_SIZE : IS_BAD;
    case AT_TRAILER:
      if (c == '\r') return AFTER_LAST_CR;
      return c == ' ' || c == '\t' || c == ':' ? IS_BAD : take_extra(chunked, c, AFTER_TRAILER_CR);
    case IN_TRAILER: return take_extra(chunked, c, AFTER_TRAILER_CR);
    case AFTER_TRAILER_CR: return c == '\n' ? AT_TRAILER : IS_BAD;
    case AFTER_LAST_CR: return c == '\n' ? AT_END : IS_BAD;
    case IN_DATA:
    case AT_END:
    case IS_BAD: break;
  }
  return IS_BAD;
}

enum chunked_step chunked_next(struct chunked *chunked, struct slice *input, struct slice *data,
                               struct http_fault *fault) {
  while (input->len) {
    if (chunked->state == IN_DATA) {
      *data = slice_upto(*input, chunked->left < input->len ? (size_t)chunked->left : input->len);
      *input = slice_from(*input, data->len);
      chunked->left -= data->len;
      if (!chunked->left) chunked->state = AFTER_DATA;
      return CHUNKED_DATA;
    }
    chunked->state = (uint8_t)next_state(chunked, (unsigned char)input->ptr[0]);
    if (chunked->state == IS_BAD) {
      *fault = (struct http_fault){400, "The chunks of the body are malformed."};
      return CHUNKED_BAD;
    }
    *input = slice_from(*input, 1);
    if (chunked->state == AT_END) return CHUNKED_END;
  }
  return CHUNKED_MORE;
}
