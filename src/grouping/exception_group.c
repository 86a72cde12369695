/* exception_group.c - groups of exceptions (Python's ExceptionGroup, .NET's AggregateException,
 * JavaScript's AggregateError).
 *
 *   0 group ─┬─ 1 TypeError ─── 4 its cause        top level: 1, 2, 3
 *            └─ 2 group ────┬─ 3 TypeError
 *                           └─ …
 *
 * Each exception has an id and its parent's. What is thrown together and is alike is one error, and
 * then the group says nothing: only the first of them and its causes count, and it gives the title.
 * Otherwise one of each kind counts, and the group.
 *
 * A tree that cannot be one (two with the same id, a circle that contains the root, no root) is
 * taken as a plain chain. At most LIMIT_EXCEPTIONS exceptions: searching among them is quick.
 *
 * Source: Sentry's RFC 79, and the behaviour of its grouping of 2023.
 */
#include <string.h>

#include "grouping/parts.h"

#include "base/banned.h"

struct tree {
  const struct event *event;
  const struct exception_hash *hashes;
  size_t *top; /* top-level exceptions; room for exception_group_limit() */
  size_t top_count;
  size_t steps; /* taken so far */
};

static const struct mechanism *mechanism_of(const struct tree *tree, size_t index) {
  return &tree->event->exceptions[index].mechanism;
}

/* The next child, from the end of the list: SDKs write it in reverse. Start with `after` = count.
 * Returns the count when there is none. */
static size_t next_child(const struct tree *tree, size_t parent, size_t after) {
  int64_t id = mechanism_of(tree, parent)->exception_id;
  for (size_t i = after; i-- > 0;) {
    if (mechanism_of(tree, i)->parent_id == id) return i;
  }
  return tree->event->exception_count;
}

bool exception_group_exists(const struct event *event) {
  if (event->exception_count < 2) return false;
  for (size_t i = 0; i < event->exception_count; i++) {
    if (event->exceptions[i].mechanism.exception_id < 0) return false;
  }
  return true;
}

size_t exception_group_limit(const struct event *event) { return 2 * event->exception_count + 1; }

/* The exception with the id 0; the count when there is none. */
static size_t find_root(const struct tree *tree) {
  size_t count = tree->event->exception_count, root = 0;
  while (root < count && mechanism_of(tree, root)->exception_id != 0) root++;
  return root;
}

/* False when there is a circle. Recursion is as deep as the limit at most. */
static bool collect_top_level(struct tree *tree, size_t index) {
  size_t count = tree->event->exception_count;
  if (++tree->steps >= exception_group_limit(tree->event)) return false;
  if (!mechanism_of(tree, index)->is_exception_group) {
    tree->top[tree->top_count++] = index;
    return true;
  }
  for (size_t child = next_child(tree, index, count); child < count;
       child = next_child(tree, index, child)) {
    if (!collect_top_level(tree, child)) return false;
  }
  return true;
}

static struct slice type_of(const struct tree *tree, size_t index) {
  struct slice type = tree->event->exceptions[index].type;
  return slice_is_empty(type) ? SLICE("None") : type;
}

/* By type, last first; equal ones stay in order. */
static void sort_top_level(struct tree *tree) {
  for (size_t i = 1; i < tree->top_count; i++) {
    size_t index = tree->top[i], at = i;
    struct slice type = type_of(tree, index);
    for (; at > 0 && slice_compare(type_of(tree, tree->top[at - 1]), type) < 0; at--) {
      tree->top[at] = tree->top[at - 1];
    }
    tree->top[at] = index;
  }
}

static bool is_alike(const struct tree *tree, size_t a, size_t b) {
  return memcmp(&tree->hashes[a], &tree->hashes[b], sizeof tree->hashes[a]) == 0;
}

/* The first child of each, from `index` on; 0 when there is a circle. */
static size_t follow_first_path(const struct tree *tree, size_t index, size_t *chosen) {
  size_t count = tree->event->exception_count, length = 0;
  for (; index < count; index = next_child(tree, index, count)) {
    if (length == count) return 0;
    chosen[length++] = index;
  }
  return length;
}

static size_t choose_all(const struct tree *tree, size_t *chosen) {
  size_t count = tree->event->exception_count;
  for (size_t i = 0; i < count; i++) chosen[i] = i;
  return count;
}

size_t exception_group_choose(struct arena *arena, struct event *event,
                              const struct exception_hash *hashes, size_t *chosen) {
  struct tree tree = {event, hashes,
                      .top = ARENA_ARRAY(arena, exception_group_limit(event), size_t)};
  size_t root = find_root(&tree), distinct = 0;
  if (root == event->exception_count || !collect_top_level(&tree, root)) {
    return choose_all(&tree, chosen);
  }
  sort_top_level(&tree);
  for (size_t i = 0; i < tree.top_count; i++) {
    if (i > 0 && is_alike(&tree, tree.top[i], tree.top[i - 1])) continue;
    chosen[distinct++] = tree.top[i];
  }
  if (distinct == 1) {
    size_t main = chosen[0], length = follow_first_path(&tree, main, chosen);
    event->main_exception_id = event->exceptions[main].mechanism.exception_id;
    return length ? length : choose_all(&tree, chosen);
  }
  chosen[distinct++] = root;
  return distinct;
}
