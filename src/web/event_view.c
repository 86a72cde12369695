/* event_view.c - from a decoded event to what the details page shows of it.
 *
 * Pure: reads nothing but the event (and, for source lines, the repository). Each section is one
 * function. What is long is cut here, by the limits of values.h, so that templates only draw.
 */
#include "web/event_view.h"

#include "base/clock.h"
#include "web/event_text.h"
#include "web/labels.h"

#include "base/banned.h"

#define RAW_STACK_LIMIT_BYTES (4 * 1024 * 1024)
#define CLOCK_SKEW_SHOWN_MS MINUTE_MS
/* Late is not wrong: SDKs keep events while they are offline. Early cannot be. */
#define LATE_SHOWN_MS (5 * MINUTE_MS)
#define HIGHLIGHT_COUNT 6
#define USER_ROWS 5
#define VARIANT_HASH_DIGITS 12
#define LIST_LIMIT_BYTES (64 * 1024)

static struct value_rows rows_with_room(struct arena *arena, size_t count) {
  return (struct value_rows){.items = ARENA_ARRAY(arena, count, struct value_row)};
}

static struct slice json_member(struct arena *arena, yyjson_val *object, const char *key) {
  yyjson_val *value = yyjson_obj_get(object, key);
  return value && !yyjson_is_null(value) ? value_text(arena, value) : SLICE_EMPTY;
}

static bool is_any(struct slice s, const char *const names[], size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (slice_equal_string(s, names[i])) {
      return true;
    }
  }
  return false;
}

/* --- head ------------------------------------------------------------------------------ */

static struct slice context_label(struct arena *arena, const struct event *event,
                                  const char *context) {
  yyjson_val *object = yyjson_obj_get(event->contexts, context);
  struct slice name = json_member(arena, object, "name");
  struct slice version = json_member(arena, object, "version");
  return name.len && version.len
             ? arena_printf(arena, "%.*s %.*s", SLICE_ARGS(name), SLICE_ARGS(version))
             : name;
}

static void add_highlights(struct event_view *view, const struct event_view_request *request) {
  const struct event *event = request->event;
  struct value_rows rows = rows_with_room(request->arena, HIGHLIGHT_COUNT);
  const struct show_limits *limits = &request->limits;
  value_rows_add(&rows, "environment", event->environment, limits);
  value_rows_add(&rows, "release", event->release, limits);
  value_rows_add(&rows, "transaction", event->transaction, limits);
  value_rows_add(&rows, "server", event->server_name, limits);
  value_rows_add(&rows, "browser", context_label(request->arena, event, "browser"), limits);
  value_rows_add(&rows, "runtime", context_label(request->arena, event, "runtime"), limits);
  view->highlights = rows;
}

static void add_clock_skew(struct event_view *view, const struct event_row *row) {
  int64_t skew = row->received_ms - row->timestamp_ms;
  view->is_received_later = row->received_ms / MINUTE_MS != row->timestamp_ms / MINUTE_MS;
  if (skew < -CLOCK_SKEW_SHOWN_MS || skew > LATE_SHOWN_MS) {
    view->clock_skew_ms = skew;
  }
}

/* Some SDKs send the exception's text as the message, too; once is enough. */
static bool is_told_by_exception(const struct event *event) {
  const struct exception *exception = event_main_exception(event);
  return exception && (slice_equal(exception->value, event->message_formatted) ||
                       slice_equal(event->title, event->message_formatted));
}

static void add_message(struct event_view *view, const struct event_view_request *request) {
  const struct event *event = request->event;
  size_t limit = request->limits.value_bytes;
  view->message = (struct message_view){
      .formatted = slice_cut_utf8(event->message_formatted, limit),
      .template_text = slice_cut_utf8(event->message_template, limit),
      .is_cut = event->message_formatted.len > limit || event->message_template.len > limit,
      .parameters = value_rows_of_json(request->arena, event->message_params, &request->limits),
  };
  if (slice_equal(view->message.formatted, view->message.template_text)) {
    view->message.template_text = SLICE_EMPTY;
  }
  view->has_message = (view->message.formatted.len || view->message.template_text.len) &&
                      !is_told_by_exception(event);
}

/* --- stack traces ----------------------------------------------------------------------- */

static bool is_of_exception(const struct event *event, const struct stacktrace *stacktrace) {
  for (size_t i = 0; i < event->exception_count; i++) {
    if (stacktrace == &event->exceptions[i].stacktrace) {
      return true;
    }
  }
  return false;
}

