/* grouping_page.c - the rules of a project that change what makes events one error.
 *
 * Rules that cannot be read are shown again as they were entered, with the line that is wrong.
 */
#include "web/grouping_page.h"

#include <string.h>

#include "grouping/grouping.h"
#include "store/option.h"
#include "templates.h"
#include "tracker/settings.h"

#include "base/banned.h"

static struct slice base_of(const struct web *web) {
  return arena_concat(web->arena, web_project_path(web), SLICE("/-/settings/grouping"));
}

static void fill(struct web *web, struct grouping_view *view) {
  struct transaction *tx = store_begin_read(web->application->store);
  const struct grouping_rules_text text =
      grouping_rules_of_options(option_list(tx, web->arena, web->project.id));
  store_end_read(tx);
  view->stack_rules = text.enhancements;
  view->fingerprint_rules = text.fingerprints;
}

static void draw(struct web *web, struct grouping_view *view) {
  struct page page = web_page_open(web, SECTION_SETTINGS, SLICE("Grouping rules"));
  view->page = &page;
  view->base = base_of(web);
  if (!view->message.len) fill(web, view);
  template_grouping_page(&web->response->body, view);
  web_finish_html(web);
}

void grouping_show(struct http_request *request, struct http_response *response) {
  struct grouping_view view = {0};
  (void)response;
  draw(web_of(request), &view);
}

/* Browsers send CR LF between lines; what counts against the limit is LF. */
static struct slice form_text(struct http_request *request, struct arena *arena, const char *name) {
  struct slice text = http_form_value(request, name);
  char *copy = arena_alloc_raw(arena, text.len + 1);
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] != '\r') copy[len++] = text.ptr[i];
  }
  while (len > 0 && (copy[len - 1] == '\n' || copy[len - 1] == ' ')) len--;
  return slice_of(copy, len);
}

static enum status save(struct web *web, const struct grouping_view *view,
                        struct problem *problem) {
  const struct grouping_rules_text text = {view->stack_rules, view->fingerprint_rules};
  const struct grouping_rules *rules;
  enum status status = grouping_rules_compile(web->arena, &text, &rules, problem);
  if (status) return status;
  const struct settings_target target = {&web->actor, &web->project};
  struct pair options[] = {{SLICE(OPTION_STACK_RULES), view->stack_rules},
                           {SLICE(OPTION_FINGERPRINT_RULES), view->fingerprint_rules}};
  return settings_set_options(web->application->store, &target, (struct pairs){options, 2},
                              problem);
}

void grouping_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct problem problem = {0};
  struct grouping_view view = {
      .stack_rules = form_text(request, web->arena, "stack_rules"),
      .fingerprint_rules = form_text(request, web->arena, "fingerprint_rules"),
  };
  enum status status = save(web, &view, &problem);
  if (status == STATUS_BAD_INPUT) {
    response->status = 400;
    view.message = slice_of_string(problem.message);
    view.is_stack_wrong = strcmp(problem.field, "fingerprints") != 0;
    draw(web, &view);
  } else if (status) {
    web_problem(web, &problem);
  } else {
    web_flash(web, MESSAGE_SUCCESS,
              SLICE("The rules are saved. They apply to events from now on."));
    http_redirect(web->response, base_of(web));
  }
}
