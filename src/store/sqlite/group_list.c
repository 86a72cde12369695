/* group_list.c - a page of a project's groups: by status, sorted, after a cursor, matching a text.
 *
 * Sorting is by an index, so a page costs the same wherever it lies. A text is looked for in two
 * steps: common words are found by walking the sorted rows, rare ones by the text index; both
 * compare the row itself in the end, so that pages agree whichever way was taken.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/limits.h"
#include "store/sqlite/group_row.h"

#include "base/banned.h"

enum { TEXT_TRIGRAMS_LIMIT = 32 };

struct listing {
  struct transaction *tx;
  struct arena *arena;
  const struct group_query *query;
  struct slice text; /* of the query, in lower case */
  size_t wanted;     /* rows of the page and one more, which tells whether the list goes on */
  struct group *rows;
  size_t count;
  size_t scanned;
  bool is_scan_cut; /* the text search gave up walking */
};

#define LIST_SQL(column, order, comparison)                                                      \
  "SELECT " GROUP_COLUMNS " FROM error_group WHERE project_id = ?1 AND status = ?2 AND (" column \
  ", id) " comparison " (?3, ?4) ORDER BY " column " " order ", id " order

/* By sort and direction. */
static const char *const list_sql[][2] = {
    [SORT_LAST_SEEN] = {LIST_SQL("last_seen_ms", "DESC", "<"),
                        LIST_SQL("last_seen_ms", "ASC", ">")},
    [SORT_FIRST_SEEN] = {LIST_SQL("first_seen_ms", "DESC", "<"),
                         LIST_SQL("first_seen_ms", "ASC", ">")},
    [SORT_FREQUENCY] = {LIST_SQL("event_count", "DESC", "<"), LIST_SQL("event_count", "ASC", ">")},
};

static int64_t sort_value(enum group_sort sort, const struct group *group) {
  if (sort == SORT_FIRST_SEEN) return group->first_seen_ms;
  return sort == SORT_FREQUENCY ? group->event_count : group->last_seen_ms;
}

