/* scope.c - what an API token may do, named as in Sentry. */
#include "account/account.h"
#include "base/buffer.h"

#include "base/banned.h"

enum { LIST_MAX_BYTES = 200 };

/* `implied` is what the scope allows: a write scope includes its read scope. */
static const struct {
  const char *name;
  uint32_t scope, implied;
} scopes_known[] = {
    {"event:read", SCOPE_EVENT_READ, SCOPE_EVENT_READ},
    {"event:write", SCOPE_EVENT_WRITE, SCOPE_EVENT_WRITE | SCOPE_EVENT_READ},
    {"project:read", SCOPE_PROJECT_READ, SCOPE_PROJECT_READ},
    {"project:write", SCOPE_PROJECT_WRITE, SCOPE_PROJECT_WRITE | SCOPE_PROJECT_READ},
    {"org:read", SCOPE_ORGANIZATION_READ, SCOPE_ORGANIZATION_READ},
};
enum { SCOPE_COUNT = sizeof scopes_known / sizeof scopes_known[0] };

static bool is_separator(char c) { return c == ',' || c == ' ' || c == '\t'; }

static uint32_t scope_by_name(struct slice name) {
  for (size_t i = 0; i < SCOPE_COUNT; i++) {
    if (slice_equal_string(name, scopes_known[i].name)) return scopes_known[i].scope;
  }
  return 0;
}

static enum status refuse(const char *reason, struct slice name, struct problem *problem) {
  struct slice shown = slice_cut_utf8(name, 60);
  return problem_set_field(problem, STATUS_BAD_INPUT, "scope",
                           "%s%.*s%s Scopes are event:read, event:write, project:read, "
                           "project:write and org:read.",
                           reason, SLICE_ARGS(shown), name.len ? "\"." : "");
}

enum status scopes_parse(struct slice text, uint32_t *scopes, struct problem *problem) {
  *scopes = 0;
  while (text.len) {
    size_t end = 0;
    while (end < text.len && !is_separator(text.ptr[end])) end++;
    struct slice name = slice_upto(text, end);
    text = slice_from(text, end + 1);
    if (!name.len) continue;
    uint32_t scope = scope_by_name(name);
    if (!scope) return refuse("There is no scope \"", name, problem);
    *scopes |= scope;
  }
  return *scopes ? STATUS_OK : refuse("A token needs a scope.", SLICE_EMPTY, problem);
}

struct slice scopes_format(struct arena *arena, uint32_t scopes) {
  struct buffer list = buffer_make(LIST_MAX_BYTES);
  for (size_t i = 0; i < SCOPE_COUNT; i++) {
    if (!(scopes & scopes_known[i].scope)) continue;
    if (list.len) buffer_append_byte(&list, ',');
    buffer_append_slice(&list, slice_of_string(scopes_known[i].name));
  }
  struct slice result = arena_copy(arena, buffer_slice(&list));
  buffer_free(&list);
  return result;
}

bool scopes_allow(uint32_t scopes, enum scope needed) {
  uint32_t allowed = 0;
  for (size_t i = 0; i < SCOPE_COUNT; i++) {
    if (scopes & scopes_known[i].scope) allowed |= scopes_known[i].implied;
  }
  return scopes == SCOPE_ALL || ((uint32_t)needed & ~allowed) == 0;
}
