/* connect_test.c - where errors come from: URLs as typed, lists of projects, tickets, the rules of
 * saving. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "source/connect_ticket.h"
#include "source/limits.h"
#include "source/sentry_link.h"
#include "store/vault.h"

#define TOKEN SLICE("sntryu_0123456789abcdef")
#define URL SLICE("https://sentry.example.org")
#define OTHER_URL SLICE("https://other.example.org")

struct fixture {
  char directory[64];
  struct store *store;
  struct arena arena;
  struct project project;
  struct actor administrator;
  struct connected connected;
  struct problem problem;
};

static enum status make_project(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  int64_t organization, id;
  if (organization_create(tx, SLICE("main"), SLICE("Main"), &organization, problem))
    return problem->status;
  struct project_draft draft = {organization, SLICE("app"), SLICE("App"), SLICE("python")};
  enum status status = project_create(tx, &draft, &id, problem);
  if (!status && !project_get(tx, &f->arena, id, &f->project)) return STATUS_FAILED;
  return status;
}

static int setup(void **state) {
  static struct sentry_project projects[] = {
      {7, SLICE("cart"), SLICE("The Cart"), SLICE("shop"), SLICE("Shop & Co")},
      {8, SLICE("web"), SLICE("Web"), SLICE("shop"), SLICE("Shop & Co")},
  };
  struct fixture *f = calloc(1, sizeof *f);
  snprintf(f->directory, sizeof f->directory, "/tmp/culprit-connect-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  assert_int_equal(store_open(f->directory, &f->store, &f->problem), STATUS_OK);
  assert_int_equal(store_write(f->store, make_project, f, &f->problem), STATUS_OK);
  f->administrator = (struct actor){.is_admin = true, .scopes = SCOPE_ALL};
  f->connected = (struct connected){URL, TOKEN, projects, 2};
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  char command[100];
  store_close(f->store);
  snprintf(command, sizeof command, "rm -rf %s", f->directory);
  assert_int_equal(system(command), 0);
  arena_free(&f->arena);
  free(f);
  return 0;
}

/* --- URLs --------------------------------------------------------------------------------- */

static void expect_url(const char *typed, const char *base, const char *project) {
  struct arena arena = {0};
  struct sentry_url url;
  struct problem problem = {0};
  enum status status = sentry_url_read(&arena, slice_of_string(typed), &url, &problem);
  if (!base) {
    if (status != STATUS_BAD_INPUT) fail_msg("%s was taken as %.*s", typed, SLICE_ARGS(url.base));
    assert_string_equal(problem.field, "url");
  } else {
    if (status) fail_msg("%s: %s", typed, problem.message);
    if (!slice_equal_string(url.base, base))
      fail_msg("%s became %.*s", typed, SLICE_ARGS(url.base));
    struct slice named = arena_printf(&arena, "%.*s/%.*s", SLICE_ARGS(url.organization_slug),
                                      SLICE_ARGS(url.project_slug));
    assert_true(slice_equal_string(named, project));
  }
  arena_free(&arena);
}

static void test_urls_are_brought_into_one_form(void **state) {
  (void)state;
  expect_url("", "", "/");
  expect_url("  \t", "", "/");
  expect_url("https://sentry.io", "https://sentry.io", "/");
  expect_url(" https://sentry.io/ ", "https://sentry.io", "/");
  expect_url("HTTPS://Sentry.IO//", "https://sentry.io", "/");
  expect_url("sentry.example.org", "https://sentry.example.org", "/");
  expect_url("sentry.example.org:8443/sub", "https://sentry.example.org:8443/sub", "/");
  expect_url("http://sentry.example.org:80", "http://sentry.example.org", "/");
  expect_url("https://sentry.example.org:443/", "https://sentry.example.org", "/");
  expect_url("https://sentry.example.org:80", "https://sentry.example.org:80", "/");
  expect_url("http://[2001:DB8::1]:9000/", "http://[2001:db8::1]:9000", "/");
  expect_url("https://h.example/a//b/", "https://h.example/a/b", "/");
  expect_url("https://h.example/api/0", "https://h.example", "/");
  expect_url("https://h.example/api/0/", "https://h.example", "/");
  expect_url("https://h.example//api//0//projects//shop//cart//", "https://h.example", "shop/cart");
  expect_url("https://h.example/sub/api/0/projects/", "https://h.example/sub", "/");
  expect_url("https://h.example/api/0/projects/shop/cart/", "https://h.example", "shop/cart");
  expect_url("https://h.example/api/0/projects/shop/cart/issues/", "https://h.example",
             "shop/cart");
  expect_url("https://h.example/api/0/organizations/shop/", "https://h.example", "/");
  expect_url("https://h.example/api/01", "https://h.example/api/01", "/");
  expect_url("https://h.example/api", "https://h.example/api", "/");
}

