/* event.h - kept events, and taking new ones in. */
#ifndef CULPRIT_STORE_EVENT_H
#define CULPRIT_STORE_EVENT_H

#include "event/event.h"
#include "grouping/grouping.h"
#include "store/group.h"
#include "store/store.h"

/* A kept event without its payload. */
struct event_row {
  int64_t ref; /* grows with time; the store's own address of the event */
  int64_t group_id, project_id;
  int64_t strand_id; /* the part of its group that it belongs to: strand.h */
  int64_t timestamp_ms, received_ms;
  struct event_id id;
};

struct event_row_query {
  int64_t group_id, before_ref;
  size_t limit;
};

enum event_position { EVENT_LATEST, EVENT_OLDEST };
bool event_row_at(struct transaction *tx, int64_t group_id, enum event_position position,
                  struct event_row *row);
/* The neighbours of `row` in its group; false at the ends. */
bool event_row_previous(struct transaction *tx, const struct event_row *row,
                        struct event_row *previous);
bool event_row_next(struct transaction *tx, const struct event_row *row, struct event_row *next);
/* By id; newest first if (only after expiry of its dedupe record) there are two. */
bool event_row_find(struct transaction *tx, int64_t project_id, const struct event_id *id,
                    struct event_row *row);
/* Newest first, older than `before_ref` (0: from the newest). */
size_t event_row_list(struct transaction *tx, struct arena *arena,
                      const struct event_row_query *query, struct event_row **rows);
/* The event's JSON as event_write() wrote it; false when it has expired. */
bool event_payload(struct transaction *tx, struct arena *arena, const struct event_row *row,
                   struct slice *json);

/* Compresses a payload with the newest dictionary of the project. Thread-safe; result from the
 * arena. */
struct packed_payload {
  struct slice bytes;
  int64_t dictionary_id; /* 0: none */
};
struct packed_payload store_pack(struct store *store, struct arena *arena, int64_t project_id,
                                 struct slice json);

/* What digesting one event needs: made on a network thread, read by the writer. All memory is the
 * request's arena. */
struct digest {
  int64_t project_id, received_ms, timestamp_ms;
  struct event_id id;
  struct group_hash hashes[GROUPING_MAX_HASHES];
  size_t hash_count;
  enum level level;
  bool is_unhandled;
  struct slice error_type, error_value, title, culprit, location, platform, logger, release,
      environment;
  struct slice user_identity;
  struct pairs tags;
  struct slice category; /* for the ledger: "error" or "security" */
  struct packed_payload payload;
};

/* Counts an event in `group`: number, times and, when it is the latest, texts, which are borrowed.
 * Not users. */
void group_count_event(struct group *group, const struct digest *digest);

/* --- steps of digesting, for tracker/digest.c; on the writer thread ---------- */

/* Takes the event's id; false when the project already has this event (remembered for at least a
 * day). */
bool digest_claim_id(struct transaction *tx, const struct digest *digest);
/* The group that owns any of the hashes; hashes not yet known are attached to it. False: there is
 * none. The group is a snapshot; use the functions below to change it. */
bool digest_find_group(struct transaction *tx, const struct digest *digest, struct group *group);
/* Makes a new group of the event, owning all its hashes. */
void digest_create_group(struct transaction *tx, const struct digest *digest, struct group *group);
/* Keeps the event and counts it for the group that was found or made: events, users, hour, tags,
 * first and last seen, releases, title of the latest. */
void digest_count_event(struct transaction *tx, const struct digest *digest);

#endif
