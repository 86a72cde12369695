/* arguments.c - see arguments.h. Pure but for reading the environment and the file. */
#include "cli/arguments.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"

#include "base/banned.h"

enum { FILE_LIMIT = 64 * 1024, VARIABLE_BYTES = 64, SHOWN_BYTES = 80 };

const struct option options[OPTION_COUNT] = {
    [OPTION_DATA] = {"data", "DIR", "the data directory (default: culprit-data, here)"},
    [OPTION_CONFIG] = {"config", "FILE", "a file with lines of the form: option = value"},
    [OPTION_JSON] = {"json", NULL, "print JSON"},
    [OPTION_HELP] = {"help", NULL, "explain the command"},
    [OPTION_LISTEN] = {"listen", "ADDR:PORT|unix:PATH",
                       "where to serve (default: 127.0.0.1:9000; port 0 picks a free one)"},
    [OPTION_URL] =
        {"url", "URL",
         "the address that people and SDKs reach the server at; of import: the Sentry's"},
    [OPTION_THREADS] = {"threads", "N", "network threads (default: one each core)"},
    [OPTION_TRUSTED_PROXIES] =
        {"trusted-proxies", "LIST",
         "addresses or CIDR ranges, separated by commas, whose X-Forwarded-* "
         "headers are believed"},
    [OPTION_LOG_LEVEL] = {"log-level", "LEVEL", "debug, info, warning or error (default: info)"},
    [OPTION_REPOSITORY_ROOT] = {"repository-root", "DIR",
                                "git repositories on this machine must lie below it"},
    [OPTION_ALLOW_PRIVATE_ADDRESSES] = {"allow-private-addresses", NULL,
                                        "let URLs in settings lead to private networks"},
    [OPTION_CA_FILE] = {"ca-file", "FILE",
                        "certificates (PEM) of authorities that are trusted besides the system's"},
    [OPTION_NAME] = {"name", "TEXT", "the name that pages show"},
    [OPTION_PLATFORM] = {"platform", "NAME", "such as python or javascript-react"},
    [OPTION_EMAIL] = {"email", "ADDR", "the e-mail address"},
    [OPTION_ADMIN] = {"admin", NULL, "make an administrator, who may do everything"},
    [OPTION_PASSWORD_STDIN] = {"password-stdin", NULL,
                               "read the password from standard input, one line"},
    [OPTION_SCOPE] = {"scope", "LIST",
                      "what the token may do: event:read, event:write, project:read, "
                      "project:write, org:read; separated by commas"},
    [OPTION_CLIENT_ID] = {"client-id", "ID", "the id of the OAuth application there"},
    [OPTION_CLIENT_SECRET_STDIN] = {"client-secret-stdin", NULL,
                                    "read the application's secret from standard input, one line"},
    [OPTION_TOKEN_STDIN] = {"token-stdin", NULL,
                            "read an access token from standard input, one line"},
    [OPTION_CREATE_USERS] = {"create-users", NULL, "make users of people who sign in first"},
    [OPTION_DRY_RUN] = {"dry-run", NULL, "only tell what would change"},
    [OPTION_UNDO] = {"undo", NULL, "take the last one back"},
    [OPTION_RULES] = {"rules", "FILE", "stack-trace and fingerprint rules, one a line"},
    [OPTION_PUBLIC_KEY] = {"public-key", "KEY", "the key that SDKs use already"},
    [OPTION_SENTRY] = {"sentry", "URL", "show the errors of a project of this Sentry"},
    [OPTION_SENTRY_PROJECT] = {"sentry-project", "ORG/PROJECT", "which of its projects"},
    [OPTION_TOKEN] = {"token", "TOKEN",
                      "an auth token; better in the environment variable CULPRIT_TOKEN"},
    [OPTION_PROJECT] = {"project", "ORG/PROJECT", "which project of the Sentry"},
    [OPTION_INTO] = {"into", "ORG/PROJECT", "the project here (default: of the same names)"},
    [OPTION_SINCE] = {"since", "DATE", "only what was seen since, such as 2026-10-01"},
    [OPTION_LOCAL] = {"local", NULL, "show the errors that SDKs send to this server"},
    [OPTION_ACTIVE] = {"active", "on|off", "turn error tracking of the project on or off"},
    [OPTION_EVENT] = {"event", NULL, "print only the event, normalised and scrubbed"},
};