static void test_urls_that_are_refused(void **state) {
  static const char *const refused[] = {
      "ftp://h.example",
      "javascript:alert(1)",
      "file:///etc/passwd",
      "https://",
      "https:///path",
      "https://:443",
      "https://h.example:0",
      "https://h.example:65536",
      "https://h.example:443x",
      "https://h.example:0443",
      "https://h.example:",
      "https://user@h.example",
      "https://user:secret@h.example",
      "https://h.example\\@evil.example",
      "https://h.example#@evil.example",
      "https://h.example?x=1",
      "https://h.exämple",
      "https://h example",
      "https://h.example/a\nb",
      "https://h.example/<script>",
      "https://h.example/\"",
      "https://h%2eexample",
      "https://h,example",
      "https://.example",
      "https://[::1",
      "https://[::1]x",
      "https://[sentry]",
      "https://h.example/../x",
      "https://h.example/./x",
  };
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    expect_url(refused[i], NULL, NULL);
}

static void test_urls_have_a_length(void **state) {
  char text[300];
  (void)state;
  int len = snprintf(text, sizeof text, "https://h.example/");
  memset(text + len, 'a', sizeof text - (size_t)len);
  text[SENTRY_URL_LIMIT] = 0;
  expect_url(text, text, "/");
  text[SENTRY_URL_LIMIT] = 'a';
  text[SENTRY_URL_LIMIT + 1] = 0;
  expect_url(text, NULL, NULL);
  /* Without its scheme it fits, with it it does not. */
  expect_url(text + strlen("https://") - 1, NULL, NULL);
}

static void test_hosts_of_this_machine_are_known(void **state) {
  static const char *const private[] = {
      "localhost",  "localhost.", "a.localhost",     "127.0.0.1", "127.1",   "0x7f000001",
      "2130706433", "10.0.0.1",   "169.254.169.254", "::1",       "fd00::1", "::ffff:127.0.0.1",
      "0"};
  static const char *const public[] = {"sentry.io", "8.8.8.8", "2600::1", "localhost.example",
                                       "notlocalhost"};
  (void)state;
  for (size_t i = 0; i < sizeof private / sizeof private[0]; i++)
    if (!sentry_host_is_private(slice_of_string(private[i]))) fail_msg("%s", private[i]);
  for (size_t i = 0; i < sizeof public / sizeof public[0]; i++)
    if (sentry_host_is_private(slice_of_string(public[i]))) fail_msg("%s", public[i]);
}

/* --- answers of a Sentry --------------------------------------------------------------------- */

static void expect_link(const char *header, const char *previous, const char *next) {
  struct sentry_link link = sentry_link_read(slice_of_string(header));
  assert_true(slice_equal_string(link.previous, previous));
  assert_true(slice_equal_string(link.next, next));
}

static void test_links_are_read(void **state) {
  (void)state;
  expect_link("", "", "");
  expect_link(
      "<https://h/?a=1,2;3&cursor=0:0:1>; rel=\"previous\"; results=\"false\"; "
      "cursor=\"0:0:1\", <https://h/?cursor=0:100:0>; rel=\"next\"; results=\"true\"; "
      "cursor=\"0:100:0\"",
      "", "0:100:0");
  expect_link(
      "<x>;cursor=\"a\";results=\"true\";rel=\"previous\",<y>;rel=next;results=true;cursor=b", "a",
      "b");
  expect_link("<x>; rel=\"next\"; results=\"true\"", "", "");
  expect_link("rel=\"next\"; results=\"true\"; cursor=\"a\"", "", "");
  expect_link("<>>>,,;;=\"", "", "");
}

