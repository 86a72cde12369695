/* document.c - see document.h; the parser, one function for each rule of the grammar.
 *
 * After an error the parser stands at the end of the text, where every rule gives up, so that no
 * rule has to ask whether the one before it worked. It calls itself for brackets alone, which are
 * counted.
 *
 * Source: GraphQL specification, "Language".
 */
#include "api/graphql/document.h"

#include <assert.h>
#include <string.h>

#include "api/graphql/lexer.h"
#include "api/graphql/limits.h"
#include "base/bytes.h"

#include "base/banned.h"

struct parser {
  struct arena *arena;
  struct graphql_lexer lexer;
  struct graphql_token token; /* the one that comes next */
  size_t token_count, nesting;
  struct graphql_errors *errors;
};

/* --- tokens ---------------------------------------------------------------------------- */

static void stop(struct parser *parser) {
  parser->lexer.at = parser->lexer.source.len;
  parser->token = (struct graphql_token){TOKEN_END, SLICE_EMPTY, parser->lexer.at};
}

static void advance(struct parser *parser) {
  parser->token = graphql_next_token(&parser->lexer);
  if (parser->token.kind == TOKEN_WRONG) {
    graphql_error_at(parser->errors, parser->token.offset, "Syntax error: %s.",
                     parser->lexer.problem);
    stop(parser);
  } else if (++parser->token_count > GRAPHQL_TOKEN_LIMIT) {
    graphql_error_at(parser->errors, parser->token.offset, "The document has more than %d tokens.",
                     GRAPHQL_TOKEN_LIMIT);
    stop(parser);
  }
}

/* The first error is the one that counts: what follows is its consequence. */
static void fail(struct parser *parser, const char *expected) {
  struct slice found = slice_cut_utf8(parser->token.text, 40);
  if (!parser->errors->count && parser->token.kind == TOKEN_END)
    graphql_error_at(parser->errors, parser->token.offset,
                     "Syntax error: expected %s, found the end.", expected);
  else if (!parser->errors->count)
    graphql_error_at(parser->errors, parser->token.offset,
                     "Syntax error: expected %s, found \"%.*s\".", expected, SLICE_ARGS(found));
  stop(parser);
}

static bool is_at(const struct parser *parser, const char *text) {
  bool is_word = parser->token.kind == TOKEN_MARK || parser->token.kind == TOKEN_NAME;
  return is_word && slice_equal_string(parser->token.text, text);
}

static bool take(struct parser *parser, const char *text) {
  if (!is_at(parser, text)) return false;
  advance(parser);
  return true;
}

static void expect(struct parser *parser, const char *text) {
  if (!take(parser, text)) fail(parser, text);
}

static struct slice take_name(struct parser *parser) {
  struct slice name = parser->token.text;
  if (parser->token.kind != TOKEN_NAME) {
    fail(parser, "a name");
    return SLICE_EMPTY;
  }
  advance(parser);
  return name;
}

/* Opens a bracket, unless there are too many. */
static bool open(struct parser *parser, const char *bracket) {
  size_t offset = parser->token.offset;
  expect(parser, bracket);
  if (++parser->nesting <= GRAPHQL_NESTING_LIMIT) return true;
  if (!parser->errors->count)
    graphql_error_at(parser->errors, offset, "The document nests deeper than %d brackets.",
                     GRAPHQL_NESTING_LIMIT);
  stop(parser);
  return false;
}

/* Whether another thing stands before the closing bracket, which is taken otherwise. */
static bool goes_on(struct parser *parser, const char *bracket) {
  if (parser->token.kind != TOKEN_END && !is_at(parser, bracket)) return true;
  expect(parser, bracket);
  parser->nesting--;
  return false;
}

/* --- values ------------------------------------------------------------------------------ */

static struct graphql_value *parse_value(struct parser *parser, bool is_constant);

static void parse_items(struct parser *parser, struct graphql_value *list, bool is_constant) {
  struct graphql_value **last = &list->items;
  if (!open(parser, "[")) return;
  while (goes_on(parser, "]")) {
    *last = parse_value(parser, is_constant);
    last = &(*last)->next;
  }
}

