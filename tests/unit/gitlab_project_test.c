/* gitlab_project_test.c - which GitLab project a project belongs to: by its repository, by its
 * link.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "forge/gitlab_project.h"
#include "store/forge_server.h"

#define ASSERT_TEXT(slice, text) assert_true(slice_equal_string((slice), (text)))

struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
  struct project_forge link;
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  struct problem problem;
  snprintf(f->directory, sizeof(f->directory), "/tmp/culprit-gitlab-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  assert_int_equal(store_open(f->directory, &f->store, &problem), STATUS_OK);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  char command[100];
  store_close(f->store);
  snprintf(command, sizeof(command), "rm -rf %s", f->directory);
  assert_int_equal(system(command), 0);
  arena_free(&f->arena);
  free(f);
  return 0;
}

static bool find(struct fixture *f, const char *repository, struct gitlab_project *found) {
  const struct project project = {.id = 1, .repository = slice_of_string(repository)};
  struct transaction *tx = store_begin_read(f->store);
  bool is_found = gitlab_project_of(tx, &f->arena, &project, found);
  store_end_read(tx);
  return is_found;
}

static void test_repository(void **state) {
  static const struct {
    const char *repository, *url, *path;
  } cases[] = {
      {"https://gitlab.example.org/team/app", "https://gitlab.example.org/team/app", "team/app"},
      {"https://gitlab.example.org/team/app.git", "https://gitlab.example.org/team/app",
       "team/app"},
      {"https://gitlab.example.org/team/app.git/", "https://gitlab.example.org/team/app",
       "team/app"},
      {"http://git.local:8080/a/b/c/app/", "http://git.local:8080/a/b/c/app", "a/b/c/app"},
      {"http://[2001:db8::1]:8080/team/app", "http://[2001:db8::1]:8080/team/app", "team/app"},
      {"https://gitlab.example.org/.git/.git", NULL, NULL},
      {"", NULL, NULL},
      {"/srv/git/team/app.git", NULL, NULL},
      {"git://gitlab.example.org/team/app.git", NULL, NULL},
      {"ssh://gitlab.example.org/team/app.git", NULL, NULL},
      {"https://gitlab.example.org/app", NULL, NULL},
      {"https://gitlab.example.org//app", NULL, NULL},
      {"https://gitlab.example.org/team/app?x=1", NULL, NULL},
      {"https://gitlab.example.org/team/app#x", NULL, NULL},
      {"https://user:secret@gitlab.example.org/team/app", NULL, NULL},
      {"javascript://gitlab.example.org/team/app", NULL, NULL},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct gitlab_project found;
    bool is_found = find(*state, cases[i].repository, &found);
    if (is_found != !!cases[i].path) fail_msg("\"%s\"", cases[i].repository);
    if (!is_found) continue;
    ASSERT_TEXT(found.url, cases[i].url);
    ASSERT_TEXT(found.path, cases[i].path);
    assert_int_equal(found.id, 0);
  }
}

static enum status set_link(struct transaction *tx, void *context, struct problem *problem) {
  (void)problem;
  project_forge_set(tx, context);
  return STATUS_OK;
}

static void test_link(void **state) {
  struct fixture *f = *state;
  struct problem problem;
  struct gitlab_project found;
  struct project_forge link = {.project_id = 1,
                               .forge_id = 1,
                               .remote_id = 139,
                               .path = SLICE("group/app"),
                               .web_url = SLICE("https://example.org/gitlab/group/app")};
  assert_int_equal(store_write(f->store, set_link, &link, &problem), STATUS_OK);
  assert_true(find(f, "https://elsewhere.example.org/team/app.git", &found));
  ASSERT_TEXT(found.url, "https://example.org/gitlab/group/app");
  ASSERT_TEXT(found.path, "group/app");
  assert_int_equal(found.id, 139);
  ASSERT_TEXT(gitlab_issue_url(&f->arena, &found, 5),
              "https://example.org/gitlab/group/app/-/issues/5");
  /* What another server says must not become the address of a link unseen. */
  link.web_url = SLICE("javascript:alert(1)//group/app");
  assert_int_equal(store_write(f->store, set_link, &link, &problem), STATUS_OK);
  assert_false(find(f, "https://elsewhere.example.org/team/app.git", &found));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_repository, setup, teardown),
      cmocka_unit_test_setup_teardown(test_link, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
