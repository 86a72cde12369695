/* minidump_event.c - the event that a crash dump becomes; see minidump.h.
 *
 * The attribute names are Sentry's, so that what is made here goes the way of every other event.
 */
#include "base/clock.h"
#include "event/minidump.h"
#include "json/json.h"

#include "base/banned.h"

static void write_member(struct json_writer *json, const char *name, struct slice text) {
  if (slice_is_empty(text)) return;
  json_write_key(json, name);
  json_write_text(json, text);
}

static void write_address(struct json_writer *json, const char *name, uint64_t address) {
  char text[24];
  static const char digits[] = "0123456789abcdef";
  size_t at = sizeof text;
  do {
    text[--at] = digits[address & 15];
    address >>= 4;
  } while (address);
  text[--at] = 'x';
  text[--at] = '0';
  write_member(json, name, slice_of(text + at, sizeof text - at));
}

static void write_flag(struct json_writer *json, const char *name, bool value) {
  json_write_key(json, name);
  json_write_bool(json, value);
}

static void write_number(struct json_writer *json, const char *name, int64_t value) {
  json_write_key(json, name);
  json_write_integer(json, value);
}

/* --- stack traces
 * --------------------------------------------------------------------------------- */

static void write_frame(struct json_writer *json, const struct minidump_frame *frame) {
  json_write_object(json);
  write_address(json, "instruction_addr", frame->instruction);
  if (frame->module) {
    write_member(json, "package", frame->module->code_file);
    write_address(json, "image_addr", frame->module->base);
  }
  write_member(json, "trust", frame->is_context ? SLICE("context") : SLICE("fp"));
  json_write_object_end(json);
}

static void write_stacktrace(struct json_writer *json, const struct minidump_thread *thread) {
  if (thread->frame_count == 0) return;
  json_write_key(json, "stacktrace");
  json_write_object(json);
  json_write_key(json, "frames");
  json_write_array(json);
  for (size_t i = thread->frame_count; i-- > 0;) write_frame(json, &thread->frames[i]);
  json_write_array_end(json);
  json_write_key(json, "registers");
  json_write_object(json);
  for (size_t i = 0; i < thread->register_count; i++)
    write_address(json, thread->registers[i].name, thread->registers[i].value);
  json_write_object_end(json);
  json_write_object_end(json);
}

static bool is_crashed(const struct minidump *dump, const struct minidump_thread *thread) {
  return dump->has_crashed_thread && thread->id == dump->crashed_thread;
}

static void open_values(struct json_writer *json, const char *name) {
  json_write_key(json, name);
  json_write_object(json);
  json_write_key(json, "values");
  json_write_array(json);
}

static void close_values(struct json_writer *json) {
  json_write_array_end(json);
  json_write_object_end(json);
}

/* The crashed thread's stack is the exception's. */
static void write_exception(struct json_writer *json, struct arena *arena,
                            const struct minidump *dump) {
  struct minidump_reason reason = {SLICE("Minidump"), SLICE("The minidump cannot be read")};
  if (dump) reason = minidump_reason(arena, dump);
  open_values(json, "exception");
  json_write_object(json);
  write_member(json, "type", reason.name);
  write_member(json, "value",
               dump ? arena_concat(arena, SLICE("Fatal Error: "), reason.text) : reason.text);
  if (dump && dump->has_crashed_thread) write_number(json, "thread_id", dump->crashed_thread);
  json_write_key(json, "mechanism");
  json_write_object(json);
  write_member(json, "type", SLICE("minidump"));
  write_flag(json, "handled", false);
  write_flag(json, "synthetic", true);
  json_write_object_end(json);
  for (size_t i = 0; dump && i < dump->thread_count; i++) {
    if (!is_crashed(dump, &dump->threads[i])) continue;
    write_stacktrace(json, &dump->threads[i]);
    break;
  }
  json_write_object_end(json);
  close_values(json);
}

static void write_threads(struct json_writer *json, const struct minidump *dump) {
  if (dump->thread_count == 0) return;
  open_values(json, "threads");
  for (size_t i = 0; i < dump->thread_count; i++) {
    const struct minidump_thread *thread = &dump->threads[i];
    json_write_object(json);
    write_number(json, "id", thread->id);
    write_member(json, "name", thread->name);
    write_flag(json, "crashed", is_crashed(dump, thread));
    if (!is_crashed(dump, thread)) write_stacktrace(json, thread);
    json_write_object_end(json);
  }
  close_values(json);
}

/* --- modules
 * --------------------------------------------------------------------------------------- */

static struct slice image_type(uint32_t system) {
  switch (system) {
    case MINIDUMP_MACOS:
    case MINIDUMP_IOS: return SLICE("macho");
    case MINIDUMP_LINUX:
    case MINIDUMP_ANDROID:
    case MINIDUMP_FUCHSIA: return SLICE("elf");
    default: return SLICE("pe");
  }
}

/* Those that frames lie in first, since of very many the last are not kept. */
static void write_images(struct json_writer *json, const struct minidump *dump) {
  json_write_key(json, "debug_meta");
  json_write_object(json);
  json_write_key(json, "images");
  json_write_array(json);
  for (size_t i = 0; i < 2 * dump->module_count; i++) {
    const struct minidump_module *module = &dump->modules[i % dump->module_count];
    if (module->is_used != (i < dump->module_count)) continue;
    json_write_object(json);
    write_member(json, "type", image_type(dump->system));
    write_address(json, "image_addr", module->base);
    write_number(json, "image_size", module->size);
    write_member(json, "code_file", module->code_file);
    write_member(json, "code_id", module->code_id);
    write_member(json, "debug_file", module->debug_file);
    write_member(json, "debug_id", module->debug_id);
    json_write_object_end(json);
  }
  json_write_array_end(json);
  json_write_object_end(json);
}

