/* option.c - reading a project's options; see option.h. */
#include "event/option.h"

#include "base/banned.h"

enum status option_switch(const struct option_list *list, const char *name, bool otherwise,
                          bool *is_on) {
  struct slice value = pairs_get(list->options, slice_of_string(name));
  *is_on = slice_is_empty(value) ? otherwise : slice_equal(value, SLICE("on"));
  if (slice_is_empty(value) || *is_on || slice_equal(value, SLICE("off"))) return STATUS_OK;
  return problem_set_field(list->problem, STATUS_BAD_INPUT, name, "%s has to be \"on\" or \"off\".",
                           name);
}

enum status option_lines(const struct option_list *list, const char *name, size_t limit,
                         struct lines *lines) {
  struct slice rest = pairs_get(list->options, slice_of_string(name));
  size_t room = 1, number = 0;
  for (size_t i = 0; i < rest.len; i++) room += rest.ptr[i] == '\n';
  *lines = (struct lines){ARENA_ARRAY(list->arena, room, struct slice), 0};
  while (!slice_is_empty(rest)) {
    struct slice line = slice_trim(slice_split(&rest, '\n'));
    number++;
    if (slice_is_empty(line)) continue;
    if (slice_cut_characters(line, LIMIT_OPTION_LINE).len < line.len) {
      return problem_set_field(list->problem, STATUS_BAD_INPUT, name,
                               "Line %zu is too long: at most %d characters.", number,
                               LIMIT_OPTION_LINE);
    }
    lines->items[lines->count++] = line;
  }
  if (lines->count <= limit) return STATUS_OK;
  return problem_set_field(list->problem, STATUS_BAD_INPUT, name,
                           "The list has %zu lines; at most %zu are taken.", lines->count, limit);
}
