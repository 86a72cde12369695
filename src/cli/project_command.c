/* project_command.c - commands on organizations, projects and client keys. */
#include "cli/command.h"

#include "base/banned.h"

struct slice project_dsn(struct transaction *tx, struct arena *arena, struct slice public_url,
                         int64_t project_id) {
  struct client_key *keys;
  size_t count = client_key_list(tx, arena, project_id, &keys);
  for (size_t i = 0; i < count; i++) {
    if (keys[i].is_active) return client_key_dsn(arena, public_url, &keys[i]);
  }
  return SLICE_EMPTY;
}

enum status project_path_split(struct slice path, struct slice *organization, struct slice *project,
                               struct problem *problem) {
  *project = path;
  *organization = slice_split(project, '/');
  if (organization->len && project->len && slice_find_byte(*project, '/') == project->len)
    return STATUS_OK;
  return problem_set(problem, STATUS_BAD_INPUT,
                     "\"%.*s\" is not of the form ORG/PROJECT, such as main/app.",
                     SLICE_ARGS(slice_cut_utf8(path, 80)));
}

/* --- organizations ------------------------------------------------------------------------ */

struct organization_write {
  struct slice slug, name;
  int64_t id;
};

static enum status organization_write(struct transaction *tx, void *context,
                                      struct problem *problem) {
  struct organization_write *write = context;
  return organization_create(tx, write->slug, write->name, &write->id, problem);
}

