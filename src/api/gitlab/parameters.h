/* parameters.h - what a request asks for, in any of the ways that GitLab takes: members of a JSON
 * body, fields of a form, or the query. Where a name stands in body and query the body's counts. */
#ifndef CULPRIT_API_GITLAB_PARAMETERS_H
#define CULPRIT_API_GITLAB_PARAMETERS_H

#include "event/event.h"
#include "http/http.h"
#include "json/json.h"

struct parameters {
  struct http_request *request;
  yyjson_val *json; /* the body's object, or null */
  struct pair *fields;
  size_t field_count; /* of a multipart body */
};

/* STATUS_BAD_INPUT when the body cannot be read. */
enum status parameters_read(struct http_request *request, struct parameters *parameters,
                            struct problem *problem) MUST_CHECK;

/* One that is true or false. Several may be read before `faults` is looked at: it gathers "active
 * is missing", "integrated is invalid". */
struct parameter_bool {
  const char *name;
  bool is_required;
  bool is_given; /* set by reading, as `value` */
  bool value;
};
void parameter_read_bool(const struct parameters *parameters, struct parameter_bool *parameter,
                         struct buffer *faults);

/* A number from 1, of the query; `fallback` when it is absent. */
enum status parameter_read_count(const struct http_request *request, const char *name,
                                 int64_t *value, struct problem *problem) MUST_CHECK;

#endif
