/* command.c - the table of commands, and the help that is made of it. */
#include "cli/command.h"

#include <string.h>

#include "base/banned.h"

#define O(option) OPTION_BIT(OPTION_##option)

const struct command commands[] = {
    {"serve", NULL, "", 0,
     O(LISTEN) | O(URL) | O(THREADS) | O(TRUSTED_PROXIES) | O(LOG_LEVEL) | O(REPOSITORY_ROOT) |
         O(ALLOW_PRIVATE_ADDRESSES) | O(CA_FILE),
     COMMAND_LOCAL, true, serve_command, "run the server",
     "The first start makes the data directory, an administrator with a one-time sign-in link,\n"
     "an organization \"main\" and a project \"main/app\", and prints the link and the DSN.\n"
     "SIGTERM and SIGINT stop it after it has finished what it accepted.\n"},
    {"organization", "create", "SLUG", 1, O(NAME), COMMAND_ON_DATA, true,
     organization_create_command, "make an organization", NULL},
    {"organization", "list", "", 0, 0, COMMAND_ON_DATA, false, organization_list_command,
     "list the organizations", NULL},
    {"project", "create", "ORG/PROJECT", 1, O(NAME) | O(PLATFORM) | O(URL), COMMAND_ON_DATA, false,
     project_create_command, "make a project and print its DSN", NULL},
    {"project", "list", "", 0, 0, COMMAND_ON_DATA, false, project_list_command, "list the projects",
     NULL},
    {"key", "list", "ORG/PROJECT", 1, O(URL), COMMAND_ON_DATA, false, key_list_command,
     "list the client keys of a project as DSNs", NULL},
    {"key", "add", "ORG/PROJECT", 1, O(PUBLIC_KEY) | O(NAME) | O(URL), COMMAND_ON_DATA, false,
     key_add_command, "make a client key and print its DSN",
     "With --public-key it brings the key that SDKs have from another server, such as GitLab's\n"
     "glet_0123...; they need no more than another host in their DSN.\n"},
    {"key", "delete", "ORG/PROJECT ID", 2, 0, COMMAND_ON_DATA, false, key_delete_command,
     "delete a client key for good", NULL},
    {"user", "create", "NAME", 1, O(EMAIL) | O(NAME) | O(ADMIN) | O(PASSWORD_STDIN) | O(URL),
     COMMAND_ON_DATA, true, user_create_command, "make a user",
     "--email is required. Without --password-stdin it prints a one-time sign-in link, which is\n"
     "good for seven days.\n"},
    {"user", "list", "", 0, 0, COMMAND_ON_DATA, false, user_list_command, "list the users", NULL},
    {"user", "link", "NAME", 1, O(URL), COMMAND_ON_DATA, false, user_link_command,
     "print a one-time sign-in link for a user", "It is good for seven days.\n"},
    {"member", "set", "ORG[/PROJECT] USER ROLE", 3, 0, COMMAND_ON_DATA, false, member_set_command,
     "give a user a role",
     "ROLE is guest, reporter, developer, maintainer or owner; \"none\" takes it away.\n"
     "A role in an organization holds in all of its projects.\n"},
    {"token", "create", "USER", 1, O(SCOPE) | O(NAME), COMMAND_ON_DATA, false, token_create_command,
     "make an API token and print it, once", "--scope is required.\n"},
    {"token", "list", "USER", 1, 0, COMMAND_ON_DATA, false, token_list_command,
     "list the API tokens of a user", NULL},
    {"token", "revoke", "USER ID", 2, 0, COMMAND_ON_DATA, false, token_revoke_command,
     "delete an API token", NULL},
    {"source", "show", "ORG/PROJECT", 1, 0, COMMAND_ON_DATA, false, source_show_command,
     "tell where a project's errors come from", NULL},
    {"source", "set", "ORG/PROJECT", 1,
     O(SENTRY) | O(SENTRY_PROJECT) | O(TOKEN_STDIN) | O(LOCAL) | O(ACTIVE) |
         O(ALLOW_PRIVATE_ADDRESSES) | O(CA_FILE),
     COMMAND_ON_DATA, false, source_set_command, "set where a project's errors come from",
     "With --sentry they come from a Sentry, which is asked first. Its token is read with\n"
     "--token-stdin; without it the one that is kept is used, as long as the URL is the same.\n"
     "With --local they come from SDKs, as in a new project. Errors that are here stay.\n"},
    {"forge", "add", "NAME URL", 2,
     O(CLIENT_ID) | O(CLIENT_SECRET_STDIN) | O(TOKEN_STDIN) | O(CREATE_USERS) | O(URL),
     COMMAND_ON_DATA, false, forge_add_command, "add a GitLab server and print its redirect URI",
     "URL is that of GitLab's first page. With --client-id and --client-secret-stdin people can\n"
     "sign in with it. With two secrets on standard input the application's comes first.\n"},
    {"forge", "set", "NAME", 1,
     O(CLIENT_ID) | O(CLIENT_SECRET_STDIN) | O(TOKEN_STDIN) | O(CREATE_USERS) | O(URL),
     COMMAND_ON_DATA, false, forge_set_command, "change what is given of a GitLab server", NULL},
    {"forge", "list", "", 0, 0, COMMAND_ON_DATA, false, forge_list_command,
     "list the GitLab servers", NULL},
    {"forge", "remove", "NAME", 1, 0, COMMAND_ON_DATA, false, forge_remove_command,
     "remove a GitLab server, with all links to it", NULL},
    {"regroup", NULL, "ORG/PROJECT", 1, O(DRY_RUN) | O(RULES) | O(UNDO), COMMAND_ON_DATA, false,
     regroup_command, "group all stored events of a project again",
     "Under the project's rules as they are now, or with --rules under those of a file, which "
     "become\n"
     "the project's. With --dry-run it only tells which errors would be split, joined and "
     "renamed.\n"
     "--undo takes the last regrouping back, and the rules that it set.\n"},
    {"import", "sentry", "", 0,
     O(URL) | O(TOKEN) | O(TOKEN_STDIN) | O(PROJECT) | O(INTO) | O(SINCE) |
         O(ALLOW_PRIVATE_ADDRESSES) | O(CA_FILE),
     COMMAND_LONG, false, import_sentry_command, "bring a project of a Sentry in, with its events",
     "--url, --project and a token are required. The token comes from the environment variable\n"
     "CULPRIT_TOKEN, from standard input or from --token, and needs event:read and project:read.\n"
     "Run again after an interruption it goes on; run later it brings what is new there.\n"},
    {"health", NULL, "", 0, 0, COMMAND_LOCAL, false, health_command,
     "ask the running server whether it takes events", NULL},
    {"backup", NULL, "FILE", 1, 0, COMMAND_LOCAL, false, backup_command,
     "copy the database to a new file, also while the server runs",
     "To restore it, put it as culprit.db into an empty data directory.\n"},
    {"explain", NULL, "[FILE|-]", OPERANDS_LIMIT, O(RULES) | O(EVENT), COMMAND_LOCAL, false,
     explain_command, "print how one raw event is cleaned and grouped, as JSON",
     "The event is what an SDK sends, without an envelope. It is handled as in a new project; "
     "nothing\n"
     "is stored.\n"},
    {"help", NULL, "[COMMAND]", OPERANDS_LIMIT, 0, COMMAND_LOCAL, false, help_command,
     "explain a command", NULL},
    {0},
};

