/* time_zone.h - the offset of local time from UTC, by the system's time zone files.
 *
 * Files are read by ourselves: localtime() knows one zone for the whole process, and trusts what it
 * reads. A zone is immutable and belongs to the arena it was made in.
 *
 * Source: RFC 8536 (TZif), POSIX (the TZ rule at the end of a file).
 */
#ifndef CULPRIT_TRACKER_TIME_ZONE_H
#define CULPRIT_TRACKER_TIME_ZONE_H

#include "base/arena.h"
#include "base/status.h"

/* Names as "Europe/Berlin"; the longest known has 32 characters. */
#define TIME_ZONE_NAME_LIMIT 64
/* The largest file of tzdata has 4 KiB. */
#define TIME_ZONE_FILE_LIMIT (64 * 1024)
#define TIME_ZONE_DIRECTORY "/usr/share/zoneinfo"

struct time_zone;

/* From the bytes of a TZif file, version 1 to 4. STATUS_BAD_INPUT when it is not one. */
enum status time_zone_parse(struct arena *arena, struct slice file, const struct time_zone **zone,
                            struct problem *problem) MUST_CHECK;

/* By IANA name; "UTC", "GMT" and the empty name need no file. STATUS_BAD_INPUT, naming the zone,
 * when there is none of that name or this machine has no time zone files. Reads a file: not for
 * network threads. */
enum status time_zone_load(struct arena *arena, struct slice name, const struct time_zone **zone,
                           struct problem *problem) MUST_CHECK;

/* Whether the name could be one: letters, digits, '_', '+', '-' and single '/', no more than
 * TIME_ZONE_NAME_LIMIT. Says nothing about files. */
bool time_zone_name_is_valid(struct slice name);

/* Seconds that local time is ahead of UTC at that moment (seconds since 1970). Null is UTC. */
int64_t time_zone_offset_s(const struct time_zone *zone, int64_t time_s);

/* The moments at which clocks show `local_s` (seconds since 1970 of the clock's own reckoning):
 * one as a rule, two when clocks are set back, the earlier first. In the gap when clocks are set
 * forward there is none: then `moments[0]` is as long after the gap began as `local_s` is, and
 * the count is 0. */
size_t time_zone_moments(const struct time_zone *zone, int64_t local_s, int64_t moments[2]);

#endif
