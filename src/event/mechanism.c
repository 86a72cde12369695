/* mechanism.c - how an exception came to be known: old forms, and names for the numbers of signals,
 * Mach exceptions and errno.
 *
 * What a number means depends on the system that it happened on, which the contexts tell.
 *
 * Source: Sentry's documentation of the exception mechanism.
 */
#include <signal.h>
#include <string.h>

#include "event/decode.h"
#include "event/limits.h"

#include "base/banned.h"

enum system { UNKNOWN_SYSTEM, LINUX, DARWIN };
enum { MEMBERS = 32 };

/* --- an object with more members ----------------------------------------------------- */

struct members {
  struct arena *arena;
  struct json_pair items[MEMBERS];
  size_t count;
};

static void add_member(struct members *members, struct slice name, yyjson_val *value) {
  if (!value || members->count == MEMBERS) return;
  yyjson_val *key = ARENA_NEW(members->arena, yyjson_val);
  *key = json_text_value(name);
  members->items[members->count++] = (struct json_pair){key, value};
}

static void add_text(struct members *members, struct slice name, struct slice text) {
  yyjson_val *value = ARENA_NEW(members->arena, yyjson_val);
  *value = json_text_value(text);
  if (!slice_is_empty(text)) add_member(members, name, value);
}

/* All of an object but one member. */
static void add_all_but(struct members *members, yyjson_val *object, const char *name) {
  size_t index, max;
  yyjson_val *key, *value;
  if (!yyjson_is_obj(object)) return;
  yyjson_obj_foreach(object, index, max, key, value) {
    if (slice_equal_string(json_text(key), name) || members->count == MEMBERS) continue;
    members->items[members->count++] = (struct json_pair){key, value};
  }
}

static yyjson_val *object_of(const struct members *members) {
  return members->count ? json_object_of(members->arena, members->items, members->count) : NULL;
}

/* --- names ---------------------------------------------------------------------------- */

static struct slice signal_name(struct arena *arena, enum system system, int64_t number) {
  static const char *const darwin[] = {
      "",     "HUP", "INT",  "QUIT", "ILL",    "TRAP", "ABRT",  "EMT",  "FPE",  "KILL", "BUS",
      "SEGV", "SYS", "PIPE", "ALRM", "TERM",   "URG",  "STOP",  "TSTP", "CONT", "CHLD", "TTIN",
      "TTOU", "IO",  "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "INFO", "USR1", "USR2"};
  const char *name = NULL;
  if (number < 1 || number >= 32) return SLICE_EMPTY;
  if (system == DARWIN) name = darwin[number];
  if (system == LINUX) name = sigabbrev_np((int)number);
  return name ? arena_printf(arena, "SIG%s", name) : SLICE_EMPTY;
}

/* Codes from 1 of the signals that have any of their own. */
static struct slice signal_code_name(struct slice signal, enum system system, int64_t code) {
  static const struct {
    const char *signal, *system[2][8]; /* of Linux, of Darwin */
  } names[] = {
      {"SIGSEGV",
       {{"SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR"},
        {"SEGV_MAPERR", "SEGV_ACCERR"}}},
      {"SIGBUS",
       {{"BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"},
        {"BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR"}}},
      {"SIGILL",
       {{"ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG",
         "ILL_COPROC", "ILL_BADSTK"},
        {"ILL_ILLOPC", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_PRVREG",
         "ILL_COPROC", "ILL_BADSTK"}}},
      {"SIGFPE",
       {{"FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES",
         "FPE_FLTINV", "FPE_FLTSUB"},
        {"FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV", "FPE_FLTSUB",
         "FPE_INTDIV", "FPE_INTOVF"}}},
      {"SIGTRAP", {{"TRAP_BRKPT", "TRAP_TRACE"}, {"TRAP_BRKPT", "TRAP_TRACE"}}},
  };
  if (code < 1 || code > 8 || system == UNKNOWN_SYSTEM) return SLICE_EMPTY;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (slice_equal_string(signal, names[i].signal))
      return slice_of_string(names[i].system[system == DARWIN][code - 1]);
  }
  return SLICE_EMPTY;
}