static void expect_projects(const char *json, size_t wanted, const char *message) {
  struct arena arena = {0};
  struct sentry_project *projects;
  struct problem problem = {0};
  yyjson_val *root;
  size_t count;
  assert_int_equal(json_read(&arena, slice_of_string(json), &root, &problem), STATUS_OK);
  enum status status = sentry_projects_read(&arena, root, &projects, &count, &problem);
  if (message) {
    assert_int_equal(status, STATUS_FAILED);
    if (!strstr(problem.message, message)) fail_msg("%s: %s", json, problem.message);
  } else {
    if (status) fail_msg("%s: %s", json, problem.message);
    assert_int_equal(count, wanted);
  }
  arena_free(&arena);
}

static void test_projects_are_read(void **state) {
  (void)state;
  expect_projects("[]", 0, NULL);
  expect_projects(
      "[{\"id\":\"7\",\"slug\":\"cart\",\"name\":\"Cart\",\"organization\":"
      "{\"slug\":\"shop\",\"name\":\"Shop\"}}]",
      1, NULL);
  expect_projects(
      "[{\"slug\":\"cart\",\"name\":\"Cart\",\"organization\":"
      "{\"slug\":\"shop\",\"name\":\"Shop\"}}]",
      1, NULL);
  expect_projects("{\"detail\":\"x\"}", 0, "list of projects");
  expect_projects("[7]", 0, "slug");
  expect_projects("[{\"slug\":\"cart\"}]", 0, "name");
  expect_projects("[{\"slug\":\"cart\",\"name\":\"Cart\"}]", 0, "organization.slug");
  expect_projects(
      "[{\"slug\":\"../x\",\"name\":\"C\",\"organization\":{\"slug\":\"s\",\"name\":"
      "\"S\"}}]",
      0, "slug");
  expect_projects(
      "[{\"slug\":\"c\",\"name\":\"C\",\"organization\":{\"slug\":\"a/b\",\"name\":"
      "\"S\"}}]",
      0, "organization.slug");
}

/* --- tickets -----------------------------------------------------------------------------------
 */

static void test_tickets_open_for_whom_they_are(void **state) {
  struct fixture *f = *state;
  struct connect_ticket_owner owner = {f->store, f->project.id, random_hex(&f->arena, 32), 1000};
  struct slice ticket = connect_ticket_seal(&f->arena, &owner, &f->connected);
  struct connected opened;
  assert_true(slice_find(ticket, TOKEN) == ticket.len);
  assert_true(connect_ticket_open(&f->arena, &owner, ticket, &opened));
  assert_true(slice_equal(opened.url, URL) && slice_equal(opened.token, TOKEN));
  assert_int_equal(opened.project_count, 2);
  assert_int_equal(opened.projects[1].id, 8);
  assert_true(slice_equal_string(opened.projects[0].name, "The Cart"));
  assert_true(slice_equal_string(opened.projects[1].organization_name, "Shop & Co"));

  struct connect_ticket_owner other = owner;
  other.now_ms = 1000 + CONNECT_KEPT_MS;
  assert_true(connect_ticket_open(&f->arena, &other, ticket, &opened));
  other.now_ms++;
  assert_false(connect_ticket_open(&f->arena, &other, ticket, &opened));
  other = owner;
  other.session = random_hex(&f->arena, 32);
  assert_false(connect_ticket_open(&f->arena, &other, ticket, &opened));
  other = owner;
  other.project_id++;
  assert_false(connect_ticket_open(&f->arena, &other, ticket, &opened));
  char *changed = arena_string(&f->arena, ticket);
  changed[ticket.len / 2] ^= 1;
  assert_false(connect_ticket_open(&f->arena, &owner, slice_of(changed, ticket.len), &opened));
  assert_false(connect_ticket_open(&f->arena, &owner, slice_upto(ticket, 5), &opened));
  assert_false(connect_ticket_open(&f->arena, &owner, SLICE_EMPTY, &opened));
}

/* --- saving --------------------------------------------------------------------------------------
 */

static struct connection saved(struct fixture *f) {
  struct connection row;
  struct transaction *tx = store_begin_read(f->store);
  connection_get(tx, &f->arena, f->project.id, &row);
  store_end_read(tx);
  return row;
}

static struct slice saved_token(struct fixture *f) {
  struct connection row = saved(f);
  struct slice token = SLICE_EMPTY;
  struct slice purpose = connection_token_purpose(&f->arena, row.project_id, row.url);
  assert_true(vault_open(f->store, &f->arena, purpose, row.token, &token));
  return token;
}

