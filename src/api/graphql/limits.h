/* limits.h - what one GraphQL request may cost, with the reason and GitLab's value beside it. */
#ifndef CULPRIT_API_GRAPHQL_LIMITS_H
#define CULPRIT_API_GRAPHQL_LIMITS_H

/* Documents of one request. Pages send what they ask within some milliseconds together. */
#define GRAPHQL_QUESTIONS_LIMIT 10
/* A document, in bytes. The longest of real clients ask for the whole schema in 2 KB. GitLab:
 * 10,000 characters. */
#define GRAPHQL_DOCUMENT_LIMIT (16 * 1024)
#define GRAPHQL_TOKEN_LIMIT 4000
/* Brackets within brackets of any kind; the parser calls itself for each. */
#define GRAPHQL_NESTING_LIMIT 32

/* The rest is of one operation, with its fragments put in where they are spread. */

/* Fields within fields. The question for the whole schema has 15. GitLab: 15, or 20 signed in. */
#define GRAPHQL_DEPTH_LIMIT 20
/* Fields, one by one. The question for the whole schema has 250. */
#define GRAPHQL_FIELD_LIMIT 1000
/* Fields with another name than their own: each can ask for the same costly thing again. */
#define GRAPHQL_ALIAS_LIMIT 50
/* The cost of all fields (graphql_field.cost). */
#define GRAPHQL_COST_LIMIT 500
/* Selections that are looked at while fragments are put in, which can be many more than fields. */
#define GRAPHQL_VISIT_LIMIT 20000

/* Fields of an answer, and its bytes; the whole schema has 20,000 fields in 300 KB. */
#define GRAPHQL_ANSWER_FIELD_LIMIT 100000
#define GRAPHQL_ANSWER_LIMIT (4 * 1024 * 1024)
/* Errors that are told; the first of many are the ones to look at. */
#define GRAPHQL_ERROR_LIMIT 20

#endif
