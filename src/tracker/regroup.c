/* regroup.c - see regroup.h. */
#include "tracker/regroup.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/option.h"
#include "tracker/regroup_parts.h"

#include "base/banned.h"

/* Notes of one write. */
enum { NOTES_BATCH = 200 };

static _Atomic bool is_stopping;
/* One at a time in a server: each takes memory for the classes, and two cores. */
static pthread_mutex_t running = PTHREAD_MUTEX_INITIALIZER;

void tracker_regroup_stop(void) { is_stopping = true; }
bool regroup_is_stopping(void) { return is_stopping; }

enum status regroup_stopped(struct problem *problem) {
  return problem_set(problem, STATUS_UNAVAILABLE,
                     "The server is stopping. What was begun goes on at its next start.");
}

enum status regroup_write(struct store *store, store_write_fn *run, void *context,
                          struct problem *problem) {
  enum { PAUSE_MS = 20 };
  while (!is_stopping) {
    /* Ingest has the queue; it goes first. */
    struct store_statistics statistics;
    store_statistics(store, &statistics);
    enum status status = STATUS_UNAVAILABLE;
    if (statistics.queue_length < statistics.queue_limit / 2)
      status = store_write(store, run, context, problem);
    if (status != STATUS_UNAVAILABLE) return status;
    struct problem full;
    if (!store_is_ready(store, &full) && statistics.queue_length < statistics.queue_limit / 2) {
      *problem = full;
      return STATUS_UNAVAILABLE;
    }
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
  }
  return regroup_stopped(problem);
}

static enum status begin_running(struct problem *problem) {
  if (pthread_mutex_trylock(&running) == 0) return STATUS_OK;
  return problem_set(problem, STATUS_CONFLICT,
                     "Errors are being regrouped at the moment. Try again when that is done.");
}

/* --- planning ---------------------------------------------------------------------------- */

/* Rules given, or the project's own. */
static enum status compile_rules(struct store *store, struct arena *arena,
                                 const struct regroup_request *request,
                                 const struct grouping_rules **rules, struct problem *problem) {
  if (request->rules) return grouping_rules_compile(arena, request->rules, rules, problem);
  struct transaction *tx = store_begin_read(store);
  struct grouping_rules_text text =
      grouping_rules_of_options(option_list(tx, arena, request->project->id));
  store_end_read(tx);
  return grouping_rules_compile(arena, &text, rules, problem);
}

static enum status make_plan(const struct regroup_work *work, struct arena *arena,
                             struct regroup_plan *plan, struct problem *problem) {
  struct regroup_classes classes = {0};
  struct regroup_strand *strands;
  struct regroup_known_hash *known;
  struct regroup_input input = {.classes = &classes};
  /* Before the events: a strand that comes up meanwhile must not pass for one whose events have all
   * expired. */
  struct transaction *tx = store_begin_read(work->store);
  input.strand_count = regroup_strands(tx, arena, work->project_id, &strands);
  input.known_count = regroup_hashes(tx, arena, work->project_id, &known);
  store_end_read(tx);
  input.strands = strands;
  input.known = known;
  enum status status = regroup_read_all(work, &classes, problem);
  if (!status) regroup_plan_make(arena, &input, plan);
  regroup_classes_free(&classes);
  return status;
}

/* --- titles ------------------------------------------------------------------------------ */

struct finding {
  struct arena *arena;
  const struct grouping_rules *rules;
  struct digest digest;
  bool is_found;
};

static void digest_into(void *context, const struct regroup_event *event) {
  struct finding *finding = context;
  finding->is_found = regroup_digest(finding->arena, event, finding->rules, true, &finding->digest);
}

/* The event at `ref` as it would be taken in now. Its texts lie in the arenas. */
static bool digest_at(struct transaction *tx, const struct regroup_work *work, int64_t ref,
                      struct arena arenas[2], struct digest *digest) {
  struct finding finding = {.arena = &arenas[0], .rules = work->rules};
  const struct regroup_scan scan = {.project_id = work->project_id,
                                    .after_ref = ref - 1,
                                    .until_ref = ref,
                                    .limit = 1,
                                    .take = digest_into,
                                    .context = &finding,
                                    .arena = &arenas[1]};
  arena_reset(&arenas[0]);
  regroup_scan(tx, &scan);
  *digest = finding.digest;
  return finding.is_found;
}

