/* minidump_reason.c - why a program crashed, from the numbers of its dump's exception.
 *
 * What the numbers mean depends on the system: an exception code of Windows, a signal and its code
 * on Linux and Android, a Mach exception and its code on Apple's systems.
 */
#include "event/minidump.h"

#include "base/banned.h"

struct code_name {
  uint32_t code, detail; /* `detail` 0: the code alone */
  const char *name;
};

/* clang-format off */
static const struct code_name windows_codes[] = {
    {0x80000001, 0, "EXCEPTION_GUARD_PAGE"},
    {0x80000002, 0, "EXCEPTION_DATATYPE_MISALIGNMENT"},
    {0x80000003, 0, "EXCEPTION_BREAKPOINT"},
    {0x80000004, 0, "EXCEPTION_SINGLE_STEP"},
    {0xc0000005, 0, "EXCEPTION_ACCESS_VIOLATION"},
    {0xc0000006, 0, "EXCEPTION_IN_PAGE_ERROR"},
    {0xc0000008, 0, "EXCEPTION_INVALID_HANDLE"},
    {0xc000001d, 0, "EXCEPTION_ILLEGAL_INSTRUCTION"},
    {0xc0000025, 0, "EXCEPTION_NONCONTINUABLE_EXCEPTION"},
    {0xc0000026, 0, "EXCEPTION_INVALID_DISPOSITION"},
    {0xc000008c, 0, "EXCEPTION_ARRAY_BOUNDS_EXCEEDED"},
    {0xc000008d, 0, "EXCEPTION_FLT_DENORMAL_OPERAND"},
    {0xc000008e, 0, "EXCEPTION_FLT_DIVIDE_BY_ZERO"},
    {0xc000008f, 0, "EXCEPTION_FLT_INEXACT_RESULT"},
    {0xc0000090, 0, "EXCEPTION_FLT_INVALID_OPERATION"},
    {0xc0000091, 0, "EXCEPTION_FLT_OVERFLOW"},
    {0xc0000092, 0, "EXCEPTION_FLT_STACK_CHECK"},
    {0xc0000093, 0, "EXCEPTION_FLT_UNDERFLOW"},
    {0xc0000094, 0, "EXCEPTION_INT_DIVIDE_BY_ZERO"},
    {0xc0000095, 0, "EXCEPTION_INT_OVERFLOW"},
    {0xc0000096, 0, "EXCEPTION_PRIV_INSTRUCTION"},
    {0xc00000fd, 0, "EXCEPTION_STACK_OVERFLOW"},
    {0xc0000194, 0, "EXCEPTION_POSSIBLE_DEADLOCK"},
    {0xc0000374, 0, "STATUS_HEAP_CORRUPTION"},
    {0xc0000409, 0, "STATUS_STACK_BUFFER_OVERRUN"},
    {0xc0000420, 0, "STATUS_ASSERTION_FAILURE"},
    {0xc0000602, 0, "STATUS_FAIL_FAST_EXCEPTION"},
    {0xe0434352, 0, "Unhandled .NET exception"},
    {0xe06d7363, 0, "Unhandled C++ exception"},
    {0x0517a7ed, 0, "Simulated exception"},
};
static const struct code_name signals[] = {
    {1, 0, "SIGHUP"},   {2, 0, "SIGINT"},   {3, 0, "SIGQUIT"},  {4, 0, "SIGILL"},
    {5, 0, "SIGTRAP"},  {6, 0, "SIGABRT"},  {7, 0, "SIGBUS"},   {8, 0, "SIGFPE"},
    {9, 0, "SIGKILL"},  {10, 0, "SIGUSR1"}, {11, 0, "SIGSEGV"}, {12, 0, "SIGUSR2"},
    {13, 0, "SIGPIPE"}, {14, 0, "SIGALRM"}, {15, 0, "SIGTERM"}, {16, 0, "SIGSTKFLT"},
    {24, 0, "SIGXCPU"}, {25, 0, "SIGXFSZ"}, {31, 0, "SIGSYS"},  {0xffffffff, 0, "DUMP_REQUESTED"},
    {4, 1, "ILL_ILLOPC"},  {4, 2, "ILL_ILLOPN"},  {4, 3, "ILL_ILLADR"},  {4, 4, "ILL_ILLTRP"},
    {4, 5, "ILL_PRVOPC"},  {4, 6, "ILL_PRVREG"},  {4, 7, "ILL_COPROC"},  {4, 8, "ILL_BADSTK"},
    {5, 1, "TRAP_BRKPT"},  {5, 2, "TRAP_TRACE"},  {7, 1, "BUS_ADRALN"},  {7, 2, "BUS_ADRERR"},
    {7, 3, "BUS_OBJERR"},  {7, 4, "BUS_MCEERR_AR"}, {7, 5, "BUS_MCEERR_AO"},
    {8, 1, "FPE_INTDIV"},  {8, 2, "FPE_INTOVF"},  {8, 3, "FPE_FLTDIV"},  {8, 4, "FPE_FLTOVF"},
    {8, 5, "FPE_FLTUND"},  {8, 6, "FPE_FLTRES"},  {8, 7, "FPE_FLTINV"},  {8, 8, "FPE_FLTSUB"},
    {11, 1, "SEGV_MAPERR"}, {11, 2, "SEGV_ACCERR"}, {11, 3, "SEGV_BNDERR"}, {11, 4, "SEGV_PKUERR"},
    {11, 0x80, "SI_KERNEL"},
};
static const struct code_name mach_exceptions[] = {
    {1, 0, "EXC_BAD_ACCESS"},  {2, 0, "EXC_BAD_INSTRUCTION"}, {3, 0, "EXC_ARITHMETIC"},
    {4, 0, "EXC_EMULATION"},   {5, 0, "EXC_SOFTWARE"},        {6, 0, "EXC_BREAKPOINT"},
    {7, 0, "EXC_SYSCALL"},     {8, 0, "EXC_MACH_SYSCALL"},    {9, 0, "EXC_RPC_ALERT"},
    {10, 0, "EXC_CRASH"},      {11, 0, "EXC_RESOURCE"},       {12, 0, "EXC_GUARD"},
    {13, 0, "EXC_CORPSE_NOTIFY"}, {0x43507378, 0, "Simulated exception"},
    {1, 1, "KERN_INVALID_ADDRESS"}, {1, 2, "KERN_PROTECTION_FAILURE"}, {1, 13, "EXC_I386_GPFLT"},
    {2, 1, "EXC_I386_INVOP"}, {3, 1, "EXC_I386_DIV"}, {6, 2, "EXC_I386_BPT"},
    {5, 0x10003, "SIGABRT"}, {5, 0x10002, "UNCAUGHT_NS_EXCEPTION"},
};
/* clang-format on */

