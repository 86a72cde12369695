/* feedback.c - see feedback.h. */
#include "ingest/feedback.h"

#include "event/event.h"
#include "event/limits.h"
#include "json/json.h"

#include "base/banned.h"

/* One line, trimmed and cut. */
static struct slice line(struct arena *arena, struct slice text, size_t characters) {
  struct slice cut = slice_cut_characters(slice_trim(text), characters);
  char *copy = arena_string(arena, cut);
  for (size_t i = 0; i < cut.len; i++)
    if ((unsigned char)copy[i] < ' ') copy[i] = ' ';
  return slice_of(copy, cut.len);
}

static struct slice scrubbed(struct arena *arena, const struct scrubber *scrubber,
                             struct slice text) {
  return scrubber ? arena_copy(arena, scrub_text(arena, scrubber, text)) : arena_copy(arena, text);
}

/* What both forms have. */
static const char *fill(struct arena *arena, const struct user_report_parts *parts,
                        const struct scrubber *scrubber, struct feedback *feedback) {
  struct slice message = slice_trim(parts->comments);
  feedback->name = line(arena, scrubbed(arena, scrubber, parts->name), LIMIT_NAME);
  feedback->email = line(arena, parts->email, LIMIT_EMAIL);
  feedback->message =
      scrubbed(arena, scrubber, slice_cut_characters(message, FEEDBACK_MESSAGE_LIMIT));
  feedback->has_event = event_id_parse(parts->event_id, &feedback->event_id);
  return message.len ? NULL : "empty_feedback";
}

const char *user_report_of(struct arena *arena, const struct user_report_parts *parts,
                           const struct scrubber *scrubber, struct feedback *feedback) {
  *feedback = (struct feedback){0};
  const char *wrong = fill(arena, parts, scrubber, feedback);
  if (wrong) return wrong;
  if (!feedback->has_event) return "invalid_event_id";
  feedback->guid = feedback->event_id;
  return NULL;
}

const char *user_report_read(struct arena *arena, struct slice json,
                             const struct scrubber *scrubber, struct feedback *feedback) {
  struct arena scratch = {0};
  struct problem problem;
  yyjson_val *root;
  const char *wrong = "invalid_json";
  if (json_read(&scratch, json, &root, &problem) == STATUS_OK && yyjson_is_obj(root)) {
    const struct user_report_parts parts = {.event_id = json_text(json_member(root, "event_id")),
                                            .name = json_text(json_member(root, "name")),
                                            .email = json_text(json_member(root, "email")),
                                            .comments = json_text(json_member(root, "comments"))};
    wrong = user_report_of(arena, &parts, scrubber, feedback);
  }
  arena_free(&scratch);
  return wrong;
}

static const char *read_root(struct arena *arena, yyjson_val *root, const struct scrubber *scrubber,
                             struct feedback *feedback) {
  yyjson_val *context = json_member(json_member(root, "contexts"), "feedback");
  const struct user_report_parts parts = {
      .event_id = json_text(json_member(context, "associated_event_id")),
      .name = json_text(json_member(context, "name")),
      .email = json_text(json_member(context, "contact_email")),
      .comments = json_text(json_member(context, "message"))};
  const char *wrong = fill(arena, &parts, scrubber, feedback);
  if (wrong) return wrong;
  struct slice url = json_text(json_member(context, "url"));
  if (!url.len) url = json_text(json_member(json_member(root, "request"), "url"));
  feedback->url = scrubbed(arena, scrubber, line(arena, url, LIMIT_MESSAGE));
  feedback->source = line(arena, json_text(json_member(context, "source")), LIMIT_NAME);
  struct slice environment = line(arena, json_text(json_member(root, "environment")), LIMIT_LOGGER);
  struct slice release = line(arena, json_text(json_member(root, "release")), LIMIT_RELEASE);
  if (environment_is_valid(environment)) feedback->environment = environment;
  if (release_is_valid(release)) feedback->release = release;
  if (!event_id_parse(json_text(json_member(root, "event_id")), &feedback->guid))
    feedback->guid = event_id_random();
  return NULL;
}

const char *feedback_read(struct arena *arena, struct slice json, const struct scrubber *scrubber,
                          struct feedback *feedback) {
  struct arena scratch = {0};
  struct problem problem;
  yyjson_val *root;
  const char *wrong = "invalid_json";
  *feedback = (struct feedback){0};
  if (json_read(&scratch, json, &root, &problem) == STATUS_OK && yyjson_is_obj(root))
    wrong = read_root(arena, root, scrubber, feedback);
  arena_free(&scratch);
  return wrong;
}
