/* gitlab_members.c - see gitlab_members.h. Source: GitLab's documentation of the members API. */
#include "account/gitlab_members.h"

#include <string.h>

#include "base/clock.h"

#include "base/banned.h"

enum role gitlab_role(int64_t level) {
  return level >= 50   ? ROLE_OWNER
         : level >= 40 ? ROLE_MAINTAINER
         : level >= 30 ? ROLE_DEVELOPER
         : level >= 20 ? ROLE_REPORTER
         : level >= 10 ? ROLE_GUEST
                       : ROLE_NONE;
}

/* "2026-11-22": the first day on which the membership does not count. Dates in this form compare as
 * texts. */
static bool has_expired(yyjson_val *date, int64_t now_ms) {
  char today[TIME_ISO_BYTES];
  struct slice text = json_text(date);
  time_format_iso(now_ms, today);
  return text.len && slice_compare(slice_upto(text, 10), slice_of(today, 10)) <= 0;
}

/* Members of groups that wait for approval have a state of their own. */
static bool is_active(yyjson_val *json) {
  yyjson_val *membership = json_member(json, "membership_state");
  return slice_equal_string(json_text(json_member(json, "state")), "active") &&
         (!membership || slice_equal_string(json_text(membership), "active"));
}

/* GitLab writes a number; its published schema says that it is text. */
static bool read_level(yyjson_val *json, int64_t *level) {
  struct slice text;
  return json_scalar_text(json, &text) && slice_to_i64(text, level);
}

bool gitlab_member_read(struct arena *arena, yyjson_val *json, int64_t now_ms,
                        struct gitlab_member *member) {
  int64_t id, level;
  if (!json_integer(json_member(json, "id"), &id) || id <= 0 ||
      !read_level(json_member(json, "access_level"), &level))
    return false;
  *member = (struct gitlab_member){.subject = arena_printf(arena, "%lld", (long long)id)};
  if (is_active(json) && !has_expired(json_member(json, "expires_at"), now_ms))
    member->role = gitlab_role(level);
  return true;
}
