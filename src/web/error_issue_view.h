/* error_issue_view.h - what the page of an error says of its issue, here or at GitLab. */
#ifndef CULPRIT_WEB_ERROR_ISSUE_VIEW_H
#define CULPRIT_WEB_ERROR_ISSUE_VIEW_H

#include "forge/issue.h"
#include "source/source.h"
#include "store/issue.h"
#include "web/web.h"

/* Drawn by templates/error_details.html. */
struct issue_view {
  bool is_shown;  /* there is an issue, or one is to be made */
  bool has_state; /* title and is_open are known */
  bool is_open;
  bool may_cancel;      /* it is to be made, and that can be taken back */
  struct slice address; /* empty: there is none yet */
  int64_t number;
  struct slice title;
  struct slice note; /* what happens to it, or happened */
  bool is_note_bad;  /* something did not work */
};
void issue_view_read(struct web *web, const struct source_error *error, bool is_remote,
                     struct issue_view *view);

#endif