static struct slice mach_name(int64_t number) {
  static const char *const names[] = {
      "",         "BAD_ACCESS", "BAD_INSTRUCTION", "ARITHMETIC",   "EMULATION",
      "SOFTWARE", "BREAKPOINT", "SYSCALL",         "MACH_SYSCALL", "RPC_ALERT",
      "CRASH",    "RESOURCE",   "GUARD",           "CORPSE_NOTIFY"};
  bool is_known = number > 0 && number < (int64_t)(sizeof names / sizeof names[0]);
  return slice_of_string(is_known ? names[number] : NULL);
}

/* Up to 34 both systems agree but for one. */
static struct slice errno_name(enum system system, int64_t number) {
  static const char *const darwin[] = {
      "EAGAIN",       "EINPROGRESS",  "EALREADY",     "ENOTSOCK",        "EDESTADDRREQ",
      "EMSGSIZE",     "EPROTOTYPE",   "ENOPROTOOPT",  "EPROTONOSUPPORT", "ESOCKTNOSUPPORT",
      "ENOTSUP",      "EPFNOSUPPORT", "EAFNOSUPPORT", "EADDRINUSE",      "EADDRNOTAVAIL",
      "ENETDOWN",     "ENETUNREACH",  "ENETRESET",    "ECONNABORTED",    "ECONNRESET",
      "ENOBUFS",      "EISCONN",      "ENOTCONN",     "ESHUTDOWN",       "ETOOMANYREFS",
      "ETIMEDOUT",    "ECONNREFUSED", "ELOOP",        "ENAMETOOLONG",    "EHOSTDOWN",
      "EHOSTUNREACH", "ENOTEMPTY"};
  enum { DARWIN_START = 35, DARWIN_END = 67, LINUX_END = 134, DEADLOCK = 11 };
  if (number < 1 || number >= LINUX_END || system == UNKNOWN_SYSTEM) return SLICE_EMPTY;
  if (system == LINUX) return slice_of_string(strerrorname_np((int)number));
  if (number == DEADLOCK) return SLICE("EDEADLK");
  if (number < DARWIN_START) return slice_of_string(strerrorname_np((int)number));
  return slice_of_string(number < DARWIN_END ? darwin[number - DARWIN_START] : NULL);
}

/* --- filling in ----------------------------------------------------------------------- */

static enum system system_of(const struct event *event) {
  static const char *const darwin[] = {"macOS", "Mac OS X", "iOS",      "iPadOS",
                                       "tvOS",  "watchOS",  "visionOS", NULL};
  struct slice name = json_text(json_member(json_member(event->contexts, "os"), "name"));
  if (slice_is_empty(name)) {
    name = json_text(json_member(json_member(event->debug_meta, "sdk_info"), "sdk_name"));
  }
  for (size_t i = 0; darwin[i]; i++) {
    if (slice_equal_ignore_case(name, slice_of_string(darwin[i]))) return DARWIN;
  }
  bool is_linux = slice_equal_ignore_case(name, SLICE("Linux")) ||
                  slice_equal_ignore_case(name, SLICE("Android"));
  return is_linux ? LINUX : UNKNOWN_SYSTEM;
}

static int64_t number_of(yyjson_val *object, const char *name) {
  int64_t number;
  return json_integer(json_member(object, name), &number) ? number : 0;
}

/* A signal, a Mach exception or an errno with the names that it lacks. */
static yyjson_val *with_names(struct arena *arena, enum system system, struct slice kind,
                              yyjson_val *value) {
  struct members members = {.arena = arena};
  struct slice name = json_text(json_member(value, "name"));
  bool has_name = !slice_is_empty(name);
  if (!yyjson_is_obj(value)) return value;
  add_all_but(&members, value, has_name ? "" : "name");
  size_t sent = members.count;
  if (slice_equal(kind, SLICE("signal"))) {
    int64_t code = number_of(value, "code");
    if (!has_name) name = signal_name(arena, system, number_of(value, "number"));
    if (slice_is_empty(json_text(json_member(value, "code_name"))))
      add_text(&members, SLICE("code_name"), signal_code_name(name, system, code));
  } else if (slice_equal(kind, SLICE("mach_exception")) && !has_name) {
    name = mach_name(number_of(value, "exception"));
    if (name.len) name = arena_concat(arena, SLICE("EXC_"), name);
  } else if (slice_equal(kind, SLICE("errno")) && !has_name) {
    name = errno_name(system, number_of(value, "number"));
  }
  if (!has_name) add_text(&members, SLICE("name"), name);
  return members.count == sent ? value : object_of(&members);
}

