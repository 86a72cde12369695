/* page.c - a page of events as rows, and how far reading is, in one write.
 *
 * An event whose hash nobody knows belongs to the error that is made of its issue. One whose hash
 * is known belongs to the error that has it, as it would if it came now; if that error is of no
 * other issue, it becomes the one of this issue. Nothing regresses by what is brought.
 */
#include "base/clock.h"
#include "import/parts.h"
#include "store/ledger.h"

#include "base/banned.h"

/* The ledger holds exactly what is kept, in the hours in which it arrived first. */
static void count(struct transaction *tx, const struct digest *digest) {
  const struct ledger_entry entry = {.project_id = digest->project_id,
                                     .outcome = OUTCOME_ACCEPTED,
                                     .hour = digest->received_ms / HOUR_MS,
                                     .category = digest->category,
                                     .quantity = 1};
  ledger_add(tx, &entry);
}

/* The issue's group as it is now: people may have merged it with another. */
static bool find_own_group(struct transaction *tx, struct import_issue *row) {
  struct arena arena = {0};
  struct group group;
  bool is_found = row->group_id && group_get(tx, &arena, row->group_id, &group);
  row->group_id = is_found ? group.id : 0;
  arena_free(&arena);
  return is_found;
}

static void take_known_group(struct transaction *tx, int64_t group_id, struct import_issue *row) {
  if (!row->group_id && !import_issue_of_group(tx, row->import_id, group_id))
    row->group_id = group_id;
  if (group_id != row->group_id) row->other_id = group_id;
}

/* Returns the group that the event belongs to. */
static int64_t place(struct transaction *tx, const struct digest *digest,
                     struct import_issue *row) {
  struct group group;
  if (digest_find_group(tx, digest, &group)) {
    take_known_group(tx, group.id, row);
  } else if (find_own_group(tx, row)) {
    digest_join_group(tx, digest, row->group_id, &group);
  } else {
    digest_create_group(tx, digest, &group);
    row->group_id = group.id;
    row->is_made = true;
  }
  return group.id;
}

/* The event is here: by an SDK that sends to both servers, or by a page that was read twice. */
static void take_known_event(struct transaction *tx, const struct digest *digest,
                             struct import_issue *row) {
  struct event_row known;
  if (!row->is_complete) row->known_count++;
  if (row->group_id || !event_row_find(tx, digest->project_id, &digest->id, &known)) return;
  take_known_group(tx, known.group_id, row);
}

static void take_event(struct transaction *tx, const struct digest *digest,
                       struct import_issue *row, struct import_page_write *write) {
  if (!digest_claim_id(tx, digest)) {
    write->known++;
    take_known_event(tx, digest, row);
    return;
  }
  if (place(tx, digest, row) != row->group_id) write->elsewhere++;
  digest_count_event(tx, digest);
  count(tx, digest);
  write->stored++;
  row->event_count++;
  row->known_count++;
}

enum status import_page_run(struct transaction *tx, void *context, struct problem *problem) {
  struct import_page_write *write = context;
  struct arena arena = {0};
  struct import_issue row = {.import_id = write->importer->import_id, .issue_id = write->issue_id};
  (void)problem;
  write->stored = write->known = write->elsewhere = 0; /* it may be run again */
  import_issue_get(tx, &arena, row.import_id, row.issue_id, &row);
  for (size_t i = 0; i < write->page->count; i++)
    take_event(tx, write->page->digests[i], &row, write);
  row.cursor = write->cursor;
  row.stage = write->stage;
  import_issue_set(tx, &row);
  arena_free(&arena);
  return STATUS_OK;
}
