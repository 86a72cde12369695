/* limits_page.c - the settings of ingest itself: from which pages browsers may send, and how much
 * a project and each of its keys may send.
 *
 * What cannot be read is shown again as it was entered, with the line that is wrong.
 */
#include "web/limits_page.h"

#include "ingest/config.h"
#include "store/option.h"
#include "templates.h"
#include "tracker/settings.h"

#include "base/banned.h"

const struct key_window key_windows[KEY_WINDOWS] = {
    {0, "no limit"}, {60, "a minute"}, {600, "ten minutes"}, {3600, "an hour"}, {86400, "a day"},
};

static struct slice base_of(const struct web *web) {
  return arena_concat(web->arena, web_project_path(web), SLICE("/-/settings/limits"));
}

static void fill(struct web *web, struct limits_view *view) {
  struct transaction *tx = store_begin_read(web->application->store);
  struct pairs options = option_list(tx, web->arena, web->project.id);
  view->key_count = client_key_list(tx, web->arena, web->project.id, &view->keys);
  store_end_read(tx);
  if (!view->message.len) {
    view->origins = pairs_get(options, SLICE(OPTION_ORIGINS));
    view->rate_limits = pairs_get(options, SLICE(OPTION_RATE_LIMIT));
    if (!view->origins.len) view->origins = SLICE("*");
  }
}

static void draw(struct web *web, struct limits_view *view) {
  struct page page = web_page_open(web, SECTION_SETTINGS, SLICE("Origins and limits"));
  view->page = &page;
  view->base = base_of(web);
  fill(web, view);
  template_limits_page(&web->response->body, view);
  web_finish_html(web);
}

void limits_show(struct http_request *request, struct http_response *response) {
  struct limits_view view = {0};
  (void)response;
  draw(web_of(request), &view);
}

static struct settings_target target_of(const struct web *web) {
  return (struct settings_target){.actor = &web->actor, .project = &web->project};
}

static void go_back(struct web *web, const char *done) {
  web_flash(web, MESSAGE_SUCCESS, slice_of_string(done));
  http_redirect(web->response, base_of(web));
}

/* Both are read as ingest will read them. */
static enum status check(struct web *web, const struct limits_view *view, struct problem *problem) {
  const struct origins *origins;
  struct rate_limits *limits;
  enum status status = origins_compile(web->arena, view->origins, &origins, problem);
  return status ? status : rate_limits_parse(web->arena, view->rate_limits, &limits, problem);
}

void limits_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct settings_target target = target_of(web);
  struct problem problem = {0};
  struct limits_view view = {
      .origins = slice_trim(http_form_value(request, "origins")),
      .rate_limits = slice_trim(http_form_value(request, "rate_limits")),
  };
  struct pair options[] = {
      {SLICE(OPTION_ORIGINS), slice_equal_string(view.origins, "*") ? SLICE_EMPTY : view.origins},
      {SLICE(OPTION_RATE_LIMIT), view.rate_limits},
  };
  enum status status = check(web, &view, &problem);
  if (!status) {
    status = settings_set_options(web->application->store, &target, (struct pairs){options, 2},
                                  &problem);
  }
  if (status == STATUS_BAD_INPUT) {
    response->status = 400;
    view.message = slice_of_string(problem.message);
    draw(web, &view);
  } else if (status) {
    web_problem(web, &problem);
  } else {
    go_back(web, "The settings are saved.");
  }
}

static bool find_key(struct web *web, struct client_key *key) {
  int64_t id;
  if (!slice_to_i64(http_form_value(web->request, "id"), &id)) return false;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = client_key_find(tx, web->arena, web->project.id, id, key);
  store_end_read(tx);
  return is_found;
}

void limits_key_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct settings_target target = target_of(web);
  struct problem problem = {0};
  struct client_key key;
  (void)response;
  if (!find_key(web, &key)) {
    web_not_found(web, "This client key");
    return;
  }
  struct slice count = slice_trim(http_form_value(request, "count"));
  bool is_read = slice_to_i64(http_form_value(request, "window"), &key.rate_window_s);
  if (!is_read || (key.rate_window_s && !slice_to_i64(count, &key.rate_count))) {
    web_refuse(web, "A key's rate limit is a number of errors and a window in seconds.");
    return;
  }
  if (settings_update_key(web->application->store, &target, &key, &problem))
    web_problem(web, &problem);
  else
    go_back(web, "The key’s rate limit is saved.");
}
