/* config.h - configuration files: one `name = value` a line, '#' starts a comment line. */
#ifndef CULPRIT_BASE_CONFIG_H
#define CULPRIT_BASE_CONFIG_H

#include "base/slice.h"
#include "base/status.h"

struct config_reader {
  struct slice rest; /* of the text; borrowed */
  unsigned line;     /* of what was read last, from 1; 0 at the start */
};

struct config_entry {
  struct slice name, value; /* trimmed parts of the text; the value may be empty */
};

/* Moves to the next entry. STATUS_END after the last one; STATUS_BAD_INPUT, naming the line, where
 * a line is neither an entry, a comment nor blank, or holds a control character. */
enum status config_next(struct config_reader *reader, struct config_entry *entry,
                        struct problem *problem) MUST_CHECK;

#endif
