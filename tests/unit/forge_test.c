/* forge_test.c - commits and source lines from repositories that the git command made, mirrors of
 * repositories served over HTTP by git itself, and which addresses are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "forge/git_url.h"
#include "forge/cache.h"
#include "forge/forge.h"

struct fixture {
  char directory[64];
  char first[41], second[41];
  struct store *store;
  struct forge *forge;
  struct arena arena;
  struct project project;
};

/* Runs a shell command in the fixture's directory; its output without the last newline. */
static void run(struct fixture *f, const char *command, char *output, size_t size) {
  char line[2000];
  snprintf(
      line, sizeof(line),
      "cd %s && export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME='Zoë Author' "
      "GIT_AUTHOR_EMAIL=zoe@example.org GIT_COMMITTER_NAME=c GIT_COMMITTER_EMAIL=c@example.org "
      "GIT_AUTHOR_DATE='2026-11-01T10:00:00Z' && { %s; } 2>/dev/null",
      f->directory, command);
  FILE *pipe = popen(line, "r");
  assert_non_null(pipe);
  size_t count = output ? fread(output, 1, size - 1, pipe) : 0;
  if (output) output[count && output[count - 1] == '\n' ? count - 1 : count] = 0;
  assert_int_equal(pclose(pipe), 0);
}

static enum status add_project(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  int64_t organization, id;
  if (organization_create(tx, SLICE("main"), SLICE("Main"), &organization, problem))
    return problem->status;
  struct project_draft draft = {organization, SLICE("app"), SLICE("App"), SLICE("python")};
  enum status status = project_create(tx, &draft, &id, problem);
  f->project.id = id;
  return status;
}

static enum status save_repository(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  struct project_settings settings = {SLICE("App"), SLICE("python"), f->project.repository};
  return project_update(tx, f->project.id, &settings, problem);
}

static void set_repository(struct fixture *f, const char *format) {
  struct problem problem;
  f->project.repository = arena_printf(&f->arena, "%s", format);
  assert_int_equal(store_write(f->store, save_repository, f, &problem), STATUS_OK);
  forge_repository_changed(f->forge, f->project.id);
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  struct problem problem = {0};
  char path[100];
  snprintf(f->directory, sizeof(f->directory), "/tmp/culprit-forge-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  run(f,
      "git init -q -b main repo && cd repo && mkdir -p src/shop lib && "
      "seq -f 'line %g' 1 30 > src/shop/cart.py && echo top > main.py && echo one > lib/util.py && "
      "printf 'a\\0b' > data.bin && echo '*.py diff=python' > .gitattributes && git add . && git "
      "commit -q -m 'Add the shop' && "
      "git rev-parse HEAD",
      f->first, sizeof(f->first));
  run(f,
      "cd repo && sed -i 's/^line 3$/line three/' src/shop/cart.py && git mv lib/util.py "
      "lib/tool.py && echo two > src/util.py && git rm -q data.bin && git add . && "
      "git commit -q -m 'Change the cart\n\nWith a body.' && git tag v1 && git rev-parse HEAD",
      f->second, sizeof(f->second));
  snprintf(path, sizeof(path), "%s/data", f->directory);
  assert_int_equal(store_open(path, &f->store, &problem), STATUS_OK);
  assert_int_equal(store_write(f->store, add_project, f, &problem), STATUS_OK);
  f->forge = forge_open(f->store, &(struct forge_options){.allow_private_addresses = true});
  snprintf(path, sizeof(path), "%s/repo", f->directory);
  set_repository(f, path);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  char command[100];
  forge_close(f->forge);
  store_close(f->store);
  snprintf(command, sizeof(command), "rm -rf %s", f->directory);
  assert_int_equal(system(command), 0);
  arena_free(&f->arena);
  free(f);
  return 0;
}

/* --- commits ------------------------------------------------------------------------------ */

