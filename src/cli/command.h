/* command.h - what a running command has at hand, and how it prints.
 *
 * A command runs in the server or in a process of its own and cannot tell which: it reads its
 * arguments, works on the store and prints into a buffer. It returns a status; the problem of a
 * failed one is printed by whoever ran it.
 */
#ifndef CULPRIT_CLI_COMMAND_H
#define CULPRIT_CLI_COMMAND_H

#include "base/buffer.h"
#include "cli/arguments.h"
#include "cli/progress.h"
#include "store/project.h"
#include "store/store.h"

enum { OUTPUT_LIMIT = 4 * 1024 * 1024, INPUT_LIMIT = 64 * 1024 };

struct command_context {
  const struct arguments *arguments;
  struct arena *arena;
  struct store *store;
  struct slice public_url;    /* no slash at the end */
  struct http_client *client; /* the server's; null outside of it */
  bool allow_private_addresses;
  const char *ca_file;
  struct slice input;    /* standard input of commands that were told to read it */
  struct buffer *output; /* for standard output */
  struct problem *problem;
  struct progress *progress; /* null for commands that are quick */
};

/* The exit status that stands for a command's status. */
enum { EXIT_WORKED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };
int command_exit_status(enum status status);

/* Shared checks of option values. A URL loses its trailing slashes. */
enum status url_check(struct slice *url, struct problem *problem) MUST_CHECK;

/* The address of a one-time sign-in link. */
struct slice sign_in_link_url(struct arena *arena, struct slice public_url, struct slice secret);
/* The DSN of the project's first active key; empty when there is none. */
struct slice project_dsn(struct transaction *tx, struct arena *arena, struct slice public_url,
                         int64_t project_id);

/* Splits "ORG/PROJECT". */
enum status project_path_split(struct slice path, struct slice *organization, struct slice *project,
                               struct problem *problem) MUST_CHECK;

/* The file that an option names, "-" for standard input; at most `limit` bytes and one more, which
 * tells that there are too many. */
enum status file_read(struct command_context *context, struct slice name, size_t limit,
                      struct slice *text) MUST_CHECK;

/* --- output: text for people, JSON for programs ---------------------------------------- */

enum field_kind { FIELD_TEXT, FIELD_NUMBER, FIELD_FLAG, FIELD_TIME };
struct field {
  const char *name;
  enum field_kind kind;
  struct slice text;
  int64_t number; /* also 0 or 1 of a flag, and a time in ms with 0 for never */
};
#define TEXT_FIELD(name, value) ((struct field){name, FIELD_TEXT, value, 0})
#define NUMBER_FIELD(name, value) ((struct field){name, FIELD_NUMBER, SLICE_EMPTY, value})
#define FLAG_FIELD(name, value) ((struct field){name, FIELD_FLAG, SLICE_EMPTY, value})
#define TIME_FIELD(name, value) ((struct field){name, FIELD_TIME, SLICE_EMPTY, value})

/* One result: `text` and a newline, or with --json an object of the fields. */
void output_record(struct command_context *context, struct slice text, const struct field *fields,
                   size_t count);

/* A list: aligned columns under a line of names, or with --json an array of objects. All rows have
 * `column_count` fields. */
struct output_table {
  const struct field *fields; /* row after row */
  size_t row_count, column_count;
};
void output_table(struct command_context *context, const struct output_table *table);

/* --- the commands, see the table in command.c ------------------------------------------- */

enum status organization_create_command(struct command_context *context);
enum status organization_list_command(struct command_context *context);
enum status project_create_command(struct command_context *context);
enum status project_list_command(struct command_context *context);
enum status key_list_command(struct command_context *context);
enum status key_add_command(struct command_context *context);
enum status key_delete_command(struct command_context *context);
enum status user_create_command(struct command_context *context);
enum status user_list_command(struct command_context *context);
enum status user_link_command(struct command_context *context);
enum status member_set_command(struct command_context *context);
enum status token_create_command(struct command_context *context);
enum status token_list_command(struct command_context *context);
enum status token_revoke_command(struct command_context *context);
enum status source_show_command(struct command_context *context);
enum status source_set_command(struct command_context *context);
enum status forge_add_command(struct command_context *context);
enum status forge_set_command(struct command_context *context);
enum status forge_list_command(struct command_context *context);
enum status forge_remove_command(struct command_context *context);
enum status regroup_command(struct command_context *context);
enum status import_sentry_command(struct command_context *context);

/* These get no store: they run in a process of their own. */
enum status help_command(struct command_context *context);
enum status health_command(struct command_context *context);
enum status serve_command(struct command_context *context);
enum status backup_command(struct command_context *context);
enum status explain_command(struct command_context *context);

/* Appends the overview of all commands, or what concerns one. */
void help_overview(struct buffer *output);
void help_of(const struct command *command, struct buffer *output);

#endif
