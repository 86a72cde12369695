/* config.c - see config.h. A pure reader: it knows no names and gives no meaning to values. */
#include "base/config.h"

#include "base/banned.h"

static bool has_control_character(struct slice s) {
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    if ((c < 0x20 && c != '\t') || c == 0x7f) return true;
  }
  return false;
}

static bool is_name(struct slice s) {
  for (size_t i = 0; i < s.len; i++) {
    char c = s.ptr[i];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return s.len > 0;
}

enum status config_next(struct config_reader *reader, struct config_entry *entry,
                        struct problem *problem) {
  while (reader->rest.len) {
    struct slice line = slice_trim(slice_split(&reader->rest, '\n'));
    reader->line++;
    if (!line.len || line.ptr[0] == '#') continue;
    if (has_control_character(line))
      return problem_set(problem, STATUS_BAD_INPUT, "Line %u holds a control character.",
                         reader->line);
    size_t equals = slice_find_byte(line, '=');
    entry->name = slice_trim(slice_upto(line, equals));
    entry->value = slice_trim(slice_from(line, equals + 1));
    if (equals == line.len || !is_name(entry->name))
      return problem_set(problem, STATUS_BAD_INPUT,
                         "Line %u is not of the form \"name = value\", with a name of lower-case "
                         "letters, digits and dashes.",
                         reader->line);
    return STATUS_OK;
  }
  return STATUS_END;
}
