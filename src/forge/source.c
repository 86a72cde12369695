/* source.c - the lines around a frame, from the repository at a commit.
 *
 * Frames name files as the program saw them: "/srv/app/lib/cart.py", "webpack:///./src/cart.js",
 * "cart.go". In the tree the same file is "lib/cart.py". The first of these that is there counts:
 *
 *   1. the frame's path, then the same with leading directories taken off one by one
 *   2. the one file of the tree whose path ends with "/" and the frame's path
 *
 * Found files, and the knowledge that there is none, stay in the cache under "PROJECT/SHA/path" as
 * "path in the tree, NUL, content"; the names of a tree's files under "PROJECT/SHA/". What a SHA
 * names never changes, so entries need no expiry.
 */
#include <string.h>

#include "base/bytes.h"
#include "forge/builtin.h"

#include "base/banned.h"

/* --- trees ---------------------------------------------------------------------------------- */

/* The file at exactly that path; null when there is none. */
static git_tree_entry *entry_at(git_tree *tree, struct arena *arena, struct slice path) {
  git_tree_entry *entry;
  if (git_tree_entry_bypath(&entry, tree, arena_string(arena, path))) return NULL;
  git_filemode_t mode = git_tree_entry_filemode(entry);
  if (mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE) return entry;
  git_tree_entry_free(entry);
  return NULL;
}

static int append_name(const char *root, const git_tree_entry *entry, void *context) {
  struct buffer *names = context;
  git_filemode_t mode = git_tree_entry_filemode(entry);
  if (mode == GIT_FILEMODE_TREE) {
    size_t depth = 0;
    for (const char *c = root; *c; c++) depth += *c == '/';
    return depth >= TREE_DEPTH; /* 1 skips the directory */
  }
  if (mode != GIT_FILEMODE_BLOB && mode != GIT_FILEMODE_BLOB_EXECUTABLE) return 0;
  if (strchr(git_tree_entry_name(entry), '\n')) return 0;
  buffer_append_slice(names, slice_of_string(root));
  buffer_append_slice(names, slice_of_string(git_tree_entry_name(entry)));
  buffer_append_byte(names, '\n');
  return names->is_overflown ? -1 : 0;
}

/* Paths of all files of the tree, each followed by a newline; empty when there are too many. */
static struct cache_entry *tree_names(struct forge *forge, git_tree *tree, struct slice key) {
  struct cache_entry *entry = cache_get(&forge->cache, key);
  if (entry) return entry;
  struct buffer names = buffer_make(TREE_NAMES_BYTES);
  bool is_complete = git_tree_walk(tree, GIT_TREEWALK_PRE, append_name, &names) == 0;
  entry = cache_put(&forge->cache, key, is_complete ? buffer_slice(&names) : SLICE_EMPTY);
  buffer_free(&names);
  return entry;
}

/* --- finding ------------------------------------------------------------------------------ */

struct source_file {
  struct forge *forge;
  struct arena *arena;
  git_repository *repository;
  git_tree *tree;
  struct slice tree_key; /* "PROJECT/SHA/" */
  struct slice path;     /* in the tree, once found */
};

static git_tree_entry *find_entry(struct source_file *file, struct slice path) {
  struct slice rest = path;
  while (rest.len) {
    git_tree_entry *entry = entry_at(file->tree, file->arena, rest);
    if (entry) {
      file->path = rest;
      return entry;
    }
    rest = slice_from(rest, slice_find_byte(rest, '/') + 1);
  }
  struct cache_entry *names = tree_names(file->forge, file->tree, file->tree_key);
  file->path = arena_copy(file->arena, source_name_that_ends(names->data, file->arena, path));
  cache_release(&file->forge->cache, names);
  return file->path.len ? entry_at(file->tree, file->arena, file->path) : NULL;
}

/* Whether the object is small enough to be read; asks for its header only. */
static bool is_small(git_repository *repository, const git_oid *id) {
  git_odb *objects;
  size_t size = 0;
  git_object_t type;
  if (git_repository_odb(&objects, repository)) return false;
  bool is_known = git_odb_read_header(&size, &type, objects, id) == 0;
  git_odb_free(objects);
  return is_known && size <= BLOB_LIMIT_BYTES;
}

/* "path NUL content" of the file that `path` means, or nothing. */
static struct slice read_file(struct source_file *file, struct slice path) {
  struct slice content = SLICE_EMPTY;
  git_tree_entry *entry = find_entry(file, path);
  git_blob *blob = NULL;
  if (entry && is_small(file->repository, git_tree_entry_id(entry)) &&
      git_blob_lookup(&blob, file->repository, git_tree_entry_id(entry)) == 0 &&
      !git_blob_is_binary(blob)) {
    struct slice name = arena_concat(file->arena, file->path, slice_of("", 1));
    struct slice text = slice_of(git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
    content = arena_concat(file->arena, name, text);
  }
  git_blob_free(blob);
  git_tree_entry_free(entry);
  return content;
}

/* Looks in the repository and keeps what was found. Null when there is no such commit. */
static struct cache_entry *load_file(struct forge *forge, const struct project *project,
                                     struct slice sha, struct slice path) {
  struct arena arena = {0};
  struct source_file file = {.forge = forge, .arena = &arena};
  struct cache_entry *entry = NULL;
  git_commit *commit = NULL;
  if (repository_open(forge, project, &file.repository, NULL)) return NULL;
  commit = commit_lookup(file.repository, sha);
  if (commit && git_commit_tree(&file.tree, commit) == 0) {
    file.tree_key = arena_printf(&arena, "%lld/%.*s/", (long long)project->id, SLICE_ARGS(sha));
    struct slice key = arena_concat(&arena, file.tree_key, path);
    entry = cache_put(&forge->cache, key, read_file(&file, path));
  }
  git_tree_free(file.tree);
  git_commit_free(commit);
  git_repository_free(file.repository);
  arena_free(&arena);
  return entry;
}

bool git_source(struct forge *forge, struct arena *arena, const struct project *project,
                const struct source_request *request, struct source_lines *source) {
  *source = (struct source_lines){0};
  struct slice path = source_clean_path(arena, request->path);
  if (slice_is_empty(project->repository) || path.len == 0) return false;
  /* A file that is read has no more lines than bytes. */
  if (request->line < 1 || request->line > BLOB_LIMIT_BYTES) return false;
  struct slice key = arena_printf(arena, "%lld/%.*s/%.*s", (long long)project->id,
                                  SLICE_ARGS(request->sha), SLICE_ARGS(path));
  struct cache_entry *entry = cache_get(&forge->cache, key);
  if (!entry) entry = load_file(forge, project, request->sha, path);
  if (!entry) return false;
  struct slice text = entry->data;
  bool is_found = false;
  if (text.len) {
    source->path = utf8_repair(arena, arena_copy(arena, slice_split(&text, 0)));
    is_found = source_copy_lines(arena, text, request, source);
  }
  cache_release(&forge->cache, entry);
  return is_found;
}
