/* graphql_test.c - documents parsed, checked and answered, from a schema of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/graphql/lexer.h"
#include "api/graphql/limits.h"
#include "unit/graphql_schema.h"

#include "base/banned.h"

struct asked {
  const char *document, *variables, *operation;
};

static enum status ask(struct arena *arena, struct asked asked, struct slice *answer) {
  struct buffer out = buffer_make(16 * 1024 * 1024);
  struct json_writer writer = {.out = &out};
  struct problem problem = {0};
  yyjson_val *variables = NULL;
  if (asked.variables) {
    assert_int_equal(json_read(arena, slice_of_string(asked.variables), &variables, &problem),
                     STATUS_OK);
  }
  const struct graphql_question question = {.schema = &test_schema,
                                            .document = slice_of_string(asked.document),
                                            .operation = slice_of_string(asked.operation),
                                            .variables = variables};
  enum status status = graphql_answer(arena, &question, &writer);
  *answer = arena_copy(arena, buffer_slice(&out));
  buffer_free(&out);
  return status;
}

static void expect(struct asked asked, const char *wanted) {
  struct arena arena = {0};
  struct slice answer;
  assert_int_equal(ask(&arena, asked, &answer), STATUS_OK);
  assert_string_equal(arena_string(&arena, answer), wanted);
  arena_free(&arena);
}

#define EXPECT(text, wanted) expect((struct asked){.document = (text)}, (wanted))
#define DATA(json) "{\"data\":" json "}"

/* The answer has that text in its errors, and no data. */
static void expect_refused(struct asked asked, const char *message) {
  struct arena arena = {0};
  struct slice answer;
  assert_int_equal(ask(&arena, asked, &answer), STATUS_OK);
  const char *text = arena_string(&arena, answer);
  if (strncmp(text, "{\"errors\":[", 11) != 0 || !strstr(text, message))
    fail_msg("%s\nis answered %s\nwithout %s", asked.document, text, message);
  arena_free(&arena);
}

#define REFUSED(text, message) expect_refused((struct asked){.document = (text)}, (message))

/* --- reading --------------------------------------------------------------------------- */

