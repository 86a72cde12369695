/* file.c - reading a small file that the command line names. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

#include "base/banned.h"

enum status file_read(struct command_context *context, struct slice name, size_t limit,
                      struct slice *text) {
  bool is_standard_input = slice_equal(name, SLICE("-"));
  int file = is_standard_input ? STDIN_FILENO
                               : open(arena_string(context->arena, name), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return problem_set(context->problem, STATUS_NOT_FOUND, "%.*s cannot be opened: %s.",
                       SLICE_ARGS(name), strerror(errno));
  char *bytes = arena_alloc_raw(context->arena, limit + 1);
  size_t length = 0;
  ssize_t got = 1;
  while (got > 0 && length <= limit) {
    got = read(file, bytes + length, limit + 1 - length);
    if (got < 0 && errno == EINTR)
      got = 1;
    else if (got > 0)
      length += (size_t)got;
  }
  int error = errno;
  if (!is_standard_input) close(file);
  if (got < 0)
    return problem_set(context->problem, STATUS_FAILED, "%.*s cannot be read: %s.",
                       SLICE_ARGS(name), strerror(error));
  *text = slice_of(bytes, length);
  return STATUS_OK;
}
