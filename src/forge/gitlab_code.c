/* gitlab_code.c - commits and source lines from GitLab; see gitlab_code.h.
 *
 * What is known stands in the forge's cache, and its key is the question:
 *
 *   gitlab/5/commit/SHA        {"commit": …, "mergeRequests": […]}, as GitLab says it
 *   gitlab/5/changes/SHA       the list of changed files
 *   gitlab/5/tree/SHA          the paths of all files, each followed by a newline
 *   gitlab/5/file/SHA/PATH     the file
 *
 * Before each stands the time until which it counts, eight bytes in ms; 0 is for ever. Nothing but
 * that time means that there is nothing.
 *
 * The project's token is used, or the server's: what one person alone may see at GitLab is not
 * shown to the others.
 */
#include "forge/gitlab_code.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#include "base/banned.h"

/* --- what is known ------------------------------------------------------------------------------
 */

#define PREFIX "gitlab/"
enum { EXPIRY_BYTES = sizeof(int64_t) };

/* In place of a tree that is too large: only what frames name from the root is found. */
#define TOO_MANY_NAMES SLICE("\n")

/* A part of the key that says what the question is. */
enum topic { TOPIC_COMMIT, TOPIC_CHANGES, TOPIC_TREE, TOPIC_FILE };
static const char *const topic_names[] = {"commit", "changes", "tree", "file"};

static struct slice key_of(const struct gitlab_code *code, enum topic topic, struct slice sha) {
  return arena_printf(code->arena, PREFIX "%lld/%s/%.*s", (long long)code->link->project.project_id,
                      topic_names[topic], SLICE_ARGS(sha));
}

static void keep(struct forge *forge, struct slice key, struct slice content, int64_t valid_ms) {
  struct arena arena = {0};
  int64_t until_ms = valid_ms ? clock_now_ms() + valid_ms : 0;
  struct slice expiry = slice_of((const char *)&until_ms, EXPIRY_BYTES);
  cache_forget(&forge->cache, key);
  cache_release(&forge->cache,
                cache_put(&forge->cache, key, arena_concat(&arena, expiry, content)));
  arena_free(&arena);
}

static void answer(struct ask_job *job);

/* What is known; null when there is nothing yet. To be given back by cache_release(). Asks for what
 * is not known, or not any more. */
static struct cache_entry *known(const struct gitlab_code *code, struct slice key) {
  struct cache_entry *entry = cache_get(&code->forge->cache, key);
  int64_t until_ms = -1;
  if (entry) memcpy(&until_ms, entry->data.ptr, EXPIRY_BYTES);
  if (until_ms && clock_now_ms() >= until_ms) {
    struct ask_job *job = ask_job_new(key, code->link->project.project_id);
    job->run = answer;
    job->context = code->forge;
    ask_start(&code->forge->ask, job);
  }
  return entry; /* old knowledge is better than none */
}

static struct slice content_of(const struct cache_entry *entry) {
  return entry ? slice_from(entry->data, EXPIRY_BYTES) : SLICE_EMPTY;
}

static void release(const struct gitlab_code *code, struct cache_entry *entry) {
  if (entry) cache_release(&code->forge->cache, entry);
}

void gitlab_forget(struct forge *forge, int64_t project_id) {
  struct arena arena = {0};
  cache_forget(&forge->cache, arena_printf(&arena, PREFIX "%lld/", (long long)project_id));
  arena_free(&arena);
}

/* --- asking, on a thread of ask.h ----------------------------------------------------------------
 */

/* A question under way. */
struct errand {
  struct forge *forge;
  struct arena *arena;
  struct gitlab gitlab;
  int64_t remote_id;
  struct slice key, sha, path;
};

