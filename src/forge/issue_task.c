/* issue_task.c - the tasks of the outbox that concern issues at GitLab: create, close, regress.
 *
 * Each first reads what is there, then changes what is missing, so that repeating it is harmless:
 * an issue or a note that an earlier attempt may have made carries the task's marker and is looked
 * for; closing what is closed is left out. Only after GitLab has said that a change was made does
 * the task succeed, and what came of it is kept in the write that ends the task.
 */
#include "base/clock.h"
#include "base/log.h"
#include "forge/issue_parts.h"
#include "store/account.h"
#include "tracker/builtin.h"
#include "tracker/link_back.h"
#include "tracker/limits.h"

#include "base/banned.h"

/* --- what all have in common -------------------------------------------------------------------
 */

static void refuse(struct outbox_job *job, const char *why) {
  job->result = OUTBOX_REFUSED;
  problem_set(&job->problem, STATUS_BAD_INPUT, "%s", why);
}

/* GitLab said yes in a way that is not understood. */
static void fail_unsure(struct outbox_job *job) {
  job->result = OUTBOX_TRY_AGAIN;
  job->may_be_done = true;
  problem_set(&job->problem, STATUS_UNAVAILABLE, "GitLab's answer was not understood.");
}

/* A job's project, conversation and texts. */
struct work {
  struct outbox_job *job;
  struct forge *forge;
  struct forge_project link;
  struct forge_access access;
  struct gitlab gitlab;
  enum forge_as as;
  struct project project;
  struct user user; /* who caused it; id 0: the server */
  struct slice public_url;
};

static bool begin(struct outbox_job *job, struct work *work) {
  *work = (struct work){.job = job, .forge = job->context};
  struct transaction *tx = store_begin_read(job->store);
  bool is_linked = forge_link_read(tx, &job->arena, job->task->project_id, &work->link) &&
                   project_get(tx, &job->arena, job->task->project_id, &work->project);
  /* Who may not act any more does not act through what waited. */
  if (job->task->user_id &&
      (!user_get(tx, &job->arena, job->task->user_id, &work->user) || !work->user.is_active))
    work->user.id = 0;
  store_end_read(tx);
  if (!is_linked) {
    refuse(job, "The project is not linked to a GitLab project any more.");
    return false;
  }
  const char *url = atomic_load_explicit(&work->forge->public_url, memory_order_acquire);
  work->public_url = slice_of_string(url);
  work->access =
      (struct forge_access){.forge = work->forge, .link = &work->link, .user_id = work->user.id};
  if (forge_access_open(&work->access, &job->arena, &work->gitlab, &work->as, &job->problem)) {
    bool may_go_by = job->problem.status == STATUS_UNAVAILABLE;
    job->result = may_go_by ? OUTBOX_TRY_AGAIN : OUTBOX_REFUSED;
    return false;
  }
  return true;
}

/* Says to the job what became of its question. A person's token that was not accepted is given up,
 * and the next attempt takes another one. What a new token could mend is tried again when the task
 * `is_patient`, because nobody waits for it. */
static void fail(struct work *work, const struct gitlab_reply *reply, bool is_patient) {
  struct outbox_job *job = work->job;
  bool is_persons = reply->status == 401 && work->as == FORGE_AS_PERSON;
  bool is_mendable = is_persons || (is_patient && (reply->status == 401 || reply->status == 403));
  if (is_persons) forge_access_refused(&work->access, work->as, &work->gitlab);
  job->problem = reply->problem;
  job->wait_ms = reply->wait_ms;
  job->result = OUTBOX_TRY_AGAIN;
  if (reply->fate == GITLAB_UNSURE) job->may_be_done = true;
  if (reply->fate == GITLAB_MISSING || (reply->fate == GITLAB_REFUSED && !is_mendable))
    job->result = OUTBOX_REFUSED;
}

/* Whether what an attempt may have done would be there by now. Attempts before the start of this
 * process ended with the one before at the latest. Otherwise the job is over, until later. */