struct name_list {
  const struct code_name *names;
  size_t count;
};
#define LIST(array) ((struct name_list){array, sizeof(array) / sizeof(array)[0]})

static const char *find_name(struct name_list list, uint32_t code, uint32_t detail) {
  for (size_t i = 0; i < list.count; i++) {
    if (list.names[i].code == code && list.names[i].detail == detail) return list.names[i].name;
  }
  return NULL;
}

/* An access violation says first what was tried, then where. */
static struct minidump_reason windows_reason(struct arena *arena,
                                             const struct minidump_exception *exception) {
  const char *name = find_name(LIST(windows_codes), exception->code, 0), *access = "";
  struct minidump_reason reason;
  bool has_address = (exception->code == 0xc0000005 || exception->code == 0xc0000006) &&
                     exception->parameter_count >= 2;
  if (has_address) {
    uint64_t kind = exception->parameters[0];
    access = kind == 0 ? "_READ" : kind == 1 ? "_WRITE" : kind == 8 ? "_EXEC" : "";
  }
  reason.name = name ? arena_printf(arena, "%s%s", name, access)
                     : arena_printf(arena, "EXCEPTION 0x%08x", exception->code);
  reason.text = has_address ? arena_printf(arena, "%.*s at 0x%llx", SLICE_ARGS(reason.name),
                                           (unsigned long long)exception->parameters[1])
                            : reason.name;
  return reason;
}

static struct minidump_reason coded_reason(struct arena *arena, struct name_list names,
                                           const struct minidump_exception *exception,
                                           bool has_address) {
  const char *name = find_name(names, exception->code, 0);
  const char *detail =
      exception->flags ? find_name(names, exception->code, exception->flags) : NULL;
  struct minidump_reason reason = {.name = name ? slice_of_string(name)
                                                : arena_printf(arena, "0x%08x", exception->code)};
  reason.text = reason.name;
  if (detail) reason.text = arena_printf(arena, "%.*s / %s", SLICE_ARGS(reason.name), detail);
  if (has_address) {
    reason.text = arena_printf(arena, "%.*s at 0x%llx", SLICE_ARGS(reason.text),
                               (unsigned long long)exception->address);
  }
  return reason;
}

struct minidump_reason minidump_reason(struct arena *arena, const struct minidump *dump) {
  const struct minidump_exception *exception = &dump->exception;
  if (!dump->has_exception) {
    return (struct minidump_reason){SLICE("DUMP_REQUESTED"), SLICE("DUMP_REQUESTED")};
  }
  bool is_fault =
      exception->code == 4 || exception->code == 7 || exception->code == 8 || exception->code == 11;
  switch (dump->system) {
    case MINIDUMP_LINUX:
    case MINIDUMP_ANDROID: return coded_reason(arena, LIST(signals), exception, is_fault);
    case MINIDUMP_MACOS:
    case MINIDUMP_IOS:
      return coded_reason(arena, LIST(mach_exceptions), exception,
                          exception->code >= 1 && exception->code <= 3);
    default: return windows_reason(arena, exception);
  }
}
