/* attachment.c - rows of attachments; see store/attachment.h.
 *
 *   attachment_DAY        name, type, size, … ; found by project and event
 *   attachment_chunk_DAY  id = attachment << 8 | number; the bytes
 *   attachment_total_DAY  bytes by project
 *
 * Tables of events' days (partition.c). An attachment alone may begin a day: then the day has no
 * event yet.
 */
#include "store/attachment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/clock.h"
#include "store/sqlite/internal.h"
#include "store/sqlite/partition.h"
#include "store/sqlite/rows.h"

#include "base/banned.h"

/* Files are large and rarely read: the fastest level. */
enum { COMPRESSION_LEVEL = 1, CHUNK_BITS = 8 };
static_assert(STORE_ATTACHMENT_BYTES / STORE_ATTACHMENT_CHUNK < 1 << CHUNK_BITS,
              "chunks are numbered in so many bits");

/* --- packing ------------------------------------------------------------------------------------
 */

struct attachment_chunks attachment_pack(struct arena *arena, struct slice bytes,
                                         struct attachment *attachment) {
  assert(bytes.len <= STORE_ATTACHMENT_BYTES);
  struct attachment_chunks chunks = {0};
  size_t bound = ZSTD_compressBound(STORE_ATTACHMENT_CHUNK);
  attachment->size = bytes.len;
  sha1(bytes, attachment->sha1);
  if (slice_is_empty(bytes)) return chunks;
  chunks.items = ARENA_ARRAY(arena, bytes.len / STORE_ATTACHMENT_CHUNK + 1, struct slice);
  char *room = memory_alloc(bound);
  ZSTD_CCtx *context = ZSTD_createCCtx();
  for (size_t at = 0; at < bytes.len && context; at += STORE_ATTACHMENT_CHUNK) {
    struct slice part = slice_upto(slice_from(bytes, at), STORE_ATTACHMENT_CHUNK);
    size_t size = ZSTD_compressCCtx(context, room, bound, part.ptr, part.len, COMPRESSION_LEVEL);
    assert(!ZSTD_isError(size)); /* there is room for every result */
    chunks.items[chunks.count++] = arena_copy(arena, slice_of(room, size));
    chunks.bytes += size;
  }
  ZSTD_freeCCtx(context);
  free(room);
  return chunks;
}

/* --- writing ------------------------------------------------------------------------------------
 */

/* One number of the day's tables, with the project and the event bound. */
static int64_t number_of(struct transaction *tx, const char *sql, int64_t day,
                         const struct attachment *attachment) {
  char text[TABLE_SQL_BYTES];
  int64_t number = 0;
  struct query query = query_begin(tx, table_sql(text, sql, day));
  query_bind_int(&query, 1, attachment->project_id);
  query_bind_blob(&query, 2, attachment->event_id.bytes, EVENT_ID_BYTES);
  if (query_next(&query)) number = query_int(&query, 0);
  query_end(&query);
  return number;
}

static void add_to_total(struct transaction *tx, int64_t day, int64_t project_id, size_t bytes) {
  char sql[TABLE_SQL_BYTES];
  struct query query = query_begin(
      tx, table_sql(sql,
                    "INSERT INTO attachment_total_@(project_id, bytes) VALUES(?1, ?2)"
                    " ON CONFLICT(project_id) DO UPDATE SET bytes = bytes + excluded.bytes",
                    day));
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, (int64_t)bytes);
  query_run(&query);
}

