/* dictionary.h - compression of payloads with dictionaries trained on the project's own events. */
#ifndef CULPRIT_STORE_SQLITE_DICTIONARY_H
#define CULPRIT_STORE_SQLITE_DICTIONARY_H

#include "store/event.h"
#include "store/sqlite/database.h"

struct dictionaries;

/* Starts the training thread. */
struct dictionaries *dictionaries_open(struct store *store);
/* Stops the training thread; call it while the writer still runs. */
void dictionaries_stop(struct dictionaries *dictionaries);
void dictionaries_free(struct dictionaries *dictionaries);

/* Says that the project has stored `event_count` events now, `added` of them new; may start a
 * training or make the project's dictionary ready. Writer thread. */
void dictionaries_note(struct dictionaries *dictionaries, int64_t project_id, int64_t event_count,
                       int64_t added);

/* The JSON of a packed payload, from the arena; false when it is broken or its dictionary is gone.
 */
bool dictionary_unpack(struct transaction *tx, struct arena *arena, struct packed_payload packed,
                       struct slice *json);

#endif
