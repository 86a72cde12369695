/* commit_page.c - one commit of a project's repository. */
#include "web/commit_page.h"

#include "templates.h"
#include "web/forge_wait.h"
#include "web/web.h"

#include "base/banned.h"

const char *diff_line_class(struct slice line) {
  static const struct {
    const char *start, *css_class;
  } classes[] = {
      {"diff ", "file"}, {"index ", "file"}, {"--- ", "file"}, {"+++ ", "file"},
      {"@@", "hunk"},    {"+", "add"},       {"-", "del"},
  };
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
    if (slice_starts_with(line, slice_of_string(classes[i].start))) return classes[i].css_class;
  }
  return "";
}

void commit_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct commit_details details = {0};
  bool is_found = forge_commit_details(web->application->forge, web->arena, &web->project,
                                       http_parameter(request, "sha"), &details);
  if (web_wait_for_forge(web)) return;
  if (!is_found) {
    web_not_found(web, "This commit");
    return;
  }
  struct slice title = arena_printf(web->arena, "%.*s · %.*s", SLICE_ARGS(details.commit.title),
                                    SLICE_ARGS(slice_upto(details.commit.sha, 8)));
  struct page page = web_page_open(web, SECTION_ERRORS, title);
  struct commit_view view = {
      .page = &page,
      .details = &details,
      .base = arena_concat(web->arena, web_project_path(web), SLICE("/-/commit")),
      .body = details.commit.message,
  };
  if (slice_starts_with(view.body, details.commit.title)) {
    view.body = slice_from(view.body, details.commit.title.len);
  }
  view.body = slice_trim(view.body);
  template_commit(&response->body, &view);
  web_finish_html(web);
}
