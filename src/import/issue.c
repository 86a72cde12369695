/* issue.c - one issue, from its newest event to its oldest, then its details.
 *
 * The next page is asked for while one is read and written. What an earlier run has read is not
 * read again: it goes on at the cursor, or, when all was read before, ends at the first page on
 * which nothing is new.
 */
#include "base/clock.h"
#include "import/limits.h"
#include "import/parts.h"

#include "base/banned.h"

struct slice import_issue_path(struct importer *importer, struct arena *arena, int64_t issue_id,
                               const char *rest) {
  if (atomic_load(&importer->uses_old_paths))
    return arena_printf(arena, "/api/0/issues/%lld/%s", (long long)issue_id, rest);
  return arena_printf(arena, "/api/0/organizations/%.*s/issues/%lld/%s",
                      SLICE_ARGS(importer->request->organization), (long long)issue_id, rest);
}

/* --- what is known of it --------------------------------------------------------------- */

static struct import_issue find_row(struct importer *importer, struct arena *arena,
                                    int64_t issue_id) {
  struct import_issue row = {.import_id = importer->import_id, .issue_id = issue_id};
  struct transaction *tx = store_begin_read(importer->request->store);
  import_issue_get(tx, arena, row.import_id, issue_id, &row);
  store_end_read(tx);
  return row;
}

static bool is_unchanged(const struct import_issue *row, const struct import_job *job) {
  return row->is_complete && row->stage == IMPORT_IDLE && row->last_seen_ms == job->last_seen_ms &&
         row->remote_count == job->count && row->comment_count == job->comment_count &&
         slice_equal(row->status, job->status);
}

/* --- events ------------------------------------------------------------------------------ */

struct scan {
  struct importer *importer;
  const struct import_job *job;
  struct import_cursors cursors; /* of the page that is asked for */
  int page_size;
  bool is_known; /* it was read to its end before */
};

static struct slice page_path(struct scan *scan, struct arena *arena) {
  struct slice cursor = url_encode(arena, scan->cursors.current);
  const char *rest = arena_string(
      arena, arena_printf(arena, "events/?full=true&per_page=%d%s%.*s", scan->page_size,
                          cursor.len ? "&cursor=" : "", SLICE_ARGS(cursor)));
  return import_issue_path(scan->importer, arena, scan->job->issue_id, rest);
}

static void ask(struct scan *scan, struct import_fetch *fetch) {
  struct arena arena = {0};
  import_fetch_start(scan->importer, fetch, page_path(scan, &arena));
  arena_free(&arena);
}

/* Old servers know issues without their organization only. */
static bool may_be_old(struct scan *scan) {
  pthread_mutex_lock(&scan->importer->mutex);
  bool is_first = scan->importer->report->events + scan->importer->report->known == 0;
  pthread_mutex_unlock(&scan->importer->mutex);
  return is_first && !scan->cursors.current.len &&
         !atomic_exchange(&scan->importer->uses_old_paths, true);
}

/* Waits for the page; asks for a smaller one where it is too long, or for one at the old place. */
static enum status wait_for_page(struct scan *scan, struct import_fetch *fetch,
                                 struct problem *problem) {
  for (;;) {
    enum status status = import_fetch_wait(fetch, problem);
    bool is_too_long = status == STATUS_TOO_LARGE && scan->page_size > 1;
    if (is_too_long)
      scan->page_size = scan->page_size > 4 ? scan->page_size / 4 : 1;
    else if (status != STATUS_NOT_FOUND || !may_be_old(scan))
      return status;
    import_fetch_end(fetch);
    ask(scan, fetch);
  }
}

static void count_page(struct importer *importer, const struct import_page *page,
                       const struct import_page_write *write) {
  struct import_report *report = importer->report;
  pthread_mutex_lock(&importer->mutex);
  report->events += write->stored;
  report->known += write->known;
  report->elsewhere += write->elsewhere;
  report->expired += (int64_t)page->expired;
  report->refused += (int64_t)page->refused;
  pthread_mutex_unlock(&importer->mutex);
}

/* Reads and writes one page. `goes_on` says whether there is a further one that is wanted; it has
 * been asked for in any case, when there is one. */
static enum status take_page(struct scan *scan, struct slice json, bool has_next, bool *goes_on,
                             struct problem *problem) {
  struct arena arena = {0};
  struct import_page page;
  enum status status = import_page_read(scan->importer, scan->job, &arena, json, &page, problem);
  bool is_old = page.total > 0 && page.expired == page.total;
  struct import_page_write write = {
      .importer = scan->importer,
      .issue_id = scan->job->issue_id,
      .page = &page,
      .cursor = has_next && !is_old ? scan->cursors.current : SLICE_EMPTY,
      .stage = has_next && !is_old ? IMPORT_READING : IMPORT_READ};
  if (import_is_over(scan->importer)) status = STATUS_UNAVAILABLE; /* it may be half a page */
  if (!status) status = import_write(scan->importer, import_page_run, &write, problem);
  if (!status) count_page(scan->importer, &page, &write);
  bool is_nothing_new = scan->is_known && page.total > 0 && write.stored == 0 && !page.refused;
  *goes_on = !status && has_next && !is_old && !is_nothing_new;
  arena_free(&arena);
  return status;
}

