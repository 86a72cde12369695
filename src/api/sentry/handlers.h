/* handlers.h - the handlers behind the API's routes. */
#ifndef CULPRIT_API_SENTRY_HANDLERS_H
#define CULPRIT_API_SENTRY_HANDLERS_H

#include "http/http.h"

/* projects.c */
http_handler api_index, api_project_list, api_project_get;
/* issues.c */
http_handler api_issue_list, api_issue_get, api_issue_put, api_issue_put_many;
/* hashes.c */
#define API_HASHES_LIMIT 100
http_handler api_issue_hashes, api_issue_hashes_delete;
/* events.c */
http_handler api_issue_events, api_issue_event, api_project_event, api_project_event_json;
/* stats.c */
http_handler api_project_stats, api_organization_stats;

/* attachments.c */
http_handler api_event_attachments, api_event_attachment;
/* releases.c */
http_handler api_release_list, api_sessions;
/* monitors.c */
http_handler api_monitor_list, api_monitor_get, api_monitor_put, api_monitor_delete,
    api_check_in_list;
/* repositories.c */
http_handler api_repository_list, api_integration_link, api_plugin_link;
/* feedback.c */
http_handler api_feedback_list, api_feedback_post;

#endif