static bool find(struct fixture *f, struct slice release, struct commit *commit) {
  return forge_commit_of_release(f->forge, &f->arena, &f->project, release, commit);
}

static void test_commit_by_release(void **state) {
  struct fixture *f = *state;
  struct commit commit;
  struct slice sha = slice_of_string(f->first);
  assert_true(find(f, sha, &commit));
  assert_true(slice_equal(commit.sha, sha));
  assert_true(slice_equal_string(commit.author_name, "Zoë Author"));
  assert_true(slice_equal(commit.author_email, SLICE("zoe@example.org")));
  assert_true(slice_equal(commit.title, SLICE("Add the shop")));
  assert_int_equal(commit.author_time_ms, INT64_C(1793527200000));
  assert_true(find(f, slice_upto(sha, 7), &commit));
  assert_true(slice_equal(commit.sha, sha));
  assert_true(find(f, arena_printf(&f->arena, "shop@%.12s", f->second), &commit));
  assert_true(slice_equal_string(commit.sha, f->second));
}

static void test_no_commit(void **state) {
  struct fixture *f = *state;
  struct commit commit;
  assert_false(find(f, slice_upto(slice_of_string(f->first), 6), &commit));
  assert_false(find(f, SLICE("v1"), &commit));
  assert_false(find(f, SLICE("main"), &commit));
  assert_false(find(f, SLICE("HEAD"), &commit));
  assert_false(find(f, SLICE(""), &commit));
  assert_false(find(f, SLICE("0123456789abcdef0123456789abcdef01234567"), &commit));
  assert_false(find(f, arena_printf(&f->arena, "%s0", f->first), &commit));
  char tree[41];
  run(f, "cd repo && git rev-parse HEAD:", tree, sizeof(tree));
  assert_false(find(f, slice_of_string(tree), &commit));
}

/* Commits until two share their first 7 digits would take long; objects can be made to. */
static void test_ambiguous_abbreviation(void **state) {
  struct fixture *f = *state;
  struct commit commit;
  char directory[200];
  snprintf(directory, sizeof(directory),
           "cd repo/.git/objects && cp %.2s/%s %.2s/%.5s$(printf '0%%.0s' $(seq 33))", f->first,
           f->first + 2, f->first, f->first + 2);
  run(f, directory, NULL, 0);
  assert_false(find(f, slice_upto(slice_of_string(f->first), 7), &commit));
  assert_true(find(f, slice_of_string(f->first), &commit));
}

static void test_details(void **state) {
  struct fixture *f = *state;
  struct commit_details details;
  struct slice sha = slice_of_string(f->second);
  assert_true(forge_commit_details(f->forge, &f->arena, &f->project, sha, &details));
  assert_int_equal(details.parent_count, 1);
  assert_true(slice_equal_string(details.parents[0], f->first));
  assert_true(slice_equal_string(details.commit.message, "Change the cart\n\nWith a body.\n"));
  assert_int_equal(details.file_count, 4);
  assert_int_equal(details.files[0].change, 'D');
  assert_int_equal(details.files[1].change, 'R');
  assert_true(slice_equal(details.files[1].path, SLICE("lib/tool.py")));
  assert_true(slice_equal(details.files[1].old_path, SLICE("lib/util.py")));
  assert_int_equal(details.files[2].change, 'M');
  assert_int_equal(details.files[2].added, 1);
  assert_int_equal(details.files[2].deleted, 1);
  assert_int_equal(details.files[3].change, 'A');
  assert_true(slice_find(details.patch, SLICE("+line three")) < details.patch.len);
  assert_false(details.is_patch_cut);
  sha = slice_of_string(f->first);
  assert_true(forge_commit_details(f->forge, &f->arena, &f->project, sha, &details));
  assert_int_equal(details.parent_count, 0);
  assert_int_equal(details.file_count, 5);
  assert_false(forge_commit_details(f->forge, &f->arena, &f->project, SLICE("HEAD"), &details));
}

/* --- source lines -------------------------------------------------------------------------- */