static bool is_settled(struct work *work, int64_t posted_ms) {
  struct outbox_job *job = work->job;
  int64_t last_ms = posted_ms > work->forge->opened_ms ? posted_ms : work->forge->opened_ms;
  job->may_be_done = clock_now_ms() - last_ms < GITLAB_SETTLE_MS;
  if (!job->may_be_done) return true;
  job->result = OUTBOX_TRY_AGAIN;
  problem_set(&job->problem, STATUS_UNAVAILABLE,
              "GitLab's answer was lost. What it did is looked for before it is told again.");
  return false;
}

/* Names come from people; what would be Markdown or a mention is left out. */
static void append_name(struct buffer *out, struct slice name) {
  for (size_t i = 0; i < name.len; i++) {
    unsigned char c = (unsigned char)name.ptr[i];
    bool is_plain = c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                    (c >= 'a' && c <= 'z') || c == ' ' || c == '.' || c == '\'' || c == '-';
    if (is_plain) buffer_append_byte(out, (char)c);
  }
}

static void append_person(struct buffer *out, const struct user *user) {
  append_name(out, user->name.len ? user->name : user->username);
  BUFFER_APPEND_LITERAL(out, " (`");
  append_name(out, user->username);
  BUFFER_APPEND_LITERAL(out, "`)");
}

static void append_error_url(struct buffer *out, const struct work *work, int64_t error_id) {
  buffer_printf(out, "%.*s/%.*s/%.*s/-/error_tracking/%lld/details", SLICE_ARGS(work->public_url),
                SLICE_ARGS(work->project.organization_slug), SLICE_ARGS(work->project.slug),
                (long long)error_id);
}

static void append_marker(struct buffer *out, struct arena *arena, struct slice marker) {
  BUFFER_APPEND_LITERAL(out, "\n\n");
  buffer_append_slice(out, gitlab_marker(arena, marker));
}

static struct slice take_text(struct arena *arena, struct buffer *text) {
  struct slice copy = arena_copy(arena, buffer_slice(text));
  buffer_free(text);
  return copy;
}

/* --- creating -----------------------------------------------------------------------------------
 */

static struct slice issue_text(const struct work *work, const struct create_task *task) {
  struct buffer out = buffer_make(FORGE_CREATE_BYTES);
  buffer_append_slice(&out, task->description);
  if (work->as != FORGE_AS_PERSON && work->user.id) {
    BUFFER_APPEND_LITERAL(&out, "\nCreated by ");
    append_person(&out, &work->user);
    BUFFER_APPEND_LITERAL(&out, ".");
  }
  append_marker(&out, &work->job->arena, task->marker);
  return take_text(&work->job->arena, &out);
}

static struct slice create_data(struct arena *arena, const struct create_task *task) {
  struct buffer data = buffer_make(FORGE_CREATE_BYTES);
  create_task_write(&data, task);
  return take_text(arena, &data);
}

static void succeed_create(struct work *work, struct create_task *task,
                           const struct gitlab_issue *issue) {
  task->remote_id = work->link.project.remote_id;
  task->number = issue->number;
  task->url = issue->web_url;
  task->updated_ms = issue->updated_ms;
  task->description = SLICE_EMPTY; /* was needed once */
  work->job->data = create_data(&work->job->arena, task);
  work->job->result = OUTBOX_SUCCEEDED;
}

/* False: the job is over, because it was found or because nobody knows. */
static bool must_create(struct work *work, const struct gitlab_target *target,
                        struct create_task *task) {
  struct outbox_job *job = work->job;
  struct gitlab_issue found;
  struct gitlab_reply reply;
  if (!job->may_be_done) return true;
  switch (gitlab_find_issue(target, task->marker, job->task->created_ms, &found, &reply)) {
    case SEARCH_NOTHING: return is_settled(work, task->posted_ms);
    case SEARCH_FOUND: succeed_create(work, task, &found); return false;
    case SEARCH_FAILED: break;
  }
  fail(work, &reply, true);
  if (job->result == OUTBOX_REFUSED) job->result = OUTBOX_TRY_AGAIN; /* it may be there */
  return false;
}

static bool is_late(const struct outbox_job *job) {
  return clock_now_ms() - job->task->created_ms > GITLAB_CREATE_GIVE_UP_MS;
}

static void give_up(struct outbox_job *job) {
  struct slice error = slice_cut_utf8(job->task->error, PROBLEM_MESSAGE_BYTES / 2);
  job->result = OUTBOX_REFUSED;
  problem_set(&job->problem, STATUS_UNAVAILABLE, "It was tried for an hour. The last attempt: %.*s",
              SLICE_ARGS(error));
}

