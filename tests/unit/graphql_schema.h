/* graphql_schema.h - a schema for the tests of GraphQL, with everything that can go wrong: fields
 * that fail, that break their promise, and an object that holds itself. */
#ifndef CULPRIT_TESTS_GRAPHQL_SCHEMA_H
#define CULPRIT_TESTS_GRAPHQL_SCHEMA_H

#include <stddef.h>

#include "api/graphql/graphql.h"

struct test_node {
  struct slice name, nothing;
  int64_t number;
  bool is_odd;
};

static struct test_node test_nodes[] = {
    {.name = {"one", 3}, .number = 1, .is_odd = true},
    {.name = {"two", 3}, .number = 2},
    {.name = {NULL, 0}, .number = 3, .is_odd = true}, /* breaks "String!" */
};
enum { TEST_NODES = sizeof test_nodes / sizeof test_nodes[0] };

static enum status test_fail(const struct graphql_call *call, struct graphql_result *result,
                             struct problem *problem) {
  (void)result;
  return problem_set(problem, STATUS_UNAVAILABLE, "%s is out of order.", call->field->name);
}

static enum status test_pend(const struct graphql_call *call, struct graphql_result *result,
                             struct problem *problem) {
  (void)call;
  (void)result;
  (void)problem;
  return STATUS_PENDING;
}

/* The node of that number (from 0), or null. */
static enum status test_node_of(const struct graphql_call *call, struct graphql_result *result,
                                struct problem *problem) {
  const struct graphql_value *at = graphql_argument_of(call, "at");
  (void)problem;
  if (at && (at->integer < 0 || at->integer >= TEST_NODES)) return STATUS_OK;
  result->kind = RESULT_OBJECT;
  result->object = &test_nodes[at ? at->integer : 0];
  return STATUS_OK;
}

static enum status test_self(const struct graphql_call *call, struct graphql_result *result,
                             struct problem *problem) {
  (void)problem;
  result->kind = RESULT_OBJECT;
  result->object = call->parent;
  return STATUS_OK;
}

static enum status test_list(const struct graphql_call *call, struct graphql_result *result,
                             struct problem *problem) {
  (void)problem;
  result->kind = RESULT_LIST;
  result->count = TEST_NODES;
  result->items = ARENA_ARRAY(call->arena, TEST_NODES, struct graphql_result);
  for (size_t i = 0; i < TEST_NODES; i++) {
    result->items[i].kind = RESULT_OBJECT;
    result->items[i].object = &test_nodes[i];
  }
  return STATUS_OK;
}

/* "text=…,count=…": the arguments that there are, in the order of the table. */
static enum status test_echo(const struct graphql_call *call, struct graphql_result *result,
                             struct problem *problem) {
  (void)problem;
  result->kind = RESULT_TEXT;
  result->text = SLICE("");
  for (const struct graphql_value *value = call->arguments; value; value = value->next) {
    struct slice shown = value->kind == VALUE_NULL ? SLICE("null") : value->text;
    if (value->kind == VALUE_INT)
      shown = arena_printf(call->arena, "%lld", (long long)value->integer);
    if (value->kind == VALUE_BOOLEAN) shown = value->integer ? SLICE("true") : SLICE("false");
    struct slice pair =
        arena_concat(call->arena, arena_concat(call->arena, value->name, SLICE("=")), shown);
    if (result->text.len) result->text = arena_concat(call->arena, result->text, SLICE(","));
    result->text = arena_concat(call->arena, result->text, pair);
  }
  return STATUS_OK;
}

static const struct graphql_field test_node_fields[] = {
    {.name = "name", .type = "String!", .member = offsetof(struct test_node, name)},
    {.name = "nickname", .type = "String", .member = offsetof(struct test_node, name)},
    {.name = "nothing", .type = "String", .member = offsetof(struct test_node, nothing)},
    {.name = "number", .type = "Int!", .member = offsetof(struct test_node, number)},
    {.name = "isOdd", .type = "Boolean!", .member = offsetof(struct test_node, is_odd)},
    {.name = "self", .type = "Node!", .resolve = test_self},
    {.name = "maybe", .type = "Node", .resolve = test_self},
    {.name = "broken", .type = "String!", .resolve = test_fail},
    {.name = "all", .type = "[Node!]!", .resolve = test_list},
    {0},
};

static const struct graphql_argument test_at[] = {{"at", "Int", NULL, NULL}, {0}};
static const struct graphql_argument test_echo_arguments[] = {
    {"text", "String", "\"default\"", NULL},
    {"count", "Int", NULL, NULL},
    {"flag", "Boolean!", "true", NULL},
    {"color", "Color", NULL, NULL},
    {"number", "Float", NULL, NULL},
    {"id", "NodeID", NULL, NULL},
    {"any", "ID", NULL, NULL},
    {0},
};
static const struct graphql_argument test_must_arguments[] = {{"text", "String!", NULL, NULL}, {0}};

static const struct graphql_field test_query_fields[] = {
    {.name = "node", .type = "Node", .resolve = test_node_of, .arguments = test_at},
    {.name = "must", .type = "Node!", .resolve = test_node_of, .arguments = test_at},
    {.name = "nodes", .type = "[Node]", .resolve = test_list},
    {.name = "allNodes", .type = "[Node!]", .resolve = test_list},
    {.name = "echo", .type = "String", .resolve = test_echo, .arguments = test_echo_arguments},
    {.name = "say", .type = "String", .resolve = test_echo, .arguments = test_must_arguments},
    {.name = "failing", .type = "String", .resolve = test_fail},
    {.name = "pending", .type = "String", .resolve = test_pend},
    {.name = "costly", .type = "String", .resolve = test_echo, .cost = 200},
    {0},
};

static const struct graphql_enum_value test_colors[] = {{"RED", NULL}, {"BLUE", "Dark."}, {0}};

static const struct graphql_type test_types[] = {
    {.kind = KIND_OBJECT, .name = "Query", .fields = test_query_fields},
    {.kind = KIND_OBJECT, .name = "Node", .fields = test_node_fields},
    {.kind = KIND_ENUM, .name = "Color", .values = test_colors},
    {.kind = KIND_SCALAR, .name = "NodeID", .is_id = true},
    {0},
};

static const struct graphql_schema test_schema = {.types = test_types, .query = &test_types[0]};

#endif
