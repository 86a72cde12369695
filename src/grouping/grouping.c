/* grouping.c - from an event to the hashes of its cause.
 *
 * Strategies are asked in order of preference; the first that has something to say
 * decides:
 *
 *   exceptions  chain or group, with their frames    app and system
 *   threads     the one crashed, current or only     app and system
 *   template    file and line
 *   report      of a browser's security policy
 *   message     with variables taken out
 *
 * What has a stack trace is seen in two ways, which may both contribute: by the frames
 * in the app and by all frames ("system"). An event is in a group when one of its
 * hashes is. When nothing contributes, all such events are one group ("fallback").
 *
 * A checksum of very old clients replaces all that. A fingerprint replaces it too,
 * or, when it holds "{{ default }}", is mixed into every hash.
 *
 * A hash is the MD5 of the values that contribute, one behind the other: the same
 * as Sentry's configuration newstyle:2023-01-11 gives, so that moving here does not
 * change what developers are used to.
 */
#include "grouping/grouping.h"

#include <string.h>

#include "base/md5.h"
#include "grouping/parts.h"

#include "base/banned.h"

/* app, default, system, and one that replaces them: a fingerprint, a checksum or the fallback. */
enum { MAX_VARIANTS = VIEW_COUNT + 1 };

void values_add(struct values *values, struct slice name, struct slice value) {
  values_add_all(values, (struct pairs){&(struct pair){name, value}, 1});
}

void values_add_all(struct values *values, struct pairs more) {
  if (more.count == 0) return;
  if (values->capacity - values->count < more.count) {
    size_t capacity = (values->count + more.count) * 2;
    if (capacity < 64) capacity = 64;
    struct pair *items = arena_alloc_raw(values->arena, capacity * sizeof *items);
    if (values->count) memcpy(items, values->items, values->count * sizeof *items);
    values->items = items;
    values->capacity = capacity;
  }
  memcpy(values->items + values->count, more.items, more.count * sizeof *more.items);
  values->count += more.count;
}

struct group_hash values_hash(struct pairs values) {
  struct group_hash hash;
  struct md5 md5;
  md5_start(&md5);
  for (size_t i = 0; i < values.count; i++) md5_add(&md5, values.items[i].value);
  md5_finish(&md5, hash.bytes);
  return hash;
}

static struct pairs pairs_of(const struct values *values) {
  return (struct pairs){values->items, values->count};
}

/* --- strategies --------------------------------------------------------------------------------
 */

/* The thread whose stack stands for the event; null when there is none or none can be told. */
static const struct thread *chosen_thread(const struct event *event) {
  const struct thread *crashed = NULL, *current = NULL;
  size_t crashed_count = 0, current_count = 0;
  for (size_t i = 0; i < event->thread_count; i++) {
    const struct thread *thread = &event->threads[i];
    if (thread->crashed == YES && ++crashed_count) crashed = thread;
    if (thread->current == YES && ++current_count) current = thread;
  }
  if (crashed_count == 1) return crashed;
  if (current_count == 1) return current;
  return event->thread_count == 1 ? &event->threads[0] : NULL;
}

static void describe_threads(const struct computation *computation, struct part parts[VIEW_COUNT]) {
  const struct event *event = computation->event;
  if (event->thread_count == 0) return;
  const struct thread *thread = chosen_thread(event);
  if (!thread || thread->stacktrace.count == 0) {
    parts[VIEW_APP].exists = true;
    parts[VIEW_APP].reason = thread ? "the thread has no stack trace"
                                    : "not exactly one thread crashed, is current, or is there";
    return;
  }
  for (int view = 0; view < STACK_VIEWS; view++) {
    parts[view].exists = true;
    parts[view].values.arena = computation->arena;
  }
  stack_add(computation, NULL, &thread->stacktrace, parts);
}

