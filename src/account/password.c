/* password.c - see password.h. */
#include "account/password.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "account/account.h"
#include "base/bytes.h"

#include "base/banned.h"

static const unsigned long long passes = 2;
static const size_t memory_bytes = 19 * 1024 * 1024;

/* One that hashes and two that wait: few, because each keeps a worker thread from other work. */
enum { LINE_LIMIT = 3 };

static pthread_mutex_t line_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t line_moved = PTHREAD_COND_INITIALIZER;
static unsigned line_length;
static bool is_hashing;

/* The hash of a random password that nobody knows, with our cost: what an unknown user's password
 * is compared with. */
static const char nobodys_hash[] =
    "$argon2id$v=19$m=19456,t=2,p=1$KT1MhduB7XquAkfJZ2+Gfg$"
    "KMHTo1MDRFS0OLAHhSpQdv0R6iiUmRjkuRm9DJzL6zE";

static enum status line_enter(struct problem *problem) {
  enum status status = STATUS_OK;
  pthread_mutex_lock(&line_mutex);
  if (line_length == LINE_LIMIT) {
    status = problem_set(problem, STATUS_BUSY,
                         "Many people are signing in right now. Try again in a few seconds.");
  } else {
    line_length++;
    while (is_hashing) pthread_cond_wait(&line_moved, &line_mutex);
    is_hashing = true;
  }
  pthread_mutex_unlock(&line_mutex);
  return status;
}

static void line_leave(void) {
  pthread_mutex_lock(&line_mutex);
  is_hashing = false;
  line_length--;
  pthread_cond_signal(&line_moved);
  pthread_mutex_unlock(&line_mutex);
}

static size_t count_characters(struct slice text) {
  size_t count = 0;
  for (size_t i = 0; i < text.len; i++) count += ((unsigned char)text.ptr[i] & 0xc0u) != 0x80u;
  return count;
}

enum status password_check(struct slice password, struct problem *problem) {
  if (password.len > PASSWORD_MAX_BYTES)
    return problem_set_field(problem, STATUS_BAD_INPUT, "password",
                             "The password is longer than %d bytes.", PASSWORD_MAX_BYTES);
  if (!utf8_is_valid(password))
    return problem_set_field(problem, STATUS_BAD_INPUT, "password",
                             "The password is not valid UTF-8.");
  if (count_characters(password) < PASSWORD_MIN_CHARACTERS)
    return problem_set_field(problem, STATUS_BAD_INPUT, "password",
                             "A password has at least %d characters.", PASSWORD_MIN_CHARACTERS);
  return STATUS_OK;
}

enum status password_hash(struct slice password, char out[PASSWORD_HASH_BYTES],
                          struct problem *problem) {
  static_assert(PASSWORD_HASH_BYTES >= crypto_pwhash_STRBYTES, "room for sodium's text");
  enum status status = line_enter(problem);
  if (status) return status;
  int failure = crypto_pwhash_str_alg(out, password.ptr, password.len, passes, memory_bytes,
                                      crypto_pwhash_ALG_ARGON2ID13);
  line_leave();
  if (failure)
    return problem_set(problem, STATUS_UNAVAILABLE,
                       "There is not enough memory to hash a password. Try again later.");
  return STATUS_OK;
}

enum status password_verify(struct slice hash, struct slice password, struct problem *problem) {
  char text[PASSWORD_HASH_BYTES] = {0};
  bool is_comparable = hash.len > 0 && hash.len < sizeof text && password.len <= PASSWORD_MAX_BYTES;
  memcpy(text, is_comparable ? hash.ptr : nobodys_hash,
         is_comparable ? hash.len : sizeof nobodys_hash);
  enum status status = line_enter(problem);
  if (status) return status;
  bool is_equal = crypto_pwhash_str_verify(
                      text, password.len ? password.ptr : "",
                      password.len <= PASSWORD_MAX_BYTES ? password.len : PASSWORD_MAX_BYTES) == 0;
  line_leave();
  if (is_equal && is_comparable) return STATUS_OK;
  return problem_set(problem, STATUS_UNAUTHENTICATED, "The name or the password is wrong.");
}
