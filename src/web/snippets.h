/* snippets.h - how to set up an SDK, for the settings page. */
#ifndef CULPRIT_WEB_SNIPPETS_H
#define CULPRIT_WEB_SNIPPETS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

struct snippet {
  const char *id;    /* in addresses */
  const char *title; /* "Python" */
  const char *file;  /* a file name of its language */
  const char *text;  /* with SNIPPET_DSN where the DSN belongs */
};

#define SNIPPET_DSN "{dsn}"

extern const struct snippet snippets[];
extern const size_t snippet_count;

/* The one of that id, else the one for a project's platform, else the first. */
const struct snippet *snippet_find(struct slice id, struct slice platform);

/* The text with the DSN in its place, from the arena. */
struct slice snippet_text(struct arena *arena, const struct snippet *snippet, struct slice dsn);

#endif
