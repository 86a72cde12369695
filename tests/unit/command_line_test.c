/* The configuration file, the command line, the environment, and who wins. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "cli/arguments.h"
#include "cli/command.h"

/* --- the file ------------------------------------------------------------------------------- */

static void test_config(void **state) {
  (void)state;
  struct config_reader reader = {
      .rest = SLICE("# comment\r\n\n  data =  /srv/x y  \r\nurl=http://a/?b=c#d\n"
                    "empty =\n  # more\nlast = 1")};
  static const struct {
    const char *name, *value;
    unsigned line;
  } expected[] = {
      {"data", "/srv/x y", 3}, {"url", "http://a/?b=c#d", 4}, {"empty", "", 5}, {"last", "1", 7}};
  struct config_entry entry;
  struct problem problem;
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(config_next(&reader, &entry, &problem), STATUS_OK);
    assert_true(slice_equal_string(entry.name, expected[i].name));
    assert_true(slice_equal_string(entry.value, expected[i].value));
    assert_int_equal(reader.line, expected[i].line);
  }
  assert_int_equal(config_next(&reader, &entry, &problem), STATUS_END);
}

static void test_config_broken(void **state) {
  (void)state;
  static const struct slice broken[] = {{"data\n", 5},  {"= x", 3},      {"Data = x", 8},
                                        {"a b = x", 7}, {"a = b\0c", 7}, {"a_b = x", 7},
                                        {"[serve]", 7}};
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    struct config_reader reader = {.rest = broken[i]};
    struct config_entry entry;
    struct problem problem;
    assert_int_equal(config_next(&reader, &entry, &problem), STATUS_BAD_INPUT);
    assert_non_null(strstr(problem.message, "Line 1"));
  }
}

/* --- the command line ------------------------------------------------------------------------- */

enum { WORDS = 16 };

/* Parses words that are separated by blanks. */
static enum status parse(const char *line, struct arguments *arguments, struct problem *problem) {
  struct slice words[WORDS], rest = slice_of_string(line);
  size_t count = 0;
  while (rest.len && count < WORDS) words[count++] = slice_split(&rest, ' ');
  return arguments_parse(words, count, arguments, problem);
}

static void test_arguments(void **state) {
  (void)state;
  struct arguments arguments;
  struct problem problem;
  assert_int_equal(
      parse("project --data d create main/app --platform=python --json", &arguments, &problem),
      STATUS_OK);
  assert_string_equal(arguments.command->noun, "project");
  assert_string_equal(arguments.command->verb, "create");
  assert_int_equal(arguments.operand_count, 1);
  assert_true(slice_equal_string(arguments.operands[0], "main/app"));
  assert_true(slice_equal_string(arguments.values[OPTION_DATA], "d"));
  assert_true(slice_equal_string(arguments.values[OPTION_PLATFORM], "python"));
  assert_true(arguments_is_set(&arguments, OPTION_JSON));
  assert_false(arguments_is_set(&arguments, OPTION_URL));

  assert_int_equal(parse("organization create -- --strange", &arguments, &problem), STATUS_OK);
  assert_true(slice_equal_string(arguments.operands[0], "--strange"));
  assert_int_equal(parse("project create -h", &arguments, &problem), STATUS_OK);
  assert_true(arguments_is_set(&arguments, OPTION_HELP));
  assert_int_equal(parse("", &arguments, &problem), STATUS_OK);
  assert_null(arguments.command);
  assert_int_equal(parse("help project create", &arguments, &problem), STATUS_OK);
  assert_int_equal(arguments.operand_count, 2);
}

static void test_arguments_broken(void **state) {
  (void)state;
  static const struct {
    const char *line, *message;
  } broken[] = {
      {"frobnicate", "no command \"frobnicate\""},
      {"project", "needs to say what to do"},
      {"project destroy x/y", "no command \"project destroy\""},
      {"project create", "takes ORG/PROJECT"},
      {"project create a/b c/d", "takes ORG/PROJECT"},
      {"serve now", "takes no names"},
      {"serve --bogus", "no option --bogus"},
      {"serve -x", "no option -x"},
      {"serve --listen", "--listen needs a value"},
      {"serve --email a@b", "\"serve\" has no option --email"},
      {"user create joe --admin=perhaps", "admin is a switch"},
      {"a b c d e f g h", "is too much"},
  };
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    struct arguments arguments;
    struct problem problem = {0};
    assert_int_equal(parse(broken[i].line, &arguments, &problem), STATUS_BAD_INPUT);
    assert_non_null(strstr(problem.message, broken[i].message));
  }
}