static void keep_failure(const struct errand *errand, const struct gitlab_reply *reply) {
  bool is_answer = reply->fate == GITLAB_MISSING || reply->is_too_large;
  char server[LOG_QUOTED_BYTES], reason[LOG_QUOTED_BYTES];
  keep(errand->forge, errand->key, SLICE_EMPTY, is_answer ? FORGE_MISSING_MS : FORGE_FAILED_MS);
  if (!is_answer)
    log_write(LOG_WARNING, "GitLab was asked for code in vain", "server=%s reason=%s",
              log_quote(server, errand->gitlab.url),
              log_quote(reason, slice_of_string(reply->problem.message)));
}

static void get(const struct errand *errand, struct slice rest, bool wants_bytes,
                struct gitlab_reply *reply) {
  struct gitlab_question question = {
      .method = "GET",
      .path = arena_printf(errand->arena, "/projects/%lld/repository/%.*s",
                           (long long)errand->remote_id, SLICE_ARGS(rest)),
      .wants_bytes = wants_bytes};
  gitlab_ask(&errand->gitlab, &question, reply);
}

static void fetch_commit(const struct errand *errand) {
  struct gitlab_reply commit, requests;
  get(errand, arena_printf(errand->arena, "commits/%.*s", SLICE_ARGS(errand->sha)), false, &commit);
  if (commit.fate != GITLAB_ANSWERED) {
    keep_failure(errand, &commit);
    return;
  }
  get(errand, arena_printf(errand->arena, "commits/%.*s/merge_requests", SLICE_ARGS(errand->sha)),
      false, &requests);
  bool has_requests = requests.fate == GITLAB_ANSWERED;
  struct slice list = has_requests ? requests.bytes : SLICE("[]");
  struct slice both = arena_printf(errand->arena, "{\"commit\":%.*s,\"mergeRequests\":%.*s}",
                                   SLICE_ARGS(commit.bytes), SLICE_ARGS(list));
  keep(errand->forge, errand->key, both, has_requests ? FORGE_COMMIT_MS : FORGE_MISSING_MS);
}

static void fetch_changes(const struct errand *errand) {
  struct gitlab_reply reply;
  get(errand,
      arena_printf(errand->arena, "commits/%.*s/diff?per_page=%d", SLICE_ARGS(errand->sha),
                   GITLAB_PAGE),
      false, &reply);
  if (reply.fate == GITLAB_ANSWERED)
    keep(errand->forge, errand->key, reply.bytes, 0);
  else
    keep_failure(errand, &reply);
}

/* All pages, or nothing: with a part of the names a file might be mistaken for another. */
static void fetch_tree(const struct errand *errand) {
  struct buffer names = buffer_make(TREE_NAMES_BYTES);
  struct slice page = SLICE("1");
  struct gitlab_reply reply = {.fate = GITLAB_ANSWERED};
  for (int i = 0; i < FORGE_TREE_PAGES && page.len; i++) {
    get(errand,
        arena_printf(errand->arena, "tree?ref=%.*s&recursive=true&per_page=%d&page=%.*s",
                     SLICE_ARGS(errand->sha), GITLAB_PAGE, SLICE_ARGS(page)),
        false, &reply);
    if (reply.fate == GITLAB_ANSWERED && !gitlab_tree_read(reply.json, &names))
      reply.fate = GITLAB_LATER;
    if (reply.fate != GITLAB_ANSWERED) break;
    page = url_encode(errand->arena, reply.next_page);
  }
  bool is_complete = !page.len && !names.is_overflown;
  if (reply.fate == GITLAB_ANSWERED)
    keep(errand->forge, errand->key, is_complete ? buffer_slice(&names) : TOO_MANY_NAMES, 0);
  else
    keep_failure(errand, &reply);
  buffer_free(&names);
}

/* As git tells text from other files. */
enum { BINARY_BYTES = 8000 };

