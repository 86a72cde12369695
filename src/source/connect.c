/* connect.c - see connect.h.
 *
 * Everything is checked again inside the transaction that writes, against the row as it is then.
 */
#include "source/connect.h"

#include "base/clock.h"
#include "source/limits.h"
#include "store/vault.h"

#include "base/banned.h"

/* --- URL and token ---------------------------------------------------------------------- */

static bool is_mask(struct slice token) {
  for (size_t i = 0; i < token.len; i++)
    if (token.ptr[i] != '*') return false;
  return token.len > 0;
}

static enum status check_token(struct slice token, struct problem *problem) {
  if (token.len > SENTRY_TOKEN_LIMIT)
    return problem_set_field(problem, STATUS_BAD_INPUT, "token",
                             "The Auth Token may have %d characters; this one has %zu.",
                             SENTRY_TOKEN_LIMIT, token.len);
  for (size_t i = 0; i < token.len; i++) {
    if ((unsigned char)token.ptr[i] <= ' ' || (unsigned char)token.ptr[i] >= 0x7f)
      return problem_set_field(problem, STATUS_BAD_INPUT, "token",
                               "The Auth Token holds a blank or a character that tokens do not "
                               "have. Copy it from Sentry again.");
  }
  return STATUS_OK;
}

static void take_kept_token(struct store *store, struct arena *arena,
                            const struct connection *saved, const struct connect_form *form,
                            struct connect_values *values) {
  const struct connected *connected = form->connected;
  struct slice base = values->url.base;
  if (connected && slice_equal(connected->url, base)) {
    values->token = connected->token;
  } else if (saved->token.len && slice_equal(saved->url, base)) {
    struct slice purpose = connection_token_purpose(arena, saved->project_id, base);
    values->is_token_lost = !vault_open(store, arena, purpose, saved->token, &values->token);
  } else {
    values->is_token_dropped = saved->token.len > 0 || connected;
  }
}

enum status connect_values(struct store *store, struct arena *arena, const struct connection *saved,
                           const struct connect_form *form, struct connect_values *values,
                           struct problem *problem) {
  *values = (struct connect_values){0};
  enum status status = sentry_url_read(arena, form->url, &values->url, problem);
  if (status) return status;
  if (!form->allow_private_addresses && sentry_host_is_private(values->url.host))
    return problem_set_field(problem, STATUS_BAD_INPUT, "url",
                             "%.*s is an address of this machine or a private network. The "
                             "administrator can allow that with allow_private_addresses.",
                             SLICE_ARGS(values->url.host));
  struct slice token = slice_trim(form->token);
  if (is_mask(token)) {
    take_kept_token(store, arena, saved, form, values);
    return STATUS_OK;
  }
  values->token = token;
  return check_token(token, problem);
}

enum status connect_values_check(const struct connect_values *values, struct problem *problem) {
  if (!values->url.base.len)
    return problem_set_field(problem, STATUS_BAD_INPUT, "url",
                             "Enter the address of your Sentry, for example https://sentry.io.");
  if (values->is_token_dropped)
    return problem_set_field(problem, STATUS_BAD_INPUT, "token",
                             "The Sentry API URL has changed, and the token that was stored for "
                             "the old one is not sent to another server. Enter a token for %.*s.",
                             SLICE_ARGS(values->url.base));
  if (values->is_token_lost)
    return problem_set_field(problem, STATUS_BAD_INPUT, "token",
                             "The stored token cannot be read with this server's key any more. "
                             "Enter it again.");
  if (!values->token.len)
    return problem_set_field(problem, STATUS_BAD_INPUT, "token", "Enter an Auth Token of %.*s.",
                             SLICE_ARGS(values->url.base));
  return STATUS_OK;
}

/* --- the project ------------------------------------------------------------------------- */

static bool is_named(struct slice path, struct slice organization, struct slice project) {
  size_t slash = slice_find_byte(path, '/');
  return organization.len && project.len && slice_equal(slice_upto(path, slash), organization) &&
         slice_equal(slice_from(path, slash + 1), project);
}

const struct sentry_project *connected_find(const struct connected *connected,
                                            struct slice project) {
  for (size_t i = 0; connected && i < connected->project_count; i++) {
    const struct sentry_project *at = &connected->projects[i];
    if (is_named(project, at->organization_slug, at->slug)) return at;
  }
  return NULL;
}

enum status connected_refuse_project(const struct connection *saved, struct slice project,
                                     struct problem *problem) {
  bool is_saved = !project.len || is_named(project, saved->organization_slug, saved->project_slug);
  if (!is_saved)
    return problem_set_field(problem, STATUS_BAD_INPUT, "project",
                             "The token does not see a project \"%.*s\". Choose one of the list.",
                             SLICE_ARGS(slice_cut_utf8(project, 200)));
  struct slice name = saved->project_name.len ? saved->project_name : saved->project_slug;
  return problem_set_field(
      problem, STATUS_BAD_INPUT, "project",
      "Project \"%.*s\" is no longer available. Select another project to continue.",
      SLICE_ARGS(slice_cut_utf8(name, 200)));
}

static void set_project(struct connection *row, const struct sentry_project *project) {
  static const struct sentry_project none = {0};
  if (!project) project = &none;
  row->organization_slug = project->organization_slug;
  row->organization_name = project->organization_name;
  row->project_slug = project->slug;
  row->project_name = project->name;
  row->remote_project_id = project->id;
}

static bool is_active_sentry(const struct connection *row) {
  return row->is_active && row->kind == SOURCE_SENTRY;
}

/* The row has the new URL; `saved` is the row before. Without a list of the URL's projects the one
 * that is saved can be kept. */
