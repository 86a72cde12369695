/* user_agent.h - browser, operating system and device of a User-Agent header.
 *
 * Pure, linear in the text, and remembered: each thread keeps the last agents it
 * has seen, so that a repeated one costs well under a microsecond.
 *
 * Source: the patterns of Debian's package uap-core, read when this program is built.
 */
#ifndef CULPRIT_EVENT_USER_AGENT_H
#define CULPRIT_EVENT_USER_AGENT_H

#include "base/arena.h"
#include "base/slice.h"

/* What is known; empty what is not. Valid UTF-8 when the text was. */
struct user_agent {
  struct slice browser, browser_version; /* "Chrome", "74.0.3729" */
  struct slice os, os_version;           /* "Windows", "10" */
  struct slice device, brand, model;     /* "iPhone", "Apple", "iPhone12,1" */
};

/* Text beyond this is not looked at. Real ones have 80 to 250 bytes. */
#define USER_AGENT_BYTES 512

/* The texts are literals or from the arena. */
struct user_agent user_agent_parse(struct arena *arena, struct slice text);

#endif
