/* routes.c - every page, with who may use it.
 *
 * Searched in order. A line without access is refused, so nothing is open by oversight. Handlers
 * read the database, so they run on worker threads.
 */
#include "store/project.h"
#include "tracker/tracker.h"
#include "web/account_page.h"
#include "web/attachments.h"
#include "web/commit_page.h"
#include "web/error_actions.h"
#include "web/error_details.h"
#include "web/error_issue.h"
#include "web/error_list.h"
#include "web/error_merge.h"
#include "web/error_tracking.h"
#include "web/filters_page.h"
#include "web/gitlab_page.h"
#include "web/grouping_page.h"
#include "web/feedback_page.h"
#include "web/forges_page.h"
#include "web/issue_list.h"
#include "web/issue_page.h"
#include "web/ledger_page.h"
#include "web/limits_page.h"
#include "web/privacy_page.h"
#include "web/monitor_page.h"
#include "web/oauth_page.h"
#include "web/project_list.h"
#include "web/release_page.h"
#include "web/settings.h"
#include "web/sign_in.h"
#include "web/static_file.h"
#include "web/users.h"
#include "web/web.h"

#include "base/banned.h"

#define SEE_ERRORS WEB_PROJECT(ROLE_TO_SEE_ERRORS)
#define ACT_ON_ERRORS WEB_PROJECT(ROLE_TO_ACT)
/* The same on pages that are only there while error tracking is on. */
#define LOOK (WEB_ERRORS | SEE_ERRORS)
#define ACT (WEB_ERRORS | ACT_ON_ERRORS)
#define SEE_PROJECT WEB_PROJECT(ROLE_GUEST)
#define REPORT WEB_PROJECT(ROLE_REPORTER)
#define CONFIGURE WEB_PROJECT(ROLE_TO_CONFIGURE)
#define SETTINGS "/{organization}/{project}/-/settings/operations"
#define LIMITS "/{organization}/{project}/-/settings/limits"
#define GITLAB "/{organization}/{project}/-/settings/gitlab"
#define PRIVACY "/{organization}/{project}/-/settings/privacy"
#define FILTERS "/{organization}/{project}/-/settings/filters"
#define GROUPING "/{organization}/{project}/-/settings/grouping"
#define COMMIT "/{organization}/{project}/-/commit/{sha}"
#define ISSUES "/{organization}/{project}/-/issues"
#define RELEASES "/{organization}/{project}/-/releases"
#define MONITORS "/{organization}/{project}/-/monitors"
#define ERRORS "/{organization}/{project}/-/error_tracking"

