/* regroup.h - the store's side of regrouping: reading all events of a project in slices, and moving
 * them in small transactions that can be taken up again where a kill left them.
 *
 *   SPLITTING     events of a strand whose hashes differ now get strands of their own, in the same
 *                 group: no group's figures change, nobody sees it
 *   SWITCHING     what the plan noted is done: strands change groups, hashes are forgotten
 *   SETTLING      the figures of all groups that took part are summed up again
 *   TITLING       tracker/regroup.c gives these groups the titles of their latest events
 *   LEADING_BACK  taking back: hashes lead to their strands before the rules change back
 *   UNDOING       strands go back; then SETTLING
 *
 * One change of this kind runs at a time in a project, and merges and splits are refused meanwhile.
 */
#ifndef CULPRIT_STORE_REGROUP_H
#define CULPRIT_STORE_REGROUP_H

#include "store/strand.h"

enum regroup_state {
  REGROUP_DONE = 0,
  REGROUP_SPLITTING = 1,
  REGROUP_SWITCHING = 2,
  REGROUP_SETTLING = 3,
  REGROUP_UNDOING = 4,
  REGROUP_LEADING_BACK = 5,
  REGROUP_TITLING = 6,
};

/* --- reading --------------------------------------------------------------------------- */

struct regroup_event {
  int64_t ref, strand_id, timestamp_ms, received_ms;
  struct slice json; /* empty when it cannot be read */
};
/* Events in the order of arrival, behind `after_ref`. Those of one strand, or (0) of the project.
 * Up to `limit` rows are looked at, so that the snapshot is short; returns the last ref looked at,
 * 0 at the end. */
struct regroup_scan {
  int64_t project_id, strand_id, after_ref;
  int64_t until_ref; /* the last one of interest; 0: all */
  size_t limit;
  void (*take)(void *context, const struct regroup_event *event);
  void *context;
  struct arena *arena; /* for one event's JSON; reset before each */
};
int64_t regroup_scan(struct transaction *tx, const struct regroup_scan *scan);
/* The first and last ref of each day, oldest first; rows between them follow each other. */
struct regroup_day {
  int64_t first_ref, last_ref;
};
size_t regroup_days(struct transaction *tx, struct arena *arena, struct regroup_day **days);

struct regroup_strand {
  int64_t id, group_id, tied_to;
  bool is_apart,
      is_unsettled; /* is_unsettled: events were taken from it, its figures are not done */
  struct group_hash hash;
};
size_t regroup_strands(struct transaction *tx, struct arena *arena, int64_t project_id,
                       struct regroup_strand **strands);
struct regroup_known_hash {
  struct group_hash hash;
  int64_t strand_id;
};
size_t regroup_hashes(struct transaction *tx, struct arena *arena, int64_t project_id,
                      struct regroup_known_hash **hashes);

/* --- a running change ---------------------------------------------------------------------- */

struct regroup_run {
  int64_t change_id, project_id;
  enum regroup_state state;
};
/* One that was not finished; of the project, or (0) of any. */
bool regroup_unfinished(struct transaction *tx, int64_t project_id, struct regroup_run *run);
/* Begins a change. With `rules` the project's options were changed, and undoing restores them. */
struct regroup_rules {
  struct slice stack, fingerprints;
};
int64_t regroup_begin(struct transaction *tx, int64_t project_id, int64_t now_ms,
                      const struct regroup_rules *before);
/* What regroup_begin() was given; false when rules were not changed by it. */
bool regroup_rules_before(struct transaction *tx, struct arena *arena, int64_t change_id,
                          struct regroup_rules *rules);
void regroup_set_state(struct transaction *tx, int64_t change_id, enum regroup_state state);

/* Forgets what was noted, to begin again; not what hashes led to before. */
void regroup_clear(struct transaction *tx, int64_t change_id);

/* Splitting. The strand that this change made in the same group for that primary hash, and for what
 * people split off if `strand_id` is of it; made when there is none. */
int64_t regroup_part_strand(struct transaction *tx, const struct regroup_run *run,
                            int64_t strand_id, const struct group_hash *hash);
/* From now on events with that hash come to the strand. One that was made for it behind
 * `last_strand`, which the plan does not know, is noted to go to `to_group` as well. */
struct regroup_lead {
  struct group_hash hash;
  int64_t to_strand, to_group, last_strand;
};
void regroup_lead_hash(struct transaction *tx, const struct regroup_run *run,
                       const struct regroup_lead *lead);
/* The one that regroup_part_strand() made, or 0. */
int64_t regroup_find_strand(struct transaction *tx, const struct regroup_run *run,
                            int64_t strand_id, const struct group_hash *hash);
/* Moves one event, if it is still in `from`. */
void regroup_move(struct transaction *tx, int64_t ref, const int64_t from_to[2],
                  const struct digest *digest);
/* Users of a strand, as hashes; and the hash of one. */
size_t regroup_users(struct transaction *tx, struct arena *arena, int64_t strand_id,
                     int64_t **users);
int64_t regroup_user_hash(struct transaction *tx, struct slice identity);
/* Takes users away that the strand has no events of any more; with `is_rest` the strand counts
 * expired events too, and only users that another strand of the group has are taken. */
void regroup_drop_users(struct transaction *tx, int64_t strand_id, const int64_t *users,
                        size_t count, bool is_rest);
/* The strand's figures from its stored events; its count tells whether expired ones are in it.
 * Ends being unsettled. */
void regroup_settle_strand(struct transaction *tx, int64_t strand_id, const struct group *rest);
int64_t regroup_strand_events(struct transaction *tx, int64_t strand_id);

/* Noting what is to be done. A strand gets its new primary hash at once. */
struct regroup_step {
  int64_t strand_id, to_group;
  struct group_hash to_hash;
};
void regroup_note_strand(struct transaction *tx, int64_t change_id,
                         const struct regroup_step *step);
/* A hash that no event has any more is to be forgotten. */
void regroup_note_old_hash(struct transaction *tx, const struct regroup_run *run,
                           const struct group_hash *hash);
/* A group that gets its first strands by the change; with the texts of one of its strands. */
int64_t regroup_new_group(struct transaction *tx, const struct regroup_run *run,
                          int64_t source_group, int64_t now_ms);
void regroup_note_joined(struct transaction *tx, int64_t change_id, int64_t group_id, int64_t into);
/* A group that only gets another title. */
void regroup_note_renamed(struct transaction *tx, int64_t change_id, int64_t group_id);
/* The groups of a change that stand. */
size_t regroup_groups(struct transaction *tx, struct arena *arena, int64_t change_id,
                      int64_t **group_ids);
/* Gives the group the texts of `digest`, if that still is its latest event. */
void regroup_retitle(struct transaction *tx, int64_t group_id, const struct digest *digest);

/* Doing it: the next batch of the state the change is in; moves to the next state when there is
 * nothing left. In SPLITTING and TITLING it is the caller who says when that is. */
void regroup_advance(struct transaction *tx, const struct regroup_run *run, int64_t now_ms);

/* The last change that stands and can be undone; false when there is none. */
bool regroup_last(struct transaction *tx, int64_t project_id, int64_t *change_id);

#endif
