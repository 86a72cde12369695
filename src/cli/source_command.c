/* source_command.c - where a project's errors come from, on the command line.
 *
 * A Sentry is asked before it is saved, as Connect does on the page: a project that is not there or
 * a token that does not work is found now and not when somebody looks for errors.
 */
#include <sodium.h>

#include "cli/command.h"
#include "source/probe.h"

#include "base/banned.h"

static enum status find_project(struct command_context *context, struct project *project) {
  struct slice organization, slug;
  struct slice path = context->arguments->operands[0];
  enum status status = project_path_split(path, &organization, &slug, context->problem);
  if (status) return status;
  struct transaction *tx = store_begin_read(context->store);
  bool is_found = project_find(tx, context->arena, organization, slug, project);
  store_end_read(tx);
  if (is_found) return STATUS_OK;
  return problem_set(context->problem, STATUS_NOT_FOUND, "There is no project \"%.*s\".",
                     SLICE_ARGS(slice_cut_utf8(path, 160)));
}

static struct connection load(struct command_context *context, int64_t project_id) {
  struct connection saved;
  struct transaction *tx = store_begin_read(context->store);
  connection_get(tx, context->arena, project_id, &saved);
  store_end_read(tx);
  return saved;
}

static struct slice remote_path(struct arena *arena, const struct connection *saved) {
  if (!saved->project_slug.len) return SLICE_EMPTY;
  return arena_printf(arena, "%.*s/%.*s", SLICE_ARGS(saved->organization_slug),
                      SLICE_ARGS(saved->project_slug));
}

/* `note` is what people should know besides; empty mostly. */
static enum status show(struct command_context *context, int64_t project_id, struct slice note) {
  struct connection saved = load(context, project_id);
  struct arena *arena = context->arena;
  bool is_sentry = saved.kind == SOURCE_SENTRY;
  struct slice project = remote_path(arena, &saved);
  struct field fields[] = {
      TEXT_FIELD("source", is_sentry ? SLICE("sentry") : SLICE("this server")),
      FLAG_FIELD("active", saved.is_active),
      TEXT_FIELD("url", saved.url),
      FLAG_FIELD("token", saved.token.len > 0),
      TEXT_FIELD("project", project),
      TEXT_FIELD("note", note),
  };
  struct slice text = SLICE("Errors come from this server.");
  if (is_sentry)
    text = arena_printf(arena, "Errors come from %.*s at %.*s.", SLICE_ARGS(project),
                        SLICE_ARGS(saved.url));
  text = arena_printf(arena, "%.*s%s%s%.*s", SLICE_ARGS(text),
                      saved.is_active ? "" : " Error tracking is off.", note.len ? "\n" : "",
                      SLICE_ARGS(note));
  output_record(context, text, fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}

enum status source_show_command(struct command_context *context) {
  struct project project;
  enum status status = find_project(context, &project);
  return status ? status : show(context, project.id, SLICE_EMPTY);
}

/* --- connecting --------------------------------------------------------------------------------
 */

static void perform(struct command_context *context, struct probe *probe) {
  const struct http_client_options settings = {
      .allow_private_addresses = context->allow_private_addresses, .ca_file = context->ca_file};
  struct http_client *own = context->client ? NULL : http_client_open(&settings);
  while (probe_next(probe)) http_client_perform(own ? own : context->client, &probe->call);
  probe_end(probe);
  if (own) http_client_close(own);
}

static enum status need_project(struct command_context *context,
                                const struct connected *connected) {
  struct slice names = SLICE_EMPTY;
  enum { SHOWN = 5 };
  for (size_t i = 0; i < connected->project_count && i < SHOWN; i++)
    names = arena_printf(context->arena, "%.*s%s%.*s/%.*s", SLICE_ARGS(names), i ? ", " : "",
                         SLICE_ARGS(connected->projects[i].organization_slug),
                         SLICE_ARGS(connected->projects[i].slug));
  return problem_set(context->problem, STATUS_BAD_INPUT,
                     "Name one of its projects with --sentry-project: %.*s%s.", SLICE_ARGS(names),
                     connected->project_count > SHOWN ? ", …" : "");
}

/* Asks the Sentry; `form` gets what it answered. */
static enum status connect(struct command_context *context, const struct connection *saved,
                           struct connect_form *form, struct probe *probe) {
  struct connect_values values;
  enum status status =
      connect_values(context->store, context->arena, saved, form, &values, context->problem);
  if (!status) status = connect_values_check(&values, context->problem);
  if (status) return status;
  probe_begin(probe, context->arena, &values, form->project);
  perform(context, probe);
  *context->problem = probe->problem;
  if (probe->problem.status) return probe->problem.status;
  form->connected = &probe->connected;
  if (!form->project.len && slice_equal(values.url.base, saved->url))
    form->project = remote_path(context->arena, saved);
  return form->project.len ? STATUS_OK : need_project(context, &probe->connected);
}

static enum status save_sentry(struct command_context *context,
                               const struct settings_target *target, bool is_active) {
  const struct slice *values = context->arguments->values;
  struct connection saved = load(context, target->project->id);
  struct probe probe = {0};
  struct connect_form form = {
      .is_active = is_active,
      .kind = SOURCE_SENTRY,
      .url = values[OPTION_SENTRY],
      .token = arguments_is_set(context->arguments, OPTION_TOKEN_STDIN) ? slice_trim(context->input)
                                                                        : SLICE(CONNECT_TOKEN_MASK),
      .project = values[OPTION_SENTRY_PROJECT],
      .allow_private_addresses = context->allow_private_addresses,
  };
  enum status status = connect(context, &saved, &form, &probe);
  if (!status) status = connect_save(context->store, target, &form, context->problem);
  if (context->input.len) sodium_memzero((char *)context->input.ptr, context->input.len);
  if (status) return status;
  return show(context, target->project->id, probe_scope_message(&probe, context->arena));
}

static enum status read_active(struct command_context *context, struct connect_switch *to) {
  struct slice value = context->arguments->values[OPTION_ACTIVE];
  to->has_active = arguments_is_set(context->arguments, OPTION_ACTIVE);
  to->is_active = slice_equal_string(value, "on");
  if (!to->has_active || to->is_active || slice_equal_string(value, "off")) return STATUS_OK;
  return problem_set(context->problem, STATUS_BAD_INPUT, "--active is on or off.");
}

enum status source_set_command(struct command_context *context) {
  const struct arguments *arguments = context->arguments;
  const struct actor administrator = {.is_admin = true, .scopes = SCOPE_ALL};
  bool is_sentry = arguments_is_set(arguments, OPTION_SENTRY);
  bool is_local = arguments_is_set(arguments, OPTION_LOCAL);
  struct connect_switch to = {.has_kind = is_local, .kind = SOURCE_LOCAL};
  struct project project;
  enum status status = read_active(context, &to);
  if (status) return status;
  if (is_sentry + is_local + to.has_active == 0 || (is_sentry && is_local))
    return problem_set(context->problem, STATUS_BAD_INPUT,
                       "Say what to set: --sentry URL or --local, and --active on or off.");
  status = find_project(context, &project);
  if (status) return status;
  const struct settings_target target = {.actor = &administrator, .project = &project};
  if (is_sentry)
    return save_sentry(context, &target,
                       to.has_active ? to.is_active : load(context, project.id).is_active);
  status = connect_switch(context->store, &target, &to, context->problem);
  return status ? status : show(context, project.id, SLICE_EMPTY);
}
