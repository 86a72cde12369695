/* error_details.c - one error: its facts, its history, and one of its events.
 *
 * A page is made in three steps: read everything in one snapshot of the store, ask the repository
 * for the commit of the first release, and build the views, which the templates draw. An event
 * whose content has expired still has its error; the page then shows what is left.
 */
#include "web/error_details.h"

#include <string.h>

#include "base/clock.h"
#include "store/option.h"
#include "templates.h"
#include "tracker/tracker.h"
#include "web/attachments.h"
#include "web/error_actions.h"
#include "web/event_text.h"
#include "web/forge_wait.h"
#include "web/web.h"

#include "base/banned.h"

/* Looking into the repository costs about half a millisecond a file. */
#define SOURCE_FILES_LIMIT 10
#define SOURCE_LINKS_LIMIT 30
#define SHA_DIGITS 40
#define SHA_DIGITS_SHOWN 8
#define MARKDOWN_LIMIT_BYTES (4 * 1024 * 1024)

/* --- what the address asks for --------------------------------------------------------- */

enum event_form { FORM_PAGE, FORM_JSON, FORM_MARKDOWN };

struct event_choice {
  enum event_form form;
  bool is_of_error; /* the address names the error alone */
  struct source_event_choice event;
};

static bool strip_suffix(struct slice *text, struct slice suffix) {
  if (!slice_ends_with(*text, suffix)) {
    return false;
  }
  *text = slice_upto(*text, text->len - suffix.len);
  return true;
}

/* "latest", "oldest" or an event id, perhaps with ".json" or ".md". */
static bool parse_choice(struct slice text, struct event_choice *choice) {
  *choice = (struct event_choice){.form = FORM_PAGE};
  if (strip_suffix(&text, SLICE(".json"))) {
    choice->form = FORM_JSON;
  } else if (strip_suffix(&text, SLICE(".md"))) {
    choice->form = FORM_MARKDOWN;
  }
  choice->event.is_latest = slice_equal_string(text, "latest");
  choice->event.is_oldest = slice_equal_string(text, "oldest");
  return choice->event.is_latest || choice->event.is_oldest ||
         event_id_parse(text, &choice->event.id);
}

static bool parse_state(struct web *web, struct details_state *state) {
  *state = (struct details_state){.frames = FRAMES_RELEVANT};
  struct slice value;
  if (http_query(web->request, "frames", &value) && value.len &&
      !frames_mode_parse(value, &state->frames)) {
    web_refuse(web, "The frames in the address have to be relevant, all or raw.");
    return false;
  }
  if (http_query(web->request, "show", &value) && value.len) {
    if (!slice_equal_string(value, "all")) {
      web_refuse(web, "The only thing to show in the address is all.");
      return false;
    }
    state->shows_all = true;
  }
  return true;
}

/* --- reading ------------------------------------------------------------------------------ */

/* What there is only of events that this server keeps. */
static void read_extras(struct web *web, struct details_data *data) {
  const struct group *group = &data->found.error.group;
  const struct feedback_query feedback = {
      .project_id = group->project_id, .group_id = group->id, .limit = DETAILS_FEEDBACK};
  struct transaction *tx = store_begin_read(web->application->store);
  error_hashes_read(web, tx, group, &data->hashes);
  data->options = option_list(tx, web->arena, group->project_id);
  data->feedback_count = feedback_list(tx, web->arena, &feedback, &data->feedback);
  if (data->found.has_event) {
    data->attachment_count = attachment_views(web, tx, &data->found.row, &data->attachments);
  }
  store_end_read(tx);
}

static void decode_event(struct web *web, struct details_data *data) {
  data->event = data->found.payload.len ? event_read(web->arena, data->found.payload) : NULL;
}

/* Rules that do not compile count as none, as they do on the way in (ingest/config.h). */
static const struct grouping_rules *rules_of(struct web *web, struct pairs options) {
  struct problem problem;
  const struct grouping_rules *rules;
  const struct grouping_rules_text text = grouping_rules_of_options(options);
  return grouping_rules_compile(web->arena, &text, &rules, &problem) ? NULL : rules;
}

