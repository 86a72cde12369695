/* decode_rest.c - SDK, modules, images, fingerprint and what else an event says of its sender; and
 * frames of long stack traces. See decode.c. */
#include <math.h>

#include "event/decode.h"
#include "event/limits.h"

#include "base/banned.h"

static bool is_one_of(struct slice name, const char *const *names) {
  for (; *names; names++) {
    if (slice_equal_string(name, *names)) return true;
  }
  return false;
}

bool decode_is_known(struct slice name) {
  static const char *const names[] = {
      /* read elsewhere */
      "type", "stacktrace", "report", "csp", "hpkp", "expectct", "expectstaple", "nel",
      "main_exception_id", "custom_title",
      /* of transactions */
      "start_timestamp", "spans", "measurements", "breakdowns", "transaction_info", "profiles",
      /* the server's own, and what old clients repeated of the request */
      "project", "project_id", "key_id", "version", "time_spent", "ingest_path", "grouping_config",
      "_metrics", "_metrics_summary", "interfaces", "hashes", "location", "metadata", "title",
      "nodestore_insert", "hist", "parent", "other", NULL};
  return is_one_of(name, names);
}

/* --- SDK and modules -------------------------------------------------------------- */

void decode_sdk(struct reader *reader, struct event *event, yyjson_val *value) {
  if (!yyjson_is_obj(value)) {
    reader_note(reader, "invalid_data", NULL, value, "expected an object");
    return;
  }
  struct slice name = json_text(json_member(value, "name"));
  struct slice version = SLICE_EMPTY;
  json_scalar_text(json_member(value, "version"), &version);
  event->sdk_name = reader_cut(reader, name, LIMIT_NAME);
  event->sdk_version = reader_cut(reader, version, LIMIT_NAME);
  const struct {
    const char *name;
    yyjson_val **list;
  } lists[] = {{"packages", &event->sdk_packages},
               {"integrations", &event->sdk_integrations},
               {"features", &event->sdk_features}};
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    yyjson_val *list = json_member(value, lists[i].name);
    if (yyjson_arr_size(list)) *lists[i].list = list;
  }
}

/* {"name": "version"}, pairs, or a list of {name, version}. */
void decode_modules(struct reader *reader, struct event *event, yyjson_val *value) {
  if (!yyjson_is_ctn(value)) {
    reader_note(reader, "invalid_data", NULL, value, "expected an object");
    return;
  }
  yyjson_val *first = yyjson_arr_get_first(value);
  if (!json_member(first, "name")) {
    event->modules = reader_pairs(reader, value, LIMIT_NAME, LIMIT_MODULES);
    return;
  }
  size_t index, max, size = yyjson_arr_size(value);
  if (size > LIMIT_MODULES) size = LIMIT_MODULES;
  event->modules.items = ARENA_ARRAY(reader->arena, size, struct pair);
  yyjson_val *item;
  yyjson_arr_foreach(value, index, max, item) {
    if (index == size) break;
    struct slice version = SLICE_EMPTY, name = json_text(json_member(item, "name"));
    json_scalar_text(json_member(item, "version"), &version);
    if (slice_is_empty(name)) continue;
    event->modules.items[event->modules.count++] = (struct pair){
        reader_cut(reader, name, LIMIT_RELEASE), reader_cut(reader, version, LIMIT_NAME)};
  }
}

/* --- grouping as the sender wants it ------------------------------------------------ */

/* Booleans are written as Python does and numbers without their fraction, since groups of old
 * clients hang on it. False for what no fingerprint can hold. */
static bool fingerprint_text(struct reader *reader, yyjson_val *value, struct slice *text) {
  double number;
  if (!json_scalar_text(value, text)) return false;
  if (yyjson_is_bool(value)) {
    *text = yyjson_get_bool(value) ? SLICE("True") : SLICE("False");
  } else if (json_is_number(value)) {
    bool is_whole = true;
    for (size_t i = text->ptr[0] == '-'; i < text->len; i++) {
      is_whole = is_whole && text->ptr[i] >= '0' && text->ptr[i] <= '9';
    }
    if (is_whole) return true;
    if (!json_number(value, &number) || fabs(number) >= 9007199254740992.0) return false;
    *text = arena_printf(reader->arena, "%.0f", trunc(number));
  }
  return true;
}

