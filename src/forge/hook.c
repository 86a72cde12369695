/* hook.c - see hook.h.
 *
 * Source: GitLab's "Webhook events", issue events.
 */
#include "forge/hook.h"

#include <sodium.h>

#include "forge/link.h"
#include "forge/sighting.h"
#include "store/vault.h"

#include "base/banned.h"

/* Hashes have one length whatever is compared, and the hash of what a stranger chose says nothing
 * of how much of it was right. */
static bool is_same(struct slice a, struct slice b) {
  unsigned char hash_a[crypto_generichash_BYTES], hash_b[crypto_generichash_BYTES];
  crypto_generichash(hash_a, sizeof hash_a, (const unsigned char *)a.ptr, a.len, NULL, 0);
  crypto_generichash(hash_b, sizeof hash_b, (const unsigned char *)b.ptr, b.len, NULL, 0);
  return sodium_memcmp(hash_a, hash_b, sizeof hash_a) == 0;
}

static bool is_allowed(struct forge *forge, struct arena *arena, const struct hook *hook,
                       struct forge_project *link) {
  struct slice secret = SLICE_EMPTY;
  if (forge_link_get(forge->store, arena, hook->project_id, link)) {
    struct slice purpose =
        project_forge_webhook_purpose(arena, link->project.project_id, &link->server);
    if (!vault_open(forge->store, arena, purpose, link->project.webhook_secret, &secret))
      secret = SLICE_EMPTY;
  }
  bool is_right = is_same(hook->token, secret);
  return secret.len && is_right;
}

struct hook_write {
  struct forge *forge;
  const struct project_forge *project;
  struct sighting sighting;
  bool is_news;
};

static enum status run(struct transaction *tx, void *context, struct problem *problem) {
  struct hook_write *write = context;
  (void)problem;
  write->is_news = sighting_take(tx, write->forge, write->project, &write->sighting);
  return STATUS_OK;
}

enum hook_result forge_hook(struct forge *forge, struct arena *arena, const struct hook *hook) {
  struct forge_project link;
  struct gitlab_hook told;
  struct problem problem;
  yyjson_val *json;
  if (!is_allowed(forge, arena, hook, &link)) return HOOK_DENIED;
  poll_note_hook(&forge->poll, hook->project_id);
  if (json_read(arena, hook->body, &json, &problem)) return HOOK_UNREADABLE;
  if (!gitlab_hook_read(json, &told) || told.project_id != link.project.remote_id ||
      (!told.is_closed && !told.is_reopened))
    return HOOK_IGNORED;
  struct hook_write write = {.forge = forge,
                             .project = &link.project,
                             .sighting = {.remote_id = told.project_id,
                                          .number = told.number,
                                          .is_open = told.is_reopened,
                                          .is_gone = told.is_moved,
                                          .title = told.title,
                                          .updated_ms = told.updated_ms}};
  if (store_write(forge->store, run, &write, &problem)) return HOOK_FAILED;
  return write.is_news ? HOOK_DONE : HOOK_IGNORED;
}
