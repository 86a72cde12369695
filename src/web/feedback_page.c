/* feedback_page.c - the feedback of a project, newest first, each with the error it is about. */
#include "web/feedback_page.h"

#include "store/event.h"
#include "templates.h"
#include "web/error_actions.h"

#include "base/banned.h"

enum { FEEDBACK_ON_A_PAGE = 25 };

/* The event may have come a moment ago, before the writer has linked it; and its error may have
 * been merged since. So it is looked up. */
static void fill_row(struct web *web, struct transaction *tx, const struct feedback *feedback,
                     struct feedback_row *row) {
  struct event_row event;
  struct group group;
  *row = (struct feedback_row){.feedback = feedback};
  if (!feedback->has_event || !event_row_find(tx, web->project.id, &feedback->event_id, &event) ||
      !group_get(tx, web->arena, event.group_id, &group))
    return;
  struct slice id = event_id_hex(web->arena, &feedback->event_id);
  row->error_title = group.title;
  row->event_address =
      arena_printf(web->arena, "%.*s/%lld/events/%.*s", SLICE_ARGS(error_base(web)),
                   (long long)group.id, SLICE_ARGS(id));
}

void feedback_list_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct feedback *feedback;
  struct feedback_query query = {.project_id = web->project.id, .limit = FEEDBACK_ON_A_PAGE + 1};
  struct slice before = http_query_value(request, "before");
  if (before.len && !slice_to_i64(before, &query.before_id)) {
    web_refuse(web, "The cursor in the address is not one that this list gave out.");
    return;
  }
  struct page page = web_page_open(web, SECTION_FEEDBACK, SLICE("Feedback"));
  struct feedback_view view = {.page = &page};
  struct transaction *tx = store_begin_read(web->application->store);
  size_t count = feedback_list(tx, web->arena, &query, &feedback);
  view.row_count = count > FEEDBACK_ON_A_PAGE ? FEEDBACK_ON_A_PAGE : count;
  view.rows = ARENA_ARRAY(web->arena, view.row_count, struct feedback_row);
  for (size_t i = 0; i < view.row_count; i++) fill_row(web, tx, &feedback[i], &view.rows[i]);
  store_end_read(tx);
  if (count > view.row_count)
    view.next =
        arena_printf(web->arena, "%.*s/-/feedback?before=%lld", SLICE_ARGS(web_project_path(web)),
                     (long long)feedback[view.row_count - 1].id);
  template_feedback(&response->body, &view);
  web_finish_html(web);
}
