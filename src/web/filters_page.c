/* filters_page.c - the settings of inbound filters: a box for each kind, and three lists. */
#include "web/filters_page.h"

#include "templates.h"
#include "tracker/settings.h"

#include "base/banned.h"

#define OPTION_BROWSERS "filter.legacy_browsers"

const struct option_switch filter_switches[FILTER_SWITCHES] = {
    {"filter.browser_extensions", false, "Browser extensions",
     "Errors of browsers that extensions cause."},
    {"filter.localhost", false, "Localhost", "Events from development: localhost and 127.0.0.1."},
    {"filter.web_crawlers", true, "Web crawlers",
     "Errors while search engines, previews and monitors visit a page."},
    {"filter.health_checks", true, "Health checks",
     "Transactions named like /healthz. Errors in them are kept."},
    {"filter.invalid_csp", true, "Reports about extensions",
     "Reports of a content security policy about extensions and browsers themselves."},
    {"filter.react_hydration", true, "React hydration errors",
     "React found other markup than it made."},
    {"filter.chunk_load", true, "Chunk load errors",
     "A part of the script was gone after a deployment."},
};

const struct filter_browser filter_browsers[FILTER_BROWSERS] = {
    {"ie", "Internet Explorer", "11 and older"},  {"edge", "Edge", "110 and older"},
    {"safari", "Safari", "15 and older"},         {"firefox", "Firefox", "110 and older"},
    {"chrome", "Chrome", "110 and older"},        {"opera", "Opera", "99 and older"},
    {"opera_mini", "Opera Mini", "34 and older"}, {"android", "Android", "3 and older"},
};

static const char *const lists[] = {"filter.ip_addresses", "filter.releases",
                                    "filter.error_messages", NULL};

static void draw(struct web *web, struct filters_view *view) {
  struct page page = web_page_open(web, SECTION_SETTINGS, SLICE("Inbound filters"));
  view->page = &page;
  view->base = arena_concat(web->arena, web_project_path(web), SLICE("/-/settings/filters"));
  template_filters_page(&web->response->body, view);
  web_finish_html(web);
}

bool filters_has_browser(struct pairs options, const struct filter_browser *browser) {
  struct slice rest = pairs_get(options, SLICE(OPTION_BROWSERS));
  while (!slice_is_empty(rest)) {
    struct slice line = slice_trim(slice_split(&rest, '\n'));
    if (slice_equal_string(line, browser->name) || slice_equal(line, SLICE("all"))) return true;
  }
  return false;
}

void filters_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct filters_view view = {.options = option_form_load(web)};
  (void)response;
  draw(web, &view);
}

/* Boxes "browser.ie", … to one list. */
static struct slice browsers_of(struct web *web) {
  struct slice chosen = SLICE_EMPTY;
  for (size_t i = 0; i < FILTER_BROWSERS; i++) {
    struct slice field = arena_printf(web->arena, "browser.%s", filter_browsers[i].name);
    if (slice_is_empty(http_form_value(web->request, arena_string(web->arena, field)))) continue;
    if (chosen.len) chosen = arena_concat(web->arena, chosen, SLICE("\n"));
    chosen = arena_concat(web->arena, chosen, slice_of_string(filter_browsers[i].name));
  }
  return chosen;
}

static struct pairs read_form(struct web *web) {
  struct pairs read = option_form_read(web, filter_switches, FILTER_SWITCHES, lists);
  struct pairs options = {ARENA_ARRAY(web->arena, read.count + 1, struct pair), read.count + 1};
  for (size_t i = 0; i < read.count; i++) options.items[i] = read.items[i];
  options.items[read.count] = (struct pair){SLICE(OPTION_BROWSERS), browsers_of(web)};
  return options;
}

void filters_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct settings_target target = {.actor = &web->actor, .project = &web->project};
  struct problem problem = {0};
  const struct filters *filters;
  struct filters_view view = {.options = read_form(web)};
  enum status status = filters_compile(web->arena, view.options, &filters, &problem);
  if (!status) {
    status = settings_set_options(web->application->store, &target, view.options, &problem);
  }
  if (status == STATUS_BAD_INPUT) {
    response->status = 400;
    view.message = slice_of_string(problem.message);
    draw(web, &view);
  } else if (status) {
    web_problem(web, &problem);
  } else {
    web_flash(web, MESSAGE_SUCCESS, SLICE("The filters are saved."));
    http_redirect(response,
                  arena_concat(web->arena, web_project_path(web), SLICE("/-/settings/filters")));
  }
}
