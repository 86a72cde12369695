/* minidump.c - reads the streams of a crash dump; see minidump.h.
 *
 *   header ─► directory: {type, size, offset} … ─► lists of fixed records ─► names, stacks,
 * contexts
 *
 * Every number comes from the file and is checked against its end before it is used. Lists are cut
 * to limits.
 */
#include "event/minidump.h"

#include <stdlib.h>
#include <string.h>

#include "event/limits.h"

#include "base/banned.h"

enum stream_type {
  STREAM_THREADS = 3,
  STREAM_MODULES = 4,
  STREAM_EXCEPTION = 6,
  STREAM_SYSTEM = 7,
  STREAM_MISC = 15,
  STREAM_THREAD_NAMES = 24,
  STREAM_BREAKPAD = 0x47670001,
};

/* Sizes of records in the file. */
enum {
  HEADER_BYTES = 32,
  DIRECTORY_BYTES = 12,
  THREAD_BYTES = 48,
  MODULE_BYTES = 108,
  EXCEPTION_BYTES = 168,
  SYSTEM_BYTES = 32, /* and behind them what depends on the processor */
  MISC_BYTES = 16,   /* the oldest form */
  THREAD_NAME_BYTES = 12,
  BREAKPAD_BYTES = 12,
};

/* --- numbers and texts of the file --------------------------------------------------------------
 */

static uint64_t number_at(struct slice bytes, size_t at, size_t size) {
  uint64_t value = 0;
  if (at > bytes.len || size > bytes.len - at) return 0;
  memcpy(&value, bytes.ptr + at, size); /* little-endian, as every machine this runs on */
  return value;
}
static uint16_t u16_at(struct slice bytes, size_t at) { return (uint16_t)number_at(bytes, at, 2); }
static uint32_t u32_at(struct slice bytes, size_t at) { return (uint32_t)number_at(bytes, at, 4); }
static uint64_t u64_at(struct slice bytes, size_t at) { return number_at(bytes, at, 8); }

/* The part of the file, or the empty slice when it does not lie within. */
static struct slice part_at(struct slice file, uint64_t at, uint64_t size) {
  if (at > file.len || size > file.len - at) return SLICE_EMPTY;
  return slice_of(file.ptr + at, size);
}
/* A location descriptor, {size, offset}. */
static struct slice location_at(struct slice file, struct slice record, size_t at) {
  return part_at(file, u32_at(record, at + 4), u32_at(record, at));
}

static size_t append_utf8(char *out, uint32_t code) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    out[0] = (char)(0xc0 | code >> 6);
    out[1] = (char)(0x80 | (code & 0x3f));
    return 2;
  }
  if (code < 0x10000) {
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    return 3;
  }
  out[0] = (char)(0xf0 | code >> 18);
  out[1] = (char)(0x80 | (code >> 12 & 0x3f));
  out[2] = (char)(0x80 | (code >> 6 & 0x3f));
  out[3] = (char)(0x80 | (code & 0x3f));
  return 4;
}

/* UTF-16 to UTF-8, up to a NUL; lone surrogates become U+FFFD. */
static struct slice text_of_utf16(struct arena *arena, struct slice units) {
  size_t count = units.len / 2 < MINIDUMP_TEXT_LIMIT ? units.len / 2 : MINIDUMP_TEXT_LIMIT;
  char *text = arena_alloc_raw(arena, count * 3 + 1);
  size_t length = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t code = u16_at(units, 2 * i);
    if (code == 0) break;
    uint32_t low = i + 1 < count ? u16_at(units, 2 * i + 2) : 0;
    if (code >= 0xd800 && code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      i++;
    } else if (code >= 0xd800 && code < 0xe000) {
      code = 0xfffd;
    }
    length += append_utf8(text + length, code);
  }
  return slice_of(text, length);
}

/* A string of the file: its length in bytes, then UTF-16. */
static struct slice string_at(struct arena *arena, struct slice file, uint64_t at) {
  if (at == 0 || at > file.len || file.len - at < 4) return SLICE_EMPTY;
  size_t length = u32_at(file, at), left = file.len - at - 4;
  return text_of_utf16(arena, part_at(file, at + 4, length < left ? length : left));
}

static struct slice text_of_bytes(struct arena *arena, struct slice bytes) {
  bytes = slice_upto(bytes, slice_find_byte(bytes, '\0'));
  return slice_cut_characters(utf8_repair(arena, slice_upto(bytes, 4 * MINIDUMP_TEXT_LIMIT)),
                              MINIDUMP_TEXT_LIMIT);
}

/* --- modules ------------------------------------------------------------------------------------
 */

