/* error_issue_view.c - what the page of an error says of its issue, here or at GitLab.
 *
 * What is still to be done at GitLab is said as such, with why it was not done yet; what was done
 * is only said once GitLab has answered.
 */
#include "web/error_issue_view.h"

#include "web/error_actions.h"

#include "base/banned.h"

static void say(struct issue_view *view, struct slice text) { view->note = text; }

/* `what`, and why not. */
static void complain(struct web *web, struct issue_view *view, const char *what, struct slice why) {
  view->is_note_bad = true;
  view->note = arena_printf(web->arena, "%s %.*s", what, SLICE_ARGS(why));
}

/* Whether resolving was the last that closed or reopened it. */
static bool was_closed_by_resolving(struct web *web, struct transaction *tx,
                                    const struct issue *issue) {
  struct note *notes;
  size_t count = note_list(tx, web->arena, issue->id, &notes);
  while (count > 0 &&
         (notes[count - 1].kind == NOTE_COMMENT || notes[count - 1].kind == NOTE_REGRESSED))
    count--;
  return count > 0 && notes[count - 1].kind == NOTE_RESOLVED;
}

static void say_closed(struct web *web, const struct source_error *error, struct issue_view *view) {
  say(view, arena_printf(web->arena,
                         "The associated issue #%lld has been closed as the error is now "
                         "resolved.",
                         (long long)error->link.number));
}

static void say_builtin(struct web *web, struct transaction *tx, const struct source_error *error,
                        struct issue_view *view) {
  struct issue issue;
  view->has_state = issue_find(tx, web->arena, error->link.project_id, error->link.number, &issue);
  if (!view->has_state) return;
  view->title = issue.title;
  view->is_open = !issue.closed_ms;
  if (view->is_open)
    say(view, SLICE("Resolving this error closes the issue."));
  else if (error->group.status == GROUP_UNRESOLVED)
    say(view, SLICE("The error is unresolved, but its issue is closed. You can reopen it there."));
  else if (error->group.status == GROUP_RESOLVED && was_closed_by_resolving(web, tx, &issue))
    say_closed(web, error, view);
}

/* An issue that is to be made. */
static void say_create(struct web *web, const struct outbox_task *task, struct issue_view *view) {
  bool is_waiting = task->id && task->state == OUTBOX_WAITING;
  view->is_shown = is_waiting || (task->id && task->state == OUTBOX_GIVEN_UP);
  view->may_cancel = is_waiting && task->attempt == ATTEMPT_NONE;
  if (is_waiting && task->error.len)
    complain(web, view,
             "The issue is still to be created in GitLab. The last attempt:", task->error);
  else if (is_waiting)
    say(view, SLICE("The issue is being created in GitLab."));
  else
    complain(web, view, "The issue could not be created.", task->error);
}

/* Closing or telling a regress; false: there is nothing to say of it. */
static bool say_task(struct web *web, const struct outbox_task *task, const char *words[3],
                     struct issue_view *view) {
  if (!task->id) return false;
  if (task->state == OUTBOX_GIVEN_UP)
    complain(web, view, words[2], task->error);
  else if (task->state == OUTBOX_WAITING && task->error.len)
    complain(web, view, words[1], task->error);
  else if (task->state == OUTBOX_WAITING)
    say(view, slice_of_string(words[0]));
  else
    return false;
  return true;
}

static const char *closing[] = {"The issue is being closed in GitLab.",
                                "The issue is still to be closed in GitLab. The last attempt:",
                                "The issue could not be closed in GitLab."};
static const char *telling[] = {
    "GitLab is being told that the error came back.",
    "GitLab is still to be told that the error came back. The last attempt:",
    "GitLab could not be told that the error came back."};

static void say_forge(struct web *web, const struct source_error *error,
                      const struct forge_issue_state *state, struct issue_view *view) {
  bool is_resolved = error->group.status == GROUP_RESOLVED;
  view->has_state = state->is_known && !state->issue.is_gone;
  view->title = state->issue.title;
  view->is_open = state->issue.is_open;
  if (is_resolved && say_task(web, &state->close, closing, view)) return;
  if (!is_resolved && say_task(web, &state->regress, telling, view)) return;
  if (state->is_known && state->issue.is_gone)
    say(view, SLICE("The issue was deleted or moved, or is hidden from the project's token."));
  else if (is_resolved && state->was_closed && !view->is_open)
    say_closed(web, error, view);
  else if (view->has_state && view->is_open && state->closes_issues)
    say(view, SLICE("Resolving this error closes the issue."));
  else if (view->has_state && !view->is_open && error->group.status == GROUP_UNRESOLVED)
    say(view, SLICE("The error is unresolved, but its issue is closed."));
}

void issue_view_read(struct web *web, const struct source_error *error, bool is_remote,
                     struct issue_view *view) {
  const struct forge_issue_topic topic = {.project_id = web->project.id,
                                          .error_id = error->group.id,
                                          .is_remote = is_remote,
                                          .link = error->has_link ? &error->link : NULL};
  struct forge_issue_state state;
  *view = (struct issue_view){.is_shown = error->has_link};
  if (error->has_link) {
    view->number = error->link.number;
    view->address = issue_link_address(web, &error->link);
  }
  struct transaction *tx = store_begin_read(web->application->store);
  if (error->has_link && !error->link.url.len) {
    say_builtin(web, tx, error, view);
  } else {
    forge_issue_state(tx, web->arena, &topic, &state);
    if (error->has_link)
      say_forge(web, error, &state, view);
    else
      say_create(web, &state.create, view);
  }
  store_end_read(tx);
}