static bool source(struct fixture *f, const char *path, int64_t line, struct source_lines *lines) {
  struct source_request request = {
      .sha = slice_of_string(f->second), .path = slice_of_string(path), .line = line, .context = 2};
  return forge_source(f->forge, &f->arena, &f->project, &request, lines);
}

static void test_source_paths(void **state) {
  static const struct {
    const char *path, *found;
  } cases[] = {
      {"src/shop/cart.py", "src/shop/cart.py"},
      {"/srv/app/src/shop/cart.py", "src/shop/cart.py"},
      {"shop/cart.py", "src/shop/cart.py"},
      {"cart.py", "src/shop/cart.py"},
      {"./src/shop/cart.py", "src/shop/cart.py"},
      {"webpack:///./src/shop/cart.py", "src/shop/cart.py"},
      {"https://cdn.example.org/src/shop/cart.py?v=3", "src/shop/cart.py"},
      {"C:\\work\\src\\shop\\cart.py", "src/shop/cart.py"},
      {"main.py", "main.py"},
      {"art.py", NULL},
      {"shop", NULL},
      {"src", NULL},
      {"nowhere.py", NULL},
      {"../repo/src/shop/cart.py", NULL},
      {"/etc/passwd", NULL},
      {"", NULL},
      {"/", NULL},
  };
  struct fixture *f = *state;
  /* The second round comes from the cache. */
  for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
    struct source_lines lines;
    const char *path = cases[i / 2].path, *found = cases[i / 2].found;
    print_message("# %s\n", path);
    assert_int_equal(source(f, path, 1, &lines), found != NULL);
    if (found) assert_true(slice_equal_string(lines.path, found));
  }
}

static void test_source_lines(void **state) {
  struct fixture *f = *state;
  struct source_lines lines;
  assert_true(source(f, "cart.py", 3, &lines));
  assert_int_equal(lines.first_line, 1);
  assert_int_equal(lines.count, 5);
  assert_true(slice_equal(lines.lines[2], SLICE("line three")));
  assert_true(source(f, "cart.py", 30, &lines));
  assert_int_equal(lines.first_line, 28);
  assert_int_equal(lines.count, 3);
  assert_true(slice_equal(lines.lines[2], SLICE("line 30")));
  assert_false(source(f, "cart.py", 31, &lines));
  assert_false(source(f, "cart.py", 0, &lines));
  assert_false(source(f, "cart.py", INT64_MAX, &lines));
  struct source_request request = {
      .sha = slice_of_string(f->first), .path = SLICE("data.bin"), .line = 1, .context = 2};
  assert_false(forge_source(f->forge, &f->arena, &f->project, &request, &lines));
  request.path = SLICE("cart.py");
  request.line = 3;
  assert_true(forge_source(f->forge, &f->arena, &f->project, &request, &lines));
  assert_true(slice_equal(lines.lines[2], SLICE("line 3")));
  request.sha = SLICE("HEAD");
  assert_false(forge_source(f->forge, &f->arena, &f->project, &request, &lines));
}

/* Two files of one name: no guess is made. */
static void test_ambiguous_path(void **state) {
  struct fixture *f = *state;
  char sha[41];
  run(f,
      "cd repo && cp src/shop/cart.py lib/cart.py && git add . && git commit -q -m two && "
      "git rev-parse HEAD",
      sha, sizeof(sha));
  struct source_lines lines;
  struct source_request request = {
      .sha = slice_of_string(sha), .path = SLICE("cart.py"), .line = 1, .context = 0};
  assert_false(forge_source(f->forge, &f->arena, &f->project, &request, &lines));
  request.path = SLICE("shop/cart.py");
  assert_true(forge_source(f->forge, &f->arena, &f->project, &request, &lines));
}

/* --- settings ------------------------------------------------------------------------------ */

static enum status check(struct forge *forge, const char *repository) {
  struct problem problem = {0};
  enum status status = forge_check_repository(forge, slice_of_string(repository), &problem);
  if (status) assert_string_equal(problem.field, "repository");
  return status;
}