/* A GUID has its first three numbers in little-endian. */
static struct slice uuid_of(struct arena *arena, const unsigned char guid[16], uint32_t age) {
  struct slice text =
      arena_printf(arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                   guid[3], guid[2], guid[1], guid[0], guid[5], guid[4], guid[7], guid[6], guid[8],
                   guid[9], guid[10], guid[11], guid[12], guid[13], guid[14], guid[15]);
  return age ? arena_printf(arena, "%.*s-%x", SLICE_ARGS(text), age) : text;
}

static bool is_all_zero(struct slice bytes) {
  for (size_t i = 0; i < bytes.len; i++) {
    if (bytes.ptr[i]) return false;
  }
  return true;
}

/* The CodeView record of a module: which symbols belong to it. */
static void read_code_view(struct arena *arena, struct slice record,
                           struct minidump_module *module) {
  unsigned char guid[16] = {0};
  struct slice signature = slice_upto(record, 4), rest = slice_from(record, 4);
  if (slice_equal(signature, SLICE("RSDS")) && rest.len >= 20) {
    memcpy(guid, rest.ptr, sizeof guid);
    if (!is_all_zero(slice_upto(rest, 16)))
      module->debug_id = uuid_of(arena, guid, u32_at(rest, 16));
    module->debug_file = text_of_bytes(arena, slice_from(rest, 20));
  } else if (slice_equal(signature, SLICE("LEpB")) && rest.len > 0 && rest.len <= 64) {
    memcpy(guid, rest.ptr, rest.len < sizeof guid ? rest.len : sizeof guid);
    char *digits = arena_alloc_raw(arena, 2 * rest.len);
    hex_encode(rest.ptr, rest.len, digits);
    if (!is_all_zero(rest)) {
      module->code_id = slice_of(digits, 2 * rest.len);
      module->debug_id = uuid_of(arena, guid, 0);
    }
  } else if (slice_equal(signature, SLICE("NB10")) && rest.len >= 12) {
    module->debug_id = arena_printf(arena, "%08x-%x", u32_at(rest, 4), u32_at(rest, 8));
    module->debug_file = text_of_bytes(arena, slice_from(rest, 12));
  }
}

static void read_module(struct arena *arena, const struct minidump *dump, struct slice file,
                        struct slice record, struct minidump_module *module) {
  *module = (struct minidump_module){.base = u64_at(record, 0),
                                     .size = u32_at(record, 8),
                                     .timestamp = u32_at(record, 16),
                                     .code_file = string_at(arena, file, u32_at(record, 20))};
  read_code_view(arena, location_at(file, record, 76), module);
  /* What symbol servers of Windows find the file by. */
  if (dump->system == MINIDUMP_WINDOWS && slice_is_empty(module->code_id))
    module->code_id = arena_printf(arena, "%08x%x", module->timestamp, module->size);
  if (slice_is_empty(module->debug_file) && dump->system != MINIDUMP_WINDOWS)
    module->debug_file = module->code_file;
}

static int by_base(const void *a, const void *b) {
  const struct minidump_module *x = a, *y = b;
  return x->base < y->base ? -1 : x->base > y->base;
}

/* --- lists
 * ---------------------------------------------------------------------------------------- */

struct record_list {
  struct slice records;
  size_t count;
};

/* A count, perhaps four bytes to align what follows, and records of one size. */
static enum status read_list(struct slice stream, size_t record_bytes, const char *name,
                             struct record_list *list, struct problem *problem) {
  uint64_t count = u32_at(stream, 0), needed = count * record_bytes;
  size_t head = stream.len == needed + 8 ? 8 : 4;
  if (stream.len < 4 || needed > stream.len - 4) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The minidump is broken: its list of %s goes beyond its end.", name);
  }
  *list = (struct record_list){slice_from(stream, head), count};
  return STATUS_OK;
}

static struct slice record_of(const struct record_list *list, size_t index, size_t bytes) {
  return slice_upto(slice_from(list->records, index * bytes), bytes);
}

static enum status read_modules(struct arena *arena, struct slice file, struct slice stream,
                                struct minidump *dump, struct problem *problem) {
  struct record_list list;
  enum status status = read_list(stream, MODULE_BYTES, "modules", &list, problem);
  if (status) return status;
  dump->module_count = list.count < MINIDUMP_MODULES_LIMIT ? list.count : MINIDUMP_MODULES_LIMIT;
  dump->modules = ARENA_ARRAY(arena, dump->module_count, struct minidump_module);
  for (size_t i = 0; i < dump->module_count; i++)
    read_module(arena, dump, file, record_of(&list, i, MODULE_BYTES), &dump->modules[i]);
  if (dump->module_count) qsort(dump->modules, dump->module_count, sizeof *dump->modules, by_base);
  return STATUS_OK;
}

