/* arguments.h - commands, their operands and options, and where option values come from.
 *
 *   culprit project create main/app --platform=python
 *           └─ noun  verb  operand  └─ option
 *
 * An option's value is taken from the command line, else from the environment (CULPRIT_PLATFORM),
 * else from the configuration file (`platform = python`). Options may stand anywhere; "--" ends
 * them.
 */
#ifndef CULPRIT_CLI_ARGUMENTS_H
#define CULPRIT_CLI_ARGUMENTS_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

enum option_id {
  OPTION_DATA,
  OPTION_CONFIG,
  OPTION_JSON,
  OPTION_HELP,
  OPTION_LISTEN,
  OPTION_URL,
  OPTION_THREADS,
  OPTION_TRUSTED_PROXIES,
  OPTION_LOG_LEVEL,
  OPTION_REPOSITORY_ROOT,
  OPTION_ALLOW_PRIVATE_ADDRESSES,
  OPTION_CA_FILE,
  OPTION_NAME,
  OPTION_PLATFORM,
  OPTION_EMAIL,
  OPTION_ADMIN,
  OPTION_PASSWORD_STDIN,
  OPTION_SCOPE,
  OPTION_CLIENT_ID,
  OPTION_CLIENT_SECRET_STDIN,
  OPTION_CREATE_USERS,
  OPTION_RULES,
  OPTION_DRY_RUN,
  OPTION_UNDO,
  OPTION_EVENT,
  OPTION_SENTRY,
  OPTION_SENTRY_PROJECT,
  OPTION_TOKEN_STDIN,
  OPTION_TOKEN,
  OPTION_PROJECT,
  OPTION_INTO,
  OPTION_SINCE,
  OPTION_LOCAL,
  OPTION_ACTIVE,
  OPTION_PUBLIC_KEY,
  OPTION_COUNT
};
#define OPTION_BIT(option) (UINT64_C(1) << (option))

struct option {
  const char *name;
  const char *value; /* what help calls its value; null for a switch */
  const char *summary;
};
extern const struct option options[OPTION_COUNT];

struct command_context;
struct command {
  const char *noun, *verb; /* verb may be null */
  const char *operands;    /* as help shows them, separated by one blank */
  size_t operand_count;    /* exactly so many; OPERANDS_LIMIT: any number */
  uint64_t options;        /* bits; every command has --data, --config, --json and --help too */
  enum {
    COMMAND_LOCAL,   /* has nothing to do with data, or does it in its own way */
    COMMAND_ON_DATA, /* runs in the server, or here when none runs */
    COMMAND_LONG,    /* the same, may take hours, and tells how far it is */
  } kind;
  bool makes_data; /* may be the first to use a data directory */
  enum status (*run)(struct command_context *context);
  const char *summary;
  const char *details; /* null for none */
};
extern const struct command commands[]; /* ends with a null noun */

enum { OPERANDS_LIMIT = 4, WORDS_LIMIT = 64 };

enum value_source { SOURCE_NONE, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_COMMAND_LINE };

struct arguments {
  const struct command *command; /* null: no words at all */
  struct slice operands[OPERANDS_LIMIT];
  size_t operand_count;
  struct slice values[OPTION_COUNT]; /* of a switch: "true" or "" */
  enum value_source sources[OPTION_COUNT];
};

/* Reads the words behind the program's name. Borrows them. Operands are not counted when --help is
 * given. STATUS_BAD_INPUT says what was not understood. */
enum status arguments_parse(const struct slice *words, size_t count, struct arguments *arguments,
                            struct problem *problem) MUST_CHECK;
/* Fills options that the command takes and that have no value yet. The environment's strings are
 * borrowed. */
enum status arguments_add_environment(struct arguments *arguments,
                                      struct problem *problem) MUST_CHECK;
/* `text` of the configuration file `name`. Borrows the text. */
enum status arguments_add_file(struct arguments *arguments, struct slice text, const char *name,
                               struct problem *problem) MUST_CHECK;
/* Reads the file that --config names, if any, into the arena and adds it. */
enum status arguments_load_file(struct arguments *arguments, struct arena *arena,
                                struct problem *problem) MUST_CHECK;

bool arguments_is_set(const struct arguments *arguments, enum option_id option);

/* The words that give the same arguments again, with all values on the command line, without what
 * only concerns this side: --data, --config, and a URL that was not given on the command line,
 * since the server knows its own. From the arena. */
size_t arguments_words(const struct arguments *arguments, struct arena *arena,
                       struct slice words[WORDS_LIMIT]);

#endif
