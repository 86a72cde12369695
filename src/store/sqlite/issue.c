/* issue.c - rows of the built-in issue tracker: issues and their notes.
 *
 * Numbers are taken from project_counter in the writing transaction, so they have no gaps but
 * those of undone writes, and none is given twice. Pages go by number, newest first.
 */
#include "store/issue.h"
#include "store/sqlite/database.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

#define ISSUE_COLUMNS                                                                         \
  "SELECT issue.id, project_id, number, issue.created_ms, updated_ms, closed_ms, author_id, " \
  "coalesce(user.username, ''), coalesce(user.name, ''), title, description,"                 \
  " (SELECT count(*) FROM issue_note WHERE issue_id = issue.id AND kind = 1)"                 \
  " FROM issue LEFT JOIN user ON user.id = author_id "

static struct issue issue_read(const struct query *query, struct arena *arena) {
  return (struct issue){.id = query_int(query, 0),
                        .project_id = query_int(query, 1),
                        .number = query_int(query, 2),
                        .created_ms = query_int(query, 3),
                        .updated_ms = query_int(query, 4),
                        .closed_ms = query_int(query, 5),
                        .author_id = query_int(query, 6),
                        .author_username = query_text(query, 7, arena),
                        .author_name = query_text(query, 8, arena),
                        .title = query_text(query, 9, arena),
                        .description = query_text(query, 10, arena),
                        .note_count = query_int(query, 11)};
}

static int64_t next_number(struct transaction *tx, int64_t project_id) {
  int64_t number = 0;
  struct query query = query_begin(tx,
                                   "INSERT INTO project_counter(project_id, last_issue_number) "
                                   "VALUES(?1, 1) ON CONFLICT(project_id) DO UPDATE SET "
                                   "last_issue_number = last_issue_number + 1 "
                                   "RETURNING last_issue_number");
  query_bind_int(&query, 1, project_id);
  while (query_next(&query)) number = query_int(&query, 0);
  query_end(&query);
  return number;
}

enum status issue_create(struct transaction *tx, const struct issue *draft, int64_t *number,
                         struct problem *problem) {
  *number = next_number(tx, draft->project_id);
  struct query query = query_begin(tx,
                                   "INSERT INTO issue(project_id, number, author_id, title, "
                                   "description, created_ms, updated_ms) "
                                   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6)");
  query_bind_int(&query, 1, draft->project_id);
  query_bind_int(&query, 2, *number);
  query_bind_int(&query, 3, draft->author_id);
  query_bind_text(&query, 4, draft->title);
  query_bind_text(&query, 5, draft->description);
  query_bind_int(&query, 6, draft->created_ms);
  query_run(&query);
  return tx->failure ? database_problem(tx->failure, problem) : STATUS_OK;
}

