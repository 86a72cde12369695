/* project_list.c - the first page: the projects that a person may see. */
#include "web/project_list.h"

#include "store/group.h"
#include "templates.h"
#include "web/web.h"

#include "base/banned.h"

static void fill_row(struct web *web, struct transaction *tx, const struct visible_project *visible,
                     struct project_row *row) {
  const struct project *project = &visible->project;
  int64_t counts[GROUP_STATUS_COUNT] = {0};
  *row = (struct project_row){
      .project = project,
      .role = visible->role,
      .path = arena_printf(web->arena, "/%.*s/%.*s", SLICE_ARGS(project->organization_slug),
                           SLICE_ARGS(project->slug)),
      .sees_errors = visible->role >= ROLE_TO_SEE_ERRORS,
  };
  if (row->sees_errors) {
    group_count_by_status(tx, project->id, counts);
    row->unresolved = counts[GROUP_UNRESOLVED];
  }
}

void project_list_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct page page = web_page_open(web, SECTION_PROJECTS, SLICE("Projects"));
  struct project_list_view view = {.page = &page};
  struct visible_project *projects;
  struct transaction *tx = store_begin_read(web->application->store);
  view.row_count = access_projects(tx, web->arena, &web->actor, &projects);
  view.rows = ARENA_ARRAY(web->arena, view.row_count, struct project_row);
  for (size_t i = 0; i < view.row_count; i++) fill_row(web, tx, &projects[i], &view.rows[i]);
  store_end_read(tx);
  template_project_list(&response->body, &view);
  web_finish_html(web);
}
