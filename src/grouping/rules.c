/* rules.c - compiles rules: our own once, a project's whenever they change. */
#include "grouping/rules_index.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

static void rule_set_compile(struct arena *arena, struct rule_list list, struct rule_set *set) {
  set->list = list;
  for (enum rule_pass pass = 0; pass < RULE_PASSES; pass++) {
    set->passes[pass] = rule_index_build(arena, list, pass);
  }
}

static enum status compile_part(struct arena *arena, struct slice text, enum rule_kind kind,
                                struct rule_list *list, struct problem *problem) {
  bool is_stack = kind == STACK_TRACE_RULES;
  const char *field = is_stack ? "enhancements" : "fingerprints";
  if (text.len > GROUPING_RULES_TEXT_LIMIT) {
    return problem_set_field(problem, STATUS_BAD_INPUT, field, "The rules are longer than %d KiB.",
                             GROUPING_RULES_TEXT_LIMIT / 1024);
  }
  enum status status = rules_parse(arena, text, kind, GROUPING_RULES_LIMIT, list, problem);
  if (status && problem) {
    struct slice name = slice_of_string(field);
    memcpy(problem->field, name.ptr, name.len + 1);
  }
  return status;
}

enum status grouping_rules_compile(struct arena *arena, const struct grouping_rules_text *text,
                                   const struct grouping_rules **rules, struct problem *problem) {
  struct grouping_rules *compiled = ARENA_NEW(arena, struct grouping_rules);
  struct rule_list enhancements;
  enum status status =
      compile_part(arena, text->enhancements, STACK_TRACE_RULES, &enhancements, problem);
  if (status) return status;
  status =
      compile_part(arena, text->fingerprints, FINGERPRINT_RULES, &compiled->fingerprints, problem);
  if (status) return status;
  rule_set_compile(arena, enhancements, &compiled->own);
  *rules = compiled;
  return STATUS_OK;
}

/* --- our own --------------------------------------------------------------------- */

static struct rules_base base;

static void check(enum status status, const struct problem *problem) {
  if (status == STATUS_OK) return;
  fprintf(stderr, "rules_base.c: %s\n", problem->message);
  abort();
}

static void compile_base(void) {
  static struct arena arena; /* lives as long as the process */
  struct problem problem = {0};
  struct slice text = SLICE_EMPTY;
  struct rule_list list;
  const char *const *const parts[] = {rules_base_places, rules_base_native, rules_base_rest};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    for (const char *const *part = parts[i]; *part; part++) {
      text = arena_concat(&arena, text, slice_of_string(*part));
    }
  }
  check(rules_parse(&arena, text, STACK_TRACE_RULES, SIZE_MAX, &list, &problem), &problem);
  rule_set_compile(&arena, list, &base.set);
  text = slice_of_string(rules_base_fingerprints);
  check(rules_parse(&arena, text, FINGERPRINT_RULES, SIZE_MAX, &base.fingerprints, &problem),
        &problem);
}

const struct rules_base *rules_base(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, compile_base);
  return &base;
}
