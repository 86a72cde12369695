/* minidump_walk.c - the frames of a dump's thread: the registers give the first, frame pointers the
 * others, as far as code keeps them.
 *
 *        stack: … [saved frame pointer][return address] …
 *                  ▲                    └─► the caller's frame
 *    frame pointer ┘└─► the next pair, at a higher address
 *
 * A frame counts when its address lies in a module; the walk ends where one does not.
 */
#include <string.h>

#include "event/minidump.h"

#include "base/banned.h"

struct register_place {
  const char *name;
  unsigned short offset;
};

/* Where a context has what; Microsoft's and Breakpad's CONTEXT structures. */
struct machine {
  uint16_t processor;
  unsigned char word; /* bytes of an address */
  unsigned short least, instruction, frame_pointer;
  struct register_place registers[18];
};

static const struct machine machines[] = {
    {MINIDUMP_X86,
     4,
     200,
     0xb8,
     0xb4,
     {{"eip", 0xb8},
      {"esp", 0xc4},
      {"ebp", 0xb4},
      {"eax", 0xb0},
      {"ebx", 0xa4},
      {"ecx", 0xac},
      {"edx", 0xa8},
      {"esi", 0xa0},
      {"edi", 0x9c},
      {"eflags", 0xc0}}},
    {MINIDUMP_AMD64,
     8,
     256,
     0xf8,
     0xa0,
     {{"rip", 0xf8},
      {"rsp", 0x98},
      {"rbp", 0xa0},
      {"rax", 0x78},
      {"rbx", 0x90},
      {"rcx", 0x80},
      {"rdx", 0x88},
      {"rsi", 0xa8},
      {"rdi", 0xb0},
      {"r8", 0xb8},
      {"r9", 0xc0},
      {"r10", 0xc8},
      {"r11", 0xd0},
      {"r12", 0xd8},
      {"r13", 0xe0},
      {"r14", 0xe8},
      {"r15", 0xf0}}},
    {MINIDUMP_ARM,
     4,
     68,
     64,
     48,
     {{"pc", 64},
      {"lr", 60},
      {"sp", 56},
      {"r0", 4},
      {"r1", 8},
      {"r2", 12},
      {"r3", 16},
      {"r4", 20},
      {"r5", 24},
      {"r6", 28},
      {"r7", 32},
      {"r8", 36},
      {"r9", 40},
      {"r10", 44},
      {"r11", 48},
      {"r12", 52}}},
    {MINIDUMP_ARM64,
     8,
     272,
     264,
     240,
     {{"pc", 264},
      {"lr", 248},
      {"sp", 256},
      {"fp", 240},
      {"x0", 8},
      {"x1", 16},
      {"x2", 24},
      {"x3", 32},
      {"x4", 40},
      {"x5", 48},
      {"x6", 56},
      {"x7", 64},
      {"x8", 72},
      {"x19", 160},
      {"x20", 168},
      {"x21", 176},
      {"x22", 184}}},
};

static const struct machine *machine_of(uint16_t processor) {
  if (processor == MINIDUMP_ARM64_OLD) processor = MINIDUMP_ARM64; /* what is read lies the same */
  for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
    if (machines[i].processor == processor) return &machines[i];
  }
  return NULL;
}

static bool read_word(struct slice bytes, uint64_t at, size_t size, uint64_t *value) {
  *value = 0;
  if (at > bytes.len || size > bytes.len - at) return false;
  memcpy(value, bytes.ptr + at, size);
  return true;
}

/* The module that holds the address; modules are sorted by their start. */
static struct minidump_module *find_module(const struct minidump *dump, uint64_t address) {
  size_t low = 0, high = dump->module_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (dump->modules[middle].base <= address)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0) return NULL;
  struct minidump_module *module = &dump->modules[low - 1];
  return address - module->base < module->size ? module : NULL;
}

static void add_frame(const struct minidump *dump, struct minidump_thread *thread,
                      uint64_t instruction) {
  struct minidump_module *module = find_module(dump, instruction);
  if (module) module->is_used = true;
  thread->frames[thread->frame_count] = (struct minidump_frame){
      .instruction = instruction, .module = module, .is_context = thread->frame_count == 0};
  thread->frame_count++;
}

static void read_registers(struct arena *arena, const struct machine *machine,
                           struct minidump_thread *thread) {
  size_t limit = sizeof machine->registers / sizeof machine->registers[0];
  thread->registers = ARENA_ARRAY(arena, limit, struct minidump_register);
  for (size_t i = 0; i < limit && machine->registers[i].name; i++) {
    struct minidump_register *item = &thread->registers[thread->register_count++];
    item->name = machine->registers[i].name;
    if (!read_word(thread->context, machine->registers[i].offset, machine->word, &item->value))
      thread->register_count--;
  }
}

void minidump_walk(struct arena *arena, const struct minidump *dump, struct minidump_thread *thread,
                   size_t limit) {
  const struct machine *machine = machine_of(dump->processor);
  uint64_t instruction, pointer, next;
  if (!machine || limit == 0 || thread->context.len < machine->least) return;
  read_registers(arena, machine, thread);
  read_word(thread->context, machine->instruction, machine->word, &instruction);
  read_word(thread->context, machine->frame_pointer, machine->word, &pointer);
  if (instruction == 0 && pointer == 0) return;
  thread->frames = ARENA_ARRAY(arena, limit, struct minidump_frame);
  add_frame(dump, thread, instruction);
  while (thread->frame_count < limit && pointer >= thread->stack_start) {
    uint64_t at = pointer - thread->stack_start;
    if (!read_word(thread->stack, at, machine->word, &next)) return;
    if (!read_word(thread->stack, at + machine->word, machine->word, &instruction)) return;
    if (!find_module(dump, instruction)) return;
    add_frame(dump, thread, instruction);
    if (next <= pointer) return;
    pointer = next;
  }
}
