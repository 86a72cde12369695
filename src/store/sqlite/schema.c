/* schema.c - the tables, and the format version they carry.
 *
 * The version is SQLite's user_version. A newer one is refused; an older one is migrated step by
 * step in one transaction: a failing step leaves the older one as it was. Tables of events and of
 * their ids are made for each day, see partition.c.
 */
#include "store/sqlite/database.h"

#include "base/banned.h"

enum { APPLICATION_ID = 0x43554c50 /* "CULP" */ };

/* By topic. Tables that belong to a topic of their own stand at the end of the list. */
static const char *const format_1[] = {
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",

    "CREATE TABLE organization(id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, name TEXT NOT "
    "NULL,"
    " created_ms INTEGER NOT NULL);"
    "CREATE TABLE project(id INTEGER PRIMARY KEY, organization_id INTEGER NOT NULL, slug TEXT NOT "
    "NULL,"
    " name TEXT NOT NULL, platform TEXT NOT NULL DEFAULT '', repository TEXT NOT NULL DEFAULT '',"
    " created_ms INTEGER NOT NULL, UNIQUE(organization_id, slug));"
    /* What changes with events and groups, apart from the settings so that one write touches
       little. */
    "CREATE TABLE project_counter(project_id INTEGER PRIMARY KEY, first_event_ms INTEGER NOT NULL "
    "DEFAULT 0,"
    " event_count INTEGER NOT NULL DEFAULT 0, last_group_number INTEGER NOT NULL DEFAULT 0,"
    " last_issue_number INTEGER NOT NULL DEFAULT 0, unresolved_count INTEGER NOT NULL DEFAULT 0,"
    " resolved_count INTEGER NOT NULL DEFAULT 0, ignored_count INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE client_key(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, public_key TEXT "
    "NOT NULL UNIQUE,"
    " label TEXT NOT NULL DEFAULT '', is_active INTEGER NOT NULL DEFAULT 1, created_ms INTEGER NOT "
    "NULL,"
    " rate_count INTEGER NOT NULL DEFAULT 0, rate_window_s INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX client_key_project ON client_key(project_id);",

    "CREATE TABLE user(id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE COLLATE NOCASE,"
    " email TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL, password_hash TEXT NOT NULL "
    "DEFAULT '',"
    " is_admin INTEGER NOT NULL DEFAULT 0, is_active INTEGER NOT NULL DEFAULT 1, created_ms "
    "INTEGER NOT NULL,"
    " last_seen_ms INTEGER NOT NULL DEFAULT 0);"
    /* Exactly one of organization_id and project_id is not 0. */
    "CREATE TABLE member(user_id INTEGER NOT NULL, organization_id INTEGER NOT NULL, project_id "
    "INTEGER NOT NULL,"
    " role INTEGER NOT NULL, PRIMARY KEY(user_id, organization_id, project_id)) WITHOUT ROWID;"
    "CREATE INDEX member_scope ON member(organization_id, project_id);"
    "CREATE TABLE session(hash BLOB PRIMARY KEY, user_id INTEGER NOT NULL, created_ms INTEGER NOT "
    "NULL,"
    " expires_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE sign_in_link(hash BLOB PRIMARY KEY, user_id INTEGER NOT NULL, expires_ms INTEGER "
    "NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE api_token(id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, user_id INTEGER NOT "
    "NULL,"
    " name TEXT NOT NULL, last_characters TEXT NOT NULL, scopes INTEGER NOT NULL, created_ms "
    "INTEGER NOT NULL,"
    " last_used_ms INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX api_token_user ON api_token(user_id);",

    "CREATE TABLE error_group(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, number INTEGER "
    "NOT NULL,"
    " status INTEGER NOT NULL, is_regressed INTEGER NOT NULL, is_unhandled INTEGER NOT NULL, level "
    "INTEGER NOT NULL,"
    " event_count INTEGER NOT NULL, user_count INTEGER NOT NULL, first_seen_ms INTEGER NOT NULL,"
    " last_seen_ms INTEGER NOT NULL, status_changed_ms INTEGER NOT NULL, error_type TEXT NOT NULL,"
    " error_value TEXT NOT NULL, title TEXT NOT NULL, culprit TEXT NOT NULL, location TEXT NOT "
    "NULL,"
    " platform TEXT NOT NULL, logger TEXT NOT NULL, first_release TEXT NOT NULL, last_release TEXT "
    "NOT NULL,"
    /* A group that was merged into another keeps its row, with 16 added to its status, so that no
       list shows it. */
    " strand_count INTEGER NOT NULL DEFAULT 1, merged_into INTEGER NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX error_group_number ON error_group(project_id, number);"
    "CREATE INDEX error_group_last_seen ON error_group(project_id, status, last_seen_ms);"
    "CREATE INDEX error_group_first_seen ON error_group(project_id, status, first_seen_ms);"
    "CREATE INDEX error_group_frequency ON error_group(project_id, status, event_count);"
    "CREATE VIRTUAL TABLE group_text USING fts5(title, culprit, content='error_group', "
    "content_rowid='id',"
    " tokenize='trigram', detail='none');"
    /* Events of one group with one primary hash: what merging and splitting moves, store/strand.h.
       Its figures are valid while its group has several. */
    "CREATE TABLE strand(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, group_id INTEGER NOT "
    "NULL,"
    " hash BLOB NOT NULL, tied_to INTEGER NOT NULL DEFAULT 0, is_apart INTEGER NOT NULL DEFAULT 0,"
    " is_unsettled INTEGER NOT NULL DEFAULT 0, made_by INTEGER NOT NULL DEFAULT 0, is_unhandled "
    "INTEGER NOT NULL, level INTEGER NOT "
    "NULL,"
    " event_count INTEGER NOT NULL, user_count INTEGER NOT NULL, first_seen_ms INTEGER NOT NULL,"
    " last_seen_ms INTEGER NOT NULL, error_type TEXT NOT NULL, error_value TEXT NOT NULL, title "
    "TEXT NOT NULL,"
    " culprit TEXT NOT NULL, location TEXT NOT NULL, platform TEXT NOT NULL, logger TEXT NOT NULL,"
    " first_release TEXT NOT NULL, last_release TEXT NOT NULL);"
    "CREATE INDEX strand_group ON strand(group_id);"
    "CREATE INDEX strand_part ON strand(made_by, group_id, hash) WHERE made_by > 0;"
    "CREATE INDEX strand_project ON strand(project_id);"
    "CREATE TABLE group_hash(project_id INTEGER NOT NULL, hash BLOB NOT NULL, strand_id INTEGER "
    "NOT NULL,"
    " PRIMARY KEY(project_id, hash)) WITHOUT ROWID;"
    "CREATE TABLE strand_hour(strand_id INTEGER NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT "
    "NULL,"
    " PRIMARY KEY(strand_id, hour)) WITHOUT ROWID;"
    "CREATE TABLE strand_user(strand_id INTEGER NOT NULL, user_hash INTEGER NOT NULL,"
    " PRIMARY KEY(strand_id, user_hash)) WITHOUT ROWID;"
    /* All tags of a strand in one value (tags.c), since every event changes most of them. */
    "CREATE TABLE strand_tags(strand_id INTEGER PRIMARY KEY, tags BLOB NOT NULL);"
    "CREATE TABLE activity(id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, time_ms INTEGER NOT "
    "NULL,"
    " kind INTEGER NOT NULL, user_id INTEGER NOT NULL, data TEXT NOT NULL, release TEXT NOT NULL);"
    "CREATE INDEX activity_group ON activity(group_id);",

    "CREATE TABLE issue(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, number INTEGER NOT "
    "NULL,"
    " author_id INTEGER NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL, created_ms "
    "INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL, closed_ms INTEGER NOT NULL DEFAULT 0, UNIQUE(project_id, "
    "number));"
    "CREATE TABLE issue_note(id INTEGER PRIMARY KEY, issue_id INTEGER NOT NULL, author_id INTEGER "
    "NOT NULL,"
    " kind INTEGER NOT NULL, body TEXT NOT NULL, created_ms INTEGER NOT NULL);"
    "CREATE INDEX issue_note_issue ON issue_note(issue_id);"
    "CREATE TABLE issue_link(group_id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, forge TEXT "
    "NOT NULL,"
    " number INTEGER NOT NULL, url TEXT NOT NULL, created_ms INTEGER NOT NULL);"
    "CREATE INDEX issue_link_number ON issue_link(project_id, number);",

    "CREATE TABLE dictionary(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, created_ms "
    "INTEGER NOT NULL,"
    " data BLOB NOT NULL);"
    "CREATE INDEX dictionary_project ON dictionary(project_id);",

    "CREATE TABLE ledger(project_id INTEGER NOT NULL, hour INTEGER NOT NULL, outcome INTEGER NOT "
    "NULL,"
    " category TEXT NOT NULL, reason TEXT NOT NULL, quantity INTEGER NOT NULL,"
    " PRIMARY KEY(project_id, hour, outcome, category, reason)) WITHOUT ROWID;",

    /* Merging, splitting and regrouping, with what they moved, so that they can be undone. */
    "CREATE TABLE change(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, kind INTEGER NOT "
    "NULL,"
    " group_id INTEGER NOT NULL, other_id INTEGER NOT NULL DEFAULT 0, user_id INTEGER NOT NULL,"
    " time_ms INTEGER NOT NULL, undone_ms INTEGER NOT NULL DEFAULT 0, state INTEGER NOT NULL "
    "DEFAULT 0,"
    " link_from INTEGER NOT NULL DEFAULT 0, stack_rules TEXT, fingerprint_rules TEXT,"
    " cursor INTEGER NOT NULL DEFAULT 0, cursor_hash BLOB NOT NULL DEFAULT x'');"
    "CREATE INDEX change_project ON change(project_id);"
    "CREATE TABLE change_strand(change_id INTEGER NOT NULL, strand_id INTEGER NOT NULL, from_group "
    "INTEGER NOT NULL,"
    " to_group INTEGER NOT NULL, from_tie INTEGER NOT NULL, from_apart INTEGER NOT NULL, from_hash "
    "BLOB NOT NULL,"
    " to_hash BLOB NOT NULL, PRIMARY KEY(change_id, strand_id)) WITHOUT ROWID;"
    "CREATE TABLE change_group(change_id INTEGER NOT NULL, group_id INTEGER NOT NULL, is_new "
    "INTEGER NOT NULL,"
    " merged_into INTEGER NOT NULL, PRIMARY KEY(change_id, group_id)) WITHOUT ROWID;"
    "CREATE INDEX change_group_group ON change_group(group_id);"
    "CREATE TABLE change_hash(change_id INTEGER NOT NULL, hash BLOB NOT NULL, from_strand INTEGER "
    "NOT NULL,"
    " to_strand INTEGER NOT NULL, PRIMARY KEY(change_id, hash)) WITHOUT ROWID;",

    "CREATE TABLE project_option(project_id INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT "
    "NULL,"
    " PRIMARY KEY(project_id, name)) WITHOUT ROWID;",

    "CREATE TABLE release(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, version TEXT NOT "
    "NULL,"
    " first_seen_ms INTEGER NOT NULL, last_seen_ms INTEGER NOT NULL, UNIQUE(project_id, version));"
    "CREATE INDEX release_first_seen ON release(project_id, first_seen_ms);"
    "CREATE TABLE environment(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, name TEXT NOT "
    "NULL,"
    " UNIQUE(project_id, name));"
    "CREATE TABLE release_environment(release_id INTEGER NOT NULL, environment_id INTEGER NOT NULL,"
    " PRIMARY KEY(release_id, environment_id)) WITHOUT ROWID;"
    /* The sketches are last, so that sums of the counts do not read them. */
    "CREATE TABLE session_hour(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, hour INTEGER "
    "NOT NULL,"
    " release_id INTEGER NOT NULL, environment_id INTEGER NOT NULL, total INTEGER NOT NULL,"
    " errored INTEGER NOT NULL, crashed INTEGER NOT NULL, abnormal INTEGER NOT NULL,"
    " users BLOB NOT NULL, crashed_users BLOB NOT NULL,"
    " UNIQUE(project_id, hour, release_id, environment_id));"
    "CREATE INDEX session_hour_release ON session_hour(release_id, hour);"
    "CREATE INDEX error_group_release ON error_group(project_id, first_release);",

    "CREATE TABLE monitor(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, slug TEXT NOT NULL,"
    " name TEXT NOT NULL, schedule_kind INTEGER NOT NULL, schedule TEXT NOT NULL, time_zone TEXT "
    "NOT NULL,"
    " margin_minutes INTEGER NOT NULL, max_runtime_minutes INTEGER NOT NULL,"
    " failure_threshold INTEGER NOT NULL, recovery_threshold INTEGER NOT NULL,"
    " is_paused INTEGER NOT NULL, problem TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    " UNIQUE(project_id, slug));"
    "CREATE TABLE monitor_environment(id INTEGER PRIMARY KEY, monitor_id INTEGER NOT NULL,"
    " name TEXT NOT NULL, status INTEGER NOT NULL, last_check_in_ms INTEGER NOT NULL,"
    " expected_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, failures INTEGER NOT NULL,"
    " successes INTEGER NOT NULL, is_failing INTEGER NOT NULL, error_hash BLOB NOT NULL,"
    " minute INTEGER NOT NULL, minute_count INTEGER NOT NULL, UNIQUE(monitor_id, name));"
    "CREATE INDEX monitor_environment_due ON monitor_environment(due_ms) WHERE due_ms > 0;"
    "CREATE TABLE check_in(id INTEGER PRIMARY KEY, monitor_id INTEGER NOT NULL,"
    " environment_id INTEGER NOT NULL, guid BLOB NOT NULL,"
    " status INTEGER NOT NULL, added_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
    " duration_ms INTEGER NOT NULL, expected_ms INTEGER NOT NULL, timeout_ms INTEGER NOT NULL,"
    " release TEXT NOT NULL);"
    "CREATE INDEX check_in_monitor ON check_in(monitor_id, id);"
    "CREATE INDEX check_in_environment ON check_in(environment_id, id);"
    "CREATE INDEX check_in_guid ON check_in(guid);"
    "CREATE INDEX check_in_added ON check_in(added_ms);"
    "CREATE INDEX check_in_timeout ON check_in(timeout_ms) WHERE timeout_ms > 0;",

    "CREATE TABLE feedback(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, received_ms "
    "INTEGER "
    "NOT NULL,"
    " guid BLOB NOT NULL, event_id BLOB NOT NULL, strand_id INTEGER NOT NULL, retry_ms INTEGER NOT "
    "NULL,"
    " name TEXT NOT NULL, email TEXT NOT NULL, message TEXT NOT NULL, url TEXT NOT NULL,"
    " source TEXT NOT NULL, environment TEXT NOT NULL, release TEXT NOT NULL,"
    " UNIQUE(project_id, guid));"
    "CREATE INDEX feedback_project ON feedback(project_id, id);"
    "CREATE INDEX feedback_strand ON feedback(strand_id, id);"
    "CREATE INDEX feedback_received ON feedback(received_ms);"
    "CREATE INDEX feedback_retry ON feedback(retry_ms) WHERE retry_ms > 0;",
};

