/* form_token.h - the CSRF token as it stands in a page. */
#ifndef CULPRIT_WEB_FORM_TOKEN_H
#define CULPRIT_WEB_FORM_TOKEN_H

#include "base/arena.h"
#include "base/slice.h"

/* A token for the forms of one page, from the arena; different each time. */
struct slice form_token_make(struct arena *arena, struct slice session);
/* Whether it was made for that session. Takes the same time for every wrong one of its length. */
bool form_token_check(struct arena *arena, struct slice session, struct slice token);

#endif
