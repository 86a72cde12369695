/* poll.c - see poll.h.
 *
 * One thread asks one project after the other. A question names the issues and, but for the first
 * time and once in a while, the time of the last one, so that the answer holds what changed and is
 * empty mostly. Issues that are missing in an answer without that time were deleted, moved or
 * hidden from the token; they are looked at one by one before they count as gone.
 */
#include "forge/poll.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "forge/issue_parts.h"
#include "forge/sighting.h"

#include "base/banned.h"

/* One project's turn. */
struct round {
  struct forge *forge;
  struct arena arena;
  struct forge_project link;
  struct gitlab gitlab;
  struct forge_issue *issues;
  size_t issue_count;
  bool is_full;
  int64_t since_ms, asked_ms; /* before and from now on; by GitLab's clock */
  struct sighting *sightings;
  size_t sighting_count;
};

/* --- asking ------------------------------------------------------------------------------------
 */

static struct slice question_of(struct round *round, size_t from, size_t count) {
  struct buffer path = buffer_make(16 * 1024);
  buffer_printf(&path, "/projects/%lld/issues?per_page=%d",
                (long long)round->link.project.remote_id, GITLAB_PAGE);
  for (size_t i = from; i < from + count; i++)
    buffer_printf(&path, "&iids[]=%lld", (long long)round->issues[i].number);
  if (!round->is_full) {
    char since[TIME_ISO_BYTES];
    time_format_iso(round->since_ms, since);
    buffer_printf(&path, "&updated_after=%s", since);
  }
  struct slice text = arena_copy(&round->arena, buffer_slice(&path));
  buffer_free(&path);
  return text;
}

static void add_sighting(struct round *round, const struct gitlab_issue *issue) {
  round->sightings[round->sighting_count++] =
      (struct sighting){.remote_id = round->link.project.remote_id,
                        .number = issue->number,
                        .is_open = issue->is_open,
                        .is_gone = issue->is_moved,
                        .title = issue->title,
                        .updated_ms = issue->updated_ms};
}

static bool is_seen(const struct round *round, int64_t number) {
  for (size_t i = 0; i < round->sighting_count; i++)
    if (round->sightings[i].number == number) return true;
  return false;
}

/* Only what was asked for counts, whatever the answer holds. */
static bool is_asked(const struct round *round, size_t from, size_t count, int64_t number) {
  for (size_t i = from; i < from + count; i++)
    if (round->issues[i].number == number) return true;
  return false;
}

static bool ask_batch(struct round *round, size_t from, size_t count, struct gitlab_reply *reply) {
  struct gitlab_question question = {.method = "GET", .path = question_of(round, from, count)};
  gitlab_ask(&round->gitlab, &question, reply);
  if (reply->fate != GITLAB_ANSWERED || !yyjson_is_arr(reply->json)) return false;
  if (!round->asked_ms) round->asked_ms = reply->asked_ms;
  yyjson_arr_iter items = yyjson_arr_iter_with(reply->json);
  yyjson_val *item;
  struct gitlab_issue issue;
  while ((item = yyjson_arr_iter_next(&items)))
    if (gitlab_issue_read(item, &issue) && is_asked(round, from, count, issue.number) &&
        !is_seen(round, issue.number))
      add_sighting(round, &issue);
  return true;
}

/* Some of those that a full answer left out; the others' turn comes with the next. */
static void look_for_missing(struct round *round) {
  struct gitlab_target target = {.gitlab = &round->gitlab,
                                 .remote_id = round->link.project.remote_id};
  int left = POLL_MISSING_LIMIT;
  for (size_t i = 0; i < round->issue_count && left > 0; i++) {
    struct gitlab_reply reply;
    target.number = round->issues[i].number;
    if (is_seen(round, target.number)) continue;
    left--;
    gitlab_get_issue(&target, &reply);
    if (reply.fate != GITLAB_MISSING) continue;
    round->sightings[round->sighting_count++] =
        (struct sighting){.remote_id = target.remote_id, .number = target.number, .is_gone = true};
  }
}

static enum status write_sightings(struct transaction *tx, void *context, struct problem *problem) {
  struct round *round = context;
  (void)problem;
  for (size_t i = 0; i < round->sighting_count; i++)
    sighting_take(tx, round->forge, &round->link.project, &round->sightings[i]);
  return STATUS_OK;
}

static bool begin(struct round *round, int64_t project_id) {
  struct forge *forge = round->forge;
  enum forge_as as;
  struct problem problem;
  struct transaction *tx = store_begin_read(forge->store);
  bool is_linked = forge_link_read(tx, &round->arena, project_id, &round->link);
  const struct forge_issue_query query = {project_id, is_linked ? round->link.project.remote_id : 0,
                                          POLL_ISSUES_LIMIT};
  if (is_linked) round->issue_count = forge_issue_list(tx, &round->arena, &query, &round->issues);
  store_end_read(tx);
  struct forge_access access = {.forge = forge, .link = &round->link};
  return round->issue_count > 0 &&
         forge_access_open(&access, &round->arena, &round->gitlab, &as, &problem) == STATUS_OK;
}

/* False: GitLab did not answer. */
static bool ask_project(struct round *round, int64_t project_id) {
  struct gitlab_reply reply;
  struct problem problem;
  char quoted[LOG_QUOTED_BYTES];
  if (!begin(round, project_id)) return true;
  round->sightings = ARENA_ARRAY(&round->arena, round->issue_count, struct sighting);
  for (size_t from = 0; from < round->issue_count; from += GITLAB_PAGE) {
    size_t left = round->issue_count - from;
    if (ask_batch(round, from, left < GITLAB_PAGE ? left : GITLAB_PAGE, &reply)) continue;
    log_write(LOG_WARNING, "GitLab did not say what became of issues", "project=%lld reason=%s",
              (long long)project_id, log_quote(quoted, slice_of_string(reply.problem.message)));
    return false;
  }
  if (round->is_full) look_for_missing(round);
  return !round->sighting_count ||
         store_write(round->forge->store, write_sightings, round, &problem) == STATUS_OK;
}