/* "name: value" until the closing bracket: members of an object, or arguments. */
static struct graphql_value *parse_members(struct parser *parser, const char *bracket,
                                           bool is_constant) {
  struct graphql_value *first = NULL, **last = &first;
  while (goes_on(parser, bracket)) {
    size_t offset = parser->token.offset;
    struct slice name = take_name(parser);
    expect(parser, ":");
    *last = parse_value(parser, is_constant);
    (*last)->name = name;
    (*last)->offset = offset;
    last = &(*last)->next;
  }
  return first;
}

static void parse_word(struct parser *parser, struct graphql_value *value) {
  bool is_true = is_at(parser, "true");
  value->kind = is_true || is_at(parser, "false") ? VALUE_BOOLEAN
                : is_at(parser, "null")           ? VALUE_NULL
                                                  : VALUE_ENUM;
  value->integer = is_true;
  value->text = take_name(parser);
}

static void parse_scalar(struct parser *parser, struct graphql_value *value) {
  switch (parser->token.kind) {
    case TOKEN_INT: value->kind = VALUE_INT; break;
    case TOKEN_FLOAT: value->kind = VALUE_FLOAT; break;
    case TOKEN_STRING:
    case TOKEN_BLOCK_STRING:
      value->kind = VALUE_STRING;
      value->text = graphql_string_value(parser->arena, &parser->token);
      advance(parser);
      return;
    default: fail(parser, "a value"); return;
  }
  value->text = parser->token.text;
  advance(parser);
}

/* Never null. */
static struct graphql_value *parse_value(struct parser *parser, bool is_constant) {
  struct graphql_value *value = ARENA_NEW(parser->arena, struct graphql_value);
  value->offset = parser->token.offset;
  if (!is_constant && take(parser, "$")) {
    value->kind = VALUE_VARIABLE;
    value->text = take_name(parser);
  } else if (is_at(parser, "[")) {
    value->kind = VALUE_LIST;
    parse_items(parser, value, is_constant);
  } else if (is_at(parser, "{")) {
    value->kind = VALUE_OBJECT;
    if (open(parser, "{")) value->items = parse_members(parser, "}", is_constant);
  } else if (parser->token.kind == TOKEN_NAME) {
    parse_word(parser, value);
  } else {
    parse_scalar(parser, value);
  }
  return value;
}

static struct graphql_value *parse_arguments(struct parser *parser) {
  if (!is_at(parser, "(") || !open(parser, "(")) return NULL;
  if (is_at(parser, ")")) fail(parser, "an argument");
  return parse_members(parser, ")", false);
}

static struct graphql_directive *parse_directives(struct parser *parser) {
  struct graphql_directive *first = NULL, **last = &first;
  while (is_at(parser, "@")) {
    struct graphql_directive *directive = ARENA_NEW(parser->arena, struct graphql_directive);
    directive->offset = parser->token.offset;
    advance(parser);
    directive->name = take_name(parser);
    directive->arguments = parse_arguments(parser);
    *last = directive;
    last = &directive->next;
  }
  return first;
}

/* --- selections ----------------------------------------------------------------------------- */

static struct graphql_selection *parse_selections(struct parser *parser);

static void parse_field(struct parser *parser, struct graphql_selection *selection) {
  selection->key = selection->name = take_name(parser);
  if (take(parser, ":")) selection->name = take_name(parser);
  selection->arguments = parse_arguments(parser);
  selection->directives = parse_directives(parser);
  if (is_at(parser, "{")) selection->selections = parse_selections(parser);
}

/* Behind the three dots. */
static void parse_fragment_use(struct parser *parser, struct graphql_selection *selection) {
  bool is_typed = take(parser, "on");
  if (!is_typed && parser->token.kind == TOKEN_NAME) {
    selection->kind = SELECTION_SPREAD;
    selection->name = take_name(parser);
    selection->directives = parse_directives(parser);
    return;
  }
  selection->kind = SELECTION_INLINE;
  if (is_typed) selection->name = take_name(parser);
  selection->directives = parse_directives(parser);
  selection->selections = parse_selections(parser);
}

static struct graphql_selection *parse_selections(struct parser *parser) {
  struct graphql_selection *first = NULL, **last = &first;
  if (!open(parser, "{")) return NULL;
  if (is_at(parser, "}")) fail(parser, "a field");
  while (goes_on(parser, "}")) {
    struct graphql_selection *selection = ARENA_NEW(parser->arena, struct graphql_selection);
    selection->offset = parser->token.offset;
    if (take(parser, "..."))
      parse_fragment_use(parser, selection);
    else
      parse_field(parser, selection);
    *last = selection;
    last = &selection->next;
  }
  return first;
}

