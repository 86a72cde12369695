/* release_json.c - a release as Sentry names it, within other objects. */
#include "api/sentry/release_json.h"

#include "base/bytes.h"
#include "forge/forge.h"

#include "base/banned.h"

#define SHORT_SHA_DIGITS 12

static bool is_sha(struct slice text) {
  unsigned char bytes[20];
  return hex_decode(text, bytes, sizeof(bytes));
}

struct slice release_short_version(struct slice release) {
  size_t at = slice_find_last_byte(release, '@');
  struct slice version = at + 1 < release.len ? slice_from(release, at + 1) : release;
  return is_sha(version) ? slice_upto(version, SHORT_SHA_DIGITS) : version;
}

static void write_commit(struct json_writer *writer, const struct commit *commit) {
  json_write_object(writer);
  api_write_text(writer, "id", commit->sha);
  api_write_text(writer, "message", commit->message);
  api_write_time(writer, "dateCreated", commit->author_time_ms);
  json_write_key(writer, "author");
  json_write_object(writer);
  api_write_text(writer, "name", commit->author_name);
  api_write_text(writer, "email", commit->author_email);
  json_write_object_end(writer);
  json_write_object_end(writer);
}

void api_write_release_of(struct json_writer *writer, struct http_request *request,
                          const struct project *project, struct slice release) {
  struct commit commit;
  struct forge *forge = api_application(request)->forge;
  if (release.len == 0) {
    json_write_null(writer);
    return;
  }
  json_write_object(writer);
  api_write_text(writer, "version", release);
  api_write_text(writer, "shortVersion", release_short_version(release));
  json_write_key(writer, "lastCommit");
  if (forge && forge_commit_of_release(forge, request->arena, project, release, &commit))
    write_commit(writer, &commit);
  else
    json_write_null(writer);
  json_write_object_end(writer);
}
