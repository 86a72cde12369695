/* grouping.c - from an event to the hash of its cause.
 *
 * Ways to see the event are tried in order of preference; the first that has
 * something to say decides:
 *
 *   checksum            sent by very old clients
 *   custom fingerprint  sent by the client; may include the default, see fingerprint.c
 *   app                 exceptions with their in-app frames, or a thread's in-app frames
 *   system              the same with all frames, when none is in-app
 *   exception           exception types and values, when there are no frames
 *   message             the message with variables taken out
 *   fallback            nothing to tell events apart by
 *
 * The hash covers the values of the chosen way, each ended by a NUL, which no text
 * holds. The order and the choice of values follow Sentry's, so that moving here
 * does not change what developers are used to.
 */
#include "grouping/grouping.h"

#include <sodium.h>
#include <string.h>

#include "grouping/parts.h"

#include "base/banned.h"

enum { MAX_VARIANTS = 8 };

void values_add(struct values *values, struct slice name, struct slice value) {
  if (values->count == values->capacity) {
    size_t capacity = values->capacity ? values->capacity * 2 : 64;
    struct pair *items = arena_alloc_raw(values->arena, capacity * sizeof *items);
    if (values->count) memcpy(items, values->items, values->count * sizeof *items);
    values->items = items;
    values->capacity = capacity;
  }
  values->items[values->count++] = (struct pair){name, value};
}

static struct group_hash hash_values(const struct pair *items, size_t count) {
  struct group_hash hash;
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, GROUPING_HASH_BYTES);
  for (size_t i = 0; i < count; i++) {
    struct slice value = items[i].value;
    crypto_generichash_update(&state, (const unsigned char *)value.ptr, value.len);
    crypto_generichash_update(&state, (const unsigned char *)"", 1);
  }
  crypto_generichash_final(&state, hash.bytes, GROUPING_HASH_BYTES);
  return hash;
}

/* --- stack traces and exceptions ------------------------------------------------- */

enum frame_choice { IN_APP_FRAMES, ALL_FRAMES, NO_FRAMES };

/* Adds the frames' values; returns how many frames contributed. */
static size_t stacktrace_values(struct values *values, const struct event *event,
                                const struct stacktrace *stacktrace, enum frame_choice choice) {
  size_t contributing = 0;
  for (size_t i = 0; choice != NO_FRAMES && i < stacktrace->count; i++) {
    const struct frame *frame = &stacktrace->frames[i];
    size_t before = values->count;
    if (choice == IN_APP_FRAMES && frame->in_app != YES) continue;
    if (i > 0 && frame_is_recursion(frame, frame - 1)) continue;
    frame_values(values, event, frame);
    contributing += values->count > before;
  }
  return contributing;
}

static size_t exception_values(struct values *values, const struct event *event,
                               const struct exception *exception, enum frame_choice choice) {
  size_t type_at = values->count;
  if (!exception->mechanism.synthetic && !slice_is_empty(exception->type)) {
    values_add(values, SLICE("type"), exception->type);
  }
  size_t value_at = values->count;
  size_t frames = stacktrace_values(values, event, &exception->stacktrace, choice);
  if (frames == 0) {
    values->count = value_at;
    if (!slice_is_empty(exception->value)) {
      values_add(values, SLICE("value"), message_parameterize(values->arena, exception->value));
    } else if (value_at == type_at && !slice_is_empty(exception->type)) {
      values_add(values, SLICE("type"), exception->type);
    }
  }
  return frames;
}

static const struct exception *exception_by_id(const struct event *event, int64_t id) {
  for (size_t i = 0; i < event->exception_count; i++) {
    if (event->exceptions[i].mechanism.exception_id == id) return &event->exceptions[i];
  }
  return NULL;
}

/* Exception groups (RFC 79 of Sentry): whether ids and parents make a tree with the group 0 as its
 * root. */
static bool is_exception_tree(const struct event *event) {
  const struct exception *root = exception_by_id(event, 0);
  if (event->exception_count < 2 || !root || !root->mechanism.is_exception_group) return false;
  for (size_t i = 0; i < event->exception_count; i++) {
    const struct exception *exception = &event->exceptions[i];
    int64_t id = exception->mechanism.exception_id, parent = exception->mechanism.parent_id;
    if (id < 0 || exception_by_id(event, id) != exception) return false;
    if (id != 0 && (parent < 0 || parent >= id || !exception_by_id(event, parent))) return false;
  }
  return true;
}

