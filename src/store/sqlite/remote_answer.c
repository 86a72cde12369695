/* remote_answer.c - rows of remembered answers; see store/remote_answer.h. */
#include "store/remote_answer.h"

#include <assert.h>
#include <stdlib.h>
#include <zstd.h>

#include "store/limits.h"
#include "store/sqlite/database.h"

#include "base/banned.h"

/* Written once a minute at most for each list, read for each page. */
enum { COMPRESSION_LEVEL = 3 };

struct slice remote_answer_pack(struct arena *arena, struct slice body) {
  size_t bound = ZSTD_compressBound(body.len);
  char *room = memory_alloc(bound);
  size_t size = ZSTD_compress(room, bound, body.ptr, body.len, COMPRESSION_LEVEL);
  assert(!ZSTD_isError(size)); /* there is room for every result */
  struct slice packed = arena_copy(arena, slice_of(room, size));
  free(room);
  return packed;
}

/* False when the row is broken: it then counts as not there. */
static bool unpack(struct arena *arena, struct slice packed, struct slice *body) {
  unsigned long long size = ZSTD_getFrameContentSize(packed.ptr, packed.len);
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) return false;
  char *room = arena_alloc(arena, (size_t)size + 1);
  if (ZSTD_isError(ZSTD_decompress(room, (size_t)size, packed.ptr, packed.len))) return false;
  *body = slice_of(room, (size_t)size);
  return true;
}

bool remote_answer_find(struct transaction *tx, struct arena *arena, int64_t project_id,
                        struct slice question, struct remote_answer *answer) {
  bool is_found = false;
  struct query query = query_begin(tx,
                                   "SELECT asked_ms, link, body, hits FROM remote_answer"
                                   " WHERE project_id = ?1 AND question = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_text(&query, 2, question);
  if (query_next(&query)) {
    answer->asked_ms = query_int(&query, 0);
    answer->link = query_text(&query, 1, arena);
    answer->hits = query_int(&query, 3);
    is_found = unpack(arena, query_borrow(&query, 2), &answer->body);
  }
  query_end(&query);
  return is_found;
}

static void drop_oldest(struct transaction *tx, int64_t project_id) {
  struct query query =
      query_begin(tx,
                  "DELETE FROM remote_answer WHERE rowid IN (SELECT rowid FROM remote_answer"
                  " WHERE project_id = ?1 ORDER BY asked_ms DESC LIMIT -1 OFFSET ?2)");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, STORE_REMOTE_ANSWERS);
  query_run(&query);
}

void remote_answer_keep(struct transaction *tx, int64_t project_id, struct slice question,
                        const struct remote_answer *packed) {
  struct query query =
      query_begin(tx,
                  "INSERT OR REPLACE INTO remote_answer(project_id, question, asked_ms, link, body,"
                  " hits) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  query_bind_int(&query, 1, project_id);
  query_bind_text(&query, 2, question);
  query_bind_int(&query, 3, packed->asked_ms);
  query_bind_text(&query, 4, packed->link);
  query_bind_blob(&query, 5, packed->body.ptr, packed->body.len);
  query_bind_int(&query, 6, packed->hits);
  query_run(&query);
  drop_oldest(tx, project_id);
}

void remote_answer_touch(struct transaction *tx, int64_t project_id, struct slice question,
                         int64_t asked_ms) {
  struct query query = query_begin(
      tx, "UPDATE remote_answer SET asked_ms = ?3 WHERE project_id = ?1 AND question = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_text(&query, 2, question);
  query_bind_int(&query, 3, asked_ms);
  query_run(&query);
}

void remote_answer_forget(struct transaction *tx, int64_t project_id) {
  struct query query = query_begin(tx, "DELETE FROM remote_answer WHERE project_id = ?1");
  query_bind_int(&query, 1, project_id);
  query_run(&query);
}