static void describe_message(const struct computation *computation, struct part parts[VIEW_COUNT]) {
  const struct event *event = computation->event;
  struct part *part = &parts[VIEW_DEFAULT];
  struct slice message =
      slice_is_empty(event->message_template) ? event->message_formatted : event->message_template;
  if (slice_is_empty(message)) return;
  part->exists = part->contributes = true;
  part->values.arena = computation->arena;
  values_add(&part->values, SLICE("message"), message_parameterize(computation->arena, message));
}

static const struct strategy {
  const char *name; /* as in "the exception comes first" */
  void (*describe)(const struct computation *computation, struct part parts[VIEW_COUNT]);
  const char *descriptions[VIEW_COUNT];
  const char *without_frames; /* what VIEW_APP is when no frame takes part */
} strategies[] = {
    {"the exception",
     exceptions_describe,
     {"exception type and frames in the app", "exception type and all frames", NULL},
     "exception type and value"},
    {"the thread",
     describe_threads,
     {"frames of the thread that are in the app", "all frames of the thread", NULL},
     "frames of the thread"},
    {"the template", template_describe, {NULL, NULL, "place in the template"}, NULL},
    {"the security report", report_describe, {NULL, NULL, "security report"}, NULL},
    {"the message", describe_message, {NULL, NULL, "message with variables taken out"}, NULL},
};
enum { STRATEGIES = sizeof strategies / sizeof strategies[0] };

/* --- which views of a strategy count ------------------------------------------------------------
 */

struct outcome {
  struct part parts[VIEW_COUNT];
  struct group_hash hashes[VIEW_COUNT];
};

static void refuse(struct part *part, const char *reason) {
  part->contributes = false;
  part->reason = reason;
}

/* The view by all frames leads: without it the other is not used, and when both are the same one is
 * enough. Where frames count in one view, a view without any is not used. */
static void settle_views(struct outcome *outcome) {
  struct part *app = &outcome->parts[VIEW_APP], *system = &outcome->parts[VIEW_SYSTEM];
  for (int view = 0; view < VIEW_COUNT; view++) {
    const struct part *part = &outcome->parts[view];
    if (part->contributes) outcome->hashes[view] = values_hash(pairs_of(&part->values));
  }
  if (app->contributes && system->exists) {
    const struct group_hash *hashes = outcome->hashes;
    if (!system->contributes) {
      refuse(app, "no frame counts, in the app or elsewhere");
    } else if (memcmp(&hashes[VIEW_APP], &hashes[VIEW_SYSTEM], sizeof hashes[0]) == 0) {
      refuse(app, "the same as with all frames");
    }
  }
  if (app->contributes && system->has_stack && !app->has_stack) {
    refuse(app, "no frame in the app counts, while others do");
  }
  if (system->contributes && app->has_stack && !system->has_stack) {
    refuse(system, "only frames in the app count");
  }
}

static bool contributes(const struct outcome *outcome) {
  for (int view = 0; view < VIEW_COUNT; view++) {
    if (outcome->parts[view].contributes) return true;
  }
  return false;
}

/* --- variants ------------------------------------------------------------------------------------
 */

/* What is said of a part that nobody refused, and that still says nothing. */
static struct slice silence_of(const struct computation *computation, const struct part *part,
                               enum view view) {
  if (!slice_is_empty(part->rule)) {
    return arena_printf(computation->arena, "the stack trace is left out by the rule \"%.*s\"",
                        SLICE_ARGS(part->rule));
  }
  if (part->reason) return slice_of_string(part->reason);
  if (part->all_frames == 0) return SLICE("there is nothing to tell events apart by");
  return view == VIEW_APP ? SLICE("no frame is in the app, or none of them counts")
                          : SLICE("no frame counts");
}

static struct slice description_of(const struct computation *computation,
                                   const struct strategy *strategy, const struct part *part,
                                   enum view view) {
  const char *description = strategy->descriptions[view];
  if (view != VIEW_DEFAULT && !part->has_stack) description = strategy->without_frames;
  if (!part->has_stack) return slice_of_string(description);
  return arena_printf(computation->arena, "%s (%zu of %zu)", description, part->frames,
                      part->all_frames);
}