/* Connected servers. */
static const char *const format_2[] = {
    "CREATE TABLE connection(project_id INTEGER PRIMARY KEY, is_active INTEGER NOT NULL, kind "
    "INTEGER NOT NULL,"
    " url TEXT NOT NULL, token BLOB NOT NULL, organization_slug TEXT NOT NULL, organization_name "
    "TEXT NOT NULL,"
    " project_slug TEXT NOT NULL, project_name TEXT NOT NULL, remote_project_id INTEGER NOT NULL,"
    " changed_ms INTEGER NOT NULL);",

    "CREATE TABLE remote_answer(project_id INTEGER NOT NULL, question TEXT NOT NULL, asked_ms "
    "INTEGER NOT NULL,"
    " link TEXT NOT NULL, hits INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(project_id, "
    "question));"
    "CREATE INDEX remote_answer_age ON remote_answer(project_id, asked_ms);"
    "CREATE TABLE remote_link(project_id INTEGER NOT NULL, error_id INTEGER NOT NULL, forge TEXT "
    "NOT NULL,"
    " number INTEGER NOT NULL, url TEXT NOT NULL, created_ms INTEGER NOT NULL, was_resolved "
    "INTEGER "
    "NOT NULL"
    " DEFAULT 0, told_ms INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(project_id, error_id)) WITHOUT "
    "ROWID;"
    "CREATE INDEX remote_link_number ON remote_link(project_id, number);",

    "CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL, lane "
    "TEXT NOT NULL,"
    " kind TEXT NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL, user_id INTEGER NOT NULL,"
    " state INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL "
    "DEFAULT 0,"
    " not_before_ms INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT "
    "NULL DEFAULT 0,"
    " is_unwanted INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX outbox_waiting ON outbox(lane, id) WHERE state = 0;"
    "CREATE INDEX outbox_project ON outbox(project_id, state, ended_ms);"
    "CREATE INDEX outbox_subject ON outbox(project_id, kind, subject);"
    "CREATE INDEX outbox_ended ON outbox(ended_ms) WHERE state > 0;",

    "CREATE TABLE forge_server(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE,"
    " url TEXT NOT NULL UNIQUE, client_id TEXT NOT NULL, client_secret BLOB NOT NULL, token BLOB "
    "NOT NULL,"
    " is_sign_in INTEGER NOT NULL, may_create_users INTEGER NOT NULL, created_ms INTEGER NOT NULL);"
    "CREATE TABLE forge_identity(forge_id INTEGER NOT NULL, subject TEXT NOT NULL, user_id INTEGER "
    "NOT NULL,"
    " username TEXT NOT NULL, linked_ms INTEGER NOT NULL, PRIMARY KEY(forge_id, subject),"
    " UNIQUE(user_id, forge_id)) WITHOUT ROWID;"
    "CREATE TABLE forge_grant(forge_id INTEGER NOT NULL, user_id INTEGER NOT NULL, access_token "
    "BLOB NOT NULL,"
    " refresh_token BLOB NOT NULL, expires_ms INTEGER NOT NULL, scopes TEXT NOT NULL,"
    " PRIMARY KEY(forge_id, user_id));"
    "CREATE TABLE project_forge(project_id INTEGER PRIMARY KEY, forge_id INTEGER NOT NULL,"
    " remote_id INTEGER NOT NULL, path TEXT NOT NULL, web_url TEXT NOT NULL, token BLOB NOT NULL,"
    " labels TEXT NOT NULL, webhook_secret BLOB NOT NULL, default_branch TEXT NOT NULL,"
    " is_confidential INTEGER NOT NULL, closes_issues INTEGER NOT NULL, reopens_issues INTEGER NOT "
    "NULL,"
    " resolves_on_close INTEGER NOT NULL, takes_roles INTEGER NOT NULL, checked_ms INTEGER NOT "
    "NULL,"
    " problem TEXT NOT NULL, roles_asked_ms INTEGER NOT NULL DEFAULT 0, roles_problem TEXT NOT "
    "NULL"
    " DEFAULT '', may_use_server_token INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX project_forge_server ON project_forge(forge_id, remote_id);"
    "CREATE TABLE forge_role(project_id INTEGER NOT NULL, user_id INTEGER NOT NULL, role INTEGER "
    "NOT NULL,"
    " checked_ms INTEGER NOT NULL, PRIMARY KEY(project_id, user_id)) WITHOUT ROWID;",

    "CREATE TABLE forge_issue(project_id INTEGER NOT NULL, remote_id INTEGER NOT NULL, number "
    "INTEGER NOT NULL,"
    " url TEXT NOT NULL, title TEXT NOT NULL, is_open INTEGER NOT NULL, is_gone INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL, PRIMARY KEY(project_id, remote_id, number)) WITHOUT ROWID;"
    "CREATE INDEX forge_issue_url ON forge_issue(project_id, number, url);",

    "CREATE TABLE import(id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, url TEXT NOT NULL,"
    " organization TEXT NOT NULL, project TEXT NOT NULL, UNIQUE(project_id, url, organization, "
    "project));"
    "CREATE TABLE import_issue(import_id INTEGER NOT NULL, issue_id INTEGER NOT NULL, group_id "
    "INTEGER NOT NULL,"
    " other_id INTEGER NOT NULL, is_made INTEGER NOT NULL, is_complete INTEGER NOT NULL,"
    " stage INTEGER NOT NULL, cursor TEXT NOT NULL, event_count INTEGER NOT NULL,"
    " known_count INTEGER NOT NULL, extra_events INTEGER NOT NULL, extra_users INTEGER NOT NULL,"
    " last_seen_ms INTEGER NOT NULL, remote_count INTEGER NOT NULL, comment_count INTEGER NOT "
    "NULL,"
    " status TEXT NOT NULL, status_ms INTEGER NOT NULL, activity_id INTEGER NOT NULL,"
    " PRIMARY KEY(import_id, issue_id)) WITHOUT ROWID;"
    "CREATE INDEX import_issue_group ON import_issue(import_id, group_id);"
    "CREATE INDEX import_issue_other ON import_issue(import_id, other_id);"
    /* The name of somebody who has no account here. */
    "ALTER TABLE activity ADD COLUMN author TEXT NOT NULL DEFAULT '';",
};