static void find_title(struct transaction *tx, const struct regroup_work *work, struct arena *arena,
                       struct arena arenas[2], const struct regroup_cluster *cluster,
                       struct regroup_title *title) {
  struct digest digest;
  struct group group;
  *title = (struct regroup_title){0};
  if (cluster->latest_ref && digest_at(tx, work, cluster->latest_ref, arenas, &digest))
    title->title = arena_copy(arena, digest.title);
  if (!cluster->group_id || !group_get(tx, arena, cluster->group_id, &group)) return;
  title->before = group.title;
  title->number = group.number;
  title->is_renamed = title->title.len && !slice_equal(title->title, title->before);
}

static void find_titles(const struct regroup_work *work, struct arena *arena,
                        struct regroup_report *report) {
  enum { CLUSTERS_PER_SNAPSHOT = 500 };
  struct arena arenas[2] = {{0}, {0}};
  size_t count = report->plan.cluster_count;
  struct transaction *tx = NULL;
  report->titles = ARENA_ARRAY(arena, count + 1, struct regroup_title);
  for (size_t i = 0; i < count && !is_stopping; i++) {
    if (i % CLUSTERS_PER_SNAPSHOT == 0) {
      if (tx) store_end_read(tx);
      tx = store_begin_read(work->store);
    }
    find_title(tx, work, arena, arenas, &report->plan.clusters[i], &report->titles[i]);
    report->renamed += report->titles[i].is_renamed;
    /* An error that is among others, all of whose events may come from one other. */
    const struct regroup_cluster *cluster = &report->plan.clusters[i];
    size_t sources = 0;
    for (size_t k = 0; k < cluster->source_count; k++) sources += cluster->sources[k].count > 0;
    report->joined += sources > 1;
  }
  if (tx) store_end_read(tx);
  arena_free(&arenas[0]);
  arena_free(&arenas[1]);
}

static enum status report_plan(const struct regroup_work *work, struct arena *arena,
                               struct regroup_report *report, struct problem *problem) {
  int64_t started_us = clock_monotonic_us();
  *report = (struct regroup_report){0};
  enum status status = make_plan(work, arena, &report->plan, problem);
  if (status) return status;
  report->split = regroup_plan_split_count(arena, &report->plan);
  find_titles(work, arena, report);
  if (is_stopping) return regroup_stopped(problem);
  report->duration_us = clock_monotonic_us() - started_us;
  return STATUS_OK;
}

/* --- applying: splitting ----------------------------------------------------------------- */

struct applying {
  const struct regroup_work *work;
  struct regroup_run run;
  const struct regroup_report *report;
  struct arena *arena;
  int64_t *cluster_groups; /* the groups of the clusters, new ones as they are made */
  size_t next;             /* what the running kind of notes goes on with */
  const struct regroup_known_hash *known;
  size_t known_count;
};

/* Strands with several parts, and those that a killed server left in the middle. */
static enum status split_strands(struct applying *a, struct problem *problem) {
  const struct regroup_plan *plan = &a->report->plan;
  struct regroup_strand *strands;
  struct transaction *tx = store_begin_read(a->work->store);
  size_t count = regroup_strands(tx, a->arena, a->work->project_id, &strands), part = 0;
  store_end_read(tx);
  enum status status = STATUS_OK;
  for (size_t i = 0; i < count && !status; i++) {
    while (part < plan->part_count && plan->parts[part].strand_id < strands[i].id) part++;
    if (part == plan->part_count || plan->parts[part].strand_id != strands[i].id) continue;
    bool has_several =
        part + 1 < plan->part_count && plan->parts[part + 1].strand_id == strands[i].id;
    if (!has_several && !strands[i].is_unsettled) continue;
    const struct regroup_splitting splitting = {.work = a->work,
                                                .run = &a->run,
                                                .strand_id = strands[i].id,
                                                .main = plan->parts[part].hash};
    status = regroup_split_strand(&splitting, problem);
  }
  return status;
}

/* --- applying: notes --------------------------------------------------------------------- */

static int64_t strand_of_part(struct transaction *tx, const struct applying *a, size_t at) {
  const struct regroup_part *part = &a->report->plan.parts[at];
  if (part->is_main) return part->strand_id;
  return regroup_find_strand(tx, &a->run, part->strand_id, &part->hash);
}