enum status organization_create_command(struct command_context *context) {
  struct slice slug = context->arguments->operands[0];
  struct organization_write write = {slug, context->arguments->values[OPTION_NAME], 0};
  enum status status = store_write(context->store, organization_write, &write, context->problem);
  if (status) return status;
  struct field fields[] = {NUMBER_FIELD("id", write.id), TEXT_FIELD("slug", slug),
                           TEXT_FIELD("name", write.name.len ? write.name : slug)};
  output_record(context,
                arena_printf(context->arena, "Made the organization %.*s.", SLICE_ARGS(slug)),
                fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}

enum status organization_list_command(struct command_context *context) {
  enum { COLUMNS = 3 };
  struct organization *list;
  struct transaction *tx = store_begin_read(context->store);
  size_t count = organization_list(tx, context->arena, &list);
  store_end_read(tx);
  struct field *fields = ARENA_ARRAY(context->arena, count * COLUMNS, struct field);
  for (size_t i = 0; i < count; i++) {
    struct field *row = fields + i * COLUMNS;
    row[0] = NUMBER_FIELD("id", list[i].id);
    row[1] = TEXT_FIELD("slug", list[i].slug);
    row[2] = TEXT_FIELD("name", list[i].name);
  }
  output_table(context, &(struct output_table){fields, count, COLUMNS});
  return STATUS_OK;
}

/* --- projects ----------------------------------------------------------------------------- */

struct project_write {
  struct slice organization;
  struct project_draft draft;
  struct arena *arena;
  int64_t id;
};

static enum status project_write(struct transaction *tx, void *context, struct problem *problem) {
  struct project_write *write = context;
  struct organization organization;
  if (!organization_find(tx, write->arena, write->organization, &organization))
    return problem_set(problem, STATUS_NOT_FOUND,
                       "There is no organization \"%.*s\". Make it with: culprit organization "
                       "create %.*s",
                       SLICE_ARGS(slice_cut_utf8(write->organization, 80)),
                       SLICE_ARGS(slice_cut_utf8(write->organization, 80)));
  write->draft.organization_id = organization.id;
  return project_create(tx, &write->draft, &write->id, problem);
}

enum status project_create_command(struct command_context *context) {
  const struct slice *values = context->arguments->values;
  struct project_write write = {
      .arena = context->arena,
      .draft = {.name = values[OPTION_NAME], .platform = values[OPTION_PLATFORM]}};
  enum status status = project_path_split(context->arguments->operands[0], &write.organization,
                                          &write.draft.slug, context->problem);
  if (!status) status = store_write(context->store, project_write, &write, context->problem);
  if (status) return status;
  struct transaction *tx = store_begin_read(context->store);
  struct slice dsn = project_dsn(tx, context->arena, context->public_url, write.id);
  store_end_read(tx);
  struct field fields[] = {NUMBER_FIELD("id", write.id),
                           TEXT_FIELD("organization", write.organization),
                           TEXT_FIELD("slug", write.draft.slug),
                           TEXT_FIELD("platform", write.draft.platform), TEXT_FIELD("dsn", dsn)};
  output_record(context, dsn, fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}

enum status project_list_command(struct command_context *context) {
  enum { COLUMNS = 5 };
  struct project *list;
  struct transaction *tx = store_begin_read(context->store);
  size_t count = project_list(tx, context->arena, 0, &list);
  store_end_read(tx);
  struct field *fields = ARENA_ARRAY(context->arena, count * COLUMNS, struct field);
  for (size_t i = 0; i < count; i++) {
    struct field *row = fields + i * COLUMNS;
    row[0] = NUMBER_FIELD("id", list[i].id);
    row[1] = TEXT_FIELD(
        "path", arena_printf(context->arena, "%.*s/%.*s", SLICE_ARGS(list[i].organization_slug),
                             SLICE_ARGS(list[i].slug)));
    row[2] = TEXT_FIELD("name", list[i].name);
    row[3] = TEXT_FIELD("platform", list[i].platform);
    row[4] = TIME_FIELD("first_event", list[i].first_event_ms);
  }
  output_table(context, &(struct output_table){fields, count, COLUMNS});
  return STATUS_OK;
}

/* --- client keys -------------------------------------------------------------------------- */

static void output_keys(struct command_context *context, const struct client_key *keys,
                        size_t count) {
  enum { COLUMNS = 5 };
  struct field *fields = ARENA_ARRAY(context->arena, count * COLUMNS, struct field);
  for (size_t i = 0; i < count; i++) {
    struct field *row = fields + i * COLUMNS;
    row[0] = NUMBER_FIELD("id", keys[i].id);
    row[1] = TEXT_FIELD("dsn", client_key_dsn(context->arena, context->public_url, &keys[i]));
    row[2] = FLAG_FIELD("active", keys[i].is_active);
    row[3] = TIME_FIELD("created", keys[i].created_ms);
    row[4] = TEXT_FIELD("label", keys[i].label);
  }
  output_table(context, &(struct output_table){fields, count, COLUMNS});
}

/* The project of the first operand. */
static enum status find_project(struct transaction *tx, const struct command_context *context,
                                struct project *project, struct problem *problem) {
  struct slice organization, slug;
  struct slice path = context->arguments->operands[0];
  enum status status = project_path_split(path, &organization, &slug, problem);
  if (!status && !project_find(tx, context->arena, organization, slug, project))
    status = problem_set(problem, STATUS_NOT_FOUND, "There is no project \"%.*s\".",
                         SLICE_ARGS(slice_cut_utf8(path, 160)));
  return status;
}

enum status key_list_command(struct command_context *context) {
  struct project project;
  struct client_key *keys = NULL;
  size_t count = 0;
  struct transaction *tx = store_begin_read(context->store);
  enum status status = find_project(tx, context, &project, context->problem);
  if (!status) count = client_key_list(tx, context->arena, project.id, &keys);
  store_end_read(tx);
  if (!status) output_keys(context, keys, count);
  return status;
}

struct key_write {
  struct command_context *command;
  struct client_key key;
};

static enum status key_write(struct transaction *tx, void *context, struct problem *problem) {
  struct key_write *write = context;
  struct project project;
  enum status status = find_project(tx, write->command, &project, problem);
  if (status) return status;
  write->key.project_id = project.id;
  return client_key_create(tx, &write->key, problem);
}

enum status key_add_command(struct command_context *context) {
  const struct slice *values = context->arguments->values;
  struct key_write write = {
      context, {.public_key = values[OPTION_PUBLIC_KEY], .label = values[OPTION_NAME]}};
  enum status status = store_write(context->store, key_write, &write, context->problem);
  if (status) return status;
  struct client_key key = {0};
  struct transaction *tx = store_begin_read(context->store);
  bool is_found = client_key_find(tx, context->arena, write.key.project_id, write.key.id, &key);
  store_end_read(tx);
  if (!is_found)
    return problem_set(context->problem, STATUS_NOT_FOUND, "The key was deleted meanwhile.");
  struct slice dsn = client_key_dsn(context->arena, context->public_url, &key);
  struct field fields[] = {NUMBER_FIELD("id", key.id), TEXT_FIELD("public_key", key.public_key),
                           TEXT_FIELD("label", key.label), TEXT_FIELD("dsn", dsn)};
  output_record(context, dsn, fields, sizeof fields / sizeof fields[0]);
  return STATUS_OK;
}

static enum status key_deletion(struct transaction *tx, void *context, struct problem *problem) {
  struct key_write *write = context;
  struct project project;
  enum status status = find_project(tx, write->command, &project, problem);
  if (status) return status;
  return client_key_delete(tx, project.id, write->key.id, problem);
}

enum status key_delete_command(struct command_context *context) {
  struct key_write write = {.command = context};
  struct slice id = context->arguments->operands[1];
  if (!slice_to_i64(id, &write.key.id))
    return problem_set(context->problem, STATUS_BAD_INPUT,
                       "\"%.*s\" is not the id of a key. \"culprit key list\" shows them.",
                       SLICE_ARGS(slice_cut_utf8(id, 80)));
  enum status status = store_write(context->store, key_deletion, &write, context->problem);
  if (status) return status;
  struct field fields[] = {NUMBER_FIELD("id", write.key.id)};
  output_record(context, SLICE("Deleted the client key."), fields, 1);
  return STATUS_OK;
}