static void add_threads(struct event_view *view, struct frames_request *frames,
                        const struct event *event, const struct stacktrace *main) {
  size_t limit = frames->limits->threads;
  size_t count = event->thread_count < limit ? event->thread_count : limit;
  view->threads = ARENA_ARRAY(frames->arena, count, struct thread_view);
  view->thread_count = count;
  view->threads_hidden = event->thread_count - count;
  for (size_t i = 0; i < count; i++) {
    const struct thread *thread = &event->threads[i];
    bool is_shown_above = main == &thread->stacktrace;
    view->threads[i] = (struct thread_view){
        .id = thread->id,
        .name = thread->name,
        .state = thread->state,
        .is_crashed = thread->crashed == YES,
        .is_current = thread->current == YES,
        .is_main = thread->main == YES,
    };
    if (!is_shown_above) {
      view->threads[i].stack = stack_view_of(frames, &thread->stacktrace);
    }
  }
}

static void add_stacks(struct event_view *view, struct event_view_request *request) {
  const struct event *event = request->event;
  const struct stacktrace *main = event_main_stacktrace(event);
  view->has_stack = main && main->count;
  if (request->frames == FRAMES_RAW) {
    struct buffer text = buffer_make(RAW_STACK_LIMIT_BYTES);
    event_text_stack(&text, event);
    view->raw_stack = arena_copy(request->arena, buffer_slice(&text));
    buffer_free(&text);
    return;
  }
  struct frames_request frames = {.arena = request->arena,
                                  .mode = request->frames,
                                  .limits = &request->limits,
                                  .source = &request->source};
  view->exception_count = exception_views_of(&frames, event, &view->exceptions);
  if (main && main->count && !is_of_exception(event, main)) {
    view->has_main_stack = true;
    view->main_stack = stack_view_of(&frames, main);
  }
  add_threads(view, &frames, event, main);
}

/* --- breadcrumbs --------------------------------------------------------------------------- */

static const char *breadcrumb_icon(const struct breadcrumb *breadcrumb) {
  static const struct {
    const char *word, *icon;
  } icons[] = {
      {"http", "globe2"},
      {"xhr", "globe2"},
      {"fetch", "globe2"},
      {"navigation", "signpost-split"},
      {"query", "database"},
      {"db", "database"},
      {"sql", "database"},
      {"redis", "database"},
      {"cache", "database"},
      {"ui", "cursor"},
      {"user", "cursor"},
      {"click", "cursor"},
      {"error", "exclamation-circle"},
      {"exception", "exclamation-circle"},
      {"console", "terminal"},
      {"debug", "bug"},
      {"auth", "person"},
      {"session", "person"},
      {"device", "phone"},
      {"app", "window"},
  };
  struct slice rest = breadcrumb->category;
  struct slice category = slice_split(&rest, '.');
  for (size_t i = 0; i < sizeof(icons) / sizeof(icons[0]); i++) {
    if (slice_equal_string(breadcrumb->type, icons[i].word) ||
        slice_equal_string(category, icons[i].word)) {
      return icons[i].icon;
    }
  }
  return NULL;
}

/* Requests are told in one line; what that line says is not repeated among the data. */
static bool take_request(struct breadcrumb_view *view, struct arena *arena,
                         const struct breadcrumb *breadcrumb) {
  static const char *const types[] = {"http", "fetch", "xhr", "httplib"};
  if (!is_any(breadcrumb->type, types, 4) && !is_any(breadcrumb->category, types, 4)) {
    return false;
  }
  view->url = json_member(arena, breadcrumb->data, "url");
  view->method = json_member(arena, breadcrumb->data, "method");
  view->status_code = json_member(arena, breadcrumb->data, "status_code");
  return view->url.len > 0;
}

static void drop_told(struct value_rows *rows) {
  static const char *const told[] = {"url", "method", "status_code"};
  size_t kept = 0;
  for (size_t i = 0; i < rows->count; i++) {
    if (!is_any(rows->items[i].key, told, 3)) {
      rows->items[kept++] = rows->items[i];
    }
  }
  rows->count = kept;
}