/* Each of these notes up to NOTES_BATCH things from a->next on. */
static void note_clusters(struct transaction *tx, struct applying *a, size_t end) {
  const struct regroup_plan *plan = &a->report->plan;
  for (size_t i = a->next; i < end; i++) {
    const struct regroup_cluster *cluster = &plan->clusters[i];
    a->cluster_groups[i] =
        cluster->group_id
            ? cluster->group_id
            : regroup_new_group(tx, &a->run, cluster->sources[0].group_id, clock_now_ms());
    if (a->report->titles[i].is_renamed)
      regroup_note_renamed(tx, a->run.change_id, cluster->group_id);
  }
}

static void note_parts(struct transaction *tx, struct applying *a, size_t end) {
  const struct regroup_plan *plan = &a->report->plan;
  for (size_t i = a->next; i < end; i++) {
    const struct regroup_part *part = &plan->parts[i];
    struct regroup_step step = {.strand_id = strand_of_part(tx, a, i),
                                .to_group = a->cluster_groups[part->cluster],
                                .to_hash = part->hash};
    if (step.strand_id) regroup_note_strand(tx, a->run.change_id, &step);
  }
}

static void note_joined(struct transaction *tx, struct applying *a, size_t end) {
  const struct regroup_plan *plan = &a->report->plan;
  for (size_t i = a->next; i < end; i++)
    regroup_note_joined(tx, a->run.change_id, plan->joined[i].group_id,
                        a->cluster_groups[plan->joined[i].cluster]);
}

/* Parts that are not their strand's main one get strands, empty at first. */
static void make_parts(struct transaction *tx, struct applying *a, size_t end) {
  const struct regroup_plan *plan = &a->report->plan;
  for (size_t i = a->next; i < end; i++)
    if (!plan->parts[i].is_main)
      regroup_part_strand(tx, &a->run, plan->parts[i].strand_id, &plan->parts[i].hash);
}

/* Before any event moves, so that new ones come to the strands of their hashes. */
static void lead_hashes(struct transaction *tx, struct applying *a, size_t end) {
  const struct regroup_plan *plan = &a->report->plan;
  for (size_t i = a->next; i < end; i++) {
    size_t part = plan->hashes[i].part;
    if (part == SIZE_MAX) continue;
    const struct regroup_lead lead = {.hash = plan->hashes[i].hash,
                                      .to_strand = strand_of_part(tx, a, part),
                                      .to_group = a->cluster_groups[plan->parts[part].cluster],
                                      .last_strand = plan->last_strand};
    if (lead.to_strand) regroup_lead_hash(tx, &a->run, &lead);
  }
}

static int by_hash(const void *a, const void *b) {
  const struct regroup_hash *x = a, *y = b;
  return memcmp(x->hash.bytes, y->hash.bytes, sizeof x->hash.bytes);
}

/* Hashes that no event has any more. Those that came since the plan was made are not meant. */
static void note_old_hashes(struct transaction *tx, struct applying *a, size_t end) {
  const struct regroup_plan *plan = &a->report->plan;
  for (size_t i = a->next; i < end; i++) {
    if (a->known[i].strand_id > plan->last_strand) continue;
    const struct regroup_hash key = {.hash = a->known[i].hash};
    if (plan->hash_count && bsearch(&key, plan->hashes, plan->hash_count, sizeof key, by_hash))
      continue;
    regroup_note_old_hash(tx, &a->run, &key.hash);
  }
}

typedef void note_fn(struct transaction *tx, struct applying *a, size_t end);
struct noting {
  struct applying *applying;
  note_fn *note;
  size_t end;
};

static enum status run_notes(struct transaction *tx, void *context, struct problem *problem) {
  struct noting *noting = context;
  (void)problem;
  noting->note(tx, noting->applying, noting->end);
  return STATUS_OK;
}

static enum status note_all(struct applying *a, note_fn *note, size_t count,
                            struct problem *problem) {
  enum status status = STATUS_OK;
  for (a->next = 0; a->next < count && !status; a->next += NOTES_BATCH) {
    size_t end = count - a->next < NOTES_BATCH ? count : a->next + NOTES_BATCH;
    struct noting noting = {a, note, end};
    status = regroup_write(a->work->store, run_notes, &noting, problem);
  }
  return status;
}

static enum status run_clear(struct transaction *tx, void *context, struct problem *problem) {
  const struct applying *a = context;
  (void)problem;
  regroup_clear(tx, a->run.change_id);
  return STATUS_OK;
}

static enum status run_switching(struct transaction *tx, void *context, struct problem *problem) {
  const struct applying *a = context;
  (void)problem;
  regroup_set_state(tx, a->run.change_id, REGROUP_SWITCHING);
  return STATUS_OK;
}

