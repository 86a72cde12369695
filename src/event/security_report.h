/* security_report.h - what browsers report by themselves, as events.
 *
 *   body ─► security_reports_read() ─► event JSON, one for each report ─► event_decode
 *
 *   {"csp-report": {…}}            {"expect-ct-report": {…}}     {"known-pins": […], …}  (HPKP)
 *   {"expect-staple-report": {…}}  [{"type": "csp-violation" | "network-error", "body": {…}}, …]
 *
 * The event holds the report under the name of its kind ("csp", "expectct", "expectstaple", "hpkp",
 * "nel") with underscores in the members' names, and what can be read off it: message, tags,
 * request. Culprit and location are derived from the kept report like those of other events.
 *
 * Sources: W3C Content Security Policy, Reporting API and Network Error Logging; RFC 7469, 9163;
 * the events that Sentry makes of them.
 */
#ifndef CULPRIT_EVENT_SECURITY_REPORT_H
#define CULPRIT_EVENT_SECURITY_REPORT_H

#include "event/event.h"

/* Reports of one request; browsers gather them for some minutes. Further ones are dropped. */
#define SECURITY_REPORTS_LIMIT 32
/* One request, in bytes. Certificate chains make up most of it. */
#define SECURITY_REPORTS_BYTES_LIMIT (256 * 1024)

/* What the request around a report says; all of it may be empty. */
struct security_report_source {
  struct slice release, environment, user_agent;
  int64_t received_ms;
};

struct security_reports {
  struct security_event {
    struct slice json; /* from the arena */
    bool is_network_error;
  } * events; /* in the order of the reports */
  size_t count;
  size_t dropped; /* of a list: kinds that are not kept, malformed ones, or too many */
};

/* STATUS_BAD_INPUT when the body is neither a report nor a list, or when a single report is
 * malformed or of an unknown kind; STATUS_TOO_LARGE beyond the limit. */
enum status security_reports_read(struct arena *arena, struct slice body,
                                  const struct security_report_source *source,
                                  struct security_reports *reports,
                                  struct problem *problem) MUST_CHECK;

/* Whether an attribute of an event is a report of this kind: "csp", …; also by its old name,
 * "Csp" behind "sentry.interfaces.". Sets the kind's name, which lives as long as the program. */
bool security_report_kind(struct slice attribute, struct slice *kind);

/* What was violated, for a culprit: "script-src cdn.example.com", a host, or the empty slice; and
 * what was blocked, for a location. Of an event with a report. */
struct slice security_report_culprit(struct arena *arena, const struct event *event);
struct slice security_report_location(struct arena *arena, const struct event *event);

#endif