static int64_t insert_head(struct transaction *tx, int64_t day,
                           const struct attachment *attachment) {
  char sql[TABLE_SQL_BYTES];
  struct query query = query_begin(
      tx, table_sql(sql,
                    "INSERT INTO attachment_@(project_id, event_id, created_ms, name, content_type,"
                    " type, size, sha1) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    day));
  query_bind_int(&query, 1, attachment->project_id);
  query_bind_blob(&query, 2, attachment->event_id.bytes, EVENT_ID_BYTES);
  query_bind_int(&query, 3, attachment->created_ms);
  query_bind_text(&query, 4, attachment->name);
  query_bind_text(&query, 5, attachment->content_type);
  query_bind_text(&query, 6, attachment->type);
  query_bind_int(&query, 7, (int64_t)attachment->size);
  query_bind_blob(&query, 8, attachment->sha1, SHA1_BYTES);
  query_run(&query);
  return database_last_id(tx);
}

static void insert_chunk(struct transaction *tx, int64_t day, int64_t id, struct slice bytes) {
  char sql[TABLE_SQL_BYTES];
  struct query query = query_begin(
      tx, table_sql(sql, "INSERT INTO attachment_chunk_@(id, data) VALUES(?1, ?2)", day));
  query_bind_int(&query, 1, id);
  query_bind_blob(&query, 2, bytes.ptr, bytes.len);
  query_run(&query);
}

enum attachment_outcome attachment_add(struct transaction *tx, struct attachment *attachment,
                                       const struct attachment_chunks *chunks) {
  int64_t day = attachment->created_ms / DAY_MS;
  assert(tx->is_writable);
  if (tx->store->partition_day != day) partition_prepare(tx, day);
  if (number_of(tx, "SELECT count(*) FROM attachment_@ WHERE project_id = ?1 AND event_id = ?2",
                day, attachment) >= STORE_ATTACHMENTS_OF_EVENT)
    return ATTACHMENT_TOO_MANY;
  int64_t total =
      number_of(tx, "SELECT bytes FROM attachment_total_@ WHERE project_id = ?1 AND ?2 IS NOT NULL",
                day, attachment);
  if (total + (int64_t)chunks->bytes > STORE_ATTACHMENT_DAY_BYTES) return ATTACHMENT_DAY_FULL;
  add_to_total(tx, day, attachment->project_id, chunks->bytes);
  int64_t row = insert_head(tx, day, attachment);
  for (size_t i = 0; i < chunks->count; i++)
    insert_chunk(tx, day, row << CHUNK_BITS | (int64_t)i, chunks->items[i]);
  attachment->id = ref_make(day, row);
  return ATTACHMENT_KEPT;
}

/* --- reading ------------------------------------------------------------------------------------
 */

#define HEAD_COLUMNS "id, project_id, event_id, created_ms, name, content_type, type, size, sha1"

static void read_head(const struct query *query, struct arena *arena, int64_t day,
                      struct attachment *attachment) {
  struct slice event_id = query_borrow(query, 2), digest = query_borrow(query, 8);
  *attachment = (struct attachment){.id = ref_make(day, query_int(query, 0)),
                                    .project_id = query_int(query, 1),
                                    .created_ms = query_int(query, 3),
                                    .name = query_text(query, 4, arena),
                                    .content_type = query_text(query, 5, arena),
                                    .type = query_text(query, 6, arena),
                                    .size = (size_t)query_int(query, 7)};
  if (event_id.len == EVENT_ID_BYTES)
    memcpy(attachment->event_id.bytes, event_id.ptr, EVENT_ID_BYTES);
  if (digest.len == SHA1_BYTES) memcpy(attachment->sha1, digest.ptr, SHA1_BYTES);
}

static void list_day(struct transaction *tx, struct arena *arena, int64_t day,
                     const struct attachment *wanted, struct rows *rows) {
  char sql[TABLE_SQL_BYTES];
  struct query query =
      query_begin(tx, table_sql(sql,
                                "SELECT " HEAD_COLUMNS " FROM attachment_@"
                                " WHERE project_id = ?1 AND event_id = ?2 ORDER BY id",
                                day));
  query_bind_int(&query, 1, wanted->project_id);
  query_bind_blob(&query, 2, wanted->event_id.bytes, EVENT_ID_BYTES);
  while (query_next(&query)) read_head(&query, arena, day, rows_add(rows, arena));
  query_end(&query);
}

size_t attachment_list(struct transaction *tx, struct arena *arena, int64_t project_id,
                       const struct event_id *event_id, int64_t since_ms,
                       struct attachment **attachments) {
  const struct attachment wanted = {.project_id = project_id, .event_id = *event_id};
  struct rows rows = ROWS_OF(struct attachment);
  int64_t days[PARTITION_DAYS_LIMIT];
  size_t count = partition_days(tx, days, PARTITION_DAYS_LIMIT);
  while (count--) {
    if (days[count] >= since_ms / DAY_MS) list_day(tx, arena, days[count], &wanted, &rows);
  }
  *attachments = rows.items;
  return rows.count;
}

bool attachment_get(struct transaction *tx, struct arena *arena, int64_t project_id, int64_t id,
                    struct attachment *attachment) {
  char sql[TABLE_SQL_BYTES];
  int64_t day = ref_day(id);
  if (id <= 0 || !partition_exists(tx, day)) return false;
  struct query query = query_begin(
      tx,
      table_sql(sql, "SELECT " HEAD_COLUMNS " FROM attachment_@ WHERE id = ?1 AND project_id = ?2",
                day));
  query_bind_int(&query, 1, ref_row(id));
  query_bind_int(&query, 2, project_id);
  bool is_found = query_next(&query);
  if (is_found) read_head(&query, arena, day, attachment);
  query_end(&query);
  return is_found;
}

static bool unpack(struct slice packed, struct buffer *out) {
  char *room = buffer_reserve(out, STORE_ATTACHMENT_CHUNK);
  if (!room) return false;
  size_t size = ZSTD_decompress(room, STORE_ATTACHMENT_CHUNK, packed.ptr, packed.len);
  if (ZSTD_isError(size)) return false;
  out->len += size;
  return true;
}

bool attachment_read(struct transaction *tx, const struct attachment *attachment,
                     struct buffer *out) {
  char sql[TABLE_SQL_BYTES];
  size_t start = out->len;
  bool is_whole = buffer_reserve(out, attachment_room(attachment)) != NULL;
  struct query query = query_begin(
      tx,
      table_sql(sql, "SELECT data FROM attachment_chunk_@ WHERE id >= ?1 AND id < ?2 ORDER BY id",
                ref_day(attachment->id)));
  query_bind_int(&query, 1, ref_row(attachment->id) << CHUNK_BITS);
  query_bind_int(&query, 2, (ref_row(attachment->id) + 1) << CHUNK_BITS);
  while (is_whole && query_next(&query)) is_whole = unpack(query_borrow(&query, 0), out);
  query_end(&query);
  return is_whole && out->len - start == attachment->size;
}