static const uint64_t common_options = OPTION_BIT(OPTION_DATA) | OPTION_BIT(OPTION_CONFIG) |
                                       OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_HELP);

static struct slice shown(struct slice s) { return slice_cut_utf8(s, SHOWN_BYTES); }

bool arguments_is_set(const struct arguments *arguments, enum option_id option) {
  return arguments->sources[option] != SOURCE_NONE && arguments->values[option].len > 0;
}

static bool takes(const struct arguments *arguments, enum option_id option) {
  uint64_t own = arguments->command ? arguments->command->options : 0;
  return ((own | common_options) & OPTION_BIT(option)) != 0;
}

static enum option_id option_find(struct slice name) {
  enum option_id option = 0;
  while (option < OPTION_COUNT && !slice_equal_string(name, options[option].name)) option++;
  return option;
}

static bool switch_parse(struct slice text, struct slice *value) {
  static const char *const yes[] = {"true", "yes", "on", "1"};
  static const char *const no[] = {"false", "no", "off", "0", ""};
  for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
    if (!slice_equal_string(text, yes[i])) continue;
    *value = SLICE("true");
    return true;
  }
  for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
    if (!slice_equal_string(text, no[i])) continue;
    *value = SLICE_EMPTY;
    return true;
  }
  return false;
}

struct setting {
  enum option_id option;
  struct slice value;
  enum value_source source;
};

/* Sets a value unless a stronger source gave one. */
static enum status set(struct arguments *arguments, const struct setting *setting,
                       struct problem *problem) {
  const struct option *option = &options[setting->option];
  struct slice value = setting->value;
  if (arguments->sources[setting->option] > setting->source) return STATUS_OK;
  if (!option->value && !switch_parse(setting->value, &value))
    return problem_set(problem, STATUS_BAD_INPUT, "%s is a switch: true or false, not \"%.*s\".",
                       option->name, SLICE_ARGS(shown(setting->value)));
  arguments->values[setting->option] = value;
  arguments->sources[setting->option] = setting->source;
  return STATUS_OK;
}

/* --- the command line ------------------------------------------------------------------ */

struct word_list {
  const struct slice *words;
  size_t count, at;
  struct slice plain[2 + OPERANDS_LIMIT + 1]; /* what is not an option, one too many at most */
  size_t plain_count;
};

static enum status take_option(struct word_list *list, struct slice word,
                               struct arguments *arguments, struct problem *problem) {
  size_t equals = slice_find_byte(word, '=');
  struct slice name = slice_from(slice_upto(word, equals), 2);
  enum option_id option = option_find(name);
  if (option == OPTION_COUNT)
    return problem_set(problem, STATUS_BAD_INPUT, "There is no option --%.*s.",
                       SLICE_ARGS(shown(name)));
  struct setting setting = {option, SLICE("true"), SOURCE_COMMAND_LINE};
  if (equals < word.len) {
    setting.value = slice_from(word, equals + 1);
  } else if (options[option].value) {
    if (list->at == list->count)
      return problem_set(problem, STATUS_BAD_INPUT, "--%s needs a value: --%s %s.",
                         options[option].name, options[option].name, options[option].value);
    setting.value = list->words[list->at++];
  }
  return set(arguments, &setting, problem);
}

static enum status take_word(struct word_list *list, struct slice word, struct problem *problem) {
  if (list->plain_count == sizeof list->plain / sizeof list->plain[0])
    return problem_set(problem, STATUS_BAD_INPUT, "\"%.*s\" is too much.", SLICE_ARGS(shown(word)));
  list->plain[list->plain_count++] = word;
  return STATUS_OK;
}