void decode_mechanism_names(struct reader *reader) {
  struct event *event = reader->event;
  for (size_t i = 0; i < event->exception_count; i++) {
    struct mechanism *mechanism = &event->exceptions[i].mechanism;
    if (!mechanism->meta) continue;
    struct members members = {.arena = reader->arena};
    bool is_changed = false;
    add_all_but(&members, mechanism->meta, "");
    for (size_t j = 0; j < members.count; j++) {
      struct json_pair *member = &members.items[j];
      yyjson_val *named =
          with_names(reader->arena, system_of(event), json_text(member->key), member->value);
      is_changed = is_changed || named != member->value;
      member->value = named;
    }
    if (is_changed) mechanism->meta = object_of(&members);
  }
}

/* --- old forms ------------------------------------------------------------------------ */

static void add_renamed(struct members *members, yyjson_val *object, const char *old,
                        struct slice name) {
  add_member(members, name, json_member(object, old));
}

/* Cocoa's first form had no `type`, and signals and addresses beside `data`. */
static void read_old(struct arena *arena, yyjson_val *value, struct mechanism *mechanism) {
  yyjson_val *signal = json_member(value, "posix_signal");
  yyjson_val *mach = json_member(value, "mach_exception");
  yyjson_val *address = json_member(value, "relevant_address");
  struct members meta = {.arena = arena}, data = {.arena = arena}, inner = {.arena = arena};
  if (yyjson_is_obj(signal)) {
    add_renamed(&inner, signal, "signal", SLICE("number"));
    add_all_but(&inner, signal, "signal");
    add_member(&meta, SLICE("signal"), object_of(&inner));
    mechanism->type = SLICE("posix");
  }
  if (yyjson_is_obj(mach)) {
    inner.count = 0;
    add_renamed(&inner, mach, "exception_name", SLICE("name"));
    add_all_but(&inner, mach, "exception_name");
    add_member(&meta, SLICE("mach_exception"), object_of(&inner));
    mechanism->type = SLICE("mach");
  }
  if (address) {
    add_all_but(&data, mechanism->data, "relevant_address");
    add_member(&data, SLICE("relevant_address"), address);
    mechanism->data = object_of(&data);
    if (slice_is_empty(mechanism->type)) mechanism->type = SLICE("generic");
  }
  if (meta.count) mechanism->meta = object_of(&meta);
}

static struct slice ns_error_text(struct reader *reader, yyjson_val *error, const char *name) {
  struct slice text = decode_any_text(reader, json_member(error, name), LIMIT_NAME);
  return slice_is_empty(text) ? SLICE("None") : text;
}

/* Apple's errors are told apart by these two. */
static void read_ns_error(struct reader *reader, struct mechanism *mechanism) {
  yyjson_val *error = json_member(mechanism->meta, "ns_error");
  mechanism->ns_error_domain = mechanism->ns_error_code = SLICE_EMPTY;
  if (!yyjson_is_obj(error)) return;
  mechanism->ns_error_domain = ns_error_text(reader, error, "domain");
  mechanism->ns_error_code = ns_error_text(reader, error, "code");
}

void decode_mechanism(struct reader *reader, yyjson_val *value, struct exception *exception) {
  struct mechanism *mechanism = &exception->mechanism;
  const struct place *outer = reader->place;
  const struct place here = {outer, "mechanism", 0};
  reader->place = &here;
  exception->has_mechanism = true;
  if (yyjson_is_str(value)) {
    mechanism->type = reader_cut(reader, json_text(value), LIMIT_NAME);
  } else {
    fields_read(reader, &mechanism_fields, value, mechanism, NULL);
    if (slice_is_empty(mechanism->type) && yyjson_is_obj(value) && !reader->is_kept) {
      read_old(reader->arena, value, mechanism);
    }
    if (!reader->is_kept) read_ns_error(reader, mechanism);
  }
  reader->place = outer;
}