static enum status scan_pages(struct scan *scan, struct import_fetch fetches[2],
                              struct problem *problem) {
  bool goes_on = true;
  ask(scan, &fetches[0]);
  for (int at = 0; goes_on; at = 1 - at) {
    struct import_fetch *fetch = &fetches[at], *next = &fetches[1 - at];
    enum status status = wait_for_page(scan, fetch, problem);
    if (status) return status;
    status = import_cursors_next(&scan->cursors, &fetch->call, problem);
    if (status) return status;
    bool has_next = scan->cursors.current.len > 0;
    if (has_next) ask(scan, next);
    status = take_page(scan, fetch->call.answer, has_next, &goes_on, problem);
    if (status) return status;
    import_fetch_end(fetch);
  }
  return STATUS_OK;
}

static enum status read_events(struct importer *importer, const struct import_job *job,
                               const struct import_issue *row, struct problem *problem) {
  struct import_fetch fetches[2] = {0};
  struct scan scan = {.importer = importer,
                      .job = job,
                      .page_size = IMPORT_PAGE_SIZE,
                      .is_known = row->is_complete};
  if (row->stage == IMPORT_READ) return STATUS_OK;
  if (row->stage == IMPORT_READING) scan.cursors.current = row->cursor;
  enum status status = scan_pages(&scan, fetches, problem);
  import_fetch_end(&fetches[0]);
  import_fetch_end(&fetches[1]);
  arena_free(&scan.cursors.arena);
  return status;
}

/* --- the rest of it -------------------------------------------------------------------- */

struct details {
  struct import_fetch fetch, comments_fetch;
  struct arena arena;
  struct sentry_issue issue;
  struct sentry_activities comments;
};

static size_t note_count(const struct sentry_issue *issue) {
  size_t count = 0;
  for (size_t i = 0; i < issue->activity_count; i++)
    count += slice_equal(issue->activities[i].kind, SLICE("note"));
  return count;
}

/* An issue's activities are the latest alone; where comments are missing the list of comments has
 * them. A server without that list keeps the others. */
static void fetch_comments(struct importer *importer, struct details *details) {
  struct problem ignored;
  if ((int64_t)note_count(&details->issue) >= details->issue.comment_count) return;
  struct slice path = import_issue_path(importer, &details->arena, details->issue.group.id,
                                        "comments/?per_page=100");
  if (!import_fetch(importer, &details->comments_fetch, path, &ignored) &&
      sentry_activities_read(&details->arena, details->comments_fetch.call.answer,
                             &details->comments, &ignored))
    details->comments = (struct sentry_activities){0};
}

static void count_issue(struct importer *importer, const struct import_finish_write *write) {
  struct import_report *report = importer->report;
  pthread_mutex_lock(&importer->mutex);
  report->made += write->is_made;
  report->joined += write->is_joined;
  report->without_events += write->is_without_events;
  report->updated += !write->is_first;
  report->comments += write->comments_added;
  report->links += write->links_added;
  report->assigned += write->is_assigned;
  pthread_mutex_unlock(&importer->mutex);
}

static enum status fetch_details(struct importer *importer, const struct import_job *job,
                                 struct details *details, struct problem *problem) {
  struct slice path = import_issue_path(importer, &details->arena, job->issue_id, "");
  enum status status = import_fetch(importer, &details->fetch, path, problem);
  if (!status)
    status =
        sentry_issue_read(&details->arena, details->fetch.call.answer, &details->issue, problem);
  if (!status) fetch_comments(importer, details);
  return status;
}

static enum status finish(struct importer *importer, const struct import_job *job,
                          struct problem *problem) {
  struct details details = {0};
  enum status status = fetch_details(importer, job, &details, problem);
  struct import_finish_write write = {.importer = importer,
                                      .job = job,
                                      .issue = &details.issue,
                                      .comments = details.comments.activities,
                                      .comment_count = details.comments.count};
  if (!status) status = import_write(importer, import_finish_run, &write, problem);
  if (!status) count_issue(importer, &write);
  import_fetch_end(&details.fetch);
  import_fetch_end(&details.comments_fetch);
  arena_free(&details.arena);
  return status;
}

enum status import_issue(struct importer *importer, const struct import_job *job,
                         struct problem *problem) {
  struct arena arena = {0};
  struct import_issue row = find_row(importer, &arena, job->issue_id);
  enum status status = STATUS_OK;
  if (is_unchanged(&row, job)) {
    IMPORT_COUNT(importer, unchanged, 1);
  } else {
    status = read_events(importer, job, &row, problem);
    if (!status) status = finish(importer, job, problem);
  }
  arena_free(&arena);
  return status;
}
