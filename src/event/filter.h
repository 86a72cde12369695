/* filter.h - inbound filters: events that a project does not want, by kind.
 *
 * Run on the decoded event before scrubbing; each drop is counted in the ledger under the filter's
 * name. Source: Sentry's inbound filters, see docs/filters.md.
 */
#ifndef CULPRIT_EVENT_FILTER_H
#define CULPRIT_EVENT_FILTER_H

#include "event/event.h"

struct filters; /* compiled; immutable, for any number of threads */

/* From a project's options ("filter.…"); missing ones are the defaults. From the arena. */
enum status filters_compile(struct arena *arena, struct pairs options,
                            const struct filters **filters, struct problem *problem) MUST_CHECK;

/* The name of the filter that drops the event, as in Sentry's outcomes ("localhost",
 * "web-crawlers", …); the empty slice when it is wanted. A literal, never freed. */
struct slice filter_event(const struct filters *filters, const struct event *event,
                          const struct event_hints *hints);
/* The filters that apply to sessions and other items too: addresses and releases. */
struct slice filter_item(const struct filters *filters, struct slice client_address,
                         struct slice release);

/* For a transaction, which is counted and dropped in any case: "filtered-transaction" when its name
 * is that of a health check. */
struct slice filter_transaction(const struct filters *filters, struct slice name);

#endif
