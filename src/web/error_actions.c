/* error_actions.c - what people do with an error: resolve, ignore, take back.
 *
 * All are forms that answer with 303, so that reloading a page repeats nothing. The tracker checks
 * again what the route has checked; here we make sure that the error belongs to the project whose
 * address was used.
 */
#include "web/error_actions.h"

#include "source/source.h"
#include "tracker/tracker.h"
#include "web/action_panel.h"

#include "base/banned.h"

struct slice error_base(const struct web *web) {
  return arena_concat(web->arena, web_project_path(web), SLICE("/-/error_tracking"));
}

struct slice error_details_address(const struct web *web, int64_t group_id) {
  return arena_printf(web->arena, "%.*s/%lld/details", SLICE_ARGS(error_base(web)),
                      (long long)group_id);
}

struct slice issue_link_address(const struct web *web, const struct issue_link *link) {
  if (link->url.len) {
    return link->url;
  }
  return arena_printf(web->arena, "%.*s/-/issues/%lld", SLICE_ARGS(web_project_path(web)),
                      (long long)link->number);
}

bool error_find(struct web *web, struct transaction *tx, struct slice id, struct group *group) {
  int64_t number;
  return slice_to_i64(id, &number) && group_get(tx, web->arena, number, group) &&
         group->project_id == web->project.id;
}

/* --- status ----------------------------------------------------------------------------------- */

static const char *const done_words[GROUP_STATUS_COUNT] = {
    [GROUP_UNRESOLVED] = "unresolved again",
    [GROUP_RESOLVED] = "resolved",
    [GROUP_IGNORED] = "ignored",
};

/* "APP-1A", or what stands for it when the other server has not been asked. */
static struct slice name_of(struct source *source, int64_t id) {
  struct source_error error;
  struct problem problem;
  if (source_find(source, id, &error, &problem) == STATUS_OK) return error.short_id;
  return SLICE("The error");
}

static void flash_status(struct web *web, struct source *source, const struct source_change *change,
                         const struct source_change_result *result) {
  const char *word = done_words[change->status];
  struct slice text;
  if (result->closed_issue_number) {
    web_flash(web, MESSAGE_INFO,
              arena_printf(web->arena,
                           "The associated issue #%lld has been closed as the error is now "
                           "resolved.",
                           (long long)result->closed_issue_number));
    return;
  }
  if (change->count == 1)
    text =
        arena_printf(web->arena, "%.*s is %s.", SLICE_ARGS(name_of(source, change->ids[0])), word);
  else
    text = arena_printf(web->arena, "%zu %s %s.", result->count,
                        result->count == 1 ? "error is" : "errors are", word);
  if (result->is_pending)
    text = arena_concat(web->arena, text,
                        SLICE(" Sentry is told so now, or as soon as it can be reached."));
  web_flash(web, MESSAGE_SUCCESS, text);
}

/* "APP-1A TypeError: it broke" */
static struct slice full_name(struct web *web, const struct source_error *error) {
  return arena_printf(web->arena, "%.*s %.*s", SLICE_ARGS(error->short_id),
                      SLICE_ARGS(error->group.title));
}

static const struct slice *names_of(struct web *web, const struct error_choice *choice,
                                    const struct source_page *shown) {
  struct slice *names = ARENA_ARRAY(web->arena, choice->count, struct slice);
  for (size_t i = 0; shown && i < shown->count; i++)
    for (size_t j = 0; j < choice->count; j++)
      if (shown->errors[i].group.id == choice->ids[j]) names[j] = full_name(web, &shown->errors[i]);
  return names;
}

bool error_set_status(struct web *web, const struct error_choice *choice,
                      const struct source_page *shown) {
  const struct source_change change = {.actor = &web->actor,
                                       .ids = choice->ids,
                                       .count = choice->count,
                                       .names = names_of(web, choice, shown),
                                       .status = choice->status};
  struct source_change_result result;
  struct problem problem = {0};
  struct source source;
  source_open(&source, web->application->sources, web->arena, &web->project);
  if (source_set_status(&source, &change, &result, &problem) != STATUS_OK) {
    web_problem(web, &problem);
    return false;
  }
  flash_status(web, &source, &change, &result);
  return true;
}

bool error_act(struct web *web, const struct source_page *shown) {
  static const char *const buttons[GROUP_STATUS_COUNT] = {
      [GROUP_UNRESOLVED] = "unresolve", [GROUP_RESOLVED] = "resolve", [GROUP_IGNORED] = "ignore"};
  for (size_t i = 0; i < GROUP_STATUS_COUNT; i++) {
    struct slice text = http_form_value(web->request, buttons[i]);
    int64_t id;
    if (text.len && slice_to_i64(text, &id)) {
      const struct error_choice choice = {&id, 1, (enum group_status)i};
      return error_set_status(web, &choice, shown);
    }
  }
  web_refuse(web, "The form did not say whether to resolve, ignore or unresolve, and what.");
  return false;
}

void error_details_act(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct source source;
  struct source_error error;
  struct source_page shown = {.errors = &error};
  struct problem problem;
  int64_t id;
  source_open(&source, web->application->sources, web->arena, &web->project);
  source.takes_old = true;
  if (!source_is_local(&source) && slice_to_i64(http_parameter(request, "id"), &id) &&
      source_find(&source, id, &error, &problem) == STATUS_OK)
    shown.count = 1;
  bool is_done =
      http_form_value(request, "take_back").len ? action_take_back(web) : error_act(web, &shown);
  if (is_done) {
    http_redirect(response, request->target);
  }
}

void error_jump(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct slice text = http_parameter(request, "id");
  struct source_place place = {0};
  struct source_error error;
  struct problem problem = {0};
  struct source source;
  source_open(&source, web->application->sources, web->arena, &web->project);
  enum status status = slice_to_i64(text, &place.error_id)
                           ? source_find(&source, place.error_id, &error, &problem)
                           : source_look_up(&source, text, &place, &problem);
  if (status == STATUS_PENDING)
    source_wait(&source, request);
  else if (status)
    web_problem(web, &problem);
  else
    http_redirect(response, error_details_address(web, place.error_id));
}
