/* connect_fuzz.c - what a Connect reads: the URL that somebody typed, and what a server that may be
 * no Sentry answers: lists of projects and where they go on. The first byte chooses. */
#include <stdint.h>
#include <stdlib.h>

#include "source/limits.h"
#include "source/sentry_link.h"
#include "source/sentry_project.h"
#include "source/sentry_url.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
  if (!is_true) abort();
}

/* What was understood is understood again, and stays as it is. */
static void read_url(struct arena *arena, struct slice text) {
  struct sentry_url url, again;
  struct problem problem = {0};
  if (sentry_url_read(arena, text, &url, &problem)) {
    check(problem.message[0]);
    return;
  }
  check(url.base.len <= SENTRY_URL_LIMIT);
  if (!url.base.len) return;
  check(slice_starts_with(url.base, SLICE("https://")) ||
        slice_starts_with(url.base, SLICE("http://")));
  check(url.host.len > 0 && url.base.ptr[url.base.len - 1] != '/');
  check(!sentry_url_read(arena, url.base, &again, &problem));
  check(slice_equal(url.base, again.base) && slice_equal(url.host, again.host));
  check(sentry_host_is_private(url.host) == sentry_host_is_private(again.host));
}

static void read_link(struct slice text) {
  struct sentry_link link = sentry_link_read(text);
  check(link.next.len <= text.len && link.previous.len <= text.len);
}

static void read_projects(struct arena *arena, struct slice text) {
  struct sentry_project *projects;
  struct problem problem = {0};
  yyjson_val *root;
  size_t count;
  if (json_read(arena, text, &root, &problem)) return;
  if (sentry_projects_read(arena, root, &projects, &count, &problem)) {
    check(problem.message[0]);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    check(projects[i].slug.len && projects[i].organization_slug.len && projects[i].id >= 0);
    check(slice_find_byte(projects[i].slug, '/') == projects[i].slug.len);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena = {0};
  if (!size) return 0;
  struct slice text = slice_of((const char *)data + 1, size - 1);
  switch (data[0]) {
    case 'u': read_url(&arena, text); break;
    case 'l': read_link(text); break;
    case 'p': read_projects(&arena, text); break;
    default: break;
  }
  arena_free(&arena);
  return 0;
}
