/* issue.h - the built-in issue tracker's rows: issues and their notes. */
#ifndef CULPRIT_STORE_ISSUE_H
#define CULPRIT_STORE_ISSUE_H

#include "store/store.h"

struct issue {
  int64_t id, project_id;
  int64_t number;                            /* from 1 in its project: "#3" */
  int64_t created_ms, updated_ms, closed_ms; /* closed_ms 0: open */
  int64_t author_id;
  struct slice author_username, author_name;
  struct slice title, description; /* description: Markdown */
  int64_t note_count;
};

enum note_kind {
  NOTE_COMMENT = 1,
  NOTE_CLOSED = 2,
  NOTE_REOPENED = 3,
  NOTE_RESOLVED = 4 /* closed as its error was resolved */,
  NOTE_REGRESSED = 5
};
struct note {
  int64_t id, issue_id, author_id /* 0: the server */, created_ms;
  enum note_kind kind;
  struct slice author_username, author_name, body;
};

struct issue_query {
  int64_t project_id;
  int is_open;       /* 1 open, 0 closed, -1 all */
  struct slice text; /* in the title, any case */
  size_t limit;
  struct cursor cursor; /* by number, newest first */
};
struct issue_page {
  struct issue *issues;
  size_t count;
  bool has_previous, has_next;
  struct cursor previous, next;
  int64_t open_count, closed_count;
};

/* Takes the next number of the project. */
enum status issue_create(struct transaction *tx, const struct issue *draft, int64_t *number,
                         struct problem *problem) MUST_CHECK;
bool issue_find(struct transaction *tx, struct arena *arena, int64_t project_id, int64_t number,
                struct issue *issue);
void issue_list(struct transaction *tx, struct arena *arena, const struct issue_query *query,
                struct issue_page *page);
/* Adds a note; kinds CLOSED, REOPENED and RESOLVED also change the state. */
void note_add(struct transaction *tx, const struct note *note);
size_t note_list(struct transaction *tx, struct arena *arena, int64_t issue_id,
                 struct note **notes);

#endif
