/* option.h - reading a project's options: switches and lists, one item a line. */
#ifndef CULPRIT_EVENT_OPTION_H
#define CULPRIT_EVENT_OPTION_H

#include "event/event.h"

/* Lines of one list, and characters of one of them. */
#define LIMIT_OPTION_LINES 200
#define LIMIT_OPTION_LINE 200

struct option_list {
  struct arena *arena;
  struct pairs options;
  struct problem *problem; /* filled with the option's name as field; may be null */
};

/* "on" or "off"; absent is `otherwise`. */
enum status option_switch(const struct option_list *list, const char *name, bool otherwise,
                          bool *is_on) MUST_CHECK;
/* Lines that are not blank, without blanks around them, in the arena. STATUS_BAD_INPUT names the
 * line that is too long. */
enum status option_lines(const struct option_list *list, const char *name, size_t limit,
                         struct lines *lines) MUST_CHECK;

#endif