static enum status take_all(struct word_list *list, struct arguments *arguments,
                            struct problem *problem) {
  bool has_ended = false;
  while (list->at < list->count) {
    struct slice word = list->words[list->at++];
    enum status status = STATUS_OK;
    if (!has_ended && slice_equal_string(word, "--"))
      has_ended = true;
    else if (!has_ended && slice_equal_string(word, "-h"))
      status = take_option(list, SLICE("--help"), arguments, problem);
    else if (!has_ended && slice_starts_with(word, SLICE("--")))
      status = take_option(list, word, arguments, problem);
    else if (!has_ended && word.len > 1 && word.ptr[0] == '-')
      status = problem_set(problem, STATUS_BAD_INPUT, "There is no option %.*s.",
                           SLICE_ARGS(shown(word)));
    else
      status = take_word(list, word, problem);
    if (status) return status;
  }
  return STATUS_OK;
}

/* Finds the command of the first words and says how many were used. */
static enum status command_find(const struct word_list *list, const struct command **found,
                                size_t *used, struct problem *problem) {
  struct slice noun = list->plain[0];
  struct slice verb = list->plain_count > 1 ? list->plain[1] : SLICE_EMPTY;
  bool is_noun_known = false;
  for (const struct command *command = commands; command->noun; command++) {
    if (!slice_equal_string(noun, command->noun)) continue;
    is_noun_known = true;
    if (command->verb && !slice_equal_string(verb, command->verb)) continue;
    *found = command;
    *used = command->verb ? 2 : 1;
    return STATUS_OK;
  }
  if (!is_noun_known)
    return problem_set(problem, STATUS_BAD_INPUT, "There is no command \"%.*s\".",
                       SLICE_ARGS(shown(noun)));
  if (!verb.len)
    return problem_set(problem, STATUS_BAD_INPUT, "\"%.*s\" needs to say what to do.",
                       SLICE_ARGS(shown(noun)));
  return problem_set(problem, STATUS_BAD_INPUT, "There is no command \"%.*s %.*s\".",
                     SLICE_ARGS(shown(noun)), SLICE_ARGS(shown(verb)));
}

static enum status check_operands(const struct arguments *arguments, struct problem *problem) {
  const struct command *command = arguments->command;
  const char *verb = command->verb ? command->verb : "";
  if (arguments->operand_count == command->operand_count ||
      command->operand_count == OPERANDS_LIMIT)
    return STATUS_OK;
  return problem_set(problem, STATUS_BAD_INPUT, "\"%s%s%s\" takes %s%s.", command->noun,
                     *verb ? " " : "", verb, command->operand_count ? "" : "no names",
                     command->operand_count ? command->operands : "");
}

enum status arguments_parse(const struct slice *words, size_t count, struct arguments *arguments,
                            struct problem *problem) {
  struct word_list list = {.words = words, .count = count};
  size_t used = 0;
  *arguments = (struct arguments){0};
  enum status status = take_all(&list, arguments, problem);
  if (status || !list.plain_count) return status;
  status = command_find(&list, &arguments->command, &used, problem);
  if (status) return status;
  for (size_t i = used; i < list.plain_count; i++) {
    if (arguments->operand_count == OPERANDS_LIMIT)
      return problem_set(problem, STATUS_BAD_INPUT, "\"%.*s\" is too much.",
                         SLICE_ARGS(shown(list.plain[i])));
    arguments->operands[arguments->operand_count++] = list.plain[i];
  }
  for (enum option_id option = 0; option < OPTION_COUNT; option++) {
    if (arguments->sources[option] != SOURCE_NONE && !takes(arguments, option))
      return problem_set(problem, STATUS_BAD_INPUT, "\"%s%s%s\" has no option --%s.",
                         arguments->command->noun, arguments->command->verb ? " " : "",
                         arguments->command->verb ? arguments->command->verb : "",
                         options[option].name);
  }
  if (arguments_is_set(arguments, OPTION_HELP)) return STATUS_OK;
  return check_operands(arguments, problem);
}

size_t arguments_words(const struct arguments *arguments, struct arena *arena,
                       struct slice words[WORDS_LIMIT]) {
  size_t count = 0;
  static_assert(3 + OPTION_COUNT + OPERANDS_LIMIT <= WORDS_LIMIT, "all words fit");
  words[count++] = slice_of_string(arguments->command->noun);
  if (arguments->command->verb) words[count++] = slice_of_string(arguments->command->verb);
  for (enum option_id option = 0; option < OPTION_COUNT; option++) {
    bool is_for_here = option == OPTION_DATA || option == OPTION_CONFIG ||
                       (option == OPTION_URL && arguments->sources[option] < SOURCE_COMMAND_LINE);
    if (!arguments_is_set(arguments, option) || is_for_here) continue;
    words[count++] = arena_printf(arena, "--%s=%.*s", options[option].name,
                                  SLICE_ARGS(arguments->values[option]));
  }
  words[count++] = SLICE("--");
  for (size_t i = 0; i < arguments->operand_count; i++) words[count++] = arguments->operands[i];
  return count;
}