static void fetch_file(const struct errand *errand) {
  struct gitlab_reply reply;
  struct slice path = url_encode(errand->arena, errand->path);
  get(errand,
      arena_printf(errand->arena, "files/%.*s/raw?ref=%.*s", SLICE_ARGS(path),
                   SLICE_ARGS(errand->sha)),
      true, &reply);
  bool is_text =
      slice_find_byte(slice_upto(reply.bytes, 8000), 0) >= slice_upto(reply.bytes, 8000).len;
  if (reply.fate == GITLAB_ANSWERED)
    keep(errand->forge, errand->key, is_text ? reply.bytes : SLICE_EMPTY, 0);
  else
    keep_failure(errand, &reply);
}

static void (*const fetchers[])(const struct errand *errand) = {
    [TOPIC_COMMIT] = fetch_commit,
    [TOPIC_CHANGES] = fetch_changes,
    [TOPIC_TREE] = fetch_tree,
    [TOPIC_FILE] = fetch_file,
};

static void answer(struct ask_job *job) {
  struct forge *forge = job->context;
  struct forge_project link;
  enum forge_as as;
  struct problem problem;
  struct errand errand = {.forge = forge, .arena = &job->arena, .key = job->key};
  struct slice rest = slice_from(job->key, sizeof PREFIX - 1);
  slice_split(&rest, '/'); /* the project */
  struct slice topic = slice_split(&rest, '/');
  errand.sha = slice_split(&rest, '/');
  errand.path = rest;
  if (!forge_link_get(forge->store, &job->arena, job->project_id, &link)) return;
  struct forge_access access = {.forge = forge, .link = &link};
  if (forge_access_open(&access, &job->arena, &errand.gitlab, &as, &problem)) {
    keep(forge, job->key, SLICE_EMPTY, FORGE_FAILED_MS);
    return;
  }
  errand.remote_id = link.project.remote_id;
  for (size_t i = 0; i < sizeof fetchers / sizeof *fetchers; i++)
    if (slice_equal_string(topic, topic_names[i])) fetchers[i](&errand);
}

/* --- commits
 * --------------------------------------------------------------------------------------- */

static yyjson_val *known_json(const struct gitlab_code *code, enum topic topic, struct slice sha) {
  struct cache_entry *entry = known(code, key_of(code, topic, sha));
  struct slice text = content_of(entry);
  yyjson_val *json = NULL;
  struct problem problem;
  if (text.len && json_read(code->arena, text, &json, &problem)) json = NULL;
  release(code, entry);
  return json;
}

static bool read_commit(const struct gitlab_code *code, yyjson_val *json, struct commit *commit) {
  struct gitlab_merge_request request;
  if (!gitlab_commit_read(code->arena, json_member(json, "commit"), commit)) return false;
  if (gitlab_merge_request_read(json_member(json, "mergeRequests"), &request)) {
    commit->merge_request_number = request.number;
    commit->merge_request_title = slice_cut_utf8(request.title, COMMIT_TITLE_BYTES);
    commit->merge_request_url = request.web_url;
  }
  return true;
}

bool gitlab_commit_of_sha(const struct gitlab_code *code, struct slice sha, struct commit *commit) {
  yyjson_val *json = known_json(code, TOPIC_COMMIT, sha);
  return json && read_commit(code, json, commit);
}

bool gitlab_commit_details(const struct gitlab_code *code, struct slice sha,
                           struct commit_details *details) {
  *details = (struct commit_details){0};
  yyjson_val *json = known_json(code, TOPIC_COMMIT, sha);
  yyjson_val *changes = known_json(code, TOPIC_CHANGES, sha);
  if (!json || !read_commit(code, json, &details->commit)) return false;
  yyjson_val *parents = json_member(json_member(json, "commit"), "parent_ids");
  details->parents = ARENA_ARRAY(code->arena, yyjson_arr_size(parents), struct slice);
  yyjson_arr_iter items = yyjson_arr_iter_with(parents);
  yyjson_val *parent;
  while ((parent = yyjson_arr_iter_next(&items)))
    if (json_text(parent).len == SHA_DIGITS)
      details->parents[details->parent_count++] = json_text(parent);
  if (changes) gitlab_changes_read(code->arena, changes, details);
  return true;
}

/* --- source lines
 * ------------------------------------------------------------------------------------- */

