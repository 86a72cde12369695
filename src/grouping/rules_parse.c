/* rules_parse.c - reads rules from text.
 *
 *   stack trace:   [ caller ] |  matcher…  | [ callee ]  action…
 *   fingerprint:   matcher…  ->  value[, value…]  [title="…"]
 *   matcher:       [!]name:pattern        pattern without blanks, or "quoted"
 *   action:        [^|v](+|-)(app|group)  category=x  max-frames=n  min-frames=n
 * invert-stacktrace=1
 *
 * In quotes a backslash takes the next quote or backslash as it is; elsewhere it stands for itself,
 * as paths need it.
 *
 * Source: Sentry's documentation of stack trace rules and fingerprint rules.
 */
#include "grouping/rules_parts.h"

#include <string.h>

#include "base/banned.h"

/* One rule needs few of each; lists are bounded by the text in any case. */
enum { MAX_MATCHERS = 16, MAX_ACTIONS = 16, MAX_VALUES = 32, MAX_FRAMES_NUMBER = 1000 };

struct parser {
  struct arena *arena;
  struct slice line; /* all of it */
  size_t at;
  size_t line_number; /* from 1 */
  enum rule_kind kind;
  struct problem *problem;
  /* Of the rule at hand, until it is complete. */
  struct matcher matchers[MAX_MATCHERS];
  struct rule_action actions[MAX_ACTIONS];
  struct slice values[MAX_VALUES];
};

#define FAIL(parser, format, ...)                                                   \
  problem_set((parser)->problem, STATUS_BAD_INPUT, "Line %zu, column %zu: " format, \
              (parser)->line_number, (parser)->at + 1 __VA_OPT__(, ) __VA_ARGS__)

/* --- characters ------------------------------------------------------------------ */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static bool at_end(const struct parser *parser) { return parser->at >= parser->line.len; }
static char peek(const struct parser *parser) {
  return at_end(parser) ? '\0' : parser->line.ptr[parser->at];
}
static void skip_blanks(struct parser *parser) {
  while (!at_end(parser) && is_blank(peek(parser))) parser->at++;
}
static bool takes(struct parser *parser, const char *text) {
  struct slice token = slice_of_string(text);
  if (!slice_starts_with(slice_from(parser->line, parser->at), token)) return false;
  parser->at += token.len;
  return true;
}

/* As much of it as a message has room for. */
static const char *excerpt(const struct parser *parser, struct slice text) {
  return arena_string(parser->arena, slice_cut_utf8(text, 60));
}

/* "…" at the position, without its quotes. */
static enum status read_quoted(struct parser *parser, struct slice *value) {
  size_t start = parser->at++;
  char *text = arena_alloc_raw(parser->arena, parser->line.len - start);
  size_t len = 0;
  for (; !at_end(parser) && peek(parser) != '"'; parser->at++) {
    char c = peek(parser);
    size_t next = parser->at + 1;
    if (c == '\\' && next < parser->line.len &&
        (parser->line.ptr[next] == '"' || parser->line.ptr[next] == '\\')) {
      c = parser->line.ptr[++parser->at];
    }
    text[len++] = c;
  }
  if (at_end(parser)) {
    parser->at = start;
    return FAIL(parser, "the quote is not closed.");
  }
  parser->at++;
  *value = slice_of(text, len);
  return STATUS_OK;
}

static struct slice read_until_blank(struct parser *parser, char other_end) {
  size_t start = parser->at;
  while (!at_end(parser) && !is_blank(peek(parser)) && peek(parser) != other_end) parser->at++;
  return slice_upto(slice_from(parser->line, start), parser->at - start);
}

/* --- matchers -------------------------------------------------------------------- */