/* By the release's name or, where a connected Sentry knows it, by its last commit. */
static void read_commit(struct web *web, struct details_data *data) {
  struct forge *forge = web->application->forge;
  const struct slice names[] = {data->found.error.group.first_release,
                                data->found.first_release_commit};
  data->has_code = forge_has_code(forge, web->arena, &web->project);
  for (size_t i = 0; i < sizeof names / sizeof *names && data->has_code && !data->has_commit; i++) {
    data->has_commit = names[i].len && forge_commit_of_release(forge, web->arena, &web->project,
                                                               names[i], &data->commit);
  }
}

/* --- building: the error --------------------------------------------------------------------- */

static bool is_sha(struct slice s) {
  for (size_t i = 0; i < s.len; i++) {
    bool is_digit = (s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f');
    if (!is_digit) {
      return false;
    }
  }
  return s.len == SHA_DIGITS;
}

static struct release_view release_view_of(struct slice name) {
  /* Also behind the '@' of "package@sha". */
  size_t at = slice_find_last_byte(name, '@');
  size_t start = at < name.len ? at + 1 : 0;
  bool has_sha = is_sha(slice_from(name, start));
  return (struct release_view){
      .name = name, .shown = has_sha ? slice_upto(name, start + SHA_DIGITS_SHOWN) : name};
}

static void add_commit(struct error_details_view *view, const struct web *web,
                       const struct details_data *data) {
  view->has_commit = data->has_commit;
  if (data->has_commit) {
    view->commit = &data->commit;
    view->commit_short = slice_upto(data->commit.sha, SHA_DIGITS_SHOWN);
    view->commit_address =
        arena_printf(web->arena, "%.*s/-/commit/%.*s", SLICE_ARGS(web_project_path(web)),
                     SLICE_ARGS(data->commit.sha));
  }
}

static struct tag_view tag_view_of(struct arena *arena, const struct tag_summary *tag,
                                   const struct show_limits *limits) {
  size_t count = tag->value_count < limits->tag_values ? tag->value_count : limits->tag_values;
  struct tag_view view = {
      .key = tag->key,
      .total = tag->total,
      .value_count = tag->value_count,
      .has_more_values = tag->other > 0,
      .shares = ARENA_ARRAY(arena, count, struct tag_share),
      .share_count = count,
  };
  for (size_t i = 0; i < count; i++) {
    const struct tag_value *value = &tag->values[i];
    view.shares[i] = (struct tag_share){
        .value = slice_cut_utf8(value->value, limits->value_bytes),
        .count = value->count,
        .percent = tag->total > 0 ? (int)(100 * value->count / tag->total) : 0,
    };
  }
  return view;
}

static void add_tags(struct error_details_view *view, struct arena *arena,
                     const struct details_data *data, const struct show_limits *limits) {
  size_t count = data->found.tag_count;
  view->tag_count = count < limits->tag_keys ? count : limits->tag_keys;
  view->tags_hidden = count - view->tag_count;
  view->tags = ARENA_ARRAY(arena, view->tag_count, struct tag_view);
  for (size_t i = 0; i < view->tag_count; i++) {
    view->tags[i] = tag_view_of(arena, &data->found.tags[i], limits);
  }
}

/* --- building: the activity ---------------------------------------------------------------------
 */

static const struct {
  const char *css_class, *icon, *text, *text_of_server;
} activity_words[] = {
    [ACTIVITY_FIRST_SEEN] = {"", "bug", "", "First seen"},
    [ACTIVITY_RESOLVED] = {"success", "check-lg", "resolved this", "Resolved"},
    [ACTIVITY_UNRESOLVED] = {"", "arrow-counterclockwise", "marked this as unresolved",
                             "Unresolved again"},
    [ACTIVITY_IGNORED] = {"", "eye-slash", "ignored this", "Ignored"},
    [ACTIVITY_REGRESSED] = {"danger", "arrow-repeat", "", "Regressed: it happened again"},
    [ACTIVITY_ISSUE_CREATED] = {"info", "journal-plus", "created issue", "Issue created"},
    [ACTIVITY_ISSUE_CLOSED] = {"info", "journal-check", "closed issue", "Issue closed"},
    [ACTIVITY_ISSUE_REOPENED] = {"info", "journal-text", "reopened issue", "Issue reopened"},
    [ACTIVITY_ISSUE_LINKED] = {"info", "link-45deg", "linked issue", "Issue linked"},
    [ACTIVITY_COMMENT] = {"info", "chat-left-text", "commented", "Note"},
    [ACTIVITY_MERGED] = {"info", "sign-merge-left", "merged into this:", "Merged into this:"},
    [ACTIVITY_SPLIT_OFF] = {"info", "signpost-split", "split off", "Split off"},
    [ACTIVITY_SPLIT_FROM] = {"info", "signpost-split", "split this from", "Split from"},
    [ACTIVITY_MERGE_UNDONE] = {"", "arrow-counterclockwise", "took back the merge with",
                               "Merge taken back:"},
    [ACTIVITY_SPLIT_UNDONE] = {"", "arrow-counterclockwise", "took back the split into",
                               "Split taken back:"},
};

static void add_activity_link(struct activity_view *view, const struct web *web,
                              const struct activity *activity) {
  if (!activity->data.len) {
    return;
  }
  if (activity->kind == ACTIVITY_REGRESSED) {
    view->link_text = arena_printf(web->arena, "event %.*s",
                                   SLICE_ARGS(slice_upto(activity->data, SHA_DIGITS_SHOWN)));
    view->link_address =
        arena_printf(web->arena, "%.*s/%lld/events/%.*s", SLICE_ARGS(error_base(web)),
                     (long long)activity->group_id, SLICE_ARGS(activity->data));
  } else if (activity->kind == ACTIVITY_COMMENT) {
    view->comment = activity->data;
  } else if (activity->kind >= ACTIVITY_MERGED) {
    view->names = activity->data;
  } else if (activity->kind >= ACTIVITY_ISSUE_CREATED) {
    bool is_elsewhere = slice_find(activity->data, SLICE("://")) < activity->data.len;
    size_t slash = slice_find_last_byte(activity->data, '/');
    struct slice number = is_elsewhere ? slice_from(activity->data, slash + 1) : activity->data;
    view->link_text = arena_printf(web->arena, "#%.*s", SLICE_ARGS(number));
    view->link_address = is_elsewhere
                             ? activity->data
                             : arena_printf(web->arena, "%.*s/-/issues/%.*s",
                                            SLICE_ARGS(web_project_path(web)), SLICE_ARGS(number));
  }
}

static void add_activities(struct error_details_view *view, const struct web *web,
                           const struct details_data *data) {
  const struct source_details *found = &data->found;
  view->activities = ARENA_ARRAY(web->arena, found->activity_count, struct activity_view);
  view->activity_count = found->activity_count;
  for (size_t i = 0; i < found->activity_count; i++) {
    const struct activity *activity = &found->activities[i];
    bool has_person = activity->username.len || activity->user_name.len;
    view->activities[i] = (struct activity_view){
        .css_class = activity_words[activity->kind].css_class,
        .icon = activity_words[activity->kind].icon,
        .text = has_person ? activity_words[activity->kind].text
                           : activity_words[activity->kind].text_of_server,
        .release = release_view_of(activity->release),
        .time_ms = activity->time_ms,
    };
    if (has_person) {
      view->activities[i].who = activity->user_name.len ? activity->user_name : activity->username;
    }
    add_activity_link(&view->activities[i], web, activity);
  }
}

/* --- building: addresses
 * ---------------------------------------------------------------------------- */

static struct slice state_query(struct arena *arena, enum frames_mode frames, bool shows_all) {
  const char *mode = frames == FRAMES_RELEVANT ? NULL : frames_mode_name(frames);
  if (!mode) {
    return shows_all ? SLICE("?show=all") : SLICE_EMPTY;
  }
  return arena_printf(arena, "?frames=%s%s", mode, shows_all ? "&show=all" : "");
}

static struct slice event_address(const struct web *web, const struct details_data *data,
                                  const char *event, struct slice query) {
  return arena_printf(web->arena, "%.*s/%lld/events/%s%.*s", SLICE_ARGS(error_base(web)),
                      (long long)data->found.error.group.id, event, SLICE_ARGS(query));
}

static struct slice id_address(const struct web *web, const struct details_data *data,
                               const struct event_id *id, struct slice query) {
  struct slice hex = event_id_hex(web->arena, id);
  return event_address(web, data, arena_string(web->arena, hex), query);
}

static void add_addresses(struct event_view *view, const struct web *web,
                          const struct details_data *data) {
  struct slice query = state_query(web->arena, view->frames, false);
  struct slice path = web->request->path;
  const struct source_details *found = &data->found;
  view->count = found->error.group.event_count;
  if (found->has_previous) {
    view->previous = id_address(web, data, &found->previous, query);
    view->oldest = event_address(web, data, "oldest", query);
  }
  if (found->has_next) {
    view->next = id_address(web, data, &found->next, query);
    view->latest = event_address(web, data, "latest", query);
  }
  view->json = id_address(web, data, &found->row.id, SLICE(".json"));
  view->markdown = id_address(web, data, &found->row.id, SLICE(".md"));
  for (int mode = 0; mode < FRAMES_MODE_COUNT; mode++) {
    view->mode_addresses[mode] = arena_concat(
        web->arena, path, state_query(web->arena, (enum frames_mode)mode, view->is_all));
  }
  view->mode_addresses[FRAMES_RELEVANT] =
      view->mode_addresses[FRAMES_RELEVANT].len ? view->mode_addresses[FRAMES_RELEVANT] : path;
  view->show_all = arena_concat(web->arena, path, state_query(web->arena, view->frames, true));
}

/* --- answers
 * ------------------------------------------------------------------------------------------ */

static struct error_details_view build_view(struct web *web, const struct details_data *data,
                                            const struct show_limits *limits) {
  const struct source_details *found = &data->found;
  const struct group *group = &found->error.group;
  bool has_type = group->error_type.len > 0;
  struct error_details_view view = {
      .error = &found->error,
      .group = group,
      .type = has_type ? group->error_type : group->title,
      .value = has_type ? slice_cut_utf8(group->error_value, limits->value_bytes) : SLICE_EMPTY,
      .news = found->news,
      .refresh_address = arena_concat(web->arena, web->request->path, SLICE("?")),
      .may_act = web->role >= ROLE_TO_ACT,
      .list_address = error_base(web),
      .details_address = error_details_address(web, group->id),
      .issue_form_address = arena_printf(web->arena, "%.*s/%lld/issue", SLICE_ARGS(error_base(web)),
                                         (long long)group->id),
      .first_release = release_view_of(group->first_release),
      .last_release = release_view_of(group->last_release),
      .hours = found->error.hours,
      .days = found->days,
      .hashes = data->hashes,
      .feedback = data->feedback,
      .feedback_count = data->feedback_count,
  };
  for (size_t i = 0; i < SOURCE_HOURS; i++) {
    view.day_events += view.hours[i];
  }
  view.issue = data->issue;
  add_commit(&view, web, data);
  add_tags(&view, web->arena, data, limits);
  add_activities(&view, web, data);
  return view;
}

static void send_page(struct web *web, struct details_data *data,
                      const struct details_state *state) {
  struct show_limits limits = show_limits_of(state->shows_all);
  read_commit(web, data);
  struct error_details_view view = build_view(web, data, &limits);
  struct event_view event;
  if (data->event) {
    struct event_view_request request = {
        .arena = web->arena,
        .event = data->event,
        .row = &data->found.row,
        .rules = rules_of(web, data->options),
        .frames = state->frames,
        .limits = limits,
        .source = {.forge = web->application->forge,
                   .project = &web->project,
                   .sha = data->has_commit ? data->commit.sha : SLICE_EMPTY,
                   .files_left = SOURCE_FILES_LIMIT,
                   .links_left = data->commit.url.len ? SOURCE_LINKS_LIMIT : 0},
    };
    event = event_view_of(&request);
    add_addresses(&event, web, data);
    event.attachments = data->attachments;
    event.attachment_count = data->attachment_count;
    view.event = &event;
    view.has_event = true;
  }
  if (data->has_code && web_wait_for_forge(web)) {
    return;
  }
  struct page page = web_page_open(web, SECTION_ERRORS, data->found.error.group.title);
  view.page = &page;
  template_error_details(&web->response->body, &view);
  web_finish_html(web);
}

static void send_markdown(struct web *web, const struct details_data *data) {
  struct event_markdown markdown = {
      .event = data->event,
      .row = &data->found.row,
      .group = &data->found.error.group,
      .short_id = data->found.error.short_id,
      .address = arena_concat(web->arena, web->application->public_url,
                              id_address(web, data, &data->found.row.id, SLICE_EMPTY)),
  };
  struct buffer text = buffer_make(MARKDOWN_LIMIT_BYTES);
  event_text_markdown(&text, &markdown);
  web_send_text(web, "text/markdown; charset=utf-8", buffer_slice(&text));
  buffer_free(&text);
}

static void send(struct web *web, const struct event_choice *choice, struct details_data *data,
                 const struct details_state *state) {
  decode_event(web, data);
  if (choice->form == FORM_PAGE) {
    send_page(web, data, state);
  } else if (!data->found.payload.len) {
    web_not_found(web, "The content of this event");
  } else if (choice->form == FORM_JSON) {
    web_send_text(web, "application/json", data->found.payload);
  } else if (data->event) {
    send_markdown(web, data);
  }
}

static void show(struct web *web, const struct event_choice *choice) {
  struct details_state state;
  struct details_data data = {0};
  struct problem problem = {0};
  struct source source;
  int64_t id;
  if (!parse_state(web, &state)) {
    return;
  }
  source_open(&source, web->application->sources, web->arena, &web->project);
  if (!slice_to_i64(http_parameter(web->request, "id"), &id)) {
    web_not_found(web, "This error or event");
    return;
  }
  bool is_refresh = http_query_value(web->request, "refresh").len > 0;
  if (is_refresh) {
    source.newer_than_ms = web->now_ms;
  }
  enum status status = source_details(&source, id, &choice->event, &data.found, &problem);
  if (status == STATUS_PENDING) {
    source_wait(&source, web->request);
  } else if (status == STATUS_NOT_FOUND) {
    web_not_found(web, "This error or event");
  } else if (status) {
    web_problem(web, &problem);
  } else if (is_refresh) {
    http_redirect(web->response, web->request->path);
  } else if (id != data.found.error.group.id && choice->is_of_error) {
    /* An error that was merged into another has its address. */
    http_redirect(web->response, error_details_address(web, data.found.error.group.id));
  } else {
    issue_view_read(web, &data.found.error, !source_is_local(&source), &data.issue);
    if (source_is_local(&source) && choice->form == FORM_PAGE) {
      read_extras(web, &data);
    }
    send(web, choice, &data, &state);
  }
}

void error_details_show(struct http_request *request, struct http_response *response) {
  const struct event_choice latest = {
      .form = FORM_PAGE, .is_of_error = true, .event = {.is_latest = true}};
  (void)response;
  show(web_of(request), &latest);
}

void error_event_show(struct http_request *request, struct http_response *response) {
  (void)response;
  struct web *web = web_of(request);
  struct event_choice choice;
  if (parse_choice(http_parameter(request, "event"), &choice)) {
    show(web, &choice);
  } else {
    web_not_found(web, "This event");
  }
}
