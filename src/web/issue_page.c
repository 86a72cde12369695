/* issue_page.c - one issue: its text, its notes, and what people do with it.
 *
 * The tracker checks what a person may do; here only those buttons are shown
 * that would work.
 */
#include "web/issue_page.h"

#include "store/group.h"
#include "templates.h"
#include "tracker/builtin.h"
#include "tracker/tracker.h"
#include "web/error_actions.h"
#include "web/issue_list.h"

#include "base/banned.h"

const char *note_sentence(enum note_kind kind) {
  switch (kind) {
    case NOTE_CLOSED: return "closed this issue";
    case NOTE_REOPENED: return "opened this issue again";
    case NOTE_RESOLVED: return "closed this issue as its error is now resolved";
    case NOTE_REGRESSED: return "saw the error again";
    case NOTE_COMMENT: break;
  }
  return "";
}

/* The issue that the address names; answers with 404 otherwise. */
static bool find_issue(struct web *web, struct transaction *tx, struct issue *issue) {
  int64_t number;
  return slice_to_i64(http_parameter(web->request, "number"), &number) &&
         issue_find(tx, web->arena, web->project.id, number, issue);
}

static void fill_error(struct web *web, struct transaction *tx, struct issue_page_view *view) {
  struct issue_link link = {
      .project_id = web->project.id, .forge = FORGE_NAME_BUILTIN, .number = view->issue->number};
  struct group group;
  if (web->role < ROLE_TO_SEE_ERRORS || !issue_link_find_by_number(tx, web->arena, &link) ||
      !group_get(tx, web->arena, link.group_id, &group)) {
    return;
  }
  view->has_error = true;
  view->error_address = error_details_address(web, group.id);
  view->error_title = group.title;
  view->error_short_id = group_short_id(web->arena, &web->project, &group);
  view->offers_reopen = view->issue->closed_ms && group.is_regressed && web->role >= ROLE_TO_ACT;
  view->error_status = group.is_regressed ? "regressed" : group_status_name(group.status);
}

void issue_page_show(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct issue issue;
  struct issue_page_view view = {.issue = &issue};
  struct note *notes;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = find_issue(web, tx, &issue);
  if (is_found) {
    view.note_count = note_list(tx, web->arena, issue.id, &notes);
    view.notes = notes;
    fill_error(web, tx, &view);
  }
  store_end_read(tx);
  if (!is_found) {
    web_not_found(web, "This issue");
    return;
  }
  struct slice title =
      arena_printf(web->arena, "%.*s (#%lld)", SLICE_ARGS(issue.title), (long long)issue.number);
  struct page page = web_page_open(web, SECTION_ISSUES, title);
  view.page = &page;
  view.base = issue_base(web);
  view.address = issue_address(web, issue.number);
  view.may_comment = web->role >= ROLE_REPORTER;
  view.may_close = web->role >= ROLE_TO_ACT;
  template_issue_page(&response->body, &view);
  web_finish_html(web);
}

static bool act(struct web *web, int64_t number, enum note_kind kind, struct slice body) {
  struct issue_action action = {
      .actor = &web->actor,
      .project_id = web->project.id,
      .number = number,
      .kind = kind,
      .body = body,
  };
  struct problem problem = {0};
  if (tracker_act_on_issue(web->application->store, &action, &problem) != STATUS_OK) {
    web_problem(web, &problem);
    return false;
  }
  return true;
}

void issue_note_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct slice body = slice_trim(http_form_value(request, "body"));
  struct slice action = http_form_value(request, "action");
  bool is_close = slice_equal_string(action, "close");
  bool is_reopen = slice_equal_string(action, "reopen");
  struct issue issue;
  struct transaction *tx = store_begin_read(web->application->store);
  bool is_found = find_issue(web, tx, &issue);
  store_end_read(tx);
  if (!is_found) {
    web_not_found(web, "This issue");
    return;
  }
  if (!is_close && !is_reopen && !body.len) {
    web_flash(web, MESSAGE_WARNING, SLICE("The comment was empty, so nothing was added."));
  }
  if (body.len && !act(web, issue.number, NOTE_COMMENT, body)) return;
  bool is_open = issue.closed_ms == 0;
  if (is_close && is_open && !act(web, issue.number, NOTE_CLOSED, SLICE_EMPTY)) return;
  if (is_reopen && !is_open && !act(web, issue.number, NOTE_REOPENED, SLICE_EMPTY)) return;
  http_redirect(response, issue_address(web, issue.number));
}

static void send_new(struct web *web, struct issue_new_view *view) {
  struct page page = web_page_open(web, SECTION_ISSUES, SLICE("New issue"));
  view->page = &page;
  view->base = issue_base(web);
  template_issue_new(&web->response->body, view);
  web_finish_html(web);
}

void issue_new_show(struct http_request *request, struct http_response *response) {
  (void)response;
  struct issue_new_view view = {0};
  send_new(web_of(request), &view);
}

void issue_new_submit(struct http_request *request, struct http_response *response) {
  struct web *web = web_of(request);
  struct issue_new_view view = {.title = slice_trim(http_form_value(request, "title")),
                                .description = http_form_value(request, "description")};
  struct issue_draft draft = {
      .actor = &web->actor,
      .project_id = web->project.id,
      .title = view.title,
      .description = view.description,
  };
  int64_t number;
  struct problem problem = {0};
  enum status status = tracker_open_issue(web->application->store, &draft, &number, &problem);
  if (status == STATUS_OK) {
    http_redirect(response, issue_address(web, number));
    return;
  }
  response->status = status_http_code(status);
  view.problem = slice_of_string(problem.message);
  send_new(web, &view);
}