void issue_task_create(struct outbox_job *job) {
  struct work work;
  struct create_task task;
  if (!create_task_read(&job->arena, job->task->data, &task)) {
    refuse(job, "What was to be made is not known any more.");
    return;
  }
  if (!begin(job, &work)) return;
  work.gitlab.timeout_ms = GITLAB_CREATE_TIMEOUT_MS;
  const struct gitlab_target target = {.gitlab = &work.gitlab,
                                       .remote_id = work.link.project.remote_id};
  if (!must_create(&work, &target, &task)) return;
  if (is_late(job)) {
    give_up(job);
    return;
  }
  const struct gitlab_draft draft = {.title = task.title,
                                     .description = issue_text(&work, &task),
                                     .labels = work.link.project.labels,
                                     .is_confidential = work.link.project.is_confidential};
  struct gitlab_reply reply;
  struct gitlab_issue issue;
  gitlab_create_issue(&target, &draft, &reply);
  if (reply.fate != GITLAB_ANSWERED)
    fail(&work, &reply, false);
  else if (gitlab_issue_read(reply.json, &issue))
    succeed_create(&work, &task, &issue);
  else
    fail_unsure(job);
  if (!job->may_be_done) return;
  task.posted_ms = clock_now_ms();
  job->data = create_data(&job->arena, &task);
}

void issue_task_created(struct transaction *tx, struct outbox_job *job) {
  struct create_task task;
  struct problem problem;
  if (!create_task_read(&job->arena, job->data, &task)) return;
  const struct issue_link link = {.group_id = task.error_id,
                                  .project_id = job->task->project_id,
                                  .created_ms = clock_now_ms(),
                                  .forge = FORGE_NAME_GITLAB,
                                  .number = task.number,
                                  .url = task.url};
  if (tracker_keep_link(tx, &link, task.is_remote, job->task->user_id, &problem)) {
    log_write(LOG_WARNING, "an error got another issue while one was made at GitLab",
              "project=%lld issue=%lld", (long long)link.project_id, (long long)link.number);
    return;
  }
  forge_issue_set(tx, &(struct forge_issue){.project_id = link.project_id,
                                            .remote_id = task.remote_id,
                                            .number = task.number,
                                            .url = task.url,
                                            .title = task.title,
                                            .is_open = true,
                                            .updated_ms = task.updated_ms});
  if (task.is_remote)
    link_back_add(tx, &(struct link_back){.project_id = link.project_id,
                                          .error_id = link.group_id,
                                          .remote_id = task.remote_id,
                                          .number = task.number,
                                          .user_id = job->task->user_id});
}

/* --- closing, and telling a regress -------------------------------------------------------------
 */

/* A job about an issue that is there. */
struct issue_work {
  struct work work;
  struct forge_task task;
  struct gitlab_target target;
  struct gitlab_issue issue; /* as GitLab has it */
};

/* The linked project there when the issue is of it, by what is kept of the issue or else by its
 * URL; 0: it is of another project, or of another server. */
static int64_t remote_id_of(const struct work *work, const struct issue_link *link) {
  struct forge_issue known;
  struct transaction *tx = store_begin_read(work->job->store);
  bool is_known = forge_issue_of_link(tx, &work->job->arena, link, &known);
  store_end_read(tx);
  int64_t number;
  struct slice server = arena_concat(&work->job->arena, work->link.server.url, SLICE("/"));
  if (is_known)
    return known.remote_id == work->link.project.remote_id && slice_starts_with(link->url, server)
               ? known.remote_id
               : 0;
  bool is_of_project = gitlab_issue_of_url(link->url, work->link.project.web_url, &number);
  return is_of_project ? work->link.project.remote_id : 0;
}