static struct breadcrumb_view breadcrumb_view_of(const struct event_view_request *request,
                                                 const struct breadcrumb *breadcrumb) {
  size_t limit = request->limits.value_bytes;
  struct level_mark mark = level_mark_of_name(breadcrumb->level);
  const char *icon = breadcrumb_icon(breadcrumb);
  /* "default" says nothing; some senders and Sentry write it, others leave it out. */
  bool is_plain = slice_equal_string(breadcrumb->type, "default");
  struct breadcrumb_view view = {
      .css_class = mark.css_class,
      .icon = icon ? icon : mark.icon,
      .level = breadcrumb->level.len ? breadcrumb->level : SLICE("info"),
      .category = breadcrumb->category.len || is_plain ? breadcrumb->category : breadcrumb->type,
      .message = slice_cut_utf8(breadcrumb->message, limit),
      .is_cut = breadcrumb->message.len > limit,
      .time_ms = breadcrumb->timestamp_ms,
      .data = value_rows_of_json(request->arena, breadcrumb->data, &request->limits),
  };
  if (take_request(&view, request->arena, breadcrumb)) {
    view.url = slice_cut_utf8(view.url, limit);
    drop_told(&view.data);
  }
  return view;
}

/* The newest are what happened before the crash. */
static void add_breadcrumbs(struct event_view *view, const struct event_view_request *request) {
  const struct event *event = request->event;
  size_t limit = request->limits.breadcrumbs;
  size_t count = event->breadcrumb_count < limit ? event->breadcrumb_count : limit;
  view->breadcrumbs = ARENA_ARRAY(request->arena, count, struct breadcrumb_view);
  view->breadcrumb_count = count;
  view->breadcrumbs_hidden = event->breadcrumb_count - count;
  for (size_t i = 0; i < count; i++) {
    view->breadcrumbs[i] =
        breadcrumb_view_of(request, &event->breadcrumbs[view->breadcrumbs_hidden + i]);
  }
}

/* --- request and user ----------------------------------------------------------------------- */

static void add_request(struct event_view *view, const struct event_view_request *request) {
  const struct event_request *from = &request->event->request;
  struct arena *arena = request->arena;
  const struct show_limits *limits = &request->limits;
  view->has_request = request->event->has_request;
  if (!view->has_request) {
    return;
  }
  view->request = (struct request_view){
      .method = from->method,
      .url = slice_cut_utf8(from->url, limits->value_bytes),
      .query = value_rows_of_pairs(arena, from->query, limits),
      .headers = value_rows_of_pairs(arena, from->headers, limits),
      .cookies = value_rows_of_pairs(arena, from->cookies, limits),
      .environment = value_rows_of_pairs(arena, from->env, limits),
      .body = value_rows_of_json(arena, from->data, limits),
      .query_text =
          from->query.count ? SLICE_EMPTY : slice_cut_utf8(from->query_string, limits->value_bytes),
      .fragment = from->fragment,
      .has_body = from->data != NULL,
  };
}

static void add_user(struct event_view *view, const struct event_view_request *request) {
  const struct event_user *user = &request->event->user;
  const struct show_limits *limits = &request->limits;
  view->has_user = request->event->has_user;
  if (!view->has_user) {
    return;
  }
  struct value_rows named = rows_with_room(request->arena, USER_ROWS);
  value_rows_add(&named, "ID", user->id, limits);
  value_rows_add(&named, "Username", user->username, limits);
  value_rows_add(&named, "Name", user->name, limits);
  value_rows_add(&named, "Email", user->email, limits);
  value_rows_add(&named, "IP address", user->ip_address, limits);
  struct value_rows more = value_rows_of_json(request->arena, user->data, limits);
  view->user = rows_with_room(request->arena, named.count + more.count);
  view->user.hidden = more.hidden;
  for (size_t i = 0; i < named.count + more.count; i++) {
    view->user.items[view->user.count++] =
        i < named.count ? named.items[i] : more.items[i - named.count];
  }
  view->geography = value_rows_of_json(request->arena, user->geo, limits);
  view->user_title = user->email.len      ? user->email
                     : user->username.len ? user->username
                     : user->name.len     ? user->name
                     : user->id.len       ? user->id
                                          : user->ip_address;
}

/* --- tags, contexts, what else there is --------------------------------------------------------
 */

static void add_tags(struct event_view *view, const struct event_view_request *request) {
  struct show_limits limits = request->limits;
  limits.rows = limits.tags;
  view->tags = value_rows_of_pairs(request->arena, request->event->tags, &limits);
}

