/* main.c - the program `culprit`: reads its arguments and runs one command.
 *
 * A command on data runs in the server when one has the data directory, else here. Asking comes
 * first, and the directory's lock decides: whoever finds it taken asks again, because what has it
 * is a server that is starting or another command that will be done in a moment.
 */
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/control.h"
#include "grouping/grouping.h"

#include "base/banned.h"

static const char default_directory[] = "culprit-data";
static const char default_url[] = "http://127.0.0.1:9000";

/* --- input and output ------------------------------------------------------------------------ */

static void print(FILE *stream, struct slice text) {
  if (text.len) fwrite(text.ptr, 1, text.len, stream);
}

static int fail(const struct problem *problem) {
  fprintf(stderr, "culprit: %s\n", problem->message);
  return command_exit_status(problem->status);
}

static int fail_usage(const struct arguments *arguments, const struct problem *problem) {
  const struct command *command = arguments->command;
  fprintf(stderr, "culprit: %s\n", problem->message);
  if (command)
    fprintf(stderr, "\"culprit help %s%s%s\" explains the command.\n", command->noun,
            command->verb ? " " : "", command->verb ? command->verb : "");
  else
    fprintf(stderr, "\"culprit help\" lists the commands.\n");
  return EXIT_USAGE;
}

static struct slice read_input(struct arena *arena) {
  char *text = arena_alloc_raw(arena, INPUT_LIMIT);
  size_t len = 0;
  ssize_t got;
  while (len < INPUT_LIMIT && (got = read(STDIN_FILENO, text + len, INPUT_LIMIT - len)) != 0) {
    if (got < 0 && errno != EINTR) break;
    if (got > 0) len += (size_t)got;
  }
  return slice_of(text, len);
}

/* --- commands on data ------------------------------------------------------------------------ */

static bool directory_exists(const char *path) {
  struct stat info;
  return stat(path, &info) == 0;
}

/* Runs the command here. STATUS_CONFLICT, with nothing done, when somebody has the directory. */
static enum status run_here(struct command_context *context, const char *directory,
                            bool *was_opened) {
  const struct command *command = context->arguments->command;
  if (!command->makes_data && !directory_exists(directory))
    return problem_set(context->problem, STATUS_NOT_FOUND,
                       "There is no data directory %s. Name it with --data, or make it with "
                       "\"culprit serve\".",
                       directory);
  enum status status = store_open(directory, &context->store, context->problem);
  if (status) return status;
  *was_opened = true;
  status = command->run(context);
  store_close(context->store);
  return status;
}

/* In the server, telling meanwhile how far it is. */
static enum status run_there(struct command_context *context, const char *directory,
                             struct control_result *result) {
  struct control_run run = {
      .directory = directory, .arguments = context->arguments, .input = context->input};
  struct progress_watch *watch = NULL;
  if (context->progress) watch = progress_watch(directory);
  if (watch) run.progress = progress_watch_name(watch);
  enum status status = control_run(context->arena, &run, result, context->problem);
  if (watch) progress_unwatch(watch);
  return status;
}

static int run_on_data(struct command_context *context, const char *directory) {
  enum { TRIES = 200, PAUSE_MS = 50 };
  struct control_result result;
  for (int i = 0; i < TRIES; i++) {
    bool was_opened = false;
    enum status status = run_there(context, directory, &result);
    if (!status) {
      print(stdout, result.output);
      if (result.exit_status) fprintf(stderr, "culprit: %.*s\n", SLICE_ARGS(result.error));
      return result.exit_status;
    }
    if (status != STATUS_UNAVAILABLE) return fail(context->problem);
    status = run_here(context, directory, &was_opened);
    if (status != STATUS_CONFLICT || was_opened) {
      print(stdout, buffer_slice(context->output));
      return status ? fail(context->problem) : EXIT_WORKED;
    }
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
  }
  return fail(context->problem);
}

static int run_local(struct command_context *context) {
  enum status status = context->arguments->command->run(context);
  print(stdout, buffer_slice(context->output));
  return status ? fail(context->problem) : EXIT_WORKED;
}

/* --- arguments -------------------------------------------------------------------------------- */

static enum status complete(struct arguments *arguments, struct arena *arena,
                            struct problem *problem) {
  enum status status = arguments_add_environment(arguments, problem);
  if (!status) status = arguments_load_file(arguments, arena, problem);
  if (!arguments_is_set(arguments, OPTION_DATA))
    arguments->values[OPTION_DATA] = slice_of_string(default_directory);
  return status;
}