/* What GitLab says of the issue, for the write that ends the job. */
static void keep_state(struct issue_work *about, const struct gitlab_issue *issue, bool is_gone,
                       bool is_changed) {
  struct arena *arena = &about->work.job->arena;
  struct buffer out = buffer_make(FORGE_TASK_BYTES);
  struct json_writer writer = {.out = &out};
  json_write_object(&writer);
  json_write_key(&writer, "remoteId");
  json_write_integer(&writer, about->target.remote_id);
  json_write_key(&writer, "title");
  json_write_text(&writer, slice_cut_utf8(issue->title, 1000));
  json_write_key(&writer, "isOpen");
  json_write_bool(&writer, issue->is_open);
  json_write_key(&writer, "isGone");
  json_write_bool(&writer, is_gone);
  json_write_key(&writer, "isChanged");
  json_write_bool(&writer, is_changed);
  json_write_key(&writer, "updatedMs");
  json_write_integer(&writer, issue->updated_ms);
  json_write_object_end(&writer);
  about->work.job->data = take_text(arena, &out);
  about->work.job->result = OUTBOX_SUCCEEDED;
}

/* Reads the task and the issue. False: the job is over. */
static bool begin_issue(struct outbox_job *job, struct issue_work *about) {
  struct gitlab_reply reply;
  if (!forge_task_read(&job->arena, job->task, &about->task)) {
    refuse(job, "What was to be said is not known any more.");
    return false;
  }
  if (!begin(job, &about->work)) return false;
  about->target = (struct gitlab_target){.gitlab = &about->work.gitlab,
                                         .remote_id = remote_id_of(&about->work, &about->task.link),
                                         .number = about->task.link.number};
  if (!about->target.remote_id) {
    refuse(job, "The issue is not of the GitLab project that this project is linked to.");
    return false;
  }
  gitlab_get_issue(&about->target, &reply);
  if (reply.fate == GITLAB_MISSING) {
    about->issue = (struct gitlab_issue){.updated_ms = clock_now_ms()};
    keep_state(about, &about->issue, true, false);
  } else if (reply.fate != GITLAB_ANSWERED) {
    fail(&about->work, &reply, true);
  } else if (!gitlab_issue_read(reply.json, &about->issue)) {
    fail_unsure(job);
  } else if (about->issue.is_moved) {
    keep_state(about, &about->issue, true, false);
  } else {
    return true;
  }
  return false;
}

/* Writes the note unless it is there. False: the job is over. */
static bool note(struct issue_work *about, struct slice body) {
  struct outbox_job *job = about->work.job;
  struct gitlab_reply reply;
  if (job->may_be_done) {
    enum gitlab_search found = gitlab_find_note(&about->target, about->task.marker, &reply);
    if (found == SEARCH_FOUND) return true;
    if (found == SEARCH_FAILED) {
      fail(&about->work, &reply, true);
      return false;
    }
    if (!is_settled(&about->work, about->task.posted_ms)) return false;
  }
  gitlab_add_note(&about->target, body, &reply);
  if (reply.fate != GITLAB_ANSWERED) {
    fail(&about->work, &reply, true);
    about->task.posted_ms = job->may_be_done ? clock_now_ms() : 0;
    job->data = forge_task_write(&job->arena, &about->task);
    return false;
  }
  job->may_be_done = true; /* from here on another attempt finds it */
  return true;
}

static void change_state(struct issue_work *about, const char *event) {
  struct outbox_job *job = about->work.job;
  struct gitlab_reply reply;
  struct gitlab_issue changed;
  gitlab_change_issue(&about->target, event, &reply);
  if (reply.fate != GITLAB_ANSWERED)
    fail(&about->work, &reply, true);
  else if (gitlab_issue_read(reply.json, &changed))
    keep_state(about, &changed, false, true);
  else
    fail_unsure(job);
}

static struct slice closing_text(const struct issue_work *about) {
  struct buffer out = buffer_make(FORGE_TASK_BYTES);
  BUFFER_APPEND_LITERAL(&out, "Closed as [the error](");
  append_error_url(&out, &about->work, about->task.link.group_id);
  BUFFER_APPEND_LITERAL(&out, ") is resolved");
  if (about->work.user.id) {
    BUFFER_APPEND_LITERAL(&out, " by ");
    append_person(&out, &about->work.user);
  }
  BUFFER_APPEND_LITERAL(&out, ".");
  append_marker(&out, &about->work.job->arena, about->task.marker);
  return take_text(&about->work.job->arena, &out);
}

