/* group.h - groups ("errors" in the pages): the events with one cause. */
#ifndef CULPRIT_STORE_GROUP_H
#define CULPRIT_STORE_GROUP_H

#include "event/event.h"
#include "grouping/grouping.h"
#include "store/store.h"

enum group_status { GROUP_UNRESOLVED = 0, GROUP_RESOLVED = 1, GROUP_IGNORED = 2 };
#define GROUP_STATUS_COUNT 3
const char *group_status_name(enum group_status status); /* "unresolved" */
bool group_status_parse(struct slice name, enum group_status *status);

struct group {
  int64_t id, project_id;
  int64_t number; /* from 1 in its project; "APP-1A" is made of it */
  enum group_status status;
  bool is_regressed; /* was resolved, came back, and nobody acted since */
  bool is_unhandled;
  enum level level;
  struct slice error_type, error_value, title, culprit, location, platform,
      logger; /* of the latest event */
  int64_t first_seen_ms, last_seen_ms, status_changed_ms;
  int64_t event_count, user_count;
  int64_t strand_count; /* primary hashes that its events have; see strand.h. Not 1: several */
  int64_t merged_into;  /* the group that took its events; 0: it stands for itself */
  struct slice first_release, last_release; /* empty when events carry none */
};

enum group_sort { SORT_LAST_SEEN, SORT_FIRST_SEEN, SORT_FREQUENCY };

struct group_query {
  int64_t project_id;
  int status;           /* an enum group_status, or -1 for all */
  struct slice text;    /* in title or culprit, any case; empty for all */
  enum group_sort sort; /* always descending */
  size_t limit;         /* 1-100 */
  struct cursor cursor;
};

struct group_page {
  struct group *groups;
  size_t count;
  bool has_previous, has_next;
  struct cursor previous, next; /* valid when has_... */
};

void group_list(struct transaction *tx, struct arena *arena, const struct group_query *query,
                struct group_page *page);
/* The group with that id or number or, when it was merged, the one that has its events now. False:
 * there is none. */
bool group_get(struct transaction *tx, struct arena *arena, int64_t id, struct group *group);
/* The group itself, merged or not. */
bool group_get_itself(struct transaction *tx, struct arena *arena, int64_t id, struct group *group);
bool group_find_by_number(struct transaction *tx, struct arena *arena, int64_t project_id,
                          int64_t number, struct group *group);
/* How many groups of the project have each status. */
void group_count_by_status(struct transaction *tx, int64_t project_id,
                           int64_t counts[GROUP_STATUS_COUNT]);

/* Events in each of the `hours` hours that end with the hour of `now_ms`, oldest first. */
void group_hours(struct transaction *tx, int64_t group_id, int64_t now_ms, size_t hours,
                 int64_t *counts);

/* Tags of all events of a group: keys by name, values by count. Counts of a value are exact; per
 * key only the first STORE_TAG_VALUES_LIMIT values are told apart, events of the rest are in
 * `other`. */
struct tag_value {
  struct slice value;
  int64_t count, last_seen_ms;
};
struct tag_summary {
  struct slice key;
  int64_t total, other;
  struct tag_value *values;
  size_t value_count;
};
size_t group_tags(struct transaction *tx, struct arena *arena, int64_t group_id,
                  struct tag_summary **tags);

/* Sets status and is_regressed; keeps the counts by status right. */
void group_set_status(struct transaction *tx, int64_t group_id, enum group_status status,
                      bool is_regressed, int64_t now_ms);

enum activity_kind {
  ACTIVITY_FIRST_SEEN = 1,
  ACTIVITY_RESOLVED = 2,
  ACTIVITY_UNRESOLVED = 3,
  ACTIVITY_IGNORED = 4,
  ACTIVITY_REGRESSED = 5,
  ACTIVITY_ISSUE_CREATED = 6,
  ACTIVITY_ISSUE_CLOSED = 7, /* because the error was resolved */
  ACTIVITY_ISSUE_REOPENED = 8,
  ACTIVITY_ISSUE_LINKED = 9,  /* one that another tracker named */
  ACTIVITY_COMMENT = 10,      /* data: the text */
  ACTIVITY_MERGED = 21,       /* data: the short ids of the errors that came in, with commas */
  ACTIVITY_SPLIT_OFF = 22,    /* of the source; data: the short id of the new error */
  ACTIVITY_SPLIT_FROM = 23,   /* of the new error; data: the short id of the source */
  ACTIVITY_MERGE_UNDONE = 24, /* data: as of MERGED */
  ACTIVITY_SPLIT_UNDONE = 25, /* data: as of SPLIT_OFF */
};
struct activity {
  int64_t id, group_id, time_ms;
  enum activity_kind kind;
  int64_t user_id; /* 0: the server itself, or somebody without an account here, who has a name */
  struct slice username, user_name, user_email;
  /* REGRESSED: event id in hexadecimal; ISSUE_…: the issue's number, or its URL elsewhere. */
  struct slice data;
  struct slice release; /* REGRESSED: the event's release */
};
void activity_add(struct transaction *tx, const struct activity *activity);
/* Newest first. */
size_t activity_list(struct transaction *tx, struct arena *arena, int64_t group_id, size_t limit,
                     struct activity **activities);

int64_t activity_count(struct transaction *tx, int64_t group_id, enum activity_kind kind);

/* The issue that a group is linked to; one at most, enforced by the store. */
struct issue_link {
  int64_t group_id, project_id, created_ms;
  struct slice forge; /* "builtin" or the name of a forge */
  int64_t number;     /* the issue's number in its tracker */
  struct slice url;   /* empty for the built-in tracker */
};
bool issue_link_find(struct transaction *tx, struct arena *arena, int64_t group_id,
                     struct issue_link *link);
/* By project_id, forge and number of `link`, which gets the rest. */
bool issue_link_find_by_number(struct transaction *tx, struct arena *arena,
                               struct issue_link *link);
/* STATUS_CONFLICT when the group has one already. */
enum status issue_link_create(struct transaction *tx, const struct issue_link *link,
                              struct problem *problem) MUST_CHECK;
/* In place of the one that the group may have. */
void issue_link_set(struct transaction *tx, const struct issue_link *link);

#endif
