/* connect_ticket.c - see connect_ticket.h.
 *
 *   base64( vault( {"until": …, "url": …, "token": …, "projects": [id, slug, name, …, id, …]} ) )
 */
#include "source/connect_ticket.h"

#include <sodium.h>

#include "json/json.h"
#include "source/limits.h"
#include "store/vault.h"

#include "base/banned.h"

enum { TICKET_BYTES = 1024 * 1024, PROJECT_FIELDS = 5 };
static const int coding = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

static struct slice purpose_of(struct arena *arena, const struct connect_ticket_owner *owner) {
  return arena_printf(arena, "connect:%lld:%.*s", (long long)owner->project_id,
                      SLICE_ARGS(account_csrf_token(arena, owner->session)));
}

static void write_text(struct json_writer *writer, const char *name, struct slice text) {
  json_write_key(writer, name);
  json_write_text(writer, text);
}

static void write_connected(struct buffer *out, const struct connected *connected,
                            int64_t until_ms) {
  struct json_writer writer = {.out = out};
  json_write_object(&writer);
  json_write_key(&writer, "until");
  json_write_integer(&writer, until_ms);
  write_text(&writer, "url", connected->url);
  write_text(&writer, "token", connected->token);
  json_write_key(&writer, "projects");
  json_write_array(&writer);
  for (size_t i = 0; i < connected->project_count; i++) {
    const struct sentry_project *project = &connected->projects[i];
    json_write_integer(&writer, project->id);
    json_write_text(&writer, project->slug);
    json_write_text(&writer, project->name);
    json_write_text(&writer, project->organization_slug);
    json_write_text(&writer, project->organization_name);
  }
  json_write_array_end(&writer);
  json_write_object_end(&writer);
}

struct slice connect_ticket_seal(struct arena *arena, const struct connect_ticket_owner *owner,
                                 const struct connected *connected) {
  struct buffer text = buffer_make(TICKET_BYTES);
  write_connected(&text, connected, owner->now_ms + CONNECT_KEPT_MS);
  struct slice sealed =
      vault_seal(owner->store, arena, purpose_of(arena, owner), buffer_slice(&text));
  sodium_memzero(text.data, text.len);
  buffer_free(&text);
  size_t size = sodium_base64_encoded_len(sealed.len, coding);
  char *out = arena_alloc_raw(arena, size);
  sodium_bin2base64(out, size, (const unsigned char *)sealed.ptr, sealed.len, coding);
  return slice_of(out, size - 1);
}

static void read_projects(struct arena *arena, yyjson_val *list, struct connected *connected) {
  connected->project_count = yyjson_arr_size(list) / PROJECT_FIELDS;
  connected->projects = ARENA_ARRAY(arena, connected->project_count, struct sentry_project);
  yyjson_val *value = yyjson_arr_get_first(list);
  for (size_t i = 0; i < connected->project_count; i++) {
    struct sentry_project *project = &connected->projects[i];
    struct slice *const texts[] = {&project->slug, &project->name, &project->organization_slug,
                                   &project->organization_name};
    json_integer(value, &project->id);
    for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++)
      *texts[j] = json_text(value = unsafe_yyjson_get_next(value));
    value = unsafe_yyjson_get_next(value);
  }
}

bool connect_ticket_open(struct arena *arena, const struct connect_ticket_owner *owner,
                         struct slice ticket, struct connected *connected) {
  unsigned char *sealed = arena_alloc_raw(arena, ticket.len + 1);
  size_t len;
  struct slice text;
  struct problem problem;
  yyjson_val *root;
  int64_t until_ms;
  *connected = (struct connected){0};
  if (!ticket.len ||
      sodium_base642bin(sealed, ticket.len, ticket.ptr, ticket.len, NULL, &len, NULL, coding) != 0)
    return false;
  if (!vault_open(owner->store, arena, purpose_of(arena, owner), slice_of((char *)sealed, len),
                  &text) ||
      json_read(arena, text, &root, &problem) ||
      !json_integer(json_member(root, "until"), &until_ms) || until_ms < owner->now_ms)
    return false;
  connected->url = json_text(json_member(root, "url"));
  connected->token = json_text(json_member(root, "token"));
  read_projects(arena, json_member(root, "projects"), connected);
  return true;
}