static enum status save(struct fixture *f, const struct connect_form *form) {
  const struct settings_target target = {&f->administrator, &f->project};
  f->problem = (struct problem){0};
  return connect_save(f->store, &target, form, &f->problem);
}

static void refuse(struct fixture *f, const struct connect_form *form, const char *field,
                   const char *message) {
  assert_int_equal(save(f, form), STATUS_BAD_INPUT);
  assert_string_equal(f->problem.field, field);
  if (!strstr(f->problem.message, message)) fail_msg("%s", f->problem.message);
}

static struct connect_form whole_form(struct fixture *f) {
  return (struct connect_form){.is_active = true,
                               .kind = SOURCE_SENTRY,
                               .url = URL,
                               .token = SLICE("****"),
                               .project = SLICE("shop/cart"),
                               .connected = &f->connected};
}

static void test_saving_a_sentry(void **state) {
  struct fixture *f = *state;
  struct connect_form form = whole_form(f);
  assert_int_equal(save(f, &form), STATUS_OK);
  struct connection row = saved(f);
  assert_true(row.is_active && row.kind == SOURCE_SENTRY && slice_equal(row.url, URL));
  assert_true(slice_equal_string(row.project_slug, "cart"));
  assert_true(slice_equal_string(row.project_name, "The Cart"));
  assert_true(slice_equal_string(row.organization_name, "Shop & Co"));
  assert_int_equal(row.remote_project_id, 7);
  assert_true(slice_find(row.token, TOKEN) == row.token.len);
  assert_true(slice_equal(saved_token(f), TOKEN));

  /* The same again is no other connection; another project is. */
  form.connected = NULL;
  assert_int_equal(save(f, &form), STATUS_OK);
  assert_int_equal(saved(f).changed_ms, row.changed_ms);
  form.project = SLICE_EMPTY;
  assert_int_equal(save(f, &form), STATUS_OK);
  assert_int_equal(saved(f).changed_ms, row.changed_ms);
  form = whole_form(f);
  form.project = SLICE("shop/web");
  assert_int_equal(save(f, &form), STATUS_OK);
  assert_true(saved(f).changed_ms > row.changed_ms);
}

static void test_what_an_active_sentry_needs(void **state) {
  struct fixture *f = *state;
  struct connect_form form = whole_form(f);
  form.url = SLICE_EMPTY;
  refuse(f, &form, "url", "Enter the address");
  form = whole_form(f);
  form.token = SLICE_EMPTY;
  refuse(f, &form, "token", "Enter an Auth Token");
  form = whole_form(f);
  form.token = SLICE("a b");
  refuse(f, &form, "token", "blank");
  form = whole_form(f);
  form.project = SLICE_EMPTY;
  refuse(f, &form, "project", "Choose a project");
  form = whole_form(f);
  form.connected = NULL;
  form.token = TOKEN;
  refuse(f, &form, "project", "Press Connect");
  form = whole_form(f);
  form.project = SLICE("shop/gone");
  refuse(f, &form, "project", "does not see a project \"shop/gone\"");
  form = whole_form(f);
  form.url = SLICE("http://127.0.0.1:9000");
  refuse(f, &form, "url", "private network");
  form.kind = SOURCE_LOCAL;
  refuse(f, &form, "url", "private network");
  struct connection row = saved(f);
  assert_true(row.kind == SOURCE_LOCAL && !row.url.len && !row.token.len);
}

static void test_nothing_is_needed_while_it_is_off(void **state) {
  struct fixture *f = *state;
  struct connect_form form = {.kind = SOURCE_SENTRY};
  assert_int_equal(save(f, &form), STATUS_OK);
  assert_false(saved(f).is_active);
  form = (struct connect_form){.is_active = true, .kind = SOURCE_LOCAL, .url = URL};
  assert_int_equal(save(f, &form), STATUS_OK);
  assert_true(slice_equal(saved(f).url, URL));
}