#define FORMAT(statements) \
  { statements, sizeof(statements) / sizeof((statements)[0]) }
/* formats[n] makes format n + 1 of format n. Nothing is changed in one that was released. */
static const struct {
  const char *const *statements;
  size_t count;
} formats[] = {FORMAT(format_1), FORMAT(format_2)};
enum { FORMAT_VERSION = sizeof formats / sizeof formats[0] };

static int64_t pragma_value(struct transaction *tx, const char *sql) {
  int64_t value = 0;
  struct query query = query_begin(tx, sql);
  if (query_next(&query)) value = query_int(&query, 0);
  query_end(&query);
  return value;
}

enum status schema_prepare(struct transaction *tx, struct problem *problem) {
  int64_t version = pragma_value(tx, "PRAGMA user_version");
  if (tx->failure) return database_problem(tx->failure, problem);
  if (version > FORMAT_VERSION)
    return problem_set(problem, STATUS_FAILED,
                       "The data directory has format %lld, and this version of Culprit knows "
                       "formats up to %d. Start it with the newer version that made it.",
                       (long long)version, FORMAT_VERSION);
  if (version == FORMAT_VERSION) return STATUS_OK;
  char versions[120];
  sqlite3_snprintf((int)sizeof versions, versions,
                   "PRAGMA user_version=%d; PRAGMA application_id=%d;", FORMAT_VERSION,
                   APPLICATION_ID);
  database_execute(tx, "BEGIN IMMEDIATE");
  for (int64_t format = version; format < FORMAT_VERSION; format++)
    for (size_t i = 0; i < formats[format].count; i++)
      database_execute(tx, formats[format].statements[i]);
  database_execute(tx, versions);
  database_execute(tx, "COMMIT");
  return tx->failure ? database_problem(tx->failure, problem) : STATUS_OK;
}