const struct http_route web_routes[] = {
    {"GET", "/assets/{file}", static_file_show, ROUTE_INLINE, WEB_STATIC, 0},
    {"GET", WEB_SIGN_IN_PATH, sign_in_show, ROUTE_WORKER, WEB_ANYONE, 0},
    {"POST", WEB_SIGN_IN_PATH, sign_in_submit, ROUTE_WORKER, WEB_ANYONE, 0},
    {"GET", WEB_SIGN_IN_PATH "/link", sign_in_by_link, ROUTE_WORKER, WEB_ANYONE, 0},
    {"POST", "/users/auth/{forge}", oauth_begin_submit, ROUTE_WORKER, WEB_ANYONE, 0},
    {"GET", "/users/auth/{forge}/callback", oauth_callback_show, ROUTE_WORKER, WEB_ANYONE, 0},
    {"POST", "/users/auth/{forge}/unlink", oauth_unlink_submit, ROUTE_WORKER, WEB_SIGNED_IN, 0},
    {"POST", "/users/sign_out", sign_out_submit, ROUTE_WORKER, WEB_ANYONE, 0},
    {"POST", "/-/user_settings/theme", theme_submit, ROUTE_WORKER, WEB_ANYONE, 0},

    {"GET", ACCOUNT_PATH, account_show, ROUTE_WORKER, WEB_SIGNED_IN, 0},
    {"POST", ACCOUNT_PATH, account_profile_submit, ROUTE_WORKER, WEB_SIGNED_IN, 0},
    {"POST", "/-/user_settings/password", account_password_submit, ROUTE_WORKER, WEB_SIGNED_IN, 0},
    {"POST", "/-/user_settings/tokens", account_token_submit, ROUTE_WORKER, WEB_SIGNED_IN, 0},
    {"POST", "/-/user_settings/tokens/revoke", account_token_revoke, ROUTE_WORKER, WEB_SIGNED_IN,
     0},
    {"GET", USERS_PATH, users_show, ROUTE_WORKER, WEB_ADMIN, 0},
    {"POST", USERS_PATH, users_create, ROUTE_WORKER, WEB_ADMIN, 0},
    {"POST", USERS_PATH "/{id}", users_act, ROUTE_WORKER, WEB_ADMIN, 0},

    {"GET", FORGES_PATH, forges_show, ROUTE_WORKER, WEB_ADMIN, 0},
    {"POST", FORGES_PATH, forges_create, ROUTE_WORKER, WEB_ADMIN, 0},
    {"GET", FORGES_PATH "/{id}", forge_show, ROUTE_WORKER, WEB_ADMIN, 0},
    {"POST", FORGES_PATH "/{id}", forge_act, ROUTE_WORKER, WEB_ADMIN, 0},

    {"GET", "/", project_list_show, ROUTE_WORKER, WEB_SIGNED_IN, 0},

    {"GET", ERRORS, error_list_show, ROUTE_WORKER, LOOK, 0},
    {"POST", ERRORS, error_list_act, ROUTE_WORKER, ACT, 0},
    {"GET", ERRORS "/{id}/details", error_details_show, ROUTE_WORKER, LOOK, 0},
    {"GET", ERRORS "/{id}/events/{event}", error_event_show, ROUTE_WORKER, LOOK, 0},
    {"GET", ERRORS "/{id}/events/{event}/attachments/{attachment}", attachment_download,
     ROUTE_WORKER, LOOK, 0},
    {"POST", ERRORS "/{id}/details", error_details_act, ROUTE_WORKER, ACT, 0},
    {"POST", ERRORS "/{id}/events/{event}", error_details_act, ROUTE_WORKER, ACT, 0},
    {"POST", ERRORS "/{id}/hashes", error_hashes_act, ROUTE_WORKER, ACT, 0},
    {"POST", ERRORS "/{id}/issue", error_create_issue, ROUTE_WORKER, ACT, 0},
    {"GET", "/{organization}/{project}/issues/{id}", error_jump, ROUTE_WORKER, LOOK, 0},
    {"GET", "/{organization}/{project}/releases/{version...}", release_jump, ROUTE_WORKER,
     SEE_ERRORS, 0},

    {"GET", ISSUES, issue_list_show, ROUTE_WORKER, SEE_PROJECT, 0},
    {"POST", ISSUES, issue_new_submit, ROUTE_WORKER, REPORT, 0},
    {"GET", ISSUES "/new", issue_new_show, ROUTE_WORKER, REPORT, 0},
    {"GET", ISSUES "/{number}", issue_page_show, ROUTE_WORKER, SEE_PROJECT, 0},
    {"POST", ISSUES "/{number}/notes", issue_note_submit, ROUTE_WORKER, REPORT, 0},

    {"GET", COMMIT, commit_show, ROUTE_WORKER, SEE_ERRORS, 0},

    {"GET", RELEASES, release_list_show, ROUTE_WORKER, SEE_ERRORS, 0},
    {"GET", RELEASES "/{version}", release_show, ROUTE_WORKER, SEE_ERRORS, 0},
    {"GET", MONITORS, monitor_list_show, ROUTE_WORKER, SEE_ERRORS, 0},
    {"GET", MONITORS "/{slug}", monitor_show, ROUTE_WORKER, SEE_ERRORS, 0},
    {"POST", MONITORS "/{slug}", monitor_submit, ROUTE_WORKER, ACT_ON_ERRORS, 0},
    {"GET", "/{organization}/{project}/-/feedback", feedback_list_show, ROUTE_WORKER, SEE_ERRORS,
     0},
    {"GET", "/{organization}/{project}/-/ingest", ledger_show, ROUTE_WORKER, SEE_ERRORS, 0},

    {"GET", SETTINGS, settings_show, ROUTE_WORKER, CONFIGURE, 0},
    {"POST", SETTINGS, settings_submit, ROUTE_WORKER, CONFIGURE, 0},
    {"GET", SETTINGS "/error_tracking", error_tracking_show, ROUTE_WORKER, CONFIGURE, 0},
    {"POST", SETTINGS "/error_tracking", error_tracking_submit, ROUTE_WORKER, CONFIGURE, 0},
    {"POST", SETTINGS "/keys", settings_key_submit, ROUTE_WORKER, CONFIGURE, 0},
    {"POST", SETTINGS "/members", settings_member_submit, ROUTE_WORKER, CONFIGURE, 0},
    {"POST", SETTINGS "/members/refresh", settings_roles_refresh, ROUTE_WORKER, CONFIGURE, 0},

    {"GET", GITLAB, gitlab_page_show, ROUTE_WORKER, CONFIGURE, 0},
    {"POST", GITLAB, gitlab_page_submit, ROUTE_WORKER, CONFIGURE, 0},

    {"GET", LIMITS, limits_show, ROUTE_WORKER, CONFIGURE, 0},
    {"POST", LIMITS, limits_submit, ROUTE_WORKER, CONFIGURE, 0},
    {"POST", LIMITS "/keys", limits_key_submit, ROUTE_WORKER, CONFIGURE, 0},

    {"GET", PRIVACY, privacy_show, ROUTE_WORKER, CONFIGURE, 0},
    {"POST", PRIVACY, privacy_submit, ROUTE_WORKER, CONFIGURE, 0},
    {"GET", FILTERS, filters_show, ROUTE_WORKER, CONFIGURE, 0},
    {"POST", FILTERS, filters_submit, ROUTE_WORKER, CONFIGURE, 0},
    {"GET", GROUPING, grouping_show, ROUTE_WORKER, CONFIGURE, 0},
    {"POST", GROUPING, grouping_submit, ROUTE_WORKER, CONFIGURE, 0},

    {NULL, NULL, NULL, ROUTE_INLINE, 0, 0},
};
