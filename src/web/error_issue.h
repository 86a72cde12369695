/* error_issue.h - making an issue from an error. */
#ifndef CULPRIT_WEB_ERROR_ISSUE_H
#define CULPRIT_WEB_ERROR_ISSUE_H

#include "http/http.h"

/* POST .../{id}/issue: makes the issue, or leads to the one there is. */
http_handler error_create_issue;

#endif
