/* scrub_options.c - a project's options to a scrubber; see docs/scrubbing.md. */
#include "event/limits.h"
#include "event/option.h"
#include "event/scrub_parts.h"

#include "base/banned.h"

enum status scrubber_compile(struct arena *arena, struct pairs options,
                             const struct scrubber **result, struct problem *problem) {
  struct scrubber *scrubber = ARENA_NEW(arena, struct scrubber);
  struct lines fields = {0}, rules = {0};
  const struct option_list list = {arena, options, problem};
  scrub_text_prepare();
  if (option_switch(&list, "scrub.enabled", true, &scrubber->is_enabled) ||
      option_switch(&list, "scrub.defaults", true, &scrubber->has_defaults) ||
      option_switch(&list, "scrub.ip", false, &scrubber->removes_addresses) ||
      option_lines(&list, "scrub.fields", LIMIT_OPTION_LINES, &fields) ||
      option_lines(&list, "scrub.safe_fields", LIMIT_OPTION_LINES, &scrubber->safe_fields) ||
      option_lines(&list, "scrub.rules", SCRUB_RULES, &rules) ||
      scrub_rules_compile(arena, rules, scrubber, problem)) {
    return STATUS_BAD_INPUT;
  }
  if (scrubber->has_defaults) scrubber->keys = key_matcher_default();
  scrubber->fields = key_matcher_make(arena, fields.items, fields.count);
  *result = scrubber;
  return STATUS_OK;
}