/* Positive when `a` stands behind `b` in the list, which is descending. */
static int compare(enum group_sort sort, const struct group *a, const struct group *b) {
  int64_t x = sort_value(sort, a), y = sort_value(sort, b);
  if (x != y) return x < y ? 1 : -1;
  return a->id < b->id ? 1 : a->id > b->id ? -1 : 0;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static struct slice lower_case(struct arena *arena, struct slice text) {
  char *copy = arena_alloc_raw(arena, text.len + 1);
  for (size_t i = 0; i < text.len; i++) copy[i] = lower(text.ptr[i]);
  return slice_of(copy, text.len);
}

/* `part` is in lower case. */
static bool contains(struct slice text, struct slice part) {
  for (size_t at = 0; at + part.len <= text.len; at++) {
    size_t same = 0;
    while (same < part.len && lower(text.ptr[at + same]) == part.ptr[same]) same++;
    if (same == part.len) return true;
  }
  return false;
}

/* Asked of the row in place: nearly all rows that are looked at are not what is searched for. */
static bool matches(const struct listing *listing, const struct query *row) {
  struct slice text = listing->text;
  return !text.len || contains(query_borrow(row, GROUP_TITLE_COLUMN), text) ||
         contains(query_borrow(row, GROUP_CULPRIT_COLUMN), text);
}

/* Adds the rows of one status in list order, or in reverse before a cursor. */
static void walk_status(struct listing *listing, enum group_status status) {
  const struct group_query *wanted = listing->query;
  bool is_before = wanted->cursor.is_set && wanted->cursor.is_before;
  struct query query = query_begin(listing->tx, list_sql[wanted->sort][is_before]);
  query_bind_int(&query, 1, wanted->project_id);
  query_bind_int(&query, 2, status);
  query_bind_int(&query, 3, wanted->cursor.is_set ? wanted->cursor.value : INT64_MAX);
  query_bind_int(&query, 4, wanted->cursor.is_set ? wanted->cursor.id : INT64_MAX);
  size_t added = 0;
  while (added < listing->wanted && query_next(&query)) {
    if (wanted->text.len && listing->scanned++ >= STORE_SEARCH_SCAN_ROWS) {
      listing->is_scan_cut = true;
      break;
    }
    if (!matches(listing, &query)) continue;
    group_row_read(&query, listing->arena, &listing->rows[listing->count++]);
    added++;
  }
  query_end(&query);
}

/* --- by the text index -------------------------------------------------------------------- */

/* The text's trigrams, all of which have to occur: `"abc" AND "bcd"`. */
static struct slice trigram_query(struct arena *arena, struct slice text) {
  struct buffer out = buffer_make(16 * 1024);
  for (size_t at = 0, count = 0; at < text.len && count < TEXT_TRIGRAMS_LIMIT; count++) {
    struct slice rest = slice_from(text, at);
    struct slice trigram = slice_cut_characters(rest, 3);
    if (slice_cut_characters(trigram, 2).len == trigram.len) break;
    if (out.len) BUFFER_APPEND_LITERAL(&out, " AND ");
    buffer_append_byte(&out, '"');
    for (size_t i = 0; i < trigram.len; i++) {
      if (trigram.ptr[i] == '"') buffer_append_byte(&out, '"');
      buffer_append_byte(&out, trigram.ptr[i]);
    }
    buffer_append_byte(&out, '"');
    at += slice_cut_characters(rest, 1).len;
  }
  struct slice result = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return result;
}

static bool is_on_page(const struct listing *listing, const struct group *group) {
  const struct group_query *wanted = listing->query;
  if (wanted->status >= 0 && (int)group->status != wanted->status) return false;
  if (!wanted->cursor.is_set) return true;
  struct group at = {.id = wanted->cursor.id};
  at.last_seen_ms = at.first_seen_ms = at.event_count = wanted->cursor.value;
  int order = compare(wanted->sort, group, &at);
  return wanted->cursor.is_before ? order < 0 : order > 0;
}

static void find_by_index(struct listing *listing, struct slice trigrams) {
  size_t room = listing->wanted;
  struct query query =
      query_begin(listing->tx, "SELECT " GROUP_COLUMNS
                               " FROM error_group WHERE id IN (SELECT rowid FROM group_text WHERE"
                               " group_text MATCH ?1) AND project_id = ?2");
  query_bind_text(&query, 1, trigrams);
  query_bind_int(&query, 2, listing->query->project_id);
  listing->count = 0;
  while (query_next(&query)) {
    struct group group;
    if (!matches(listing, &query)) continue;
    group_row_read(&query, listing->arena, &group);
    if (!is_on_page(listing, &group)) continue;
    if (listing->count == room) {
      struct group *more = ARENA_ARRAY(listing->arena, room * 2, struct group);
      memcpy(more, listing->rows, listing->count * sizeof *more);
      listing->rows = more;
      room *= 2;
    }
    listing->rows[listing->count++] = group;
  }
  query_end(&query);
}

/* --- the page -------------------------------------------------------------------------------- */

static int by_last_seen(const void *a, const void *b) { return compare(SORT_LAST_SEEN, a, b); }
static int by_first_seen(const void *a, const void *b) { return compare(SORT_FIRST_SEEN, a, b); }
static int by_frequency(const void *a, const void *b) { return compare(SORT_FREQUENCY, a, b); }

static void sort_rows(struct listing *listing) {
  static int (*const orders[])(const void *, const void *) = {[SORT_LAST_SEEN] = by_last_seen,
                                                              [SORT_FIRST_SEEN] = by_first_seen,
                                                              [SORT_FREQUENCY] = by_frequency};
  if (listing->count)
    qsort(listing->rows, listing->count, sizeof *listing->rows, orders[listing->query->sort]);
}

static struct cursor cursor_at(enum group_sort sort, const struct group *group, bool is_before) {
  return (struct cursor){
      .value = sort_value(sort, group), .id = group->id, .is_before = is_before, .is_set = true};
}

/* Cuts the sorted rows to the page. Before a cursor, the page is the last rows. */
static void cut_page(const struct listing *listing, struct group_page *page) {
  const struct group_query *query = listing->query;
  bool is_before = query->cursor.is_set && query->cursor.is_before;
  bool has_more = listing->count > query->limit;
  page->count = has_more ? query->limit : listing->count;
  page->groups = listing->rows + (is_before ? listing->count - page->count : 0);
  page->has_next = is_before ? page->count > 0 : has_more;
  page->has_previous = is_before ? has_more : query->cursor.is_set && page->count > 0;
  if (!page->count) return;
  page->previous = cursor_at(query->sort, &page->groups[0], true);
  page->next = cursor_at(query->sort, &page->groups[page->count - 1], false);
}

void group_list(struct transaction *tx, struct arena *arena, const struct group_query *query,
                struct group_page *page) {
  struct listing listing = {.tx = tx, .arena = arena, .query = query, .wanted = query->limit + 1};
  assert(query->limit >= 1 && query->limit <= 100);
  *page = (struct group_page){0};
  listing.text = lower_case(arena, query->text);
  listing.rows = ARENA_ARRAY(arena, GROUP_STATUS_COUNT * listing.wanted + 1, struct group);
  for (int status = 0; status < GROUP_STATUS_COUNT; status++) {
    if (query->status < 0 || query->status == status)
      walk_status(&listing, (enum group_status)status);
  }
  struct slice trigrams = listing.is_scan_cut ? trigram_query(arena, query->text) : SLICE_EMPTY;
  if (trigrams.len) find_by_index(&listing, trigrams);
  sort_rows(&listing);
  cut_page(&listing, page);
}
