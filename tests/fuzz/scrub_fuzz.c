/* scrub_fuzz.c - any JSON decodes and scrubs without harm; scrubbing twice gives the same as once;
 * and what is kept of the result reads back the same. The text by itself scrubs too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/filter.h"
#include "event/scrub.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

/* The defaults, a project's names, and a project's rules, which may undo each other's work. */
enum { DEFAULTS, NAMES, RULES, SCRUBBERS };
static const struct scrubber *scrubbers[SCRUBBERS];
static const struct filters *filters;

static void compile_all(void) {
  static struct arena forever;
  static struct pair options[] = {{SLICE("scrub.ip"), SLICE("on")},
                                  {SLICE("scrub.fields"), SLICE("kunde\nx\nnote")},
                                  {SLICE("scrub.safe_fields"), SLICE("session\ntoken_type")},
                                  {SLICE("filter.error_messages"), SLICE("*a*b*c*\nx*")},
                                  {SLICE("filter.legacy_browsers"), SLICE("all")},
                                  {SLICE("filter.localhost"), SLICE("on")},
                                  {SLICE("filter.browser_extensions"), SLICE("on")}};
  struct problem problem;
  struct pairs all = {options, sizeof options / sizeof options[0]};
  static struct pair rules = {SLICE("scrub.rules"),
                              SLICE("replace email from **.x\nremove ip from extra.**\n"
                                    "filter anything from contexts.*.*\n"
                                    "hash \"a*b\" from breadcrumbs.**\nmask anything from user.*\n"
                                    "remove anything from request.**.x\n"
                                    "remove creditcard from exception.**.vars.**\n"
                                    "replace \"o\" from tags.* with \"0\"")};
  check(!scrubber_compile(&forever, (struct pairs){0}, &scrubbers[DEFAULTS], &problem));
  check(!scrubber_compile(&forever, all, &scrubbers[NAMES], &problem));
  check(!scrubber_compile(&forever, (struct pairs){&rules, 1}, &scrubbers[RULES], &problem));
  check(!filters_compile(&forever, all, &filters, &problem));
}

static void write(const struct event *event, struct buffer *out) {
  *out = buffer_make(1 << 24);
  event_write(event, out);
}

static void check_event(struct arena *arena, struct event *event, const struct scrubber *scrubber) {
  struct scrub_report report;
  struct buffer once, twice, reread;
  scrub_event(arena, event, scrubber, NULL);
  write(event, &once);
  scrub_event(arena, event, scrubber, &report);
  write(event, &twice);
  if (scrubber != scrubbers[RULES]) {
    check(report.count == 0);
    check(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
  }
  struct event *copy = event_read(arena, buffer_slice(&once));
  check(copy != NULL);
  write(copy, &reread);
  check(slice_equal(buffer_slice(&once), buffer_slice(&reread)));
  check(utf8_is_valid(buffer_slice(&once)));
  buffer_free(&once);
  buffer_free(&twice);
  buffer_free(&reread);
}

static void check_text(struct arena *arena, struct slice text, const struct scrubber *scrubber) {
  struct slice once = scrub_text(arena, scrubber, text);
  struct slice twice = scrub_text(arena, scrubber, once);
  check(slice_equal(once, twice));
  check(!utf8_is_valid(text) || utf8_is_valid(once));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct event_hints hints = {.received_ms = INT64_C(1795341175000),
                                           .client_address = {"192.0.2.7", 9},
                                           .user_agent = {"Mozilla/5.0 Firefox/50.0", 24}};
  struct slice input = slice_of((const char *)data, size);
  if (!filters) compile_all();
  for (size_t i = 0; i < SCRUBBERS; i++) {
    struct arena arena = {0};
    struct event *event;
    check_text(&arena, input, scrubbers[i]);
    if (!event_decode(&arena, input, &hints, &event, NULL)) {
      (void)filter_event(filters, event, &hints);
      check_event(&arena, event, scrubbers[i]);
    }
    arena_free(&arena);
  }
  return 0;
}