static const struct slice view_names[VIEW_COUNT] = {
    [VIEW_APP] = {"app", 3}, [VIEW_SYSTEM] = {"system", 6}, [VIEW_DEFAULT] = {"default", 7}};

struct collection {
  const struct computation *computation;
  const struct fingerprint *fingerprint;
  struct grouping *grouping;
  const struct strategy *winner; /* null until one contributes */
  bool is_listed[VIEW_COUNT];
};

static void add_hash(struct grouping *grouping, const struct group_hash *hash) {
  grouping->hashes[grouping->hash_count++] = *hash;
}

/* Mixes the fingerprint into a variant that counts. */
static void salt(const struct collection *collection, struct grouping_variant *variant) {
  struct values values = {.arena = collection->computation->arena};
  fingerprint_values(collection->computation, collection->fingerprint, variant->values, &values);
  variant->values = pairs_of(&values);
  variant->hash = values_hash(variant->values);
  if (!collection->computation->explain) return;
  variant->description = arena_printf(collection->computation->arena, "%.*s, with the fingerprint",
                                      SLICE_ARGS(variant->description));
}

static struct slice reason_against(const struct collection *collection,
                                   const struct strategy *strategy, const struct part *part,
                                   enum view view) {
  if (collection->fingerprint->defaults == 0 && collection->fingerprint->values.count) {
    return SLICE("the fingerprint decides");
  }
  if (collection->winner && collection->winner != strategy) {
    return arena_printf(collection->computation->arena, "%s comes first", collection->winner->name);
  }
  return silence_of(collection->computation, part, view);
}

/* One variant for each view: that of the strategy which decides, or else of the first that has the
 * view. */
static void list_variant(struct collection *collection, const struct strategy *strategy,
                         const struct outcome *outcome, enum view view) {
  struct grouping *grouping = collection->grouping;
  const struct part *part = &outcome->parts[view];
  bool counts = part->contributes && collection->winner == strategy;
  if (!part->exists || collection->is_listed[view]) return;
  if (!counts && !collection->computation->explain) return;
  struct grouping_variant *variant = &grouping->variants[grouping->variant_count++];
  collection->is_listed[view] = true;
  *variant = (struct grouping_variant){.name = view_names[view],
                                       .contributes = counts,
                                       .hash = outcome->hashes[view],
                                       .values = pairs_of(&part->values)};
  if (collection->computation->explain) {
    variant->description = description_of(collection->computation, strategy, part, view);
    if (!counts) variant->reason = reason_against(collection, strategy, part, view);
  }
  if (counts && !fingerprint_is_default(collection->fingerprint)) salt(collection, variant);
  if (counts) add_hash(grouping, &variant->hash);
}

static void list_strategy(struct collection *collection, size_t index,
                          const struct outcome *outcome) {
  static const enum view order[] = {VIEW_APP, VIEW_DEFAULT, VIEW_SYSTEM};
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
    list_variant(collection, &strategies[index], outcome, order[i]);
  }
}

/* Asks the strategies; with a fingerprint of one's own they decide nothing. */
static void add_strategies(struct collection *collection, bool may_decide) {
  const struct computation *computation = collection->computation;
  struct outcome *outcomes = ARENA_ARRAY(computation->arena, STRATEGIES, struct outcome);
  size_t winner = STRATEGIES;
  for (size_t i = 0; i < STRATEGIES; i++) {
    strategies[i].describe(computation, outcomes[i].parts);
    settle_views(&outcomes[i]);
    if (winner == STRATEGIES && contributes(&outcomes[i])) winner = i;
    if (winner < STRATEGIES && !computation->explain) break;
  }
  if (winner < STRATEGIES && may_decide) {
    collection->winner = &strategies[winner];
    list_strategy(collection, winner, &outcomes[winner]);
  }
  for (size_t i = 0; computation->explain && i < STRATEGIES; i++) {
    list_strategy(collection, i, &outcomes[i]);
  }
}

