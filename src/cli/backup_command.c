/* backup_command.c - a copy of the database. It needs no server: the store reads one moment's state
 * beside it. */
#include <sys/stat.h>

#include "cli/command.h"

#include "base/banned.h"

enum status backup_command(struct command_context *context) {
  const struct arguments *arguments = context->arguments;
  const char *directory = arena_string(context->arena, arguments->values[OPTION_DATA]);
  const char *path = arena_string(context->arena, arguments->operands[0]);
  struct stat info = {0};
  enum status status = store_backup(directory, path, context->problem);
  if (status) return status;
  stat(path, &info);
  struct field fields[] = {TEXT_FIELD("file", arguments->operands[0]),
                           NUMBER_FIELD("bytes", info.st_size)};
  output_record(
      context, arena_printf(context->arena, "Wrote %s, %lld bytes.", path, (long long)info.st_size),
      fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}