enum { FOR_STACK_TRACES = 1, FOR_FINGERPRINTS = 2, FOR_BOTH = 3 };
static const struct {
  const char *name;
  enum rule_field field;
  int kinds;
} field_names[] = {
    {"stack.function", RULE_FUNCTION, FOR_BOTH},
    {"function", RULE_FUNCTION, FOR_BOTH},
    {"stack.module", RULE_MODULE, FOR_BOTH},
    {"module", RULE_MODULE, FOR_BOTH},
    {"stack.abs_path", RULE_PATH, FOR_BOTH},
    {"path", RULE_PATH, FOR_BOTH},
    {"stack.package", RULE_PACKAGE, FOR_BOTH},
    {"package", RULE_PACKAGE, FOR_BOTH},
    {"category", RULE_CATEGORY, FOR_STACK_TRACES},
    {"family", RULE_FAMILY, FOR_BOTH},
    {"app", RULE_APP, FOR_BOTH},
    {"error.type", RULE_TYPE, FOR_BOTH},
    {"type", RULE_TYPE, FOR_BOTH},
    {"error.value", RULE_VALUE, FOR_BOTH},
    {"value", RULE_VALUE, FOR_BOTH},
    {"error.mechanism", RULE_MECHANISM, FOR_STACK_TRACES},
    {"mechanism", RULE_MECHANISM, FOR_STACK_TRACES},
    {"message", RULE_MESSAGE, FOR_FINGERPRINTS},
    {"logger", RULE_LOGGER, FOR_FINGERPRINTS},
    {"level", RULE_LEVEL, FOR_FINGERPRINTS},
    {"sdk", RULE_SDK, FOR_FINGERPRINTS},
    {"release", RULE_RELEASE, FOR_FINGERPRINTS},
};

static bool find_field(enum rule_kind kind, struct slice name, struct matcher *matcher) {
  int bit = kind == STACK_TRACE_RULES ? FOR_STACK_TRACES : FOR_FINGERPRINTS;
  for (size_t i = 0; i < sizeof field_names / sizeof field_names[0]; i++) {
    if ((field_names[i].kinds & bit) == 0 || !slice_equal_string(name, field_names[i].name)) {
      continue;
    }
    matcher->field = field_names[i].field;
    return true;
  }
  if (bit != FOR_FINGERPRINTS || !slice_starts_with(name, SLICE("tags."))) return false;
  matcher->field = RULE_TAG;
  matcher->tag = slice_from(name, 5);
  return !slice_is_empty(matcher->tag);
}

static enum pattern_style field_style(enum rule_kind kind, enum rule_field field) {
  if (field == RULE_PATH || field == RULE_PACKAGE) return PATTERN_PATH;
  bool is_folded = field == RULE_VALUE || field == RULE_LEVEL || field == RULE_MESSAGE;
  return is_folded && kind == FINGERPRINT_RULES ? PATTERN_FOLDED : PATTERN_PLAIN;
}

static bool read_families(struct slice text, unsigned *families) {
  static const struct {
    const char *name;
    unsigned bits;
  } names[] = {{"native", RULE_NATIVE},
               {"javascript", RULE_JAVASCRIPT},
               {"other", RULE_OTHER},
               {"all", RULE_ALL_FAMILIES}};
  while (!slice_is_empty(text)) {
    struct slice name = slice_trim(slice_split(&text, ','));
    unsigned bits = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
      if (slice_equal_string(name, names[i].name)) bits = names[i].bits;
    }
    if (!bits) return false;
    *families |= bits;
  }
  return *families != 0;
}

static bool read_bool(struct slice text, bool *value) {
  static const char *const words[] = {"1", "true", "yes", "0", "false", "no"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (!slice_equal_ignore_case(text, slice_of_string(words[i]))) continue;
    *value = i < 3;
    return true;
  }
  return false;
}

static enum status set_pattern(struct parser *parser, struct matcher *matcher, struct slice text) {
  if (matcher->field == RULE_FAMILY) {
    if (read_families(text, &matcher->families)) return STATUS_OK;
    return FAIL(parser, "a family is native, javascript, other or all, not \"%s\".",
                excerpt(parser, text));
  }
  if (matcher->field == RULE_APP) {
    if (read_bool(text, &matcher->is_app)) return STATUS_OK;
    return FAIL(parser, "app is yes or no, not \"%s\".", excerpt(parser, text));
  }
  matcher->pattern =
      pattern_compile(parser->arena, text, field_style(parser->kind, matcher->field));
  return STATUS_OK;
}

