/* coding.c - inflate request bodies under a hard limit of the decoded size.
 *
 * The ratio is never judged: a real SDK was seen at 129:1. What counts is how much
 * comes out, and no decoder here allocates more than the limit and its own window.
 * Brotli windows of up to 4 MiB are accepted (quality 11 as the Python SDK sends),
 * larger ones refused, since 200 bytes can ask for 17 MB.
 *
 * Output grows by doubling, so that small bodies cost little even when nothing says
 * how long they are.
 */
#include "event/coding.h"

#include <brotli/decode.h>
#include <libdeflate.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/banned.h"

/* Windows of decoders: 2^22 bytes. */
enum { WINDOW_LOG_LIMIT = 22 };
enum { FIRST_GUESS = 16 * 1024 };

enum status coding_parse(struct slice header, enum coding *coding, struct problem *problem) {
  static const struct {
    const char *name;
    enum coding coding;
  } names[] = {
      {"", CODING_IDENTITY},   {"identity", CODING_IDENTITY}, {"gzip", CODING_GZIP},
      {"x-gzip", CODING_GZIP}, {"deflate", CODING_DEFLATE},   {"br", CODING_BROTLI},
      {"zstd", CODING_ZSTD},
  };
  header = slice_trim(header);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!slice_equal_ignore_case(header, slice_of_string(names[i].name))) continue;
    *coding = names[i].coding;
    return STATUS_OK;
  }
  return problem_set(problem, STATUS_BAD_INPUT,
                     "The Content-Encoding is not known here; send one of gzip, deflate, br, zstd "
                     "or identity, and no list of them.");
}

size_t coding_decoded_size_hint(enum coding coding, struct slice body, size_t limit) {
  unsigned long long size = limit;
  const unsigned char *end = (const unsigned char *)body.ptr + body.len;
  if (coding == CODING_IDENTITY) return 0;
  if (coding == CODING_GZIP && body.len >= 18) {
    size = (unsigned long long)end[-4] | (unsigned long long)end[-3] << 8 |
           (unsigned long long)end[-2] << 16 | (unsigned long long)end[-1] << 24;
  } else if (coding == CODING_ZSTD) {
    size = ZSTD_getFrameContentSize(body.ptr, body.len);
  }
  return size < limit ? (size_t)size : limit;
}

static enum status broken(const char *name, struct problem *problem) {
  return problem_set(problem, STATUS_BAD_INPUT,
                     "The body is not valid %s data, or was cut short; check Content-Encoding.",
                     name);
}

static enum status too_large(size_t limit, struct problem *problem) {
  return problem_set(problem, STATUS_TOO_LARGE,
                     "The decoded body is larger than %zu bytes, which is the limit.", limit);
}

/* Room that doubles up to the limit. */
struct room {
  char *data;
  size_t size, used, limit;
};

/* False at the limit. */
static bool room_grow(struct room *room) {
  if (room->size == room->limit) return false;
  size_t size = room->size ? room->size * 2 : FIRST_GUESS;
  if (size > room->limit) size = room->limit;
  room->data = memory_realloc(room->data, size);
  room->size = size;
  return true;
}

/* --- gzip and deflate: libdeflate decodes in one go ------------------------------ */

typedef enum libdeflate_result deflate_function(struct libdeflate_decompressor *, const void *,
                                                size_t, void *, size_t, size_t *);

static pthread_key_t decompressor_key;
static pthread_once_t decompressor_once = PTHREAD_ONCE_INIT;

static void free_decompressor(void *decompressor) { libdeflate_free_decompressor(decompressor); }
static void make_decompressor_key(void) {
  pthread_key_create(&decompressor_key, free_decompressor);
}

/* One for each thread, freed when that ends; null when there is no memory. */
static struct libdeflate_decompressor *thread_decompressor(void) {
  pthread_once(&decompressor_once, make_decompressor_key);
  struct libdeflate_decompressor *decompressor = pthread_getspecific(decompressor_key);
  if (!decompressor) {
    decompressor = libdeflate_alloc_decompressor();
    pthread_setspecific(decompressor_key, decompressor);
  }
  return decompressor;
}

static enum status inflate(deflate_function *decode, struct slice body, struct room *room,
                           struct problem *problem) {
  struct libdeflate_decompressor *decompressor = thread_decompressor();
  if (!decompressor) return problem_set(problem, STATUS_UNAVAILABLE, "There is no memory left.");
  for (;;) {
    switch (decode(decompressor, body.ptr, body.len, room->data, room->size, &room->used)) {
      case LIBDEFLATE_SUCCESS: return STATUS_OK;
      case LIBDEFLATE_INSUFFICIENT_SPACE:
        if (!room_grow(room)) return too_large(room->limit, problem);
        break;
      case LIBDEFLATE_BAD_DATA:
      case LIBDEFLATE_SHORT_OUTPUT:
      default: return broken("gzip or deflate", problem);
    }
  }
}

/* The name means the zlib wrapper, but some senders leave it away. */
static enum status inflate_deflate(struct slice body, struct room *room, struct problem *problem) {
  bool has_wrapper = body.len >= 2 && (body.ptr[0] & 0x0f) == 8 &&
                     (((unsigned char)body.ptr[0] << 8) + (unsigned char)body.ptr[1]) % 31 == 0;
  if (has_wrapper) {
    enum status status = inflate(libdeflate_zlib_decompress, body, room, problem);
    if (status != STATUS_BAD_INPUT) return status;
  }
  return inflate(libdeflate_deflate_decompress, body, room, problem);
}