/* --- contexts
 * ----------------------------------------------------------------------------------------
 */

static struct slice system_name(uint32_t system) {
  switch (system) {
    case MINIDUMP_WINDOWS: return SLICE("Windows");
    case MINIDUMP_MACOS: return SLICE("macOS");
    case MINIDUMP_IOS: return SLICE("iOS");
    case MINIDUMP_LINUX: return SLICE("Linux");
    case MINIDUMP_ANDROID: return SLICE("Android");
    case MINIDUMP_FUCHSIA: return SLICE("Fuchsia");
    default: return SLICE_EMPTY;
  }
}

/* On Linux the numbers are 0 and all stands in "Linux 4.9.60-x #1 SMP Mon Nov 6 2017 x86_64". */
static void write_system(struct json_writer *json, struct arena *arena,
                         const struct minidump *dump) {
  struct slice name = system_name(dump->system), rest = dump->service_pack, version, build;
  bool is_uname = slice_starts_with(rest, SLICE("Linux ")) && dump->version[0] == 0;
  if (is_uname) {
    slice_split(&rest, ' ');
    version = slice_split(&rest, ' ');
    build = slice_trim(rest);
  } else {
    version = arena_printf(arena, "%u.%u.%u", dump->version[0], dump->version[1], dump->version[2]);
    build = dump->system == MINIDUMP_WINDOWS ? arena_printf(arena, "%u", dump->version[2]) : rest;
  }
  json_write_key(json, "os");
  json_write_object(json);
  write_member(json, "type", SLICE("os"));
  write_member(json, "name", name);
  write_member(json, "version", version);
  write_member(json, "build", build);
  json_write_object_end(json);
}

static void write_device(struct json_writer *json, const struct minidump *dump) {
  struct slice arch = SLICE_EMPTY;
  switch (dump->processor) {
    case MINIDUMP_X86: arch = SLICE("x86"); break;
    case MINIDUMP_AMD64: arch = SLICE("x86_64"); break;
    case MINIDUMP_ARM: arch = SLICE("arm"); break;
    case MINIDUMP_ARM64:
    case MINIDUMP_ARM64_OLD: arch = SLICE("arm64"); break;
  }
  json_write_key(json, "device");
  json_write_object(json);
  write_member(json, "type", SLICE("device"));
  write_member(json, "arch", arch);
  write_member(json, "cpu_description", dump->vendor);
  if (dump->processor_count) write_number(json, "processor_count", dump->processor_count);
  json_write_object_end(json);
}

static void write_app(struct json_writer *json, const struct minidump *dump) {
  char started[TIME_ISO_BYTES];
  json_write_key(json, "app");
  json_write_object(json);
  write_member(json, "type", SLICE("app"));
  if (dump->started_s) {
    time_format_iso(dump->started_s * SECOND_MS, started);
    write_member(json, "app_start_time", slice_of_string(started));
  }
  if (dump->process_id) write_number(json, "process_id", dump->process_id);
  json_write_object_end(json);
}

static void write_value(struct json_writer *json, struct slice name, yyjson_val *value) {
  json_write_key_text(json, name);
  json_write_value(json, value, &JSON_NO_LIMITS);
}

/* What the SDK knows of the system is better than what the dump says. */
static void add_contexts(struct json_writer *json, struct arena *arena, const struct minidump *dump,
                         yyjson_val *sent) {
  if (!json_member(sent, "os") && !slice_is_empty(system_name(dump->system)))
    write_system(json, arena, dump);
  if (!json_member(sent, "device") && dump->processor != MINIDUMP_UNKNOWN) write_device(json, dump);
  if (!json_member(sent, "app") && (dump->started_s || dump->process_id)) write_app(json, dump);
}

static void write_contexts(struct json_writer *json, struct arena *arena,
                           const struct minidump *dump, yyjson_val *sent) {
  size_t index, max;
  yyjson_val *key, *value;
  json_write_key(json, "contexts");
  json_write_object(json);
  if (yyjson_is_obj(sent)) {
    yyjson_obj_foreach(sent, index, max, key, value) write_value(json, json_text(key), value);
  }
  if (dump) add_contexts(json, arena, dump, sent);
  json_write_object_end(json);
}

/* --- the event
 * ----------------------------------------------------------------------------------------
 */

static bool is_of_dump(struct slice name) {
  static const char *const names[] = {"platform",
                                      "exception",
                                      "sentry.interfaces.Exception",
                                      "threads",
                                      "sentry.interfaces.Threads",
                                      "stacktrace",
                                      "sentry.interfaces.Stacktrace",
                                      "debug_meta",
                                      "contexts"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (slice_equal_string(name, names[i])) return true;
  }
  return false;
}

void minidump_write_event(const struct minidump *dump, struct arena *arena, yyjson_val *base,
                          struct buffer *out) {
  struct json_writer json = {.out = out};
  size_t index, max;
  yyjson_val *key, *value;
  json_write_object(&json);
  if (yyjson_is_obj(base)) {
    yyjson_obj_foreach(base, index, max, key, value) {
      if (!is_of_dump(json_text(key))) write_value(&json, json_text(key), value);
    }
  }
  write_member(&json, "platform", SLICE("native"));
  if (!json_member(base, "level")) write_member(&json, "level", SLICE("fatal"));
  if (dump && !json_member(base, "timestamp") && dump->timestamp_s)
    write_number(&json, "timestamp", dump->timestamp_s);
  write_exception(&json, arena, dump);
  write_contexts(&json, arena, dump, json_member(base, "contexts"));
  if (dump) write_threads(&json, dump);
  if (dump) write_images(&json, dump);
  json_write_object_end(&json);
}
