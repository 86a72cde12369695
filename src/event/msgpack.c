/* msgpack.c - see msgpack.h. Each byte is read once; a value takes at least one, so counts that lie
 * end with the bytes.
 *
 * Source: the MessagePack specification.
 */
#include "event/msgpack.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json/json.h"

#include "base/banned.h"

struct unpacker {
  struct slice rest;
  struct json_writer json;
  unsigned depth;
};

static bool take_number(struct unpacker *unpacker, size_t bytes, uint64_t *number) {
  if (unpacker->rest.len < bytes) return false;
  *number = 0;
  for (size_t i = 0; i < bytes; i++) *number = *number << 8 | (unsigned char)unpacker->rest.ptr[i];
  unpacker->rest = slice_from(unpacker->rest, bytes);
  return true;
}

static bool take_bytes(struct unpacker *unpacker, uint64_t length, struct slice *bytes) {
  if (length > unpacker->rest.len) return false;
  *bytes = slice_upto(unpacker->rest, length);
  unpacker->rest = slice_from(unpacker->rest, length);
  return true;
}

static bool write_text(struct unpacker *unpacker, uint64_t length) {
  struct slice text;
  if (!take_bytes(unpacker, length, &text)) return false;
  json_write_text(&unpacker->json, text);
  return true;
}

static void write_double(struct unpacker *unpacker, double number) {
  char text[40];
  if (!isfinite(number)) {
    json_write_null(&unpacker->json);
    return;
  }
  int length = snprintf(text, sizeof text, "%.17g", number);
  json_write_raw(&unpacker->json, slice_of(text, (size_t)length));
}

static void write_unsigned(struct unpacker *unpacker, uint64_t number) {
  char text[24];
  int length = snprintf(text, sizeof text, "%llu", (unsigned long long)number);
  json_write_raw(&unpacker->json, slice_of(text, (size_t)length));
}

/* A signed number of so many bytes. */
static bool write_signed(struct unpacker *unpacker, size_t bytes) {
  uint64_t number;
  if (!take_number(unpacker, bytes, &number)) return false;
  unsigned unused = 64 - 8 * (unsigned)bytes;
  json_write_integer(&unpacker->json, (int64_t)(number << unused) >> unused);
  return true;
}

static bool write_float(struct unpacker *unpacker, size_t bytes) {
  uint64_t bits;
  if (!take_number(unpacker, bytes, &bits)) return false;
  uint32_t short_bits = (uint32_t)bits;
  float short_number;
  double number;
  memcpy(&short_number, &short_bits, sizeof short_number);
  memcpy(&number, &bits, sizeof number);
  write_double(unpacker, bytes == 4 ? (double)short_number : number);
  return true;
}

/* Extension -1 is a time: seconds, or nanoseconds and seconds. */
static bool write_extension(struct unpacker *unpacker, uint64_t length) {
  uint64_t type, nanoseconds = 0, seconds;
  struct slice bytes;
  if (!take_number(unpacker, 1, &type) || !take_bytes(unpacker, length, &bytes)) return false;
  struct unpacker time = {.rest = bytes};
  if (type != 0xff || (length != 4 && length != 8 && length != 12)) {
    json_write_null(&unpacker->json);
    return true;
  }
  if (length == 12 && !take_number(&time, 4, &nanoseconds)) return false;
  if (!take_number(&time, length == 4 ? 4 : 8, &seconds)) return false;
  if (length == 8) {
    nanoseconds = seconds >> 34;
    seconds &= (UINT64_C(1) << 34) - 1;
  }
  write_double(unpacker, (double)(int64_t)seconds + (double)nanoseconds / 1e9);
  return true;
}

static bool write_value(struct unpacker *unpacker);

static bool write_list(struct unpacker *unpacker, uint64_t count) {
  if (unpacker->depth++ == MSGPACK_DEPTH) return false;
  json_write_array(&unpacker->json);
  for (uint64_t i = 0; i < count; i++) {
    if (!write_value(unpacker)) return false;
  }
  json_write_array_end(&unpacker->json);
  unpacker->depth--;
  return true;
}