static void test_tokens(void **state) {
  (void)state;
  EXPECT("{echo}", DATA("{\"echo\":\"text=default,flag=true\"}"));
  EXPECT("\xef\xbb\xbf # a comment\r\n,,{ ,echo# to the end\r}\n#",
         DATA("{\"echo\":\"text=default,flag=true\"}"));
  EXPECT("query{a:echo(text:\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\u{1F600}\\uD83D\\uDE00\")}",
         DATA("{\"a\":\"text=\\\"\\\\/"
              "\\b\\f\\n\\r\\t\xc3\xa4\xf0\x9f\x98\x80\xf0\x9f\x98\x80,flag=true\"}"));
  EXPECT("{echo(text:\"\")}", DATA("{\"echo\":\"text=,flag=true\"}"));
  EXPECT("{echo(text:\"\\u0000\")}", DATA("{\"echo\":\"text=\xef\xbf\xbd,flag=true\"}"));
  EXPECT("{echo(count:-0,number:-1.5e+3)}",
         DATA("{\"echo\":\"text=default,count=0,flag=true,number=-1.5e+3\"}"));
  static const char *const wrong[][2] = {
      {"", "found the end"},
      {" # nothing", "found the end"},
      {"{", "expected }, found the end"},
      {"}", "found \\\"}\\\""},
      {"{}", "expected a field"},
      {"{a(}", "found \\\"}\\\""},
      {"{a()}", "expected an argument"},
      {"{a(b:)}", "expected a value"},
      {"{a b:}", "expected a name"},
      {"{...}", "expected {"},
      {"{a ... on}", "expected a name"},
      {"{a(b:$)}", "expected a name"},
      {"{a(b:[1)}", "expected a value"},
      {"query Q($a)", "expected :"},
      {"query Q($a: Int = $b){a}", "expected a value"},
      {"query Q(){a}", "expected a variable"},
      {"query Q($a: [Int){a}", "expected ]"},
      {"fragment on on Query{a}", "the fragment's name"},
      {"fragment F{a}", "expected on"},
      {"type A{a:Int}", "an operation or a fragment"},
      {"{a} x", "an operation or a fragment"},
      {"{a(b:1.)}", "a digit is missing"},
      {"{a(b:-)}", "a digit is missing"},
      {"{a(b:1e)}", "a digit is missing"},
      {"{a(b:01)}", "begins with 0"},
      {"{a(b:0x1)}", "followed by another character"},
      {"{a(b:1.2.3)}", "followed by another character"},
      {"{a(b:\"x)}", "does not end"},
      {"{a(b:\"x\n\")}", "does not end"},
      {"{a(b:\"\\\")}", "does not end"},
      {"{a(b:\"\"\"x\"\")}", "does not end"},
      {"{a(b:\"\\x\")}", "a wrong escape"},
      {"{a(b:\"\\u12\")}", "a wrong escape"},
      {"{a(b:\"\\u{110000}\")}", "a wrong escape"},
      {"{a(b:\"\\u{}\")}", "a wrong escape"},
      {"{a(b:\"\\uD83D\")}", "a wrong escape"},
      {"{a(b:\"\\uDE00\")}", "a wrong escape"},
      {"{a(b:\"\x01\")}", "a control character"},
      {"{a(b:\"\"\"\x01\"\"\")}", "a control character"},
      {"{a ?}", "no meaning"},
      {"{a ..}", "no meaning"},
      {"{\xc3\xa4}", "no meaning"},
      {"{\xff}", "not valid UTF-8"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) REFUSED(wrong[i][0], wrong[i][1]);
}

static void test_block_strings(void **state) {
  static const char *const strings[][2] = {
      {"\"\"\"\"\"\"", ""},
      {"\"\"\" one \"\"\"", " one "},
      {"\"\"\"\n  one\n    two\n  three\n\"\"\"", "one\n  two\nthree"},
      {"\"\"\"first\n  second\n   third\"\"\"", "first\nsecond\n third"},
      {"\"\"\"\n\n \t \n  one\r\n\r\n  two\r  \n\"\"\"", "one\n\ntwo"},
      {"\"\"\"a \\\"\"\" b \\n \\u0041 \"quoted\" \"\"\"", "a \"\"\" b \\n \\u0041 \"quoted\" "},
      {"\"\"\"\n\tone\n\t two\n\"\"\"", "one\n two"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
    struct arena arena = {0};
    struct graphql_lexer lexer = {.source = slice_of_string(strings[i][0])};
    struct graphql_token token = graphql_next_token(&lexer);
    assert_int_equal(token.kind, TOKEN_BLOCK_STRING);
    assert_string_equal(arena_string(&arena, graphql_string_value(&arena, &token)), strings[i][1]);
    assert_int_equal(graphql_next_token(&lexer).kind, TOKEN_END);
    arena_free(&arena);
  }
}

static void test_locations(void **state) {
  (void)state;
  EXPECT("{\n  \xc3\xa4\n}",
         "{\"errors\":[{\"message\":\"Syntax error: a character has no meaning here.\","
         "\"locations\":[{\"line\":2,\"column\":3}]}]}");
  EXPECT("{ echo\r\n  echo\r  #\xc3\xa4\xc3\xa4\n, x:nope }",
         "{\"errors\":[{\"message\":\"Field 'nope' doesn't exist on type 'Query'.\","
         "\"locations\":[{\"line\":4,\"column\":3}]}]}");
}

/* --- answering ---------------------------------------------------------------------------- */

static void test_fields(void **state) {
  (void)state;
  EXPECT("{node{name number isOdd nothing __typename self{n:number}}}",
         DATA("{\"node\":{\"name\":\"one\",\"number\":1,\"isOdd\":true,\"nothing\":null,"
              "\"__typename\":\"Node\",\"self\":{\"n\":1}}}"));
  EXPECT("{__typename node(at:9){name}}", DATA("{\"__typename\":\"Query\",\"node\":null}"));
  EXPECT("{nodes{number}}", DATA("{\"nodes\":[{\"number\":1},{\"number\":2},{\"number\":3}]}"));
  EXPECT(
      "query A{a:echo(count:1)b:echo(count:2)}",
      DATA("{\"a\":\"text=default,count=1,flag=true\",\"b\":\"text=default,count=2,flag=true\"}"));
}

static void test_fragments(void **state) {
  (void)state;
  EXPECT(
      "{node{...A ...on Node{isOdd} ...{nickname}}} fragment A on Node{name ...B} "
      "fragment B on Node{number}",
      DATA("{\"node\":{\"name\":\"one\",\"number\":1,\"isOdd\":true,\"nickname\":\"one\"}}"));
  /* What has one key is one field; its selections come together. */
  EXPECT(
      "{node{name} ...Q node{self{name}}} fragment Q on Query{node{number self{number}}}",
      DATA("{\"node\":{\"name\":\"one\",\"number\":1,\"self\":{\"number\":1,\"name\":\"one\"}}}"));
  static const char *const wrong[][2] = {
      {"{...A} fragment A on Query{...A}", "'A' contains itself"},
      {"{...A} fragment A on Query{...B} fragment B on Query{node{...C}} fragment C on "
       "Node{maybe{...C}}",
       "'C' contains itself"},
      {"{...A}", "no fragment 'A'"},
      {"{echo} fragment A on Query{echo}", "'A' is not used"},
      {"{echo} fragment A on Query{...A}", "'A' is not used"},
      {"{...A} fragment A on Node{name}", "cannot be spread in 'Query'"},
      {"{...on Node{name}}", "cannot stand in 'Query'"},
      {"{...A} fragment A on Color{x}", "is no object"},
      {"{...A} fragment A on Nope{x}", "is no object"},
      {"{...A} fragment A on Query{echo} fragment A on Query{echo}", "two fragments 'A'"},
      {"{node{name} node{name:nickname}}", "two different things"},
      {"{a:echo a:echo(count:1)}", "two different things"},
      {"{a:echo(count:2) ...A} fragment A on Query{a:echo(count:1)}", "two different things"},
      {"query Q($x:Int,$y:Int){a:echo(count:$x) a:echo(count:$y)}", "two different things"},
      {"{node{a:self{name}} node{a:maybe{name}}}", "two different things"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) REFUSED(wrong[i][0], wrong[i][1]);
}

static void test_directives(void **state) {
  (void)state;
  EXPECT(
      "{a:echo@include(if:true)b:echo@include(if:false)c:echo@skip(if:true)d:echo@skip(if:false)"
      "@include(if:true)}",
      DATA("{\"a\":\"text=default,flag=true\",\"d\":\"text=default,flag=true\"}"));
  expect((struct asked){.document = "query Q($yes:Boolean!,$no:Boolean=false){...A@include(if:$yes)"
                                    "...on Query@skip(if:$yes){b:echo} ...@include(if:$no){c:echo}}"
                                    "fragment A on Query{a:node{number}}",
                        .variables = "{\"yes\":true}"},
         DATA("{\"a\":{\"number\":1}}"));
  EXPECT("{node{name@skip(if:true)}}", DATA("{\"node\":{}}"));
  static const char *const wrong[][2] = {
      {"{echo@nope}", "no directive @nope"},
      {"{echo@skip}", "missing the argument 'if'"},
      {"{echo@skip(if:1)}", "Expected type 'Boolean!'"},
      {"{echo@skip(unless:true,if:true)}", "doesn't accept argument 'unless'"},
      {"{echo@skip(if:true)@skip(if:true)}", "twice"},
      {"query Q@skip(if:true){echo}", "cannot stand here"},
      {"{...A} fragment A on Query@include(if:true){echo}", "cannot stand here"},
      {"query Q($a:Int@skip(if:true)){echo(count:$a)}", "a variable without directives"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) REFUSED(wrong[i][0], wrong[i][1]);
}

static void test_arguments(void **state) {
  (void)state;
  EXPECT("{echo(text:null,color:BLUE,any:12,id:\"n\",flag:false,count:2147483647)}",
         DATA("{\"echo\":\"text=null,count=2147483647,flag=false,color=BLUE,id=n,any=12\"}"));
  EXPECT("{say(text:\"\"\"\n  two\n  lines\n\"\"\")}", DATA("{\"say\":\"text=two\\nlines\"}"));
  static const char *const wrong[][2] = {
      {"{echo(x:1)}", "doesn't accept argument 'x'"},
      {"{echo(count:1,count:1)}", "two arguments 'count'"},
      {"{echo(count:2147483648)}", "Expected type 'Int'"},
      {"{echo(count:1.0)}", "Expected type 'Int'"},
      {"{echo(count:\"1\")}", "Expected type 'Int'"},
      {"{echo(count:[1])}", "Expected type 'Int'"},
      {"{echo(count:{a:1})}", "Expected type 'Int'"},
      {"{echo(text:RED)}", "Expected type 'String'"},
      {"{echo(text:1)}", "Expected type 'String'"},
      {"{echo(color:\"RED\")}", "Expected type 'Color'"},
      {"{echo(color:GREEN)}", "Expected type 'Color'"},
      {"{echo(color:true)}", "Expected type 'Color'"},
      {"{echo(flag:null)}", "Expected type 'Boolean!'"},
      {"{echo(flag:1)}", "Expected type 'Boolean!'"},
      {"{echo(number:\"1\")}", "Expected type 'Float'"},
      {"{echo(any:1.5)}", "Expected type 'ID'"},
      {"{say}", "missing the argument 'text'"},
      {"{say(text:null)}", "Expected type 'String!'"},
      {"{node}", "must have a selection"},
      {"{echo{x}}", "no fields to select"},
      {"{node{x}}", "doesn't exist on type 'Node'"},
      {"{node{__schema{types{name}}}}", "doesn't exist on type 'Node'"},
      {"mutation{echo}", "only queries"},
      {"subscription{echo}", "only queries"},
      {"{echo} {echo}", "has to be the only one"},
      {"{echo} query A{echo}", "has to be the only one"},
      {"query A{echo} query A{echo}", "two operations 'A'"},
      {"fragment A on Query{echo}", "'A' is not used"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) REFUSED(wrong[i][0], wrong[i][1]);
}

static void test_variables(void **state) {
  static const char all[] =
      "query Q($t:String=\"fallback\",$c:Int,$o:Color,$n:Float,$i:ID){"
      "echo(text:$t,count:$c,color:$o,number:$n,id:$i)}";
  (void)state;
  EXPECT(all, DATA("{\"echo\":\"text=fallback,flag=true\"}"));
  expect(
      (struct asked){
          .document = all,
          .variables = "{\"t\":\"given\",\"c\":-7,\"o\":\"RED\",\"n\":1,\"i\":9,\"unknown\":[]}"},
      DATA("{\"echo\":\"text=given,count=-7,flag=true,color=RED,number=1,id=9\"}"));
  expect((struct asked){.document = all, .variables = "{\"t\":null,\"c\":null}"},
         DATA("{\"echo\":\"text=null,count=null,flag=true\"}"));
  expect((struct asked){.document = "query Q($f:Boolean=false){echo(flag:$f)}"},
         DATA("{\"echo\":\"text=default,flag=false\"}"));
  /* A null for what cannot be null is an error of that field. */
  expect((struct asked){.document = "query Q($f:Boolean=false){echo(flag:$f) node{name}}",
                        .variables = "{\"f\":null}"},
         "{\"data\":{\"echo\":null,\"node\":{\"name\":\"one\"}},\"errors\":[{\"message\":"
         "\"The argument 'flag' cannot be null.\",\"locations\":[{\"line\":1,\"column\":27}],"
         "\"path\":[\"echo\"]}]}");
  static const char *const given[][3] = {
      {"query Q($c:Int){echo(count:$c)}", "{\"c\":\"1\"}", "an invalid value"},
      {"query Q($c:Int){echo(count:$c)}", "{\"c\":1.5}", "an invalid value"},
      {"query Q($c:Int){echo(count:$c)}", "{\"c\":2147483648}", "an invalid value"},
      {"query Q($c:Int){echo(count:$c)}", "{\"c\":99999999999999999999}", "an invalid value"},
      {"query Q($c:Int){echo(count:$c)}", "{\"c\":[1]}", "an invalid value"},
      {"query Q($c:Color){echo(color:$c)}", "{\"c\":\"GREEN\"}", "an invalid value"},
      {"query Q($c:Boolean!){echo(flag:$c)}", "{\"c\":null}", "an invalid value"},
      {"query Q($c:Boolean!){echo(flag:$c)}", "{}", "was given no value"},
      {"query Q($c:String!){say(text:$c)}", NULL, "was given no value"},
  };
  for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
    expect_refused((struct asked){given[i][0], given[i][1], NULL}, given[i][2]);
  static const char *const wrong[][2] = {
      {"{echo(count:$c)}", "$c is used but not declared"},
      {"query Q($c:Int){echo}", "$c is declared but not used"},
      {"query Q($c:Int,$c:Int){echo(count:$c)}", "two variables $c"},
      {"query Q($c:String){echo(count:$c)}", "does not fit"},
      {"query Q($c:[Int]){echo(count:$c)}", "does not fit"},
      {"query Q($c:String){say(text:$c)}", "does not fit"},
      {"query Q($c:String){echo(id:$c)}", "does not fit"},
      {"query Q($c:NodeID){echo(any:$c)}", "does not fit"},
      {"query Q($c:Node){echo(count:$c)}", "none of values"},
      {"query Q($c:Nope){echo(count:$c)}", "none of values"},
      {"query Q($c:Int=\"1\"){echo(count:$c)}", "has a default that is not"},
      {"query Q($c:Int!=null){echo(count:$c)}", "has a default that is not"},
      {"query Q{...A} query R($c:Int){...A} fragment A on Query{echo(count:$c)}",
       "$c is used but not declared"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) REFUSED(wrong[i][0], wrong[i][1]);
}

static void test_operations(void **state) {
  static const char two[] = "query A{a:__typename} query B($c:Int!){echo(count:$c)}";
  (void)state;
  expect((struct asked){two, NULL, "A"}, DATA("{\"a\":\"Query\"}"));
  expect((struct asked){two, "{\"c\":1}", "B"},
         DATA("{\"echo\":\"text=default,count=1,flag=true\"}"));
  expect_refused((struct asked){two, NULL, NULL}, "several operations");
  expect_refused((struct asked){two, NULL, "C"}, "no operation 'C'");
  expect_refused((struct asked){"{echo}", NULL, "C"}, "no operation 'C'");
}

static void test_null_goes_up(void **state) {
  (void)state;
  EXPECT("{failing node{name}}",
         "{\"data\":{\"failing\":null,\"node\":{\"name\":\"one\"}},\"errors\":[{\"message\":"
         "\"failing is "
         "out of order.\",\"locations\":[{\"line\":1,\"column\":2}],\"path\":[\"failing\"]}]}");
  /* To the next that may be null. */
  EXPECT(
      "{a:node{number maybe{name self{self{broken number}}}}}",
      "{\"data\":{\"a\":{\"number\":1,\"maybe\":null}},\"errors\":[{\"message\":\"broken is out of "
      "order.\",\"locations\":[{\"line\":1,\"column\":37}],\"path\":[\"a\",\"maybe\",\"self\","
      "\"self\","
      "\"broken\"]}]}");
  /* One of a list, or the list. */
  EXPECT(
      "{nodes{name}}",
      "{\"data\":{\"nodes\":[{\"name\":\"one\"},{\"name\":\"two\"},null]},\"errors\":[{\"message\":"
      "\"There is no value for a field that cannot be "
      "null.\",\"locations\":[{\"line\":1,\"column\":8}],"
      "\"path\":[\"nodes\",2,\"name\"]}]}");
  EXPECT(
      "{allNodes{name} echo}",
      "{\"data\":{\"allNodes\":null,\"echo\":\"text=default,flag=true\"},\"errors\":[{\"message\":"
      "\"There is no value for a field that cannot be "
      "null.\",\"locations\":[{\"line\":1,\"column\":11}],"
      "\"path\":[\"allNodes\",2,\"name\"]}]}");
  /* To the top. */
  EXPECT("{echo must(at:7){name} node{name}}",
         "{\"data\":null,\"errors\":[{\"message\":\"There is no value for a field that cannot be "
         "null.\","
         "\"locations\":[{\"line\":1,\"column\":7}],\"path\":[\"must\"]}]}");
  struct arena arena = {0};
  struct slice answer;
  assert_int_equal(
      ask(&arena, (struct asked){.document = "{echo failing pending node{name}}"}, &answer),
      STATUS_PENDING);
  arena_free(&arena);
}

static void test_introspection(void **state) {
  (void)state;
  EXPECT(
      "{__type(name:\"Color\"){kind name enumValues{name description isDeprecated}fields{name}}}",
      DATA("{\"__type\":{\"kind\":\"ENUM\",\"name\":\"Color\",\"enumValues\":[{\"name\":\"RED\","
           "\"description\":null,\"isDeprecated\":false},{\"name\":\"BLUE\",\"description\":\"Dark."
           "\","
           "\"isDeprecated\":false}],\"fields\":null}}"));
  EXPECT("{a:__type(name:\"[Node]\"){name} b:__type(name:\"Nope\"){name}}",
         DATA("{\"a\":null,\"b\":null}"));
  EXPECT("{__schema{queryType{fields{name type{kind name ofType{name}}args{name defaultValue}}}}}",
         DATA("{\"__schema\":{\"queryType\":{\"fields\":["
              "{\"name\":\"node\",\"type\":{\"kind\":\"OBJECT\",\"name\":\"Node\",\"ofType\":null},"
              "\"args\":[{\"name\":\"at\",\"defaultValue\":null}]},"
              "{\"name\":\"must\",\"type\":{\"kind\":\"NON_NULL\",\"name\":null,\"ofType\":{"
              "\"name\":\"Node\"}},\"args\":[{\"name\":\"at\",\"defaultValue\":null}]},"
              "{\"name\":\"nodes\",\"type\":{\"kind\":\"LIST\",\"name\":null,\"ofType\":{\"name\":"
              "\"Node\"}},\"args\":[]},"
              "{\"name\":\"allNodes\",\"type\":{\"kind\":\"LIST\",\"name\":null,\"ofType\":{"
              "\"name\":null}},\"args\":[]},"
              "{\"name\":\"echo\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\",\"ofType\":"
              "null},\"args\":["
              "{\"name\":\"text\",\"defaultValue\":\"\\\"default\\\"\"},{\"name\":\"count\","
              "\"defaultValue\":null},"
              "{\"name\":\"flag\",\"defaultValue\":\"true\"},{\"name\":\"color\",\"defaultValue\":"
              "null},"
              "{\"name\":\"number\",\"defaultValue\":null},{\"name\":\"id\",\"defaultValue\":null},"
              "{\"name\":\"any\",\"defaultValue\":null}]},"
              "{\"name\":\"say\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\",\"ofType\":null}"
              ",\"args\":[{\"name\":\"text\",\"defaultValue\":null}]},"
              "{\"name\":\"failing\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\",\"ofType\":"
              "null},\"args\":[]},"
              "{\"name\":\"pending\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\",\"ofType\":"
              "null},\"args\":[]},"
              "{\"name\":\"costly\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\",\"ofType\":"
              "null},\"args\":[]}]}}}"));
}

/* --- limits ------------------------------------------------------------------------------------
 */

static char *repeat(struct arena *arena, const char *text, size_t times) {
  size_t length = strlen(text);
  char *all = arena_alloc(arena, length * times + 1);
  for (size_t i = 0; i < times; i++) memcpy(all + i * length, text, length);
  return all;
}

static char *join(struct arena *arena, const char *a, const char *b, const char *c) {
  return arena_string(arena, arena_printf(arena, "%s%s%s", a, b, c));
}

/* Exactly the limit is taken, one more is refused. */
static void test_limits(void **state) {
  (void)state;
  struct arena arena = {0};
  char *at_limit = join(&arena, "{echo}", repeat(&arena, " ", GRAPHQL_DOCUMENT_LIMIT - 6), "");
  EXPECT(at_limit, DATA("{\"echo\":\"text=default,flag=true\"}"));
  REFUSED(join(&arena, at_limit, " ", ""), "longer than 16384 bytes");
  /* With the brackets and the end. */
  EXPECT(join(&arena, "{", repeat(&arena, "echo ", 3), "}"),
         DATA("{\"echo\":\"text=default,flag=true\"}"));
  REFUSED(join(&arena, "{", repeat(&arena, "a ", GRAPHQL_TOKEN_LIMIT - 3), "}"), "doesn't exist");
  REFUSED(join(&arena, "{", repeat(&arena, "a ", GRAPHQL_TOKEN_LIMIT - 2), "}"),
          "more than 4000 tokens");
  REFUSED(join(&arena, repeat(&arena, "{a", GRAPHQL_NESTING_LIMIT + 1), "", ""),
          "deeper than 32 brackets");
  REFUSED(join(&arena, repeat(&arena, "{a", GRAPHQL_NESTING_LIMIT), "", ""), "found the end");
  REFUSED(join(&arena, "{a(b:", repeat(&arena, "[", 8000), ")}"), "deeper than 32 brackets");
  REFUSED(join(&arena, "query Q($a:", repeat(&arena, "[", 8000), ")}"), "deeper than 32 brackets");
  const char *deep =
      join(&arena, "{node", repeat(&arena, "{self", GRAPHQL_DEPTH_LIMIT - 2), "{number");
  deep = join(&arena, deep, repeat(&arena, "}", GRAPHQL_DEPTH_LIMIT), "");
  struct slice answer;
  assert_int_equal(ask(&arena, (struct asked){.document = deep}, &answer), STATUS_OK);
  assert_true(slice_starts_with(answer, SLICE("{\"data\":{\"node\":{\"self\"")));
  deep = join(&arena, "{node", repeat(&arena, "{self", GRAPHQL_DEPTH_LIMIT - 1), "{number");
  REFUSED(join(&arena, deep, repeat(&arena, "}", GRAPHQL_DEPTH_LIMIT + 1), ""),
          "more than 20 fields within");
  EXPECT("{a:costly b:costly}", DATA("{\"a\":\"\",\"b\":\"\"}"));
  REFUSED("{a:costly b:costly c:costly}", "more than 500 in cost");
  arena_free(&arena);
}

static void test_expansion(void **state) {
  (void)state;
  struct arena arena = {0};
  struct buffer out = buffer_make(64 * 1024);
  /* Aliases: one more than there may be. */
  BUFFER_APPEND_LITERAL(&out, "{");
  for (int i = 0; i <= GRAPHQL_ALIAS_LIMIT; i++) buffer_printf(&out, "a%d:__typename ", i);
  BUFFER_APPEND_LITERAL(&out, "}");
  REFUSED(arena_string(&arena, buffer_slice(&out)), "more than 50 aliases");
  /* Each fragment spreads the next twice: two to the power of 18 fields. */
  buffer_clear(&out);
  BUFFER_APPEND_LITERAL(&out, "{node{...F0}}");
  for (int i = 0; i < 16; i++)
    buffer_printf(&out, "fragment F%d on Node{self{...F%d} maybe{...F%d}}", i, i + 1, i + 1);
  BUFFER_APPEND_LITERAL(&out, "fragment F16 on Node{number}");
  REFUSED(arena_string(&arena, buffer_slice(&out)), "too much: more than 1000 fields");
  /* The same as one field: it is put in once. */
  buffer_clear(&out);
  BUFFER_APPEND_LITERAL(&out, "{node{...F0}}");
  for (int i = 0; i < 280; i++)
    buffer_printf(&out, "fragment F%d on Node{...F%d ...F%d}", i, i + 1, i + 1);
  BUFFER_APPEND_LITERAL(&out, "fragment F280 on Node{number}");
  EXPECT(arena_string(&arena, buffer_slice(&out)), DATA("{\"node\":{\"number\":1}}"));
  /* A few fields that many places ask for. */
  buffer_clear(&out);
  BUFFER_APPEND_LITERAL(&out, "{node{");
  for (int i = 0; i < 15; i++) BUFFER_APPEND_LITERAL(&out, "self{");
  for (int i = 0; i < 400; i++) buffer_printf(&out, "...F ");
  for (int i = 0; i < 17; i++) BUFFER_APPEND_LITERAL(&out, "}");
  buffer_printf(&out, "fragment F on Node{%s}", repeat(&arena, "number ", 1000));
  struct slice answer;
  assert_int_equal(
      ask(&arena, (struct asked){.document = arena_string(&arena, buffer_slice(&out))}, &answer),
      STATUS_OK);
  assert_true(slice_starts_with(answer, SLICE("{\"data\"")));
  /* Lists of lists: the answer, not the document, is too large. */
  EXPECT("{nodes{all{all{all{all{all{all{all{all{all{all{number}}}}}}}}}}}}",
         "{\"data\":null,\"errors\":[{\"message\":\"The answer would have more than 100000 "
         "fields.\"}]}");
  buffer_free(&out);
  arena_free(&arena);
}

/* However much is wrong, what is told is limited. */
static void test_many_errors(void **state) {
  (void)state;
  struct arena arena = {0};
  struct slice answer;
  const char *document = join(&arena, "{", repeat(&arena, "x ", 1000), "}");
  assert_int_equal(ask(&arena, (struct asked){.document = document}, &answer), STATUS_OK);
  size_t count = 0;
  for (const char *at = arena_string(&arena, answer); (at = strstr(at, "message")); at++) count++;
  assert_int_equal(count, GRAPHQL_ERROR_LIMIT);
  document = "{nodes{all{a:broken}} b:nodes{all{broken}}}";
  assert_int_equal(ask(&arena, (struct asked){.document = document}, &answer), STATUS_OK);
  assert_true(slice_starts_with(
      answer, SLICE("{\"data\":{\"nodes\":[null,null,null],\"b\":[null,null,null]}")));
  arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tokens),        cmocka_unit_test(test_block_strings),
      cmocka_unit_test(test_locations),     cmocka_unit_test(test_fields),
      cmocka_unit_test(test_fragments),     cmocka_unit_test(test_directives),
      cmocka_unit_test(test_arguments),     cmocka_unit_test(test_variables),
      cmocka_unit_test(test_operations),    cmocka_unit_test(test_null_goes_up),
      cmocka_unit_test(test_introspection), cmocka_unit_test(test_limits),
      cmocka_unit_test(test_expansion),     cmocka_unit_test(test_many_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
