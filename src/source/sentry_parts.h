/* sentry_parts.h - what Sentry tells of an issue or event, as our pages show it. */
#ifndef CULPRIT_SOURCE_SENTRY_PARTS_H
#define CULPRIT_SOURCE_SENTRY_PARTS_H

#include "source/sentry_issue.h"
#include "source/source.h"

/* Events of the last hours and days, moved to where now is: an answer may be old. */
void sentry_fill_hours(const struct sentry_issue *issue, int64_t now_ms,
                       int64_t hours[SOURCE_HOURS]);
void sentry_fill_days(const struct sentry_issue *issue, int64_t now_ms, int64_t days[SOURCE_DAYS]);
/* Tags of which values are told. */
size_t sentry_tags_with_values(struct arena *arena, const struct sentry_issue *issue,
                               struct tag_summary **tags);
/* What happened there, as far as our pages know such things. */
size_t sentry_fill_activities(struct arena *arena, const struct sentry_issue *issue,
                              struct activity **activities);
/* The issue that the error is linked to: by our own record, or by what Sentry says of GitLab. */
bool sentry_find_link(struct source *source, struct transaction *tx,
                      const struct sentry_issue *issue, struct issue_link *link);
/* An event that Sentry told, as an SDK would have sent it, in the form in which ours are kept. */
enum status sentry_keep_event(struct arena *arena, struct slice sdk_json,
                              const struct event_row *row, struct slice *payload,
                              struct problem *problem) MUST_CHECK;

#endif
