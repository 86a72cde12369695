/* import.h - what came from another server: how far reading it is, so that it goes on where it was
 * cut off, and comes once.
 *
 *   import (project ◄── that server's project) ──► import_issue (its issue ──► our group)
 *
 * Written in the transactions that bring the events themselves, so that neither is there without
 * the other. Ids of issues are that server's.
 */
#ifndef CULPRIT_STORE_IMPORT_H
#define CULPRIT_STORE_IMPORT_H

#include "store/event.h"

struct import {
  int64_t project_id; /* here */
  struct slice url;   /* of the server, without a slash at the end */
  struct slice organization, project;
};
/* Its id; 0: nothing ever came from there. */
int64_t import_find(struct transaction *tx, const struct import *import);
/* The same, made when there is none. */
int64_t import_begin(struct transaction *tx, const struct import *import);

enum import_stage {
  IMPORT_IDLE = 0,
  IMPORT_READING = 1, /* its events are being read, or that was cut off */
  IMPORT_READ = 2,    /* they are read, and the rest of it is to come */
};
struct import_issue {
  int64_t import_id, issue_id;
  int64_t group_id; /* that is made of the issue; 0: none, all its events are in others' groups */
  int64_t
      other_id; /* a group of another issue or of our own that has events of this one; 0: none */
  bool is_made; /* the group was made for the issue */
  bool is_complete; /* it was read to its end once */
  enum import_stage stage;
  struct slice cursor;               /* where reading goes on; empty: at the newest event */
  int64_t event_count;               /* events that came */
  int64_t known_count;               /* the same, and those that were here before */
  int64_t extra_events, extra_users; /* counted in the group, though no event of theirs came */
  /* What the other server said when it was read to its end last: to see what changed. */
  int64_t last_seen_ms, remote_count, comment_count;
  struct slice status;
  int64_t status_ms;   /* when its status was set here: to see whether somebody changed it since */
  int64_t activity_id; /* the newest of its activities that came */
};
bool import_issue_get(struct transaction *tx, struct arena *arena, int64_t import_id,
                      int64_t issue_id, struct import_issue *issue);
void import_issue_set(struct transaction *tx, const struct import_issue *issue);
/* The issue that a group was made of, or 0. */
int64_t import_issue_of_group(struct transaction *tx, int64_t import_id, int64_t group_id);

/* What issues that are of no group of their own have in a group. */
struct import_sharing {
  bool is_shared, has_unresolved;
};
struct import_sharing import_sharing(struct transaction *tx, int64_t import_id, int64_t group_id);

/* Sums over the issues of an import. */
struct import_totals {
  int64_t issues, complete, events, extra_events;
};
struct import_totals import_totals(struct transaction *tx, int64_t import_id);

/* --- taking events in; on the writer thread --------------------------------------- */

/* As digest_find_group() when it finds a group: the event becomes one of that group, which owns its
 * hashes from now on. None of them may be known. */
void digest_join_group(struct transaction *tx, const struct digest *digest, int64_t group_id,
                       struct group *group);

/* Adds to a group what is known of it besides its events; numbers may be negative. */
struct group_extra {
  int64_t events, users;
  int64_t first_seen_ms, last_seen_ms; /* widen what the group has; 0: not known */
  struct slice first_release;          /* empty: not known */
};
void group_add_extra(struct transaction *tx, int64_t group_id, const struct group_extra *extra);

#endif
