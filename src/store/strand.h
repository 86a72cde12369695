/* strand.h - the strands of a group: its events by their primary hash, and moving them.
 *
 *   hash ──► strand ──► group            event_DAY: row ──► strand
 *   a1 ────► 7  (a1) ──► 1
 *   a2 ────► 7                           Merging groups, splitting one and taking that back only
 *   b1 ────► 9  (b1) ──► 1 (was 2)       changes which group a strand belongs to: no event is
 *                                        touched, and what was counted of events that have
 *                                        expired goes along.
 *
 * A strand has its own figures: events, hours, users, tags, first and last seen. As long as a group
 * has a single strand, the group's row holds them.
 *
 * Every change is kept with what it moved, so that it can be undone.
 */
#ifndef CULPRIT_STORE_STRAND_H
#define CULPRIT_STORE_STRAND_H

#include "store/event.h"

struct strand {
  int64_t id;
  struct group_hash hash; /* the primary hash of its events */
  int64_t tied_to;        /* the strand that people merged it with; 0: none */
  bool is_apart;          /* people split it off: only its primary hash counts for it */
  struct group own;       /* its figures and texts; not number and status */
};

/* The strands of a group, oldest first. */
size_t strand_list(struct transaction *tx, struct arena *arena, int64_t group_id,
                   struct strand **strands);
/* The latest kept event of a strand; false when all have expired. */
bool strand_latest_event(struct transaction *tx, int64_t strand_id, struct event_row *row);

/* --- changes ------------------------------------------------------------------------ */

enum change_kind { CHANGE_MERGE = 1, CHANGE_SPLIT = 2, CHANGE_REGROUP = 3 };

struct group_change {
  int64_t id, project_id;
  enum change_kind kind;
  int64_t group_id; /* MERGE: what the others were merged into; SPLIT: what strands were taken from;
                       REGROUP: 0 */
  int64_t other_id; /* SPLIT: the new group */
  int64_t user_id, time_ms, undone_ms; /* undone_ms 0: stands */
  struct slice username, user_name;
};

/* Merges the groups into `parent`; all are of one project and none is merged yet. Links to issues
 * go along when the parent has none. */
struct merge {
  int64_t parent, user_id, now_ms;
  const int64_t *children;
  size_t child_count;
};
void change_merge(struct transaction *tx, const struct merge *merge, struct group_change *change);

/* Splits strands off a group into a new one; some but not all of its strands. The new group gets
 * the status of the old one. */
struct split {
  int64_t group_id, user_id, now_ms;
  const int64_t *strands;
  size_t strand_count;
};
void change_split(struct transaction *tx, const struct split *split, struct group_change *change);

/* Whether everything is still where the change left it, so that it can be undone. */
bool change_is_undoable(struct transaction *tx, const struct group_change *change);
/* Puts everything back. Only when change_is_undoable(). */
void change_undo(struct transaction *tx, const struct group_change *change, int64_t now_ms);

bool change_get(struct transaction *tx, struct arena *arena, int64_t id,
                struct group_change *change);
/* Changes that a group took part in and that still stand, newest first. */
size_t change_list(struct transaction *tx, struct arena *arena, int64_t group_id, size_t limit,
                   struct group_change **changes);
/* The groups that a merge took in. */
size_t change_children(struct transaction *tx, struct arena *arena,
                       const struct group_change *change, struct group **children);

#endif