/* Rules are read here: the server has another working directory. */
static enum status read_rules(struct command_context *context) {
  struct slice name = context->arguments->values[OPTION_RULES];
  if (!arguments_is_set(context->arguments, OPTION_RULES)) return STATUS_OK;
  enum status status = file_read(context, name, GROUPING_RULES_TEXT_LIMIT, &context->input);
  if (!status && context->input.len > GROUPING_RULES_TEXT_LIMIT)
    return problem_set(context->problem, STATUS_BAD_INPUT, "%.*s has more than %d bytes of rules.",
                       SLICE_ARGS(name), GROUPING_RULES_TEXT_LIMIT);
  return status;
}

static bool reads_input(const struct arguments *arguments) {
  return arguments_is_set(arguments, OPTION_PASSWORD_STDIN) ||
         arguments_is_set(arguments, OPTION_CLIENT_SECRET_STDIN) ||
         arguments_is_set(arguments, OPTION_TOKEN_STDIN);
}

static int run(struct arguments *arguments, struct arena *arena) {
  struct problem problem = {0};
  struct buffer output = buffer_make(OUTPUT_LIMIT);
  struct command_context context = {.arguments = arguments,
                                    .arena = arena,
                                    .public_url = slice_of_string(default_url),
                                    .output = &output,
                                    .problem = &problem};
  enum status status = complete(arguments, arena, &problem);
  int exit_status;
  if (!status && arguments_is_set(arguments, OPTION_URL)) {
    context.public_url = arguments->values[OPTION_URL];
    status = url_check(&context.public_url, &problem);
  }
  struct progress progress = {0};
  if (arguments->command->kind == COMMAND_LONG) context.progress = &progress;
  context.allow_private_addresses = arguments_is_set(arguments, OPTION_ALLOW_PRIVATE_ADDRESSES);
  if (arguments->values[OPTION_CA_FILE].len)
    context.ca_file = arena_string(arena, arguments->values[OPTION_CA_FILE]);
  if (status) {
    exit_status = fail_usage(arguments, &problem);
  } else if (arguments->command->kind == COMMAND_LOCAL) {
    exit_status = run_local(&context);
  } else {
    if (reads_input(arguments)) context.input = read_input(arena);
    status = read_rules(&context);
    exit_status = status
                      ? fail(&problem)
                      : run_on_data(&context, arena_string(arena, arguments->values[OPTION_DATA]));
  }
  buffer_free(&output);
  return exit_status;
}

/* Whoever lists the processes of this machine sees their words. */
static void hide_token(struct arena *arena, struct arguments *arguments) {
  struct slice *token = &arguments->values[OPTION_TOKEN];
  struct slice word = *token;
  if (!word.len) return;
  *token = arena_copy(arena, word);
  memset((char *)(uintptr_t)word.ptr, '*', word.len);
}

static int print_help(const struct command *command, FILE *stream) {
  struct buffer output = buffer_make(OUTPUT_LIMIT);
  if (command)
    help_of(command, &output);
  else
    help_overview(&output);
  print(stream, buffer_slice(&output));
  buffer_free(&output);
  return stream == stdout ? EXIT_WORKED : EXIT_USAGE;
}

int main(int argc, char **argv) {
  struct arena arena = {0};
  struct arguments arguments = {0};
  struct problem problem;
  signal(SIGPIPE, SIG_IGN);
  if (sodium_init() < 0) {
    fprintf(stderr, "culprit: The system gives no random bytes.\n");
    return EXIT_FAILED;
  }
  if (argc == 2 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
    printf("culprit %s\n", CULPRIT_VERSION);
    return EXIT_WORKED;
  }
  size_t count = argc > 1 ? (size_t)argc - 1 : 0;
  struct slice *words = ARENA_ARRAY(&arena, count + 1, struct slice);
  for (size_t i = 0; i < count; i++) words[i] = slice_of_string(argv[i + 1]);
  int exit_status;
  enum status status = arguments_parse(words, count, &arguments, &problem);
  hide_token(&arena, &arguments);
  if (status)
    exit_status = fail_usage(&arguments, &problem);
  else if (!arguments.command || arguments_is_set(&arguments, OPTION_HELP))
    exit_status =
        print_help(arguments.command, arguments_is_set(&arguments, OPTION_HELP) ? stdout : stderr);
  else
    exit_status = run(&arguments, &arena);
  arena_free(&arena);
  return exit_status;
}
