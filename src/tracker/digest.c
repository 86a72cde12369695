/* digest.c - an accepted event becomes rows: its group found or made, counters raised, the event
 * kept.
 *
 * Runs on the writer thread. What is decided here is the life of the group: an event brings a
 * resolved group back, and leaves an ignored one where it is.
 */
#include "base/clock.h"
#include "store/ledger.h"
#include "tracker/regress.h"
#include "tracker/tracker.h"

#include "base/banned.h"

static void add_activity(struct transaction *tx, const struct digest *digest, int64_t group_id,
                         enum activity_kind kind) {
  char id[EVENT_ID_DIGITS];
  hex_encode(digest->id.bytes, EVENT_ID_BYTES, id);
  const struct activity activity = {
      .group_id = group_id,
      .time_ms = digest->received_ms,
      .kind = kind,
      .data = slice_of(id, sizeof id),
      .release = digest->release,
  };
  activity_add(tx, &activity);
}

static void regress(struct transaction *tx, const struct digest *digest,
                    const struct group *group) {
  group_set_status(tx, group->id, GROUP_UNRESOLVED, true, digest->received_ms);
  add_activity(tx, digest, group->id, ACTIVITY_REGRESSED);
  tracker_note_regress(tx, group, digest);
}

/* The ledger holds exactly what is kept. */
static void count(struct transaction *tx, const struct digest *digest, bool is_duplicate) {
  const struct ledger_entry entry = {
      .project_id = digest->project_id,
      .outcome = is_duplicate ? OUTCOME_INVALID : OUTCOME_ACCEPTED,
      .hour = digest->received_ms / HOUR_MS,
      .category = digest->category,
      .reason = is_duplicate ? SLICE("duplicate") : SLICE_EMPTY,
      .quantity = 1,
  };
  ledger_add(tx, &entry);
}

void tracker_digest_now(struct transaction *tx, struct digest_write *digesting) {
  const struct digest *digest = &digesting->digest;
  struct group group;
  bool is_new = digest_claim_id(tx, digest);
  digesting->outcome = is_new ? DIGEST_STORED : DIGEST_DUPLICATE;
  count(tx, digest, !is_new);
  if (!is_new) return;
  if (!digest_find_group(tx, digest, &group)) {
    digest_create_group(tx, digest, &group);
    add_activity(tx, digest, group.id, ACTIVITY_FIRST_SEEN);
    digesting->is_new_group = true;
  } else if (group.status == GROUP_RESOLVED) {
    regress(tx, digest, &group);
    digesting->is_regressed = true;
  }
  digesting->group_id = group.id;
  digest_count_event(tx, digest);
}

static enum status run(struct transaction *tx, struct store_write *write) {
  struct digest_write *digesting = (struct digest_write *)write;
  /* A batch that failed is run again: nothing of the first run may be left. */
  digesting->outcome = DIGEST_NONE;
  digesting->is_new_group = digesting->is_regressed = false;
  if (digesting->has_event) tracker_digest_now(tx, digesting);
  if (digesting->outcome == DIGEST_DUPLICATE) return STATUS_OK;
  for (struct digest_part *part = digesting->parts; part; part = part->next) part->run(tx, part);
  return STATUS_OK;
}

enum status tracker_digest(struct store *store, struct digest_write *write) {
  write->write.run = run;
  write->write.is_bulk = true;
  return store_submit(store, &write->write);
}

/* --- from an event to its record ---------------------------------------------------------- */

static struct pairs copy_pairs(struct arena *arena, struct pairs pairs) {
  struct pairs copy = {ARENA_ARRAY(arena, pairs.count, struct pair), pairs.count};
  for (size_t i = 0; i < pairs.count; i++) {
    copy.items[i] = (struct pair){arena_copy(arena, pairs.items[i].key),
                                  arena_copy(arena, pairs.items[i].value)};
  }
  return copy;
}

void tracker_fill_digest(struct arena *arena, struct digest *digest, const struct event *event,
                         const struct grouping *grouping) {
  digest->received_ms = event->received_ms;
  digest->timestamp_ms = event->timestamp_ms;
  digest->id = event->id;
  digest->hash_count = grouping->hash_count;
  for (size_t i = 0; i < digest->hash_count; i++) digest->hashes[i] = grouping->hashes[i];
  digest->level = event->level;
  digest->is_unhandled = event->handled == NO;
  digest->error_type = arena_copy(arena, event->error_type);
  digest->error_value = arena_copy(arena, event->error_value);
  digest->title = arena_copy(arena, event->title);
  digest->culprit = arena_copy(arena, event->culprit);
  digest->location = arena_copy(arena, event->location);
  digest->platform = arena_copy(arena, event->platform);
  digest->logger = arena_copy(arena, event->logger);
  digest->release = arena_copy(arena, event->release);
  digest->environment = arena_copy(arena, event->environment);
  digest->user_identity = arena_copy(arena, event->user_identity);
  digest->tags = copy_pairs(arena, event->tags);
}