/* Below groups only, and not a group itself. */
static bool is_top_level(const struct event *event, const struct exception *exception) {
  if (exception->mechanism.is_exception_group) return false;
  while (exception && exception->mechanism.exception_id != 0) {
    exception = exception_by_id(event, exception->mechanism.parent_id);
    if (exception && !exception->mechanism.is_exception_group) return false;
  }
  return true;
}

/* Of equal errors in a group one takes part; when all are equal the group itself does not matter.
 */
static void choose_exceptions(struct arena *arena, const struct event *event,
                              enum frame_choice frames, bool *is_chosen) {
  bool is_tree = is_exception_tree(event);
  struct group_hash *hashes = ARENA_ARRAY(arena, event->exception_count, struct group_hash);
  size_t distinct = 0;
  for (size_t i = 0; i < event->exception_count; i++) {
    is_chosen[i] = !is_tree;
    if (!is_tree || !is_top_level(event, &event->exceptions[i])) continue;
    struct values values = {.arena = arena};
    exception_values(&values, event, &event->exceptions[i], frames);
    hashes[i] = hash_values(values.items, values.count);
    is_chosen[i] = true;
    for (size_t j = 0; j < i; j++) {
      if (is_chosen[j] && memcmp(&hashes[i], &hashes[j], sizeof hashes[i]) == 0) {
        is_chosen[i] = false;
        break;
      }
    }
    distinct += is_chosen[i];
  }
  if (!is_tree || distinct == 1) return;
  const struct exception *root = exception_by_id(event, 0);
  is_chosen[root - event->exceptions] = true;
}

static size_t event_values(struct values *values, const struct event *event,
                           enum frame_choice choice) {
  size_t frames = 0;
  if (event->exception_count == 0) {
    const struct stacktrace *stacktrace = event_main_stacktrace(event);
    return stacktrace ? stacktrace_values(values, event, stacktrace, choice) : 0;
  }
  bool *is_chosen = ARENA_ARRAY(values->arena, event->exception_count, bool);
  choose_exceptions(values->arena, event, choice, is_chosen);
  for (size_t i = 0; i < event->exception_count; i++) {
    if (is_chosen[i]) frames += exception_values(values, event, &event->exceptions[i], choice);
  }
  return frames;
}

/* --- variants -------------------------------------------------------------------- */

struct computation {
  struct arena *arena;
  const struct event *event;
  struct grouping *grouping;
  bool explain;
  bool is_decided;
};

/* Adds a variant. The first usable one decides; later ones are kept for the explanation alone. */
static void add_variant(struct computation *computation, struct slice name,
                        struct slice description, const struct values *values) {
  struct grouping *grouping = computation->grouping;
  struct grouping_variant *variant = &grouping->variants[grouping->variant_count++];
  *variant = (struct grouping_variant){.name = name, .description = description};
  variant->values = (struct pairs){values->items, values->count};
  variant->hash = hash_values(values->items, values->count);
  variant->contributes = !computation->is_decided;
  if (variant->contributes) {
    grouping->hashes[grouping->hash_count++] = variant->hash;
    computation->is_decided = true;
  } else {
    variant->reason = arena_printf(computation->arena, "%.*s comes first",
                                   SLICE_ARGS(grouping->variants[0].description));
  }
}

/* A variant that cannot be used, for the explanation. */
static void add_unusable(struct computation *computation, struct slice name,
                         struct slice description, struct slice reason) {
  struct grouping *grouping = computation->grouping;
  if (!computation->explain) return;
  grouping->variants[grouping->variant_count++] =
      (struct grouping_variant){.name = name, .description = description, .reason = reason};
}

static bool is_finished(const struct computation *computation) {
  return computation->is_decided && !computation->explain;
}

/* Whether there is any frame; without one no message need be read for the stack variants. */
static bool has_frames(const struct event *event) {
  size_t frames = 0;
  for (size_t i = 0; i < event->exception_count; i++)
    frames += event->exceptions[i].stacktrace.count;
  return frames || (event->exception_count == 0 && event_main_stacktrace(event));
}

