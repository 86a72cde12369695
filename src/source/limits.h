/* limits.h - every limit of the sources of errors, with the reason. */
#ifndef CULPRIT_SOURCE_LIMITS_H
#define CULPRIT_SOURCE_LIMITS_H

/* Characters of the Sentry API URL; GitLab: 255. */
#define SENTRY_URL_LIMIT 255
/* Bytes of a token. Sentry's have 71 to some 200; a header of nginx or Apache takes 8 KiB. */
#define SENTRY_TOKEN_LIMIT 2048

/* Connect asks for at most so many projects: Sentry gives 100 a page. They are kept in the page
 * until it is saved, some 100 bytes each, and have to fit into a form (HTTP_BODY_LIMIT_DEFAULT). */
#define CONNECT_PROJECTS_LIMIT 1000
#define CONNECT_PROJECTS_BYTES_LIMIT (384 * 1024)
#define CONNECT_PAGES_LIMIT 20
/* Rows of Sentry's list of projects have 2 to 4 KB each. */
#define CONNECT_BODY_LIMIT (4 * 1024 * 1024)
/* All questions of one Connect together: somebody waits for the answer. */
#define CONNECT_TIMEOUT_MS 30000
/* What Connect found can be saved for so long: time to choose a project, and to fetch a coffee. */
#define CONNECT_KEPT_MS (30 * 60 * 1000)

/* --- asking a connected Sentry ------------------------------------------------------- */

/* Somebody may wait for it. GitLab's pages give up after the same time. */
#define REMOTE_TIMEOUT_MS 10000
/* Younger answers are not asked for again. GitLab: about a minute. */
#define REMOTE_FRESH_MS (60 * 1000)
/* After a failure, doubled each time: long enough to spare a server that is down, short enough for
 * people who wait for it. */
#define REMOTE_RETRY_MS 5000
#define REMOTE_RETRY_DOUBLINGS 5
/* Nobody looked for so long: the list is asked for less often. GitLab: 10 minutes. */
#define REMOTE_IDLE_MS (10 * 60 * 1000)
#define REMOTE_REFRESH_MS (60 * 1000)
#define REMOTE_REFRESH_IDLE_MS (5 * 60 * 1000)
#define REMOTE_KEEPER_PERIOD_MS 1000
/* Linked errors that are looked at with the list, in turns, to notice that they came back. */
#define REMOTE_LINKED_A_TURN 5
/* An answer that did not change is written again after so long, for its time alone. */
#define REMOTE_TOUCH_MS (10 * 60 * 1000)
/* Answers older than a change that was done are not shown as they are; lists that nobody asked for
 * again within this time may show the error as it was. */
#define ACTION_REMEMBERED_MS (60 * 60 * 1000)

#endif
