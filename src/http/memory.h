/* memory.h - how much of the budget for bodies is taken; see http.h for taking and giving. */
#ifndef CULPRIT_HTTP_MEMORY_H
#define CULPRIT_HTTP_MEMORY_H

#include <stddef.h>

size_t http_memory_taken(void);

#endif
