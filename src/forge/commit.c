/* commit.c - commits by SHA, and what they changed.
 *
 * Only digits of a SHA are looked up: a release may be called like a branch, and what a branch
 * points to changes. A merge is compared with its first parent. Text that is not UTF-8 is repaired.
 */
#include "base/bytes.h"
#include "forge/builtin.h"

#include "base/banned.h"

static bool is_sha(struct slice text) {
  if (text.len < ABBREVIATION_MIN || text.len > SHA_DIGITS) return false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return false;
  }
  return true;
}

git_commit *commit_lookup(git_repository *repository, struct slice sha) {
  git_oid id;
  git_commit *commit;
  if (!is_sha(sha) || git_oid_fromstrn(&id, sha.ptr, sha.len)) return NULL;
  return git_commit_lookup_prefix(&commit, repository, &id, sha.len) ? NULL : commit;
}

static struct slice text_of(struct arena *arena, const char *string, size_t limit) {
  struct slice text = slice_of_string(string);
  if (text.len > limit) text.len = limit;
  return utf8_repair(arena, arena_copy(arena, text));
}

static struct slice sha_of(struct arena *arena, const git_oid *id) {
  char digits[SHA_DIGITS];
  git_oid_fmt(digits, id);
  return arena_copy(arena, slice_of(digits, SHA_DIGITS));
}

static void read_commit(struct arena *arena, git_commit *from, struct commit *commit) {
  const git_signature *author = git_commit_author(from);
  *commit = (struct commit){
      .sha = sha_of(arena, git_commit_id(from)),
      .author_name = text_of(arena, author->name, 200),
      .author_email = text_of(arena, author->email, 200),
      .title = text_of(arena, git_commit_summary(from), 1000),
      .message = text_of(arena, git_commit_message(from), COMMIT_MESSAGE_BYTES),
      .author_time_ms = author->when.time * SECOND_MS,
  };
}

bool git_commit_of_sha(struct forge *forge, struct arena *arena, const struct project *project,
                       struct slice sha, struct commit *commit) {
  git_repository *repository;
  if (repository_open(forge, project, &repository, NULL)) return false;
  git_commit *found = commit_lookup(repository, sha);
  if (found) read_commit(arena, found, commit);
  git_commit_free(found);
  git_repository_free(repository);
  return found != NULL;
}

/* --- details -------------------------------------------------------------------------- */

/* What changed against the first parent, or against nothing. Null when it cannot be read. */
static git_diff *diff_of(git_repository *repository, git_commit *commit) {
  git_tree *tree = NULL, *parent_tree = NULL;
  git_commit *parent = NULL;
  git_diff *diff = NULL;
  git_diff_options options;
  git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
  options.max_size = BLOB_LIMIT_BYTES;
  options.ignore_submodules = GIT_SUBMODULE_IGNORE_ALL;
  if (git_commit_tree(&tree, commit)) goto end;
  if (git_commit_parentcount(commit) > 0 &&
      (git_commit_parent(&parent, commit, 0) || git_commit_tree(&parent_tree, parent)))
    goto end;
  if (git_diff_tree_to_tree(&diff, repository, parent_tree, tree, &options)) goto end;
  git_diff_find_options renames;
  git_diff_find_options_init(&renames, GIT_DIFF_FIND_OPTIONS_VERSION);
  renames.flags = GIT_DIFF_FIND_RENAMES;
  renames.rename_limit = 100;
  if (git_diff_num_deltas(diff) <= COMMIT_FILES_LIMIT) git_diff_find_similar(diff, &renames);
end:
  git_tree_free(tree);
  git_tree_free(parent_tree);
  git_commit_free(parent);
  return diff;
}

static char change_letter(git_delta_t status) {
  switch (status) {
    case GIT_DELTA_ADDED: return 'A';
    case GIT_DELTA_DELETED: return 'D';
    case GIT_DELTA_RENAMED: return 'R';
    default: return 'M';
  }
}

/* Counts the lines of one file's change and appends its patch while there is room. */
static void read_file_change(git_diff *diff, size_t index, struct changed_file *file,
                             struct buffer *patch_text) {
  git_patch *patch = NULL;
  if (git_patch_from_diff(&patch, diff, index) || !patch) return;
  size_t added = 0, deleted = 0;
  if (git_patch_line_stats(NULL, &added, &deleted, patch) == 0) {
    file->added = (int64_t)added;
    file->deleted = (int64_t)deleted;
  }
  git_buf text = GIT_BUF_INIT;
  if (!patch_text->is_overflown && git_patch_to_buf(&text, patch) == 0)
    buffer_append(patch_text, text.ptr, text.size);
  git_buf_dispose(&text);
  git_patch_free(patch);
}

static void read_changes(struct arena *arena, git_diff *diff, struct commit_details *details) {
  size_t total = git_diff_num_deltas(diff);
  size_t count = total < COMMIT_FILES_LIMIT ? total : COMMIT_FILES_LIMIT;
  struct buffer patch = buffer_make(COMMIT_PATCH_BYTES);
  details->files = ARENA_ARRAY(arena, count, struct changed_file);
  details->file_count = count;
  for (size_t i = 0; i < count; i++) {
    const git_diff_delta *delta = git_diff_get_delta(diff, i);
    struct changed_file *file = &details->files[i];
    *file = (struct changed_file){
        .path = text_of(arena, delta->new_file.path, SOURCE_PATH_BYTES),
        .old_path = text_of(arena, delta->old_file.path, SOURCE_PATH_BYTES),
        .change = change_letter(delta->status),
    };
    read_file_change(diff, i, file, &patch);
  }
  details->is_patch_cut = patch.is_overflown || count < total;
  details->patch = utf8_repair(arena, arena_copy(arena, buffer_slice(&patch)));
  buffer_free(&patch);
}

bool git_commit_details(struct forge *forge, struct arena *arena, const struct project *project,
                        struct slice sha, struct commit_details *details) {
  git_repository *repository;
  *details = (struct commit_details){0};
  if (repository_open(forge, project, &repository, NULL)) return false;
  git_commit *commit = commit_lookup(repository, sha);
  git_diff *diff = commit ? diff_of(repository, commit) : NULL;
  if (commit) {
    read_commit(arena, commit, &details->commit);
    details->parent_count = git_commit_parentcount(commit);
    details->parents = ARENA_ARRAY(arena, details->parent_count, struct slice);
    for (size_t i = 0; i < details->parent_count; i++)
      details->parents[i] = sha_of(arena, git_commit_parent_id(commit, (unsigned)i));
  }
  if (diff) read_changes(arena, diff, details);
  git_diff_free(diff);
  git_commit_free(commit);
  git_repository_free(repository);
  return commit != NULL;
}