static void test_check_repository(void **state) {
  struct fixture *f = *state;
  char path[200];
  snprintf(path, sizeof(path), "%s/repo", f->directory);
  assert_int_equal(check(f->forge, path), STATUS_OK);
  snprintf(path, sizeof(path), "%s/repo/src", f->directory);
  assert_int_equal(check(f->forge, path), STATUS_BAD_INPUT);
  run(f, "git clone -q --bare repo data/stolen.git && ln -s data/stolen.git link.git", NULL, 0);
  snprintf(path, sizeof(path), "%s/data/stolen.git", f->directory);
  assert_int_equal(check(f->forge, path), STATUS_BAD_INPUT);
  snprintf(path, sizeof(path), "%s/link.git", f->directory);
  assert_int_equal(check(f->forge, path), STATUS_BAD_INPUT);
  assert_int_equal(check(f->forge, "repo"), STATUS_BAD_INPUT);
  assert_int_equal(check(f->forge, "/nowhere"), STATUS_BAD_INPUT);
  assert_int_equal(check(f->forge, "file:///srv/repo"), STATUS_BAD_INPUT);
  assert_int_equal(check(f->forge, "ssh://git@example.org/x.git"), STATUS_BAD_INPUT);
  assert_int_equal(check(f->forge, "https://user:secret@example.org/x.git"), STATUS_BAD_INPUT);
  assert_int_equal(check(f->forge, "https://127.0.0.1"), STATUS_BAD_INPUT);
  assert_int_equal(check(f->forge, "https://127.0.0.1:x/y"), STATUS_BAD_INPUT);
  assert_int_equal(check(f->forge, "https://127.0.0.1/y z"), STATUS_BAD_INPUT);
  assert_int_equal(check(f->forge, "https://127.0.0.1/y"), STATUS_OK);
}

static void test_private_refused(void **state) {
  struct fixture *f = *state;
  struct forge *forge =
      forge_open(f->store, &(struct forge_options){.repository_root = SLICE("/nowhere")});
  char path[200];
  assert_int_equal(check(forge, "https://127.0.0.1/y"), STATUS_BAD_INPUT);
  assert_int_equal(check(forge, "https://localhost/y"), STATUS_BAD_INPUT);
  assert_int_equal(check(forge, "http://[::1]:8080/y"), STATUS_BAD_INPUT);
  assert_int_equal(check(forge, "http://2130706433/y"), STATUS_BAD_INPUT);
  snprintf(path, sizeof(path), "%s/repo", f->directory);
  assert_int_equal(check(forge, path), STATUS_BAD_INPUT);
  forge_close(forge);
}

/* --- mirrors ------------------------------------------------------------------------------- */

/* git's own server on a free port; stopped by kill(). */
static pid_t start_git_daemon(struct fixture *f, int *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof(address);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
  close(fd);
  *port = ntohs(address.sin_port);
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("PATH", "/usr/lib/git-core:/usr/bin:/bin", 1);
    char base[100], option[40];
    snprintf(base, sizeof(base), "--base-path=%s", f->directory);
    snprintf(option, sizeof(option), "--port=%d", *port);
    /* The daemon itself, not the wrapper that would leave it behind. */
    execl("/usr/lib/git-core/git-daemon", "git-daemon", "--export-all", "--listen=127.0.0.1",
          "--reuseaddr", option, base, (char *)NULL);
    _exit(127);
  }
  usleep(300000);
  return pid;
}

static struct forge_state wait_for_state(struct fixture *f, bool is_ready, bool has_error) {
  struct forge_state state = {0};
  for (int i = 0; i < 200; i++) {
    state = forge_repository_state(f->forge, &f->arena, &f->project);
    if (state.is_ready == is_ready && (state.error.len > 0) == has_error) return state;
    usleep(50000);
  }
  print_message("# ready %d, error %.*s\n", state.is_ready, SLICE_ARGS(state.error));
  fail_msg("the state did not come");
  return state;
}

