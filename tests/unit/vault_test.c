/* vault_test.c - secrets sealed and opened, and the life of their key file. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/vault.h"

#define PURPOSE SLICE("sentry-token:42:https://sentry.example.org")
#define TOKEN SLICE("sntryu_0123456789abcdef")

struct fixture {
  char directory[64], key_path[128];
  struct store *store;
  struct arena arena;
};

static enum status open_store(struct fixture *f, struct problem *problem) {
  return store_open(f->directory, &f->store, problem);
}

static void reopen(struct fixture *f) {
  struct problem problem = {0};
  if (f->store) store_close(f->store);
  assert_int_equal(open_store(f, &problem), STATUS_OK);
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-vault-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  snprintf(f->key_path, sizeof f->key_path, "%s/secret.key", f->directory);
  reopen(f);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  char command[100];
  if (f->store) store_close(f->store);
  snprintf(command, sizeof command, "rm -rf %s", f->directory);
  assert_int_equal(system(command), 0);
  arena_free(&f->arena);
  free(f);
  return 0;
}

static bool opens(struct fixture *f, struct slice purpose, struct slice sealed) {
  struct slice secret;
  return vault_open(f->store, &f->arena, purpose, sealed, &secret);
}

static void test_sealed_opens_again(void **state) {
  struct fixture *f = *state;
  struct slice secret, sealed = vault_seal(f->store, &f->arena, PURPOSE, TOKEN);
  assert_true(slice_find(sealed, TOKEN) == sealed.len);
  assert_true(vault_open(f->store, &f->arena, PURPOSE, sealed, &secret));
  assert_true(slice_equal(secret, TOKEN));
  reopen(f);
  assert_true(vault_open(f->store, &f->arena, PURPOSE, sealed, &secret));
  assert_true(slice_equal(secret, TOKEN));
  struct slice again = vault_seal(f->store, &f->arena, PURPOSE, TOKEN);
  assert_false(slice_equal(sealed, again));
}

static void test_empty_stays_empty(void **state) {
  struct fixture *f = *state;
  struct slice secret = TOKEN, sealed = vault_seal(f->store, &f->arena, PURPOSE, SLICE_EMPTY);
  assert_int_equal(sealed.len, 0);
  assert_true(vault_open(f->store, &f->arena, PURPOSE, sealed, &secret));
  assert_int_equal(secret.len, 0);
}

static void test_bound_to_its_purpose(void **state) {
  struct fixture *f = *state;
  struct slice sealed = vault_seal(f->store, &f->arena, PURPOSE, TOKEN);
  assert_false(opens(f, SLICE("sentry-token:43:https://sentry.example.org"), sealed));
  assert_false(opens(f, SLICE("sentry-token:42:https://evil.example.org"), sealed));
  assert_false(opens(f, SLICE_EMPTY, sealed));
}

static void test_changed_does_not_open(void **state) {
  struct fixture *f = *state;
  struct slice sealed = vault_seal(f->store, &f->arena, PURPOSE, TOKEN);
  for (size_t i = 0; i < sealed.len; i++) {
    struct slice changed = arena_copy(&f->arena, sealed);
    ((char *)changed.ptr)[i] ^= 1;
    assert_false(opens(f, PURPOSE, changed));
    if (i) assert_false(opens(f, PURPOSE, slice_upto(sealed, i)));
  }
}

static void test_key_is_its_owners(void **state) {
  struct fixture *f = *state;
  struct stat found;
  assert_int_equal(stat(f->key_path, &found), 0);
  assert_int_equal(found.st_mode & 07777, 0600);
  assert_int_equal(found.st_size, 32);
}

/* A database that was restored without its key. */
static void test_lost_key_is_made_anew(void **state) {
  struct fixture *f = *state;
  struct slice sealed = vault_seal(f->store, &f->arena, PURPOSE, TOKEN);
  assert_int_equal(unlink(f->key_path), 0);
  reopen(f);
  assert_false(opens(f, PURPOSE, sealed));
  assert_true(opens(f, PURPOSE, vault_seal(f->store, &f->arena, PURPOSE, TOKEN)));
}

static void test_crash_while_making_the_key(void **state) {
  struct fixture *f = *state;
  char path[256];
  snprintf(path, sizeof path, "%s.new", f->key_path);
  assert_int_equal(rename(f->key_path, path), 0);
  assert_int_equal(truncate(path, 7), 0);
  reopen(f);
  assert_int_equal(access(path, F_OK), -1);
  assert_true(opens(f, PURPOSE, vault_seal(f->store, &f->arena, PURPOSE, TOKEN)));
}

/* The store is refused with a message that holds `wanted`. */
static void check_refused(struct fixture *f, const char *wanted) {
  struct problem problem = {0};
  assert_int_equal(open_store(f, &problem), STATUS_FAILED);
  f->store = NULL;
  if (!strstr(problem.message, wanted)) fail_msg("%s", problem.message);
}

static void test_bad_key_files_are_refused(void **state) {
  struct fixture *f = *state;
  store_close(f->store);
  assert_int_equal(chmod(f->key_path, 0640), 0);
  check_refused(f, "chmod 600");
  assert_int_equal(chmod(f->key_path, 0604), 0);
  check_refused(f, "chmod 600");
  assert_int_equal(chmod(f->key_path, 0600), 0);
  assert_int_equal(truncate(f->key_path, 33), 0);
  check_refused(f, "32 bytes");
  assert_int_equal(truncate(f->key_path, 31), 0);
  check_refused(f, "32 bytes");
  assert_int_equal(unlink(f->key_path), 0);
  assert_int_equal(mkdir(f->key_path, 0700), 0);
  check_refused(f, "Cannot read the key");
  assert_int_equal(rmdir(f->key_path), 0);
  reopen(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_sealed_opens_again, setup, teardown),
      cmocka_unit_test_setup_teardown(test_empty_stays_empty, setup, teardown),
      cmocka_unit_test_setup_teardown(test_bound_to_its_purpose, setup, teardown),
      cmocka_unit_test_setup_teardown(test_changed_does_not_open, setup, teardown),
      cmocka_unit_test_setup_teardown(test_key_is_its_owners, setup, teardown),
      cmocka_unit_test_setup_teardown(test_lost_key_is_made_anew, setup, teardown),
      cmocka_unit_test_setup_teardown(test_crash_while_making_the_key, setup, teardown),
      cmocka_unit_test_setup_teardown(test_bad_key_files_are_refused, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
