/* option.c - rows of a project's options; see store/option.h. */
#include "store/option.h"

#include "store/sqlite/database.h"

#include "base/banned.h"

/* Options that a project can have; there are some 40 names. */
enum { OPTIONS_LIMIT = 200 };

struct pairs option_list(struct transaction *tx, struct arena *arena, int64_t project_id) {
  struct pairs options = {ARENA_ARRAY(arena, OPTIONS_LIMIT, struct pair), 0};
  struct query query = query_begin(
      tx, "SELECT name, value FROM project_option WHERE project_id = ?1 ORDER BY name LIMIT ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_int(&query, 2, OPTIONS_LIMIT);
  while (query_next(&query)) {
    options.items[options.count++] =
        (struct pair){query_text(&query, 0, arena), query_text(&query, 1, arena)};
  }
  query_end(&query);
  return options;
}

void option_set(struct transaction *tx, int64_t project_id, struct slice name, struct slice value) {
  struct query query =
      query_begin(tx, value.len ? "INSERT OR REPLACE INTO project_option(project_id, name, value) "
                                  "VALUES(?1, ?2, ?3)"
                                : "DELETE FROM project_option WHERE project_id = ?1 AND name = ?2");
  query_bind_int(&query, 1, project_id);
  query_bind_text(&query, 2, name);
  if (value.len) query_bind_text(&query, 3, value);
  query_run(&query);
  tx->is_project_changed = true;
}