/* --- the environment and the file ---------------------------------------------------------- */

static void variable_name(enum option_id option, char name[VARIABLE_BYTES]) {
  static const char prefix[] = "CULPRIT_";
  size_t len = sizeof prefix - 1;
  memcpy(name, prefix, len);
  for (const char *c = options[option].name; *c && len < VARIABLE_BYTES - 1; c++) {
    name[len++] = *c == '-' ? '_' : (char)(*c >= 'a' && *c <= 'z' ? *c - ('a' - 'A') : *c);
  }
  name[len] = '\0';
}

enum status arguments_add_environment(struct arguments *arguments, struct problem *problem) {
  for (enum option_id option = 0; option < OPTION_COUNT; option++) {
    char name[VARIABLE_BYTES];
    if (option == OPTION_HELP || !takes(arguments, option)) continue;
    variable_name(option, name);
    const char *value = getenv(name);
    if (!value || !*value) continue;
    struct setting setting = {option, slice_of_string(value), SOURCE_ENVIRONMENT};
    struct problem inner;
    if (set(arguments, &setting, &inner))
      return problem_set(problem, STATUS_BAD_INPUT, "The environment variable %s: %s", name,
                         inner.message);
  }
  return STATUS_OK;
}

enum status arguments_add_file(struct arguments *arguments, struct slice text, const char *name,
                               struct problem *problem) {
  struct config_reader reader = {.rest = text};
  struct config_entry entry;
  struct problem inner;
  enum status status;
  while ((status = config_next(&reader, &entry, &inner)) == STATUS_OK) {
    enum option_id option = option_find(entry.name);
    if (option == OPTION_COUNT || option == OPTION_CONFIG || option == OPTION_HELP)
      return problem_set(problem, STATUS_BAD_INPUT, "%s, line %u: there is no setting \"%.*s\".",
                         name, reader.line, SLICE_ARGS(shown(entry.name)));
    struct setting setting = {option, entry.value, SOURCE_FILE};
    if (takes(arguments, option) && set(arguments, &setting, &inner))
      return problem_set(problem, STATUS_BAD_INPUT, "%s, line %u: %s", name, reader.line,
                         inner.message);
  }
  if (status == STATUS_END) return STATUS_OK;
  return problem_set(problem, status, "%s: %s", name, inner.message);
}

/* Reads at most FILE_LIMIT + 1 bytes; negative with errno set when it cannot. */
static ssize_t read_file(const char *path, char *text) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  size_t len = 0;
  ssize_t got = -1;
  if (file < 0) return -1;
  while (len <= FILE_LIMIT && (got = read(file, text + len, FILE_LIMIT + 1 - len)) > 0)
    len += (size_t)got;
  int error = errno;
  close(file);
  errno = error;
  return got < 0 ? -1 : (ssize_t)len;
}

enum status arguments_load_file(struct arguments *arguments, struct arena *arena,
                                struct problem *problem) {
  if (!arguments_is_set(arguments, OPTION_CONFIG)) return STATUS_OK;
  const char *path = arena_string(arena, arguments->values[OPTION_CONFIG]);
  char *text = arena_alloc_raw(arena, FILE_LIMIT + 1);
  ssize_t len = read_file(path, text);
  if (len < 0)
    return problem_set(problem, STATUS_BAD_INPUT, "The configuration file %s cannot be read: %s.",
                       path, strerror(errno));
  if (len > FILE_LIMIT)
    return problem_set(problem, STATUS_BAD_INPUT,
                       "The configuration file %s is longer than %d bytes.", path, FILE_LIMIT);
  return arguments_add_file(arguments, slice_of(text, (size_t)len), path, problem);
}