/* --- definitions ------------------------------------------------------------------------------ */

static void parse_type(struct parser *parser, struct buffer *type) {
  if (is_at(parser, "[")) {
    if (!open(parser, "[")) return;
    buffer_append_byte(type, '[');
    parse_type(parser, type);
    expect(parser, "]");
    parser->nesting--;
    buffer_append_byte(type, ']');
  } else {
    buffer_append_slice(type, take_name(parser));
  }
  if (take(parser, "!")) buffer_append_byte(type, '!');
}

static struct graphql_variable *parse_variables(struct parser *parser) {
  struct graphql_variable *first = NULL, **last = &first;
  if (!is_at(parser, "(") || !open(parser, "(")) return NULL;
  if (is_at(parser, ")")) fail(parser, "a variable");
  while (goes_on(parser, ")")) {
    struct graphql_variable *variable = ARENA_NEW(parser->arena, struct graphql_variable);
    struct buffer type = buffer_make(GRAPHQL_DOCUMENT_LIMIT);
    variable->offset = parser->token.offset;
    expect(parser, "$");
    variable->name = take_name(parser);
    expect(parser, ":");
    parse_type(parser, &type);
    variable->type = arena_copy(parser->arena, buffer_slice(&type));
    buffer_free(&type);
    if (take(parser, "=")) variable->fallback = parse_value(parser, true);
    if (is_at(parser, "@")) fail(parser, "a variable without directives");
    *last = variable;
    last = &variable->next;
  }
  return first;
}

static void parse_fragment(struct parser *parser, struct graphql_definition *definition) {
  definition->kind = DEFINITION_FRAGMENT;
  if (is_at(parser, "on")) fail(parser, "the fragment's name");
  definition->name = take_name(parser);
  expect(parser, "on");
  definition->type = take_name(parser);
}

static void parse_operation(struct parser *parser, struct graphql_definition *definition) {
  static const char *const names[] = {"query", "mutation", "subscription"};
  if (is_at(parser, "{")) return;
  int kind = 0;
  while (kind < DEFINITION_FRAGMENT && !take(parser, names[kind])) kind++;
  if (kind == DEFINITION_FRAGMENT) {
    fail(parser, "an operation or a fragment");
    return;
  }
  definition->kind = (enum graphql_definition_kind)kind;
  if (parser->token.kind == TOKEN_NAME) definition->name = take_name(parser);
  definition->variables = parse_variables(parser);
}

static struct graphql_definition *parse_definition(struct parser *parser) {
  struct graphql_definition *definition = ARENA_NEW(parser->arena, struct graphql_definition);
  definition->offset = parser->token.offset;
  if (take(parser, "fragment"))
    parse_fragment(parser, definition);
  else
    parse_operation(parser, definition);
  definition->directives = parse_directives(parser);
  definition->selections = parse_selections(parser);
  return definition;
}

bool graphql_parse(struct arena *arena, struct slice source, struct graphql_document *document,
                   struct graphql_errors *errors) {
  struct parser parser = {.arena = arena, .lexer.source = source, .errors = errors};
  struct graphql_definition **last = &document->definitions;
  *document = (struct graphql_document){0};
  if (source.len > GRAPHQL_DOCUMENT_LIMIT) {
    graphql_error_at(errors, GRAPHQL_NOWHERE, "The document is longer than %d bytes.",
                     GRAPHQL_DOCUMENT_LIMIT);
    return false;
  }
  if (!utf8_is_valid(source)) {
    graphql_error_at(errors, GRAPHQL_NOWHERE, "The document is not valid UTF-8.");
    return false;
  }
  advance(&parser);
  do {
    *last = parse_definition(&parser);
    last = &(*last)->next;
  } while (parser.token.kind != TOKEN_END);
  return !errors->count;
}

struct graphql_value graphql_parse_constant(struct arena *arena, struct slice text) {
  struct graphql_errors errors = graphql_errors_make(arena, text);
  struct parser parser = {.arena = arena, .lexer.source = text, .errors = &errors};
  advance(&parser);
  struct graphql_value value = *parse_value(&parser, true);
  assert(!errors.count && parser.token.kind == TOKEN_END);
  return value;
}
