/* gitlab_project.c - see gitlab_project.h. */
#include "forge/gitlab_project.h"

#include "forge/git_url.h"
#include "store/forge_server.h"

#include "base/banned.h"

static bool is_web(const struct git_url *url) {
  return slice_equal(url->scheme, SLICE("https")) || slice_equal(url->scheme, SLICE("http"));
}

/* A namespace and a name, and nothing that would end the path. */
static bool is_project_path(struct slice path) {
  size_t slash = slice_find_byte(path, '/');
  return slash > 0 && slash + 1 < path.len && slice_find(path, SLICE("//")) == path.len &&
         slice_find_byte(path, '?') == path.len && slice_find_byte(path, '#') == path.len &&
         !slice_ends_with(path, SLICE("/"));
}

static struct slice without_end(struct slice text, struct slice end) {
  return slice_ends_with(text, end) ? slice_upto(text, text.len - end.len) : text;
}

static bool read_url(struct slice text, struct gitlab_project *found) {
  struct git_url url;
  struct problem problem;
  if (!git_url_is(text) || git_url_parse(text, &url, &problem) || !is_web(&url)) return false;
  *found =
      (struct gitlab_project){.url = without_end(without_end(text, SLICE("/")), SLICE(".git"))};
  struct slice rest = slice_from(found->url, url.scheme.len + SLICE("://").len);
  found->path = slice_from(rest, slice_find_byte(rest, '/') + 1);
  return is_project_path(found->path);
}

bool gitlab_project_of(struct transaction *tx, struct arena *arena, const struct project *project,
                       struct gitlab_project *found) {
  struct project_forge link;
  if (!project_forge_get(tx, arena, project->id, &link))
    return read_url(project->repository, found);
  if (!read_url(link.web_url, found)) return false;
  found->path = link.path;
  found->id = link.remote_id;
  return true;
}

struct slice gitlab_issue_url(struct arena *arena, const struct gitlab_project *project,
                              int64_t number) {
  return arena_printf(arena, "%.*s/-/issues/%lld", SLICE_ARGS(project->url), (long long)number);
}