/* --- brotli ---------------------------------------------------------------------- */

/* The window's size, from the first bits of the stream (RFC 7932, 9.1); 0 for large windows, which
 * only exist outside of the RFC. */
static unsigned brotli_window_log(unsigned char first) {
  if (!(first & 1)) return 16;
  unsigned high = first >> 1 & 7;
  if (high) return 17 + high;
  unsigned low = first >> 4 & 7;
  if (low == 0) return 17;
  return low == 1 ? 0 : 8 + low;
}

static enum status decode_brotli(struct slice body, struct room *room, struct problem *problem) {
  if (slice_is_empty(body)) return broken("brotli", problem);
  unsigned window_log = brotli_window_log((unsigned char)body.ptr[0]);
  if (window_log == 0 || window_log > WINDOW_LOG_LIMIT) {
    return problem_set(problem, STATUS_TOO_LARGE,
                       "The body's brotli window is larger than 4 MiB, which is the limit.");
  }
  BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
  if (!state) return problem_set(problem, STATUS_UNAVAILABLE, "There is no memory left.");
  const uint8_t *in = (const uint8_t *)body.ptr;
  size_t left = body.len;
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  bool fits = true;
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
    if (room->used == room->size && !room_grow(room)) {
      fits = false;
      break;
    }
    uint8_t *out = (uint8_t *)room->data + room->used;
    size_t space = room->size - room->used;
    result = BrotliDecoderDecompressStream(state, &left, &in, &space, &out, NULL);
    room->used = room->size - space;
  }
  BrotliDecoderDestroyInstance(state);
  if (!fits) return too_large(room->limit, problem);
  bool is_whole = result == BROTLI_DECODER_RESULT_SUCCESS && left == 0;
  return is_whole ? STATUS_OK : broken("brotli", problem);
}

/* --- zstd ------------------------------------------------------------------------ */

static enum status decode_zstd(struct slice body, struct room *room, struct problem *problem) {
  ZSTD_DCtx *context = ZSTD_createDCtx();
  if (!context) return problem_set(problem, STATUS_UNAVAILABLE, "There is no memory left.");
  ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_LIMIT + 1);
  ZSTD_inBuffer in = {body.ptr, body.len, 0};
  size_t left = 1;
  enum status status = STATUS_OK;
  while (!status && left) {
    if (room->used == room->size && !room_grow(room)) {
      status = too_large(room->limit, problem);
      break;
    }
    ZSTD_outBuffer out = {room->data, room->size, room->used};
    left = ZSTD_decompressStream(context, &out, &in);
    bool is_stuck = in.pos == in.size && out.pos < out.size && left;
    room->used = out.pos;
    if (ZSTD_isError(left) || is_stuck) status = broken("zstd", problem);
    /* Frames may follow one another. */
    if (!status && !left && in.pos < in.size) left = 1;
  }
  ZSTD_freeDCtx(context);
  return status;
}

/* --- all -------------------------------------------------------------------------- */

enum status coding_decode(enum coding coding, struct slice body, size_t limit,
                          struct decoded *decoded, struct problem *problem) {
  *decoded = (struct decoded){.bytes = body};
  if (coding == CODING_IDENTITY) {
    return body.len > limit ? too_large(limit, problem) : STATUS_OK;
  }
  struct room room = {.limit = limit};
  size_t hint = coding_decoded_size_hint(coding, body, limit);
  /* Believed only as far as a common ratio makes it likely. */
  room.size = hint && hint < body.len * 16 ? hint : FIRST_GUESS;
  if (room.size > limit) room.size = limit;
  room.data = memory_alloc(room.size);
  enum status status = STATUS_FAILED;
  switch (coding) {
    case CODING_GZIP: status = inflate(libdeflate_gzip_decompress, body, &room, problem); break;
    case CODING_DEFLATE: status = inflate_deflate(body, &room, problem); break;
    case CODING_BROTLI: status = decode_brotli(body, &room, problem); break;
    case CODING_ZSTD: status = decode_zstd(body, &room, problem); break;
    case CODING_IDENTITY: break;
  }
  if (status) {
    free(room.data);
    return status;
  }
  decoded->memory = room.data;
  decoded->bytes = slice_of(room.data, room.used);
  return STATUS_OK;
}

/* --- base64 ------------------------------------------------------------------------ */

static int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

bool base64_decode(struct arena *arena, struct slice text, struct slice *bytes) {
  char *out = arena_alloc_raw(arena, text.len / 4 * 3 + 3);
  size_t length = 0;
  unsigned bits = 0, bit_count = 0;
  while (text.len && (text.ptr[text.len - 1] == '=' || slice_trim(text).len < text.len)) {
    text = slice_trim(text);
    if (text.len && text.ptr[text.len - 1] == '=') text.len--;
  }
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
    int value = base64_value(c);
    if (value < 0) return false;
    bits = (bits << 6 | (unsigned)value) & 0xffffff;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    out[length++] = (char)(bits >> bit_count & 0xff);
  }
  *bytes = slice_of(out, length);
  return bit_count < 6;
}