/* The bytes of a text, as a key; other keys are not JSON's. */
static bool write_key(struct unpacker *unpacker) {
  uint64_t byte, length;
  struct slice text;
  if (!take_number(unpacker, 1, &byte)) return false;
  if (byte >= 0xa0 && byte <= 0xbf)
    length = byte & 0x1f;
  else if (byte < 0xd9 || byte > 0xdb ||
           !take_number(unpacker, (size_t)1 << (byte - 0xd9), &length))
    return false;
  if (!take_bytes(unpacker, length, &text)) return false;
  json_write_key_text(&unpacker->json, text);
  return true;
}

static bool write_map(struct unpacker *unpacker, uint64_t count) {
  if (unpacker->depth++ == MSGPACK_DEPTH) return false;
  json_write_object(&unpacker->json);
  for (uint64_t i = 0; i < count; i++) {
    if (!write_key(unpacker) || !write_value(unpacker)) return false;
  }
  json_write_object_end(&unpacker->json);
  unpacker->depth--;
  return true;
}

/* Types whose length follows them, in 1 << `size` bytes. */
static bool write_long(struct unpacker *unpacker, unsigned size,
                       bool (*write)(struct unpacker *, uint64_t)) {
  uint64_t length;
  return take_number(unpacker, (size_t)1 << size, &length) && write(unpacker, length);
}

static bool write_binary(struct unpacker *unpacker, uint64_t length) {
  struct slice bytes;
  json_write_null(&unpacker->json);
  return take_bytes(unpacker, length, &bytes);
}

static bool write_typed(struct unpacker *unpacker, unsigned type) {
  uint64_t number;
  switch (type) {
    case 0xc0: json_write_null(&unpacker->json); return true;
    case 0xc2:
    case 0xc3: json_write_bool(&unpacker->json, type == 0xc3); return true;
    case 0xc4:
    case 0xc5:
    case 0xc6: return write_long(unpacker, type - 0xc4, write_binary);
    case 0xc7:
    case 0xc8:
    case 0xc9: return write_long(unpacker, type - 0xc7, write_extension);
    case 0xca: return write_float(unpacker, 4);
    case 0xcb: return write_float(unpacker, 8);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      if (!take_number(unpacker, (size_t)1 << (type - 0xcc), &number)) return false;
      write_unsigned(unpacker, number);
      return true;
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3: return write_signed(unpacker, (size_t)1 << (type - 0xd0));
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8: return write_extension(unpacker, UINT64_C(1) << (type - 0xd4));
    case 0xd9:
    case 0xda:
    case 0xdb: return write_long(unpacker, type - 0xd9, write_text);
    case 0xdc:
    case 0xdd: return write_long(unpacker, type - 0xdb, write_list);
    case 0xde:
    case 0xdf: return write_long(unpacker, type - 0xdd, write_map);
    default: return false; /* 0xc1 is never used */
  }
}

static bool write_value(struct unpacker *unpacker) {
  uint64_t byte;
  if (!take_number(unpacker, 1, &byte) || unpacker->json.out->is_overflown) return false;
  unsigned type = (unsigned)byte;
  if (type >= 0xc0 && type < 0xe0) return write_typed(unpacker, type);
  if (type < 0x80 || type >= 0xe0) {
    json_write_integer(&unpacker->json, (int8_t)type);
    return true;
  }
  if (type < 0x90) return write_map(unpacker, type & 0x0f);
  return type < 0xa0 ? write_list(unpacker, type & 0x0f) : write_text(unpacker, type & 0x1f);
}

bool msgpack_to_json(struct slice *rest, struct buffer *out) {
  struct unpacker unpacker = {.rest = *rest, .json = {.out = out}};
  bool is_read = write_value(&unpacker) && !out->is_overflown;
  *rest = unpacker.rest;
  return is_read;
}