static void test_another_url_drops_the_token(void **state) {
  struct fixture *f = *state;
  struct connect_form form = whole_form(f);
  assert_int_equal(save(f, &form), STATUS_OK);
  struct connection row = saved(f);
  form.url = OTHER_URL;
  form.connected = NULL;
  struct connect_values values;
  assert_int_equal(connect_values(f->store, &f->arena, &row, &form, &values, &f->problem),
                   STATUS_OK);
  assert_int_equal(values.token.len, 0);
  assert_true(values.is_token_dropped);
  refuse(f, &form, "token", "has changed");
  assert_true(slice_equal(saved_token(f), TOKEN));
  form.is_active = false;
  assert_int_equal(save(f, &form), STATUS_OK);
  row = saved(f);
  assert_true(slice_equal(row.url, OTHER_URL) && !row.token.len && !row.project_slug.len);
  /* The old URL does not bring it back. */
  form.url = URL;
  form.is_active = true;
  refuse(f, &form, "token", "Enter an Auth Token");
}

static void test_a_path_is_a_part_of_the_url(void **state) {
  struct fixture *f = *state;
  struct connect_form form = whole_form(f);
  assert_int_equal(save(f, &form), STATUS_OK);
  form.connected = NULL;
  form.url = SLICE("https://sentry.example.org/elsewhere");
  refuse(f, &form, "token", "has changed");
  form.url = SLICE("HTTPS://sentry.example.org:443/api/0/projects/");
  assert_int_equal(save(f, &form), STATUS_OK);
  assert_true(slice_equal(saved_token(f), TOKEN));
}

static void test_a_blank_token_clears_it(void **state) {
  struct fixture *f = *state;
  struct connect_form form = whole_form(f);
  assert_int_equal(save(f, &form), STATUS_OK);
  form.token = SLICE(" ");
  refuse(f, &form, "token", "Enter an Auth Token");
  form.is_active = false;
  assert_int_equal(save(f, &form), STATUS_OK);
  assert_int_equal(saved(f).token.len, 0);
}

static enum status move_to_another_project(struct transaction *tx, void *context,
                                           struct problem *problem) {
  struct fixture *f = context;
  struct project_draft draft = {f->project.organization_id, SLICE("two"), SLICE("Two"), SLICE("c")};
  struct connection row;
  int64_t id;
  connection_get(tx, &f->arena, f->project.id, &row);
  enum status status = project_create(tx, &draft, &id, problem);
  if (status) return status;
  row.project_id = id;
  connection_set(tx, &row);
  return project_get(tx, &f->arena, id, &f->project) ? STATUS_OK : STATUS_FAILED;
}

static void test_a_moved_token_does_not_open(void **state) {
  struct fixture *f = *state;
  struct connect_form form = whole_form(f);
  struct connect_values values;
  assert_int_equal(save(f, &form), STATUS_OK);
  assert_int_equal(store_write(f->store, move_to_another_project, f, &f->problem), STATUS_OK);
  struct connection row = saved(f);
  form.connected = NULL;
  assert_int_equal(connect_values(f->store, &f->arena, &row, &form, &values, &f->problem),
                   STATUS_OK);
  assert_true(values.is_token_lost && !values.token.len);
  refuse(f, &form, "token", "cannot be read");
}

static void test_the_project_of_another_sentry_is_dropped(void **state) {
  struct fixture *f = *state;
  struct connect_form form = whole_form(f);
  assert_int_equal(save(f, &form), STATUS_OK);
  form.url = OTHER_URL;
  form.token = SLICE("another-token");
  form.connected = NULL;
  refuse(f, &form, "project", "Press Connect");
  struct connected elsewhere = f->connected;
  elsewhere.url = OTHER_URL;
  elsewhere.token = SLICE("another-token");
  form.connected = &elsewhere;
  form.token = SLICE("*");
  assert_int_equal(save(f, &form), STATUS_OK);
  assert_true(slice_equal_string(saved_token(f), "another-token"));
}

