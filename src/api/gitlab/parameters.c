/* parameters.c - see parameters.h.
 *
 * Source: the REST framework that GitLab uses (Grape): its words for what is wrong, and what counts
 * as true and false.
 */
#include "api/gitlab/parameters.h"

#include "http/multipart.h"

#include "base/banned.h"

static bool has_type(struct slice content_type, const char *wanted) {
  struct slice type = slice_trim(slice_split(&content_type, ';'));
  return slice_equal_ignore_case(type, slice_of_string(wanted));
}

static enum status read_json(struct http_request *request, struct parameters *parameters,
                             struct problem *problem) {
  struct problem found;
  if (json_read(request->arena, request->body, &parameters->json, &found))
    return problem_set_field(problem, STATUS_BAD_INPUT, "body", "The body is not JSON: %s",
                             found.message);
  if (!yyjson_is_obj(parameters->json))
    return problem_set_field(problem, STATUS_BAD_INPUT, "body", "The body is not a JSON object.");
  return STATUS_OK;
}

static enum status read_multipart(struct http_request *request, struct parameters *parameters,
                                  struct problem *problem) {
  struct multipart multipart;
  struct multipart_part part;
  struct slice boundary;
  struct arena *arena = request->arena;
  if (!multipart_boundary(http_header(request, "Content-Type"), &boundary))
    return problem_set_field(problem, STATUS_BAD_INPUT, "body", "The form names no boundary.");
  enum status status = multipart_open(&multipart, arena, boundary, request->body, problem);
  parameters->fields = ARENA_ARRAY(arena, MULTIPART_PARTS_LIMIT, struct pair);
  while (!status && !(status = multipart_next(&multipart, arena, &part, problem))) {
    if (part.is_file || parameters->field_count == MULTIPART_PARTS_LIMIT) continue;
    parameters->fields[parameters->field_count++] =
        (struct pair){part.name, utf8_repair(arena, part.body)};
  }
  return status == STATUS_END ? STATUS_OK : status;
}

enum status parameters_read(struct http_request *request, struct parameters *parameters,
                            struct problem *problem) {
  struct slice type = http_header(request, "Content-Type");
  *parameters = (struct parameters){.request = request};
  if (!slice_trim(request->body).len || has_type(type, "application/x-www-form-urlencoded"))
    return STATUS_OK;
  if (has_type(type, "multipart/form-data")) return read_multipart(request, parameters, problem);
  if (!type.len || has_type(type, "application/json"))
    return read_json(request, parameters, problem);
  return problem_set_field(problem, STATUS_BAD_INPUT, "body",
                           "The provided content-type '%.*s' is not supported.",
                           SLICE_ARGS(slice_cut_utf8(utf8_repair(request->arena, type), 80)));
}

/* The text of a form field or of the query; false when there is none. */
static bool find_text(const struct parameters *parameters, const char *name, struct slice *text) {
  for (size_t i = 0; i < parameters->field_count; i++) {
    if (!slice_equal_string(parameters->fields[i].key, name)) continue;
    *text = parameters->fields[i].value;
    return true;
  }
  *text = http_form_value(parameters->request, name);
  return text->len || http_query(parameters->request, name, text);
}

static bool parse_bool(struct slice text, bool *value) {
  static const char *const yes[] = {"true", "1", "on", "t", "yes", "y"};
  static const char *const no[] = {"false", "0", "off", "f", "no", "n"};
  for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
    *value = slice_equal_ignore_case(text, slice_of_string(yes[i]));
    if (*value || slice_equal_ignore_case(text, slice_of_string(no[i]))) return true;
  }
  return false;
}

static void add_fault(struct buffer *faults, const char *name, const char *what) {
  buffer_printf(faults, "%s%s is %s", faults->len ? ", " : "", name, what);
}

void parameter_read_bool(const struct parameters *parameters, struct parameter_bool *parameter,
                         struct buffer *faults) {
  struct slice text = SLICE_EMPTY;
  yyjson_val *member = json_member(parameters->json, parameter->name);
  bool is_scalar = member && json_scalar_text(member, &text);
  bool is_there = member || find_text(parameters, parameter->name, &text);
  if (!is_there && !parameter->is_required) return;
  if (!is_there) {
    add_fault(faults, parameter->name, "missing");
  } else if (yyjson_is_null(member) || (!text.len && (!member || is_scalar))) {
    add_fault(faults, parameter->name, "empty");
  } else if (!parse_bool(text, &parameter->value)) {
    add_fault(faults, parameter->name, "invalid");
  } else {
    parameter->is_given = true;
  }
}

enum status parameter_read_count(const struct http_request *request, const char *name,
                                 int64_t *value, struct problem *problem) {
  struct slice text;
  if (!http_query(request, name, &text) || !text.len) return STATUS_OK;
  if (!slice_to_i64(text, value))
    return problem_set_field(problem, STATUS_BAD_INPUT, name, "%s is invalid", name);
  if (*value == 0)
    return problem_set_field(problem, STATUS_BAD_INPUT, name, "%s does not have a valid value",
                             name);
  return STATUS_OK;
}