static void test_precedence(void **state) {
  (void)state;
  struct arguments arguments;
  struct problem problem;
  struct slice file = SLICE("data = from-file\nurl = http://file\nlisten = [::1]:1\nemail = a@b\n");
  setenv("CULPRIT_DATA", "from-environment", 1);
  setenv("CULPRIT_URL", "http://environment", 1);
  setenv("CULPRIT_JSON", "yes", 1);
  assert_int_equal(parse("serve --data from-line", &arguments, &problem), STATUS_OK);
  assert_int_equal(arguments_add_environment(&arguments, &problem), STATUS_OK);
  assert_int_equal(arguments_add_file(&arguments, file, "file", &problem), STATUS_OK);
  assert_true(slice_equal_string(arguments.values[OPTION_DATA], "from-line"));
  assert_true(slice_equal_string(arguments.values[OPTION_URL], "http://environment"));
  assert_true(slice_equal_string(arguments.values[OPTION_LISTEN], "[::1]:1"));
  assert_true(arguments_is_set(&arguments, OPTION_JSON));
  /* Of another command: allowed in the file, and without effect. */
  assert_false(arguments_is_set(&arguments, OPTION_EMAIL));

  setenv("CULPRIT_JSON", "maybe", 1);
  assert_int_equal(parse("serve", &arguments, &problem), STATUS_OK);
  assert_int_equal(arguments_add_environment(&arguments, &problem), STATUS_BAD_INPUT);
  assert_non_null(strstr(problem.message, "CULPRIT_JSON"));
  assert_int_equal(parse("serve --json=false", &arguments, &problem), STATUS_OK);
  assert_int_equal(arguments_add_environment(&arguments, &problem), STATUS_OK);
  assert_false(arguments_is_set(&arguments, OPTION_JSON));
  unsetenv("CULPRIT_DATA");
  unsetenv("CULPRIT_URL");
  unsetenv("CULPRIT_JSON");
}

static void test_file_broken(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } broken[] = {{"\nprot = 1", "file, line 2: there is no setting \"prot\""},
                {"config = other", "no setting \"config\""},
                {"json = perhaps", "file, line 1: json is a switch"},
                {"listen", "file: Line 1"}};
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    struct arguments arguments;
    struct problem problem = {0};
    assert_int_equal(parse("serve", &arguments, &problem), STATUS_OK);
    assert_int_equal(
        arguments_add_file(&arguments, slice_of_string(broken[i].text), "file", &problem),
        STATUS_BAD_INPUT);
    assert_non_null(strstr(problem.message, broken[i].message));
  }
}

/* What a command sends to the server means the same there. */
static void test_words_again(void **state) {
  (void)state;
  struct arena arena = {0};
  struct arguments first, second;
  struct problem problem;
  struct slice words[WORDS_LIMIT];
  setenv("CULPRIT_URL", "http://environment", 1);
  assert_int_equal(parse("user create --data x -- -joe --email=--e", &first, &problem),
                   STATUS_BAD_INPUT);
  assert_int_equal(parse("user create joe --data x --email --e --admin", &first, &problem),
                   STATUS_OK);
  assert_int_equal(arguments_add_environment(&first, &problem), STATUS_OK);
  size_t count = arguments_words(&first, &arena, words);
  assert_int_equal(arguments_parse(words, count, &second, &problem), STATUS_OK);
  assert_ptr_equal(first.command, second.command);
  assert_int_equal(second.operand_count, 1);
  assert_true(slice_equal_string(second.operands[0], "joe"));
  assert_true(slice_equal_string(second.values[OPTION_EMAIL], "--e"));
  assert_true(arguments_is_set(&second, OPTION_ADMIN));
  assert_false(arguments_is_set(&second, OPTION_DATA));
  assert_true(arguments_is_set(&first, OPTION_URL));
  assert_false(arguments_is_set(&second, OPTION_URL));
  unsetenv("CULPRIT_URL");
  arena_free(&arena);
}

static void test_help_covers_all(void **state) {
  (void)state;
  struct buffer output = buffer_make(OUTPUT_LIMIT);
  help_overview(&output);
  for (const struct command *command = commands; command->noun; command++) {
    struct slice summary = slice_of_string(command->summary);
    assert_true(slice_find(buffer_slice(&output), summary) < output.len);
    buffer_clear(&output);
    help_of(command, &output);
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
      struct slice name = slice_of_string(options[id].summary);
      bool is_shown = slice_find(buffer_slice(&output), name) < output.len;
      assert_true(is_shown == (id <= OPTION_HELP || (command->options & OPTION_BIT(id)) != 0));
    }
    buffer_clear(&output);
    help_overview(&output);
  }
  buffer_free(&output);
}

static void test_url(void **state) {
  (void)state;
  static const struct {
    const char *given, *expected; /* null: refused */
  } cases[] = {
      {"https://errors.example.org", "https://errors.example.org"},
      {"http://10.0.0.1:9000/", "http://10.0.0.1:9000"},
      {"https://example.org/errors//", "https://example.org/errors"},
      {"http://[::1]:9000", "http://[::1]:9000"},
      {"ftp://example.org", NULL},
      {"example.org", NULL},
      {"http://", NULL},
      {"http:///x", NULL},
      {"http://key@example.org", NULL},
      {"http://example.org/?a", NULL},
      {"http://exam ple.org", NULL},
      {"http://example.org\r\nX: y", NULL},
      {"", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct slice url = slice_of_string(cases[i].given);
    struct problem problem;
    enum status status = url_check(&url, &problem);
    assert_int_equal(status, cases[i].expected ? STATUS_OK : STATUS_BAD_INPUT);
    if (cases[i].expected) assert_true(slice_equal_string(url, cases[i].expected));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_config),      cmocka_unit_test(test_config_broken),
      cmocka_unit_test(test_arguments),   cmocka_unit_test(test_arguments_broken),
      cmocka_unit_test(test_precedence),  cmocka_unit_test(test_file_broken),
      cmocka_unit_test(test_words_again), cmocka_unit_test(test_help_covers_all),
      cmocka_unit_test(test_url),
  };
  return cmocka_run_group_tests_name("command line", tests, NULL, NULL);
}