/* --- whose turn it is
 * ------------------------------------------------------------------------------ */

static struct poll_project *project_of(struct poll *poll, int64_t project_id) {
  struct poll_project *project = poll->projects;
  while (project && project->project_id != project_id) project = project->next;
  if (project) return project;
  project = memory_alloc(sizeof(*project));
  *project = (struct poll_project){.project_id = project_id, .next = poll->projects};
  poll->projects = project;
  return project;
}

static int64_t wait_ms(const struct poll_project *project, int64_t now_ms) {
  if (project->failures) {
    int64_t wait = POLL_MS << (project->failures < 5 ? project->failures : 5);
    return wait < POLL_SELDOM_MS ? wait : POLL_SELDOM_MS;
  }
  return project->hook_ms && now_ms - project->hook_ms < POLL_HOOK_MS ? POLL_SELDOM_MS : POLL_MS;
}

/* Asks one project, when it is due. */
static void visit(struct forge *forge, int64_t project_id) {
  struct poll *poll = &forge->poll;
  struct round round = {.forge = forge};
  int64_t now_ms = clock_now_ms();
  pthread_mutex_lock(&poll->mutex);
  struct poll_project *project = project_of(poll, project_id);
  bool is_due = project->next_ms <= now_ms && !poll->is_stopping;
  round.since_ms = project->since_ms;
  round.is_full = !project->since_ms || now_ms - project->full_ms >= POLL_FULL_MS;
  if (is_due) project->next_ms = INT64_MAX; /* until it was asked, or somebody is in a hurry */
  pthread_mutex_unlock(&poll->mutex);
  if (!is_due) return;
  bool is_answered = ask_project(&round, project_id);
  now_ms = clock_now_ms();
  pthread_mutex_lock(&poll->mutex);
  /* Somebody in a hurry has begun anew meanwhile: what this round found is of before. */
  bool is_current = project->next_ms == INT64_MAX;
  if (is_current) project->failures = is_answered ? 0 : project->failures + 1;
  if (is_current && is_answered && round.asked_ms) {
    project->since_ms = round.asked_ms - POLL_OVERLAP_MS;
    if (round.is_full) project->full_ms = now_ms;
  }
  if (is_current) project->next_ms = now_ms + wait_ms(project, now_ms);
  pthread_mutex_unlock(&poll->mutex);
  arena_free(&round.arena);
}

static void visit_all(struct forge *forge) {
  struct arena arena = {0};
  struct project_forge *links;
  struct transaction *tx = store_begin_read(forge->store);
  size_t count = project_forge_list(tx, &arena, 0, &links);
  store_end_read(tx);
  for (size_t i = 0; i < count; i++)
    if (links[i].resolves_on_close) visit(forge, links[i].project_id);
  arena_free(&arena);
}

static void *run(void *context) {
  struct forge *forge = context;
  struct poll *poll = &forge->poll;
  pthread_mutex_lock(&poll->mutex);
  while (!poll->is_stopping) {
    pthread_mutex_unlock(&poll->mutex);
    visit_all(forge);
    pthread_mutex_lock(&poll->mutex);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += POLL_TICK_MS / SECOND_MS;
    if (!poll->is_stopping && !poll->has_news)
      pthread_cond_timedwait(&poll->wake, &poll->mutex, &until);
    poll->has_news = false;
  }
  pthread_mutex_unlock(&poll->mutex);
  return NULL;
}

void poll_start(struct forge *forge) {
  struct poll *poll = &forge->poll;
  pthread_condattr_t attributes;
  pthread_mutex_init(&poll->mutex, NULL);
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&poll->wake, &attributes);
  pthread_condattr_destroy(&attributes);
  if (!forge->client) return;
  poll->has_thread = pthread_create(&poll->thread, NULL, run, forge) == 0;
  if (!poll->has_thread) log_write(LOG_ERROR, "no thread to ask GitLab for issues", "%s", "");
}

void poll_stop(struct forge *forge) {
  struct poll *poll = &forge->poll;
  pthread_mutex_lock(&poll->mutex);
  poll->is_stopping = true;
  pthread_cond_signal(&poll->wake);
  pthread_mutex_unlock(&poll->mutex);
  if (poll->has_thread) pthread_join(poll->thread, NULL);
  while (poll->projects) {
    struct poll_project *next = poll->projects->next;
    free(poll->projects);
    poll->projects = next;
  }
  pthread_cond_destroy(&poll->wake);
  pthread_mutex_destroy(&poll->mutex);
}

void poll_hurry(struct poll *poll, int64_t project_id) {
  pthread_mutex_lock(&poll->mutex);
  struct poll_project *project = project_of(poll, project_id);
  project->next_ms = project->since_ms = project->failures = 0;
  poll->has_news = true;
  pthread_cond_signal(&poll->wake);
  pthread_mutex_unlock(&poll->mutex);
}

void poll_note_hook(struct poll *poll, int64_t project_id) {
  pthread_mutex_lock(&poll->mutex);
  project_of(poll, project_id)->hook_ms = clock_now_ms();
  pthread_mutex_unlock(&poll->mutex);
}
