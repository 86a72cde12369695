/* filter_parts.h - what the files of the inbound filters share: filter.c (options, addresses,
 * texts), filter_web.c (what only happens in browsers), filter_agent.c (who asks, by User-Agent).
 */
#ifndef CULPRIT_EVENT_FILTER_PARTS_H
#define CULPRIT_EVENT_FILTER_PARTS_H

#include "event/filter.h"

/* The event of a browser was caused by an extension, not by the page. */
bool filter_is_extension(const struct event *event);
/* React found other markup than it made: says nothing about an error. */
bool filter_is_hydration(const struct event *event);
/* A part of a page's script was gone after a deployment, or the network was. */
bool filter_is_chunk(const struct event *event);
/* A report of a content security policy about what extensions and browsers do themselves. */
bool filter_is_invalid_csp(const struct event *event);

bool filter_is_crawler(struct slice user_agent);

/* Families of browsers; a set of them is a number with these bits. */
enum browser_family {
  BROWSER_IE = 1,
  BROWSER_EDGE = 2,
  BROWSER_SAFARI = 4,
  BROWSER_FIREFOX = 8,
  BROWSER_CHROME = 16,
  BROWSER_OPERA = 32,
  BROWSER_OPERA_MINI = 64,
  BROWSER_ANDROID = 128,
};
#define BROWSER_ALL 255u
/* "ie", "edge", …; 0 for names that are none. */
unsigned filter_browser_family(struct slice name);
/* Whether it is one of the families, of a version that counts as old. */
bool filter_is_legacy(struct slice user_agent, unsigned families);

#endif
