/* vault.c - see vault.h.
 *
 * The key file is written under another name, synced and renamed, so that there is a whole key or
 * none. Whoever makes it holds the directory's lock.
 */
#include "store/vault.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum {
  FORMAT = 1,
  KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
  NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
  TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
  OVERHEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES,
  PATH_BYTES = 4096,
};

struct vault_key {
  unsigned char bytes[KEY_BYTES];
};

/* --- sealing ---------------------------------------------------------------------------- */

struct slice vault_seal(struct store *store, struct arena *arena, struct slice purpose,
                        struct slice secret) {
  if (!secret.len) return SLICE_EMPTY;
  unsigned char *sealed = arena_alloc_raw(arena, OVERHEAD_BYTES + secret.len);
  unsigned char *nonce = sealed + 1;
  unsigned long long len = 0;
  sealed[0] = FORMAT;
  randombytes_buf(nonce, NONCE_BYTES);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      nonce + NONCE_BYTES, &len, (const unsigned char *)secret.ptr, secret.len,
      (const unsigned char *)purpose.ptr, purpose.len, NULL, nonce, store_vault_key(store)->bytes);
  return slice_of((const char *)sealed, 1 + NONCE_BYTES + (size_t)len);
}

bool vault_open(struct store *store, struct arena *arena, struct slice purpose, struct slice sealed,
                struct slice *secret) {
  const unsigned char *bytes = (const unsigned char *)sealed.ptr;
  unsigned long long len = 0;
  *secret = SLICE_EMPTY;
  if (!sealed.len) return true;
  if (sealed.len < OVERHEAD_BYTES || bytes[0] != FORMAT) return false;
  unsigned char *opened = arena_alloc_raw(arena, sealed.len - OVERHEAD_BYTES);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(opened, &len, NULL, bytes + 1 + NONCE_BYTES,
                                                 sealed.len - 1 - NONCE_BYTES,
                                                 (const unsigned char *)purpose.ptr, purpose.len,
                                                 bytes + 1, store_vault_key(store)->bytes))
    return false;
  *secret = slice_of((const char *)opened, (size_t)len);
  return true;
}

/* --- the key file ------------------------------------------------------------------------- */

static enum status machine_problem(const char *what, const char *path, struct problem *problem) {
  bool is_full = errno == ENOSPC || errno == EDQUOT;
  return problem_set(problem, is_full ? STATUS_UNAVAILABLE : STATUS_FAILED,
                     "Cannot %s the key of stored secrets %s: %s.", what, path, strerror(errno));
}

/* Everything of the open file, which has to be a key that is its owner's alone. */
static enum status read_key(int file, const char *path, struct vault_key *key,
                            struct problem *problem) {
  struct stat found;
  unsigned char bytes[KEY_BYTES + 1];
  if (fstat(file, &found)) return machine_problem("read", path, problem);
  if (found.st_mode & (S_IRWXG | S_IRWXO))
    return problem_set(problem, STATUS_FAILED,
                       "The key of stored secrets %s can be read by others than its owner. Run "
                       "`chmod 600 %s`.",
                       path, path);
  ssize_t len = read(file, bytes, sizeof bytes);
  if (len == KEY_BYTES) memcpy(key->bytes, bytes, KEY_BYTES);
  sodium_memzero(bytes, sizeof bytes);
  if (len < 0) return machine_problem("read", path, problem);
  if (len != KEY_BYTES)
    return problem_set(problem, STATUS_FAILED,
                       "%s is no key of stored secrets: it should have %d bytes. Restore it from a "
                       "backup, or remove it and enter the stored tokens again.",
                       path, KEY_BYTES);
  return STATUS_OK;
}

static int sync_directory(const char *directory) {
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int result = fd < 0 ? -1 : fsync(fd), error = errno;
  if (fd >= 0) close(fd);
  errno = error;
  return result;
}

static int write_file(const char *path, const struct vault_key *key) {
  if (unlink(path) && errno != ENOENT) return -1; /* of a crash in the middle of this */
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return -1;
  ssize_t len = write(file, key->bytes, KEY_BYTES);
  if (len >= 0 && len < KEY_BYTES) errno = ENOSPC;
  int result = len < KEY_BYTES || fsync(file) ? -1 : 0, error = errno;
  close(file);
  errno = error;
  return result;
}

static enum status make_key(const char *directory, const char *path, struct vault_key *key,
                            struct problem *problem) {
  char new_path[PATH_BYTES];
  snprintf(new_path, sizeof new_path, "%s/secret.key.new", directory);
  randombytes_buf(key->bytes, KEY_BYTES);
  if (write_file(new_path, key) || rename(new_path, path) || sync_directory(directory))
    return machine_problem("write", path, problem);
  return STATUS_OK;
}

enum status vault_key_load(const char *directory, struct vault_key **loaded,
                           struct problem *problem) {
  char path[PATH_BYTES];
  int needed = snprintf(path, sizeof path, "%s/secret.key", directory);
  if (needed + 4 >= PATH_BYTES)
    return problem_set(problem, STATUS_BAD_INPUT, "The data directory's path is too long.");
  if (sodium_init() < 0)
    return problem_set(problem, STATUS_FAILED, "Cannot get random bytes from the system.");
  struct vault_key *key = sodium_malloc(sizeof *key);
  if (!key)
    return problem_set(problem, STATUS_FAILED, "There is no memory for the key of stored secrets.");
  int file = open(path, O_RDONLY | O_CLOEXEC);
  enum status status;
  if (file >= 0)
    status = read_key(file, path, key, problem);
  else if (errno == ENOENT)
    status = make_key(directory, path, key, problem);
  else
    status = machine_problem("read", path, problem);
  if (file >= 0) close(file);
  if (status) {
    vault_key_free(key);
    return status;
  }
  sodium_mprotect_readonly(key);
  *loaded = key;
  return STATUS_OK;
}

void vault_key_free(struct vault_key *key) { sodium_free(key); }