static enum status read_matcher(struct parser *parser, struct matcher *matcher) {
  size_t start = parser->at;
  matcher->is_negated = takes(parser, "!");
  struct slice rest = slice_from(parser->line, parser->at);
  size_t colon = slice_find_byte(rest, ':');
  struct slice name = slice_upto(rest, colon);
  if (slice_starts_with(name, SLICE("tags.\""))) { /* tags."a:b" */
    size_t quote = slice_find_byte(slice_from(rest, 6), '"');
    colon = 6 + quote + 1;
    name = arena_concat(parser->arena, SLICE("tags."), slice_upto(slice_from(rest, 6), quote));
  }
  if (colon >= rest.len || rest.ptr[colon] != ':') {
    parser->at = start;
    return FAIL(parser, "a matcher like \"function:main\" is expected here, or %s.",
                parser->kind == STACK_TRACE_RULES ? "an action like \"-app\"" : "\"->\"");
  }
  if (!find_field(parser->kind, name, matcher)) {
    parser->at = start;
    return FAIL(parser, "nothing is called \"%s\" that could be matched.", excerpt(parser, name));
  }
  parser->at += colon + 1;
  size_t pattern_at = parser->at;
  struct slice text;
  if (peek(parser) == '"') {
    enum status status = read_quoted(parser, &text);
    if (status) return status;
  } else {
    text = read_until_blank(parser, '\0');
    if (slice_is_empty(text)) return FAIL(parser, "a pattern is missing behind the colon.");
  }
  size_t end = parser->at;
  parser->at = pattern_at;
  enum status status = set_pattern(parser, matcher, text);
  if (!status) parser->at = end;
  return status;
}

static enum status read_matchers(struct parser *parser, struct rule *rule,
                                 bool (*is_end)(const struct parser *)) {
  for (;;) {
    skip_blanks(parser);
    if (at_end(parser) || is_end(parser)) return STATUS_OK;
    if (rule->matcher_count == MAX_MATCHERS) {
      return FAIL(parser, "a rule has at most %d matchers.", MAX_MATCHERS);
    }
    struct matcher *matcher = &parser->matchers[rule->matcher_count++];
    *matcher = (struct matcher){0};
    enum status status = read_matcher(parser, matcher);
    if (status) return status;
  }
}

/* "[ matcher ]" */
static enum status read_neighbour(struct parser *parser, struct matcher **neighbour) {
  struct matcher *matcher = ARENA_NEW(parser->arena, struct matcher);
  parser->at++;
  skip_blanks(parser);
  enum status status = read_matcher(parser, matcher);
  if (status) return status;
  skip_blanks(parser);
  if (!takes(parser, "]")) {
    return FAIL(parser, "\" ]\" is missing: a neighbour is one matcher in brackets.");
  }
  *neighbour = matcher;
  return STATUS_OK;
}

/* --- actions --------------------------------------------------------------------- */

static bool read_frames(struct slice text, int64_t *frames) {
  uint64_t number;
  if (!slice_to_u64(text, &number) || number > MAX_FRAMES_NUMBER) return false;
  *frames = (int64_t)number;
  return true;
}

static bool is_category(struct slice text) {
  if (slice_is_empty(text) || text.len > 64) return false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.') return false;
  }
  return true;
}

/* "name=value" */
static enum status read_setting(struct parser *parser, struct slice word,
                                struct rule_action *action) {
  struct slice value = word, name = slice_split(&value, '=');
  if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"') {
    value = slice_of(value.ptr + 1, value.len - 2);
  }
  if (slice_equal(name, SLICE("category"))) {
    action->verb = VERB_CATEGORY;
    action->category = value;
    if (is_category(value)) return STATUS_OK;
    return FAIL(parser, "a category is made of up to 64 letters, digits, '_', '-' and '.'.");
  }
  if (slice_equal(name, SLICE("invert-stacktrace"))) {
    action->verb = VERB_INVERT;
    if (read_bool(value, &action->is_on)) return STATUS_OK;
    return FAIL(parser, "invert-stacktrace is 1 or 0.");
  }
  action->verb = slice_equal(name, SLICE("max-frames")) ? VERB_MAX_FRAMES : VERB_MIN_FRAMES;
  if (action->verb == VERB_MIN_FRAMES && !slice_equal(name, SLICE("min-frames"))) {
    return FAIL(parser, "nothing is called \"%s\" that could be set.", excerpt(parser, name));
  }
  if (read_frames(value, &action->frames)) return STATUS_OK;
  return FAIL(parser, "a number of frames from 0 to %d is expected behind \"=\".",
              MAX_FRAMES_NUMBER);
}