int command_exit_status(enum status status) {
  if (status == STATUS_OK) return EXIT_WORKED;
  return status == STATUS_BAD_INPUT ? EXIT_USAGE : EXIT_FAILED;
}

/* --- help --------------------------------------------------------------------------------- */

/* "project create ORG/PROJECT" */
static void append_synopsis(const struct command *command, struct buffer *output) {
  buffer_printf(output, "%s%s%s%s%s", command->noun, command->verb ? " " : "",
                command->verb ? command->verb : "", *command->operands ? " " : "",
                command->operands);
}

static size_t synopsis_length(const struct command *command) {
  return strlen(command->noun) + (command->verb ? 1 + strlen(command->verb) : 0) +
         (*command->operands ? 1 + strlen(command->operands) : 0);
}

static void append_padding(struct buffer *output, size_t used, size_t width) {
  for (size_t i = used; i < width; i++) buffer_append_byte(output, ' ');
}

static void append_option(enum option_id id, struct buffer *output) {
  enum { WIDTH = 36 };
  const struct option *option = &options[id];
  size_t start = output->len;
  buffer_printf(output, "  --%s%s%s", option->name, option->value ? " " : "",
                option->value ? option->value : "");
  append_padding(output, output->len - start, WIDTH);
  buffer_printf(output, " %s\n", option->summary);
}

void help_overview(struct buffer *output) {
  enum { WIDTH = 38 };
  BUFFER_APPEND_LITERAL(output,
                        "Culprit - error tracking\n\nUsage: culprit COMMAND [OPTION...]\n\n");
  for (const struct command *command = commands; command->noun; command++) {
    BUFFER_APPEND_LITERAL(output, "  ");
    append_synopsis(command, output);
    append_padding(output, 2 + synopsis_length(command), WIDTH);
    buffer_printf(output, " %s\n", command->summary);
  }
  BUFFER_APPEND_LITERAL(output, "\nOptions of every command:\n");
  for (enum option_id id = OPTION_DATA; id <= OPTION_HELP; id++) append_option(id, output);
  BUFFER_APPEND_LITERAL(output,
                        "\nEvery option can also be an environment variable (CULPRIT_DATA) or a "
                        "line of the\nconfiguration file (data = DIR). \"culprit help COMMAND\" "
                        "tells more; \"culprit --version\"\nprints the version.\n");
}

void help_of(const struct command *command, struct buffer *output) {
  BUFFER_APPEND_LITERAL(output, "Usage: culprit ");
  append_synopsis(command, output);
  buffer_printf(output, " [OPTION...]\n\n%c%s.\n", command->summary[0] - ('a' - 'A'),
                command->summary + 1);
  if (command->details) buffer_printf(output, "%s", command->details);
  BUFFER_APPEND_LITERAL(output, "\nOptions:\n");
  for (enum option_id id = OPTION_HELP + 1; id < OPTION_COUNT; id++) {
    if (command->options & OPTION_BIT(id)) append_option(id, output);
  }
  for (enum option_id id = OPTION_DATA; id <= OPTION_HELP; id++) append_option(id, output);
}

enum status help_command(struct command_context *context) {
  const struct arguments *arguments = context->arguments;
  const struct slice *words = arguments->operands;
  size_t found = 0;
  if (!arguments->operand_count) help_overview(context->output);
  for (const struct command *command = commands; arguments->operand_count && command->noun;
       command++) {
    if (!slice_equal_string(words[0], command->noun)) continue;
    if (arguments->operand_count > 1 && command->verb &&
        !slice_equal_string(words[1], command->verb))
      continue;
    if (found++) BUFFER_APPEND_LITERAL(context->output, "\n");
    help_of(command, context->output);
  }
  if (found || !arguments->operand_count) return STATUS_OK;
  return problem_set(context->problem, STATUS_BAD_INPUT, "There is no command \"%.*s\".",
                     SLICE_ARGS(slice_cut_utf8(words[0], 80)));
}