static enum status do_plan(struct applying *a, struct problem *problem) {
  const struct regroup_plan *plan = &a->report->plan;
  a->cluster_groups = ARENA_ARRAY(a->arena, plan->cluster_count + 1, int64_t);
  enum status status = note_all(a, note_clusters, plan->cluster_count, problem);
  if (!status) status = note_all(a, note_joined, plan->joined_count, problem);
  if (!status) status = note_all(a, make_parts, plan->part_count, problem);
  if (!status) status = note_all(a, note_parts, plan->part_count, problem);
  if (!status) status = note_all(a, lead_hashes, plan->hash_count, problem);
  if (!status) status = split_strands(a, problem);
  /* Sorted to be found in; their order is not needed any more. */
  if (plan->hash_count) qsort(plan->hashes, plan->hash_count, sizeof *plan->hashes, by_hash);
  if (!status) status = note_all(a, note_old_hashes, a->known_count, problem);
  return status ? status : regroup_write(a->work->store, run_switching, a, problem);
}

/* --- doing what was noted ---------------------------------------------------------------- */

static enum status run_advance(struct transaction *tx, void *context, struct problem *problem) {
  const struct regroup_run *run = context;
  (void)problem;
  regroup_advance(tx, run, clock_now_ms());
  return STATUS_OK;
}

/* Up to the titles. */
static enum status advance_all(struct store *store, int64_t project_id, struct problem *problem) {
  enum status status = STATUS_OK;
  struct regroup_run run;
  while (!status) {
    struct transaction *tx = store_begin_read(store);
    bool is_left = regroup_unfinished(tx, project_id, &run);
    store_end_read(tx);
    if (!is_left || run.state == REGROUP_TITLING) break;
    status = regroup_write(store, run_advance, &run, problem);
  }
  return status;
}

struct retitling {
  int64_t group_id;
  const struct digest *digest;
};

static enum status run_retitle(struct transaction *tx, void *context, struct problem *problem) {
  const struct retitling *retitling = context;
  (void)problem;
  regroup_retitle(tx, retitling->group_id, retitling->digest);
  return STATUS_OK;
}

/* The latest event by time; of equals the one that came last. It lies near the end of the list as a
 * rule. */
static bool find_latest(struct transaction *tx, struct arena *arena, const struct group *group,
                        struct event_row *row) {
  enum { ROWS_LIMIT = 1000 };
  struct event_row *rows;
  const struct event_row_query query = {.group_id = group->id, .limit = ROWS_LIMIT};
  if (!event_row_at(tx, group->id, EVENT_LATEST, row)) return false;
  if (row->timestamp_ms == group->last_seen_ms) return true;
  size_t count = event_row_list(tx, arena, &query, &rows);
  for (size_t i = 0; i < count; i++)
    if (rows[i].timestamp_ms > row->timestamp_ms) *row = rows[i];
  return true;
}

/* Titles come from the latest event, as it is seen now. */
static enum status retitle(const struct regroup_work *work, int64_t group_id,
                           struct arena arenas[3], struct problem *problem) {
  struct event_row row;
  struct group group;
  struct digest digest;
  struct transaction *tx = store_begin_read(work->store);
  arena_reset(&arenas[2]);
  bool is_found = group_get(tx, &arenas[2], group_id, &group) &&
                  find_latest(tx, &arenas[2], &group, &row) &&
                  digest_at(tx, work, row.ref, arenas, &digest);
  store_end_read(tx);
  if (!is_found ||
      (slice_equal(digest.title, group.title) && slice_equal(digest.culprit, group.culprit)))
    return STATUS_OK;
  struct retitling retitling = {group_id, &digest};
  return regroup_write(work->store, run_retitle, &retitling, problem);
}

static enum status run_done(struct transaction *tx, void *context, struct problem *problem) {
  const int64_t *change_id = context;
  (void)problem;
  regroup_set_state(tx, *change_id, REGROUP_DONE);
  return STATUS_OK;
}

/* The last step of a change. */
static enum status retitle_all(const struct regroup_work *work, int64_t change_id,
                               struct problem *problem) {
  struct arena arena = {0}, arenas[3] = {{0}, {0}, {0}};
  int64_t *groups;
  enum status status = STATUS_OK;
  struct transaction *tx = store_begin_read(work->store);
  size_t count = regroup_groups(tx, &arena, change_id, &groups);
  store_end_read(tx);
  for (size_t i = 0; i < count && !status && !is_stopping; i++)
    status = retitle(work, groups[i], arenas, problem);
  for (size_t i = 0; i < 3; i++) arena_free(&arenas[i]);
  arena_free(&arena);
  return status ? status : regroup_write(work->store, run_done, &change_id, problem);
}

