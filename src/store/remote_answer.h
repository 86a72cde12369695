/* remote_answer.h - the last good answer of a connected Sentry to each question, so that what is
 * known can be shown at once, and while that server is down.
 *
 * A question is the path and query below the connection's URL. Answers are kept compressed.
 */
#ifndef CULPRIT_STORE_REMOTE_ANSWER_H
#define CULPRIT_STORE_REMOTE_ANSWER_H

#include "store/store.h"

struct remote_answer {
  struct slice body, link; /* `link`: the Link header */
  int64_t hits;            /* the X-Hits header; -1: none */
  int64_t asked_ms;        /* when the question was sent: what happened later may be missing */
};

bool remote_answer_find(struct transaction *tx, struct arena *arena, int64_t project_id,
                        struct slice question, struct remote_answer *answer);

/* Compresses a body for remote_answer_keep(), on any thread. From the arena. */
struct slice remote_answer_pack(struct arena *arena, struct slice body);
/* Keeps an answer, whose body is packed, in place of an older one. The oldest of a project's
 * answers go when there are more than STORE_REMOTE_ANSWERS. */
void remote_answer_keep(struct transaction *tx, int64_t project_id, struct slice question,
                        const struct remote_answer *packed);
/* The same answer came again. */
void remote_answer_touch(struct transaction *tx, int64_t project_id, struct slice question,
                         int64_t asked_ms);
void remote_answer_forget(struct transaction *tx, int64_t project_id);

#endif