void issue_task_close(struct outbox_job *job) {
  struct issue_work about;
  job->result = OUTBOX_TRY_AGAIN;
  if (!begin_issue(job, &about)) return;
  if (!about.issue.is_open)
    keep_state(&about, &about.issue, false, job->may_be_done);
  else if (job->task->is_unwanted)
    job->may_be_done = false; /* is taken back, as it did nothing */
  else if (note(&about, closing_text(&about)))
    change_state(&about, "close");
}

/* What senders wrote, as code that it cannot end. */
static void append_code(struct buffer *out, struct slice text) {
  struct slice cut = slice_cut_utf8(text, 200);
  buffer_append_byte(out, '`');
  for (size_t i = 0; i < cut.len; i++) {
    unsigned char c = (unsigned char)cut.ptr[i];
    buffer_append_byte(out, c == '`' || c < ' ' ? ' ' : (char)c);
  }
  buffer_append_byte(out, '`');
}

static struct slice regress_text(const struct issue_work *about) {
  const struct forge_task *task = &about->task;
  struct buffer out = buffer_make(FORGE_TASK_BYTES);
  BUFFER_APPEND_LITERAL(&out, "[The error](");
  append_error_url(&out, &about->work, task->link.group_id);
  BUFFER_APPEND_LITERAL(&out, ") happened again after it had been resolved");
  if (task->event.len) {
    BUFFER_APPEND_LITERAL(&out, ": event ");
    append_code(&out, task->event);
  }
  if (task->release.len) {
    BUFFER_APPEND_LITERAL(&out, " in release ");
    append_code(&out, task->release);
  }
  BUFFER_APPEND_LITERAL(&out, ".");
  append_marker(&out, &about->work.job->arena, task->marker);
  return take_text(&about->work.job->arena, &out);
}

void issue_task_regress(struct outbox_job *job) {
  struct issue_work about;
  if (!begin_issue(job, &about)) return;
  if (!note(&about, regress_text(&about))) return;
  if (!about.issue.is_open && about.work.link.project.reopens_issues)
    change_state(&about, "reopen");
  else
    keep_state(&about, &about.issue, false, false);
}

/* Keeps the state, and in the activity of our own errors what was changed. */
static void end(struct transaction *tx, struct outbox_job *job, enum activity_kind kind) {
  yyjson_val *json;
  struct problem problem;
  struct forge_task task;
  struct outbox_task original = *job->task;
  struct forge_issue issue = {.project_id = job->task->project_id};
  if (!forge_task_read(&job->arena, &original, &task) ||
      json_read(&job->arena, job->data, &json, &problem))
    return;
  issue.number = task.link.number;
  issue.url = task.link.url;
  issue.title = json_text(json_member(json, "title"));
  issue.is_open = yyjson_is_true(json_member(json, "isOpen"));
  issue.is_gone = yyjson_is_true(json_member(json, "isGone"));
  if (!json_integer(json_member(json, "remoteId"), &issue.remote_id) ||
      !json_integer(json_member(json, "updatedMs"), &issue.updated_ms))
    return;
  forge_issue_set(tx, &issue);
  if (task.is_remote || !yyjson_is_true(json_member(json, "isChanged"))) return;
  activity_add(tx, &(struct activity){.group_id = task.link.group_id,
                                      .time_ms = clock_now_ms(),
                                      .kind = kind,
                                      .user_id = task.user_id,
                                      .data = issue.url});
}

void issue_task_closed(struct transaction *tx, struct outbox_job *job) {
  end(tx, job, ACTIVITY_ISSUE_CLOSED);
}

void issue_task_regressed(struct transaction *tx, struct outbox_job *job) {
  end(tx, job, ACTIVITY_ISSUE_REOPENED);
}

const struct outbox_kind *forge_outbox_kinds(struct forge *forge) {
  static const struct outbox_kind kinds[] = {
      {"forge.create", issue_task_create, issue_task_created, NULL},
      {"forge.close", issue_task_close, issue_task_closed, NULL},
      {"forge.regress", issue_task_regress, issue_task_regressed, NULL},
      {NULL, NULL, NULL, NULL},
  };
  _Static_assert(sizeof kinds / sizeof *kinds == FORGE_KINDS, "room for all kinds");
  for (size_t i = 0; i < FORGE_KINDS; i++) {
    forge->kinds[i] = kinds[i];
    forge->kinds[i].context = forge;
  }
  return forge->kinds;
}