static struct context_view context_view_of(const struct event_view_request *request,
                                           struct slice key, yyjson_val *value) {
  static const struct {
    const char *key, *name, *icon;
  } known[] = {
      {"browser", "Browser", "window"},
      {"os", "Operating system", "laptop"},
      {"client_os", "Client’s system", "laptop"},
      {"runtime", "Runtime", "terminal"},
      {"device", "Device", "phone"},
      {"app", "App", "box-seam"},
      {"trace", "Trace", "diagram-3"},
      {"gpu", "GPU", "cpu"},
      {"culture", "Culture", "globe2"},
      {"cloud_resource", "Cloud", "server"},
      {"response", "Response", "arrow-left-right"},
      {"state", "State", "layers"},
  };
  struct context_view view = {
      .name = key,
      .icon = "braces",
      .rows = value_rows_of_json(request->arena, value, &request->limits),
  };
  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
    if (slice_equal_string(key, known[i].key)) {
      view.name = slice_of_string(known[i].name);
      view.icon = known[i].icon;
    }
  }
  size_t kept = 0;
  for (size_t i = 0; i < view.rows.count; i++) {
    if (!slice_equal_string(view.rows.items[i].key, "type")) {
      view.rows.items[kept++] = view.rows.items[i];
    }
  }
  view.rows.count = kept;
  return view;
}

static void add_contexts(struct event_view *view, const struct event_view_request *request) {
  yyjson_val *contexts = request->event->contexts;
  view->contexts = ARENA_ARRAY(request->arena, yyjson_obj_size(contexts), struct context_view);
  yyjson_obj_iter iter = yyjson_obj_iter_with(contexts);
  for (yyjson_val *key; (key = yyjson_obj_iter_next(&iter));) {
    struct context_view context = context_view_of(
        request, slice_of(yyjson_get_str(key), yyjson_get_len(key)), yyjson_obj_iter_get_val(key));
    if (context.rows.count) {
      view->contexts[view->context_count++] = context;
    }
  }
}

/* The names of packages or integrations, which SDKs send as text or as {name, version}. */
static struct slice list_text(struct arena *arena, yyjson_val *list) {
  struct buffer text = buffer_make(LIST_LIMIT_BYTES);
  size_t index, max;
  yyjson_val *item;
  yyjson_arr_foreach(list, index, max, item) {
    struct slice name =
        yyjson_is_obj(item) ? json_member(arena, item, "name") : value_text(arena, item);
    struct slice version = json_member(arena, item, "version");
    buffer_append(&text, ", ", text.len ? 2 : 0);
    buffer_append_slice(&text, name);
    buffer_append(&text, " ", version.len ? 1 : 0);
    buffer_append_slice(&text, version);
  }
  struct slice copy = arena_copy(arena, buffer_slice(&text));
  buffer_free(&text);
  return copy;
}

