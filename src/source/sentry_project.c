/* sentry_project.c - see sentry_project.h. */
#include "source/sentry_project.h"

#include "source/sentry_value.h"

#include "base/banned.h"

/* Slugs become parts of paths. */
static bool is_slug(struct slice text) {
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '-' || c == '_' || c == '.';
    if (!is_fine) return false;
  }
  return text.len > 0 && text.ptr[0] != '.';
}

static enum status read_row(yyjson_val *row, struct sentry_project *project,
                            struct problem *problem) {
  yyjson_val *organization = json_member(row, "organization");
  const struct {
    const char *name;
    struct slice value;
    bool is_slug;
  } needed[] = {
      {"slug", project->slug = json_text(json_member(row, "slug")), true},
      {"name", project->name = json_text(json_member(row, "name")), false},
      {"organization.slug",
       project->organization_slug = json_text(json_member(organization, "slug")), true},
      {"organization.name",
       project->organization_name = json_text(json_member(organization, "name")), false},
  };
  for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
    if (needed[i].is_slug ? is_slug(needed[i].value) : needed[i].value.len > 0) continue;
    return problem_set_field(
        problem, STATUS_FAILED, "url",
        "A project in the server's list has no usable %s, so this is no Sentry, or "
        "one that is not understood.",
        needed[i].name);
  }
  if (!sentry_id(json_member(row, "id"), &project->id)) project->id = 0;
  return STATUS_OK;
}

enum status sentry_projects_read(struct arena *arena, yyjson_val *list,
                                 struct sentry_project **projects, size_t *count,
                                 struct problem *problem) {
  yyjson_val *row;
  size_t index, max;
  *count = 0;
  *projects = NULL;
  if (!yyjson_is_arr(list))
    return problem_set_field(problem, STATUS_FAILED, "url",
                             "The server did not answer with a list of projects. Is it a Sentry?");
  *projects = ARENA_ARRAY(arena, yyjson_arr_size(list), struct sentry_project);
  yyjson_arr_foreach(list, index, max, row) {
    enum status status = read_row(row, &(*projects)[index], problem);
    if (status) return status;
  }
  *count = max;
  return STATUS_OK;
}
