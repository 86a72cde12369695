/* security_text.h - security reports in words; see security_text.c. */
#ifndef CULPRIT_EVENT_SECURITY_TEXT_H
#define CULPRIT_EVENT_SECURITY_TEXT_H

#include "event/event.h"

/* What messages are made of. */
struct security_facts {
  struct slice kind;      /* "csp", … */
  struct slice directive; /* CSP: "script-src" */
  struct slice violated;  /* CSP: the directive with its values, as sent; may be empty */
  struct slice blocked;   /* CSP: an address, a scheme or a keyword */
  struct slice page;      /* address of the page, or a host's name */
  struct slice error;     /* network errors: "tcp.refused" */
  int64_t status;         /* network errors: of HTTP; 0: none */
};

/* The name that a directive begins with, when it is one of CSP's. Borrows. */
bool security_directive(struct slice text, struct slice *directive);

/* "Blocked 'script' from 'cdn.example.com'". From the arena. */
struct slice security_message(struct arena *arena, const struct security_facts *facts);

/* "host:port" of an address, without the port that its scheme implies; the empty slice when it is
 * none. Borrows. */
struct slice security_host_of(struct slice url);

#endif