/* --- applying ---------------------------------------------------------------------------- */

struct beginning {
  const struct regroup_request *request;
  struct regroup_run run;
};

static enum status run_begin(struct transaction *tx, void *context, struct problem *problem) {
  struct beginning *beginning = context;
  const struct regroup_request *request = beginning->request;
  struct arena arena = {0};
  int64_t project_id = request->project->id;
  if (regroup_unfinished(tx, project_id, &beginning->run))
    return problem_set(problem, STATUS_CONFLICT,
                       "The errors of this project are being regrouped already.");
  struct grouping_rules_text old = grouping_rules_of_options(option_list(tx, &arena, project_id));
  const struct regroup_rules before = {old.enhancements, old.fingerprints};
  beginning->run.change_id =
      regroup_begin(tx, project_id, clock_now_ms(), request->rules ? &before : NULL);
  beginning->run.project_id = project_id;
  beginning->run.state = REGROUP_SPLITTING;
  if (request->rules) {
    option_set(tx, project_id, SLICE(OPTION_STACK_RULES), request->rules->enhancements);
    option_set(tx, project_id, SLICE(OPTION_FINGERPRINT_RULES), request->rules->fingerprints);
  }
  arena_free(&arena);
  return STATUS_OK;
}

/* From a change in the state SPLITTING to its end. */
static enum status apply(const struct regroup_work *work, const struct regroup_run *run,
                         struct arena *arena, struct regroup_report *report,
                         struct problem *problem) {
  struct regroup_known_hash *known;
  struct applying applying = {.work = work, .run = *run, .report = report, .arena = arena};
  enum status status = regroup_write(work->store, run_clear, &applying, problem);
  if (!status) status = report_plan(work, arena, report, problem);
  struct transaction *tx = store_begin_read(work->store);
  applying.known_count = regroup_hashes(tx, arena, work->project_id, &known);
  applying.known = known;
  store_end_read(tx);
  if (!status) status = do_plan(&applying, problem);
  if (!status) status = advance_all(work->store, work->project_id, problem);
  return status ? status : retitle_all(work, run->change_id, problem);
}

/* --- undoing ----------------------------------------------------------------------------- */

struct undoing {
  int64_t project_id, change_id;
};

static enum status run_undo(struct transaction *tx, void *context, struct problem *problem) {
  struct undoing *undoing = context;
  struct arena arena = {0};
  struct regroup_run run;
  struct group_change change;
  if (regroup_unfinished(tx, undoing->project_id, &run))
    return problem_set(problem, STATUS_CONFLICT,
                       "The errors of this project are being regrouped. Try again when that is "
                       "done.");
  if (!regroup_last(tx, undoing->project_id, &undoing->change_id) ||
      !change_get(tx, &arena, undoing->change_id, &change)) {
    arena_free(&arena);
    return problem_set(problem, STATUS_NOT_FOUND,
                       "There is no regrouping of this project to take back.");
  }
  bool is_undoable = change_is_undoable(tx, &change);
  if (is_undoable) regroup_set_state(tx, change.id, REGROUP_LEADING_BACK);
  arena_free(&arena);
  if (is_undoable) return STATUS_OK;
  return problem_set(
      problem, STATUS_CONFLICT,
      "The last regrouping cannot be taken back, because errors were merged or split "
      "since. Take that back first.");
}

/* With the rules that the project has now. */
static enum status finish(struct store *store, int64_t project_id, int64_t change_id,
                          struct problem *problem) {
  struct arena arena = {0};
  const struct project project = {.id = project_id};
  const struct regroup_request request = {.project = &project};
  struct regroup_work work = {.store = store, .project_id = project_id};
  enum status status = advance_all(store, project_id, problem);
  if (!status) {
    status = compile_rules(store, &arena, &request, &work.rules, problem);
    /* Under rules that this version does not take, titles stay as they are. */
    status = status ? regroup_write(store, run_done, &change_id, problem)
                    : retitle_all(&work, change_id, problem);
  }
  arena_free(&arena);
  return status;
}

static enum status run_take_back(struct transaction *tx, void *context, struct problem *problem) {
  const struct regroup_run *run = context;
  (void)problem;
  regroup_set_state(tx, run->change_id, REGROUP_LEADING_BACK);
  return STATUS_OK;
}

