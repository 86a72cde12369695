/* user_command.c - commands on users, members and API tokens. */
#include "account/account.h"
#include "base/clock.h"
#include "cli/command.h"
#include "web/sign_in.h"

#include "web/sign_in.h"

#include "base/banned.h"

static const int64_t link_valid_ms = 7 * DAY_MS;

struct slice sign_in_link_url(struct arena *arena, struct slice public_url, struct slice secret) {
  return arena_printf(arena, "%.*s" SIGN_IN_LINK_PATH "%.*s", SLICE_ARGS(public_url),
                      SLICE_ARGS(secret));
}

static enum status find_user(struct command_context *context, struct slice login,
                             struct user *user) {
  struct transaction *tx = store_begin_read(context->store);
  bool is_found = user_find(tx, context->arena, login, user);
  store_end_read(tx);
  if (is_found) return STATUS_OK;
  return problem_set(context->problem, STATUS_NOT_FOUND, "There is no user \"%.*s\".",
                     SLICE_ARGS(slice_cut_utf8(login, 80)));
}

/* --- users -------------------------------------------------------------------------------- */

static enum status make_link(struct command_context *context, int64_t user_id, struct slice *url) {
  struct slice secret;
  enum status status = account_create_link(context->store, context->arena, user_id, link_valid_ms,
                                           &secret, context->problem);
  if (!status) *url = sign_in_link_url(context->arena, context->public_url, secret);
  return status;
}

/* The first line of what was read. */
static struct slice password_of_input(struct slice input) {
  struct slice line = slice_split(&input, '\n');
  if (line.len && line.ptr[line.len - 1] == '\r') line.len--;
  return line;
}

