/* forge_command.c - commands on GitLab servers. Secrets come from standard input, so that they
 * stand neither in the list of processes nor in a shell's history. */
#include "account/forge_settings.h"
#include "cli/command.h"

#include "base/banned.h"

static enum status find_forge(struct command_context *context, struct forge_server *server) {
  struct slice name = context->arguments->operands[0];
  struct transaction *tx = store_begin_read(context->store);
  bool is_found = forge_server_find(tx, context->arena, name, server);
  store_end_read(tx);
  if (is_found) return STATUS_OK;
  return problem_set(context->problem, STATUS_NOT_FOUND, "There is no forge \"%.*s\".",
                     SLICE_ARGS(slice_cut_utf8(name, 80)));
}

/* One line for each secret that was announced: the application's first. */
static enum status read_secrets(struct command_context *context, struct forge_draft *draft) {
  const struct arguments *arguments = context->arguments;
  struct slice rest = context->input;
  if (arguments_is_set(arguments, OPTION_CLIENT_SECRET_STDIN)) {
    draft->client_secret = slice_trim(slice_split(&rest, '\n'));
    if (!draft->client_secret.len)
      return problem_set(context->problem, STATUS_BAD_INPUT,
                         "No secret was read from standard input.");
  }
  if (arguments_is_set(arguments, OPTION_TOKEN_STDIN)) {
    draft->token = slice_trim(slice_split(&rest, '\n'));
    if (!draft->token.len)
      return problem_set(context->problem, STATUS_BAD_INPUT,
                         "No token was read from standard input.");
  }
  return STATUS_OK;
}

/* What is given replaces what is there; an application's id turns sign-in on. */
static enum status read_options(struct command_context *context, struct forge_draft *draft) {
  const struct arguments *arguments = context->arguments;
  if (arguments_is_set(arguments, OPTION_CLIENT_ID)) {
    draft->client_id = arguments->values[OPTION_CLIENT_ID];
    draft->is_sign_in = true;
  }
  if (arguments_is_set(arguments, OPTION_CREATE_USERS)) draft->may_create_users = true;
  return read_secrets(context, draft);
}

static enum status save(struct command_context *context, const struct forge_draft *draft) {
  int64_t id;
  enum status status = forge_save(context->store, draft, &id, context->problem);
  if (status) return status;
  struct slice redirect = oauth_redirect_url(context->arena, context->public_url, id);
  struct field fields[] = {NUMBER_FIELD("id", id), TEXT_FIELD("name", draft->name),
                           TEXT_FIELD("url", draft->url), TEXT_FIELD("redirect_uri", redirect),
                           FLAG_FIELD("sign_in", draft->is_sign_in)};
  struct slice text = arena_printf(context->arena, "Redirect URI of the application in %.*s: %.*s",
                                   SLICE_ARGS(draft->name), SLICE_ARGS(redirect));
  output_record(context, text, fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}

enum status forge_add_command(struct command_context *context) {
  const struct slice *operands = context->arguments->operands;
  struct forge_draft draft = {.name = operands[0], .url = operands[1]};
  enum status status = read_options(context, &draft);
  return status ? status : save(context, &draft);
}

enum status forge_set_command(struct command_context *context) {
  struct forge_server server;
  enum status status = find_forge(context, &server);
  if (status) return status;
  struct forge_draft draft = {.id = server.id,
                              .name = server.name,
                              .url = server.url,
                              .client_id = server.client_id,
                              .is_sign_in = server.is_sign_in,
                              .may_create_users = server.may_create_users};
  status = read_options(context, &draft);
  return status ? status : save(context, &draft);
}

enum status forge_list_command(struct command_context *context) {
  enum { COLUMNS = 6 };
  struct forge_server *servers;
  struct transaction *tx = store_begin_read(context->store);
  size_t count = forge_server_list(tx, context->arena, &servers);
  store_end_read(tx);
  struct field *fields = ARENA_ARRAY(context->arena, count * COLUMNS, struct field);
  for (size_t i = 0; i < count; i++) {
    struct field *row = fields + i * COLUMNS;
    row[0] = NUMBER_FIELD("id", servers[i].id);
    row[1] = TEXT_FIELD("url", servers[i].url);
    row[2] = FLAG_FIELD("sign_in", servers[i].is_sign_in);
    row[3] = FLAG_FIELD("create_users", servers[i].may_create_users);
    row[4] = FLAG_FIELD("token", servers[i].token.len > 0);
    row[5] = TEXT_FIELD("name", servers[i].name);
  }
  output_table(context, &(struct output_table){fields, count, COLUMNS});
  return STATUS_OK;
}

enum status forge_remove_command(struct command_context *context) {
  struct forge_server server;
  enum status status = find_forge(context, &server);
  if (!status) status = forge_remove(context->store, server.id, context->problem);
  if (status) return status;
  struct field fields[] = {NUMBER_FIELD("id", server.id), TEXT_FIELD("name", server.name)};
  struct slice text = arena_printf(context->arena, "Removed the forge %.*s, with all links to it.",
                                   SLICE_ARGS(server.name));
  output_record(context, text, fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}
