/* backup.c - copies of the database, taken beside a running server.
 *
 * VACUUM INTO reads in one transaction, so the copy is one moment's state, and writes a compact
 * file. It is written under another name, synced and renamed: a file with the wanted name is
 * complete.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/database.h"

#include "base/banned.h"

enum { PATH_BYTES = 4096 };

static enum status machine_problem(const char *path, struct problem *problem) {
  return problem_set(problem, STATUS_FAILED, "Cannot write %s: %s.", path, strerror(errno));
}

static enum status sync_path(const char *path, struct problem *problem) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  int failure = fd < 0 || fsync(fd) ? errno : 0;
  if (fd >= 0) close(fd);
  errno = failure;
  return failure ? machine_problem(path, problem) : STATUS_OK;
}

static enum status copy_into(const char *database_path, const char *path, struct problem *problem) {
  struct transaction tx = {0};
  int code = database_open(&tx.database, database_path, false);
  if (!code) {
    struct query query = query_begin(&tx, "VACUUM INTO ?1");
    query_bind_text(&query, 1, slice_of_string(path));
    while (query_next(&query)) {
    }
    query_end(&query);
    code = tx.failure;
  }
  database_close(&tx.database);
  return code ? database_problem(code, problem) : STATUS_OK;
}

/* The copy holds what only its owner may read. */
static enum status copy_privately(const char *database_path, const char *path,
                                  struct problem *problem) {
  mode_t old_mask = umask(0077);
  enum status status = copy_into(database_path, path, problem);
  umask(old_mask);
  return status ? status : sync_path(path, problem);
}

enum status store_backup(const char *directory, const char *path, struct problem *problem) {
  char database_path[PATH_BYTES], partial_path[PATH_BYTES], parent[PATH_BYTES];
  snprintf(database_path, sizeof database_path, "%s/culprit.db", directory);
  snprintf(parent, sizeof parent, "%s", path);
  int length = snprintf(partial_path, sizeof partial_path, "%s.partial", path);
  if (length >= PATH_BYTES)
    return problem_set(problem, STATUS_BAD_INPUT, "The path of the file is too long.");
  if (access(database_path, F_OK))
    return problem_set(problem, STATUS_NOT_FOUND, "There is no data in %s.", directory);
  if (!access(path, F_OK))
    return problem_set(problem, STATUS_CONFLICT, "There is a file %s already. Choose another name.",
                       path);
  const char *folder = dirname(parent);
  if (access(folder, W_OK)) return machine_problem(folder, problem);
  unlink(partial_path);
  enum status status = copy_privately(database_path, partial_path, problem);
  if (!status && rename(partial_path, path)) status = machine_problem(path, problem);
  if (!status) return sync_path(folder, problem);
  unlink(partial_path);
  return status;
}