static enum status read_threads(struct arena *arena, struct slice file, struct slice stream,
                                struct minidump *dump, struct problem *problem) {
  struct record_list list;
  enum status status = read_list(stream, THREAD_BYTES, "threads", &list, problem);
  if (status) return status;
  dump->threads = ARENA_ARRAY(arena, LIMIT_THREADS, struct minidump_thread);
  for (size_t i = 0; i < list.count; i++) {
    struct slice record = record_of(&list, i, THREAD_BYTES);
    bool is_crashed = dump->has_crashed_thread && u32_at(record, 0) == dump->crashed_thread;
    /* Of too many the first, and in any case the crashed one. */
    if (dump->thread_count == LIMIT_THREADS - 1 && i + 1 < list.count && !is_crashed) continue;
    if (dump->thread_count == LIMIT_THREADS) break;
    dump->threads[dump->thread_count++] =
        (struct minidump_thread){.id = u32_at(record, 0),
                                 .stack = location_at(file, record, 32),
                                 .stack_start = u64_at(record, 24),
                                 .context = location_at(file, record, 40)};
  }
  return STATUS_OK;
}

static enum status read_thread_names(struct arena *arena, struct slice file, struct slice stream,
                                     struct minidump *dump, struct problem *problem) {
  struct record_list list;
  enum status status = read_list(stream, THREAD_NAME_BYTES, "thread names", &list, problem);
  if (status) return status;
  size_t count = list.count < LIMIT_THREADS ? list.count : LIMIT_THREADS;
  for (size_t i = 0; i < count; i++) {
    struct slice record = record_of(&list, i, THREAD_NAME_BYTES);
    for (size_t j = 0; j < dump->thread_count; j++) {
      if (dump->threads[j].id == u32_at(record, 0))
        dump->threads[j].name = string_at(arena, file, u64_at(record, 4));
    }
  }
  return STATUS_OK;
}

/* --- single records
 * ------------------------------------------------------------------------------- */

static void read_system(struct arena *arena, struct slice file, struct slice stream,
                        struct minidump *dump) {
  dump->processor = u16_at(stream, 0);
  dump->processor_count = (uint8_t)number_at(stream, 6, 1);
  for (size_t i = 0; i < 3; i++) dump->version[i] = u32_at(stream, 8 + 4 * i);
  dump->system = u32_at(stream, 20);
  dump->service_pack = string_at(arena, file, u32_at(stream, 24));
  if (dump->processor == MINIDUMP_X86)
    dump->vendor = text_of_bytes(arena, slice_upto(slice_from(stream, 32), 12));
}

static void read_exception(struct slice file, struct slice stream, struct minidump *dump) {
  struct minidump_exception *exception = &dump->exception;
  *exception = (struct minidump_exception){.thread_id = u32_at(stream, 0),
                                           .code = u32_at(stream, 8),
                                           .flags = u32_at(stream, 12),
                                           .address = u64_at(stream, 24),
                                           .parameter_count = u32_at(stream, 32),
                                           .context = location_at(file, stream, 160)};
  if (exception->parameter_count > 15) exception->parameter_count = 15;
  for (size_t i = 0; i < exception->parameter_count; i++)
    exception->parameters[i] = u64_at(stream, 40 + 8 * i);
  dump->has_exception = dump->has_crashed_thread = true;
  dump->crashed_thread = exception->thread_id;
}

static void read_misc(struct slice stream, struct minidump *dump) {
  uint32_t flags = u32_at(stream, 4);
  if (flags & 1) dump->process_id = u32_at(stream, 8);
  if (flags & 2) dump->started_s = u32_at(stream, 12);
}

/* Who asked for the dump; tells the thread of a dump without a crash. */
static void read_breakpad(struct slice stream, struct minidump *dump) {
  if (dump->has_crashed_thread || !(u32_at(stream, 0) & 2)) return;
  dump->crashed_thread = u32_at(stream, 8);
  dump->has_crashed_thread = true;
}

/* --- the whole
 * --------------------------------------------------------------------------------------
 */

/* Whether the bytes begin like a dump, of either byte order. */
static bool minidump_is(struct slice bytes) {
  return slice_starts_with(bytes, SLICE("MDMP")) || slice_starts_with(bytes, SLICE("PMDM"));
}

struct directory {
  struct slice file, entries;
  size_t count;
};

