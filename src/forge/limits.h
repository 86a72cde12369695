/* limits.h - every limit of the forge, with the reason. */
#ifndef CULPRIT_FORGE_LIMITS_H
#define CULPRIT_FORGE_LIMITS_H

#include "base/clock.h"

/* Git's own shortest automatic abbreviation. */
#define ABBREVIATION_MIN 7
#define SHA_DIGITS 40

#define REPOSITORY_SETTING_BYTES 1000
/* A mirror is refreshed this often; the refresh thread looks this often what is due. */
#define MIRROR_REFRESH_MS (5 * MINUTE_MS)
#define MIRROR_TICK_MS (15 * SECOND_MS)
/* One fetch: in all, without a byte, to connect. */
#define FETCH_LIMIT_MS (20 * MINUTE_MS)
#define FETCH_IDLE_MS (60 * SECOND_MS)
#define FETCH_CONNECT_MS (10 * SECOND_MS)
#define FETCH_LIMIT_BYTES (UINT64_C(4) << 30)

/* A commit page: what a person can look through. GitLab shows 1000 files. */
#define COMMIT_FILES_LIMIT 1000
#define COMMIT_PATCH_BYTES (256 * 1024)
#define COMMIT_MESSAGE_BYTES (64 * 1024)
/* Files above this take part in no diff and give no source lines. */
#define BLOB_LIMIT_BYTES (1024 * 1024)

/* Source lines around a frame. Minified lines are cut. */
#define SOURCE_CONTEXT_LINES 50
#define SOURCE_LINE_BYTES 2000
#define SOURCE_PATH_BYTES 1024
/* Names of all files of one commit, to find the one that a frame means. Linux has 5 MiB of them;
 * beyond the limit only paths that begin at the repository's root are found. */
#define TREE_NAMES_BYTES (4 * 1024 * 1024)
#define TREE_DEPTH 64
/* Blobs and name lists that stay in memory, all projects together. */
#define SOURCE_CACHE_BYTES (8 * 1024 * 1024)

/* libgit2's own: objects of open repositories, and windows on packs. Its defaults are 256 MiB and
 * 8 GiB. */
#define GIT_OBJECT_CACHE_BYTES (4 * 1024 * 1024)
#define GIT_WINDOW_BYTES (1024 * 1024)
#define GIT_MAPPED_BYTES (32 * 1024 * 1024)

/* One question to GitLab. A busy one answers within a second; its own workers give up after 60. */
#define GITLAB_TIMEOUT_MS (10 * SECOND_MS)
/* A person waits for an issue to be made: short enough that a second look fits into their patience.
 */
#define GITLAB_CREATE_TIMEOUT_MS (5 * SECOND_MS)
#define GITLAB_CREATE_WAIT_MS (8 * SECOND_MS)
/* GitLab may go on with a request whose sender has gone: its workers are ended after 60 seconds.
 * What is not found before that may still appear, and is not sent once more. */
#define GITLAB_SETTLE_MS (70 * SECOND_MS)
/* Made so late it would surprise whoever asked for it. */
#define GITLAB_CREATE_GIVE_UP_MS HOUR_MS
/* A page of a hundred issues with their descriptions has some 500 KB. */
#define GITLAB_ANSWER_BYTES (4 * 1024 * 1024)
#define GITLAB_PAGE 100 /* GitLab gives no more at once */
/* Issues that were made between the attempts to make one, looked through for it. */
#define GITLAB_SEARCH_PAGES 5
/* How far GitLab's clock may be off when issues are looked for by time. */
#define GITLAB_CLOCK_MS (15 * MINUTE_MS)
/* Questions that pages need answered: at once, and waiting for their turn. */
#define ASK_THREADS 4
#define ASK_QUEUE_LIMIT 64
#define ASK_STACK_BYTES (256 * 1024)
/* How often a task is looked at that somebody waits for. */
#define ASK_WATCH_MS 25
/* What a page waits for GitLab; it is shown without the rest, which is there the next time. */
#define FORGE_PAGE_WAIT_MS 1500
/* What is not there may come (a push), what failed may work again. */
#define FORGE_MISSING_MS (5 * MINUTE_MS)
#define FORGE_FAILED_MS (30 * SECOND_MS)
/* A merge request may get another title, or be merged. */
#define FORGE_COMMIT_MS HOUR_MS
/* Pages of a tree, of a hundred names each. A project with more files finds only those that frames
 * name from the repository's root. */
#define FORGE_TREE_PAGES 100
/* How often a linked project is asked what became of issues; when its webhook came within the last
 * day, or it does not answer, seldom. */
#define POLL_MS (5 * MINUTE_MS)
#define POLL_SELDOM_MS HOUR_MS
#define POLL_HOOK_MS DAY_MS
#define POLL_TICK_MS (15 * SECOND_MS)
/* How often it is asked for all of them, not only for what changed, to notice what is gone. */
#define POLL_FULL_MS (6 * HOUR_MS)
/* Of the time of the last answer: what was being written while it was made. */
#define POLL_OVERLAP_MS MINUTE_MS
/* Issues of one project that are asked for, the newest, and those that are looked at one by one. */
#define POLL_ISSUES_LIMIT 500
#define POLL_MISSING_LIMIT 20
/* As entered. GitLab's tokens have some 30 bytes, signed ones a thousand. */
#define FORGE_TOKEN_BYTES 4096
#define FORGE_LABELS_BYTES 1000
#define FORGE_SECRET_BYTES 20
#define FORGE_URL_BYTES 1000
/* What GitLab says itself, within a message of ours. */
#define FORGE_MESSAGE_BYTES 200
#define COMMIT_AUTHOR_BYTES 200
#define COMMIT_TITLE_BYTES 1000
/* The task to create an issue: its description, JSON escapes included. */
#define FORGE_CREATE_BYTES (512 * 1024)

#endif
