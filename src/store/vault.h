/* vault.h - secrets that the server itself has to use again (tokens of other servers), encrypted at
 * rest.
 *
 *   1 | nonce, 24 bytes | secret, encrypted | tag, 16 bytes        XChaCha20-Poly1305
 *   └─ the format
 *
 * The key lies in DIR/secret.key (mode 0600, made at the first start), outside the database, so
 * that a copy or a backup of the database alone gives no secret away. Every sealed secret is bound
 * to a purpose ("sentry-token:42:https://sentry.example.org"): moved to another row, project or
 * host it does not open.
 *
 * Where the key is gone (a restored backup) a new one is made, and what was sealed with the old one
 * does not open any more: people have to enter those secrets again.
 */
#ifndef CULPRIT_STORE_VAULT_H
#define CULPRIT_STORE_VAULT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"
#include "store/store.h"

/* From the arena. The result is bytes, not text. An empty secret gives an empty result. */
struct slice vault_seal(struct store *store, struct arena *arena, struct slice purpose,
                        struct slice secret);
/* False when it was sealed with another key or for another purpose, or was changed. The secret
 * comes from the arena; an empty `sealed` opens to an empty one. */
bool vault_open(struct store *store, struct arena *arena, struct slice purpose, struct slice sealed,
                struct slice *secret) MUST_CHECK;

/* For the store alone, under the directory's lock: reads DIR/secret.key, or makes it. The key is in
 * memory of libsodium's, which is kept out of swap and core dumps; free it with vault_key_free().
 * Refused when the file cannot be read, is no key, or can be read by others. */
struct vault_key;
enum status vault_key_load(const char *directory, struct vault_key **key,
                           struct problem *problem) MUST_CHECK;
void vault_key_free(struct vault_key *key);
/* The key of an open store. */
const struct vault_key *store_vault_key(const struct store *store);

#endif
