/* text.c - the words and numbers by which the store's values travel in addresses and messages. */
#include "store/group.h"

#include "base/banned.h"

static const char *const status_names[GROUP_STATUS_COUNT] = {
    [GROUP_UNRESOLVED] = "unresolved", [GROUP_RESOLVED] = "resolved", [GROUP_IGNORED] = "ignored"};

const char *group_status_name(enum group_status status) { return status_names[status]; }

bool group_status_parse(struct slice name, enum group_status *status) {
  for (int at = 0; at < GROUP_STATUS_COUNT; at++) {
    if (!slice_equal_string(name, status_names[at])) continue;
    *status = (enum group_status)at;
    return true;
  }
  return false;
}

bool cursor_parse(struct slice text, struct cursor *cursor) {
  struct slice value = slice_split(&text, ':'), id = slice_split(&text, ':');
  *cursor = (struct cursor){0};
  if (!slice_to_i64(value, &cursor->value) || !slice_to_i64(id, &cursor->id)) return false;
  cursor->is_before = slice_equal(text, SLICE("1"));
  cursor->is_set = true;
  return cursor->is_before || slice_equal(text, SLICE("0"));
}

struct slice cursor_format(struct arena *arena, struct cursor cursor) {
  return arena_printf(arena, "%lld:%lld:%d", (long long)cursor.value, (long long)cursor.id,
                      cursor.is_before);
}
