/* filter_web.c - events of browsers that say nothing about the page: see filter_parts.h.
 *
 * The lists hold what is known to come from extensions and tools in people's
 * browsers. They are facts about the world and grow with it.
 */
#include "event/filter_parts.h"
#include "json/json.h"

#include "base/banned.h"

static bool contains(struct slice text, const char *part) {
  return slice_find(text, slice_of_string(part)) < text.len;
}

static bool contains_any(struct slice text, const char *const *parts) {
  for (; *parts; parts++) {
    if (contains(text, *parts)) return true;
  }
  return false;
}

/* --- extensions ---------------------------------------------------------------------------- */

static bool has_extension_message(struct slice value) {
  static const char *const parts[] = {"Extension context invalidated",
                                      "can't access dead object",
                                      "webkit-masked-url",
                                      "_gCrWeb",
                                      "__gCrWeb",
                                      "EBCallBackMessageReceived",
                                      "MyApp_RemoveAllHighlights",
                                      "Object Not Found Matching Id:",
                                      "originalCreateNotification",
                                      "canvas.contentDocument",
                                      "top.GLOBALS",
                                      "atomicFindClose",
                                      "bmi_SafeAddOnload",
                                      "fb_xd_fragment",
                                      "conduitPage",
                                      "jigsaw is not defined",
                                      "ComboSearch is not defined",
                                      "Can't find variable: ZiteReader",
                                      "plugin.setSuspendState is not a function",
                                      "null is not an object (evaluating 'elt.parentNode')",
                                      "Cannot redefine property: ethereum",
                                      "Cannot redefine property: solana",
                                      "http://tt.epicplay.com",
                                      "http://loading.retry.widdit.com/",
                                      "zaloJSV2",
                                      "translateArticle",
                                      "SymBrowser_ModifyWindowOpenWithProxy",
                                      NULL};
  return contains_any(value, parts);
}

static bool is_extension_source(struct slice source) {
  static const char *const schemes[] = {"chrome-extension://",
                                        "chrome://",
                                        "moz-extension://",
                                        "safari-extension://",
                                        "safari-web-extension://",
                                        "ms-browser-extension://",
                                        "resource://",
                                        NULL};
  static const char *const parts[] = {"graph.facebook.com",
                                      "connect.facebook.net",
                                      "static.woopra.com/js/woopra.js",
                                      "eatdifferent.com.woopra-ns.com",
                                      "127.0.0.1:4001/isrunning",
                                      "webappstoolbarba.texthelp.com/",
                                      "metrics.itunes.apple.com.edgesuite.net/",
                                      "kaspersky-labs.com",
                                      "cacaoweb",
                                      NULL};
  for (const char *const *scheme = schemes; *scheme; scheme++) {
    if (slice_starts_with(source, slice_of_string(*scheme))) return true;
  }
  return contains_any(source, parts);
}

bool filter_is_extension(const struct event *event) {
  const struct exception *exception = event_main_exception(event);
  if (!exception) return false;
  if (has_extension_message(exception->value)) return true;
  const struct stacktrace *stacktrace = &exception->stacktrace;
  if (stacktrace->count == 0) return false;
  return is_extension_source(stacktrace->frames[stacktrace->count - 1].abs_path);
}

/* --- React and parts of scripts ----------------------------------------------------------------
 */

bool filter_is_hydration(const struct event *event) {
  static const char *const parts[] = {
      "Hydration failed because",
      "There was an error while hydrating",
      "does not match server-rendered HTML",
      "A tree hydrated but some attributes of the server rendered HTML didn't match",
      "Minified React error #418",
      "Minified React error #419",
      "Minified React error #422",
      "Minified React error #423",
      "Minified React error #425",
      NULL};
  for (size_t i = 0; i < event->exception_count; i++) {
    if (contains_any(event->exceptions[i].value, parts)) return true;
  }
  return false;
}

bool filter_is_chunk(const struct event *event) {
  for (size_t i = 0; i < event->exception_count; i++) {
    const struct exception *exception = &event->exceptions[i];
    if (slice_equal(exception->type, SLICE("ChunkLoadError"))) return true;
    size_t at = slice_find(exception->value, SLICE("Loading chunk "));
    if (at < exception->value.len && contains(slice_from(exception->value, at), " failed")) {
      return true;
    }
  }
  return false;
}

/* --- content security policies
 * -------------------------------------------------------------------- */

static bool is_foreign_source(struct slice source) {
  static const char *const schemes[] = {"about",
                                        "chrome",
                                        "chrome-extension",
                                        "chromeinvokeimmediate",
                                        "chromenull",
                                        "mbinit",
                                        "ms-browser-extension",
                                        "moz-extension",
                                        "mxaddon-pkg",
                                        "jar",
                                        "resource",
                                        "safari-extension",
                                        "safari-web-extension",
                                        "symres",
                                        "tmtbff",
                                        "webviewprogressproxy",
                                        "user-script",
                                        "sandbox eval code",
                                        NULL};
  struct slice scheme = slice_upto(source, slice_find_byte(source, ':'));
  for (const char *const *name = schemes; *name; name++) {
    if (slice_equal_ignore_case(scheme, slice_of_string(*name))) return true;
  }
  return slice_starts_with(source, SLICE("data:text/html,chromewebdata"));
}

bool filter_is_invalid_csp(const struct event *event) {
  if (!slice_equal(event->type, SLICE("csp")) || !event->report) return false;
  struct slice blocked = json_text(json_member(event->report, "blocked_uri"));
  struct slice source = json_text(json_member(event->report, "source_file"));
  return is_foreign_source(blocked) || is_foreign_source(source);
}