static void add_stack_variant(struct computation *computation, enum frame_choice choice) {
  const struct event *event = computation->event;
  bool has_exception = event->exception_count > 0;
  struct values values = {.arena = computation->arena};
  if (is_finished(computation)) return;
  size_t frames = has_frames(event) ? event_values(&values, event, choice) : 0;
  if (choice == IN_APP_FRAMES) {
    struct slice name = SLICE("app"), description = has_exception
                                                        ? SLICE("exception type and in-app frames")
                                                        : SLICE("in-app frames of the thread");
    if (frames)
      add_variant(computation, name, description, &values);
    else
      add_unusable(computation, name, description, SLICE("there is no in-app frame"));
    return;
  }
  struct slice name = SLICE("system"), description = has_exception
                                                         ? SLICE("exception type and all frames")
                                                         : SLICE("all frames of the thread");
  if (frames)
    add_variant(computation, name, description, &values);
  else
    add_unusable(computation, name, description, SLICE("there is no stack trace to go by"));
}

static void add_exception_variant(struct computation *computation) {
  struct values values = {.arena = computation->arena};
  if (is_finished(computation) || computation->event->exception_count == 0) return;
  event_values(&values, computation->event, NO_FRAMES);
  if (values.count) {
    add_variant(computation, SLICE("exception"), SLICE("exception type and value"), &values);
  }
}

static void add_message_variant(struct computation *computation) {
  const struct event *event = computation->event;
  struct values values = {.arena = computation->arena};
  struct slice message =
      slice_is_empty(event->message_template) ? event->message_formatted : event->message_template;
  if (is_finished(computation) || slice_is_empty(message)) return;
  values_add(&values, SLICE("message"), message_parameterize(computation->arena, message));
  add_variant(computation, SLICE("message"), SLICE("message with variables taken out"), &values);
}

static void add_fallback(struct computation *computation) {
  struct values values = {.arena = computation->arena};
  if (computation->is_decided) return;
  values_add(&values, SLICE("fallback"), SLICE("fallback"));
  add_variant(computation, SLICE("fallback"), SLICE("nothing to tell events apart by"), &values);
}

static void add_default_variants(struct computation *computation) {
  add_stack_variant(computation, IN_APP_FRAMES);
  add_stack_variant(computation, ALL_FRAMES);
  add_exception_variant(computation);
  add_message_variant(computation);
  add_fallback(computation);
}

static void add_checksum(struct computation *computation) {
  struct values values = {.arena = computation->arena};
  if (slice_is_empty(computation->event->checksum)) return;
  values_add(&values, SLICE("checksum"), computation->event->checksum);
  add_variant(computation, SLICE("checksum"), SLICE("checksum sent by the client"), &values);
}

/* The values that "{{ default }}" stands for: those of the variant that would decide. */
static struct values default_values(struct arena *arena, const struct event *event) {
  struct grouping_variant variants[MAX_VARIANTS];
  struct grouping grouping = {.variants = variants};
  struct computation computation = {.arena = arena, .event = event, .grouping = &grouping};
  add_default_variants(&computation);
  struct pairs values = variants[0].values;
  return (struct values){.arena = arena, .items = values.items, .count = values.count};
}

static void add_fingerprint(struct computation *computation) {
  const struct event *event = computation->event;
  struct values values = {.arena = computation->arena};
  if (is_finished(computation) || fingerprint_is_default(event->fingerprint)) return;
  struct values defaults = default_values(computation->arena, event);
  fingerprint_values(&values, event, &defaults);
  add_variant(computation, SLICE("custom-fingerprint"), SLICE("fingerprint sent by the client"),
              &values);
}

void grouping_compute(struct arena *arena, struct event *event, const struct grouping_rules *rules,
                      bool explain, struct grouping *grouping) {
  (void)rules;
  *grouping = (struct grouping){0};
  grouping->variants = ARENA_ARRAY(arena, MAX_VARIANTS, struct grouping_variant);
  in_app_mark(event);
  struct computation computation = {
      .arena = arena, .event = event, .grouping = grouping, .explain = explain};
  add_checksum(&computation);
  add_fingerprint(&computation);
  if (!is_finished(&computation)) add_default_variants(&computation);
}
