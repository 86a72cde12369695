/* minidump.h - what a crash dump says by itself, as an event.
 *
 *   bytes ─► minidump_read() ─► struct minidump ─► minidump_write_event() ─► event JSON
 *            minidump.c                             minidump_event.c          (to event_decode)
 *            minidump_walk.c: frames of a thread
 *
 * A pure parser of the dump's own streams: what crashed and why, threads with the calls that their
 * frame pointers lead to, modules, system. No symbols, no unwinding tables.
 *
 * Source: Microsoft's minidump structures and the streams that Breakpad and Crashpad add.
 */
#ifndef CULPRIT_EVENT_MINIDUMP_H
#define CULPRIT_EVENT_MINIDUMP_H

#include "event/event.h"

/* Directory entries of one dump; Breakpad and Windows write 13 to 20. */
#define MINIDUMP_STREAMS_LIMIT 128
/* Modules that are read; large programs load 300. */
#define MINIDUMP_MODULES_LIMIT 1000
/* Frames of the crashed thread, of each other one, and of all together. */
#define MINIDUMP_FRAMES_CRASHED 128
#define MINIDUMP_FRAMES_OTHER 32
#define MINIDUMP_FRAMES_ALL 2000
/* Characters of a module's, a thread's or the system's name. */
#define MINIDUMP_TEXT_LIMIT 256

struct minidump_module {
  uint64_t base;
  uint32_t size, timestamp;
  struct slice code_file;  /* path, as the system wrote it */
  struct slice debug_file; /* path of the symbols; may be empty */
  struct slice debug_id;   /* "3249d99d-0c40-4931-8610-f4e4fb0b6936-1"; may be empty */
  struct slice code_id;    /* of an ELF file its build id; may be empty */
  bool is_used;            /* a frame lies in it */
};

struct minidump_frame {
  uint64_t instruction;
  const struct minidump_module *module; /* or null */
  bool is_context;                      /* from the registers; else from a frame pointer */
};

struct minidump_register {
  const char *name;
  uint64_t value;
};

struct minidump_thread {
  uint32_t id;
  struct slice name;
  struct slice stack;            /* bytes of the dump */
  uint64_t stack_start;          /* the address of the first */
  struct slice context;          /* registers, as the processor's kind has them */
  struct minidump_frame *frames; /* newest call first */
  size_t frame_count;
  struct minidump_register *registers;
  size_t register_count;
};

enum minidump_processor {
  MINIDUMP_X86 = 0,
  MINIDUMP_ARM = 5,
  MINIDUMP_AMD64 = 9,
  MINIDUMP_ARM64 = 12,
  MINIDUMP_ARM64_OLD = 0x8003, /* Breakpad's, before Microsoft had one */
  MINIDUMP_UNKNOWN = 0xffff,
};
enum minidump_system {
  MINIDUMP_WINDOWS = 2,
  MINIDUMP_MACOS = 0x8101,
  MINIDUMP_IOS = 0x8102,
  MINIDUMP_LINUX = 0x8201,
  MINIDUMP_ANDROID = 0x8203,
  MINIDUMP_FUCHSIA = 0x8206,
};

struct minidump_exception {
  uint32_t thread_id, code, flags;
  uint64_t address;
  uint64_t parameters[15];
  size_t parameter_count;
  struct slice context;
};

struct minidump {
  uint32_t timestamp_s, started_s; /* of the dump; of the process, 0 when unknown */
  uint32_t process_id;             /* 0 when unknown */
  bool has_exception;
  struct minidump_exception exception;
  uint32_t crashed_thread; /* id; valid when has_crashed_thread */
  bool has_crashed_thread;
  uint16_t processor; /* enum minidump_processor, or another number */
  uint32_t system;    /* enum minidump_system, or another number */
  uint32_t version[3];
  struct slice service_pack; /* on Linux what uname says */
  struct slice vendor;       /* of an x86 processor: "GenuineIntel" */
  uint8_t processor_count;
  struct minidump_module *modules; /* by address */
  size_t module_count;
  struct minidump_thread *threads;
  size_t thread_count;
};

/* Reads all of it. STATUS_BAD_INPUT with a message when the header, the directory or a list that it
 * names is broken or of the other byte order; a name or an id that lies outside the file is only
 * left out. Borrows `bytes`; the rest is from the arena. */
enum status minidump_read(struct arena *arena, struct slice bytes, struct minidump *dump,
                          struct problem *problem) MUST_CHECK;

/* The frames of a thread: its registers, then what frame pointers lead to. Within minidump_read().
 */
void minidump_walk(struct arena *arena, const struct minidump *dump, struct minidump_thread *thread,
                   size_t limit);

/* Why it crashed, in the system's words: {"SIGSEGV", "SIGSEGV / SEGV_MAPERR at 0x10"}. From the
 * arena. */
struct minidump_reason {
  struct slice name, text;
};
struct minidump_reason minidump_reason(struct arena *arena, const struct minidump *dump);

/* Appends the event's JSON. `base` is what the SDK sent along, an event object or null: its
 * attributes stay, but for the exception, threads and images, which are the dump's. `dump` is null
 * when it could not be read; the event says so. */
void minidump_write_event(const struct minidump *dump, struct arena *arena, yyjson_val *base,
                          struct buffer *out);

#endif
