/* sentry_repository.c - see sentry_repository.h. */
#include "source/sentry_repository.h"

#include "source/sentry_value.h"

#include "base/banned.h"

/* A text, or a number as text. */
static struct slice any_text(yyjson_val *object, const char *name) {
  struct slice text = SLICE_EMPTY;
  json_scalar_text(json_member(object, name), &text);
  return text;
}

static enum status read_repository(struct arena *arena, yyjson_val *value, void *item,
                                   struct problem *problem) {
  static const char *const required[] = {"status", "integrationId", "externalSlug", NULL};
  (void)arena;
  enum status status = sentry_require(value, required, problem);
  if (status) return status;
  *(struct sentry_repository *)item = (struct sentry_repository){
      .id = any_text(value, "id"),
      .name = any_text(value, "name"),
      .status = any_text(value, "status"),
      .url = any_text(value, "url"),
      .provider = any_text(json_member(value, "provider"), "id"),
      .integration_id = any_text(value, "integrationId"),
      .external_slug = any_text(value, "externalSlug"),
  };
  return STATUS_OK;
}

enum status sentry_repositories_read(struct arena *arena, struct slice json,
                                     struct sentry_repositories *repositories,
                                     struct problem *problem) {
  struct sentry_list list;
  enum status status = sentry_read_list(arena, json, sizeof *repositories->repositories,
                                        read_repository, &list, problem);
  if (!status) *repositories = (struct sentry_repositories){list.items, list.count};
  return status;
}