/* What cannot be done however often it is tried, because of its rules or of how much it would be,
 * is taken back: left as it is, nothing could be changed in the project any more. */
static bool is_hopeless(enum status status) {
  return status == STATUS_BAD_INPUT || status == STATUS_TOO_LARGE;
}

static enum status take_back(struct store *store, const struct regroup_run *run,
                             struct problem *problem) {
  struct regroup_run back = *run;
  enum status status = regroup_write(store, run_take_back, &back, problem);
  return status ? status : finish(store, run->project_id, run->change_id, problem);
}

/* --- after a kill ------------------------------------------------------------------------ */

static enum status resume(struct store *store, const struct regroup_run *run,
                          struct problem *problem) {
  struct arena arena = {0};
  struct regroup_report report;
  const struct project project = {.id = run->project_id};
  const struct regroup_request request = {.project = &project};
  struct regroup_work work = {.store = store, .project_id = run->project_id};
  enum status status = STATUS_OK;
  if (run->state == REGROUP_SPLITTING) {
    status = compile_rules(store, &arena, &request, &work.rules, problem);
    if (!status) status = apply(&work, run, &arena, &report, problem);
    if (is_hopeless(status)) {
      char quoted[LOG_QUOTED_BYTES];
      log_write(LOG_ERROR, "a regrouping was taken back", "reason=%s",
                log_quote(quoted, slice_of_string(problem->message)));
      status = take_back(store, run, problem);
    }
  } else {
    status = finish(store, run->project_id, run->change_id, problem);
  }
  arena_free(&arena);
  return status;
}

/* Of a project, or (0) of all. */
static enum status resume_all(struct store *store, int64_t project_id, struct problem *problem) {
  struct regroup_run run;
  enum status status = STATUS_OK;
  while (!status) {
    struct transaction *tx = store_begin_read(store);
    bool is_left = regroup_unfinished(tx, project_id, &run);
    store_end_read(tx);
    if (!is_left) break;
    log_write(LOG_INFO, "going on with a regrouping that was interrupted", "project=%lld",
              (long long)run.project_id);
    status = resume(store, &run, problem);
  }
  return status;
}

void tracker_regroup_resume(struct store *store) {
  struct problem problem = {0};
  char quoted[LOG_QUOTED_BYTES];
  pthread_mutex_lock(&running);
  enum status status = resume_all(store, 0, &problem);
  pthread_mutex_unlock(&running);
  if (status && !is_stopping)
    log_write(LOG_ERROR, "a regrouping could not be finished", "reason=%s",
              log_quote(quoted, slice_of_string(problem.message)));
}

/* --- what others call ---------------------------------------------------------------------- */

static enum status regroup(struct store *store, struct arena *arena,
                           const struct regroup_request *request, struct regroup_report *report,
                           struct problem *problem) {
  struct regroup_work work = {
      .store = store, .project_id = request->project->id, .is_dry_run = request->is_dry_run};
  struct beginning beginning = {.request = request};
  enum status status = compile_rules(store, arena, request, &work.rules, problem);
  if (status) return status;
  if (request->is_dry_run) return report_plan(&work, arena, report, problem);
  status = resume_all(store, request->project->id, problem);
  if (!status) status = regroup_write(store, run_begin, &beginning, problem);
  if (status) return status;
  status = apply(&work, &beginning.run, arena, report, problem);
  struct problem further = {0};
  if (is_hopeless(status) && take_back(store, &beginning.run, &further))
    log_write(LOG_WARNING, "a regrouping is taken back later", "project=%lld",
              (long long)request->project->id);
  return status;
}

enum status tracker_regroup(struct store *store, struct arena *arena,
                            const struct regroup_request *request, struct regroup_report *report,
                            struct problem *problem) {
  enum status status = begin_running(problem);
  if (status) return status;
  status = regroup(store, arena, request, report, problem);
  pthread_mutex_unlock(&running);
  return status;
}

enum status tracker_regroup_undo(struct store *store, int64_t project_id, struct problem *problem) {
  struct undoing undoing = {.project_id = project_id};
  enum status status = begin_running(problem);
  if (status) return status;
  status = resume_all(store, project_id, problem);
  if (!status) status = regroup_write(store, run_undo, &undoing, problem);
  if (!status) status = finish(store, project_id, undoing.change_id, problem);
  pthread_mutex_unlock(&running);
  return status;
}
