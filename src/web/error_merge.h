/* error_merge.h - merging errors, splitting them and taking that back, as forms. */
#ifndef CULPRIT_WEB_ERROR_MERGE_H
#define CULPRIT_WEB_ERROR_MERGE_H

#include "source/source.h"
#include "store/strand.h"
#include "web/web.h"

/* At most so many errors of a page are chosen at once. */
#define ERROR_CHOICES_LIMIT 100

/* Does what the button "bulk" of the list's form says ("resolve", "ignore", "unresolve", "merge")
 * with the errors that are ticked; `shown` as in error_set_status(). Leaves a message for the next
 * page. False: a problem page was sent. */
bool error_act_on_many(struct web *web, const struct source_page *shown);

/* --- the part of the details page ------------------------------------------------------ */

#define HASHES_SHOWN 100
#define CHANGES_SHOWN 20

struct hash_view {
  struct slice hash; /* 32 hexadecimal digits */
  struct slice title;
  int64_t event_count, last_seen_ms;
};
struct change_view {
  int64_t id;
  const char *text; /* "Merged with", "Split off" */
  struct slice what, who;
  int64_t time_ms;
  bool is_undoable;
};
struct hashes_view {
  struct slice address; /* where the forms lead */
  struct hash_view *hashes;
  size_t hash_count; /* a single one is not shown */
  struct change_view *changes;
  size_t change_count;
};
/* Read in the snapshot `tx`; everything from web->arena. */
void error_hashes_read(struct web *web, struct transaction *tx, const struct group *group,
                       struct hashes_view *view);

/* POST .../{id}/hashes: splits the chosen hashes off, or takes a change back. */
http_handler error_hashes_act;

#endif