static enum status read_action(struct parser *parser, struct rule_action *action) {
  size_t start = parser->at;
  struct slice word = read_until_blank(parser, '\0'), flag = word;
  size_t end = parser->at;
  parser->at = start;
  if (slice_find_byte(word, '=') < word.len) {
    enum status status = read_setting(parser, word, action);
    if (!status) parser->at = end;
    return status;
  }
  if (flag.len && (flag.ptr[0] == '^' || flag.ptr[0] == 'v')) {
    action->range = flag.ptr[0] == '^' ? RANGE_TOWARDS_CRASH : RANGE_AWAY_FROM_CRASH;
    flag = slice_from(flag, 1);
  }
  bool is_flag = flag.len && (flag.ptr[0] == '+' || flag.ptr[0] == '-');
  struct slice name = slice_from(flag, 1);
  if (!is_flag || (!slice_equal(name, SLICE("app")) && !slice_equal(name, SLICE("group")))) {
    return FAIL(parser, "\"%s\" is no action; actions are like -app, ^-group, category=ui.",
                excerpt(parser, word));
  }
  action->is_on = flag.ptr[0] == '+';
  action->verb = slice_equal(name, SLICE("app")) ? VERB_APP : VERB_GROUP;
  parser->at = end;
  return STATUS_OK;
}

/* Whether an action begins here, or the bar before a callee. */
static bool at_actions(const struct parser *parser) {
  struct slice rest = slice_from(parser->line, parser->at);
  static const char *const starts[] = {
      "+", "-",         "^",           "v+",          "v-",
      "|", "category=", "max-frames=", "min-frames=", "invert-stacktrace=",
      NULL};
  for (size_t i = 0; starts[i]; i++) {
    if (slice_starts_with(rest, slice_of_string(starts[i]))) return true;
  }
  return false;
}

static enum status read_actions(struct parser *parser, struct rule *rule) {
  for (skip_blanks(parser); !at_end(parser) && peek(parser) != '#'; skip_blanks(parser)) {
    if (rule->action_count == MAX_ACTIONS) {
      return FAIL(parser, "a rule has at most %d actions.", MAX_ACTIONS);
    }
    struct rule_action *action = &parser->actions[rule->action_count++];
    *action = (struct rule_action){0};
    enum status status = read_action(parser, action);
    if (status) return status;
  }
  if (rule->action_count) return STATUS_OK;
  return FAIL(parser, "an action is missing, like -app, -group or category=ui.");
}

static enum status read_stack_trace_rule(struct parser *parser, struct rule *rule) {
  enum status status;
  if (peek(parser) == '[') {
    status = read_neighbour(parser, &rule->caller);
    if (status) return status;
    skip_blanks(parser);
    if (!takes(parser, "|")) return FAIL(parser, "\"|\" is missing behind the caller.");
  }
  status = read_matchers(parser, rule, at_actions);
  if (status) return status;
  if (takes(parser, "|")) {
    skip_blanks(parser);
    if (peek(parser) != '[') return FAIL(parser, "\"[\" is missing in front of the callee.");
    status = read_neighbour(parser, &rule->callee);
    if (status) return status;
  }
  if (rule->matcher_count == 0) {
    return FAIL(parser, "a matcher like \"function:main\" is missing.");
  }
  return read_actions(parser, rule);
}

/* --- fingerprints ---------------------------------------------------------------- */

static bool at_arrow(const struct parser *parser) {
  return slice_starts_with(slice_from(parser->line, parser->at), SLICE("->"));
}

/* Adds "log-{{ level }}" as "log-" and "{{ level }}". */
static enum status add_value(struct parser *parser, struct rule *rule, struct slice text) {
  while (!slice_is_empty(text)) {
    size_t end = slice_find(text, SLICE("{{"));
    if (end == 0) {
      size_t close = slice_find(text, SLICE("}}"));
      end = close < text.len ? close + 2 : text.len;
    }
    if (rule->values.count == MAX_VALUES) {
      return FAIL(parser, "a fingerprint has at most %d values.", MAX_VALUES);
    }
    parser->values[rule->values.count++] = slice_upto(text, end);
    text = slice_from(text, end);
  }
  return STATUS_OK;
}

/* Up to a comma or blank outside "{{ }}". */
static struct slice read_bare_value(struct parser *parser) {
  size_t start = parser->at;
  while (!at_end(parser) && peek(parser) != ',' && !is_blank(peek(parser))) {
    struct slice rest = slice_from(parser->line, parser->at);
    size_t close = slice_starts_with(rest, SLICE("{{")) ? slice_find(rest, SLICE("}}")) : rest.len;
    parser->at += close < rest.len ? close + 2 : 1;
  }
  return slice_upto(slice_from(parser->line, start), parser->at - start);
}

