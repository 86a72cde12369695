/* limits.h - every limit of the tracker, with the reason. */
#ifndef CULPRIT_TRACKER_LIMITS_H
#define CULPRIT_TRACKER_LIMITS_H

/* GitLab: 255. */
#define ISSUE_TITLE_CHARACTERS 255
/* GitLab: 1,000,000 characters. Ours are read by people in one go. */
#define ISSUE_DESCRIPTION_BYTES (256 * 1024)
#define NOTE_BODY_BYTES (64 * 1024)
/* Stack trace in the description of a new issue: what people read before they follow the link. */
#define ISSUE_STACK_BYTES (16 * 1024)
#define ISSUE_STACK_FRAMES 50
#define ISSUE_STACK_LINE_BYTES 400

/* A task for an issue at a forge: two texts of some hundred bytes, and a URL. */
#define FORGE_TASK_BYTES (16 * 1024)
/* What makes a text findable that was written to a forge: no other one has it. */
#define FORGE_MARKER_BYTES 16

/* Monitors of one project, and environments of one monitor: SDKs make both by naming them. */
#define MONITORS_LIMIT 500
#define MONITOR_ENVIRONMENTS_LIMIT 50
#define MONITOR_SLUG_LIMIT 50 /* Sentry: the same */
/* Of one environment; more are dropped. Sentry: the same. */
#define CHECK_INS_PER_MINUTE 6
/* Minutes: four weeks. Sentry: the same. */
#define MONITOR_MINUTES_LIMIT 40320
/* Check-ins in a row. Sentry: the same. */
#define MONITOR_THRESHOLD_LIMIT 720
#define MONITOR_MARGIN_DEFAULT 1
#define MONITOR_MAX_RUNTIME_DEFAULT 30
/* Missed and overdue check-ins that one tick of the writer handles, some 100 us each; the rest
 * waits for the next one. */
#define MONITOR_TICK_LIMIT 100

#endif
