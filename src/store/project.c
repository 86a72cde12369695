/* project.c - the rules of projects that need no database: roles, slugs, DSNs. */
#include "store/project.h"

#include "base/banned.h"

enum { SLUG_MAX_BYTES = 64 };

static const struct {
  enum role role;
  const char *name;
} role_names[] = {
    {ROLE_NONE, "none"},           {ROLE_GUEST, "guest"},           {ROLE_REPORTER, "reporter"},
    {ROLE_DEVELOPER, "developer"}, {ROLE_MAINTAINER, "maintainer"}, {ROLE_OWNER, "owner"},
};
enum { ROLE_COUNT = sizeof role_names / sizeof role_names[0] };

const char *role_name(enum role role) {
  for (size_t i = 0; i < ROLE_COUNT; i++) {
    if (role_names[i].role == role) return role_names[i].name;
  }
  return role_names[0].name;
}

bool role_parse(struct slice name, enum role *role) {
  for (size_t i = 0; i < ROLE_COUNT; i++) {
    if (!slice_equal_string(name, role_names[i].name)) continue;
    *role = role_names[i].role;
    return true;
  }
  return false;
}

/* First segments of addresses that mean something else than an organization. */
static const char *const reserved[] = {
    "admin",         "api",      "assets",  "dashboard", "explore",    "favicon.ico",
    "groups",        "help",     "issues",  "login",     "logout",     "oauth",
    "organizations", "profile",  "project", "projects",  "robots.txt", "search",
    "sign_in",       "sign_out", "static",  "uploads",   "user",       "users",
};

static bool is_slug_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

enum status slug_check(struct slice slug, struct problem *problem) {
  bool has_other_than_digits = false;
  if (!slug.len || slug.len > SLUG_MAX_BYTES)
    return problem_set_field(problem, STATUS_BAD_INPUT, "slug",
                             "A short name has 1 to %d characters.", SLUG_MAX_BYTES);
  for (size_t i = 0; i < slug.len; i++) {
    if (!is_slug_character(slug.ptr[i]))
      return problem_set_field(problem, STATUS_BAD_INPUT, "slug",
                               "A short name holds only lower-case letters, digits, '-', '_' and "
                               "'.'.");
    if (!is_digit(slug.ptr[i])) has_other_than_digits = true;
  }
  if (!has_other_than_digits)
    return problem_set_field(problem, STATUS_BAD_INPUT, "slug",
                             "A short name needs more than digits, so that it is not taken for a "
                             "number.");
  if (slug.ptr[0] == '-' || slug.ptr[0] == '_' || slug.ptr[0] == '.')
    return problem_set_field(problem, STATUS_BAD_INPUT, "slug",
                             "A short name starts with a letter or a digit.");
  for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
    if (slice_equal_string(slug, reserved[i]))
      return problem_set_field(problem, STATUS_BAD_INPUT, "slug",
                               "\"%s\" is reserved for addresses of this server; choose another "
                               "short name.",
                               reserved[i]);
  }
  return STATUS_OK;
}

struct slice client_key_address(struct arena *arena, struct slice public_url,
                                const struct client_key *key, const char *endpoint) {
  return arena_printf(arena, "%.*s/api/%lld/%s/?sentry_key=%.*s", SLICE_ARGS(public_url),
                      (long long)key->project_id, endpoint, SLICE_ARGS(key->public_key));
}

struct slice client_key_dsn(struct arena *arena, struct slice public_url,
                            const struct client_key *key) {
  size_t scheme_end = slice_find(public_url, SLICE("://"));
  size_t host = scheme_end == public_url.len ? 0 : scheme_end + 3;
  return arena_printf(arena, "%.*s%.*s@%.*s/%lld", (int)host, public_url.ptr,
                      SLICE_ARGS(key->public_key), SLICE_ARGS(slice_from(public_url, host)),
                      (long long)key->project_id);
}
