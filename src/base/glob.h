/* glob.h - patterns in which "*" stands for any text, also none; nothing else is special.
 *
 * Letters are compared without case (ASCII). A pattern is kept as the texts between its stars, and
 * each is looked for once, from where the one before it was found: the time is linear in the text,
 * whatever the pattern.
 */
#ifndef CULPRIT_BASE_GLOB_H
#define CULPRIT_BASE_GLOB_H

#include "base/arena.h"

struct glob {
  struct slice *pieces; /* in lower case, none empty */
  size_t count;
  bool is_open_at_start, is_open_at_end; /* a star is there */
};

/* From the arena. The pattern may go afterwards. */
struct glob glob_make(struct arena *arena, struct slice pattern);
/* Text in lower case, for glob_match() with many patterns. From the arena. */
struct slice glob_text(struct arena *arena, struct slice text);
/* Whether the whole of `text`, which glob_text() made, is what the pattern says. */
bool glob_match(const struct glob *glob, struct slice text);

#endif