/* What kind of security report it is, in words. */
static const char *report_name(struct slice type) {
  static const struct {
    const char *type, *name;
  } names[] = {{"csp", "Content Security Policy report"},
               {"expectct", "Expect-CT report"},
               {"expectstaple", "Expect-Staple report"},
               {"hpkp", "Key pinning report"},
               {"nel", "Network error"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (slice_equal_string(type, names[i].type)) return names[i].name;
  }
  return "Report";
}

static void add_rest(struct event_view *view, const struct event_view_request *request) {
  const struct event *event = request->event;
  struct arena *arena = request->arena;
  view->extra = value_rows_of_json(arena, event->extra, &request->limits);
  view->report = value_rows_of_json(arena, event->report, &request->limits);
  view->report_name = report_name(event->type);
  view->modules = value_rows_of_pairs(arena, event->modules, &request->limits);
  view->sdk = event->sdk_version.len ? arena_printf(arena, "%.*s %.*s", SLICE_ARGS(event->sdk_name),
                                                    SLICE_ARGS(event->sdk_version))
                                     : event->sdk_name;
  view->packages = rows_with_room(arena, 2);
  value_rows_add(&view->packages, "Packages", list_text(arena, event->sdk_packages),
                 &request->limits);
  value_rows_add(&view->packages, "Integrations", list_text(arena, event->sdk_integrations),
                 &request->limits);
}

/* Where an image lay, how long it was, and which symbols belong to it. */
static struct slice image_text(struct arena *arena, yyjson_val *image) {
  struct slice address = json_member(arena, image, "image_addr");
  struct slice debug_id = json_member(arena, image, "debug_id");
  struct slice size = json_member(arena, image, "image_size");
  if (size.len) size = arena_printf(arena, ", %.*s bytes", SLICE_ARGS(size));
  if (debug_id.len) debug_id = arena_printf(arena, ", %.*s", SLICE_ARGS(debug_id));
  return arena_printf(arena, "%.*s%.*s%.*s", SLICE_ARGS(address), SLICE_ARGS(size),
                      SLICE_ARGS(debug_id));
}

static void add_images(struct event_view *view, const struct event_view_request *request) {
  yyjson_val *list = yyjson_obj_get(request->event->debug_meta, "images"), *image;
  size_t index, count, total = yyjson_arr_size(list);
  size_t shown = total < request->limits.rows ? total : request->limits.rows;
  view->images.items = ARENA_ARRAY(request->arena, shown, struct value_row);
  if (!total) return;
  yyjson_arr_foreach(list, index, count, image) {
    struct slice file = json_member(request->arena, image, "code_file");
    if (!file.len) file = json_member(request->arena, image, "debug_file");
    if (view->images.count == shown) break;
    view->images.items[view->images.count++] =
        value_row_of(file, image_text(request->arena, image), &request->limits);
  }
  view->images.hidden = total - view->images.count;
}

static void add_problems(struct event_view *view, const struct event_view_request *request) {
  const struct event *event = request->event;
  view->problems = ARENA_ARRAY(request->arena, event->error_count, struct value_row);
  for (size_t i = 0; i < event->error_count; i++) {
    const struct event_error *error = &event->errors[i];
    struct slice what = error->reason.len ? error->reason : error->type;
    if (error->value.len) {
      what = arena_printf(request->arena, "%.*s: %.*s", SLICE_ARGS(what), SLICE_ARGS(error->value));
    }
    view->problems[view->problem_count++] =
        value_row_of(error->name.len ? error->name : error->type, what, &request->limits);
  }
}

/* --- grouping ------------------------------------------------------------------------------------
 */

/* "exception type and frames in the app, or in exception type and all frames" */
static struct slice grouping_summary(struct arena *arena, const struct grouping *grouping) {
  struct slice parts = SLICE_EMPTY;
  for (size_t i = 0; i < grouping->variant_count; i++) {
    const struct grouping_variant *variant = &grouping->variants[i];
    if (!variant->contributes) continue;
    if (slice_equal(variant->name, SLICE("fallback"))) {
      return SLICE("The event says nothing that tells it apart; all such events are one error.");
    }
    if (!slice_is_empty(parts)) parts = arena_concat(arena, parts, SLICE(", or in "));
    parts = arena_concat(arena, parts, variant->description);
  }
  return arena_printf(arena, "Events are one error when they agree in %.*s.", SLICE_ARGS(parts));
}

static void add_grouping(struct event_view *view, const struct event_view_request *request,
                         const struct grouping *grouping) {
  struct arena *arena = request->arena;
  view->variants = ARENA_ARRAY(arena, grouping->variant_count, struct grouping_variant_view);
  view->variant_count = grouping->variant_count;
  view->grouping_summary = grouping_summary(arena, grouping);
  view->fingerprint_rule = grouping->fingerprint_rule;
  for (size_t i = 0; i < grouping->variant_count; i++) {
    const struct grouping_variant *variant = &grouping->variants[i];
    char *digits = arena_alloc(arena, (size_t)2 * GROUPING_HASH_BYTES);
    hex_encode(variant->hash.bytes, GROUPING_HASH_BYTES, digits);
    view->variants[i] = (struct grouping_variant_view){
        .variant = variant,
        .hash = slice_of(digits, VARIANT_HASH_DIGITS),
        .values = value_rows_of_pairs(arena, variant->values, &request->limits),
    };
  }
}

struct event_view event_view_of(struct event_view_request *request) {
  struct grouping grouping;
  grouping_compute(request->arena, request->event, request->rules, true, &grouping);
  struct event_view view = {
      .event = request->event,
      .row = request->row,
      .id = event_id_hex(request->arena, &request->row->id),
      .frames = request->frames,
      .is_all = request->limits.is_all,
  };
  add_clock_skew(&view, request->row);
  add_highlights(&view, request);
  add_message(&view, request);
  add_stacks(&view, request);
  add_breadcrumbs(&view, request);
  add_request(&view, request);
  add_user(&view, request);
  add_tags(&view, request);
  add_contexts(&view, request);
  add_rest(&view, request);
  add_images(&view, request);
  add_problems(&view, request);
  add_grouping(&view, request, &grouping);
  return view;
}