void decode_fingerprint(struct reader *reader, struct event *event, yyjson_val *value) {
  struct lines *fingerprint = &event->fingerprint;
  struct place here = {reader->place, NULL, 0};
  size_t max, size = yyjson_arr_size(value);
  if (!yyjson_is_arr(value)) {
    reader_note(reader, "invalid_data", NULL, value, "expected a list");
    return;
  }
  if (size > LIMIT_FINGERPRINT) size = LIMIT_FINGERPRINT;
  fingerprint->items = ARENA_ARRAY(reader->arena, size, struct slice);
  reader->place = &here;
  yyjson_val *item;
  yyjson_arr_foreach(value, here.index, max, item) {
    struct slice text;
    if (here.index == size) break;
    if (fingerprint_text(reader, item, &text)) {
      text = reader_cut(reader, text, LIMIT_MESSAGE);
      if (!slice_is_empty(text)) fingerprint->items[fingerprint->count++] = text;
    } else if (!yyjson_is_null(item)) {
      reader_note(reader, "invalid_data", NULL, item, "expected a text");
    }
  }
  reader->place = here.outer;
}

/* --- the rest ----------------------------------------------------------------------- */

/* The site of a very old client is a tag like any other. */
void decode_site(struct reader *reader, struct event *event, yyjson_val *value) {
  struct slice text = SLICE_EMPTY;
  if (json_scalar_text(value, &text)) event->site = reader_cut(reader, text, LIMIT_RELEASE);
}

static bool is_known_image(struct reader *reader, yyjson_val *image) {
  static const char *const types[] = {"macho",    "elf",       "pe",       "pe_dotnet",
                                      "symbolic", "sourcemap", "proguard", "wasm",
                                      "jvm",      "apple",     NULL};
  struct slice type = json_text(json_member(image, "type"));
  if (yyjson_is_obj(image) && is_one_of(type, types)) return true;
  if (!yyjson_is_null(image)) {
    reader_note(reader, "invalid_data", NULL, json_member(image, "type"), "not a type of images");
  }
  return false;
}

/* Makes the list anew when an image is of a type that nobody knows. */
static yyjson_val *known_images(struct reader *reader, yyjson_val *images) {
  size_t size = yyjson_arr_size(images), count = 0, max;
  struct place named = {reader->place, "images", 0}, here = {&named, NULL, 0};
  struct json_pair *known = ARENA_ARRAY(reader->arena, size + 1, struct json_pair);
  yyjson_val *image;
  reader->place = &here;
  yyjson_arr_foreach(images, here.index, max, image) {
    if (is_known_image(reader, image)) known[count++].value = image;
  }
  reader->place = named.outer;
  return count == size ? images : json_list_of(reader->arena, known, count);
}

void decode_debug_meta(struct reader *reader, struct event *event, yyjson_val *value) {
  size_t index, max, count = 0;
  yyjson_val *key, *member;
  if (!yyjson_is_obj(value)) {
    reader_note(reader, "invalid_data", NULL, value, "expected an object");
    return;
  }
  event->debug_meta = value;
  yyjson_val *images = json_member(value, "images"), *known = images;
  if (!reader->is_kept && yyjson_is_arr(images)) known = known_images(reader, images);
  if (known == images) return;
  struct json_pair *members = ARENA_ARRAY(reader->arena, yyjson_obj_size(value), struct json_pair);
  yyjson_obj_foreach(value, index, max, key, member) {
    members[count++] = (struct json_pair){key, member == images ? known : member};
  }
  event->debug_meta = json_object_of(reader->arena, members, count);
}

void decode_meta(struct reader *reader, struct event *event, yyjson_val *value) {
  (void)reader;
  if (yyjson_is_obj(value)) event->meta = value;
}

/* --- long stack traces -------------------------------------------------------------- */

static void slim_frame(struct frame *frame) {
  frame->vars = NULL;
  frame->pre_context.count = frame->post_context.count = 0;
}

/* Takes from the middle of the frames that are or are not of the program itself, so that `kept` of
 * them stay whole, half at each end. */
static void slim_middle(struct stacktrace *stacktrace, bool is_in_app, size_t count, size_t kept) {
  size_t start = kept / 2, end = count - (kept - kept / 2), number = 0;
  for (size_t i = 0; i < stacktrace->count && kept < count; i++) {
    struct frame *frame = &stacktrace->frames[i];
    if ((frame->in_app == YES) != is_in_app) continue;
    if (number >= start && number < end) slim_frame(frame);
    number++;
  }
}

void stacktrace_slim(struct stacktrace *stacktrace) {
  size_t in_app = 0;
  if (stacktrace->count <= LIMIT_FRAMES_WHOLE) return;
  for (size_t i = 0; i < stacktrace->count; i++) in_app += stacktrace->frames[i].in_app == YES;
  size_t others = stacktrace->count - in_app;
  size_t in_app_kept = in_app < LIMIT_FRAMES_WHOLE ? in_app : LIMIT_FRAMES_WHOLE;
  size_t others_kept = LIMIT_FRAMES_WHOLE - in_app_kept;
  slim_middle(stacktrace, false, others, others_kept < others ? others_kept : others);
  slim_middle(stacktrace, true, in_app, in_app_kept);
}