/* --- what replaces the strategies ----------------------------------------------------------------
 */

static void add_only(struct grouping *grouping, const struct grouping_variant *variant) {
  struct grouping_variant *added = &grouping->variants[grouping->variant_count++];
  *added = *variant;
  added->contributes = true;
  add_hash(grouping, &added->hash);
}

/* 32 hexadecimal digits are the hash itself. */
static void add_checksum(struct arena *arena, struct slice checksum, struct grouping *grouping) {
  struct values values = {.arena = arena};
  struct group_hash sum;
  bool is_hash = hex_decode(checksum, sum.bytes, GROUPING_HASH_BYTES);
  values_add(&values, SLICE("checksum"), checksum);
  if (!is_hash) sum = values_hash(pairs_of(&values));
  add_only(grouping, &(struct grouping_variant){
                         .name = is_hash ? SLICE("checksum") : SLICE("hashed-checksum"),
                         .description = SLICE("checksum sent by the client"),
                         .values = pairs_of(&values),
                         .hash = sum});
}

static void add_fingerprint(const struct computation *computation,
                            const struct fingerprint *fingerprint, struct grouping *grouping) {
  struct values values = {.arena = computation->arena};
  struct slice description = SLICE("fingerprint sent by the client");
  fingerprint_values(computation, fingerprint, (struct pairs){0}, &values);
  if (!slice_is_empty(fingerprint->rule)) {
    description = fingerprint->is_built_in ? SLICE("fingerprint of a built-in rule")
                                           : SLICE("fingerprint of a rule of the project");
  }
  add_only(grouping, &(struct grouping_variant){.name = fingerprint->is_built_in
                                                            ? SLICE("built-in-fingerprint")
                                                            : SLICE("custom-fingerprint"),
                                                .description = description,
                                                .values = pairs_of(&values),
                                                .hash = values_hash(pairs_of(&values))});
}

static void add_fallback(struct grouping *grouping) {
  add_only(grouping,
           &(struct grouping_variant){.name = SLICE("fallback"),
                                      .description = SLICE("nothing to tell events apart by"),
                                      .hash = values_hash((struct pairs){0})});
}

/* --- all
 * -------------------------------------------------------------------------------------------- */

static void compute(const struct computation *computation, struct grouping *grouping) {
  struct event *event = computation->event;
  struct fingerprint fingerprint = fingerprint_of(computation);
  struct collection collection = {
      .computation = computation, .fingerprint = &fingerprint, .grouping = grouping};
  bool is_own = fingerprint.values.count > 0 && fingerprint.defaults == 0;
  grouping->fingerprint_rule = fingerprint.rule;
  if (is_own) add_fingerprint(computation, &fingerprint, grouping);
  /* The chain tells which exception gives the title, whoever decides the group. */
  bool is_wanted = !is_own || computation->explain || exception_group_exists(event);
  if (is_wanted) add_strategies(&collection, !is_own);
  if (grouping->hash_count == 0) add_fallback(grouping);
}

void grouping_compute(struct arena *arena, struct event *event, const struct grouping_rules *rules,
                      bool explain, struct grouping *grouping) {
  struct computation computation = {arena, event, rules, explain};
  *grouping = (struct grouping){0};
  grouping->variants = ARENA_ARRAY(arena, MAX_VARIANTS, struct grouping_variant);
  event->main_exception_id = -1;
  event->custom_title = SLICE_EMPTY;
  rules_mark_frames(arena, event, rules);
  if (!slice_is_empty(event->checksum)) {
    add_checksum(arena, event->checksum, grouping);
  } else {
    compute(&computation, grouping);
  }
}