enum status user_create_command(struct command_context *context) {
  const struct arguments *arguments = context->arguments;
  bool has_password = arguments_is_set(arguments, OPTION_PASSWORD_STDIN);
  struct new_user draft = {.username = arguments->operands[0],
                           .name = arguments->values[OPTION_NAME],
                           .email = arguments->values[OPTION_EMAIL],
                           .is_admin = arguments_is_set(arguments, OPTION_ADMIN)};
  struct slice link = SLICE_EMPTY;
  int64_t id;
  if (!draft.email.len)
    return problem_set(context->problem, STATUS_BAD_INPUT, "--email is missing: --email ADDR.");
  if (has_password) draft.password = password_of_input(context->input);
  if (has_password && !draft.password.len)
    return problem_set(context->problem, STATUS_BAD_INPUT,
                       "No password was read from standard input.");
  enum status status = account_create_user(context->store, &draft, &id, context->problem);
  if (!status && !has_password) status = make_link(context, id, &link);
  if (status) return status;
  struct field fields[] = {NUMBER_FIELD("id", id), TEXT_FIELD("username", draft.username),
                           TEXT_FIELD("email", draft.email), FLAG_FIELD("admin", draft.is_admin),
                           TEXT_FIELD("sign_in_link", link)};
  struct slice text =
      link.len ? link
               : arena_printf(context->arena, "Made the user %.*s.", SLICE_ARGS(draft.username));
  output_record(context, text, fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}

enum status user_list_command(struct command_context *context) {
  enum { COLUMNS = 7 };
  struct user *users;
  struct transaction *tx = store_begin_read(context->store);
  size_t count = user_list(tx, context->arena, &users);
  store_end_read(tx);
  struct field *fields = ARENA_ARRAY(context->arena, count * COLUMNS, struct field);
  for (size_t i = 0; i < count; i++) {
    struct field *row = fields + i * COLUMNS;
    row[0] = NUMBER_FIELD("id", users[i].id);
    row[1] = TEXT_FIELD("username", users[i].username);
    row[2] = TEXT_FIELD("email", users[i].email);
    row[3] = FLAG_FIELD("admin", users[i].is_admin);
    row[4] = FLAG_FIELD("active", users[i].is_active);
    row[5] = TIME_FIELD("last_sign_in", users[i].last_seen_ms);
    row[6] = TEXT_FIELD("name", users[i].name);
  }
  output_table(context, &(struct output_table){fields, count, COLUMNS});
  return STATUS_OK;
}

enum status user_link_command(struct command_context *context) {
  struct user user;
  struct slice link;
  enum status status = find_user(context, context->arguments->operands[0], &user);
  if (!status) status = make_link(context, user.id, &link);
  if (status) return status;
  struct field fields[] = {TEXT_FIELD("username", user.username), TEXT_FIELD("sign_in_link", link)};
  output_record(context, link, fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}

/* --- members ------------------------------------------------------------------------------ */

struct member_write {
  struct slice organization, project, login;
  enum role role;
  struct arena *arena;
};

static enum status member_write(struct transaction *tx, void *context, struct problem *problem) {
  struct member_write *write = context;
  struct membership membership = {.role = write->role};
  struct organization organization;
  struct project project;
  struct user user;
  bool is_found;
  if (write->project.len) {
    is_found = project_find(tx, write->arena, write->organization, write->project, &project);
    membership.project_id = is_found ? project.id : 0;
  } else {
    is_found = organization_find(tx, write->arena, write->organization, &organization);
    membership.organization_id = is_found ? organization.id : 0;
  }
  if (!is_found)
    return problem_set(problem, STATUS_NOT_FOUND, "There is no %s \"%.*s%s%.*s\".",
                       write->project.len ? "project" : "organization",
                       SLICE_ARGS(slice_cut_utf8(write->organization, 80)),
                       write->project.len ? "/" : "",
                       SLICE_ARGS(slice_cut_utf8(write->project, 80)));
  if (!user_find(tx, write->arena, write->login, &user))
    return problem_set(problem, STATUS_NOT_FOUND, "There is no user \"%.*s\".",
                       SLICE_ARGS(slice_cut_utf8(write->login, 80)));
  membership.user_id = user.id;
  return member_set(tx, &membership, problem);
}

enum status member_set_command(struct command_context *context) {
  const struct slice *operands = context->arguments->operands;
  struct member_write write = {
      .project = operands[0], .login = operands[1], .arena = context->arena};
  write.organization = slice_split(&write.project, '/');
  if (!role_parse(operands[2], &write.role))
    return problem_set(context->problem, STATUS_BAD_INPUT,
                       "There is no role \"%.*s\". Roles are guest, reporter, developer, "
                       "maintainer and owner; \"none\" takes a role away.",
                       SLICE_ARGS(slice_cut_utf8(operands[2], 80)));
  enum status status = store_write(context->store, member_write, &write, context->problem);
  if (status) return status;
  struct field fields[] = {TEXT_FIELD("path", operands[0]), TEXT_FIELD("username", operands[1]),
                           TEXT_FIELD("role", operands[2])};
  struct slice text =
      write.role == ROLE_NONE
          ? arena_printf(context->arena, "%.*s has no role in %.*s any more.",
                         SLICE_ARGS(operands[1]), SLICE_ARGS(operands[0]))
          : arena_printf(context->arena, "%.*s is %s in %.*s.", SLICE_ARGS(operands[1]),
                         role_name(write.role), SLICE_ARGS(operands[0]));
  output_record(context, text, fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}

/* --- API tokens --------------------------------------------------------------------------- */

enum status token_create_command(struct command_context *context) {
  const struct slice *values = context->arguments->values;
  struct user user;
  struct slice token;
  struct new_token draft = {.name = values[OPTION_NAME]};
  if (!values[OPTION_SCOPE].len)
    return problem_set(context->problem, STATUS_BAD_INPUT,
                       "--scope is missing: --scope event:read,project:read, for instance.");
  enum status status = scopes_parse(values[OPTION_SCOPE], &draft.scopes, context->problem);
  if (!status) status = find_user(context, context->arguments->operands[0], &user);
  if (status) return status;
  draft.user_id = user.id;
  status = account_create_token(context->store, context->arena, &draft, &token, context->problem);
  if (status) return status;
  struct field fields[] = {TEXT_FIELD("token", token), TEXT_FIELD("username", user.username),
                           TEXT_FIELD("scopes", scopes_format(context->arena, draft.scopes))};
  output_record(context, token, fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}

enum status token_list_command(struct command_context *context) {
  enum { COLUMNS = 6 };
  struct user user;
  struct api_token *tokens;
  enum status status = find_user(context, context->arguments->operands[0], &user);
  if (status) return status;
  struct transaction *tx = store_begin_read(context->store);
  size_t count = api_token_list(tx, context->arena, user.id, &tokens);
  store_end_read(tx);
  struct field *fields = ARENA_ARRAY(context->arena, count * COLUMNS, struct field);
  for (size_t i = 0; i < count; i++) {
    struct field *row = fields + i * COLUMNS;
    row[0] = NUMBER_FIELD("id", tokens[i].id);
    row[1] = TEXT_FIELD("ends_in", tokens[i].last_characters);
    row[2] = TEXT_FIELD("scopes", scopes_format(context->arena, tokens[i].scopes));
    row[3] = TIME_FIELD("created", tokens[i].created_ms);
    row[4] = TIME_FIELD("last_used", tokens[i].last_used_ms);
    row[5] = TEXT_FIELD("name", tokens[i].name);
  }
  output_table(context, &(struct output_table){fields, count, COLUMNS});
  return STATUS_OK;
}

struct token_delete {
  int64_t user_id, id;
};

static enum status token_delete(struct transaction *tx, void *context, struct problem *problem) {
  const struct token_delete *delete = context;
  return api_token_delete(tx, delete->user_id, delete->id, problem);
}

enum status token_revoke_command(struct command_context *context) {
  const struct slice *operands = context->arguments->operands;
  struct token_delete delete = {0};
  struct user user;
  if (!slice_to_i64(operands[1], &delete.id))
    return problem_set(context->problem, STATUS_BAD_INPUT,
                       "\"%.*s\" is not the number of a token; \"culprit token list\" shows them.",
                       SLICE_ARGS(slice_cut_utf8(operands[1], 80)));
  enum status status = find_user(context, operands[0], &user);
  if (status) return status;
  delete.user_id = user.id;
  status = store_write(context->store, token_delete, &delete, context->problem);
  if (status) return status;
  struct field fields[] = {NUMBER_FIELD("id", delete.id), TEXT_FIELD("username", user.username)};
  output_record(context, SLICE("Deleted the token."), fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}
