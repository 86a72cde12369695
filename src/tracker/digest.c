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

static void digest_event(struct transaction *tx, struct digest_write *digesting) {
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
  if (digesting->has_event) digest_event(tx, digesting);
  if (digesting->outcome == DIGEST_DUPLICATE) return STATUS_OK;
  for (struct digest_part *part = digesting->parts; part; part = part->next) part->run(tx, part);
  return STATUS_OK;
}

enum status tracker_digest(struct store *store, struct digest_write *write) {
  write->write.run = run;
  write->write.is_bulk = true;
  return store_submit(store, &write->write);
}
