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

#endif
