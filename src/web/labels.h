/* labels.h - short words and marks for what events carry, as pages show them. */
#ifndef CULPRIT_WEB_LABELS_H
#define CULPRIT_WEB_LABELS_H

#include "event/event.h"

/* Class and icon of a level; never colour alone, so that the name stands beside it. */
struct level_mark {
  const char *css_class, *icon;
};
struct level_mark level_mark(enum level level);
/* The same for the level of a breadcrumb, by name; anything unknown is "info". */
struct level_mark level_mark_of_name(struct slice name);

/* Two letters for a platform: "py"; the platform's own first two when it is not known. */
struct slice platform_mark(struct slice platform);
/* What people call it: "Python"; the platform's own name when it is not known. */
struct slice platform_title(struct slice platform);

/* "react.error_boundary" for "auto.function.react.error_boundary": without the parts that say
 * nothing to people. Borrows. */
struct slice mechanism_title(struct slice type);

#endif
