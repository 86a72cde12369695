/* native_event.h - the event that the native SDK writes in files beside its crash dump.
 *
 * Crashpad uploads them after the crash, when the SDK cannot run any more: `__sentry-event` is the
 * event in MessagePack, `__sentry-breadcrumb1` and `2` are breadcrumbs, one value after the other;
 * they are written in turns, so that either may hold the older ones.
 */
#ifndef CULPRIT_INGEST_NATIVE_EVENT_H
#define CULPRIT_INGEST_NATIVE_EVENT_H

#include "base/arena.h"
#include "base/slice.h"

/* A longer file is kept, but not read. Sentry's native SDK writes some KB. */
#define NATIVE_FILE_LIMIT (256 * 1024)

struct native_files {
  struct slice event, breadcrumbs[2]; /* empty: there is none */
};

/* Notes a file by its type, "event.payload" or "event.breadcrumbs". Borrows. */
void native_files_note(struct native_files *files, struct slice type, struct slice bytes);

/* The event's JSON in the arena; the empty slice when there is no event among the files or it
 * cannot be read. */
struct slice native_event_json(struct arena *arena, const struct native_files *files);

#endif
