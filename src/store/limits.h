/* limits.h - every limit of the store, with the reason. */
#ifndef CULPRIT_STORE_LIMITS_H
#define CULPRIT_STORE_LIMITS_H

/* Writes in one transaction: enough to share a sync among many, few enough to be done in some
 * milliseconds. */
#define STORE_BATCH_LIMIT 512
/* Writes that may wait. A full queue answers 503 with Retry-After before anything is written. */
#define STORE_QUEUE_LIMIT 4096

/* What is counted in memory is written so often; what a crash loses of it is no older. */
#define STORE_TICK_MS 1000

/* The write-ahead log is copied back to the database when the writer has nothing to do, or at the
 * latest at this size. Small steps keep the longest wait short. */
#define STORE_CHECKPOINT_PAGES 256         /* 2 MiB */
#define STORE_CHECKPOINT_PAGES_LATEST 8192 /* 64 MiB */

/* Prepared statements that a connection keeps, some 5 KB each. There are some 150, and several more
 * for each day that is looked at. */
#define STORE_STATEMENTS_LIMIT 600

/* Room that has to be left on the disk, so that the log can still be copied back. */
#define STORE_DISK_RESERVE_BYTES (8 * 1024 * 1024)

/* Events older than this are dropped, a day at a time; counts stay. Sentry: 90. */
#define STORE_RETENTION_DAYS 90

/* Groups whose counters the writer keeps at hand. */
#define STORE_HOT_GROUPS 2048
/* Memory that their tags may take together; those of one group are 10 KB as a rule, 300 at most. */
#define STORE_HOT_TAGS_BYTES (12 * 1024 * 1024)
/* Recently counted (group, user) pairs, remembered to spare a look-up; a power of two. */
#define STORE_HOT_USERS 65536

/* Tags of one group that are told apart. Sentry shows the first 10 values of a key. */
#define STORE_TAG_KEYS_LIMIT 100
#define STORE_TAG_VALUES_LIMIT 100
#define STORE_TAGS_BYTES_LIMIT (64 * 1024)

/* Compression dictionaries: trained when a project has stored this many events, then at each ten
 * times more. */
#define STORE_DICTIONARY_FIRST_TRAINING 200
#define STORE_DICTIONARY_BYTES (48 * 1024)
#define STORE_DICTIONARY_SAMPLES 300
#define STORE_DICTIONARY_SAMPLE_BYTES (4 * 1024 * 1024)
/* Dictionaries kept ready in memory, each a few hundred KB. */
#define STORE_DICTIONARIES_READY 16

/* Releases and environments of one project. Deployments many times a day stay far below; names that
 * are made up at random do not fill the disk. What comes beyond is counted under "(other)". */
#define STORE_RELEASES_LIMIT 10000
#define STORE_ENVIRONMENTS_LIMIT 100
/* (release, environment) pairs with sessions, of one project and hour; some 4 KB each at most. */
#define STORE_RELEASES_PER_HOUR 200
/* The same that gather in memory within a second, all projects together; the second half is for
 * "(other)" alone. */
#define STORE_RELEASES_PER_SECOND 2048
/* Releases that the writer keeps at hand. */
#define STORE_HOT_RELEASES 2048
/* Sessions remembered so that their updates do not count twice: 512 KB. */
#define STORE_SESSIONS_REMEMBERED 65536
/* Primary hashes of one group that are told apart, so that they can be split off. Senders choose
 * hashes, and a page reads the figures of each. */
#define STORE_STRANDS_LIMIT 100

/* Answers of a connected Sentry that are kept for one project: pages of lists and errors that
 * people looked at lately. One has some 10 KB compressed. */
#define STORE_REMOTE_ANSWERS 200

/* A role that was taken from GitLab counts so long after it was seen there last. It is looked at
 * every few minutes; this is how long a GitLab that is down keeps people in, and, at worst,
 * somebody who was removed just before. */
#define STORE_FORGE_ROLE_VALID_MS (60 * INT64_C(60000))

/* Rows looked at one by one for a text search before the text index is asked. */
#define STORE_SEARCH_SCAN_ROWS 1500

/* Files of events. One of them: a crash dump with some threads' stacks has 1 MB, seldom 5. */
#define STORE_ATTACHMENT_BYTES (8 * 1024 * 1024)
/* Kept in pieces of this size, before compression: what is in memory at once. */
#define STORE_ATTACHMENT_CHUNK (256 * 1024)
/* Of one event, arrived on one day. */
#define STORE_ATTACHMENTS_OF_EVENT 20
/* Of one project on one day, as they are kept: a program that crashes in a loop must not fill the
 * disk. */
#define STORE_ATTACHMENT_DAY_BYTES (INT64_C(512) * 1024 * 1024)

#endif
