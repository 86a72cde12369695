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

/* --- actions (actions.h) --------------------------------------------------------------- */

/* Actions of one project that wait for its Sentry. Far more than people press in a day; each page
 * of the list reads them all, some 2 us each. */
#define ACTIONS_WAITING_LIMIT 2000
/* What such a task carries: a search, and the ids of a step. */
#define ACTION_TASK_BYTES (16 * 1024)
/* Of an error's name in it. */
#define ACTION_NAME_CHARACTERS 200
/* Errors changed by one step of a change of many: what Sentry gives and takes at once. */
#define ACTION_BULK_STEP 100
/* "&id=" and 19 digits each: 2.4 KB; servers take 4 to 8. */
#define ACTION_BULK_PATH_BYTES 4096
/* How often and how long a step waits for Sentry's list to show what the one before has changed:
 * its index lags some seconds behind. */
#define ACTION_BULK_WAITS 5
#define ACTION_BULK_WAIT_MS 2000

#endif