static bool has_name(struct slice names, struct arena *arena, struct slice path) {
  struct slice line = arena_printf(arena, "%.*s\n", SLICE_ARGS(path));
  if (slice_starts_with(names, line)) return true;
  line = arena_printf(arena, "\n%.*s\n", SLICE_ARGS(path));
  return slice_find(names, line) < names.len;
}

/* Among the names of a tree: the path itself, or what is left of it without leading directories, or
 * the one file that ends with it. */
static struct slice find_name(struct slice names, struct arena *arena, struct slice path) {
  struct slice rest = path;
  while (rest.len) {
    if (has_name(names, arena, rest)) return rest;
    rest = slice_from(rest, slice_find_byte(rest, '/') + 1);
  }
  return arena_copy(arena, source_name_that_ends(names, arena, path));
}

/* The file in the tree that a frame's path means; empty when it is not known. Of a tree that is too
 * large (`is_guess`) the path itself may be there or not. */
static struct slice find_path(const struct gitlab_code *code, const struct source_request *request,
                              bool *is_guess) {
  struct slice path = source_clean_path(code->arena, request->path);
  if (!path.len || request->sha.len != SHA_DIGITS) return SLICE_EMPTY;
  struct cache_entry *entry = known(code, key_of(code, TOPIC_TREE, request->sha));
  struct slice names = content_of(entry);
  struct slice found = SLICE_EMPTY;
  *is_guess = slice_equal(names, TOO_MANY_NAMES);
  if (*is_guess)
    found = path;
  else if (names.len)
    found = find_name(names, code->arena, path);
  release(code, entry);
  return found;
}

/* The content of a file, to be given back; null when it is not known. */
static struct cache_entry *known_file(const struct gitlab_code *code,
                                      const struct source_request *request, struct slice path) {
  struct slice key = key_of(code, TOPIC_FILE, request->sha);
  return known(code, arena_printf(code->arena, "%.*s/%.*s", SLICE_ARGS(key), SLICE_ARGS(path)));
}

bool gitlab_source(const struct gitlab_code *code, const struct source_request *request,
                   struct source_lines *source) {
  *source = (struct source_lines){0};
  /* A file that is read has no more lines than bytes. */
  if (request->line < 1 || request->line > BLOB_LIMIT_BYTES) return false;
  bool is_guess;
  struct slice path = find_path(code, request, &is_guess);
  if (!path.len) return false;
  struct cache_entry *entry = known_file(code, request, path);
  struct slice text = content_of(entry);
  source->path = path;
  bool is_found = text.len && source_copy_lines(code->arena, text, request, source);
  release(code, entry);
  return is_found;
}

/* Slashes stay. */
static struct slice encode_path(struct arena *arena, struct slice path) {
  struct slice encoded = SLICE_EMPTY;
  while (path.len) {
    struct slice part = url_encode(arena, slice_split(&path, '/'));
    encoded = arena_printf(arena, "%.*s/%.*s", SLICE_ARGS(encoded), SLICE_ARGS(part));
  }
  return encoded;
}

struct slice gitlab_source_url(const struct gitlab_code *code,
                               const struct source_request *request) {
  bool is_guess;
  struct slice path = find_path(code, request, &is_guess);
  if (!path.len) return SLICE_EMPTY;
  if (is_guess) {
    struct cache_entry *entry = known_file(code, request, path);
    bool is_there = content_of(entry).len > 0;
    release(code, entry);
    if (!is_there) return SLICE_EMPTY;
  }
  struct slice encoded = encode_path(code->arena, path);
  struct slice url =
      arena_printf(code->arena, "%.*s/-/blob/%.*s%.*s", SLICE_ARGS(code->link->project.web_url),
                   SLICE_ARGS(request->sha), SLICE_ARGS(encoded));
  if (request->line < 1) return url;
  return arena_printf(code->arena, "%.*s#L%lld", SLICE_ARGS(url), (long long)request->line);
}
