/* option_form.h - forms over a project's options: switches and lists by the options' names. */
#ifndef CULPRIT_WEB_OPTION_FORM_H
#define CULPRIT_WEB_OPTION_FORM_H

#include "web/web.h"

/* A box that can be ticked. Fields of forms are called as the options are. */
struct option_switch {
  const char *name; /* "filter.localhost" */
  bool otherwise;   /* what counts when nothing is kept */
  const char *title, *help;
};

/* The options as a form has them: from the store, or from what was just sent. */
struct pairs option_form_load(struct web *web);
/* A switch is kept as "on" or "off" only when it differs from its default, a list as lines without
 * carriage returns. Both lists of names; what `lists` names ends with a null pointer. */
struct pairs option_form_read(struct web *web, const struct option_switch *switches, size_t count,
                              const char *const *lists);
bool option_form_is_on(struct pairs options, const struct option_switch *choice);

#endif