static enum status read_value(struct parser *parser, struct rule *rule) {
  struct slice text;
  size_t start = parser->at;
  if (peek(parser) == '"') {
    enum status status = read_quoted(parser, &text);
    if (status) return status;
  } else {
    text = read_bare_value(parser);
  }
  if (!slice_is_empty(text)) return add_value(parser, rule, text);
  parser->at = start;
  return FAIL(parser, "a value is missing, like database-down or {{ error.type }}.");
}

static enum status read_title(struct parser *parser, struct rule *rule) {
  skip_blanks(parser);
  if (!takes(parser, "title=")) return FAIL(parser, "only title=\"…\" or a comma may stand here.");
  if (peek(parser) != '"') {
    rule->title = read_until_blank(parser, '\0');
    return STATUS_OK;
  }
  return read_quoted(parser, &rule->title);
}

static enum status read_fingerprint_rule(struct parser *parser, struct rule *rule) {
  enum status status = read_matchers(parser, rule, at_arrow);
  if (status) return status;
  if (!takes(parser, "->")) return FAIL(parser, "\"->\" and a fingerprint are missing.");
  if (rule->matcher_count == 0) return FAIL(parser, "a matcher like type:Error is missing.");
  do {
    skip_blanks(parser);
    /* A comma may stand behind the last value too. */
    if (rule->values.count &&
        (at_end(parser) || peek(parser) == '#' ||
         slice_starts_with(slice_from(parser->line, parser->at), SLICE("title="))))
      break;
    status = read_value(parser, rule);
    if (status) return status;
    skip_blanks(parser);
  } while (takes(parser, ","));
  skip_blanks(parser);
  while (!at_end(parser) && peek(parser) != '#') {
    status = read_title(parser, rule);
    if (status) return status;
    skip_blanks(parser);
  }
  return STATUS_OK;
}

/* --- lines ----------------------------------------------------------------------- */

static void *keep(struct arena *arena, const void *items, size_t count, size_t size) {
  void *copy = arena_array(arena, count, size);
  if (count) memcpy(copy, items, count * size);
  return copy;
}

/* Moves what was read out of the parser. */
static void keep_rule(struct parser *parser, struct rule *rule) {
  struct arena *arena = parser->arena;
  rule->matchers = keep(arena, parser->matchers, rule->matcher_count, sizeof *rule->matchers);
  rule->actions = keep(arena, parser->actions, rule->action_count, sizeof *rule->actions);
  rule->values.items = keep(arena, parser->values, rule->values.count, sizeof *rule->values.items);
}

static void set_families(struct rule *rule) {
  rule->families = RULE_ALL_FAMILIES;
  for (size_t i = 0; i < rule->matcher_count; i++) {
    const struct matcher *matcher = &rule->matchers[i];
    if (matcher->field != RULE_FAMILY) continue;
    rule->families &= matcher->is_negated ? ~matcher->families : matcher->families;
  }
}

static size_t count_lines(struct slice text) {
  size_t lines = 0;
  while (!slice_is_empty(text)) {
    slice_split(&text, '\n');
    lines++;
  }
  return lines;
}

enum status rules_parse(struct arena *arena, struct slice text, enum rule_kind kind, size_t limit,
                        struct rule_list *list, struct problem *problem) {
  struct parser parser = {.arena = arena, .kind = kind, .problem = problem};
  size_t lines = count_lines(text);
  *list = (struct rule_list){ARENA_ARRAY(arena, lines < limit ? lines : limit, struct rule), 0};
  while (!slice_is_empty(text)) {
    parser.line = slice_split(&text, '\n');
    parser.line_number++;
    parser.at = 0;
    skip_blanks(&parser);
    if (at_end(&parser) || peek(&parser) == '#') continue;
    if (list->count == limit) return FAIL(&parser, "there are more than %zu rules.", limit);
    struct rule *rule = &list->rules[list->count];
    *rule = (struct rule){.text = arena_copy(arena, slice_trim(parser.line))};
    enum status status = kind == STACK_TRACE_RULES ? read_stack_trace_rule(&parser, rule)
                                                   : read_fingerprint_rule(&parser, rule);
    if (status) return status;
    keep_rule(&parser, rule);
    set_families(rule);
    list->count++;
  }
  return STATUS_OK;
}