static void test_switching(void **state) {
  struct fixture *f = *state;
  const struct settings_target target = {&f->administrator, &f->project};
  struct connect_switch to = {.has_kind = true, .kind = SOURCE_SENTRY};
  assert_int_equal(connect_switch(f->store, &target, &to, &f->problem), STATUS_BAD_INPUT);
  struct connect_form form = whole_form(f);
  assert_int_equal(save(f, &form), STATUS_OK);
  struct connection before = saved(f);
  to = (struct connect_switch){.has_active = true, .is_active = false};
  assert_int_equal(connect_switch(f->store, &target, &to, &f->problem), STATUS_OK);
  to = (struct connect_switch){.has_kind = true, .kind = SOURCE_LOCAL};
  assert_int_equal(connect_switch(f->store, &target, &to, &f->problem), STATUS_OK);
  struct connection row = saved(f);
  assert_true(!row.is_active && row.kind == SOURCE_LOCAL);
  assert_true(slice_equal(row.url, URL) && slice_equal(row.token, before.token));
  assert_int_equal(row.changed_ms, before.changed_ms);
  to = (struct connect_switch){
      .has_active = true, .is_active = true, .has_kind = true, .kind = SOURCE_SENTRY};
  assert_int_equal(connect_switch(f->store, &target, &to, &f->problem), STATUS_OK);
}

static enum status disable_keys(struct transaction *tx, void *context, struct problem *problem) {
  struct fixture *f = context;
  struct client_key *keys;
  size_t count = client_key_list(tx, &f->arena, f->project.id, &keys);
  enum status status = STATUS_OK;
  for (size_t i = 0; i < count && !status; i++) {
    keys[i].is_active = false;
    status = client_key_update(tx, f->project.id, &keys[i], problem);
  }
  return status;
}

static size_t active_keys(struct fixture *f) {
  struct client_key *keys;
  struct transaction *tx = store_begin_read(f->store);
  size_t count = client_key_list(tx, &f->arena, f->project.id, &keys), active = 0;
  store_end_read(tx);
  for (size_t i = 0; i < count; i++) active += keys[i].is_active;
  return active;
}

static void test_this_server_as_the_source_has_a_key(void **state) {
  struct fixture *f = *state;
  const struct settings_target target = {&f->administrator, &f->project};
  struct connect_form form = {.is_active = true, .kind = SOURCE_LOCAL};
  assert_int_equal(store_write(f->store, disable_keys, f, &f->problem), STATUS_OK);
  assert_int_equal(save(f, &form), STATUS_OK);
  assert_int_equal(active_keys(f), 0); /* it was so before, and somebody wanted it */
  struct connect_switch to = {.has_active = true, .is_active = false};
  assert_int_equal(connect_switch(f->store, &target, &to, &f->problem), STATUS_OK);
  to.is_active = true;
  assert_int_equal(connect_switch(f->store, &target, &to, &f->problem), STATUS_OK);
  assert_int_equal(active_keys(f), 1);
}

static void test_who_may(void **state) {
  struct fixture *f = *state;
  struct actor stranger = {.user_id = 99, .scopes = SCOPE_ALL};
  struct settings_target target = {&stranger, &f->project};
  struct connect_form form = {.is_active = false};
  struct connect_switch to = {.has_active = true};
  assert_int_equal(connect_save(f->store, &target, &form, &f->problem), STATUS_NOT_FOUND);
  assert_int_equal(connect_switch(f->store, &target, &to, &f->problem), STATUS_NOT_FOUND);
  f->administrator.scopes = SCOPE_PROJECT_READ;
  target.actor = &f->administrator;
  assert_int_equal(connect_save(f->store, &target, &form, &f->problem), STATUS_FORBIDDEN);
  assert_int_equal(connect_switch(f->store, &target, &to, &f->problem), STATUS_FORBIDDEN);
  assert_true(saved(f).is_active);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_urls_are_brought_into_one_form),
      cmocka_unit_test(test_urls_that_are_refused),
      cmocka_unit_test(test_urls_have_a_length),
      cmocka_unit_test(test_hosts_of_this_machine_are_known),
      cmocka_unit_test(test_links_are_read),
      cmocka_unit_test(test_projects_are_read),
      WITH_STORE(test_tickets_open_for_whom_they_are),
      WITH_STORE(test_saving_a_sentry),
      WITH_STORE(test_what_an_active_sentry_needs),
      WITH_STORE(test_nothing_is_needed_while_it_is_off),
      WITH_STORE(test_another_url_drops_the_token),
      WITH_STORE(test_a_path_is_a_part_of_the_url),
      WITH_STORE(test_a_blank_token_clears_it),
      WITH_STORE(test_a_moved_token_does_not_open),
      WITH_STORE(test_the_project_of_another_sentry_is_dropped),
      WITH_STORE(test_switching),
      WITH_STORE(test_this_server_as_the_source_has_a_key),
      WITH_STORE(test_who_may),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