bool issue_find(struct transaction *tx, struct arena *arena, int64_t project_id, int64_t number,
                struct issue *issue) {
  struct query query = query_begin(tx, ISSUE_COLUMNS "WHERE project_id = ?1 AND number = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, number);
  bool is_found = query_next(&query);
  if (is_found) *issue = issue_read(&query, arena);
  query_end(&query);
  return is_found;
}

/* --- lists ---------------------------------------------------------------------- */

/* Parameters: ?1 project, ?2 is_open or -1, ?3 text, ?4 number, ?5 limit. */
#define ISSUE_FILTER                                           \
  "WHERE project_id = ?1 AND (?2 < 0 OR (closed_ms = 0) = ?2)" \
  " AND (?3 = '' OR instr(lower(title), lower(?3)) > 0) "
#define ISSUES_AFTER ISSUE_COLUMNS ISSUE_FILTER "AND number < ?4 ORDER BY number DESC LIMIT ?5"
#define ISSUES_BEFORE ISSUE_COLUMNS ISSUE_FILTER "AND number > ?4 ORDER BY number LIMIT ?5"

static void count_issues(struct transaction *tx, int64_t project_id, struct issue_page *page) {
  struct query query = query_begin(
      tx, "SELECT total(closed_ms = 0), total(closed_ms <> 0) FROM issue WHERE project_id = ?1");
  query_bind_int(&query, 1, project_id);
  if (query_next(&query)) {
    page->open_count = query_int(&query, 0);
    page->closed_count = query_int(&query, 1);
  }
  query_end(&query);
}

static void reverse_issues(struct issue *issues, size_t count) {
  for (size_t i = 0; i + 1 < count - i; i++) {
    struct issue swapped = issues[i];
    issues[i] = issues[count - 1 - i];
    issues[count - 1 - i] = swapped;
  }
}

void issue_list(struct transaction *tx, struct arena *arena, const struct issue_query *wanted,
                struct issue_page *page) {
  *page = (struct issue_page){0};
  count_issues(tx, wanted->project_id, page);
  bool is_before = wanted->cursor.is_set && wanted->cursor.is_before;
  page->issues = ARENA_ARRAY(arena, wanted->limit + 1, struct issue);
  struct query query = query_begin(tx, is_before ? ISSUES_BEFORE : ISSUES_AFTER);
  query_bind_int(&query, 1, wanted->project_id);
  query_bind_int(&query, 2, wanted->is_open);
  query_bind_text(&query, 3, wanted->text);
  query_bind_int(&query, 4, wanted->cursor.is_set ? wanted->cursor.value : INT64_MAX);
  query_bind_int(&query, 5, (int64_t)wanted->limit + 1);
  while (page->count <= wanted->limit && query_next(&query))
    page->issues[page->count++] = issue_read(&query, arena);
  query_end(&query);

  bool has_more = page->count > wanted->limit;
  if (has_more) page->count = wanted->limit;
  if (is_before) reverse_issues(page->issues, page->count);
  page->has_previous = is_before ? has_more : wanted->cursor.is_set;
  page->has_next = is_before || has_more;
  if (page->count == 0) {
    page->has_previous = page->has_next = false;
    return;
  }
  const struct issue *first = &page->issues[0], *last = &page->issues[page->count - 1];
  page->previous =
      (struct cursor){.value = first->number, .id = first->id, .is_before = true, .is_set = true};
  page->next = (struct cursor){.value = last->number, .id = last->id, .is_set = true};
}

/* --- notes ---------------------------------------------------------------------- */

static void set_closed(struct transaction *tx, const struct note *note) {
  struct query query =
      query_begin(tx, "UPDATE issue SET closed_ms = ?2, updated_ms = ?3 WHERE id = ?1");
  query_bind_int(&query, 1, note->issue_id);
  query_bind_int(&query, 2, note->kind == NOTE_REOPENED ? 0 : note->created_ms);
  query_bind_int(&query, 3, note->created_ms);
  query_run(&query);
}

static void set_updated(struct transaction *tx, const struct note *note) {
  struct query query = query_begin(tx, "UPDATE issue SET updated_ms = ?2 WHERE id = ?1");
  query_bind_int(&query, 1, note->issue_id);
  query_bind_int(&query, 2, note->created_ms);
  query_run(&query);
}

void note_add(struct transaction *tx, const struct note *note) {
  struct query query = query_begin(tx,
                                   "INSERT INTO issue_note(issue_id, author_id, kind, body, "
                                   "created_ms) VALUES(?1, ?2, ?3, ?4, ?5)");
  query_bind_int(&query, 1, note->issue_id);
  query_bind_int(&query, 2, note->author_id);
  query_bind_int(&query, 3, note->kind);
  query_bind_text(&query, 4, note->body);
  query_bind_int(&query, 5, note->created_ms);
  query_run(&query);
  switch (note->kind) {
    case NOTE_CLOSED:
    case NOTE_REOPENED:
    case NOTE_RESOLVED: set_closed(tx, note); break;
    case NOTE_COMMENT:
    case NOTE_REGRESSED: set_updated(tx, note); break;
  }
}

size_t note_list(struct transaction *tx, struct arena *arena, int64_t issue_id,
                 struct note **notes) {
  struct rows rows = ROWS_OF(struct note);
  struct query query = query_begin(
      tx,
      "SELECT issue_note.id, issue_id, author_id, issue_note.created_ms, kind, "
      "coalesce(user.username, ''), coalesce(user.name, ''), body FROM issue_note LEFT JOIN "
      "user ON user.id = author_id WHERE issue_id = ?1 ORDER BY issue_note.id");
  query_bind_int(&query, 1, issue_id);
  while (query_next(&query))
    *(struct note *)rows_add(&rows, arena) =
        (struct note){.id = query_int(&query, 0),
                      .issue_id = query_int(&query, 1),
                      .author_id = query_int(&query, 2),
                      .created_ms = query_int(&query, 3),
                      .kind = (enum note_kind)query_int(&query, 4),
                      .author_username = query_text(&query, 5, arena),
                      .author_name = query_text(&query, 6, arena),
                      .body = query_text(&query, 7, arena)};
  query_end(&query);
  *notes = rows.items;
  return rows.count;
}