static enum status choose_project(struct connection *row, const struct connection *saved,
                                  const struct connect_form *form, struct problem *problem) {
  bool is_same_url = slice_equal(row->url, saved->url);
  bool has_list = form->connected && form->connected->project_count &&
                  slice_equal(form->connected->url, row->url);
  const struct sentry_project *chosen =
      has_list ? connected_find(form->connected, form->project) : NULL;
  bool is_saved = is_named(form->project, saved->organization_slug, saved->project_slug);
  if (chosen)
    set_project(row, chosen);
  else if (has_list && is_active_sentry(row))
    return form->project.len ? connected_refuse_project(saved, form->project, problem)
                             : problem_set_field(problem, STATUS_BAD_INPUT, "project",
                                                 "Choose a project of that Sentry.");
  else if (!is_same_url || (form->project.len && !is_saved))
    set_project(row, NULL);
  return STATUS_OK;
}

/* --- saving ------------------------------------------------------------------------------ */

struct change {
  struct store *store;
  const struct settings_target *target;
  const struct connect_form *form;
  const struct connect_switch *to;
};

static enum status check_complete(const struct connection *row, struct problem *problem) {
  if (!is_active_sentry(row)) return STATUS_OK;
  if (!row->url.len)
    return problem_set_field(problem, STATUS_BAD_INPUT, "url",
                             "Enter the address of your Sentry, for example https://sentry.io.");
  if (!row->token.len)
    return problem_set_field(problem, STATUS_BAD_INPUT, "token", "Enter an Auth Token of %.*s.",
                             SLICE_ARGS(row->url));
  if (!row->project_slug.len)
    return problem_set_field(problem, STATUS_BAD_INPUT, "project",
                             "Press Connect and choose a project of that Sentry.");
  return STATUS_OK;
}

static bool is_same_connection(const struct connection *a, const struct connection *b) {
  return slice_equal(a->url, b->url) && slice_equal(a->token, b->token) &&
         slice_equal(a->organization_slug, b->organization_slug) &&
         slice_equal(a->project_slug, b->project_slug) &&
         a->remote_project_id == b->remote_project_id;
}

/* A project that becomes this server's own needs a key that events can be sent with. */
static enum status ensure_key(struct transaction *tx, struct arena *arena, int64_t project_id,
                              struct problem *problem) {
  struct client_key *keys;
  struct client_key key = {.project_id = project_id, .label = SLICE("Default")};
  size_t count = client_key_list(tx, arena, project_id, &keys);
  for (size_t i = 0; i < count; i++)
    if (keys[i].is_active) return STATUS_OK;
  return client_key_create(tx, &key, problem);
}

static enum status write_row(struct transaction *tx, struct arena *arena, struct connection *row,
                             const struct connection *saved, struct problem *problem) {
  enum status status = check_complete(row, problem);
  if (status) return status;
  if (!is_same_connection(row, saved)) {
    int64_t now_ms = clock_now_ms();
    row->changed_ms = now_ms > saved->changed_ms ? now_ms : saved->changed_ms + 1;
  }
  bool is_local = row->is_active && row->kind == SOURCE_LOCAL;
  bool was_local = saved->is_active && saved->kind == SOURCE_LOCAL;
  if (is_local && !was_local) status = ensure_key(tx, arena, row->project_id, problem);
  if (!status) connection_set(tx, row);
  return status;
}

/* The token is sealed again only when it is another: a new seal would look like a new connection.
 */
static void set_token(struct store *store, struct arena *arena, struct connection *row,
                      const struct connect_values *values) {
  struct slice purpose = connection_token_purpose(arena, row->project_id, values->url.base), kept;
  if (slice_equal(row->url, values->url.base) &&
      vault_open(store, arena, purpose, row->token, &kept) && slice_equal(kept, values->token))
    return;
  row->token = vault_seal(store, arena, purpose, values->token);
}

static enum status write_form(struct transaction *tx, struct arena *arena,
                              const struct change *change, struct problem *problem) {
  struct connection saved, row;
  struct connect_values values;
  const struct connect_form *form = change->form;
  connection_get(tx, arena, change->target->project->id, &saved);
  enum status status = connect_values(change->store, arena, &saved, form, &values, problem);
  if (!status && form->is_active && form->kind == SOURCE_SENTRY)
    status = connect_values_check(&values, problem);
  if (status) return status;
  row = saved;
  row.is_active = form->is_active;
  row.kind = form->kind;
  set_token(change->store, arena, &row, &values);
  row.url = values.url.base;
  status = choose_project(&row, &saved, form, problem);
  return status ? status : write_row(tx, arena, &row, &saved, problem);
}

static enum status write_switch(struct transaction *tx, struct arena *arena,
                                const struct change *change, struct problem *problem) {
  struct connection saved, row;
  connection_get(tx, arena, change->target->project->id, &saved);
  row = saved;
  if (change->to->has_active) row.is_active = change->to->is_active;
  if (change->to->has_kind) row.kind = change->to->kind;
  return write_row(tx, arena, &row, &saved, problem);
}

static enum status write_change(struct transaction *tx, void *context, struct problem *problem) {
  const struct change *change = context;
  struct arena arena = {0};
  enum status status = settings_check(tx, change->target, problem);
  if (!status)
    status = change->form ? write_form(tx, &arena, change, problem)
                          : write_switch(tx, &arena, change, problem);
  arena_free(&arena);
  return status;
}

enum status connect_save(struct store *store, const struct settings_target *target,
                         const struct connect_form *form, struct problem *problem) {
  struct change change = {.store = store, .target = target, .form = form};
  return store_write(store, write_change, &change, problem);
}

enum status connect_switch(struct store *store, const struct settings_target *target,
                           const struct connect_switch *to, struct problem *problem) {
  struct change change = {.store = store, .target = target, .to = to};
  return store_write(store, write_change, &change, problem);
}
