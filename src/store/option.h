/* option.h - a project's settings beyond the few of project.h, as text by name.
 *
 * Names begin with their topic: "scrub.", "filter.", "grouping.", "ingest.". Who reads an option
 * knows its default; only what differs is kept.
 */
#ifndef CULPRIT_STORE_OPTION_H
#define CULPRIT_STORE_OPTION_H

#include "event/event.h"
#include "store/store.h"

/* One value. Grouping rules are the longest. */
#define OPTION_VALUE_LIMIT (64 * 1024)

/* All options of the project, by name. */
struct pairs option_list(struct transaction *tx, struct arena *arena, int64_t project_id);
/* The empty value removes it. Counts as a change of the project (store_on_project_change). */
void option_set(struct transaction *tx, int64_t project_id, struct slice name, struct slice value);

#endif
