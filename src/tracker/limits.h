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

#endif