static enum status open_directory(struct slice bytes, struct directory *directory,
                                  struct problem *problem) {
  if (slice_starts_with(bytes, SLICE("PMDM"))) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The minidump was written on a big-endian machine; such dumps cannot be "
                       "read.");
  }
  if (!minidump_is(bytes) || bytes.len < HEADER_BYTES) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The file is no minidump: it does not begin with the bytes MDMP and a "
                       "header.");
  }
  directory->file = bytes;
  directory->count = u32_at(bytes, 8);
  directory->entries =
      part_at(bytes, u32_at(bytes, 12), (uint64_t)directory->count * DIRECTORY_BYTES);
  if (directory->count == 0 || directory->count > MINIDUMP_STREAMS_LIMIT ||
      slice_is_empty(directory->entries)) {
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The minidump is broken: its directory of %zu streams goes beyond its end "
                       "or is empty.",
                       directory->count);
  }
  return STATUS_OK;
}

/* The first stream of that type, the empty slice when there is none. */
static enum status find_stream(const struct directory *directory, uint32_t type, size_t least,
                               struct slice *stream, struct problem *problem) {
  *stream = SLICE_EMPTY;
  for (size_t i = 0; i < directory->count; i++) {
    size_t at = i * DIRECTORY_BYTES;
    if (u32_at(directory->entries, at) != type) continue;
    *stream = location_at(directory->file, directory->entries, at + 4);
    if (stream->len >= least) return STATUS_OK;
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The minidump is broken or cut short: its stream of type %u goes beyond its "
                       "end.",
                       type);
  }
  return STATUS_OK;
}

/* In an order in which what is needed later comes first. */
static enum status read_streams(struct arena *arena, const struct directory *directory,
                                struct minidump *dump, struct problem *problem) {
  static const struct {
    uint32_t type;
    size_t least;
  } wanted[] = {
      {STREAM_SYSTEM, SYSTEM_BYTES},
      {STREAM_EXCEPTION, EXCEPTION_BYTES},
      {STREAM_BREAKPAD, BREAKPAD_BYTES},
      {STREAM_MISC, MISC_BYTES},
      {STREAM_MODULES, 4},
      {STREAM_THREADS, 4},
      {STREAM_THREAD_NAMES, 4},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    struct slice file = directory->file, stream;
    enum status status = find_stream(directory, wanted[i].type, wanted[i].least, &stream, problem);
    if (status) return status;
    if (slice_is_empty(stream)) continue;
    switch ((enum stream_type)wanted[i].type) {
      case STREAM_SYSTEM: read_system(arena, file, stream, dump); break;
      case STREAM_EXCEPTION: read_exception(file, stream, dump); break;
      case STREAM_BREAKPAD: read_breakpad(stream, dump); break;
      case STREAM_MISC: read_misc(stream, dump); break;
      case STREAM_MODULES: status = read_modules(arena, file, stream, dump, problem); break;
      case STREAM_THREADS: status = read_threads(arena, file, stream, dump, problem); break;
      case STREAM_THREAD_NAMES:
        status = read_thread_names(arena, file, stream, dump, problem);
        break;
    }
    if (status) return status;
  }
  return STATUS_OK;
}

/* The crashed thread first: the others share what frames it leaves. */
static void walk_threads(struct arena *arena, struct minidump *dump) {
  size_t left = MINIDUMP_FRAMES_ALL;
  for (int is_second = 0; is_second < 2; is_second++) {
    for (size_t i = 0; i < dump->thread_count; i++) {
      struct minidump_thread *thread = &dump->threads[i];
      bool is_crashed = dump->has_crashed_thread && thread->id == dump->crashed_thread;
      if (is_crashed == (bool)is_second) continue;
      /* The thread's own registers are those of the handler that wrote the dump. */
      if (is_crashed && dump->exception.context.len) thread->context = dump->exception.context;
      size_t limit = is_crashed ? MINIDUMP_FRAMES_CRASHED : MINIDUMP_FRAMES_OTHER;
      minidump_walk(arena, dump, thread, limit < left ? limit : left);
      left -= thread->frame_count;
    }
  }
}

enum status minidump_read(struct arena *arena, struct slice bytes, struct minidump *dump,
                          struct problem *problem) {
  struct directory directory = {0};
  *dump = (struct minidump){.processor = MINIDUMP_UNKNOWN};
  enum status status = open_directory(bytes, &directory, problem);
  if (status) return status;
  dump->timestamp_s = u32_at(bytes, 20);
  status = read_streams(arena, &directory, dump, problem);
  if (!status) walk_threads(arena, dump);
  return status;
}