static void test_mirror(void **state) {
  struct fixture *f = *state;
  int port;
  char url[100], third[41];
  struct commit commit;
  pid_t pid = start_git_daemon(f, &port);
  snprintf(url, sizeof(url), "git://127.0.0.1:%d/repo", port);
  set_repository(f, url);
  struct forge_state mirrored = wait_for_state(f, true, false);
  assert_true(mirrored.fetched_ms > 0);
  assert_true(find(f, slice_of_string(f->second), &commit));
  run(f, "cd repo && echo 3 > three && git add . && git commit -q -m three && git rev-parse HEAD",
      third, sizeof(third));
  assert_false(find(f, slice_of_string(third), &commit));
  forge_repository_changed(f->forge, f->project.id);
  for (int i = 0; i < 200 && !find(f, slice_of_string(third), &commit); i++) usleep(50000);
  assert_true(slice_equal_string(commit.sha, third));
  /* A fetch that fails says why and keeps the mirror. */
  kill(pid, SIGTERM);
  waitpid(pid, NULL, 0);
  forge_repository_changed(f->forge, f->project.id);
  wait_for_state(f, true, true);
  assert_true(find(f, slice_of_string(third), &commit));
  /* Another URL: nothing of the old one is shown any more. */
  snprintf(url, sizeof(url), "git://127.0.0.1:%d/other", port);
  set_repository(f, url);
  assert_false(find(f, slice_of_string(third), &commit));
  wait_for_state(f, false, true);
}

/* A server that accepts and says nothing must not hold up the end. */
static void test_stop_while_fetching(void **state) {
  struct fixture *f = *state;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof(address);
  char url[100];
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
  assert_int_equal(listen(fd, 5), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
  snprintf(url, sizeof(url), "http://127.0.0.1:%d/x.git", ntohs(address.sin_port));
  set_repository(f, url);
  usleep(500000);
  int64_t before_us = clock_monotonic_us();
  forge_close(f->forge);
  assert_true(clock_monotonic_us() - before_us < 2000000);
  f->forge = forge_open(f->store, NULL);
  close(fd);
}

/* --- cache --------------------------------------------------------------------------------- */

static void test_cache(void **state) {
  struct cache cache;
  (void)state;
  cache_init(&cache, 1000);
  struct cache_entry *held = cache_put(&cache, SLICE("1/a"), SLICE("first"));
  for (int i = 0; i < 100; i++) {
    char key[20];
    snprintf(key, sizeof(key), "2/%d", i);
    cache_release(&cache, cache_put(&cache, slice_of_string(key), SLICE("value")));
    assert_true(cache.bytes <= 1000);
  }
  assert_null(cache_get(&cache, SLICE("1/a")));
  assert_true(slice_equal(held->data, SLICE("first")));
  cache_release(&cache, held);
  held = cache_get(&cache, SLICE("2/99"));
  assert_non_null(held);
  cache_release(&cache, held);
  cache_forget(&cache, SLICE("2/"));
  assert_int_equal(cache.bytes, 0);
  cache_destroy(&cache);
}

int main(void) {
#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
      WITH_FIXTURE(test_commit_by_release),      WITH_FIXTURE(test_no_commit),
      WITH_FIXTURE(test_ambiguous_abbreviation), WITH_FIXTURE(test_details),
      WITH_FIXTURE(test_source_paths),           WITH_FIXTURE(test_source_lines),
      WITH_FIXTURE(test_ambiguous_path),         WITH_FIXTURE(test_check_repository),
      WITH_FIXTURE(test_private_refused),        WITH_FIXTURE(test_mirror),
      WITH_FIXTURE(test_stop_while_fetching),    cmocka_unit_test(test_cache),
  };
  return cmocka_run_group_tests_name("forge", tests, NULL, NULL);
}
